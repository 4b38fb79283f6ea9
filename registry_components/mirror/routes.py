"""Who copies: one of the two registries by itself, or a mirror beside them; and what that one cannot do. Pure.

Sources: Harbor 2.15's adapters (src/pkg/reg/adapter) and replication settings, Amazon ECR's private image replication,
Azure's documentation of geo-replication and import, regclient's regsync 0.11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ..core.errors import Mistake
from ..kubernetes.registry_kind import NAMES, RegistryKind
from .names import ALL_TAGS, full, known, renamed

if TYPE_CHECKING:
    from ..blocks.mirroring import Replication

Way = Literal["harbor_push", "harbor_pull", "ecr", "mirror"]

ADAPTERS: Final[Mapping[RegistryKind, str]] = {
    "harbor": "harbor",
    "docker_hub": "docker-hub",
    "distribution": "docker-registry",
    "other": "docker-registry",
    "ecr": "aws-ecr",
    "acr": "azure-acr",
    # Container Registry's adapter takes Artifact Registry's hosts; one of its own comes after 2.15.
    "artifact_registry": "google-gcr",
    "ghcr": "github-ghcr",
    "quay": "quay",
    "gitlab": "gitlab",
    "artifactory": "jfrog-artifactory",
}
"""What Harbor 2.15 calls the kinds of registries that it copies to and from."""
_MODES: Final[Mapping[Way, str]] = {"harbor_push": "push", "harbor_pull": "pull", "ecr": "push", "mirror": "mirror"}
# Docker Hub, GitHub, GitLab and ECR Public answer /v2/_catalog with a refusal, or with nothing.
WITHOUT_CATALOG: Final[frozenset[RegistryKind]] = frozenset({"docker_hub", "ghcr", "gitlab", "ecr_public"})
UTC: Final = frozenset({"Etc/UTC", "UTC"})


class Route(NamedTuple):
    """How copies get from one registry to the other."""

    way: Way
    """`harbor_push` and `harbor_pull`: a replication policy of Harbor; `ecr`: ECR's own; `mirror`: regsync."""
    notes: tuple[str, ...]
    """What has to be there, and what to know."""
    passed_over: Mapping[Way, tuple[Mistake, ...]]
    """What would come first by the kinds alone, and why it does not do what is said."""


def ways(source: RegistryKind | None, destination: RegistryKind | None) -> tuple[Way, ...]:
    """Return how images can get from a kind of registry to another, the best first."""
    found: list[Way] = []
    if source == "harbor" and (destination or "other") in ADAPTERS:
        found.append("harbor_push")
    if destination == "harbor" and (source or "other") in ADAPTERS:
        found.append("harbor_pull")
    if source == destination == "ecr":
        found.append("ecr")
    return (*found, "mirror")


def route(block: Replication) -> Route:
    """Return how the images of a block are copied."""
    open_to, passed = _choice(block)
    way = next(way for way in open_to if way not in passed)
    return Route(way, tuple(_notes(block, way)), {key: tuple(passed[key]) for key in open_to if key in passed})


def mistakes(block: Replication) -> Iterable[Mistake]:
    """Yield what of a block nothing that may copy can do."""
    open_to, passed = _choice(block)
    if not open_to:
        yield Mistake("mode", _no_such_mode(block))
    elif len(passed) == len(open_to):
        # What the last one, which can do the most, cannot do.
        yield from passed[open_to[-1]]


def _choice(block: Replication) -> tuple[list[Way], dict[Way, list[Mistake]]]:
    open_to = [way for way in ways(*block.kinds) if block.mode in (None, _MODES[way])]
    passed: dict[Way, list[Mistake]] = {}
    for way in open_to:
        found = list(_OBSTACLES[way](block))
        if found:
            passed[way] = found
    return open_to, passed


def _no_such_mode(block: Replication) -> str:
    source, destination = _called(block)
    if block.mode == "push":
        return f"is 'push', and {source} does not push to {destination} by itself; let it be 'mirror'"
    return f"is 'pull', and {destination} does not pull from {source} by itself; let it be 'mirror'"


def _called(block: Replication) -> list[str]:
    """Return what to call the two registries."""
    return [
        NAMES[kind] if kind not in (None, "other") else f"the {side}"
        for side, kind in zip(("source", "destination"), block.kinds, strict=True)
    ]


def _instead(block: Replication) -> str:
    return ", or let mode be 'mirror'" if block.mode in ("push", "pull") else ""


def _harbor(block: Replication) -> Iterable[Mistake]:
    instead = _instead(block)
    if block.referrers:
        # rule 20
        yield Mistake(
            "referrers",
            "is true, and Harbor's replication leaves behind what refers to an image (2.15, goharbor/harbor#23210); "
            f"set it to false{instead}",
        )
    if block.platforms:
        yield Mistake("platforms", f"is said, and Harbor copies every platform; remove it{instead}")
    if block.exclude_repositories:
        yield Mistake(
            "exclude_repositories", f"is said, and Harbor's filters leave out no repository; name what goes{instead}"
        )
    if block.tags != ALL_TAGS and block.exclude_tags:
        yield Mistake("exclude_tags", f"is said beside tags, and Harbor has one filter of tags; remove one{instead}")
    if block.time_zone not in UTC:
        yield Mistake("time_zone", f"is {block.time_zone!r}, and Harbor's schedules are in UTC; remove it{instead}")
    source, destination = block.source.prefix, block.destination.prefix
    if name_filter([full(known(source), name) for name in block.repositories]) is None:
        yield Mistake(
            "repositories",
            "are in several projects, and Harbor has one filter of names; make a replication of each project, or one "
            f"of all{instead}",
        )
    if isinstance(source, str) and isinstance(destination, str) and source and not destination:
        yield Mistake(
            "destination.prefix",
            f"is empty, and Harbor cannot leave out {source!r} of the names; let it be another project{instead}",
        )


def name_filter(names: Sequence[str]) -> str | None:
    """Return the one filter of names that Harbor has, or None where it cannot say these.

    Its adapters read which projects to look through from what stands before the first / of it, and take no
    alternatives there.
    """
    if len(names) == 1:
        return names[0]
    heads = {name.partition("/")[0] for name in names}
    rests = sorted(name.partition("/")[2] for name in names)
    (head, *others) = heads
    if others or any(sign in head for sign in "*?[{") or not all(rests):
        return None
    return f"{head}/{{{','.join(rests)}}}"


def _harbor_push(block: Replication) -> Iterable[Mistake]:
    yield from _harbor(block)
    if block.deletes and block.schedule is not None:
        yield Mistake(
            "schedule", "is said, and Harbor passes deletes on only as they happen; remove it, or set deletes to false"
        )


def _harbor_pull(block: Replication) -> Iterable[Mistake]:
    yield from _harbor(block)
    if block.deletes:
        yield Mistake("deletes", "is true, and only Harbor's pushes pass deletes on; set it to false")
    if block.exclude_tags and block.kinds[0] == "docker_hub":
        yield Mistake(
            "exclude_tags",
            "is said, and Harbor's adapter of Docker Hub takes what a filter excludes for what it wants; say tags"
            f"{_instead(block)}",
        )


def _ecr(block: Replication) -> Iterable[Mistake]:
    who, instead = "ECR's replication", _instead(block)
    if block.source.prefix != block.destination.prefix:
        yield Mistake("destination.prefix", f"is not the source's, and {who} keeps names; let it be the same{instead}")
    for field in ("exclude_repositories", "exclude_tags", "platforms"):
        if getattr(block, field):
            yield Mistake(field, f"is said, and {who} has no such filter; remove it{instead}")
    if block.tags != ALL_TAGS:
        yield Mistake("tags", f"is said, and {who} copies every tag; remove it{instead}")
    for i, name in enumerate(block.repositories):
        if prefix_of(full(known(block.source.prefix), name)) is None:
            yield Mistake(
                f"repositories[{i}]",
                f"{name!r} is no prefix, and {who} knows no other filter; write team/** or api**{instead}",
            )
    if block.schedule is not None:
        yield Mistake("schedule", f"is said, and {who} follows each push; remove it{instead}")
    for field, wanted in (("referrers", True), ("overwrite", True), ("deletes", False)):
        if getattr(block, field) is not wanted:
            told = {"referrers": "takes signatures along", "overwrite": "moves tags", "deletes": "passes no deletes on"}
            said = str(wanted).lower()
            yield Mistake(field, f"is {str(not wanted).lower()}, and {who} {told[field]}; set it to {said}{instead}")
    if block.kibibytes_per_second is not None:
        yield Mistake("kibibytes_per_second", f"is said, and {who} knows no limit; remove it")


def prefix_of(pattern: str) -> str | None:
    """Return the prefix that a pattern is, as ECR takes it (`**` is the empty one), or None where it is none."""
    stem = pattern.removesuffix("**")
    plain = not any(sign in stem for sign in "*?[{")
    return stem if plain and stem != pattern else None


def _mirror(block: Replication) -> Iterable[Mistake]:
    source, destination = block.kinds
    if block.deletes:
        yield Mistake("deletes", "is true, and a mirror deletes nothing; set it to false, and prune the destination")
    if block.kibibytes_per_second is not None:
        yield Mistake("kibibytes_per_second", "is said, and regsync knows no limit; remove it")
    if not block.overwrite and block.referrers:
        yield Mistake(
            "overwrite",
            "is false, and regsync then passes tags over that are there, with signatures that came later; set it to "
            "true, or referrers to false",
        )
    yield from _patterns(block, source)
    if len(block.platforms) > 1 and destination != "distribution":
        yield Mistake(
            "platforms",
            f"are {len(block.platforms)}, and {_called(block)[1]} refuses an index that lacks some of its "
            "images; say one, or none for all",
        )


def _patterns(block: Replication, source: RegistryKind | None) -> Iterable[Mistake]:
    from ..blocks.mirroring import is_pattern

    source_prefix, prefix = block.source.prefix, block.destination.prefix
    stays = True
    if isinstance(source_prefix, str) and isinstance(prefix, str):
        stays = renamed(source_prefix, prefix) is not None
    for i, name in enumerate(block.repositories):
        if not is_pattern(name):
            continue
        if source in WITHOUT_CATALOG:
            yield Mistake(
                f"repositories[{i}]", f"{name!r} is a pattern, and {NAMES[source]} does not list what it has; name each"
            )
        elif not stays:
            yield Mistake(
                f"repositories[{i}]",
                f"{name!r} is a pattern, and regsync cannot leave out {source_prefix!r} of what it finds; name "
                f"each, or let destination.prefix end in {source_prefix!r}",
            )


_OBSTACLES: Final[Mapping[Way, Callable[[Replication], Iterable[Mistake]]]] = {
    "harbor_push": _harbor_push,
    "harbor_pull": _harbor_pull,
    "ecr": _ecr,
    "mirror": _mirror,
}


def _notes(block: Replication, way: Way) -> Iterable[str]:
    from ..blocks.mirroring import is_pattern

    source, destination = block.kinds
    if way == "harbor_push" and destination == "ecr":
        # rule 21
        yield (
            "Harbor makes repositories that ECR lacks, with mutable tags (goharbor/harbor#20994): make them before, by "
            "EcrRegistry. It logs in with an access key, not with a token"
        )
    if way == "harbor_push" and block.schedule is None:
        yield "Harbor copies what is pushed from then on; run the policy once by hand for what is there"
    if way == "ecr":
        yield (
            "ECR copies what is pushed from then on, and settings of repositories not at all: give the destination a "
            "creation template, replication of EcrRegistrySettings"
        )
    if way != "mirror":
        return
    if destination == "ecr":
        yield (
            "ECR takes a push only into a repository that is there: make them by EcrRegistry, or give the account "
            "a creation template that applies to pushes"
        )
    if destination == "harbor":
        yield "Harbor takes a push only into a project that is there"
    if source == "harbor" and any(is_pattern(name) for name in block.repositories):
        yield "Harbor lists its repositories to administrators and to system robots that may read the catalog"
    if source == "docker_hub":
        yield (
            "Docker Hub counts pulls of manifests: a login has a higher limit, and regsync waits where little of it is "
            "left"
        )
    if destination == "docker_hub" and block.referrers:
        yield "Docker Hub has no referrers API: signatures become tags sha256-…, which its tag lists show"
    if source == destination == "acr":
        yield "within ACR, geo-replication (AcrRegistry) keeps one registry in several places, and import copies once"
    for end, kind in (("source", source), ("destination", destination)):
        if kind is not None and kind in HELPERS:
            yield (
                f"{NAMES[kind]}'s tokens end while a mirror runs: without credentials at the {end}, regsync asks for "
                f"them as the pod, by docker-credential-{HELPERS[kind]}"
            )
    if block.platforms and block.referrers:
        yield "signatures of an index stay behind where only its image of one platform is copied"


HELPERS: Final[Mapping[RegistryKind, str]] = {
    "ecr": "ecr-login",
    "ecr_public": "ecr-login",
    "artifact_registry": "gcr",
    "acr": "acr-env",
}
"""The credential helpers that ask for tokens of an identity; the first two are in regsync's own image."""

__all__ = ["ADAPTERS", "HELPERS", "UTC", "WITHOUT_CATALOG", "Route", "Way", "mistakes", "prefix_of", "route", "ways"]
