"""Stands in for a provider that nobody emulates, where `--allow-unknown` was given.

`python -m registry_components.rehearsal.unknown PACKAGE [ENGINE]`: each resource is taken as it is and noted as
skipped; functions are refused, since nobody can say what they would answer.
"""

from __future__ import annotations

import os
import signal
import sys

from . import serve
from .emulator import Emulator


def _nothing(_settings: object) -> None:
    return None


def emulator(package: str) -> Emulator:
    """Return a provider without any type."""
    return Emulator(package=package, version="", types={}, functions={}, connect=_nothing)


def main(arguments: list[str]) -> int:
    """Serve until the engine ends it."""
    from . import emulators

    emulators.load = emulator
    emulators.load_real = lambda *_: None
    return serve.main(arguments)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: serve.finish())
    os._exit(main(sys.argv[1:]))
