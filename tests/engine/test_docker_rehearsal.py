"""Engine proof: a registry in a container lives its whole life against the emulated Docker engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi_docker as docker
import pytest

from registry_components.distribution import DistributionRegistry
from registry_components.rehearsal import rehearsal
from registry_components.testing import Engine

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Callable[[Callable[[], Any]], Engine]]:
    with rehearsal(tmp_path / "clouds") as environment:
        yield lambda program: Engine(tmp_path / "engine", program=program, environment=environment)


def registry(**changes: Any) -> Callable[[], Any]:
    args: dict[str, Any] = {
        "runtime": {"kind": "docker"},
        "port": 25000,
        "storage": {"kind": "filesystem"},
        "auth": {"kind": "htpasswd", "users": ["ci"]},
        "delete": True,
        "deletion": "destroy",
        "empty_on_delete": True,
    }
    return lambda: DistributionRegistry("apps", {**args, **changes})


def test_a_whole_life(engine: Callable[[Callable[[], Any]], Engine]) -> None:
    stack = engine(registry())
    made = stack.up()
    assert {step.op for step in made.steps} == {"create", "outputs"} or {step.op for step in made.steps} == {"create"}
    stack.up_again()
    stack.refresh()
    stack.program = registry(delete=False)
    changed = stack.up().changed
    # A new configuration is written through a new container and starts the registry anew; its volumes stay.
    assert any("replace" in line and "apps-configuration" in line for line in changed), changed
    assert any("replace" in line and "Container::apps " in f"{line} " for line in changed), changed
    assert not [line for line in changed if "Volume" in line and ("replace" in line or "delete" in line)]
    stack.up_again()
    stack.destroy()


def test_drift_is_seen(engine: Callable[[Callable[[], Any]], Engine], tmp_path: Path) -> None:
    from registry_components.rehearsal.emulators.docker_types import connect

    stack = engine(registry())
    stack.up()
    with connect({"REGC_REHEARSAL_FOLDER": str(tmp_path / "clouds")}).change() as state:
        gone = [key for key, found in state["container"].items() if found["start"]]
        del state["container"][gone[0]]
    assert stack.refresh(allow_drift=True).changed == ["delete docker:index/container:Container::apps"]
    stack.destroy()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: docker.Container("c", image="nginx", networks_advanced=[{"name": "nowhere"}]),
            "network nowhere not found",
        ),
        (lambda: docker.Container("c", image=f"sha256:{'0' * 64}"), f"No such image: sha256:{'0' * 64}"),
        (lambda: docker.Network("n", name="bridge"), "network with name bridge already exists"),
        (lambda: docker.RemoteImage("i", name="Not An Image"), "invalid reference format: 'Not An Image'"),
        (lambda: docker.Volume("v", name="a b"), "invalid name 'a b': only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
        (
            lambda: docker.Container("c", image="nginx", volumes=[{"container_path": "data", "volume_name": "d"}]),
            "invalid mount path: 'data' must be absolute",
        ),
        (
            lambda: docker.Container("c", image="nginx", restart="sometimes"),
            "'sometimes' is not one of no, on-failure, always, unless-stopped",
        ),
        (
            lambda: docker.Container("c", image="nginx", memory=64, memory_swap=32),
            "Minimum memoryswap limit should be larger than memory limit",
        ),
    ],
)
def test_what_the_engine_refuses(
    engine: Callable[[Callable[[], Any]], Engine], make: Callable[[], Any], message: str
) -> None:
    run = engine(make).up(check=False)
    assert run.failed
    assert message in run.message


def test_a_port_that_is_taken(engine: Callable[[Callable[[], Any]], Engine]) -> None:
    def program() -> None:
        port = docker.ContainerPortArgs(internal=80, external=8080)
        first = docker.Container("first", name="first", image="nginx", ports=[port])
        docker.Container("second", image=first.image, ports=[port], envs=[first.id.apply(lambda id_: f"OTHER={id_}")])

    run = engine(program).up(check=False)
    assert "port is already allocated (first)" in run.message
