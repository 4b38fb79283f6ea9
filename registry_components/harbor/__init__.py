"""Harbor: `HarborRegistry` on Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .args import HarborRegistryArgs as HarborRegistryArgs
    from .component import HarborRegistry as HarborRegistry

# The arguments can be validated without Pulumi, which takes half a second to import; the component cannot.
_HOMES = {
    "HarborRegistry": "component",
    "HarborRegistryArgs": "args",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
