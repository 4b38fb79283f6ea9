"""Owns the process that prunes one registry from time to time: start, observe, stop. It knows no Pulumi.

As with the registry itself, a process id counts only with its start time and its command line, which names this
instance's own settings.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import psutil

from .. import __version__
from ..core.errors import stack_error
from . import prune_loop
from .owned import (
    ENVIRONMENT,
    Owner,
    alive,
    is_keeper,
    launch,
    locked,
    make_private,
    started,
    stop,
    write,
    write_files,
)

Status = Literal["running", "dead", "outdated"]


@dataclass(frozen=True)
class Spec:
    """What one schedule is."""

    directory: Path
    files: Mapping[str, str]
    """File name (below `files/`) to content; `prune.json` among them."""
    owner: Owner
    start_timeout: float = 30
    stop_timeout: float = 10
    log_max_bytes: int = 10 * 1024 * 1024
    log_files: int = 5

    @property
    def settings(self) -> Path:
        return files_directory(self.directory) / "prune.json"

    @property
    def digest(self) -> str:
        """Return a digest of all that the running process was started from; another release is another one."""
        parts = {"files": dict(self.files), "python": sys.executable, "release": __version__}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Observation:
    """What is true of a schedule now."""

    status: Status
    detail: str = ""
    processes: list[psutil.Process] = field(default_factory=list)


def directory_of(registry: Path) -> Path:
    """Return where the schedule of a registry lives, below the registry's own directory."""
    return registry / "prune"


def files_directory(directory: Path) -> Path:
    """Return where settings, policy and login are."""
    return directory / "files"


def runs_directory(directory: Path) -> Path:
    """Return where runs are kept, with what undoes them."""
    return directory / "runs"


def status_file(directory: Path) -> Path:
    """Return the file that tells when the last run was, what came of it, and when the next one is."""
    return directory / "status.json"


def _processes(settings: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if (
                _runs(process.cmdline(), settings)
                and process.uids().real == os.getuid()
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(process)
    return found


def _runs(command: list[str], settings: Path) -> bool:
    """Return whether a command line is the schedule's own; its keeper's ends alike."""
    loop = command[-2:-1] and command[-2].endswith("prune_loop.py") and command[-1] == str(settings)
    return bool(loop) and not is_keeper(command)


def observe(spec: Spec) -> Observation:
    """Return whether what `spec` says is running. Looks, and changes nothing."""
    ours = _processes(spec.settings)
    if not ours:
        return Observation("dead", "the process that prunes is gone")
    record = _record(spec.directory)
    main = ours[0]
    if len(ours) > 1 or record.get("pid") != main.pid or record.get("started") != started(main):
        return Observation("outdated", f"pid {main.pid} was not started by the last deployment", ours)
    if record.get("digest") != spec.digest:
        return Observation("outdated", "it was started from other settings", ours)
    return Observation("running", "", ours)


def ensure(spec: Spec) -> Observation:
    """Make what `spec` says run; what already does is left alone. Raises `StackError`."""
    make_private(spec.directory)
    with locked(spec.directory):
        seen = observe(spec)
        if seen.status == "running":
            write_files(files_directory(spec.directory), spec.files)
            return seen
        owner = _record(spec.directory).get("owner")
        if seen.processes and owner is not None and owner != asdict(spec.owner):
            raise stack_error(
                f"{spec.directory} is in use by {Owner(**owner)}; stop that one, or set "
                "runtime.directory to another place"
            )
        # A run that is under way ends after what it is deleting, and goes on under the new process.
        stop(seen.processes, spec.stop_timeout)
        return _start(spec)


def _start(spec: Spec) -> Observation:
    write_files(files_directory(spec.directory), spec.files)
    log = spec.directory / "prune.log"
    keeper_pid = launch(
        [sys.executable, "-I", "-S", str(Path(prune_loop.__file__)), str(spec.settings)],
        directory=spec.directory,
        log=log,
        log_max_bytes=spec.log_max_bytes,
        log_files=spec.log_files,
        environment=ENVIRONMENT,
    )
    deadline = time.monotonic() + spec.start_timeout
    while time.monotonic() < deadline:
        ours = _processes(spec.settings)
        if ours and _told(spec.directory) == ours[0].pid:
            record = {
                "pid": ours[0].pid,
                "started": started(ours[0]),
                "digest": spec.digest,
                "owner": asdict(spec.owner),
            }
            write(spec.directory / "pruner.json", json.dumps(record, indent=1) + "\n")
            return Observation("running", "", ours)
        if not alive(keeper_pid):
            break
        time.sleep(0.02)
    stop(_processes(spec.settings), spec.stop_timeout)
    raise stack_error(f"the process that prunes did not start; its log is {log}")


def remove(spec: Spec, *, keep_runs: bool) -> None:
    """Stop the process and remove its files; what undoes its runs too unless `keep_runs`."""
    if not spec.directory.exists():
        return
    with locked(spec.directory):
        stop(_processes(spec.settings), spec.stop_timeout)
        shutil.rmtree(files_directory(spec.directory), ignore_errors=True)
        (spec.directory / "pruner.json").unlink(missing_ok=True)
        if not keep_runs:
            shutil.rmtree(spec.directory, ignore_errors=True)


def _record(directory: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((directory / "pruner.json").read_text())
        if isinstance(found, dict):
            return found
    return {}


def _told(directory: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads(status_file(directory).read_text())["pid"])
    return None
