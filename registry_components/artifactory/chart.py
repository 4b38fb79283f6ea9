"""The Secrets that JFrog's charts read, by the values that name them, with what has to be in them.

Sources: comments of `values.yaml` and the StatefulSet's template. Which other values the charts read is not listed:
there are hundreds, and `ArtifactoryRegistry` gives few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ..kubernetes import chart_secrets
from ..kubernetes.chart_secrets import Read
from .names import BINARYSTORE

CHARTS: Final = ("artifactory", "artifactory-jcr", "artifactory-oss")
_SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "artifactory.admin.secret": ("=artifactory.admin.dataKey",),
    "artifactory.customCertificates.certificateSecretName": (),
    "artifactory.joinKeySecretName": ("join-key",),
    "artifactory.license.secret": ("=artifactory.license.dataKey",),
    "artifactory.masterKeySecretName": ("master-key",),
    "artifactory.persistence.customBinarystoreXmlSecret": (BINARYSTORE,),
    "database.secrets.password.name": ("=database.secrets.password.key",),
    "database.secrets.url.name": ("=database.secrets.url.key",),
    "database.secrets.user.name": ("=database.secrets.user.key",),
    "nginx.tlsSecretName": ("tls.crt", "tls.key"),
    "systemYamlOverride.existingSecret": ("=systemYamlOverride.dataKey",),
}


def secrets_read(chart: str, values: Mapping[str, Any]) -> Iterator[Read]:
    """Yield the Secrets that values of one of `CHARTS` name. A name that is not known yet is passed over."""
    below = "" if chart == "artifactory" else "artifactory."
    inner = values if not below else values.get("artifactory")
    if isinstance(inner, Mapping):
        found = [*chart_secrets.secrets_read(inner, _SECRETS, {}), *chart_secrets.pull_secrets(inner)]
        yield from (replace(read, path=f"{below}{read.path}") for read in found)


__all__ = ["CHARTS", "Read", "secrets_read"]
