"""Unit proof: the policies of a bucket and of who uses it, whole."""

from __future__ import annotations

import pytest

from registry_components.storage import s3_policies as policies

from .blocks import KEY
from .good import OIDC

pytestmark = pytest.mark.unit

ARN = "arn:aws:s3:::shop-images"


def test_distribution_may_do_what_its_driver_asks_for_and_no_more() -> None:
    assert policies.access(ARN, registry="distribution", prefix="/blobs/", key=KEY) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Bucket", "Effect": "Allow", "Action": ["s3:GetBucketLocation"], "Resource": ARN},
            {
                "Sid": "List",
                "Effect": "Allow",
                "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"],
                "Resource": ARN,
                "Condition": {"StringLike": {"s3:prefix": ["blobs", "blobs/*"]}},
            },
            {
                "Sid": "Objects",
                "Effect": "Allow",
                "Action": [
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ],
                "Resource": f"{ARN}/blobs/*",
            },
            {"Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": KEY},
        ],
    }


def test_harbor_and_artifactory_ask_for_the_same_and_nexus_for_tags_too() -> None:
    plain = policies.access(ARN, registry="distribution", prefix=None, key=None)
    assert policies.access(ARN, registry="harbor", prefix=None, key=None) == plain
    assert policies.access(ARN, registry="artifactory", prefix=None, key=None) == plain
    nexus = policies.access(ARN, registry="nexus", prefix=None, key=None)["Statement"]
    assert nexus[0]["Action"] == ["s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetLifecycleConfiguration"]
    more = {"s3:DeleteObjectTagging", "s3:GetObjectTagging", "s3:PutObjectTagging"}
    assert set(nexus[2]["Action"]) - set(plain["Statement"][2]["Action"]) == more


def test_nobody_comes_without_tls() -> None:
    first, second = policies.tls_only(ARN)["Statement"]
    assert first["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert second["Condition"] == {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    for statement in (first, second):
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        assert statement["Resource"] == [ARN, f"{ARN}/*"]
    assert policies.plain_tls_only(ARN)["Statement"] == [first]


def test_a_role_is_for_one_service_account() -> None:
    [irsa] = policies.irsa_trust(OIDC, "registry", "blobs")["Statement"]
    host = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    assert irsa["Principal"] == {"Federated": OIDC}
    assert irsa["Condition"] == {
        "StringEquals": {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": "system:serviceaccount:registry:blobs"}
    }
    [pods] = policies.pod_identity_trust("registry", "blobs")["Statement"]
    assert pods["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert pods["Action"] == ["sts:AssumeRole", "sts:TagSession"]
