"""What the OCI API does not tell, and which rules go by it: they would delete nothing, or too much.

The API lists what tags lead to, and tells neither when something was pushed nor when it was pulled. Of an image, the
time at which it says to be built can stand for the push; nothing can stand for the pull.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...blocks.lifecycle import Keep, LifecyclePolicy, Limits
from ...core.errors import Mistake


def mistakes(policy: LifecyclePolicy, *, assume_created: bool) -> Iterator[Mistake]:
    """Yield which rules of a policy go by what is not told where artifacts are listed over the OCI API."""
    if policy.archive:
        yield Mistake("policy.archive", "regc prune deletes, and archives nothing; expire, or remove it")
    yield from by_pulls(policy)
    yield from without_effect(policy, assume_created=assume_created)


def by_pulls(policy: LifecyclePolicy) -> Iterator[Mistake]:
    """Yield which rules go by pulls: they would let go what is in use."""
    for name, rule in sorted(policy.expire.items()):
        if rule.unpulled_for_days is not None:
            yield Mistake(
                f"policy.expire.{name}.unpulled_for_days",
                "goes by pulls, which the registry's API does not tell: everything would count as never pulled; write "
                "older_than_days",
            )
    for name, kept in sorted(policy.keep.items()):
        if kept.pulled_within_days is not None:
            yield Mistake(
                f"policy.keep.{name}.pulled_within_days",
                "goes by pulls, which the registry's API does not tell: nothing would be kept; write newer_than_days, "
                "or protect what runs",
            )


def without_effect(policy: LifecyclePolicy, *, assume_created: bool) -> Iterator[Mistake]:
    """Yield which other rules would delete nothing, or keep everything."""
    for name, rule in sorted(policy.expire.items()):
        if rule.unpulled_for_days is not None:
            continue
        if rule.tag_state == "untagged":
            yield Mistake(
                f"policy.expire.{name}",
                "selects what no tag leads to, which the registry's API does not list, so it deletes nothing; remove "
                "it, and let the registry collect that by itself",
            )
        elif not assume_created and _by_time(rule):
            yield _unknown(f"policy.expire.{name}", "deletes nothing")
    for name, kept in sorted(policy.keep.items()):
        if kept.pulled_within_days is None and not assume_created and _keeps_by_time(kept):
            yield _unknown(f"policy.keep.{name}", "keeps everything")


def _by_time(rule: Limits) -> bool:
    ranked = rule.beyond_most_recent is not None or rule.beyond_bytes is not None
    return rule.older_than_days is not None or (ranked and rule.by == "pushed")


def _keeps_by_time(rule: Keep) -> bool:
    return rule.newer_than_days is not None or (rule.most_recent is not None and rule.by == "pushed")


def _unknown(path: str, what: str) -> Mistake:
    return Mistake(
        path,
        f"goes by the time of push, which the registry's API does not tell, so it {what}; take the time of an "
        "image's build for it (assume_created), or rank by: version",
    )


__all__ = ["by_pulls", "mistakes", "without_effect"]
