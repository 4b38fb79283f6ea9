"""Facts about Kubernetes objects that the SDK does not say: scope, what replaces, and what an API server fills in."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ..emulator import Refusal, Unknown, has_unknown

Values = Mapping[str, Any]

CLUSTER_WIDE: Final = frozenset(
    {
        "APIService",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "CSIDriver",
        "CSINode",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)
NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")

# As the provider has them (pulumi-kubernetes 4.25, provider/pkg/provider/diff.go); `metadata.name` and `.namespace` do
# so everywhere. The data of a Secret or ConfigMap does because what mounts it would not notice a change.
REPLACING: Final[Mapping[str, tuple[str, ...]]] = {
    "apps/v1:DaemonSet": ("spec.selector",),
    "apps/v1:Deployment": ("spec.selector",),
    "apps/v1:StatefulSet": (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    "batch/v1:Job": ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    "rbac.authorization.k8s.io/v1:ClusterRoleBinding": ("roleRef",),
    "rbac.authorization.k8s.io/v1:RoleBinding": ("roleRef",),
    "storage.k8s.io/v1:StorageClass": ("parameters", "provisioner"),
    "v1:ConfigMap": ("binaryData", "data"),
    "v1:PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    "v1:ResourceQuota": ("spec.scopes",),
    "v1:Secret": ("data", "stringData", "type"),
    "v1:Service": ("spec.clusterIP",),
}

_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
# Roles of RBAC may be called anything that fits a path.
_FREE_NAMES: Final = frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})
_LABEL_NAMES: Final = frozenset({"Namespace", "Service"})
_LABEL_NAME: Final = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_KEY: Final = re.compile(r"[-._a-zA-Z0-9]+")
_DOCKER_CONFIG: Final = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}


def name_mistakes(kind: str, name: str) -> Iterator[Refusal]:
    """Yield what an API server says against an object's name."""
    if kind in _FREE_NAMES:
        if name in (".", "..") or "/" in name or "%" in name:
            yield Refusal("metadata.name", f"Invalid value: {name!r}: may not be '.' or '..' nor contain '/' or '%'")
        return
    label = kind in _LABEL_NAMES
    most = 63 if label else 253
    if len(name) > most:
        yield Refusal("metadata.name", f"Invalid value: must be no more than {most} characters")
    if not (_LABEL if label else _SUBDOMAIN).fullmatch(name):
        what, signs = ("label", "or '-'") if label else ("subdomain", "'-' or '.'")
        yield Refusal(
            "metadata.name",
            f"Invalid value: {name!r}: a lowercase RFC 1123 {what} must consist of lower case alphanumeric characters "
            f"{signs}, and must start and end with an alphanumeric character",
        )


def label_mistakes(metadata: Values) -> Iterator[Refusal]:
    """Yield what an API server says against labels and annotations."""
    for field in ("labels", "annotations"):
        found = metadata.get(field)
        for key, value in found.items() if isinstance(found, Mapping) else ():
            prefix, _, name = key.rpartition("/")
            bad_prefix = "/" in key and not _SUBDOMAIN.fullmatch(prefix)
            if bad_prefix or len(name) > 63 or not _LABEL_NAME.fullmatch(name):
                yield Refusal(f"metadata.{field}", f"Invalid value: {key!r}: not a qualified name")
            wrong = isinstance(value, str) and value and (len(value) > 63 or not _LABEL_NAME.fullmatch(value))
            if field == "labels" and wrong:
                yield Refusal(f"metadata.labels.{key}", f"Invalid value: {value!r}: not a label value")


def secret_mistakes(inputs: Values) -> Iterator[Refusal]:
    """Yield what an API server says against a Secret; no value is told."""
    data, texts = inputs.get("data"), inputs.get("stringData")
    type_ = inputs.get("type")
    both = {**(data if isinstance(data, Mapping) else {}), **(texts if isinstance(texts, Mapping) else {})}
    for key in both:
        if not _KEY.fullmatch(key):
            yield Refusal(f"data[{key}]", "Invalid value: a valid config key must consist of [-._a-zA-Z0-9]+")
    for key, value in data.items() if isinstance(data, Mapping) else ():
        if isinstance(value, str) and decoded(value) is None:
            yield Refusal(f"data[{key}]", "illegal base64 data")
    wanted = _DOCKER_CONFIG.get(type_) if isinstance(type_, str) else None
    if wanted is None or isinstance(data, Unknown) or isinstance(texts, Unknown):
        return
    if wanted not in both:
        yield Refusal(f"data[{wanted}]", "Required value")
    elif not has_unknown(both[wanted]):
        given = texts[wanted] if isinstance(texts, Mapping) and wanted in texts else decoded(both[wanted]) or ""
        try:
            json.loads(given)
        except ValueError:
            yield Refusal(f"data[{wanted}]", 'Invalid value: "<secret contents redacted>": not JSON')


def cron_mistakes(inputs: Values) -> Iterator[Refusal]:
    """Yield what an API server says against a CronJob."""
    spec = inputs.get("spec")
    schedule = spec.get("schedule") if isinstance(spec, Mapping) else None
    if isinstance(schedule, str) and not schedule.startswith("@") and len(schedule.split()) != 5:
        yield Refusal(
            "spec.schedule",
            f"Invalid value: {schedule!r}: expected exactly 5 fields, found {len(schedule.split())}",
        )


MISTAKES: Final[Mapping[str, Callable[[Values], Iterator[Refusal]]]] = {
    "v1:Secret": secret_mistakes,
    "batch/v1:CronJob": cron_mistakes,
}


def live(kind: str, inputs: Values) -> dict[str, Any]:
    """Return an object as an API server keeps it: a Secret's texts become data, and few defaults are filled in."""
    made = json.loads(json.dumps(inputs))
    if kind == "v1:Secret":
        texts = made.pop("stringData", None) or {}
        data = {**(made.get("data") or {}), **{key: _encoded(value) for key, value in texts.items()}}
        if data:
            made["data"] = data
        made.setdefault("type", "Opaque")
    elif kind == "batch/v1:CronJob":
        defaults = {
            "concurrencyPolicy": "Allow",
            "failedJobsHistoryLimit": 1,
            "successfulJobsHistoryLimit": 3,
            "suspend": False,
        }
        made["spec"] = {**defaults, **(made.get("spec") or {})}
    elif kind == "v1:Namespace":
        metadata = made["metadata"]
        metadata["labels"] = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}
        made["status"] = {"phase": "Active"}
    return dict(made)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decoded(text: str) -> str | None:
    """Return the text of base64, or None where it is none."""
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except (ValueError, binascii.Error):
        return None


__all__ = ["CLUSTER_WIDE", "MISTAKES", "NAMESPACES", "REPLACING", "decoded", "label_mistakes", "live", "name_mistakes"]
