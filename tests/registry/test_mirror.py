"""Registry proof: what a mirror's configuration copies between two real registries when the real regsync runs with it,
what the plan said before and what the check says after."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry_components.blocks.mirroring import Replication
from registry_components.mirror.render import End, arguments, regsync_config
from registry_components.oci.client import RegistryClient
from tests.registry.filled import Filler, holds, registry, whole

pytestmark = pytest.mark.registry


class Two:
    """Two registries, and what runs between them."""

    def __init__(self, source: str, destination: str, regsync: Path, folder: Path) -> None:
        self.source, self.destination = RegistryClient(source), RegistryClient(destination)
        self.filler = Filler(self.source)
        self.regsync, self.folder = regsync, folder

    def block(self, prefix: tuple[str, str] = ("", ""), **settings: Any) -> Replication:
        ends = [
            {"server": client.server, "prefix": before, "plain_http": True}
            for client, before in zip((self.source, self.destination), prefix, strict=True)
        ]
        kinds = {"source_kind": "distribution", "destination_kind": "distribution"}
        return Replication.parse({"source": ends[0], "destination": ends[1], **kinds, **settings})

    def copy(self, block: Replication, code: int = 0, **environment: str) -> str:
        ends = [
            End(str(end.server), str(end.prefix), kind, plain_http=end.plain_http)
            for end, kind in zip((block.source, block.destination), block.kinds, strict=True)
        ]
        config = self.folder / "regsync.yml"
        config.write_text(regsync_config(block, *ends))
        done = subprocess.run(
            [str(self.regsync), *arguments(block, str(config))], capture_output=True, text=True, timeout=60,
            check=False, env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment},
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stderr


@pytest.fixture
def two(registry_binary: Path, regsync_binary: Path, tmp_path: Path) -> Iterator[Two]:
    with (
        registry(registry_binary, tmp_path / "one") as source,
        registry(registry_binary, tmp_path / "other") as destination,
    ):
        made = Two(source, destination, regsync_binary, tmp_path)
        with made.source, made.destination:
            yield made


def signed_index(filler: Filler, repository: str, *tags: str) -> dict[str, str]:
    """Push an index of two images, signatures of it and of one of them, and one that cosign keeps under a tag."""
    children = filler.images(repository, [((), 1), ((), 1)])
    index = filler.index(repository, children, *tags)
    return {
        "index": index,
        "child": children[0],
        "signature": filler.signature(repository, index, by_tag=False),
        "child's": filler.signature(repository, children[0], by_tag=False),
        "tagged": filler.signature(repository, index, by_tag=True),
    }


def test_everything_comes_over(two: Two) -> None:
    made = signed_index(two.filler, "team/api", "v1", "latest")
    two.filler.image("team/api", "pr-7")
    two.filler.image("base", "v3")
    two.filler.image("other", "v3")
    block = two.block(("", "copies"), repositories=["team/**", "base"], tags=["v*"])
    two.copy(block)
    assert sorted(two.destination.catalog()) == ["copies/base", "copies/team/api"]
    for digest in made.values():
        assert whole(two.destination, "copies/team/api", digest), digest
    found = holds(two.destination, "copies/team/api")
    assert found["v1"] == made["index"]
    for subject, signature in (("index", "signature"), ("child", "child's")):
        there = two.destination.referrers("copies/team/api", made[subject])
        assert [one.digest for one in there] == [made[signature]]
