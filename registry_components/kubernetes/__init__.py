"""What clusters need of registries: the logins that pods pull with, and workloads that can be pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .prune import PruneSchedule as PruneSchedule
    from .prune_args import PruneScheduleArgs as PruneScheduleArgs
    from .pull_secrets import PullSecrets as PullSecrets
    from .pull_secrets_args import PullSecretsArgs as PullSecretsArgs
    from .unpullable import find_unpullable as find_unpullable
    from .workload import Workload as Workload
    from .workload_args import WorkloadArgs as WorkloadArgs

_HOMES = {
    "PruneSchedule": "prune",
    "PruneScheduleArgs": "prune_args",
    "PullSecrets": "pull_secrets",
    "PullSecretsArgs": "pull_secrets_args",
    "Workload": "workload",
    "WorkloadArgs": "workload_args",
    "find_unpullable": "unpullable",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
