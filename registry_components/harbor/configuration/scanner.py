"""The dynamic resources behind a scanner's registration, and behind the scanner of one project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from ...core.component import PACKAGE
from ...core.dynamic import hiding, kept
from . import calls
from .errors import HarborError
from .provider import HarborProvider, harbor

_SETTINGS = ("name", "url", "description", "auth", "skip_cert_verify", "internal_address", "enabled")


def _request(props: Mapping[str, Any]) -> dict[str, Any]:
    return calls.ScannerRegistrationReq(
        name=props["name"],
        url=props["url"],
        description=props["description"],
        auth=props["auth"],
        access_credential=props.get("credential"),
        skip_certVerify=props["skip_cert_verify"],
        use_internal_addr=props["internal_address"],
        disabled=not props["enabled"],
    ).body()


def _seen(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": found.get("name"),
        "url": found.get("url"),
        "description": found.get("description") or "",
        "auth": found.get("auth") or "",
        "skip_cert_verify": bool(found.get("skip_certVerify")),
        "internal_address": bool(found.get("use_internal_addr")),
        "enabled": not found.get("disabled"),
    }


class _ScannerProvider(HarborProvider):
    changed = (*_SETTINGS, "credential")

    def create(self, props: dict[str, Any]) -> CreateResult:
        client, name = harbor(props), props["name"]
        found = next(
            (
                entry
                for entry in client.listed("/scanners", task=f"look for scanner {name!r}")
                if name == entry.get("name") or props["url"] == entry.get("url")
            ),
            None,
        )
        if found is None:
            identifier = client.post("/scanners", _request(props), task=f"register scanner {name!r}")
        elif found.get("name") == name and found.get("url") == props["url"]:
            # An interrupted run has made it; who else registered the same scanner under the same name meant the same.
            identifier = str(found["uuid"])
            client.put(f"/scanners/{identifier}", _request(props), task=f"change scanner {name!r}")
        else:
            same = "name" if found.get("name") == name else "url"
            raise HarborError(
                f"cannot register scanner {name!r}: the scanner {found.get('name')!r} has the same {same}, of which "
                f"Harbor takes one; take another {same}"
            )
        return CreateResult(identifier, kept(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        if self.differs(_olds, _news):
            harbor(_news).put(f"/scanners/{_id}", _request(_news), task=f"change scanner {_news['name']!r}")
        return UpdateResult(kept(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        found = harbor(props).get(f"/scanners/{id_}", task=f"read scanner {props['name']!r}")
        return ReadResult("", {}) if found is None else ReadResult(id_, kept(props, **_seen(found)))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        client, task = harbor(_props), f"remove scanner {_props['name']!r}"
        found = list(client.listed("/scanners", task=task))
        # Harbor is never without a default scanner: another one is it before this one goes.
        default = any(entry.get("uuid") == _id and entry.get("is_default") for entry in found)
        other = next((e for e in found if e.get("uuid") != _id and not e.get("disabled")), None)
        if default and other is not None:
            client.patch(f"/scanners/{other['uuid']}", calls.IsDefault(is_default=True).body(), task=task)
        client.delete(f"/scanners/{_id}", task=task)


class HarborScanner(Resource, module=PACKAGE, name="HarborScanner"):
    """A scanner that Harbor knows; its id is Harbor's UUID."""

    def __init__(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            _ScannerProvider(),
            name,
            dict(properties),
            hiding(opts, "login", "credential"),
        )


class _ProjectScannerProvider(HarborProvider):
    replaced = ("project",)
    changed = ("scanner",)

    def _set(self, props: Mapping[str, Any], uuid: str) -> None:
        body = calls.ProjectScanner(uuid=uuid).body()
        task = f"set the scanner of project {props['project']!r}"
        harbor(props).put(f"/projects/{props['project']}/scanner", body, task=task)

    def create(self, props: dict[str, Any]) -> CreateResult:
        self._set(props, props["scanner"])
        return CreateResult(str(props["project"]), kept(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        if self.differs(_olds, _news):
            self._set(_news, _news["scanner"])
        return UpdateResult(kept(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        client, project = harbor(props), props["project"]
        found = client.get(f"/projects/{project}/scanner", task=f"read the scanner of project {project!r}")
        return ReadResult("", {}) if not found else ReadResult(id_, kept(props, scanner=found.get("uuid")))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        client, project = harbor(_props), _props["project"]
        # A project cannot be without a scanner of its own again: it gets the default one.
        listed = client.listed("/scanners", task="look for the default scanner")
        default = next((entry for entry in listed if entry.get("is_default")), None)
        if default is None:
            return
        try:
            self._set(_props, str(default["uuid"]))
        except HarborError as error:
            if error.status != 404:
                raise HarborError(f"{error} (project {project!r})", status=error.status) from None


class HarborProjectScanner(Resource, module=PACKAGE, name="HarborProjectScanner"):
    """Which scanner a project has; its id is the project's name."""

    def __init__(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            _ProjectScannerProvider(),
            name,
            dict(properties),
            hiding(opts, "login"),
        )


__all__ = ["HarborProjectScanner", "HarborScanner"]
