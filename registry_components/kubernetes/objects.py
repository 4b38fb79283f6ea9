"""Objects of Kubernetes: their marks, and how a manifest becomes a resource of `pulumi_kubernetes`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core import tags
from ..core.extras import needs_extra
from .words import check_label_value

if TYPE_CHECKING:
    import pulumi

_MODULES = {
    "v1": "core.v1",
    "apps/v1": "apps.v1",
    "autoscaling/v2": "autoscaling.v2",
    "batch/v1": "batch.v1",
    "networking.k8s.io/v1": "networking.v1",
    "policy/v1": "policy.v1",
    "rbac.authorization.k8s.io/v1": "rbac.v1",
}


def require_sdk(what: str) -> None:
    """Raise `StackError` where `pulumi_kubernetes` is not installed."""
    with needs_extra(what, "kubernetes", "pulumi_kubernetes"):
        importlib.import_module("pulumi_kubernetes")


def marks(project: str, stack: str, component: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the labels and the annotations that say who made an object.

    What is too long for a label, or has other characters, is an annotation.
    """
    said = tags.ownership(project, stack, component)
    labels = {key: value for key, value in said.items() if check_label_value(value) is None}
    return labels, {key: value for key, value in said.items() if key not in labels}


def metadata(
    name: str, namespace: str | None, labels: Mapping[str, Any], annotations: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an object's metadata, with keys sorted."""
    found: dict[str, Any] = {"name": name}
    if namespace is not None:
        found["namespace"] = namespace
    if labels:
        found["labels"] = dict(sorted(labels.items()))
    if annotations:
        found["annotations"] = dict(sorted(annotations.items()))
    return found


class Named(NamedTuple):
    """Names and marks of the objects."""

    name: str
    labels: Mapping[str, Any]
    annotations: Mapping[str, Any]

    def metadata(self, suffix: str, namespace: Any, **more: Any) -> dict[str, Any]:
        """Return the metadata of one object."""
        return metadata(f"{self.name}{suffix}", namespace, self.labels, {**self.annotations, **more})


def create(name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions, *, patch: bool = False) -> Any:
    """Register a manifest as the resource that `pulumi_kubernetes` has for its kind, or as a `CustomResource`."""
    kind, version = str(manifest["kind"]), str(manifest["apiVersion"])
    fields = {_snake(key): value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    if version in _MODULES:
        module = importlib.import_module(f"pulumi_kubernetes.{_MODULES[version]}")
        return getattr(module, f"{kind}Patch" if patch else kind)(name, **fields, opts=opts)
    extensions = importlib.import_module("pulumi_kubernetes.apiextensions")
    meta, rest = fields.pop("metadata"), fields
    return extensions.CustomResource(name, api_version=version, kind=kind, metadata=meta, **rest, opts=opts)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)
