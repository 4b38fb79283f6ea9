"""How large a Parquet file says to be, and whether that can be, before anything of it is read.

The footer stands at the end of the file: metadata in Thrift's compact protocol, its length in four bytes, `PAR1`; each
page has a header before it (Apache Parquet format, `README.md`, `parquet.thrift`). A small file can declare more rows
than there is memory for, and what reads it afterwards allocates what it declares.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any, Final, NamedTuple

_LARGEST: Final = 16 * 1024**2
_MOST_PAGES: Final = 1_000_000
_DEEPEST: Final = 16
_MAGIC: Final = b"PAR1"
_ENCRYPTED: Final = b"PARE"
_MOST: Final = 1 << 62
_MOST_PAGE: Final = (1 << 31) - 1


class NotParquet(Exception):  # noqa: N818 - its text is the whole message
    """Why a file is no Parquet file that can be read."""


class Layout(NamedTuple):
    """What a file declares."""

    rows: int
    values: int
    """The values of all columns; of lists, their items."""
    bytes: int
    """The bytes of all pages, without compression."""


def read(path: Path) -> Layout:
    """Return what a file declares. Raises `NotParquet` or `OSError`."""
    with path.open("rb") as file:
        if not file.read(1):
            raise NotParquet("it is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _layout(data)


def _layout(data: mmap.mmap) -> Layout:
    size = len(data)
    if data[:4] != _MAGIC:
        raise NotParquet("it is encrypted" if data[:4] == _ENCRYPTED else "it does not begin with PAR1")
    if size < 12 or data[-4:] != _MAGIC:
        raise NotParquet("it is encrypted" if data[-4:] == _ENCRYPTED else "it was cut off: PAR1 is not at its end")
    length = int.from_bytes(data[-8:-4], "little")
    if length > size - 12:
        raise NotParquet("its footer is damaged: it says to be longer than the file")
    if length > _LARGEST:
        raise NotParquet(f"its footer has {length} bytes, and {_LARGEST} at most are read")
    begin = size - 8 - length
    try:
        return _declared(_Thrift(data, begin, size - 8).struct(), data, begin)
    except (IndexError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotParquet("it is damaged: what its footer says of its pages cannot be") from None


def _declared(footer: dict[int, Any], data: mmap.mmap, end: int) -> Layout:
    # FileMetaData: 3 num_rows, 4 row_groups. RowGroup: 1 columns, 3 num_rows. ColumnChunk: 3 meta_data.
    rows, in_groups = _count(footer[3]), 0
    walk = _Pages(data, end)
    for group in footer.get(4, []):
        in_groups += _count(group[3])
        for chunk in group[1]:
            walk.chunk(chunk[3])
    return Layout(max(rows, in_groups), walk.values, walk.bytes)


def _count(value: Any, most: int = _MOST) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise KeyError
    return value


class _Pages:
    """Goes from page header to page header; what does not hold ends in an `IndexError` or `KeyError`."""

    def __init__(self, data: mmap.mmap, end: int) -> None:
        self._data = data
        self._end = end
        self._pages = 0
        self.values = 0
        self.bytes = 0

    def chunk(self, meta: dict[int, Any]) -> None:
        """Take a column of a row group, given its metadata."""
        # ColumnMetaData: 5 num_values, 6 total_uncompressed_size, 7 total_compressed_size, 9 data_page_offset,
        # 11 dictionary_page_offset.
        values = _count(meta[5])
        at = _count(meta[9], self._end)
        if meta.get(11):
            at = min(at, _count(meta[11], self._end))
        end = at + _count(meta[7], self._end - at)
        if at < len(_MAGIC):
            raise KeyError
        said = size = 0
        while at < end:
            self._pages += 1
            if self._pages > _MOST_PAGES:
                raise NotParquet(f"it has more than {_MOST_PAGES} pages")
            thrift = _Thrift(self._data, at, end)
            header = thrift.struct()
            said += _values_of(header, values)
            size += header[2]
            at = thrift.at + _count(header[3], end - thrift.at)
        if said > values:
            raise KeyError
        self.values += values
        self.bytes += max(size, _count(meta[6]))


def _values_of(header: dict[int, Any], most: int) -> int:
    """Return how many values a page has, none if they are a dictionary."""
    # PageHeader: 2 uncompressed_page_size, 3 compressed_page_size, 5 data_page_header, 7 dictionary_page_header,
    # 8 data_page_header_v2. Of each of these: 1 num_values; of the last 2 num_nulls, 3 num_rows, and the bytes of
    # levels, which are not compressed, 5 and 6.
    size = _count(header[2], _MOST_PAGE)
    if 7 in header:
        _count(header[7][1], size)
        return 0
    if 8 in header:
        found = header[8]
        values = _count(found[1], most)
        _count(found[2], values)
        _count(found[3], values)
        _count(_count(found[5]) + _count(found[6]), min(size, _count(header[3])))
        return values
    return _count(header[5][1], most)


class _Thrift:
    """Reads the compact protocol; what does not hold ends in an `IndexError` or `KeyError`."""

    def __init__(self, data: bytes | mmap.mmap, at: int, end: int) -> None:
        self._data = data
        self._end = end
        self.at = at

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Return a struct's fields by their numbers."""
        if depth > _DEEPEST:
            raise KeyError
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 0x0F
            number = number + step if step else self._signed()
            # A boolean field has its value for its kind.
            found[number] = kind == 1 if kind in {1, 2} else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind in {1, 2, 3}:  # in lists a boolean is a byte
            return self._byte()
        if kind in {4, 5, 6}:
            return self._signed()
        if kind == 7:
            return self._skip(8)
        if kind == 8:
            return self._skip(self._unsigned())
        if kind in {9, 10}:
            return self._list(depth + 1)
        if kind == 12:
            return self.struct(depth + 1)
        raise KeyError  # no field of Parquet's is a map

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        size, kind = head >> 4, head & 0x0F
        if size == 15:
            size = self._unsigned()
        if size > self._end - self.at or depth > _DEEPEST:
            raise IndexError
        return [self._value(kind, depth) for _ in range(size)]

    def _byte(self) -> int:
        if self.at >= self._end:
            raise IndexError
        value = self._data[self.at]
        self.at += 1
        return value

    def _unsigned(self) -> int:
        found = shift = 0
        while True:
            byte = self._byte()
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return found
            shift += 7
            if shift > 63:
                raise KeyError

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, size: int) -> None:
        if size > self._end - self.at:
            raise IndexError
        self.at += size


__all__ = ["Layout", "NotParquet", "read"]
