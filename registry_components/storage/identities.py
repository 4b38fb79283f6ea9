"""Whom a storage block's pods are at a cloud: what their service account is annotated with."""

from __future__ import annotations

from typing import Any

from ..blocks import storage as blocks


def service_account_annotations(storage: blocks.Storage | None) -> dict[str, Any]:
    """Return the annotation that gives pods the block's identity.

    Empty for keys, and for an identity that a service account does not name. Sources: the documents of Amazon EKS,
    Google Kubernetes Engine and Microsoft Entra Workload ID.
    """
    match getattr(storage, "credentials", None):
        case blocks.S3Irsa(role_arn=role):
            return {"eks.amazonaws.com/role-arn": role}
        case blocks.GcsWorkloadIdentity(service_account=account):
            return {"iam.gke.io/gcp-service-account": account}
        case blocks.AzureWorkloadIdentity(client_id=client):
            return {"azure.workload.identity/client-id": client}
    return {}


__all__ = ["service_account_annotations"]
