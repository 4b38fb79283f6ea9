"""Descriptors, manifests and indexes of the OCI Image Specification 1.1, and digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ..core.names import DIGEST

if TYPE_CHECKING:
    from hashlib import _Hash

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"

INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFEST_TYPES = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX)


def hasher(digest: str) -> _Hash:
    """Return a fresh hash of the algorithm that `digest` names: sha256 or sha512.

    Raises `ValueError` where `digest` is not a digest of one of them.
    """
    if not DIGEST.fullmatch(digest):
        raise ValueError(f"{digest[:80]!r} is not a sha256 or sha512 digest")
    return hashlib.new(digest.partition(":")[0])


def digest_of(data: bytes, algorithm: str = "sha256") -> str:
    """Return the digest of `data` as `algorithm:hex`."""
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Platform:
    """The operating system and processor that an image runs on, in Go's words."""

    os: str
    architecture: str
    variant: str | None = None
    os_version: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the specification."""
        return _present(
            {
                "architecture": self.architecture,
                "os": self.os,
                "os.version": self.os_version,
                "variant": self.variant,
            }
        )


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a registry stores under a digest: its type, digest and size in bytes."""

    media_type: str
    digest: str
    size: int
    artifact_type: str | None = None
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the specification."""
        return _present(
            {
                "mediaType": self.media_type,
                "digest": self.digest,
                "size": self.size,
                "artifactType": self.artifact_type,
                "platform": self.platform.to_json() if self.platform else None,
                "annotations": dict(sorted(self.annotations.items())) or None,
            }
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image or artifact: a config blob and its layers, lowest first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    media_type: str = OCI_MANIFEST
    artifact_type: str | None = None
    subject: Descriptor | None = None
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_bytes(self) -> bytes:
        """Return the manifest's JSON text; equal manifests give equal bytes."""
        return canonical(
            {
                "schemaVersion": 2,
                "mediaType": self.media_type,
                "artifactType": self.artifact_type,
                "config": self.config.to_json(),
                "layers": [layer.to_json() for layer in self.layers],
                "subject": self.subject.to_json() if self.subject else None,
                "annotations": dict(sorted(self.annotations.items())) or None,
            }
        )


@dataclass(frozen=True, slots=True)
class Index:
    """A list of manifests, such as one image for several platforms."""

    manifests: tuple[Descriptor, ...]
    media_type: str = OCI_INDEX
    artifact_type: str | None = None
    subject: Descriptor | None = None
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_bytes(self) -> bytes:
        """Return the index's JSON text; equal indexes give equal bytes."""
        return canonical(
            {
                "schemaVersion": 2,
                "mediaType": self.media_type,
                "artifactType": self.artifact_type,
                "manifests": [manifest.to_json() for manifest in self.manifests],
                "subject": self.subject.to_json() if self.subject else None,
                "annotations": dict(sorted(self.annotations.items())) or None,
            }
        )


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest or index as a registry holds it: the digest is that of exactly these bytes."""

    media_type: str
    digest: str
    data: bytes = field(repr=False)

    @property
    def descriptor(self) -> Descriptor:
        """Return the descriptor of these bytes."""
        return Descriptor(self.media_type, self.digest, len(self.data))

    def parse(self) -> Manifest | Index:
        """Return what the bytes say. Raises `ValueError` where they are not a manifest or index."""
        return parse_manifest(self.data, self.media_type)


def parse_manifest(data: bytes, media_type: str | None = None) -> Manifest | Index:
    """Return the manifest or index in `data`; `media_type` decides where `data` does not name its type itself.

    Raises `ValueError` with a sentence for people where `data` is neither.
    """
    tree = _mapping(_load(data), "the manifest")
    kind = _text(tree, "mediaType") or media_type or (OCI_INDEX if "manifests" in tree else OCI_MANIFEST)
    if kind not in MANIFEST_TYPES:
        raise ValueError(f"{kind[:80]!r} is not a type of manifest that is understood here")
    if tree.get("schemaVersion") != 2:
        raise ValueError("the manifest does not have schemaVersion 2")
    subject = descriptor_from(tree["subject"]) if tree.get("subject") is not None else None
    artifact_type, annotations = _text(tree, "artifactType"), _annotations(tree)
    if kind in INDEX_TYPES:
        manifests = _descriptors(tree, "manifests")
        return Index(manifests, kind, artifact_type, subject, annotations)
    config = descriptor_from(tree.get("config"))
    return Manifest(config, _descriptors(tree, "layers"), kind, artifact_type, subject, annotations)


def descriptor_from(value: object) -> Descriptor:
    """Return the descriptor in a JSON value. Raises `ValueError` where it is none."""
    tree = _mapping(value, "a descriptor")
    media_type, digest, size = tree.get("mediaType"), tree.get("digest"), tree.get("size")
    if not isinstance(media_type, str) or not isinstance(digest, str):
        raise ValueError("a descriptor has no mediaType or no digest")
    if not DIGEST.fullmatch(digest):
        raise ValueError(f"{digest[:80]!r} is not a sha256 or sha512 digest")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError("a descriptor has no size")
    platform = None
    if tree.get("platform") is not None:
        given = _mapping(tree["platform"], "a platform")
        platform = Platform(
            _text(given, "os") or "",
            _text(given, "architecture") or "",
            _text(given, "variant"),
            _text(given, "os.version"),
        )
    return Descriptor(media_type, digest, size, _text(tree, "artifactType"), platform, _annotations(tree))


def canonical(tree: Mapping[str, Any]) -> bytes:
    """Return compact JSON in the given order of keys, without those that are None."""
    return json.dumps(_present(tree), separators=(",", ":"), ensure_ascii=False).encode()


def _present(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if value is not None}


def _load(data: bytes) -> object:
    try:
        return cast("object", json.loads(data))
    except (ValueError, RecursionError):
        raise ValueError("the manifest is not JSON") from None


def _mapping(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not a JSON object")
    return cast("dict[str, object]", value)


def _text(tree: Mapping[str, object], key: str) -> str | None:
    value = tree.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{key} is not text")
    return value


def _annotations(tree: Mapping[str, object]) -> dict[str, str]:
    given = tree.get("annotations")
    if given is None:
        return {}
    found = _mapping(given, "annotations")
    if not all(isinstance(value, str) for value in found.values()):
        raise ValueError("an annotation is not text")
    return cast("dict[str, str]", found)


def _descriptors(tree: Mapping[str, object], key: str) -> tuple[Descriptor, ...]:
    given = tree.get(key)
    if not isinstance(given, list):
        raise ValueError(f"the manifest has no list of {key}")
    return tuple(descriptor_from(item) for item in cast("Iterable[object]", given))
