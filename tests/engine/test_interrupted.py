"""Engine proof: `pulumi up` killed at points spread over its run leaves nothing that the next `up` cannot take over."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from registry_components.oci.client import RegistryClient
from tests.support.images import push_image
from tests.support.killing import Runs
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


def test_every_killed_up_is_taken_over_by_the_next(stack: LocalStack) -> None:
    stack.regc("up", "local", "--no-prove")
    password = stack.password
    image = push_image(stack.server, stack.username, password, size=200_000)
    stack.regc("down", "local")
    runs = Runs(stack.checkout, stack.environment, "local")
    whole = runs.seconds()
    for number in range(POINTS):
        after = (number + 0.5) / POINTS * whole
        for attempt in range(6):
            if number % 2 == 0:  # a run that makes the daemon
                stack.regc("down", "local")
                assert daemons(stack) == []
            else:  # a run that changes it
                stack.configure(port=free_port())
            # A run that was over before is done anew, and killed earlier: this machine has become faster.
            if runs.killed(after * 0.8**attempt):
                break
        else:
            pytest.fail(f"kill {number} came too late six times")
        # What the engine had started ends with it, except for the daemon, which nobody is to notice.
        assert runs.leftovers(but="/registry serve ") == [], f"after kill {number}"

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
