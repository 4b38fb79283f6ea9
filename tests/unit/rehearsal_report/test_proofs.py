"""Unit proof: what a rehearsal says stood behind a resource that no emulated provider took."""

from __future__ import annotations

import pytest

from registry_components.rehearsal.life import _proof

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("resource", "proof"),
    [
        ("registry-components:NexusRepository", "emulated"),
        ("registry-components:HarborScanner", "emulated"),
        ("registry-components:HubRepository", "emulated"),
        ("registry-components:DistributionProcess", "real"),
        ("other:Thing", "real"),
    ],
)
def test_a_dynamic_resource_that_talks_to_a_model_is_emulated(resource: str, proof: str) -> None:
    assert _proof(f"pulumi-python:dynamic/{resource}", None, modelled=False) == proof


def test_what_a_provider_told_counts() -> None:
    assert _proof("pulumi-python:dynamic/registry-components:NexusRepository", "real", modelled=True) == "real"
    assert _proof("aws:ecr/repository:Repository", None, modelled=True) == "skipped"
