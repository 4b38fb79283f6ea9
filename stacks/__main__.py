"""Picks the program of the selected stack: `stacks/<stack>.py`."""

import importlib
import sys
from pathlib import Path

import pulumi

HERE = Path(__file__).parent
# Pulumi calls every other code an error that nobody handled; this one says that the message was told.
TOLD = 32


def main() -> None:
    """Run the selected stack's program, or say which stacks there are."""
    stack = pulumi.get_stack()
    known = sorted(path.stem for path in HERE.glob("[!_.]*.py"))
    if stack not in known:
        raise pulumi.RunError(
            f"stack {stack!r} has no program; known stacks: {', '.join(known)}. "
            f"Select one of them, or write stacks/{stack}.py."
        )
    importlib.import_module(stack)


try:
    main()
except pulumi.RunError as error:
    pulumi.log.error(str(error))
    sys.exit(TOLD)
