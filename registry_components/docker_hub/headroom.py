"""How many pulls from Docker Hub are left: asked of the registry itself, without pulling."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from ..core.errors import stack_error
from ..core.extras import needs_extra
from ..core.urls import LOOPBACK
from .errors import HubError, said
from .facts import PULL_LIMITS
from .words import check_url

AUTH_URL = "https://auth.docker.io"
REGISTRY_URL = "https://registry-1.docker.io"
# A repository of Docker's for this purpose. HEAD of its manifest tells the limit and counts as no pull.
IMAGE = "ratelimitpreview/test"
_FORM = re.compile(r"\s*(\d+)\s*(?:;\s*w=(\d+))?")


@dataclass(frozen=True)
class Headroom:
    """What the registry says of the pull limit; all None where it says nothing: then there is no limit."""

    limit: int | None
    """Pulls in the window."""
    remaining: int | None
    """Pulls that are left in it."""
    window_seconds: int | None
    """Length of the window."""
    source: str | None
    """What the limit is counted by: an IP address, or an account's id."""

    @property
    def unlimited(self) -> bool:
        """Whether no limit holds: a paid plan, or an address with an agreement."""
        return self.limit is None and self.remaining is None

    def __str__(self) -> str:
        if self.unlimited:
            return "no pull limit holds for this login and address"
        window = "" if self.window_seconds is None else f" in {_span(self.window_seconds)}"
        limit = "an unknown number" if self.limit is None else str(self.limit)
        source = "" if self.source is None else f", counted by {self.source}"
        left = "an unknown number of" if self.remaining is None else str(self.remaining)
        return f"{left} of {limit} pulls are left{window}{source}"


def headroom(
    *,
    username: str | None = None,
    password: str | None = None,
    auth_url: str = AUTH_URL,
    registry_url: str = REGISTRY_URL,
    image: str = IMAGE,
    timeout_seconds: float = 15,
) -> Headroom:
    """Ask the registry how many pulls are left for this login, or without one for this machine's address.

    It does not count as a pull. A limit that is used up is an answer (`remaining` 0), not an error. Raises `StackError`
    where the login is not accepted or nobody answers.
    """
    if (username is None) != (password is None):
        raise stack_error("a user name and a password (or token) go together: give both, or neither")
    for what, url in (("auth_url", auth_url), ("registry_url", registry_url)):
        mistake = check_url(url)
        if mistake:
            raise stack_error(f"{what}: {mistake}")
    with needs_extra("headroom", "hub", "httpx"):
        import httpx

    login = None if username is None or password is None else (username, password)
    task = "ask Docker Hub how many pulls are left"
    try:
        with httpx.Client(timeout=timeout_seconds, trust_env=urlsplit(registry_url).hostname not in LOOPBACK) as client:
            granted = client.get(
                f"{auth_url.rstrip('/')}/token",
                params={"service": "registry.docker.io", "scope": f"repository:{image}:pull"},
                auth=login,
            )
            if granted.status_code == 401:
                raise HubError(
                    f"cannot {task}: the login {username!r} is not accepted; give a user and a token that is valid",
                    status=401,
                )
            token = _token(granted.content) if granted.is_success else None
            if token is None:
                words = said(granted.content, [password or ""])
                told = f"{granted.status_code}: {words}" if words else str(granted.status_code)
                raise HubError(f"cannot {task}: {auth_url} gives no token ({told})", status=granted.status_code)
            answer = client.head(
                f"{registry_url.rstrip('/')}/v2/{image}/manifests/latest", headers={"authorization": f"Bearer {token}"}
            )
    except httpx.HTTPError as error:
        late = isinstance(error, httpx.TimeoutException)
        why = f"no answer in {timeout_seconds:g} seconds" if late else "nobody answers, or the connection broke off"
        raise HubError(f"cannot {task}: {why}; look at the network, or run it again later") from None
    found = read_headers(answer.headers)
    if answer.is_success or (answer.status_code == 429 and not found.unlimited):
        return found
    if answer.status_code == 429:
        raise HubError(
            f"cannot {task}: too many requests come from this address (429); this is not the pull limit, run it again "
            "later",
            status=429,
        )
    raise HubError(f"cannot {task}: {registry_url} answers {answer.status_code}", status=answer.status_code)


def read_headers(headers: Mapping[str, str]) -> Headroom:
    """Return what an answer's headers say; their names in lower case, or any mapping that does not mind."""
    limit, window = _read(headers.get("ratelimit-limit"))
    remaining, other = _read(headers.get("ratelimit-remaining"))
    return Headroom(limit, remaining, window if window is not None else other, headers.get("docker-ratelimit-source"))


def _read(text: str | None) -> tuple[int | None, int | None]:
    match = None if text is None else _FORM.match(text)
    if match is None:
        return None, None
    return int(match.group(1)), None if match.group(2) is None else int(match.group(2))


def _token(content: bytes) -> str | None:
    try:
        body: Any = json.loads(content)
    except ValueError:
        return None
    token = body.get("token") or body.get("access_token") if isinstance(body, dict) else None
    return token if isinstance(token, str) and token else None


def _span(seconds: int) -> str:
    for length, word in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % length == 0 and seconds >= length:
            count = seconds // length
            return f"{count} {word}" + ("s" if count != 1 else "")
    return f"{seconds} seconds"


def report(found: Headroom) -> str:
    """Return what `regc hub headroom` prints: what holds now, what Docker publishes, and the way out."""
    lines = [f"{str(found)[:1].upper()}{str(found)[1:]}.", "", "What Docker publishes (subject to fair use):"]
    for fact in PULL_LIMITS:
        pulls = "no limit" if fact.pulls is None else f"{fact.pulls} pulls in {fact.window_hours} hours"
        lines.append(f"  {fact.who}: {pulls}, by {fact.per} (as of {fact.as_of}, {fact.source})")
    lines += ["", "More pulls without a limit: cache Docker Hub in a registry of yours (docs/docker-hub.md)."]
    return "\n".join(lines)


def command(
    *,
    username: str | None = None,
    password: str | None = None,
    as_json: bool = False,
    need: int | None = None,
    auth_url: str = AUTH_URL,
    registry_url: str = REGISTRY_URL,
) -> None:
    """Be `regc hub headroom`: print the report, or JSON.

    Without `password` one is read from standard input where `username` is given. Raises `StackError` where fewer than
    `need` pulls are left, so that a pipeline can stop before it starts.
    """
    if username is not None and password is None:
        password = sys.stdin.readline().rstrip("\n")
        if not password:
            raise stack_error("password: none came on standard input; pipe it in, or leave --username out")
    found = headroom(username=username, password=password, auth_url=auth_url, registry_url=registry_url)
    if as_json:
        sys.stdout.write(json.dumps({**asdict(found), "unlimited": found.unlimited}, sort_keys=True) + "\n")
    else:
        sys.stdout.write(report(found) + "\n")
    if need is not None and found.remaining is not None and found.remaining < need:
        raise stack_error(f"{found}: fewer than the {need} that are needed; wait, log in, or cache Docker Hub")
