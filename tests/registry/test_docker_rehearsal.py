"""Registry proof: a rehearsal with `--docker` makes a stack's containers on a real engine, by the real Pulumi engine.

Podman's API socket stands in for Docker, beside `dockerd` itself where it is installed. The image has nothing but the
real registry binary in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi_docker as docker
import pytest

from registry_components.distribution import DistributionRegistry
from registry_components.oci.client import RegistryClient
from registry_components.oci.errors import RegistryError
from registry_components.rehearsal import read_checks, rehearsal
from registry_components.testing import Engine
from tests.support.engines import ContainerEngine, container_engine
from tests.support.images import push_image
from tests.support.servers import free_port

pytestmark = [pytest.mark.registry, pytest.mark.timeout(300)]

IMAGE = "localhost/registry-from-nothing"
ABSENT = "localhost/registry-that-is-not-here"
PASSWORD = "a-password-for-this-test"


@pytest.fixture(scope="module", params=["podman", "docker"])
def daemon(request: pytest.FixtureRequest, registry_binary: Path) -> Iterator[ContainerEngine]:
    with container_engine(request.param) as engine:
        engine.make_image(IMAGE, registry_binary)
        yield engine


@pytest.fixture
def stack(daemon: ContainerEngine, tmp_path: Path) -> Iterator[Callable[[Callable[[], Any]], Engine]]:
    with rehearsal(tmp_path / "clouds", docker=f"unix://{daemon.socket}") as environment:
        yield lambda program: Engine(tmp_path / "engine", program=program, environment=environment)
    assert left(daemon) == {"containers": [], "networks": [], "volumes": []}


def left(daemon: ContainerEngine) -> dict[str, list[str]]:
    """Return what rehearsals left on the engine."""
    found = {
        "containers": [name for one in daemon.call("GET", "/containers/json?all=true") for name in one["Names"]],
        "networks": [one["Name"] for one in daemon.call("GET", "/networks")],
        "volumes": [one["Name"] for one in daemon.call("GET", "/volumes")["Volumes"] or []],
    }
    return {kind: [name for name in names if "rehearsal-" in name] for kind, names in found.items()}


def registry(port: int, image: str = IMAGE, **changes: Any) -> Callable[[], Any]:
    runtime = {
        "kind": "docker",
        "image": image,
        "memory_megabytes": 256,
        "healthcheck": {"interval_seconds": 1, "command": ["/bin/registry", "--version"]},
    }
    args: dict[str, Any] = {
        "runtime": {**runtime, **changes.pop("runtime", {})},
        "port": port,
        "storage": {"kind": "filesystem"},
        "auth": {"kind": "htpasswd", "passwords": {"ci": PASSWORD}},
        "http_secret": "a-secret-for-uploads-in-this-test",
        **changes,
    }
    return lambda: DistributionRegistry("apps", args)


def test_a_whole_life_with_real_pushes(
    daemon: ContainerEngine, stack: Callable[[Callable[[], Any]], Engine], tmp_path: Path
) -> None:
    port = free_port()
    engine = stack(registry(port))
    engine.up()
    image = push_image(f"127.0.0.1:{port}", "ci", PASSWORD)
    engine.up_again()
    engine.refresh()
    assert engine.scan([PASSWORD]) == []

    engine.program = registry(port, read_only=True)
    engine.up()
    engine.up_again()
    with RegistryClient(f"127.0.0.1:{port}", username="ci", password=PASSWORD) as client:
        image.check(client)
        with pytest.raises(RegistryError):
            client.push_blob("team/api", b"refused while read-only")

    made = left(daemon)
    assert (len(made["containers"]), len(made["networks"]), len(made["volumes"])) == (2, 1, 2)
    # A container that somebody removed is made anew, with what was in its volumes.
    (gone,) = (name for name in made["containers"] if not name.endswith("-configuration"))
    daemon.call("DELETE", f"/containers/{gone.lstrip('/')}", params={"force": True})
    drift = engine.refresh(allow_drift=True).changed
    assert drift == ["delete docker:index/container:Container::apps"]
    engine.up()
    with RegistryClient(f"127.0.0.1:{port}", username="ci", password=PASSWORD) as client:
        image.check(client)
    proofs = {
        (line["token"], line["proof"]) for line in read_checks(tmp_path / "clouds") if line["operation"] == "create"
    }
    assert {
        ("docker:index/container:Container", "real"),
        ("docker:index/remoteImage:RemoteImage", "emulated"),
    } <= proofs


@pytest.mark.parametrize("daemon", ["podman"], indirect=True, scope="module")
def test_without_its_image_a_container_is_made_and_not_started(
    daemon: ContainerEngine, stack: Callable[[Callable[[], Any]], Engine], tmp_path: Path
) -> None:
    engine = stack(registry(free_port(), image=ABSENT))
    engine.up()
    engine.up_again()
    engine.refresh()
    states = {one["State"] for one in daemon.call("GET", "/containers/json?all=true") if "rehearsal" in one["Names"][0]}
    assert states == {"created"}
    told = {line["what"] for line in read_checks(tmp_path / "clouds") if line["operation"] == "unstarted"}
    assert told == {ABSENT}


@pytest.mark.parametrize("daemon", ["podman"], indirect=True, scope="module")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: docker.Container("c", image=IMAGE, gpus="all"),
            "gpus: is not carried out on a rehearsal's engine; rehearse without --docker",
        ),
        (
            lambda: docker.Container("c", image=IMAGE, command=["serve", "/no.yml"], wait=True, wait_timeout=5),
            "the container ended with exit code 1",
        ),
    ],
    ids=["unknown", "ends"],
)
def test_what_the_engine_refuses(
    stack: Callable[[Callable[[], Any]], Engine], make: Callable[[], Any], message: str
) -> None:
    run = stack(make).up(check=False)
    assert run.failed
    assert message in run.message
