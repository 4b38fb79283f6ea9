"""The Hub API over HTTP: log-in, repetition, rate limits, and errors in words."""

from __future__ import annotations

import base64
import email.utils
import json
import logging
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeVar
from urllib.parse import urlsplit

import httpx

from .._version import __version__
from ..core.clients import Clients, in_rehearsal, login_of
from ..core.errors import stack_error
from ..core.urls import LOOPBACK
from .errors import HubError, refusal, said

T = TypeVar("T")

Method = Literal["GET", "POST", "PATCH", "DELETE"]

# Docker's JWT lives ten minutes; one that says nothing else is renewed before that.
_JWT_SECONDS, _JWT_MARGIN = 540.0, 30.0
# Seconds before the second attempt, doubled after each, up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 20.0
_PASSING = frozenset({500, 502, 503, 504})
_PAGE = 100
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TOKENS_PAGE = "https://app.docker.com/settings/personal-access-tokens"

log = logging.getLogger(__name__)


class Settings(NamedTuple):
    """How the API is spoken to; see `DockerHubApi`."""

    url: str
    timeout_seconds: float = 30
    attempts: int = 5
    longest_wait_seconds: float = 60


class HubClient:
    """One login at the Hub API; safe to share between threads.

    The login is exchanged for a JWT when first needed; that is renewed in time and kept in memory alone. A request
    that failed in passing is sent again after a growing pause with jitter, if it may be repeated: every GET, PATCH and
    DELETE, and what was never received. Rate limits are kept before they are hit, and 429 is waited for.
    """

    def __init__(
        self,
        settings: Settings,
        username: str,
        secret: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.username = username
        self._settings, self._secret = settings, secret
        self._sleep, self._clock = sleep, clock
        self._root = settings.url.rstrip("/")
        self._jwt, self._jwt_until = "", 0.0
        self._login_lock, self._budget_lock = threading.Lock(), threading.Lock()
        self._remaining: int | None = None
        self._reset = 0.0
        self._http = httpx.Client(
            timeout=settings.timeout_seconds,
            # A proxy from the environment must not be asked for this machine's own addresses.
            trust_env=urlsplit(settings.url).hostname not in LOOPBACK,
            headers={"user-agent": f"registry-components/{__version__}", "accept": "application/json"},
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"HubClient({self._root!r}, {self.username!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, *, task: str, need: str) -> dict[str, Any] | None:
        """Return what stands at `path`, or None where there is nothing (404)."""
        return self._call("GET", path, None, task=task, need=need, absent=True)

    def post(self, path: str, body: Mapping[str, Any], *, task: str, need: str, repeat: bool = False) -> dict[str, Any]:
        """Send a POST. Unless it may be repeated, a failure that may have been a success is `HubError.unsure`."""
        return self._call("POST", path, body, task=task, need=need, repeat=repeat) or {}

    def patch(self, path: str, body: Mapping[str, Any], *, task: str, need: str) -> dict[str, Any]:
        """Send a PATCH; ours say what should be, so they may be repeated."""
        return self._call("PATCH", path, body, task=task, need=need) or {}

    def delete(self, path: str, *, task: str, need: str) -> None:
        """Delete what stands at `path`; that it is gone already is as well."""
        self._call("DELETE", path, None, task=task, need=need, absent=True)

    def listed(self, path: str, *, task: str, need: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list, page by page."""
        page = 1
        while True:
            found = self.get(f"{path}?page={page}&page_size={_PAGE}", task=task, need=need)
            if found is None:
                return
            results = found.get("results")
            for entry in results if isinstance(results, list) else []:
                if isinstance(entry, dict):
                    yield entry
            if not found.get("next") or not results:
                return
            page += 1

    def make(self, post: Callable[[], T], look: Callable[[], T | None]) -> T:
        """Create once: where it is unsure whether `post` created something, `look` before it is sent again."""
        for attempt in range(1, self._settings.attempts + 1):
            try:
                return post()
            except HubError as error:
                if not error.unsure or attempt == self._settings.attempts:
                    raise
                self._pause(attempt)
                found = look()
                if found is not None:
                    return found
        raise AssertionError("at least one attempt is made")

    def _call(
        self,
        method: Method,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        task: str,
        need: str,
        absent: bool = False,
        repeat: bool | None = None,
    ) -> dict[str, Any] | None:
        again = method != "POST" if repeat is None else repeat
        renewed = False
        while True:
            jwt = self._bearer()
            response = self._send(method, path, body, task=task, again=again, jwt=jwt)
            if response.status_code == 401 and not renewed:
                # A JWT can end early: the password was changed, or the clock here is wrong.
                renewed = True
                self._forget(jwt)
                continue
            break
        if response.status_code == 404 and absent:
            return None
        if not response.is_success:
            words = said(response.content, self._secrets())
            raise refusal(task, response.status_code, words, who=self.username, need=need)
        return self._body(response, task, unsure=not again)

    def _body(self, response: httpx.Response, task: str, *, unsure: bool) -> dict[str, Any]:
        if not response.content:
            return {}
        try:
            found = json.loads(response.content)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise HubError(
                f"cannot {task}: {self._root} answered {response.status_code} with something else than JSON; "
                "correct api.url, or the proxy on the way",
                status=response.status_code,
                unsure=unsure,
            )
        return found

    def _bearer(self) -> str:
        with self._login_lock:
            if not self._jwt or self._clock() >= self._jwt_until:
                self._jwt = self._log_in()
                self._jwt_until = _ends(self._jwt, self._clock())
            return self._jwt

    def _forget(self, jwt: str) -> None:
        with self._login_lock:
            if self._jwt == jwt:
                self._jwt = ""

    def _log_in(self) -> str:
        task = f"log in to Docker Hub as {self.username!r}"
        answer = self._send(
            "POST",
            "/v2/auth/token",
            {"identifier": self.username, "secret": self._secret},
            task=task,
            again=True,
            jwt=None,
        )
        words = said(answer.content, self._secrets())
        if answer.status_code in (400, 401, 403, 404):
            told = f"{answer.status_code}: {words}" if words else str(answer.status_code)
            raise HubError(
                f"cannot {task}: the user name or the token is not accepted ({told}). Give login a token that is valid "
                f"({_TOKENS_PAGE}); an account with a second factor or single sign-on cannot use its password. Where "
                "the token was replaced, run `pulumi up` with the new one before anything else",
                status=answer.status_code,
            )
        if not answer.is_success:
            raise refusal(task, answer.status_code, words, who=self.username, need="a valid token")
        jwt = self._body(answer, task, unsure=False).get("access_token")
        if not isinstance(jwt, str) or not jwt:
            raise HubError(f"cannot {task}: the answer holds no access_token; correct api.url")
        return jwt

    def _send(
        self, method: Method, path: str, body: Mapping[str, Any] | None, *, task: str, again: bool, jwt: str | None
    ) -> httpx.Response:
        headers = {} if jwt is None else {"authorization": f"Bearer {jwt}"}
        attempts = self._settings.attempts
        for attempt in range(1, attempts + 1):
            self._keep_limit(task)
            last = attempt == attempts
            try:
                response = self._http.request(method, self._root + path, json=body, headers=headers)
            except _NEVER_SENT as error:
                if last:
                    raise self._unreached(task, error, unsure=False) from None
                self._pause(attempt)
                continue
            except httpx.HTTPError as error:
                if last or not again:
                    raise self._unreached(task, error, unsure=not again) from None
                self._pause(attempt)
                continue
            self._note_limit(response)
            log.debug("%s %s: %s", method, path, response.status_code)
            if response.status_code == 429:
                self._wait_for_limit(response, task, attempt, last=last)
                continue
            if response.status_code in _PASSING and (last or not again):
                raise HubError(
                    f"cannot {task}: Docker Hub answers {response.status_code}"
                    + (f", {attempt} times in a row; run it again later" if again else ""),
                    status=response.status_code,
                    unsure=not again,
                )
            if response.status_code in _PASSING:
                self._pause(attempt)
                continue
            return response
        raise AssertionError("at least one attempt is made")

    def _unreached(self, task: str, error: httpx.HTTPError, *, unsure: bool) -> HubError:
        seconds = f"{self._settings.timeout_seconds:g}"
        if isinstance(error, httpx.TimeoutException):
            why = f"no answer in {seconds} seconds"
        elif isinstance(error, httpx.ConnectError) and isinstance(_cause(error), ssl.SSLError):
            why = "its certificate is not trusted"
        elif isinstance(error, httpx.ConnectError):
            why = "nobody answers there"
        else:
            why = "the connection broke off"
        return HubError(f"cannot {task}: {self._root} cannot be reached ({why}); run it again later", unsure=unsure)

    def _pause(self, attempt: int) -> None:
        ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1))
        self._sleep(random.uniform(ceiling / 2, ceiling))  # noqa: S311 - jitter

    # Rate limits: X-RateLimit-Remaining and -Reset come with every answer, X-Retry-After with 429.

    def _note_limit(self, response: httpx.Response) -> None:
        remaining = _number(response.headers.get("x-ratelimit-remaining"))
        reset = _number(response.headers.get("x-ratelimit-reset"))
        with self._budget_lock:
            self._remaining = None if remaining is None or reset is None else int(remaining)
            self._reset = self._local(response, reset) if reset is not None else 0.0

    def _keep_limit(self, task: str) -> None:
        """Wait until the limit is renewed where it is known to be used up."""
        with self._budget_lock:
            used_up = self._remaining is not None and self._remaining <= 0
            seconds = self._reset - self._clock() if used_up else 0.0
            # Whoever waits has this one request; the answer tells the rest.
            self._remaining = None if used_up else self._remaining
        if 0 < seconds <= self._settings.longest_wait_seconds:
            self._sleep(seconds)
        elif seconds > 0:
            raise self._limited(task, seconds)

    def _wait_for_limit(self, response: httpx.Response, task: str, attempt: int, *, last: bool) -> None:
        seconds = self._asked(response)
        if seconds is not None and seconds > self._settings.longest_wait_seconds:
            raise self._limited(task, seconds)
        if last:
            raise self._limited(task, seconds)
        with self._budget_lock:
            self._remaining = None
        if seconds is None:
            self._pause(attempt)
        else:
            self._sleep(seconds + random.uniform(0, min(1.0, seconds / 10)))  # noqa: S311 - jitter

    def _asked(self, response: httpx.Response) -> float | None:
        """Return how many seconds a 429 asks to wait, or None where it does not say."""
        after = response.headers.get("retry-after")
        number = _number(after)
        if number is not None:
            return max(0.0, number)
        if after is not None:
            try:
                moment = email.utils.parsedate_to_datetime(after).timestamp()
            except ValueError:
                moment = None
            if moment is not None:
                return max(0.0, self._local(response, moment) - self._clock())
        for name in ("x-retry-after", "x-ratelimit-reset"):
            number = _number(response.headers.get(name))
            if number is not None:
                return max(0.0, self._local(response, number) - self._clock())
        return None

    def _local(self, response: httpx.Response, moment: float) -> float:
        """Return a moment of the server's clock on this one."""
        try:
            there = email.utils.parsedate_to_datetime(response.headers["date"]).timestamp()
        except (KeyError, ValueError):
            return moment
        skew = self._clock() - there
        # A second is what the header's resolution and the way here cost.
        return moment + skew if abs(skew) > 2 else moment

    def _limited(self, task: str, seconds: float | None) -> HubError:
        until = ""
        if seconds is not None:
            until = time.strftime(" until %Y-%m-%d %H:%M:%S UTC", time.gmtime(self._clock() + seconds))
        return HubError(
            f"cannot {task}: the rate limit of the Hub API is used up{until}; run it again then, with fewer at "
            "a time (pulumi up --parallel 2), or raise api.longest_wait_seconds",
            status=429,
        )

    def _secrets(self) -> tuple[str, ...]:
        return (self._secret, self._jwt)


def _cause(error: BaseException) -> BaseException | None:
    while error.__cause__ is not None or error.__context__ is not None:
        inner = error.__cause__ or error.__context__
        if inner is None or isinstance(inner, ssl.SSLError):
            return inner
        error = inner
    return None


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _ends(jwt: str, now: float) -> float:
    """Return when to renew a JWT; its signature is Docker Hub's to check."""
    try:
        payload = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        issued = float(claims.get("iat", now))
        # By its own span, so that a wrong clock here does not matter.
        return now + max(0.0, float(claims["exp"]) - issued - _JWT_MARGIN)
    except (IndexError, KeyError, TypeError, ValueError, AttributeError):
        return now + _JWT_SECONDS


def _rehearsed(url: str) -> httpx.BaseTransport | None:
    from ..rehearsal.docker_hub import transport

    return transport(url)


_clients: Clients[HubClient] = Clients()


def client_for(api: Mapping[str, Any], login: Mapping[str, Any]) -> HubClient:
    """Return this process's client for a login: resources share its JWT, connections and rate limit."""
    settings = Settings(
        url=str(api["url"]),
        timeout_seconds=float(api["timeout_seconds"]),
        attempts=int(api["attempts"]),
        longest_wait_seconds=float(api["longest_wait_seconds"]),
    )
    found = login_of(login, "username", "token")
    if found is None:
        raise stack_error("login: has no user name or no token; set both")

    def make() -> HubClient:
        return HubClient(settings, *found, transport=in_rehearsal(lambda: _rehearsed(settings.url)))

    return _clients.get(settings, *found, make)
