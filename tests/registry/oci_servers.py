"""Servers on loopback for the client's tests: a proxy that injects faults, a token server, servers that misbehave."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """A request as a server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What a server sends; `cut` leaves out that many bytes of the announced body, `drop` sends nothing at all."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int = 0
    drop: bool = False


Handler = Callable[[Request], Answer]


class Server:
    """A server of one function; `seen` holds what it was asked, over how many `connections`."""

    def __init__(self, handle: Handler) -> None:
        self.seen: list[Request] = []
        self.connections = 0
        outer = self

        class _Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                outer.connections += 1

            def _serve(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                # Go's clients send a header once for each of its values.
                headers = {key.lower(): ", ".join(self.headers.get_all(key, ())) for key in self.headers}
                request = Request(self.command, self.path, headers, self.rfile.read(length))
                outer.seen.append(request)
                answer = handle(request)
                if answer.drop:
                    self.close_connection = True
                    return
                self.send_response_only(answer.status)
                for key, value in answer.headers.items():
                    self.send_header(key, value)
                if "content-length" not in {key.lower() for key in answer.headers}:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body[: len(answer.body) - answer.cut])
                if answer.cut:
                    self.close_connection = True

            do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self.address = f"127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@contextmanager
def server(handle: Handler) -> Iterator[Server]:
    """Serve a function until the block ends."""
    running = Server(handle)
    try:
        yield running
    finally:
        running.close()


def forward(upstream: str, request: Request) -> Answer:
    """Ask a real server the same and return its answer; it keeps believing that it is the one that was asked."""
    connection = http.client.HTTPConnection(upstream, timeout=20)
    try:
        connection.request(request.method, request.path, request.body, request.headers)
        response = connection.getresponse()
        headers = {key: value for key, value in response.getheaders() if key.lower() != "transfer-encoding"}
        return Answer(response.status, headers, response.read())
    finally:
        connection.close()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenIssuer:
    """Issues RS256 tokens that the real registry checks against `jwks`."""

    def __init__(self, folder: Path, *, username: str, password: str, lifetime: int = 300) -> None:
        self._key = folder / "key.pem"
        self._login = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
        self.lifetime = lifetime
        self.allowed: set[str] = {"pull", "push", "delete", "*"}
        self.tokens: list[str] = []
        subprocess.run(["openssl", "genrsa", "-out", str(self._key), "2048"], check=True, capture_output=True)
        shown = subprocess.run(
            ["openssl", "rsa", "-in", str(self._key), "-noout", "-modulus"], check=True, capture_output=True, text=True
        )
        modulus = bytes.fromhex(shown.stdout.strip().removeprefix("Modulus="))
        key = {"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": _encoded(modulus), "e": "AQAB"}
        self.jwks = folder / "jwks.json"
        self.jwks.write_text(json.dumps({"keys": [key]}))

    def handle(self, request: Request) -> Answer:
        """Answer a request for a token."""
        if request.headers.get("authorization") != self._login:
            return Answer(401, {"Content-Type": "application/json"}, b'{"errors":[{"code":"UNAUTHORIZED"}]}')
        query = parse_qs(urlsplit(request.path).query)
        access: list[dict[str, object]] = []
        for scope in " ".join(query.get("scope", [])).split():
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": sorted(self.allowed & set(actions.split(",")))})
        token = self._sign(query["service"][0], access)
        self.tokens.append(token)
        return Answer(200, {}, json.dumps({"token": token, "expires_in": self.lifetime}).encode())

    def _sign(self, service: str, access: list[dict[str, object]]) -> str:
        now = int(time.time())
        claims = {
            "iss": "tests",
            "sub": "alice",
            "aud": service,
            "iat": now,
            "nbf": now - 5,
            "exp": now + 300,
            "jti": str(len(self.tokens)),
            "access": access,
        }
        header = {"typ": "JWT", "alg": "RS256", "kid": "one"}
        signed = f"{_encoded(json.dumps(header).encode())}.{_encoded(json.dumps(claims).encode())}"
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", str(self._key)],
            input=signed.encode(),
            check=True,
            capture_output=True,
        ).stdout
        return f"{signed}.{_encoded(signature)}"
