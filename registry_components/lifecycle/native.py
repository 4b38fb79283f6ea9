"""Reading native policies: JSON whose mistakes are told with their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.errors import Mistake, mistakes_error


class Reader:
    """Reads values out of a JSON document and gathers what is wrong with it."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def wrong(self, path: str, message: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(path, message))

    def finish(self, subject: str) -> None:
        """Raise `StackError` where there was a mistake."""
        if self.mistakes:
            raise mistakes_error(subject, self.mistakes)

    def mapping(self, value: Any, path: str) -> Mapping[str, Any]:
        """Return an object; an empty one where it is none."""
        if isinstance(value, Mapping):
            return value
        self.wrong(path, f"has to be an object, not {kind(value)}")
        return {}

    def only(self, value: Mapping[str, Any], path: str, known: Iterable[str]) -> None:
        """Note members that are not known."""
        allowed = sorted(known)
        for name in value:
            if name not in allowed:
                self.wrong(below(path, str(name)), f"is not known; allowed: {', '.join(allowed)}")

    def items(self, value: Any, path: str) -> list[Any]:
        """Return a list; an empty one where it is none."""
        if isinstance(value, list):
            return value
        self.wrong(path, f"has to be a list, not {kind(value)}")
        return []

    def texts(self, value: Any, path: str) -> list[str]:
        """Return a list of texts."""
        found = self.items(value, path)
        for index, item in enumerate(found):
            if not isinstance(item, str):
                self.wrong(f"{path}[{index}]", f"has to be a text, not {kind(item)}")
        return [item for item in found if isinstance(item, str)]

    def text(self, value: Any, path: str, allowed: Iterable[str] = ()) -> str:
        """Return a text, one of those allowed if some are named."""
        named = list(allowed)
        if isinstance(value, str) and (not named or value in named):
            return value
        shown = repr(value) if isinstance(value, str) else kind(value)
        self.wrong(path, f"has to be {'one of ' + ', '.join(named) if named else 'a text'}, not {shown}")
        return ""

    def whole(self, value: Any, path: str, low: int, high: int) -> int:
        """Return a whole number within bounds."""
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(number, int) and not isinstance(number, bool) and low <= number <= high:
            return number
        shown = value if isinstance(value, int | float) else kind(value)
        self.wrong(path, f"has to be a whole number from {low} to {high}, not {shown}")
        return low

    def flag(self, value: Any, path: str) -> bool:
        """Return true or false."""
        if isinstance(value, bool):
            return value
        self.wrong(path, f"has to be true or false, not {kind(value)}")
        return False

    def regex(self, value: Any, path: str) -> re.Pattern[str]:
        """Return a compiled regular expression."""
        text = self.text(value, path)
        try:
            return re.compile(text)
        except re.error as error:
            self.wrong(path, f"{text!r} is not a regular expression: {error}")
            return re.compile("$^")


def below(path: str, name: str) -> str:
    """Return the path of a member."""
    return f"{path}.{name}" if path else name


def kind(value: Any) -> str:
    """Return in words what a JSON value is."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
    return "an object"


__all__ = ["Reader", "below", "kind"]
