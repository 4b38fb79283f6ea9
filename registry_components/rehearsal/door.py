"""Where a program's own HTTP requests to a registry's API end in a rehearsal: at a model, each noted."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx

from .emulator import FOLDER
from .folder import CloudFile, Folder


class Door(httpx.BaseTransport):
    """Answers requests from the rehearsal's folder.

    `package` is what the report calls the service; `kinds` are parts of paths, and what the report calls a request
    whose path has it.
    """

    package: str
    kinds: tuple[tuple[str, str], ...]

    def __init__(self, folder: Path) -> None:
        self._folder = Folder(folder)

    def answer(self, request: httpx.Request, body: Any) -> httpx.Response:
        """Return the model's answer to a request with this JSON, or text; None where there is neither."""
        raise NotImplementedError

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, and note it."""
        started = time.perf_counter()
        raw = request.read()
        try:
            text = request.headers.get("content-type") == "text/plain"
            body = raw.decode() if text else json.loads(raw or b"null")
        except ValueError:
            body = None
        answer = self.answer(request, body)
        path = request.url.path
        kind = next((name for part, name in self.kinds if part in path), "Request")
        self._folder.note(
            package=self.package,
            token=f"{self.package}:{kind}",
            urn="",
            operation=request.method.lower(),
            proof="emulated",
            seconds=round(time.perf_counter() - started, 6),
            **({"refused": True} if answer.status_code >= 400 and answer.status_code != 404 else {}),
        )
        return answer


def response(status: int, found: Any, headers: dict[str, str]) -> httpx.Response:
    """Return an answer with JSON, or with nothing where `found` is None."""
    return httpx.Response(status, headers=headers, **({} if found is None else {"json": found}))


class ModelCloud:
    """One service of a rehearsal, told apart by its URL, whose model is made over a state of plain values."""

    model: ClassVar[type[Any]]

    def __init__(self, file: CloudFile, url: str) -> None:
        self._file, self._url = file, url.rstrip("/")

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Yield what it keeps, to change; nothing is kept where an error is raised."""
        with self._file.change() as state:
            found: dict[str, Any] = state.setdefault(self._url, {})
            self.model(found)
            yield found

    def answer(self, method: str, target: str, username: str | None, password: str | None, body: Any) -> Any:
        """Return status, body and headers for a request below the root of the API."""
        with self.change() as state:
            return self.model(state).answer(method, target, username, password, body)


class ModelDoor(Door):
    """Answers requests to a service from its model in the rehearsal's folder."""

    root: ClassVar[str]
    """What stands before every path of the API."""
    file: ClassVar[str]
    """Where its state lies in the folder."""
    served: ClassVar[str]
    """A file in the folder with the URL at which the model of that folder is served over HTTP; tests write it."""
    cloud: ClassVar[type[ModelCloud]]

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self._cloud = self.cloud(self._folder.cloud(self.file), url)

    def answer(self, request: httpx.Request, body: Any) -> httpx.Response:
        """Return the model's answer."""
        target = request.url.raw_path.decode()
        if not target.startswith(self.root):
            return httpx.Response(404)
        username, password = basic(request.headers.get("authorization"))
        return response(*self._cloud.answer(request.method, target.removeprefix(self.root), username, password, body))

    @classmethod
    def transport(cls, url: str) -> httpx.BaseTransport | None:
        """Return what answers requests in a rehearsal, whatever their address; None outside of one."""
        folder = os.environ.get(FOLDER)
        if not folder:
            return None
        served = Path(folder) / cls.served
        if served.is_file() and served.read_text(encoding="utf-8") == url.rstrip("/"):
            return None
        return cls(Path(folder), url)


def basic(header: str | None) -> tuple[str | None, str | None]:
    """Return user name and password of an `Authorization` header."""
    scheme, _, pair = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        name, _, password = base64.b64decode(pair).decode().partition(":")
    except ValueError:
        return None, None
    return name, password


__all__ = ["Door", "ModelCloud", "ModelDoor", "basic", "response"]
