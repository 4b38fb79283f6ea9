"""Scanners, and peers that images are handed out to beforehand (P2P)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args, MaybeOutput, Secret
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ...core.urls import is_private
from .words import Address, Cron, Key, Line, ObjectName, Pattern

Severity: TypeAlias = Literal["critical", "high", "medium", "low", "none"]


def _scanner(scanner: Scanner) -> Iterable[Mistake]:
    if (scanner.auth is None) != (scanner.credential is None):
        lacking = "credential" if scanner.credential is None else "auth"
        yield Mistake(lacking, "is required together with the other; give both, or neither")
    plain = isinstance(scanner.url, str) and scanner.url.startswith("http://")
    if plain and scanner.credential is not None and not is_private(str(scanner.url)):
        yield Mistake("url", f"{scanner.url!r} would send credential in the clear; write https://")


class Scanner(CheckedArgs):
    """A scanner that speaks the scanner API."""

    checks: ClassVar[Any] = (_scanner,)
    stand_ins: ClassVar = {"url": "https://example.com"}

    url: Address
    """Where its adapter is."""
    name: ObjectName | None = None
    """Its name, of which there is one in Harbor. Default: its key."""
    description: str = Field("", max_length=1024)
    """What it is. Default: none."""
    auth: Literal["Basic", "Bearer", "X-ScannerAdapter-API-Key"] | None = None
    """How Harbor logs in there. Default: not at all."""
    credential: Secret | None = None
    """What it logs in with, for `auth`: `user:password`, a token, or a key. Default: none."""
    skip_cert_verify: bool = False
    """Take any certificate. Default: false."""
    internal_address: bool = False
    """Whether it pulls by Harbor's address inside the cluster. Default: false."""
    enabled: bool = True
    """Whether projects may use it. Default: true."""


def _instance(instance: PreheatInstance) -> Iterable[Mistake]:
    basic = instance.username is not None or instance.password is not None
    if basic and instance.token is not None:
        yield Mistake("token", "and username exclude each other; give one login")
    if (instance.username is None) != (instance.password is None):
        lacking = "password" if instance.password is None else "username"
        yield Mistake(lacking, "is required together with the other; give both, or neither")


class PreheatInstance(CheckedArgs):
    """A peer-to-peer network that nodes pull from."""

    checks: ClassVar[Any] = (_instance,)
    stand_ins: ClassVar = {"vendor": "dragonfly", "endpoint": "https://example.com"}

    vendor: Literal["dragonfly", "kraken"]
    """What it is."""
    endpoint: Address
    """Where its manager is."""
    name: ObjectName | None = None
    """Its name. Default: its key."""
    description: str = Field("", max_length=1024)
    """What it is. Default: none."""
    username: MaybeOutput[str] | None = None
    """User name, with password. Default: no login."""
    password: Secret | None = None
    """Password, with username. Default: none."""
    token: Secret | None = None
    """A token, instead. Default: none."""
    default: bool = False
    """Whether policies use it that name none. Default: false."""
    enabled: bool = True
    """Whether it is used. Default: true."""
    insecure: bool = False
    """Take any certificate. Default: false."""


class PreheatManual(Args):
    """Somebody starts it."""

    kind: Literal["manual"]


class PreheatOnEvent(Args):
    """Whatever is pushed, and matches, is handed out at once."""

    kind: Literal["event"]


class PreheatScheduled(Args):
    """At times."""

    kind: Literal["cron"]
    schedule: Cron
    """Cron expression of six fields, seconds (0) first, in UTC."""


class PreheatPolicy(Args):
    """Which images of a project are handed out to peers before somebody pulls them."""

    instance: Key
    """The network, by its key in `preheat_instances`."""
    repositories: Pattern
    """Doublestar pattern of repositories, without their project."""
    tags: Pattern
    """Doublestar pattern of tags."""
    labels: list[Line] = []
    """Labels, all of which it has. Default: whatever it has."""
    trigger: Annotated[PreheatManual | PreheatOnEvent | PreheatScheduled, Field(discriminator="kind")] = PreheatManual(
        kind="manual"
    )
    """What starts it. Default: manual."""
    scope: Literal["single_peer", "all_peers", "all_seed_peers"] = "single_peer"
    """Which peers get it. Default: single_peer."""
    name: ObjectName | None = None
    """Its name, of which there is one in the project. Default: its key."""
    description: str = Field("", max_length=1024)
    """What it is for. Default: none."""
    enabled: bool = True
    """Whether it runs. Default: true."""


__all__ = ["PreheatInstance", "PreheatPolicy", "Scanner", "Severity"]
