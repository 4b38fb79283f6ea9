"""Which Nexus it is, and what the Community Edition is limited to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.errors import Mistake

Edition: TypeAlias = Literal["community", "pro"]

# sonatype/nexus-public#883 and #955, Nexus 3.77 and newer: above, uploads are refused until it has been below again.
COMPONENTS: Final = 40_000
REQUESTS: Final = 100_000
PRO: Final = "which Nexus Repository Pro has alone"


class ExpectedUsage(Args):
    """How much a Nexus is expected to hold and to answer."""

    components: int | None = Field(None, ge=0)
    """Components of all repositories; of Docker images, each tag is one. Default: not said."""
    requests_per_day: int | None = Field(None, ge=0)
    """Requests on its busiest day, those of clients to proxies too. Default: not said."""


def usage_mistakes(edition: Edition, usage: ExpectedUsage | None) -> Iterable[Mistake]:
    """Yield what is beyond the Community Edition's limits (rule 26)."""
    if edition != "community" or usage is None:
        return
    for name, most in (("components", COMPONENTS), ("requests_per_day", REQUESTS)):
        expected = getattr(usage, name)
        if expected is not None and expected > most:
            yield Mistake(
                f"expected_usage.{name}",
                f"{expected} is beyond the Community Edition's {most}, above which Nexus refuses uploads; take edition "
                "'pro', or part it into several Nexus",
            )


__all__ = ["COMPONENTS", "PRO", "REQUESTS", "Edition", "ExpectedUsage", "usage_mistakes"]
