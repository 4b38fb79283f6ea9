"""Webhooks that hear of pulls, pushes, mounts and deletes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from .checks import HeaderName, HttpUrl, Seconds, SecretText, Text
from .headers import repeated_names

Action: TypeAlias = Literal["pull", "push", "mount", "delete"]


def _hears_something(args: NotificationEndpoint) -> Iterator[Mistake]:
    if {"pull", "push", "mount", "delete"} <= set(args.ignore_actions):
        yield Mistake("ignore_actions", "ignores every event; leave an action out, or remove the endpoint")


def _header_names(args: NotificationEndpoint) -> Iterator[Mistake]:
    return repeated_names(args.headers)


class NotificationEndpoint(CheckedArgs):
    """One webhook."""

    checks: ClassVar[tuple[Check, ...]] = (_hears_something, _header_names)
    stand_ins = {"name": "endpoint", "url": "https://hooks.example.com"}

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    """Name in logs and metrics; each endpoint has its own."""
    url: MaybeOutput[HttpUrl]
    """Where events are posted."""
    headers: dict[HeaderName, SecretText] = {}
    """Headers of each request, such as Authorization; kept secret. Default: none."""
    timeout_seconds: Seconds | None = None
    """How long one request may take. Default: the vendor's 1."""
    threshold: int | None = Field(None, ge=1, le=1000)
    """Failures before the endpoint is left alone for a while. Default: the vendor's 10."""
    backoff_seconds: Seconds | None = None
    """How long it is left alone. Default: the vendor's 1."""
    ignore_media_types: list[Text] = []
    """Events about these media types are not sent. Default: none."""
    ignore_actions: list[Action] = []
    """Events about these actions are not sent. Default: none."""


def _unique_names(args: Notifications) -> Iterator[Mistake]:
    seen: dict[str, int] = {}
    for number, endpoint in enumerate(args.endpoints):
        if endpoint.name in seen:
            yield Mistake(
                f"endpoints[{number}].name",
                f"{endpoint.name!r} is the name of endpoints[{seen[endpoint.name]}] too; give each its own",
            )
        seen.setdefault(endpoint.name, number)


class Notifications(CheckedArgs):
    """All webhooks."""

    checks: ClassVar[tuple[Check, ...]] = (_unique_names,)

    endpoints: list[NotificationEndpoint] = Field(min_length=1)
    """The webhooks."""
    include_references: bool = False
    """Send what a manifest refers to along with its events. Default: false."""
