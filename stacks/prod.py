"""The `prod` stack: releases on ECR with copies in a second region, a cache of Docker Hub, public images there, and a
Harbor on Kubernetes with copies on ECR and what its workloads pull by."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from registry_components import RegistryEndpoint, Secret, StackConfig, existing_endpoint, stack_config
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
from registry_components.harbor import HarborRegistry, HarborRegistryArgs
from registry_components.kubernetes import PullSecrets, PullSecretsArgs
from registry_components.mirror import MirrorSchedule, MirrorScheduleArgs
from registry_components.storage import S3Bucket, S3BucketArgs


class ProdConfig(StackConfig):
    """What `Pulumi.prod.yaml` says; secrets with `pulumi config set --secret`."""

    organization: str
    pipeline: str
    services: list[str]
    copy_region: str
    hub_namespace: str
    hub_username: str
    hub_token: Secret
    harbor_host: str
    harbor_bucket: str
    harbor_puller: str
    """Name of the robot account that workloads and the mirror pull with, as Harbor shows it (`robot$puller`)."""
    harbor_puller_secret: Secret
    database_host: str
    database_username: str
    database_password: Secret
    redis_addresses: list[str]
    redis_password: Secret
    ingress_class: str
    platform_images: list[str]
    """Repositories of Harbor's project `platform` that ECR has a copy of."""
    copier: str
    """ARN of the role that copies: the service account `to-ecr` in `harbor` may take it, and it may log in to ECR."""
    workloads: list[str]
    """Namespaces whose pods pull."""


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

# Harbor's registry can use no role on S3 (goharbor/harbor#22690): it gets a user with a key of its own.
blobs = S3Bucket("blobs", S3BucketArgs(bucket=config.harbor_bucket, registry="harbor", identity={"kind": "keys"}))

platform = Namespace(
    "harbor",
    metadata=ObjectMetaArgs(name="harbor"),
    # What Harbor encrypts its database with outlives the stack in it.
    opts=pulumi.ResourceOptions(protect=True, retain_on_delete=True),
)
harbor = HarborRegistry(
    "harbor",
    HarborRegistryArgs(
        namespace="harbor",
        profile="ha",
        expose={"kind": "ingress", "host": config.harbor_host, "class_name": config.ingress_class},
        tls={"kind": "controller"},
        database={
            "kind": "external",
            "host": config.database_host,
            "username": config.database_username,
            "password": config.database_password,
        },
        redis={"kind": "external", "addresses": config.redis_addresses, "password": config.redis_password},
        storage=blobs.storage,
    ),
    pulumi.ResourceOptions(depends_on=[platform]),
)
# Harbor's projects and robot accounts belong here.


def reached(prefix: str = "") -> RegistryEndpoint:
    """Return Harbor as whoever only pulls reaches it."""
    return existing_endpoint(
        harbor.server, prefix=prefix, username=config.harbor_puller, password=config.harbor_puller_secret
    )


# Harbor's own replication leaves signatures behind, and needs a key for ECR; a mirror asks for tokens by its role.
copies = EcrRegistry(
    "copies",
    EcrRegistryArgs(
        prefix="platform",
        repositories={image: {} for image in config.platform_images},
        lifecycle=lifecycle,
        access={"pull": [config.organization], "push": [config.copier]},
    ),
)
MirrorSchedule(
    "to-ecr",
    MirrorScheduleArgs(
        namespace="harbor",
        replication={
            "source": reached(prefix="platform"),
            "source_kind": "harbor",
            "destination": existing_endpoint(copies.endpoint.server, prefix="platform"),
            "destination_kind": "ecr",
            "repositories": config.platform_images,
            "schedule": "0 3 * * *",
        },
        service_account_annotations={"eks.amazonaws.com/role-arn": config.copier},
    ),
    pulumi.ResourceOptions(depends_on=[platform]),
)

workloads = {
    name: Namespace(name, metadata=ObjectMetaArgs(name=name), opts=pulumi.ResourceOptions(protect=True))
    for name in config.workloads
}
# Nodes log in to ECR by themselves; what they cannot is in one secret of each namespace.
pulls = PullSecrets(
    "pulls",
    PullSecretsArgs(
        endpoints={
            "harbor": reached(),
            "hub": existing_endpoint("docker.io", username=config.hub_username, password=config.hub_token),
        },
        namespaces=config.workloads,
    ),
    pulumi.ResourceOptions(depends_on=list(workloads.values())),
)

pulumi.export("images", releases.repository_urls)
pulumi.export("login", releases.login_command)
pulumi.export("alpine", docker_hub.endpoint.image("library/alpine", tag="3"))
pulumi.export("nodePolicy", docker_hub.node_policy)
pulumi.export("public", public.images)
pulumi.export("harbor", harbor.url)
pulumi.export("pullSecret", pulls.secret_name)
