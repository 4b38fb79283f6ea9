"""Copies of a registry's images elsewhere."""

from __future__ import annotations

from pydantic import Field

from ..core.args import Args, MaybeOutput


class ReplicateTo(Args):
    """One destination; what a component cannot say natively it refuses, naming what it can."""

    region: str = Field(min_length=1)
    """Region or location of the copy, as the platform writes it: `eu-west-1`, `westeurope`."""
    account: MaybeOutput[str] | None = None
    """Account or registry id of the copy. Default: the registry's own."""
    repositories: list[str] = []
    """Globs of the repositories that are copied: `team/*`, `api`. Default: all of them."""
    zone_redundant: bool | None = None
    """Spread the copy over availability zones. Default: the platform's own."""
