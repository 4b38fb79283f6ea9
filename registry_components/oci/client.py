"""A client for registries that follow the OCI Distribution Specification 1.1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import quote, urlsplit

from ..core.errors import StackError, stack_error
from ..core.names import DIGEST, TAG, check_repository
from .connection import BODY_LIMIT, Ask, Connection, drain, log
from .errors import RegistryError
from .model import (
    MANIFEST_TYPES,
    Descriptor,
    Index,
    Manifest,
    StoredManifest,
    digest_of,
    parse_manifest,
)

if TYPE_CHECKING:
    import httpx

MANIFEST_LIMIT = 16 * 1024 * 1024
"""The largest manifest that is read, in bytes; the specification asks registries to take 4 MiB."""
_CHUNK = 16 * 1024 * 1024
_PAGE = 1000
_ACCEPT = {"accept": ", ".join(MANIFEST_TYPES)}


class RegistryClient(Connection):
    """Speaks to one registry; may be shared between threads; a context manager that closes its connections.

    `server` is host or host:port. `username` and `password` go together; without them access is anonymous.
    `plain_http=None` means plain HTTP for a loopback address and TLS for all others. `ca_certificate` is PEM text that
    is trusted beside the usual authorities. `timeout_seconds` bounds each connect, read and write, not a whole
    transfer. `transport` replaces the network layer.

    Requests that may be repeated are, up to five times, after a lost connection and after answers 429, 502, 503 and
    504; a `Retry-After` of up to a minute is honoured. All received content is checked against its digest. Redirects
    are followed without credentials where they lead to another host.

    Every method raises `RegistryError` where the registry cannot be reached, refuses, or sends what cannot be right,
    and `StackError` where a name, tag or digest is malformed.
    """

    # Listing

    def ping(self) -> None:
        """Return if the registry answers and takes the login."""
        task = "use it"
        response, body = self._fetch(Ask("GET", "/v2/", "", task))
        kind = response.headers.get("content-type", "")
        if "html" in kind or body.lstrip()[:1] == b"<":
            raise self._error(task, "it sent a web page in answer to /v2/", "check that the server is a registry")

    def tags(self, repository: str, *, page_size: int = _PAGE) -> Iterator[str]:
        """Yield the tags of a repository in the registry's order, asking for `page_size` at a time."""
        _check_name(repository)
        path = f"/v2/{repository}/tags/list"
        return self._pages(path, "tags", f"repository:{repository}:pull", f"list the tags of {repository}", page_size)

    def catalog(self, *, page_size: int = _PAGE) -> Iterator[str]:
        """Yield the names of all repositories, asking for `page_size` at a time.

        Many hosted registries refuse this.
        """
        return self._pages("/v2/_catalog", "repositories", "registry:catalog:*", "list the repositories", page_size)

    def _pages(self, path: str, key: str, scope: str, task: str, page_size: int) -> Iterator[str]:
        url: str | None = f"{path}?n={page_size}"
        seen: set[str] = set()
        while url is not None:
            # A registry that links back to a page would otherwise be read for ever.
            if url in seen:
                raise self._error(task, "its pages lead in a circle", "report it to the registry's makers")
            seen.add(url)
            response, body = self._fetch(Ask("GET", url, scope, task))
            tree = self._json(body, task)
            names = tree.get(key) or []
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise self._error(task, f"its answer has no list of {key}", "check that the server is a registry")
            yield from names
            url = self._next(response, task)

    def _next(self, response: httpx.Response, task: str) -> str | None:
        link = response.links.get("next", {}).get("url")
        if link is None:
            return None
        # Behind a TLS proxy some registries write their own address with http; only path and query matter here.
        parts = urlsplit(self._join(response, link, task))
        if not parts.path.startswith("/v2/") or parts.hostname != urlsplit(self._root).hostname:
            raise self._error(
                task, "its next page is elsewhere", "check the address that the registry believes to have"
            )
        return f"{parts.path}?{parts.query}"

    # Manifests

    def manifest(self, repository: str, reference: str) -> StoredManifest:
        """Return the manifest or index that a tag or digest names, its bytes checked against the digest."""
        path, scope = _manifest_path(repository, reference), f"repository:{repository}:pull"
        task = f"read the manifest {_named(repository, reference)}"
        response, body = self._fetch(Ask("GET", path, scope, task, _ACCEPT), MANIFEST_LIMIT)
        media_type = _media_type(response, body)
        stated = reference if ":" in reference else response.headers.get("docker-content-digest", "")
        if not stated:
            return StoredManifest(media_type, digest_of(body), body)
        if not DIGEST.fullmatch(stated) or digest_of(body, stated.partition(":")[0]) != stated:
            self._tampered(task)
        return StoredManifest(media_type, stated, body)

    def manifest_descriptor(self, repository: str, reference: str) -> Descriptor | None:
        """Return type, digest and size of a manifest without reading it, or None where there is none."""
        path, scope = _manifest_path(repository, reference), f"repository:{repository}:pull"
        task = f"look for the manifest {_named(repository, reference)}"
        response, _ = self._fetch(Ask("HEAD", path, scope, task, _ACCEPT, expect=(200, 404)))
        if response.status_code == 404:
            return None
        digest = reference if ":" in reference else response.headers.get("docker-content-digest", "")
        size = response.headers.get("content-length", "")
        if not DIGEST.fullmatch(digest) or not size.isdecimal():
            return self.manifest(repository, reference).descriptor
        return Descriptor(_media_type(response, b"{}"), digest, int(size))

    def put_manifest(
        self, repository: str, reference: str | None, manifest: Manifest | Index | StoredManifest
    ) -> Descriptor:
        """Store a manifest under a tag, or under its digest alone where `reference` is None; return its descriptor.

        Where it has a subject and the registry keeps no referrers itself, the specification's fall-back tag is updated;
        two clients that do so at once can lose one of the two entries.
        """
        stored = manifest
        if not isinstance(stored, StoredManifest):
            data = stored.to_bytes()
            stored = StoredManifest(stored.media_type, digest_of(data), data)
        target = stored.digest if reference is None else reference
        path, scope = _manifest_path(repository, target), f"repository:{repository}:pull,push"
        task = f"write the manifest {_named(repository, target)}"
        headers = {"content-type": stored.media_type}
        response, _ = self._fetch(Ask("PUT", path, scope, task, headers, stored.data, (200, 201, 202)))
        self._same_digest(response, stored.digest, task)
        if b'"subject"' in stored.data and "oci-subject" not in response.headers:
            self._record_referrer(repository, stored)
        return stored.descriptor

    def delete_manifest(self, repository: str, reference: str) -> None:
        """Delete a manifest by digest, or a tag alone where the registry can."""
        path, scope = _manifest_path(repository, reference), f"repository:{repository}:delete"
        task = f"delete the manifest {_named(repository, reference)}"
        self._fetch(Ask("DELETE", path, scope, task, expect=(200, 202, 204)))

    # Referrers

    def referrers(self, repository: str, digest: str, *, artifact_type: str | None = None) -> Iterator[Descriptor]:
        """Yield what refers to the manifest `digest` (signatures, bills of materials), of one type or of all.

        Reads the specification's fall-back tag where the registry has no referrers API.
        """
        _check_digest(digest)
        _check_name(repository)
        scope, task = f"repository:{repository}:pull", f"list the referrers of {_named(repository, digest)}"
        filtered = f"?artifactType={quote(artifact_type, safe='')}" if artifact_type else ""
        url: str | None = f"/v2/{repository}/referrers/{digest}{filtered}"
        seen: set[str] = set()
        while url is not None and url not in seen:
            seen.add(url)
            response, body = self._fetch(Ask("GET", url, scope, task, expect=(200, 404)))
            if response.status_code == 404:
                index = self._fallback(repository, digest)
                url = None
            else:
                index = self._index(body, task)
                url = self._next(response, task)
            for descriptor in index.manifests:
                if artifact_type is None or descriptor.artifact_type == artifact_type:
                    yield descriptor

    def has_referrers_api(self, repository: str, digest: str) -> bool:
        """Return whether the registry itself keeps what refers to manifests."""
        _check_digest(digest)
        _check_name(repository)
        task = f"list the referrers of {_named(repository, digest)}"
        path, scope = f"/v2/{repository}/referrers/{digest}", f"repository:{repository}:pull"
        response, _ = self._fetch(Ask("GET", path, scope, task, expect=(200, 404)))
        return response.status_code == 200

    def _fallback(self, repository: str, digest: str) -> Index:
        try:
            found = self.manifest(repository, fallback_tag(digest))
        except RegistryError as error:
            if error.status == 404:
                return Index(())
            raise
        return self._index(found.data, f"list the referrers of {_named(repository, digest)}")

    def _index(self, body: bytes, task: str) -> Index:
        try:
            index = parse_manifest(body)
        except ValueError as error:
            raise self._error(task, str(error), "check what was pushed there") from None
        if not isinstance(index, Index):
            raise self._error(task, "its answer is no index", "check what was pushed there")
        return index

    def _record_referrer(self, repository: str, stored: StoredManifest) -> None:
        try:
            manifest = stored.parse()
        except ValueError:
            return
        if manifest.subject is None:
            return
        kind = manifest.artifact_type
        if kind is None and isinstance(manifest, Manifest):
            kind = manifest.config.media_type
        entry = Descriptor(stored.media_type, stored.digest, len(stored.data), kind, annotations=manifest.annotations)
        known = self._fallback(repository, manifest.subject.digest).manifests
        if all(item.digest != entry.digest for item in known):
            self.put_manifest(repository, fallback_tag(manifest.subject.digest), Index((*known, entry)))

    # Blobs

    def blob_size(self, repository: str, digest: str) -> int | None:
        """Return a blob's size in bytes, or None where the repository does not have it."""
        path, scope = _blob_path(repository, digest), f"repository:{repository}:pull"
        task = f"look for the blob {digest} of {repository}"
        response, _ = self._fetch(Ask("HEAD", path, scope, task, expect=(200, 404)))
        if response.status_code == 404:
            return None
        size = response.headers.get("content-length", "")
        if not size.isdecimal():
            raise self._error(task, "its answer has no size", "check that the server is a registry")
        return int(size)

    def blob_exists(self, repository: str, digest: str) -> bool:
        """Return whether a repository has a blob."""
        return self.blob_size(repository, digest) is not None

    def blob(self, repository: str, digest: str) -> Generator[bytes, None, None]:
        """Yield a blob's bytes as they arrive.

        The digest is known to be right only once the iterator ends without an error: keep nothing before that.
        """
        ask = _blob_ask(repository, digest)
        yield from self._checked(self._retry(lambda: self._exchange(ask)), digest, ask.task)

    def read_blob(self, repository: str, digest: str, *, limit: int = BODY_LIMIT) -> bytes:
        """Return a whole blob of at most `limit` bytes; one that arrives cut short is asked for again."""
        ask = _blob_ask(repository, digest)

        def once() -> bytes:
            parts, size = [], 0
            with closing(self._checked(self._exchange(ask), digest, ask.task)) as chunks:
                for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise self._error(ask.task, f"it is larger than {limit} bytes", "stream it instead")
                    parts.append(chunk)
            return b"".join(parts)

        return self._retry(once)

    def push_blob(
        self,
        repository: str,
        data: bytes | BinaryIO | Iterable[bytes],
        *,
        digest: str | None = None,
        mount_from: str | None = None,
        chunk_size: int = _CHUNK,
    ) -> Descriptor:
        """Store a blob and return its descriptor (type `application/octet-stream`).

        Bytes go in one piece; a file or an iterable goes in pieces of `chunk_size` bytes and is read once, so it is
        never repeated. `digest` is what the content has to have; with it and `mount_from`, another repository of the
        same registry, the registry is first asked to take the blob from there.
        """
        _check_name(repository)
        if digest is not None:
            _check_digest(digest)
        if not isinstance(data, bytes):
            return self._push_stream(repository, _pieces(data, chunk_size), digest, mount_from)
        actual = digest_of(data, _algorithm(digest))
        if digest not in (None, actual):
            raise self._other_digest(repository, actual, digest)
        self._retry(lambda: self._push_whole(repository, data, actual, mount_from))
        return Descriptor(_OCTETS, actual, len(data))

    def mount_blob(self, repository: str, digest: str, *, source: str) -> bool:
        """Take a blob over from the repository `source`; return False where the registry does not do so."""
        _check_digest(digest)
        started = self._retry(lambda: self._start(repository, digest, source))
        if started is not None:
            self._abandon(repository, started[0])
        return started is None

    def _push_whole(self, repository: str, data: bytes, digest: str, mount_from: str | None) -> None:
        started = self._start(repository, digest, mount_from)
        if started is not None:
            self._finish(repository, started[0], digest, data)

    def _push_stream(
        self, repository: str, pieces: Iterator[bytes], digest: str | None, mount_from: str | None
    ) -> Descriptor:
        task, scope = f"push a blob to {repository}", f"repository:{repository}:pull,push"
        started = self._retry(lambda: self._start(repository, digest, mount_from))
        if started is None:
            taken = digest or ""
            return Descriptor(_OCTETS, taken, self.blob_size(repository, taken) or 0)
        location, least = started
        check, size = hashlib.new(_algorithm(digest)), 0
        try:
            for piece in _at_least(pieces, least):
                headers = {**_OCTET_HEADERS, "content-range": f"{size}-{size + len(piece) - 1}"}
                response = self._exchange(Ask("PATCH", location, scope, task, headers, piece, (202, 204)))
                drain(response)
                location = self._location(response, task)
                check.update(piece)
                size += len(piece)
            actual = f"{_algorithm(digest)}:{check.hexdigest()}"
            if digest not in (None, actual):
                raise self._other_digest(repository, actual, digest)
            self._finish(repository, location, actual, b"")
        except BaseException:
            self._abandon(repository, location)
            raise
        return Descriptor(_OCTETS, actual, size)

    def _start(self, repository: str, digest: str | None, source: str | None) -> tuple[str, int] | None:
        """Open an upload: its address and the registry's least chunk size; None where the blob was mounted."""
        _check_name(repository)
        task, scope = f"push a blob to {repository}", f"repository:{repository}:pull,push"
        path = f"/v2/{repository}/blobs/uploads/"
        mount = source is not None and digest is not None
        if source is not None and digest is not None:
            _check_name(source)
            path += f"?mount={digest}&from={quote(source, safe='')}"
            scope += f" repository:{source}:pull"
        response = self._exchange(Ask("POST", path, scope, task, None, b"", (201, 202) if mount else (202,)))
        drain(response)
        if response.status_code == 201:
            return None
        least = response.headers.get("oci-chunk-min-length", "")
        return self._location(response, task), int(least) if least.isdecimal() else 0

    def _finish(self, repository: str, location: str, digest: str, data: bytes) -> None:
        task, scope = f"push a blob to {repository}", f"repository:{repository}:pull,push"
        address = f"{location}{'&' if '?' in location else '?'}digest={digest}"
        response = self._exchange(Ask("PUT", address, scope, task, _OCTET_HEADERS, data, (201, 202, 204)))
        drain(response)
        self._same_digest(response, digest, task)

    def _abandon(self, repository: str, location: str) -> None:
        """Tell the registry to forget an upload; it would do so itself in time, so a failure is of no matter."""
        scope = f"repository:{repository}:pull,push"
        try:
            drain(self._exchange(Ask("DELETE", location, scope, "give up an upload", expect=(200, 202, 204))))
        except StackError:
            log.debug("registry %s did not take back an upload to %s", self.server, repository)

    def _location(self, response: httpx.Response, task: str) -> str:
        location = response.headers.get("location")
        if not location:
            raise self._error(task, "it named no address for the upload", "check that the server is a registry")
        return self._join(response, location, task)

    def _other_digest(self, repository: str, actual: str, announced: str | None) -> RegistryError:
        happened = f"the content has the digest {actual}, announced was {announced}"
        return self._error(f"push a blob to {repository}", happened, "read the content again, and its digest")

    def _same_digest(self, response: httpx.Response, digest: str, task: str) -> None:
        stated = response.headers.get("docker-content-digest")
        if stated is not None and stated.partition(":")[0] == digest.partition(":")[0] and stated != digest:
            self._tampered(task)

    def _json(self, body: bytes, task: str) -> dict[str, object]:
        try:
            tree = cast("object", json.loads(body))
        except (ValueError, RecursionError):
            tree = None
        if not isinstance(tree, dict):
            raise self._error(task, "its answer is not JSON", "check that the server is a registry")
        return cast("dict[str, object]", tree)


_OCTETS = "application/octet-stream"
_OCTET_HEADERS = {"content-type": _OCTETS}


def fallback_tag(digest: str) -> str:
    """Return the tag under which a registry without a referrers API keeps the referrers of `digest`."""
    algorithm, _, encoded = digest.partition(":")
    return f"{algorithm[:32]}-{encoded[:64]}"


def _check_name(repository: str) -> None:
    mistake = check_repository(repository)
    if mistake:
        raise stack_error(f"repository: {mistake}")


def _check_digest(digest: str) -> None:
    if not DIGEST.fullmatch(digest):
        raise stack_error(f"digest: {digest[:80]!r} is not sha256: with 64 or sha512: with 128 hexadecimal digits")


def _manifest_path(repository: str, reference: str) -> str:
    _check_name(repository)
    if ":" in reference:
        _check_digest(reference)
    elif not TAG.fullmatch(reference):
        raise stack_error(
            f"tag: {reference[:140]!r} is not a tag; use 1 to 128 letters, digits and . _ -, not starting with . or -"
        )
    return f"/v2/{repository}/manifests/{reference}"


def _blob_path(repository: str, digest: str) -> str:
    _check_name(repository)
    _check_digest(digest)
    return f"/v2/{repository}/blobs/{digest}"


def _blob_ask(repository: str, digest: str) -> Ask:
    path = _blob_path(repository, digest)
    return Ask("GET", path, f"repository:{repository}:pull", f"read the blob {digest} of {repository}")


def _algorithm(digest: str | None) -> str:
    return digest.partition(":")[0] if digest else "sha256"


def _named(repository: str, reference: str) -> str:
    return f"{repository}@{reference}" if ":" in reference else f"{repository}:{reference}"


def _media_type(response: httpx.Response, body: bytes) -> str:
    stated: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stated in MANIFEST_TYPES:
        return stated
    # Some registries and proxies answer with application/json or text/plain: the manifest itself knows better.
    try:
        tree = json.loads(body)
        named = tree.get("mediaType") if isinstance(tree, dict) else None
    except (ValueError, RecursionError):
        named = None
    return named if isinstance(named, str) and named else stated


def _pieces(data: BinaryIO | Iterable[bytes], size: int) -> Iterator[bytes]:
    if isinstance(data, Iterable) and not hasattr(data, "read"):
        yield from _at_least(iter(data), size)
        return
    file = cast("BinaryIO", data)
    while piece := file.read(size):
        yield piece


def _at_least(pieces: Iterator[bytes], least: int) -> Iterator[bytes]:
    """Yield pieces of `least` bytes or more, the last one excepted; none is empty."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        if not piece:
            continue
        held.append(piece)
        size += len(piece)
        if size >= least:
            yield b"".join(held) if len(held) > 1 else piece
            held, size = [], 0
    if held:
        yield b"".join(held)
