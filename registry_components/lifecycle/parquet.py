"""Reads inventories from Parquet by columns: a million artifacts within a second, without an object for each.

What a text inventory is checked for record by record is checked here by column, with the row where it first is wrong.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from ..core.errors import StackError
from . import memory, parquet_layout
from .inventory import Ints, Inventory, Items, Layers, Rows, build, flattened, no_layers
from .records import (
    FIELDS,
    LAYER,
    LISTS,
    NO_TIME,
    REQUIRED,
    TIMES,
    Wrong,
    shown,
    suggestion,
    time_of,
    wrong_digest,
    wrong_name,
    wrong_size,
    wrong_tag,
    wrong_text,
)

MOST_ROWS: Final = 100_000_000
"""Rows, and items of lists, are counted with 32 bits."""
_MOST_VALUES: Final = 2**31 - 1
_PER_ROW, _PER_VALUE, _PER_BYTE = 300, 32, 2
_YEARS: Final = (-62_104_060_800_000_000, 253_370_764_800_000_000)
"""From the year 2 to the year 9999, in microseconds."""
_INT64: Final = np.iinfo(np.int64)
_STDERR: Final = threading.Lock()
_KEPT: Final = frozenset({*REQUIRED, "tags"})
_DIGEST: Final = r"^sha256:[0-9a-f]{64}$"
_TAG: Final = r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"


def read(path: Path) -> Inventory:
    """Return the inventory in a file. Raises `StackError` that tells every column's first mistake, or `OSError`."""
    _check_layout(path)
    with _refused():
        schema = pl.read_parquet_schema(path)
    mistakes = list(_of_schema(schema))
    if mistakes:
        raise StackError("\n".join(mistakes))
    with _refused():
        checked = _Checked(_typed(pl.read_parquet(path)))
    columns, mistakes = checked.columns()
    del checked  # it holds on to some of them
    if mistakes:
        raise StackError("\n".join(mistakes))
    return build(columns)


def _check_layout(path: Path) -> None:
    """Refuse what would not fit before it is read: a small file can declare a great many rows."""
    try:
        layout = parquet_layout.read(path)
    except parquet_layout.NotParquet as error:
        raise StackError(f"is not a Parquet file that can be read: {error}") from None
    if layout.rows > MOST_ROWS or layout.values > _MOST_VALUES:
        what = f"{layout.rows} artifacts with {layout.values} values"
        raise StackError(
            f"declares {what}; an inventory has at most {MOST_ROWS} artifacts and {_MOST_VALUES} values: split it"
        )
    needed = layout.rows * _PER_ROW + layout.values * _PER_VALUE + layout.bytes * _PER_BYTE
    memory.check(needed, "split it by repository, or read it on a larger machine")


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    """Say in words why a file cannot be read; the reader panics about some that are damaged."""
    try:
        with _without_panics():
            yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, MemoryError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StackError(f"is not a Parquet file that can be read: {shown(told)}") from None


@contextlib.contextmanager
def _without_panics() -> Iterator[None]:
    """Keep back what is written to standard error, and drop it where reading fails: panics write their stacks there."""
    with _STDERR, contextlib.ExitStack() as stack:
        try:
            before = os.dup(2)
        except OSError:  # it is closed: nothing is written there
            yield
            return
        stack.callback(os.close, before)
        kept = stack.enter_context(tempfile.TemporaryFile())
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.truncate(0)
            raise
        finally:
            os.dup2(before, 2)
            kept.seek(0)
            while chunk := kept.read(65_536):
                os.write(2, chunk)


def _of_schema(schema: Any) -> Iterator[str]:
    for name, kind in schema.items():
        if name not in FIELDS:
            yield f"column {shown(name)}: is not a field of an inventory{suggestion(name)}"
            continue
        what, right = _kinds(name)
        if not right(kind) and not _untyped(name, kind):
            yield f"column {name}: has to be {what}, not {kind}"
    for name in REQUIRED:
        if name not in schema:
            yield f"has no column {name}"


def _kinds(name: str) -> tuple[str, Callable[[Any], bool]]:
    if name in TIMES:
        return "times with a time zone, or texts", lambda kind: _zoned(kind) or kind == pl.String
    if name == "tag_pushed_at":
        return "lists of times with a time zone", lambda kind: isinstance(kind, pl.List) and _zoned(kind.inner)
    if name in LISTS:
        return "lists of texts", lambda kind: kind == pl.List(pl.String)
    if name == "layers":
        return "lists of structs of digest (text) and size (whole number)", _layered
    if name == "size":
        return "whole numbers of bytes", lambda kind: bool(kind.is_integer())
    if name == "locked":
        return "true or false", lambda kind: kind == pl.Boolean
    return "texts", lambda kind: kind == pl.String or isinstance(kind, pl.Categorical | pl.Enum)


def _untyped(name: str, kind: Any) -> bool:
    """Return whether a column has no type because there is nothing in it, as frames made of records have them."""
    listed = name in LISTS or name in {"tag_pushed_at", "layers"}
    return name not in REQUIRED and bool(kind == pl.Null or (listed and kind == pl.List(pl.Null)))


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame of which every column has a type."""
    moment = pl.Datetime("us", "UTC")
    kinds: dict[str, Any] = {
        "size": pl.Int64,
        "locked": pl.Boolean,
        "layers": pl.List(pl.Struct({"digest": pl.String, "size": pl.Int64})),
        "tag_pushed_at": pl.List(moment),
        **dict.fromkeys(TIMES, moment),
        **dict.fromkeys(LISTS, pl.List(pl.String)),
    }
    return frame.cast({name: kinds.get(name, pl.String) for name, kind in frame.schema.items() if _untyped(name, kind)})


def _zoned(kind: Any) -> bool:
    return isinstance(kind, pl.Datetime) and kind.time_zone is not None


def _layered(kind: Any) -> bool:
    if not isinstance(kind, pl.List) or not isinstance(kind.inner, pl.Struct):
        return False
    inner = {field.name: field.dtype for field in kind.inner.fields}
    return set(inner) == set(LAYER) and inner["digest"] == pl.String and bool(inner["size"].is_integer())


class _Found(Exception):  # noqa: N818 - never leaves this module
    """A mistake in a column."""


class _Checked:
    """The columns of a frame as `build` takes them."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def columns(self) -> tuple[dict[str, Any], list[str]]:
        """Return the columns, and what is wrong with them."""
        found: dict[str, Any] = {}
        mistakes: dict[str, str] = {}
        # Layers take the most memory: what they are read from is gone before the others are looked at.
        for name in reversed(FIELDS):
            if name not in self._frame.columns:
                continue
            try:
                found[name] = self._column(name)
            except _Found as mistake:
                mistakes[name] = f"column {name}: {mistake}"
        return found, [mistakes[name] for name in FIELDS if name in mistakes]

    def _taken(self, name: str) -> pl.Series:
        """Return a column, which is not kept where nothing else needs it."""
        values = self._frame[name]
        if name not in _KEPT:
            self._frame = self._frame.drop(name)
        return values

    def _column(self, name: str) -> Any:
        if name == "layers":
            return self._layers(flattened(self._taken(name)))
        values = self._taken(name)
        if name in TIMES:
            return self._times(values)
        if name == "tag_pushed_at":
            return self._tag_times(values)
        if name in LISTS:
            return self._lists(name, values)
        if name == "size":
            return self._sizes(values)
        if name == "locked":
            return values
        if name in REQUIRED:
            self._refuse_empty(values, "is empty")
        texts = values.cast(pl.String)
        if name in {"digest", "subject"}:
            self._texts(texts, wrong_digest, _DIGEST)
        else:
            self._texts(texts, wrong_name if name == "repository" else wrong_text)
        return texts

    def _where(self, row: int) -> str:
        """Return a row as a message names it."""
        return f"row {row + 1} ({shown('@'.join(str(self._frame[name][row]) for name in REQUIRED))})"

    def _refuse(self, wrong: pl.Series, told: str, rows: Rows | None = None) -> None:
        """Raise a mistake with the first row that is wrong, if one is, and how many more are."""
        places = wrong.fill_null(value=False).arg_true()
        if not len(places):
            return
        row = int(places[0]) if rows is None else int(rows[int(places[0])])
        more = f"; so {'is' if len(places) == 2 else 'are'} {len(places) - 1} more" if len(places) > 1 else ""
        raise _Found(f"{self._where(row)}: {told}{more}")

    def _refuse_empty(self, values: pl.Series, told: str, rows: Rows | None = None) -> None:
        if values.null_count():
            self._refuse(values.is_null(), told, rows)

    def _texts(
        self, values: pl.Series, wrong: Callable[[str], str | None], usual: str | None = None, rows: Rows | None = None
    ) -> None:
        """Check texts. Those that a pattern says to be usual are right; of all others, each is looked at once."""
        if values.null_count():
            values, rows = _some(values, rows, values.is_not_null())
        if usual is not None:
            values, rows = _some(values, rows, ~values.str.contains(usual))
        for text in values.unique(maintain_order=True):
            told = wrong(text)
            if told is not None:
                self._refuse(values == text, told, rows)

    def _sizes(self, values: pl.Series, rows: Rows | None = None) -> pl.Series:
        for bound in (values.min(), values.max()):
            told = wrong_size(int(bound)) if bound is not None else None  # type: ignore[arg-type]
            if told is not None:
                self._refuse(values == bound, told, rows)
        return values.cast(pl.Int64)

    def _times(self, values: pl.Series) -> pl.Series:
        if values.dtype != pl.String:
            self._check_years(values)
            return values.dt.epoch("us")
        found: list[int | None] = []
        for row, text in enumerate(values):
            try:
                found.append(None if text is None else time_of(text))
            except Wrong as wrong:
                raise _Found(f"{self._where(row)}: {wrong}") from None
        return pl.Series(found, dtype=pl.Int64)

    def _check_years(self, values: pl.Series, rows: Rows | None = None) -> None:
        """Refuse the years 1 and 9999 and what is beyond, before 64 bits of microseconds overflow."""
        raw = values.to_physical()
        units = {"ms": Fraction(1, 1_000), "us": Fraction(1), "ns": Fraction(1_000)}
        unit = units[str(values.dtype.time_unit)]  # type: ignore[attr-defined]
        least, most = (max(min(int(bound * unit), _INT64.max), _INT64.min) for bound in _YEARS)
        low, high = raw.min(), raw.max()
        if low is not None and (int(low) < least or int(high) >= most):  # type: ignore[arg-type]
            self._refuse((raw < least) | (raw >= most), f"is before the year 2 or after 9998, which {NO_TIME}", rows)

    def _tag_times(self, values: pl.Series) -> Items:
        tags = self._frame["tags"].list.len() if "tags" in self._frame.columns else pl.Series([0], dtype=pl.UInt32)
        # A record may leave the list out; one that has it says something of each tag.
        self._refuse(values.list.len() != tags.fill_null(0), "has to have a time, or none, for each of its tags")
        rows, flat = flattened(values)
        self._check_years(flat, rows)
        return Items(rows, flat.dt.epoch("us"))

    def _lists(self, name: str, values: pl.Series) -> Items:
        rows, flat = flattened(values)
        self._refuse_empty(flat, "has an item that is empty", rows)
        if name == "children":
            self._texts(flat, wrong_digest, _DIGEST, rows)
            return Items(rows, flat)
        self._texts(flat, wrong_tag, _TAG, rows)
        several = (values.list.len() > 1).arg_true().to_numpy()
        if len(several):
            some = values.gather(several)
            self._refuse(some.list.n_unique() != some.list.len(), "has a tag twice", several.astype(np.int32))
        return Items(rows, flat)

    def _layers(self, layers: Items) -> Layers:
        rows, flat = layers
        if not len(flat):
            return no_layers()
        self._refuse_empty(flat, "has a layer that is empty", rows)
        digest, size = flat.struct.field("digest"), flat.struct.field("size")
        self._refuse_empty(digest, "has a layer without digest", rows)
        self._refuse_empty(size, "has a layer without size", rows)
        sizes = self._sizes(size, rows).to_numpy()
        blob, first = _numbered(digest)
        once = np.sort(first)  # texts are looked at in the order in which they lie in memory
        self._texts(digest.gather(once), wrong_digest, _DIGEST, rows[once])
        other = np.flatnonzero(sizes != sizes[first][blob])
        if len(other):
            place, before = int(other[0]), int(first[blob[other[0]]])
            here, there = self._where(int(rows[place])), self._where(int(rows[before]))
            raise _Found(f"{here}: {digest[place]} has {sizes[place]} bytes here and {sizes[before]} in {there}")
        return Layers(rows, blob, np.asarray(sizes[first], dtype=np.int64))


def _some(values: pl.Series, rows: Rows | None, chosen: pl.Series) -> tuple[pl.Series, Rows | None]:
    """Return some of the values, and the row of each."""
    if chosen.all():
        return values, rows
    places = chosen.arg_true().to_numpy()
    return values.gather(places), places.astype(np.int32) if rows is None else rows[places]


def _numbered(digest: pl.Series) -> tuple[Rows, Ints]:
    """Return each digest as a number from 0, and where each number first is.

    Numbers are made by hash and then compared in full: two digests have the same by chance only.
    """
    first, number = _unique(digest.hash().to_numpy())
    if not bool((digest == digest.gather(first).gather(number)).all()):
        first, number = _unique(digest.rank("dense").to_numpy())
    return number, first


def _unique(values: Any) -> tuple[Ints, Rows]:
    _, first, number = np.unique(values, return_index=True, return_inverse=True)
    return first.astype(np.int64), number.astype(np.int32)


__all__ = ["MOST_ROWS", "read"]
