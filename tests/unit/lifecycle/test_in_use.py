"""Unit proof: listings of what runs, in the shapes of the platforms, and what they protect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from registry_components.cli.main import app
from registry_components.core.errors import StackError
from registry_components.lifecycle import from_records, simulate
from registry_components.lifecycle.in_use import read
from tests.unit.lifecycle.test_properties import NOW

pytestmark = pytest.mark.unit

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
API = "registry.example.com:5000/shop/api:v1"


def template(image: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"image": image}]}}


KUBERNETES = {
    "kind": "List",
    "items": [
        {
            "kind": "Pod",
            "spec": {"containers": [{"image": API}], "initContainers": [{"image": "shop/init:v2"}],
                     "ephemeralContainers": [{"image": "shop/debug@" + B}]},
            "status": {"containerStatuses": [{"image": API, "imageID": f"docker-pullable://shop/api@{A}"}]},
        },
        {"kind": "Deployment", "spec": {"replicas": 0, "template": template("shop/idle:v1")}},
        {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": template("job:1")}}}},
    ],
}  # fmt: skip
ECS_TASKS = {
    "tasks": [{"containers": [{"image": "1.dkr.ecr.eu-west-1.amazonaws.com/api:v3", "imageDigest": A}]}],
    "failures": [],
}
ECS_DEFINITION = {"taskDefinition": {"containerDefinitions": [{"image": "1.dkr.ecr.eu-west-1.amazonaws.com/api:v4"}]}}
RUN_V1 = [
    {"kind": "Service", "spec": {"template": {"spec": {"containers": [{"image": "europe-docker.pkg.dev/p/r/api:v5"}]}}}}
]
RUN_V2 = [
    {"name": "projects/p/services/api", "template": {"containers": [{"image": f"europe-docker.pkg.dev/p/r/api@{B}"}]}}
]


@pytest.mark.parametrize(
    ("listing", "images"),
    [
        (KUBERNETES, {API, "shop/init:v2", f"shop/debug@{B}", A, "shop/idle:v1", "job:1"}),
        (ECS_TASKS, {"1.dkr.ecr.eu-west-1.amazonaws.com/api:v3", A}),
        (ECS_DEFINITION, {"1.dkr.ecr.eu-west-1.amazonaws.com/api:v4"}),
        (RUN_V1, {"europe-docker.pkg.dev/p/r/api:v5"}),
        (RUN_V2, {f"europe-docker.pkg.dev/p/r/api@{B}"}),
        (["a:1", "b"], {"a:1", "b"}),
    ],
    ids=["kubectl", "ecs-tasks", "ecs-definition", "run-v1", "run-v2", "list"],
)
def test_listings_of_the_platforms(tmp_path: Path, listing: Any, images: set[str]) -> None:
    file = tmp_path / "running"
    file.write_text(json.dumps(listing))
    assert set(read(file)) == images


def test_a_plain_list_has_one_image_a_line(tmp_path: Path) -> None:
    file = tmp_path / "running"
    file.write_text(f"# what runs\n{API}\n\n  shop/web@{A}  # pinned\n")
    assert read(file) == [API, f"shop/web@{A}"]


BAD = [
    ("", "names no image; look whether the command that made it failed, or say that nothing runs with "
     "--allow-empty-in-use"),
    ('{"items": []}', "names no image; look whether the command that made it failed, or say that nothing runs with "
     "--allow-empty-in-use"),
    ('{"items": [', "line 1: is not JSON; was the listing cut off?"),
    ('{"message": "Unauthorized"}', "is no listing that is known; give kubectl's -o json, aws ecs describe-tasks or "
     "describe-task-definition, gcloud run ... --format=json, or one image a line"),
    ("[1, 2]", "is no listing that is known; give kubectl's -o json, aws ecs describe-tasks or "
     "describe-task-definition, gcloud run ... --format=json, or one image a line"),
    ("error: You must be logged in", "line 1: 'error: You must be logged in' is not an image; write one on each line"),
    ("shop/api:v1\nshop/web v2", "line 2: 'shop/web v2' is not an image; write one on each line"),
    ("[" * 100_000, "is nested too deep to be a listing"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD)
def test_what_is_no_listing_is_told(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "running"
    file.write_text(text)
    with pytest.raises(StackError) as caught:
        read(file)
    assert str(caught.value) == f"{file}: {message}"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="cannot be read: No such file or directory"):
        read(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(StackError, match="is not UTF-8 text"):
        read(tmp_path / "binary")
    (tmp_path / "empty").write_text("")
    assert read(tmp_path / "empty", allow_empty=True) == []


RECORDS = [
    {"repository": name, "digest": f"sha256:{tag}{place}", "tags": [tag], "pushed_at": "2026-01-01T00:00:00Z"}
    for place, name in enumerate(("api", "shop/api", "team/shop/api"))
    for tag in ("v1", "v2", "latest")
]


@given(st.lists(st.sampled_from(
    ["registry.example.com:5000/shop/api:v1", "api:v2", "example.com/team/shop/api", "shop/api", "web:v1",
     "example.com/api:v1",
     "sha256:v11", "docker.io/shop/api@sha256:v22", "api:v1"]), max_size=4))  # fmt: skip
def test_what_runs_stays_and_nothing_else(images: list[str]) -> None:
    policy = {
        "repositories": ["**"],
        "expire": {"all": {"tags": ["*"], "older_than_days": 1}},
        "protect": {"in_use": images},
    }
    kept = {
        f"{one['repository']}:{one['tags'][0]}"
        for one in simulate("unified", policy, from_records(RECORDS), now=NOW).records()
        if one["action"] == "keep"
    }
    wanted = set()
    for record in RECORDS:
        name, tag, digest = str(record["repository"]), record["tags"][0], str(record["digest"])
        for image in images:
            if "@" in image or image.startswith("sha256:"):
                hit = image.rpartition("@")[2] == digest
            else:
                path, colon, said = image.rpartition(":")
                if not colon or "/" in said:
                    path, said = image, "latest"
                hit = said == tag and (path == name or path.endswith(f"/{name}"))
            if hit:
                wanted.add(f"{name}:{tag}")
    assert kept == wanted


def test_the_index_of_a_manifest_that_runs_stays() -> None:
    records: list[dict[str, Any]] = [
        {"repository": "api", "digest": A, "pushed_at": "2026-01-01T00:00:00Z"},
        {"repository": "api", "digest": B, "tags": ["v1"], "pushed_at": "2026-01-01T00:00:00Z", "children": [A]},
        {"repository": "api", "digest": "sha256:c", "tags": ["v2"], "pushed_at": "2026-01-01T00:00:00Z"},
    ]
    policy = {
        "repositories": ["**"],
        "expire": {"all": {"tags": ["*"], "older_than_days": 1}},
        "protect": {"in_use": [A]},
    }
    found = simulate("unified", policy, from_records(records), now=NOW).records()
    assert {one["digest"]: one["action"] for one in found} == {A: "keep", B: "keep", "sha256:c": "delete"}


def test_as_it_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    policy = {"repositories": ["**"], "expire": {"all": {"tags": ["*"], "older_than_days": 1}}}
    Path("policy.json").write_text(json.dumps(policy))
    Path("inventory.json").write_text(json.dumps(RECORDS))
    Path("running.json").write_text(json.dumps(KUBERNETES))
    options = ["--policy", "policy.json", "--inventory", "inventory.json", "--json"]
    done = CliRunner().invoke(app, ["lifecycle", "simulate", "--kind", "unified", *options, "--in-use", "running.json"])
    kept = [(one["repository"], one["reason"]) for one in json.loads(done.stdout) if one["action"] == "keep"]
    assert kept == [("api", "it is in use"), ("shop/api", "it is in use")]
    done = CliRunner().invoke(
        app, ["lifecycle", "explain", "shop/api:v1", "--kind", "unified", *options[:4], "--in-use", "running.json"]
    )
    assert "reason  it is in use" in done.stdout
    refused = CliRunner().invoke(app, ["lifecycle", "simulate", "--kind", "ecr", *options, "--in-use", "running.json"])
    assert "protect.in_use: ECR does not know what runs; prune with regc prune instead" in refused.stderr
    native = ["--native", "policy.json", "--inventory", "inventory.json", "--in-use", "running.json"]
    refused = CliRunner().invoke(app, ["lifecycle", "simulate", "--kind", "ecr", *native])
    assert refused.stderr == "error: --in-use goes with --policy: a registry's own policy does not know what runs\n"
