"""The error class for use inside a Pulumi program; importing it imports Pulumi."""

from __future__ import annotations

from typing import TypeVar, cast

import pulumi

from .errors import StackError


class StackRunError(StackError, pulumi.RunError):
    """A `StackError` that the engine prints as its message alone, without a traceback."""


_Kind = TypeVar("_Kind", bound=StackError)
_made: dict[type[StackError], type[StackError]] = {StackError: StackRunError}


def of(kind: type[_Kind]) -> type[_Kind]:
    """Return the kind of `StackError` that the engine prints as its message alone."""
    if kind not in _made:
        _made[kind] = type(
            kind.__name__, (kind, pulumi.RunError), {"__module__": kind.__module__, "__doc__": kind.__doc__}
        )
    return cast(type[_Kind], _made[kind])
