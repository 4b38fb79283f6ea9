"""Who may do what: members, groups and robot accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field

from ...core.args import Args, MaybeOutput
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from .words import Line, RobotName, RobotSecret, check_project

Role: TypeAlias = Literal["projectadmin", "maintainer", "developer", "guest", "limitedguest"]
"""What a member may do, in the provider's words."""

# Harbor's `src/common/rbac/const.go` and its API `/permissions`, 2.15.
ACTIONS = ("create", "delete", "list", "operate", "pull", "push", "read", "stop", "update")
PROJECT_RESOURCES = [
    "accessory",
    "artifact",
    "artifact-addition",
    "artifact-label",
    "export-cve",
    "immutable-tag",
    "label",
    "log",
    "member",
    "metadata",
    "notification-policy",
    "preheat-policy",
    "project",
    "quota",
    "repository",
    "robot",
    "sbom",
    "scan",
    "scanner",
    "tag",
    "tag-retention",
]
SYSTEM_RESOURCES = [
    "audit-log",
    "catalog",
    "export-cve",
    "garbage-collection",
    "jobservice-monitor",
    "label",
    "ldap-user",
    "preheat-instance",
    "project",
    "purge-audit",
    "quota",
    "registry",
    "replication",
    "replication-adapter",
    "replication-policy",
    "robot",
    "scan-all",
    "scanner",
    "security-hub",
    "system-volumes",
    "user",
    "user-group",
]


def _listed(resources: list[str]) -> AfterValidator:
    def check(access: dict[str, list[str]]) -> dict[str, list[str]]:
        for resource, actions in access.items():
            if resource not in resources:
                raise ValueError(f"{resource!r} is not something to grant here; allowed: {', '.join(resources)}")
            for action in actions:
                if action not in ACTIONS:
                    raise ValueError(f"{action!r} of {resource!r} is no action; allowed: {', '.join(ACTIONS)}")
            if not actions or len(set(actions)) < len(actions):
                raise ValueError(f"{resource!r} has to name at least one action, and none twice")
            if {"pull", "push"} & set(actions) and resource != "repository":
                raise ValueError(f"'pull' and 'push' are actions of 'repository', not of {resource!r}")
        if {"push"} <= set(access.get("repository", [])) and "pull" not in access["repository"]:
            raise ValueError("'push' of 'repository' needs 'pull' too: clients look for layers before they push")
        return access

    return AfterValidator(check)


ProjectAccess: TypeAlias = Annotated[dict[str, list[str]], Field(min_length=1), _listed(PROJECT_RESOURCES)]
"""By resource of a project, the actions: `{"repository": ["pull", "push"]}`."""
SystemAccess: TypeAlias = Annotated[dict[str, list[str]], Field(min_length=1), _listed(SYSTEM_RESOURCES)]
"""By resource of the whole Harbor, the actions."""


def _group(group: Group) -> Iterable[Mistake]:
    if group.kind == "ldap" and group.ldap_group_dn is None:
        yield Mistake("ldap_group_dn", "is required for a group of kind 'ldap'; add it")
    if group.kind != "ldap" and group.ldap_group_dn is not None:
        yield Mistake("ldap_group_dn", f"means nothing for a group of kind {group.kind!r}; remove it")


class Group(CheckedArgs):
    """A group of users that a directory or an identity provider knows."""

    checks: ClassVar[Any] = (_group,)
    stand_ins: ClassVar = {"kind": "oidc"}

    kind: Literal["ldap", "http", "oidc"]
    """Where it comes from; `http` is an authentication proxy."""
    name: Line | None = None
    """Its name. Default: its key."""
    ldap_group_dn: Line | None = None
    """Its distinguished name, for `ldap`."""


class _Robot(CheckedArgs):
    name: RobotName | None = None
    """Name without prefix. Default: its key."""
    description: str = Field("", max_length=1024)
    """What it is for. Default: none."""
    duration_days: int = Field(90, ge=-1, le=36_500)
    """How long it lives, counted from when it was made; -1 for ever, which has to be said. Default: 90."""
    disabled: bool = False
    """Whether it may log in. Default: false."""
    secret: RobotSecret | None = None
    """Its secret: 8 to 128 characters with an upper-case and a lower-case letter and a digit. Default: Harbor makes
    one."""


def _duration(robot: _Robot) -> Iterable[Mistake]:
    if robot.duration_days == 0:
        yield Mistake("duration_days", "must be at least 1, or -1 for ever, not 0")


class ProjectRobot(_Robot):
    """A robot account of one project."""

    checks: ClassVar[Any] = (_duration,)

    access: ProjectAccess
    """By resource, the actions: `{"repository": ["pull"]}`."""


def _project(name: Any) -> Any:
    mistake = None if not isinstance(name, str) or name == "*" else check_project(name)
    if mistake:
        raise ValueError(f"{mistake}; or * for all")
    return name


class ProjectGrant(Args):
    """What a robot account of the whole Harbor may do in projects."""

    project: Annotated[MaybeOutput[str], AfterValidator(_project)]
    """A project's name, or `*` for all, those to come too."""
    access: ProjectAccess
    """By resource, the actions."""


def _grants(robot: SystemRobot) -> Iterable[Mistake]:
    if robot.system is None and not robot.projects:
        yield Mistake("", "may do nothing; give system or projects")
    names = [grant.project for grant in robot.projects if isinstance(grant.project, str)]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield Mistake(f"projects[{i}].project", f"{name!r} is granted in projects[{names.index(name)}] already")


class SystemRobot(_Robot):
    """A robot account of the whole Harbor."""

    checks: ClassVar[Any] = (_duration, _grants)

    system: SystemAccess | None = None
    """What it may do beyond projects. Default: nothing."""
    projects: list[ProjectGrant] = []
    """What it may do in projects. Default: nothing."""


def check_user(name: str) -> str | None:
    """Check the name of a user."""
    if re.fullmatch(r"[^\s,\"~#$%/]{1,255}", name):
        return None
    return f"{name!r} is not a user's name; it has no blanks and none of , \" ~ # $ % /"


__all__ = [
    "ACTIONS",
    "Group",
    "ProjectAccess",
    "ProjectGrant",
    "ProjectRobot",
    "Role",
    "SystemAccess",
    "SystemRobot",
    "check_user",
]
