"""A block as Harbor says it: the other registry, and the replication policy. Pure.

Sources: Harbor 2.15's OpenAPI document (`POST /registries`, `POST /replication/policies`), its adapters in
src/pkg/reg/adapter, and its documentation of replication rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..core.errors import stack_error
from ..kubernetes.registry_kind import RegistryKind, ecr_region
from .names import ALL_TAGS, full
from .routes import ADAPTERS, Way, name_filter, route

if TYPE_CHECKING:
    from ..blocks.mirroring import Replication
    from ..core.endpoint import RegistryEndpoint

# Harbor's schedules have a field of seconds before the five of cron.
_MACROS: Final[Mapping[str, str]] = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_DAILY: Final = "0 3 * * *"
_UNLIMITED: Final = -1
_LEGACY: Final = -1
"""The count of replaced name parts with which an empty namespace leaves names as they are."""


def harbor_registry(block: Replication, *, name: str) -> dict[str, Any]:
    """Return the body of `POST /registries` for the end that is not this Harbor.

    `credential` is there where the endpoint has a login, with the secret as it was given. Raises `StackError` where
    Harbor does not copy the block.
    """
    way = _way(block)
    end, kind = (block.destination, block.kinds[1]) if way == "harbor_push" else (block.source, block.kinds[0])
    found: dict[str, Any] = {
        "name": name,
        "type": ADAPTERS[kind or "other"],
        "url": _url(end, kind),
        "insecure": False,
    }
    if end.credentials is not None:
        found["credential"] = {
            "type": "basic",
            "access_key": end.credentials.username,
            "access_secret": end.credentials.password,
        }
    if end.ca_certificate is not None:
        found["ca_certificate"] = end.ca_certificate
    return found


def harbor_policy(block: Replication, *, name: str, registry_id: Any) -> dict[str, Any]:
    """Return the body of `POST /replication/policies`; `registry_id` is what Harbor calls the other registry.

    Raises `StackError` where Harbor does not copy the block.
    """
    way = _way(block)
    source, destination = _prefixes(block)
    stays = source == destination
    trigger = _trigger(block, way)
    found: dict[str, Any] = {
        "name": name,
        "dest_registry" if way == "harbor_push" else "src_registry": {"id": registry_id},
        "dest_namespace": "" if stays else destination,
        "dest_namespace_replace_count": _LEGACY if stays else len([part for part in source.split("/") if part]),
        "filters": _filters(block),
        "trigger": trigger,
        "replicate_deletion": block.deletes,
        "override": block.overwrite,
        "enabled": True,
        "speed": _UNLIMITED if block.kibibytes_per_second is None else block.kibibytes_per_second,
        # A run that takes longer than its interval would copy the same twice.
        "single_active_replication": trigger["type"] == "scheduled",
    }
    return found


def _way(block: Replication) -> Way:
    chosen = route(block)
    if chosen.way not in ("harbor_push", "harbor_pull"):
        reasons = [str(one) for found in chosen.passed_over.values() for one in found]
        why = f": {'; '.join(reasons)}" if reasons else ", since neither end is one"
        raise stack_error(f"this is not copied by a Harbor{why}")
    return chosen.way


def _prefixes(block: Replication) -> tuple[str, str]:
    source, destination = block.source.prefix, block.destination.prefix
    if not isinstance(source, str) or not isinstance(destination, str):
        raise stack_error("the prefixes of both ends have to be known for Harbor's filters; give them as text")
    return source, destination


def _url(end: RegistryEndpoint, kind: RegistryKind | None) -> Any:
    if kind == "docker_hub":
        return "https://hub.docker.com"
    scheme = "http" if end.plain_http else "https"
    if not isinstance(end.server, str):
        return end.server.apply(lambda server: f"{scheme}://{server}")
    region = ecr_region(end.server)
    if region is not None:
        # The adapter takes the address of the API, and asks that for the registry's.
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"https://api.ecr.{region}.{domain}"
    return f"{scheme}://{end.server}"


def _filters(block: Replication) -> list[dict[str, str]]:
    found = []
    name = name_filter([full(_prefixes(block)[0], name) for name in block.repositories])
    if name is not None and name != "**":
        found.append({"type": "name", "value": name})
    if block.tags != ALL_TAGS:
        found.append({"type": "tag", "value": _either(block.tags), "decoration": "matches"})
    elif block.exclude_tags:
        found.append({"type": "tag", "value": _either(block.exclude_tags), "decoration": "excludes"})
    return found


def _either(patterns: Sequence[str]) -> str:
    return patterns[0] if len(patterns) == 1 else f"{{{','.join(sorted(patterns))}}}"


def _trigger(block: Replication, way: Way) -> dict[str, Any]:
    if block.schedule is None and way == "harbor_push":
        return {"type": "event_based"}
    said = block.schedule or _DAILY
    return {"type": "scheduled", "trigger_settings": {"cron": _MACROS.get(said) or f"0 {said}"}}


__all__ = ["harbor_policy", "harbor_registry"]
