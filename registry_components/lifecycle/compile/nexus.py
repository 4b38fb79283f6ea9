"""The unified policy as cleanup policies of Sonatype Nexus, one for each rule.

A policy removes tags by the path of their manifest; manifests without a tag, and the space of what goes, are for the
tasks `Docker - Delete unused manifests and images` and `Admin - Compact blob store`.
"""

from __future__ import annotations

from typing import Any, Final

from ...blocks.lifecycle import LifecyclePolicy
from . import regexes
from .target import Candidate, Refusals, state_of

REGISTRY: Final = "Nexus"


def translate(policy: LifecyclePolicy) -> list[Candidate]:
    """Return the cleanup policies of one repository of Nexus. Raises `Untranslatable`."""
    refused = Refusals()
    refused.protection(policy, ("immutable_tags",), REGISTRY)
    kept = refused.kept_tags(policy, REGISTRY)
    found: list[dict[str, Any]] = []
    for name, rule in policy.expire.items():
        path = f"expire.{name}"
        refused.conditions(path, rule, ("older_than_days", "unpulled_for_days"), REGISTRY)
        if state_of(rule) != "tagged":
            refused.add(path, "a cleanup policy is for tags; untagged manifests go with the task "
                        "'Docker - Delete unused manifests and images'")  # fmt: skip
        repository = regexes.without(policy.repositories, policy.exclude_repositories)
        if rule.repositories is not None:
            repository = f"(?={repository}/manifests/){regexes.either(rule.repositories)}"
        tag = regexes.without(rule.tags or ["*"], [*rule.exclude_tags, *kept])
        body: dict[str, Any] = {"name": name, "format": "docker"}
        if rule.older_than_days == 0:
            refused.add(f"{path}.older_than_days", "Nexus's least age is a day; write 1")
        if rule.older_than_days is not None:
            body["criteriaLastBlobUpdated"] = rule.older_than_days
        if rule.unpulled_for_days is not None:
            body["criteriaLastDownloaded"] = rule.unpulled_for_days
        # Anchored on both sides: whether Nexus matches the whole path depends on its database.
        found.append(body | {"criteriaAssetRegex": f"^/?v2/{repository}/manifests/{tag}$"})
    refused.finish()
    return [Candidate(found)]


__all__ = ["REGISTRY", "translate"]
