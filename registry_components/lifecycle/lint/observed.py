"""What can be seen only beside an inventory."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import polars as pl

from ..inventory import Inventory
from ..patterns import doublestar, matches_doublestar, matches_wildcard
from ..simulation import simulate
from ..verdicts import DELETE, KEEP
from .findings import Finding
from .policies import Policy

_MOST_TOLD = 3


def findings(policy: Policy, inventory: Inventory, now: object) -> Iterator[Finding]:
    """Yield what does not fit what there is."""
    names = pl.Series(inventory.repositories, dtype=pl.String)
    for rule in policy.rules:
        for pattern in rule.tags:
            match = matches_wildcard if policy.kind in {"ecr", "gar"} else matches_doublestar
            if not match(inventory.tag, pattern).any():
                yield Finding(
                    "no-such-tag", rule.path, f"{pattern!r} matches none of {len(inventory.tag)} tags",
                    "correct it, or remove it",
                )  # fmt: skip
        for pattern in rule.repositories:
            if not matches_doublestar(names, pattern).any():
                yield Finding(
                    "no-such-repository", rule.path, f"{pattern!r} matches none of {len(names)} repositories",
                    "correct it, or remove it",
                )  # fmt: skip
    verdicts = simulate(policy.kind, policy.document, inventory, now=now)  # type: ignore[arg-type]
    acted = {verdicts.rules[int(rule)] for rule in np.unique(verdicts.rule[verdicts.action != KEEP]) if rule >= 0}
    for rule in policy.rules:
        if not rule.keeps and rule.name not in acted:
            yield Finding("idle", rule.path, "acts on nothing that there is now", "look whether that is meant")
    yield from _other_tags(policy, inventory, verdicts.action == DELETE)


def _other_tags(
    policy: Policy, inventory: Inventory, gone: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Iterator[Finding]:
    patterns = [pattern for rule in policy.rules if not rule.keeps for pattern in rule.tags]
    if not patterns or policy.kind not in {"ecr", "gar", "unified"}:
        return
    named = np.zeros(len(inventory.tag), dtype=bool)
    for pattern in patterns:
        named |= (matches_wildcard if policy.kind in {"ecr", "gar"} else matches_doublestar)(inventory.tag, pattern)
    some, others = inventory.of_tags(named), inventory.of_tags(~named)
    rows = np.flatnonzero(gone & some & others)
    if not len(rows):
        return
    shown = []
    for row in rows[:_MOST_TOLD].tolist():
        tags = [tag for tag in inventory.tags_of(row) if not any(re.match(doublestar(p), tag) for p in patterns)]
        shown.append(
            f"{inventory.repositories[int(inventory.repository[row])]}:{tags[0]}" if tags else inventory.name(row)
        )
    more = f" and {len(rows) - len(shown)} more" if len(rows) > len(shown) else ""
    yield Finding(
        "other-tags", "", f"{len(rows)} images go that have tags no rule names: {', '.join(shown)}{more}",
        "add a rule that keeps those tags",
    )  # fmt: skip


__all__ = ["findings"]
