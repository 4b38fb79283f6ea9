"""Words of the Docker provider that every container of this library has, as the engine reports them.

Defaults are said as well: the engine reports them, and the provider takes what was not said for a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pulumi
import pulumi_docker as docker

DEFAULTS: Final[Mapping[str, Any]] = {
    "security_opts": ["no-new-privileges:true"],
    "privileged": False,
    "init": False,
    "rm": False,
    "tty": False,
    "stdin_open": False,
    "logs": False,
    "publish_all_ports": False,
    "remove_volumes": True,
    "max_retry_count": 0,
    "ipc_mode": "private",
}


def network(
    name: str, called: str, labels: Mapping[str, str], opts: pulumi.ResourceOptions, *, ipv6: bool = False
) -> pulumi.Output[str]:
    """Register a bridge of one's own; return its name."""
    made = docker.Network(
        name,
        name=called,
        driver="bridge",
        attachable=False,
        ingress=False,
        internal=False,
        ipv6=ipv6,
        labels=[docker.NetworkLabelArgs(label=key, value=value) for key, value in labels.items()],
        opts=opts,
    )
    return made.name


def container_labels(labels: Mapping[str, Any]) -> list[docker.ContainerLabelArgs]:
    """Return labels of a container, sorted."""
    return [docker.ContainerLabelArgs(label=key, value=labels[key]) for key in sorted(labels)]


def volume_labels(labels: Mapping[str, str]) -> list[docker.VolumeLabelArgs]:
    """Return labels of a volume."""
    return [docker.VolumeLabelArgs(label=key, value=value) for key, value in labels.items()]


def capabilities(names: Iterable[str]) -> list[str]:
    """Return capabilities as the engine reports them: sorted, with CAP_ before all but ALL."""
    return sorted({name if name == "ALL" else f"CAP_{name.removeprefix('CAP_')}" for name in names})


def go_duration(seconds: int) -> str:
    """Return a duration as Go writes it (1m30s), which is how the engine reports it."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def decimal(number: float) -> str:
    """Return a number of cores as the engine reports it."""
    return f"{number:.9f}".rstrip("0").rstrip(".")
