"""What can be said of a bucket of S3 for a registry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..blocks.storage import ObjectName, S3BucketName
from ..core.args import Args, MaybeOutput
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from ..distribution.checks import BaseUrl, KeyPrefix, SecretText
from ..ecr.settings import Tags, tag_mistakes
from ..ecr.words import Region, Role, key_region
from .consents import Deletion, Registry, consent_mistakes, is_kept

_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def _check_oidc(arn: str) -> str | None:
    if re.fullmatch(r"arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/\S+", arn):
        return None
    return f"{arn!r} is not an identity provider's ARN; it looks like arn:aws:iam::ACCOUNT:oidc-provider/HOST/id/ID"


def _check_namespace(name: str) -> str | None:
    if _NAMESPACE.fullmatch(name):
        return None
    return f"{name!r} is not a namespace; use at most 63 lower-case letters, digits and - inside"


def _check_cluster(name: str) -> str | None:
    if re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", name):
        return None
    return f"{name!r} is not an EKS cluster's name; use at most 100 letters, digits and _ - inside"


def _check_kms_key(arn: str) -> str | None:
    if re.fullmatch(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-zA-Z-]+", arn):
        return None
    if ":alias/" in arn or arn.startswith("alias/"):
        return f"{arn!r} is an alias, which no policy can name; give the key's own ARN"
    return f"{arn!r} is not a key's ARN; it looks like arn:aws:kms:REGION:ACCOUNT:key/ID"


Namespace: TypeAlias = Annotated[str, validated(_check_namespace)]


class S3AesEncryption(Args):
    """Encryption by a key of S3's own."""

    kind: Literal["aes256"] = "aes256"


class S3KmsEncryption(Args):
    """Encryption by a key of KMS."""

    kind: Literal["kms"] = "kms"
    key: MaybeOutput[Annotated[str, validated(_check_kms_key)]] | None = None
    """ARN of your key, in the bucket's region. Default: the key `aws/s3` that AWS manages in the account."""
    bucket_key: bool = True
    """Ask KMS once for the bucket instead of once for each blob, at a fraction of the price. Default: true."""


class S3IrsaRole(Args):
    """A role for the pods' service account, through the cluster's identity provider (EKS: IRSA)."""

    kind: Literal["irsa"] = "irsa"
    oidc_provider_arn: MaybeOutput[Annotated[str, validated(_check_oidc)]]
    """The cluster's identity provider in IAM."""
    namespace: Namespace
    """Namespace of the pods."""
    service_account: ObjectName
    """Their service account; it needs the annotation `eks.amazonaws.com/role-arn`."""


class S3PodIdentityRole(Args):
    """A role for the pods' service account, through EKS Pod Identity."""

    kind: Literal["pod_identity"] = "pod_identity"
    cluster: MaybeOutput[Annotated[str, validated(_check_cluster)]]
    """Name of the EKS cluster, which has to have the Pod Identity agent."""
    namespace: Namespace
    """Namespace of the pods."""
    service_account: ObjectName
    """Their service account."""


class S3ExistingRole(Args):
    """A role that is there, of the machine or task that the registry runs on; it gets a policy."""

    kind: Literal["role"] = "role"
    role: Role
    """Its name or ARN."""


class S3UserKeys(Args):
    """A user of its own with an access key, for a registry that can use no role."""

    kind: Literal["keys"] = "keys"
    generation: int = Field(1, ge=1, le=1_000_000)
    """Add 1 for a new key; the old one goes once the new one is in use. Default: 1."""


class S3GivenKeys(Args):
    """An access key that is there, of a server other than AWS."""

    kind: Literal["given_keys"] = "given_keys"
    access_key: SecretText
    """Its id."""
    secret_key: SecretText
    """The key itself."""


S3Identity: TypeAlias = Annotated[
    S3IrsaRole | S3PodIdentityRole | S3ExistingRole | S3UserKeys | S3GivenKeys, Field(discriminator="kind")
]


def _identity(args: S3BucketArgs) -> Iterable[Mistake]:
    kind = args.identity.kind
    if args.endpoint is not None:
        if kind != "given_keys":
            yield Mistake(
                "identity",
                f"of kind {kind!r} is made in AWS' IAM, and endpoint names another server; give kind 'given_keys' with "
                "a key of that server",
            )
    elif kind == "given_keys":
        yield Mistake(
            "identity", "of kind 'given_keys' is for servers other than AWS; give endpoint, or let 'keys' make a user"
        )
    if args.registry == "harbor" and kind in ("irsa", "pod_identity", "role"):
        # rule 18: goharbor/harbor#22690
        yield Mistake(
            "identity",
            f"of kind {kind!r} reaches no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys'",
        )


def _path_style(args: S3BucketArgs) -> Iterable[Mistake]:
    if "path_style" in args.model_fields_set and args.endpoint is None:
        yield Mistake("path_style", "is for servers other than AWS; give endpoint, or remove it")


def _encryption(args: S3BucketArgs) -> Iterable[Mistake]:
    if args.endpoint is not None and args.encryption is not None:
        yield Mistake(
            "encryption", "is set up at that server, and endpoint names one other than AWS; remove one of them"
        )
    key = getattr(args.encryption, "key", None)
    found = key_region(key) if isinstance(key, str) else None
    if found is not None and args.region is not None and found != args.region:
        yield Mistake(
            "encryption.key", f"is in {found!r}, and the bucket in {args.region!r}; use a key of the same region"
        )


def _import(args: S3BucketArgs) -> Iterable[Mistake]:
    if args.import_ is not None and args.import_ != args.bucket:
        yield Mistake(
            "import_", f"is {args.import_!r}, and the bucket is named {args.bucket!r}; they have to be the same"
        )


def _tags(args: S3BucketArgs) -> Iterable[Mistake]:
    yield from tag_mistakes(args.tags, "tags")


class S3BucketArgs(CheckedArgs):
    """A bucket of S3 for one registry, and the identity that the registry uses it with.

    Blobs are encrypted, nobody from elsewhere reads them, requests without TLS 1.2 are refused, what is deleted or
    overwritten can be had back for 30 days, uploads that nobody finished go after 7, and the bucket outlives the stack.
    """

    checks: ClassVar = (_identity, _path_style, _encryption, _import, _tags, consent_mistakes)
    stand_ins: ClassVar = {"bucket": "bucket", "identity": {"kind": "keys"}}

    bucket: S3BucketName
    """Its name, which nobody else in the world may have."""
    identity: S3Identity
    """Who the registry is: a role by `irsa` or `pod_identity`, an existing `role`, or a user with `keys`."""
    registry: Registry = "distribution"
    """Which registry uses it: the identity may do what that one asks for, and no more. Default: distribution."""
    prefix: KeyPrefix | None = None
    """What all object keys begin with; the identity reaches no others. Default: the whole bucket."""
    region: Region | None = None
    """Where it is. Default: the provider's region."""
    endpoint: BaseUrl | None = None
    """URL of a server other than AWS, which the provider in `opts` has to talk to too. Bucket, versions, rules and the
    policy are made there; what AWS alone has (public access block, ownership, encryption, IAM) is not. Default: AWS."""
    path_style: bool = True
    """With `endpoint`: the bucket stands in the path instead of the host name. Default: true."""
    encryption: Annotated[S3AesEncryption | S3KmsEncryption, Field(discriminator="kind")] | None = None
    """How blobs are encrypted. Default: by a key of S3's own (AES-256); with `endpoint`, as that server does."""
    versioning: bool = True
    """Keep what is deleted or overwritten for `noncurrent_days`. Default: true."""
    noncurrent_days: int = Field(30, ge=1, le=3650)
    """Days until deleted and overwritten blobs are gone for good. Default: 30."""
    incomplete_upload_days: int = Field(7, ge=1, le=3650)
    """Days until the parts of an upload that nobody finished are removed. Default: 7."""
    tags: Tags = {}
    """Tags beside those that say who made it. Default: none."""
    import_: S3BucketName | None = None
    """Name of a bucket that exists and is adopted; it is protected. Default: a new one."""
    deletion: Deletion = "retain"
    """Whether the bucket is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all blobs go. Default: false."""

    @property
    def kept(self) -> bool:
        """Whether it outlives the stack."""
        return is_kept(self)


__all__ = [
    "S3AesEncryption",
    "S3BucketArgs",
    "S3ExistingRole",
    "S3GivenKeys",
    "S3Identity",
    "S3IrsaRole",
    "S3KmsEncryption",
    "S3PodIdentityRole",
    "S3UserKeys",
]
