"""Unit proof: each finding of lint both ways, and that no rule is said to be without effect that has one."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from registry_components.cli.main import app
from registry_components.core.errors import StackError
from registry_components.lifecycle import from_records, simulate
from registry_components.lifecycle.lint import policies
from registry_components.lifecycle.lint.findings import CODES
from registry_components.lifecycle.lint.run import Context, lint
from tests.unit.lifecycle.compile.test_equal_or_refused import GLOBS, NOW, repositories
from tests.unit.lifecycle.compile.test_equal_or_refused import policies as unified_policies

pytestmark = pytest.mark.unit

UNTAGGED = {"tagStatus": "untagged"}
ANY = {"tagStatus": "any"}


def tagged(*patterns: str) -> dict[str, Any]:
    return {"tagStatus": "tagged", "tagPatternList": list(patterns)}


def ecr(*rules: tuple[dict[str, Any], str, int]) -> dict[str, Any]:
    found = []
    for number, (selection, count, value) in enumerate(rules, 1):
        unit = {} if count == "imageCountMoreThan" else {"countUnit": "days"}
        said = {**selection, "countType": count, **unit, "countNumber": value}
        found.append({"rulePriority": number, "selection": said, "action": {"type": "expire"}})
    return {"rules": found}


def gar(*policies: tuple[str, dict[str, Any]], **more: Any) -> Any:
    found = [
        {"name": f"p{number}", "action": {"type": action}, **body} for number, (action, body) in enumerate(policies)
    ]
    return {"cleanupPolicies": found, **more} if more else found


def harbor(*rules: tuple[str, int, str], **more: Any) -> dict[str, Any]:
    return {
        "rules": [
            {
                "template": template,
                "params": {} if template == "always" else {template: number},
                "tag_selectors": [{"decoration": "matches", "pattern": pattern, "extras": '{"untagged":false}'}],
                "scope_selectors": {"repository": [{"decoration": "repoMatches", "pattern": "**"}]},
                **more,
            }
            for template, number, pattern in rules
        ]
    }


def unified(**rules: Any) -> dict[str, Any]:
    return {"repositories": ["**"], **rules}


AGE, COUNT = "sinceImagePushed", "imageCountMoreThan"
STALE = {"tags": ["pr-*"], "older_than_days": 14}
OLD = {"condition": {"tagState": "untagged", "olderThan": "30d"}}
LISTED = from_records(
    [
        {"repository": "shop", "digest": "sha256:1", "tags": ["pr-1", "v1"], "pushed_at": "2026-01-01T00:00:00Z"},
        {"repository": "shop", "digest": "sha256:2", "tags": ["pr-2"], "pushed_at": "2026-01-01T00:00:00Z"},
    ]
)
SEEN = Context(inventory=LISTED, now=NOW)

# code, kind, a policy that has it, the nearest that has not, the context of both
BOTH_WAYS: list[tuple[str, str, Any, Any, Context]] = [
    ("refused", "ecr", {"rules": []}, ecr((UNTAGGED, AGE, 1)), Context()),
    ("refused", "unified", unified(expire={"a": {"tags": ["*"]}}), unified(expire={"a": STALE}), Context()),
    ("shadowed", "ecr", ecr((tagged("*"), COUNT, 1_000_000), (tagged("pr-*"), AGE, 14)),
     ecr((tagged("pr-*"), AGE, 14), (tagged("*"), COUNT, 500)), Context()),
    ("shadowed", "ecr", ecr((tagged("pr-*"), AGE, 14), (tagged("pr-1*"), AGE, 3)),
     ecr((tagged("pr-1*"), AGE, 3), (tagged("pr-*"), AGE, 14)), Context()),
    ("shadowed", "unified", unified(expire={"a": STALE, "b": {"tags": ["pr-1*"], "older_than_days": 30}}),
     unified(expire={"a": STALE, "b": {"tags": ["pr-1*"], "older_than_days": 3}}), Context()),
    ("shadowed", "unified", unified(expire={"a": STALE, "b": {"tags": ["v*"], "beyond_most_recent": 400}},
                                    keep={"k": {"tags": ["v*"], "always": True}}),
     unified(expire={"a": STALE, "b": {"tags": ["v*"], "beyond_most_recent": 400}},
             keep={"k": {"tags": ["v1*"], "always": True}}), Context()),
    ("never-acts", "unified",
     unified(expire={"a": STALE, "b": {"tags": ["x"], "exclude_tags": ["x"], "older_than_days": 1}}),
     unified(expire={"a": STALE, "b": {"tags": ["x"], "exclude_tags": ["y"], "older_than_days": 1}}), Context()),
    ("keeps-nothing", "unified", unified(expire={"a": STALE}, keep={"k": {"tags": ["v*"], "newer_than_days": 10}}),
     unified(expire={"a": {"tags": ["*"], "older_than_days": 5}}, keep={"k": {"tags": ["v*"], "newer_than_days": 10}}),
     Context()),
    ("keeps-nothing", "gar", gar(("Delete", OLD), ("Keep", {"condition": {"tagState": "tagged"}})),
     gar(("Delete", {"condition": {"tagState": "any", "olderThan": "30d"}}),
         ("Keep", {"condition": {"tagState": "tagged", "tagPrefixes": ["v"]}})), Context()),
    ("only-keeps", "gar", gar(("Keep", {"condition": {"tagState": "tagged"}})), gar(("Delete", OLD)), Context()),
    ("dry-run", "gar", gar(("Delete", OLD), cleanupPolicyDryRun=True), gar(("Delete", OLD), cleanupPolicyDryRun=False),
     Context()),
    ("dry-run", "acr-purge", ["acr purge --filter 'a:^b$' --ago 1d --dry-run"], ["acr purge --filter 'a:^b$' --ago 1d"],
     Context()),
    ("dry-run", "distribution", {"delete_untagged": False, "dry_run": True}, {"delete_untagged": False}, Context()),
    ("switched-off", "harbor", harbor(("always", 0, "v*"), disabled=True), harbor(("always", 0, "v*")), Context()),
    ("switched-off", "artifactory", {"enabled": False, "search_criteria": {"created_before_in_days": 9}},
     {"enabled": True, "search_criteria": {"created_before_in_days": 9}}, Context()),
    ("signatures", "ecr", ecr((ANY, AGE, 30)), ecr((tagged("pr-*"), AGE, 30)), Context()),
    ("signatures", "distribution", {"delete_untagged": True}, {"delete_untagged": False}, Context()),
    ("counts-manifests", "ecr", ecr((ANY, COUNT, 10)), ecr((tagged("v*"), COUNT, 10)), Context()),
    ("counts-manifests", "gar", gar(("Delete", {"condition": {"tagState": "any", "olderThan": "30d"}}),
                                    ("Keep", {"mostRecentVersions": {"keepCount": 5}})),
     gar(("Delete", OLD)), Context()),
    ("all-patterns", "ecr", ecr((tagged("main", "latest"), COUNT, 1)), ecr((tagged("main"), COUNT, 1)), Context()),
    ("fresh-pushes", "harbor", harbor(("nDaysSinceLastPull", 30, "**")),
     harbor(("nDaysSinceLastPull", 30, "**"), ("nDaysSinceLastPush", 30, "**")), Context()),
    ("empties", "unified", unified(expire={"a": STALE}),
     unified(expire={"a": STALE}, keep={"k": {"tag_state": "tagged", "most_recent": 1}}), Context()),
    ("empties", "ecr", ecr((tagged("pr-*"), AGE, 14)), ecr((tagged("pr-*"), COUNT, 14)), Context()),
    ("unanchored", "acr-purge", ["acr purge --filter 'a:v1' --ago 1d"], ["acr purge --filter 'a:^v1$' --ago 1d"],
     Context()),
    ("keep-after-age", "acr-purge", ["acr purge --filter 'a:.*' --ago 9d --keep 3"],
     ["acr purge --filter 'a:.*' --ago 0d --keep 3"], Context()),
    ("prefix", "gar", gar(("Delete", {"condition": {"tagPrefixes": ["v1"], "olderThan": "9d"}})),
     gar(("Delete", {"condition": {"tagPrefixes": ["pr-"], "olderThan": "9d"}})), Context()),
    ("no-such-tag", "unified", unified(expire={"a": {"tags": ["feature-*"], "older_than_days": 1}}),
     unified(expire={"a": STALE}), SEEN),
    ("no-such-repository", "unified", unified(expire={"a": STALE | {"repositories": ["team/*"]}}),
     unified(expire={"a": STALE | {"repositories": ["shop"]}}), SEEN),
    ("idle", "ecr", ecr((tagged("pr-*"), AGE, 900)), ecr((tagged("pr-*"), AGE, 9)), SEEN),
    ("other-tags", "ecr", ecr((tagged("pr-*"), AGE, 9)), ecr((tagged("v*"), COUNT, 9), (tagged("pr-*"), AGE, 9)), SEEN),
    ("two-deleters", "unified", unified(expire={"a": STALE}),
     unified(expire={"a": {"tags": ["*"], "older_than_days": 1}}),
     Context(others=[unified(expire={"a": {"tags": ["*"], "older_than_days": 9}})])),
    ("immutable", "gar", gar(("Delete", {"condition": {"tagPrefixes": ["pr-"], "olderThan": "9d"}})),
     gar(("Delete", OLD)), Context(immutable_tags=True)),
]  # fmt: skip


def codes(kind: str, policy: Any, context: Context) -> list[str]:
    return [one.code for one in lint(kind, policy, context)]


@pytest.mark.parametrize(
    ("code", "kind", "has", "has_not", "context"), BOTH_WAYS, ids=[f"{row[0]}-{row[1]}" for row in BOTH_WAYS]
)
def test_each_finding_both_ways(code: str, kind: str, has: Any, has_not: Any, context: Context) -> None:
    assert code in codes(kind, has, context)
    assert code not in codes(kind, has_not, context)


def test_space_is_freed_only_where_garbage_is_collected() -> None:
    policy = harbor(("always", 0, "v*"))
    assert "no-garbage-collection" in codes("harbor", policy, Context(garbage_collection="none"))
    assert "no-garbage-collection" not in codes("harbor", policy, Context(garbage_collection="scheduled"))


def test_every_code_is_shown_both_ways() -> None:
    assert {row[0] for row in BOTH_WAYS} | {"no-garbage-collection"} == set(CODES)


WITHOUT_EFFECT = {"shadowed", "never-acts", "keeps-nothing"}


@st.composite
def ecr_policies(draw: st.DrawFn) -> dict[str, Any]:
    globs = [glob for glob in GLOBS if not set(glob) & set("{}?")]
    rules = []
    for _ in range(draw(st.integers(2, 4))):
        count = draw(st.sampled_from([AGE, COUNT]))
        rules.append((tagged(draw(st.sampled_from(globs))), count, draw(st.sampled_from([1, 2, 3, 7, 14, 40]))))
    if draw(st.booleans()):
        rules.append((draw(st.sampled_from([ANY, UNTAGGED])), AGE, 7))
    return ecr(*rules)


def check_no_rule_is_missed(kind: str, policy: Any, seed: int) -> int:
    """Check that what is said to be without effect is; return how many rules are."""
    try:
        found = [one for one in lint(kind, policy) if one.code in WITHOUT_EFFECT]
    except StackError:
        return 0
    read = policies.read(kind, policy)
    inventory = from_records(repositories(random.Random(seed), archive=False))
    whole = simulate(kind, read.document, inventory, now=NOW).action
    for one in found:
        position = next(place for place, rule in enumerate(read.rules) if rule.path == one.path)
        left = simulate(kind, read.without(position), inventory, now=NOW).action
        assert (left == whole).all(), (policy, str(one))
    return len(found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ecr_policies(), st.integers(0, 2**32))
def test_no_rule_of_ecr_is_said_to_be_without_effect_that_has_one(policy: dict[str, Any], seed: int) -> None:
    check_no_rule_is_missed("ecr", policy, seed)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(unified_policies(), st.integers(0, 2**32))
def test_no_unified_rule_is_said_to_be_without_effect_that_has_one(policy: dict[str, Any], seed: int) -> None:
    check_no_rule_is_missed("unified", policy, seed)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["lifecycle", "lint", *map(str, arguments)])


def test_as_it_is_typed(tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(ecr((tagged("*"), COUNT, 1_000_000), (tagged("pr-*"), AGE, 14))))
    done = run("--kind", "ecr", "--native", file)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "warning: rules[1]: never acts: what it would act on is taken by 1; move it before, narrow the other, or "
        "remove it [shadowed]\n"
    )
    assert run("--kind", "ecr", "--native", file, "--strict").exit_code == 1
    (told,) = json.loads(run("--kind", "ecr", "--native", file, "--json").stdout)
    assert told == {
        "severity": "warning",
        "code": "shadowed",
        "path": "rules[1]",
        "what": "never acts: what it would act on is taken by 1",
        "advice": "move it before, narrow the other, or remove it",
    }
    file.write_text(json.dumps({"rules": [{}]}))
    done = run("--kind", "ecr", "--native", file)
    assert done.exit_code == 1
    assert "error: rules[0].selection: is missing; correct it [refused]\n" in done.stdout
    file.write_text(json.dumps(ecr((tagged("v*"), COUNT, 10))))
    assert run("--kind", "ecr", "--native", file).stdout == "nothing found\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "ecr"], "give either --policy with a unified policy or --native with the registry's own"),
        (["--kind", "ecr", "--policy", "p"],
         "--policy goes with --kind unified, and --native with the kind of a registry"),
        (["--kind", "unified", "--native", "p"],
         "--policy goes with --kind unified, and --native with the kind of a registry"),
        (["--kind", "ecr", "--native", "none.json"], "none.json: cannot be read: No such file or directory"),
        (["--kind", "sonar", "--native", "p.json"], "kind 'sonar' is not known; allowed: acr, acr-purge, artifactory, "
         "distribution, ecr, gar, ghcr, gitlab, harbor, nexus, quay, zot, unified"),
        (["--kind", "ecr", "--native", "p.json", "--garbage-collection", "none"],
         "garbage_collection: ecr frees space by itself; it is for harbor, nexus, distribution"),
        (["--kind", "harbor", "--native", "p.json", "--garbage-collection", "weekly"],
         "--garbage-collection weekly: allowed: none, scheduled"),
        (["--kind", "nexus", "--native", "p.json", "--immutable-tags"],
         "immutable_tags: is for ecr, gar, harbor and unified, not nexus"),
        (["--kind", "ecr", "--native", "p.json", "--now", "x"], "--now x: is not a time such as 2026-11-24T00:00:00Z"),
        (["--kind", "ecr", "--native", "p.json", "--inventory", "none.jsonl"],
         "none.jsonl: there is no such file"),
        (["--kind", "ecr", "--native", "p.json", "--other-policy", "q.json"],
         "q.json: cannot be read: No such file or directory"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text(json.dumps(ecr((UNTAGGED, AGE, 1))))
    done = run(*arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"error: {message}\n")


def test_the_page_lists_every_code() -> None:
    page = (Path(__file__).parents[3] / "docs" / "lifecycle.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (.*) \|$", page, re.MULTILINE)
    assert [(code, severity) for code, severity, _ in rows] == [(code, said[0]) for code, said in CODES.items()]
    assert [what for _, _, what in rows] == [said[1] for said in CODES.values()]
