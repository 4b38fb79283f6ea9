"""What registries share: manifests of an index, and referrers, whose fate hangs on another artifact."""

from __future__ import annotations

import numpy as np

from ..inventory import Inventory, Rows
from ..verdicts import DELETE, KEEP, Verdicts


def some_parent(inventory: Inventory, alive: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Rows:
    """Return for each row an index that is alive and refers to it, or -1."""
    found = np.full(len(inventory), -1, dtype=np.int32)
    edges = alive[inventory.parent]
    found[inventory.child[edges]] = inventory.parent[edges]
    return found


def keep_children(verdicts: Verdicts, reason: str = "an index refers to it: {other}") -> None:
    """Keep what an index refers to that is not deleted itself, however deep."""
    inventory = verdicts.inventory
    if not len(inventory.child):
        return
    while True:
        parents = some_parent(inventory, ~verdicts.deleted())
        wrong = (verdicts.action != KEEP) & (parents >= 0)
        if not wrong.any():
            return
        verdicts.set(wrong, KEEP, reason, other=parents)


def follow_subjects(verdicts: Verdicts) -> None:
    """Let each referrer have the fate of its subject, however long the chain."""
    inventory = verdicts.inventory
    rows = np.flatnonzero(inventory.subject >= 0)
    if not len(rows):
        return
    for _ in range(len(rows)):
        wanted = verdicts.action[inventory.subject[rows]]
        differs = verdicts.action[rows] != wanted
        if not differs.any():
            break
        chosen = rows[differs]
        for action, reason in ((DELETE, "goes with its subject {other}"), (KEEP, "stays with its subject {other}")):
            mask = np.zeros(len(inventory), dtype=bool)
            mask[chosen[wanted[differs] == action]] = True
            verdicts.set(mask, action, reason, other=inventory.subject)
            verdicts.rule[mask] = verdicts.rule[inventory.subject[mask]]
        other = ~np.isin(wanted[differs], (DELETE, KEEP))
        if other.any():
            mask = np.zeros(len(inventory), dtype=bool)
            mask[chosen[other]] = True
            verdicts.set(mask, int(wanted[differs][other][0]), "goes with its subject {other}", other=inventory.subject)
            verdicts.rule[mask] = verdicts.rule[inventory.subject[mask]]


__all__ = ["follow_subjects", "keep_children", "some_parent"]
