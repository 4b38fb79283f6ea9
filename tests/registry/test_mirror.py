"""Registry proof: what a mirror's configuration copies between two real registries when the real regsync runs with it,
what the plan said before and what the check says after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry_components.oci.client import RegistryClient, fallback_tag
from registry_components.oci.model import Index
from tests.registry.filled import Filler, holds, registry, whole

pytestmark = pytest.mark.registry

REGC = str(Path(sys.executable).parent / "regc")


class Two:
    """Two registries, and what runs between them."""

    def __init__(self, source: str, destination: str, regsync: Path, folder: Path) -> None:
        self.source, self.destination = RegistryClient(source), RegistryClient(destination)
        self.filler = Filler(self.source)
        self.regsync, self.folder = regsync, folder

    def config(self, prefixes: tuple[str, str] = ("", ""), **settings: Any) -> None:
        """Write the block that the commands read."""
        ends = [
            {"server": client.server, "prefix": prefix, "plain_http": True}
            for client, prefix in zip((self.source, self.destination), prefixes, strict=True)
        ]
        kinds = {"source_kind": "distribution", "destination_kind": "distribution"}
        tree = {"source": ends[0], "destination": ends[1], **kinds, **settings}
        (self.folder / "mirror.yaml").write_text(yaml.safe_dump(tree))

    def regc(self, command: str, *options: str, code: int = 0) -> str:
        done = subprocess.run(
            [REGC, "mirror", command, "--config", "mirror.yaml", *options], capture_output=True, text=True, check=False,
            timeout=120, cwd=self.folder,
            env={**os.environ, "HOME": str(self.folder), "DOCKER_CONFIG": str(self.folder)},
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + (done.stderr if command != "run" else "")

    def copy(self, code: int = 0) -> None:
        self.regc("run", "--regsync", str(self.regsync), code=code)

    def told(self, command: str, code: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.regc(command, "--json", code=code))
        return found


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
        "other child": children[1],
        "signature": filler.signature(repository, index, by_tag=False),
        "child's": filler.signature(repository, children[0], by_tag=False),
        "tagged": filler.signature(repository, index, by_tag=True),
    }


def differences(tree: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (one["status"], one["kind"], one["name"])
        for repository in tree["repositories"]
        for one in repository["differences"]
    }


def test_a_plan_a_copy_and_a_check_that_finds_what_is_not_so(two: Two) -> None:
    made = signed_index(two.filler, "team/api", "v1", "latest")
    two.filler.image("team/api", "pr-7")
    image = two.filler.image("base", "v3")
    two.filler.image("other", "v3")
    two.config(("", "copies"), repositories=["team/**", "base"], tags=["v*"])

    # Before: all of it is missing, and nothing is written by looking.
    before = two.told("plan")
    api = {"signature": "referrer", "child's": "referrer", "child": "manifest", "other child": "manifest"}
    assert differences(before) == {
        ("missing", "tag", "v3"),
        ("missing", "tag", "v1"),
        ("missing", "digest tag", made["index"].replace(":", "-") + ".sig"),
        *(("missing", kind, made[name]) for name, kind in api.items()),
    }
    assert list(two.destination.catalog()) == []
    text = two.regc("plan")
    assert "missing: base:v3\n" in text
    assert f"missing: team/api@{made['signature'][:19]} (refers to {made['index'][:19]})\n" in text
    assert "2 tags and 5 signatures and other parts to copy in 2 of 2 repositories, " in text
    two.regc("verify", code=1)

    two.copy()
    assert sorted(two.destination.catalog()) == ["copies/base", "copies/team/api"]
    for digest in made.values():
        assert whole(two.destination, "copies/team/api", digest), digest
    tags = {tag for tag in holds(two.destination, "copies/team/api") if not tag.startswith("sha256-")}
    assert tags == {"v1"}
    for subject, signature in (("index", "signature"), ("child", "child's")):
        there = two.destination.referrers("copies/team/api", made[subject])
        assert [one.digest for one in there] == [made[signature]]

    # The bytes that were told are those that arrived.
    assert before["bytes"] == sum(_stored(two.destination, name) for name in ("copies/base", "copies/team/api"))
    after = two.told("verify")
    assert (after["equal"], after["to_copy"], after["bytes"], after["same_tags"], after["same_referrers"]) == (
        True, 0, 0, 2, 3,
    )  # fmt: skip
    assert "equal: 2 tags and 3 signatures and the like are the same in 2 repositories" in two.regc("verify")
    two.copy()
    assert two.told("verify")["equal"] is True

    # A tag that was moved there, a signature that was deleted there, and what is there alone.
    moved = Filler(two.destination).image("copies/base", "v3", "v9")
    _forget(two.destination, "copies/team/api", made["index"], made["signature"])
    found = two.told("verify", code=1)
    assert differences(found) == {
        ("changed", "tag", "v3"),
        ("missing", "referrer", made["signature"]),
        ("extra", "tag", "v9"),
    }
    told = two.regc("verify", code=1)
    assert f"changed: base:v3 leads to {moved[:19]} in copies/base, not to {image[:19]}\n" in told
    assert "not equal: 1 tags and 2 signatures and the like are the same in 2 repositories; 1 are at" in told
    two.copy()
    assert two.told("verify")["equal"] is True
    assert holds(two.destination, "copies/base")["v3"] == image
    # What the destination alone has stays, and is a difference only where that is asked for.
    assert "extra: base:v9\n" in two.regc("verify", "--exact", code=1)


def _stored(client: RegistryClient, repository: str) -> int:
    """Return how many bytes of manifests and blobs a repository has, but for the registry's indexes of referrers."""
    seen: dict[str, int] = {}

    def add(digest: str) -> None:
        stored = client.manifest(repository, digest)
        seen[stored.digest] = len(stored.data)
        parsed = stored.parse()
        if isinstance(parsed, Index):
            for child in parsed.manifests:
                add(child.digest)
        else:
            seen.update({blob.digest: blob.size for blob in (parsed.config, *parsed.layers)})
        for one in client.referrers(repository, stored.digest):
            add(one.digest)

    for tag, digest in holds(client, repository).items():
        if not tag.startswith("sha256-") or tag.endswith(".sig"):
            add(digest)
    return sum(seen.values())


def _forget(client: RegistryClient, repository: str, subject: str, referrer: str) -> None:
    """Delete what refers to a manifest, and its entry in the index that stands for the referrers API."""
    left = tuple(one for one in client.referrers(repository, subject) if one.digest != referrer)
    client.delete_manifest(repository, referrer)
    client.put_manifest(repository, fallback_tag(subject), Index(left))
