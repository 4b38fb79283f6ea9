"""The unified policy as Azure Container Registry's retention policy: one number of days for untagged manifests."""

from __future__ import annotations

from typing import Final

from ...blocks.lifecycle import LifecyclePolicy
from .target import Candidate, Refusals, state_of

REGISTRY: Final = "ACR's retention policy"
_MOST_DAYS: Final = 365


def translate(policy: LifecyclePolicy) -> list[Candidate]:
    """Return the retention policy of the whole registry. Raises `Untranslatable`."""
    refused = Refusals()
    refused.protection(policy, (), REGISTRY)
    if policy.repositories != ["**"] or policy.exclude_repositories:
        refused.add("repositories", 'the retention policy is for the whole registry; write ["**"], or use acr-purge')
    for kind in ("archive", "keep"):
        for name in getattr(policy, kind):
            refused.add(
                f"{kind}.{name}",
                "the retention policy is one number of days for untagged manifests; remove it, or use acr-purge",
            )
    if len(policy.expire) > 1:
        refused.add("expire", "has several rules, and the retention policy is one number of days; keep one of them")
    days = 0
    for name, rule in policy.expire.items():
        path = f"expire.{name}"
        refused.conditions(path, rule, ("older_than_days",), REGISTRY)
        if state_of(rule) != "untagged" or rule.repositories:
            refused.add(path, "the retention policy is for untagged manifests of the whole registry alone; "
                        "select tag_state: untagged, or use acr-purge")  # fmt: skip
        days = rule.older_than_days or 0
        if days > _MOST_DAYS:
            refused.add(f"{path}.older_than_days", f"the retention policy takes at most {_MOST_DAYS} days")
    refused.finish()
    return [Candidate({"retentionPolicy": {"days": days, "status": "enabled"}}, days={days})]


__all__ = ["REGISTRY", "translate"]
