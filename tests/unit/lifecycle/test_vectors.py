"""Unit proof: every plain vector of documentation and source gives the stated outcome."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.lifecycle import from_records, simulate

pytestmark = pytest.mark.unit

VECTORS = Path(__file__).parents[2] / "vectors"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _vectors() -> list[Any]:
    found = []
    for kind in ("ecr", "gar", "harbor", "acr-purge"):
        for vector in json.loads((VECTORS / f"{kind}.json").read_text()):
            found.append(pytest.param(kind, vector, id=vector["id"]))
    return found


def _ago(days: float | None) -> str | None:
    return None if days is None else (NOW - timedelta(days=days)).isoformat()


def _record(item: dict[str, Any]) -> dict[str, Any]:
    record = {key: value for key, value in item.items() if not key.endswith("_days_ago")}
    for key, value in item.items():
        if key.endswith("_days_ago"):
            record[f"{key.removesuffix('_days_ago')}_at"] = _ago(value)
    if isinstance(record.pop("tag_pushed_at", None), dict):
        record["tag_pushed_at"] = {tag: _ago(days) for tag, days in item["tag_pushed_days_ago"].items()}
    return record


@pytest.mark.parametrize(("kind", "vector"), _vectors())
def test_the_stated_outcome(kind: str, vector: dict[str, Any]) -> None:
    policy = vector["policy"]
    if vector.get("dry_run"):
        policy = {"policies": policy, "dry_run": True}
    if "expected_error" in vector:
        with pytest.raises(StackError):
            simulate(kind, policy, from_records([]), now=NOW)
        return
    verdicts = simulate(kind, policy, from_records([_record(item) for item in vector["inventory"]]), now=NOW)
    found = list(verdicts.records())
    assert [item["digest"] for item in found if item["action"] == "delete"] == sorted(vector["expected_deleted"])
    if "expected_archived" in vector:
        assert [item["digest"] for item in found if item["action"] == "archive"] == vector["expected_archived"]
    if "expected_untagged" in vector:
        gone = {item["digest"] for item in found if item["action"] in {"untag", "delete"}}
        gone |= {f"{item['digest']}:{tag}" for item in found if item["action"] == "untag" for tag in item["tags"]}
        assert set(vector["expected_untagged"]) <= gone
        named = {text if text.count(":") == 1 else text.rpartition(":")[0] for text in vector["expected_untagged"]}
        assert {item["digest"] for item in found if item["action"] in {"untag", "delete"}} == named
