"""Scanners, and which one a project has."""

from __future__ import annotations

import uuid
from typing import Any

from .base import ROOT, Json, Part, RefusedError, page, shaped, there
from .shapes import (
    SCANNER,
)


class Scanners(Part):
    """Scanners, and which one a project has."""

    def _create_scanner(self, body: Any, _: Json) -> Any:
        asked = shaped(body, SCANNER, ("name", "url"))
        for other in self.state["scanners"].values():
            if other["name"] == asked["name"] or other["url"] == asked["url"]:
                raise RefusedError(409, f"scanner registration {asked['name']} or its url already exists")
        made = str(uuid.uuid4())
        self.state["scanners"][made] = {"is_default": False, "disabled": False, **asked, "uuid": made}
        return 201, None, {"location": f"{ROOT}/scanners/{made}"}

    def _list_scanners(self, _: Any, query: Json) -> Any:
        return page([_untold_credential(s) for s in self.state["scanners"].values()], query)

    def _get_scanner(self, _: Any, __: Json, scanner: str) -> Any:
        return 200, _untold_credential(there(self.state["scanners"], scanner, "scanner")), {}

    def _change_scanner(self, body: Any, _: Json, scanner: str) -> Any:
        found, asked = there(self.state["scanners"], scanner, "scanner"), shaped(body, SCANNER, ("name", "url"))
        for key, other in self.state["scanners"].items():
            if key != scanner and (other["name"] == asked["name"] or other["url"] == asked["url"]):
                raise RefusedError(409, f"scanner registration {asked['name']} or its url already exists")
        found |= asked
        return 200, None, {}

    def _default_scanner(self, body: Any, _: Json, scanner: str) -> Any:
        there(self.state["scanners"], scanner, "scanner")
        shaped(body, {"is_default": bool}, ("is_default",))
        for key, found in self.state["scanners"].items():
            found["is_default"] = key == scanner
        return 200, None, {}

    def _delete_scanner(self, _: Any, __: Json, scanner: str) -> Any:
        found = there(self.state["scanners"], scanner, "scanner")
        if found.get("is_default"):
            raise RefusedError(403, "cannot delete the default scanner registration")
        del self.state["scanners"][scanner]
        used = self.state["project_scanners"]
        self.state["project_scanners"] = {key: value for key, value in used.items() if value != scanner}
        return 200, found, {}

    def _get_project_scanner(self, _: Any, __: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        default = next((key for key, s in self.state["scanners"].items() if s.get("is_default")), None)
        uuid_ = self.state["project_scanners"].get(number, default)
        return 200, _untold_credential(self.state["scanners"].get(uuid_, {})), {}

    def _set_project_scanner(self, body: Any, _: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        wanted = shaped(body, {"uuid": str}, ("uuid",))["uuid"]
        there(self.state["scanners"], wanted, "scanner")
        self.state["project_scanners"][number] = wanted
        return 200, None, {}


def _untold_credential(scanner: Json) -> Json:
    return {key: value for key, value in scanner.items() if key != "access_credential"}
