"""Unit proof: what `AcrRegistryArgs` refuses, in whole messages."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.acr import AcrRegistryArgs, AcrRegistryReferenceArgs
from registry_components.core.errors import StackError

pytestmark = pytest.mark.unit

BASE: dict[str, Any] = {
    "registry_name": "shopimages",
    "resource_group": "registries",
    "location": "westeurope",
    "sku": "Premium",
}

PRINCIPAL = "00000000-0000-0000-0000-00000000c105"
GROUP = "/subscriptions/s/resourceGroups/registries/providers"
REGISTRY = f"{GROUP}/Microsoft.ContainerRegistry/registries/shopimages"
SUBNET = f"{GROUP}/Microsoft.Network/virtualNetworks/shop/subnets/registry"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/shop"
WORKSPACE = f"{GROUP}/Microsoft.OperationalInsights/workspaces/logs"
KEY = "https://shop.vault.azure.net/keys/registry"
HUB = {
    "login_server": "docker.io",
    "username_secret": "https://shop.vault.azure.net/secrets/user",
    "password_secret": "https://shop.vault.azure.net/secrets/token",
}
HOOK = {"service_uri": "https://x.example.com/hunter22"}
UNTAGGED = {"nightly": {"steps": [{"untagged": True}]}}
BRANCH = {"repositories": ["team/*"]}

ROWS: list[tuple[dict[str, Any], str]] = [
    (
        {"registry_name": Ellipsis},
        ("  registry_name: is required but not given; add it"),
    ),
    (
        {"resource_group": Ellipsis},
        ("  resource_group: is required but not given; add it"),
    ),
    (
        {"registry_name": "shop-images"},
        ("  registry_name: 'shop-images' is not a registry name; use 5 to 50 letters and digits, and nothing else"),
    ),
    (
        {"registry_name": "shop"},
        ("  registry_name: 'shop' is not a registry name; use 5 to 50 letters and digits, and nothing else"),
    ),
    (
        {"registry_name": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        (
            "  registry_name: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not a registry name; "
            "use 5 to 50 letters and digits, and nothing else"
        ),
    ),
    (
        {"sku": "Gold"},
        ("  sku: must be one of Basic, Standard, Premium, not 'Gold'"),
    ),
    (
        {"location": "West Europe!"},
        ("  location: 'westeurope!' is not an Azure region; write it as westeurope or eastus2"),
    ),
    (
        {"admin_user": True},
        (
            "  admin_user: is not a setting; allowed: access, caching, connected_registries, content_trust, "
            "credential_sets, data_endpoints, deletion, diagnostics, empty_on_delete, encryption, "
            "entra_arm_tokens, export, import_, lifecycle, location, lock, network, quarantine, "
            "registry_name, replication, repository_access, resource_group, role_assignment_mode, roles, "
            "scanning, scope_maps, sku, tags, tokens, trusted_services, webhooks, zone_redundant"
        ),
    ),
    (
        {"skus": "Basic"},
        ("  skus: is not a setting; did you mean sku?"),
    ),
    (
        {"sku": "Standard", "replication": {"n": {"region": "northeurope"}}},
        ("  replication: needs SKU Premium (this is Standard); set sku to Premium, or remove it"),
    ),
    (
        {"sku": "Standard", "zone_redundant": True},
        ("  zone_redundant: needs SKU Premium (this is Standard); set sku to Premium, or remove it"),
    ),
    (
        {"sku": "Standard", "lifecycle": {"untagged_after_days": 7}},
        ("  lifecycle.untagged_after_days: needs SKU Premium (this is Standard); set sku to Premium, or remove it"),
    ),
    (
        {"sku": "Basic", "access": {"anonymous_pull": True}},
        ("  access.anonymous_pull: needs SKU Standard or Premium (this is Basic); set sku, or remove it"),
    ),
    (
        {"sku": "Standard", "network": {"public": False}},
        ("  network.public: needs SKU Premium (this is Standard); set sku to Premium, or remove it"),
    ),
    (
        {"sku": "Standard", "data_endpoints": True},
        ("  data_endpoints: needs SKU Premium (this is Standard); set sku to Premium, or remove it"),
    ),
    (
        {"sku": "Standard", "quarantine": True},
        ("  quarantine: needs SKU Premium (this is Standard); set sku to Premium, or remove it"),
    ),
    (
        {"sku": "Standard", "export": False},
        (
            "  export: can be forbidden only where network.public is false; set it so, or remove export\n  "
            "export: needs SKU Premium (this is Standard); set sku to Premium, or remove it"
        ),
    ),
    (
        {
            "sku": "Basic",
            "webhooks": {
                "hook0": {"service_uri": "https://x.example.com", "actions": ["push"]},
                "hook1": {"service_uri": "https://x.example.com", "actions": ["push"]},
                "hook2": {"service_uri": "https://x.example.com", "actions": ["push"]},
            },
        },
        ("  webhooks: has 3 entries; SKU Basic takes 2: remove some, or set another sku"),
    ),
    (
        {"lifecycle": {"untagged_after_days": 7, "soft_delete_days": 7}},
        (
            "  lifecycle.soft_delete_days: and untagged_after_days exclude each other in ACR; keep one of "
            "them (a purge step with untagged=True removes untagged manifests beside soft delete)"
        ),
    ),
    (
        {"lifecycle": {"untagged_after_days": 400}},
        ("  lifecycle.untagged_after_days: must be at most 365, not 400"),
    ),
    (
        {"lifecycle": {"soft_delete_days": 0}},
        ("  lifecycle.soft_delete_days: must be at least 1, not 0"),
    ),
    (
        {"lifecycle": {"soft_delete_days": 7}, "replication": {"n": {"region": "northeurope"}}},
        ("  lifecycle.soft_delete_days: is not possible in a registry with replication; remove one of the two"),
    ),
    (
        {"lifecycle": {"soft_delete_days": 7}, "role_assignment_mode": "rbac-abac"},
        (
            "  lifecycle.soft_delete_days: is a preview that the API version of role_assignment_mode "
            "'rbac-abac' does not have; turn it on with `az acr config soft-delete update`, and remove it "
            "here"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"older_than_days": 7, "keep": 3}]}}}},
        (
            "  lifecycle.purge.nightly.steps[0].keep: does not keep the newest images together with "
            "older_than_days: only older images are counted; say one of them, and the other in a step of its "
            "own"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{}]}}}},
        (
            "  lifecycle.purge.nightly.steps[0]: would remove every image that it matches; add "
            "older_than_days, keep or untagged"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"repositories": "a:b", "untagged": True}]}}}},
        (
            "  lifecycle.purge.nightly.steps[0].repositories: 'a:b' holds a colon, which stands in no name: `acr "
            "purge` parts repositories and tags with it; write what is before it into repositories, and what "
            "is after it into tags"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"tags": "[", "older_than_days": 1}]}}}},
        (
            "  lifecycle.purge.nightly.steps[0].tags: '[' is not a regular expression: unterminated "
            "character set at position 0"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"tags": "it's", "older_than_days": 1}]}}}},
        (
            "  lifecycle.purge.nightly.steps[0].tags: \"it's\" holds a quote or a line break, which a task's "
            "command line cannot; write . for it"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"older_than_days": 0}]}}}},
        ("  lifecycle.purge.nightly.steps[0].older_than_days: must be at least 1, not 0"),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"older_than_days": 1, "concurrency": 64}]}}}},
        ("  lifecycle.purge.nightly.steps[0].concurrency: must be at most 32, not 64"),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"schedule": "daily", "steps": [{"untagged": True}]}}}},
        (
            "  lifecycle.purge.nightly.schedule: 'daily' is not a cron expression of five fields; every day "
            "at 2 in the morning (UTC) is '0 2 * * *'"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": []}}}},
        ("  lifecycle.purge.nightly.steps: needs at least 1 entry (it has 0)"),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"timeout_seconds": 60, "steps": [{"untagged": True}]}}}},
        ("  lifecycle.purge.nightly.timeout_seconds: must be at least 300, not 60"),
    ),
    (
        {"lifecycle": {"untagged_after_days": 3, "purge": {"nightly": {"steps": [{"untagged": True}]}}}},
        (
            "  lifecycle.purge.nightly.steps[0].untagged: removes at once what untagged_after_days keeps for "
            "a while; keep one of the two"
        ),
    ),
    (
        {"lifecycle": {"agent_pool": {"subnet_id": "x"}}},
        (
            "  lifecycle.agent_pool.subnet_id: 'x' is not the resource id of a subnet; it looks like "
            "/subscriptions/…/providers/Microsoft.Network/virtualNetworks/…/subnets/…"
        ),
    ),
    (
        {"replication": {"n": {"region": "westeurope"}}},
        ("  replication.n.region: 'westeurope' is where the registry itself is; remove it"),
    ),
    (
        {"replication": {"a": {"region": "northeurope"}, "b": {"region": "northeurope"}}},
        ("  replication.b.region: 'northeurope' is that of 'a' too; remove one"),
    ),
    (
        {"access": {"pull": ["alice"]}},
        (
            "  access.pull[0]: 'alice' is not an Azure principal; give the object id of a service principal "
            "or managed identity, or user:<object id>, group:<object id>"
        ),
    ),
    (
        {"access": {"pull": ["00000000-0000-0000-0000-00000000c105", "00000000-0000-0000-0000-00000000c105"]}},
        ("  access.pull[1]: '00000000-0000-0000-0000-00000000c105' is there already; name it once"),
    ),
    (
        {"roles": {"r": {"role": "Owner?", "principal": "00000000-0000-0000-0000-00000000c105"}}},
        (
            "  roles.r.role: 'Owner?' is not known; allowed: AcrPull, AcrPush, AcrDelete, AcrImageSigner, "
            "AcrQuarantineReader, AcrQuarantineWriter, Container Registry Repository Reader, Container "
            "Registry Repository Writer, Container Registry Repository Contributor, Container Registry "
            "Repository Catalog Lister, Container Registry Contributor and Data Access Configuration "
            "Administrator, or a role's id"
        ),
    ),
    (
        {
            "roles": {"r": {"role": "AcrPull", "principal": "00000000-0000-0000-0000-00000000c105"}},
            "role_assignment_mode": "rbac-abac",
        },
        (
            "  roles.r.role: 'AcrPull' gives nothing where role_assignment_mode is 'rbac-abac'; use "
            "'Container Registry Repository Reader'"
        ),
    ),
    (
        {"repository_access": {"a": {"repositories": ["team/*"], "pull": ["00000000-0000-0000-0000-00000000c105"]}}},
        (
            "  repository_access: needs role_assignment_mode 'rbac-abac': without it a role is for the whole "
            "registry; set it, or use tokens with scope_maps"
        ),
    ),
    (
        {"role_assignment_mode": "rbac-abac", "lifecycle": {"purge": {"nightly": {"steps": [{"untagged": True}]}}}},
        (
            "  lifecycle.purge: cannot log in where role_assignment_mode is 'rbac-abac': the task's identity "
            "is not in this API version; make it with `az acr task create --source-acr-auth-id [caller]`, or "
            "run `acr purge` in your CI"
        ),
    ),
    (
        {"network": {"public": False, "allowed_ranges": ["203.0.113.0/24"]}},
        ("  network.allowed_ranges: opens what public=False closes; remove one of them"),
    ),
    (
        {"network": {"allowed_ranges": ["203.0.113.7/24"]}},
        ("  network.allowed_ranges[0]: 203.0.113.7/24 has host bits set; write an address range as 203.0.113.0/24"),
    ),
    (
        {"network": {"allowed_ranges": ["2001:db8::/32"]}},
        ("  network.allowed_ranges[0]: '2001:db8::/32' is IPv6, which ACR's rules do not take; write IPv4 ranges"),
    ),
    (
        {"network": {"private_endpoints": {"e": {"subnet_ids": [SUBNET, SUBNET]}}}},
        (
            "  network.private_endpoints.e.subnet_ids: an Azure private endpoint has one subnet; make one "
            "endpoint for each"
        ),
    ),
    (
        {"network": {"public": False}, "lifecycle": {"purge": {"nightly": {"steps": [{"untagged": True}]}}}},
        (
            "  lifecycle.agent_pool: is required: Azure's own machines, where a purge task runs otherwise, "
            "do not pass this network; add it, or run `acr purge` in your CI"
        ),
    ),
    (
        {"export": False},
        ("  export: can be forbidden only where network.public is false; set it so, or remove export"),
    ),
    (
        {"connected_registries": {"branch": {"mode": "ReadOnly"}}},
        ("  connected_registries.branch.repositories: is required but not given; add it"),
    ),
    (
        {"caching": {"library": {"upstream": "docker.io", "upstream_prefix": "library"}}},
        (
            "  caching.library.credential_set: is required for docker.io, which ACR caches only with a "
            "login; name one of credential_sets"
        ),
    ),
    (
        {"caching": {"library": {"upstream": "docker.io", "credential_set": "nowhere"}}},
        ("  caching.library.credential_set: 'nowhere' is not one of credential_sets (none); add it there"),
    ),
    (
        {
            "credential_sets": {
                "docker-hub": {
                    "login_server": "docker.io",
                    "username_secret": "user",
                    "password_secret": "https://v.vault.azure.net/secrets/p",
                }
            }
        },
        (
            "  credential_sets.docker-hub.username_secret: is not the address of a Key Vault secret; it "
            "looks like https://VAULT.vault.azure.net/secrets/NAME"
        ),
    ),
    (
        {"tokens": {"partner": {"scope_map": "nowhere"}}},
        (
            "  tokens.partner.scope_map: 'nowhere' is not a scope map of this registry; there are: "
            "_repositories_pull, _repositories_push, _repositories_admin, _repositories_pull_metadata_read, "
            "_repositories_push_metadata_write"
        ),
    ),
    (
        {"scope_maps": {"partner": {"repositories": {"shop/api": ["content/delete", "fly"]}}}},
        (
            "  scope_maps.partner.repositories['shop/api'][1]: must be one of content/read, content/write, "
            "content/delete, metadata/read, metadata/write, not 'fly'"
        ),
    ),
    (
        {"scope_maps": {"partner": {"repositories": {}}}},
        ("  scope_maps.partner.repositories: needs at least 1 entry (it has 0)"),
    ),
    (
        {"scope_maps": {"ci": {"repositories": {"a": ["content/read"]}}}},
        ("  scope_maps.ci: 'ci' is not a name that Azure takes here; use 5 to 50 letters, digits, - and _"),
    ),
    (
        {"webhooks": {"hook1": {"service_uri": "ftp://x", "actions": ["push"]}}},
        ("  webhooks.hook1.service_uri: is not an address; write it with https://"),
    ),
    (
        {"webhooks": {"hook1": {"service_uri": "https://x.example.com", "actions": []}}},
        ("  webhooks.hook1.actions: needs at least 1 entry (it has 0)"),
    ),
    (
        {"webhooks": {"hook1": {"service_uri": "https://x.example.com", "actions": ["push"], "region": "eastus"}}},
        ("  webhooks.hook1.region: 'eastus' has no copy of the registry; use one of westeurope"),
    ),
    (
        {"scanning": {"mode": "on_push"}},
        (
            "  scanning: mode 'on_push' is not the registry's: ACR does not scan. Microsoft Defender for "
            "Containers does, by subscription (`az security pricing create --name Containers --tier "
            "Standard`); remove it"
        ),
    ),
    (
        {"lock": "All"},
        ("  lock: must be one of CanNotDelete, ReadOnly, not 'All'"),
    ),
    (
        {"import_": "shopimages"},
        (
            "  import_: 'shopimages' is not the resource id of a container registry; it looks like "
            "/subscriptions/…/providers/Microsoft.ContainerRegistry/registries/…"
        ),
    ),
    (
        {"deletion": "destroy"},
        ("  empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion"),
    ),
    (
        {"empty_on_delete": True},
        ("  deletion: must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"),
    ),
    (
        {"tags": {"a": 1}},
        ("  tags.a: must be text, not 1"),
    ),
    (
        {"caching": {"dotnet": {"upstream": "mcr.microsoft.com", "upstream_prefix": "a/*/b"}}},
        (
            "  caching.dotnet.upstream_prefix: 'a/*/b' is neither a repository nor a prefix; write one as "
            "library/nginx, the other as library/*"
        ),
    ),
    (
        {"caching": {"dotnet": {"upstream": "mcr.microsoft.com", "upstream_prefix": "Dot Net"}}},
        (
            "  caching.dotnet.upstream_prefix: 'Dot Net' is neither a repository nor a prefix; write one as "
            "library/nginx, the other as library/*"
        ),
    ),
    (
        {"caching": {"own-one": {"upstream": "harbor.example.com"}}},
        (
            "  caching.own-one.upstream: ACR does not cache 'harbor.example.com'; it caches docker.io, "
            "mcr.microsoft.com, public.ecr.aws, ghcr.io, quay.io, registry.k8s.io, nvcr.io, gcr.io and "
            "*-docker.pkg.dev"
        ),
    ),
    (
        {"caching": {"other": {"upstream": "other.azurecr.io"}}},
        (
            "  caching.other.upstream: 'other.azurecr.io' is another Azure registry, which this API version "
            "caches only by `az acr cache create --identity`; use replication of that registry, or import its "
            "images"
        ),
    ),
    (
        {"caching": {"library": {"upstream": "docker.io", "credentials": {"username": "u", "password": "hunter22"}}}},
        (
            "  caching.library.credentials: are read by ACR from Key Vault alone; put them there, name the two "
            "secrets in credential_sets, and say credential_set here"
        ),
    ),
    (
        {"caching": {"library": {"upstream": "docker.io", "credential_set_id": "docker-hub"}}},
        (
            "  caching.library.credential_set_id: 'docker-hub' is not the resource id of a credential set; it "
            "looks like /subscriptions/…/providers/Microsoft.ContainerRegistry/registries/…/credentialSets/…"
        ),
    ),
    (
        {
            "caching": {
                "library": {
                    "upstream": "docker.io",
                    "credential_set": "docker-hub",
                    "credential_set_id": f"{REGISTRY}/credentialSets/hub",
                }
            },
            "credential_sets": {"docker-hub": HUB},
        },
        ("  caching.library.credential_set: and credential_set_id say the same; keep one of them"),
    ),
    (
        {
            "caching": {"images": {"upstream": "ghcr.io", "credential_set": "docker-hub"}},
            "credential_sets": {"docker-hub": HUB},
        },
        ("  caching.images.credential_set: 'docker-hub' logs in at docker.io, not at ghcr.io; name another"),
    ),
    (
        {
            "caching": {"library": {"upstream": "docker.io", "credential_set": "docker-hub"}},
            "credential_sets": {"docker-hub": {**HUB, "login_server": "https://docker.io"}},
        },
        (
            "  credential_sets.docker-hub.login_server: 'https://docker.io' has a scheme; give the host alone, "
            "such as 'docker.io'"
        ),
    ),
    (
        {"credential_sets": {"docker-hub": HUB}},
        ("  credential_sets.docker-hub: is used by no rule of caching; name it there, or remove it"),
    ),
    (
        {
            "caching": {
                "first": {"upstream": "mcr.microsoft.com", "target_prefix": "a"},
                "second": {"upstream": "quay.io", "target_prefix": "a"},
            }
        },
        (
            "  caching.second.target_prefix: 'a/*' is also where first puts its images; give one of them "
            "another target_prefix"
        ),
    ),
    (
        {"caching": {"first": {"upstream": "mcr.microsoft.com", "target_prefix": "A/"}}},
        (
            "  caching.first.target_prefix: 'A/' is not a repository name; use lower-case letters, digits and "
            "single . _ - between them, in parts separated by /"
        ),
    ),
    (
        {"caching": {"hub": {"upstream": "quay.io"}}},
        ("  caching.hub: 'hub' is not a name that Azure takes here; use 5 to 50 letters, digits and -"),
    ),
    (
        {
            "caching": {
                "Quays": {"upstream": "quay.io", "target_prefix": "x"},
                "quays": {"upstream": "quay.io", "target_prefix": "y"},
            }
        },
        ("  caching.quays: is 'Quays' to Azure, which ignores case; take another name"),
    ),
    (
        {"webhooks": {"my-hook": HOOK}},
        ("  webhooks.my-hook: 'my-hook' is not a name that Azure takes here; use 5 to 50 letters and digits"),
    ),
    (
        {"webhooks": {"Hook1": HOOK, "hook1": HOOK}},
        ("  webhooks.hook1: is 'Hook1' to Azure, which ignores case; take another name"),
    ),
    (
        {"webhooks": {"hook1": {**HOOK, "scope": "Shop API"}}},
        (
            "  webhooks.hook1.scope: 'Shop API' is not what a webhook can be about; write a repository, "
            "repository:tag, or team/* for a prefix"
        ),
    ),
    (
        {"webhooks": {"hook1": {**HOOK, "custom_headers": {"a b": "hunter22"}}}},
        ("  webhooks.hook1.custom_headers['a b']: 'a b' is not the name of a header; use letters, digits and -"),
    ),
    (
        {"webhooks": {"hook1": {**HOOK, "region": "??"}}},
        ("  webhooks.hook1.region: '??' is not an Azure region; write it as westeurope or eastus2"),
    ),
    (
        {"encryption": {"key_id": KEY}},
        (
            "  encryption.key_vault_id: is required where the identity is made here: it has to be granted the "
            "key before the registry is made; add it, or give identity_id and identity_client_id"
        ),
    ),
    (
        {"encryption": {"key_id": KEY, "identity_client_id": PRINCIPAL}},
        (
            "  encryption.identity_id: is required together with identity_client_id; give both, or neither to "
            "have an identity made"
        ),
    ),
    (
        {"encryption": {"key_id": "https://shop.vault.azure.net/secrets/registry", "key_vault_id": VAULT}},
        (
            "  encryption.key_id: is not the address of a Key Vault key; it looks like "
            "https://VAULT.vault.azure.net/keys/NAME"
        ),
    ),
    (
        {"encryption": {"key_id": KEY, "key_vault_id": "shop"}},
        (
            "  encryption.key_vault_id: 'shop' is not the resource id of a key vault; it looks like "
            "/subscriptions/…/providers/Microsoft.KeyVault/vaults/…"
        ),
    ),
    (
        {"encryption": {"key_id": KEY, "key_vault_id": f"{VAULT}/keys/registry"}},
        (
            f"  encryption.key_vault_id: '{VAULT}/keys/registry' is not the resource id of a key vault; it looks like "
            "/subscriptions/…/providers/Microsoft.KeyVault/vaults/…"
        ),
    ),
    (
        {
            "encryption": {
                "key_id": KEY,
                "identity_id": f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/shop",
                "identity_client_id": "shop",
            }
        },
        (
            "  encryption.identity_client_id: 'shop' is not an id of Entra; it has the form of "
            "00000000-0000-0000-0000-000000000000"
        ),
    ),
    (
        {"encryption": {"key_id": KEY, "key_vault_id": VAULT}, "content_trust": True},
        ("  content_trust: is not possible in a registry with a key of yours (encryption); remove one of the two"),
    ),
    (
        {"diagnostics": {}},
        ("  diagnostics: has nowhere to send logs to; add workspace_id, storage_account_id or event_hub_rule_id"),
    ),
    (
        {"diagnostics": {"workspace_id": WORKSPACE, "event_hub_name": "logs"}},
        ("  diagnostics.event_hub_name: needs event_hub_rule_id, which says how to reach it; add it"),
    ),
    (
        {"diagnostics": {"workspace_id": WORKSPACE, "logs": [], "metrics": False}},
        ("  diagnostics: sends neither logs nor metrics; add one of them"),
    ),
    (
        {"diagnostics": {"event_hub_rule_id": f"{GROUP}/Microsoft.EventHub/namespaces/logs"}},
        (
            "  diagnostics.event_hub_rule_id: "
            "'/subscriptions/s/resourceGroups/registries/providers/Microsoft.EventHub/namespaces/logs' is not "
            "the resource id of an event hub's authorization rule; it looks like "
            "/subscriptions/…/providers/Microsoft.EventHub/namespaces/…/authorizationRules/…"
        ),
    ),
    (
        {"connected_registries": {"branch": BRANCH}},
        ("  data_endpoints: is required by connected_registries; set it to true"),
    ),
    (
        {"data_endpoints": True, "connected_registries": {"branch": {**BRANCH, "parent": "nowhere"}}},
        ("  connected_registries.branch.parent: 'nowhere' is not one of connected_registries; add it"),
    ),
    (
        {
            "data_endpoints": True,
            "connected_registries": {"north": {**BRANCH, "parent": "south"}, "south": {**BRANCH, "parent": "north"}},
        },
        (
            "  connected_registries.north.parent: 'south' leads back to 'north'; one of them has to end here\n"
            "  connected_registries.south.parent: 'north' leads back to 'south'; one of them has to end here"
        ),
    ),
    (
        {
            "data_endpoints": True,
            "connected_registries": {"north": BRANCH, "south": {**BRANCH, "mode": "ReadWrite", "parent": "north"}},
        },
        (
            "  connected_registries.south.mode: 'ReadWrite' needs a parent that takes pushes, and 'north' is "
            "ReadOnly; change one"
        ),
    ),
    (
        {"data_endpoints": True, "connected_registries": {"branch": {**BRANCH, "sync_window_hours": 4}}},
        ("  connected_registries.branch.sync_window_hours: needs a schedule that begins the window; add schedule"),
    ),
    (
        {"data_endpoints": True, "connected_registries": {"branch": {**BRANCH, "client_tokens": ["till"]}}},
        ("  connected_registries.branch.client_tokens[0]: 'till' is not one of tokens; add it there"),
    ),
    (
        {
            "data_endpoints": True,
            "connected_registries": {"branch": BRANCH},
            "tokens": {"branch-sync": {"scope_map": "_repositories_pull"}},
        },
        ("  tokens.branch-sync: is made for connected registry 'branch'; take another name"),
    ),
    (
        {"data_endpoints": True, "connected_registries": {"b" * 46: BRANCH}},
        (
            "  connected_registries.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: is too long: its token is "
            "<name>-sync, of at most 50 characters; use at most 45"
        ),
    ),
    (
        {"import_": f"{GROUP}/Microsoft.ContainerRegistry/registries/otherimages"},
        ("  import_: is not the id of registry 'shopimages'; its last part is the registry's name"),
    ),
    (
        {"import_": f"{REGISTRY}/webhooks/shopimages"},
        (
            f"  import_: '{REGISTRY}/webhooks/shopimages' is not the resource id of a container registry; it looks "
            "like /subscriptions/…/providers/Microsoft.ContainerRegistry/registries/…"
        ),
    ),
    (
        {"import_": REGISTRY, "deletion": "destroy", "empty_on_delete": True},
        ("  deletion: 'destroy' is refused while the registry is adopted; remove import_ once it is adopted"),
    ),
    (
        {"lifecycle": {"agent_pool": {"subnet_id": SUBNET}}},
        ("  lifecycle.agent_pool: has no task to run; add purge, or remove agent_pool"),
    ),
    (
        {"lifecycle": {"purge": UNTAGGED, "agent_pool": {"subnet_id": SUBNET.removesuffix("/subnets/registry")}}},
        (
            "  lifecycle.agent_pool.subnet_id: "
            "'/subscriptions/s/resourceGroups/registries/providers/Microsoft.Network/virtualNetworks/shop' is "
            "not the resource id of a subnet; it looks like "
            "/subscriptions/…/providers/Microsoft.Network/virtualNetworks/…/subnets/…"
        ),
    ),
    (
        {"lifecycle": {"purge": {"go": UNTAGGED["nightly"]}}},
        ("  lifecycle.purge.go: 'go' is not a name that Azure takes here; use 5 to 50 letters, digits, - and _"),
    ),
    (
        {"lifecycle": {"purge": {"Nightly": UNTAGGED["nightly"], **UNTAGGED}}},
        ("  lifecycle.purge.nightly: is 'Nightly' to Azure, which ignores case; take another name"),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"schedule": "0 24 * * *", "steps": [{"untagged": True}]}}}},
        (
            "  lifecycle.purge.nightly.schedule: '0 24 * * *' has '24' as hour; it takes 0 to 23, *, and of "
            "these a-b, a,b and */n"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"schedule": "0 2 * * 6-1", "steps": [{"untagged": True}]}}}},
        (
            "  lifecycle.purge.nightly.schedule: '0 2 * * 6-1' has '6-1' as day of the week; it takes 0 to 6, "
            "*, and of these a-b, a,b and */n"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"schedule": "*/0 2 * * *", "steps": [{"untagged": True}]}}}},
        (
            "  lifecycle.purge.nightly.schedule: '*/0 2 * * *' has '*/0' as minute; it takes 0 to 59, *, and "
            "of these a-b, a,b and */n"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"untagged": True, "tags": "^v"}]}}}},
        (
            "  lifecycle.purge.nightly.steps[0].tags: has no meaning with untagged alone, which removes no "
            "tag; remove it, or add older_than_days or keep"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"keep": 3, "repositories": ""}]}}}},
        ("  lifecycle.purge.nightly.steps[0].repositories: cannot be empty; write .* for all"),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"keep": 3, "tags": "api:v1"}]}}}},
        (
            "  lifecycle.purge.nightly.steps[0].tags: 'api:v1' holds a colon, which stands in no name: `acr "
            "purge` parts repositories and tags with it; write what is before it into repositories, and what "
            "is after it into tags"
        ),
    ),
    (
        {"lifecycle": {"purge": {"nightly": {"steps": [{"keep": 3, "tags": "{{.Run.ID}}"}]}}}},
        (
            "  lifecycle.purge.nightly.steps[0].tags: '{{.Run.ID}}' holds {{, with which a task's own "
            "variables begin; write [{] for the first"
        ),
    ),
    (
        {"network": {"private_endpoints": {"shop": {"subnet_ids": ["registry"]}}}},
        (
            "  network.private_endpoints.shop.subnet_ids[0]: 'registry' is not the resource id of a subnet; it "
            "looks like /subscriptions/…/providers/Microsoft.Network/virtualNetworks/…/subnets/…"
        ),
    ),
    (
        {"network": {"private_endpoints": {"shop": {"subnet_ids": [SUBNET], "dns_zone_id": "privatelink.azurecr.io"}}}},
        (
            "  network.private_endpoints.shop.dns_zone_id: 'privatelink.azurecr.io' is not the resource id of "
            "a private DNS zone; it looks like /subscriptions/…/providers/Microsoft.Network/privateDnsZones/…"
        ),
    ),
    (
        {"network": {"private_endpoints": {"a b": {"subnet_ids": [SUBNET]}}}},
        ("  network.private_endpoints['a b']: 'a b' is not a key; use 1 to 63 letters, digits and . _ - inside"),
    ),
    (
        {
            "network": {
                "private_endpoints": {"shop": {"subnet_ids": [SUBNET], "network_id": "n", "security_group_ids": ["s"]}}
            }
        },
        (
            "  network.private_endpoints.shop.network_id: is not asked for: Azure finds the network by the "
            "subnet; remove it\n"
            "  network.private_endpoints.shop.security_group_ids: belong to the subnet in Azure; put them "
            "there, and remove them here"
        ),
    ),
    (
        {"network": {"allowed_ranges": [f"203.0.113.{i}" for i in range(201)]}},
        ("  network.allowed_ranges: has 201 entries; a registry takes 200: join some"),
    ),
    (
        {"network": {"public": False}, "access": {"anonymous_pull": True}},
        ("  access.anonymous_pull: lets nobody in where network.public is false; remove one of them"),
    ),
    (
        {"scope_maps": {"pipeline": {"repositories": {"a*b": ["content/read"]}}}},
        (
            "  scope_maps.pipeline.repositories['a*b']: 'a*b' is not a repository name; use lower-case "
            "letters, digits and single . _ - between them, in parts separated by /"
        ),
    ),
    (
        {"scope_maps": {"pipeline": {"repositories": {"shop/api": []}}}},
        ("  scope_maps.pipeline.repositories['shop/api']: allows nothing; add an action, or remove it"),
    ),
    (
        {"scope_maps": {"pipeline": {"repositories": {f"a{i}": ["content/read"] for i in range(501)}}}},
        ("  scope_maps.pipeline: has more than 500 actions, which is what ACR takes; split it"),
    ),
    (
        {"scope_maps": {"_repositories_pull": {"repositories": {"shop/api": ["content/read"]}}}},
        ("  scope_maps._repositories_pull: is one that every registry has; take another name, or leave it out"),
    ),
    (
        {"sku": "Basic", "tokens": {f"token{i}": {"scope_map": "_repositories_pull"} for i in range(101)}},
        ("  tokens: has 101 entries; SKU Basic takes 100: remove some, or set another sku"),
    ),
    (
        {"tags": {f"t{i}": "x" for i in range(47)}},
        ("  tags: has 47 entries; Azure takes 50, and 4 say who made it: remove some"),
    ),
    (
        {"tags": {"a/b": "x"}},
        ("  tags['a/b']: is not a tag's name; use 1 to 512 characters, and none of < > % & \\ ? /"),
    ),
    ({"tags": {"team": "x" * 257}}, ("  tags.team: has 257 characters; a tag's value has at most 256")),
    (
        {"resource_group": "shop/registries"},
        (
            "  resource_group: 'shop/registries' is not the name of a resource group; use 1 to 90 letters, "
            "digits and . _ - ( ), and no . at the end"
        ),
    ),
    (
        {"resource_group": "registries."},
        (
            "  resource_group: 'registries.' is not the name of a resource group; use 1 to 90 letters, digits "
            "and . _ - ( ), and no . at the end"
        ),
    ),
    (
        {"replication": {"north": {"region": "northeurope", "account": "1"}}},
        ("  replication.north.account: has no meaning here: ACR replicates within one registry; remove it"),
    ),
    (
        {"replication": {"north": {"region": "northeurope", "repositories": ["team/*"]}}},
        (
            "  replication.north.repositories: cannot be filtered: ACR replicates the whole registry; use a "
            "second registry with caching or `az acr import` for a part of it"
        ),
    ),
    (
        {"replication": {"a b": {"region": "northeurope"}}},
        ("  replication['a b']: 'a b' is not a key; use 1 to 63 letters, digits and . _ - inside"),
    ),
    (
        {"replication": {"north": {"region": "!!"}}},
        ("  replication.north.region: '!!' is not an Azure region; write it as westeurope or eastus2"),
    ),
    (
        {"roles": {"ci": {"role": "Container Registry Repository Reader", "principal": PRINCIPAL}}},
        (
            "  roles.ci.role: 'Container Registry Repository Reader' gives nothing where role_assignment_mode "
            "is 'rbac'; use 'AcrPull'"
        ),
    ),
    (
        {"access": {"pull": [PRINCIPAL]}, "roles": {"cluster": {"role": "AcrPull", "principal": PRINCIPAL}}},
        (
            "  roles.cluster: gives '00000000-0000-0000-0000-00000000c105' 'AcrPull', which access.pull[0] "
            "does already; keep one"
        ),
    ),
    (
        {"access": {"push": [PRINCIPAL], "admin": [PRINCIPAL]}},
        (
            "  access.admin[0]: gives '00000000-0000-0000-0000-00000000c105' 'AcrPush', which access.push[0] "
            "does already; keep one"
        ),
    ),
    (
        {"access": {"pull": [f"robot:{PRINCIPAL}"]}},
        (
            "  access.pull[0]: 'robot:00000000-0000-0000-0000-00000000c105' is not an Azure principal; give "
            "the object id of a service principal or managed identity, or user:<object id>, group:<object id>"
        ),
    ),
    (
        {"access": {"pull": [PRINCIPAL, f"user:{PRINCIPAL}"]}},
        ("  access.pull[1]: 'user:00000000-0000-0000-0000-00000000c105' is there already; name it once"),
    ),
    (
        {"role_assignment_mode": "rbac-abac", "repository_access": {"team": {"repositories": ["team/*"]}}},
        ("  repository_access.team: grants nobody anything; add pull, push or admin, or remove it"),
    ),
    (
        {
            "role_assignment_mode": "rbac-abac",
            "repository_access": {"team": {"repositories": ["Team"], "pull": [PRINCIPAL]}},
        },
        (
            "  repository_access.team.repositories[0]: 'Team' is not a repository name; use lower-case "
            "letters, digits and single . _ - between them, in parts separated by /"
        ),
    ),
    (
        {
            "role_assignment_mode": "rbac-abac",
            "repository_access": {"team": {"repositories": ["team/*"], "pull": [PRINCIPAL, PRINCIPAL]}},
        },
        ("  repository_access.team.pull[1]: '00000000-0000-0000-0000-00000000c105' is there already; name it once"),
    ),
    (
        {"scanning": {"mode": "off", "repositories": ["team/*"]}},
        ("  scanning.repositories: has no meaning with mode 'off'; remove it"),
    ),
    (
        {
            "sku": "Basic",
            "trusted_services": False,
            "network": {"allowed_ranges": ["203.0.113.0/24"]},
            "connected_registries": {"branch": BRANCH},
            "data_endpoints": True,
        },
        (
            "  connected_registries: needs SKU Premium (this is Basic); set sku to Premium, or remove it\n"
            "  data_endpoints: needs SKU Premium (this is Basic); set sku to Premium, or remove it\n"
            "  network.allowed_ranges: needs SKU Premium (this is Basic); set sku to Premium, or remove it\n"
            "  trusted_services: needs SKU Premium (this is Basic); set sku to Premium, or remove it"
        ),
    ),
    (
        {
            "registry_name": "x",
            "sku": "Gold",
            "lifecycle": {"untagged_after_days": -1},
            "access": {"anonymous_pull": "often"},
        },
        (
            "  access.anonymous_pull: must be true or false, not 'often'\n"
            "  lifecycle.untagged_after_days: must be at least 0, not -1\n"
            "  registry_name: 'x' is not a registry name; use 5 to 50 letters and digits, and nothing else\n"
            "  sku: must be one of Basic, Standard, Premium, not 'Gold'"
        ),
    ),
]


@pytest.mark.parametrize(("changes", "message"), ROWS)
def test_a_mistake_is_told_with_its_place_and_what_to_do(changes: dict[str, Any], message: str) -> None:
    """`...` leaves an argument out."""
    args = {key: value for key, value in {**BASE, **changes}.items() if value is not ...}
    with pytest.raises(StackError) as caught:
        AcrRegistryArgs.parse(args)
    number = message.count("\n") + 1
    mistakes = f"{number} mistake" + ("s" if number > 1 else "")
    assert str(caught.value) == f"AcrRegistryArgs is not valid ({mistakes}):\n{message}"
    assert "hunter22" not in str(caught.value)


def test_what_the_rows_change_is_valid() -> None:
    AcrRegistryArgs.parse(BASE)


@pytest.mark.parametrize("schedule", ["* * * * *", "*/15 0-6 1,15 jan-MAR sun", "5/10 2 31 12 6", "0 2 * * 1-5"])
def test_schedules_that_are_right(schedule: str) -> None:
    AcrRegistryArgs.parse({**BASE, "lifecycle": {"purge": {"nightly": {**UNTAGGED["nightly"], "schedule": schedule}}}})


@pytest.mark.parametrize("tags", ["^(?:pr|dev)-", "(?i:beta)", "v[0-9]{1,3}$"])
def test_groups_need_no_colon_of_their_own(tags: str) -> None:
    AcrRegistryArgs.parse({**BASE, "lifecycle": {"purge": {"nightly": {"steps": [{"tags": tags, "keep": 3}]}}}})


REFERENCES: list[tuple[dict[str, Any], str]] = [
    ({}, "registry_id: is required but not given; add it"),
    (
        {"registry_id": "shopimages"},
        "registry_id: 'shopimages' is not the resource id of a container registry; it looks like "
        "/subscriptions/…/providers/Microsoft.ContainerRegistry/registries/…",
    ),
    (
        {"registry_id": f"{REGISTRY}/webhooks/hook1"},
        f"registry_id: '{REGISTRY}/webhooks/hook1' is not the resource id of a container registry; it looks like "
        "/subscriptions/…/providers/Microsoft.ContainerRegistry/registries/…",
    ),
    (
        {"registry_id": REGISTRY, "role_assignment_mode": "abac"},
        "role_assignment_mode: must be one of rbac, rbac-abac, not 'abac'",
    ),
    ({"registry_id": REGISTRY, "name": "x"}, "name: is not a setting; allowed: registry_id, role_assignment_mode"),
]


@pytest.mark.parametrize(("args", "message"), REFERENCES)
def test_a_mistake_in_a_reference_is_told(args: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as caught:
        AcrRegistryReferenceArgs.parse(args)
    assert str(caught.value) == f"AcrRegistryReferenceArgs is not valid (1 mistake):\n  {message}"
