"""Tags (labels) that mark who made a resource, in words that every platform takes."""

from __future__ import annotations

from collections.abc import Mapping

MANAGED_BY = "managed-by"
PROJECT = "pulumi-project"
STACK = "pulumi-stack"
COMPONENT = "registry-component"


def merged(*layers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the layers merged, later ones winning, with keys sorted so that two renders are equal."""
    result: dict[str, str] = {}
    for layer in layers:
        result.update(layer or {})
    return dict(sorted(result.items()))


def ownership(project: str, stack: str, component: str) -> dict[str, str]:
    """Return the tags that say which program, stack and component made a resource."""
    return {
        MANAGED_BY: "registry-components",
        PROJECT: project,
        STACK: stack,
        COMPONENT: component,
    }
