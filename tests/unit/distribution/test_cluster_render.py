"""Unit proof: what a registry of runtime `kubernetes` becomes, where its secrets are, and when its alerts fire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr, TypeAdapter

from registry_components.blocks.storage import Storage
from registry_components.distribution import cluster_render as render
from registry_components.distribution.args import DistributionRegistryArgs
from registry_components.distribution.render import render as configuration
from registry_components.storage import to_distribution, to_distribution_pods
from tests.support.alerts import assert_firing, assert_valid
from tests.unit.distribution.cluster import COLLECTION, MONITORING, manifests, whole
from tests.unit.distribution.strategies import Settings, registries

pytestmark = pytest.mark.unit

CLAIM = {"kind": "new", "size": "10Gi"}
MINIO = "http://minio.minio.svc:9000"
BUCKET = {"kind": "s3", "bucket": "images", "region": "eu-central-1"}


def registry(storage: dict[str, Any] | None = None, *, args: dict[str, Any] | None = None, **runtime: Any) -> Settings:
    found = {
        "storage": storage or {"kind": "filesystem"},
        "auth": {"kind": "htpasswd", "users": ["ci"]},
        "runtime": {
            "kind": "kubernetes",
            "namespace": "registry",
            "expose": {"kind": "ingress", "host": "registry.example.com"},
            **({"claim": CLAIM} if storage is None else {}),
            **runtime,
        },
    }
    return found | (args or {})


def secrets_in(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from secrets_in(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from secrets_in(value)
    elif isinstance(tree, SecretStr):
        yield tree.get_secret_value()


@hypothesis_settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(registries())
def test_what_is_secret_is_in_the_secret_alone(settings: Settings) -> None:
    args = DistributionRegistryArgs.parse(settings)
    rendered = configuration(
        args, render.layout(args), http_secret=SecretStr("what-signs-uploads"), htpasswd=SecretStr("ci:$2b$")
    )
    placed = render.place(rendered)
    assert list(secrets_in(placed.config)) == []
    assert list(secrets_in(placed.files)) == []
    assert placed.files | placed.secret_files == rendered.files
    # Nothing is lost: put back, the variables make it whole.
    assert whole(placed) == rendered.config


def test_two_renderings_are_the_same() -> None:
    settings = registry(garbage_collection=COLLECTION, monitor={}, alerts={}, network={"metrics_from": [MONITORING]})
    assert json.dumps(manifests(settings)) == json.dumps(manifests(settings))


@pytest.mark.parametrize(
    ("settings", "kind", "spec"),
    [
        (registry(), "StatefulSet", {"replicas": 1, "podManagementPolicy": "Parallel"}),
        (registry(claim={**CLAIM, "access_mode": "ReadWriteOncePod"}), "StatefulSet", {"replicas": 1}),
        (
            registry(claim={**CLAIM, "access_mode": "ReadWriteMany"}),
            "Deployment",
            {
                "replicas": 2,
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
            },
        ),
        (registry(BUCKET, replicas=5), "Deployment", {"replicas": 5}),
        (registry(BUCKET, autoscaling={"max_replicas": 9}), "Deployment", {"replicas": None}),
        (registry({"kind": "inmemory"}, replicas=1), "Deployment", {"replicas": 1, "strategy": {"type": "Recreate"}}),
    ],
    ids=["one node", "one pod", "shared", "a bucket", "scaled", "memory"],
)
def test_the_storage_says_what_runs_it(settings: Settings, kind: str, spec: dict[str, Any]) -> None:
    made = manifests(settings)
    assert made[""]["kind"] == kind
    assert {key: made[""]["spec"].get(key) for key in spec} == spec
    assert ("-autoscaler" in made) == (spec["replicas"] is None)
    assert ("-budget" in made) == ((spec["replicas"] or 2) > 1)


def test_no_pod_has_more_rights_than_it_needs() -> None:
    made = manifests(registry(garbage_collection=COLLECTION))
    served = made[""]["spec"]["template"]["spec"]
    collecting = made["-collect"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    for pod in (served, collecting):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["enableServiceLinks"] is False
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
    # Who serves has no token; who collects may change this one workload.
    assert served["automountServiceAccountToken"] is False
    assert made["-account"]["automountServiceAccountToken"] is False
    assert collecting["automountServiceAccountToken"] is True
    assert made["-collect-role"]["rules"] == [
        {"apiGroups": ["apps"], "resources": ["statefulsets"], "resourceNames": ["images"], "verbs": ["get", "patch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
    ]
    # Both are where the volume of one node is: the pod that is replaced by a read-only one goes back there.
    (beside,) = served["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    wanted = beside["podAffinityTerm"]["labelSelector"]["matchLabels"]
    job = made["-collect"]["spec"]["jobTemplate"]["spec"]["template"]
    assert wanted.items() <= job["metadata"]["labels"].items()
    (near,) = collecting["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert near["labelSelector"]["matchLabels"] == made[""]["spec"]["selector"]["matchLabels"]


def test_a_cloud_s_identity_is_that_of_both_pods() -> None:
    account = {"kind": "new", "annotations": {"azure.workload.identity/client-id": "an-id"}}
    azure = {
        "kind": "azure",
        "account_name": "images",
        "container": "images",
        "credentials": {"kind": "default_credentials"},
    }
    made = manifests(registry(azure, service_account=account, garbage_collection=COLLECTION))
    assert made["-account"]["metadata"]["annotations"]["azure.workload.identity/client-id"] == "an-id"
    for pod in (made[""]["spec"]["template"], made["-collect"]["spec"]["jobTemplate"]["spec"]["template"]):
        assert pod["spec"]["serviceAccountName"] == "images"
        assert pod["metadata"]["labels"]["azure.workload.identity/use"] == "true"


S3 = {"kind": "s3", "bucket": "images", "region": "eu-central-1"}
ROLE = "arn:aws:iam::123456789012:role/images"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (
            {**S3, "credentials": {"kind": "irsa", "role_arn": ROLE}},
            {"eks.amazonaws.com/role-arn": ROLE},
        ),
        (
            {
                "kind": "gcs",
                "bucket": "images",
                "credentials": {
                    "kind": "workload_identity",
                    "service_account": "images@acme.iam.gserviceaccount.com",
                },
            },
            {"iam.gke.io/gcp-service-account": "images@acme.iam.gserviceaccount.com"},
        ),
        (
            {
                "kind": "azure",
                "account": "images",
                "container": "images",
                "credentials": {"kind": "workload_identity", "client_id": "an-id"},
            },
            {"azure.workload.identity/client-id": "an-id"},
        ),
        ({**S3, "credentials": {"kind": "pod_identity"}}, {}),
        ({**S3, "credentials": {"kind": "keys", "access_key": "a", "secret_key": "b"}}, {}),
    ],
    ids=["IRSA", "Workload Identity", "Workload ID", "Pod Identity", "keys"],
)
def test_a_storage_block_says_whom_pods_are(block: dict[str, Any], said: dict[str, str]) -> None:
    storage: Any = TypeAdapter(Storage).validate_python(block)
    settings = registry(BUCKET, args={"storage": to_distribution(storage)}, **to_distribution_pods(storage))
    annotations = manifests(settings)["-account"]["metadata"].get("annotations", {})
    assert annotations == said


def test_a_volume_is_mounted_where_it_says() -> None:
    block = {"kind": "volume", "claim": "images", "access_mode": "ReadWriteMany", "mount_path": "/srv/images"}
    storage: Any = TypeAdapter(Storage).validate_python({**block, "sub_path": "distribution"})
    made = manifests(registry(BUCKET, args={"storage": to_distribution(storage)}, **to_distribution_pods(storage)))
    pod = made[""]["spec"]["template"]["spec"]
    assert made[""]["kind"] == "Deployment"
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "images"}} in pod["volumes"]
    (container,) = pod["containers"]
    assert {"name": "data", "mountPath": "/srv/images", "subPath": "distribution"} in container["volumeMounts"]
    assert 'rootdirectory: "/srv/images"' in made["-config"]["data"]["config.yml"]


@pytest.mark.parametrize(
    ("args", "ports"),
    [
        ({}, []),
        ({"storage": BUCKET}, [80, 443]),
        ({"storage": {**BUCKET, "region_endpoint": MINIO, "access_key": "a", "secret_key": "b"}}, [9000]),
        ({"storage": {**BUCKET, "region_endpoint": MINIO}}, [80, 443, 9000]),
        ({"cache": {"kind": "redis"}, "redis": {"kind": "single", "address": "redis.cache.svc:6380"}}, [6380]),
        ({"proxy": {"remote_url": "http://mirror.example.com"}}, [80, 443]),
        ({"notifications": {"endpoints": [{"name": "hook", "url": "https://hook.example.com:8443/"}]}}, [8443]),
        ({"health": {"tcp": [{"address": "db.example.com:5432"}]}}, [5432]),
    ],
    ids=["files", "a bucket", "a server of S3", "its identity", "Redis", "an upstream", "a webhook", "a check"],
)
def test_it_reaches_what_its_settings_need(args: dict[str, Any], ports: list[int]) -> None:
    said = DistributionRegistryArgs.parse({"storage": {"kind": "filesystem"}, "auth": {"kind": "none"}, **args})
    assert [port for found in render.destinations(said) for port in found.ports] == ports


def test_the_policy_lets_nothing_else_through() -> None:
    network = {
        "clients": [{"kind": "range", "range": "10.0.0.0/8", "but": ["10.1.0.0/16"]}],
        "metrics_from": [MONITORING],
    }
    made = manifests(registry(monitor={}, network=network))["-network"]["spec"]
    assert made == {
        "podSelector": {
            "matchLabels": {"app.kubernetes.io/instance": "images", "app.kubernetes.io/name": "distribution"}
        },
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "ports": [{"port": 5000, "protocol": "TCP"}],
                "from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}],
            },
            {
                "ports": [{"port": 5001, "protocol": "TCP"}],
                "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
            },
        ],
        "egress": [{"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}],
    }


@pytest.mark.parametrize(
    ("expose", "args", "server", "plain"),
    [
        ({"kind": "ingress", "host": "r.example.com"}, {}, "r.example.com", False),
        (
            {"kind": "route", "hosts": ["r.example.com", "s.example.com"], "gateways": [{"name": "web"}]},
            {},
            "r.example.com",
            False,
        ),
        ({"kind": "cluster_ip"}, {"auth": "open"}, "images.registry.svc:5000", True),
        ({"kind": "cluster_ip"}, {"auth": "open", "port": 80}, "images.registry.svc", True),
        ({"kind": "cluster_ip"}, {"tls": {"kind": "terminated"}, "port": 443}, "images.registry.svc", False),
        (
            {"kind": "load_balancer"},
            {"tls": {"kind": "terminated"}, "hostname": "r.example.com"},
            "r.example.com:5000",
            False,
        ),
        (
            {"kind": "node_port", "node_port": 30500},
            {"tls": {"kind": "terminated"}, "hostname": "node.example.com"},
            "node.example.com:30500",
            False,
        ),
    ],
    ids=["ingress", "route", "service", "service at 80", "service at 443", "load balancer", "node port"],
)
def test_where_clients_find_it(expose: dict[str, Any], args: dict[str, Any], server: str, plain: bool) -> None:
    if args.get("auth") == "open":
        args = {**args, "auth": {"kind": "none", "allow_anonymous_network": True}}
    said = DistributionRegistryArgs.parse(registry(expose=expose, args=args))
    runtime: Any = said.runtime
    assert render.server(said, runtime, "images", "registry") == server
    assert render.plain_http(said, runtime) is plain


@pytest.fixture(scope="module")
def rule() -> dict[str, Any]:
    settings = registry(garbage_collection=COLLECTION, monitor={}, alerts={}, network={"metrics_from": [MONITORING]})
    return manifests(settings)["-alerts"]


SERVED = 'namespace="registry",service="images-metrics"'


def test_prometheus_takes_the_rules(rule: dict[str, Any]) -> None:
    assert_valid(rule)


def test_a_registry_without_a_pod_that_answers_is_told(rule: dict[str, Any]) -> None:
    up = f'up{{{SERVED},pod="images-0"}}'
    assert_firing(rule, {up: "1x10 0x30 1x30"}, {"9m": [], "12m": [], "20m": ["RegistryDown"], "45m": []})
    # One of two answers.
    both = {up: "0x60", f'up{{{SERVED},pod="images-1"}}': "1x60"}
    assert_firing(rule, both, {"30m": []})
    assert_firing(rule, {'up{namespace="other",service="images-metrics"}': "1x60"}, {"30m": ["RegistryDown"]})


def test_many_failures_are_told_and_few_are_not(rule: dict[str, Any]) -> None:
    def requests(failing: int) -> dict[str, str]:
        name = "registry_http_requests_total"
        return {
            f'up{{{SERVED},pod="images-0"}}': "1x60",
            f'{name}{{{SERVED},code="200",handler="blob",method="get"}}': "0+100x60",
            f'{name}{{{SERVED},code="503",handler="blob",method="get"}}': f"0+{failing}x60",
        }

    assert_firing(rule, requests(2), {"30m": []})
    assert_firing(rule, requests(10), {"5m": [], "30m": ["RegistryErrors"]})


def test_a_collection_that_failed_or_hangs_is_told(rule: dict[str, Any]) -> None:
    up = {f'up{{{SERVED},pod="images-0"}}': "1x400"}
    job = 'namespace="registry",job_name="images-collect-29000000"'
    failed = up | {
        f"kube_job_status_failed{{{job}}}": "0x10 1x390",
        f"kube_job_status_start_time{{{job}}}": "0x400",
        # The next run succeeds at minute 100.
        'kube_cronjob_status_last_successful_time{namespace="registry",cronjob="images-collect"}': "_x100 6000x300",
    }
    assert_firing(rule, failed, {"5m": [], "20m": ["RegistryCollectionFailed"], "110m": []})
    hanging = up | {f"kube_job_status_active{{{job}}}": "1x150 0x50"}
    assert_firing(rule, hanging, {"100m": [], "130m": ["RegistryReadOnly"], "160m": []})
