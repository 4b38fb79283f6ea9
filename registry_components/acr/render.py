"""What a registry and its parts become: inputs as Azure Native has them on the wire. Nothing here knows Pulumi.

Values that only the engine knows (ids, names of resources made beside) are given by the caller.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..core.args import reveal
from .args import AcrRegistryArgs
from .caching import AcrCacheRule, AcrCredentialSet, source_of, target_of
from .features import AcrConnectedRegistry, AcrDiagnostics, AcrReplica, AcrWebhook
from .lifecycle import AgentPool, PurgeTask, task_yaml
from .tokens import AcrScopeMap, AcrToken, actions_of

Inputs = dict[str, Any]

ABAC_API_VERSION = "2025-11-01"
"""The oldest stable API version with `roleAssignmentMode`, which Azure Native's own version has not."""


def _status(on: bool) -> Inputs:
    return {"status": "enabled" if on else "disabled"}


def policies(args: AcrRegistryArgs) -> Inputs:
    """Return every policy, on or off: what is left out would stay as it was."""
    rules = args.cleanup
    rendered: Inputs = {
        "azureADAuthenticationAsArmPolicy": _status(args.entra_arm_tokens),
        "exportPolicy": _status(args.export),
        "quarantinePolicy": _status(args.quarantine),
        "retentionPolicy": {
            **_status(rules.untagged_after_days is not None),
            "days": 7 if rules.untagged_after_days is None else rules.untagged_after_days,
        },
        "trustPolicy": {**_status(args.content_trust), "type": "Notary"},
    }
    if args.role_assignment_mode == "rbac":
        days = rules.soft_delete_days
        rendered["softDeletePolicy"] = {**_status(days is not None), "retentionDays": 7 if days is None else days}
    return rendered


def properties(args: AcrRegistryArgs, *, key_client_id: Any = None) -> Inputs:
    """Return a registry's properties; `key_client_id` is the client id of the identity that may use its key."""
    network = args.network
    rendered: Inputs = {
        "adminUserEnabled": False,
        "anonymousPullEnabled": args.access.anonymous_pull,
        "dataEndpointEnabled": args.data_endpoints,
        "networkRuleBypassOptions": "AzureServices" if args.trusted_services else "None",
        "policies": policies(args),
        "publicNetworkAccess": "Disabled" if network is not None and network.public is False else "Enabled",
        "zoneRedundancy": "Enabled" if args.zone_redundant else "Disabled",
    }
    if args.sku == "Premium":
        ranges = sorted(set(network.allowed_ranges)) if network is not None else []
        address = "iPAddressOrRange" if args.role_assignment_mode == "rbac" else "value"
        rendered["networkRuleSet"] = {
            "defaultAction": "Deny" if ranges else "Allow",
            "ipRules": [{"action": "Allow", address: text} for text in ranges],
        }
    if args.encryption is not None:
        rendered["encryption"] = {
            "status": "enabled",
            "keyVaultProperties": {"identity": key_client_id, "keyIdentifier": args.encryption.key_id},
        }
    if args.role_assignment_mode == "rbac-abac":
        rendered["roleAssignmentMode"] = "AbacRepositoryPermissions"
    return rendered


def registry(
    args: AcrRegistryArgs, tags: Mapping[str, str], *, identity: Any = None, key_client_id: Any = None
) -> Inputs:
    """Return the registry itself; with mode `rbac-abac` as a generic resource of a newer API version."""
    common: Inputs = {
        "resourceGroupName": args.resource_group,
        "sku": {"name": args.sku},
        "tags": dict(tags),
    }
    if args.location is not None:
        common["location"] = args.location
    if identity is not None:
        common["identity"] = identity
    stated = properties(args, key_client_id=key_client_id)
    if args.role_assignment_mode == "rbac":
        return {"registryName": args.registry_name, **common, **stated}
    return {
        "apiVersion": ABAC_API_VERSION,
        "resourceProviderNamespace": "Microsoft.ContainerRegistry",
        "parentResourcePath": "",
        "resourceType": "registries",
        "resourceName": args.registry_name,
        **common,
        "properties": stated,
    }


def replication(replica: AcrReplica, tags: Mapping[str, str]) -> Inputs:
    """Return one replica; it is named after its region, as Azure's own tools name it."""
    rendered: Inputs = {
        "replicationName": replica.region,
        "location": replica.region,
        "regionEndpointEnabled": replica.region_endpoint,
        "tags": dict(tags),
    }
    if replica.zone_redundant is not None:
        rendered["zoneRedundancy"] = "Enabled" if replica.zone_redundant else "Disabled"
    return rendered


def credential_set(key: str, credentials: AcrCredentialSet) -> Inputs:
    """Return a login at an upstream registry."""
    return {
        "credentialSetName": key,
        "loginServer": credentials.login_server,
        "identity": {"type": "SystemAssigned"},
        "authCredentials": [
            {
                "name": "Credential1",
                "usernameSecretIdentifier": credentials.username_secret,
                "passwordSecretIdentifier": credentials.password_secret,
            }
        ],
    }


def cache_rule(key: str, rule: AcrCacheRule, credential_set_id: Any = None) -> Inputs:
    """Return a pull-through cache rule."""
    rendered: Inputs = {
        "cacheRuleName": key,
        "sourceRepository": source_of(rule),
        "targetRepository": target_of(key, rule),
    }
    if credential_set_id is not None:
        rendered["credentialSetResourceId"] = credential_set_id
    return rendered


def scope_map(key: str, scopes: AcrScopeMap) -> Inputs:
    """Return a scope map."""
    rendered: Inputs = {"scopeMapName": key, "actions": actions_of(scopes)}
    if scopes.description is not None:
        rendered["description"] = scopes.description
    return rendered


def token(key: str, said: AcrToken, scope_map_id: Any) -> Inputs:
    """Return a token, without a password."""
    return {"tokenName": key, "scopeMapId": scope_map_id, **_status(said.enabled)}


def webhook(key: str, said: AcrWebhook, tags: Mapping[str, str], location: Any) -> Inputs:
    """Return a webhook; its address and headers are secret."""
    rendered: Inputs = {
        "webhookName": key,
        "location": location if said.region is None else said.region,
        "actions": sorted(set(said.actions)),
        "serviceUri": reveal(said.service_uri),
        **_status(said.enabled),
        "tags": dict(tags),
    }
    if said.scope is not None:
        rendered["scope"] = said.scope
    if said.custom_headers:
        rendered["customHeaders"] = {name: reveal(value) for name, value in sorted(said.custom_headers.items())}
    return rendered


def agent_pool(pool: AgentPool, tags: Mapping[str, str], location: Any) -> Inputs:
    """Return the machines that run purge tasks in a network of yours."""
    return {
        "agentPoolName": "purge",
        "location": location,
        "count": pool.count,
        "os": "Linux",
        "tier": pool.tier,
        "virtualNetworkSubnetResourceId": pool.subnet_id,
        "tags": dict(tags),
    }


def purge_task(key: str, task: PurgeTask, tags: Mapping[str, str], location: Any, pool: Any = None) -> Inputs:
    """Return a scheduled `acr purge`."""
    rendered: Inputs = {
        "taskName": key,
        "location": location,
        "platform": {"os": "Linux", "architecture": "amd64"},
        "status": "Enabled" if task.enabled else "Disabled",
        "step": {
            "type": "EncodedTask",
            "encodedTaskContent": base64.b64encode(task_yaml(task).encode()).decode(),
        },
        "credentials": {"sourceRegistry": {"loginMode": "Default"}},
        "timeout": task.timeout_seconds,
        "trigger": {"timerTriggers": [{"name": "schedule", "schedule": task.schedule, "status": "Enabled"}]},
        "tags": dict(tags),
    }
    if pool is not None:
        rendered["agentPoolName"] = pool
    return rendered


def sync_actions(key: str, said: AcrConnectedRegistry, children: list[str]) -> list[str]:
    """Return what a connected registry's token may do: its images, its own mailbox and those of registries below."""
    content = ["content/read", "metadata/read"]
    if said.mode == "ReadWrite":
        content += ["content/write", "content/delete", "metadata/write"]
    gateway = ["config/read", "config/write", "message/read", "message/write"]
    return sorted(
        [f"repositories/{name}/{action}" for name in set(said.repositories) for action in content]
        + [f"gateway/{name}/{action}" for name in {key, *children} for action in gateway]
    )


def connected_registry(
    key: str, said: AcrConnectedRegistry, *, sync_token_id: Any, parent_id: Any = None, client_token_ids: list[Any]
) -> Inputs:
    """Return a connected registry."""
    sync: Inputs = {
        "tokenId": sync_token_id,
        "schedule": said.schedule,
        "messageTtl": f"P{said.message_ttl_days}D",
    }
    if said.sync_window_hours is not None:
        sync["syncWindow"] = f"PT{said.sync_window_hours}H"
    parent: Inputs = {"syncProperties": sync}
    if parent_id is not None:
        parent["id"] = parent_id
    rendered: Inputs = {
        "connectedRegistryName": key,
        "mode": said.mode,
        "parent": parent,
        "logging": {"logLevel": said.log_level, "auditLogStatus": "Enabled" if said.audit_log else "Disabled"},
        "garbageCollection": {
            "enabled": said.garbage_collection,
            "schedule": said.garbage_collection_schedule,
        },
    }
    if client_token_ids:
        rendered["clientTokenIds"] = client_token_ids
    if said.notifications:
        rendered["notificationsList"] = sorted(set(said.notifications))
    return rendered


def private_endpoint(name: str, subnet_id: Any, registry_id: Any, tags: Mapping[str, str], location: Any) -> Inputs:
    """Return a private address of the registry in a subnet."""
    return {
        "privateEndpointName": name,
        "location": location,
        "subnet": {"id": subnet_id},
        "privateLinkServiceConnections": [
            {"name": name, "privateLinkServiceId": registry_id, "groupIds": ["registry"]}
        ],
        "tags": dict(tags),
    }


def dns_zone_group(zone_id: Any) -> Inputs:
    """Return what writes a private endpoint's addresses into a private DNS zone."""
    return {
        "privateDnsZoneGroupName": "registry",
        "privateDnsZoneConfigs": [{"name": "privatelink-azurecr-io", "privateDnsZoneId": zone_id}],
    }


def diagnostic_setting(said: AcrDiagnostics, registry_id: Any) -> Inputs:
    """Return where logs and metrics go."""
    rendered: Inputs = {
        "resourceUri": registry_id,
        "name": "registry-components",
        "logs": [{"categoryGroup": group, "enabled": True} for group in sorted(set(said.logs))],
        "metrics": [{"category": "AllMetrics", "enabled": True}] if said.metrics else [],
    }
    for name, value in (
        ("workspaceId", said.workspace_id),
        ("storageAccountId", said.storage_account_id),
        ("eventHubAuthorizationRuleId", said.event_hub_rule_id),
        ("eventHubName", said.event_hub_name),
    ):
        if value is not None:
            rendered[name] = value
    return rendered


def role_assignment(
    *, scope: Any, role_definition_id: Any, principal_id: Any, principal_type: str, condition: str | None = None
) -> Inputs:
    """Return a role of a principal."""
    rendered: Inputs = {
        "scope": scope,
        "roleDefinitionId": role_definition_id,
        "principalId": principal_id,
        # Without the type, Azure looks a principal up that may be too new to be found everywhere.
        "principalType": principal_type,
    }
    if condition is not None:
        rendered |= {"condition": condition, "conditionVersion": "2.0"}
    return rendered
