"""What is in a running Nexus: `NexusConfiguration`, over its REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy

if TYPE_CHECKING:
    from .args import NexusConfigurationArgs as NexusConfigurationArgs
    from .component import NexusConfiguration as NexusConfiguration

_HOMES = {"NexusConfiguration": "component", "NexusConfigurationArgs": "args"}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
