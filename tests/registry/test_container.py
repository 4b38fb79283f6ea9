"""Registry proof: what runtime `docker` describes runs a registry, as described, on a real container engine.

The recorded inputs of the Docker resources are sent to the engine's API one by one, in the order in which the Docker
provider sends them; an input that has no counterpart in a request fails the test. What stands in for what:

- Podman's API socket for Docker, and `dockerd` itself where it is installed.
- An image with nothing but the real registry binary for upstream's, which cannot be pulled everywhere. It has no
  `wget`: the healthcheck is the binary itself, so that the default check is not proven here.
- The first network of the container is the wanted one; the provider joins `bridge` first and leaves it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from registry_components.distribution import DistributionRegistry, DistributionRegistryArgs
from registry_components.distribution.generated import htpasswd_line
from registry_components.oci.client import RegistryClient
from registry_components.oci.errors import RegistryError
from registry_components.testing import Recorded, Recording, record
from tests.support.docker_requests import create, volumes_and_networks
from tests.support.engines import ContainerEngine, container_engine
from tests.support.images import push_image
from tests.support.servers import free_port

pytestmark = pytest.mark.registry

PASSWORD = "a-password-for-this-test"
HTTP_SECRET = "a-secret-for-uploads-in-this-test"
HTPASSWD = htpasswd_line("developer", PASSWORD, 5)
IMAGE = "localhost/registry-from-nothing"


@pytest.fixture(scope="module", params=["podman", "docker"])
def engine(request: pytest.FixtureRequest, registry_binary: Path) -> Iterator[ContainerEngine]:
    with container_engine(request.param) as engine:
        engine.make_image(IMAGE, registry_binary)
        yield engine


def described(port: int, *, runtime: dict[str, Any] | None = None, **changes: Any) -> Recording:
    settings = {
        "port": port,
        "storage": {"kind": "filesystem"},
        "auth": {"kind": "htpasswd", "htpasswd": f"{HTPASSWD}\n"},
        "http_secret": HTTP_SECRET,
        "runtime": {
            "kind": "docker",
            "image": IMAGE,
            "memory_megabytes": 256,
            "cpus": 1.5,
            "labels": {"team": "shop"},
            "healthcheck": {"interval_seconds": 1, "command": ["/bin/registry", "--version"]},
            **(runtime or {}),
        },
        **changes,
    }

    def program() -> None:
        DistributionRegistry("apps", DistributionRegistryArgs.parse(settings))

    outputs = {"docker:index/remoteImage:RemoteImage": {"imageId": IMAGE}}
    return record(program, outputs=outputs, project="test", stack=f"s{port}")


def deploy(engine: ContainerEngine, found: Recording) -> str:
    """Make what the program describes and wait until it is healthy. Returns the name of the registry's container."""
    volumes_and_networks(engine, found)
    create(engine, found["docker:index/container:Container::apps-configuration"])
    registry = found["docker:index/container:Container::apps"]
    name = create(engine, registry)
    wait_for(engine, name, port_of(registry))
    return name


def port_of(registry: Recorded) -> int:
    return int(registry.inputs["ports"][0]["external"])


def answers(port: int) -> bool:
    try:
        with client(port) as registry:
            registry.ping()
    except RegistryError:
        return False
    return True


def wait_for(engine: ContainerEngine, name: str, port: int) -> None:
    deadline = time.monotonic() + 30
    while not (engine.healthy(name) and answers(port)):
        assert time.monotonic() < deadline, f"{name} is not healthy:\n{engine.logs(name)}"
        time.sleep(0.2)


@contextmanager
def client(port: int, password: str = PASSWORD) -> Iterator[RegistryClient]:
    with RegistryClient(f"127.0.0.1:{port}", username="developer", password=password) as registry:
        yield registry


def mounts_of(pid: int) -> dict[str, str]:
    """Return the mount points of a process with ro or rw."""
    lines = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    return {line[4]: line[5].split(",")[0] for line in lines}


def test_login_push_pull_restart_and_a_new_configuration(engine: ContainerEngine) -> None:
    port = free_port()
    name = deploy(engine, described(port))
    server = f"127.0.0.1:{port}"

    with client(port, "not-the-password") as registry, pytest.raises(RegistryError):
        registry.ping()
    image = push_image(server, "developer", PASSWORD)
    with client(port) as registry:
        image.check(registry)

    engine.call("POST", f"/containers/{name}/restart", 204)
    wait_for(engine, name, port)
    with client(port) as registry:
        image.check(registry)

    # A new configuration is a new container over the same volumes; `read_only` shows that it is the new one.
    before = engine.call("GET", f"/containers/{name}/json")["Id"]
    assert deploy(engine, described(port, read_only=True)) == name
    assert engine.call("GET", f"/containers/{name}/json")["Id"] != before
    with client(port) as registry:
        image.check(registry)
        with pytest.raises(RegistryError):
            registry.push_blob("team/api", b"refused while read-only")

    # The volume with the images outlives both containers.
    for container in (name, f"{name}-configuration"):
        engine.call("DELETE", f"/containers/{container}", 200, 204, params={"force": True})
    deploy(engine, described(port))
    with client(port) as registry:
        image.check(registry)


def test_hardened_as_described(engine: ContainerEngine) -> None:
    port = free_port()
    name = deploy(engine, described(port))
    pid = engine.process(name)

    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[capabilities], 16) == 0, capabilities
    assert status["NoNewPrivs"] == "1"

    mounts = mounts_of(pid)
    assert mounts["/"] == "ro"
    assert mounts["/etc/distribution"] == "ro"
    assert mounts["/var/lib/registry"] == "rw"
    assert mounts["/tmp"] == "rw"

    files = Path(f"/proc/{pid}/root/etc/distribution")
    seen = {path.name: (path.stat().st_mode & 0o7777, path.stat().st_uid) for path in files.iterdir()}
    assert seen == {"config.yml": (0o400, 0), "htpasswd": (0o400, 0)}
    assert (files / "htpasswd").read_text() == f"{HTPASSWD}\n"

    # The credentials are in the files alone.
    process = psutil.Process(pid)
    shown = [*process.cmdline(), *process.environ().values(), str(engine.call("GET", f"/containers/{name}/json"))]
    for secret in (HTTP_SECRET, HTPASSWD, PASSWORD):
        assert not any(secret in text for text in shown)

    host = engine.call("GET", f"/containers/{name}/json")["HostConfig"]
    assert (host["Memory"], host["MemorySwap"]) == (256 * 1024 * 1024, 256 * 1024 * 1024)
    assert host["NanoCpus"] == 1_500_000_000
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    listening = {tuple(c.laddr) for c in psutil.net_connections("tcp") if c.status == "LISTEN"}
    assert {address for address, number in listening if number == port} == {"127.0.0.1"}


def test_another_user_reads_its_files(engine: ContainerEngine) -> None:
    port = free_port()
    found = described(port, storage={"kind": "inmemory"}, runtime={"user": "65532:65533"})
    name = deploy(engine, found)
    pid = engine.process(name)
    assert psutil.Process(pid).uids().effective == 65532
    assert psutil.Process(pid).gids().effective == 65533
    files = Path(f"/proc/{pid}/root/etc/distribution")
    assert {path.stat().st_uid for path in files.iterdir()} == {65532}
    image = push_image(f"127.0.0.1:{port}", "developer", PASSWORD)
    with client(port) as registry:
        image.check(registry)


def test_docker_refuses_uploads_into_a_read_only_root(engine: ContainerEngine) -> None:
    """This is why the files go through a container of their own; where it fails, that one can go."""
    if engine.name != "docker":
        pytest.skip("podman takes uploads into a read-only root")
    found = described(free_port())
    name = deploy(engine, found)
    configuration = found["docker:index/container:Container::apps-configuration"].inputs
    with pytest.raises(AssertionError, match="container rootfs is marked read-only"):
        engine.upload(name, configuration["uploads"][0], "version: 0.1")


def test_the_machine_s_own_restart(engine: ContainerEngine) -> None:
    # Podman's unit for that starts what is always to run; Docker starts `unless-stopped`, the default, as well.
    port = free_port()
    name = deploy(
        engine, described(port, runtime={"restart": "always" if engine.name == "podman" else "unless-stopped"})
    )
    image = push_image(f"127.0.0.1:{port}", "developer", PASSWORD)
    before = engine.process(name)
    engine.restart()
    wait_for(engine, name, port)
    assert engine.process(name) != before
    with client(port) as registry:
        image.check(registry)
