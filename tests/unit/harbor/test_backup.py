"""Unit proof: which pods tell Velero what, by what of Harbor is in the cluster."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry_components.harbor import HarborRegistryArgs, render
from registry_components.harbor.backup import dump_command
from registry_components.harbor.names import names
from tests.unit.harbor.everything import BASE, HA

pytestmark = pytest.mark.unit

HOOK = {
    "pre.hook.backup.velero.io/container": "database",
    "pre.hook.backup.velero.io/command": json.dumps(dump_command()),
    "pre.hook.backup.velero.io/on-error": "Fail",
    "pre.hook.backup.velero.io/timeout": "600s",
}
SAVED, NOT_SAVED = "backup.velero.io/backup-volumes", "backup.velero.io/backup-volumes-excludes"
EXTERNAL = {"database": HA["database"], "redis": HA["redis"]}
CLAIM = {"kind": "volume", "claim": "images", "access_mode": "ReadWriteMany"}


def told(said: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return what Velero is told, by part."""
    args = HarborRegistryArgs.parse(said)
    found = render.values(args, names(args, "harbor"))
    pods = {part: value["podAnnotations"] for part, value in found.items() if "podAnnotations" in (value or {})}
    ours = {part: {key: text for key, text in each.items() if ".velero.io/" in key} for part, each in pods.items()}
    return {part: each for part, each in ours.items() if each}


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, {}),
        (
            {"backup": {}},
            {
                "database": {SAVED: "database-data", **HOOK},
                "registry": {SAVED: "registry-data"},
                "jobservice": {SAVED: "job-logs"},
                "redis": {NOT_SAVED: "data"},
                "trivy": {NOT_SAVED: "data"},
            },
        ),
        ({"backup": {"volumes": "snapshot"}}, {"database": HOOK}),
        (
            {"backup": {"dump_timeout_seconds": 60, "on_error": "continue", "volumes": "snapshot"}},
            {
                "database": {
                    **HOOK,
                    "pre.hook.backup.velero.io/timeout": "60s",
                    "pre.hook.backup.velero.io/on-error": "Continue",
                }
            },
        ),
        (
            {"backup": {}, "storage": HA["storage"], "trivy": None, "jobservice": {"loggers": ["database"]}},
            {"database": {SAVED: "database-data", **HOOK}, "redis": {NOT_SAVED: "data"}},
        ),
        (
            {"backup": {}, **EXTERNAL, "storage": CLAIM, "trivy": None},
            {"registry": {SAVED: "registry-data"}, "jobservice": {SAVED: "job-logs"}},
        ),
        ({"backup": {"volumes": "snapshot"}, **EXTERNAL}, {}),
    ],
    ids=["nothing", "least", "snapshots", "said", "bucket", "claim", "snapshots-of-images"],
)
def test_velero_is_told_of_what_is_in_the_cluster(said: dict[str, Any], wanted: dict[str, dict[str, str]]) -> None:
    assert told({**BASE, **said}) == wanted


def test_what_else_is_said_of_pods_stays() -> None:
    said = {"kind": "internal", "pod": {"pod_annotations": {"team": "a"}}}
    args = HarborRegistryArgs.parse({**BASE, "backup": {}, "database": said})
    found = render.values(args, names(args, "harbor"))
    assert found["database"]["podAnnotations"] == {"team": "a", SAVED: "database-data", **HOOK}
    assert render.REVISION in found["registry"]["podAnnotations"]
