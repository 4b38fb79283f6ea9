"""The dynamic resource behind a preheat policy: which images of a project are handed out to peers beforehand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from ...core.component import PACKAGE
from ...core.dynamic import hiding, kept
from ...core.urls import segment
from . import calls
from .errors import HarborError
from .provider import HarborProvider, harbor

_SETTINGS = ("description", "filters", "trigger", "scope", "enabled", "instance")


class _Place:
    """One policy at the API."""

    def __init__(self, props: Mapping[str, Any]) -> None:
        self._harbor = harbor(props)
        self.project, self.name = str(props["project"]), str(props["name"])
        self.id = f"{self.project}/{self.name}"
        self._list = f"/projects/{self.project}/preheat/policies"
        self._path = f"{self._list}/{segment(self.name)}"

    def find(self) -> dict[str, Any] | None:
        found = self._harbor.get(self._path, task=f"look for preheat policy {self.id!r}")
        return found if isinstance(found, dict) else None

    def _request(self, props: Mapping[str, Any], identifier: int | None) -> dict[str, Any]:
        instance = str(props["instance"])
        peers = self._harbor.get(
            f"/p2p/preheat/instances/{segment(instance)}", task=f"look for preheat instance {instance!r}"
        )
        project = self._harbor.get(f"/projects/{self.project}", task=f"look for project {self.project!r}")
        for what, there in ((f"preheat instance {instance!r}", peers), (f"project {self.project!r}", project)):
            if not isinstance(there, dict):
                raise HarborError(f"cannot make preheat policy {self.id!r}: there is no {what}; correct the name")
        return calls.PreheatPolicy(
            id=identifier,
            name=self.name,
            description=props["description"],
            project_id=int(project["project_id"]),
            provider_id=int(peers["id"]),
            provider_name=instance,
            filters=props["filters"],
            trigger=props["trigger"],
            enabled=props["enabled"],
            extra_attrs=json.dumps({"scope": props["scope"]}),
        ).body()

    def make(self, props: Mapping[str, Any]) -> None:
        self._harbor.post(self._list, self._request(props, None), task=f"make preheat policy {self.id!r}")

    def change(self, props: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        body = self._request(props, int(found["id"]))
        self._harbor.put(self._path, body, task=f"change preheat policy {self.id!r}")

    def remove(self) -> None:
        self._harbor.delete(self._path, task=f"remove preheat policy {self.id!r}")


def _same_json(one: Any, other: Any) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except (TypeError, ValueError):
        return bool(one == other)


def _seen(found: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    try:
        scope = json.loads(found.get("extra_attrs") or "{}").get("scope", "single_peer")
    except (AttributeError, ValueError):
        scope = ""
    seen = {
        "description": found.get("description") or "",
        "filters": found.get("filters") or "",
        "trigger": found.get("trigger") or "",
        "scope": scope,
        "enabled": bool(found.get("enabled")),
        "instance": found.get("provider_name") or known["instance"],
    }
    for key in ("filters", "trigger"):
        # Harbor writes the members of an object in another order.
        if _same_json(seen[key], known[key]):
            seen[key] = known[key]
    return seen


class _PolicyProvider(HarborProvider):
    replaced = ("project", "name")
    changed = _SETTINGS

    def create(self, props: dict[str, Any]) -> CreateResult:
        place = _Place(props)
        found = place.find()
        if found is None:
            place.make(props)
        elif any(value != props[key] for key, value in _seen(found, props).items()):
            raise HarborError(
                f"cannot make preheat policy {place.id!r}: there is one, with other settings; take another name, or "
                "remove it"
            )
        return CreateResult(place.id, kept(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        if self.differs(_olds, _news):
            place = _Place(_news)
            found = place.find()
            if found is None:
                raise HarborError(
                    f"cannot change preheat policy {place.id!r}: it is gone; run `pulumi refresh`, and then up makes "
                    "it anew"
                )
            place.change(_news, found)
        return UpdateResult(kept(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        found = _Place(props).find()
        return ReadResult("", {}) if found is None else ReadResult(id_, kept(props, **_seen(found, props)))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        _Place(_props).remove()


class HarborPreheatPolicy(Resource, module=PACKAGE, name="HarborPreheatPolicy"):
    """One preheat policy; its id is `project/name`."""

    def __init__(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            _PolicyProvider(),
            name,
            dict(properties),
            hiding(opts, "login"),
        )


__all__ = ["HarborPreheatPolicy"]
