"""Unit proof: a text inventory that is wrong, or made to do harm, is refused in words, with its place."""

from __future__ import annotations

import gzip
import json
import os
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.lifecycle import memory, read_inventory
from registry_components.lifecycle.reading import MOST_TEXT_BYTES
from registry_components.lifecycle.records import FIELDS

pytestmark = pytest.mark.unit

MIB = 1024**2
ALLOWED = f"allowed: {', '.join(FIELDS)}"
UNPRINTABLE = "has a blank or a character that cannot be printed"
NO_DIGEST = "is not a digest such as sha256: and 64 digits 0-9a-f"
H = b"repository,digest,tags,size,pushed_at,locked,children,tag_pushed_at,layers\n"


def rec(more: str = "") -> bytes:
    """Return a record with more in it."""
    return f'{{"repository":"a","digest":"sha256:1"{"," if more else ""}{more}}}'.encode()


def told(path: Path) -> str:
    """Return why an inventory is refused, without its path, which every line has."""
    with pytest.raises(StackError) as caught:
        read_inventory(path)
    lines = str(caught.value).split("\n")
    assert all(line.startswith(f"{path}: ") for line in lines)
    return "\n".join(line.removeprefix(f"{path}: ") for line in lines)


TEXTS: list[tuple[str, bytes, str | int]] = [
    ("jsonl", b"", "is empty; an inventory without an artifact is []"),
    ("jsonl", b"\n \r\n", "is empty; an inventory without an artifact is []"),
    ("jsonl", b"\xef\xbb\xbf", "is empty; an inventory without an artifact is []"),
    ("jsonl", b"\xff\xfe{\x00}\x00", "is UTF-16 text; save it as UTF-8"),
    ("jsonl", b"\xfe\xff\x00{", "is UTF-16 text; save it as UTF-8"),
    ("jsonl", gzip.compress(rec(), mtime=0), "is compressed by gzip; decompress it first"),
    ("jsonl", b"(\xb5/\xfd\x04\x00", "is compressed by zstd; decompress it first"),
    ("jsonl", b"BZh91AY", "is compressed by bzip2; decompress it first"),
    ("jsonl", b"\xfd7zXZ\x00", "is compressed by xz; decompress it first"),
    ("jsonl", b"PK\x03\x04\x14", "is a ZIP archive; unpack it first"),
    ("jsonl", b"PAR1\x15", "is Parquet; give it the suffix .parquet"),
    ("csv", gzip.compress(rec(), mtime=0), "is compressed by gzip; decompress it first"),
    ("jsonl", rec() + b"\n{\xff}", "line 2: is not UTF-8 text (invalid start byte at byte 2 of the line)"),
    ("jsonl", b'{"repository":"\xe9"}', "line 1: is not UTF-8 text (invalid continuation byte at byte 16 of the line)"),
    ("jsonl", b"\xc3", "line 1: is not UTF-8 text (unexpected end of data at byte 1 of the line)"),
    (
        "jsonl",
        b'{"repository":"\xed\xa0\x80"}',
        "line 1: is not UTF-8 text (invalid continuation byte at byte 16 of the line)",
    ),
    ("jsonl", b"\x00", "line 1: is not JSON: Expecting value"),
    ("jsonl", rec() + b"\x00", "line 1: is not JSON: Extra data"),
    ("jsonl", b'{"repository":"a\x00","digest":"sha256:1"}', "line 1: is not JSON: Invalid control character"),
    ("jsonl", b'{"repository":"a\\u0000","digest":"sha256:1"}', f"line 1: repository: 'a\\x00' {UNPRINTABLE}"),
    ("jsonl", b'{"repository":"\\ud800","digest":"sha256:1"}', f"line 1: repository: '\\ud800' {UNPRINTABLE}"),
    ("jsonl", b'{"repository":"a\\nb","digest":"sha256:1"}', f"line 1: repository: 'a\\nb' {UNPRINTABLE}"),
    ("jsonl", b'{"repository":"a\\u202eb","digest":"sha256:1"}', f"line 1: repository: 'a\\u202eb' {UNPRINTABLE}"),
    ("jsonl", b'{"repository":"a b","digest":"sha256:1"}', f"line 1: repository: 'a b' {UNPRINTABLE}"),
    ("jsonl", b"[" * 100000, "item 1: is not JSON: it is nested too deep"),
    ("jsonl", b'{"a":' * 100000, "line 1: is not JSON: it is nested too deep"),
    ("jsonl", rec('"tags":' + "[" * 100000), "line 1: is not JSON: it is nested too deep"),
    (
        "jsonl",
        b'{"repository":"a","repository":"b","digest":"sha256:1"}',
        "line 1: repository: is there twice; say it once",
    ),
    ("jsonl", rec('"tag_pushed_at":{"a":null,"a":null}'), "line 1: tag_pushed_at: 'a' is there twice; say it once"),
    (
        "jsonl",
        rec('"layers":[{"digest":"sha256:2","size":1,"size":2}]'),
        "line 1: layers[0].size: is there twice; say it once",
    ),
    (
        "jsonl",
        rec('"size":' + "9" * 30),
        "line 1: size: has to be at most 1125899906842624 bytes (1 PiB), not 99999999999999999999",
    ),
    ("jsonl", rec('"size":' + "9" * 5000), "line 1: is not JSON: a number in it is too long"),
    ("jsonl", rec('"size":1.5'), "line 1: size: has to be a whole number of bytes, not 1.5"),
    ("jsonl", rec('"size":1e400'), "line 1: size: has to be a whole number of bytes, not inf"),
    ("jsonl", rec('"size":NaN'), "line 1: size: has to be a whole number of bytes, not nan"),
    ("jsonl", rec('"size":-Infinity'), "line 1: size: has to be a whole number of bytes, not -inf"),
    ("jsonl", rec('"size":-1'), "line 1: size: has to be at least 0, not -1"),
    (
        "jsonl",
        rec('"size":1125899906842625'),
        "line 1: size: has to be at most 1125899906842624 bytes (1 PiB), not 1125899906842625",
    ),
    ("jsonl", rec('"size":"5"'), "line 1: size: has to be a whole number of bytes, not a text"),
    ("jsonl", rec('"tags":[NaN]'), "line 1: tags: has to be a list of texts, not a list with nan in it"),
    ("jsonl", rec('"tags":[null]'), "line 1: tags: has to be a list of texts, not a list with null in it"),
    ("jsonl", rec('"tags":[""]'), "line 1: tags: has to be a list of texts, not a list with an empty text in it"),
    ("jsonl", rec('"tags":["a b"]'), f"line 1: tags: 'a b' {UNPRINTABLE}"),
    ("jsonl", rec('"tags":["a,b"]'), "line 1: tags: 'a,b' is not one tag; give a list of them"),
    ("jsonl", rec('"tags":["a;b"]'), "line 1: tags: 'a;b' is not one tag; give a list of them"),
    (
        "jsonl",
        rec('"tags":["' + "x" * 257 + '"]'),
        (
            "line 1: tags: "
            "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'… is "
            "longer than 256 characters"
        ),
    ),
    ("jsonl", rec('"tags":{"a":1}'), "line 1: tags: has to be a list of texts, not an object"),
    ("jsonl", rec('"tags":[["a"]]'), "line 1: tags: has to be a list of texts, not a list with a list in it"),
    ("jsonl", rec('"children":["x y"]'), f"line 1: children: 'x y' {NO_DIGEST}"),
    (
        "jsonl",
        rec('"children":["sha256:' + "A" * 64 + '"]'),
        (f"line 1: children: 'sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' {NO_DIGEST}"),
    ),
    (
        "jsonl",
        rec('"subject":"sha256:' + "0" * 65 + '"'),
        (f"line 1: subject: 'sha256:00000000000000000000000000000000000000000000000000000000000000000' {NO_DIGEST}"),
    ),
    ("jsonl", rec('"subject":"a@b"'), f"line 1: subject: 'a@b' {NO_DIGEST}"),
    (
        "jsonl",
        b'{"repository":"' + b"r" * 1025 + b'","digest":"sha256:1"}',
        (
            "line 1: repository: "
            "'rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr'… is "
            "longer than 1024 characters"
        ),
    ),
    ("jsonl", b'{"repository":"a","digest":""}', "line 1: digest: has to be a text, not an empty text"),
    ("jsonl", b'{"repository":"a","digest":null}', "line 1: digest: has to be a text, not missing"),
    ("jsonl", b'{"repository":["a"],"digest":"sha256:1"}', "line 1: repository: has to be a text, not a list"),
    ("jsonl", rec('"media_type":7'), "line 1: media_type: has to be a text, not a number"),
    (
        "jsonl",
        rec('"media_type":"' + "m" * 300 + '"'),
        (
            "line 1: media_type: "
            "'mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm'… is "
            "longer than 256 characters"
        ),
    ),
    ("jsonl", rec('"storage_class":"a\\tb"'), f"line 1: storage_class: 'a\\tb' {UNPRINTABLE}"),
    (
        "jsonl",
        rec('"pushed_at":"0001-01-01T00:00:00Z"'),
        "line 1: pushed_at: '0001-01-01T00:00:00Z' stands for no time at all; leave it out",
    ),
    (
        "jsonl",
        rec('"pushed_at":"9999-12-31T00:00:00Z"'),
        "line 1: pushed_at: '9999-12-31T00:00:00Z' stands for no time at all; leave it out",
    ),
    (
        "jsonl",
        rec('"pushed_at":"9999-12-31T23:59:59-23:59"'),
        ("line 1: pushed_at: '9999-12-31T23:59:59-23:59' is not a time such as 2026-11-24T00:00:00Z"),
    ),
    (
        "jsonl",
        rec('"pushed_at":"2026-13-01T00:00:00Z"'),
        "line 1: pushed_at: '2026-13-01T00:00:00Z' is not a time such as 2026-11-24T00:00:00Z",
    ),
    (
        "jsonl",
        rec('"pushed_at":"' + "1" * 500 + '"'),
        (
            "line 1: pushed_at: "
            "'11111111111111111111111111111111111111111111111111111111111111111111111111111111'… "
            "says no time zone; write 1111-11-11T11:11:11.111111Z where it is UTC"
        ),
    ),
    ("jsonl", rec('"pushed_at":NaN'), "line 1: pushed_at: has to be a time such as 2026-11-24T00:00:00Z, not nan"),
    (
        "jsonl",
        rec('"pushed_at":"2026-01-01"'),
        ("line 1: pushed_at: '2026-01-01' says no time zone; write 2026-01-01T00:00:00Z where it is UTC"),
    ),
    ("jsonl", rec('"locked":1'), "line 1: locked: has to be true or false, not a number"),
    ("jsonl", rec('"layers":{}'), "line 1: layers: has to be a list of objects with digest and size, not an object"),
    ("jsonl", rec('"layers":[1]'), "line 1: layers[0]: has to be an object with digest and size, not a number"),
    (
        "jsonl",
        rec('"layers":[{"digest":"sha256:2"}]'),
        "line 1: layers[0].size: has to be a whole number of bytes, not missing",
    ),
    ("jsonl", rec('"layers":[{"size":2}]'), "line 1: layers[0].digest: has to be a digest, not missing"),
    (
        "jsonl",
        rec('"layers":[{"digest":"sha256:2","size":2,"sise":1}]'),
        "line 1: layers[0].sise: is not a field of a layer; did you mean size?",
    ),
    (
        "jsonl",
        rec('"layers":[{"digest":"sha256:2","size":-2}]'),
        "line 1: layers[0].size: has to be at least 0, not -2",
    ),
    (
        "jsonl",
        rec('"layers":[{"digest":"sha256:2","size":1},{"digest":"sha256:2","size":2}]'),
        "line 1: layers: sha256:2 has 2 bytes here and 1 in line 1",
    ),
    ("jsonl", rec('"__class__":1'), f"line 1: __class__: is not a field of an inventory; {ALLOWED}"),
    (
        "jsonl",
        rec('"' + "k" * 100 + '":1'),
        (
            "line 1: "
            "'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk'…: is "
            f"not a field of an inventory; {ALLOWED}"
        ),
    ),
    ("jsonl", rec('"\\u001b[31m":1'), f"line 1: '\\x1b[31m': is not a field of an inventory; {ALLOWED}"),
    ("jsonl", rec() + rec(), "line 1: is not JSON: Extra data"),
    ("jsonl", rec()[:-1], "line 1: is not JSON: Expecting ',' delimiter"),
    ("jsonl", rec() + b",", "line 1: is not JSON: Extra data"),
    (
        "jsonl",
        b"repository,digest\na,sha256:1\n",
        "line 1: is not JSON: Expecting value\nline 2: is not JSON: Expecting value",
    ),
    ("jsonl", b"<html></html>", "line 1: is not JSON: Expecting value"),
    ("jsonl", b"7", "line 1: is a number, not an object with repository and digest"),
    ("jsonl", b"true", "line 1: is true or false, not an object with repository and digest"),
    ("jsonl", b'"a"', "line 1: is a text, not an object with repository and digest"),
    ("jsonl", b"{" + b" " * (16 * 1024**2) + b"}", "line 1: is longer than 16777216 bytes"),
    ("jsonl", rec() + b"\n" + b"x" * (16 * 1024**2 + 5), "line 2: is longer than 16777216 bytes"),
    ("json", b"[", "is not a JSON array: Expecting value: line 1 column 2 (char 1)"),
    (
        "json",
        b"[{",
        ("is not a JSON array: Expecting property name enclosed in double quotes: line 1 column 3 (char 2)"),
    ),
    ("json", b"[]x", "is not a JSON array: Extra data: line 1 column 3 (char 2)"),
    ("json", b"[,]", "is not a JSON array: Expecting value: line 1 column 2 (char 1)"),
    ("json", b"[" + rec() + b",]", "is not a JSON array: Expecting value: line 1 column 41 (char 40)"),
    (
        "json",
        b"[" + rec() + b" " + rec() + b"]",
        "is not a JSON array: Expecting ',' delimiter: line 1 column 41 (char 40)",
    ),
    ("json", b"[" + rec(), "is not a JSON array: Expecting ',' delimiter: line 1 column 40 (char 39)"),
    ("json", b"[" + rec() + b"]\n[", "is not a JSON array: Extra data: line 2 column 1 (char 41)"),
    ("json", b"[" * 100000, "item 1: is not JSON: it is nested too deep"),
    ("json", b"[\xff]", "is not UTF-8 text (invalid start byte at byte 2)"),
    ("json", b"[" + rec() + b",\n" + b'{"repository":"\xff"}]', "is not UTF-8 text (invalid start byte at byte 57)"),
    ("json", b"[" + rec() + b",\n7]", "item 2: is a number, not an object with repository and digest"),
    ("json", b"[NaN]", "item 1: is a number, not an object with repository and digest"),
    ("json", b"[" + rec('"size":' + "9" * 5000) + b"]", "item 1: is not JSON: a number in it is too long"),
    ("json", b"[" + rec('"size":1,"size":2') + b"]", "item 1: size: is there twice; say it once"),
    ("json", b'["' + b"x" * (17 * 1024**2) + b'"]', "item 1: is longer than 16777216 characters"),
    (
        "json",
        b"[" + rec() + b"," + rec() + b"]",
        ("a@sha256:1 is in the inventory 2 times; give each digest of a repository once, with all its tags"),
    ),
    ("json", b"[null]", "item 1: is missing, not an object with repository and digest"),
    ("json", b"[" + rec() + b"]\x00", "is not a JSON array: Extra data: line 1 column 41 (char 40)"),
    ("json", b"[" + rec('"tags":["\\ud800"]') + b"]", f"item 1: tags: '\\ud800' {UNPRINTABLE}"),
    ("json", b"[ " + b"\n" * 2000000, "is not a JSON array: Expecting value: line 2000001 column 1 (char 2000002)"),
    ("json", b"[\xc3", "is not UTF-8 text (unexpected end of data at byte 2)"),
    ("csv", b"", "is empty; its first line names the fields, such as repository,digest,tags,pushed_at"),
    ("csv", b"\n\n", "is empty; its first line names the fields, such as repository,digest,tags,pushed_at"),
    (
        "csv",
        b"a,b\n1,2\n",
        (
            f"line 1: a: is not a field of an inventory; {ALLOWED}\nline 1: b: is not a field of an "
            f"inventory; {ALLOWED}\nline 1: has no column repository\nline 1: has no column digest"
        ),
    ),
    ("csv", b"repository,digest,digest\n", "line 1: digest: is there twice; say it once"),
    ("csv", b"repository\n", "line 1: has no column digest"),
    ("csv", H + b"a,sha256:1\n", "line 2: has 2 values, and the first line has 9 names"),
    ("csv", H + b"a,sha256:1,,,,,,,,,\n", "line 2: has 11 values, and the first line has 9 names"),
    ("csv", b'repository,digest\n"a,sha256:1\n', "line 2: is not CSV: a quotation mark is not closed"),
    ("csv", b'repository,digest\n"a"x,sha256:1\n', "line 2: is not CSV: ',' expected after '\"'"),
    ("csv", b"repository,digest\na\x00,sha256:1\n", f"line 2: repository: 'a\\x00' {UNPRINTABLE}"),
    ("csv", b"repository,digest\na,\xff\n", "line 2: is not UTF-8 text (invalid start byte at byte 3 of the line)"),
    (
        "csv",
        b"repository,digest\ra,sha256:1\r",
        "line 1: is not CSV: a carriage return ends a line by itself; save it with line feeds",
    ),
    (
        "csv",
        b"repository,digest\n" + b"x" * 200000 + b",sha256:1\n",
        ("line 2: is not CSV: a value has more than 131072 characters; give the inventory as JSON Lines"),
    ),
    ("csv", b"repository,digest,size\na,sha256:1,1.5\n", "line 2: size: '1.5' is not a whole number of bytes"),
    (
        "csv",
        b"repository,digest,size\na,sha256:1," + b"9" * 40 + b"\n",
        "line 2: size: '9999999999999999999999999999999999999999' is not a whole number of bytes",
    ),
    (
        "csv",
        b"repository,digest,size\na,sha256:1,99999999999999999999\n",
        "line 2: size: has to be at most 1125899906842624 bytes (1 PiB), not 99999999999999999999",
    ),
    ("csv", b"repository,digest,size\na,sha256:1,-1\n", "line 2: size: has to be at least 0, not -1"),
    (
        "csv",
        "repository,digest,size\na,sha256:1,٣\n".encode(),
        "line 2: size: '\\u0663' is not a whole number of bytes",
    ),
    ("csv", b"repository,digest,locked\na,sha256:1,yes\n", "line 2: locked: has to be true or false, not a text"),
    (
        "csv",
        b"repository,digest,pushed_at\na,sha256:1,yesterday\n",
        "line 2: pushed_at: 'yesterday' is not a time such as 2026-11-24T00:00:00Z",
    ),
    ("csv", b"repository,digest,tags\na,sha256:1,a a\n", "line 2: tags: one is there twice"),
    ("csv", b'repository,digest,tags\na,sha256:1,"a,b"\n', "line 2: tags: 'a,b' is not one tag; give a list of them"),
    (
        "csv",
        b"repository,digest,tags,tag_pushed_at\na,sha256:1,a b,2026-01-01T00:00:00Z\n",
        "line 2: tag_pushed_at: has to be an object of times by tag, or a list as long as tags",
    ),
    (
        "csv",
        b"repository,digest,layers\na,sha256:1,sha256:2\n",
        "line 2: layers: 'sha256:2' is not digest=size, and the whole is not JSON",
    ),
    ("csv", b"repository,digest,layers\na,sha256:1,sha256:2=x\n", "line 2: layers: 'x' is not a whole number of bytes"),
    (
        "csv",
        b'repository,digest,layers\na,sha256:1,"[{"\n',
        "line 2: layers: is not JSON: Expecting property name enclosed in double quotes",
    ),
    (
        "csv",
        b'repository,digest,layers\na,sha256:1,"' + b"[" * 50000 + b'"\n',
        "line 2: layers: is not JSON: it is nested too deep",
    ),
    (
        "csv",
        b"repository,digest,layers\na,sha256:1,=5\n",
        "line 2: layers[0].digest: has to be a digest, not an empty text",
    ),
    (
        "csv",
        b"repository;digest\na;sha256:1\n",
        (
            "line 1: repository;digest: is not a field of an inventory; did you mean repository?\n"
            "line 1: has no column repository\nline 1: has no column digest"
        ),
    ),
    (
        "csv",
        b",sha256:1\n",
        (
            f"line 1: '': is not a field of an inventory; {ALLOWED}\nline 1: sha256:1: is not a field "
            f"of an inventory; {ALLOWED}\nline 1: has no column repository\nline 1: has no column digest"
        ),
    ),
    ("csv", b"repository,digest\n,sha256:1\n", "line 2: repository: has to be a text, not missing"),
    ("csv", b'repository,digest\n"a\nb",sha256:1\n', f"line 2: repository: 'a\\nb' {UNPRINTABLE}"),
    (
        "csv",
        b"repository,digest\na,sha256:1\na,sha256:1\n",
        ("a@sha256:1 is in the inventory 2 times; give each digest of a repository once, with all its tags"),
    ),
    (
        "csv",
        b"repository,digest," + b"z" * 500 + b"\n",
        (
            "line 1: "
            "'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz'…: is "
            f"not a field of an inventory; {ALLOWED}"
        ),
    ),
]


@pytest.mark.parametrize(
    ("suffix", "content", "message"), TEXTS, ids=[f"{place}-{suffix}" for place, (suffix, _, _) in enumerate(TEXTS)]
)
def test_what_is_wrong_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], suffix: str, content: bytes, message: str | int
) -> None:
    path = tmp_path / f"inventory.{suffix}"
    path.write_bytes(content)
    if isinstance(message, int):
        assert len(read_inventory(path)) == message
    else:
        assert told(path) == message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv"])
def test_what_a_byte_order_mark_begins_is_read(tmp_path: Path, suffix: str) -> None:
    text = {"jsonl": rec(), "json": b"[" + rec() + b"]", "csv": b"repository,digest\na,sha256:1\n"}[suffix]
    path = tmp_path / f"inventory.{suffix}"
    path.write_bytes(b"\xef\xbb\xbf" + text)
    assert len(read_inventory(path)) == 1


def test_every_cut_of_a_json_array_is_refused(tmp_path: Path) -> None:
    whole = json.dumps([{"repository": "a", "digest": "sha256:1", "tags": ["é"]}], ensure_ascii=False).encode()
    path = tmp_path / "inventory.json"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert told(path)
    path.write_bytes(whole)
    assert len(read_inventory(path)) == 1


def test_a_mistake_behind_what_was_read_before_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    items = [f'{{"repository": "r{place}", "digest": "sha256:1"}}' for place in range(60_000)]
    text = "[" + ",\n".join(items) + ',\n  {"repository": }]'
    path.write_text(text)
    assert len(text) > 2 * MIB
    at = text.index("}]", len(text) - 4)
    assert told(path) == f"is not a JSON array: Expecting value: line 60001 column 18 (char {at})"


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv"])
def test_what_is_too_large_is_refused_unread(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"inventory.{suffix}"
    path.touch()
    os.truncate(path, 5 * 1024 * MIB)
    before, started = peak(), time.process_time()
    assert told(path) == (
        f"{5 * 1024 * MIB} bytes are more than a text inventory may have ({MOST_TEXT_BYTES}); give it as Parquet"
    )
    # Reading five gigabytes takes seconds, and a line of them as much memory.
    assert time.process_time() - started < 1
    assert peak() - before < 64 * MIB


@pytest.mark.parametrize(
    ("suffix", "message"),
    [("jsonl", f"line 1: is longer than {16 * MIB} bytes"), ("csv", f"line 1: is longer than {16 * MIB} bytes"),
     ("json", f"line 1: is longer than {16 * MIB} bytes")],
)  # fmt: skip
def test_two_gigabytes_of_nothing_are_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, message: str
) -> None:
    monkeypatch.setattr(memory, "available", lambda: None)  # machines have less than an honest file would need
    path = tmp_path / f"inventory.{suffix}"
    path.touch()
    os.truncate(path, MOST_TEXT_BYTES)
    before, started = peak(), time.process_time()
    assert told(path) == message
    assert time.process_time() - started < 5
    assert peak() - before < 128 * MIB


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_what_does_not_fit_into_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    path = tmp_path / f"inventory.{suffix}"
    path.write_bytes(b"[" + b" " * 1000 + rec() + b"]")
    size = path.stat().st_size
    monkeypatch.setattr(memory, "available", lambda: 8 * size - 1)
    assert told(path) == (
        "needs about 0.0 GiB of memory, and 0.0 GiB are free; give it as Parquet, or split it by repository"
    )
    for enough in (8 * size, None):
        monkeypatch.setattr(memory, "available", lambda enough=enough: enough)
        assert len(read_inventory(path)) == 1


def test_a_million_tags_of_one_artifact_are_read(tmp_path: Path) -> None:
    path = tmp_path / "inventory.jsonl"
    tags = ",".join(f'"t{place}"' for place in range(1_000_000))
    path.write_bytes(rec(f'"tags":[{tags}]'))
    found = read_inventory(path)
    assert (len(found), len(found.tag)) == (1, 1_000_000)
    path.write_bytes(rec(f'"tags":[{tags},"t7"]'))
    assert told(path) == "line 1: tags: one is there twice"
    path.write_bytes(rec(f'"tags":[{tags},7]'))
    assert told(path) == "line 1: tags: has to be a list of texts, not a list with a number in it"


def test_a_value_a_byte_at_a_time_ends_soon(tmp_path: Path) -> None:
    # What is read on for a value is looked at again from its beginning: sixteen times at most.
    path = tmp_path / "inventory.json"
    path.write_bytes(b'[{"repository":"a","digest":"' + b"x" * (15 * MIB))
    started = time.process_time()
    message = told(path)
    assert message == "is not a JSON array: Unterminated string starting at: line 1 column 29 (char 28)"
    assert time.process_time() - started < 10


def test_ten_mistakes_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "inventory.csv"
    path.write_bytes(b"repository,digest,size\n" + b"a,sha256:1,x\n" * 1000)
    lines = [f"line {place}: size: 'x' is not a whole number of bytes" for place in range(2, 12)]
    assert told(path).split("\n") == [*lines, "more are not told"]


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "parquet"])
def test_what_is_no_file_is_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"inventory.{suffix}"
    assert told(path) == "there is no such file"
    path.symlink_to(tmp_path / "nowhere")
    assert told(path) == "there is no such file"
    path.unlink()
    path.symlink_to(path)
    assert told(path)  # a circle of links
    path.unlink()
    os.mkfifo(path)
    assert told(path) == "is a pipe or a device; write the inventory to a file first"
    path.unlink()
    path.mkdir()
    assert told(path) == "is a folder, not a file"
    inside = path / f"x.{suffix}" / f"y.{suffix}"
    assert told(inside) == "there is no such file"
    name = Path(f"a\0.{suffix}")
    assert told(name) == "there is no such file"
    assert told(Path(f"{'x' * 300}.{suffix}")) == "cannot be read: File name too long"
    assert told(Path("/dev/zero")) == "is a pipe or a device; write the inventory to a file first"


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    path = tmp_path / f"inventory.{suffix}"
    path.write_bytes(rec())

    def denied(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    # Whoever runs the tests as root may read everything.
    monkeypatch.setattr(Path, "open", denied)
    assert told(path) == "cannot be read: Permission denied"
