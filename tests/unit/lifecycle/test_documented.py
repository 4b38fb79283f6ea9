"""Unit proof: outcomes that documentation and upstream tests state, each in its source's own shape."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.lifecycle import Verdicts, from_records, simulate
from registry_components.lifecycle.semantics.acr_purge import duration, split

pytestmark = pytest.mark.unit

VECTORS = Path(__file__).parents[2] / "vectors"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ORACLES = {"outcome-stated", "rule-stated", "third-party"}


def vectors(kind: str, *expected: str) -> list[Any]:
    """Return the vectors of a registry that state one of these."""
    found = json.loads((VECTORS / f"{kind}-documented.json").read_text())["vectors"]
    stated = [
        v for v in found if v["verdict_kind"] in {*ORACLES, "validity-only"} and set(expected) & set(v["expected"])
    ]
    return [pytest.param(vector, id=vector["id"]) for vector in stated]


def ago(text: str | None) -> str | None:
    if text is None:
        return None
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    seconds = sum(float(n) * units[u] for n, u in re.findall(r"(\d+(?:\.\d+)?)([smhd])", text))
    return (NOW - timedelta(seconds=seconds)).isoformat()


def actions(verdicts: Verdicts, action: str) -> set[str]:
    return {str(item["digest"]) for item in verdicts.records() if item["action"] == action}


@pytest.mark.parametrize("vector", vectors("ecr", "expire", "archive"))
def test_ecr(vector: Mapping[str, Any]) -> None:
    records = [
        {
            "repository": "app",
            "digest": item["id"],
            "tags": item["tags"],
            "pushed_at": ago(item["pushed_ago"]),
            "last_pulled_at": ago(item.get("pulled_ago")),
            "activated_at": ago(item.get("activated_ago")),
            "archived_at": ago(item.get("archived_ago")),
            "storage_class": item.get("storage"),
        }
        for item in vector["inventory"]
    ]
    verdicts = simulate("ecr", vector["policy"], from_records(records), now=NOW)
    expected = vector["expected"]
    assert actions(verdicts, "delete") == set(expected.get("expire", ()))
    assert actions(verdicts, "archive") == set(expected.get("archive", ()))
    rules = {item["digest"]: item["rule"] for item in verdicts.records()}
    for action in ("expire", "archive"):
        for digest, priority in dict(expected.get(action, {})).items():
            assert rules[digest] == str(priority)


@pytest.mark.parametrize("vector", vectors("ecr", "matches"))
def test_ecr_patterns(vector: Mapping[str, Any]) -> None:
    selection = {"tagStatus": "tagged", "tagPatternList": [vector["policy"]["tagPattern"]]}
    count = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}
    policy = {"rules": [{"rulePriority": 1, "selection": {**selection, **count}, "action": {"type": "expire"}}]}
    tag = vector["inventory"][0]["tag"]
    record = {"repository": "app", "digest": "d", "tags": [tag], "pushed_at": ago("9d")}
    verdicts = simulate("ecr", policy, from_records([record]), now=NOW)
    assert (actions(verdicts, "delete") == {"d"}) is vector["expected"]["matches"]


@pytest.mark.parametrize(
    "vector", [v for v in vectors("ecr", "accepted") if set(v.values[0]["policy"]) == {"rules"}]
)  # fmt: skip
def test_ecr_takes_what_the_service_takes(vector: Mapping[str, Any]) -> None:
    if vector["expected"]["accepted"]:
        simulate("ecr", vector["policy"], from_records([]), now=NOW)
    else:
        with pytest.raises(StackError):
            simulate("ecr", vector["policy"], from_records([]), now=NOW)


@pytest.mark.parametrize("vector", vectors("gar", "delete"))
def test_gar(vector: Mapping[str, Any]) -> None:
    # An image's version is its digest; the source's example names versions.
    names = {item["id"]: item.get("version_name", item["id"]) for item in vector["inventory"]}
    records = [
        {
            "repository": "app",
            "digest": names[item["id"]],
            "tags": [f"{tag}" for tag in item["tags"]],
            "pushed_at": ago(item["age"]),
        }
        for item in vector["inventory"]
    ]
    verdicts = simulate("gar", vector["policy"], from_records(records), now=NOW)
    assert actions(verdicts, "delete") == {names[id_] for id_ in vector["expected"]["delete"]}


@pytest.mark.parametrize("vector", [v for v in vectors("acr", "delete_tags") if v.id != "acr-keep1-four"])
def test_acr_tags(vector: Mapping[str, Any]) -> None:
    policy = dict(vector["policy"])
    policy["filter"] = f"app:{policy.pop('tag_regex')}"
    records = [
        {
            "repository": "app",
            "digest": f"d-{item['tag']}",
            "tags": [item["tag"]],
            "pushed_at": ago(item["updated_ago"]),
            "locked": not (item.get("delete_enabled", True) and item.get("write_enabled", True)),
        }
        for item in vector["inventory"]
    ]
    verdicts = simulate("acr-purge", policy, from_records(records), now=NOW)
    gone = {tag for item in verdicts.records() if item["action"] == "untag" for tag in item["tags"]}
    assert gone == set(vector["expected"]["delete_tags"])


@pytest.mark.parametrize(
    "vector", [v for v in vectors("acr", "delete_manifests") if "untagged" in str(v.values[0]["policy"])]
)
def test_acr_manifests(vector: Mapping[str, Any]) -> None:
    policy, now = dict(vector["policy"]), NOW
    if "retention_policy" in policy:
        kind = "acr"
        body = policy["retention_policy"]
        native: Any = {
            "retentionPolicy": {"days": body["days"], "status": "enabled", "lastUpdatedTime": ago(body["enabled_ago"])}
        }
    else:
        kind = "acr-purge"
        if "cutoff" in policy:
            cutoff = policy.pop("cutoff")
            now = datetime(2024, 11, 4, 12, tzinfo=UTC)
            policy |= {"ago": "3d"} if cutoff else {"untagged_only": True}
        if vector["id"] == "acr-man-age-300d":
            now = datetime(2026, 1, 31, tzinfo=UTC)
        native = {"filter": "app:^$", **policy}
    records = [
        {
            "repository": "app",
            "digest": item["digest"],
            "tags": item["tags"],
            "pushed_at": item["updated"] if "updated" in item else ago(item.get("updated_ago", "1d")),
            "untagged_at": ago(item.get("untagged_ago")),
            "children": item.get("children"),
            "subject": item.get("subject"),
            "locked": not (item.get("delete_enabled", True) and item.get("write_enabled", True)),
        }
        for item in vector["inventory"]
    ]
    verdicts = simulate(kind, native, from_records(records), now=now)
    assert actions(verdicts, "delete") == set(vector["expected"]["delete_manifests"])


@pytest.mark.parametrize("vector", vectors("acr", "cutoff_seconds_before_now", "cutoff_days_before_now"))
def test_acr_durations(vector: Mapping[str, Any]) -> None:
    expected = vector["expected"]
    seconds = expected.get("cutoff_seconds_before_now", expected.get("cutoff_days_before_now", 0) * 86_400)
    assert duration(vector["policy"]["ago"]) == seconds * 1_000_000


@pytest.mark.parametrize("vector", vectors("acr", "repo_regex"))
def test_acr_filters(vector: Mapping[str, Any]) -> None:
    expected = vector["expected"]
    assert split(vector["policy"]["filter"]) == (expected["repo_regex"], expected["tag_regex"])


HARBOR = {"nDaysSinceLastPush", "nDaysSinceLastPull", "latestPushedK", "latestPulledN", "always"}


@pytest.mark.parametrize(
    "vector",
    [v for v in vectors("harbor", "retained", "retained_count") if v.values[0]["policy"].get("template") in HARBOR],
)
def test_harbor_templates(vector: Mapping[str, Any]) -> None:
    policy, expected = vector["policy"], vector["expected"]
    number = next((policy[key] for key in ("n", "k", "x", "value") if key in policy), 0)
    rule = {
        "template": policy["template"],
        "params": {policy["template"]: number},
        "tag_selectors": [{"decoration": "matches", "pattern": "**"}],
    }
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    records = []
    for item in vector["inventory"]:
        record = {"repository": "app", "digest": item["id"], "tags": [item["id"]], "pushed_at": ago("1d")}
        for name, field in (("pushed", "pushed_at"), ("pulled", "last_pulled_at")):
            if f"{name}_unix" in item:
                record[field] = (epoch + timedelta(seconds=item[f"{name}_unix"])).isoformat()
            elif f"{name}_ago" in item:
                record[field] = ago(item[f"{name}_ago"])
        records.append(record)
    verdicts = simulate("harbor", {"rules": [rule]}, from_records(records), now=NOW)
    kept = actions(verdicts, "keep")
    if "retained" in expected:
        assert kept == set(expected["retained"])
    assert len(kept) == expected.get("retained_count", len(kept))


@pytest.mark.parametrize("vector", vectors("harbor", "selected"))
def test_harbor_selectors(vector: Mapping[str, Any]) -> None:
    policy = vector["policy"]
    if policy["decoration"] not in {"matches", "excludes"}:
        pytest.skip("a selector of repositories")
    extras = (
        {} if not isinstance(policy.get("untagged"), bool) else {"extras": json.dumps({"untagged": policy["untagged"]})}
    )
    selector = {"decoration": policy["decoration"], "pattern": policy["pattern"], **extras}
    rule = {"template": "always", "tag_selectors": [selector]}
    records = [
        {"repository": item["repo"], "digest": item["id"], "tags": item["tags"], "pushed_at": ago("1d")}
        for item in vector["inventory"]
    ]
    verdicts = simulate("harbor", {"rules": [rule]}, from_records(records), now=NOW)
    assert actions(verdicts, "keep") == set(vector["expected"]["selected"])


@pytest.mark.parametrize("vector", vectors("distribution", "deleted_manifests"))
def test_distribution(vector: Mapping[str, Any]) -> None:
    policy = {key: value for key, value in vector["policy"].items() if key in {"delete_untagged", "dry_run"}}
    known = {"digest", "tags", "children", "subject"}
    if any(set(item) - known for item in vector["inventory"]):
        pytest.skip("states blobs, which an inventory does not have")
    records = [{"repository": "app", "pushed_at": ago("1d"), **item} for item in vector["inventory"]]
    verdicts = simulate("distribution", policy, from_records(records), now=NOW)
    assert actions(verdicts, "delete") == set(vector["expected"]["deleted_manifests"])
