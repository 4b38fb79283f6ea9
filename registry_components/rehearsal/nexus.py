"""Nexus in a rehearsal: the program's own HTTP client talks to a model, whose state lies in the folder.

What it takes to be there: the administrator, with whatever password; and that the Nexus is of the edition that can do
what is asked of it.
"""

from __future__ import annotations

from typing import Final

from .door import ModelCloud, ModelDoor
from .nexus_model import ROOT, NexusModel

FILE: Final = "nexus"
SERVED: Final = "nexus-served"


class NexusCloud(ModelCloud):
    """One Nexus of a rehearsal."""

    model = NexusModel


class RehearsedNexus(ModelDoor):
    """Answers requests to a Nexus from the rehearsal's folder."""

    package = "nexus"
    kinds = (
        ("/blobstores", "BlobStore"),
        ("/repositories", "Repository"),
        ("/cleanup-policies", "CleanupPolicy"),
        ("/routing-rules", "RoutingRule"),
        ("/tasks", "Task"),
        ("/security", "Security"),
    )
    root, file, served, cloud = ROOT, FILE, SERVED, NexusCloud


transport = RehearsedNexus.transport

__all__ = ["FILE", "SERVED", "NexusCloud", "RehearsedNexus", "transport"]
