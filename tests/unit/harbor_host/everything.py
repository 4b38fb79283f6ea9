"""Samples that between them say all that can be said of a Harbor on one machine."""

from __future__ import annotations

from typing import Any

Settings = dict[str, Any]

ADMIN_PASSWORD = "Admin-correct-horse-7"
DATABASE_PASSWORD = "database-correct-horse"
REDIS_PASSWORD = "redis-correct-horse"
SECRET_KEY = "storage-correct-horse"
GITHUB_TOKEN = "github-correct-horse"
JAEGER_PASSWORD = "jaeger-correct-horse"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMAcwADAAAwEA\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n"
SECRETS = [ADMIN_PASSWORD, DATABASE_PASSWORD, REDIS_PASSWORD, SECRET_KEY, GITHUB_TOKEN, JAEGER_PASSWORD, "MAMCAQA="]

DOCKER: Settings = {"kind": "docker"}
COMPOSE: Settings = {"kind": "compose", "directory": "/tmp/never-written"}
BASE: Settings = {"hostname": "harbor.example.com", "apply": DOCKER, "tls": {"kind": "generated"}}
S3: Settings = {
    "kind": "s3",
    "bucket": "team-images",
    "region": "eu-west-1",
    "credentials": {"kind": "keys", "access_key": "AKIAINPLAINTEXT000000", "secret_key": SECRET_KEY},
}

OWN: Settings = {
    **BASE,
    "bind_address": "192.0.2.7",
    "http_port": 8081,
    "https_port": 8443,
    "tls": {"kind": "given", "certificate": CERTIFICATE, "private_key": KEY, "strong_ciphers": False},
    "ip_family": {"ipv4": False, "ipv6": True},
    "internal_tls": {"kind": "directory", "directory": "/etc/harbor/tls/internal"},
    "ca_bundle": CERTIFICATE,
    "uaa_ca_file": "/etc/harbor/uaa.crt",
    "admin_password": ADMIN_PASSWORD,
    "database": {
        "kind": "internal",
        "password": DATABASE_PASSWORD,
        "max_idle_connections": 10,
        "max_open_connections": 20,
        "connection_max_lifetime": "1h30m",
        "connection_max_idle_time": "10m",
        "shared_memory_megabytes": 256,
    },
    "redis": {
        "kind": "internal",
        "jobservice_database": 3,
        "registry_database": 4,
        "trivy_database": 8,
        "harbor_database": 6,
        "cache_database": 7,
    },
    "storage": {"kind": "filesystem", "directory": "/srv/harbor", "max_threads": 200},
    "trivy": {
        "ignore_unfixed": True,
        "skip_update": True,
        "skip_java_update": True,
        "offline_scan": True,
        "checks_for": ["vuln", "secret"],
        "insecure": True,
        "timeout": "10m0s",
        "database_repository": "mirror.example.com/trivy-db",
        "java_repository": "mirror.example.com/trivy-java-db",
        "github_token": GITHUB_TOKEN,
    },
    "jobs": {
        "max_workers": 20,
        "max_duration_hours": 48,
        "loggers": ["database", "file"],
        "log_retention_days": 14,
        "webhook_max_retries": 5,
        "webhook_timeout_seconds": 10,
    },
    "log": {
        "level": "debug",
        "syslog": {"protocol": "udp", "host": "logs.example.com", "port": 514},
    },
    "proxy": {
        "http": "http://proxy.example.com:3128",
        "https": "http://proxy.example.com:3129",
        "no_proxy": [".example.com"],
        "components": ["core", "trivy"],
    },
    "metrics": {"port": 9191, "path": "/harbor-metrics"},
    "trace": {
        "kind": "otel",
        "endpoint": "otel.example.com:4318",
        "sample_rate": 0.5,
        "namespace": "europe",
        "attributes": {"application": "harbor"},
        "url_path": "/traces",
        "compression": True,
        "insecure": True,
        "timeout_seconds": 20,
    },
    "upload_purging": {"enabled": False, "age": "72h", "interval": "12h", "dry_run": True},
    "manifest_cache": {"expire_hours": 48},
    "quota_provider": "redis",
    "image_prefix": "mirror.example.com/goharbor",
    "services": {
        "core": {"digest": "sha256:" + "0" * 64, "memory_megabytes": 2048, "cpus": 1.5, "capabilities": ["NET_RAW"]},
        "proxy": {"image": "mirror.example.com/nginx:1"},
    },
    "upgrade_from": "2.13.2",
}

OTHERS: Settings = {
    **BASE,
    "tls": {
        "kind": "host_files",
        "certificate": "/etc/harbor/tls.crt",
        "private_key": "/etc/harbor/tls.key",
        "strong_ciphers": False,
    },
    "internal_tls": {"kind": "generated", "validity_hours": 9000},
    "database": {
        "kind": "external",
        "host": "pg.example.com",
        "port": 5433,
        "database": "images",
        "username": "harbor",
        "password": DATABASE_PASSWORD,
        "ssl_mode": "require",
        "max_idle_connections": 10,
        "max_open_connections": 20,
    },
    "redis": {
        "kind": "external",
        "addresses": ["redis-a.example.com:26379", "redis-b.example.com:26379"],
        "sentinel_master": "harbor",
        "username": "harbor",
        "password": REDIS_PASSWORD,
        "tls": True,
        "ca_file": "/etc/harbor/redis.crt",
        "idle_timeout_seconds": 60,
        "jobservice_database": 3,
        "registry_database": 4,
        "trivy_database": 8,
        "harbor_database": 6,
        "cache_database": 7,
    },
    "manifest_cache": {},
    "storage": {**S3, "ca_certificate": CERTIFICATE, "endpoint": "https://s3.example.com", "path_style": True},
    "storage_redirect": False,
    "log": {"rotate_count": 5, "rotate_megabytes": 50},
    "trace": {
        "kind": "jaeger_collector",
        "endpoint": "http://jaeger:14268/api/traces",
        "username": "harbor",
        "password": JAEGER_PASSWORD,
    },
}

BEHIND: Settings = {
    **BASE,
    "tls": {"kind": "terminated"},
    "external_url": "https://registry.example.com",
    "data_volume": "/srv/harbor",
    "trivy": None,
    "trace": {"kind": "jaeger_agent", "host": "jaeger.example.com", "port": 6832},
    "redis": {"kind": "external", "addresses": ["redis.example.com:6379"], "tls": False},
    "storage": {
        "kind": "gcs",
        "bucket": "team-images",
        "credentials": {"kind": "instance"},
    },
}

EVERYTHING: dict[str, Settings] = {
    "nothing more": BASE,
    "all of its own": OWN,
    "all of others": OTHERS,
    "behind a proxy": BEHIND,
    "usual ciphers": {**BASE, "tls": {"kind": "generated", "strong_ciphers": False}},
}
IN_COMPOSE: dict[str, Settings] = {
    title: {**settings, "apply": {**COMPOSE, "host_directory": "/srv/harbor-files"}}
    for title, settings in EVERYTHING.items()
} | {"logs of the host": {**BASE, "apply": COMPOSE, "log": {"directory": "/srv/logs"}}}
