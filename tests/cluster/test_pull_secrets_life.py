"""Cluster proof: the whole life of pull secrets on the real engine, by the real provider, against a real API server."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from registry_components.core.endpoint import DOCKER_HUB_AUTH_KEY, existing_endpoint
from registry_components.kubernetes import PullSecrets
from registry_components.testing import Engine
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

HARBOR_TOKEN, HUB_TOKEN = "robot-secret-nobody-guesses", "dckr-pat-correct-horse-battery"
OTHER = {"name": "somebody-elses"}
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


def namespaces(cluster: Cluster, *names: str) -> list[str]:
    for name in names:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        cluster.apply(f"/api/v1/namespaces/{name}", body)
        cluster.wait(lambda name=name: cluster.get(account(name)) is not None, "no default account")  # type: ignore[misc]
    return list(names)


def account(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/serviceaccounts/default"


def secret(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/secrets/apps"


def logins(cluster: Cluster, namespace: str) -> dict[str, Any]:
    found = cluster.get(secret(namespace))
    assert found is not None
    assert found["type"] == "kubernetes.io/dockerconfigjson"
    auths: dict[str, Any] = json.loads(base64.b64decode(found["data"][".dockerconfigjson"]))["auths"]
    return auths


def entries(cluster: Cluster, namespace: str) -> list[dict[str, str]]:
    return list((cluster.get(account(namespace)) or {}).get("imagePullSecrets") or [])


def program(names: list[str], token: str = HARBOR_TOKEN, *, mutable: bool = False, **said: Any) -> Callable[[], None]:
    def make() -> None:
        opts = None
        if mutable:
            opts = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", enable_secret_mutable=True))
        made = PullSecrets(
            "apps",
            {
                "endpoints": {
                    "harbor": existing_endpoint("harbor.example.com", username="robot$ci", password=token),
                    "hub": existing_endpoint("docker.io", username="ci", password=HUB_TOKEN),
                },
                "namespaces": names,
                "service_accounts": ["default"],
                **said,
            },
            opts,
        )
        pulumi.export("secret", made.secret_name)

    return make


def test_static_secrets_live_and_leave_nothing(cluster: Cluster, tmp_path: Path) -> None:
    names = namespaces(cluster, "life-shop", "life-billing")
    engine = Engine(tmp_path, program=program(names), environment=cluster.environment)
    engine.up()
    for name in names:
        assert sorted(logins(cluster, name)) == sorted([DOCKER_HUB_AUTH_KEY, "harbor.example.com"])
        assert logins(cluster, name)["harbor.example.com"]["password"] == HARBOR_TOKEN
        assert entries(cluster, name) == [{"name": "apps"}]
    engine.up_again()
    engine.refresh()
    assert engine.scan([HARBOR_TOKEN, HUB_TOKEN]) == []
    engine.program = program(names, "another-robot-secret")
    engine.up()
    assert logins(cluster, "life-shop")["harbor.example.com"]["password"] == "another-robot-secret"
    assert entries(cluster, "life-shop") == [{"name": "apps"}]
    engine.refresh()
    engine.destroy()
    for name in names:
        assert cluster.get(secret(name)) is None
        assert entries(cluster, name) == []


def test_a_login_is_rotated_in_place_where_the_provider_may(cluster: Cluster, tmp_path: Path) -> None:
    names = namespaces(cluster, "life-rotated")
    engine = Engine(tmp_path, program=program(names, mutable=True), environment=cluster.environment)
    engine.up()
    before = (cluster.get(secret("life-rotated")) or {})["metadata"]["uid"]
    engine.program = program(names, "another-robot-secret", mutable=True)
    engine.up()
    assert logins(cluster, "life-rotated")["harbor.example.com"]["password"] == "another-robot-secret"
    assert (cluster.get(secret("life-rotated")) or {})["metadata"]["uid"] == before
    engine.destroy()


def test_others_entries_are_never_taken_over(cluster: Cluster, tmp_path: Path) -> None:
    names = namespaces(cluster, "life-others")
    cluster.merge(account("life-others"), {"imagePullSecrets": [OTHER]})
    engine = Engine(tmp_path, program=program(names), environment=cluster.environment)
    run = engine.up(check=False)
    assert run.failed
    assert ".imagePullSecrets" in run.stdout + run.stderr
    assert entries(cluster, "life-others") == [OTHER]
    added = {"kind": "add", "kubeconfig": str(cluster.kubeconfig)}
    engine.program = program(names, attachment=added)
    engine.up()
    assert entries(cluster, "life-others") == [OTHER, {"name": "apps"}]
    engine.up_again()
    engine.refresh()
    engine.destroy()
    assert entries(cluster, "life-others") == [OTHER]
    assert cluster.get(secret("life-others")) is None


def test_the_refresher_is_taken_by_the_api_server_and_goes(cluster: Cluster, tmp_path: Path) -> None:
    names = namespaces(cluster, "life-refreshed", "life-ops")[:1]

    def make() -> None:
        PullSecrets(
            "apps",
            {
                "endpoints": {
                    "aws": {"server": ECR},
                    "hub": existing_endpoint("docker.io", username="ci", password=HUB_TOKEN),
                },
                "namespaces": names,
                "service_accounts": ["default"],
                # No pod runs here: there are no nodes.
                "pull_access": {
                    "kind": "refresher",
                    "namespace": "life-ops",
                    "image": "regc.example.com/regc:1",
                    "run_first": False,
                },
            },
        )

    engine = Engine(tmp_path, program=make, environment=cluster.environment)
    run = engine.up()
    assert run.steps
    found = cluster.get("/apis/batch/v1/namespaces/life-ops/cronjobs/apps")
    assert found is not None
    assert found["spec"]["concurrencyPolicy"] == "Forbid"
    engine.up_again()
    engine.refresh()
    assert engine.scan([HUB_TOKEN]) == []
    engine.destroy()
    for kind in ("/apis/batch/v1/namespaces/life-ops/cronjobs", "/api/v1/namespaces/life-ops/configmaps"):
        assert [item["metadata"]["name"] for item in cluster.list(kind) if "apps" in item["metadata"]["name"]] == []
    for group in ("roles", "rolebindings"):
        path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/life-refreshed/{group}"
        assert [item["metadata"]["name"] for item in cluster.list(path)] == []
    assert entries(cluster, "life-refreshed") == []
