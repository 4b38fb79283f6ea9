"""OCI image layouts: directories that hold images, as skopeo, crane and oras read and write them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..core.errors import StackError, stack_error
from .image import Image
from .model import Descriptor, Index, Manifest, StoredManifest, hasher, parse_manifest

_MARKER = b'{"imageLayoutVersion":"1.0.0"}'
_TAG = "org.opencontainers.image.ref.name"
_PIECE = 1024 * 1024


class ImageLayout:
    """A directory in the OCI image layout; it is made by the first `write`.

    Methods raise `StackError` where the directory is no such layout, or its content is not what its digest says.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def index(self) -> Index:
        """Return the list of what the layout holds."""
        try:
            marker = json.loads((self.directory / "oci-layout").read_bytes())
            found = parse_manifest((self.directory / "index.json").read_bytes())
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise self._error(f"is not valid: {error}") from None
        if not isinstance(marker, dict) or marker.get("imageLayoutVersion") != "1.0.0":
            raise self._error("is not of version 1.0.0")
        if not isinstance(found, Index):
            raise self._error("has no index")
        return found

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """Yield a blob's bytes; size and digest are known to be right once the iterator ends."""
        check, size = hasher(descriptor.digest), 0
        try:
            with self._path(descriptor.digest).open("rb") as file:
                while piece := file.read(_PIECE):
                    check.update(piece)
                    size += len(piece)
                    yield piece
        except OSError as error:
            raise self._error(f"has no {descriptor.digest}: {error.strerror}") from error
        if size != descriptor.size or check.hexdigest() != descriptor.digest.partition(":")[2]:
            raise self._error(f"holds something else under {descriptor.digest}")

    def manifest(self, descriptor: Descriptor) -> Manifest | Index:
        """Return the manifest or index that a descriptor names."""
        data = b"".join(self.blob(descriptor))
        try:
            return StoredManifest(descriptor.media_type, descriptor.digest, data).parse()
        except ValueError as error:
            raise self._error(f"holds no manifest under {descriptor.digest}: {error}") from None

    def write(self, image: Image, *, tag: str | None = None) -> Descriptor:
        """Add an image; a `tag` moves to it from whatever had it. The list is written last, in one step."""
        descriptor = image.descriptor
        if tag is not None:
            descriptor = replace(descriptor, annotations={_TAG: tag})
        try:
            (self.directory / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
            for blob in image.blobs:
                if not self._path(blob.descriptor.digest).exists():
                    self._replace(self._path(blob.descriptor.digest), blob.pieces())
            self._replace(self._path(descriptor.digest), iter([image.manifest.to_bytes()]))
            known = self.index().manifests if (self.directory / "index.json").exists() else ()
            kept = [item for item in known if item != descriptor and (tag is None or item.annotations.get(_TAG) != tag)]
            self._replace(self.directory / "oci-layout", iter([_MARKER]))
            self._replace(self.directory / "index.json", iter([Index((*kept, descriptor)).to_bytes()]))
        except OSError as error:
            raise self._error(f"cannot be written: {error.strerror}") from error
        return descriptor

    def _path(self, digest: str) -> Path:
        algorithm, _, encoded = digest.partition(":")
        return self.directory / "blobs" / algorithm / encoded

    @staticmethod
    def _replace(path: Path, pieces: Iterator[bytes]) -> None:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in pieces:
                    file.write(piece)
            # mkstemp makes files for their owner alone; a layout is there to be handed on.
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _error(self, what: str) -> StackError:
        return stack_error(f"image layout {self.directory} {what}; check the directory, or write it anew")
