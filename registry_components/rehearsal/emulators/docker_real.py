"""The `docker` provider's resources on a real engine of this machine: the model checks them, the engine has them.

A container whose image the engine does not have is made from an empty one and not started. Folders of the machine are
not mounted: an empty volume stands in for each. Ports are published on 127.0.0.1 alone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from ..docker_engine import ENGINE, DockerApi, EngineError
from ..emulator import Emulator, Proof, Refusal, Settings
from ..folder import UNSTARTED, Folder, folder_of
from .docker_types import TYPES, Container, DockerEngine, DockerType, Network, Values, Volume, connect

_UNITS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
# Of the provider itself, or requests of their own.
_APART: Final = frozenset(
    {
        "attach",
        "containerReadRefreshTimeoutMilliseconds",
        "destroyGraceSeconds",
        "image",
        "logs",
        "mustRun",
        "name",
        "removeVolumes",
        "start",
        "uploads",
        "wait",
        "waitTimeout",
    }
)
_BUILT_IN: Final = frozenset({"bridge", "host", "none"})


class RealEngine:
    """An engine whose model is in a file and whose things are real."""

    def __init__(self, model: DockerEngine, api: DockerApi, folder: Folder) -> None:
        self.api, self._folder = api, folder
        self.change, self.look = model.change, model.look

    def not_started(self, token: str, image: str) -> None:
        """Note that a container was made and not started, for want of its image."""
        self._folder.note(
            package="docker", token=token, urn="", operation=UNSTARTED, proof="real", seconds=0.0, what=image
        )


def _nanoseconds(text: Any) -> int:
    return sum(
        int(float(number) * _UNITS[unit]) for number, unit in re.findall(r"([0-9.]+)(ns|us|ms|s|m|h)", str(text))
    )


def _labels(inputs: Values) -> dict[str, str]:
    return {str(label["label"]): str(label["value"]) for label in inputs.get("labels") or []}


def _ports(ports: Any) -> dict[str, Any]:
    said = [(f"{port['internal']}/{port.get('protocol') or 'tcp'}", port.get("external")) for port in ports]
    return {inside: [{"HostIp": "127.0.0.1", "HostPort": str(outside or "")}] for inside, outside in said}


def _health(check: Values) -> dict[str, Any]:
    return {
        "Test": check["tests"],
        "Interval": _nanoseconds(check.get("interval", "0s")),
        "Timeout": _nanoseconds(check.get("timeout", "0s")),
        "StartPeriod": _nanoseconds(check.get("startPeriod", "0s")),
        "Retries": check.get("retries") or 0,
    }


def _mebibytes(number: Any) -> int:
    return int(number) * 1024 * 1024 if int(number) > 0 else int(number)


_OUTSIDE: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "command": ("Cmd", list),
    "domainname": ("Domainname", str),
    "entrypoints": ("Entrypoint", list),
    "envs": ("Env", list),
    "healthcheck": ("Healthcheck", _health),
    "hostname": ("Hostname", str),
    "stdinOpen": ("OpenStdin", bool),
    "stopSignal": ("StopSignal", str),
    "stopTimeout": ("StopTimeout", int),
    "tty": ("Tty", bool),
    "user": ("User", str),
    "workingDir": ("WorkingDir", str),
}
"""Inputs that are fields of a container, by what Docker's API calls them."""
_OF_THE_HOST: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "cpuSet": ("CpusetCpus", str),
    "cpuShares": ("CpuShares", int),
    "cpus": ("NanoCpus", lambda said: int(float(said) * 10**9)),
    "dns": ("Dns", list),
    "dnsOpts": ("DnsOptions", list),
    "dnsSearches": ("DnsSearch", list),
    "groupAdds": ("GroupAdd", list),
    "hosts": ("ExtraHosts", lambda said: [f"{one['host']}:{one['ip']}" for one in said]),
    "init": ("Init", bool),
    "ipcMode": ("IpcMode", str),
    "memory": ("Memory", _mebibytes),
    "memorySwap": ("MemorySwap", _mebibytes),
    "networkMode": ("NetworkMode", str),
    "pidMode": ("PidMode", str),
    "privileged": ("Privileged", bool),
    "publishAllPorts": ("PublishAllPorts", bool),
    "readOnly": ("ReadonlyRootfs", bool),
    "rm": ("AutoRemove", bool),
    "securityOpts": ("SecurityOpt", list),
    "shmSize": ("ShmSize", _mebibytes),
    "storageOpts": ("StorageOpt", dict),
    "sysctls": ("Sysctls", dict),
    "tmpfs": ("Tmpfs", dict),
    "ulimits": (
        "Ulimits",
        lambda said: [{"Name": one["name"], "Soft": one["soft"], "Hard": one["hard"]} for one in said],
    ),
    "usernsMode": ("UsernsMode", str),
}
"""Inputs that are fields of a container's `HostConfig`."""
_TOGETHER: Final = frozenset(
    {
        "capabilities",
        "labels",
        "logDriver",
        "logOpts",
        "maxRetryCount",
        "networksAdvanced",
        "ports",
        "restart",
        "volumes",
    }
)


def body(inputs: Values, api: DockerApi, image: str) -> dict[str, Any]:
    """Return Docker's request for a container. Raises `Refusal` for an input that no request is known for."""
    said = {name: value for name, value in inputs.items() if value is not None and not name.startswith("__")}
    for name in sorted(said.keys() - _APART - _TOGETHER - _OUTSIDE.keys() - _OF_THE_HOST.keys()):
        if said[name] not in ([], {}, "", 0, False):
            raise Refusal(name, "is not carried out on a rehearsal's engine; rehearse without --docker")
    found: dict[str, Any] = {
        "Image": image,
        "Labels": api.labels(_labels(said)),
        **{field: read(said[name]) for name, (field, read) in _OUTSIDE.items() if name in said},
    }
    host: dict[str, Any] = {field: read(said[name]) for name, (field, read) in _OF_THE_HOST.items() if name in said}
    restart, _, retries = str(said.get("restart") or "no").partition(":")
    host["RestartPolicy"] = {"Name": restart, "MaximumRetryCount": int(retries or said.get("maxRetryCount") or 0)}
    capabilities = said.get("capabilities") or {}
    host["CapAdd"], host["CapDrop"] = capabilities.get("adds") or [], capabilities.get("drops") or []
    if said.get("logDriver"):
        host["LogConfig"] = {"Type": said["logDriver"], "Config": said.get("logOpts") or {}}
    host["Binds"] = [_bind(mount, api) for mount in said.get("volumes") or []]
    bindings = _ports(said.get("ports") or [])
    found["ExposedPorts"], host["PortBindings"] = {port: {} for port in bindings}, bindings
    networks = said.get("networksAdvanced") or []
    if networks:
        host["NetworkMode"] = _network(str(networks[0]["name"]), api)
        found["NetworkingConfig"] = {"EndpointsConfig": {host["NetworkMode"]: _member(networks[0], str(said["name"]))}}
    return {**found, "HostConfig": host}


def _network(name: str, api: DockerApi) -> str:
    return name if name in _BUILT_IN else api.name(name)


def _member(network: Values, container: str) -> dict[str, Any]:
    return {"Aliases": [container, *(network.get("aliases") or [])]}


def _bind(mount: Values, api: DockerApi) -> str:
    said = mount.get("volumeName")
    if said is None:
        # An empty volume, so that nothing of the machine is read or written.
        said = f"folder-{hashlib.sha256(str(mount.get('hostPath')).encode()).hexdigest()[:12]}"
    return f"{api.name(str(said))}:{mount['containerPath']}:{'ro' if mount.get('readOnly') else 'rw'}"


@contextmanager
def _refusing() -> Iterator[None]:
    """Say what the engine refuses as the provider does."""
    try:
        yield
    except EngineError as error:
        raise Refusal("", str(error)) from None


class _Real(DockerType):
    """A resource type whose things are on a real engine too."""

    proof: Proof = "real"
    removing: ClassVar[Mapping[str, str]] = {}
    """What its removal is asked for with."""

    def make(self, cloud: RealEngine, inputs: Values) -> None:
        """Make it on the engine."""
        raise NotImplementedError

    def place(self, cloud: RealEngine, values: Values) -> str:
        """Return its path in the engine's API."""
        return f"/{self.kind}s/{cloud.api.name(str(values['name']))}"

    def is_there(self, cloud: RealEngine, outputs: Values) -> bool:
        """Return whether the engine has it."""
        return cloud.api.call("GET", self.place(cloud, outputs), absent=True) is not None

    def create(self, cloud: Any, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it in the model, which refuses in the provider's words, and then on the engine."""
        id_, made = super().create(cloud, inputs)
        try:
            with _refusing():
                self.make(cloud, inputs)
        except Refusal:
            super().delete(cloud, id_, made)
            raise
        return id_, made

    def read(self, cloud: Any, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return it as it is; what the engine no longer has is gone from the model too."""
        found = super().read(cloud, id, outputs)
        if found is None or self.is_there(cloud, found):
            return found
        super().delete(cloud, id, outputs)
        return None

    def delete(self, cloud: Any, id: str, outputs: Values) -> None:  # noqa: A002
        """Remove it from both."""
        super().delete(cloud, id, outputs)
        with _refusing():
            cloud.api.call("DELETE", self.place(cloud, outputs), absent=True, params=dict(self.removing))


class RealContainer(_Real, Container):
    """A container: made, and started where the engine has its image."""

    removing = {"force": "true"}

    def make(self, cloud: RealEngine, inputs: Values) -> None:
        """Make, fill and start it, and wait as it is said."""
        api, name = cloud.api, cloud.api.name(str(inputs["name"]))
        image, named = self._image(cloud, str(inputs["image"]))
        there = image is not None
        if not there:
            cloud.not_started(self.token, named)
        request = body(inputs, api, image or api.nothing())
        if not there:
            request.setdefault("Cmd", ["/nothing"])
        made = api.call("POST", "/containers/create", params={"name": name}, json=request)
        try:
            for network in (inputs.get("networksAdvanced") or [])[1:]:
                path = f"/networks/{_network(str(network['name']), api)}/connect"
                member = _member(network, str(inputs["name"]))
                api.call("POST", path, json={"Container": made["Id"], "EndpointConfig": member})
            mounts = [str(mount["containerPath"]) for mount in inputs.get("volumes") or []]
            for upload in inputs.get("uploads") or []:
                api.upload(name, upload, _content(upload), mounts)
            if there and inputs.get("start", True):
                api.call("POST", f"/containers/{name}/start")
                if inputs.get("attach"):
                    api.wait(name, healthy=False, seconds=60)
                if inputs.get("wait"):
                    api.wait(name, healthy=True, seconds=float(inputs.get("waitTimeout") or 60))
        except EngineError:
            api.call("DELETE", f"/containers/{name}", absent=True, params={"force": "true"})
            raise

    @staticmethod
    def _image(cloud: RealEngine, said: str) -> tuple[str | None, str]:
        """Return the image on the engine, or None, and its name."""
        with cloud.look() as state:
            known = {str(found.get("imageId")): found for found in state.get("image", {}).values()}
        found = known.get(said)
        named = str(found.get("name") or found.get("imageName")) if found is not None else said
        return (named if cloud.api.has_image(named) else None), named

    def is_there(self, cloud: RealEngine, outputs: Values) -> bool:
        """Return whether it is there, and runs where it has to."""
        found = cloud.api.call("GET", f"{self.place(cloud, outputs)}/json", absent=True)
        if found is None:
            return False
        has_to = outputs.get("start", True) and outputs.get("mustRun", True)
        started = not str(found["State"].get("StartedAt") or "0001").startswith("0001")
        return bool(found["State"]["Running"]) or not has_to or not started

    def update(self, cloud: Any, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Change limits and the restart policy in place, as the provider does."""
        made = super().update(cloud, id, old_outputs, inputs)
        host = body(inputs, cloud.api, "")["HostConfig"]
        limits = ("CpuShares", "CpusetCpus", "Memory", "MemorySwap", "RestartPolicy")
        changed = {name: host[name] for name in limits if name in host}
        with _refusing():
            cloud.api.call("POST", f"{self.place(cloud, inputs)}/update", json=changed)
        return made


def _content(upload: Values) -> bytes:
    if upload.get("contentBase64") is not None:
        return base64.b64decode(str(upload["contentBase64"]))
    if upload.get("source") is not None:
        raise Refusal("uploads", "from a file are not carried out on a rehearsal's engine; give their content")
    return str(upload.get("content") or "").encode()


class RealNetwork(_Real, Network):
    """A network."""

    def make(self, cloud: RealEngine, inputs: Values) -> None:
        """Make it."""
        request = {
            "Name": cloud.api.name(str(inputs["name"])),
            "Driver": inputs.get("driver") or "bridge",
            "Internal": bool(inputs.get("internal")),
            "Attachable": bool(inputs.get("attachable")),
            "EnableIPv6": bool(inputs.get("ipv6")),
            "CheckDuplicate": True,
            "Options": inputs.get("options") or {},
            "Labels": cloud.api.labels(_labels(inputs)),
        }
        cloud.api.call("POST", "/networks/create", json=request)


class RealVolume(_Real, Volume):
    """A volume."""

    def make(self, cloud: RealEngine, inputs: Values) -> None:
        """Make it."""
        request = {
            "Name": cloud.api.name(str(inputs["name"])),
            "Driver": inputs.get("driver") or "local",
            "DriverOpts": inputs.get("driverOpts") or {},
            "Labels": cloud.api.labels(_labels(inputs)),
        }
        cloud.api.call("POST", "/volumes/create", json=request)


def on_engine(model: Emulator, settings: Settings) -> Emulator:
    """Return the emulator whose containers, networks and volumes are on the engine that the settings name."""
    folder = Folder(folder_of(settings))
    api = DockerApi(settings[ENGINE], folder.path)
    real = {type_.token: type_ for type_ in (RealContainer(), RealNetwork(), RealVolume())}
    return Emulator(
        package=model.package,
        version=model.version,
        types={type_.token: real.get(type_.token, type_) for type_ in TYPES},
        functions=model.functions,
        connect=lambda found: RealEngine(connect(found), api, folder),
        bridged=model.bridged,
    )


__all__ = ["RealEngine", "body", "on_engine"]
