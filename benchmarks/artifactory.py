"""Docker repositories of an Artifactory: one component beside raw resources, with JFrog's provider emulated."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from registry_components.rehearsal import rehearsal
from registry_components.testing import Engine

HERE = Path(__file__).parent
COUNT, ROUNDS = 200, 7
MODES = ("components", "raw")


def _run(mode: str, count: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Bring `count` repositories up on the emulated engine, checkpoints off; return what it took, and the inputs."""
    with tempfile.TemporaryDirectory(prefix="regc-bench-") as name, rehearsal(Path(name) / "clouds") as clouds:
        folder = Path(name)
        shutil.copytree(HERE / "artifactory_program", folder / "program", ignore=shutil.ignore_patterns("__pycache__"))
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
            for made in engine.export_state()["deployment"]["resources"]
            if made["type"].startswith("artifactory:")
        }
        return {**json.loads(measured.read_text()), "seconds": run.seconds}, inputs


def measure() -> dict[str, Any]:
    """Bring both programs up in turn, after a look that they make the same."""
    (_, ours), (_, theirs) = (_run(mode, 3) for mode in MODES)
    if ours != theirs:
        differing = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
        raise AssertionError(f"the two programs make different resources: {', '.join(differing)}")
    runs: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    for _ in range(ROUNDS):
        for mode, found in runs.items():
            found.append(_run(mode, COUNT)[0])
    # The fastest of each: what else the machine does makes runs slower, never faster.
    least = {
        mode: {key: min(run[key] for run in found) for key in ("seconds", "cpu_seconds", "peak_mib")}
        for mode, found in runs.items()
    }
    table = {
        name: {
            **{mode: round(found[key], 2) for mode, found in least.items()},
            "ratio": round(least["components"][key] / least["raw"][key], 3),
        }
        for name, key in (
            ("up, seconds", "seconds"),
            ("program, processor seconds", "cpu_seconds"),
            ("program, peak MiB", "peak_mib"),
        )
    }
    return {
        "repositories": COUNT,
        "rounds": ROUNDS,
        "ArtifactoryConfiguration beside pulumi_artifactory, the fastest of the rounds": table,
        "goal": "at most 1.05 of raw's seconds",
    }
