"""The provider of a process that a stack owns on this machine: made, looked at, restored."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Protocol

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from ..core.dynamic import Provider, is_known, tell, without_provider

OBSERVED = ("status", "detail")
"""What the last `up` or `refresh` saw; nobody asks for it."""


class Seen(Protocol):
    """What is true of a process now."""

    @property
    def status(self) -> str: ...

    @property
    def detail(self) -> str: ...


class OwnedProvider(Provider):
    """What every such process has in common. Its id is its directory, and another directory is another process."""

    @abstractmethod
    def ensure(self, props: dict[str, Any]) -> None:
        """Make what the properties say run."""

    @abstractmethod
    def observe(self, props: dict[str, Any]) -> Seen:
        """Return what is true of it, without a change."""

    @abstractmethod
    def title(self, props: dict[str, Any]) -> str:
        """Return what messages call it."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        self.ensure(props)
        return CreateResult(str(props["directory"]), _running(props))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        news, olds = without_provider(_news), without_provider(_olds)
        if not is_known(news):
            return DiffResult(changes=True)
        if news["directory"] != olds["directory"]:
            return DiffResult(changes=True, replaces=["directory"], delete_before_replace=True)
        changed = any(news[key] != olds.get(key) for key in news if key not in OBSERVED)
        if changed:
            return DiffResult(changes=True)
        # The world is looked at here too, so that a plain `up` restores a process that died.
        seen = self.observe(news)
        if seen.status != "running":
            remedy = "" if seen.status == "foreign" else "; `up` restores it"
            tell(f"{self.title(news)} is {seen.status}: {seen.detail}{remedy}")
        return DiffResult(changes=seen.status != "running")

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        self.ensure(_news)
        return UpdateResult(_running(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        seen = self.observe(props)
        return ReadResult(id_, {**without_provider(props), "status": seen.status, "detail": seen.detail})


def _running(properties: dict[str, Any]) -> dict[str, Any]:
    return {**without_provider(properties), "status": "running", "detail": ""}


__all__ = ["OBSERVED", "OwnedProvider", "Seen"]
