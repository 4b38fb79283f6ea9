"""How the objects of a service become resources, in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...core.component import RegistryComponent
from ..objects import create


class Maker(NamedTuple):
    """Registers manifests as children of a component, whose name and a suffix are theirs."""

    component: RegistryComponent
    name: str

    def __call__(self, suffix: str, manifest: Mapping[str, Any], **options: Any) -> Any:
        """Register one."""
        return create(f"{self.name}{suffix}", manifest, self.component.child(**options))


def register(make: Maker, manifests: Mapping[str, Mapping[str, Any]], before: list[Any]) -> tuple[Any, Any]:
    """Register a workload, whose suffix is empty, and what is around it; return it and its Service.

    What pods need comes first, with what `before` has. So does the Service, which they are found by; the ways in, and
    what watches, come after both.
    """
    first = ("-account", "-network")
    needed = [*before, *(make(suffix, manifests[suffix]) for suffix in first if suffix in manifests)]
    service = make("-service", manifests["-service"], depends_on=needed)
    workload = make("", manifests[""], depends_on=[*needed, service])
    for suffix, manifest in manifests.items():
        if suffix not in (*first, "-service", ""):
            make(suffix, manifest, depends_on=[workload])
    return workload, service


__all__ = ["Maker", "register"]
