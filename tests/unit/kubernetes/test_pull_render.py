"""Unit proof: pull secrets and workloads become the same each time, what Kubernetes knows, and show no login."""

from __future__ import annotations

import json
from typing import Any

import pulumi_kubernetes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.kubernetes import PullSecretsArgs, refresher_render
from registry_components.kubernetes import pull_secrets_render as render
from registry_components.kubernetes.entries import entries
from registry_components.kubernetes.pull_access import RefresherAccess
from registry_components.kubernetes.refresh_config import RefreshConfig
from registry_components.kubernetes.workload_args import WorkloadArgs, deployment
from registry_components.testing import find_plaintext
from tests.unit.kubernetes.test_prune_render import _check

pytestmark = pytest.mark.unit

MARKS = render.Marks({"managed-by": "registry-components"}, {})
PASSWORD = "robot-secret-nobody-guesses"
TOKENS = {
    "ecr": "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    "gar": "europe-docker.pkg.dev",
    "acr": "acme.azurecr.io",
}
LOGINS = {"harbor": "harbor.example.com", "hub": "docker.io", "quay": "quay.io"}
LIVES = {"ecr": 720, "gar": 60, "acr": 180}

names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
places = st.one_of(
    st.fixed_dictionaries({"namespaces": st.lists(names.filter(lambda n: n != "events"), min_size=1, unique=True)}),
    st.fixed_dictionaries({"namespace_selector": st.dictionaries(names, names, min_size=1, max_size=2)}),
)
accounts = st.lists(names, max_size=2, unique=True)
access = st.fixed_dictionaries(
    {"kind": st.just("refresher"), "namespace": names, "image": st.just("registry.example.com/regc:1")},
    optional={
        "every_minutes": st.sampled_from([15, 20]),
        "run_first": st.booleans(),
        "pod_labels": st.dictionaries(names, names, max_size=2),
        "service_account_annotations": st.dictionaries(st.just("iam.gke.io/gcp-service-account"), names, max_size=1),
    },
)
alerts = st.fixed_dictionaries({"alert": st.just(True), "alert_labels": st.dictionaries(names, names, max_size=2)})


@st.composite
def refreshers(draw: st.DrawFn) -> dict[str, Any]:
    """Return arguments with a refresher: tokens of some registries, and logins of others beside them."""
    tokens = draw(st.lists(st.sampled_from(sorted(TOKENS)), min_size=1, unique=True))
    logins = draw(st.lists(st.sampled_from(sorted(LOGINS)), unique=True))
    said = {"username": "ci", "password": PASSWORD}
    endpoints: dict[str, Any] = {key: {"server": TOKENS[key]} for key in tokens}
    endpoints |= {key: {"server": LOGINS[key], "credentials": said} for key in logins}
    return {
        "endpoints": endpoints,
        "service_accounts": draw(accounts),
        "pull_access": {**draw(access), **draw(alerts | st.just({}))},
        **draw(places),
    }


def parsed(said: dict[str, Any]) -> PullSecretsArgs | None:
    """Return arguments; None where two names that were drawn would be one object's."""
    try:
        return PullSecretsArgs.parse(said)
    except StackError as error:
        assert "is named as another in" in str(error)
        return None


def objects(args: PullSecretsArgs, name: str = "apps") -> dict[str, dict[str, Any]]:
    found = args.pull_access
    assert isinstance(found, RefresherAccess)
    servers = {entry.key: str(entry.endpoint.server) for entry in entries(args)}
    text = refresher_render.config(args, found, name=name, secret_name="apps", servers=servers, marks=MARKS)
    return refresher_render.objects(
        args,
        found,
        name=name,
        secret_name="apps",
        text=text,
        digest=refresher_render.digest_of(text),
        has_logins=any(key in LOGINS for key in servers),
        marks=MARKS,
    )


@given(refreshers())
def test_the_same_refresher_is_the_same_bytes(said: dict[str, Any]) -> None:
    backwards = {key: dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]
                 for key, value in reversed(said.items())}  # fmt: skip
    one, other = parsed(said), parsed(backwards)
    if one is not None and other is not None:
        assert json.dumps(objects(one)) == json.dumps(objects(other))


@given(refreshers())
def test_a_refresher_is_what_kubernetes_knows(said: dict[str, Any]) -> None:
    """The SDK's types are made from Kubernetes' own schema."""
    types = {
        "CronJob": pulumi_kubernetes.batch.v1.CronJobSpecArgs,
        "Job": pulumi_kubernetes.batch.v1.JobSpecArgs,
    }
    args = parsed(said)
    for found in objects(args).values() if args else ():
        if found["kind"] in types:
            _check(found["spec"], types[found["kind"]], found["kind"])


@given(refreshers())
def test_a_refresher_may_do_the_least_and_shows_no_login(said: dict[str, Any]) -> None:
    args = parsed(said)
    if args is None:
        return
    found = objects(args)
    # The logins are a Secret of its own, which the component makes; nothing here holds one.
    assert find_plaintext([PASSWORD], json.dumps(found)) == []
    rules = [(made, rule) for made in found.values() for rule in made.get("rules", [])]
    for made, rule in rules:
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        if rule["resources"] == ["secrets"]:
            assert (rule["verbs"], rule["resourceNames"]) == (["create", "patch"], ["apps"])
        elif rule["resources"] not in (["events"], ["namespaces"]):
            assert rule["resourceNames"], rule
        # Rights in the whole cluster are for those alone who select namespaces.
        assert (made["kind"] == "ClusterRole") <= bool(args.namespace_selector)
    for made in found.values():
        if made["kind"] in ("CronJob", "Job"):
            spec = made["spec"]["jobTemplate"]["spec"] if made["kind"] == "CronJob" else made["spec"]
            pod = spec["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"]
            assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


@given(refreshers())
def test_a_token_is_renewed_well_before_its_end(said: dict[str, Any]) -> None:
    args = parsed(said)
    if args is None:
        return
    found = objects(args)
    config = RefreshConfig.parse(json.loads(found["-config"]["data"]["refresh.json"]))
    access = args.pull_access
    assert isinstance(access, RefresherAccess)
    minutes = refresher_render.every_minutes(args, access)
    shortest = min(LIVES[key] for key in args.endpoints if key in LIVES)
    assert 3 * minutes <= shortest
    assert minutes * 60 < config.must_live_seconds < shortest * 60
    assert found[""]["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] > config.must_live_seconds


def alert(**changes: Any) -> dict[str, Any]:
    access = {"kind": "refresher", "namespace": "ops", "image": "registry.example.com/regc:1", "alert": True, **changes}
    said = {"endpoints": {"ecr": {"server": TOKENS["ecr"]}}, "namespaces": ["shop"], "pull_access": access}
    args = PullSecretsArgs.parse(said)
    rule: dict[str, Any] = objects(args)["-alert"]
    return rule


def test_a_failure_is_told_until_a_later_run_succeeds() -> None:
    made = alert(alert_labels={"release": "prometheus"})
    assert made["metadata"]["labels"] == {"managed-by": "registry-components", "release": "prometheus"}
    failed, late = made["spec"]["groups"][0]["rules"]
    jobs = '{namespace="ops",job_name=~"apps-(first|[0-9]+)"}'
    cron = '{namespace="ops",cronjob="apps"}'
    assert failed["expr"] == (
        f"kube_job_status_failed{jobs} > 0 unless on (namespace, job_name) (kube_job_status_start_time{jobs} "
        f"<= on (namespace) group_left () max by (namespace) (kube_cronjob_status_last_successful_time{cron}))"
    )
    assert late["expr"] == (
        f"time() - (kube_cronjob_status_last_successful_time{cron} or kube_cronjob_created{cron}) > {2 * 240 * 60}"
    )
    assert [rule["for"] for rule in (failed, late)] == ["1m", "5m"]


amounts = st.fixed_dictionaries({}, optional={"cpu": st.just("250m"), "memory": st.just("256Mi")})
workloads = st.fixed_dictionaries(
    {"image": st.just("registry.example.com/shop/api@sha256:" + "a" * 64), "namespace": names},
    optional={
        "replicas": st.integers(0, 50),
        "image_pull_policy": st.sampled_from(["IfNotPresent", "Always", "Never"]),
        "requests": amounts,
        "limits": st.fixed_dictionaries({}, optional={"cpu": st.just("1"), "memory": st.just("1Gi")}),
        "service_account": names,
        "image_pull_secrets": st.lists(st.fixed_dictionaries({"name": names}), max_size=2),
        "env": st.dictionaries(st.sampled_from(["A", "B_1", "GODEBUG"]), names, max_size=3),
        "ports": st.dictionaries(st.sampled_from(["http", "grpc", "metrics"]), st.integers(1, 65535), max_size=3),
        "args": st.lists(names, max_size=3),
        "api_access": st.booleans(),
        "run_as_root": st.booleans(),
    },
)


@given(workloads)
def test_a_workload_is_what_kubernetes_knows_and_the_same_each_time(said: dict[str, Any]) -> None:
    def made(settings: dict[str, Any]) -> dict[str, Any]:
        return deployment(WorkloadArgs.parse(settings), "api", settings["image"], {}, {})

    backwards = {key: dict(reversed(value.items())) if isinstance(value, dict) else value
                 for key, value in reversed(said.items())}  # fmt: skip
    found = made(said)
    assert json.dumps(found) == json.dumps(made(backwards))
    _check(found["spec"], pulumi_kubernetes.apps.v1.DeploymentSpecArgs, "Deployment")
    pod = found["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is not said.get("run_as_root", False)
    assert pod["automountServiceAccountToken"] is said.get("api_access", False)
    assert pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
