"""An artifact, and what hangs on what, in plain Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

DAY: Final = 86_400_000_000
KEEP, DELETE, ARCHIVE, UNTAG = "keep", "delete", "archive", "untag"

Fates = dict[tuple[str, str], tuple[str, frozenset[str]]]
"""For each artifact (repository and digest) its action and the tags that go."""


@dataclass(slots=True)
class Artifact:
    """One digest of a repository. Times are microseconds, None where they are not known."""

    repository: str
    digest: str
    tags: list[str] = field(default_factory=list)
    pushed_at: int | None = None
    last_pulled_at: int | None = None
    tag_pushed_at: list[int | None] | None = None
    size: int | None = None
    media_type: str | None = None
    children: list[str] = field(default_factory=list)
    subject: str | None = None
    storage_class: str | None = None
    locked: bool = False
    archived_at: int | None = None
    activated_at: int | None = None
    untagged_at: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.repository, self.digest

    @property
    def archived(self) -> bool:
        return self.storage_class == "archive"

    def tag_time(self, tag: str) -> int | None:
        """Return when a tag was set: when the artifact was pushed where that is not known."""
        if self.tag_pushed_at is not None:
            found = self.tag_pushed_at[self.tags.index(tag)]
            if found is not None:
                return found
        return self.pushed_at


def older(time: int | None, days: int, now: int) -> bool:
    """Return whether a time is known and strictly more than some days ago."""
    return time is not None and now - time > days * DAY


def subject_by_manifest(artifact: Artifact, here: Mapping[str, Artifact]) -> str | None:
    """Return the digest that an OCI referrer is about, if that is here."""
    return artifact.subject if artifact.subject in here else None


def subject_by_tag(artifact: Artifact, here: Mapping[str, Artifact]) -> str | None:
    """Return the digest that the only tag of a cosign artifact names, if that is here."""
    if len(artifact.tags) != 1:
        return None
    found = re.fullmatch(r"sha256-([0-9a-f]{64})(\.[a-z0-9]+)?", artifact.tags[0])
    digest = f"sha256:{found[1]}" if found else None
    return digest if digest in here else None


def subject(artifact: Artifact, here: Mapping[str, Artifact]) -> str | None:
    """Return the digest that an artifact is about, in either way."""
    return subject_by_manifest(artifact, here) or subject_by_tag(artifact, here)


def parents(artifacts: Iterable[Artifact]) -> dict[str, list[str]]:
    """Return for each digest the indexes that refer to it."""
    listed = list(artifacts)
    here = {artifact.digest for artifact in listed}
    found: dict[str, list[str]] = {artifact.digest: [] for artifact in listed}
    for artifact in listed:
        for child in set(artifact.children):
            if child in here:
                found[child].append(artifact.digest)
    return found


def until_stable(digests: Sequence[str], joins: Callable[[str, set[str]], bool]) -> set[str]:
    """Return the set that grows from nothing by what `joins`, given what is in it already, until nothing more does."""
    found: set[str] = set()
    while True:
        more = [digest for digest in digests if digest not in found and joins(digest, found)]
        if not more:
            return found
        found.update(more)


def newest_first(artifacts: Iterable[Artifact], time: Callable[[Artifact], int | None]) -> list[Artifact]:
    """Return those whose time is known, newest first; equal times by digest."""
    timed = [(time(artifact), artifact) for artifact in artifacts]
    known = [(when, artifact) for when, artifact in timed if when is not None]
    known.sort(key=lambda pair: (-pair[0], pair[1].digest))
    return [artifact for _, artifact in known]


def fates(artifacts: Iterable[Artifact], gone: set[str], archived: set[str] = frozenset()) -> Fates:  # type: ignore[assignment]
    """Return the fates where whole artifacts go."""
    found: Fates = {}
    for artifact in artifacts:
        if artifact.digest in gone:
            found[artifact.key] = (DELETE, frozenset(artifact.tags))
        else:
            found[artifact.key] = (ARCHIVE if artifact.digest in archived else KEEP, frozenset())
    return found


def fates_of_tags(artifacts: Iterable[Artifact], tags: set[tuple[str, str]]) -> Fates:
    """Return the fates where tags go, and an artifact with the last of its tags."""
    found: Fates = {}
    for artifact in artifacts:
        going = frozenset(tag for tag in artifact.tags if (artifact.digest, tag) in tags)
        if not going:
            found[artifact.key] = (KEEP, going)
        else:
            found[artifact.key] = (DELETE if len(going) == len(artifact.tags) else UNTAG, going)
    return found


def glob(pattern: str, text: str) -> bool:
    """Return whether a doublestar pattern matches a text: `*` and `?` within a part, `**` across, `{a,b}`, `[a-z]`."""
    if pattern == "":
        return True
    return any(_glob(single, text) for single in _alternatives(pattern))


def _alternatives(pattern: str) -> list[str]:
    """Return a pattern without braces for each way through them."""
    start = pattern.find("{")
    if start < 0:
        return [pattern]
    depth, parts, last = 0, [], start + 1
    for at in range(start, len(pattern)):
        char = pattern[at]
        depth += (char == "{") - (char == "}")
        if (char == "," and depth == 1) or depth == 0:
            parts.append(pattern[last:at])
            last = at + 1
        if depth == 0:
            return [
                whole
                for part in parts
                for middle in _alternatives(part)
                for rest in _alternatives(pattern[at + 1 :])
                for whole in [pattern[:start] + middle + rest]
            ]
    raise ValueError(pattern)


def _glob(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern.startswith("**/"):
        rest = pattern[3:]
        return _glob(rest, text) or any(_glob(rest, text[at + 1 :]) for at, char in enumerate(text) if char == "/")
    if pattern == "/**":
        return text == "" or text.startswith("/")
    if pattern.startswith("**"):
        return any(_glob(pattern[2:], text[at:]) for at in range(len(text) + 1))
    if pattern[0] == "*":
        for at in range(len(text) + 1):
            if _glob(pattern[1:], text[at:]):
                return True
            if at < len(text) and text[at] == "/":
                return False
        return False
    if not text:
        return False
    if pattern[0] == "?":
        return text[0] != "/" and _glob(pattern[1:], text[1:])
    if pattern[0] == "[":
        end = pattern.index("]", 2)
        inside = pattern[1:end]
        negated = inside[0] in "!^"
        inside = inside[negated:]
        members = {inside} if len(inside) == 1 else _members(inside)
        return ((text[0] in members) != negated) and _glob(pattern[end + 1 :], text[1:])
    return pattern[0] == text[0] and _glob(pattern[1:], text[1:])


def _members(inside: str) -> set[str]:
    found, at = set(), 0
    while at < len(inside):
        if at + 2 < len(inside) and inside[at + 1] == "-":
            found |= {chr(code) for code in range(ord(inside[at]), ord(inside[at + 2]) + 1)}
            at += 3
        else:
            found.add(inside[at])
            at += 1
    return found
