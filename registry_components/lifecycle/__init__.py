"""Lifecycle policies: what each registry does with its own, simulated over an inventory before anything is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .inventory import Inventory as Inventory
    from .inventory import from_records as from_records
    from .reading import read_inventory as read_inventory
    from .simulation import simulate as simulate
    from .verdicts import Verdicts as Verdicts

_HOMES = {
    "Inventory": "inventory",
    "Verdicts": "verdicts",
    "from_records": "inventory",
    "read_inventory": "reading",
    "simulate": "simulation",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
