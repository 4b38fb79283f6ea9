"""Cleanup policies, in Artifact Registry's own terms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, Tag

from ..blocks.lifecycle import LifecyclePolicy
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from ..lifecycle import choice

MOST = 10
"""How many policies a repository takes."""
MOST_DAYS = 3_652_500
"""The longest age that the API's durations hold: ten thousand years."""
_PREFIXES = ("tag_prefixes", "version_prefixes", "package_prefixes")


def _check_id(text: str) -> str | None:
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126})", text):
        return None
    return f"{text!r} is not a policy's id; use 1 to 127 letters, digits and . _ -, a letter or digit first"


PolicyId = Annotated[str, validated(_check_id)]


def _policy(policy: GarCleanupPolicy) -> Iterable[Mistake]:
    conditions = _conditions(policy)
    if policy.keep_count is not None:
        if policy.action == "delete":
            yield Mistake("keep_count", "is for action 'keep' alone; set action to 'keep', or remove it")
        # rule 12
        others = [name for name in conditions if name != "package_prefixes"]
        if others:
            yield Mistake(
                "keep_count",
                f"and {', '.join(others)} cannot stand in one policy; make two policies of action 'keep'",
            )
        return
    if not conditions:
        yield Mistake(
            "action",
            "'delete' without a condition would remove every version; add older_than_days or tag_state 'untagged'"
            if policy.action == "delete"
            else "'keep' without a condition keeps every version; add keep_count or a condition",
        )


def _conditions(policy: GarCleanupPolicy) -> list[str]:
    # Each field is asked for, so that nothing is said of a condition's absence where it is there and not valid.
    ages = [name for name in ("older_than_days", "newer_than_days") if getattr(policy, name) is not None]
    prefixes = [name for name in _PREFIXES if getattr(policy, name)]
    return [*(["tag_state"] if policy.tag_state != "any" else []), *ages, *prefixes]


def _wildcards(policy: GarCleanupPolicy) -> Iterable[Mistake]:
    for name in _PREFIXES:
        for position, prefix in enumerate(getattr(policy, name)):
            if "*" not in prefix:
                continue
            begins = prefix.split("*", 1)[0]
            way = f"write {begins!r}" if begins else "write how it begins, or remove it"
            yield Mistake(f"{name}[{position}]", f"{prefix!r} has a *, and a prefix has no wildcards; {way}")


def _contradictions(policy: GarCleanupPolicy) -> Iterable[Mistake]:
    if policy.tag_prefixes and policy.tag_state == "untagged":
        yield Mistake("tag_prefixes", "never match where tag_state is 'untagged'; remove one of them")
    if (
        policy.older_than_days is not None
        and policy.newer_than_days is not None
        and policy.older_than_days >= policy.newer_than_days
    ):
        yield Mistake(
            "older_than_days",
            f"{policy.older_than_days} with newer_than_days {policy.newer_than_days} matches no version; "
            "older_than_days has to be the smaller one",
        )


class GarCleanupPolicy(CheckedArgs):
    """One policy. All its conditions have to hold; prefixes hold where one of them does."""

    checks = (_policy, _contradictions, _wildcards)
    stand_ins: ClassVar = {"action": "delete"}

    action: Literal["delete", "keep"]
    """What happens to versions that match. Where both match, they are kept."""
    tag_state: Literal["tagged", "untagged", "any"] = "any"
    """Whether versions have a tag. Default: any."""
    tag_prefixes: list[Annotated[str, Field(min_length=1)]] = []
    """How a tag of the version begins. Default: anyhow."""
    version_prefixes: list[Annotated[str, Field(min_length=1)]] = []
    """How the version's name begins; an image's is its digest. Default: anyhow."""
    package_prefixes: list[Annotated[str, Field(min_length=1)]] = []
    """How the package's (image's) name begins. Default: anyhow."""
    older_than_days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    """Uploaded more than that many days ago. Default: any age."""
    newer_than_days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    """Uploaded less than that many days ago. Default: any age."""
    keep_count: int | None = Field(default=None, ge=1, le=2**31 - 1)
    """Keep that many newest versions of each package; with no other condition than `package_prefixes`. Default: no
    count."""

    @property
    def conditions(self) -> list[str]:
        """The conditions that are set."""
        return _conditions(self)


def _lifecycle(lifecycle: GarLifecycle) -> Iterable[Mistake]:
    if lifecycle.policy is not None and lifecycle.policies:
        yield Mistake("policies", "cannot stand beside policy, which becomes such policies; remove one of them")
    if len(lifecycle.policies) > MOST:
        extra = len(lifecycle.policies) - MOST
        yield Mistake("policies", f"has {MOST + extra} entries, and a repository takes {MOST}; remove {extra}")
    # rule 11
    if lifecycle.policies and all(policy.action == "keep" for policy in lifecycle.policies.values()):
        yield Mistake(
            "policies", "has no policy of action 'delete', so nothing is ever deleted; add one, or remove the others"
        )
    if lifecycle.dry_run and not lifecycle.policies and lifecycle.policy is None:
        yield Mistake("dry_run", "has no policies to try; add policies, or remove it")


class GarLifecycle(CheckedArgs):
    """What is removed by itself, within a day or so."""

    checks = (_lifecycle,)

    policies: dict[PolicyId, GarCleanupPolicy] = {}
    """Policies by id. Default: none, so that everything stays."""
    policy: LifecyclePolicy | None = None
    """The unified policy instead, whose repositories are packages (images) of this repository. Default: none."""
    dry_run: bool = False
    """Only write down (in Data Access audit logs) what would be deleted. Default: false."""


AnyGarLifecycle: TypeAlias = Annotated[
    Annotated[GarLifecycle, Tag("GarLifecycle")] | Annotated[LifecyclePolicy, Tag("LifecyclePolicy")],
    choice.chosen_by(GarLifecycle),
]
"""Artifact Registry's own policies, or the unified one."""


def from_unified(policy: LifecyclePolicy) -> dict[str, GarCleanupPolicy]:
    """Return a unified policy as cleanup policies.

    Raises `LifecycleNotExpressible` where Artifact Registry cannot carry it out as it is meant.
    """
    found: dict[str, GarCleanupPolicy] = {}
    for said in choice.translated("gar", policy):
        action = said["action"]["type"].lower()
        condition, newest = said.get("condition", {}), said.get("mostRecentVersions")
        if newest is not None:
            packages = newest.get("packageNamePrefixes", [])
            found[said["name"]] = GarCleanupPolicy(
                action=action, keep_count=newest["keepCount"], package_prefixes=packages
            )
            continue
        found[said["name"]] = GarCleanupPolicy(
            action=action,
            tag_state=condition.get("tagState", "ANY").lower(),
            tag_prefixes=condition.get("tagPrefixes", []),
            version_prefixes=condition.get("versionNamePrefixes", []),
            package_prefixes=condition.get("packageNamePrefixes", []),
            older_than_days=_days(condition.get("olderThan")),
            newer_than_days=_days(condition.get("newerThan")),
        )
    return found


def _days(duration: str | None) -> int | None:
    return None if duration is None else int(duration.removesuffix("s")) // 86_400


__all__ = ["MOST", "AnyGarLifecycle", "GarCleanupPolicy", "GarLifecycle", "PolicyId", "from_unified"]
