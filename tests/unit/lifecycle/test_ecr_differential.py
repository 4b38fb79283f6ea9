"""Unit proof: the model of ECR against a plain reading of its rules, and what is refused against botocore and moto."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

import botocore.session  # type: ignore[import-untyped]
import pytest
from botocore.validate import ParamValidator  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.ecr.exceptions import InvalidParameterException
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

from registry_components.lifecycle.ecr_native import mistakes

from .differ import compare, model
from .generate import NOW, estate, policy
from .reference.common import DAY, Artifact

pytestmark = pytest.mark.unit


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_the_model_says_what_the_rules_say(dice: Random) -> None:
    compare("ecr", estate(dice, 2), policy("ecr", dice))


@pytest.mark.parametrize("seed", range(12))
def test_many_repositories_at_once(seed: int) -> None:
    dice = Random(seed)
    assert compare("ecr", estate(dice, 250), policy("ecr", dice)) == 250


# --- what differences were found, each decided by the rules as they are documented ---


def rule(priority: int, number: int, kind: str = "sinceImagePushed", **selection: Any) -> dict[str, Any]:
    unit = {} if kind == "imageCountMoreThan" else {"countUnit": "days"}
    transition = selection.pop("transition", False)
    action = {"type": "transition", "targetStorageClass": "archive"} if transition else {"type": "expire"}
    count = {"countType": kind, "countNumber": number, **unit}
    return {"rulePriority": priority, "selection": {**selection, **count}, "action": action}


def image(name: str, days: float | None = 10, **more: Any) -> Artifact:
    pushed = None if days is None else NOW - round(days * DAY)
    return Artifact("app", f"sha256:{name:>064}", pushed_at=pushed, **more)


def gone(images: list[Artifact], *rules: Any, action: str = "delete") -> list[str]:
    found = model("ecr", images, {"rules": list(rules)})
    return sorted(
        digest.removeprefix("sha256:").lstrip("0") for (_, digest), fate in found.items() if fate[0] == action
    )


def signature(of: Artifact, name: str, days: float = 10) -> Artifact:
    return image(name, days, tags=[of.digest.replace(":", "-") + ".sig"])


def test_a_cosign_signature_is_an_image_like_any_other() -> None:
    young = image("a", 1, tags=["v1"])
    found = [young, signature(young, "b")]
    assert gone(found, rule(1, 7, tagStatus="any")) == ["b"]
    assert gone(found, rule(1, 7, tagStatus="tagged", tagPatternList=["v*"])) == []
    # It takes one of the places, and does not go with its subject.
    old = image("c", 30, tags=["v0"])
    assert gone([old, signature(old, "d", 1)], rule(1, 1, "imageCountMoreThan", tagStatus="any")) == ["c"]


def test_an_oci_referrer_goes_with_its_subject() -> None:
    old = image("a", 30, tags=["v0"])
    about = image("b", 1, subject=old.digest)
    assert gone([old, about], rule(1, 7, tagStatus="tagged", tagPatternList=["v*"])) == ["a", "b"]


def test_an_unknown_time_neither_goes_nor_takes_a_place() -> None:
    found = [
        image("a", None, tags=["1"]),
        image("b", None, tags=["2"]),
        image("c", 3, tags=["3"]),
        image("d", 4, tags=["4"]),
    ]
    assert gone(found, rule(1, 1, "imageCountMoreThan", tagStatus="any")) == ["d"]


def test_an_index_that_follows_its_subject_lets_go_of_its_manifests() -> None:
    old = image("a", 30, tags=["v0"])
    child = image("b", 30)
    found = [old, child, image("c", 30, subject=old.digest, children=[child.digest])]
    assert gone(found, rule(1, 7, tagStatus="any")) == ["a", "b", "c"]


def test_a_referrer_in_an_index_that_stays_is_not_acted_on() -> None:
    old = image("a", 30, tags=["old"])
    about = image("b", 30, subject=old.digest)
    found = [old, about, image("c", 1, tags=["new"], children=[about.digest])]
    assert gone(found, rule(1, 7, tagStatus="any")) == ["a"]


def test_what_is_archived_already_is_not_archived_again() -> None:
    old = image("a", 30, tags=["old"])
    found = [old, image("b", 30, subject=old.digest, storage_class="archive")]
    assert gone(found, rule(1, 7, tagStatus="any", transition=True), action="archive") == ["a"]


# --- what is refused ---


def documented(text: Any) -> set[str]:
    """Return the names of the rules that a policy breaks, as the user guide has them."""
    found: set[str] = set()
    if _has_null(text):
        return {"null"}
    rules = text.get("rules")
    if not isinstance(rules, list) or not rules:
        return {"no rules"}
    if set(text) - {"rules"}:
        found.add("unknown member of the policy")
    if len(rules) > 50:
        found.add("more than 50 rules")
    for item in rules:
        found |= set(_of_rule(item))
    if found - BETWEEN:
        return found
    priorities = [item["rulePriority"] for item in rules]
    if len(set(priorities)) < len(priorities):
        found.add("a priority twice")
    for storage in ("standard", "archive"):
        mine = [item for item in rules if item["selection"].get("storageClass", "standard") == storage]
        any_ = [item["rulePriority"] for item in mine if item["selection"]["tagStatus"] == "any"]
        if len(any_) > 1 or any(number < max(item["rulePriority"] for item in mine) for number in any_):
            found.add("any is not the last")
        if sum(item["selection"]["tagStatus"] == "untagged" for item in mine) > 1:
            found.add("untagged twice")
        prefixes = [set(item["selection"].get("tagPrefixList", ())) for item in mine]
        if sum(map(len, prefixes)) > len(set[str]().union(*prefixes)):
            found.add("a prefix twice")
    return found


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_null(item) for item in value.values())
    return value is None or (isinstance(value, list) and any(_has_null(item) for item in value))


def _of_rule(item: Any) -> Iterator[str]:
    if set(item) - {"rulePriority", "description", "selection", "action"}:
        yield "unknown member of a rule"
    if not {"rulePriority", "selection", "action"} <= set(item):
        yield "a member of a rule is missing"
        return
    if type(item["rulePriority"]) is not int or item["rulePriority"] < 1:
        yield "priority"
    selection, action = item["selection"], item["action"]
    known = {"tagStatus", "tagPatternList", "tagPrefixList", "storageClass", "countType", "countUnit", "countNumber"}
    if set(selection) - known:
        yield "unknown member of a selection"
    status, count, number = (selection.get(name) for name in ("tagStatus", "countType", "countNumber"))
    lists = [name for name in ("tagPatternList", "tagPrefixList") if selection.get(name)]
    if status not in ("tagged", "untagged", "any"):
        yield "tagStatus"
    elif status == "tagged" and len(lists) != 1:
        yield "tagged without one list"
    elif status != "tagged" and lists:
        yield "a list without tagged"
    if any(pattern.count("*") > 4 for pattern in selection.get("tagPatternList", ())):
        yield "five wildcards"
    if count not in ("imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"):
        yield "countType"
    elif count == "imageCountMoreThan" and "countUnit" in selection:
        yield "a unit of a count"
    elif count != "imageCountMoreThan" and not selection.get("countUnit"):
        yield "a time without a unit"
    if selection.get("countUnit", "days") not in ("days", ""):
        yield "countUnit"
    if not isinstance(number, int | float):
        yield "countNumber is no number"
    elif type(number) is not int:
        yield "countNumber is no whole number"
    elif number < 1:
        yield "countNumber"
    kind = action.get("type")
    if set(action) - {"type", "targetStorageClass"}:
        yield "unknown member of an action"
    if kind not in ("expire", "transition"):
        yield "action"
    elif action.get("targetStorageClass") != ("archive" if kind == "transition" else None):
        yield "targetStorageClass"
    storage = selection.get("storageClass", "standard")
    if storage not in ("standard", "archive"):
        yield "storageClass"
    if count == "sinceImagePulled" and kind == "expire":
        yield "sinceImagePulled expires"
    if count == "sinceImageTransitioned":
        if (kind, storage) != ("expire", "archive"):
            yield "sinceImageTransitioned of what is not archived"
        elif type(number) is int and number < 90:
            yield "archived for less than 90 days"
    elif storage == "archive":
        yield "archive of another count"


BETWEEN: Final = {"no rules", "null", "unknown member of the policy", "more than 50 rules"}
"""What may be broken where rules are compared with each other all the same."""
MOTO_KNOWS: Final = {
    "unknown member of a rule",
    "a member of a rule is missing",
    "unknown member of a selection",
    "unknown member of an action",
    "tagStatus",
    "countType",
    "countUnit",
    "countNumber is no number",
    "countNumber",
    "action",
}
"""The documented rules that moto checks; it takes a policy that breaks any other."""
MOTO_LACKS: Final = ("transition", "targetStorageClass", "sinceImagePulled", "sinceImageTransitioned", "storageClass")
"""Words of the documentation that moto refuses."""


def ours(written: Any) -> bool:
    # How long a text is depends on how it is written; botocore is asked about that below.
    return not list(mistakes(json.dumps(written).ljust(100)))


def motos(written: Any) -> bool:
    try:
        EcrLifecyclePolicyValidator(json.dumps(written)).validate()
    except (InvalidParameterException, TypeError):  # the latter where a number is a text
        return False
    return True


def lacks(written: Any) -> bool:
    """Return whether a policy has a word that moto does not know."""
    text = json.dumps(written)
    return any(f'"{word}"' in text for word in MOTO_LACKS)


Change = Callable[[Random, Any], None]


def _member(place: str, name: str, *values: Any) -> Change:
    """Return a change that gives a member of some rule another value, or takes it away where there is none to give."""

    def change(dice: Random, written: Any) -> None:
        chosen = dice.choice(written["rules"])
        where = chosen if place == "rule" else chosen.get(place)
        if isinstance(where, dict):
            value = dice.choice(values) if values else None
            if values:
                where[name] = value
            else:
                where.pop(name, None)

    return change


def _again(dice: Random, written: Any) -> None:
    copied = copy.deepcopy(dice.choice(written["rules"]))
    copied["rulePriority"] = dice.choice((copied.get("rulePriority", 1), 500, 2))
    written["rules"].append(copied)


def _policy_member(dice: Random, written: Any) -> None:
    written[dice.choice(("version", "Rules"))] = 1


def _many(dice: Random, written: Any) -> None:
    more = dice.choice((49, 50, 51)) - len(written["rules"])
    written["rules"][:0] = [
        rule(1_000 + number, 1, tagStatus="tagged", tagPatternList=[f"m{number}"]) for number in range(more)
    ]
    written["rules"] = [{**item, "rulePriority": place} for place, item in enumerate(written["rules"], 1)]


CHANGES: Final[tuple[Change, ...]] = (
    _member("rule", "rulePriority", 0, -1, "1", 1.5, True, 1, 2),
    _member("rule", "rulePriority"),
    _member("rule", "selection"),
    _member("rule", "action"),
    _member("rule", "description", "text", None),
    _member("rule", "priority", 1),
    _member("selection", "tagStatus", "tagged", "untagged", "any", "TAGGED", "all"),
    _member("selection", "tagStatus"),
    _member("selection", "tagPatternList", ["a*"], ["*a*a*a*"], ["*a*a*a*a*"], [], None),
    _member("selection", "tagPatternList"),
    _member("selection", "tagPrefixList", ["v"], ["v", "p"], ["pr-"], []),
    _member("selection", "countType", "imageCountMoreThan", "sinceImagePushed", "sinceImagePulled"),
    _member("selection", "countType", "sinceImageTransitioned", "olderThan"),
    _member("selection", "countType"),
    _member("selection", "countUnit", "days", "hours", ""),
    _member("selection", "countUnit"),
    _member("selection", "countNumber", 0, -1, 1, 89, 90, 1_000_000, "14", 1.5, True, None),
    _member("selection", "countNumber"),
    _member("selection", "storageClass", "standard", "archive", "glacier"),
    _member("selection", "tagsPrefixList", ["v"]),
    _member("action", "type", "expire", "transition", "delete"),
    _member("action", "type"),
    _member("action", "targetStorageClass", "archive", "standard"),
    _member("action", "targetStorageClass"),
    _member("action", "when", 1),
    _again,
    _policy_member,
    _many,
)


def written_policy(dice: Random) -> Any:
    """Return a policy with up to three changes to it, of which most make a mistake."""
    found = policy("ecr", dice)
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        dice.choice(CHANGES)(dice, found)
    return found


def agree(written: Any) -> None:
    broken = documented(written)
    assert ours(written) == (not broken), (written, broken, list(mistakes(json.dumps(written).ljust(100))))
    if "null" in broken:
        return
    assert motos(written) == (not broken & MOTO_KNOWS and not lacks(written)), written


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_what_is_refused(dice: Random) -> None:
    agree(written_policy(dice))


def test_what_is_refused_many_times() -> None:
    refused = 0
    for seed in range(4_000):
        written = written_policy(Random(seed))
        agree(written)
        refused += not ours(written)
    assert 1_000 < refused < 3_500


VALID = rule(1, 7, tagStatus="untagged")
ARCHIVE = {"rulePriority": 1, "action": {"type": "transition", "targetStorageClass": "archive"}}
AGE = {"countUnit": "days", "countNumber": 90}
DIFFERENT: Final[tuple[tuple[str, Any, bool, bool], ...]] = (
    ("both lists", rule(1, 1, tagStatus="tagged", tagPatternList=["a"], tagPrefixList=["a"]), False, True),
    ("tagged alone", rule(1, 1, tagStatus="tagged"), False, True),
    ("untagged with a list", rule(1, 1, tagStatus="untagged", tagPrefixList=["a"]), False, True),
    ("five wildcards", rule(1, 1, tagStatus="tagged", tagPatternList=["*a*a*a*a*"]), False, True),
    ("a unit of a count", rule(1, 1, "imageCountMoreThan", tagStatus="any", countUnit="days"), False, True),
    ("a priority of 0", rule(0, 1, tagStatus="any"), False, True),
    ("a fraction", rule(1, 1.5, tagStatus="any"), False, True),  # type: ignore[arg-type]
    ("a null", {**VALID, "description": None}, False, True),
    (
        "a transition",
        {**ARCHIVE, "selection": {"tagStatus": "any", "countType": "sinceImagePushed", **AGE}},
        True,
        False,
    ),
    ("a pull", {**ARCHIVE, "selection": {"tagStatus": "any", "countType": "sinceImagePulled", **AGE}}, True, False),
    ("what is archived", rule(1, 90, "sinceImageTransitioned", tagStatus="any", storageClass="archive"), True, False),
    ("standard by name", rule(1, 1, tagStatus="any", storageClass="standard"), True, False),
)


@pytest.mark.parametrize(("written", "taken", "by_moto"), [pytest.param(*row[1:], id=row[0]) for row in DIFFERENT])
def test_known_differences_from_moto(written: Any, taken: bool, by_moto: bool) -> None:
    assert (ours({"rules": [written]}), motos({"rules": [written]})) == (taken, by_moto)


def _prefixed(*prefixes: str) -> list[Any]:
    return [rule(n, 1, tagStatus="tagged", tagPrefixList=[prefix]) for n, prefix in enumerate(prefixes, 1)]


BETWEEN_RULES: Final[tuple[tuple[str, Any, bool, bool], ...]] = (
    ("no rule", [], False, True),
    ("a priority twice", [VALID, VALID], False, True),
    ("untagged twice", [VALID, {**VALID, "rulePriority": 2}], False, True),
    ("any first", [rule(1, 1, tagStatus="any"), {**VALID, "rulePriority": 2}], False, True),
    ("a prefix twice", _prefixed("v", "v"), False, True),
    ("51 rules", _prefixed(*(f"v{n}" for n in range(51))), False, True),
    ("50 rules", _prefixed(*(f"v{n}" for n in range(50))), True, True),
)


@pytest.mark.parametrize(("rules", "taken", "by_moto"), [pytest.param(*row[1:], id=row[0]) for row in BETWEEN_RULES])
def test_known_differences_between_rules(rules: Any, taken: bool, by_moto: bool) -> None:
    assert (ours({"rules": rules}), motos({"rules": rules})) == (taken, by_moto)


@pytest.mark.parametrize("length", [0, 99, 100, 101, 30_719, 30_720, 30_721])
def test_botocore_takes_the_same_lengths(length: int) -> None:
    text = json.dumps({"rules": []}).ljust(length)[:length]
    service = botocore.session.get_session().get_service_model("ecr")
    shape = service.operation_model("PutLifecyclePolicy").input_shape
    report = ParamValidator().validate({"repositoryName": "app", "lifecyclePolicyText": text}, shape)
    too_short = report.has_errors()
    # botocore leaves the longest to the service.
    assert too_short == (length < 100)
    of_length = [message for path, message in mistakes(text) if "characters" in message]
    assert bool(of_length) == (not 100 <= length <= 30_720)
    assert shape.members["lifecyclePolicyText"].metadata == {"min": 100, "max": 30_720}
