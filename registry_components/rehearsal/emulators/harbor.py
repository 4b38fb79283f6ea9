"""The emulated `harbor` provider: what it makes is kept in a model of Harbor's API, in a file."""

from __future__ import annotations

from ..emulator import Emulator, by_token, sdk_version
from .harbor_api import connect
from .harbor_types import TYPES


def emulator() -> Emulator:
    """Return the emulated provider, of the version that the installed SDK asks for."""
    return Emulator(
        package="harbor",
        version=sdk_version("pulumiverse-harbor", "3.10.21"),
        types=by_token(TYPES),
        functions={},
        connect=connect,
        bridged=True,
    )


__all__ = ["emulator"]
