"""Azure Container Registry's retention policy for manifests without a tag."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .common import Artifact, Fates, fates, older, parents, subject_by_manifest, until_stable


def evaluate(manifests: Sequence[Artifact], policy: Any, now: int) -> Fates:
    """Return what the policy (`days`, `status`, `lastUpdatedTime`) does to one repository."""
    if policy["status"] != "enabled":
        return fates(manifests, set())
    enabled = policy.get("lastUpdatedTime")
    since = None if enabled is None else round(datetime.fromisoformat(enabled).timestamp() * 1_000_000)
    here = {manifest.digest: manifest for manifest in manifests}
    holders = parents(manifests)

    def expired(manifest: Artifact) -> bool:
        when = manifest.pushed_at if manifest.untagged_at is None else manifest.untagged_at
        if manifest.tags or not older(when, policy["days"], now):
            return False
        return since is None or (when is not None and when >= since)

    def goes(digest: str, gone: set[str]) -> bool:
        manifest = here[digest]
        subject = subject_by_manifest(manifest, here)
        wanted = expired(manifest) if subject is None else subject in gone
        return wanted and not manifest.locked and all(index in gone for index in holders[digest])

    return fates(manifests, until_stable(list(here), goes))
