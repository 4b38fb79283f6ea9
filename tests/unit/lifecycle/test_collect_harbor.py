"""Unit proof: an inventory from Harbor's API, asked of a server on loopback that knows Harbor's own document."""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote, urlencode

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from registry_components.cli.main import app
from registry_components.core.errors import StackError
from registry_components.lifecycle import from_records, read_inventory
from registry_components.lifecycle.collect.harbor import HarborCollector, parse
from registry_components.lifecycle.collect.oci import Found
from registry_components.oci.model import INDEX_TYPES

from .json_api import (
    START,
    Answer,
    Content,
    FakeApi,
    Piece,
    content,
    image,
    page,
    plain,
    referrer,
    serving,
    stated,
)

pytestmark = pytest.mark.unit

SWAGGER = Path(__file__).parents[4] / "shared" / "data" / "harbor-2.15-swagger.yaml"
ZERO = "0001-01-01T00:00:00.000Z"
PASSWORD = "robot-secret-1"
LOGIN = f"Basic {base64.b64encode(f'robot:{PASSWORD}'.encode()).decode()}"


@functools.cache
def document() -> dict[str, Any] | None:
    return yaml.safe_load(SWAGGER.read_text()) if SWAGGER.is_file() else None


class FakeHarbor(FakeApi):
    """Harbor 2.15: projects, repositories, artifacts with tags, references and accessories."""

    def __init__(self) -> None:
        super().__init__()
        self.content: Content = {}
        self.projects: list[str] | None = None
        self.page_size = 100
        self.replied = 0

    def reply(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        template, names = self._known(path)
        if headers.get("authorization") != LOGIN:
            return Answer({"errors": [{"code": "UNAUTHORIZED", "message": f"unauthorized: {headers}"}]}, 401)
        if "with_tag" in query:
            # Twice, as the router takes the first off and Harbor the second.
            name = f"{names['project_name']}/{unquote(names['repository_name'])}"
            return self._checked(template, query, path, self._artifacts(name, query))
        if template == "/projects":
            projects = sorted({name.partition("/")[0] for name in self.content} | set(self.projects or ()))
            return self._checked(template, query, path, [{"name": one} for one in projects])
        repositories = [one for one in self.content if one.startswith(f"{names['project_name']}/")]
        return self._checked(template, query, path, [{"name": one} for one in repositories])

    def _known(self, path: str) -> tuple[str, dict[str, str]]:
        templates = ("/projects", "/projects/{project_name}/repositories",
                     "/projects/{project_name}/repositories/{repository_name}/artifacts")  # fmt: skip
        for template in templates:
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
            found = re.fullmatch(f"/api/v2.0{pattern}", path)
            if found:
                return template, {key: unquote(value) for key, value in found.groupdict().items()}
        self.wrong.append(path)
        return "", {}

    def _checked(self, template: str, query: Mapping[str, str], path: str, entries: list[Any]) -> Answer:
        """Answer with a page; what the document does not know of request or answer is written down."""
        size, number = min(int(query["page_size"]), self.page_size), int(query["page"])
        found, after = page(entries, (number - 1) * size, size)
        links = []
        if number > 1:
            links.append(f'<{path}?{urlencode({**query, "page": number - 1})}>; rel="prev"')
        if after is not None:
            links.append(f'<{path}?{urlencode({**query, "page": number + 1})}>; rel="next"')
        known = document()
        if known is not None:
            self.wrong += violations(known, template, query)
            schema = {
                **known["paths"][template]["get"]["responses"]["200"]["schema"],
                "definitions": known["definitions"],
            }
            jsonschema.Draft4Validator(schema).validate(found)
        self.replied += 1
        more = {"link": ", ".join(links)} if links else {}
        return Answer(found or None, headers={"x-total-count": str(len(entries)), **more})

    def _artifacts(self, name: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        pieces = self.content.get(name, {})
        assert query["q"] == "base=*"
        return [self._artifact(one, list(pieces.values())) for one in pieces.values() if one.subject is None]

    def _artifact(self, piece: Piece, pieces: list[Piece]) -> dict[str, Any]:
        tags = [{"name": tag, "push_time": stated(moment), "pull_time": ZERO, "immutable": tag in piece.locked_tags}
                for tag, moment in piece.tags.items()]  # fmt: skip
        accessories = [
            {"digest": one.digest, "type": "signature.notation", "size": one.size, "creation_time": stated(one.pushed),
             "subject_artifact_digest": piece.digest}
            for one in pieces if one.subject == piece.digest
        ]  # fmt: skip
        return {
            "digest": piece.digest,
            "type": "IMAGE",
            "media_type": piece.config or piece.media_type,
            "manifest_media_type": piece.media_type,
            "artifact_type": piece.config or piece.media_type,
            "size": piece.size,
            "push_time": stated(piece.pushed),
            "pull_time": stated(piece.pulled) if piece.pulled else ZERO,
            "references": [{"child_digest": child} for child in piece.children],
            # What has no tag has null, not a list.
            **({"tags": tags} if tags else {}),
            **({"accessories": accessories} if accessories else {}),
        }


def violations(known: dict[str, Any], template: str, query: Mapping[str, str]) -> Iterator[str]:
    """Yield what Harbor's document does not know of a request."""
    given = known["paths"][template]
    options = [known["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
               for one in [*given.get("parameters", []), *given["get"]["parameters"]]]  # fmt: skip
    allowed = {one["name"]: one for one in options if one["in"] == "query"}
    for name, value in query.items():
        one = allowed.get(name)
        if one is None:
            yield f"{template} has no parameter {name}"
        elif one["type"] == "boolean" and value not in ("true", "false"):
            yield f"{template}: {name} is no boolean"
        elif one["type"] == "integer" and not (value.isdecimal() and int(value) <= one.get("maximum", 10**9)):
            yield f"{template}: {name} is no such number"


@pytest.fixture
def harbor() -> Iterator[FakeHarbor]:
    fake = FakeHarbor()
    with serving(fake):
        yield fake
    assert fake.wrong == []


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.chdir(tmp_path)
    return found


def collected(fake: FakeHarbor, source: str = "", **more: Any) -> list[Found]:
    with HarborCollector(f"harbor://{fake.host}{source}", username="robot", password=PASSWORD, **more) as collector:
        return list(collector.collect(collector.names()))


def expected(name: str, piece: Piece) -> dict[str, Any]:
    found: dict[str, Any] = {
        "repository": name, "digest": piece.digest, "size": piece.size, "pushed_at": piece.pushed.isoformat(),
        "media_type": piece.kind or piece.media_type,
    }  # fmt: skip
    if piece.subject is not None:
        # Of an accessory Harbor tells neither tags nor pulls.
        return {**found, "subject": piece.subject}
    if piece.tags:
        found["tags"] = sorted(piece.tags)
        found["tag_pushed_at"] = {tag: moment.isoformat() for tag, moment in piece.tags.items()}
    if piece.pulled is not None:
        found["last_pulled_at"] = piece.pulled.isoformat()
    if piece.locked_tags:
        found["locked"] = True
    if piece.children:
        found["children"] = piece.children
    return found


@pytest.fixture(scope="module")
def long_lived() -> Iterator[FakeHarbor]:
    fake = FakeHarbor()
    with serving(fake):
        yield fake
    assert fake.wrong == []


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_what_is_collected_is_what_there_is(long_lived: FakeHarbor, dice: Random, page_size: int) -> None:
    long_lived.content = content(dice, ["shop/api", "shop/team/web", "base/os"])
    long_lived.page_size = page_size
    found = collected(long_lived)
    assert [one.repository for one in found] == sorted(long_lived.content)
    assert [one.problems for one in found] == [[], [], []]
    records = {record["digest"]: plain(record) for one in found for record in one.records}
    there = {one.digest: expected(name, one) for name, pieces in long_lived.content.items() for one in pieces.values()}
    assert records == there
    assert len(from_records([record for one in found for record in one.records])) == len(there)
    assert long_lived.wrong == []


@pytest.mark.skipif(not SWAGGER.is_file(), reason=f"{SWAGGER.name} is not here")
def test_requests_and_answers_are_those_of_the_document(harbor: FakeHarbor) -> None:
    harbor.content = content(Random(5), ["shop/api", "shop/a/b/c"], 250)
    collected(harbor)
    assert harbor.replied >= 4
    assert any("/repositories/a%252Fb%252Fc/artifacts?" in one for one in harbor.asked)
    known = document()
    assert known is not None
    assert list(violations(known, "/projects", {"n": "100"})) == ["/projects has no parameter n"]
    assert list(violations(known, "/projects", {"page_size": "101"})) == ["/projects: page_size is no such number"]


def test_one_project_is_asked_alone(harbor: FakeHarbor) -> None:
    harbor.content = content(Random(1), ["shop/api", "base/os"])
    assert [one.repository for one in collected(harbor, "/shop")] == ["shop/api"]
    assert not any(one.startswith("/api/v2.0/projects?") for one in harbor.asked)
    with (
        HarborCollector(f"harbor://{harbor.host}/shop", username="robot", password=PASSWORD) as collector,
        pytest.raises(StackError) as caught,
    ):
        collector.names(["base/os"])
    assert str(caught.value) == "--repository base/os: is not in the project shop; write PROJECT/NAME"


def test_times_and_types_that_mean_nothing_are_left_out(harbor: FakeHarbor) -> None:
    index = {
        "digest": f"sha256:{1:064x}", "manifest_media_type": sorted(INDEX_TYPES)[0], "media_type": "x",
        "push_time": "9999-12-31T00:00:00Z", "pull_time": ZERO, "size": -1,
        "tags": [{"name": "v1", "push_time": "yesterday", "pull_time": "2026-05-01T00:00:00.123456789Z"}],
        "accessories": [{"digest": f"sha256:{2:064x}", "type": "subject.accessory", "creation_time": ZERO}],
    }  # fmt: skip
    helm = {"digest": f"sha256:{3:064x}", "manifest_media_type": "application/vnd.oci.image.manifest.v1+json",
            "media_type": "application/vnd.cncf.helm.config.v1+json", "tags": None, "references": None}  # fmt: skip
    harbor.content = {"shop/api": {}}
    harbor.fail("/artifacts", body=[index, helm])
    ((_, records, problems),) = collected(harbor)
    assert problems == []
    assert [plain(record) for record in records] == [
        {"repository": "shop/api", "digest": f"sha256:{1:064x}", "media_type": sorted(INDEX_TYPES)[0], "tags": ["v1"],
         "tag_pushed_at": {"v1": None}, "last_pulled_at": "2026-05-01T00:00:00.123456+00:00"},
        {"repository": "shop/api", "digest": f"sha256:{3:064x}",
         "media_type": "application/vnd.cncf.helm.config.v1+json"},
        {"repository": "shop/api", "digest": f"sha256:{2:064x}", "subject": f"sha256:{1:064x}"},
    ]  # fmt: skip


def test_an_accessory_that_is_listed_as_well_keeps_what_it_has(harbor: FakeHarbor) -> None:
    base, signature = f"sha256:{1:064x}", f"sha256:{2:064x}"
    accessory = {"digest": signature, "type": "signature.cosign", "size": 7}
    listed = [{"digest": signature, "size": 5, "tags": [{"name": "sig", "push_time": stated(START)}]},
              {"digest": base, "accessories": [accessory]}]  # fmt: skip
    harbor.content = {"shop/api": {}}
    harbor.fail("/artifacts", body=listed)
    ((_, records, _),) = collected(harbor)
    found = {record["digest"]: plain(record) for record in records}
    assert (found[signature]["subject"], found[signature]["tags"], found[signature]["size"]) == (base, ["sig"], 5)


def run(fake: FakeHarbor, *more: str, password: str = PASSWORD, source: str = "") -> Result:
    words = ["lifecycle", "inventory", f"harbor://{fake.host}{source}", "--out", "out.jsonl", "--username", "robot"]
    return CliRunner().invoke(app, [*words, *more], input=f"{password}\n")


def test_a_policy_is_simulated_on_it(harbor: FakeHarbor) -> None:
    old, new = START, START + timedelta(days=100)
    pieces = [image("api", number, old if number < 30 else new) for number in range(60)]
    for number, one in enumerate(pieces):
        one.tags = {f"pr-{number}": one.pushed}
    pieces[0].locked_tags = {"pr-0"}
    signature = referrer("api", 99, pieces[1].digest, old)
    harbor.content = {"shop/api": {one.digest: one for one in (*pieces, signature)}}
    done = run(harbor)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "out.jsonl: 61 artifacts in 1 repositories\n"
    rule = {"template": "nDaysSinceLastPush", "params": {"nDaysSinceLastPush": 30},
            "tag_selectors": [{"decoration": "matches", "pattern": "**"}],
            "scope_selectors": {"repository": [{"decoration": "repoMatches", "pattern": "**"}]}}  # fmt: skip
    Path("policy.json").write_text(json.dumps({"rules": [rule]}))
    words = ["lifecycle", "simulate", "--kind", "harbor", "--native", "policy.json", "--inventory", "out.jsonl"]
    done = CliRunner().invoke(app, [*words, "--json", "--now", "2026-04-12T00:00:00Z"])
    # Thirty are old; one of them is immutable, and the signature goes with its image.
    verdicts = {one["digest"]: one["action"] for one in json.loads(done.stdout)}
    assert sum(action == "delete" for action in verdicts.values()) == 30
    assert verdicts[pieces[0].digest] == "keep"
    assert verdicts[signature.digest] == "delete"


def test_an_interrupted_run_goes_on(harbor: FakeHarbor) -> None:
    harbor.content = content(Random(3), [f"shop/app-{number:02}" for number in range(12)])
    harbor.fail("app-07/artifacts", times=99, status=503, body={"errors": [{"code": "UNKNOWN", "message": "down"}]})
    done = run(harbor, "--concurrency", "2")
    assert done.exit_code == 1
    assert done.stderr == (
        f"error: registry {harbor.host}: cannot list the artifacts of shop/app-07: it answered 503 UNKNOWN (down); "
        "the registry itself failed: try again, then look in its log\n"
    )
    harbor.faults.clear()
    harbor.asked.clear()
    done = run(harbor, "--resume")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.endswith("in 5 repositories (7 more were there already)\n")
    assert not any("app-06/artifacts" in one for one in harbor.asked)
    records = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    there = [expected(name, one) for name, pieces in harbor.content.items() for one in pieces.values()]
    assert sorted(map(json.dumps, map(plain, records))) == sorted(json.dumps(plain(record)) for record in records)
    assert {record["digest"]: plain(record) for record in records} == {record["digest"]: record for record in there}


@pytest.mark.parametrize(
    ("answer", "slept"),
    [
        ({"status": 429, "headers": {"retry-after": "7"}}, (7, 7.5)),
        ({"status": 429}, (0.1, 0.5)),
        ({"status": 500, "body": {"errors": [{"code": "UNKNOWN", "message": "internal server error"}]}}, (0.1, 0.5)),
        ({"status": 502, "body": b"<html>"}, (0.1, 0.5)),
        ({"status": 503, "headers": {"retry-after": format_datetime(START, usegmt=True)}}, (0, 0.5)),
    ],
)
def test_what_passes_is_tried_again(
    harbor: FakeHarbor, waits: list[float], answer: dict[str, Any], slept: tuple[float, float]
) -> None:
    harbor.content = content(Random(1), ["shop/api"])
    harbor.fail("/artifacts", **answer)
    ((_, records, problems),) = collected(harbor)
    assert len(records) == len(harbor.content["shop/api"])
    assert problems == []
    assert [slept[0] <= wait <= slept[1] for wait in waits] == [True]


def test_pages_that_move_are_read_again(harbor: FakeHarbor) -> None:
    harbor.content = content(Random(1), ["shop/api"], 30)
    harbor.page_size = 2
    harbor.fail("/artifacts.*page=2", body=None, headers={"x-total-count": "2"})
    ((_, records, _),) = collected(harbor)
    assert len(records) == len(harbor.content["shop/api"])
    harbor.fail("/artifacts.*page=2", times=99, body=None, headers={"x-total-count": "9999"})
    ((_, records, problems),) = collected(harbor)
    assert records == []
    assert problems == [
        f"shop/api is left out: {TASK.replace('HOST', harbor.host)}its pages do not add up to the total that it tells"
        + ELSEWHERE
    ]


DIGEST = f"sha256:{1:064x}"
GOOD = {"digest": DIGEST}
TASK = "registry HOST: cannot list the artifacts of shop/api: "
ELSEWHERE = "; check that the address is that of the registry, and no proxy answers for it"
MAKERS = "; report it to the registry's makers"
LOGIN_ADVICE = "; check user name and password: of a robot account the secret, of who logs in by OIDC the CLI secret"


def refused(status: int, code: str, message: str = "no") -> dict[str, Any]:
    return {"status": status, "body": {"errors": [{"code": code, "message": message}]}}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"body": b"<html>Sign in</html>"}, f"{TASK}its answer is not JSON{ELSEWHERE}"),
        ({"body": b"[" * 100_000}, f"{TASK}its answer is not JSON{ELSEWHERE}"),
        ({"body": b"\xff\xfe"}, f"{TASK}its answer is not JSON{ELSEWHERE}"),
        ({"body": {"digest": "x"}}, f"{TASK}its answer is not a list{ELSEWHERE}"),
        ({"body": [GOOD], "headers": {"link": '</x>; rel="next"'}, "times": 99},
         f"{TASK}its pages lead in a circle{ELSEWHERE}"),
        ({"body": [7]}, f"an entry is not an object{MAKERS}"),
        ({"body": [{}]}, f"an entry has no digest{MAKERS}"),
        ({"body": [{"digest": 5}]}, f"an entry has no digest{MAKERS}"),
        ({"body": [{"digest": "sha256:x"}]}, f"an artifact has 'sha256:x' for a digest{MAKERS}"),
        ({"body": [{**GOOD, "tags": {}}]}, f"the artifact {DIGEST} has no list of tags{MAKERS}"),
        ({"body": [{**GOOD, "tags": [{"name": "a b"}]}]}, f"the artifact {DIGEST} has 'a b' for a tag{MAKERS}"),
        ({"body": [{**GOOD, "tags": [{}]}]}, f"the artifact {DIGEST} has None for a tag{MAKERS}"),
        ({"body": [{**GOOD, "references": [{"child_digest": "x\x1b[2J"}]}]},
         f"the artifact {DIGEST} has 'x\\x1b[2J' for a digest{MAKERS}"),
        ({"body": [{**GOOD, "accessories": [{"digest": None}]}]},
         f"an accessory of {DIGEST} has None for a digest{MAKERS}"),
        (refused(403, "FORBIDDEN"), f"{TASK}it answered 403 FORBIDDEN (no); let the account list the project's "
         "repositories and artifacts, as a guest of it may"),
        (refused(404, "NOT_FOUND"), f"{TASK}it answered 404 NOT_FOUND (no); check the project's name, and that it is "
         "Harbor 2.0 or later"),
        ({"status": 418, "body": b""}, f"{TASK}it answered 418{ELSEWHERE}"),
    ],
)  # fmt: skip
def test_a_repository_that_cannot_be_read_is_left_out(harbor: FakeHarbor, answer: dict[str, Any], told: str) -> None:
    harbor.content = content(Random(2), ["shop/api", "shop/web"])
    harbor.fail("/api/artifacts", **answer)
    api, web = collected(harbor)
    assert api.records == []
    assert api.problems == [f"shop/api is left out: {told.replace('HOST', harbor.host)}"]
    assert len(web.records) == len(harbor.content["shop/web"])


PROJECTS = "registry HOST: cannot list the projects: "


@pytest.mark.parametrize(
    ("pattern", "answer", "told"),
    [
        ("/projects", refused(401, "UNAUTHORIZED", f"no {LOGIN} {PASSWORD}"),
         f"{PROJECTS}it answered 401 UNAUTHORIZED (no Basic *** ***){LOGIN_ADVICE}"),
        ("/api/artifacts", {"status": 401, "body": b""}, f"{TASK}it answered 401{LOGIN_ADVICE}"),
        ("/projects", {"status": 429, "headers": {"retry-after": "3600"}, "body": b""},
         f"{PROJECTS}it answered 429; it limits how often it may be asked: try again in 3600 seconds, or with a "
         "smaller --concurrency"),
        ("/projects", {"body": [{"name": 5}]}, f"the repositories cannot be listed: an entry has no name{ELSEWHERE}"),
        ("/projects", {"body": {"name": "x"}}, f"{PROJECTS}its answer is not a list{ELSEWHERE}"),
        ("/projects", {"status": 404, "body": b"<html>"},
         f"{PROJECTS}it answered 404; check the project's name, and that it is Harbor 2.0 or later"),
    ],
)  # fmt: skip
def test_what_ends_a_run_is_told(harbor: FakeHarbor, pattern: str, answer: dict[str, Any], told: str) -> None:
    harbor.content = content(Random(2), ["shop/api"])
    harbor.fail(pattern, **answer)
    done = run(harbor)
    assert (done.exit_code, done.stderr) == (1, f"error: {told.replace('HOST', harbor.host)}\n")
    assert PASSWORD not in done.output
    assert LOGIN not in done.output


def test_a_wrong_password_is_not_shown(harbor: FakeHarbor) -> None:
    done = run(harbor, password="other-secret")
    # The server sent back all headers of the request.
    assert done.stderr.startswith(
        f"error: registry {harbor.host}: cannot list the projects: it answered 401 UNAUTHORIZED"
    )
    assert "other-secret" not in done.output
    assert base64.b64encode(b"robot:other-secret").decode() not in done.output


def test_nothing_that_is_left_out_is_forgotten(harbor: FakeHarbor) -> None:
    harbor.content = content(Random(2), ["shop/api", "shop/web"])
    harbor.fail("/projects/shop/repositories\\?", body=[{"name": "shop/api"}, {"name": "../../x"}, {"name": "alone"}])
    done = run(harbor)
    assert done.exit_code == 2
    assert done.stderr == (
        "not read: a repository is left out: '../../x' is not a repository name; use lower-case letters, digits and "
        "single . _ - between them, in parts separated by /\n"
        "not read: alone is left out: alone is not in a project; report it to the registry's makers\n"
    )


def test_nobody_listens(harbor: FakeHarbor) -> None:
    there, harbor.host = harbor.host, "127.0.0.1:1"
    done = run(harbor)
    harbor.host = there
    assert done.stderr == (
        "error: registry 127.0.0.1:1: cannot list the projects: nothing listens there; check host and port, and that "
        "the registry runs\n"
    )


def test_a_server_that_says_nothing_is_given_up(harbor: FakeHarbor) -> None:
    import socket

    from registry_components.lifecycle.collect import rest

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        words = rest.Words("", "", "")
        with (
            rest.Rest(f"127.0.0.1:{port}", words, timeout_seconds=0.05) as api,
            pytest.raises(StackError) as caught,
        ):
            api.json("/", "look")
    assert str(caught.value) == (
        f"registry 127.0.0.1:{port}: cannot look: no answer within 0.05 seconds; check that the server can be reached "
        "from here, or allow more time with timeout_seconds"
    )


WRITE = "; write harbor://HOST or harbor://HOST/PROJECT"
CHARACTERS = f"has characters that no address of a registry has{WRITE}"
PROJECT = "is not the name of a project, which has lower-case letters, digits and single . _ -"
H = "harbor://h.example.com"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("harbor://", f"harbor://: names no registry{WRITE}"),
        ("harbor:///shop", f"harbor:///shop: names no registry{WRITE}"),
        ("harbor://harbor", f"harbor://harbor: 'harbor' is not a whole host name{WRITE}"),
        (f"{H}:99999", f"{H}:99999: port 99999 is not between 1 and 65535{WRITE}"),
        ("harbor://h_x.com", f"harbor://h_x.com: 'h_x.com' is not host or host:port{WRITE}"),
        ("harbor://https://h.com", f"harbor://https://h.com: 'https:' is not host or host:port{WRITE}"),
        (f"{H}/shop/api", f"{H}/shop/api: names more than a project{WRITE}, and repositories with --repository"),
        (f"{H}/Shop", f"{H}/Shop: 'Shop' {PROJECT}"),
        (f"{H}/..", f"{H}/..: '..' {PROJECT}"),
        (f"{H}//", None),
        ("harbor://robot:hunter2@h.example.com",
         f"harbor://: has a login in its address{WRITE}, and give --username with the password on standard input"),
        (f"{H}?project=shop", f"'{H}?project=shop': {CHARACTERS}"),
        (f"{H}/a%2Fb", f"'{H}/a%2Fb': {CHARACTERS}"),
        (f"{H}/a\nb", f"'{H}/a\\nb': {CHARACTERS}"),
        (f"{H}#x", f"'{H}#x': {CHARACTERS}"),
    ],
)  # fmt: skip
def test_sources_that_are_none(source: str, told: str | None, tmp_path: Path) -> None:
    if told is None:
        assert parse(source) == ("h.example.com", None)
        return
    done = CliRunner().invoke(app, ["lifecycle", "inventory", source, "--out", "out.jsonl"])
    assert (done.exit_code, done.stderr) == (1, f"error: {told}\n")
    assert not list(tmp_path.iterdir())


def test_what_is_for_the_oci_api_alone_is_refused(harbor: FakeHarbor) -> None:
    done = run(harbor, "--assume-created")
    assert done.stderr == "error: --assume-created is for the OCI API; this one tells times of push\n"


def test_parquet_holds_locks_and_the_times_of_tags_as_text_does(harbor: FakeHarbor) -> None:
    harbor.content = content(Random(7), ["shop/api", "shop/team/web", "base/os"])
    locked = image("api", 500, START)
    locked.tags, locked.locked_tags = {"v1": START + timedelta(days=3), "v2": START}, {"v1"}
    harbor.content["shop/api"][locked.digest] = locked
    assert run(harbor).exit_code == 0
    assert run(harbor, "--out", "out.parquet").exit_code == 0
    text, columns = read_inventory(Path("out.jsonl")), read_inventory(Path("out.parquet"))
    assert text.locked.any()
    assert (text.tag_pushed != text.pushed[text.tag_row]).any()
    for name in ("repositories", "repository", "digest", "locked", "tag", "tag_row", "tag_pushed", "pushed", "pulled"):
        one, other = getattr(text, name), getattr(columns, name)
        assert list(one) == list(other), name


def test_an_authority_that_is_none_is_refused(harbor: FakeHarbor) -> None:
    done = run(harbor, "--ca-certificate", "none.pem")
    assert done.stderr == "error: --ca-certificate none.pem: cannot be read: No such file or directory\n"
    Path("ca.pem").write_text("nothing")
    done = run(harbor, "--ca-certificate", "ca.pem")
    assert done.stderr == "error: ca_certificate: must be the PEM text of a certificate\n"


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_answered_is_told_or_left_out(long_lived: FakeHarbor, seed: int) -> None:
    long_lived.content = content(Random(seed), ["shop/api", "shop/team/web", "base/os"])
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


class Elsewhere(FakeApi):
    """Another server, which keeps what it is sent."""

    def reply(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        self.wrong += [value for name, value in headers.items() if name == "authorization"]
        return Answer([])


def test_the_login_goes_nowhere_else(harbor: FakeHarbor) -> None:
    other = Elsewhere()
    with serving(other):
        harbor.fail("/projects", status=307, headers={"location": f"http://{other.host}/api"}, body=b"")
        assert collected(harbor) == []
    assert other.asked == ["/api"]
    assert other.wrong == []


@pytest.mark.parametrize(
    ("server", "root"),
    [
        ("harbor.example.com", "https://harbor.example.com"),
        ("127.0.0.1.example.com", "https://127.0.0.1.example.com"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080"),
    ],
)
def test_plain_http_is_for_this_machine(server: str, root: str) -> None:
    with HarborCollector(f"harbor://{server}") as collector:
        assert collector._api._root == root
