"""Where Harbor tells what happens in a project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Secret
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ...core.validated import Unique
from .words import Address, Line

Event: TypeAlias = Literal[
    "DELETE_ARTIFACT", "PULL_ARTIFACT", "PUSH_ARTIFACT", "QUOTA_EXCEED", "QUOTA_WARNING", "REPLICATION",
    "SCANNING_COMPLETED", "SCANNING_FAILED", "SCANNING_STOPPED", "TAG_RETENTION",
]  # fmt: skip
"""Everything that Harbor 2.15 tells (its API `/projects/{}/webhook/events`)."""


def _webhook(webhook: Webhook) -> Iterable[Mistake]:
    if webhook.kind == "slack" and webhook.auth_header is not None:
        yield Mistake("auth_header", "is for kind 'http': Slack's address holds its secret; remove it")
    if isinstance(webhook.address, str) and webhook.address.startswith("http://") and webhook.auth_header is not None:
        yield Mistake("address", f"{webhook.address!r} would send auth_header in the clear; write https://")
    if webhook.skip_cert_verify and webhook.auth_header is not None:
        yield Mistake("skip_cert_verify", "would send auth_header to whoever answers; remove one of the two")


class Webhook(CheckedArgs):
    """One address, and the events that it is told."""

    checks: ClassVar[Any] = (_webhook,)
    stand_ins: ClassVar = {"address": "https://example.com", "events": ["PUSH_ARTIFACT"]}

    address: Address
    """Where it goes."""
    events: Annotated[list[Event], Unique, Field(min_length=1)]
    """What is told."""
    kind: Literal["http", "slack"] = "http"
    """In whose form. Default: http."""
    name: Line | None = None
    """Its name. Default: its key."""
    description: str = Field("", max_length=1024)
    """What it is for. Default: none."""
    auth_header: Secret | None = None
    """The whole value of the header `Authorization` that goes with it. Default: none."""
    skip_cert_verify: bool = False
    """Take any certificate. Default: false."""
    enabled: bool = True
    """Whether anything is sent. Default: true."""


__all__ = ["Event", "Webhook"]
