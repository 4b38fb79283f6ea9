"""What pods of this library may do: nothing that the restricted profile of Pod Security forbids, and no write to their
own root."""

from __future__ import annotations

from typing import Any


def pod_security(user_id: int) -> dict[str, Any]:
    """Return the security context of a pod whose processes, and whose volumes, have this number."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user_id,
        "runAsGroup": user_id,
        "fsGroup": user_id,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Return the security context of a container."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
