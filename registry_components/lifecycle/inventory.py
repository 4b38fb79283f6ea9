"""An inventory of artifacts as columns: what a lifecycle policy is run over, up to millions of rows.

Rows are sorted by repository and digest, so that nothing depends on the order in which they were read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ..core.errors import StackError

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]

UNKNOWN: Final = np.iinfo(np.int64).min
"""A time that is not known."""
DAY: Final = 86_400_000_000
"""A day in microseconds, which is what all times count."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = np.iinfo(np.int64).max
_SORTED: Final = 100_000
_JOINED: Final = 500_000
_REPOSITORIES: Final = 2**16
_REFERRER_TAG: Final = r"^sha256-([0-9a-f]{64})(?:\.[a-z0-9]+)?$"
_INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MOST_MANIFEST_BYTES: Final = 4 * 1024**2
"""What registries take at most as a manifest (OCI Distribution 1.1, Pushing Manifests, asks for 4 MiB at least)."""


def microseconds(moment: datetime) -> int:
    """Return a time as microseconds since 1970."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment(value: int) -> datetime:
    """Return the time that microseconds since 1970 are."""
    return datetime.fromtimestamp(value / 1_000_000, UTC)


class Items(NamedTuple):
    """Lists, one for each row, laid end to end."""

    row: Rows
    """The row of each item; ascending."""
    item: pl.Series


class Layers(NamedTuple):
    """The blobs (config and layers) of artifacts: edges from the one to the other, in the order of the rows."""

    row: Rows
    """The artifact of each edge; ascending."""
    blob: Rows
    """The blob of each edge, as a position in `size`."""
    size: Ints
    """The bytes of each blob, which is one for each digest."""


def of_rows(ascending: Rows, low: int, high: int) -> slice:
    """Return where the rows from `low` to before `high` are in a column of ascending rows."""
    return slice(_first(ascending, low), _first(ascending, high))


def _first(ascending: Rows, value: int) -> int:
    """Return where the first item is that is not less than a value."""
    # A number of another type would have the whole column converted to its own, each time.
    return int(np.searchsorted(ascending, np.int32(value)))


def no_layers() -> Layers:
    """Return the layers of artifacts of which none are known."""
    return Layers(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True)
class Inventory:
    """Artifacts (one row for each digest of a repository), their tags, and what leads from one to another."""

    repositories: Sequence[str]
    """Names, sorted."""
    repository: Rows
    """Each row's repository, as a position in `repositories`; ascending."""
    digest: pl.Series
    pushed: Ints
    """When it was pushed, or `UNKNOWN`."""
    pulled: Ints
    """When it was last pulled; `UNKNOWN` where it never was, or nobody knows."""
    size: Ints
    """Bytes; -1 where it is not known."""
    media_type: pl.Series
    archived: Bools
    """Whether it lies in an archive storage class."""
    locked: Bools
    archived_at: Ints
    activated_at: Ints
    """When it was restored from the archive."""
    untagged_at: Ints
    tag_row: Rows
    """Each tag's row; ascending."""
    tag: pl.Series
    tag_pushed: Ints
    """When the tag was last set; the row's push time where that is not known."""
    parent: Rows
    """Edges of indexes: the index's row."""
    child: Rows
    """Edges of indexes: the manifest's row."""
    subject: Rows
    """The row that a referrer refers to; -1 where it is none, or its subject is not here."""
    refers: Bools
    """Which rows refer to a subject, be it here or not."""
    layers: Layers = field(default_factory=no_layers)
    """The blobs of each row; nothing where none are told. One blob is shared by all repositories that have it."""
    index: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """Which rows are indexes: those that name manifests, be they here or not, and those whose media type says so."""
    _cache: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.repository)

    @functools.cached_property
    def starts(self) -> Ints:
        """The first row of each repository, and the number of rows at the end."""
        return np.searchsorted(self.repository, np.arange(len(self.repositories) + 1, dtype=np.int32)).astype(np.int64)

    @functools.cached_property
    def tagged(self) -> Bools:
        """Which rows have a tag."""
        found = np.zeros(len(self), dtype=bool)
        found[self.tag_row] = True
        return found

    @functools.cached_property
    def child_of_some(self) -> Bools:
        """Which rows an index refers to."""
        found = np.zeros(len(self), dtype=bool)
        found[self.child] = True
        return found

    @functools.cached_property
    def referrer(self) -> Bools:
        """Which rows refer to another that is here."""
        return self.subject >= 0

    @functools.cached_property
    def own(self) -> Ints:
        """The bytes of each row that are no blob's: all its size where no layers are told, else what is beyond them.

        An index' own size is that of its manifest. Some registries tell the sum (Harbor) or the largest (ECR) of its
        manifests, which are rows of their own: what is larger than any manifest counts as nothing.
        """
        found = np.where(self.size > 0, self.size, 0)
        if len(self.layers.row):
            np.subtract.at(found, self.layers.row, self.layers.size[self.layers.blob])
            np.maximum(found, 0, out=found)
        if len(self.index):
            found[self.index & (found > MOST_MANIFEST_BYTES)] = 0
        return found

    @functools.cached_property
    def holders(self) -> Ints:
        """How many times each blob is in the layers of some row."""
        return np.bincount(self.layers.blob, minlength=len(self.layers.size)).astype(np.int64)

    @functools.cached_property
    def last_tagged(self) -> Ints:
        """The latest of a row's own push and that of its tags."""
        found = self.pushed.copy()
        np.maximum.at(found, self.tag_row, self.tag_pushed)
        return found

    def of_tags(self, matched: Bools) -> Bools:
        """Return the rows that have at least one of the tags."""
        found = np.zeros(len(self), dtype=bool)
        found[self.tag_row[matched]] = True
        return found

    def tags_of(self, row: int) -> list[str]:
        """Return one row's tags."""
        return [str(name) for name in self.tag[of_rows(self.tag_row, row, row + 1)]]

    def name(self, row: int) -> str:
        """Return `repository@digest`."""
        return f"{self.repositories[int(self.repository[row])]}@{self.digest[row]}"

    def newest_first(self, times: Ints, key: str) -> Rows:
        """Return the rows by repository, newest first, ties by digest; an unknown time is the newest.

        `key` names the times: the order is kept for the next who asks.
        """
        kept: Rows | None = self._cache.get(key)
        if kept is None:
            kept = np.empty(len(self), dtype=np.int32)
            for low, high in self._blocks():
                known = times[low:high]
                # The rows are sorted by digest already, and a stable sort keeps that; ~ is the opposite order.
                by_time = np.argsort(~np.where(known == UNKNOWN, _LATEST, known), kind="stable")
                # Numbers of 16 bits are sorted by digits, in one pass.
                repository = (self.repository[low:high] - self.repository[low]).astype(np.uint16)
                kept[low:high] = by_time[np.argsort(repository[by_time], kind="stable")]
                kept[low:high] += low
            self._cache[key] = kept
        return kept

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Yield the first row of some repositories, and the row after their last, until all are there.

        What fits into the processor's cache is sorted and gathered several times faster.
        """
        low = 0
        while low < len(self):
            first = int(self.repository[low])
            last = min(int(np.searchsorted(self.starts, low + _SORTED)), first + _REPOSITORIES, len(self.repositories))
            high = int(self.starts[last])
            yield low, high
            low = high

    def ranks(self, mask: Bools, order: Rows) -> Rows:
        """Return the rank (1 is the first) of each row of `mask` among those of its repository in `order`; else 0."""
        found = np.zeros(len(self), dtype=np.int32)
        for low, high in self._blocks():
            rows = order[low:high]
            chosen = mask[rows]
            found[rows] = np.where(chosen, self._counted(chosen.astype(np.int32), low), 0)
        return found

    def sums(self, mask: Bools, order: Rows, values: Ints) -> Ints:
        """Return the running sum of `values` over the rows of `mask` in `order`, in each repository; else 0."""
        found = np.zeros(len(self), dtype=np.int64)
        for low, high in self._blocks():
            rows = order[low:high]
            chosen = mask[rows]
            found[rows] = np.where(chosen, self._counted(np.where(chosen, values[rows], 0), low), 0)
        return found

    def _counted(self, values: npt.NDArray[Any], low: int) -> npt.NDArray[Any]:
        """Return the running sum, in each repository, of the values of a block that begins at a row."""
        first, last = (int(self.repository[row]) for row in (low, low + len(values) - 1))
        starts = self.starts[first : last + 2] - low
        counted = np.cumsum(values, dtype=values.dtype)
        before = np.concatenate((np.zeros(1, dtype=values.dtype), counted))[starts[:-1]]
        return np.asarray(counted - np.repeat(before, np.diff(starts)))

    def days(self, times: Ints, now: int) -> Rows:
        """Return how many full days ago times were; 0 where they are not known."""
        found = np.zeros(len(times), dtype=np.int32)
        # A part at a time, for which no memory has to be had anew.
        for low in range(0, len(times), _SORTED):
            some = times[low : low + _SORTED]
            found[low : low + _SORTED] = np.where(
                some == UNKNOWN, 0, (now - np.where(some == UNKNOWN, now, some)) // DAY
            )
        return found

    def held_by(self, surviving: Bools) -> Bools:
        """Return the rows that a surviving index refers to, however deep."""
        held = np.zeros(len(self), dtype=bool)
        alive = surviving.copy()
        while True:
            found = self.child[alive[self.parent]]
            new = found[~held[found]]
            if not len(new):
                return held
            held[new] = True
            alive[new] = True


def build(given: Mapping[str, Sequence[Any] | Items | Layers]) -> Inventory:
    """Return the inventory of columns of equal length, which are checked already.

    Known are repository, digest, tags (lists), pushed_at, last_pulled_at, archived_at, activated_at, untagged_at and
    tag_pushed_at (microseconds or None; the last a list for each row), size, media_type, storage_class, locked,
    children (lists of digests), subject and layers (`Layers`). Lists may be `Items`. Raises `StackError` where a digest
    is twice in one repository. A `dict` is emptied: what a column was sorted from is gone before the next one is.
    """
    columns = given if isinstance(given, dict) else dict(given)
    names, repository, digest, at = _sorted(
        _series(columns.pop("repository"), pl.String), _series(columns.pop("digest"), pl.String)
    )
    times = {name: _times_of(columns.pop(name, None), at) for name in _TIMES}
    tagged = columns.pop("tags", None), columns.pop("tag_pushed_at", None)
    tag_row, tag, tag_pushed = _tags(*tagged, at, times["pushed_at"])
    del tagged
    lookup = _Lookup(repository, digest)
    subjects = _texts(columns.pop("subject", None), at)
    (parent, child), subject, index = _edges(columns.pop("children", None), subjects, at, lookup)
    subject = _by_tag(subject, tag_row, tag, lookup)
    media = _texts(columns.pop("media_type", None), at)
    layers = columns.pop("layers", None)
    return Inventory(
        repositories=names,
        repository=repository,
        digest=digest,
        pushed=times["pushed_at"],
        pulled=times["last_pulled_at"],
        size=_whole(columns.pop("size", None), at),
        media_type=media,
        archived=_is_archive(columns.pop("storage_class", None), at),
        locked=_flags(columns.pop("locked", None), at),
        archived_at=times["archived_at"],
        activated_at=times["activated_at"],
        untagged_at=times["untagged_at"],
        tag_row=tag_row,
        tag=tag,
        tag_pushed=tag_pushed,
        parent=parent,
        child=child,
        subject=subject,
        refers=(subject >= 0) | subjects.is_not_null().to_numpy(),
        layers=at.of_layers(layers) if isinstance(layers, Layers) else no_layers(),
        index=index | _one_of(media, _INDEXES),
    )


_TIMES: Final = ("pushed_at", "last_pulled_at", "archived_at", "activated_at", "untagged_at")


def _series(values: Any, kind: Any) -> pl.Series:
    """Return a column as a series, which it may be already."""
    if isinstance(values, pl.Series) and values.dtype == kind:
        return values
    return pl.Series(values, dtype=kind)


def _sorted(repository: pl.Series, digest: pl.Series) -> tuple[list[str], Rows, pl.Series, _Order]:
    """Return the repositories, each row's, its digest, and where each row stood."""
    if not len(repository):
        return [], np.zeros(0, dtype=np.int32), digest, _Order(None, 0)
    # Texts are compared once, to number the repositories; the numbers are sorted.
    names = repository.unique().sort()
    code = repository.cast(pl.Enum(names)).to_physical().cast(pl.Int32).to_numpy()
    place = None
    # Most inventories come sorted, and a million texts are not moved for nothing.
    if not _ascending(code, digest):
        place = np.argsort(code, kind="stable")
        code, digest = code[place], digest.rechunk().gather(place)
        within = _within(code, digest)
        place, digest = place[within], digest.gather(within)
        same = _same(code, digest)
        if same.any():
            first = int(np.flatnonzero(same)[0])
            times = 2 + int(np.argmin(np.append(same[first + 1 :], [False])))
            raise StackError(
                f"{names[int(code[first])]}@{digest[first]} is in the inventory {times} times; give each digest of a "
                "repository once, with all its tags"
            )
    return names.to_list(), np.asarray(code, dtype=np.int32), digest, _Order(place, len(code))


def _within(code: npt.NDArray[Any], digest: pl.Series) -> npt.NDArray[Any]:
    """Return the order by digest within each repository, given rows by repository.

    Some repositories are sorted at a time: what fits into the processor's cache is sorted several times faster.
    """
    found = np.empty(len(code), dtype=np.int64)
    starts = np.concatenate(([0], np.flatnonzero(code[1:] != code[:-1]) + 1, [len(code)]))
    low = 0
    while low < len(code):
        high = int(starts[min(int(np.searchsorted(starts, low + _SORTED)), len(starts) - 1)])
        some = pl.DataFrame({"repository": code[low:high], "digest": digest.slice(low, high - low)})
        found[low:high] = some.select(pl.arg_sort_by("repository", "digest")).to_series().to_numpy()
        found[low:high] += low
        low = high
    return found


def _same(code: npt.NDArray[Any], digest: pl.Series) -> Bools:
    """Return which rows of sorted ones, but for the last, are there once more in the next row."""
    found = code[1:] == code[:-1]
    # A part at a time, for which no memory has to be had anew.
    for low in range(0, len(found), _SORTED):
        some = digest.slice(low, _SORTED + 1)
        found[low : low + _SORTED] &= (some.slice(1) == some.slice(0, len(some) - 1)).to_numpy()
    return np.asarray(found, dtype=bool)


def _ascending(code: npt.NDArray[Any], digest: pl.Series) -> bool:
    """Return whether no row has to move, and none is there twice."""
    further = code[1:] > code[:-1]
    if not (further | (code[1:] == code[:-1])).all():
        return False
    after = (digest > digest.shift(1)).to_numpy()[1:]
    return bool((further | after).all())


class _Order:
    """Where each row of the sorted inventory stood when it was read; None where all stood there already."""

    def __init__(self, place: npt.NDArray[Any] | None, size: int) -> None:
        self._place = place
        # What is gathered by other numbers than these is gathered by a copy that has them, each time.
        self._index = None if place is None else pl.Series(place.astype(np.uint32))
        self._size = size

    def of(self, values: pl.Series) -> pl.Series:
        """Return values in the order of the inventory."""
        # Lists in several chunks, as files have them, are gathered many times slower.
        return values if self._index is None else values.rechunk().gather(self._index)

    def of_items(self, items: Items) -> Items:
        """Return lists in the order of the inventory."""
        if self._place is None:
            return items
        row, edges = self._moved(items.row)
        return Items(row, items.item.rechunk().gather(edges))

    def of_layers(self, layers: Layers) -> Layers:
        """Return layers in the order of the inventory."""
        if self._place is None:
            return layers
        row, edges = self._moved(layers.row)
        return Layers(row, layers.blob[edges], layers.size)

    def _moved(self, rows: Rows) -> tuple[Rows, npt.NDArray[Any]]:
        """Return the new row of each edge, and where it stood, given the rows of edges as they stood."""
        lengths = np.bincount(rows, minlength=self._size).astype(np.int32)
        counts = lengths[self._place]
        first = (np.cumsum(lengths, dtype=np.int32) - lengths)[self._place]
        first -= np.cumsum(counts, dtype=np.int32) - counts
        row = np.repeat(np.arange(self._size, dtype=np.int32), counts)
        edges = np.repeat(first, counts)
        edges += np.arange(len(edges), dtype=np.int32)
        return row, edges

    def __len__(self) -> int:
        return self._size


def _constant(value: Any, at: _Order) -> npt.NDArray[Any]:
    """Return a column that says the same of each row; it takes no memory, and is not to be written to."""
    return np.broadcast_to(value, (len(at),))


def _times_of(values: Any, at: _Order) -> Ints:
    if values is None:
        return _constant(np.int64(UNKNOWN), at)
    return _whole_numbers(at.of(_series(values, pl.Int64)).fill_null(UNKNOWN))


def _whole(values: Any, at: _Order) -> Ints:
    if values is None:
        return _constant(np.int64(-1), at)
    return _whole_numbers(at.of(_series(values, pl.Int64)).fill_null(-1))


def _whole_numbers(values: pl.Series) -> Ints:
    return np.asarray(values.to_numpy(), dtype=np.int64)


def _texts(values: Any, at: _Order) -> pl.Series:
    if values is None:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(at))
    return at.of(_series(values, pl.String))


def _is_archive(values: Any, at: _Order) -> Bools:
    if values is None:
        return _constant(np.bool_(False), at)
    return np.asarray((_texts(values, at).str.to_lowercase() == "archive").fill_null(value=False).to_numpy())


def _one_of(values: pl.Series, wanted: Sequence[str]) -> Bools:
    if values.null_count() == len(values):
        return np.zeros(len(values), dtype=bool)
    return np.asarray(values.is_in(list(wanted)).fill_null(value=False).to_numpy(), dtype=bool)


def _flags(values: Any, at: _Order) -> Bools:
    if values is None:
        return _constant(np.bool_(False), at)
    return np.asarray(at.of(_series(values, pl.Boolean)).fill_null(value=False).to_numpy(), dtype=bool)


def flattened(lists: pl.Series) -> Items:
    """Return lists laid end to end; None is a list without any item."""
    lengths = lists.list.len().fill_null(0).to_numpy()
    row = np.repeat(np.arange(len(lists), dtype=np.int32), lengths)
    if not len(row):
        return Items(row, pl.Series([], dtype=lists.dtype.inner))  # type: ignore[attr-defined]
    if not lengths.all():
        lists = lists.filter(pl.Series(lengths > 0))
    return Items(row, lists.explode())


def _items(values: Any, kind: Any, at: _Order) -> Items:
    if values is None:
        return Items(np.zeros(0, dtype=np.int32), pl.Series([], dtype=kind))
    if isinstance(values, Items):
        return at.of_items(values)
    return flattened(at.of(_series(values, pl.List(kind))))


def _tags(tags: Any, times: Any, at: _Order, pushed: Ints) -> tuple[Rows, pl.Series, Ints]:
    row, flat = _items(tags, pl.String, at)
    if times is None:
        return row, flat, pushed[row]
    # A record without times of its tags has no list of them, and one that has some has one for each tag.
    timed, said = _items(times, pl.Int64, at)
    found = np.full(len(row), UNKNOWN, dtype=np.int64)
    given = np.zeros(len(at), dtype=bool)
    given[timed] = True
    found[given[row]] = said.fill_null(UNKNOWN).to_numpy()
    return row, flat, np.where(found == UNKNOWN, pushed[row], found).astype(np.int64)


class _Lookup:
    """Finds rows by repository and digest."""

    def __init__(self, repository: Rows, digest: pl.Series) -> None:
        self._repository = repository
        self._digest = digest

    def rows(self, repository: Rows, digest: pl.Series) -> Rows:
        """Return the row of each pair, -1 where it is not here."""
        found = np.full(len(digest), -1, dtype=np.int32)
        order = np.argsort(repository, kind="stable")
        asked = repository[order]
        # Some repositories at a time: a table that fits into the processor's cache is searched several times faster.
        place = 0
        while place < len(asked):
            low = _first(self._repository, int(asked[place]))
            last = int(self._repository[min(low + _JOINED, len(self._repository) - 1)])
            high, end = _first(self._repository, last + 1), _first(asked, last + 1)
            which = order[place:end]
            found[which] = self._among(low, high, repository[which], digest.gather(which))
            place = end
        return found

    def _among(self, low: int, high: int, repository: Rows, digest: pl.Series) -> Rows:
        """Return the row of each pair, which is one from `low` to before `high` or -1."""
        here, digests = self._repository[low:high], self._digest.slice(low, high - low)
        known = pl.DataFrame({"key": self._keys(here, digests)}).with_row_index("row")
        asked = pl.DataFrame({"key": self._keys(repository, digest)}).with_row_index("asked")
        # Numbers are joined, not texts; two pairs may have the same number, so what is found is compared in full.
        pairs = asked.join(known, on="key", how="inner")
        which, row = pairs["asked"].to_numpy(), pairs["row"].to_numpy()
        same = here[row] == repository[which]
        same &= (digests.gather(row) == digest.gather(which)).to_numpy()
        found = np.full(len(digest), -1, dtype=np.int32)
        found[which[same]] = row[same] + np.uint32(low)
        return found

    def of(self, rows: npt.NDArray[Any]) -> Rows:
        """Return the repositories of rows."""
        return np.asarray(self._repository[rows], dtype=np.int32)

    @staticmethod
    def _keys(repository: Rows, digest: pl.Series) -> pl.Series:
        spread = repository.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return pl.Series(digest.hash().to_numpy() ^ spread)


def _edges(children: Any, subjects: pl.Series, at: _Order, lookup: _Lookup) -> tuple[tuple[Rows, Rows], Rows, Bools]:
    """Return the edges of indexes, each row's subject, and which rows name manifests; all are looked up at once."""
    parent, digests = _items(children, pl.String, at)
    subject = np.full(len(at), -1, dtype=np.int32)
    index = np.zeros(len(at), dtype=bool)
    index[parent] = True
    referring = np.flatnonzero(subjects.is_not_null().to_numpy())
    if not len(parent) and not len(referring):
        return (parent, parent), subject, index
    rows = np.concatenate((parent, referring))
    found = lookup.rows(lookup.of(rows), pl.concat([digests, subjects.gather(referring)]))
    child = found[: len(parent)]
    subject[referring] = found[len(parent) :]
    known = child >= 0
    return (parent[known], child[known]), subject, index


def _by_tag(subject: Rows, tag_row: Rows, tag: pl.Series, lookup: _Lookup) -> Rows:
    """Add what refers by its tag: `sha256-<digest>.sig` and the like, where that is all its tags."""
    if not len(tag):
        return subject
    candidates = np.flatnonzero(tag.str.starts_with("sha256-").to_numpy())
    if not len(candidates):
        return subject
    hexes = tag.gather(candidates).str.extract(_REFERRER_TAG, 1)
    right = hexes.is_not_null().to_numpy()
    candidates, hexes = candidates[right], hexes.filter(pl.Series(right))
    if not len(candidates):
        return subject
    rows = tag_row[candidates]
    found = lookup.rows(lookup.of(rows), "sha256:" + hexes)
    alone = np.bincount(tag_row, minlength=len(subject))[rows] == 1
    use = (found >= 0) & alone & (subject[rows] < 0)
    subject = subject.copy()
    subject[rows[use]] = found[use]
    return subject


def referrer_tag(name: str) -> bool:
    """Return whether a tag names the artifact that it refers to, as cosign's do."""
    return re.fullmatch(_REFERRER_TAG, name) is not None


def empty() -> Inventory:
    """Return an inventory without an artifact."""
    return build({"repository": [], "digest": []})


def from_records(records: Iterable[Mapping[str, Any]]) -> Inventory:
    """Return the inventory of plain records, as `reading` has them. Raises `StackError`."""
    from .reading import columns_of

    return build(columns_of(((f"record {number}", record) for number, record in enumerate(records, 1))))


__all__ = [
    "DAY",
    "MOST_MANIFEST_BYTES",
    "UNKNOWN",
    "Bools",
    "Ints",
    "Inventory",
    "Items",
    "Layers",
    "Rows",
    "build",
    "empty",
    "flattened",
    "from_records",
    "microseconds",
    "moment",
    "no_layers",
    "of_rows",
    "referrer_tag",
]
