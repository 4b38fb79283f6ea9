"""Unit proof: each known combination that does not work is refused before anything runs, and its neighbour is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry_components import StackError
from registry_components.acr import AcrRegistryArgs
from registry_components.artifact_registry import GarRepositoryArgs
from registry_components.artifactory import ArtifactoryConfigurationArgs, ArtifactoryRegistryArgs
from registry_components.core.args import Args
from registry_components.distribution import DistributionRegistryArgs
from registry_components.docker_hub import DockerHubRegistryArgs
from registry_components.ecr import (
    EcrLifecyclePolicy,
    EcrPullThroughCacheArgs,
    EcrRegistryArgs,
    EcrRegistrySettingsArgs,
)
from registry_components.ecr.lifecycle import text
from registry_components.harbor import HarborConfigurationArgs, HarborHostArgs, HarborRegistryArgs
from registry_components.kubernetes import PullSecretsArgs
from registry_components.nexus import NexusConfigurationArgs, NexusRegistryArgs
from registry_components.storage import S3BucketArgs
from tests.unit.artifactory.material import BASE as ARTIFACTORY
from tests.unit.artifactory.material import GOOD as IN_ARTIFACTORY
from tests.unit.distribution.cluster import COLLECTION
from tests.unit.distribution.cluster import ON_A_VOLUME as IN_CLUSTER
from tests.unit.harbor.everything import BASE, HA
from tests.unit.harbor_host.everything import BASE as HOST
from tests.unit.nexus.material import GOOD as IN_NEXUS
from tests.unit.nexus.registry_material import GOOD as NEXUS

pytestmark = pytest.mark.unit

BY_COUNT: dict[str, Any] = {
    "local": {"docker-local": {}},
    "cleanup_policies": {"old": {"repositories": ["docker-local"], "policy": {"keep_last_versions": 20}}},
}
CLEANED: dict[str, Any] = {
    "cleanup_policies": {"old": {"last_updated_days": 30}},
    "repositories": {"shop": {"kind": "hosted", "cleanup": ["old"]}},
}
TOKENS: dict[str, Any] = {"repositories": {"shop": {"kind": "hosted", "force_basic_auth": False}}}
CACHE = {"prefix": "hub", "nodes": "elsewhere"}
HUB = {"upstream": "docker.io", "credentials": {"username": "u", "password": "p"}}
RULE = {"tag_status": "untagged", "after_days": 7}
ARCHIVE = {"tag_status": "any", "action": "transition", "unpulled_days": 90}
GAR = {"repository_id": "apps", "location": "europe-west1"}
DELETE = {"action": "delete", "tag_state": "untagged", "older_than_days": 7}
ACR: dict[str, Any] = {"registry_name": "shopapps", "resource_group": "shop", "location": "westeurope"}
PREMIUM: dict[str, Any] = {**ACR, "sku": "Premium"}
PURGE = {"repositories": "shop/.*", "older_than_days": 7}
DOCKER_HUB: dict[str, Any] = {
    "namespace": "acme",
    "login": {"username": "u", "token": "t"},
    "repositories": {"api": {}},
}
PRINCIPAL = "00000000-0000-0000-0000-00000000c105"
VAULT = "https://shop.vault.azure.net/secrets"
REPLICA = {"north": {"region": "northeurope"}}
CREDENTIAL_SETS = {
    "docker-hub": {"login_server": "docker.io", "username_secret": f"{VAULT}/user", "password_secret": f"{VAULT}/token"}
}
LIBRARY = {"upstream": "docker.io", "upstream_prefix": "library"}
SUBNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n"
HARBOR: dict[str, Any] = {
    "url": "https://harbor.example.com",
    "password": "p",
    "garbage_collection": {"kind": "scheduled"},
}
RETENTION = {"rules": [{"most_recently_pushed": 20}]}
KEY = "https://shop.vault.azure.net/keys/registry"
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/registry"


REGC = {"image": "registry.example.com/ops/regc:1.4.0"}
PULLED = {"endpoint": {"server": "123456789012.dkr.ecr.eu-central-1.amazonaws.com"}}
REFRESHER = {"kind": "refresher", "namespace": "ops", "image": "registry.example.com/regc:1"}
POD = {"namespace": "harbor", "service_account": "harbor"}
OIDC = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF"
NODE = {"kind": "role", "role": "arn:aws:iam::123456789012:role/node"}
BUCKET = {"bucket": "team-images", "registry": "harbor"}
S3 = {"kind": "s3", "bucket": "team-images", "region": "eu-central-1"}
KEY_IN_CLUSTER = {"kind": "kubernetes_secret", "name": "harbor-bucket"}
ROLE = "arn:aws:iam::123456789012:role/harbor"


PRUNED: dict[str, Any] = {
    "delete": True,
    "lifecycle": {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}},
    "lifecycle_executor": {"kind": "cron_job", "schedule": "0 2 * * 0", "assume_created": True, **REGC},
}


def purge(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"purge": {"nightly": {"steps": list(steps)}}}


PREMIUM_ONLY: dict[str, dict[str, Any]] = {
    "lifecycle.untagged_after_days": {"lifecycle": {"untagged_after_days": 7}},
    "encryption": {"encryption": {"key_id": KEY, "identity_id": IDENTITY, "identity_client_id": PRINCIPAL}},
    "replication": {"replication": REPLICA},
    "network.private_endpoints": {
        "network": {"private_endpoints": {"shop": {"subnet_ids": [SUBNET]}}, "public": False}
    },
    "connected_registries": {
        "connected_registries": {"edgesite": {"repositories": ["shop/api"]}},
        "data_endpoints": True,
    },
}


# rule, where the refusal says it is, what cannot work, and the nearest that can
RULES: list[tuple[int, type[Args], str, dict[str, Any], dict[str, Any]]] = [
    (
        1,
        PullSecretsArgs,
        "endpoint",
        {
            "endpoint": {**PULLED["endpoint"], "credentials": {"username": "AWS", "password": "a-token"}},
            "namespaces": ["shop"],
        },
        {**PULLED, "namespaces": ["shop"], "pull_access": REFRESHER},
    ),
    (
        2,
        EcrPullThroughCacheArgs,
        "caching.credentials",
        {**CACHE, "caching": {"upstream": "docker.io"}},
        {**CACHE, "caching": HUB},
    ),
    (
        2,
        EcrPullThroughCacheArgs,
        "secret_name",
        {**CACHE, "caching": HUB, "secret_name": "hub"},
        {**CACHE, "caching": HUB, "secret_name": "ecr-pullthroughcache/hub"},
    ),
    (
        3,
        EcrPullThroughCacheArgs,
        "settings",
        {**CACHE, "caching": HUB, "settings": None},
        {**CACHE, "caching": HUB, "settings": "elsewhere"},
    ),
    (
        4,
        EcrPullThroughCacheArgs,
        "nodes",
        {**CACHE, "caching": HUB, "nodes": {}},
        {**CACHE, "caching": HUB, "nodes": {"shop": "node-role"}},
    ),
    (
        6,
        EcrRegistrySettingsArgs,
        "signing.repositories[0]",
        {
            "signing": {
                "profile_arn": "arn:aws:signer:eu-central-1:123456789012:/signing-profiles/shop",
                "repositories": ["*"],
                "cached_prefixes": ["hub"],
            }
        },
        {
            "signing": {
                "profile_arn": "arn:aws:signer:eu-central-1:123456789012:/signing-profiles/shop",
                "repositories": ["shop/*"],
                "cached_prefixes": ["hub"],
            }
        },
    ),
    (
        7,
        EcrLifecyclePolicy,
        "rules[1].archived_days",
        {"rules": [ARCHIVE, {"tag_status": "any", "archived_days": 89}]},
        {"rules": [ARCHIVE, {"tag_status": "any", "archived_days": 90}]},
    ),
    (
        8,
        EcrRegistryArgs,
        "replication",
        {"repositories": {"api": {}}, "replication": {"dr": {"region": "eu-west-1"}}},
        {"repositories": {"api": {}}},
    ),
    (
        10,
        GarRepositoryArgs,
        "lifecycle.policies.old.tag_state",
        {**GAR, "lifecycle": {"policies": {"old": {**DELETE, "tag_state": "tagged"}}}},
        {**GAR, "lifecycle": {"policies": {"old": DELETE}}},
    ),
    (
        11,
        GarRepositoryArgs,
        "lifecycle.policies",
        {**GAR, "lifecycle": {"policies": {"recent": {"action": "keep", "keep_count": 5}}}},
        {**GAR, "lifecycle": {"policies": {"recent": {"action": "keep", "keep_count": 5}, "old": DELETE}}},
    ),
    (
        12,
        GarRepositoryArgs,
        "lifecycle.policies.recent.keep_count",
        {
            **GAR,
            "lifecycle": {
                "policies": {"recent": {"action": "keep", "keep_count": 5, "newer_than_days": 3}, "old": DELETE}
            },
        },
        {
            **GAR,
            "lifecycle": {
                "policies": {
                    "recent": {"action": "keep", "keep_count": 5},
                    "young": {"action": "keep", "newer_than_days": 3},
                    "old": DELETE,
                }
            },
        },
    ),
    (
        13,
        AcrRegistryArgs,
        "lifecycle.soft_delete_days",
        {**PREMIUM, "lifecycle": {"soft_delete_days": 7}, "replication": REPLICA},
        {**PREMIUM, "lifecycle": {"soft_delete_days": 7}},
    ),
    (
        13,
        AcrRegistryArgs,
        "lifecycle.soft_delete_days",
        {**PREMIUM, "lifecycle": {"soft_delete_days": 7, "untagged_after_days": 7}},
        {**PREMIUM, "lifecycle": {"untagged_after_days": 7}},
    ),
    (
        14,
        AcrRegistryArgs,
        "caching.library.credential_set",
        {**ACR, "caching": {"library": LIBRARY}},
        {
            **ACR,
            "credential_sets": CREDENTIAL_SETS,
            "caching": {
                "library": {"upstream": "docker.io", "upstream_prefix": "library", "credential_set": "docker-hub"}
            },
        },
    ),
    *(
        (15, AcrRegistryArgs, path, {**ACR, "sku": "Standard", **settings}, {**PREMIUM, **settings})
        for path, settings in PREMIUM_ONLY.items()
    ),
    (
        16,
        AcrRegistryArgs,
        "roles.cluster.role",
        {**ACR, "role_assignment_mode": "rbac-abac", "roles": {"cluster": {"role": "AcrPull", "principal": PRINCIPAL}}},
        {**ACR, "roles": {"cluster": {"role": "AcrPull", "principal": PRINCIPAL}}},
    ),
    (
        32,
        AcrRegistryArgs,
        "lifecycle.purge.nightly.steps[0].untagged",
        {**PREMIUM, "lifecycle": {"untagged_after_days": 7, **purge({**PURGE, "untagged": True})}},
        {**PREMIUM, "lifecycle": {"untagged_after_days": 7, **purge(PURGE)}},
    ),
    (
        33,
        AcrRegistryArgs,
        "lifecycle.purge.nightly.steps[0].keep",
        {**ACR, "lifecycle": purge({**PURGE, "keep": 10})},
        {**ACR, "lifecycle": purge(PURGE, {"repositories": "shop/.*", "keep": 10})},
    ),
    (
        35,
        DockerHubRegistryArgs,
        "lifecycle",
        {**DOCKER_HUB, "lifecycle": {"untagged": 7}},
        DOCKER_HUB,
    ),
    *(
        (
            18,
            HarborRegistryArgs,
            "storage.credentials",
            {**HA, "storage": {**S3, "credentials": credentials}},
            {**HA, "storage": {**S3, "credentials": KEY_IN_CLUSTER}},
        )
        for credentials in ({"kind": "irsa", "role_arn": ROLE}, {"kind": "pod_identity"}, {"kind": "instance"})
    ),
    *(
        (
            18,
            HarborHostArgs,
            "storage.credentials",
            {**HOST, "storage": {**S3, "credentials": credentials}},
            {**HOST, "storage": {**S3, "credentials": {"kind": "keys", "access_key": "AKIA", "secret_key": "k" * 20}}},
        )
        for credentials in ({"kind": "irsa", "role_arn": ROLE}, {"kind": "pod_identity"}, {"kind": "instance"})
    ),
    (
        24,
        HarborHostArgs,
        "admin_password",
        {**HOST, "admin_password": "Harbor12345"},
        {**HOST, "admin_password": "Correct-horse-12345"},
    ),
    *(
        (
            18,
            S3BucketArgs,
            "identity",
            {**BUCKET, "identity": identity},
            # The same identity is right for another registry, and keys for Harbor's.
            {**BUCKET, **other},
        )
        for identity, other in (
            (
                {"kind": "irsa", "oidc_provider_arn": OIDC, **POD},
                {"registry": "distribution", "identity": {"kind": "irsa", "oidc_provider_arn": OIDC, **POD}},
            ),
            (
                {"kind": "pod_identity", "cluster": "shop", **POD},
                {"registry": "distribution", "identity": {"kind": "pod_identity", "cluster": "shop", **POD}},
            ),
            (NODE, {"identity": {"kind": "keys"}}),
        )
    ),
    (
        24,
        HarborRegistryArgs,
        "admin_password",
        {**BASE, "admin_password": "Harbor12345"},
        {**BASE, "admin_password": "Correct-horse-12345"},
    ),
    (
        25,
        HarborRegistryArgs,
        "update_strategy",
        {**BASE, "update_strategy": "rolling_update"},
        {**HA, "update_strategy": "rolling_update"},
    ),
    (
        25,
        HarborRegistryArgs,
        "registry.replicas",
        {**BASE, "registry": {"replicas": 2}},
        {
            **BASE,
            "registry": {"replicas": 2},
            "volumes": {"kind": "claims", "registry": {"access_mode": "ReadWriteMany"}},
        },
    ),
    (
        22,
        HarborConfigurationArgs,
        "projects.shop.immutable_tags.all",
        {**HARBOR, "projects": {"shop": {"lifecycle": RETENTION, "immutable_tags": {"all": {}}}}},
        {**HARBOR, "projects": {"shop": {"lifecycle": RETENTION, "immutable_tags": {"all": {"tags": "v*"}}}}},
    ),
    (
        23,
        HarborConfigurationArgs,
        "garbage_collection",
        {**HARBOR, "garbage_collection": None, "projects": {"shop": {"lifecycle": RETENTION}}},
        {**HARBOR, "projects": {"shop": {"lifecycle": RETENTION}}},
    ),
    (
        23,
        DistributionRegistryArgs,
        "runtime.garbage_collection",
        {**IN_CLUSTER, **PRUNED},
        {**IN_CLUSTER, **PRUNED, "runtime": {**IN_CLUSTER["runtime"], "garbage_collection": COLLECTION}},
    ),
    (
        25,
        DistributionRegistryArgs,
        "runtime.replicas",
        {**IN_CLUSTER, "runtime": {**IN_CLUSTER["runtime"], "replicas": 2}},
        {
            **IN_CLUSTER,
            "runtime": {
                **IN_CLUSTER["runtime"],
                "replicas": 2,
                "claim": {"kind": "new", "size": "10Gi", "access_mode": "ReadWriteMany"},
            },
        },
    ),
    (
        24,
        ArtifactoryRegistryArgs,
        "admin_password",
        {**ARTIFACTORY, "admin_password": "password"},
        {**ARTIFACTORY, "admin_password": "Correct-horse-12345"},
    ),
    (
        23,
        NexusConfigurationArgs,
        "tasks",
        {**IN_NEXUS, **CLEANED},
        {**IN_NEXUS, **CLEANED, "tasks": {"kind": "scheduled"}},
    ),
    (
        26,
        NexusRegistryArgs,
        "expected_usage.components",
        {**NEXUS, "expected_usage": {"components": 40_001}},
        {**NEXUS, "expected_usage": {"components": 40_000}},
    ),
    (
        26,
        NexusConfigurationArgs,
        "expected_usage.requests_per_day",
        {**IN_NEXUS, "edition": "community", "expected_usage": {"requests_per_day": 100_001}},
        {**IN_NEXUS, "expected_usage": {"requests_per_day": 100_001}},
    ),
    (
        27,
        NexusConfigurationArgs,
        "realms",
        {**IN_NEXUS, **TOKENS, "realms": ["NexusAuthenticatingRealm"]},
        {**IN_NEXUS, **TOKENS, "realms": ["NexusAuthenticatingRealm", "DockerToken"]},
    ),
    (
        28,
        ArtifactoryConfigurationArgs,
        "cleanup_policies.old.policy",
        {**IN_ARTIFACTORY, **BY_COUNT, "version": "7.111.2"},
        {**IN_ARTIFACTORY, **BY_COUNT, "version": "7.115.1"},
    ),
]


@pytest.mark.parametrize(
    ("rule", "model", "path", "cannot", "can"), RULES, ids=[f"{rule}-{path}" for rule, _, path, _, _ in RULES]
)
def test_what_does_not_work_is_refused_and_its_neighbour_is_not(
    rule: int, model: type[Args], path: str, cannot: dict[str, Any], can: dict[str, Any]
) -> None:
    model.parse(can)
    with pytest.raises(StackError) as told:
        model.parse(cannot)
    first, *mistakes = str(told.value).splitlines()
    assert path in [line.split(": ", 1)[0].strip() for line in mistakes], f"rule {rule}: {first}\n{mistakes}"


def test_rule_9_no_member_of_a_lifecycle_policy_is_null() -> None:
    def members(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [member for item in value.values() for member in members(item)]
        return [member for item in value for member in members(item)] if isinstance(value, list) else [value]

    policy = EcrLifecyclePolicy.parse({"rules": [RULE, ARCHIVE]})
    assert any(value is None for rule in policy.rules for value in rule.model_dump().values())
    assert None not in members(json.loads(text(policy)))


def test_rule_17_content_trust_is_warned_of_with_its_end() -> None:
    assert AcrRegistryArgs.parse(PREMIUM).warnings() == []
    (warning,) = AcrRegistryArgs.parse({**PREMIUM, "content_trust": True}).warnings()
    assert warning.startswith("content_trust: Azure removes Docker Content Trust on 2028-03-31")
