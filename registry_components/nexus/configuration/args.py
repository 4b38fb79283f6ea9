"""What can be said of a running Nexus Repository 3.83 or newer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ...core.args import MaybeOutput, Secret
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ...core.validated import Unique
from ...storage.consents import consent_mistakes, is_kept
from ..edition import Edition, ExpectedUsage
from . import checks
from .access import Anonymous, ContentSelector, Privilege, Role, RoutingRule, User
from .contents import BlobStore, CleanupPolicy, Tasks
from .repositories import Repository
from .words import Key, Line, NexusUrl


def _deletion(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    yield from consent_mistakes(args, "repositories")


class NexusConfigurationArgs(CheckedArgs):
    """What is in one Nexus and how it behaves. What is not said is left as it is, but for anonymous access."""

    elsewhere: ClassVar = {
        "access": "give roles, privileges and users",
        "caching": "give a repository of kind proxy",
        "lifecycle": "each repository has a lifecycle",
        "network": "give network to NexusRegistry",
        "replication": "Nexus copies no images; use MirrorSchedule with a Replication",
        "scanning": "Nexus scans with Sonatype's other products alone; scan where images are built",
        "storage": "give blob_stores, each with a storage",
    }
    checks: ClassVar[Any] = (_deletion, *checks.ALL)
    stand_ins: ClassVar = {
        "url": "https://nexus.example.com",
        "edition": "pro",
        "password": "stand-in",
    }

    url: NexusUrl
    """Where it is, `https://nexus.example.com`; `http://` on this machine's own addresses alone."""
    edition: Edition
    """`community` or `pro`: what the first cannot do is refused."""
    username: MaybeOutput[str] = Field("admin", min_length=1)
    """An administrator. Default: admin."""
    password: Secret
    """That user's password. It is kept in the state as a secret."""
    insecure: bool = False
    """Take any certificate: refused but for private addresses and Services of a cluster. Default: false."""
    expected_usage: ExpectedUsage | None = None
    """How much it will hold and answer, to be told before it is too much for the Community Edition. Default: not
    said."""
    accept_eula: bool = False
    """Accept Sonatype's licence agreement of the Community Edition, which wants that before it is used. Default:
    false; somebody does it in the browser."""

    blob_stores: dict[Key, BlobStore] = {}
    """Blob stores beside Nexus' own, `default`. Default: none."""
    repositories: dict[Key, Repository] = {}
    """Docker repositories: `hosted`, `proxy` or `group`. Default: none."""
    cleanup_policies: dict[Key, CleanupPolicy] = {}
    """What goes, for the repositories that name them; Pro alone. Default: none."""
    tasks: Tasks | None = None
    """What frees space: `scheduled`, or `elsewhere` where somebody else says it; required where something goes.
    Default: nothing."""
    routing_rules: dict[Key, RoutingRule] = {}
    """What proxies ask for. Default: none."""

    realms: Annotated[list[Line], Unique] | None = None
    """All realms that are active, in their order, by id: `NexusAuthenticatingRealm`, `DockerToken`, `LdapRealm`.
    Default: as they are."""
    anonymous: Anonymous = Anonymous()
    """What somebody without a login may do. Default: nothing."""
    content_selectors: dict[Key, ContentSelector] = {}
    """Parts of repositories. Default: none."""
    privileges: dict[Key, Privilege] = {}
    """Actions on such parts. Default: none."""
    roles: dict[Key, Role] = {}
    """Roles. Default: none."""
    users: dict[Key, User] = {}
    """Users. Default: none."""

    deletion: Literal["retain", "destroy"] = "retain"
    """Whether repositories and blob stores are removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all images go. Default: false."""

    @property
    def kept(self) -> bool:
        """Whether repositories and blob stores outlive the stack."""
        return is_kept(self)


__all__ = ["NexusConfigurationArgs"]
