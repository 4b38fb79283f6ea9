"""What Harbor's services are: images, users, ports, data, health. Facts of Harbor 2.15, one place for both runtimes.

From `make/photon/prepare/templates` and the Dockerfiles of goharbor/harbor. All services but the log collector run as
users without rights, so what the installer adds of capabilities (CHOWN, SETGID, SETUID, NET_BIND_SERVICE; they stem
from images that began as root) has no effect on them, and they are given none here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

ServiceName: TypeAlias = Literal[
    "core",
    "exporter",
    "jobservice",
    "log",
    "portal",
    "postgresql",
    "proxy",
    "redis",
    "registry",
    "registryctl",
    "trivy-adapter",
]
HARBOR_USER: Final = 10000
"""User and group of Harbor's own services and of nginx."""
SERVER_USER: Final = 999
"""User and group of PostgreSQL and of Redis."""
CERTIFICATES: Final = "/harbor_cust_cert"
"""Where Harbor's images look, as they start, for authorities to trust."""


@dataclass(frozen=True)
class Service:
    """One service."""

    image: str
    """Name below the prefix."""
    user: int
    """User and group; 0 is root."""
    memory_megabytes: int
    """The limit that holds where none is said."""
    health: str
    """A command of its shell that finds out whether it answers."""
    data: Mapping[str, str] = field(default_factory=dict)
    """Folders of the data volume, by their path in the container."""
    after: tuple[str, ...] = ()
    """What it needs to start; those that do not run are left out."""
    plain_port: int = 8080
    """Where it listens."""
    tls_port: int = 8443
    """Where it listens with internal TLS."""
    tls_files: str | None = None
    """Path, without ending, of certificate and key with internal TLS."""
    capabilities: tuple[str, ...] = ()
    """Capabilities that it needs."""


def _curl(path: str, plain: int = 8080, tls: int = 8443) -> str:
    return (
        f"curl -fsS -o /dev/null http://127.0.0.1:{plain}{path} || "
        f"curl -kfsS -o /dev/null https://127.0.0.1:{tls}{path}"
    )


SERVICES: Final[Mapping[str, Service]] = {
    # The only one that begins as root: it opens the log folder and rotates files of others.
    "log": Service(
        "harbor-log",
        0,
        256,
        "netstat -ltun | grep 10514",
        capabilities=("CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"),
    ),
    "postgresql": Service(
        "harbor-db",
        SERVER_USER,
        2048,
        "/docker-healthcheck.sh",
        {"/var/lib/postgresql/data": "database"},
        plain_port=5432,
    ),
    "redis": Service(
        "redis-photon",
        SERVER_USER,
        1024,
        "redis-cli -h 127.0.0.1 ping | grep PONG",
        {"/var/lib/redis": "redis"},
        plain_port=6379,
    ),
    "registry": Service(
        "registry-photon",
        HARBOR_USER,
        1024,
        _curl("/", 5000, 5443),
        {"/storage": "registry"},
        ("redis",),
        5000,
        5443,
        "/etc/harbor/tls/registry",
    ),
    "registryctl": Service(
        "harbor-registryctl",
        HARBOR_USER,
        512,
        _curl("/api/health"),
        {"/storage": "registry"},
        ("registry",),
        tls_files="/etc/harbor/ssl/registryctl",
    ),
    "portal": Service("harbor-portal", HARBOR_USER, 256, _curl("/"), tls_files="/etc/harbor/tls/portal"),
    "core": Service(
        "harbor-core",
        HARBOR_USER,
        1024,
        _curl("/api/v2.0/ping"),
        {"/etc/core/ca": "ca_download"},
        ("postgresql", "redis", "registry"),
        tls_files="/etc/harbor/ssl/core",
    ),
    "jobservice": Service(
        "harbor-jobservice",
        HARBOR_USER,
        1024,
        _curl("/api/v1/stats"),
        {"/var/log/jobs": "job_logs"},
        ("core",),
        tls_files="/etc/harbor/ssl/job_service",
    ),
    "proxy": Service(
        "nginx-photon",
        HARBOR_USER,
        512,
        _curl("/"),
        {},
        ("core", "portal", "registry"),
        tls_files="/etc/harbor/tls/proxy",
    ),
    "trivy-adapter": Service(
        "trivy-adapter-photon",
        HARBOR_USER,
        2048,
        _curl("/probe/healthy"),
        {"/home/scanner/.cache/trivy": "trivy-adapter/trivy", "/home/scanner/.cache/reports": "trivy-adapter/reports"},
        ("redis",),
        tls_files="/etc/harbor/ssl/trivy_adapter",
    ),
    "exporter": Service("harbor-exporter", HARBOR_USER, 256, _curl("/metrics"), {}, ("core", "postgresql")),
}
"""By the name that the others reach it under, in the order in which they can start."""

TLS_NAMES: Final[Mapping[str, str]] = {
    name: service.tls_files.rsplit("/", 1)[1] for name, service in SERVICES.items() if service.tls_files is not None
}
"""Service to the name of its certificate's files in the installer's folder of internal TLS."""
CA_NAME: Final = "harbor_internal_ca.crt"
