"""Nested values of a Helm chart that are built by dotted paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def said(**settings: Any) -> dict[str, Any]:
    """Return the settings that have a value."""
    return {key: value for key, value in settings.items() if value is not None}


class Values:
    """Values of a chart; what is None is left to the chart."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}

    def put(self, path: str, value: Any) -> None:
        """Set the value at a dotted path."""
        if value is None:
            return
        *parents, last = path.split(".")
        here = self._tree
        for parent in parents:
            here = here.setdefault(parent, {})
        here[last] = value

    def get(self, path: str) -> Any:
        """Return the value at a dotted path, or None."""
        here: Any = self._tree
        for part in path.split("."):
            if not isinstance(here, Mapping) or part not in here:
                return None
            here = here[part]
        return here

    def sorted(self) -> dict[str, Any]:
        """Return the values with all keys in order."""
        found: dict[str, Any] = _ordered(self._tree)
        return found


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value
