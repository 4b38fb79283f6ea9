"""Docker repositories of a Nexus: one component beside raw dynamic resources, with Nexus' API on a model."""

from __future__ import annotations

from typing import Any

from benchmarks.two_programs import GOAL, compare

COUNT, ROUNDS = 200, 6


def measure() -> dict[str, Any]:
    """Bring both programs up in turn, after a look that they make the same."""
    table = compare("nexus_program", "pulumi-python:dynamic/", count=COUNT, rounds=ROUNDS)
    return {
        "repositories": COUNT,
        "rounds": ROUNDS,
        "NexusConfiguration beside its own dynamic resources, the fastest of the rounds": table,
        "goal": GOAL,
    }
