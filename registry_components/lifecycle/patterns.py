"""Patterns of tags and repositories: translated once, matched over whole columns."""

from __future__ import annotations

import functools
import re

import numpy as np
import polars as pl

from ..core.globs import doublestar
from .inventory import Bools


@functools.cache
def wildcard(pattern: str) -> str:
    """Return the regular expression of a pattern in which `*` is any run of characters and nothing else is special."""
    return "^" + ".*".join(re.escape(part) for part in pattern.split("*")) + "$"


def _plain(values: pl.Series, pattern: str) -> pl.Series | None:
    """Match the usual patterns without a regular expression; None where it takes one."""
    if "*" not in pattern:
        return values == pattern
    if set(pattern) == {"*"}:
        return values.is_not_null()
    if pattern.count("*") == 1:
        if pattern.endswith("*"):
            return values.str.starts_with(pattern[:-1])
        if pattern.startswith("*"):
            return values.str.ends_with(pattern[1:])
    return None


def matches_wildcard(values: pl.Series, pattern: str) -> Bools:
    """Return which values a pattern of `*` matches as a whole."""
    found = _plain(values, pattern)
    if found is None:
        found = values.str.contains(wildcard(pattern))
    return _bools(found)


def matches_doublestar(values: pl.Series, pattern: str) -> Bools:
    """Return which values a doublestar pattern matches as a whole."""
    if pattern in {"", "**"}:
        return np.ones(len(values), dtype=bool)
    simple = re.fullmatch(r"[^*?{}\[\]\\/]*\*?", pattern) is not None
    if simple and not values.str.contains("/", literal=True).any():
        found = _plain(values, pattern)
        if found is not None:
            return _bools(found)
    return _bools(values.str.contains(doublestar(pattern)))


def matches_prefix(values: pl.Series, prefix: str) -> Bools:
    """Return which values begin so."""
    return _bools(values.str.starts_with(prefix))


def matches_any(values: pl.Series, patterns: list[str]) -> Bools:
    """Return which values at least one doublestar pattern matches."""
    found = np.zeros(len(values), dtype=bool)
    for pattern in patterns:
        found |= matches_doublestar(values, pattern)
    return found


def _bools(found: pl.Series) -> Bools:
    return found.fill_null(value=False).to_numpy().astype(bool)


__all__ = ["doublestar", "matches_any", "matches_doublestar", "matches_prefix", "matches_wildcard", "wildcard"]
