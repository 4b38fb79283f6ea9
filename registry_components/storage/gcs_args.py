"""What can be said of a bucket of Cloud Storage for a registry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..artifact_registry.words import KMS_KEY, KmsKey, LabelKey, LabelValue, ProjectId
from ..blocks.storage import GcsBucketName, ObjectName
from ..core.args import Args, MaybeOutput
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from ..distribution.checks import KeyPrefix
from .consents import Deletion, Registry, consent_mistakes, is_kept
from .s3_args import Namespace

# "Bucket locations", Cloud Storage documentation: continents, predefined pairs, regions.
_PLACES = ("ASIA", "EU", "US", "ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4")
_MOST_LABELS = 60


def _check_location(location: str) -> str | None:
    if location.upper() in _PLACES or re.fullmatch(r"[a-z]+-[a-z]+[0-9]+", location.lower()):
        return None
    if re.fullmatch(r"[a-z]+-[a-z]+[0-9]+-[a-z]", location.lower()):
        return f"{location!r} is a zone; write its region, {location.rsplit('-', 1)[0]!r}"
    return (
        f"{location!r} is not a location of Cloud Storage; write a region such as 'europe-west1', or one of "
        f"{', '.join(_PLACES)}"
    )


def _check_account_id(name: str) -> str | None:
    if re.fullmatch(r"[a-z][-a-z0-9]{4,28}[a-z0-9]", name):
        return None
    return (
        f"{name!r} is not a service account's id; use 6 to 30 lower-case letters, digits and -, a letter first and no "
        "- last"
    )


def _check_email(text: str) -> str | None:
    if re.fullmatch(r"[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com", text):
        return None
    return f"{text!r} is not a service account's address; it looks like NAME@PROJECT.iam.gserviceaccount.com"


AccountId: TypeAlias = Annotated[str, validated(_check_account_id)]


class GcsKmsEncryption(Args):
    """Encryption by a key of Cloud KMS."""

    kind: Literal["kms"] = "kms"
    key: KmsKey
    """The key's full name, in a location that the bucket's location takes."""
    grant_access: bool = True
    """Let Cloud Storage's own account of the project use the key. Default: true."""


class GcsGoogleEncryption(Args):
    """Encryption by keys of Google's own."""

    kind: Literal["google"] = "google"


class GcsWorkloadIdentityAccount(Args):
    """A Google service account of its own, which the pods' service account stands for (GKE: Workload Identity)."""

    kind: Literal["workload_identity"] = "workload_identity"
    account_id: AccountId
    """Its id: the beginning of its address."""
    namespace: Namespace
    """Namespace of the pods."""
    service_account: ObjectName
    """Their service account; it needs the annotation `iam.gke.io/gcp-service-account`."""
    cluster_project: ProjectId | None = None
    """Project of the cluster. Default: the bucket's."""


class GcsKeyAccount(Args):
    """A Google service account of its own with a JSON key, for a registry outside of Google Cloud."""

    kind: Literal["key"] = "key"
    account_id: AccountId
    """Its id: the beginning of its address."""
    generation: int = Field(1, ge=1, le=1_000_000)
    """Add 1 for a new key; the old one goes once the new one is in use. Default: 1."""


class GcsExistingAccount(Args):
    """A Google service account that is there, of the machine that the registry runs on."""

    kind: Literal["existing"] = "existing"
    service_account: MaybeOutput[Annotated[str, validated(_check_email)]]
    """Its address."""


GcsIdentity: TypeAlias = Annotated[
    GcsWorkloadIdentityAccount | GcsKeyAccount | GcsExistingAccount, Field(discriminator="kind")
]


def _identity(args: GcsBucketArgs) -> Iterable[Mistake]:
    if args.registry == "harbor" and args.identity.kind == "existing":
        yield Mistake(
            "identity",
            "of kind 'existing' cannot be said to Harbor, which reads a key or a pod's identity; give kind "
            "'workload_identity' or 'key'",
        )


def _key(args: GcsBucketArgs) -> Iterable[Mistake]:
    key = getattr(args.encryption, "key", None)
    found = KMS_KEY.fullmatch(key) if isinstance(key, str) else None
    # The continent that Cloud Storage calls EU is `europe` to Cloud KMS.
    wanted = {"eu": "europe"}.get(args.location.lower(), args.location.lower())
    if found is not None and found["location"] != wanted:
        yield Mistake(
            "encryption.key",
            f"is in {found['location']!r}, and a bucket in {args.location!r} takes one in {wanted!r}; use a key there",
        )


def _soft_delete(args: GcsBucketArgs) -> Iterable[Mistake]:
    if 0 < args.soft_delete_days < 7:
        yield Mistake("soft_delete_days", f"is 0 for none, or 7 to 90, not {args.soft_delete_days}")
    if args.versioning and args.soft_delete_days:
        yield Mistake(
            "soft_delete_days",
            "would keep deleted versions a second time, and bill them; set it to 0, or versioning to false",
        )


def _labels(args: GcsBucketArgs) -> Iterable[Mistake]:
    if len(args.labels) > _MOST_LABELS:
        yield Mistake("labels", f"has {len(args.labels)} entries; a bucket takes {_MOST_LABELS} beside its own")


def _import(args: GcsBucketArgs) -> Iterable[Mistake]:
    if args.import_ is not None and args.import_ != args.bucket:
        yield Mistake(
            "import_", f"is {args.import_!r}, and the bucket is named {args.bucket!r}; they have to be the same"
        )


class GcsBucketArgs(CheckedArgs):
    """A bucket of Cloud Storage for one registry, and the identity that the registry uses it with.

    Nobody from elsewhere reads it and no object has rights of its own; what is deleted or overwritten can be had back
    for 30 days, uploads that nobody finished go after 7, and the bucket outlives the stack. Google has no setting that
    refuses requests without TLS; the registries ask by https.
    """

    checks: ClassVar = (_identity, _key, _soft_delete, _labels, _import, consent_mistakes)
    stand_ins: ClassVar = {
        "bucket": "bucket",
        "location": "EU",
        "identity": {"kind": "existing", "service_account": "registry@project.iam.gserviceaccount.com"},
    }

    bucket: GcsBucketName
    """Its name, which nobody else in the world may have."""
    location: Annotated[str, validated(_check_location)]
    """A region such as `europe-west1`, or a continent: `EU`, `US`, `ASIA`."""
    identity: GcsIdentity
    """Who the registry is: an account by `workload_identity`, one with a `key`, or an `existing` one."""
    registry: Registry = "distribution"
    """Which registry uses it: the identity may do what that one asks for, and no more. Default: distribution."""
    prefix: KeyPrefix | None = None
    """What all object names begin with. Google narrows no listing to a prefix: the identity reaches the whole bucket.
    Default: nothing."""
    project: ProjectId | None = None
    """Default: the provider's project."""
    encryption: Annotated[GcsGoogleEncryption | GcsKmsEncryption, Field(discriminator="kind")] = GcsGoogleEncryption()
    """How blobs are encrypted. Default: by keys of Google's own."""
    versioning: bool = True
    """Keep what is deleted or overwritten for `noncurrent_days`. Default: true."""
    noncurrent_days: int = Field(30, ge=1, le=3650)
    """Days until deleted and overwritten blobs are gone for good. Default: 30."""
    soft_delete_days: int = Field(0, ge=0, le=90)
    """Days in which Google keeps what is deleted, versions too; instead of `versioning`. Default: 0."""
    incomplete_upload_days: int = Field(7, ge=1, le=3650)
    """Days until the parts of an upload that nobody finished are removed. Default: 7."""
    labels: dict[LabelKey, LabelValue] = {}
    """Labels beside those that say who made it. Default: none."""
    import_: GcsBucketName | None = None
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
    "GcsBucketArgs",
    "GcsExistingAccount",
    "GcsGoogleEncryption",
    "GcsIdentity",
    "GcsKeyAccount",
    "GcsKmsEncryption",
    "GcsWorkloadIdentityAccount",
]
