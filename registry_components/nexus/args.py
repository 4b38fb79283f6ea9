"""What can be said of a Nexus on Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput, Secret
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from ..core.versions import NEXUS_IMAGE
from ..kubernetes.scheduled_args import check_image
from ..kubernetes.serving.expose import (
    Served,
    ServedByClusterIp,
    ServedByIngress,
    ServedByNodePort,
    ServedByRoute,
)
from ..kubernetes.serving.observed import ServiceMonitor
from ..kubernetes.serving.pods import Pods, Probe, Resources
from ..kubernetes.serving.reach import NetworkRules
from ..kubernetes.serving.volumes import Claim, ExistingClaim
from ..kubernetes.serving.words import (
    DnsName,
    Host,
    Line,
    Namespace,
    ObjectName,
    Port,
    SecretKeyName,
    check_base_name,
    quantity,
)
from ..storage.consents import consent_mistakes, is_kept
from .edition import PRO, Edition, ExpectedUsage, usage_mistakes
from .passwords import AdminPassword

PORT: Final = 8081
"""Where Nexus listens for its own API, its pages, and images by path."""
# What Nexus' JVM takes beside heap and direct memory: code, threads, metaspace.
_BESIDE_MB: Final = 512
_MB: Final = 1024 * 1024
# What the component sets itself.
_OWN: Final = re.compile(r"NEXUS_(?:SECURITY|DATASTORE|SECRETS)_.*|INSTALL4J_ADD_VM_PARAMS")


class EmbeddedDatabase(CheckedArgs):
    """H2, in a file on the volume: for a trial."""

    kind: Literal["embedded"]
    trial: bool = False
    """Consent: a pod that is killed while it writes can break it, it cannot be saved while Nexus runs, and Sonatype
    has it for up to 20,000 requests a day alone. Default: false."""


def _authority(said: PostgreSql) -> Iterable[Mistake]:
    verified = said.tls in ("verify-full", "verify-ca")
    if verified and said.ca_secret is None:
        yield Mistake("ca_secret", f"is required with tls {said.tls!r}: a Secret in the namespace with `ca.crt`")
    if not verified and said.ca_secret is not None:
        yield Mistake("ca_secret", f"means nothing with tls {said.tls!r}; set tls to 'verify-full'")


class PostgreSql(CheckedArgs):
    """A PostgreSQL that is there; it has the extension `pg_trgm`, and the user owns the database."""

    checks: ClassVar[tuple[Check, ...]] = (_authority,)
    stand_ins: ClassVar = {
        "kind": "postgresql",
        "host": "db.example.com",
        "username": "nexus",
        "password": "stand-in",
    }

    kind: Literal["postgresql"]
    host: Host
    """Where it is."""
    port: Port = 5432
    """Its port. Default: 5432."""
    database: Line = "nexus"
    """The database. Default: nexus."""
    username: MaybeOutput[Line]
    """The user."""
    password: Secret
    """That user's password."""
    tls: Literal["verify-full", "verify-ca", "require", "disable"] = "require"
    """How the connection is secured; `require` takes any certificate. Default: require."""
    ca_secret: ObjectName | None = None
    """With tls verify-full or verify-ca: a Secret in the namespace with the authority under `ca.crt`. Default:
    none."""
    max_connections: int = Field(100, ge=10, le=1000)
    """Connections at most. Default: 100."""


Database: TypeAlias = Annotated[EmbeddedDatabase | PostgreSql, Field(discriminator="kind")]


class Connector(Args):
    """A port of Nexus that one Docker repository answers at; the repository says the same port as `http_port`."""

    port: Port
    """The port."""
    host: DnsName | None = None
    """The name that clients use, with expose kind ingress or route. Default: they use the port."""


class Monitor(ServiceMonitor):
    """A ServiceMonitor; Nexus tells its metrics to a user with the privilege `nx-metrics-all` alone."""

    login_secret: ObjectName
    """A Secret in the namespace with that user's `username` and `password`."""


def _edition(args: NexusRegistryArgs) -> Iterable[Mistake]:
    if args.edition == "pro" and args.license_secret is None:
        yield Mistake("license_secret", "is required with edition 'pro': a Secret in the namespace with the licence")
    if args.edition == "community" and args.license_secret is not None:
        yield Mistake("license_secret", "is for edition 'pro'; remove it, or set edition to that")
    yield from usage_mistakes(args.edition, args.expected_usage)


def _replicas(args: NexusRegistryArgs) -> Iterable[Mistake]:
    if args.replicas > 1:
        yield Mistake(
            "replicas",
            f"{args.replicas} is high availability, {PRO}, by Sonatype's own chart nxrm-ha with PostgreSQL and blobs "
            "in a bucket; let it be 1, or install that chart and say what is in it with NexusConfiguration",
        )


def _database(args: NexusRegistryArgs) -> Iterable[Mistake]:
    if isinstance(args.database, EmbeddedDatabase) and not args.database.trial:
        yield Mistake(
            "database.trial",
            "is required with kind 'embedded': H2 on a volume can break with its pod, and Sonatype recommends it for "
            "no system of record; take kind 'postgresql', or consent with true for a trial",
        )
    usage = args.expected_usage
    requests = None if usage is None else usage.requests_per_day
    if isinstance(args.database, EmbeddedDatabase) and requests is not None and requests > 20_000:
        yield Mistake(
            "expected_usage.requests_per_day",
            f"{requests} is beyond the 20000 that Sonatype has the embedded database for; take kind 'postgresql'",
        )


def _memory(args: NexusRegistryArgs) -> Iterable[Mistake]:
    needed = (args.heap_mb + args.direct_memory_mb + _BESIDE_MB) * _MB
    for name in ("memory_request", "memory_limit"):
        said = getattr(args.resources, name)
        if said is not None and quantity(said) < needed:
            yield Mistake(
                f"resources.{name}",
                f"{said!r} is less than what the JVM takes, {needed // _MB}Mi (heap_mb, direct_memory_mb and "
                f"{_BESIDE_MB}Mi); raise it, or lower those",
            )


def _connectors(args: NexusRegistryArgs) -> Iterable[Mistake]:
    ports: dict[int, str] = {}
    hosts: dict[str, str] = {}
    if isinstance(args.expose, ServedByIngress):
        hosts[args.expose.host] = "expose"
    elif isinstance(args.expose, ServedByRoute):
        hosts |= dict.fromkeys(args.expose.hosts, "expose")
    for key, connector in sorted(args.connectors.items()):
        path = f"connectors.{key}"
        if connector.port == PORT:
            yield Mistake(f"{path}.port", f"{PORT} is Nexus' own; choose another")
        elif connector.port < 1024:
            yield Mistake(f"{path}.port", f"{connector.port} is for the administrator's programs alone; choose another")
        elif ports.setdefault(connector.port, key) != key:
            yield Mistake(f"{path}.port", f"{connector.port} is that of {ports[connector.port]!r} too; choose another")
        if connector.host is None:
            continue
        if not hosts or not isinstance(args.expose, ServedByIngress | ServedByRoute):
            yield Mistake(f"{path}.host", f"is for expose kind ingress or route, not {args.expose.kind!r}; remove it")
        elif hosts.setdefault(connector.host, path) != path:
            taken = hosts[connector.host]
            yield Mistake(f"{path}.host", f"{connector.host!r} is that of {taken} too; choose another")


def _hostname(args: NexusRegistryArgs) -> Iterable[Mistake]:
    if isinstance(args.expose, ServedByNodePort) and (args.hostname is None or args.expose.node_port is None):
        yield Mistake("hostname", "and expose.node_port are required with expose kind 'node_port'; give both")
    if args.secure and args.hostname is not None:
        yield Mistake("hostname", f"is expose's with kind {args.expose.kind!r}; remove it")


def _claim(args: NexusRegistryArgs) -> Iterable[Mistake]:
    if args.claim.access_mode == "ReadWriteMany":
        yield Mistake(
            "claim.access_mode",
            "'ReadWriteMany' lets a second Nexus write beside the first; let it be 'ReadWriteOnce', by one node",
        )
    if args.deletion == "destroy" and isinstance(args.claim, ExistingClaim):
        yield Mistake("deletion", "'destroy' never removes a claim of your own; remove it, or say claim kind 'new'")


def _monitored(args: NexusRegistryArgs) -> Iterable[Mistake]:
    if args.monitor is not None and not args.network.metrics_from:
        yield Mistake(
            "network.metrics_from",
            "is required with monitor: say who may fetch metrics, such as {kind: pods, namespaces: "
            "{kubernetes.io/metadata.name: monitoring}}",
        )
    if args.network.metrics_from and args.monitor is None:
        yield Mistake("network.metrics_from", "is for metrics, of which there are none; add monitor")


def _variables(args: NexusRegistryArgs) -> Iterable[Mistake]:
    for name in sorted(args.env):
        if _OWN.fullmatch(name):
            yield Mistake(f"env.{name}", "is set by this component; give the setting itself, or vm_options")


def _options(args: NexusRegistryArgs) -> Iterable[Mistake]:
    for number, option in enumerate(args.vm_options):
        if re.match(r"-Xm[sx]|-XX:MaxDirectMemorySize|-Dnexus\.(?:licenseFile|datastore|secrets)", option):
            yield Mistake(f"vm_options[{number}]", f"{option!r} is a setting of this component; give that instead")
        elif not option.startswith("-") or re.search(r"\s", option):
            yield Mistake(f"vm_options[{number}]", f"{option!r} is not an option of the JVM; write it as -Dname=value")


def _deletion(args: NexusRegistryArgs) -> Iterable[Mistake]:
    yield from consent_mistakes(args, "the volume")


class NexusRegistryArgs(Pods):
    """One Nexus on Kubernetes 1.30 or newer: a StatefulSet of one pod, its volume, and what is around it."""

    elsewhere: ClassVar = {
        "access": "give roles, privileges and users to NexusConfiguration",
        "caching": "give a repository of kind proxy to NexusConfiguration",
        "lifecycle": "give lifecycle of a repository to NexusConfiguration",
        "replication": "Nexus copies no images; use MirrorSchedule with a Replication",
        "scanning": "Nexus scans with Sonatype's other products alone; scan where images are built",
        "storage": "give blob_stores to NexusConfiguration; claim is the volume of Nexus itself",
    }
    checks: ClassVar[tuple[Check, ...]] = (
        _edition,
        _replicas,
        _database,
        _memory,
        _connectors,
        _hostname,
        _claim,
        _monitored,
        _variables,
        _options,
        _deletion,
    )
    stand_ins: ClassVar[dict[str, Any]] = {
        "namespace": "nexus",
        "edition": "community",
        "database": {"kind": "embedded", "trial": True},
        "claim": {"kind": "new", "size": "1Ti"},
    }

    namespace: Namespace
    """The namespace; it has to be there."""
    edition: Edition
    """`community` or `pro`."""
    database: Database
    """Where Nexus keeps what is not a blob: kind postgresql, or embedded for a trial."""
    claim: Claim
    """The volume of `/nexus-data`, with the blobs that are in no bucket: kind new or existing."""
    object_name: Annotated[str, validated(check_base_name)] | None = None
    """What the objects' names begin with. Default: the component's name."""
    image: MaybeOutput[Annotated[str, validated(check_image)]] = NEXUS_IMAGE
    """The image, with a tag or digest. Default: Sonatype's, of the release that this library was made for."""
    replicas: int = Field(1, ge=1, le=100)
    """One: more is high availability, which is refused. Default: 1."""
    expected_usage: ExpectedUsage | None = None
    """How much it will hold and answer, to be told before it is too much. Default: not said."""
    license_secret: ObjectName | None = None
    """With edition pro: a Secret in the namespace with the licence. Default: none."""
    license_secret_key: SecretKeyName = "license.lic"  # noqa: S105 - a key, not a password
    """The key in it. Default: license.lic."""
    admin_password: AdminPassword | None = None
    """The first password of `admin`; a change here does not change it in a Nexus that runs. Default: a generated
    one."""
    connectors: dict[Line, Connector] = {}
    """Ports at which single repositories answer, by name. Default: none; repositories are reached by path."""

    heap_mb: int = Field(2703, ge=1024, le=65_536)
    """The JVM's heap, in mebibytes. Default: 2703, what Sonatype has for a small Nexus."""
    direct_memory_mb: int = Field(2703, ge=1024, le=65_536)
    """What the JVM takes beside the heap for buffers, in mebibytes. Default: 2703."""
    vm_options: list[Line] = []
    """Other options of the JVM. Default: none."""
    resources: Resources = Resources(cpu_request="2", memory_request="6Gi", memory_limit="8Gi")
    """What the container asks for and may take. Default: 2 of CPU and 6Gi of memory, 8Gi at most."""
    user_id: int = Field(200, ge=1, le=2_147_483_647)
    """The number of the user and group that Nexus runs as, and that the volume belongs to. Default: 200, the
    image's."""
    read_only_root: bool = False
    """Whether Nexus cannot write to its own container; not tried with a real Nexus. Default: false."""

    expose: Served = ServedByClusterIp()
    """How clients reach it: kind ingress, route, cluster_ip, node_port or load_balancer. Default: a Service inside of
    the cluster."""
    hostname: DnsName | None = None
    """The name that clients use, with expose kind node_port or load_balancer. Default: the Service's."""
    network: NetworkRules = NetworkRules()
    """The NetworkPolicy. Default: everybody may reach Nexus' ports and nothing else; it reaches its database, and
    ports 80 and 443."""
    hold_drains: bool = False
    """A PodDisruptionBudget that lets nobody evict the pod: a node's drain waits until somebody ends it by hand.
    Default: false, as one pod is down for as long as it moves."""
    startup: Probe = Probe(period_seconds=10, timeout_seconds=5, failure_threshold=90)
    """How long it may take to start, with what a new release changes in the database. Default: a quarter of an
    hour."""
    readiness: Probe = Probe(period_seconds=10)
    """When it gets requests: it answers reads. Default: looked at every 10 seconds."""
    liveness: Probe = Probe(period_seconds=30, timeout_seconds=10, failure_threshold=6)
    """When it is ended. Default: after three minutes without an answer."""
    stop_seconds: int = Field(120, ge=10, le=3600)
    """How long it may take to end. Default: 120."""
    monitor: Monitor | None = None
    """A ServiceMonitor. Default: none."""

    deletion: Literal["retain", "destroy"] = "retain"
    """Whether the volume is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all images and settings on the volume go. Default: false."""

    @property
    def kept(self) -> bool:
        """Whether the volume outlives the stack."""
        return is_kept(self)

    @property
    def secure(self) -> bool:
        """Whether clients speak TLS to whatever stands in front."""
        return isinstance(self.expose, ServedByIngress | ServedByRoute)


__all__ = ["PORT", "Connector", "EmbeddedDatabase", "Monitor", "NexusRegistryArgs", "PostgreSql"]
