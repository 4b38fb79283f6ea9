"""A rehearsal of `prod`, everything installed and cached, as a person types it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROUNDS = 3


def measure() -> dict[str, Any]:
    """Return the seconds of the whole command, the best of a few rounds, and of each step."""
    regc = Path(sys.executable).with_name("regc")
    best, steps = float("inf"), {}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="regc-bench-") as folder:
            started = time.perf_counter()
            done = subprocess.run(
                [str(regc), "rehearse", "prod", "--json", "--html", f"{folder}/page.html"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            )
            seconds = time.perf_counter() - started
        report = json.loads(done.stdout)
        if seconds < best:
            best, steps = seconds, {step["name"]: round(step["seconds"], 1) for step in report["steps"]}
    return {
        "rounds": ROUNDS,
        "resources": len(report["resources"]),
        "seconds": round(best, 1),
        "steps, seconds": steps,
        "goal": "at most 60 seconds",
    }
