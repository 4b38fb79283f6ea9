"""Unit proof: which project and stack a rehearsal means, and what it takes of their settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry_components.rehearsal.project import Misuse, find_project, plain_settings

pytestmark = pytest.mark.unit


def project(folder: Path, text: str = "name: shop\nruntime: python\n", **stacks: str) -> Path:
    (folder / "Pulumi.yaml").write_text(text)
    for name, settings in stacks.items():
        (folder / f"Pulumi.{name}.yaml").write_text(settings)
    return folder


def test_the_only_stack_is_meant_where_none_is_named(tmp_path: Path) -> None:
    found = find_project(None, project(tmp_path, test="config: {}\n"), None)
    assert (found.name, found.stack, found.config_file) == ("shop", "test", tmp_path / "Pulumi.test.yaml")


def test_a_project_without_settings_has_the_stack_dev(tmp_path: Path) -> None:
    found = find_project(None, project(tmp_path), None)
    assert (found.stack, found.config_file) == ("dev", None)
    assert plain_settings(found) == ({}, [])


def test_the_project_above_the_current_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = project(tmp_path) / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_project(None, None, None).root == tmp_path


def test_encrypted_settings_have_stand_ins_at_any_depth(tmp_path: Path) -> None:
    text = """
encryptionsalt: v1:abc
config:
  aws:region: eu-central-1
  shop:token: {secure: v1:xyz}
  shop:users: [{name: ci, password: {secure: v1:uvw}}]
"""
    settings, replaced = plain_settings(find_project(None, project(tmp_path, dev=text), None))
    assert settings == {
        "aws:region": "eu-central-1",
        "shop:token": "rehearsed-token",
        "shop:users": [{"name": "ci", "password": "rehearsed-users"}],
    }
    assert replaced == ["shop:token", "shop:users"]


@pytest.mark.parametrize(
    ("text", "stack", "message"),
    [
        (
            "name: shop\nruntime: nodejs\n",
            None,
            "{root}/Pulumi.yaml: runtime is 'nodejs'; programs in Python can be rehearsed",
        ),
        (
            "name: [",
            None,
            "{root}/Pulumi.yaml: is not YAML (line 1: expected the node content, but found '<stream end>')",
        ),
        ("hello", None, "{root}/Pulumi.yaml: is not a Pulumi project file; it needs name and runtime"),
        ("name: shop\n", None, "{root}/Pulumi.yaml: is not a Pulumi project file; it needs name and runtime"),
        (None, "org/shop/dev", "stack 'org/shop/dev': give the stack's own name, without organization and project"),
        (None, "-x", "stack '-x': give the stack's own name, without organization and project"),
        (None, "prd", "stack 'prd' is not known; known stacks: prod, test"),
        (None, None, "which stack? Name one of prod, test"),
    ],
)
def test_misuse_is_told_before_anything_runs(tmp_path: Path, text: str | None, stack: str | None, message: str) -> None:
    root = project(tmp_path, text) if text else project(tmp_path, prod="config: {}\n", test="config: {}\n")
    with pytest.raises(Misuse) as caught:
        find_project(stack, root, None)
    assert str(caught.value) == message.format(root=tmp_path)


def test_a_folder_without_a_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misuse) as caught:
        find_project(None, tmp_path, None)
    assert str(caught.value) == f"--program {tmp_path}: has no Pulumi.yaml; give the folder of a Pulumi project"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config: [", "is not YAML (line 1: expected the node content, but found '<stream end>')"),
        ("hello", "is not a stack's settings file; it has `config:` with keys and values"),
        ("config: [a]", "is not a stack's settings file; it has `config:` with keys and values"),
    ],
)
def test_settings_that_cannot_be_read_are_named(tmp_path: Path, text: str, message: str) -> None:
    found = find_project(None, project(tmp_path, dev=text), None)
    with pytest.raises(Misuse) as caught:
        plain_settings(found)
    assert str(caught.value) == f"{tmp_path}/Pulumi.dev.yaml: {message}"
