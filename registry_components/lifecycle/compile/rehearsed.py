"""What a registry would do with a unified policy: translated as a component would, and simulated with its own model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...blocks.lifecycle import LifecyclePolicy
from ..inventory import Inventory
from ..semantics import native
from ..verdicts import Verdicts
from .translation import Translation, compile_policy, of_repository


def simulate(
    kind: str,
    policy: Any,
    inventory: Inventory,
    now: int,
    *,
    accept_differences: Sequence[str] | None = None,
) -> Verdicts:
    """Return what the translation of a unified policy does. Raises what `compile_policy` does.

    ECR's policies are for one repository each: the inventory's repositories get those that are meant for them.
    """
    wanted = LifecyclePolicy.load(policy)
    if kind != "ecr":
        made = compile_policy(kind, wanted, accept_differences=accept_differences)
        return _told(native(kind)(inventory, made.document, now), made)
    groups: dict[str, tuple[LifecyclePolicy, list[int]]] = {}
    for position, name in enumerate(inventory.repositories):
        found = of_repository(wanted, name)
        if found is not None:
            groups.setdefault(found.model_dump_json(), (found, []))[1].append(position)
    merged = Verdicts.keeping(inventory, [], "the policy is not for its repository")
    for found, positions in groups.values():
        made = compile_policy(kind, found, accept_differences=accept_differences)
        verdicts = native(kind)(inventory, made.document, now)
        _take(merged, verdicts, np.isin(inventory.repository, positions))
        _told(merged, made)
    return merged


def _take(merged: Verdicts, verdicts: Verdicts, rows: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
    """Take over the verdicts on some rows."""
    rules, reasons = len(merged.rules), len(merged.reasons)
    merged.rules += verdicts.rules
    merged.reasons += verdicts.reasons
    for name in ("action", "number", "other"):
        getattr(merged, name)[rows] = getattr(verdicts, name)[rows]
    merged.rule[rows] = np.where(verdicts.rule[rows] < 0, -1, verdicts.rule[rows] + rules)
    merged.reason[rows] = verdicts.reason[rows] + reasons
    tags = rows[merged.inventory.tag_row]
    merged.gone_tags[tags] = verdicts.gone_tags[tags]
    merged.warnings += [text for text in verdicts.warnings if text not in merged.warnings]


def _told(verdicts: Verdicts, made: Translation) -> Verdicts:
    for difference in made.accepted:
        text = f"accepted, {difference.name}: {difference.told(made.registry)}"
        if text not in verdicts.warnings:
            verdicts.warnings.append(text)
    return verdicts


__all__ = ["simulate"]
