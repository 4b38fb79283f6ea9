"""Resource types of the Harbor provider that exist once in a Harbor: settings, and what runs at times."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from ..emulator import Refusal
from ..harbor_model import Json
from .harbor_api import Api, HarborType, Values

_GIB: Final = 1024**3


class _Once(HarborType):
    """What is set, and never made or removed."""

    path: ClassVar[str]

    def create(self, cloud: Api, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Set it."""
        self.set(cloud, inputs)
        return self.path, self.after(cloud, self.path, inputs)

    def update(self, cloud: Api, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Set it anew."""
        self.set(cloud, inputs)
        kept = {key: old_outputs[key] for key in self.unread if key in old_outputs}
        return {**kept, **self.after(cloud, id, inputs)}

    def set(self, cloud: Api, inputs: Values) -> None:
        """Tell Harbor."""
        cloud.send("PUT", self.path, self.body(inputs))

    def look(self, cloud: Api, id_: str) -> Any:  # noqa: ARG002
        """Return it as it is."""
        return cloud.find(self.path)

    def delete(self, cloud: Api, id: str, outputs: Values) -> None:  # noqa: A002
        """Leave it as it is, as the provider does."""


class _Schedule(_Once):
    """Something that runs at times."""

    said: ClassVar[str] = "schedule"

    def set(self, cloud: Api, inputs: Values) -> None:
        """Make the schedule, or change the one that is there."""
        there = cloud.find(self.path)
        cloud.send("PUT" if there else "POST", self.path, self.body(inputs))

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        schedule = {"type": "Custom", "cron": inputs[self.said]}
        return {"schedule": schedule, "parameters": self.parameters(inputs)}

    def parameters(self, inputs: Values) -> Json:  # noqa: ARG002
        """Return what the job is told."""
        return {}

    def look(self, cloud: Api, id_: str) -> Any:  # noqa: ARG002
        """Return it; None where there is none."""
        return cloud.find(self.path) or None

    def delete(self, cloud: Api, id: str, outputs: Values) -> None:  # noqa: A002, ARG002
        """Take the schedule away."""
        cloud.send("PUT", self.path, {"schedule": {"type": "None", "cron": ""}})


class GarbageCollection(_Schedule):
    """When what nothing refers to is freed."""

    token = "harbor:index/garbageCollection:GarbageCollection"  # noqa: S105 - a resource type
    file, path = "garbage_collection", "/system/gc/schedule"
    preset = {"workers": 1}

    def check(self, cloud: Api, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield too many workers."""
        workers = inputs.get("workers")
        if isinstance(workers, int) and not 1 <= workers <= 5:
            yield Refusal("workers", "GC workers must be between 1 and 5")

    def parameters(self, inputs: Values) -> Json:
        """Return what the job is told."""
        return {"delete_untagged": bool(inputs.get("deleteUntagged")), "workers": int(inputs["workers"])}

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        told = json.loads(found["job_parameters"])
        return {
            "schedule": found["schedule"]["cron"],
            "deleteUntagged": told["delete_untagged"],
            "workers": told["workers"],
        }


class PurgeAuditLog(_Schedule):
    """When old audit logs go."""

    token = "harbor:index/purgeAuditLog:PurgeAuditLog"  # noqa: S105
    file, path = "purge_audit_log", "/system/purgeaudit/schedule"

    def parameters(self, inputs: Values) -> Json:
        """Return what the job is told."""
        return {
            "audit_retention_hour": int(inputs["auditRetentionHour"]),
            "include_operations": inputs["includeOperations"],
        }

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        told = json.loads(found["job_parameters"])
        return {
            "schedule": found["schedule"]["cron"],
            "auditRetentionHour": told["audit_retention_hour"],
            "includeOperations": told["include_operations"],
        }


class InterrogationServices(_Schedule):
    """When everything is scanned, and the default scanner."""

    token = "harbor:index/interrogationServices:InterrogationServices"  # noqa: S105
    file, path = "interrogation_services", "/system/scanAll/schedule"
    said = "vulnerabilityScanPolicy"
    computing = ("defaultScanner",)

    def set(self, cloud: Api, inputs: Values) -> None:
        """Set both."""
        wanted = inputs.get("defaultScanner")
        if wanted:
            listed = cloud.find("/scanners?page_size=100")
            found = next((scanner for scanner in listed if scanner["name"] == wanted), None)
            if found is None:
                raise Refusal("defaultScanner", f"no scanner is named {wanted!r}")
            cloud.send("PATCH", f"/scanners/{found['uuid']}", {"is_default": True})
        super().set(cloud, inputs)

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        listed = cloud.find("/scanners?page_size=100")
        default = next((scanner["name"] for scanner in listed if scanner["is_default"]), "")
        return {"vulnerabilityScanPolicy": found["schedule"]["cron"], "defaultScanner": default}


_AUTH: Final[Mapping[str, str]] = {
    "ldapGroupFilter": "ldap_group_search_filter",
    "ldapGroupGid": "ldap_group_attribute_name",
    "ldapGroupMembership": "ldap_group_membership_attribute",
    "ldapGroupScope": "ldap_group_search_scope",
}
_SYSTEM: Final[Mapping[str, str]] = {
    "robotTokenExpiration": "robot_token_duration",
}
_SCOPES: Final = ("base", "onelevel", "subtree")


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


class _Configuration(_Once):
    """Members of Harbor's configuration."""

    path = "/configurations"
    names: ClassVar[Mapping[str, str]] = {}

    def key(self, name: str) -> str:
        """Return Harbor's name of a property."""
        return self.names.get(name, _snake(name))

    @property
    def computing(self) -> tuple[str, ...]:  # type: ignore[override]
        """All: what the program is silent on stays as it is."""
        from .bridged_sdk import sdk_type

        return tuple(sdk_type("pulumiverse_harbor", "", self.file))

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        return {self.key(name): self.told(name, value) for name, value in inputs.items() if value is not None}

    def told(self, name: str, value: Any) -> Any:  # noqa: ARG002
        """Return a value in Harbor's words."""
        return value

    def heard(self, name: str, value: Any) -> Any:  # noqa: ARG002
        """Return a value in the provider's words."""
        return value

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        names = [name for name, property_ in self.properties.items() if not property_.output]
        there = {name: found.get(self.key(name)) for name in names if name not in self.unread}
        return {name: self.heard(name, item["value"]) for name, item in there.items() if item is not None}


class ConfigAuth(_Configuration):
    """Whose users log in."""

    token = "harbor:index/configAuth:ConfigAuth"  # noqa: S105
    file = "config_auth"
    names = _AUTH
    unread = ("ldapSearchPassword", "oidcClientSecret", "ldapGroupUid")

    def check(self, cloud: Api, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a kind that the provider does not know."""
        mode = inputs.get("authMode")
        if isinstance(mode, str) and mode not in ("db_auth", "ldap_auth", "oidc_auth"):
            yield Refusal("authMode", f"{mode!r} is not one of db_auth, ldap_auth, oidc_auth")

    def told(self, name: str, value: Any) -> Any:
        """Return a value in Harbor's words: scopes are numbers there."""
        return _SCOPES.index(value) if name in ("ldapScope", "ldapGroupScope") else value

    def heard(self, name: str, value: Any) -> Any:
        """Return a value in the provider's words."""
        return _SCOPES[value] if name in ("ldapScope", "ldapGroupScope") else value


class ConfigSystem(_Configuration):
    """Harbor's settings."""

    token = "harbor:index/configSystem:ConfigSystem"  # noqa: S105
    file = "config_system"
    names = _SYSTEM

    def told(self, name: str, value: Any) -> Any:
        """Return a value in Harbor's words: bytes, and the banner as JSON text."""
        if name == "storagePerProject":
            return value if value == -1 else value * _GIB
        return json.dumps(dict(value), sort_keys=True) if name == "bannerMessage" else value

    def heard(self, name: str, value: Any) -> Any:
        """Return a value in the provider's words."""
        if name == "storagePerProject":
            return value if value == -1 else value // _GIB
        return json.loads(value) if name == "bannerMessage" else value


class ConfigSecurity(_Once):
    """Vulnerabilities that count for nothing."""

    token = "harbor:index/configSecurity:ConfigSecurity"  # noqa: S105
    file, path = "config_security", "/system/CVEAllowlist"
    unordered = ("cveAllowlists",)

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        found: Json = {"items": [{"cve_id": cve} for cve in inputs["cveAllowlists"]]}
        return {**found, "expires_at": int(inputs["expiresAt"])} if inputs.get("expiresAt") else found

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        return {
            "cveAllowlists": [item["cve_id"] for item in found["items"]],
            "expiresAt": found.get("expires_at", 0),
            "creationTime": "2026-11-28T00:00:00Z",
            "updateTime": "2026-11-28T00:00:00Z",
        }

    def delete(self, cloud: Api, id: str, outputs: Values) -> None:  # noqa: A002, ARG002
        """Empty the list."""
        cloud.send("PUT", self.path, {"items": []})


SYSTEM_TYPES: Final = (
    GarbageCollection(),
    PurgeAuditLog(),
    InterrogationServices(),
    ConfigAuth(),
    ConfigSystem(),
    ConfigSecurity(),
)

__all__ = ["SYSTEM_TYPES"]
