"""`regc rehearse`: a stack's whole life on the real engine against emulated clouds."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from ..core.errors import StackError
from ..provision import ensure
from ..rehearsal.graph import tree
from ..rehearsal.project import Misuse, find_project
from ..rehearsal.report import Report, ResourceReport, StepReport, short_type

_TOOLS = ("pulumi", "pulumi-language-python", "pulumi-resource-pulumi-python")
_COLOURS = {"passed": "green", "failed": "red", "skipped": "yellow", "real": "green", "emulated": "cyan"}
_MOST_RESOURCES = 60
_NEEDED = ("boto3", "moto", "jinja2", "googleapiclient", "azure.mgmt.containerregistry")


def command(
    stack: str | None,
    *,
    program: Path | None,
    config_file: Path | None,
    change: Sequence[str],
    secret: Sequence[str],
    given: Path | None,
    allow_unknown: bool,
    network: bool,
    docker: str | None,
    keep: Path | None,
    html: Path | None,
    as_json: bool,
) -> int:
    """Rehearse, and show what it showed. Return 0 where everything held, 1 where not, 2 where nothing ran."""
    # What the person sees goes to stderr where JSON has stdout.
    console = Console(stderr=as_json)
    try:
        project = find_project(stack, program, config_file)
        changes, secrets = _settings("--change", change), _secrets(secret)
        if keep is not None and keep.exists() and any(keep.iterdir()):
            raise Misuse(f"--keep {keep}: is not empty; give a new folder")
        if given is not None and not (given / "Pulumi.yaml").is_file():
            raise Misuse(f"--given {given}: has no Pulumi.yaml; give the folder of a project that makes what is there")
        _require_extra()
        if docker is not None:
            _require_engine(docker)
    except Misuse as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    ensure(_TOOLS, lambda line: print(line, file=sys.stderr, flush=True))

    from ..rehearsal.life import Wanted, rehearse

    wanted = Wanted(
        project=project,
        change=changes,
        secrets=secrets,
        given=given,
        allow_unknown=allow_unknown,
        network=network,
        docker=docker,
    )
    console.print(
        f"Rehearsing [bold]{escape(project.name)}/{escape(project.stack)}[/] in {escape(str(project.root))}",
        soft_wrap=True,
    )
    place: AbstractContextManager[str] = (
        nullcontext(str(keep.resolve())) if keep else tempfile.TemporaryDirectory(prefix="regc-rehearsal-")
    )
    with place as folder:
        report = rehearse(wanted, Path(folder), lambda told: _step(console, told))
    _show(console, report)
    target = html or Path(f"rehearsal-{project.stack}.html")
    _write(target, report)
    console.print(f"report   {escape(str(target))}", highlight=False, soft_wrap=True)
    if keep:
        console.print(f"kept     {escape(str(keep))}", highlight=False, soft_wrap=True)
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    return 0 if report.passed else 1


def _require_engine(address: str) -> None:
    from ..rehearsal.docker_engine import DockerApi

    try:
        api = DockerApi(address, Path.cwd())
        try:
            api.call("GET", "/version")
        finally:
            api.close()
    except StackError as error:
        raise Misuse(f"--docker: {error}") from None


def _require_extra() -> None:
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if not _found(name, find_spec)]
    if missing:
        raise Misuse(f"{', '.join(missing)} is not installed; install registry-components[rehearsal]")


def _found(name: str, find: object) -> bool:
    try:
        return find(name) is not None  # type: ignore[operator]
    except ModuleNotFoundError:
        return False


def _settings(option: str, words: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise Misuse(f"{option} {word}: give KEY=VALUE, as in {option} services='[\"api\"]'")
        found[key] = value
    return found


def _secrets(names: Sequence[str]) -> dict[str, str]:
    """Return secret settings, whose values come from the environment: a command line is everybody's to read."""
    import os

    found: dict[str, str] = {}
    for name in names:
        key, equals, variable = name.partition("=")
        if not equals or not key or not variable:
            raise Misuse(f"--secret {key}: give KEY=VARIABLE, the name of an environment variable that holds it")
        if variable not in os.environ:
            raise Misuse(f"--secret {key}={variable}: the environment has no variable {variable}")
        found[key] = os.environ[variable]
    return found


def _step(console: Console, told: StepReport | str) -> None:
    if isinstance(told, str):
        if console.is_terminal:
            console.print(f"  [dim]{told} …[/]", end="\r")
        return
    operations = ", ".join(f"{number} {name}" for name, number in told.operations.items())
    line = f"{told.title:<9} [{_COLOURS[told.status]}]{told.status:<7}[/] {told.seconds:6.1f} s  {operations}"
    console.print(f"  {line}", highlight=False)
    if told.message:
        style = "red" if told.status == "failed" else "dim"
        for text in told.message.splitlines():
            console.print(f"    [{style}]{escape(text)}[/]", highlight=False, soft_wrap=True)


def _show(console: Console, report: Report) -> None:
    console.print()
    if len(report.resources) <= _MOST_RESOURCES:
        console.print(_tree(report))
    else:
        console.print(_table(report.resources))
    behind = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("provider", "real", "emulated", "skipped", "refused", "what stood behind it"):
        behind.add_column(title, justify="right" if title in {"real", "emulated", "skipped", "refused"} else "left")
    for found in report.emulators:
        counts = [str(found.operations[proof]) for proof in ("real", "emulated", "skipped")]
        behind.add_row(found.package, *counts, str(found.refused), found.behind)
    console.print(behind)
    for title, items in (
        ("taken to be there", report.assumed),
        ("stand-ins for secret settings", report.stand_ins),
        ("held after destroy", _held(report)),
        ("not checked", report.not_checked),
    ):
        if items:
            console.print(f"[dim]{title}:[/] {escape('; '.join(items))}", highlight=False, soft_wrap=True)
    proofs = report.proofs()
    result = "[green]passed[/]" if report.passed else "[red]failed[/]"
    counted = ", ".join(f"{number} {proof}" for proof, number in proofs.items() if number)
    console.print(f"\n{result}: {len(report.resources)} resources ({counted}) in {report.seconds:.1f} s")


def _tree(report: Report) -> Tree:
    by_parent = tree(report.resources)
    root = Tree(f"[bold]{escape(report.project)}/{escape(report.stack)}[/]", guide_style="dim")

    def add(branch: Tree, urn: str) -> None:
        for resource in by_parent.get(urn, ()):
            proof = "" if resource.proof is None else f" [{_COLOURS.get(resource.proof, 'yellow')}]{resource.proof}[/]"
            marks = "".join(f" [dim]{mark}[/]" for mark, on in _marks(resource) if on)
            text = f"{escape(resource.name)} [dim]{escape(short_type(resource.type))}[/]{proof}{marks}"
            add(branch.add(text, highlight=False), resource.urn)

    add(root, "")
    return root


def _marks(resource: ResourceReport) -> Sequence[tuple[str, bool]]:
    return (("protected", resource.protected), ("retained", resource.retained))


def _table(resources: Sequence[ResourceReport]) -> Table:
    counts: Mapping[tuple[str, str], int] = Counter((r.type, r.proof or "component") for r in resources)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("type", "proof", "number"):
        table.add_column(title)
    for (type_, proof), number in sorted(counts.items()):
        table.add_row(escape(type_), proof, str(number))
    return table


def _held(report: Report) -> list[str]:
    expected = Counter(item.reason for item in report.held if item.expected)
    named = [f"{short_type(item.type)} {item.name} ({item.reason})" for item in report.held if not item.expected]
    return [*named, *(f"{number} resources {reason}" for reason, number in expected.items())]


def _write(target: Path, report: Report) -> None:
    from ..rehearsal.page import html

    try:
        target.write_text(html(report), encoding="utf-8")
    except OSError as error:
        raise StackError(f"--html {target}: {error.strerror}") from None


__all__ = ["command"]
