"""Globs as regular expressions, for registries whose filters are such."""

from __future__ import annotations

from collections.abc import Sequence

from ..patterns import doublestar


def inner(glob: str) -> str:
    """Return the regular expression of a glob without its anchors."""
    if glob in {"", "**"}:
        return ".*"
    return doublestar(glob)[1:-1].replace(r"\-", "-")


def either(globs: Sequence[str]) -> str:
    """Return the regular expression of several globs, without anchors."""
    found = [inner(glob) for glob in dict.fromkeys(globs)]
    return found[0] if len(found) == 1 else f"(?:{'|'.join(found)})"


def without(globs: Sequence[str], excluded: Sequence[str]) -> str:
    """Return the regular expression of what some globs match and none of the excluded, without anchors."""
    return (f"(?!{either(excluded)}$)" if excluded else "") + either(globs)


__all__ = ["either", "inner", "without"]
