"""`regc prune`: a dry run by default; a plan, and only then deletes."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from ..core.errors import Mistake, StackError
from .lifecycle import InUse, _moment, _written
from .registry import Access, opened, server_of

if TYPE_CHECKING:
    from ..blocks.lifecycle import LifecyclePolicy
    from ..lifecycle.execute.plan import Plan
    from ..lifecycle.execute.shards import Shard

_MOST_SHOWN = 40


@dataclass(frozen=True)
class Limits:
    """How much may go."""

    max_deletes: int | None
    max_fraction: float
    max_age_hours: float


def look(
    source: str,
    *,
    policy: Path,
    inventory: Path | None,
    out: Path | None,
    repositories: Sequence[str],
    access: Access,
    concurrency: int,
    assume_created: bool,
    now: str | None,
    limits: Limits,
    in_use: InUse,
    shard: str | None = None,
) -> None:
    """Print what would go, and write it as a plan with `out`. Nothing is deleted."""
    from ..lifecycle.execute import plan as plans
    from ..lifecycle.execute import shards, untold
    from ..lifecycle.execute.apply import check_limits

    server = server_of(source)
    part = shards.parse(shard) if shard is not None else None
    if part is not None and inventory is not None:
        raise StackError("--shard goes with collecting; collect one inventory for all shards without it")
    wanted = wanted_policy(policy, in_use)
    idle: list[str] = []
    if inventory is None:
        for mistake in untold.by_pulls(wanted):
            raise StackError(
                f"{policy}: {in_policy(mistake)}, or give an inventory that tells pulls (--inventory FILE)"
            )
        idle = [in_policy(mistake) for mistake in untold.without_effect(wanted, assume_created=assume_created)]
    made, unknown = planned(
        source,
        wanted,
        inventory=inventory,
        repositories=repositories,
        access=access,
        concurrency=concurrency,
        assume_created=assume_created,
        moment=_moment(now) or datetime.now(UTC),
        part=part,
    )
    console = Console(soft_wrap=True, highlight=False)
    shown = 0
    for name, repository in sorted(made.repositories.items()):
        for item in repository.doomed:
            if shown < _MOST_SHOWN:
                tags = f" ({', '.join(item.tags)})" if item.tags else ""
                console.print(f"{escape(name)}@{item.digest[:19]}{escape(tags)}: {escape(item.reason)}")
            shown += 1
    if shown > _MOST_SHOWN:
        console.print(f"… and {shown - _MOST_SHOWN} more" + ("" if out else "; --plan FILE has all"))
    for warning in [*idle, *made.warnings]:
        console.print(f"[yellow]warning:[/] {escape(warning)}")
    if unknown:
        console.print(
            f"[yellow]warning:[/] of {unknown} artifacts nobody knows when they were pushed; rules by age let them be"
        )
    console.print(f"{made.count} of {made.artifacts} artifacts would go from {server}; nothing was deleted")
    if out is not None:
        plans.write(made, out)
        console.print(f"the plan: {out}; carry it out with `regc prune {source} --apply {out}`")
    try:
        check_limits(made, max_deletes=limits.max_deletes, max_fraction=limits.max_fraction)
    except StackError as error:
        console.print(f"[yellow]warning:[/] {escape(str(error))}")


def in_policy(mistake: Mistake) -> str:
    """Return a mistake of a rule as whoever wrote the policy's file reads it."""
    return f"{mistake.path.removeprefix('policy.')}: {mistake.message}"


def wanted_policy(file: Path, in_use: InUse) -> LifecyclePolicy:
    """Return the policy that a file says, with what runs protected. Raises `StackError` where it is not one to prune
    by."""
    from ..blocks.lifecycle import LifecyclePolicy

    written = in_use.added_to(file, _written(file))
    try:
        wanted = LifecyclePolicy.load(written)
    except StackError as error:
        raise StackError(f"{file}: {error}") from None
    if wanted.archive:
        raise StackError(f"{file}: archive: regc prune deletes, and archives nothing; expire, or remove it")
    return wanted


def planned(
    source: str,
    wanted: LifecyclePolicy,
    *,
    inventory: Path | None = None,
    repositories: Sequence[str],
    access: Access,
    concurrency: int,
    assume_created: bool,
    moment: datetime,
    part: Shard | None,
) -> tuple[Plan, int]:
    """Return the plan of what a policy lets go, and of how many artifacts nobody knows when they were pushed."""
    from ..lifecycle import read_inventory, simulate
    from ..lifecycle.execute import plan as plans
    from ..lifecycle.inventory import UNKNOWN

    if inventory is not None:
        found = read_inventory(inventory)
    else:
        found = _collected(
            source, repositories, access, concurrency=concurrency, assume_created=assume_created, part=part
        )
    verdicts = simulate("unified", wanted, found, now=moment)
    made = plans.make(verdicts, server=server_of(source), policy=wanted, now=moment)
    return made, int((found.pushed == UNKNOWN).sum())


def apply(
    source: str,
    *,
    plan: Path,
    journal: Path | None,
    audit: Path | None,
    access: Access,
    concurrency: int,
    limits: Limits,
    as_json: bool,
) -> int:
    """Carry a plan out; return the exit code: 0, or 2 where something was spared or failed."""
    from ..lifecycle.execute import plan as plans
    from ..lifecycle.execute.apply import Pruner, check_limits
    from ..lifecycle.execute.journal import Journal

    server = server_of(source)
    wanted = plans.read(plan)
    if wanted.server != server:
        raise StackError(f"{plan}: is for {wanted.server}, not {server}; make one for {server}")
    old = plans.too_old(wanted, datetime.now(UTC), limits.max_age_hours)
    if old is not None:
        raise StackError(f"{plan}: {old}")
    check_limits(wanted, max_deletes=limits.max_deletes, max_fraction=limits.max_fraction)
    where = journal if journal is not None else plan.with_name(f"{plan.name}.journal")
    told = _teller(as_json)
    with opened(source, access) as client, Journal(where, wanted.digest) as written, _log(audit) as log:

        def heard(entry: dict[str, Any]) -> None:
            told(entry)
            log({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "server": server,
                 "plan": wanted.digest, "policy": wanted.policy, **entry})  # fmt: skip

        before = len(written.settled)
        pruner = Pruner(client, wanted, written, concurrency=concurrency, told=heard)
        with _signals(pruner.stop) as caught:
            result = pruner.run()
    if not as_json:
        earlier = f", {before} by an earlier run" if before else ""
        print(
            f"{result.deleted} deleted{earlier}, {result.gone} gone already, {len(result.spared)} spared, "
            f"{len(result.failed)} failed; the journal: {where}"
        )
    if caught:
        return 128 + caught[0]
    return 0 if result.whole else 2


def undo(source: str, *, journal: Path, access: Access, as_json: bool) -> int:
    """Put back what a journal keeps; return the exit code."""
    from ..lifecycle.execute.apply import restore
    from ..lifecycle.execute.journal import kept

    told, counts = _teller(as_json), {"restored": 0, "failed": 0}
    found = list(kept(journal))
    with opened(source, access) as client:
        for entry in restore(client, found):
            counts[entry["done"]] += 1
            told(dict(entry))
    if not as_json:
        print(f"{counts['restored']} restored, {counts['failed']} failed")
    return 2 if counts["failed"] else 0


def _collected(
    source: str,
    repositories: Sequence[str],
    access: Access,
    *,
    concurrency: int,
    assume_created: bool,
    part: Shard | None,
) -> Any:
    from ..lifecycle import from_records
    from ..lifecycle.collect.oci import Collector

    problems: list[str] = []

    def records(collector: Collector) -> Iterator[dict[str, Any]]:
        names = collector.names(repositories)
        for found in collector.collect(names if part is None else [name for name in names if part.has(name)]):
            problems.extend(found.problems)
            yield from found.records

    with (
        opened(source, access) as client,
        Collector(client, concurrency=concurrency, assume_created=assume_created) as collector,
    ):
        inventory = from_records(records(collector))
    if problems:
        # What could not be read may hold what would be deleted.
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise StackError(f"{problems[0]}{more}; nothing is planned over a registry that cannot be read whole")
    return inventory


def _teller(as_json: bool) -> Callable[[dict[str, Any]], None]:
    def told(entry: dict[str, Any]) -> None:
        if as_json:
            sys.stdout.write(json.dumps(entry, ensure_ascii=False) + "\n")
        elif entry["done"] in {"spared", "failed"}:
            print(f"{entry['done']}: {entry['repository']}@{entry['digest'][:19]}: {entry['why']}")

    return told


@contextmanager
def _log(path: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    if path is None:
        yield lambda _: None
        return
    try:
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise StackError(f"--audit {path}: cannot be written: {error.strerror}") from None
    with file:

        def log(entry: dict[str, Any]) -> None:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()

        yield log


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[list[int]]:
    """Let SIGINT and SIGTERM end a run after what is under way; yield which came."""
    caught: list[int] = []

    def handle(number: int, _: object) -> None:
        caught.append(number)
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


__all__ = ["Limits", "apply", "in_policy", "look", "planned", "undo", "wanted_policy"]
