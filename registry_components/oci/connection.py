"""The request layer below the client: login, retries, redirects, and errors in words."""

from __future__ import annotations

import email.utils
import ipaddress
import logging
import random
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping
from http.cookiejar import CookieJar
from types import TracebackType
from typing import Literal, NamedTuple, NoReturn, Self, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

from .. import __version__
from ..core.endpoint import DOCKER_HUB_SERVERS
from ..core.errors import stack_error
from ..core.names import check_server
from .auth import Authorizer
from .challenge import parse_challenges
from .errors import TRANSIENT, Login, RegistryError, connection_failure, one_line, read_said, refusal, sentence
from .model import hasher

try:
    import httpx
except ModuleNotFoundError as missing:  # pragma: no cover - the environment of the tests has it
    raise stack_error(
        "speaking to registries needs the extra `ops`: pip install 'registry-components[ops]'"
    ) from missing

T = TypeVar("T")

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024 * 1024
_ERROR_LIMIT = 64 * 1024
_ATTEMPTS = 5
# Seconds: before the second attempt (doubled after each), and the longest that a registry may ask to wait.
_FIRST_DELAY, _LONGEST_WAIT = 0.25, 60.0
_REDIRECTS = 5
_HUB = "registry-1.docker.io"
_REDIRECT_STATUS = frozenset({301, 302, 303, 307, 308})

Method = Literal["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]

# Redirects and upload locations carry signatures in their query, and httpx and httpcore log whole addresses. Within
# this client's own requests they are kept silent; the client logs method, host, path and status itself.
_inside = threading.local()


def _outside(_record: logging.LogRecord) -> bool:
    return not getattr(_inside, "active", False)


for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
    logging.getLogger(_name).addFilter(_outside)


def is_loopback(server: str) -> bool:
    """Return whether `server` (host or host:port) names this machine itself."""
    host = (urlsplit(f"//{server}").hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Ask(NamedTuple):
    """One request: `path` is the registry's own, or a whole address that it has given."""

    method: Method
    path: str
    scope: str
    task: str
    """What the request is for, as it ends the sentence "cannot …"."""
    headers: Mapping[str, str] | None = None
    content: bytes | None = None
    expect: tuple[int, ...] = (200,)


class _NoCookies(CookieJar):
    """Keeps no cookie: a registry behind a web login sets some, and sending them back would mix two logins."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Take nothing."""


class Connection:
    """One registry's connections; safe to share between threads."""

    def __init__(
        self,
        server: str,
        *,
        username: str | None = None,
        password: str | None = None,
        plain_http: bool | None = None,
        ca_certificate: str | None = None,
        timeout_seconds: float = 30,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        mistake = check_server(server)
        if mistake:
            raise stack_error(f"server: {mistake}")
        if (username is None) != (password is None):
            raise stack_error("a user name and a password go together: give both, or neither")
        loopback = is_loopback(server)
        plain = loopback if plain_http is None else plain_http
        self.server = server
        host = _HUB if server in DOCKER_HUB_SERVERS else server
        self._root = f"{'http' if plain else 'https'}://{host}"
        self._origin = _origin(self._root)
        self._timeout = timeout_seconds
        self._auth = Authorizer(server, username, password, plain_http=plain)
        self._http = httpx.Client(
            verify=_tls(ca_certificate),
            timeout=httpx.Timeout(timeout_seconds, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=30),
            # A proxy from the environment must not be asked for this machine's own addresses.
            trust_env=not loopback,
            headers={"user-agent": f"registry-components/{__version__}", "accept-encoding": "identity"},
            cookies=_NoCookies(),
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"RegistryClient({self.server!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._http.close()

    def _join(self, response: httpx.Response, location: str, task: str) -> str:
        try:
            return urljoin(str(response.request.url), location)
        except ValueError:
            raise self._nowhere(task) from None

    # Requests

    def _fetch(self, ask: Ask, limit: int = BODY_LIMIT) -> tuple[httpx.Response, bytes]:
        """Send a request that may be repeated; return its answer and body."""

        def once() -> tuple[httpx.Response, bytes]:
            response = self._exchange(ask)
            try:
                body = _read(response, limit)
            except httpx.TransportError as error:
                raise self._broken(error, ask.task) from error
            finally:
                response.close()
            if body is None:
                happened = f"its answer is larger than {limit} bytes"
                raise self._error(ask.task, happened, "check that the server is a registry")
            return response, body

        return self._retry(once)

    def _checked(self, response: httpx.Response, digest: str, task: str) -> Generator[bytes, None, None]:
        check = hasher(digest)
        try:
            for chunk in response.iter_raw():
                check.update(chunk)
                yield chunk
        except httpx.TransportError as error:
            raise self._broken(error, task) from error
        finally:
            response.close()
        if check.hexdigest() != digest.partition(":")[2]:
            self._tampered(task)

    def _retry(self, once: Callable[[], T]) -> T:
        delay = _FIRST_DELAY
        for _ in range(_ATTEMPTS - 1):
            try:
                return once()
            except RegistryError as error:
                wait = error.retry_after
                if not error.transient or (wait is not None and wait > _LONGEST_WAIT):
                    raise
            # Jitter keeps many clients that were refused at once from coming back at once.
            jitter = random.uniform(0.5, 1)  # noqa: S311
            time.sleep(delay * jitter if wait is None else wait + _FIRST_DELAY * jitter)
            delay *= 2
        return once()

    def _exchange(self, ask: Ask) -> httpx.Response:
        """Send one request, log in where asked to, follow redirects; return the open answer of an expected status."""
        url = self._root + ask.path if ask.path.startswith("/") else ask.path
        own = self._is_own(url, ask.task)
        sent = self._auth.header(ask.scope, self._token_body) if own else None
        response = self._transmit(ask, url, sent)
        if response.status_code == 401 and own:
            challenges = parse_challenges(", ".join(response.headers.get_list("www-authenticate")))
            better = self._auth.answer(challenges, ask.scope, sent, self._token_body)
            if better is not None:
                drain(response)
                sent = better
                response = self._transmit(ask, url, sent)
        if response.status_code in _REDIRECT_STATUS and ask.method in ("GET", "HEAD"):
            response = self._redirected(ask, response, sent)
        if response.status_code in ask.expect:
            return response
        raise self._refused(response, ask)

    def _redirected(self, ask: Ask, response: httpx.Response, sent: str | None) -> httpx.Response:
        for _ in range(_REDIRECTS):
            location = response.headers.get("location")
            if not location:
                return response
            drain(response)
            url = self._join(response, location, ask.task)
            response = self._transmit(ask, url, sent if self._is_own(url, ask.task) else None)
            if response.status_code not in _REDIRECT_STATUS:
                return response
        response.close()
        happened = f"it redirected more than {_REDIRECTS} times"
        raise self._error(ask.task, happened, "look for a loop between it and a proxy")

    def _is_own(self, url: str, task: str) -> bool:
        """Return whether `url` is the registry itself, which alone may see the login."""
        try:
            origin = _origin(url)
        except ValueError:
            raise self._nowhere(task) from None
        if origin == self._origin:
            return True
        if origin[0] not in ("http", "https") or not origin[1]:
            raise self._nowhere(task)
        if self._origin[0] == "https" and origin[0] == "http":
            happened = f"it pointed to {origin[1]} in plain HTTP"
            advice = "let the proxy before it set X-Forwarded-Proto, or turn on relative URLs in the registry"
            raise self._error(task, happened, advice)
        return False

    def _transmit(self, ask: Ask, url: str, authorization: str | None) -> httpx.Response:
        _inside.active = True
        try:
            request = self._http.build_request(ask.method, url, headers=ask.headers, content=ask.content)
            if authorization is not None:
                request.headers["authorization"] = authorization
            response = self._http.send(request, stream=True)
        except httpx.InvalidURL:
            raise self._nowhere(ask.task) from None
        except httpx.TransportError as error:
            raise self._broken(error, ask.task) from error
        finally:
            _inside.active = False
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s %s %s: %d", ask.method, request.url.host, request.url.path, response.status_code)
        return response

    def _token_body(self, realm: str, query: Mapping[str, str], authorization: str | None) -> bytes:
        parts = urlsplit(realm)
        ask = Ask("GET", realm, "", f"log in at its token server {parts.hostname}")
        url = f"{realm}{'&' if parts.query else '?'}{urlencode(query)}" if query else realm
        response = self._transmit(ask, url, authorization)
        if response.status_code != 200:
            raise self._refused(response, ask, Login(authorization is not None, token_server=True))
        try:
            return _read(response, _ERROR_LIMIT) or b""
        except httpx.TransportError as error:
            raise self._broken(error, ask.task) from error
        finally:
            response.close()

    # Errors

    def _refused(self, response: httpx.Response, ask: Ask, login: Login | None = None) -> RegistryError:
        status = response.status_code
        try:
            body = _read(response, _ERROR_LIMIT) or b""
        except httpx.TransportError:
            body = b""
        finally:
            response.close()
        said = read_said(status, body, self._auth.without_secrets)
        retry_after = _retry_after(response.headers.get("retry-after"))
        happened, advice = refusal(said, login or self._auth.login, method=ask.method, retry_after=retry_after)
        return RegistryError(
            sentence(self.server, ask.task, happened, advice),
            status=status,
            code=said.code,
            transient=status in TRANSIENT,
            retry_after=retry_after,
        )

    def _broken(self, error: Exception, task: str) -> RegistryError:
        timed_out = isinstance(error, httpx.TimeoutException)
        failure = connection_failure(error, timed_out=timed_out, timeout_seconds=self._timeout)
        return RegistryError(sentence(self.server, task, failure.happened, failure.advice), transient=failure.transient)

    def _error(self, task: str, happened: str, advice: str) -> RegistryError:
        return RegistryError(sentence(self.server, task, one_line(self._auth.without_secrets(happened)), advice))

    def _nowhere(self, task: str) -> RegistryError:
        return self._error(task, "it pointed to an address that is none", "check the address that it believes to have")

    def _tampered(self, task: str) -> NoReturn:
        raise self._error(
            task,
            "what arrived does not have the digest that names it",
            "do not use it; look for a proxy that changes data, then check the registry's storage",
        )


def _tls(ca_certificate: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    if ca_certificate is not None:
        try:
            context.load_verify_locations(cadata=ca_certificate)
        except (ssl.SSLError, ValueError):
            raise stack_error("ca_certificate: must be the PEM text of a certificate") from None
    return context


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    port = parts.port
    if port is None:
        port = 80 if parts.scheme == "http" else 443
    return parts.scheme, parts.hostname or "", port


def _read(response: httpx.Response, limit: int) -> bytes | None:
    """Return the answer's body, or None where it has more than `limit` bytes."""
    parts, size = [], 0
    for chunk in response.iter_raw():
        size += len(chunk)
        if size > limit:
            return None
        parts.append(chunk)
    return b"".join(parts)


def drain(response: httpx.Response) -> None:
    """Finish an answer that nobody needs, so that its connection can be used again."""
    try:
        _read(response, _ERROR_LIMIT)
    except httpx.TransportError:
        pass
    finally:
        response.close()


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for (a number, or a date)."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
