"""JFrog Artifactory: package cleanup policies by time or by count, without patterns of tags.

Source: JFrog's documentation, "Cleanup policies", and the provider's. A package version of a Docker repository is a
tag's folder: an image goes when its last tag does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ...core.quartz import least_gap_hours
from ..inventory import DAY, UNKNOWN, Inventory
from ..native import Reader, below
from ..parts import in_parts
from ..patterns import doublestar, matches_doublestar
from ..verdicts import DELETE, KEEP, UNTAG, Verdicts
from .tags import ranks

_MONTH_DAYS = 30
_LEAST_HOURS = 6


@dataclass(frozen=True)
class Cleanup:
    """One cleanup policy."""

    key: str
    created: int | None
    """Days."""
    downloaded: int | None
    keep: int | None
    included: list[str]
    """Patterns of packages; none is every package."""
    excluded: list[str]
    idle: str
    """Why it does nothing that an inventory can tell; empty where it does."""
    properties: bool
    skips_trash: bool


def parse(policy: Any) -> Cleanup:
    """Return the policy, which is the API's body (`searchCriteria`) or the provider's (`search_criteria`).

    Raises `StackError` that tells what the service would refuse.
    """
    reader, path = Reader(), "search_criteria"
    body = {_snake(key): value for key, value in reader.mapping(policy, "").items()}
    criteria = {_snake(k): v for k, v in reader.mapping(body.get(path), path).items()}
    enabled = reader.flag(body.get("enabled", True), "enabled")
    count = criteria.get("keep_last_n_versions")
    created, downloaded = _days(reader, criteria, "created_before"), _days(reader, criteria, "last_downloaded_before")
    timed = created is not None or downloaded is not None
    properties = _properties(reader, criteria)
    here = below(path, "keep_last_n_versions")
    if count is not None and (timed or properties):
        reader.wrong(here, f"excludes {'times' if timed else 'properties'}; give one of the two")
    if count is None and not timed and not properties:
        reader.wrong(path, "would delete every package; give a time, or keep_last_n_versions")
    _cron(reader, body)
    types = reader.texts(criteria.get("package_types") or ["docker"], below(path, "package_types"))
    idle = "" if enabled else "the policy is not enabled"
    if enabled and not {"docker", "oci"} & {kind.lower() for kind in types}:
        idle = "the policy is not for images"
    elif enabled and properties:
        idle = "the policy is about properties, which an inventory does not have"
    found = Cleanup(
        key=str(body.get("key") or "cleanup"),
        created=created,
        downloaded=downloaded,
        keep=None if count is None else reader.whole(count, here, 1, 2**31 - 1),
        included=_patterns(reader, criteria, "included_packages"),
        excluded=_patterns(reader, criteria, "excluded_packages"),
        idle=idle,
        properties=properties,
        skips_trash=body.get("skip_trashcan") is True,
    )
    reader.finish("the cleanup policy")
    return found


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what a run deletes. Raises `StackError`.

    Where both times are given, both have to hold: whether the service takes either is not documented, and this one
    deletes less.
    """
    cleanup = parse(policy)
    verdicts = Verdicts.keeping(inventory, [cleanup.key], cleanup.idle or "not all criteria hold")
    if cleanup.properties:
        verdicts.warnings.append("properties are not known here: the policy may delete what is shown to stay")
    if cleanup.idle or not len(inventory):
        return verdicts.finish()
    names = pl.Series(inventory.repositories, dtype=pl.String)
    scope = np.ones(len(names), dtype=bool)
    if cleanup.included:
        scope = np.logical_or.reduce([matches_doublestar(names, pattern) for pattern in cleanup.included])
    for pattern in cleanup.excluded:
        scope &= ~matches_doublestar(names, pattern)
    rows = inventory.tag_row
    going = scope[inventory.repository[rows]]
    told = []
    if cleanup.created is not None:
        going &= (inventory.tag_pushed != UNKNOWN) & (inventory.tag_pushed < now - cleanup.created * DAY)
        told.append(f"created more than {cleanup.created} days ago")
    if cleanup.downloaded is not None:
        pulled = inventory.pulled[rows]
        times = np.where(pulled == UNKNOWN, inventory.tag_pushed, pulled)
        going &= (times != UNKNOWN) & (times < now - cleanup.downloaded * DAY)
        told.append(f"last downloaded (or created, if never) more than {cleanup.downloaded} days ago")
    if cleanup.keep is not None:
        going &= ranks(inventory, going) > cleanup.keep
        told.append(f"it is not among the {cleanup.keep} newest versions")
    verdicts.gone_tags |= going
    left = np.zeros(len(inventory), dtype=bool)
    left[rows[~going]] = True
    some = inventory.of_tags(going)
    verdicts.set(some & left, UNTAG, f"{', '.join(told)}; other tags of it stay", rule=0)
    verdicts.set(some & ~left, DELETE, ", ".join(told), rule=0)
    verdicts.set(~inventory.tagged, KEEP, "a policy is for package versions, which are tags")
    if not cleanup.skips_trash:
        verdicts.warnings.append("what goes lies in the trash can until that is emptied")
    return verdicts.finish()


def _snake(name: Any) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", str(name)).lower()


def _days(reader: Reader, criteria: Mapping[str, Any], name: str) -> int | None:
    given = [unit for unit in ("days", "months") if criteria.get(f"{name}_in_{unit}") is not None]
    if len(given) > 1:
        reader.wrong(below("search_criteria", f"{name}_in_months"), f"excludes {name}_in_days; give one of the two")
    for unit in given:
        key = f"{name}_in_{unit}"
        number = reader.whole(criteria[key], below("search_criteria", key), 1, 36_500)
        return number * (1 if unit == "days" else _MONTH_DAYS)
    return None


def _properties(reader: Reader, criteria: Mapping[str, Any]) -> bool:
    """Return whether properties play a part; one key with one value each is what the service takes."""
    found = False
    for name in ("included_properties", "excluded_properties"):
        if criteria.get(name):
            path = below("search_criteria", name)
            given = reader.mapping(criteria[name], path)
            if len(given) > 1 or any(not isinstance(value, list) or len(value) != 1 for value in given.values()):
                reader.wrong(path, "takes one key, with a list of one value")
            found = True
    return found


def _cron(reader: Reader, body: Mapping[str, Any]) -> None:
    """Refuse a schedule that is due more often than every six hours, as far as its hours tell."""
    path = "cron_expression" if "cron_expression" in body else "cron_exp"
    if not body.get(path):
        return
    fields = reader.text(body[path], path).split()
    if len(fields) not in {6, 7}:
        reader.wrong(
            path, f"has {len(fields)} fields; write 6 or 7: seconds, minutes, hours, day, month, weekday, year"
        )
        return
    if (least_gap_hours(body[path]) or 0) < _LEAST_HOURS:
        reader.wrong(path, f"{body[path]!r} is due more often than every {_LEAST_HOURS} hours, which is the least")


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


__all__ = ["Cleanup", "parse", "simulate"]
