"""What each registry does with its native policy: inventory, policy and time give a verdict for each artifact."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from ...core.errors import stack_error
from ..inventory import Inventory
from ..verdicts import Verdicts

Simulate = Callable[[Inventory, Any, int], Verdicts]
"""Takes an inventory, a policy as it stands in JSON, and the time in microseconds. Raises `StackError`."""

KINDS: Final[Mapping[str, str]] = {
    "acr": "acr",
    "acr-purge": "acr_purge",
    "artifactory": "artifactory",
    "distribution": "distribution",
    "ecr": "ecr",
    "gar": "gar",
    "ghcr": "ghcr",
    "gitlab": "gitlab",
    "harbor": "harbor",
    "nexus": "nexus",
    "quay": "quay",
    "zot": "zot",
}
"""The registries whose own policies are modelled."""


def native(kind: str) -> Simulate:
    """Return the model of a registry's own policy. Raises `StackError` where there is none."""
    if kind not in KINDS:
        raise stack_error(f"kind {kind!r} is not known; allowed: {', '.join(KINDS)}")
    found: Simulate = importlib.import_module(f"{__name__}.{KINDS[kind]}").simulate
    return found


__all__ = ["KINDS", "Simulate", "native"]
