"""What `harbor.yml` of Harbor 2.15 says beside its host's name: data, connections, jobs, logs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args, MaybeOutput
from ...core.checked import Check, CheckedArgs
from ...core.errors import Mistake, dotted
from ...core.validated import validated
from ...distribution.checks import Certificates, Path, PrivateKey, SecretText, check_path
from ...kubernetes.serving.words import Host, Line, Port
from ..observed import JaegerAgentTraces, JaegerCollectorTraces, OtelTraces
from ..parts import Duration
from ..passwords import DatabasePassword, RedisPassword
from ..redis import Indexes, check_addresses, check_indexes
from ..words import HostPort, Repository

_GO_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h))+|0")


def _check_go_duration(text: str) -> str | None:
    if _GO_DURATION.fullmatch(text):
        return None
    return f"{text!r} is not a duration; write it as '5m' or '1h30m', or '0' for no end"


def check_folder(text: str) -> str | None:
    """Check a folder of the host that Harbor has for itself."""
    mistake = check_path(text)
    if mistake:
        return mistake
    if not text.strip("/"):
        return f"{text!r} is the root of the file system; give a folder of its own"
    # It stands in a shell script, a unit of systemd and in volumes, where blanks and colons mean something.
    if not re.fullmatch(r"[A-Za-z0-9._/-]+", text):
        return f"{text!r} has more than letters, digits and . _ - in it; give another folder"
    return None


Folder: TypeAlias = Annotated[str, validated(check_folder)]
GoDuration: TypeAlias = Annotated[str, validated(_check_go_duration)]


class GivenTls(Args):
    """A certificate that is given as text; its key is written where nobody but Harbor reads it."""

    kind: Literal["given"] = "given"
    certificate: Certificates
    """PEM text: the certificate, then those between it and its authority."""
    private_key: PrivateKey
    """PEM text of its key, without a passphrase."""
    strong_ciphers: bool = True
    """Only strong cipher suites. Default: true; the installer's is false."""


class HostFilesTls(Args):
    """Files of the Docker host, that somebody else keeps up to date."""

    kind: Literal["host_files"] = "host_files"
    certificate: Path
    """Absolute path, on the host, of the certificate with those between it and its authority."""
    private_key: Path
    """Absolute path, on the host, of its key; user 10000 has to read it, and nobody else should."""
    strong_ciphers: bool = True
    """Only strong cipher suites. Default: true; the installer's is false."""


class GeneratedHostTls(Args):
    """A certificate by an authority of its own, both made once and kept; clients have to be told the authority."""

    kind: Literal["generated"] = "generated"
    validity_hours: int = Field(19_800, ge=720, le=87_600)
    """How long it is valid; it is renewed by the first update in its last 720 hours. Default: 19800, 825 days."""
    strong_ciphers: bool = True
    """Only strong cipher suites. Default: true; the installer's is false."""


class TerminatedHostTls(Args):
    """A proxy in front speaks TLS to clients, and plain HTTP to Harbor: only where nobody listens in between.

    `external_url` is required with it, and http is then published on `bind_address` alone.
    """

    kind: Literal["terminated"] = "terminated"


HostTls: TypeAlias = Annotated[
    GivenTls | HostFilesTls | GeneratedHostTls | TerminatedHostTls, Field(discriminator="kind")
]


def _pool(args: HostPool) -> Iterable[Mistake]:
    # 0 and less are no limit for open connections, and none for idle ones.
    if 0 < args.max_open_connections < args.max_idle_connections:
        yield Mistake(
            "max_idle_connections",
            f"{args.max_idle_connections} is more than max_open_connections {args.max_open_connections}; lower it",
        )


class HostPool(CheckedArgs):
    """Connections to the database."""

    checks: ClassVar[tuple[Check, ...]] = (_pool,)

    max_idle_connections: int = Field(100, ge=0, le=100_000)
    """Connections that are kept open unused; 0 keeps none. Default: 100."""
    max_open_connections: int = Field(900, ge=0, le=100_000)
    """Connections that are open at most; 0 is no limit. Default: 900."""


def _postgres_limit(args: InternalHostDatabase) -> Iterable[Mistake]:
    # harbor-db starts PostgreSQL with max_connections=1024, and three of them are for its superuser.
    if args.max_open_connections > 1021:
        yield Mistake(
            "max_open_connections",
            f"{args.max_open_connections} is more than Harbor's PostgreSQL takes, 1024 with three for its superuser; "
            "give at most 1021",
        )


class InternalHostDatabase(HostPool):
    """Harbor's own PostgreSQL, in a container beside it."""

    checks: ClassVar[tuple[Check, ...]] = (_pool, _postgres_limit)

    kind: Literal["internal"] = "internal"
    password: DatabasePassword | None = None
    """The password of its user `postgres`; the database keeps the first. Default: a generated one."""
    connection_max_lifetime: GoDuration = "5m"
    """How long a connection is used again; '0' for no end. Default: 5m."""
    connection_max_idle_time: GoDuration = "0"
    """How long a connection is kept unused; '0' for no end. Default: 0."""
    shared_memory_megabytes: int = Field(1024, ge=64, le=1_048_576)
    """Shared memory, which PostgreSQL puts its buffers into. Default: 1024, the installer's."""


class ExternalHostDatabase(HostPool):
    """A PostgreSQL that exists, with a database for Harbor that is empty at first."""

    stand_ins = {"host": "postgres.example.com", "username": "harbor", "password": "a-stand-in-that-nobody-uses"}

    kind: Literal["external"] = "external"
    host: Host
    """Its host."""
    port: MaybeOutput[Port] = 5432
    """Its port. Default: 5432."""
    database: MaybeOutput[Line] = "registry"
    """The database's name. Default: registry."""
    username: MaybeOutput[Line]
    """The role that owns the database."""
    password: DatabasePassword
    """The role's password."""
    ssl_mode: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    """How the connection is secured: `require` encrypts without looking at the certificate. Default: verify-full; an
    authority of your own goes into `ca_bundle`."""


HostDatabase: TypeAlias = Annotated[InternalHostDatabase | ExternalHostDatabase, Field(discriminator="kind")]


class InternalHostRedis(Indexes):
    """Harbor's own Redis, in a container that nothing but Harbor's network reaches, without a password."""

    kind: Literal["internal"] = "internal"


def _login(args: ExternalHostRedis) -> Iterable[Mistake]:
    if args.username is not None and args.password is None:
        yield Mistake("password", "is required with username; give it, or remove username")
    if args.ca_file is not None and not args.tls:
        yield Mistake("ca_file", "has no meaning without tls; set tls to true, or remove it")


class ExternalHostRedis(Indexes):
    """A Redis that exists, alone or watched by Sentinels."""

    checks: ClassVar[tuple[Check, ...]] = (check_indexes, check_addresses, _login)
    stand_ins = {"addresses": ["redis.example.com:6379"]}

    kind: Literal["external"] = "external"
    addresses: list[HostPort] = Field(min_length=1)
    """host:port of Redis; with `sentinel_master`, of each Sentinel."""
    sentinel_master: Line | None = None
    """The name of the master that the Sentinels watch. Default: there are no Sentinels."""
    username: MaybeOutput[Line] | None = None
    """The ACL user. Default: Redis's default user."""
    password: RedisPassword | None = None
    """Its password. Default: none is asked for."""
    tls: bool = True
    """Speak TLS; client certificates are not possible. Default: true."""
    ca_file: Path | None = None
    """Absolute path, on the host, of the authority of Redis's certificate. Default: the authorities that all know."""
    idle_timeout_seconds: int = Field(30, ge=0, le=86_400)
    """When an unused connection is closed; 0 for never. Default: 30."""


HostRedis: TypeAlias = Annotated[InternalHostRedis | ExternalHostRedis, Field(discriminator="kind")]


def _offline(args: HostTrivy) -> Iterable[Mistake]:
    if args.skip_java_update and not args.skip_update:
        yield Mistake(
            "skip_update", "is required with skip_java_update: somebody puts both databases there; set it to true"
        )
    for number, check in enumerate(args.checks_for):
        if check in args.checks_for[:number]:
            yield Mistake(dotted(("checks_for", number)), f"{check!r} is in the list already; remove it")


class HostTrivy(CheckedArgs):
    """The scanner."""

    checks: ClassVar[tuple[Check, ...]] = (_offline,)

    ignore_unfixed: bool = False
    """Leave out what has no fix yet. Default: false."""
    skip_update: bool = False
    """Never download the database of vulnerabilities: somebody puts it there. Default: false."""
    skip_java_update: bool = False
    """Never download the database of Java archives. Default: false."""
    offline_scan: bool = False
    """Ask no one on the internet about dependencies; some findings are missed. Default: false."""
    checks_for: list[Literal["vuln", "config", "secret"]] = Field(["vuln"], min_length=1)
    """What is looked for. Default: vulnerabilities."""
    insecure: bool = False
    """Do not look at the registry's certificate. Default: false."""
    timeout: Duration = "5m0s"
    """How long a scan may take, 30 minutes at most. Default: 5m0s."""
    database_repository: Repository = "ghcr.io/aquasecurity/trivy-db"
    """Where the database is downloaded from. Default: ghcr.io/aquasecurity/trivy-db."""
    java_repository: Repository = "ghcr.io/aquasecurity/trivy-java-db"
    """Where that of Java archives is downloaded from. Default: ghcr.io/aquasecurity/trivy-java-db."""
    github_token: SecretText | None = None
    """A token of GitHub, for more downloads an hour. Default: none."""


def _loggers(args: HostJobs) -> Iterable[Mistake]:
    for number, logger in enumerate(args.loggers):
        if logger in args.loggers[:number]:
            yield Mistake(dotted(("loggers", number)), f"{logger!r} is in the list already; remove it")


class HostJobs(CheckedArgs):
    """Replication, scans, retention, garbage collection, webhooks."""

    checks: ClassVar[tuple[Check, ...]] = (_loggers,)

    max_workers: int = Field(10, ge=1, le=1000)
    """How many jobs run at once. Default: 10."""
    max_duration_hours: int = Field(24, ge=1, le=8760)
    """When a task without news counts as failed. Default: 24."""
    loggers: list[Literal["stdout", "file", "database"]] = Field(["stdout", "file"], min_length=1)
    """Where jobs log; the web interface shows no log of `stdout` alone. Default: stdout and file."""
    log_retention_days: int = Field(1, ge=1, le=3650)
    """How long logs are kept. Default: 1."""
    webhook_max_retries: int = Field(3, ge=0, le=100)
    """How often a webhook is tried again. Default: 3."""
    webhook_timeout_seconds: int = Field(3, ge=1, le=600)
    """How long a webhook may take to answer. Default: 3."""


class Syslog(Args):
    """A syslog server that all logs go to, instead of files of this machine."""

    protocol: Literal["tcp", "udp"] = "tcp"
    """How. Default: tcp."""
    host: Host
    """Its host."""
    port: MaybeOutput[Port] = 5140
    """Its port. Default: 5140."""


def _rotation(args: HostLog) -> Iterable[Mistake]:
    for name in ("rotate_count", "rotate_megabytes", "directory"):
        if args.syslog is not None and name in args.model_fields_set:
            yield Mistake(name, "has no meaning with syslog: nothing stays on the host; remove one of them")


class HostLog(CheckedArgs):
    """What is logged, and where it stays."""

    checks: ClassVar[tuple[Check, ...]] = (_rotation,)

    level: Literal["debug", "info", "warning", "error", "fatal"] = "info"
    """What is logged. Default: info."""
    rotate_count: int = Field(10, ge=1, le=1000)
    """How many full files of each service are kept. Default: 10; the installer's is 50."""
    rotate_megabytes: int = Field(100, ge=1, le=100_000)
    """Size at which a file is full. Default: 100; the installer's is 200."""
    directory: Folder | None = None
    """Runtime `compose`: absolute path of the logs on the host. Default: /var/log/harbor. Runtime `docker` has none:
    the engine keeps logs."""
    syslog: Syslog | None = None
    """Send them to a server. Default: they stay on the host."""


class HostMetrics(Args):
    """Metrics for Prometheus, and the exporter."""

    port: Port = 9090
    """The port on the host. Default: 9090."""
    path: Annotated[str, Field(pattern=r"^(?:/[A-Za-z0-9_.~-]+)+$")] = "/metrics"
    """The path. Default: /metrics."""


def _collector_login(args: HostJaegerCollectorTraces) -> Iterable[Mistake]:
    if (args.username is None) != (args.password is None):
        lacking, given = ("password", "username") if args.password is None else ("username", "password")
        yield Mistake(lacking, f"is required with {given}; give both, or neither")


class HostJaegerCollectorTraces(CheckedArgs, JaegerCollectorTraces):
    """A collector of Jaeger 1.26 or newer."""

    checks: ClassVar[tuple[Check, ...]] = (_collector_login,)

    username: Line | None = None
    """Who logs in. Default: nobody."""
    password: SecretText | None = None
    """The password for `username`."""


HostTrace: TypeAlias = Annotated[
    OtelTraces | HostJaegerCollectorTraces | JaegerAgentTraces, Field(discriminator="kind")
]


def _addresses_of_some_kind(args: HostIpFamily) -> Iterable[Mistake]:
    if not args.ipv4 and not args.ipv6:
        yield Mistake("ipv4", "or ipv6 has to be on: nginx listens on neither; set one of them to true")


class HostIpFamily(CheckedArgs):
    """Which kinds of addresses nginx listens on in its container."""

    checks: ClassVar[tuple[Check, ...]] = (_addresses_of_some_kind,)

    ipv4: bool = True
    """IPv4. Default: true."""
    ipv6: bool = False
    """IPv6; the engine's network has to have it. Default: false."""
