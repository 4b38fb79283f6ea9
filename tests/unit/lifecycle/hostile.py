"""Parquet files written field by field, so that each can say what is not so (parquet.thrift, compact protocol)."""

from __future__ import annotations

from typing import Any, Final

MAGIC: Final = b"PAR1"
I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12
_UTF8_TEXT, _PLAIN, _RLE = 6, 0, 3


def varint(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(found) + bytes([value])


def number(value: int) -> bytes:
    return varint((value << 1) ^ (value >> 63))


def text(value: bytes) -> bytes:
    return varint(len(value)) + value


def listed(kind: int, items: list[bytes], size: int | None = None) -> bytes:
    return bytes([0xF0 | kind]) + varint(len(items) if size is None else size) + b"".join(items)


def struct(fields: dict[int, tuple[int, bytes]]) -> bytes:
    before, found = 0, b""
    for place, (kind, value) in fields.items():
        found += bytes([(place - before) << 4 | kind]) + value
        before = place
    return found + b"\0"


def i32(value: int) -> tuple[int, bytes]:
    return I32, number(value)


def i64(value: int) -> tuple[int, bytes]:
    return I64, number(value)


def parquet(rows: int = 2, **lies: Any) -> bytes:
    """Return a file of repositories and digests, which is right where it is not said to lie.

    Lies: `rows`, `group_rows`, `values`, `offset`, `chunk`, `whole` of the footer; `page_values`, `page`, `compressed`
    of the page headers; `groups` is how often the row group is named, `length` what the footer's length is said to be.
    """
    data, columns = bytearray(MAGIC), []
    values = {"repository": [b"a"] * rows, "digest": [b"sha256:%064x" % place for place in range(rows)]}
    for name, texts in values.items():
        plain = b"".join(len(one).to_bytes(4, "little") + one for one in texts)
        page = struct(
            {
                1: i32(0),
                2: i32(lies.get("page", len(plain))),
                3: i32(lies.get("compressed", len(plain))),
                5: (
                    STRUCT,
                    struct({1: i32(lies.get("page_values", rows)), 2: i32(_PLAIN), 3: i32(_RLE), 4: i32(_RLE)}),
                ),
            }
        )
        at, size = len(data), len(page) + len(plain)
        data += page + plain
        meta = struct(
            {
                1: i32(_UTF8_TEXT),
                2: (LIST, listed(I32, [number(_PLAIN)])),
                3: (LIST, listed(BINARY, [text(name.encode())])),
                4: i32(0),
                5: i64(lies.get("values", rows)),
                6: i64(lies.get("whole", size)),
                7: i64(lies.get("chunk", size)),
                9: i64(lies.get("offset", at)),
            }
        )
        columns.append(struct({2: i64(at), 3: (STRUCT, meta)}))
    group = struct({1: (LIST, listed(STRUCT, columns)), 2: i64(len(data)), 3: i64(lies.get("group_rows", rows))})
    elements = [struct({4: (BINARY, text(b"schema")), 5: i32(2)})]
    elements += [
        struct({1: i32(_UTF8_TEXT), 3: i32(0), 4: (BINARY, text(name.encode())), 6: i32(0)}) for name in values
    ]
    footer = struct(
        {
            1: i32(1),
            2: (LIST, listed(STRUCT, elements)),
            3: i64(lies.get("rows", rows)),
            4: (LIST, listed(STRUCT, [group] * lies.get("groups", 1))),
        }
    )
    return closed(bytes(data), footer, lies.get("length"))


def closed(data: bytes, footer: bytes, length: int | None = None) -> bytes:
    """Return a file of pages and a footer."""
    return data + footer + (len(footer) if length is None else length).to_bytes(4, "little") + MAGIC
