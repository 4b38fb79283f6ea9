"""Where registries keep their blobs: buckets, containers and volumes, with the identities that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .azure import AzureBlobContainer as AzureBlobContainer
    from .azure_args import AzureBlobContainerArgs as AzureBlobContainerArgs
    from .for_artifactory import Binarystore as Binarystore
    from .for_artifactory import to_artifactory as to_artifactory
    from .for_artifactory import to_xml as to_xml
    from .for_distribution import to_distribution as to_distribution
    from .for_distribution import to_distribution_pods as to_distribution_pods
    from .for_harbor import ChartStorage as ChartStorage
    from .for_harbor import InstallerStorage as InstallerStorage
    from .for_harbor import to_harbor_chart as to_harbor_chart
    from .for_harbor import to_harbor_installer as to_harbor_installer
    from .for_nexus import NexusBlobStore as NexusBlobStore
    from .for_nexus import to_nexus as to_nexus
    from .gcs import GcsBucket as GcsBucket
    from .gcs_args import GcsBucketArgs as GcsBucketArgs
    from .s3 import S3Bucket as S3Bucket
    from .s3_args import S3BucketArgs as S3BucketArgs
    from .volume import Volume as Volume
    from .volume_args import VolumeArgs as VolumeArgs

# The arguments can be validated without Pulumi, which takes half a second to import; the components cannot.
_HOMES = {
    "AzureBlobContainer": "azure",
    "AzureBlobContainerArgs": "azure_args",
    "Binarystore": "for_artifactory",
    "ChartStorage": "for_harbor",
    "GcsBucket": "gcs",
    "GcsBucketArgs": "gcs_args",
    "InstallerStorage": "for_harbor",
    "NexusBlobStore": "for_nexus",
    "S3Bucket": "s3",
    "S3BucketArgs": "s3_args",
    "Volume": "volume",
    "VolumeArgs": "volume_args",
    "to_artifactory": "for_artifactory",
    "to_distribution": "for_distribution",
    "to_distribution_pods": "for_distribution",
    "to_harbor_chart": "for_harbor",
    "to_harbor_installer": "for_harbor",
    "to_nexus": "for_nexus",
    "to_xml": "for_artifactory",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)
