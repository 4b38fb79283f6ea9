"""What an account and its container become: inputs as Azure Native has them on the wire. Nothing here knows Pulumi."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..core.tags import merged
from .azure_args import AzureBlobContainerArgs

Inputs = dict[str, Any]

BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
"""Storage Blob Data Contributor: reads, writes and deletes blobs."""
BLOB_DELEGATOR = "db58b8e5-c6ad-4a2a-8342-4190687cbf4a"
"""Storage Blob Delegator: asks the account for a key that signs addresses of blobs."""
AUDIENCE = "api://AzureADTokenExchange"


def located(said: AzureBlobContainerArgs) -> Inputs:
    """Return the location, where it is said."""
    return {} if said.location is None else {"location": said.location}


def account(said: AzureBlobContainerArgs, ownership: Mapping[str, str], *, key_identity: Any = None) -> Inputs:
    """Return the storage account. `key_identity` is the id of the identity that may use a key of yours."""
    services = {name: {"enabled": True, "keyType": "Account"} for name in ("blob", "file")}
    rendered: Inputs = {
        "accountName": said.account,
        "resourceGroupName": said.resource_group,
        "kind": "StorageV2",
        "sku": {"name": said.sku},
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "allowSharedKeyAccess": said.identity.kind == "account_key",
        "defaultToOAuthAuthentication": True,
        "enableHttpsTrafficOnly": True,
        "minimumTlsVersion": "TLS1_2",
        "isLocalUserEnabled": False,
        "encryption": {"keySource": "Microsoft.Storage", "services": services},
        "tags": merged(ownership, said.tags),
        **located(said),
    }
    if said.encryption is not None:
        rendered["identity"] = {"type": "UserAssigned", "userAssignedIdentities": [key_identity]}
        rendered["encryption"] = {
            "keySource": "Microsoft.Keyvault",
            "services": services,
            "keyVaultProperties": _key(said.encryption.key_id),
            "encryptionIdentity": {"encryptionUserAssignedIdentity": key_identity},
        }
    return rendered


def _key(address: Any) -> Any:
    return key_parts(address) if isinstance(address, str) else address.apply(key_parts)


def key_parts(address: str) -> Inputs:
    """Return a key's vault, name and version from its address; without a version Azure follows its rotation."""
    found = re.fullmatch(r"(https://[^/]+)/keys/([^/]+)(?:/([^/]+))?/?", address)
    if found is None:
        raise ValueError(f"{address!r} is not a key's address; it looks like https://VAULT.vault.azure.net/keys/NAME")
    rendered = {"keyVaultUri": found[1], "keyName": found[2]}
    return {**rendered, "keyVersion": found[3]} if found[3] else rendered


def blob_service(said: AzureBlobContainerArgs) -> Inputs:
    """Return what holds for all containers of the account."""
    kept = {"enabled": True, "days": said.soft_delete_days}
    return {
        "blobServicesName": "default",
        "isVersioningEnabled": said.versioning,
        "deleteRetentionPolicy": kept,
        "containerDeleteRetentionPolicy": kept,
    }


def container(said: AzureBlobContainerArgs) -> Inputs:
    """Return the container."""
    return {"containerName": said.container, "publicAccess": "None"}


def lifecycle(said: AzureBlobContainerArgs) -> Inputs:
    """Return what goes by itself: older versions. Also where none are made any more: older ones are still there."""
    delete = {"delete": {"daysAfterCreationGreaterThan": said.version_days}}
    rule = {
        "name": "older-versions",
        "type": "Lifecycle",
        "enabled": True,
        "definition": {
            "actions": {"version": delete},
            "filters": {"blobTypes": ["blockBlob"], "prefixMatch": [f"{said.container}/"]},
        },
    }
    return {"managementPolicyName": "default", "policy": {"rules": [rule]}}


def federation(issuer: Any, namespace: str, service_account: str) -> Inputs:
    """Return that an identity trusts tokens of one service account of a cluster."""
    return {
        "issuer": issuer,
        "subject": f"system:serviceaccount:{namespace}:{service_account}",
        "audiences": [AUDIENCE],
    }
