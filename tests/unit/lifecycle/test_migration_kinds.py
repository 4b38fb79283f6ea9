"""Unit proof: what GitLab, Quay, zot and GitHub's action delete, as their sources state it, and what they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.lifecycle import Verdicts, from_records, simulate
from tests.unit.lifecycle.test_documented import NOW, ago, vectors

pytestmark = pytest.mark.unit


def left_tags(verdicts: Verdicts, repository: str = "app") -> set[str]:
    inventory = verdicts.inventory
    return {
        str(tag)
        for tag, row, gone in zip(inventory.tag, inventory.tag_row, verdicts.gone_tags, strict=True)
        if not gone and inventory.repositories[int(inventory.repository[row])] == repository
    }


def tag_record(tag: str, pushed: str | None, pulled: str | None = None, repository: str = "app") -> dict[str, Any]:
    return {
        "repository": repository,
        "digest": f"d-{tag}",
        "tags": [tag],
        "pushed_at": pushed,
        "last_pulled_at": pulled,
    }


def months(text: str | None) -> str | None:
    return ago("30d" if text == "1mo" else text)


@pytest.mark.parametrize("vector", vectors("gitlab", "delete"))
def test_gitlab(vector: Mapping[str, Any]) -> None:
    policy, names = dict(vector["policy"]), {item["tag"]: item["tag"] for item in vector["inventory"]}
    if "page_size" in policy:
        # The source's list begins with latest; GitLab lists by name, where something else has to take that place.
        names["latest"] = "0-first"
        policy["name_regex_keep"] = "0-first"
    records = [tag_record(names[item["tag"]], months(item["created_ago"])) for item in vector["inventory"]]
    verdicts = simulate("gitlab", policy, from_records(records), now=NOW)
    gone = set(names.values()) - left_tags(verdicts)
    assert gone == set(vector["expected"]["delete"])


@pytest.mark.parametrize("vector", [*vectors("gitlab", "accepted"), *vectors("quay", "accepted")])
def test_what_is_refused(vector: Mapping[str, Any]) -> None:
    kind = vector["id"].partition("-")[0]
    assert vector["expected"]["accepted"] is False
    with pytest.raises(StackError):
        simulate(kind, vector["policy"], from_records([]), now=NOW)


def quay_records(inventory: Any) -> list[dict[str, Any]]:
    if isinstance(inventory, list):
        found = []
        for item in inventory:
            if "newest_rank" in item:
                pushed = (NOW - timedelta(milliseconds=1 + item["newest_rank"])).isoformat()
            else:
                length, _, more = item["created_ago"].partition("+")
                whole = ago(length)
                assert whole is not None
                pushed = whole
                if more:
                    pushed = (NOW - (NOW - _moment(whole)) - timedelta(milliseconds=1)).isoformat()
            found.append(tag_record(item["tag"], pushed, repository="repo1"))
        return found
    found = []
    for repository, groups in inventory.items():
        for number, group in enumerate(groups):
            length = group["created_ago"].removeprefix(">=")
            pushed = _moment(ago("0s" if length == "0" else length) or "")
            for place in range(group["count"]):
                # ">=" is just past the limit.
                moment = pushed - timedelta(milliseconds=1 + place)
                found.append(tag_record(f"t{number}-{place}", moment.isoformat(), repository=repository))
    return found


def _moment(text: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(text)


@pytest.mark.parametrize("vector", vectors("quay", "left"))
def test_quay(vector: Mapping[str, Any]) -> None:
    verdicts = simulate("quay", vector["policy"], from_records(quay_records(vector["inventory"])), now=NOW)
    expected = vector["expected"]["left"]
    if isinstance(expected, list):
        assert left_tags(verdicts, "repo1") == set(expected)
    else:
        assert {name: len(left_tags(verdicts, name)) for name in expected} == expected


@pytest.mark.parametrize("vector", vectors("zot", "left"))
def test_zot_tags(vector: Mapping[str, Any]) -> None:
    records = [
        tag_record(item["tag"], ago(item["pushed_ago"]), ago(item["pulled_ago"])) for item in vector["inventory"]
    ]
    verdicts = simulate("zot", vector["policy"], from_records(records), now=NOW)
    assert left_tags(verdicts) == set(vector["expected"]["left"])


@pytest.mark.parametrize("vector", vectors("zot", "deleted"))
def test_zot_graphs(vector: Mapping[str, Any]) -> None:
    records = [
        {
            "repository": "app",
            "digest": item["digest"],
            "tags": item["tags"],
            "pushed_at": ago("10d"),
            "children": item.get("children"),
            "subject": item.get("subject"),
        }
        for item in vector["inventory"]
    ]
    verdicts = simulate("zot", vector["policy"], from_records(records), now=NOW)
    gone = {record["digest"] for record in verdicts.records() if record["action"] == "delete"}
    assert gone == set(vector["expected"]["deleted"])


VERSIONS: list[dict[str, Any]] = [
    {
        "repository": "app",
        "digest": "index",
        "tags": ["v2"],
        "pushed_at": "2026-11-20T00:00:00Z",
        "children": ["arm", "amd"],
    },
    {"repository": "app", "digest": "amd", "pushed_at": "2026-11-19T00:00:00Z"},
    {"repository": "app", "digest": "arm", "pushed_at": "2026-11-18T00:00:00Z"},
    {"repository": "app", "digest": "old", "tags": ["v1", "v1.0"], "pushed_at": "2026-01-01T00:00:00Z"},
    {"repository": "app", "digest": "loose", "pushed_at": "2026-01-02T00:00:00Z"},
]


@pytest.mark.parametrize(
    ("inputs", "gone"),
    [
        ({}, {"old"}),
        ({"num-old-versions-to-delete": 2}, {"old", "loose"}),
        ({"min-versions-to-keep": 1}, {"old", "loose", "amd", "arm"}),
        ({"min-versions-to-keep": "0", "delete-only-untagged-versions": "true"}, {"loose", "amd", "arm"}),
        ({"min-versions-to-keep": 1, "delete-only-untagged-versions": True}, {"loose", "arm"}),
        ({"min-versions-to-keep": 0, "ignore-versions": "^v"}, {"loose", "amd", "arm"}),
    ],
)
def test_ghcr_knows_nothing_of_indexes(inputs: dict[str, Any], gone: set[str]) -> None:
    verdicts = simulate("ghcr", inputs, from_records(VERSIONS), now=NOW)
    assert {record["digest"] for record in verdicts.records() if record["action"] == "delete"} == gone
    broken = len(gone & {"amd", "arm"})
    told = [f"{broken} manifests of indexes that stay are deleted: those images break"] if broken else []
    assert verdicts.warnings == told


def test_a_digest_goes_with_its_last_tag_only() -> None:
    records = [{"repository": "app", "digest": "d", "tags": ["dev-1", "v1"], "pushed_at": "2026-01-01T00:00:00Z"}]
    for kind, policy in (
        ("gitlab", {"name_regex_delete": "dev-.*", "older_than": "7d"}),
        ("quay", {"method": "creation_date", "value": "7d", "tagPattern": "^dev-"}),
        ("zot", {"keepTags": [{"patterns": ["^v"]}]}),
    ):
        (record,) = simulate(kind, policy, from_records(records), now=NOW).records()
        assert (record["action"], record["tags"], record["remaining_tags"]) == ("untag", ["dev-1"], ["v1"])


def test_signatures_go_with_the_last_tag_in_quay() -> None:
    digest = f"sha256:{'a' * 64}"
    signature = f"sha256-{'a' * 64}.sig"
    records = [
        {"repository": "app", "digest": digest, "tags": ["dev"], "pushed_at": "2026-01-01T00:00:00Z"},
        {"repository": "app", "digest": "sig", "tags": [signature], "pushed_at": "2026-01-01T00:00:00Z"},
    ]
    policy = {"method": "creation_date", "value": "7d"}
    assert left_tags(simulate("quay", policy, from_records(records), now=NOW)) == set()
    records[0]["pushed_at"] = "2026-11-24T00:00:00Z"
    assert left_tags(simulate("quay", policy, from_records(records), now=NOW)) == {"dev", signature}


BAD: list[tuple[str, Any, str]] = [
    ("gitlab", [], "has to be an object, not a list"),
    ("gitlab", {"keep": 1}, "keep: is not known; allowed: cadence, enabled, keep_n, name_regex, name_regex_delete, "
     "name_regex_keep, next_run_at, older_than, page_size"),
    ("gitlab", {"keep_n": 0}, "keep_n: has to be a whole number from 1 to 2147483647, not 0"),
    ("gitlab", {"keep_n": "foo"}, "keep_n: has to be a whole number from 1 to 2147483647, not a text"),
    ("gitlab", {"older_than": "2w"}, "older_than: '2w' is not an age; GitLab offers 7d, 14d, 30d, 60d, 90d"),
    ("gitlab", {"older_than": 7}, "older_than: has to be a text, not a number"),
    ("gitlab", {"cadence": "2d"}, "cadence: has to be one of 1d, 7d, 14d, 1month, 3month, not '2d'"),
    ("gitlab", {"name_regex_delete": "(?!x)"},
     "name_regex_delete: '(?!x)' is not a regular expression without lookarounds and back references"),
    ("gitlab", {"name_regex_keep": "("},
     "name_regex_keep: '(' is not a regular expression without lookarounds and back references"),
    ("gitlab", {"name_regex_delete": 3}, "name_regex_delete: has to be a regular expression"),
    ("gitlab", {"enabled": "yes"}, "enabled: has to be true or false, not a text"),
    ("quay", 3, "has to be an object, not a number"),
    ("quay", {"method": "size", "value": 3}, "method: has to be one of number_of_tags, creation_date, not 'size'"),
    ("quay", {"method": "number_of_tags", "value": 0}, "value: has to be a whole number from 1 to 2147483647, not 0"),
    ("quay", {"method": "number_of_tags", "value": "5"},
     "value: has to be a whole number from 1 to 2147483647, not a text"),
    ("quay", {"method": "creation_date", "value": 5}, "value: has to be a text, not a number"),
    ("quay", {"method": "creation_date", "value": "5y"},
     "value: '5y' is not a duration; write a number and one of s, m, h, d, w"),
    ("quay", {"method": "creation_date", "value": "0d"},
     "value: '0d' is not a duration; write a number and one of s, m, h, d, w"),
    ("quay", {"repo": [{"method": "number_of_tags", "value": 1, "tagPattern": "["}]},
     "repo[0].tagPattern: '[' is not a regular expression without lookarounds and back references"),
    ("quay", [{"method": "number_of_tags", "value": 1, "pattern": "x"}],
     "[0].pattern: is not known; allowed: method, tagPattern, tagPatternMatches, uuid, value"),
    ("quay", {"method": "number_of_tags", "value": 1, "tagPatternMatches": "no"},
     "tagPatternMatches: has to be true or false, not a text"),
    ("zot", {"repositories": "**"}, "repositories: has to be a list, not a text"),
    ("zot", {"repositories": ["a{b"]}, "repositories[0]: the brace in 'a{b' is not closed"),
    ("zot", {"keepTags": [{"patterns": ["("]}]},
     "keepTags[0].patterns[0]: '(' is not a regular expression without lookarounds and back references"),
    ("zot", {"keepTags": [{"pulledWithin": "2y"}]},
     "keepTags[0].pulledWithin: '2y' is not a duration; write a number and one of s, m, h, d, w"),
    ("zot", {"keepTags": [{"mostRecentlyPushedCount": -1}]},
     "keepTags[0].mostRecentlyPushedCount: has to be a whole number from 0 to 2147483647, not -1"),
    ("zot", {"keepTags": [{"mostRecent": 1}]}, "keepTags[0].mostRecent: is not known; allowed: "
     "mostRecentlyPulledCount, mostRecentlyPushedCount, patterns, pulledWithin, pushedWithin"),
    ("zot", {"deleteUntagged": 1}, "deleteUntagged: has to be true or false, not a number"),
    ("ghcr", {"min-versions": 1}, "min-versions: is not known; allowed: delete-only-pre-release-versions, "
     "delete-only-untagged-versions, ignore-versions, min-versions-to-keep, num-old-versions-to-delete, owner, "
     "package-name, package-type, token"),
    ("ghcr", {"min-versions-to-keep": -2},
     "min-versions-to-keep: has to be a whole number from -1 to 2147483647, not -2"),
    ("ghcr", {"num-old-versions-to-delete": 101},
     "num-old-versions-to-delete: has to be a whole number from 1 to 100, not 101"),
    ("ghcr", {"min-versions-to-keep": 1, "num-old-versions-to-delete": 1},
     "num-old-versions-to-delete: is not used beside min-versions-to-keep; remove one of them"),
    ("ghcr", {"ignore-versions": "(?=x)"},
     "ignore-versions: '(?=x)' is not a regular expression without lookarounds and back references"),
    ("ghcr", {"delete-only-untagged-versions": "maybe"},
     "delete-only-untagged-versions: has to be true or false, not a text"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "policy", "message"), BAD)
def test_bad_policies_are_told(kind: str, policy: Any, message: str) -> None:
    with pytest.raises(StackError) as caught:
        simulate(kind, policy, from_records([]), now=NOW)
    first, *lines = str(caught.value).splitlines()
    assert first.endswith(" is not valid (1 mistake):")
    assert lines == [f"  {message}"]
