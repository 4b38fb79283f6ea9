"""What 500 components of this library cost on the engine, beside the same tree made with Pulumi's own classes."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi

from registry_components.core.args import Args, MaybeOutput
from registry_components.core.component import RegistryComponent
from registry_components.distribution.generated import GeneratedSecret
from registry_components.testing import Engine

COUNT = 500
ROUNDS = 3


class Settings(Args):
    """Arguments of about the size that a small component has."""

    host: MaybeOutput[str]
    port: int
    labels: dict[str, str]
    enabled: bool = True


class Component(RegistryComponent):
    """A component with validated arguments, one child, and outputs."""

    def __init__(self, name: str, args: Settings) -> None:
        super().__init__(name)
        key = GeneratedSecret(f"{name}-key", self.child())
        self.publish(server=f"{args.host}:{args.port}", key=key.value)


def ours() -> None:
    """Make the components."""
    for number in range(COUNT):
        settings = {"host": "127.0.0.1", "port": 5000 + number, "labels": {"team": "a", "number": str(number)}}
        Component(f"registry-{number}", Settings.parse(settings))


def raw() -> None:
    """Make the same tree: the same children below Pulumi's own component class, without validation."""
    for number in range(COUNT):
        name = f"registry-{number}"
        component = pulumi.ComponentResource("registry-components:index:Component", name)
        key = GeneratedSecret(f"{name}-key", pulumi.ResourceOptions(parent=component))
        component.register_outputs({"server": f"127.0.0.1:{5000 + number}", "key": key.value})


def _seconds(program: Callable[[], None]) -> float:
    with tempfile.TemporaryDirectory(prefix="regc-bench-") as folder:
        engine = Engine(Path(folder), program=program, checkpoints=False)
        seconds = engine.up().seconds
        engine.destroy()
        return seconds


def measure() -> dict[str, Any]:
    """Time both in turn on the real engine, checkpoints off."""
    rounds = [(_seconds(ours), _seconds(raw)) for _ in range(ROUNDS)]
    return {
        "resources": 2 * COUNT + 1,
        "seconds": {
            "components, median": round(statistics.median(mine for mine, _ in rounds), 2),
            "raw resources, median": round(statistics.median(theirs for _, theirs in rounds), 2),
        },
        "ratio of each round": [round(mine / theirs, 3) for mine, theirs in rounds],
        "ratio, median": round(statistics.median(mine / theirs for mine, theirs in rounds), 3),
        "goal": "at most 1.05",
    }
