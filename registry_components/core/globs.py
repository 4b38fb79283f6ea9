"""Patterns of repositories and tags as regular expressions, which Python and Go read alike."""

from __future__ import annotations

import functools
import re


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


__all__ = ["doublestar"]
