"""The dynamic resources behind access tokens of Docker Hub: an account's own, and an organization's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from ..core.component import PACKAGE
from ..core.dynamic import hiding, kept
from .errors import HubError
from .provider import HubProvider, hub


class _TokenProvider(HubProvider):
    """Both kinds. Docker Hub tells a token's value in the answer that makes it, and never again."""

    sent: ClassVar[tuple[str, ...]] = ()
    """The properties that can be changed in place."""

    @abstractmethod
    def place(self, props: Mapping[str, Any]) -> str:
        """Return the path of the tokens' list."""

    @abstractmethod
    def body(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request that makes one."""

    @abstractmethod
    def change(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request that changes one in place."""

    @abstractmethod
    def seen(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the API told as properties."""

    @abstractmethod
    def need(self, props: Mapping[str, Any]) -> str:
        """Return who may do this."""

    label_key: ClassVar[str]
    id_key: ClassVar[str]
    used_key: ClassVar[str]

    def create(self, props: dict[str, Any]) -> CreateResult:
        client, path = hub(props), self.place(props)
        task, need = f"create access token {props['label']!r}", self.need(props)

        def post() -> dict[str, Any]:
            self._remove_lost(props)
            return client.post(path, self.body(props), task=task, need=need)

        # The value of a token that may have been made is lost: it is removed, and another one made.
        made = client.make(post, lambda: None)
        value, identifier = made.get("token"), made.get(self.id_key)
        if not isinstance(value, str) or not value or not isinstance(identifier, str) or not identifier:
            raise HubError(f"cannot {task}: the answer holds no token; correct api.url")
        outs = kept(props, value=value, token_id=identifier)
        if not props["active"]:
            self._send(outs, identifier)
        return CreateResult(identifier, outs)

    def _remove_lost(self, props: Mapping[str, Any]) -> None:
        """Remove tokens that a request without answer or an interrupted run has made: nobody has their values.

        They have this resource's label, with its mark, and were never used; one that was used is somebody's.
        """
        client, path, need = hub(props), self.place(props), self.need(props)
        task = f"list access tokens, to find {props['label']!r}"
        lost = [
            str(entry[self.id_key])
            for entry in client.listed(path, task=task, need=need)
            if entry.get(self.label_key) == props["label"] and entry.get(self.used_key) is None
        ]
        for identifier in lost:
            task = f"remove access token {props['label']!r}, whose value was lost"
            client.delete(f"{path}/{identifier}", task=task, need=need)

    def _send(self, props: Mapping[str, Any], identifier: str) -> None:
        task = f"change access token {props['label']!r}"
        hub(props).patch(f"{self.place(props)}/{identifier}", self.change(props), task=task, need=self.need(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        outs = kept(_news, value=_olds["value"], token_id=_olds["token_id"])
        if any(_olds.get(key) != _news.get(key) for key in self.changed):
            self._send(outs, _id)
        return UpdateResult(outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        task = f"read access token {props['label']!r}"
        found = hub(props).get(f"{self.place(props)}/{id_}", task=task, need=self.need(props))
        if found is None:
            return ReadResult("", {})
        seen = self.seen(found)
        if _same_moment(seen.get("expires_at"), props.get("expires_at")):
            seen["expires_at"] = props.get("expires_at")
        return ReadResult(id_, kept(props, **seen))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        task = f"delete access token {_props['label']!r}"
        hub(_props).delete(f"{self.place(_props)}/{_id}", task=task, need=self.need(_props))


def _same_moment(one: Any, other: Any) -> bool:
    try:
        # Docker Hub writes fractions of a second, and the stack file does not.
        difference = datetime.fromisoformat(str(one)) - datetime.fromisoformat(str(other))
    except (TypeError, ValueError):
        return bool(one == other)
    return abs(difference.total_seconds()) < 1


class _PersonalProvider(_TokenProvider):
    replaced = ("scopes", "expires_at", "rotation")
    changed = ("label", "active")
    label_key, id_key, used_key = "token_label", "uuid", "last_used"

    def place(self, props: Mapping[str, Any]) -> str:  # noqa: ARG002 - the account's own, whoever logs in
        return "/v2/access-tokens"

    def body(self, props: Mapping[str, Any]) -> dict[str, Any]:
        body = {"token_label": props["label"], "scopes": list(props["scopes"])}
        return body if props.get("expires_at") is None else {**body, "expires_at": props["expires_at"]}

    def change(self, props: Mapping[str, Any]) -> dict[str, Any]:
        return {"token_label": props["label"], "is_active": bool(props["active"])}

    def seen(self, found: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "label": found.get("token_label"),
            "scopes": sorted(found.get("scopes") or []),
            "active": bool(found.get("is_active")),
            "expires_at": found.get("expires_at"),
        }

    def need(self, props: Mapping[str, Any]) -> str:  # noqa: ARG002
        return "the account's password as login.token: Docker Hub makes no access token for an access token"


class _OrganizationProvider(_TokenProvider):
    replaced = ("organization", "expires_at", "rotation")
    changed = ("label", "active", "description", "resources")
    label_key, id_key, used_key = "label", "id", "last_used_at"

    def place(self, props: Mapping[str, Any]) -> str:
        return f"/v2/orgs/{props['organization']}/access-tokens"

    def body(self, props: Mapping[str, Any]) -> dict[str, Any]:
        body = {"label": props["label"], "description": props["description"], "resources": props["resources"]}
        return body if props.get("expires_at") is None else {**body, "expires_at": props["expires_at"]}

    def change(self, props: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "label": props["label"],
            "description": props["description"],
            "resources": props["resources"],
            "is_active": bool(props["active"]),
        }

    def seen(self, found: Mapping[str, Any]) -> dict[str, Any]:
        seen = {
            "label": found.get("label"),
            "active": bool(found.get("is_active")),
            "expires_at": found.get("expires_at"),
            "resources": in_order(found.get("resources") or []),
        }
        # The reference does not list it among what is answered.
        return {**seen, "description": found["description"] or ""} if "description" in found else seen

    def need(self, props: Mapping[str, Any]) -> str:
        return f"the password of an owner of {props['organization']} as login.token, and a Team or Business plan"


def in_order(resources: Any) -> list[dict[str, Any]]:
    """Return a token's resources, and each one's scopes, in one order."""
    found = [
        {"type": str(item["type"]), "path": str(item["path"]), "scopes": sorted(str(s) for s in item["scopes"])}
        for item in resources
    ]
    return sorted(found, key=lambda item: (item["type"], item["path"]))


class _HubToken(Resource):
    value: pulumi.Output[str]
    """The token itself; secret."""
    token_id: pulumi.Output[str]
    """Its id at Docker Hub."""

    def __init__(
        self,
        provider: _TokenProvider,
        name: str,
        properties: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            provider,
            name,
            {**properties, "value": None, "token_id": None},
            hiding(opts, "login", "value"),
        )


class HubPersonalToken(_HubToken, module=PACKAGE, name="HubPersonalToken"):
    """A personal access token of the account that logs in."""

    def __init__(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(_PersonalProvider(), name, properties, opts)


class HubOrganizationToken(_HubToken, module=PACKAGE, name="HubOrganizationToken"):
    """An access token of an organization."""

    def __init__(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(_OrganizationProvider(), name, properties, opts)
