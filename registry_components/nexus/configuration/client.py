"""Nexus' REST API over HTTP: its lists, and its refusals in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from ...core.api_client import ApiClient
from ...core.clients import Clients, in_rehearsal, login_of
from ...core.errors import stack_error
from .errors import NexusError, refusal, said

ROOT = "/service/rest"


class NexusClient(ApiClient):
    """One login at one Nexus."""

    root = ROOT
    error = NexusError

    def post(self, path: str, body: Mapping[str, Any], *, task: str) -> Any:
        """Send a POST; return what is answered, None where that is nothing."""
        response = self._call("POST", path, body, task=task)
        return self._body(response, task) if response is not None and response.content else None

    def listed(self, path: str, *, task: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list that Nexus hands out in pages."""
        token = ""
        while True:
            asked = f"{path}{'&' if '?' in path else '?'}continuationToken={quote(token)}" if token else path
            found = self._body(self._call("GET", asked, None, task=task), task)
            page = found if isinstance(found, dict) else {}
            yield from (entry for entry in page.get("items") or [] if isinstance(entry, dict))
            token = str(page.get("continuationToken") or "")
            if not token:
                return

    def refused(self, task: str, status: int, content: bytes) -> NexusError:
        """Return the error for a refusal, with what Nexus says about it."""
        return refusal(task, status, said(content, (self._password,)), who=self.username)


def _rehearsed(url: str) -> httpx.BaseTransport | None:
    from ...rehearsal.nexus import transport

    return transport(url)


_clients: Clients[NexusClient] = Clients()


def client_for(nexus: Mapping[str, Any], login: Mapping[str, Any]) -> NexusClient:
    """Return this process's client for a login: resources share its connections."""
    found = login_of(login, "username", "password")
    if found is None:
        raise stack_error("username, password: are missing; set both")
    url, insecure = str(nexus["url"]), bool(nexus.get("insecure"))

    def make() -> NexusClient:
        return NexusClient(url, *found, insecure=insecure, transport=in_rehearsal(lambda: _rehearsed(url)))

    return _clients.get((url, insecure), *found, make)


__all__ = ["ROOT", "NexusClient", "client_for"]
