"""Docker Hub's API on a real HTTP server of this machine, with faults: the model of the rehearsal, served."""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from registry_components.rehearsal.hub_model import HubModel, Json, Organization, User


@dataclass
class Fault:
    """What goes wrong with the next `times` requests that match.

    `before` and `after` say whether the request is carried out: `drop-after` makes the repository, and then closes the
    connection without an answer. A number is the status that is answered, with nothing carried out; `<number>-after`
    carries it out first.
    """

    method: str
    path: str
    kind: str
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Call:
    """One request that came in, and what was answered (0: nothing)."""

    method: str
    path: str
    status: int
    body: Any


class FakeHub(HubModel):
    """The service; `url` is its root."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self._hanging = threading.Event()
        self.hung = threading.Event()
        """Set once a request hangs."""
        self.url = ""

    def fail(self, method: str, path: str, kind: str, **more: Any) -> None:
        """Let the next matching request fail; see `Fault`."""
        self.faults.append(Fault(method, path, kind, **more))

    def count(self, method: str, path: str) -> int:
        """Return how many requests matched."""
        return sum(1 for call in self.calls if call.method == method and re.fullmatch(path, call.path))

    @property
    def changes(self) -> list[str]:
        """The requests that could change something, without log-ins."""
        return [
            f"{c.method} {c.path}" for c in self.calls if c.method not in ("GET", "HEAD") and "/auth/" not in c.path
        ]

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.method in (method, "*") and re.fullmatch(fault.path, path) and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def hang(self, seconds: float) -> None:
        self.hung.set()
        self._hanging.wait(seconds)

    def stop_hanging(self) -> None:
        self._hanging.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length) if length else b""
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        path = urlsplit(self.path).path
        fault = self.hub.take_fault(self.command, path)
        if fault is not None and self._fail(fault, path, body):
            return
        if self.command == "HEAD":
            self._manifest(path)
            return
        status, found, headers = self.hub.answer(self.command, self.path, self.headers, body)
        if fault is not None and fault.kind.endswith("-after"):
            self._after(fault, path, body)
            return
        self._tell(path, status, found, headers, body)

    def _fail(self, fault: Fault, path: str, body: Any) -> bool:
        if fault.kind.endswith("-after"):
            return False
        if fault.kind == "drop":
            self._drop(path, body)
        elif fault.kind == "hang":
            self.hub.hang(fault.seconds)
            self._drop(path, body)
        elif fault.kind == "page":
            self._raw(path, 200, b"<html>a proxy's page</html>", body)
        else:
            self._tell(path, int(fault.kind), {"message": "a fault"}, fault.headers, body)
        return True

    def _after(self, fault: Fault, path: str, body: Any) -> None:
        kind = fault.kind.removesuffix("-after")
        if kind == "hang":
            self.hub.hang(fault.seconds)
        if kind in ("drop", "hang"):
            self._drop(path, body)
        else:
            self._tell(path, int(kind), {"message": "a fault"}, fault.headers, body)

    def _drop(self, path: str, body: Any) -> None:
        self.hub.calls.append(Call(self.command, path, 0, body))
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _manifest(self, path: str) -> None:
        if self.headers.get("authorization") != "Bearer registry-jwt":
            self._tell(path, 401, None, {}, None)
            return
        left = self.hub.pulls[1] if self.hub.pulls is not None else 1
        self._tell(path, 200 if left else 429, None, self.hub.pull_headers(), None)

    def _tell(self, path: str, status: int, found: Any, headers: dict[str, str], body: Any) -> None:
        text = b"" if found is None else json.dumps(found).encode()
        self._raw(path, status, text, body, headers)

    def _raw(self, path: str, status: int, text: bytes, body: Any, headers: dict[str, str] | None = None) -> None:
        self.hub.calls.append(Call(self.command, path, status, body))
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 - the base class looks for these

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: `calls` has it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave out that a client went away, which many tests make it do."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    """Serve a Docker Hub on loopback until the block ends."""
    hub = FakeHub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = _Server(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="fake-hub")
    thread.start()
    try:
        yield hub
    finally:
        hub.stop_hanging()
        server.shutdown()
        server.server_close()
        thread.join(10)


__all__ = ["Call", "FakeHub", "Fault", "Json", "Organization", "User", "fake_hub"]
