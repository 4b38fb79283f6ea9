"""A program's whole life on the real Pulumi engine, in folders of its own and without a Pulumi account."""

from __future__ import annotations

import json
import os
import secrets as random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi.automation as auto
import yaml

from registry_components import provision
from registry_components.core.errors import StackError, stack_error
from registry_components.operations.state_files import repair

from ._command import Command, CommandError
from ._inline import Inline
from ._wire import Secret
from .inventories import Inventory, inventory
from .run import EngineFailed, Kind, Run, Unexpected, engine_was_gone, read_run
from .secrets import Leak, Scanner, Secrets

_NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "venv", "node_modules", "__pycache__", ".pulumi", ".pulumi-state", ".*_cache", ".hypothesis"
)


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """The four runs of `Engine.lifecycle`."""

    up: Run
    again: Run
    refresh: Run
    destroy: Run


class Engine:
    """One stack on the real engine: its backend, PULUMI_HOME, project and logs are below `folder`.

    Give either `program`, a function that makes resources and runs in this process, or `project_dir`, the folder of
    a Pulumi project, which is copied (without virtual environments and caches) and run by the CLI as `pulumi up`
    does. `config` is set in the clear and `secret_config` encrypted; a key without namespace is the project's.
    `environment` is added to what the engine and its plugins see; a program in this process sees this process's
    environment. Variables named PULUMI_... of the caller reach nothing. `inherit` is what the engine sees instead of
    this process's environment. `prepare` is called with the copied project before its stack is made. No plugin is
    downloaded.

    `checkpoints=False` writes the state once at the end instead of after each step: much faster for hundreds of
    resources, and a run that is killed forgets what it made. `timeout` (seconds) ends a run that hangs.

    Raises `StackError` where the Pulumi CLI is missing.
    """

    def __init__(
        self,
        folder: Path,
        *,
        program: Callable[[], Any] | None = None,
        project_dir: Path | None = None,
        stack: str = "test",
        project: str = "test",
        config: Mapping[str, str] | None = None,
        secret_config: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        inherit: Mapping[str, str] | None = None,
        prepare: Callable[[Path], None] | None = None,
        checkpoints: bool = True,
        timeout: float = 300.0,
    ) -> None:
        if (program is None) == (project_dir is None):
            raise stack_error("give Engine either program or project_dir, one of the two")
        self.folder = folder
        self.stack = stack
        self.program = program
        """The program of the next run; set another to test a change."""
        self.backend = folder / "backend"
        self.logs = folder / "logs"
        self.work_dir = folder / "project"
        for path in (self.backend, self.logs, folder / "home"):
            path.mkdir(parents=True, exist_ok=True)
        self.environment = self._environment(
            os.environ if inherit is None else inherit, environment or {}, checkpoints=checkpoints
        )
        """What the CLI and its plugins see, complete."""
        self._cli = Command(self.environment, self.logs, timeout)
        if project_dir is not None:
            self._copy(project_dir)
            if prepare is not None:
                prepare(self.work_dir)
        else:
            self.work_dir.mkdir(exist_ok=True)
        self._stack = self._make_stack(project)
        for key, value in (config or {}).items():
            self._set_config(key, value, secret=False)
        for key, value in (secret_config or {}).items():
            self._set_config(key, value, secret=True)

    def preview(self, *, check: bool = True) -> Run:
        """Return what `up` would do. With `check=False` a failed run is returned, not raised."""
        return self._engine("preview", self._stack.preview, check=check)

    def up(self, *, check: bool = True) -> Run:
        """Create and change resources. Raises `EngineFailed`, unless `check=False`."""
        return self._engine("up", lambda: self._stack.up(show_secrets=False), check=check)

    def up_again(self) -> Run:
        """Run `up` and raise `Unexpected`, naming the resources, where it changes anything."""
        __tracebackhide__ = True
        run = self.up()
        if run.steps:
            raise Unexpected(_listed("a second up changed what the first had made", run), run)
        return run

    def refresh(self, *, allow_drift: bool = False, check: bool = True) -> Run:
        """Read what resources really are into the state; `Run.steps` is the drift.

        Raises `Unexpected`, naming the resources, where there is drift and `allow_drift` is not given.
        """
        __tracebackhide__ = True
        run = self._engine("refresh", lambda: self._stack.refresh(show_secrets=False), check=check)
        if run.steps and not allow_drift:
            raise Unexpected(_listed("resources are not what the state says", run), run)
        return run

    def destroy(self, *, exclude: Iterable[str] = (), check: bool = True) -> Run:
        """Delete everything, and raise `Unexpected` where the state still holds a resource afterwards.

        `exclude` names URNs (with `*` and `**`) to keep; then what is left is not looked at. A resource with
        `retain_on_delete` leaves the state, and what it stands for stays.
        """
        __tracebackhide__ = True
        excluded = list(exclude)
        self._cli.more = tuple(option for urn in excluded for option in ("--exclude", urn))
        try:
            run = self._engine("destroy", lambda: self._stack.destroy(show_secrets=False), check=check)
        finally:
            self._cli.more = ()
        left = [] if excluded or run.failed else self._left()
        if left:
            listed = "\n  ".join(left)
            raise Unexpected(f"the state still holds resources after destroy:\n  {listed}", run)
        return run

    def lifecycle(self) -> Lifecycle:
        """Run up, up again (nothing may change), refresh (no drift) and destroy (nothing left)."""
        __tracebackhide__ = True
        return Lifecycle(up=self.up(), again=self.up_again(), refresh=self.refresh(), destroy=self.destroy())

    @property
    def engine_version(self) -> str:
        """The CLI's version, such as `3.259.0`."""
        return str(self._stack.workspace.pulumi_version).removeprefix("v")

    def cancel(self) -> None:
        """Give up a lock that a killed run left behind, and put right the files that it left half written."""
        repair(self.backend, self._stack.workspace.project_settings().name, self.stack)
        self.query("cancel", "--yes")

    def export_state(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the state as `pulumi stack export` gives it: secrets encrypted unless `show_secrets`."""
        options = ["--show-secrets"] if show_secrets else []
        found: dict[str, Any] = json.loads(self.query("stack", "export", *options))
        return found

    def resources(self) -> dict[str, Mapping[str, Any]]:
        """Return the resources in the state by `type::name`, without the stack and the default providers."""
        state = self.export_state()
        by_key = {f"{r['type']}::{r['urn'].split('::', 3)[3]}": r for r in _resources(state)}
        return {key: by_key[key] for key in inventory(state) if key in by_key}

    def inventory(self) -> Inventory:
        """Return the inventory of the state."""
        return inventory(self.export_state())

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs; secret ones are `Secret`."""
        return {
            key: Secret(output.value) if output.secret else output.value
            for key, output in self._stack.outputs().items()
        }

    def scan(self, secrets: Secrets) -> list[Leak]:
        """Return where the secrets stand readable.

        Searched are the backend (state, its history, backups and checkpoints), the stack's configuration, and the
        event logs, stdout and stderr of every run so far.
        """
        scanner = Scanner(secrets)
        places = [self.backend, self.logs, *sorted(self.work_dir.rglob("Pulumi*.yaml"))]
        return [leak for place in places for leak in scanner.scan(place, str(place))]

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the CLI in the project's folder and return at once; for tests that kill it.

        The process leads its own session (`os.killpg(process.pid, …)` reaches what it started); its output is among
        the files that `scan` searches. Whoever starts it waits for it. A program given as a function cannot be run
        by the CLI.
        """
        if self.program is not None and arguments[0] in {"up", "preview"}:
            raise stack_error("the CLI runs projects, not functions; give Engine a project_dir")
        log = self._cli.next_log(arguments[0])
        with log.with_suffix(".stdout").open("wb") as out, log.with_suffix(".stderr").open("wb") as err:
            return subprocess.Popen(
                [self._cli.command, "--non-interactive", *arguments, "--stack", self.stack],
                cwd=self.work_dir,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def query(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a CLI command that neither previews nor changes resources, and return its stdout.

        Raises `StackError` with the command's own message where it fails.
        """
        done = subprocess.run(
            [self._cli.command, "--non-interactive", *arguments, "--stack", self.stack],
            cwd=self.work_dir,
            env=self.environment,
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=self._cli.timeout,
            check=False,
        )
        if done.returncode != 0:
            raise stack_error(f"pulumi {' '.join(arguments[:2])} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def _environment(
        self, inherit: Mapping[str, str], extra: Mapping[str, str], *, checkpoints: bool
    ) -> dict[str, str]:
        inherited = {key: value for key, value in inherit.items() if not key.startswith("PULUMI_")}
        base = provision.environment(inherited)
        return {
            **base,
            # The project's interpreter is this one, whatever `python` is on the caller's PATH.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), base["PATH"]]),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": self.backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": random.token_urlsafe(24),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "NO_COLOR": "1",
            **({} if checkpoints else {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "1"}),
            **extra,
        }

    def _copy(self, project_dir: Path) -> None:
        source = project_dir.resolve()
        if not (source / "Pulumi.yaml").is_file():
            raise stack_error(f"{project_dir} has no Pulumi.yaml; give the folder of a Pulumi project")
        shutil.copytree(source, self.work_dir, ignore=_NOT_COPIED, symlinks=True, dirs_exist_ok=True)
        path = self.work_dir / "Pulumi.yaml"
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        runtime = settings.get("runtime")
        options = runtime.get("options") if isinstance(runtime, dict) else None
        if options and options.get("virtualenv"):
            # The environment was not copied: it stays where it is, or is this interpreter's where there is none.
            kept = source / options["virtualenv"]
            options["virtualenv"] = str(kept) if (kept / "bin" / "python").exists() else sys.prefix
            path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")

    def _make_stack(self, project: str) -> auto.Stack:
        options = auto.LocalWorkspaceOptions(
            work_dir=str(self.work_dir), secrets_provider="passphrase", pulumi_command=self._cli
        )
        try:
            if self.program is None:
                return auto.create_or_select_stack(self.stack, work_dir=str(self.work_dir), opts=options)
            return auto.create_or_select_stack(self.stack, project_name=project, program=self.program, opts=options)
        except CommandError as error:
            raise stack_error(f"the stack {self.stack} cannot be made: {error}") from None

    def _set_config(self, key: str, value: str, *, secret: bool) -> None:
        # By stdin, so that no process list shows the value.
        self.query("config", "set", "--secret" if secret else "--plaintext", key, stdin=value)

    def _engine(self, kind: Kind, operation: Callable[[], object], *, check: bool) -> Run:
        __tracebackhide__ = True
        run = self._once(kind, operation)
        if self.program is not None and engine_was_gone(run):
            run = self._once(kind, operation)
        if run.failed and check:
            raise EngineFailed(run) from None
        return run

    def _once(self, kind: Kind, operation: Callable[[], object]) -> Run:
        inline = None if self.program is None else Inline(self.program)
        self._stack.workspace.program = inline
        self._cli.take()
        # What went wrong is in what the CLI left. A preview ends in a RuntimeError besides, since the SDK misses its
        # own event log.
        try:
            with suppress(CommandError, RuntimeError):
                operation()
        finally:
            if inline is not None:
                inline.finish()
        captured = self._cli.take()
        if captured is None:
            raise StackError(f"pulumi {kind} could not be started")
        return read_run(
            kind,
            log=captured.log,
            stdout=captured.stdout,
            stderr=captured.stderr,
            code=captured.code,
            seconds=captured.seconds,
        )

    def _left(self) -> list[str]:
        return sorted(str(r["urn"]) for r in _resources(self.export_state()))


def _resources(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return state["deployment"].get("resources") or []


def _listed(what: str, run: Run) -> str:
    return f"{what}:\n  " + "\n  ".join(run.changed)
