"""What the dynamic resources of Docker Hub share: the client, and which properties only say how it is spoken to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import DiffResult

from ..core.dynamic import Provider, is_known, without_provider

if TYPE_CHECKING:
    from .client import HubClient

# How the API is reached, and what destroy may do: kept in the state, and nothing at Docker Hub.
_OWN = ("login", "api", "keep")


class HubProvider(Provider):
    """A provider whose resources are compared property by property.

    `replaced` names the properties whose change makes another resource, `changed` those that are changed in place.
    """

    replaced: ClassVar[Sequence[str]] = ()
    changed: ClassVar[Sequence[str]] = ()

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        olds, news = without_provider(_olds), without_provider(_news)
        if not is_known(news):
            return DiffResult(changes=True)
        replaces = [key for key in self.replaced if olds.get(key) != news.get(key)]
        if replaces:
            return DiffResult(changes=True, replaces=replaces, delete_before_replace=False)
        return DiffResult(changes=any(olds.get(key) != news.get(key) for key in (*self.changed, *_OWN)))


def hub(properties: Mapping[str, Any]) -> HubClient:
    """Return the client for a resource's login."""
    from .client import client_for

    return client_for(properties["api"], properties["login"])


def kept(properties: Mapping[str, Any], **observed: Any) -> dict[str, Any]:
    """Return a resource's properties with what was observed laid over them."""
    return {**without_provider(dict(properties)), **observed}
