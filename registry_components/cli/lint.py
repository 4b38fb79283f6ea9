"""`regc lifecycle lint`: what is wrong with a policy although the registry takes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from ..core.errors import StackError
from .lifecycle import _moment, _written

_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


def lint(
    kind: str,
    *,
    policy: Path | None,
    native: Path | None,
    inventory: Path | None,
    now: str | None,
    others: Sequence[Path],
    immutable_tags: bool,
    garbage_collection: str | None,
    strict: bool,
    as_json: bool,
) -> bool:
    """Print the findings; return whether the policy passes."""
    if (policy is None) == (native is None):
        raise StackError("give either --policy with a unified policy or --native with the registry's own")
    if (kind == "unified") != (policy is not None):
        raise StackError("--policy goes with --kind unified, and --native with the kind of a registry")
    if garbage_collection not in {None, "none", "scheduled"}:
        raise StackError(f"--garbage-collection {garbage_collection}: allowed: none, scheduled")
    try:
        from ..lifecycle import read_inventory
        from ..lifecycle.lint.run import Context
        from ..lifecycle.lint.run import lint as found_by
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed; install registry-components[lifecycle]") from None
    written: Any = _written(policy or native)  # type: ignore[arg-type]
    context = Context(
        inventory=read_inventory(inventory) if inventory is not None else None,
        now=_moment(now),
        immutable_tags=immutable_tags,
        garbage_collection=garbage_collection,  # type: ignore[arg-type]
        others=[_written(path) for path in others],
    )
    found = found_by(kind, written, context)
    if as_json:
        rows = [
            {"severity": one.severity, "code": one.code, "path": one.path, "what": one.what, "advice": one.advice}
            for one in found
        ]
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        console = Console(soft_wrap=True, highlight=False)
        for one in found:
            told = str(one).removeprefix(f"{one.severity}: ")
            console.print(f"[{_COLOURS[one.severity]}]{one.severity}:[/] {escape(told)}")
        if not found:
            console.print("nothing found")
    grave = {"error", "warning"} if strict else {"error"}
    return not any(one.severity in grave for one in found)


__all__ = ["lint"]
