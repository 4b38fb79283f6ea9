"""Pruning ten thousand tags of a registry on loopback, beside a loop over `crane delete` on a copy of it.

Both delete the same manifests by digest; `regc prune --apply` also looks at each again right before, and keeps what it
deletes in its journal. The registry itself counts the requests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from registry_components import provision
from registry_components.oci.client import RegistryClient
from tests.registry.filled import Filler
from tests.support.servers import free_port, serving

REPOSITORIES = 100
GOING = 100
STAYING = 10
ROUNDS = 2
_POLICY = "repositories: ['**']\nexpire:\n  stale: {tags: ['pr-*'], older_than_days: 14}\n"
_LOOP = 'while read -r image; do "$1" delete --insecure "$image" || exit 1; done'


def _binary(name: str) -> str:
    return str(provision.ensure([name], lambda line: print(line, file=sys.stderr))[name].path)


@contextmanager
def _registry(data: Path) -> Iterator[tuple[str, str]]:
    """Run the registry over some data; yield its address and that of its metrics."""
    port, metrics = free_port(), free_port()
    config = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(data)}, "delete": {"enabled": True}},
        "http": {
            "addr": f"127.0.0.1:{port}",
            "secret": "shared",
            "debug": {"addr": f"127.0.0.1:{metrics}", "prometheus": {"enabled": True, "path": "/metrics"}},
        },
    }
    with tempfile.TemporaryDirectory(prefix="regc-bench-registry-") as name:
        folder = Path(name)
        (folder / "config.yml").write_text(json.dumps(config))
        command = [_binary("registry"), "serve", str(folder / "config.yml")]
        with serving(command, port, folder / "log", env={**os.environ, "OTEL_TRACES_EXPORTER": "none"}):
            yield f"127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics"


def _requests(metrics: str) -> int:
    with urllib.request.urlopen(metrics, timeout=10) as answer:
        text = answer.read().decode()
    found = re.findall(r"^registry_http_requests_total\{[^}]*\} ([0-9.e+]+)$", text, re.MULTILINE)
    return int(sum(map(float, found)))


def _fill(data: Path) -> None:
    wanted: list[tuple[tuple[str], float]] = [((f"pr-{number}",), 90.0) for number in range(GOING)]
    wanted += [((f"v1.{number}",), 90.0) for number in range(STAYING)]
    with _registry(data) as (address, _), RegistryClient(address) as client:
        filler = Filler(client)
        for number in range(REPOSITORIES):
            filler.images(f"shop/app-{number}", wanted)


def _measured(address: str, metrics: str, command: list[str], given: str = "") -> dict[str, Any]:
    before, started = _requests(metrics), time.perf_counter()
    subprocess.run(command, input=given, text=True, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    found = {"seconds": seconds, "requests": _requests(metrics) - before}
    with RegistryClient(address) as client:
        left = sum(len(list(client.tags(f"shop/app-{number}"))) for number in range(REPOSITORIES))
    if left != REPOSITORIES * STAYING:
        raise RuntimeError(f"{left} tags are left, and {REPOSITORIES * STAYING} should be")
    return found


def _pruned(data: Path, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Measure `regc prune --apply`; return the figures and what was deleted."""
    regc = [str(Path(sys.executable).parent / "regc"), "prune"]
    plan = folder / "plan.json"
    with _registry(data) as (address, metrics):
        (folder / "policy.yaml").write_text(_POLICY)
        subprocess.run(
            [*regc, address, "--policy", str(folder / "policy.yaml"), "--assume-created", "--plan", str(plan),
             "--max-fraction", "1"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        found = _measured(address, metrics, [*regc, address, "--apply", str(plan), "--max-fraction", "1"])
    planned = json.loads(plan.read_text())["repositories"]
    plan.with_name("plan.json.journal").unlink()
    return found, [f"{name}@{item['digest']}" for name, one in sorted(planned.items()) for item in one["doomed"]]


def _deleted(data: Path, images: list[str]) -> dict[str, Any]:
    """Measure a loop over `crane delete`."""
    with _registry(data) as (address, metrics):
        command = ["bash", "-c", _LOOP, "loop", _binary("crane")]
        return _measured(address, metrics, command, "".join(f"{address}/{image}\n" for image in images))


def measure() -> dict[str, Any]:
    """Return the best of some rounds, each over a fresh copy of the same registry."""
    with tempfile.TemporaryDirectory(prefix="regc-bench-") as name:
        folder = Path(name)
        _fill(folder / "filled")
        ours, loops = [], []
        for _ in range(ROUNDS):
            shutil.copytree(folder / "filled", folder / "copy")
            figures, images = _pruned(folder / "copy", folder)
            ours.append(figures)
            shutil.rmtree(folder / "copy")
            shutil.copytree(folder / "filled", folder / "copy")
            loops.append(_deleted(folder / "copy", images))
            shutil.rmtree(folder / "copy")
    best, loop = min(one["seconds"] for one in ours), min(one["seconds"] for one in loops)
    # Each that goes is read by its tag and deleted; each tag that stays is looked up; each list of tags is read.
    minimum = 2 * REPOSITORIES * GOING + REPOSITORIES * (STAYING + 1)
    return {
        "rounds": ROUNDS,
        "tags that go": REPOSITORIES * GOING,
        "tags that stay": REPOSITORIES * STAYING,
        "regc prune --apply, seconds": round(best, 1),
        "a loop over crane delete, seconds": round(loop, 1),
        "the loop against regc prune": round(loop / best, 2),
        "requests": ours[0]["requests"],
        "requests against the minimum": round(ours[0]["requests"] / minimum, 3),
        "requests of the loop": loops[0]["requests"],
        "goal": "at least twice as fast; at most 1.1 times the requests that look at each tag again and delete",
    }
