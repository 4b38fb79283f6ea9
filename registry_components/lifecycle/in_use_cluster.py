"""Images that run, asked of the Kubernetes API by a pod with its own service account.

What a Deployment could be rolled back to counts as running: it is in the older ReplicaSets.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..core.errors import StackError, stack_error
from .in_use import images

if TYPE_CHECKING:
    import httpx

LISTED: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("pods", "replicationcontrollers"),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "batch": ("cronjobs", "jobs"),
}
"""The kinds that are listed, by API group; the service account has to be allowed that in all namespaces."""
_PAGE: Final = 500
_SECONDS: Final = 30.0
# The token is renewed by the kubelet: it is read again for each request.
ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def read(
    environment: Mapping[str, str],
    *,
    account: Path = ACCOUNT,
    allow_empty: bool = False,
    transport: httpx.BaseTransport | None = None,
) -> list[str]:
    """Return the images that the cluster of this pod runs, sorted. Raises `StackError` where they cannot be listed."""
    try:
        import httpx
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed; install registry-components[ops]") from None
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise stack_error("--in-use-cluster: is for a pod of Kubernetes; elsewhere, give kubectl's listing as --in-use")
    try:
        trusted: Any = ssl.create_default_context(cafile=str(account / "ca.crt")) if transport is None else True
    except (OSError, ssl.SSLError):
        raise stack_error(
            f"--in-use-cluster: {account / 'ca.crt'} cannot be read; the pod needs automountServiceAccountToken"
        ) from None
    bracketed = f"[{host}]" if ":" in host else host
    found: set[str] = set()
    with httpx.Client(
        base_url=f"https://{bracketed}:{port}", verify=trusted, timeout=_SECONDS, trust_env=False, transport=transport
    ) as client:
        for group, kinds in LISTED.items():
            for kind in kinds:
                path = f"/apis/{group}/v1/{kind}" if group else f"/api/v1/{kind}"
                for page in _pages(client, path, kind, account):
                    found.update(images(page))
    if not found and not allow_empty:
        raise stack_error(
            "--in-use-cluster: the cluster names no image, not even this pod's; look at what the service account may "
            "list, or say that nothing runs with --allow-empty-in-use"
        )
    return sorted(found)


def _pages(client: httpx.Client, path: str, kind: str, account: Path) -> Iterator[Any]:
    import httpx

    after = ""
    while True:
        query = {"limit": str(_PAGE), **({"continue": after} if after else {})}
        try:
            answer = client.get(path, params=query, headers={"authorization": f"Bearer {_token(account)}"})
        except httpx.HTTPError as error:
            raise stack_error(
                f"--in-use-cluster: the Kubernetes API cannot be reached: {type(error).__name__}"
            ) from None
        if answer.status_code in {401, 403}:
            raise stack_error(
                f"--in-use-cluster: the pod's service account may not list {kind} in all namespaces; grant it by a "
                "ClusterRole"
            )
        if answer.status_code != 200:
            raise stack_error(f"--in-use-cluster: the Kubernetes API answered {answer.status_code} to {path}")
        try:
            body = answer.json()
            after = (body.get("metadata") or {}).get("continue") or ""
        except (ValueError, AttributeError):
            raise stack_error(f"--in-use-cluster: what the Kubernetes API answered to {path} is no list") from None
        yield body.get("items") or []
        if not after:
            return


def _token(account: Path) -> str:
    try:
        return (account / "token").read_text(encoding="utf-8").strip()
    except OSError:
        raise stack_error(
            f"--in-use-cluster: {account / 'token'} cannot be read; the pod needs automountServiceAccountToken"
        ) from None


__all__ = ["LISTED", "read"]
