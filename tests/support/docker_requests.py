"""Requests of Docker's API for what recorded resources describe, as the Docker provider makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry_components.testing import Recorded, Recording, Secret
from tests.support.engines import ContainerEngine

# Inputs that speak to the provider, or that are a request of their own.
PROVIDER_ONLY = (
    "attach",
    "destroyGraceSeconds",
    "logs",
    "mustRun",
    "name",
    "removeVolumes",
    "start",
    "uploads",
    "wait",
    "waitTimeout",
)


_PLAIN = {
    "command": "Cmd",
    "entrypoints": "Entrypoint",
    "stopTimeout": "StopTimeout",
    "user": "User",
    "workingDir": "WorkingDir",
}


def plain(value: Any) -> Any:
    """Return a recorded value, secret or not."""
    return value.value if isinstance(value, Secret) else value


def of_type(found: Recording, kind: str) -> list[Recorded]:
    return [resource for resource in found.resources.values() if resource.type.endswith(f":{kind}")]


def tags(inputs: dict[str, Any]) -> dict[str, str]:
    return {label["label"]: label["value"] for label in inputs.pop("labels")}


def nanoseconds(duration: str) -> int:
    """Return a duration such as 1s or 10s; the tests use no longer ones."""
    return int(duration.removesuffix("s")) * 1_000_000_000


def create_body(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return Docker's request for the container that the inputs describe; an input that it leaves out fails."""
    left = dict(inputs)
    for name in PROVIDER_ONLY:
        left.pop(name, None)
    ports = left.pop("ports", [])
    capabilities, check = left.pop("capabilities"), left.pop("healthcheck", None)
    networks, mode = left.pop("networksAdvanced", []), left.pop("networkMode")
    memory, swap = left.pop("memory", 0), left.pop("memorySwap", 0)
    body: dict[str, Any] = {
        "Image": left.pop("image"),
        "Env": [plain(variable) for variable in left.pop("envs", [])],
        "Tty": left.pop("tty"),
        "OpenStdin": left.pop("stdinOpen"),
        "Labels": tags(left),
        "ExposedPorts": {f"{port['internal']}/{port['protocol']}": {} for port in ports},
        "HostConfig": {
            "Binds": [
                f"{v.get('volumeName') or v['hostPath']}:{v['containerPath']}:{'ro' if v['readOnly'] else 'rw'}"
                for v in left.pop("volumes")
            ],
            "PortBindings": {
                f"{p['internal']}/{p['protocol']}": [{"HostIp": p["ip"], "HostPort": str(p["external"])}] for p in ports
            },
            "NetworkMode": networks[0]["name"] if networks else mode,
            "RestartPolicy": {"Name": left.pop("restart"), "MaximumRetryCount": left.pop("maxRetryCount")},
            "ReadonlyRootfs": left.pop("readOnly"),
            "CapDrop": capabilities["drops"],
            "CapAdd": capabilities["adds"],
            "SecurityOpt": left.pop("securityOpts"),
            "Privileged": left.pop("privileged"),
            "PublishAllPorts": left.pop("publishAllPorts"),
            "IpcMode": left.pop("ipcMode"),
            "Init": left.pop("init"),
            "AutoRemove": left.pop("rm"),
            "Tmpfs": left.pop("tmpfs", {}),
            "Memory": memory * 1024 * 1024,
            "MemorySwap": swap * 1024 * 1024,
            "NanoCpus": int(float(left.pop("cpus", "0")) * 1_000_000_000),
            "LogConfig": {"Type": left.pop("logDriver"), "Config": left.pop("logOpts")},
        },
    }
    for name, theirs in _PLAIN.items():
        if name in left:
            body[theirs] = left.pop(name)
    if "dnsSearches" in left:
        body["HostConfig"]["DnsSearch"] = left.pop("dnsSearches")
    if "shmSize" in left:
        body["HostConfig"]["ShmSize"] = left.pop("shmSize") * 1024 * 1024
    if networks and networks[0].get("aliases"):
        named = {networks[0]["name"]: {"Aliases": networks[0]["aliases"]}}
        body["NetworkingConfig"] = {"EndpointsConfig": named}
    if check is not None:
        body["Healthcheck"] = {
            "Test": check["tests"],
            "Interval": nanoseconds(check["interval"]),
            "Timeout": nanoseconds(check["timeout"]),
            "StartPeriod": nanoseconds(check["startPeriod"]),
            "Retries": check["retries"],
        }
    assert left == {}
    return body


def create(engine: ContainerEngine, resource: Recorded, edit: Callable[[dict[str, Any]], None] | None = None) -> str:
    """Replace one container as the provider does, and start it where the resource says so.

    `edit` changes the request, for what an engine cannot do.
    """
    inputs = dict(resource.inputs)
    name = str(inputs["name"])
    engine.call("DELETE", f"/containers/{name}", 200, 204, 404, params={"force": True})
    body = create_body(inputs)
    if edit is not None:
        edit(body)
    engine.call("POST", "/containers/create", 201, params={"name": name}, json=body)
    engine.made.append(("containers", name))
    for upload in inputs.get("uploads", []):
        assert isinstance(upload["content"], Secret)
        held = any(upload["file"].startswith(f"{volume['containerPath']}/") for volume in inputs.get("volumes", []))
        engine.upload(name, upload, upload["content"].value, in_volume=held)
    if inputs["start"]:
        engine.call("POST", f"/containers/{name}/start", 204)
    return name


def volumes_and_networks(engine: ContainerEngine, found: Recording) -> None:
    """Make the volumes and networks of a program."""
    for volume in of_type(found, "Volume"):
        body = {"Name": volume.inputs["name"], "Driver": volume.inputs["driver"], "Labels": tags(dict(volume.inputs))}
        engine.call("POST", "/volumes/create", 201, json=body)
        engine.made.append(("volumes", volume.inputs["name"]))
    for network in of_type(found, "Network"):
        inputs = dict(network.inputs)
        body = {
            "Name": inputs["name"],
            "Driver": inputs["driver"],
            "Internal": inputs["internal"],
            "Attachable": inputs["attachable"],
            "Ingress": inputs["ingress"],
            "EnableIPv6": inputs["ipv6"],
            "CheckDuplicate": True,
            "Labels": tags(inputs),
        }
        engine.call("POST", "/networks/create", 201, 409, 500, json=body)
        engine.made.append(("networks", inputs["name"]))
