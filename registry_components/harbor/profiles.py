"""Two sets of settings for what is not said: `minimal` for trying Harbor out, `ha` for running it.

What is said always wins, setting by setting. docs/harbor.md lists both sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from ..kubernetes.serving.pods import DisruptionBudget, Resources, TopologySpread
from .around import CacheLayer
from .observed import Metrics
from .parts import Trivy
from .pods import Container

Profile: TypeAlias = Literal["minimal", "ha"]

_ZONES = [TopologySpread(topology_key="topology.kubernetes.io/zone")]


def _asks(cpu: str, memory: str, limit: str) -> Resources:
    # No limit of processor time: it slows down a container while the node is idle.
    return Resources(cpu_request=cpu, memory_request=memory, memory_limit=limit)


def _controlled(resources: Resources) -> dict[str, Any]:
    # An autoscaler that goes by processor time measures no pod that has a container without a request for it.
    return {"controller": Container(resources=resources)}


def _twice(resources: Resources) -> dict[str, Any]:
    return {
        "replicas": 2,
        "disruption_budget": DisruptionBudget(min_available=1),
        "anti_affinity": "preferred",
        "topology_spread": _ZONES,
        "resources": resources,
    }


# The sizes of `ha` follow https://goharbor.io/docs/latest/install-config/installation-prereqs/ (4 CPU and 8 GB
# recommended for all parts of one Harbor), shared out over two pods of each part.
_PARTS: dict[Profile, dict[str, dict[str, Any]]] = {
    "minimal": {
        "core": {"resources": _asks("50m", "128Mi", "512Mi")},
        "portal": {"resources": _asks("10m", "32Mi", "128Mi")},
        "jobservice": {"resources": _asks("50m", "64Mi", "512Mi"), "max_workers": 3},
        "registry": {"resources": _asks("50m", "64Mi", "512Mi"), **_controlled(_asks("10m", "32Mi", "256Mi"))},
        "nginx": {"resources": _asks("10m", "32Mi", "128Mi")},
        "trivy": {"resources": _asks("50m", "256Mi", "1Gi")},
        "exporter": {"resources": _asks("10m", "32Mi", "128Mi")},
    },
    "ha": {
        "core": _twice(_asks("500m", "512Mi", "2Gi")),
        "portal": _twice(_asks("50m", "64Mi", "256Mi")),
        "jobservice": {**_twice(_asks("250m", "256Mi", "2Gi")), "loggers": ["database"]},
        "registry": {**_twice(_asks("500m", "512Mi", "2Gi")), **_controlled(_asks("100m", "128Mi", "1Gi"))},
        "nginx": _twice(_asks("100m", "64Mi", "512Mi")),
        "trivy": _twice(_asks("200m", "512Mi", "2Gi")),
        "exporter": {"resources": _asks("50m", "64Mi", "256Mi")},
    },
}

_SETTINGS: dict[Profile, dict[str, Any]] = {
    "minimal": {"trivy": None},
    "ha": {"trivy": Trivy(), "metrics": Metrics(), "manifest_cache": CacheLayer()},
}


def part_settings(profile: Profile | None, part: str) -> Mapping[str, Any]:
    """Return what a profile says of one part of Harbor."""
    return {} if profile is None else _PARTS[profile].get(part, {})


def settings(profile: Profile | None) -> Mapping[str, Any]:
    """Return what a profile says of Harbor as a whole."""
    return {} if profile is None else _SETTINGS[profile]
