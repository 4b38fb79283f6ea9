"""One entry in a service account's `imagePullSecrets`, added and removed beside others'.

The list is atomic to server-side apply, so this is a JSON patch that holds only while nobody else changes the object:
it tests the version that was read, and reads again where that has moved.
"""

from __future__ import annotations

from typing import Any

from ..core.errors import stack_error
from .api import ApiError, KubernetesApi

MANAGER = "registry-components-pull-secrets"
_ATTEMPTS = 8


def path_of(namespace: str, account: str) -> str:
    """Return the path of a service account."""
    return f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}"


def has_entry(found: dict[str, Any], secret: str) -> bool:
    """Return whether a service account pulls with a secret."""
    return any(entry.get("name") == secret for entry in found.get("imagePullSecrets") or [])


def attach(api: KubernetesApi, namespace: str, account: str, secret: str) -> bool:
    """Add the entry; return whether it was not there. Raises `ApiError`."""

    def change(found: dict[str, Any]) -> list[dict[str, Any]] | None:
        if has_entry(found, secret):
            return None
        if found.get("imagePullSecrets") is None:
            return [{"op": "add", "path": "/imagePullSecrets", "value": [{"name": secret}]}]
        return [{"op": "add", "path": "/imagePullSecrets/-", "value": {"name": secret}}]

    return _change(api, namespace, account, change)


def detach(api: KubernetesApi, namespace: str, account: str, secret: str) -> bool:
    """Remove the entry, and no other; return whether it was there."""

    def change(found: dict[str, Any]) -> list[dict[str, Any]] | None:
        entries = found.get("imagePullSecrets") or []
        places = [number for number, entry in enumerate(entries) if entry.get("name") == secret]
        return [{"op": "remove", "path": f"/imagePullSecrets/{number}"} for number in reversed(places)] or None

    try:
        return _change(api, namespace, account, change)
    except ApiError as error:
        if error.status == 404:
            return False
        raise


def _change(api: KubernetesApi, namespace: str, account: str, change: Any) -> bool:
    path = path_of(namespace, account)
    for _ in range(_ATTEMPTS):
        found = api.get(path)
        patch = change(found)
        if patch is None:
            return False
        version = found["metadata"]["resourceVersion"]
        test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
        try:
            api.json_patch(path, [test, *patch], MANAGER)
        except ApiError as error:
            # 422 where the test does not hold, 409 where the object moved while it was stored.
            if error.status in (409, 422):
                continue
            raise
        return True
    raise stack_error(f"service account {namespace}/{account} is changed all the time by somebody else; try again")
