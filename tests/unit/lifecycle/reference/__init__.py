"""What each policy does, one artifact at a time: plain readings of the rules, to hold the models over columns against.

Nothing here uses the models: lists, loops and comparisons alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from . import acr, acr_purge, artifactory, distribution, ecr, gar, harbor, nexus, unified
from .common import Artifact, Fates

Evaluate = Callable[[Sequence[Artifact], Any, int], Fates]
"""Takes the artifacts of one repository, a policy as it stands in JSON, and the time in microseconds."""

REFERENCES: Final[Mapping[str, Evaluate]] = {
    "acr": acr.evaluate,
    "acr-purge": acr_purge.evaluate,
    "artifactory": artifactory.evaluate,
    "ecr": ecr.evaluate,
    "gar": gar.evaluate,
    "harbor": harbor.evaluate,
    "nexus": nexus.evaluate,
    "unified": unified.evaluate,
}
"""Of kinds that judge each repository by itself; `distribution` looks across repositories."""

WHOLE: Final[Mapping[str, Evaluate]] = {"distribution": distribution.evaluate}
"""Of kinds that need all repositories at once."""

__all__ = ["REFERENCES", "WHOLE", "Artifact", "Evaluate", "Fates"]
