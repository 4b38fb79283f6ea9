"""Artifactory Pro on Kubernetes, its Docker repositories, who may use them, and what a team's namespace pulls with."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from registry_components import Secret, StackConfig, stack_config
from registry_components.artifactory import (
    ArtifactoryConfiguration,
    ArtifactoryConfigurationArgs,
    ArtifactoryRegistry,
    ArtifactoryRegistryArgs,
)
from registry_components.kubernetes import PullSecrets, PullSecretsArgs


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; defaults are in `Pulumi.yaml`, the last three are secrets."""

    host: str
    database_host: str
    keep_tags: int
    license: Secret
    database_password: Secret
    access_token: Secret | None = None


config = stack_config(Config)


def namespace(name: str) -> Namespace:
    return Namespace(name, metadata=ObjectMetaArgs(name=name), opts=pulumi.ResourceOptions(protect=True))


platform, team = namespace("artifactory"), namespace("team")
artifactory = ArtifactoryRegistry(
    "artifactory",
    ArtifactoryRegistryArgs(
        namespace="artifactory",
        edition="pro",
        license=config.license,
        expose={"kind": "ingress", "host": config.host, "tls_secret": "artifactory-tls"},
        database={
            "host": config.database_host,
            "username": "artifactory",
            "password": config.database_password,
        },
        sizing="small",
    ),
    pulumi.ResourceOptions(depends_on=[platform]),
)
pulumi.export("url", artifactory.url)
pulumi.export("adminPassword", artifactory.admin_password)

# Artifactory's API makes repositories with an administrator's token, which is made in its web interface: the first
# `pulumi up` installs it, and the next ones configure it too.
if config.access_token is not None:
    images = ArtifactoryConfiguration(
        "images",
        ArtifactoryConfigurationArgs(
            url=artifactory.url,
            access_token=config.access_token,
            edition="pro",
            local={"docker-local": {"description": "What we build.", "max_unique_tags": config.keep_tags}},
            remote={"docker-hub": {"url": "https://registry-1.docker.io/", "unused_cleanup_hours": 720}},
            virtual={
                "docker": {
                    "repositories": ["docker-local", "docker-hub"],
                    "default_deployment": "docker-local",
                }
            },
            groups={"developers": {}, "clusters": {}},
            permissions={
                "build": {"repositories": ["docker-local"], "groups": {"developers": ["read", "write", "annotate"]}},
                "pull": {"repositories": ["docker-local", "docker-hub"], "groups": {"clusters": ["read"]}},
            },
            tokens={"cluster": {"groups": ["clusters"]}},
            anonymous_access=False,
        ),
    )
    pulls = PullSecrets(
        "team",
        PullSecretsArgs(endpoint=images.endpoint("docker", "cluster"), namespaces=["team"]),
        pulumi.ResourceOptions(depends_on=[team]),
    )
    pulumi.export("repositories", images.repositories)
    pulumi.export("imagePullSecrets", pulls.image_pull_secrets)
