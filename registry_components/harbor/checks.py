"""What cannot be said together of one Harbor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..blocks.storage import GcsWorkloadIdentity
from ..core.checked import Check
from ..core.errors import Mistake, dotted
from ..core.urls import is_ip
from ..storage.for_harbor import harbor_chart_mistakes
from .backup import backup_mistakes
from .database import ExternalDatabase
from .expose import IngressExpose, RouteExpose, repeated_hosts
from .holding import PARTS, host, logs_to_files, one_node_volumes, part, replicas, runs_nginx, setting
from .pods import blocked_budget
from .redis import ExternalRedis
from .tls import CertManagerTls, ControllerTls, GeneratedTls, SecretInternalTls, TerminatedTls
from .volumes import Claims, NoVolumes

if TYPE_CHECKING:
    from .args import HarborRegistryArgs

# The connections that the chart's own PostgreSQL takes (values: "Note: the default number of connections is 1024").
_INTERNAL_CONNECTIONS = 1024


def _consents(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", "is required too to remove images on destroy; set it to true, or remove deletion"
        )
    elif args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", "must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"
        )


def _url(args: HarborRegistryArgs) -> Iterable[Mistake]:
    expose = args.expose
    if isinstance(expose, RouteExpose):
        yield from repeated_hosts(expose)
    if args.external_url is None:
        if not isinstance(expose, IngressExpose | RouteExpose):
            yield Mistake(
                "external_url", f"is required with expose kind {expose.kind!r}; give the URL that clients use"
            )
        return
    hosts = [expose.host] if isinstance(expose, IngressExpose) else getattr(expose, "hosts", [])
    wanted = urlsplit(args.external_url).hostname
    # A proxy in front may send another name on than the one that it is asked for.
    if hosts and wanted not in hosts and not isinstance(args.tls, TerminatedTls):
        yield Mistake(
            "external_url",
            f"{args.external_url!r} is not of {' or '.join(repr(known) for known in hosts)}, which expose listens to; "
            "make them the same",
        )


def _certificate(args: HarborRegistryArgs) -> Iterable[Mistake]:
    expose, tls = args.expose, args.tls
    if isinstance(expose, RouteExpose) and not isinstance(tls, ControllerTls | TerminatedTls):
        yield Mistake(
            "tls.kind",
            f"{tls.kind!r} has no effect on a route, whose TLS is the Gateway's; say 'controller', and give the "
            "certificate to the Gateway's listener",
        )
    if isinstance(tls, ControllerTls) and not isinstance(expose, IngressExpose | RouteExpose):
        yield Mistake(
            "tls.kind",
            f"'controller' is for an Ingress or a route, and expose is {expose.kind!r}; say 'generated', "
            "'cert_manager' or 'secret'",
        )
    if args.external_url is not None and is_ip(host(args)) and tls.kind == "cert_manager":
        yield Mistake(
            "external_url", f"{args.external_url!r} has an address, which no cert-manager issuer proves; give a name"
        )


def _admin(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if args.admin_password is not None and args.admin_existing_secret is not None:
        yield Mistake("admin_existing_secret", "and admin_password exclude each other; remove one of them")
    if args.admin_existing_secret is None and "admin_existing_secret_key" in args.model_fields_set:
        yield Mistake("admin_existing_secret_key", "is of admin_existing_secret, which is not given; remove it")


def _bundle(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if args.ca_bundle is not None and args.ca_bundle_existing_secret is not None:
        yield Mistake("ca_bundle_existing_secret", "and ca_bundle exclude each other; remove one of them")


def _internal_tls(args: HarborRegistryArgs) -> Iterable[Mistake]:
    tls = args.internal_tls
    if not isinstance(tls, SecretInternalTls):
        return
    if part(args, "trivy") is not None and tls.trivy is None:
        yield Mistake("internal_tls.trivy", "is required, as Trivy runs; give its Secret, or set trivy to null")
    if part(args, "trivy") is None and tls.trivy is not None:
        yield Mistake("internal_tls.trivy", "is for Trivy, which does not run; remove it")


def _high_availability(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if args.profile != "ha":
        return
    if not isinstance(args.database, ExternalDatabase):
        yield Mistake(
            "database.kind", "'internal' is one pod, which profile 'ha' cannot stand on; give an external PostgreSQL"
        )
    if not isinstance(args.redis, ExternalRedis):
        yield Mistake("redis.kind", "'internal' is one pod, which profile 'ha' cannot stand on; give an external Redis")


def _several_pods(args: HarborRegistryArgs) -> Iterable[Mistake]:
    """Yield parts of several pods that share what one node at a time may have."""
    for name in one_node_volumes(args):
        pods = replicas(args, name)
        # Of a claim that storage names, storage's own check tells.
        if pods <= 1 or (name == "registry" and args.storage is not None):
            continue
        if name == "registry":
            yield Mistake(
                "registry.replicas",
                f"{pods} pods cannot share a volume that is ReadWriteOnce; use a bucket (storage), "
                "volumes.registry.access_mode 'ReadWriteMany', or one pod",
            )
        else:
            yield Mistake(
                "jobservice.replicas",
                f"{pods} pods cannot share logs on a volume that is ReadWriteOnce; use loggers ['database'], "
                "volumes.job_logs.access_mode 'ReadWriteMany', or one pod",
            )
    trivy = part(args, "trivy")
    # A StatefulSet makes a claim for each pod; one claim that exists is all pods' own.
    if (
        trivy is not None
        and isinstance(args.volumes, Claims)
        and args.volumes.trivy.existing_claim is not None
        and (trivy.replicas or 1) > 1
        and not args.volumes.trivy.shared
    ):
        yield Mistake(
            "trivy.replicas",
            f"{trivy.replicas} pods cannot share volumes.trivy.existing_claim, which is ReadWriteOnce; remove the "
            "claim, and each pod gets its own",
        )


def _redis_replicas(args: HarborRegistryArgs) -> Iterable[Mistake]:
    # A pod of the internal Redis that restarts drops the queue and all sessions, for every pod that looks there.
    if isinstance(args.redis, ExternalRedis) or args.profile == "ha":
        return
    several = [name for name in ("core", "jobservice") if replicas(args, name) > 1]
    if several:
        yield Mistake(
            "redis.kind",
            f"'internal' is one pod, and {' and '.join(several)} {'are' if len(several) > 1 else 'is'} several; give "
            "an external Redis",
        )


def _strategy(args: HarborRegistryArgs) -> Iterable[Mistake]:
    # rule 25: the new pod waits for the volume that the old one has, which waits for the new one.
    volumes = one_node_volumes(args)
    if args.update_strategy == "rolling_update" and volumes:
        yield Mistake(
            "update_strategy",
            f"'rolling_update' never ends while {' and '.join(volumes)} {'have' if len(volumes) > 1 else 'has'} a "
            "volume that is ReadWriteOnce; use 'recreate', or remove it",
        )


def _no_volumes(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if not isinstance(args.volumes, NoVolumes):
        return
    if args.storage is None:
        yield Mistake("volumes.kind", "'none' would lose all images on a restart; use a bucket (storage), or 'claims'")
    if args.database.kind == "internal":
        yield Mistake("volumes.kind", "'none' would lose the internal database on a restart; use 'claims'")
    if args.redis.kind == "internal":
        yield Mistake("volumes.kind", "'none' would lose the internal Redis's queue on a restart; use 'claims'")
    if logs_to_files(args):
        yield Mistake("jobservice.loggers", "'file' needs a volume, and volumes are 'none'; use ['database']")


def _unused_volumes(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if not isinstance(args.volumes, Claims):
        return
    used = {
        "registry": (args.storage is None, "storage says where images are"),
        "job_logs": (logs_to_files(args), "no logger is 'file'"),
        "database": (args.database.kind == "internal", "the database is external"),
        "redis": (args.redis.kind == "internal", "Redis is external"),
        "trivy": (part(args, "trivy") is not None, "Trivy does not run"),
    }
    for name, (needed, why) in used.items():
        if name in args.volumes.model_fields_set and not needed:
            yield Mistake(dotted(("volumes", name)), f"is used for nothing, as {why}; remove it")


def _unused_parts(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if setting(args, "metrics") is None and args.exporter.model_fields_set:
        yield Mistake("exporter", "runs with metrics alone, and they are off; add metrics={}, or remove it")
    if not runs_nginx(args) and args.nginx.model_fields_set:
        yield Mistake("nginx", f"does not run with expose kind {args.expose.kind!r}; remove it")


def _storage(args: HarborRegistryArgs) -> Iterable[Mistake]:
    storage = args.storage
    if storage is None:
        return
    for path, message in harbor_chart_mistakes(storage, replicas=replicas(args, "registry")):
        yield Mistake(f"storage.{path}", message)
    credentials = getattr(storage, "credentials", None)
    if isinstance(credentials, GcsWorkloadIdentity) and part(args, "registry").service_account is None:
        yield Mistake(
            "registry.service_account",
            "is required with storage.credentials of kind 'workload_identity', which are a ServiceAccount's; name the "
            "one that carries the annotation",
        )


def _cloudfront(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if args.registry.cloudfront is not None and (args.storage is None or args.storage.kind != "s3"):
        yield Mistake("registry.cloudfront", "hands out blobs of an S3 bucket, and storage is not one; remove it")


def _budgets(args: HarborRegistryArgs) -> Iterable[Mistake]:
    for name in PARTS:
        found = part(args, name)
        if found is not None:
            yield from blocked_budget(found, found.replicas or 1, name)


def _connections(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if isinstance(args.database, ExternalDatabase):
        return
    pods = replicas(args, "core")
    if setting(args, "metrics") is not None:
        pods += replicas(args, "exporter")
    wanted = pods * args.database.max_open_connections
    if wanted > _INTERNAL_CONNECTIONS:
        yield Mistake(
            "database.max_open_connections",
            f"{args.database.max_open_connections} for each of {pods} pods are {wanted}, and the internal database "
            f"takes {_INTERNAL_CONNECTIONS}; lower it",
        )


def _metric_ports(args: HarborRegistryArgs) -> Iterable[Mistake]:
    metrics = setting(args, "metrics")
    if metrics is None:
        return
    # The ports that the parts listen on (5000/5443 registry, 8080/8443 all others).
    for name in ("core", "registry", "jobservice"):
        port = getattr(metrics, name).port
        if port in (8080, 8443) or (name == "registry" and port in (5000, 5443, 5001)):
            yield Mistake(dotted(("metrics", name, "port")), f"{port} is the part's own port; choose another")


def _token(args: HarborRegistryArgs) -> Iterable[Mistake]:
    trivy = part(args, "trivy")
    if trivy is not None and trivy.github_token_secret is not None and "SCANNER_TRIVY_GITHUB_TOKEN" in trivy.env:
        yield Mistake("trivy.env.SCANNER_TRIVY_GITHUB_TOKEN", "is what github_token_secret sets; remove one of them")


def _pull_secrets(args: HarborRegistryArgs) -> Iterable[Mistake]:
    for number, name in enumerate(args.image_pull_secrets):
        if name in args.image_pull_secrets[:number]:
            yield Mistake(dotted(("image_pull_secrets", number)), f"{name!r} is in the list already; remove it")


def _proxied(args: HarborRegistryArgs) -> Iterable[Mistake]:
    if args.proxy is None or part(args, "trivy") is not None or "components" not in args.proxy.model_fields_set:
        return
    if "trivy" in args.proxy.components:
        yield Mistake("proxy.components", "name trivy, which does not run; remove it there")


def _certificate_names(args: HarborRegistryArgs) -> Iterable[Mistake]:
    names = args.tls.dns_names if isinstance(args.tls, GeneratedTls | CertManagerTls) else []
    for number, name in enumerate(names):
        if name in names[:number] or name == host(args):
            yield Mistake(dotted(("tls", "dns_names", number)), f"{name!r} is in the certificate already; remove it")


ALL: tuple[Check, ...] = (
    _consents,
    _url,
    _certificate,
    _certificate_names,
    _admin,
    _bundle,
    _internal_tls,
    _high_availability,
    _several_pods,
    _redis_replicas,
    _strategy,
    _no_volumes,
    backup_mistakes,
    _unused_volumes,
    _unused_parts,
    _storage,
    _cloudfront,
    _budgets,
    _connections,
    _metric_ports,
    _token,
    _pull_secrets,
    _proxied,
)
