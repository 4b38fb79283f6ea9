"""Engine proof: `pulumi up` killed at points spread over its run leaves nothing that the next `up` cannot take over."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from registry_components.oci.client import RegistryClient
from tests.support.images import push_image
from tests.support.local_stack import LocalStack
from tests.support.servers import free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

POINTS = 20


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    stack = LocalStack(tmp_path, free_port())
    yield stack
    stack.regc("down", "local", check=False)


def daemons(stack: LocalStack) -> list[psutil.Process]:
    """Return the registry processes of this stack."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == "registry" and any(str(stack.state_home) in part for part in process.cmdline()):
                found.append(process)
    return found


def belongs_to(stack: LocalStack, process: psutil.Process) -> bool:
    try:
        return process.environ().get("PULUMI_HOME") == str(stack.folder / "pulumi-home")
    except psutil.Error:
        return False


def leftovers(stack: LocalStack) -> list[str]:
    """Return the engine's helpers of this stack that still run: language hosts, programs, providers."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if belongs_to(stack, process) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline())[:200])
    return found


def start_up(stack: LocalStack) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [f"{sys.prefix}/bin/regc", "up", "local", "--no-prove"],
        cwd=stack.checkout,
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed_up(stack: LocalStack, after: float) -> bool:
    """Start `regc up`, kill its `pulumi up` with SIGKILL `after` seconds into it; return whether it was alive then."""
    runner = start_up(stack)
    engine = _engine_of(runner)
    alive = False
    if engine is not None:
        time.sleep(after)
        try:
            engine.send_signal(signal.SIGKILL)
            alive = True
        except psutil.NoSuchProcess:
            pass
    runner.wait(120)
    return alive


def _engine_of(runner: subprocess.Popen[bytes]) -> psutil.Process | None:
    """Return the `pulumi up` process below `regc`, once it is there."""
    while runner.poll() is None:
        for child in psutil.Process(runner.pid).children():
            try:
                if child.cmdline()[1:2] == ["up"] and child.name() == "pulumi":
                    return child
            except psutil.Error:
                continue
        time.sleep(0.01)
    return None


def engine_seconds(stack: LocalStack) -> float:
    """Run `regc up` undisturbed and return how long its `pulumi up` took."""
    runner = start_up(stack)
    engine = _engine_of(runner)
    assert engine is not None
    started = time.monotonic()
    engine.wait(120)
    seconds = time.monotonic() - started
    assert runner.wait(120) == 0
    return seconds


def wait_until_gone(stack: LocalStack) -> list[str]:
    deadline = time.monotonic() + 10
    while (left := leftovers(stack)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def test_every_killed_up_is_taken_over_by_the_next(stack: LocalStack) -> None:
    stack.regc("up", "local", "--no-prove")
    password = stack.password
    image = push_image(stack.server, stack.username, password, size=200_000)
    stack.regc("down", "local")
    whole = engine_seconds(stack)
    killed = 0
    for number in range(POINTS):
        if number % 2 == 0:  # a run that makes the daemon
            stack.regc("down", "local")
            assert daemons(stack) == []
        else:  # a run that changes it
            stack.configure(port=free_port())
        killed += killed_up(stack, after=(number + 0.5) / POINTS * whole)
        # What the engine had started ends with it, except for the daemon, which nobody is to notice.
        unwanted = [line for line in wait_until_gone(stack) if "/registry serve " not in line]
        assert unwanted == [], f"after kill {number}"

        done = stack.regc("up", "local", "--no-prove")
        assert "Traceback" not in done.stdout + done.stderr
        assert len(daemons(stack)) == 1, f"after kill {number}"
        assert stack.password == password
        with RegistryClient(stack.server, username=stack.username, password=password) as client:
            image.check(client)
        again = stack.regc("up", "local", "--no-prove")
        assert " unchanged" in again.stdout
        for word in (" created", " updated", " replaced", "pending operations"):
            assert word not in again.stdout, f"after kill {number}: {again.stdout}"
    assert killed >= POINTS * 3 // 4, "the kills came too late to prove anything"
