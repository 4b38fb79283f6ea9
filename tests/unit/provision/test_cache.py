"""What is made appears whole or not at all, once, whatever happens to the run that makes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from registry_components import provision
from registry_components.provision import gomodule
from registry_components.provision.cache import Slot

from .conftest import Machine

pytestmark = pytest.mark.unit

_ENSURE = (
    "import sys; from registry_components import provision; "
    "print(provision.ensure(['registry'], lambda line: print(line, flush=True))['registry'].path)"
)


def _start(command: list[str], **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def _wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not what():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


def _half_built(machine: Machine) -> bool:
    return any(path.read_text() == "half\n" for path in machine.cache.glob("tools/registry/.tmp-*/bin/registry"))


def test_a_killed_build_leaves_nothing_that_is_taken_for_finished(machine: Machine) -> None:
    machine.go()
    run = _start(["-c", _ENSURE], FAKE_GO_SECONDS="60")
    _wait_for(lambda: _half_built(machine))
    builders = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    for process in builders:
        process.kill()
    assert provision.find("registry") is None
    assert [name for name in machine.cached() if ".tmp-" not in name] == []

    tool = provision.ensure(["registry"], machine.reports.append)["registry"]
    assert machine.cached() == [f"registry/{tool.path.parent.parent.name}"]
    assert machine.builds() == ["registry", "registry"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_is_cleared_away_with_its_compiler(machine: Machine, number: signal.Signals) -> None:
    machine.bundle()
    machine.go()
    run = _start(["-m", "registry_components.provision"], FAKE_GO_SECONDS="60")
    _wait_for(lambda: _half_built(machine))
    builders = psutil.Process(run.pid).children(recursive=True)
    assert builders
    run.send_signal(number)
    _, errors = run.communicate(timeout=20)
    assert (run.returncode, errors) == (130, "interrupted; nothing is left half made\n")
    assert psutil.wait_procs(builders, timeout=5)[1] == []
    assert machine.cached() == []


def test_two_runs_at_once_build_once(machine: Machine) -> None:
    machine.go()
    runs = [_start(["-c", _ENSURE], FAKE_GO_SECONDS="2") for _ in range(3)]
    outputs = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], outputs
    assert machine.builds() == ["registry"]
    assert len({output.splitlines()[-1] for output, _ in outputs}) == 1
    assert sum("another run is making registry: waiting for it" in output for output, _ in outputs) == 2


def test_a_binary_of_another_size_is_made_anew(machine: Machine) -> None:
    machine.go()
    tool = provision.ensure(["registry"], machine.reports.append)["registry"]
    whole = tool.path.read_bytes()
    tool.path.write_bytes(whole[:5])
    assert provision.find("registry") is None
    assert provision.ensure(["registry"], machine.reports.append)["registry"] == tool
    assert tool.path.read_bytes() == whole
    assert machine.cached() == [f"registry/{tool.path.parent.parent.name}"]


def test_a_changed_binary_is_seen_by_its_checksum(machine: Machine) -> None:
    machine.go()
    tool = provision.ensure(["registry"], machine.reports.append)["registry"]
    place = gomodule.slot("registry")
    assert place.damage() == []
    tool.path.write_bytes(tool.path.read_bytes()[:-1] + b"#")
    assert place.damage() == [f"{tool.path} was changed after it was made"]
    tool.path.unlink()
    assert place.damage() == [f"{tool.path} is missing"]
    assert Slot("registry", "0", "x").damage()[0].endswith("is not there or not finished")


def test_a_filler_that_fails_leaves_nothing(machine: Machine) -> None:
    def fill(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise RuntimeError("no luck")

    place = Slot("registry", "1", "abc")
    with pytest.raises(RuntimeError, match="no luck"):
        place.make(fill, machine.reports.append)
    assert machine.cached() == []
    assert not place.finished()
