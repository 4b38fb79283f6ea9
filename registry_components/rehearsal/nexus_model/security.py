"""Who may do what, who logs in how, and what runs when."""

from __future__ import annotations

from typing import Any

from . import shapes
from .base import Json, Part, RefusedError, shaped
from .contents import made_privileges

# So that a list has more than one page in tests too.
_PAGE = 3


class Security(Part):
    """Who may do what, who logs in how, and what runs when."""

    def _create_selector(self, body: Any) -> Any:
        asked = shaped(body, shapes.SELECTOR_CREATE)
        self._new("selectors", asked["name"], "Name")
        self.state["selectors"][asked["name"]] = {**asked, "type": "csel"}
        return 204, None

    def _get_selector(self, _: Any, name: str) -> Any:
        return 200, self._there("selectors", name, "Content selector")

    def _change_selector(self, body: Any, name: str) -> Any:
        asked = shaped(body, shapes.SELECTOR_UPDATE)
        found = self._there("selectors", name, "Content selector")
        self.state["selectors"][name] = {**found, **asked}
        return 204, None

    def _delete_selector(self, _: Any, name: str) -> Any:
        self._there("selectors", name, "Content selector")
        if any(found["contentSelector"] == name for found in self.state["privileges"].values()):
            raise RefusedError(400, f"Content selector '{name}' is in use")
        del self.state["selectors"][name]
        return 204, None

    def _privilege_body(self, body: Any) -> Json:
        asked: Json = shaped(body, shapes.PRIVILEGE)
        if asked["contentSelector"] not in self.state["selectors"]:
            raise RefusedError(400, f"Invalid selector '{asked['contentSelector']}' supplied.")
        if asked["repository"] != "*" and asked["repository"] not in self.state["repositories"]:
            raise RefusedError(400, f"Invalid repository '{asked['repository']}' supplied.")
        return asked

    def _create_privilege(self, body: Any) -> Any:
        asked = self._privilege_body(body)
        self._new("privileges", asked["name"], "Privilege")
        self.state["privileges"][asked["name"]] = asked
        return 201, None

    def _get_privilege(self, _: Any, name: str) -> Any:
        found = self._there("privileges", name, "Privilege")
        return 200, {**found, "type": "repository-content-selector", "readOnly": False}

    def _change_privilege(self, body: Any, name: str) -> Any:
        asked = self._privilege_body(body)
        self._there("privileges", name, "Privilege")
        self.state["privileges"][name] = asked
        return 204, None

    def _delete_privilege(self, _: Any, name: str) -> Any:
        self._there("privileges", name, "Privilege")
        del self.state["privileges"][name]
        return 204, None

    def _role_body(self, body: Any) -> Json:
        asked: Json = shaped(body, shapes.ROLE)
        known = made_privileges(self.state) | set(self.state["privileges"])
        for privilege in asked.get("privileges", []):
            if privilege not in known:
                raise RefusedError(400, f"Privilege '{privilege}' not found.")
        for role in asked.get("roles", []):
            if role not in self.state["roles"]:
                raise RefusedError(400, f"Role '{role}' not found.")
        return asked

    def _create_role(self, body: Any) -> Any:
        asked = self._role_body(body)
        self._new("roles", asked["id"], "Role")
        self.state["roles"][asked["id"]] = asked
        return 200, {**asked, "source": "default", "readOnly": False}

    def _get_role(self, _: Any, name: str) -> Any:
        return 200, {**self._there("roles", name, "Role"), "source": "default", "readOnly": False}

    def _change_role(self, body: Any, name: str) -> Any:
        asked = self._role_body(body)
        self._there("roles", name, "Role")
        self.state["roles"][name] = asked
        return 204, None

    def _delete_role(self, _: Any, name: str) -> Any:
        self._there("roles", name, "Role")
        del self.state["roles"][name]
        return 204, None

    def _user_roles(self, asked: Json) -> None:
        for role in asked["roles"]:
            if role not in self.state["roles"]:
                raise RefusedError(400, f"Role '{role}' not found.")

    def _list_users(self, _: Any) -> Any:
        begins = self.query.get("userId", "")
        listed = [found for name, found in sorted(self.state["users"].items()) if name.startswith(begins)]
        more = {"source": "default", "readOnly": False, "externalRoles": []}
        return 200, [{**found, **more} for found in listed]

    def _create_user(self, body: Any) -> Any:
        asked = shaped(body, shapes.USER_CREATE)
        self._user_roles(asked)
        self._new("users", asked["userId"], "User")
        self.state["passwords"][asked["userId"]] = asked.pop("password")
        self.state["users"][asked["userId"]] = asked
        return 200, {**asked, "source": "default"}

    def _change_user(self, body: Any, name: str) -> Any:
        asked = shaped(body, shapes.USER_UPDATE)
        self._user_roles(asked)
        self._there("users", name, "User")
        kept = {key: asked[key] for key in asked if key not in ("source", "readOnly", "externalRoles")}
        self.state["users"][name] = kept
        return 204, None

    def _change_password(self, body: Any, name: str) -> Any:
        if not isinstance(body, str) or not body:
            raise RefusedError(400, "Password was not supplied in the body of the request")
        self._there("users", name, "User")
        self.state["passwords"][name] = body
        return 204, None

    def _delete_user(self, _: Any, name: str) -> Any:
        self._there("users", name, "User")
        del self.state["users"][name]
        self.state["passwords"].pop(name, None)
        return 204, None

    def _get_realms(self, _: Any) -> Any:
        return 200, self.state["realms"]

    def _set_realms(self, body: Any) -> Any:
        asked = shaped(body, shapes.REALMS)
        for realm in asked:
            if realm in shapes.PRO_REALMS:
                self._pro(f"the realm {realm}", 400)
            elif realm not in shapes.KNOWN_REALMS:
                raise RefusedError(400, f"Unknown realmIds: [{realm}]")
        self.state["realms"] = asked
        return 204, None

    def _get_anonymous(self, _: Any) -> Any:
        return 200, self.state["anonymous"]

    def _set_anonymous(self, body: Any) -> Any:
        asked = shaped(body, shapes.ANONYMOUS)
        self.state["anonymous"] = {**self.state["anonymous"], **asked}
        return 200, self.state["anonymous"]

    def _get_eula(self, _: Any) -> Any:
        if self.state["edition"] == "pro":
            raise RefusedError(404, "there is no such agreement")
        return 200, self.state["eula"]

    def _set_eula(self, body: Any) -> Any:
        asked = shaped(body, shapes.EULA_STATUS)
        if asked["disclaimer"] != self.state["eula"]["disclaimer"]:
            raise RefusedError(400, "Invalid EULA disclaimer")
        self.state["eula"]["accepted"] = asked["accepted"]
        return 204, None

    def _task_body(self, body: Any) -> Json:
        asked: Json = shaped(body, shapes.TASK)
        known = shapes.TASK_PROPERTIES.get(asked["type"])
        if known is None:
            raise RefusedError(400, f"unknown task type '{asked['type']}'")
        unknown = next((key for key in asked.get("properties", {}) if key not in known), None)
        if unknown is not None:
            raise RefusedError(400, f"unknown property '{unknown}' of {asked['type']}")
        frequency = asked["frequency"]
        if frequency["schedule"] == "cron" and not frequency.get("cronExpression"):
            raise RefusedError(400, "cronExpression is required for schedule cron")
        return asked

    def _list_tasks(self, _: Any) -> Any:
        kind = self.query.get("type")
        listed = [found for _, found in sorted(self.state["tasks"].items()) if kind in (None, found["type"])]
        start = int(self.query.get("continuationToken", "0"))
        token = str(start + _PAGE) if start + _PAGE < len(listed) else None
        page = [_task(found) for found in listed[start : start + _PAGE]]
        return 200, {"items": page, "continuationToken": token}

    def _create_task(self, body: Any) -> Any:
        asked = self._task_body(body)
        self.state["last"] += 1
        number = f"task-{self.state['last']:04d}"
        # Nexus takes two tasks of one name.
        self.state["tasks"][number] = {**asked, "id": number}
        return 201, _task(self.state["tasks"][number])

    def _get_task(self, _: Any, name: str) -> Any:
        return 200, _task(self._there("tasks", name, "Task"))

    def _change_task(self, body: Any, name: str) -> Any:
        asked = self._task_body(body)
        self._there("tasks", name, "Task")
        self.state["tasks"][name] = {**asked, "id": name}
        return 204, None

    def _delete_task(self, _: Any, name: str) -> Any:
        self._there("tasks", name, "Task")
        del self.state["tasks"][name]
        return 204, None

    query: dict[str, str] = {}


def _task(found: Json) -> Json:
    """Return a task as Nexus tells it: neither its schedule nor its properties."""
    return {**{key: found[key] for key in ("id", "name", "type")}, "currentState": "WAITING", "message": ""}
