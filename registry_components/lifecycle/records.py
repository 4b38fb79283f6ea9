"""What a record of an inventory may say, checked one by one and gathered into columns."""

from __future__ import annotations

import difflib
import re
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import polars as pl

from ..core.errors import StackError
from .inventory import Items, Layers, microseconds

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
    "layers",
)
"""What a record may have; `repository` and `digest` it has to have."""
REQUIRED: Final = ("repository", "digest")
TIMES: Final = ("pushed_at", "last_pulled_at", "archived_at", "activated_at", "untagged_at")
LISTS: Final = ("tags", "children")
LAYER: Final = ("digest", "size")
MOST_BYTES: Final = 1024**5
"""The largest size that is taken for one: sums of it stay far below 64 bits."""
NO_TIME: Final = "stands for no time at all; leave it out"
"""What is wrong with the first and the last year that there are."""
_LONGEST: Final = 256
"""Characters of texts: a million copies of a long one would be more than there is memory for."""
_MOST_TOLD: Final = 10
_MOST_WAITING: Final = 50_000
_LENGTHS: Final = {"sha256": 64, "sha512": 128}
_USUAL: Final = re.compile(r"sha256:[0-9a-f]{64}")
_DIGEST: Final = re.compile(r"(?:([a-z0-9]+(?:[.+_-][a-z0-9]+)*):)?([^\s/@,;:\x00-\x1f\x7f-\x9f]+)")
_PLAIN_SCHEMA: Final[Mapping[str, Any]] = {
    "repository": pl.String,
    "digest": pl.String,
    "size": pl.Int64,
    "media_type": pl.String,
    "subject": pl.String,
    "storage_class": pl.String,
    "locked": pl.Boolean,
    **dict.fromkeys(TIMES, pl.Int64),
}
_LIST_SCHEMA: Final[Mapping[str, Any]] = {"tags": pl.String, "children": pl.String, "tag_pushed_at": pl.Int64}

Record = tuple[str, Any]
"""Where it stands, and what it says; a `Wrong` where that could not be read."""


class Wrong(Exception):  # noqa: N818 - never leaves the reading of inventories
    """What is wrong with one record."""


class Twice(dict[str, Any]):
    """An object of JSON that has one name twice."""

    name: str


def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; a `Twice` where a name is there twice. For `object_pairs_hook`."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    twice = Twice(found)
    twice.name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return twice


def columns_of(records: Iterable[Record]) -> dict[str, Any]:
    """Return checked records as columns for `build`. Raises `StackError` that tells up to ten mistakes."""
    columns = _Columns()
    mistakes: list[str] = []
    for place, record in records:
        try:
            if isinstance(record, Wrong):
                raise record
            columns.add(place, _row(record))
        except Wrong as wrong:
            mistakes.append(f"{place}: {wrong}")
            if len(mistakes) == _MOST_TOLD:
                mistakes.append("more are not told")
                break
    if mistakes:
        raise StackError("\n".join(mistakes))
    return columns.done()


class _Columns:
    """Gathers rows. Every so often they become series, which take a fraction of the memory of objects."""

    def __init__(self) -> None:
        self._rows = 0
        self._plain = {name: _Gathered(kind) for name, kind in _PLAIN_SCHEMA.items()}
        self._lists = {name: _Gathered(kind) for name, kind in _LIST_SCHEMA.items()}
        self._row = {name: array("i") for name in _LIST_SCHEMA}
        self._blobs = _Blobs()

    def add(self, place: str, row: dict[str, Any]) -> None:
        """Add a row. Raises `Wrong` where a blob had another size before."""
        number = self._rows
        for name, value in row.items():
            if name in self._plain:
                self._plain[name].at(number, value)
            elif name == "layers":
                self._blobs.add(number, place, value)
            elif value:
                self._lists[name].extend(value)
                self._row[name].extend([number] * len(value))
        self._rows += 1

    def done(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, plain in self._plain.items():
            if plain.used or name in REQUIRED:
                found[name] = plain.series(self._rows)
        for name, items in self._lists.items():
            if items.used:
                found[name] = Items(np.array(self._row[name], dtype=np.int32), items.series())
        layers = self._blobs.layers()
        if len(layers.row):
            found["layers"] = layers
        return found


class _Gathered:
    """The values of one column."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._waiting: list[Any] = []
        self._made: list[pl.Series] = []
        self._before = 0
        self.used = False

    def at(self, number: int, value: Any) -> None:
        """Add a row's value; what no value was added for has none."""
        missing = number - self._before - len(self._waiting)
        if missing:
            self._waiting.extend([None] * missing)
        self._waiting.append(value)
        self._settle()

    def extend(self, values: Sequence[Any]) -> None:
        """Add values."""
        self._waiting.extend(values)
        self._settle()

    def _settle(self) -> None:
        self.used = True
        if len(self._waiting) >= _MOST_WAITING:
            self._make()

    def _make(self) -> None:
        self._before += len(self._waiting)
        self._made.append(pl.Series(self._waiting, dtype=self._kind))
        self._waiting.clear()

    def series(self, rows: int | None = None) -> pl.Series:
        """Return the column, as long as there are rows."""
        if rows is not None:
            self._waiting.extend([None] * (rows - self._before - len(self._waiting)))
        self._make()
        whole = pl.concat(self._made) if len(self._made) > 1 else self._made[0]
        self._made.clear()
        return whole


class _Blobs:
    """Gathers the layers of rows, and holds each blob to one size."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._size = array("q")
        self._place: list[str] = []
        self._row = array("i")
        self._blob = array("i")

    def add(self, row: int, place: str, layers: Iterable[tuple[str, int]]) -> None:
        """Add a row's layers. Raises `Wrong` where a blob had another size before."""
        for digest, size in layers:
            blob = self._known.setdefault(digest, len(self._size))
            if blob == len(self._size):
                self._size.append(size)
                self._place.append(place)
            elif self._size[blob] != size:
                raise Wrong(f"layers: {digest} has {size} bytes here and {self._size[blob]} in {self._place[blob]}")
            self._row.append(row)
            self._blob.append(blob)

    def layers(self) -> Layers:
        """Return what was added."""
        return Layers(
            np.array(self._row, dtype=np.int32),
            np.array(self._blob, dtype=np.int32),
            np.array(self._size, dtype=np.int64),
        )


def _row(record: Any) -> dict[str, Any]:
    if not isinstance(record, Mapping):
        raise Wrong(f"is {_kind(record)}, not an object with repository and digest")
    if isinstance(record, Twice):
        raise Wrong(f"{shown(record.name)}: is there twice; say it once")
    row: dict[str, Any] = {}
    for name, value in record.items():
        reader = _READERS.get(name)
        if reader is None:
            raise Wrong(f"{shown(str(name))}: is not a field of an inventory{suggestion(str(name))}")
        if value is not None:
            row[name] = reader(name, value)
    for name in REQUIRED:
        if name not in row:
            raise Wrong(f"{name}: has to be a text, not missing")
    if "tag_pushed_at" in row:
        row["tag_pushed_at"] = _tag_times(row["tag_pushed_at"], row.get("tags") or [])
    return row


def shown(text: str) -> str:
    """Return a text from an inventory as a message can have it."""
    if 0 < len(text) <= 80 and text.isprintable():
        return text
    return ascii(text[:80]) + ("…" if len(text) > 80 else "")


def _quoted(text: str) -> str:
    return ascii(text[:80]) + ("…" if len(text) > 80 else "")


def suggestion(name: str, allowed: Sequence[str] = FIELDS) -> str:
    """Return what a message adds about a name that is not known."""
    close = difflib.get_close_matches(name[:40], allowed, n=1)
    return f"; did you mean {close[0]}?" if close else f"; allowed: {', '.join(allowed)}"


def wrong_text(text: str, most: int = _LONGEST, *, blanks: bool = True) -> str | None:
    """Return what is wrong with a text: characters that cannot be printed, blanks, more than `most` of them."""
    if not text.isprintable() or (not blanks and " " in text):
        return f"{_quoted(text)} has a blank or a character that cannot be printed"
    return f"{_quoted(text)} is longer than {most} characters" if len(text) > most else None


def wrong_name(text: str) -> str | None:
    """Return what is wrong with the name of a repository."""
    return wrong_text(text, 1024, blanks=False) if text else "is an empty text"


def wrong_tag(text: str) -> str | None:
    """Return what is wrong with a tag."""
    if not text:
        return "is an empty text"
    told = wrong_text(text, blanks=False)
    if told is None and ("," in text or ";" in text):
        return f"{_quoted(text)} is not one tag; give a list of them"
    return told


def wrong_digest(text: str) -> str | None:
    """Return what is wrong with a digest.

    SHA-256 has 64 digits and SHA-512 128. Shorter ones are names that somebody gave in place of digests, which is fine:
    digests are compared, and never computed.
    """
    if _USUAL.fullmatch(text):
        return None
    found = _DIGEST.fullmatch(text)
    right = found is not None and len(text) <= _LONGEST
    if right and found is not None and found[1] in _LENGTHS:
        length = _LENGTHS[found[1]]
        right = len(found[2]) < length or (len(found[2]) == length and re.fullmatch("[0-9a-f]+", found[2]) is not None)
    return None if right else f"{_quoted(text)} is not a digest such as sha256: and 64 digits 0-9a-f"


def wrong_size(size: int) -> str | None:
    """Return what is wrong with a number of bytes."""
    if size < 0:
        return f"has to be at least 0, not {str(size)[:20]}"
    return f"has to be at most {MOST_BYTES} bytes (1 PiB), not {str(size)[:20]}" if size > MOST_BYTES else None


def _check(name: str, told: str | None) -> None:
    if told is not None:
        raise Wrong(f"{name}: {told}")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(f"{name}: has to be a text, not {_kind(value)}")
    _check(name, wrong_text(value))
    return value


def _name(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Wrong(f"{name}: has to be a text, not {_kind(value)}")
    _check(name, wrong_name(value))
    return value


def _digest(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        what = "a text" if name in REQUIRED else "a digest"
        raise Wrong(f"{name}: has to be {what}, not {_kind(value)}")
    _check(name, wrong_digest(value))
    return value


def _size(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong(f"{name}: has to be a whole number of bytes, not {_said(value)}")
    _check(name, wrong_size(value))
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"{name}: has to be true or false, not {_kind(value)}")
    return value


def _list(name: str, value: Any, wrong: Callable[[str], str | None]) -> Sequence[str]:
    if not isinstance(value, list | tuple):
        raise Wrong(f"{name}: has to be a list of texts, not {_kind(value)}")
    for item in value:
        if not isinstance(item, str) or not item:
            raise Wrong(
                f"{name}: has to be a list of texts, not a list with {'null' if item is None else _said(item)} in it"
            )
        _check(name, wrong(item))
    return value


def _tags(name: str, value: Any) -> Sequence[str]:
    found = _list(name, value, wrong_tag)
    if len(found) > 1 and len(set(found)) != len(found):
        raise Wrong(f"{name}: one is there twice")
    return found


def _children(name: str, value: Any) -> Sequence[str]:
    return _list(name, value, wrong_digest)


def time_of(value: Any) -> int:
    """Return a time in RFC 3339 as microseconds. Raises `Wrong`."""
    if not isinstance(value, str):
        raise Wrong(f"has to be a time such as 2026-11-24T00:00:00Z, not {_said(value)}")
    try:
        found = datetime.fromisoformat(value)
        zoned = found.astimezone(UTC) if found.tzinfo is not None else found
    except (ValueError, OverflowError):
        raise Wrong(f"{_quoted(value)} is not a time such as 2026-11-24T00:00:00Z") from None
    if found.tzinfo is None:
        raise Wrong(f"{_quoted(value)} says no time zone; write {found.isoformat()}Z where it is UTC")
    # Go writes the year 1 for a time that is not set, others 9999.
    if not 1 < zoned.year < 9999:
        raise Wrong(f"{_quoted(value)} {NO_TIME}")
    return microseconds(zoned)


def _time(name: str, value: Any) -> int:
    try:
        return time_of(value)
    except Wrong as wrong:
        raise Wrong(f"{name}: {wrong}") from None


def _tag_times(value: Any, tags: Sequence[str]) -> list[int | None]:
    """Return when each tag was set: given as an object by tag, or as a list beside `tags`."""
    if isinstance(value, Twice):
        raise Wrong(f"tag_pushed_at: {_quoted(value.name)} is there twice; say it once")
    if isinstance(value, Mapping):
        known = set(tags)
        unknown = [name for name in value if name not in known]
        if unknown:
            raise Wrong(f"tag_pushed_at: {_quoted(str(unknown[0]))} is not one of its tags")
        return [_time("tag_pushed_at", value[tag]) if value.get(tag) is not None else None for tag in tags]
    if isinstance(value, str) and len(tags) == 1:
        return [_time("tag_pushed_at", value)]
    if not isinstance(value, list | tuple) or len(value) != len(tags):
        raise Wrong("tag_pushed_at: has to be an object of times by tag, or a list as long as tags")
    return [_time("tag_pushed_at", item) if item is not None else None for item in value]


def _layers(name: str, value: Any) -> list[tuple[str, int]]:
    if not isinstance(value, list | tuple):
        raise Wrong(f"{name}: has to be a list of objects with digest and size, not {_kind(value)}")
    return [_layer(f"{name}[{place}]", item) for place, item in enumerate(value)]


def _layer(name: str, item: Any) -> tuple[str, int]:
    if not isinstance(item, Mapping):
        raise Wrong(f"{name}: has to be an object with digest and size, not {_kind(item)}")
    if isinstance(item, Twice):
        raise Wrong(f"{name}.{shown(item.name)}: is there twice; say it once")
    for key in item:
        if key not in LAYER:
            raise Wrong(f"{name}.{shown(str(key))}: is not a field of a layer{suggestion(str(key), LAYER)}")
    return _digest(f"{name}.digest", item.get("digest")), _size(f"{name}.size", item.get("size"))


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "repository": _name,
    "digest": _digest,
    "tags": _tags,
    "size": _size,
    "media_type": _text,
    "children": _children,
    "subject": _digest,
    "storage_class": _text,
    "tag_pushed_at": lambda _, value: value,  # read with the tags
    "locked": _flag,
    "layers": _layers,
    **dict.fromkeys(TIMES, _time),
}


def _said(value: Any) -> str:
    """Return a value for a message: what it is, and of what CSV or a JSON number says, itself."""
    if isinstance(value, float):
        return f"{value!r}"
    return _kind(value)


def _kind(value: Any) -> str:
    """Return what a value is, in words."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (type(None), "missing"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "a text" if value != "" else "an empty text"),
        ((list, tuple), "a list"),
        (Mapping, "an object"),
    )
    return next((word for kind, word in kinds if isinstance(value, kind)), type(value).__name__)


__all__ = [
    "FIELDS",
    "LAYER",
    "LISTS",
    "MOST_BYTES",
    "NO_TIME",
    "REQUIRED",
    "TIMES",
    "Record",
    "Twice",
    "Wrong",
    "columns_of",
    "shown",
    "suggestion",
    "time_of",
    "without_doubles",
    "wrong_digest",
    "wrong_name",
    "wrong_size",
    "wrong_tag",
    "wrong_text",
]
