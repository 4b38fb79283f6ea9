"""What Azure's services refuse beyond their models: documented rules, each by the error that it is known by."""

# Rules share one signature; not each needs all of it.
# ruff: noqa: ARG001

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from ..emulator import Refusal
from .azure_cloud import Resources, group_of
from .azure_types import registry_view

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CRON_FIELD = re.compile(r"[0-9A-Za-z*/,?-]+")
_REGISTRIES = "microsoft.containerregistry/registries"
_WEBHOOKS = {"Basic": 2, "Standard": 10, "Premium": 500}
_TOKENS = {"Basic": 100, "Standard": 500, "Premium": 50000}
_SCOPE = re.compile(
    r"repositories/[a-z0-9._/*-]+/(content|metadata)/(read|write|delete)"
    r"|gateway/[A-Za-z0-9]+/(config|message)/(read|write)"
)
_SYSTEM_SCOPE_MAPS = {
    "_repositories_pull",
    "_repositories_push",
    "_repositories_admin",
    "_repositories_pull_metadata_read",
    "_repositories_push_metadata_write",
}
Inputs = Mapping[str, Any]


def parent_registry(resources: Resources, arm_id: str) -> dict[str, Any]:
    """Return the registry that a resource stands in."""
    found = resources.get(_registry_id(arm_id))
    return registry_view(found or {})


def _registry_id(arm_id: str) -> str:
    found = re.match(r".*/registries/[^/]+", arm_id, re.IGNORECASE)
    return found.group(0) if found else arm_id


def _sku(registry: Inputs) -> str:
    return str(_map(registry.get("sku")).get("name", ""))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    """Return a list's items; a mapping's keys, as the identities of a resource are written in both ways."""
    return list(value) if isinstance(value, list | Mapping) else []


def _on(policies: Inputs, name: str) -> bool:
    policy = policies.get(name)
    return isinstance(policy, Mapping) and policy.get("status") == "enabled"


def check_registry(inputs: Inputs) -> Iterator[Refusal]:
    """Check one registry's body: what its SKU has, and what excludes what."""
    registry = registry_view(inputs)
    policies = _map(registry.get("policies"))
    network = _map(registry.get("networkRuleSet"))
    sku = _sku(registry)
    premium = {
        "policies.retentionPolicy": _on(policies, "retentionPolicy"),
        "policies.quarantinePolicy": _on(policies, "quarantinePolicy"),
        "policies.trustPolicy": _on(policies, "trustPolicy"),
        "policies.exportPolicy": _map(policies.get("exportPolicy")).get("status") == "disabled",
        "encryption": _map(registry.get("encryption")).get("status") == "enabled",
        "dataEndpointEnabled": registry.get("dataEndpointEnabled") is True,
        "publicNetworkAccess": registry.get("publicNetworkAccess") == "Disabled",
        "networkRuleSet": bool(network),
        "networkRuleBypassOptions": registry.get("networkRuleBypassOptions") == "None",
        "zoneRedundancy": registry.get("zoneRedundancy") == "Enabled",
    }
    if sku != "Premium":
        for path, used in premium.items():
            if used:
                yield Refusal(path, f"SkuNotSupported: this is for SKU Premium, not {sku}")
    if sku == "Basic" and registry.get("anonymousPullEnabled") is True:
        yield Refusal("anonymousPullEnabled", "SkuNotSupported: anonymous pull is for SKU Standard and Premium")
    if _on(policies, "retentionPolicy") and _on(policies, "softDeletePolicy"):
        yield Refusal("policies.softDeletePolicy", "SoftDeletePolicyConflict: retention policy is enabled too")
    for path, name, key, low, high in (
        ("policies.retentionPolicy.days", "retentionPolicy", "days", 0, 365),
        ("policies.softDeletePolicy.retentionDays", "softDeletePolicy", "retentionDays", 1, 90),
    ):
        days = _map(policies.get(name)).get(key)
        if isinstance(days, int) and not low <= days <= high:
            yield Refusal(path, f"InvalidRetentionDays: {days} is not between {low} and {high}")
    exporting = _map(policies.get("exportPolicy")).get("status") != "disabled"
    if not exporting and registry.get("publicNetworkAccess") != "Disabled":
        yield Refusal("policies.exportPolicy", "ExportPolicyConflict: public network access has to be disabled first")
    encryption = _map(registry.get("encryption"))
    if encryption.get("status") == "enabled" and not registry.get("identity"):
        yield Refusal("encryption", "EncryptionIdentityMissing: the registry has no identity to read the key with")


def registry_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """The name is unique in all of Azure; what is in the registry has to fit what it becomes."""
    name = arm_id.rsplit("/", 1)[-1].lower()
    for other in resources.of(_REGISTRIES):
        if other.lower() != arm_id.lower() and other.rsplit("/", 1)[-1].lower() == name:
            yield Refusal("registryName", f"AlreadyInUse: the registry DNS name {name}.azurecr.io is already in use")
    registry = registry_view(inputs)
    sku, below = _sku(registry), f"{arm_id}/"
    replicas = resources.of(f"{_REGISTRIES}/replications", below)
    if sku != "Premium":
        if replicas:
            yield Refusal("sku", "CannotDowngrade: delete the registry's replications first")
        if resources.of(f"{_REGISTRIES}/connectedregistries", below):
            yield Refusal("sku", "CannotDowngrade: delete the connected registries first")
    if replicas and _on(_map(registry.get("policies")), "softDeletePolicy"):
        yield Refusal("policies.softDeletePolicy", "SoftDeleteNotSupported: the registry is geo-replicated")
    if old is not None:
        before, now = _map(registry_view(old).get("encryption")), _map(registry.get("encryption"))
        if before.get("status") != now.get("status") and "enabled" in (before.get("status"), now.get("status")):
            yield Refusal("encryption", "CannotUpdateEncryption: a customer's key is chosen when the registry is made")
    identity = _map(registry.get("identity"))
    for user in _list(identity.get("userAssignedIdentities")):
        yield from _there(resources, "identity.userAssignedIdentities", user)


def _there(resources: Resources, path: str, arm_id: Any) -> Iterator[Refusal]:
    """Refuse a reference to what is not there, where its resource group or registry was made here."""
    if isinstance(arm_id, str) and resources.has_to_hold(arm_id) and resources.get(arm_id) is None:
        yield Refusal(path, f"LinkedResourceNotFound: {arm_id!r} could not be found")


def replication_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """Copies are for Premium, one in each region, and not beside soft delete."""
    registry = parent_registry(resources, arm_id)
    if _sku(registry) != "Premium":
        yield Refusal("", f"SkuNotSupported: geo-replication is for SKU Premium, not {_sku(registry)}")
    if _on(_map(registry.get("policies")), "softDeletePolicy"):
        yield Refusal("", "SoftDeleteConflict: a registry with soft delete cannot be replicated")
    region = _region(inputs.get("location"))
    if region == _region(registry.get("location")):
        yield Refusal("location", f"ReplicationExists: {region} is the registry's own region")
    for other, outputs in resources.of(f"{_REGISTRIES}/replications", f"{_registry_id(arm_id)}/").items():
        if other.lower() != arm_id.lower() and _region(outputs.get("location")) == region:
            yield Refusal("location", f"ReplicationExists: {region} has a replication already")


def _region(text: Any) -> str:
    return str(text).replace(" ", "").lower()


def cache_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """Docker Hub wants a login; a target is one rule's; a credential set has to be there."""
    source = str(inputs.get("sourceRepository") or "")
    if "/" not in source:
        yield Refusal("sourceRepository", f"InvalidSourceRepository: {source!r} has no login server")
    if ("*" in source) != ("*" in str(inputs.get("targetRepository") or "")):
        yield Refusal("targetRepository", "WildcardMismatch: a wildcard stands in source and target, or in neither")
    chosen = inputs.get("credentialSetResourceId")
    if source.split("/", 1)[0] == "docker.io" and not chosen:
        yield Refusal(
            "credentialSetResourceId", "EnforceDockerAuthentication: a rule for docker.io needs a credential set"
        )
    if chosen:
        yield from _there(resources, "credentialSetResourceId", chosen)
    target = str(inputs.get("targetRepository")).lower()
    for other, outputs in resources.of(f"{_REGISTRIES}/cacherules", f"{_registry_id(arm_id)}/").items():
        if other.lower() != arm_id.lower() and str(outputs.get("targetRepository")).lower() == target:
            yield Refusal("targetRepository", f"CacheRuleConflict: {target!r} is the target of {other!r}")


def check_credential_set(inputs: Inputs) -> Iterator[Refusal]:
    """A credential set reads Key Vault with an identity of its own."""
    for i, credential in enumerate(_list(inputs.get("authCredentials"))):
        for name in ("usernameSecretIdentifier", "passwordSecretIdentifier"):
            value = credential.get(name)
            if isinstance(value, str) and not re.fullmatch(r"https://[^/]+/secrets/[^/]+(?:/[0-9a-f]+)?", value):
                yield Refusal(f"authCredentials[{i}].{name}", "InvalidSecretIdentifier: not the address of a secret")
    if not inputs.get("authCredentials"):
        yield Refusal("authCredentials", "MissingAuthCredentials: a credential set has one credential")
    if not inputs.get("loginServer"):
        yield Refusal("loginServer", "MissingLoginServer: a credential set is for one login server")


def check_scope_map(inputs: Inputs) -> Iterator[Refusal]:
    """Actions name a repository and what may be done in it."""
    for i, action in enumerate(_list(inputs.get("actions"))):
        if isinstance(action, str) and not _SCOPE.fullmatch(action):
            yield Refusal(f"actions[{i}]", f"InvalidScopeMapAction: {action!r} is not repositories/NAME/ACTION")


def token_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """A token's scope map is one of its registry's."""
    registry = _registry_id(arm_id)
    scope_map = str(inputs.get("scopeMapId") or "")
    if not scope_map.lower().startswith(f"{registry.lower()}/scopemaps/"):
        yield Refusal("scopeMapId", f"InvalidScopeMap: {scope_map!r} is not a scope map of this registry")
    elif scope_map.rsplit("/", 1)[-1] not in _SYSTEM_SCOPE_MAPS and resources.get(scope_map) is None:
        yield Refusal("scopeMapId", f"ScopeMapNotFound: {scope_map!r} is not there")
    sku = _sku(parent_registry(resources, arm_id))
    if old is None and len(resources.of(f"{_REGISTRIES}/tokens", f"{registry}/")) >= _TOKENS.get(sku, 100):
        yield Refusal("", f"QuotaExceeded: SKU {sku} takes {_TOKENS.get(sku)} tokens")


def check_webhook(inputs: Inputs) -> Iterator[Refusal]:
    """A webhook goes to an address, for at least one action."""
    uri = inputs.get("serviceUri")
    if isinstance(uri, str) and not re.match(r"https?://[^/\s]+", uri):
        # The address is a secret: it is not repeated.
        yield Refusal("serviceUri", "InvalidServiceUri: not an http or https address")
    if inputs.get("actions") == []:
        yield Refusal("actions", "MissingActions: a webhook has at least one action")


def webhook_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """Webhooks stand where the registry has a copy, and are counted by SKU."""
    registry = parent_registry(resources, arm_id)
    below = f"{_registry_id(arm_id)}/"
    regions = {
        _region(registry.get("location")),
        *(_region(item.get("location")) for item in resources.of(f"{_REGISTRIES}/replications", below).values()),
    }
    if _region(inputs.get("location")) not in regions:
        yield Refusal("location", f"InvalidLocation: the registry is in {', '.join(sorted(regions))} alone")
    limit = _WEBHOOKS.get(_sku(registry), 2)
    if old is None and len(resources.of(f"{_REGISTRIES}/webhooks", below)) >= limit:
        yield Refusal("", f"QuotaExceeded: SKU {_sku(registry)} takes {limit} webhooks")


def connected_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """Connected registries are for Premium with data endpoints; what they name has to be there."""
    registry = parent_registry(resources, arm_id)
    if _sku(registry) != "Premium":
        yield Refusal("", f"SkuNotSupported: connected registries are for SKU Premium, not {_sku(registry)}")
    if registry.get("dataEndpointEnabled") is not True:
        yield Refusal("", "DataEndpointRequired: enable the registry's data endpoints first")
    parent = _map(inputs.get("parent"))
    sync = _map(parent.get("syncProperties"))
    named = [
        ("parent.syncProperties.tokenId", sync.get("tokenId")),
        ("parent.id", parent.get("id")),
        *((f"clientTokenIds[{i}]", token) for i, token in enumerate(_list(inputs.get("clientTokenIds")))),
    ]
    for path, chosen in named:
        if isinstance(chosen, str):
            yield from _there(resources, path, chosen)


def check_connected(inputs: Inputs) -> Iterator[Refusal]:
    """Durations are ISO 8601, schedules cron."""
    sync = _map(_map(inputs.get("parent")).get("syncProperties"))
    for name in ("messageTtl", "syncWindow"):
        value = sync.get(name)
        if isinstance(value, str) and not re.fullmatch(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?", value):
            yield Refusal(f"parent.syncProperties.{name}", f"InvalidDuration: {value!r} is not as P2D or PT3H")
    yield from _cron("parent.syncProperties.schedule", sync.get("schedule"))
    yield from _cron("garbageCollection.schedule", _map(inputs.get("garbageCollection")).get("schedule"))


def _cron(path: str, value: Any) -> Iterator[Refusal]:
    if isinstance(value, str) and (
        len(value.split()) != 5 or not all(_CRON_FIELD.fullmatch(part) for part in value.split())
    ):
        yield Refusal(path, f"InvalidSchedule: {value!r} is not a cron expression of five fields")


def check_task(inputs: Inputs) -> Iterator[Refusal]:
    """A task has a platform, one step that can be read, and triggers by cron."""
    if inputs.get("isSystemTask") is True:
        return
    if inputs.get("platform") is None:
        yield Refusal("platform", "MissingPlatform: a task says what it runs on")
    timeout = inputs.get("timeout")
    if isinstance(timeout, int) and not 300 <= timeout <= 28800:
        yield Refusal("timeout", f"InvalidTimeout: {timeout} is not between 300 and 28800 seconds")
    step = inputs.get("step")
    if not isinstance(step, Mapping):
        yield Refusal("step", "MissingStep: a task has one step")
    else:
        yield from _step(step)
    trigger = _map(inputs.get("trigger"))
    for i, timer in enumerate(_list(trigger.get("timerTriggers"))):
        yield from _cron(f"trigger.timerTriggers[{i}].schedule", timer.get("schedule"))


def _step(step: Inputs) -> Iterator[Refusal]:
    needed = {"Docker": "dockerFilePath", "FileTask": "taskFilePath", "EncodedTask": "encodedTaskContent"}
    kind = step.get("type")
    if not isinstance(kind, str):
        return
    if kind not in needed:
        yield Refusal("step.type", f"InvalidStepType: {kind!r} is not one of {', '.join(needed)}")
        return
    if step.get(needed[kind]) is None:
        yield Refusal(f"step.{needed[kind]}", f"MissingStepContent: a step of type {kind} needs it")
    content = step.get("encodedTaskContent")
    if kind != "EncodedTask" or not isinstance(content, str):
        return
    try:
        parsed = yaml.safe_load(base64.b64decode(content, validate=True))
    except (binascii.Error, ValueError, yaml.YAMLError):
        yield Refusal("step.encodedTaskContent", "InvalidTaskContent: not a task file in base64")
        return
    steps = parsed.get("steps") if isinstance(parsed, dict) else None
    if not isinstance(steps, list) or not all(
        isinstance(item, dict) and {"cmd", "build", "push"} & set(item) for item in steps
    ):
        yield Refusal("step.encodedTaskContent", "InvalidTaskContent: a task file has steps with cmd, build or push")


def task_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """A task's agent pool is one of its registry's."""
    pool = inputs.get("agentPoolName")
    if isinstance(pool, str) and resources.get(f"{_registry_id(arm_id)}/agentPools/{pool}") is None:
        yield Refusal("agentPoolName", f"AgentPoolNotFound: {pool!r} is not there")


def premium_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """Agent pools are for Premium."""
    registry = parent_registry(resources, arm_id)
    if _sku(registry) != "Premium":
        yield Refusal("", f"SkuNotSupported: agent pools are for SKU Premium, not {_sku(registry)}")


def check_private_endpoint(inputs: Inputs) -> Iterator[Refusal]:
    """A private endpoint stands in one subnet and leads to one service."""
    if not _map(inputs.get("subnet")).get("id"):
        yield Refusal("subnet", "SubnetRequired: a private endpoint stands in a subnet")
    connections = [
        *(_list(inputs.get("privateLinkServiceConnections"))),
        *(_list(inputs.get("manualPrivateLinkServiceConnections"))),
    ]
    if len(connections) != 1:
        yield Refusal("privateLinkServiceConnections", "ConnectionRequired: a private endpoint has one connection")


def private_endpoint_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """The service has to be there, and a registry has to be Premium."""
    for i, connection in enumerate(_list(inputs.get("privateLinkServiceConnections"))):
        path = f"privateLinkServiceConnections[{i}]"
        target = str(connection.get("privateLinkServiceId") or "")
        if f"/{_REGISTRIES}/" not in target.lower():
            continue
        found = resources.get(target)
        if found is None:
            yield Refusal(f"{path}.privateLinkServiceId", f"LinkedResourceNotFound: {target!r} could not be found")
        elif _sku(registry_view(found)) != "Premium":
            yield Refusal(f"{path}.privateLinkServiceId", "SkuNotSupported: private endpoints are for SKU Premium")
        if connection.get("groupIds") != ["registry"]:
            yield Refusal(f"{path}.groupIds", "InvalidGroupId: a registry has the group 'registry' alone")


def check_role_assignment(inputs: Inputs) -> Iterator[Refusal]:
    """Principals and roles are ids."""
    principal, role = inputs.get("principalId"), inputs.get("roleDefinitionId")
    if isinstance(principal, str) and not _GUID.fullmatch(principal):
        yield Refusal("principalId", f"InvalidPrincipalId: {principal!r} is not an object id")
    if isinstance(role, str) and not (
        re.search(r"/providers/Microsoft\.Authorization/roleDefinitions/[^/]+$", role, re.IGNORECASE)
        and _GUID.fullmatch(role.rsplit("/", 1)[-1])
    ):
        yield Refusal("roleDefinitionId", f"InvalidRoleDefinitionId: {role!r} is not the id of a role")
    if inputs.get("condition") is not None and inputs.get("conditionVersion") not in {"2.0", "1.0"}:
        yield Refusal("conditionVersion", "InvalidConditionVersion: a condition needs its version, 2.0")


def role_assignment_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterator[Refusal]:
    """A principal has a role once on a scope."""
    key = [str(inputs.get(name)).lower() for name in ("scope", "principalId", "roleDefinitionId")]
    for other, outputs in resources.of("microsoft.authorization/roleassignments").items():
        same = [str(outputs.get(name)).lower() for name in ("scope", "principalId", "roleDefinitionId")]
        if other.lower() != arm_id.lower() and key == same:
            yield Refusal("", f"RoleAssignmentExists: {other!r} gives the same role already")


def check_diagnostics(inputs: Inputs) -> Iterator[Refusal]:
    """Diagnostics go somewhere, and a category is named once."""
    places = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
    if not any(inputs.get(name) is not None for name in places):
        yield Refusal("", "NoDestination: at least one data sink needs to be specified")
    if not inputs.get("logs") and not inputs.get("metrics"):
        yield Refusal("logs", "NoCategory: at least one log or metric category has to be enabled")
    for i, log in enumerate(_list(inputs.get("logs"))):
        if (log.get("category") is None) == (log.get("categoryGroup") is None):
            yield Refusal(f"logs[{i}]", "InvalidCategory: a log has either category or categoryGroup")


def dns_group_rule(resources: Resources, arm_id: str, inputs: Inputs, old: Inputs | None) -> Iterable[Refusal]:
    """A group names zones that are there, and a name for each."""
    for i, config in enumerate(_list(inputs.get("privateDnsZoneConfigs"))):
        zone = config.get("privateDnsZoneId")
        if isinstance(zone, str) and group_of(zone) is None:
            yield Refusal(f"privateDnsZoneConfigs[{i}].privateDnsZoneId", f"InvalidZoneId: {zone!r} is not a zone's id")
