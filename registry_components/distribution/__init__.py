"""CNCF Distribution: one registry, as a process or a container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .args import DistributionRegistryArgs

if TYPE_CHECKING:
    from .component import DistributionRegistry as DistributionRegistry

__all__ = ["DistributionRegistry", "DistributionRegistryArgs"]


def __getattr__(name: str) -> Any:
    # The arguments can be validated without Pulumi, which takes half a second to import; the component cannot.
    if name == "DistributionRegistry":
        from ..core.extras import needs_extra

        with needs_extra(name, "distribution", "bcrypt", "psutil"):
            from .component import DistributionRegistry

        return DistributionRegistry
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
