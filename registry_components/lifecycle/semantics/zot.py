"""zot: retention policies that say which tags stay; the first policy for a repository, the first entry for a tag.

Source: zot's documentation, "Retention policies", and its code. Several criteria of an entry keep what any of them
keeps; an entry without criteria keeps everything that it matches; a tag that no entry matches goes.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import polars as pl

from ..inventory import UNKNOWN, Bools, Inventory
from ..native import Reader, below
from ..parts import in_parts
from ..patterns import doublestar, matches_doublestar
from ..verdicts import DELETE, KEEP, UNTAG, Verdicts
from . import by_tag, tags
from .guards import settle

_KEYS: Final = ("repositories", "deleteReferrers", "deleteUntagged", "keepTags")
_ENTRY: Final = ("patterns", "mostRecentlyPushedCount", "mostRecentlyPulledCount", "pushedWithin", "pulledWithin")


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what a collection removes: one policy, a list, or `{"policies": [...], "dryRun": false}`.

    Raises `StackError` where zot would not take it.
    """
    reader = Reader()
    dry_run, listed = False, policy
    if isinstance(policy, dict) and "policies" in policy:
        dry_run = reader.flag(policy.get("dryRun", False), "dryRun")
        listed = policy["policies"]
    given = listed if isinstance(listed, list) else [listed]
    names = pl.Series(inventory.repositories, dtype=pl.String)
    verdicts = Verdicts.keeping(inventory, [str(index + 1) for index in range(len(given))], "no policy is for it")
    free = np.ones(len(names), dtype=bool)
    leaving = np.zeros(len(inventory), dtype=bool)
    along = np.zeros(len(inventory), dtype=bool)
    for position, item in enumerate(given):
        path = f"[{position}]" if len(given) > 1 else ""
        body = reader.mapping(item, path)
        reader.only(body, path, _KEYS)
        scope = np.zeros(len(names), dtype=bool)
        for index, glob in enumerate(reader.texts(body.get("repositories", ["**"]), below(path, "repositories"))):
            try:
                doublestar(glob)
            except ValueError as error:
                reader.wrong(below(path, f"repositories[{index}]"), str(error))
                continue
            scope |= matches_doublestar(names, glob)
        scope &= free
        free &= ~scope
        rows = scope[inventory.repository]
        kept = _kept(reader, inventory, body, path, rows=rows, now=now)
        by_tag.remove(verdicts, rows[inventory.tag_row] & ~kept, "no entry of keepTags keeps its tag", rule=position)
        if reader.flag(body.get("deleteUntagged", True), below(path, "deleteUntagged")):
            leaving |= rows & ~inventory.tagged
            verdicts.set(rows & ~inventory.tagged & ~inventory.referrer, DELETE, "it has no tag", rule=position)
        if reader.flag(body.get("deleteReferrers", False), below(path, "deleteReferrers")):
            along |= rows & inventory.referrer
    reader.finish("the retention policies")
    manifests = inventory.child_of_some & ~inventory.tagged
    untagged = verdicts.action == UNTAG
    verdicts.action[untagged] = KEEP
    settle(verdicts, follows=inventory.referrer & along, along=manifests & leaving)
    verdicts.action[untagged & (verdicts.action == KEEP)] = UNTAG
    stays = inventory.referrer & ~along & verdicts.deleted()
    verdicts.set(stays, KEEP, "referrers stay while deleteReferrers is false")
    if dry_run:
        verdicts.set(verdicts.action != KEEP, KEEP, "a dry run deletes nothing; the policy would")
        verdicts.gone_tags[:] = False
        verdicts.warnings.append("the policies are a dry run: nothing is deleted")
    return verdicts.finish()


def _kept(reader: Reader, inventory: Inventory, body: Any, path: str, *, rows: Bools, now: int) -> Bools:
    kept = np.zeros(len(inventory.tag), dtype=bool)
    if not body.get("keepTags"):
        return np.ones(len(inventory.tag), dtype=bool)
    left = rows[inventory.tag_row].copy()
    for index, value in enumerate(reader.items(body["keepTags"], below(path, "keepTags"))):
        here = below(path, f"keepTags[{index}]")
        entry = reader.mapping(value, here)
        reader.only(entry, here, _ENTRY)
        chosen = np.zeros(len(inventory.tag), dtype=bool)
        patterns = reader.texts(entry.get("patterns", [".*"]), below(here, "patterns"))
        for number, pattern in enumerate(patterns):
            found = by_tag.linear(reader, pattern, below(here, f"patterns[{number}]"))
            chosen |= by_tag.matches(inventory, found, whole=False)
        chosen &= left
        left &= ~chosen
        kept |= chosen & _criteria(reader, inventory, entry, here, chosen=chosen, now=now)
    return kept


def _criteria(reader: Reader, inventory: Inventory, entry: Any, path: str, *, chosen: Bools, now: int) -> Bools:
    pushed = inventory.tag_pushed
    pulled = inventory.pulled[inventory.tag_row]
    # What has no statistics stays.
    found = pushed == UNKNOWN
    said = False
    for name, times in (("mostRecentlyPushedCount", pushed), ("mostRecentlyPulledCount", pulled)):
        if entry.get(name) is not None:
            said = True
            number = reader.whole(entry[name], below(path, name), 0, 2**31 - 1)
            found = found | (chosen & _among(inventory, chosen, times, number))
    for name, several in (("pushedWithin", (pushed,)), ("pulledWithin", (pulled, pushed))):
        if entry.get(name) is not None:
            said = True
            text = reader.text(entry[name], below(path, name))
            length = by_tag.duration(text) if re.fullmatch(r"\d+[smhdw]", text) else None
            if length is None:
                reader.wrong(below(path, name), f"{text!r} is not a duration; write a number and one of s, m, h, d, w")
                continue
            for times in several:
                found = found | ((times != UNKNOWN) & (now - np.where(times == UNKNOWN, 0, times) < length))
    return found if said else np.ones(len(chosen), dtype=bool)


def _among(inventory: Inventory, chosen: Bools, times: Any, number: int) -> Bools:
    if times is inventory.tag_pushed:
        return np.asarray((tags.ranks(inventory, chosen) <= number) & (inventory.tag_pushed != UNKNOWN), dtype=bool)
    places = np.flatnonzero(chosen)
    known = np.where(times[places] == UNKNOWN, np.iinfo(np.int64).min, times[places])
    repository = inventory.repository[inventory.tag_row[places]]
    order = np.lexsort((-inventory.tag_pushed[places], -known, repository))
    rank = np.arange(len(order)) - np.searchsorted(repository[order], repository[order])
    found = np.zeros(len(chosen), dtype=bool)
    found[places[order[rank < number]]] = True
    return found


__all__ = ["simulate"]
