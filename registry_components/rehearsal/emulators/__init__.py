"""The emulated providers: one module each, whose function `emulator()` returns the `Emulator`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

from ...core.errors import stack_error
from ..emulator import Emulator

_KNOWN: Final = ("aws", "azure-native", "docker", "gcp", "random", "tls")
_HERE: Final = Path(__file__).parent

PACKAGES: Final = tuple(name for name in _KNOWN if (_HERE / f"{name.replace('-', '_')}.py").is_file())
"""The providers that can be emulated, by their package names."""


def load(package: str) -> Emulator:
    """Return the emulator of a package. Raises `StackError` where there is none."""
    if package not in PACKAGES:
        raise stack_error(f"the provider {package} cannot be emulated; emulated are {', '.join(PACKAGES)}")
    found = importlib.import_module(f"{__name__}.{package.replace('-', '_')}").emulator()
    if not isinstance(found, Emulator):
        raise TypeError(f"emulators/{package} returned a {type(found).__name__}")
    return found


__all__ = ["PACKAGES", "load"]
