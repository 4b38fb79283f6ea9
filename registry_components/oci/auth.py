"""Logs in to one registry: answers its challenge with Basic credentials or with tokens, one per scope."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast
from urllib.parse import urlsplit

from .challenge import Challenge
from .errors import Login, RegistryError, sentence

# Registries give tokens per repository; this many are kept (a token has one or two kilobytes).
_MAX_TOKENS = 1024
# The lifetime, in seconds, of a token that comes without one (Docker's token specification).
_DEFAULT_LIFETIME = 60.0
_LONGEST_LIFETIME = 1e9
_STRIPES = 32

FetchToken = Callable[[str, Mapping[str, str], str | None], bytes]
"""Asks a token server: realm, query and an `Authorization` header in, the answer's body out."""


class Authorizer:
    """Knows how one registry wants to be logged in to; safe to share between threads.

    Credentials go to the registry itself only when it asked for Basic, and to a token server only over TLS, except
    where the registry itself is spoken to in plain HTTP.
    """

    def __init__(self, server: str, username: str | None, password: str | None, *, plain_http: bool) -> None:
        self._server = server
        self._plain_http = plain_http
        self._basic = None
        self._secrets: tuple[str, ...] = ()
        if username is not None and password is not None:
            pair = base64.b64encode(f"{username}:{password}".encode()).decode()
            self._basic = f"Basic {pair}"
            self._secrets = tuple(secret for secret in (pair, password) if secret)
        self._scheme: str | None = None
        self._realm = ("", "")
        self._tokens: dict[str, tuple[str, float]] = {}
        self._store = threading.Lock()
        # Threads that want the same token wait for one of them to fetch it; others are not held up.
        self._fetching = tuple(threading.Lock() for _ in range(_STRIPES))

    def __repr__(self) -> str:
        return f"Authorizer({self._server!r})"

    @property
    def login(self) -> Login:
        """What kind of login requests go with."""
        return Login(self._basic is not None, self._scheme)

    def without_secrets(self, text: str) -> str:
        """Return text that came from a server, without what it may have echoed of the login."""
        secrets = [*self._secrets, *(header.removeprefix("Bearer ") for header, _ in list(self._tokens.values()))]
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def header(self, scope: str, fetch: FetchToken) -> str | None:
        """Return the `Authorization` header for a request in `scope`, or None where none is known to be wanted."""
        if self._scheme is None:
            return None
        if self._scheme == "basic":
            return self._basic
        held = self._tokens.get(scope)
        if held is not None and time.monotonic() < held[1]:
            return held[0]
        return self._token(scope, scope, fetch, held[0] if held else None)

    def answer(self, challenges: Sequence[Challenge], scope: str, sent: str | None, fetch: FetchToken) -> str | None:
        """Return the header that answers a 401, or None where there is no better one than what was `sent`."""
        for challenge in challenges:
            realm = challenge.parameters.get("realm", "")
            if challenge.scheme == "bearer" and realm:
                self._realm = (realm, challenge.parameters.get("service", ""))
                self._scheme = "bearer"
                wanted = challenge.parameters.get("scope") or scope
                return self._token(scope, wanted, fetch, sent)
        if any(challenge.scheme == "basic" for challenge in challenges):
            self._scheme = "basic"
            return self._basic if self._basic != sent else None
        return None

    def _token(self, key: str, wanted: str, fetch: FetchToken, stale: str | None) -> str:
        """Return a token for `wanted`, kept under `key`, that is not the `stale` one."""
        with self._fetching[hash(key) % _STRIPES]:
            held = self._tokens.get(key)
            # Another thread may have renewed it while this one waited.
            if held is not None and held[0] != stale and time.monotonic() < held[1]:
                return held[0]
            realm, service = self._realm
            host = self._check_realm(realm)
            query = {"service": service} if service else {}
            if wanted:
                query["scope"] = wanted
            asked = time.monotonic()
            token, lifetime = self._read(fetch(realm, query, self._basic), host)
            with self._store:
                self._tokens.pop(key, None)
                while len(self._tokens) >= _MAX_TOKENS:
                    del self._tokens[next(iter(self._tokens))]
                # A tenth is left for the way there and for clocks that differ.
                self._tokens[key] = (f"Bearer {token}", asked + lifetime * 0.9)
            return f"Bearer {token}"

    def _check_realm(self, realm: str) -> str:
        """Return the token server's host; refuse one that must not be given a login."""
        try:
            scheme, host = urlsplit(realm).scheme, urlsplit(realm).hostname
        except ValueError:
            scheme, host = "", None
        if host is None or scheme not in ("http", "https"):
            happened, advice = (
                "it names no valid address for its token server",
                "correct the realm in its token settings",
            )
        elif scheme == "http" and not self._plain_http:
            happened = f"its token server {host} would be given the login in plain HTTP"
            advice = "let the realm in its token settings start with https"
        else:
            return host
        raise RegistryError(sentence(self._server, "log in", happened, advice))

    def _read(self, body: bytes, host: str) -> tuple[str, float]:
        try:
            tree = cast("object", json.loads(body))
        except (ValueError, RecursionError):
            tree = None
        if isinstance(tree, dict):
            token = tree.get("token") or tree.get("access_token")
            seconds = tree.get("expires_in")
            lifetime = (
                float(seconds)
                if isinstance(seconds, int | float) and 0 < seconds < _LONGEST_LIFETIME
                else _DEFAULT_LIFETIME
            )
            # A header cannot hold anything else, and httpx would quote the token in its complaint.
            if isinstance(token, str) and token.isascii() and token.isprintable():
                return token, lifetime
        happened = f"its token server {host} sent no token"
        raise RegistryError(sentence(self._server, "log in", happened, "correct the realm in its token settings"))
