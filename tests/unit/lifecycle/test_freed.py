"""Unit proof: the bytes that get free are those that plain sets give, and all formats say the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.lifecycle import Inventory, Verdicts, from_records, read_inventory, simulate
from registry_components.lifecycle.inventory import MOST_MANIFEST_BYTES

pytestmark = pytest.mark.unit

BLOBS = {f"sha256:{n:064x}": (n * 7) ** 3 for n in range(12)}
INDEX = "application/vnd.oci.image.index.v1+json"
Records = list[dict[str, Any]]


@st.composite
def layered(draw: st.DrawFn) -> Records:
    """Return artifacts of some repositories, in any order; they share blobs, and some have one blob twice."""
    records: Records = []
    for repository in draw(st.sampled_from([["a"], ["b", "a"], ["a", "c/d", "b"]])):
        names = [f"sha256:{'f' * 60}{n:04x}" for n in range(6)]
        for number, digest in enumerate(draw(st.permutations(names))[: draw(st.integers(0, 6))]):
            record: dict[str, Any] = {"repository": repository, "digest": digest, "tags": [f"{number}"]}
            if draw(st.integers(0, 3)):
                record["size"] = draw(st.sampled_from([0, 1, 500, 100_000, MOST_MANIFEST_BYTES, 2**40]))
            if draw(st.integers(0, 2)):
                chosen = draw(st.lists(st.sampled_from(sorted(BLOBS)), max_size=5))
                record["layers"] = [{"digest": blob, "size": BLOBS[blob]} for blob in chosen]
            if draw(st.integers(0, 4)) == 0:
                record["children"] = [draw(st.sampled_from(names))]
            elif draw(st.integers(0, 8)) == 0:
                record["media_type"] = INDEX
            records.append(record)
    return draw(st.permutations(records))


def key(record: dict[str, Any]) -> tuple[str, str]:
    return record["repository"], record["digest"]


def by_sets(records: Records, going: set[tuple[str, str]]) -> int:
    """Return the bytes that get free, without columns."""
    freed = 0
    blobs: set[str] = set()
    held: set[str] = set()
    for record in records:
        layers = record.get("layers", [])
        (blobs if key(record) in going else held).update(layer["digest"] for layer in layers)
        if key(record) in going:
            own = max(record.get("size", 0) - sum(layer["size"] for layer in layers), 0)
            index = bool(record.get("children")) or record.get("media_type") == INDEX
            freed += 0 if index and own > MOST_MANIFEST_BYTES else own
    return freed + sum(BLOBS[blob] for blob in blobs - held)


def rows_of(inventory: Inventory, going: set[tuple[str, str]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    names = [inventory.repositories[place] for place in inventory.repository.tolist()]
    return np.array([pair in going for pair in zip(names, inventory.digest.to_list(), strict=True)], dtype=bool)


@settings(max_examples=300)
@given(layered(), st.data())
def test_what_gets_free_is_what_sets_say(records: Records, data: st.DataObject) -> None:
    inventory = from_records(records)
    going = {key(record) for record in records if data.draw(st.booleans())}
    verdicts = Verdicts.keeping(inventory, [])
    assert verdicts.freed() == 0
    assert verdicts.freed_of(rows_of(inventory, going)) == by_sets(records, going)
    verdicts.action[rows_of(inventory, going)] = 1
    assert verdicts.freed() == by_sets(records, going)


@settings(max_examples=100)
@given(layered(), st.data())
def test_more_that_goes_never_frees_less_than_its_parts(records: Records, data: st.DataObject) -> None:
    inventory = from_records(records)
    verdicts = Verdicts.keeping(inventory, [])
    one = np.array(data.draw(st.lists(st.booleans(), min_size=len(records), max_size=len(records))), dtype=bool)
    everything = verdicts.freed_of(np.ones(len(records), dtype=bool))
    assert verdicts.freed_of(one) + verdicts.freed_of(~one) <= everything


@settings(max_examples=100)
@given(layered(), st.data())
def test_a_simulation_says_the_same(records: Records, data: st.DataObject) -> None:
    for record in records:
        record["pushed_at"] = f"2026-{data.draw(st.integers(1, 12)):02}-01T00:00:00Z"
    policy = {"repositories": ["**"], "expire": {"old": {"tag_state": "any", "older_than_days": 90}}}
    verdicts = simulate("unified", policy, from_records(records), now=datetime(2026, 12, 24, tzinfo=UTC))
    gone = {key(record) for record in verdicts.records() if record["action"] == "delete"}
    assert verdicts.freed() == by_sets(records, gone)


@settings(max_examples=200)
@given(layered(), st.data())
def test_groups_and_what_they_share_are_the_whole(records: Records, data: st.DataObject) -> None:
    inventory = from_records(records)
    going = {key(record) for record in records if data.draw(st.integers(0, 3))}
    groups = {key(record): data.draw(st.integers(0, 2)) for record in records}
    verdicts = Verdicts.keeping(inventory, [])
    rows = rows_of(inventory, going)
    names = [inventory.repositories[place] for place in inventory.repository.tolist()]
    group = np.array([groups[pair] for pair in zip(names, inventory.digest.to_list(), strict=True)], dtype=np.int32)
    found, shared = verdicts.freed_by(rows, group, 4)
    # What a group frees is what it would free if nothing else went.
    assert found == [by_sets(records, {one for one in going if groups[one] == place}) for place in range(4)]
    assert sum(found) + shared == verdicts.freed_of(rows) == by_sets(records, going)
    assert shared >= 0


def test_what_is_not_known_of_bytes_is_told() -> None:
    image = {"repository": "a", "digest": "sha256:1", "size": 10, "layers": [{"digest": "sha256:9", "size": 4}]}
    whole = {"repository": "a", "digest": "sha256:2", "size": 10}
    index = {"repository": "a", "digest": "sha256:3", "size": 10, "children": ["sha256:1"]}
    unknown = {"repository": "a", "digest": "sha256:4"}
    empty = {"repository": "a", "digest": "sha256:5", "size": 0}
    no_layers = "the inventory tells no layers, and what artifacts share is counted for each of them"
    no_size = "of 1 artifacts nobody knows the size, and they count as nothing"
    cases: list[tuple[Records, str]] = [
        ([], ""),
        ([image, index], ""),
        ([index, empty], ""),
        ([whole, index], no_layers),
        ([image, whole], f"of 1 artifacts {no_layers}"),
        ([image, unknown], no_size),
        ([whole, unknown, index], f"{no_layers}; {no_size}"),
    ]
    for records, told in cases:
        assert Verdicts.keeping(from_records(records), []).caveat() == told


def _csv(records: Records, *, as_json: bool) -> str:
    lines = ["repository,digest,size,tags,children,media_type,layers"]
    for record in records:
        layers = record.get("layers", [])
        told = json.dumps(layers).replace('"', '""') if as_json else ""
        plain = ";".join(f"{layer['digest']}={layer['size']}" for layer in layers)
        lines.append(
            f"{record['repository']},{record['digest']},{record.get('size', '')},{' '.join(record['tags'])},"
            f'{" ".join(record.get("children", []))},{record.get("media_type", "")},"{told or plain}"'
        )
    return "\r\n".join(lines)


@settings(max_examples=25)
@given(layered())
def test_every_format_has_the_same_layers(tmp_path_factory: pytest.TempPathFactory, records: Records) -> None:
    folder = tmp_path_factory.mktemp("formats")
    layers = pl.List(pl.Struct({"size": pl.UInt32, "digest": pl.String}))
    texts = pl.List(pl.String)
    schema: dict[str, Any] = {"repository": pl.String, "digest": pl.String, "tags": texts, "size": pl.Int64}
    schema |= {"layers": layers, "children": texts, "media_type": pl.String}
    pl.DataFrame(records, schema=schema).write_parquet(folder / "a.parquet")
    (folder / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records) or "[]")
    (folder / "a.json").write_text(json.dumps(records, indent=1))
    (folder / "a.csv").write_text(_csv(records, as_json=False))
    (folder / "b.csv").write_text(_csv(records, as_json=True))
    expected = from_records(records)
    for name in ("a.parquet", "a.jsonl", "a.json", "a.csv", "b.csv"):
        found = read_inventory(folder / name)
        assert found.digest.to_list() == expected.digest.to_list(), name
        assert _edges(found) == _edges(expected), name
        assert found.own.tolist() == expected.own.tolist(), name
        assert found.index.tolist() == expected.index.tolist(), name


def _edges(inventory: Inventory) -> list[tuple[int, int]]:
    layers = inventory.layers
    return list(zip(layers.row.tolist(), layers.size[layers.blob].tolist(), strict=True))


def test_a_shared_layer_is_free_with_the_last_repository_that_has_it() -> None:
    base, own = ({"digest": f"sha256:{n}", "size": n * 1000} for n in (5, 7))
    records = [
        {"repository": "a", "digest": "sha256:1", "size": 12_300, "layers": [base, own]},
        {"repository": "b", "digest": "sha256:2", "size": 5_200, "layers": [base]},
        {"repository": "b", "digest": "sha256:3", "size": 90},
    ]
    verdicts = Verdicts.keeping(from_records(records), [])
    going = [[True, False, False], [False, True, False], [True, True, False], [False, False, True], [True] * 3]
    freed = [verdicts.freed_of(np.array(rows, dtype=bool)) for rows in going]
    assert freed == [7_300, 200, 7_300 + 5_200, 90, 7_300 + 5_200 + 90]


@pytest.mark.parametrize(
    ("size", "own"), [(700, 700), (MOST_MANIFEST_BYTES, MOST_MANIFEST_BYTES), (MOST_MANIFEST_BYTES + 1, 0), (10**9, 0)]
)
def test_an_index_counts_its_own_manifest_alone(size: int, own: int) -> None:
    child = {"repository": "a", "digest": "sha256:1", "size": 10**9}
    index = {"repository": "a", "digest": "sha256:2", "size": size, "children": ["sha256:1"]}
    verdicts = Verdicts.keeping(from_records([child, index]), [])
    assert verdicts.freed_of(np.array([False, True])) == own
    assert verdicts.freed_of(np.array([True, True])) == 10**9 + own
    # What it names need not be here.
    assert Verdicts.keeping(from_records([index]), []).freed_of(np.array([True])) == own


def test_sums_beyond_64_bits_are_right() -> None:
    records = [{"repository": "a", "digest": f"sha256:{n}", "size": 1024**5} for n in range(9000)]
    verdicts = Verdicts.keeping(from_records(records), [])
    rows = np.ones(9000, dtype=bool)
    assert verdicts.freed_of(rows) == 9000 * 1024**5 > 2**63
    assert verdicts.freed_by(rows, np.zeros(9000, dtype=np.int32), 1) == ([9000 * 1024**5], 0)


def test_one_blob_has_one_size() -> None:
    records = [
        {"repository": "a", "digest": "sha256:1", "layers": [{"digest": "sha256:9", "size": 10}]},
        {"repository": "b", "digest": "sha256:2", "layers": [{"digest": "sha256:9", "size": 12}]},
    ]
    with pytest.raises(StackError) as caught:
        from_records(records)
    assert str(caught.value) == "record 2: layers: sha256:9 has 12 bytes here and 10 in record 1"


def test_one_blob_has_one_size_in_parquet(tmp_path: Path) -> None:
    layers = [[{"digest": "sha256:9", "size": 10}], [{"digest": "sha256:9", "size": 12}]]
    frame = pl.DataFrame({"repository": ["a", "b"], "digest": ["sha256:1", "sha256:2"], "layers": layers})
    frame.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(StackError) as caught:
        read_inventory(tmp_path / "a.parquet")
    assert str(caught.value) == (
        f"{tmp_path}/a.parquet: column layers: row 2 (b@sha256:2): sha256:9 has 12 bytes here and 10 in row 1 "
        "(a@sha256:1)"
    )
