"""Recorded proof: the Python blocks of docs/artifactory.md register what they say; its sample refusal is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from registry_components.artifactory import ArtifactoryRegistryArgs
from registry_components.artifactory.editions import FACTS
from registry_components.artifactory.sizing import SIZES
from registry_components.core.errors import StackError
from registry_components.testing import record
from tests.recorded.test_artifactory import answers
from tests.unit.artifactory.material import BASE, LICENSE

pytestmark = pytest.mark.recorded

PAGE = (Path(__file__).parents[2] / "docs" / "artifactory.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_blocks_register_what_they_say() -> None:
    scope: dict[str, Any] = {"database_password": "planted-password", "access_token": "planted-token"}

    def program() -> None:
        for block in blocks("python"):
            exec(compile(block, "docs/artifactory.md", "exec"), scope)

    found = record(program, outputs=answers)
    large = found["kubernetes:helm.sh/v3:Release::artifactory"].inputs
    assert large["chart"] == "artifactory"
    assert large["values"]["artifactory"]["replicaCount"] == 3
    free = found["kubernetes:helm.sh/v3:Release::images"].inputs
    assert free["chart"] == "artifactory-jcr"
    assert free["values"]["artifactory"]["nginx"]["tlsSecretName"] == "images-tls"
    virtual = found["artifactory:index/virtualDockerRepository:VirtualDockerRepository::images-docker"]
    assert virtual.inputs["repositories"] == ["docker-local", "docker-hub"]


def test_the_sample_of_a_refusal_is_the_one_told() -> None:
    with pytest.raises(StackError) as caught:
        ArtifactoryRegistryArgs.parse(
            {
                **BASE,
                "edition": "pro",
                "license": LICENSE,
                "admin_password": "password",
                "database": {"kind": "bundled"},
                "replicas": 2,
            }
        )
    assert f"{caught.value}\n" in blocks("text")


def test_the_tables_are_the_codes() -> None:
    for size, said in SIZES.items():
        row = f"| `{size}` | {said.replicas} | {said.cpu}, {said.memory}, {said.memory_limit} | {said.connections} | "
        assert f"{row}{said.database_connections} |" in PAGE
    unsure = {name for name, fact in FACTS.items() if not fact.told}
    assert len(unsure) == PAGE.count("; not verified |") == 2
