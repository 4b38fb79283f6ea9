"""Engine proof: the README's program deploys as printed, and its refusal is what a person really reads."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import psutil
import pytest

from registry_components import StackError
from registry_components.distribution import DistributionRegistryArgs
from registry_components.testing import Engine
from tests.support.local_stack import ROOT
from tests.support.servers import free_port

pytestmark = pytest.mark.engine

README = (ROOT / "README.md").read_text()


def block(language: str, containing: str) -> str:
    """Return the README's code block of a language that holds a text."""
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if containing in text]
    assert len(found) == 1
    return str(found[0])


def test_the_program_deploys(tmp_path: Path) -> None:
    port = free_port()
    source = block("python", "DistributionRegistry(")
    assert "port=5443" in source
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(
        f"name: readme\nruntime: {{name: python, options: {{virtualenv: '{sys.prefix}'}}}}\n"
    )
    (project / "__main__.py").write_text(source.replace("port=5443", f"port={port}"))
    engine = Engine(
        tmp_path / "engine", project_dir=project, environment={"XDG_STATE_HOME": str(tmp_path / "state-home")}
    )
    try:
        engine.up()
        assert engine.outputs() == {
            "server": f"127.0.0.1:{port}",
            "login": f"docker login 127.0.0.1:{port} --username ci --password-stdin",
        }
        engine.up_again()
        engine.refresh()
    finally:
        engine.destroy()
    left = [p.pid for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or [])]
    assert left == []


def test_the_refusal_is_as_printed() -> None:
    with pytest.raises(StackError) as caught:
        DistributionRegistryArgs.parse({"storage": {"kind": "filesystem"}, "auth": {"kind": "basic"}, "prot": 5443})
    assert f"{caught.value}\n" == block("text", "is not valid")


def test_every_command_is_a_target_or_a_command_that_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make ([a-z]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target} is not a target"
    from registry_components.cli.main import app

    known = {(c.name or c.callback.__name__) for c in app.registered_commands if c.callback}
    known |= {str(group.name) for group in app.registered_groups}
    for command in re.findall(r"regc ([a-z-]+)", README):
        assert command in known, f"regc {command} is not a command"
