"""A storage block as Sonatype Nexus Repository has it: a blob store of its REST API (`/service/rest/v1/blobstores`).

Names are those of the API's models in Nexus 3.8x: S3BlobStoreApiModel, AzureBlobStoreApiModel,
GoogleCloudBlobstoreApiModel, FileBlobStoreApiCreateRequest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..blocks import storage as blocks
from ..core.errors import Mistake
from .refusals import kept, raise_for, replica_mistakes

_ENCRYPTION = {"aes256": "s3ManagedEncryption", "kms": "kmsManagedEncryption"}


@dataclass(frozen=True)
class NexusBlobStore:
    """One request: `POST /service/rest/v1/blobstores/<type>` with this body. Leaves may be secrets, still wrapped."""

    type: str
    body: dict[str, Any]

    @property
    def path(self) -> str:
        """Where the body is posted to."""
        return f"/service/rest/v1/blobstores/{self.type}"


def nexus_mistakes(storage: blocks.Storage, *, name: str, replicas: int = 1) -> Iterator[Mistake]:
    """Yield what Nexus cannot do with a storage block."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}", name):
        yield Mistake("name", f"{name!r} is not a blob store's name; use letters, digits and _ . - inside")
    yield from replica_mistakes(storage, replicas)
    credentials = getattr(storage, "credentials", None)
    if isinstance(credentials, blocks.KubernetesSecret):
        yield Mistake(
            "credentials", "of kind 'kubernetes_secret' cannot be named in Nexus; give the key itself, or an identity"
        )
    match storage:
        case blocks.S3Storage() as s3:
            if s3.storage_class is not None:
                yield Mistake(
                    "storage_class",
                    "is not a setting of Nexus; let a rule of the bucket move objects, and remove it",
                )
            if s3.ca_certificate is not None:
                yield Mistake(
                    "ca_certificate",
                    "is not a setting of a blob store; add it to Nexus' trust store (Security, SSL Certificates), and "
                    "remove it",
                )
        case blocks.AzureStorage() as azure:
            if isinstance(azure.credentials, blocks.AzureClientSecret):
                yield Mistake(
                    "credentials",
                    "of kind 'client_secret' are taken from the environment alone (AZURE_CLIENT_ID, AZURE_TENANT_ID, "
                    "AZURE_CLIENT_SECRET); set those for Nexus and give kind 'workload_identity', which reads it",
                )
            if azure.prefix is not None:
                yield Mistake("prefix", "is not a setting of Nexus for Azure; give each blob store its own container")
            if azure.domain is not None:
                yield Mistake("domain", "is not a setting of Nexus; it knows the public cloud, core.windows.net, alone")
        case blocks.FilesystemStorage(max_threads=threads) if threads is not None:
            yield Mistake("max_threads", "is not a setting of Nexus; remove it")


def to_nexus(storage: blocks.Storage, *, name: str, replicas: int = 1) -> NexusBlobStore:
    """Return the request that makes the blob store `name`.

    Raises `StackError` with everything that Nexus cannot do.
    """
    raise_for("Nexus' storage", nexus_mistakes(storage, name=name, replicas=replicas))
    match storage:
        case blocks.S3Storage() as s3:
            return NexusBlobStore("s3", {"name": name, "bucketConfiguration": _s3(s3)})
        case blocks.GcsStorage() as gcs:
            return NexusBlobStore("google", {"name": name, "bucketConfiguration": _gcs(gcs)})
        case blocks.AzureStorage() as azure:
            return NexusBlobStore("azure", {"name": name, "bucketConfiguration": _azure(azure)})
        case blocks.VolumeStorage() as volume:
            return NexusBlobStore("file", {"name": name, "path": f"{volume.mount_path.rstrip('/')}/{name}"})
        case blocks.FilesystemStorage() as disk:
            return NexusBlobStore("file", {"name": name, "path": f"{disk.directory.rstrip('/')}/{name}"})


def _s3(s3: blocks.S3Storage) -> dict[str, Any]:
    found: dict[str, Any] = {"bucket": kept(region=s3.region, name=s3.bucket, prefix=s3.prefix)}
    if isinstance(s3.credentials, blocks.S3Keys):
        found["bucketSecurity"] = {
            "accessKeyId": s3.credentials.access_key,
            "secretAccessKey": s3.credentials.secret_key,
        }
    if s3.encryption.kind != "bucket":
        key = s3.encryption.key if isinstance(s3.encryption, blocks.KmsEncryption) else None
        found["encryption"] = kept(encryptionType=_ENCRYPTION[s3.encryption.kind], encryptionKey=key)
    if s3.endpoint is not None:
        found["advancedBucketConnection"] = {"endpoint": s3.endpoint, "forcePathStyle": s3.path_style}
    return found


def _gcs(gcs: blocks.GcsStorage) -> dict[str, Any]:
    security: dict[str, Any] = {"authenticationMethod": "applicationDefault"}
    if isinstance(gcs.credentials, blocks.GcsKey):
        security = {"authenticationMethod": "accountKey", "accountKey": gcs.credentials.key}
    return {"bucket": kept(name=gcs.bucket, prefix=gcs.prefix), "bucketSecurity": security}


def _azure(azure: blocks.AzureStorage) -> dict[str, Any]:
    match azure.credentials:
        case blocks.AzureAccountKey() as shared:
            found: dict[str, Any] = {"authenticationMethod": "ACCOUNTKEY", "accountKey": shared.key}
        case blocks.AzureWorkloadIdentity():
            # AKS Workload ID tells a pod its identity by environment variables.
            found = {"authenticationMethod": "ENVIRONMENTVARIABLE"}
        case _:
            found = {"authenticationMethod": "MANAGEDIDENTITY"}
    return {"accountName": azure.account, "containerName": azure.container, "authentication": found}


__all__ = ["NexusBlobStore", "nexus_mistakes", "to_nexus"]
