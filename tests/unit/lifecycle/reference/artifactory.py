"""JFrog Artifactory: package versions, which are tags, by time or by count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .common import Artifact, Fates, fates_of_tags, glob, older


def evaluate(artifacts: Sequence[Artifact], policy: Any, now: int) -> Fates:
    """Return what a cleanup policy does to one package."""
    criteria, name = policy["searchCriteria"], artifacts[0].repository
    included, excluded = criteria.get("includedPackages", ["**"]), criteria.get("excludedPackages", [])
    off = not policy.get("enabled", True) or not any(glob(pattern, name) for pattern in included)
    if off or any(glob(pattern, name) for pattern in excluded):
        return fates_of_tags(artifacts, set())
    found = []
    for artifact in artifacts:
        for tag in artifact.tags:
            created = artifact.tag_time(tag)
            downloaded = created if artifact.last_pulled_at is None else artifact.last_pulled_at
            times = {"createdBefore": created, "lastDownloadedBefore": downloaded}
            if ("keepLastNVersions" not in criteria or created is not None) and all(
                older(time, criteria[f"{key}In{unit}"] * days, now)
                for key, time in times.items()
                for unit, days in (("Days", 1), ("Months", 30))
                if f"{key}In{unit}" in criteria
            ):
                found.append((-(created or 0), artifact.digest, tag))
    keep = criteria.get("keepLastNVersions", 0)
    return fates_of_tags(artifacts, {(digest, tag) for _, digest, tag in sorted(found)[keep:]})
