"""What this library's own resources in Harbor share: the client, and which properties only say how it is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...core.dynamic import ComparedProvider

if TYPE_CHECKING:
    from .client import HarborClient


class HarborProvider(ComparedProvider):
    """A provider of what is in Harbor."""

    reached: ClassVar[Sequence[str]] = ("harbor", "login")
    delete_before_replace = True

    def differs(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Return whether Harbor has to be told: a new login alone is nothing to it."""
        return any(olds.get(key) != news.get(key) for key in self.changed)


def harbor(properties: Mapping[str, Any]) -> HarborClient:
    """Return the client for a resource's login."""
    from .client import client_for

    return client_for(properties["harbor"], properties["login"])


__all__ = ["HarborProvider", "harbor"]
