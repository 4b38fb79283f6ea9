"""`regc lifecycle`: what a policy would do, before it does it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..core.errors import StackError

_MOST_ROWS = 40
_LARGEST_POLICY = 4 * 1024**2
_COLOURS = {"keep": "green", "delete": "red", "archive": "yellow", "untag": "yellow"}


@dataclass(frozen=True)
class InUse:
    """Listings of images that run."""

    files: Sequence[Path] = ()
    allow_empty: bool = False
    cluster: bool = False
    """Ask the Kubernetes API of the pod that this runs in, too."""

    def added_to(self, file: Path, written: Any) -> Any:
        """Return a unified policy that protects what runs as well."""
        if not self.files and not self.cluster:
            return written
        from ..blocks.lifecycle import LifecyclePolicy
        from ..lifecycle.in_use import read

        try:
            policy = LifecyclePolicy.load(written)
        except StackError as error:
            raise StackError(f"{file}: {error}") from None
        found = [image for listing in self.files for image in read(listing, allow_empty=self.allow_empty)]
        if self.cluster:
            from ..lifecycle import in_use_cluster

            found += in_use_cluster.read(os.environ, allow_empty=self.allow_empty)
        protect = policy.protect.model_copy(update={"in_use": [*policy.protect.in_use, *dict.fromkeys(found)]})
        return policy.model_copy(update={"protect": protect})


def simulate(
    kind: str,
    *,
    policy: Path | None,
    native: Path | None,
    inventory: Path,
    now: str | None,
    as_json: bool,
    accept: Sequence[str] | None = None,
    report: Path | None = None,
    in_use: InUse = InUse(),
) -> None:
    """Print the verdict on each artifact: a table for people, an array with `as_json`."""
    judged_at = _moment(now) or datetime.now(UTC)
    written = _policy_of(kind, policy, native, in_use)
    unified = policy is not None
    verdicts = _verdicts(kind, written, inventory, judged_at.isoformat(), unified=unified, accept=accept)
    if report is not None:
        _write_report(verdicts, report, kind, written, now=judged_at, unified=unified, accept=accept)
    if as_json:
        _print_json(verdicts)
        return
    console = Console()
    counts = verdicts.counts()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("action", "artifact", "tags", "rule", "reason"):
        table.add_column(title, overflow="fold")
    shown = 0
    for record in verdicts.records():
        if record["action"] == "keep" or shown == _MOST_ROWS:
            continue
        shown += 1
        colour = _COLOURS[record["action"]]
        table.add_row(
            f"[{colour}]{record['action']}[/]",
            escape(f"{record['repository']}@{record['digest'][:19]}"),
            escape(", ".join(record["tags"])),
            escape(str(record["rule"] or "")),
            escape(record["reason"]),
        )
    going = sum(counts.values()) - counts["keep"]
    if shown:
        console.print(table)
    if going > shown:
        console.print(f"… and {going - shown} more; --json has all")
    for warning in verdicts.warnings:
        console.print(f"[yellow]warning:[/] {escape(warning)}")
    told = ", ".join(f"{number} {name}" for name, number in counts.items())
    caveat = verdicts.caveat()
    but = f" ({caveat})" if caveat else ""
    console.print(f"{len(verdicts.inventory)} artifacts: {told}; {verdicts.freed()} bytes get free{but}")


def _write_report(
    verdicts: Any,
    report: Path,
    kind: str,
    said: tuple[Path, Any],
    *,
    now: datetime,
    unified: bool,
    accept: Sequence[str] | None,
) -> None:
    file, written = said
    try:
        from ..lifecycle import report as pages
        from ..lifecycle.simulation import simulate as run
        from ..lifecycle.simulation import simulate_translated

        def later(when: datetime) -> Any:
            if unified and kind != "unified":
                return simulate_translated(kind, written, verdicts.inventory, now=when, accept_differences=accept)
            return run(kind, written, verdicts.inventory, now=when)

        pages.write(pages.make(verdicts, later, kind=kind, source=file.name, now=now), report)
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed; install registry-components[lifecycle]") from None
    sys.stderr.write(f"the report: {report}\n")


def explain(
    kind: str,
    image: str,
    *,
    policy: Path | None,
    native: Path | None,
    inventory: Path,
    now: str | None,
    as_json: bool,
    accept: Sequence[str] | None = None,
    in_use: InUse = InUse(),
) -> None:
    """Print one artifact's verdict. Raises `StackError` where the inventory does not have it."""
    written = _policy_of(kind, policy, native, in_use)
    verdicts = _verdicts(kind, written, inventory, now, unified=policy is not None, accept=accept)
    name, at, digest = image.partition("@")
    tag = ""
    if not at:
        name, colon, tag = image.rpartition(":")
        if not colon:
            raise StackError(f"{image}: give an image with its tag or digest, such as shop/api:v1")
    found = verdicts.inventory
    if name not in found.repositories:
        raise StackError(f"{image}: the inventory has no repository {name}")
    position = found.repositories.index(name)
    for row in range(int(found.starts[position]), int(found.starts[position + 1])):
        if (digest and str(found.digest[row]) == digest) or (tag and tag in found.tags_of(row)):
            record = verdicts.record(row)
            if as_json:
                print(json.dumps(record))
                return
            print(f"{record['repository']}@{record['digest']}")
            print(f"  tags    {', '.join(found.tags_of(row)) or 'none'}")
            print(f"  action  {record['action']}")
            print(f"  rule    {record['rule'] or 'none'}")
            print(f"  reason  {record['reason']}")
            return
    raise StackError(f"{image}: the inventory has no such artifact in {name}")


def _policy_of(kind: str, policy: Path | None, native: Path | None, in_use: InUse) -> tuple[Path, Any]:
    """Return the file of a policy and what it says, with what runs."""
    from ..lifecycle.simulation import ALL_KINDS

    if kind not in ALL_KINDS:
        raise StackError(f"--kind {kind}: is not known; allowed: {', '.join(ALL_KINDS)}")
    if (policy is None) == (native is None):
        raise StackError("give either --policy with a unified policy or --native with the registry's own")
    if native is not None and kind == "unified":
        raise StackError("--kind unified takes --policy")
    file = policy or native
    if file is None:  # one of the two is there
        raise AssertionError
    if native is not None and in_use.files:
        raise StackError("--in-use goes with --policy: a registry's own policy does not know what runs")
    return file, in_use.added_to(file, _written(file))


def _verdicts(
    kind: str, said: tuple[Path, Any], inventory: Path, now: str | None, *, unified: bool, accept: Sequence[str] | None
) -> Any:
    file, written = said
    moment = _moment(now)
    try:
        from ..lifecycle import read_inventory, simulate
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed; install registry-components[lifecycle]") from None
    try:
        read = read_inventory(inventory)
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed; install registry-components[lifecycle]") from None
    try:
        if unified and kind != "unified":
            from ..lifecycle.simulation import simulate_translated

            return simulate_translated(kind, written, read, now=moment, accept_differences=accept)
        return simulate(kind, written, read, now=moment)
    except StackError as error:
        raise StackError(f"{file}: {error}") from None


def compile_(
    kind: str, *, policy: Path, repository: str | None, accept: Sequence[str] | None, out: Path | None
) -> None:
    """Print a unified policy in the words of a registry, and on stderr what it was compared on."""
    written = _written(policy)
    try:
        from ..lifecycle.compile import compile_policy

        made = compile_policy(kind, written, repository=repository, accept_differences=accept)
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed; install registry-components[lifecycle]") from None
    except StackError as error:
        raise StackError(f"{policy}: {error}") from None
    text = json.dumps(made.document, indent=2) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise StackError(f"--out {out}: cannot be written: {error.strerror}") from None
    for difference in made.accepted:
        sys.stderr.write(f"accepted, {difference.name}: {difference.told(made.registry)}\n")
    for name in made.deferred:
        sys.stderr.write(f"up to two days later: {name.partition(':')[2]} go after what they hang on\n")
    but = ", but for what was accepted" if made.accepted else ""
    sys.stderr.write(
        f"{made.registry} does the same as the policy on {made.cases} cases with {made.artifacts} artifacts, built "
        f"from the boundaries of both{but}\n"
    )


def _written(path: Path) -> Any:
    try:
        if path.stat().st_size > _LARGEST_POLICY:
            raise StackError(f"{path}: is larger than a policy can be ({_LARGEST_POLICY} bytes)")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StackError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise StackError(f"{path}: is not UTF-8 text") from None
    try:
        if path.suffix.lower() in {".yaml", ".yml"}:
            return yaml.safe_load(text)
        return json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("acr purge"):
            return [line for line in text.splitlines() if line.strip()]
        raise StackError(f"{path}: line {error.lineno}: is not JSON: {error.msg}") from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        told = getattr(error, "problem", None) or "it is nested too deep"
        raise StackError(f"{path}: {where}is not YAML: {told}") from None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise StackError(f"--now {text}: is not a time such as 2026-11-24T00:00:00Z") from None
    if found.tzinfo is None:
        raise StackError(f"--now {text}: says no time zone; write {text}Z where it is UTC")
    return found


def _print_json(verdicts: Any) -> None:
    """Print an array, one artifact a line: a reader of a million can begin at once."""
    write = sys.stdout.write
    write("[")
    first = True
    for record in verdicts.records():
        write("\n" if first else ",\n")
        first = False
        write(json.dumps(record, ensure_ascii=False))
    write("\n]\n")
    for warning in verdicts.warnings:
        sys.stderr.write(f"warning: {warning}\n")


__all__ = ["InUse", "compile_", "explain", "simulate"]
