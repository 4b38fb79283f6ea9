"""Kubernetes objects in a file, for rehearsals where no API server was provisioned.

Properties are checked against the SDK, which is generated from Kubernetes' own OpenAPI document; names, references to
namespaces, and what an API server refuses of Secrets and CronJobs are checked by documented rules. Nothing acts on the
objects: no controller, no admission.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from ..emulator import Emulator, Property, Refusal, ResourceType, Settings, Unknown, sdk_version
from ..folder import CloudFile, Folder, folder_of
from .kubernetes_facts import (
    CLUSTER_WIDE,
    MISTAKES,
    NAMESPACES,
    REPLACING,
    decoded,
    label_mistakes,
    live,
    name_mistakes,
)
from .kubernetes_release import CERTIFICATE, ISSUED, Release, note_unrendered
from .kubernetes_release import TOKEN as RELEASE
from .kubernetes_sdk import every_token, sdk_object

FILE: Final = "kubernetes"
AUTO_NAMED: Final = "pulumi.com/autonamed"
FORCE: Final = "pulumi.com/patchForce"
NAMED_MANAGER: Final = "pulumi.com/patchFieldManager"
MANAGER: Final = "__fieldManager"
"""The output that names whose fields a patch is, as the real provider keeps it."""
Values = Mapping[str, Any]
_CUSTOM: Final = re.compile(
    r"kubernetes:(?P<version>[a-z0-9.-]+\.[a-z0-9.-]+/v\w+):(?P<kind>[A-Z]\w+?)(?P<patch>Patch)?"
)
_ANY: Final = Property("any", shared=True)
_METADATA: Final = Property("map", items=_ANY, shared=True)


class Objects:
    """The objects of one cluster."""

    def __init__(self, folder: Folder, file: CloudFile, namespace: str) -> None:
        self._folder = folder
        self._file = file
        self.namespace = namespace
        """The namespace of an object that names none."""

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Yield the objects by their keys, to change; nothing is kept where an error is raised."""
        with self._file.change() as state:
            for name in () if state else NAMESPACES:
                state[_key("v1:Namespace", "", name)] = {
                    "apiVersion": "v1",
                    "kind": "Namespace",
                    "metadata": {"name": name},
                }
            yield state

    def read(self, key: str) -> dict[str, Any] | None:
        """Return a copy of one object."""
        with self._file.look() as state:
            found = state.get(key)
            return None if found is None else dict(json.loads(json.dumps(found)))

    def has_namespace(self, name: str) -> bool:
        """Return whether a namespace is there."""
        with self.change() as state:
            return _key("v1:Namespace", "", name) in state

    def add_namespace(self, name: str) -> None:
        """Make a namespace."""
        made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        with self.change() as state:
            state[_key("v1:Namespace", "", name)] = live("v1:Namespace", made)

    def secret_keys(self, namespace: str, name: str) -> frozenset[str] | None:
        """Return what is in a Secret, or in the one that cert-manager would make of a Certificate; None without."""
        found = self.read(_key("v1:Secret", namespace, name))
        if found is not None:
            return frozenset(found.get("data") or ())
        with self._file.look() as state:
            certificates = [kept for key, kept in state.items() if key.startswith(f"{CERTIFICATE}|{namespace}|")]
            issued = any((kept.get("spec") or {}).get("secretName") == name for kept in certificates)
        return ISSUED if issued else None

    def not_rendered(self, chart: str) -> None:
        """Note that a chart was not rendered."""
        note_unrendered(self._folder, chart)


def connect(settings: Settings) -> Objects:
    """Return the objects that a provider's configuration reaches; every configuration reaches the same."""
    folder = Folder(folder_of(settings))
    return Objects(folder, folder.cloud(FILE), settings.get("namespace") or "default")


class KubernetesType(ResourceType):
    """One kind of object."""

    proof = "emulated"

    def __init__(self, token: str, kind: str, properties: Mapping[str, Property], *, patch: bool) -> None:
        self.token = token
        self.kind = kind
        """`v1:Secret`, `batch/v1:CronJob`."""
        self.patch = patch
        """Whether it only changes an object that is there."""
        replacing = ("metadata.name", "metadata.namespace", *(() if patch else REPLACING.get(kind, ())))
        found = {name: _replacing(property_, name, replacing) for name, property_ in properties.items()}
        found.setdefault("status", Property("any", output=True))
        self.properties = found

    @property
    def namespaced(self) -> bool:
        """Whether its objects live in a namespace."""
        return self.kind.partition(":")[2] not in CLUSTER_WIDE

    def complete(self, cloud: Objects, name: str, seed: bytes, old: Values, inputs: Values) -> dict[str, Any]:
        """Return the inputs that the provider changes at check: the object's name and namespace."""
        metadata = inputs.get("metadata") or {}
        if not isinstance(metadata, Mapping):
            return {}
        made = dict(metadata)
        if made.get("name") is None and not self.patch:
            made["name"] = _kept_name(old) or _auto_name(name, seed)
            made["annotations"] = {**(made.get("annotations") or {}), AUTO_NAMED: "true"}
        if made.get("namespace") is None and self.namespaced:
            made["namespace"] = cloud.namespace
        return {} if made == metadata else {"metadata": made}

    def check(self, cloud: Objects, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the API server would refuse whatever else is there."""
        metadata = inputs.get("metadata")
        if isinstance(metadata, Mapping):
            if metadata.get("name") is None:
                yield Refusal("metadata.name", "patch resources require the `.metadata.name` field to be set")
            elif isinstance(metadata["name"], str):
                yield from name_mistakes(self.kind.partition(":")[2], metadata["name"])
            yield from label_mistakes(metadata)
        mistakes = MISTAKES.get(self.kind)
        if mistakes is not None:
            yield from mistakes(inputs)

    def keeps_name(self, old: Values, inputs: Values) -> bool:
        """Return whether the program named the object, and names it the same again."""
        before, now = old.get("metadata") or {}, inputs.get("metadata") or {}
        if (now.get("annotations") or {}).get(AUTO_NAMED) == "true":
            return False
        return all(before.get(key) == now.get(key) for key in ("name", "namespace"))

    def create(self, cloud: Objects, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make the object."""
        key, name = self._key(inputs), _id(inputs)
        with cloud.change() as state:
            if self.patch:
                return name, _patch(state, key, _manager(inputs), inputs)
            if key in state:
                raise Refusal(
                    "", f"resource {name} was not successfully created: {self._plural()} {name!r} already exists"
                )
            namespace = inputs["metadata"].get("namespace")
            if namespace and _key("v1:Namespace", "", namespace) not in state:
                raise Refusal("metadata.namespace", f'namespaces "{namespace}" not found')
            made = live(self.kind, inputs)
            made["metadata"] = {**made["metadata"], "uid": str(uuid.uuid4()), "generation": 1, "resourceVersion": "1"}
            state[key] = made
            return name, _with_texts(made, inputs)

    def read(self, cloud: Objects, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return the object as it is now."""
        namespace, _, name = id.rpartition("/")
        found = cloud.read(_key(self.kind, namespace, name))
        if found is None or MANAGER not in outputs:
            return None if found is None else _with_texts(found, outputs)
        return {**found, MANAGER: outputs[MANAGER]}

    def update(self, cloud: Objects, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Change the object."""
        key = self._key(inputs)
        with cloud.change() as state:
            there = state.get(key)
            if there is None:
                raise Refusal("", f"{id} is gone")
            if self.patch:
                _take_back(state, key, old_outputs[MANAGER])
                return _patch(state, key, old_outputs[MANAGER], inputs)
            if there.get("immutable") is True and there.get("data") != live(self.kind, inputs).get("data"):
                raise Refusal("data", "Forbidden: field is immutable when `immutable` is set")
            made = live(self.kind, inputs)
            kept = {name: there["metadata"].get(name) for name in ("uid", "generation")}
            version = str(int(there["metadata"].get("resourceVersion", "0")) + 1)
            made["metadata"] = {**made["metadata"], **kept, "resourceVersion": version}
            if made.get("spec") != there.get("spec"):
                made["metadata"]["generation"] = (kept["generation"] or 0) + 1
            state[key] = made
            return _with_texts(made, inputs)

    def delete(self, cloud: Objects, id: str, outputs: Values) -> None:  # noqa: A002, ARG002
        """Remove the object, and with a namespace all that is in it."""
        key = self._key(outputs)
        with cloud.change() as state:
            if self.patch:
                _take_back(state, key, outputs[MANAGER])
                return
            state.pop(key, None)
            if self.kind == "v1:Namespace":
                below = f"|{outputs['metadata']['name']}|"
                for other in [other for other in state if below in other]:
                    del state[other]

    def _key(self, values: Values) -> str:
        metadata = values["metadata"]
        return _key(self.kind, metadata.get("namespace") or "" if self.namespaced else "", metadata["name"])

    def _plural(self) -> str:
        return f"{self.kind.partition(':')[2].lower()}s"


class Types(Mapping[str, ResourceType]):
    """Every kind that the SDK has, and every custom one; each is made when it is asked for."""

    def __getitem__(self, token: str) -> ResourceType:
        found = _type(token)
        if found is None:
            raise KeyError(token)
        return found

    def __iter__(self) -> Iterator[str]:
        return (token for token in every_token() if _type(token) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@functools.cache
def _type(token: str) -> ResourceType | None:
    if token == RELEASE:
        return Release()
    if re.search(r":\w+List$|:(?:helm\.sh|kustomize|yaml)/", token):
        return None
    properties = sdk_object(token)
    if properties is not None:
        version, kind = token.split(":")[1:]
        # The core group has no name in `apiVersion`.
        return KubernetesType(
            token,
            f"{version.removeprefix('core/')}:{kind.removesuffix('Patch')}",
            properties,
            patch=kind.endswith("Patch") and "apiVersion" in properties,
        )
    custom = _CUSTOM.fullmatch(token)
    if custom is None:
        return None
    text = Property("string", required=True)
    open_ = {"apiVersion": text, "kind": text, "metadata": _METADATA, "spec": _ANY, "data": _ANY}
    return KubernetesType(token, f"{custom['version']}:{custom['kind']}", open_, patch=custom["patch"] is not None)


def emulator() -> Emulator:
    """Return the provider whose objects live in a file."""
    return Emulator(
        package="kubernetes",
        version=sdk_version("pulumi-kubernetes", "4.34.2"),
        types=Types(),
        functions={},
        connect=connect,
    )


def _replacing(property_: Property, path: str, replacing: tuple[str, ...]) -> Property:
    if path in replacing:
        return replace(property_, replaces=True)
    if not any(other.startswith(f"{path}.") for other in replacing) or property_.properties is None:
        return property_
    members = {name: _replacing(member, f"{path}.{name}", replacing) for name, member in property_.properties.items()}
    return replace(property_, properties=members)


def _key(kind: str, namespace: str, name: str) -> str:
    return f"{kind}|{namespace}|{name}"


def _id(inputs: Values) -> str:
    metadata = inputs["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def _with_texts(found: Values, given: Values) -> dict[str, Any]:
    """Return an object with the texts that became its data, as they are now: so that drift of them is seen."""
    texts, data = given.get("stringData"), found.get("data") or {}
    if not isinstance(texts, Mapping):
        return dict(found)
    return {**found, "stringData": {key: decoded(data[key]) for key in texts if key in data}}


def _kept_name(old: Values) -> str | None:
    metadata = old.get("metadata")
    if not isinstance(metadata, Mapping) or isinstance(metadata.get("annotations"), Unknown):
        return None
    made_up = (metadata.get("annotations") or {}).get(AUTO_NAMED) == "true"
    return str(metadata["name"]) if made_up and isinstance(metadata.get("name"), str) else None


def _auto_name(name: str, seed: bytes) -> str:
    return f"{name}-{hashlib.shake_256(seed or secrets.token_bytes(32)).hexdigest(4)}"


def _merged(there: Any, given: Any) -> Any:
    """Return an object with what a patch gives. A list is one value: so are the lists that patches are made for."""
    if isinstance(there, Mapping) and isinstance(given, Mapping):
        return {**there, **{key: _merged(there.get(key), value) for key, value in given.items()}}
    return given


def _missing(there: Any, given: Any) -> Any:
    """Return the part of a patch that the object does not have."""
    if isinstance(there, Mapping) and isinstance(given, Mapping):
        parts = {key: _missing(there.get(key), value) for key, value in given.items()}
        return {key: part for key, part in parts.items() if part not in (None, {}, [])}
    return None if there == given else given


def _conflicts(there: Any, given: Any, path: str = "") -> Iterator[str]:
    """Yield the fields that a patch would change although somebody else set them."""
    if isinstance(there, Mapping) and isinstance(given, Mapping):
        for key, value in given.items():
            if there.get(key) not in (None, [], {}):
                yield from _conflicts(there[key], value, f"{path}.{key}")
    elif there != given:
        yield path


def _without(there: Any, added: Any) -> Any:
    """Return an object without what a patch had added."""
    if isinstance(there, Mapping) and isinstance(added, Mapping):
        parts = {key: _without(value, added[key]) if key in added else value for key, value in there.items()}
        return {key: part for key, part in parts.items() if key not in added or part not in (None, {}, [])}
    return None


def _patch(state: dict[str, Any], key: str, manager: str, inputs: Values) -> dict[str, Any]:
    """Give an object what a patch says, and remember what of it was new."""
    there = state.get(key)
    if there is None:
        kind, namespace, name = key.split("|")
        raise Refusal("", f"{kind} {namespace}/{name} does not exist: a patch needs an object")
    forced = (inputs["metadata"].get("annotations") or {}).get(FORCE) == "true"
    conflicts = [] if forced else list(_conflicts(there, inputs))
    if conflicts:
        raise Refusal("", f"Apply failed with {len(conflicts)} conflict(s): {', '.join(conflicts)} set by others")
    uid, added = there["metadata"].get("uid"), _missing(there, inputs)
    before = state.get(f"{key}+{manager}")
    if before is not None and before["uid"] == uid:  # the same manager again: what it had added is still its
        added = _merged(before["added"], added)
    state[f"{key}+{manager}"] = {"uid": uid, "added": added}
    state[key] = _merged(there, inputs)
    return {**state[key], MANAGER: manager}


def _manager(inputs: Values) -> str:
    """Return whose fields a patch is: as its annotation says, else somebody's made up for it alone."""
    annotations = inputs["metadata"].get("annotations") or {}
    return str(annotations.get(NAMED_MANAGER) or f"pulumi-kubernetes-{secrets.token_hex(4)}")


def _take_back(state: dict[str, Any], key: str, manager: str) -> None:
    record = state.pop(f"{key}+{manager}", None)
    if record is not None and key in state and state[key]["metadata"].get("uid") == record["uid"]:
        state[key] = _without(state[key], record["added"])


__all__ = ["AUTO_NAMED", "FILE", "KubernetesType", "Objects", "Types", "connect", "emulator"]
