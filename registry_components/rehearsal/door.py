"""Where a program's own HTTP requests to a registry's API end in a rehearsal: at a model, each noted."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx

from .folder import Folder


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
        """Return the model's answer to a request with this JSON; None where there is no JSON."""
        raise NotImplementedError

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, and note it."""
        started = time.perf_counter()
        try:
            body = json.loads(request.read() or b"null")
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


__all__ = ["Door", "response"]
