"""What registries share: manifests of an index, and referrers, whose fate hangs on another artifact.

What hangs together may hang in a circle (an index that is about a signature of one of its manifests). Nothing in a
circle goes by itself: what goes is the least set that follows from what is doomed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ..inventory import Bools, Inventory, Rows
from ..verdicts import ARCHIVE, DELETE, KEEP, Verdicts

Places = npt.NDArray[np.intp]
_NAMED: Final = r"^sha256-([0-9a-f]{64})(?:\.[a-z0-9]+)?$"


def by_tag(inventory: Inventory) -> Bools:
    """Return which rows refer to their subject by their only tag, as cosign's `sha256-<digest>.sig` does.

    To a registry that does not know cosign they are images like any other.
    """
    kept: Bools | None = inventory._cache.get("by-tag")
    if kept is not None:
        return kept
    found = np.zeros(len(inventory), dtype=bool)
    rows = inventory.tag_row[inventory.tag.str.starts_with("sha256-").to_numpy()] if len(inventory.tag) else None
    if rows is not None and len(rows):
        single = np.bincount(inventory.tag_row, minlength=len(inventory))[rows] == 1
        rows = rows[single & (inventory.subject[rows] >= 0)]
        hexes = inventory.tag.gather(np.searchsorted(inventory.tag_row, rows)).str.extract(_NAMED, 1)
        subjects = inventory.digest.gather(inventory.subject[rows])
        found[rows] = ("sha256:" + hexes == subjects).fill_null(value=False).to_numpy()
    inventory._cache["by-tag"] = found
    return found


def by_manifest(inventory: Inventory) -> Bools:
    """Return which rows are OCI referrers of a subject that is here."""
    return inventory.referrer & ~by_tag(inventory)


def falls(
    inventory: Inventory,
    doomed: Bools,
    *,
    follows: Bools,
    stays: Bools | None = None,
    along: Bools | None = None,
    beside: Bools | None = None,
) -> Bools:
    """Return the rows that go, given those that would by themselves.

    A row goes once every index that refers to it goes or is in `beside`, if it is doomed; of `follows`, if its subject
    goes. Rows of `along` go with the last index that refers to them. Rows of `stays` never go.
    """
    able = doomed & ~follows
    if along is not None:
        able |= along & inventory.child_of_some & ~follows
    able |= follows & (inventory.subject >= 0)
    if stays is not None:
        able &= ~stays
    edges = able[inventory.child]
    parent, child = inventory.parent[edges], inventory.child[edges]
    if beside is not None:
        edges = ~beside[parent]
        parent, child = parent[edges], child[edges]
    waiting = np.bincount(child, minlength=len(inventory))
    referrers = np.flatnonzero(follows & able)
    gone: Bools = able & ~follows & (waiting == 0)
    if not len(child) and not len(referrers):
        return gone
    below = _Below(parent, child, len(inventory))
    about = _Below(inventory.subject[referrers], referrers, len(inventory))
    going = np.flatnonzero(gone)
    while len(going):
        children, touched = below.of(going), about.of(going)
        np.subtract.at(waiting, children, 1)
        more = np.concatenate((children, touched))
        more = more[(waiting[more] == 0) & ~gone[more]]
        more = more[~follows[more] | gone[inventory.subject[more]]]
        gone[more] = True
        going = np.unique(more)
    return gone


class _Below:
    """Finds the rows that hang on others."""

    def __init__(self, upper: Rows | Places, lower: Rows | Places, rows: int) -> None:
        order = np.argsort(upper, kind="stable")
        self._upper, self._lower = upper[order], lower[order].astype(np.intp)
        self._some = np.zeros(rows, dtype=bool)
        self._some[upper] = True

    def of(self, rows: Places) -> Places:
        """Return what hangs on any of the rows, once for each time that it does."""
        rows = rows[self._some[rows]]  # on most hangs nothing
        low, high = np.searchsorted(self._upper, rows), np.searchsorted(self._upper, rows, side="right")
        counts = high - low
        first = np.repeat(low - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
        found: Places = self._lower[first + np.arange(len(first))]
        return found


def roots(inventory: Inventory, follows: Bools, index: Rows | None = None) -> Rows:
    """Return for each row what it hangs on in the end: `follows` on their subject, others on `index` if that is >= 0.

    What hangs on nothing is its own root.
    """
    found = np.arange(len(inventory), dtype=np.int32)
    if index is not None:
        found = np.where(index >= 0, index, found)
    found = np.where(follows & (inventory.subject >= 0), inventory.subject, found)
    for _ in range(max(len(inventory), 1).bit_length()):
        further = found[found]
        if (further == found).all():
            break
        found = further
    return found.astype(np.int32)


def settle(
    verdicts: Verdicts,
    *,
    follows: Bools,
    stays: Bools | None = None,
    along: Bools | None = None,
    whole: bool = False,
) -> None:
    """Turn what each artifact would have by itself into what happens: see `falls`.

    What hangs on another has the other's rule. An index that moves into the archive leaves its manifests where they
    are; with `whole`, it takes along those that would be deleted otherwise.
    """
    inventory, action = verdicts.inventory, verdicts.action
    if not len(inventory):
        return
    doomed, moving = action == DELETE, action == ARCHIVE
    gone = falls(inventory, doomed, follows=follows, stays=stays, along=along)
    still = gone | inventory.archived if stays is None else gone | inventory.archived | stays
    if whole:
        moving = falls(inventory, (moving | doomed) & ~gone, follows=follows, stays=still, beside=gone)
    elif moving.any():
        held = some_parent(inventory, ~gone) >= 0
        moving = falls(inventory, moving, follows=follows, stays=still | held, beside=gone)
    before = action.copy()
    for mask, fate, told in ((gone, DELETE, "goes with the index {other}"),
                             (moving, ARCHIVE, "the index {other} refers to it")):  # fmt: skip
        if not mask.any():
            continue
        with_subject, with_index = mask & follows, mask & ~follows & (before != fate)
        index = np.where(with_index, some_parent(inventory, mask), -1).astype(np.int32)
        verdicts.set(with_subject, fate, "goes with its subject {other}", other=inventory.subject)
        verdicts.set(with_index, fate, told, other=index)
        hanging = with_subject | (with_index & (verdicts.rule < 0))
        verdicts.rule[hanging] = verdicts.rule[roots(inventory, with_subject, index)[hanging]]
    left = ~gone & ~moving
    if stays is not None:
        left &= ~stays
    verdicts.set(left & follows, KEEP, "stays with its subject {other}", other=inventory.subject)
    spared = left & ~follows & (before != KEEP)
    spared |= left & follows & (gone | moving)[np.where(inventory.subject >= 0, inventory.subject, 0)]
    if spared.any():
        verdicts.set(spared, KEEP, "an index refers to it: {other}", other=some_parent(inventory, ~gone))


def some_parent(inventory: Inventory, alive: Bools) -> Rows:
    """Return for each row an index that is alive and refers to it, or -1."""
    found = np.full(len(inventory), -1, dtype=np.int32)
    edges = alive[inventory.parent]
    found[inventory.child[edges]] = inventory.parent[edges]
    return found


__all__ = ["by_manifest", "by_tag", "falls", "roots", "settle", "some_parent"]
