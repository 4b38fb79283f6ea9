"""Unit proof: what an Azure container registry becomes, and that it is the same each time."""

from __future__ import annotations

import base64
import json
import random
import re
import subprocess
import sys
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.acr import AcrRegistryArgs, PurgeStep, render, roles
from registry_components.acr.caching import source_of, target_of
from registry_components.acr.component import token_login
from registry_components.acr.grants import role_definition
from registry_components.acr.lifecycle import purge_command, task_yaml
from registry_components.acr.tokens import actions_of
from registry_components.acr.words import check_principal, check_region, region_word, split_principal
from registry_components.core.args import Args
from registry_components.lifecycle.semantics.acr_purge import split

pytestmark = pytest.mark.unit

OWN = {"managed-by": "registry-components"}
PRINCIPAL = "00000000-0000-0000-0000-00000000c105"
GROUP = "/subscriptions/s/resourceGroups/registries/providers"
SUBNET = f"{GROUP}/Microsoft.Network/virtualNetworks/shop/subnets/registry"
KEY = "https://shop.vault.azure.net/keys/registry"
HUB = {
    "login_server": "docker.io",
    "username_secret": "https://shop.vault.azure.net/secrets/user",
    "password_secret": "https://shop.vault.azure.net/secrets/token",
}
ENABLED, DISABLED = {"status": "enabled"}, {"status": "disabled"}
POLICIES: dict[str, Any] = {
    "azureADAuthenticationAsArmPolicy": ENABLED,
    "exportPolicy": ENABLED,
    "quarantinePolicy": DISABLED,
    "retentionPolicy": {"status": "disabled", "days": 7},
    "softDeletePolicy": {"status": "disabled", "retentionDays": 7},
    "trustPolicy": {"status": "disabled", "type": "Notary"},
}
PROPERTIES: dict[str, Any] = {
    "adminUserEnabled": False,
    "anonymousPullEnabled": False,
    "dataEndpointEnabled": False,
    "networkRuleBypassOptions": "AzureServices",
    "policies": POLICIES,
    "publicNetworkAccess": "Enabled",
    "zoneRedundancy": "Disabled",
}
OPEN = {"networkRuleSet": {"defaultAction": "Allow", "ipRules": []}}
CLOSED = {"network": {"public": False}}


def parsed(**said: Any) -> AcrRegistryArgs:
    args = {"registry_name": "shopimages", "resource_group": "registries", "location": "westeurope", "sku": "Premium"}
    return AcrRegistryArgs.parse({**args, **said})


def policy(**changed: Any) -> dict[str, Any]:
    return {**PROPERTIES, **OPEN, "policies": {**POLICIES, **changed}}


# A title, what is said, and all properties of the registry.
TABLE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("secure by default", {}, {**PROPERTIES, **OPEN}),
    ("Standard has no address rules", {"sku": "Standard"}, PROPERTIES),
    ("Basic has none", {"sku": "Basic"}, PROPERTIES),
    ("everybody pulls", {"access": {"anonymous_pull": True}}, {**PROPERTIES, **OPEN, "anonymousPullEnabled": True}),
    ("data endpoints", {"data_endpoints": True}, {**PROPERTIES, **OPEN, "dataEndpointEnabled": True}),
    ("zones", {"zone_redundant": True}, {**PROPERTIES, **OPEN, "zoneRedundancy": "Enabled"}),
    ("closed", CLOSED, {**PROPERTIES, **OPEN, "publicNetworkAccess": "Disabled"}),
    (
        "address ranges",
        {"network": {"allowed_ranges": ["203.0.113.0/24", "198.51.100.7", "203.0.113.0/24"]}},
        {
            **PROPERTIES,
            "networkRuleSet": {
                "defaultAction": "Deny",
                "ipRules": [
                    {"action": "Allow", "iPAddressOrRange": "198.51.100.7"},
                    {"action": "Allow", "iPAddressOrRange": "203.0.113.0/24"},
                ],
            },
        },
    ),
    (
        "closed to Azure's services too",
        {"trusted_services": False},
        {**PROPERTIES, **OPEN, "networkRuleBypassOptions": "None"},
    ),
    (
        "retention",
        {"lifecycle": {"untagged_after_days": 0}},
        policy(retentionPolicy={"status": "enabled", "days": 0}),
    ),
    (
        "soft delete",
        {"lifecycle": {"soft_delete_days": 30}},
        policy(softDeletePolicy={"status": "enabled", "retentionDays": 30}),
    ),
    ("quarantine", {"quarantine": True}, policy(quarantinePolicy=ENABLED)),
    ("content trust", {"content_trust": True}, policy(trustPolicy={"status": "enabled", "type": "Notary"})),
    ("no tokens of ARM", {"entra_arm_tokens": False}, policy(azureADAuthenticationAsArmPolicy=DISABLED)),
    (
        "no export",
        {**CLOSED, "export": False},
        {**policy(exportPolicy=DISABLED), "publicNetworkAccess": "Disabled"},
    ),
]


@pytest.mark.parametrize(("said", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_registry_becomes(said: dict[str, Any], expected: dict[str, Any]) -> None:
    assert render.properties(parsed(**said)) == expected


def test_a_registry_is_whole() -> None:
    args = parsed(location="West Europe")
    assert render.registry(args, OWN) == {
        "registryName": "shopimages",
        "resourceGroupName": "registries",
        "location": "westeurope",
        "sku": {"name": "Premium"},
        "tags": OWN,
        **PROPERTIES,
        **OPEN,
    }
    assert "location" not in render.registry(parsed(location=None), OWN), "the resource group's holds"


def test_repository_roles_need_a_newer_api_version_and_its_words() -> None:
    rendered = render.registry(
        parsed(role_assignment_mode="rbac-abac", network={"allowed_ranges": ["203.0.113.0/24"]}), OWN
    )
    assert rendered == {
        "apiVersion": "2025-11-01",
        "resourceProviderNamespace": "Microsoft.ContainerRegistry",
        "parentResourcePath": "",
        "resourceType": "registries",
        "resourceName": "shopimages",
        "resourceGroupName": "registries",
        "location": "westeurope",
        "sku": {"name": "Premium"},
        "tags": OWN,
        "properties": {
            **PROPERTIES,
            "policies": {name: value for name, value in POLICIES.items() if name != "softDeletePolicy"},
            "networkRuleSet": {
                "defaultAction": "Deny",
                "ipRules": [{"action": "Allow", "value": "203.0.113.0/24"}],
            },
            "roleAssignmentMode": "AbacRepositoryPermissions",
        },
    }


def test_a_key_of_yours_comes_with_the_identity_that_may_use_it() -> None:
    args = parsed(encryption={"key_id": KEY, "key_vault_id": f"{GROUP}/Microsoft.KeyVault/vaults/shop"})
    identity = {"type": "UserAssigned", "userAssignedIdentities": {"id": {}}}
    rendered = render.registry(args, OWN, identity=identity, key_client_id="client")
    assert rendered["identity"] == identity
    assert rendered["encryption"] == {
        "status": "enabled",
        "keyVaultProperties": {"identity": "client", "keyIdentifier": KEY},
    }


def test_a_copy_is_named_after_its_region() -> None:
    args = parsed(replication={"a": {"region": "North Europe"}, "b": {"region": "eastus2", "zone_redundant": True}})
    assert render.replication(args.replication["a"], OWN) == {
        "replicationName": "northeurope",
        "location": "northeurope",
        "regionEndpointEnabled": True,
        "tags": OWN,
    }
    assert render.replication(args.replication["b"], OWN)["zoneRedundancy"] == "Enabled"


# A rule's name, what is said of it, and source and target as Azure has them.
RULES: list[tuple[str, dict[str, Any], str, str]] = [
    ("Quays", {"upstream": "quay.io"}, "quay.io/*", "quays/*"),
    ("quays", {"upstream": "Quay.IO", "upstream_prefix": "*"}, "quay.io/*", "quays/*"),
    (
        "dotnet",
        {"upstream": "mcr.microsoft.com", "upstream_prefix": "dotnet/*"},
        "mcr.microsoft.com/dotnet/*",
        "dotnet/dotnet/*",
    ),
    (
        "dotnet",
        {"upstream": "mcr.microsoft.com", "upstream_prefix": "dotnet/"},
        "mcr.microsoft.com/dotnet/*",
        "dotnet/dotnet/*",
    ),
    (
        "dotnet",
        {"upstream": "mcr.microsoft.com", "upstream_prefix": "dotnet/*", "target_prefix": "net"},
        "mcr.microsoft.com/dotnet/*",
        "net/*",
    ),
    (
        "coredns",
        {"upstream": "registry.k8s.io", "upstream_prefix": "coredns/coredns"},
        "registry.k8s.io/coredns/coredns",
        "coredns/coredns/coredns",
    ),
    (
        "coredns",
        {"upstream": "registry.k8s.io", "upstream_prefix": "coredns/coredns", "target_prefix": "dns"},
        "registry.k8s.io/coredns/coredns",
        "dns",
    ),
    (
        "artifacts",
        {"upstream": "europe-docker.pkg.dev", "upstream_prefix": "p/r/*", "target_prefix": "gar"},
        "europe-docker.pkg.dev/p/r/*",
        "gar/*",
    ),
]


@pytest.mark.parametrize(("key", "said", "source", "stands"), RULES)
def test_a_cache_rule_becomes(key: str, said: dict[str, Any], source: str, stands: str) -> None:
    rule = parsed(caching={key: said}).caching[key]
    assert render.cache_rule(key, rule) == {
        "cacheRuleName": key,
        "sourceRepository": source,
        "targetRepository": stands,
    }
    assert render.cache_rule(key, rule, "set")["credentialSetResourceId"] == "set"
    assert source_of(rule).endswith("/*") == target_of(key, rule).endswith("/*"), "a wildcard stands in both"


def test_a_login_upstream_is_read_from_the_vault() -> None:
    args = parsed(
        credential_sets={"docker-hub": HUB},
        caching={"library": {"upstream": "docker.io", "upstream_prefix": "library/*", "credential_set": "docker-hub"}},
    )
    assert render.credential_set("docker-hub", args.credential_sets["docker-hub"]) == {
        "credentialSetName": "docker-hub",
        "loginServer": "docker.io",
        "identity": {"type": "SystemAssigned"},
        "authCredentials": [
            {
                "name": "Credential1",
                "usernameSecretIdentifier": HUB["username_secret"],
                "passwordSecretIdentifier": HUB["password_secret"],
            }
        ],
    }


def test_a_scope_map_and_its_token() -> None:
    args = parsed(
        scope_maps={
            "pipeline": {
                "description": "CI",
                "repositories": {"shop/*": ["content/write", "content/read", "content/read"], "base": ["content/read"]},
            }
        },
        tokens={"pipeline": {"scope_map": "pipeline", "enabled": False}},
    )
    assert render.scope_map("pipeline", args.scope_maps["pipeline"]) == {
        "scopeMapName": "pipeline",
        "description": "CI",
        "actions": [
            "repositories/base/content/read",
            "repositories/shop/*/content/read",
            "repositories/shop/*/content/write",
        ],
    }
    token = render.token("pipeline", args.tokens["pipeline"], "id")
    assert token == {"tokenName": "pipeline", "scopeMapId": "id", "status": "disabled"}
    assert "credentials" not in token, "a password would stand in the state"


def test_a_webhook_in_a_copy() -> None:
    args = parsed(
        replication={"north": {"region": "northeurope"}},
        webhooks={
            "hook1": {
                "service_uri": "https://x.example.com",
                "actions": ["push", "delete", "push"],
                "scope": "team/*",
                "region": "North Europe",
                "custom_headers": {"B": "2", "A": "1"},
            }
        },
    )
    rendered = render.webhook("hook1", args.webhooks["hook1"], OWN, "westeurope")
    secrets = [rendered.pop("serviceUri"), *rendered["customHeaders"].values()]
    assert all(isinstance(value, pulumi.Output) for value in secrets), "the address and headers may hold a token"
    assert list(rendered.pop("customHeaders")) == ["A", "B"]
    assert rendered == {
        "webhookName": "hook1",
        "location": "northeurope",
        "actions": ["delete", "push"],
        "status": "enabled",
        "scope": "team/*",
        "tags": OWN,
    }


def test_a_connected_registry_and_what_its_token_may() -> None:
    args = parsed(
        data_endpoints=True,
        tokens={"tills": {"scope_map": "_repositories_pull"}},
        connected_registries={
            "branch": {
                "repositories": ["team/*"],
                "mode": "ReadWrite",
                "client_tokens": ["tills"],
                "schedule": "0 1 * * *",
                "sync_window_hours": 4,
                "notifications": ["team/*:*"],
            }
        },
    )
    said = args.connected_registries["branch"]
    assert render.connected_registry("branch", said, sync_token_id="sync", client_token_ids=["tills"]) == {
        "connectedRegistryName": "branch",
        "mode": "ReadWrite",
        "parent": {
            "syncProperties": {"tokenId": "sync", "schedule": "0 1 * * *", "messageTtl": "P2D", "syncWindow": "PT4H"}
        },
        "logging": {"logLevel": "Information", "auditLogStatus": "Disabled"},
        "garbageCollection": {"enabled": True, "schedule": "0 5 * * 6"},
        "clientTokenIds": ["tills"],
        "notificationsList": ["team/*:*"],
    }
    below = render.connected_registry("branch", said, sync_token_id="s", parent_id="p", client_token_ids=[])
    assert below["parent"]["id"] == "p"
    assert "clientTokenIds" not in below
    assert render.sync_actions("branch", said, ["till"]) == [
        "gateway/branch/config/read",
        "gateway/branch/config/write",
        "gateway/branch/message/read",
        "gateway/branch/message/write",
        "gateway/till/config/read",
        "gateway/till/config/write",
        "gateway/till/message/read",
        "gateway/till/message/write",
        "repositories/team/*/content/delete",
        "repositories/team/*/content/read",
        "repositories/team/*/content/write",
        "repositories/team/*/metadata/read",
        "repositories/team/*/metadata/write",
    ]


def test_a_private_endpoint_and_its_names() -> None:
    assert render.private_endpoint("shopimages-shop", SUBNET, "registry", OWN, "westeurope") == {
        "privateEndpointName": "shopimages-shop",
        "location": "westeurope",
        "subnet": {"id": SUBNET},
        "privateLinkServiceConnections": [
            {"name": "shopimages-shop", "privateLinkServiceId": "registry", "groupIds": ["registry"]}
        ],
        "tags": OWN,
    }
    assert render.dns_zone_group("zone") == {
        "privateDnsZoneGroupName": "registry",
        "privateDnsZoneConfigs": [{"name": "privatelink-azurecr-io", "privateDnsZoneId": "zone"}],
    }


def test_diagnostics_name_only_the_places_that_are_said() -> None:
    workspace = f"{GROUP}/Microsoft.OperationalInsights/workspaces/logs"
    args = parsed(diagnostics={"workspace_id": workspace, "logs": ["audit"], "metrics": False})
    assert args.diagnostics is not None
    assert render.diagnostic_setting(args.diagnostics, "registry") == {
        "resourceUri": "registry",
        "name": "registry-components",
        "logs": [{"categoryGroup": "audit", "enabled": True}],
        "metrics": [],
        "workspaceId": workspace,
    }


# A step, and the command that a task runs.
COMMANDS: list[tuple[dict[str, Any], str]] = [
    ({"older_than_days": 30}, "acr purge --filter '.*:.*' --ago 30d"),
    (
        {"repositories": "shop/.*", "tags": "^pr-", "older_than_days": 14, "dry_run": True},
        "acr purge --filter 'shop/.*:^pr-' --ago 14d --dry-run",
    ),
    ({"keep": 5}, "acr purge --filter '.*:.*' --ago 0d --keep 5"),
    ({"untagged": True}, "acr purge --filter '.*:^$' --ago 0d --untagged"),
    (
        {"keep": 5, "untagged": True, "include_locked": True, "concurrency": 4},
        "acr purge --filter '.*:.*' --ago 0d --keep 5 --untagged --include-locked --concurrency 4",
    ),
    ({"repositories": "shop|team", "older_than_days": 1}, "acr purge --filter '(shop|team):.*' --ago 1d"),
]


@pytest.mark.parametrize(("said", "command"), COMMANDS)
def test_a_step_becomes_a_command(said: dict[str, Any], command: str) -> None:
    assert purge_command(PurgeStep.parse(said)) == command


@pytest.mark.parametrize("pattern", ["shop|team", "shop", "shop/.*", "(shop|team)/api", "a|b|c/.*"])
def test_a_command_takes_whole_names_of_repositories_and_no_others(pattern: str) -> None:
    """The command puts ^ and $ around what stands before the colon."""
    command = purge_command(PurgeStep.parse({"repositories": pattern, "older_than_days": 1}))
    found = re.search(r"--filter '([^']*)'", command)
    assert found is not None
    repository, _ = split(found[1])
    for name in ("shop", "team", "shopping", "my-team", "shop/api", "team/api", "a", "b", "ab", "c/d", "c"):
        run, said = re.search(f"^{repository}$", name), re.fullmatch(pattern, name)
        assert (run is None) == (said is None), name


def test_a_purge_task_becomes() -> None:
    args = parsed(
        lifecycle={
            "purge": {
                "nightly": {
                    "schedule": "30 2 * * *",
                    "timeout_seconds": 600,
                    "steps": [{"tags": r"^v\d+$", "keep": 3}, {"untagged": True}],
                }
            }
        }
    )
    task = args.cleanup.purge["nightly"]
    rendered = render.purge_task("nightly", task, OWN, "westeurope")
    content = base64.b64decode(rendered["step"].pop("encodedTaskContent")).decode()
    assert content == task_yaml(task)
    assert yaml.safe_load(content) == {
        "version": "v1.1.0",
        "steps": [
            {"cmd": command, "disableWorkingDirectoryOverride": True, "timeout": 600}
            for command in (
                r"acr purge --filter '.*:^v\d+$' --ago 0d --keep 3",
                "acr purge --filter '.*:^$' --ago 0d --untagged",
            )
        ],
    }
    assert rendered == {
        "taskName": "nightly",
        "location": "westeurope",
        "platform": {"os": "Linux", "architecture": "amd64"},
        "status": "Enabled",
        "step": {"type": "EncodedTask"},
        "credentials": {"sourceRegistry": {"loginMode": "Default"}},
        "timeout": 600,
        "trigger": {"timerTriggers": [{"name": "schedule", "schedule": "30 2 * * *", "status": "Enabled"}]},
        "tags": OWN,
    }
    assert render.purge_task("nightly", task, OWN, "westeurope", "purge")["agentPoolName"] == "purge"


def test_a_task_that_is_off_and_its_machines() -> None:
    args = parsed(
        lifecycle={
            "purge": {"nightly": {"enabled": False, "steps": [{"untagged": True}]}},
            "agent_pool": {"subnet_id": SUBNET, "tier": "S2", "count": 2},
        }
    )
    assert render.purge_task("nightly", args.cleanup.purge["nightly"], OWN, "l")["status"] == "Disabled"
    assert args.cleanup.agent_pool is not None
    assert render.agent_pool(args.cleanup.agent_pool, OWN, "westeurope") == {
        "agentPoolName": "purge",
        "location": "westeurope",
        "count": 2,
        "os": "Linux",
        "tier": "S2",
        "virtualNetworkSubnetResourceId": SUBNET,
        "tags": OWN,
    }


PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="':{[()|*+?\\")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=PRINTABLE, min_size=1, max_size=20), st.sampled_from(["", r"\.", '"', r"^\d"]))
def test_quotes_and_backslashes_of_a_pattern_survive_the_task_file(text: str, before: str) -> None:
    args = parsed(lifecycle={"purge": {"nightly": {"steps": [{"tags": before + text, "keep": 1}]}}})
    (step,) = yaml.safe_load(task_yaml(args.cleanup.purge["nightly"]))["steps"]
    assert step["cmd"] == f"acr purge --filter '.*:{before}{text}' --ago 0d --keep 1"


LEVELS: list[tuple[roles.Mode, roles.Level, bool, dict[str, str]]] = [
    ("rbac", "pull", False, {"": "AcrPull"}),
    ("rbac", "push", False, {"": "AcrPush"}),
    ("rbac", "admin", False, {"": "AcrPush", "delete": "AcrDelete", "settings": roles.SETTINGS}),
    ("rbac-abac", "pull", False, {"": "Container Registry Repository Reader"}),
    ("rbac-abac", "push", True, {"": "Container Registry Repository Writer"}),
    (
        "rbac-abac",
        "admin",
        False,
        {"": "Container Registry Repository Contributor", "settings": roles.SETTINGS},
    ),
    ("rbac-abac", "admin", True, {"": "Container Registry Repository Contributor"}),
]


@pytest.mark.parametrize(("mode", "level", "scoped", "expected"), LEVELS)
def test_a_level_is_these_roles(mode: roles.Mode, level: roles.Level, scoped: bool, expected: dict[str, str]) -> None:
    assert roles.roles_of(mode, level, scoped=scoped) == expected


def test_a_condition_lets_only_the_named_repositories_through() -> None:
    data = "Microsoft.ContainerRegistry/registries/repositories"
    assert roles.condition("pull", ["team/*", "base", "base"]) == (
        f"((!(ActionMatches{{'{data}/content/read'}}) AND !(ActionMatches{{'{data}/metadata/read'}})) OR "
        f"(@Request[{data}:name] StringEqualsIgnoreCase 'base' OR "
        f"@Request[{data}:name] StringStartsWithIgnoreCase 'team/'))"
    )


def test_a_role_assignment_says_what_kind_of_principal_it_is_for() -> None:
    said: dict[str, Any] = {"scope": "s", "role_definition_id": "r", "principal_id": "p", "principal_type": "Group"}
    assert render.role_assignment(**said) == {
        "scope": "s",
        "roleDefinitionId": "r",
        "principalId": "p",
        "principalType": "Group",
    }
    narrowed = render.role_assignment(**said, condition="c")
    assert (narrowed["condition"], narrowed["conditionVersion"]) == ("c", "2.0")
    assert role_definition("/subscriptions/s/resourceGroups/g", "r") == (
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/r"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [(PRINCIPAL, "ServicePrincipal"), (f"user:{PRINCIPAL}", "User"), (f"Group:{PRINCIPAL}", "Group")],
)
def test_principals_that_are_right(text: str, kind: str) -> None:
    assert check_principal(text) is None
    assert split_principal(text) == (PRINCIPAL, kind)


@pytest.mark.parametrize("region", ["westeurope", "East US 2", "germanywestcentral", "usgovvirginia"])
def test_regions_that_are_right(region: str) -> None:
    assert check_region(region_word(region)) is None


def test_a_token_is_made_fresh_and_never_shown() -> None:
    assert token_login("shopimages", "shopimages.azurecr.io", "helm registry") == (
        "az acr login --name shopimages --expose-token --output tsv --query accessToken | "
        "helm registry login shopimages.azurecr.io --username 00000000-0000-0000-0000-000000000000 --password-stdin"
    )


def everything(args: AcrRegistryArgs) -> str:
    """Return all that is rendered, in the order in which it is."""
    found: list[Any] = [render.registry(args, args.tags)]
    found += [(key, render.replication(said, args.tags)) for key, said in sorted(args.replication.items())]
    found += [(key, render.credential_set(key, said)) for key, said in sorted(args.credential_sets.items())]
    found += [(key, render.cache_rule(key, said)) for key, said in sorted(args.caching.items())]
    found += [(key, render.scope_map(key, said)) for key, said in sorted(args.scope_maps.items())]
    found += [(key, render.token(key, said, "id")) for key, said in sorted(args.tokens.items())]
    found += [(key, render.webhook(key, said, {}, "l")) for key, said in sorted(args.webhooks.items())]
    found += [(key, render.purge_task(key, said, {}, "l")) for key, said in sorted(args.cleanup.purge.items())]
    found += [
        (key, render.sync_actions(key, said, []), sorted(set(said.client_tokens)))
        for key, said in sorted(args.connected_registries.items())
    ]
    found += [
        (key, level, roles.condition(level, said.repositories))
        for key, said in sorted(args.repository_access.items())
        for level in ("pull", "push", "admin")
    ]
    if args.diagnostics is not None:
        found.append(render.diagnostic_setting(args.diagnostics, "id"))
    return json.dumps(found, default=lambda _: "a secret")


SAID: dict[str, Any] = {
    "registry_name": "shopimages",
    "resource_group": "registries",
    "location": "westeurope",
    "sku": "Premium",
    "data_endpoints": True,
    "replication": {"north": {"region": "northeurope"}, "us": {"region": "eastus"}},
    "network": {"allowed_ranges": ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.1"]},
    "credential_sets": {"docker-hub": HUB, "quay-login": {**HUB, "login_server": "quay.io"}},
    "caching": {
        "library": {"upstream": "docker.io", "upstream_prefix": "library/*", "credential_set": "docker-hub"},
        "quays": {"upstream": "quay.io", "credential_set": "quay-login"},
    },
    "scope_maps": {
        "pipeline": {"repositories": {"b": ["content/write", "content/read"], "a/*": ["content/read"]}},
        "partner": {"repositories": {"shop/api": ["metadata/read", "content/read"]}},
    },
    "tokens": {"pipeline": {"scope_map": "pipeline"}, "partner": {"scope_map": "partner"}},
    "webhooks": {
        "hook1": {
            "service_uri": "https://x.example.com",
            "actions": ["push", "delete", "quarantine"],
            "custom_headers": {"B": "2", "A": "1", "C": "3"},
        },
        "hook2": {"service_uri": "https://y.example.com"},
    },
    "connected_registries": {
        "north": {"repositories": ["team/*", "base"], "client_tokens": ["pipeline", "partner"]},
        "south": {"repositories": ["base"], "parent": "north"},
    },
    "diagnostics": {
        "workspace_id": f"{GROUP}/Microsoft.OperationalInsights/workspaces/logs",
        "logs": ["audit", "allLogs"],
    },
}


def shuffled(value: Any, order: random.Random) -> Any:
    """Return the same words in another order; the steps of a purge stay, because one runs after the other."""
    if isinstance(value, dict):
        items = [(key, inner if key == "steps" else shuffled(inner, order)) for key, inner in value.items()]
        order.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return order.sample(value, len(value))
    return value


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_words_changes_nothing(order: random.Random, repository_roles: bool) -> None:
    said = dict(SAID)
    if repository_roles:
        said["role_assignment_mode"] = "rbac-abac"
        said["repository_access"] = {
            "team": {"repositories": ["team/*", "base", "tools"], "pull": [PRINCIPAL]},
            "shop": {"repositories": ["shop/*", "api"], "push": [PRINCIPAL]},
        }
    else:
        said.pop("network")
        said["lifecycle"] = {
            "untagged_after_days": 7,
            "purge": {
                "nightly": {"steps": [{"keep": 3, "tags": "^v"}, {"older_than_days": 9}]},
                "weekly": {"steps": [{"older_than_days": 90}]},
            },
        }
    assert everything(AcrRegistryArgs.parse(shuffled(said, order))) == everything(AcrRegistryArgs.parse(said))


def test_the_order_of_steps_means_something() -> None:
    steps = [{"keep": 3, "tags": "^v"}, {"older_than_days": 9}]
    one = parsed(lifecycle={"purge": {"nightly": {"steps": steps}}})
    other = parsed(lifecycle={"purge": {"nightly": {"steps": steps[::-1]}}})
    assert everything(one) != everything(other)


def test_actions_are_sorted_and_each_stands_once() -> None:
    maps = parsed(
        scope_maps={"pipeline": {"repositories": {"b": ["content/read"] * 2, "a": ["content/read"]}}}
    ).scope_maps
    assert actions_of(maps["pipeline"]) == ["repositories/a/content/read", "repositories/b/content/read"]


def test_the_blocks_are_taken_too() -> None:
    from registry_components.blocks.caching import CacheUpstream
    from registry_components.blocks.replication import ReplicateTo

    blocks: dict[str, dict[str, Args]] = {
        "replication": {"north": ReplicateTo(region="northeurope")},
        "caching": {"quays": CacheUpstream(upstream="quay.io")},
    }
    words = {"replication": {"north": {"region": "northeurope"}}, "caching": {"quays": {"upstream": "quay.io"}}}
    assert everything(parsed(**blocks)) == everything(parsed(**words))


def test_no_secret_stands_in_what_is_shown_of_arguments() -> None:
    hook = {"service_uri": "https://x.example.com/hunter22", "custom_headers": {"Authorization": "hunter22"}}
    assert "hunter22" not in repr(parsed(webhooks={"hook1": hook}))


def test_arguments_need_neither_pulumi_nor_the_sdk() -> None:
    code = (
        "import sys; from registry_components.acr import AcrRegistryArgs;"
        "AcrRegistryArgs.parse({'registry_name': 'shopimages', 'resource_group': 'registries'});"
        "print([name for name in ('pulumi', 'pulumi_azure_native') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
