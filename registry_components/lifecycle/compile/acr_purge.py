"""The unified policy as commands of `acr purge`, one for each rule, and untagged manifests last.

A command removes tags: an image with another tag stays. What keeps is a lookahead in the pattern of each command.
"""

from __future__ import annotations

import shlex
from typing import Final

from ...blocks.lifecycle import Expire, LifecyclePolicy, Selection
from . import regexes
from .target import Candidate, Refusals, state_of

REGISTRY: Final = "acr purge"


def translate(policy: LifecyclePolicy) -> list[Candidate]:
    """Return command lines in the order in which they have to run. Raises `Untranslatable`."""
    refused = Refusals()
    refused.protection(policy, ("immutable_tags",), REGISTRY)
    kept = refused.kept_tags(policy, REGISTRY)
    first, last = [], []
    for name, rule in policy.expire.items():
        path = f"expire.{name}"
        refused.conditions(path, rule, ("older_than_days", "beyond_most_recent"), REGISTRY)
        repository = _repositories(policy, rule)
        if state_of(rule) != "untagged":
            first.append(
                _command(rule, f"{repository}:^{regexes.without(rule.tags or ['*'], [*rule.exclude_tags, *kept])}$")
            )
        if state_of(rule) != "tagged":
            last.append(_command(rule, f"{repository}:.*", "--untagged-only"))
    refused.finish()
    return [Candidate([*first, *last])]


def _repositories(policy: LifecyclePolicy, rule: Selection) -> str:
    """Return the pattern of repositories, which `acr purge` matches as a whole."""
    found = regexes.without(policy.repositories, policy.exclude_repositories)
    if rule.repositories is not None:
        # Both have to match: a lookahead for one of them.
        found = f"(?={found}$){regexes.either(rule.repositories)}"
    return found if ":" not in found.replace("(?:", "") else f"({found})"


def _command(rule: Expire, filter_: str, *more: str) -> str:
    words = ["acr", "purge", "--filter", filter_, "--ago", f"{rule.older_than_days or 0}d"]
    if rule.beyond_most_recent is not None:
        words += ["--keep", str(rule.beyond_most_recent)]
    return shlex.join([*words, *more])


__all__ = ["REGISTRY", "translate"]
