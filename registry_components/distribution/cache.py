"""The cache of blob descriptors, and Redis as its store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from .checks import Certificates, HostPort, PrivateKey, SecretText, Text

Milliseconds: TypeAlias = Annotated[int, Field(ge=1, le=600_000)]
Seconds: TypeAlias = Annotated[int, Field(ge=1, le=604_800)]


class InMemoryCache(Args):
    """Descriptors in the memory of the process."""

    kind: Literal["inmemory"] = "inmemory"
    size: int | None = Field(None, ge=1, le=100_000_000)
    """How many descriptors are kept. Default: the vendor's 10,000."""


class RedisCache(Args):
    """Descriptors in the server that `redis` names."""

    kind: Literal["redis"] = "redis"


Cache: TypeAlias = Annotated[InMemoryCache | RedisCache, Field(discriminator="kind")]


def _turns_tls_on(args: RedisTls) -> Iterator[Mistake]:
    if not args.root_cas and args.certificate is None and args.key is None:
        yield Mistake("root_cas", "is required for TLS to Redis; give the authority that signed Redis's certificate")


def _whole_pair(args: RedisTls) -> Iterator[Mistake]:
    if (args.certificate is None) != (args.key is None):
        given, lacking = ("key", "certificate") if args.certificate is None else ("certificate", "key")
        yield Mistake(lacking, f"is required together with {given}; give both, or neither")


class RedisTls(CheckedArgs):
    """TLS to Redis. The driver speaks TLS only if it is given an authority or a client certificate."""

    checks: ClassVar[tuple[Check, ...]] = (_turns_tls_on, _whole_pair)

    root_cas: list[Certificates] = []
    """PEM certificates of the authorities that sign Redis's certificate. Default: those of the machine."""
    certificate: Certificates | None = None
    """PEM text of the client certificate. Default: none."""
    key: PrivateKey | None = None
    """PEM text of the client certificate's key."""


def _pool(args: RedisConnection) -> Iterator[Mistake]:
    if (
        args.max_idle_connections is not None
        and args.min_idle_connections is not None
        and args.max_idle_connections < args.min_idle_connections
    ):
        yield Mistake(
            "max_idle_connections",
            f"{args.max_idle_connections} is less than min_idle_connections ({args.min_idle_connections}); raise it",
        )


def _backoff(args: RedisConnection) -> Iterator[Mistake]:
    low, high = args.min_retry_backoff_milliseconds, args.max_retry_backoff_milliseconds
    if low is not None and high is not None and high < low:
        yield Mistake(
            "max_retry_backoff_milliseconds",
            f"{high} is less than min_retry_backoff_milliseconds ({low}); raise it",
        )


class RedisConnection(CheckedArgs):
    """What every way to reach Redis shares."""

    checks: ClassVar[tuple[Check, ...]] = (_pool, _backoff)
    stand_ins = {"address": "h:1", "addresses": ["h:1", "i:1"], "master_name": "m"}

    username: MaybeOutput[Text] | None = None
    """The account, where Redis has accounts. Default: none."""
    password: SecretText | None = None
    """The account's password. Default: none."""
    tls: RedisTls | None = None
    """TLS to Redis. Default: none."""
    client_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    """What Redis calls the connections. Default: nothing."""
    protocol: Literal[2, 3] | None = None
    """Version of the Redis protocol. Default: the vendor's 3."""
    max_retries: int | None = Field(None, ge=1, le=100)
    """How often a command is tried again. Default: the vendor's 3."""
    min_retry_backoff_milliseconds: Milliseconds | None = None
    """Least wait before trying again. Default: the vendor's 8."""
    max_retry_backoff_milliseconds: Milliseconds | None = None
    """Longest wait before trying again. Default: the vendor's 512."""
    dial_timeout_seconds: Seconds | None = None
    """How long connecting may take. Default: the vendor's 5."""
    read_timeout_seconds: Seconds | None = None
    """How long an answer may take. Default: the vendor's 3."""
    write_timeout_seconds: Seconds | None = None
    """How long sending may take. Default: the vendor's 3."""
    context_timeout_enabled: bool = False
    """End commands when the client's request ends. Default: false."""
    pool_fifo: bool = False
    """Take the connection that was idle longest, not shortest. Default: false."""
    pool_size: int | None = Field(None, ge=1, le=10_000)
    """Connections per server. Default: the vendor's 10 per CPU."""
    pool_timeout_seconds: Seconds | None = None
    """How long to wait for a free connection. Default: the vendor's read timeout and 1."""
    min_idle_connections: int | None = Field(None, ge=1, le=10_000)
    """Connections kept open at least. Default: none."""
    max_idle_connections: int | None = Field(None, ge=1, le=10_000)
    """Idle connections kept open at most. Default: all."""
    max_active_connections: int | None = Field(None, ge=1, le=10_000)
    """Connections at most. Default: no limit."""
    connection_max_idle_seconds: Seconds | None = None
    """Age at which an idle connection is closed. Default: the vendor's 30 minutes."""
    connection_max_lifetime_seconds: Seconds | None = None
    """Age at which any connection is closed. Default: never."""
    disable_identity: bool = False
    """Do not tell Redis the client library's name. Default: false."""
    identity_suffix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    """What is added to the client library's name. Default: nothing."""


class SingleRedis(RedisConnection):
    """One Redis server."""

    kind: Literal["single"] = "single"
    address: MaybeOutput[HostPort]
    """host:port of the server."""
    db: int = Field(0, ge=0, le=65_535)
    """Number of the database. Default: 0."""


class SentinelRedis(RedisConnection):
    """A Redis server that sentinels watch over."""

    kind: Literal["sentinel"] = "sentinel"
    addresses: list[MaybeOutput[HostPort]] = Field(min_length=1)
    """host:port of each sentinel."""
    master_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
    """What the sentinels call the server."""
    sentinel_username: MaybeOutput[Text] | None = None
    """The account at the sentinels. Default: none."""
    sentinel_password: SecretText | None = None
    """The password at the sentinels. Default: none."""
    db: int = Field(0, ge=0, le=65_535)
    """Number of the database. Default: 0."""


class ClusterRedis(RedisConnection):
    """A Redis cluster. The driver takes two or more addresses for a cluster, and one for a single server."""

    kind: Literal["cluster"] = "cluster"
    addresses: list[MaybeOutput[HostPort]] = Field(min_length=2)
    """host:port of two or more nodes."""
    max_redirects: int | None = Field(None, ge=1, le=100)
    """How many redirects between nodes are followed. Default: the vendor's 3."""
    read_from: Literal["masters", "replicas", "nearest", "any"] = "masters"
    """Which nodes are read from. Default: masters."""


Redis: TypeAlias = Annotated[SingleRedis | SentinelRedis | ClusterRedis, Field(discriminator="kind")]
