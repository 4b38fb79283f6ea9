"""What a volume becomes: manifests of Kubernetes. Nothing here knows Pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kubernetes.objects import metadata
from .volume_args import NewStorageClass, VolumeArgs

Manifest = dict[str, Any]
Marks = tuple[Mapping[str, str], Mapping[str, str]]


def storage_class(said: NewStorageClass, marks: Marks) -> Manifest:
    """Return a class whose volumes stay when a claim goes, can grow, and are made where the pod runs."""
    rendered: Manifest = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": metadata(said.name, None, *marks),
        "provisioner": said.provisioner,
        "reclaimPolicy": "Retain",
        "allowVolumeExpansion": True,
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    if said.parameters:
        rendered["parameters"] = dict(sorted(said.parameters.items()))
    if said.mount_options:
        rendered["mountOptions"] = list(said.mount_options)
    return rendered


def claim(said: VolumeArgs, name: str, class_name: Any, marks: Marks) -> Manifest:
    """Return the claim."""
    labels, annotations = marks
    namespace: Any = said.namespace
    # A claim whose volume is made with its first pod is not bound before: whoever waited would wait for ever.
    annotations = {**annotations, "pulumi.com/skipAwait": "true"}
    spec: Manifest = {
        "accessModes": [said.access_mode],
        "resources": {"requests": {"storage": said.size}},
        "volumeMode": "Filesystem",
    }
    if class_name is not None:
        spec["storageClassName"] = class_name
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(name, namespace, {**said.labels, **labels}, annotations),
        "spec": spec,
    }
