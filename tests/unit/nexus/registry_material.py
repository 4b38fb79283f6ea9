"""Settings of a Nexus on Kubernetes: a small one, and one that says nearly everything that can be said."""

from __future__ import annotations

from typing import Any

SECRETS = {"administrator": "Admin-pass-word-1234", "database": "database-password-secret"}
MONITORING = {"kind": "pods", "namespaces": {"kubernetes.io/metadata.name": "monitoring"}}

GOOD: dict[str, Any] = {
    "namespace": "nexus",
    "edition": "community",
    "database": {
        "kind": "postgresql",
        "host": "db.example.com",
        "username": "nexus",
        "password": SECRETS["database"],
    },
    "claim": {"kind": "new", "size": "200Gi"},
}

EVERYTHING: dict[str, Any] = {
    **GOOD,
    "edition": "pro",
    "license_secret": "nexus-license",
    "database": {**GOOD["database"], "tls": "verify-full", "ca_secret": "database-ca", "max_connections": 50},
    "admin_password": SECRETS["administrator"],
    "heap_mb": 4096,
    "direct_memory_mb": 2048,
    "resources": {"memory_request": "8Gi", "memory_limit": "10Gi", "cpu_request": "4"},
    "vm_options": ["-XX:ActiveProcessorCount=4"],
    "connectors": {"shop": {"port": 8083, "host": "docker.example.com"}, "inside": {"port": 8084}},
    "expose": {"kind": "ingress", "host": "nexus.example.com", "tls_secret": "nexus-tls", "class_name": "nginx"},
    "network": {"clients": [{"kind": "range", "range": "10.0.0.0/8"}], "metrics_from": [MONITORING]},
    "monitor": {"login_secret": "nexus-metrics", "interval": "30s"},
    "hold_drains": True,
    "env": {"TZ": {"kind": "value", "value": "Europe/Berlin"}},
}
