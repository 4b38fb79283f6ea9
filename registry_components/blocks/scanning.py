"""Vulnerability scanning by the registry."""

from __future__ import annotations

from typing import Literal

from ..core.args import Args


class Scanning(Args):
    """When images are scanned; a component refuses what its platform cannot do."""

    mode: Literal["off", "on_push", "continuous", "inherited"] = "on_push"
    """`on_push` scans once, `continuous` again as new vulnerabilities are known, `inherited` leaves it to the
    account's or project's own setting. Default: on push."""
    repositories: list[str] = []
    """Globs of the repositories that it applies to. Default: all of them."""
