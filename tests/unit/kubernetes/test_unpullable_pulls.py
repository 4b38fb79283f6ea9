# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: workloads that could not pull are found, with the reason and what to do, and no others."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from registry_components.cli.main import app
from registry_components.kubernetes import find_unpullable
from registry_components.kubernetes.docker_config import config_text, login, secret_data
from registry_components.kubernetes.keyring import matches
from registry_components.kubernetes.unpullable import items_of

pytestmark = pytest.mark.unit

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
HARBOR = "harbor.example.com"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TOKEN = "ecr-token-nobody-may-see"


def workload(image: str, *, kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    container = {"name": "app", "image": image, **spec.pop("container", {})}
    pod = {"containers": [container], **spec}
    body: dict[str, Any] = {"template": {"spec": pod}}
    if kind == "CronJob":
        body = {"jobTemplate": {"spec": body}}
    if kind == "Pod":
        body = pod
    return {"kind": kind, "metadata": {"name": "api", "namespace": "shop"}, "spec": body}


def account(name: str = "default", *secrets: str, namespace: str = "shop") -> dict[str, Any]:
    return {
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace},
        "imagePullSecrets": [{"name": secret} for secret in secrets],
    }


def secret(
    logins: dict[str, tuple[str, str]], name: str = "apps", *, namespace: str = "shop", hours: float | None = None
) -> dict[str, Any]:
    text = config_text({server: login(*pair) for server, pair in logins.items()})
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if hours is not None:
        moment = (NOW - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
        metadata["managedFields"] = [{"manager": "x", "time": moment, "fieldsV1": {"f:data": {}}}]
    return {
        "kind": "Secret",
        "metadata": metadata,
        "type": "kubernetes.io/dockerconfigjson",
        "data": secret_data(text),
    }


OURS = {HARBOR: ("robot", "a-password")}
ADVICE = "make a PullSecrets for it, and name its secret in imagePullSecrets or attach it to the account"
AMAZON = "for ECR, let pull_access be 'refresher', 'external_secrets', 'kubelet_provider' or 'node_identity' on EKS in a PullSecrets"

# A title, a workload, secrets, service accounts, and what is told of it after its image.
TABLE: list[tuple[str, dict[str, Any], list[Any], list[Any], str | None]] = [
    ("all is well", workload(f"{HARBOR}/a/api:1"), [secret(OURS)], [account("default", "apps")], None),
    (
        "the pod names it",
        workload(f"{HARBOR}/a/api:1", imagePullSecrets=[{"name": "apps"}]),
        [secret(OURS)],
        [account()],
        None,
    ),
    ("a public image", workload("nginx:1"), [], [account()], None),
    ("a public host", workload("quay.io/prometheus/prometheus:v3"), [], [account()], None),
    ("never pulled", workload(f"{HARBOR}/a/api:1", container={"imagePullPolicy": "Never"}), [], [account()], None),
    (
        "nobody has a login",
        workload(f"{HARBOR}/a/api:1"),
        [],
        [account()],
        f"neither the pod nor service account 'default' names a pull secret, and {HARBOR} asks for a login; {ADVICE}",
    ),
    (
        "ECR without a login",
        workload(f"{ECR}/api:1"),
        [],
        [account()],
        f"neither the pod nor service account 'default' names a pull secret, and {ECR} asks for a login; {AMAZON}",
    ),
    (
        "no service account",
        workload(f"{HARBOR}/a/api:1", serviceAccountName="api"),
        [secret(OURS)],
        [account("default", "apps")],
        "its service account 'api' is not in the namespace, so no pod is made; make the account, or correct serviceAccountName",
    ),
    (
        "an account elsewhere",
        workload(f"{HARBOR}/a/api:1", serviceAccountName="api"),
        [secret(OURS)],
        [account("api", "apps", namespace="other")],
        "its service account 'api' is not in the namespace, so no pod is made; make the account, or correct serviceAccountName",
    ),
    (
        "no secret",
        workload(f"{HARBOR}/a/api:1"),
        [],
        [account("default", "apps")],
        "of what service account 'default' names, secret 'apps' is not in the namespace; make it there: a secret is of one namespace, so add 'shop' to namespaces of its PullSecrets",
    ),
    (
        "a secret elsewhere",
        workload(f"{HARBOR}/a/api:1"),
        [secret(OURS, namespace="other")],
        [account("default", "apps")],
        "of what service account 'default' names, secret 'apps' is not in the namespace; make it there: a secret is of one namespace, so add 'shop' to namespaces of its PullSecrets",
    ),
    (
        "another host",
        workload("other.example.com/api:1"),
        [secret(OURS)],
        [account("default", "apps")],
        f"of what service account 'default' names, secret 'apps' has logins for {HARBOR}, and none for other.example.com; add other.example.com to its endpoints",
    ),
    (
        "the pod's secrets take the place of the account's",
        workload(f"{HARBOR}/a/api:1", imagePullSecrets=[{"name": "else"}]),
        [secret(OURS), secret({"x.example.com": ("a", "b")}, "else")],
        [account("default", "apps")],
        f"of what the pod names, secret 'else' has logins for x.example.com, and none for {HARBOR}; add {HARBOR} to its endpoints",
    ),
    (
        "no login in it",
        workload(f"{HARBOR}/a/api:1"),
        [secret({HARBOR: ("", "")})],
        [account("default", "apps")],
        f"of what service account 'default' names, secret 'apps' has an entry for {HARBOR} without a login; give the endpoint its credentials",
    ),
    (
        "of another type",
        workload(f"{HARBOR}/a/api:1"),
        [{**secret(OURS), "type": "Opaque"}],
        [account("default", "apps")],
        "of what service account 'default' names, secret 'apps' is of type Opaque, which kubelet does not look into; let PullSecrets make it",
    ),
    (
        "broken",
        workload(f"{HARBOR}/a/api:1"),
        [{**secret(OURS), "data": {".dockerconfigjson": "e30="}}],
        [account("default", "apps")],
        "of what service account 'default' names, secret 'apps' holds no Docker config file; let PullSecrets make it",
    ),
    (
        "no base64",
        workload(f"{HARBOR}/a/api:1"),
        [{**secret(OURS), "data": {".dockerconfigjson": "!"}}],
        [account("default", "apps")],
        "of what service account 'default' names, secret 'apps' holds no Docker config file; let PullSecrets make it",
    ),
    ("one of two does", workload(f"{HARBOR}/a/api:1"), [secret(OURS)], [account("default", "gone", "apps")], None),
    (
        "a fresh token",
        workload(f"{ECR}/api:1"),
        [secret({ECR: ("AWS", TOKEN)}, hours=11)],
        [account("default", "apps")],
        None,
    ),
    (
        "a dead token",
        workload(f"{ECR}/api:1"),
        [secret({ECR: ("AWS", TOKEN)}, hours=13)],
        [account("default", "apps")],
        f"of what service account 'default' names, the token in secret 'apps' is over; {AMAZON}",
    ),
    (
        "a token of unknown age",
        workload(f"{ECR}/api:1"),
        [secret({ECR: ("AWS", TOKEN)})],
        [account("default", "apps")],
        None,
    ),
    (
        "an old login that lives",
        workload("europe-docker.pkg.dev/p/r/api:1"),
        [secret({"europe-docker.pkg.dev": ("_json_key", "{}")}, hours=900)],
        [account("default", "apps")],
        None,
    ),
    (
        "no image",
        workload("Not An Image"),
        [],
        [account()],
        "is no image: 'Not An Image' is not a repository name; use lower-case letters, digits and single . _ - between them, in parts separated by /; correct it",
    ),
    (
        "an init container",
        {
            **workload("nginx:1"),
            "spec": {
                "template": {"spec": {"containers": [], "initContainers": [{"name": "app", "image": f"{HARBOR}/x:1"}]}}
            },
        },
        [],
        [account()],
        f"neither the pod nor service account 'default' names a pull secret, and {HARBOR} asks for a login; {ADVICE}",
    ),
    (
        "a CronJob",
        workload(f"{HARBOR}/a/api:1", kind="CronJob"),
        [],
        [account("default", "apps")],
        "of what service account 'default' names, secret 'apps' is not in the namespace; make it there: a secret is of one namespace, so add 'shop' to namespaces of its PullSecrets",
    ),
    (
        "a Pod",
        workload(f"{HARBOR}/a/api:1", kind="Pod"),
        [],
        [account()],
        f"neither the pod nor service account 'default' names a pull secret, and {HARBOR} asks for a login; {ADVICE}",
    ),
    ("what pulls nothing", {"kind": "ConfigMap", "metadata": {"name": "x"}}, [], [], None),
]


@pytest.mark.parametrize(("item", "secrets", "accounts", "told"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE])
def test_what_could_not_be_pulled_is_told(item: Any, secrets: Any, accounts: Any, told: str | None) -> None:
    listed = {"kind": "List", "items": [item]}
    found = find_unpullable(listed, secrets, {"items": accounts}, now=NOW)
    shown = [str(one).split(": ", 2)[2] for one in found]
    assert shown == ([] if told is None else [told])
    assert TOKEN not in str(found)


def test_nodes_that_log_in_need_no_secret() -> None:
    item = workload(f"{ECR}/api:1")
    assert find_unpullable([item], [], [account()], node_identity=["*.dkr.ecr.*.amazonaws.com"]) == []


def test_public_hosts_may_be_asked_about_too() -> None:
    (one,) = find_unpullable([workload("acme/private:1")], [], [account()], anonymous=["quay.io"])
    assert one.image == "acme/private:1"
    hub = secret({"docker.io": ("ci", "dckr-pat")})
    assert find_unpullable([workload("acme/private:1")], [hub], [account("default", "apps")], anonymous=[]) == []


KEYS = [
    ("https://index.docker.io/v1/", "docker.io", "library/nginx", True),
    ("docker.io", "docker.io", "acme/api", True),
    ("docker.io", "quay.io", "acme/api", False),
    ("harbor.example.com", "harbor.example.com", "a/b", True),
    ("https://harbor.example.com/v2/", "harbor.example.com", "a/b", True),
    ("harbor.example.com/a", "harbor.example.com", "a/b", True),
    ("harbor.example.com/b", "harbor.example.com", "a/b", False),
    ("harbor.example.com:5000", "harbor.example.com", "a/b", False),
    ("harbor.example.com:5000", "harbor.example.com:5000", "a/b", True),
    ("*.example.com", "harbor.example.com", "a/b", True),
    ("*.example.com", "eu.harbor.example.com", "a/b", False),
    ("*.com", "harbor.example.com", "a/b", False),
    ("127.0.0.1:5000", "127.0.0.1:5000", "a", True),
]


@pytest.mark.parametrize(("key", "host", "repository", "right"), KEYS)
def test_entries_are_found_as_kubelet_finds_them(key: str, host: str, repository: str, right: bool) -> None:
    assert matches(key, host, repository) is right


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_anything_is_read_or_refused(tree: Any) -> None:
    try:
        found = items_of(tree)
    except ValueError as error:
        assert "kubectl" in str(error)
    else:
        assert all(isinstance(item, dict) for item in found)


def run(*arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, ["pull-secrets", "check", *arguments], input=stdin)


def test_the_command_tells_and_fails(tmp_path: Path) -> None:
    listed = {
        "kind": "List",
        "items": [workload(f"{HARBOR}/a/api:1"), account("default", "apps"), secret(OURS, "else")],
    }
    (tmp_path / "all.json").write_text(json.dumps(listed))
    done = run(str(tmp_path / "all.json"))
    assert done.exit_code == 1
    assert done.stdout == (
        f"Deployment shop/api, container app: {HARBOR}/a/api:1: of what service account 'default' names, secret 'apps' is "
        "not in the namespace; make it there: a secret is of one namespace, so add 'shop' to namespaces of its PullSecrets\n"
    )
    assert json.loads(run(str(tmp_path / "all.json"), "--json").stdout)[0]["kind"] == "Deployment"
    good = {"items": [workload(f"{HARBOR}/a/api:1"), account("default", "apps"), secret(OURS)]}
    done = run("-", stdin=json.dumps(good))
    assert (done.exit_code, done.stdout) == (0, "everything that was given can be pulled\n")


WRONG = [
    ("{", "- is not JSON; give what `kubectl get … -o json` printed"),
    (
        "[]",
        "there is no Secret in what was given; add secrets: kubectl get deployments,secrets,serviceaccounts -A -o json --show-managed-fields",
    ),
    ('{"items": [1]}', "- is no object of Kubernetes; give what `kubectl get … -o json` printed"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_the_command_tells_what_it_was_given_wrong(text: str, message: str) -> None:
    done = run("-", stdin=text)
    assert (done.exit_code, done.stderr) == (1, f"error: {message}\n")
