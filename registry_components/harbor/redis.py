"""Where Harbor keeps its queue of jobs, its sessions and its caches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake, dotted
from ..kubernetes.serving.words import Line, ObjectName
from .passwords import RedisPassword
from .pods import Pod
from .words import HostPort

Index: TypeAlias = Annotated[int, Field(ge=0, le=15)]


def check_indexes(args: Indexes) -> Iterable[Mistake]:
    """Yield databases that two parts would share."""
    # The core's sessions are always in 0: the library it uses knows no other.
    seen = {0: "the core's sessions"}
    for name in ("jobservice_database", "registry_database", "trivy_database", "harbor_database", "cache_database"):
        index = getattr(args, name)
        if index is None or (index == 0 and name in ("harbor_database", "cache_database")):
            continue
        if index in seen:
            yield Mistake(name, f"{index} has {seen[index]} too; choose another")
        seen.setdefault(index, name)


class Indexes(CheckedArgs):
    """Which of Redis's databases each part has."""

    checks: ClassVar[tuple[Check, ...]] = (check_indexes,)

    jobservice_database: Index = 1
    """The job service's. Default: 1."""
    registry_database: Index = 2
    """The registry's. Default: 2."""
    trivy_database: Index = 5
    """Trivy's. Default: 5."""
    harbor_database: Index | None = None
    """The core's other data, such as 6. Default: 0, with the sessions."""
    cache_database: Index | None = None
    """The cache layer's, such as 7. Default: 0, with the sessions."""


def check_addresses(args: Any) -> Iterable[Mistake]:
    """Yield addresses of an external Redis that Harbor does not speak with."""
    if args.sentinel_master is None and len(args.addresses) > 1:
        yield Mistake(
            "addresses",
            f"are {len(args.addresses)}, which only Sentinels are; give sentinel_master, or one address. Harbor does "
            "not speak with a Redis Cluster",
        )
    for number, address in enumerate(args.addresses):
        if address in args.addresses[:number]:
            yield Mistake(dotted(("addresses", number)), f"{address!r} is in the list already; remove it")


def _login(args: ExternalRedis) -> Iterable[Mistake]:
    if args.password is not None and args.existing_secret is not None:
        yield Mistake("existing_secret", "and password exclude each other; remove one of them")
    if args.username is not None and args.existing_secret is not None:
        yield Mistake("username", "stands in existing_secret, under REDIS_USERNAME; remove it here")
    if args.username is not None and args.password is None and args.existing_secret is None:
        yield Mistake("password", "is required with username; give it, or remove username")


class ExternalRedis(Indexes):
    """A Redis that exists, alone or watched by Sentinels."""

    checks: ClassVar[tuple[Check, ...]] = (check_indexes, check_addresses, _login)
    stand_ins = {"addresses": ["redis.example.com:6379"]}

    kind: Literal["external"] = "external"
    addresses: list[HostPort] = Field(min_length=1)
    """host:port of Redis; with `sentinel_master`, of each Sentinel."""
    sentinel_master: Line | None = None
    """The name of the master that the Sentinels watch. Default: there are no Sentinels."""
    tls: bool = True
    """Speak TLS; client certificates are not possible. Default: true; an authority of your own goes into
    `ca_bundle`."""
    username: MaybeOutput[Line] | None = None
    """The ACL user. Default: Redis's default user."""
    password: RedisPassword | None = None
    """Its password; a Secret is made of it. Default: none is asked for."""
    existing_secret: ObjectName | None = None
    """A Secret in the namespace with REDIS_PASSWORD, and REDIS_USERNAME where there is one, instead. It has to exist
    before Harbor is installed: the chart reads it while it renders."""


class InternalRedis(Indexes):
    """The chart's own Redis: one pod, without a password. For trying out."""

    kind: Literal["internal"] = "internal"
    pod: Pod = Pod()
    """Its pod. Default: as the chart has it."""


Redis: TypeAlias = Annotated[ExternalRedis | InternalRedis, Field(discriminator="kind")]
