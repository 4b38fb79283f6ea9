"""What the emulated `azure-native` provider refuses before anything runs, in whole messages."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.rehearsal.emulators import load

from .checking import Provider

pytestmark = pytest.mark.unit

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
ROLE = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    return Provider(load("azure-native"), tmp_path_factory.mktemp("clouds"))


def registry(**changes: Any) -> dict[str, Any]:
    """Return a registry's inputs, changed; `...` leaves one out."""
    known = in_shop(location="westeurope", sku={"name": "Premium"})
    return {key: value for key, value in {**known, **changes}.items() if value is not ...}


def in_shop(**inputs: Any) -> dict[str, Any]:
    """Return inputs of something in the registry."""
    return {"resourceGroupName": "g", "registryName": "shopimages", **inputs}


ROWS: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "azure-native:containerregistry:Registry",
        registry(registryName="shop-images"),
        [
            ("registryName: 'shop-images' does not match [A-Za-z0-9]{5,50}"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(registryName="shop"),
        [
            ("registryName: 'shop' does not match [A-Za-z0-9]{5,50}"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(sku=...),
        [
            ("sku: the required property 'sku' is missing"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(sku={"name": "Gold"}),
        [
            ("sku.name: must be one of Classic, Basic, Standard, Premium, not 'Gold'"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(sku="Premium"),
        [
            ("sku: must be an object, not a string"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(resourceGroupName=...),
        [
            ("resourceGroupName: the required property 'resourceGroupName' is missing"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(admin=True),
        [
            (
                "admin: 'admin' is not a property here; it has adminUserEnabled, anonymousPullEnabled, "
                "dataEndpointEnabled, encryption, identity, location, networkRuleBypassOptions, "
                "networkRuleSet, policies, publicNetworkAccess, registryName, resourceGroupName, sku, "
                "tags, zoneRedundancy"
            ),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(adminUserEnabled="no"),
        [
            ("adminUserEnabled: must be true or false, not a string"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(loginServer="x"),
        [
            ("loginServer: 'loginServer' is an output of this resource; it cannot be given"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(zoneRedundancy="Maybe"),
        [
            ("zoneRedundancy: must be one of Enabled, Disabled, not 'Maybe'"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(tags={"a": 1}),
        [
            ("tags.a: must be a string, not a number"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(sku={"name": "Standard"}, policies={"retentionPolicy": {"days": 7, "status": "enabled"}}),
        [
            ("policies.retentionPolicy: SkuNotSupported: this is for SKU Premium, not Standard"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(sku={"name": "Basic"}, anonymousPullEnabled=True),
        [
            ("anonymousPullEnabled: SkuNotSupported: anonymous pull is for SKU Standard and Premium"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(sku={"name": "Standard"}, publicNetworkAccess="Disabled"),
        [
            ("publicNetworkAccess: SkuNotSupported: this is for SKU Premium, not Standard"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(sku={"name": "Standard"}, dataEndpointEnabled=True),
        [
            ("dataEndpointEnabled: SkuNotSupported: this is for SKU Premium, not Standard"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(sku={"name": "Standard"}, zoneRedundancy="Enabled"),
        [
            ("zoneRedundancy: SkuNotSupported: this is for SKU Premium, not Standard"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(sku={"name": "Standard"}, policies={"quarantinePolicy": {"status": "enabled"}}),
        [
            ("policies.quarantinePolicy: SkuNotSupported: this is for SKU Premium, not Standard"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(policies={"retentionPolicy": {"days": 400, "status": "enabled"}}),
        [
            ("policies.retentionPolicy.days: InvalidRetentionDays: 400 is not between 0 and 365"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(policies={"retentionPolicy": {"days": 7, "status": "on"}}),
        [
            ("policies.retentionPolicy.status: must be one of enabled, disabled, not 'on'"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(
            policies={
                "retentionPolicy": {"days": 7, "status": "enabled"},
                "softDeletePolicy": {"retentionDays": 7, "status": "enabled"},
            }
        ),
        [
            ("policies.softDeletePolicy: SoftDeletePolicyConflict: retention policy is enabled too"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(policies={"softDeletePolicy": {"retentionDays": 91, "status": "enabled"}}),
        [
            ("policies.softDeletePolicy.retentionDays: InvalidRetentionDays: 91 is not between 1 and 90"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(policies={"exportPolicy": {"status": "disabled"}}),
        [
            ("policies.exportPolicy: ExportPolicyConflict: public network access has to be disabled first"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(policies={"keepPolicy": {}}),
        [
            ("policies.keepPolicy: 'keepPolicy' is not a property here; did you mean 'exportPolicy'?"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(
            encryption={
                "status": "enabled",
                "keyVaultProperties": {"keyIdentifier": "https://v.vault.azure.net/keys/k"},
            }
        ),
        [
            ("encryption: EncryptionIdentityMissing: the registry has no identity to read the key with"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(networkRuleSet={"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": 7}]}),
        [
            ("networkRuleSet.ipRules[0].iPAddressOrRange: must be a string, not a number"),
        ],
    ),
    (
        "azure-native:containerregistry:Registry",
        registry(networkRuleSet={"defaultAction": "Drop"}),
        [
            ("networkRuleSet.defaultAction: must be one of Allow, Deny, not 'Drop'"),
        ],
    ),
    (
        "azure-native:containerregistry:Replication",
        in_shop(replicationName="north-europe", location="northeurope"),
        [
            ("replicationName: 'north-europe' does not match [A-Za-z0-9]{5,50}"),
        ],
    ),
    (
        "azure-native:containerregistry:Replication",
        in_shop(replicationName="northeurope", location="northeurope", zone="1"),
        [
            (
                "zone: 'zone' is not a property here; it has location, regionEndpointEnabled, "
                "registryName, replicationName, resourceGroupName, tags, zoneRedundancy"
            ),
        ],
    ),
    (
        "azure-native:containerregistry:CacheRule",
        in_shop(cacheRuleName="hub", sourceRepository="docker.io/library/*"),
        [
            ("cacheRuleName: 'hub' does not match [A-Za-z0-9-]{5,50}"),
        ],
    ),
    (
        "azure-native:containerregistry:CacheRule",
        in_shop(cacheRuleName="library", source="x"),
        [
            (
                "source: 'source' is not a property here; it has cacheRuleName, "
                "credentialSetResourceId, registryName, resourceGroupName, sourceRepository, "
                "targetRepository"
            ),
        ],
    ),
    (
        "azure-native:containerregistry:CredentialSet",
        in_shop(credentialSetName="docker-hub", loginServer="docker.io"),
        [
            ("authCredentials: MissingAuthCredentials: a credential set has one credential"),
        ],
    ),
    (
        "azure-native:containerregistry:CredentialSet",
        in_shop(
            credentialSetName="docker-hub",
            authCredentials=[{"name": "Credential1", "usernameSecretIdentifier": "user"}],
            loginServer="docker.io",
        ),
        [
            ("authCredentials[0].usernameSecretIdentifier: InvalidSecretIdentifier: not the address of a secret"),
        ],
    ),
    (
        "azure-native:containerregistry:ScopeMap",
        in_shop(scopeMapName="partner", actions=["repositories/a/fly"]),
        [
            ("actions[0]: InvalidScopeMapAction: 'repositories/a/fly' is not repositories/NAME/ACTION"),
        ],
    ),
    (
        "azure-native:containerregistry:ScopeMap",
        in_shop(scopeMapName="pa", actions=["repositories/a/content/read"]),
        [
            ("scopeMapName: 'pa' does not match [A-Za-z0-9_-]{5,50}"),
        ],
    ),
    (
        "azure-native:containerregistry:ScopeMap",
        in_shop(scopeMapName="partner"),
        [
            ("actions: the required property 'actions' is missing"),
        ],
    ),
    (
        "azure-native:containerregistry:Token",
        in_shop(tokenName="pa", scopeMapId="x"),
        [
            ("tokenName: 'pa' does not match [A-Za-z0-9_-]{5,50}"),
        ],
    ),
    (
        "azure-native:containerregistry:Token",
        in_shop(tokenName="partner", status="on"),
        [
            ("status: must be one of enabled, disabled, not 'on'"),
        ],
    ),
    (
        "azure-native:containerregistry:Webhook",
        in_shop(webhookName="hook1", location="westeurope", serviceUri="ftp://x", actions=["push"]),
        [
            ("serviceUri: InvalidServiceUri: not an http or https address"),
        ],
    ),
    (
        "azure-native:containerregistry:Webhook",
        in_shop(webhookName="hook1", location="westeurope", serviceUri="https://x.example.com", actions=[]),
        [
            ("actions: MissingActions: a webhook has at least one action"),
        ],
    ),
    (
        "azure-native:containerregistry:Webhook",
        in_shop(webhookName="hook1", location="westeurope", serviceUri="https://x.example.com", actions=["pull"]),
        [
            ("actions[0]: must be one of push, delete, quarantine, chart_push, chart_delete, not 'pull'"),
        ],
    ),
    (
        "azure-native:containerregistry:Webhook",
        in_shop(webhookName="hook-1", location="westeurope", serviceUri="https://x.example.com", actions=["push"]),
        [
            ("webhookName: 'hook-1' does not match [A-Za-z0-9]{5,50}"),
        ],
    ),
    (
        "azure-native:containerregistry:Task",
        in_shop(taskName="nightly", location="westeurope"),
        [
            ("platform: MissingPlatform: a task says what it runs on"),
            ("step: MissingStep: a task has one step"),
        ],
    ),
    (
        "azure-native:containerregistry:Task",
        in_shop(taskName="nightly", location="westeurope", platform={"os": "Linux"}, timeout=10),
        [
            ("step: MissingStep: a task has one step"),
            ("timeout: InvalidTimeout: 10 is not between 300 and 28800 seconds"),
        ],
    ),
    (
        "azure-native:containerregistry:Task",
        in_shop(
            taskName="nightly",
            location="westeurope",
            platform={"os": "Linux"},
            step={"type": "EncodedTask", "encodedTaskContent": "not base64!"},
        ),
        [
            ("step.encodedTaskContent: InvalidTaskContent: not a task file in base64"),
        ],
    ),
    (
        "azure-native:containerregistry:Task",
        in_shop(
            taskName="nightly",
            location="westeurope",
            platform={"os": "Linux"},
            trigger={"timerTriggers": [{"name": "t", "schedule": "daily"}]},
        ),
        [
            ("step: MissingStep: a task has one step"),
            ("trigger.timerTriggers[0].schedule: InvalidSchedule: 'daily' is not a cron expression of five fields"),
        ],
    ),
    (
        "azure-native:containerregistry:ConnectedRegistry",
        in_shop(
            connectedRegistryName="branch",
            mode="ReadOnly",
            parent={"syncProperties": {"tokenId": "x", "messageTtl": "2 days"}},
        ),
        [
            ("parent.syncProperties.messageTtl: InvalidDuration: '2 days' is not as P2D or PT3H"),
        ],
    ),
    (
        "azure-native:authorization:RoleAssignment",
        {
            "scope": "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/g",
            "principalId": "alice",
            "roleDefinitionId": ROLE,
        },
        [
            ("principalId: InvalidPrincipalId: 'alice' is not an object id"),
        ],
    ),
    (
        "azure-native:authorization:RoleAssignment",
        {
            "scope": "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/g",
            "principalId": "00000000-0000-0000-0000-00000000c105",
            "roleDefinitionId": "AcrPull",
        },
        [
            ("roleDefinitionId: InvalidRoleDefinitionId: 'AcrPull' is not the id of a role"),
        ],
    ),
    (
        "azure-native:authorization:RoleAssignment",
        {
            "scope": "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/g",
            "principalId": "00000000-0000-0000-0000-00000000c105",
        },
        [
            ("roleDefinitionId: the required property 'roleDefinitionId' is missing"),
        ],
    ),
    (
        "azure-native:authorization:RoleAssignment",
        {
            "scope": "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/g",
            "principalId": "00000000-0000-0000-0000-00000000c105",
            "roleDefinitionId": ROLE,
            "condition": "x",
        },
        [
            ("conditionVersion: InvalidConditionVersion: a condition needs its version, 2.0"),
        ],
    ),
    (
        "azure-native:monitor:DiagnosticSetting",
        {"resourceUri": "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/g", "name": "logs"},
        [
            ("NoDestination: at least one data sink needs to be specified"),
            ("logs: NoCategory: at least one log or metric category has to be enabled"),
        ],
    ),
    (
        "azure-native:network:PrivateEndpoint",
        {"resourceGroupName": "g", "location": "westeurope"},
        [
            ("privateLinkServiceConnections: ConnectionRequired: a private endpoint has one connection"),
            ("subnet: SubnetRequired: a private endpoint stands in a subnet"),
        ],
    ),
    (
        "azure-native:resources:ResourceGroup",
        {"resourceGroupName": "bad/name", "location": "westeurope"},
        [
            ("resourceGroupName: 'bad/name' does not match [\\w().-]{0,89}[\\w()-]"),
        ],
    ),
    (
        "azure-native:resources:ResourceGroup",
        {"resourceGroupName": "g", "locations": "x"},
        [
            ("locations: 'locations' is not a property here; did you mean 'location'?"),
        ],
    ),
    (
        "azure-native:managedidentity:UserAssignedIdentity",
        {"resourceGroupName": "g", "resourceName": "a b", "location": "westeurope"},
        [
            ("resourceName: 'a b' does not match [A-Za-z0-9][A-Za-z0-9_-]{2,127}"),
        ],
    ),
    (
        "azure-native:resources:Resource",
        {
            "resourceGroupName": "g",
            "resourceProviderNamespace": "Microsoft.Storage",
            "resourceType": "storageAccounts",
            "resourceName": "x",
            "apiVersion": "2024-01-01",
            "parentResourcePath": "",
        },
        [
            ("resourceType: no emulator knows the generic resource Microsoft.Storage/storageAccounts"),
        ],
    ),
]


@pytest.mark.parametrize(("token", "inputs", "failures"), ROWS)
def test_a_wrong_input_is_refused(provider: Provider, token: str, inputs: dict[str, Any], failures: list[str]) -> None:
    assert provider.check(token, inputs)[1] == failures
