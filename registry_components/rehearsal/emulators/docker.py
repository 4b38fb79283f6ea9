"""The emulated `docker` provider: what it makes is kept in a file; no container runs and no image is pulled."""

from __future__ import annotations

from ..emulator import Emulator, by_token, sdk_version
from .docker_types import TYPES, connect


def emulator() -> Emulator:
    """Return the emulated provider, of the version that the installed SDK asks for."""
    return Emulator(
        package="docker",
        version=sdk_version("pulumi-docker", "5.2.0"),
        types=by_token(TYPES),
        functions={},
        connect=connect,
        bridged=True,
    )


__all__ = ["emulator"]
