"""Unit proof: no field of a Harbor's arguments is ignored: some sample says each, and is another without it."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from registry_components.core.errors import StackError
from registry_components.harbor import HarborRegistryArgs, holding, render
from registry_components.harbor.names import names
from registry_components.harbor.tls import CertManagerTls
from tests.unit.harbor.everything import BASE, EVERYTHING, HA

pytestmark = pytest.mark.unit

Field = tuple[str, str]
# What the values do not show, as it is the release's own, or of the Secrets that they name: tests/recorded proves it.
ELSEWHERE = {
    ("ExternalRedis", "username"),
    ("GeneratedInternalTls", "validity_hours"),
    ("GeneratedTls", "dns_names"),
    ("GeneratedTls", "validity_hours"),
    ("HarborRegistryArgs", "admin_password"),
    ("HarborRegistryArgs", "chart"),
    ("HarborRegistryArgs", "secrets_generation"),
    ("HarborRegistryArgs", "timeout_seconds"),
    ("RepositoryChart", "url"),
}
OF_OTHERS = ("blocks.storage", "core.")
URL = {"external_url": "https://harbor.example.com"}
DATABASE, REDIS = HA["database"], HA["redis"]
_PORTS = {"path": "/other", "port": 9001}
# What the samples of all keys have no need to say.
RARE: list[dict[str, Any]] = [
    {
        **BASE,
        "tls": {
            "kind": "cert_manager",
            "issuer": "own",
            "issuer_kind": "Issuer",
            "dns_names": ["alias.example.com"],
            "duration_hours": 2160,
            "renew_before_hours": 360,
        },
    },
    {**BASE, "tls": {"kind": "generated", "dns_names": ["alias.example.com"], "validity_hours": 9000}},
    {
        **BASE,
        **URL,
        "expose": {"kind": "cluster_ip", "http_port": 8081, "https_port": 8444, "service_name": "front"},
        "internal_tls": {"kind": "generated", "strong_ciphers": False, "validity_hours": 9000},
    },
    {
        **BASE,
        **URL,
        "expose": {"kind": "load_balancer", "http_port": 8081, "https_port": 8444, "service_name": "front"},
        "internal_tls": {**EVERYTHING["parts"]["internal_tls"], "strong_ciphers": False},
    },
    {
        **BASE,
        **URL,
        "expose": {
            "kind": "node_port",
            "http_port": 8081,
            "https_port": 8444,
            "http_node_port": 30010,
            "https_node_port": 30011,
            "service_name": "front",
        },
    },
    {**BASE, "expose": {"kind": "ingress", "host": "harbor.example.com", "controller": "gce"}},
    {
        **HA,
        "admin_existing_secret": "admin",
        "admin_existing_secret_key": "password",
        "ca_bundle_existing_secret": "authorities",
        "release_name": "images",
        "deletion": "destroy",
        "empty_on_delete": True,
        "chart": {
            "kind": "repository",
            "url": "https://charts.example.com",
            "username": "u",
            "password": "p-of-charts",
        },
        "image_pull_policy": "Always",
        "log_level": "debug",
        "node_selector": {"disk": "fast"},
        "tolerations": [{"key": "dedicated"}],
        "priority_class": "high",
        "secrets_generation": 2,
        "storage_redirect": False,
        "timeout_seconds": 600,
        "volumes": {"kind": "none"},
        "security_context": {
            "run_as_non_root": False,
            "allow_privilege_escalation": True,
            "drop_capabilities": ["NET_RAW"],
            "seccomp": "Localhost",
            "seccomp_file": "profile.json",
        },
        "database": {
            "kind": "external",
            "host": "pg.example.com",
            "username": "harbor",
            "existing_secret": "pg",
            "port": 5433,
            "database": "images",
            "sslmode": "require",
            "max_idle_connections": 10,
        },
        "redis": {
            **REDIS,
            "tls": False,
            "username": "harbor",
            "jobservice_database": 3,
            "registry_database": 4,
            "trivy_database": 8,
        },
        "core": {"quota_provider": "redis", "gdpr_delete_users": True, "gdpr_audit_logs": True},
        "portal": {
            "anti_affinity": "preferred",
            "anti_affinity_topology": "zone",
            "disruption_budget": {"max_unavailable": 1},
            "topology_spread": [{"topology_key": "zone", "when_unsatisfiable": "DoNotSchedule"}],
        },
        "registry": {
            "relative_urls": True,
            "username": "parts",
            "upload_purging": {"enabled": False, "age": "72h", "interval": "12h", "dry_run": True},
            "cloudfront": {
                "base_url": "https://d1.cloudfront.net",
                "key_pair_id": "K1",
                "private_key_secret": "key",
                "duration": "60s",
                "ip_filter": "aws",
            },
        },
        "trivy": {
            "debug": True,
            "insecure": True,
            "ignore_unfixed": True,
            "offline_scan": True,
            "skip_update": True,
            "skip_java_update": True,
        },
        "metrics": {
            **dict.fromkeys(("core", "registry", "jobservice", "exporter"), _PORTS),
            "service_monitor": {
                "relabelings": [
                    {
                        "action": "hashmod",
                        "source_labels": ["a", "b"],
                        "separator": "-",
                        "target_label": "shard",
                        "modulus": 4,
                    },
                    {"source_labels": ["a"], "target_label": "b", "replacement": "c"},
                ]
            },
        },
        "trace": {
            "kind": "otel",
            "endpoint": "otel:4318",
            "url_path": "/other",
            "compression": True,
            "insecure": True,
            "timeout_seconds": 5,
            "sample_rate": 0.5,
        },
    },
    {**BASE, "core": {"disruption_budget": {"min_available": 1}, "replicas": 2}, "redis": REDIS},
    {**HA, "update_strategy": "recreate"},
    {**BASE, "backup": {"volumes": "snapshot", "dump_timeout_seconds": 60, "on_error": "continue"}},
    {**BASE, "ip_family": {"ipv4": False}},
    {**BASE, "ip_family": {"ipv6": False}},
    {**BASE, "proxy": {"https": "http://proxy:3128", "no_proxy": ["10.0.0.0/8"], "components": ["core"]}},
    {**BASE, "trace": {"kind": "jaeger_agent", "host": "jaeger", "port": 6832}},
    {**BASE, "chart": {"kind": "oci", "url": "oci://registry.example.com/charts/harbor"}},
    {**BASE, "chart": {"kind": "path", "path": "./charts/harbor"}},
]


def owner(model: type[BaseModel], name: str) -> str:
    """Return the class that a field comes from: a field of all parts is one field."""
    return next(base.__name__ for base in reversed(model.__mro__) if name in inspect.get_annotations(base))


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models(inner)


def reachable(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Return a model and all that its fields take, without those of the storage block, which has tests of its own."""
    if model in seen or any(part in model.__module__ for part in OF_OTHERS):
        return seen
    seen.add(model)
    for field in model.model_fields.values():
        for found in models(field.annotation):
            reachable(found, seen)
    return seen


def said(value: Any) -> Iterator[tuple[Field, tuple[Any, ...]]]:
    """Yield the fields that are said somewhere in arguments, each with the way to it."""
    if isinstance(value, BaseModel):
        for name in value.model_fields_set:
            yield (owner(type(value), name), name), (name,)
            yield from (((field), (name, *path)) for field, path in said(getattr(value, name)))
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from ((field, (key, *path)) for field, path in said(item))


def outcome(settings: dict[str, Any]) -> str | None:
    """Return what settings become, or None where they are refused."""
    try:
        args = HarborRegistryArgs.parse(settings)
    except StackError:
        return None
    called = names(args, args.release_name or "harbor")
    rendered = render.values(args, called)
    if isinstance(args.tls, CertManagerTls):
        rendered["certificate"] = render.certificate(args.tls, called, holding.host(args))
    return render.text(rendered)


def without(settings: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    found = copy.deepcopy(settings)
    here: Any = found
    for key in path[:-1]:
        here = here[key]
    del here[path[-1]]
    return found


@functools.cache
def effects() -> dict[Field, bool]:
    """Return the fields that samples say, and whether some sample is another without it."""
    found: dict[Field, bool] = {}
    for settings in [*EVERYTHING.values(), *RARE]:
        whole = outcome(settings)
        for field, path in said(HarborRegistryArgs.parse(settings)):
            if not found.get(field):
                found[field] = outcome(without(settings, path)) != whole
    return found


def test_some_sample_says_each_field() -> None:
    everything = {
        (owner(model, name), name) for model in reachable(HarborRegistryArgs, set()) for name in model.model_fields
    }
    assert sorted(everything - effects().keys()) == []


def test_each_field_means_something() -> None:
    assert {field for field, means in effects().items() if not means} == ELSEWHERE
