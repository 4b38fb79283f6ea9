"""What can be said of one project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ...core.args import Args
from ...core.checked import CheckedArgs
from ...core.errors import Mistake, StackError
from ...core.validated import Unique, validated
from ...lifecycle import choice
from .access import ProjectRobot, Role, check_user
from .labels import Label
from .retention import ImmutableTags, Retention, provider_rules
from .scanning import PreheatPolicy, Severity
from .webhooks import Webhook
from .words import GIB, Adopted, Cve, Key, Moment, ProjectName

UserName = Annotated[str, validated(check_user)]


class CveAllowlist(Args):
    """Vulnerabilities that count for nothing."""

    ids: Annotated[list[Cve], Unique, Field(min_length=1)]
    """Which."""
    expires_at: Moment | None = None
    """To when, as 2027-12-31T00:00:00Z. Default: for ever."""


class ProxyCache(Args):
    """A project that holds copies of another registry's images, made when they are pulled."""

    registry: Key
    """The other registry, by its key in `registries`."""
    bandwidth_kbps: int | None = Field(None, ge=1, le=10_000_000)
    """Kilobits in a second from there. Default: no limit."""
    max_connections: int | None = Field(None, ge=1, le=10_000)
    """Connections to there for one artifact. Default: no limit."""
    keep_removed: bool = False
    """Go on with a copy of what was removed there. Default: false."""


def _quota(project: Project) -> Iterable[Mistake]:
    quota = project.quota_bytes
    if quota is not None and quota != -1 and (quota < GIB or quota % GIB):
        below, above = max(1, quota // GIB) * GIB, (quota // GIB + 1) * GIB
        told = f"{below} or {above}" if below != above else f"{below}"
        yield Mistake(
            "quota_bytes",
            f"{quota} is not a whole number of GiB (1073741824 bytes), which is what the provider tells Harbor; use "
            f"{told}, or -1 for no limit",
        )


def _proxy(project: Project) -> Iterable[Mistake]:
    if project.proxy_cache is None:
        return
    if project.immutable_tags:
        yield Mistake("immutable_tags", "stops a proxy cache from taking a tag that moved; remove it")
    for key, robot in sorted(project.robots.items()):
        if "push" in robot.access.get("repository", []):
            yield Mistake(f"robots.{key}.access", "has 'push', which a proxy cache takes from nobody; remove it")


def _trust(project: Project) -> Iterable[Mistake]:
    if project.proxy_cache is not None and project.content_trust:
        yield Mistake("content_trust", "stops pulls through a proxy cache, where nothing is signed; remove it")


def _severity(project: Project) -> Iterable[Mistake]:
    if project.block_severity is not None and not project.scan_on_push:
        yield Mistake(
            "scan_on_push", "is required with block_severity: what was not scanned cannot be pulled; set it to true"
        )


def _lifecycle(project: Project) -> Iterable[Mistake]:
    if project.lifecycle is None:
        return
    try:
        provider_rules(project.lifecycle)
    except StackError as error:
        yield Mistake("lifecycle", choice.why(error))
    # goharbor/harbor#17781
    for key, rule in sorted(project.immutable_tags.items()):
        selectors = rule.selectors()
        if rule.enabled and selectors.get("tag_matching") == "**" and selectors.get("repo_matching") == "**":
            yield Mistake(
                f"immutable_tags.{key}",
                "makes every tag immutable, so that lifecycle can delete nothing that has one; name the tags",
            )


class Project(CheckedArgs):
    """One project: private, scanned on push, and outliving the stack, if nothing else is said."""

    checks: ClassVar[Any] = (_quota, _proxy, _trust, _severity, _lifecycle)

    name: ProjectName | None = None
    """Its name, which stands before its repositories'. Default: its key."""
    public: bool = False
    """Whether anybody may pull. Default: false."""
    quota_bytes: int | None = Field(None, ge=-1)
    """How much it may hold: a whole number of GiB (1073741824 bytes), or -1 for no limit. Default: no limit."""
    scan_on_push: bool = True
    """Whether what is pushed is scanned. Default: true."""
    sbom_on_push: bool = False
    """Whether an SBOM is made of what is pushed. Default: false."""
    block_severity: Severity | None = None
    """Nobody can pull an image with a vulnerability of this severity or above. Default: everybody can."""
    cve_allowlist: CveAllowlist | None = None
    """Vulnerabilities that count for nothing in this project. Default: those of the whole Harbor."""
    content_trust: Annotated[list[Literal["cosign", "notation"]], Unique] = []
    """Nobody can pull what has no signature of these kinds. Default: everybody can."""
    proxy_cache: ProxyCache | None = None
    """What it caches; cannot be changed later, but by another project. Default: it is no cache."""
    scanner: Key | None = None
    """Its scanner, by its key in `scanners`. Default: Harbor's default scanner."""
    members: dict[UserName, Role] = {}
    """By user name, what the user may do. Default: nobody but the administrator."""
    groups: dict[Key, Role] = {}
    """By key in `groups`, what the group may do. Default: none."""
    robots: dict[Key, ProjectRobot] = {}
    """Robot accounts. Default: none."""
    lifecycle: Retention | None = None
    """What goes: Harbor's own retention, or the unified policy, whose repositories are named without the project.
    Default: nothing."""
    immutable_tags: dict[Key, ImmutableTags] = {}
    """Tags that cannot be moved or deleted. Default: none."""
    webhooks: dict[Key, Webhook] = {}
    """Who is told what happens. Default: nobody."""
    labels: dict[Key, Label] = {}
    """Labels of this project. Default: none."""
    preheat_policies: dict[Key, PreheatPolicy] = {}
    """What is handed out to peers beforehand. Default: nothing."""
    import_: Adopted | None = None
    """`/projects/12` of a project that is there and is adopted: it has to be as it is said here, and is protected.
    Default: a new one."""


__all__ = ["CveAllowlist", "Project", "ProxyCache"]
