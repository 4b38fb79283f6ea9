"""Unit proof: what `AcrRegistryArgs` refuses, in whole messages."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.acr import AcrRegistryArgs
from registry_components.core.errors import StackError

pytestmark = pytest.mark.unit

BASE: dict[str, Any] = {
    "registry_name": "shopimages",
    "resource_group": "registries",
    "location": "westeurope",
    "sku": "Premium",
}

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
        ("  webhooks: has 3 entries; SKU Basic takes 2"),
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
        ("  lifecycle.purge.nightly.steps[0].repositories: 'a:b' holds a colon; what stands after it is tags"),
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
            "/subscriptions/…/providers/Microsoft.Network/virtualNetworks/…"
        ),
    ),
    (
        {"replication": {"n": {"region": "westeurope"}}},
        ("  replication.n.region: 'westeurope' is where the registry itself is; remove it"),
    ),
    (
        {"replication": {"a": {"region": "northeurope"}, "b": {"region": "northeurope"}}},
        ("  replication.b.region: 'northeurope' is that of 'a' too"),
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
        ("  network.allowed_ranges[0]: '2001:db8::/32' is IPv6, which ACR's rules do not take"),
    ),
    (
        {"network": {"private_endpoints": {"e": {"subnet_ids": ["a", "b"]}}}},
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


def test_what_the_rows_change_is_valid() -> None:
    AcrRegistryArgs.parse(BASE)
