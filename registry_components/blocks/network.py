"""From where a registry can be reached."""

from __future__ import annotations

from pydantic import Field

from ..core.args import Args, MaybeOutput


class PrivateEndpoint(Args):
    """A private address of the registry in a network."""

    subnet_ids: list[MaybeOutput[str]] = Field(min_length=1)
    """Subnets that get an address."""
    network_id: MaybeOutput[str] | None = None
    """VPC or virtual network of the subnets, where the platform asks for it."""
    security_group_ids: list[MaybeOutput[str]] = []
    """Security groups of the address, where the platform has them. Default: the network's own."""
    dns_zone_id: MaybeOutput[str] | None = None
    """Private DNS zone that resolves the registry's name, where the platform has one. Default: none."""


class Network(Args):
    """Private and public ways to a registry."""

    public: bool | None = None
    """Reachable from the internet. Default: the platform's own."""
    allowed_ranges: list[str] = []
    """Address ranges (CIDR) that may come from the internet. Default: all, where `public`."""
    private_endpoints: dict[str, PrivateEndpoint] = {}
    """Private addresses by name. Default: none."""
