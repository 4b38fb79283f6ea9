"""Engine proof: `regc up` tells of a Helm release that was half installed, and goes on once somebody has removed it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from registry_components.rehearsal import rehearsal
from registry_components.rehearsal.emulators.kubernetes import CHOICE
from registry_components.rehearsal.emulators.kubernetes_memory import connect
from registry_components.rehearsal.emulators.kubernetes_release import TOKEN
from tests.support.programs import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PROJECT = """name: shop
runtime: {{name: python, options: {{virtualenv: {prefix}}}}}
main: stacks
stackConfigDir: stacks
backend: {{url: "file://./.pulumi-state"}}
"""
PROGRAM = """
import pulumi_kubernetes as k8s
repository = {"repo": "https://charts.example.com"}
k8s.helm.v3.Release("half", name="half", namespace="default", chart="nginx", repository_opts=repository)
"""
KEY = f"{TOKEN}|default|half"


class Stack:
    """A project with one release, its state and its cluster."""

    def __init__(self, root: Path, clouds: dict[str, str]) -> None:
        self.root = root
        for folder in ("stacks", ".pulumi-state"):
            (root / folder).mkdir(parents=True)
        (root / "Pulumi.yaml").write_text(PROJECT.format(prefix=sys.prefix))
        shutil.copy(ROOT / "stacks" / "__main__.py", root / "stacks")
        (root / "stacks" / "dev.py").write_text(PROGRAM)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "MAKE", "MFLAGS"))}
        home = {"PULUMI_HOME": str(root.parent / "pulumi-home"), "NO_COLOR": "1", CHOICE: "memory"}
        self.environment = {**inherited, **clouds, **home, "PATH": f"{clouds['PATH']}:{inherited['PATH']}"}
        self.cluster = connect(clouds)

    def up(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [f"{sys.prefix}/bin/regc", "up", "dev", "--no-prove"],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def releases(self) -> list[dict[str, Any]]:
        """Return the releases that the state knows."""
        latest = json.loads(self._file().read_text())["checkpoint"]["latest"]
        return [each for each in latest["resources"] if each["type"] == TOKEN]

    def interrupt(self) -> None:
        """Leave what a kill leaves in the middle of the installation."""
        whole = json.loads(self._file().read_text())
        latest = whole["checkpoint"]["latest"]
        [made] = [each for each in latest["resources"] if each["type"] == TOKEN]
        latest["resources"].remove(made)
        left = {key: value for key, value in made.items() if key not in ("id", "outputs")}
        latest["pending_operations"] = [{"type": "creating", "resource": left}]
        self._file().write_text(json.dumps(whole))
        with self.cluster.change() as kept:
            kept[KEY]["status"]["status"] = "pending-install"

    def _file(self) -> Path:
        (file,) = (self.root / ".pulumi-state").glob(".pulumi/stacks/*/dev.json")
        return file


def test_a_half_installed_release_is_told_and_nothing_changes(tmp_path: Path) -> None:
    with rehearsal(tmp_path / "clouds") as clouds:
        stack = Stack(tmp_path / "shop", clouds)
        done = stack.up()
        assert done.returncode == 0, done.stdout + done.stderr
        stack.interrupt()

        told = stack.up()
        assert told.returncode == 1
        assert told.stderr.endswith(
            "the Helm release half is pending-install: its installation was interrupted, and Helm does not go on with "
            "it; run `helm uninstall half --namespace default`, then this again\n"
        )
        assert "Traceback" not in told.stdout + told.stderr
        assert not stack.releases(), "it is not taken for one that is there"

        # Whoever goes on all the same hears of it from Helm.
        refused = stack.up()
        assert refused.returncode == 1
        assert "cannot re-use a name that is still in use" in refused.stdout + refused.stderr
        with stack.cluster.change() as kept:
            assert kept.pop(KEY)["status"]["status"] == "pending-install"

        done = stack.up()
        assert done.returncode == 0, done.stdout + done.stderr
        found = stack.cluster.read(KEY)
        assert found is not None
        assert found["status"]["status"] == "deployed"
        assert len(stack.releases()) == 1
