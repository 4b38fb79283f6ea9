"""Blob stores and repositories, and what goes from them."""

from __future__ import annotations

from typing import Any, Final

from . import shapes
from .base import Json, Part, RefusedError, shaped

_SECRETS: Final = ("secretAccessKey", "accountKey", "password", "bearerToken")
_ACTIONS: Final = ("browse", "read", "edit", "add", "delete", "*")
_STORES: Final = {"s3": shapes.S3, "azure": shapes.AZURE, "google": shapes.GOOGLE}


def told(value: Any) -> Any:
    """Return what Nexus answers with: no secrets."""
    if isinstance(value, dict):
        return {key: told(item) for key, item in value.items() if key not in _SECRETS}
    return value


def made_privileges(state: Json) -> set[str]:
    """Return the privileges that Nexus has by itself, and makes with every repository."""
    found = {"nx-all", "nx-metrics-all", "nx-healthcheck-read", "nx-search-read", "nx-repository-view-docker-*-read"}
    for name in state["repositories"]:
        found |= {f"nx-repository-view-docker-{name}-{action}" for action in _ACTIONS}
    return found


class Contents(Part):
    """Blob stores and repositories, and what goes from them."""

    def _create_store(self, body: Any, kind: str) -> Any:
        if kind in ("azure", "google"):
            self._pro(f"a blob store of {kind}")
        asked = shaped(body, shapes.FILE_CREATE if kind == "file" else _STORES[kind])
        self._new("blobs", asked["name"], "Blob store")
        name = asked["name"] if kind != "file" else asked.pop("name")
        self.state["blobs"][name] = {**asked, "type": kind}
        return (204 if kind == "file" else 201), None

    def _store(self, name: str, kind: str) -> Json:
        found = self._there("blobs", name, "Blob store")
        if found["type"] != kind:
            raise RefusedError(404, f"Blob store '{name}' not found")
        return found

    def _get_store(self, _: Any, kind: str, name: str) -> Any:
        return 200, told({key: value for key, value in self._store(name, kind).items() if key != "type"})

    def _change_store(self, body: Any, kind: str, name: str) -> Any:
        asked = shaped(body, shapes.FILE_UPDATE if kind == "file" else _STORES[kind])
        found = self._store(name, kind)
        if kind == "file" and asked["path"] != found["path"]:
            raise RefusedError(400, "the path of a blob store cannot be changed")
        self.state["blobs"][name] = {**asked, "type": kind}
        return 204, None

    def _delete_store(self, _: Any, name: str) -> Any:
        self._there("blobs", name, "Blob store")
        used = [key for key, item in self.state["repositories"].items() if item["storage"]["blobStoreName"] == name]
        if used:
            raise RefusedError(400, f"Blob store '{name}' is in use by repository '{used[0]}'")
        del self.state["blobs"][name]
        return 204, None

    def _repository_body(self, body: Any, kind: str) -> Json:
        asked: Json = shaped(body, shapes.REPOSITORIES[kind])
        name, docker = asked["name"], asked["docker"]
        if asked["storage"]["blobStoreName"] not in self.state["blobs"]:
            raise RefusedError(400, f"Blob store '{asked['storage']['blobStoreName']}' does not exist")
        if "subdomain" in docker:
            self._pro("a subdomain connector")
        for policy in (asked.get("cleanup") or {}).get("policyNames", []):
            self._pro("a cleanup policy over REST")
            if policy not in self.state["cleanup"]:
                raise RefusedError(400, f"Cleanup policy '{policy}' does not exist")
        rule = asked.get("routingRule")
        if rule is not None and rule not in self.state["rules"]:
            raise RefusedError(400, f"Routing rule '{rule}' does not exist")
        if kind == "group":
            self._members(asked)
        for other, there in self.state["repositories"].items():
            for key in ("httpPort", "httpsPort", "subdomain"):
                if other != name and key in docker and there["docker"].get(key) == docker[key]:
                    raise RefusedError(400, f"{key} {docker[key]} is used by repository '{other}'")
        return asked

    def _members(self, asked: Json) -> None:
        for member in asked["group"].get("memberNames", []):
            if member not in self.state["repositories"]:
                raise RefusedError(400, f"Member repository '{member}' does not exist")
        if not asked["group"].get("memberNames"):
            raise RefusedError(400, "a group has to have members")
        if "writableMember" in asked["group"]:
            self._pro("a writable member of a group")

    def _create_repository(self, body: Any, kind: str) -> Any:
        asked = self._repository_body(body, kind)
        self._new("repositories", asked["name"], "Name")
        self.state["repositories"][asked["name"]] = {**asked, "type": kind}
        return 201, None

    def _repository(self, name: str, kind: str) -> Json:
        found = self._there("repositories", name, "Repository")
        if found["type"] != kind:
            raise RefusedError(404, f"Repository '{name}' not found")
        return found

    def _get_repository(self, _: Any, kind: str, name: str) -> Any:
        found = dict(self._repository(name, kind))
        rule = found.pop("routingRule", None)
        if kind == "hosted":
            # Nexus answers with upper case.
            found["storage"] = {**found["storage"], "writePolicy": found["storage"]["writePolicy"].upper()}
        address = f"https://nexus.example.com/repository/{name}"
        return 200, told({**found, "routingRuleName": rule, "format": "docker", "url": address})

    def _change_repository(self, body: Any, kind: str, name: str) -> Any:
        found, asked = self._repository(name, kind), self._repository_body(body, kind)
        if asked["storage"]["blobStoreName"] != found["storage"]["blobStoreName"]:
            raise RefusedError(400, "the blob store of a repository cannot be changed")
        self.state["repositories"][name] = {**asked, "type": kind}
        return 204, None

    def _delete_repository(self, _: Any, name: str) -> Any:
        self._there("repositories", name, "Repository")
        del self.state["repositories"][name]
        for found in self.state["repositories"].values():
            if found["type"] == "group":
                members = [member for member in found["group"]["memberNames"] if member != name]
                found["group"]["memberNames"] = members
        return 204, None

    def _policy_body(self, body: Any) -> Json:
        # The documents do not say so; Sonatype's own Terraform provider does: no REST API in the Community Edition.
        self._pro("the API of cleanup policies", 404)
        asked: Json = shaped(body, shapes.CLEANUP_POLICY)
        if not any(key.startswith("criteria") for key in asked):
            raise RefusedError(400, "At least one criterion has to be given")
        return asked

    def _create_policy(self, body: Any) -> Any:
        asked = self._policy_body(body)
        self._new("cleanup", asked["name"], "Policy", 409)
        self.state["cleanup"][asked["name"]] = asked
        return 201, None

    def _get_policy(self, _: Any, name: str) -> Any:
        return 200, self._there("cleanup", name, "Cleanup policy")

    def _change_policy(self, body: Any, name: str) -> Any:
        asked = self._policy_body(body)
        self._there("cleanup", name, "Cleanup policy")
        self.state["cleanup"][name] = asked
        return 204, None

    def _delete_policy(self, _: Any, name: str) -> Any:
        self._there("cleanup", name, "Cleanup policy")
        del self.state["cleanup"][name]
        for found in self.state["repositories"].values():
            names = (found.get("cleanup") or {}).get("policyNames", [])
            if name in names:
                names.remove(name)
        return 204, None

    def _create_rule(self, body: Any) -> Any:
        asked = shaped(body, shapes.ROUTING_RULE)
        self._new("rules", asked["name"], "Routing rule")
        self.state["rules"][asked["name"]] = asked
        return 204, None

    def _get_rule(self, _: Any, name: str) -> Any:
        return 200, self._there("rules", name, "Routing rule")

    def _change_rule(self, body: Any, name: str) -> Any:
        asked = shaped(body, shapes.ROUTING_RULE)
        self._there("rules", name, "Routing rule")
        self.state["rules"][name] = asked
        return 204, None

    def _delete_rule(self, _: Any, name: str) -> Any:
        self._there("rules", name, "Routing rule")
        if any(found.get("routingRule") == name for found in self.state["repositories"].values()):
            raise RefusedError(400, f"Routing rule '{name}' is still in use")
        del self.state["rules"][name]
        return 204, None
