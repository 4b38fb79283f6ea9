"""The unified policy in each registry's own words, accepted only where it is proven to mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy

if TYPE_CHECKING:
    from .translation import LifecycleNotExpressible as LifecycleNotExpressible
    from .translation import Translation as Translation
    from .translation import compile_policy as compile_policy

_HOMES = {
    "LifecycleNotExpressible": "translation",
    "Translation": "translation",
    "compile_policy": "translation",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
