"""Harbor: rules that retain; of a repository that a rule is for, everything that no rule retains goes.

Source: Harbor's documentation, "Create tag retention rules", and its retention code of 2.15.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ..inventory import DAY, UNKNOWN, Bools, Inventory
from ..native import Reader, below
from ..parts import in_parts
from ..patterns import doublestar, matches_doublestar
from ..verdicts import DELETE, KEEP, Verdicts
from .guards import settle, some_parent

TEMPLATES = {
    "latestPushedK": 32_767,
    "latestPulledN": 32_767,
    "nDaysSinceLastPush": 20_190_904,
    "nDaysSinceLastPull": 20_190_904,
    "always": 0,
}
"""What a rule retains, and the largest number that it takes."""
_MOST = 15
_SECOND = 1_000_000


@dataclass(frozen=True)
class Selector:
    """One tag selector."""

    excludes: bool
    pattern: str
    untagged: bool | None
    """`extras.untagged`; None where it is not said."""


@dataclass(frozen=True)
class Rule:
    """One rule that retains."""

    template: str
    number: int
    repositories: tuple[Selector, ...]
    tags: tuple[Selector, ...]


def parse(policy: Any) -> list[Rule | None]:
    """Return the rules in order, None for one that is disabled. Raises `StackError`."""
    reader = Reader()
    body = reader.mapping(policy, "")
    if body.get("algorithm", "or") != "or":
        reader.wrong("algorithm", f"has to be 'or', not {body['algorithm']!r}")
    given = reader.items(body.get("rules", []), "rules")
    if len(given) > _MOST:
        reader.wrong("rules", f"has {len(given)} rules; only {_MOST} are allowed at most")
    found = [_rule(reader, item, f"rules[{index}]") for index, item in enumerate(given)]
    for index, rule in enumerate(found):
        if rule is not None and rule in found[:index]:
            reader.wrong(f"rules[{index}]", f"is the same as rules[{found.index(rule)}]; remove one of them")
    _trigger(reader, body.get("trigger"))
    reader.finish("the Harbor retention policy")
    return found


def _trigger(reader: Reader, value: Any) -> None:
    """Check when a run is due: no time at all, or a cron expression of six fields at second 0."""
    settings = (reader.mapping(value, "trigger") if value is not None else {}).get("settings")
    cron = (reader.mapping(settings, "trigger.settings") if settings is not None else {}).get("cron")
    if cron in (None, ""):
        return
    fields = reader.text(cron, "trigger.settings.cron").split()
    if len(fields) != 6 or fields[0] != "0":
        told = f"{cron!r} has to have six fields, of which the first (seconds) is 0, such as 0 0 0 * * *"
        reader.wrong("trigger.settings.cron", told)


def _rule(reader: Reader, value: Any, path: str) -> Rule | None:
    body = reader.mapping(value, path)
    if body.get("action", "retain") != "retain":
        reader.wrong(below(path, "action"), f"has to be 'retain', not {body['action']!r}")
    template = reader.text(body.get("template"), below(path, "template"), TEMPLATES)
    params = body.get("params") or {}
    number = 0
    if template and template != "always":
        here = below(path, f"params.{template}")
        params = reader.mapping(params, below(path, "params"))
        number = reader.whole(params.get(template), here, 0, TEMPLATES[template])
    tags = _selectors(reader, body.get("tag_selectors") or [], below(path, "tag_selectors"), "matches", "excludes")
    scope = body.get("scope_selectors") or {}
    scope = reader.mapping(scope, below(path, "scope_selectors"))
    here = below(path, "scope_selectors.repository")
    repositories = _selectors(reader, scope.get("repository") or [], here, "repoMatches", "repoExcludes")
    if body.get("disabled") is True:
        return None
    return Rule(template, number, repositories, tags)


def _selectors(reader: Reader, value: Any, path: str, matches: str, excludes: str) -> tuple[Selector, ...]:
    found = []
    for index, item in enumerate(reader.items(value, path)):
        here = f"{path}[{index}]"
        body = reader.mapping(item, here)
        if body.get("kind", "doublestar") != "doublestar":
            reader.wrong(below(here, "kind"), f"has to be 'doublestar', not {body['kind']!r}")
        decoration = reader.text(body.get("decoration", matches), below(here, "decoration"), (matches, excludes))
        pattern = reader.text(body.get("pattern", ""), below(here, "pattern"))
        try:
            doublestar(pattern)
        except ValueError as error:
            reader.wrong(below(here, "pattern"), str(error))
        found.append(Selector(decoration == excludes, pattern, _untagged(reader, body.get("extras"), here)))
    return tuple(found)


def _untagged(reader: Reader, extras: Any, path: str) -> bool | None:
    if isinstance(extras, str) and extras:
        try:
            extras = json.loads(extras)
        except ValueError:
            reader.wrong(below(path, "extras"), f'{extras[:60]!r} is not JSON such as {{"untagged": true}}')
            return None
    if not isinstance(extras, Mapping) or extras.get("untagged") is None:
        return None
    return reader.flag(extras["untagged"], below(path, "extras.untagged"))


def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what a run of the retention does. Raises `StackError` where Harbor would not take the policy.

    Repository patterns match the names of the inventory, which in Harbor's terms are those without the project.
    """
    verdicts = _judge(inventory, policy, now)
    emptied = _emptied(verdicts)
    if emptied:
        verdicts.warnings.append(
            f"nothing is retained in {', '.join(emptied[:5])}{' and others' if emptied[5:] else ''}"
        )
    return verdicts


@in_parts
def _judge(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    rules = parse(policy)
    verdicts = Verdicts.keeping(
        inventory, [str(number) for number in range(1, len(rules) + 1)], "no rule is for its repository"
    )
    manifests = inventory.child_of_some & ~inventory.tagged & ~inventory.refers
    # What refers to a subject that is not here is no candidate either, and nobody takes it along.
    candidates = ~inventory.refers & ~manifests
    touched = np.zeros(len(inventory), dtype=bool)
    retained = np.zeros(len(inventory), dtype=bool)
    names = pl.Series(inventory.repositories, dtype=pl.String)
    for position, rule in enumerate(rules):
        if rule is None or not len(inventory):
            continue
        scope = np.ones(len(names), dtype=bool)
        for selector in rule.repositories:
            scope &= matches_doublestar(names, selector.pattern) ^ selector.excludes
        here: Bools = scope[inventory.repository]
        touched |= here
        selected = here & candidates & _selected(inventory, rule.tags)
        keeps, reason, number = _retains(inventory, rule, selected, now)
        verdicts.set(keeps & ~retained, KEEP, f"rule {position + 1} retains it: {reason}", rule=position, number=number)
        if rule.template in {"latestPushedK", "nDaysSinceLastPush"}:
            unsure = keeps & ~retained & (inventory.last_tagged == UNKNOWN)
            verdicts.set(unsure, KEEP, f"rule {position + 1} retains it: when it was pushed is not known")
        retained |= keeps
    verdicts.set(touched & candidates & ~retained, DELETE, "no rule retains it")
    verdicts.set(verdicts.deleted() & inventory.locked, KEEP, "it is immutable")
    parents = some_parent(inventory, np.ones(len(inventory), dtype=bool))
    verdicts.set(touched & manifests, KEEP, "the index {other} refers to it", other=parents)
    verdicts.set(touched & inventory.refers, KEEP, "it goes with its subject alone, which is not here")
    settle(verdicts, follows=inventory.referrer, stays=inventory.locked & candidates, along=manifests)
    return verdicts.finish()


def _selected(inventory: Inventory, selectors: tuple[Selector, ...]) -> Bools:
    if not selectors:
        # A rule without a tag selector contributes nothing.
        return np.zeros(len(inventory), dtype=bool)
    found = np.ones(len(inventory), dtype=bool)
    for selector in selectors:
        matched = matches_doublestar(inventory.tag, selector.pattern)
        if selector.excludes:
            # Untagged ones are excluded as well where `untagged` is true.
            untagged = selector.untagged is not True
            found &= np.where(inventory.tagged, inventory.of_tags(~matched), untagged)
        else:
            untagged = selector.untagged is not False
            found &= np.where(inventory.tagged, inventory.of_tags(matched), untagged)
    return found


def _retains(inventory: Inventory, rule: Rule, selected: Bools, now: int) -> tuple[Bools, str, Any]:
    pull = rule.template in {"latestPulledN", "nDaysSinceLastPull"}
    times = inventory.pulled if pull else inventory.last_tagged
    what = "pulled" if pull else "pushed"
    if rule.template == "always":
        return selected, "always", None
    if pull:
        # What was never pulled counts as pulled in 1970.
        times = np.where(times == UNKNOWN, 0, times)
    known = times != UNKNOWN
    if rule.template.startswith("latest"):
        # What has no push time may be the last pushed: it is retained, and takes no other's place.
        ranks = inventory.ranks(selected & known, inventory.newest_first(times, f"harbor-{what}"))
        return selected & (ranks <= rule.number), f"it is number {{n}} of the {rule.number} last {what}", ranks
    # Harbor counts in full seconds.
    recent = ~known | (times >= (now // _SECOND - rule.number * (DAY // _SECOND)) * _SECOND)
    return selected & recent, f"{what} {{n}} days ago, within {rule.number}", inventory.days(times, now)


def _emptied(verdicts: Verdicts) -> list[str]:
    """Return the repositories in which nothing stays; only a rule that is for one can have done that."""
    inventory = verdicts.inventory
    left = np.bincount(inventory.repository[~verdicts.deleted()], minlength=len(inventory.repositories))
    return [inventory.repositories[int(index)] for index in np.flatnonzero(left == 0)]


__all__ = ["TEMPLATES", "Rule", "Selector", "parse", "simulate"]
