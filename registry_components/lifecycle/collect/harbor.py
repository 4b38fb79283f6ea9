"""An inventory over Harbor's API 2.0, which tells pushes and pulls, immutable tags, and what belongs to an artifact.

Manifests are not read: Harbor would take that for a pull. Not told are signatures of signatures, and which tags an
accessory has. Source: Harbor's OpenAPI document and its `pkg/artifact` of 2.15.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from ...core.errors import stack_error
from ...oci.model import INDEX_TYPES
from . import rest
from .oci import Record
from .rest import Collector, Odd, Rest, Words

FORM: Final = "harbor://HOST or harbor://HOST/PROJECT"
_PROJECT: Final = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")
_WORDS: Final = Words(
    login="check user name and password: of a robot account the secret, of who logs in by OIDC the CLI secret",
    permission="let the account list the project's repositories and artifacts, as a guest of it may",
    missing="check the project's name, and that it is Harbor 2.0 or later",
)
_PAGE: Final = 100
_ATTEMPTS: Final = 3
# By Harbor's name of an accessory's kind, what its manifest is.
_ACCESSORIES: Final = {
    "signature.cosign": "application/vnd.dev.cosign.artifact.sig.v1+json",
    "signature.notation": "application/vnd.cncf.notary.signature",
    "sbom.harbor": "application/vnd.goharbor.harbor.sbom.v1",
}
# `base=*`: untagged manifests of indexes, too, which are left out by default.
_ARTIFACTS: Final = {
    "q": "base=*",
    "with_tag": "true",
    "with_immutable_status": "true",
    "with_accessory": "true",
}


class _Moved(Exception):  # noqa: N818 - never leaves this module
    """Pages do not add up to the total: something was deleted while they were read."""


def parse(source: str) -> tuple[str, str | None]:
    """Return server and project of a source. Raises `StackError`."""
    server, path = rest.place(source, FORM)
    if len(path) > 1:
        raise stack_error(f"{source}: names more than a project; write {FORM}, and repositories with --repository")
    if path and not _PROJECT.fullmatch(path[0]):
        raise stack_error(
            f"{source}: {path[0]!r} is not the name of a project, which has lower-case letters, digits and single . _ -"
        )
    return server, path[0] if path else None


class HarborCollector(Collector):
    """Reads the repositories of one Harbor, or of one of its projects."""

    def __init__(
        self,
        source: str,
        *,
        username: str | None = None,
        password: str | None = None,
        plain_http: bool | None = None,
        ca_certificate: str | None = None,
        concurrency: int = 8,
    ) -> None:
        server, self._project = parse(source)
        login = None
        if username is not None and password is not None:
            header = rest.basic(username, password)

            def login() -> str:
                return header

        # Without a login Harbor answers as well: with what is public.
        self._api = Rest(
            server,
            _WORDS,
            username=username,
            password=password,
            authorization=login,
            plain_http=plain_http,
            ca_certificate=ca_certificate,
        )
        super().__init__(concurrency)

    def close(self) -> None:
        """End the threads and the connections."""
        super().close()
        self._api.close()

    def all_names(self) -> Iterator[str]:
        """Yield the names of all repositories, as project/repository."""
        if self._project is not None:
            projects = [self._project]
        else:
            found = self._listed("/api/v2.0/projects", "list the projects", "name", {"with_detail": "false"})
            projects = sorted(found)
        for project in projects:
            if not _PROJECT.fullmatch(project):
                raise Odd(f"{project[:80]!r} is not the name of a project")
            path = f"/api/v2.0/projects/{quote(project, safe='')}/repositories"
            yield from self._listed(path, f"list the repositories of {project}", "name")

    def names(self, wanted: Any = ()) -> list[str]:
        """Return the repositories, sorted, that match one of the globs."""
        names = super().names(wanted)
        if self._project is not None:
            other = next((name for name in names if not name.startswith(f"{self._project}/")), None)
            if other is not None:
                raise stack_error(f"--repository {other}: is not in the project {self._project}; write PROJECT/NAME")
        return names

    def read(self, name: str) -> list[Record] | None:
        """Return a repository's records, None where it is not there."""
        project, slash, inside = name.partition("/")
        if not slash:
            raise Odd(f"{name} is not in a project")
        # A name with a slash is encoded twice, says the document.
        path = f"/api/v2.0/projects/{quote(project, safe='')}/repositories/{quote(quote(inside, safe=''), safe='')}"
        found = self._listed(f"{path}/artifacts", f"list the artifacts of {name}", "digest", _ARTIFACTS)
        records: dict[str, Record] = {}
        accessories: dict[str, Record] = {}
        for artifact in found.values():
            record = _record(name, artifact)
            records[record["digest"]] = record
            for accessory in rest.objects(artifact, "accessories", f"the artifact {record['digest']}"):
                own = _accessory(name, accessory, record["digest"])
                accessories.setdefault(own["digest"], own)
        for digest, own in accessories.items():
            known = records.setdefault(digest, own)
            known.setdefault("subject", own["subject"])
        return list(records.values())

    def _listed(
        self, path: str, task: str, key: str, options: Mapping[str, str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """Return what a list has on all its pages, by a text of each entry."""
        for _ in range(_ATTEMPTS):
            try:
                return self._pages(path, task, key, options or {})
            except _Moved:
                continue
        raise self._api.odd(task, "its pages do not add up to the total that it tells")

    def _pages(self, path: str, task: str, key: str, options: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        number, most = 1, 0
        while True:
            query = urlencode({**options, "page": number, "page_size": _PAGE})
            tree, response = self._api.json(f"{path}?{query}", task)
            # An empty list is null where Harbor's own code made none.
            if tree is not None and not isinstance(tree, list):
                raise self._api.odd(task, "its answer is not a list")
            before = len(found)
            for entry in tree or ():
                found[rest.text_in(rest.mapping(entry, "an entry"), key, "an entry")] = entry
            total = response.headers.get("x-total-count", "")
            # Of all totals the largest: what is deleted meanwhile moves others to a page that was read already.
            most = max(most, int(total) if re.fullmatch("[0-9]{1,12}", total) else 0)
            if "next" not in response.links:
                if len(found) < most:
                    raise _Moved
                return found
            if len(found) == before:
                if tree:
                    raise self._api.odd(task, "its pages lead in a circle")
                raise _Moved
            number += 1


def _record(name: str, artifact: Mapping[str, Any]) -> Record:
    digest = rest.digest_in(artifact, "digest", "an artifact")
    what = f"the artifact {digest}"
    tags = {rest.tag(one.get("name"), what): one for one in rest.objects(artifact, "tags", what)}
    record: Record = {
        "repository": name,
        "digest": digest,
        "tags": sorted(tags),
        "media_type": _media_type(artifact),
        "size": rest.size(artifact.get("size")),
    }
    pushed = rest.moment(artifact.get("push_time"))
    if pushed is not None:
        record["pushed_at"] = pushed
    # Never pulled is the year 1, which is no time.
    pulls = [rest.moment(one.get("pull_time")) for one in (artifact, *tags.values())]
    if any(pulls):
        record["last_pulled_at"] = max(filter(None, pulls))
    if tags:
        record["tag_pushed_at"] = [rest.moment(tags[tag].get("push_time")) for tag in record["tags"]]
    if any(one.get("immutable") is True for one in tags.values()):
        record["locked"] = True
    children = [rest.digest_in(one, "child_digest", what) for one in rest.objects(artifact, "references", what)]
    if children:
        record["children"] = children
    return record


def _media_type(artifact: Mapping[str, Any]) -> str | None:
    manifest = rest.media_type(artifact.get("manifest_media_type"))
    if manifest in INDEX_TYPES:
        return manifest
    # Harbor calls the type of the config that of the media, and takes it for the artifact's where that has none.
    for key in ("artifact_type", "media_type"):
        kind = rest.media_type(artifact.get(key))
        if kind is not None and kind not in rest.CONFIGS:
            return kind
    return manifest


def _accessory(name: str, accessory: Mapping[str, Any], subject: str) -> Record:
    record: Record = {
        "repository": name,
        "digest": rest.digest_in(accessory, "digest", f"an accessory of {subject}"),
        "tags": [],
        "media_type": _ACCESSORIES.get(str(accessory.get("type"))),
        "size": rest.size(accessory.get("size")),
        "subject": subject,
    }
    pushed = rest.moment(accessory.get("creation_time"))
    if pushed is not None:
        record["pushed_at"] = pushed
    return record


__all__ = ["FORM", "HarborCollector", "parse"]
