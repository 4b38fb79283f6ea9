"""Unit proof: an inventory from Azure Container Registry's API, asked of a server on loopback with its token flow."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from registry_components.cli.main import app
from registry_components.core.errors import StackError
from registry_components.lifecycle import from_records, simulate
from registry_components.lifecycle.collect import acr
from registry_components.lifecycle.collect.acr import ENTRA_USER, AcrCollector, parse
from registry_components.lifecycle.collect.oci import Found
from registry_components.oci.model import OCI_INDEX, OCI_MANIFEST, digest_of

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
    referrer,
    serving,
    stated,
)

pytestmark = pytest.mark.unit

PASSWORD = "acr-secret-1"
# By path, the parameters that Azure's document of 2021-07-01 has.
KNOWN: dict[str, set[str]] = {
    r"/acr/v1/_catalog": {"last", "n"},
    r"/acr/v1/(?P<name>.+)/_tags": {"last", "n", "orderby", "digest"},
    r"/acr/v1/(?P<name>.+)/_manifests": {"last", "n", "orderby"},
    r"/acr/v1/(?P<name>.+)": set(),
    r"/v2/(?P<name>.+)/manifests/[^/]+": set(),
}


class FakeAcr(FakeApi):
    """A registry that gives a token for each scope."""

    def __init__(self) -> None:
        super().__init__()
        self.content: Content = {}
        self.page_size = 100
        self.login = f"robot:{PASSWORD}"
        self.only: set[str] | None = None
        """Of these repositories a token may read."""
        self.locked: set[str] = set()
        self.scopes: list[str] = []

    def reply(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        sent = headers.get("authorization", "")
        if path == "/oauth2/token":
            if sent != f"Basic {base64.b64encode(self.login.encode()).decode()}":
                return Answer({"errors": [{"code": "UNAUTHORIZED", "message": f"authentication required {sent}"}]}, 401)
            self.scopes.append(query["scope"])
            return Answer({"access_token": f"token-for-{query['scope']}"})
        pattern = next((one for one in KNOWN if re.fullmatch(one, path)), None)
        if pattern is None or not set(query) <= KNOWN[pattern]:
            self.wrong.append(path)
            return Answer(status=400)
        found = re.fullmatch(pattern, path)
        name = (found.groupdict() if found else {}).get("name", "")
        scope = f"repository:{name}:{'pull' if path.startswith('/v2/') else 'metadata_read'}"
        scope = scope if name else "registry:catalog:*"
        allowed = self.only is None or not name or name in self.only
        if sent != f"Bearer token-for-{scope}" or not allowed:
            realm = f'Bearer realm="http://{self.host}/oauth2/token",service="{self.host}",scope="{scope}"'
            body = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
            return Answer(body, 401, {"www-authenticate": realm})
        if not name:
            return self._paged(path, query, "repositories", sorted(self.content), lambda one: one)
        repository = self.content.get(name)
        if repository is None:
            return Answer({"errors": [{"code": "NAME_UNKNOWN", "message": f"repository {name} not found"}]}, 404)
        if path.endswith("/_tags"):
            tags = [
                {"name": tag, "digest": one.digest, "createdTime": stated(moment), "lastUpdateTime": stated(moment),
                 "signed": False, "changeableAttributes": attributes(tag in one.locked_tags)}
                for one in repository.values() for tag, moment in one.tags.items()
            ]  # fmt: skip
            return self._paged(
                path, query, "tags", sorted(tags, key=lambda one: str(one["name"])), lambda one: one["name"]
            )
        if path.endswith("/_manifests"):
            entries = [self._manifest(repository[digest]) for digest in sorted(repository)]
            return self._paged(path, query, "manifests", entries, lambda one: one["digest"])
        if path.startswith("/v2/"):
            return manifest_answer(self.content, "", path) or Answer(status=400)
        return Answer({"imageName": name, "changeableAttributes": attributes(name in self.locked)})

    def _paged(self, path: str, query: Mapping[str, str], key: str, entries: list[Any], by: Any) -> Answer:
        size = min(int(query["n"]), self.page_size)
        start = next((at for at, one in enumerate(entries) if by(one) > query.get("last", "")), len(entries))
        found, after = page(entries, start, size)
        headers = {}
        if after is not None:
            headers["link"] = f'<{path}?{urlencode({**query, "last": by(found[-1])})}>; rel="next"'
        # A list without entries is null.
        return Answer({"registry": self.host, key: found or None}, headers=headers)

    def _manifest(self, piece: Piece) -> dict[str, Any]:
        told = {"mediaType": piece.media_type, "imageSize": piece.size, "digest": piece.digest,
                "createdTime": stated(piece.pushed), "lastUpdateTime": stated(piece.pushed),
                "changeableAttributes": attributes(piece.locked)}  # fmt: skip
        if piece.config is not None:
            told["configMediaType"] = piece.config
        return {**told, **({"tags": sorted(piece.tags)} if piece.tags else {})}


def attributes(locked: bool) -> dict[str, bool]:
    return {"deleteEnabled": not locked, "writeEnabled": True, "readEnabled": True, "listEnabled": True}


@pytest.fixture
def registry() -> Iterator[FakeAcr]:
    fake = FakeAcr()
    with serving(fake):
        yield fake
    assert fake.wrong == []


@pytest.fixture(scope="module")
def long_lived() -> Iterator[FakeAcr]:
    fake = FakeAcr()
    with serving(fake):
        yield fake
    assert fake.wrong == []


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return found


def collected(fake: FakeAcr, *names: str, layers: bool = False) -> list[Found]:
    with AcrCollector(f"acr://{fake.host}", username="robot", password=PASSWORD, layers=layers) as collector:
        return list(collector.collect(collector.names(names)))


def expected(name: str, piece: Piece, *, locked: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {
        "repository": name, "digest": piece.digest, "size": piece.size, "pushed_at": piece.pushed.isoformat(),
        "media_type": piece.kind or piece.media_type,
    }  # fmt: skip
    if piece.tags:
        found["tags"] = sorted(piece.tags)
        found["tag_pushed_at"] = {tag: moment.isoformat() for tag, moment in piece.tags.items()}
    if locked or piece.locked or piece.locked_tags:
        found["locked"] = True
    if piece.children:
        found["children"] = piece.children
    if piece.subject is not None:
        found["subject"] = piece.subject
    return found


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_what_is_collected_is_what_there_is(long_lived: FakeAcr, dice: Random, page_size: int) -> None:
    long_lived.content = content(dice, ["shop/api", "shop/team/web", "base"])
    long_lived.page_size = page_size
    long_lived.locked = {"base"} if dice.random() < 0.3 else set()
    found = collected(long_lived)
    assert [one.repository for one in found] == sorted(long_lived.content)
    assert [one.problems for one in found] == [[], [], []]
    records = {record["digest"]: plain(record) for one in found for record in one.records}
    there = {
        one.digest: expected(name, one, locked=name in long_lived.locked)
        for name, pieces in long_lived.content.items() for one in pieces.values()
    }  # fmt: skip
    assert records == there
    assert len(from_records([record for one in found for record in one.records])) == len(there)


def test_with_layers_everything_is_read_and_what_is_shared_counts_once(registry: FakeAcr) -> None:
    base = {"digest": f"sha256:{7:064x}", "size": 5000}
    pieces = [with_layers(f"v{number}", base, {"digest": f"sha256:{number:064x}", "size": 100}) for number in (1, 2)]
    lying = with_layers("v3", {**base, "size": 9}, {"digest": f"sha256:{3:064x}", "size": "many"})
    registry.content = {"api": {one.digest: one for one in pieces}, "web": {lying.digest: lying}}
    api, web = collected(registry, layers=True)
    assert (api.problems, web.problems) == ([], [])
    for one in pieces:
        (record,) = [record for record in api.records if record["digest"] == one.digest]
        assert record["size"] == len(one.data) + 10 + 5000 + 100
        assert [layer["size"] for layer in record["layers"]] == [10, 5000, 100]
    assert "layers" not in web.records[0]  # of one blob it does not say how large it is
    inventory = from_records([record for found in (api, web) for record in found.records])
    policy = {"repositories": ["api"], "expire": {"all": {"tags": ["*"], "beyond_bytes": 1}}}
    gone = simulate("unified", policy, inventory)
    assert gone.freed() == sum(len(one.data) + 100 for one in pieces) + 10 + 5000


def with_layers(tag: str, *layers: dict[str, Any]) -> Piece:
    made = image("api", 10, START)
    tree = {**json.loads(made.data), "layers": list(layers)}
    return replace(made, data=json.dumps(tree).encode(), tags={tag: START})


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("harbor://harbor.example.com", "reading a manifest may count as a pull there, and rules by pull would find "
         "everything in use; without it, what gets free is told as the sum of sizes"),
        ("ecr://123456789012.dkr.ecr.eu-central-1.amazonaws.com", "reading a manifest may count as a pull there, and "
         "rules by pull would find everything in use; without it, what gets free is told as the sum of sizes"),
        ("registry.example.com", "the OCI API is read by manifests anyway, and tells layers without it"),
    ],
)  # fmt: skip
def test_layers_are_refused_where_they_would_do_harm(source: str, told: str) -> None:
    done = CliRunner().invoke(app, ["lifecycle", "inventory", source, "--out", "out.jsonl", "--layers"])
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"error: --layers: {told}\n")


def test_only_what_may_refer_is_read(registry: FakeAcr) -> None:
    pieces = [image("api", number, START) for number in range(5)]
    for number, one in enumerate(pieces[:4]):
        one.tags = {f"v{number}": START}
    signature = referrer("api", 9, pieces[0].digest, START)
    signature.tags = {"sig": START}
    registry.content = {"api": {one.digest: one for one in (*pieces, signature)}}
    collected(registry)
    read = {one.rpartition("/")[2] for one in registry.asked if one.startswith("/v2/")}
    # Neither tag nor index holds the one; the other's config says that it is no image.
    assert read == {pieces[4].digest, signature.digest}


def test_a_withdrawn_type_is_read(registry: FakeAcr) -> None:
    kind = "application/vnd.oci.artifact.manifest.v1+json"
    base = image("api", 1, START)
    tree = {"mediaType": kind, "artifactType": "application/x-sbom", "blobs": [],
            "subject": {"mediaType": OCI_MANIFEST, "digest": base.digest, "size": 1}}  # fmt: skip
    old = Piece(json.dumps(tree).encode(), kind, None, START)
    registry.content = {"api": {one.digest: one for one in (base, old)}}
    ((_, records, problems),) = collected(registry)
    assert problems == []
    (found,) = [plain(one) for one in records if one["digest"] == old.digest]
    assert (found["subject"], found["media_type"]) == (base.digest, "application/x-sbom")


def test_what_changes_meanwhile_keeps_its_tags(registry: FakeAcr) -> None:
    first, second, gone = image("api", 1, START), image("api", 2, START), image("api", 3, START)
    index = {"mediaType": OCI_INDEX, "schemaVersion": 2, "manifests": []}
    vanished = Piece(json.dumps(index).encode(), OCI_INDEX, None, START)
    first.tags = {"old": START, "moved": START}
    registry.content = {"api": {one.digest: one for one in (first, second, vanished)}}
    late = [{"name": "moved", "digest": second.digest, "lastUpdateTime": stated(START)},
            {"name": "new", "digest": second.digest, "lastUpdateTime": stated(START + timedelta(1))},
            {"name": "lost", "digest": gone.digest, "lastUpdateTime": stated(START)}]  # fmt: skip
    registry.fail("/_tags", body={"tags": late})
    registry.fail(vanished.digest, status=404, body=b"{}")
    ((_, records, problems),) = collected(registry)
    assert problems == []
    found = {record["digest"]: plain(record) for record in records}
    assert set(found) == {first.digest, second.digest}
    # The list of manifests came later: it says where a tag is.
    assert found[first.digest]["tag_pushed_at"] == {"old": None, "moved": None}
    assert found[second.digest]["tag_pushed_at"] == {"new": (START + timedelta(1)).isoformat()}


def test_named_repositories_need_no_catalog(registry: FakeAcr) -> None:
    registry.content = content(Random(1), ["shop/api"])
    found = collected(registry, "shop/api", "shop/none")
    assert [(one.repository, len(one.records), one.problems) for one in found] == [
        ("shop/api", len(registry.content["shop/api"]), []),
        ("shop/none", 0, []),
    ]
    assert "registry:catalog:*" not in registry.scopes


def test_a_token_for_other_repositories_leaves_them_out(registry: FakeAcr) -> None:
    registry.content = content(Random(1), ["shop/api", "shop/web"])
    registry.only = {"shop/web"}
    api, web = collected(registry)
    assert api.problems == [
        f"shop/api is left out: registry {registry.host}: cannot read the attributes of shop/api: it answered 401 "
        "UNAUTHORIZED (authentication required); log in again (`az acr login --name NAME`), or let it list and pull: "
        "AcrPull, with ABAC Repository Reader and Catalog Lister, or a token whose scope map has content/read and "
        "metadata/read"
    ]
    assert (api.records, web.problems) == ([], [])


def run(fake: FakeAcr, *more: str, username: str = "robot", password: str = PASSWORD) -> Result:
    words = ["lifecycle", "inventory", f"acr://{fake.host}", "--out", "out.jsonl", "--username", username]
    return CliRunner().invoke(app, [*words, *more], input=f"{password}\n")


TOLD = (
    "ACR tells neither pulls nor when a manifest lost its tags: rules by pull let be what it holds, and its retention "
    "policy is judged by pushes\n"
)


def test_a_purge_is_simulated_on_it(registry: FakeAcr) -> None:
    registry.login = f"{ENTRA_USER}:refresh-token"
    pieces = [image("api", number, START) for number in range(40)]
    for number, one in enumerate(pieces):
        one.tags = {f"pr-{number:02}": START + timedelta(days=number)}
    pieces[3].locked_tags = {"pr-03"}
    registry.content = {"shop/api": {one.digest: one for one in pieces}}
    done = run(registry, "--layers", username=ENTRA_USER, password="refresh-token")
    assert (done.exit_code, done.stderr) == (0, TOLD)
    assert all("layers" in json.loads(line) for line in Path("out.jsonl").read_text().splitlines())
    Path("purge.json").write_text(json.dumps([{"filter": ["shop/api:^pr-.*"], "ago": "30d", "untagged": True}]))
    words = ["lifecycle", "simulate", "--kind", "acr-purge", "--native", "purge.json", "--inventory", "out.jsonl"]
    done = CliRunner().invoke(app, [*words, "--json", "--now", "2026-02-10T00:00:00Z"])
    gone = {one["digest"] for one in json.loads(done.stdout) if one["action"] == "delete"}
    # By when each tag was set: forty days from the first on, thirty ago, and one of those is locked.
    assert gone == {one.digest for number, one in enumerate(pieces[:10]) if number != 3}


def test_an_interrupted_run_goes_on(registry: FakeAcr) -> None:
    registry.content = content(Random(3), [f"app-{number:02}" for number in range(12)])
    registry.fail("app-07/_manifests", times=99, status=429, headers={"retry-after": "120"}, body=b"")
    done = run(registry, "--concurrency", "2")
    assert (done.exit_code, done.stderr) == (
        1,
        f"error: registry {registry.host}: cannot list the manifests of app-07: it answered 429; it limits how often "
        "it may be asked: try again in 120 seconds, or with a smaller --concurrency\n",
    )
    registry.faults.clear()
    registry.asked.clear()
    done = run(registry, "--resume")
    assert (done.exit_code, done.stderr) == (0, TOLD)
    assert not any("app-06/" in one for one in registry.asked)
    records = [plain(json.loads(line)) for line in Path("out.jsonl").read_text().splitlines()]
    there = [expected(name, one) for name, pieces in registry.content.items() for one in pieces.values()]
    assert sorted(records, key=lambda one: str(one["digest"])) == sorted(there, key=lambda one: str(one["digest"]))


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("pattern", ["/_catalog", "/_tags", "/_manifests", "/v2/", "/oauth2/token"])
def test_what_passes_is_tried_again(registry: FakeAcr, waits: list[float], pattern: str, status: int) -> None:
    registry.content = content(Random(4), ["shop/api"], 30)
    registry.fail(pattern, status=status, headers={"retry-after": "3"}, body=b"")
    ((_, records, problems),) = collected(registry)
    assert (len(records), problems) == (len(registry.content["shop/api"]), [])
    assert [3 <= wait <= 3.5 for wait in waits] == [True]


def test_a_wrong_password_ends_the_run(registry: FakeAcr) -> None:
    done = run(registry, password="other-secret")
    assert done.exit_code == 1
    # The server sent the header back.
    assert done.stderr.startswith(f"error: registry {registry.host}: cannot log in at its token server 127.0.0.1: ")
    assert "other-secret" not in done.output
    assert base64.b64encode(b"robot:other-secret").decode() not in done.output


D = f"sha256:{1:064x}"
LIST = "registry HOST: cannot list the manifests of shop/api: "
ELSEWHERE = "; check that the address is that of the registry, and no proxy answers for it"
MAKERS = "; report it to the registry's makers"
NEXT: dict[str, Any] = {"body": {"manifests": []}}


@pytest.mark.parametrize(
    ("pattern", "answer", "told"),
    [
        ("_manifests", {"body": b"{"}, f"{LIST}its answer is not JSON{ELSEWHERE}"),
        ("_manifests", {"body": b""}, f"{LIST}its answer is not JSON{ELSEWHERE}"),
        ("_manifests", {"body": []}, f"its answer is not an object{MAKERS}"),
        ("_manifests", {"body": {"manifests": {}}}, f"its answer has no list of manifests{MAKERS}"),
        ("_manifests", {"body": {"manifests": ["x"]}}, f"its answer has no list of manifests{MAKERS}"),
        ("_manifests", {"body": {"manifests": [{"digest": "sha256:../x"}]}},
         f"a manifest has 'sha256:../x' for a digest{MAKERS}"),
        ("_manifests", {"body": {"manifests": [{"digest": D, "tags": "v1"}]}},
         f"the manifest {D} has no list of tags{MAKERS}"),
        ("_manifests", {"body": {"manifests": [{"digest": D, "tags": ["-"]}]}},
         f"the manifest {D} has '-' for a tag{MAKERS}"),
        ("_tags", {"body": {"tags": [{"name": 5}]}}, f"a tag has 5 for a tag{MAKERS}"),
        ("_tags", {"body": {"tags": [{"name": "v1"}]}}, f"the tag v1 has None for a digest{MAKERS}"),
        ("v1/shop/api$", {"body": 5}, f"the repository shop/api is not an object{MAKERS}"),
        ("_manifests", {**NEXT, "headers": {"link": '</acr/v1/shop/api/_manifests?n=100>; rel="next"'}, "times": 9},
         f"{LIST}its pages lead in a circle{ELSEWHERE}"),
        ("_manifests", {**NEXT, "headers": {"link": '<https://192.0.2.1/acr/v1/shop/api/_manifests?n=1>; rel="next"'}},
         f"{LIST}its next page is elsewhere{ELSEWHERE}"),
        ("_manifests", {**NEXT, "headers": {"link": '</acr/v1/shop/web/_manifests?n=1>; rel="next"'}},
         f"{LIST}its next page is elsewhere{ELSEWHERE}"),
        ("_manifests", {"body": {}, "headers": {"link": '</acr/v1/shop/api/_manifests?last=COUNT>; rel="next"'},
                        "times": 999}, f"{LIST}its pages have nothing on them{ELSEWHERE}"),
        ("_manifests", {**NEXT, "headers": {"link": '<http://[x/acr>; rel="next"'}},
         "registry HOST: cannot list the manifests of shop/api: it pointed to an address that is none; check the "
         "address that it believes to have"),
    ],
)  # fmt: skip
def test_a_repository_that_cannot_be_read_is_left_out(
    registry: FakeAcr, pattern: str, answer: dict[str, Any], told: str
) -> None:
    registry.content = content(Random(2), ["shop/api", "shop/web"])
    registry.fail(f"shop/api.*{pattern}" if "/" not in pattern else pattern, **answer)
    api, web = collected(registry)
    assert api.records == []
    assert api.problems == [f"shop/api is left out: {told.replace('HOST', registry.host)}"]
    assert (len(web.records), web.problems) == (len(registry.content["shop/web"]), [])


def piece(data: bytes) -> Piece:
    return Piece(data, OCI_INDEX, None, START)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"nothing", "the manifest DIGEST is not an object"),
        (b"[" * 50_000, "the manifest DIGEST is not an object"),
        (b'{"manifests": 5}', "the manifest DIGEST has no list of manifests"),
        (b'{"manifests": [{"digest": "x"}]}', "the manifest DIGEST has 'x' for a digest"),
        (b'{"manifests": [], "subject": []}', "the manifest DIGEST is not an object"),
        (
            b'{"mediaType": [], "config": {"mediaType": {}}, "manifests": [{}]}',
            "the manifest DIGEST has None for a digest",
        ),
        (b'{"manifests": [], "subject": {}}', "the manifest DIGEST has None for a digest"),
    ],
)
def test_an_index_that_cannot_be_read_leaves_its_repository_out(registry: FakeAcr, data: bytes, told: str) -> None:
    child, odd = image("api", 1, START), piece(data)
    registry.content = {"api": {child.digest: child, odd.digest: odd}}
    assert collected(registry) == [
        Found("api", [], [f"api is left out: {told.replace('DIGEST', odd.digest)}; report it to the registry's makers"])
    ]


def test_an_index_that_must_not_be_read_leaves_its_repository_out(registry: FakeAcr) -> None:
    entry = {"digest": D, "mediaType": OCI_INDEX, "changeableAttributes": {"readEnabled": False}}
    registry.content = {"api": {}}
    registry.fail("_manifests", body={"manifests": [entry]})
    assert collected(registry) == [
        Found(
            "api",
            [],
            [f"api is left out: {D} must not be read, so what it holds is not known; turn its readEnabled on"],
        )
    ]


def test_a_changed_manifest_is_noticed(registry: FakeAcr) -> None:
    index = piece(b'{"manifests": []}')
    registry.content = {"api": {index.digest: index}}
    registry.fail("/v2/", body=b'{"manifests": [] }')
    ((_, records, problems),) = collected(registry)
    assert records == []
    assert problems == [
        f"api is left out: registry {registry.host}: cannot read the manifest api@{index.digest}: what arrived does "
        "not have the digest that names it; do not use it; look for a proxy that changes data, then check the "
        "registry's storage"
    ]
    assert digest_of(b'{"manifests": []}') == index.digest


def test_what_az_acr_login_left(registry: FakeAcr, tmp_path: Path) -> None:
    assert acr.login("x.azurecr.io", {}) == {}
    found = {"username": "<token>", "password": "refresh"}
    assert acr.login("x.azurecr.io", found) == {"username": ENTRA_USER, "password": "refresh"}
    # Docker's own file has the token beside a login without a password.
    pair = base64.b64encode(f"{ENTRA_USER}:".encode()).decode()
    config = {"auths": {registry.host: {"auth": pair, "identitytoken": "refresh-token"}}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    done = CliRunner().invoke(app, ["lifecycle", "inventory", f"acr://{registry.host}", "--out", "out.jsonl"])
    assert done.stderr == (
        f"error: {registry.host}: Docker's configuration has no password for it; pipe in a token: `az acr login --name "
        "127 --expose-token --output tsv --query accessToken | regc lifecycle inventory ... --username "
        f"{ENTRA_USER}`\n"
    )


WRITE = "; write acr://NAME.azurecr.io"
CHARACTERS = f"has characters that no address of a registry has{WRITE}"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("acr://", f"acr://: names no registry{WRITE}"),
        ("acr://shop", f"acr://shop: 'shop' is not a whole host name{WRITE}"),
        ("acr://shop.azurecr.io/api",
         f"acr://shop.azurecr.io/api: names more than a registry{WRITE}, and repositories with --repository"),
        ("acr://shop.azurecr.io:0", f"acr://shop.azurecr.io:0: port 0 is not between 1 and 65535{WRITE}"),
        ("acr://shop.azurecr.io:x", f"acr://shop.azurecr.io:x: 'shop.azurecr.io:x' is not host or host:port{WRITE}"),
        ("acr://robot:hunter2@shop.azurecr.io",
         f"acr://: has a login in its address{WRITE}, and give --username with the password on standard input"),
        ("acr://shop.azurecr.io?x=1", f"'acr://shop.azurecr.io?x=1': {CHARACTERS}"),
        ("acr://shop.azurecr.io\\x", f"'acr://shop.azurecr.io\\\\x': {CHARACTERS}"),
        ("acr://shop .azurecr.io", f"'acr://shop .azurecr.io': {CHARACTERS}"),
        ("acr://-shop.azurecr.io", f"acr://-shop.azurecr.io: '-shop.azurecr.io' is not host or host:port{WRITE}"),
    ],
)  # fmt: skip
def test_sources_that_are_none(source: str, told: str) -> None:
    with pytest.raises(StackError) as caught:
        parse(source)
    assert str(caught.value) == told
    done = CliRunner().invoke(app, ["lifecycle", "inventory", source, "--out", "out.jsonl"])
    assert (done.exit_code, done.stderr) == (1, f"error: {told}\n")
    assert "hunter2" not in done.output


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_answered_is_told_or_left_out(long_lived: FakeAcr, seed: int) -> None:
    long_lived.content = content(Random(seed), ["shop/api", "shop/team/web", "base"])
    long_lived.page_size = 100
    long_lived.mangle = seed
    try:
        found = collected(long_lived)
    except StackError as error:
        assert str(error).isprintable()
        return
    finally:
        long_lived.mangle = None
        long_lived.wrong.clear()
    # What is told can be read.
    from_records([record for one in found for record in one.records])
    assert all(not one.records and one.problems[0].isprintable() for one in found if one.problems)
