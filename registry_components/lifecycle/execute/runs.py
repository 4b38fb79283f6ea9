"""The folder of unattended runs: what was planned and done, by run, and which of them is not finished.

Each run has a folder of its own, named after the time it began, with its plan, its journal, its audit log, and once it
is finished its result. A run that was killed has a plan and no result: the next one goes on with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from ...core.errors import StackError, stack_error
from . import plan as plans
from .shards import Shard


@dataclass(frozen=True)
class Run:
    """One run's folder."""

    folder: Path

    @property
    def plan(self) -> Path:
        """The plan that is carried out."""
        return self.folder / "plan.json"

    @property
    def dry_run(self) -> Path:
        """The plan of a dry run, which is never carried out."""
        return self.folder / "dry-run.json"

    @property
    def journal(self) -> Path:
        """What was done, which `regc prune --undo` takes."""
        return self.folder / "plan.json.journal"

    @property
    def audit(self) -> Path:
        """A line for each artifact."""
        return self.folder / "audit.jsonl"

    @property
    def asked(self) -> Path:
        """What the plan was made for beside the policy."""
        return self.folder / "asked.json"

    @property
    def result(self) -> Path:
        """What came of it."""
        return self.folder / "result.json"

    def finish(self, result: Mapping[str, Any]) -> None:
        """Say that nothing of it is left to do. Raises `StackError`."""
        beside = self.folder / "result.json.part"
        with _told(self.result):
            with beside.open("w", encoding="utf-8") as file:
                json.dump(result, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.result)


class Runs:
    """The runs of one shard; a context manager that holds them for itself."""

    def __init__(self, folder: Path, shard: Shard | None = None) -> None:
        # A plan is of one shard among so many: with another number of shards it is another's.
        self.folder = folder if shard is None else folder / f"shard-{shard.index}-of-{shard.count}"
        with _told(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise stack_error(f"{self.folder}: another run is at work here; wait for it, or name another") from None

    def __enter__(self) -> Runs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.close()

    def _all(self) -> list[Run]:
        """Return the runs, oldest first."""
        with _told(self.folder):
            return [Run(path) for path in sorted((self.folder / "runs").glob("*")) if path.is_dir()]

    def unfinished(
        self, *, server: str, policy: str, asked: Mapping[str, Any], now: datetime, most_hours: float
    ) -> tuple[Run, plans.Plan] | None:
        """Return the run to go on with, and its plan; the others that have no result are given up.

        One is given up where its plan is too old, was made by another policy or for another registry or by other
        options, or was changed.
        """
        found: tuple[Run, plans.Plan] | None = None
        for run in reversed(self._all()):
            if not run.plan.exists() or run.result.exists():
                continue
            why = "a later run took its place"
            if found is None:
                try:
                    plan = plans.read(run.plan)
                except StackError as error:
                    why = str(error)
                else:
                    old = plans.too_old(plan, now, most_hours)
                    if plan.server != server:
                        why = f"it is for {plan.server}"
                    elif plan.policy != policy:
                        why = "the policy has changed, or what it protects as running"
                    elif _read(run.asked) != asked:
                        why = "it was made by other options"
                    elif old is not None:
                        why = f"it {old}"
                    else:
                        found = run, plan
                        continue
            run.finish({"outcome": "given up", "why": why})
        return found

    def begin(self, plan: plans.Plan, *, asked: Mapping[str, Any], dry_run: bool) -> Run:
        """Write a plan into a new run's folder; return the run. Raises `StackError`."""
        run = Run(self.folder / "runs" / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"))
        with _told(run.folder):
            run.folder.mkdir(parents=True)
            run.asked.write_text(json.dumps(asked), encoding="utf-8")
        plans.write(plan, run.dry_run if dry_run else run.plan)
        return run

    def tidy(self, keep: int) -> None:
        """Remove all but the newest finished runs, and what was killed before it had a plan."""
        runs = self._all()
        finished = [run for run in runs if run.result.exists()]
        # The newest folder may be one that is being made.
        empty = [run for run in runs[:-1] if not run.result.exists() and not run.plan.exists()]
        for run in [*finished[: max(len(finished) - keep, 0)], *empty]:
            # First what makes it look unfinished: a kill in between must not leave a plan without its result.
            with contextlib.suppress(OSError):
                run.plan.unlink(missing_ok=True)
                shutil.rmtree(run.folder)


def _read(path: Path) -> Any:
    with contextlib.suppress(OSError, ValueError):
        return json.loads(path.read_text(encoding="utf-8"))
    return None


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise stack_error(f"--unattended {path}: cannot be used: {error.strerror}") from None


__all__ = ["Run", "Runs"]
