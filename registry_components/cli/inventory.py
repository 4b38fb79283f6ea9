"""`regc lifecycle inventory`: what a live registry holds, as a file that the other commands read."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core.errors import StackError
from .registry import Access, _text, opened

_OWN = ("ecr://", "gar://", "acr://", "harbor://")
_LAYERED = {"gar", "acr"}
"""APIs that tell no layers, of registries that count no pulls: every manifest may be read."""
_READS_ARE_PULLS = (
    "--layers: reading a manifest may count as a pull there, and rules by pull would find everything in use; without "
    "it, what gets free is told as the sum of sizes"
)
_NO_LAYERS = {"oci": "--layers: the OCI API is read by manifests anyway, and tells layers without it"}
_UNTOLD = {
    "oci": "the OCI API tells no time of push, and rules by age let be what has none; --assume-created takes the time "
    "at which an image says to be built",
    "gar": "Artifact Registry tells no pulls: rules by pull let be what it holds",
    "acr": "ACR tells neither pulls nor when a manifest lost its tags: rules by pull let be what it holds, and its "
    "retention policy is judged by pushes",
}
"""What is told at the end of the times that an API does not tell."""


def inventory(
    source: str,
    *,
    out: Path,
    repositories: Sequence[str],
    access: Access,
    concurrency: int,
    assume_created: bool,
    layers: bool,
    resume: bool,
    force: bool,
) -> bool:
    """Collect an inventory; return whether everything could be read."""
    from ..lifecycle.collect.writing import Writer

    own = source.partition("://")[0] if source.startswith(_OWN) else None
    if layers and own not in _LAYERED:
        raise StackError(_NO_LAYERS.get(own or "oci", _READS_ARE_PULLS))
    problems: list[str] = []
    artifacts = 0
    with (
        _collector(source, access, concurrency=concurrency, assume_created=assume_created, layers=layers) as collector,
        Writer(out, resume=resume, force=force) as writer,
    ):
        names = [name for name in collector.names(repositories) if name not in writer.finished]
        told = time.monotonic()
        for number, found in enumerate(collector.collect(names), 1):
            if found.problems:
                problems += found.problems
            writer.repository(found.repository, found.records)
            artifacts += len(found.records)
            if time.monotonic() - told > 2:
                told = time.monotonic()
                sys.stderr.write(f"{number} of {len(names)} repositories, {artifacts} artifacts\n")
    for problem in problems[:20]:
        sys.stderr.write(f"not read: {problem}\n")
    if len(problems) > 20:
        sys.stderr.write(f"… and {len(problems) - 20} more that could not be read\n")
    before = f" ({len(writer.finished)} more were there already)" if writer.finished else ""
    print(f"{out}: {artifacts} artifacts in {len(names)} repositories{before}")
    untold = _UNTOLD.get(own or "oci") if not assume_created else None
    if untold is not None:
        sys.stderr.write(f"{untold}\n")
    return not problems


@contextmanager
def _collector(source: str, access: Access, *, concurrency: int, assume_created: bool, layers: bool) -> Iterator[Any]:
    if source.startswith("ecr://"):
        from ..lifecycle.collect.ecr import EcrCollector

        if assume_created or access.username is not None:
            raise StackError("--assume-created and --username are for the OCI API; ECR tells times, and AWS logs in")
        yield EcrCollector(source.removeprefix("ecr://").rstrip("/"))
        return
    if source.startswith(_OWN):
        if assume_created:
            raise StackError("--assume-created is for the OCI API; this one tells times of push")
        with _own_api(source, access, concurrency, layers=layers) as own:
            yield own
        return
    from ..lifecycle.collect.oci import Collector

    with (
        opened(source, access) as client,
        Collector(client, concurrency=concurrency, assume_created=assume_created) as collector,
    ):
        yield collector


def _own_api(source: str, access: Access, concurrency: int, *, layers: bool) -> Any:
    """Return the collector for a registry's own API."""
    try:
        from ..lifecycle.collect import acr, gar, harbor
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed; install registry-components[ops]") from None
    kind = source.partition("://")[0]
    if kind == "gar":
        gar.parse(source)
        if access.plain_http is not None:
            raise StackError("--plain-http and --tls are for other registries; Artifact Registry has TLS alone")
        if access.ca_certificate is not None:
            raise StackError("--ca-certificate is for other registries; everybody trusts Artifact Registry's")
        if access.username not in (None, gar.USER):
            raise StackError(
                f"--username {access.username}: Artifact Registry's API takes access tokens; give --username "
                f"{gar.USER} and what `gcloud auth print-access-token` prints"
            )
        given = None if access.username is None else _password()
        return gar.GarCollector(source, gar.token_source(given), concurrency=concurrency, layers=layers)
    server = acr.parse(source) if kind == "acr" else harbor.parse(source)[0]
    more: dict[str, Any] = {
        "plain_http": access.plain_http,
        "ca_certificate": _text(access.ca_certificate),
        "concurrency": concurrency,
    }
    login = _login(server, access)
    if kind == "acr":
        return acr.AcrCollector(source, **acr.login(server, login), **more, layers=layers)
    return harbor.HarborCollector(source, **login, **more)


def _login(server: str, access: Access) -> dict[str, Any]:
    """Return the login of the command line, else Docker's, else none."""
    from ..oci.docker_config import login_for

    if access.username is not None:
        return {"username": access.username, "password": _password()}
    found = login_for(server)
    return {} if found is None else found._asdict()


def _password() -> str:
    """Return what stands on standard input."""
    if sys.stdin.isatty():
        raise StackError("--username: the password or token is read from standard input; pipe it in")
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise StackError("--username: standard input has no password")
    return password


def check_globs(globs: Sequence[str]) -> None:
    """Raise `StackError` where a pattern of repositories is none."""
    from ..lifecycle.patterns import doublestar

    for glob in globs:
        try:
            doublestar(glob)
        except ValueError as error:
            raise StackError(f"--repository {glob}: {error}") from None


__all__ = ["check_globs", "inventory"]
