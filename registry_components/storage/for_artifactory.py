"""A storage block as JFrog Artifactory has it: the provider chain of its `binarystore.xml`.

Names are those of JFrog's documentation for Artifactory 7.125: providers s3-storage-v3, google-storage-v2,
azure-blob-storage-v2 with their `-direct` templates, and file-system.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from ..blocks import storage as blocks
from ..core.errors import Mistake
from .refusals import kept, raise_for, replica_mistakes

GCS_KEY_FILE = "gcp.credentials.json"


@dataclass(frozen=True)
class Binarystore:
    """The filestore of one Artifactory. Leaves may be secrets, still wrapped; `to_xml` takes resolved ones."""

    template: str
    provider: str
    settings: dict[str, Any]
    files: dict[str, Any] = field(default_factory=dict)
    """Content of files beside `binarystore.xml` (`$JFROG_HOME/artifactory/var/etc/artifactory`), by name."""


def artifactory_mistakes(storage: blocks.Storage, *, replicas: int = 1) -> Iterator[Mistake]:
    """Yield what Artifactory cannot do with a storage block."""
    yield from replica_mistakes(storage, replicas)
    credentials = getattr(storage, "credentials", None)
    if isinstance(credentials, blocks.KubernetesSecret):
        yield Mistake(
            "credentials",
            "of kind 'kubernetes_secret' cannot be named in binarystore.xml; give the key itself, or an identity",
        )
    match storage:
        case blocks.S3Storage() as s3:
            yield from _s3_mistakes(s3)
        case blocks.AzureStorage(credentials=blocks.AzureClientSecret()):
            yield Mistake(
                "credentials",
                "of kind 'client_secret' are not known to azure-blob-storage-v2; give kind 'workload_identity' or "
                "'account_key'",
            )
        case blocks.AzureStorage(credentials=blocks.AzureInstance()):
            yield Mistake(
                "credentials",
                "of kind 'instance' are not known to azure-blob-storage-v2; give kind 'workload_identity' or "
                "'account_key'",
            )
        case blocks.FilesystemStorage(max_threads=threads) if threads is not None:
            yield Mistake("max_threads", "is not a setting of Artifactory; remove it")


def _s3_mistakes(s3: blocks.S3Storage) -> Iterator[Mistake]:
    if s3.encryption.kind != "bucket":
        yield Mistake(
            "encryption",
            f"of kind {s3.encryption.kind!r} would be asked for with each object; make it the bucket's default and "
            "give kind 'bucket', which encrypts the same",
        )
    if s3.storage_class is not None:
        yield Mistake("storage_class", "is not a setting of Artifactory; let a rule of the bucket move objects")
    if s3.ca_certificate is not None:
        yield Mistake(
            "ca_certificate",
            "is not a setting of binarystore.xml; put it into $JFROG_HOME/artifactory/var/etc/security/keys/trusted, "
            "and remove it",
        )
    if isinstance(s3.endpoint, str) and urlsplit(s3.endpoint).path.strip("/"):
        yield Mistake("endpoint", f"{s3.endpoint!r} has a path, and Artifactory takes a host; remove the path")
    if s3.endpoint is not None and not isinstance(s3.endpoint, str):
        yield Mistake(
            "endpoint", "is an output, and Artifactory wants host, port and scheme apart; give the URL as text"
        )


def to_artifactory(storage: blocks.Storage, *, replicas: int = 1) -> Binarystore:
    """Return the filestore. Raises `StackError` with everything that Artifactory cannot do."""
    raise_for("Artifactory's storage", artifactory_mistakes(storage, replicas=replicas))
    match storage:
        case blocks.S3Storage() as s3:
            return Binarystore("s3-storage-v3-direct", "s3-storage-v3", _s3(s3))
        case blocks.GcsStorage() as gcs:
            key = gcs.credentials.key if isinstance(gcs.credentials, blocks.GcsKey) else None
            settings = {
                **kept(bucketName=gcs.bucket, path=gcs.prefix),
                "bucketExists": True,
                "useInstanceCredentials": key is None,
            }
            files = {} if key is None else {GCS_KEY_FILE: key}
            return Binarystore("google-storage-v2-direct", "google-storage-v2", settings, files)
        case blocks.AzureStorage() as azure:
            settings = kept(
                accountName=azure.account,
                container=azure.container,
                path=azure.prefix,
                endpoint=_azure_endpoint(azure),
            )
            if isinstance(azure.credentials, blocks.AzureAccountKey):
                settings["accountKey"] = azure.credentials.key
            else:
                settings["useInstanceCredentials"] = True
            return Binarystore("azure-blob-storage-v2-direct", "azure-blob-storage-v2", settings)
        case blocks.VolumeStorage() as volume:
            return Binarystore("file-system", "file-system", {"fileStoreDir": volume.mount_path})
        case blocks.FilesystemStorage() as disk:
            return Binarystore("file-system", "file-system", {"fileStoreDir": disk.directory})


def _azure_endpoint(azure: blocks.AzureStorage) -> Any:
    if azure.domain is None:
        return None
    if isinstance(azure.account, str):
        return f"https://{azure.account}.blob.{azure.domain}"
    domain = azure.domain
    return azure.account.apply(lambda account: f"https://{account}.blob.{domain}")


def _s3(s3: blocks.S3Storage) -> dict[str, Any]:
    settings = kept(
        bucketName=s3.bucket,
        path=s3.prefix,
        region=s3.region,
        **_endpoint(s3),
        usePathStyleAccess=s3.path_style,
    )
    if isinstance(s3.credentials, blocks.S3Keys):
        return {**settings, "identity": s3.credentials.access_key, "credential": s3.credentials.secret_key}
    return {**settings, "useInstanceCredentials": True}


def _endpoint(s3: blocks.S3Storage) -> dict[str, Any]:
    if not isinstance(s3.endpoint, str):
        return {}
    parts = urlsplit(s3.endpoint)
    return {"endpoint": parts.hostname, "port": parts.port, "useHttp": parts.scheme == "http"}


def to_xml(store: Binarystore) -> str:
    """Return `binarystore.xml`: the same text for equal stores. It holds the keys that the store holds.

    Raises `TypeError`, naming the setting and never the value, where one is not plain yet.
    """
    lines = ['<config version="2">', f'    <chain template="{store.template}"/>']
    lines.append(f'    <provider id="{store.provider}" type="{store.provider}">')
    for name, value in sorted(store.settings.items()):
        match value:
            case bool():
                text = "true" if value else "false"
            case int() | str():
                text = escape(str(value))
            case _:
                raise TypeError(f"{name}: a {type(value).__name__} is not resolved yet")
        lines.append(f"        <{name}>{text}</{name}>")
    return "\n".join([*lines, "    </provider>", "</config>", ""])


__all__ = ["Binarystore", "artifactory_mistakes", "to_artifactory", "to_xml"]
