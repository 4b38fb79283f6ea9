"""`acr purge`: tags by filter, age and count, then manifests without a tag.

Source: Azure/acr-cli from 0.17 on. Its unit is the tag: an image with a tag that stays is never deleted. `--keep`
counts only tags that match, are old enough and are not locked.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ..inventory import DAY, UNKNOWN, Bools, Inventory
from ..native import Reader, below
from ..parts import in_parts
from ..verdicts import DELETE, KEEP, UNTAG, Verdicts
from .guards import by_manifest, by_tag, falls, roots
from .tags import ranks

_UNITS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": DAY}
_MOST_DAYS = 54_750  # 150 years: more is taken for that
_KEYS = ("filter", "ago", "keep", "untagged", "untagged_only", "include_locked", "dry_run", "concurrency")


@dataclass(frozen=True)
class Purge:
    """One command."""

    filters: tuple[tuple[str, str], ...]
    """Regular expressions of whole repository names, and of what stands anywhere in a tag."""
    ago: int | None
    """Microseconds; None where age plays no part, which `--untagged-only` allows."""
    keep: int
    """Of tags, and with `--untagged-only` of manifests."""
    untagged: bool
    untagged_only: bool
    include_locked: bool
    dry_run: bool


def duration(text: str) -> int:
    """Return a duration such as `30d12h` in microseconds. Raises `ValueError`."""
    found = re.fullmatch(r"(?:(-?\d+)d)?((?:\d+(?:\.\d+)?[hms])*)", text)
    if not text or found is None:
        raise ValueError(f"{text!r} is not a duration such as 30d or 2d3h6m")
    total = min(int(found[1] or 0), _MOST_DAYS) * DAY
    for number, unit in re.findall(r"(\d+(?:\.\d+)?)([hms])", found[2]):
        total += int(float(number) * _UNITS[unit])
    return min(total, _MOST_DAYS * DAY)


def split(text: str) -> tuple[str, str]:
    """Return the repository's and the tag's part of a filter: the one colon outside groups and classes.

    Raises `ValueError`.
    """
    depth, square, places, escaped = 0, False, [], False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif square:
            square = char != "]"
        elif char == "[":
            square = True
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == ":" and depth == 0:
            places.append(index)
    if len(places) != 1:
        raise ValueError(f"{text!r} has {len(places)} colons outside of groups; write 'repository:tag', each a pattern")
    repository, tag = text[: places[0]], text[places[0] + 1 :]
    if not repository or not tag:
        raise ValueError(f"{text!r} lacks one of its two patterns; write 'repository:tag'")
    return repository, tag


def _pair(text: str) -> tuple[str, str]:
    found = split(text)
    for part in found:
        try:
            re.compile(part)
        except re.error as error:
            raise ValueError(f"{part!r} is not a regular expression: {error}") from None
    return found


def parse(policy: Any) -> list[Purge]:
    """Return the commands in order. Raises `StackError`.

    Taken are one command or a list of them, each as its command line or as an object of its options.
    """
    reader = Reader()
    given = policy if isinstance(policy, list) else [policy]
    if isinstance(policy, Mapping) and isinstance(policy.get("commands"), list):
        given = policy["commands"]
    found = []
    for index, item in enumerate(given):
        path = f"[{index}]" if len(given) > 1 else ""
        found.append(_purge(reader, _words(reader, item, path) if isinstance(item, str) else item, path))
    if not found:
        reader.wrong("", "has no command")
    reader.finish("the purge")
    return found


def _words(reader: Reader, line: str, path: str) -> dict[str, Any]:
    """Return the options of a command line."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        reader.wrong(path, f"is not a command line: {error}")
        return {}
    if words[:2] == ["acr", "purge"]:
        words = words[2:]
    found: dict[str, Any] = {"filter": []}
    while words:
        word, equals, value = words.pop(0).partition("=")
        name = word.lstrip("-").replace("-", "_")
        if name in {"untagged", "untagged_only", "include_locked", "dry_run"}:
            found[name] = True
            continue
        if not equals:
            value = words.pop(0) if words else ""
        if name == "filter":
            found["filter"].append(value)
        elif name in {"keep", "concurrency"}:
            found[name] = int(value) if value.isdigit() else value
        else:
            found[name] = value
    return found


def _purge(reader: Reader, value: Any, path: str) -> Purge:
    body = {str(key).replace("-", "_"): item for key, item in reader.mapping(value, path).items()}
    reader.only(
        {key: None for key in body if key not in {"registry", "r"}}, path, (*_KEYS, "filters", "repository_page_size")
    )
    filters = body.get("filter", body.get("filters", []))
    named = [filters] if isinstance(filters, str) else reader.texts(filters, below(path, "filter"))
    only = reader.flag(body.get("untagged_only", False), below(path, "untagged_only"))
    pairs = []
    for text in named:
        try:
            pairs.append(_pair(text))
        except ValueError as error:
            reader.wrong(below(path, "filter"), str(error))
    if not named and not only:
        reader.wrong(below(path, "filter"), "is missing; write 'repository:tag', each a regular expression")
    ago = body.get("ago")
    age: int | None = None
    if ago is None and not only:
        reader.wrong(below(path, "ago"), "is missing; write a duration such as 30d, or 0d")
    elif ago is not None:
        try:
            age = duration(ago if isinstance(ago, str) else str(ago))
        except ValueError as error:
            reader.wrong(below(path, "ago"), str(error))
    return Purge(
        filters=tuple(pairs) or ((".*", ".*"),),
        ago=age,
        keep=reader.whole(body.get("keep", 0), below(path, "keep"), 0, 2**31 - 1),
        untagged=reader.flag(body.get("untagged", False), below(path, "untagged")),
        untagged_only=only,
        include_locked=reader.flag(body.get("include_locked", False), below(path, "include_locked")),
        dry_run=reader.flag(body.get("dry_run", False), below(path, "dry_run")),
    )


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what the commands do, one after the other. Raises `StackError` where one would not run."""
    commands = parse(policy)
    verdicts = Verdicts.keeping(
        inventory, [str(number) for number in range(1, len(commands) + 1)], "no filter is for it"
    )
    for position, command in enumerate(commands):
        if command.dry_run:
            verdicts.warnings.append(f"command {position + 1} is a dry run: it removes nothing")
            continue
        scope = _scope(inventory, command)
        if not command.untagged_only:
            _tags(verdicts, command, position, scope, now)
        if command.untagged or command.untagged_only:
            before = verdicts.deleted()
            _manifests(verdicts, command, position, scope, now)
            _referrers(verdicts, command, before)
    return verdicts.finish()


def _scope(inventory: Inventory, command: Purge) -> list[str | None]:
    """Return for each repository the pattern of its tags, or None where no filter is for it."""
    found: list[str | None] = []
    for name in inventory.repositories:
        tags = [tag for repository, tag in command.filters if re.fullmatch(repository, name)]
        found.append("|".join(tags) if tags else None)
    return found


def _tags(verdicts: Verdicts, command: Purge, position: int, scope: list[str | None], now: int) -> None:
    inventory = verdicts.inventory
    if not len(inventory.tag):
        return
    repository = inventory.repository[inventory.tag_row]
    eligible = _matching(inventory.tag, repository, scope) & ~verdicts.gone_tags
    eligible &= ~verdicts.deleted()[inventory.tag_row]
    if not command.include_locked:
        eligible &= ~inventory.locked[inventory.tag_row]
    known = inventory.tag_pushed != UNKNOWN
    age = np.where(known, now - np.where(known, inventory.tag_pushed, now), 0)
    matched = eligible.copy()
    eligible &= known & (age > (command.ago or 0))
    going = eligible
    if command.keep:
        going = eligible & (ranks(inventory, eligible) > command.keep)
    verdicts.gone_tags |= going
    some = inventory.of_tags(going)
    left = np.zeros(len(inventory), dtype=bool)
    left[inventory.tag_row[~verdicts.gone_tags]] = True
    told = f"command {position + 1} removes its tag" + (f", beyond the {command.keep} newest" if command.keep else "")
    verdicts.set(some & ~left, UNTAG, told, rule=position)
    verdicts.set(some & left, UNTAG, f"command {position + 1} removes some of its tags, and others stay", rule=position)
    spared = inventory.of_tags(matched & ~going) & (verdicts.action == KEEP)
    verdicts.set(spared, KEEP, f"command {position + 1} is for it, and lets it be: too young, or among those it keeps",
                 rule=position)  # fmt: skip


def _matching(tags: pl.Series, repository: Any, scope: list[str | None]) -> Bools:
    """Return which tags their repository's pattern is found in; lookarounds are taken, as the command takes them."""
    found = np.zeros(len(tags), dtype=bool)
    patterns: dict[str, list[int]] = {}
    for index, pattern in enumerate(scope):
        if pattern is not None:
            patterns.setdefault(pattern, []).append(index)
    for pattern, places in patterns.items():
        rows = np.flatnonzero(np.isin(repository, places))
        if pattern in {".*", "^.*", ".*$", "^.*$"}:
            found[rows] = True
            continue
        chosen = tags.gather(rows)
        if "(?" in pattern or "\\" in pattern:
            search = re.compile(pattern).search
            found[rows] = [search(text) is not None for text in chosen]
        else:
            found[rows] = chosen.str.contains(pattern).to_numpy()
    return found


def _manifests(verdicts: Verdicts, command: Purge, position: int, scope: list[str | None], now: int) -> None:
    inventory = verdicts.inventory
    left = np.zeros(len(inventory), dtype=bool)
    left[inventory.tag_row[~verdicts.gone_tags]] = True
    here = np.array([pattern is not None for pattern in scope], dtype=bool)
    scoped: Bools = here[inventory.repository] if len(inventory) else np.zeros(0, dtype=bool)
    known = inventory.pushed != UNKNOWN
    # A time that is not known protects.
    young = ~known
    if command.ago is not None:
        young = young | (inventory.pushed > now - command.ago)
    locked = inventory.locked & (not command.include_locked)
    alive = ~verdicts.deleted()
    # A locked index does not shield its manifests: the command skips it before it looks at them.
    refers = inventory.refers & ~by_tag(inventory)
    shielding = alive & (left | ((young | refers) & ~locked))
    held = inventory.held_by(shielding)
    candidates = scoped & alive & ~left & ~young & ~locked & ~held & ~refers
    going, kept = candidates, command.keep if command.untagged_only else 0
    if kept:
        order = inventory.newest_first(inventory.pushed, "pushed")
        going = candidates & (inventory.ranks(candidates, order) > kept)
    told = f"command {position + 1} deletes what has no tag" + (f", beyond the {kept} newest" if kept else "")
    verdicts.set(going, DELETE, told, rule=position)
    spared = scoped & alive & ~left & ~going & (verdicts.action == KEEP)
    verdicts.set(spared, KEEP, f"command {position + 1} lets it be: young, locked, held by an index, or a referrer",
                 rule=position)  # fmt: skip


def _referrers(verdicts: Verdicts, command: Purge, before: Bools) -> None:
    """Let what refers to a manifest that a command has deleted go with it, as the service does; not what is locked."""
    inventory = verdicts.inventory
    follows = by_manifest(inventory)
    if not follows.any():
        return
    deleted = verdicts.deleted()
    stays = inventory.locked & (not command.include_locked) & ~deleted
    follows &= ~deleted
    direct = follows & (deleted & ~before)[np.where(follows, inventory.subject, 0)]
    gone = falls(inventory, direct, follows=follows & ~direct, stays=stays, beside=deleted)
    verdicts.set(gone, DELETE, "goes with its subject {other}", other=inventory.subject)
    verdicts.rule[gone] = verdicts.rule[roots(inventory, follows)[gone]]


__all__ = ["Purge", "duration", "parse", "simulate", "split"]
