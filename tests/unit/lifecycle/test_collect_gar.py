"""Unit proof: an inventory from Artifact Registry's API, asked of servers on loopback that know Google's document."""

from __future__ import annotations

import base64
import functools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from registry_components.cli.main import app
from registry_components.core.errors import StackError
from registry_components.lifecycle import from_records
from registry_components.lifecycle.collect import gar
from registry_components.lifecycle.collect.gar import VARIABLE, GarCollector, parse, token_source
from registry_components.lifecycle.collect.oci import Found
from registry_components.rehearsal.emulators.gcp_discovery import Request, body_violations, method, violations

from .json_api import (
    START,
    Answer,
    Content,
    FakeApi,
    Piece,
    content,
    image,
    manifest_answer,
    page,
    plain,
    serving,
    stated,
)

pytestmark = pytest.mark.unit

SOURCE = "gar://europe-west1-docker.pkg.dev/my-project/apps"
TOKEN = "ya29.token-1"
METHODS = "artifactregistry.projects.locations.repositories"
REPOSITORY = "projects/my-project/locations/europe-west1/repositories/apps"


class FakeGar(FakeApi):
    """The JSON API: packages, their versions in full, and tags."""

    def __init__(self) -> None:
        super().__init__()
        self.content: Content = {}
        self.page_size = 1000
        self.token = TOKEN

    def reply(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        if headers.get("authorization") != f"Bearer {self.token}":
            return refused(401, "UNAUTHENTICATED", f"Request had invalid credentials: {headers.get('authorization')}")
        found = re.fullmatch(f"/v1/({REPOSITORY})(?:/packages/([^/]+))?/(packages|versions|tags)", path)
        if found is None:
            self.wrong.append(path)
            return Answer(status=400)
        parent = f"{found[1]}/packages/{found[2]}" if found[2] else found[1]
        known = f"{METHODS}.packages.{'' if found[3] == 'packages' else found[3] + '.'}list"
        size = int(query["pageSize"])
        asked = {**query, "pageSize": size, "parent": parent}
        self.wrong += [str(one) for one in violations(Request(known, asked))]
        pieces = self.content.get(unquote(found[2] or ""))
        if found[2] and pieces is None:
            return refused(404, "NOT_FOUND", "Requested entity was not found.")
        entries = self._entries(found[3], parent, list((pieces or {}).values()), query)
        some, after = page(entries, int(query.get("pageToken", "0")), min(size, self.page_size))
        body: dict[str, Any] = {}
        # Google leaves out what is empty.
        if some:
            body[found[3]] = some
        if after is not None:
            body["nextPageToken"] = str(after)
        schema = method(known)["response"]["$ref"]
        told = [str(one) for one in body_violations("artifactregistry", schema, body)]
        self.wrong += [one for one in told if "output only" not in one]
        return Answer(body)

    def _entries(self, key: str, parent: str, pieces: list[Piece], query: Mapping[str, str]) -> list[dict[str, Any]]:
        if key == "packages":
            return [{"name": f"{parent}/packages/{quote(one, safe='')}"} for one in self.content]
        tags = {one.digest: [{"name": f"{parent}/tags/{tag}", "version": f"{parent}/versions/{one.digest}"}
                             for tag in sorted(one.tags)] for one in pieces}  # fmt: skip
        if key == "tags":
            return [tag for several in tags.values() for tag in several]
        assert query["view"] == "FULL"
        return [version(parent, one, tags[one.digest][:100]) for one in pieces]


def version(parent: str, piece: Piece, tags: list[dict[str, Any]]) -> dict[str, Any]:
    metadata = {"imageSizeBytes": str(piece.size), "mediaType": piece.media_type, "buildTime": stated(START)}
    if piece.kind is not None:
        metadata["artifactType"] = piece.kind
    return {
        "name": f"{parent}/versions/{piece.digest}",
        "createTime": stated(piece.pushed),
        "updateTime": stated(piece.pushed + timedelta(days=1)),
        "metadata": metadata,
        **({"relatedTags": tags} if tags else {}),
    }


class FakeImages(FakeApi):
    """The OCI API beside it, with tokens by repository."""

    def __init__(self, api: FakeGar) -> None:
        super().__init__()
        self.api = api

    def reply(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        sent = headers.get("authorization", "")
        if path == "/v2/token":
            pair = base64.b64encode(f"oauth2accesstoken:{self.api.token}".encode()).decode()
            return Answer({"token": "images"}) if sent == f"Basic {pair}" else Answer(status=403)
        if sent != "Bearer images":
            realm = f'Bearer realm="http://{self.host}/v2/token",service="{self.host}"'
            return Answer({}, 401, {"www-authenticate": realm})
        found = manifest_answer(self.api.content, "my-project/apps/", path)
        if found is None:
            self.wrong.append(path)
        return found or Answer(status=400)


def refused(status: int, code: str, message: str) -> Answer:
    return Answer({"error": {"code": status, "message": message, "status": code}}, status)


class Both:
    """The two servers of one repository."""

    def __init__(self) -> None:
        self.api = FakeGar()
        self.images = FakeImages(self.api)

    def collector(self, source: str = SOURCE, token: Any = lambda: TOKEN, **more: Any) -> GarCollector:
        return GarCollector(source, token, api=self.api.host, registry=self.images.host, **more)

    def collected(self, *names: str) -> list[Found]:
        with self.collector() as collector:
            return list(collector.collect(collector.names(names)))


def served() -> Iterator[Both]:
    both = Both()
    with serving(both.api, both.images):
        yield both
    assert both.api.wrong == []
    assert both.images.wrong == []


google = pytest.fixture(served)
long_lived = pytest.fixture(scope="module")(served)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv(VARIABLE, TOKEN)
    monkeypatch.chdir(tmp_path)
    return found


def expected(name: str, piece: Piece) -> dict[str, Any]:
    found: dict[str, Any] = {
        "repository": name, "digest": piece.digest, "size": piece.size, "pushed_at": piece.pushed.isoformat(),
        "media_type": piece.kind or piece.media_type,
    }  # fmt: skip
    more = {"tags": sorted(piece.tags), "children": piece.children, "subject": piece.subject}
    return {**found, **{key: value for key, value in more.items() if value}}


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_what_is_collected_is_what_there_is(long_lived: Both, dice: Random, page_size: int) -> None:
    long_lived.api.content = content(dice, ["api", "team/web", "base"])
    long_lived.api.page_size = page_size
    found = long_lived.collected()
    assert [one.repository for one in found] == sorted(long_lived.api.content)
    assert [one.problems for one in found] == [[], [], []]
    records = {record["digest"]: plain(record) for one in found for record in one.records}
    there = {
        one.digest: expected(name, one) for name, pieces in long_lived.api.content.items() for one in pieces.values()
    }
    assert records == there
    assert len(from_records([record for one in found for record in one.records])) == len(there)


def test_more_tags_than_come_with_a_version_are_listed(google: Both) -> None:
    many, one = image("api", 1, START), image("api", 2, START)
    many.tags = {f"v{number}": START for number in range(250)}
    one.tags = {"w": START}
    google.api.content = {"team/api": {piece.digest: piece for piece in (many, one)}}
    ((_, records, problems),) = google.collected()
    assert problems == []
    assert {record["digest"]: record["tags"] for record in records} == {
        many.digest: sorted(many.tags),
        one.digest: ["w"],
    }
    assert any("/packages/team%2Fapi/tags?" in asked for asked in google.api.asked)


def test_the_document_refuses_what_it_does_not_know(google: Both) -> None:
    request = Request(f"{METHODS}.packages.list", {"parent": "projects/x", "page": 1})
    assert len(list(violations(request))) == 2
    google.api.content = content(Random(1), ["api"], 30)
    google.collected()
    assert google.api.wrong == []


def test_named_packages_need_no_list(google: Both) -> None:
    google.api.content = content(Random(1), ["team/api", "web"])
    found = google.collected("team/api", "none")
    assert [(one.repository, len(one.records), one.problems) for one in found] == [
        ("none", 0, []),
        ("team/api", len(google.api.content["team/api"]), []),
    ]
    assert not any(asked.startswith(f"/v1/{REPOSITORY}/packages?") for asked in google.api.asked)


def test_a_token_that_is_renewed_is_used(google: Both) -> None:
    tokens = ["first", "second"]
    google.api.content = content(Random(3), ["a", "b", "c", "d", "e", "f"])

    def token() -> str:
        google.api.token = tokens[min(len(google.api.asked) // 4, 1)]
        return google.api.token

    with google.collector(token=token, concurrency=1) as collector:
        found = list(collector.collect(collector.names()))
    assert [one.problems for one in found] == [[]] * 6
    assert sum(len(one.records) for one in found) == sum(map(len, google.api.content.values()))


def run(google: Both, monkeypatch: pytest.MonkeyPatch, *more: str, token: str | None = None) -> Result:
    fake = functools.partial(GarCollector, api=google.api.host, registry=google.images.host)
    monkeypatch.setattr(gar, "GarCollector", fake)
    login = ["--username", "oauth2accesstoken"] if token else []
    words = ["lifecycle", "inventory", SOURCE, "--out", "out.jsonl", *login, *more]
    return CliRunner().invoke(app, words, input=f"{token}\n" if token else None)


TOLD = "Artifact Registry tells no pulls: rules by pull let be what it holds\n"


def test_a_cleanup_is_simulated_on_it(google: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [image("api", number, START + timedelta(days=number)) for number in range(40)]
    for number, one in enumerate(pieces):
        one.tags = {f"pr-{number}": START}
    google.api.content = {"team/api": {one.digest: one for one in pieces}}
    google.api.token = "given"
    done = run(google, monkeypatch, token="given")
    assert (done.exit_code, done.stderr) == (0, TOLD)
    assert done.stdout == "out.jsonl: 40 artifacts in 1 repositories\n"
    policy = [{"name": "old", "action": {"type": "Delete"}, "condition": {"tagState": "any", "olderThan": "30d"}}]
    Path("policy.json").write_text(json.dumps(policy))
    words = ["lifecycle", "simulate", "--kind", "gar", "--native", "policy.json", "--inventory", "out.jsonl"]
    done = CliRunner().invoke(app, [*words, "--json", "--now", "2026-02-10T00:00:00Z"])
    gone = {one["digest"] for one in json.loads(done.stdout) if one["action"] == "delete"}
    assert gone == {one.digest for one in pieces[:10]}


def test_an_interrupted_run_goes_on(google: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    google.api.content = content(Random(3), [f"app-{number:02}" for number in range(12)])
    expired = refused(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
    google.api.fail("app-07/versions", times=99, status=401, body=expired.body)
    done = run(google, monkeypatch, "--concurrency", "2")
    assert (done.exit_code, done.stderr) == (
        1,
        f"error: registry {google.api.host}: cannot list the versions of app-07: it answered 401 UNAUTHENTICATED "
        "(Request had invalid authentication credentials.); the access token is not taken: give a new one (`gcloud "
        "auth print-access-token`), it lasts an hour\n",
    )
    google.api.faults.clear()
    google.api.asked.clear()
    done = run(google, monkeypatch, "--resume")
    assert (done.exit_code, done.stderr) == (0, TOLD)
    assert not any("app-06/" in one for one in google.api.asked)
    records = [plain(json.loads(line)) for line in Path("out.jsonl").read_text().splitlines()]
    there = [expected(name, one) for name, pieces in google.api.content.items() for one in pieces.values()]
    assert sorted(records, key=lambda one: str(one["digest"])) == sorted(there, key=lambda one: str(one["digest"]))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("pattern", ["/packages\\?", "/versions"])
def test_what_passes_is_tried_again(google: Both, waits: list[float], pattern: str, status: int) -> None:
    google.api.content = content(Random(4), ["api"], 30)
    google.api.fail(pattern, status=status, headers={"retry-after": "3"}, body=b"")
    ((_, records, problems),) = google.collected()
    assert (len(records), problems) == (len(google.api.content["api"]), [])
    assert [3 <= wait <= 3.5 for wait in waits] == [True]


D = f"sha256:{1:064x}"
LIST = "registry HOST: cannot list the versions of api: "
ELSEWHERE = "; check that the address is that of the registry, and no proxy answers for it"
MAKERS = "; report it to the registry's makers"
NAME = f"{REPOSITORY}/packages/api/versions/{D}"


def versions(**more: Any) -> dict[str, Any]:
    return {"body": {"versions": [{"name": NAME, **more}]}}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"body": b"<html>"}, f"{LIST}its answer is not JSON{ELSEWHERE}"),
        ({"body": [1]}, f"its answer is not an object{MAKERS}"),
        ({"body": {"versions": 1}}, f"its answer has no list of versions{MAKERS}"),
        ({"body": {"versions": [None]}}, f"its answer has no list of versions{MAKERS}"),
        ({"body": {"versions": [{}]}}, f"a version has no name{MAKERS}"),
        ({"body": {"versions": [{"name": "a/b/latest"}]}}, f"a version has 'latest' for a digest{MAKERS}"),
        (versions(relatedTags="v1"), f"a version has no list of relatedTags{MAKERS}"),
        (versions(relatedTags=[{"name": 1}]), f"the version {D} has no name{MAKERS}"),
        (versions(relatedTags=[{"name": "a/tags/%2e%2e"}]), f"the version {D} has '..' for a tag{MAKERS}"),
        ({"body": {"nextPageToken": 5}}, f"{LIST}its next page is no text{ELSEWHERE}"),
        ({"body": {"nextPageToken": "COUNT"}, "times": 999}, f"{LIST}its pages have nothing on them{ELSEWHERE}"),
        ({"body": {"nextPageToken": "x"}, "times": 9}, f"{LIST}its pages lead in a circle{ELSEWHERE}"),
        ({"status": 403, "body": refused(403, "PERMISSION_DENIED", "Permission denied").body},
         f"{LIST}it answered 403 PERMISSION_DENIED (Permission denied); let the account read the repository: "
         "roles/artifactregistry.reader"),
        ({"status": 400, "body": {"error": "x"}}, f'{LIST}it answered 400 ({{"error": "x"}}){ELSEWHERE}'),
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_read_is_left_out(google: Both, answer: dict[str, Any], told: str) -> None:
    google.api.content = content(Random(2), ["api", "web"])
    google.api.fail("packages/api/versions", **answer)
    api, web = google.collected()
    assert api.records == []
    assert api.problems == [f"api is left out: {told.replace('HOST', google.api.host)}"]
    assert (len(web.records), web.problems) == (len(google.api.content["web"]), [])


def test_what_means_nothing_is_left_out_of_a_record(google: Both) -> None:
    google.api.content = {"api": {}}
    metadata = {"mediaType": "application/vnd.docker.distribution.manifest.v2+json", "imageSizeBytes": "-1"}
    google.api.fail("/versions", **versions(createTime="0001-01-01T00:00:00Z", metadata=metadata))
    ((_, records, problems),) = google.collected()
    assert problems == []
    assert [plain(one) for one in records] == [
        {"repository": "api", "digest": D, "media_type": "application/vnd.docker.distribution.manifest.v2+json"}
    ]


def test_tokens_are_not_shown(google: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    # The server sends the header back.
    done = run(google, monkeypatch, token="ya29.other-secret")
    assert done.exit_code == 1
    assert done.stderr == (
        f"error: registry {google.api.host}: cannot list the packages: it answered 401 UNAUTHENTICATED (Request had "
        "invalid credentials: Bearer ***); the access token is not taken: give a new one (`gcloud auth "
        "print-access-token`), it lasts an hour\n"
    )
    for token in ("ya29 secret", "ya29\u00e9secret", "ya29\x1bsecret"):
        done = run(google, monkeypatch, token=token)
        assert done.stderr == (
            "error: the token on standard input: is not an access token; take what `gcloud auth print-access-token` "
            "prints\n"
        )


def test_where_the_token_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    assert token_source("given")() == "given"
    assert token_source()() == TOKEN
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "nowhere.json")
    with pytest.raises(StackError) as caught:
        token_source()
    assert str(caught.value) == (
        f"Artifact Registry needs a login: set {VARIABLE} to what `gcloud auth print-access-token` prints, or run "
        "`gcloud auth application-default login`"
    )
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(StackError) as caught:
        token_source()
    assert str(caught.value) == (
        f"Artifact Registry needs a login: set {VARIABLE} to what `gcloud auth print-access-token` prints, give it "
        "with --username oauth2accesstoken on standard input, or install google-auth[requests] for Google's default "
        "credentials"
    )


def test_default_credentials_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    import google.auth
    from google.auth.exceptions import RefreshError

    class Credentials:
        valid = False
        token = ""
        fails = False

        def refresh(self, request: object) -> None:
            if self.fails:
                raise RefreshError("secret refused")  # type: ignore[no-untyped-call]
            self.token, self.valid = f"{self.token}x", True

    known = Credentials()
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(google.auth, "default", lambda scopes: (known, "my-project"))
    token = token_source()
    assert [token(), token()] == ["x", "x"]
    known.valid = False
    assert token() == "xx"
    known.valid, known.fails = False, True
    with pytest.raises(StackError) as caught:
        token()
    assert str(caught.value) == (
        "Google's default credentials gave no token (RefreshError); run `gcloud auth application-default login`"
    )


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--username", "me"], "--username me: Artifact Registry's API takes access tokens; give --username "
         "oauth2accesstoken and what `gcloud auth print-access-token` prints"),
        (["--ca-certificate", "x"], "--ca-certificate is for other registries; everybody trusts Artifact Registry's"),
        (["--plain-http"], "--plain-http and --tls are for other registries; Artifact Registry has TLS alone"),
        (["--assume-created"], "--assume-created is for the OCI API; this one tells times of push"),
        (["--username", "oauth2accesstoken"], "--username: standard input has no password"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(more: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["lifecycle", "inventory", SOURCE, "--out", "out.jsonl", *more])
    assert (done.exit_code, done.stderr) == (1, f"error: {told}\n")


WRITE = "; write gar://LOCATION-docker.pkg.dev/PROJECT/REPOSITORY"
CHARACTERS = f"has characters that no address of a registry has{WRITE}"
US = "gar://us-docker.pkg.dev"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("gar://", f"gar://: names no registry{WRITE}"),
        (US, f"{US}: names no project{WRITE}"),
        (f"{US}/my-project", f"{US}/my-project: names no repository{WRITE}"),
        (f"{US}/my-project/", f"{US}/my-project/: names no repository{WRITE}"),
        (f"{US}/my-project/apps/api",
         f"{US}/my-project/apps/api: names more than a repository{WRITE}, and packages with --repository"),
        (f"{US}/My-Project/apps", f"{US}/My-Project/apps: 'My-Project' is not the id of a project{WRITE}"),
        (f"{US}/my-project/Apps", f"{US}/my-project/Apps: 'Apps' is not the name of a repository{WRITE}"),
        (f"{US}/my-project/..", f"{US}/my-project/..: '..' is not the name of a repository{WRITE}"),
        (f"{US}/example.com/x/apps", f"{US}/example.com/x/apps: 'example.com/x' is not the id of a project{WRITE}"),
        ("gar://gcr.io/my-project/apps",
         f"gar://gcr.io/my-project/apps: gcr.io is not a host of Artifact Registry{WRITE}"),
        ("gar://us-npm.pkg.dev/my-project/apps",
         f"gar://us-npm.pkg.dev/my-project/apps: us-npm.pkg.dev is not a host of Artifact Registry{WRITE}"),
        ("gar://us-docker.pkg.dev.example.com/my-project/apps", "gar://us-docker.pkg.dev.example.com/my-project/apps: "
         f"us-docker.pkg.dev.example.com is not a host of Artifact Registry{WRITE}"),
        ("gar://127.0.0.1:5000/my-project/apps",
         f"gar://127.0.0.1:5000/my-project/apps: 127.0.0.1:5000 is not a host of Artifact Registry{WRITE}"),
        ("gar://_json_key:hunter2@us-docker.pkg.dev/my-project/apps",
         f"gar://: has a login in its address{WRITE}, and give --username with the password on standard input"),
        (f"{US}/my-project/apps?pageSize=1", f"'{US}/my-project/apps?pageSize=1': {CHARACTERS}"),
        (f"{US}/my-project/a%2Fb", f"'{US}/my-project/a%2Fb': {CHARACTERS}"),
    ],
)  # fmt: skip
def test_sources_that_are_none(source: str, told: str) -> None:
    with pytest.raises(StackError) as caught:
        parse(source)
    assert str(caught.value) == told
    done = CliRunner().invoke(app, ["lifecycle", "inventory", source, "--out", "out.jsonl"])
    assert (done.exit_code, done.stderr) == (1, f"error: {told}\n")
    assert "hunter2" not in done.output


def test_sources_that_are_one() -> None:
    host = "us-docker.pkg.dev"
    assert parse(f"gar://{host}/my-project/apps/") == (host, "us", "my-project", "apps")
    assert parse(f"gar://{host}/example.com/my-project/a")[2] == "example.com/my-project"
    with GarCollector(f"gar://{host}/example.com/my-project/a", lambda: "x") as collector:
        assert collector._parent == "/v1/projects/example.com:my-project/locations/us/repositories/a"


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_answered_is_told_or_left_out(long_lived: Both, seed: int) -> None:
    long_lived.api.content = content(Random(seed), ["api", "team/web", "base"])
    long_lived.api.page_size = 100
    long_lived.api.mangle = seed
    try:
        found = long_lived.collected()
    except StackError as error:
        assert str(error).isprintable()
        return
    finally:
        long_lived.api.mangle = None
        long_lived.api.wrong.clear()
    # What is told can be read.
    from_records([record for one in found for record in one.records])
    assert all(not one.records and one.problems[0].isprintable() for one in found if one.problems)
