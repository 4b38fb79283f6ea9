"""A stack's whole life on the real engine against emulated clouds: the steps, and what each has to show."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, cast

import yaml

from .._version import __version__
from ..core.errors import StackError
from ..testing import Engine, EngineFailed, Run, Step, Unexpected
from ..testing.recorded import STACK_TYPE, is_default_provider
from .emulator import Proof
from .environments import rehearsal, unknown_packages
from .folder import ASSUMED, REMARKS, STAND_IN, UNRENDERED, UNSTARTED, read_checks
from .project import Project, plain_settings, stand_in
from .redaction import Redactor, secret_texts
from .report import HeldReport, Report, ResourceReport, StepReport, emulator_reports
from .surroundings import shielded, without_credentials

Tell = Callable[[StepReport | str], None]
"""Is called with a step's title when it begins, and with its report when it ends."""

_TIMEOUT_SECONDS: Final = 1800.0
# Docker Hub, Harbor and Nexus: this library's own resources talk to their APIs themselves.
_APIS: Final = tuple(f"pulumi-python:dynamic/registry-components:{name}" for name in ("Hub", "Harbor", "Nexus"))
_PULL_SECRETS: Final = "pulumi-python:dynamic/registry-components:PullSecret"
_KUBERNETES_API: Final = "kubernetes:api"
_RANKS: Final = {"real": 0, "emulated": 1, "skipped": 2}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to rehearse, and how."""

    project: Project
    change: Mapping[str, str] = field(default_factory=dict)
    """Settings that the step `change` sets, by key; a key without namespace is the project's."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Secret settings; one that is not given has a stand-in."""
    given: Path | None = None
    """A Pulumi project that makes what the stack expects to find. It is not part of the report."""
    allow_unknown: bool = False
    network: bool = False
    """Whether the program may reach other machines."""
    docker: str | None = None
    """Address of a Docker engine that containers, networks and volumes are really made on. Default: a model."""


@dataclass
class _Life:
    """What is known so far."""

    engine: Engine
    tell: Tell
    redact: Redactor
    steps: list[StepReport] = field(default_factory=list)
    done: dict[str, list[str]] = field(default_factory=dict)
    """What was done to each resource, by URN."""
    failed: bool = False

    def step(self, name: str, title: str, expects: str, act: Callable[[], Run | tuple[Run, ...]]) -> bool:
        """Take one step, unless one before it failed. Return whether it passed."""
        if self.failed:
            self._end(StepReport(name=name, title=title, status="skipped", expects=expects, message="a step failed"))
            return False
        self.tell(title)
        started, status, message, runs = time.perf_counter(), "passed", "", tuple[Run, ...]()
        try:
            made = act()
            runs = made if isinstance(made, tuple) else (made,)
        except (EngineFailed, Unexpected) as error:
            status, message, runs = "failed", str(error), (error.run,)
        except StackError as error:
            status, message = "failed", str(error)
        self.failed = status == "failed"
        operations: Counter[str] = Counter()
        for run in runs:
            operations.update(run.changes)
            for step in run.steps if name in {"up", "change"} else ():
                self.done.setdefault(step.urn, []).append("failed" if step.failed else step.op)
        self._end(
            StepReport(
                name=name,
                title=title,
                status=cast("Literal['passed', 'failed']", status),
                seconds=round(time.perf_counter() - started, 3),
                operations=dict(sorted(operations.items())),
                expects=expects,
                message=self.redact.text(message),
            )
        )
        return not self.failed

    def skip(self, name: str, title: str, expects: str, why: str) -> None:
        """Note a step that is not taken."""
        self._end(StepReport(name=name, title=title, status="skipped", expects=expects, message=why))

    def _end(self, report: StepReport) -> None:
        self.steps.append(report)
        self.tell(report)


def rehearse(wanted: Wanted, folder: Path, tell: Tell) -> Report:
    """Run the whole life in `folder`, which is empty or not there, and return what it showed.

    Nothing outside `folder` is changed. Raises `StackError` where the rehearsal cannot begin; what goes wrong in the
    stack's life is in the report.
    """
    started = datetime.now(UTC)
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    inherited, removed = without_credentials(os.environ)
    clouds = folder / "clouds"
    others = unknown_packages() if wanted.allow_unknown else []
    with rehearsal(clouds, others=others, docker=wanted.docker) as environment:
        surroundings = {**shielded(folder, network=wanted.network), **environment}
        _given(wanted, folder / "given", inherited, surroundings)
        before = len(read_checks(clouds))
        settings, replaced = plain_settings(wanted.project)
        redact = Redactor([*wanted.secrets.values(), *(stand_in(key) for key in replaced)])
        engine = _engine(wanted, folder / "engine", settings, inherited, surroundings)
        life = _Life(engine, tell, redact)
        try:
            state = _live(life, wanted)
            checks = read_checks(clouds)[before:]
            held = [] if life.failed else _held(checks, state)
            if not life.failed and any(not item.expected for item in held):
                last = life.steps.pop()
                names = ", ".join(f"{item.type} {item.name}" for item in held if not item.expected)
                life.steps.append(
                    StepReport(
                        name=last.name,
                        title=last.title,
                        status="failed",
                        seconds=last.seconds,
                        operations=last.operations,
                        expects=last.expects,
                        message=f"the emulated cloud still holds what the stack made: {names}",
                    )
                )
                life.failed = True
        finally:
            with suppress(StackError):
                engine.query("cancel", "--yes")
    told = [*replaced, *(str(line["token"]) for line in checks if line["operation"] == STAND_IN)]
    return Report(
        project=wanted.project.name,
        stack=wanted.project.stack,
        version=__version__,
        engine=str(engine.engine_version),
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - began, 3),
        passed=not life.failed,
        steps=tuple(life.steps),
        resources=tuple(_resources(state, checks, life)),
        emulators=tuple(emulator_reports(checks)),
        held=tuple(held),
        not_checked=tuple(_not_checked(checks, wanted)),
        stand_ins=tuple(sorted({_own_key(key, wanted.project.name) for key in told})),
        assumed=tuple(_remarks(checks, ASSUMED)),
        removed=tuple(removed),
        notes=(),
        changes=tuple(sorted(wanted.change)),
    )


def _live(life: _Life, wanted: Wanted) -> Mapping[str, Any]:
    """Take the steps; return the state as it was before `destroy`."""
    engine = life.engine
    life.step("preview", "Preview", "the program runs and every resource is valid", engine.preview)
    life.step("up", "Up", "every resource is made", engine.up)
    life.step("up-again", "Up again", "nothing changes", engine.up_again)
    life.step("refresh", "Refresh", "no resource differs from the state", engine.refresh)
    _know(life)
    title, expects = "Change", "something changes, and a further up changes nothing"
    if wanted.change:
        life.step("change", title, expects, lambda: _change(engine, wanted.change))
        _know(life)
    else:
        life.skip("change", title, expects, "no --change KEY=VALUE was given")
    state: Mapping[str, Any] = engine.export_state()
    expects = "the state is empty and the emulated clouds hold only what is retained on purpose"
    life.step("destroy", "Destroy", expects, lambda: _destroy(engine))
    return state


def _change(engine: Engine, change: Mapping[str, str]) -> tuple[Run, Run]:
    for key, value in sorted(change.items()):
        engine.query("config", "set", "--plaintext", key, stdin=value)
    changed = engine.up()
    if not changed.steps:
        raise Unexpected(f"setting {', '.join(sorted(change))} changed nothing", changed)
    return changed, engine.up_again()


def _destroy(engine: Engine) -> Run:
    # Protection is the user's, for the real stack; here everything has to go to show that it can.
    engine.query("state", "unprotect", "--all", "--yes")
    return engine.destroy()


def _know(life: _Life) -> None:
    """Learn the secrets that the state marks, so that none is shown."""
    with suppress(StackError):
        life.redact.add(secret_texts(life.engine.export_state(show_secrets=True)))


def _given(wanted: Wanted, folder: Path, inherited: Mapping[str, str], surroundings: Mapping[str, str]) -> None:
    if wanted.given is None:
        return
    engine = Engine(folder, project_dir=wanted.given, stack="given", inherit=inherited, environment=surroundings)
    try:
        engine.up()
    except EngineFailed as error:
        raise StackError(f"--given {wanted.given}: {error}") from None


def _engine(
    wanted: Wanted,
    folder: Path,
    settings: Mapping[str, Any],
    inherited: Mapping[str, str],
    surroundings: Mapping[str, str],
) -> Engine:
    project = wanted.project

    def prepare(work_dir: Path) -> None:
        path = work_dir / "Pulumi.yaml"
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        # State and settings stay in the rehearsal's folder, and no plugin of the project's own choice runs.
        for key in ("backend", "stackConfigDir", "plugins"):
            said.pop(key, None)
        path.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
        for found in work_dir.rglob("Pulumi.*.yaml"):
            found.unlink()
        text = yaml.safe_dump({"config": dict(settings)}, sort_keys=False) if settings else ""
        (work_dir / f"Pulumi.{project.stack}.yaml").write_text(text, encoding="utf-8")

    return Engine(
        folder,
        project_dir=project.root,
        stack=project.stack,
        secret_config=wanted.secrets,
        environment=surroundings,
        inherit=inherited,
        prepare=prepare,
        timeout=_TIMEOUT_SECONDS,
    )


def _resources(state: Mapping[str, Any], checks: Sequence[Mapping[str, Any]], life: _Life) -> Iterable[ResourceReport]:
    seconds: Counter[str] = Counter()
    proofs: dict[str, Proof] = {}
    for line in checks:
        urn, proof = str(line["urn"]), cast("Proof", line["proof"])
        seconds[urn] += line["seconds"]
        if urn not in proofs or _RANKS[proof] > _RANKS[proofs[urn]]:
            proofs[urn] = proof
    modelled = any(line["token"] == _KUBERNETES_API and line["proof"] == "emulated" for line in checks)
    for found in state.get("deployment", {}).get("resources") or []:
        urn, type_ = str(found["urn"]), str(found["type"])
        name = urn.split("::", 3)[3]
        if type_ == STACK_TYPE or is_default_provider(type_, name) or type_.startswith("pulumi:providers:"):
            continue
        inputs = life.redact.value(found.get("inputs") or {})
        outputs = life.redact.value(found.get("outputs") or {})
        component = not found.get("custom", False)
        needs = {str(other) for other in found.get("dependencies") or []}
        for others in (found.get("propertyDependencies") or {}).values():
            needs |= {str(other) for other in others or []}
        parent = str(found.get("parent") or "")
        yield ResourceReport(
            urn=urn,
            type=type_,
            name=name,
            parent="" if parent.split("::")[2:3] == [STACK_TYPE] else parent,
            component=component,
            operations=tuple(life.done.get(urn, ())),
            proof=None if component else _proof(type_, proofs.get(urn), modelled=modelled),
            seconds=round(seconds[urn], 4),
            protected=bool(found.get("protect")),
            retained=bool(found.get("retainOnDelete")),
            inputs=inputs,
            outputs={key: value for key, value in outputs.items() if key not in inputs or inputs[key] != value},
            dependencies=tuple(sorted(needs - {urn})),
        )


def _proof(type_: str, found: Proof | None, *, modelled: bool) -> Proof:
    """Return what stood behind a resource; `modelled` says whether a model took the requests to Kubernetes."""
    if found is not None:
        return found
    if type_.startswith(_APIS) or (modelled and type_.startswith(_PULL_SECRETS)):
        # The program's own code ran, and talked to a model.
        return "emulated"
    # A dynamic resource is the program's own code, which ran.
    return "real" if type_.startswith("pulumi-python:") else "skipped"


def _held(checks: Sequence[Mapping[str, Any]], state: Mapping[str, Any]) -> list[HeldReport]:
    """Return what was made and never deleted."""
    count: Counter[str] = Counter()
    for line in checks:
        if line.get("refused") or not line["urn"]:
            continue
        count[str(line["urn"])] += {"create": 1, "delete": -1}.get(str(line["operation"]), 0)
    by_urn = {str(found["urn"]): found for found in state.get("deployment", {}).get("resources") or []}
    held = []
    for urn, number in sorted(count.items()):
        if number <= 0 or urn not in by_urn:
            continue
        retained = bool(by_urn[urn].get("retainOnDelete"))
        held.append(
            HeldReport(
                type=str(by_urn[urn]["type"]),
                name=urn.split("::", 3)[3],
                expected=retained,
                reason="retained on delete: it outlives its stack" if retained else "made and not deleted",
            )
        )
    return held


def _not_checked(checks: Sequence[Mapping[str, Any]], wanted: Wanted) -> list[str]:
    skipped = sorted(
        {str(line["token"]) for line in checks if line["proof"] == "skipped" and line["operation"] not in REMARKS}
    )
    absent = ", ".join(_remarks(checks, UNSTARTED))
    return [
        "permissions of whoever runs the real stack, quotas and prices, and whether names that are unique in the world "
        "are free",
        "what images do: no image is pushed, scanned, copied or deleted",
        *([f"{', '.join(skipped)}: no emulator knows them"] if skipped else []),
        *_remarks(checks, UNRENDERED),
        *(
            [f"containers that were made and not started, as their images are not on the engine: {absent}"]
            if absent
            else []
        ),
        *(["how the stack changes: no --change was given"] if not wanted.change else []),
    ]


def _remarks(checks: Sequence[Mapping[str, Any]], operation: str) -> list[str]:
    return sorted({str(line["what"]) for line in checks if line["operation"] == operation})


def _own_key(key: str, project: str) -> str:
    return key.removeprefix(f"{project}:")


__all__ = ["Step", "Tell", "Wanted", "rehearse"]
