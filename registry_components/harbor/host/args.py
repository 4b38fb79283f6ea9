"""What can be said of a Harbor on one machine, 2.15."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...blocks.storage import FilesystemStorage, S3Storage, Storage
from ...core.args import Args
from ...core.checked import Check, CheckedArgs
from ...core.errors import Mistake, dotted
from ...core.urls import is_ip
from ...core.validated import validated
from ...core.versions import HARBOR
from ...distribution.checks import Certificates, Path, Port
from ...distribution.runtimes import check_docker_host
from ...kubernetes.serving.words import check_host
from ...storage.for_harbor import harbor_installer_mistakes
from ..around import CacheLayer, Proxy
from ..parts import UploadPurging
from ..passwords import AdminPassword
from ..words import ExternalUrl, ImagePrefix
from .facts import SERVICES, ServiceName
from .settings import (
    ExternalHostDatabase,
    ExternalHostRedis,
    Folder,
    HostDatabase,
    HostIpFamily,
    HostJobs,
    HostLog,
    HostMetrics,
    HostRedis,
    HostTls,
    HostTrace,
    HostTrivy,
    InternalHostDatabase,
    InternalHostRedis,
    TerminatedHostTls,
    check_folder,
)
from .upgrade import check_version, refusal


def _check_hostname(text: str) -> str | None:
    mistake = check_host(text)
    if mistake:
        return mistake
    # The installer's own rule: clients on other machines have to reach it.
    if text in ("localhost", "127.0.0.1", "::1"):
        return f"{text!r} is reached from this machine alone; give the name that clients use"
    if text == "reg.mydomain.com":
        return f"{text!r} is the installer's example; give the name that clients use"
    return None


def _check_address(text: str) -> str | None:
    return None if is_ip(text) else f"{text!r} is not an address; give one of the host, such as '0.0.0.0'"


Address: TypeAlias = Annotated[str, validated(_check_address)]
Digest: TypeAlias = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Capability: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z][A-Z_]{2,39}$")]


def _one_image(args: ServiceSettings) -> Iterable[Mistake]:
    if args.image is not None and args.digest is not None:
        yield Mistake("digest", "and image exclude each other: an image can have its digest in it; remove one of them")


class ServiceSettings(CheckedArgs):
    """How one service runs."""

    checks: ClassVar[tuple[Check, ...]] = (_one_image,)

    digest: Digest | None = None
    """The image's digest, `sha256:…`: then no other is ever run. Default: the release's tag."""
    image: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]*$")] | None = None
    """Another image of the service. Default: Harbor's own below `image_prefix`."""
    memory_megabytes: int | None = Field(None, ge=32, le=16_777_216)
    """Memory limit, without further swap. Default: the service's in docs/harbor-host.md."""
    cpus: float | None = Field(None, ge=0.01, le=4096)
    """CPU limit in cores. Default: none."""
    capabilities: list[Capability] = []
    """Capabilities beside those that the service needs, such as NET_BIND_SERVICE. Default: none."""


class DockerHost(Args):
    """Containers, networks and volumes of a Docker engine, by the Docker provider."""

    kind: Literal["docker"] = "docker"
    docker_host: Annotated[str, validated(check_docker_host)] | None = None
    """Address of the engine, such as `unix:///var/run/docker.sock` or `ssh://admin@harbor.example.com`. Default: the
    provider's."""
    start_timeout_seconds: int = Field(300, ge=10, le=86_400)
    """How long each service may take to become healthy; the core migrates the database in it. Default: 300."""
    health_interval_seconds: int = Field(10, ge=1, le=3600)
    """Time between two checks. Default: 10."""


class ComposeFolder(Args):
    """Files for `docker compose`, written into a folder of this machine, and the steps in a README.

    The installer's `prepare` makes the services' own configuration from them on the host.
    """

    kind: Literal["compose"] = "compose"
    directory: Folder
    """Absolute path of the folder on the machine that runs the program; secrets in it are files of mode 0600."""
    host_directory: Folder = "/opt/harbor"
    """Absolute path on the host where the folder's content is put: the files name it. Default: /opt/harbor."""


Apply: TypeAlias = Annotated[DockerHost | ComposeFolder, Field(discriminator="kind")]


class GeneratedHostInternalTls(Args):
    """Certificates by an authority of their own, made once and kept."""

    kind: Literal["generated"] = "generated"
    validity_hours: int = Field(19_800, ge=720, le=87_600)
    """How long they are valid; they are renewed by the first update in their last 720 hours. Default: 19800, 825
    days."""


class DirectoryHostInternalTls(Args):
    """A folder of the host with the files that the installer's `prepare gencert` makes."""

    kind: Literal["directory"] = "directory"
    directory: Folder
    """Absolute path on the host; user 10000 has to read the keys."""


HostInternalTls: TypeAlias = Annotated[GeneratedHostInternalTls | DirectoryHostInternalTls, Field(discriminator="kind")]


def _url(args: HarborHostArgs) -> Iterable[Mistake]:
    if isinstance(args.tls, TerminatedHostTls):
        if args.external_url is None:
            yield Mistake("external_url", "is required with tls kind 'terminated': only the proxy knows it; give it")
        if args.https_port is not None:
            yield Mistake("https_port", "has no meaning with tls kind 'terminated'; remove it")


# Core, job service and registry show their metrics on the same port, inside.
_INSIDE = {port for facts in SERVICES.values() for port in (facts.plain_port, facts.tls_port)} | {5001}


def _ports(args: HarborHostArgs) -> Iterable[Mistake]:
    seen = {args.http_port: "http_port"}
    if not isinstance(args.tls, TerminatedHostTls):
        https = args.https_port or 443
        if https in seen:
            yield Mistake("https_port", f"{https} is http_port too; choose another")
        seen[https] = "https_port"
    if args.metrics is None:
        return
    if args.metrics.port in seen:
        yield Mistake("metrics.port", f"{args.metrics.port} is {seen[args.metrics.port]} too; choose another")
    elif args.metrics.port in _INSIDE:
        yield Mistake("metrics.port", f"{args.metrics.port} is what Harbor's services listen on; choose another")


def _storage(args: HarborHostArgs) -> Iterable[Mistake]:
    storage = args.storage
    if storage is None:
        return
    for found in harbor_installer_mistakes(storage):
        yield Mistake(f"storage.{found.path}" if found.path else "storage", found.message)
    if isinstance(storage, FilesystemStorage) and (mistake := check_folder(storage.directory)):
        yield Mistake("storage.directory", mistake)
    if isinstance(storage, FilesystemStorage) and args.data_volume not in (None, storage.directory):
        yield Mistake(
            "data_volume", f"and storage.directory {storage.directory!r} are one folder for Harbor; remove one of them"
        )
    if isinstance(storage, S3Storage) and storage.ca_certificate is not None and args.ca_bundle is not None:
        yield Mistake("ca_bundle", "and storage.ca_certificate are one file for Harbor; put both into ca_bundle")
    if isinstance(storage, FilesystemStorage) and "storage_redirect" in args.model_fields_set:
        yield Mistake("storage_redirect", "has no meaning for kind 'filesystem'; remove it")


def _runtime(args: HarborHostArgs) -> Iterable[Mistake]:
    if isinstance(args.apply, DockerHost):
        if args.log.directory is not None:
            yield Mistake("log.directory", "has no meaning with apply kind 'docker': the engine keeps logs; remove it")
        if "log" in args.services:
            yield Mistake("services.log", "does not run with apply kind 'docker': the engine keeps logs; remove it")
        return
    if args.secrets_generation != 1:
        yield Mistake(
            "secrets_generation",
            "is for apply kind 'docker': `prepare` makes and keeps these secrets itself; remove it",
        )
    if args.deletion == "destroy":
        yield Mistake(
            "deletion", "'destroy' is for apply kind 'docker': data of the host is removed on the host; remove it"
        )


def _running(args: HarborHostArgs) -> Iterable[Mistake]:
    absent = {
        "postgresql": isinstance(args.database, ExternalHostDatabase) and "an external database",
        "redis": isinstance(args.redis, ExternalHostRedis) and "an external Redis",
        "trivy-adapter": args.trivy is None and "no trivy",
        "exporter": args.metrics is None and "no metrics",
    }
    for name in args.services:
        if absent.get(name):
            yield Mistake(dotted(("services", name)), f"does not run with {absent[name]}; remove it")


def _consents(args: HarborHostArgs) -> Iterable[Mistake]:
    if args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "empty_on_delete", "is the second consent to deletion 'destroy', and alone does nothing; give both"
        )
    if args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake("deletion", "'destroy' takes all images and the database with it; give empty_on_delete too")


def _upgrade(args: HarborHostArgs) -> Iterable[Mistake]:
    if args.upgrade_from is not None:
        found = refusal(args.upgrade_from, HARBOR)
        if found:
            yield Mistake("upgrade_from", found)


class HarborHostArgs(CheckedArgs):
    """One Harbor on one machine: how it is reached, where it keeps what, how its services run.

    TLS is on, every password and key is made once and kept, services run as users without rights or capabilities, and
    what it holds outlives the stack.
    """

    elsewhere: ClassVar = {
        "access": "give members, groups and robots of a project to HarborConfiguration",
        "caching": "give proxy_cache of a project to HarborConfiguration",
        "lifecycle": "give lifecycle of a project to HarborConfiguration",
        "network": "bind_address, http_port and https_port say who reaches it",
        "replication": "give registries and replications to HarborConfiguration, or a Replication to MirrorSchedule",
        "scanning": "say trivy here, and scan_on_push of a project to HarborConfiguration",
    }
    checks: ClassVar[tuple[Check, ...]] = (_url, _ports, _storage, _runtime, _running, _consents, _upgrade)
    stand_ins: ClassVar[Any] = {
        "hostname": "harbor.example.com",
        "apply": {"kind": "docker"},
        "tls": {"kind": "generated"},
    }

    hostname: Annotated[str, validated(_check_hostname)]
    """The name or address that clients use."""
    apply: Apply
    """How it gets onto the machine."""
    tls: HostTls
    """Where the certificate comes from that clients see."""
    external_url: ExternalUrl | None = None
    """The URL that clients use, where a proxy is in front. Default: https:// with hostname and https_port."""
    bind_address: Address = "0.0.0.0"  # noqa: S104 - other machines are what a registry is for
    """The host's address that ports are published on. Default: all of IPv4."""
    http_port: Port = 80
    """The port for http, which sends clients to https. Default: 80."""
    https_port: Port | None = None
    """The port for https. Default: 443."""
    ip_family: HostIpFamily = HostIpFamily()
    """Which addresses nginx listens on. Default: IPv4."""
    internal_tls: HostInternalTls | None = None
    """TLS between the services. Default: none; they speak on a network of their own."""
    ca_bundle: Certificates | None = None
    """PEM certificates of authorities that the services trust too. Default: none."""
    uaa_ca_file: Path | None = None
    """Absolute path, on the host, of the authority of a UAA server. Default: none."""

    admin_password: AdminPassword | None = None
    """The first password of `admin`; a change here does not change it in a Harbor that runs. Default: a generated
    one."""
    secrets_generation: int = Field(1, ge=1)
    """Count it up to make the secrets anew that Harbor's services trust each other by; they restart, and everybody
    logs in again. What encrypts the database stays. Runtime `docker`. Default: 1."""

    database: HostDatabase = InternalHostDatabase()
    """Where PostgreSQL is. Default: beside it."""
    redis: HostRedis = InternalHostRedis()
    """Where Redis is. Default: beside it."""
    data_volume: Folder | None = None
    """Absolute path, on the host, of all that Harbor keeps. Default: runtime `docker` has named volumes, `compose`
    has /data."""
    storage: Storage | None = None
    """Where images are kept: a bucket, or a directory. Default: with the rest, in the data volume."""
    storage_redirect: bool = True
    """Send clients to the bucket for blobs; switch it off where they cannot reach it, or do not trust it. Default:
    true."""

    trivy: HostTrivy | None = HostTrivy()
    """The scanner; nothing for none. Default: it runs."""
    jobs: HostJobs = HostJobs()
    """Jobs and webhooks. Default: as the installer has it."""
    log: HostLog = HostLog()
    """Logs. Default: on the host, ten files of 100 MB for each service."""
    proxy: Proxy | None = None
    """The proxy on the way out. Default: none."""
    metrics: HostMetrics | None = None
    """Metrics for Prometheus. Default: none."""
    trace: HostTrace | None = None
    """Traces of requests. Default: none."""
    upload_purging: UploadPurging = UploadPurging()
    """Leftovers of uploads. Default: removed after a week."""
    manifest_cache: CacheLayer | None = None
    """Keep manifests in Redis. Default: no."""
    quota_provider: Literal["db", "redis"] = "db"
    """What counts a project's use: `redis` takes load off the database where many push to one project at once, and
    shows the count late. Default: db."""

    image_prefix: ImagePrefix = "docker.io/goharbor"
    """Where the images are. Default: docker.io/goharbor."""
    services: dict[ServiceName, ServiceSettings] = {}
    """How single services run, by name. Default: each as docs/harbor-host.md says."""
    upgrade_from: Annotated[str, validated(check_version)] | None = None
    """The Harbor that the data is of, where it is another than this one: a step that Harbor does not support is
    refused. Default: the same, or none."""

    deletion: Literal["retain", "destroy"] = "retain"
    """Whether data is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all images and the database go. Default: false."""


def runs(args: HarborHostArgs) -> tuple[str, ...]:
    """Return the services that run, in the order in which they can start."""
    absent = set()
    if isinstance(args.database, ExternalHostDatabase):
        absent.add("postgresql")
    if isinstance(args.redis, ExternalHostRedis):
        absent.add("redis")
    if args.trivy is None:
        absent.add("trivy-adapter")
    if args.metrics is None:
        absent.add("exporter")
    if isinstance(args.apply, DockerHost):
        absent.add("log")
    return tuple(name for name in SERVICES if name not in absent)


def url(args: HarborHostArgs) -> str:
    """Return the URL that clients use."""
    if args.external_url is not None:
        return args.external_url.rstrip("/")
    host = f"[{args.hostname}]" if ":" in args.hostname else args.hostname
    port = args.https_port or 443
    return f"https://{host}" if port == 443 else f"https://{host}:{port}"


def image(args: HarborHostArgs, name: str) -> str:
    """Return a service's image, with its digest where one is said."""
    said = args.services.get(name)  # type: ignore[call-overload]
    if said is not None and said.image is not None:
        return str(said.image)
    reference = f"{args.image_prefix}/{SERVICES[name].image}:v{HARBOR}"
    return f"{reference}@{said.digest}" if said is not None and said.digest is not None else reference


def kept(args: HarborHostArgs) -> bool:
    """Return whether the data outlives the stack."""
    return not (args.deletion == "destroy" and args.empty_on_delete)


__all__ = ["HarborHostArgs", "image", "kept", "runs", "url"]
