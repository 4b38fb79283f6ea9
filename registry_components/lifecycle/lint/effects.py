"""Rules without effect: what a policy does is compared with what it does without one rule, on the covering set.

The covering set has an artifact for everything that the policy tells apart, so a rule whose absence changes nothing on
it changes nothing anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..compile import covering
from ..compile.globs import TooManyError
from ..inventory import Inventory, moment
from ..simulation import simulate
from ..verdicts import DELETE, KEEP, Verdicts
from .findings import Finding
from .policies import Policy


def findings(policy: Policy) -> Iterator[Finding]:
    """Yield the rules that could be left out."""
    policy = policy.small
    if policy.about is None:
        return
    try:
        inventory, _ = covering.inventory(covering.cases(policy.about))
    except TooManyError:
        return
    whole = _run(policy.kind, policy.document, inventory)
    for position, rule in enumerate(policy.rules):
        document = policy.without(position)
        if document is None or _switched_off(policy, position):
            continue
        if (_run(policy.kind, document, inventory).action != whole.action).any():
            continue
        if rule.keeps:
            yield Finding("keeps-nothing", rule.path, "keeps nothing that anything else would delete", "remove it")
            continue
        others = _takers(policy, position, inventory, whole)
        if others is None:
            yield Finding("never-acts", rule.path, "acts on nothing, whatever there is", "correct or remove it")
        else:
            told = ", ".join(others) or "what an index or a subject holds"
            yield Finding(
                "shadowed", rule.path, f"never acts: what it would act on is taken by {told}",
                "move it before, narrow the other, or remove it",
            )  # fmt: skip
    if policy.kind in {"unified", "ecr"}:
        yield from _empties(policy, whole)
    if policy.kind in {"ecr", "gar"}:
        yield from _signatures(policy, whole)


def _run(kind: str, document: Any, inventory: Inventory) -> Verdicts:
    return simulate(kind, document, inventory, now=moment(covering.NOW))


def _switched_off(policy: Policy, position: int) -> bool:
    return policy.kind == "harbor" and policy.document["rules"][position].get("disabled") is True


def _takers(policy: Policy, position: int, inventory: Inventory, whole: Verdicts) -> list[str] | None:
    """Return the rules that have what a rule alone would act on; None where it would act on nothing by itself."""
    document = policy.document
    for other in reversed(range(len(policy.rules))):
        if other != position:
            found = _without(policy, document, other)
            if found is None:
                return None
            document = found
    alone = _run(policy.kind, document, inventory)
    acts = alone.action != KEEP
    if not acts.any():
        return None
    rules = whole.rule[acts]
    return sorted({whole.rules[int(rule)] for rule in rules[rules >= 0]} - {policy.rules[position].name})


def _without(policy: Policy, document: Any, position: int) -> Any:
    from .policies import read

    # Positions are those of the whole policy; rules are taken away from the last on, so that they stay right.
    return read(policy.kind, document).without(position)


def _empties(policy: Policy, whole: Verdicts) -> Iterator[Finding]:
    inventory = whole.inventory
    counts = np.bincount(inventory.repository, minlength=len(inventory.repositories))
    gone = np.bincount(inventory.repository[whole.action == DELETE], minlength=len(inventory.repositories))
    tagged = np.bincount(inventory.repository[inventory.tagged], minlength=len(inventory.repositories))
    emptied = np.flatnonzero((gone == counts) & (tagged > 0))
    if not len(emptied):
        return
    rows = np.flatnonzero((inventory.repository == emptied[0]) & inventory.tagged)
    name = whole.rules[int(whole.rule[rows[0]])] if whole.rule[rows[0]] >= 0 else ""
    path = next((rule.path for rule in policy.rules if rule.name == name), "")
    yield Finding(
        "empties", path, "can leave a repository without any image, where nothing new is pushed",
        "add a rule that keeps the most recent ones, if that is not meant" if policy.kind == "unified"
        else "count instead of age, if that is not meant",
    )  # fmt: skip


def _signatures(policy: Policy, whole: Verdicts) -> Iterator[Finding]:
    """Yield rules that delete a signature under a tag of its own while its image stays."""
    inventory = whole.inventory
    by_tag = inventory.of_tags(inventory.tag.str.contains(r"^sha256-[0-9a-f]{64}\.sig$").to_numpy())
    subjects = np.where(inventory.subject >= 0, inventory.subject, 0)
    lost = by_tag & (whole.action == DELETE) & (whole.action[subjects] == KEEP) & (inventory.subject >= 0)
    for rule in np.unique(whole.rule[lost]).tolist():
        name = whole.rules[rule] if rule >= 0 else ""
        path = next((one.path for one in policy.rules if one.name == name), "")
        advice = (
            "put a rule for sha256-* before it that never acts"
            if policy.kind == "ecr"
            else "add a keep policy for the tag prefix sha256-"
        )
        yield Finding("signatures", path, "deletes signatures (tags sha256-….sig) of images that stay", advice)


__all__ = ["findings"]
