"""A model of Harbor's API 2.0 (2.15): what it keeps, what it refuses, with which status.

What is modelled follows Harbor's OpenAPI document. The words of refusals are its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from .base import Json, RefusedError, gone, page, shaped, there
from .members import Members
from .preheat import Preheat
from .projects import Projects
from .replication import Replication
from .robots import Robots
from .rules import Rules
from .scanners import Scanners
from .shapes import GROUP, LABEL, REGISTRY, REPLICATION, ROBOT
from .system import System
from .webhooks import Webhooks

_KINDS: Final[Mapping[str, tuple[str, str, Mapping[str, type]]]] = {
    "usergroups": ("groups", "user group", GROUP),
    "labels": ("labels", "label", LABEL),
    "robots": ("robots", "robot", ROBOT),
    "replication/policies": ("replications", "replication policy", REPLICATION),
    "registries": ("registries", "registry", REGISTRY),
    "retentions": ("retentions", "retention policy", {}),
}

_P = r"/projects/(?P<project>[^/]+)"
_N = r"(?P<number>\d+)"
_ROUTES: Final[tuple[tuple[str, str, str], ...]] = (
    ("POST", "/projects", "create_project"),
    ("GET", "/projects", "list_projects"),
    ("GET", _P, "get_project"),
    ("PUT", _P, "change_project"),
    ("DELETE", _P, "delete_project"),
    ("GET", f"{_P}/repositories", "list_repositories"),
    ("DELETE", rf"{_P}/repositories/(?P<repository>[^/]+)", "delete_repository"),
    ("GET", "/quotas", "list_quotas"),
    ("PUT", f"/quotas/{_N}", "change_quota"),
    ("POST", f"{_P}/members", "create_member"),
    ("GET", rf"{_P}/members/(?P<member>\d+)", "get_member"),
    ("PUT", rf"{_P}/members/(?P<member>\d+)", "change_member"),
    ("DELETE", rf"{_P}/members/(?P<member>\d+)", "delete_member"),
    ("POST", "/usergroups", "create_group"),
    ("POST", "/robots", "create_robot"),
    ("GET", f"/robots/{_N}", "get_robot"),
    ("PUT", f"/robots/{_N}", "change_robot"),
    ("PATCH", f"/robots/{_N}", "secret_robot"),
    ("POST", "/registries", "create_registry"),
    ("GET", f"/registries/{_N}", "get_registry"),
    ("PUT", f"/registries/{_N}", "change_registry"),
    ("DELETE", f"/registries/{_N}", "delete_registry"),
    ("POST", "/replication/policies", "create_replication"),
    ("PUT", f"/replication/policies/{_N}", "change_replication"),
    ("POST", "/retentions", "create_retention"),
    ("PUT", f"/retentions/{_N}", "change_retention"),
    ("DELETE", f"/retentions/{_N}", "delete_retention"),
    ("POST", f"{_P}/immutabletagrules", "create_immutable"),
    ("GET", f"{_P}/immutabletagrules", "list_immutable"),
    ("PUT", rf"{_P}/immutabletagrules/(?P<rule>\d+)", "change_immutable"),
    ("DELETE", rf"{_P}/immutabletagrules/(?P<rule>\d+)", "delete_immutable"),
    ("POST", f"{_P}/webhook/policies", "create_webhook"),
    ("GET", f"{_P}/webhook/policies", "list_webhooks"),
    ("GET", rf"{_P}/webhook/policies/(?P<hook>\d+)", "get_webhook"),
    ("PUT", rf"{_P}/webhook/policies/(?P<hook>\d+)", "change_webhook"),
    ("DELETE", rf"{_P}/webhook/policies/(?P<hook>\d+)", "delete_webhook"),
    ("POST", "/labels", "create_label"),
    ("POST", "/scanners", "create_scanner"),
    ("GET", "/scanners", "list_scanners"),
    ("GET", "/scanners/(?P<scanner>[^/]+)", "get_scanner"),
    ("PUT", "/scanners/(?P<scanner>[^/]+)", "change_scanner"),
    ("PATCH", "/scanners/(?P<scanner>[^/]+)", "default_scanner"),
    ("DELETE", "/scanners/(?P<scanner>[^/]+)", "delete_scanner"),
    ("GET", f"{_P}/scanner", "get_project_scanner"),
    ("PUT", f"{_P}/scanner", "set_project_scanner"),
    ("POST", "/p2p/preheat/instances", "create_instance"),
    ("GET", "/p2p/preheat/instances/(?P<name>[^/]+)", "get_instance"),
    ("PUT", "/p2p/preheat/instances/(?P<name>[^/]+)", "change_instance"),
    ("DELETE", "/p2p/preheat/instances/(?P<name>[^/]+)", "delete_instance"),
    ("POST", f"{_P}/preheat/policies", "create_preheat"),
    ("GET", f"{_P}/preheat/policies/(?P<policy>[^/]+)", "get_preheat"),
    ("PUT", f"{_P}/preheat/policies/(?P<policy>[^/]+)", "change_preheat"),
    ("DELETE", f"{_P}/preheat/policies/(?P<policy>[^/]+)", "delete_preheat"),
    ("GET", "/configurations", "get_configurations"),
    ("PUT", "/configurations", "set_configurations"),
    ("GET", "/system/(?P<job>gc|purgeaudit|scanAll)/schedule", "get_schedule"),
    ("POST", "/system/(?P<job>gc|purgeaudit|scanAll)/schedule", "create_schedule"),
    ("PUT", "/system/(?P<job>gc|purgeaudit|scanAll)/schedule", "change_schedule"),
    ("GET", "/system/CVEAllowlist", "get_cve"),
    ("PUT", "/system/CVEAllowlist", "set_cve"),
    ("GET", "/(?P<kind>usergroups|labels|robots|registries|replication/policies)", "list_numbered"),
    ("GET", f"/(?P<kind>usergroups|labels|retentions|replication/policies)/{_N}", "get_numbered"),
    ("PUT", f"/(?P<kind>usergroups|labels)/{_N}", "change_numbered"),
    ("DELETE", f"/(?P<kind>usergroups|labels|robots|replication/policies)/{_N}", "delete_numbered"),
)


class HarborModel(Projects, Members, Robots, Replication, Rules, Webhooks, Scanners, Preheat, System):
    """One Harbor over a state of plain values."""

    def answer(self, method: str, target: str, username: str | None, password: str | None, body: Any) -> Any:
        """Return status, body and headers for a request; `target` is path and query below the root."""
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        try:
            self._log_in(username, password)
            name, found = _route(method, parts.path)
            status, answered, headers = getattr(self, f"_{name}")(body, query, **found)
        except RefusedError as error:
            return error.status, {"errors": [{"code": _codes(error.status), "message": error.message}]}, {}
        return status, answered, headers

    def _log_in(self, username: str | None, password: str | None) -> None:
        users = self.state["users"]
        # Without named users, whoever logs in is taken for the administrator: what a rehearsal assumes.
        if not username or not password or (users and users.get(username) != password):
            raise RefusedError(401, "unauthorized")

    def _create_label(self, body: Any, _: Json) -> Any:
        asked = shaped(body, LABEL, ("name", "scope"))
        if asked["scope"] == "p":
            self._find_project(str(asked.get("project_id")))
        key = (asked["name"], asked["scope"], asked.get("project_id", 0))
        if any((x["name"], x["scope"], x.get("project_id", 0)) == key for x in self.state["labels"].values()):
            raise RefusedError(409, f"label {asked['name']} already exists")
        return self._made("labels", asked, "labels")

    def _get_numbered(self, _: Any, __: Json, kind: str, number: str) -> Any:
        return 200, there(self.state[_KINDS[kind][0]], number, _KINDS[kind][1]), {}

    def _list_numbered(self, _: Any, query: Json, kind: str) -> Any:
        return page(list(self.state[_KINDS[kind][0]].values()), query)

    def _change_numbered(self, body: Any, _: Json, kind: str, number: str) -> Any:
        place, word, types = _KINDS[kind]
        found = there(self.state[place], number, word)
        found |= {key: value for key, value in shaped(body, types).items() if key != "id"}
        return 200, None, {}

    def _delete_numbered(self, _: Any, __: Json, kind: str, number: str) -> Any:
        gone(self.state[_KINDS[kind][0]], number, _KINDS[kind][1])
        return 200, None, {}


def _codes(status: int) -> str:
    return {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT"}.get(
        status, "PRECONDITION" if status == 412 else "UNKNOWN"
    )


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    for known, pattern, name in _ROUTES:
        match = re.fullmatch(pattern, path) if known == method else None
        if match is not None:
            return name, match.groupdict()
    raise RefusedError(404, f"{method} {path} is no route")
