"""One entry to all models: a kind, a policy and an inventory give verdicts."""

from __future__ import annotations

from collections.abc import Sequence
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
    at = _at(now)
    if kind == "unified":
        from .unified import simulate as unified

        return unified(inventory, policy, at)
    return native(kind)(inventory, policy, at)


def simulate_translated(
    kind: str,
    policy: Any,
    inventory: Inventory,
    *,
    now: datetime | None = None,
    accept_differences: Sequence[str] | None = None,
) -> Verdicts:
    """Return what a registry does with a unified policy, translated to its own as a component would.

    Raises `LifecycleNotExpressible` where it cannot, or does something else that `accept_differences` does not name.
    """
    from .compile.rehearsed import simulate as translated

    return translated(kind, policy, inventory, _at(now), accept_differences=accept_differences)


def _at(now: datetime | None) -> int:
    found = datetime.now(UTC) if now is None else now
    if found.tzinfo is None:
        raise stack_error(f"now: {found.isoformat()} says no time zone")
    return microseconds(found.astimezone(UTC))


__all__ = ["ALL_KINDS", "simulate", "simulate_translated"]
