"""Unit proof: files that a killed engine left half written are repaired, and nothing else is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from registry_components.operations.state_files import repair

pytestmark = pytest.mark.unit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / ".pulumi" / "stacks" / "shop"
    folder.mkdir(parents=True)
    for name, content in {
        "prod.json": {"version": 3, "number": 2},
        "prod.json.attrs": {"user.content_type": "text/plain"},
        "prod.json.bak": {"version": 3, "number": 1},
        "prod.json.bak.attrs": {"user.content_type": "text/plain"},
        "other.json": {"version": 3},
    }.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "other.json.attrs").write_text("")
    return folder


def files(home: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in home.iterdir()}


def test_whole_files_are_left_alone(tmp_path: Path, home: Path) -> None:
    before = files(home)
    assert repair(tmp_path, "shop", "prod") == []
    assert files(home) == before


@pytest.mark.parametrize("name", ["prod.json", "prod.json.bak"])
def test_attributes_that_were_not_written_are_removed(tmp_path: Path, home: Path, name: str) -> None:
    (home / f"{name}.attrs").write_text("")
    before = files(home)
    del before[f"{name}.attrs"]
    assert repair(tmp_path, "shop", "prod") == [
        f"repaired {name}, whose attributes an interrupted run left half written"
    ]
    assert files(home) == before


def test_half_written_files_go(tmp_path: Path, home: Path) -> None:
    before = files(home)
    (home / "prod.json.18eae186f48aa630.tmp").write_text("{")
    assert repair(tmp_path, "shop", "prod") == []
    assert files(home) == before


def test_a_checkpoint_that_cannot_be_read_gives_way_to_the_one_before_and_is_kept(tmp_path: Path, home: Path) -> None:
    (home / "prod.json").write_text('{"version": 3, "num')
    damaged = home / "prod.json.damaged"
    assert repair(tmp_path, "shop", "prod") == [
        f"prod.json could not be read: went back to the checkpoint before it, kept it as {damaged}"
    ]
    assert json.loads((home / "prod.json").read_text())["number"] == 1
    assert damaged.read_text() == '{"version": 3, "num'


def test_without_a_checkpoint_before_nothing_is_moved(tmp_path: Path, home: Path) -> None:
    (home / "prod.json").write_text("")
    (home / "prod.json.bak").unlink()
    before = files(home)
    assert repair(tmp_path, "shop", "prod") == []
    assert files(home) == before


def test_a_stack_that_was_never_made(tmp_path: Path) -> None:
    assert repair(tmp_path, "shop", "prod") == []
