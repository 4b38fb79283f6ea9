"""Manifests, indexes and digests."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.oci.model import (
    DOCKER_INDEX,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER_GZIP,
    OCI_MANIFEST,
    Descriptor,
    Index,
    Manifest,
    Platform,
    StoredManifest,
    digest_of,
    hasher,
    parse_manifest,
)

pytestmark = pytest.mark.unit

WORD = st.text(min_size=1, max_size=12)
ANNOTATIONS = st.dictionaries(WORD, st.text(max_size=12), max_size=3)
DIGESTS = st.one_of(
    st.binary(min_size=32, max_size=32).map(lambda raw: f"sha256:{raw.hex()}"),
    st.binary(min_size=64, max_size=64).map(lambda raw: f"sha512:{raw.hex()}"),
)
PLATFORMS = st.none() | st.builds(Platform, WORD, WORD, st.none() | WORD, st.none() | WORD)
DESCRIPTORS = st.builds(Descriptor, WORD, DIGESTS, st.integers(0, 2**50), st.none() | WORD, PLATFORMS, ANNOTATIONS)
LISTS = st.lists(DESCRIPTORS, max_size=3).map(tuple)
MANIFESTS = st.builds(
    Manifest,
    DESCRIPTORS,
    LISTS,
    st.sampled_from([OCI_MANIFEST, DOCKER_MANIFEST]),
    st.none() | WORD,
    st.none() | DESCRIPTORS,
    ANNOTATIONS,
)
INDEXES = st.builds(
    Index,
    LISTS,
    st.sampled_from([OCI_INDEX, DOCKER_INDEX]),
    st.none() | WORD,
    st.none() | DESCRIPTORS,
    ANNOTATIONS,
)


@given(MANIFESTS | INDEXES)
def test_what_is_written_is_read(manifest: Manifest | Index) -> None:
    data = manifest.to_bytes()
    assert parse_manifest(data) == manifest
    assert parse_manifest(data).to_bytes() == data


def test_the_text_of_a_manifest() -> None:
    config = Descriptor(OCI_CONFIG, digest_of(b"c"), 1)
    layer = Descriptor(OCI_LAYER_GZIP, digest_of(b"l"), 1)
    assert json.loads(Manifest(config, (layer,), annotations={"z": "1", "a": "2"}).to_bytes()) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": OCI_CONFIG, "digest": digest_of(b"c"), "size": 1},
        "layers": [{"mediaType": OCI_LAYER_GZIP, "digest": digest_of(b"l"), "size": 1}],
        "annotations": {"a": "2", "z": "1"},
    }


def test_the_type_may_stand_outside() -> None:
    data = b'{"schemaVersion":2,"manifests":[]}'
    assert parse_manifest(data) == Index(())
    assert StoredManifest(DOCKER_INDEX, digest_of(data), data).parse() == Index((), DOCKER_INDEX)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the manifest is not JSON"),
        (b"\xff", "the manifest is not JSON"),
        (b"[" * 100_000, "the manifest is not JSON"),
        (b"[]", "the manifest is not a JSON object"),
        (b'{"mediaType":"text/plain"}', "'text/plain' is not a type of manifest that is understood here"),
        (b'{"mediaType":7}', "mediaType is not text"),
        (b'{"schemaVersion":1}', "the manifest does not have schemaVersion 2"),
        (b'{"schemaVersion":2}', "a descriptor is not a JSON object"),
        (b'{"schemaVersion":2,"manifests":{}}', "the manifest has no list of manifests"),
        (b'{"schemaVersion":2,"manifests":[{}]}', "a descriptor has no mediaType or no digest"),
        (
            b'{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"md5:00","size":1}]}',
            "'md5:00' is not a sha256 or sha512 digest",
        ),
        (
            b'{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha256:%s","size":true}]}' % (b"0" * 64),
            "a descriptor has no size",
        ),
        (b'{"schemaVersion":2,"manifests":[],"annotations":{"a":1}}', "an annotation is not text"),
    ],
)
def test_what_is_no_manifest(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(") + "$"):
        parse_manifest(data)


def test_digests() -> None:
    assert digest_of(b"x", "sha512") == "sha512:" + hashlib.sha512(b"x").hexdigest()
    assert hasher(digest_of(b"")).name == "sha256"
    assert hasher(digest_of(b"", "sha512")).name == "sha512"
    for wrong in ("", "sha256:", "md5:" + "0" * 32, "sha256:" + "A" * 64, "sha512:" + "0" * 64):
        with pytest.raises(ValueError, match="is not a sha256 or sha512 digest"):
            hasher(wrong)
