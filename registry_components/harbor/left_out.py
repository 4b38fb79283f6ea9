"""What chart 1.19.1 can do and `HarborRegistry` does not say, each with its reason. There is no way around the model.

A test holds this list against the chart's values: each of them is either said by some argument or stands here.
"""

from __future__ import annotations

_INLINE = "a secret in the values; it is given by a Secret instead"
_IMAGE = "the image is the one that the chart is made for; `image_prefix` says where it is"
_INIT = "whole containers, which no model describes; a wait is not needed, Harbor's parts try again"
_AUTO = "the chart would make it anew at each render; `generated` is made once"

LEFT_OUT: dict[str, str] = {
    "expose.tls.auto.commonName": _AUTO,
    "harborAdminPassword": _INLINE,
    "secretKey": _INLINE,
    "core.secret": _INLINE,
    "core.tokenKey": _INLINE,
    "core.tokenCert": _INLINE,
    "core.xsrfKey": _INLINE,
    "jobservice.secret": _INLINE,
    "registry.secret": _INLINE,
    "registry.credentials.htpasswdString": _INLINE,
    "trivy.gitHubToken": _INLINE,
    "redis.external.username": "stands in the Secret, under REDIS_USERNAME",
    "redis.external.password": _INLINE,
    "internalTLS.trustCa": _INLINE,
    "internalTLS.*.crt": _INLINE,
    "internalTLS.*.key": _INLINE,
    "trace.jaeger.username": "the chart takes the password beside it as a value alone; use OpenTelemetry",
    "trace.jaeger.password": "the chart takes it as a value alone; use OpenTelemetry",
    "persistence.imageChartStorage.s3.accesskey": _INLINE,
    "persistence.imageChartStorage.s3.secretkey": _INLINE,
    "persistence.imageChartStorage.azure.accountkey": _INLINE,
    "persistence.imageChartStorage.gcs.encodedkey": _INLINE,
    "persistence.imageChartStorage.swift.*": "the storage block has no Swift; Distribution 3 has dropped it",
    "persistence.imageChartStorage.oss.*": "the storage block has no OSS; it speaks S3 too",
    "persistence.imageChartStorage.filesystem.maxthreads": "is for a machine's directory; the vendor's is right",
    "persistence.imageChartStorage.*.chunksize": "the vendor's is right for the drivers of Distribution 2.8",
    "persistence.imageChartStorage.s3.multipart*": "the vendor's is right for the drivers of Distribution 2.8",
    "persistence.imageChartStorage.s3.secure": "the endpoint's scheme says it",
    "persistence.imageChartStorage.s3.skipverify": "an unknown certificate is trusted by `ca_certificate`, not by luck",
    "persistence.imageChartStorage.s3.v4auth": "older signatures are no longer taken",
    "*.image.tag": _IMAGE,
    "*.initContainers": _INIT,
    "*.extrInitContainers": _INIT,
    "database.internal.affinity": "there is one pod, with nothing to keep away from; `node_selector` chooses its node",
    "redis.internal.affinity": "there is one pod, with nothing to keep away from; `node_selector` chooses its node",
    "database.internal.initContainer.*": "resources of what runs for seconds",
    "*.successThreshold": "Kubernetes takes 1 alone for liveness and startup, and more helps no one for readiness",
    "core.startupProbe.enabled": "without it a long migration of the database is killed before its end",
    "core.configureUserSettings": "Harbor's settings are HarborConfiguration's, which sees drift in them",
    "enableMigrateHelmHook": "the core migrates the database as it starts, once for all pods",
}
