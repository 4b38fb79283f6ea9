"""An inventory over the OCI Distribution API: tags, manifests, the manifests of indexes, and what refers to them.

The API tells no time: `assume_created` takes the time at which an image says to be built for that of its push. Whoever
may push says what stands in manifests: what could not be read in an inventory is left out of it, and the rest stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from ...core.errors import StackError
from ...oci.client import RegistryClient
from ...oci.errors import RegistryError
from ...oci.model import OCI_CONFIG, Index, Manifest, StoredManifest
from .blobs import MOST_BYTES
from .parallel import Found, ParallelCollector, Record

_CONFIGS: Final = frozenset({OCI_CONFIG, "application/vnd.docker.container.image.v1+json"})
_CREATED: Final = "org.opencontainers.image.created"
_MOST_DEEP: Final = 16
_LARGEST_CONFIG: Final = 8 * 1024 * 1024
_LONGEST_TYPE: Final = 256


class Collector(ParallelCollector):
    """Reads repositories of one registry; safe to share between threads."""

    def __init__(self, client: RegistryClient, *, concurrency: int = 8, assume_created: bool = False) -> None:
        super().__init__(concurrency)
        self._client = client
        self._assume_created = assume_created
        self._referrers_api: bool | None = None

    def all_names(self) -> Iterable[str]:
        """Return the names of all repositories. Raises `RegistryError` where the registry has no catalog."""
        return self._client.catalog()

    def repository(self, name: str) -> Found:
        """Read one repository. A manifest that cannot be read is a problem, and everything else goes on."""
        problems: list[str] = []
        try:
            tags = list(self._client.tags(name))
        except RegistryError as error:
            if error.status == 404:  # a repository whose manifests are all gone
                return Found(name, [], problems)
            return Found(name, [], [str(error)])
        seen: dict[str, StoredManifest] = {}
        tagged: dict[str, list[str]] = {}
        for tag, stored in self._fetched(name, tags, problems):
            seen[stored.digest] = stored
            tagged.setdefault(stored.digest, []).append(tag)
        fresh = list(seen)
        for _ in range(_MOST_DEEP):
            below = [digest for digest in dict.fromkeys(self._below(name, fresh, seen, problems)) if digest not in seen]
            if not below:
                break
            fresh = []
            for _, stored in self._fetched(name, below, problems, missing_is_fine=True):
                seen[stored.digest] = stored
                fresh.append(stored.digest)
        records = list(self._manifests.map(lambda item: self._record(name, item, tagged), seen.values()))
        for record, told in records:
            problems.extend(told)
            del record
        return Found(name, [record for record, _ in records], problems)

    def _fetched(
        self, name: str, references: Sequence[str], problems: list[str], *, missing_is_fine: bool = False
    ) -> Iterator[tuple[str, StoredManifest]]:
        def one(reference: str) -> StoredManifest | StackError:
            try:
                return self._client.manifest(name, reference)
            except StackError as error:
                return error

        for reference, stored in zip(references, self._manifests.map(one, references), strict=True):
            if isinstance(stored, StoredManifest):
                yield reference, stored
            elif not (isinstance(stored, RegistryError) and stored.status == 404):
                problems.append(str(stored))
            elif not missing_is_fine:
                # A tag that went away while the repository was being read.
                continue

    def _below(
        self, name: str, digests: Sequence[str], seen: dict[str, StoredManifest], problems: list[str]
    ) -> Iterator[str]:
        """Yield what indexes name, and what refers to anything."""
        for digest in digests:
            parsed = _parsed(seen[digest])
            if isinstance(parsed, Index):
                yield from (item.digest for item in parsed.manifests)
        if self._referrers_api is None and digests:
            self._referrers_api = self._has_referrers(name, digests[0])
        if not self._referrers_api:
            return  # the fall-back keeps referrers in an index under a tag, which is an index like any other

        def one(digest: str) -> list[str] | StackError:
            try:
                return [item.digest for item in self._client.referrers(name, digest)]
            except StackError as error:
                return error

        for found in self._manifests.map(one, digests):
            if isinstance(found, StackError):
                problems.append(str(found))
            else:
                yield from found

    def _has_referrers(self, name: str, digest: str) -> bool:
        with suppress(StackError):
            return self._client.has_referrers_api(name, digest)
        return False

    def _record(self, name: str, stored: StoredManifest, tagged: dict[str, list[str]]) -> tuple[Record, list[str]]:
        problems: list[str] = []
        parsed = _parsed(stored)
        record: Record = {
            "repository": name,
            "digest": stored.digest,
            "tags": sorted(tagged.get(stored.digest, [])),
            "media_type": stored.media_type,
            "size": len(stored.data),
        }
        if parsed is None:
            problems.append(f"{name}@{stored.digest}: is no manifest or index that is understood here")
            return record, problems
        kind = parsed.artifact_type
        if isinstance(parsed, Index):
            record["children"] = [item.digest for item in parsed.manifests]
        else:
            blobs = {blob.digest: blob.size for blob in (parsed.config, *parsed.layers)}
            record["size"] += sum(blobs.values())
            record["layers"] = [{"digest": digest, "size": size} for digest, size in blobs.items()]
            if record["size"] > MOST_BYTES:  # nothing is that large: what the manifest says of sizes is not known
                del record["size"], record["layers"]
            if kind is None and parsed.config.media_type not in _CONFIGS:
                kind = parsed.config.media_type
        if kind is not None and kind.isprintable() and len(kind) <= _LONGEST_TYPE:
            record["media_type"] = kind
        if parsed.subject is not None:
            record["subject"] = parsed.subject.digest
        if self._assume_created:
            try:
                created = self._created(name, parsed)
            except StackError as error:
                created = None
                problems.append(str(error))
            if created is not None:
                record["pushed_at"] = created
        return record, problems

    def _created(self, name: str, parsed: Manifest | Index) -> str | None:
        said = parsed.annotations.get(_CREATED)
        if said is None and isinstance(parsed, Manifest) and parsed.config.media_type in _CONFIGS:
            try:
                config = json.loads(self._client.read_blob(name, parsed.config.digest, limit=_LARGEST_CONFIG))
                said = config.get("created") if isinstance(config, dict) else None
            except (ValueError, RecursionError):
                return None
        return _moment(said)


def _moment(said: Any) -> str | None:
    """Return a time as RFC 3339 has it; None where it is none, or the zero that reproducible builds write, or 9999."""
    if not isinstance(said, str):
        return None
    # Go writes nanoseconds, of which microseconds can be read.
    text = re.sub(r"(\.\d{6})\d+", r"\1", said)
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            return None
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.isoformat() if 1980 < found.year < 9999 else None


def _parsed(stored: StoredManifest) -> Manifest | Index | None:
    try:
        return stored.parse()
    except ValueError:
        return None


Progress = Callable[[Found], None]

__all__ = ["Collector", "Found", "Progress", "Record"]
