"""What a newcomer waits for: `make up` in a fresh checkout, with everything cached, and with nothing cached."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from tests.support.servers import free_port

ROOT = Path(__file__).parents[1]
WARM_ROUNDS = 3


def _checkout(folder: Path) -> Path:
    """Return a fresh clone whose stack listens on a port of its own."""
    checkout = folder / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    settings = {"config": {"registry-components:port": free_port()}}
    (checkout / "stacks" / "Pulumi.local.yaml").write_text(yaml.safe_dump(settings))
    return checkout


def _make(target: str, checkout: Path, environment: dict[str, str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(["make", target], cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"make {target} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - started


def _environment(folder: Path) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    return {
        **inherited,
        "XDG_STATE_HOME": str(folder / "state-home"),
        "PULUMI_HOME": str(folder / "pulumi-home"),
    }


def measure() -> dict[str, Any]:
    """Time `make up` with environment and tools in place: the first one, the next one, and one after `make down`."""
    with tempfile.TemporaryDirectory(prefix="regc-bench-") as name:
        folder = Path(name)
        checkout = _checkout(folder)
        environment = _environment(folder)
        _make(".venv/.installed", checkout, environment)
        _make("tools", checkout, environment)
        first = _make("up", checkout, environment)
        again, after_down = [], []
        for _ in range(WARM_ROUNDS):
            again.append(_make("up", checkout, environment))
            _make("down", checkout, environment)
            after_down.append(_make("up", checkout, environment))
        _make("down", checkout, environment)
    return {
        "seconds": {
            "first make up, tools cached": round(first, 1),
            "make up again (no change), best": round(min(again), 1),
            "make up after make down, best": round(min(after_down), 1),
        },
        "goal": "at most 20 s warm",
    }


def measure_cold() -> dict[str, Any]:
    """Time `make up` with an empty home and empty caches: environment, builds of every tool, stack and proof."""
    with tempfile.TemporaryDirectory(prefix="regc-bench-") as name:
        folder = Path(name)
        checkout = _checkout(folder)
        environment = {
            **_environment(folder),
            "HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "GOMODCACHE": str(folder / "go" / "mod"),
            "GOCACHE": str(folder / "go" / "build"),
            "GOFLAGS": "-modcacherw",
        }
        (folder / "home").mkdir()
        cold = _make("up", checkout, environment)
        _make("down", checkout, environment)
        shutil.rmtree(folder / "go", ignore_errors=True)
    return {"seconds": {"make up, nothing cached": round(cold, 1)}}
