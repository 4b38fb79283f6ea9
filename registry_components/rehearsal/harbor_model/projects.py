"""Projects, what is in them, and how much they may hold."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from .base import ROOT, Json, Part, RefusedError, allowlist, page, shaped, there
from .shapes import (
    PROJECT,
)


class Projects(Part):
    """Projects, what is in them, and how much they may hold."""

    def _create_project(self, body: Any, _: Json) -> Any:
        asked = shaped(body, PROJECT, ("project_name",))
        if not re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", asked["project_name"]):
            raise RefusedError(400, "project name is not in lower case or contains illegal characters")
        if any(p["name"] == asked["project_name"] for p in self.state["projects"].values()):
            raise RefusedError(409, f"The project named {asked['project_name']} already exists")
        registry = asked.get("registry_id")
        if registry and str(registry) not in self.state["registries"]:
            raise RefusedError(400, f"registry {registry} not found")
        number = self._next("project")
        metadata = {"public": "false", **(asked.get("metadata") or {})}
        if "public" in asked:
            metadata["public"] = str(asked["public"]).lower()
        project = {
            "project_id": number,
            "name": asked["project_name"],
            "registry_id": registry or 0,
            "metadata": metadata,
            "cve_allowlist": allowlist(asked.get("cve_allowlist")),
        }
        self.state["projects"][str(number)] = project
        hard = {"storage": asked.get("storage_limit") or -1}
        self.state["quotas"][str(number)] = {"id": number, "ref": {"id": number}, "hard": hard, "used": {"storage": 0}}
        return 201, None, {"location": f"{ROOT}/projects/{number}"}

    def _get_project(self, _: Any, __: Json, project: str) -> Any:
        found = self._find_project(project)
        return 200, {**found, "repo_count": len(self.state["repositories"].get(str(found["project_id"]), []))}, {}

    def _list_projects(self, _: Any, query: Json) -> Any:
        named = query.get("name")
        return page([p for p in self.state["projects"].values() if named in (None, p["name"])], query)

    def _change_project(self, body: Any, _: Json, project: str) -> Any:
        found, asked = self._find_project(project), shaped(body, PROJECT)
        found["metadata"] |= asked.get("metadata") or {}
        if "cve_allowlist" in asked:
            found["cve_allowlist"] = allowlist(asked["cve_allowlist"])
        return 200, None, {}

    def _delete_project(self, _: Any, __: Json, project: str) -> Any:
        found = self._find_project(project)
        number = str(found["project_id"])
        if self.state["repositories"].get(number):
            raise RefusedError(412, "the project contains repositories, can not be deleted")
        for kind in ("members", "immutable", "webhooks", "preheat"):
            self.state[kind].pop(number, None)
        self.state["project_scanners"].pop(number, None)
        self.state["quotas"].pop(number, None)
        self.state["retentions"] = {
            key: value for key, value in self.state["retentions"].items() if str(value["scope"]["ref"]) != number
        }
        self.state["labels"] = {
            key: value for key, value in self.state["labels"].items() if str(value.get("project_id", 0)) != number
        }
        prefix = f"{found['name']}+"
        self.state["robots"] = {k: v for k, v in self.state["robots"].items() if prefix not in v["name"]}
        del self.state["projects"][number]
        return 200, None, {}

    def _list_repositories(self, _: Any, query: Json, project: str) -> Any:
        found = self._find_project(project)
        return page(self.state["repositories"].get(str(found["project_id"]), []), query)

    def _delete_repository(self, _: Any, __: Json, project: str, repository: str) -> Any:
        found = self._find_project(project)
        listed = self.state["repositories"].get(str(found["project_id"]), [])
        name = f"{found['name']}/{unquote(unquote(repository))}"
        left = [entry for entry in listed if entry["name"] != name]
        if len(left) == len(listed):
            raise RefusedError(404, f"repository {name} not found")
        self.state["repositories"][str(found["project_id"])] = left
        return 200, None, {}

    def _list_quotas(self, _: Any, query: Json) -> Any:
        wanted = query.get("reference_id")
        return page([q for q in self.state["quotas"].values() if wanted in (None, str(q["ref"]["id"]))], query)

    def _change_quota(self, body: Any, _: Json, number: str) -> Any:
        quota = there(self.state["quotas"], number, "quota")
        quota["hard"] = shaped(body, {"hard": dict}, ("hard",))["hard"]
        return 200, None, {}
