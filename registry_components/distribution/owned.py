"""What is true of every process that a stack owns on this machine: who made it, its private folder, its end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from ..core.errors import stack_error
from . import keeper

# Names that reach the daemon. REGISTRY_* must not: Distribution lets them override its configuration file. Neither
# must the passphrase or tokens of the program that starts it.
ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "PATH", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
PROXY = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class Owner:
    """Which program made an instance: two checkouts may hold a stack of the same name."""

    project: str
    stack: str
    root: str
    """The project's folder; empty for a program without one, whose work folder is new at each run."""
    component: str

    def __str__(self) -> str:
        place = f" in {self.root}" if self.root else ""
        return f"{self.component} of stack {self.stack} of project {self.project}{place}"


def started(process: psutil.Process) -> str:
    """Return a start time that survives clock changes: ticks since boot and the boot's id where Linux tells them."""
    with contextlib.suppress(OSError, IndexError):
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{stat.rsplit(')', 1)[1].split()[19]}"
    return f"{process.create_time():.0f}"


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the instance's lock; the system frees it when its holder ends, however it ends."""
    make_private(directory)
    with os.fdopen(os.open(directory / "lock", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        deadline = time.monotonic() + 60
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise stack_error(f"{directory} is being changed by another deployment; wait for it") from None
                time.sleep(0.1)
        yield


def make_private(directory: Path) -> None:
    """Make a directory that only this user can enter. Raises `StackError` where that is not possible."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o700)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise stack_error(
            f"directory: {directory} cannot be used ({error.strerror}); "
            "make it writable for this user, or set runtime.directory to another place"
        ) from None


def write(path: Path, text: str) -> None:
    """Write a file for this user alone, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Make a private folder hold exactly these files."""
    make_private(folder)
    for name, text in sorted(files.items()):
        path = folder / name
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if path.read_text() == text and path.stat().st_mode & 0o777 == 0o600:
                continue
        write(path, text)
    for path in folder.iterdir():
        if path.is_file() and path.name not in files:
            path.unlink(missing_ok=True)


def launch(
    command: Sequence[str],
    *,
    directory: Path,
    log: Path,
    log_max_bytes: int,
    log_files: int,
    environment: Iterable[str],
) -> int:
    """Start a program under a keeper of its log, with these environment variables alone; return the keeper's pid."""
    launched = subprocess.run(
        [
            *(sys.executable, "-I", "-S", str(Path(keeper.__file__))),
            *(str(log), str(log_max_bytes), str(log_files)),
            *command,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=directory,
        env={name: os.environ[name] for name in environment if name in os.environ},
        check=True,
    )
    return int(launched.stdout)


def is_keeper(command: Sequence[str]) -> bool:
    """Return whether a command line is a keeper's, which ends as that of what it keeps does."""
    return any(part.endswith("keeper.py") for part in command[:5])


def alive(keeper_pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(keeper_pid).status() != psutil.STATUS_ZOMBIE
    return False


def stop(processes: list[psutil.Process], timeout: float) -> None:
    """Ask the processes to end, then make them; returns when they are gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        _, processes = psutil.wait_procs(processes, timeout=timeout)
        processes = [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
        if not processes:
            return
    names = ", ".join(str(p.pid) for p in processes)
    raise stack_error(f"the process {names} does not end; end it by hand")
