"""A policy over a large inventory, some repositories at a time.

What a registry's policy does in one repository does not depend on another's: a part gives the verdicts that the whole
would. A part's columns are small enough to be filled and given back without new memory each time, so that ten times the
artifacts take ten times as long.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from .inventory import Inventory, no_layers, of_rows
from .verdicts import Verdicts

ROWS: Final = 500_000
"""Artifacts of a part, if no single repository has more."""

_Simulate = Callable[[Inventory, Any, int], Verdicts]


def in_parts(model: _Simulate) -> _Simulate:
    """Return a model that runs over parts of what is large; only for one that judges each repository by itself.

    Its warnings may not count over the inventory: each is told once, whatever part gives it.
    """

    @functools.wraps(model)
    def whole(inventory: Inventory, policy: Any, now: int) -> Verdicts:
        if len(inventory) <= ROWS:
            return model(inventory, policy, now)
        merged = Verdicts.keeping(inventory, [])
        for first, last in _bounds(inventory):
            verdicts = model(part_of(inventory, first, last), policy, now)
            merged.rules = verdicts.rules  # the policy's, which are the same for each part
            _take(merged, verdicts, int(inventory.starts[first]), int(inventory.starts[last]))
        return merged

    return whole


def _bounds(inventory: Inventory) -> Iterator[tuple[int, int]]:
    """Yield the first repository of each part, and the one after its last."""
    first, count = 0, len(inventory.repositories)
    while first < count:
        within = int(np.searchsorted(inventory.starts, inventory.starts[first] + ROWS, side="right")) - 1
        last = min(max(within, first + 1), count)
        yield first, last
        first = last


def part_of(inventory: Inventory, first: int, last: int) -> Inventory:
    """Return an inventory of some repositories, which shares its columns with the whole; without layers."""
    low, high = int(inventory.starts[first]), int(inventory.starts[last])
    rows = slice(low, high)
    tags = of_rows(inventory.tag_row, low, high)
    edges = of_rows(inventory.parent, low, high)
    subject = inventory.subject[rows]
    return Inventory(
        repositories=inventory.repositories[first:last],
        repository=inventory.repository[rows] - np.int32(first),
        digest=inventory.digest[rows],
        pushed=inventory.pushed[rows],
        pulled=inventory.pulled[rows],
        size=inventory.size[rows],
        media_type=inventory.media_type[rows],
        archived=inventory.archived[rows],
        locked=inventory.locked[rows],
        archived_at=inventory.archived_at[rows],
        activated_at=inventory.activated_at[rows],
        untagged_at=inventory.untagged_at[rows],
        tag_row=inventory.tag_row[tags] - np.int32(low),
        tag=inventory.tag[tags],
        tag_pushed=inventory.tag_pushed[tags],
        parent=inventory.parent[edges] - np.int32(low),
        child=inventory.child[edges] - np.int32(low),
        subject=np.where(subject < 0, np.int32(-1), subject - np.int32(low)),
        refers=inventory.refers[rows],
        layers=no_layers(),
        index=inventory.index[rows],
    )


def _take(merged: Verdicts, part: Verdicts, low: int, high: int) -> None:
    """Take over the verdicts on the rows of a part."""
    places = {text: place for place, text in enumerate(merged.reasons)}
    for text in part.reasons:
        if text not in places:
            places[text] = len(merged.reasons)
            merged.reasons.append(text)
    rows = slice(low, high)
    merged.action[rows] = part.action
    merged.rule[rows] = part.rule
    merged.reason[rows] = np.array([places[text] for text in part.reasons], dtype=np.int32)[part.reason]
    merged.number[rows] = part.number
    merged.other[rows] = np.where(part.other < 0, np.int32(-1), part.other + np.int32(low))
    tags = of_rows(merged.inventory.tag_row, low, high)
    merged.gone_tags[tags] = part.gone_tags
    merged.warnings += [text for text in part.warnings if text not in merged.warnings]


__all__ = ["ROWS", "in_parts", "part_of"]
