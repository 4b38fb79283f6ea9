"""A JSON API over HTTP: the login, repetition of what may be repeated, and errors in words."""

from __future__ import annotations

import http.cookiejar
import json
import random
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import httpx

from .._version import __version__
from .api_errors import ApiError
from .urls import LOOPBACK

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

# Seconds before the second attempt, doubled after each.
_FIRST_PAUSE, _ATTEMPTS = 0.5, 4
_PASSING = frozenset({502, 503, 504})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class ApiClient:
    """One login at one service; safe to share between threads.

    A request that failed in passing is sent again after a growing pause: everything but POST, and what was never
    received. A POST that may have been received is not.
    """

    root: ClassVar[str] = ""
    """What stands before every path."""
    error: ClassVar[type[ApiError]] = ApiError
    """What is raised where the service cannot be reached, or does not answer with JSON."""

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
        # A service that answers with a session's cookie wants a CSRF token from whoever sends it back.
        no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._http = httpx.Client(
            auth=(username, password) if username is not None and password is not None else None,
            timeout=timeout_seconds,
            verify=verify,
            cookies=no_cookies,
            # A proxy from the environment must not be asked for this machine's own addresses.
            trust_env=urlsplit(url).hostname not in LOOPBACK,
            headers={"user-agent": f"registry-components/{__version__}", "accept": "application/json"},
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r}, {self.username!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, *, task: str) -> Any:
        """Return what stands at `path`, or None where there is nothing (404)."""
        return self._body(self._call("GET", path, None, task=task, absent=True), task)

    def put(self, path: str, body: Any, *, task: str) -> None:
        """Send a PUT."""
        self._call("PUT", path, body, task=task)

    def patch(self, path: str, body: Mapping[str, Any], *, task: str) -> None:
        """Send a PATCH; ours say what shall be, so they may be repeated."""
        self._call("PATCH", path, body, task=task)

    def delete(self, path: str, *, task: str) -> None:
        """Delete what stands at `path`; that it is gone already is as well."""
        self._call("DELETE", path, None, task=task, absent=True)

    def refused(self, task: str, status: int, content: bytes) -> ApiError:
        """Return the error for an answer that is no success and will not become one."""
        raise NotImplementedError

    def headers(self, path: str) -> dict[str, str]:  # noqa: ARG002 - for those that override it
        """Return what a request for `path` says beside the login."""
        return {}

    def _call(self, method: Method, path: str, body: Any, *, task: str, absent: bool = False) -> httpx.Response | None:
        again = method != "POST"
        sent: dict[str, Any] = {"json": body}
        headers = self.headers(path)
        if isinstance(body, str):
            sent, headers = {"content": body.encode()}, {**headers, "content-type": "text/plain"}
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                response = self._http.request(method, f"{self._url}{self.root}{path}", headers=headers, **sent)
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
                raise self.refused(task, response.status_code, response.content)
            return response
        raise AssertionError("at least one attempt is made")

    def _body(self, response: httpx.Response | None, task: str) -> Any:
        if response is None:
            return None
        try:
            return json.loads(response.content)
        except ValueError:
            raise self.error(
                f"cannot {task}: {self._url} answered with something else than JSON; correct url, or the proxy on the "
                "way",
                status=response.status_code,
            ) from None

    def _unreached(self, task: str, error: httpx.HTTPError) -> ApiError:
        if _untrusted(error):
            return self.error(
                f"cannot {task}: the certificate of {self._url} is not trusted; let this machine trust the authority "
                "that signed it (SSL_CERT_FILE), or correct the certificate"
            )
        if isinstance(error, httpx.TimeoutException):
            why = f"no answer in {self._timeout:g} seconds"
        elif isinstance(error, httpx.ConnectError):
            why = "nobody answers there"
        else:
            why = "the connection broke off"
        return self.error(f"cannot {task}: {self._url} cannot be reached ({why}); run it again later")

    def _pause(self, attempt: int) -> None:
        ceiling = _FIRST_PAUSE * 2 ** (attempt - 1)
        self._sleep(random.uniform(ceiling / 2, ceiling))  # noqa: S311 - jitter


def _untrusted(error: httpx.HTTPError) -> bool:
    return isinstance(error, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


__all__ = ["ApiClient"]
