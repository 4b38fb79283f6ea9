"""Sonatype Nexus: cleanup policies, each on its own; all criteria of one have to hold.

Source: Sonatype's documentation, "Cleanup policies", and the public source. A component of a Docker repository is a
tag: an image goes when its last tag does.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..inventory import DAY, UNKNOWN, Bools, Inventory
from ..native import Reader, below
from ..parts import in_parts
from ..verdicts import DELETE, KEEP, UNTAG, Verdicts
from .tags import ranks

_KEYS = (
    "name",
    "format",
    "notes",
    "criteriaLastBlobUpdated",
    "criteriaLastDownloaded",
    "criteriaReleaseType",
    "criteriaAssetRegex",
    "retain",
    "sortBy",
)


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what the cleanup task deletes: one policy, or a list of them. Raises `StackError`."""
    reader = Reader()
    policies = policy if isinstance(policy, list) else [policy]
    names: list[str] = []
    going = np.zeros(len(inventory.tag), dtype=bool)
    reasons: list[tuple[Bools, str, int]] = []
    for index, value in enumerate(policies):
        path = f"[{index}]" if len(policies) > 1 else ""
        body = reader.mapping(value, path)
        reader.only(body, path, _KEYS)
        names.append(str(body.get("name") or index + 1))
        mask, told = _matches(reader, inventory, body, path, now)
        reasons.append((mask & ~going, told, index))
        going |= mask
    reader.finish("the cleanup policy")
    verdicts = Verdicts.keeping(inventory, names, "no policy is for it, or not all its criteria hold")
    verdicts.gone_tags |= going
    left = np.zeros(len(inventory), dtype=bool)
    left[inventory.tag_row[~going]] = True
    for mask, told, index in reasons:
        some = inventory.of_tags(mask)
        verdicts.set(some & left, UNTAG, f"{told}; other tags of it stay", rule=index)
        verdicts.set(some & ~left, DELETE, told, rule=index)
    untagged = ~inventory.tagged
    verdicts.set(
        untagged, KEEP, "a policy is for tags; manifests without one go with 'Delete unused manifests and images'"
    )
    return verdicts.finish()


def _matches(reader: Reader, inventory: Inventory, body: Any, path: str, now: int) -> tuple[Bools, str]:
    found = np.ones(len(inventory.tag), dtype=bool)
    told: list[str] = []
    rows = inventory.tag_row
    updated, downloaded = body.get("criteriaLastBlobUpdated"), body.get("criteriaLastDownloaded")
    pattern, retain = body.get("criteriaAssetRegex"), body.get("retain")
    if all(value is None for value in (updated, downloaded, pattern, body.get("criteriaReleaseType"))):
        reader.wrong(path, "has no criterion; give at least one criterion")
    if body.get("criteriaReleaseType") is not None:
        reader.wrong(below(path, "criteriaReleaseType"), "is not for the format docker")
    if updated is not None:
        days = reader.whole(updated, below(path, "criteriaLastBlobUpdated"), 1, 24_855)
        times = inventory.tag_pushed
        found &= (times != UNKNOWN) & (times < now - days * DAY)
        told.append(f"last updated more than {days} days ago")
    if downloaded is not None:
        days = reader.whole(downloaded, below(path, "criteriaLastDownloaded"), 1, 24_855)
        pulled = inventory.pulled[rows]
        times = np.where(pulled == UNKNOWN, inventory.tag_pushed, pulled)
        found &= (times != UNKNOWN) & (times < now - days * DAY)
        told.append(f"last downloaded (or updated, if never) more than {days} days ago")
    if pattern is not None:
        regex = reader.regex(pattern, below(path, "criteriaAssetRegex"))
        found &= np.array(
            [_asset(regex, inventory, int(row), str(tag)) for row, tag in zip(rows, inventory.tag, strict=True)],
            dtype=bool,
        )
        told.append("its asset matches criteriaAssetRegex")
    if retain is not None:
        count = reader.whole(retain, below(path, "retain"), 1, 2**31 - 1)
        found &= ranks(inventory, found) > count
        told.append(f"it is not among the {count} newest")
    return found, ", ".join(told) or "it matches"


def _asset(regex: re.Pattern[str], inventory: Inventory, row: int, tag: str) -> bool:
    name = inventory.repositories[int(inventory.repository[row])]
    return (
        regex.fullmatch(f"v2/{name}/manifests/{tag}") is not None
        or regex.fullmatch(f"/v2/{name}/manifests/{tag}") is not None
    )


__all__ = ["simulate"]
