"""Images for tests: made of random bytes, pushed, and found again byte for byte."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from registry_components.oci.client import RegistryClient
from registry_components.oci.image import build_image
from registry_components.oci.model import digest_of


@dataclass(frozen=True)
class PushedImage:
    """An image that a registry took, and the bytes of its blobs."""

    repository: str
    tag: str
    digest: str
    blobs: dict[str, bytes]

    def check(self, client: RegistryClient) -> None:
        """Assert that the registry still has every byte of it."""
        stored = client.manifest(self.repository, self.tag)
        assert digest_of(stored.data) == self.digest
        for digest, data in self.blobs.items():
            assert client.read_blob(self.repository, digest) == data


def push_image(
    server: str,
    username: str | None,
    password: str | None,
    *,
    size: int = 10_000,
    repository: str = "team/api",
    tag: str = "v1",
    **connection: Any,
) -> PushedImage:
    """Push an image whose layer holds `size` random bytes; `connection` is what else the client takes."""
    with (
        build_image({"data": os.urandom(size)}) as image,
        RegistryClient(server, username=username, password=password, **connection) as client,
    ):
        blobs = {blob.descriptor.digest: blob.read() for blob in image.blobs}
        for digest, data in blobs.items():
            client.push_blob(repository, data, digest=digest)
        client.put_manifest(repository, tag, image.manifest)
        return PushedImage(repository, tag, image.descriptor.digest, blobs)
