"""What the emulated `gcp` and `azure-native` providers refuse of storage, in whole messages."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.rehearsal.emulators import load
from registry_components.testing._wire import UNKNOWN

from .checking import Aborted, Provider

pytestmark = pytest.mark.unit

BUCKET = "gcp:storage/bucket:Bucket"
MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
KEY = "gcp:serviceaccount/key:Key"
ACCOUNT = "azure-native:storage:StorageAccount"
CONTAINER = "azure-native:storage:BlobContainer"
SERVICE = "azure-native:storage:BlobServiceProperties"
POLICY = "azure-native:storage:ManagementPolicy"
FEDERATION = "azure-native:managedidentity:FederatedIdentityCredential"
SHOP = {"name": "shop-images", "location": "EU"}
IN_SHOP = {"resourceGroupName": "shop", "accountName": "shopimages"}
STORE = {**IN_SHOP, "location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}}
TRUST = {
    "resourceGroupName": "shop",
    "resourceName": "registry",
    "issuer": "https://oidc.example.com/1/",
    "subject": "system:serviceaccount:registry:registry",
    "audiences": ["api://AzureADTokenExchange"],
}


@pytest.fixture
def providers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Provider]:
    folder = tmp_path_factory.mktemp("clouds")
    gcp = Provider(load("gcp"), folder, project="shop-dev")
    return {"gcp": gcp, "azure-native": Provider(load("azure-native"), folder)}


def rule(action: dict[str, Any], condition: dict[str, Any]) -> dict[str, Any]:
    return {**SHOP, "lifecycleRules": [{"action": action, "condition": condition}]}


MISTAKES: list[tuple[str, dict[str, Any], list[str]]] = [
    (BUCKET, {**SHOP, "name": "Shop"}, ["name: Error 400: Invalid bucket name: 'Shop'"]),
    (
        BUCKET,
        {**SHOP, "location": "Belgium"},
        ["location: Error 400: The specified location constraint is not valid: 'Belgium'"],
    ),
    (BUCKET, {"name": "shop-images"}, ["location: the required property 'location' is missing"]),
    (
        BUCKET,
        {**SHOP, "softDeletePolicy": {"retentionDurationSeconds": 86_400}},
        [
            "softDeletePolicy.retentionDurationSeconds: Error 400: 86400 has to be 0, or 604800 to 7776000 "
            "(7 to 90 days)"
        ],
    ),
    (
        BUCKET,
        rule({"type": "Shred"}, {"age": 1}),
        [
            "lifecycleRules[0].action.type: Error 400: 'Shred' is not one of Delete, SetStorageClass, "
            "AbortIncompleteMultipartUpload"
        ],
    ),
    (
        BUCKET,
        rule({"type": "AbortIncompleteMultipartUpload"}, {"age": 1, "numNewerVersions": 3}),
        [
            "lifecycleRules[0].condition: Error 400: AbortIncompleteMultipartUpload takes no condition beside age: "
            "numNewerVersions"
        ],
    ),
    (
        BUCKET,
        {**SHOP, "publicAccessPrevention": "always"},
        ["publicAccessPrevention: must be one of inherited, enforced, not 'always'"],
    ),
    (
        MEMBER,
        {"bucket": "shop-images", "role": "reader", "member": "user:a@example.com"},
        ["role: Error 400: 'reader' is not a role, such as roles/artifactregistry.reader"],
    ),
    (
        KEY,
        {"serviceAccountId": "registry"},
        [
            "Error 400: 'registry' does not match ^projects/[^/]+/serviceAccounts/[^/]+$ "
            "(name of iam.projects.serviceAccounts.keys.create)"
        ],
    ),
    (ACCOUNT, {**STORE, "accountName": "Shop-Images"}, ["accountName: 'Shop-Images' does not match [a-z0-9]{3,24}"]),
    (
        ACCOUNT,
        {**STORE, "encryption": {"keySource": "Microsoft.Keyvault", "keyVaultProperties": {"keyName": "k"}}},
        ["encryption: EncryptionIdentityMissing: the account has no identity to read the key with"],
    ),
    (
        SERVICE,
        {**IN_SHOP, "blobServicesName": "default", "deleteRetentionPolicy": {"enabled": True, "days": 400}},
        ["deleteRetentionPolicy.days: InvalidRetentionDays: 400 is not between 1 and 365"],
    ),
    (SERVICE, {**IN_SHOP, "blobServicesName": "mine"}, ["blobServicesName: 'mine' does not match default"]),
    (
        POLICY,
        {
            **IN_SHOP,
            "managementPolicyName": "default",
            "policy": {"rules": [{"name": "a", "type": "Lifecycle", "definition": {"actions": {}}}]},
        },
        ["policy.rules[0].definition.actions: NoAction: a rule does something"],
    ),
    (
        FEDERATION,
        {**TRUST, "federatedIdentityCredentialResourceName": "registry", "issuer": "http://oidc.example.com"},
        ["issuer: InvalidIssuer: 'http://oidc.example.com' is not an https address"],
    ),
    (
        FEDERATION,
        {**TRUST, "federatedIdentityCredentialResourceName": "registry", "audiences": []},
        ["audiences: InvalidAudiences: there is one audience, not 0"],
    ),
]


@pytest.mark.parametrize(
    ("token", "inputs", "told"),
    MISTAKES,
    ids=[f"{number}-{token.rpartition(':')[2]}" for number, (token, _, _) in enumerate(MISTAKES)],
)
def test_a_mistake_is_told_in_full(
    providers: dict[str, Provider], token: str, inputs: dict[str, Any], told: list[str]
) -> None:
    assert providers[token.split(":", 1)[0]].check(token, inputs)[1] == told


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (BUCKET, SHOP),
        (BUCKET, {"name": UNKNOWN, "location": UNKNOWN, "labels": UNKNOWN, "encryption": UNKNOWN}),
        (MEMBER, {"bucket": UNKNOWN, "role": "roles/storage.objectUser", "member": UNKNOWN}),
        (KEY, {"serviceAccountId": UNKNOWN}),
        (ACCOUNT, STORE),
        (CONTAINER, {**IN_SHOP, "accountName": UNKNOWN, "containerName": "registry"}),
        (FEDERATION, {**TRUST, "federatedIdentityCredentialResourceName": "registry", "issuer": UNKNOWN}),
    ],
)
def test_what_the_clouds_take_is_taken(providers: dict[str, Provider], token: str, inputs: dict[str, Any]) -> None:
    assert providers[token.split(":", 1)[0]].check(token, inputs)[1] == []


def _make(provider: Provider, token: str, inputs: dict[str, Any]) -> str:
    checked, failures = provider.check(token, inputs)
    assert failures == []
    return provider.create(token, checked)[0]


def test_a_key_has_to_be_there_and_granted_before_a_bucket_names_it(providers: dict[str, Provider]) -> None:
    gcp = providers["gcp"]
    ring = _make(gcp, "gcp:kms/keyRing:KeyRing", {"name": "shop", "location": "europe"})
    key = _make(gcp, "gcp:kms/cryptoKey:CryptoKey", {"name": "images", "keyRing": ring})
    with pytest.raises(Aborted, match="Permission denied on Cloud KMS key"):
        _make(gcp, BUCKET, {**SHOP, "encryption": {"defaultKmsKeyName": key}})


def test_names_are_taken_once_and_a_container_is_no_more_public_than_its_account(
    providers: dict[str, Provider],
) -> None:
    azure = providers["azure-native"]
    _make(azure, ACCOUNT, {**STORE, "allowBlobPublicAccess": False})
    with pytest.raises(Aborted, match="StorageAccountAlreadyTaken"):
        _make(azure, ACCOUNT, {**STORE, "resourceGroupName": "other"})
    with pytest.raises(Aborted, match="PublicAccessNotPermitted"):
        _make(azure, CONTAINER, {**IN_SHOP, "containerName": "registry", "publicAccess": "Blob"})
