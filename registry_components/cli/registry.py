"""How a command that speaks to a registry is told which, and logs in."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import StackError

if TYPE_CHECKING:
    from ..oci.client import RegistryClient


@dataclass(frozen=True)
class Access:
    """What the command line says about the connection."""

    username: str | None = None
    """Whose password or token stands on standard input."""
    plain_http: bool | None = None
    ca_certificate: Path | None = None
    """A file with the authority that signed the server's certificate, trusted beside the usual ones."""


def server_of(source: str) -> str:
    """Return host and port of an endpoint. Raises `StackError`."""
    text = source.removeprefix("oci://").rstrip("/")
    scheme, found, _ = source.partition("://")
    if found and scheme != "oci":
        raise StackError(f"{source}: write the registry as host or host:port, or oci://host")
    if not text or "/" in text:
        raise StackError(
            f"{source}: is not a registry's address; write host or host:port, and repositories with --repository"
        )
    return text


def opened(source: str, access: Access) -> RegistryClient:
    """Return a client for a registry, logged in with what the command line or Docker's configuration says."""
    server = server_of(source)
    try:
        from ..oci.client import RegistryClient
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed; install registry-components[ops]") from None
    from ..oci.docker_config import login_for

    trusted = _text(access.ca_certificate)
    if access.username is not None:
        if sys.stdin.isatty():
            raise StackError("--username: the password or token is read from standard input; pipe it in")
        username, password = access.username, sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise StackError("--username: standard input has no password")
    else:
        login = login_for(server)
        if login is None:
            return RegistryClient(server, plain_http=access.plain_http, ca_certificate=trusted)
        username, password = login.username, login.password
    return RegistryClient(
        server, username=username, password=password, plain_http=access.plain_http, ca_certificate=trusted
    )


def _text(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise StackError(f"--ca-certificate {file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise StackError(f"--ca-certificate {file}: is not PEM text") from None


__all__ = ["Access", "opened", "server_of"]
