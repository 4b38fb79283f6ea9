"""`regc prune --unattended`: plans and deletes without anybody there, and goes on after it was killed.

Each line on standard output is a JSON object with an `event`: `plan`, one `artifact` for each, `end`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import StackError
from .codes import FAILED, REFUSED
from .lifecycle import InUse, _moment
from .prune import Limits, _log, in_policy, planned, wanted_policy
from .registry import Access, opened, server_of

if TYPE_CHECKING:
    from types import FrameType

    from ..lifecycle.execute.apply import Result
    from ..lifecycle.execute.plan import Plan
    from ..lifecycle.execute.runs import Run


@dataclass(frozen=True)
class Asked:
    """What a run is for."""

    policy: Path
    folder: Path
    repositories: Sequence[str] = ()
    shard: str | None = None
    dry_run: bool = False
    assume_created: bool = False
    now: str | None = None
    keep_runs: int = 30
    concurrency: int = 8

    @property
    def options(self) -> dict[str, Any]:
        """What a plan depends on beside its policy."""
        return {"repositories": sorted(self.repositories), "assume_created": self.assume_created}


class _Signals:
    """Ends a run at SIGINT and SIGTERM: at once while it plans, after what is under way while it deletes.

    The first process of a container has to: the system has no default for its signals.
    """

    def __init__(self) -> None:
        self.caught = 0
        self.stop: Callable[[], None] | None = None

    def handle(self, number: int, _: FrameType | None) -> None:
        self.caught = number
        if self.stop is None:
            # Nothing is under way that a killed run would not leave as well; an exception could be swallowed.
            os._exit(128 + number)
        self.stop()


def run(source: str, asked: Asked, *, access: Access, limits: Limits, in_use: InUse) -> int:
    """Go on with the unfinished run of the folder, or plan a new one, and carry it out; return the exit code.

    Raises `StackError` where nothing could be planned.
    """
    with _signals() as signals:
        return _run(source, asked, signals, access=access, limits=limits, in_use=in_use)


def _run(source: str, asked: Asked, signals: _Signals, *, access: Access, limits: Limits, in_use: InUse) -> int:
    from ..lifecycle.execute import shards, untold
    from ..lifecycle.execute.plan import policy_digest
    from ..lifecycle.execute.runs import Runs

    server = server_of(source)
    part = shards.parse(asked.shard) if asked.shard is not None else None
    policy = wanted_policy(asked.policy, in_use)
    for mistake in untold.mistakes(policy, assume_created=asked.assume_created):
        raise StackError(f"{asked.policy}: {in_policy(mistake)}")
    with Runs(asked.folder, part) as runs:
        found = None
        if not asked.dry_run:
            found = runs.unfinished(
                server=server,
                policy=policy_digest(policy),
                asked=asked.options,
                now=datetime.now(UTC),
                most_hours=limits.max_age_hours,
            )
        if found is None:
            plan, unknown = planned(
                source,
                policy,
                repositories=asked.repositories,
                access=access,
                concurrency=asked.concurrency,
                assume_created=asked.assume_created,
                moment=_moment(asked.now) or datetime.now(UTC),
                part=part,
            )
            begun = runs.begin(plan, asked=asked.options, dry_run=asked.dry_run)
            found = begun, plan
            _tell(_about(plan, begun, asked, resumed=False, unknown=unknown))
        else:
            _tell(_about(found[1], found[0], asked, resumed=True))
        code = _carried_out(source, *found, asked, signals, access=access, limits=limits)
        runs.tidy(asked.keep_runs)
    return code


def _carried_out(
    source: str, run: Run, plan: Plan, asked: Asked, signals: _Signals, *, access: Access, limits: Limits
) -> int:
    from ..lifecycle.execute.apply import Pruner, check_limits
    from ..lifecycle.execute.journal import Journal

    if asked.dry_run:
        _would(plan)
    try:
        check_limits(plan, max_deletes=limits.max_deletes, max_fraction=limits.max_fraction)
    except StackError as error:
        # A later run is to make a new plan: the registry or the limits may have changed.
        return _end(run, REFUSED, {"outcome": "refused", "why": str(error)})
    if asked.dry_run:
        return _end(run, 0, {"outcome": "dry-run", "deleted": 0, "would_delete": plan.count})
    with opened(source, access) as client, Journal(run.journal, plan.digest) as written, _log(run.audit) as log:
        about = {"server": plan.server, "plan": plan.digest, "policy": plan.policy}

        def heard(entry: dict[str, Any]) -> None:
            line = {"at": _now(), **about, **entry}
            log(line)
            _tell({"event": "artifact", **line})

        before = len(written.settled)
        pruner = Pruner(client, plan, written, concurrency=asked.concurrency, told=heard)
        signals.stop = pruner.stop
        result = pruner.run()
    counts = {**_counts(result), "earlier": before}
    if signals.caught:
        # There is no result: the next run goes on.
        _tell({"event": "end", "at": _now(), "code": 128 + signals.caught, "outcome": "stopped", **counts})
        return 128 + signals.caught
    if result.failed:
        return _end(run, FAILED, {"outcome": "failed", **counts, "why": result.failed[0]["why"]})
    return _end(run, 0, {"outcome": "done", **counts})


def _counts(result: Result) -> dict[str, int]:
    return {
        "deleted": result.deleted,
        "gone": result.gone,
        "spared": len(result.spared),
        "failed": len(result.failed),
        "freed": result.freed,
    }


def _about(plan: Plan, run: Run, asked: Asked, *, resumed: bool, unknown: int = 0) -> dict[str, Any]:
    warnings = list(plan.warnings)
    if unknown:
        warnings.append(f"of {unknown} artifacts nobody knows when they were pushed; rules by age let them be")
    return {
        "event": "plan",
        "at": _now(),
        "server": plan.server,
        "plan": plan.digest,
        "policy": plan.policy,
        "made_at": plan.made_at,
        "folder": str(run.folder),
        "shard": asked.shard,
        "artifacts": plan.artifacts,
        "doomed": plan.count,
        "resumed": resumed,
        "dry_run": asked.dry_run,
        "warnings": warnings,
    }


def _would(plan: Plan) -> None:
    for name, repository in sorted(plan.repositories.items()):
        for item in repository.doomed:
            _tell(
                {
                    "event": "artifact",
                    "repository": name,
                    "digest": item.digest,
                    "tags": item.tags,
                    "done": "would-delete",
                    "why": item.reason,
                    "rule": item.rule,
                    "size": item.size,
                }
            )


def _end(run: Run, code: int, result: dict[str, Any]) -> int:
    line = {"at": _now(), "code": code, **result}
    run.finish(line)
    _tell({"event": "end", **line})
    return code


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@contextmanager
def _signals() -> Iterator[_Signals]:
    caught = _Signals()
    before = {number: signal.signal(number, caught.handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


__all__ = ["Asked", "run"]
