"""What is in a running Harbor: `HarborConfiguration`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy

if TYPE_CHECKING:
    from .args import HarborConfigurationArgs as HarborConfigurationArgs
    from .component import HarborConfiguration as HarborConfiguration
    from .projects import Project as Project
    from .retention import HarborRetention as HarborRetention

_HOMES = {
    "HarborConfiguration": "component",
    "HarborConfigurationArgs": "args",
    "HarborRetention": "retention",
    "Project": "projects",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
