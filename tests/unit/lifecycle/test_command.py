"""Unit proof: `regc lifecycle` as it is typed: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from registry_components.cli.main import app

pytestmark = pytest.mark.unit

NOW = "2026-11-24T00:00:00Z"
POLICY = """
repositories: ["**"]
expire:
  stale: {tags: ["pr-*"], older_than_days: 14}
"""
RECORD = {"repository": "shop/api", "digest": "sha256:a", "tags": ["pr-1"], "pushed_at": "2026-01-01T00:00:00Z"}
RULE = {
    "rulePriority": 1,
    "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
    "action": {"type": "expire"},
}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["lifecycle", *arguments])


def simulate(
    folder: Path, *more: str, kind: str = "unified", policy: str = POLICY, inventory: str | None = None
) -> Any:
    written = folder / ("policy.yaml" if kind == "unified" else "policy.json")
    written.write_text(policy)
    listed = folder / "inventory.jsonl"
    listed.write_text(json.dumps(RECORD) + "\n" if inventory is None else inventory)
    option = "--policy" if kind == "unified" else "--native"
    return run("simulate", "--kind", kind, option, str(written), "--inventory", str(listed), "--now", NOW, *more)


def test_json_has_every_artifact(tmp_path: Path) -> None:
    done = simulate(tmp_path, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == [
        {
            "repository": "shop/api",
            "digest": "sha256:a",
            "tags": ["pr-1"],
            "action": "delete",
            "rule": "stale",
            "reason": "stale: pushed more than 14 days ago (327)",
        }
    ]


def test_people_see_what_goes_and_the_sums(tmp_path: Path) -> None:
    done = simulate(tmp_path)
    assert "delete" in done.stdout
    assert " ".join(done.stdout.split()).endswith(
        "1 artifacts: 0 keep, 1 delete, 0 archive, 0 untag; 0 bytes get free (of 1 artifacts nobody knows the size, "
        "and they count as nothing)"
    )


def test_people_see_the_bytes_that_get_free(tmp_path: Path) -> None:
    base, own = {"digest": "sha256:8", "size": 1000}, {"digest": "sha256:9", "size": 50}
    stays = {**RECORD, "digest": "sha256:b", "tags": ["v1"], "size": 1100, "layers": [base]}
    listed = json.dumps({**RECORD, "size": 1150, "layers": [base, own]}) + "\n" + json.dumps(stays)
    done = simulate(tmp_path, inventory=listed)
    told = "2 artifacts: 1 keep, 1 delete, 0 archive, 0 untag; 150 bytes get free"
    assert " ".join(done.stdout.split()).endswith(told)


def test_one_artifact_is_explained(tmp_path: Path) -> None:
    simulate(tmp_path)
    options = ["--kind", "unified", "--policy", str(tmp_path / "policy.yaml"), "--inventory"]
    done = run("explain", "shop/api:pr-1", *options, str(tmp_path / "inventory.jsonl"), "--now", NOW)
    assert "reason  stale: pushed more than 14 days ago (327)" in done.stdout


@pytest.mark.parametrize("suffix", ["json", "csv", "parquet"])
def test_every_format_gives_the_same(tmp_path: Path, suffix: str) -> None:
    import polars as pl

    record = {**RECORD, "size": 10, "children": ["sha256:b"], "locked": False}
    frame = pl.DataFrame([record]).with_columns(pl.col("pushed_at").str.to_datetime(time_zone="UTC"))
    file = tmp_path / f"inventory.{suffix}"
    if suffix == "json":
        file.write_text(json.dumps([record]))
    elif suffix == "parquet":
        frame.write_parquet(file)
    else:
        file.write_text("repository,digest,tags,pushed_at,size\nshop/api,sha256:a,pr-1,2026-01-01T00:00:00Z,10\n")
    (tmp_path / "policy.yaml").write_text(POLICY)
    options = ["--kind", "unified", "--policy", str(tmp_path / "policy.yaml"), "--now", NOW, "--json"]
    done = run("simulate", "--inventory", str(file), *options)
    assert [item["action"] for item in json.loads(done.stdout)] == ["delete"]


def _line(**changes: Any) -> str:
    return json.dumps({key: value for key, value in {**RECORD, **changes}.items() if value is not ...}) + "\n"


INVENTORIES = [
    ("{", "line 1: is not JSON: Expecting property name enclosed in double quotes"),
    ("[1, 2", "is not a JSON array: Expecting ',' delimiter: line 1 column 6 (char 5)"),
    ("[1]", "item 1: is a number, not an object with repository and digest"),
    ("null\n", "line 1: is missing, not an object with repository and digest"),
    (_line(digest=...), "line 1: digest: has to be a text, not missing"),
    (_line(repository=""), "line 1: repository: has to be a text, not an empty text"),
    (_line(repository=7), "line 1: repository: has to be a text, not a number"),
    (_line(tag=["a"]), "line 1: tag: is not a field of an inventory; did you mean tags?"),
    (_line(tags="a"), "line 1: tags: has to be a list of texts, not a text"),
    (_line(tags=[1]), "line 1: tags: has to be a list of texts, not a list with a number in it"),
    (_line(tags=["a", "a"]), "line 1: tags: one is there twice"),
    (
        _line(pushed_at="yesterday"),
        "line 1: pushed_at: 'yesterday' is not a time such as 2026-11-24T00:00:00Z",
    ),
    (
        _line(pushed_at="2026-01-01T00:00:00"),
        "line 1: pushed_at: '2026-01-01T00:00:00' says no time zone; write 2026-01-01T00:00:00Z where it is UTC",
    ),
    (_line(pushed_at=1), "line 1: pushed_at: has to be a time such as 2026-11-24T00:00:00Z, not a number"),
    (_line(size=-1), "line 1: size: has to be at least 0, not -1"),
    (_line(size="big"), "line 1: size: has to be a whole number of bytes, not a text"),
    (_line(size=True), "line 1: size: has to be a whole number of bytes, not true or false"),
    (_line(locked="yes"), "line 1: locked: has to be true or false, not a text"),
    (_line(children={}), "line 1: children: has to be a list of texts, not an object"),
    (_line(subject=[]), "line 1: subject: has to be a digest, not a list"),
    (_line(tag_pushed_at={"x": NOW}), "line 1: tag_pushed_at: 'x' is not one of its tags"),
    (
        _line(tag_pushed_at=[NOW, NOW]),
        "line 1: tag_pushed_at: has to be an object of times by tag, or a list as long as tags",
    ),
    (
        _line() + _line(),
        "shop/api@sha256:a is in the inventory 2 times; give each digest of a repository once, with all its tags",
    ),
]


@pytest.mark.parametrize(("inventory", "message"), INVENTORIES)
def test_an_inventory_that_is_wrong_is_told_with_its_place(tmp_path: Path, inventory: str, message: str) -> None:
    done = simulate(tmp_path, inventory=inventory)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path}/inventory.jsonl: {message}\n"


def test_ten_mistakes_are_told(tmp_path: Path) -> None:
    done = simulate(tmp_path, inventory=_line(size=-1) * 50)
    assert done.stderr.count("size: has to be at least 0") == 10
    assert done.stderr.endswith("more are not told\n")


UNIFIED = [
    ("[]", "the lifecycle policy has to be an object with repositories and expire"),
    (
        "repositories: ['**']",
        "LifecyclePolicy is not valid (1 mistake):\n"
        "  expire: has no rule, and archive neither: nothing would ever go; add a rule",
    ),
    (
        "expire: {a: {tag_state: any, older_than_days: 1}}",
        "LifecyclePolicy is not valid (1 mistake):\n  repositories: is required but not given; add it",
    ),
    (
        "repositories: ['**']\nexpire: {a: {tag_state: any}}",
        "LifecyclePolicy is not valid (1 mistake):\n  expire.a: would take everything that it selects; give one of "
        "older_than_days, unpulled_for_days, beyond_most_recent, beyond_bytes",
    ),
    (
        "repositories: ['**']\nexpire: {a: {older_than_days: 1}}",
        "LifecyclePolicy is not valid (1 mistake):"
        "\n  expire.a.tags: or tag_state has to say which artifacts are meant; "
        "write tag_state: any for all",
    ),
    (
        "repositories: ['**']\nexpire: {a: {tag_state: untagged, tags: ['a'], older_than_days: 1}}",
        "LifecyclePolicy is not valid (1 mistake):"
        "\n  expire.a.tags: are for tagged artifacts, and tag_state is untagged; "
        "remove one of them",
    ),
    (
        "repositories: ['**']\nexpire: {a: {tags: ['a'], older_than_days: 1}}\nkeep: {k: {tags: ['b']}}",
        "LifecyclePolicy is not valid (1 mistake):\n  keep.k: says nothing; say exactly one of newer_than_days, "
        "pulled_within_days, most_recent, always: true",
    ),
    (
        "repositories: ['**']\nexpire: {a: {tags: ['a'], older_than_days: 1}}\nkeep: {a: {tags: ['b'], always: true}}",
        "LifecyclePolicy is not valid (1 mistake):\n  keep.a: is the name of a rule of expire too; give it another",
    ),
]


@pytest.mark.parametrize(("policy", "message"), UNIFIED)
def test_a_unified_policy_that_is_wrong(tmp_path: Path, policy: str, message: str) -> None:
    done = simulate(tmp_path, policy=policy)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path}/policy.yaml: {message}\n"


NATIVE = [
    (
        "ecr",
        {"rules": []},
        "the ECR lifecycle policy is not valid (1 mistake):\n  rules: a policy needs a list of at least one rule",
    ),
    (
        "ecr",
        {"rules": [{**RULE, "rulePriority": 0}]},
        "the ECR lifecycle policy is not valid (1 mistake):"
        "\n  rules[0].rulePriority: must be a whole number of at least 1",
    ),
    (
        "gar",
        {"a": {"action": "DELETE"}},
        "the list of cleanup policies is not valid (1 mistake):"
        "\n  a: has to have either condition or mostRecentVersions",
    ),
    (
        "gar",
        {"a": {"action": "REMOVE", "condition": {"olderThan": "1w"}}},
        "the list of cleanup policies is not valid (2 mistakes):"
        "\n  a.action: has to be one of DELETE, KEEP, not 'REMOVE'\n"
        "  a.condition.olderThan: '1w' is not a duration; write 30d, 12h or 3600s",
    ),
    (
        "harbor",
        {"rules": [{"template": "newest"}]},
        "the Harbor retention policy is not valid (1 mistake):\n  rules[0].template: has to be one of latestPushedK, "
        "latestPulledN, nDaysSinceLastPush, nDaysSinceLastPull, always, not 'newest'",
    ),
    (
        "acr-purge",
        {"filter": "app", "ago": "1w"},
        "the purge is not valid (2 mistakes):\n  ago: '1w' is not a duration such as 30d or 2d3h6m\n"
        "  filter: 'app' has 0 colons outside of groups; write 'repository:tag', each a pattern",
    ),
    (
        "acr",
        {"retentionPolicy": {"days": 400}},
        "the retention policy is not valid (1 mistake):"
        "\n  retentionPolicy.days: has to be a whole number from 0 to 365, not 400",
    ),
    (
        "nexus",
        {"name": "p"},
        "the cleanup policy is not valid (1 mistake):\n  has no criterion; give at least one criterion",
    ),
    (
        "artifactory",
        {"searchCriteria": {}},
        "the cleanup policy is not valid (1 mistake):\n  search_criteria: would delete every package; give a time, or "
        "keep_last_n_versions",
    ),
    (
        "distribution",
        {"delete_untagged": "yes"},
        "the garbage collection is not valid (1 mistake):\n  delete_untagged: has to be true or false, not a text",
    ),
]


@pytest.mark.parametrize(("kind", "policy", "message"), NATIVE)
def test_a_native_policy_that_is_wrong(tmp_path: Path, kind: str, policy: Any, message: str) -> None:
    done = simulate(tmp_path, kind=kind, policy=json.dumps(policy))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path}/policy.json: {message}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--kind", "docker-hub", "--native", "p"],
            "--kind docker-hub: is not known; allowed: acr, acr-purge, artifactory, distribution, ecr, gar, ghcr, "
            "gitlab, harbor, nexus, quay, zot, unified",
        ),
        (["--kind", "ecr"], "give either --policy with a unified policy or --native with the registry's own"),
        (["--kind", "unified", "--native", "p"], "--kind unified takes --policy"),
        (["--kind", "ecr", "--policy", "p"], "p: cannot be read: No such file or directory"),
        (["--kind", "ecr", "--native", "/nowhere"], "/nowhere: cannot be read: No such file or directory"),
    ],
)
def test_options_that_do_not_fit(arguments: list[str], message: str) -> None:
    done = run("simulate", "--inventory", "/nowhere.jsonl", *arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"error: {message}\n")
