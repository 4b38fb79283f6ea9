"""Google Artifact Registry: what a DELETE policy matches, without what a KEEP policy matches. KEEP always wins.

Source: Artifact Registry documentation, "Configure cleanup policies" and its overview; repository.proto.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import polars as pl

from ..inventory import DAY, UNKNOWN, Bools, Inventory
from ..native import Reader, below
from ..parts import in_parts
from ..patterns import matches_prefix
from ..verdicts import DELETE, KEEP, Verdicts
from .guards import by_manifest, some_parent

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SECOND = 1_000_000
_MOST = 10
_CONDITION = ("tagState", "tagPrefixes", "versionNamePrefixes", "packageNamePrefixes", "olderThan", "newerThan")


@dataclass(frozen=True)
class Policy:
    """One cleanup policy."""

    id: str
    action: Literal["DELETE", "KEEP"]
    tag_state: str = "ANY"
    tag_prefixes: list[str] = field(default_factory=list)
    version_prefixes: list[str] = field(default_factory=list)
    package_prefixes: list[str] = field(default_factory=list)
    older: int | None = None
    """Microseconds."""
    newer: int | None = None
    keep_count: int | None = None


def parse(policy: Any) -> tuple[list[Policy], bool]:
    """Return the policies and whether they are tried only.

    Taken are the file of `gcloud artifacts repositories set-cleanup-policies` (a list with names), the API's map by
    id, and a repository's body with `cleanupPolicies` and `cleanupPolicyDryRun`. Raises `StackError`.
    """
    reader, dry_run = Reader(), False
    if isinstance(policy, Mapping):
        for name in ("cleanupPolicyDryRun", "dryRun", "dry_run"):
            if name in policy:
                dry_run = reader.flag(policy[name], name)
        inner = next((policy[name] for name in ("cleanupPolicies", "policies") if name in policy), None)
        if inner is None:
            inner = {
                key: item for key, item in policy.items() if key not in ("cleanupPolicyDryRun", "dryRun", "dry_run")
            }
        policy = inner
    found: list[Policy] = []
    if isinstance(policy, Mapping):
        found = [_policy(reader, item, str(key), str(key)) for key, item in policy.items()]
    else:
        for index, item in enumerate(reader.items(policy, "")):
            named = item if isinstance(item, Mapping) else {}
            found.append(_policy(reader, item, f"[{index}]", str(named.get("id") or named.get("name") or "")))
    if len(found) > _MOST:
        reader.wrong("", f"has {len(found)} policies; a repository takes {_MOST}")
    seen: set[str] = set()
    for item in found:
        if item.id in seen:
            reader.wrong(item.id, "is the id of two policies")
        seen.add(item.id)
    reader.finish("the list of cleanup policies")
    return found, dry_run


def _policy(reader: Reader, value: Any, path: str, id_: str) -> Policy:
    body = reader.mapping(value, path)
    reader.only(body, path, ("id", "name", "action", "condition", "mostRecentVersions"))
    if not 0 < len(id_) < 128:
        reader.wrong(below(path, "id"), "has to be 1 to 127 characters")
    action = body.get("action")
    if isinstance(action, Mapping):
        action = action.get("type")
    action = action.upper() if isinstance(action, str) else action
    action = reader.text(action, below(path, "action"), ("DELETE", "KEEP"))
    condition, newest = body.get("condition"), body.get("mostRecentVersions")
    if (condition is None) == (newest is None):
        reader.wrong(path, "has to have either condition or mostRecentVersions")
    if newest is not None:
        here = below(path, "mostRecentVersions")
        if action == "DELETE":
            reader.wrong(here, "is for the action KEEP alone")
        newest = reader.mapping(newest, here)
        reader.only(newest, here, ("keepCount", "packageNamePrefixes"))
        return Policy(
            id=id_,
            action="KEEP",
            keep_count=reader.whole(newest.get("keepCount"), below(here, "keepCount"), 1, 2**31 - 1),
            package_prefixes=_texts(reader, newest, "packageNamePrefixes", here),
        )
    here = below(path, "condition")
    condition = reader.mapping({} if condition is None else condition, here)
    reader.only(condition, here, _CONDITION)
    state = condition.get("tagState", "ANY")
    state = state.upper() if isinstance(state, str) else state
    state = reader.text(state, below(here, "tagState"), ("ANY", "TAGGED", "UNTAGGED", "TAG_STATE_UNSPECIFIED"))
    prefixes = _texts(reader, condition, "tagPrefixes", here)
    if prefixes and state == "UNTAGGED":
        reader.wrong(below(here, "tagPrefixes"), "cannot be used with tagState UNTAGGED")
    return Policy(
        id=id_,
        action="KEEP" if action == "KEEP" else "DELETE",
        tag_state=state,
        tag_prefixes=prefixes,
        version_prefixes=_texts(reader, condition, "versionNamePrefixes", here),
        package_prefixes=_texts(reader, condition, "packageNamePrefixes", here),
        older=_duration(reader, condition, "olderThan", here),
        newer=_duration(reader, condition, "newerThan", here),
    )


def _texts(reader: Reader, value: Mapping[str, Any], name: str, path: str) -> list[str]:
    return reader.texts(value[name], below(path, name)) if value.get(name) is not None else []


def _duration(reader: Reader, value: Mapping[str, Any], name: str, path: str) -> int | None:
    if value.get(name) is None:
        return None
    text = reader.text(value[name], below(path, name))
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,9})?)([smhd])", text)
    if found is None:
        reader.wrong(below(path, name), f"{text!r} is not a duration; write 30d, 12h or 3600s")
        return None
    return int(Decimal(found[1]) * _UNITS[found[2]] * _SECOND)


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what Artifact Registry does. Raises `StackError` where the service would not take the policies."""
    policies, dry_run = parse(policy)
    verdicts = Verdicts.keeping(inventory, [item.id for item in policies], "no DELETE policy matches it")
    for action in ("DELETE", "KEEP"):
        for position, item in enumerate(policies):
            if item.action != action:
                continue
            mask, reason, number = _matches(inventory, item, now)
            if action == "KEEP":
                # What nothing deletes needs no keeping.
                mask &= verdicts.deleted()
                unsure = mask & (inventory.pushed == UNKNOWN) & _timed(item)
                verdicts.set(
                    unsure, KEEP, f"kept by {_safe(item.id)}: when it was uploaded is not known", rule=position
                )
                verdicts.set(mask & ~unsure, KEEP, f"kept by {_safe(item.id)}: {reason}",
                             rule=position, number=number)  # fmt: skip
            else:
                mask &= ~verdicts.deleted()
                verdicts.set(mask, DELETE, f"{_safe(item.id)}: {reason}", rule=position, number=number)
    _hold(verdicts)
    if dry_run:
        verdicts.set(verdicts.deleted(), KEEP, "a dry run deletes nothing; the policy would")
        verdicts.warnings.append("the policies are a dry run: nothing is deleted")
    if policies and not any(item.action == "DELETE" for item in policies):
        verdicts.warnings.append("no policy has the action DELETE: KEEP alone deletes nothing")
    return verdicts.finish()


def _timed(policy: Policy) -> bool:
    return policy.keep_count is not None or policy.older is not None or policy.newer is not None


def _safe(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _matches(inventory: Inventory, policy: Policy, now: int) -> tuple[Bools, str, Any]:
    packages = _starts(pl.Series(inventory.repositories, dtype=pl.String), policy.package_prefixes)
    mask: Bools = packages[inventory.repository] if len(inventory) else np.zeros(0, dtype=bool)
    if policy.keep_count is not None:
        # What has no time may be among the newest: it stays, and takes no other's place.
        ranked = mask & (inventory.pushed != UNKNOWN)
        ranks = inventory.ranks(ranked, inventory.newest_first(inventory.pushed, "pushed"))
        return mask & (ranks <= policy.keep_count), f"it is number {{n}} of the {policy.keep_count} newest", ranks
    told: list[str] = []
    if policy.tag_state == "TAGGED":
        mask = mask & inventory.tagged
        told.append("it is tagged")
    elif policy.tag_state == "UNTAGGED":
        mask = mask & ~inventory.tagged
        told.append("it is untagged")
    if policy.tag_prefixes:
        mask = mask & inventory.of_tags(_starts(inventory.tag, policy.tag_prefixes))
        told.append(f"a tag begins with {_safe(' or '.join(policy.tag_prefixes))}")
    if policy.version_prefixes:
        mask = mask & _starts(inventory.digest, policy.version_prefixes)
        told.append(f"its version begins with {_safe(' or '.join(policy.version_prefixes))}")
    # A time that is not known lets a KEEP policy match and a DELETE policy not.
    known, keeps = inventory.pushed != UNKNOWN, policy.action == "KEEP"
    age = np.where(known, now - np.where(known, inventory.pushed, now), 0)
    if policy.older is not None:
        mask = mask & np.where(known, age > policy.older, keeps)
        told.append("it was uploaded {n} days ago")
    if policy.newer is not None:
        mask = mask & np.where(known, age < policy.newer, keeps)
        told.append("it was uploaded only {n} days ago")
    return mask, ", ".join(dict.fromkeys(told)) or "it matches every version", (age // DAY).astype(np.int32)


def _starts(values: pl.Series, prefixes: list[str]) -> Bools:
    if not prefixes:
        return np.ones(len(values), dtype=bool)
    found = np.zeros(len(values), dtype=bool)
    for prefix in prefixes:
        found |= matches_prefix(values, prefix)
    return found


def _hold(verdicts: Verdicts) -> None:
    """Keep what an index or a referrer that stays refers to: the service refuses to delete it."""
    inventory = verdicts.inventory
    referring = np.flatnonzero(by_manifest(inventory))
    while True:
        alive = ~verdicts.deleted()
        holders = some_parent(inventory, alive)
        kept = referring[alive[referring]]
        holders[inventory.subject[kept]] = kept
        wrong = verdicts.deleted() & (holders >= 0)
        if not wrong.any():
            return
        verdicts.set(wrong, KEEP, "cannot be deleted while {other} refers to it", other=holders)


__all__ = ["Policy", "parse", "simulate"]
