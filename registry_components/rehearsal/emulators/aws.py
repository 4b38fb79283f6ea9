"""The emulated `aws` provider: state in moto, every request through boto3."""

from __future__ import annotations

from ..emulator import Emulator, Refusal, Settings, by_token, sdk_version
from . import aws_ecr, aws_eks, aws_functions, aws_iam, aws_network, aws_s3, aws_secrets, aws_users
from .aws_cloud import AwsCloud


def connect(settings: Settings) -> AwsCloud:
    """Return the cloud of a provider. Raises `Refusal` where the configuration names no region that AWS has."""
    region = settings.get("region") or settings.get("AWS_REGION") or settings.get("AWS_DEFAULT_REGION")
    if not region:
        raise Refusal("region", "no region is set; set aws:region in the stack's configuration, or AWS_REGION")
    cloud = AwsCloud(settings, region)
    if not cloud.knows_region(region):
        raise Refusal("region", f"{region!r} is not an AWS region")
    for name in ("defaultTags", "ignoreTags", "assumeRole", "assumeRoles", "endpoints"):
        if settings.get(name) not in (None, "", "null", "{}", "[]"):
            raise Refusal(name, "this part of the provider's configuration is not emulated")
    return cloud


def emulator() -> Emulator:
    """Return the provider."""
    return Emulator(
        package="aws",
        version=sdk_version("pulumi-aws", "7.51.1"),
        types=by_token(
            [
                *aws_ecr.TYPES,
                *aws_secrets.TYPES,
                *aws_iam.TYPES,
                *aws_users.TYPES,
                *aws_network.TYPES,
                *aws_s3.TYPES,
                *aws_eks.TYPES,
            ]
        ),
        functions={function.token: function for function in aws_functions.FUNCTIONS},
        connect=connect,
        bridged=True,
    )
