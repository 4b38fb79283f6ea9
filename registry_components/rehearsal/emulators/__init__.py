"""The emulated providers: one module each, whose function `emulator()` returns the `Emulator`."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, cast

from ...core.errors import stack_error
from ..emulator import Emulator, Settings
from ..folder import Folder

if TYPE_CHECKING:
    from ..passthrough import Passthrough

_KNOWN: Final = ("artifactory", "aws", "azure-native", "docker", "gcp", "harbor", "kubernetes", "random", "tls")
_HERE: Final = Path(__file__).parent

PACKAGES: Final = tuple(name for name in _KNOWN if (_HERE / f"{name.replace('-', '_')}.py").is_file())
"""The providers that can be emulated, by their package names."""


def load(package: str) -> Emulator:
    """Return the emulator of a package. Raises `StackError` where there is none."""
    found = _module(package).emulator()
    if not isinstance(found, Emulator):
        raise TypeError(f"emulators/{package} returned a {type(found).__name__}")
    return found


def load_real(package: str, settings: Settings, folder: Folder, engine: str | None) -> Passthrough | None:
    """Return the vendor's own provider of a package, started, or None where this machine has none for rehearsals."""
    make = getattr(_module(package), "real", None)
    found = None if make is None else make(settings, folder, engine)
    return cast("Passthrough | None", found)


def _module(package: str) -> ModuleType:
    if package not in PACKAGES:
        raise stack_error(f"the provider {package} cannot be emulated; emulated are {', '.join(PACKAGES)}")
    return importlib.import_module(f"{__name__}.{package.replace('-', '_')}")


__all__ = ["PACKAGES", "load", "load_real"]
