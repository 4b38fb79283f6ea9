"""The dynamic resource behind what a team may do in a repository on Docker Hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from ..core.component import PACKAGE
from ..core.dynamic import hiding, kept
from .errors import HubError, token_need
from .provider import HubProvider, hub


class _Grant:
    """One team's grant at the API."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._hub = hub(properties)
        self._namespace, self._team = str(properties["namespace"]), str(properties["team"])
        self.repository = f"{self._namespace}/{properties['repository']}"
        self.id = f"{self.repository}/{self._team}"
        self._path = f"/v2/repositories/{self.repository}/groups"
        self._task = f"grant team {self._team!r} access to {self.repository}"
        self._need = token_need(self._namespace, "scope-repo-group-admin")

    def team_id(self) -> int:
        need = f"a token of a member of {self._namespace}, or an organization access token with scope-group-read"
        found = self._hub.get(
            f"/v2/orgs/{self._namespace}/groups/{self._team}", task=f"look for team {self._team!r}", need=need
        )
        number = (found or {}).get("id")
        if not isinstance(number, int | float):
            raise HubError(
                f"cannot {self._task}: organization {self._namespace!r} has no such team; make it on Docker Hub, or "
                "correct the name in access"
            )
        return int(number)

    def find(self, team_id: int) -> str | None:
        found = self._hub.get(f"{self._path}/{team_id}/", task=f"read what team {self._team!r} may do", need=self._need)
        return None if found is None else str(found.get("permission"))

    def give(self, team_id: int, permission: str) -> None:
        seen = self.find(team_id)
        if seen == permission:
            return
        if seen is not None:
            self._hub.patch(f"{self._path}/{team_id}/", {"permission": permission}, task=self._task, need=self._need)
            return

        def post() -> bool:
            body = {"group_id": team_id, "permission": permission}
            self._hub.post(self._path, body, task=self._task, need=self._need)
            return True

        self._hub.make(post, lambda: True if self.find(team_id) == permission else None)

    def take(self, team_id: int) -> None:
        task = f"take back what team {self._team!r} may do in {self.repository}"
        self._hub.delete(f"{self._path}/{team_id}/", task=task, need=self._need)


class _PermissionProvider(HubProvider):
    replaced = ("namespace", "repository", "team")
    changed = ("permission",)

    def create(self, props: dict[str, Any]) -> CreateResult:
        grant = _Grant(props)
        team_id = grant.team_id()
        grant.give(team_id, props["permission"])
        return CreateResult(grant.id, kept(props, team_id=team_id))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        team_id = int(_olds["team_id"])
        if _olds.get("permission") != _news["permission"]:
            _Grant(_news).give(team_id, _news["permission"])
        return UpdateResult(kept(_news, team_id=team_id))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        permission = _Grant(props).find(int(props["team_id"]))
        if permission is None:
            return ReadResult("", {})
        return ReadResult(id_, kept(props, permission=permission))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        _Grant(_props).take(int(_props["team_id"]))


class HubTeamPermission(Resource, module=PACKAGE, name="HubTeamPermission"):
    """What one team may do in one repository: `read`, `write` or `admin`."""

    permission: pulumi.Output[str]
    team_id: pulumi.Output[int]
    """The team's number at Docker Hub."""

    def __init__(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            _PermissionProvider(),
            name,
            {**properties, "team_id": None},
            hiding(opts, "login"),
        )
