"""What the dynamic resources of Docker Hub share: the client, and which properties only say how it is spoken to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.dynamic import ComparedProvider

if TYPE_CHECKING:
    from .client import HubClient


class HubProvider(ComparedProvider):
    """A provider of what is in Docker Hub."""

    # How the API is reached, and what destroy may do.
    reached: ClassVar[Sequence[str]] = ("login", "api", "keep")


def hub(properties: Mapping[str, Any]) -> HubClient:
    """Return the client for a resource's login."""
    from .client import client_for

    return client_for(properties["api"], properties["login"])
