"""`regc env`: which tools are used here, from where, and why."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

from ..core.errors import stack_error
from ..provision import NAMES, Choice, choose, environment
from ..provision.cache import Slot

_PASSPHRASE = Path(".pulumi-state") / "passphrase"
_MISSING = "not made yet; run `make tools`"


def env(*, as_json: bool = False, export: bool = False, verify: bool = False) -> None:
    """Print the tools as a table, as JSON (`as_json`) or as shell lines (`export`).

    With `verify`, cached files are read whole and compared with the checksums of their making first; raises
    `StackError` naming every one that differs.
    """
    choices = [choose(name) for name in NAMES]
    if verify:
        _verify(choices)
    if export:
        print("\n".join(export_lines(Path.cwd())))
    elif as_json:
        print(json.dumps([_record(choice) for choice in choices], indent=2))
    else:
        _table(choices)


def _verify(choices: list[Choice]) -> None:
    slots: dict[Slot, str] = {}
    for choice in choices:
        if choice.slot is not None and choice.tool is not None:
            slots.setdefault(choice.slot, choice.name)
    wrong = [f"  {name}: {line}" for slot, name in slots.items() for line in slot.damage()]
    if wrong:
        raise stack_error(
            "\n".join(
                [
                    "cached tools are not as they were made:",
                    *wrong,
                    "Remove the folder that holds each file, then run `make tools`.",
                ]
            )
        )


def _record(choice: Choice) -> dict[str, str | None]:
    tool = choice.tool
    return {
        "tool": choice.name,
        "version": tool.version if tool else None,
        "origin": tool.origin if tool else None,
        "why": choice.why,
        "location": str(tool.path) if tool else None,
    }


def export_lines(start: Path) -> list[str]:
    """Return the shell lines that make plain `pulumi` work: PATH, and the passphrase file of the checkout if any."""
    # The environment that this command runs in comes first: programs need its Python, and `regc` is there too.
    path = os.pathsep.join([str(Path(sys.prefix) / "bin"), environment()["PATH"]])
    lines = [f"export PATH={shlex.quote(path)}"]
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file():
            if (folder / _PASSPHRASE).is_file():
                lines.append(f"export PULUMI_CONFIG_PASSPHRASE_FILE={shlex.quote(str(folder / _PASSPHRASE))}")
            break
    return lines


def _table(choices: list[Choice]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("tool", "version", "origin", "why", "location")
    for choice in choices:
        tool = choice.tool
        if tool is None:
            table.add_row(choice.name, "-", "missing", choice.why, _MISSING)
        else:
            table.add_row(choice.name, tool.version, tool.origin, choice.why, str(tool.path))
    # Away from a terminal nothing is cut to a width: the lines are for other programs.
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 400).print(table)
