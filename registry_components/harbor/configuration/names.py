"""How things are called in Harbor."""

from __future__ import annotations

from typing import Any


def named(key: str, thing: Any) -> str:
    """Return a thing's name: what was said, or its key."""
    return key if thing.name is None else str(thing.name)


__all__ = ["named"]
