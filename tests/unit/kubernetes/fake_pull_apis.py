"""A small Kubernetes API server and the token servers of three clouds, on loopback, for tests of the refresher."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "the-pods-own-service-account-token"


@dataclass
class Cluster:
    """What a cluster holds, by path; and what was asked of it."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    refuse: dict[str, int] = field(default_factory=dict)
    """Paths that are answered with a status."""
    before_patch: Any = None
    """Called once before a JSON patch is looked at: somebody else's change."""
    url: str = ""

    def add(self, path: str, **more: Any) -> None:
        """Add an object."""
        name = path.rsplit("/", 1)[-1]
        self.objects[path] = {"metadata": {"name": name, "uid": f"uid-of-{name}", "resourceVersion": "1"}, **more}

    def namespace(self, name: str, labels: dict[str, str] | None = None, *, phase: str = "Active") -> None:
        """Add a namespace with its default service account."""
        self.add(f"/api/v1/namespaces/{name}", status={"phase": phase})
        self.objects[f"/api/v1/namespaces/{name}"]["metadata"]["labels"] = labels or {}
        self.add(f"/api/v1/namespaces/{name}/serviceaccounts/default")

    def secret(self, namespace: str, name: str = "apps") -> dict[str, Any]:
        """Return the logins in a secret."""
        found = self.objects[f"/api/v1/namespaces/{namespace}/secrets/{name}"]
        auths: dict[str, Any] = json.loads(base64.b64decode(found["data"][".dockerconfigjson"]))["auths"]
        return auths

    def kubeconfig(self) -> str:
        """Return a kubeconfig for it."""
        return json.dumps(
            {
                "current-context": "test",
                "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": self.url}}],
                "users": [{"name": "u", "user": {"token": TOKEN}}],
            }
        )


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _fail(self, status: int, reason: str) -> None:
        self._answer(status, {"kind": "Status", "message": reason, "code": status})

    def _asked(self) -> tuple[str, dict[str, str]] | None:
        split = urlsplit(self.path)
        self.cluster.requests.append(f"{self.command} {split.path}")
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._fail(401, "Unauthorized")
            return None
        if split.path in self.cluster.refuse:
            self._fail(self.cluster.refuse[split.path], f"{split.path} is forbidden")
            return None
        return unquote(split.path), {key: values[0] for key, values in parse_qs(split.query).items()}

    def do_GET(self) -> None:
        asked = self._asked()
        if asked is None:
            return
        path, query = asked
        if path == "/api/v1/namespaces":
            self._namespaces(query)
        elif path in self.cluster.objects:
            self._answer(200, self.cluster.objects[path])
        else:
            self._fail(404, f"{path} not found")

    def _namespaces(self, query: dict[str, str]) -> None:
        wanted = [part.split("=") for part in query.get("labelSelector", "").split(",") if part]
        found = [
            item
            for path, item in sorted(self.cluster.objects.items())
            if re.fullmatch(r"/api/v1/namespaces/[^/]+", path)
            and all(item["metadata"]["labels"].get(key) == value for key, value in wanted)
        ]
        # Pages of one, whatever is asked for.
        at = int(query.get("continue", "0"))
        more = {"continue": str(at + 1)} if at + 1 < len(found) else {}
        self._answer(200, {"items": found[at : at + 1], "metadata": more})

    def do_POST(self) -> None:
        asked, body = self._asked(), self._body()
        if asked is not None:
            self.cluster.events.append(body)
            self._answer(201, body)

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def do_PATCH(self) -> None:
        body = self._body()
        asked = self._asked()
        if asked is None:
            return
        path, query = asked
        assert query["fieldManager"]
        kind = self.headers["Content-Type"]
        if kind == "application/apply-patch+yaml":
            assert query["force"] == "true"
            self.cluster.objects[path] = body
            self._answer(200, body)
            return
        assert kind == "application/json-patch+json"
        if self.cluster.before_patch is not None:
            change, self.cluster.before_patch = self.cluster.before_patch, None
            change()
        self._json_patch(path, body)

    def _json_patch(self, path: str, patch: list[dict[str, Any]]) -> None:
        found = self.cluster.objects[path]
        for step in patch:
            parts = step["path"].strip("/").split("/")
            if step["op"] == "test":
                if found[parts[0]][parts[1]] != step["value"]:
                    self._fail(422, "the server rejected our request due to an error in our request")
                    return
            elif step["op"] == "remove":
                del found[parts[0]][int(parts[1])]
            elif len(parts) == 1:
                found[parts[0]] = step["value"]
            else:
                assert parts[1] == "-"
                found[parts[0]].append(step["value"])
        self.bump(found)
        self._answer(200, found)

    @staticmethod
    def bump(found: dict[str, Any]) -> None:
        """Give an object its next version."""
        found["metadata"]["resourceVersion"] = str(int(found["metadata"]["resourceVersion"]) + 1)


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port of loopback; yields `127.0.0.1:port`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Yield a cluster that answers."""
    made = Cluster()
    with served(type("Handler", (_Handler,), {"cluster": made})) as address:
        made.url = f"http://{address}"
        yield made


@dataclass
class Clouds:
    """Token servers of Google, Microsoft and a registry of ACR."""

    address: str = ""
    google: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Answers of the metadata server, one after another; the last one stays."""
    entra: tuple[int, dict[str, Any]] = (200, {"access_token": "an-access-token-of-entra"})
    exchange: tuple[int, dict[str, Any]] = (200, {})
    forms: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def clouds() -> Iterator[Clouds]:
    """Yield token servers that answer."""
    made = Clouds()

    class Handler(_Handler):
        def do_GET(self) -> None:
            assert self.path == "/computeMetadata/v1/instance/service-accounts/default/token"
            assert self.headers["Metadata-Flavor"] == "Google"
            self._answer(*(made.google.pop(0) if len(made.google) > 1 else made.google[0]))

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            made.forms.append({key: values[0] for key, values in parse_qs(text).items()})
            self._answer(*(made.exchange if self.path == "/oauth2/exchange" else made.entra))

    with served(Handler) as address:
        made.address = address
        yield made


def jwt(expires: float) -> str:
    """Return a token that says when it ends."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expires}).encode()).decode().rstrip("=")
    return f"header.{claims}.signature-of-the-registry"
