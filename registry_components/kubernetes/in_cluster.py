"""The connection of a pod to its own cluster: address, authority and token as Kubernetes gives them to it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from ..core.errors import stack_error
from .api import KubernetesApi, connected

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def in_cluster(environment: Mapping[str, str], folder: Path = SERVICE_ACCOUNT) -> KubernetesApi:
    """Return the connection of the pod that this runs in. Raises `StackError` where it runs in none."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (folder / "token").is_file():
        raise stack_error(
            "this is no pod with a service account's token; run it in the cluster, or name a kubeconfig file with "
            "--kubeconfig"
        )
    authority = folder / "ca.crt"
    context = ssl.create_default_context(cafile=str(authority) if authority.is_file() else None)
    token = (folder / "token").read_text(encoding="utf-8").strip()
    shown = f"[{host}]" if ":" in host else host
    return connected(f"https://{shown}:{port}", verify=context, headers={"Authorization": f"Bearer {token}"})
