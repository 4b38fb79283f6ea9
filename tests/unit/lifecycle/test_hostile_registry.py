"""Unit proof: whatever manifests say, what is collected can be read, with its layers, and is pruned by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.lifecycle import Inventory, Verdicts, from_records, read_inventory
from registry_components.lifecycle.collect.blobs import MOST_BYTES
from registry_components.lifecycle.collect.oci import Collector
from registry_components.lifecycle.collect.writing import Writer
from registry_components.lifecycle.records import MOST_BYTES as MOST_READ
from registry_components.oci.model import DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST, StoredManifest, digest_of

pytestmark = pytest.mark.unit

Body = dict[str, Any]
EMPTY = digest_of(b"{}")


def blob(number: int, size: Any) -> Body:
    return {"mediaType": OCI_CONFIG, "digest": f"sha256:{number:064x}", "size": size}


def image(*blobs: Body, **more: Any) -> Body:
    return {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": blobs[0], "layers": list(blobs[1:]), **more}


class Registry:
    """What a collector asks of a registry."""

    def __init__(self, **repositories: list[Body]) -> None:
        self._there: dict[str, dict[str, StoredManifest]] = {}
        for name, bodies in repositories.items():
            self._there[name] = {}
            for number, body in enumerate(bodies):
                data = json.dumps(body).encode()
                stored = StoredManifest(body.get("mediaType", OCI_MANIFEST), digest_of(data), data)
                self._there[name] |= {f"pr-{number}": stored, stored.digest: stored}

    def catalog(self) -> Iterator[str]:
        yield from self._there

    def tags(self, name: str) -> Iterator[str]:
        yield from (tag for tag in self._there[name] if tag.startswith("pr-"))

    def manifest(self, name: str, reference: str) -> StoredManifest:
        return self._there[name][reference]

    def has_referrers_api(self, name: str, digest: str) -> bool:
        return False

    def read_blob(self, name: str, digest: str, *, limit: int) -> bytes:
        return b"null"


def collected(registry: Any, *, skip: frozenset[str] = frozenset()) -> list[Any]:
    with Collector(registry, concurrency=2, assume_created=True) as collector:
        return list(collector.collect([name for name in collector.names() if name not in skip]))


def written(folder: Path, found: list[Any], name: str) -> Inventory:
    with Writer(folder / name) as writer:
        for one in found:
            assert one.problems == []
            writer.repository(one.repository, one.records)
    return read_inventory(folder / name)


def everywhere(folder: Path, registry: Any) -> Inventory:
    """Return what every format and `regc prune` have of a registry, which is the same."""
    found = collected(registry)
    direct = from_records([record for one in found for record in one.records])
    for name in ("inventory.jsonl", "inventory.parquet"):
        read = written(folder, found, name)
        assert read.repositories == direct.repositories
        assert read.digest.to_list() == direct.digest.to_list()
        assert read.size.tolist() == direct.size.tolist()
        assert read.pushed.tolist() == direct.pushed.tolist()
        assert read.own.tolist() == direct.own.tolist()
        assert read.media_type.to_list() == direct.media_type.to_list()
        assert edges(read) == edges(direct)
    return direct


def edges(inventory: Inventory) -> list[tuple[int, int]]:
    layers = inventory.layers
    return list(zip(layers.row.tolist(), layers.size[layers.blob].tolist(), strict=True))


def all_of(inventory: Inventory) -> int:
    return Verdicts.keeping(inventory, []).freed_of(np.ones(len(inventory), dtype=bool))


def test_layers_are_collected_with_their_manifests(tmp_path: Path) -> None:
    base, one, two, config = blob(1, 1000), blob(2, 200), blob(3, 30), blob(4, 4)
    bodies = {"a": [image(config, base, one)], "b": [image(config, base, two), image(config, base, base)]}
    found = everywhere(tmp_path, Registry(**bodies))
    manifests = sum(len(json.dumps(body)) for name in bodies for body in bodies[name])
    # A blob that a manifest has twice is one.
    assert edges(found)[:3] == [(0, 4), (0, 1000), (0, 200)]
    assert len(found.layers.row) == 3 + 3 + 2
    assert all_of(found) == 1000 + 200 + 30 + 4 + manifests
    assert sorted(found.own.tolist()) == sorted(len(json.dumps(body)) for name in bodies for body in bodies[name])


def test_the_first_size_of_a_blob_counts(tmp_path: Path) -> None:
    bodies = {"a": [image(blob(1, 10), blob(2, 500))], "b": [image(blob(1, 10), blob(2, 7), blob(2, 9), blob(3, 1))]}
    found = everywhere(tmp_path, Registry(**bodies))
    assert edges(found) == [(0, 10), (0, 500), (1, 10), (1, 500), (1, 1)]
    assert found.own.tolist() == [len(json.dumps(bodies[name][0])) for name in ("a", "b")]


def test_a_run_that_goes_on_keeps_the_first_sizes(tmp_path: Path) -> None:
    registry = Registry(a=[image(blob(1, 10), blob(2, 500))], b=[image(blob(1, 10), blob(2, 7))])
    for name in ("inventory.jsonl", "inventory.parquet"):
        out = tmp_path / name
        (first,) = collected(registry, skip=frozenset({"b"}))
        with suppress(KeyboardInterrupt), Writer(out) as writer:
            writer.repository(first.repository, first.records)
            raise KeyboardInterrupt
        with Writer(out, resume=True) as writer:
            (second,) = collected(registry, skip=frozenset(writer.finished))
            writer.repository(second.repository, second.records)
        assert edges(read_inventory(out)) == [(0, 10), (0, 500), (1, 10), (1, 500)]


@pytest.mark.parametrize(
    "left", ["{", '{"layers": 1}\n', '{"layers": [{"digest": 1, "size": 1}]}\n', "7\n", "\0\n", "", "\n\n"]
)
def test_a_damaged_part_is_told(tmp_path: Path, left: str) -> None:
    part = tmp_path / "inventory.jsonl.part"
    part.write_text(left)
    (tmp_path / "inventory.jsonl.part.done").write_text(json.dumps(["a", max(len(left), 2)]) + "\n")
    with pytest.raises(StackError) as caught:
        Writer(tmp_path / "inventory.jsonl", resume=True)
    assert str(caught.value) == (
        f"{part}: is not what an interrupted run left; remove it and {part}.done, and begin anew"
    )


@pytest.mark.parametrize("size", [MOST_BYTES, 2**62, 2**63, 2**64, 10**30])
def test_absurd_sizes_are_not_known(tmp_path: Path, size: int) -> None:
    sane = image(blob(1, 10), blob(2, 500))
    found = everywhere(tmp_path, Registry(a=[image(blob(1, 10), blob(2, size))], b=[sane]))
    assert found.size.tolist() == [-1, len(json.dumps(sane)) + 510]
    assert edges(found) == [(1, 10), (1, 500)]
    assert Verdicts.keeping(found, []).caveat() == "of 1 artifacts nobody knows the size, and they count as nothing"


def test_sizes_that_grow_absurd_together_stay_readable(tmp_path: Path) -> None:
    large = MOST_BYTES - 10_000
    found = everywhere(
        tmp_path,
        Registry(a=[image(blob(1, 1), blob(2, large)), image(blob(1, 1), blob(3, large))],
                 b=[image(blob(1, 1), blob(2, 5), blob(3, 5))]),
    )  # fmt: skip
    assert found.size.max() == MOST_BYTES == MOST_READ
    assert found.own.tolist()[2] == 0


@pytest.mark.parametrize("kind", ["x" * 257, "a\nb", "\x00", "\ud800", "\x1b[31m", "\u202e"])
def test_a_type_that_no_inventory_can_have_is_left_out(tmp_path: Path, kind: str) -> None:
    found = everywhere(tmp_path, Registry(a=[image(blob(1, 10), artifactType=kind)]))
    assert found.media_type.to_list() == [OCI_MANIFEST]


@pytest.mark.parametrize(
    "said",
    ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "1980-01-01T00:00:00Z", "", "now",
     "2026-01-01T00:00:00", 7, "2026-01-01T00:00:00+99:99"],
)  # fmt: skip
def test_a_time_that_stands_for_none_is_left_out(tmp_path: Path, said: Any) -> None:
    body = image(blob(1, 10), annotations={"org.opencontainers.image.created": said} if isinstance(said, str) else {})
    found = everywhere(tmp_path, Registry(a=[body]))
    assert found.pushed.tolist() == [np.iinfo(np.int64).min]


@pytest.mark.parametrize(
    ("said", "micros"),
    [("2026-01-01T00:00:00Z", 1_767_225_600_000_000), ("2026-01-01T02:00:00.5+02:00", 1_767_225_600_500_000),
     ("2026-01-01T00:00:00.123456789Z", 1_767_225_600_123_456),
     ("2026-01-01T00:00:30+00:00:30", 1_767_225_600_000_000)],
)  # fmt: skip
def test_times_are_the_same_in_every_format(tmp_path: Path, said: str, micros: int) -> None:
    body = image(blob(1, 10), annotations={"org.opencontainers.image.created": said})
    assert everywhere(tmp_path, Registry(a=[body])).pushed.tolist() == [micros]


def test_what_ecr_alone_tells_is_in_parquet_too(tmp_path: Path) -> None:
    times = ("pushed_at", "last_pulled_at", "archived_at", "activated_at")
    record = {"repository": "a", "digest": "sha256:1", "tags": [], "media_type": "m", "size": 5, "subject": "sha256:2",
              "storage_class": "archive",
              **{name: f"2026-01-0{day}T00:00:00+00:00" for day, name in enumerate(times, 1)}}  # fmt: skip
    for name in ("inventory.jsonl", "inventory.parquet"):
        with Writer(tmp_path / name) as writer:
            writer.repository("a", [record])
        read = read_inventory(tmp_path / name)
        assert read.archived.tolist() == [True]
        columns = (read.pushed, read.pulled, read.archived_at, read.activated_at)
        assert [int(column[0]) for column in columns] == [
            1_767_225_600_000_000 + day * 86_400_000_000 for day in range(4)
        ]


def test_nothing_is_an_inventory_too(tmp_path: Path) -> None:
    for name in ("inventory.jsonl", "inventory.parquet"):
        assert len(written(tmp_path, [], name)) == 0


SIZES = st.one_of(st.integers(0, 1000), st.sampled_from([MOST_BYTES, MOST_BYTES + 1, 2**63, 10**30]))
BLOBS = st.builds(blob, st.integers(0, 6), SIZES)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("abc"),
        st.lists(
            st.builds(image, BLOBS, BLOBS, BLOBS, artifactType=st.one_of(st.none(), st.text(max_size=3))), max_size=3
        ),
        max_size=3,
    )
)
def test_whatever_manifests_say_is_read(
    tmp_path_factory: pytest.TempPathFactory, repositories: dict[str, list[Body]]
) -> None:
    everywhere(tmp_path_factory.mktemp("said"), Registry(**repositories))


@pytest.mark.parametrize("kind", [OCI_MANIFEST, DOCKER_MANIFEST])
def test_an_artifact_without_layers_of_its_own_has_its_config(tmp_path: Path, kind: str) -> None:
    config = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": EMPTY, "size": 2}
    found = everywhere(tmp_path, Registry(a=[{**image(config), "mediaType": kind}]))
    assert edges(found) == [(0, 2)]
    assert Verdicts.keeping(found, []).caveat() == ""
