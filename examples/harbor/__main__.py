"""A small Harbor on Kubernetes, its images on a volume, and what a team's namespace pulls with."""

from __future__ import annotations

from typing import Literal

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from registry_components import Secret, StackConfig, existing_endpoint, stack_config
from registry_components.harbor import HarborRegistry, HarborRegistryArgs
from registry_components.kubernetes import PullSecrets, PullSecretsArgs
from registry_components.storage import Volume, VolumeArgs


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; defaults are in `Pulumi.yaml`, `pullerSecret` is a secret."""

    host: str
    size: str
    puller: str
    puller_secret: Secret
    log_level: Literal["debug", "info", "warning", "error", "fatal"]


config = stack_config(Config)


def namespace(name: str) -> Namespace:
    return Namespace(name, metadata=ObjectMetaArgs(name=name), opts=pulumi.ResourceOptions(protect=True))


platform, team = namespace("harbor"), namespace("team")
images = Volume(
    "images",
    VolumeArgs(
        namespace="harbor",
        size=config.size,
        new_storage_class={
            "name": "harbor-images",
            "provisioner": "ebs.csi.aws.com",
            "parameters": {"type": "gp3", "encrypted": "true"},
        },
    ),
    pulumi.ResourceOptions(depends_on=[platform]),
)
harbor = HarborRegistry(
    "harbor",
    HarborRegistryArgs(
        namespace="harbor",
        profile="minimal",
        expose={"kind": "ingress", "host": config.host},
        tls={"kind": "generated"},
        database={"kind": "internal"},
        redis={"kind": "internal"},
        storage=images.storage,
        log_level=config.log_level,
    ),
    pulumi.ResourceOptions(depends_on=[platform]),
)
pulls = PullSecrets(
    "team",
    PullSecretsArgs(
        endpoint=existing_endpoint(harbor.server, username=config.puller, password=config.puller_secret),
        namespaces=["team"],
    ),
    pulumi.ResourceOptions(depends_on=[team]),
)

pulumi.export("url", harbor.url)
pulumi.export("adminPassword", harbor.admin_password)
pulumi.export("caCertificate", harbor.endpoint.ca_certificate)
pulumi.export("imagePullSecrets", pulls.image_pull_secrets)
