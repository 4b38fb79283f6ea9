"""Whom a project tells what happens in it."""

from __future__ import annotations

from typing import Any, Final

from .base import ROOT, Json, Part, RefusedError, gone, page, shaped, there
from .shapes import (
    WEBHOOK,
)

EVENTS: Final = (
    "DELETE_ARTIFACT", "PULL_ARTIFACT", "PUSH_ARTIFACT", "QUOTA_EXCEED", "QUOTA_WARNING", "REPLICATION",
    "SCANNING_COMPLETED", "SCANNING_FAILED", "SCANNING_STOPPED", "TAG_RETENTION",
)  # fmt: skip


class Webhooks(Part):
    """Whom a project tells what happens in it."""

    def _checked_webhook(self, body: Any) -> Json:
        asked = shaped(body, WEBHOOK, ("name", "targets", "event_types"))
        for event in asked["event_types"]:
            if event not in EVENTS:
                raise RefusedError(400, f"unsupported event type {event}")
        for target in asked["targets"]:
            if target.get("type") not in ("http", "slack"):
                raise RefusedError(400, f"unsupported notify type {target.get('type')}")
        return asked

    def _create_webhook(self, body: Any, _: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        asked = self._checked_webhook(body)
        hooks = self.state["webhooks"].setdefault(number, {})
        if any(hook["name"] == asked["name"] for hook in hooks.values()):
            raise RefusedError(409, f"webhook policy {asked['name']} already exists")
        made = str(self._next("webhook"))
        hooks[made] = {**asked, "id": int(made), "project_id": int(number)}
        return 201, None, {"location": f"{ROOT}/projects/{number}/webhook/policies/{made}"}

    def _list_webhooks(self, _: Any, query: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return page(list(self.state["webhooks"].get(number, {}).values()), query)

    def _get_webhook(self, _: Any, __: Json, project: str, hook: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return 200, there(self.state["webhooks"].get(number, {}), hook, "webhook policy"), {}

    def _change_webhook(self, body: Any, _: Json, project: str, hook: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        found = there(self.state["webhooks"].get(number, {}), hook, "webhook policy")
        found |= self._checked_webhook(body)
        return 200, None, {}

    def _delete_webhook(self, _: Any, __: Json, project: str, hook: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        gone(self.state["webhooks"].get(number, {}), hook, "webhook policy")
        return 200, None, {}
