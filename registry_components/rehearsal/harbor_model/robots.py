"""Robot accounts, of projects and of the whole."""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

from .base import ROOT, Json, Part, RefusedError, shaped, there
from .shapes import (
    ROBOT,
)

_PASSWORD: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9]).{8,128}")


class Robots(Part):
    """Robot accounts, of projects and of the whole."""

    def _create_robot(self, body: Any, _: Json) -> Any:
        asked = shaped(body, ROBOT, ("name", "level", "duration", "permissions"))
        if asked["level"] not in ("system", "project") or not asked["permissions"]:
            raise RefusedError(400, "bad request: level or permissions")
        if asked["duration"] == 0 or asked["duration"] < -1:
            raise RefusedError(400, "bad request: robot duration")
        name = asked["name"]
        for permission in asked["permissions"]:
            space = permission["namespace"]
            if permission["kind"] == "project" and space != "*":
                self._find_project(space)
        prefix = self.state["configurations"]["robot_name_prefix"]
        if asked["level"] == "project":
            name = f"{asked['permissions'][0]['namespace']}+{name}"
        full = f"{prefix}{name}"
        if any(robot["name"] == full for robot in self.state["robots"].values()):
            raise RefusedError(409, f"robot {full} already exists")
        number = self._next("robots")
        secret = asked.pop("secret", None) or f"Robot{uuid.uuid4().hex}A1"
        self.state["robots"][str(number)] = {**asked, "id": number, "name": full, "editable": True, "kept": secret}
        made = {"id": number, "name": full, "secret": secret}
        return 201, made, {"location": f"{ROOT}/robots/{number}"}

    def _get_robot(self, _: Any, __: Json, number: str) -> Any:
        found = there(self.state["robots"], number, "robot")
        return 200, {key: value for key, value in found.items() if key != "kept"}, {}

    def _change_robot(self, body: Any, _: Json, number: str) -> Any:
        found = there(self.state["robots"], number, "robot")
        asked = shaped(body, {**ROBOT, "id": int})
        if asked.get("name") not in (None, found["name"]) or asked.get("level") not in (None, found["level"]):
            raise RefusedError(409, "cannot update the level or name of robot")
        found |= asked
        return 200, None, {}

    def _secret_robot(self, body: Any, _: Json, number: str) -> Any:
        found = there(self.state["robots"], number, "robot")
        secret = shaped(body, {"secret": str})["secret"]
        if not _PASSWORD.fullmatch(secret):
            raise RefusedError(400, "the secret must be 8-128, inclusively, characters long with at least 1 uppercase")
        found["kept"] = secret
        return 200, {"secret": ""}, {}
