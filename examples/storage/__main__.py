"""Where registries keep their blobs: the same promises on S3, Cloud Storage and Azure Blob Storage."""

from __future__ import annotations

import pulumi

from registry_components import StackConfig, stack_config
from registry_components.storage import (
    AzureBlobContainer,
    AzureBlobContainerArgs,
    GcsBucket,
    GcsBucketArgs,
    S3Bucket,
    S3BucketArgs,
    to_harbor_chart,
)


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; defaults are in `Pulumi.yaml`."""

    oidc_provider: str
    oidc_issuer: str
    resource_group: str
    noncurrent_days: int


config = stack_config(Config)

# A registry whose pods have a role: no key anywhere.
on_aws = S3Bucket(
    "aws",
    S3BucketArgs(
        bucket="acme-shop-registry",
        prefix="blobs",
        identity={
            "kind": "irsa",
            "oidc_provider_arn": config.oidc_provider,
            "namespace": "registry",
            "service_account": "registry",
        },
        noncurrent_days=config.noncurrent_days,
    ),
)

# Harbor's registry can use no role on AWS, so that it gets a user of its own with a key.
harbor = S3Bucket(
    "harbor",
    S3BucketArgs(
        bucket="acme-shop-harbor",
        registry="harbor",
        identity={"kind": "keys"},
        noncurrent_days=config.noncurrent_days,
    ),
)
values = to_harbor_chart(harbor.storage, secret_name="harbor-storage").values  # noqa: S106 - the secret's name

on_google = GcsBucket(
    "google",
    GcsBucketArgs(
        bucket="acme-shop-registry",
        location="europe-west1",
        identity={
            "kind": "workload_identity",
            "account_id": "registry-blobs",
            "namespace": "registry",
            "service_account": "registry",
        },
        noncurrent_days=config.noncurrent_days,
    ),
)

on_azure = AzureBlobContainer(
    "azure",
    AzureBlobContainerArgs(
        account="acmeshopregistry",
        resource_group=config.resource_group,
        location="westeurope",
        identity={
            "kind": "workload_identity",
            "issuer": config.oidc_issuer,
            "namespace": "registry",
            "service_account": "registry",
        },
        version_days=config.noncurrent_days,
    ),
)

pulumi.export("harborValues", values)
pulumi.export("roleArn", on_aws.role_arn)
pulumi.export("googleServiceAccount", on_google.service_account)
pulumi.export("azureClientId", on_azure.client_id)
pulumi.export(
    "places",
    {
        "aws": on_aws.storage.bucket,
        "google": on_google.storage.bucket,
        "azure": pulumi.Output.concat(on_azure.account, "/", on_azure.container),
    },
)
