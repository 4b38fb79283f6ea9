"""The Pulumi CLI in an environment of its own, its output and event log kept in files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import CommandError, create_command_error
from semver import VersionInfo

from registry_components.core.errors import stack_error

_RUNS: Final = frozenset({"preview", "up", "refresh", "destroy"})
_GRACE = 10.0


@dataclass(frozen=True, kw_only=True)
class Captured:
    """What one run of the CLI left."""

    log: Path
    stdout: str
    stderr: str
    code: int
    seconds: float


class Command(PulumiCommand):
    """Runs the CLI with exactly the given environment: nothing of the caller's reaches it otherwise.

    `more` are options for the next run that the SDK has no argument for. Only the runs of the engine leave files in
    `logs`; queries may print secrets, so they leave none.
    """

    def __init__(self, environment: Mapping[str, str], logs: Path, timeout: float) -> None:
        # The base class would look for the CLI on this process's PATH and ask it with this process's environment.
        found = shutil.which("pulumi", path=environment.get("PATH"))
        if found is None:
            raise stack_error(
                "the Pulumi CLI is not on this machine; `make tools` makes sure of it, `regc env` shows where from"
            )
        self.command = found
        self.environment = dict(environment)
        self.logs = logs
        self.timeout = timeout
        self.more: tuple[str, ...] = ()
        self._last: Captured | None = None
        self._count = 0
        version = subprocess.run([found, "version"], env=self.environment, capture_output=True, text=True, check=True)
        self.version = VersionInfo.parse(version.stdout.strip().removeprefix("v"))

    def take(self) -> Captured | None:
        """Return what the last run of the engine left, once."""
        last, self._last = self._last, None
        return last

    def next_log(self, kind: str) -> Path:
        """Return the event log's path for a new run; its output goes beside it."""
        self._count += 1
        return self.logs / f"{self._count:02d}-{kind}.events"

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run one command; `take` has what a run of the engine left. Raises `CommandError` where it fails."""
        environment = {**self.environment, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        command = [self.command, "--non-interactive", *args]
        if args[0] in _RUNS:
            last = self._last = self._run(args[0], [*command, *self.more], cwd, environment)
            result = CommandResult(stdout=last.stdout, stderr=last.stderr, code=last.code)
        else:
            done = subprocess.run(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=self.timeout,
                check=False,
            )
            result = CommandResult(stdout=done.stdout.rstrip(), stderr=done.stderr.rstrip(), code=done.returncode)
        for callback, text in ((on_output, result.stdout), (on_error, result.stderr)):
            for line in text.splitlines() if callback else ():
                callback(line)  # type: ignore[misc]
        if result.code != 0:
            raise create_command_error(result)
        return result

    def _run(self, kind: str, command: Sequence[str], cwd: str, environment: Mapping[str, str]) -> Captured:
        log = self.next_log(kind)
        command = [*_without_event_log(command), "--event-log", str(log), "--color", "never"]
        stdout, stderr = log.with_suffix(".stdout"), log.with_suffix(".stderr")
        started = time.monotonic()
        with stdout.open("wb") as out, stderr.open("wb") as err:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            try:
                code = process.wait(self.timeout)
            except BaseException as error:
                _end(process)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise TimeoutError(
                        f"pulumi {kind} did not end within {self.timeout:g} s and was stopped; its output until "
                        f"then is in {log.parent}"
                    ) from None
                raise
        return Captured(
            log=log,
            stdout=stdout.read_text(encoding="utf-8", errors="replace"),
            stderr=stderr.read_text(encoding="utf-8", errors="replace"),
            code=code,
            seconds=time.monotonic() - started,
        )


def _without_event_log(command: Sequence[str]) -> list[str]:
    """Return the command without the event log that the SDK itself asks for in a preview: there can be only one."""
    kept = list(command)
    while "--event-log" in kept:
        at = kept.index("--event-log")
        del kept[at : at + 2]
    return kept


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop the CLI and what it started: asked first, so that it gives its lock back."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


__all__ = ["Captured", "Command", "CommandError"]
