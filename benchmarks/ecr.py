"""ECR repositories with lifecycle policy, policy and tags: components beside raw resources, and CDK's synthesis."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from registry_components.provision import cache
from registry_components.rehearsal import rehearsal
from registry_components.testing import Engine

HERE = Path(__file__).parent
ROUNDS = {300: 5, 1000: 3, 3000: 1}
CDK_COUNTS = (1000, 3000)


def _project(folder: Path) -> Path:
    shutil.copytree(HERE / "ecr_program", folder, ignore=shutil.ignore_patterns("__pycache__"))
    settings = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    settings["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    return folder


def _run(mode: str, count: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Bring `count` repositories up on the emulated engine, checkpoints off; return what it took, and the inputs."""
    with tempfile.TemporaryDirectory(prefix="regc-bench-") as name, rehearsal(Path(name) / "clouds") as clouds:
        folder = Path(name)
        measured = folder / "measured.json"
        environment = {
            **clouds,
            "AWS_REGION": "eu-central-1",
            "BENCH_COUNT": str(count),
            "BENCH_MEASURED": str(measured),
            "BENCH_MODE": mode,
        }
        engine = Engine(
            folder / "engine",
            project_dir=_project(folder / "program"),
            environment=environment,
            checkpoints=False,
            timeout=1800,
        )
        run = engine.up()
        deployment = engine.export_state()["deployment"]
        inputs = {
            f"{made['type']}::{made['urn'].rsplit('::', 1)[1]}": made["inputs"]
            for made in deployment["resources"]
            if made["type"].startswith("aws:")
        }
        return {**json.loads(measured.read_text()), "seconds": run.seconds}, inputs


def _equal_inputs() -> None:
    """Make sure that both programs make the same resources: the comparison would mean nothing otherwise."""
    (_, ours), (_, theirs) = _run("components", 3), _run("raw", 3)
    if ours != theirs:
        differing = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
        raise AssertionError(f"the two programs make different resources: {', '.join(differing[:5])}")


def _cdk() -> dict[str, Any] | str:
    """Return what `app.synth()` of the same repositories takes; CDK is installed by its lock, outside the checkout."""
    lock = (HERE / "cdk" / "package-lock.json").read_bytes()
    folder = cache.root() / "cdk" / cache.digest_of(lock)
    if shutil.which("npm") is None:
        return "not measured: npm is not installed"
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(HERE / "cdk", folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
        (folder / "installed").touch()
    found = {}
    for count in CDK_COUNTS:
        with tempfile.TemporaryDirectory(prefix="regc-bench-") as out:
            done = subprocess.run(
                ["node", str(folder / "synth.js"), str(count), out], check=True, capture_output=True, text=True
            )
        found[str(count)] = {key: round(value, 2) for key, value in json.loads(done.stdout).items()}
    return found


def _growth(by_count: dict[int, list[dict[str, float]]], key: str) -> float:
    return round(by_count[3000][0][key] / statistics.median(run[key] for run in by_count[1000]), 2)


def measure() -> dict[str, Any]:
    """Bring both programs up in turn, for each count, and synthesize the same with CDK."""
    _equal_inputs()
    runs: dict[str, dict[int, list[dict[str, float]]]] = {"components": {}, "raw": {}}
    for count, rounds in ROUNDS.items():
        for _ in range(rounds):
            for mode, found in runs.items():
                found.setdefault(count, []).append(_run(mode, count)[0])
    table = {}
    for count in ROUNDS:
        ours, theirs = runs["components"][count], runs["raw"][count]
        table[str(count)] = {
            name: {
                "components": round(statistics.median(run[key] for run in ours), 2),
                "raw": round(statistics.median(run[key] for run in theirs), 2),
                "ratio": round(
                    statistics.median(mine[key] / other[key] for mine, other in zip(ours, theirs, strict=True)), 3
                ),
            }
            for name, key in (
                ("up, seconds", "seconds"),
                ("program, processor seconds", "cpu_seconds"),
                ("program, peak MiB", "peak_mib"),
            )
        }
    return {
        "rounds": {str(count): rounds for count, rounds in ROUNDS.items()},
        "repositories": table,
        "growth 3000/1000 of up": {
            "components": _growth(runs["components"], "seconds"),
            "raw": _growth(runs["raw"], "seconds"),
        },
        "aws-cdk-lib app.synth()": _cdk(),
        "goal": "at most 1.05 of raw's seconds and 1.15 of its peak memory; growth at most 3.3",
    }
