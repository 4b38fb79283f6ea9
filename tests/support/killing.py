"""Kills `pulumi up`, below `regc up` or alone, at a chosen moment, and tells what is left of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from registry_components.operations.interrupted import settled
from registry_components.testing import Engine

from .fake_harbor import FakeHarbor


@dataclass(frozen=True)
class Runs:
    """`regc up STACK` in one checkout; PULUMI_HOME in `environment` tells its processes from others'."""

    checkout: Path
    environment: Mapping[str, str]
    stack: str

    def killed(self, after: float) -> bool:
        """Start `regc up`, kill its `pulumi up` with SIGKILL `after` seconds into it; say whether it was alive then.

        One that ended before has to have ended well.
        """
        runner = self._start()
        engine = self._engine_of(runner)
        alive = False
        if engine is not None:
            time.sleep(after)
            with contextlib.suppress(psutil.NoSuchProcess):
                engine.send_signal(signal.SIGKILL)
                alive = True
        code = runner.wait(120)
        assert alive or code == 0, self._log.read_text(errors="replace")[-4000:]
        return alive

    def seconds(self) -> float:
        """Run `regc up` undisturbed and return how long its `pulumi up` took."""
        runner = self._start()
        engine = self._engine_of(runner)
        assert engine is not None
        started = time.monotonic()
        engine.wait(120)
        seconds = time.monotonic() - started
        assert runner.wait(120) == 0
        return seconds

    def leftovers(self, *, but: str) -> list[str]:
        """Return the engine's helpers that still run after a time to end: language hosts, programs, providers.

        A command line with `but` in it is none of them.
        """
        deadline = time.monotonic() + 10
        while (left := [line for line in self._running() if but not in line]) and time.monotonic() < deadline:
            time.sleep(0.2)
        return left

    def _running(self) -> list[str]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if self._owns(process) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline())[:200])
        return found

    def _owns(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("PULUMI_HOME") == self.environment["PULUMI_HOME"]
        except psutil.Error:
            return False

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [f"{sys.prefix}/bin/regc", "up", self.stack, "--no-prove"],
                cwd=self.checkout,
                env=dict(self.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def _log(self) -> Path:
        return Path(self.environment["PULUMI_HOME"]).with_name("regc-up.log")

    def _engine_of(self, runner: subprocess.Popen[bytes]) -> psutil.Process | None:
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


def killed_while_it_waits(engine: Engine, service: FakeHarbor) -> Collection[str]:
    """Kill an `up` while a service keeps it waiting, settle the state as `regc up` does, and return what was pending.

    The service has to have been told to hang once it has done what is asked of it.
    """
    process = engine.command("up", "--yes", "--skip-preview")
    assert service.hung.wait(60), "the request never came"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)
    service.free.set()
    engine.cancel()
    state = engine.export_state(show_secrets=True)
    found = settled(state["deployment"])
    assert found is not None
    engine.query("stack", "import", "--force", stdin=json.dumps({**state, "deployment": found.deployment}))
    return found.names
