"""Sonatype Nexus: `NexusRegistry` on Kubernetes, and `NexusConfiguration` of one that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .args import NexusRegistryArgs as NexusRegistryArgs
    from .component import NexusRegistry as NexusRegistry
    from .configuration.args import NexusConfigurationArgs as NexusConfigurationArgs
    from .configuration.component import NexusConfiguration as NexusConfiguration

_HOMES = {
    "NexusConfiguration": "configuration.component",
    "NexusConfigurationArgs": "configuration.args",
    "NexusRegistry": "component",
    "NexusRegistryArgs": "args",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
