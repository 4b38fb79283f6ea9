"""Repairs what a killed engine leaves of a stack's files in a file backend.

The engine (3.259) writes a checkpoint beside its place and moves it there, but writes the file's attributes
(`<stack>.json.attrs`) in place: killed in between, it leaves them empty, and refuses the stack from then on ("failed to
load checkpoint: EOF"). Without attributes the file is read as it is. The checkpoint before is `<stack>.json.bak`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path


def repair(folder: Path, project: str, stack: str) -> list[str]:
    """Repair the stack's files below the backend's `folder`; return a line for each. Nobody may hold the stack's lock.

    Attributes that cannot be read and half-written files are removed; a checkpoint that cannot be read is replaced by
    the one before it, and kept beside it as `<stack>.json.damaged`.
    """
    home = folder / ".pulumi" / "stacks" / project
    checkpoint = home / f"{stack}.json"
    told = []
    for path in (checkpoint, home / f"{stack}.json.bak"):
        attributes = path.with_name(f"{path.name}.attrs")
        if attributes.exists() and not _is_json(attributes):
            attributes.unlink()
            told.append(f"repaired {path.name}, whose attributes an interrupted run left half written")
    for path in home.glob(f"{stack}.json*.tmp"):
        path.unlink()
    backup = home / f"{stack}.json.bak"
    if checkpoint.exists() and not _is_json(checkpoint) and backup.exists() and _is_json(backup):
        damaged = home / f"{stack}.json.damaged"
        checkpoint.replace(damaged)
        shutil.copy2(backup, checkpoint)
        told.append(f"{checkpoint.name} could not be read: went back to the checkpoint before it, kept it as {damaged}")
    return told


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True
