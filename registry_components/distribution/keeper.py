"""Runs one daemon, keeps its output in rotating log files, and ends with it.

Started as a program of its own (`python -I -S keeper.py …`), it uses the standard library alone. Distribution
writes its log to standard output only; without a reader that rotates, the file would grow without bound.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

_SIGTERM_ON_PARENT_DEATH = 1  # Linux: PR_SET_PDEATHSIG


def _end_with_parent() -> None:
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).prctl(_SIGTERM_ON_PARENT_DEATH, signal.SIGTERM)


class RotatingLog:
    """An append-only file that is renamed to `.1`, `.2`, … when it reaches `max_bytes`; `files` are kept in all."""

    def __init__(self, path: Path, max_bytes: int, files: int) -> None:
        self._path, self._max, self._files = path, max_bytes, files
        self._open()

    def _open(self) -> None:
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._file).st_size

    def write(self, data: bytes) -> None:
        """Append `data`; a full disk loses log lines, never the daemon."""
        if self._size and self._size + len(data) > self._max:
            self._rotate()
        with contextlib.suppress(OSError):
            self._size += os.write(self._file, data)

    def _rotate(self) -> None:
        os.close(self._file)
        with contextlib.suppress(OSError):
            if self._files > 1:
                for number in range(self._files - 1, 0, -1):
                    older = self._path if number == 1 else self._numbered(number - 1)
                    with contextlib.suppress(FileNotFoundError):
                        older.replace(self._numbered(number))
            else:
                self._path.unlink(missing_ok=True)
        self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def keep(command: list[str], log: RotatingLog) -> int:
    """Run `command` until it ends, its output going to `log`; SIGTERM is handed on. Return its exit code."""
    daemon = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads here
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: daemon.send_signal(signal.SIGTERM))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    output = daemon.stdout
    if output is None:
        raise RuntimeError("the daemon has no output pipe")
    while data := os.read(output.fileno(), 65536):
        log.write(data)
    return daemon.wait()


def detach() -> None:
    """Go on in a process of its own that no terminal or parent ends; tell its id on standard output."""
    child = os.fork()
    if child:
        os.write(1, b"%d\n" % child)
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)


def main(arguments: list[str]) -> int:
    """Entry point: LOG_FILE MAX_BYTES FILES COMMAND…"""
    path, max_bytes, files, *command = arguments
    os.umask(0o077)
    detach()
    return keep(command, RotatingLog(Path(path), int(max_bytes), int(files)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
