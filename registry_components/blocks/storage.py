"""The storage block: where a registry keeps its blobs, in one vocabulary for every registry.

A bucket that a component of `registry_components.storage` makes comes as such a block; one that exists is written as
one. What a registry cannot do with it is refused where it is rendered, naming what it can.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.urls import is_ip
from ..core.validated import validated
from ..distribution.checks import (
    Base64Secret,
    BaseUrl,
    Certificates,
    KeyPrefix,
    Path,
    SecretText,
    ServiceAccountKey,
    Text,
)

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# "Bucket naming rules", Amazon S3 user guide.
_S3_RESERVED = ("xn--", "sthree-", "amzn-s3-demo-"), ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_s3_bucket(name: str) -> str | None:
    """Check the name of a bucket of S3."""
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]", name) or is_ip(name):
        return f"{name!r} is not an S3 bucket name; it has 3 to 63 lower-case letters, digits, hyphens and single dots"
    beginnings, ends = _S3_RESERVED
    taken = next((part for part in beginnings if name.startswith(part)), None)
    if taken:
        return f"{name!r} begins with {taken!r}, which AWS keeps for itself; choose another name"
    taken = next((part for part in ends if name.endswith(part)), None)
    return f"{name!r} ends with {taken!r}, which AWS keeps for itself; choose another name" if taken else None


def check_s3_region(name: str) -> str | None:
    """Check a region's name, that of a server other than AWS too."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        return None
    return f"{name!r} is not a region; give its name, such as 'eu-central-1'"


def check_gcs_bucket(name: str) -> str | None:
    """Check the name of a bucket of Cloud Storage."""
    # "Bucket naming requirements", Cloud Storage documentation: 63 characters, 222 with dots.
    parts = name.split(".")
    if (
        not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", name)
        or any(not 1 <= len(part) <= 63 for part in parts)
        or is_ip(name)
    ):
        return (
            f"{name!r} is not a Cloud Storage bucket name; it has 3 to 63 lower-case letters, digits and - _ inside, "
            "or more in parts separated by dots"
        )
    if name.startswith("goog") or "google" in name:
        return f"{name!r} holds 'google' or begins with 'goog', which Google takes in no name; choose another"
    return None


def check_storage_account(name: str) -> str | None:
    """Check the name of a storage account."""
    if re.fullmatch(r"[a-z0-9]{3,24}", name):
        return None
    return f"{name!r} is not a storage account name; it has 3 to 24 lower-case letters and digits"


def check_blob_container(name: str) -> str | None:
    """Check the name of a blob container."""
    if 3 <= len(name) <= 63 and re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
        return None
    return f"{name!r} is not a container name; it has 3 to 63 lower-case letters, digits and single hyphens"


def check_object_name(name: str) -> str | None:
    """Check the name of an object of Kubernetes (RFC 1123 subdomain)."""
    if len(name) <= 253 and re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", name):
        return None
    return f"{name!r} is not a name of Kubernetes; use lower-case letters, digits, - and . inside"


def check_sub_path(path: str) -> str | None:
    """Check a path inside of a volume."""
    if path.startswith("/") or not re.fullmatch(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*", path) or ".." in path:
        return f"{path!r} is not a path in a volume; write it without / before it, and without .."
    return None


def _check_domain(name: str) -> str | None:
    if re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", name):
        return None
    return f"{name!r} is not a domain of Azure; give one such as 'core.windows.net'"


def _check_entra(text: str) -> str | None:
    return None if re.fullmatch(r"[A-Za-z0-9.-]+", text) else f"{text!r} is not an id; use letters, digits, . and -"


def _check_role(arn: str) -> str | None:
    if re.fullmatch(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}", arn):
        return None
    return f"{arn!r} is not a role's ARN; it looks like arn:aws:iam::ACCOUNT:role/NAME"


def _check_email(text: str) -> str | None:
    if re.fullmatch(r"[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com", text):
        return None
    return f"{text!r} is not a service account's address; it looks like NAME@PROJECT.iam.gserviceaccount.com"


S3BucketName: TypeAlias = Annotated[str, validated(check_s3_bucket)]
GcsBucketName: TypeAlias = Annotated[str, validated(check_gcs_bucket)]
StorageAccountName: TypeAlias = Annotated[str, validated(check_storage_account)]
BlobContainerName: TypeAlias = Annotated[str, validated(check_blob_container)]
ObjectName: TypeAlias = Annotated[str, validated(check_object_name)]
AccessMode: TypeAlias = Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"]


class KubernetesSecret(Args):
    """A secret that is in the registry's namespace already, under the keys that the registry reads."""

    kind: Literal["kubernetes_secret"] = "kubernetes_secret"
    name: MaybeOutput[ObjectName]
    """Its name."""


class S3Keys(Args):
    """An access key of a user."""

    kind: Literal["keys"] = "keys"
    access_key: SecretText
    """Its id."""
    secret_key: SecretText
    """The key itself."""


class S3Irsa(Args):
    """A role that the pods' service account stands for (EKS: IAM roles for service accounts)."""

    kind: Literal["irsa"] = "irsa"
    role_arn: MaybeOutput[Annotated[str, validated(_check_role)]]
    """The role, for the service account's annotation `eks.amazonaws.com/role-arn`."""


class S3PodIdentity(Args):
    """A role that EKS Pod Identity gives to the pods' service account; the service account names nothing."""

    kind: Literal["pod_identity"] = "pod_identity"


class S3InstanceRole(Args):
    """The role of the machine or task that the registry runs on."""

    kind: Literal["instance"] = "instance"


class BucketEncryption(Args):
    """Whatever the bucket does by default."""

    kind: Literal["bucket"] = "bucket"


class AesEncryption(Args):
    """The registry asks S3 to encrypt each object by a key of its own."""

    kind: Literal["aes256"] = "aes256"


class KmsEncryption(Args):
    """The registry asks S3 to encrypt each object by a key of KMS."""

    kind: Literal["kms"] = "kms"
    key: MaybeOutput[Text]
    """The key's ARN or id."""


def _s3_path_style(args: S3Storage) -> Iterable[Mistake]:
    if args.path_style and args.endpoint is None:
        yield Mistake("path_style", "is for servers other than AWS; give endpoint, or remove it")


def _s3_identity(args: S3Storage) -> Iterable[Mistake]:
    endpoint = args.endpoint
    # A region that a registry does not know yet is reached by its address, and is AWS all the same.
    if endpoint is None or (
        isinstance(endpoint, str) and re.match(r"https://[^/]+\.amazonaws\.com(?:\.cn)?", endpoint)
    ):
        return
    if args.credentials.kind in ("irsa", "pod_identity", "instance"):
        yield Mistake(
            "credentials",
            f"of kind {args.credentials.kind!r} are AWS's own, and endpoint names another server; give keys",
        )


def _s3_ca(args: S3Storage) -> Iterable[Mistake]:
    if args.ca_certificate is None:
        return
    if args.endpoint is None:
        yield Mistake("ca_certificate", "is for servers other than AWS; give endpoint, or remove it")
    elif isinstance(args.endpoint, str) and args.endpoint.startswith("http://"):
        yield Mistake("ca_certificate", "has no effect on an http:// endpoint; remove it, or use https://")


class S3Storage(CheckedArgs):
    """A bucket of Amazon S3, or of a server that speaks S3."""

    checks: ClassVar[tuple[Check, ...]] = (_s3_path_style, _s3_identity, _s3_ca)
    stand_ins: ClassVar = {
        "bucket": "bucket",
        "region": "us-east-1",
        "credentials": {"kind": "kubernetes_secret", "name": "secret"},
    }

    kind: Literal["s3"] = "s3"
    bucket: MaybeOutput[S3BucketName]
    """Its name; it has to exist."""
    region: MaybeOutput[Annotated[str, validated(check_s3_region)]]
    """Its region; with `endpoint`, what that server calls its region (often `us-east-1`)."""
    credentials: Annotated[
        S3Keys | S3Irsa | S3PodIdentity | S3InstanceRole | KubernetesSecret, Field(discriminator="kind")
    ]
    """How the registry proves itself."""
    endpoint: MaybeOutput[BaseUrl] | None = None
    """URL of a server other than AWS. Default: AWS."""
    path_style: bool = False
    """Put the bucket into the path instead of the host name; only with `endpoint`. Default: false."""
    prefix: KeyPrefix | None = None
    """What all object keys begin with. Default: nothing."""
    encryption: Annotated[BucketEncryption | AesEncryption | KmsEncryption, Field(discriminator="kind")] = (
        BucketEncryption()
    )
    """What the registry asks for with each object. Default: nothing; the bucket encrypts as it is set up."""
    storage_class: Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"] | None = None
    """Storage class of each object. Default: STANDARD."""
    ca_certificate: Certificates | None = None
    """PEM text of the authority that signed the server's certificate; only with `endpoint`. Default: a public one."""


class GcsKey(Args):
    """A service account's JSON key."""

    kind: Literal["key"] = "key"
    key: ServiceAccountKey
    """Content of the key file."""


class GcsWorkloadIdentity(Args):
    """A Google service account that the pods' service account stands for (GKE: Workload Identity)."""

    kind: Literal["workload_identity"] = "workload_identity"
    service_account: MaybeOutput[Annotated[str, validated(_check_email)]]
    """Its address, for the service account's annotation `iam.gke.io/gcp-service-account`."""


class GcsInstance(Args):
    """The service account of the machine that the registry runs on."""

    kind: Literal["instance"] = "instance"


class GcsStorage(Args):
    """A bucket of Google Cloud Storage."""

    kind: Literal["gcs"] = "gcs"
    bucket: MaybeOutput[GcsBucketName]
    """Its name; it has to exist."""
    credentials: Annotated[GcsKey | GcsWorkloadIdentity | GcsInstance | KubernetesSecret, Field(discriminator="kind")]
    """How the registry proves itself."""
    prefix: KeyPrefix | None = None
    """What all object names begin with. Default: nothing."""


class AzureAccountKey(Args):
    """One of the storage account's two keys, which opens all of it."""

    kind: Literal["account_key"] = "account_key"
    key: Base64Secret
    """The key."""


class AzureClientSecret(Args):
    """An application registered in Entra ID."""

    kind: Literal["client_secret"] = "client_secret"
    tenant_id: MaybeOutput[Annotated[str, validated(_check_entra)]]
    """The directory's id or domain."""
    client_id: MaybeOutput[Annotated[str, validated(_check_entra)]]
    """The application's id."""
    secret: SecretText
    """The application's secret."""


class AzureWorkloadIdentity(Args):
    """A managed identity that the pods' service account stands for (AKS: Workload ID)."""

    kind: Literal["workload_identity"] = "workload_identity"
    client_id: MaybeOutput[Annotated[str, validated(_check_entra)]]
    """Its client id, for the service account's annotation `azure.workload.identity/client-id`."""


class AzureInstance(Args):
    """The managed identity of the machine that the registry runs on."""

    kind: Literal["instance"] = "instance"


class AzureStorage(Args):
    """A container of Azure Blob Storage."""

    kind: Literal["azure"] = "azure"
    account: MaybeOutput[StorageAccountName]
    """The storage account's name."""
    container: MaybeOutput[BlobContainerName]
    """The container's name; it has to exist."""
    credentials: Annotated[
        AzureAccountKey | AzureClientSecret | AzureWorkloadIdentity | AzureInstance | KubernetesSecret,
        Field(discriminator="kind"),
    ]
    """How the registry proves itself."""
    prefix: KeyPrefix | None = None
    """What all blob names begin with. Default: nothing."""
    domain: Annotated[str, validated(_check_domain)] | None = None
    """Domain of the cloud. Default: core.windows.net, the public one."""


class FilesystemStorage(Args):
    """A directory of the machine that the registry runs on."""

    kind: Literal["filesystem"] = "filesystem"
    directory: Path
    """Absolute path."""
    max_threads: int | None = Field(None, ge=25, le=100_000)
    """How many file operations run at once, at least 25; for Distribution and Harbor. Default: the vendor's 100."""


class VolumeStorage(Args):
    """A persistent volume claim of Kubernetes. Whoever makes the registry's pods mounts it."""

    kind: Literal["volume"] = "volume"
    claim: MaybeOutput[ObjectName]
    """The claim's name; it has to exist in the registry's namespace."""
    access_mode: AccessMode
    """How the claim may be mounted: for more than one replica `ReadWriteMany`."""
    mount_path: Path = "/storage"
    """Where it is mounted. Default: /storage."""
    sub_path: Annotated[str, validated(check_sub_path)] | None = None
    """Directory in the volume. Default: all of it."""


Storage: TypeAlias = Annotated[
    S3Storage | GcsStorage | AzureStorage | FilesystemStorage | VolumeStorage, Field(discriminator="kind")
]

__all__ = [
    "AesEncryption",
    "AzureAccountKey",
    "AzureClientSecret",
    "AzureInstance",
    "AzureStorage",
    "AzureWorkloadIdentity",
    "BucketEncryption",
    "FilesystemStorage",
    "GcsInstance",
    "GcsKey",
    "GcsStorage",
    "GcsWorkloadIdentity",
    "KmsEncryption",
    "KubernetesSecret",
    "S3InstanceRole",
    "S3Irsa",
    "S3Keys",
    "S3PodIdentity",
    "S3Storage",
    "Storage",
    "VolumeStorage",
]
