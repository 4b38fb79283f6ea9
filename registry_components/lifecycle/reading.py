"""Reads inventories: JSON Lines, a JSON array, CSV or Parquet. A mistake is told with its place, ten at most."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ..core.errors import StackError
from .inventory import Inventory, build, microseconds

FIELDS: Final = (
    "repository",
    "digest",
    "tags",
    "pushed_at",
    "last_pulled_at",
    "size",
    "media_type",
    "children",
    "subject",
    "storage_class",
    "tag_pushed_at",
    "locked",
    "archived_at",
    "activated_at",
    "untagged_at",
)
"""What a record may have; `repository` and `digest` it has to have."""
_REQUIRED: Final = ("repository", "digest")
_TIMES: Final = ("pushed_at", "last_pulled_at", "archived_at", "activated_at", "untagged_at")
_LISTS: Final = ("tags", "children")
_MOST_TOLD: Final = 10
MOST_TEXT_BYTES: Final = 2 * 1024**3
"""The largest text file that is read; a larger inventory comes as Parquet, which takes a fraction of the memory."""
_LONGEST_LINE: Final = 16 * 1024**2

Record = tuple[str, Mapping[str, Any]]


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    pass


def read_inventory(path: Path) -> Inventory:
    """Return the inventory in a file. Raises `StackError` with the file, the line and what is wrong there."""
    if not path.is_file():
        raise StackError(f"{path}: there is no such file")
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _parquet(path)
    if path.stat().st_size > MOST_TEXT_BYTES:
        raise StackError(
            f"{path}: {path.stat().st_size} bytes are more than a text inventory may have ({MOST_TEXT_BYTES}); "
            "give it as Parquet"
        )
    try:
        with path.open(encoding="utf-8", newline="" if suffix == ".csv" else None) as file:
            records = _csv(file) if suffix == ".csv" else _json(file)
            return build(columns_of(records))
    except UnicodeDecodeError as error:
        raise StackError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from None
    except StackError as error:
        raise StackError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from None


def columns_of(records: Iterable[Record]) -> dict[str, list[Any]]:
    """Return checked records as columns. Raises `StackError` that tells up to ten mistakes."""
    columns: dict[str, list[Any]] = {name: [] for name in FIELDS}
    mistakes: list[str] = []
    for place, record in records:
        try:
            row = _row(record)
        except _Wrong as wrong:
            mistakes.append(f"{place}: {wrong}")
            if len(mistakes) == _MOST_TOLD:
                mistakes.append("more are not told")
                break
            continue
        for name, column in columns.items():
            column.append(row.get(name))
    if mistakes:
        raise StackError("\n".join(mistakes))
    return {name: column for name, column in columns.items() if name in _REQUIRED or any(v is not None for v in column)}


def _json(file: Any) -> Iterator[Record]:
    head = file.read(1)
    while head and head.isspace():
        head = file.read(1)
    file.seek(0)
    if head == "[":
        try:
            found = json.load(file)
        except ValueError as error:
            raise StackError(f"is not a JSON array: {error}") from None
        yield from ((f"item {number}", item) for number, item in enumerate(found, 1))
        return
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise StackError(f"line {number}: is longer than {_LONGEST_LINE} characters")
        if not line.strip():
            continue
        try:
            yield f"line {number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            told = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deep"
            raise StackError(f"line {number}: is not JSON: {told}") from None


def _csv(file: Any) -> Iterator[Record]:
    reader = csv.DictReader(file)
    if not reader.fieldnames:
        raise StackError("is empty; its first line names the fields, such as repository,digest,tags,pushed_at")
    try:
        for number, row in enumerate(reader, 2):
            if None in row:
                raise StackError(f"line {number}: has more values than the first line has names")
            yield f"line {number}", _typed({key: value for key, value in row.items() if value not in (None, "")})
    except csv.Error as error:
        raise StackError(f"line {reader.line_num}: is not CSV: {error}") from None


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    """Return a CSV row's texts as what they stand for; lists are separated by blanks or semicolons."""
    typed: dict[str, Any] = dict(row)
    for name in (*_LISTS, "tag_pushed_at"):
        if name in row:
            typed[name] = row[name].replace(";", " ").split()
    if row.get("size", "").isdigit():
        typed["size"] = int(row["size"])
    if row.get("locked", "").lower() in {"true", "false"}:
        typed["locked"] = row["locked"].lower() == "true"
    return typed


def _row(record: Any) -> dict[str, Any]:
    if not isinstance(record, Mapping):
        raise _Wrong(f"is {_kind(record)}, not an object with repository and digest")
    for name in record:
        if name not in FIELDS:
            raise _Wrong(f"{name}: is not a field of an inventory{_suggestion(str(name))}")
    row: dict[str, Any] = {}
    for name in _REQUIRED:
        value = record.get(name)
        if not isinstance(value, str) or not value:
            raise _Wrong(f"{name}: has to be a text, not {_kind(value)}")
        row[name] = value
    for name in _LISTS:
        if record.get(name) is not None:
            row[name] = _list(name, record[name])
    if len(set(row.get("tags") or ())) != len(row.get("tags") or ()):
        raise _Wrong("tags: one is there twice")
    for name in _TIMES:
        if record.get(name) is not None:
            row[name] = _time(name, record[name])
    for name, kind, what in _PLAIN:
        value = record.get(name)
        if value is not None:
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise _Wrong(f"{name}: has to be {what}, not {_kind(value)}")
            row[name] = value
    if row.get("size", 0) < 0:
        raise _Wrong(f"size: has to be at least 0, not {row['size']}")
    if record.get("tag_pushed_at") is not None:
        row["tag_pushed_at"] = _tag_times(record["tag_pushed_at"], row.get("tags") or [])
    return row


_PLAIN: Final[tuple[tuple[str, type, str], ...]] = (
    ("size", int, "a whole number of bytes"),
    ("media_type", str, "a text"),
    ("subject", str, "a digest"),
    ("storage_class", str, "a text"),
    ("locked", bool, "true or false"),
)


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(name, FIELDS, n=1)
    return f"; did you mean {close[0]}?" if close else f"; allowed: {', '.join(FIELDS)}"


def _list(name: str, value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
        raise _Wrong(f"{name}: has to be a list of texts, not {_kind(value)}")
    return list(value)


def _time(name: str, value: Any) -> int:
    if not isinstance(value, str):
        raise _Wrong(f"{name}: has to be a time such as 2026-11-24T00:00:00Z, not {_kind(value)}")
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise _Wrong(f"{name}: {value[:40]!r} is not a time such as 2026-11-24T00:00:00Z") from None
    if found.tzinfo is None:
        raise _Wrong(f"{name}: {value!r} says no time zone; write {value}Z where it is UTC")
    return microseconds(found.astimezone(UTC))


def _tag_times(value: Any, tags: Sequence[str]) -> list[int | None]:
    """Return when each tag was set: given as an object by tag, or as a list beside `tags`."""
    if isinstance(value, Mapping):
        unknown = [name for name in value if name not in tags]
        if unknown:
            raise _Wrong(f"tag_pushed_at: {unknown[0]!r} is not one of its tags")
        return [_time("tag_pushed_at", value[tag]) if value.get(tag) is not None else None for tag in tags]
    if isinstance(value, str) and len(tags) == 1:
        return [_time("tag_pushed_at", value)]
    if not isinstance(value, list | tuple) or len(value) != len(tags):
        raise _Wrong("tag_pushed_at: has to be an object of times by tag, or a list as long as tags")
    return [_time("tag_pushed_at", item) if item is not None else None for item in value]


def _kind(value: Any) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (type(None), "missing"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "a text" if value != "" else "an empty text"),
        ((list, tuple), "a list"),
        (Mapping, "an object"),
    )
    return next((word for kind, word in kinds if isinstance(value, kind)), type(value).__name__)


def _parquet(path: Path) -> Inventory:
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise StackError(f"{path}: is not a Parquet file ({str(error).splitlines()[0]})") from None
    for name in frame.columns:
        if name not in FIELDS:
            raise StackError(f"{path}: column {name}: is not a field of an inventory{_suggestion(name)}")
    for name in _REQUIRED:
        if name not in frame.columns:
            raise StackError(f"{path}: has no column {name}")
        if frame[name].null_count():
            raise StackError(f"{path}: column {name}: has {frame[name].null_count()} empty values")
    columns: dict[str, Any] = {}
    for name in frame.columns:
        columns[name] = _column(path, name, frame[name])
    try:
        return build(columns)
    except StackError as error:
        raise StackError(f"{path}: {error}") from None


def _column(path: Path, name: str, values: Any) -> Any:
    import polars as pl

    def expect(right: bool, what: str) -> None:
        if not right:
            raise StackError(f"{path}: column {name}: has to be {what}, not {values.dtype}")

    if name in _TIMES:
        zoned = isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is not None
        if values.dtype == pl.String:
            return pl.Series([None if text is None else _parquet_time(path, name, text) for text in values])
        expect(zoned, "times with a time zone")
        return values.dt.convert_time_zone("UTC").dt.epoch("us")
    if name == "tag_pushed_at":
        inner = values.dtype.inner if isinstance(values.dtype, pl.List) else None
        expect(isinstance(inner, pl.Datetime) and inner.time_zone is not None, "lists of times with a time zone")
        return values.list.eval(pl.element().dt.convert_time_zone("UTC").dt.epoch("us"))
    if name in _LISTS:
        expect(values.dtype == pl.List(pl.String), "lists of texts")
    elif name == "size":
        expect(values.dtype.is_integer(), "whole numbers of bytes")
    elif name == "locked":
        expect(values.dtype == pl.Boolean, "true or false")
    else:
        expect(values.dtype in (pl.String, pl.Categorical), "texts")
        return values.cast(pl.String)
    return values


def _parquet_time(path: Path, name: str, text: str) -> int:
    try:
        return _time(name, text)
    except _Wrong as wrong:
        raise StackError(f"{path}: column {wrong}") from None


__all__ = ["FIELDS", "columns_of", "read_inventory"]
