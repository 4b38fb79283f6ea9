"""What importing this library costs beside importing Pulumi and pydantic."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

ROUNDS = 15
PROGRAMS = {
    "import pulumi, pydantic": "import pulumi, pydantic",
    "import registry_components": "import registry_components",
    "pulumi, pydantic and every core name": (
        "import pulumi, pydantic, registry_components as r\nfor name in r.__all__: getattr(r, name)"
    ),
    "pulumi, pydantic and DistributionRegistry": (
        "import pulumi, pydantic\nfrom registry_components.distribution import DistributionRegistry"
    ),
}
REFERENCE = "import pulumi, pydantic"
PROVIDER_SDKS = ("pulumi_aws", "pulumi_gcp", "pulumi_azure_native", "pulumi_kubernetes", "pulumi_docker")


def _seconds(program: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - started


def measure() -> dict[str, Any]:
    """Time each program in turn, round by round, so that a change of the machine's speed meets all alike."""
    bare = [_seconds("pass") for _ in range(ROUNDS)]
    times: dict[str, list[float]] = {label: [] for label in PROGRAMS}
    for _ in range(ROUNDS):
        for label, program in PROGRAMS.items():
            times[label].append(_seconds(program))
    start = statistics.median(bare)
    medians = {label: statistics.median(found) - start for label, found in times.items()}
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{PROGRAMS['pulumi, pydantic and DistributionRegistry']}\nimport sys; print(*sys.modules)",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return {
        "seconds beyond Python's own start, median": {label: round(value, 4) for label, value in medians.items()},
        "ratio to `import pulumi, pydantic`": {
            label: round(value / medians[REFERENCE], 3) for label, value in medians.items() if label != REFERENCE
        },
        "goal": "at most 1.15",
        "provider SDKs imported": [name for name in PROVIDER_SDKS if name in loaded],
    }
