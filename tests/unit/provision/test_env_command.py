"""`regc env`, and how `regc` ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import registry_components
from registry_components import provision
from registry_components.cli.env import export_lines

from .conftest import Machine

pytestmark = pytest.mark.unit


def _regc(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from registry_components.cli.main import run; run()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_json_says_which_path_each_tool_took(machine: Machine) -> None:
    machine.bundle()
    machine.go()
    registry = provision.ensure(["registry"], machine.reports.append)["registry"]
    done = _regc("env", "--json")
    assert done.stderr == ""
    told = {record.pop("tool"): record for record in json.loads(done.stdout)}
    assert told["pulumi"] == {
        "version": "3.999.0",
        "origin": "path",
        "why": "on PATH and not older than 3.259.0",
        "location": str(machine.bin / "pulumi"),
    }
    assert told["pulumi-language-python"]["why"] == f"goes with {machine.bin / 'pulumi'}"
    assert told["registry"] == {
        "version": "3.1.0",
        "origin": "built",
        "why": "none on PATH",
        "location": str(registry.path),
    }
    assert told["conformance"] == {
        "version": None,
        "origin": None,
        "why": "never taken from PATH",
        "location": None,
    }
    assert machine.builds() == ["registry"]


def test_the_table_holds_the_same(machine: Machine) -> None:
    path = machine.tells("pulumi", "v3.100.0")
    done = _regc("env")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│" in line]
    assert rows[0] == [
        "pulumi",
        "-",
        "missing",
        f"{path} on PATH is 3.100.0, older than 3.259.0; the official installer was not tried yet",
        "not made yet; run `make tools`",
    ]
    assert [row[0] for row in rows] == list(provision.NAMES)
    assert not machine.cache.exists()


def test_export_makes_the_tools_found_by_a_shell(machine: Machine) -> None:
    machine.go()
    tools = provision.ensure(provision.RUN_TOOLS, machine.reports.append)
    checkout = machine.folder / "a checkout"
    below = checkout / "stacks"
    below.mkdir(parents=True)
    (checkout / "Pulumi.yaml").write_text("name: x\n")
    assert export_lines(below) == [f"export PATH={sys.prefix}/bin:{provision.environment()['PATH']}"]
    (checkout / ".pulumi-state").mkdir()
    passphrase = checkout / ".pulumi-state" / "passphrase"
    passphrase.write_text("secret")
    shown = _regc("env", "--export", cwd=below).stdout
    assert shown.splitlines()[1] == f"export PULUMI_CONFIG_PASSPHRASE_FILE='{passphrase}'"
    script = f'eval "$1"; command -v {" ".join(tools)}; echo "$PULUMI_CONFIG_PASSPHRASE_FILE"'
    done = subprocess.run(["sh", "-c", script, "sh", shown], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[0] == str(tools["pulumi"].path)
    assert done.stdout.splitlines()[-1] == str(passphrase)


def test_verify_names_every_changed_file(machine: Machine) -> None:
    machine.go()
    tools = provision.ensure(provision.RUN_TOOLS, machine.reports.append)
    assert _regc("env", "--verify").returncode == 0
    changed = [tools["registry"].path, tools["pulumi-language-python"].path.parents[1] / "lib" / "language_host.py"]
    for path in changed:
        path.write_bytes(path.read_bytes()[:-1] + b"#")
    done = _regc("env", "--verify")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: cached tools are not as they were made:\n"
        f"  pulumi-language-python: {changed[1]} was changed after it was made\n"
        f"  registry: {changed[0]} was changed after it was made\n"
        "Remove the folder that holds each file, then run `make tools`.\n"
    )


def test_help_imports_neither_pulumi_nor_httpx() -> None:
    code = (
        "import sys\nfrom registry_components.cli.main import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit as end:\n    assert end.code in (0, None), end.code\n"
        "heavy = [n for n in ('pulumi', 'httpx', 'pydantic', 'registry_components.provision') if n in sys.modules]\n"
        "assert heavy == [], heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in ("up", "down", "env"))


def test_version() -> None:
    assert _regc("--version").stdout == f"{registry_components.__version__}\n"


def test_ctrl_c_is_silent(machine: Machine) -> None:
    # A `pulumi` that does not answer keeps `regc env` waiting.
    started = machine.folder / "started"
    machine.script("pulumi", f"#!/bin/sh\necho > {started}\nexec sleep 30\n")
    command = [sys.executable, "-c", "from registry_components.cli.main import run; run()", "env"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as run:
        until = time.monotonic() + 20
        while not started.exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        output, errors = run.communicate(timeout=20)
    assert (run.returncode, output, errors) == (130, b"", b"")
