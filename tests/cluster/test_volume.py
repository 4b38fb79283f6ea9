"""Cluster proof: a volume's claim and class on the real engine, by the real provider, against a real API server.

No driver makes volumes here: the volume is one that the test puts there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from registry_components.storage import Volume
from registry_components.testing import Engine
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

CLASS = "/apis/storage.k8s.io/v1/storageclasses/vl-images"
CLAIM = "/api/v1/namespaces/vl-registry/persistentvolumeclaims/blobs"


def program(size: str) -> Callable[[], None]:
    settings = {
        "namespace": "vl-registry",
        "size": size,
        "labels": {"team": "shop"},
        "new_storage_class": {
            "name": "vl-images",
            "provisioner": "ebs.csi.aws.com",
            "parameters": {"encrypted": "true", "type": "gp3"},
            "mount_options": ["noatime"],
        },
        "deletion": "destroy",
        "empty_on_delete": True,
    }

    def make() -> None:
        Volume("blobs", settings)

    return make


def bound(cluster: Cluster, uid: str) -> None:
    """Put a volume there for the claim, as a driver would for its first pod."""
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "vl-blobs"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "10Gi"},
            "claimRef": {"namespace": "vl-registry", "name": "blobs", "uid": uid},
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "vl-images",
        },
    }
    cluster.apply("/api/v1/persistentvolumes/vl-blobs", volume)
    # The binder looks at a claim that changes at once, and at others every 15 seconds.
    cluster.merge(CLAIM, {"spec": {"volumeName": "vl-blobs"}})
    cluster.wait(lambda: (cluster.get(CLAIM) or {})["status"].get("phase") == "Bound", "the claim is not bound")


def test_a_claim_grows_in_place_and_goes_with_two_consents(cluster: Cluster, tmp_path: Path) -> None:
    name = "vl-registry"
    cluster.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    engine = Engine(tmp_path, program=program("10Gi"), environment=cluster.environment)
    engine.up()
    engine.up_again()
    engine.refresh()
    made = cluster.get(CLASS) or {}
    assert (made["reclaimPolicy"], made["volumeBindingMode"]) == ("Retain", "WaitForFirstConsumer")
    assert (made["parameters"], made["mountOptions"]) == ({"encrypted": "true", "type": "gp3"}, ["noatime"])
    claim = cluster.get(CLAIM) or {}
    assert claim["spec"]["storageClassName"] == "vl-images"
    assert claim["metadata"]["labels"]["team"] == "shop"

    before = claim["metadata"]["uid"]
    bound(cluster, before)
    engine.program = program("20Gi")
    engine.up()
    claim = cluster.get(CLAIM) or {}
    assert (claim["metadata"]["uid"], claim["spec"]["resources"]["requests"]["storage"]) == (before, "20Gi")

    engine.destroy()
    assert (cluster.get(CLAIM), cluster.get(CLASS)) == (None, None)
    # The class keeps what was on it.
    assert (cluster.get("/api/v1/persistentvolumes/vl-blobs") or {})["spec"][
        "persistentVolumeReclaimPolicy"
    ] == "Retain"
    cluster.delete("/api/v1/persistentvolumes/vl-blobs")
