"""The stand-ins for the bundle's Python parts, apart from the engine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from registry_components import provision
from registry_components.provision import running, watch_parent
from registry_components.provision.language_host import UsageError, interpreter

from .conftest import Machine

pytestmark = pytest.mark.unit

# An interpreter that tells what it was asked to run, and where from.
_PYTHON = '#!/bin/sh\necho "$0 $1 $4 $5 $6 ${VIRTUAL_ENV:-none} ${PYTHONHOME:-none}"\n'


def _python(folder: Path) -> Path:
    path = folder / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(_PYTHON)
    path.chmod(0o755)
    return path


@pytest.fixture
def program(machine: Machine) -> Path:
    """A program folder below a project's root."""
    folder = machine.folder / "my project" / "program"
    folder.mkdir(parents=True)
    (folder.parent / "Pulumi.yaml").write_text("name: x\n")
    return folder


@pytest.fixture
def launcher(machine: Machine) -> Path:
    machine.tells("pulumi", "v3.300.0")
    machine.go()
    return provision.ensure(["pulumi-resource-pulumi-python"], machine.reports.append)[
        "pulumi-resource-pulumi-python"
    ].path


def _launch(launcher: Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONHOME": "/nowhere", **settings}
    command = [str(launcher), "127.0.0.1:1"]
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("place", "settings"),
    [
        ("my project/.venv", {"PULUMI_RUNTIME_VIRTUALENV": ".venv"}),
        ("my project/.venv", {"PULUMI_RUNTIME_VIRTUALENV": ".venv/"}),
        ("my project/program/env", {"PULUMI_RUNTIME_VIRTUALENV": "env"}),
        ("else where", {"PULUMI_RUNTIME_VIRTUALENV": "{machine}/else where"}),
        ("my project/.venv", {"PULUMI_RUNTIME_TOOLCHAIN": "uv"}),
    ],
)
def test_the_dynamic_provider_runs_in_the_named_environment(
    machine: Machine, launcher: Path, program: Path, place: str, settings: dict[str, str]
) -> None:
    folder = machine.folder / place
    python = _python(folder)
    named = {key: value.format(machine=machine.folder) for key, value in settings.items()}
    done = _launch(launcher, program, **named)
    assert (done.stdout, done.stderr) == (f"{python} -u -m pulumi.dynamic 127.0.0.1:1 {folder} none\n", "")


def test_without_an_environment_the_python_on_path_runs_the_dynamic_provider(
    machine: Machine, launcher: Path, program: Path
) -> None:
    python = machine.script("python3", _PYTHON)
    own = machine.script("own-python", _PYTHON)
    assert _launch(launcher, program).stdout == f"{python} -u -m pulumi.dynamic 127.0.0.1:1 none /nowhere\n"
    named = _launch(launcher, program, PULUMI_PYTHON_CMD="own-python")
    assert named.stdout == f"{own} -u -m pulumi.dynamic 127.0.0.1:1 none /nowhere\n"


def test_a_missing_environment_of_the_dynamic_provider_is_named(launcher: Path, program: Path) -> None:
    done = _launch(launcher, program, PULUMI_RUNTIME_VIRTUALENV="gone")
    folder = program.parent / "gone"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"the option 'virtualenv' in Pulumi.yaml names {folder}, which holds no Python; make it with\n"
        f"  python3 -m venv '{folder}' && '{folder}/bin/python' -m pip install pulumi\n"
    )


def test_the_language_host_says_when_its_python_is_gone(machine: Machine, launcher: Path) -> None:
    host = launcher.with_name("pulumi-language-python")
    gone = machine.folder / "gone-python"
    text = host.read_text()
    line = next(line for line in text.splitlines() if line.startswith("python="))
    for name in ("lib", "moved"):
        (machine.folder / name).mkdir()
    moved = machine.folder / "moved" / "host"
    moved.write_text(text.replace(line, f"python={gone}"))
    done = subprocess.run(["sh", moved], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        f"the Python that made this language host is gone: {gone}; run tools/provision (or make tools) again\n",
    )


def test_the_interpreter_of_a_project(machine: Machine, program: Path) -> None:
    root = program.parent
    assert interpreter(root, program, {}) == (sys.executable, dict(os.environ))
    on_path = machine.script("python3", _PYTHON)
    assert interpreter(root, program, {})[0] == str(on_path)
    _python(root / ".venv")
    python, environ = interpreter(root, program, {"virtualenv": ".venv"})
    assert python == str(root / ".venv" / "bin" / "python")
    assert environ["VIRTUAL_ENV"] == str(root / ".venv")
    assert environ["PATH"].split(os.pathsep)[0] == str(root / ".venv" / "bin")
    assert interpreter(root, program, {"toolchain": "uv"})[0] == python
    (root / "uv.lock").write_text("")
    assert interpreter(root, program, {})[0] == python
    assert interpreter(root, program, {"toolchain": "pip"})[0] == str(on_path)


def test_the_interpreter_of_a_poetry_project(machine: Machine, program: Path) -> None:
    (program / "poetry.lock").write_text("")
    machine.script("poetry", "#!/bin/sh\nexit 1\n")
    with pytest.raises(UsageError) as caught:
        interpreter(program.parent, program, {})
    assert str(caught.value) == "poetry has no environment for this project; run `poetry install`"
    python = _python(machine.folder / "poetry's")
    machine.script("poetry", f'#!/bin/sh\necho "{python.parent.parent}"\n')
    assert interpreter(program.parent, program, {})[0] == str(python)


def test_a_named_python_that_is_missing_is_named(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_PYTHON_CMD", "python9")
    with pytest.raises(UsageError) as caught:
        interpreter(program.parent, program, {})
    assert str(caught.value) == "PULUMI_PYTHON_CMD names 'python9', which is not on PATH"


def test_a_watched_program_runs_as_if_it_were_started_itself(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys\nprint(__name__, sys.argv[1:], sys.path[0], sys.argv[0])\nsys.exit(32)\n")
    watched = [sys.executable, watch_parent.__file__, str(os.getpid()), str(program), "a", "-b"]
    done = subprocess.run(watched, capture_output=True, text=True, check=False)
    assert done.stdout == f"__main__ ['a', '-b'] {tmp_path} {program}\n"
    assert (done.returncode, done.stderr) == (32, "")


def test_a_watched_program_ends_where_its_parent_is_another(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import time\ntime.sleep(600)\n")
    watched = [sys.executable, watch_parent.__file__, str(os.getppid()), str(program)]
    assert subprocess.run(watched, timeout=20, check=False).returncode == -9


def test_a_long_command_shows_its_time_and_is_ended_with_its_children(tmp_path: Path) -> None:
    class Terminal:
        def __init__(self) -> None:
            self.ticks: list[str] = []

        def __call__(self, line: str) -> None:
            raise AssertionError(line)

        def tick(self, line: str) -> None:
            self.ticks.append(line)

    terminal, log = Terminal(), tmp_path / "log"
    command = ["sh", "-c", "sleep 600 & echo $!; wait"]
    started = time.monotonic()
    assert running.run(command, what="sleeping", log=log, report=terminal, seconds=2.5) is None
    assert time.monotonic() - started < 10
    assert terminal.ticks[:2] == ["  sleeping: 1 s", "  sleeping: 2 s"]
    child = int(log.read_text())
    until = time.monotonic() + 5
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, "the child was left behind"
        time.sleep(0.05)
    assert running.run(["sh", "-c", "echo words; exit 3"], what="x", log=log, report=terminal) == 3
    assert running.tail(log) == "  | words"
