"""Policy documents of a bucket and of who uses it. All ARNs are texts here."""

from __future__ import annotations

import json
from typing import Any

from .consents import Registry

Document = dict[str, Any]
VERSION = "2012-10-17"

# Distribution, docs/content/storage-drivers/s3.md, "S3 permission scopes"; Harbor's registry is Distribution, and
# Artifactory's s3-storage-v3 asks for the same.
_LIST = ("s3:ListBucket", "s3:ListBucketMultipartUploads")
_BUCKET = ("s3:GetBucketLocation",)
_OBJECTS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
# Sonatype, "AWS Simple Storage Service (S3)", required permissions, but for s3:PutLifecycleConfiguration: with
# expiration -1 a blob store leaves the bucket's rules alone, and they are this stack's.
_NEXUS_BUCKET = ("s3:GetBucketPolicy", "s3:GetLifecycleConfiguration")
_NEXUS_OBJECTS = ("s3:DeleteObjectTagging", "s3:GetObjectTagging", "s3:PutObjectTagging")


def text(document: Document) -> str:
    """Return a document as JSON, the same text for equal documents."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _document(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}


def tls_only(arn: str) -> Document:
    """Return a bucket's policy: nobody comes without TLS, or with one older than 1.2."""
    everything = [arn, f"{arn}/*"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything}
    return _document(
        {"Sid": "TlsOnly", **deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "Tls12", **deny, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
    )


def plain_tls_only(arn: str) -> Document:
    """Return the policy for a server other than AWS, which knows no `s3:TlsVersion`."""
    return _document(tls_only(arn)["Statement"][0])


def access(arn: str, *, registry: Registry, prefix: str | None, key: str | None) -> Document:
    """Return what a registry may do with its bucket, below its prefix, and with the key that blobs are encrypted by."""
    below = prefix.strip("/") if prefix else ""
    nexus = registry == "nexus"
    listing: Document = {"Sid": "List", "Effect": "Allow", "Action": list(_LIST), "Resource": arn}
    if below:
        listing["Condition"] = {"StringLike": {"s3:prefix": [below, f"{below}/*"]}}
    statements: list[Document] = [
        {
            "Sid": "Bucket",
            "Effect": "Allow",
            "Action": sorted([*_BUCKET, *(_NEXUS_BUCKET if nexus else ())]),
            "Resource": arn,
        },
        listing,
        {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": sorted([*_OBJECTS, *(_NEXUS_OBJECTS if nexus else ())]),
            "Resource": f"{arn}/{below}/*" if below else f"{arn}/*",
        },
    ]
    if key is not None:
        # Parts of an upload are read back when it is completed, so that writing needs kms:Decrypt too.
        statements.append(
            {"Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key}
        )
    return _document(*statements)


def irsa_trust(provider_arn: str, namespace: str, service_account: str) -> Document:
    """Return who takes the role on: one service account of the cluster behind an identity provider."""
    host = provider_arn.split(":oidc-provider/", 1)[1]
    return _document(
        {
            "Sid": "ServiceAccount",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{host}:aud": "sts.amazonaws.com",
                    f"{host}:sub": f"system:serviceaccount:{namespace}:{service_account}",
                }
            },
        }
    )


def pod_identity_trust(namespace: str, service_account: str) -> Document:
    """Return who takes the role on: EKS, for one service account."""
    return _document(
        {
            "Sid": "Pods",
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                }
            },
        }
    )
