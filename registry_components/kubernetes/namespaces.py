"""The namespaces that are named, or that labels select."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..core.errors import stack_error
from .api import KubernetesApi


def wanted(api: KubernetesApi, named: Iterable[str], selector: Mapping[str, str]) -> list[str]:
    """Return the namespaces, sorted. Raises `StackError` where a selector finds none."""
    if not selector:
        return sorted(named)
    labels = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    found = api.pages("/api/v1/namespaces", labelSelector=labels)
    # In one that is being removed nothing can be made any more.
    there = [item for item in found if (item.get("status") or {}).get("phase") != "Terminating"]
    if not there:
        raise stack_error(f"no namespace has the labels {labels}; label one, or correct namespace_selector")
    return sorted(str(item["metadata"]["name"]) for item in there)


__all__ = ["wanted"]
