"""Images and layouts: the same files give the same bytes, and what is read back is what was written."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.oci import image as image_module
from registry_components.oci.image import Image, build_image
from registry_components.oci.layout import ImageLayout
from registry_components.oci.model import Manifest, Platform, digest_of

pytestmark = pytest.mark.unit

NAME = st.text(alphabet="abcXYZ019._ -üß", min_size=1, max_size=40).filter(lambda name: name not in (".", ".."))
LEAF = st.binary(max_size=2000)
TREE = st.recursive(LEAF, lambda inner: st.dictionaries(NAME, inner, max_size=4), max_leaves=12)
Tree = bytes | dict[str, "Tree"]


def write(tree: Tree, path: Path, *, mtime: int, reverse: bool) -> None:
    if isinstance(tree, bytes):
        path.write_bytes(tree)
    else:
        path.mkdir()
        for name in sorted(tree, reverse=reverse):
            write(tree[name], path / name, mtime=mtime, reverse=reverse)
    os.utime(path, (mtime, mtime))


def flat(tree: Tree, name: str) -> dict[str, bytes | None]:
    if isinstance(tree, bytes):
        return {name: tree}
    found: dict[str, bytes | None] = {name: None}
    for key, inner in tree.items():
        found.update(flat(inner, f"{name}/{key}"))
    return found


def layer(image: Image) -> bytes:
    return gzip.decompress(image.blobs[1].read())


@settings(deadline=None)
@given(TREE)
def test_equal_files_give_equal_images(tree: Tree) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        write(tree, Path(one) / "in", mtime=1, reverse=False)
        write(tree, Path(two) / "in", mtime=2_000_000_000, reverse=True)
        with (
            build_image({"srv/data": Path(one) / "in"}) as first,
            build_image({"srv/data": Path(two) / "in"}) as second,
        ):
            assert first.manifest.to_bytes() == second.manifest.to_bytes()
            assert [blob.read() for blob in first.blobs] == [blob.read() for blob in second.blobs]
            with tarfile.open(fileobj=io.BytesIO(layer(first))) as tar:
                entries = tar.getmembers()
                held = {e.name: None if e.isdir() else tar.extractfile(e).read() for e in entries}  # type: ignore[union-attr]
    assert held == {"srv": None, **flat(tree, "srv/data")}
    assert [entry.name for entry in entries] == sorted(held)
    assert {(e.mtime, e.uid, e.gid, e.uname, e.gname) for e in entries} == {(0, 0, 0, "", "")}


def test_the_parts_fit_together() -> None:
    with build_image({"a": b"one"}, platform=Platform("linux", "arm64", "v8"), labels={"b": "2", "a": "1"}) as image:
        config, packed = image.blobs
        for blob in image.blobs:
            assert blob.descriptor.digest == digest_of(blob.read())
            assert blob.descriptor.size == len(blob.read())
        assert image.manifest.config == config.descriptor
        assert image.manifest.layers == (packed.descriptor,)
        assert image.diff_ids == ("sha256:" + hashlib.sha256(layer(image)).hexdigest(),)
        assert json.loads(config.read()) == {
            "created": "1970-01-01T00:00:00Z",
            "architecture": "arm64",
            "os": "linux",
            "variant": "v8",
            "config": {"Labels": {"a": "1", "b": "2"}},
            "rootfs": {"type": "layers", "diff_ids": list(image.diff_ids)},
            "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "registry-components"}],
        }


def test_the_tar_never_changes() -> None:
    # What a registry holds under a digest is compared between versions of this library: a change here pushes every
    # image anew.
    with build_image({"etc/motd": b"hello\n", "bin/run": b"#!/bin/sh\n"}) as image:
        assert image.diff_ids == ("sha256:9081f4f243891a053ab67c6b7fb7ed73e4639eb0b192a0500f8a347c86c31958",)


def test_modes_and_links(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir(mode=0o700)
    (source / "run").write_bytes(b"x")
    (source / "run").chmod(0o700)
    (source / "secret").write_bytes(b"y")
    (source / "secret").chmod(0o600)
    (source / "link").symlink_to("../elsewhere")
    (source / "skipped.pyc").write_bytes(b"z")
    (tmp_path / "given").symlink_to(source / "run")
    sources: dict[str, Path | bytes] = {"d": source, "followed": tmp_path / "given"}
    with (
        build_image(sources, keep=lambda path: path.suffix != ".pyc") as image,
        tarfile.open(fileobj=io.BytesIO(layer(image))) as tar,
    ):
        held = {e.name: (e.type, oct(e.mode), e.linkname) for e in tar.getmembers()}
    assert held == {
        "d": (tarfile.DIRTYPE, "0o755", ""),
        "d/link": (tarfile.SYMTYPE, "0o777", "../elsewhere"),
        "d/run": (tarfile.REGTYPE, "0o755", ""),
        "d/secret": (tarfile.REGTYPE, "0o644", ""),
        "followed": (tarfile.REGTYPE, "0o755", ""),
    }


def test_a_large_layer_goes_to_a_file_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    data = os.urandom(200_000)
    with build_image({"data": data}) as small:
        expected = small.descriptor
    monkeypatch.setattr(image_module, "_SPOOL", 1000)
    with build_image({"data": data}) as image:
        assert image.descriptor == expected
        assert digest_of(image.blobs[1].read()) == image.blobs[1].descriptor.digest


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({"/etc": b""}, "image: '/etc' must be a relative path without .. inside the image"),
        ({"a/../b": b""}, "image: 'a/../b' must be a relative path without .. inside the image"),
        ({"": b""}, "image: '' must be a relative path without .. inside the image"),
        ({".": b""}, "image: '.' must be a relative path without .. inside the image"),
        ({"a": b"", "./a": b""}, "image: two sources give 'a'; leave one out"),
        ({"a": b"", "a/b/c": b""}, "image: 'a' is a file, so 'a/b/c' cannot be inside it; leave one out"),
        (
            {"a": Path("/nonexistent")},
            "image: cannot read /nonexistent: No such file or directory; check that it exists and may be read",
        ),
        ({"a": Path("/dev/null")}, "image: /dev/null is neither a file, a directory nor a link; leave it out"),
    ],
)
def test_sources_that_cannot_be(sources: dict[str, Path | bytes], message: str) -> None:
    with pytest.raises(StackError) as refused:
        build_image(sources)
    assert str(refused.value) == message


class TestLayout:
    def test_images_come_back(self, tmp_path: Path) -> None:
        layout = ImageLayout(tmp_path / "out")
        with build_image({"a": b"one"}) as one, build_image({"a": b"two"}) as two:
            layout.write(one, tag="v1")
            layout.write(two, tag="v2")
            layout.write(two, tag="v1")
            layout.write(two, tag="v1")
            tags = {item.annotations["org.opencontainers.image.ref.name"]: item for item in layout.index().manifests}
            assert {tag: item.digest for tag, item in tags.items()} == {
                "v1": two.descriptor.digest,
                "v2": two.descriptor.digest,
            }
            manifest = layout.manifest(tags["v1"])
            assert manifest == two.manifest
            assert isinstance(manifest, Manifest)
            for blob in two.blobs:
                assert b"".join(layout.blob(blob.descriptor)) == blob.read()
        assert not list(layout.directory.rglob(".new-*"))

    def test_what_is_no_layout(self, tmp_path: Path) -> None:
        with pytest.raises(StackError) as missing:
            ImageLayout(tmp_path / "none").index()
        assert str(missing.value) == (
            f"image layout {tmp_path / 'none'} cannot be read: No such file or directory; check the directory, or "
            "write it anew"
        )

    def test_a_blob_that_was_changed(self, tmp_path: Path) -> None:
        layout = ImageLayout(tmp_path / "out")
        with build_image({"a": b"one"}) as image:
            layout.write(image)
            config = image.blobs[0].descriptor
        path = tmp_path / "out" / "blobs" / "sha256" / config.digest.removeprefix("sha256:")
        path.write_bytes(path.read_bytes().replace(b"linux", b"LINUX"))
        with pytest.raises(StackError, match=f"holds something else under {config.digest}; check the directory"):
            list(layout.blob(config))
