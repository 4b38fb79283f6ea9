"""Copies of a registry's images in another registry, of whatever kind either of them is.

Repositories are named without the prefixes of the endpoints: `api` of an endpoint with the prefix `team` is `team/api`,
and goes to what the destination's prefix and `api` make.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ..core.checked import CheckedArgs
from ..core.endpoint import RegistryEndpoint, auth_key
from ..core.errors import Mistake
from ..core.globs import doublestar
from ..core.validated import validated
from ..kubernetes.cron import Cron, TimeZone
from ..kubernetes.registry_kind import NAMES, RegistryKind, kind_of

Mode = Literal["push", "pull", "mirror"]
_WILD = re.compile(r"[*?\[{]")
# What a pattern is written with beside the letters of what it matches.
_SIGNS = r"*?\[\]{},!^"


def is_pattern(text: str) -> bool:
    """Return whether a name may stand for several."""
    return _WILD.search(text) is not None


def _check_pattern(text: str, letters: str, what: str) -> str | None:
    if not text:
        return "cannot be empty; ** is every repository, * every tag"
    if len(text) > 256:
        return f"has {len(text)} characters; a pattern has at most 256"
    found = re.search(rf"[^{letters}{_SIGNS}]", text)
    if found:
        return f"{text!r} has {found[0]!r}, which no {what} has"
    try:
        re.compile(doublestar(text))
    except re.error:
        return f"{text!r} is not a pattern: its class in [] has a range that runs backwards, or nothing in it"
    except ValueError as error:
        return str(error)
    return None


def check_repository_pattern(text: str) -> str | None:
    """Return what is wrong with a repository's name or pattern, or None."""
    if text.startswith("/") or text.endswith("/"):
        return f"{text!r} begins or ends with /; write team/** for what is below team"
    return _check_pattern(text, r"a-z0-9._/\-", "repository's name")


def check_tag_pattern(text: str) -> str | None:
    """Return what is wrong with a tag or a pattern of tags, or None."""
    return _check_pattern(text, r"A-Za-z0-9._\-", "tag")


def check_platform(text: str) -> str | None:
    """Return what is wrong with a platform, or None."""
    if re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+(?:/v[0-9]+)?", text):
        return None
    return f"{text!r} is not a platform; it looks like 'linux/amd64' or 'linux/arm/v7'"


RepositoryPattern = Annotated[str, validated(check_repository_pattern)]
"""`*` and `?` do not cross `/`, `**` does; `{a,b}` is either."""
TagPattern = Annotated[str, validated(check_tag_pattern)]
Platform = Annotated[str, validated(check_platform)]


def _kind(endpoint: RegistryEndpoint, said: RegistryKind | None) -> RegistryKind | None:
    if said is not None:
        return said
    return kind_of(endpoint.server) if isinstance(endpoint.server, str) else None


def _told_kinds(block: Replication) -> Iterable[Mistake]:
    for side, endpoint, said in (
        ("source", block.source, block.source_kind),
        ("destination", block.destination, block.destination_kind),
    ):
        told = kind_of(endpoint.server) if isinstance(endpoint.server, str) else "other"
        if said is not None and told not in ("other", said):
            yield Mistake(f"{side}_kind", f"is {said!r}, and {endpoint.server!r} is {NAMES[told]}; remove it")


def _itself(block: Replication) -> Iterable[Mistake]:
    source, destination = block.source, block.destination
    if not isinstance(source.server, str) or not isinstance(destination.server, str):
        return
    if auth_key(source.server) != auth_key(destination.server):
        return
    if source.prefix == destination.prefix:
        yield Mistake("destination", "is the source itself; give another server, or another prefix")
    elif (
        source.credentials is not None
        and destination.credentials is not None
        and source.credentials != destination.credentials
    ):
        yield Mistake(
            "destination.credentials",
            "are not the source's, and a registry's clients have one login for a host; give one login that may do both",
        )


def _doubled(block: Replication) -> Iterable[Mistake]:
    for field in ("repositories", "exclude_repositories", "tags", "exclude_tags", "platforms"):
        said: list[str] = getattr(block, field)
        for i, text in enumerate(said):
            if text in said[:i]:
                yield Mistake(f"{field}[{i}]", f"{text!r} is said already; remove it")
    excluded = [(text, re.compile(doublestar(text))) for text in block.exclude_repositories]
    for i, name in enumerate(block.repositories):
        for text, pattern in excluded:
            if not is_pattern(name) and pattern.match(name):
                message = f"{name!r} is left out by {text!r} of exclude_repositories; remove one of them"
                yield Mistake(f"repositories[{i}]", message)


_LEAST_PARTS: Mapping[str, tuple[int, str]] = {
    "harbor": (2, "PROJECT/NAME"),
    "ghcr": (2, "OWNER/NAME"),
    "quay": (2, "NAMESPACE/NAME"),
    "gitlab": (2, "GROUP/PROJECT"),
    "artifact_registry": (3, "PROJECT/REPOSITORY/NAME"),
}
"""How many parts a repository's name has at least, by kind of registry."""


def _names(block: Replication) -> Iterable[Mistake]:
    for side, endpoint, kind in (
        ("source", block.source, block.kinds[0]),
        ("destination", block.destination, block.kinds[1]),
    ):
        prefix = endpoint.prefix
        if kind is None or not isinstance(prefix, str):
            continue
        for i, name in enumerate(block.repositories):
            whole = f"{prefix}/{name}" if prefix else name
            mistake = _parts(kind, endpoint.server, whole)
            if mistake:
                message = f"is {whole!r} at {NAMES[kind]}, {mistake}; correct it, or {side}.prefix"
                yield Mistake(f"repositories[{i}]", message)


def _parts(kind: RegistryKind, server: Any, name: str) -> str | None:
    """Return what is wrong with how many parts a repository's name has, or None."""
    count, deep = name.count("/") + 1, "**" in name
    if kind == "docker_hub" and (deep or count != 2):
        return "where a repository is NAMESPACE/NAME (official images: library/NAME)"
    least, form = _LEAST_PARTS.get(kind, (1, ""))
    if kind == "artifact_registry" and not str(server).endswith("pkg.dev"):
        # Container Registry's hosts have no repositories between project and name.
        least, form = 2, "PROJECT/NAME"
    return f"where a repository is {form}" if count < least and not deep else None


def _sample(pattern: str) -> str:
    """Return a name that a pattern matches, near enough to see whether it matches its own copies."""
    text = re.sub(r"\{([^,{}]*)[^{}]*\}", r"\1", pattern)
    return re.sub(r"\*\*|\*|\?|\[[^\]]*\]", "a", text)


def _own_copies(block: Replication) -> Iterable[Mistake]:
    source, destination = block.source, block.destination
    known = all(isinstance(one, str) for end in (source, destination) for one in (end.server, end.prefix))
    if not known or auth_key(str(source.server)) != auth_key(str(destination.server)):
        return
    before = f"{source.prefix}/" if source.prefix else ""
    if not str(destination.prefix).startswith(before) or destination.prefix == source.prefix:
        return
    below = str(destination.prefix).removeprefix(before)
    left_out = [re.compile(doublestar(text)) for text in block.exclude_repositories]
    for i, text in enumerate(block.repositories):
        copy = f"{below}/{_sample(text)}"
        if is_pattern(text) and re.match(doublestar(text), copy) and not any(one.match(copy) for one in left_out):
            yield Mistake(
                f"repositories[{i}]",
                f"{text!r} matches its own copies below {destination.prefix!r}, and each run would copy those again; "
                f"add {below + '/**'!r} to exclude_repositories",
            )


def _route(block: Replication) -> Iterable[Mistake]:
    from ..mirror.routes import mistakes

    yield from mistakes(block)


class Replication(CheckedArgs):
    """Images of one registry that are kept in another.

    Who copies is found from the kinds of the two (`registry_components.mirror.routes`): a registry that does it by
    itself, else a mirror beside them. What the one that copies cannot do is refused.
    """

    checks: ClassVar[Any] = (_told_kinds, _itself, _doubled, _names, _own_copies, _route)
    stand_ins: ClassVar[Any] = {
        "source": {"server": "source.example.com"},
        "destination": {"server": "destination.example.com"},
        "repositories": ["some/thing"],
    }

    source: RegistryEndpoint
    """Where the images come from, and a login that may pull."""
    destination: RegistryEndpoint
    """Where they go to, and a login that may push."""
    source_kind: RegistryKind | None = None
    """What kind of registry the source is, where its host does not tell: harbor, distribution, nexus, … Default: what
    the host tells, else a registry of the OCI API."""
    destination_kind: RegistryKind | None = None
    """The same of the destination."""
    repositories: list[RepositoryPattern] = Field(min_length=1)
    """Repositories by name or pattern, without the endpoints' prefixes: `api`, `team/*`, `**`."""
    exclude_repositories: list[RepositoryPattern] = []
    """Patterns of those that are left out. Default: none."""
    tags: list[TagPattern] = Field(default=["*"], min_length=1)
    """Patterns of the tags that are copied. What has no tag is copied only with what refers to it. Default: all."""
    exclude_tags: list[TagPattern] = []
    """Patterns of tags that are left out. Default: none."""
    platforms: list[Platform] = []
    """Copy these of an index's platforms alone: `linux/amd64`. With one, its tags lead to that image itself. Default:
    all, so that digests stay what they are."""
    referrers: bool = True
    """Take signatures, SBOMs and attestations along with what they refer to. Default: true."""
    mode: Mode | None = None
    """Who copies: `push` the source, `pull` the destination, `mirror` a job beside them. Default: whichever of them can
    do what is said, in this order."""
    schedule: Cron | None = None
    """When: a cron expression of five fields, or @daily and the like. Default: where the source pushes by itself, at
    each push; else every day at 3."""
    time_zone: TimeZone = "Etc/UTC"
    """The time zone of the schedule. Default: Etc/UTC."""
    overwrite: bool = True
    """Move a tag at the destination that leads elsewhere. Default: true."""
    deletes: bool = False
    """Delete at the destination what was deleted at the source, which only a push of Harbor does. Default: false."""
    kibibytes_per_second: int | None = Field(default=None, ge=1, le=1_000_000_000)
    """How fast each image is copied at most, by Harbor alone. Default: no limit."""

    @property
    def kinds(self) -> tuple[RegistryKind | None, RegistryKind | None]:
        """The kinds of source and destination; None where only the running program can know."""
        return _kind(self.source, self.source_kind), _kind(self.destination, self.destination_kind)


__all__ = ["Mode", "Platform", "Replication", "RepositoryPattern", "TagPattern", "is_pattern"]
