"""Harbor's API 2.0 over HTTP: the login, repetition of what may be repeated, and errors in words."""

from __future__ import annotations

import hashlib
import http.cookiejar
import json
import os
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

import httpx

from ..._version import __version__
from ...core.errors import stack_error
from .errors import HarborError, refusal, said

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

ROOT = "/api/v2.0"
# Seconds before the second attempt, doubled after each.
_FIRST_PAUSE, _ATTEMPTS = 0.5, 4
_PASSING = frozenset({502, 503, 504})
_PAGE = 100
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def segment(name: str) -> str:
    """Return a name as one segment of a path."""
    return quote(name, safe="")


class HarborClient:
    """One login at one Harbor; safe to share between threads.

    A request that failed in passing is sent again after a growing pause: everything but POST, and what was never
    received. A POST that may have been received is not.
    """

    def __init__(
        self,
        url: str,
        username: str | None,
        password: str | None,
        *,
        insecure: bool = False,
        ca_certificate: str | None = None,
        timeout_seconds: float = 30,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.username = username or "anonymous"
        self._url = url.rstrip("/")
        self._password, self._sleep, self._timeout = password or "", sleep, timeout_seconds
        verify: Any = not insecure
        if ca_certificate is not None:
            verify = ssl.create_default_context()
            verify.load_verify_locations(cadata=ca_certificate)
        # Harbor answers with a session's cookie, and wants a CSRF token from whoever sends it back.
        no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._http = httpx.Client(
            auth=(username, password) if username is not None and password is not None else None,
            timeout=timeout_seconds,
            verify=verify,
            cookies=no_cookies,
            # A proxy from the environment must not be asked for this machine's own addresses.
            trust_env=urlsplit(url).hostname not in _LOOPBACK,
            headers={"user-agent": f"registry-components/{__version__}", "accept": "application/json"},
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"HarborClient({self._url!r}, {self.username!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, *, task: str) -> Any:
        """Return what stands at `path`, or None where there is nothing (404)."""
        return self._body(self._call("GET", path, None, task=task, absent=True), task)

    def post(self, path: str, body: Mapping[str, Any], *, task: str) -> str:
        """Send a POST; return the last segment of where the new thing is (`Location`)."""
        response = self._call("POST", path, body, task=task)
        return "" if response is None else response.headers.get("location", "").rstrip("/").rpartition("/")[2]

    def put(self, path: str, body: Mapping[str, Any], *, task: str) -> None:
        """Send a PUT."""
        self._call("PUT", path, body, task=task)

    def patch(self, path: str, body: Mapping[str, Any], *, task: str) -> None:
        """Send a PATCH; ours say what shall be, so they may be repeated."""
        self._call("PATCH", path, body, task=task)

    def delete(self, path: str, *, task: str) -> None:
        """Delete what stands at `path`; that it is gone already is as well."""
        self._call("DELETE", path, None, task=task, absent=True)

    def listed(self, path: str, *, task: str, **query: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list, page by page. Raises `HarborError` where there is no such list."""
        page = 1
        while True:
            asked = urlencode({**query, "page": page, "page_size": _PAGE})
            response = self._call("GET", f"{path}?{asked}", None, task=task)
            found = self._body(response, task)
            entries = found if isinstance(found, list) else []
            yield from (entry for entry in entries if isinstance(entry, dict))
            if len(entries) < _PAGE:
                return
            page += 1

    def _call(
        self, method: Method, path: str, body: Mapping[str, Any] | None, *, task: str, absent: bool = False
    ) -> httpx.Response | None:
        # A project is always said by its name, also where that is a number.
        headers = {"x-is-resource-name": "true"} if path.startswith("/projects/") else {}
        again = method != "POST"
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                response = self._http.request(method, f"{self._url}{ROOT}{path}", json=body, headers=headers)
            except httpx.HTTPError as error:
                if last or _untrusted(error) or not (again or isinstance(error, _NEVER_SENT)):
                    raise self._unreached(task, error) from None
                self._pause(attempt)
                continue
            if response.status_code in _PASSING and again and not last:
                self._pause(attempt)
                continue
            if response.status_code == 404 and absent:
                return None
            if not response.is_success:
                words = said(response.content, (self._password,))
                raise refusal(task, response.status_code, words, who=self.username)
            return response
        raise AssertionError("at least one attempt is made")

    def _body(self, response: httpx.Response | None, task: str) -> Any:
        if response is None:
            return None
        try:
            return json.loads(response.content)
        except ValueError:
            raise HarborError(
                f"cannot {task}: {self._url} answered with something else than JSON; correct url, or the proxy on the "
                "way",
                status=response.status_code,
            ) from None

    def _unreached(self, task: str, error: httpx.HTTPError) -> HarborError:
        if _untrusted(error):
            return HarborError(
                f"cannot {task}: the certificate of {self._url} is not trusted; let this machine trust the authority "
                "that signed it (SSL_CERT_FILE), or correct the certificate"
            )
        if isinstance(error, httpx.TimeoutException):
            why = f"no answer in {self._timeout:g} seconds"
        elif isinstance(error, httpx.ConnectError):
            why = "nobody answers there"
        else:
            why = "the connection broke off"
        return HarborError(f"cannot {task}: {self._url} cannot be reached ({why}); run it again later")

    def _pause(self, attempt: int) -> None:
        ceiling = _FIRST_PAUSE * 2 ** (attempt - 1)
        self._sleep(random.uniform(ceiling / 2, ceiling))  # noqa: S311 - jitter


def _untrusted(error: httpx.HTTPError) -> bool:
    return isinstance(error, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _rehearsed(url: str) -> httpx.BaseTransport | None:
    """Return the emulated Harbor where this runs in a rehearsal; None otherwise."""
    if not os.environ.get("REGC_REHEARSAL_FOLDER"):
        return None
    from ...rehearsal.harbor import transport

    return transport(url)


_clients: dict[tuple[str, str, bool, str], HarborClient] = {}
_clients_lock = threading.Lock()


def client_for(harbor: Mapping[str, Any], login: Mapping[str, Any]) -> HarborClient:
    """Return this process's client for a login: resources share its connections."""
    username, password = login.get("username"), login.get("password")
    if not isinstance(username, str) or not isinstance(password, str) or not password:
        raise stack_error("username, password: are missing; set both")
    url, insecure = str(harbor["url"]), bool(harbor.get("insecure"))
    key = (url, username, insecure, hashlib.sha256(password.encode()).hexdigest())
    with _clients_lock:
        if key not in _clients:
            _clients[key] = HarborClient(url, username, password, insecure=insecure, transport=_rehearsed(url))
        return _clients[key]


__all__ = ["ROOT", "HarborClient", "client_for", "segment"]
