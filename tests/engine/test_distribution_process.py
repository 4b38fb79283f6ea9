"""Engine proof: the whole life of a `DistributionRegistry` with runtime `process`."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pulumi
import pytest

from registry_components.distribution import DistributionRegistry, DistributionRegistryArgs
from registry_components.oci.client import RegistryClient
from registry_components.testing import Engine, EngineFailed, find_plaintext
from tests.support.images import PushedImage, push_image
from tests.support.servers import free_port

pytestmark = pytest.mark.engine

Build = Callable[..., DistributionRegistryArgs]


def args_for(directory: Path, port: int, **changes: Any) -> DistributionRegistryArgs:
    settings: dict[str, Any] = {
        "port": port,
        "storage": {"kind": "filesystem"},
        "auth": {"kind": "htpasswd", "users": ["developer", "ci"], "passwords": {"chosen": "chosen-pass-phrase"}},
        "runtime": {"kind": "process", "directory": str(directory)},
        "delete": True,
    }
    return DistributionRegistryArgs.parse({**settings, **changes})


def program_for(args: DistributionRegistryArgs) -> Callable[[], None]:
    def program() -> None:
        registry = DistributionRegistry("apps", args)
        pulumi.export("server", registry.server)
        pulumi.export("login", registry.endpoint.login_command())
        pulumi.export("configPath", registry.config_path)
        pulumi.export("password", registry.password("developer"))
        pulumi.export("dockerConfig", registry.endpoint.docker_config_json())

    return program


class Registry:
    """One registry on an engine of its own."""

    def __init__(self, folder: Path) -> None:
        self.directory, self.port = folder / "instance", free_port()
        self.args = args_for(self.directory, self.port)
        self.engine = Engine(folder / "engine", program=program_for(self.args))

    def change(self, **changes: Any) -> None:
        self.args = args_for(self.directory, self.port, **changes)
        self.engine.program = program_for(self.args)

    @property
    def password(self) -> str:
        return str(self.engine.outputs()["password"].value)

    @property
    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.cmdline()[-2:] == ["serve", str(self.directory / "files" / "config.yml")]:
                    found.append(process)
            except psutil.Error:
                continue
        return [p for p in found if p.name() == "registry"]

    def client(self) -> RegistryClient:
        return RegistryClient(f"127.0.0.1:{self.port}", username="developer", password=self.password)

    def push(self) -> PushedImage:
        return push_image(f"127.0.0.1:{self.port}", "developer", self.password)

    def stop(self) -> None:
        processes = self.processes
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, timeout=5)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry(tmp_path)
    yield registry
    registry.stop()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_life(registry: Registry) -> None:
    up = registry.engine.up()
    assert up.changes["create"] == 5
    outputs = registry.engine.outputs()
    assert outputs["server"] == f"127.0.0.1:{registry.port}"
    assert outputs["login"] == f"docker login 127.0.0.1:{registry.port} --username developer --password-stdin"
    image = registry.push()
    registry.engine.up_again()
    registry.engine.refresh()
    (process,) = registry.processes
    first = process.pid

    registry.change(log={"level": "debug"})
    changed = registry.engine.up()
    assert changed.changes["update"] == 1
    (process,) = registry.processes
    assert process.pid != first, "the new configuration is not running"
    second = process.pid
    registry.engine.up_again()
    assert [p.pid for p in registry.processes] == [second], "it restarted without a change"
    starts = (registry.directory / "registry.log").read_text().count(f"listening on 127.0.0.1:{registry.port}")
    assert starts == 2, "a change restarts it once"
    with registry.client() as client:
        image.check(client)

    password = registry.password
    registry.engine.destroy()
    assert registry.processes == []
    assert is_free(registry.port)
    assert (registry.directory / "data" / "docker").is_dir()
    assert not (registry.directory / "files").exists()

    registry.engine.up()
    assert registry.password != password, "a destroyed account keeps its password"
    with registry.client() as client:
        image.check(client)
    registry.engine.destroy()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
def test_a_lost_daemon_is_reported_by_refresh_and_restored_by_up(registry: Registry, number: signal.Signals) -> None:
    registry.engine.up()
    image = registry.push()
    (process,) = registry.processes
    os.kill(process.pid, number)
    if number != signal.SIGSTOP:
        psutil.wait_procs([process], timeout=5)
    drift = registry.engine.refresh(allow_drift=True)
    assert drift.changes.get("update") == 1
    (daemon,) = [r for r in registry.engine.resources().values() if r["type"].endswith(":RegistryProcess")]
    status = "unresponsive" if number == signal.SIGSTOP else "dead"
    assert daemon["outputs"]["status"] == status
    assert f"registry apps is {status}: " in drift.stdout
    restored = registry.engine.up()
    assert restored.changes["update"] == 1
    with registry.client() as client:
        image.check(client)
    registry.engine.up_again()
    registry.engine.refresh()


def test_up_alone_restores_a_lost_daemon(registry: Registry) -> None:
    registry.engine.up()
    registry.stop()
    assert registry.engine.up().changes["update"] == 1
    assert len(registry.processes) == 1
    registry.engine.up_again()


def test_a_foreign_process_on_the_port_is_reported_and_left_alone(registry: Registry) -> None:
    registry.engine.up()
    registry.stop()
    with socket.socket() as foreign:
        foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        foreign.bind(("127.0.0.1", registry.port))
        foreign.listen()
        assert registry.engine.refresh(allow_drift=True).changes.get("update") == 1
        with pytest.raises(EngineFailed) as caught:
            registry.engine.up()
        assert f"port {registry.port} on 127.0.0.1 is held by " in str(caught.value)
        assert f"(pid {os.getpid()}" in str(caught.value)
        assert "Traceback" not in str(caught.value)
    assert registry.engine.up().changes["update"] == 1
    registry.engine.refresh()


def test_both_consents_remove_the_images(registry: Registry) -> None:
    registry.engine.up()
    registry.push()
    registry.change(deletion="destroy", empty_on_delete=True)
    assert registry.engine.up().changes["update"] == 1
    registry.engine.destroy()
    assert not registry.directory.exists()
    assert registry.processes == []


def test_a_failed_change_keeps_the_old_registry_and_can_be_corrected(registry: Registry, tmp_path: Path) -> None:
    registry.engine.up()
    image = registry.push()
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a directory is needed")
    registry.change(storage={"kind": "filesystem", "root_directory": str(blocked / "below")})
    before = [process.pid for process in registry.processes]
    try:
        registry.engine.up()
    except EngineFailed as error:
        assert "Traceback" not in str(error)
    registry.change()
    registry.engine.up()
    with registry.client() as client:
        image.check(client)
    assert len(registry.processes) == 1
    assert before
    registry.engine.up_again()


def test_no_secret_in_plain_text_anywhere(registry: Registry) -> None:
    registry.engine.up()
    registry.push()
    state = registry.engine.export_state(show_secrets=True)
    secrets: dict[str, str] = {}
    for resource in state["deployment"]["resources"]:
        outputs = resource.get("outputs", {})
        if resource["type"].endswith(":HtpasswdUsers"):
            secrets |= {f"password of {u}": p for u, p in _plain(outputs["passwords"]).items()}
            secrets |= {
                f"hash of {line.split(':')[0]}": line.split(":", 1)[1]
                for line in _plain(outputs["htpasswd"]).splitlines()
            }
        if resource["type"].endswith(":GeneratedSecret"):
            secrets["http secret"] = _plain(outputs["value"])
    assert len(secrets) == 7
    registry.change(log={"level": "debug"})
    registry.engine.up()
    registry.engine.refresh()
    commands = "\n".join(" ".join(p.cmdline()) for p in psutil.process_iter() if _readable(p))
    environments = "\n".join(str(p.environ()) for p in registry.processes)
    log = (registry.directory / "registry.log").read_text()
    record = (registry.directory / "daemon.json").read_text()
    assert find_plaintext(secrets, commands, environments, log, record) == []
    assert registry.engine.scan(secrets) == []
    registry.engine.destroy()
    assert registry.engine.scan(secrets) == []


def _plain(value: Any) -> Any:
    return json.loads(value["plaintext"]) if isinstance(value, dict) and "plaintext" in value else value


def _readable(process: psutil.Process) -> bool:
    try:
        return bool(process.cmdline())
    except psutil.Error:
        return False


def test_two_stacks_side_by_side(tmp_path: Path) -> None:
    one, two = Registry(tmp_path / "one"), Registry(tmp_path / "two")
    try:
        one.engine.up()
        two.engine.up()
        image = one.push()
        assert one.password != two.password
        (kept,) = one.processes
        two.change(log={"level": "debug"})
        two.engine.up()
        two.engine.destroy()
        assert [p.pid for p in one.processes] == [kept.pid]
        with one.client() as client:
            image.check(client)
        one.engine.up_again()
        one.engine.refresh()
    finally:
        one.stop()
        two.stop()


def test_users_come_and_go_and_the_others_keep_their_passwords(registry: Registry) -> None:
    registry.engine.up()
    password = registry.password
    registry.change(auth={"kind": "htpasswd", "users": ["developer", "new"]})
    registry.engine.up()
    assert registry.password == password
    lines = (registry.directory / "files" / "htpasswd").read_text().splitlines()
    assert [line.split(":")[0] for line in lines] == ["developer", "new"]
    with registry.client() as client:
        client.ping()


def test_a_new_directory_moves_the_registry_and_keeps_the_old_images(registry: Registry, tmp_path: Path) -> None:
    registry.engine.up()
    registry.push()
    old = registry.directory
    registry.directory = tmp_path / "moved"
    registry.change()
    assert registry.engine.up().changes["replace"] == 1
    assert len(registry.processes) == 1
    assert (old / "data" / "docker").is_dir()
    registry.engine.up_again()
