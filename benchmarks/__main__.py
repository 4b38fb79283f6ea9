"""Runs the benchmarks: `python -m benchmarks [NAME …]`; each writes `benchmarks/results/NAME.json`.

Every figure that is compared comes from the same run on the same machine, and is told as a ratio.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    artifactory,
    components,
    ecr,
    imports,
    lifecycle,
    make_up,
    nexus,
    properties,
    prune,
    pull_secrets,
    rehearsal,
)

BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {
    "artifactory": artifactory.measure,
    "imports": imports.measure,
    "components": components.measure,
    "ecr": ecr.measure,
    "lifecycle": lifecycle.measure,
    "nexus": nexus.measure,
    "properties": properties.measure,
    "prune": prune.measure,
    "pull-secrets": pull_secrets.measure,
    "rehearsal": rehearsal.measure,
    "make-up": make_up.measure,
    "make-up-cold": make_up.measure_cold,
}
# A cold run builds every tool from nothing; it is run when asked for by name.
ON_REQUEST = {"make-up-cold"}
RESULTS = Path(__file__).parent / "results"


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all but those on request. Return 2 where a name is not known."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        print(f"unknown benchmark {', '.join(sorted(unknown))}; known: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    for name in names or [name for name in BENCHMARKS if name not in ON_REQUEST]:
        result = {"benchmark": name, "on": machine, **BENCHMARKS[name]()}
        text = json.dumps(result, indent=2)
        (RESULTS / f"{name}.json").write_text(text + "\n")
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
