"""Other registries, and what is copied from and to them."""

from __future__ import annotations

from typing import Any

from .base import Json, Part, RefusedError, check_cron, shaped, there
from .shapes import (
    REGISTRY,
    REGISTRY_UPDATE,
    REPLICATION,
)


class Replication(Part):
    """Other registries, and what is copied from and to them."""

    def _create_registry(self, body: Any, _: Json) -> Any:
        asked = shaped(body, REGISTRY, ("name", "type", "url"))
        if any(r["name"] == asked["name"] for r in self.state["registries"].values()):
            raise RefusedError(409, f"registry {asked['name']} already exists")
        return self._made("registries", {**asked, "status": "healthy"}, "registries")

    def _get_registry(self, _: Any, __: Json, number: str) -> Any:
        found = dict(there(self.state["registries"], number, "registry"))
        if found.get("credential"):
            found["credential"] = {**found["credential"], "access_secret": "*****"}
        return 200, found, {}

    def _change_registry(self, body: Any, _: Json, number: str) -> Any:
        found, asked = there(self.state["registries"], number, "registry"), shaped(body, REGISTRY_UPDATE)
        credential = {key: asked.pop(key) for key in ("access_key", "access_secret") if key in asked}
        asked.pop("credential_type", None)
        if credential:
            found["credential"] = {"type": "basic", **(found.get("credential") or {}), **credential}
        found |= asked
        return 200, None, {}

    def _delete_registry(self, _: Any, __: Json, number: str) -> Any:
        there(self.state["registries"], number, "registry")
        for rule in self.state["replications"].values():
            if number in (str((rule.get(side) or {}).get("id")) for side in ("src_registry", "dest_registry")):
                raise RefusedError(412, f"the registry {number} is referenced by replication policies")
        if any(str(p["registry_id"]) == number for p in self.state["projects"].values()):
            raise RefusedError(412, f"the registry {number} is referenced by proxy cache project")
        del self.state["registries"][number]
        return 200, None, {}

    def _create_replication(self, body: Any, _: Json) -> Any:
        asked = self._checked_replication(body)
        if any(rule["name"] == asked["name"] for rule in self.state["replications"].values()):
            raise RefusedError(409, f"replication policy {asked['name']} already exists")
        return self._made("replications", asked, "replication/policies")

    def _change_replication(self, body: Any, _: Json, number: str) -> Any:
        found = there(self.state["replications"], number, "replication policy")
        asked = self._checked_replication(body)
        others = [rule for key, rule in self.state["replications"].items() if key != number]
        if any(rule["name"] == asked["name"] for rule in others):
            raise RefusedError(409, f"replication policy {asked['name']} already exists")
        found |= asked
        return 200, None, {}

    def _checked_replication(self, body: Any) -> Json:
        asked = shaped(body, REPLICATION, ("name", "trigger"))
        ids = [str((asked.get(side) or {}).get("id")) for side in ("src_registry", "dest_registry") if asked.get(side)]
        if len(ids) != 1 or ids[0] not in self.state["registries"]:
            raise RefusedError(400, "either src_registry or dest_registry has to be a registry that is there")
        trigger = asked["trigger"]
        if trigger.get("type") == "scheduled":
            check_cron((trigger.get("trigger_settings") or {}).get("cron"))
        elif trigger.get("type") not in ("manual", "event_based"):
            raise RefusedError(400, f"trigger {trigger.get('type')} is not valid")
        return asked
