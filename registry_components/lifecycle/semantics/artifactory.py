"""JFrog Artifactory: package cleanup policies by time or by count, without patterns of tags.

Source: JFrog's documentation, "Cleanup policies", and the provider's. A package version of a Docker repository is a
tag's folder: an image goes when its last tag does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from ..inventory import DAY, UNKNOWN, Inventory
from ..native import Reader, below
from ..patterns import doublestar, matches_doublestar
from ..verdicts import DELETE, KEEP, UNTAG, Verdicts

_MONTH_DAYS = 30


def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what a run deletes. Raises `StackError`.

    The policy is the API's body (`searchCriteria`) or the provider's (`search_criteria`). Where both times are given,
    both have to hold: whether the service takes either is not documented, and this one deletes less.
    """
    reader = Reader()
    body = {_snake(key): value for key, value in reader.mapping(policy, "").items()}
    criteria_path = "search_criteria"
    criteria = {_snake(k): v for k, v in reader.mapping(body.get("search_criteria"), criteria_path).items()}
    key = str(body.get("key") or "cleanup")
    enabled = reader.flag(body.get("enabled", True), "enabled")
    count = criteria.get("keep_last_n_versions")
    created, downloaded = _days(reader, criteria, "created_before"), _days(reader, criteria, "last_downloaded_before")
    if count is not None and (created is not None or downloaded is not None):
        reader.wrong(below(criteria_path, "keep_last_n_versions"), "excludes times; give one of the two")
    if count is None and created is None and downloaded is None:
        reader.wrong(criteria_path, "would delete every package; give a time, or keep_last_n_versions")
    number = 0 if count is None else reader.whole(count, below(criteria_path, "keep_last_n_versions"), 1, 2**31 - 1)
    included = _patterns(reader, criteria, "included_packages")
    excluded = _patterns(reader, criteria, "excluded_packages")
    reader.finish("the cleanup policy")

    verdicts = Verdicts.keeping(
        inventory, [key], "the policy is not enabled" if not enabled else "not all criteria hold"
    )
    if not enabled or not len(inventory):
        return verdicts.finish()
    names = pl.Series(inventory.repositories, dtype=pl.String)
    scope = np.ones(len(names), dtype=bool)
    if included:
        scope = np.logical_or.reduce([matches_doublestar(names, pattern) for pattern in included])
    for pattern in excluded:
        scope &= ~matches_doublestar(names, pattern)
    rows = inventory.tag_row
    going = scope[inventory.repository[rows]]
    told = []
    if created is not None:
        going &= (inventory.tag_pushed != UNKNOWN) & (inventory.tag_pushed < now - created * DAY)
        told.append(f"created more than {created} days ago")
    if downloaded is not None:
        pulled = inventory.pulled[rows]
        times = np.where(pulled == UNKNOWN, inventory.tag_pushed, pulled)
        going &= (times != UNKNOWN) & (times < now - downloaded * DAY)
        told.append(f"last downloaded (or created, if never) more than {downloaded} days ago")
    if count is not None:
        from .acr_purge import _ranks

        going &= _ranks(inventory.tag_pushed, inventory.repository[rows], going) > number
        told.append(f"it is not among the {number} newest versions")
    verdicts.gone_tags |= going
    left = np.zeros(len(inventory), dtype=bool)
    left[rows[~going]] = True
    some = inventory.of_tags(going)
    verdicts.set(some & left, UNTAG, f"{', '.join(told)}; other tags of it stay", rule=0)
    verdicts.set(some & ~left, DELETE, ", ".join(told), rule=0)
    verdicts.set(~inventory.tagged, KEEP, "a policy is for package versions, which are tags")
    if body.get("skip_trashcan") is not True:
        verdicts.warnings.append("what goes lies in the trash can until that is emptied")
    return verdicts.finish()


def _snake(name: Any) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", str(name)).lower()


def _days(reader: Reader, criteria: Mapping[str, Any], name: str) -> int | None:
    for unit, factor in (("days", 1), ("months", _MONTH_DAYS)):
        key = f"{name}_in_{unit}"
        if criteria.get(key) is not None:
            return reader.whole(criteria[key], below("search_criteria", key), 1, 36_500) * factor
    return None


def _patterns(reader: Reader, criteria: Mapping[str, Any], name: str) -> list[str]:
    if criteria.get(name) is None:
        return []
    found = reader.texts(criteria[name], below("search_criteria", name))
    for pattern in found:
        try:
            doublestar(pattern)
        except ValueError as error:
            reader.wrong(below("search_criteria", name), str(error))
    return found


__all__ = ["simulate"]
