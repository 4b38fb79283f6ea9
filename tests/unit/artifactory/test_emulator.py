# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: the emulated `artifactory` provider refuses what JFrog's provider and its service would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from registry_components.rehearsal.emulators.artifactory import emulator
from tests.unit.rehearsal.checking import Aborted, Provider

pytestmark = pytest.mark.unit

LOCAL = "artifactory:index/dockerV2Repository:DockerV2Repository"
REMOTE = "artifactory:index/remoteDockerRepository:RemoteDockerRepository"
VIRTUAL = "artifactory:index/virtualDockerRepository:VirtualDockerRepository"
FEDERATED = "artifactory:index/federatedDockerV2Repository:FederatedDockerV2Repository"
GROUP = "artifactory:index/group:Group"
PERMISSION = "artifactory:index/permissionTarget:PermissionTarget"
TOKEN = "artifactory:index/scopedToken:ScopedToken"
CLEANUP = "artifactory:index/packageCleanupPolicy:PackageCleanupPolicy"
COPY = "artifactory:index/localRepositorySingleReplication:LocalRepositorySingleReplication"
SEVERAL = "artifactory:index/localRepositoryMultiReplication:LocalRepositoryMultiReplication"
KEYPAIR = "artifactory:index/keypair:Keypair"
WEBHOOK = "artifactory:index/dockerWebhook:DockerWebhook"
HUB = "https://registry-1.docker.io/"
CRITERIA: dict[str, Any] = {
    "packageTypes": ["docker"],
    "repos": ["docker-local"],
    "includedPackages": ["**"],
    "includedProjects": [],
    "includeAllProjects": True,
}
HOOK: dict[str, Any] = {"key": "builds", "handlers": [{"url": "https://x"}], "eventTypes": ["pushed"]}
WHERE: dict[str, Any] = {"anyLocal": True, "anyRemote": False, "anyFederated": False, "repoKeys": []}


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    return Provider(emulator(), tmp_path, url="https://artifactory.example.com", accessToken="token")


@pytest.mark.parametrize(
    ("token", "inputs", "told"),
    [
        (LOCAL, {"key": "a", "maxTags": 3}, "maxTags: 'maxTags' is not a property here; did you mean 'maxUniqueTags'?"),
        (LOCAL, {}, "key: the required property 'key' is missing"),
        (LOCAL, {"key": "a", "maxUniqueTags": "3"}, "maxUniqueTags: must be a whole number, not a string"),
        (
            LOCAL,
            {"key": "a", "apiVersion": "V1"},
            "apiVersion: 'apiVersion' is an output of this resource; it cannot be given",
        ),
        (LOCAL, {"key": "k" * 65}, "key: must be 1 - 64 alphanumeric and hyphen characters, got: 65"),
        (LOCAL, {"key": "a b"}, "key: cannot contain spaces or special characters, got: a b"),
        (
            LOCAL,
            {"key": "a", "projectKey": "shop"},
            "key: repository key must be prefixed with project key, shop-, got: a",
        ),
        (REMOTE, {"key": "a", "url": "docker.io"}, "url: value must be a valid URL with http or https, got: docker.io"),
        (
            REMOTE,
            {"key": "a", "url": HUB, "proxy": "p", "disableProxy": True},
            "proxy: if 'disable_proxy' is set to 'true', 'proxy' can't be set",
        ),
        (
            FEDERATED,
            {"key": "a", "members": [{"url": "https://x/artifactory/b", "enabled": True}]},
            "members: must contain this repository's own URL",
        ),
        (
            GROUP,
            {"name": "a", "autoJoin": True, "adminPrivileges": True},
            "autoJoin: can not be set to true if admin_privileges is also true",
        ),
        (
            TOKEN,
            {"scopes": ["read"]},
            "scopes: must be '<resource-type>:<target>[/<sub-resource>]:<actions>', got: read",
        ),
        (TOKEN, {"audiences": ["all"]}, "audiences: must either begin with a service's type, or *, got: all"),
        (
            CLEANUP,
            {"key": "ab", "searchCriteria": {**CRITERIA, "createdBeforeInDays": 1}},
            "key: only letters, numbers, underscore and hyphen, at least 3 of them, got: ab",
        ),
        (
            CLEANUP,
            {"key": "old", "searchCriteria": CRITERIA},
            "searchCriteria: A policy must use exactly one of: time-based conditions, keep_last_n_versions, included_properties.",
        ),
        (
            CLEANUP,
            {"key": "old", "searchCriteria": {**CRITERIA, "createdBeforeInDays": 1, "includeAllProjects": False}},
            "searchCriteria.includedProjects: can be empty only when include_all_projects is true",
        ),
        (
            CLEANUP,
            {"key": "old", "searchCriteria": {**CRITERIA, "createdBeforeInDays": 1, "lastDownloadedBeforeInMonths": 1}},
            "searchCriteria: Cannot use both days-based and months-based conditions together.",
        ),
        (
            CLEANUP,
            {"key": "old", "searchCriteria": {**CRITERIA, "keepLastNVersions": 1, "includedPackages": ["a", "b"]}},
            "searchCriteria.includedPackages: takes one pattern or explicit name",
        ),
        (
            SEVERAL,
            {"repoKey": "a", "cronExp": "0 0 2 * * ?", "replications": []},
            "replications: Too few items: at least 1 is required",
        ),
        (
            KEYPAIR,
            {"pairName": "a", "pairType": "RSA", "alias": "a", "privateKey": "x", "publicKey": "PGP PUBLIC KEY BLOCK"},
            "privateKey: unable to decode private key pem format",
        ),
        (
            KEYPAIR,
            {
                "pairName": "a",
                "pairType": "DSA",
                "alias": "a",
                "privateKey": "PGP PRIVATE KEY BLOCK",
                "publicKey": "PGP PUBLIC KEY BLOCK",
            },
            "pairType: expected pair_type to be one of [RSA GPG], got DSA",
        ),
        (
            WEBHOOK,
            {**HOOK, "criteria": WHERE, "eventTypes": ["deployed"]},
            "eventTypes: event_type deployed not supported, only pushed, deleted, promoted",
        ),
        (
            WEBHOOK,
            {**HOOK, "criteria": WHERE, "key": "h"},
            "key: must be between 2 and 200 characters without spaces, got: h",
        ),
        (
            WEBHOOK,
            {**HOOK, "criteria": {**WHERE, "anyLocal": False}},
            "criteria.repoKeys: repo_keys cannot be empty when any_local, any_remote, and any_federated are false",
        ),
        (
            PERMISSION,
            {
                "name": "a",
                "repo": {"repositories": ["ANY"], "actions": {"users": [{"name": "b", "permissions": ["pull"]}]}},
            },
            "repo.actions.users[0].permissions: value must be one of: read, write, annotate, delete, manage, managedXrayMeta, distribute, got: pull",
        ),
    ],
)
def test_what_the_provider_refuses(provider: Provider, token: str, inputs: dict[str, Any], told: str) -> None:
    _, failures = provider.check(token, inputs)
    assert failures == [told]


@pytest.mark.parametrize(
    ("token", "inputs", "told"),
    [
        (VIRTUAL, {"key": "v", "repositories": ["gone"]}, "'gone' does not exist"),
        (VIRTUAL, {"key": "v", "repositories": ["charts"]}, "'charts' is not of type docker"),
        (
            VIRTUAL,
            {"key": "v", "repositories": ["hub"], "defaultDeploymentRepo": "hub"},
            "'hub' is not a local repository",
        ),
        (LOCAL, {"key": "hub"}, "repositories 'hub' already exists"),
        (
            COPY,
            {"repoKey": "hub", "cronExp": "0 0 2 * * ?", "url": "https://x", "username": "r"},
            "rclass is not local",
        ),
        (PERMISSION, {"name": "p", "repo": {"repositories": ["gone"]}}, "'gone' does not exist"),
        (
            PERMISSION,
            {
                "name": "p",
                "repo": {"repositories": ["ANY"], "actions": {"groups": [{"name": "devs", "permissions": ["read"]}]}},
            },
            "group 'devs' does not exist",
        ),
        (WEBHOOK, {**HOOK, "criteria": {**WHERE, "repoKeys": ["gone"]}}, "'gone' does not exist"),
    ],
)
def test_what_the_platform_refuses(provider: Provider, token: str, inputs: dict[str, Any], told: str) -> None:
    platform = {
        "repositories": {
            "hub": {"type": "remote_docker_repository", "rclass": "remote", "packageType": "docker"},
            "charts": {"type": "local_helmoci_repository", "rclass": "local", "packageType": "helmoci"},
        }
    }
    (provider.folder / "artifactory.json").write_text(json.dumps({"https://artifactory.example.com": platform}))
    checked, failures = provider.check(token, inputs)
    assert failures == []
    with pytest.raises(Aborted, match=told):
        provider.create(token, checked)


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ({"url": "artifactory.example.com", "accessToken": "x"}, "Missing URL Configuration"),
        ({"url": "https://artifactory.example.com"}, "Missing JFrog Access Token"),
    ],
)
def test_where_the_provider_does_not_start(tmp_path: Path, configuration: dict[str, str], told: str) -> None:
    with pytest.raises(Aborted, match=told):
        Provider(emulator(), tmp_path, **configuration)
