"""A storage block as CNCF Distribution has it: one of its storage drivers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..blocks import storage as blocks
from ..core.errors import Mistake
from ..distribution import storage as drivers
from .identities import service_account_annotations
from .refusals import raise_for, replica_mistakes


def distribution_mistakes(storage: blocks.Storage, *, replicas: int = 1) -> Iterator[Mistake]:
    """Yield what Distribution 3.1 cannot do with a storage block."""
    yield from replica_mistakes(storage, replicas)
    credentials = getattr(storage, "credentials", None)
    if isinstance(credentials, blocks.KubernetesSecret):
        yield Mistake(
            "credentials",
            "of kind 'kubernetes_secret' are not read by a process or container; give the keys themselves, or an "
            "identity of the machine",
        )
    if not isinstance(storage, blocks.S3Storage):
        return
    if storage.ca_certificate is not None:
        yield Mistake(
            "ca_certificate",
            "is not a setting of Distribution's driver; add the authority to the machine's or image's trust store, and "
            "remove it",
        )
    if storage.endpoint is None and isinstance(storage.region, str) and storage.region not in drivers.S3_REGIONS:
        yield Mistake(
            "region",
            f"{storage.region!r} is not a region that Distribution knows; correct it, or give the region's endpoint, "
            f"https://s3.{storage.region}.amazonaws.com",
        )


def to_distribution(storage: blocks.Storage, *, replicas: int = 1) -> drivers.Storage:
    """Return the storage driver for `DistributionRegistryArgs.storage`.

    Secrets stay what they are. Raises `StackError` with everything that Distribution cannot do.
    """
    raise_for("Distribution's storage", distribution_mistakes(storage, replicas=replicas))
    match storage:
        case blocks.S3Storage() as s3:
            return drivers.S3Storage(
                bucket=s3.bucket,
                region=s3.region,
                region_endpoint=s3.endpoint,
                force_path_style=s3.path_style,
                root_directory=s3.prefix,
                storage_class=s3.storage_class,
                encrypt=s3.encryption.kind != "bucket",
                key_id=s3.encryption.key if isinstance(s3.encryption, blocks.KmsEncryption) else None,
                **_keys(s3),
            )
        case blocks.GcsStorage() as gcs:
            key = gcs.credentials.key if isinstance(gcs.credentials, blocks.GcsKey) else None
            return drivers.GcsStorage(bucket=gcs.bucket, keyfile=key, root_directory=gcs.prefix)
        case blocks.AzureStorage() as azure:
            return drivers.AzureStorage(
                account_name=azure.account,
                container=azure.container,
                credentials=_azure(azure),
                realm=azure.domain,
                root_directory=azure.prefix,
            )
        case blocks.VolumeStorage() as volume:
            return drivers.FilesystemStorage(root_directory=volume.mount_path)
        case blocks.FilesystemStorage() as disk:
            return drivers.FilesystemStorage(root_directory=disk.directory, max_threads=disk.max_threads)


def to_distribution_pods(storage: blocks.Storage) -> dict[str, Any]:
    """Return what runtime 'kubernetes' is told beside `to_distribution`: a volume's claim, or whom its pods are.

    Empty for keys, and for an identity that a service account does not name.
    """
    if isinstance(storage, blocks.VolumeStorage):
        claim = {"claim_name": storage.claim, "access_mode": storage.access_mode, "sub_path": storage.sub_path}
        return {"claim": {"kind": "existing", **claim}}
    identity = service_account_annotations(storage)
    return {"service_account": {"kind": "new", "annotations": identity}} if identity else {}


def _keys(s3: blocks.S3Storage) -> dict[str, Any]:
    if not isinstance(s3.credentials, blocks.S3Keys):
        # Without keys the driver asks the AWS SDK's own chain: web identity, container, instance.
        return {}
    return {"access_key": s3.credentials.access_key, "secret_key": s3.credentials.secret_key}


def _azure(
    azure: blocks.AzureStorage,
) -> drivers.AzureSharedKey | drivers.AzureClientSecret | drivers.AzureDefaultCredentials:
    match azure.credentials:
        case blocks.AzureAccountKey() as shared:
            return drivers.AzureSharedKey(account_key=shared.key)
        case blocks.AzureClientSecret() as client:
            return drivers.AzureClientSecret(
                tenant_id=client.tenant_id, client_id=client.client_id, secret=client.secret
            )
    return drivers.AzureDefaultCredentials()


__all__ = ["distribution_mistakes", "to_distribution", "to_distribution_pods"]
