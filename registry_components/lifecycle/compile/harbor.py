"""The unified policy in Harbor's words: rules that retain, so the complement of what expires.

What no rule retains goes, in every repository that a rule is for. All rules are therefore for the same repositories,
and the first retains whatever the policy does not name.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ...blocks.lifecycle import Expire, Keep, LifecyclePolicy, Selection
from .target import Candidate, Refusals, excluded_of, patterns_of, state_of

REGISTRY: Final = "Harbor"
_MOST: Final = 15
_NO_TAG: Final = "-"
"""A pattern that no tag matches: none begins with a hyphen."""


def translate(policy: LifecyclePolicy) -> list[Candidate]:
    """Return the retention policy of one project, whose repositories are named without it. Raises `Untranslatable`."""
    refused = Refusals()
    refused.protection(policy, ("immutable_tags",), REGISTRY)
    if policy.archive:
        refused.add("archive", "Harbor has no archive; expire, or remove it")
    for kind in ("expire", "keep"):
        for name, rule in getattr(policy, kind).items():
            if rule.repositories is not None:
                refused.add(
                    f"{kind}.{name}.repositories",
                    "Harbor deletes whatever no rule retains in a repository, so all rules are for the same ones; set "
                    "repositories of the policy",
                )
    if policy.exclude_repositories and policy.repositories != ["**"]:
        refused.add("exclude_repositories", "Harbor's rules either name repositories or exclude some; say one of them")
    expired: list[str] = []
    untagged = False
    rules: list[dict[str, Any]] = []
    for name, rule in policy.expire.items():
        rules += _retained(refused, f"expire.{name}", rule)
        state = state_of(rule)
        untagged |= state in {"untagged", "any"}
        if state != "untagged":
            expired += patterns_of(rule) or ["**"]
    for name, keep in policy.keep.items():
        rules += _kept(refused, f"keep.{name}", keep)
    rules += [_rule("always", 0, glob, untagged=False) for glob in policy.protect.immutable_tags]
    # The rest stays: tags that no rule names, and untagged ones where no rule is for them.
    rest = _rule("always", 0, _either(expired) if expired else _NO_TAG, untagged=untagged, excludes=True)
    rules = [rest, *(rule for i, rule in enumerate(rules) if rule not in rules[:i])]
    if len(rules) > _MOST:
        refused.add("expire", f"becomes {len(rules)} rules, and Harbor takes {_MOST}; use fewer rules")
    refused.finish()
    return [Candidate({"algorithm": "or", "rules": [_in(rule, policy) for rule in rules]})]


def _either(globs: list[str]) -> str:
    found = list(dict.fromkeys(globs))
    return found[0] if len(found) == 1 else "{" + ",".join(found) + "}"


def _in(rule: dict[str, Any], policy: LifecyclePolicy) -> dict[str, Any]:
    excludes = bool(policy.exclude_repositories)
    pattern = _either(policy.exclude_repositories if excludes else policy.repositories)
    decoration = "repoExcludes" if excludes else "repoMatches"
    repository = {"kind": "doublestar", "decoration": decoration, "pattern": pattern}
    return rule | {"scope_selectors": {"repository": [repository]}}


def _rule(template: str, number: int, pattern: str, *, untagged: bool, excludes: bool = False) -> dict[str, Any]:
    selector = {
        "kind": "doublestar",
        "decoration": "excludes" if excludes else "matches",
        "pattern": pattern,
        # Always said: what is left out counts as true.
        "extras": json.dumps({"untagged": untagged}, separators=(",", ":")),
    }
    params = {} if template == "always" else {template: number}
    return {"disabled": False, "action": "retain", "template": template, "params": params, "tag_selectors": [selector]}


def _selectors(rule: Selection) -> tuple[str, bool]:
    state = state_of(rule)
    patterns = patterns_of(rule)
    pattern = _NO_TAG if state == "untagged" else _either(patterns) if patterns is not None else "**"
    return pattern, state != "tagged"


def _retained(refused: Refusals, path: str, rule: Expire) -> list[dict[str, Any]]:
    """Return what retains the rest of what a rule selects: one rule for each condition, as one that fails is enough."""
    allowed = ("older_than_days", "unpulled_for_days", "beyond_most_recent")
    refused.conditions(path, rule, allowed, REGISTRY)
    pattern, untagged = _selectors(rule)
    found = []
    if rule.older_than_days:
        found.append(_rule("nDaysSinceLastPush", rule.older_than_days, pattern, untagged=untagged))
    if rule.unpulled_for_days is not None:
        # What was never pulled is not retained by a rule for pulls: the push has to speak for it.
        for template in ("nDaysSinceLastPull", "nDaysSinceLastPush"):
            found.append(_rule(template, rule.unpulled_for_days, pattern, untagged=untagged))
    if rule.beyond_most_recent is not None:
        found.append(_rule("latestPushedK", rule.beyond_most_recent, pattern, untagged=untagged))
    if rule.exclude_tags:
        found.append(_rule("always", 0, _either(excluded_of(rule)), untagged=False))
    return found


def _kept(refused: Refusals, path: str, rule: Keep) -> list[dict[str, Any]]:
    refused.conditions(path, rule, ("newer_than_days", "pulled_within_days", "most_recent"), REGISTRY)
    if rule.exclude_tags:
        refused.add(f"{path}.exclude_tags", "Harbor cannot leave something out of what it retains; name what is kept")
    pattern, untagged = _selectors(rule)
    if rule.always:
        return [_rule("always", 0, pattern, untagged=untagged)]
    for field, template in (
        ("newer_than_days", "nDaysSinceLastPush"),
        ("pulled_within_days", "nDaysSinceLastPull"),
        ("most_recent", "latestPushedK"),
    ):
        number = getattr(rule, field)
        if number is not None:
            return [_rule(template, number, pattern, untagged=untagged)]
    return []


__all__ = ["REGISTRY", "translate"]
