"""What each service reads in runtime `docker`: its environment and its files, as `prepare` would make them.

The names and paths are those of `make/photon/prepare/templates` of goharbor/harbor. Pure: secrets stay wrapped.
"""

from __future__ import annotations

import json
from typing import Any

from ..observed import JaegerAgentTraces, JaegerCollectorTraces, OtelTraces
from . import nginx
from .args import HarborHostArgs, url
from .facts import CA_NAME, CERTIFICATES, SERVICES
from .known import REGISTRY_USER, Made, Yaml, joined, listed
from .settings import (
    ExternalHostDatabase,
    ExternalHostRedis,
    HostFilesTls,
    HostJaegerCollectorTraces,
    InternalHostDatabase,
    InternalHostRedis,
    TerminatedHostTls,
)
from .yml import LOGGERS, installer_storage

REGISTRY_FILES = "/etc/registry"
_METRICS = "harbor"
# What the services ask without a proxy: one another.
_INSIDE = ("127.0.0.1", "localhost", ".local", ".internal", *SERVICES, "db", "nginx")
_PROXIED = {"core": "core", "jobservice": "jobservice", "trivy-adapter": "trivy"}
# Which registries a project of kind proxy cache may name.
_PROXY_CACHES = (
    "docker-hub,harbor,azure-acr,ali-acr,aws-ecr,google-gcr,quay,docker-registry,github-ghcr,jfrog-artifactory"
)


def environment(args: HarborHostArgs, made: Made, service: str) -> dict[str, Any]:
    """Return a service's environment, by name; values may be secrets or texts put together later."""
    found: dict[str, Any] = {}
    match service:
        case "postgresql":
            found = {"POSTGRES_PASSWORD": made.database_password}
        case "core":
            found = _core(args, made)
        case "jobservice":
            found = _jobservice(args, made)
        case "registryctl":
            found = {"CORE_SECRET": made.core_secret, "JOBSERVICE_SECRET": made.jobservice_secret}
        case "trivy-adapter":
            found = _trivy(args)
        case "exporter":
            found = _exporter(args, made)
    component = _PROXIED.get(service)
    if component is not None and args.proxy is not None and component in args.proxy.components:
        found["HTTP_PROXY"] = args.proxy.http or ""
        found["HTTPS_PROXY"] = args.proxy.https or ""
        found["NO_PROXY"] = ",".join(dict.fromkeys([*_INSIDE, *args.proxy.no_proxy]))
    if args.internal_tls is not None and service in ("core", "jobservice", "registryctl"):
        path = SERVICES[service].tls_files
        found["INTERNAL_TLS_ENABLED"] = "true"
        found["INTERNAL_TLS_TRUST_CA_PATH"] = f"{CERTIFICATES}/{CA_NAME}"
        found["INTERNAL_TLS_KEY_PATH"] = f"{path}.key"
        found["INTERNAL_TLS_CERT_PATH"] = f"{path}.crt"
    return found


def files(args: HarborHostArgs, made: Made, service: str) -> dict[str, Any]:
    """Return a service's files, by path: texts, secrets, texts put together later, or a `Yaml`."""
    found: dict[str, Any] = {}
    if service in ("registry", "registryctl"):
        found[f"{REGISTRY_FILES}/config.yml"] = Yaml(registry_config(args, made))
        stored = installer_storage(args, REGISTRY_FILES)
        found.update({f"{REGISTRY_FILES}/{name}": text for name, text in stored.files.items() if name != "ca.crt"})
    match service:
        case "registry":
            found[f"{REGISTRY_FILES}/passwd"] = made.registry_htpasswd
            found[f"{REGISTRY_FILES}/root.crt"] = made.token_certificate
        case "registryctl":
            found["/etc/registryctl/config.yml"] = Yaml(_registryctl_config(args))
        case "core":
            found["/etc/core/app.conf"] = (
                f"appname = Harbor\nrunmode = prod\nenablegzip = true\n\n[prod]\nhttpport = {_port(args, 'core')}\n"
            )
            found["/etc/core/private_key.pem"] = made.token_key
            found["/etc/core/key"] = made.secret_key
        case "jobservice":
            found["/etc/jobservice/config.yml"] = Yaml(_jobservice_config(args))
        case "portal":
            found["/etc/nginx/nginx.conf"] = nginx.portal(args)
        case "proxy":
            found["/etc/nginx/nginx.conf"] = nginx.proxy(args)
            if not isinstance(args.tls, HostFilesTls | TerminatedHostTls):
                found["/etc/cert/server.crt"] = made.certificate
                found["/etc/cert/server.key"] = made.private_key
    trusts = service in ("core", "jobservice", "registry", "registryctl", "trivy-adapter", "exporter")
    if trusts and (bundle := _authorities(args)) is not None:
        found[f"{CERTIFICATES}/ca_bundle.crt"] = bundle
    if (issued := made.internal.get(service)) is not None:
        path = SERVICES[service].tls_files
        found[f"{path}.crt"] = issued["tls.crt"]
        found[f"{path}.key"] = issued["tls.key"]
        found[f"{CERTIFICATES}/{CA_NAME}"] = issued["ca.crt"]
    return found


def _authorities(args: HarborHostArgs) -> Any:
    return args.ca_bundle if args.ca_bundle is not None else installer_storage(args, "").files.get("ca.crt")


def _port(args: HarborHostArgs, service: str) -> int:
    found = SERVICES[service]
    return found.plain_port if args.internal_tls is None else found.tls_port


def _inside(args: HarborHostArgs, service: str, path: str = "") -> str:
    scheme = "http" if args.internal_tls is None else "https"
    return f"{scheme}://{service}:{_port(args, service)}{path}"


def redis_url(args: HarborHostArgs, index: int) -> Any:
    """Return the URL of one of Redis's databases, as Harbor's programs read it."""
    redis = args.redis
    if not isinstance(redis, ExternalHostRedis):
        return f"redis://redis:6379/{index}?idle_timeout_seconds=30"
    scheme = "rediss" if redis.tls else "redis"
    login: tuple[Any, ...] = ()
    if redis.password is not None:
        login = (redis.username or "", ":", redis.password, "@")
    master = ""
    if redis.sentinel_master is not None:
        scheme, master = f"{scheme}+sentinel", f"/{redis.sentinel_master}"
    return joined(
        f"{scheme}://",
        *login,
        listed(redis.addresses),
        f"{master}/{index}?idle_timeout_seconds={redis.idle_timeout_seconds}",
    )


def _database(args: HarborHostArgs, made: Made) -> dict[str, Any]:
    """Return how the database is reached, by the endings of the names that programs have for it."""
    match args.database:
        case ExternalHostDatabase() as there:
            return {
                "HOST": there.host,
                "PORT": there.port,
                "USERNAME": there.username,
                "PASSWORD": there.password,
                "DATABASE": there.database,
                "SSLMODE": there.ssl_mode,
                "MAX_IDLE_CONNS": there.max_idle_connections,
                "MAX_OPEN_CONNS": there.max_open_connections,
            }
        case InternalHostDatabase() as own:
            return {
                "HOST": "postgresql",
                "PORT": 5432,
                "USERNAME": "postgres",
                "PASSWORD": made.database_password,
                "DATABASE": "registry",
                "SSLMODE": "disable",
                "MAX_IDLE_CONNS": own.max_idle_connections,
                "MAX_OPEN_CONNS": own.max_open_connections,
                "CONN_MAX_LIFETIME": own.connection_max_lifetime,
                "CONN_MAX_IDLE_TIME": own.connection_max_idle_time,
            }


def _core(args: HarborHostArgs, made: Made) -> dict[str, Any]:
    redis = args.redis
    found: dict[str, Any] = {
        "CONFIG_PATH": "/etc/core/app.conf",
        "UAA_CA_ROOT": "/etc/core/certificates/uaa_ca.pem",
        "_REDIS_URL_CORE": redis_url(args, 0),
        "_REDIS_URL_REG": redis_url(args, redis.registry_database),
        "SYNC_QUOTA": "true",
        "LOG_LEVEL": args.log.level,
        "EXT_ENDPOINT": url(args),
        "DATABASE_TYPE": "postgresql",
        **{f"POSTGRESQL_{name}": value for name, value in _database(args, made).items()},
        "REGISTRY_URL": _inside(args, "registry"),
        "PORTAL_URL": _inside(args, "portal"),
        "TOKEN_SERVICE_URL": _inside(args, "core", "/service/token"),
        "CORE_URL": _inside(args, "core"),
        "CORE_LOCAL_URL": "http://127.0.0.1:8080" if args.internal_tls is None else "https://core:8443",
        "JOBSERVICE_URL": _inside(args, "jobservice"),
        "REGISTRY_CONTROLLER_URL": _inside(args, "registryctl"),
        "TRIVY_ADAPTER_URL": _inside(args, "trivy-adapter"),
        "WITH_TRIVY": "true" if args.trivy is not None else "false",
        "HARBOR_ADMIN_PASSWORD": made.admin_password,
        "MAX_JOB_WORKERS": args.jobs.max_workers,
        "CORE_SECRET": made.core_secret,
        "JOBSERVICE_SECRET": made.jobservice_secret,
        "REGISTRY_STORAGE_PROVIDER_NAME": "filesystem" if args.storage is None else args.storage.kind,
        "READ_ONLY": "false",
        "RELOAD_KEY": "",
        "REGISTRY_CREDENTIAL_USERNAME": REGISTRY_USER,
        "REGISTRY_CREDENTIAL_PASSWORD": made.registry_password,
        "CSRF_KEY": made.csrf_key,
        "PERMITTED_REGISTRY_TYPES_FOR_PROXY_CACHE": _PROXY_CACHES,
        "PORT": _port(args, "core"),
        "QUOTA_UPDATE_PROVIDER": args.quota_provider,
        **_metrics(args, "core"),
        **_trace(args, "core"),
        **_cache(args),
    }
    if redis.harbor_database is not None:
        found["_REDIS_URL_HARBOR"] = redis_url(args, redis.harbor_database)
    return found


def _jobservice(args: HarborHostArgs, made: Made) -> dict[str, Any]:
    return {
        "CORE_SECRET": made.core_secret,
        "JOBSERVICE_SECRET": made.jobservice_secret,
        "REGISTRY_URL": _inside(args, "registry"),
        "CORE_URL": _inside(args, "core"),
        "REGISTRY_CONTROLLER_URL": _inside(args, "registryctl"),
        "JOBSERVICE_WEBHOOK_JOB_MAX_RETRY": args.jobs.webhook_max_retries,
        "JOBSERVICE_WEBHOOK_JOB_HTTP_CLIENT_TIMEOUT": args.jobs.webhook_timeout_seconds,
        "LOG_LEVEL": args.log.level,
        "REGISTRY_CREDENTIAL_USERNAME": REGISTRY_USER,
        "REGISTRY_CREDENTIAL_PASSWORD": made.registry_password,
        **({} if args.metrics is None else {"METRIC_NAMESPACE": _METRICS, "METRIC_SUBSYSTEM": "jobservice"}),
        **_trace(args, "jobservice"),
        **({} if args.manifest_cache is None else {"_REDIS_URL_CORE": redis_url(args, 0), **_cache(args)}),
    }


def _metrics(args: HarborHostArgs, subsystem: str) -> dict[str, Any]:
    if args.metrics is None:
        return {}
    return {
        "METRIC_ENABLE": "true",
        "METRIC_PATH": args.metrics.path,
        "METRIC_PORT": args.metrics.port,
        "METRIC_NAMESPACE": _METRICS,
        "METRIC_SUBSYSTEM": subsystem,
    }


def _cache(args: HarborHostArgs) -> dict[str, Any]:
    if args.manifest_cache is None:
        return {}
    found: dict[str, Any] = {"CACHE_ENABLED": "true", "CACHE_EXPIRE_HOURS": args.manifest_cache.expire_hours}
    if args.redis.cache_database is not None:
        found["_REDIS_URL_CACHE_LAYER"] = redis_url(args, args.redis.cache_database)
    return found


def _trace(args: HarborHostArgs, service: str) -> dict[str, Any]:
    trace = args.trace
    if trace is None:
        return {}
    found: dict[str, Any] = {
        "TRACE_ENABLED": "true",
        "TRACE_SERVICE_NAME": f"harbor-{service}",
        "TRACE_SAMPLE_RATE": trace.sample_rate,
        "TRACE_NAMESPACE": trace.namespace or "",
    }
    if trace.attributes:
        found["TRACE_ATTRIBUTES"] = json.dumps(trace.attributes, sort_keys=True)
    match trace:
        case OtelTraces():
            found["TRACE_OTEL_ENDPOINT"] = trace.endpoint
            found["TRACE_OTEL_URL_PATH"] = trace.url_path
            found["TRACE_OTEL_COMPRESSION"] = _lower(trace.compression)
            found["TRACE_OTEL_TIMEOUT"] = trace.timeout_seconds
            found["TRACE_OTEL_INSECURE"] = _lower(trace.insecure)
        case JaegerCollectorTraces():
            found["TRACE_JAEGER_ENDPOINT"] = trace.endpoint
            if isinstance(trace, HostJaegerCollectorTraces) and trace.username is not None:
                found["TRACE_JAEGER_USERNAME"] = trace.username
                found["TRACE_JAEGER_PASSWORD"] = trace.password
        case JaegerAgentTraces():
            found["TRACE_JAEGER_AGENT_HOSTNAME"] = trace.host
            found["TRACE_JAEGER_AGENT_PORT"] = trace.port
    return found


def _lower(flag: bool) -> str:
    return "true" if flag else "false"


def _trivy(args: HarborHostArgs) -> dict[str, Any]:
    trivy = args.trivy
    assert trivy is not None  # noqa: S101 - it runs
    redis = redis_url(args, args.redis.trivy_database)
    found: dict[str, Any] = {
        "SCANNER_LOG_LEVEL": args.log.level,
        "SCANNER_REDIS_URL": redis,
        "SCANNER_STORE_REDIS_URL": redis,
        "SCANNER_STORE_REDIS_NAMESPACE": "harbor.scanner.trivy:store",
        "SCANNER_JOB_QUEUE_REDIS_URL": redis,
        "SCANNER_JOB_QUEUE_REDIS_NAMESPACE": "harbor.scanner.trivy:job-queue",
        "SCANNER_TRIVY_CACHE_DIR": "/home/scanner/.cache/trivy",
        "SCANNER_TRIVY_REPORTS_DIR": "/home/scanner/.cache/reports",
        "SCANNER_TRIVY_VULN_TYPE": "os,library",
        "SCANNER_TRIVY_SEVERITY": "UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL",
        "SCANNER_TRIVY_IGNORE_UNFIXED": _lower(trivy.ignore_unfixed),
        "SCANNER_TRIVY_SKIP_UPDATE": _lower(trivy.skip_update),
        "SCANNER_TRIVY_SKIP_JAVA_DB_UPDATE": _lower(trivy.skip_java_update),
        "SCANNER_TRIVY_DB_REPOSITORY": trivy.database_repository,
        "SCANNER_TRIVY_JAVA_DB_REPOSITORY": trivy.java_repository,
        "SCANNER_TRIVY_OFFLINE_SCAN": _lower(trivy.offline_scan),
        "SCANNER_TRIVY_SECURITY_CHECKS": ",".join(trivy.checks_for),
        "SCANNER_TRIVY_INSECURE": _lower(trivy.insecure),
        "SCANNER_TRIVY_TIMEOUT": trivy.timeout,
    }
    if trivy.github_token is not None:
        found["SCANNER_TRIVY_GITHUB_TOKEN"] = trivy.github_token
    if args.internal_tls is not None:
        path = SERVICES["trivy-adapter"].tls_files
        found["SCANNER_API_SERVER_ADDR"] = ":8443"
        found["SCANNER_API_SERVER_TLS_KEY"] = f"{path}.key"
        found["SCANNER_API_SERVER_TLS_CERTIFICATE"] = f"{path}.crt"
    return found


def _exporter(args: HarborHostArgs, made: Made) -> dict[str, Any]:
    # The exporter has its own word for the database's name, and knows no lifetimes.
    database = _database(args, made)
    database["DBNAME"] = database.pop("DATABASE")
    for name in ("CONN_MAX_LIFETIME", "CONN_MAX_IDLE_TIME"):
        database.pop(name, None)
    return {
        "LOG_LEVEL": args.log.level,
        "HARBOR_EXPORTER_PORT": 8080,
        "HARBOR_EXPORTER_METRICS_PATH": "/metrics",
        "HARBOR_EXPORTER_METRICS_ENABLED": "true",
        "HARBOR_EXPORTER_MAX_REQUESTS": 30,
        "HARBOR_EXPORTER_CACHE_TIME": 23,
        "HARBOR_EXPORTER_CACHE_CLEAN_INTERVAL": 14400,
        "HARBOR_METRIC_NAMESPACE": _METRICS,
        "HARBOR_METRIC_SUBSYSTEM": "exporter",
        "HARBOR_REDIS_URL": redis_url(args, args.redis.jobservice_database),
        "HARBOR_REDIS_NAMESPACE": "harbor_job_service_namespace",
        "HARBOR_REDIS_TIMEOUT": 3600,
        "HARBOR_SERVICE_HOST": "core",
        "HARBOR_SERVICE_PORT": _port(args, "core"),
        "HARBOR_SERVICE_SCHEME": "http" if args.internal_tls is None else "https",
        **{f"HARBOR_DATABASE_{name}": value for name, value in database.items()},
    }


def registry_config(args: HarborHostArgs, made: Made) -> dict[str, Any]:
    """Return config.yml of Harbor's registry, which is Distribution 2.8."""
    stored = dict(installer_storage(args, REGISTRY_FILES).settings.get("storage_service", {}))
    stored.pop("ca_bundle", None)
    redirect = stored.pop("redirect", {"disable": not args.storage_redirect})
    if not stored or "filesystem" in stored:
        stored["filesystem"] = {**stored.get("filesystem", {}), "rootdirectory": "/storage"}
    purging = args.upload_purging
    http: dict[str, Any] = {"addr": f":{_port(args, 'registry')}", "secret": made.http_secret}
    if args.internal_tls is not None:
        path = SERVICES["registry"].tls_files
        http["tls"] = {"certificate": f"{path}.crt", "key": f"{path}.key", "minimumtls": "tls1.2"}
    if args.metrics is None:
        http["debug"] = {"addr": "localhost:5001"}
    else:
        http["debug"] = {
            "addr": f":{args.metrics.port}",
            "prometheus": {"enabled": True, "path": args.metrics.path},
        }
    return {
        "version": 0.1,
        "log": {"level": _registry_level(args.log.level), "fields": {"service": "registry"}},
        "storage": {
            **stored,
            "cache": {"layerinfo": "redis"},
            "maintenance": {
                "uploadpurging": {
                    "enabled": purging.enabled,
                    "age": purging.age,
                    "interval": purging.interval,
                    "dryrun": purging.dry_run,
                }
            },
            "delete": {"enabled": True},
            "redirect": redirect,
        },
        "redis": _registry_redis(args),
        "http": http,
        "auth": {"htpasswd": {"realm": "harbor-registry-basic-realm", "path": f"{REGISTRY_FILES}/passwd"}},
        "validation": {"disabled": True},
        "compatibility": {"schema1": {"enabled": True}},
    }


def _registry_level(level: str) -> str:
    # Distribution knows error, warn, info and debug.
    return {"warning": "warn", "fatal": "error"}.get(level, level)


def _registry_redis(args: HarborHostArgs) -> dict[str, Any]:
    redis = args.redis
    found: dict[str, Any] = {
        "readtimeout": "10s",
        "writetimeout": "10s",
        "dialtimeout": "10s",
        "db": redis.registry_database,
        "pool": {"maxidle": 100, "maxactive": 500, "idletimeout": "60s"},
    }
    if isinstance(redis, InternalHostRedis):
        return {**found, "addr": "redis:6379"}
    found["addr"] = listed(redis.addresses)
    found["enableTLS"] = redis.tls
    if redis.sentinel_master is not None:
        found["sentinelMasterSet"] = redis.sentinel_master
    if redis.username is not None:
        found["username"] = redis.username
    if redis.password is not None:
        found["password"] = redis.password
    return found


def _registryctl_config(args: HarborHostArgs) -> dict[str, Any]:
    found: dict[str, Any] = {
        "protocol": "http",
        "port": 8080,
        "log_level": args.log.level,
        "registry_config": f"{REGISTRY_FILES}/config.yml",
    }
    return found if args.internal_tls is None else {**found, **_serves_tls("registryctl")}


def _serves_tls(service: str) -> dict[str, Any]:
    path = SERVICES[service].tls_files
    return {"protocol": "https", "port": 8443, "https_config": {"cert": f"{path}.crt", "key": f"{path}.key"}}


def _jobservice_config(args: HarborHostArgs) -> dict[str, Any]:
    jobs, level = args.jobs, args.log.level.upper()
    loggers: list[dict[str, Any]] = []
    for logger in jobs.loggers:
        entry: dict[str, Any] = {"name": LOGGERS[logger], "level": level}
        if logger != "stdout":
            entry["sweeper"] = {"duration": jobs.log_retention_days}
        if logger == "file":
            entry["settings"] = {"base_dir": "/var/log/jobs"}
            entry["sweeper"]["settings"] = {"work_dir": "/var/log/jobs"}
        loggers.append(entry)
    found: dict[str, Any] = {
        "protocol": "http",
        "port": 8080,
        "worker_pool": {
            "workers": jobs.max_workers,
            "backend": "redis",
            "redis_pool": {
                "redis_url": redis_url(args, args.redis.jobservice_database),
                "namespace": "harbor_job_service_namespace",
                "idle_timeout_second": 3600,
            },
        },
        "job_loggers": loggers,
        "loggers": [{"name": "STD_OUTPUT", "level": level}],
        "reaper": {"max_update_hours": jobs.max_duration_hours, "max_dangling_hours": 168},
    }
    if args.metrics is not None:
        found["metric"] = {"enabled": True, "path": args.metrics.path, "port": args.metrics.port}
    return found if args.internal_tls is None else {**found, **_serves_tls("jobservice")}


__all__ = ["environment", "files", "redis_url", "registry_config"]
