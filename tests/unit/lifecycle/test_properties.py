"""Unit proof: what holds for every inventory and policy."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from registry_components.blocks.lifecycle import LifecyclePolicy
from registry_components.core.errors import StackError
from registry_components.lifecycle import Verdicts, from_records, simulate

from .generate import KINDS
from .properties import PROPERTIES

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TAGS = ["latest", "pr-1", "pr-2", "v1.0.0", "v1.0.1", "v1.1.0-rc.1", "v2.0.0", "main", "sha256-aa.sig"]
GLOBS = ["*", "pr-*", "v*", "*-rc*", "latest", "{main,v2.*}", "nothing"]
DAYS = st.integers(0, 40)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def ago(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat()


@st.composite
def inventories(draw: st.DrawFn) -> list[dict[str, Any]]:
    records = []
    for repository in draw(st.sampled_from([["a"], ["a", "b/c"]])):
        free = list(TAGS)
        digests = [f"sha256:{index:064x}" for index in range(draw(st.integers(0, 8)))]
        for index, digest in enumerate(digests):
            tags = draw(st.lists(st.sampled_from(free), max_size=2, unique=True)) if free else []
            free = [tag for tag in free if tag not in tags]
            record: dict[str, Any] = {"repository": repository, "digest": digest, "tags": tags}
            if draw(st.integers(0, 9)):
                record["pushed_at"] = ago(draw(DAYS))
            if draw(st.booleans()):
                record["last_pulled_at"] = ago(draw(DAYS))
            if index and draw(st.integers(0, 3)) == 0:
                record["children"] = draw(st.lists(st.sampled_from(digests[:index]), min_size=1, max_size=2))
            elif index and not tags and draw(st.integers(0, 3)) == 0:
                record["subject"] = draw(st.sampled_from(digests[:index]))
            if draw(st.booleans()):
                record["size"] = draw(st.integers(0, 1000))
            records.append(record)
    return records


def _selection(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        rule: dict[str, Any] = {"tags": draw(st.lists(st.sampled_from(GLOBS), min_size=1, max_size=2))}
        if draw(st.booleans()):
            rule["exclude_tags"] = [draw(st.sampled_from(GLOBS))]
        return rule
    return {"tag_state": draw(st.sampled_from(["tagged", "untagged", "any"]))}


@st.composite
def limits(draw: st.DrawFn) -> dict[str, Any]:
    rule = _selection(draw)
    chosen = draw(
        st.sets(
            st.sampled_from(["older_than_days", "unpulled_for_days", "beyond_most_recent", "beyond_bytes"]), min_size=1
        )
    )
    rule |= {name: draw(st.integers(1, 30)) for name in chosen}
    if "beyond_most_recent" in chosen and draw(st.booleans()):
        rule["by"] = "version"
    return rule


@st.composite
def keeps(draw: st.DrawFn) -> dict[str, Any]:
    rule = _selection(draw)
    name = draw(st.sampled_from(["newer_than_days", "pulled_within_days", "most_recent", "always"]))
    return {**rule, name: True if name == "always" else draw(st.integers(1, 30))}


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "repositories": [draw(st.sampled_from(["**", "a", "b/*"]))],
        "expire": {f"e{n}": draw(limits()) for n in range(draw(st.integers(1, 2)))},
        "archive": {f"a{n}": draw(limits()) for n in range(draw(st.integers(0, 1)))},
        "keep": {f"k{n}": draw(keeps()) for n in range(draw(st.integers(0, 2)))},
        "protect": {
            "signed": draw(st.booleans()),
            "immutable_tags": draw(st.lists(st.sampled_from(GLOBS[1:]), max_size=1)),
        },
    }


def run(policy: Any, records: list[dict[str, Any]]) -> Verdicts:
    return simulate("unified", policy, from_records(records), now=NOW)


def gone(verdicts: Verdicts) -> set[tuple[str, str]]:
    return {(item["repository"], item["digest"]) for item in verdicts.records() if item["action"] == "delete"}


@given(policies(), inventories(), st.integers(0, 9))
def test_the_order_of_the_inventory_changes_nothing(policy: Any, records: list[dict[str, Any]], seed: int) -> None:
    shuffled = copy.copy(records)
    random.Random(seed).shuffle(shuffled)
    assert list(run(policy, records).records()) == list(run(policy, shuffled).records())


@given(policies(), inventories())
def test_what_needs_each_other_has_one_fate(policy: Any, records: list[dict[str, Any]]) -> None:
    verdicts = run(policy, records)
    deleted = gone(verdicts)
    for record in records:
        me = record["repository"], record["digest"]
        for child in record.get("children", ()):
            if me not in deleted:
                assert (record["repository"], child) not in deleted
        if "subject" in record and (record["repository"], record["subject"]) in deleted:
            assert me in deleted or any(record["digest"] in other.get("children", ()) for other in records)


@given(policies(), inventories())
def test_nothing_protected_is_deleted(policy: Any, records: list[dict[str, Any]]) -> None:
    assume(records)
    chosen = records[-1]
    policy = {**policy, "protect": {**policy["protect"], "digests": [chosen["digest"]]}}
    assert not {key for key in gone(run(policy, records)) if key[1] == chosen["digest"]}


@given(policies(), inventories(), keeps())
def test_a_further_keep_never_deletes_more(policy: Any, records: list[dict[str, Any]], keep: Any) -> None:
    stricter = {**policy, "keep": {**policy["keep"], "more": keep}}
    assert gone(run(stricter, records)) <= gone(run(policy, records))


@given(policies(), inventories())
def test_what_is_not_known_makes_nothing_go(policy: Any, records: list[dict[str, Any]]) -> None:
    bare = [
        {key: value for key, value in record.items() if key in {"repository", "digest", "tags"}} for record in records
    ]
    timed = {**policy, "expire": {"old": {"tag_state": "any", "older_than_days": 1}}, "archive": {}}
    assert gone(run(timed, bare)) == set()


@given(policies())
def test_a_policy_survives_being_written(policy: Any) -> None:
    import yaml

    model = LifecyclePolicy.load(policy)
    again = LifecyclePolicy.load(yaml.safe_load(yaml.safe_dump(model.model_dump(exclude_defaults=True))))
    assert again == model


def test_two_artifacts_of_one_digest_are_refused() -> None:
    twice = [{"repository": "a", "digest": "sha256:1"}, {"repository": "a", "digest": "sha256:1"}]
    with pytest.raises(StackError, match="2 times"):
        from_records(twice)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PROPERTIES)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(st.randoms(use_true_random=False))
def test_a_property_of_few_repositories(name: str, kind: str, dice: random.Random) -> None:
    PROPERTIES[name](kind, dice, 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_of_many_repositories(name: str, kind: str) -> None:
    # `make bench` shows the same of more than a million.
    for seed in range(2):
        assert PROPERTIES[name](kind, random.Random(seed), 120) == 120
