"""What everything in a Nexus has: a name, and whether one that is there already is taken."""

from __future__ import annotations

from ...core.checked import CheckedArgs
from .words import Name


class Named(CheckedArgs):
    """Something in a Nexus."""

    name: Name | None = None
    """Its name; for a role and a user what Nexus calls its id. Default: its key."""
    adopt: bool = False
    """Take one of that name that is there already, and change it to what is said here. Without it one that is not
    equal is refused. Default: false."""


def named(key: str, thing: Named) -> str:
    """Return a thing's name: what was said, or its key."""
    return key if thing.name is None else thing.name


__all__ = ["Named", "named"]
