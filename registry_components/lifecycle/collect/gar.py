"""An inventory over Google Artifact Registry's API: a repository's packages, their versions with tags and uploads.

It tells no pulls. The children of indexes and the subjects of referrers are read from manifests over the OCI API, which
has all of an index. Source: the discovery document of Artifact Registry v1 (2026-10-31).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from ...core.errors import stack_error
from ...oci.client import RegistryClient
from ...oci.errors import RegistryError
from . import rest
from .oci import Record
from .rest import Collector, Rest, Words

FORM: Final = "gar://LOCATION-docker.pkg.dev/PROJECT/REPOSITORY"
API: Final = "artifactregistry.googleapis.com"
USER: Final = "oauth2accesstoken"
"""Whose password an access token is, for Google's registries."""
VARIABLE: Final = "GOOGLE_OAUTH_ACCESS_TOKEN"
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_HOST: Final = re.compile(r"([a-z]+(?:-[a-z]+[0-9]+)?)-docker\.pkg\.dev")
_PROJECT: Final = re.compile(r"(?:[a-z0-9.-]+\.[a-z]+/)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_REPOSITORY: Final = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_WORDS: Final = Words(
    login="the access token is not taken: give a new one (`gcloud auth print-access-token`), it lasts an hour",
    permission="let the account read the repository: roles/artifactregistry.reader",
    missing="check location, project and repository",
)
_PAGE: Final = 1000
_MOST_RELATED: Final = 100
"""The tags of a version that come with it; of more, only so many are told."""


def parse(source: str) -> tuple[str, str, str, str]:
    """Return host, location, project and repository of a source. Raises `StackError`."""
    host, path = rest.place(source, FORM)
    found = _HOST.fullmatch(host)
    if found is None:
        raise stack_error(f"{source}: {host} is not a host of Artifact Registry; write {FORM}")
    if len(path) < 2:
        raise stack_error(f"{source}: names no {'repository' if path else 'project'}; write {FORM}")
    project, repository = "/".join(path[:-1]), path[-1]
    if len(path) > 2 and "." not in path[0]:
        raise stack_error(f"{source}: names more than a repository; write {FORM}, and packages with --repository")
    if not _PROJECT.fullmatch(project):
        raise stack_error(f"{source}: {project!r} is not the id of a project; write {FORM}")
    if not _REPOSITORY.fullmatch(repository):
        raise stack_error(f"{source}: {repository!r} is not the name of a repository; write {FORM}")
    return host, found[1], project, repository


class GarCollector(Collector):
    """Reads the packages of one repository, which are what an inventory calls repositories.

    `token` returns an access token, which may be another one each time. `api` and `registry` are other servers. With
    `layers` every manifest is read.
    """

    def __init__(
        self,
        source: str,
        token: Callable[[], str],
        *,
        concurrency: int = 8,
        api: str = API,
        registry: str | None = None,
        layers: bool = False,
    ) -> None:
        host, location, project, repository = parse(source)
        self._token = token
        self._server = registry or host
        self._prefix = f"{project}/{repository}/"
        # The project of an organization's domain is `example.com:name` everywhere but in addresses of images.
        self._parent = f"/v1/projects/{project.replace('/', ':')}/locations/{location}/repositories/{repository}"
        self._api = Rest(api, _WORDS, authorization=lambda: f"Bearer {token()}")
        self._clients: dict[str, RegistryClient] = {}
        self._lock = threading.Lock()
        super().__init__(concurrency, layers=layers)

    def close(self) -> None:
        """End the threads and the connections."""
        super().close()
        self._api.close()
        for client in self._clients.values():
            client.close()

    def all_names(self) -> Iterator[str]:
        """Yield the names of all packages."""
        for one in self._entries(f"{self._parent}/packages", "packages", "list the packages", {}):
            yield _last(one, "a package")

    def read(self, name: str) -> list[Record] | None:
        """Return a package's records, None where it is not there."""
        path = f"{self._parent}/packages/{quote(name, safe='')}"
        try:
            task = f"list the versions of {name}"
            versions = list(self._entries(f"{path}/versions", "versions", task, {"view": "FULL"}))
            more = None
            if any(len(rest.objects(one, "relatedTags", "a version")) >= _MOST_RELATED for one in versions):
                more = self._tags(path, name)
        except RegistryError as error:
            if error.status == 404:
                return None
            raise
        records: dict[str, Record] = {}
        typed = []
        for version in versions:
            record = _record(name, version, more)
            records[record["digest"]] = record
            # With a subject there is a type: its own, or that of the manifest.
            if _metadata(version).get("artifactType"):
                typed.append(record["digest"])
        self.look_inside(self._registry(), name, records, also=typed, prefix=self._prefix)
        return list(records.values())

    def _tags(self, path: str, name: str) -> dict[str, list[str]]:
        """Return all tags of a package by digest."""
        found: dict[str, list[str]] = {}
        for one in self._entries(f"{path}/tags", "tags", f"list the tags of {name}", {}):
            digest = unquote(rest.text_in(one, "version", "a tag").rpartition("/")[2])
            found.setdefault(digest, []).append(rest.tag(_last(one, "a tag"), "a tag"))
        return found

    def _entries(self, path: str, key: str, task: str, options: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        token, empty = "", 0
        seen: set[str] = set()
        while True:
            query = {**options, "pageSize": str(_PAGE), **({"pageToken": token} if token else {})}
            tree, _ = self._api.json(f"{path}?{urlencode(query)}", task)
            entries = rest.objects(tree, key, "its answer")
            yield from entries
            empty = 0 if entries else empty + 1
            token = tree.get("nextPageToken") or ""
            if not isinstance(token, str) or not token.isprintable():
                raise self._api.odd(task, "its next page is no text")
            if not token:
                return
            if token in seen:
                raise self._api.odd(task, "its pages lead in a circle")
            if empty > rest.MOST_EMPTY:
                raise self._api.odd(task, "its pages have nothing on them")
            seen.add(token)

    def _registry(self) -> RegistryClient:
        """Return a client for manifests that logs in with the token of now."""
        token = self._token()
        with self._lock:
            if token not in self._clients:
                self._clients[token] = RegistryClient(self._server, username=USER, password=token)
            return self._clients[token]


def _last(thing: Mapping[str, Any], what: str) -> str:
    """Return the last part of a resource's name, in which slashes are escaped."""
    return unquote(rest.text_in(thing, "name", what).rpartition("/")[2])


def _metadata(version: Mapping[str, Any]) -> dict[str, Any]:
    found = version.get("metadata")
    return found if isinstance(found, dict) else {}


def _record(name: str, version: Mapping[str, Any], more: Mapping[str, list[str]] | None) -> Record:
    digest = rest.digest(_last(version, "a version"), "a version")
    what = f"the version {digest}"
    tags = {rest.tag(_last(one, what), what) for one in rest.objects(version, "relatedTags", what)}
    if more is not None:
        tags |= set(more.get(digest, ()))
    metadata = _metadata(version)
    record: Record = {
        "repository": name,
        "digest": digest,
        "tags": sorted(tags),
        "media_type": rest.media_type(metadata.get("mediaType")),
        "size": rest.size(metadata.get("imageSizeBytes")),
    }
    pushed = rest.moment(version.get("createTime"))
    if pushed is not None:
        record["pushed_at"] = pushed
    return record


def token_source(given: str | None = None) -> Callable[[], str]:
    """Return what gives access tokens: one that is given, the variable's, or Google's default credentials.

    Raises `StackError` where there is none.
    """
    fixed, where = (given, "the token on standard input") if given else (os.environ.get(VARIABLE), VARIABLE)
    if fixed:
        checked = _checked(fixed.strip(), where)
        return lambda: checked
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
    except ImportError:
        raise stack_error(
            f"Artifact Registry needs a login: set {VARIABLE} to what `gcloud auth print-access-token` prints, give it "
            f"with --username {USER} on standard input, or install google-auth[requests] for Google's default "
            "credentials"
        ) from None
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except GoogleAuthError:
        raise stack_error(
            f"Artifact Registry needs a login: set {VARIABLE} to what `gcloud auth print-access-token` prints, or run "
            "`gcloud auth application-default login`"
        ) from None
    lock = threading.Lock()

    def fresh() -> str:
        with lock:
            if not credentials.valid:
                try:
                    credentials.refresh(Request())  # type: ignore[no-untyped-call]
                except GoogleAuthError as error:
                    raise RegistryError(
                        f"Google's default credentials gave no token ({type(error).__name__}); run `gcloud auth "
                        "application-default login`",
                        status=401,
                    ) from None
            return _checked(str(credentials.token), "the token of Google's default credentials")

    return fresh


def _checked(token: str, where: str) -> str:
    # A header cannot hold anything else, and the HTTP client would quote it in its complaint.
    if not token.isascii() or not token.isprintable() or " " in token:
        raise stack_error(f"{where}: is not an access token; take what `gcloud auth print-access-token` prints")
    return token


__all__ = ["API", "FORM", "USER", "VARIABLE", "GarCollector", "parse", "token_source"]
