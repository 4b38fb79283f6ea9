"""Parses the `WWW-Authenticate` header (RFC 9110, section 11) as registries send it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"[ \t,]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in that a server offers: `scheme` and the names of `parameters` are in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)


def parse_challenges(header: str) -> list[Challenge]:
    """Return the challenges of a header value, in the server's order.

    Never raises: reading stops at the first malformed part, and what stood before it is returned.
    """
    found: list[Challenge] = []
    at = _end(_GAP, header, 0)
    while scheme := _TOKEN.match(header, at):
        at = _end(_SPACE, header, scheme.end())
        parameters: dict[str, str] = {}
        found.append(Challenge(scheme.group().lower(), parameters))
        # A token68 stands in place of parameters; `a=b` is a parameter and not a token68.
        single = _TOKEN68.match(header, at) if at > scheme.end() else None
        at = single.end() if single is not None else _parameters(header, at, parameters)
        gap = _end(_GAP, header, at)
        if gap < len(header) and "," not in header[at:gap]:
            break
        at = gap
    return found


def _parameters(header: str, at: int, into: dict[str, str]) -> int:
    """Read `name=value` pairs from `at` on; return where they end."""
    end = at
    while name := _TOKEN.match(header, at):
        equals = _EQUALS.match(header, name.end())
        if equals is None:
            return end
        value = _QUOTED.match(header, equals.end()) or _TOKEN.match(header, equals.end())
        if value is None:
            return end
        text = value.group()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
        # The first of two equal names wins: the second may have been added on the way.
        into.setdefault(name.group().lower(), text)
        end = value.end()
        at = _end(_GAP, header, end)
        if "," not in header[end:at]:
            return end
    return end


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match is not None else at
