"""Cluster proof: a registry of runtime `kubernetes` lives a whole life on the real engine, by the real provider, on a
real API server, which takes every manifest; no pod runs there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.distribution import DistributionRegistry
from registry_components.kubernetes import PullSecrets
from registry_components.testing import Engine
from tests.support.cluster import Cluster
from tests.support.definitions import installed

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

PASSWORD = "a-password-that-a-person-chose"
KEY = "a-secret-key-of-a-bucket-in-a-cloud"
HOOK = "Bearer of-a-webhook-that-is-told"
MONITORING = {"kind": "pods", "namespaces": {"kubernetes.io/metadata.name": "monitoring"}}
COLLECTION = {"schedule": "0 3 29 2 *", "image": "registry.example.com/ops/regc:1.4.0"}


@pytest.fixture(autouse=True)
def definitions(cluster: Cluster) -> Iterator[None]:
    with installed(cluster, {"servicemonitors", "prometheusrules", "httproutes"}):
        yield


def namespace(cluster: Cluster, name: str) -> str:
    cluster.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


def on_disk(space: str, **runtime: Any) -> dict[str, Any]:
    return {
        "storage": {"kind": "filesystem"},
        "auth": {"kind": "htpasswd", "users": ["ci"], "passwords": {"ops": PASSWORD}},
        "delete": True,
        "notifications": {
            "endpoints": [{"name": "hook", "url": "https://hook.example.com/", "headers": {"Authorization": HOOK}}]
        },
        "runtime": {
            "kind": "kubernetes",
            "namespace": space,
            "claim": {"kind": "new", "size": "10Gi"},
            "expose": {"kind": "ingress", "host": "registry.example.com", "tls_secret": "registry-tls"},
            "network": {"metrics_from": [MONITORING]},
            "monitor": {"labels": {"release": "prometheus"}},
            "alerts": {},
            "garbage_collection": COLLECTION,
            **runtime,
        },
    }


def in_a_bucket(space: str) -> dict[str, Any]:
    settings = on_disk(space)
    runtime = {
        **settings["runtime"],
        "autoscaling": {"max_replicas": 5},
        "expose": {
            "kind": "route",
            "hosts": ["images.example.com"],
            "gateways": [{"name": "web", "namespace": "edge"}],
        },
        "service_account": {"kind": "new", "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/images"}},
        "tolerations": [{"key": "registry", "effect": "NoSchedule"}],
        "topology_spread": [{"topology_key": "topology.kubernetes.io/zone"}],
    }
    del runtime["claim"]
    return settings | {
        "storage": {"kind": "s3", "bucket": "images", "region": "eu-central-1", "access_key": "a", "secret_key": KEY},
        "lifecycle": {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}},
        "lifecycle_executor": {
            "kind": "cron_job",
            "schedule": "0 2 29 2 *",
            "image": COLLECTION["image"],
            "assume_created": True,
        },
        "runtime": runtime,
    }


def program(settings: dict[str, Any], space: str) -> Callable[[], None]:
    def make() -> None:
        made = DistributionRegistry("images", settings)
        PullSecrets("pull", {"endpoint": made.endpoint, "namespaces": [space]})
        pulumi.export("server", made.server)

    return make


def kinds(cluster: Cluster, space: str) -> dict[str, list[str]]:
    """Return the names of what the stack made in a namespace, by kind."""
    found = {}
    for path in (
        f"/api/v1/namespaces/{space}/configmaps",
        f"/api/v1/namespaces/{space}/persistentvolumeclaims",
        f"/api/v1/namespaces/{space}/secrets",
        f"/api/v1/namespaces/{space}/serviceaccounts",
        f"/api/v1/namespaces/{space}/services",
        f"/apis/apps/v1/namespaces/{space}/deployments",
        f"/apis/apps/v1/namespaces/{space}/statefulsets",
        f"/apis/autoscaling/v2/namespaces/{space}/horizontalpodautoscalers",
        f"/apis/batch/v1/namespaces/{space}/cronjobs",
        f"/apis/gateway.networking.k8s.io/v1/namespaces/{space}/httproutes",
        f"/apis/monitoring.coreos.com/v1/namespaces/{space}/prometheusrules",
        f"/apis/monitoring.coreos.com/v1/namespaces/{space}/servicemonitors",
        f"/apis/networking.k8s.io/v1/namespaces/{space}/ingresses",
        f"/apis/networking.k8s.io/v1/namespaces/{space}/networkpolicies",
        f"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets",
        f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space}/rolebindings",
        f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space}/roles",
    ):
        names = [item["metadata"]["name"] for item in cluster.list(path)]
        own = [name for name in names if name not in ("default", "kube-root-ca.crt")]
        if own:
            found[path.rpartition("/")[2]] = sorted(own)
    return found


def test_a_registry_on_a_volume_lives_and_leaves_its_volume(cluster: Cluster, tmp_path: Path) -> None:
    space = namespace(cluster, "distribution-volume")
    engine = Engine(
        tmp_path, program=program(on_disk(space), space), environment=cluster.environment, checkpoints=False
    )
    engine.up()
    assert engine.outputs()["server"] == "registry.example.com"
    assert kinds(cluster, space) == {
        "configmaps": ["images-config"],
        "cronjobs": ["images-collect"],
        "ingresses": ["images"],
        "networkpolicies": ["images"],
        "persistentvolumeclaims": ["images-data"],
        "prometheusrules": ["images"],
        "rolebindings": ["images-collect"],
        "roles": ["images-collect"],
        "secrets": ["images-credentials", "pull"],
        "serviceaccounts": ["images"],
        "servicemonitors": ["images"],
        "services": ["images", "images-metrics"],
        "statefulsets": ["images"],
    }
    engine.up_again()
    engine.refresh()
    assert engine.scan({"password": PASSWORD, "webhook": HOOK}) == []
    readable = cluster.list(f"/api/v1/namespaces/{space}/configmaps") + cluster.list(
        f"/apis/apps/v1/namespaces/{space}/statefulsets"
    )
    for secret in (PASSWORD, HOOK):
        assert secret not in str(readable)

    # The same registry, its blobs in a bucket: a Deployment, and the volume stays where it was.
    engine.program = program(in_a_bucket(space), space)
    engine.up()
    assert engine.outputs()["server"] == "images.example.com"
    assert kinds(cluster, space) == {
        "configmaps": ["images-config", "images-prune-files"],
        "cronjobs": ["images-collect", "images-prune"],
        "deployments": ["images"],
        "horizontalpodautoscalers": ["images"],
        "httproutes": ["images"],
        "networkpolicies": ["images"],
        "persistentvolumeclaims": ["images-data", "images-prune-journal"],
        "poddisruptionbudgets": ["images"],
        "prometheusrules": ["images"],
        "rolebindings": ["images-collect"],
        "roles": ["images-collect"],
        "secrets": ["images-credentials", "images-prune-credentials", "pull"],
        "serviceaccounts": ["images"],
        "servicemonitors": ["images"],
        "services": ["images", "images-metrics"],
    }
    engine.up_again()
    assert engine.scan({"password": PASSWORD, "webhook": HOOK, "key": KEY}) == []
    engine.destroy()
    assert kinds(cluster, space) == {"persistentvolumeclaims": ["images-data", "images-prune-journal"]}
