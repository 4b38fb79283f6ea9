"""The unified policy as a package cleanup policy of JFrog Artifactory: whole packages, by time or by count."""

from __future__ import annotations

from typing import Any, Final

from ...blocks.lifecycle import LifecyclePolicy
from .target import Candidate, Refusals, literal, state_of

REGISTRY: Final = "Artifactory"


def translate(policy: LifecyclePolicy) -> list[Candidate]:
    """Return the search criteria of one cleanup policy. Raises `Untranslatable`."""
    refused = Refusals()
    refused.protection(policy, (), REGISTRY)
    if policy.archive:
        refused.add("archive", "Artifactory's archive is another instance; use its archive policy, and remove it here")
    for name in policy.keep:
        refused.add(f"keep.{name}", "Artifactory's cleanup has no rule that keeps; remove it")
    if len(policy.expire) > 1:
        refused.add("expire", "has several rules, and a cleanup policy of Artifactory is one; keep one of them")
    criteria: dict[str, Any] = {"package_types": ["docker"], "repos": ["**"]}
    if policy.repositories != ["**"]:
        if len(policy.repositories) > 1:
            refused.add("repositories", "Artifactory takes one pattern of packages; give one")
        criteria["included_packages"] = [policy.repositories[0]]
    if policy.exclude_repositories:
        if any("*" in glob or not literal(glob) for glob in policy.exclude_repositories):
            refused.add("exclude_repositories", "Artifactory excludes packages by their full names; write them out")
        criteria["excluded_packages"] = list(policy.exclude_repositories)
    for name, rule in policy.expire.items():
        path = f"expire.{name}"
        refused.conditions(path, rule, ("older_than_days", "unpulled_for_days", "beyond_most_recent"), REGISTRY)
        if rule.tags is not None or rule.exclude_tags or state_of(rule) == "untagged":
            refused.add(path, "Artifactory's cleanup has no patterns of tags; select tag_state: tagged")
        if rule.repositories is not None:
            refused.add(
                f"{path}.repositories", "Artifactory has one pattern of packages; set repositories of the policy"
            )
        times = [field for field in ("older_than_days", "unpulled_for_days") if getattr(rule, field) is not None]
        if rule.beyond_most_recent is not None and times:
            refused.add(path, "Artifactory cleans up by time or by count; keep one of them")
        for field, target in (
            ("older_than_days", "created_before_in_days"),
            ("unpulled_for_days", "last_downloaded_before_in_days"),
            ("beyond_most_recent", "keep_last_n_versions"),
        ):
            if getattr(rule, field) is not None:
                criteria[target] = getattr(rule, field)
        if rule.older_than_days == 0:
            refused.add(f"{path}.older_than_days", "Artifactory's least age is a day; write 1")
    refused.finish()
    return [Candidate({"key": next(iter(policy.expire), "cleanup"), "enabled": True, "search_criteria": criteria})]


__all__ = ["REGISTRY", "translate"]
