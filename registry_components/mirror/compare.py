"""What two registries hold of a block's images: what is the same, what is missing, and what leads elsewhere.

Nothing is written. Looked at are tags, the manifests that they lead to down to those of each platform, what refers to
any of them, and cosign's tags of their digests.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from ..core.errors import StackError
from ..oci.errors import RegistryError
from ..oci.model import INDEX_TYPES, MANIFEST_TYPES, Descriptor, Index, Platform
from .names import DIGEST_TAG, chosen, full

if TYPE_CHECKING:
    from ..blocks.mirroring import Replication
    from ..oci.client import RegistryClient

Kind = Literal["tag", "digest tag", "manifest", "referrer"]
Status = Literal["missing", "changed", "kept", "extra"]
_MOST_DEEP: Final = 16
# Go's GOARCH has one variant of these; a platform without it is the same (containerd's platforms, normalize).
_USUAL: Final = {"arm64": "v8", "arm": "v7"}


class Difference(NamedTuple):
    """One thing that is not the same at both ends."""

    status: Status
    """`missing` at the destination; `changed`: it leads elsewhere there; `kept`: so it does, and the block lets it be;
    `extra`: only the destination has it."""
    kind: Kind
    name: str
    """The tag, or the digest."""
    source: str | None
    """The digest at the source."""
    destination: str | None
    """The digest at the destination."""
    subject: str | None = None
    """What a referrer refers to."""


@dataclass
class Compared:
    """One repository at both ends."""

    repository: str
    """Its name at the source."""
    target: str
    """Its name at the destination."""
    tags: int = 0
    """How many tags lead to the same."""
    referrers: int = 0
    """How many signatures, SBOMs and attestations are the same."""
    target_there: bool = True
    """Whether the destination has the repository."""
    bytes: int = 0
    """How much there is to copy: manifests and layers that the destination's repository lacks."""
    differences: list[Difference] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What could not be compared."""

    @property
    def to_copy(self) -> list[Difference]:
        """What a run would write."""
        return [one for one in self.differences if one.status in ("missing", "changed")]

    @property
    def equal(self) -> bool:
        """Whether the destination has all of the source."""
        return not self.to_copy and not self.problems

    def to_json(self) -> dict[str, Any]:
        """Return a tree of plain values."""
        return {
            "repository": self.repository,
            "target": self.target,
            "target_there": self.target_there,
            "equal": self.equal,
            "same_tags": self.tags,
            "same_referrers": self.referrers,
            "bytes": self.bytes,
            "differences": [one._asdict() for one in self.differences],
            "problems": self.problems,
        }


class _Found(NamedTuple):
    """A manifest, and how it was found."""

    one: Descriptor
    kind: Kind
    subject: str | None
    told: bool = False
    """Whether it is noted as missing already."""


class _Seen(NamedTuple):
    """What was looked at in a repository."""

    manifests: set[str]
    blobs: dict[str, int]
    """Sizes of what manifests consist of that the destination lacks."""
    there: set[str]
    """What tags of the destination lead to."""


class _Node(NamedTuple):
    """One manifest of the source."""

    there: bool
    below: tuple[Descriptor, ...]
    blobs: dict[str, int]
    size: int
    referrers: tuple[Descriptor, ...]
    referrers_there: frozenset[str]


class Comparer:
    """Compares the repositories of a block; a context manager that ends its threads."""

    def __init__(
        self, block: Replication, source: RegistryClient, destination: RegistryClient, *, concurrency: int = 8
    ) -> None:
        self._block, self._source, self._destination = block, source, destination
        self._window = concurrency
        # What waits for answers and what asks are apart: one would starve the other.
        self._repositories = ThreadPoolExecutor(concurrency, thread_name_prefix="repository")
        self._asks = ThreadPoolExecutor(concurrency, thread_name_prefix="ask")

    def __enter__(self) -> Comparer:
        return self

    def __exit__(self, *_: object) -> None:
        self._repositories.shutdown(wait=True, cancel_futures=True)
        self._asks.shutdown(wait=True, cancel_futures=True)

    def names(self) -> list[str]:
        """Return the repositories without the endpoints' prefixes, sorted; patterns are looked up at the source.

        Raises `RegistryError` where there are patterns and the source has no catalog, and `StackError` where a pattern
        matches nothing.
        """
        from ..blocks.mirroring import is_pattern

        plain = {name for name in self._block.repositories if not is_pattern(name)}
        patterns = [name for name in self._block.repositories if is_pattern(name)]
        if not patterns:
            return sorted(plain)
        before = full(str(self._block.source.prefix), "")
        there = [name.removeprefix(before) for name in self._source.catalog() if name.startswith(before)]
        for pattern in patterns:
            if not any(chosen(name, [pattern], self._block.exclude_repositories) for name in there):
                raise StackError(
                    f"repositories: {pattern!r} matches nothing that {self._source.server} has; correct or remove it"
                )
        return sorted(plain | {name for name in there if chosen(name, patterns, self._block.exclude_repositories)})

    def compare(self, names: Iterable[str]) -> Iterator[Compared]:
        """Yield the repositories in their order, looking a few ahead."""
        waiting: deque[Future[Compared]] = deque()
        try:
            for name in names:
                waiting.append(self._repositories.submit(self.repository, name))
                if len(waiting) >= 2 * self._window:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()

    def repository(self, name: str) -> Compared:
        """Compare one repository. What cannot be read is a problem of it, and everything else goes on."""
        source = full(str(self._block.source.prefix), name)
        found = Compared(source, full(str(self._block.destination.prefix), name))
        try:
            self._compare(found)
        except StackError as error:
            found.problems.append(str(error))
        found.differences.sort(key=lambda one: (one.kind, one.name, one.status))
        return found

    def _compare(self, found: Compared) -> None:
        here = _tags(self._source, found.repository)
        held = _tags(self._destination, found.target)
        found.target_there, there = held is not None, frozenset(held or ())
        if here is None:
            found.problems.append(f"{found.repository} is not at {self._source.server}; correct its name")
            return
        wanted = [tag for tag in here if self._chosen(tag)]
        if not wanted:
            from ..blocks.mirroring import is_pattern

            names = [
                full(str(self._block.source.prefix), one) for one in self._block.repositories if not is_pattern(one)
            ]
            if found.repository in names:
                found.problems.append(f"{found.repository} has no tag that is meant; correct tags or exclude_tags")
        ends = self._asks.map(lambda tag: (self._wanted(found, tag), self._digest(found.target, tag, there)), wanted)
        roots: dict[str, Descriptor] = {}
        same: set[str] = set()
        for tag, (root, at) in zip(wanted, ends, strict=True):
            if root is None:
                continue
            roots[root.digest] = root
            if at == root.digest:
                found.tags += 1
                same.add(root.digest)
            else:
                status: Status = "missing" if at is None else "changed" if self._block.overwrite else "kept"
                found.differences.append(Difference(status, "tag", tag, root.digest, at))
        for tag in sorted(there - set(here)):
            if self._chosen(tag):
                digest = self._digest(found.target, tag, there)
                found.differences.append(Difference("extra", "tag", tag, None, digest))
        kept = {one.source for one in found.differences if one.status == "kept"}
        seen = _Seen(set(), {}, same)
        self._walk(found, [root for digest, root in roots.items() if digest not in kept], seen)
        if self._block.referrers:
            self._digest_tags(found, seen, (here, there))
        found.bytes += sum(self._asks.map(lambda item: self._missing(found, *item), seen.blobs.items()))

    def _chosen(self, tag: str) -> bool:
        return DIGEST_TAG.fullmatch(tag) is None and chosen(tag, self._block.tags, self._block.exclude_tags)

    def _wanted(self, found: Compared, tag: str) -> Descriptor | None:
        """Return what a tag has to lead to at the destination; None where that is a problem, or the tag went away."""
        try:
            there = self._source.manifest_descriptor(found.repository, tag)
            if there is None or len(self._block.platforms) != 1 or there.media_type not in INDEX_TYPES:
                return there
            parsed = self._source.manifest(found.repository, there.digest).parse()
        except (StackError, ValueError) as error:
            found.problems.append(str(error))
            return None
        (platform,) = self._block.platforms
        for one in parsed.manifests if isinstance(parsed, Index) else ():
            if one.platform is not None and _same(one.platform, platform):
                return one
        found.problems.append(
            f"{found.repository}:{tag} has no image for {platform}; correct platforms, or leave it out"
        )
        return None

    def _digest(self, repository: str, tag: str, there: frozenset[str]) -> str | None:
        if tag not in there:
            return None
        descriptor = self._destination.manifest_descriptor(repository, tag)
        return None if descriptor is None else descriptor.digest

    # Manifests

    def _walk(self, found: Compared, roots: Sequence[Descriptor], seen: _Seen) -> None:
        """Compare what hangs on manifests, but for what was seen."""
        level = [_Found(root, "tag", None) for root in roots]
        for depth in itertools.count():
            fresh = [
                item
                for item in {item.one.digest: item for item in level}.values()
                if item.one.digest not in seen.manifests
            ]
            if not fresh:
                break
            if depth == _MOST_DEEP:
                digest = fresh[0].one.digest
                found.problems.append(
                    f"{found.repository}@{digest} is nested more than {_MOST_DEEP} deep; look by hand"
                )
                break
            seen.manifests.update(item.one.digest for item in fresh)
            level = []
            nodes = self._asks.map(lambda item: self._look(found, item.one, seen), fresh)
            for item, node in zip(fresh, nodes, strict=True):
                if node is None:
                    continue
                seen.blobs.update(node.blobs)
                level += self._tell(found, item, node)

    def _tell(self, found: Compared, item: _Found, node: _Node) -> Iterator[_Found]:
        """Note what is different at one manifest; yield what hangs on it."""
        digest = item.one.digest
        if not node.there:
            found.bytes += node.size
            if item.kind != "tag" and not item.told:
                found.differences.append(Difference("missing", item.kind, digest, digest, None, item.subject))
                found.referrers -= item.kind == "referrer"
        for below in node.below:
            yield _Found(below, "manifest", digest)
        for one in node.referrers:
            # What is stored there and not listed is found by nobody.
            listed = one.digest in node.referrers_there
            if listed:
                found.referrers += 1
            else:
                found.differences.append(Difference("missing", "referrer", one.digest, one.digest, None, digest))
            yield _Found(one, "referrer", digest, told=not listed)
        for extra in sorted(node.referrers_there - {one.digest for one in node.referrers}):
            found.differences.append(Difference("extra", "referrer", extra, None, extra, digest))

    def _look(self, found: Compared, one: Descriptor, seen: _Seen) -> _Node | None:
        try:
            return self._node(found, one, seen)
        except (StackError, ValueError) as error:
            found.problems.append(str(error))
            return None

    def _node(self, found: Compared, one: Descriptor, seen: _Seen) -> _Node:
        if one.media_type not in MANIFEST_TYPES:
            # BuildKit keeps caches as indexes of layers.
            return _Node(self._has_blob(found, one.digest), (), {one.digest: one.size}, 0, (), frozenset())
        there = one.digest in seen.there or self._has_manifest(found, one.digest)
        size, blobs = 0, dict[str, int]()
        below: tuple[Descriptor, ...] = ()
        if not there or one.media_type in INDEX_TYPES:
            stored = self._source.manifest(found.repository, one.digest)
            size, parsed = len(stored.data), stored.parse()
            if isinstance(parsed, Index):
                below = tuple(child for child in parsed.manifests if self._copied(child))
            elif not there:
                blobs = {blob.digest: blob.size for blob in (parsed.config, *parsed.layers)}
        referrers: tuple[Descriptor, ...] = ()
        known: frozenset[str] = frozenset()
        if self._block.referrers:
            referrers = tuple(self._source.referrers(found.repository, one.digest))
            if there:
                known = frozenset(item.digest for item in self._destination.referrers(found.target, one.digest))
        return _Node(there, below, blobs, size, referrers, known)

    def _has_manifest(self, found: Compared, digest: str) -> bool:
        return found.target_there and self._destination.manifest_descriptor(found.target, digest) is not None

    def _has_blob(self, found: Compared, digest: str) -> bool:
        return found.target_there and self._destination.blob_exists(found.target, digest)

    def _copied(self, child: Descriptor) -> bool:
        wanted = self._block.platforms
        if len(wanted) < 2:
            return True
        return child.platform is not None and any(_same(child.platform, platform) for platform in wanted)

    def _missing(self, found: Compared, digest: str, size: int) -> int:
        try:
            return 0 if self._has_blob(found, digest) else size
        except StackError:
            return size

    def _digest_tags(self, found: Compared, seen: _Seen, tags: tuple[Iterable[str], Iterable[str]]) -> None:
        here, there = (_of_digests(listed, seen.manifests) for listed in tags)
        for tag in sorted(here | there):
            try:
                source = self._source.manifest_descriptor(found.repository, tag) if tag in here else None
                target = self._destination.manifest_descriptor(found.target, tag) if tag in there else None
            except StackError as error:
                found.problems.append(str(error))
                continue
            ends = [None if one is None else one.digest for one in (source, target)]
            if ends[0] == ends[1]:
                found.referrers += 1
                continue
            status: Status = "extra" if source is None else "missing" if target is None else "changed"
            found.differences.append(Difference(status, "digest tag", tag, *ends))
            if source is not None:
                self._walk(found, [source], seen)


def _tags(client: RegistryClient, repository: str) -> list[str] | None:
    """Return a repository's tags; None where it is not there."""
    try:
        return list(client.tags(repository))
    except RegistryError as error:
        if error.status == 404:
            return None
        raise


def _of_digests(tags: Iterable[str], seen: set[str]) -> set[str]:
    """Return the tags of digests, but for bare ones: they hold an index of referrers, which are compared as such."""
    found = set()
    for tag in tags:
        match = DIGEST_TAG.fullmatch(tag)
        if match and match["suffix"] and f"{match['algorithm']}:{match['hex']}" in seen:
            found.add(tag)
    return found


def _same(one: Platform, wanted: str) -> bool:
    os, architecture, variant = (*wanted.split("/"), "", "")[:3]
    usual = _USUAL.get(architecture, "")
    return (one.os, one.architecture, one.variant or usual) == (os, architecture, variant or usual)


__all__ = ["Compared", "Comparer", "Difference", "Kind", "Status"]
