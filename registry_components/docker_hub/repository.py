"""The dynamic resource behind a repository on Docker Hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from ..core.component import PACKAGE
from ..core.dynamic import hiding, kept
from .errors import HubError, token_need
from .provider import HubProvider, hub

_SETTINGS = ("description", "full_description", "private", "immutable_tags")


class _Place:
    """One repository at the API."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._hub = hub(properties)
        self.namespace, self.name = str(properties["namespace"]), str(properties["name"])
        self.id = f"{self.namespace}/{self.name}"
        self._path = f"/v2/namespaces/{self.namespace}/repositories/{self.name}"
        # The reference documents reading and creating below /namespaces, but changing and deleting nowhere: these are
        # the routes that Docker's own Terraform provider takes (2026-11).
        self._legacy = f"/v2/repositories/{self.id}"
        self._edit = token_need(self.namespace, "scope-repository-edit")

    def find(self) -> dict[str, Any] | None:
        need = f"a token that may read private repositories of {self.namespace}"
        return self._hub.get(self._path, task=f"look for repository {self.id}", need=need)

    def holds_tags(self) -> bool:
        """Return whether an image is in it; where the login may not know, there could be one."""
        try:
            found = self._hub.get(
                f"{self._path}/tags?page=1&page_size=1", task=f"list the tags of {self.id}", need="scope-tag-read"
            )
        except HubError as error:
            if error.status == 403:
                return True
            raise
        return found is not None and (found.get("count") != 0 or bool(found.get("results")))

    def make(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        body = {
            "name": self.name,
            "namespace": self.namespace,
            "description": properties["description"],
            "full_description": properties["full_description"],
            "registry": "docker.io",
            "is_private": properties["private"],
        }
        task = f"create repository {self.id}"
        need = token_need(self.namespace, "scope-repository-create")

        def post() -> dict[str, Any]:
            return self._hub.post(f"/v2/namespaces/{self.namespace}/repositories", body, task=task, need=need)

        return self._hub.make(post, self.find)

    def settle(self, found: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        """Give it the wanted settings, where it has others."""
        task = f"change repository {self.id}"
        seen = _seen(found, {})
        if any(seen[key] != properties[key] for key in ("description", "full_description")):
            body = {key: properties[key] for key in ("description", "full_description")}
            self._hub.patch(f"{self._legacy}/", body, task=task, need=self._edit)
        if seen["private"] != properties["private"]:
            body = {"is_private": properties["private"]}
            self._hub.post(f"{self._legacy}/privacy", body, task=task, need=self._edit, repeat=True)
        wanted = list(properties["immutable_tags"])
        if seen["immutable_tags"] != wanted:
            rules = wanted or list((found.get("immutable_tags_settings") or {}).get("rules") or [])
            need = token_need(self.namespace, "scope-repository-settings-admin")
            self._hub.patch(
                f"{self._path}/immutabletags",
                {"immutable_tags": bool(wanted), "immutable_tags_rules": rules},
                task=f"set the immutable tags of {self.id}",
                need=need,
            )

    def remove(self) -> None:
        need = token_need(self.namespace, "scope-repository-admin")
        self._hub.delete(f"{self._legacy}/", task=f"delete repository {self.id}", need=need)


def _seen(found: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a repository's settings as its resource has them."""
    immutable = found.get("immutable_tags_settings") or {}
    seen: dict[str, Any] = {
        "description": found.get("description") or "",
        "full_description": found.get("full_description") or "",
        "private": bool(found.get("is_private")),
        "immutable_tags": list(immutable.get("rules") or []) if immutable.get("enabled") else [],
    }
    for key in ("description", "full_description"):
        # White space around a text, and the order of rules, are not worth a change.
        if key in known and seen[key].strip() == str(known[key]).strip():
            seen[key] = known[key]
    if "immutable_tags" in known and sorted(seen["immutable_tags"]) == sorted(known["immutable_tags"]):
        seen["immutable_tags"] = list(known["immutable_tags"])
    return seen


class _RepositoryProvider(HubProvider):
    replaced = ("namespace", "name")
    changed = _SETTINGS

    def create(self, props: dict[str, Any]) -> CreateResult:
        place = _Place(props)
        found = place.find()
        if found is None and props["adopt"]:
            raise HubError(f"cannot adopt repository {place.id}: there is none; remove import_ to make it")
        if found is not None and not props["adopt"]:
            _check_ours(place, found, props)
        place.settle(found if found is not None else place.make(props), props)
        return CreateResult(place.id, kept(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        # A new login or consent alone asks nothing of Docker Hub.
        if any(_olds.get(key) != _news.get(key) for key in _SETTINGS):
            place = _Place(_news)
            found = place.find()
            if found is None:
                raise HubError(
                    f"cannot change repository {place.id}: it is gone; run `pulumi refresh`, and then up makes it anew"
                )
            place.settle(found, _news)
        return UpdateResult(kept(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        found = _Place(props).find()
        if found is None:
            return ReadResult("", {})
        return ReadResult(id_, kept(props, **_seen(found, props)))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        if not _props["keep"]:
            _Place(_props).remove()


def _check_ours(place: _Place, found: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
    """Take over a repository that an interrupted run has made; refuse any other.

    Docker Hub keeps no mark of who made a repository. One that an interrupted run left behind is as the request made
    it, and nothing was pushed yet.
    """
    seen = _seen(found, properties)
    same = all(seen[key] == properties[key] for key in ("description", "full_description", "private"))
    if same and not place.holds_tags():
        return
    raise HubError(
        f"cannot create repository {place.id}: it exists already. To adopt it, set import_ to '{place.id}'; else take "
        "another name"
    )


class HubRepository(Resource, module=PACKAGE, name="HubRepository"):
    """One repository; its id is `namespace/name`."""

    namespace: pulumi.Output[str]
    name: pulumi.Output[str]
    description: pulumi.Output[str]
    full_description: pulumi.Output[str]
    private: pulumi.Output[bool]
    immutable_tags: pulumi.Output[list[str]]

    def __init__(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            _RepositoryProvider(),
            name,
            dict(properties),
            hiding(opts, "login"),
        )
