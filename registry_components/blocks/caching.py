"""Pull-through caches of other registries."""

from __future__ import annotations

from pydantic import Field

from ..core.args import Args, MaybeOutput, Secret


class UpstreamCredentials(Args):
    """A login at the upstream registry."""

    username: MaybeOutput[str] = Field(min_length=1)
    password: Secret


class CacheUpstream(Args):
    """One upstream registry; a component refuses upstreams that its platform cannot reach."""

    upstream: str = Field(min_length=1)
    """Host of the upstream: `docker.io`, `ghcr.io`, `quay.io`, `registry.k8s.io`, …"""
    credentials: UpstreamCredentials | None = None
    """Login at the upstream. Default: anonymous."""
    upstream_prefix: str | None = None
    """What of the upstream is cached: a repository prefix. Default: everything."""
