"""Docker repositories of an Artifactory: one component beside raw resources, with JFrog's provider emulated."""

from __future__ import annotations

from typing import Any

from benchmarks.two_programs import GOAL, compare

COUNT, ROUNDS = 200, 7


def measure() -> dict[str, Any]:
    """Bring both programs up in turn, after a look that they make the same."""
    return {
        "repositories": COUNT,
        "rounds": ROUNDS,
        "ArtifactoryConfiguration beside pulumi_artifactory, the fastest of the rounds": compare(
            "artifactory_program", "artifactory:", count=COUNT, rounds=ROUNDS
        ),
        "goal": GOAL,
    }
