"""What is brought to a peer-to-peer network beforehand."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from .base import ROOT, Json, Part, RefusedError, check_cron, gone, shaped, there
from .shapes import (
    INSTANCE,
    PREHEAT,
)


class Preheat(Part):
    """What is brought to a peer-to-peer network beforehand."""

    def _create_instance(self, body: Any, _: Json) -> Any:
        asked = shaped(body, INSTANCE, ("name", "vendor", "endpoint"))
        if asked["vendor"] not in ("dragonfly", "kraken"):
            raise RefusedError(400, f"provider {asked['vendor']} is not supported")
        if asked["name"] in self.state["instances"]:
            raise RefusedError(409, f"instance {asked['name']} already exists")
        self.state["instances"][asked["name"]] = {**asked, "id": self._next("instance")}
        return 201, None, {"location": f"{ROOT}/p2p/preheat/instances/{asked['name']}"}

    def _get_instance(self, _: Any, __: Json, name: str) -> Any:
        return 200, there(self.state["instances"], unquote(name), "instance"), {}

    def _change_instance(self, body: Any, _: Json, name: str) -> Any:
        found = there(self.state["instances"], unquote(name), "instance")
        found |= shaped(body, INSTANCE)
        return 200, None, {}

    def _delete_instance(self, _: Any, __: Json, name: str) -> Any:
        found = there(self.state["instances"], unquote(name), "instance")
        for policies in self.state["preheat"].values():
            if any(policy["provider_id"] == found["id"] for policy in policies.values()):
                raise RefusedError(403, "the instance is used by a preheat policy")
        del self.state["instances"][unquote(name)]
        return 200, None, {}

    def _checked_preheat(self, body: Any) -> Json:
        asked = shaped(body, PREHEAT, ("name", "provider_id", "filters", "trigger"))
        for key in ("filters", "trigger"):
            try:
                asked[key] = json.dumps(json.loads(asked[key]), separators=(",", ":"))
            except ValueError:
                raise RefusedError(400, f"{key} is not JSON") from None
        instance = next((i for i in self.state["instances"].values() if i["id"] == asked["provider_id"]), None)
        if instance is None:
            raise RefusedError(400, f"instance {asked['provider_id']} not found")
        trigger = json.loads(asked["trigger"])
        if trigger.get("type") == "scheduled":
            check_cron((trigger.get("trigger_setting") or {}).get("cron"))
        return {**asked, "provider_name": instance["name"]}

    def _create_preheat(self, body: Any, _: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        asked = self._checked_preheat(body)
        policies = self.state["preheat"].setdefault(number, {})
        if asked["name"] in policies:
            raise RefusedError(409, f"preheat policy {asked['name']} already exists")
        policies[asked["name"]] = {**asked, "id": self._next("preheat"), "project_id": int(number)}
        return 201, None, {"location": f"{ROOT}/projects/{project}/preheat/policies/{asked['name']}"}

    def _get_preheat(self, _: Any, __: Json, project: str, policy: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return 200, there(self.state["preheat"].get(number, {}), unquote(policy), "preheat policy"), {}

    def _change_preheat(self, body: Any, _: Json, project: str, policy: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        found = there(self.state["preheat"].get(number, {}), unquote(policy), "preheat policy")
        asked = self._checked_preheat(body)
        if asked.get("id") != found["id"]:
            raise RefusedError(400, "the id of the policy does not match")
        found |= asked
        return 200, None, {}

    def _delete_preheat(self, _: Any, __: Json, project: str, policy: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        gone(self.state["preheat"].get(number, {}), unquote(policy), "preheat policy")
        return 200, None, {}
