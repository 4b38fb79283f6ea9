"""One entry to all models: a kind, a policy and an inventory give verdicts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from ..core.errors import stack_error
from .inventory import Inventory, microseconds
from .semantics import KINDS, native
from .verdicts import Verdicts

ALL_KINDS: Final = (*KINDS, "unified")
"""What can be simulated."""


def simulate(kind: str, policy: Any, inventory: Inventory, *, now: datetime | None = None) -> Verdicts:
    """Return what a policy does to each artifact at a time (now, if none is said).

    `kind` is a registry whose own policy it is (`ecr`, `gar`, `acr`, `acr-purge`, `harbor`, `nexus`, `artifactory`,
    `distribution`), with the policy as it stands in JSON; or `unified`, with a `LifecyclePolicy` or what it is written
    as. Raises `StackError` where the policy is not valid, or the time says no zone.
    """
    at = datetime.now(UTC) if now is None else now
    if at.tzinfo is None:
        raise stack_error(f"now: {at.isoformat()} says no time zone")
    if kind == "unified":
        from .unified import simulate as unified

        return unified(inventory, policy, microseconds(at.astimezone(UTC)))
    return native(kind)(inventory, policy, microseconds(at.astimezone(UTC)))


__all__ = ["ALL_KINDS", "simulate"]
