"""A model of Nexus' REST API: what it keeps, what it refuses, with which status.

What is modelled follows Nexus' OpenAPI document of 3.90: it refuses every member that is not documented there, every
one that lacks and every one of another type. The words of refusals are its own. What that document leaves open (which
references have to be there, what the Community Edition refuses) follows Sonatype's pages.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from .base import Json, RefusedError
from .contents import Contents
from .security import Security

_STORE, _KIND, _NAME = "(?P<kind>file|s3|azure|google)", "(?P<kind>hosted|proxy|group)", "(?P<name>[^/]+)"
_SELECTOR = "/v1/security/privileges/repository-content-selector"
_ROUTES: Final = (
    ("POST", f"/v1/blobstores/{_STORE}", "create_store"),
    ("GET", f"/v1/blobstores/{_STORE}/{_NAME}", "get_store"),
    ("PUT", f"/v1/blobstores/{_STORE}/{_NAME}", "change_store"),
    ("DELETE", f"/v1/blobstores/{_NAME}", "delete_store"),
    ("POST", f"/v1/repositories/docker/{_KIND}", "create_repository"),
    ("GET", f"/v1/repositories/docker/{_KIND}/{_NAME}", "get_repository"),
    ("PUT", f"/v1/repositories/docker/{_KIND}/{_NAME}", "change_repository"),
    ("DELETE", f"/v1/repositories/{_NAME}", "delete_repository"),
    ("POST", "/v1/cleanup-policies", "create_policy"),
    ("GET", f"/v1/cleanup-policies/{_NAME}", "get_policy"),
    ("PUT", f"/v1/cleanup-policies/{_NAME}", "change_policy"),
    ("DELETE", f"/v1/cleanup-policies/{_NAME}", "delete_policy"),
    ("POST", "/v1/routing-rules", "create_rule"),
    ("GET", f"/v1/routing-rules/{_NAME}", "get_rule"),
    ("PUT", f"/v1/routing-rules/{_NAME}", "change_rule"),
    ("DELETE", f"/v1/routing-rules/{_NAME}", "delete_rule"),
    ("POST", "/v1/security/content-selectors", "create_selector"),
    ("GET", f"/v1/security/content-selectors/{_NAME}", "get_selector"),
    ("PUT", f"/v1/security/content-selectors/{_NAME}", "change_selector"),
    ("DELETE", f"/v1/security/content-selectors/{_NAME}", "delete_selector"),
    ("POST", _SELECTOR, "create_privilege"),
    ("PUT", f"{_SELECTOR}/{_NAME}", "change_privilege"),
    ("GET", f"/v1/security/privileges/{_NAME}", "get_privilege"),
    ("DELETE", f"/v1/security/privileges/{_NAME}", "delete_privilege"),
    ("POST", "/v1/security/roles", "create_role"),
    ("GET", f"/v1/security/roles/{_NAME}", "get_role"),
    ("PUT", f"/v1/security/roles/{_NAME}", "change_role"),
    ("DELETE", f"/v1/security/roles/{_NAME}", "delete_role"),
    ("GET", "/v1/security/users", "list_users"),
    ("POST", "/v1/security/users", "create_user"),
    ("PUT", f"/v1/security/users/{_NAME}", "change_user"),
    ("PUT", f"/v1/security/users/{_NAME}/change-password", "change_password"),
    ("DELETE", f"/v1/security/users/{_NAME}", "delete_user"),
    ("GET", "/v1/security/realms/active", "get_realms"),
    ("PUT", "/v1/security/realms/active", "set_realms"),
    ("GET", "/v1/security/anonymous", "get_anonymous"),
    ("PUT", "/v1/security/anonymous", "set_anonymous"),
    ("GET", "/v1/system/eula", "get_eula"),
    ("POST", "/v1/system/eula", "set_eula"),
    ("GET", "/v1/tasks", "list_tasks"),
    ("POST", "/v1/tasks", "create_task"),
    ("GET", f"/v1/tasks/{_NAME}", "get_task"),
    ("PUT", f"/v1/tasks/{_NAME}", "change_task"),
    ("DELETE", f"/v1/tasks/{_NAME}", "delete_task"),
)


class NexusModel(Contents, Security):
    """One Nexus over a state of plain values."""

    def answer(self, method: str, target: str, username: str | None, password: str | None, body: Any) -> Any:
        """Return status, body and headers for a request below the root of the API."""
        parts = urlsplit(target)
        self.query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        try:
            self._log_in(username, password)
            name, found = _route(method, parts.path)
            status, answered = getattr(self, f"_{name}")(body, **found)
        except RefusedError as error:
            return error.status, [{"id": "*", "message": error.message}], {}
        return status, answered, {}

    def _log_in(self, username: str | None, password: str | None) -> None:
        logins: Json = self.state["logins"]
        # Without named logins, whoever logs in is taken for the administrator: what a rehearsal assumes.
        if not username or not password or (logins and logins.get(username) != password):
            raise RefusedError(401, "")


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    for known, pattern, name in _ROUTES:
        match = re.fullmatch(pattern, path) if known == method else None
        if match is not None:
            return name, {key: unquote(value) for key, value in match.groupdict().items()}
    raise RefusedError(404, f"{method} {path} is no route")
