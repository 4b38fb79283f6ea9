"""Lifecycle policies, in ECR's own terms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ..core.checked import CheckedArgs
from ..core.errors import Mistake, mistakes_error
from ..core.validated import validated

MOST_RULES = 50
ARCHIVE_DAYS = 90
"""How long an archived image stays at the least."""
_MOST_CHARACTERS = 30_720
_COUNTS = {
    "keep_count": "imageCountMoreThan",
    "after_days": "sinceImagePushed",
    "unpulled_days": "sinceImagePulled",
    "archived_days": "sinceImageTransitioned",
}


def _check_pattern(text: str) -> str | None:
    if text.count("*") > 4:
        return f"{text!r} has {text.count('*')} wildcards; a pattern takes 4"
    if re.fullmatch(r"[A-Za-z0-9_*][A-Za-z0-9._*-]{0,127}", text):
        return None
    return f"{text!r} is not a pattern of tags; use characters of tags, and * for anything"


def _check_prefix(text: str) -> str | None:
    if "*" in text:
        return f"{text!r} has a wildcard; put it into tag_patterns"
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", text):
        return None
    return f"{text!r} is not how a tag begins"


def _counts(rule: EcrLifecycleRule) -> Iterable[Mistake]:
    given = [name for name in _COUNTS if getattr(rule, name) is not None]
    if not given:
        yield Mistake("", f"needs one of {', '.join(_COUNTS)}, to say which images it is for")
    if len(given) > 1:
        yield Mistake(given[1], f"cannot stand beside {given[0]}; make two rules, or remove one of them")


def _tags(rule: EcrLifecycleRule) -> Iterable[Mistake]:
    lists = [name for name in ("tag_patterns", "tag_prefixes") if getattr(rule, name)]
    if len(lists) == 2:
        yield Mistake("tag_prefixes", "cannot stand beside tag_patterns; write 'v' as the pattern 'v*'")
    if rule.tag_status is None and not lists:
        yield Mistake(
            "tag_status", "is required where no tags are given; say 'untagged', or 'any' if all images are meant"
        )
    if rule.tag_status == "tagged" and not lists:
        yield Mistake("tag_patterns", "is required for tag_status 'tagged'; write ['*'] for all tags")
    if rule.tag_status in ("untagged", "any") and lists:
        yield Mistake(lists[0], f"is for tagged images, and tag_status is {rule.tag_status!r}; remove one of them")


def _archive(rule: EcrLifecycleRule) -> Iterable[Mistake]:
    if rule.unpulled_days is not None and rule.action == "expire":
        yield Mistake(
            "unpulled_days",
            "is for action 'transition' alone: ECR deletes nothing by the last pull; archive first, and delete with a "
            "second rule of archived_days",
        )
    if rule.archived_days is None:
        return
    if rule.action == "transition":
        yield Mistake("archived_days", "is about images that are archived already; set action to 'expire'")
    # rule 7
    if rule.archived_days < ARCHIVE_DAYS:
        yield Mistake(
            "archived_days",
            f"must be at least {ARCHIVE_DAYS}, how long an archived image stays, not {rule.archived_days}",
        )


class EcrLifecycleRule(CheckedArgs):
    """One rule. It takes the images it selects away from all later rules, also where it leaves them alone.

    Exactly one of `keep_count`, `after_days`, `unpulled_days` and `archived_days` is given.
    """

    checks = (_counts, _tags, _archive)

    action: Literal["expire", "transition"] = "expire"
    """`expire` deletes; `transition` archives: the image stays for 90 days at least, and pulling it answers 404.
    Default: expire."""
    tag_status: Literal["tagged", "untagged", "any"] | None = None
    """Which images it selects. Default: tagged, where tags are given; else it has to be said."""
    tag_patterns: list[Annotated[str, validated(_check_pattern)]] = []
    """Patterns of tags, with `*`; an image needs a match for every one of them. Default: none."""
    tag_prefixes: list[Annotated[str, validated(_check_prefix)]] = []
    """Beginnings of tags; an image needs a match for every one of them. Default: none."""
    keep_count: int | None = Field(default=None, ge=1)
    """Acts on all but that many newest images."""
    after_days: int | None = Field(default=None, ge=1)
    """Acts on images that were pushed more days ago."""
    unpulled_days: int | None = Field(default=None, ge=1)
    """Archives images that nobody has pulled for more days."""
    archived_days: int | None = None
    """Deletes images that have been archived for more days; at least 90."""
    priority: int | None = Field(default=None, ge=1)
    """Order of rules, lowest first. Default: one more than the rule before it."""
    description: str | None = Field(default=None, min_length=1)
    """What it is for. Default: nothing."""

    @property
    def selects(self) -> str:
        """The status of the images it selects."""
        return self.tag_status or "tagged"

    @property
    def storage_class(self) -> str:
        """Where the images are that it is about."""
        return "standard" if self.archived_days is None else "archive"


def priorities(rules: Sequence[EcrLifecycleRule]) -> list[int]:
    """Return each rule's priority: its own, else one more than that of the rule before it."""
    found: list[int] = []
    for rule in rules:
        found.append(rule.priority if rule.priority is not None else (found[-1] if found else 0) + 1)
    return found


def _priorities(policy: EcrLifecyclePolicy) -> Iterable[Mistake]:
    seen: dict[int, int] = {}
    for i, number in enumerate(priorities(policy.rules)):
        if number in seen:
            yield Mistake(f"rules[{i}].priority", f"{number} is that of rules[{seen[number]}]; each has its own")
        seen.setdefault(number, i)


def _together(policy: EcrLifecyclePolicy) -> Iterable[Mistake]:
    ordered = sorted(enumerate(policy.rules), key=lambda item: (priorities(policy.rules)[item[0]], item[0]))
    for storage in ("standard", "archive"):
        of_class = [(i, rule) for i, rule in ordered if rule.storage_class == storage]
        untagged: int | None = None
        prefixes: dict[str, int] = {}
        for place, (i, rule) in enumerate(of_class):
            if rule.selects == "any" and place + 1 < len(of_class):
                yield Mistake(f"rules[{i}]", "selects any image and so has to be the last rule; move it to the end")
            if rule.selects == "untagged":
                if untagged is not None:
                    yield Mistake(f"rules[{i}]", f"selects untagged images, as rules[{untagged}] does; one rule may")
                untagged = i if untagged is None else untagged
            for prefix in rule.tag_prefixes:
                if prefix in prefixes:
                    yield Mistake(f"rules[{i}].tag_prefixes", f"{prefix!r} is in rules[{prefixes[prefix]}] already")
                prefixes.setdefault(prefix, i)


def _size(policy: EcrLifecyclePolicy) -> Iterable[Mistake]:
    length = len(text(policy))
    if length > _MOST_CHARACTERS:
        yield Mistake("rules", f"make a policy of {length} characters; ECR takes {_MOST_CHARACTERS}")


class EcrLifecyclePolicy(CheckedArgs):
    """What is deleted or archived by itself, within a day."""

    checks = (_priorities, _together, _size)
    stand_ins: ClassVar = {"rules": [{"tag_status": "untagged", "after_days": 7}]}

    rules: list[EcrLifecycleRule] = Field(min_length=1, max_length=MOST_RULES)
    """Rules in the order they apply, 50 at most."""


def expire_untagged(*, after_days: int) -> EcrLifecycleRule:
    """Return the rule that deletes images without a tag that were pushed more days ago."""
    return EcrLifecycleRule(tag_status="untagged", after_days=after_days)


def keep_latest(count: int, *, tags: Sequence[str] = ()) -> EcrLifecycleRule:
    """Return the rule that keeps that many newest images whose tag matches a pattern, and deletes the others.

    Without `tags` it is for all images that no rule before it selects. Raises `StackError` for more than one pattern:
    ECR would select only images that match all of them.
    """
    if len(tags) > 1:
        raise mistakes_error(
            "keep_latest",
            [Mistake("tags", "takes one pattern: ECR takes several as 'all of them'; write one keep_latest for each")],
        )
    if tags:
        return EcrLifecycleRule(tag_patterns=list(tags), keep_count=count)
    return EcrLifecycleRule(tag_status="any", keep_count=count)


def document(policy: EcrLifecyclePolicy) -> dict[str, Any]:
    """Return the policy as ECR has it, without a member that has no value."""
    rules = []
    for number, rule in sorted(zip(priorities(policy.rules), policy.rules, strict=True), key=lambda item: item[0]):
        # rule 9: ECR answers 400 to a member that is null.
        rendered: dict[str, Any] = {"rulePriority": number}
        if rule.description is not None:
            rendered["description"] = rule.description
        selection: dict[str, Any] = {"tagStatus": rule.selects}
        for name, values in (("tagPatternList", rule.tag_patterns), ("tagPrefixList", rule.tag_prefixes)):
            if values:
                selection[name] = sorted(set(values))
        if rule.storage_class == "archive":
            selection["storageClass"] = "archive"
        for name, count_type in _COUNTS.items():
            number_of = getattr(rule, name)
            if number_of is not None:
                selection["countType"] = count_type
                if name != "keep_count":
                    selection["countUnit"] = "days"
                selection["countNumber"] = number_of
        rendered["selection"] = selection
        archived = {"targetStorageClass": "archive"} if rule.action == "transition" else {}
        rendered["action"] = {"type": rule.action, **archived}
        rules.append(rendered)
    return {"rules": rules}


def from_document(document: Mapping[str, Any]) -> EcrLifecyclePolicy:
    """Return the policy that ECR's JSON says."""
    rules = []
    for rule in document["rules"]:
        said, action = rule["selection"], rule["action"]
        count = next(name for name, count_type in _COUNTS.items() if count_type == said["countType"])
        selected = {"tag_status": said["tagStatus"], "tag_patterns": said.get("tagPatternList", [])}
        rules.append(
            EcrLifecycleRule(
                **selected,
                **{count: said["countNumber"]},
                action=action["type"],
                priority=rule["rulePriority"],
                description=rule.get("description"),
            )
        )
    return EcrLifecyclePolicy(rules=rules)


def text(policy: EcrLifecyclePolicy) -> str:
    """Return the policy as JSON."""
    return json.dumps(document(policy), separators=(",", ":"))


__all__ = [
    "EcrLifecyclePolicy",
    "EcrLifecycleRule",
    "document",
    "expire_untagged",
    "from_document",
    "keep_latest",
    "text",
]
