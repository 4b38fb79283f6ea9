"""The emulated `artifactory` provider: what it makes is kept in a file; no Artifactory answers."""

from __future__ import annotations

from ..emulator import Emulator, by_token, sdk_version
from .artifactory_cloud import connect
from .artifactory_types import TYPES


def emulator() -> Emulator:
    """Return the emulated provider, of the version that the installed SDK asks for."""
    return Emulator(
        package="artifactory",
        version=sdk_version("pulumi-artifactory", "8.11.8"),
        types=by_token(TYPES),
        functions={},
        connect=connect,
        bridged=True,
    )


__all__ = ["emulator"]
