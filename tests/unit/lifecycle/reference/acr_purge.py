"""`acr purge`: tags, then manifests without a tag; command after command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .common import DELETE, KEEP, UNTAG, Artifact, Fates, parents, subject_by_manifest, until_stable

_UNITS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}


def evaluate(manifests: Sequence[Artifact], policy: Any, now: int) -> Fates:
    """Return what the commands (objects of options; `ago` in one unit) do to one repository."""
    here = {manifest.digest: manifest for manifest in manifests}
    tags = {manifest.digest: list(manifest.tags) for manifest in manifests}
    about = {digest: subject_by_manifest(manifest, here) for digest, manifest in here.items()}
    holders = parents(manifests)
    gone: set[str] = set()
    for command in policy:
        filters = [pair.split(":") for pair in command.get("filter", [".*:.*"])]
        mine = [tag for repository, tag in filters if re.fullmatch(repository, manifests[0].repository)]
        if command.get("dry_run") or not mine:
            continue
        ago = command.get("ago")
        cutoff = None if ago is None else now - int(ago[:-1]) * _UNITS[ago[-1]]
        keep, all_locks = command.get("keep", 0), command.get("include_locked", False)

        def locked(digest: str, ignored: bool = all_locks) -> bool:
            return here[digest].locked and not ignored

        if not command.get("untagged_only"):
            eligible = []
            for digest, names in tags.items():
                for name in names:
                    when = here[digest].tag_time(name)
                    old = when is not None and cutoff is not None and when < cutoff
                    if old and not locked(digest) and any(re.search(pattern, name) for pattern in mine):
                        eligible.append((-(when or 0), digest, name))
            for _, digest, name in sorted(eligible)[keep:]:
                tags[digest].remove(name)
        if command.get("untagged") or command.get("untagged_only"):
            shielded: set[str] = set()
            protected = set()
            for digest, names in tags.items():
                when = here[digest].pushed_at
                young = when is None or (cutoff is not None and when > cutoff)
                if names or young:
                    protected.add(digest)
                    if names or not locked(digest):
                        shielded |= set(here[digest].children)
                elif here[digest].subject is not None and not locked(digest):
                    shielded |= set(here[digest].children)
            while True:
                deeper = {child for digest in shielded if digest in here for child in here[digest].children} - shielded
                if not deeper:
                    break
                shielded |= deeper
            candidates = [
                digest
                for digest in tags
                if digest not in protected | shielded and not locked(digest) and not _has_subject(here[digest])
            ]
            candidates.sort(key=lambda digest: (-(here[digest].pushed_at or 0), digest))
            # With tags to remove, `keep` is about those: the vector purge-keep-among-old states it.
            removed = set(candidates[keep if command.get("untagged_only") else 0 :])
            # The service removes what refers to a manifest that is deleted, as long as no index needs it.
            gone |= removed
            locks = {digest for digest in tags if locked(digest)}
            gone |= until_stable(list(tags), _Follows(removed, gone, about, holders, locks))
            tags = {digest: names for digest, names in tags.items() if digest not in gone}
    found: Fates = {}
    for manifest in manifests:
        if manifest.digest in gone:
            found[manifest.key] = (DELETE, frozenset(manifest.tags))
            continue
        left = frozenset(manifest.tags) - frozenset(tags[manifest.digest])
        found[manifest.key] = (UNTAG if left else KEEP, left)
    return found


class _Follows:
    """Whether the service removes what refers to a manifest that it has just removed, as long as no index needs it."""

    def __init__(
        self,
        removed: set[str],
        gone: set[str],
        about: dict[str, str | None],
        holders: dict[str, list[str]],
        locked: set[str],
    ) -> None:
        self.removed, self.gone, self.about, self.holders, self.locked = removed, set(gone), about, holders, locked

    def __call__(self, digest: str, more: set[str]) -> bool:
        follows = self.about[digest] in self.removed | more and digest not in self.locked | self.gone
        return follows and all(index in self.gone | more for index in self.holders[digest])


def _has_subject(manifest: Artifact) -> bool:
    return manifest.subject is not None
