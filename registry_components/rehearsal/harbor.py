"""Harbor in a rehearsal: the emulated provider and the program's own HTTP client meet in one model in the folder.

What it takes to be there: the administrator, with whatever password; the users and groups that a program names.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from .door import Door, response
from .emulator import FOLDER
from .folder import CloudFile
from .harbor_model import ROOT, HarborModel, Json

FILE: Final = "harbor"
SERVED: Final = "harbor-served"
"""A file in the folder with the URL at which the model of that folder is served over HTTP; tests write it."""


class HarborCloud:
    """One Harbor of a rehearsal, told apart by its URL."""

    def __init__(self, file: CloudFile, url: str) -> None:
        self._file, self._url = file, url.rstrip("/")

    @contextmanager
    def change(self) -> Iterator[Json]:
        """Yield what it keeps, to change; nothing is kept where an error is raised."""
        with self._file.change() as state:
            found: Json = state.setdefault(self._url, {})
            HarborModel(found)
            yield found

    def answer(self, method: str, target: str, username: str | None, password: str | None, body: Any) -> Any:
        """Return status, body and headers for a request below the root of the API."""
        with self.change() as state:
            return HarborModel(state).answer(method, target, username, password, body)


class RehearsedHarbor(Door):
    """Answers requests to a Harbor from the rehearsal's folder."""

    package = "harbor"
    kinds = (
        ("/preheat/policies", "PreheatPolicy"),
        ("/scanner", "Scanner"),
        ("/configurations", "Settings"),
        ("/projects", "Project"),
    )

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self._cloud = HarborCloud(self._folder.cloud(FILE), url)

    def answer(self, request: httpx.Request, body: Any) -> httpx.Response:
        """Return the model's answer."""
        target = request.url.raw_path.decode()
        if not target.startswith(ROOT):
            return httpx.Response(404)
        username, password = basic(request.headers.get("authorization"))
        return response(*self._cloud.answer(request.method, target.removeprefix(ROOT), username, password, body))


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


def transport(url: str) -> httpx.BaseTransport | None:
    """Return what answers requests to a Harbor in a rehearsal, whatever its address; None outside of one."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return None
    served = Path(folder) / SERVED
    if served.is_file() and served.read_text(encoding="utf-8") == url.rstrip("/"):
        return None
    return RehearsedHarbor(Path(folder), url)


__all__ = ["FILE", "SERVED", "HarborCloud", "RehearsedHarbor", "basic", "transport"]
