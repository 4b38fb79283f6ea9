"""Names of images, repositories and Pulumi resources, by the grammar that registries enforce."""

from __future__ import annotations

import re
from dataclasses import dataclass

# OCI Distribution Specification 1.1, "Pulling manifests".
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_HOST = r"(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
SERVER = re.compile(rf"{_HOST}(?::[0-9]{{1,5}})?")
# The length that Docker, containerd and Distribution share for a repository name, host included.
MAX_REPOSITORY = 255


def check_repository(name: str) -> str | None:
    """Return what is wrong with a repository name, or None."""
    if not name:
        return "a repository name cannot be empty"
    if len(name) > MAX_REPOSITORY:
        return f"a repository name has at most {MAX_REPOSITORY} characters (this one has {len(name)})"
    if not REPOSITORY.fullmatch(name):
        return (
            f"{name!r} is not a repository name; use lower-case letters, digits and single . _ - between them, "
            "in parts separated by /"
        )
    return None


def check_server(server: str) -> str | None:
    """Return what is wrong with a registry's `host` or `host:port`, or None."""
    if "://" in server:
        host = server.split("://", 1)[1].split("/", maxsplit=1)[0]
        return f"{server!r} has a scheme; give the host alone, such as {host!r}"
    if "/" in server:
        return f"{server!r} has a path; give it as prefix, and the host alone as server"
    if not SERVER.fullmatch(server):
        return f"{server!r} is not host or host:port"
    port = re.search(r":([0-9]+)$", server)
    if port and not 1 <= int(port.group(1)) <= 65535:
        return f"port {port.group(1)} is not between 1 and 65535"
    return None


def check_key(key: str) -> str | None:
    """Check a key that becomes part of a resource's name in the stack."""
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", key):
        return None
    return f"{key!r} is not a key; use 1 to 63 letters, digits and . _ - inside"


def check_resource_name(name: str) -> str | None:
    """Return what is wrong with the name of a component, or None.

    The name becomes part of URNs, of container and directory names: it is kept to what all of them take.
    """
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", name):
        return None
    return "a component's name has 1 to 63 letters, digits and . _ - inside"


@dataclass(frozen=True)
class ImageReference:
    """A parsed image reference: `[server/]repository[:tag][@digest]`."""

    server: str | None
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """Parse a reference by Docker's rules: the first part is a server if it holds `.` or `:` or is `localhost`.

        Raises `ValueError` where the text is not a reference.
        """
        rest, at, digest = text.partition("@")
        head, slash, tail = rest.partition("/")
        server = None
        if slash and ("." in head or ":" in head or head == "localhost"):
            server, rest = head, tail
        repository, colon, tag = rest.partition(":")
        for given, value, pattern, kind in (
            (colon, tag, TAG, "tag"),
            (at, digest, DIGEST, "digest"),
            (server, server or "", SERVER, "server"),
        ):
            if given and not pattern.fullmatch(value):
                raise ValueError(f"{text!r} has no valid {kind}: {value!r}")
        mistake = check_repository(repository)
        if mistake:
            raise ValueError(mistake)
        return cls(server, repository, tag or None, digest or None)

    def __str__(self) -> str:
        text = f"{self.server}/{self.repository}" if self.server else self.repository
        if self.tag:
            text += f":{self.tag}"
        if self.digest:
            text += f"@{self.digest}"
        return text
