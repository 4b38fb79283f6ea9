"""`python -m registry_components.provision`: make sure of the tools.

With `--cluster`, of a Kubernetes API server for rehearsals too; with `--tests`, of all that the tests need.
"""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

from ..core.errors import StackError
from . import CLUSTER_TOOLS, RUN_TOOLS, TEST_TOOLS, debian, ensure, unpacked


class Printer:
    """Prints lines; on a terminal, running times overwrite one another."""

    def __init__(self) -> None:
        self._ticked = False
        if sys.stdout.isatty():
            self.tick = self._tick

    def __call__(self, line: str) -> None:
        sys.stdout.write(("\r\033[K" if self._ticked else "") + line + "\n")
        sys.stdout.flush()
        self._ticked = False

    def _tick(self, line: str) -> None:
        sys.stdout.write("\r\033[K" + line)
        sys.stdout.flush()
        self._ticked = True


def _wanted(tests: bool, cluster: bool) -> tuple[str, ...]:
    if tests:
        return (*RUN_TOOLS, *TEST_TOOLS)
    return (*RUN_TOOLS, *CLUSTER_TOOLS) if cluster else RUN_TOOLS


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    """Return the exit code: 0, 1 where a tool cannot be had, 130 where interrupted."""
    parser = argparse.ArgumentParser(prog="tools/provision", description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also what the tests need")
    parser.add_argument("--cluster", action="store_true", help="also the Kubernetes API server that rehearsals use")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    report = Printer()
    try:
        tools = ensure(_wanted(options.tests, options.cluster), report)
        if options.tests:
            debian.ensure_clients(report)
            unpacked.ensure_unpacked(report)
    except StackError as error:
        sys.stdout.flush()
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing is left half made\n")
        return 130
    for tool in tools.values():
        report(f"{tool.name} {tool.version} ({tool.origin}) {tool.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
