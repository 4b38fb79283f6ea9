"""Proves that a registry works: pushes an image of real files, pulls it back by digest, compares the bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..core.errors import StackError, stack_error
from ..oci.client import RegistryClient
from ..oci.image import Blob, Image, build_image

REPOSITORY = "registry-components/proof"
_PACKAGE = Path(__file__).resolve().parents[1]
_OS_RELEASE = Path("/etc/os-release")


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved: `bytes` went to `repository` on `server` and came back equal, in `seconds`."""

    server: str
    repository: str
    digest: str
    bytes: int
    """Size of manifest, config and layers together."""
    seconds: float
    pushed: int
    """Bytes that the registry did not have yet; 0 where the same image was proved before."""


def prove(
    server: str,
    *,
    username: str | None = None,
    password: str | None = None,
    plain_http: bool | None = None,
    ca_certificate: str | None = None,
    prefix: str = "",
    repository: str = REPOSITORY,
    timeout_seconds: float = 30,
    report: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Push an image made of this package's own files, pull it back by digest and compare every byte.

    The image goes to `repository` below `prefix`, tagged with this library's version; what is there already is not
    pushed again, but pulled and compared all the same. `report` is told each step. No container client is needed.

    Raises `StackError` that names the step which failed.
    """
    started = time.monotonic()
    name = f"{prefix}/{repository}" if prefix else repository
    with _step("building an image"):
        image = _own_image()
    with (
        image,
        _step("opening the registry"),
        RegistryClient(
            server,
            username=username,
            password=password,
            plain_http=plain_http,
            ca_certificate=ca_certificate,
            timeout_seconds=timeout_seconds,
        ) as client,
    ):
        size = image.descriptor.size + sum(blob.descriptor.size for blob in image.blobs)
        report(f"built an image of this library's own files, {size} bytes")
        with _step("logging in"):
            client.ping()
        with _step("pushing"):
            pushed = _push(client, name, image)
        report(f"pushed {pushed} bytes to {name}:{__version__}" if pushed else f"{name}:{__version__} is there already")
        with _step("pulling it back"):
            _compare(client, name, image)
        digest = image.descriptor.digest
        report(f"pulled {size} bytes back by digest, all equal: {digest}")
    return Proof(client.server, name, digest, size, time.monotonic() - started, pushed)


def _own_image() -> Image:
    # Compiled files come and go with the interpreter; without them the image is the same at each run.
    sources: dict[str, Path | bytes] = {"usr/share/registry-components": _PACKAGE}
    if _OS_RELEASE.exists():
        sources["etc/os-release"] = _OS_RELEASE
    labels = {
        "org.opencontainers.image.title": "registry-components proof",
        "org.opencontainers.image.version": __version__,
    }
    return build_image(sources, labels=labels, annotations=labels, keep=_kept)


def _kept(path: Path) -> bool:
    return path.name != "__pycache__" and path.suffix != ".pyc"


def _push(client: RegistryClient, name: str, image: Image) -> int:
    pushed = 0
    for blob in image.blobs:
        if not client.blob_exists(name, blob.descriptor.digest):
            client.push_blob(name, blob.pieces(), digest=blob.descriptor.digest)
            pushed += blob.descriptor.size
    tagged = client.manifest_descriptor(name, __version__)
    if tagged is None or tagged.digest != image.descriptor.digest:
        client.put_manifest(name, __version__, image.manifest)
        pushed += image.descriptor.size
    return pushed


def _compare(client: RegistryClient, name: str, image: Image) -> None:
    tagged = client.manifest_descriptor(name, __version__)
    if tagged is None or tagged.digest != image.descriptor.digest:
        raise stack_error(f"the tag {__version__} of {name} does not name the image that was pushed")
    stored = client.manifest(name, image.descriptor.digest)
    if stored.data != image.manifest.to_bytes() or stored.media_type != image.manifest.media_type:
        raise stack_error(f"the manifest of {name} came back changed")
    for blob in image.blobs:
        if not _equal(blob, client.blob(name, blob.descriptor.digest)):
            raise stack_error(f"the blob {blob.descriptor.digest} of {name} came back changed")


def _equal(blob: Blob, pulled: Iterable[bytes]) -> bool:
    """Return whether the pulled bytes are the blob's, with no more than one piece of each held."""
    expected, held = blob.pieces(), b""
    for piece in pulled:
        while len(held) < len(piece):
            more = next(expected, None)
            if more is None:
                return False
            held += more
        if held[: len(piece)] != piece:
            return False
        held = held[len(piece) :]
    return not held and next(expected, None) is None


@contextmanager
def _step(doing: str) -> Iterator[None]:
    try:
        yield
    except StackError as error:
        # The innermost step is the one that failed.
        if str(error).startswith("the proof failed"):
            raise
        raise stack_error(f"the proof failed while {doing}: {error}") from error
