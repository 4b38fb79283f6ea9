"""What registries share that remove tags rather than artifacts: an image goes with its last tag."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from ..inventory import DAY, Bools, Inventory
from ..native import Reader
from ..verdicts import DELETE, UNTAG, Verdicts

_UNITS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": DAY, "w": 7 * DAY}


def duration(text: str) -> int | None:
    """Return a duration such as `7d` or `24h` in microseconds, None where it is none."""
    found = re.fullmatch(r"(\d{1,9})([smhdw])", text)
    return None if found is None else int(found[1]) * _UNITS[found[2]]


def linear(reader: Reader, value: object, path: str) -> str:
    """Return a regular expression that is matched in linear time; one that matches nothing where it is none.

    Lookarounds and back references, which take more than that, are refused.
    """
    if not isinstance(value, str):
        reader.wrong(path, "has to be a regular expression")
        return "a^"
    try:
        pl.Series([""]).str.contains(value)
    except pl.exceptions.ComputeError:
        reader.wrong(path, f"{value[:80]!r} is not a regular expression without lookarounds and back references")
        return "a^"
    return value


def matches(inventory: Inventory, pattern: str, *, whole: bool) -> Bools:
    """Return which tags a regular expression matches, as a whole or anywhere."""
    text = f"^(?:{pattern})$" if whole else pattern
    return inventory.tag.str.contains(text).fill_null(value=False).to_numpy().astype(bool)


def remove(verdicts: Verdicts, tags: Bools, reason: str, *, rule: int) -> None:
    """Remove tags; an artifact that has none left goes."""
    inventory = verdicts.inventory
    new = tags & ~verdicts.gone_tags
    if not new.any():
        return
    verdicts.gone_tags |= new
    left = np.zeros(len(inventory), dtype=bool)
    left[inventory.tag_row[~verdicts.gone_tags]] = True
    some = inventory.of_tags(new)
    verdicts.set(some & left, UNTAG, f"{reason}; other tags of it stay", rule=rule)
    verdicts.set(some & ~left, DELETE, reason, rule=rule)


__all__ = ["duration", "linear", "matches", "remove"]
