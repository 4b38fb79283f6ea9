"""Unit proof: what the emulated Google Cloud and Azure make, read, replace, hold against each other and delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from registry_components.rehearsal.emulators import load
from registry_components.rehearsal.emulators.azure_cloud import AzureCloud
from registry_components.rehearsal.emulators.gcp_cloud import cloud_of
from registry_components.rehearsal.folder import Folder, read_checks
from registry_components.testing._wire import Secret, decode_mapping, encode_mapping

from .checking import Aborted, Provider, urn

pytestmark = pytest.mark.unit

REPOSITORY = "gcp:artifactregistry/repository:Repository"
MEMBER = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
SECRET = "gcp:secretmanager/secret:Secret"
VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
SECRET_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
IDENTITY = "gcp:projects/serviceIdentity:ServiceIdentity"
GROUP = "azure-native:resources:ResourceGroup"
REGISTRY = "azure-native:containerregistry:Registry"
REPLICATION = "azure-native:containerregistry:Replication"
CACHE = "azure-native:containerregistry:CacheRule"
TOKEN = "azure-native:containerregistry:Token"
WEBHOOK = "azure-native:containerregistry:Webhook"
LOCK = "azure-native:authorization:ManagementLockByScope"
IMAGES = {"repositoryId": "images", "location": "europe", "format": "DOCKER"}
SHOP = {"resourceGroupName": "shop", "registryName": "shopimages", "location": "westeurope", "sku": {"name": "Premium"}}
IN_SHOP = {"resourceGroupName": "shop", "registryName": "shopimages"}


@pytest.fixture
def gcp(tmp_path: Path) -> Provider:
    return Provider(load("gcp"), tmp_path, project="shop-dev")


@pytest.fixture
def azure(tmp_path: Path) -> Provider:
    found = Provider(load("azure-native"), tmp_path)
    make(found, GROUP, {"resourceGroupName": "shop", "location": "westeurope"})
    return found


def make(provider: Provider, token: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Check and create; return id, checked inputs and outputs."""
    checked, failures = provider.check(token, inputs)
    assert failures == []
    id_, outputs = provider.create(token, checked)
    return id_, checked, outputs


def read(provider: Provider, token: str, id_: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    request = provider_pb2.ReadRequest(
        id=id_, urn=urn(token), inputs=encode_mapping(inputs), properties=encode_mapping(outputs)
    )
    return decode_mapping(provider.servicer.Read(request, provider.context).properties)


def delete(provider: Provider, token: str, id_: str, outputs: dict[str, Any]) -> None:
    request = provider_pb2.DeleteRequest(id=id_, urn=urn(token), properties=encode_mapping(outputs))
    provider.servicer.Delete(request, provider.context)


def replaced(provider: Provider, token: str, made: tuple[str, dict[str, Any], dict[str, Any]], **changes: Any) -> bool:
    """Return whether a change replaces; there has to be a difference."""
    _, inputs, outputs = made
    checked, failures = provider.check(token, {**inputs, **changes}, olds=inputs)
    assert failures == []
    found = provider.diff(token, inputs, outputs, checked)
    assert found.diffs, "no difference"
    return bool(found.replaces)


def settled(provider: Provider, token: str, made: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    """Assert that what is read is no difference to what was asked for."""
    id_, inputs, outputs = made
    assert not provider.diff(token, inputs, read(provider, token, id_, inputs, outputs), inputs).diffs


def test_a_repository_is_read_as_it_was_asked_for_and_gone_after_delete(gcp: Provider) -> None:
    policy = {"id": "old", "action": "DELETE", "condition": {"olderThan": "30d"}}
    made = make(gcp, REPOSITORY, {**IMAGES, "labels": {"team": "shop"}, "cleanupPolicies": [policy]})
    settled(gcp, REPOSITORY, made)
    assert made[0] == "projects/shop-dev/locations/europe/repositories/images"
    delete(gcp, REPOSITORY, made[0], made[2])
    assert read(gcp, REPOSITORY, made[0], made[1], made[2]) == {}


@pytest.mark.parametrize(
    ("changes", "replaces"),
    [
        ({"description": "new"}, False),
        ({"labels": {"team": "other"}}, False),
        ({"cleanupPolicyDryRun": True}, False),
        ({"dockerConfig": {"immutableTags": True}}, False),
        ({"repositoryId": "others"}, True),
        ({"location": "us"}, True),
        ({"format": "NPM"}, True),
        ({"project": "shop-prod"}, True),
    ],
)
def test_what_replaces_a_repository(gcp: Provider, changes: dict[str, Any], replaces: bool) -> None:
    assert replaced(gcp, REPOSITORY, make(gcp, REPOSITORY, IMAGES), **changes) is replaces


def test_drift_of_a_repository_is_read(gcp: Provider, tmp_path: Path) -> None:
    id_, inputs, outputs = make(gcp, REPOSITORY, {**IMAGES, "description": "ours"})
    with cloud_of(tmp_path).change() as resources:
        found = resources.get("repository", id_) or {}
        resources.put("repository", id_, {**found, "description": "somebody else's"})
    assert read(gcp, REPOSITORY, id_, inputs, outputs)["description"] == "somebody else's"


def test_google_refuses_at_create_what_is_there_or_refers_to_nothing(gcp: Provider) -> None:
    make(gcp, REPOSITORY, IMAGES)
    with pytest.raises(Aborted, match="Error 409: the repository already exists"):
        gcp.create(REPOSITORY, IMAGES)
    with pytest.raises(Aborted, match="Error 404: not found"):
        gcp.create(MEMBER, {"repository": "nowhere", "location": "europe", "role": "roles/x", "member": "allUsers"})
    with pytest.raises(Aborted, match="secrets/nowhere] not found"):
        gcp.create(VERSION, {"secret": "projects/shop-dev/secrets/nowhere", "secretData": "x"})


def test_a_remote_needs_the_service_agent_to_read_its_password(gcp: Provider) -> None:
    make(gcp, SECRET, {"secretId": "hub", "replication": {"auto": {}}})
    _, _, version = make(gcp, VERSION, {"secret": "projects/shop-dev/secrets/hub", "secretData": "x"})
    login = {"username": "acme", "passwordSecretVersion": "projects/shop-dev/secrets/hub/versions/1"}
    remote = {
        "repositoryId": "hub",
        "location": "europe",
        "format": "DOCKER",
        "mode": "REMOTE_REPOSITORY",
        "remoteRepositoryConfig": {
            "dockerRepository": {"publicRepository": "DOCKER_HUB"},
            "upstreamCredentials": {"usernamePasswordCredentials": login},
        },
    }
    with pytest.raises(Aborted, match=r"needs roles/secretmanager.secretAccessor"):
        gcp.create(REPOSITORY, remote)
    _, _, agent = make(gcp, IDENTITY, {"service": "artifactregistry.googleapis.com"})
    role = {"secretId": "hub", "role": "roles/secretmanager.secretAccessor", "member": agent["member"]}
    make(gcp, SECRET_MEMBER, role)
    settled(gcp, REPOSITORY, make(gcp, REPOSITORY, remote))
    assert version["version"] == "1"


def test_a_secret_value_stays_secret_and_out_of_the_cloud(gcp: Provider, tmp_path: Path) -> None:
    make(gcp, SECRET, {"secretId": "hub", "replication": {"auto": {}}})
    value = "correct-horse-battery-staple"
    made = make(gcp, VERSION, {"secret": "projects/shop-dev/secrets/hub", "secretData": Secret(value)})
    assert made[2]["secretData"] == Secret(value)
    assert value.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (REPOSITORY, {**IMAGES, "deletionPolicy": "PREVENT"}),
        (SECRET, {"secretId": "hub", "replication": {"auto": {}}, "deletionProtection": True}),
    ],
)
def test_what_is_protected_by_the_provider_is_not_deleted(gcp: Provider, token: str, inputs: dict[str, Any]) -> None:
    id_, _, outputs = make(gcp, token, inputs)
    with pytest.raises(Aborted, match="cannot destroy"):
        delete(gcp, token, id_, outputs)


def test_a_member_is_read_while_the_policy_has_it(gcp: Provider, tmp_path: Path) -> None:
    id_, _, _ = make(gcp, REPOSITORY, IMAGES)
    reader = {"repository": "images", "location": "europe", "role": "roles/artifactregistry.reader"}
    made = make(gcp, MEMBER, {**reader, "member": "group:a@example.com"})
    settled(gcp, MEMBER, made)
    assert replaced(gcp, MEMBER, made, member="group:b@example.com")
    with cloud_of(tmp_path).change() as resources:
        resources.set_policy("repository", id_, [])
    assert read(gcp, MEMBER, made[0], made[1], made[2]) == {}


def test_a_registry_is_read_as_it_was_asked_for_and_gone_with_all_in_it(azure: Provider) -> None:
    made = make(azure, REGISTRY, SHOP)
    copy = make(azure, REPLICATION, {**IN_SHOP, "replicationName": "northeurope", "location": "northeurope"})
    for token, one in ((REGISTRY, made), (REPLICATION, copy)):
        settled(azure, token, one)
    delete(azure, REGISTRY, made[0], made[2])
    assert read(azure, REPLICATION, copy[0], copy[1], copy[2]) == {}


@pytest.mark.parametrize(
    ("changes", "replaces"),
    [
        ({"sku": {"name": "Standard"}}, False),
        ({"tags": {"team": "shop"}}, False),
        ({"adminUserEnabled": True}, False),
        ({"registryName": "othershop"}, True),
        ({"location": "northeurope"}, True),
        ({"zoneRedundancy": "Enabled"}, True),
    ],
)
def test_what_replaces_a_registry(azure: Provider, changes: dict[str, Any], replaces: bool) -> None:
    assert replaced(azure, REGISTRY, make(azure, REGISTRY, SHOP), **changes) is replaces


def test_azure_compares_without_case_and_blanks(azure: Provider) -> None:
    _, inputs, outputs = make(azure, REGISTRY, SHOP)
    assert not azure.diff(REGISTRY, inputs, outputs, {**inputs, "location": "West Europe"}).diffs


@pytest.mark.parametrize(
    ("token", "inputs", "message"),
    [
        (REGISTRY, SHOP, "already existing resource"),
        (REGISTRY, {**SHOP, "resourceGroupName": "other"}, "AlreadyInUse: the registry DNS name shopimages.azurecr.io"),
        (REPLICATION, {**IN_SHOP, "replicationName": "westeurope", "location": "westeurope"}, "ReplicationExists"),
        (
            REPLICATION,
            {**IN_SHOP, "registryName": "nowhere", "replicationName": "northeurope", "location": "northeurope"},
            "ParentResourceNotFound",
        ),
        (
            CACHE,
            {**IN_SHOP, "cacheRuleName": "library", "sourceRepository": "docker.io/a", "targetRepository": "a"},
            "EnforceDockerAuthentication",
        ),
        (TOKEN, {**IN_SHOP, "tokenName": "partner", "scopeMapId": "elsewhere"}, "InvalidScopeMap"),
        (
            WEBHOOK,
            {
                **IN_SHOP,
                "webhookName": "hook1",
                "location": "eastus",
                "serviceUri": "https://x.example.com",
                "actions": ["push"],
            },
            "InvalidLocation",
        ),
    ],
)
def test_azure_refuses_at_create(azure: Provider, token: str, inputs: dict[str, Any], message: str) -> None:
    make(azure, REGISTRY, SHOP)
    with pytest.raises(Aborted, match=message):
        azure.create(token, inputs)


def test_a_lock_holds(azure: Provider) -> None:
    id_, _, outputs = make(azure, REGISTRY, SHOP)
    lock = make(azure, LOCK, {"scope": id_, "lockName": "keep", "level": "CanNotDelete"})
    with pytest.raises(Aborted, match="ScopeLocked"):
        delete(azure, REGISTRY, id_, outputs)
    delete(azure, LOCK, lock[0], lock[2])
    delete(azure, REGISTRY, id_, outputs)


def test_drift_of_a_registry_is_read(azure: Provider, tmp_path: Path) -> None:
    id_, inputs, outputs = make(azure, REGISTRY, SHOP)
    with AzureCloud(Folder(tmp_path), {}).change() as resources:
        resources.put(id_, {**outputs, "adminUserEnabled": True})
    assert read(azure, REGISTRY, id_, inputs, outputs)["adminUserEnabled"] is True


def test_a_group_that_nobody_made_is_taken_to_be_there_and_noted(tmp_path: Path) -> None:
    provider = Provider(load("azure-native"), tmp_path)
    make(provider, REGISTRY, SHOP)
    assumed = [line["what"] for line in read_checks(tmp_path) if line["operation"] == "assume"]
    assert assumed == ["the resource group shop"]
