"""Unit proof: journals survive kills at any byte, plans are whole or refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.lifecycle.execute import plan as plans
from registry_components.lifecycle.execute.apply import check_limits
from registry_components.lifecycle.execute.journal import Journal, Kept, kept

pytestmark = pytest.mark.unit

MANIFESTS = [Kept("shop/api", f"sha256:{number}", "type", [f"pr-{number}"], b"{%d}" % number) for number in range(6)]


def write(path: Path) -> None:
    with Journal(path, "plan") as journal:
        for one in MANIFESTS:
            journal.keep([one])
            journal.note([{"repository": one.repository, "digest": one.digest, "done": "deleted"}])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1))
def test_a_journal_that_was_cut_off_anywhere_is_taken_up(tmp_path: Path, share: float) -> None:
    path = tmp_path / "journal"
    path.unlink(missing_ok=True)
    write(path)
    data = path.read_bytes()
    cut = int(share * len(data))
    path.write_bytes(data[:cut])
    whole = [json.loads(line) for line in data[:cut].split(b"\n")[:-1]]
    settled = {(line["repository"], line["digest"]) for line in whole if line.get("done")}
    with Journal(path, "plan") as journal:
        # A last line is whole without its line break, too.
        assert settled <= journal.settled
        assert len(journal.settled) <= len(settled) + 1
        journal.note([{"repository": "shop/api", "digest": "sha256:later", "done": "deleted"}])
    with Journal(path, "plan") as journal:
        assert ("shop/api", "sha256:later") in journal.settled
        assert settled <= journal.settled
    found = list(kept(path))
    assert [one for one in found if (one.repository, one.digest) in settled] == MANIFESTS[: len(settled)]


def test_a_manifest_that_was_not_deleted_is_not_put_back(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", "plan") as journal:
        journal.keep(MANIFESTS[:2])
        journal.note([{"repository": "shop/api", "digest": "sha256:0", "done": "deleted"},
                      {"repository": "shop/api", "digest": "sha256:1", "done": "failed"}])  # fmt: skip
    assert list(kept(tmp_path / "journal")) == MANIFESTS[:1]


def test_two_runs_do_not_share_a_journal(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", "plan"), pytest.raises(StackError, match="another run writes it"):
        Journal(tmp_path / "journal", "plan")


def made(count: int, artifacts: int) -> plans.Plan:
    doomed = [plans.Doomed(f"sha256:{n}", [], [], None, [], None, "old", 1) for n in range(count)]
    return plans.Plan("r", "2026-01-01T00:00:00+00:00", "p", artifacts, {"shop": plans.Repository(count, [], doomed)})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_plan_with_any_byte_changed_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "plan.json"
    plans.write(made(3, 10), path)
    assert plans.read(path) == made(3, 10)
    text = path.read_text()
    place = data.draw(st.integers(0, len(text) - 2))
    changed = text[:place] + data.draw(st.sampled_from('0az"}')) + text[place + 1 :]
    path.write_text(changed)
    try:
        same = json.loads(changed) == json.loads(text)
    except ValueError:
        same = False
    if same:
        assert plans.read(path) == made(3, 10)
    else:
        with pytest.raises(StackError):
            plans.read(path)


@pytest.mark.parametrize(
    ("count", "artifacts", "options", "refused"),
    [
        (2, 10, {"max_deletes": None, "max_fraction": 0.2}, False),
        (3, 10, {"max_deletes": None, "max_fraction": 0.2}, True),
        (3, 10, {"max_deletes": 3, "max_fraction": 1.0}, False),
        (3, 10, {"max_deletes": 2, "max_fraction": 1.0}, True),
        (0, 0, {"max_deletes": 0, "max_fraction": 0.0}, False),
        (1, 1, {"max_deletes": None, "max_fraction": 0.99}, True),
    ],
)
def test_limits(count: int, artifacts: int, options: dict[str, float], refused: bool) -> None:
    try:
        check_limits(made(count, artifacts), **options)  # type: ignore[arg-type]
    except StackError:
        assert refused
    else:
        assert not refused
