"""The stand-in language host and dynamic-provider launcher under the real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from registry_components import provision
from registry_components.provision import standins

pytestmark = pytest.mark.engine

_MARK = "REGC_TEST_MARK"


@dataclass
class Project:
    """A tiny Python project with a stack `dev`, and the engine that runs it."""

    root: Path
    environment: dict[str, str]

    def program(self, text: str) -> None:
        (self.root / "program" / "__main__.py").write_text(text)

    def settings(self, **options: str) -> None:
        settings = {
            "name": "probe",
            "runtime": {"name": "python", "options": options},
            "main": "program",
        }
        (self.root / "Pulumi.yaml").write_text(json.dumps(settings))

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.pulumi("up", "--yes", "--skip-preview")

    def outputs(self) -> dict[str, object]:
        found = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").stdout)
        assert isinstance(found, dict)
        return found

    def processes(self) -> list[psutil.Process]:
        """Return every process that this project's engine started, by a mark in its environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(_MARK) == self.environment[_MARK]:
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture
def project(tmp_path: Path, pulumi_environment: dict[str, str]) -> Iterator[Project]:
    # The parts of an installed official bundle are not what is tested here.
    if provision.choose("pulumi-language-python").slot is None:
        standins.make("for the tests", print)
        parts = standins.slot().folder / "bin"
        pulumi_environment["PATH"] = f"{parts}{os.pathsep}{pulumi_environment['PATH']}"
    made = Project(tmp_path / "project", {**pulumi_environment, _MARK: uuid.uuid4().hex})
    (made.root / "program").mkdir(parents=True)
    made.settings(virtualenv=sys.prefix)
    made.program("")
    assert made.pulumi("stack", "init", "dev").returncode == 0
    yield made
    for process in made.processes():
        process.kill()


def _wait_for_file(path: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, "the program never started"
        assert process.poll() is None, "the engine ended early"
        time.sleep(0.05)


def test_config_exports_and_output_reach_where_they_should(project: Project) -> None:
    project.pulumi("config", "set", "plain", "in the open")
    project.pulumi("config", "set", "--secret", "hidden", "very-hidden-value")
    project.program(
        """
import os, sys
import pulumi
from pulumi.runtime.config import is_config_secret
config = pulumi.Config()
pulumi.export("plain", config.require("plain"))
pulumi.export("hidden", config.require_secret("hidden"))
pulumi.export("secret", [is_config_secret("probe:hidden"), is_config_secret("probe:plain")])
pulumi.export("where", os.getcwd())
pulumi.export("names", [pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()])
pulumi.export("root", pulumi.runtime.settings.get_root_directory())
pulumi.export("arguments", sys.argv)
print("printed by the program")
print("complained by the program", file=sys.stderr)
"""
    )
    done = project.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "printed by the program" in done.stdout
    assert "complained by the program" in done.stdout
    assert "very-hidden-value" not in done.stdout + done.stderr
    assert "warning" not in done.stdout.lower()
    assert project.outputs() == {
        "plain": "in the open",
        "hidden": "very-hidden-value",
        "secret": [True, False],
        "where": str(project.root / "program"),
        "names": ["organization", "probe", "dev"],
        "root": str(project.root),
        "arguments": ["."],
    }
    state = project.pulumi("stack", "export").stdout
    assert "very-hidden-value" not in state
    assert project.processes() == []


def test_a_preview_is_a_dry_run(project: Project) -> None:
    project.program("import pulumi\nprint('dry' if pulumi.runtime.is_dry_run() else 'wet')\n")
    assert "dry" in project.pulumi("preview").stdout
    assert "wet" in project.up().stdout


@pytest.mark.parametrize(
    ("program", "told", "untold"),
    [
        ("import pulumi\nraise pulumi.RunError('turn the other knob')", "error: turn the other knob", "Traceback"),
        ("1 / 0", "ZeroDivisionError: division by zero", "exit code"),
        (
            "import sys\nsys.exit(7)",
            "error: an unhandled error occurred: the program ended with exit code 7",
            "Traceback",
        ),
        (
            "import os\nos.kill(os.getpid(), 9)",
            "error: an unhandled error occurred: the program was ended by signal SIGKILL",
            "Traceback",
        ),
    ],
)
def test_a_program_that_fails_says_why(project: Project, program: str, told: str, untold: str) -> None:
    project.program(program)
    done = project.up()
    assert done.returncode != 0
    assert told in done.stdout
    assert untold not in done.stdout
    assert project.processes() == []


def test_a_missing_program_is_named(project: Project) -> None:
    (project.root / "program" / "__main__.py").unlink()
    done = project.up()
    assert done.returncode != 0
    assert "unable to find main python program `__main__.py`" in done.stdout


def test_the_virtual_environment_is_relative_to_the_root(project: Project) -> None:
    (project.root / "environment").symlink_to(sys.prefix)
    project.settings(virtualenv="environment")
    project.program(
        """
import os, sys
import pulumi
pulumi.export("told", [sys.executable, os.environ["VIRTUAL_ENV"], os.environ["PATH"].split(os.pathsep)[0]])
"""
    )
    done = project.up()
    assert done.returncode == 0, done.stdout
    folder = project.root / "environment"
    assert project.outputs()["told"] == [str(folder / "bin" / "python"), str(folder), str(folder / "bin")]


def test_a_missing_virtual_environment_says_how_to_make_it(project: Project) -> None:
    project.settings(virtualenv="nowhere")
    done = project.up()
    folder = project.root / "nowhere"
    assert done.returncode != 0
    assert f"error: the option 'virtualenv' in Pulumi.yaml names {folder}, which does not exist; make it with" in (
        done.stdout
    )
    assert f"python3 -m venv '{folder}' && '{folder}/bin/python' -m pip install -r requirements.txt" in done.stdout


def test_without_the_option_the_python_on_path_runs_the_program(project: Project) -> None:
    project.settings()
    project.program("import pulumi, sys\npulumi.export('python', sys.executable)\n")
    done = project.up()
    assert done.returncode == 0, done.stdout
    assert project.outputs() == {"python": f"{sys.prefix}/bin/python3"}


def test_about_tells_the_interpreter_and_the_packages(project: Project) -> None:
    told = json.loads(project.pulumi("about", "--json", "--transitive").stdout)
    assert told["runtime"]["executable"] == f"{sys.prefix}/bin/python"
    assert told["runtime"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert {"pulumi", "pydantic"} <= {package["name"] for package in told["dependencies"]}
    direct = json.loads(project.pulumi("about", "--json").stdout)
    assert "pulumi" not in {package["name"] for package in direct["dependencies"]}


def test_installing_dependencies_is_left_to_the_owner(project: Project) -> None:
    done = project.pulumi("install")
    assert done.returncode != 0
    assert "this language host installs no packages; run" in done.stderr


_DYNAMIC = """
import os
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Provider(ResourceProvider):
    def create(self, props):
        import pathlib, sys, time
        if props.get("mark"):
            pathlib.Path(props["mark"]).write_text("creating")
            time.sleep(600)
        return CreateResult("made", {**props, "python": sys.executable})

class Made(Resource):
    python: pulumi.Output[str]
    def __init__(self, name):
        super().__init__(Provider(), name, {"mark": os.environ.get("SLEEP_MARK"), "python": None})

pulumi.export("python", Made("made").python)
"""


def test_a_dynamic_provider_runs_in_the_project_environment(project: Project) -> None:
    (project.root / "environment").symlink_to(sys.prefix)
    project.settings(virtualenv="environment")
    project.program(_DYNAMIC)
    done = project.up()
    assert done.returncode == 0, done.stdout
    assert "warning" not in done.stdout.lower()
    assert project.outputs() == {"python": str(project.root / "environment" / "bin" / "python")}
    destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
    assert destroyed.returncode == 0, destroyed.stdout
    assert project.processes() == []


@pytest.mark.parametrize("kind", ["program", "provider"])
def test_a_killed_engine_leaves_no_process(project: Project, tmp_path: Path, kind: str) -> None:
    mark = tmp_path / "mark"
    if kind == "provider":
        project.program(_DYNAMIC)
    else:
        project.program(f"import pathlib, time\npathlib.Path({str(mark)!r}).write_text('running')\ntime.sleep(600)\n")
    engine = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=project.root,
        env={**project.environment, "SLEEP_MARK": str(mark)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_file(mark, engine)
        started = [process for process in project.processes() if process.pid != engine.pid]
        # The host and the program; with a dynamic resource its provider too.
        assert len(started) == (3 if kind == "provider" else 2), [process.cmdline() for process in started]
    finally:
        engine.kill()
        engine.wait()
    gone, alive = psutil.wait_procs(started, timeout=5)
    assert alive == []
    assert len(gone) == len(started)


def test_an_interrupted_engine_ends_the_program(project: Project, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    project.program(f"import pathlib, time\npathlib.Path({str(mark)!r}).write_text('running')\ntime.sleep(600)\n")
    engine = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    _wait_for_file(mark, engine)
    engine.send_signal(signal.SIGINT)
    output, _ = engine.communicate(timeout=60)
    assert engine.returncode != 0
    assert b"Traceback" not in output, output.decode()
    assert project.processes() == []
