"""Unit proof: logins from Docker's configuration, with a helper that really runs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.oci.docker_config import Login, login_for, path

pytestmark = pytest.mark.unit

ENCODED = base64.b64encode(b"ci:pass:word").decode()


def config(folder: Path, **content: Any) -> Path:
    file = folder / "config.json"
    file.write_text(json.dumps(content))
    return file


def helper(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "docker-credential-test"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.mark.parametrize(
    ("server", "entry"),
    [
        ("registry.example.com", {"registry.example.com": {"auth": ENCODED}}),
        ("registry.example.com:5000", {"https://registry.example.com:5000": {"auth": ENCODED}}),
        ("registry.example.com", {"registry.example.com": {"username": "ci", "password": "pass:word"}}),
        ("docker.io", {"https://index.docker.io/v1/": {"auth": ENCODED}}),
    ],
)
def test_logins_that_stand_in_the_file(tmp_path: Path, server: str, entry: dict[str, Any]) -> None:
    assert login_for(server, config(tmp_path, auths=entry)) == Login("ci", "pass:word")


def test_nothing_is_no_login(tmp_path: Path) -> None:
    assert login_for("registry.example.com", tmp_path / "none.json") is None
    assert login_for("registry.example.com", config(tmp_path, auths={"registry.example.com": {}})) is None
    assert login_for("registry.example.com", config(tmp_path, auths={"other": {"auth": ENCODED}})) is None


def test_a_helper_is_asked_for_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = 'read server; printf \'{"Username":"of %s","Secret":"s3cret"}\' "$server"'
    helper(tmp_path, monkeypatch, said)
    file = config(tmp_path, credsStore="test", auths={"registry.example.com": {"auth": ENCODED}})
    assert login_for("registry.example.com", file) == Login("of registry.example.com", "s3cret")
    file = config(tmp_path, credHelpers={"registry.example.com": "test"})
    assert login_for("registry.example.com", file) == Login("of registry.example.com", "s3cret")
    assert login_for("another.example.com", file) is None


def test_a_helper_that_has_none_leaves_it_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper(tmp_path, monkeypatch, "echo 'credentials not found in native keychain'; exit 1")
    file = config(tmp_path, credsStore="test", auths={"registry.example.com": {"auth": ENCODED}})
    assert login_for("registry.example.com", file) == Login("ci", "pass:word")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo s3cret >&2; exit 3", "docker-credential-test failed for r.example.com with exit code 3; log in again"),
        ("echo s3cret", "docker-credential-test gave no login for r.example.com that can be read; log in again"),
    ],
)
def test_a_helper_that_fails_is_told_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    helper(tmp_path, monkeypatch, script)
    with pytest.raises(StackError) as caught:
        login_for("r.example.com", config(tmp_path, credsStore="test"))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON; log in again with `docker login`"),
        ("[]", "is not an object; log in again with `docker login`"),
        (json.dumps({"auths": {"r.example.com": {"auth": "!"}}}),
         "the login of r.example.com cannot be read; log in again with `docker login`"),
        (json.dumps({"auths": {"r.example.com": {"auth": base64.b64encode(b"nobody").decode()}}}),
         "the login of r.example.com cannot be read; log in again with `docker login`"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(StackError) as caught:
        login_for("r.example.com", tmp_path / "config.json")
    assert str(caught.value) == f"{tmp_path / 'config.json'}: {message}"


@pytest.mark.parametrize("name", ["absent", "../evil", "a b"])
def test_a_helper_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(StackError, match="is named in Docker's configuration and is not on PATH"):
        login_for("r.example.com", config(tmp_path, credsStore=name))


def test_a_login_does_not_show_its_password() -> None:
    assert "s3cret" not in repr(Login("ci", "s3cret"))


def test_docker_config_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert path() == tmp_path / "config.json"
