"""Harbor's API 2.0 over HTTP: its pages, the names of its projects, and its refusals in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from ...core.api_client import ApiClient
from ...core.clients import Clients, in_rehearsal, login_of
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
    from ...rehearsal.harbor import transport

    return transport(url)


_clients: Clients[HarborClient] = Clients()


def client_for(harbor: Mapping[str, Any], login: Mapping[str, Any]) -> HarborClient:
    """Return this process's client for a login: resources share its connections."""
    found = login_of(login, "username", "password")
    if found is None:
        raise stack_error("username, password: are missing; set both")
    url, insecure = str(harbor["url"]), bool(harbor.get("insecure"))

    def make() -> HarborClient:
        return HarborClient(url, *found, insecure=insecure, transport=in_rehearsal(lambda: _rehearsed(url)))

    return _clients.get((url, insecure), *found, make)


__all__ = ["ROOT", "HarborClient", "client_for"]
