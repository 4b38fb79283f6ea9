"""GitLab: one cleanup policy for each project, which removes tags in a fixed order of steps.

Source: GitLab's documentation, "Reduce container registry storage", and its clean-up service. Tags are looked at in
pages of a thousand, by name, and `keep_n` counts in each page for itself.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from ..inventory import DAY, UNKNOWN, Inventory
from ..native import Reader
from ..parts import in_parts
from ..verdicts import KEEP, Verdicts
from . import by_tag

_KEYS: Final = ("cadence", "enabled", "keep_n", "name_regex", "name_regex_delete", "name_regex_keep", "older_than",
                "next_run_at", "page_size")  # fmt: skip
_CADENCES: Final = ("1d", "7d", "14d", "1month", "3month")
_KEEPS: Final = (1, 5, 10, 25, 50, 100)
_AGES: Final = ("7d", "14d", "30d", "60d", "90d")
_PAGE: Final = 1000


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what a run of the policy removes. Raises `StackError` where GitLab would not take it."""
    reader = Reader()
    body = reader.mapping(policy, "")
    reader.only(body, "", _KEYS)
    enabled = reader.flag(body.get("enabled", True), "enabled")
    if body.get("cadence") is not None:
        reader.text(body["cadence"], "cadence", _CADENCES)
    keep = None if body.get("keep_n") is None else reader.whole(body["keep_n"], "keep_n", 1, 2**31 - 1)
    page = reader.whole(body.get("page_size", _PAGE), "page_size", 1, 2**31 - 1)
    days = None
    if body.get("older_than") is not None:
        text = reader.text(body["older_than"], "older_than")
        found = re.fullmatch(r"(\d{1,6}) ?d(?:ays?)?", text)
        if found is None and text:
            reader.wrong("older_than", f"{text!r} is not an age; GitLab offers {', '.join(_AGES)}")
        elif found is not None:
            days = int(found[1])
    asked = body.get("name_regex_delete", body.get("name_regex"))
    delete = ".*" if asked is None else by_tag.linear(reader, asked, "name_regex_delete")
    kept = body.get("name_regex_keep")
    keeps = None if kept in (None, "") else by_tag.linear(reader, kept, "name_regex_keep")
    reader.finish("the cleanup policy")
    verdicts = Verdicts.keeping(inventory, ["policy"], "the policy leaves it")
    if not enabled:
        return verdicts.finish()
    if keep is not None and keep not in _KEEPS:
        verdicts.warnings.append(f"keep_n {keep}: GitLab's settings offer {', '.join(map(str, _KEEPS))}")
    if days is not None and f"{days}d" not in _AGES:
        verdicts.warnings.append(f"older_than {days}d: GitLab's settings offer {', '.join(_AGES)}")
    tags = (inventory.tag != "latest").to_numpy() & by_tag.matches(inventory, delete, whole=True)
    if keeps is not None:
        tags &= ~by_tag.matches(inventory, keeps, whole=True)
    pages = _pages(inventory, page)
    if keep is not None:
        tags &= ~_newest(inventory, tags, pages, keep)
        if (pages > 0).any():
            verdicts.warnings.append(f"keep_n counts in each page of {page} tags for itself")
    told = "it matches name_regex_delete"
    if days is not None:
        known = inventory.tag_pushed != UNKNOWN
        tags &= known & (np.where(known, now - inventory.tag_pushed, 0) > days * DAY)
        told += f" and is older than {days} days"
    by_tag.remove(verdicts, tags, told, rule=0)
    verdicts.set(~inventory.tagged, KEEP, "the policy is for tags; what has none goes with GitLab's garbage collection")
    return verdicts.finish()


def _pages(inventory: Inventory, size: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the page of each tag in its repository, counted from 0, in the order of their names."""
    found = np.zeros(len(inventory.tag), dtype=np.int64)
    if not len(found):
        return found
    repository = inventory.repository[inventory.tag_row]
    order = np.lexsort((inventory.tag.rank("dense").to_numpy(), repository))
    first = np.searchsorted(repository[order], repository[order])
    found[order] = (np.arange(len(order)) - first) // size
    return found


def _newest(inventory: Inventory, tags: Any, pages: Any, keep: int) -> Any:
    """Return the newest tags of each page; one whose time is not known counts as new."""
    places = np.flatnonzero(tags)
    times = inventory.tag_pushed[places]
    times = np.where(times == UNKNOWN, np.iinfo(np.int64).max, times)
    repository = inventory.repository[inventory.tag_row[places]]
    order = np.lexsort((-times, pages[places], repository))
    keys = repository[order].astype(np.int64) * (int(pages.max(initial=0)) + 1) + pages[places][order]
    rank = np.arange(len(order)) - np.searchsorted(keys, keys)
    found = np.zeros(len(tags), dtype=bool)
    found[places[order[rank < keep]]] = True
    return found


__all__ = ["simulate"]
