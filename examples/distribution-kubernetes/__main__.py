"""CNCF Distribution on Kubernetes, its images in a bucket, what frees their space, two caches of other registries, and
what a team's namespace pulls with."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from registry_components import Secret, StackConfig, stack_config
from registry_components.distribution import DistributionRegistry, DistributionRegistryArgs
from registry_components.kubernetes import PullSecrets, PullSecretsArgs

UPSTREAMS = {"docker-hub": "https://registry-1.docker.io", "quay": "https://quay.io"}


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; defaults are in `Pulumi.yaml`, `secretKey` is a secret."""

    domain: str
    bucket: str
    region: str
    access_key: str
    secret_key: Secret
    regc_image: str
    collect_at: str


config = stack_config(Config)


def namespace(name: str) -> Namespace:
    return Namespace(name, metadata=ObjectMetaArgs(name=name), opts=pulumi.ResourceOptions(protect=True))


def ingress(name: str) -> dict[str, Any]:
    return {"kind": "ingress", "host": f"{name}.{config.domain}", "tls_secret": f"{name}-tls"}


platform, team = namespace("registry"), namespace("team")
images = DistributionRegistry(
    "images",
    DistributionRegistryArgs(
        storage={
            "kind": "s3",
            "bucket": config.bucket,
            "region": config.region,
            "access_key": config.access_key,
            "secret_key": config.secret_key,
        },
        auth={"kind": "htpasswd", "users": ["ci", "team"]},
        delete=True,
        lifecycle={"repositories": ["**"], "expire": {"branches": {"tags": ["pr-*"], "older_than_days": 14}}},
        lifecycle_executor={
            "kind": "cron_job",
            "schedule": "0 2 * * *",
            "image": config.regc_image,
            "assume_created": True,
            "apply": True,
        },
        runtime={
            "kind": "kubernetes",
            "namespace": "registry",
            "expose": ingress("images"),
            "autoscaling": {"max_replicas": 6},
            "monitor": {},
            "alerts": {},
            "network": {
                "metrics_from": [{"kind": "pods", "namespaces": {"kubernetes.io/metadata.name": "monitoring"}}],
            },
            "garbage_collection": {
                "schedule": config.collect_at,
                "image": config.regc_image,
                "delete_untagged": True,
            },
        },
    ),
    pulumi.ResourceOptions(depends_on=[platform]),
)
# A process of Distribution caches one registry, so there is one for each.
caches = {
    name: DistributionRegistry(
        name,
        DistributionRegistryArgs(
            storage={"kind": "filesystem"},
            auth={"kind": "none", "allow_anonymous_network": True},
            proxy={"remote_url": url},
            runtime={
                "kind": "kubernetes",
                "namespace": "registry",
                "claim": {"kind": "new", "size": "50Gi"},
                "expose": ingress(name),
            },
        ),
        pulumi.ResourceOptions(depends_on=[platform]),
    )
    for name, url in UPSTREAMS.items()
}
pulls = PullSecrets(
    "team",
    PullSecretsArgs(endpoint=images.endpoint, namespaces=["team"]),
    pulumi.ResourceOptions(depends_on=[team]),
)

pulumi.export("server", images.server)
pulumi.export("password", images.password("ci"))
pulumi.export("caches", {name: cache.server for name, cache in caches.items()})
pulumi.export("imagePullSecrets", pulls.image_pull_secrets)
