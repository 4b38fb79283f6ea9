"""A model of Harbor's API, which rehearsals and tests speak to."""

from __future__ import annotations

from .base import DEFAULT_SCANNER, ROOT, Json, fresh
from .model import HarborModel
from .webhooks import EVENTS

__all__ = ["DEFAULT_SCANNER", "EVENTS", "ROOT", "HarborModel", "Json", "fresh"]
