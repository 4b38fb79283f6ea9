"""Storage accounts, what is in them, and identities that trust a cluster's tokens."""

# Rules share one signature; not each needs all of it.
# ruff: noqa: ARG001

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..emulator import Function, Property, Refusal, known_items, known_members
from .azure_cloud import MADE_AT, AzureCloud, Resources
from .azure_types import GROUP, Spec

ACCOUNT: Final = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}"
_ACCOUNTS: Final = "Microsoft.Storage/storageAccounts"
_CONTAINER: Final = r"[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]|\$root|\$web"
Inputs = Mapping[str, Any]


def _account_id(arm_id: str) -> str:
    found = re.match(r".*/storageaccounts/[^/]+", arm_id, re.IGNORECASE)
    return found.group(0) if found else arm_id


def _made(_: AzureCloud, arm_id: str, inputs: Inputs) -> dict[str, Any]:
    name = arm_id.rsplit("/", 1)[-1].lower()
    endpoints = {kind: f"https://{name}.{kind}.core.windows.net/" for kind in ("blob", "dfs", "file", "queue", "table")}
    return {
        "primaryEndpoints": endpoints,
        "primaryLocation": str(inputs["location"]).replace(" ", "").lower(),
        "statusOfPrimary": "available",
        "creationTime": MADE_AT,
        "keyCreationTime": {"key1": MADE_AT, "key2": MADE_AT},
        # Azure lists connections here as they come, so that a refresh after `up` would show them.
        "privateEndpointConnections": [],
    }


def check_account(inputs: Inputs) -> Iterator[Refusal]:
    """Yield what excludes what in one account's body."""
    encryption = known_members(inputs, "encryption")
    if encryption.get("keySource") == "Microsoft.Keyvault":
        if not inputs.get("identity"):
            yield Refusal("encryption", "EncryptionIdentityMissing: the account has no identity to read the key with")
        if not encryption.get("keyVaultProperties"):
            yield Refusal("encryption.keyVaultProperties", "KeyVaultPropertiesMissing: the key is not named")
    premium = str(known_members(inputs, "sku").get("name", "")).startswith("Premium")
    if premium and inputs.get("accessTier") in ("Hot", "Cool", "Cold"):
        yield Refusal("accessTier", "InvalidAccessTier: a premium account has no access tier")
    if inputs.get("kind") == "BlobStorage" and inputs.get("accessTier") is None:
        yield Refusal("accessTier", "AccessTierRequired: an account of kind BlobStorage has an access tier")


def account_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """The name is unique in all of Azure."""
    name = arm_id.rsplit("/", 1)[-1].lower()
    for other in resources.of(_ACCOUNTS):
        if other.lower() != arm_id.lower() and other.rsplit("/", 1)[-1].lower() == name:
            yield Refusal(
                "accountName", f"StorageAccountAlreadyTaken: The storage account named {name} is already taken."
            )


def container_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """A container is as public as its account lets it be."""
    account = resources.get(_account_id(arm_id)) or {}
    if inputs.get("publicAccess") in ("Blob", "Container") and account.get("allowBlobPublicAccess") is not True:
        yield Refusal(
            "publicAccess", "PublicAccessNotPermitted: Public access is not permitted on this storage account."
        )


def check_service(inputs: Inputs) -> Iterator[Refusal]:
    """Yield what Azure does not take for all containers of an account."""
    for name in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        policy = known_members(inputs, name)
        days = policy.get("days")
        if isinstance(days, int) and not 1 <= days <= 365:
            yield Refusal(f"{name}.days", f"InvalidRetentionDays: {days} is not between 1 and 365")
        if policy.get("enabled") is True and policy.get("days") is None:
            yield Refusal(f"{name}.days", "MissingRetentionDays: a policy that is enabled says for how many days")
    if known_members(inputs, "restorePolicy").get("enabled") is True and inputs.get("isVersioningEnabled") is not True:
        yield Refusal("restorePolicy", "VersioningRequired: point-in-time restore needs versioning")


def check_lifecycle(inputs: Inputs) -> Iterator[Refusal]:
    """Yield rules that do nothing, or of the same name."""
    seen: set[str] = set()
    for index, rule in enumerate(known_items(known_members(inputs, "policy"), "rules")):
        path = f"policy.rules[{index}]"
        name = rule.get("name")
        if isinstance(name, str):
            if name in seen:
                yield Refusal(f"{path}.name", f"DuplicateRuleName: {name!r} is there already")
            seen.add(name)
        definition = known_members(rule, "definition")
        if not any(known_members(definition, "actions").values()):
            yield Refusal(f"{path}.definition.actions", "NoAction: a rule does something")
        for kind in known_items(known_members(definition, "filters"), "blobTypes"):
            if isinstance(kind, str) and kind not in ("blockBlob", "appendBlob"):
                yield Refusal(f"{path}.definition.filters.blobTypes", f"InvalidBlobType: {kind!r} is not a blob type")


def check_federation(inputs: Inputs) -> Iterator[Refusal]:
    """Yield an issuer that is none; an identity trusts one audience."""
    issuer, audiences = inputs.get("issuer"), inputs.get("audiences")
    if isinstance(issuer, str) and not re.fullmatch(r"https://[^\s?#]+", issuer):
        yield Refusal("issuer", f"InvalidIssuer: {issuer!r} is not an https address")
    if isinstance(audiences, list) and len(audiences) != 1:
        yield Refusal("audiences", f"InvalidAudiences: there is one audience, not {len(audiences)}")


def federation_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """An issuer and subject stand once at an identity; there are 20 at most."""
    below = f"{arm_id.lower().split('/federatedidentitycredentials/')[0]}/"
    others = {
        key: outputs
        for key, outputs in resources.of(
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials", below
        ).items()
        if key.lower() != arm_id.lower()
    }
    for key, outputs in others.items():
        if (outputs.get("issuer"), outputs.get("subject")) == (inputs.get("issuer"), inputs.get("subject")):
            yield Refusal("subject", f"IssuerAndSubjectExist: {key!r} has the same issuer and subject")
    if old is None and len(others) >= 20:
        yield Refusal("", "QuotaExceeded: an identity takes 20 federated credentials")


SPECS: Final = (
    Spec(
        module="storage",
        name="StorageAccount",
        path=ACCOUNT,
        arm_type=_ACCOUNTS,
        pattern=r"[a-z0-9]{3,24}",
        random_name=8,
        replaces=("isHnsEnabled", "extendedLocation", "dnsEndpointType", "immutableStorageWithVersioning"),
        computed=("identity",),
        check=check_account,
        rule=account_rule,
        made=_made,
    ),
    Spec(
        module="storage",
        name="BlobServiceProperties",
        path=f"{ACCOUNT}/blobServices/{{blobServicesName}}",
        arm_type=f"{_ACCOUNTS}/blobServices",
        pattern="default",
        check=check_service,
    ),
    Spec(
        module="storage",
        name="BlobContainer",
        path=f"{ACCOUNT}/blobServices/default/containers/{{containerName}}",
        arm_type=f"{_ACCOUNTS}/blobServices/containers",
        pattern=_CONTAINER,
        replaces=("defaultEncryptionScope", "denyEncryptionScopeOverride"),
        rule=container_rule,
    ),
    Spec(
        module="storage",
        name="ManagementPolicy",
        path=f"{ACCOUNT}/managementPolicies/{{managementPolicyName}}",
        arm_type=f"{_ACCOUNTS}/managementPolicies",
        pattern="default",
        check=check_lifecycle,
    ),
    Spec(
        module="managedidentity",
        name="FederatedIdentityCredential",
        path=(
            f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}"
            "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}"
        ),
        arm_type="Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}",
        check=check_federation,
        rule=federation_rule,
    ),
)


def _list_keys(cloud: AzureCloud, arguments: dict[str, Any]) -> dict[str, Any]:
    path = ACCOUNT.format(subscriptionId=cloud.subscription, **arguments)
    with cloud.look() as resources:
        arm_id = resources.id(path)
    if arm_id is None:
        raise Refusal("", f"ResourceNotFound: the storage account {arguments['accountName']!r} was not found")

    def key(name: str) -> dict[str, str]:
        value = base64.b64encode(hashlib.sha512(f"{arm_id}|{name}".lower().encode()).digest()).decode()
        return {"keyName": name, "value": value, "permissions": "FULL", "creationTime": MADE_AT}

    return {"keys": [key("key1"), key("key2")]}


FUNCTIONS: Final = (
    Function(
        "azure-native:storage:listStorageAccountKeys",
        _list_keys,
        inputs={
            "accountName": Property("string", required=True),
            "expand": Property("string"),
            "resourceGroupName": Property("string", required=True),
        },
        secret=frozenset({"keys"}),
    ),
)

__all__ = ["FUNCTIONS", "SPECS"]
