"""Sonatype Nexus: tags for which all criteria of a policy hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .common import Artifact, Fates, fates_of_tags, older


def evaluate(artifacts: Sequence[Artifact], policy: Any, now: int) -> Fates:
    """Return what the policies (a list) do to one repository."""
    gone: set[tuple[str, str]] = set()
    for item in policy:
        found = []
        for artifact in artifacts:
            for tag in artifact.tags:
                updated = artifact.tag_time(tag)
                downloaded = updated if artifact.last_pulled_at is None else artifact.last_pulled_at
                if "criteriaLastBlobUpdated" in item and not older(updated, item["criteriaLastBlobUpdated"], now):
                    continue
                if "criteriaLastDownloaded" in item and not older(downloaded, item["criteriaLastDownloaded"], now):
                    continue
                path = f"v2/{artifact.repository}/manifests/{tag}"
                pattern = item.get("criteriaAssetRegex")
                if pattern and not (re.fullmatch(pattern, path) or re.fullmatch(pattern, f"/{path}")):
                    continue
                if "retain" in item and updated is None:
                    continue
                found.append((-(updated or 0), artifact.digest, tag))
        gone |= {(digest, tag) for _, digest, tag in sorted(found)[item.get("retain", 0) :]}
    return fates_of_tags(artifacts, gone)
