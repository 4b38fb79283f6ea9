"""Registry proof: the real registry starts with every configuration that the model accepts."""

from __future__ import annotations

import http.client
import http.server
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, note
from hypothesis import settings as hypothesis_settings

from registry_components.distribution.args import DistributionRegistryArgs
from registry_components.distribution.render import Layout, Rendered, render, to_yaml
from tests.support.servers import free_port
from tests.unit.distribution.material import BCRYPT, material
from tests.unit.distribution.resolved import resolved
from tests.unit.distribution.strategies import Settings, registries

pytestmark = [
    pytest.mark.registry,
    # Python 3.11's ssl drops the socket unclosed where the peer resets it between connect and handshake, which a
    # server that is being started or stopped does.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]

SECRET = "generated-http-secret"


class _Anything(http.server.BaseHTTPRequestHandler):
    """Answers as an empty upstream registry, and as AWS's empty list of addresses."""

    def do_GET(self) -> None:
        body = b'{"prefixes": [], "ipv6_prefixes": []}'
        self.send_response(200)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is Python's
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Anything)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def stand_in(config: dict[str, Any], upstream: str) -> None:
    """Put loopback in the place of what the registry needs from the internet while it starts.

    It asks the upstream of a cache at once, and does not start where that does not answer; with a credential helper
    it asks later. A cache with expiry reads its schedule from the storage. CloudFront's filter fetches AWS's
    addresses. Everything else (Redis, buckets, webhooks, mail, ACME) is reached when it is first used.
    """
    proxy = config.get("proxy")
    if proxy:
        if "exec" not in proxy:
            proxy["remoteurl"] = upstream
        if {"s3", "gcs", "azure"} & set(config["storage"]):
            proxy["ttl"] = "0s"
    for middleware in config.get("middleware", {}).get("storage", []):
        if "ipfilteredby" in middleware["options"]:
            middleware["options"]["iprangesurl"] = upstream


def environment(folder: Path) -> dict[str, str]:
    """Return what a machine of a cloud would have: the credentials of its own role, in variables."""
    account = folder / "role.json"
    account.write_text(material().service_account)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": "role",
        "AWS_SECRET_ACCESS_KEY": "role",
        "AWS_EC2_METADATA_DISABLED": "true",
        "GOOGLE_APPLICATION_CREDENTIALS": str(account),
        "OTEL_TRACES_EXPORTER": "none",
    }


@contextmanager
def started(binary: Path, config: Path, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(binary), "serve", str(config)], env=env, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def answers(port: int, tls: bool) -> bool:
    """Return whether the server on a port speaks HTTP, or TLS if it should.

    A TLS alert is an answer too: a server that wants a client certificate, or has none of its own yet, sends one.
    """
    with socket.socket() as plain:
        plain.settimeout(5)
        if plain.connect_ex(("127.0.0.1", port)) != 0:
            return False
        connection: socket.socket = plain
        try:
            if tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                connection = context.wrap_socket(plain, server_hostname="localhost")
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            response = http.client.HTTPResponse(connection)
            response.begin()
        except ssl.SSLError as error:
            return isinstance(error.reason, str) and "ALERT" in error.reason
        except OSError:
            return False
        finally:
            connection.close()
        return response.status in (200, 503)  # 503: a health check fails, which is not about the configuration


def starts(binary: Path, rendered: Rendered, folder: Path, port: int, env: dict[str, str]) -> str | None:
    """Start the registry; return None when it serves, else what it wrote."""
    files = folder / "files"
    files.mkdir(exist_ok=True)
    for name, content in rendered.files.items():
        (files / name).write_text(content)
    config, log = folder / "config.yml", folder / "log"
    config.write_text(to_yaml(rendered.config))
    tls = "tls" in rendered.config["http"]
    with started(binary, config, env, log) as process:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            if answers(port, tls) and process.poll() is None:
                return None
            time.sleep(0.01)
    return log.read_text(errors="replace")[-3000:] or "it did not serve and wrote nothing"


def check(binary: Path, settings: Settings, folder: Path, upstream: str) -> None:
    args = DistributionRegistryArgs.parse(settings)
    port = free_port()
    layout = Layout(f"127.0.0.1:{port}", str(folder / "data"), str(folder / "files"), debug_address="127.0.0.1:0")
    rendered = resolved(render(args, layout, http_secret=SECRET, htpasswd=f"ci:{BCRYPT}\n"))
    stand_in(rendered.config, upstream)
    note(to_yaml(rendered.config))
    complaint = starts(binary, rendered, folder, port, environment(folder))
    assert complaint is None, complaint


@hypothesis_settings(
    max_examples=int(os.environ.get("REGC_EXAMPLES", "300")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@example(settings={"storage": {"kind": "filesystem"}, "auth": {"kind": "none"}})
@example(settings={"storage": {"kind": "filesystem"}, "auth": {"kind": "htpasswd", "users": ["ci"]}, "delete": True})
@given(settings=registries())
def test_real_registry_starts(registry_binary: Path, settings: Settings, tmp_path: Path, upstream: str) -> None:
    check(registry_binary, settings, tmp_path, upstream)


def test_a_refused_configuration_is_noticed(registry_binary: Path, tmp_path: Path) -> None:
    port = free_port()
    config = {"version": "0.1", "storage": {"s3": {"bucket": "b"}}, "http": {"addr": f"127.0.0.1:{port}"}}
    complaint = starts(registry_binary, Rendered(config), tmp_path, port, environment(tmp_path))
    assert complaint is not None
    assert "no region parameter provided" in complaint
