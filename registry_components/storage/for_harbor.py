"""A storage block as Harbor 2.15 has it: values of its chart, or settings of its installer's `harbor.yml`.

Harbor's registry is Distribution 2.8 with the drivers of that version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..blocks import storage as blocks
from ..core.errors import Mistake
from .refusals import kept, raise_for, replica_mistakes

S3_SECRET_KEYS = ("REGISTRY_STORAGE_S3_ACCESSKEY", "REGISTRY_STORAGE_S3_SECRETKEY")
GCS_SECRET_KEY = "GCS_KEY_DATA"  # noqa: S105 - a key's name
AZURE_SECRET_KEY = "AZURE_STORAGE_ACCESS_KEY"  # noqa: S105
CA_SECRET_KEY = "ca.crt"  # noqa: S105
GCS_KEY_FILE = "gcs.json"
_IDENTITIES = {
    "irsa": "IRSA (IAM roles for service accounts)",
    "pod_identity": "EKS Pod Identity",
    "instance": "the machine's role",
}


@dataclass(frozen=True)
class ChartStorage:
    """What the chart's `persistence` becomes, and the secrets that its values name. No value holds a secret."""

    values: dict[str, Any]
    """Members of the chart's `persistence`."""
    secret: dict[str, Any] = field(default_factory=dict)
    """Entries of the secret of that name; empty where none has to be made."""
    ca_secret: dict[str, Any] = field(default_factory=dict)
    """Entries of the secret with the authority of the storage server; empty where none has to be made."""


@dataclass(frozen=True)
class InstallerStorage:
    """What `harbor.yml` becomes. The installer knows no other place for keys: leaves may be secrets, still wrapped."""

    settings: dict[str, Any]
    """Top-level members of `harbor.yml`."""
    files: dict[str, Any] = field(default_factory=dict)
    """Content of the files that they name, by file name."""


def harbor_mistakes(
    storage: blocks.Storage,
    *,
    replicas: int = 1,
    keys: str = "kind 'keys', or 'kubernetes_secret' with a key that is there",
) -> Iterator[Mistake]:
    """Yield what Harbor cannot do with a storage block, however it is installed; `keys` says what it takes instead."""
    yield from replica_mistakes(storage, replicas)
    match storage:
        case blocks.S3Storage() as s3:
            yield from _s3_mistakes(s3, keys)
        case blocks.AzureStorage() as azure:
            if azure.credentials.kind in ("client_secret", "workload_identity", "instance"):
                yield Mistake(
                    "credentials",
                    f"of kind {azure.credentials.kind!r} are not known to Harbor's registry (Distribution 2.8); give "
                    "kind 'account_key'",
                )
            if azure.prefix is not None:
                yield Mistake("prefix", "is not a setting of Harbor for Azure; give Harbor a container of its own")


def _s3_mistakes(s3: blocks.S3Storage, keys: str) -> Iterator[Mistake]:
    if s3.credentials.kind in _IDENTITIES:
        # rule 18: goharbor/harbor#22690
        yield Mistake(
            "credentials",
            f"by {_IDENTITIES[s3.credentials.kind]} reach no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); "
            f"give {keys}",
        )
    if s3.endpoint is not None and not s3.path_style:
        yield Mistake(
            "path_style",
            "has to be true with an endpoint: Harbor's registry always puts the bucket into the path there",
        )
    if s3.storage_class is not None and s3.storage_class not in ("STANDARD", "REDUCED_REDUNDANCY"):
        # Distribution 2.8, registry/storage/driver/s3-aws: no other class passes its check.
        yield Mistake(
            "storage_class",
            f"{s3.storage_class!r} is not known to Harbor's registry (Distribution 2.8); let a rule of the bucket move "
            "objects, and remove it",
        )


def harbor_chart_mistakes(storage: blocks.Storage, *, replicas: int = 1) -> Iterator[Mistake]:
    """Yield what Harbor's chart cannot do with a storage block."""
    yield from harbor_mistakes(storage, replicas=replicas)
    match storage:
        case blocks.FilesystemStorage():
            yield Mistake(
                "kind", "'filesystem' would be a directory of a pod, gone with it; use kind 'volume', or a bucket"
            )
        case blocks.GcsStorage(credentials=blocks.GcsInstance()):
            yield Mistake(
                "credentials",
                "of kind 'instance' cannot be said to Harbor's chart; use 'workload_identity', 'key' or "
                "'kubernetes_secret'",
            )


def harbor_installer_mistakes(storage: blocks.Storage) -> Iterator[Mistake]:
    """Yield what Harbor's installer cannot do with a storage block."""
    yield from harbor_mistakes(storage, keys="kind 'keys'")
    credentials = getattr(storage, "credentials", None)
    if isinstance(storage, blocks.VolumeStorage):
        yield Mistake("kind", "'volume' is Kubernetes', and the installer runs containers; use kind 'filesystem'")
    if isinstance(credentials, blocks.KubernetesSecret):
        yield Mistake(
            "credentials", "of kind 'kubernetes_secret' are not read by Harbor's installer; give the key itself"
        )
    if isinstance(credentials, blocks.GcsWorkloadIdentity):
        yield Mistake(
            "credentials", "of kind 'workload_identity' are a pod's, and the installer runs containers; give kind 'key'"
        )


def to_harbor_chart(
    storage: blocks.Storage,
    *,
    secret_name: str,
    ca_secret_name: str | None = None,
    disable_redirect: bool = False,
    replicas: int = 1,
) -> ChartStorage:
    """Return `persistence` of the chart's values, and what stands in the secrets `secret_name` and `ca_secret_name`.

    Raises `StackError` with everything that Harbor cannot do.
    """
    raise_for("Harbor's storage", harbor_chart_mistakes(storage, replicas=replicas))
    values: dict[str, Any] = {"type": _type(storage), "disableredirect": disable_redirect}
    claim: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    ca_secret: dict[str, Any] = {}
    match storage:
        case blocks.S3Storage() as s3:
            name, secret = _chart_secret(s3.credentials, secret_name)
            values["s3"] = {**_s3(s3), "existingSecret": name}
            if s3.ca_certificate is not None:
                values["caBundleSecretName"] = ca_secret_name or f"{secret_name}-ca"
                ca_secret = {CA_SECRET_KEY: s3.ca_certificate}
        case blocks.GcsStorage() as gcs:
            shared = kept(bucket=gcs.bucket, rootdirectory=gcs.prefix)
            if isinstance(gcs.credentials, blocks.GcsWorkloadIdentity):
                values["gcs"] = {**shared, "useWorkloadIdentity": True}
            else:
                name, secret = _chart_secret(gcs.credentials, secret_name)
                values["gcs"] = {**shared, "useWorkloadIdentity": False, "existingSecret": name}
        case blocks.AzureStorage() as azure:
            name, secret = _chart_secret(azure.credentials, secret_name)
            shared = kept(accountname=azure.account, container=azure.container, realm=azure.domain)
            values["azure"] = {**shared, "existingSecret": name}
        case blocks.VolumeStorage() as volume:
            values["filesystem"] = {"rootdirectory": volume.mount_path}
            registry = kept(
                existingClaim=volume.claim, subPath=volume.sub_path, accessMode=_chart_mode(volume.access_mode)
            )
            claim = {"persistentVolumeClaim": {"registry": registry}}
    return ChartStorage({"imageChartStorage": values, **claim}, secret, ca_secret)


def _chart_mode(mode: str) -> str:
    # Of an existing claim the chart only asks whether several nodes may mount it.
    return "ReadWriteMany" if mode == "ReadWriteMany" else "ReadWriteOnce"


def _type(storage: blocks.Storage) -> str:
    return "filesystem" if storage.kind == "volume" else storage.kind


def _chart_secret(credentials: Any, name: str) -> tuple[Any, dict[str, Any]]:
    match credentials:
        case blocks.KubernetesSecret() as there:
            return there.name, {}
        case blocks.S3Keys() as keys:
            return name, dict(zip(S3_SECRET_KEYS, (keys.access_key, keys.secret_key), strict=True))
        case blocks.GcsKey() as key:
            return name, {GCS_SECRET_KEY: key.key}
    return name, {AZURE_SECRET_KEY: credentials.key}


def _s3(s3: blocks.S3Storage) -> dict[str, Any]:
    return kept(
        region=s3.region,
        bucket=s3.bucket,
        regionendpoint=s3.endpoint,
        rootdirectory=s3.prefix,
        encrypt=s3.encryption.kind != "bucket",
        keyid=s3.encryption.key if isinstance(s3.encryption, blocks.KmsEncryption) else None,
        storageclass=s3.storage_class,
    )


def to_harbor_installer(
    storage: blocks.Storage, *, files_directory: str = "/etc/harbor", disable_redirect: bool = False
) -> InstallerStorage:
    """Return what `harbor.yml` says of storage, and the files that it names below `files_directory`.

    Raises `StackError` with everything that Harbor cannot do.
    """
    raise_for("Harbor's storage", harbor_installer_mistakes(storage))
    files: dict[str, Any] = {}
    service: dict[str, Any] = {"redirect": {"disable": True}} if disable_redirect else {}
    top: dict[str, Any] = {}
    match storage:
        case blocks.S3Storage() as s3:
            service["s3"] = {**_s3(s3), **_inline_keys(s3.credentials)}
            if s3.ca_certificate is not None:
                files[CA_SECRET_KEY] = s3.ca_certificate
                service["ca_bundle"] = f"{files_directory.rstrip('/')}/{CA_SECRET_KEY}"
        case blocks.GcsStorage() as gcs:
            service["gcs"] = kept(bucket=gcs.bucket, rootdirectory=gcs.prefix)
            if isinstance(gcs.credentials, blocks.GcsKey):
                files[GCS_KEY_FILE] = gcs.credentials.key
                service["gcs"]["keyfile"] = f"{files_directory.rstrip('/')}/{GCS_KEY_FILE}"
        case blocks.AzureStorage() as azure:
            service["azure"] = kept(accountname=azure.account, container=azure.container, realm=azure.domain)
            if isinstance(azure.credentials, blocks.AzureAccountKey):
                service["azure"]["accountkey"] = azure.credentials.key
        case blocks.FilesystemStorage() as disk:
            # The registry's blobs lie in `registry` below data_volume, together with all else that Harbor keeps.
            top["data_volume"] = disk.directory
            service["filesystem"] = kept(maxthreads=disk.max_threads)
    return InstallerStorage({**top, "storage_service": service}, files)


def _inline_keys(credentials: Any) -> dict[str, Any]:
    if not isinstance(credentials, blocks.S3Keys):
        return {}
    return {"accesskey": credentials.access_key, "secretkey": credentials.secret_key}


__all__ = [
    "ChartStorage",
    "InstallerStorage",
    "harbor_chart_mistakes",
    "harbor_installer_mistakes",
    "to_harbor_chart",
    "to_harbor_installer",
]
