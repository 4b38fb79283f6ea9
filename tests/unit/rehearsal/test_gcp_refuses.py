"""What the emulated `gcp` provider refuses before anything runs, in whole messages."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.rehearsal.emulators import load

from .checking import Provider

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    return Provider(load("gcp"), tmp_path_factory.mktemp("clouds"), project="shop-dev", region="europe-west1")


def repository(**changes: Any) -> dict[str, Any]:
    """Return a repository's inputs, changed; `...` leaves one out."""
    known = {"repositoryId": "api", "format": "DOCKER", "location": "europe", **changes}
    return {key: value for key, value in known.items() if value is not ...}


ROWS: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "gcp:artifactregistry/repository:Repository",
        repository(repositoryId=...),
        [
            ("repositoryId: the required property 'repositoryId' is missing"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(format=...),
        [
            ("format: the required property 'format' is missing"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(name="x"),
        [
            ("name: 'name' is an output of this resource; it cannot be given"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(repositoryID="x"),
        [
            ("repositoryID: 'repositoryID' is not a property here; did you mean 'repositoryId'?"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(repositoryId="API"),
        [
            ("repositoryId: Error 400: 'API' does not match /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(location="mars"),
        [
            ("location: Error 404: Location mars is not found or access is unauthorized."),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(format="HELM"),
        [
            (
                "format: Error 400: 'HELM' is not a format; it takes DOCKER, MAVEN, NPM, PYTHON, APT, "
                "YUM, GO, KFP, GENERIC, GOOGET, RUBY"
            ),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            format="KFP",
            mode="REMOTE_REPOSITORY",
            remoteRepositoryConfig={"commonRepository": {"uri": "https://x.example.com"}},
        ),
        [
            ("mode: Error 400: REMOTE_REPOSITORY is not supported for format KFP"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(mode="CACHE"),
        [
            ("mode: must be one of STANDARD_REPOSITORY, VIRTUAL_REPOSITORY, REMOTE_REPOSITORY, not 'CACHE'"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(mode="REMOTE_REPOSITORY"),
        [
            ("remoteRepositoryConfig: Error 400: a remote repository needs remoteRepositoryConfig"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(remoteRepositoryConfig={"dockerRepository": {"publicRepository": "DOCKER_HUB"}}),
        [
            ("remoteRepositoryConfig: Error 400: remoteRepositoryConfig cannot be set in mode STANDARD"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(labels={"Team": "x"}),
        [
            (
                "labels: Error 400: label key 'Team' has to begin with a lower-case letter and hold at "
                "most 63 lower-case letters, digits, _ and -"
            ),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(labels={"team": "Big"}),
        [
            ("labels: Error 400: label value 'Big' of 'team' holds at most 63 lower-case letters, digits, _ and -"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(labels="x"),
        [
            ("labels: must be a map, not a string"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(kmsKeyName="k"),
        [
            ("kmsKeyName: Error 400: 'k' is not the name of a key"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(dockerConfig={"immutableTags": "yes"}),
        [
            ("dockerConfig.immutableTags: must be true or false, not a string"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(dockerConfig={"immutable": True}),
        [
            ("dockerConfig.immutable: 'immutable' is not a property here; did you mean 'immutableTags'?"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(format="NPM", dockerConfig={"immutableTags": True}),
        [
            ("dockerConfig: Error 400: dockerConfig cannot be set for a repository of format NPM"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(mavenConfig={"versionPolicy": "RELEASE"}),
        [
            ("mavenConfig: Error 400: mavenConfig cannot be set for a repository of format DOCKER"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(cleanupPolicies=[{"id": "a", "action": "DELETE"}]),
        [
            ("cleanupPolicies[0]: Error 400: a cleanup policy needs condition or mostRecentVersions"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(cleanupPolicies=[{"id": "a", "action": "REMOVE", "condition": {"tagState": "ANY"}}]),
        [
            ("cleanupPolicies[0].action: must be one of DELETE, KEEP, not 'REMOVE'"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(cleanupPolicies=[{"id": "a", "condition": {"tagState": "ANY"}}]),
        [
            ("cleanupPolicies[0].action: Error 400: a cleanup policy needs an action"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(cleanupPolicies=[{"id": "a", "action": "DELETE", "mostRecentVersions": {"keepCount": 1}}]),
        [
            ("cleanupPolicies[0].mostRecentVersions: Error 400: mostRecentVersions is only for the action KEEP"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(cleanupPolicies=[{"id": "a", "action": "KEEP", "mostRecentVersions": {"keepCount": 0}}]),
        [
            ("cleanupPolicies[0].mostRecentVersions.keepCount: Error 400: keepCount has to be at least 1"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            cleanupPolicies=[
                {"id": "a", "action": "KEEP", "condition": {"tagState": "ANY"}, "mostRecentVersions": {"keepCount": 1}}
            ]
        ),
        [
            ("cleanupPolicies[0]: Error 400: condition and mostRecentVersions cannot stand in one cleanup policy"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(cleanupPolicies=[{"id": "a", "action": "DELETE", "condition": {"olderThan": "1w"}}]),
        [
            (
                "cleanupPolicies.a.condition.olderThan: Error 400: Invalid value at "
                "'cleanupPolicies.a.condition.olderThan': \"1w\" is not a duration in seconds, such as "
                "3600s"
            ),
            ("cleanupPolicies[0].condition.olderThan: '1w' is not a duration; write 30d, 12h or 3600s"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            cleanupPolicies=[
                {"id": "a", "action": "DELETE", "condition": {"tagState": "UNTAGGED", "tagPrefixes": ["v"]}}
            ]
        ),
        [
            ("cleanupPolicies[0].condition.tagPrefixes: Error 400: tagPrefixes cannot be used with tagState UNTAGGED"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            cleanupPolicies=[
                {"id": "a", "action": "DELETE", "condition": {"olderThan": "1d"}},
                {"id": "a", "action": "DELETE", "condition": {"olderThan": "1d"}},
            ]
        ),
        [
            ("cleanupPolicies[1].id: Error 400: there are two cleanup policies with the id 'a'"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            cleanupPolicies=[{"id": f"p{n}", "action": "DELETE", "condition": {"olderThan": "1d"}} for n in range(11)]
        ),
        [
            ("cleanupPolicies: Error 400: 11 cleanup policies; a repository takes 10"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(cleanupPolicies={"a": 1}),
        [
            ("cleanupPolicies: must be a list, not an object"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(mode="REMOTE_REPOSITORY", remoteRepositoryConfig={"dockerRepository": {}}),
        [
            (
                "remoteRepositoryConfig.dockerRepository: Error 400: it takes either publicRepository "
                "or customRepository"
            ),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(mode="REMOTE_REPOSITORY", remoteRepositoryConfig={"dockerRepository": {"publicRepository": "QUAY"}}),
        [
            ("remoteRepositoryConfig.dockerRepository.publicRepository: must be one of DOCKER_HUB, not 'QUAY'"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            mode="REMOTE_REPOSITORY",
            remoteRepositoryConfig={
                "dockerRepository": {"publicRepository": "DOCKER_HUB"},
                "npmRepository": {"publicRepository": "NPMJS"},
            },
        ),
        [
            (
                "remoteRepositoryConfig: exactly one of aptRepository, dockerRepository, "
                "mavenRepository, npmRepository, pythonRepository, yumRepository, commonRepository "
                "must be specified, not dockerRepository, npmRepository"
            ),
            ("remoteRepositoryConfig.npmRepository: Error 400: npmRepository is not for a repository of format DOCKER"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(mode="REMOTE_REPOSITORY", remoteRepositoryConfig={"npmRepository": {"publicRepository": "NPMJS"}}),
        [
            ("remoteRepositoryConfig.npmRepository: Error 400: npmRepository is not for a repository of format DOCKER"),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(mode="REMOTE_REPOSITORY", remoteRepositoryConfig={"commonRepository": {"uri": "quay.io"}}),
        [
            (
                "remoteRepositoryConfig.commonRepository.uri: Error 400: 'quay.io' is neither a URI "
                "nor a repository's name"
            ),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            mode="REMOTE_REPOSITORY",
            remoteRepositoryConfig={
                "dockerRepository": {"publicRepository": "DOCKER_HUB"},
                "upstreamCredentials": {"usernamePasswordCredentials": {"username": "a"}},
            },
        ),
        [
            (
                "remoteRepositoryConfig.upstreamCredentials: Error 400: both username and "
                "passwordSecretVersion are needed"
            ),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            mode="REMOTE_REPOSITORY",
            remoteRepositoryConfig={
                "dockerRepository": {"publicRepository": "DOCKER_HUB"},
                "upstreamCredentials": {
                    "usernamePasswordCredentials": {"username": "a", "passwordSecretVersion": "latest"}
                },
            },
        ),
        [
            (
                "remoteRepositoryConfig.upstreamCredentials.usernamePasswordCredentials.passwordSecret"
                "Version: Error 400: it has to be "
                "projects/{project}/secrets/{secret}/versions/{version}"
            ),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            mode="VIRTUAL_REPOSITORY",
            virtualRepositoryConfig={"upstreamPolicies": [{"id": "a", "repository": "api", "priority": 1}]},
        ),
        [
            (
                "virtualRepositoryConfig.upstreamPolicies[0].repository: Error 400: 'api' is not the "
                "name of a repository"
            ),
        ],
    ),
    (
        "gcp:artifactregistry/repository:Repository",
        repository(
            mode="VIRTUAL_REPOSITORY",
            virtualRepositoryConfig={
                "upstreamPolicies": [
                    {"id": "a", "repository": "projects/p/locations/europe/repositories/a", "priority": 0}
                ]
            },
        ),
        [
            ("virtualRepositoryConfig.upstreamPolicies[0].priority: Error 400: a priority has to be at least 1"),
        ],
    ),
    (
        "gcp:artifactregistry/rule:Rule",
        {"repositoryId": "api", "ruleId": "a/b", "action": "DENY", "operation": "DOWNLOAD"},
        [
            ("ruleId: Error 400: 'a/b' is not the id of a rule"),
        ],
    ),
    (
        "gcp:artifactregistry/rule:Rule",
        {"repositoryId": "api", "ruleId": "a", "action": "BLOCK", "operation": "DOWNLOAD"},
        [
            ("action: must be one of ACTION_UNSPECIFIED, ALLOW, DENY, not 'BLOCK'"),
        ],
    ),
    (
        "gcp:artifactregistry/rule:Rule",
        {"repositoryId": "api", "ruleId": "a", "action": "DENY"},
        [
            ("operation: Error 400: a rule needs operation"),
        ],
    ),
    (
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        {"repository": "api", "role": "reader", "member": "group:a@example.com"},
        [
            ("role: Error 400: 'reader' is not a role, such as roles/artifactregistry.reader"),
        ],
    ),
    (
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        {"repository": "api", "role": "roles/artifactregistry.reader", "member": "alice"},
        [
            ("member: Error 400: 'alice' is not a member, such as user:EMAIL or group:EMAIL"),
        ],
    ),
    (
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        {"repository": "api", "role": "roles/artifactregistry.reader"},
        [
            ("member: the required property 'member' is missing"),
        ],
    ),
    (
        "gcp:secretmanager/secret:Secret",
        {"secretId": "a b", "replication": {"auto": {}}},
        [
            ("secretId: Error 400: 'a b' has to be at most 255 letters, digits, hyphens and underscores"),
        ],
    ),
    (
        "gcp:secretmanager/secret:Secret",
        {"secretId": "a"},
        [
            ("replication: the required property 'replication' is missing"),
        ],
    ),
    (
        "gcp:secretmanager/secret:Secret",
        {"secretId": "a", "replication": {}},
        [
            ("replication: exactly one of auto, userManaged must be specified"),
        ],
    ),
    (
        "gcp:secretmanager/secret:Secret",
        {"secretId": "a", "replication": {"auto": {}}, "ttl": "3600s", "expireTime": "2027-01-01T00:00:00Z"},
        [
            ("ttl: conflicts with expireTime: give one of them"),
        ],
    ),
    (
        "gcp:secretmanager/secretVersion:SecretVersion",
        {"secret": "projects/shop-dev/secrets/a"},
        [
            ("secretData: one of secretData, secretDataWo must be specified"),
        ],
    ),
    (
        "gcp:secretmanager/secretVersion:SecretVersion",
        {"secret": "a", "secretData": "x"},
        [
            (
                "Error 400: 'a' does not match ^projects/[^/]+/secrets/[^/]+$ (parent of "
                "secretmanager.projects.secrets.addVersion)"
            ),
            ("secret: 'a' is not projects/PROJECT/secrets/SECRET"),
        ],
    ),
    (
        "gcp:secretmanager/secretVersion:SecretVersion",
        {"secret": "projects/shop-dev/secrets/a", "secretData": "not base64!", "isSecretDataBase64": True},
        [
            ("secretData: it is not base64, as isSecretDataBase64 says"),
        ],
    ),
    (
        "gcp:serviceaccount/account:Account",
        {"accountId": "ab"},
        [
            ("accountId: 'ab' has to be 6 to 30 lower-case letters, digits and hyphens, a letter first"),
        ],
    ),
    (
        "gcp:projects/service:Service",
        {"service": "artifactregistry"},
        [
            ("service: 'artifactregistry' is not an API's name, such as artifactregistry.googleapis.com"),
        ],
    ),
    (
        "gcp:projects/serviceIdentity:ServiceIdentity",
        {"service": "x"},
        [
            ("service: 'x' is not an API's name, such as artifactregistry.googleapis.com"),
        ],
    ),
    (
        "gcp:kms/cryptoKey:CryptoKey",
        {"keyRing": "projects/p/locations/europe/keyRings/r", "name": "k", "rotationPeriod": "60s"},
        [
            ("rotationPeriod: '60s' has to be seconds, at least 86400s (one day)"),
        ],
    ),
    (
        "gcp:artifactregistry/projectConfig:ProjectConfig",
        {"location": "mars"},
        [
            ("location: Error 404: Location mars is not found or access is unauthorized."),
        ],
    ),
    (
        "gcp:artifactregistry/vpcscConfig:VpcscConfig",
        {"vpcscPolicy": "MAYBE"},
        [
            ("vpcscPolicy: must be one of DENY, ALLOW, not 'MAYBE'"),
        ],
    ),
    (
        "gcp:artifactregistry/vpcscConfig:VpcscConfig",
        {"location": "europe", "policy": "DENY"},
        [
            ("policy: 'policy' is not a property here; did you mean 'vpcscPolicy'?"),
        ],
    ),
]


@pytest.mark.parametrize(("token", "inputs", "failures"), ROWS)
def test_a_wrong_input_is_refused(provider: Provider, token: str, inputs: dict[str, Any], failures: list[str]) -> None:
    assert provider.check(token, inputs)[1] == failures
