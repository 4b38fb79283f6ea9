"""The difference between what a resource is and what the program wants, property by property.

What was read from the cloud counts, not what was once asked for: a value that drifted is a difference although the
program did not change. A computed property that the program is silent on is none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from .emulator import Property, Unknown, has_unknown
from .schema_check import INTERNAL, below

Same = Callable[[str, Any, Any], bool]
_ABSENT: Final[Any] = object()
_ANY: Final = Property("any")


@dataclass(frozen=True)
class Difference:
    """One property that differs: its path, what happens to it, and whether that replaces the resource."""

    path: str
    kind: Literal["add", "delete", "update"]
    replaces: bool = False


def differences(
    properties: Mapping[str, Property],
    old_inputs: Mapping[str, Any],
    old_outputs: Mapping[str, Any],
    inputs: Mapping[str, Any],
    same: Same = lambda _path, _old, _new: False,
) -> list[Difference]:
    """Return what `inputs` would change. `same` may call two values of a path equal that look different."""
    return list(_Differ(same).members(properties, _Before(old_inputs, old_outputs), inputs, "", replaces=False))


class _Before(NamedTuple):
    """What the program asked for, and what is there."""

    asked: Any
    there: Any

    def member(self, name: str) -> _Before:
        return _Before(_get(self.asked, name), _get(self.there, name))


class _Differ:
    def __init__(self, same: Same) -> None:
        self._same = same

    def members(
        self, properties: Mapping[str, Property], old: _Before, new: Any, path: str, *, replaces: bool
    ) -> Iterator[Difference]:
        for name, property_ in properties.items():
            if property_.output:
                continue
            before = old.member(name)
            if before.there is _ABSENT or (property_.write_only and before.asked is not _ABSENT):
                before = _Before(before.asked, before.asked)
            yield from self.value(property_, before, _get(new, name), below(path, name), replaces=replaces)

    def value(
        self, property_: Property, before: _Before, new: Any, path: str, *, replaces: bool
    ) -> Iterator[Difference]:
        replaces = replaces or property_.replaces
        old = before.there
        if new is _ABSENT:
            # What the program once asked for and now is silent on goes; so does what somebody else added.
            theirs = property_.shared and before.asked is _ABSENT
            if not property_.computed and not theirs and not _empty(old):
                yield Difference(path, "delete", replaces)
        elif isinstance(new, Unknown):
            yield Difference(path, "add" if old is _ABSENT else "update", replaces)
        elif old is _ABSENT:
            if not _empty(new):
                yield Difference(path, "add", replaces)
        elif _equal(property_, old, new) or (not has_unknown(new) and self._same(path, old, new)):
            return
        elif isinstance(new, Mapping) and isinstance(old, Mapping) and property_.properties is not None:
            yield from self.members(property_.properties, before, new, path, replaces=replaces)
        elif isinstance(new, Mapping) and isinstance(old, Mapping):
            items = property_.items or _ANY
            for key in dict.fromkeys([*old, *new]):
                if key not in INTERNAL:
                    inner = below(path, key)
                    yield from self.value(items, before.member(key), _get(new, key), inner, replaces=replaces)
        elif isinstance(new, list) and isinstance(old, list):
            yield from self._array(property_, before, new, path, replaces=replaces)
        else:
            yield Difference(path, "update", replaces)

    def _array(
        self, property_: Property, before: _Before, new: list[Any], path: str, *, replaces: bool
    ) -> Iterator[Difference]:
        items = property_.items or _ANY
        old: list[Any] = before.there

        def compare(index: int, there: Any) -> list[Difference]:
            asked = before.asked
            once = asked[index] if isinstance(asked, list) and index < len(asked) else _ABSENT
            return list(self.value(items, _Before(once, there), new[index], f"{path}[{index}]", replaces=replaces))

        if property_.unordered:
            left, added = list(old), list[int]()
            for index in range(len(new)):
                found = next((at for at, other in enumerate(left) if not compare(index, other)), None)
                if found is None:
                    added.append(index)
                else:
                    del left[found]
            yield from (Difference(f"{path}[{index}]", "update", replaces) for index in added[: len(left)])
            yield from (Difference(f"{path}[{index}]", "add", replaces) for index in added[len(left) :])
            gone = range(len(new), len(new) + len(left) - len(added))
            yield from (Difference(f"{path}[{index}]", "delete", replaces) for index in gone)
            return
        for index in range(max(len(old), len(new))):
            if index >= len(old):
                yield Difference(f"{path}[{index}]", "add", replaces)
            elif index >= len(new):
                if items.shared and not (isinstance(before.asked, list) and index < len(before.asked)):
                    continue
                yield Difference(f"{path}[{index}]", "delete", replaces)
            else:
                yield from compare(index, old[index])


def _get(values: Any, name: str) -> Any:
    value = values.get(name) if isinstance(values, Mapping) else None
    return _ABSENT if value is None else value


def _empty(value: Any) -> bool:
    """Return whether a value is what a service gives where nothing was set."""
    return value is _ABSENT or value is None or value is False or value in ("", 0) or value in ([], {})


def _equal(property_: Property, old: Any, new: Any) -> bool:
    if type(old) is not bool and type(new) is not bool and old == new:
        return True
    if isinstance(old, bool) and isinstance(new, bool):
        return old == new
    return property_.json and same_json(old, new)


def same_json(old: Any, new: Any) -> bool:
    """Return whether two texts hold the same JSON."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    try:
        return bool(json.loads(old) == json.loads(new))
    except ValueError:
        return False


__all__ = ["Difference", "differences", "same_json"]
