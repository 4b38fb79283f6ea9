"""CNCF Distribution: one registry, as a process, a container or pods of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .args import DistributionRegistryArgs as DistributionRegistryArgs
    from .component import DistributionRegistry as DistributionRegistry

__all__ = ["DistributionRegistry", "DistributionRegistryArgs"]


def __getattr__(name: str) -> Any:
    # The arguments can be validated without Pulumi, which takes half a second to import; the component cannot. They
    # take a fifth of a second themselves, which storage blocks, whose checks are here too, need not.
    if name == "DistributionRegistryArgs":
        from .args import DistributionRegistryArgs

        return DistributionRegistryArgs
    if name == "DistributionRegistry":
        from ..core.extras import needs_extra

        with needs_extra(name, "distribution", "bcrypt", "psutil"):
            from .component import DistributionRegistry

        return DistributionRegistry
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
