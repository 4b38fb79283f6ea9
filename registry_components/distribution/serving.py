"""Smaller settings of the HTTP side: debug server, upload purging, and what manifests may say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from .checks import GoRegex, Port, check_address, check_url_path, is_loopback


def _check_metrics_path(text: str) -> str | None:
    mistake = check_url_path(text)
    if not mistake and (text == "/debug" or text.startswith("/debug/")):
        return f"{text!r} is below /debug, where the debug server has its own pages; choose another path"
    return mistake


class Prometheus(Args):
    """Metrics for Prometheus."""

    path: Annotated[str, validated(_check_metrics_path)] = "/metrics"
    """URL path of the metrics. Default: /metrics."""


def _debug_exposed(args: Debug) -> Iterator[Mistake]:
    if not is_loopback(args.host) and not args.allow_network:
        yield Mistake(
            "host",
            f"{args.host!r} shows profiles and the configuration, passwords included, to the network without a login; "
            "use 127.0.0.1, or consent with allow_network=True",
        )


class Debug(CheckedArgs):
    """The debug server: profiles, counters and health, without a login."""

    checks: ClassVar[tuple[Check, ...]] = (_debug_exposed,)
    stand_ins = {"port": 5001}

    port: Port
    """Port to listen on, another than the registry's."""
    host: Annotated[str, validated(check_address)] = "127.0.0.1"
    """Address to listen on. Default: 127.0.0.1."""
    allow_network: bool = False
    """Consent to an address that other machines reach. Default: false."""
    prometheus: Prometheus | None = None
    """Metrics for Prometheus. Default: none."""


class PurgeUploads(Args):
    """Removes uploads that were never finished."""

    kind: Literal["on"] = "on"
    age_hours: int = Field(168, ge=1, le=87_600)
    """Age at which an upload counts as given up. Default: one week."""
    interval_hours: int = Field(24, ge=1, le=8_760)
    """Time between two rounds. Default: one day."""
    dry_run: bool = False
    """Only log what would be removed. Default: false."""


class KeepUploads(Args):
    """Keeps unfinished uploads for ever."""

    kind: Literal["off"] = "off"


UploadPurging: TypeAlias = Annotated[PurgeUploads | KeepUploads, Field(discriminator="kind")]


class AllPlatforms(Args):
    """An image index is taken when all its images are there."""

    kind: Literal["all"] = "all"


class NoPlatforms(Args):
    """An image index is taken whether its images are there or not."""

    kind: Literal["none"] = "none"


class Platform(Args):
    """One platform of an image."""

    architecture: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    """As Go names it: amd64, arm64, ..."""
    os: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    """As Go names it: linux, windows, ..."""


class ListedPlatforms(Args):
    """An image index is taken when its images for these platforms are there."""

    kind: Literal["list"] = "list"
    platforms: list[Platform] = Field(min_length=1)
    """The platforms."""


class Validated(Args):
    """Pushed manifests are checked."""

    kind: Literal["on"] = "on"
    manifest_urls_allow: list[GoRegex] = []
    """Regular expressions (Go's); a layer's URL has to match one of them. Default: none, so no URL is allowed
    unless `manifest_urls_deny` is given."""
    manifest_urls_deny: list[GoRegex] = []
    """Regular expressions (Go's) that no layer's URL may match. Default: none."""
    image_indexes: Annotated[AllPlatforms | NoPlatforms | ListedPlatforms, Field(discriminator="kind")] = AllPlatforms()
    """Which images of an image index have to be there. Default: all."""


class NotValidated(Args):
    """Pushed manifests are taken as they are."""

    kind: Literal["off"] = "off"


Validation: TypeAlias = Annotated[Validated | NotValidated, Field(discriminator="kind")]
