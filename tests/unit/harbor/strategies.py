"""Strategies over the whole model: settings that are valid by construction, every kind and option among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

Settings = dict[str, Any]
Strategy = st.SearchStrategy[Any]

DATABASE_PASSWORD = "database-correct-horse"
REDIS_PASSWORD = "redis-correct-horse"
ADMIN_PASSWORD = "Admin-correct-horse-7"
ACCESS_KEY, SECRET_KEY = "AKIAINPLAINTEXT000000", "storage-correct-horse"
CHART_PASSWORD = "chart-correct-horse"
SECRETS = [DATABASE_PASSWORD, REDIS_PASSWORD, ADMIN_PASSWORD, ACCESS_KEY, SECRET_KEY, CHART_PASSWORD]
# The smallest text that has a certificate's shape; nothing here reads further.
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMAcwADAAAwEA\n-----END CERTIFICATE-----\n"

names = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
label_maps = st.dictionaries(st.sampled_from(["app", "example.com/team", "tier"]), names, max_size=2)
flags = st.booleans()
small = st.integers(1, 20)


def some(required: Mapping[str, Strategy], optional: Mapping[str, Strategy]) -> Strategy:
    """Return settings with all of `required` and any of `optional`."""
    return st.fixed_dictionaries(dict(required), optional=dict(optional))


def listed(of: list[str], least: int = 1) -> Strategy:
    """Return lists without repetition."""
    return st.lists(st.sampled_from(of), min_size=least, unique=True)


resources = some(
    {},
    {
        "cpu_request": st.sampled_from(["50m", "0.5"]),
        "cpu_limit": st.sampled_from(["500m", "2"]),
        "memory_request": st.just("64Mi"),
        "memory_limit": st.sampled_from(["1Gi", "500M"]),
        "ephemeral_storage_request": st.just("1Gi"),
        "ephemeral_storage_limit": st.just("2Gi"),
    },
)
probe = some(
    {},
    {
        "initial_delay_seconds": st.integers(0, 60),
        "period_seconds": small,
        "timeout_seconds": small,
        "failure_threshold": small,
    },
)
env = st.dictionaries(
    st.sampled_from(["A", "B_1", "GODEBUG"]),
    st.one_of(
        st.just({"kind": "value", "value": "x"}),
        st.fixed_dictionaries({"kind": st.just("secret"), "secret": names, "key": st.just("k")}),
    ),
    max_size=2,
)
toleration = some(
    {},
    {
        "key": st.just("dedicated"),
        "value": names,
        "effect": st.sampled_from(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
        "seconds": st.integers(0, 600),
    },
)
tolerations = st.lists(toleration, max_size=2)
CONTAINER: dict[str, Strategy] = {"resources": resources, "env": env, "liveness": probe, "readiness": probe}
POD: dict[str, Strategy] = {
    **CONTAINER,
    "node_selector": label_maps,
    "tolerations": tolerations,
    "priority_class": names,
    "service_account": names,
    "mount_service_account_token": flags,
    "pod_annotations": label_maps,
    "pod_labels": label_maps,
}
spread = some(
    {"topology_key": st.just("topology.kubernetes.io/zone")},
    {
        "max_skew": small,
        "when_unsatisfiable": st.sampled_from(["DoNotSchedule", "ScheduleAnyway"]),
        "node_taints_policy": st.sampled_from(["Honor", "Ignore"]),
    },
)
WORKLOAD: dict[str, Strategy] = {
    **POD,
    "disruption_budget": st.just({"max_unavailable": 1}),
    "anti_affinity": st.sampled_from(["none", "preferred", "required"]),
    "anti_affinity_topology": st.just("topology.kubernetes.io/zone"),
    "topology_spread": st.lists(spread, max_size=2),
}
REVISED: dict[str, Strategy] = {**WORKLOAD, "revision_history": st.integers(0, 10)}
SERVED: dict[str, Strategy] = {**REVISED, "service_annotations": label_maps}
replicas = {"replicas": st.integers(1, 3)}

exposes = st.one_of(
    some(
        {"kind": st.just("ingress"), "host": st.just("harbor.example.com")},
        {
            "class_name": names,
            "controller": st.sampled_from(["default", "gce", "ncp", "alb", "f5-bigip"]),
            "annotations": label_maps,
            "labels": label_maps,
            "kubernetes_version": st.just("1.36.0"),
        },
    ),
    some(
        {
            "kind": st.just("route"),
            "hosts": st.just(["harbor.example.com", "images.example.com"]),
            "gateways": st.lists(
                some({"name": names}, {"namespace": names, "listener": names}), min_size=1, max_size=2
            ),
        },
        {"annotations": label_maps, "labels": label_maps},
    ),
    some(
        {"kind": st.just("cluster_ip")},
        {
            "service_name": names,
            "static_ip": st.just("10.0.0.9"),
            "http_port": st.just(8080),
            "https_port": st.just(8443),
            "annotations": label_maps,
            "labels": label_maps,
        },
    ),
    some(
        {"kind": st.just("node_port")},
        {
            "service_name": names,
            "http_port": st.just(8080),
            "https_port": st.just(8443),
            "http_node_port": st.just(30080),
            "https_node_port": st.just(30443),
            "annotations": label_maps,
            "labels": label_maps,
        },
    ),
    some(
        {"kind": st.just("load_balancer")},
        {
            "service_name": names,
            "static_ip": st.just("192.0.2.9"),
            "source_ranges": listed(["192.0.2.0/24", "2001:db8::/32"]),
            "http_port": st.just(8080),
            "https_port": st.just(8443),
            "annotations": label_maps,
            "labels": label_maps,
        },
    ),
)
TLS = {
    "cert_manager": some(
        {"kind": st.just("cert_manager"), "issuer": names},
        {
            "issuer_kind": st.sampled_from(["ClusterIssuer", "Issuer"]),
            "dns_names": st.just(["two.example.com"]),
            "duration_hours": st.just(2160),
            "renew_before_hours": st.just(360),
        },
    ),
    "secret": some({"kind": st.just("secret"), "secret": names}, {"ca_secret": names}),
    "generated": some(
        {"kind": st.just("generated")}, {"dns_names": st.just(["two.example.com"]), "validity_hours": st.just(800)}
    ),
    "controller": st.just({"kind": "controller"}),
    "terminated": st.just({"kind": "terminated"}),
}
_pool: dict[str, Strategy] = {"max_idle_connections": st.integers(1, 40), "max_open_connections": st.integers(50, 100)}
databases = st.one_of(
    some(
        {
            "kind": st.just("external"),
            "host": st.sampled_from(["pg.example.com", "10.0.0.1"]),
            "username": names,
        },
        {
            "port": st.just(6432),
            "database": names,
            "sslmode": st.sampled_from(["disable", "require", "verify-ca", "verify-full"]),
            **_pool,
        },
    ).flatmap(
        lambda said: st.sampled_from(
            [{**said, "password": DATABASE_PASSWORD}, {**said, "existing_secret": "pg-password"}]
        )
    ),
    some({"kind": st.just("internal")}, {"pod": some({}, POD), "shared_memory_limit": st.just("1Gi"), **_pool}),
)
_indexes = {
    "jobservice_database": st.just(11),
    "registry_database": st.just(12),
    "trivy_database": st.just(13),
    "harbor_database": st.just(6),
    "cache_database": st.just(7),
}
_external_redises: list[Settings] = [
    {"addresses": ["redis.example.com:6379"]},
    {"addresses": ["[2001:db8::1]:6379"], "password": REDIS_PASSWORD},
    {"addresses": ["r:6379"], "password": REDIS_PASSWORD, "username": "harbor"},
    {"addresses": ["a:26379", "b:26379", "c:26379"], "sentinel_master": "m", "existing_secret": "redis-login"},
]
redises = st.one_of(
    st.sampled_from(_external_redises).flatmap(
        lambda said: some({}, {"tls": flags, **_indexes}).map(lambda more: {"kind": "external", **said, **more})
    ),
    some({"kind": st.just("internal")}, {"pod": some({}, POD), **_indexes}),
)
_there = {"kind": "kubernetes_secret", "name": "bucket-key"}
storages = st.one_of(
    st.none(),
    some(
        {
            "kind": st.just("s3"),
            "bucket": st.just("team-images"),
            "region": st.just("eu-west-1"),
            "credentials": st.sampled_from(
                [{"kind": "keys", "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}, _there]
            ),
        },
        {
            "prefix": st.just("harbor"),
            "encryption": st.sampled_from([{"kind": "aes256"}, {"kind": "kms", "key": "alias/a"}]),
            "storage_class": st.just("STANDARD"),
        },
    ),
    st.just(
        {
            "kind": "s3",
            "bucket": "team-images",
            "region": "us-east-1",
            "endpoint": "https://minio.example.com",
            "path_style": True,
            "credentials": _there,
        }
    ),
    st.sampled_from(
        [
            {"kind": "gcs", "bucket": "team-images", "credentials": _there, "prefix": "harbor"},
            {
                "kind": "azure",
                "account": "teamimages",
                "container": "images",
                "credentials": _there,
                "domain": "core.windows.net",
            },
            {"kind": "volume", "claim": "images", "access_mode": "ReadWriteMany", "sub_path": "harbor"},
            {"kind": "volume", "claim": "images", "access_mode": "ReadWriteOnce"},
        ]
    ),
)
_new_claim = some(
    {},
    {
        "storage_class": st.sampled_from(["fast", "-"]),
        "sub_path": st.just("a/b"),
        "access_mode": st.sampled_from(["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]),
        "size": st.sampled_from(["50Gi", "1Ti"]),
        "annotations": label_maps,
    },
)
claims = _new_claim | some(
    {"existing_claim": names, "access_mode": st.just("ReadWriteMany")}, {"sub_path": st.just("a")}
)
relabeling = st.sampled_from(
    [
        {"action": "keep", "source_labels": ["__name__"], "regex": "harbor_.*"},
        {"target_label": "node", "replacement": "$1", "separator": ";"},
        {"action": "hashmod", "source_labels": ["a"], "target_label": "b", "modulus": 4},
        {"action": "labeldrop", "regex": "pod"},
    ]
)
endpoint = some({}, {"path": st.just("/harbor/metrics"), "port": st.just(9001)})
metrics = some(
    {},
    {
        "core": endpoint,
        "registry": endpoint,
        "jobservice": endpoint,
        "exporter": endpoint,
        "service_monitor": some(
            {},
            {
                "labels": label_maps,
                "interval": st.just("30s"),
                "relabelings": st.lists(relabeling, max_size=2),
                "metric_relabelings": st.lists(relabeling, max_size=2),
            },
        ),
    },
)
_traced = {"sample_rate": st.sampled_from([0, 0.5, 1]), "namespace": names, "attributes": label_maps}
traces = st.one_of(
    some(
        {"kind": st.just("otel"), "endpoint": st.just("otel:4318")},
        {
            **_traced,
            "url_path": st.just("/traces"),
            "compression": flags,
            "insecure": flags,
            "timeout_seconds": small,
        },
    ),
    some({"kind": st.just("jaeger_collector"), "endpoint": st.just("http://jaeger:14268/api/traces")}, _traced),
    some({"kind": st.just("jaeger_agent"), "host": st.just("jaeger")}, {**_traced, "port": st.just(6832)}),
)
core = some(
    {},
    {
        **SERVED,
        "startup": probe,
        "quota_provider": st.sampled_from(["db", "redis"]),
        "pull_time_flush_seconds": small,
        "gdpr_delete_users": flags,
        "gdpr_audit_logs": flags,
    },
)
jobservice = some(
    {},
    {
        **REVISED,
        "max_workers": small,
        "loggers": listed(["file", "database"]),
        "log_retention_days": small,
        "webhook_max_retries": small,
        "webhook_timeout_seconds": small,
        "task_timeout_hours": small,
        "dangling_execution_hours": small,
        "registry_timeout_minutes": small,
    },
)
registry = some(
    {},
    {
        **REVISED,
        "controller": some({}, CONTAINER),
        "relative_urls": flags,
        "username": st.just("parts"),
        "upload_purging": some(
            {}, {"enabled": flags, "age": st.just("24h"), "interval": st.just("1h30m"), "dry_run": flags}
        ),
    },
)
trivy = (
    some(
        {},
        {
            **WORKLOAD,
            **replicas,
            "severities": listed(["HIGH", "CRITICAL"]),
            "vulnerability_types": listed(["os", "library"]),
            "checks_for": listed(["vuln", "misconfig", "secret", "license"]),
            "ignore_unfixed": flags,
            "debug": flags,
            "insecure": flags,
            "timeout": st.just("10m0s"),
            "offline_scan": flags,
            "github_token_secret": names,
        },
    )
    | some({"skip_update": st.just(True), "skip_java_update": flags}, {})
    | some(
        {},
        {
            "database_repositories": st.just(["mirror.example.com/aquasec/trivy-db:2"]),
            "java_repositories": st.just(["mirror.example.com/aquasec/trivy-java-db"]),
        },
    )
)
exporter = some({}, {**REVISED, "cache_seconds": small, "cache_clean_seconds": small})
proxies = some(
    {"https": st.just("http://proxy:3128")},
    {
        "http": st.just("http://proxy:3128"),
        "no_proxy": listed(["10.0.0.0/8", ".svc", "localhost"]),
        "components": listed(["core", "jobservice"]),
    },
)
ip_families = st.sampled_from(
    [
        {"ipv6": False},
        {"ipv4": False, "families": ["IPv6"]},
        {"policy": "RequireDualStack", "families": ["IPv6", "IPv4"]},
        {"policy": "SingleStack", "families": ["IPv4"]},
    ]
)
charts = st.sampled_from(
    [
        {"kind": "repository", "url": "https://charts.example.com", "username": "ci", "password": CHART_PASSWORD},
        {"kind": "oci", "url": "oci://registry.example.com/charts/harbor"},
        {"kind": "path", "path": "./charts/harbor"},
    ]
)
backups = some(
    {},
    {
        "volumes": st.sampled_from(["file_system", "snapshot"]),
        "dump_timeout_seconds": st.integers(10, 60),
        "on_error": st.sampled_from(["fail", "continue"]),
    },
)
_simple: dict[str, Strategy] = {
    "core": core,
    "portal": some({}, SERVED),
    "registry": registry,
    "jobservice": jobservice,
    "admin_password": st.just(ADMIN_PASSWORD),
    "secrets_generation": small,
    "ca_bundle": st.just(CERTIFICATE),
    "uaa_ca_secret": names,
    "storage_redirect": flags,
    "trace": traces,
    "manifest_cache": some({}, {"expire_hours": small}),
    "node_selector": label_maps,
    "tolerations": tolerations,
    "priority_class": names,
    "security_context": st.sampled_from([{}, {"seccomp": "Localhost", "seccomp_file": "p.json"}]),
    "image_prefix": st.just("mirror.example.com/goharbor"),
    "image_pull_policy": st.sampled_from(["IfNotPresent", "Always", "Never"]),
    "image_pull_secrets": listed(["one", "two"]),
    "ip_family": ip_families,
    "log_level": st.sampled_from(["debug", "info", "warning", "error", "fatal"]),
    "chart": charts,
    "timeout_seconds": st.just(600),
    "trivy": st.none() | trivy,
    "internal_tls": some({"kind": st.just("generated")}, {"strong_ciphers": flags}),
    "proxy": proxies,
}


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    """Return settings of a Harbor."""
    said: Settings = {
        "namespace": "harbor",
        "expose": draw(exposes),
        "database": draw(databases),
        "redis": draw(redises),
        **draw(some({}, _simple)),
    }
    kind = said["expose"]["kind"]
    allowed = {"route": ["controller", "terminated"], "ingress": list(TLS)}.get(
        kind, ["cert_manager", "secret", "generated", "terminated"]
    )
    said["tls"] = draw(TLS[draw(st.sampled_from(allowed))])
    if kind not in ("ingress", "route") or draw(flags):
        said["external_url"] = "https://harbor.example.com"
    if kind not in ("ingress", "route"):
        said |= draw(some({}, {"nginx": some({}, {**REVISED, **replicas})}))
    external = said["database"]["kind"] == said["redis"]["kind"] == "external"
    if (storage := draw(storages)) is not None:
        said["storage"] = storage
    if draw(flags):
        said |= {"metrics": draw(metrics), "exporter": draw(exporter)}
    if draw(flags):
        said |= {"deletion": "destroy", "empty_on_delete": True}
    if draw(flags):
        said["profile"] = draw(st.sampled_from(["minimal"]))
    said.setdefault("jobservice", {})
    if "trivy" not in said and said.get("profile") == "minimal":
        said["trivy"] = draw(trivy)
    bucket = said.get("storage", {}).get("kind") in ("s3", "gcs", "azure")
    if bucket and external and draw(flags):
        said["profile"] = "ha"
        said["jobservice"] = {**said["jobservice"], "loggers": ["database"]}
        for part in ("core", "registry"):
            said[part] = {**said.get(part, {}), **draw(some({}, replicas))}
        if said["storage"]["kind"] == "s3" and draw(flags):
            cloudfront = {"base_url": "https://d.cloudfront.net", "key_pair_id": "K", "private_key_secret": "key"}
            said["registry"]["cloudfront"] = cloudfront
    files = "file" in said["jobservice"].get("loggers", ["file"])
    needed = {
        "registry": "storage" not in said,
        "job_logs": files,
        "database": said["database"]["kind"] == "internal",
        "redis": said["redis"]["kind"] == "internal",
        "trivy": said.get("trivy", {}) is not None,
    }
    if not needed["registry"] and not files and external and draw(flags):
        said["volumes"] = {"kind": "none"}
    elif draw(flags):
        if needed["database"]:
            said["backup"] = draw(backups)
        said["volumes"] = {"kind": "claims", **draw(some({}, {name: claims for name, yes in needed.items() if yes}))}
    return said
