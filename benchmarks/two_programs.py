"""One program in two modes on the emulated engine: with this library's component, and with raw resources."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from registry_components.rehearsal import rehearsal
from registry_components.testing import Engine

HERE = Path(__file__).parent
MODES = ("components", "raw")
GOAL = "at most 1.05 of raw's seconds"


def _run(program: str, prefix: str, mode: str, count: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Bring `count` of them up, checkpoints off; return what it took, and the inputs of what has the type prefix."""
    with tempfile.TemporaryDirectory(prefix="regc-bench-") as name, rehearsal(Path(name) / "clouds") as clouds:
        folder = Path(name)
        shutil.copytree(HERE / program, folder / "program", ignore=shutil.ignore_patterns("__pycache__"))
        settings = yaml.safe_load((folder / "program" / "Pulumi.yaml").read_text())
        settings["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (folder / "program" / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
        measured = folder / "measured.json"
        engine = Engine(
            folder / "engine",
            project_dir=folder / "program",
            environment={
                **clouds,
                "BENCH_COUNT": str(count),
                "BENCH_MEASURED": str(measured),
                "BENCH_MODE": mode,
            },
            checkpoints=False,
            timeout=600,
        )
        run = engine.up()
        inputs = {
            f"{made['type']}::{made['urn'].rsplit('::', 1)[1]}": made["inputs"]
            for made in engine.export_state(show_secrets=True)["deployment"]["resources"]
            if made["type"].startswith(prefix)
        }
        return {**json.loads(measured.read_text()), "seconds": run.seconds}, inputs


def compare(program: str, prefix: str, *, count: int, rounds: int) -> dict[str, Any]:
    """Return the least that each mode took, after a look that they make the same."""
    (_, ours), (_, theirs) = (_run(program, prefix, mode, 3) for mode in MODES)
    if ours != theirs:
        differing = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
        raise AssertionError(f"the two programs make different resources: {', '.join(differing)}")
    runs: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    loads: list[float] = []
    for number in range(rounds):
        loads.append(round(os.getloadavg()[0], 1))
        # In turn first: whoever runs second finds a warmer, or a busier, machine.
        for mode in MODES if number % 2 else reversed(MODES):
            runs[mode].append(_run(program, prefix, mode, count)[0])
    table: dict[str, Any] = {}
    for name, key in (
        ("up, seconds", "seconds"),
        ("program, processor seconds", "cpu_seconds"),
        ("program, peak MiB", "peak_mib"),
    ):
        # Other work on the machine only adds, so that the least of each is what counts.
        ours_took, theirs_took = (min(run[key] for run in runs[mode]) for mode in MODES)
        least = {mode: round(value, 2) for mode, value in zip(MODES, (ours_took, theirs_took), strict=True)}
        table[name] = {**least, "ratio": round(ours_took / theirs_took, 3)}
    return {**table, "load of the machine at the start of each round": loads}


__all__ = ["GOAL", "compare"]
