"""The few calls to the Kubernetes API that this library makes by itself; no token is in a message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from ..core.errors import StackError, stack_error

_SECONDS = 30.0
_ATTEMPTS = 5
_IN_PASSING = frozenset({429, 500, 502, 503, 504})


class ApiError(StackError):
    """What the API server answered; `status` is its HTTP status, 0 where it did not answer, `reason` its own words."""

    def __init__(self, message: str, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason or message


class KubernetesApi:
    """A connection to one API server."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"KubernetesApi({self._client.base_url.host!r})"

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Return an object or a list. Raises `ApiError`."""
        return self._send("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create an object. Raises `ApiError`."""
        return self._send("POST", path, body=body)

    def apply(self, path: str, body: Mapping[str, Any], manager: str, *, force: bool = True) -> dict[str, Any]:
        """Apply an object server-side, taking over the fields it says; it is created where there is none.

        Without `force` nothing is taken over: raises `ApiError` of status 409 where somebody else has a field.
        """
        query = {"fieldManager": manager, "force": str(force).lower()}
        # YAML is what the type is called, and JSON is YAML.
        return self._send("PATCH", path, body=body, query=query, kind="application/apply-patch+yaml")

    def json_patch(self, path: str, body: list[dict[str, Any]], manager: str) -> dict[str, Any]:
        """Change an object by a JSON patch (RFC 6902). Raises `ApiError`, 422 where a `test` does not hold."""
        query = {"fieldManager": manager}
        return self._send("PATCH", path, body=body, query=query, kind="application/json-patch+json")

    def delete(self, path: str, seen: Mapping[str, Any]) -> None:
        """Delete an object as it was seen; none is no mistake. Raises `ApiError`, 409 where it is another by now."""
        told = {key: seen["metadata"][key] for key in ("uid", "resourceVersion")}
        try:
            self._send("DELETE", path, body={"preconditions": told})
        except ApiError as error:
            if error.status != 404:
                raise

    def pages(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Return all items of a list, page by page."""
        items: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = self.get(path, limit="500", **query, **more)
            items += page.get("items") or []
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return items
            more = {"continue": token}

    def _send(
        self, method: str, path: str, *, body: Any = None, query: Mapping[str, str] | None = None, kind: str = ""
    ) -> dict[str, Any]:
        headers = {"Content-Type": kind or "application/json"} if body is not None else {}
        content = None if body is None else json.dumps(body)
        # Reading and applying may be done twice; creating may not.
        for attempt in range(_ATTEMPTS if method != "POST" else 1):
            last = attempt == _ATTEMPTS - 1 or method == "POST"
            try:
                answer = self._client.request(method, path, params=dict(query or {}), content=content, headers=headers)
            except httpx.HTTPError as error:
                if not last:
                    _pause(attempt, None)
                    continue
                raise ApiError(
                    f"{method} {path}: the API server did not answer ({type(error).__name__}); see that it "
                    "can be reached"
                ) from None
            if answer.status_code in _IN_PASSING and not last:
                _pause(attempt, answer.headers.get("Retry-After"))
                continue
            return _read(method, path, answer)
        raise AssertionError("unreachable")


def _pause(attempt: int, told: str | None) -> None:
    import time

    try:
        seconds = float(told) if told else 0.2 * 2**attempt
    except ValueError:
        seconds = 0.2 * 2**attempt
    time.sleep(min(seconds, 5.0))


def _read(method: str, path: str, answer: httpx.Response) -> dict[str, Any]:
    try:
        tree = answer.json()
    except ValueError:
        tree = None
    if answer.is_success and isinstance(tree, dict):
        return tree
    # A Status object says why; it names objects and fields, and holds no value of a secret.
    said = tree.get("message") if isinstance(tree, dict) else None
    told = said if isinstance(said, str) and said else f"HTTP {answer.status_code}"
    raise ApiError(f"{method} {path}: {told}", answer.status_code, told)


def connected(
    server: str, *, verify: Any = True, headers: Mapping[str, str] | None = None, cert: Any = None
) -> KubernetesApi:
    """Return a connection. Raises `StackError` where certificates cannot be read."""
    try:
        client = httpx.Client(
            base_url=server, verify=verify, cert=cert, headers=dict(headers or {}), timeout=_SECONDS, trust_env=False
        )
    except (OSError, ValueError) as error:
        raise stack_error(f"the API server's certificates cannot be read: {error}") from None
    return KubernetesApi(client)
