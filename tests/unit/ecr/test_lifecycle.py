"""Unit proof: lifecycle policies as ECR has them; what the model takes, the rules of the service take too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.ecr import EcrLifecyclePolicy, EcrLifecycleRule, expire_untagged, keep_latest
from registry_components.ecr.lifecycle import document, priorities, text
from registry_components.lifecycle import ecr_native

pytestmark = pytest.mark.unit

DAYS = {"countUnit": "days"}
TABLE: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        "patterns",
        {"tag_patterns": ["v*", "a*"], "keep_count": 3},
        {"tagStatus": "tagged", "tagPatternList": ["a*", "v*"], "countType": "imageCountMoreThan", "countNumber": 3},
        {"type": "expire"},
    ),
    (
        "prefixes",
        {"tag_prefixes": ["dev-"], "after_days": 14},
        {"tagStatus": "tagged", "tagPrefixList": ["dev-"], "countType": "sinceImagePushed", **DAYS, "countNumber": 14},
        {"type": "expire"},
    ),
    (
        "archive what nobody pulls",
        {"tag_status": "any", "unpulled_days": 90, "action": "transition"},
        {"tagStatus": "any", "countType": "sinceImagePulled", **DAYS, "countNumber": 90},
        {"type": "transition", "targetStorageClass": "archive"},
    ),
    (
        "archive by age",
        {"tag_patterns": ["v*"], "after_days": 30, "action": "transition"},
        {"tagStatus": "tagged", "tagPatternList": ["v*"], "countType": "sinceImagePushed", **DAYS, "countNumber": 30},
        {"type": "transition", "targetStorageClass": "archive"},
    ),
    (
        "delete from the archive",
        {"tag_status": "any", "archived_days": 90},
        {
            "tagStatus": "any",
            "storageClass": "archive",
            "countType": "sinceImageTransitioned",
            **DAYS,
            "countNumber": 90,
        },
        {"type": "expire"},
    ),
]


@pytest.mark.parametrize(("rule", "selection", "action"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_rule_becomes(rule: dict[str, Any], selection: dict[str, Any], action: dict[str, Any]) -> None:
    policy = EcrLifecyclePolicy.parse({"rules": [rule]})
    assert document(policy) == {"rules": [{"rulePriority": 1, "selection": selection, "action": action}]}
    assert list(ecr_native.mistakes(text(policy))) == []


def test_priorities_are_given_or_follow_on() -> None:
    rules = [
        EcrLifecycleRule(tag_patterns=["a*"], keep_count=1),
        EcrLifecycleRule(tag_patterns=["b*"], keep_count=1, priority=10),
        EcrLifecycleRule(tag_patterns=["c*"], keep_count=1),
    ]
    assert priorities(rules) == [1, 10, 11]


def test_rules_stand_by_priority_whatever_order_they_are_written_in() -> None:
    first = EcrLifecycleRule(tag_status="any", keep_count=5, priority=9, description="the rest")
    second = EcrLifecycleRule(tag_status="untagged", after_days=1, priority=1)
    rules = document(EcrLifecyclePolicy(rules=[first, second]))["rules"]
    assert [rule["rulePriority"] for rule in rules] == [1, 9]
    assert rules[1]["description"] == "the rest"


def test_any_may_end_each_storage_class() -> None:
    policy = EcrLifecyclePolicy.parse(
        {
            "rules": [
                {"tag_status": "any", "unpulled_days": 30, "action": "transition"},
                {"tag_status": "any", "archived_days": 365},
            ]
        }
    )
    assert list(ecr_native.mistakes(text(policy))) == []


def test_the_short_forms() -> None:
    assert expire_untagged(after_days=7) == EcrLifecycleRule(tag_status="untagged", after_days=7)
    assert keep_latest(20, tags=["v*"]) == EcrLifecycleRule(tag_patterns=["v*"], keep_count=20)
    assert keep_latest(20) == EcrLifecycleRule(tag_status="any", keep_count=20)


NAMES = st.sampled_from(["v", "dev-", "release", "a.b", "X_1"])
COUNT = st.sampled_from(["keep_count", "after_days", "unpulled_days", "archived_days"])


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {draw(COUNT): draw(st.integers(1, 400))}
    match draw(st.sampled_from(["untagged", "any", "patterns", "prefixes"])):
        case "patterns":
            found["tag_patterns"] = [f"{name}*" for name in draw(st.lists(NAMES, min_size=1, max_size=3))]
        case "prefixes":
            found["tag_prefixes"] = draw(st.lists(NAMES, min_size=1, max_size=3))
        case status:
            found["tag_status"] = status
    if draw(st.booleans()):
        found["action"] = "transition"
    if draw(st.booleans()):
        found["priority"] = draw(st.integers(1, 12))
    return found


@settings(max_examples=400, deadline=None)
@given(st.lists(rules(), min_size=1, max_size=6))
def test_what_the_model_takes_the_service_takes(found: list[dict[str, Any]]) -> None:
    try:
        policy = EcrLifecyclePolicy.parse({"rules": found})
    except StackError:
        return
    rendered = text(policy)
    assert list(ecr_native.mistakes(rendered)) == []
    assert rendered == text(EcrLifecyclePolicy.parse({"rules": [dict(reversed(rule.items())) for rule in found]}))
    assert "null" not in rendered
    assert json.loads(rendered) == document(policy)
