"""Harbor in a rehearsal: the emulated provider and the program's own HTTP client meet in one model in the folder.

What it takes to be there: the administrator, with whatever password; the users and groups that a program names.
"""

from __future__ import annotations

from typing import Final

from .door import ModelCloud, ModelDoor, basic
from .harbor_model import ROOT, HarborModel

FILE: Final = "harbor"
SERVED: Final = "harbor-served"


class HarborCloud(ModelCloud):
    """One Harbor of a rehearsal."""

    model = HarborModel


class RehearsedHarbor(ModelDoor):
    """Answers requests to a Harbor from the rehearsal's folder."""

    package = "harbor"
    kinds = (
        ("/preheat/policies", "PreheatPolicy"),
        ("/scanner", "Scanner"),
        ("/configurations", "Settings"),
        ("/projects", "Project"),
    )
    root, file, served, cloud = ROOT, FILE, SERVED, HarborCloud


transport = RehearsedHarbor.transport

__all__ = ["FILE", "SERVED", "HarborCloud", "RehearsedHarbor", "basic", "transport"]
