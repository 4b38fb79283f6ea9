"""A simulation as one self-contained HTML page: what goes and when, warnings first.

Bytes are those that get free, each blob once (`Verdicts.freed_of`). In every table the rows and what they share add up
to the whole: a blob counts for a repository or rule if everything that has it goes there, else for several together.
"""

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
    """The bytes that get free then, beside those that got free before."""
    share: float
    """Of the largest number of the time line."""


@dataclass(frozen=True)
class Row:
    """What happens in one repository, or by one rule."""

    name: str
    artifacts: int
    going: int
    size: int
    """The bytes that get free by what goes here, whatever happens elsewhere."""
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
    caveat: str
    """What is not known of bytes."""
    warnings: list[str]
    emptied: list[str]
    recent: list[Going]
    unknown: int
    timeline: list[Moment]
    rows: list[Row]
    more: Row | None
    """The repositories that are not listed, together."""
    shared: int
    """The bytes that get free because several repositories let them go."""
    rules: list[Row]
    shared_by_rules: int
    largest: list[Going]


def make(verdicts: Verdicts, later: Callable[[datetime], Verdicts], *, kind: str, source: str, now: datetime) -> Report:
    """Return the report of verdicts at a time; `later` simulates at another."""
    inventory = verdicts.inventory
    gone = verdicts.deleted()
    names, count = inventory.repositories, len(inventory.repositories)
    there = np.bincount(inventory.repository, minlength=count).tolist()
    going = np.bincount(inventory.repository[gone], minlength=count).tolist()
    freed, shared = verdicts.freed_by(gone, inventory.repository, count)
    everything = [Row(names[place], there[place], going[place], freed[place]) for place in range(count)]
    emptied = [row.name for row in everything if row.going == row.artifacts]
    everything.sort(key=lambda row: (-row.size, -row.going))
    rest = everything[_MOST_REPOSITORIES:]
    rules, shared_by_rules = _rules(verdicts)
    recent = gone & inventory.tagged & (inventory.pulled != UNKNOWN)
    recent &= microseconds(now.astimezone(UTC)) - np.where(recent, inventory.pulled, 0) <= _RECENT_DAYS * DAY
    return Report(
        kind=kind,
        source=source,
        now=now.isoformat(),
        artifacts=len(inventory),
        repositories=count,
        counts=verdicts.counts(),
        size=verdicts.freed_of(np.ones(len(inventory), dtype=bool)),
        freed=verdicts.freed(),
        caveat=verdicts.caveat(),
        warnings=list(verdicts.warnings),
        emptied=emptied[:_MOST_LISTED]
        + ([f"and {len(emptied) - _MOST_LISTED} more"] if len(emptied) > _MOST_LISTED else []),
        recent=_listed(verdicts, recent, -inventory.pulled),
        unknown=int((inventory.pushed == UNKNOWN).sum()),
        timeline=_timeline(verdicts, later, now),
        rows=everything[:_MOST_REPOSITORIES],
        more=Row(
            f"{len(rest)} more",
            sum(row.artifacts for row in rest),
            sum(row.going for row in rest),
            sum(row.size for row in rest),
        )
        if rest
        else None,
        shared=shared,
        rules=rules,
        shared_by_rules=shared_by_rules,
        largest=_listed(verdicts, gone, -inventory.size),
    )


def _timeline(verdicts: Verdicts, later: Callable[[datetime], Verdicts], now: datetime) -> list[Moment]:
    """Return what goes now, and what goes later if nothing is pushed or pulled."""
    before = np.zeros(len(verdicts.inventory), dtype=bool)
    freed = 0
    found: list[tuple[int, datetime, int, int]] = []
    for days in (0, *AHEAD):
        when = now + timedelta(days=days)
        gone = (verdicts if not days else later(when)).deleted() & ~before
        before |= gone
        until = verdicts.freed_of(before)
        found.append((days, when, int(gone.sum()), until - freed))
        freed = until
    most = max((number for _, _, number, _ in found), default=0) or 1
    return [Moment(days, f"{when:%Y-%m-%d}", number, size, number / most) for days, when, number, size in found]


def _rules(verdicts: Verdicts) -> tuple[list[Row], int]:
    """Return what each rule does, and the bytes that several of them have to share."""
    changed = verdicts.action != KEEP
    # What goes without a rule, such as a manifest that nothing leads to, stands in a row after all others.
    rule = np.where(verdicts.rule < 0, len(verdicts.rules), verdicts.rule).astype(np.int32)
    freed, shared = verdicts.freed_by(verdicts.deleted(), rule, len(verdicts.rules) + 1)
    acted = np.bincount(rule[changed], minlength=len(freed)).tolist()
    said = np.bincount(rule, minlength=len(freed)).tolist()
    said[-1] = acted[-1]
    found = []
    for place, name in enumerate([*verdicts.rules, "no rule"]):
        told = "acts on nothing here"
        if acted[place]:
            told = verdicts.text(int(np.flatnonzero(changed & (rule == place))[0]))
        elif place == len(verdicts.rules):
            continue
        found.append(Row(name, said[place], acted[place], freed[place], told))
    return found, shared


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
