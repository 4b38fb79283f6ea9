"""What went wrong between here and a registry, in words for the person who has to mend it."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..core.errors import StackError

TRANSIENT = frozenset({429, 502, 503, 504})
_MAX_SAID = 200


class RegistryError(StackError):
    """A registry could not be reached, refused a request, or answered with something that cannot be right.

    `status` is the HTTP status and `code` the registry's own error code, where there was an answer. `transient` says
    whether the same request may well succeed later, `retry_after` after how many seconds, where the registry said.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.transient = transient
        self.retry_after = retry_after


class Said(NamedTuple):
    """A registry's answer to a request that it refused: HTTP status, its error code, its words."""

    status: int
    code: str | None = None
    words: str = ""

    def __str__(self) -> str:
        text = f"{self.status} {self.code}" if self.code else str(self.status)
        return f"{text} ({self.words})" if self.words else text


class Login(NamedTuple):
    """What kind of login a refused request went with."""

    given: bool
    """A user name and password were given."""
    scheme: str | None = None
    """`basic` or `bearer` once the registry has asked for it."""
    token_server: bool = False
    """The request was the one for a token."""


def sentence(server: str, task: str, happened: str, advice: str) -> str:
    """Return the whole message: which registry, what was asked, what came of it, what to do."""
    return f"registry {server}: cannot {task}: {happened}; {advice}"


def read_said(status: int, body: bytes, clean: Callable[[str], str] = str) -> Said:
    """Return what an error answer says: the first error of the specification's JSON, else its first words.

    `clean` takes out of the words what must not be shown.
    """
    try:
        first = json.loads(body)["errors"][0]
        code, words = first.get("code"), first.get("message")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        text = body.decode("utf-8", "replace")
        return Said(status, None, "" if "<" in text else one_line(clean(text)))
    return Said(
        status,
        one_line(clean(code)) if isinstance(code, str) and code else None,
        one_line(clean(words)) if isinstance(words, str) else "",
    )


def one_line(text: str) -> str:
    """Return text from elsewhere as one short printable line."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _MAX_SAID]).split())
    return plain if len(plain) <= _MAX_SAID else plain[: _MAX_SAID - 1] + "…"


def refusal(said: Said, login: Login, *, method: str = "GET", retry_after: float | None = None) -> tuple[str, str]:
    """Return what happened and what to do, for an answer that is not the one asked for."""
    happened, advice = f"it answered {said}", _ADVICE.get(said.code or "")
    match said.status:
        case 401 | 403:
            return _unauthorized(said, login)
        case 405 if method == "DELETE":
            advice = _ADVICE["UNSUPPORTED"]
        case 429:
            wait = f"in {retry_after:g} seconds" if retry_after is not None else "later"
            more = "" if login.given else ", or log in for a higher limit"
            return happened, f"it limits how often it may be asked: try again {wait}{more}"
        case 400 if "HTTPS" in said.words and "HTTP " in said.words:
            return "it expects TLS and was asked in plain HTTP", "leave plain_http off for this registry"
        case status if status >= 500:
            return happened, "the registry itself failed: try again, then look in its log"
        case status if 200 <= status < 400:
            return f"{happened}, which no registry does here", "check that the server is a registry"
        case 404 if said.code is None:
            return happened, "check that the server is a registry, and the name"
    return happened, advice or "check the name, and what the registry allows"


def _unauthorized(said: Said, login: Login) -> tuple[str, str]:
    if not login.given:
        return f"it wants a login ({said})", "give a user name and a password"
    if login.token_server or (said.status == 401 and login.scheme == "basic"):
        return f"the user name or the password is wrong ({said})", "correct them and try again"
    if login.scheme is None:
        return f"it wants a login of an unknown kind ({said})", "check that the server is a registry"
    return f"it answered {said}", "this login does not allow it: ask for the permission, or use another account"


_ADVICE = {
    "NAME_UNKNOWN": "there is no such repository: check the name, or push to it first",
    "MANIFEST_UNKNOWN": "there is no such tag or digest: check it, or push it first",
    "BLOB_UNKNOWN": "there is no such blob in this repository: push it first",
    "MANIFEST_BLOB_UNKNOWN": "the manifest names blobs that are not there: push them first",
    "MANIFEST_INVALID": "the registry does not take this manifest: check its media types and what it names",
    "NAME_INVALID": "the registry does not take this repository name",
    "DIGEST_INVALID": "what arrived is not what the digest names: try again, then look for a proxy that changes data",
    "SIZE_INVALID": "what arrived does not have the announced size: try again, then look for a proxy that cuts data",
    "UNSUPPORTED": "the registry does not do this: where it is about deleting, turn `delete` on in its settings",
    "PAGINATION_NUMBER_INVALID": "the registry gives fewer entries at a time: ask with a smaller page_size",
    "BLOB_UPLOAD_UNKNOWN": "the registry forgot the upload: try again; several copies of it need one storage and one "
    "http secret",
    "BLOB_UPLOAD_INVALID": "the registry forgot the upload: try again; several copies of it need one storage and one "
    "http secret",
}


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


# What OpenSSL says of an answer that is not TLS, by version.
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
)


class Failure(NamedTuple):
    """Why no answer came: what happened, what to do, whether trying again may help."""

    happened: str
    advice: str
    transient: bool


def connection_failure(error: BaseException, *, timed_out: bool, timeout_seconds: float) -> Failure:
    """Return what an error below HTTP means."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = one_line(cause.verify_message or "no reason given")
            return Failure(
                f"its certificate is not trusted ({reason})",
                "give the authority that signed it as ca_certificate, or correct the certificate",
                transient=False,
            )
        if isinstance(cause, ssl.SSLError):
            if any(word in str(cause) for word in _NOT_TLS):
                return Failure(
                    "it speaks plain HTTP and was asked with TLS",
                    "turn TLS on there; only for a registry on this machine, set plain_http",
                    transient=False,
                )
            return Failure(
                f"the TLS connection failed ({one_line(getattr(cause, 'reason', None) or 'no reason given')})",
                "check the server's TLS settings, and whether it asks for a client certificate",
                transient=False,
            )
        if isinstance(cause, socket.gaierror):
            return Failure(
                "its name cannot be resolved",
                "check the server's name and this machine's DNS",
                transient=cause.errno == socket.EAI_AGAIN,
            )
        if isinstance(cause, ConnectionRefusedError):
            return Failure("nothing listens there", "check host and port, and that the registry runs", transient=True)
    if timed_out:
        return Failure(
            f"no answer within {timeout_seconds:g} seconds",
            "check that the server can be reached from here, or allow more time with timeout_seconds",
            transient=True,
        )
    return Failure(
        "the connection broke off",
        "try again, then look in the registry's log; it may also be that it expects TLS, or does not",
        transient=True,
    )
