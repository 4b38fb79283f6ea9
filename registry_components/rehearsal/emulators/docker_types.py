"""Resource types of the Docker provider: containers, networks, volumes and images of one engine, in a file."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Final

from ..emulator import AutoName, Proof, Property, Refusal, ResourceType, Settings, known_items
from ..folder import CloudFile, Folder, folder_of
from .bridged_sdk import sdk_type

FILE: Final = "docker"
Values = Mapping[str, Any]
State = dict[str, Any]
_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_REFERENCE: Final = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_BUILT_IN: Final = ("bridge", "host", "none", "default")
_IN_PLACE: Final = frozenset(
    {
        "attach",
        "containerReadRefreshTimeoutMilliseconds",
        "cpuSet",
        "cpuShares",
        "destroyGraceSeconds",
        "logs",
        "maxRetryCount",
        "memory",
        "memorySwap",
        "mustRun",
        "removeVolumes",
        "restart",
        "rm",
        "start",
        "wait",
        "waitTimeout",
    }
)


class DockerEngine:
    """One Docker engine, told apart by its address."""

    def __init__(self, file: CloudFile, host: str) -> None:
        self._file = file
        self._host = host

    @contextmanager
    def change(self) -> Iterator[State]:
        """Yield what there is, by kind and id, to change; nothing is kept where an error is raised."""
        with self._file.change() as state:
            yield state.setdefault(self._host, {})

    @contextmanager
    def look(self) -> Iterator[State]:
        """Yield what there is, to look at."""
        with self._file.look() as state:
            yield state.get(self._host, {})


def connect(settings: Settings) -> DockerEngine:
    """Return the emulated engine at the provider's address."""
    host = settings.get("host") or settings.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if not re.fullmatch(r"(?:unix|tcp|ssh|npipe|http)://\S+", host):
        raise Refusal("host", f"unable to parse docker host {host!r}")
    return DockerEngine(Folder(folder_of(settings)).cloud(FILE), host)


def _id(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


class DockerType(ResourceType):
    """A resource type of the Docker provider."""

    proof: Proof = "emulated"
    file: ClassVar[str]
    kind: ClassVar[str]
    in_place: ClassVar[frozenset[str]] = frozenset()
    computing: ClassVar[tuple[str, ...]] = ()
    unordered: ClassVar[tuple[str, ...]] = ()

    @functools.cached_property
    def properties(self) -> Mapping[str, Property]:  # type: ignore[override]
        """The inputs and outputs."""
        found = dict(sdk_type("pulumi_docker", "", self.file))
        for name, property_ in found.items():
            if property_.output:
                continue
            found[name] = replace(
                property_,
                replaces=name not in self.in_place,
                computed=name in self.computing,
                unordered=name in self.unordered,
            )
        return found

    def outputs(self, id_: str, inputs: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the provider reads."""
        return dict(inputs)

    def needs(self, state: State, id_: str, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield why the engine would not make it."""
        return ()

    def identify(self, inputs: Values) -> str:
        """Return its id."""
        return _id(self.kind, str(inputs["name"]))

    def create(self, cloud: DockerEngine, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it."""
        id_ = self.identify(inputs)
        with cloud.change() as state:
            for refusal in self.needs(state, id_, inputs):
                raise refusal
            made = self.outputs(id_, inputs)
            state.setdefault(self.kind, {})[id_] = made
        return id_, dict(made)

    def read(self, cloud: DockerEngine, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return it as it is."""
        with cloud.look() as state:
            found = state.get(self.kind, {}).get(id)
        if found is None:
            return None
        unread = {key: outputs[key] for key in ("uploads", *self.in_place) if key in outputs}
        return {**found, **unread}

    def update(self, cloud: DockerEngine, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Change it in place."""
        with cloud.change() as state:
            if id not in state.get(self.kind, {}):
                raise Refusal("", f"No such {self.kind}: {id[:12]}")
            made = self.outputs(id, inputs)
            state[self.kind][id] = made
        return dict(made)

    def delete(self, cloud: DockerEngine, id: str, outputs: Values) -> None:  # noqa: A002
        """Remove it."""
        with cloud.change() as state:
            for refusal in self.held(state, id, outputs):
                raise refusal
            state.get(self.kind, {}).pop(id, None)

    def held(self, state: State, id_: str, outputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield why the engine would not remove it."""
        return ()


def _containers(state: State) -> Iterator[Values]:
    yield from state.get("container", {}).values()


def _name_rules(inputs: Values) -> Iterable[Refusal]:
    name = inputs.get("name")
    if isinstance(name, str) and not _NAME.fullmatch(name):
        yield Refusal("name", f"invalid name {name!r}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")


class Container(DockerType):
    """A container. Nothing runs: a rehearsal shows what would be made, and what the engine would refuse."""

    token = "docker:index/container:Container"  # noqa: S105 - a resource type
    file, kind = "container", "container"
    name_property = "name"
    in_place = _IN_PLACE
    unordered = ("labels", "volumes", "networksAdvanced", "envs", "uploads")
    computing = (
        "bridge",
        "command",
        "entrypoints",
        "envs",
        "healthcheck",
        "hostname",
        "init",
        "ipcMode",
        "labels",
        "logDriver",
        "networkMode",
        "runtime",
        "securityOpts",
        "shmSize",
        "stopSignal",
        "stopTimeout",
        "user",
        "workingDir",
    )
    auto_name = AutoName()

    def check(self, cloud: DockerEngine, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider or the engine refuses of one container."""
        yield from _name_rules(inputs)
        restart = inputs.get("restart")
        if isinstance(restart, str) and not re.fullmatch(r"no|always|unless-stopped|on-failure(?::\d+)?", restart):
            yield Refusal("restart", f"{restart!r} is not one of no, on-failure, always, unless-stopped")
        memory, swap = inputs.get("memory"), inputs.get("memorySwap")
        if isinstance(memory, int) and 0 < memory < 6:
            yield Refusal("memory", "Minimum memory limit allowed is 6MB")
        if isinstance(memory, int) and isinstance(swap, int) and 0 < swap < memory:
            yield Refusal("memorySwap", "Minimum memoryswap limit should be larger than memory limit")
        for index, port in enumerate(known_items(inputs, "ports")):
            for name in ("internal", "external"):
                number = port.get(name) if isinstance(port, Mapping) else None
                if isinstance(number, int) and not 0 <= number <= 65535:
                    yield Refusal(f"ports[{index}].{name}", f"{number} is not a port: 0 to 65535")
        for index, mount in enumerate(known_items(inputs, "volumes")):
            if not isinstance(mount, Mapping):
                continue
            path = mount.get("containerPath")
            if isinstance(path, str) and not path.startswith("/"):
                yield Refusal(f"volumes[{index}].containerPath", f"invalid mount path: {path!r} must be absolute")
            if not any(mount.get(name) is not None for name in ("volumeName", "hostPath", "fromContainer")):
                yield Refusal(f"volumes[{index}]", "needs one of volumeName, hostPath, fromContainer")
        for index, upload in enumerate(known_items(inputs, "uploads")):
            sources = ("content", "contentBase64", "source")
            if isinstance(upload, Mapping) and sum(upload.get(name) is not None for name in sources) != 1:
                yield Refusal(f"uploads[{index}]", f"exactly one of {', '.join(sources)} must be given")

    def needs(self, state: State, id_: str, inputs: Values) -> Iterable[Refusal]:
        """Yield a name or port that is taken, and what is referred to and not there."""
        name = str(inputs["name"])
        if id_ in state.get("container", {}):
            yield Refusal("", f'Conflict. The container name "/{name}" is already in use by container "{id_[:12]}"')
        for member in inputs.get("networksAdvanced") or []:
            wanted = str(member["name"])
            known = {str(found["name"]) for found in state.get("network", {}).values()}
            if wanted not in {*_BUILT_IN, *known} and wanted not in state.get("network", {}):
                yield Refusal("networksAdvanced", f"network {wanted} not found")
        image = str(inputs["image"])
        if image.startswith("sha256:") and image not in _images(state):
            yield Refusal("image", f"No such image: {image}")
        taken = {
            (port.get("ip", "0.0.0.0"), port["external"], port.get("protocol", "tcp")): str(other["name"])  # noqa: S104
            for other in _containers(state)
            if other.get("start", True)
            for port in other.get("ports") or []
            if port.get("external")
        }
        for port in inputs.get("ports") or []:
            key = (port.get("ip", "0.0.0.0"), port.get("external"), port.get("protocol", "tcp"))  # noqa: S104
            if key in taken:
                yield Refusal("ports", f"Bind for {key[0]}:{key[1]} failed: port is already allocated ({taken[key]})")

    def outputs(self, id_: str, inputs: Values) -> dict[str, Any]:
        """Return what the provider reads."""
        networks = [{"networkName": str(item["name"])} for item in inputs.get("networksAdvanced") or []]
        return {
            "hostname": id_[:12],
            **inputs,
            "bridge": "",
            "containerLogs": None,
            "exitCode": 0,
            "networkDatas": networks,
        }


def _images(state: State) -> set[str]:
    return {str(found.get("imageId")) for found in state.get("image", {}).values()}


class Network(DockerType):
    """A network."""

    token = "docker:index/network:Network"  # noqa: S105
    file, kind = "network", "network"
    name_property = "name"
    computing = ("driver", "internal", "ipamConfigs", "options", "attachable", "ingress", "ipv6")
    unordered = ("labels", "ipamConfigs")
    auto_name = AutoName()

    def check(self, cloud: DockerEngine, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a name that the engine does not take."""
        yield from _name_rules(inputs)

    def needs(self, state: State, id_: str, inputs: Values) -> Iterable[Refusal]:
        """Yield a name that is taken."""
        if id_ in state.get("network", {}) or inputs["name"] in _BUILT_IN:
            yield Refusal("", f"network with name {inputs['name']} already exists")

    def held(self, state: State, id_: str, outputs: Values) -> Iterable[Refusal]:
        """Yield the containers that are still in it."""
        name = str(outputs.get("name"))
        for found in _containers(state):
            if any(str(item["name"]) in {name, id_} for item in found.get("networksAdvanced") or []):
                yield Refusal("", f"error while removing network: {name} has active endpoints ({found['name']})")

    def outputs(self, id_: str, inputs: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the provider reads."""
        return {"driver": "bridge", "internal": False, **inputs, "scope": "local"}


class Volume(DockerType):
    """A volume. One that is there already is taken, as the engine does."""

    token = "docker:index/volume:Volume"  # noqa: S105
    file, kind = "volume", "volume"
    name_property = "name"
    computing = ("driver", "driverOpts")
    unordered = ("labels",)
    auto_name = AutoName()

    def check(self, cloud: DockerEngine, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a name that the engine does not take."""
        yield from _name_rules(inputs)

    def identify(self, inputs: Values) -> str:
        """Return its name, which is its id."""
        return str(inputs["name"])

    def held(self, state: State, id_: str, outputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield the containers that still use it."""
        for found in _containers(state):
            if any(item.get("volumeName") == id_ for item in found.get("volumes") or []):
                yield Refusal("", f"remove {id_}: volume is in use - [{found['name']}]")

    def outputs(self, id_: str, inputs: Values) -> dict[str, Any]:
        """Return what the provider reads."""
        return {"driver": "local", **inputs, "mountpoint": f"/var/lib/docker/volumes/{id_}/_data"}


class RemoteImage(DockerType):
    """An image that the engine pulls. Nothing is pulled: every well-formed reference is taken to be there."""

    token = "docker:index/remoteImage:RemoteImage"  # noqa: S105
    file, kind = "remote_image", "image"
    in_place = frozenset({"keepLocally", "forceRemove"})
    unordered = ("pullTriggers",)

    def check(self, cloud: DockerEngine, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a name that is no image's."""
        name = inputs.get("name")
        if isinstance(name, str) and not _REFERENCE.fullmatch(name):
            yield Refusal("name", f"invalid reference format: {name!r}")

    def identify(self, inputs: Values) -> str:
        """Return the provider's id: the image's and its name."""
        return f"sha256:{_id('image', str(inputs['name']))}{inputs['name']}"

    def outputs(self, id_: str, inputs: Values) -> dict[str, Any]:
        """Return what the provider reads."""
        name = str(inputs["name"])
        digest = name.rpartition("@")[2] if "@" in name else f"sha256:{_id('digest', name)}"
        repository = re.sub(r"(?::[\w.-]+)?(?:@.*)?$", "", name)
        return {**inputs, "imageId": id_.removesuffix(name), "repoDigest": f"{repository}@{digest}"}

    def delete(self, cloud: DockerEngine, id: str, outputs: Values) -> None:  # noqa: A002
        """Forget it; it stays on the engine where it is kept."""
        if not outputs.get("keepLocally"):
            super().delete(cloud, id, outputs)


class Image(DockerType):
    """An image that is built. Nothing is built: a rehearsal shows that the arguments are what the provider takes."""

    token = "docker:index/image:Image"  # noqa: S105
    file, kind = "image", "image"

    @functools.cached_property
    def properties(self) -> Mapping[str, Property]:  # type: ignore[override]
        """The inputs and outputs; a change builds anew, in place."""
        found = dict(sdk_type("pulumi_docker", "", self.file))
        return {
            **{name: replace(value, replaces=False, computed=not value.required) for name, value in found.items()},
            "baseImageName": Property("any", output=True),
            "repoDigest": Property("any", output=True),
            "imageId": Property("any", output=True),
        }

    def check(self, cloud: DockerEngine, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a name that is no image's."""
        name = inputs.get("imageName")
        if isinstance(name, str) and not _REFERENCE.fullmatch(name):
            yield Refusal("imageName", f"invalid reference format: {name!r}")

    def identify(self, inputs: Values) -> str:
        """Return its name, which is its id."""
        return str(inputs["imageName"])

    def outputs(self, id_: str, inputs: Values) -> dict[str, Any]:
        """Return what the provider reads: of an image that is not pushed, the digest is its id."""
        image = f"sha256:{_id('built', id_)}"
        return {**inputs, "baseImageName": id_, "repoDigest": image, "imageId": image}


TYPES: Final = (Container(), Network(), Volume(), RemoteImage(), Image())


__all__ = ["TYPES", "DockerEngine", "connect"]
