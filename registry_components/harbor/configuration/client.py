"""Harbor's API 2.0 over HTTP: its pages, the names of its projects, and its refusals in words."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from ...core.api_client import ApiClient, segment
from ...core.errors import stack_error
from .errors import HarborError, refusal, said

ROOT = "/api/v2.0"
_PAGE = 100


class HarborClient(ApiClient):
    """One login at one Harbor."""

    root = ROOT
    error = HarborError

    def post(self, path: str, body: Mapping[str, Any], *, task: str) -> str:
        """Send a POST; return the last segment of where the new thing is (`Location`)."""
        response = self._call("POST", path, body, task=task)
        return "" if response is None else response.headers.get("location", "").rstrip("/").rpartition("/")[2]

    def listed(self, path: str, *, task: str, **query: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list, page by page. Raises `HarborError` where there is no such list."""
        page = 1
        while True:
            asked = urlencode({**query, "page": page, "page_size": _PAGE})
            response = self._call("GET", f"{path}?{asked}", None, task=task)
            found = self._body(response, task)
            entries = found if isinstance(found, list) else []
            yield from (entry for entry in entries if isinstance(entry, dict))
            if len(entries) < _PAGE:
                return
            page += 1

    def refused(self, task: str, status: int, content: bytes) -> HarborError:
        """Return the error for a refusal, with what Harbor says about it."""
        return refusal(task, status, said(content, (self._password,)), who=self.username)

    def headers(self, path: str) -> dict[str, str]:
        """A project is always said by its name, also where that is a number."""
        return {"x-is-resource-name": "true"} if path.startswith("/projects/") else {}


def _rehearsed(url: str) -> httpx.BaseTransport | None:
    """Return the emulated Harbor where this runs in a rehearsal; None otherwise."""
    if not os.environ.get("REGC_REHEARSAL_FOLDER"):
        return None
    from ...rehearsal.harbor import transport

    return transport(url)


_clients: dict[tuple[str, str, bool, str], HarborClient] = {}
_clients_lock = threading.Lock()


def client_for(harbor: Mapping[str, Any], login: Mapping[str, Any]) -> HarborClient:
    """Return this process's client for a login: resources share its connections."""
    username, password = login.get("username"), login.get("password")
    if not isinstance(username, str) or not isinstance(password, str) or not password:
        raise stack_error("username, password: are missing; set both")
    url, insecure = str(harbor["url"]), bool(harbor.get("insecure"))
    key = (url, username, insecure, hashlib.sha256(password.encode()).hexdigest())
    with _clients_lock:
        if key not in _clients:
            _clients[key] = HarborClient(url, username, password, insecure=insecure, transport=_rehearsed(url))
        return _clients[key]


__all__ = ["ROOT", "HarborClient", "client_for", "segment"]
