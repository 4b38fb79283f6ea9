"""Cron expressions as a CronJob takes them. Pure.

Source: Kubernetes' documentation of CronJob and the parser that it uses, `ParseStandard` of robfig/cron: five fields,
where Sunday is 0 and not 7, or a name such as @daily.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias

from ..core.validated import validated

_MACROS: Final = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[tuple[tuple[str, int, int, tuple[str, ...]], ...]] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def check_cron(text: str) -> str | None:
    """Return why a CronJob does not take a schedule, or never runs by it, or None."""
    if text in _MACROS:
        return None
    if text.startswith("@"):
        return f"{text!r} is not known; allowed: {', '.join(_MACROS)}"
    if "TZ=" in text:
        return f"{text!r} has a time zone, which a CronJob refuses; say it as time_zone"
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"{text!r} is not a cron expression of five fields; every day at 3 in the morning is '0 3 * * *'"
    found: list[set[int]] = []
    for field, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        values: set[int] = set()
        for part in field.split(","):
            of_part = _part(part, low, high, words)
            if of_part is None:
                return f"{text!r} has {field!r} as {name}; it takes {low} to {high}, *, and of these a-b, a,b and */n"
            values |= of_part
        found.append(values)
    days, months = found[2], found[3]
    # A day of the week that is said as well is enough by itself.
    if fields[4] in {"*", "?"} and not any(day <= _LONGEST[month - 1] for day in days for month in months):
        return f"{text!r} never comes: no such month has that day; correct the day of the month"
    return None


def _part(part: str, low: int, high: int, words: tuple[str, ...]) -> set[int] | None:
    """Return the values of one part of a field, or None where it is not one."""
    found = re.fullmatch(r"(?:[*?]|(\w+)(?:-(\w+))?)(?:/(\d{1,4}))?", part, re.ASCII)
    if found is None or (found[3] is not None and int(found[3]) == 0):
        return None
    first = low if found[1] is None else _number(found[1], low, words)
    last = high if found[1] is None or (found[2] is None and found[3] is not None) else first
    if found[2] is not None:
        last = _number(found[2], low, words)
    if not low <= first <= last <= high:
        return None
    return set(range(first, last + 1, int(found[3] or 1)))


def _number(text: str, low: int, words: tuple[str, ...]) -> int:
    if text.lower() in words:
        return words.index(text.lower()) + low
    return int(text) if text.isdecimal() else -1


def check_time_zone(text: str) -> str | None:
    """Return what is wrong with the name of a time zone, or None. Only the cluster knows whether it has it."""
    if text == "Local":
        return "'Local' is whatever the control plane's machine has, which a CronJob refuses; name one"
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", text):
        return None
    return f"{text!r} is not the name of a time zone, such as 'Etc/UTC' or 'Europe/Berlin'"


Cron: TypeAlias = Annotated[str, validated(check_cron)]
TimeZone: TypeAlias = Annotated[str, validated(check_time_zone)]
