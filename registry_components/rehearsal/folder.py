"""A rehearsal's folder: where fake clouds keep their state and every operation leaves a line."""

from __future__ import annotations

import copy
import fcntl
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..core.errors import stack_error
from .emulator import FOLDER

CHECKS: Final = "checks.jsonl"
ASSUMED: Final = "assume"
STAND_IN: Final = "stand-in"
UNRENDERED: Final = "unrendered"
UNSTARTED: Final = "unstarted"
REMARKS: Final = frozenset({ASSUMED, STAND_IN, UNRENDERED, UNSTARTED})
"""Lines that are no operation: what was taken to be there, what a secret setting had instead, a chart that was not
rendered, a container that was not started."""


class CloudFile:
    """One fake cloud's state: a JSON object in a file that every process and thread changes under a lock.

    A change is written whole beside the file and moved over it, so that a killed process leaves the state before or
    after its change, never half of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock_path = path.with_suffix(".lock")
        self._mutex = threading.RLock()
        self._seen: tuple[int, int, int] | None = None
        self._value: dict[str, Any] = {}

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Yield the state to change in place; it is written at the end, and not at all where an error is raised."""
        with self._locked():
            value = self._load()
            try:
                yield value
            except BaseException:
                self._seen = None
                raise
            self._store(value)

    @contextmanager
    def look(self) -> Iterator[Mapping[str, Any]]:
        """Yield the state to look at; it must not be changed, nor kept without a copy."""
        with self._locked():
            yield self._load()

    def read(self) -> dict[str, Any]:
        """Return a copy of the state."""
        with self.look() as value:
            return copy.deepcopy(dict(value))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._mutex, self._lock_path.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _load(self) -> dict[str, Any]:
        seen = self._stamp()
        if seen is None:
            self._seen, self._value = None, {}
        elif seen != self._seen:
            self._value = json.loads(self.path.read_bytes())
            self._seen = seen
        return self._value

    def _store(self, value: dict[str, Any]) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(value, separators=(",", ":")), encoding="utf-8")
        beside.replace(self.path)
        self._value, self._seen = value, self._stamp()

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


class Folder:
    """The folder that the processes of one rehearsal share."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._checks = os.open(path / CHECKS, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def cloud(self, name: str) -> CloudFile:
        """Return the state file of one fake cloud. Ask once and keep it: its lock holds within one object."""
        return CloudFile(self.path / f"{name}.json")

    def note(self, **line: Any) -> None:
        """Append one operation to `checks.jsonl`; lines of several processes never mix."""
        os.write(self._checks, (json.dumps(line) + "\n").encode())


def folder_of(settings: Mapping[str, str]) -> Path:
    """Return the rehearsal's folder. Raises `StackError` outside of a rehearsal."""
    path = settings.get(FOLDER)
    if not path:
        raise stack_error(
            f"{FOLDER} is not set: emulated providers run in a rehearsal alone; start it with regc rehearse"
        )
    return Path(path)


def read_checks(folder: Path) -> list[dict[str, Any]]:
    """Return the operations so far, in order."""
    path = folder / CHECKS
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


__all__ = [
    "ASSUMED",
    "CHECKS",
    "REMARKS",
    "STAND_IN",
    "UNRENDERED",
    "UNSTARTED",
    "CloudFile",
    "Folder",
    "folder_of",
    "read_checks",
]
