"""Who may do what in a project: users and groups."""

from __future__ import annotations

from typing import Any

from .base import ROOT, Json, Part, RefusedError, gone, shaped, there


class Members(Part):
    """Who may do what in a project: users and groups."""

    def _create_member(self, body: Any, _: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        asked = shaped(body, {"role_id": int, "member_user": dict, "member_group": dict}, ("role_id",))
        if asked["role_id"] not in range(1, 6):
            raise RefusedError(400, f"role id {asked['role_id']} is not valid")
        group, user = asked.get("member_group") or {}, asked.get("member_user") or {}
        entity = user.get("username") or group.get("group_name") or group.get("ldap_group_dn")
        if not entity:
            raise RefusedError(400, "neither a user nor a group is named")
        members = self.state["members"].setdefault(number, {})
        kind = "g" if group else "u"
        if any(m["entity_name"] == entity and m["entity_type"] == kind for m in members.values()):
            raise RefusedError(409, "member already exists in project")
        made = str(self._next("member"))
        members[made] = {
            "id": int(made),
            "role_id": asked["role_id"],
            "entity_name": entity,
            "entity_type": kind,
            "project_id": int(number),
        }
        return 201, None, {"location": f"{ROOT}/projects/{number}/members/{made}"}

    def _get_member(self, _: Any, __: Json, project: str, member: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return 200, there(self.state["members"].get(number, {}), member, "member"), {}

    def _change_member(self, body: Any, _: Json, project: str, member: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        found = there(self.state["members"].get(number, {}), member, "member")
        found["role_id"] = shaped(body, {"role_id": int}, ("role_id",))["role_id"]
        return 200, None, {}

    def _delete_member(self, _: Any, __: Json, project: str, member: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        gone(self.state["members"].get(number, {}), member, "member")
        return 200, None, {}

    def _create_group(self, body: Any, _: Json) -> Any:
        types = {"group_name": str, "group_type": int, "ldap_group_dn": str}
        asked = shaped(body, types, ("group_type",))
        if asked["group_type"] not in (1, 2, 3) or (asked["group_type"] == 1 and not asked.get("ldap_group_dn")):
            raise RefusedError(400, "the group type is not valid, or the DN is missing")
        if any(g["group_name"] == asked.get("group_name") for g in self.state["groups"].values()):
            raise RefusedError(409, "a user group with this name already exists")
        return self._made("groups", asked, "usergroups")
