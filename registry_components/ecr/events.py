"""Events of ECR, and where they go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import CheckedArgs
from ..core.errors import Mistake, dotted
from .settings import Tags, tag_mistakes
from .words import Arn, Key, Region, RoleArn

EventKind: TypeAlias = Literal[
    "image-action",
    "image-scan",
    "scan-resource-change",
    "replication-action",
    "pull-through-cache-action",
    "referrer-action",
    "artifact-action",
    "inspector-finding",
    "inspector-scan",
]
DETAIL_TYPES: dict[EventKind, tuple[str, str]] = {
    "image-action": ("aws.ecr", "ECR Image Action"),
    "image-scan": ("aws.ecr", "ECR Image Scan"),
    "scan-resource-change": ("aws.ecr", "ECR Scan Resource Change"),
    "replication-action": ("aws.ecr", "ECR Replication Action"),
    "pull-through-cache-action": ("aws.ecr", "ECR Pull Through Cache Action"),
    "referrer-action": ("aws.ecr", "ECR Referrer Action"),
    "artifact-action": ("aws.ecr", "ECR Artifact Action"),
    "inspector-finding": ("aws.inspector2", "Inspector2 Finding"),
    "inspector-scan": ("aws.inspector2", "Inspector2 Scan"),
}
"""Source and detail type of each kind, as EventBridge has them."""
# `repository-name` and `action-type` stand in the detail of these.
_NAMED: tuple[EventKind, ...] = (
    "image-action",
    "image-scan",
    "replication-action",
    "pull-through-cache-action",
    "referrer-action",
)
_ACTING: tuple[EventKind, ...] = ("image-action", "replication-action", "referrer-action")


class EcrEventTarget(Args):
    """Where events go."""

    arn: Arn
    """ARN of the topic, queue, function, …; its own policy has to let EventBridge in."""
    role_arn: RoleArn | None = None
    """Role that EventBridge takes on, for targets that want one. Default: none."""
    dead_letter_arn: Arn | None = None
    """Queue (SQS) for events that could not be delivered. Default: they are dropped after a day."""


def _rule(rule: EcrEventRule) -> Iterable[Mistake]:
    sources = {DETAIL_TYPES[kind][0] for kind in rule.events}
    for i, kind in enumerate(rule.events):
        if kind in rule.events[:i]:
            yield Mistake(f"events[{i}]", f"{kind!r} is there already; name it once")
    if len(sources) > 1:
        yield Mistake("events", "are ECR's and Inspector's at once, which one pattern cannot tell; make two rules")
        return
    for field, kinds, given in (
        ("repositories", _NAMED, rule.repositories),
        ("actions", _ACTING, rule.actions),
    ):
        others = [kind for kind in rule.events if kind not in kinds]
        if given and others:
            yield Mistake(field, f"is not in events of {', '.join(map(repr, others))}; make a rule of their own")
    if rule.failed and rule.events not in (["replication-action"], ["image-action"]):
        yield Mistake("failed", "is for 'image-action' or 'replication-action' alone; make a rule of its own")
    for i, pattern in enumerate(rule.repositories):
        if not re.fullmatch(r"[a-z0-9][a-z0-9._/-]*\*?", pattern):
            yield Mistake(f"repositories[{i}]", f"{pattern!r} is not a repository's name, and not 'prefix*'")


class EcrEventRule(CheckedArgs):
    """One rule: which events go where."""

    checks = (_rule,)
    stand_ins: ClassVar = {"events": ["image-action"], "targets": {"target": {"arn": "arn:aws:sns:x:0:y"}}}

    events: list[EventKind] = Field(min_length=1)
    """Kinds of events, all of ECR or all of Inspector."""
    targets: dict[Key, EcrEventTarget] = Field(min_length=1, max_length=5)
    """Where they go, 5 at most."""
    repositories: list[str] = []
    """Repositories by name, or `prefix*`. Default: all of them."""
    actions: list[Literal["push", "delete"]] = []
    """What was done. Default: anything."""
    failed: bool = False
    """Only what failed. Default: everything."""
    description: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    """What it is for. Default: nothing."""
    enabled: bool = True
    """Whether it works. Default: true."""


def pattern(rule: EcrEventRule) -> dict[str, Any]:
    """Return the pattern of a rule's events."""
    sources = sorted({DETAIL_TYPES[kind][0] for kind in rule.events})
    found: dict[str, Any] = {"source": sources, "detail-type": sorted(DETAIL_TYPES[kind][1] for kind in rule.events)}
    detail: dict[str, Any] = {}
    if rule.repositories:
        names = sorted(set(rule.repositories))
        detail["repository-name"] = [{"prefix": name[:-1]} if name.endswith("*") else name for name in names]
    if rule.actions:
        detail["action-type"] = sorted(action.upper() for action in set(rule.actions))
    if rule.failed:
        detail["result"] = ["FAILURE"]
    return {**found, "detail": detail} if detail else found


def _all(args: EcrEventsArgs) -> Iterable[Mistake]:
    yield from tag_mistakes(args.tags, "tags")
    for key, rule in sorted(args.rules.items()):
        for other in rule.targets:
            if f"{key}-{other}" in args.rules:
                where = dotted(("rules", key, "targets", other))
                yield Mistake(where, f"is called {key}-{other} in the stack, as a rule is; call one of them otherwise")


class EcrEventsArgs(CheckedArgs):
    """Rules of EventBridge for events of ECR, by key."""

    checks = (_all,)
    stand_ins: ClassVar = {
        "rules": {"rule": {"events": ["image-action"], "targets": {"t": {"arn": "arn:aws:sns:x:0:y"}}}}
    }

    rules: dict[Key, EcrEventRule] = Field(min_length=1)
    """Rules by key."""
    region: Region | None = None
    """Where they are. Default: the provider's region."""
    tags: Tags = {}
    """Tags beside those that say who made them. Default: none."""


__all__ = ["DETAIL_TYPES", "EcrEventRule", "EcrEventTarget", "EcrEventsArgs", "pattern"]
