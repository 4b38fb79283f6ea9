"""Harbor's API on a real HTTP server of this machine: the model of the rehearsal, served, and held to the document.

What is served can be another service with a model of its own: `fake_nexus` is.
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from registry_components.rehearsal.folder import CloudFile
from registry_components.rehearsal.harbor import FILE, SERVED, HarborCloud, basic
from registry_components.rehearsal.harbor_model import ROOT, Json

from .harbor_document import PATH, HarborDocument


@dataclass(frozen=True)
class Call:
    """One request that came in, and what was answered (0: nothing)."""

    method: str
    path: str
    status: int
    body: Any


@dataclass
class Fault:
    """What goes wrong with the next `times` requests: a status, `drop`, `hang`; with `-after`, once it was done."""

    method: str
    path: str
    kind: str
    times: int = 1


@dataclass
class FakeHarbor:
    """The service; `url` is its root."""

    file: CloudFile
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    undocumented: list[str] = field(default_factory=list)
    """What was not as Harbor's document has it; empty where that is not here."""
    cookies: list[str] = field(default_factory=list)
    hung: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)
    _document: HarborDocument | None = None
    root: ClassVar[str] = ROOT
    served: ClassVar[str] = SERVED
    """The file in the rehearsal's folder that says where this is served."""
    users: ClassVar[str] = "users"
    """Where the state has the passwords of those who log in."""

    def __post_init__(self) -> None:
        self._document = HarborDocument() if PATH.is_file() else None

    @property
    def cloud(self) -> Any:
        """What it keeps."""
        return HarborCloud(self.file, self.url)

    @staticmethod
    def refusal() -> Any:
        """Return what a fault is told as."""
        return {"errors": [{"code": "UNKNOWN", "message": "a fault"}]}

    @contextmanager
    def change(self) -> Iterator[Json]:
        """Yield what it keeps, to make drift."""
        with self.cloud.change() as state:
            yield state

    def kept(self, kind: str) -> Json:
        """Return a copy of what it keeps of a kind."""
        with self.change() as state:
            found: Json = json.loads(json.dumps(state[kind]))
        return found

    def fail(self, method: str, path: str, kind: str, times: int = 1) -> None:
        """Let the next matching request fail."""
        self.faults.append(Fault(method, path, kind, times))

    @property
    def changes(self) -> list[str]:
        """The requests that could change something."""
        return [f"{call.method} {call.path}" for call in self.calls if call.method != "GET"]

    def take_fault(self, method: str, path: str) -> str:
        """Return what goes wrong with a request."""
        for fault in self.faults:
            if fault.method == method and fault.path == path.partition("?")[0] and fault.times:
                fault.times -= 1
                return fault.kind
        return ""

    def answer(self, method: str, path: str, header: str | None, body: Any) -> Any:
        """Return what the model answers, and note what is not documented."""
        username, password = basic(header)
        status, found, headers = self.cloud.answer(method, path, username, password, body)
        if self._document is not None:
            self.undocumented += self._document.mistakes(method, path, body, status, found)
        return status, found, headers


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: else each answer waits for the other side to acknowledge its head.
    wbufsize = -1
    harbor: FakeHarbor

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length) if length else b""
        text = self.headers.get("content-type") == "text/plain"
        body = (raw.decode() if text else json.loads(raw)) if raw else None
        path = self.path.removeprefix(self.harbor.root)
        if self.headers.get("cookie"):
            self.harbor.cookies.append(str(self.headers["cookie"]))
        kind = self.harbor.take_fault(self.command, path)
        if kind.isdigit():
            self._tell(path, int(kind), self.harbor.refusal(), {}, body)
            return
        if kind == "page":
            self._raw(path, 200, b"<html>a proxy's page</html>", {}, body)
            return
        status, found, headers = (0, None, {}) if kind == "drop" else self._answered(path, body)
        if kind == "hang-after":
            self.harbor.hung.set()
            self.harbor.free.wait(60)
        if kind:
            self.harbor.calls.append(Call(self.command, path, 0, body))
            self.close_connection = True
            self.connection.close()
            return
        self._tell(path, status, found, headers, body)

    def _answered(self, path: str, body: Any) -> Any:
        return self.harbor.answer(self.command, path, self.headers.get("authorization"), body)

    def _tell(self, path: str, status: int, found: Any, headers: dict[str, str], body: Any) -> None:
        text = b"" if found is None else json.dumps(found).encode()
        self._raw(path, status, text, headers, body)

    def _raw(self, path: str, status: int, text: bytes, headers: dict[str, str], body: Any) -> None:
        self.harbor.calls.append(Call(self.command, path, status, body))
        self.send_response(status)
        # A session, which a client that sends it back needs a CSRF token for.
        self.send_header("set-cookie", "sid=0123456789; Path=/; HttpOnly")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class looks for these

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: `calls` has it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave out that a client went away, which some tests make it do."""
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            super().handle_error(request, client_address)


@contextmanager
def fake_harbor(
    folder: Path, *, password: str | None = None, certificate: tuple[Path, Path] | None = None
) -> Iterator[FakeHarbor]:
    """Serve a Harbor on loopback until the block ends, over the state of a rehearsal's folder.

    `certificate` is a certificate and its key, to serve over TLS as `localhost`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with serving(FakeHarbor(CloudFile(folder / f"{FILE}.json")), folder, password, certificate) as harbor:
        yield harbor


_Service = TypeVar("_Service", bound=FakeHarbor)


@contextmanager
def serving(
    harbor: _Service, folder: Path, password: str | None, certificate: tuple[Path, Path] | None = None
) -> Iterator[_Service]:
    """Serve a service on loopback until the block ends."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"harbor": harbor}))
    harbor.url = f"http://127.0.0.1:{server.server_address[1]}"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        harbor.url = f"https://localhost:{server.server_address[1]}"
    # The programs' own client goes to this server, and the emulated provider to the same state.
    (folder / harbor.served).write_text(harbor.url, encoding="utf-8")
    if password is not None:
        with harbor.change() as state:
            state[harbor.users]["admin"] = password
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="fake-service")
    thread.start()
    try:
        yield harbor
    finally:
        harbor.free.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


__all__ = ["Call", "FakeHarbor", "Fault", "fake_harbor", "serving"]
