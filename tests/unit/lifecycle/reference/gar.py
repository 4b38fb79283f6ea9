"""Google Artifact Registry: the union of DELETE without the union of KEEP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .common import Artifact, Fates, fates, newest_first, parents, subject_by_manifest

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration(text: str) -> int:
    """Return a duration in microseconds."""
    return round(float(text[:-1]) * _UNITS[text[-1]] * 1_000_000)


def evaluate(versions: Sequence[Artifact], policy: Any, now: int) -> Fates:
    """Return what the policies (a map by id) do to one package."""
    doomed, saved = set(), set()
    for item in policy.values():
        if item["action"] == "DELETE":
            doomed |= {v.digest for v in versions if _matches(item["condition"], v, now, unknown=False)}
        elif "condition" in item:
            saved |= {v.digest for v in versions if _matches(item["condition"], v, now, unknown=True)}
        else:
            newest = item["mostRecentVersions"]
            chosen = [v for v in versions if _begins(v.repository, newest.get("packageNamePrefixes"))]
            saved |= {v.digest for v in newest_first(chosen, lambda v: v.pushed_at)[: newest["keepCount"]]}
            # A version whose time is not known may be among the newest.
            saved |= {v.digest for v in chosen if v.pushed_at is None}
    gone = doomed - saved
    here = {v.digest: v for v in versions}
    holders = parents(versions)
    for version in versions:
        subject = subject_by_manifest(version, here)
        if subject is not None:
            holders[subject].append(version.digest)
    while True:
        # The service refuses to delete what something that stays refers to.
        refused = {digest for digest in gone if any(holder not in gone for holder in holders[digest])}
        if not refused:
            return fates(versions, gone)
        gone -= refused


def _begins(text: str, prefixes: Any) -> bool:
    return not prefixes or any(text.startswith(prefix) for prefix in prefixes)


def _matches(condition: Any, version: Artifact, now: int, *, unknown: bool) -> bool:
    state = condition.get("tagState", "ANY")
    if (state == "TAGGED" and not version.tags) or (state == "UNTAGGED" and version.tags):
        return False
    if condition.get("tagPrefixes") and not any(_begins(tag, condition["tagPrefixes"]) for tag in version.tags):
        return False
    if not _begins(version.digest, condition.get("versionNamePrefixes")):
        return False
    if not _begins(version.repository, condition.get("packageNamePrefixes")):
        return False
    for name in ("olderThan", "newerThan"):
        if name in condition:
            if version.pushed_at is None:
                if not unknown:
                    return False
                continue
            age, limit = now - version.pushed_at, duration(condition[name])
            if not (age > limit if name == "olderThan" else age < limit):
                return False
    return True
