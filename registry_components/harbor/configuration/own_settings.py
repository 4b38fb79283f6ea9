"""The dynamic resources behind settings of a project and of the whole Harbor that the provider has no words for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from ...core.component import PACKAGE
from ...core.dynamic import hiding, kept, whole_numbers
from . import calls
from .errors import HarborError
from .provider import HarborProvider, harbor

_UNSET: Final = {"proxy_speed_kb": "-1", "max_upstream_conn": "-1", "proxy_cache_local_on_not_found": "false"}
"""What stands for no such setting, once there was one."""


def _request(settings: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request that makes `settings` of a project, and takes back what was set `before` alone."""
    gone = set(before.get("metadata") or {}) - set(settings.get("metadata") or {})
    metadata = {**{key: _UNSET[key] for key in sorted(gone)}, **(settings.get("metadata") or {})}
    allowed = settings.get("cve_allowlist")
    if allowed is not None:
        metadata["reuse_sys_cve_allowlist"] = "false"
        allowed = calls.CVEAllowlist(
            items=[calls.CVEAllowlistItem(cve_id=cve) for cve in allowed["ids"]], expires_at=allowed["expires_at"]
        )
    return calls.ProjectReq(
        metadata=calls.ProjectMetadata(**metadata) if metadata else None, cve_allowlist=allowed
    ).body()


class _ProjectProvider(HarborProvider):
    replaced = ("project",)
    changed = ("settings", "provider")

    def _send(self, props: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        body = _request(whole_numbers(props["settings"]), before)
        task = f"set what project {props['project']!r} allows"
        if body:
            harbor(props).put(f"/projects/{props['project']}", body, task=task)

    def create(self, props: dict[str, Any]) -> CreateResult:
        self._send(props, {})
        return CreateResult(str(props["project"]), kept(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        if self.differs(_olds, _news):
            self._send(_news, whole_numbers(_olds["settings"]))
        return UpdateResult(kept(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        project = props["project"]
        found = harbor(props).get(f"/projects/{project}", task=f"read project {project!r}")
        if not isinstance(found, dict):
            return ReadResult("", {})
        said, seen = whole_numbers(props["settings"]), {}
        if "cve_allowlist" in said:
            there = found.get("cve_allowlist") or {}
            items = sorted(str(item.get("cve_id")) for item in there.get("items") or [])
            seen["cve_allowlist"] = {"ids": items, "expires_at": there.get("expires_at")}
        if "metadata" in said:
            there = found.get("metadata") or {}
            seen["metadata"] = {key: there.get(key) for key in said["metadata"]}
        return ReadResult(id_, kept(props, settings=seen))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        taken = {"metadata": {key: _UNSET[key] for key in whole_numbers(_props["settings"]).get("metadata") or {}}}
        body = _request(taken if taken["metadata"] else {}, {})
        if not body:
            # The list itself is the provider's; without an expiry it would hold for ever.
            return
        try:
            task = f"take back what project {_props['project']!r} allows"
            harbor(_props).put(f"/projects/{_props['project']}", body, task=task)
        except HarborError as error:
            if error.status != 404:
                raise


class HarborProjectSettings(Resource, module=PACKAGE, name="HarborProjectSettings"):
    """A project's allowlist with its expiry, and how its proxy cache behaves; its id is the project's name."""

    def __init__(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            _ProjectProvider(),
            name,
            dict(properties),
            hiding(opts, "login"),
        )


class _SystemProvider(HarborProvider):
    changed = ("settings",)

    def _send(self, props: Mapping[str, Any]) -> None:
        body = calls.Configurations(**whole_numbers(props["settings"])).body()
        harbor(props).put("/configurations", body, task="set Harbor's settings")

    def create(self, props: dict[str, Any]) -> CreateResult:
        self._send(props)
        return CreateResult("configurations", kept(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        if self.differs(_olds, _news):
            self._send(_news)
        return UpdateResult(kept(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        found = harbor(props).get("/configurations", task="read Harbor's settings") or {}
        said = whole_numbers(props["settings"])
        seen = {key: (found.get(key) or {}).get("value") for key in said}
        for key, value in said.items():
            there = seen[key]
            if isinstance(value, str) and isinstance(there, str) and _same(value, there):
                seen[key] = value
        return ReadResult(id_, kept(props, settings=seen))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave them as they are: what they were before is not known."""


def _same(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return one == other


class HarborSystemSettings(Resource, module=PACKAGE, name="HarborSystemSettings"):
    """Settings of the whole Harbor; they stay when the stack goes."""

    def __init__(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            _SystemProvider(),
            name,
            dict(properties),
            hiding(opts, "login"),
        )


__all__ = ["HarborProjectSettings", "HarborSystemSettings"]
