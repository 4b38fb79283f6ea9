"""Unit proof: the page says what the verdicts say, whatever artifacts are called."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from registry_components.cli.main import app
from registry_components.lifecycle import Verdicts, from_records, simulate
from registry_components.lifecycle.report import AHEAD, Report, html, make, size_in_words
from tests.unit.lifecycle.test_freed import by_sets, key, layered
from tests.unit.lifecycle.test_properties import inventories

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 24, tzinfo=UTC)
POLICY = {
    "repositories": ["**"],
    "expire": {
        "stale": {"tags": ["pr-*", "main"], "older_than_days": 14},
        "left": {"tag_state": "untagged", "older_than_days": 3},
        "versions": {"tags": ["v*"], "beyond_most_recent": 1},
    },
}


def report(records: list[dict[str, Any]], policy: Any = None) -> tuple[Report, list[dict[str, Any]]]:
    inventory = from_records(records)
    wanted = POLICY if policy is None else policy
    verdicts = simulate("unified", wanted, inventory, now=NOW)
    made = make(verdicts, lambda when: simulate("unified", wanted, inventory, now=when), kind="unified",
                source="policy.yaml", now=NOW)  # fmt: skip
    return made, list(verdicts.records())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inventories())
def test_the_numbers_are_those_of_the_verdicts(records: list[dict[str, Any]]) -> None:
    made, found = report(records)
    sizes = {f"{one['repository']}@{one['digest']}": one.get("size", 0) for one in records}
    gone = [one for one in found if one["action"] == "delete"]
    assert made.counts["delete"] == len(gone)
    assert made.freed == sum(sizes[f"{one['repository']}@{one['digest']}"] for one in gone)
    for row in made.rows:
        here = [one for one in found if one["repository"] == row.name]
        going = [one for one in here if one["action"] == "delete"]
        assert (row.artifacts, row.going) == (len(here), len(going))
        assert row.size == sum(sizes[f"{one['repository']}@{one['digest']}"] for one in going)
    assert sum(row.going for row in made.rows) == len(gone)
    assert {row.name: row.going for row in made.rules if row.going} == {
        name: sum(one["rule"] == name for one in gone) for name in {one["rule"] for one in gone}
    }
    emptied = {row.name for row in made.rows if row.artifacts == row.going}
    assert set(made.emptied) == emptied


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inventories())
def test_the_time_line_is_what_later_simulations_say(records: list[dict[str, Any]]) -> None:
    made, _ = report(records)
    inventory = from_records(records)
    before: set[str] = set()
    assert [one.days for one in made.timeline] == [0, *AHEAD]
    for one in made.timeline:
        verdicts = simulate("unified", POLICY, inventory, now=NOW + timedelta(days=one.days))
        gone = {verdicts.inventory.name(row) for row in range(len(inventory)) if verdicts.deleted()[row]}
        assert one.artifacts == len(gone - before)
        before |= gone


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(layered(), st.data())
def test_shared_layers_count_once_and_every_table_adds_up(records: list[dict[str, Any]], data: st.DataObject) -> None:
    for record in records:
        record["pushed_at"] = f"2026-{data.draw(st.integers(1, 12)):02}-01T00:00:00Z"
        record["tags"] = [f"{data.draw(st.sampled_from(['pr', 'main', 'v1']))}-{tag}" for tag in record["tags"]]
    policy = {
        "repositories": ["**"],
        "expire": {
            "pr": {"tags": ["pr-*"], "older_than_days": 14},
            "main": {"tags": ["main-*"], "older_than_days": 90},
        },
    }
    made, found = report(records, policy)
    gone = {key(one) for one in found if one["action"] == "delete"}
    assert made.freed == by_sets(records, gone)
    assert made.size == by_sets(records, {key(one) for one in found})
    assert sum(row.size for row in made.rows) + made.shared == made.freed
    for row in made.rows:
        assert row.size == by_sets(records, {one for one in gone if one[0] == row.name})
    assert sum(row.size for row in made.rules) + made.shared_by_rules == made.freed
    by_rule: dict[str, set[Any]] = {}
    for one in found:
        if one["action"] == "delete":
            by_rule.setdefault(one["rule"] or "no rule", set()).add(key(one))
    for row in made.rules:
        assert row.size == by_sets(records, by_rule.get(row.name, set()))
    inventory = from_records(records)
    at_last = [simulate("unified", policy, inventory, now=NOW + timedelta(days=days)).deleted() for days in (0, *AHEAD)]
    before = at_last[0]
    for rows in at_last:
        before = before | rows
    assert sum(one.size for one in made.timeline) == Verdicts.keeping(inventory, []).freed_of(before)


def test_the_page_says_what_is_shared_and_what_is_not_known() -> None:
    sizes = {"sha256:8": 1000, "sha256:9": 2048}
    records: list[dict[str, Any]] = [
        {"repository": name, "digest": "sha256:1", "tags": [tag], "pushed_at": "2026-01-01T00:00:00Z",
         "size": 100 + sum(sizes[blob] for blob in blobs),
         "layers": [{"digest": blob, "size": sizes[blob]} for blob in blobs]}
        for name, tag, blobs in (("a", "pr-1", sorted(sizes)), ("b", "pr-1", ["sha256:9"]), ("c", "keep", ["sha256:8"]))
    ]  # fmt: skip
    made, _ = report(records)
    # The one blob stays with c, the other gets free because both a and b let it go.
    assert ([(row.name, row.size) for row in made.rows], made.shared) == ([("a", 100), ("b", 100), ("c", 0)], 2048)
    assert (made.freed, made.size, made.caveat) == (2248, 3348, "")
    page = html(made)
    assert '<tr><th scope="row">shared between repositories</th>' in page
    assert "shared between rules" not in page
    assert 'id="bytes"' not in page
    for record in records:
        del record["layers"]
    page = html(report(records)[0])
    assert "shared between repositories" not in page
    assert (
        '<p class="soft" id="bytes">Bytes: the inventory tells no layers, and what artifacts share is counted for each '
        "of them.</p>\n"
    ) in page
    assert page.index('id="bytes"') < page.index('id="warnings"') < page.index('id="timeline"')


class Reader(HTMLParser):
    """Gathers the tags and addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.addresses: list[str] = []
        self.events: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in {"meta"}:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "action"}:
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.events.append(name)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"


def test_hostile_names_are_text() -> None:
    records = [
        {"repository": f"shop/{HOSTILE}", "digest": "sha256:1", "tags": ["pr-" + HOSTILE], "size": 5,
         "pushed_at": "2026-01-01T00:00:00Z", "last_pulled_at": "2026-11-20T00:00:00Z"},
    ]  # fmt: skip
    made, _ = report(records)
    page = html(made)
    read = Reader()
    read.feed(page)
    assert read.open == []
    assert "script" not in read.seen
    assert (read.addresses, read.events) == ([], [])
    assert "&lt;script&gt;" in page
    assert "49" not in page.split("</style>")[1]


def test_the_page_asks_for_nothing_and_is_the_same_each_time() -> None:
    records = [
        {"repository": "shop", "digest": f"sha256:{n}", "tags": [f"pr-{n}"], "pushed_at": "2026-01-01T00:00:00Z"}
        for n in range(40)
    ]
    page = html(report(records)[0])
    assert page == html(report(records)[0])
    assert "http" not in page.replace("http-equiv", "")
    assert "Nothing stays in shop." in page


@pytest.mark.parametrize("records", [[], [{"repository": "a", "digest": "sha256:1", "tags": ["keep"]}]])
def test_nothing_that_goes_is_a_page_too(records: list[dict[str, Any]]) -> None:
    made, _ = report(records)
    read = Reader()
    read.feed(html(made))
    assert read.open == []
    assert made.freed == 0


def test_many_repositories_are_summed() -> None:
    records = [
        {
            "repository": f"r{n:04}",
            "digest": "sha256:1",
            "tags": ["pr-1"],
            "size": n,
            "pushed_at": "2026-01-01T00:00:00Z",
        }
        for n in range(1000)
    ]
    made, _ = report(records)
    assert len(made.rows) == 300
    assert made.rows[0].name == "r0999"
    assert made.more is not None
    assert made.more.going == 700
    assert sum(row.size for row in made.rows) + made.more.size == sum(range(1000))
    assert len(html(made)) < 200_000


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (300 * 1024, "300 KiB"), (2**30, "1.0 GiB"),
     (2**60, "1024 PiB")],
)  # fmt: skip
def test_sizes_in_words(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_as_it_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policy.json").write_text(json.dumps(POLICY))
    record = {
        "repository": "shop",
        "digest": "sha256:1",
        "tags": ["pr-1"],
        "pushed_at": "2026-11-15T00:00:00Z",
        "size": 9,
    }
    Path("inventory.jsonl").write_text(json.dumps(record))
    options = ["--policy", "policy.json", "--inventory", "inventory.jsonl", "--now", "2026-11-24T00:00:00Z", "--json"]
    accepted = []
    for about in ("signature-tags", "index-children", "several-tags", "counts", "tags"):
        accepted += ["--accept-difference", f"keeps-more:{about}"]
    for kind in ("unified", "ecr"):
        more = [*options, *(accepted if kind == "ecr" else []), "--report", f"{kind}.html"]
        done = CliRunner().invoke(app, ["lifecycle", "simulate", "--kind", kind, *more])
        assert done.exit_code == 0, done.stderr
        assert f"the report: {kind}.html\n" in done.stderr
        page = Path(f"{kind}.html").read_text()
        # Nine days old now, it goes within a week.
        assert page.index('<th scope="row">+7</th>') < page.index('style="width: 100.0%"') < page.index("+14</th>")
    assert not list(tmp_path.glob("*.part"))
    nowhere = [*options, "--report", "nowhere/page.html"]
    done = CliRunner().invoke(app, ["lifecycle", "simulate", "--kind", "unified", *nowhere])
    assert done.exit_code == 1
    assert done.stderr == "error: --report nowhere/page.html: cannot be written: No such file or directory\n"
