"""The Artifactory that the emulated `artifactory` provider speaks to, and what all its resource types share."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Final

from ..emulator import Property, Refusal, ResourceType, Settings
from ..folder import CloudFile, Folder, folder_of
from .bridged_sdk import camel, sdk_type

FILE: Final = "artifactory"
Values = Mapping[str, Any]
State = dict[str, Any]


class Platform:
    """One Artifactory, told apart by its URL."""

    def __init__(self, file: CloudFile, url: str) -> None:
        self._file, self._url = file, url

    @contextmanager
    def change(self) -> Iterator[State]:
        """Yield what there is, by kind and id, to change; nothing is kept where an error is raised."""
        with self._file.change() as state:
            yield state.setdefault(self._url, {})

    @contextmanager
    def look(self) -> Iterator[State]:
        """Yield what there is, to look at."""
        with self._file.look() as state:
            yield state.get(self._url, {})


def connect(settings: Settings) -> Platform:
    """Return the platform at the provider's address, or at the environment's."""
    url = settings.get("url") or settings.get("JFROG_URL") or settings.get("ARTIFACTORY_URL") or ""
    token = settings.get("accessToken") or settings.get("access_token") or settings.get("JFROG_ACCESS_TOKEN") or ""
    if not url.startswith(("http://", "https://")):
        raise Refusal("url", f"Missing URL Configuration: {url!r} has to begin with http:// or https://")
    if not token:
        raise Refusal("access_token", "Missing JFrog Access Token")
    return Platform(Folder(folder_of(settings)).cloud(FILE), url.rstrip("/"))


class ArtifactoryType(ResourceType):
    """A resource type of JFrog's provider: one kind of thing, known by one of its properties."""

    proof = "emulated"
    file: ClassVar[str]
    kind: ClassVar[str]
    """Where it is kept."""
    known_by: ClassVar[str] = "key"
    """The property that is its id."""
    replaced: ClassVar[tuple[str, ...]] = ()
    """What cannot be changed, beside the id; `*` for everything."""
    unread: ClassVar[tuple[str, ...]] = ()
    """What the service never tells."""
    preset: ClassVar[Mapping[str, Any]] = {}
    """What the provider fills in."""

    @functools.cached_property
    def token(self) -> str:  # type: ignore[override]
        """The type's token, which follows from the SDK's file."""
        word = camel(self.file)
        return f"artifactory:index/{word}:{word[0].upper()}{word[1:]}"

    @functools.cached_property
    def properties(self) -> Mapping[str, Property]:  # type: ignore[override]
        """The inputs and outputs, as the SDK has them."""
        found = dict(sdk_type("pulumi_artifactory", "", self.file))
        for name, property_ in found.items():
            if not property_.output:
                found[name] = replace(
                    property_,
                    replaces=name == self.known_by or name in self.replaced or "*" in self.replaced,
                    write_only=name in self.unread,
                    default=self.preset.get(name),
                )
        return found

    def needs(self, state: State, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield why the platform, as it is, would not take it."""
        return ()

    def made(self, inputs: Values) -> dict[str, Any]:
        """Return what stands there once it was made or changed."""
        return dict(inputs)

    def create(self, cloud: Platform, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it."""
        id_ = str(inputs[self.known_by])
        with cloud.change() as state:
            there = state.setdefault(self.kind, {})
            if id_ in there:
                raise Refusal(self.known_by, f"400 Bad Request: {self.kind} {id_!r} already exists")
            self._refuse(state, inputs)
            there[id_] = {"type": self.file, **self.made(inputs)}
            return id_, self._told(there[id_])

    def read(self, cloud: Platform, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return it as it is."""
        with cloud.look() as state:
            found = state.get(self.kind, {}).get(id)
            if found is None or found["type"] != self.file:
                return None
            told = {key: value for key, value in found.items() if key not in self.unread}
        return {**{key: outputs[key] for key in self.unread if key in outputs}, **self._told(told)}

    def update(self, cloud: Platform, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Change it in place."""
        with cloud.change() as state:
            there = state.get(self.kind, {})
            if id not in there:
                raise Refusal("", f"404 Not Found: {self.kind} {id!r}")
            self._refuse(state, inputs)
            there[id] = {**there[id], **self.made(inputs)}
            for name in set(there[id]) - {"type", *inputs, *self.made(inputs)}:
                if not self.properties[name].output:
                    del there[id][name]
            return self._told(there[id])

    def delete(self, cloud: Platform, id: str, outputs: Values) -> None:  # noqa: A002, ARG002
        """Remove it."""
        with cloud.change() as state:
            state.get(self.kind, {}).pop(id, None)

    def _refuse(self, state: State, inputs: Values) -> None:
        for refusal in self.needs(state, inputs):
            raise refusal

    @staticmethod
    def _told(found: Values) -> dict[str, Any]:
        return {key: value for key, value in found.items() if key != "type"}


def missing(state: State, kind: str, names: Iterable[Any], path: str) -> Iterator[Refusal]:
    """Yield which of `names` are not there."""
    there = state.get(kind, {})
    for name in names:
        if name not in there:
            yield Refusal(path, f"400 Bad Request: {kind[:-1]} {name!r} does not exist")


__all__ = ["FILE", "ArtifactoryType", "Platform", "State", "Values", "connect", "missing"]
