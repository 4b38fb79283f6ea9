"""Unit proof: `regc lifecycle compile`, and `simulate` of what a policy becomes, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from registry_components.cli.main import app

pytestmark = pytest.mark.unit

POLICY = """
repositories: ["shop/**"]
expire:
  stale: {tags: ["pr-*"], older_than_days: 14}
  leftovers: {tag_state: untagged, older_than_days: 3}
  dev: {tags: ["dev-*"], older_than_days: 3, repositories: ["shop/web"]}
"""
RECORDS = [
    {"repository": name, "digest": f"sha256:{number}", "tags": [tag], "pushed_at": "2026-11-01T00:00:00Z"}
    for name in ("base", "shop/api", "shop/web")
    for number, tag in enumerate(("pr-1", "dev-1", "v1"))
]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["lifecycle", *map(str, arguments)])


def test_the_registrys_own_policy_is_printed_and_what_it_was_compared_on(policy: Path) -> None:
    done = run("compile", "--kind", "ecr", "--policy", policy, "--repository", "shop/web")
    assert done.exit_code == 0
    assert [rule["description"] for rule in json.loads(done.stdout)["rules"]] == ["leftovers", "dev", "stale"]
    accepted, compared = done.stderr.splitlines()
    assert accepted.startswith("accepted, keeps-more:signature-tags: ECR would keep app:sha256-…")
    assert compared.startswith("ECR does the same as the policy on ")
    assert compared.endswith(" artifacts, built from the boundaries of both, but for what was accepted")


def test_it_is_written_to_a_file_that_simulate_takes(policy: Path, tmp_path: Path) -> None:
    out, inventory = tmp_path / "ecr.json", tmp_path / "inventory.jsonl"
    inventory.write_text("\n".join(json.dumps(record) for record in RECORDS))
    done = run("compile", "--kind", "ecr", "--policy", policy, "--repository", "shop/api", "--out", out)
    assert (done.exit_code, done.stdout) == (0, "")
    options = ["--inventory", inventory, "--now", "2026-11-24T00:00:00Z", "--json"]
    native = run("simulate", "--kind", "ecr", "--native", out, *options)
    whole = run("simulate", "--kind", "ecr", "--policy", policy, *options)
    assert (native.exit_code, whole.exit_code) == (0, 0)

    def of(done: Any, repository: str) -> list[tuple[str, str | None]]:
        found = json.loads(done.stdout)
        return [(one["action"], one["rule"]) for one in found if one["repository"] == repository]

    assert [action for action, _ in of(native, "shop/api")] == ["delete", "keep", "keep"]
    # Each repository has the policy that is meant for it.
    assert [action for action, _ in of(whole, "shop/api")] == ["delete", "keep", "keep"]
    assert [action for action, _ in of(whole, "shop/web")] == ["delete", "delete", "keep"]
    assert of(whole, "base") == [("keep", None)] * 3
    assert "warning: accepted, keeps-more:signature-tags: ECR would keep" in whole.stderr


def test_differences_are_accepted_by_name(policy: Path) -> None:
    refused = run("compile", "--kind", "acr-purge", "--policy", policy)
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert "[keeps-more:several-tags]" in refused.stderr
    taken = run(
        "compile", "--kind", "acr-purge", "--policy", policy,
        "--accept-difference", "keeps-more:several-tags", "--accept-difference", "keeps-more:signature-tags",
    )  # fmt: skip
    assert taken.exit_code == 0
    assert len(json.loads(taken.stdout)) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "quay"], "policy.yaml: kind 'quay' is not known; allowed: acr, acr-purge, artifactory, "
         "distribution, ecr, gar, harbor, nexus"),
        (["--kind", "ecr"], "policy.yaml: repositories: ECR's policy is for one repository; say which one it is to be "
         "translated for"),
        (["--kind", "ecr", "--repository", "base"],
         "policy.yaml: repositories: no rule that expires or archives is for the repository 'base'"),
        (["--kind", "ecr", "--repository", "shop/api", "--accept-difference", "all"],
         "policy.yaml: accept_differences: 'all' is not the name of a difference; names are deletes-more, keeps-more "
         "or archives-more, a colon, and what it is about, as a refusal tells it"),
        (["--kind", "ecr", "--repository", "shop/api", "--out", "/nowhere/ecr.json"],
         "--out /nowhere/ecr.json: cannot be written: No such file or directory"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    policy: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(policy.parent)
    done = run("compile", "--policy", "policy.yaml", *arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"error: {message}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("repositories: [", "policy.yaml: line 1: is not YAML: expected the node content, but found '<stream end>'"),
        ("[]", "policy.yaml: the lifecycle policy has to be an object with repositories and expire"),
        (
            "repositories: ['**']\naccept_differences: [everything]",
            "policy.yaml: LifecyclePolicy is not valid (2 mistakes):\n"
            "  accept_differences[0]: 'everything' is not the name of a difference; it is one of deletes-more, "
            "keeps-more, archives-more, a colon, and one of tags, several-tags, untagged, pulls, counts, indexes, "
            "index-children, subjects, referrers, signature-tags, repositories, digests, archived\n"
            "  expire: has no rule, and archive neither: nothing would ever go; add a rule",
        ),
    ],
)
def test_policies_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(text)
    done = run("compile", "--kind", "harbor", "--policy", "policy.yaml")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"error: {message}\n")
