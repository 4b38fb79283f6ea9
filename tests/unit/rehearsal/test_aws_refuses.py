"""What the emulated `aws` provider refuses before anything runs, in whole messages."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from registry_components.rehearsal.emulators import load
from registry_components.testing._wire import UNKNOWN

from .checking import Provider

pytestmark = pytest.mark.unit

ACCOUNT = "123456789012"
POLICY = '{"Version":"2012-10-17","Statement":[]}'


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    return Provider(load("aws"), tmp_path_factory.mktemp("clouds"), region="us-east-1")


REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"
REPLICATION = "aws:ecr/replicationConfiguration:ReplicationConfiguration"
CACHE = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
TEMPLATE = "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"
SETTING = "aws:ecr/accountSetting:AccountSetting"
EXCLUSION = "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion"
PUBLIC = "aws:ecrpublic/repository:Repository"
SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"
ROLE = "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
OIDC = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
ENABLER = "aws:inspector2/enabler:Enabler"
FILTER = "aws:inspector2/filter:Filter"

DAYS = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
EXPIRE = {"type": "expire"}
FAILURE = "policy: Lifecycle policy validation failure: "


def rules(*rules: Mapping[str, Any]) -> dict[str, Any]:
    return {"repository": "api", "policy": json.dumps({"rules": rules}, indent=4)}


def rule(priority: Any = 1, selection: Any = DAYS, action: Any = EXPIRE, **more: Any) -> dict[str, Any]:
    return {"rulePriority": priority, "selection": selection, "action": action, **more}


def destinations(count: int) -> list[dict[str, str]]:
    return [{"region": "eu-west-1", "registryId": f"{number:012}"} for number in range(count)]


MISTAKES: list[tuple[str, dict[str, Any], list[str]]] = [
    # the shape of inputs
    (
        REPOSITORY,
        {"imageTagMutabilty": "MUTABLE"},
        ["imageTagMutabilty: 'imageTagMutabilty' is not a property here; did you mean 'imageTagMutability'?"],
    ),
    (REPOSITORY, {"name": 5}, ["name: must be a string, not a number"]),
    (REPOSITORY, {"forceDelete": "yes"}, ["forceDelete: must be true or false, not a string"]),
    (REPOSITORY, {"arn": "arn:aws:ecr:..."}, ["arn: 'arn' is an output of this resource; it cannot be given"]),
    (REPOSITORY, {"tags": {"a": 1}}, ["tags.a: must be a string, not a number"]),
    (REPOSITORY, {"tags": ["a"]}, ["tags: must be a map, not a list"]),
    (
        REPOSITORY,
        {"imageScanningConfiguration": {}},
        ["imageScanningConfiguration.scanOnPush: the required property 'scanOnPush' is missing"],
    ),
    (
        REPOSITORY,
        {"imageTagMutability": "FROZEN"},
        [
            "imageTagMutability: must be one of MUTABLE, IMMUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION, "
            "not 'FROZEN'"
        ],
    ),
    (REPOSITORY, {"region": "us-central-1"}, ["region: 'us-central-1' is not an AWS region"]),
    (
        REPOSITORY,
        {"name": "a"},
        ["ecr: CreateRepository: Invalid length for parameter repositoryName, value: 1, valid min length: 2"],
    ),
    # repositories
    (
        REPOSITORY,
        {"encryptionConfigurations": [{"kmsKey": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/x"}]},
        ["encryptionConfigurations[0].kmsKey: needs encryptionType KMS or KMS_DSSE"],
    ),
    (
        REPOSITORY,
        {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"},
        ["imageTagMutabilityExclusionFilters: is required where imageTagMutability is IMMUTABLE_WITH_EXCLUSION"],
    ),
    (
        REPOSITORY,
        {"imageTagMutabilityExclusionFilters": [{"filter": "v*", "filterType": "WILDCARD"}]},
        [
            "imageTagMutabilityExclusionFilters: needs imageTagMutability IMMUTABLE_WITH_EXCLUSION or "
            "MUTABLE_WITH_EXCLUSION"
        ],
    ),
    (
        REPOSITORY,
        {
            "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filter": "a*b*c*", "filterType": "WILDCARD"}],
        },
        ["imageTagMutabilityExclusionFilters[0].filter: has at most two wildcards"],
    ),
    (
        REPOSITORY,
        {
            "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filter": f"a{n}", "filterType": "WILDCARD"} for n in range(6)],
        },
        ["imageTagMutabilityExclusionFilters: takes at most 5 item(s), not 6"],
    ),
    (
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        {"repository": "api"},
        ["policy: the required property 'policy' is missing"],
    ),
    (
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        {"repository": "api", "policy": "{"},
        [
            "policy: contains an invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 "
            "(char 1)"
        ],
    ),
    (
        "aws:ecr/registryPolicy:RegistryPolicy",
        {"policy": "[]"},
        ["policy: contains an invalid JSON policy: it must be an object"],
    ),
    # lifecycle policies
    (
        LIFECYCLE,
        rules(rule(description=None)),
        [f"{FAILURE}rules[0].description: is null; a member without a value has to be left out"],
    ),
    (LIFECYCLE, rules(rule(0)), [f"{FAILURE}rules[0].rulePriority: must be a whole number of at least 1"]),
    (
        LIFECYCLE,
        rules(rule(1), rule(1, DAYS | {"storageClass": "standard", "tagStatus": "tagged", "tagPrefixList": ["a"]})),
        [f"{FAILURE}rules[1].rulePriority: 1 is the priority of rules[0] already"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS | {"tagStatus": "any"}), rule(2)),
        [f"{FAILURE}rules[0].rulePriority: Rule for tagStatus=ANY must have the lowest priority per storage class"],
    ),
    (
        LIFECYCLE,
        rules(rule(1), rule(2)),
        [f"{FAILURE}rules[1].selection.tagStatus: Only one rule can select Untagged images per storage class"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS | {"tagStatus": "tagged"})),
        [
            f"{FAILURE}rules[0].selection: Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED, one of "
            "the two"
        ],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS | {"tagPrefixList": ["v"]})),
        [f"{FAILURE}rules[0].selection.tagPrefixList: goes with tagStatus tagged alone, not untagged"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS | {"countUnit": "hours"})),
        [f"{FAILURE}rules[0].selection.countUnit: must be days where countType is sinceImagePushed"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS | {"countType": "imageCountMoreThan"})),
        [f"{FAILURE}rules[0].selection.countUnit: goes with a countType of time, not imageCountMoreThan"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS | {"countNumber": 0})),
        [f"{FAILURE}rules[0].selection.countNumber: must be a whole number of at least 1"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS, {"type": "delete"})),
        [f"{FAILURE}rules[0].action.type: must be expire or transition, not 'delete'"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS, {"type": "transition"})),
        [f"{FAILURE}rules[0].action.targetStorageClass: must be archive where type is transition"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS | {"countType": "sinceImageTransitioned", "storageClass": "archive", "countNumber": 30})),
        [f"{FAILURE}rules[0].selection.countNumber: must be at least 90 days for an archived image"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS | {"countType": "sinceImagePulled"})),
        [f"{FAILURE}rules[0].selection.countType: sinceImagePulled goes with type transition alone"],
    ),
    (
        LIFECYCLE,
        rules(rule(1, DAYS | {"tagStatus": "tagged", "tagPatternList": ["*a*b*c*d*"]})),
        [f"{FAILURE}rules[0].selection.tagPatternList: a pattern is a text with at most 4 *, not '*a*b*c*d*'"],
    ),
    (LIFECYCLE, rules(rule(priority=1, prio=2)), [f"{FAILURE}rules[0].prio: is not a member of a rule"]),
    (
        LIFECYCLE,
        {"repository": "api", "policy": '{"rules": []}'},
        [
            f"{FAILURE}must have 100 to 30720 characters, not 13",
            f"{FAILURE}rules: a policy needs a list of at least one rule",
        ],
    ),
    # the registry's settings
    (SCANNING, {"scanType": "CLAIR"}, ["scanType: must be one of BASIC, ENHANCED, not 'CLAIR'"]),
    (
        SCANNING,
        {"scanType": "BASIC", "rules": [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": []}]},
        ["rules[0].scanFrequency: CONTINUOUS_SCAN needs scanType ENHANCED"],
    ),
    (
        SCANNING,
        {"scanType": "ENHANCED", "rules": [{"scanFrequency": "MANUAL", "repositoryFilters": []}]},
        ["rules[0].scanFrequency: MANUAL goes with scanType BASIC alone"],
    ),
    (
        REPLICATION,
        {"replicationConfiguration": {"rules": [{"destinations": destinations(1)}] * 11}},
        ["replicationConfiguration.rules: a registry has at most 10 replication rules, not 11"],
    ),
    (
        REPLICATION,
        {
            "replicationConfiguration": {
                "rules": [{"destinations": destinations(20)}, {"destinations": destinations(26)[20:]}]
            }
        },
        ["replicationConfiguration.rules: all rules together have at most 25 destinations, not 26"],
    ),
    (
        REPLICATION,
        {"replicationConfiguration": {"rules": [{"destinations": [{"region": "mars-1", "registryId": ACCOUNT}]}]}},
        ["replicationConfiguration.rules[0].destinations[0].region: 'mars-1' is not an AWS region"],
    ),
    (
        REPLICATION,
        {"replicationConfiguration": {"rules": [{"destinations": [{"region": "eu-west-1", "registryId": "me"}]}]}},
        ["replicationConfiguration.rules[0].destinations[0].registryId: must be an account's 12 digits, not 'me'"],
    ),
    (
        REPLICATION,
        {"replicationConfiguration": {"rules": [{"destinations": []}]}},
        ["replicationConfiguration.rules[0].destinations: needs at least one destination"],
    ),
    (
        SETTING,
        {"name": "SCANNER", "value": "x"},
        ["name: must be one of BASIC_SCAN_TYPE_VERSION, REGISTRY_POLICY_SCOPE, BLOB_MOUNTING, not 'SCANNER'"],
    ),
    (
        SETTING,
        {"name": "BASIC_SCAN_TYPE_VERSION", "value": "CLAIR"},
        ["value: must be one of AWS_NATIVE for BASIC_SCAN_TYPE_VERSION, not 'CLAIR'"],
    ),
    (
        CACHE,
        {"ecrRepositoryPrefix": "Hub", "upstreamRegistryUrl": "quay.io"},
        [
            "ecrRepositoryPrefix: must be ROOT or 2 to 30 lower-case letters, digits, underscores, periods, hyphens "
            "and slashes"
        ],
    ),
    (
        CACHE,
        {"ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": "quay.io", "credentialArn": "hub"},
        ["credentialArn: 'hub' is not an ARN"],
    ),
    (
        CACHE,
        {"ecrRepositoryPrefix": "hub"},
        ["upstreamRegistryUrl: the required property 'upstreamRegistryUrl' is missing"],
    ),
    (TEMPLATE, {"prefix": "hub", "appliedFors": []}, ["appliedFors: needs at least one item"]),
    (
        TEMPLATE,
        {"prefix": "hub", "appliedFors": ["PUSH"]},
        ["appliedFors[0]: must be one of CREATE_ON_PUSH, PULL_THROUGH_CACHE, REPLICATION, not 'PUSH'"],
    ),
    (
        TEMPLATE,
        {"prefix": "a", "appliedFors": ["REPLICATION"]},
        ["prefix: must be ROOT or lower-case letters, digits, underscores, periods, hyphens and /"],
    ),
    (
        TEMPLATE,
        {"prefix": "hub", "appliedFors": ["REPLICATION"], "lifecyclePolicy": json.dumps({"rules": [rule(0)]})},
        [
            "lifecyclePolicy: Lifecycle policy validation failure: rules[0].rulePriority: must be a "
            "whole number of at least 1"
        ],
    ),
    (EXCLUSION, {"principalArn": "scanner"}, ["principalArn: 'scanner' is not an ARN"]),
    (
        PUBLIC,
        {"repositoryName": "tools", "region": "eu-west-1"},
        ["region: ECR Public has its API in us-east-1 alone, not in eu-west-1"],
    ),
    # what stands around it
    (SECRET, {"name": "hub secret"}, ["name: must be 1 to 512 letters, digits and /_+=.@-"]),
    (SECRET, {"name": "hub", "namePrefix": "hub"}, ["namePrefix: conflicts with name; give one of the two"]),
    (SECRET, {"recoveryWindowInDays": 3}, ["recoveryWindowInDays: must be 0 or 7 to 30, not 3"]),
    (
        VERSION,
        {"secretId": "a", "secretString": "a", "secretBinary": "YQ=="},
        ["secretString: conflicts with secretBinary; give one of them"],
    ),
    (VERSION, {"secretId": "a", "secretBinary": "not base64!"}, ["secretBinary: must be base64"]),
    (VERSION, {"secretId": "a", "secretStringWo": "a"}, ["secretStringWoVersion: goes together with secretStringWo"]),
    (KEY, {"deletionWindowInDays": 3}, ["deletionWindowInDays: must be 7 to 30, not 3"]),
    (KEY, {"rotationPeriodInDays": 180}, ["rotationPeriodInDays: needs enableKeyRotation"]),
    (
        KEY,
        {"keyUsage": "HASH"},
        ["keyUsage: must be one of ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC, KEY_AGREEMENT, not 'HASH'"],
    ),
    (
        ALIAS,
        {"name": "images", "targetKeyId": "x"},
        ["name: must begin with alias/ and be followed by letters, digits and /_-"],
    ),
    (ROLE, {"name": "a b", "assumeRolePolicy": POLICY}, ["name: must be 1 to 64 letters, digits and =,.@-_+"]),
    (
        ROLE,
        {"assumeRolePolicy": POLICY, "maxSessionDuration": 60},
        ["maxSessionDuration: must be 3600 to 43200 seconds, not 60"],
    ),
    (ATTACHMENT, {"role": "ci", "policyArn": "ReadOnly"}, ["policyArn: 'ReadOnly' is not an ARN"]),
    (OIDC, {"url": "http://token.example", "clientIdLists": ["a"]}, ["url: must be an https address without query"]),
    (
        OIDC,
        {"url": "https://token.example", "clientIdLists": ["a"], "thumbprintLists": ["ab"]},
        ["thumbprintLists[0]: must have 40 characters"],
    ),
    (
        ENDPOINT,
        {"vpcId": "vpc-1"},
        ["serviceName: exactly one of serviceName, serviceNetworkArn, resourceConfigurationArn is needed"],
    ),
    (
        ENDPOINT,
        {"vpcId": "vpc-1", "serviceName": "s3", "subnetIds": ["subnet-1"]},
        ["subnetIds: needs vpcEndpointType Interface, not Gateway"],
    ),
    (
        ENDPOINT,
        {"vpcId": "vpc-1", "serviceName": "ecr", "vpcEndpointType": "Interface", "routeTableIds": ["rtb-1"]},
        ["routeTableIds: needs vpcEndpointType Gateway, not Interface"],
    ),
    (RULE, {"name": "push"}, ["eventPattern: one of eventPattern, scheduleExpression must be specified"]),
    (RULE, {"scheduleExpression": "daily"}, ["scheduleExpression: must be rate(...), cron(...) or at(...)"]),
    (TARGET, {"rule": "push", "arn": "queue"}, ["arn: 'queue' is not an ARN"]),
    (
        TARGET,
        {"rule": "push", "arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "input": "{}", "inputPath": "$"},
        ["inputPath: conflicts with input; give one of them"],
    ),
    (
        TARGET,
        {"rule": "push", "arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "retryPolicy": {"maximumRetryAttempts": 200}},
        ["retryPolicy.maximumRetryAttempts: must be 0 to 185, not 200"],
    ),
    (
        ENABLER,
        {"accountIds": ["me"], "resourceTypes": ["ECR"]},
        ["accountIds[0]: must be an account's 12 digits, not 'me'"],
    ),
    (
        ENABLER,
        {"accountIds": [ACCOUNT], "resourceTypes": ["S3"]},
        ["resourceTypes[0]: must be one of EC2, ECR, LAMBDA, LAMBDA_CODE, CODE_REPOSITORY, not 'S3'"],
    ),
    (
        FILTER,
        {"action": "SUPPRESS", "filterCriterias": [{"severity": []}]},
        ["filterCriterias[0].severity: 'severity' is not a property here; did you mean 'severities'?"],
    ),
    (
        "aws:s3/bucketMetric:BucketMetric",
        {},
        ["no emulator knows the resource type aws:s3/bucketMetric:BucketMetric; --allow-unknown records it as skipped"],
    ),
]


@pytest.mark.parametrize(
    ("token", "inputs", "told"),
    MISTAKES,
    ids=[f"{number}-{token.rpartition(':')[2]}" for number, (token, _, _) in enumerate(MISTAKES)],
)
def test_a_mistake_is_told_in_full(provider: Provider, token: str, inputs: dict[str, Any], told: list[str]) -> None:
    assert provider.check(token, inputs)[1] == told


GOOD: list[tuple[str, dict[str, Any]]] = [
    (REPOSITORY, {"name": "team/api", "imageTagMutability": "IMMUTABLE", "tags": {"a": "b"}}),
    (REPOSITORY, {"encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": UNKNOWN}], "tags": UNKNOWN}),
    (
        REPOSITORY,
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filter": "latest*", "filterType": "WILDCARD"}],
        },
    ),
    (LIFECYCLE, rules(rule())),
    (LIFECYCLE, {"repository": UNKNOWN, "policy": UNKNOWN}),
    (
        LIFECYCLE,
        rules(
            rule(
                1,
                DAYS | {"countType": "sinceImagePulled", "tagStatus": "any"},
                {"type": "transition", "targetStorageClass": "archive"},
            ),
            rule(
                2,
                DAYS
                | {
                    "countType": "sinceImageTransitioned",
                    "storageClass": "archive",
                    "countNumber": 90,
                    "tagStatus": "any",
                },
            ),
        ),
    ),
    (
        LIFECYCLE,
        rules(
            rule(
                2,
                {
                    "tagStatus": "tagged",
                    "tagPatternList": ["v*", "*-rc*"],
                    "countType": "imageCountMoreThan",
                    "countNumber": 5,
                },
            ),
            rule(1),
        ),
    ),
    (REPLICATION, {"replicationConfiguration": {"rules": [{"destinations": destinations(25)}]}}),
    (CACHE, {"ecrRepositoryPrefix": "ROOT", "upstreamRegistryUrl": "quay.io"}),
    (CACHE, {"ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": "registry-1.docker.io", "credentialArn": UNKNOWN}),
    (SECRET, {"namePrefix": "ecr-pullthroughcache/"}),
    (VERSION, {"secretId": UNKNOWN, "secretString": UNKNOWN}),
    (ROLE, {"assumeRolePolicy": POLICY}),
    (ENDPOINT, {"vpcId": UNKNOWN, "serviceName": "com.amazonaws.us-east-1.s3", "routeTableIds": [UNKNOWN]}),
    (FILTER, {"action": "NONE", "filterCriterias": [{"severities": [{"comparison": "EQUALS", "value": "LOW"}]}]}),
]


@pytest.mark.parametrize(("token", "inputs"), GOOD)
def test_what_is_right_passes(provider: Provider, token: str, inputs: dict[str, Any]) -> None:
    assert provider.check(token, inputs)[1] == []


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside another one."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield (*path, key)
        yield from spots(item, (*path, key))


@pytest.mark.parametrize(("token", "inputs"), GOOD)
def test_no_check_stumbles_over_what_is_not_known_yet(provider: Provider, token: str, inputs: dict[str, Any]) -> None:
    for path in spots(inputs):
        changed = copy.deepcopy(inputs)
        place: Any = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = UNKNOWN
        assert provider.check(token, changed)[1] == [], path


def test_nothing_was_started_to_check(provider: Provider) -> None:
    assert not list(Path(provider.folder).glob("*.server.json"))
