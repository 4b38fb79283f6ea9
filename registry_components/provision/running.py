"""Runs a long command with its time shown and its output in a log, and leaves nothing of it behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .tool import Report

_PLAIN_INTERVAL = 15.0
_TAIL_LINES = 12


def run(
    command: Sequence[str],
    *,
    what: str,
    log: Path,
    report: Report,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> int | None:
    """Run a command and return its exit code, or None where it took longer than `seconds` and was ended.

    `what` stands in the progress lines. Its whole process group is ended when this function is left early.
    """
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=None if environ is None else dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return _wait(process, what, started, report, seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(
    process: subprocess.Popen[bytes], what: str, started: float, report: Report, seconds: float | None
) -> int | None:
    tick = getattr(report, "tick", None)
    interval = _PLAIN_INTERVAL if tick is None else 1.0
    told = started
    while True:
        try:
            return process.wait(timeout=min(1.0, seconds or 1.0))
        except subprocess.TimeoutExpired:
            pass
        now = time.monotonic()
        if seconds is not None and now - started > seconds:
            return None
        if now - told >= interval:
            told = now
            (tick or report)(f"  {what}: {now - started:.0f} s")


def tail(log: Path) -> str:
    """Return the last lines of a log, indented, to stand in an error."""
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    return "\n".join(f"  | {line}" for line in lines)
