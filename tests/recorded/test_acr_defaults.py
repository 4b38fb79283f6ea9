"""Recorded proof: an `AcrRegistry` is private and protected by default, and refuses what its SKU cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components import StackError
from registry_components.acr import AcrRegistry, AcrRegistryArgs
from registry_components.testing import Recording, record

pytestmark = pytest.mark.recorded


def recording(**settings: Any) -> Recording:
    args = AcrRegistryArgs.parse(
        {"registry_name": "shopapps", "resource_group": "shop", "location": "westeurope", **settings}
    )
    return record(lambda: _register(args))


def _register(args: AcrRegistryArgs) -> None:
    AcrRegistry("apps", args)


def test_private_and_protected_by_default() -> None:
    found = recording(sku="Premium")
    registry = found["azure-native:containerregistry:Registry::apps"]
    assert registry.protect
    assert registry.retain_on_delete
    assert registry.inputs["adminUserEnabled"] is False
    assert registry.inputs["anonymousPullEnabled"] is False
    assert registry.parent_key == "registry-components:index:AcrRegistry::apps"
    assert found.unpublished() == []


def test_both_consents_lift_the_protection() -> None:
    registry = recording(deletion="destroy", empty_on_delete=True)["azure-native:containerregistry:Registry::apps"]
    assert not registry.protect
    assert not registry.retain_on_delete


@pytest.mark.parametrize(
    "settings",
    [
        {"replication": {"north": {"region": "northeurope"}}},
        {"data_endpoints": True},
        {"deletion": "destroy"},
        {"registry_name": "not-a-name"},
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(StackError, match="AcrRegistryArgs is not valid"):
        recording(sku="Basic", **settings)


def test_two_descriptions_are_equal() -> None:
    one, two = recording(), recording()
    assert {k: r.inputs for k, r in one.resources.items()} == {k: r.inputs for k, r in two.resources.items()}
