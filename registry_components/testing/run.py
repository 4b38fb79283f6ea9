"""One run of the engine: what it did to which resource, what it said, and how it ended."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from registry_components.core.errors import StackError

from .recorded import STACK_TYPE, is_default_provider, key_of

Kind = Literal["preview", "up", "refresh", "destroy"]

_UNCHANGED = frozenset({"same", "read", "refresh"})
_COLOUR = re.compile(r"<\{%[^%]*%\}>")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing done to one resource, such as `create`, `update`, `replace` or `delete`.

    `outputs` is this library's word for a component or stack that only changed its outputs, which the engine counts
    as `same`.
    """

    op: str
    urn: str
    properties: tuple[str, ...] = ()
    """The properties that differ, where the engine names them."""
    failed: bool = False

    @property
    def key(self) -> str:
        """The resource's `type::name`; `the stack` for the stack's own outputs."""
        return key_of(self.urn) or "the stack"

    def __str__(self) -> str:
        names = f" ({', '.join(self.properties)})" if self.properties else ""
        return f"{self.op} {self.key}{names}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run of the engine did."""

    kind: Kind
    changes: Mapping[str, int]
    """How many resources had which operation; `same` among them, the stack itself too."""
    steps: Sequence[Step]
    """What was done (in a preview: would be), without the resources that stayed as they were."""
    events: Sequence[Mapping[str, Any]] = field(repr=False)
    """The engine's event log, one JSON object an event."""
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)
    seconds: float
    failed: bool
    message: str
    """The engine's error messages, one a line; empty where there are none."""

    @property
    def changed(self) -> list[str]:
        """The steps as text, one for each change."""
        return [str(step) for step in self.steps]


def engine_was_gone(run: Run) -> bool:
    """Return whether a failed run tells nothing but that the engine had ended before the program did.

    The SDK's server (3.272) writes to the engine's log while it gives a program up. Where the engine is gone by then,
    its answer is that error, in place of what the engine had to say; nothing was changed.
    """
    told = run.message.startswith("Exception calling application") and "StatusCode.UNAVAILABLE" in run.message
    return run.failed and told and not run.steps


class EngineFailed(StackError):  # noqa: N818 - what happened, as the caller reads it
    """The engine's run failed; the text is the engine's own diagnostics, and `run` has the rest."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"pulumi {run.kind} failed: {run.message}")
        self.run = run


class Unexpected(AssertionError):  # noqa: N818
    """A run did something that it should not have done; the text says which resources, `run` has the rest."""

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run


def read_run(kind: Kind, *, log: Path, stdout: str, stderr: str, code: int, seconds: float) -> Run:
    """Return the run that an event log and the captured output tell of."""
    events = read_events(log)
    changes: dict[str, int] = {}
    for event in events:
        if "summaryEvent" in event:
            changes = {op: int(n) for op, n in (event["summaryEvent"].get("resourceChanges") or {}).items()}
    failed = code != 0
    return Run(
        kind=kind,
        changes=changes,
        steps=_steps(kind, events),
        events=events,
        stdout=stdout,
        stderr=stderr,
        seconds=seconds,
        failed=failed,
        message=_message(events, stderr or stdout) if failed else "",
    )


def read_events(log: Path) -> list[Mapping[str, Any]]:
    """Return an event log's events; a line that a killed engine left half written is left out."""
    if not log.exists():
        return []
    events: list[Mapping[str, Any]] = []
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            events.append(event)
    return events


def _steps(kind: Kind, events: Sequence[Mapping[str, Any]]) -> list[Step]:
    # An update tells what it is about to do (pre) and then what became of it (outputs or failed); a refresh knows
    # only afterwards whether there was a difference; a preview has no failed operations.
    found: dict[tuple[str, str], Step] = {}
    for event in events:
        for name in ("resourcePreEvent", "resOutputsEvent", "resOpFailedEvent"):
            metadata = event.get(name, {}).get("metadata")
            if not metadata:
                continue
            if kind == "up" and name == "resOutputsEvent" and metadata["op"] == "same":
                changed = _changed_outputs(metadata)
                if changed:
                    found["outputs", metadata["urn"]] = Step(op="outputs", urn=metadata["urn"], properties=changed)
            if metadata["op"] in _UNCHANGED:
                continue
            if kind == "refresh" and name == "resourcePreEvent":
                continue
            step = Step(
                op=metadata["op"],
                urn=metadata["urn"],
                properties=_properties(metadata),
                failed=name == "resOpFailedEvent",
            )
            known = found.get((step.op, step.urn))
            if known is None or step.failed or (step.properties and not known.properties):
                found[step.op, step.urn] = step
    return [step for step in found.values() if not _is_bookkeeping(step)]


def _is_bookkeeping(step: Step) -> bool:
    """Return whether the engine does this on its own: the stack comes and goes, and so do default providers."""
    type_, name = step.urn.split("::", 3)[2:]
    return (type_ == STACK_TYPE and step.op in {"create", "delete"}) or is_default_provider(type_, name)


def _changed_outputs(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which outputs of an unchanged component or stack differ.

    The engine calls these resources `same` whatever their outputs are, and a program that is not deterministic often
    shows there alone. Secret outputs are masked in the log: they count as equal.
    """
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    if new.get("custom"):
        return ()
    before, after = old.get("outputs") or {}, new.get("outputs") or {}
    return tuple(sorted(key for key in {*before, *after} if before.get(key) != after.get(key)))


def _properties(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    detailed = metadata.get("detailedDiff") or {}
    return tuple(sorted({*(metadata.get("diffs") or ()), *detailed}))


def _message(events: Sequence[Mapping[str, Any]], output: str) -> str:
    lines = []
    for event in events:
        diagnostic = event.get("diagnosticEvent", {})
        if diagnostic.get("severity") == "error" and not diagnostic.get("ephemeral"):
            text = _COLOUR.sub("", diagnostic.get("message", "")).strip()
            urn = diagnostic.get("urn")
            where = key_of(urn) if urn else ""
            lines.append(f"{where}: {text}" if where else text)
    # The engine ends with lines of its own: that something failed, and once more what the program said.
    repeated = {"update failed", "preview failed", *(f"an unhandled error occurred: {line}" for line in lines)}
    told = [line for line in dict.fromkeys(lines) if line not in repeated]
    return "\n".join(told or lines) or output.strip() or "it said nothing"
