"""`harbor.yml` of Harbor 2.15, which the installer's `prepare` reads: pure, and the same for equal arguments."""

from __future__ import annotations

from typing import Any

from ...blocks.storage import FilesystemStorage
from ...storage.for_harbor import InstallerStorage, to_harbor_installer
from ..observed import JaegerAgentTraces, JaegerCollectorTraces, OtelTraces
from .args import HarborHostArgs
from .known import Made, listed
from .settings import (
    ExternalHostDatabase,
    ExternalHostRedis,
    HostFilesTls,
    HostJaegerCollectorTraces,
    HostRedis,
    HostTls,
    InternalHostDatabase,
    TerminatedHostTls,
)

VERSION = "2.15.0"
"""`_version`: the release that the file's form is of."""
DEFAULT_DATA = "/data"
LOGS = "/var/log/harbor"
"""Where logs of kind `compose` are, where nothing is said."""
LOGGERS = {"stdout": "STD_OUTPUT", "file": "FILE", "database": "DB"}


def installer_storage(args: HarborHostArgs, directory: str) -> InstallerStorage:
    """Return what is said of storage, and files that it names below `directory`."""
    if args.storage is None:
        return InstallerStorage({})
    return to_harbor_installer(args.storage, files_directory=directory, disable_redirect=not args.storage_redirect)


def data_volume(args: HarborHostArgs) -> str:
    """Return the host's folder of all that Harbor keeps."""
    if isinstance(args.storage, FilesystemStorage):
        return args.storage.directory
    return args.data_volume or DEFAULT_DATA


def harbor_yml(args: HarborHostArgs, made: Made, *, directory: str, internal_directory: str | None) -> dict[str, Any]:
    """Return the file's content. `directory` is where the files lie, on the host, that it names."""
    tree: dict[str, Any] = {
        "_version": VERSION,
        "hostname": args.hostname,
        "http": {"port": args.http_port},
        "harbor_admin_password": made.admin_password,
        "data_volume": data_volume(args),
        "ip_family": {"ipv4": {"enabled": args.ip_family.ipv4}, "ipv6": {"enabled": args.ip_family.ipv6}},
        "jobservice": {
            "max_job_workers": args.jobs.max_workers,
            "max_job_duration_hours": args.jobs.max_duration_hours,
            "job_loggers": [LOGGERS[logger] for logger in args.jobs.loggers],
            "logger_sweeper_duration": args.jobs.log_retention_days,
        },
        "notification": {
            "webhook_job_max_retry": args.jobs.webhook_max_retries,
            "webhook_job_http_client_timeout": args.jobs.webhook_timeout_seconds,
        },
        "log": _log(args),
        "upload_purging": {
            "enabled": args.upload_purging.enabled,
            "age": args.upload_purging.age,
            "interval": args.upload_purging.interval,
            "dryrun": args.upload_purging.dry_run,
        },
        "cache": {
            "enabled": args.manifest_cache is not None,
            "expire_hours": 24 if args.manifest_cache is None else args.manifest_cache.expire_hours,
        },
        "core": {"quota_update_provider": args.quota_provider},
        **_tls(args.tls, args.https_port or 443, directory),
        **_database(args, made),
        **_redis(args.redis),
    }
    if args.external_url is not None:
        tree["external_url"] = args.external_url
    if internal_directory is not None:
        tree["internal_tls"] = {"enabled": True, "dir": internal_directory}
    stored = installer_storage(args, directory)
    service = dict(stored.settings.get("storage_service", {}))
    if args.ca_bundle is not None:
        service["ca_bundle"] = f"{directory}/ca.crt"
    if service:
        tree["storage_service"] = service
    if args.uaa_ca_file is not None:
        tree["uaa"] = {"ca_file": args.uaa_ca_file}
    if args.trivy is not None:
        tree["trivy"] = _trivy(args)
    if args.proxy is not None:
        tree["proxy"] = {
            "http_proxy": args.proxy.http,
            "https_proxy": args.proxy.https,
            "no_proxy": ",".join(args.proxy.no_proxy),
            "components": sorted(args.proxy.components),
        }
    if args.metrics is not None:
        tree["metric"] = {"enabled": True, "port": args.metrics.port, "path": args.metrics.path}
    if args.trace is not None:
        tree["trace"] = _trace(args)
    return tree


def _tls(tls: HostTls, port: int, directory: str) -> dict[str, Any]:
    if isinstance(tls, TerminatedHostTls):
        return {}
    if isinstance(tls, HostFilesTls):
        certificate, key = tls.certificate, tls.private_key
    else:
        certificate, key = f"{directory}/tls.crt", f"{directory}/tls.key"
    return {
        "https": {
            "port": port,
            "certificate": certificate,
            "private_key": key,
            "strong_ssl_ciphers": tls.strong_ciphers,
        }
    }


def _database(args: HarborHostArgs, made: Made) -> dict[str, Any]:
    match args.database:
        case InternalHostDatabase() as own:
            settings = {
                "password": made.database_password,
                "max_idle_conns": own.max_idle_connections,
                "max_open_conns": own.max_open_connections,
                "conn_max_lifetime": own.connection_max_lifetime,
                "conn_max_idle_time": _zero(own.connection_max_idle_time),
            }
            return {"database": settings}
        case ExternalHostDatabase() as there:
            settings = {
                "host": there.host,
                "port": there.port,
                "db_name": there.database,
                "username": there.username,
                "password": there.password,
                "ssl_mode": there.ssl_mode,
                "max_idle_conns": there.max_idle_connections,
                "max_open_conns": there.max_open_connections,
            }
            return {"external_database": {"harbor": settings}}


def _zero(duration: str) -> Any:
    return 0 if duration == "0" else duration


def _redis(redis: HostRedis) -> dict[str, Any]:
    indexes: dict[str, Any] = {
        "registry_db_index": redis.registry_database,
        "jobservice_db_index": redis.jobservice_database,
        "trivy_db_index": redis.trivy_database,
    }
    if redis.harbor_database is not None:
        indexes["harbor_db_index"] = redis.harbor_database
    if redis.cache_database is not None:
        indexes["cache_layer_db_index"] = redis.cache_database
    if not isinstance(redis, ExternalHostRedis):
        return {"redis": indexes}
    settings: dict[str, Any] = {
        "host": listed(redis.addresses),
        "password": redis.password,
        "tlsOptions": {"enable": redis.tls},
        "idle_timeout_seconds": redis.idle_timeout_seconds,
        **indexes,
    }
    if redis.ca_file is not None:
        settings["tlsOptions"]["rootCA"] = redis.ca_file
    if redis.username is not None:
        settings["username"] = redis.username
    if redis.sentinel_master is not None:
        settings["sentinel_master_set"] = redis.sentinel_master
    return {"external_redis": settings}


def _log(args: HarborHostArgs) -> dict[str, Any]:
    log = args.log
    tree: dict[str, Any] = {
        "level": log.level,
        "local": {
            "rotate_count": log.rotate_count,
            "rotate_size": f"{log.rotate_megabytes}M",
            "location": log.directory or LOGS,
        },
    }
    if log.syslog is not None:
        tree["external_endpoint"] = {
            "protocol": log.syslog.protocol,
            "host": log.syslog.host,
            "port": log.syslog.port,
        }
    return tree


def _trivy(args: HarborHostArgs) -> dict[str, Any]:
    trivy = args.trivy
    assert trivy is not None  # noqa: S101 - the caller asked
    tree: dict[str, Any] = {
        "ignore_unfixed": trivy.ignore_unfixed,
        "skip_update": trivy.skip_update,
        "skip_java_db_update": trivy.skip_java_update,
        "db_repository": trivy.database_repository,
        "java_db_repository": trivy.java_repository,
        "offline_scan": trivy.offline_scan,
        "security_check": ",".join(trivy.checks_for),
        "insecure": trivy.insecure,
        "timeout": trivy.timeout,
    }
    if trivy.github_token is not None:
        tree["github_token"] = trivy.github_token
    return tree


def _trace(args: HarborHostArgs) -> dict[str, Any]:
    trace = args.trace
    assert trace is not None  # noqa: S101 - the caller asked
    tree: dict[str, Any] = {"enabled": True, "sample_rate": trace.sample_rate, "attributes": dict(trace.attributes)}
    if trace.namespace is not None:
        tree["namespace"] = trace.namespace
    match trace:
        case OtelTraces():
            tree["otel"] = {
                "endpoint": trace.endpoint,
                "url_path": trace.url_path,
                "compression": trace.compression,
                "insecure": trace.insecure,
                "timeout": trace.timeout_seconds,
            }
        case JaegerCollectorTraces():
            tree["jaeger"] = {"endpoint": trace.endpoint}
            if isinstance(trace, HostJaegerCollectorTraces) and trace.username is not None:
                tree["jaeger"].update(username=trace.username, password=trace.password)
        case JaegerAgentTraces():
            tree["jaeger"] = {"agent_host": trace.host, "agent_port": trace.port}
    return tree
