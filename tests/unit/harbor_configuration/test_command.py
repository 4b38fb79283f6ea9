"""Unit proof: `regc harbor` against a server that is held to Harbor's document, and what it shows of secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from registry_components.cli.main import app
from tests.support.fake_harbor import FakeHarbor, fake_harbor

pytestmark = pytest.mark.unit

PASSWORD = "Admin-pass-word-1234"
HEADER = "Bearer header-value-99"
LOGIN = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
Run = Callable[..., Result]
CREATE = ["webhook", "create", "URL", "shop", "--name", "ci", "--address", "https://ci.example.com", "--event"]


@pytest.fixture
def harbor(tmp_path: Path) -> Iterator[FakeHarbor]:
    with fake_harbor(tmp_path, password=PASSWORD) as service:
        service.answer("POST", "/projects", LOGIN, {"project_name": "shop"})
        yield service
        assert service.undocumented == []


@pytest.fixture
def run(harbor: FakeHarbor, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("HARBOR_PASSWORD", PASSWORD)
    monkeypatch.delenv("HARBOR_WEBHOOK_AUTH_HEADER", raising=False)

    def command(*words: str, given: str = "") -> Result:
        result = CliRunner().invoke(app, ["harbor", *(harbor.url if w == "URL" else w for w in words)], input=given)
        assert PASSWORD not in result.output
        assert HEADER not in result.output
        assert "Traceback" not in result.output
        return result

    return command


def fill(harbor: FakeHarbor, count: int) -> None:
    with harbor.change() as state:
        state["repositories"]["1"] = [
            {
                "id": number,
                "name": f"shop/app-{number:03}",
                "artifact_count": number,
                "pull_count": 7,
                "update_time": "2026-11-28T09:00:00.000Z",
            }
            for number in range(count, 0, -1)
        ]


def test_repositories_are_listed(harbor: FakeHarbor, run: Run) -> None:
    fill(harbor, 2)
    result = run("repositories", "URL", "shop", "--username", "admin")
    assert (result.exit_code, result.output) == (
        0,
        "repository    artifacts  pulls  updated\n"
        "shop/app-001  1          7      2026-11-28T09:00:00.000Z\n"
        "shop/app-002  2          7      2026-11-28T09:00:00.000Z\n",
    )


def test_every_page_is_read(harbor: FakeHarbor, run: Run) -> None:
    fill(harbor, 205)
    result = run("repositories", "URL", "shop", "--username", "admin", "--json")
    names = [entry["name"] for entry in json.loads(result.output)]
    assert names == [f"shop/app-{number:03}" for number in range(1, 206)]
    assert len(harbor.calls) == 3


def test_a_project_without_repositories(run: Run) -> None:
    assert run("repositories", "URL", "shop", "--username", "admin").output == "project shop has no repositories\n"
    assert run("repositories", "URL", "shop", "--username", "admin", "--json").output == "[]\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["repositories", "URL", "gone", "--username", "admin"],
            "cannot list the repositories of project 'gone': Harbor knows no such thing (404: project gone not found); "
            "correct the name",
        ),
        (
            ["repositories", "URL", "shop"],
            "cannot list the repositories of project 'shop': the login 'anonymous' is not accepted (401: "
            "unauthorized); correct username and password",
        ),
        (
            ["repositories", "http://harbor.example.com", "shop"],
            "URL: 'http://harbor.example.com' would send the administrator's password in the clear; write https://",
        ),
        (
            ["repositories", "URL", "shop/api"],
            "PROJECT: 'shop/api' has a /; a project's name stands before it",
        ),
        (
            ["repositories", "URL", "shop", "--username", "admin", "--ca-certificate", "/nowhere"],
            "--ca-certificate /nowhere: cannot be read: No such file or directory",
        ),
        (
            [*CREATE, "PUSH"],
            "Webhook is not valid (1 mistake):\n  events[0]: must be one of DELETE_ARTIFACT, PULL_ARTIFACT, "
            "PUSH_ARTIFACT, QUOTA_EXCEED, QUOTA_WARNING, REPLICATION, SCANNING_COMPLETED, SCANNING_FAILED, "
            "SCANNING_STOPPED, TAG_RETENTION, not 'PUSH'",
        ),
        (
            ["webhook", "create", "URL", "gone", *CREATE[4:], "PUSH_ARTIFACT"],
            "gone: there is no such project, or the login may not see it; correct the name",
        ),
    ],
)
def test_what_cannot_be_is_told(run: Run, words: list[str], told: str) -> None:
    result = run(*words)
    assert (result.exit_code, result.output) == (1, f"error: {told}\n")


def test_a_webhook_is_created_once(harbor: FakeHarbor, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARBOR_WEBHOOK_AUTH_HEADER", HEADER)
    words = [*CREATE, "PUSH_ARTIFACT", "--event", "DELETE_ARTIFACT", "--description", "builds"]
    assert run(*words).output == "webhook ci of project shop was created, number 1\n"
    assert harbor.kept("webhooks") == {
        "1": {
            "1": {
                "id": 1,
                "project_id": 1,
                "name": "ci",
                "description": "builds",
                "enabled": True,
                "event_types": ["DELETE_ARTIFACT", "PUSH_ARTIFACT"],
                "targets": [
                    {
                        "type": "http",
                        "address": "https://ci.example.com",
                        "auth_header": HEADER,
                        "skip_cert_verify": False,
                    }
                ],
            }
        }
    }
    assert run(*words).output == "webhook ci of project shop is there already, number 1\n"
    other = run(*words, "--event", "PULL_ARTIFACT")
    assert (other.exit_code, other.output) == (
        1,
        "error: --name ci: project shop has a webhook of this name with other settings; take another name, or remove "
        "it\n",
    )


def test_a_dry_run_sends_nothing(harbor: FakeHarbor, run: Run) -> None:
    result = run(*CREATE, "PUSH_ARTIFACT", "--dry-run", "--ask-auth-header", given=f"{HEADER}\n")
    assert (result.exit_code, result.output) == (
        0,
        f"would create in project shop of {harbor.url}, and sends nothing:\n"
        "  name: ci\n"
        "  events: PUSH_ARTIFACT\n"
        "  kind: http\n"
        "  address: https://ci.example.com\n"
        "  auth_header: [secret]\n"
        "  skip_cert_verify: no\n"
        "  enabled: yes\n",
    )
    assert harbor.calls == []


def test_secrets_are_piped_in_where_no_variable_has_them(
    harbor: FakeHarbor, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARBOR_PASSWORD")
    assert run(*CREATE, "PUSH_ARTIFACT", given=f"{PASSWORD}\n").exit_code == 0
    nothing = run(*CREATE, "PUSH_ARTIFACT")
    assert nothing.output == "error: Password of admin: none was given; set HARBOR_PASSWORD, or pipe it in\n"
    header = run(*CREATE, "PUSH_ARTIFACT", "--ask-auth-header")
    assert header.output == (
        "error: Authorization header of the webhook: none was given; set HARBOR_WEBHOOK_AUTH_HEADER, or pipe it in\n"
    )


def test_no_option_takes_a_secret() -> None:
    for words in (["repositories"], ["webhook", "create"]):
        told = CliRunner().invoke(app, ["harbor", *words, "--help"]).output
        assert "--password" not in told
        assert "--auth-header" not in told.replace("--ask-auth-header", "")
