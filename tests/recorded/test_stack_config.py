"""Recorded proof: a stack's settings arrive typed, mistakes all at once; a rehearsal stands in for missing secrets."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest
from pulumi.runtime.config import set_all_config

from registry_components import Secret, StackConfig, StackError, stack_config
from registry_components.rehearsal import read_checks
from registry_components.testing import Secret as SecretValue
from registry_components.testing import record

pytestmark = pytest.mark.recorded


class Settings(StackConfig):
    hub_username: str
    hub_token: Secret
    other_token: Secret | None = None
    services: list[str] = []


@pytest.fixture(autouse=True)
def _own_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REGC_REHEARSAL_FOLDER", raising=False)


def read(**config: str) -> dict[str, object]:
    def program() -> None:
        set_all_config({f"project:{key}": value for key, value in config.items()})
        try:
            said = stack_config(Settings)
        finally:
            set_all_config({})
        pulumi.export("token", said.hub_token)
        pulumi.export("other", said.other_token)
        pulumi.export("services", said.services)

    return dict(record(program).exports)


def test_settings_arrive_typed_and_secrets_secret() -> None:
    assert read(hubUsername="acme", hubToken="t", services='["api", "web"]') == {
        "token": SecretValue("t"),
        "services": ["api", "web"],
    }


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(StackError) as told:
        read(hubUsrname="acme", services="api")
    assert str(told.value) == "\n".join(
        [
            "Settings is not valid (4 mistakes):",
            "  hubToken: is required but not given; add it",
            "  hubUsername: is required but not given; add it",
            "  hubUsrname: is not a setting; did you mean hubUsername?",
            "  services: must be a list, not 'api'",
        ]
    )


def test_a_rehearsal_stands_in_for_a_required_secret_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REGC_REHEARSAL_FOLDER", str(tmp_path))
    assert read(hubUsername="acme")["token"] == SecretValue("rehearsed-hubToken")
    assert "other" not in read(hubUsername="acme")
    (line, *_) = read_checks(tmp_path)
    assert (line["package"], line["token"], line["operation"], line["proof"]) == (
        "config",
        "project:hubToken",
        "stand-in",
        "skipped",
    )


def test_a_rehearsal_uses_a_secret_that_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGC_REHEARSAL_FOLDER", str(tmp_path))
    assert read(hubUsername="acme", hubToken="t")["token"] == SecretValue("t")
    assert read_checks(tmp_path) == []
