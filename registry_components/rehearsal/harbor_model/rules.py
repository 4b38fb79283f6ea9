"""What stays in a project: retention and immutable tags."""

from __future__ import annotations

from typing import Any

from .base import ROOT, Json, Part, RefusedError, check_cron, gone, page, shaped, there
from .shapes import (
    IMMUTABLE,
)


class Rules(Part):
    """What stays in a project: retention and immutable tags."""

    def _create_retention(self, body: Any, _: Json) -> Any:
        asked = _retention(body)
        project = self._find_project(str(asked["scope"]["ref"]))
        if project["metadata"].get("retention_id") in self.state["retentions"]:
            raise RefusedError(400, f"project {project['name']} already has retention policy")
        answer = self._made("retentions", asked, "retentions")
        project["metadata"]["retention_id"] = str(self.state["last"]["retentions"])
        return answer

    def _change_retention(self, body: Any, _: Json, number: str) -> Any:
        there(self.state["retentions"], number, "retention policy")
        self.state["retentions"][number] = {**_retention(body), "id": int(number)}
        return 200, None, {}

    def _delete_retention(self, _: Any, __: Json, number: str) -> Any:
        found = there(self.state["retentions"], number, "retention policy")
        project = self.state["projects"].get(str(found["scope"]["ref"]))
        if project is not None:
            project["metadata"].pop("retention_id", None)
        del self.state["retentions"][number]
        return 200, None, {}

    def _create_immutable(self, body: Any, _: Json, project: str) -> Any:
        asked = shaped(body, IMMUTABLE, ("tag_selectors", "scope_selectors"))
        number = str(self._find_project(project)["project_id"])
        rules = self.state["immutable"].setdefault(number, {})
        said = {key: asked[key] for key in ("tag_selectors", "scope_selectors")}
        if any({key: rule[key] for key in said} == said for rule in rules.values()):
            raise RefusedError(409, "duplicate immutable tag rule")
        made = str(self._next("immutable"))
        rules[made] = {**asked, "id": int(made)}
        return 201, None, {"location": f"{ROOT}/projects/{number}/immutabletagrules/{made}"}

    def _list_immutable(self, _: Any, query: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return page(list(self.state["immutable"].get(number, {}).values()), query)

    def _change_immutable(self, body: Any, _: Json, project: str, rule: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        found = there(self.state["immutable"].get(number, {}), rule, "immutable tag rule")
        found |= shaped(body, IMMUTABLE)
        return 200, None, {}

    def _delete_immutable(self, _: Any, __: Json, project: str, rule: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        gone(self.state["immutable"].get(number, {}), rule, "immutable tag rule")
        return 200, None, {}


def _retention(body: Any) -> Json:
    types = {"id": int, "algorithm": str, "rules": list, "trigger": dict, "scope": dict}
    asked = shaped(body, types, ("algorithm", "rules", "scope"))
    if len(asked["rules"]) > 15:
        raise RefusedError(400, "only 15 retention rules are allowed at most")
    cron = ((asked.get("trigger") or {}).get("settings") or {}).get("cron")
    if cron:
        check_cron(cron)
    return asked
