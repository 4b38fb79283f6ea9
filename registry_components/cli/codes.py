"""Exit codes that others than a person go by."""

from __future__ import annotations

from typing import Final

FAILED: Final = 2
"""The registry refused some of the deletes; what was spared is no failure."""
REFUSED: Final = 3
"""The plan is beyond the limits: trying again does not help, and a person has to look."""

__all__ = ["FAILED", "REFUSED"]
