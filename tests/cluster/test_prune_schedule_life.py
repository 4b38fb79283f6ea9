"""Cluster proof: the whole life of a `PruneSchedule` on the real engine, by the real provider, against a real API
server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from registry_components import existing_endpoint
from registry_components.kubernetes import PruneSchedule
from registry_components.testing import Engine
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

PASSWORD = "a-password-of-the-registry"
POLICY: dict[str, Any] = {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}}


def program_for(namespace: str, **changes: Any) -> Callable[[], None]:
    def program() -> None:
        settings: dict[str, Any] = {
            "endpoint": existing_endpoint("registry.example.com", username="ci", password=PASSWORD),
            "policy": POLICY,
            "namespace": namespace,
            "image": "registry.example.com/ops/regc:1.4.0",
            "assume_created": True,
            "in_use_from_cluster": True,
            # It is started by hand here.
            "schedule": "0 3 29 2 *",
            **changes,
        }
        made = PruneSchedule("nightly", settings)
        pulumi.export("job", made.cron_job)

    return program


def test_a_whole_life(cluster: Cluster, tmp_path: Path) -> None:
    name = "prune-life"
    cluster.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    engine = Engine(tmp_path, program=program_for(name), environment=cluster.environment)
    assert engine.preview().changes["create"] == engine.up().changes["create"]
    engine.up_again()
    engine.refresh()
    assert engine.outputs()["job"] == "nightly"
    secret = cluster.get(f"/api/v1/namespaces/{name}/secrets/nightly-credentials")
    assert secret is not None
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    assert engine.scan({"password": PASSWORD}) == []

    # Another policy, a new password and shards change the CronJob. Files and login are replaced, for Pulumi's provider
    # takes them for unchangeable unless it is told otherwise.
    changed = {**POLICY, "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 30}}}
    login = existing_endpoint("registry.example.com", username="ci", password="another-password-of-it")
    engine.program = program_for(name, policy=changed, shards=4, parallelism=1, apply=True, endpoint=login)
    update = engine.up()
    assert {step.urn.rpartition("::")[2] for step in update.steps if "replace" in step.op} == {
        "nightly-credentials",
        "nightly-files",
    }
    assert [step.urn.rpartition("::")[2] for step in update.steps if step.op == "update"] == ["nightly"]
    engine.up_again()
    files = cluster.get(f"/api/v1/namespaces/{name}/configmaps/nightly-files")
    assert files is not None
    assert yaml.safe_load(files["data"]["policy.yaml"]) == changed

    engine.destroy()
    claim = f"/api/v1/namespaces/{name}/persistentvolumeclaims/nightly-journal"
    assert cluster.get(claim) is not None
    for gone in (
        f"/apis/batch/v1/namespaces/{name}/cronjobs/nightly",
        f"/api/v1/namespaces/{name}/configmaps/nightly-files",
        f"/api/v1/namespaces/{name}/secrets/nightly-credentials",
        f"/api/v1/namespaces/{name}/serviceaccounts/nightly",
        f"/apis/rbac.authorization.k8s.io/v1/clusterroles/regc:{name}:nightly",
        f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/regc:{name}:nightly",
    ):
        assert cluster.get(gone) is None
    # A schedule that is made again takes the claim that was kept.
    engine.program = program_for(name, journal={"kind": "claim", "deletion": "destroy"})
    engine.up()
    engine.destroy()
    cluster.wait(lambda: cluster.get(claim) is None, "the claim is not gone")
