"""Harbor: what no rule retains goes, in repositories that a rule is for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .common import Artifact, Fates, fates, glob, parents, subject, until_stable


def evaluate(artifacts: Sequence[Artifact], policy: Any, now: int) -> Fates:
    """Return what a run of the retention does to one repository."""
    here = {artifact.digest: artifact for artifact in artifacts}
    holders = parents(artifacts)
    about = {artifact.digest: subject(artifact, here) for artifact in artifacts}
    candidates = [
        artifact
        for artifact in artifacts
        if artifact.subject is None
        and about[artifact.digest] is None
        and (artifact.tags or not holders[artifact.digest])
    ]
    touched, retained = False, set()
    for rule in policy["rules"]:
        if rule.get("disabled") or not all(
            glob(selector["pattern"], artifacts[0].repository) == (selector["decoration"] == "repoMatches")
            for selector in rule.get("scope_selectors", {}).get("repository", [])
        ):
            continue
        touched = True
        selectors = rule.get("tag_selectors", [])
        if selectors:
            selected = [a for a in candidates if all(_selects(selector, a) for selector in selectors)]
            retained |= {a.digest for a in _retained(rule, selected, now)}
    doomed = {a.digest for a in candidates if touched and a.digest not in retained and not a.locked}

    def goes(digest: str, gone: set[str]) -> bool:
        holding = holders[digest]
        if not all(index in gone for index in holding):
            return False
        if about[digest] is not None:
            return about[digest] in gone
        return digest in doomed or bool(holding and not here[digest].tags and here[digest].subject is None)

    return fates(artifacts, until_stable(list(here), goes))


def _selects(selector: Any, artifact: Artifact) -> bool:
    untagged = json.loads(selector["extras"]).get("untagged") if selector.get("extras") else None
    if selector["decoration"] == "matches":
        if not artifact.tags:
            return untagged is not False
        return any(glob(selector["pattern"], tag) for tag in artifact.tags)
    if not artifact.tags:
        return untagged is not True
    return any(not glob(selector["pattern"], tag) for tag in artifact.tags)


def _retained(rule: Any, selected: list[Artifact], now: int) -> list[Artifact]:
    template = rule["template"]
    if template == "always":
        return selected
    number = rule["params"][template]
    if template == "latestPulledN":
        return sorted(selected, key=lambda a: (-(a.last_pulled_at or 0), a.digest))[:number]
    if template == "nDaysSinceLastPull":
        return [a for a in selected if _second(a.last_pulled_at or 0) >= _second(now) - number * 86_400]
    unknown = [a for a in selected if _pushed(a) is None]
    known = [a for a in selected if _pushed(a) is not None]
    if template == "latestPushedK":
        return unknown + sorted(known, key=lambda a: (-(_pushed(a) or 0), a.digest))[:number]
    return unknown + [a for a in known if _second(_pushed(a) or 0) >= _second(now) - number * 86_400]


def _second(time: int) -> int:
    return time // 1_000_000


def _pushed(artifact: Artifact) -> int | None:
    times = [artifact.pushed_at, *(artifact.tag_time(tag) for tag in artifact.tags)]
    return max((time for time in times if time is not None), default=None)
