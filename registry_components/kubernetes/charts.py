"""Where a Helm chart comes from, and the release that installs it, for registries whose vendor has a chart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias
from urllib.parse import urlsplit

from ..core.args import Args, MaybeOutput, Secret, reveal
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from .serving.words import LABEL, Line, check_host

if TYPE_CHECKING:
    import pulumi


def check_release_name(name: str) -> str | None:
    """Check the name of a Helm release."""
    # Helm takes 53, so that what the chart appends still fits into 63.
    if len(name) <= 53 and re.fullmatch(LABEL, name):
        return None
    return f"{name!r} is not a release's name; use 1 to 53 lower-case letters, digits and - inside"


def check_url(text: str) -> str | None:
    """Check an absolute http or https URL without a login in it."""
    if "@" in text:
        return "has a login in the URL; take user name and password out of it"
    if not re.match(r"https?://", text):
        return f"{text!r} is not an http or https URL; begin it with https://"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return f"{text!r} is not a URL; write https://host/path"
    if not parts.hostname or check_host(parts.hostname) or not re.fullmatch(r"[!-~]+", text):
        return f"{text!r} is not a URL; write https://host/path"
    if port == 0 or parts.netloc.endswith(":"):
        return f"{text!r} has no valid port; leave the port out or give 1 to 65535"
    return None


Url: TypeAlias = Annotated[str, validated(check_url)]


def check_oci(chart: str) -> Callable[[str], str | None]:
    """Return what checks the URL of a chart in a registry; `chart` is the name in the example."""

    def check(text: str) -> str | None:
        if text.startswith("oci://") and len(text) > len("oci://") and "@" not in text and not text.endswith("/"):
            return None
        return f"{text!r} is not a chart in a registry; write it as 'oci://registry.example.com/charts/{chart}'"

    return check


def _check_path(text: str) -> str | None:
    if "://" in text:
        return f"{text!r} is a URL; say kind 'repository' or 'oci' for it"
    return None if text and text.isprintable() else "is not a path; give the chart's folder, or its .tgz"


def _login(args: RepositoryChart) -> Iterable[Mistake]:
    if (args.username is None) != (args.password is None):
        lacking, given = ("password", "username") if args.password is None else ("username", "password")
        yield Mistake(lacking, f"is required with {given}; give both, or neither")


class RepositoryChart(CheckedArgs):
    """A Helm repository."""

    checks: ClassVar[tuple[Check, ...]] = (_login,)

    kind: Literal["repository"] = "repository"
    url: Url
    """The repository's URL."""
    username: MaybeOutput[Line] | None = None
    """Who logs in. Default: nobody."""
    password: Secret | None = None
    """The password for `username`."""


class OciChart(Args):
    """A chart in a registry, which is logged in to where `pulumi up` runs (`helm registry login`)."""

    kind: Literal["oci"] = "oci"
    url: str
    """The chart's URL, without a tag."""


class PathChart(Args):
    """A chart on the machine where `pulumi up` runs, where there is no internet."""

    kind: Literal["path"] = "path"
    path: Annotated[str, validated(_check_path)]
    """The chart's folder, or its .tgz; it has to be of the version that this library is made for."""


Chart: TypeAlias = RepositoryChart | OciChart | PathChart


def release(
    name: str,
    chart: Chart,
    *,
    called: str,
    version: str,
    release_name: str,
    namespace: Any,
    values: Mapping[str, Any],
    timeout_seconds: int,
    opts: pulumi.ResourceOptions,
) -> Any:
    """Register a release. `called` is the chart's name in a repository; a chart on this machine has its own version.

    It waits until everything is ready, and is never rolled back by itself: a database cannot go back to an older
    schema.
    """
    from pulumi_kubernetes.helm.v3 import Release, RepositoryOptsArgs

    match chart:
        case OciChart():
            source: dict[str, Any] = {"chart": chart.url, "version": version}
        case PathChart():
            source = {"chart": chart.path}
        case RepositoryChart():
            place = RepositoryOptsArgs(repo=chart.url, username=chart.username, password=reveal(chart.password))
            source = {"chart": called, "version": version, "repository_opts": place}
    return Release(
        name,
        name=release_name,
        namespace=namespace,
        values=values,
        atomic=False,
        cleanup_on_fail=False,
        skip_await=False,
        timeout=timeout_seconds,
        max_history=10,
        opts=opts,
        **source,
    )


__all__ = [
    "Chart",
    "OciChart",
    "PathChart",
    "RepositoryChart",
    "Url",
    "check_oci",
    "check_release_name",
    "check_url",
    "release",
]
