"""Labels, of one project or of the whole Harbor."""

from __future__ import annotations

from pydantic import Field

from ...core.args import Args
from .words import Color, Line


class Label(Args):
    """One label."""

    name: Line | None = None
    """Its name. Default: its key."""
    description: str = Field("", max_length=1024)
    """What it means. Default: none."""
    color: Color = "#61717D"
    """Its colour. Default: #61717D."""


__all__ = ["Label"]
