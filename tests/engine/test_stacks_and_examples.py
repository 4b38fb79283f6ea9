"""Engine proof: every stack and example lives its whole life on the real engine against emulated clouds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from registry_components.rehearsal import read_checks, rehearsal
from registry_components.rehearsal.emulators.kubernetes import CHOICE
from registry_components.testing import Engine, check_urns, write_urns
from tests.support.programs import PROGRAMS, ROOT, Program

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

URNS = ROOT / "tests" / "urns.txt"
STATES = ROOT / "tests" / "states"


@pytest.fixture(params=PROGRAMS, ids=lambda program: program.name)
def program(request: pytest.FixtureRequest) -> Program:
    found = request.param
    assert isinstance(found, Program)
    return found


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[dict[str, str]]:
    with rehearsal(tmp_path / "clouds") as environment:
        # The same on every machine; tests/cluster and test_rehearse.py have what a real API server says.
        yield {**environment, CHOICE: "memory"}


def test_a_whole_life(program: Program, clouds: dict[str, str], tmp_path: Path) -> None:
    engine = program.engine(tmp_path, clouds)

    preview = engine.preview()
    made = engine.up()
    assert len(made.steps) == len(preview.steps) > 0
    engine.up_again()
    engine.refresh()
    if os.environ.get("REGC_RECORD"):
        _record(program, engine)
    check_urns(URNS, engine.inventory(), section=program.name)

    for key, value in program.change.items():
        engine.query("config", "set", "--plaintext", key, stdin=value)
    if program.change:
        changed = engine.up()
        assert changed.steps, "the changed setting changed nothing"
        assert not [step for step in changed.steps if "replace" in step.op]
        engine.up_again()

    if program.secrets:
        assert engine.scan({key: program.secret(key) for key in program.secrets}) == []
    told = [check for check in read_checks(tmp_path / "clouds") if check["operation"] != "assume"]
    assert {check["proof"] for check in told} <= {"real", "emulated"}

    engine.query("state", "unprotect", "--all", "--yes")
    engine.destroy()
    assert engine.inventory() == {}


def _record(program: Program, engine: Engine) -> None:
    """Keep this version's URNs and state; done by hand at a release, and where a program changes."""
    write_urns(URNS, engine.inventory(), section=program.name)
    STATES.mkdir(exist_ok=True)
    state = engine.export_state(show_secrets=True)
    # Where and when is not the state's; its secrets are a test's, and whoever imports it encrypts them anew.
    for key in ("manifest", "metadata", "secrets_providers"):
        state["deployment"].pop(key, None)
    for resource in state["deployment"]["resources"]:
        for key in ("created", "modified", "sourcePosition", "stackTrace"):
            resource.pop(key, None)
    _state(program).write_text(json.dumps(state, indent=1, sort_keys=True) + "\n")


def _state(program: Program) -> Path:
    return STATES / f"{program.name.replace('/', '-')}.json"


def test_recorded_state_is_taken_over_without_a_replacement(
    program: Program, clouds: dict[str, str], tmp_path: Path
) -> None:
    engine = program.engine(tmp_path, clouds)
    state = json.loads(_state(program).read_text())
    salt = yaml.safe_load(next(engine.work_dir.rglob(f"Pulumi.{program.stack}.yaml")).read_text())["encryptionsalt"]
    state["deployment"]["secrets_providers"] = {"type": "passphrase", "state": {"salt": salt}}
    engine.query("stack", "import", "--force", stdin=json.dumps(state))
    lost = [str(step) for step in engine.preview().steps if "replace" in step.op or "delete" in step.op]
    assert lost == [], "\n".join(lost)
