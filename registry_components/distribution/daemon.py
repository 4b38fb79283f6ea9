"""Owns one registry process on this machine: start, observe, stop. It knows no Pulumi.

Who is who is decided by the command line, which names this instance's own config file, together with the start time:
a process id alone says nothing after a reboot or a long uptime.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

import psutil

from ..core.errors import StackError, stack_error
from .owned import (
    ENVIRONMENT,
    PROXY,
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

Status = Literal["running", "dead", "outdated", "unresponsive", "foreign"]


@dataclass(frozen=True)
class Spec:
    """What one instance is: the binary, its files, where it listens and how long to wait for it."""

    directory: Path
    binary: Path
    files: Mapping[str, str]
    """File name (below `files/`) to content; `config.yml` among them."""
    host: str
    port: int
    owner: Owner
    tls: bool = False
    probe_path: str = "/v2/"
    start_timeout: float = 30
    stop_timeout: float = 10
    log_max_bytes: int = 10 * 1024 * 1024
    log_files: int = 5
    secrets: frozenset[str] = frozenset()
    """Texts that no message may show."""
    environment: tuple[str, ...] = ()
    """Names of further environment variables that the daemon sees (a cloud's default credential chain)."""

    @property
    def config(self) -> Path:
        return files_directory(self.directory) / "config.yml"

    @property
    def digest(self) -> str:
        """Return a digest of all that the running process was started from."""
        parts = {"binary": str(self.binary), "host": self.host, "port": self.port, "files": dict(self.files)}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Record:
    """What is remembered of the process that was started."""

    pid: int
    started: str
    digest: str
    owner: Owner
    port: int = 0


@dataclass(frozen=True)
class Observation:
    """What is true of an instance now."""

    status: Status
    detail: str = ""
    processes: list[psutil.Process] = field(default_factory=list)
    digest: str = ""


def files_directory(directory: Path) -> Path:
    """Return where the config file and the credential files of an instance are."""
    return directory / "files"


def data_directory(directory: Path) -> Path:
    """Return where an instance keeps its images."""
    return directory / "data"


def log_file(directory: Path) -> Path:
    """Return the log of an instance; older parts end in `.1`, `.2`, …"""
    return directory / "registry.log"


def default_directory(project: str, stack: str, name: str) -> Path:
    """Return where an instance lives unless the stack says otherwise: below the user's state directory."""
    home = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(home) / "registry-components" / project / stack / name


# --- the processes -------------------------------------------------------------------------------------------------


def _processes(config: Path) -> list[psutil.Process]:
    """Return this user's live processes that serve `config`."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if (
                _serves(process.cmdline(), config)
                and process.uids().real == os.getuid()
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(process)
    return found


def _serves(command: list[str], config: Path) -> bool:
    """Return whether a command line is the registry's own; its keeper's ends alike."""
    return command[-2:] == ["serve", str(config)] and not is_keeper(command)


def port_holder(host: str, port: int, ours: list[psutil.Process]) -> str | None:
    """Return who else listens on `host:port`, in words, or None where the port is free or ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            return f"the system, which keeps ports below {_first_free_port()} for the administrator"
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                return f"nobody, but {host} is no address of this machine"
        else:
            return None
    pids = {process.pid for process in ours}
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                if connection.pid in pids:
                    return None
                if connection.pid:
                    return _describe(connection.pid)
    return "another user's process"


def _first_free_port() -> int:
    with contextlib.suppress(OSError, ValueError):
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    return 1024


def _describe(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return f"{process.name()} (pid {pid}, started as {' '.join(process.cmdline()[:3]) or process.name()})"
    except psutil.Error:
        return f"pid {pid}"


# --- observing -----------------------------------------------------------------------------------------------------


def _record(directory: Path) -> Record | None:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        found = json.loads((directory / "daemon.json").read_text())
        return Record(**{**found, "owner": Owner(**found["owner"])})
    return None


def observe(spec: Spec) -> Observation:
    """Return whether the instance runs what `spec` says. Looks, and changes nothing."""
    ours = _processes(spec.config)
    if not ours:
        holder = port_holder(spec.host, spec.port, ours)
        if holder:
            return Observation("foreign", f"port {spec.port} on {spec.host} is held by {holder}")
        return Observation("dead", "the registry process is gone")
    record = _record(spec.directory)
    main = ours[0]
    known = record is not None and len(ours) == 1 and record.pid == main.pid and record.started == started(main)
    if not known or record is None:
        return Observation("outdated", f"pid {main.pid} was not started by the last deployment", ours)
    if record.digest != spec.digest:
        return Observation("outdated", "it was started from another configuration", ours, record.digest)
    if not _answers(spec, time.monotonic() + 3):
        return Observation("unresponsive", f"pid {main.pid} runs but does not answer", ours, record.digest)
    return Observation("running", "", ours, record.digest)


def _answers(spec: Spec, deadline: float) -> bool:
    """Return whether the port speaks HTTP (over TLS where it should), asking until `deadline`."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(spec.host, spec.host)  # noqa: S104
    while True:
        with contextlib.suppress(OSError):
            connection: socket.socket = socket.create_connection((host, spec.port), timeout=2)
            with connection:
                return _speaks_http(connection, spec, host)
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)


def _speaks_http(connection: socket.socket, spec: Spec, host: str) -> bool:
    request = f"GET {spec.probe_path} HTTP/1.1\r\nHost: {host}:{spec.port}\r\nConnection: close\r\n\r\n".encode()
    if not spec.tls:
        connection.sendall(request)
        return connection.recv(16).startswith(b"HTTP/1.")
    # The certificate is the stack's own and names the public host: that the process is ours is known from its
    # command line, so no trust rests on this connection.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with context.wrap_socket(connection) as secured:
            secured.sendall(request)
            return secured.recv(16).startswith(b"HTTP/1.")
    except ssl.SSLError as error:
        # A server that wants a client certificate answers with an alert: it is up.
        return "ALERT" in str(error).upper()


# --- changing ------------------------------------------------------------------------------------------------------


def check(spec: Spec) -> list[tuple[str, str]]:
    """Return what stands in the way of running `spec`, as (setting, reason), without changing anything."""
    found = []
    ours = [*_processes(spec.config), *_elsewhere(spec)]
    holder = port_holder(spec.host, spec.port, ours)
    if holder:
        found.append(
            (
                "port",
                f"port {spec.port} on {spec.host} is held by {holder}; stop it, or set port to a free one",
            )
        )
    owner = _other_owner(spec)
    if owner:
        found.append(("directory", owner))
    parent = spec.directory
    while not _is_seen(parent) and parent != parent.parent:
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        why = "is not a directory" if not parent.is_dir() else "is not writable for this user"
        found.append(
            (
                "directory",
                f"{parent} {why}, so {spec.directory} cannot be used; set runtime.directory to another place",
            )
        )
    if not os.access(spec.binary, os.X_OK):
        found.append(
            (
                "binary",
                f"{spec.binary} is not a program that can be run; install it, or correct runtime.binary",
            )
        )
    return found


def _is_seen(path: Path) -> bool:
    """Return whether a path is there; one in a folder that this user may not look into is not."""
    with contextlib.suppress(OSError):
        return path.exists()
    return False


def _elsewhere(spec: Spec) -> list[psutil.Process]:
    """Return the processes of the same component in another directory: they are stopped before this one starts."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            config = Path(process.cmdline()[-1:][0]) if process.cmdline()[-2:-1] == ["serve"] else spec.config
            if config.name != spec.config.name or config == spec.config or not _serves(process.cmdline(), config):
                continue
            record = _record(config.parent.parent)
            if record is not None and record.owner == spec.owner and record.pid == process.pid:
                found.append(process)
    return found


def _other_owner(spec: Spec) -> str | None:
    """Return a message where a live instance of another checkout uses the same directory."""
    record = _record(spec.directory)
    if record is None or record.owner == spec.owner:
        return None
    if not _lives(record) and not _processes(spec.config):
        return None
    if replace(record.owner, root="") == replace(spec.owner, root="") and not (
        record.owner.root and Path(record.owner.root).is_dir()
    ):
        return None  # the checkout has moved
    return f"{spec.directory} is in use by {record.owner}; stop that one, or set runtime.directory to another place"


def _lives(record: Record) -> bool:
    """Return whether the process of a record still runs; the directory may have been reached by another path."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(record.pid)
        return started(process) == record.started and process.status() != psutil.STATUS_ZOMBIE
    return False


def ensure(spec: Spec) -> Observation:
    """Make the instance run what `spec` says; what already does is left alone.

    A start with a new configuration that fails brings the previous one back before it raises `StackError`.
    """
    with locked(spec.directory):
        refused = check(spec)
        if refused:
            raise stack_error("; ".join(reason for _, reason in refused))
        seen = observe(spec)
        if seen.status == "running":
            write_files(
                files_directory(spec.directory), spec.files
            )  # a lost or altered file would fail the next start, not this process
            return seen
        previous = _files_now(spec.directory)
        stop(seen.processes, spec.stop_timeout)
        try:
            return _start(spec)
        except StackError as error:
            stop(_processes(spec.config), spec.stop_timeout)
            if seen.status == "outdated" and previous.get("config.yml"):
                raise _restored(spec, previous, error) from None
            raise


def _restored(spec: Spec, previous: Mapping[str, str], error: StackError) -> StackError:
    """Start the previous files again and return the error to raise."""
    record = _record(spec.directory)
    old = Spec(**{**vars(spec), "files": previous, "port": record.port if record and record.port else spec.port})
    try:
        _start(old)
    except StackError:
        stop(_processes(spec.config), spec.stop_timeout)
        return stack_error(f"{error}\nThe previous configuration did not start again either; nothing runs now.")
    return stack_error(f"{error}\nThe previous configuration was started again and serves as before.")


def _files_now(directory: Path) -> dict[str, str]:
    folder = files_directory(directory)
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return {path.name: path.read_text() for path in sorted(folder.iterdir()) if path.is_file()}
    return {}


def _start(spec: Spec) -> Observation:
    make_private(data_directory(spec.directory))
    write_files(files_directory(spec.directory), spec.files)
    log = log_file(spec.directory)
    offset = log.stat().st_size if log.exists() else 0
    keeper_pid = launch(
        [str(spec.binary), "serve", str(spec.config)],
        directory=spec.directory,
        log=log,
        log_max_bytes=spec.log_max_bytes,
        log_files=spec.log_files,
        environment=(*ENVIRONMENT, *PROXY, *spec.environment),
    )
    deadline = time.monotonic() + spec.start_timeout
    while time.monotonic() < deadline:
        ours = _children(keeper_pid, spec.config)
        if ours and _listens(ours[0], spec.port) and _answers(spec, deadline):
            record = Record(ours[0].pid, started(ours[0]), spec.digest, spec.owner, spec.port)
            write(spec.directory / "daemon.json", json.dumps(asdict(record), indent=1) + "\n")
            return Observation("running", "", ours, spec.digest)
        if not alive(keeper_pid):
            raise stack_error(f"the registry ended right after its start: {_last_words(spec, offset)}")
        time.sleep(0.02)
    raise stack_error(
        f"the registry did not answer on {spec.host}:{spec.port} within {spec.start_timeout:g} s: "
        f"{_last_words(spec, offset)}; its log is {log}"
    )


def _children(keeper_pid: int, config: Path) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return [p for p in psutil.Process(keeper_pid).children() if _serves(p.cmdline(), config)]
    return []


def _listens(process: psutil.Process, port: int) -> bool:
    """Return whether this very process listens on the port: another's answer proves nothing."""
    try:
        connections = process.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return True  # macOS tells only the administrator; the answer on the port has to do
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)


def _last_words(spec: Spec, offset: int) -> str:
    """Return the last line the registry logged since `offset`, without any secret of the configuration."""
    try:
        with log_file(spec.directory).open("rb") as file:
            file.seek(offset)
            text = file.read()[-20000:].decode(errors="replace")
    except OSError:
        return "it left no log"
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return "it left no log"
    telling = next((line for line in lines if "level=fatal" in line or "panic:" in line), lines[-1])
    for secret in sorted(spec.secrets, key=len, reverse=True):
        telling = telling.replace(secret, "[secret]")
    return telling[-600:]


def remove(spec: Spec, *, keep_data: bool) -> None:
    """Stop the instance and remove its files; its images too unless `keep_data`."""
    if not spec.directory.exists():
        return
    with locked(spec.directory):
        owner = _other_owner(spec)
        if owner:
            raise stack_error(owner)
        stop(_processes(spec.config), spec.stop_timeout)
        shutil.rmtree(files_directory(spec.directory), ignore_errors=True)
        (spec.directory / "daemon.json").unlink(missing_ok=True)
        if keep_data:
            return
        # Only what an instance makes is removed: the directory may be one that the user keeps other things in.
        shutil.rmtree(data_directory(spec.directory), ignore_errors=True)
        for path in (*spec.directory.glob(f"{log_file(spec.directory).name}*"), spec.directory / "lock"):
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        spec.directory.rmdir()
