"""CNCF Distribution: mark from the tags of all repositories, sweep the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .common import DELETE, KEEP, Artifact, Fates


def evaluate(artifacts: Sequence[Artifact], policy: Any, now: int) -> Fates:
    """Return what a garbage collection does to all repositories together."""
    everything = {artifact.key: artifact for artifact in artifacts}
    marked: set[str] = set()
    for artifact in artifacts:
        if artifact.tags or not policy["delete_untagged"]:
            open_ = [artifact]
            while open_:
                manifest = open_.pop()
                marked.add(manifest.digest)
                for child in manifest.children:
                    # Marked even where it is not, and then not looked into.
                    marked.add(child)
                    found = everything.get((manifest.repository, child))
                    if found is not None:
                        open_.append(found)
    return {
        artifact.key: (KEEP, frozenset())
        if artifact.digest in marked or policy.get("dry_run")
        else (DELETE, frozenset(artifact.tags))
        for artifact in artifacts
    }
