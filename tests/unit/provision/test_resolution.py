"""Which path each tool takes, and what is remembered of the paths that were closed."""

from __future__ import annotations

import http.server
import json
import os
import re
import threading
import time
from pathlib import Path

import pytest

from registry_components import provision
from registry_components.core import versions
from registry_components.core.errors import StackError
from registry_components.provision import cache, gomodule, official
from registry_components.provision.tool import BUNDLE, PINNED

from .conftest import Doorman, Machine

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("told", ["v3.259.0", "3.260.1", "v4.0.0-alpha.1"])
def test_a_pulumi_on_path_that_is_new_enough_is_used(machine: Machine, told: str) -> None:
    path = machine.tells("pulumi", told)
    tool = provision.find("pulumi")
    assert tool == provision.Tool("pulumi", path, told.removeprefix("v").partition("-")[0], "path")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("pulumi", "v3.258.9", "{path} on PATH is 3.258.9, older than 3.259.0"),
        ("pulumi", "who knows", "{path} on PATH does not tell its version"),
        ("registry", "{path} github.com/docker/distribution v2.8.2+ds1", "{path} on PATH is 2.8.2, older than 3.1.0"),
        ("registry", "{path} v3.0.0", "{path} on PATH is 3.0.0, older than 3.1.0"),
    ],
)
def test_a_tool_on_path_that_is_too_old_is_passed_over(machine: Machine, name: str, text: str, why: str) -> None:
    path = machine.bin / name
    machine.tells(name, text.format(path=path))
    choice = provision.choose(name)
    assert choice.tool is None
    assert choice.why.partition("; ")[0] == why.format(path=path)


def test_a_tool_that_is_not_on_path_says_so(machine: Machine) -> None:
    assert provision.choose("registry").why == "none on PATH"
    assert provision.choose("pulumi").why == "none on PATH; the official installer was not tried yet"


def test_the_version_is_not_read_from_the_path_of_the_registry(machine: Machine) -> None:
    machine.script("registry", '#!/bin/sh\necho "$0 example.org v3.2.0"\n')
    tool = provision.find("registry")
    assert tool is not None
    assert tool.version == "3.2.0"


def test_with_the_bundle_on_path_nothing_is_made(machine: Machine) -> None:
    machine.bundle()
    machine.tells("registry", "registry v3.1.0")
    tools = provision.ensure(provision.RUN_TOOLS, machine.reports.append)
    assert {tool.origin for tool in tools.values()} == {"path"}
    assert {tool.path.parent for tool in tools.values()} == {machine.bin}
    assert machine.reports == []
    assert not machine.cache.exists()
    assert provision.environment()["PATH"] == os.environ["PATH"]


def test_the_bundle_is_found_beside_a_linked_pulumi(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.bundle()
    front = machine.folder / "front"
    front.mkdir()
    (front / "pulumi").symlink_to(machine.bin / "pulumi")
    monkeypatch.setenv("PATH", f"{front}{os.pathsep}{machine.folder / 'system'}")
    tool = provision.find("pulumi-language-python")
    assert tool is not None
    assert (tool.path.parent, tool.origin) == (machine.bin, "path")


def test_a_pulumi_without_its_parts_gets_only_the_parts(machine: Machine) -> None:
    machine.tells("pulumi", "v3.300.0")
    machine.go()
    tools = provision.ensure(BUNDLE, machine.reports.append)
    assert [tools[name].origin for name in BUNDLE] == ["path", "script", "script"]
    assert machine.builds() == []
    assert sorted(p.name for p in tools["pulumi-language-python"].path.parent.iterdir()) == sorted(BUNDLE[1:])


def test_the_parts_of_an_old_bundle_are_not_mixed_with_a_newer_engine(machine: Machine) -> None:
    machine.bundle("3.100.0")
    machine.go()
    tools = provision.ensure(BUNDLE, machine.reports.append)
    assert [tools[name].origin for name in BUNDLE] == ["built", "script", "script"]
    # Beside one another the engine takes its parts without a warning.
    assert len({tool.path.parent for tool in tools.values()}) == 1
    assert provision.environment()["PATH"].split(os.pathsep)[0] == str(tools["pulumi"].path.parent)


def test_what_is_made_is_told_and_made_once(machine: Machine) -> None:
    machine.go()
    first = provision.ensure(provision.RUN_TOOLS, machine.reports.append)
    assert machine.builds() == ["pulumi", "registry"]
    assert machine.reports == [
        "trying Pulumi's official installer (none on PATH); seconds to find out, about 1 min to install",
        "  the official installer is out of reach",
        "building pulumi 3.259.0 from its Go module (none on PATH; the official installer is out of reach); "
        "about 4 min with nothing cached",
        "pulumi 3.259.0 is ready after 0 s",
        "making Pulumi's Python language host and dynamic-provider launcher (the Pulumi CLI is not taken from PATH; "
        "the official installer is out of reach, tried within the last day); seconds",
        "building registry 3.1.0 from its Go module (none on PATH); about 1 min with nothing cached",
        "registry 3.1.0 is ready after 0 s",
    ]
    machine.reports.clear()
    assert provision.ensure(provision.RUN_TOOLS, machine.reports.append) == first
    assert machine.reports == []


def test_our_own_cache_on_path_is_not_taken_for_an_installation(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.go()
    made = provision.ensure(provision.RUN_TOOLS, machine.reports.append)
    path = provision.environment()["PATH"]
    monkeypatch.setenv("PATH", path)
    assert {name: provision.find(name) for name in made} == made
    assert provision.environment()["PATH"] == path


def test_a_closed_network_is_tried_once_a_day(machine: Machine, doorman: Doorman) -> None:
    machine.go()
    provision.ensure(["pulumi"], machine.reports.append)
    assert doorman.visitors == 1
    provision.ensure(["pulumi-language-python"], machine.reports.append)
    assert doorman.visitors == 1
    assert official.failure() == "the official installer is out of reach"

    memory = machine.cache / "tools" / "pulumi-official" / "unreachable.json"
    yesterday = json.loads(memory.read_text())
    yesterday["at"] = time.time() - official.FORGET_AFTER_SECONDS - 1
    memory.write_text(json.dumps(yesterday))
    assert official.failure() is None
    official.install("again", machine.reports.append)
    assert doorman.visitors == 2


_INSTALLER = """
import os, pathlib
class PulumiCommand:
    @classmethod
    def install(cls, root, version):
        folder = pathlib.Path(root) / "bin"
        folder.mkdir()
        for name in os.environ["INSTALLS"].split():
            (folder / name).write_text(f"#!/bin/sh\\necho v{version}\\n")
            (folder / name).chmod(0o755)
"""


@pytest.fixture
def installer(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """An open network, and an SDK whose installer writes scripts."""
    package = machine.folder / "python" / "pulumi"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "automation.py").write_text(_INSTALLER)
    monkeypatch.setenv("PYTHONPATH", f"{package.parent}{os.pathsep}{os.environ['PYTHONPATH']}")
    monkeypatch.setenv("INSTALLS", " ".join(BUNDLE))
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name)
    return machine


def test_the_official_bundle_comes_before_a_build(installer: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet) as server:
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setattr(official, "REACHED_AT", f"http://127.0.0.1:{server.server_port}/")
        installer.go()
        tools = provision.ensure(BUNDLE, installer.reports.append)
        server.shutdown()
    assert {tool.origin for tool in tools.values()} == {"official"}
    assert tools["pulumi"].version == "3.259.0"
    assert installer.builds() == []
    assert provision.choose("pulumi").why == "none on PATH; installed from the official bundle"


def test_an_installer_that_leaves_parts_out_is_not_used(installer: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTALLS", "pulumi")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet) as server:
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setattr(official, "REACHED_AT", f"http://127.0.0.1:{server.server_port}/")
        refused = official.install("none on PATH", installer.reports.append)
        server.shutdown()
    assert refused == f"the official installer failed (its output is in {installer.cache}/logs/pulumi-official.log)"
    assert official.failure() == refused
    assert installer.cached() == []


class _Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"x")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def test_an_unknown_tool_is_refused(machine: Machine) -> None:
    with pytest.raises(StackError) as caught:
        provision.ensure(["helmet"], machine.reports.append)
    assert str(caught.value) == (
        "there is no tool 'helmet'; the tools are pulumi, pulumi-language-python, pulumi-resource-pulumi-python, "
        "registry, conformance, crane, regsync, helm, docker-compose, etcd, kube-apiserver, kube-controller-manager, "
        "pulumi-resource-kubernetes, kubectl"
    )


@pytest.mark.parametrize("name", sorted(gomodule.MODULES))
def test_the_modules_carry_the_versions_of_versions_py(name: str) -> None:
    folder = gomodule.module_folder(name)
    module = gomodule.MODULES[name]
    text = (folder / "go.mod").read_text()
    assert f"module registry-components/tools/{folder.name}\n" in text
    lines = [line.removeprefix("replace ").removeprefix("require ").split() for line in text.splitlines()]
    built = [other.package for key, other in gomodule.MODULES.items() if gomodule.module_folder(key) == folder]
    assert re.findall(r"^(?:tool |\t)(\w\S+)$", text, re.MULTILINE) == ([] if module.embeds else built)
    replaced = {line[0]: line[2:] for line in lines if line[1:2] == ["=>"]}
    required = [line[:2] for line in lines if len(line) > 1 and line[1].startswith("v") and line[0] != "tool"]
    carried = [version for path, version in required if f"{module.package}/".startswith(f"{path}/")]
    pinned = versions.KUBERNETES_PROVIDER_MODULE if name == "pulumi-resource-kubernetes" else PINNED[name]
    assert carried == [f"v{pinned}"]
    if name == "pulumi":
        assert [gomodule.PULUMI_SDK, f"v{PINNED[name]}"] in required
    sums = (folder / "go.sum").read_text()
    assert all(" ".join(replaced.get(path, (path, version))) in sums for path, version in required)
    if folder.name in {"kubernetes", "kubectl"}:
        # What Kubernetes is made of is numbered 0.x where Kubernetes is 1.x.
        version = f"v0.{versions.KUBERNETES.partition('.')[2]}"
        assert {tuple(other) for other in replaced.values()} == {(path, version) for path in replaced}


def test_the_cache_goes_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("REGC_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.root() == tmp_path / "xdg" / "registry-components"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.root() == tmp_path / ".cache" / "registry-components"
    monkeypatch.setenv("REGC_CACHE", str(tmp_path / "own"))
    assert cache.tools_root() == tmp_path / "own" / "tools"
