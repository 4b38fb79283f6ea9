"""The nearest policy that a registry can carry out: small changes of the refused one, tried in turn.

Nearest is the one that lacks the fewest rules, then the one that deletes fewest of what was to be kept, then the one
whose verdicts on the covering set differ least.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from ...blocks.lifecycle import Expire, LifecyclePolicy, Protect, Selection
from ..unified import simulate
from ..verdicts import KEEP
from . import covering
from .globs import TooManyError, alternatives
from .proof import reduced

Change = Callable[[LifecyclePolicy], LifecyclePolicy | None]
_MOST_TRIED: Final = 250
_DEEPEST: Final = 3
_LEFTOVERS: Final = "leftovers"


class Nearest(NamedTuple):
    """A policy that can be carried out, and how it differs from the one asked for."""

    policy: LifecyclePolicy
    loses: bool
    """Whether it would delete something that was to be kept."""


def nearest_to(policy: LifecyclePolicy, expressible: Callable[[LifecyclePolicy], bool]) -> Nearest | None:
    """Return the nearest policy that is expressible, or None where none of those tried keeps any rule that deletes."""
    seen = {policy.model_dump_json()}
    layer, tried = [policy], 0
    distance = _distance(policy)
    best: tuple[tuple[int, int, int], LifecyclePolicy] | None = None
    for _ in range(_DEEPEST):
        following: list[LifecyclePolicy] = []
        for changed in itertools.chain.from_iterable(map(_changes, layer)):
            key = changed.model_dump_json()
            if key in seen or tried == _MOST_TRIED:
                continue
            seen.add(key)
            tried += 1
            following.append(changed)
            if _left(policy, changed) and expressible(changed):
                found = (distance(changed), changed)
                best = found if best is None or found[0] < best[0] else best
        if best is not None and not best[0][0]:
            break
        layer = following
    return None if best is None else Nearest(best[1], loses=best[0][1] > 0)


def _rules(policy: LifecyclePolicy) -> set[str]:
    return {*policy.expire, *policy.archive}


def _left(policy: LifecyclePolicy, changed: LifecyclePolicy) -> bool:
    """Return whether anything of what was to go still goes."""
    return any(name in _rules(policy) or re.sub(r"-\d+$", "", name) in _rules(policy) for name in _rules(changed))


def _distance(policy: LifecyclePolicy) -> Callable[[LifecyclePolicy], tuple[int, int, int]]:
    """Return what measures how far another policy is: rules that are missing, artifacts lost, verdicts that differ."""
    small = reduced(policy)
    try:
        inventory, _ = covering.inventory(covering.cases(covering.boundaries(small)))
    except TooManyError:
        return lambda _: (0, 0, 0)
    wanted = simulate(inventory, small, covering.NOW).action

    def distance(changed: LifecyclePolicy) -> tuple[int, int, int]:
        given = simulate(inventory, reduced(changed), covering.NOW).action
        lost = int(((wanted == KEEP) & (given != KEEP)).sum())
        split = {re.sub(r"-\d+$", "", name) for name in _rules(changed)}
        missing = sum(name not in _rules(changed) and name not in split for name in _rules(policy))
        return missing, lost, int(np.not_equal(wanted, given).sum())

    return distance


def _changes(policy: LifecyclePolicy) -> Iterator[LifecyclePolicy]:
    """Yield policies that differ in one thing, and are valid ones."""
    for change in itertools.chain(_additions(policy), _of_rules(policy), _of_protection(policy), _removals(policy)):
        if change.expire or change.archive:
            yield change


def _with(policy: LifecyclePolicy, kind: str, name: str, rule: Any) -> LifecyclePolicy:
    rules = dict(getattr(policy, kind))
    if rule is None:
        del rules[name]
    else:
        rules[name] = rule
    return policy.model_copy(update={kind: rules})


def _additions(policy: LifecyclePolicy) -> Iterator[LifecyclePolicy]:
    # The manifests of an index that goes are untagged: where nothing collects them they stay for ever.
    if not any((rule.tag_state or "tagged") in {"untagged", "any"} for rule in policy.expire.values()):
        name = _LEFTOVERS if _LEFTOVERS not in {*policy.expire, *policy.archive, *policy.keep} else "untagged-leftovers"
        yield _with(policy, "expire", name, Expire(tag_state="untagged", older_than_days=1))


def _of_rules(policy: LifecyclePolicy) -> Iterator[LifecyclePolicy]:
    for kind in ("expire", "archive", "keep"):
        for name, rule in getattr(policy, kind).items():
            for changed in _of_rule(rule):
                yield _with(policy, kind, name, changed)
            if kind != "keep" and rule.tags is not None:
                yield from _split(policy, kind, name, rule)


def _of_rule(rule: Selection) -> Iterator[Selection]:
    said = {
        field
        for field in ("older_than_days", "unpulled_for_days", "beyond_most_recent", "beyond_bytes")
        if getattr(rule, field, None) is not None
    }
    for field in sorted(said):
        if len(said) > 1:
            yield rule.model_copy(update={field: None})
    if getattr(rule, "older_than_days", None) == 0:
        yield rule.model_copy(update={"older_than_days": 1})
    if "unpulled_for_days" in said and "older_than_days" not in said:
        days = getattr(rule, "unpulled_for_days")  # noqa: B009 - a rule that keeps has none
        yield rule.model_copy(update={"unpulled_for_days": None, "older_than_days": days})
    after = getattr(rule, "then_expire_after_days", None)
    if after is not None and after < 90:
        yield rule.model_copy(update={"then_expire_after_days": 90})
    if getattr(rule, "by", "pushed") == "version":
        yield rule.model_copy(update={"by": "pushed"})
    if rule.exclude_tags:
        yield rule.model_copy(update={"exclude_tags": []})
    if rule.tag_state == "any":
        yield rule.model_copy(update={"tag_state": "tagged"})
        yield rule.model_copy(update={"tag_state": "untagged"})
    if rule.tags is not None:
        plain = [simple for glob in rule.tags for simple in _simpler(glob)]
        if plain != rule.tags:
            yield rule.model_copy(update={"tags": plain})


def _simpler(glob: str) -> list[str]:
    """Return a pattern with its braces written out, and with `*` for what a wildcard of another kind matches."""
    found = []
    for plain in alternatives(glob):
        text, inside = "", False
        for char in plain:
            if char == "[":
                inside = True
                text += "*"
            elif inside:
                inside = char != "]"
            else:
                text += "*" if char == "?" else char
        while "**" in text:
            text = text.replace("**", "*")
        found.append(text)
    return found


def _split(policy: LifecyclePolicy, kind: str, name: str, rule: Any) -> Iterator[LifecyclePolicy]:
    if len(rule.tags) < 2:
        return
    rules = dict(getattr(policy, kind))
    del rules[name]
    for number, glob in enumerate(rule.tags, 1):
        rules[f"{name}-{number}"] = rule.model_copy(update={"tags": [glob]})
    yield policy.model_copy(update={kind: rules})


def _of_protection(policy: LifecyclePolicy) -> Iterator[LifecyclePolicy]:
    protect = policy.protect
    if protect != Protect():
        yield policy.model_copy(update={"protect": Protect()})
    for field in ("in_use", "signed", "digests", "immutable_tags"):
        if getattr(protect, field):
            default = Protect.model_fields[field].get_default(call_default_factory=True)
            yield policy.model_copy(update={"protect": protect.model_copy(update={field: default})})


def _removals(policy: LifecyclePolicy) -> Iterator[LifecyclePolicy]:
    for kind in ("expire", "archive", "keep"):
        for name in getattr(policy, kind):
            yield _with(policy, kind, name, None)
    if policy.exclude_repositories:
        yield policy.model_copy(update={"exclude_repositories": []})


__all__ = ["nearest_to"]
