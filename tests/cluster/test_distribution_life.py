"""Cluster proof: a registry of runtime `kubernetes` lives a whole life on the real engine, by the real provider, on a
real API server, which takes every manifest; no pod runs there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.distribution import DistributionRegistry
from registry_components.kubernetes import PullSecrets
from registry_components.testing import Engine
from tests.cluster.test_distribution_collect import path_of
from tests.support.cluster import Cluster
from tests.support.definitions import installed
from tests.unit.distribution.cluster import manifests

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

PASSWORD = "a-password-that-a-person-chose"
KEY = "a-secret-key-of-a-bucket-in-a-cloud"
HOOK = "Bearer of-a-webhook-that-is-told"
MONITORING = {"kind": "pods", "namespaces": {"kubernetes.io/metadata.name": "monitoring"}}
COLLECTION = {"schedule": "0 3 29 2 *", "image": "registry.example.com/ops/regc:1.4.0"}


@pytest.fixture(scope="module", autouse=True)
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


EVERYWHERE: dict[str, Any] = {
    "resources": {
        "cpu_request": "250m",
        "memory_request": "256Mi",
        "ephemeral_storage_request": "1Gi",
        "memory_limit": "1Gi",
        "ephemeral_storage_limit": "2Gi",
    },
    "env": {
        "HTTPS_PROXY": {"kind": "value", "value": "http://proxy.example.com:3128"},
        "TOKEN": {"kind": "secret", "secret": "proxy", "key": "token"},
    },
    "user_id": 1000,
    "service_account": {"kind": "existing", "name": "images-of-ours"},
    "image_pull_secrets": ["pull"],
    "node_selector": {"kubernetes.io/os": "linux"},
    "tolerations": [
        {"key": "registry", "value": "true", "effect": "NoExecute", "seconds": 300},
        {"effect": "NoSchedule"},
    ],
    "priority_class": "system-cluster-critical",
    "anti_affinity": "required",
    "anti_affinity_topology": "topology.kubernetes.io/zone",
    "topology_spread": [
        {
            "topology_key": "topology.kubernetes.io/zone",
            "max_skew": 2,
            "when_unsatisfiable": "DoNotSchedule",
            "node_taints_policy": "Honor",
        }
    ],
    "pod_labels": {"team": "platform"},
    "pod_annotations": {"example.com/owner": "platform"},
    "startup": {"initial_delay_seconds": 5},
    "network": {
        "clients": [
            {"kind": "range", "range": "10.0.0.0/8", "but": ["10.1.0.0/16"]},
            {"kind": "pods", "pods": {"app": "builder"}, "namespaces": {}},
        ],
        "destinations": [
            {"to": [{"kind": "range", "range": "2001:db8::/32"}], "ports": [443]},
            {"ports": [80, 443]},
        ],
    },
    "garbage_collection": {**COLLECTION, "delete_untagged": True, "suspend": True, "retries": 0},
}
VARIANTS: dict[str, dict[str, Any]] = {
    "an existing claim": {"claim": {"kind": "existing", "claim_name": "images", "sub_path": "distribution"}},
    "a claim of one pod": {
        "claim": {"kind": "new", "size": "1Ti", "access_mode": "ReadWriteOncePod", "storage_class": "fast"},
        "garbage_collection": None,
    },
    "a shared claim": {
        "claim": {"kind": "new", "size": "1Ti", "access_mode": "ReadWriteMany"},
        "disruption_budget": {"min_available": 1},
        "replicas": 3,
    },
    "a route to a listener": {
        "expose": {
            "kind": "route",
            "hosts": ["a.example.com", "b.example.com"],
            "gateways": [{"name": "web", "namespace": "edge", "listener": "https"}],
            "labels": {"team": "platform"},
        }
    },
    "an ingress of a class": {
        "expose": {
            "kind": "ingress",
            "host": "a.example.com",
            "class_name": "nginx",
            "annotations": {"cert-manager.io/cluster-issuer": "letsencrypt"},
        }
    },
    "a node port": {"expose": {"kind": "node_port", "node_port": 30555}},
    "a load balancer": {
        "expose": {
            "kind": "load_balancer",
            "static_ip": "192.0.2.1",
            "source_ranges": ["192.0.2.0/24"],
            "annotations": {"service.beta.kubernetes.io/aws-load-balancer-type": "external"},
        }
    },
    "an address in the cluster": {"expose": {"kind": "cluster_ip", "static_ip": None}},
    "metrics": {
        "monitor": {
            "interval": "30s",
            "relabelings": [{"source_labels": ["__meta_kubernetes_pod_node_name"], "target_label": "node"}],
            "metric_relabelings": [{"action": "drop", "source_labels": ["handler"], "regex": "base"}],
        },
        "alerts": {"labels": {"release": "prometheus"}, "severity": "page"},
        "network": {**EVERYWHERE["network"], "metrics_from": [MONITORING]},
    },
    "by memory": {
        "claim": {"kind": "new", "size": "1Ti", "access_mode": "ReadWriteMany"},
        "autoscaling": {"min_replicas": 3, "max_replicas": 9, "cpu_percent": None, "memory_percent": 70},
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_api_server_takes_whatever_can_be_said(cluster: Cluster, variant: str) -> None:
    space = namespace(cluster, "distribution-said")
    settings = on_disk(space)
    runtime = {**settings["runtime"], **EVERYWHERE, **VARIANTS[variant]}
    for key in ("monitor", "alerts"):
        if key not in VARIANTS[variant]:
            del runtime[key]
    if runtime["expose"]["kind"] not in ("ingress", "route"):
        settings["tls"] = {"kind": "terminated"}
        if runtime["expose"]["kind"] != "cluster_ip":
            settings["hostname"] = "images.example.com"
    made = manifests({**settings, "runtime": runtime})
    assert made
    for manifest in made.values():
        answer = cluster.client.patch(
            path_of(manifest),
            params={"fieldManager": "tests", "dryRun": "All", "fieldValidation": "Strict"},
            content=json.dumps(manifest),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )
        assert answer.is_success, (manifest["kind"], answer.text)
