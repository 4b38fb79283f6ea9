"""A model of Nexus' REST API, which rehearsals and tests speak to."""

from __future__ import annotations

from .base import ROOT, Json, fresh
from .model import NexusModel

__all__ = ["ROOT", "Json", "NexusModel", "fresh"]
