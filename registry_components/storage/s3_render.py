"""What a bucket and its settings become: inputs as the AWS provider has them on the wire. Nothing here knows Pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.tags import merged
from .s3_args import S3BucketArgs, S3KmsEncryption

Inputs = dict[str, Any]


def located(said: S3BucketArgs) -> Inputs:
    """Return the region, where it is said."""
    return {} if said.region is None else {"region": said.region}


def bucket(said: S3BucketArgs, ownership: Mapping[str, str]) -> Inputs:
    """Return the bucket itself."""
    return {
        "bucket": said.bucket,
        "forceDestroy": not said.kept,
        "tags": merged(ownership, said.tags),
        **located(said),
    }


def versioning(said: S3BucketArgs) -> Inputs:
    """Return whether versions are kept. Once enabled it can only be suspended, never taken away."""
    status = "Enabled" if said.versioning else "Suspended"
    return {"versioningConfiguration": {"status": status}, **located(said)}


def encryption(said: S3BucketArgs) -> Inputs:
    """Return how blobs are encrypted."""
    by_default: Inputs = {"sseAlgorithm": "AES256"}
    bucket_key = False
    if isinstance(said.encryption, S3KmsEncryption):
        by_default = {"sseAlgorithm": "aws:kms"}
        if said.encryption.key is not None:
            by_default["kmsMasterKeyId"] = said.encryption.key
        bucket_key = said.encryption.bucket_key
    rule = {"applyServerSideEncryptionByDefault": by_default, "bucketKeyEnabled": bucket_key}
    return {"rules": [rule], **located(said)}


def public_access(said: S3BucketArgs) -> Inputs:
    """Return that nothing makes the bucket public."""
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return {**dict.fromkeys(names, True), **located(said)}


def object_ownership(said: S3BucketArgs) -> Inputs:
    """Return that the bucket's owner owns all that is in it, and that ACLs mean nothing."""
    return {"rule": {"objectOwnership": "BucketOwnerEnforced"}, **located(said)}


def lifecycle(said: S3BucketArgs) -> Inputs:
    """Return what goes by itself: parts of uploads that nobody finished, and what was deleted or overwritten."""
    everything = {"prefix": ""}
    rules: list[Inputs] = [
        {
            "id": "incomplete-uploads",
            "status": "Enabled",
            "filter": everything,
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": said.incomplete_upload_days},
        },
        {
            # Also where versions are not kept any more: older ones are still there.
            "id": "noncurrent-versions",
            "status": "Enabled",
            "filter": everything,
            "noncurrentVersionExpiration": {"noncurrentDays": said.noncurrent_days},
            "expiration": {"expiredObjectDeleteMarker": True},
        },
    ]
    return {"rules": rules, **located(said)}
