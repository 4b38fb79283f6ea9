"""What is said of the whole Harbor: logins, settings, and what runs at times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args, MaybeOutput, Secret
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ...core.validated import Unique
from .words import GIB, Address, Cron, Day, LdapUrl, Line


class DatabaseAuth(Args):
    """Users that Harbor keeps itself."""

    kind: Literal["database"]


class OidcAuth(Args):
    """Users of an identity provider."""

    kind: Literal["oidc"]
    name: Line
    """What the login page calls it."""
    endpoint: Address
    """Its issuer."""
    client_id: MaybeOutput[str] = Field(min_length=1)
    """Harbor's client there."""
    client_secret: Secret
    """That client's secret."""
    scopes: Annotated[list[Line], Unique, Field(min_length=1)] = ["openid", "profile", "email", "offline_access"]
    """What is asked for; `openid` has to be among it. Default: openid, profile, email, offline_access."""
    user_claim: Line | None = None
    """The claim with the user's name. Default: `name`."""
    groups_claim: Line | None = None
    """The claim with the user's groups. Default: none."""
    admin_group: Line | None = None
    """Whoever is in it administers Harbor. Default: nobody by group."""
    group_filter: Line | None = None
    """Regular expression of the groups that Harbor takes over. Default: all."""
    auto_onboard: bool = False
    """Whether users get their name without being asked; needs `user_claim`. Default: false."""
    verify_certificate: bool = True
    """Whether its certificate is checked. Default: true."""
    primary: bool = False
    """Whether the login page leads there at once. Default: false."""
    logout: bool | None = None
    """Whether logging out of Harbor logs out there too. Default: as it is."""
    extra_redirect_parameters: dict[Line, str] | None = None
    """Added to the address that users are sent to. Default: as it is."""


class LdapAuth(Args):
    """Users of a directory."""

    kind: Literal["ldap"]
    url: LdapUrl
    """Where it is: ldaps://ldap.example.com."""
    base_dn: Line
    """Below what users are looked for."""
    uid: Line = "cn"
    """The attribute with the user's name. Default: cn."""
    search_dn: Line | None = None
    """Who looks. Default: nobody, without a login."""
    search_password: Secret | None = None
    """That user's password. Default: none."""
    filter: Line | None = None
    """What else a user has to be. Default: nothing."""
    scope: Literal["base", "one_level", "subtree"] = "subtree"
    """How far below is looked. Default: subtree."""
    verify_certificate: bool = True
    """Whether its certificate is checked. Default: true."""
    group_base_dn: Line | None = None
    """Below what groups are looked for. Default: none."""
    group_filter: Line | None = None
    """What else a group has to be. Default: nothing."""
    group_name_attribute: Line | None = None
    """The attribute with the group's name. Default: cn."""
    group_admin_dn: Line | None = None
    """Whoever is in it administers Harbor. Default: nobody by group."""
    group_membership_attribute: Line | None = None
    """The attribute of a user with its groups. Default: memberof."""
    group_scope: Literal["base", "one_level", "subtree"] = "subtree"
    """How far below is looked. Default: subtree."""
    primary: bool = False
    """Whether the login page leads there at once. Default: false."""


Auth: TypeAlias = Annotated[DatabaseAuth | OidcAuth | LdapAuth, Field(discriminator="kind")]


def auth_mistakes(auth: DatabaseAuth | OidcAuth | LdapAuth) -> Iterable[Mistake]:
    """Yield what does not go together."""
    if isinstance(auth, OidcAuth):
        if "openid" not in auth.scopes:
            yield Mistake("scopes", "has no 'openid', without which there is no login; add it")
        if auth.auto_onboard and auth.user_claim is None:
            yield Mistake("user_claim", "is required with auto_onboard: it names the users; add it")
        if auth.admin_group is not None and auth.groups_claim is None:
            yield Mistake("groups_claim", "is required with admin_group: it tells who is in it; add it")
    elif isinstance(auth, LdapAuth):
        if (auth.search_dn is None) != (auth.search_password is None):
            lacking = "search_password" if auth.search_password is None else "search_dn"
            yield Mistake(lacking, "is required together with the other; give both, or neither")
        plain = isinstance(auth.url, str) and auth.url.startswith("ldap://")
        if plain and auth.search_password is not None:
            yield Mistake("url", f"{auth.url!r} would send passwords in the clear; write ldaps://")
        if auth.group_admin_dn is not None and auth.group_base_dn is None:
            yield Mistake("group_base_dn", "is required with group_admin_dn: groups are looked for below it; add it")


class Banner(Args):
    """What everybody reads on top of Harbor's pages."""

    message: Line
    """The text."""
    type: Literal["success", "info", "warning", "danger"] = "info"
    """Its kind. Default: info."""
    closable: bool = True
    """Whether it can be closed. Default: true."""
    from_date: Day | None = None
    """From when, as 12/31/2027. Default: at once."""
    to_date: Day | None = None
    """To when. Default: for ever."""


def _system(system: System) -> Iterable[Mistake]:
    quota = system.default_quota_bytes
    if quota is not None and quota != -1 and (quota < GIB or quota % GIB):
        yield Mistake(
            "default_quota_bytes",
            f"{quota} is not a whole number of GiB (1073741824 bytes), which is what the provider tells Harbor; use "
            f"{(quota // GIB + 1) * GIB}, or -1 for no limit",
        )
    if system.skip_audit_log_database and system.audit_log_forward_endpoint is None:
        yield Mistake(
            "audit_log_forward_endpoint", "is required with skip_audit_log_database: nobody would know; add it"
        )


class System(CheckedArgs):
    """Harbor's settings; what is not said stays as it is."""

    checks: ClassVar[Any] = (_system,)

    project_creation: Literal["adminonly", "everyone"] = "adminonly"
    """Who may make projects. Default: adminonly."""
    read_only: bool = False
    """Whether nobody can push or delete. Default: false."""
    robot_name_prefix: Line = "robot$"
    """What stands before a robot account's name. Default: robot$."""
    robot_duration_days: int = Field(90, ge=1, le=36_500)
    """How long robot accounts live that are made without saying it. Default: 90."""
    default_quota_bytes: int | None = Field(None, ge=-1)
    """What a project may hold that says nothing: whole GiB, or -1 for no limit. Default: no limit."""
    scanner_skip_update_pulltime: bool = True
    """Whether a scan is no pull. Default: true; otherwise every scan keeps an image from lifecycle rules for pulls."""
    audit_log_forward_endpoint: Line | None = None
    """A syslog server, host:port, for audit logs. Default: none."""
    skip_audit_log_database: bool = False
    """Whether audit logs go there alone. Default: false."""
    banner: Banner | None = None
    """What everybody reads. Default: nothing."""
    self_registration: bool | None = None
    """Whether anybody may make an account, with kind 'database'. Default: as it is."""
    token_minutes: int | None = Field(None, ge=1, le=1440)
    """How long a token for pulls and pushes lives. Default: as it is (30)."""
    session_minutes: int | None = Field(None, ge=1, le=43_200)
    """How long a login of a browser lives. Default: as it is (60)."""
    notifications: bool | None = None
    """Whether webhooks are sent at all. Default: as it is."""
    unlogged_events: Annotated[list[Line], Unique] | None = None
    """Kinds of events that no audit log has, such as pull_artifact. Default: as it is."""


class CollectedElsewhere(Args):
    """Somebody else says when, and it is left as it is."""

    kind: Literal["elsewhere"]


class GarbageCollection(Args):
    """Frees what nothing refers to any more."""

    kind: Literal["scheduled"]
    schedule: Cron = "0 0 3 * * *"
    """Cron expression of six fields, seconds (0) first, in UTC. Default: every day at 3 in the morning."""
    delete_untagged: bool = False
    """Delete untagged artifacts too. Default: false: lifecycle says what goes."""
    workers: int = Field(1, ge=1, le=5)
    """How many at the same time. Default: 1."""


Collection: TypeAlias = Annotated[GarbageCollection | CollectedElsewhere, Field(discriminator="kind")]


class PurgeAudit(Args):
    """Deletes old audit logs."""

    schedule: Cron = "0 0 4 * * *"
    """Cron expression of six fields, seconds (0) first, in UTC. Default: every day at 4 in the morning."""
    keep_hours: int = Field(2160, ge=1, le=240_000)
    """How long they stay. Default: 2160, which is 90 days."""
    operations: Annotated[list[Literal["create", "delete", "pull"]], Unique, Field(min_length=1)] = [
        "create", "delete", "pull",
    ]  # fmt: skip
    """Of what. Default: create, delete, pull."""


class ScanAll(Args):
    """Scans everything, again and again."""

    schedule: Cron = "0 0 5 * * *"
    """Cron expression of six fields, seconds (0) first, in UTC. Default: every day at 5 in the morning."""
    default_scanner: Line | None = None
    """The default scanner's name: one of `scanners` or one that is there. Default: as it is."""


__all__ = [
    "Auth",
    "Collection",
    "DatabaseAuth",
    "GarbageCollection",
    "LdapAuth",
    "OidcAuth",
    "PurgeAudit",
    "ScanAll",
    "System",
    "auth_mistakes",
]
