"""The properties of the lifecycle models, nightly-size: more than a million repositories, each beside its expectation.

What the unit tests show of a few thousand is shown here of as many as a night has time for. It is no race: recorded
are the cases, and how long they took. A property that does not hold ends the run with the smallest case.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from random import Random
from typing import Any

from tests.unit.lifecycle.generate import KINDS
from tests.unit.lifecycle.properties import PROPERTIES

REPOSITORIES = 200
"""For each policy."""
POLICIES = int(os.environ.get("REGC_POLICIES", "60"))
"""For each property and kind."""


def _all_of(kind: str, seed: int) -> dict[str, int]:
    """Show every property of a kind; return for how many repositories."""
    found = {}
    for name, holds in PROPERTIES.items():
        # A source of its own for each: what one property draws says nothing of the next.
        dice = Random(f"{seed}/{kind}/{name}")
        found[name] = sum(holds(kind, dice, REPOSITORIES) for _ in range(POLICIES))
    return found


def measure() -> dict[str, Any]:
    """Return how many cases held. Raises `AssertionError` that tells the first that did not."""
    seed = int(os.environ.get("REGC_SEED", "1"))
    started = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = dict(zip(KINDS, pool.map(_all_of, KINDS, [seed] * len(KINDS)), strict=True))
    seconds = time.perf_counter() - started
    total = sum(sum(cases.values()) for cases in found.values())
    return {
        "seed": seed,
        "policies for each property and kind": POLICIES,
        "cases": total,
        "cases by property": {name: sum(cases[name] for cases in found.values()) for name in PROPERTIES},
        "cases by kind": {kind: sum(cases.values()) for kind, cases in found.items()},
        "seconds": round(seconds, 1),
        "cases each second": round(total / seconds),
        "goal": "at least 1,000,000 cases, all of which hold",
    }
