"""A pull-through cache of one other registry."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.validated import validated
from .checks import AsciiText, SecretText, ServerUrl


def _check_command(text: str) -> str | None:
    if not text.startswith("/") or not text.isprintable() or " " in text:
        return f"{text!r} is not a program; give its absolute path, without arguments"
    return None


class ProxyPassword(Args):
    """A login at the upstream registry."""

    kind: Literal["password"] = "password"
    username: MaybeOutput[AsciiText]
    """The account."""
    password: SecretText
    """Its password or access token."""


class ProxyHelper(Args):
    """A Docker credential helper beside the registry that hands out logins at the upstream registry."""

    kind: Literal["helper"] = "helper"
    command: Annotated[str, validated(_check_command)]
    """Absolute path of the program, on the registry's machine or in its image."""
    lifetime_seconds: int | None = Field(None, ge=0, le=31_536_000)
    """How long a login is used before the program is asked again; 0: for one request. Default: forever."""


ProxyCredentials: TypeAlias = Annotated[ProxyPassword | ProxyHelper, Field(discriminator="kind")]


class Proxy(Args):
    """The upstream registry. It has to answer when the registry starts, unless a helper gives the login."""

    remote_url: MaybeOutput[ServerUrl]
    """URL of the upstream registry, such as `https://registry-1.docker.io`."""
    credentials: ProxyCredentials | None = None
    """The login there. Everybody who may pull here then pulls with it. Default: anonymous."""
    ttl_hours: int = Field(168, ge=0, le=87_600)
    """How long content is kept after it was fetched; 0: forever. Default: one week."""
    cache_write_timeout_seconds: int | None = Field(None, ge=1, le=86_400)
    """How long storing a fetched blob may take. Default: the vendor's 5 minutes."""
