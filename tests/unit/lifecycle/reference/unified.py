"""The unified policy: everything that expires, without everything that is kept, and what hangs on either."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .common import Artifact, Fates, fates, glob, newest_first, older, parents, subject, until_stable


def evaluate(artifacts: Sequence[Artifact], policy: Any, now: int) -> Fates:
    """Return what the policy does to one repository."""
    return _Repository(artifacts, policy, now).fates()


class _Repository:
    def __init__(self, artifacts: Sequence[Artifact], policy: Mapping[str, Any], now: int) -> None:
        self.artifacts, self.policy, self.now = artifacts, policy, now
        self.name = artifacts[0].repository
        self.here = {artifact.digest: artifact for artifact in artifacts}
        self.holders = parents(artifacts)
        self.about = {artifact.digest: subject(artifact, self.here) for artifact in artifacts}

    def fates(self) -> Fates:
        if not _any(self.policy["repositories"], self.name) or _any(
            self.policy.get("exclude_repositories", []), self.name
        ):
            expired, archived, kept = set[str](), set[str](), set[str]()
        else:
            expired = {a.digest for rule in self._rules("expire") for a in self._going(rule)}
            archived = {a.digest for rule in self._rules("archive") for a in self._going(rule)} - expired
            for rule in self._rules("archive"):
                days = rule.get("then_expire_after_days")
                if days is not None:
                    stored = [a for a in self._selected(rule) if a.archived]
                    expired |= {a.digest for a in stored if older(a.archived_at, days, self.now)}
            kept = {a.digest for rule in self._rules("keep") for a in self._kept(rule)}
        saved = self._about_saved(kept | self._protected())

        def goes(digest: str, gone: set[str]) -> bool:
            holding = self.holders[digest]
            if digest in saved or not all(index in gone for index in holding):
                return False
            if self.about[digest] is not None:
                return self.about[digest] in gone
            return digest in expired or bool(holding and not self.here[digest].tags)

        gone = until_stable(list(self.here), goes)

        def moves(digest: str, moved: set[str]) -> bool:
            if digest in gone or digest in saved or self.here[digest].archived:
                return False
            if not all(index in gone or index in moved for index in self.holders[digest]):
                return False
            if self.about[digest] is not None:
                return self.about[digest] in moved
            return digest in archived or digest in expired

        return fates(self.artifacts, gone, until_stable(list(self.here), moves))

    def _rules(self, kind: str) -> list[Any]:
        found = self.policy.get(kind, {}).values()
        return [rule for rule in found if _any(rule.get("repositories", ["**"]), self.name)]

    def _selected(self, rule: Any) -> list[Artifact]:
        return [artifact for artifact in self.artifacts if self._selects(rule, artifact)]

    def _selects(self, rule: Any, artifact: Artifact) -> bool:
        if self.about[artifact.digest] is not None:
            return False
        state = rule.get("tag_state", "tagged")
        if artifact.tags:
            if state == "untagged":
                return False
        elif state == "tagged" or self.holders[artifact.digest]:
            return False
        if "tags" in rule and not any(_any(rule["tags"], tag) for tag in artifact.tags):
            return False
        return not any(_any(rule.get("exclude_tags", []), tag) for tag in artifact.tags)

    def _going(self, rule: Any) -> list[Artifact]:
        selected = [artifact for artifact in self._selected(rule) if not artifact.archived]
        ranked = self._most_recent(rule, selected)
        beyond = {a.digest for a in ranked[rule.get("beyond_most_recent", 0) :]}
        total = 0
        for artifact in ranked:
            total += artifact.size or 0
            if "beyond_bytes" in rule and (artifact.size is None or total <= rule["beyond_bytes"]):
                beyond.discard(artifact.digest)
        counted = "beyond_most_recent" in rule or "beyond_bytes" in rule
        return [
            artifact
            for artifact in selected
            if ("older_than_days" not in rule or older(artifact.pushed_at, rule["older_than_days"], self.now))
            and ("unpulled_for_days" not in rule or older(_used(artifact), rule["unpulled_for_days"], self.now))
            and (not counted or artifact.digest in beyond)
        ]

    def _kept(self, rule: Any) -> list[Artifact]:
        selected = self._selected(rule)
        if rule.get("always"):
            return selected
        if "most_recent" in rule:
            kept = self._most_recent(rule, selected)[: rule["most_recent"]]
            if rule.get("by", "pushed") == "pushed":
                # What has no time may be the most recent of all.
                kept += [artifact for artifact in selected if artifact.pushed_at is None]
            return kept
        if "newer_than_days" in rule:
            return [a for a in selected if not older(a.pushed_at, rule["newer_than_days"], self.now)]
        return [
            a
            for a in selected
            if a.last_pulled_at is not None and not older(a.last_pulled_at, rule["pulled_within_days"], self.now)
        ]

    def _most_recent(self, rule: Any, selected: list[Artifact]) -> list[Artifact]:
        """Return those that can be ranked, the most recent first."""
        if rule.get("by", "pushed") == "pushed":
            return newest_first(selected, lambda a: a.pushed_at)
        found = []
        for artifact in sorted(selected, key=lambda a: a.digest):
            versions = [version for tag in artifact.tags if (version := _version(tag)) is not None]
            if versions:
                found.append((max(versions), artifact))
        found.sort(key=lambda pair: pair[0], reverse=True)
        return [artifact for _, artifact in found]

    def _protected(self) -> set[str]:
        protect = self.policy.get("protect", {})
        found = {digest for digest in protect.get("digests", []) if digest in self.here}
        for artifact in self.artifacts:
            if any(_any(protect.get("immutable_tags", []), tag) for tag in artifact.tags):
                found.add(artifact.digest)
            if any(self._runs(image, artifact) for image in protect.get("in_use", [])):
                found.add(artifact.digest)
            about = self.about[artifact.digest]
            if protect.get("signed") and about is not None and _signs(artifact):
                found.add(about)
        return found

    def _runs(self, image: str, artifact: Artifact) -> bool:
        if "@" in image or image.startswith("sha256:"):
            return image.rpartition("@")[2] == artifact.digest
        name, _, tag = image.rpartition(":") if ":" in image.rpartition("/")[2] else (image, "", "latest")
        return tag in artifact.tags and (name == self.name or name.endswith(f"/{self.name}"))

    def _about_saved(self, saved: set[str]) -> set[str]:
        """Add what saved referrers are about."""
        found = set(saved)
        for digest in saved:
            at: str | None = digest
            while at is not None and self.about[at] not in found:
                at = self.about[at]
                if at is None:
                    break
                found.add(at)
        return found


def _any(patterns: Sequence[str], text: str) -> bool:
    return any(glob(pattern, text) for pattern in patterns)


def _used(artifact: Artifact) -> int | None:
    """Return the later of the last pull and the push."""
    times = [time for time in (artifact.pushed_at, artifact.last_pulled_at) if time is not None]
    return max(times, default=None)


def _signs(artifact: Artifact) -> bool:
    media = artifact.media_type
    if any(tag.endswith(".sig") for tag in artifact.tags):
        return True
    if media is not None and media.startswith(
        ("application/vnd.dev.cosign", "application/vnd.cncf.notary", "application/vnd.dev.sigstore")
    ):
        return True
    # Nothing says what it is: it may be a signature.
    plain = (None, "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.artifact.manifest.v1+json")
    return media in plain and not artifact.tags


def _version(tag: str) -> Any:
    """Return what Semantic Versioning orders by."""
    found = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?", tag)
    if found is None:
        return None
    core = [int(found[at]) for at in (1, 2, 3)]
    if found[4] is None:
        return core, True, []
    return core, False, [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in found[4].split(".")]
