"""Cluster proof: secrets written in bulk, their whole life on the real engine against a real API server."""

from __future__ import annotations

import base64
import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pulumi
import pytest
from pydantic import SecretStr

from registry_components.core.endpoint import DOCKER_HUB_AUTH_KEY, existing_endpoint
from registry_components.kubernetes import PullSecrets
from registry_components.kubernetes.pull_secrets_bulk import mark_of
from registry_components.kubernetes.words import MARK
from registry_components.rehearsal import read_checks
from registry_components.testing import Engine, Run
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

TOKEN, NEXT_TOKEN = "robot-secret-nobody-guesses", "another-robot-secret-as-good"


def namespaces(cluster: Cluster, *names: str, labels: dict[str, str] | None = None) -> list[str]:
    for name in names:
        about = {"name": name, "labels": labels or {}}
        cluster.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": about})
    return list(names)


def path(namespace: str, name: str = "apps") -> str:
    return f"/api/v1/namespaces/{namespace}/secrets/{name}"


def password(cluster: Cluster, namespace: str, name: str = "apps") -> str | None:
    found = cluster.get(path(namespace, name))
    if found is None:
        return None
    assert found["type"] == "kubernetes.io/dockerconfigjson"
    auths = json.loads(base64.b64decode(found["data"][".dockerconfigjson"]))["auths"]
    assert sorted(auths) == sorted([DOCKER_HUB_AUTH_KEY, "harbor.example.com"])
    told: str = auths["harbor.example.com"]["password"]
    return told


def versions(cluster: Cluster, names: list[str], secret: str = "apps") -> dict[str, str]:
    """Return what changes with each write of a secret."""
    return {name: (cluster.get(path(name, secret)) or {})["metadata"]["resourceVersion"] for name in names}


def entries(cluster: Cluster, namespace: str) -> list[dict[str, str]]:
    found = cluster.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/default") or {}
    return list(found.get("imagePullSecrets") or [])


def ours(cluster: Cluster) -> list[str]:
    """Return the namespaces that have a secret of this program's."""
    found = cluster.list("/api/v1/secrets", f"{MARK}={mark_of('test', 'test', 'apps')}")
    return sorted(item["metadata"]["namespace"] for item in found)


def program(cluster: Cluster, token: str = TOKEN, **said: Any) -> Callable[[], None]:
    def make() -> None:
        made = PullSecrets(
            "apps",
            {
                "endpoints": {
                    "harbor": existing_endpoint("harbor.example.com", username="robot$ci", password=token),
                    "hub": existing_endpoint("docker.io", username="ci", password="hub-token-nobody-guesses"),
                },
                "pull_access": {
                    "kind": "static",
                    "written": {"kind": "in_bulk", "kubeconfig": SecretStr(cluster.kubeconfig.read_text())},
                },
                **said,
            },
        )
        pulumi.export("secret", made.secret_name)

    return make


def test_secrets_in_bulk_live_and_leave_nothing(cluster: Cluster, tmp_path: Path) -> None:
    names = namespaces(cluster, "bulk-a", "bulk-b", "bulk-c")
    accounts: dict[str, Any] = {"service_accounts": ["default"]}
    engine = Engine(tmp_path, program=program(cluster, namespaces=names, **accounts))
    engine.up()
    assert [password(cluster, name) for name in names] == [TOKEN] * 3
    assert [entries(cluster, name) for name in names] == [[{"name": "apps"}]] * 3
    assert ours(cluster) == names
    engine.up_again()
    engine.refresh()
    before = versions(cluster, names)
    # A namespace leaves, another comes; the rest is not written again.
    namespaces(cluster, "bulk-d")
    engine.program = program(cluster, namespaces=["bulk-b", "bulk-c", "bulk-d"], **accounts)
    told = engine.up()
    assert (
        "secret 'apps': to write in 1 namespace (bulk-d), to remove from 1 namespace (bulk-a), to attach to 1 service "
        "account (bulk-d/default), to take from 1 service account (bulk-a/default)"
    ) in told.stdout
    assert [entries(cluster, name) for name in ("bulk-a", "bulk-d")] == [[], [{"name": "apps"}]]
    assert [password(cluster, name) for name in (*names, "bulk-d")] == [None, TOKEN, TOKEN, TOKEN]
    assert {**before, **versions(cluster, ["bulk-b", "bulk-c"])} == before
    # A new login and a new name: in place, in all of them.
    engine.program = program(cluster, NEXT_TOKEN, namespaces=["bulk-b", "bulk-c"], secret_name="pulls", **accounts)
    engine.up()
    assert [password(cluster, name, "pulls") for name in ("bulk-b", "bulk-c")] == [NEXT_TOKEN] * 2
    assert [password(cluster, name) for name in ("bulk-b", "bulk-c", "bulk-d")] == [None] * 3
    assert [entries(cluster, name) for name in ("bulk-b", "bulk-d")] == [[{"name": "pulls"}], []]
    # A namespace that is gone is no hindrance.
    cluster.delete("/api/v1/namespaces/bulk-c")
    engine.destroy()
    assert ours(cluster) == []
    assert entries(cluster, "bulk-b") == []
    assert engine.scan([TOKEN, NEXT_TOKEN, "hub-token-nobody-guesses"]) == []
    token = str(cluster.client.headers["Authorization"]).removeprefix("Bearer ")
    assert engine.scan([token]) == []


def test_what_a_person_did_is_found_and_named(cluster: Cluster, tmp_path: Path) -> None:
    names = namespaces(cluster, "drift-a", "drift-b", "drift-c")
    engine = Engine(tmp_path, program=program(cluster, namespaces=names))
    engine.up()
    cluster.delete(path("drift-a"))
    cluster.merge(path("drift-b"), {"data": {".dockerconfigjson": base64.b64encode(b'{"auths":{}}').decode()}})
    # What others add beside is none of ours.
    cluster.merge(path("drift-c"), {"metadata": {"labels": {"team": "shop"}}})
    assert engine.refresh(allow_drift=True).steps
    state = resource(engine)
    assert state["written"] == ["drift-c"]
    assert state["unwritten"] == {"drift-a": "is not there", "drift-b": "is not as it was written"}
    # The lost one is written anew; what somebody took is not taken back.
    run = engine.up(check=False)
    assert run.failed
    assert "PullSecrets: secret 'apps' could not be written in 1 namespace; run again for these alone:\n" in said_by(
        run
    )
    assert 'drift-b: Apply failed with 1 conflict: conflict with "python-httpx"' in said_by(run)
    assert "Traceback" not in said_by(run)
    assert password(cluster, "drift-a") == TOKEN
    cluster.delete(path("drift-b"))
    engine.up()
    assert [password(cluster, name) for name in names] == [TOKEN] * 3
    engine.up_again()
    engine.destroy()
    assert [password(cluster, name) for name in names] == [None] * 3


def test_a_namespace_that_is_not_there_is_told_and_the_rest_is_written(cluster: Cluster, tmp_path: Path) -> None:
    names = namespaces(cluster, "lacks-a", "lacks-b")
    engine = Engine(tmp_path, program=program(cluster, namespaces=[*names, "lacks-x"]))
    run = engine.up(check=False)
    assert run.failed
    line = "lacks-x: there is no such namespace; make it, or take it out of namespaces"
    assert line in said_by(run)
    assert "Traceback" not in said_by(run)
    assert [password(cluster, name) for name in names] == [TOKEN] * 2
    before = versions(cluster, names)
    namespaces(cluster, "lacks-x")
    assert engine.up().steps
    assert password(cluster, "lacks-x") == TOKEN
    assert versions(cluster, names) == before
    assert engine.outputs()["secret"] == "apps"
    engine.up_again()
    engine.destroy()


def test_namespaces_by_label_are_looked_up_by_each_up(cluster: Cluster, tmp_path: Path) -> None:
    namespaces(cluster, "label-a", "label-b", labels={"pulls": "apps"})
    # In a rehearsal it is the rehearsal's own cluster, whichever is named.
    named = {"kind": "in_bulk", "kubeconfig": "/nowhere/kubeconfig", "context": "prod"}
    said: dict[str, Any] = {"pull_access": {"kind": "static", "written": named}}
    make = program(cluster, namespace_selector={"pulls": "apps"}, **said)
    engine = Engine(tmp_path, program=make, environment=cluster.environment)
    engine.up()
    engine.up_again()
    namespaces(cluster, "label-c", labels={"pulls": "apps"})
    cluster.merge("/api/v1/namespaces/label-a", {"metadata": {"labels": {"pulls": None}}})
    assert "to write in 1 namespace (label-c), to remove from 1 namespace (label-a)" in engine.up().stdout
    assert [password(cluster, f"label-{which}") for which in "abc"] == [None, TOKEN, TOKEN]
    # A label that nobody has is rather a mistake than a wish to remove all.
    engine.program = program(cluster, namespace_selector={"pulls": "aps"}, **said)
    run = engine.up(check=False)
    assert "no namespace has the labels pulls=aps; label one, or correct namespace_selector" in said_by(run)
    assert [password(cluster, f"label-{which}") for which in "bc"] == [TOKEN, TOKEN]
    engine.destroy()
    assert [password(cluster, f"label-{which}") for which in "bc"] == [None, None]
    noted = [line for line in read_checks(cluster.folder) if line["token"] == "kubernetes:api"]
    assert {line["proof"] for line in noted} == {"real"}


def test_a_run_that_was_killed_goes_on(cluster: Cluster, tmp_path: Path) -> None:
    names = namespaces(cluster, *(f"killed-{number:03}" for number in range(200)))
    slow = {"kind": "in_bulk", "kubeconfig": str(cluster.kubeconfig), "requests_at_once": 1}
    engine = Engine(
        tmp_path, program=program(cluster, namespaces=names, pull_access={"kind": "static", "written": slow})
    )
    running = threading.Thread(target=lambda: engine.up(check=False))
    running.start()
    cluster.wait(lambda: cluster.get(path("killed-020")) is not None, "nothing is written")
    processes = [one for one in psutil.process_iter() if one.name() == "pulumi" and owned(one, engine)]
    assert processes
    for process in processes:
        process.send_signal(signal.SIGKILL)
    running.join(60)
    assert 20 < len(ours(cluster)) < 200
    cluster.wait(lambda: not any(owned(one, engine) for one in psutil.process_iter()), "the provider goes on")
    there = ours(cluster)
    before = versions(cluster, there)
    engine.cancel()
    engine.up()
    assert ours(cluster) == names
    assert versions(cluster, there) == before
    engine.destroy()
    assert ours(cluster) == []


def resource(engine: Engine) -> dict[str, Any]:
    """Return the outputs of the resource in bulk."""
    resources = engine.export_state()["deployment"]["resources"]
    found: dict[str, Any] = next(one["outputs"] for one in resources if one["type"].endswith("PullSecretsInBulk"))
    return found


def said_by(run: Run) -> str:
    return run.stdout + run.stderr


def owned(process: psutil.Process, engine: Engine) -> bool:
    try:
        return bool(process.environ().get("PULUMI_HOME") == engine.environment["PULUMI_HOME"])
    except psutil.Error:
        return False
