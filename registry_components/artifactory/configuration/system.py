"""Copies to other platforms, backups, signing keys and webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, SecretStr

from ...core.args import Args, MaybeOutput, Secret
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ...core.validated import validated
from .words import Cron, Key, Line, Name, PathPattern, RemoteUrl, TargetUrl, Unique


class Target(Args):
    """A repository on another Artifactory."""

    url: TargetUrl
    """Its URL, `https://HOST/artifactory/REPOSITORY`."""
    username: MaybeOutput[Line]
    """Who logs in there."""
    password: Secret
    """The password or token. It is kept in the state as a secret."""
    proxy: Line | None = None
    """The key of one of Artifactory's proxies. Default: its default proxy."""
    enabled: bool = True
    """Whether anything is copied there. Default: true."""
    sync_deletes: bool = False
    """Delete there what is not here. Default: false."""
    sync_properties: bool = True
    """Copy properties too. Default: true."""
    sync_statistics: bool = False
    """Copy how often what was fetched too, so that a cleanup there does not take it. Default: false."""
    include: PathPattern = "**"
    """Pattern of paths. Default: all."""
    check_filestore: bool = False
    """Copy nothing that the other's filestore has; Enterprise+. Default: false."""
    socket_timeout_milliseconds: int = Field(15_000, ge=0)
    """How long an answer may take. Default: 15000."""


class Replication(CheckedArgs):
    """What is copied from a local repository, by Artifactory itself."""

    stand_ins: ClassVar = {"repository": "stand-in", "schedule": "0 0 2 * * ?", "targets": {}}

    repository: Key
    """The key here of a local repository, or one of `existing_repositories`."""
    schedule: Cron
    """When everything is compared: cron expression of 6 or 7 fields."""
    on_event: bool = True
    """Copy what changes at once, too. Default: true."""
    targets: dict[Key, Target] = Field(min_length=1)
    """Where to; more than one needs an Enterprise edition."""


class Backup(CheckedArgs):
    """Copies of everything on Artifactory's own disk."""

    stand_ins: ClassVar = {"schedule": "0 0 2 ? * SAT"}

    key: Name | None = None
    """Its key. Default: its key here."""
    schedule: Cron
    """When: cron expression of 6 or 7 fields."""
    retention_hours: int = Field(168, ge=0, le=87_600)
    """How long copies stay; 0 makes each run add to one copy. Default: 168."""
    exclude_repositories: Annotated[list[Key], Unique] = []
    """Keys here of repositories that are left out, or keys of `existing_repositories`. Default: none."""
    exclude_new_repositories: bool = False
    """Leave out what is made later. Default: false."""
    archive: bool = False
    """Pack it, slowly. Default: false."""
    send_mail_on_error: bool = True
    """Tell administrators by mail. Default: true."""
    verify_disk_space: bool = True
    """Begin only where there is room. Default: true; Artifactory's own is false."""
    enabled: bool = True
    """Whether it runs. Default: true."""


def check_private_key(text: str) -> str | None:
    """Check a private key in PEM or in PGP's armour."""
    if "BEGIN RSA PRIVATE KEY" in text or "BEGIN PGP PRIVATE KEY BLOCK" in text:
        return None
    return "is not an RSA private key in PEM ('BEGIN RSA PRIVATE KEY', which the provider wants) or a PGP one"


def check_public_key(text: str) -> str | None:
    """Check a public key in PEM or in PGP's armour."""
    if "BEGIN PUBLIC KEY" in text or "BEGIN PGP PUBLIC KEY BLOCK" in text:
        return None
    return "is not a public key in PEM ('BEGIN PUBLIC KEY') or a PGP one"


PrivateKey: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_private_key)]]


def _pair(args: KeyPair) -> Iterable[Mistake]:
    if isinstance(args.private_key, SecretStr):
        kind = "GPG" if "PGP" in args.private_key.get_secret_value() else "RSA"
        if kind != args.kind:
            yield Mistake("kind", f"is {args.kind!r}, and private_key is of kind {kind!r}; make them the same")


class KeyPair(CheckedArgs):
    """A pair of keys that Artifactory signs with."""

    checks: ClassVar[Any] = (_pair,)
    stand_ins: ClassVar = {
        "kind": "RSA",
        "private_key": "BEGIN RSA PRIVATE KEY",
        "public_key": "BEGIN PUBLIC KEY",
    }

    name: Name | None = None
    """Its name. Default: its key."""
    kind: Literal["RSA", "GPG"]
    """Of which kind."""
    alias: Name | None = None
    """The public key's file name, for those who fetch it. Default: its name."""
    private_key: PrivateKey
    """The private key. It is kept in the state as a secret."""
    public_key: MaybeOutput[Annotated[str, validated(check_public_key)]]
    """The public key."""
    passphrase: Secret | None = None
    """What the private key is encrypted with. Default: nothing."""


_EVENTS = {
    "docker": ("pushed", "deleted", "promoted"),
    "artifact": ("deployed", "deleted", "moved", "copied", "cached"),
}


def _webhook(args: Webhook) -> Iterable[Mistake]:
    allowed = _EVENTS[args.kind]
    for number, event in enumerate(args.events):
        if event not in allowed:
            yield Mistake(f"events[{number}]", f"{event!r} is not one of kind {args.kind!r}: {', '.join(allowed)}")
    if not args.repositories and not (args.any_local or args.any_remote or args.any_federated):
        yield Mistake("repositories", "is empty, and nothing would be told; name some, or say any_local")
    if args.sign and "sign" in args.model_fields_set and args.secret is None:
        yield Mistake("sign", "needs secret; give it, or remove sign")
    if args.secret is not None and isinstance(args.url, str) and args.url.startswith("http://"):
        yield Mistake("url", f"{args.url!r} would send the secret in the clear; write https://")


class Webhook(CheckedArgs):
    """One address, and the events that it is told."""

    checks: ClassVar[Any] = (_webhook,)
    stand_ins: ClassVar = {"url": "https://example.com", "events": ["pushed"]}

    name: Name | None = None
    """Its name, of at least 2 characters. Default: its key."""
    kind: Literal["docker", "artifact"] = "docker"
    """Events of images' tags, or of files. Default: docker."""
    events: Annotated[list[str], Unique, Field(min_length=1)]
    """What is told: `pushed`, `deleted`, `promoted`; of files `deployed`, `deleted`, `moved`, `copied`, `cached`."""
    url: RemoteUrl
    """Where it goes."""
    secret: Secret | None = None
    """What it is told by, or signed with. It is kept in the state as a secret. Default: none."""
    sign: bool = True
    """Sign with the secret, rather than send it. Default: true where there is one."""
    headers: dict[Line, Secret] = {}
    """Headers that go with it, kept in the state as secrets. Default: none."""
    proxy: Line | None = None
    """The key of one of Artifactory's proxies. Default: its default proxy."""
    repositories: Annotated[list[Key], Unique] = []
    """Keys here of repositories, or keys of `existing_repositories`. Default: none."""
    any_local: bool = False
    """All local ones. Default: false."""
    any_remote: bool = False
    """All remote ones. Default: false."""
    any_federated: bool = False
    """All federated ones. Default: false."""
    include: Annotated[list[PathPattern], Unique] = []
    """Patterns of paths. Default: all."""
    exclude: Annotated[list[PathPattern], Unique] = []
    """Patterns of paths that are not meant. Default: none."""
    description: str = Field("", max_length=1000)
    """What it is for. Default: none."""
    enabled: bool = True
    """Whether anything is told. Default: true."""


__all__ = ["Backup", "KeyPair", "Replication", "Target", "Webhook"]
