# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: every way to get runtime `kubernetes` wrong is told in one message that names all mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.distribution.args import DistributionRegistryArgs
from tests.unit.distribution.material import material

pytestmark = pytest.mark.unit

CLAIM = {"kind": "new", "size": "10Gi"}
SHARED = {**CLAIM, "access_mode": "ReadWriteMany"}
COLLECTION = {"schedule": "30 3 * * 0", "image": "registry.example.com/ops/regc:1.4.0"}
MONITORING = {"kind": "pods", "namespaces": {"kubernetes.io/metadata.name": "monitoring"}}
INGRESS = {"kind": "ingress", "host": "registry.example.com"}
RUNTIME: dict[str, Any] = {"kind": "kubernetes", "namespace": "registry", "claim": CLAIM, "expose": INGRESS}
BUCKET = {"kind": "s3", "bucket": "images", "region": "eu-central-1"}
OPEN = {"kind": "none", "allow_anonymous_network": True}
GOOD: dict[str, Any] = {
    "storage": {"kind": "filesystem"},
    "auth": {"kind": "htpasswd", "users": ["ci"]},
    "runtime": RUNTIME,
}
POLICY = {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}}
PRUNING = {
    "kind": "cron_job",
    "schedule": "0 2 * * 0",
    "image": "registry.example.com/ops/regc:1.4.0",
    "assume_created": True,
}
MISSING = object()


def runtime(**changes: Any) -> dict[str, Any]:
    said = {**RUNTIME, **changes}
    return {"runtime": {key: value for key, value in said.items() if value is not MISSING}}


# Name, what differs from GOOD, the mistakes.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    ("no namespace", runtime(namespace=MISSING), ["runtime.namespace: is required but not given; add it"]),
    (
        "a namespace with a dot",
        runtime(namespace="my.registry"),
        [
            "runtime.namespace: 'my.registry' is not a name of Kubernetes; use 1 to 63 lower-case letters, digits and - "
            "inside"
        ],
    ),
    (
        "a name that is too long for what is appended",
        runtime(object_name="r" * 41),
        [
            f"runtime.object_name: '{'r' * 41}' cannot begin the objects' names; use 1 to 40 lower-case letters, digits "
            "and - inside"
        ],
    ),
    (
        "the newest image",
        runtime(image="registry:latest"),
        ["runtime.image: 'registry:latest' is whatever is newest; name a version or a digest"],
    ),
    (
        "an image without a tag",
        runtime(image="registry"),
        ["runtime.image: 'registry' has neither tag nor digest, so it would be whatever is newest; add one"],
    ),
    # Storage.
    (
        "files without a volume",
        runtime(claim=MISSING),
        ["runtime.claim: is required with storage kind 'filesystem'; give a volume, or use a bucket"],
    ),
    (
        "a bucket and a volume",
        {"storage": BUCKET},
        ["runtime.claim: is for storage kind 'filesystem', not 's3'; remove one of them"],
    ),
    (
        "a volume without size",
        runtime(claim={"kind": "new"}),
        ["runtime.claim.size: is required but not given; add it"],
    ),
    (
        "a size without unit",
        runtime(claim={"kind": "new", "size": "10"}),
        ["runtime.claim.size: '10' is 10 bytes; add a unit, such as '50Gi'"],
    ),
    (
        "a claim of no kind",
        runtime(claim={"kind": "ephemeral"}),
        ["runtime.claim: kind 'ephemeral' is not known; allowed: new, existing"],
    ),
    (
        "an existing claim without name",
        runtime(claim={"kind": "existing"}),
        ["runtime.claim.claim_name: is required but not given; add it"],
    ),
    (
        "several pods on a volume of one node",
        runtime(replicas=2),
        [
            "runtime.replicas: 2 cannot share a volume of access mode 'ReadWriteOnce'; let it be 'ReadWriteMany', or "
            "keep blobs in a bucket"
        ],
    ),
    (
        "an autoscaler on a volume of one node",
        runtime(autoscaling={"max_replicas": 4}),
        [
            "runtime.autoscaling: is not possible with a volume of access mode 'ReadWriteOnce'; let it be "
            "'ReadWriteMany', or keep blobs in a bucket"
        ],
    ),
    (
        "collection on a volume of one pod",
        runtime(claim={**CLAIM, "access_mode": "ReadWriteOncePod"}, garbage_collection=COLLECTION),
        ["runtime.claim.access_mode: 'ReadWriteOncePod' keeps garbage_collection's pod out; let it be 'ReadWriteOnce'"],
    ),
    (
        "several pods with memory of their own",
        {"storage": {"kind": "inmemory"}, **runtime(claim=MISSING)},
        ["runtime.replicas: must be 1 with storage kind 'inmemory', which pods do not share"],
    ),
    (
        "collection of memory",
        {"storage": {"kind": "inmemory"}, **runtime(claim=MISSING, replicas=1, garbage_collection=COLLECTION)},
        ["runtime.garbage_collection: has no storage to look at with kind 'inmemory'; remove it"],
    ),
    (
        "destroying a claim of one's own",
        {
            "deletion": "destroy",
            "empty_on_delete": True,
            **runtime(claim={"kind": "existing", "claim_name": "images"}),
        },
        [
            "deletion: 'destroy' never removes a claim of your own; remove deletion and empty_on_delete, or say claim "
            "kind 'new'"
        ],
    ),
    (
        "destroying a bucket",
        {"storage": BUCKET, "deletion": "destroy", "empty_on_delete": True, **runtime(claim=MISSING)},
        [
            "deletion: 'destroy' cannot empty storage kind 's3', which belongs to its own resource; remove deletion and "
            "empty_on_delete here, and say it there"
        ],
    ),
    # How many.
    (
        "replicas and an autoscaler",
        runtime(claim=SHARED, replicas=3, autoscaling={"max_replicas": 4}),
        ["runtime.replicas: is what autoscaling decides; remove one of them"],
    ),
    (
        "an autoscaler that cannot scale",
        runtime(claim=SHARED, autoscaling={"min_replicas": 3, "max_replicas": 3}),
        ["runtime.autoscaling.max_replicas: 3 is not more than min_replicas 3; raise it"],
    ),
    (
        "an autoscaler by nothing",
        runtime(claim=SHARED, autoscaling={"max_replicas": 3, "cpu_percent": None}),
        ["runtime.autoscaling.cpu_percent: or memory_percent is required; say by what it scales"],
    ),
    (
        "an autoscaler by a share of nothing",
        runtime(
            claim=SHARED,
            autoscaling={"max_replicas": 3, "memory_percent": 80},
            resources={"memory_limit": "1Gi"},
        ),
        [
            "runtime.resources.cpu_request: is required with autoscaling.cpu_percent, which is a share of it; give it",
            "runtime.resources.memory_request: is required with autoscaling.memory_percent, which is a share of it; give it",
        ],
    ),
    (
        "a budget that lets no pod go",
        runtime(claim=SHARED, disruption_budget={"min_available": 2}),
        [
            "runtime.disruption_budget.min_available: 2 of 2 lets no pod go, so no node can be drained; give more "
            "replicas, or remove it"
        ],
    ),
    (
        "a budget of both",
        runtime(claim=SHARED, replicas=4, disruption_budget={"min_available": 1, "max_unavailable": 1}),
        ["runtime.disruption_budget.max_unavailable: and min_available exclude each other; remove one of them"],
    ),
    (
        "more asked for than may be taken",
        runtime(resources={"memory_request": "1Gi", "memory_limit": "512Mi"}),
        ["runtime.resources.memory_request: '1Gi' is more than memory_limit '512Mi'; lower it"],
    ),
    (
        "root",
        runtime(user_id=0),
        ["runtime.user_id: must be at least 1, not 0"],
    ),
    # How it is reached.
    (
        "no login",
        {"auth": {"kind": "none"}},
        [
            "auth.allow_anonymous_network: is required in a cluster, where everybody who reaches it may push and "
            "delete; consent with true, or add a login (kind 'htpasswd' or 'token')"
        ],
    ),
    (
        "passwords in clear text",
        runtime(expose={"kind": "cluster_ip"}),
        [
            "tls: is required with expose kind 'cluster_ip', or passwords cross the network in clear text; give a "
            "certificate, say kind 'terminated' where a mesh or proxy speaks TLS, or expose it by an ingress or route"
        ],
    ),
    (
        "an address to listen on",
        {"host": "0.0.0.0", "tls": {"kind": "terminated"}},
        ["host: is an address to listen on, and pods listen on all of theirs; remove it"],
    ),
    (
        "a debug server",
        {"debug": {"port": 5001}},
        ["debug: is for metrics, which are runtime.monitor in a cluster; remove it"],
    ),
    (
        "a certificate behind an ingress",
        {"tls": {"kind": "certificate", "certificate": material().pairs[0][0], "key": material().pairs[0][1]}},
        [
            "tls.kind: 'certificate' is not possible with expose kind 'ingress', whose controller speaks TLS and "
            "reaches the pods in clear text; say 'terminated', or remove tls"
        ],
    ),
    (
        "a hostname beside the ingress's",
        {"hostname": "other.example.com"},
        ["hostname: is runtime.expose's with kind 'ingress'; remove it"],
    ),
    (
        "a load balancer without a name",
        {"tls": {"kind": "terminated"}, **runtime(expose={"kind": "load_balancer"})},
        ["hostname: is required with expose kind 'load_balancer': the name that clients use"],
    ),
    (
        "a node port that nobody knows",
        {"tls": {"kind": "terminated"}, "hostname": "node.example.com", **runtime(expose={"kind": "node_port"})},
        ["runtime.expose.node_port: is required: clients have to know it; give 30000 to 32767"],
    ),
    (
        "a node port that is none",
        {
            "tls": {"kind": "terminated"},
            "hostname": "node.example.com",
            **runtime(expose={"kind": "node_port", "node_port": 5000}),
        },
        ["runtime.expose.node_port: must be at least 30000, not 5000"],
    ),
    (
        "an ingress without host",
        runtime(expose={"kind": "ingress"}),
        ["runtime.expose.host: is required but not given; add it"],
    ),
    (
        "a wildcard",
        runtime(expose={"kind": "ingress", "host": "*.example.com"}),
        ["runtime.expose.host: '*.example.com' is a wildcard, and the registry has one name; write it"],
    ),
    (
        "an address as host",
        runtime(expose={"kind": "ingress", "host": "192.0.2.1"}),
        ["runtime.expose.host: '192.0.2.1' is an address; rules are by name, so give the registry one"],
    ),
    (
        "a route without gateway",
        runtime(expose={"kind": "route", "hosts": ["r.example.com"], "gateways": []}),
        ["runtime.expose.gateways: needs at least 1 entry (it has 0)"],
    ),
    (
        "a range of addresses with bits behind it",
        runtime(network={"clients": [{"kind": "range", "range": "10.0.0.1/8"}]}),
        [
            "runtime.network.clients[0].range: '10.0.0.1/8' is not a range of addresses; write it as '192.0.2.0/24', "
            "with no bit set after the prefix"
        ],
    ),
    (
        "pods that are not said",
        runtime(network={"clients": [{"kind": "pods"}]}),
        [
            "runtime.network.clients[0].pods: or namespaces is required; say which pods are meant, or of which "
            "namespaces all are"
        ],
    ),
    # Metrics.
    (
        "metrics that nobody may fetch",
        runtime(monitor={}),
        [
            "runtime.network.metrics_from: is required with monitor: say who may fetch metrics, such as {kind: pods, "
            "namespaces: {kubernetes.io/metadata.name: monitoring}}"
        ],
    ),
    (
        "somebody who may fetch no metrics",
        runtime(network={"metrics_from": [MONITORING]}),
        ["runtime.network.metrics_from: is for metrics, of which there are none; add monitor"],
    ),
    (
        "alerts without metrics",
        runtime(alerts={}),
        ["runtime.monitor: is required with alerts, which look at its metrics; give it, {} is enough"],
    ),
    (
        "an interval of words",
        runtime(monitor={"interval": "often"}, network={"metrics_from": [MONITORING]}),
        ["runtime.monitor.interval: 'often' is not an interval of Prometheus; write it as '30s'"],
    ),
    (
        "metrics beside Redis",
        {
            "cache": {"kind": "redis"},
            "redis": {"kind": "single", "address": "redis.example.com:6379"},
            **runtime(monitor={}, network={"metrics_from": [MONITORING]}),
        },
        [
            "runtime.monitor: is not possible with redis: the debug server then shows the whole configuration, passwords "
            "included, beside the metrics; use cache kind 'inmemory', or remove monitor"
        ],
    ),
    # Collection.
    (
        "collection without a schedule",
        runtime(garbage_collection={"image": "r.example.com/regc:1"}),
        ["runtime.garbage_collection.schedule: is required but not given; add it"],
    ),
    (
        "collection by an image of no version",
        runtime(garbage_collection={"schedule": "@weekly", "image": "r.example.com/regc"}),
        [
            "runtime.garbage_collection.image: 'r.example.com/regc' has neither tag nor digest, so it would be whatever "
            "is newest; add one"
        ],
    ),
    (
        "collection by a word that is not known",
        runtime(garbage_collection={**COLLECTION, "untagged": True}),
        ["runtime.garbage_collection.untagged: is not a setting; did you mean delete_untagged?"],
    ),
    (
        "collection beside a cluster of Redis",
        {
            "cache": {"kind": "redis"},
            "redis": {"kind": "cluster", "addresses": ["a.example.com:6379", "b.example.com:6379"]},
            **runtime(garbage_collection=COLLECTION),
        },
        [
            "redis.kind: 'cluster' is not possible with runtime.garbage_collection: what was deleted has to leave the "
            "cache, or clients are told that it is still there; use 'single', or cache kind 'inmemory'"
        ],
    ),
    (
        "a setting behind the component's back",
        runtime(env={"REGISTRY_HTTP_SECRET": {"kind": "value", "value": "x"}}),
        [
            "runtime.env.REGISTRY_HTTP_SECRET: overrides a setting behind the back of this component; give the setting "
            "itself"
        ],
    ),
    # A lifecycle policy.
    (
        "a policy without collection",
        {"delete": True, "lifecycle": POLICY, "lifecycle_executor": PRUNING},
        [
            "runtime.garbage_collection: is required with lifecycle: deleting manifests frees no space by itself; give a schedule and an image"
        ],
    ),
    (
        "a policy that nobody carries out",
        {"delete": True, "lifecycle": POLICY, **runtime(garbage_collection=COLLECTION)},
        [
            "lifecycle_executor: is required: Distribution carries out no policy by itself; say kind 'cron_job' with a schedule and an image, or remove lifecycle"
        ],
    ),
    (
        "a policy carried out by a process",
        {
            "delete": True,
            "lifecycle": POLICY,
            "lifecycle_executor": {"kind": "schedule", "assume_created": True},
            **runtime(garbage_collection=COLLECTION),
        },
        ["lifecycle_executor.kind: 'schedule' is not possible with runtime 'kubernetes'; say 'cron_job'"],
    ),
    (
        "a CronJob for a process",
        {"delete": True, "lifecycle": POLICY, "lifecycle_executor": PRUNING, "runtime": {"kind": "process"}},
        ["lifecycle_executor.kind: 'cron_job' is not possible with runtime 'process'; say 'schedule'"],
    ),
    (
        "a policy where nothing may be deleted",
        {"lifecycle": POLICY, "lifecycle_executor": PRUNING, **runtime(garbage_collection=COLLECTION)},
        ["delete: is required with lifecycle, which deletes; set it to true, or remove lifecycle"],
    ),
    (
        "a schedule of words",
        {
            "delete": True,
            "lifecycle": POLICY,
            "lifecycle_executor": {**PRUNING, "schedule": "daily"},
            **runtime(garbage_collection=COLLECTION),
        },
        [
            "lifecycle_executor.schedule: 'daily' is not a cron expression of five fields; every day at 3 in the morning is '0 3 * * *'"
        ],
    ),
    # A pull-through cache.
    (
        "collection of a cache",
        {"proxy": {"remote_url": "https://registry-1.docker.io"}, **runtime(garbage_collection=COLLECTION)},
        [
            "runtime.garbage_collection: is not possible with proxy: a pull-through cache removes what it holds after "
            "proxy.ttl_hours; remove it"
        ],
    ),
    (
        "several pods of a cache",
        {"proxy": {"remote_url": "https://registry-1.docker.io"}, **runtime(claim=SHARED)},
        [
            "runtime.replicas: must be 1 with proxy: what expires when is known to one process, and a second one on the "
            "same storage overwrites its list; let it be 1, or proxy.ttl_hours 0"
        ],
    ),
    (
        "several mistakes",
        {"debug": {"port": 5001}, **runtime(replicas=3, namespace="A", monitor={})},
        [
            "runtime.namespace: 'A' is not a name of Kubernetes; use 1 to 63 lower-case letters, digits and - inside",
            "runtime.network.metrics_from: is required with monitor: say who may fetch metrics, such as {kind: pods, "
            "namespaces: {kubernetes.io/metadata.name: monitoring}}",
            "runtime.replicas: 3 cannot share a volume of access mode 'ReadWriteOnce'; let it be 'ReadWriteMany', or "
            "keep blobs in a bucket",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_message(changes: dict[str, Any], mistakes: list[str]) -> None:
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    with pytest.raises(StackError) as caught:
        DistributionRegistryArgs.parse({**GOOD, **changes})
    assert str(caught.value) == "\n  ".join([f"DistributionRegistryArgs is not valid ({count}):", *mistakes])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"storage": BUCKET, **runtime(claim=MISSING, garbage_collection=COLLECTION, autoscaling={"max_replicas": 9})},
        {"auth": OPEN, **runtime(expose={"kind": "cluster_ip"}, garbage_collection=COLLECTION)},
        {"tls": {"kind": "terminated"}, "hostname": "r.example.com", **runtime(expose={"kind": "load_balancer"})},
        {"proxy": {"remote_url": "https://registry-1.docker.io"}},
        {"proxy": {"remote_url": "https://ghcr.io", "ttl_hours": 0}, **runtime(claim=SHARED, replicas=3)},
    ],
    ids=["files", "a bucket", "everybody", "a load balancer", "a cache", "a cache for ever"],
)
def test_what_is_right_is_taken(changes: dict[str, Any]) -> None:
    DistributionRegistryArgs.parse({**GOOD, **changes})
