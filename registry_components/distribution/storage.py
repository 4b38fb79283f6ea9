"""Where a registry keeps its blobs, in the words of Distribution's storage drivers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.urls import is_ip
from ..core.validated import validated
from .checks import Base64Secret, BaseUrl, KeyPrefix, Path, SecretText, ServiceAccountKey, Text

# The regions that the driver's AWS SDK knows; it refuses every other one unless region_endpoint is given.
S3_REGIONS = frozenset(
    [
        "af-south-1",
        "ap-east-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ca-central-1",
        "ca-west-1",
        "cn-north-1",
        "cn-northwest-1",
        "eu-central-1",
        "eu-central-2",
        "eu-isoe-west-1",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-iso-east-1",
        "us-iso-west-1",
        "us-isob-east-1",
        "us-west-1",
        "us-west-2",
    ]
)


def _check_s3_bucket(name: str) -> str | None:
    if re.fullmatch(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]", name) and not is_ip(name):
        return None
    return f"{name!r} is not an S3 bucket name; it has 3 to 63 lower-case letters, digits, hyphens and single dots"


def _check_region(name: str) -> str | None:
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        return None
    return f"{name!r} is not a region; give its name, such as 'eu-central-1'"


def _check_gcs_bucket(name: str) -> str | None:
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", name):
        return None
    return f"{name!r} is not a Cloud Storage bucket name; use 3 or more lower-case letters, digits and . _ -"


def _check_account(name: str) -> str | None:
    if re.fullmatch(r"[a-z0-9]{3,24}", name):
        return None
    return f"{name!r} is not a storage account name; it has 3 to 24 lower-case letters and digits"


def _check_container(name: str) -> str | None:
    if 3 <= len(name) <= 63 and re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
        return None
    return f"{name!r} is not a container name; it has 3 to 63 lower-case letters, digits and single hyphens"


def _check_realm(name: str) -> str | None:
    if re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", name):
        return None
    return f"{name!r} is not a domain of Azure; give one such as 'core.windows.net'"


def _check_kibibytes(size: int) -> str | None:
    return None if size % 256 == 0 else f"must be a multiple of 256, not {size}"


def _check_entra(text: str) -> str | None:
    return None if re.fullmatch(r"[A-Za-z0-9.-]+", text) else f"{text!r} is not an id; use letters, digits, . and -"


class FilesystemStorage(Args):
    """Blobs as files on the registry's machine."""

    kind: Literal["filesystem"] = "filesystem"
    root_directory: Path | None = None
    """Absolute path of the directory for blobs. Default: a directory that the component keeps."""
    max_threads: int | None = Field(None, ge=25, le=100_000)
    """How many file operations run at once, at least 25. Default: the vendor's 100."""


class InMemoryStorage(Args):
    """Blobs in the memory of the process, gone when it stops; for tests."""

    kind: Literal["inmemory"] = "inmemory"


def _s3_keys(args: S3Storage) -> Iterator[Mistake]:
    if (args.access_key is None) != (args.secret_key is None):
        given, lacking = ("secret_key", "access_key") if args.access_key is None else ("access_key", "secret_key")
        yield Mistake(lacking, f"is required together with {given}; give both, or neither to use the machine's role")


def _s3_encryption(args: S3Storage) -> Iterator[Mistake]:
    if args.key_id is not None and not args.encrypt:
        yield Mistake("key_id", "has no effect without encryption; add encrypt=True, or remove key_id")


def _s3_region(args: S3Storage) -> Iterator[Mistake]:
    if args.region_endpoint is None and isinstance(args.region, str) and args.region not in S3_REGIONS:
        yield Mistake(
            "region",
            f"{args.region!r} is not a region that Distribution knows; correct it, or give region_endpoint for a "
            "server other than AWS",
        )


def _s3_endpoint(args: S3Storage) -> Iterator[Mistake]:
    if args.region_endpoint is not None:
        for name in ("accelerate", "use_dual_stack", "use_fips_endpoint"):
            if getattr(args, name):
                yield Mistake(name, "chooses an endpoint of AWS, and region_endpoint names another; remove one of them")
    elif args.force_path_style:
        yield Mistake("force_path_style", "is for servers other than AWS; give region_endpoint, or remove it")


def _s3_signature(args: S3Storage) -> Iterator[Mistake]:
    endpoint = args.region_endpoint
    if args.signature == "v2" and (
        endpoint is None or (isinstance(endpoint, str) and "s3.amazonaws.com" in endpoint.lower())
    ):
        yield Mistake("signature", "v2 is not taken by AWS; use v4, or give the region_endpoint of another server")


def _s3_certificate(args: S3Storage) -> Iterator[Mistake]:
    endpoint = args.region_endpoint
    if args.skip_verify and isinstance(endpoint, str) and endpoint.startswith("http://"):
        yield Mistake("skip_verify", "has no effect on an http:// region_endpoint; remove it, or use https://")


def _s3_accelerate(args: S3Storage) -> Iterator[Mistake]:
    if args.accelerate and isinstance(args.bucket, str) and "." in args.bucket:
        yield Mistake("accelerate", f"is not possible for a bucket with a dot in its name ({args.bucket!r}); remove it")


class S3Storage(CheckedArgs):
    """Blobs in a bucket of Amazon S3, or of a server that speaks S3."""

    checks: ClassVar[tuple[Check, ...]] = (
        _s3_keys,
        _s3_encryption,
        _s3_region,
        _s3_endpoint,
        _s3_signature,
        _s3_certificate,
        _s3_accelerate,
    )
    stand_ins = {"bucket": "bucket", "region": "us-east-1"}

    kind: Literal["s3"] = "s3"
    bucket: MaybeOutput[Annotated[str, validated(_check_s3_bucket)]]
    """The bucket's name; it has to exist."""
    region: MaybeOutput[Annotated[str, validated(_check_region)]]
    """The bucket's region; with `region_endpoint`, what that server calls its region (often `us-east-1`)."""
    region_endpoint: MaybeOutput[BaseUrl] | None = None
    """URL of a server other than AWS. Default: AWS."""
    access_key: SecretText | None = None
    """Access key id, together with `secret_key`. Default: the role or environment of the registry's machine."""
    secret_key: SecretText | None = None
    """Secret access key."""
    root_directory: KeyPrefix | None = None
    """Prefix of all object keys. Default: none."""
    encrypt: bool = False
    """Ask for server-side encryption of each object. Default: false; the bucket's own default encryption applies."""
    key_id: MaybeOutput[Text] | None = None
    """KMS key for `encrypt`. Default: the key of S3."""
    object_acl: (
        Literal[
            "private",
            "public-read",
            "public-read-write",
            "authenticated-read",
            "aws-exec-read",
            "bucket-owner-read",
            "bucket-owner-full-control",
        ]
        | None
    ) = None
    """Canned ACL of each object. Default: private."""
    storage_class: (
        Literal[
            "NONE",
            "STANDARD",
            "REDUCED_REDUNDANCY",
            "STANDARD_IA",
            "ONEZONE_IA",
            "INTELLIGENT_TIERING",
            "OUTPOSTS",
            "GLACIER_IR",
        ]
        | None
    ) = None
    """Storage class of each object; `NONE` for servers that know none. Default: STANDARD."""
    chunk_size_mebibytes: int | None = Field(None, ge=5, le=5120)
    """Size of an uploaded part, 5 to 5120. Default: the vendor's 10."""
    multipart_copy_chunk_size_mebibytes: int | None = Field(None, ge=5, le=5120)
    """Size of a part when an upload is moved to its place, 5 to 5120. Default: the vendor's 32."""
    multipart_copy_max_concurrency: int | None = Field(None, ge=1, le=10_000)
    """How many parts are copied at once. Default: the vendor's 100."""
    multipart_copy_threshold_mebibytes: int | None = Field(None, ge=0, le=5120)
    """Size from which an upload is moved in parts, 0 to 5120. Default: the vendor's 32."""
    accelerate: bool = False
    """Use S3 Transfer Acceleration. Default: false."""
    use_dual_stack: bool = False
    """Use AWS's IPv4 and IPv6 endpoints. Default: false."""
    use_fips_endpoint: bool = False
    """Use AWS's FIPS 140 endpoints. Default: false."""
    force_path_style: bool = False
    """Put the bucket into the path instead of the host name; only with `region_endpoint`. Default: false."""
    signature: Literal["v4", "v2"] = "v4"
    """How requests are signed; `v2` only with `region_endpoint`. Default: v4."""
    skip_verify: bool = False
    """Accept any TLS certificate of the server. Default: false."""
    user_agent: Text | None = None
    """User agent of the requests. Default: the vendor's."""
    log_level: (
        Literal[
            "debug",
            "debugwithsigning",
            "debugwithhttpbody",
            "debugwithrequestretries",
            "debugwithrequesterrors",
            "debugwitheventstreambody",
        ]
        | None
    ) = None
    """What the AWS SDK logs. Default: nothing."""


class GcsStorage(Args):
    """Blobs in a bucket of Google Cloud Storage."""

    kind: Literal["gcs"] = "gcs"
    bucket: MaybeOutput[Annotated[str, validated(_check_gcs_bucket)]]
    """The bucket's name; it has to exist."""
    keyfile: ServiceAccountKey | None = None
    """Content of a service account's JSON key. Default: the credentials of the registry's machine."""
    root_directory: KeyPrefix | None = None
    """Prefix of all object names. Default: none."""
    chunk_size_kibibytes: Annotated[int, Field(ge=256, le=4_194_304), validated(_check_kibibytes)] | None = None
    """Size of an uploaded chunk, a multiple of 256. Default: the vendor's 16384."""
    max_concurrency: int | None = Field(None, ge=25, le=100_000)
    """How many operations run at once, at least 25. Default: the vendor's 50."""
    user_agent: Text | None = None
    """User agent of the requests. Default: the vendor's."""


class AzureSharedKey(Args):
    """The storage account's own key."""

    kind: Literal["shared_key"] = "shared_key"
    account_key: Base64Secret
    """One of the account's two keys."""


class AzureClientSecret(Args):
    """An application registered in Entra ID."""

    kind: Literal["client_secret"] = "client_secret"
    tenant_id: MaybeOutput[Annotated[str, validated(_check_entra)]]
    """The directory's id or domain."""
    client_id: MaybeOutput[Annotated[str, validated(_check_entra)]]
    """The application's id."""
    secret: SecretText
    """The application's secret."""


class AzureDefaultCredentials(Args):
    """The managed identity or environment of the registry's machine."""

    kind: Literal["default_credentials"] = "default_credentials"


class AzureStorage(Args):
    """Blobs in a container of Azure Blob Storage."""

    kind: Literal["azure"] = "azure"
    account_name: MaybeOutput[Annotated[str, validated(_check_account)]]
    """The storage account's name."""
    container: MaybeOutput[Annotated[str, validated(_check_container)]]
    """The blob container's name; it has to exist."""
    credentials: Annotated[AzureSharedKey | AzureClientSecret | AzureDefaultCredentials, Field(discriminator="kind")]
    """How the registry proves itself to the account."""
    realm: Annotated[str, validated(_check_realm)] | None = None
    """Domain of the cloud. Default: core.windows.net, the public one."""
    service_url: MaybeOutput[BaseUrl] | None = None
    """URL of the blob service. Default: made of account name and realm."""
    root_directory: KeyPrefix | None = None
    """Prefix of all blob names. Default: none."""
    max_retries: int | None = Field(None, ge=1, le=100)
    """How often the copy of a blob is looked at before giving up. Default: the vendor's 5."""
    retry_delay_milliseconds: int | None = Field(None, ge=1, le=600_000)
    """Wait between two looks. Default: the vendor's 100."""
    skip_verify: bool = False
    """Accept any TLS certificate of the service. Default: false."""


Storage: TypeAlias = Annotated[
    FilesystemStorage | S3Storage | GcsStorage | AzureStorage | InMemoryStorage, Field(discriminator="kind")
]
