"""Builds OCI images from files, without a container engine: equal files give equal digests."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self, cast

from ..core.errors import stack_error
from .model import (
    OCI_CONFIG,
    OCI_LAYER_GZIP,
    Descriptor,
    Manifest,
    Platform,
    canonical,
    digest_of,
)

_EPOCH = "1970-01-01T00:00:00Z"
# Layers up to this many bytes (compressed) stay in memory, larger ones go to a temporary file.
_SPOOL = 32 * 1024 * 1024
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Blob:
    """Content and its descriptor; the content may be read many times, by one reader at a time."""

    descriptor: Descriptor
    _content: IO[bytes] = field(repr=False)

    @classmethod
    def of(cls, data: bytes, media_type: str) -> Blob:
        """Return a blob held in memory."""
        return cls(Descriptor(media_type, digest_of(data), len(data)), io.BytesIO(data))

    def pieces(self) -> Iterator[bytes]:
        """Yield the content from its start, a megabyte at a time."""
        self._content.seek(0)
        while piece := self._content.read(_PIECE):
            yield piece

    def read(self) -> bytes:
        """Return the whole content."""
        return b"".join(self.pieces())

    def close(self) -> None:
        """Let go of the content."""
        self._content.close()


@dataclass(frozen=True, slots=True)
class Image:
    """A built image: its manifest, and its blobs (the config first, then the layers). Close it after use."""

    manifest: Manifest
    blobs: tuple[Blob, ...]
    diff_ids: tuple[str, ...]
    """The digest of each layer's uncompressed tar, equal on every machine; the compressed one depends on zlib."""

    @property
    def descriptor(self) -> Descriptor:
        """Return the manifest's descriptor."""
        data = self.manifest.to_bytes()
        return Descriptor(self.manifest.media_type, digest_of(data), len(data))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary files."""
        for blob in self.blobs:
            blob.close()


def build_image(
    sources: Mapping[str, Path | bytes],
    *,
    platform: Platform | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    keep: Callable[[Path], bool] = lambda _: True,
) -> Image:
    """Return an image with one layer that holds `sources`.

    A key is a path inside the image (relative, with `/`), its value a file, a directory or the content itself. Entries
    are sorted, owned by user 0, dated 1970, and have mode 0755 where they are directories or executable, else 0644.
    Links inside a directory stay links; a link that is given as a source is followed. `keep` decides, by path on this
    machine, what of a directory goes in. `platform` is by default linux/amd64.

    Raises `StackError` where a path is not usable, a file cannot be read or changes while it is read.
    """
    target = platform or Platform("linux", "amd64")
    entries = _entries(sources, keep)
    content = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=_SPOOL))  # noqa: SIM115 - the image closes it
    try:
        diff_id, layer = _write_layer(entries, content)
    except BaseException:
        content.close()
        raise
    config = canonical(
        {
            "created": _EPOCH,
            "architecture": target.architecture,
            "os": target.os,
            "os.version": target.os_version,
            "variant": target.variant,
            "config": {"Labels": dict(sorted(labels.items()))} if labels else {},
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
            "history": [{"created": _EPOCH, "created_by": "registry-components"}],
        }
    )
    blobs = (Blob.of(config, OCI_CONFIG), Blob(layer, content))
    manifest = Manifest(blobs[0].descriptor, (layer,), annotations=annotations or {})
    return Image(manifest, blobs, (diff_id,))


def _entries(sources: Mapping[str, Path | bytes], keep: Callable[[Path], bool]) -> dict[str, Path | bytes | None]:
    """Return what stands where in the image; None is a directory that no source gave."""
    entries: dict[str, Path | bytes | None] = {}
    for target in sorted(sources):
        source = sources[target]
        path = PurePosixPath(target)
        if not target or path.is_absolute() or ".." in path.parts or str(path) in (".", "") or "\0" in target:
            raise stack_error(f"image: {target!r} must be a relative path without .. inside the image")
        if isinstance(source, bytes):
            _add(entries, path, source)
            continue
        try:
            real = source.resolve(strict=True)
            for inside, found in _walk(path, real, keep):
                _add(entries, inside, found)
        except OSError as error:
            raise _unreadable(error.filename or source, error) from error
    return entries


def _walk(target: PurePosixPath, source: Path, keep: Callable[[Path], bool]) -> Iterator[tuple[PurePosixPath, Path]]:
    yield target, source
    if source.is_symlink() or not source.is_dir():
        return
    for name in sorted(os.listdir(source)):  # noqa: PTH208 - names alone are cheaper
        if keep(source / name):
            yield from _walk(target / name, source / name, keep)


def _add(entries: dict[str, Path | bytes | None], path: PurePosixPath, source: Path | bytes) -> None:
    for parent in path.parents:
        if not parent.parts:
            continue
        entries.setdefault(str(parent), None)
        held = entries[str(parent)]
        if isinstance(held, bytes) or (held is not None and (held.is_symlink() or not held.is_dir())):
            raise stack_error(f"image: {str(parent)!r} is a file, so {str(path)!r} cannot be inside it; leave one out")
    if entries.get(str(path)) is not None:
        raise stack_error(f"image: two sources give {str(path)!r}; leave one out")
    entries[str(path)] = source


def _write_layer(entries: Mapping[str, Path | bytes | None], into: IO[bytes]) -> tuple[str, Descriptor]:
    """Write the layer; return the digest of the tar and the descriptor of the compressed layer."""
    packed = _Hashing(into)
    with gzip.GzipFile("", "wb", 6, cast("IO[bytes]", packed), mtime=0) as squeezed:
        plain = _Hashing(squeezed)
        with tarfile.open(mode="w", fileobj=cast("IO[bytes]", plain), format=tarfile.PAX_FORMAT) as tar:
            for name in sorted(entries):
                source = entries[name]
                try:
                    _write_entry(tar, name, source)
                except OSError as error:
                    raise _unreadable(source if isinstance(source, Path) else name, error) from error
    return plain.digest, Descriptor(OCI_LAYER_GZIP, packed.digest, packed.size)


def _write_entry(tar: tarfile.TarFile, name: str, source: Path | bytes | None) -> None:
    # A TarInfo starts with user and group 0, no names, and 1970.
    entry = tarfile.TarInfo(name)
    if isinstance(source, bytes):
        entry.size, entry.mode = len(source), 0o644
        tar.addfile(entry, io.BytesIO(source))
        return
    if source is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(entry)
        return
    status = source.lstat()
    if stat.S_ISDIR(status.st_mode):
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(entry)
    elif stat.S_ISLNK(status.st_mode):
        entry.type, entry.mode, entry.linkname = tarfile.SYMTYPE, 0o777, str(source.readlink())
        tar.addfile(entry)
    elif stat.S_ISREG(status.st_mode):
        with source.open("rb") as file:
            opened = os.fstat(file.fileno())
            entry.size, entry.mode = opened.st_size, 0o755 if opened.st_mode & stat.S_IXUSR else 0o644
            tar.addfile(entry, file)
            if file.read(1):
                raise stack_error(f"image: {source} grew while it was read; try again")
    else:
        raise stack_error(f"image: {source} is neither a file, a directory nor a link; leave it out")


class _Hashing:
    """A writable file that hashes and counts what goes through it."""

    def __init__(self, into: IO[bytes] | gzip.GzipFile) -> None:
        self._into = into
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self.size += len(data)
        self._into.write(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: the file below is flushed by its owner."""

    def tell(self) -> int:
        """Return how many bytes went through, as tarfile asks."""
        return self.size

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


def _unreadable(path: object, error: OSError) -> Exception:
    reason = error.strerror or "it changed while it was read"
    return stack_error(f"image: cannot read {path}: {reason}; check that it exists and may be read")
