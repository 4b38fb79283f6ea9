"""What the emulated `aws` provider refuses of buckets, users and pod identities, in whole messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry_components.rehearsal.emulators import load
from registry_components.testing._wire import UNKNOWN

from .checking import Provider

pytestmark = pytest.mark.unit

BUCKET = "aws:s3/bucket:Bucket"
ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
USER = "aws:iam/user:User"
USER_POLICY = "aws:iam/userPolicy:UserPolicy"
KEY = "aws:iam/accessKey:AccessKey"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
RULE = {"id": "a", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 7}}
POD = {"clusterName": "shop", "namespace": "registry", "serviceAccount": "registry"}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    return Provider(load("aws"), tmp_path_factory.mktemp("clouds"), region="us-east-1")


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "bucket": "shop",
        "rules": [{key: value for key, value in {**RULE, **changes}.items() if value is not None}],
    }


def policy(resource: Any) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource}
    return {"bucket": "shop", "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


MISTAKES: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        BUCKET,
        {"bucket": "Shop"},
        ["bucket: 'Shop' is not a bucket's name: 3 to 63 lower-case letters, digits, hyphens, single dots"],
    ),
    (BUCKET, {"bucket": "shop", "bucketPrefix": "shop-"}, ["bucketPrefix: conflicts with bucket; give one of the two"]),
    (
        BUCKET,
        {"bucket": "shop", "versioning": {"enabled": True}},
        ["versioning: is deprecated and not emulated; make an aws.s3.BucketVersioning"],
    ),
    (
        BUCKET,
        {"bucket": "shop", "lifecycleRules": [{"enabled": True}]},
        ["lifecycleRules: is deprecated and not emulated; make an aws.s3.BucketLifecycleConfiguration"],
    ),
    (BUCKET, {"bucket": "shop", "region": "mars-1"}, ["region: 'mars-1' is not an AWS region"]),
    (BUCKET, {"bukket": "shop"}, ["bukket: 'bukket' is not a property here; did you mean 'bucket'?"]),
    (ACCESS, {}, ["bucket: the required property 'bucket' is missing"]),
    (ACCESS, {"bucket": "shop", "blockPublicAcls": "yes"}, ["blockPublicAcls: must be true or false, not a string"]),
    (
        OWNERSHIP,
        {"bucket": "shop", "rule": {"objectOwnership": "Everybody"}},
        [
            "rule.objectOwnership: must be one of BucketOwnerPreferred, ObjectWriter, BucketOwnerEnforced, "
            "not 'Everybody'"
        ],
    ),
    (
        VERSIONING,
        {"bucket": "shop", "versioningConfiguration": {"status": "On"}},
        ["versioningConfiguration.status: must be one of Enabled, Suspended, Disabled, not 'On'"],
    ),
    (
        ENCRYPTION,
        {"bucket": "shop", "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "rot13"}}]},
        [
            "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm: must be one of AES256, aws:kms, aws:kms:dsse, "
            "not 'rot13'"
        ],
    ),
    (
        ENCRYPTION,
        {
            "bucket": "shop",
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256", "kmsMasterKeyId": "k"}}],
        },
        [
            "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId: MalformedXML: a key of KMS goes with aws:kms "
            "or aws:kms:dsse, not with AES256"
        ],
    ),
    (
        LIFECYCLE,
        rule(expiration=None),
        ["rules[0]: InvalidRequest: at least one action needs to be specified in a rule"],
    ),
    (
        LIFECYCLE,
        {"bucket": "shop", "rules": [RULE, RULE]},
        ["rules[1].id: InvalidArgument: rule ID must be unique; 'a' is there"],
    ),
    (
        LIFECYCLE,
        rule(abortIncompleteMultipartUpload={"daysAfterInitiation": 0}),
        ["rules[0].abortIncompleteMultipartUpload.daysAfterInitiation: must be a positive integer, not 0"],
    ),
    (
        LIFECYCLE,
        rule(status="On"),
        ["rules[0].status: must be one of Enabled, Disabled, not 'On'"],
    ),
    (
        POLICY,
        policy("arn:aws:s3:::other"),
        ["policy: MalformedPolicy: Policy has invalid resource: arn:aws:s3:::other"],
    ),
    (
        POLICY,
        {"bucket": "shop", "policy": "{"},
        [
            "policy: contains an invalid JSON: Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1)"
        ],
    ),
    (USER, {"name": "bob smith"}, ["name: must be 1 to 64 letters, digits and =,.@-_+"]),
    (USER_POLICY, {"policy": "{}"}, ["user: the required property 'user' is missing"]),
    (
        KEY,
        {"user": "bob", "pgpKey": "keybase:bob"},
        ["pgpKey: is not emulated; Pulumi keeps the secret encrypted without it"],
    ),
    (KEY, {"user": "bob", "status": "Lost"}, ["status: must be one of Active, Inactive, not 'Lost'"]),
    (KEY, {"user": "bob", "secret": "mine"}, ["secret: 'secret' is an output of this resource; it cannot be given"]),
    (ASSOCIATION, {**POD, "roleArn": "registry"}, ["roleArn: 'registry' is not an ARN"]),
    (ASSOCIATION, POD, ["roleArn: the required property 'roleArn' is missing"]),
]


@pytest.mark.parametrize(
    ("token", "inputs", "told"),
    MISTAKES,
    ids=[f"{number}-{token.rpartition(':')[2]}" for number, (token, _, _) in enumerate(MISTAKES)],
)
def test_a_mistake_is_told_in_full(provider: Provider, token: str, inputs: dict[str, Any], told: list[str]) -> None:
    assert provider.check(token, inputs)[1] == told


GOOD: list[tuple[str, dict[str, Any]]] = [
    (BUCKET, {}),
    (BUCKET, {"bucket": UNKNOWN, "tags": UNKNOWN}),
    (ACCESS, {"bucket": UNKNOWN, "blockPublicAcls": True}),
    (LIFECYCLE, rule()),
    (LIFECYCLE, {"bucket": UNKNOWN, "rules": UNKNOWN}),
    (POLICY, policy(["arn:aws:s3:::shop", "arn:aws:s3:::shop/*"])),
    (POLICY, {"bucket": "shop", "policy": UNKNOWN}),
    (KEY, {"user": UNKNOWN}),
    (ASSOCIATION, {**POD, "roleArn": UNKNOWN}),
]


@pytest.mark.parametrize(("token", "inputs"), GOOD)
def test_what_aws_takes_is_taken(provider: Provider, token: str, inputs: dict[str, Any]) -> None:
    assert provider.check(token, inputs)[1] == []
