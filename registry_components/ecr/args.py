"""What can be said of repositories of one account and region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from ..blocks.access import Access
from ..blocks.caching import CacheUpstream
from ..blocks.lifecycle import LifecyclePolicy
from ..blocks.network import Network
from ..blocks.replication import ReplicateTo
from ..blocks.scanning import Scanning
from ..core.checked import CheckedArgs
from ..core.errors import Mistake, dotted
from .lifecycle import EcrLifecyclePolicy
from .settings import (
    EcrAesEncryption,
    EcrEncryption,
    EcrTagMutability,
    Tags,
    access_mistakes,
    key_mistakes,
    tag_mistakes,
)
from .unified import EcrLifecycle, EcrLifecycleOrNone, of_repository, repository_mistakes
from .words import AccountId, Region, RepositoryArn, RepositoryName, check_repository

Deletion = Literal["retain", "destroy"]


def scanning_mistakes(scanning: Scanning, path: str) -> Iterable[Mistake]:
    """Yield what a repository's own scanning cannot be."""
    if scanning.repositories:
        yield Mistake(f"{path}.repositories", "has no meaning here; say scanning of the repositories themselves")
    if scanning.mode == "continuous":
        # rule 8
        yield Mistake(
            f"{path}.mode",
            "'continuous' is the account's to say; use EcrRegistrySettings with scanning of kind 'enhanced', and "
            "'inherited' here",
        )


class EcrRepositoryArgs(CheckedArgs):
    """One repository: what it has other than the registry's settings. What is left out is the registry's."""

    name: RepositoryName | None = None
    """Its name, also where the registry has a prefix. Default: prefix and key."""
    tag_mutability: EcrTagMutability | None = None
    """Whether tags may be moved. Default: the registry's."""
    encryption: EcrEncryption | None = None
    """How images are encrypted; a change makes a new repository. Default: the registry's."""
    scanning: Scanning | None = None
    """When images are scanned. Default: the registry's."""
    lifecycle: EcrLifecycleOrNone | None = None
    """What is deleted or archived by itself, in ECR's words or as a unified policy; `none` for nothing. Default: the
    registry's."""
    access: Access | None = None
    """Who may pull, push and administer, instead of the registry's. Default: the registry's."""
    lambda_accounts: list[AccountId] | None = None
    """Accounts whose functions may pull, instead of the registry's. Default: the registry's."""
    tags: Tags = {}
    """Tags beside the registry's. Default: none."""
    import_: RepositoryName | None = None
    """Name of a repository that exists and is adopted; it is protected. Default: a new one."""
    deletion: Deletion | None = None
    """Whether it is removed with the stack; with `empty_on_delete`. Default: the registry's."""
    empty_on_delete: bool | None = None
    """The second consent to `deletion="destroy"`: all images go. Default: the registry's."""


@dataclass(frozen=True)
class EffectiveRepository:
    """One repository with all that holds for it."""

    key: str
    name: str
    tag_mutability: EcrTagMutability
    encryption: EcrEncryption
    scanning: Scanning
    policy: EcrLifecyclePolicy | LifecyclePolicy | None
    access: Access
    lambda_accounts: list[AccountId]
    tags: dict[str, str]
    import_: str | None
    deletion: Deletion
    empty_on_delete: bool

    @property
    def lifecycle(self) -> EcrLifecyclePolicy | None:
        """What is deleted or archived by itself, in ECR's words."""
        return of_repository(self.policy, self.name)

    @property
    def kept(self) -> bool:
        """Whether it outlives the stack."""
        return not (self.deletion == "destroy" and self.empty_on_delete)


def _names(args: EcrRegistryArgs) -> Iterable[Mistake]:
    seen: dict[str, str] = {}
    for key, repository in sorted(args.repositories.items()):
        name = repository.name or (f"{args.prefix}/{key}" if args.prefix else key)
        where = dotted(("repositories", key))
        if name in seen:
            yield Mistake(where, f"is named {name!r}, as repository {seen[name]!r} is; give one of them another name")
        seen.setdefault(name, key)
        mistake = None if repository.name else check_repository(name)
        if mistake:
            yield Mistake(where, mistake)
        if repository.import_ is not None and repository.import_ != name:
            yield Mistake(
                dotted(("repositories", key, "import_")),
                f"is {repository.import_!r}, and the repository is named {name!r}; they have to be the same",
            )


def _consents(args: EcrRegistryArgs) -> Iterable[Mistake]:
    given: list[tuple[str, Deletion, bool, str | None]] = [("", args.deletion, args.empty_on_delete, None)]
    for key, repository in sorted(args.repositories.items()):
        if repository.deletion is not None or repository.empty_on_delete is not None or repository.import_ is not None:
            found = args.effective(key)
            given.append((dotted(("repositories", key)) + ".", found.deletion, found.empty_on_delete, found.import_))
    for where, deletion, empty, import_ in given:
        if import_ is not None and deletion == "destroy":
            yield Mistake(
                f"{where}deletion",
                "'destroy' is refused while the repository is adopted; remove import_ once it is adopted",
            )
        elif deletion == "destroy" and not empty:
            yield Mistake(
                f"{where}empty_on_delete",
                "is required too to remove images on destroy; set it to true, or remove deletion",
            )
        elif empty and deletion != "destroy":
            yield Mistake(
                f"{where}deletion",
                "must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete",
            )


def _lifecycle(args: EcrRegistryArgs) -> Iterable[Mistake]:
    found = {key: args.effective(key) for key in sorted(args.repositories)}
    shared = [of.name for key, of in found.items() if args.repositories[key].lifecycle is None]
    yield from repository_mistakes(args.lifecycle, shared, "lifecycle")
    for key, of in found.items():
        if isinstance(args.repositories[key].lifecycle, LifecyclePolicy):
            path = dotted(("repositories", key, "lifecycle"))
            mistakes = list(repository_mistakes(of.policy, [of.name], path))
            yield from mistakes
            if not mistakes and of.lifecycle is None:
                yield Mistake(f"{path}.repositories", f"has no rule for {of.name!r}; add one, or say 'none'")


def _access(args: EcrRegistryArgs) -> Iterable[Mistake]:
    yield from access_mistakes(args.access, args.lambda_accounts)
    for key, repository in sorted(args.repositories.items()):
        if repository.access is not None:
            yield from access_mistakes(repository.access, [], dotted(("repositories", key)))


def _scanning(args: EcrRegistryArgs) -> Iterable[Mistake]:
    yield from scanning_mistakes(args.scanning, "scanning")
    for key, repository in sorted(args.repositories.items()):
        if repository.scanning is not None:
            yield from scanning_mistakes(repository.scanning, dotted(("repositories", key, "scanning")))


def _keys(args: EcrRegistryArgs) -> Iterable[Mistake]:
    yield from key_mistakes(args.encryption, args.region, "encryption.key")
    for key, repository in sorted(args.repositories.items()):
        yield from key_mistakes(repository.encryption, args.region, dotted(("repositories", key, "encryption", "key")))


def _tags(args: EcrRegistryArgs) -> Iterable[Mistake]:
    yield from tag_mistakes(args.tags, "tags")
    for key, repository in sorted(args.repositories.items()):
        if repository.tags:
            yield from tag_mistakes({**args.tags, **repository.tags}, dotted(("repositories", key, "tags")))


def _elsewhere(args: EcrRegistryArgs) -> Iterable[Mistake]:
    # rule 8: each of these is one thing of the account and region, and a second owner overwrites the first.
    if args.replication:
        yield Mistake(
            "replication",
            "is one setting of the account and region, not of these repositories; move it to EcrRegistrySettings, "
            "which one stack owns",
        )
    if args.caching is not None:
        yield Mistake("caching", "is not a setting of repositories; make an EcrPullThroughCache with this upstream")
    if args.network is None:
        return
    if args.network.public is False or args.network.allowed_ranges:
        where = "public" if args.network.public is False else "allowed_ranges"
        yield Mistake(
            f"network.{where}",
            "is not what ECR can close: its address is the same for all; deny in IAM what does not come by "
            "aws:SourceVpce, and remove it",
        )
    if args.network.private_endpoints:
        yield Mistake("network.private_endpoints", "are the VPC's, for all repositories; make EcrVpcEndpoints there")


class EcrRegistryArgs(CheckedArgs):
    """Repositories of one account and region, and what they share; each may have its own instead.

    Tags do not move, images are scanned when they are pushed and encrypted at rest, nobody from elsewhere reads them
    without a grant, and they outlive the stack.
    """

    checks = (_names, _consents, _lifecycle, _access, _scanning, _keys, _tags, _elsewhere)
    stand_ins: ClassVar = {"repositories": {"repository": {}}}

    repositories: dict[RepositoryName, EcrRepositoryArgs] = Field(min_length=1)
    """Repositories by key; the key is the name, below the prefix."""
    prefix: RepositoryName | None = None
    """What all names begin with: `team` makes `team/api`. Default: nothing."""
    region: Region | None = None
    """Where they are. Default: the provider's region."""
    tag_mutability: EcrTagMutability = EcrTagMutability()
    """Whether tags may be moved. Default: no tag may."""
    encryption: EcrEncryption = EcrAesEncryption()
    """How images are encrypted; a change makes new repositories. Default: by a key of S3's own (AES-256)."""
    scanning: Scanning = Scanning()
    """When images are scanned; `inherited` leaves it to EcrRegistrySettings. Default: on push."""
    lifecycle: EcrLifecycle | None = None
    """What is deleted or archived by itself: ECR's own policy, or a unified one, of which each repository gets what is
    meant for it. Default: nothing."""
    access: Access = Access()
    """Who may pull, push and administer: ARNs, accounts (12 digits), organizations (o-…), `lambda.amazonaws.com` for
    functions of the same account. Default: nobody beside those whom IAM lets."""
    lambda_accounts: list[AccountId] = []
    """Other accounts whose functions may pull. Default: none."""
    tags: Tags = {}
    """Tags beside those that say who made it. Default: none."""
    deletion: Deletion = "retain"
    """Whether repositories are removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all images go. Default: false."""
    replication: dict[str, ReplicateTo] = {}
    """Always refused: EcrRegistrySettings has it."""
    caching: CacheUpstream | None = None
    """Always refused: EcrPullThroughCache has it."""
    network: Network | None = None
    """Only `public=True`, which it always is: EcrVpcEndpoints adds private addresses. Default: public."""

    def effective(self, key: str) -> EffectiveRepository:
        """Return a repository with what the registry's settings add."""
        said = self.repositories[key]
        lifecycle = self.lifecycle if said.lifecycle is None else said.lifecycle
        return EffectiveRepository(
            key=key,
            name=said.name or (f"{self.prefix}/{key}" if self.prefix else key),
            tag_mutability=said.tag_mutability if said.tag_mutability is not None else self.tag_mutability,
            encryption=said.encryption if said.encryption is not None else self.encryption,
            scanning=said.scanning if said.scanning is not None else self.scanning,
            policy=None if lifecycle == "none" else lifecycle,
            access=said.access if said.access is not None else self.access,
            lambda_accounts=said.lambda_accounts if said.lambda_accounts is not None else self.lambda_accounts,
            tags={**self.tags, **said.tags},
            import_=said.import_,
            deletion=said.deletion if said.deletion is not None else self.deletion,
            empty_on_delete=said.empty_on_delete if said.empty_on_delete is not None else self.empty_on_delete,
        )


def _some(args: EcrRegistryReferenceArgs) -> Iterable[Mistake]:
    if not args.repositories and not args.look_up:
        yield Mistake("repositories", "is required, or look_up: name at least one repository")
    for key in sorted(set(args.repositories) & set(args.look_up)):
        yield Mistake(dotted(("look_up", key)), "is in repositories too; name it once")


class EcrRegistryReferenceArgs(CheckedArgs):
    """Repositories that another stack or person owns."""

    checks = (_some,)

    repositories: dict[RepositoryName, RepositoryArn] = {}
    """ARNs by key, as texts or from a StackReference. Default: none."""
    look_up: dict[RepositoryName, RepositoryName] = {}
    """Names of repositories of this account, by key, that are looked up. Default: none."""
    region: Region | None = None
    """Where they are looked up. Default: the provider's region."""


__all__ = ["EcrRegistryArgs", "EcrRegistryReferenceArgs", "EcrRepositoryArgs", "EffectiveRepository"]
