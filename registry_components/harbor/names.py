"""Names of what is made beside the chart's own objects. They are known before anything exists, so values are too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import holding
from .database import ExternalDatabase
from .redis import ExternalRedis
from .tls import CertManagerTls, GeneratedInternalTls, GeneratedTls, SecretInternalTls, SecretTls

if TYPE_CHECKING:
    from .args import HarborRegistryArgs

INTERNAL = ("core", "jobservice", "portal", "registry", "trivy")
"""The parts that speak TLS with each other."""


@dataclass(frozen=True)
class Names:
    """Names of Secrets, made here or given; None for those that are not needed."""

    release: str
    admin: str
    secret_key: str
    core: str
    token: str
    jobservice: str
    registry: str
    registry_credentials: str
    database: str | None
    redis: str | None
    storage: str
    storage_ca: str
    certificate: str | None
    certificate_authority: str | None
    ca_bundle: str | None
    internal_tls: Mapping[str, str] = field(default_factory=dict)


def fullname(release: str) -> str:
    """Return what the chart's objects begin with (`harbor.fullname` of its _helpers.tpl)."""
    name = release if "harbor" in release else f"{release}-harbor"
    return name[:63].removesuffix("-")


def names(args: HarborRegistryArgs, release: str) -> Names:
    """Return the names of all Secrets of one Harbor."""

    def own(what: str) -> str:
        # The chart's own Secrets are <fullname>-core, -registry, -database, …: none of them begins like this.
        return f"{release}-kept-{what}"

    database, redis, tls, internal = args.database, args.redis, args.tls, args.internal_tls
    wants_redis = isinstance(redis, ExternalRedis) and redis.password is not None
    certificate = authority = None
    if isinstance(tls, SecretTls):
        certificate, authority = tls.secret, tls.ca_secret
    elif isinstance(tls, CertManagerTls | GeneratedTls):
        certificate = own("tls")
        authority = certificate if isinstance(tls, GeneratedTls) else None
    between: dict[str, str] = {}
    if isinstance(internal, SecretInternalTls):
        between = {name: getattr(internal, name) for name in INTERNAL if getattr(internal, name) is not None}
    elif isinstance(internal, GeneratedInternalTls):
        runs = [name for name in INTERNAL if name != "trivy" or holding.part(args, "trivy") is not None]
        between = {name: own(f"internal-{name}") for name in runs}
    return Names(
        release=release,
        admin=args.admin_existing_secret or own("admin"),
        secret_key=own("secret-key"),
        core=own("core"),
        token=own("token"),
        jobservice=own("jobservice"),
        registry=own("registry"),
        registry_credentials=own("registry-credentials"),
        database=(database.existing_secret or own("database")) if isinstance(database, ExternalDatabase) else None,
        redis=own("redis") if wants_redis else redis.existing_secret if isinstance(redis, ExternalRedis) else None,
        storage=own("storage"),
        storage_ca=own("storage-ca"),
        certificate=certificate,
        certificate_authority=authority,
        ca_bundle=own("ca-bundle") if args.ca_bundle is not None else args.ca_bundle_existing_secret,
        internal_tls=between,
    )
