"""`HarborHost`: Harbor on one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy

if TYPE_CHECKING:
    from .args import HarborHostArgs as HarborHostArgs
    from .component import HarborHost as HarborHost
    from .upgrade import plan as plan

_HOMES = {"HarborHost": "component", "HarborHostArgs": "args", "plan": "upgrade"}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
