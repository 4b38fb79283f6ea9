"""Storage middleware: where clients are sent to fetch blobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from .checks import BaseUrl, HttpUrl, RsaKey, Seconds, Text, check_host_port, check_hostname, check_url_path


def _check_host(text: str) -> str | None:
    return None if not check_host_port(text) else check_hostname(text)


class AwsAddresses(Args):
    """Clients within AWS go to S3, all others to CloudFront."""

    kind: Literal["aws"] = "aws"
    ip_ranges_url: HttpUrl | None = None
    """Where AWS's list of addresses is fetched. Default: AWS's own URL."""
    update_frequency_seconds: Seconds | None = None
    """How often the list is fetched. Default: the vendor's 12 hours."""


class AwsRegionAddresses(AwsAddresses):
    """Clients within some AWS regions go to S3, all others to CloudFront."""

    kind: Literal["awsregion"] = "awsregion"  # type: ignore[assignment]
    regions: list[Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]+$")]] = Field(min_length=1)
    """The regions."""


class CloudFront(Args):
    """Sends clients to a CloudFront distribution with signed URLs; S3 storage only."""

    kind: Literal["cloudfront"] = "cloudfront"
    base_url: MaybeOutput[BaseUrl]
    """URL of the distribution."""
    private_key: RsaKey
    """RSA key (PKCS#1 PEM text) that signs the URLs."""
    key_pair_id: MaybeOutput[Text]
    """The id that CloudFront gave to the key."""
    duration_seconds: Seconds | None = None
    """How long a signed URL is good. Default: the vendor's 20 minutes."""
    ip_filter: Annotated[AwsAddresses | AwsRegionAddresses, Field(discriminator="kind")] | None = None
    """Which clients go to S3 directly. Default: none."""


class Redirect(Args):
    """Sends clients to another server that holds the same blobs."""

    kind: Literal["redirect"] = "redirect"
    base_url: MaybeOutput[BaseUrl]
    """URL that a blob's path is added to."""


def _rewrites_something(args: Rewrite) -> Iterator[Mistake]:
    if args.scheme is None and args.host is None and args.trim_path_prefix is None:
        yield Mistake("", "changes nothing; give scheme, host or trim_path_prefix")


class Rewrite(CheckedArgs):
    """Changes the URL that the storage hands to clients."""

    checks: ClassVar[tuple[Check, ...]] = (_rewrites_something,)

    kind: Literal["rewrite"] = "rewrite"
    scheme: Literal["http", "https"] | None = None
    """The scheme to put in. Default: unchanged."""
    host: Annotated[str, validated(_check_host)] | None = None
    """The host, or host:port, to put in. Default: unchanged."""
    trim_path_prefix: Annotated[str, validated(check_url_path)] | None = None
    """What to take off the path's beginning. Default: nothing."""


StorageMiddleware: TypeAlias = Annotated[CloudFront | Redirect | Rewrite, Field(discriminator="kind")]
