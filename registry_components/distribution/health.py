"""Checks that the registry makes of itself; while one fails, it answers 503."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from .checks import HeaderName, HostPort, HttpUrl, Path, Seconds, SecretText
from .headers import repeated_names


class StorageHealth(Args):
    """Looks at the storage's root."""

    interval_seconds: Seconds | None = None
    """Time between two looks. Default: the vendor's 10."""
    threshold: int = Field(3, ge=1, le=1000)
    """Failures in a row that count. Default: 3."""


class FileHealth(Args):
    """Fails while a file exists: a switch to take the registry out of service."""

    path: Path
    """Absolute path of the file."""
    interval_seconds: Seconds | None = None
    """Time between two looks. Default: the vendor's 10."""


def _header_names(args: HttpHealth) -> Iterator[Mistake]:
    return repeated_names(args.headers)


class HttpHealth(CheckedArgs):
    """Fails while a URL does not answer as expected."""

    checks: ClassVar[tuple[Check, ...]] = (_header_names,)
    stand_ins = {"url": "https://example.com"}

    url: HttpUrl
    """What to ask, with HEAD."""
    status_code: int = Field(200, ge=100, le=599)
    """The expected status. Default: 200."""
    headers: dict[HeaderName, SecretText] = {}
    """Headers of the request; kept secret. Default: none."""
    timeout_seconds: Seconds = 5
    """How long an answer may take. Default: 5."""
    interval_seconds: Seconds | None = None
    """Time between two requests. Default: the vendor's 10."""
    threshold: int = Field(3, ge=1, le=1000)
    """Failures in a row that count. Default: 3."""


class TcpHealth(Args):
    """Fails while an address takes no connection."""

    address: HostPort
    """host:port to connect to."""
    timeout_seconds: Seconds = 5
    """How long connecting may take. Default: 5."""
    interval_seconds: Seconds | None = None
    """Time between two connections. Default: the vendor's 10."""
    threshold: int = Field(3, ge=1, le=1000)
    """Failures in a row that count. Default: 3."""


def _something(args: Health) -> Iterator[Mistake]:
    if args.storage is None and not (args.files or args.http or args.tcp):
        yield Mistake("", "checks nothing; give storage, files, http or tcp, or remove it")


def _unique(args: Health) -> Iterator[Mistake]:
    # The registry keeps its checks by these texts and ends at the second of one name.
    for name, keys in (
        ("files", [f"path {check.path!r}" for check in args.files]),
        ("http", [f"url {check.url!r}" for check in args.http]),
        ("tcp", [f"address {check.address!r}" for check in args.tcp]),
    ):
        for number, key in enumerate(keys):
            if key in keys[:number]:
                yield Mistake(f"{name}[{number}]", f"repeats {key}; the registry takes each once")


class Health(CheckedArgs):
    """All checks."""

    checks: ClassVar[tuple[Check, ...]] = (_something, _unique)

    storage: StorageHealth | None = None
    """The check of the storage. Default: none."""
    files: list[FileHealth] = []
    """Checks for files. Default: none."""
    http: list[HttpHealth] = []
    """Checks of URLs. Default: none."""
    tcp: list[TcpHealth] = []
    """Checks of addresses. Default: none."""
