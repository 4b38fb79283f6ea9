"""Unit proof: how many pulls are left, as the registry's headers tell, on a real HTTP server of loopback."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from registry_components.core.errors import StackError
from registry_components.docker_hub.facts import PULL_LIMITS
from registry_components.docker_hub.headroom import Headroom, command, headroom, read_headers, report
from tests.support.fake_hub import FakeHub, User, fake_hub

pytestmark = pytest.mark.unit


@pytest.fixture
def service() -> Iterator[FakeHub]:
    with fake_hub() as found:
        found.users["bot"] = User("pass-word-of-the-bot")
        yield found


def ask(service: FakeHub, **login: str) -> Headroom:
    return headroom(auth_url=service.url, registry_url=service.url, **login)  # type: ignore[arg-type]


def test_without_login(service: FakeHub) -> None:
    found = ask(service)
    assert found == Headroom(limit=100, remaining=76, window_seconds=21600, source="192.0.2.1")
    assert str(found) == "76 of 100 pulls are left in 6 hours, counted by 192.0.2.1"
    assert [call.method for call in service.calls] == ["GET", "HEAD"], "a pull was counted"


def test_with_login(service: FakeHub) -> None:
    service.pulls = (200, 199, 21600)
    assert ask(service, username="bot", password="pass-word-of-the-bot").limit == 200


def test_no_limit(service: FakeHub) -> None:
    service.pulls = None
    found = ask(service)
    assert found.unlimited
    assert str(found) == "no pull limit holds for this login and address"


def test_a_limit_that_is_used_up_is_an_answer(service: FakeHub) -> None:
    service.pulls = (100, 0, 21600)
    assert ask(service).remaining == 0


def test_a_wrong_login(service: FakeHub) -> None:
    with pytest.raises(StackError) as caught:
        ask(service, username="bot", password="not-that-pass-word")
    assert str(caught.value) == (
        "cannot ask Docker Hub how many pulls are left: the login 'bot' is not accepted; give a user and a token that "
        "is valid"
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("503", "gives no token (503: a fault)"),
        ("page", "gives no token (200)"),
        ("drop", "nobody answers, or the connection broke off; look at the network, or run it again later"),
    ],
)
def test_no_token(service: FakeHub, kind: str, expected: str) -> None:
    service.fail("GET", "/token", kind)
    with pytest.raises(StackError) as caught:
        ask(service)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("429", "too many requests come from this address (429); this is not the pull limit"), ("502", "answers 502")],
)
def test_no_manifest(service: FakeHub, status: str, expected: str) -> None:
    service.fail("HEAD", "/v2/.*", status)
    with pytest.raises(StackError) as caught:
        ask(service)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Headroom(None, None, None, None)),
        ({"ratelimit-limit": "100;w=21600"}, Headroom(100, None, 21600, None)),
        ({"ratelimit-remaining": "5;w=3600"}, Headroom(None, 5, 3600, None)),
        ({"ratelimit-limit": "100", "ratelimit-remaining": "9"}, Headroom(100, 9, None, None)),
        ({"ratelimit-limit": "many"}, Headroom(None, None, None, None)),
    ],
)
def test_headers(headers: dict[str, str], expected: Headroom) -> None:
    assert read_headers(headers) == expected


def test_wrong_words() -> None:
    with pytest.raises(StackError, match="go together"):
        headroom(username="bot")
    with pytest.raises(StackError, match="would send the login in the clear"):
        headroom(registry_url="http://registry.example.com")


def test_the_report_tells_the_published_limits_with_date_and_source(service: FakeHub) -> None:
    text = report(ask(service))
    assert text.startswith("76 of 100 pulls are left in 6 hours, counted by 192.0.2.1.\n")
    for fact in PULL_LIMITS:
        assert fact.who in text
        assert fact.as_of in text
        assert fact.source in text


def test_the_command(service: FakeHub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command(as_json=True, auth_url=service.url, registry_url=service.url)
    assert json.loads(capsys.readouterr().out) == {
        "limit": 100,
        "remaining": 76,
        "source": "192.0.2.1",
        "unlimited": False,
        "window_seconds": 21600,
    }
    monkeypatch.setattr("sys.stdin", io.StringIO("pass-word-of-the-bot\n"))
    command(username="bot", need=10, auth_url=service.url, registry_url=service.url)
    assert "76 of 100" in capsys.readouterr().out
    with pytest.raises(StackError, match="fewer than the 80 that are needed"):
        command(need=80, auth_url=service.url, registry_url=service.url)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(StackError, match="none came on standard input"):
        command(username="bot", auth_url=service.url, registry_url=service.url)
