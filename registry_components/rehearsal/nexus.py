"""Nexus in a rehearsal: the program's own HTTP client talks to a model, whose state lies in the folder.

What it takes to be there: the administrator, with whatever password; and that the Nexus is of the edition that can do
what is asked of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from .door import Door, response
from .emulator import FOLDER
from .folder import CloudFile
from .harbor import basic
from .nexus_model import ROOT, Json, NexusModel

FILE: Final = "nexus"
SERVED: Final = "nexus-served"
"""A file in the folder with the URL at which the model of that folder is served over HTTP; tests write it."""


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


class RehearsedNexus(Door):
    """Answers requests to a Nexus from the rehearsal's folder."""

    package = "nexus"
    kinds = (
        ("/blobstores", "BlobStore"),
        ("/repositories", "Repository"),
        ("/cleanup-policies", "CleanupPolicy"),
        ("/routing-rules", "RoutingRule"),
        ("/tasks", "Task"),
        ("/security", "Security"),
    )

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self._cloud = NexusCloud(self._folder.cloud(FILE), url)

    def answer(self, request: httpx.Request, body: Any) -> httpx.Response:
        """Return the model's answer."""
        target = request.url.raw_path.decode()
        if not target.startswith(ROOT):
            return httpx.Response(404)
        # A password is sent as a text, not as JSON.
        if request.headers.get("content-type") == "text/plain":
            body = request.read().decode()
        username, password = basic(request.headers.get("authorization"))
        return response(*self._cloud.answer(request.method, target.removeprefix(ROOT), username, password, body))


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
