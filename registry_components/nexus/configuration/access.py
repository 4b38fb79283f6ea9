"""What can be said of who may do what, and of what is asked for elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args, Secret
from ...core.errors import Mistake
from ...core.validated import Unique
from .named import Named
from .words import Csel, Email, Key, Line

Action: TypeAlias = Literal["browse", "read", "edit", "add", "delete"]
Actions: TypeAlias = Annotated[list[Action], Unique, Field(min_length=1)]


class ContentSelector(Named):
    """A part of what is in repositories, by an expression."""

    description: str = Field("", max_length=400)
    """What it is. Default: nothing."""
    expression: Csel
    """In CSEL: `format == "docker" and path =^ "/v2/shop/"`."""


class Privilege(Named):
    """Actions on a part of a repository."""

    description: str = Field("", max_length=400)
    """What it is for. Default: nothing."""
    content_selector: Key
    """Which part, by key in `content_selectors`."""
    repository: Key | None = None
    """Of which repository, by key in `repositories`. Default: of all Docker repositories."""
    actions: Actions
    """`read` pulls, `add` and `edit` push."""


def _grants(role: Role) -> Iterable[Mistake]:
    if not (role.repositories or role.privileges or role.named_privileges or role.roles):
        yield Mistake("", "may do nothing; give repositories, privileges, named_privileges or roles")
    for key, actions in sorted(role.repositories.items()):
        if ({"add", "edit"} & set(actions)) and "read" not in actions:
            yield Mistake(f"repositories.{key}", "pushes without 'read': clients look for layers before they push")


class Role(Named):
    """What users may do."""

    checks: ClassVar[Any] = (_grants,)

    title: Line | None = None
    """How it is shown. Default: its id."""
    description: str = Field("", max_length=400)
    """What it is for. Default: nothing."""
    repositories: dict[Key, Actions] = {}
    """By key in `repositories`, what may be done there: `read` pulls, `add` and `edit` push. Default: nothing."""
    privileges: Annotated[list[Key], Unique] = []
    """Privileges by key in `privileges`. Default: none."""
    named_privileges: Annotated[list[Line], Unique] = []
    """Privileges that Nexus has, by name: `nx-metrics-all`. Default: none."""
    roles: Annotated[list[Line], Unique] = []
    """Roles that it includes, by key in `roles` or by an id that Nexus has. Default: none."""


class User(Named):
    """A user whom Nexus itself knows; for people, LDAP or SAML is better."""

    first_name: Line
    """Its first name."""
    last_name: Line
    """Its last name."""
    email: Email
    """Its e-mail address."""
    roles: Annotated[list[Line], Unique, Field(min_length=1)]
    """What it may do: roles by key in `roles`, or by an id that Nexus has."""
    status: Literal["active", "disabled"] = "active"
    """Whether it can log in. Default: active."""
    password: Secret | None = None
    """Its password. Default: one is made, and kept in the state as a secret."""


class RoutingRule(Named):
    """What proxies ask for."""

    description: str = Field("", max_length=400)
    """What it is for. Default: nothing."""
    mode: Literal["block", "allow"]
    """Whether what matches is not asked for, or nothing else."""
    matchers: Annotated[list[Line], Unique, Field(min_length=1)]
    """Regular expressions of paths: `^/v2/library/.*`."""


class Anonymous(Args):
    """What somebody without a login may do."""

    enabled: bool = False
    """Whether anything at all. Default: false."""
    user: Line = "anonymous"
    """The user whose roles they have. Default: anonymous."""


__all__ = ["Action", "Anonymous", "ContentSelector", "Privilege", "Role", "RoutingRule", "User"]
