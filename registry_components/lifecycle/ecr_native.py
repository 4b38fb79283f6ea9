"""ECR's rules for lifecycle policies, as the service applies them when a policy is put."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_RULE: Final = ("rulePriority", "description", "selection", "action")
_SELECTION: Final = (
    "tagStatus",
    "tagPatternList",
    "tagPrefixList",
    "storageClass",
    "countType",
    "countUnit",
    "countNumber",
)
_COUNTS: Final = ("imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned")
_MOST_RULES: Final = 50
_MOST_BYTES: Final = 30_720
_ARCHIVED_DAYS: Final = 90
_MOST_WILDCARDS: Final = 4

Mistake = tuple[str, str]


def mistakes(text: str) -> Iterator[Mistake]:
    """Yield what ECR refuses in a lifecycle policy: where it stands and why."""
    if not 100 <= len(text) <= _MOST_BYTES:
        yield "", f"must have 100 to {_MOST_BYTES} characters, not {len(text)}"
    try:
        policy = json.loads(text)
    except ValueError as error:
        yield "", f"is not JSON: {error}"
        return
    rules = policy.get("rules") if isinstance(policy, Mapping) else None
    if not isinstance(rules, list) or not rules:
        yield "rules", "a policy needs a list of at least one rule"
        return
    if len(rules) > _MOST_RULES:
        yield "rules", f"a policy has at most {_MOST_RULES} rules, not {len(rules)}"
    nulls = list(_nulls(policy, ""))
    yield from nulls
    if nulls:
        return
    for key in policy.keys() - {"rules"}:
        yield key, "is not a member of a lifecycle policy"
    shaped = True
    for index, rule in enumerate(rules):
        found = list(_rule(rule, f"rules[{index}]"))
        shaped = shaped and not found
        yield from found
    if shaped:
        yield from _together(rules)


def _nulls(value: Any, path: str) -> Iterator[Mistake]:
    # rule 9: the service answers 400 to a member that is null.
    if value is None:
        yield path, "is null; a member without a value has to be left out"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _nulls(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nulls(item, f"{path}[{index}]")


def _rule(rule: Any, path: str) -> Iterator[Mistake]:
    if not isinstance(rule, Mapping):
        yield path, "must be an object"
        return
    for key in rule:
        if key not in _RULE:
            yield f"{path}.{key}", "is not a member of a rule"
    priority = rule.get("rulePriority")
    if not isinstance(priority, int) or isinstance(priority, bool) or priority < 1:
        yield f"{path}.rulePriority", "must be a whole number of at least 1"
    selection, action = rule.get("selection"), rule.get("action")
    if not isinstance(selection, Mapping):
        yield f"{path}.selection", "is missing"
    else:
        yield from _selection(selection, f"{path}.selection")
    if not isinstance(action, Mapping):
        yield f"{path}.action", "is missing"
    else:
        yield from _action(action, f"{path}.action")
    if isinstance(selection, Mapping) and isinstance(action, Mapping):
        yield from _pair(selection, action, path)


def _selection(selection: Mapping[str, Any], path: str) -> Iterator[Mistake]:
    for key in selection:
        if key not in _SELECTION:
            yield f"{path}.{key}", "is not a member of a selection"
    status, count = selection.get("tagStatus"), selection.get("countType")
    lists = [key for key in ("tagPatternList", "tagPrefixList") if selection.get(key)]
    if status not in ("tagged", "untagged", "any"):
        yield f"{path}.tagStatus", f"must be one of tagged, untagged, any, not {status!r}"
    elif status == "tagged" and len(lists) != 1:
        yield path, "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED, one of the two"
    elif status != "tagged" and lists:
        yield f"{path}.{lists[0]}", f"goes with tagStatus tagged alone, not {status}"
    for pattern in selection.get("tagPatternList") or ():
        if not isinstance(pattern, str) or pattern.count("*") > _MOST_WILDCARDS:
            yield f"{path}.tagPatternList", f"a pattern is a text with at most {_MOST_WILDCARDS} *, not {pattern!r}"
    if count not in _COUNTS:
        yield f"{path}.countType", f"must be one of {', '.join(_COUNTS)}, not {count!r}"
    elif count == "imageCountMoreThan" and "countUnit" in selection:
        yield f"{path}.countUnit", "goes with a countType of time, not imageCountMoreThan"
    elif count != "imageCountMoreThan" and selection.get("countUnit") != "days":
        yield f"{path}.countUnit", f"must be days where countType is {count}"
    number = selection.get("countNumber")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        yield f"{path}.countNumber", "must be a whole number of at least 1"
    if selection.get("storageClass", "standard") not in ("standard", "archive"):
        yield f"{path}.storageClass", f"must be standard or archive, not {selection['storageClass']!r}"


def _action(action: Mapping[str, Any], path: str) -> Iterator[Mistake]:
    kind = action.get("type")
    for key in action.keys() - {"type", "targetStorageClass"}:
        yield f"{path}.{key}", "is not a member of an action"
    if kind not in ("expire", "transition"):
        yield f"{path}.type", f"must be expire or transition, not {kind!r}"
    elif kind == "transition" and action.get("targetStorageClass") != "archive":
        yield f"{path}.targetStorageClass", "must be archive where type is transition"
    elif kind == "expire" and "targetStorageClass" in action:
        yield f"{path}.targetStorageClass", "goes with type transition alone"


def _pair(selection: Mapping[str, Any], action: Mapping[str, Any], path: str) -> Iterator[Mistake]:
    count, kind, storage = selection.get("countType"), action.get("type"), selection.get("storageClass", "standard")
    if count == "sinceImagePulled" and kind == "expire":
        yield f"{path}.selection.countType", "sinceImagePulled goes with type transition alone"
    if count == "sinceImageTransitioned":
        number = selection.get("countNumber")
        if kind != "expire" or storage != "archive":
            yield f"{path}.selection.countType", "sinceImageTransitioned needs type expire and storageClass archive"
        elif isinstance(number, int) and number < _ARCHIVED_DAYS:
            # rule 7: an archived image is kept for 90 days at least.
            yield f"{path}.selection.countNumber", f"must be at least {_ARCHIVED_DAYS} days for an archived image"
    elif storage == "archive" and count in _COUNTS:
        yield f"{path}.selection.storageClass", "archive goes with countType sinceImageTransitioned alone"


def _together(rules: list[Mapping[str, Any]]) -> Iterator[Mistake]:
    seen: dict[int, int] = {}
    for index, rule in enumerate(rules):
        priority = rule["rulePriority"]
        if priority in seen:
            yield f"rules[{index}].rulePriority", f"{priority} is the priority of rules[{seen[priority]}] already"
        seen.setdefault(priority, index)
    for storage in ("standard", "archive"):
        same_class = [
            (index, rule["rulePriority"], rule["selection"])
            for index, rule in enumerate(rules)
            if rule["selection"].get("storageClass", "standard") == storage
        ]
        last = max((priority for _, priority, _ in same_class), default=0)
        untagged, prefixes = 0, set[str]()
        for index, priority, selection in same_class:
            path = f"rules[{index}]"
            if selection["tagStatus"] == "any" and priority != last:
                yield f"{path}.rulePriority", "Rule for tagStatus=ANY must have the lowest priority per storage class"
            untagged += selection["tagStatus"] == "untagged"
            if selection["tagStatus"] == "untagged" and untagged > 1:
                yield f"{path}.selection.tagStatus", "Only one rule can select Untagged images per storage class"
            for prefix in selection.get("tagPrefixList", ()):
                if prefix in prefixes:
                    yield f"{path}.selection.tagPrefixList", f"the prefix {prefix!r} is in another rule already"
            prefixes.update(selection.get("tagPrefixList", ()))


def canonical(text: str) -> Any:
    """Return what a policy means: rules by priority, lists sorted, nothing that is empty."""
    policy = json.loads(text)
    rules = [_without_empty(rule) for rule in policy.get("rules", [])]
    return sorted(rules, key=lambda rule: rule.get("rulePriority", 0))


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: kept for key, item in value.items() if (kept := _without_empty(item)) not in (None, [], {})}
    if isinstance(value, list):
        return sorted(value, key=str)
    return value


def same(old: Any, new: Any) -> bool:
    """Return whether two policies mean the same; a text that is no policy means only itself."""
    try:
        return bool(canonical(old) == canonical(new))
    except (ValueError, TypeError, AttributeError):
        return bool(old == new)


__all__ = ["mistakes", "same"]
