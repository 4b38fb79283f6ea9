"""The settings of a registry that copies by itself. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.errors import stack_error
from ..kubernetes.registry_kind import ecr_region
from .names import full, known
from .routes import Way, prefix_of, route

if TYPE_CHECKING:
    from ..blocks.mirroring import Replication


def ecr_replication(block: Replication) -> dict[str, Any]:
    """Return what `replication` of `EcrRegistrySettings` says of the destination, as a `ReplicateTo`.

    Raises `StackError` where ECR does not copy the block.
    """
    if route(block).way != "ecr":
        raise stack_error("this is not copied by ECR's own replication; see registry_components.mirror.route")
    source, destination = block.source.server, block.destination.server
    if not isinstance(source, str) or not isinstance(destination, str):
        raise stack_error("the servers of both ends have to be known for ECR's replication; give them as text")
    found: dict[str, Any] = {"region": ecr_region(destination)}
    if source[:12] != destination[:12]:
        found["account"] = destination[:12]
    prefixes = [prefix_of(full(known(block.source.prefix), name)) for name in block.repositories]
    if "" not in prefixes:
        found["repositories"] = sorted(f"{prefix}*" for prefix in prefixes)
    return found


def settings(block: Replication, way: Way) -> dict[str, Any]:
    """Return the settings of whoever copies by itself, to be shown."""
    if way == "ecr":
        return {"replication": ecr_replication(block)}
    from .harbor import harbor_policy, harbor_registry

    return {
        "POST /registries": harbor_registry(block, name="other"),
        "POST /replication/policies": harbor_policy(block, name="replication", registry_id=0),
    }


__all__ = ["ecr_replication", "settings"]
