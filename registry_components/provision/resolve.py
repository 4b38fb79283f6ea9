"""Which path each tool takes: PATH, the official installer, then what is made here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.errors import stack_error
from . import gomodule, official, onpath, standins
from .cache import Slot
from .tool import (
    BENCH_TOOLS,
    BUNDLE,
    CLUSTER_TOOLS,
    KUBERNETES_PROVIDER,
    NAMES,
    PINNED,
    PULUMI,
    TEST_TOOLS,
    Origin,
    Report,
    Tool,
    known,
)


@dataclass(frozen=True)
class Choice:
    """What stands for a name now: the tool (None where it still has to be made), why, and its cache slot if any."""

    name: str
    tool: Tool | None
    why: str
    slot: Slot | None = None


def choose(name: str) -> Choice:
    """Return what stands for a tool now, without making anything."""
    seen = onpath.look(known(name))
    if seen.tool is not None:
        return Choice(name, seen.tool, seen.why)
    if name in BUNDLE and official.slot().finished():
        return _cached(name, official.slot(), "official", f"{seen.why}; installed from the official bundle")
    why = seen.why
    if name in BUNDLE:
        why += f"; {official.failure() or 'the official installer was not tried yet'}"
    place = gomodule.slot(name) if name in gomodule.MODULES else standins.slot()
    if not place.finished():
        return Choice(name, None, why, place)
    origin: Origin = "built" if name in gomodule.MODULES else "script"
    # Once its parts are made, the engine is run from beside them.
    beside = standins.slot() if name == PULUMI and standins.slot().finished() else place
    return _cached(name, place, origin, why, beside)


def _cached(name: str, place: Slot, origin: Origin, why: str, at: Slot | None = None) -> Choice:
    tool = Tool(name, (at or place).folder / "bin" / name, PINNED[name], origin)
    return Choice(name, tool, why, place)


def find(name: str) -> Tool | None:
    """Return the tool that stands for a name now, or None where it still has to be made. Makes nothing."""
    return choose(name).tool


def ensure(names: Sequence[str], report: Report) -> dict[str, Tool]:
    """Return the tools, making those that are missing.

    Each step is told to `report` as a line. Raises `StackError` saying what to install by hand where one cannot be
    made; an interrupted step leaves nothing half made.
    """
    wanted = sorted(set(map(known, names)), key=NAMES.index)
    for name in wanted:
        if choose(name).tool is None:
            _make(name, report)
    return {name: _made(name) for name in wanted}


def _make(name: str, report: Report) -> None:
    why = onpath.look(name).why
    if name in BUNDLE:
        refused = official.install(why, report)
        if refused is None:
            return
        why = f"{why}; {refused}"
    if name in gomodule.MODULES:
        gomodule.build(name, _purpose(name) or why, report)
    else:
        standins.make(why, report)


def _purpose(name: str) -> str:
    if name in CLUSTER_TOOLS:
        return "for a cluster on this machine"
    if name in BENCH_TOOLS:
        return "for a benchmark"
    return "for the tests" if name in TEST_TOOLS else ""


def _made(name: str) -> Tool:
    choice = choose(name)
    if choice.tool is None:
        raise stack_error(f"{name} was made but is not in its place; is something else emptying the cache?")
    return choice.tool


# On PATH they would stand in for the provider that a stack asks for, and for the kubectl of who runs it.
_FOUND = tuple(name for name in NAMES if name not in {KUBERNETES_PROVIDER, *BENCH_TOOLS})


def environment(base: Mapping[str, str] | None = None, *, names: Sequence[str] = _FOUND) -> dict[str, str]:
    """Return `base` (default: this process's environment) with a PATH on which the tools are found.

    Nothing is made: a tool that `ensure` was not asked for may be missing. Tools that came from PATH add nothing
    to it.
    """
    environ = dict(os.environ if base is None else base)
    found = [find(name) for name in names]
    folders = [str(tool.path.parent) for tool in found if tool is not None and tool.origin != "path"]
    environ["PATH"] = os.pathsep.join([*dict.fromkeys(folders), onpath.search_path(environ)])
    return environ
