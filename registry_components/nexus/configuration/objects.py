"""The dynamic resources behind what is in a Nexus, each with what is its own about its requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import pulumi
from pulumi.dynamic import Resource

from ...core.component import PACKAGE
from ...core.dynamic import hiding
from ...core.urls import segment
from .errors import NexusError
from .provider import NexusProvider

if TYPE_CHECKING:
    from .client import NexusClient

Props = Mapping[str, Any]


class _Repositories(NexusProvider):
    word, collection = "repository", "/v1/repositories"

    def path(self, props: Props) -> str:
        return f"{self.collection}/docker/{props['type']}/{props['name']}"

    def posted(self, props: Props) -> str:
        return f"{self.collection}/docker/{props['type']}"

    def find(self, client: NexusClient, props: Props) -> dict[str, Any] | None:
        found = super().find(client, props)
        # Requests and answers call it differently.
        return None if found is None else {**found, "routingRule": found.get("routingRuleName")}

    def send(self, client: NexusClient, props: Props, olds: Props, task: str) -> None:
        was = ((olds.get("body") or {}).get("storage") or {}).get("blobStoreName")
        now = props["body"]["storage"]["blobStoreName"]
        if was not in (None, now):
            raise NexusError(
                f"cannot {task}: its blob store is {was!r}, which cannot be changed to {now!r}; take {was!r} again, or "
                "move it in Nexus (Admin - Change repository blob store) and run a refresh"
            )
        super().send(client, props, olds, task)

    def remove(self, client: NexusClient, props: Props) -> None:
        client.delete(f"{self.collection}/{props['name']}", task=f"remove {self.told(props)}")


class _BlobStores(NexusProvider):
    word, collection = "blob store", "/v1/blobstores"

    def path(self, props: Props) -> str:
        return f"{self.collection}/{props['type']}/{props['name']}"

    def posted(self, props: Props) -> str:
        return f"{self.collection}/{props['type']}"

    def request(self, props: Props, *, new: bool) -> dict[str, Any]:
        body = super().request(props, new=new)
        if props["type"] == "file" and not new:
            del body["name"]
        return body

    def find(self, client: NexusClient, props: Props) -> dict[str, Any] | None:
        found = super().find(client, props)
        return None if found is None else {"name": props["name"], **found}

    def remove(self, client: NexusClient, props: Props) -> None:
        client.delete(f"{self.collection}/{props['name']}", task=f"remove {self.told(props)}")


class _CleanupPolicies(NexusProvider):
    word, collection = "cleanup policy", "/v1/cleanup-policies"


class _RoutingRules(NexusProvider):
    word, collection = "routing rule", "/v1/routing-rules"


class _ContentSelectors(NexusProvider):
    word, collection = "content selector", "/v1/security/content-selectors"

    def request(self, props: Props, *, new: bool) -> dict[str, Any]:
        body = super().request(props, new=new)
        if not new:
            del body["name"]
        return body


class _Privileges(NexusProvider):
    word, collection = "privilege", "/v1/security/privileges"

    def posted(self, _props: Props) -> str:
        return f"{self.collection}/repository-content-selector"

    def send(self, client: NexusClient, props: Props, _olds: Props, task: str) -> None:
        client.put(f"{self.posted(props)}/{props['name']}", self.request(props, new=False), task=task)


class _Roles(NexusProvider):
    word, collection = "role", "/v1/security/roles"


class _Users(NexusProvider):
    word, collection = "user", "/v1/security/users"

    def find(self, client: NexusClient, props: Props) -> dict[str, Any] | None:
        asked = f"{self.collection}?userId={props['name']}&source=default"
        found = client.get(asked, task=f"read {self.told(props)}")
        listed = found if isinstance(found, list) else []
        # Nexus looks for ids that begin so.
        return next((entry for entry in listed if entry.get("userId") == props["name"]), None)

    def send(self, client: NexusClient, props: Props, olds: Props, task: str) -> None:
        if olds.get("body") != props["body"]:
            client.put(self.path(props), {**props["body"], "source": "default"}, task=task)
        password = (props.get("secrets") or {}).get("password")
        if password is not None and (olds.get("secrets") or {}).get("password") != password:
            client.put(
                f"{self.path(props)}/change-password", str(password), task=f"set the password of {props['name']!r}"
            )


class _Tasks(NexusProvider):
    """Tasks have an id of Nexus' own, and their schedule and properties are never told."""

    word, collection, unseen = "task", "/v1/tasks", True

    def path(self, props: Props) -> str:
        return f"{self.collection}/{segment(str(props['id']))}"

    def identity(self, _props: Props, found: Any) -> str:
        return str(found["id"])

    def find(self, client: NexusClient, props: Props) -> dict[str, Any] | None:
        if "id" in props:
            found = super().find(client, props)
        else:
            kind = props["body"]["type"]
            listed = client.listed(f"{self.collection}?type={kind}", task=f"read {self.told(props)}")
            found = next((entry for entry in listed if entry.get("name") == props["name"]), None)
        return None if found is None else {**props["body"], **{key: found.get(key) for key in ("id", "name", "type")}}


class _Setting(NexusProvider):
    """What Nexus has one of; it stays when the stack goes, as what it was before is not known."""

    single = True

    def path(self, _props: Props) -> str:
        return self.collection

    def told(self, _props: Props) -> str:
        return self.word

    def remove(self, _client: NexusClient, _props: Props) -> None:
        """Leave it as it is."""


class _Anonymous(_Setting):
    word, collection = "anonymous access", "/v1/security/anonymous"


class _Realms(_Setting):
    word, collection = "the active realms", "/v1/security/realms/active"

    def find(self, client: NexusClient, _props: Props) -> dict[str, Any] | None:
        return {"active": client.get(self.collection, task="read the active realms")}

    def send(self, client: NexusClient, props: Props, _olds: Props, task: str) -> None:
        client.put(self.collection, props["body"]["active"], task=task)


class _Eula(_Setting):
    word, collection = "the licence agreement", "/v1/system/eula"

    def send(self, client: NexusClient, props: Props, _olds: Props, task: str) -> None:
        found = self.find(client, props)
        if found is None:
            raise NexusError(f"cannot {task}: this Nexus has none; it is no Community Edition, or older than 3.77")
        # Nexus wants the very words back that it shows.
        body = {"accepted": True, "disclaimer": found.get("disclaimer")}
        client.post(self.collection, body, task="accept the licence agreement")

    def make(self, client: NexusClient, props: Props, task: str) -> Any:
        self.send(client, props, {}, task)


class _NexusResource(Resource, module=PACKAGE, name="NexusResource"):
    """Something in a Nexus."""

    lived_by: ClassVar[NexusProvider]

    def __init__(self, name: str, properties: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.lived_by, name, dict(properties), hiding(opts, "login", "secrets"))


class NexusRepository(_NexusResource, module=PACKAGE, name="NexusRepository"):
    """A Docker repository; its id is its name."""

    lived_by = _Repositories()


class NexusBlobStore(_NexusResource, module=PACKAGE, name="NexusBlobStore"):
    """A blob store; its id is its name."""

    lived_by = _BlobStores()


class NexusCleanupPolicy(_NexusResource, module=PACKAGE, name="NexusCleanupPolicy"):
    """A cleanup policy; its id is its name."""

    lived_by = _CleanupPolicies()


class NexusRoutingRule(_NexusResource, module=PACKAGE, name="NexusRoutingRule"):
    """A routing rule; its id is its name."""

    lived_by = _RoutingRules()


class NexusTask(_NexusResource, module=PACKAGE, name="NexusTask"):
    """A task; its id is Nexus' own. Nexus tells neither its schedule nor its properties."""

    lived_by = _Tasks()


class NexusContentSelector(_NexusResource, module=PACKAGE, name="NexusContentSelector"):
    """A content selector; its id is its name."""

    lived_by = _ContentSelectors()


class NexusPrivilege(_NexusResource, module=PACKAGE, name="NexusPrivilege"):
    """A privilege; its id is its name."""

    lived_by = _Privileges()


class NexusRole(_NexusResource, module=PACKAGE, name="NexusRole"):
    """A role; its id is Nexus' own."""

    lived_by = _Roles()


class NexusUser(_NexusResource, module=PACKAGE, name="NexusUser"):
    """A user of Nexus' own; its id is what it logs in with."""

    lived_by = _Users()


class NexusAnonymous(_NexusResource, module=PACKAGE, name="NexusAnonymous"):
    """What somebody without a login may do; it stays when the stack goes."""

    lived_by = _Anonymous()


class NexusRealms(_NexusResource, module=PACKAGE, name="NexusRealms"):
    """The active realms; they stay when the stack goes."""

    lived_by = _Realms()


class NexusEula(_NexusResource, module=PACKAGE, name="NexusEula"):
    """That the Community Edition's licence agreement is accepted; it stays so."""

    lived_by = _Eula()


OWN: Final[Mapping[str, type[_NexusResource]]] = {
    "Repository": NexusRepository,
    "BlobStore": NexusBlobStore,
    "CleanupPolicy": NexusCleanupPolicy,
    "RoutingRule": NexusRoutingRule,
    "Task": NexusTask,
    "ContentSelector": NexusContentSelector,
    "Privilege": NexusPrivilege,
    "Role": NexusRole,
    "User": NexusUser,
    "Anonymous": NexusAnonymous,
    "Realms": NexusRealms,
    "Eula": NexusEula,
}
"""By what a plan calls them."""

__all__ = ["OWN"]
