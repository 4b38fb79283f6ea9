"""Definitions that stand in for those which other vendors' controllers bring to a cluster."""

from __future__ import annotations

from typing import Any


def plural(kind: str) -> str:
    """Return a kind's plural, in small letters, as controllers' authors make it."""
    name = kind.lower()
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") and name[-2:-1] not in set("aeiou") else f"{name}s"


def stand_in(group: str, version: str, kind: str) -> dict[str, Any]:
    """Return a definition that takes every field.

    A kind whose name begins with `Cluster` belongs to no namespace; any other does.
    """
    names = plural(kind)
    fields = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": names, "singular": kind.lower()},
            "scope": "Cluster" if kind.startswith("Cluster") else "Namespaced",
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": fields}}],
        },
    }


__all__ = ["plural", "stand_in"]
