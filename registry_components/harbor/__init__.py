"""Harbor: `HarborRegistry` on Kubernetes, `HarborHost` on one machine, and `HarborConfiguration` of one that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .args import HarborRegistryArgs as HarborRegistryArgs
    from .component import HarborRegistry as HarborRegistry
    from .configuration.args import HarborConfigurationArgs as HarborConfigurationArgs
    from .configuration.component import HarborConfiguration as HarborConfiguration
    from .host.args import HarborHostArgs as HarborHostArgs
    from .host.component import HarborHost as HarborHost

# The arguments can be validated without Pulumi, which takes half a second to import; the components cannot.
_HOMES = {
    "HarborConfiguration": "configuration.component",
    "HarborConfigurationArgs": "configuration.args",
    "HarborHost": "host.component",
    "HarborHostArgs": "host.args",
    "HarborRegistry": "component",
    "HarborRegistryArgs": "args",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
