"""Registries with JSON APIs of their own on real HTTP servers of this machine, and random content for them.

A fake answers as the API is documented, refuses what the document does not know, and can be made to fail.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from registry_components.oci.model import (
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_EMPTY,
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
SIGNATURE = "application/vnd.cncf.notary.signature"


@dataclass
class Answer:
    """What a server says."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """An answer in place of the right one, for requests whose path and query match."""

    pattern: str
    answer: Answer
    times: int = 1


class FakeApi:
    """A server; `host` is its address."""

    def __init__(self) -> None:
        self.host = ""
        self.asked: list[str] = []
        self.wrong: list[str] = []
        """Requests that the API's document does not know."""
        self.faults: list[Fault] = []
        self.mangle: int | None = None
        """The seed by which something else is made of a part of every other answer."""

    def reply(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Answer a request; `path` is as it was sent, escapes and all."""
        raise NotImplementedError

    def fail(self, pattern: str, *, times: int = 1, **answer: Any) -> None:
        """Let requests fail."""
        self.faults.append(Fault(pattern, Answer(**answer), times))

    def _fault(self, target: str) -> Answer | None:
        for fault in self.faults:
            if fault.times and re.search(fault.pattern, target):
                fault.times -= 1
                return fault.answer
        return None

    def handle(self, target: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append(target)
        fault = self._fault(target)
        if fault is not None:
            return fault
        parts = urlsplit(target)
        answer = self.reply(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers)
        if self.mangle is not None and answer.status == 200 and re.match("/(acr|v1|api)/", target):
            # By the request, so that which thread comes first does not matter.
            dice = Random(f"{self.mangle} {target}")
            answer.body = mangled(dice, answer.body) if dice.random() < 0.5 else answer.body
        return answer


class _Server(ThreadingHTTPServer):
    """Says nothing of a client that hung up: standard error is what the tests read."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(*fakes: FakeApi) -> Iterator[None]:
    """Serve fakes on ports of their own."""
    servers = []
    for fake in fakes:
        server = _Server(("127.0.0.1", 0), _handler(fake))
        server.daemon_threads = True
        fake.host = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        servers.append((server, thread))
    try:
        yield
    finally:
        for server, thread in servers:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(fake: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = fake.handle(self.path, {key.lower(): value for key, value in self.headers.items()})
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            # So that every page is another one.
            count = str(len(fake.asked))
            body = body.replace(b"COUNT", count.encode())
            self.send_response(answer.status)
            headers = {"content-type": "application/json", "content-length": str(len(body)), **answer.headers}
            for name, value in headers.items():
                self.send_header(name, value.replace("COUNT", count))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


JUNK: list[Any] = [
    None, True, 0, -1, 10**30, 1.5, "", "x", "\x00", "../..", "sha256:" + "0" * 64, "\ud800",
    [], {}, [[]], [None], {"": {}},
]  # fmt: skip


def mangled(dice: Random, value: Any) -> Any:
    """Return a value of JSON in which one thing, wherever, is another."""
    if dice.random() < 0.3 or not isinstance(value, dict | list) or not value:
        return dice.choice(JUNK)
    if isinstance(value, list):
        place = dice.randrange(len(value))
        return [mangled(dice, one) if at == place else one for at, one in enumerate(value)]
    name = dice.choice(sorted(value))
    return {key: mangled(dice, one) if key == name else one for key, one in value.items()}


# Content


@dataclass
class Piece:
    """One manifest of a repository, and all that is known of it."""

    data: bytes
    media_type: str
    config: str | None
    pushed: datetime
    kind: str | None = None
    """The artifact's own type."""
    children: list[str] = field(default_factory=list)
    subject: str | None = None
    tags: dict[str, datetime] = field(default_factory=dict)
    locked_tags: set[str] = field(default_factory=set)
    locked: bool = False
    pulled: datetime | None = None
    size: int = 0
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        self.digest = digest_of(self.data)


Repository = dict[str, Piece]
Content = dict[str, Repository]


def content(dice: Random, names: list[str], most: int = 12) -> Content:
    """Return random repositories: images, indexes of indexes, what refers to them, tags that several have had."""
    return {name: _repository(dice, name, dice.randint(0, most)) for name in names}


def _repository(dice: Random, name: str, count: int) -> Repository:
    found: Repository = {}
    for number in range(count):
        pushed = START + timedelta(minutes=dice.randrange(300_000), microseconds=dice.randrange(1_000_000))
        plain = [piece for piece in found.values() if piece.subject is None]
        match dice.choice(["image", "image", "docker", "index", "referrer"]) if plain else "image":
            case "index":
                children = dice.sample(plain, dice.randint(0, min(3, len(plain))))
                piece = _index(name, number, children, pushed)
            case "referrer":
                piece = referrer(name, number, dice.choice(plain).digest, pushed)
            case "docker":
                piece = image(name, number, pushed, DOCKER_MANIFEST)
            case _:
                piece = image(name, number, pushed)
        # A signature without a tag is the usual one; one with a tag is what some clients push.
        for tag in range(dice.choice([0, 0, 1, 1, 2, 3])):
            piece.tags[f"t{number}.{tag}"] = pushed + timedelta(hours=dice.randrange(100))
        piece.locked_tags = {tag for tag in piece.tags if dice.random() < 0.1}
        piece.locked = dice.random() < 0.1
        piece.pulled = pushed + timedelta(hours=dice.randrange(1, 500)) if dice.random() < 0.5 else None
        piece.size = dice.randrange(10**9)
        found[piece.digest] = piece
    return found


def image(name: str, number: int, pushed: datetime, media_type: str = OCI_MANIFEST) -> Piece:
    config = OCI_CONFIG if media_type == OCI_MANIFEST else "application/vnd.docker.container.image.v1+json"
    return Piece(_manifest(name, number, media_type, config), media_type, config, pushed)


def referrer(name: str, number: int, subject: str, pushed: datetime) -> Piece:
    more = {"artifactType": SIGNATURE, "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": 7}}
    data = _manifest(name, number, OCI_MANIFEST, OCI_EMPTY, more)
    return Piece(data, OCI_MANIFEST, OCI_EMPTY, pushed, kind=SIGNATURE, subject=subject)


def _manifest(name: str, number: int, media_type: str, config: str, more: Mapping[str, Any] | None = None) -> bytes:
    blob = {"digest": f"sha256:{number:064x}", "size": number}
    tree = {"schemaVersion": 2, "mediaType": media_type, "config": {"mediaType": config, **blob}, "layers": [],
            "annotations": {"of": name}, **(more or {})}  # fmt: skip
    return json.dumps(tree).encode()


def _index(name: str, number: int, children: list[Piece], pushed: datetime) -> Piece:
    listed = [{"mediaType": one.media_type, "digest": one.digest, "size": len(one.data)} for one in children]
    tree = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed, "annotations": {"of": f"{name}/{number}"}}
    return Piece(json.dumps(tree).encode(), OCI_INDEX, None, pushed, children=[one.digest for one in children])


def manifest_answer(content: Content, prefix: str, path: str) -> Answer | None:
    """Answer `/v2/NAME/manifests/DIGEST`."""
    found = re.fullmatch(r"/v2/(.+)/manifests/(sha256:[0-9a-f]{64})", path)
    if found is None:
        return None
    piece = content.get(found[1].removeprefix(prefix), {}).get(found[2])
    if piece is None:
        return Answer({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}, 404)
    return Answer(piece.data, headers={"content-type": piece.media_type, "docker-content-digest": piece.digest})


def page(entries: list[Any], start: int, count: int) -> tuple[list[Any], int | None]:
    """Return a page of entries, and where the next one starts."""
    end = start + count
    return entries[start:end], end if end < len(entries) else None


def stated(moment: datetime) -> str:
    """Return a time as Go writes it."""
    return moment.isoformat().replace("+00:00", "Z")


def plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record for comparison: without what is not known, and with sets for lists without an order."""
    found = {key: value for key, value in record.items() if value not in (None, [])}
    if "tag_pushed_at" in found:
        found["tag_pushed_at"] = dict(zip(found["tags"], found["tag_pushed_at"], strict=True))
    return found
