"""`DistributionRegistry`: one CNCF Distribution registry, as a process or a container on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
