"""Policies as lint sees them: their rules one by one, what they tell apart, and what is left without one of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...blocks.lifecycle import LifecyclePolicy
from ..compile.covering import Boundaries, boundaries
from ..compile.proof import reduced
from ..semantics import gar, harbor

DAY_SECONDS = 86_400
_COUNTS = frozenset({"countNumber", "keepCount", "latestPushedK", "latestPulledN"})
_SMALL = 6
# A rule with such a count never acts, and is there to shield.
_NEVER = 50_000


@dataclass
class Rule:
    """One rule."""

    path: str
    name: str
    """As the verdicts name it."""
    keeps: bool = False
    tags: list[str] = field(default_factory=list)
    """Its patterns of tags."""
    repositories: list[str] = field(default_factory=list)


@dataclass
class Policy:
    """A policy of one kind."""

    kind: str
    document: Any
    rules: list[Rule]
    about: Boundaries | None
    """What it tells apart; None where that cannot be enumerated."""
    without: Callable[[int], Any]
    """The policy without the rule of a position; None where that leaves nothing."""

    @property
    def small(self) -> Policy:
        """The same with smaller counts in the same order, so that few artifacts show what it does."""
        if self.kind == "unified":
            return read("unified", reduced(self.document, most=_SMALL))
        counts = sorted({number for number in _counts(self.document) if _SMALL < number < _NEVER})
        table = {number: _SMALL + 1 + place for place, number in enumerate(counts)}
        return read(self.kind, _recounted(self.document, table)) if table else self


def _counted(value: Mapping[str, Any], key: str) -> bool:
    return key in _COUNTS and isinstance(value[key], int) and (key != "countNumber" or "countUnit" not in value)


def _counts(value: Any) -> Iterator[int]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _counted(value, key):
                yield item
            else:
                yield from _counts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _counts(item)


def _recounted(value: Any, table: Mapping[int, int]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: table.get(item, item) if _counted(value, key) else _recounted(item, table)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_recounted(item, table) for item in value]
    return value


def read(kind: str, document: Any) -> Policy:
    """Return a policy that its registry takes."""
    reader = _READERS.get(kind)
    return Policy(kind, document, [], None, lambda _: None) if reader is None else reader(document)


def _unified(document: Any) -> Policy:
    policy = LifecyclePolicy.load(document)
    rules = [
        Rule(f"{kind}.{name}", name, kind == "keep", [*(said.tags or []), *said.exclude_tags], said.repositories or [])
        for kind in ("expire", "archive", "keep")
        for name, said in getattr(policy, kind).items()
    ]

    def without(position: int) -> Any:
        kind, _, name = rules[position].path.partition(".")
        left = {key: said for key, said in getattr(policy, kind).items() if key != name}
        found = policy.model_copy(update={kind: left})
        return found if found.expire or found.archive else None

    return Policy("unified", policy, rules, boundaries(policy), without)


def _ecr(document: Any) -> Policy:
    rules, about = [], Boundaries(archives=True)
    for index, said in enumerate(document["rules"]):
        selection = said["selection"]
        patterns, prefixes = selection.get("tagPatternList") or [], selection.get("tagPrefixList") or []
        about.patterns += [(text, "wildcard") for text in patterns] + [(text, "prefix") for text in prefixes]
        number = selection["countNumber"]
        if selection["countType"] == "imageCountMoreThan":
            about.counts |= {number} if number < _NEVER else set()
        else:
            about.days.add(number)
            about.pulls |= selection["countType"] == "sinceImagePulled"
        rules.append(Rule(f"rules[{index}]", str(said["rulePriority"]), tags=[*patterns, *(f"{p}*" for p in prefixes)]))
    return Policy("ecr", document, rules, about, _from_list(document, "rules"))


def _gar(document: Any) -> Policy:
    policies, _ = gar.parse(document)
    rules, about = [], Boundaries()
    for item in policies:
        about.patterns += [(text, "prefix") for text in item.tag_prefixes]
        about.repositories += [(text, "prefix") for text in item.package_prefixes]
        about.days |= {int(age // (DAY_SECONDS * 1_000_000)) for age in (item.older, item.newer) if age is not None}
        if item.keep_count is not None:
            about.counts.add(item.keep_count)
        rules.append(
            Rule(item.id, item.id, item.action == "KEEP", [f"{p}*" for p in item.tag_prefixes],
                 [f"{p}**" for p in item.package_prefixes])
        )  # fmt: skip

    def without(position: int) -> Any:
        body = copy.deepcopy(document)
        inner = body
        if isinstance(body, Mapping):
            key = next((name for name in ("cleanupPolicies", "policies") if name in body), None)
            inner = body if key is None else body[key]
        if isinstance(inner, list):
            del inner[position]
        else:
            del inner[rules[position].path]
        return body if inner else None

    return Policy("gar", document, rules, about, without)


def _harbor(document: Any) -> Policy:
    rules, about = [], Boundaries(pulls=True)
    for index, item in enumerate(harbor.parse(document)):
        rule = Rule(f"rules[{index}]", str(index + 1), keeps=True)
        if item is not None:
            rule.tags = [one.pattern for one in item.tags]
            rule.repositories = [one.pattern for one in item.repositories]
            about.patterns += [(pattern, "doublestar") for pattern in rule.tags]
            about.repositories += [(pattern, "doublestar") for pattern in rule.repositories]
            if item.template.startswith("latest"):
                about.counts |= {item.number} if item.number < _NEVER else set()
            elif item.template != "always":
                about.days.add(min(item.number, 36_500))
        rules.append(rule)
    return Policy("harbor", document, rules, about, _from_list(document, "rules"))


def _from_list(document: Any, key: str) -> Callable[[int], Any]:
    def without(position: int) -> Any:
        left = [rule for index, rule in enumerate(document[key]) if index != position]
        return {**document, key: left} if left else None

    return without


_READERS: dict[str, Callable[[Any], Policy]] = {"unified": _unified, "ecr": _ecr, "gar": _gar, "harbor": _harbor}


def rules_of(policy: Policy) -> Iterator[tuple[int, Rule]]:
    """Yield the rules with their positions."""
    yield from enumerate(policy.rules)


__all__ = ["Policy", "Rule", "read", "rules_of"]
