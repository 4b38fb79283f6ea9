"""A run is read from the engine's event log, whole or cut short."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from registry_components.testing import EngineFailed
from registry_components.testing.run import Kind, Run, engine_was_gone, read_run

pytestmark = pytest.mark.unit

URN = "urn:pulumi:s::p::t:a:A::a"


def run_of(tmp_path: Path, *events: dict[str, Any], kind: Kind = "up", code: int = 0, stderr: str = "") -> Run:
    log = tmp_path / "events"
    log.write_text("".join(json.dumps(event) + "\n" for event in events) + '{"cut')
    return read_run(kind, log=log, stdout="", stderr=stderr, code=code, seconds=1.0)


def step(name: str, op: str, **metadata: Any) -> dict[str, Any]:
    return {name: {"metadata": {"op": op, "urn": URN, **metadata}}}


def test_a_log_that_a_killed_engine_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    run = run_of(tmp_path, step("resourcePreEvent", "create"), code=-9, stderr="killed")
    assert (run.changed, run.changes, run.failed, run.message) == (["create t:a:A::a"], {}, True, "killed")
    assert len(run.events) == 1
    absent = read_run("up", log=tmp_path / "absent", stdout="", stderr="", code=1, seconds=0.0)
    assert (absent.events, absent.message) == ([], "it said nothing")


def test_steps_name_what_differs_and_what_failed(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        step("resourcePreEvent", "same"),
        step("resourcePreEvent", "update", diffs=["size"], detailedDiff={"tags.a": {}}),
        step("resOpFailedEvent", "update", diffs=["size"]),
        {"summaryEvent": {"resourceChanges": {"same": 2, "update": 1}}},
    )
    assert run.changed == ["update t:a:A::a (size)"]
    assert run.steps[0].failed
    assert run.changes == {"same": 2, "update": 1}


def test_a_message_is_the_diagnostics_without_colours_and_repetition(tmp_path: Path) -> None:
    def diagnostic(text: str, severity: str = "error", **more: Any) -> dict[str, Any]:
        return {"diagnosticEvent": {"severity": severity, "message": text, **more}}

    run = run_of(
        tmp_path,
        diagnostic("<{%reset%}>no bucket<{%reset%}>\n", urn=URN),
        diagnostic("a hint", "info"),
        diagnostic("passing", ephemeral=True),
        diagnostic("wrong config\n"),
        diagnostic("an unhandled error occurred: wrong config"),
        diagnostic("update failed"),
        code=255,
    )
    assert run.message == "t:a:A::a: no bucket\nwrong config"
    assert str(EngineFailed(run)) == "pulumi up failed: t:a:A::a: no bucket\nwrong config"


def test_importing_the_package_imports_no_pulumi() -> None:
    code = (
        "import sys, registry_components.testing as t; t.find_plaintext(['long enough'], 'x'); "
        "assert 'pulumi' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("stderr", "code", "gone"),
    [
        ("Exception calling application: <_InactiveRpcError … status = StatusCode.UNAVAILABLE\n>", 255, True),
        ("Exception calling application: <_InactiveRpcError … status = StatusCode.UNAVAILABLE\n>", 0, False),
        ("Exception calling application: invalid name 'a b'", 255, False),
        ("aws:s3:Bucket logs: StatusCode.UNAVAILABLE", 255, False),
    ],
)
def test_an_engine_that_had_ended_first_is_told_from_a_mistake(stderr: str, code: int, gone: bool) -> None:
    run = read_run("up", log=Path("/nowhere"), stdout="", stderr=stderr, code=code, seconds=1.0)
    assert engine_was_gone(run) is gone
