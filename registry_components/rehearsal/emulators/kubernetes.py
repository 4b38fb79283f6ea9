"""The `kubernetes` provider: the vendor's own against a real API server where both were provisioned, else a model.

`REGC_REHEARSAL_KUBERNETES=memory` takes the model all the same.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ... import provision
from ...provision.tool import KUBERNETES_PROVIDER
from .. import cluster
from ..emulator import Emulator, Settings
from ..folder import Folder
from ..passthrough import Passthrough
from ..servicer import Servicer
from . import kubernetes_memory

CHOICE: Final = "REGC_REHEARSAL_KUBERNETES"


def emulator() -> Emulator:
    """Return the provider whose objects live in a file."""
    return kubernetes_memory.emulator()


def real_provider(settings: Settings) -> Path | None:
    """Return the vendor's provider, or None where a rehearsal does without a cluster."""
    tool = provision.find(KUBERNETES_PROVIDER)
    return tool.path if tool is not None and settings.get(CHOICE) != "memory" and cluster.provisioned() else None


def real(settings: Settings, folder: Folder, engine: str | None = None) -> Passthrough | None:
    """Return the vendor's provider, started, or None where a rehearsal does without."""
    provider = real_provider(settings)
    if provider is None:
        return None
    from .kubernetes_real import RealCluster, releases

    os.environ.pop("KUBECONFIG", None)
    around = RealCluster(settings, folder.path)
    beside = Servicer(releases(around, folder), folder, settings)
    return Passthrough("kubernetes", [str(provider)], folder, around, beside=beside, engine=engine)


__all__ = ["CHOICE", "emulator", "real", "real_provider"]
