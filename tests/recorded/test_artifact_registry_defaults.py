"""Recorded proof: a `GarRepository` is protected, with immutable tags, and refuses mixes that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components import StackError
from registry_components.artifact_registry import GarRepository, GarRepositoryArgs
from registry_components.testing import Recording, record

pytestmark = pytest.mark.recorded

REPOSITORY = "gcp:artifactregistry/repository:Repository::apps"


def recording(**settings: Any) -> Recording:
    args = GarRepositoryArgs.parse(
        {"repository_id": "apps", "project": "shop-project", "location": "europe-west1", **settings}
    )
    return record(lambda: _register(args))


def _register(args: GarRepositoryArgs) -> None:
    GarRepository("apps", args)


def test_protected_with_immutable_tags_by_default() -> None:
    found = recording()
    repository = found[REPOSITORY]
    assert repository.protect
    assert repository.retain_on_delete
    assert repository.inputs["format"] == "DOCKER"
    assert repository.inputs["mode"] == "STANDARD_REPOSITORY"
    assert repository.inputs["dockerConfig"] == {"immutableTags": True}
    assert repository.parent_key == "registry-components:index:GarRepository::apps"
    assert found.unpublished() == []


def test_both_consents_lift_the_protection() -> None:
    repository = recording(deletion="destroy", empty_on_delete=True)[REPOSITORY]
    assert not repository.protect
    assert not repository.retain_on_delete


@pytest.mark.parametrize(
    "settings",
    [
        {"replication": {"dr": {"region": "europe-west4"}}},
        {"scanning": {"mode": "continuous"}},
        {"deletion": "destroy"},
        {"location": "nowhere at all"},
        {"format": {"kind": "docker", "version_policy": "release"}},
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(StackError, match="GarRepositoryArgs is not valid"):
        recording(**settings)


def test_two_descriptions_are_equal() -> None:
    one, two = recording(), recording()
    assert {k: r.inputs for k, r in one.resources.items()} == {k: r.inputs for k, r in two.resources.items()}
