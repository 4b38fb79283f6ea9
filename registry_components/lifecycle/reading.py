"""Reads inventories: JSON Lines, a JSON array, CSV or Parquet. A mistake is told with its place, ten at most.

Text is read as a stream, a record at a time, so that a hostile file takes no more memory than an honest one as large.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from ..core.errors import StackError
from . import memory
from .inventory import Inventory, build
from .records import FIELDS, LISTS, REQUIRED, Record, Wrong, columns_of, shown, suggestion, without_doubles

MOST_TEXT_BYTES: Final = 2 * 1024**3
"""The largest text file that is read; a larger inventory comes as Parquet, which takes a fraction of the time."""
_LONGEST_LINE: Final = 16 * 1024**2
_CHUNK: Final = 1024**2
_MEMORY: Final = 8
"""Bytes of memory that a byte of text may take: measured, of records with a million short tags; others take two."""
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_OTHERS: Final = {
    b"PAR1": "is Parquet; give it the suffix .parquet",
    b"\x1f\x8b": "is compressed by gzip; decompress it first",
    b"\x28\xb5\x2f\xfd": "is compressed by zstd; decompress it first",
    b"BZh": "is compressed by bzip2; decompress it first",
    b"\xfd7zXZ": "is compressed by xz; decompress it first",
    b"PK\x03\x04": "is a ZIP archive; unpack it first",
    b"\xff\xfe": "is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "is UTF-16 text; save it as UTF-8",
}
_CSV_WORDS: Final = {
    "new-line character": "a carriage return ends a line by itself; save it with line feeds",
    "field limit": f"a value has more than {csv.field_size_limit()} characters; give the inventory as JSON Lines",
    "unexpected end": "a quotation mark is not closed",
}


def read_inventory(path: Path) -> Inventory:
    """Return the inventory in a file. Raises `StackError` with the file, the line and what is wrong there.

    What would not fit into memory is refused before it is read.
    """
    try:
        if path.is_dir():
            raise StackError("is a folder, not a file")
        if not path.exists():
            raise StackError("there is no such file")
        if not path.is_file():
            # It might never end, and how large it is has to be known first.
            raise StackError("is a pipe or a device; write the inventory to a file first")
        if path.suffix.lower() == ".parquet":
            from .parquet import read

            return read(path)
        return _text(path)
    except OSError as error:
        raise StackError(f"{path}: cannot be read: {error.strerror}") from None
    except StackError as error:
        raise StackError("\n".join(f"{path}: {line}" for line in str(error).split("\n"))) from None


def _text(path: Path) -> Inventory:
    size = path.stat().st_size
    if size > MOST_TEXT_BYTES:
        raise StackError(
            f"{size} bytes are more than a text inventory may have ({MOST_TEXT_BYTES}); give it as Parquet"
        )
    memory.check(size * _MEMORY, "give it as Parquet, or split it by repository")
    with path.open("rb") as file:
        head = file.read(8)
        for magic, told in _OTHERS.items():
            if head.startswith(magic):
                raise StackError(told)
        file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
        if path.suffix.lower() == ".csv":
            return build(columns_of(_csv(file)))
        start = file.tell()
        array = _first(file) == b"["
        file.seek(start)
        return build(columns_of(_array(file) if array else _lines(file)))


def _first(file: BinaryIO) -> bytes:
    """Return the first byte that is not blank."""
    while chunk := file.read(_CHUNK):
        if found := chunk.lstrip(b" \t\r\n"):
            return found[:1]
    return b""


def _numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield numbered lines. Raises `StackError` where one is too long to be one of an inventory."""
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise StackError(f"line {number}: is longer than {_LONGEST_LINE} bytes")
        yield number, line


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise Wrong(f"is not UTF-8 text ({error.reason} at byte {error.start + 1} of the line)") from None


def _lines(file: BinaryIO) -> Iterator[Record]:
    decoder = json.JSONDecoder(object_pairs_hook=without_doubles)
    empty = True
    for number, line in _numbered(file):
        if line.isspace():
            continue
        empty = False
        place = f"line {number}"
        try:
            yield place, decoder.decode(_decoded(line))
        except Wrong as wrong:
            yield place, wrong
        except (ValueError, RecursionError) as error:
            yield place, Wrong(f"is not JSON: {_why(error)}")
    if empty:
        raise StackError("is empty; an inventory without an artifact is []")


def _text_lines(file: BinaryIO) -> Iterator[str]:
    for number, line in _numbered(file):
        try:
            yield _decoded(line)
        except Wrong as wrong:
            raise StackError(f"line {number}: {wrong}") from None


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg.removesuffix(" at").removesuffix(" starting")
    return "it is nested too deep" if isinstance(error, RecursionError) else "a number in it is too long"


class _Array:
    """The text of a JSON array, of which a part is in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._json = json.JSONDecoder(object_pairs_hook=without_doubles)
        self._read = self._line = self._chars = 0
        self._column = 0
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next character that is not blank; nothing at the end."""
        while True:
            found = _BLANK.match(self._text, self._at)
            self._at = found.end() if found is not None else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Leave one character behind."""
        self._at += 1

    def value(self, number: int) -> Any:
        """Return the next value."""
        while True:
            try:
                found, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > _LONGEST_LINE:
                    raise StackError(f"item {number}: is longer than {_LONGEST_LINE} characters") from None
                further = error.pos - self._at  # reading on forgets what is before the value
                if not self._more():
                    raise self.wrong(error.msg, self._at + further) from None
            except (ValueError, RecursionError) as error:
                raise StackError(f"item {number}: is not JSON: {_why(error)}") from None
            else:
                # A number goes on, perhaps, in what was not read yet.
                if end < len(self._text) or not self._more():
                    self._at = end
                    return found

    def wrong(self, told: str, at: int | None = None) -> StackError:
        """Return the error about what stands at a position, or here."""
        at = self._at if at is None else at
        line = self._line + self._text.count("\n", 0, at) + 1
        last = self._text.rfind("\n", 0, at)
        column = at - last if last >= 0 else self._column + at + 1
        return StackError(f"is not a JSON array: {told}: line {line} column {column} (char {self._chars + at})")

    def _more(self) -> bool:
        """Read on, forgetting what was left behind; return whether there was more."""
        if self._ended:
            return False
        chunk = self._file.read(_CHUNK)
        before = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            at = self._read - before + error.start + 1
            raise StackError(f"is not UTF-8 text ({error.reason} at byte {at})") from None
        self._read += len(chunk)
        self._ended = not chunk
        gone = self._text[: self._at]
        self._chars += len(gone)
        self._line += gone.count("\n")
        last = gone.rfind("\n")
        self._column = len(gone) - last - 1 if last >= 0 else self._column + len(gone)
        self._text = self._text[self._at :] + text
        self._at = 0
        return bool(chunk)


def _array(file: BinaryIO) -> Iterator[Record]:
    text = _Array(file)
    text.peek()
    text.skip()
    number = 0
    if text.peek() == "]":
        text.skip()
    else:
        while True:
            number += 1
            text.peek()
            yield f"item {number}", text.value(number)
            after = text.peek()
            if after not in {",", "]"}:
                raise text.wrong("Expecting ',' delimiter")
            text.skip()
            if after == "]":
                break
    if text.peek():
        raise text.wrong("Extra data")


def _csv(file: BinaryIO) -> Iterator[Record]:
    # What is quoted may have line ends: a record stands where its first line does.
    reader = csv.reader(_text_lines(file), strict=True)
    names: list[str] = []
    begun = 1
    try:
        for values in reader:
            place, begun = f"line {begun}", reader.line_num + 1
            if not values or (len(values) == 1 and not values[0].strip()):
                continue
            if not names:
                names = [value.strip() for value in values]
                _check_header(place, names)
            elif len(values) != len(names):
                told = f"has {_count(len(values), 'value')}, and the first line has {_count(len(names), 'name')}"
                yield place, Wrong(told)
            else:
                row = {name: value for name, value in zip(names, values, strict=True) if value}
                try:
                    yield place, _typed(row)
                except Wrong as wrong:
                    yield place, wrong
    except csv.Error as error:
        told = next((said for word, said in _CSV_WORDS.items() if word in str(error)), str(error))
        raise StackError(f"line {begun}: is not CSV: {told}") from None
    if not names:
        raise StackError("is empty; its first line names the fields, such as repository,digest,tags,pushed_at")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _check_header(place: str, names: Sequence[str]) -> None:
    mistakes = [
        f"{shown(name)}: is not a field of an inventory{suggestion(name)}" for name in names if name not in FIELDS
    ]
    mistakes += [f"{name}: is there twice; say it once" for name in FIELDS if names.count(name) > 1]
    mistakes += [f"has no column {name}" for name in REQUIRED if name not in names]
    if mistakes:
        raise StackError("\n".join(f"{place}: {mistake}" for mistake in mistakes[:10]))


def _typed(row: dict[str, str]) -> dict[str, Any]:
    """Return a CSV row's texts as what they stand for; lists are separated by blanks or semicolons."""
    typed: dict[str, Any] = dict(row)
    for name in (*LISTS, "tag_pushed_at"):
        if name in row:
            typed[name] = row[name].replace(";", " ").split()
    if "size" in row:
        typed["size"] = _number("size", row["size"])
    if row.get("locked", "").lower() in {"true", "false"}:
        typed["locked"] = row["locked"].lower() == "true"
    if "layers" in row:
        typed["layers"] = _layers(row["layers"])
    return typed


def _number(name: str, text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,20}", text):
        raise Wrong(f"{name}: {text[:40]!a} is not a whole number of bytes")
    return int(text)


def _layers(text: str) -> Any:
    """Return the layers in a cell: JSON, or `digest=size` separated by blanks or semicolons."""
    if text.lstrip().startswith("["):
        try:
            return json.loads(text, object_pairs_hook=without_doubles)
        except (ValueError, RecursionError) as error:
            raise Wrong(f"layers: is not JSON: {_why(error)}") from None
    found = []
    for item in text.replace(";", " ").split():
        digest, equals, size = item.rpartition("=")
        if not equals:
            raise Wrong(f"layers: {item[:80]!a} is not digest=size, and the whole is not JSON")
        found.append({"digest": digest, "size": _number("layers", size)})
    return found


__all__ = ["FIELDS", "MOST_TEXT_BYTES", "columns_of", "read_inventory"]
