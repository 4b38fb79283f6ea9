"""How the emulated `harbor` provider speaks to its Harbor, and what all its resource types share."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from ..emulator import AutoName, Property, Refusal, ResourceType, Settings
from ..folder import Folder, folder_of
from ..harbor import FILE, HarborCloud
from ..harbor_model import ROOT, Json
from .bridged_sdk import sdk_type

Values = Mapping[str, Any]


class Api:
    """One login of the provider."""

    def __init__(self, cloud: HarborCloud, username: str, password: str) -> None:
        self._cloud, self._username, self._password = cloud, username, password

    def find(self, path: str) -> Any:
        """Return what stands at `path`; None where there is nothing."""
        status, found, _ = self._cloud.answer("GET", path, self._username, self._password, None)
        if status == 404:
            return None
        return self._good("GET", path, status, found)

    def send(self, method: str, path: str, body: Json | None = None, *, gone: bool = False) -> tuple[Any, str]:
        """Send a request; return the answer and where the new thing is. Raises `Refusal`."""
        status, found, headers = self._cloud.answer(method, path, self._username, self._password, body)
        if gone and status == 404:
            return None, ""
        return self._good(method, path, status, found), str(headers.get("location", "")).removeprefix(ROOT)

    @staticmethod
    def _good(method: str, path: str, status: int, found: Any) -> Any:
        if status >= 400:
            told = "; ".join(error["message"] for error in found["errors"])
            raise Refusal("", f"{method} {path}: unexpected status code got: {status}: {told}")
        return found


def connect(settings: Settings) -> Api:
    """Return the login at the Harbor of the provider's address, or of the environment's."""
    url = settings.get("url") or settings.get("HARBOR_URL") or ""
    username = settings.get("username") or settings.get("HARBOR_USERNAME") or ""
    password = settings.get("password") or settings.get("HARBOR_PASSWORD") or ""
    if url and not url.startswith(("http://", "https://")):
        raise Refusal("url", f"{url!r} has to begin with http:// or https://")
    return Api(HarborCloud(Folder(folder_of(settings)).cloud(FILE), url), username, password)


class HarborType(ResourceType):
    """A resource type of the Harbor provider: one path of the API, a request's body, and what is read."""

    proof = "emulated"
    file: ClassVar[str]
    replaced: ClassVar[tuple[str, ...]] = ()
    computing: ClassVar[tuple[str, ...]] = ()
    unordered: ClassVar[tuple[str, ...]] = ()
    unread: ClassVar[tuple[str, ...]] = ()
    """What Harbor never tells."""
    preset: ClassVar[Mapping[str, Any]] = {}
    """What the provider fills in."""

    @functools.cached_property
    def properties(self) -> Mapping[str, Property]:  # type: ignore[override]
        """The inputs and outputs, as the SDK has them."""
        found = dict(sdk_type("pulumiverse_harbor", "", self.file))
        for name, property_ in found.items():
            if property_.output:
                continue
            found[name] = replace(
                property_,
                replaces=name in self.replaced,
                computed=name in self.computing,
                unordered=name in self.unordered,
                write_only=name in self.unread,
                default=self.preset.get(name),
            )
        return found

    def place(self, inputs: Values) -> str:
        """Return the path that a new one is posted to."""
        raise NotImplementedError

    def body(self, inputs: Values) -> Json:
        """Return the request that makes it."""
        raise NotImplementedError

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:
        """Return what was read as properties."""
        raise NotImplementedError

    def create(self, cloud: Api, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it."""
        _, id_ = cloud.send("POST", self.place(inputs), self.body(inputs))
        return id_, self.after(cloud, id_, inputs)

    def after(self, cloud: Api, id_: str, inputs: Values) -> dict[str, Any]:
        """Return the outputs once it was made or changed."""
        found = self.look(cloud, id_)
        if found is None:
            raise Refusal("", f"{id_}: not found")
        return {**inputs, **self.seen(cloud, id_, found)}

    def look(self, cloud: Api, id_: str) -> Any:
        """Return what stands under an id."""
        return cloud.find(id_)

    def read(self, cloud: Api, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return it as it is."""
        found = self.look(cloud, id)
        if found is None:
            return None
        kept = {key: outputs[key] for key in self.unread if key in outputs}
        return {**kept, **self.seen(cloud, id, found)}

    def update(self, cloud: Api, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Change it in place."""
        cloud.send("PUT", id, self.body(inputs))
        kept = {key: old_outputs[key] for key in self.unread if key in old_outputs}
        return {**kept, **self.after(cloud, id, inputs)}

    def delete(self, cloud: Api, id: str, outputs: Values) -> None:  # noqa: A002, ARG002
        """Remove it."""
        cloud.send("DELETE", id, gone=True)


def number_of(id_: Any) -> int:
    """Return the number in `/projects/3`. Raises `Refusal` where there is none."""
    tail = str(id_).rpartition("/")[2]
    if not tail.isdigit():
        raise Refusal("", f"{id_!r} is not the id of a resource of this provider")
    return int(tail)


__all__ = ["Api", "AutoName", "HarborType", "Values", "connect", "number_of"]
