"""Unit proof: before a rehearsal keeps a release of JFrog's charts, the Secrets that it names have to be there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from registry_components.artifactory import ArtifactoryRegistryArgs, chart, render
from registry_components.artifactory.names import names
from registry_components.core.versions import ARTIFACTORY_CHART
from registry_components.rehearsal import read_checks
from registry_components.rehearsal.emulator import Refusal
from registry_components.rehearsal.emulators.kubernetes_memory import Objects, connect
from registry_components.rehearsal.emulators.kubernetes_release import Release
from tests.unit.artifactory.material import BASE, HA

pytestmark = pytest.mark.unit

RELEASE = Release()


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return connect({"REGC_REHEARSAL_FOLDER": str(tmp_path / "clouds")})


def secret(objects: Objects, name: str, *keys: str) -> None:
    with objects.change() as state:
        state[f"v1:Secret|default|{name}"] = {"metadata": {"name": name}, "data": dict.fromkeys(keys, "eA==")}


@pytest.mark.parametrize(("said", "called"), [(HA, "artifactory"), (BASE, "artifactory-jcr")])
def test_a_release_waits_for_its_secrets(objects: Objects, tmp_path: Path, said: dict[str, Any], called: str) -> None:
    args = ArtifactoryRegistryArgs.parse(said)
    values = render.values(args, names(args, "images"))
    inputs = {
        "name": "images",
        "namespace": "default",
        "chart": called,
        "version": ARTIFACTORY_CHART,
        "repositoryOpts": {"repo": "https://charts.jfrog.io"},
        "values": values,
    }
    reads = list(chart.secrets_read(called, values))
    with pytest.raises(Refusal) as nothing:
        RELEASE.create(objects, inputs)
    lacking = "; ".join(f"{read.path}: the Secret default/{read.name} is not there" for read in reads)
    assert str(nothing.value) == f"values: {lacking}"
    for read in reads:
        secret(objects, read.name, *(key for other in reads if other.name == read.name for key in other.keys))
    secret(objects, "images-kept-master-key", "key")
    with pytest.raises(Refusal, match="the Secret default/images-kept-master-key has no master-key"):
        RELEASE.create(objects, inputs)
    secret(objects, "images-kept-master-key", "master-key")
    _, outputs = RELEASE.create(objects, inputs)
    assert outputs["status"]["appVersion"] == ARTIFACTORY_CHART.removeprefix("10")
    (told,) = (line["what"] for line in read_checks(tmp_path / "clouds") if line["operation"] == "unrendered")
    assert told == (
        f"what the chart {called} {ARTIFACTORY_CHART} of https://charts.jfrog.io makes: it was not rendered; "
        "its values were kept, and the Secrets that they name were checked"
    )
