"""Patterns of tags and repositories: translated once, matched over whole columns."""

from __future__ import annotations

import functools
import re

import numpy as np
import polars as pl

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


@functools.cache
def doublestar(pattern: str) -> str:
    """Return the regular expression of a doublestar pattern.

    `*` and `?` do not cross `/`, `**` does; `{a,b}` is either, `[a-z]` is a class. An empty pattern matches all.
    Raises `ValueError` where a brace or bracket is not closed.
    """
    if pattern == "":
        return "^.*$"
    out, i, depth = [], 0, 0
    while i < len(pattern):
        char = pattern[i]
        if pattern.startswith("**", i):
            if pattern.startswith("**/", i) and (i == 0 or pattern[i - 1] == "/"):
                out.append("(?:.*/)?")
                i += 3
                continue
            if out and out[-1] == "/" and i + 2 == len(pattern):
                out[-1] = "(?:/.*)?"
            else:
                out.append(".*")
            i += 2
            continue
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "{":
            depth += 1
            out.append("(?:")
        elif char == "}" and depth:
            depth -= 1
            out.append(")")
        elif char == "," and depth:
            out.append("|")
        elif char == "[":
            end = pattern.find("]", i + 2)
            if end < 0:
                raise ValueError(f"the bracket in {pattern!r} is not closed")
            inside = pattern[i + 1 : end]
            negated = inside[0] in "!^"
            out.append(f"[{'^' if negated else ''}{re.escape(inside[negated:]).replace(chr(92) + '-', '-')}]")
            i = end
        elif char == "\\" and i + 1 < len(pattern):
            i += 1
            out.append(re.escape(pattern[i]))
        else:
            out.append(re.escape(char) if char != "/" else "/")
        i += 1
    if depth:
        raise ValueError(f"the brace in {pattern!r} is not closed")
    return f"^{''.join(out)}$"


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
