"""The emulated `docker` provider: what it makes is kept in a file, and on a real engine where one is named."""

from __future__ import annotations

import os

from ..docker_engine import ENGINE
from ..emulator import Emulator, by_token, sdk_version
from .docker_types import TYPES, connect


def emulator() -> Emulator:
    """Return the emulated provider, of the version that the installed SDK asks for."""
    model = Emulator(
        package="docker",
        version=sdk_version("pulumi-docker", "5.2.0"),
        types=by_token(TYPES),
        functions={},
        connect=connect,
        bridged=True,
    )
    if not os.environ.get(ENGINE):
        return model
    from .docker_real import on_engine

    return on_engine(model, os.environ)


__all__ = ["emulator"]
