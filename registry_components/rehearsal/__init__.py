"""Any stack's whole life on the real engine, with providers that are emulated on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .environments import environment as environment
    from .environments import rehearsal as rehearsal
    from .environments import stop as stop
    from .folder import read_checks as read_checks

_HOMES = {
    "environment": "environments",
    "read_checks": "folder",
    "rehearsal": "environments",
    "stop": "environments",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
