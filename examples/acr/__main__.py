"""A Premium registry with a copy in a second region, a cache of Docker Hub, a token for CI, and a nightly purge."""

from __future__ import annotations

import pulumi

from registry_components import StackConfig, stack_config
from registry_components.acr import AcrRegistry, AcrRegistryArgs


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; the login at Docker Hub lies in the key vault and is never here."""

    registry_name: str
    resource_group: str
    cluster: str
    vault: str


config = stack_config(Config)

registry = AcrRegistry(
    "images",
    AcrRegistryArgs(
        registry_name=config.registry_name,
        resource_group=config.resource_group,
        location="westeurope",
        sku="Premium",
        replication={"north": {"region": "northeurope"}},
        access={"pull": [config.cluster]},
        credential_sets={
            "docker-hub": {
                "login_server": "docker.io",
                "username_secret": f"{config.vault}/secrets/hub-username",
                "password_secret": f"{config.vault}/secrets/hub-password",
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
        scope_maps={"pipeline": {"repositories": {"shop/*": ["content/read", "content/write"]}}},
        tokens={"pipeline": {"scope_map": "pipeline"}},
        lifecycle={
            "untagged_after_days": 7,
            "purge": {
                "nightly": {
                    "schedule": "30 2 * * *",
                    # The task's log says what would go; nothing goes until dry_run is false.
                    "steps": [{"tags": "^pr-", "older_than_days": 14, "dry_run": True}],
                }
            },
        },
    ),
)

pulumi.export("push", registry.endpoint.image("shop/api", tag="TAG"))
pulumi.export("alpine", registry.endpoint.image("library/alpine", tag="3"))
