"""The unified policy in Amazon ECR's words.

A rule of ECR shields everything that it selects from all later rules. So what is kept always comes first, in rules that
select it and never act; rules by age follow from the shortest on, so that an image of two rules goes by the shorter.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ...blocks.lifecycle import Archive, Expire, Keep, LifecyclePolicy, Selection
from .target import Candidate, Refusals, excluded_of, literal, patterns_of, state_of

REGISTRY: Final = "ECR"
_NEVER: Final = 1_000_000
"""More images than a repository takes: a rule with this count selects, and never acts."""
_MOST_RULES: Final = 50
_MOST_WILDCARDS: Final = 4
_ARCHIVED_DAYS: Final = 90
_STEP: Final = 10


@dataclass(frozen=True)
class _Rule:
    """One rule without its priority."""

    name: str
    status: str
    pattern: str | None
    count: str
    number: int
    action: str = "expire"

    def selection(self) -> dict[str, Any]:
        found: dict[str, Any] = {"tagStatus": self.status}
        if self.pattern is not None:
            found["tagPatternList"] = [self.pattern]
        if self.count == "sinceImageTransitioned":
            found["storageClass"] = "archive"
        found["countType"] = self.count
        if self.count != "imageCountMoreThan":
            found["countUnit"] = "days"
        return found | {"countNumber": self.number}

    def json(self, priority: int) -> dict[str, Any]:
        action: dict[str, Any] = {"type": self.action}
        if self.action == "transition":
            action["targetStorageClass"] = "archive"
        return {"rulePriority": priority, "description": self.name, "selection": self.selection(), "action": action}


@dataclass(frozen=True)
class _Block:
    """The rules of one unified rule, and what it leaves out."""

    shields: tuple[_Rule, ...]
    rules: tuple[_Rule, ...]

    @property
    def by_age(self) -> bool:
        return all(rule.count != "imageCountMoreThan" for rule in self.rules)

    @property
    def number(self) -> int:
        return min(rule.number for rule in self.rules)

    @property
    def last(self) -> bool:
        return any(rule.status == "any" for rule in self.rules)


def translate(policy: LifecyclePolicy) -> list[Candidate]:
    """Return candidates for a repository, the likeliest first. Raises `Untranslatable`."""
    refused = Refusals()
    refused.protection(policy, ("immutable_tags",), REGISTRY)
    shields = [_shield(refused, "protect.immutable_tags", "protect", glob) for glob in policy.protect.immutable_tags]
    for name, keep in policy.keep.items():
        shields += _kept(refused, f"keep.{name}", name, keep)
    blocks = [
        _block(refused, f"{kind}.{name}", name, rule)
        for kind, rules in (("expire", policy.expire), ("archive", policy.archive))
        for name, rule in rules.items()
    ]
    refused.finish()
    blocks = _raised(policy, blocks)
    found: list[Candidate] = []
    for order in _orders(blocks):
        rules = _merged([*shields, *itertools.chain.from_iterable((*block.shields, *block.rules) for block in order)])
        if len(rules) > _MOST_RULES:
            refused.add("expire", f"becomes {len(rules)} rules of ECR, which takes {_MOST_RULES}; use fewer patterns")
            refused.finish()
        document = {"rules": [rule.json((i + 1) * _STEP) for i, rule in enumerate(rules)]}
        candidate = Candidate(
            document=document,
            patterns=[(rule.pattern, "wildcard") for rule in rules if rule.pattern is not None],
            days={rule.number for rule in rules if rule.count != "imageCountMoreThan"},
        )
        if all(document != other.document for other in found):
            found.append(candidate)
    return found


def _orders(blocks: list[_Block]) -> Iterator[list[_Block]]:
    """Yield orders of the rules: those by age before those by count, the reverse, and as they are written."""

    # The rule for any image has to be the last of its storage class.
    def key(block: _Block, *, ages_first: bool) -> tuple[bool, bool, bool, int]:
        return (block.last, bool(block.shields), block.by_age != ages_first, block.number)

    for ages_first in (True, False):
        yield sorted(blocks, key=lambda block: key(block, ages_first=ages_first))
    yield sorted(blocks, key=lambda block: block.last)


def _merged(rules: list[_Rule]) -> list[_Rule]:
    """Leave out a rule whose selection an earlier one has already: it would never have anything left."""
    seen: set[tuple[str, str | None, bool]] = set()
    found = []
    for rule in rules:
        key = (rule.status, rule.pattern, rule.count == "sinceImageTransitioned")
        if key not in seen:
            found.append(rule)
        seen.add(key)
    # ECR wants the rule for any image to be the last.
    return sorted(found, key=lambda rule: rule.status == "any")


def _pattern(refused: Refusals, path: str, glob: str) -> str:
    if not literal(glob):
        refused.add(path, f"ECR's patterns know * alone, and {glob!r} has another wildcard; write it out, or use *")
    plain = "*" if set(glob) == {"*"} else glob.replace("**", "*")
    if plain.count("*") > _MOST_WILDCARDS:
        refused.add(path, f"{glob!r} has {plain.count('*')} wildcards; a pattern of ECR takes {_MOST_WILDCARDS}")
    return plain


def _shield(refused: Refusals, path: str, name: str, glob: str) -> _Rule:
    return _Rule(f"keep {name}", "tagged", _pattern(refused, path, glob), "imageCountMoreThan", _NEVER)


def _selections(refused: Refusals, path: str, rule: Selection) -> list[tuple[str, str | None]]:
    patterns = patterns_of(rule)
    if patterns is not None:
        return [("tagged", _pattern(refused, f"{path}.tags", glob)) for glob in patterns]
    state = state_of(rule)
    return [(state, "*" if state == "tagged" else None)]


def _kept(refused: Refusals, path: str, name: str, rule: Keep) -> list[_Rule]:
    refused.conditions(path, rule, ("newer_than_days",), REGISTRY)
    if rule.exclude_tags:
        refused.add(f"{path}.exclude_tags", "ECR cannot leave something out of what it keeps; name the tags to keep")
    if not rule.always:
        return []
    return [
        _Rule(f"keep {name}", status, pattern, "imageCountMoreThan", _NEVER)
        for status, pattern in _selections(refused, path, rule)
    ]


def _block(refused: Refusals, path: str, name: str, rule: Expire | Archive) -> _Block:
    archives = isinstance(rule, Archive)
    allowed = ["older_than_days", "beyond_most_recent", "then_expire_after_days"]
    if archives:
        allowed.append("unpulled_for_days")
    refused.conditions(path, rule, allowed, REGISTRY)
    if not archives and rule.unpulled_for_days is not None:
        refused.add(
            f"{path}.unpulled_for_days",
            f"ECR only archives by the last pull; archive first, with then_expire_after_days of at least "
            f"{_ARCHIVED_DAYS}",
        )
    given = [
        (kind, getattr(rule, field))
        for field, kind in (
            ("older_than_days", "sinceImagePushed"),
            ("unpulled_for_days", "sinceImagePulled"),
            ("beyond_most_recent", "imageCountMoreThan"),
        )
        if getattr(rule, field) is not None
    ]
    if len(given) > 1:
        refused.add(path, "says two conditions, and a rule of ECR has one: the rule that selects an image shields it "
                    "from the other; keep one of them")  # fmt: skip
    if rule.older_than_days == 0:
        refused.add(f"{path}.older_than_days", "ECR's least age is a day; write 1")
    selections = _selections(refused, path, rule)
    kind, number = given[0] if given else ("imageCountMoreThan", _NEVER)
    if kind == "imageCountMoreThan" and len(selections) > 1:
        refused.add(f"{path}.tags", "has several patterns, and ECR counts for each pattern alone; give each a rule")
    action = "transition" if archives else "expire"
    rules = [_Rule(name, status, pattern, kind, number, action) for status, pattern in selections]
    if isinstance(rule, Archive) and rule.then_expire_after_days is not None:
        after = rule.then_expire_after_days
        if after < _ARCHIVED_DAYS:
            refused.add(f"{path}.then_expire_after_days", f"an archived image stays {_ARCHIVED_DAYS} days at the least")
        rules += [_Rule(name, status, pattern, "sinceImageTransitioned", after) for status, pattern in selections]
    shields = tuple(_shield(refused, f"{path}.exclude_tags", f"out of {name}", glob) for glob in excluded_of(rule))
    return _Block(shields, tuple(rules))


def _raised(policy: LifecyclePolicy, blocks: list[_Block]) -> list[_Block]:
    """Say a `keep` by age as a longer age of every rule: ECR cannot keep by age itself."""
    least = max((rule.newer_than_days or 0 for rule in policy.keep.values()), default=0)
    if not least:
        return blocks
    return [
        _Block(
            block.shields,
            tuple(
                _Rule(rule.name, rule.status, rule.pattern, rule.count, max(rule.number, least), rule.action)
                if rule.count == "sinceImagePushed"
                else rule
                for rule in block.rules
            ),
        )
        for block in blocks
    ]


__all__ = ["REGISTRY", "translate"]
