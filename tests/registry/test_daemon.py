"""Registry proof: the supervisor of runtime `process`, with the real registry binary."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest

from registry_components import StackError
from registry_components.distribution import daemon
from registry_components.distribution.owned import Owner
from tests.support.servers import free_port

pytestmark = pytest.mark.registry


def config(directory: Path, port: int, extra: str = "") -> str:
    return (
        "version: 0.1\n"
        f"http: {{addr: '127.0.0.1:{port}', secret: not-shown-in-any-message}}\n"
        f"storage: {{filesystem: {{rootdirectory: '{daemon.data_directory(directory)}'}}}}\n{extra}"
    )


@pytest.fixture
def spec(tmp_path: Path, registry_binary: Path) -> Iterator[daemon.Spec]:
    directory, port = tmp_path / "instance", free_port()
    spec = daemon.Spec(
        directory=directory,
        binary=registry_binary,
        files={"config.yml": config(directory, port)},
        host="127.0.0.1",
        port=port,
        owner=Owner("project", "stack", "", "apps"),
        start_timeout=10,
        stop_timeout=5,
        secrets=frozenset({"not-shown-in-any-message"}),
    )
    yield spec
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(directory) in " ".join(process.cmdline()):
                process.kill()


def pid(spec: daemon.Spec) -> int:
    (process,) = daemon.observe(spec).processes
    return process.pid


def get(spec: daemon.Spec) -> int:
    return httpx.get(f"http://127.0.0.1:{spec.port}/v2/").status_code


def with_config(spec: daemon.Spec, extra: str = "", **changes: object) -> daemon.Spec:
    port = int(str(changes.get("port", spec.port)))
    return replace(spec, files={"config.yml": config(spec.directory, port, extra)}, port=port)


def test_start_twice_is_one_daemon(spec: daemon.Spec) -> None:
    assert daemon.check(spec) == []
    assert daemon.ensure(spec).status == "running"
    first = pid(spec)
    assert get(spec) == 200
    assert daemon.ensure(spec).status == "running"
    assert pid(spec) == first
    assert daemon.observe(spec).status == "running"


def test_everything_is_private(spec: daemon.Spec) -> None:
    daemon.ensure(spec)
    for path in (spec.directory, *spec.directory.rglob("*")):
        mode = path.stat().st_mode & 0o777
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_the_daemon_sees_neither_overrides_nor_the_programs_secrets(
    spec: daemon.Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    # REGISTRY_* would override the configuration file: the daemon would not even start with this storage.
    monkeypatch.setenv("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", "/proc/none")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "hunter2-hunter2")
    monkeypatch.setenv("AWS_PROFILE", "registry")
    daemon.ensure(replace(spec, environment=("AWS_PROFILE",)))
    environment = psutil.Process(pid(spec)).environ()
    assert "PULUMI_CONFIG_PASSPHRASE" not in environment
    assert not any(name.startswith("REGISTRY_") for name in environment)
    assert environment["AWS_PROFILE"] == "registry"


def test_a_changed_configuration_restarts_once_and_keeps_data(spec: daemon.Spec) -> None:
    daemon.ensure(spec)
    kept = daemon.data_directory(spec.directory) / "kept"
    kept.write_text("x")
    first = pid(spec)
    changed = with_config(spec, "log: {level: debug}\n")
    assert daemon.observe(changed).status == "outdated"
    daemon.ensure(changed)
    second = pid(changed)
    assert second != first
    assert not psutil.pid_exists(first)
    daemon.ensure(changed)
    assert pid(changed) == second
    assert kept.read_text() == "x"


def test_a_new_port_frees_the_old_one(spec: daemon.Spec) -> None:
    daemon.ensure(spec)
    moved = with_config(spec, port=free_port())
    daemon.ensure(moved)
    assert get(moved) == 200
    with socket.socket() as old:
        assert old.connect_ex(("127.0.0.1", spec.port)) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_dead_daemon_is_noticed_and_restored(spec: daemon.Spec, number: signal.Signals) -> None:
    daemon.ensure(spec)
    first = psutil.Process(pid(spec))
    first.send_signal(number)
    psutil.wait_procs([first], timeout=5)
    seen = daemon.observe(spec)
    assert (seen.status, seen.detail) == ("dead", "the registry process is gone")
    daemon.ensure(spec)
    assert get(spec) == 200


def test_a_killed_keeper_takes_the_daemon_with_it(spec: daemon.Spec) -> None:
    daemon.ensure(spec)
    process = psutil.Process(pid(spec))
    keeper = process.parent()
    assert keeper is not None
    keeper.kill()
    psutil.wait_procs([process], timeout=5)
    assert daemon.observe(spec).status == "dead"


def test_a_stopped_process_is_unresponsive_and_is_replaced(spec: daemon.Spec) -> None:
    daemon.ensure(spec)
    first = pid(spec)
    os.kill(first, signal.SIGSTOP)
    assert daemon.observe(spec).status == "unresponsive"
    daemon.ensure(replace(spec, stop_timeout=1))
    assert pid(spec) != first
    assert get(spec) == 200


def test_a_reused_pid_is_not_trusted(spec: daemon.Spec) -> None:
    daemon.ensure(spec)
    record = spec.directory / "daemon.json"
    first = pid(spec)
    other = subprocess.Popen(["sleep", "60"])
    try:
        os.kill(first, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=5)
        record.write_text(json.dumps({**json.loads(record.read_text()), "pid": other.pid}))
        assert daemon.observe(spec).status == "dead"
        daemon.ensure(spec)
        daemon.remove(spec, keep_data=True)
        assert other.poll() is None, "a process that is not ours was ended"
    finally:
        other.kill()
        other.wait()


def test_a_daemon_whose_record_is_lost_is_replaced_not_doubled(spec: daemon.Spec) -> None:
    daemon.ensure(spec)
    first = pid(spec)
    (spec.directory / "daemon.json").unlink()
    assert daemon.observe(spec).status == "outdated"
    daemon.ensure(spec)
    assert pid(spec) != first
    assert not psutil.pid_exists(first)


def test_a_busy_port_names_its_holder(spec: daemon.Spec) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", spec.port))
        holder.listen()
        ((setting, reason),) = daemon.check(spec)
        assert setting == "port"
        assert reason.startswith(f"port {spec.port} on 127.0.0.1 is held by ")
        assert f"(pid {os.getpid()}, started as " in reason
        assert reason.endswith("; stop it, or set port to a free one")
        assert daemon.observe(spec).status == "foreign"
        with pytest.raises(StackError) as caught:
            daemon.ensure(spec)
        assert str(caught.value) == reason
    assert not daemon.data_directory(spec.directory).exists()


def test_an_address_of_another_machine(spec: daemon.Spec) -> None:
    ((setting, reason),) = daemon.check(replace(spec, host="192.0.2.1"))
    assert setting == "port"
    assert "192.0.2.1 is no address of this machine" in reason


def test_a_directory_that_is_a_file(spec: daemon.Spec) -> None:
    file = spec.directory.parent / "file"
    file.write_text("")
    directory = file / "instance"
    assert daemon.check(replace(spec, directory=directory)) == [
        (
            "directory",
            f"{file} is not a directory, so {directory} cannot be used; set runtime.directory to another place",
        )
    ]


def test_a_directory_that_this_user_may_not_look_into(spec: daemon.Spec) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        closed = Path(folder) / "closed"
        closed.mkdir(mode=0o500)
        if os.getuid() == 0:
            closed.chmod(0o700)
        directory = closed / "instance"
        found = as_nobody(lambda: daemon.check(replace(spec, directory=directory, binary=Path("/bin/sh"))))
        assert found == [
            [
                "directory",
                f"{closed} is not writable for this user, so {directory} cannot be used; "
                "set runtime.directory to another place",
            ]
        ]
        closed.chmod(0o700)


def as_nobody(ask: Callable[[], object]) -> object:
    """Return the answer that a user without rights gets, as JSON: this one's, where it is not the administrator."""
    if os.getuid() != 0:
        return json.loads(json.dumps(ask()))
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setuid(65534)
            os.write(writes, json.dumps(ask()).encode())
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return json.loads(told)


def test_a_missing_binary(spec: daemon.Spec) -> None:
    binary = spec.directory.parent / "none"
    assert daemon.check(replace(spec, binary=binary)) == [
        ("binary", f"{binary} is not a program that can be run; install it, or correct runtime.binary")
    ]


def test_a_first_start_that_fails_says_why_and_leaves_no_process(spec: daemon.Spec) -> None:
    broken = replace(spec, files={"config.yml": spec.files["config.yml"].replace("filesystem", "floppy")})
    with pytest.raises(StackError) as caught:
        daemon.ensure(broken)
    assert "the registry ended right after its start" in str(caught.value)
    assert "floppy" in str(caught.value)
    assert "not-shown-in-any-message" not in str(caught.value)
    assert daemon.observe(broken).processes == []


def test_a_failed_change_brings_the_previous_configuration_back(spec: daemon.Spec) -> None:
    daemon.ensure(spec)
    broken = replace(spec, files={"config.yml": spec.files["config.yml"].replace("filesystem", "floppy")})
    with pytest.raises(StackError, match="The previous configuration was started again and serves as before"):
        daemon.ensure(broken)
    assert daemon.observe(spec).status == "running"
    assert get(spec) == 200


def test_logs_rotate(spec: daemon.Spec) -> None:
    small = replace(spec, log_max_bytes=4000, log_files=3)
    daemon.ensure(small)
    for _ in range(60):
        get(small)
    time.sleep(0.2)
    logs = sorted(path.name for path in spec.directory.glob("registry.log*"))
    assert logs == ["registry.log", "registry.log.1", "registry.log.2"]
    assert all((spec.directory / name).stat().st_size <= 4000 for name in logs)


def test_removal_keeps_data_unless_told(spec: daemon.Spec) -> None:
    daemon.ensure(spec)
    kept = daemon.data_directory(spec.directory) / "kept"
    kept.write_text("x")
    mine = spec.directory / "mine.txt"
    first = pid(spec)
    daemon.remove(spec, keep_data=True)
    assert not psutil.pid_exists(first)
    assert kept.exists()
    assert not daemon.files_directory(spec.directory).exists()
    daemon.remove(spec, keep_data=True)

    daemon.ensure(spec)
    mine.write_text("not the registry's")
    daemon.remove(spec, keep_data=False)
    assert [path.name for path in spec.directory.iterdir()] == ["mine.txt"]
    mine.unlink()
    daemon.ensure(spec)
    daemon.remove(spec, keep_data=False)
    assert not spec.directory.exists()


def test_another_checkout_is_not_touched(spec: daemon.Spec, tmp_path: Path) -> None:
    here = replace(spec, owner=Owner("project", "stack", str(tmp_path), "apps"))
    daemon.ensure(here)
    there = replace(spec, owner=Owner("project", "stack", "/elsewhere", "apps"))
    message = (
        f"{spec.directory} is in use by apps of stack stack of project project in {tmp_path}; "
        "stop that one, or set runtime.directory to another place"
    )
    with pytest.raises(StackError) as caught:
        daemon.ensure(there)
    assert str(caught.value) == message
    with pytest.raises(StackError):
        daemon.remove(there, keep_data=False)
    assert get(here) == 200


def test_a_moved_checkout_takes_its_daemon_over(spec: daemon.Spec, tmp_path: Path) -> None:
    daemon.ensure(replace(spec, owner=Owner("project", "stack", str(tmp_path / "before"), "apps")))
    moved = replace(spec, owner=Owner("project", "stack", str(tmp_path / "after"), "apps"))
    assert daemon.check(moved) == []
    assert daemon.ensure(moved).status == "running"


def _ensure(spec: daemon.Spec) -> None:
    daemon.ensure(spec)


def test_two_deployments_at_once_start_one_daemon(spec: daemon.Spec) -> None:
    workers = [multiprocessing.get_context("spawn").Process(target=_ensure, args=(spec,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(daemon.observe(spec).processes) == 1
