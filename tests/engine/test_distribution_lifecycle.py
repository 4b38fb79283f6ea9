"""Engine proof: a `DistributionRegistry` with a lifecycle policy, and the process that carries it out."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pulumi
import pytest

from registry_components.distribution import DistributionRegistry, DistributionRegistryArgs
from registry_components.oci.client import RegistryClient
from registry_components.testing import Engine, check_urns, find_plaintext, write_urns
from tests.registry.filled import Filler, holds
from tests.support.servers import free_port

pytestmark = pytest.mark.engine

POLICY: dict[str, Any] = {
    "repositories": ["**"],
    "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}},
    "keep": {"releases": {"tags": ["v*"], "always": True}},
}
SCHEDULE: dict[str, Any] = {"kind": "schedule", "assume_created": True, "max_fraction": 1.0}
URNS = Path(__file__).parents[1] / "urns.txt"


class Registry:
    """One registry with a policy, on an engine of its own."""

    def __init__(self, folder: Path) -> None:
        self.directory, self.port = folder / "instance", free_port()
        self.engine = Engine(folder / "engine", program=self.program({}))

    def program(self, changes: dict[str, Any]) -> Callable[[], None]:
        settings: dict[str, Any] = {
            "port": self.port,
            "storage": {"kind": "filesystem"},
            "auth": {"kind": "htpasswd", "users": ["cleaner"]},
            "runtime": {"kind": "process", "directory": str(self.directory)},
            "delete": True,
            "lifecycle": POLICY,
            "lifecycle_executor": SCHEDULE,
            **changes,
        }
        args = DistributionRegistryArgs.parse({key: value for key, value in settings.items() if value is not None})

        def program() -> None:
            registry = DistributionRegistry("apps", args)
            pulumi.export("password", registry.password("cleaner"))
            pulumi.export("status", registry.prune_status)

        return program

    def change(self, **changes: Any) -> None:
        self.engine.program = self.program(changes)

    @property
    def password(self) -> str:
        return str(self.engine.outputs()["password"].value)

    def client(self) -> RegistryClient:
        return RegistryClient(f"127.0.0.1:{self.port}", username="cleaner", password=self.password)

    @property
    def status(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((self.directory / "prune" / "status.json").read_text())
            return found
        return {}

    def ran(self, but: dict[str, Any] | None = None) -> dict[str, Any]:
        """Wait until a run ended, another than the one given; return it."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            last = self.status.get("last")
            if last and last["ended"] and (but is None or last["began"] != but["began"]):
                found: dict[str, Any] = last
                return found
            time.sleep(0.05)
        raise AssertionError(f"no run ended: {self.status}; {self.log}")

    @property
    def log(self) -> str:
        path = self.directory / "prune" / "prune.log"
        return path.read_text() if path.exists() else ""

    @property
    def processes(self) -> list[psutil.Process]:
        """The processes of the schedule: the loop, its keeper, a run."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if any(str(self.directory / "prune") in word for word in process.cmdline()):
                    found.append(process)
        return found

    @property
    def loop(self) -> psutil.Process:
        (found,) = [
            process
            for process in self.processes
            if process.cmdline()[-2].endswith("prune_loop.py") and "keeper.py" not in " ".join(process.cmdline())
        ]
        return found

    @property
    def daemon(self) -> psutil.Process:
        """The registry itself."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cmdline()[-2:] == ["serve", str(self.directory / "files" / "config.yml")]:
                    found.append(process)
        (daemon,) = [process for process in found if process.name() == "registry"]
        return daemon

    def stop(self) -> None:
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if any(str(self.directory) in word for word in process.cmdline()):
                    process.kill()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry(tmp_path)
    yield registry
    registry.stop()


def test_life(registry: Registry) -> None:
    up = registry.engine.up()
    assert up.changes["create"] == 6
    if os.environ.get("REGC_RECORD"):
        write_urns(URNS, registry.engine.inventory(), section="distribution/lifecycle")
    check_urns(URNS, registry.engine.inventory(), section="distribution/lifecycle")
    assert registry.engine.outputs()["status"] == str(registry.directory / "prune" / "status.json")
    registry.ran()
    with registry.client() as client:
        filler = Filler(client)
        doomed = filler.images("shop/api", [((f"pr-{number}",), 50) for number in range(20)])
        filler.image("shop/api", "v1")
        registry.engine.up_again()
        registry.engine.refresh()

        # Another policy is tried at once, and still deletes nothing.
        before = registry.ran()
        changed = {**POLICY, "expire": {"stale": {"tags": ["pr-1*"], "older_than_days": 15}}}
        daemon = registry.daemon
        registry.change(lifecycle=changed)
        assert registry.engine.up().changes["update"] == 1
        last = registry.ran(before)
        assert (last["code"], last["end"]["outcome"], last["end"]["would_delete"]) == (0, "dry-run", 11)
        assert len(holds(client, "shop/api")) == 21
        assert daemon.is_running(), "the registry itself was restarted"

        # With consent it deletes.
        registry.change(lifecycle_executor={**SCHEDULE, "apply": True})
        assert registry.engine.up().changes["update"] == 1
        last = registry.ran(last)
        assert (last["code"], last["end"]["outcome"], last["end"]["deleted"]) == (0, "done", 20)
        assert set(holds(client, "shop/api")) == {"v1"}
        assert all(client.manifest_descriptor("shop/api", digest) is None for digest in doomed)
        assert registry.status["next"] > last["ended"]
        registry.engine.up_again()
        registry.engine.refresh()

    registry.engine.destroy()
    assert registry.processes == []
    assert not (registry.directory / "prune" / "files").exists()
    # What undoes the runs stays with the images.
    assert list((registry.directory / "prune" / "runs").rglob("*.journal"))


@pytest.mark.parametrize("which", ["loop", "keeper"])
def test_up_restores_a_schedule_that_died(registry: Registry, which: str) -> None:
    registry.engine.up()
    loop = registry.loop
    before = registry.ran()
    victim = loop if which == "loop" else loop.parent()
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while registry.processes and time.monotonic() < until:
        time.sleep(0.05)
    assert registry.processes == [], "a part of it is left"
    assert registry.engine.refresh(allow_drift=True).changes.get("update") == 1
    assert registry.engine.up().changes["update"] == 1
    assert registry.loop.pid != loop.pid
    # It is not yet time for the next run, and nothing has changed.
    assert registry.ran()["began"] == before["began"]
    registry.engine.up_again()


def test_a_run_that_was_ended_goes_on(registry: Registry) -> None:
    registry.engine.up()
    first = registry.ran()
    with registry.client() as client:
        Filler(client).images("shop/api", [((f"pr-{number}",), 50) for number in range(400)])
        registry.change(lifecycle_executor={**SCHEDULE, "apply": True, "concurrency": 1})
        registry.engine.up()
        runs = registry.directory / "prune" / "runs"
        until = time.monotonic() + 60
        while sum(path.stat().st_size for path in runs.rglob("*.journal")) < 20_000 and time.monotonic() < until:
            time.sleep(0.002)
        os.kill(registry.loop.pid, signal.SIGKILL)
        while registry.processes and time.monotonic() < until:
            time.sleep(0.05)
        left = len(holds(client, "shop/api"))
        assert 0 < left < 400
        registry.engine.up()
        last = registry.ran(first)
        assert (last["end"]["outcome"], last["end"]["deleted"]) == ("done", left)
        assert '"resumed": true' in registry.log
        assert holds(client, "shop/api") == {}


def test_the_password_is_in_a_private_file_and_nowhere_else(registry: Registry) -> None:
    registry.engine.up()
    last = registry.ran()
    secret = {"password": registry.password}
    files = registry.directory / "prune" / "files"
    assert files.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in files.iterdir()} == dict.fromkeys(
        ("config.json", "policy.yaml", "prune.json"), 0o600
    )
    assert (
        registry.password
        in json.loads((files / "config.json").read_text())["auths"][f"127.0.0.1:{registry.port}"].values()
    )
    seen: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            for process in registry.processes:
                with contextlib.suppress(psutil.Error):
                    seen.append(" ".join(process.cmdline()) + str(process.environ()))

    # A run takes less time than the engine: it is looked at from before the engine starts.
    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        registry.change(lifecycle={**POLICY, "exclude_repositories": ["other"]})
        registry.engine.up()
        registry.ran(but=last)
    finally:
        over.set()
        watcher.join()
    assert any("registry_components.cli.main" in text for text in seen)
    assert "PULUMI_" not in " ".join(seen)
    assert find_plaintext(secret, *seen, registry.log, json.dumps(registry.status)) == []
    assert registry.engine.scan(secret) == []


def test_both_consents_remove_the_runs_too(registry: Registry) -> None:
    registry.change(deletion="destroy", empty_on_delete=True)
    registry.engine.up()
    registry.ran()
    registry.engine.destroy()
    assert not registry.directory.exists()
    assert registry.processes == []


def test_a_policy_that_is_taken_away_ends_the_schedule(registry: Registry) -> None:
    registry.engine.up()
    registry.change(lifecycle=None, lifecycle_executor=None)
    assert registry.engine.up().changes["delete"] == 1
    assert registry.processes == []
    assert registry.engine.outputs()["status"] == ""
    registry.engine.up_again()


def test_what_is_refused_is_told_in_the_status(registry: Registry) -> None:
    registry.engine.up()
    first = registry.ran()
    with registry.client() as client:
        Filler(client).images("shop/api", [((f"pr-{number}",), 50) for number in range(3)])
    registry.change(lifecycle_executor={**SCHEDULE, "apply": True, "max_fraction": 0.5})
    registry.engine.up()
    last = registry.ran(first)
    assert last["code"] == 3
    assert "--max-fraction 0.5 allows 1" in last["end"]["why"]
    # Trying again does not help: the next run comes when it is time.
    until = time.monotonic() + 10
    while registry.status["state"] != "waiting" and time.monotonic() < until:
        time.sleep(0.05)
    assert registry.status["next"][:10] > last["ended"][:10]


def test_the_program_of_the_documentation_deploys(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "distribution.md").read_text()
    (source,) = re.findall(r"<!-- program: lifecycle -->\n```python\n(.*?)```", page, re.DOTALL)
    assert "port=5442" in source
    state = tmp_path / "state"
    written = str(source).replace("port=5442", f"port={free_port()}, runtime={{'directory': {str(state)!r}}}")
    written = written.replace("'directory'", "'kind': 'process', 'directory'")
    engine = Engine(tmp_path / "engine", program=lambda: exec(compile(written, "distribution.md", "exec"), {}))
    try:
        made = engine.up()
        assert made.changes["create"] == 6
        names = {key.partition("::")[2] for key in engine.inventory()}
        tree = next(text for text in re.findall(r"```text\n(.*?)```", page, re.DOTALL) if "RegistryPruner" in text)
        assert set(re.findall(r"^[├└]─ \w+ +(\S+)", tree, re.MULTILINE)) | {"apps"} == names
        engine.up_again()
    finally:
        engine.destroy()
    assert not [p.pid for p in psutil.process_iter(["cmdline"]) if str(state) in " ".join(p.info["cmdline"] or [])]
