"""The unified policy in Artifact Registry's words: DELETE policies, without what KEEP policies match.

Tags, packages and digests are selected by how they begin, and by nothing else.
"""

from __future__ import annotations

from typing import Any, Final

from ...blocks.lifecycle import Expire, Keep, LifecyclePolicy, Selection
from .globs import Dialect
from .target import Candidate, Refusals, excluded_of, literal, patterns_of, state_of

REGISTRY: Final = "Artifact Registry"
_MOST: Final = 10
_DAY_SECONDS: Final = 86_400


def translate(policy: LifecyclePolicy) -> list[Candidate]:
    """Return the policies of one repository, whose packages are the unified policy's repositories.

    Raises `Untranslatable`.
    """
    refused = Refusals()
    refused.protection(policy, ("immutable_tags", "digests"), REGISTRY)
    if policy.archive:
        refused.add("archive", "Artifact Registry has no archive; expire, or remove it")
    scope = _packages(refused, "repositories", policy.repositories)
    found: list[dict[str, Any]] = []
    for name, rule in policy.expire.items():
        found += _expire(refused, name, rule, scope)
    for name, keep in policy.keep.items():
        found.append(_keep(refused, name, keep))
    if policy.exclude_repositories:
        packages = _packages(refused, "exclude_repositories", policy.exclude_repositories)
        found.append(_policy("excluded", "KEEP", {"tagState": "ANY", "packageNamePrefixes": packages}))
    if policy.protect.immutable_tags:
        prefixes = _prefixes(refused, "protect.immutable_tags", policy.protect.immutable_tags)
        found.append(_policy("immutable-tags", "KEEP", {"tagState": "TAGGED"} | prefixes))
    if policy.protect.digests:
        found.append(_policy("digests", "KEEP", {"versionNamePrefixes": sorted(policy.protect.digests)}))
    if len(found) > _MOST:
        refused.add("expire", f"becomes {len(found)} policies, and a repository takes {_MOST}; use fewer rules")
    refused.finish()
    patterns: list[tuple[str, Dialect]] = []
    packages_of: list[tuple[str, Dialect]] = []
    for said in found:
        condition = said.get("condition") or said.get("mostRecentVersions") or {}
        patterns += [(text, "prefix") for text in condition.get("tagPrefixes", ())]
        packages_of += [(text, "prefix") for text in condition.get("packageNamePrefixes", ())]
    counts = {said["mostRecentVersions"]["keepCount"] for said in found if "mostRecentVersions" in said}
    return [Candidate(found, patterns, packages_of, counts=counts)]


def _policy(name: str, action: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "action": {"type": action.capitalize()}, "condition": condition}


def _packages(refused: Refusals, path: str, globs: list[str]) -> list[str]:
    """Return the beginnings of packages; none where all are meant."""
    found = []
    for glob in globs:
        if glob == "**":
            return []
        plain = glob.removesuffix("**") if glob.endswith("/**") else glob.removesuffix("*")
        if "*" in plain or not literal(plain) or "{" in plain:
            refused.add(path, f"Artifact Registry selects packages by how they begin; {glob!r} says more than that")
        found.append(plain)
    return sorted(found)


def _prefixes(refused: Refusals, path: str, globs: list[str]) -> dict[str, Any]:
    """Return the beginnings of tags; nothing where all tags are meant."""
    found = []
    for glob in globs:
        if set(glob) == {"*"}:
            return {}
        plain = glob.rstrip("*")
        if "*" in plain or not literal(plain):
            refused.add(path, f"Artifact Registry selects tags by how they begin; {glob!r} says more than that")
        elif plain == glob:
            refused.add(path, f"Artifact Registry selects tags by how they begin: {glob!r} would be every tag that "
                        f"begins so; write '{glob}*' if that is meant")  # fmt: skip
        found.append(plain)
    return {"tagPrefixes": sorted(found)}


def _condition(refused: Refusals, path: str, rule: Selection) -> dict[str, Any]:
    patterns = patterns_of(rule)
    found: dict[str, Any] = {"tagState": state_of(rule).upper()}
    if patterns is not None:
        found |= _prefixes(refused, f"{path}.tags", patterns)
    return found


def _scoped(refused: Refusals, path: str, rule: Selection, scope: list[str]) -> dict[str, Any]:
    packages = scope if rule.repositories is None else _packages(refused, f"{path}.repositories", rule.repositories)
    return {"packageNamePrefixes": packages} if packages else {}


def _expire(refused: Refusals, name: str, rule: Expire, scope: list[str]) -> list[dict[str, Any]]:
    path = f"expire.{name}"
    refused.conditions(path, rule, ("older_than_days", "beyond_most_recent"), REGISTRY)
    condition = _condition(refused, path, rule) | _scoped(refused, path, rule, scope)
    if rule.older_than_days == 0:
        refused.add(f"{path}.older_than_days", "Artifact Registry's ages begin at a day here; write 1")
    if rule.older_than_days is not None:
        condition["olderThan"] = f"{rule.older_than_days * _DAY_SECONDS}s"
    found = [_policy(name, "DELETE", condition)]
    excluded = excluded_of(rule)
    if excluded:
        prefixes = _prefixes(refused, f"{path}.exclude_tags", excluded)
        found.append(_policy(f"{name}-not", "KEEP", {"tagState": "TAGGED"} | prefixes))
    if rule.beyond_most_recent is not None:
        if rule.tags is not None or state_of(rule) != "any":
            refused.add(f"{path}.beyond_most_recent", "Artifact Registry counts whole packages; select tag_state: any")
        newest: dict[str, Any] = {"keepCount": rule.beyond_most_recent}
        newest |= _scoped(refused, path, rule, scope)
        found.append({"name": f"{name}-newest", "action": {"type": "Keep"}, "mostRecentVersions": newest})
    return found


def _keep(refused: Refusals, name: str, rule: Keep) -> dict[str, Any]:
    path = f"keep.{name}"
    refused.conditions(path, rule, ("newer_than_days", "most_recent"), REGISTRY)
    if rule.exclude_tags:
        refused.add(f"{path}.exclude_tags", "Artifact Registry cannot leave something out of what it keeps")
    packages = _scoped(refused, path, rule, [])
    if rule.most_recent is not None:
        if rule.tags is not None or state_of(rule) != "any":
            refused.add(f"{path}.most_recent", "Artifact Registry counts whole packages; select tag_state: any")
        newest = {"keepCount": rule.most_recent} | packages
        return {"name": name, "action": {"type": "Keep"}, "mostRecentVersions": newest}
    condition = _condition(refused, path, rule) | packages
    if rule.newer_than_days is not None:
        condition["newerThan"] = f"{rule.newer_than_days * _DAY_SECONDS}s"
    return _policy(name, "KEEP", condition)


__all__ = ["REGISTRY", "translate"]
