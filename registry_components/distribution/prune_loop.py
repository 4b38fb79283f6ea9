"""Runs `regc prune` from time to time, and says in `status.json` what came of it.

Started as a program of its own (`python -I -S prune_loop.py FILES/prune.json`), it uses the standard library alone:
between two runs it takes next to no memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_SIGTERM_ON_PARENT_DEATH = 1  # Linux: PR_SET_PDEATHSIG
_LONGEST_WAIT = 30.0
"""Seconds: a clock that was set, or a machine that slept, is noticed that soon."""
_REFUSED = 3
"""regc's exit code for what is beyond the limits: a person has to look, and trying again does not help."""


class Loop:
    """One registry's schedule."""

    def __init__(self, settings: Path) -> None:
        self._directory = settings.parent.parent
        self._files = settings.parent
        said = json.loads(settings.read_text(encoding="utf-8"))
        self._arguments: list[str] = said["arguments"]
        self._every = timedelta(seconds=said["every_seconds"])
        self._retry = min(timedelta(seconds=said["retry_seconds"]), self._every)
        self._digest = _digest_of(self._files)
        self._stop = threading.Event()
        self._run: subprocess.Popen[str] | None = None
        before = _read(self._directory / "status.json")
        # What was said has changed: the next run shows what that does.
        self._last: dict[str, Any] | None = before.get("last") if before.get("digest") == self._digest else None

    def stop(self) -> None:
        """Let what is under way end, and begin nothing more."""
        self._stop.set()
        if self._run is not None:
            self._run.send_signal(signal.SIGTERM)

    def run(self) -> int:
        """Run when it is time, until it is stopped."""
        while not self._stop.is_set():
            due = self._due()
            self._say("waiting", due)
            while not self._stop.is_set() and (left := (due - _now()).total_seconds()) > 0:
                self._stop.wait(min(left, _LONGEST_WAIT))
            if not self._stop.is_set():
                self._once()
        self._say("stopped", None)
        return 0

    def _due(self) -> datetime:
        if self._last is None or self._last["code"] is None or self._last["code"] >= 128 or self._last["code"] < 0:
            return _now()  # the first, or one that was ended in the middle
        began = datetime.fromisoformat(self._last["began"])
        if self._last["code"] in {0, _REFUSED}:
            return min(began + self._every, _now() + self._every)
        return min(datetime.fromisoformat(self._last["ended"]) + self._retry, _now() + self._retry)

    def _once(self) -> None:
        began = _now()
        self._last = {"began": began.isoformat(), "ended": None, "code": None, "end": None}
        self._say("running", None)
        end: Any = None
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "registry_components.cli.main", *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._directory,
            env={**os.environ, "DOCKER_CONFIG": str(self._files)},
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads here
        ) as self._run:
            if self._stop.is_set():  # the signal came while it was started
                self._run.send_signal(signal.SIGTERM)
            for line in self._run.stdout or ():
                sys.stdout.write(line)
                sys.stdout.flush()
                end = _event(line) or end
            code = self._run.wait()
        self._run = None
        self._last = {"began": began.isoformat(), "ended": _now().isoformat(), "code": code, "end": end}

    def _say(self, state: str, due: datetime | None) -> None:
        text = json.dumps(
            {
                "pid": os.getpid(),
                "digest": self._digest,
                "state": state,
                "next": None if due is None else due.isoformat(timespec="seconds"),
                "last": self._last,
            },
            indent=1,
        )
        path = self._directory / "status.json"
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        # A full disk loses the status, never the schedule.
        with contextlib.suppress(OSError):
            beside.write_text(text + "\n", encoding="utf-8")
            beside.replace(path)


def _digest_of(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        found.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _read(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def _event(line: str) -> Any:
    with contextlib.suppress(ValueError):
        said = json.loads(line)
        if isinstance(said, dict) and said.get("event") == "end":
            return said
    return None


def _now() -> datetime:
    return datetime.now(UTC)


def _end_with_parent() -> None:
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).prctl(_SIGTERM_ON_PARENT_DEATH, signal.SIGTERM)


def main(arguments: list[str]) -> int:
    """Entry point: the path of `prune.json`."""
    loop = Loop(Path(arguments[0]))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop())
    return loop.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
