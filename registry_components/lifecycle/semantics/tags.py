"""The order of tags in their repositories, for registries that count tags rather than artifacts."""

from __future__ import annotations

import numpy as np

from ..inventory import UNKNOWN, Bools, Ints, Inventory


def ranks(inventory: Inventory, mask: Bools) -> Ints:
    """Return the rank (1 is the newest) of each tag of the mask among those of its repository.

    Equal times are ordered by digest and name. A tag whose time is not known has no rank, which is 0.
    """
    found = np.zeros(len(mask), dtype=np.int64)
    places = np.flatnonzero(mask & (inventory.tag_pushed != UNKNOWN))
    if not len(places):
        return found
    rows = inventory.tag_row[places]
    names = rows
    if (np.diff(rows) == 0).any():
        names = inventory.tag.gather(places).rank("dense").to_numpy()
    order = places[np.lexsort((names, rows, -inventory.tag_pushed[places], inventory.repository[rows]))]
    repository = inventory.repository[inventory.tag_row[order]]
    first = np.concatenate(([0], np.flatnonzero(np.diff(repository)) + 1))
    starts = np.repeat(first, np.diff(np.concatenate((first, [len(order)]))))
    found[order] = np.arange(len(order)) - starts + 1
    return found


__all__ = ["ranks"]
