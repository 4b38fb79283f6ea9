"""Cluster proof: what a killed run was making in Kubernetes is found again by the vendor's provider, or told.

The state that a kill leaves is made by hand from a good one: each resource is there, and pending in the state.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from registry_components.harbor import HarborRegistry
from registry_components.kubernetes import PullSecrets
from registry_components.operations.interrupted import in_cluster, owned, settled, unfinished
from registry_components.storage import Volume
from registry_components.testing import Engine
from tests.cluster.test_harbor import SAID, chart
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(500)]


def program(where: str, **changes: str) -> Callable[[], None]:
    def make() -> None:
        home = k8s.core.v1.Namespace("home", metadata={"name": "killed"})
        k8s.core.v1.Namespace("alone", metadata={"name": "alone", "labels": {"team": "a", **changes}})
        after = pulumi.ResourceOptions(depends_on=[home])
        gone = {"deletion": "destroy", "empty_on_delete": True}
        said = {**SAID, "namespace": "killed", "chart": {"kind": "path", "path": where}, **gone}
        HarborRegistry("harbor", said, after)
        volume = {"provisioner": "ebs.csi.aws.com", "name": "killed", "parameters": {"encrypted": "true"}}
        Volume("blobs", {"namespace": "killed", "size": "1Gi", "new_storage_class": volume, **gone}, after)
        k8s.core.v1.ServiceAccount("puller", metadata={"name": "puller", "namespace": "killed"}, opts=after)
        login = {"username": "ci", "password": "planted-password"}
        PullSecrets(
            "pulls",
            {
                "endpoint": {"server": "registry.example.com", "credentials": login},
                "namespaces": ["killed"],
                "service_accounts": ["puller"],
            },
            pulumi.ResourceOptions(depends_on=[home]),
        )

    return make


def interrupted(state: dict[str, Any], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return a state in which what is wanted, and what was made after it, is pending."""
    deployment = json.loads(json.dumps(state["deployment"]))
    gone: set[str] = set()
    kept, pending = [], []
    for each in deployment["resources"]:
        needs = {*(each.get("dependencies") or []), each.get("parent"), each.get("provider", "").rpartition("::")[0]}
        if each["type"].startswith("kubernetes:") and (wanted(each) or needs & gone):
            gone.add(each["urn"])
            left = {key: value for key, value in each.items() if key not in ("id", "outputs")}
            pending.append({"type": "creating", "resource": left})
        else:
            kept.append(each)
    return {**state, "deployment": {**deployment, "resources": kept, "pending_operations": pending}}


def taken_over(engine: Engine, state: dict[str, Any]) -> list[str]:
    """Settle a state as `regc up` does; return what is told."""
    found = settled(state["deployment"])
    assert found is not None
    engine.query("stack", "import", "--force", stdin=json.dumps({**state, "deployment": found.deployment}))
    targets = [word for urn in found.look_for for word in ("--target", urn)]
    options = ("--yes", "--skip-preview", "--non-interactive")
    with engine.command("refresh", *options, *targets) as running:
        assert running.wait(200) == 0
    now = engine.export_state()
    urns = in_cluster(found.look_for)
    changed = owned(now["deployment"], urns)
    if changed is not None:
        engine.query("stack", "import", "--force", stdin=json.dumps({**now, "deployment": changed}))
    return list(unfinished(now["deployment"], urns).values())


def test_objects_and_a_release_are_taken_over(cluster: Cluster, tmp_path: Path) -> None:
    where = chart(tmp_path / "chart")
    engine = Engine(tmp_path / "engine", program=program(where), environment=cluster.environment)
    engine.up()
    state = engine.export_state()
    uids = {path: cluster.get(path)["metadata"]["uid"] for path in PATHS}  # type: ignore[index]
    # What others were made after was there already.
    everything = interrupted(state, lambda each: not each["urn"].endswith("::home"))
    kinds = {each["resource"]["type"].rpartition(":")[2] for each in everything["deployment"]["pending_operations"]}
    assert kinds >= {"Namespace", "Secret", "Release", "PersistentVolumeClaim", "StorageClass", "ServiceAccountPatch"}

    assert taken_over(engine, everything) == []
    made = engine.up()
    # A patch has no name of its own: it is applied again by the same manager, and is the same.
    assert [(step.op, step.urn.rpartition("::")[2]) for step in made.steps] == [("create", "pulls-killed-puller")]
    engine.up_again()
    engine.refresh()
    assert {path: cluster.get(path)["metadata"]["uid"] for path in PATHS} == uids  # type: ignore[index]

    engine.program = program(where, team="b", shift="night")
    engine.up()
    alone = cluster.get("/api/v1/namespaces/alone")
    assert alone is not None
    labels = alone["metadata"]["labels"]
    assert (labels["team"], labels["shift"]) == ("b", "night")
    engine.query("state", "unprotect", "--all", "--yes")
    engine.destroy()


PATHS = (
    "/api/v1/namespaces/alone",
    "/api/v1/namespaces/killed/secrets/harbor-kept-secret-key",
    "/api/v1/namespaces/killed/secrets/pulls",
    "/api/v1/namespaces/killed/configmaps/harbor-seen",
    "/api/v1/namespaces/killed/persistentvolumeclaims/blobs",
    "/apis/storage.k8s.io/v1/storageclasses/killed",
)


def test_a_release_that_was_being_installed_is_told(cluster: Cluster, tmp_path: Path) -> None:
    folder = tmp_path / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: half\nversion: 1.0.0\n")

    def make() -> None:
        k8s.helm.v3.Release("half", name="half", namespace="default", chart=str(folder))

    engine = Engine(tmp_path / "engine", program=make, environment=cluster.environment)
    engine.up()
    state = engine.export_state()
    path = "/api/v1/namespaces/default/secrets/sh.helm.release.v1.half.v1"
    kept = cluster.get(path)
    assert kept is not None
    # Helm's record: gzipped JSON in base64, which Kubernetes encodes once more.
    record = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(kept["data"]["release"]))))
    record["info"]["status"] = "pending-install"
    text = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()
    cluster.merge(path, {"data": {"release": text}, "metadata": {"labels": {"status": "pending-install"}}})

    told = taken_over(engine, interrupted(state, lambda _: True))
    assert told == [
        "the Helm release half is pending-install: its installation was interrupted, and Helm does not go on with it; "
        "run `helm uninstall half --namespace default`, then this again"
    ]
    engine.destroy()
