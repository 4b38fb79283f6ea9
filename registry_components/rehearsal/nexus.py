"""Nexus in a rehearsal: the program's own HTTP client talks to a model, whose state lies in the folder.

What it takes to be there: the administrator, with whatever password; and that the Nexus is of the edition that can do
what is asked of it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from .emulator import FOLDER
from .folder import CloudFile, Folder
from .harbor import basic
from .nexus_model import ROOT, Json, NexusModel

FILE: Final = "nexus"
SERVED: Final = "nexus-served"
"""A file in the folder with the URL at which the model of that folder is served over HTTP; tests write it."""
_KINDS: Final = (
    ("/blobstores", "BlobStore"),
    ("/repositories", "Repository"),
    ("/cleanup-policies", "CleanupPolicy"),
    ("/routing-rules", "RoutingRule"),
    ("/tasks", "Task"),
    ("/security", "Security"),
)


class NexusCloud:
    """One Nexus of a rehearsal, told apart by its URL."""

    def __init__(self, file: CloudFile, url: str) -> None:
        self._file, self._url = file, url.rstrip("/")

    @contextmanager
    def change(self) -> Iterator[Json]:
        """Yield what it keeps, to change; nothing is kept where an error is raised."""
        with self._file.change() as state:
            found: Json = state.setdefault(self._url, {})
            NexusModel(found)
            yield found

    def answer(self, method: str, target: str, username: str | None, password: str | None, body: Any) -> Any:
        """Return status, body and headers for a request below the root of the API."""
        with self.change() as state:
            return NexusModel(state).answer(method, target, username, password, body)


class RehearsedNexus(httpx.BaseTransport):
    """Answers requests to a Nexus from the rehearsal's folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = Folder(folder)
        self._cloud = NexusCloud(self._folder.cloud(FILE), url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, and note it."""
        started = time.perf_counter()
        target = request.url.raw_path.decode()
        if not target.startswith(ROOT):
            return httpx.Response(404)
        path, raw = target.removeprefix(ROOT), request.read()
        body = raw.decode() if request.headers.get("content-type") == "text/plain" else json.loads(raw or b"null")
        username, password = basic(request.headers.get("authorization"))
        status, found, headers = self._cloud.answer(request.method, path, username, password, body)
        self._folder.note(
            package="nexus",
            token=f"nexus:{next((name for part, name in _KINDS if part in path), 'Request')}",
            urn="",
            operation=request.method.lower(),
            proof="emulated",
            seconds=round(time.perf_counter() - started, 6),
            **({"refused": True} if status >= 400 and status != 404 else {}),
        )
        return httpx.Response(status, headers=headers, json=found) if found is not None else httpx.Response(status)


def transport(url: str) -> httpx.BaseTransport | None:
    """Return what answers requests to a Nexus in a rehearsal, whatever its address; None outside of one."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return None
    served = Path(folder) / SERVED
    if served.is_file() and served.read_text(encoding="utf-8") == url.rstrip("/"):
        return None
    return RehearsedNexus(Path(folder), url)


__all__ = ["FILE", "SERVED", "NexusCloud", "RehearsedNexus", "transport"]
