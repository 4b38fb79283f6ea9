"""What chart 1.19.1 takes: the keys of its values, and the Secrets that they name with what has to be in them.

Helm passes an unknown value over without a word. A rehearsal holds values against these lists instead.
"""

from __future__ import annotations

import difflib
import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from ..kubernetes import chart_secrets
from ..kubernetes.chart_secrets import Read
from .left_out import LEFT_OUT

_PARTS: Final = "{core,exporter,jobservice,nginx,portal,registry,trivy}"
_PROBE: Final = "{failureThreshold,initialDelaySeconds,periodSeconds,timeoutSeconds}"
_CONTAINER: Final = "{extraEnvVars,image.repository,resources,{livenessProbe,readinessProbe}.%s}" % _PROBE  # noqa: UP031
_POD: Final = "{automountServiceAccountToken,nodeSelector,priorityClassName,serviceAccountName,tolerations}"
_INDEXES: Final = "{jobservice,registry,harbor,cacheLayer}DatabaseIndex"
_SAID: Final = f"""
caBundleSecretName caSecretName containerSecurityContext externalURL harborAdminPassword logLevel secretKey
uaaSecretName imagePull{{Policy,Secrets}} updateStrategy.type cache.{{enabled,expireHours}}
existingSecret{{AdminPassword,AdminPasswordKey,SecretKey}} proxy.{{components,httpProxy,httpsProxy,noProxy}}
ipFamily.{{families,policy,ipv4.enabled,ipv6.enabled}}

{_PARTS}.{_POD}
{_PARTS}.{{affinity,podAnnotations,podLabels,replicas,topologySpreadConstraints}}
{_PARTS}.podDisruptionBudget.{{enabled,maxUnavailable,minAvailable}}
{{core,exporter,jobservice,nginx,portal,registry}}.revisionHistoryLimit {{core,portal}}.serviceAnnotations
{{core,exporter,jobservice,nginx,portal,trivy,database.internal,redis.internal}}.{_CONTAINER}
registry.{{controller,registry}}.{_CONTAINER}
core.{{existingSecret,existingXsrfSecret,existingXsrfSecretKey,secretName,startupProbe.{_PROBE}}}
core.{{artifactPullAsyncFlushDuration,gdpr.auditLogsCompliant,gdpr.deleteUser,quotaUpdateProvider}}
exporter.{{cacheCleanInterval,cacheDuration}}
jobservice.{{existingSecret,existingSecretKey,jobLoggers,loggerSweeperDuration,maxJobWorkers,registryHttpClientTimeout}}
jobservice.notification.{{webhook_job_http_client_timeout,webhook_job_max_retry}}
jobservice.reaper.{{max_dangling_hours,max_update_hours}}
registry.{{existingSecret,existingSecretKey,relativeurls,upload_purging.{{age,dryrun,enabled,interval}}}}
registry.credentials.{{existingSecret,password,username}} registry.middleware.{{enabled,type}}
registry.middleware.cloudFront.{{baseurl,duration,ipfilteredby,keypairid,privateKeySecret}}
trivy.{{dbRepository,debugMode,enabled,ignoreUnfixed,insecure,javaDBRepository,offlineScan,securityCheck,severity}}
trivy.{{skipJavaDBUpdate,skipUpdate,timeout,vulnType}}

database.{{maxIdleConns,maxOpenConns,type}} {{database,redis}}.{{podAnnotations,podLabels}} redis.type
{{database,redis}}.internal.{_POD} database.internal.{{password,shmSizeLimit}}
database.external.{{coreDatabase,existingSecret,host,password,port,sslmode,username}}
redis.{{external,internal}}.{{{_INDEXES},trivyAdapterIndex}}
redis.external.{{addr,coreDatabaseIndex,existingSecret,sentinelMasterSet,tlsOptions.enable}}

expose.type expose.tls.{{certSource,enabled,secret.secretName}} expose.route.{{annotations,hosts,labels,parentRefs}}
expose.ingress.{{annotations,className,controller,hosts.core,kubeVersionOverride,labels}}
expose.{{clusterIP,loadBalancer,nodePort}}.{{annotations,labels,name}}
expose.{{clusterIP,loadBalancer}}.ports.{{httpPort,httpsPort}} expose.clusterIP.staticClusterIP
expose.loadBalancer.{{IP,sourceRanges}} expose.nodePort.ports.{{http,https}}.{{nodePort,port}}
internalTLS.{{certSource,enabled,strong_ssl_ciphers}}
internalTLS.{{core,jobservice,portal,registry,trivy}}.secretName

metrics.enabled metrics.{{core,exporter,jobservice,registry}}.{{path,port}}
metrics.serviceMonitor.{{additionalLabels,enabled,interval,metricRelabelings,relabelings}}
trace.{{attributes,enabled,namespace,provider,sample_rate}} trace.jaeger.{{agent_host,agent_port,endpoint}}
trace.otel.{{compression,endpoint,insecure,timeout,url_path}}

persistence.{{enabled,resourcePolicy}} persistence.imageChartStorage.{{caBundleSecretName,disableredirect,type}}
persistence.imageChartStorage.azure.{{accountname,container,existingSecret,realm}}
persistence.imageChartStorage.filesystem.rootdirectory
persistence.imageChartStorage.gcs.{{bucket,existingSecret,rootdirectory,useWorkloadIdentity}}
persistence.imageChartStorage.s3.{{bucket,encrypt,existingSecret,keyid,region,regionendpoint,rootdirectory,storageclass}}
persistence.persistentVolumeClaim.{{database,redis,registry,trivy,jobservice.jobLog}}.{{accessMode,annotations,\
existingClaim,size,storageClass,subPath}}
"""


# By the value that names the Secret: its keys, as the comments of the chart's values.yaml have them. `=path` is a key
# that another value names.
_PAIR: Final = ("tls.crt", "tls.key")
_SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "caBundleSecretName": ("ca.crt",),
    "caSecretName": ("ca.crt",),
    "core.existingSecret": ("secret",),
    "core.existingXsrfSecret": ("=core.existingXsrfSecretKey",),
    "core.secretName": _PAIR,
    "database.external.existingSecret": ("password",),
    "existingSecretAdminPassword": ("=existingSecretAdminPasswordKey",),
    "existingSecretSecretKey": ("secretKey",),
    "expose.tls.secret.secretName": _PAIR,
    **{f"internalTLS.{part}.secretName": _PAIR for part in ("core", "jobservice", "portal", "registry", "trivy")},
    "jobservice.existingSecret": ("=jobservice.existingSecretKey",),
    "persistence.imageChartStorage.azure.existingSecret": ("AZURE_STORAGE_ACCESS_KEY",),
    "persistence.imageChartStorage.caBundleSecretName": ("ca.crt",),
    "persistence.imageChartStorage.gcs.existingSecret": ("GCS_KEY_DATA",),
    "persistence.imageChartStorage.s3.existingSecret": (
        "REGISTRY_STORAGE_S3_ACCESSKEY",
        "REGISTRY_STORAGE_S3_SECRETKEY",
    ),
    "redis.external.existingSecret": ("REDIS_PASSWORD",),
    "registry.credentials.existingSecret": ("REGISTRY_PASSWD", "REGISTRY_HTPASSWD"),
    "registry.existingSecret": ("=registry.existingSecretKey",),
    "registry.middleware.cloudFront.privateKeySecret": ("CLOUDFRONT_KEY_DATA",),
    "uaaSecretName": ("ca.crt",),
}
_DEFAULT_KEYS: Final = {
    "core.existingXsrfSecretKey": "CSRF_KEY",
    "existingSecretAdminPasswordKey": "HARBOR_ADMIN_PASSWORD",
    "jobservice.existingSecretKey": "JOBSERVICE_SECRET",
    "registry.existingSecretKey": "REGISTRY_HTTP_SECRET",
}


@functools.cache
def keys() -> frozenset[str]:
    """Return the dotted paths of all values that `HarborRegistry` may give."""
    return frozenset(path for word in _SAID.split() for path in _expanded(word))


def unknown(values: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Yield the paths of values that the chart does not read, each with a path that it does read and that looks alike.

    What is below a known path is the user's or Kubernetes' own.
    """
    for path, _ in _leaves(values, ""):
        if not any(fnmatchcase(path, pattern) for pattern in LEFT_OUT):
            close = difflib.get_close_matches(path, sorted(keys()), n=1, cutoff=0.8)
            yield path, close[0] if close else None


def secrets_read(values: Mapping[str, Any]) -> Iterator[Read]:
    """Yield the Secrets that values name. A name that is not known yet is passed over."""
    yield from chart_secrets.secrets_read(values, _SECRETS, _DEFAULT_KEYS)
    yield from chart_secrets.pull_secrets(values)


def _leaves(values: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        path = f"{before}{key}"
        if path in keys():
            continue
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{path}.")
        elif not any(known.startswith(f"{path}.") for known in keys()) or not isinstance(value, Mapping):
            yield path, value


def _expanded(word: str) -> Iterator[str]:
    """Yield what a word with nested {a,b} stands for."""
    found = re.search(r"\{([^{}]*)\}", word)
    if found is None:
        yield word
        return
    # The innermost braces first: a part with braces left is expanded again.
    parts = (_expanded(f"{word[: found.start()]}{part}{word[found.end() :]}") for part in found[1].split(","))
    yield from itertools.chain.from_iterable(parts)


__all__ = ["Read", "keys", "secrets_read", "unknown"]
