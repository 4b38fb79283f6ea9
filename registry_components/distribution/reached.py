"""What a registry's settings make it connect to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from .args import DistributionRegistryArgs


class Reached(NamedTuple):
    """One thing that a registry connects to."""

    path: str
    """The setting that says so."""
    ports: tuple[int, ...]
    """Its TCP ports; none where the setting is known only while the engine runs."""


def reached_by(args: DistributionRegistryArgs) -> Iterator[Reached]:
    """Yield what a registry connects to, beside its clients and the DNS."""
    storage: Any = args.storage
    if storage.kind in ("s3", "gcs", "azure"):
        field = {"s3": "region_endpoint", "gcs": "", "azure": "service_url"}[storage.kind]
        endpoint = getattr(storage, field, None)
        if endpoint is not None:
            yield Reached(f"storage.{field}", _of_url(endpoint))
        if endpoint is None or getattr(storage, "access_key", None) is None:
            # Identities of machines are handed out at 169.254.169.254, and those of EKS pods at 169.254.170.23.
            yield Reached("storage", (80, 443))
    if args.proxy is not None:
        # Upstreams send clients elsewhere for blobs, over TLS.
        known = _of_url(args.proxy.remote_url)
        yield Reached("proxy.remote_url", (*known, 443) if known else ())
    for number, endpoint in enumerate(args.notifications.endpoints if args.notifications is not None else []):
        yield Reached(f"notifications.endpoints[{number}].url", _of_url(endpoint.url))
    yield from _redis(args)
    if args.health is not None:
        for number, http in enumerate(args.health.http):
            yield Reached(f"health.http[{number}].url", _of_url(http.url))
        for number, tcp in enumerate(args.health.tcp):
            yield Reached(f"health.tcp[{number}].address", _of_address(tcp.address))
    for number, hook in enumerate(args.log.mail):
        yield Reached(f"log.mail[{number}].smtp_address", _of_address(hook.smtp_address))


def _redis(args: DistributionRegistryArgs) -> Iterator[Reached]:
    redis: Any = args.redis
    if redis is None:
        return
    if redis.kind == "single":
        yield Reached("redis.address", _of_address(redis.address))
        return
    for number, address in enumerate(redis.addresses):
        yield Reached(f"redis.addresses[{number}]", _of_address(address))
    if redis.kind == "sentinel":
        # The server itself, whose address the sentinels tell.
        yield Reached("redis", (6379,))


def _of_url(url: Any) -> tuple[int, ...]:
    if not isinstance(url, str):
        return ()
    parts = urlsplit(url)
    return (parts.port or (80 if parts.scheme == "http" else 443),)


def _of_address(address: Any) -> tuple[int, ...]:
    return (int(address.rpartition(":")[2]),) if isinstance(address, str) else ()


__all__ = ["Reached", "reached_by"]
