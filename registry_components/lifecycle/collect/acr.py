"""An inventory over Azure Container Registry's own API, which tells pushes, what tags were last moved, and locks.

It tells neither pulls nor when a manifest lost its tag. The children of indexes and the subjects of referrers are read
from manifests over the OCI API. Source: Azure's OpenAPI document of 2021-07-01 and Azure/acr-cli.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from ...core.errors import stack_error
from ...oci.client import RegistryClient
from ...oci.errors import RegistryError
from ...oci.model import OCI_MANIFEST
from . import rest
from .oci import Record
from .rest import Collector, LoginFailed, Odd, Rest, Words

FORM: Final = "acr://NAME.azurecr.io"
ENTRA_USER: Final = "00000000-0000-0000-0000-000000000000"
_ALLOWED: Final = (
    "let it list and pull: AcrPull, with ABAC Repository Reader and Catalog Lister, or a token whose scope map has "
    "content/read and metadata/read"
)
_WORDS: Final = Words(
    login=f"log in again (`az acr login --name NAME`), or {_ALLOWED}",
    permission=_ALLOWED,
    missing="check the registry's name, and that of the repository",
)
_PAGE: Final = 100


def parse(source: str) -> str:
    """Return the server of a source. Raises `StackError`."""
    server, path = rest.place(source, FORM)
    if path:
        raise stack_error(f"{source}: names more than a registry; write {FORM}, and repositories with --repository")
    return server


def login(server: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a login as ACR takes it, of one that was found. Raises `StackError` where it has no password.

    What `az acr login` leaves is a refresh token: in credential stores of the user `<token>`, in Docker's own file as
    `identitytoken`, which is read as a login without a password.
    """
    username, password = found.get("username"), found.get("password")
    if username == "<token>":
        return {"username": ENTRA_USER, "password": password or ""}
    if username is not None and not password:
        name = server.partition(".")[0]
        raise stack_error(
            f"{server}: Docker's configuration has no password for it; pipe in a token: `az acr login --name {name} "
            f"--expose-token --output tsv --query accessToken | regc lifecycle inventory ... --username {ENTRA_USER}`"
        )
    return dict(found)


class AcrCollector(Collector):
    """Reads the repositories of one registry.

    `username` and `password` are those of the admin user or of a token; an Entra refresh token of the registry goes as
    password of `ENTRA_USER`, as `az acr login --expose-token` says. With `layers` every manifest is read.
    """

    def __init__(
        self,
        source: str,
        *,
        username: str | None = None,
        password: str | None = None,
        plain_http: bool | None = None,
        ca_certificate: str | None = None,
        concurrency: int = 8,
        layers: bool = False,
    ) -> None:
        server = parse(source)
        access: dict[str, Any] = {
            "username": username,
            "password": password,
            "plain_http": plain_http,
            "ca_certificate": ca_certificate,
        }
        self._api = Rest(server, _WORDS, **access)
        self._client = RegistryClient(server, **access)
        super().__init__(concurrency, layers=layers)

    def close(self) -> None:
        """End the threads and the connections."""
        super().close()
        self._api.close()
        self._client.close()

    def ends(self, error: RegistryError) -> bool:
        """Return whether the login failed: a token that is for other repositories is answered 401 as well."""
        return isinstance(error, LoginFailed)

    def all_names(self) -> Iterator[str]:
        """Yield the names of all repositories."""
        task = "list the repositories"
        for tree in self._pages("/acr/v1/_catalog", "repositories", task, "registry:catalog:*"):
            names = tree.get("repositories") or []
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise self._api.odd(task, "its answer has no list of repositories")
            yield from names

    def read(self, name: str) -> list[Record] | None:
        """Return a repository's records, None where it is not there."""
        scope = f"repository:{name}:metadata_read"
        try:
            repository, _ = self._api.json(f"/acr/v1/{name}", f"read the attributes of {name}", scope)
            # Tags first: one that is set meanwhile shows in the manifests.
            tags = self._entries(f"/acr/v1/{name}/_tags", "tags", f"list the tags of {name}", scope)
            manifests = self._entries(f"/acr/v1/{name}/_manifests", "manifests", f"list the manifests of {name}", scope)
        except RegistryError as error:
            if error.status == 404:
                return None
            raise
        locked = _locked(rest.mapping(repository, f"the repository {name}"))
        records = {record["digest"]: record for record in (_record(name, one, locked) for one in manifests)}
        for one in manifests:
            if _off(one, "readEnabled") and records[one["digest"]]["media_type"] not in rest.PLAIN:
                raise Odd(f"{one['digest']} must not be read, so what it holds is not known", "turn its readEnabled on")
        _with_tags(records, tags)
        typed = [
            one["digest"]
            for one in manifests
            if one.get("mediaType") == OCI_MANIFEST and one.get("configMediaType") not in (None, *rest.CONFIGS)
        ]
        self.look_inside(self._client, name, records, also=typed)
        return list(records.values())

    def _entries(self, path: str, key: str, task: str, scope: str) -> list[dict[str, Any]]:
        return [one for tree in self._pages(path, key, task, scope) for one in rest.objects(tree, key, "its answer")]

    def _pages(self, path: str, key: str, task: str, scope: str) -> Iterator[dict[str, Any]]:
        url: str | None = f"{path}?{urlencode({'n': _PAGE})}"
        seen: set[str] = set()
        empty = 0
        while url is not None:
            if url in seen:
                raise self._api.odd(task, "its pages lead in a circle")
            seen.add(url)
            tree, response = self._api.json(url, task, scope)
            yield rest.mapping(tree, "its answer")
            empty = 0 if tree.get(key) else empty + 1
            if empty > rest.MOST_EMPTY:
                raise self._api.odd(task, "its pages have nothing on them")
            url = self._api.next_path(response, task, f"{path}?")


def _record(name: str, manifest: Mapping[str, Any], locked: bool) -> Record:
    digest = rest.digest_in(manifest, "digest", "a manifest")
    tags = manifest.get("tags") or []
    if not isinstance(tags, list):
        raise Odd(f"the manifest {digest} has no list of tags")
    record: Record = {
        "repository": name,
        "digest": digest,
        "tags": sorted({rest.tag(one, f"the manifest {digest}") for one in tags}),
        "media_type": rest.media_type(manifest.get("mediaType")),
        "size": rest.size(manifest.get("imageSize")),
    }
    # What was pushed again counts as pushed then, which is also what `acr purge` goes by.
    pushed = [rest.moment(manifest.get(key)) for key in ("createdTime", "lastUpdateTime")]
    if any(pushed):
        record["pushed_at"] = max(filter(None, pushed))
    if locked or _locked(manifest):
        record["locked"] = True
    return record


def _locked(thing: Mapping[str, Any]) -> bool:
    """Return whether a repository, a manifest or a tag must not be deleted: that takes both attributes."""
    return _off(thing, "deleteEnabled") or _off(thing, "writeEnabled")


def _off(thing: Mapping[str, Any], attribute: str) -> bool:
    attributes = thing.get("changeableAttributes")
    return isinstance(attributes, dict) and attributes.get(attribute) is False


def _with_tags(records: dict[str, Record], tags: list[dict[str, Any]]) -> None:
    """Add what the list of tags tells: when each was last set, and locks. A locked tag locks its manifest here."""
    known = {tag for record in records.values() for tag in record["tags"]}
    times: dict[tuple[str, str], str | None] = {}
    for one in tags:
        tag = rest.tag(one.get("name"), "a tag")
        digest = rest.digest_in(one, "digest", f"the tag {tag}")
        record = records.get(digest)
        if record is None:
            continue
        if tag not in known:
            record["tags"] = sorted([*record["tags"], tag])
            known.add(tag)
        times[digest, tag] = rest.moment(one.get("lastUpdateTime"))
        if _locked(one) and tag in record["tags"]:
            record["locked"] = True
    for digest, record in records.items():
        if record["tags"]:
            record["tag_pushed_at"] = [times.get((digest, tag)) for tag in record["tags"]]


__all__ = ["ENTRA_USER", "FORM", "AcrCollector", "login", "parse"]
