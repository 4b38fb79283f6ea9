"""Cron expressions as Quartz has them: seconds first, and one of day and weekday left open."""

from __future__ import annotations

import re


def check_quartz(cron: str) -> str | None:
    """Check a cron expression of six fields, or seven with the year."""
    fields = cron.split()
    if len(fields) not in (6, 7):
        return (
            f"{cron!r} has {len(fields)} fields; write 6 or 7: seconds, minutes, hours, day, month, weekday, year, "
            "such as '0 0 2 * * ?'"
        )
    wrong = next((field for field in fields if not re.fullmatch(r"[0-9A-Za-z*/,?#-]+", field)), None)
    if wrong is not None:
        return f"{cron!r} has {wrong!r}, which is no field of a cron expression"
    if (fields[3] == "?") == (fields[5] == "?"):
        return f"{cron!r} has to leave either day or weekday open; write ? for one of them, such as '0 0 2 * * ?'"
    return None


def least_gap_hours(cron: str) -> int | None:
    """Return how many hours lie at least between two runs of a day, as its hours tell; None for less than one."""
    fields = cron.split()
    hours = _hours(fields[2])
    if not all(field.isdigit() for field in fields[:2]) or not hours:
        return None
    return min((later - hour) % 24 or 24 for hour, later in zip(hours, [*hours[1:], *hours[:1]], strict=True))


def _hours(field: str) -> list[int]:
    found: set[int] = set()
    for part in field.split(","):
        base, slash, step = part.partition("/")
        low, dash, high = ("0", "-", "23") if base in {"*", "?"} else base.partition("-")
        if not all(text.isdigit() for text in (low, high or "0", step or "1")) or step == "0":
            return []
        last = int(high) if dash else 23 if slash else int(low)
        found |= set(range(int(low), last + 1, int(step or 1)))
    return sorted(hour for hour in found if hour < 24)


__all__ = ["check_quartz", "least_gap_hours"]
