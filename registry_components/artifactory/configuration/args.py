"""What can be said of a running Artifactory 7."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ..editions import Edition, Version
from . import checks
from .access import Group, Permission, Token, User
from .repositories import FederatedRepository, LocalRepository, RemoteRepository, VirtualRepository
from .retention import ArchivePolicy, CleanupPolicy, Trashcan
from .system import Backup, KeyPair, Replication, Webhook
from .words import AccessToken, ArtifactoryUrl, Key, Name, RepositoryKey, Unique, UserName


def _deletion(args: ArtifactoryConfigurationArgs) -> Iterable[Mistake]:
    if args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", "is required too to remove repositories on destroy; set it to true, or remove deletion"
        )
    if args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", "must be 'destroy' too to remove repositories on destroy; set it, or remove empty_on_delete"
        )


class ArtifactoryConfigurationArgs(CheckedArgs):
    """What is in one Artifactory, as far as images need it. What is not said is left as it is."""

    elsewhere: ClassVar = {
        "access": "give permissions, groups, users and tokens",
        "caching": "give remote, whose repositories are caches",
        "lifecycle": "give cleanup_policies or archive_policies",
        "network": "give network to ArtifactoryRegistry",
        "replication": "give replications, or use MirrorSchedule with a Replication",
        "repositories": "give local, remote, virtual or federated",
        "scanning": "Xray is a product of its own; a repository has xray_index",
        "storage": "give storage to ArtifactoryRegistry",
    }
    checks: ClassVar[Any] = (_deletion, *checks.ALL)
    stand_ins: ClassVar = {
        "url": "https://artifactory.example.com",
        "access_token": "stand-in",
        "edition": "enterprise_plus",
    }

    url: ArtifactoryUrl
    """The platform's root, `https://artifactory.example.com`; `http://` on this machine's own addresses alone."""
    access_token: AccessToken
    """An administrator's access token. It is kept in the state as a secret."""
    edition: Edition
    """Which Artifactory it is: `pro`, `enterprise_x` or `enterprise_plus`; the others' API does not make
    repositories."""
    version: Version | None = None
    """Artifactory's version, such as 7.133.17, where something is for newer ones alone. Default: not known."""

    local: dict[Key, LocalRepository] = {}
    """Repositories that are pushed to. Default: none."""
    remote: dict[Key, RemoteRepository] = {}
    """Caches of other registries. Default: none."""
    virtual: dict[Key, VirtualRepository] = {}
    """Several repositories under one name. Default: none."""
    federated: dict[Key, FederatedRepository] = {}
    """Repositories that several platforms have; Enterprise. Default: none."""
    existing_repositories: dict[RepositoryKey, Literal["local", "remote", "virtual", "federated"]] = {}
    """Repositories of somebody else that are referred to, with what they are. They are not touched. Default: none."""

    groups: dict[Key, Group] = {}
    """Groups of users. Default: none."""
    existing_groups: Annotated[list[Name], Unique] = []
    """Groups of somebody else that are referred to, such as `readers`. Default: none."""
    users: dict[Key, User] = {}
    """Users with passwords. Default: none."""
    existing_users: Annotated[list[UserName], Unique] = []
    """Users of somebody else that are referred to. Default: none."""
    permissions: dict[Key, Permission] = {}
    """What they may do. Default: nothing is said."""
    tokens: dict[Key, Token] = {}
    """Tokens, such as those of pipelines and clusters. Default: none."""

    cleanup_policies: dict[Key, CleanupPolicy] = {}
    """What is deleted; Enterprise+. Default: nothing."""
    archive_policies: dict[Key, ArchivePolicy] = {}
    """What is moved to cold storage; Enterprise+. Default: nothing."""
    trashcan: Trashcan | None = None
    """Where what is deleted lies for a while. Default: as it is."""

    replications: dict[Key, Replication] = {}
    """What is copied to other platforms. Default: nothing."""
    backups: dict[Key, Backup] = {}
    """Copies on Artifactory's own disk. Default: as they are."""
    key_pairs: dict[Key, KeyPair] = {}
    """Pairs of keys that it signs with. Default: none."""
    webhooks: dict[Key, Webhook] = {}
    """Who is told what happens. Default: nobody."""
    anonymous_access: bool | None = None
    """Whether everybody may do what the user `anonymous` may. Default: as it is."""

    deletion: Literal["retain", "destroy"] = "retain"
    """Whether local and federated repositories are removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all images go. Default: false."""

    @property
    def kept(self) -> bool:
        """Whether repositories that are pushed to outlive the stack."""
        return not (self.deletion == "destroy" and self.empty_on_delete)


__all__ = ["ArtifactoryConfigurationArgs"]
