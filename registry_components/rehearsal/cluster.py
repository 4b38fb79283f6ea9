"""A Kubernetes cluster without nodes for a rehearsal: etcd, a real API server and real controllers, on this machine.

Everything that an API server decides is real: validation, defaults, admission, server-side apply, RBAC, and what the
controllers make of it (default service accounts, ReplicaSets of a Deployment, Jobs of a CronJob, the end of a
namespace). There is no node: no pod is scheduled, and none runs. The cluster is shared by all runs of a rehearsal and
ends with it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from .. import provision
from . import background

NAME: Final = "kubernetes"
_SERVER: Final = "registry_components.rehearsal.cluster_server"


@dataclass(frozen=True)
class Cluster:
    """How a running cluster is reached; whoever has the token may do everything in it."""

    server: str
    """`https://127.0.0.1:PORT`."""
    certificate: Path
    """The certificate authority of the API server."""
    token: str
    kubeconfig: Path


def provisioned() -> bool:
    """Return whether the programs of a cluster were made (`tools/provision --cluster`)."""
    return all(provision.find(name) is not None for name in provision.CLUSTER_TOOLS)


def ensure(settings: Mapping[str, str], folder: Path) -> Cluster:
    """Return the cluster of the rehearsal in `folder`, started where it does not run (about 5 s).

    Raises `StackError` where it does not start; the logs are in `folder`.
    """
    background.ensure(settings, folder, NAME, _SERVER)
    return read(folder)


def read(folder: Path) -> Cluster:
    """Return the cluster whose files are in a rehearsal's folder."""
    home = folder / NAME
    token = (home / "token").read_text(encoding="utf-8")
    server = str(yaml.safe_load((home / "kubeconfig").read_text(encoding="utf-8"))["clusters"][0]["cluster"]["server"])
    return Cluster(server, certificate_file(home), token, home / "kubeconfig")


def certificate_file(home: Path) -> Path:
    """Return where the API server puts the certificate that it makes for itself."""
    return home / "certificates" / "apiserver.crt"


def kubeconfig(server: str, certificate: bytes, token: str) -> dict[str, Any]:
    """Return a configuration that reaches one cluster with a token."""
    authority = base64.b64encode(certificate).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "rehearsal", "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": "rehearsal", "user": {"token": token}}],
        "contexts": [{"name": "rehearsal", "context": {"cluster": "rehearsal", "user": "rehearsal"}}],
        "current-context": "rehearsal",
    }


__all__ = ["NAME", "Cluster", "certificate_file", "ensure", "kubeconfig", "provisioned", "read"]
