"""Cluster proof: `regc rehearse` starts an API server for itself, says so, and leaves nothing running."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

REGC = Path(sys.executable).with_name("regc")
PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
home = k8s.core.v1.Namespace("home")
k8s.core.v1.Secret("pull", metadata={"namespace": home.metadata.name}, string_data={"password": "planted"})
k8s.core.v1.ConfigMap("words", metadata={"namespace": home.metadata.name}, data={"a": pulumi.Config().require("word")})
"""


def test_a_program_is_rehearsed_on_a_cluster_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  shop:word: one\n")
    (folder / "__main__.py").write_text(PROGRAM)
    kept = tmp_path / "kept"
    done = subprocess.run(
        [str(REGC), "rehearse", "dev", "--json", "--change", "word=two", "--keep", str(kept)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert {step["name"]: step["status"] for step in report["steps"]} == dict.fromkeys(
        ("preview", "up", "up-again", "refresh", "change", "destroy"), "passed"
    )
    assert {item["proof"] for item in report["resources"]} == {"real"}
    (provider,) = report["emulators"]
    assert provider["behind"].startswith("Pulumi's own provider worked on a real API server")
    assert report["held"] == []
    assert "planted" not in done.stdout
    commands = {process: " ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])}
    left = [command for process, command in commands.items() if str(kept) in command and process.is_running()]
    assert left == []
