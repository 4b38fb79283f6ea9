"""Runs a Python program that ends when the process that started it dies.

Usage: python -u watch_parent.py PARENT_PID (-m MODULE | FILE) [ARGUMENT ...]

A copy of this file stands in the tool cache and runs in the project's interpreter, so it uses the standard library
alone. A watching thread and not Linux's PR_SET_PDEATHSIG: that signal comes when the *thread* that forked ends, and
the engine is a Go program whose threads come and go.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

_INTERVAL_SECONDS = 0.2


def watch(parent: int) -> None:
    """End this process, at once and silently, as soon as its parent is not `parent` any more."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_INTERVAL_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, name="watch-parent", daemon=True).start()


def main() -> None:
    """Do what the module's docstring says."""
    watch(int(sys.argv[1]))
    if sys.argv[2] == "-m":
        module = sys.argv[3]
        sys.argv[0:4] = [module]
        sys.path[0] = str(Path.cwd())
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        file = sys.argv[2]
        sys.argv[0:3] = [file]
        sys.path[0] = str(Path(file).parent)
        runpy.run_path(file, run_name="__main__")


if __name__ == "__main__":
    main()
