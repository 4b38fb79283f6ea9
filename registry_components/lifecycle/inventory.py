"""An inventory of artifacts as columns: what a lifecycle policy is run over, up to millions of rows.

Rows are sorted by repository and digest, so that nothing depends on the order in which they were read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

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
_REFERRER_TAG: Final = r"^sha256-([0-9a-f]{64})(?:\.[a-z0-9]+)?$"


def microseconds(moment: datetime) -> int:
    """Return a time as microseconds since 1970."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment(value: int) -> datetime:
    """Return the time that microseconds since 1970 are."""
    return datetime.fromtimestamp(value / 1_000_000, UTC)


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
    _cache: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.repository)

    @functools.cached_property
    def starts(self) -> Ints:
        """The first row of each repository, and the number of rows at the end."""
        return np.searchsorted(self.repository, np.arange(len(self.repositories) + 1)).astype(np.int64)

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
        low, high = np.searchsorted(self.tag_row, [row, row + 1])
        return [str(name) for name in self.tag[int(low) : int(high)]]

    def name(self, row: int) -> str:
        """Return `repository@digest`."""
        return f"{self.repositories[int(self.repository[row])]}@{self.digest[row]}"

    def newest_first(self, times: Ints, key: str) -> Rows:
        """Return the rows by repository, newest first, ties by digest; an unknown time is the newest.

        `key` names the times: the order is kept for the next who asks.
        """
        kept: Rows | None = self._cache.get(key)
        if kept is None:
            known = np.where(times == UNKNOWN, np.iinfo(np.int64).max, times)
            # The rows are sorted by digest already, and a stable sort keeps that.
            by_time = np.argsort(-known, kind="stable")
            kept = by_time[np.argsort(self.repository[by_time], kind="stable")].astype(np.int32)
            self._cache[key] = kept
        return kept

    def ranks(self, mask: Bools, order: Rows) -> Rows:
        """Return the rank (1 is the first) of each row of `mask` among those of its repository in `order`; else 0."""
        chosen = mask[order]
        counted = np.cumsum(chosen, dtype=np.int32)
        before = np.concatenate(([0], counted))[self.starts[:-1]].astype(np.int32)
        found = np.zeros(len(self), dtype=np.int32)
        found[order] = np.where(chosen, counted - before[self.repository[order]], 0)
        return found

    def sums(self, mask: Bools, order: Rows, values: Ints) -> Ints:
        """Return the running sum of `values` over the rows of `mask` in `order`, in each repository; else 0."""
        chosen = np.where(mask, values, 0)[order]
        counted = np.cumsum(chosen)
        before = np.concatenate(([0], counted))[self.starts[:-1]]
        found = np.zeros(len(self), dtype=np.int64)
        found[order] = np.where(mask[order], counted - before[self.repository[order]], 0)
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


def build(columns: Mapping[str, Sequence[Any]]) -> Inventory:
    """Return the inventory of columns of equal length, which are checked already.

    Known are repository, digest, tags (lists), pushed_at, last_pulled_at, archived_at, activated_at, untagged_at and
    tag_pushed_at (microseconds or None; the last a list for each row), size, media_type, storage_class, locked,
    children (lists of digests) and subject. Raises `StackError` where a digest is twice in one repository.
    """
    size = len(columns["repository"])
    frame = pl.DataFrame(
        {
            "repository": pl.Series(columns["repository"], dtype=pl.String),
            "digest": pl.Series(columns["digest"], dtype=pl.String),
        }
    ).with_row_index("at")
    frame = frame.sort("repository", "digest")
    twice = frame.filter(_twice(frame))
    if len(twice):
        raise StackError(
            f"{twice['repository'][0]}@{twice['digest'][0]} is in the inventory {_times(twice)}; give each digest of a "
            "repository once, with all its tags"
        )
    at = _Order(frame["at"])
    names = frame["repository"].unique(maintain_order=True)
    repository = frame["repository"].rle_id().cast(pl.Int32).to_numpy() if size else np.zeros(0, dtype=np.int32)
    times = {name: _times_of(columns.get(name), at) for name in _TIMES}
    tags, tag_times = columns.get("tags"), columns.get("tag_pushed_at")
    tag_row, tag, tag_pushed = _tags(tags, tag_times, at, times["pushed_at"])
    lookup = _Lookup(repository, frame["digest"])
    (parent, child), subject = _edges(columns.get("children"), columns.get("subject"), at, lookup)
    subject = _by_tag(subject, tag_row, tag, lookup)
    sizes = columns.get("size")
    media = columns.get("media_type")
    storage = columns.get("storage_class")
    locked = columns.get("locked")
    return Inventory(
        repositories=names.to_list(),
        repository=repository,
        digest=frame["digest"],
        pushed=times["pushed_at"],
        pulled=times["last_pulled_at"],
        size=_whole(sizes, at),
        media_type=_texts(media, at),
        archived=(_texts(storage, at).str.to_lowercase() == "archive").fill_null(value=False).to_numpy(),
        locked=_flags(locked, at),
        archived_at=times["archived_at"],
        activated_at=times["activated_at"],
        untagged_at=times["untagged_at"],
        tag_row=tag_row,
        tag=tag,
        tag_pushed=tag_pushed,
        parent=parent,
        child=child,
        subject=subject,
        refers=(subject >= 0) | _texts(columns.get("subject"), at).is_not_null().to_numpy(),
    )


_TIMES: Final = ("pushed_at", "last_pulled_at", "archived_at", "activated_at", "untagged_at")


def _times(twice: pl.DataFrame) -> str:
    first = twice.filter((pl.col("repository") == twice["repository"][0]) & (pl.col("digest") == twice["digest"][0]))
    return f"{len(first)} times"


def _twice(frame: pl.DataFrame) -> pl.Series:
    """Return which rows of a sorted frame have the same repository and digest as a neighbour."""
    same = pl.lit(value=True)
    for name in ("repository", "digest"):
        same &= pl.col(name) == pl.col(name).shift(1)
    before = frame.select(same.fill_null(value=False).alias("same"))["same"]
    return before | before.shift(-1).fill_null(value=False)


class _Order:
    """Where each row of the sorted inventory stood when it was read."""

    def __init__(self, at: pl.Series) -> None:
        self._at = at.to_numpy()
        self.size = len(at)
        # Most inventories come sorted, and a million texts are not moved for nothing.
        self._same = bool((self._at[1:] > self._at[:-1]).all()) if self.size else True

    def of(self, values: pl.Series) -> pl.Series:
        """Return values in the order of the inventory."""
        return values if self._same else values.gather(self._at)

    def __len__(self) -> int:
        return self.size


def _times_of(values: Sequence[Any] | None, at: _Order) -> Ints:
    if values is None:
        return np.full(len(at), UNKNOWN, dtype=np.int64)
    return _whole_numbers(at.of(pl.Series(values, dtype=pl.Int64)).fill_null(UNKNOWN))


def _whole(values: Sequence[Any] | None, at: _Order) -> Ints:
    if values is None:
        return np.full(len(at), -1, dtype=np.int64)
    return _whole_numbers(at.of(pl.Series(values, dtype=pl.Int64)).fill_null(-1))


def _whole_numbers(values: pl.Series) -> Ints:
    return np.asarray(values.to_numpy(), dtype=np.int64)


def _texts(values: Sequence[Any] | None, at: _Order) -> pl.Series:
    if values is None:
        return pl.Series([None] * len(at), dtype=pl.String)
    return at.of(pl.Series(values, dtype=pl.String))


def _flags(values: Sequence[Any] | None, at: _Order) -> Bools:
    if values is None:
        return np.zeros(len(at), dtype=bool)
    return np.asarray(at.of(pl.Series(values, dtype=pl.Boolean)).fill_null(value=False).to_numpy(), dtype=bool)


def _tags(
    tags: Sequence[Any] | None, times: Sequence[Any] | None, at: _Order, pushed: Ints
) -> tuple[Rows, pl.Series, Ints]:
    if tags is None:
        return np.zeros(0, dtype=np.int32), pl.Series([], dtype=pl.String), np.zeros(0, dtype=np.int64)
    lists = at.of(pl.Series(tags, dtype=pl.List(pl.String)))
    lengths = lists.list.len().fill_null(0).to_numpy()
    row = np.repeat(np.arange(len(at), dtype=np.int32), lengths)
    flat = lists.filter(lists.list.len() > 0).explode().cast(pl.String) if len(row) else pl.Series([], dtype=pl.String)
    if times is None:
        return row, flat, pushed[row]
    lists = at.of(pl.Series(times, dtype=pl.List(pl.Int64)))
    given = (lists.is_not_null() & (pl.Series(lengths) > 0)).to_numpy()
    found = np.full(len(row), UNKNOWN, dtype=np.int64)
    if given.any():
        said = lists.filter(pl.Series(given)).explode().fill_null(UNKNOWN).to_numpy()
        found[np.repeat(given, lengths)] = said
    return row, flat, np.where(found == UNKNOWN, pushed[row], found).astype(np.int64)


class _Lookup:
    """Finds rows by repository and digest."""

    def __init__(self, repository: Rows, digest: pl.Series) -> None:
        self._frame = pl.DataFrame({"repository": repository, "digest": digest}).with_row_index("row")

    def rows(self, repository: npt.NDArray[Any], digest: pl.Series) -> Rows:
        """Return the row of each pair, -1 where it is not here."""
        asked = pl.DataFrame({"repository": repository.astype(np.int32), "digest": digest})
        found = asked.join(self._frame, on=["repository", "digest"], how="left", maintain_order="left")
        return found["row"].cast(pl.Int64).fill_null(-1).cast(pl.Int32).to_numpy()

    def of(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the repositories of rows."""
        return np.asarray(self._frame["repository"].to_numpy()[rows])


def _edges(
    children: Sequence[Any] | None, subjects: Sequence[Any] | None, at: _Order, lookup: _Lookup
) -> tuple[tuple[Rows, Rows], Rows]:
    """Return the edges of indexes, and each row's subject; all are looked up at once."""
    parent, digests = np.zeros(0, dtype=np.int32), pl.Series([], dtype=pl.String)
    if children is not None:
        lists = at.of(pl.Series(children, dtype=pl.List(pl.String)))
        lengths = lists.list.len().fill_null(0).to_numpy()
        parent = np.repeat(np.arange(len(at), dtype=np.int32), lengths)
        if len(parent):
            digests = lists.filter(pl.Series(lengths) > 0).explode().cast(pl.String)
    subject = np.full(len(at), -1, dtype=np.int32)
    referring, named = np.zeros(0, dtype=np.int64), pl.Series([], dtype=pl.String)
    if subjects is not None:
        texts = at.of(pl.Series(subjects, dtype=pl.String))
        referring = np.flatnonzero(texts.is_not_null().to_numpy())
        named = texts.gather(referring)
    if not len(parent) and not len(referring):
        return (parent, parent), subject
    rows = np.concatenate((parent, referring))
    found = lookup.rows(lookup.of(rows), pl.concat([digests, named]))
    child = found[: len(parent)]
    subject[referring] = found[len(parent) :]
    known = child >= 0
    return (parent[known], child[known]), subject


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
    "UNKNOWN",
    "Bools",
    "Ints",
    "Inventory",
    "Rows",
    "build",
    "empty",
    "from_records",
    "microseconds",
    "moment",
    "referrer_tag",
]
