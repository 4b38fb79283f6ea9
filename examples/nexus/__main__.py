"""Nexus on Kubernetes, its Docker repositories, what frees their space, and what a team's namespace pulls with."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from registry_components import Secret, StackConfig, stack_config
from registry_components.kubernetes import PullSecrets, PullSecretsArgs
from registry_components.nexus import (
    NexusConfiguration,
    NexusConfigurationArgs,
    NexusRegistry,
    NexusRegistryArgs,
)


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; defaults are in `Pulumi.yaml`, `databasePassword` is a secret."""

    host: str
    database_host: str
    unused_days: int
    database_password: Secret


config = stack_config(Config)


def namespace(name: str) -> Namespace:
    return Namespace(name, metadata=ObjectMetaArgs(name=name), opts=pulumi.ResourceOptions(protect=True))


platform, team = namespace("nexus"), namespace("team")
nexus = NexusRegistry(
    "nexus",
    NexusRegistryArgs(
        namespace="nexus",
        edition="community",
        claim={"kind": "new", "size": "200Gi"},
        database={
            "kind": "postgresql",
            "host": config.database_host,
            "username": "nexus",
            "password": config.database_password,
        },
        expose={"kind": "ingress", "host": config.host, "tls_secret": "nexus-tls"},
    ),
    pulumi.ResourceOptions(depends_on=[platform]),
)
images = NexusConfiguration(
    "images",
    NexusConfigurationArgs(
        url=nexus.url,
        edition="community",
        accept_eula=True,
        password=nexus.admin_password,
        repositories={
            "shop": {"kind": "hosted"},
            "hub": {
                "kind": "proxy",
                "remote_url": "https://registry-1.docker.io",
                "purge_unused_after_days": config.unused_days,
            },
            "images": {"kind": "group", "members": ["shop", "hub"]},
        },
        tasks={"kind": "scheduled"},
        roles={
            "readers": {"repositories": {"images": ["browse", "read"]}},
            "builders": {"repositories": {"shop": ["browse", "read", "add", "edit"]}},
        },
        users={
            "ci": {"first_name": "CI", "last_name": "Robot", "email": "ci@example.com", "roles": ["builders"]},
            "team": {"first_name": "Team", "last_name": "Robot", "email": "team@example.com", "roles": ["readers"]},
        },
    ),
)
pulls = PullSecrets(
    "team",
    PullSecretsArgs(endpoint=images.endpoint("images", "team"), namespaces=["team"]),
    pulumi.ResourceOptions(depends_on=[team]),
)

pulumi.export("url", nexus.url)
pulumi.export("adminPassword", nexus.admin_password)
pulumi.export("ciPassword", images.login("ci").password)
pulumi.export("repositories", images.repositories)
pulumi.export("imagePullSecrets", pulls.image_pull_secrets)
