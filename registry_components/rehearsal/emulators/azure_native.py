"""The emulated `azure-native` provider: container registries, storage accounts and what stands around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..emulator import Emulator, Function, Property, Refusal, by_token, sdk_version
from . import azure_rules as rules
from . import azure_storage
from .azure_cloud import AzureCloud, connect, guid
from .azure_types import GROUP, REGISTRY, ArmType, GenericResource, Spec, registry_view

_ALPHANUMERIC = r"[A-Za-z0-9]{5,50}"
_DASHED = r"[A-Za-z0-9-]{5,50}"
_SCOPED = r"[A-Za-z0-9_-]{5,50}"
_ACR = "Microsoft.ContainerRegistry/registries"


def _registry(_: AzureCloud, arm_id: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    name = arm_id.rsplit("/", 1)[-1].lower()
    hosts = [f"{name}.{str(inputs['location']).replace(' ', '').lower()}.data.azurecr.io"]
    return {
        "loginServer": f"{name}.azurecr.io",
        "dataEndpointHostNames": hosts if inputs.get("dataEndpointEnabled") else [],
        # Azure lists connections here as they come, so that a refresh after `up` would show them.
        "privateEndpointConnections": [],
        "status": None,
    }


def _own_identity(cloud: AzureCloud, arm_id: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    identity = inputs.get("identity")
    if not isinstance(identity, Mapping) or "SystemAssigned" not in str(identity.get("type")):
        return {}
    return {"identity": {**identity, "principalId": guid("principal", arm_id), "tenantId": cloud.tenant}}


def _user_identity(cloud: AzureCloud, arm_id: str, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"principalId": guid("principal", arm_id), "clientId": guid("client", arm_id), "tenantId": cloud.tenant}


def _in_registry(module_name: str, segment: str, parameter: str, **more: Any) -> Spec:
    return Spec(
        module="containerregistry",
        name=module_name,
        path=f"{REGISTRY}/{segment}/{{{parameter}}}",
        arm_type=f"{_ACR}/{segment}",
        **more,
    )


_SPECS = (
    Spec(
        module="resources",
        name="ResourceGroup",
        path=GROUP,
        arm_type="Microsoft.Resources/resourceGroups",
        pattern=r"[\w().-]{0,89}[\w()-]",
        random_name=8,
    ),
    Spec(
        module="containerregistry",
        name="Registry",
        path=REGISTRY,
        arm_type=_ACR,
        body="Registry",
        updates=("RegistryPropertiesUpdateParameters",),
        pattern=_ALPHANUMERIC,
        random_name=8,
        computed=("identity",),
        check=rules.check_registry,
        rule=rules.registry_rule,
        made=_registry,
    ),
    _in_registry(
        "Replication",
        "replications",
        "replicationName",
        body="Replication",
        updates=("ReplicationUpdateParametersProperties",),
        pattern=_ALPHANUMERIC,
        rule=rules.replication_rule,
    ),
    _in_registry(
        "CacheRule",
        "cacheRules",
        "cacheRuleName",
        body="CacheRule",
        updates=("CacheRuleUpdateProperties",),
        pattern=_DASHED,
        rule=rules.cache_rule,
    ),
    _in_registry(
        "CredentialSet",
        "credentialSets",
        "credentialSetName",
        body="CredentialSet",
        updates=("CredentialSetUpdateProperties",),
        pattern=_DASHED,
        computed=("identity",),
        check=rules.check_credential_set,
        made=_own_identity,
    ),
    _in_registry(
        "ScopeMap",
        "scopeMaps",
        "scopeMapName",
        body="ScopeMap",
        updates=("ScopeMapPropertiesUpdateParameters",),
        pattern=_SCOPED,
        check=rules.check_scope_map,
    ),
    _in_registry(
        "Token",
        "tokens",
        "tokenName",
        body="Token",
        updates=("TokenUpdateProperties",),
        pattern=_SCOPED,
        rule=rules.token_rule,
    ),
    _in_registry(
        "Webhook",
        "webhooks",
        "webhookName",
        body="WebhookCreateParameters",
        updates=("WebhookPropertiesUpdateParameters",),
        pattern=_ALPHANUMERIC,
        write_only=("serviceUri", "customHeaders"),
        check=rules.check_webhook,
        rule=rules.webhook_rule,
    ),
    _in_registry(
        "ConnectedRegistry",
        "connectedRegistries",
        "connectedRegistryName",
        body="ConnectedRegistry",
        replaces=("mode",),
        pattern=_ALPHANUMERIC,
        check=rules.check_connected,
        rule=rules.connected_rule,
    ),
    _in_registry("AgentPool", "agentPools", "agentPoolName", replaces=("os", "tier"), rule=rules.premium_rule),
    _in_registry("Task", "tasks", "taskName", pattern=_SCOPED, check=rules.check_task, rule=rules.task_rule),
    Spec(
        module="managedidentity",
        name="UserAssignedIdentity",
        path=f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}",
        arm_type="Microsoft.ManagedIdentity/userAssignedIdentities",
        pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}",
        random_name=8,
        made=_user_identity,
    ),
    Spec(
        module="authorization",
        name="RoleAssignment",
        path="{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        arm_type="Microsoft.Authorization/roleAssignments",
        replaces=("principalId", "roleDefinitionId", "principalType", "condition", "conditionVersion"),
        computed=("roleAssignmentName",),
        guid_name=True,
        keeps=True,
        check=rules.check_role_assignment,
        rule=rules.role_assignment_rule,
    ),
    Spec(
        module="authorization",
        name="ManagementLockByScope",
        path="{scope}/providers/Microsoft.Authorization/locks/{lockName}",
        arm_type="Microsoft.Authorization/locks",
        keeps=True,
    ),
    Spec(
        module="monitor",
        name="DiagnosticSetting",
        path="{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        arm_type="Microsoft.Insights/diagnosticSettings",
        keeps=True,
        check=rules.check_diagnostics,
    ),
    Spec(
        module="network",
        name="PrivateEndpoint",
        path=f"{GROUP}/providers/Microsoft.Network/privateEndpoints/{{privateEndpointName}}",
        arm_type="Microsoft.Network/privateEndpoints",
        random_name=8,
        replaces=("subnet", "privateLinkServiceConnections", "customNetworkInterfaceName"),
        check=rules.check_private_endpoint,
        rule=rules.private_endpoint_rule,
    ),
    Spec(
        module="network",
        name="PrivateDnsZoneGroup",
        path=(
            f"{GROUP}/providers/Microsoft.Network/privateEndpoints/{{privateEndpointName}}"
            "/privateDnsZoneGroups/{privateDnsZoneGroupName}"
        ),
        arm_type="Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        rule=rules.dns_group_rule,
    ),
)
_GENERIC = Spec(
    module="resources",
    name="Resource",
    path=f"{GROUP}/providers/{{resourceProviderNamespace}}/{{resourceType}}/{{resourceName}}",
    arm_type="",
    replaces=("parentResourcePath",),
    check=rules.check_registry,
    rule=rules.registry_rule,
)


def _get_client_config(cloud: AzureCloud, _: dict[str, Any]) -> dict[str, Any]:
    return {
        "clientId": cloud.client,
        "objectId": guid("object", cloud.client),
        "subscriptionId": cloud.subscription,
        "tenantId": cloud.tenant,
    }


def _get_registry(cloud: AzureCloud, arguments: dict[str, Any]) -> dict[str, Any]:
    path = REGISTRY.format(subscriptionId=cloud.subscription, **arguments)
    with cloud.look() as resources:
        found, arm_id = resources.get(path), resources.id(path)
    if found is None or arm_id is None:
        raise Refusal("", f"ResourceNotFound: the registry {arguments['registryName']!r} was not found")
    return {**registry_view(found), "id": arm_id, "name": arm_id.rsplit("/", 1)[-1]}


def emulator() -> Emulator:
    """Return the emulated provider, of the version that the installed SDK asks for."""
    return Emulator(
        package="azure-native",
        version=sdk_version("pulumi-azure-native", "3.29.0"),
        types=by_token([*(ArmType(spec) for spec in (*_SPECS, *azure_storage.SPECS)), GenericResource(_GENERIC)]),
        functions={
            function.token: function
            for function in (
                *azure_storage.FUNCTIONS,
                Function("azure-native:authorization:getClientConfig", _get_client_config, inputs={}),
                Function(
                    "azure-native:containerregistry:getRegistry",
                    _get_registry,
                    inputs={
                        "registryName": Property("string", required=True),
                        "resourceGroupName": Property("string", required=True),
                    },
                ),
            )
        },
        connect=connect,
    )
