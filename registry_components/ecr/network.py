"""Private addresses of ECR in a VPC."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from ..blocks.network import PrivateEndpoint
from ..core.args import MaybeOutput
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from .settings import Tags, tag_mistakes
from .words import Region


def _endpoint(args: EcrVpcEndpointsArgs) -> Iterable[Mistake]:
    if args.endpoint.network_id is None:
        yield Mistake("endpoint.network_id", "is required: give the id of the VPC")
    elif isinstance(args.endpoint.network_id, str) and not args.endpoint.network_id.startswith("vpc-"):
        yield Mistake("endpoint.network_id", f"{args.endpoint.network_id!r} is not the id of a VPC (vpc-…)")
    if args.endpoint.dns_zone_id is not None:
        yield Mistake(
            "endpoint.dns_zone_id", "is not needed: AWS answers for ECR's own names inside the VPC; remove it"
        )
    for field, prefix in (("subnet_ids", "subnet-"), ("security_group_ids", "sg-")):
        for i, found in enumerate(getattr(args.endpoint, field)):
            if isinstance(found, str) and not found.startswith(prefix):
                yield Mistake(f"endpoint.{field}[{i}]", f"{found!r} is not an id; it begins with {prefix}")


def _layers(args: EcrVpcEndpointsArgs) -> Iterable[Mistake]:
    if args.route_table_ids == []:
        yield Mistake(
            "route_table_ids",
            "names no route table: layers come from S3, which the nodes then do not reach; add the subnets' tables, or "
            "say 'elsewhere' where the VPC has a gateway to S3 already",
        )
    if args.route_table_ids == "elsewhere":
        if args.layers_only:
            yield Mistake("layers_only", "is about the gateway to S3, which is made elsewhere; remove one of them")
        return
    for i, found in enumerate(args.route_table_ids):
        if isinstance(found, str) and not found.startswith("rtb-"):
            yield Mistake(f"route_table_ids[{i}]", f"{found!r} is not an id; it begins with rtb-")


def _partition(args: EcrVpcEndpointsArgs) -> Iterable[Mistake]:
    if args.region is not None and args.region.startswith("cn-"):
        yield Mistake("region", f"{args.region!r} names its services otherwise; make its endpoints with pulumi_aws")


def _tags(args: EcrVpcEndpointsArgs) -> Iterable[Mistake]:
    # The name of each is a tag too.
    yield from tag_mistakes({**args.tags, "Name": ""}, "tags")


class EcrVpcEndpointsArgs(CheckedArgs):
    """Ways from a VPC to ECR that do not cross the internet: two addresses, and a gateway to S3 for the layers."""

    checks = (_endpoint, _layers, _partition, _tags)
    stand_ins: ClassVar = {
        "endpoint": {"subnet_ids": ["subnet-0"], "network_id": "vpc-0"},
        "route_table_ids": "elsewhere",
    }

    endpoint: PrivateEndpoint
    """VPC, subnets and security groups. The groups let HTTPS (443) in from the nodes."""
    route_table_ids: list[MaybeOutput[str]] | Literal["elsewhere"]
    """Route tables that lead to S3, where layers are; `elsewhere` where the VPC has a gateway to S3 already."""
    layers_only: bool = False
    """The gateway leads to ECR's layers alone, and to no other bucket. Default: false."""
    ip_address_type: Literal["ipv4", "dualstack"] | None = Field(default=None)
    """Addresses of the endpoints. Default: AWS's, ipv4."""
    region: Region | None = None
    """Where the VPC is. Default: the provider's region."""
    tags: Tags = {}
    """Tags beside those that say who made them. Default: none."""


__all__ = ["EcrVpcEndpointsArgs"]
