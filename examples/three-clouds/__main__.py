"""One program, three clouds: the same services' registries on ECR, Artifact Registry and Azure Container Registry."""

from __future__ import annotations

import pulumi

from registry_components import RegistryEndpoint, StackConfig, stack_config
from registry_components.acr import AcrRegistry, AcrRegistryArgs
from registry_components.artifact_registry import GarRepository, GarRepositoryArgs
from registry_components.ecr import EcrLifecyclePolicy, EcrRegistry, EcrRegistryArgs, expire_untagged


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; defaults are in `Pulumi.yaml`."""

    aws_pull: str
    google_pull: str
    azure_pull: str
    resource_group: str


SERVICES = ["api", "web"]
UNTAGGED_DAYS = 7

config = stack_config(Config)

on_aws = EcrRegistry(
    "aws",
    EcrRegistryArgs(
        prefix="shop",
        repositories={service: {} for service in SERVICES},
        access={"pull": [config.aws_pull]},
        lifecycle=EcrLifecyclePolicy(rules=[expire_untagged(after_days=UNTAGGED_DAYS)]),
    ),
)

on_google = GarRepository(
    "google",
    GarRepositoryArgs(
        repository_id="shop",
        location="europe",
        access={"pull": [config.google_pull]},
        lifecycle={
            "policies": {
                "untagged": {"action": "delete", "tag_state": "untagged", "older_than_days": UNTAGGED_DAYS},
            }
        },
    ),
)

on_azure = AcrRegistry(
    "azure",
    AcrRegistryArgs(
        registry_name="shopprod",
        resource_group=config.resource_group,
        location="westeurope",
        sku="Premium",
        access={"pull": [config.azure_pull]},
        lifecycle={"untagged_after_days": UNTAGGED_DAYS},
    ),
)

# Whatever takes an endpoint takes any of them: nothing below knows the kind of registry.
endpoints: dict[str, tuple[RegistryEndpoint, str]] = {
    "aws": (on_aws.endpoint, "shop/api"),
    "google": (on_google.endpoint, "api"),
    "azure": (on_azure.endpoint, "shop/api"),
}
pulumi.export("api", {cloud: endpoint.image(name, tag="1.0.0") for cloud, (endpoint, name) in endpoints.items()})
