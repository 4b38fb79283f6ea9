"""The tool cache: a folder per tool, version and content, which appears whole or not at all.

A folder is made under a temporary name beside its place and moved there when it is finished, marker included. One
lock per tool (released by the system when its holder dies) lets parallel runs make a tool once, and lets its holder
remove what killed runs left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import stack_error
from .tool import Report

_MARKER = "made.json"
_TEMPORARY = ".tmp-"


def root() -> Path:
    """Return the cache folder: REGC_CACHE, else registry-components under XDG_CACHE_HOME, else under ~/.cache."""
    own = os.environ.get("REGC_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "registry-components"


def tools_root() -> Path:
    """Return the folder that holds the tools."""
    return root() / "tools"


def log_file(name: str) -> Path:
    """Return the file for the output of a tool's making, in a folder that exists."""
    folder = root() / "logs"
    _folder(folder)
    return folder / f"{name}.log"


def platform_name() -> str:
    """Return this machine in Go's words, such as linux-amd64."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def digest_of(*texts: bytes) -> str:
    """Return a short digest of the texts a cached folder is made from."""
    whole = hashlib.sha256()
    for text in texts:
        whole.update(len(text).to_bytes(8, "big") + text)
    return whole.hexdigest()[:12]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Slot:
    """The place of one finished folder in the cache."""

    name: str
    version: str
    digest: str

    @property
    def folder(self) -> Path:
        return tools_root() / self.name / f"{self.version}-{platform_name()}-{self.digest}"

    def finished(self) -> bool:
        """Return whether the folder is there, with every file at the size it was made with."""
        marker = self._marker()
        if marker is None:
            return False
        return all(_size(self.folder / file) == made["size"] for file, made in marker.items())

    def damage(self) -> list[str]:
        """Return what differs from what was made, one line per file; reads every byte."""
        marker = self._marker()
        if marker is None:
            return [f"{self.folder} is not there or not finished"]
        wrong = []
        for file, made in marker.items():
            path = self.folder / file
            if not path.is_file():
                wrong.append(f"{path} is missing")
            elif sha256(path) != made["sha256"]:
                wrong.append(f"{path} was changed after it was made")
        return wrong

    def _marker(self) -> dict[str, Any] | None:
        try:
            files = json.loads((self.folder / _MARKER).read_text())["files"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return files if isinstance(files, dict) else None

    def make(self, fill: Callable[[Path], None], report: Report) -> None:
        """Make the folder with `fill`, which writes into the folder it is given; does nothing where it is finished.

        Raises `StackError` where the cache cannot be written, and whatever `fill` raises; nothing stays then.
        """
        _folder(self.folder.parent)
        with _locked(self.folder.parent, self.name, report):
            _sweep(self.folder.parent)
            if self.finished():
                return
            temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self.folder.parent))
            try:
                fill(temporary)
                _mark(temporary)
                if self.folder.exists():
                    # Damaged: moved aside first, because a folder that is not empty cannot be replaced.
                    self.folder.replace(temporary.with_name(temporary.name + "-damaged"))
                temporary.replace(self.folder)
            finally:
                _sweep(self.folder.parent)


def _mark(folder: Path) -> None:
    files = {
        str(path.relative_to(folder)): {"sha256": sha256(path), "size": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    for file in files:
        with (folder / file).open("rb") as written:
            os.fsync(written.fileno())
    (folder / _MARKER).write_text(json.dumps({"files": files}, indent=1))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise stack_error(
            f"the tool cache {path} cannot be written: {error.strerror}; set REGC_CACHE to a folder that can"
        ) from None


def _sweep(folder: Path) -> None:
    """Remove temporary folders; only called with the tool's lock held, when no run can still be writing to one."""
    for left in folder.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, name: str, report: Report) -> Iterator[None]:
    try:
        lock = (folder / ".lock").open("a")
    except OSError as error:
        raise stack_error(
            f"the tool cache {folder} cannot be written: {error.strerror}; set REGC_CACHE to a folder that can"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            report(f"another run is making {name}: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
