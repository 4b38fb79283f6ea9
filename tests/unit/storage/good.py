"""Arguments that are right, of every component of storage."""

from __future__ import annotations

from typing import Any, Final

from registry_components.storage.azure_args import AzureBlobContainerArgs
from registry_components.storage.gcs_args import GcsBucketArgs
from registry_components.storage.s3_args import S3BucketArgs
from registry_components.storage.volume_args import VolumeArgs

from .blocks import KEY, SECRETS

POD: Final = {"namespace": "registry", "service_account": "registry"}
OIDC: Final = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"
IRSA: Final = {"kind": "irsa", "oidc_provider_arn": OIDC, **POD}
PODS: Final = {"kind": "pod_identity", "cluster": "shop", **POD}
GIVEN: Final = {"kind": "given_keys", "access_key": SECRETS["access key"], "secret_key": SECRETS["secret key"]}
GCS_KMS: Final = "projects/shop-dev/locations/europe-west3/keyRings/shop/cryptoKeys/images"
FEDERATED: Final = {
    "kind": "workload_identity",
    "issuer": "https://westeurope.oic.prod-aks.azure.com/1/2/",
    **POD,
}
EXISTING: Final = {"kind": "existing", "principal_id": "00000000-0000-0000-0000-00000000c105"}
EBS: Final = {
    "name": "images",
    "provisioner": "ebs.csi.aws.com",
    "parameters": {"type": "gp3", "encrypted": "true"},
}

GOOD: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "S3": (S3BucketArgs, {"bucket": "shop-images", "identity": {"kind": "keys"}}),
    "GCS": (
        GcsBucketArgs,
        {"bucket": "shop-images", "location": "europe-west1", "identity": {"kind": "key", "account_id": "registry"}},
    ),
    "AZURE": (
        AzureBlobContainerArgs,
        {"account": "shopimages", "resource_group": "shop", "identity": {"kind": "account_key"}},
    ),
    "VOLUME": (VolumeArgs, {"namespace": "registry", "size": "100Gi"}),
}

__all__ = ["EBS", "EXISTING", "FEDERATED", "GCS_KMS", "GIVEN", "GOOD", "IRSA", "KEY", "POD", "PODS"]
