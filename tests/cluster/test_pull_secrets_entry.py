"""Cluster proof: an entry in a service account's list, on the real engine against a real API server.

Whatever others have there stays, after up and after destroy, and secrets are in no file of the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from pydantic import SecretStr

from registry_components.kubernetes.attachment import AddedEntry
from registry_components.kubernetes.pull_secret_entry import PullSecretEntry
from registry_components.testing import Engine
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

OTHER = {"name": "somebody-elses"}


def account(cluster: Cluster, namespace: str) -> str:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    cluster.apply(f"/api/v1/namespaces/{namespace}", body)
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
    cluster.wait(lambda: cluster.get(path) is not None, f"{namespace} has no default account")
    cluster.merge(path, {"imagePullSecrets": [OTHER]})
    return path


def program(cluster: Cluster, namespace: str, secret: str) -> Callable[[], None]:
    def make() -> None:
        said = AddedEntry(kind="add", kubeconfig=SecretStr(cluster.kubeconfig.read_text()))
        entry = PullSecretEntry("entry", said, (namespace, "default", secret))
        pulumi.export("id", entry.id)

    return make


def entries(cluster: Cluster, path: str) -> list[dict[str, str]]:
    found = cluster.get(path)
    assert found is not None
    return list(found.get("imagePullSecrets") or [])


def test_an_entry_lives_beside_others(cluster: Cluster, tmp_path: Path) -> None:
    path = account(cluster, "entry")
    engine = Engine(tmp_path, program=program(cluster, "entry", "apps"))
    engine.preview()
    assert entries(cluster, path) == [OTHER]
    engine.up()
    assert entries(cluster, path) == [OTHER, {"name": "apps"}]
    engine.up_again()
    # Somebody adds one more, and it is no drift of ours.
    cluster.merge(path, {"imagePullSecrets": [OTHER, {"name": "apps"}, {"name": "later"}]})
    engine.refresh()
    # Another secret: its entry comes before the old one goes.
    engine.program = program(cluster, "entry", "apps-2")
    engine.up()
    assert entries(cluster, path) == [OTHER, {"name": "later"}, {"name": "apps-2"}]
    # Somebody removes ours: it is found, and put back.
    cluster.merge(path, {"imagePullSecrets": [OTHER]})
    assert engine.refresh(allow_drift=True).steps
    engine.up()
    assert entries(cluster, path) == [OTHER, {"name": "apps-2"}]
    engine.destroy()
    assert entries(cluster, path) == [OTHER]
    token = str(cluster.client.headers["Authorization"]).removeprefix("Bearer ")
    assert engine.scan([token]) == []


def test_an_account_that_is_gone_can_be_destroyed(cluster: Cluster, tmp_path: Path) -> None:
    path = account(cluster, "entry-gone")
    engine = Engine(tmp_path, program=program(cluster, "entry-gone", "apps"))
    engine.up()
    assert len(entries(cluster, path)) == 2
    cluster.delete("/api/v1/namespaces/entry-gone")
    engine.destroy()


def test_an_account_that_is_not_there_is_told(cluster: Cluster, tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=program(cluster, "entry-nowhere", "apps"))
    run = engine.up(check=False)
    assert run.failed
    told = run.stdout + run.stderr
    assert 'serviceaccounts "default" not found' in told
    assert "Traceback" not in told
