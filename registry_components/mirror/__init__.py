"""Images of one registry kept in another, whatever their kinds: who copies, by which settings, and whether it is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from ..blocks.mirroring import Replication as Replication
    from .args import MirrorScheduleArgs as MirrorScheduleArgs
    from .component import MirrorSchedule as MirrorSchedule
    from .harbor import harbor_policy as harbor_policy
    from .harbor import harbor_registry as harbor_registry
    from .native import ecr_replication as ecr_replication
    from .render import regsync_config as regsync_config
    from .routes import route as route

_HOMES = {
    "MirrorSchedule": "component",
    "MirrorScheduleArgs": "args",
    "Replication": ".blocks.mirroring",
    "ecr_replication": "native",
    "harbor_policy": "harbor",
    "harbor_registry": "harbor",
    "regsync_config": "render",
    "route": "routes",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
