"""Unit proof: a Parquet file that is wrong, damaged, or made to do harm is refused in words, and takes nothing down."""

from __future__ import annotations

import io
import os
import resource
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.lifecycle import memory, read_inventory
from registry_components.lifecycle.records import FIELDS
from tests.unit.lifecycle.hostile import (
    BINARY,
    I32,
    LIST,
    STRUCT,
    closed,
    i32,
    i64,
    listed,
    number,
    parquet,
    struct,
    text,
    varint,
)
from tests.unit.lifecycle.test_hostile_text import told

pytestmark = pytest.mark.unit

MIB = 1024**2
D = "sha256:1"
T = datetime(2026, 1, 1, tzinfo=UTC)
BEGIN = "is not a Parquet file that can be read: it does not begin with PAR1"
CUT = "is not a Parquet file that can be read: it was cut off: PAR1 is not at its end"
ENCRYPTED = "is not a Parquet file that can be read: it is encrypted"
DAMAGED = "is not a Parquet file that can be read: it is damaged: what its footer says of its pages cannot be"
TOLD = "is not a Parquet file that can be read: …"
"""The rest is the words of the reader, which change."""
ALLOWED = f"allowed: {', '.join(FIELDS)}"
NO_TIME = "is before the year 2 or after 9998, which stands for no time at all; leave it out"
UNPRINTABLE = "has a blank or a character that cannot be printed"
NO_DIGEST = "is not a digest such as sha256: and 64 digits 0-9a-f"
NO_LAYERS = "has to be lists of structs of digest (text) and size (whole number)"


def raw(columns: dict[str, Any]) -> bytes:
    """Return a file with columns."""
    made = io.BytesIO()
    pl.DataFrame(columns).write_parquet(made)
    return made.getvalue()


def F(**more: Any) -> bytes:  # noqa: N802 - a hundred times below
    """Return a file of two artifacts with more columns."""
    return raw({"repository": ["a", "b"], "digest": ["sha256:1", "sha256:2"], **more})


good = parquet()
deep = b"\x1c" * 100 + b"\0"
FILES: list[tuple[str, bytes, str | int]] = [
    ("honest", good, 2),
    ("empty", b"", "is not a Parquet file that can be read: it is empty"),
    ("one byte", b"P", BEGIN),
    ("magic", b"PAR1", CUT),
    ("twice", b"PAR1PAR1", CUT),
    ("eleven", b"PAR1\x00\x00\x00PAR1", CUT),
    ("text", b"{}" * 20, BEGIN),
    ("gzip", b"\x1f\x8b" + good, BEGIN),
    ("wrong magic", b"PAR2" + good[4:], BEGIN),
    ("end", good[:-4] + b"PAR2", CUT),
    ("encrypted footer", b"PARE" + good[4:-4] + b"PARE", ENCRYPTED),
    ("encrypted end", good[:-4] + b"PARE", ENCRYPTED),
    ("half", good[: len(good) // 2], CUT),
    ("last byte", good[:-1], CUT),
    ("no begin", good[4:], BEGIN),
    (
        "len too long",
        parquet(length=2**32 - 1),
        ("is not a Parquet file that can be read: its footer is damaged: it says to be longer than the file"),
    ),
    (
        "len one more",
        parquet(length=10**4),
        ("is not a Parquet file that can be read: its footer is damaged: it says to be longer than the file"),
    ),
    ("len 0", parquet(length=0), DAMAGED),
    ("len short", parquet(length=5), DAMAGED),
    (
        "rows 2^40",
        closed(
            b"PAR1", struct({1: i32(1), 2: (LIST, listed(STRUCT, [])), 3: i64(2**40), 4: (LIST, listed(STRUCT, []))})
        ),
        (
            "declares 1099511627776 artifacts with 0 values; an inventory has at most 100000000 "
            "artifacts and 2147483647 values: split it"
        ),
    ),
    (
        "group rows 2^40",
        parquet(group_rows=2**40),
        (
            "declares 1099511627776 artifacts with 4 values; an inventory has at most 100000000 "
            "artifacts and 2147483647 values: split it"
        ),
    ),
    ("rows neg", parquet(group_rows=-1), DAMAGED),
    (
        "values 2^40",
        parquet(values=2**40),
        (
            "declares 2 artifacts with 2199023255552 values; an inventory has at most 100000000 "
            "artifacts and 2147483647 values: split it"
        ),
    ),
    ("values neg", parquet(values=-5), DAMAGED),
    ("page values", parquet(page_values=2**31 - 1), DAMAGED),
    ("page values neg", parquet(page_values=-1), DAMAGED),
    ("page values fewer", parquet(page_values=1), TOLD),
    ("values more", parquet(values=2000), 2),
    ("page size 2g", parquet(page=2**31 - 1), 2),
    ("page size neg", parquet(page=-1), DAMAGED),
    ("page larger", parquet(page=100000), 2),
    ("compressed 2g", parquet(compressed=2**31 - 1), DAMAGED),
    ("compressed 0", parquet(compressed=0), DAMAGED),
    ("compressed neg", parquet(compressed=-7), DAMAGED),
    ("offset 0", parquet(offset=0), DAMAGED),
    ("offset neg", parquet(offset=-4), DAMAGED),
    ("offset far", parquet(offset=2**40), DAMAGED),
    ("offset 5", parquet(offset=5), DAMAGED),
    ("chunk huge", parquet(chunk=2**50), DAMAGED),
    ("chunk 0", parquet(chunk=0), TOLD),
    ("chunk neg", parquet(chunk=-1), DAMAGED),
    (
        "groups 3",
        parquet(groups=3),
        (
            "a@sha256:0000000000000000000000000000000000000000000000000000000000000000 is in the "
            "inventory 3 times; give each digest of a repository once, with all its tags"
        ),
    ),
    ("footer garbage", closed(b"PAR1", b"\xff" * 50), DAMAGED),
    ("footer zeros", closed(b"PAR1", b"\x00" * 50), DAMAGED),
    ("footer deep", closed(b"PAR1", deep), DAMAGED),
    ("list of 2^62", closed(b"PAR1", bytes([41]) + listed(STRUCT, [], 2**62) + b"\x00"), DAMAGED),
    ("varint endless", closed(b"PAR1", b"6" + b"\x80" * 40), DAMAGED),
    ("text 2^40", closed(b"PAR1", b"H" + varint(2**40)), DAMAGED),
    (
        "17 MiB footer",
        closed(b"PAR1", b"\x00" * (17 << 20)),
        ("is not a Parquet file that can be read: its footer has 17825792 bytes, and 16777216 at most are read"),
    ),
    ("no rows field", closed(b"PAR1", struct({1: i32(1)})), DAMAGED),
    ("rows is text", closed(b"PAR1", struct({3: (BINARY, text(b"9"))})), DAMAGED),
    ("group not a struct", closed(b"PAR1", struct({3: i64(1), 4: (LIST, listed(I32, [number(1)]))})), DAMAGED),
    ("unknown column", F(tag=["a", "b"]), "column tag: is not a field of an inventory; did you mean tags?"),
    ("tags text", F(tags=["a", "b"]), "column tags: has to be lists of texts, not String"),
    ("size text", F(size=["1", "2"]), "column size: has to be whole numbers of bytes, not String"),
    ("size float", F(size=[1.0, float("nan")]), "column size: has to be whole numbers of bytes, not Float64"),
    ("size neg", F(size=[1, -1]), "column size: row 2 (b@sha256:2): has to be at least 0, not -1"),
    (
        "size big",
        F(size=[2**50 + 1, 5]),
        ("column size: row 1 (a@sha256:1): has to be at most 1125899906842624 bytes (1 PiB), not 1125899906842625"),
    ),
    (
        "size u64",
        F(size=pl.Series([2**64 - 1, 5], dtype=pl.UInt64)),
        ("column size: row 1 (a@sha256:1): has to be at most 1125899906842624 bytes (1 PiB), not 18446744073709551615"),
    ),
    ("size null ok", F(size=[None, 5]), 2),
    ("locked text", F(locked=["true", "no"]), "column locked: has to be true or false, not String"),
    (
        "pushed naive",
        F(pushed_at=[T.replace(tzinfo=None)] * 2),
        ("column pushed_at: has to be times with a time zone, or texts, not Datetime(time_unit='us', time_zone=None)"),
    ),
    ("pushed int", F(pushed_at=[5, 6]), "column pushed_at: has to be times with a time zone, or texts, not Int64"),
    (
        "pushed year 1",
        F(pushed_at=[T, datetime(1, 1, 1, tzinfo=UTC)]),
        f"column pushed_at: row 2 (b@sha256:2): {NO_TIME}",
    ),
    (
        "pushed 9999",
        F(pushed_at=[datetime(9999, 12, 31, tzinfo=UTC)] * 2),
        f"column pushed_at: row 1 (a@sha256:1): {NO_TIME}; so is 1 more",
    ),
    (
        "pushed texts",
        F(pushed_at=["2026-01-01T00:00:00Z", "gestern"]),
        ("column pushed_at: row 2 (b@sha256:2): 'gestern' is not a time such as 2026-11-24T00:00:00Z"),
    ),
    (
        "pushed ms overflow",
        F(pushed_at=pl.Series([2**62, 0], dtype=pl.Int64).cast(pl.Datetime("ms", "UTC"))),
        f"column pushed_at: row 1 (a@sha256:1): {NO_TIME}",
    ),
    ("missing digest", raw({"repository": ["a"]}), "has no column digest"),
    ("no columns at all", raw({}), "has no column repository\nhas no column digest"),
    (
        "null repo",
        raw({"repository": [None, "a"], "digest": ["sha256:1", "sha256:2"]}),
        "column repository: row 1 (None@sha256:1): is empty",
    ),
    (
        "null digest",
        raw({"repository": ["a", "a"], "digest": ["sha256:1", None]}),
        "column digest: row 2 (a@None): is empty",
    ),
    (
        "empty repo",
        raw({"repository": ["", "a"], "digest": ["sha256:1", "sha256:2"]}),
        "column repository: row 1 (@sha256:1): is an empty text",
    ),
    ("int repo", raw({"repository": [1], "digest": ["sha256:1"]}), "column repository: has to be texts, not Int64"),
    (
        "binary repo",
        raw({"repository": [b"a"], "digest": ["sha256:1"]}),
        "column repository: has to be texts, not Binary",
    ),
    (
        "twice",
        raw({"repository": ["a", "a"], "digest": ["sha256:1"] * 2}),
        ("a@sha256:1 is in the inventory 2 times; give each digest of a repository once, with all its tags"),
    ),
    (
        "NUL repo",
        raw({"repository": ["a\x00"], "digest": ["sha256:1"]}),
        f"column repository: row 1 ('a\\x00@sha256:1'): 'a\\x00' {UNPRINTABLE}",
    ),
    (
        "control in repo",
        raw({"repository": ["a\x1b[31m"], "digest": ["sha256:1"]}),
        f"column repository: row 1 ('a\\x1b[31m@sha256:1'): 'a\\x1b[31m' {UNPRINTABLE}",
    ),
    (
        "blank digest",
        raw({"repository": ["a"], "digest": ["sha256: 1"]}),
        f"column digest: row 1 (a@sha256: 1): 'sha256: 1' {NO_DIGEST}",
    ),
    (
        "digest upper",
        raw({"repository": ["a"], "digest": ["sha256:" + "A" * 64]}),
        (
            "column digest: row 1 "
            "(a@sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA): "
            f"'sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' {NO_DIGEST}"
        ),
    ),
    (
        "long repo",
        raw({"repository": ["r" * 2000], "digest": ["sha256:1"]}),
        (
            "column repository: row 1 "
            "('rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr'…): "
            "'rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr'… is "
            "longer than 1024 characters"
        ),
    ),
    ("tag null", F(tags=[["a", None], ["b"]]), "column tags: row 1 (a@sha256:1): has an item that is empty"),
    ("tag twice", F(tags=[["a"], ["b", "b"]]), "column tags: row 2 (b@sha256:2): has a tag twice"),
    ("tag blank", F(tags=[["a b"], ["c"]]), f"column tags: row 1 (a@sha256:1): 'a b' {UNPRINTABLE}"),
    ("tag empty", F(tags=[[""], ["c"]]), "column tags: row 1 (a@sha256:1): is an empty text"),
    ("tag comma", F(tags=[["a,b"], []]), "column tags: row 1 (a@sha256:1): 'a,b' is not one tag; give a list of them"),
    ("tags of ints", F(tags=[[1], [2]]), "column tags: has to be lists of texts, not List(Int64)"),
    ("children bad", F(children=[["x y"], []]), f"column children: row 1 (a@sha256:1): 'x y' {NO_DIGEST}"),
    (
        "children null",
        F(children=[["sha256:3"], ["sha256:4", None]]),
        "column children: row 2 (b@sha256:2): has an item that is empty",
    ),
    ("subject bad", F(subject=["a@b", None]), f"column subject: row 1 (a@sha256:1): 'a@b' {NO_DIGEST}"),
    (
        "media long",
        F(media_type=["m" * 300, None]),
        (
            "column media_type: row 1 (a@sha256:1): "
            "'mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm'… is "
            "longer than 256 characters"
        ),
    ),
    (
        "storage tab",
        F(storage_class=["a\tb", None]),
        f"column storage_class: row 1 (a@sha256:1): 'a\\tb' {UNPRINTABLE}",
    ),
    (
        "tag times",
        F(tags=[["a"], ["b"]], tag_pushed_at=[[T, T], [T]]),
        ("column tag_pushed_at: row 1 (a@sha256:1): has to have a time, or none, for each of its tags"),
    ),
    (
        "tag times no tags",
        F(tag_pushed_at=[[T], [T]]),
        ("column tag_pushed_at: row 1 (a@sha256:1): has to have a time, or none, for each of its tags; so is 1 more"),
    ),
    (
        "tag times texts",
        F(tags=[["a"], ["b"]], tag_pushed_at=[["x"], ["y"]]),
        "column tag_pushed_at: has to be lists of times with a time zone, not List(String)",
    ),
    (
        "tag times year 1",
        F(tags=[["a"], ["b"]], tag_pushed_at=[[T], [datetime(1, 1, 1, tzinfo=UTC)]]),
        f"column tag_pushed_at: row 2 (b@sha256:2): {NO_TIME}",
    ),
    ("layers text", F(layers=["x", "y"]), f"column layers: {NO_LAYERS}, not String"),
    (
        "layers no size",
        F(layers=[[{"digest": D}], []]),
        f"column layers: {NO_LAYERS}, not List(Struct({{'digest': String}}))",
    ),
    (
        "layers more",
        F(layers=[[{"digest": D, "size": 1, "x": 1}], []]),
        (f"column layers: {NO_LAYERS}, not List(Struct({{'digest': String, 'size': Int64, 'x': Int64}}))"),
    ),
    (
        "layers null",
        F(layers=[[None, {"digest": D, "size": 1}], []]),
        "column layers: row 1 (a@sha256:1): has a layer that is empty",
    ),
    (
        "layers null digest",
        F(layers=[[{"digest": D, "size": 1}], [{"digest": D, "size": 1}, {"digest": None, "size": 1}]]),
        "column layers: row 2 (b@sha256:2): has a layer without digest",
    ),
    (
        "layers null size",
        F(layers=[[{"digest": D, "size": 1}], [{"digest": D, "size": 1}, {"digest": D, "size": None}]]),
        "column layers: row 2 (b@sha256:2): has a layer without size",
    ),
    (
        "layers neg",
        F(layers=[[{"digest": D, "size": -1}], []]),
        "column layers: row 1 (a@sha256:1): has to be at least 0, not -1",
    ),
    (
        "layers huge",
        F(layers=[[{"digest": D, "size": 2**62}], []]),
        (
            "column layers: row 1 (a@sha256:1): has to be at most 1125899906842624 bytes (1 PiB), "
            "not 4611686018427387904"
        ),
    ),
    (
        "layers bad digest",
        F(layers=[[{"digest": "x y", "size": 1}], []]),
        f"column layers: row 1 (a@sha256:1): 'x y' {NO_DIGEST}",
    ),
    (
        "layers two sizes",
        F(layers=[[{"digest": D, "size": 1}], [{"digest": D, "size": 2}]]),
        "column layers: row 2 (b@sha256:2): sha256:1 has 2 bytes here and 1 in row 1 (a@sha256:1)",
    ),
    (
        "many mistakes",
        F(size=[-1, -1], tags=[["a", "a"], ["b b"]], nope=[1, 2]),
        f"column nope: is not a field of an inventory; {ALLOWED}",
    ),
    (
        "many mistakes 2",
        F(size=[-1, -1], tags=[["a", "a"], ["b"]], locked=[True, None], pushed_at=["x", "y"]),
        (
            "column tags: row 1 (a@sha256:1): has a tag twice\ncolumn pushed_at: row 1 (a@sha256:1): "
            "'x' is not a time such as 2026-11-24T00:00:00Z\ncolumn size: row 1 (a@sha256:1): has to "
            "be at least 0, not -1; so is 1 more"
        ),
    ),
    (
        "hostile column",
        F(**{"\x1b[31m\n": [1, 2]}),
        f"column '\\x1b[31m\\n': is not a field of an inventory; {ALLOWED}",
    ),
    ("nested tags", F(tags=[[["a"]], [["b"]]]), "column tags: has to be lists of texts, not List(List(String))"),
]


@pytest.mark.parametrize(("content", "message"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_what_is_wrong_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    content: bytes,
    message: str | int,
) -> None:
    monkeypatch.setattr(memory, "available", lambda: None)  # some declare gigabytes
    path = tmp_path / "inventory.parquet"
    path.write_bytes(content)
    if isinstance(message, int):
        assert len(read_inventory(path)) == message
    elif message.endswith("…"):
        found = told(path)
        assert found.startswith(message[:-1])
        assert "\n" not in found
    else:
        assert told(path) == message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in {"repository", "digest"}])
def test_a_column_with_nothing_in_it_needs_no_type(tmp_path: Path, name: str) -> None:
    path = tmp_path / "inventory.parquet"
    path.write_bytes(F(**{name: [None, None]}))
    assert len(read_inventory(path)) == 2
    if name in {"tags", "children", "tag_pushed_at", "layers"}:
        path.write_bytes(F(**{name: [[], None]}))
        assert len(read_inventory(path)) == 2
        path.write_bytes(F(**{name: [[], [None]]}))
        assert told(path).startswith(f"column {name}: row 2 (b@sha256:2): has ")
    else:
        path.write_bytes(F(**{name: [[], []]}))
        assert told(path).startswith(f"column {name}: has to be ")


def test_every_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "inventory.parquet"
    for length in range(len(good)):
        path.write_bytes(good[:length])
        assert told(path).startswith("is not a Parquet file that can be read: it ")


def test_a_large_file_of_nothing_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "inventory.parquet"
    for content, message in ((b"", BEGIN), (b"PAR1", CUT)):
        path.write_bytes(content)
        os.truncate(path, 5 * 1024 * MIB)
        before, started = peak(), time.process_time()
        assert told(path) == message
        assert time.process_time() - started < 1
        assert peak() - before < 64 * MIB


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize(
    ("lies", "needed"),
    [({}, 2 * 300 + 4 * 32 + 2 * 196), ({"whole": 2**40}, 2 * 300 + 4 * 32 + 2 * 2**41),
     ({"page": 2**31 - 1}, 2 * 300 + 4 * 32 + 2 * 2 * (2**31 - 1)), ({"values": 2**29}, 600 + 2**30 * 32 + 2 * 196)],
)  # fmt: skip
def test_what_does_not_fit_into_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lies: dict[str, int], needed: int
) -> None:
    path = tmp_path / "inventory.parquet"
    path.write_bytes(parquet(**lies))
    asked: list[int] = []

    def check(size: int, instead: str) -> None:
        asked.append(size)
        raise StackError(instead)

    monkeypatch.setattr(memory, "check", check)
    assert told(path) == "split it by repository, or read it on a larger machine"
    assert asked == [needed]


@pytest.mark.parametrize(("free", "words"), [(3 * 2**30, "3.0 GiB"), (0, "0.0 GiB")])
def test_how_much_memory_it_takes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, words: str
) -> None:
    path = tmp_path / "inventory.parquet"
    path.write_bytes(parquet(whole=2**40))
    monkeypatch.setattr(memory, "available", lambda: free)
    assert told(path) == (
        f"needs about 4096.0 GiB of memory, and {words} are free; split it by repository, or read it on a larger "
        "machine"
    )
    path.write_bytes(good)
    monkeypatch.setattr(memory, "available", lambda: None)
    assert len(read_inventory(path)) == 2


def _valid() -> list[bytes]:
    """Return files as several writers would make them: compression, statistics, pages, row groups."""
    found = []
    for rows in (1, 7, 300):
        frame = pl.DataFrame(
            {
                "repository": [f"r{n % 3}" for n in range(rows)],
                "digest": [f"sha256:{n:064x}" for n in range(rows)],
                "tags": [[f"t{n}", f"u{n}"] if n % 3 else [] for n in range(rows)],
                "pushed_at": [T if n % 4 else None for n in range(rows)],
                "size": [n * 1000 for n in range(rows)],
                "locked": [n % 2 == 0 for n in range(rows)],
                "children": [[f"sha256:{n - 1:064x}"] if n % 5 == 1 else [] for n in range(rows)],
                "subject": [f"sha256:{0:064x}" if n % 7 == 0 else None for n in range(rows)],
                "layers": [[{"digest": f"sha256:{n + 99:064x}", "size": 5}] for n in range(rows)],
                "tag_pushed_at": [[T, T] if n % 3 else [] for n in range(rows)],
            }
        )
        for compression in ("uncompressed", "snappy", "zstd"):
            made = io.BytesIO()
            frame.write_parquet(
                made,
                compression=compression,
                statistics=rows > 1,
                row_group_size=max(rows // 2, 1),
                data_page_size=200 if rows > 7 else None,
            )
            found.append(made.getvalue())
    return [*found, good]


VALID = _valid()


def test_what_is_damaged_below_was_valid(tmp_path: Path) -> None:
    for content in VALID:
        (tmp_path / "inventory.parquet").write_bytes(content)
        assert len(read_inventory(tmp_path / "inventory.parquet")) in {1, 2, 7, 300}


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damage_is_told_or_does_not_matter(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], data: st.DataObject
) -> None:
    damaged = bytearray(data.draw(st.sampled_from(VALID)))
    footer = len(damaged) - 8 - int.from_bytes(damaged[-8:-4], "little")
    for _ in range(data.draw(st.integers(1, 5))):
        # Most of a file is what it holds; most of what goes wrong stands in its footer.
        begin = data.draw(st.sampled_from([0, min(footer, len(damaged) - 1)]))
        at = data.draw(st.integers(begin, len(damaged) - 1))
        kind = data.draw(st.sampled_from(["set", "set", "flip", "cut", "add"]))
        if kind == "set":
            damaged[at] = data.draw(st.integers(0, 255))
        elif kind == "flip":
            damaged[at] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "cut" and len(damaged) > 20:
            del damaged[at : at + data.draw(st.integers(1, 4))]
        else:
            damaged[at:at] = data.draw(st.binary(min_size=1, max_size=4))
    path = tmp_path / "inventory.parquet"
    path.write_bytes(damaged)
    try:
        read_inventory(path)
    except StackError as error:
        assert str(error)
        assert all(line.startswith(f"{path}: ") and line.isprintable() for line in str(error).split("\n"))
    assert capfd.readouterr() == ("", "")
