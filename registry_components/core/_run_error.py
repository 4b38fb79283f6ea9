"""The error class for use inside a Pulumi program; importing it imports Pulumi."""

from __future__ import annotations

import pulumi

from .errors import StackError


class StackRunError(StackError, pulumi.RunError):
    """A `StackError` that the engine prints as its message alone, without a traceback."""
