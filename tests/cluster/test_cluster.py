"""Cluster proof: the cluster itself is real, whole and gone afterwards."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from registry_components.core import versions
from registry_components.rehearsal import cluster as clusters
from registry_components.rehearsal import environment, stop
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]


def test_it_is_the_pinned_version(cluster: Cluster) -> None:
    told = cluster.get("/version")
    assert told is not None
    assert told["gitVersion"] == f"v{versions.KUBERNETES}"


def test_it_takes_objects_by_server_side_apply(cluster: Cluster) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "smoke"}}
    cluster.apply("/api/v1/namespaces/smoke", namespace)
    path = "/api/v1/namespaces/smoke/secrets/pull"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"}, "stringData": {"a": "b"}}
    made = cluster.apply(path, secret)
    assert made["data"] == {"a": "Yg=="}
    assert made["type"] == "Opaque"
    # The controllers work: every namespace gets an account, and a namespace goes with all that is in it.
    account = "/api/v1/namespaces/smoke/serviceaccounts/default"
    cluster.wait(lambda: cluster.get(account) is not None, "no default account")
    cluster.delete("/api/v1/namespaces/smoke")
    assert cluster.get(path) is None


def test_it_refuses_what_nobody_allowed(cluster: Cluster) -> None:
    answer = cluster.client.get("/api/v1/secrets", headers={"Authorization": ""})
    assert answer.status_code == 403


def test_a_pod_gets_the_pull_secrets_of_its_account(cluster: Cluster) -> None:
    cluster.apply(
        "/api/v1/namespaces/pulling", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "pulling"}}
    )
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "app"},
        "imagePullSecrets": [{"name": "registry"}],
    }
    cluster.apply("/api/v1/namespaces/pulling/serviceaccounts/app", account)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "app"},
        "spec": {"serviceAccountName": "app", "containers": [{"name": "app", "image": "registry.example/app"}]},
    }
    made = cluster.create("/api/v1/namespaces/pulling/pods", pod)
    assert made["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    cluster.delete("/api/v1/namespaces/pulling")


def test_nothing_of_it_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "clouds"
    made = clusters.ensure(environment(folder), folder)

    def programs() -> list[psutil.Process]:
        return [process for process in psutil.process_iter(["cmdline"]) if _of(process, folder)]

    assert len(programs()) >= 4, "the server, etcd, the API server and the controllers"
    assert made.kubeconfig.stat().st_mode & 0o077 == 0
    stop(folder)
    Cluster.wait(lambda: not programs(), "programs of the cluster are left", 10)


def _of(process: psutil.Process, folder: Path) -> bool:
    try:
        return any(str(folder) in part for part in process.info["cmdline"] or ()) and (
            process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False
