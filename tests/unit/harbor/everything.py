"""Samples that between them say all that can be said."""

from __future__ import annotations

from typing import Any

from tests.unit.harbor.strategies import (
    ACCESS_KEY,
    ADMIN_PASSWORD,
    CERTIFICATE,
    DATABASE_PASSWORD,
    REDIS_PASSWORD,
    SECRET_KEY,
)

Settings = dict[str, Any]

_RESOURCES = {"cpu_request": "1", "memory_request": "1Gi", "cpu_limit": "2", "memory_limit": "2Gi"}
_PROBE = {"initial_delay_seconds": 5, "period_seconds": 6, "timeout_seconds": 2, "failure_threshold": 4}
_CONTAINER: Settings = {
    "resources": {**_RESOURCES, "ephemeral_storage_request": "1Gi", "ephemeral_storage_limit": "2Gi"},
    "env": {"GODEBUG": {"kind": "value", "value": "netdns=go"}, "TOKEN": {"kind": "secret", "secret": "s", "key": "k"}},
    "liveness": _PROBE,
    "readiness": _PROBE,
}
_POD: Settings = {
    **_CONTAINER,
    "node_selector": {"disk": "fast"},
    "tolerations": [{"key": "dedicated", "value": "harbor", "effect": "NoExecute", "seconds": 60}],
    "priority_class": "high",
    "service_account": "harbor",
    "mount_service_account_token": True,
    "pod_annotations": {"a": "1"},
    "pod_labels": {"b": "2"},
}
_TRIVY: Settings = {
    **_POD,
    "replicas": 3,
    "disruption_budget": {"max_unavailable": 1},
    "anti_affinity": "required",
    "topology_spread": [{"topology_key": "zone", "max_skew": 2, "node_taints_policy": "Honor"}],
}
_PART: Settings = {**_TRIVY, "revision_history": 3}
_SERVED: Settings = {**_PART, "service_annotations": {"c": "3"}}
_CLAIM: Settings = {
    "storage_class": "fast",
    "sub_path": "harbor",
    "access_mode": "ReadWriteMany",
    "size": "50Gi",
    "annotations": {"d": "4"},
}
_STEP = {"action": "keep", "source_labels": ["__name__"], "regex": "harbor_.*"}
_S3: Settings = {
    "kind": "s3",
    "bucket": "team-images",
    "region": "eu-west-1",
    "credentials": {"kind": "keys", "access_key": ACCESS_KEY, "secret_key": SECRET_KEY},
}
_REDIS: Settings = {
    "kind": "external",
    "addresses": ["redis.example.com:6379"],
    "password": REDIS_PASSWORD,
    "harbor_database": 6,
    "cache_database": 7,
}
_DATABASE: Settings = {
    "kind": "external",
    "host": "pg.example.com",
    "username": "harbor",
    "password": DATABASE_PASSWORD,
    "max_open_connections": 100,
}
BASE: Settings = {
    "namespace": "harbor",
    "expose": {"kind": "ingress", "host": "harbor.example.com"},
    "tls": {"kind": "generated"},
    "database": {"kind": "internal"},
    "redis": {"kind": "internal"},
}
"""The least that can be said."""

HA: Settings = {
    **BASE,
    "profile": "ha",
    "tls": {"kind": "cert_manager", "issuer": "letsencrypt"},
    "database": _DATABASE,
    "redis": _REDIS,
    "storage": _S3,
}
"""The least that profile `ha` takes."""

EVERYTHING: dict[str, Settings] = {
    "least": BASE,
    "minimal": {**BASE, "profile": "minimal"},
    "ha": HA,
    "parts": {
        **BASE,
        "expose": {
            "kind": "load_balancer",
            "static_ip": "192.0.2.9",
            "source_ranges": ["192.0.2.0/24"],
            "annotations": {"a": "b"},
            "labels": {"a": "b"},
        },
        "external_url": "https://harbor.example.com",
        "database": _DATABASE,
        "redis": _REDIS,
        "storage": {
            **_S3,
            "endpoint": "https://minio.example.com",
            "path_style": True,
            "prefix": "harbor",
            "encryption": {"kind": "kms", "key": "alias/harbor"},
            "storage_class": "STANDARD",
            "ca_certificate": CERTIFICATE,
        },
        "internal_tls": {
            "kind": "secrets",
            "core": "core-tls",
            "jobservice": "jobservice-tls",
            "registry": "registry-tls",
            "portal": "portal-tls",
            "trivy": "trivy-tls",
        },
        "admin_existing_secret": "admin-login",
        "ca_bundle": CERTIFICATE,
        "uaa_ca_secret": "uaa",
        "volumes": {"kind": "claims", "job_logs": _CLAIM, "trivy": _CLAIM},
        "core": {**_SERVED, "startup": _PROBE, "pull_time_flush_seconds": 20},
        "portal": _SERVED,
        "jobservice": {
            **_PART,
            "max_workers": 20,
            "loggers": ["file", "database"],
            "log_retention_days": 7,
            "webhook_max_retries": 5,
            "webhook_timeout_seconds": 10,
            "task_timeout_hours": 48,
            "dangling_execution_hours": 200,
            "registry_timeout_minutes": 120,
        },
        "registry": {
            **_PART,
            "controller": _CONTAINER,
            "cloudfront": {
                "base_url": "https://d1.cloudfront.net",
                "key_pair_id": "K1",
                "private_key_secret": "cloudfront-key",
            },
        },
        "nginx": _PART,
        "trivy": {
            **_TRIVY,
            "severities": ["HIGH", "CRITICAL"],
            "vulnerability_types": ["os"],
            "checks_for": ["vuln", "secret"],
            "timeout": "10m0s",
            "database_repositories": ["mirror.example.com/trivy-db"],
            "java_repositories": ["mirror.example.com/trivy-java-db"],
            "github_token_secret": "github",
        },
        "exporter": {**_PART, "cache_seconds": 30, "cache_clean_seconds": 600},
        "metrics": {
            "service_monitor": {
                "labels": {"prometheus": "main"},
                "interval": "30s",
                "relabelings": [_STEP],
                "metric_relabelings": [_STEP],
            }
        },
        "trace": {
            "kind": "otel",
            "endpoint": "otel.example.com:4318",
            "namespace": "harbor",
            "attributes": {"team": "images"},
        },
        "manifest_cache": {"expire_hours": 12},
        "image_prefix": "mirror.example.com/goharbor",
        "image_pull_secrets": ["mirror"],
        "ip_family": {"policy": "RequireDualStack", "families": ["IPv4", "IPv6"]},
        "proxy": {"http": "http://proxy:3128", "https": "http://proxy:3128"},
    },
    "internal": {
        **BASE,
        "expose": {
            "kind": "ingress",
            "host": "harbor.example.com",
            "class_name": "nginx",
            "annotations": {"a": "b"},
            "labels": {"a": "b"},
            "kubernetes_version": "1.36.0",
        },
        "database": {"kind": "internal", "pod": _POD, "shared_memory_limit": "1Gi"},
        "redis": {"kind": "internal", "pod": _POD, "harbor_database": 6, "cache_database": 7},
        "volumes": {
            "kind": "claims",
            "registry": _CLAIM,
            "job_logs": {"existing_claim": "logs"},
            "database": _CLAIM,
            "redis": _CLAIM,
            "trivy": {"existing_claim": "trivy"},
        },
        "trace": {"kind": "jaeger_agent", "host": "jaeger"},
        "image_prefix": "mirror.example.com/goharbor",
        "admin_password": ADMIN_PASSWORD,
    },
    "claims": {
        **BASE,
        "volumes": {
            "kind": "claims",
            **{name: {"existing_claim": name} for name in ("registry", "database", "redis")},
        },
    },
    "route": {
        **BASE,
        "expose": {
            "kind": "route",
            "hosts": ["harbor.example.com"],
            "gateways": [{"name": "public", "namespace": "networking", "listener": "https"}],
            "annotations": {"a": "b"},
            "labels": {"a": "b"},
        },
        "tls": {"kind": "controller"},
        "redis": {
            "kind": "external",
            "addresses": ["s1:26379", "s2:26379", "s3:26379"],
            "sentinel_master": "harbor",
            "existing_secret": "redis-login",
        },
        "storage": {
            "kind": "gcs",
            "bucket": "team-images",
            "prefix": "harbor",
            "credentials": {"kind": "kubernetes_secret", "name": "gcs-key"},
        },
        "trace": {"kind": "jaeger_collector", "endpoint": "http://jaeger:14268/api/traces"},
    },
    "cluster ip": {
        **BASE,
        "expose": {
            "kind": "cluster_ip",
            "static_ip": "10.0.0.9",
            "annotations": {"a": "b"},
            "labels": {"a": "b"},
        },
        "tls": {"kind": "secret", "secret": "harbor-tls", "ca_secret": "harbor-ca"},
        "external_url": "https://harbor.example.com:8443",
        "storage": {
            "kind": "azure",
            "account": "teamimages",
            "container": "images",
            "domain": "core.windows.net",
            "credentials": {"kind": "kubernetes_secret", "name": "azure-key"},
        },
    },
    "node port": {
        **BASE,
        "expose": {"kind": "node_port", "annotations": {"a": "b"}, "labels": {"a": "b"}},
        "tls": {"kind": "terminated"},
        "external_url": "https://harbor.example.com",
        "storage": {"kind": "volume", "claim": "images", "access_mode": "ReadWriteMany", "sub_path": "harbor"},
    },
    "minio": {
        **BASE,
        "storage": {
            **_S3,
            "endpoint": "https://minio.example.com",
            "path_style": True,
        },
        "trivy": None,
    },
}
