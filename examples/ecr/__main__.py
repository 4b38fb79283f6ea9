"""Repositories on ECR, their copies in another region, and a cache of Docker Hub."""

from __future__ import annotations

import pulumi

from registry_components import Secret, StackConfig, stack_config
from registry_components.ecr import (
    EcrLifecyclePolicy,
    EcrPullThroughCache,
    EcrPullThroughCacheArgs,
    EcrRegistry,
    EcrRegistryArgs,
    EcrRegistrySettings,
    EcrRegistrySettingsArgs,
    EcrRepositoryArgs,
    EcrTemplateSettings,
    expire_untagged,
    keep_latest,
)


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; `hubToken` with `pulumi config set --secret`."""

    organization: str
    copy_region: str
    hub_username: str
    hub_token: Secret


config = stack_config(Config)
lifecycle = EcrLifecyclePolicy(rules=[expire_untagged(after_days=7), keep_latest(20, tags=["pr-*"])])

apps = EcrRegistry(
    "apps",
    EcrRegistryArgs(
        prefix="shop",
        repositories={
            "api": EcrRepositoryArgs(),
            "web": EcrRepositoryArgs(tag_mutability={"exceptions": ["latest"]}),
        },
        lifecycle=lifecycle,
        access={"pull": [config.organization]},
    ),
)

# One stack owns these in each account and region.
EcrRegistrySettings(
    "account",
    EcrRegistrySettingsArgs(
        scanning={"kind": "basic"},
        replication={"copy": {"region": config.copy_region, "repositories": ["shop/*"]}},
        replica_settings=EcrTemplateSettings(lifecycle=lifecycle, access={"pull": [config.organization]}),
    ),
)

hub = EcrPullThroughCache(
    "hub",
    EcrPullThroughCacheArgs(
        prefix="docker-hub",
        caching={
            "upstream": "docker.io",
            "credentials": {"username": config.hub_username, "password": config.hub_token},
        },
        nodes="elsewhere",
    ),
)

pulumi.export("images", apps.repository_urls)
pulumi.export("login", apps.login_command)
pulumi.export("alpine", hub.endpoint.image("library/alpine", tag="3"))
pulumi.export("nodePolicy", hub.node_policy)
