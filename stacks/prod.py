"""The `prod` stack: releases on ECR with copies in a second region, a cache of Docker Hub, and public images there."""

from __future__ import annotations

import pulumi

from registry_components import Secret, StackConfig, stack_config
from registry_components.docker_hub import DockerHubRegistry, DockerHubRegistryArgs
from registry_components.ecr import (
    EcrLifecyclePolicy,
    EcrPullThroughCache,
    EcrPullThroughCacheArgs,
    EcrRegistry,
    EcrRegistryArgs,
    EcrRegistrySettings,
    EcrRegistrySettingsArgs,
    EcrTemplateSettings,
    expire_untagged,
    keep_latest,
)


class ProdConfig(StackConfig):
    """What `Pulumi.prod.yaml` says; `hubToken` with `pulumi config set --secret`."""

    organization: str
    pipeline: str
    services: list[str]
    copy_region: str
    hub_namespace: str
    hub_username: str
    hub_token: Secret


config = stack_config(ProdConfig)
lifecycle = EcrLifecyclePolicy(rules=[expire_untagged(after_days=14), keep_latest(100, tags=["v*"])])
access = {"pull": [config.organization], "push": [config.pipeline]}

releases = EcrRegistry(
    "releases",
    EcrRegistryArgs(
        prefix="shop",
        repositories={service: {} for service in config.services},
        lifecycle=lifecycle,
        access=access,
        encryption={"kind": "kms"},
    ),
)

# One stack owns these in each account and region.
EcrRegistrySettings(
    "account",
    EcrRegistrySettingsArgs(
        scanning={"kind": "basic"},
        replication={"copies": {"region": config.copy_region, "repositories": ["shop/*"]}},
        replica_settings=EcrTemplateSettings(lifecycle=lifecycle, access=access),
    ),
)

docker_hub = EcrPullThroughCache(
    "docker-hub",
    EcrPullThroughCacheArgs(
        prefix="docker-hub",
        caching={
            "upstream": "docker.io",
            "credentials": {"username": config.hub_username, "password": config.hub_token},
        },
        nodes="elsewhere",
    ),
)

public = DockerHubRegistry(
    "public",
    DockerHubRegistryArgs(
        namespace=config.hub_namespace,
        login={"username": config.hub_username, "token": config.hub_token},
        plan="team",
        repositories={"cli": {"description": "The command line tool", "private": False}},
        access={"push": ["release"]},
    ),
)

pulumi.export("images", releases.repository_urls)
pulumi.export("login", releases.login_command)
pulumi.export("alpine", docker_hub.endpoint.image("library/alpine", tag="3"))
pulumi.export("nodePolicy", docker_hub.node_policy)
pulumi.export("public", public.images)
