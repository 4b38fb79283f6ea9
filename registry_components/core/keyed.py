"""Things that arguments have by key: one that is not there, and two that would be the same resource."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from .errors import Mistake, StackError, stack_error

T = TypeVar("T")


class Planned(Protocol):
    """A resource that a plan names."""

    @property
    def id(self) -> tuple[str, str]:
        """What tells it from the others: what it is, and its name's end."""

    @property
    def path(self) -> str:
        """Where in the arguments it was said."""


def unknown(path: str, key: str, there: Mapping[str, Any], where: str) -> Iterator[Mistake]:
    """Yield the mistake at `path` where `there`, the setting `where`, has no such key."""
    if key not in there:
        yield Mistake(path, f"there is no {key!r} in {where}; there are: {', '.join(sorted(there)) or 'none'}")


def one(things: Mapping[str, T], key: str, what: str) -> T:
    """Return the thing of a key of the setting `what`. Raises `StackError` where there is none."""
    if key not in things:
        raise stack_error(f"{what}: there is no {key!r}; there are: {', '.join(sorted(things)) or 'none'}")
    return things[key]


def same_names(plan: Callable[[], Iterable[Planned]]) -> Iterator[Mistake]:
    """Yield what would have the name of another resource in the stack.

    A plan that cannot be made has a mistake of its own, which another check tells.
    """
    try:
        planned = list(plan())
    except (StackError, KeyError):
        return
    seen: dict[tuple[str, str], str] = {}
    for child in planned:
        if seen.setdefault(child.id, child.path) != child.path:
            yield Mistake(child.path, f"is named as {seen[child.id]} in the stack; take another key")


__all__ = ["Planned", "one", "same_names", "unknown"]
