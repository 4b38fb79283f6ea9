"""Sonatype Nexus: `NexusConfiguration` of one that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .configuration.args import NexusConfigurationArgs as NexusConfigurationArgs
    from .configuration.component import NexusConfiguration as NexusConfiguration

_HOMES = {
    "NexusConfiguration": "configuration.component",
    "NexusConfigurationArgs": "configuration.args",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
