"""Patterns as automata: a shortest text for every combination of patterns that some text matches."""

from __future__ import annotations

import functools
import itertools
import string
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ..patterns import doublestar

Dialect = Literal["doublestar", "wildcard", "prefix"]
"""`doublestar` as the unified policy and Harbor have it; `wildcard` knows `*` alone (ECR); `prefix` is a beginning."""

_MOST_ALTERNATIVES: Final = 256
_MOST_STATES: Final = 10_000
_LONGEST: Final = 128
_TAG_FIRST: Final = frozenset(string.ascii_letters + string.digits + "_")
_TAG: Final = _TAG_FIRST | frozenset(".-")
_REPOSITORY: Final = frozenset(string.ascii_lowercase + string.digits + "._-/")


class TooManyError(ValueError):
    """Patterns that have more combinations than can be told apart."""


@dataclass(frozen=True)
class _Atom:
    """One step: a character of `allowed` (None is any), `many` times; a slash only where `slash`."""

    allowed: frozenset[str] | None
    many: bool = False
    slash: bool = True
    negated: bool = False

    def takes(self, char: str) -> bool:
        if char == "/" and not self.slash:
            return False
        return self.allowed is None or ((char in self.allowed) != self.negated)


_ANY = _Atom(None, many=True)
_ANY_BUT_SLASH = _Atom(None, many=True, slash=False)
_ONE_BUT_SLASH = _Atom(None, slash=False)


@functools.cache
def alternatives(pattern: str) -> tuple[str, ...]:
    """Return the patterns without braces that a pattern stands for. Raises `TooManyError` beyond 256."""
    start = pattern.find("{")
    if start < 0:
        return (pattern,)
    depth, parts, last = 0, [], start + 1
    for end in range(start, len(pattern)):
        char = pattern[end]
        if char == "{":
            depth += 1
        elif char == "," and depth == 1:
            parts.append(pattern[last:end])
            last = end + 1
        elif char == "}":
            depth -= 1
            if not depth:
                parts.append(pattern[last:end])
                break
    found = [
        pattern[:start] + middle + rest
        for part in parts
        for middle in alternatives(part)
        for rest in alternatives(pattern[end + 1 :])
    ]
    if len(found) > _MOST_ALTERNATIVES:
        raise TooManyError(f"{pattern!r} stands for more than {_MOST_ALTERNATIVES} patterns")
    return tuple(dict.fromkeys(found))


def _doublestar(pattern: str) -> Iterable[list[_Atom]]:
    """Yield the sequences of steps of a pattern without braces; `**/` may stand for nothing, and so may `/**`."""
    if pattern == "":
        yield [_ANY]
        return
    pieces: list[list[list[_Atom]]] = []
    i = 0
    while i < len(pattern):
        char = pattern[i]
        if pattern.startswith("**/", i) and (i == 0 or pattern[i - 1] == "/"):
            pieces.append([[], [_ANY, _Atom(frozenset("/"))]])
            i += 3
        elif pattern.startswith("/**", i) and i + 3 == len(pattern):
            pieces.append([[], [_Atom(frozenset("/")), _ANY]])
            i += 3
        elif pattern.startswith("**", i):
            pieces.append([[_ANY]])
            i += 2
        elif char == "[":
            end = pattern.find("]", i + 2)
            inside = pattern[i + 1 : end]
            negated = inside[0] in "!^"
            pieces.append([[_Atom(_members(inside[negated:]), negated=negated)]])
            i = end + 1
        else:
            if char == "\\" and i + 1 < len(pattern):
                i += 1
                char = "\\" + pattern[i]
            atom = {"*": _ANY_BUT_SLASH, "?": _ONE_BUT_SLASH}.get(char) or _Atom(frozenset(char[-1]))
            pieces.append([[atom]])
            i += 1
    for chosen in itertools.product(*pieces):
        yield [atom for piece in chosen for atom in piece]


def _members(inside: str) -> frozenset[str]:
    found: set[str] = set()
    i = 0
    while i < len(inside):
        if i + 2 < len(inside) and inside[i + 1] == "-":
            found.update(chr(code) for code in range(ord(inside[i]), ord(inside[i + 2]) + 1))
            i += 3
        else:
            found.add(inside[i])
            i += 1
    return frozenset(found)


@functools.cache
def _sequences(pattern: str, dialect: Dialect) -> tuple[tuple[_Atom, ...], ...]:
    if dialect == "prefix":
        return ((*(_Atom(frozenset(char)) for char in pattern), _ANY),)
    if dialect == "wildcard":
        return (tuple(_ANY if char == "*" else _Atom(frozenset(char)) for char in pattern),)
    doublestar(pattern)
    return tuple(tuple(steps) for plain in alternatives(pattern) for steps in _doublestar(plain))


class _Automaton:
    """All sequences of one pattern, its states as the bits of a number."""

    def __init__(self, sequences: Iterable[tuple[_Atom, ...]]) -> None:
        self._atoms: list[_Atom | None] = []
        starts = 0
        self._accepting = 0
        for steps in sequences:
            starts |= 1 << len(self._atoms)
            self._atoms.extend(steps)
            self._accepting |= 1 << len(self._atoms)
            self._atoms.append(None)
        self.start = self._closed(starts)

    def _closed(self, states: int) -> int:
        for index, atom in enumerate(self._atoms):
            if states >> index & 1 and atom is not None and atom.many:
                states |= 1 << (index + 1)
        return states

    def step(self, states: int, char: str) -> int:
        found = 0
        while states:
            low = states & -states
            index = low.bit_length() - 1
            states ^= low
            atom = self._atoms[index]
            if atom is not None and atom.takes(char):
                found |= low if atom.many else low << 1
        return self._closed(found)

    def accepts(self, states: int) -> bool:
        return bool(states & self._accepting)


def classes(
    patterns: Sequence[tuple[str, Dialect]], kind: Literal["tag", "repository"]
) -> list[tuple[str, tuple[bool, ...]]]:
    """Return a shortest text for each combination of patterns that some tag (or repository) matches, and no other.

    Raises `TooManyError` where there are too many to look at.
    """
    machines = [_Automaton(_sequences(pattern, dialect)) for pattern, dialect in patterns]
    alphabet = _alphabet(patterns, _TAG if kind == "tag" else _REPOSITORY)
    first = [char for char in alphabet if char in _TAG_FIRST]
    start = tuple(machine.start for machine in machines)
    # No text is empty: the start is not seen before a text leads there again.
    seen: set[tuple[int, ...]] = set()
    found: dict[tuple[bool, ...], str] = {}
    second: dict[tuple[bool, ...], str] = {}
    waiting = deque([("", start)])
    steps: dict[tuple[int, int, str], int] = {}
    while waiting:
        text, states = waiting.popleft()
        if text and text[-1] != "/":
            signature = tuple(machine.accepts(state) for machine, state in zip(machines, states, strict=True))
            # A text that ends in a separator is the second choice: it is no repository's name, and reads badly.
            (found if text[-1] not in "._-" else second).setdefault(signature, text)
        if len(text) == _LONGEST:
            continue
        for char in alphabet if text and (text[-1] not in "._/-" or kind == "tag") else first:
            following = []
            for number, (machine, state) in enumerate(zip(machines, states, strict=True)):
                key = (number, state, char)
                if key not in steps:
                    steps[key] = machine.step(state, char)
                following.append(steps[key])
            # Where a text may end depends on its last character as well.
            new = (char in "._-/", *following)
            if new in seen:
                continue
            seen.add(new)
            if len(seen) > _MOST_STATES:
                raise TooManyError(f"{len(patterns)} patterns have more than {_MOST_STATES} combinations")
            waiting.append((text + char, tuple(following)))
    if kind == "tag":
        found = second | found
    return [(text, signature) for signature, text in found.items()]


def twins(tags: Iterable[str], patterns: Sequence[tuple[str, Dialect]]) -> list[tuple[str, str]]:
    """Return tags, each with another, a character longer, that the same patterns match; one without is left out."""
    machines = [_Automaton(_sequences(pattern, dialect)) for pattern, dialect in patterns]

    def matched(candidate: str) -> list[bool]:
        found = []
        for machine in machines:
            states = machine.start
            for char in candidate:
                states = machine.step(states, char)
            found.append(machine.accepts(states))
        return found

    # A tag may begin with these too.
    more = [char for char in _alphabet(patterns, _TAG) if char.isalnum()]

    def longer(tag: str) -> Iterator[str]:
        for place, char in itertools.product(range(len(tag), -1, -1), more):
            yield f"{tag[:place]}{char}{tag[place:]}"

    found = []
    for tag in tags:
        wanted = matched(tag)
        other = next((candidate for candidate in longer(tag) if matched(candidate) == wanted), None)
        if other is not None:
            found.append((tag, other))
    return found


def _alphabet(patterns: Sequence[tuple[str, Dialect]], allowed: frozenset[str]) -> list[str]:
    """Return the characters that patterns tell apart, and one that stands for all others."""
    atoms = {
        atom.allowed for pattern, dialect in patterns for steps in _sequences(pattern, dialect) for atom in steps
        if atom.allowed is not None
    }  # fmt: skip
    seen: dict[tuple[bool, ...], str] = {}
    ordered = sorted(atoms, key=sorted)
    preferred = "1" + string.ascii_lowercase + string.digits + string.ascii_uppercase + "._-/"
    for char in preferred:
        if char in allowed:
            # What a separator may stand beside is a rule of its own.
            sort = (char in "._-", char == "/")
            seen.setdefault((*sort, *(char in members for members in ordered)), char)
    return list(seen.values())


__all__ = ["Dialect", "TooManyError", "alternatives", "classes", "twins"]
