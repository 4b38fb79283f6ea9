"""A real registry on loopback that takes deletes, and images by the thousand, as cleanup meets them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from registry_components.oci.client import RegistryClient
from registry_components.oci.model import (
    OCI_CONFIG,
    OCI_LAYER_GZIP,
    Descriptor,
    Index,
    Manifest,
    StoredManifest,
    digest_of,
)
from tests.support.servers import free_port, serving

NOW = datetime(2026, 11, 24, tzinfo=UTC)
_CONFIG = b'{"os":"linux","architecture":"amd64"}'
_LAYERS = tuple(bytes([65 + number]) * (1000 + number) for number in range(6))


@contextmanager
def registry(binary: Path, folder: Path, *, delete: bool = True) -> Iterator[str]:
    """Run a registry; yield its address."""
    folder.mkdir(parents=True)
    port = free_port()
    config = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": delete}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "shared"},
    }
    (folder / "config.yml").write_text(json.dumps(config))
    env = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    with serving([str(binary), "serve", str(folder / "config.yml")], port, folder / "log", env=env):
        yield f"127.0.0.1:{port}"


class Filler:
    """Puts images into one registry; each says a time of its own at which it was built."""

    def __init__(self, client: RegistryClient) -> None:
        self.client = client
        self._number = 0
        self._ready: set[str] = set()

    def image(self, repository: str, *tags: str, days: float = 100) -> str:
        """Push an image of shared layers under tags (or none), built so many days ago; return its digest."""
        return self.images(repository, [(tags, days)])[0]

    def images(self, repository: str, wanted: Sequence[tuple[Sequence[str], float]]) -> list[str]:
        """Push many images at once; return their digests."""
        if repository not in self._ready:
            for blob in (*_LAYERS, _CONFIG):
                self.client.push_blob(repository, blob)
            self._ready.add(repository)
        start = self._number
        self._number += len(wanted)
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda item: self._push(repository, start + item[0], *item[1]), enumerate(wanted)))

    def _push(self, repository: str, number: int, tags: Sequence[str], days: float) -> str:
        created = (NOW - timedelta(days=days)).isoformat()
        # One config for all: what tells images apart is the annotation with their time and number.
        config = self._blob(_CONFIG, OCI_CONFIG)
        layers = (
            self._blob(_LAYERS[number % 6], OCI_LAYER_GZIP),
            self._blob(_LAYERS[(number + 1) % 6], OCI_LAYER_GZIP),
        )
        annotations = {"org.opencontainers.image.created": created, "number": str(number)}
        return self._put(repository, tags, Manifest(config, layers, annotations=annotations))

    def layered(self, repository: str, tag: str | None, *layers: bytes, days: float = 100) -> str:
        """Push an image of these layers and no others; return its digest."""
        for blob in (*layers, _CONFIG):
            self.client.push_blob(repository, blob)
        annotations = {"org.opencontainers.image.created": (NOW - timedelta(days=days)).isoformat(), "tag": str(tag)}
        described = tuple(self._blob(layer, OCI_LAYER_GZIP) for layer in layers)
        made = Manifest(self._blob(_CONFIG, OCI_CONFIG), described, annotations=annotations)
        return self._put(repository, [] if tag is None else [tag], made)

    def index(self, repository: str, children: Sequence[str], *tags: str, days: float = 100) -> str:
        """Push an index of images that are there."""
        created = (NOW - timedelta(days=days)).isoformat()
        described = tuple(self._described(repository, digest) for digest in children)
        return self._put(repository, tags, Index(described, annotations={"org.opencontainers.image.created": created}))

    def signature(self, repository: str, subject: str, *, by_tag: bool) -> str:
        """Push what signs an image: under cosign's tag, or as a referrer."""
        config = self._blob(b"{}", "application/vnd.dev.cosign.simplesigning.v1+json")
        self.client.push_blob(repository, b"{}")
        if by_tag:
            made = Manifest(config, (), annotations={"of": subject})
            return self._put(repository, [subject.replace(":", "-") + ".sig"], made)
        made = Manifest(
            config, (), artifact_type="application/x-signature", subject=self._described(repository, subject)
        )
        return self._put(repository, [], made)

    def _described(self, repository: str, digest: str) -> Descriptor:
        found = self.client.manifest_descriptor(repository, digest)
        assert found is not None
        return found

    def _put(self, repository: str, tags: Sequence[str], made: Manifest | Index) -> str:
        stored = StoredManifest(made.media_type, digest_of(made.to_bytes()), made.to_bytes())
        for tag in tags or [None]:  # type: ignore[list-item]
            self.client.put_manifest(repository, tag, stored)
        return stored.digest

    @staticmethod
    def _blob(data: bytes, media_type: str) -> Descriptor:
        return Descriptor(media_type, digest_of(data), len(data))


def holds(client: RegistryClient, repository: str) -> dict[str, str]:
    """Return the tags of a repository and what they lead to."""
    found = {}
    for tag in client.tags(repository):
        there = client.manifest_descriptor(repository, tag)
        if there is not None:
            found[tag] = there.digest
    return found


def whole(client: RegistryClient, repository: str, digest: str) -> bool:
    """Return whether a manifest, all it refers to and their blobs can be read."""
    if client.manifest_descriptor(repository, digest) is None:
        return False
    parsed = client.manifest(repository, digest).parse()
    if isinstance(parsed, Index):
        return all(whole(client, repository, child.digest) for child in parsed.manifests)
    return all(client.blob_exists(repository, blob.digest) for blob in (parsed.config, *parsed.layers))


__all__ = ["NOW", "Filler", "holds", "registry", "whole"]
