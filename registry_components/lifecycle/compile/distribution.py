"""The unified policy as Distribution's garbage collection: what no tag leads to, or nothing."""

from __future__ import annotations

from typing import Final

from ...blocks.lifecycle import LifecyclePolicy
from .target import Candidate, Refusals, state_of

REGISTRY: Final = "Distribution"
_HINT: Final = "Distribution only collects what has no tag, whatever its age; prune with regc prune instead"


def translate(policy: LifecyclePolicy) -> list[Candidate]:
    """Return the options of `registry garbage-collect`. Raises `Untranslatable`."""
    refused = Refusals()
    refused.protection(policy, (), REGISTRY)
    if policy.repositories != ["**"] or policy.exclude_repositories:
        refused.add(
            "repositories", 'garbage collection is for the whole registry; write ["**"], or prune with regc prune'
        )
    for kind in ("archive", "keep"):
        for name in getattr(policy, kind):
            refused.add(f"{kind}.{name}", _HINT)
    for name, rule in policy.expire.items():
        path = f"expire.{name}"
        refused.conditions(path, rule, ("older_than_days",), REGISTRY)
        if state_of(rule) != "untagged" or rule.repositories or rule.older_than_days != 0:
            refused.add(path, _HINT)
    refused.finish()
    return [Candidate({"delete_untagged": True})]


__all__ = ["REGISTRY", "translate"]
