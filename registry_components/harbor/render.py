"""What the arguments become: values of the chart. Nothing here knows Pulumi, and no secret is ever in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..kubernetes.serving.observed import Relabeling
from ..kubernetes.values import Values, said
from ..storage.for_harbor import ChartStorage, to_harbor_chart
from . import backup, holding
from .around import SecurityContext
from .database import ExternalDatabase
from .expose import ClusterIpExpose, IngressExpose, LoadBalancerExpose, NodePortExpose, RouteExpose
from .names import Names
from .observed import JaegerCollectorTraces, OtelTraces
from .parts import Core, Exporter, JobService, Registry, Trivy
from .redis import ExternalRedis
from .render_pods import container, placement, startup, workload
from .tls import CertManagerTls, ControllerTls, TerminatedTls
from .volumes import Claim, Claims

if TYPE_CHECKING:
    from .args import HarborRegistryArgs

REVISION = "registry-components/secrets-revision"
"""The annotation of pods that changes when the secrets do that they have read: only then do they restart."""

_IMAGES = {
    "nginx": "nginx-photon",
    "portal": "harbor-portal",
    "core": "harbor-core",
    "jobservice": "harbor-jobservice",
    "registry.registry": "registry-photon",
    "registry.controller": "harbor-registryctl",
    "trivy": "trivy-adapter-photon",
    "database.internal": "harbor-db",
    "redis.internal": "redis-photon",
    "exporter": "harbor-exporter",
}


def values(args: HarborRegistryArgs, names: Names, revision: Any = "1") -> dict[str, Any]:
    """Return the chart's values: what is said, by its names, and the names of Secrets.

    `revision` becomes an annotation of the pods that read secrets. Two calls with equal arguments give equal values in
    equal order.
    """
    tree = Values()
    _expose(tree, args, names)
    _secrets(tree, args, names)
    _internal_tls(tree, args, names)
    _volumes(tree, args)
    _storage(tree, args, names)
    _database(tree, args, names)
    _redis(tree, args, names)
    _around(tree, args)
    _observed(tree, args)
    _parts(tree, args, names)
    for reader in holding.secret_readers(args):
        _annotate(tree, reader, {REVISION: revision})
    for name, told in backup.pod_annotations(args).items():
        _annotate(tree, name, told)
    return tree.sorted()


def _annotate(tree: Values, part: str, annotations: Mapping[str, Any]) -> None:
    tree.put(f"{part}.podAnnotations", {**(tree.get(f"{part}.podAnnotations") or {}), **annotations})


def text(rendered: Mapping[str, Any]) -> str:
    """Return values as text that is equal where they are."""
    return json.dumps(rendered, sort_keys=True)


def _metrics(args: HarborRegistryArgs) -> Any:
    return holding.setting(args, "metrics")


def _expose(tree: Values, args: HarborRegistryArgs, names: Names) -> None:
    tree.put("externalURL", holding.url(args))
    tls, expose = args.tls, args.expose
    terminated = isinstance(tls, TerminatedTls)
    tree.put("expose.tls.enabled", not terminated)
    if isinstance(tls, ControllerTls | TerminatedTls):
        tree.put("expose.tls.certSource", "none")
    else:
        tree.put("expose.tls.certSource", "secret")
        tree.put("expose.tls.secret.secretName", names.certificate)
    tree.put("caSecretName", names.certificate_authority)
    match expose:
        case IngressExpose():
            tree.put("expose.type", "ingress")
            at = "expose.ingress"
            tree.put(f"{at}.hosts.core", expose.host)
            tree.put(f"{at}.controller", expose.controller)
            tree.put(f"{at}.className", expose.class_name)
            tree.put(f"{at}.kubeVersionOverride", expose.kubernetes_version)
            annotations: dict[str, Any] = dict(expose.annotations)
            if terminated:
                # The chart's own annotations send http to https; behind a proxy that speaks TLS this never ends.
                for key in ("ingress.kubernetes.io/ssl-redirect", "nginx.ingress.kubernetes.io/ssl-redirect"):
                    annotations.setdefault(key, "false")
            tree.put(f"{at}.annotations", annotations or None)
            tree.put(f"{at}.labels", expose.labels or None)
        case RouteExpose():
            tree.put("expose.type", "route")
            tree.put("expose.route.hosts", list(expose.hosts))
            parents = [
                said(name=gateway.name, namespace=gateway.namespace, sectionName=gateway.listener)
                for gateway in expose.gateways
            ]
            tree.put("expose.route.parentRefs", parents)
            tree.put("expose.route.annotations", dict(expose.annotations) or None)
            tree.put("expose.route.labels", dict(expose.labels) or None)
        case ClusterIpExpose():
            tree.put("expose.type", "clusterIP")
            _service(tree, "expose.clusterIP", expose)
            tree.put("expose.clusterIP.staticClusterIP", expose.static_ip)
        case NodePortExpose():
            tree.put("expose.type", "nodePort")
            at = "expose.nodePort"
            tree.put(f"{at}.name", expose.service_name)
            tree.put(f"{at}.ports.http", {"port": expose.http_port, "nodePort": expose.http_node_port})
            tree.put(f"{at}.ports.https", {"port": expose.https_port, "nodePort": expose.https_node_port})
            tree.put(f"{at}.annotations", dict(expose.annotations) or None)
            tree.put(f"{at}.labels", dict(expose.labels) or None)
        case LoadBalancerExpose():
            tree.put("expose.type", "loadBalancer")
            _service(tree, "expose.loadBalancer", expose)
            tree.put("expose.loadBalancer.IP", expose.static_ip)
            tree.put("expose.loadBalancer.sourceRanges", sorted(expose.source_ranges) or None)


def _service(tree: Values, at: str, expose: ClusterIpExpose | LoadBalancerExpose) -> None:
    tree.put(f"{at}.name", expose.service_name)
    tree.put(f"{at}.ports", {"httpPort": expose.http_port, "httpsPort": expose.https_port})
    tree.put(f"{at}.annotations", dict(expose.annotations) or None)
    tree.put(f"{at}.labels", dict(expose.labels) or None)


def _secrets(tree: Values, args: HarborRegistryArgs, names: Names) -> None:
    # O10: whatever is not given, the chart makes anew at each render (goharbor/harbor-helm#107, #786, #1549).
    tree.put("existingSecretAdminPassword", names.admin)
    key = args.admin_existing_secret_key if args.admin_existing_secret is not None else "HARBOR_ADMIN_PASSWORD"
    tree.put("existingSecretAdminPasswordKey", key)
    tree.put("existingSecretSecretKey", names.secret_key)
    tree.put("core.existingSecret", names.core)
    tree.put("core.existingXsrfSecret", names.core)
    tree.put("core.existingXsrfSecretKey", "CSRF_KEY")
    tree.put("core.secretName", names.token)
    tree.put("jobservice.existingSecret", names.jobservice)
    tree.put("jobservice.existingSecretKey", "JOBSERVICE_SECRET")
    tree.put("registry.existingSecret", names.registry)
    tree.put("registry.existingSecretKey", "REGISTRY_HTTP_SECRET")
    tree.put("registry.credentials.username", args.registry.username)
    tree.put("registry.credentials.existingSecret", names.registry_credentials)
    # What the chart sets by default stands in no values, not even unused: everybody knows it (rule 24).
    for known in ("harborAdminPassword", "secretKey", "registry.credentials.password"):
        tree.put(known, "")


def _internal_tls(tree: Values, args: HarborRegistryArgs, names: Names) -> None:
    if args.internal_tls is None:
        return
    tree.put("internalTLS.enabled", True)
    tree.put("internalTLS.strong_ssl_ciphers", args.internal_tls.strong_ciphers)
    tree.put("internalTLS.certSource", "secret")
    for name, secret in names.internal_tls.items():
        tree.put(f"internalTLS.{name}.secretName", secret)


def _volumes(tree: Values, args: HarborRegistryArgs) -> None:
    tree.put("persistence.enabled", isinstance(args.volumes, Claims))
    # An empty text removes the claims with the release.
    tree.put("persistence.resourcePolicy", "keep" if holding.kept(args) else "")
    kind = {"rolling_update": "RollingUpdate", "recreate": "Recreate"}
    tree.put("updateStrategy.type", kind[holding.update_strategy(args)])
    if not isinstance(args.volumes, Claims):
        return
    for name, where in (
        ("registry", "registry"),
        ("job_logs", "jobservice.jobLog"),
        ("database", "database"),
        ("redis", "redis"),
        ("trivy", "trivy"),
    ):
        _claim(tree, f"persistence.persistentVolumeClaim.{where}", getattr(args.volumes, name))


def storage(args: HarborRegistryArgs, names: Names) -> ChartStorage:
    """Return what storage becomes: values, and what its Secrets hold."""
    if args.storage is None:
        return ChartStorage({"imageChartStorage": {"type": "filesystem", "disableredirect": not args.storage_redirect}})
    return to_harbor_chart(
        args.storage,
        secret_name=names.storage,
        ca_secret_name=names.storage_ca,
        disable_redirect=not args.storage_redirect,
        replicas=holding.replicas(args, "registry"),
    )


def _storage(tree: Values, args: HarborRegistryArgs, names: Names) -> None:
    said_of = storage(args, names).values
    tree.put("persistence.imageChartStorage", said_of["imageChartStorage"])
    tree.put("persistence.persistentVolumeClaim.registry", said_of.get("persistentVolumeClaim", {}).get("registry"))


def _claim(tree: Values, at: str, claim: Claim) -> None:
    if not claim.model_fields_set:
        return
    tree.put(f"{at}.existingClaim", claim.existing_claim)
    tree.put(f"{at}.storageClass", claim.storage_class)
    tree.put(f"{at}.subPath", claim.sub_path)
    tree.put(f"{at}.accessMode", claim.access_mode)
    tree.put(f"{at}.size", claim.size)
    tree.put(f"{at}.annotations", dict(claim.annotations) or None)


def _database(tree: Values, args: HarborRegistryArgs, names: Names) -> None:
    database = args.database
    tree.put("database.maxIdleConns", database.max_idle_connections)
    tree.put("database.maxOpenConns", database.max_open_connections)
    if isinstance(database, ExternalDatabase):
        tree.put("database.type", "external")
        at = "database.external"
        tree.put(f"{at}.host", database.host)
        # The chart's own is a text.
        port = database.port
        tree.put(f"{at}.port", str(port) if isinstance(port, int) else port.apply(str))
        tree.put(f"{at}.username", database.username)
        tree.put(f"{at}.password", "")
        tree.put(f"{at}.coreDatabase", database.database)
        tree.put(f"{at}.existingSecret", names.database)
        tree.put(f"{at}.sslmode", database.sslmode)
    else:
        _internal(tree, args, "database", database)
        tree.put("database.internal.shmSizeLimit", database.shared_memory_limit)


def _redis(tree: Values, args: HarborRegistryArgs, names: Names) -> None:
    redis = args.redis
    at = "redis.external" if isinstance(redis, ExternalRedis) else "redis.internal"
    tree.put(f"{at}.jobserviceDatabaseIndex", str(redis.jobservice_database))
    tree.put(f"{at}.registryDatabaseIndex", str(redis.registry_database))
    tree.put(f"{at}.trivyAdapterIndex", str(redis.trivy_database))
    for key, index in (
        ("harborDatabaseIndex", redis.harbor_database),
        ("cacheLayerDatabaseIndex", redis.cache_database),
    ):
        tree.put(f"{at}.{key}", None if index is None else str(index))
    if not isinstance(redis, ExternalRedis):
        _internal(tree, args, "redis", redis)
        return
    tree.put("redis.type", "external")
    tree.put(f"{at}.addr", addresses(redis))
    tree.put(f"{at}.sentinelMasterSet", redis.sentinel_master)
    tree.put(f"{at}.tlsOptions.enable", redis.tls)
    tree.put(f"{at}.coreDatabaseIndex", "0")
    tree.put(f"{at}.existingSecret", names.redis)


def addresses(redis: ExternalRedis) -> Any:
    """Return the addresses as the chart has them, separated by commas; the one that only the engine knows as it is."""
    if all(isinstance(address, str) for address in redis.addresses):
        return ",".join(str(address) for address in redis.addresses)
    if len(redis.addresses) == 1:
        return redis.addresses[0]
    import pulumi

    return pulumi.Output.all(*redis.addresses).apply(lambda found: ",".join(str(address) for address in found))


def _internal(tree: Values, args: HarborRegistryArgs, name: str, said_of: Any) -> None:
    tree.put(f"{name}.type", "internal")
    shared = {key: getattr(args, key) for key in ("node_selector", "tolerations", "priority_class")}
    pod = said_of.pod.model_copy(update={k: v for k, v in shared.items() if k not in said_of.pod.model_fields_set})
    at = f"{name}.internal"
    container(tree, at, pod)
    placement(tree, at, pod)
    tree.put(f"{name}.podAnnotations", dict(pod.pod_annotations) or None)
    tree.put(f"{name}.podLabels", dict(pod.pod_labels) or None)


def _around(tree: Values, args: HarborRegistryArgs) -> None:
    tree.put("imagePullPolicy", args.image_pull_policy)
    tree.put("imagePullSecrets", [{"name": name} for name in args.image_pull_secrets] or None)
    tree.put("logLevel", args.log_level)
    tree.put("uaaSecretName", args.uaa_ca_secret)
    if args.image_prefix is not None:
        for at, image in _IMAGES.items():
            tree.put(f"{at}.image.repository", f"{args.image_prefix}/{image}")
    family = args.ip_family
    if family.model_fields_set:
        tree.put("ipFamily.ipv4.enabled", family.ipv4)
        tree.put("ipFamily.ipv6.enabled", family.ipv6)
        tree.put("ipFamily.policy", family.policy)
        tree.put("ipFamily.families", list(family.families) or None)
    tree.put("containerSecurityContext", _security(args.security_context))
    if args.proxy is not None:
        tree.put("proxy.httpProxy", args.proxy.http)
        tree.put("proxy.httpsProxy", args.proxy.https)
        tree.put("proxy.noProxy", ",".join(args.proxy.no_proxy))
        runs = [name for name in args.proxy.components if name != "trivy" or holding.part(args, "trivy") is not None]
        tree.put("proxy.components", sorted(runs))
    cache = holding.setting(args, "manifest_cache")
    if cache is not None:
        tree.put("cache.enabled", True)
        tree.put("cache.expireHours", cache.expire_hours)


def _security(context: SecurityContext) -> dict[str, Any]:
    return {
        "privileged": False,
        "allowPrivilegeEscalation": context.allow_privilege_escalation,
        "runAsNonRoot": context.run_as_non_root,
        "capabilities": {"drop": sorted(context.drop_capabilities)},
        "seccompProfile": said(type=context.seccomp, localhostProfile=context.seccomp_file),
    }


def _observed(tree: Values, args: HarborRegistryArgs) -> None:
    metrics = _metrics(args)
    if metrics is not None:
        tree.put("metrics.enabled", True)
        for name in ("core", "registry", "jobservice", "exporter"):
            endpoint = getattr(metrics, name)
            tree.put(f"metrics.{name}", {"path": endpoint.path, "port": endpoint.port})
        monitor = metrics.service_monitor
        if monitor is not None:
            at = "metrics.serviceMonitor"
            tree.put(f"{at}.enabled", True)
            tree.put(f"{at}.additionalLabels", dict(monitor.labels) or None)
            tree.put(f"{at}.interval", monitor.interval)
            tree.put(f"{at}.relabelings", [_relabeling(step) for step in monitor.relabelings] or None)
            tree.put(f"{at}.metricRelabelings", [_relabeling(step) for step in monitor.metric_relabelings] or None)
    trace = args.trace
    if trace is None:
        return
    tree.put("trace.enabled", True)
    tree.put("trace.provider", "otel" if isinstance(trace, OtelTraces) else "jaeger")
    tree.put("trace.sample_rate", trace.sample_rate)
    tree.put("trace.namespace", trace.namespace)
    tree.put("trace.attributes", dict(trace.attributes) or None)
    if isinstance(trace, OtelTraces):
        tree.put("trace.otel.endpoint", trace.endpoint)
        tree.put("trace.otel.url_path", trace.url_path)
        tree.put("trace.otel.compression", trace.compression)
        tree.put("trace.otel.insecure", trace.insecure)
        tree.put("trace.otel.timeout", trace.timeout_seconds)
    elif isinstance(trace, JaegerCollectorTraces):
        tree.put("trace.jaeger.endpoint", trace.endpoint)
    else:
        # Collector and agent exclude each other, and the chart's default is a collector that does not exist.
        tree.put("trace.jaeger.endpoint", "")
        tree.put("trace.jaeger.agent_host", trace.host)
        tree.put("trace.jaeger.agent_port", trace.port)


def _relabeling(step: Relabeling) -> dict[str, Any]:
    return said(
        action=step.action,
        sourceLabels=list(step.source_labels) or None,
        separator=step.separator,
        regex=step.regex,
        targetLabel=step.target_label,
        replacement=step.replacement,
        modulus=step.modulus,
    )


def _parts(tree: Values, args: HarborRegistryArgs, names: Names) -> None:
    core: Core = holding.part(args, "core")
    workload(tree, "core", core, names.release)
    startup(tree, "core", core.startup)
    tree.put("core.quotaUpdateProvider", core.quota_provider)
    tree.put("core.artifactPullAsyncFlushDuration", core.pull_time_flush_seconds)
    tree.put("core.gdpr", {"deleteUser": core.gdpr_delete_users, "auditLogsCompliant": core.gdpr_audit_logs})
    workload(tree, "portal", holding.part(args, "portal"), names.release)
    if holding.runs_nginx(args):
        workload(tree, "nginx", holding.part(args, "nginx"), names.release)
    _jobservice(tree, holding.part(args, "jobservice"), names)
    _registry(tree, holding.part(args, "registry"), names)
    trivy = holding.part(args, "trivy")
    tree.put("trivy.enabled", trivy is not None)
    if trivy is not None:
        _trivy(tree, trivy, names)
    if _metrics(args) is not None:
        exporter: Exporter = holding.part(args, "exporter")
        workload(tree, "exporter", exporter, names.release)
        tree.put("exporter.cacheDuration", exporter.cache_seconds)
        tree.put("exporter.cacheCleanInterval", exporter.cache_clean_seconds)
    tree.put("caBundleSecretName", names.ca_bundle)


def _jobservice(tree: Values, part: JobService, names: Names) -> None:
    workload(tree, "jobservice", part, names.release)
    tree.put("jobservice.maxJobWorkers", part.max_workers)
    tree.put("jobservice.jobLoggers", part.loggers)
    tree.put("jobservice.loggerSweeperDuration", part.log_retention_days)
    tree.put("jobservice.notification.webhook_job_max_retry", part.webhook_max_retries)
    tree.put("jobservice.notification.webhook_job_http_client_timeout", part.webhook_timeout_seconds)
    tree.put("jobservice.reaper.max_update_hours", part.task_timeout_hours)
    tree.put("jobservice.reaper.max_dangling_hours", part.dangling_execution_hours)
    tree.put("jobservice.registryHttpClientTimeout", part.registry_timeout_minutes)


def _registry(tree: Values, part: Registry, names: Names) -> None:
    workload(tree, "registry", part, names.release, container_at="registry.registry")
    container(tree, "registry.controller", part.controller)
    tree.put("registry.relativeurls", part.relative_urls)
    purging = part.upload_purging
    tree.put("registry.upload_purging.enabled", purging.enabled)
    tree.put("registry.upload_purging.age", purging.age)
    tree.put("registry.upload_purging.interval", purging.interval)
    tree.put("registry.upload_purging.dryrun", purging.dry_run)
    cloudfront = part.cloudfront
    if cloudfront is not None:
        tree.put("registry.middleware.enabled", True)
        tree.put("registry.middleware.type", "cloudFront")
        at = "registry.middleware.cloudFront"
        tree.put(f"{at}.baseurl", cloudfront.base_url)
        tree.put(f"{at}.keypairid", cloudfront.key_pair_id)
        tree.put(f"{at}.duration", cloudfront.duration)
        tree.put(f"{at}.ipfilteredby", cloudfront.ip_filter)
        tree.put(f"{at}.privateKeySecret", cloudfront.private_key_secret)


def _trivy(tree: Values, part: Trivy, names: Names) -> None:
    workload(tree, "trivy", part, names.release)
    for key, parts in (
        ("severity", part.severities),
        ("vulnType", part.vulnerability_types),
        ("securityCheck", part.checks_for),
    ):
        tree.put(f"trivy.{key}", None if parts is None else ",".join(parts))
    tree.put("trivy.ignoreUnfixed", part.ignore_unfixed)
    tree.put("trivy.debugMode", part.debug)
    tree.put("trivy.insecure", part.insecure)
    tree.put("trivy.timeout", part.timeout)
    tree.put("trivy.skipUpdate", part.skip_update)
    tree.put("trivy.skipJavaDBUpdate", part.skip_java_update)
    tree.put("trivy.offlineScan", part.offline_scan)
    tree.put("trivy.dbRepository", list(part.database_repositories) or None)
    tree.put("trivy.javaDBRepository", list(part.java_repositories) or None)
    if part.github_token_secret is not None:
        # The chart takes the token as a value alone (`gitHubToken`); the adapter reads it from this variable
        # (README of goharbor/harbor-scanner-trivy).
        reference = {"secretKeyRef": {"name": part.github_token_secret, "key": "gitHubToken"}}
        variable = {"name": "SCANNER_TRIVY_GITHUB_TOKEN", "valueFrom": reference}
        tree.put("trivy.extraEnvVars", [*(tree.get("trivy.extraEnvVars") or []), variable])


def certificate(tls: CertManagerTls, names: Names, host: str) -> dict[str, Any]:
    """Return the spec of cert-manager's Certificate."""
    return said(
        secretName=names.certificate,
        dnsNames=[host, *sorted(tls.dns_names)],
        issuerRef={"name": tls.issuer, "kind": tls.issuer_kind, "group": "cert-manager.io"},
        privateKey={"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        duration=None if tls.duration_hours is None else f"{tls.duration_hours}h0m0s",
        renewBefore=None if tls.renew_before_hours is None else f"{tls.renew_before_hours}h0m0s",
    )
