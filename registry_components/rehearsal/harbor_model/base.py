"""What all parts of the model share: its state, refusals, and how bodies are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

Json = dict[str, Any]

ROOT: Final = "/api/v2.0"
DEFAULT_SCANNER: Final = "00000000-0000-4000-8000-000000000001"


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def fresh() -> Json:
    """Return a Harbor with nothing in it but what an installation brings."""
    scanner = {
        "uuid": DEFAULT_SCANNER,
        "name": "Trivy",
        "url": "http://trivy-adapter:8080",
        "description": "The Trivy scanner adapter",
        "is_default": True,
        "disabled": False,
        "auth": "",
        "skip_certVerify": False,
        "use_internal_addr": True,
    }
    return {
        "last": {},
        "users": {},
        "projects": {},
        "quotas": {},
        "repositories": {},
        "members": {},
        "groups": {},
        "robots": {},
        "registries": {},
        "replications": {},
        "retentions": {},
        "immutable": {},
        "webhooks": {},
        "labels": {},
        "scanners": {DEFAULT_SCANNER: scanner},
        "project_scanners": {},
        "instances": {},
        "preheat": {},
        "configurations": {"auth_mode": "db_auth", "robot_name_prefix": "robot$", "quota_per_project_enable": True},
        "schedules": {},
        "cve": {"items": []},
    }


class Part:
    """A part of one Harbor over a state of plain values; whoever keeps that gives it anew."""

    def __init__(self, state: Json) -> None:
        for key, value in fresh().items():
            state.setdefault(key, value)
        self.state = state

    def _next(self, kind: str) -> int:
        self.state["last"][kind] = number = int(self.state["last"].get(kind, 0)) + 1
        return number

    def _find_project(self, name: str) -> Json:
        name = unquote(name)
        for project in self.state["projects"].values():
            if project["name"] == name or str(project["project_id"]) == name:
                found: Json = project
                return found
        raise RefusedError(404, f"project {name} not found")

    def _made(self, kind: str, asked: Json, path: str) -> Any:
        number = self._next(kind)
        self.state[kind][str(number)] = {**asked, "id": number}
        return 201, None, {"location": f"{ROOT}/{path}/{number}"}


def shaped(body: Any, types: Mapping[str, type], required: tuple[str, ...] = ()) -> Json:
    """Return the body if it has the documented shape."""
    if not isinstance(body, dict):
        raise RefusedError(400, "bad request: the body is no object")
    for key, value in body.items():
        kind = types.get(key)
        if kind is None:
            raise RefusedError(400, f"bad request: {key} is not documented")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise RefusedError(400, f"bad request: {key} is no {kind.__name__}")
    missing = next((key for key in required if key not in body), None)
    if missing is not None:
        raise RefusedError(400, f"bad request: {missing} is required")
    return dict(body)


def allowlist(body: Any) -> Json:
    """Return a list of vulnerabilities as Harbor keeps it."""
    asked = shaped(body or {}, {"items": list, "expires_at": int})
    return {"items": [{"cve_id": str(item["cve_id"])} for item in asked.get("items") or []]} | (
        {"expires_at": asked["expires_at"]} if asked.get("expires_at") else {}
    )


def check_cron(cron: Any) -> None:
    """Raise `RefusedError` where a schedule is not one of six fields at second 0."""
    fields = str(cron or "").split()
    if len(fields) != 6 or fields[0] != "0":
        raise RefusedError(400, f"the cron {cron!r} has no six fields of which the first is 0")


def there(entries: Mapping[str, Any], key: str, word: str) -> Json:
    """Return an entry. Raises `RefusedError` (404) where it is not there."""
    if key not in entries:
        raise RefusedError(404, f"{word} {key} not found")
    found: Json = entries[key]
    return found


def gone(entries: dict[str, Any], key: str, word: str) -> None:
    """Remove an entry. Raises `RefusedError` (404) where it is not there."""
    there(entries, key, word)
    del entries[key]


def page(entries: list[Json], query: Json) -> Any:
    """Answer with a page of entries, as the query asks."""
    page, size = int(query.get("page", "1")), int(query.get("page_size", "10"))
    return 200, entries[(page - 1) * size : page * size], {"x-total-count": str(len(entries))}
