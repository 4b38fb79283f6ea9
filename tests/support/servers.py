"""Server processes on loopback for tests: started, waited for, and ended by their own id."""

from __future__ import annotations

import itertools
import os
import random
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# Systems give outgoing connections and listeners on port 0 (each engine's, each provider's) ports of 32768 (Linux) or
# 49152 (macOS) and up: a port from there may be taken by any of them before the server under test binds it.
_PORTS = range(10_000, 32_000)
_WORKERS = 16


def _candidates() -> Iterator[int]:
    # Parallel test processes draw from disjoint shares, and one process draws no port twice in a row of many.
    worker = int("".join(re.findall(r"\d+", os.environ.get("PYTEST_XDIST_WORKER", "0"))) or 0)
    share = list(_PORTS[worker % _WORKERS :: _WORKERS])
    random.shuffle(share)
    return itertools.cycle(share)


_ports = _candidates()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now and that no system gives away by itself."""
    for port in itertools.islice(_ports, len(_PORTS)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port of 127.0.0.1 is free")


@contextmanager
def serving(
    command: Sequence[str], port: int, log: Path, *, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; the block starts when the port takes connections."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env
        )
    try:
        _wait(process, port, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the server ended at its start: {log.read_text()[-2000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"the server did not listen on {port}: {log.read_text()[-2000:]}")
