"""A simulation as one self-contained HTML page: what goes and when, warnings first."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..core.errors import stack_error
from .inventory import DAY, UNKNOWN, Bools, microseconds
from .verdicts import ACTIONS, DELETE, KEEP, Verdicts

AHEAD: Final = (1, 7, 14, 30, 60, 90, 180, 365)
"""How many days the time line looks ahead."""
_MOST_REPOSITORIES: Final = 300
_MOST_LISTED: Final = 25
_RECENT_DAYS: Final = 30


@dataclass(frozen=True)
class Going:
    """One artifact that goes."""

    image: str
    tags: str
    rule: str
    reason: str
    size: int


@dataclass(frozen=True)
class Moment:
    """What goes until a time, beside what went before."""

    days: int
    when: str
    artifacts: int
    size: int
    share: float
    """Of the largest number of the time line."""


@dataclass(frozen=True)
class Row:
    """What happens in one repository, or by one rule."""

    name: str
    artifacts: int
    going: int
    size: int
    told: str = ""


@dataclass(frozen=True)
class Report:
    """All that the page shows."""

    kind: str
    source: str
    now: str
    artifacts: int
    repositories: int
    counts: dict[str, int]
    size: int
    freed: int
    warnings: list[str]
    emptied: list[str]
    recent: list[Going]
    unknown: int
    timeline: list[Moment]
    rows: list[Row]
    more: Row | None
    """The repositories that are not listed, together."""
    rules: list[Row]
    largest: list[Going]


def make(verdicts: Verdicts, later: Callable[[datetime], Verdicts], *, kind: str, source: str, now: datetime) -> Report:
    """Return the report of verdicts at a time; `later` simulates at another."""
    inventory = verdicts.inventory
    sizes = np.where(inventory.size > 0, inventory.size, 0)
    gone = verdicts.deleted()
    changed = verdicts.action != KEEP
    names, count = inventory.repositories, len(inventory.repositories)
    there = np.bincount(inventory.repository, minlength=count)
    going = np.bincount(inventory.repository[gone], minlength=count)
    freed = np.bincount(inventory.repository[gone], weights=sizes[gone], minlength=count).astype(np.int64)
    order = np.lexsort((np.arange(count), -going, -freed))
    listed = [int(place) for place in order[:_MOST_REPOSITORIES]]
    rest = order[_MOST_REPOSITORIES:]
    emptied = [names[int(place)] for place in np.flatnonzero((going == there) & (there > 0))]
    recent = gone & inventory.tagged & (inventory.pulled != UNKNOWN)
    recent &= microseconds(now.astimezone(UTC)) - np.where(recent, inventory.pulled, 0) <= _RECENT_DAYS * DAY
    return Report(
        kind=kind,
        source=source,
        now=now.isoformat(),
        artifacts=len(inventory),
        repositories=count,
        counts=verdicts.counts(),
        size=int(sizes.sum()),
        freed=verdicts.freed(),
        warnings=list(verdicts.warnings),
        emptied=emptied[:_MOST_LISTED]
        + ([f"and {len(emptied) - _MOST_LISTED} more"] if len(emptied) > _MOST_LISTED else []),
        recent=_listed(verdicts, recent, -inventory.pulled),
        unknown=int((inventory.pushed == UNKNOWN).sum()),
        timeline=_timeline(verdicts, later, now, sizes),
        rows=[Row(names[place], int(there[place]), int(going[place]), int(freed[place])) for place in listed],
        more=Row(f"{len(rest)} more", int(there[rest].sum()), int(going[rest].sum()), int(freed[rest].sum()))
        if len(rest)
        else None,
        rules=_rules(verdicts, changed, sizes),
        largest=_listed(verdicts, gone, -sizes),
    )


def _timeline(
    verdicts: Verdicts, later: Callable[[datetime], Verdicts], now: datetime, sizes: np.ndarray[Any, Any]
) -> list[Moment]:
    """Return what goes now, and what goes later if nothing is pushed or pulled."""
    before = np.zeros(len(verdicts.inventory), dtype=bool)
    found: list[tuple[int, datetime, int, int]] = []
    for days in (0, *AHEAD):
        when = now + timedelta(days=days)
        gone = (verdicts if not days else later(when)).deleted() & ~before
        before |= gone
        found.append((days, when, int(gone.sum()), int(sizes[gone].sum())))
    most = max((number for _, _, number, _ in found), default=0) or 1
    return [Moment(days, f"{when:%Y-%m-%d}", number, size, number / most) for days, when, number, size in found]


def _rules(verdicts: Verdicts, changed: Bools, sizes: np.ndarray[Any, Any]) -> list[Row]:
    found = []
    acted = np.bincount(verdicts.rule[changed & (verdicts.rule >= 0)], minlength=len(verdicts.rules))
    said = np.bincount(verdicts.rule[verdicts.rule >= 0], minlength=len(verdicts.rules))
    for place, name in enumerate(verdicts.rules):
        rows = changed & (verdicts.rule == place)
        first = int(np.flatnonzero(rows)[0]) if rows.any() else -1
        told = verdicts.text(first) if first >= 0 else "acts on nothing here"
        found.append(Row(name, int(said[place]), int(acted[place]), int(sizes[rows].sum()), told))
    return found


def _listed(verdicts: Verdicts, mask: Bools, key: np.ndarray[Any, Any]) -> list[Going]:
    rows = np.flatnonzero(mask)
    if not len(rows):
        return []
    chosen = rows[np.argsort(key[rows], kind="stable")][:_MOST_LISTED]
    found = []
    for row in chosen.tolist():
        record = verdicts.record(row)
        image = f"{record['repository']}@{record['digest'][:19]}"
        tags = ", ".join(record["tags"])
        found.append(
            Going(image, tags, record["rule"] or "", record["reason"], max(int(verdicts.inventory.size[row]), 0))
        )
    return found


def html(report: Report) -> str:
    """Return the page. It asks for nothing, and everything from the inventory is text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("registry_components.lifecycle"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["bytes"] = size_in_words
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment.get_template("lifecycle.html.jinja").render(
        report=report, actions=_counted(report.counts), recent_days=_RECENT_DAYS
    )


def _counted(counts: dict[str, int]) -> Sequence[tuple[str, int]]:
    return [(name, counts[name]) for name in ACTIONS if counts[name] or name in {ACTIONS[KEEP], ACTIONS[DELETE]}]


def size_in_words(size: int) -> str:
    """Return bytes as people read them: `1.5 GiB`."""
    value, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if value < 1024 or unit == "PiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def write(report: Report, path: Path) -> None:
    """Write the page, whole or not at all. Raises `StackError`."""
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(html(report))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise stack_error(f"--report {path}: cannot be written: {error.strerror}") from None


__all__ = ["AHEAD", "Going", "Moment", "Report", "Row", "html", "make", "size_in_words", "write"]
