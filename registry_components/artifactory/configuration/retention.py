"""What goes from repositories, and what is moved to cold storage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import Field, Tag

from ...blocks.lifecycle import LifecyclePolicy
from ...core.args import Args
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ...lifecycle import choice
from .words import Key, Line, PathPattern, PolicyCron, PolicyKey, ProjectKey, Unique

BY_COUNT = (7, 115, 1)
"""Since when versions of Docker images can be counted; before, policies are by time alone (rule 28)."""


def _criteria(args: Criteria) -> Iterable[Mistake]:
    timed = [name for name in ("older_than_days", "undownloaded_for_days") if getattr(args, name) is not None]
    given = [timed[0]] if timed else []
    given += [name for name in ("keep_last_versions", "properties") if getattr(args, name)]
    if not given:
        yield Mistake(
            "",
            "says nothing, and would take every package; give older_than_days, undownloaded_for_days, "
            "keep_last_versions or properties",
        )
    if len(given) > 1:
        yield Mistake(
            "", f"says {' and '.join(given)}; Artifactory takes times, a count or a property, one of the three"
        )
    for name in ("properties", "exclude_properties"):
        if len(getattr(args, name)) > 1:
            yield Mistake(name, "takes one property; remove the others")


class Criteria(CheckedArgs):
    """Which packages, in Artifactory's own terms; a package's versions are an image's tags."""

    checks: ClassVar[Any] = (_criteria,)

    package: PathPattern = "**"
    """Pattern of an image's name, without its repository. Default: all."""
    exclude_packages: Annotated[list[PathPattern], Unique] = []
    """Names of images, without patterns, that are not meant. Default: none."""
    older_than_days: int | None = Field(None, ge=1, le=36_500)
    """What was made longer ago."""
    undownloaded_for_days: int | None = Field(None, ge=1, le=36_500)
    """What was fetched last longer ago; what was never fetched counts by its age."""
    keep_last_versions: int | None = Field(None, ge=1, le=1_000_000)
    """All but that many, made last; from Artifactory 7.115.1 on."""
    properties: dict[Line, Line] = {}
    """What has this property."""
    exclude_properties: dict[Line, Line] = {}
    """But not what has this one. Default: none."""

    def document(self) -> dict[str, Any]:
        """Return them in the provider's words."""
        found: dict[str, Any] = {"included_packages": [self.package]}
        if self.exclude_packages:
            found["excluded_packages"] = sorted(self.exclude_packages)
        for field, word in (
            ("older_than_days", "created_before_in_days"),
            ("undownloaded_for_days", "last_downloaded_before_in_days"),
            ("keep_last_versions", "keep_last_n_versions"),
        ):
            if getattr(self, field) is not None:
                found[word] = getattr(self, field)
        for field, word in (("properties", "included_properties"), ("exclude_properties", "excluded_properties")):
            if getattr(self, field):
                found[word] = {key: [value] for key, value in getattr(self, field).items()}
        return found


Chosen: TypeAlias = Annotated[
    Annotated[Criteria, Tag("Criteria")] | Annotated[LifecyclePolicy, Tag("LifecyclePolicy")],
    choice.chosen_by(Criteria),
]
"""Artifactory's own criteria, or the unified policy."""


def _projects(args: Policy) -> Iterable[Mistake]:
    if args.project is not None and args.key is not None and not args.key.startswith(f"{args.project}-"):
        yield Mistake("key", f"{args.key!r} has to begin with {args.project + '-'!r}, as it is of that project")


class Policy(CheckedArgs):
    """What a cleanup and an archive policy have."""

    checks: ClassVar[Any] = (_projects,)
    stand_ins: ClassVar = {"repositories": ["stand-in"], "policy": {"older_than_days": 1}}

    key: PolicyKey | None = None
    """Its key, of at least 3 characters. Default: its key here."""
    description: str = Field("", max_length=1024)
    """What it is for. Default: none."""
    repositories: Annotated[list[Key], Unique, Field(min_length=1)]
    """Keys here of local and federated repositories, or keys of `existing_repositories`."""
    schedule: PolicyCron | None = None
    """When it runs: cron expression of 6 or 7 fields, at most every six hours. Default: when somebody starts it."""
    duration_minutes: int | None = Field(None, ge=1, le=525_600)
    """How long a run may take; it ends unfinished. Default: as long as it takes."""
    enabled: bool = True
    """Whether it runs by its schedule. Default: true."""
    skip_trashcan: bool = False
    """Delete for good at once. Default: false, into the trash can."""
    project: ProjectKey | None = None
    """The project that it is of. Default: the whole platform's."""


class CleanupPolicy(Policy):
    """A policy that deletes."""

    policy: Chosen
    """Which packages: Artifactory's own criteria, or the unified policy."""


class ArchivePolicy(Policy):
    """A policy that moves to the platform's cold storage, which has to be there."""

    policy: Criteria
    """Which packages."""


class Trashcan(Args):
    """What is deleted lies there for a while."""

    enabled: bool = True
    """Whether there is one. Default: true."""
    retention_days: int = Field(14, ge=1, le=36_500)
    """How long. Default: 14."""


def document(policy: Criteria | LifecyclePolicy) -> dict[str, Any]:
    """Return the criteria in the provider's words, without repositories and projects.

    Raises `LifecycleNotExpressible` where Artifactory cannot carry the unified policy out as it is meant.
    """
    if isinstance(policy, Criteria):
        return policy.document()
    found = dict(choice.translated("artifactory", policy)["search_criteria"])
    return {"included_packages": ["**"], **{key: found[key] for key in found if key not in ("repos", "package_types")}}


def counts(policy: Criteria | LifecyclePolicy) -> bool:
    """Return whether a policy keeps by number."""
    if isinstance(policy, Criteria):
        return policy.keep_last_versions is not None
    return any(rule.beyond_most_recent is not None for rule in policy.expire.values())


__all__ = ["BY_COUNT", "ArchivePolicy", "CleanupPolicy", "Criteria", "Trashcan", "counts", "document"]
