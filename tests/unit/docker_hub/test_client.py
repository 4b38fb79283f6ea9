"""Unit proof: what the client sends again, how long it waits, and what it tells; on a real HTTP server of loopback."""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from registry_components.docker_hub.client import HubClient, Settings, client_for
from registry_components.docker_hub.errors import HubError, said
from tests.support.fake_hub import FakeHub, User, fake_hub

pytestmark = pytest.mark.unit

SECRET = "pass-word-of-the-bot"
REPOSITORY = "/v2/namespaces/acme/repositories/api"
NEED = "a token that may"
USED_UP = "the quota of the account's plan is used up"
LESS = "remove what is not needed, or take a larger plan"


@pytest.fixture
def service() -> Iterator[FakeHub]:
    with fake_hub() as found:
        found.organization("acme", owner="bot", teams=("devs",))
        found.users["bot"] = User(SECRET)
        found.repository("acme", "api", is_private=True)
        yield found


class Slept(list[float]):
    """A sleep that takes no time, and what it was asked for."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client(service: FakeHub, sleep: Callable[[float], None] | None = None, **settings: Any) -> HubClient:
    given = Settings(service.url, **{"timeout_seconds": 1.0, "attempts": 4, "longest_wait_seconds": 5.0, **settings})
    return HubClient(given, "bot", SECRET, sleep=Slept() if sleep is None else sleep)


def get(hub: HubClient) -> dict[str, Any] | None:
    return hub.get(REPOSITORY, task="read acme/api", need=NEED)


def test_one_login_for_many_requests(service: FakeHub) -> None:
    hub = client(service)
    for _ in range(5):
        assert get(hub) is not None
    assert service.count("POST", "/v2/auth/token") == 1
    hub.close()


def test_a_jwt_is_renewed_before_it_ends(service: FakeHub) -> None:
    service.jwt_seconds = 31
    now = [time.time()]
    hub = HubClient(Settings(service.url), "bot", SECRET, clock=lambda: now[0])
    get(hub)
    get(hub)
    assert service.count("POST", "/v2/auth/token") == 1
    now[0] += 2
    get(hub)
    assert service.count("POST", "/v2/auth/token") == 2
    hub.close()


def test_a_jwt_that_ended_early_is_renewed_once(service: FakeHub) -> None:
    hub = client(service)
    get(hub)
    service.end_sessions()
    assert get(hub) is not None
    assert service.count("POST", "/v2/auth/token") == 2
    service.fail("GET", REPOSITORY, "401", times=2)
    with pytest.raises(HubError, match="the login 'bot' is not accepted"):
        get(hub)
    hub.close()


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "drop"])
def test_a_passing_failure_is_sent_again_with_growing_pauses(service: FakeHub, kind: str) -> None:
    slept = Slept()
    hub = client(service, slept)
    get(hub)
    service.fail("GET", REPOSITORY, kind, times=3)
    assert get(hub) is not None
    assert len(slept) == 3
    for pause, ceiling in zip(slept, (0.5, 1.0, 2.0), strict=True):
        assert ceiling / 2 <= pause <= ceiling
    hub.close()


def test_it_gives_up_after_as_many_attempts_as_were_said(service: FakeHub) -> None:
    hub = client(service)
    get(hub)
    service.fail("GET", REPOSITORY, "503", times=100)
    with pytest.raises(HubError) as caught:
        get(hub)
    assert str(caught.value) == ("cannot read acme/api: Docker Hub answers 503, 4 times in a row; run it again later")
    assert (caught.value.status, caught.value.unsure) == (503, False)
    hub.close()


@pytest.mark.parametrize("kind", ["500", "drop", "503-after", "hang"])
def test_a_post_that_may_have_been_carried_out_is_not_sent_again(service: FakeHub, kind: str) -> None:
    hub = client(service)
    service.fail("POST", "/v2/namespaces/acme/repositories", kind, seconds=2)
    with pytest.raises(HubError) as caught:
        hub.post("/v2/namespaces/acme/repositories", {"name": "new", "namespace": "acme"}, task="make it", need=NEED)
    assert caught.value.unsure
    assert service.count("POST", "/v2/namespaces/acme/repositories") <= 1
    hub.close()


def test_an_answer_that_is_no_json(service: FakeHub) -> None:
    hub = client(service)
    get(hub)
    service.fail("GET", REPOSITORY, "page")
    with pytest.raises(HubError, match=r"answered 200 with something else than JSON; correct api\.url"):
        get(hub)
    hub.close()


def test_nobody_there() -> None:
    slept = Slept()
    hub = HubClient(Settings("http://127.0.0.1:9", attempts=3), "bot", SECRET, sleep=slept)
    with pytest.raises(HubError) as caught:
        get(hub)
    assert str(caught.value) == (
        "cannot log in to Docker Hub as 'bot': http://127.0.0.1:9 cannot be reached (nobody answers there); run it "
        "again later"
    )
    assert len(slept) == 2
    hub.close()


def test_a_timeout_is_told(service: FakeHub) -> None:
    hub = client(service, attempts=1, timeout_seconds=0.2)
    get(hub)
    service.fail("GET", REPOSITORY, "hang", seconds=1)
    with pytest.raises(HubError, match=r"cannot be reached \(no answer in 0.2 seconds\)"):
        get(hub)
    hub.close()


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "3"}, 3.0, 3.4),
        ({"X-Retry-After": "+3"}, 2.0, 3.4),
        ({"Retry-After": "date"}, 1.9, 4.4),
        ({"X-RateLimit-Reset": "+2"}, 1.0, 2.3),
        # It does not say: the first pause.
        ({}, 0.25, 0.5),
    ],
)
def test_429_is_waited_for_as_long_as_it_says(
    service: FakeHub, headers: dict[str, str], least: float, most: float
) -> None:
    slept = Slept()
    hub = client(service, slept)
    get(hub)
    now = time.time()
    sent = {
        name: str(now + float(value))
        if value.startswith("+")
        else value.replace("date", email.utils.formatdate(now + 3))
        for name, value in headers.items()
    }
    service.fail("GET", REPOSITORY, "429", headers=sent)
    assert get(hub) is not None
    assert len(slept) == 1
    assert least <= slept[0] <= most
    hub.close()


def test_429_is_waited_for_by_a_post_too(service: FakeHub) -> None:
    slept = Slept()
    hub = client(service, slept)
    service.fail("POST", "/v2/namespaces/acme/repositories", "429", headers={"Retry-After": "1"})
    hub.post("/v2/namespaces/acme/repositories", {"name": "new", "namespace": "acme"}, task="make it", need=NEED)
    assert "acme/new" in service.repositories
    assert len(slept) == 1
    hub.close()


def test_a_wait_that_is_too_long_is_told(service: FakeHub) -> None:
    slept = Slept()
    hub = client(service, slept)
    get(hub)
    service.fail("GET", REPOSITORY, "429", headers={"Retry-After": "3600"})
    with pytest.raises(HubError) as caught:
        get(hub)
    assert re.fullmatch(
        r"cannot read acme/api: the rate limit of the Hub API is used up until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; run "
        r"it again then, with fewer at a time \(pulumi up --parallel 2\), or raise api.longest_wait_seconds",
        str(caught.value),
    )
    assert slept == []
    hub.close()


def test_a_limit_that_is_used_up_is_waited_for_before_it_is_hit(service: FakeHub) -> None:
    service.rate_limit, service.rate_window = 3, 1.0
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds)

    hub = client(service, sleep)
    for _ in range(6):
        assert get(hub) is not None
    assert 429 not in [call.status for call in service.calls], "the limit was hit"
    assert len(slept) == 2
    assert all(seconds <= 1.0 for seconds in slept)
    hub.close()


def test_a_clock_that_is_wrong_waits_as_long(service: FakeHub) -> None:
    slept = Slept()
    hub = HubClient(Settings(service.url), "bot", SECRET, sleep=slept, clock=lambda: time.time() - 7200)
    get(hub)
    service.fail("GET", REPOSITORY, "429", headers={"X-Retry-After": str(time.time() + 4)})
    get(hub)
    assert len(slept) == 1
    assert 2.0 <= slept[0] <= 6.0
    hub.close()


def test_all_pages_are_read(service: FakeHub) -> None:
    for number in range(250):
        service.personal_token("bot")
        assert number >= 0
    hub = client(service)
    found = list(hub.listed("/v2/access-tokens", task="list tokens", need=NEED))
    assert len({entry["uuid"] for entry in found}) == 250
    assert service.count("GET", "/v2/access-tokens") == 3
    hub.close()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (
            400,
            {"message": "bad request", "errinfo": {"name": ["is taken"]}},
            "Docker Hub does not take it (400: bad request; name: is taken)",
        ),
        (402, {"message": "upgrade your plan"}, f"{USED_UP} (402: upgrade your plan); {LESS}"),
        (
            403,
            {"message": "access denied: insufficient scope"},
            "the login 'bot' may not (403: access denied: insufficient scope); it needs a token that may",
        ),
        (403, {"detail": "repository limit exceeded"}, f"{USED_UP} (403: repository limit exceeded); {LESS}"),
        (409, {"text": "exists"}, "it exists already (409: exists); take another name"),
        (418, None, "Docker Hub does not take it (418)"),
    ],
)
def test_refusals(status: int, body: Any, expected: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/auth/token":
            return httpx.Response(200, json={"access_token": "a.b.c"})
        return httpx.Response(status, json=body)

    hub = HubClient(Settings("https://hub.example.com"), "bot", SECRET, transport=httpx.MockTransport(answer))
    with pytest.raises(HubError) as caught:
        hub.patch("/v2/x", {}, task="do it", need=NEED)
    assert str(caught.value) == f"cannot do it: {expected}"
    hub.close()


def test_what_docker_hub_says_never_shows_a_secret() -> None:
    jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib3QifQ.c2lnbmF0dXJl"
    body = f'{{"detail": "no {SECRET} and no dckr_pat_abcdefgh and no {jwt}", "login_2fa_token": "{jwt}"}}'.encode()
    assert said(body, [SECRET]) == "no [secret] and no [secret] and no [secret]"
    assert said(b"<html>", []) == ""
    assert said(b'["x"]', []) == ""
    assert len(said(b'{"detail": "%s"}' % (b"x" * 1000), [])) == 200


def test_a_second_factor(service: FakeHub) -> None:
    service.users["bot"].second_factor = True
    hub = client(service)
    with pytest.raises(HubError) as caught:
        get(hub)
    assert "an account with a second factor or single sign-on cannot use its password" in str(caught.value)
    assert SECRET not in str(caught.value)
    hub.close()


def test_resources_of_one_login_share_a_client(service: FakeHub) -> None:
    api = {"url": service.url, "timeout_seconds": 30.0, "attempts": 5.0, "longest_wait_seconds": 60.0}
    one = client_for(api, {"username": "bot", "token": SECRET})
    assert client_for(dict(api), {"username": "bot", "token": SECRET}) is one
    assert client_for(api, {"username": "bot", "token": "another-one"}) is not one
    assert SECRET not in repr(one)


def test_an_organization_token_speaks_for_the_organization(service: FakeHub) -> None:
    oat = "dckr_oat_of-the-organization"
    resources = [{"type": "TYPE_REPO", "path": "acme/api", "scopes": ["scope-repository-edit"]}]
    service.organizations["acme"].tokens["1"] = {"value": oat, "is_active": True, "resources": resources}
    hub = HubClient(Settings(service.url), "acme", oat)
    assert get(hub) is not None
    hub.patch("/v2/repositories/acme/api/", {"description": "new"}, task="change it", need=NEED)
    assert service.repositories["acme/api"]["description"] == "new"
    with pytest.raises(HubError, match="insufficient scope"):
        hub.delete("/v2/repositories/acme/api/", task="delete it", need=NEED)
    hub.close()
