"""What collectors share that ask a registry's own JSON API: the source's address, requests, and what answers hold.

A repository is told whole or not at all: without an index that could not be read, its manifests would look like
leftovers, and a policy would let them go.
"""

from __future__ import annotations

import base64
import json
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import httpx

from ...core.errors import StackError, stack_error
from ...core.names import DIGEST, TAG, check_repository, check_server
from ...oci import connection
from ...oci.auth import Authorizer, FetchToken
from ...oci.challenge import Challenge
from ...oci.client import MANIFEST_LIMIT, RegistryClient
from ...oci.connection import Ask, Connection, is_loopback
from ...oci.errors import TRANSIENT, Login, RegistryError, one_line, read_said, sentence
from ...oci.model import DOCKER_MANIFEST, INDEX_TYPES, MANIFEST_TYPES, OCI_CONFIG, OCI_MANIFEST, digest_of
from .blobs import MOST_BYTES
from .parallel import Found, ParallelCollector, Record

CONFIGS: Final = frozenset({OCI_CONFIG, "application/vnd.docker.container.image.v1+json"})
"""The types of config that tell an image from what else is kept as one."""
MOST_EMPTY: Final = 100
"""Pages with nothing on them that are read in a row: some services send one or the other."""
# Withdrawn types, which some registries still keep: they mostly refer to something.
_WITHDRAWN: Final = (
    "application/vnd.oci.artifact.manifest.v1+json",
    "application/vnd.cncf.oras.artifact.manifest.v1+json",
)
_ACCEPT: Final = {"accept": ", ".join((*MANIFEST_TYPES, *_WITHDRAWN))}
# Docker's manifests have no subject, neither of the second version nor of the first.
PLAIN: Final = frozenset(
    {
        OCI_MANIFEST,
        DOCKER_MANIFEST,
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v1+json",
    }
)
_ELSEWHERE: Final = "check that the address is that of the registry, and no proxy answers for it"
_LONGEST_TYPE: Final = 256
_ERROR_LIMIT: Final = 64 * 1024


class Words(NamedTuple):
    """What to do about refusals of one kind of registry."""

    login: str
    permission: str
    missing: str


class LoginFailed(RegistryError):  # noqa: N818 - a kind of answer, as `RegistryError` tells them
    """The login itself was refused: nothing else will be answered either."""


class Rest(Connection):
    """One JSON API, with the OCI client's login, retries, limits and redirects.

    `authorization` is a header for every request, for APIs that name no way to log in, or answer less without.
    """

    def __init__(
        self,
        server: str,
        words: Words,
        *,
        username: str | None = None,
        password: str | None = None,
        authorization: Callable[[], str] | None = None,
        plain_http: bool | None = None,
        ca_certificate: str | None = None,
        timeout_seconds: float = 60,
    ) -> None:
        super().__init__(
            server,
            username=username,
            password=password,
            plain_http=plain_http,
            ca_certificate=ca_certificate,
            timeout_seconds=timeout_seconds,
        )
        self._words = words
        if authorization is not None:
            plain = is_loopback(server) if plain_http is None else plain_http
            self._auth = _Given(server, authorization, password, plain_http=plain)

    def json(self, path: str, task: str, scope: str = "") -> tuple[Any, httpx.Response]:
        """Return what an answer says, and the answer. Raises `RegistryError`."""
        response, body = self._fetch(Ask("GET", path, scope, task, {"accept": "application/json"}))
        try:
            return json.loads(body), response
        except (ValueError, RecursionError):
            raise self.odd(task, "its answer is not JSON") from None

    def odd(self, task: str, happened: str) -> RegistryError:
        """Return the error for an answer that is not what the API documents."""
        return self._error(
            task, happened, "check that the address is that of the registry, and no proxy answers for it"
        )

    def next_path(self, response: httpx.Response, task: str, below: str) -> str | None:
        """Return the path of the next page by the `Link` header, which has to stay `below` a path."""
        link = response.links.get("next", {}).get("url")
        if link is None:
            return None
        try:
            url = httpx.URL(self._join(response, link, task))
        except httpx.InvalidURL:
            raise self.odd(task, "its next page is no address") from None
        path = url.raw_path.decode("ascii")
        # Only path and query matter: behind a proxy some write their own address with http.
        if not path.startswith(below) or url.host != response.request.url.host:
            raise self.odd(task, "its next page is elsewhere")
        return path

    def _token_body(self, realm: str, query: Mapping[str, str], authorization: str | None) -> bytes:
        try:
            return super()._token_body(realm, query, authorization)
        except RegistryError as error:
            if error.status in (401, 403):
                raise LoginFailed(str(error), status=error.status, code=error.code) from None
            raise

    def _refused(self, response: httpx.Response, ask: Ask, login: Login | None = None) -> RegistryError:
        del login
        status = response.status_code
        try:
            body = connection._read(response, _ERROR_LIMIT) or b""
        except httpx.TransportError:
            body = b""
        finally:
            response.close()
        said = read_said(status, _as_errors(body), self._auth.without_secrets)
        wait = connection._retry_after(response.headers.get("retry-after"))
        match status:
            case 401:
                advice = self._words.login
            case 403:
                advice = self._words.permission
            case 404:
                advice = self._words.missing
            case 429:
                later = "later" if wait is None else f"in {wait:g} seconds"
                advice = f"it limits how often it may be asked: try again {later}, or with a smaller --concurrency"
            case _ if status >= 500:
                advice = "the registry itself failed: try again, then look in its log"
            case _:
                advice = _ELSEWHERE
        return RegistryError(
            sentence(self.server, ask.task, f"it answered {said}", advice),
            status=status,
            code=said.code,
            transient=status in TRANSIENT or status == 500,
            retry_after=wait,
        )


class _Given(Authorizer):
    """Sends a login unasked."""

    def __init__(self, server: str, login: Callable[[], str], password: str | None, *, plain_http: bool) -> None:
        super().__init__(server, None, None, plain_http=plain_http)
        self._login = login
        self._secrets = (password,) if password else ()

    @property
    def login(self) -> Login:
        return Login(given=True, scheme="basic")

    def header(self, scope: str, fetch: FetchToken) -> str | None:
        del scope, fetch
        found = self._login()
        secret = found.partition(" ")[2]
        if secret not in self._secrets:
            self._secrets = (secret, *self._secrets)[:4]
        return found

    def answer(self, challenges: Sequence[Challenge], scope: str, sent: str | None, fetch: FetchToken) -> str | None:
        del challenges, scope, sent, fetch
        return None


def basic(username: str, password: str) -> str:
    """Return the header of a Basic login."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def _as_errors(body: bytes) -> bytes:
    """Return an error as registries write it, of one that Google's services write."""
    try:
        error = json.loads(body)["error"]
        return json.dumps({"errors": [{"code": error.get("status"), "message": error.get("message")}]}).encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return body


class Collector(ParallelCollector):
    """Reads the repositories of one registry, a few at the same time; safe to share between threads.

    `collect` raises `RegistryError` where going on is of no use: no login, no connection, the registry keeps failing.
    """

    def __init__(self, concurrency: int, *, layers: bool = False) -> None:
        super().__init__(concurrency)
        self._layers = layers

    @abstractmethod
    def read(self, name: str) -> list[Record] | None:
        """Return a repository's records, None where it is not there.

        Raises `RegistryError`, and `Odd` where an answer is not what the API documents.
        """

    def names(self, wanted: Sequence[str] = ()) -> list[str]:
        """Return the repositories, sorted, that match one of the globs; those without a glob are not looked up."""
        try:
            return super().names(wanted)
        except Odd as odd:
            raise stack_error(f"the repositories cannot be listed: {odd}; {_ELSEWHERE}") from None

    def repository(self, name: str) -> Found:
        """Read one repository: all of it, or a problem that says why it is left out."""
        mistake = check_repository(name)
        if mistake:
            return Found(name, [], [f"a repository is left out: {mistake}"])
        try:
            return Found(name, self.read(name) or [], [])
        except Odd as odd:
            return Found(name, [], [f"{name} is left out: {odd}; {odd.advice}"])
        except RegistryError as error:
            if error.transient or self.ends(error):
                raise
            return Found(name, [], [f"{name} is left out: {error}"])

    def ends(self, error: RegistryError) -> bool:
        """Return whether after this error no other repository can be read either."""
        return isinstance(error, LoginFailed) or error.status == 401

    def look_inside(
        self,
        client: RegistryClient,
        name: str,
        records: dict[str, Record],
        *,
        also: Iterable[str] = (),
        prefix: str = "",
    ) -> None:
        """Fill in what only manifests tell: the children of indexes, and subjects.

        Read are indexes and whatever else is no plain image, `also`, and images that neither a tag nor an index holds,
        which may be signatures; with `layers`, everything. A record whose manifest is gone is taken out.
        """
        if self._layers:
            self._inside(client, prefix + name, list(records), records)
            return
        own = set(also)
        first = [d for d, one in records.items() if d in own or one["media_type"] not in PLAIN]
        self._inside(client, prefix + name, first, records)
        held = {child for one in records.values() for child in one.get("children", ())}
        seen = set(first)
        loose = [
            digest
            for digest, one in records.items()
            if one["media_type"] == OCI_MANIFEST and not one["tags"] and digest not in held and digest not in seen
        ]
        self._inside(client, prefix + name, loose, records)

    def _inside(self, client: RegistryClient, name: str, digests: list[str], records: dict[str, Record]) -> None:
        def one(digest: str) -> dict[str, Any] | None:
            task = f"read the manifest {name}@{digest}"
            ask = Ask("GET", f"/v2/{name}/manifests/{digest}", f"repository:{name}:pull", task, _ACCEPT)
            try:
                response, body = client._fetch(ask, MANIFEST_LIMIT)
            except RegistryError as error:
                if error.status == 404:
                    return None
                raise
            if digest_of(body, digest.partition(":")[0]) != digest:
                client._tampered(task)
            try:
                tree = json.loads(body)
            except (ValueError, RecursionError):
                tree = None
            stated = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            what = f"the manifest {digest}"
            told = _told(mapping(tree, what), stated, what)
            return told | _layers(tree, len(body), what) if self._layers else told

        for digest, told in zip(digests, self._manifests.map(one, digests), strict=True):
            if told is None:
                del records[digest]
            else:
                records[digest] |= told


def _told(tree: dict[str, Any], stated: str, what: str) -> dict[str, Any]:
    """Return what a manifest says, as fields of a record."""
    found: dict[str, Any] = {}
    kind = media_type(tree.get("mediaType")) or stated
    index = kind in INDEX_TYPES or (kind not in MANIFEST_TYPES and "manifests" in tree)
    if index:
        found["children"] = [digest_in(one, "digest", what) for one in objects(tree, "manifests", what)]
    if tree.get("subject") is not None:
        found["subject"] = digest_in(mapping(tree["subject"], what), "digest", what)
    config = tree.get("config")
    of_config = media_type(config.get("mediaType")) if isinstance(config, dict) else None
    own = media_type(tree.get("artifactType")) or (None if of_config in CONFIGS else of_config)
    found["media_type"] = own if own is not None and (not index or "subject" in found) else media_type(kind)
    return found


def _layers(tree: dict[str, Any], size_of_manifest: int, what: str) -> dict[str, Any]:
    """Return the blobs of an image, and the size that is theirs and the manifest's; nothing of what is no image."""
    config = tree.get("config")
    if not isinstance(config, dict):
        return {}
    blobs: dict[str, int] = {}
    for one in [config, *objects(tree, "layers", what)]:
        bytes_ = size(one.get("size"))
        if bytes_ is None:
            return {}  # nobody knows what it frees
        blobs[digest_in(one, "digest", what)] = bytes_
    total = size_of_manifest + sum(blobs.values())
    if total > MOST_BYTES:
        return {"size": None}
    return {"size": total, "layers": [{"digest": digest, "size": bytes_} for digest, bytes_ in blobs.items()]}


# Sources


def place(source: str, form: str) -> tuple[str, list[str]]:
    """Return the server and the parts of the path that a source names. Raises `StackError`."""
    scheme, _, rest = source.partition("://")
    if "@" in rest:
        # What stands before @ may be a password: it is not shown.
        raise stack_error(
            f"{scheme}://: has a login in its address; write {form}, and give --username with the password on standard "
            "input"
        )
    if not rest.isprintable() or re.search(r"[\s?#%\\]", rest):
        raise stack_error(f"{source[:200]!r}: has characters that no address of a registry has; write {form}")
    server, *path = rest.rstrip("/").split("/")
    if not server:
        raise stack_error(f"{source}: names no registry; write {form}")
    mistake = check_server(server)
    if mistake is None and "." not in server and not is_loopback(server):
        mistake = f"{server!r} is not a whole host name"
    if mistake:
        raise stack_error(f"{source}: {mistake}; write {form}")
    return server, path


# Answers


class Odd(StackError):  # noqa: N818 - named after the answer
    """An answer that is not what the API documents."""

    def __init__(self, message: str, advice: str = "report it to the registry's makers") -> None:
        super().__init__(message)
        self.advice = advice


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Return an object of JSON. Raises `Odd`."""
    if not isinstance(value, dict):
        raise Odd(f"{what} is not an object")
    return value


def objects(tree: Any, key: str, what: str) -> list[dict[str, Any]]:
    """Return a list of objects, which may be missing. Raises `Odd`."""
    found = mapping(tree, what).get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Odd(f"{what} has no list of {key}")
    return found


def text_in(tree: Mapping[str, Any], key: str, what: str) -> str:
    """Return a text that can be printed, and so be part of an address. Raises `Odd`."""
    found = tree.get(key)
    if not isinstance(found, str) or not found or not found.isprintable():
        raise Odd(f"{what} has no {key}")
    return found


def digest_in(tree: Mapping[str, Any], key: str, what: str) -> str:
    """Return a digest. Raises `Odd`."""
    return digest(tree.get(key), what)


def digest(value: Any, what: str) -> str:
    """Return a value that is a digest. Raises `Odd`."""
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise Odd(f"{what} has {one_line(ascii(value))[:80]} for a digest")
    return value


def tag(value: Any, what: str) -> str:
    """Return a value that is a tag. Raises `Odd`."""
    if not isinstance(value, str) or not TAG.fullmatch(value):
        raise Odd(f"{what} has {one_line(ascii(value))[:80]} for a tag")
    return value


def media_type(value: Any) -> str | None:
    """Return a media type, None where it is none that an inventory takes."""
    return value if isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST_TYPE else None


def size(value: Any) -> int | None:
    """Return a number of bytes, None where it is none. Google writes numbers of 64 bits as texts."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,19}", value):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_BYTES else None


def moment(value: Any) -> str | None:
    """Return a time, None where it is none: Go writes the year 1 for a time that is not set."""
    if not isinstance(value, str):
        return None
    try:
        # Some write more digits than microseconds have.
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
        if found.tzinfo is None:
            return None
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.isoformat() if 1980 < found.year < 9999 else None


__all__ = [
    "CONFIGS",
    "MOST_EMPTY",
    "PLAIN",
    "Collector",
    "LoginFailed",
    "Odd",
    "Rest",
    "Words",
    "basic",
    "digest",
    "digest_in",
    "mapping",
    "media_type",
    "moment",
    "objects",
    "place",
    "size",
    "tag",
    "text_in",
]
