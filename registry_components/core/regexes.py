"""Checks a regular expression against the syntax that Go's `regexp` takes.

Python's own compiler accepts what Go refuses (look-around, back-references), and the registry does not start with an
expression that Go refuses. The grammar here is the part of Go's that patterns for URLs need.
"""

from __future__ import annotations

import re

_MAX_REPEAT = 1000
_MAX_LENGTH = 1000
_MAX_DEPTH = 100
_COUNT = re.compile(r"\{([0-9]+)(?:,([0-9]*))?\}")
_GROUP = re.compile(r"\(\?(?:P?<[A-Za-z_][A-Za-z0-9_]*>|[imsU]*(?:-[imsU]+)?:|(?=[imsU-])[imsU]*(?:-[imsU]+)?\))")
_POSIX = re.compile(r"\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]")


class _RefusedError(Exception):
    pass


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.names = text, 0, set[str]()

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def alternatives(self, depth: int) -> int:
        """Read up to the closing parenthesis; return the largest product of repeat counts inside."""
        if depth > _MAX_DEPTH:
            raise _RefusedError("nests more than 100 groups")
        largest = 1
        while self.peek() not in ("", ")"):
            if self.peek() == "|":
                self.at += 1
                continue
            largest = max(largest, self.repeated(depth))
        return largest

    def repeated(self, depth: int) -> int:
        count, repeatable = self.atom(depth)
        found = _COUNT.match(self.text, self.at)
        if self.peek() not in ("*", "+", "?") and not found:
            return count
        if not repeatable:
            raise _RefusedError(f"has nothing to repeat at character {self.at + 1}")
        if found:
            least, most = int(found.group(1)), int(found.group(2) or found.group(1))
            if most < least:
                raise _RefusedError(f"repeats from {least} to {most}, which is fewer")
            count *= max(least, most, 1)
            if count > _MAX_REPEAT:
                raise _RefusedError("repeats more than 1000 times")
        self.at = found.end() if found else self.at + 1
        if self.peek() == "?":
            self.at += 1
        if (self.peek() in ("*", "+", "?") and self.peek()) or _COUNT.match(self.text, self.at):
            raise _RefusedError(f"has two repetitions in a row at character {self.at + 1}")
        return count

    def atom(self, depth: int) -> tuple[int, bool]:
        letter = self.peek()
        if letter == "(":
            return self.group(depth)
        if letter == "[":
            self.klass()
        elif letter == "\\":
            self.escape("dDsSwWbBAztnrfva")
        elif letter in ("*", "+", "?") or _COUNT.match(self.text, self.at):
            raise _RefusedError(f"has nothing to repeat at character {self.at + 1}")
        else:
            self.at += 1
        return 1, True

    def group(self, depth: int) -> tuple[int, bool]:
        repeatable = True
        if self.text.startswith("(?", self.at):
            found = _GROUP.match(self.text, self.at)
            if not found:
                raise _RefusedError(
                    f"has a group that Go does not know at character {self.at + 1}; "
                    "look-around and back-references are not possible"
                )
            opening = found.group()
            if "<" in opening:
                name = opening.split("<", 1)[1][:-1]
                if name in self.names:
                    raise _RefusedError(f"names two groups {name}")
                self.names.add(name)
            self.at = found.end()
            if opening.endswith(")"):
                return 1, False
        else:
            self.at += 1
        count = self.alternatives(depth + 1)
        if self.peek() != ")":
            raise _RefusedError("has an open parenthesis")
        self.at += 1
        return count, repeatable

    def escape(self, letters: str) -> str:
        letter = self.text[self.at + 1 : self.at + 2]
        if not letter:
            raise _RefusedError("ends in a backslash")
        if not (letter in letters or (letter.isascii() and letter.isprintable() and not letter.isalnum())):
            raise _RefusedError(f"has \\{letter}, which is not known")
        self.at += 2
        return letter

    def klass(self) -> None:
        start = self.at
        self.at += 1
        if self.peek() == "^":
            self.at += 1
        first = True
        while first or self.peek() != "]":
            posix = _POSIX.match(self.text, self.at)
            if posix:
                self.at, first = posix.end(), False
                continue
            if self.text.startswith("[:", self.at):
                raise _RefusedError(f"has a class that is not known at character {self.at + 1}")
            low = self.member(start, first)
            first = False
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.member(start, False)
                if low is None or high is None or high < low:
                    raise _RefusedError(f"has a range that is not one at character {self.at}")
        self.at += 1

    def member(self, start: int, first: bool) -> str | None:
        letter = self.peek()
        if not letter:
            raise _RefusedError(f"has an open [ at character {start + 1}")
        if letter == "\\":
            escaped = self.escape("dDsSwWtnrfva")
            if escaped in "dDsSwW":
                return None
            return {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}.get(escaped, escaped)
        if letter == "-" and not first and self.text[self.at + 1 : self.at + 2] != "]":
            raise _RefusedError(f"has a range that is not one at character {self.at + 1}")
        self.at += 1
        return letter


def check_regex(text: str) -> str | None:
    """Return why Go would refuse a regular expression, or None."""
    if not text:
        return "cannot be empty"
    if len(text) > _MAX_LENGTH:
        return f"has {len(text)} characters; a pattern may have {_MAX_LENGTH}"
    if not text.isprintable():
        return "has a line break or control character; write it as an escape such as \\n"
    reader = _Reader(text)
    try:
        reader.alternatives(0)
        if reader.peek() == ")":
            raise _RefusedError(f"has an unopened parenthesis at character {reader.at + 1}")
    except _RefusedError as refused:
        return f"{text!r} is not a regular expression of Go: it {refused}"
    return None
