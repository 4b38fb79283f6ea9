"""What this library's own resources in Harbor share: the client, and which properties only say how it is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import DiffResult

from ...core.dynamic import Provider, is_known, without_provider

if TYPE_CHECKING:
    from .client import HarborClient

# How the API is reached: kept in the state, and nothing in Harbor.
_REACHED = ("harbor", "login")


class HarborProvider(Provider):
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
            return DiffResult(changes=True, replaces=replaces, delete_before_replace=True)
        return DiffResult(changes=any(olds.get(key) != news.get(key) for key in (*self.changed, *_REACHED)))

    def differs(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Return whether Harbor has to be told: a new login alone is nothing to it."""
        return any(olds.get(key) != news.get(key) for key in self.changed)


def harbor(properties: Mapping[str, Any]) -> HarborClient:
    """Return the client for a resource's login."""
    from .client import client_for

    return client_for(properties["harbor"], properties["login"])


def kept(properties: Mapping[str, Any], **observed: Any) -> dict[str, Any]:
    """Return a resource's properties with what was observed laid over them."""
    return {**without_provider(dict(properties)), **observed}


def whole(value: Any) -> Any:
    """Return a value with whole numbers as such: they reach a provider as floats."""
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


__all__ = ["HarborProvider", "harbor", "kept", "whole"]
