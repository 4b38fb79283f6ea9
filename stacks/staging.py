"""The `staging` stack: Azure Container Registry. Release candidates, a cache of Docker Hub, and a nightly purge."""

from __future__ import annotations

import pulumi

from registry_components import StackConfig, stack_config
from registry_components.acr import AcrRegistry, AcrRegistryArgs


class StagingConfig(StackConfig):
    """What `Pulumi.staging.yaml` says. The cache's login lies in the key vault and is never here."""

    registry_name: str
    resource_group: str
    location: str
    cluster: str
    pipeline: str
    hub_username_secret: str
    hub_password_secret: str


config = stack_config(StagingConfig)

registry = AcrRegistry(
    "candidates",
    AcrRegistryArgs(
        registry_name=config.registry_name,
        resource_group=config.resource_group,
        location=config.location,
        sku="Standard",
        access={"pull": [config.cluster], "push": [config.pipeline]},
        credential_sets={
            "docker-hub": {
                "login_server": "docker.io",
                "username_secret": config.hub_username_secret,
                "password_secret": config.hub_password_secret,
            }
        },
        caching={
            "library": {
                "upstream": "docker.io",
                "upstream_prefix": "library/*",
                "target_prefix": "library",
                "credential_set": "docker-hub",
            }
        },
        lifecycle={
            "purge": {
                "nightly": {
                    "schedule": "30 2 * * *",
                    "steps": [{"repositories": ".*", "tags": "^pr-.*", "older_than_days": 14, "untagged": True}],
                }
            }
        },
        tokens={"partner": {"scope_map": "partner"}},
        scope_maps={"partner": {"repositories": {"shop/api": ["content/read", "metadata/read"]}}},
    ),
)

pulumi.export("push", registry.endpoint.image("shop/api", tag="TAG"))
pulumi.export("alpine", registry.endpoint.image("library/alpine", tag="3"))
