"""Amazon ECR: rules in the order of priority; a rule shields everything that it selects from all later rules.

Source: Amazon ECR user guide, "Automate the cleanup of images by using lifecycle policies" and "Lifecycle policy
properties". A rule selects by tags alone; its count then says which of those it acts on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...core.errors import Mistake, mistakes_error
from ..ecr_native import mistakes
from ..inventory import DAY, UNKNOWN, Bools, Ints, Inventory
from ..parts import in_parts
from ..patterns import matches_prefix, matches_wildcard
from ..verdicts import ARCHIVE, DELETE, KEEP, Verdicts
from .guards import by_manifest, settle

_SHORTEST = 100


def parse(policy: Any) -> list[Mapping[str, Any]]:
    """Return a policy's rules by priority. Raises `StackError` that tells what the service would refuse."""
    text = policy if isinstance(policy, str) else json.dumps(policy)
    # How long the text is depends on how it is written: here only its meaning counts.
    found = [Mistake(path, message) for path, message in mistakes(text.ljust(_SHORTEST))]
    if found:
        raise mistakes_error("the ECR lifecycle policy", found)
    rules: list[Mapping[str, Any]] = json.loads(text)["rules"]
    return sorted(rules, key=lambda rule: int(rule["rulePriority"]))


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what ECR does. Raises `StackError` where the service would not take the policy."""
    rules = parse(policy)
    verdicts = Verdicts.keeping(inventory, [str(rule["rulePriority"]) for rule in rules])
    claimed = np.zeros(len(inventory), dtype=bool)
    restored = inventory.activated_at != UNKNOWN
    pushed = np.where(restored, inventory.activated_at, inventory.pushed)
    referrers = by_manifest(inventory)
    for position, rule in enumerate(rules):
        selection = rule["selection"]
        # A referrer is never acted on by itself; whether one counts is not documented, and here it does not.
        selected = _selected(inventory, selection) & ~referrers
        acts, reason, number = _acts(inventory, selection, selected, pushed, now)
        free = selected & ~claimed
        priority = rule["rulePriority"]
        verdicts.set(free & ~acts, KEEP, f"rule {priority} selects it and lets it be: {reason}",
                     rule=position, number=number)  # fmt: skip
        action = ARCHIVE if rule["action"]["type"] == "transition" else DELETE
        verdicts.set(free & acts, action, f"rule {priority}: {reason}", rule=position, number=number)
        claimed |= selected
    settle(verdicts, follows=referrers)
    return verdicts.finish()


def _selected(inventory: Inventory, selection: Mapping[str, Any]) -> Bools:
    stored = inventory.archived if selection.get("storageClass", "standard") == "archive" else ~inventory.archived
    match selection["tagStatus"]:
        case "any":
            return stored
        case "untagged":
            return stored & ~inventory.tagged
    found = stored & inventory.tagged
    # Every pattern of the list has to match a tag of the image; several may match the same one.
    for pattern in selection.get("tagPatternList") or ():
        found &= inventory.of_tags(matches_wildcard(inventory.tag, pattern))
    for prefix in selection.get("tagPrefixList") or ():
        found &= inventory.of_tags(matches_prefix(inventory.tag, prefix))
    return found


def _acts(
    inventory: Inventory, selection: Mapping[str, Any], selected: Bools, pushed: Ints, now: int
) -> tuple[Bools, str, Any]:
    """Return which rows the count is about, why, and the number that the reason shows."""
    number = int(selection["countNumber"])
    kind = selection["countType"]
    if kind == "imageCountMoreThan":
        # What has no time can be nowhere in the order: it neither goes nor takes a place.
        ranks = inventory.ranks(selected & (pushed != UNKNOWN), inventory.newest_first(pushed, "ecr"))
        return ranks > number, f"it is number {{n}} of the newest, and {number} stay", ranks
    if kind == "sinceImagePushed":
        times, what = pushed, "pushed"
    elif kind == "sinceImageTransitioned":
        times, what = inventory.archived_at, "archived"
    else:
        # Without a pull that is when it was pushed; restored after its last pull, when it was restored.
        late = (inventory.activated_at != UNKNOWN) & (inventory.activated_at > inventory.pulled)
        times = np.where(late | (inventory.pulled == UNKNOWN), pushed, inventory.pulled)
        what = "last pulled (or pushed, if never)"
    return (
        (times < now - number * DAY) & (times != UNKNOWN),
        f"{what} {{n}} days ago, and the rule is for more than {number}",
        inventory.days(times, now),
    )


__all__ = ["parse", "simulate"]
