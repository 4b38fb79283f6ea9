"""Who may do what: groups, users, permissions and tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Secret
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from .words import Audience, Email, Key, Line, Name, PathPattern, ProjectKey, Scope, Unique, UserName

Action: TypeAlias = Literal["read", "write", "annotate", "delete", "manage", "managedXrayMeta", "distribute"]
"""In the provider's words: `write` deploys, `delete` overwrites too."""
Actions: TypeAlias = Annotated[list[Action], Unique, Field(min_length=1)]
PERSISTED_SECONDS = 10_800
"""Tokens that live shorter are not kept by Artifactory, so that nobody can revoke them (JFrog's provider)."""
_MOST_SCOPES = 500


def _group(args: Group) -> Iterable[Mistake]:
    if args.auto_join and args.admin:
        yield Mistake("auto_join", "would make every new user an administrator, and Artifactory refuses it; remove it")


class Group(CheckedArgs):
    """A group of users."""

    checks: ClassVar[Any] = (_group,)

    name: Name | None = None
    """Its name. Default: its key."""
    description: str = Field("", max_length=1024)
    """What it is for. Default: none."""
    external_id: Line | None = None
    """Its id in Entra ID. Default: none."""
    auto_join: bool = False
    """Put every new user in. Default: false."""
    admin: bool = False
    """Whether its users are administrators. Default: false."""


def _user(args: User) -> Iterable[Mistake]:
    if args.admin and args.disable_ui_access:
        yield Mistake("disable_ui_access", "is refused for an administrator; set it to false")


class User(CheckedArgs):
    """A user with a password; people are better known by an identity provider."""

    checks: ClassVar[Any] = (_user,)
    stand_ins: ClassVar = {"email": "somebody@example.com", "password": "stand-in"}

    name: UserName | None = None
    """The name. Default: the key."""
    email: Email
    """The address."""
    password: Secret
    """The password. It is kept in the state as a secret."""
    groups: Annotated[list[Key], Unique] = []
    """Groups: their keys here, or names of `existing_groups`. Default: none."""
    admin: bool = False
    """Whether it is an administrator. Default: false."""
    disable_ui_access: bool = True
    """Let it use the API alone. Default: true."""


def _permission(args: Permission) -> Iterable[Mistake]:
    if not args.groups and not args.users:
        yield Mistake("groups", "or users is required: it grants nobody anything; give one of them")
    if not args.repositories and args.all_of is None:
        yield Mistake("repositories", "or all_of is required; name some, or say all_of 'local'")
    if args.repositories and args.all_of is not None:
        yield Mistake("all_of", "and repositories exclude each other; remove one of them")


class Permission(CheckedArgs):
    """What groups and users may do in repositories (a permission target)."""

    checks: ClassVar[Any] = (_permission,)

    name: Name | None = None
    """Its name. Default: its key."""
    repositories: Annotated[list[Key], Unique] = []
    """Keys here of repositories, or keys of `existing_repositories`. Default: see `all_of`."""
    all_of: Literal["any", "local", "remote"] | None = None
    """All repositories instead, or all local or all remote ones. Default: see `repositories`."""
    include: Annotated[list[PathPattern], Unique] = ["**"]
    """Patterns of paths. Default: all."""
    exclude: Annotated[list[PathPattern], Unique] = []
    """Patterns of paths that are not meant. Default: none."""
    groups: dict[Key, Actions] = {}
    """By group (its key here, or a name of `existing_groups`), the actions. Default: none."""
    users: dict[UserName, Actions] = {}
    """By user (its key here, or a name of `existing_users`), the actions. Default: none."""


def _token(args: Token) -> Iterable[Mistake]:
    if not args.groups and not args.scopes:
        yield Mistake("groups", "or scopes is required: a token of neither may do nothing; give one of them")
    if 0 < args.expires_in_seconds < PERSISTED_SECONDS:
        yield Mistake(
            "expires_in_seconds",
            f"{args.expires_in_seconds} is less than {PERSISTED_SECONDS}, below which Artifactory keeps no token: each "
            "run would make another; give more, or 0 for no end",
        )
    if len(" ".join(args.scopes)) > _MOST_SCOPES:
        yield Mistake("scopes", f"have more than {_MOST_SCOPES} characters together; use a group")
    if args.refreshable and args.expires_in_seconds == 0:
        yield Mistake("refreshable", "means nothing for a token that never ends; remove it")


class Token(CheckedArgs):
    """A scoped token, which clients log in with."""

    checks: ClassVar[Any] = (_token,)

    username: UserName | None = None
    """Whose it is; a user who is not there is made for the token's life. Default: its key."""
    groups: Annotated[list[Key], Unique] = []
    """May do what these groups may: their keys here, or names of `existing_groups`. Default: none."""
    scopes: Annotated[list[Scope], Unique] = []
    """May do this too, in Artifactory's words. Default: none."""
    expires_in_seconds: int = Field(0, ge=0, le=3_153_600_000)
    """How long it lives; an ended one is made anew by the next run. Default: 0, until it is revoked."""
    refreshable: bool = False
    """Make a token beside it that makes another. Default: false."""
    reference: bool = False
    """Make a short one beside it, for clients that take no long ones. Default: false."""
    description: str = Field("", max_length=1024)
    """What it is for. Default: none."""
    audiences: Annotated[list[Audience], Unique] = []
    """Services that take it. Default: all of the platform."""
    project: ProjectKey | None = None
    """The project that it is for. Default: none."""


__all__ = ["Action", "Group", "Permission", "Token", "User"]
