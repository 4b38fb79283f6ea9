"""Servers that emulators share between the engine's runs: started at first use, and ended with the rehearsal.

A provider lives for one run of the engine; what stands behind it has to live as long as the rehearsal. Such a server
ends when it is told to, when the process that owns the rehearsal is gone, or when the rehearsal's folder is.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..core.errors import stack_error
from .emulator import FOLDER, OWNER

_SUFFIX: Final = ".server.json"
_CLOUDS: Final = ("AWS_", "MOTO_")
_START_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.5


def identity(pid: int) -> str | None:
    """Return `pid:start` of a running process, which names it even after its number is given out again."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass
        return f"{pid}:"
    fields = status.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else f"{pid}:{fields[19]}"


def alive(process: str) -> bool:
    """Return whether the process that `identity` named still runs."""
    pid = process.partition(":")[0]
    return pid.isdigit() and identity(int(pid)) == process


def ensure(settings: Mapping[str, str], folder: Path, name: str, module: str, arguments: Sequence[str] = ()) -> int:
    """Return the port of the rehearsal's server `name`, and start `python -m module FOLDER NAME ...` where none runs.

    Raises `StackError` where it does not start; its log says why.
    """
    with (folder / f"{name}.server.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        running = _running(folder / f"{name}{_SUFFIX}")
        return running if running is not None else _start(settings, folder, name, module, arguments)


def _running(file: Path) -> int | None:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return int(told["port"]) if alive(told["process"]) else None


def _start(settings: Mapping[str, str], folder: Path, name: str, module: str, arguments: Sequence[str]) -> int:
    file, log = folder / f"{name}{_SUFFIX}", folder / f"{name}.server.log"
    file.unlink(missing_ok=True)
    # The user's own cloud configuration is none of the fake cloud's.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(_CLOUDS)}
    environment = {**inherited, FOLDER: str(folder), OWNER: settings.get(OWNER) or identity(os.getpid()) or ""}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(folder), name, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        port = _running(file)
        if port is not None:
            # It outlives this process on purpose: the next run of the engine finds it.
            process.returncode = 0
            return port
        if process.poll() is not None:
            break
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        process.kill()
        process.wait()
    raise stack_error(f"the rehearsal's {name} server did not start; {log} says why")


def announce(folder: Path, name: str, port: int) -> None:
    """Tell the rehearsal's processes where this server listens; called by the server once it does."""
    file = folder / f"{name}{_SUFFIX}"
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps({"process": identity(os.getpid()), "port": port}), encoding="utf-8")
    beside.replace(file)


def end_with_rehearsal(folder: Path) -> None:
    """End this process when the rehearsal's owner or folder is gone; called by the server."""
    owner = os.environ.get(OWNER, "")

    def look() -> None:
        while alive(owner) and folder.is_dir():
            time.sleep(_LOOK_SECONDS)
        kill(os.getpid())

    threading.Thread(target=look, name="rehearsal-owner", daemon=True).start()


def kill(pid: int) -> None:
    """End a server and what it started."""
    # A server leads its own process group, which holds what it started in turn.
    if os.getpgid(pid) == pid:
        os.killpg(pid, signal.SIGKILL)
    else:
        os.kill(pid, signal.SIGKILL)


def stop(folder: Path) -> None:
    """End the servers of the rehearsal in `folder` and forget their state. No error where none runs."""
    for file in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            process = str(json.loads(file.read_text(encoding="utf-8"))["process"])
        except (FileNotFoundError, ValueError):
            continue
        if alive(process):
            with suppress(ProcessLookupError):
                kill(int(process.partition(":")[0]))
            until = time.monotonic() + 5
            while alive(process) and time.monotonic() < until:
                time.sleep(0.01)
        file.unlink(missing_ok=True)


__all__ = ["alive", "announce", "end_with_rehearsal", "ensure", "identity", "kill", "stop"]
