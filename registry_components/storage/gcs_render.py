"""What a bucket of Cloud Storage becomes: inputs as the Google provider has them on the wire. Nothing knows Pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..artifact_registry.render import labels
from .consents import Registry
from .gcs_args import GcsBucketArgs, GcsKmsEncryption

Inputs = dict[str, Any]

OBJECTS = "roles/storage.objectUser"
"""Reads, writes, lists and deletes objects and parts of uploads; changes nobody's rights."""
BUCKET = "roles/storage.legacyBucketReader"
"""Reads the bucket's own description, which Nexus and Artifactory ask for when they start."""
WORKLOAD_USER = "roles/iam.workloadIdentityUser"
SIGNER = "roles/iam.serviceAccountTokenCreator"
KEY_USER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


def bucket(said: GcsBucketArgs, ownership: Mapping[str, str]) -> Inputs:
    """Return the bucket with all that is set up for it."""
    rendered: Inputs = {
        "name": said.bucket,
        # Cloud Storage answers in capitals.
        "location": said.location.upper(),
        "uniformBucketLevelAccess": True,
        "publicAccessPrevention": "enforced",
        "forceDestroy": not said.kept,
        "versioning": {"enabled": said.versioning},
        "softDeletePolicy": {"retentionDurationSeconds": said.soft_delete_days * 86_400},
        "lifecycleRules": _rules(said),
        "labels": labels(said.labels, ownership),
    }
    if isinstance(said.encryption, GcsKmsEncryption):
        rendered["encryption"] = {"defaultKmsKeyName": said.encryption.key}
    if said.project is not None:
        rendered["project"] = said.project
    return rendered


def _rules(said: GcsBucketArgs) -> list[Inputs]:
    return [
        {
            "action": {"type": "AbortIncompleteMultipartUpload"},
            "condition": {"age": said.incomplete_upload_days},
        },
        {
            # Also where versions are not kept any more: older ones are still there.
            "action": {"type": "Delete"},
            "condition": {"daysSinceNoncurrentTime": said.noncurrent_days, "withState": "ARCHIVED"},
        },
    ]


def roles(registry: Registry) -> dict[str, str]:
    """Return what a registry may do with its bucket, by the last part of the grants' names."""
    found = {"access": OBJECTS}
    if registry in ("nexus", "artifactory"):
        found["bucket-access"] = BUCKET
    return found


def workload(project: str, namespace: str, service_account: str) -> str:
    """Return the pods' service account as IAM has it."""
    return f"serviceAccount:{project}.svc.id.goog[{namespace}/{service_account}]"
