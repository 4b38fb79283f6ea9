"""How large an Artifactory is: the numbers of the sizing files that JFrog ships with its chart.

Source: `stable/artifactory/sizing/artifactory-<size>.yaml` of github.com/jfrog/charts, as of late 2025. What those
files say of the further services (router, frontend, event, …) is left to the chart.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple, TypeAlias

Size: TypeAlias = Literal["xsmall", "small", "medium", "large", "xlarge", "2xlarge"]


class Sizing(NamedTuple):
    """One size."""

    replicas: int
    cpu: str
    memory: str
    memory_limit: str
    ram_percent: int
    """How much of the container's memory Java's heap may have."""
    pool: int
    """Threads for what runs beside requests."""
    queue: int
    http_connections: int
    threads: int
    """Requests that Tomcat serves at once."""
    accepted: int
    connections: int
    """Connections to the database, of each pod and each of three services."""
    access_threads: int
    access_cpu: str
    access_memory: str
    access_memory_limit: str
    nginx_replicas: int
    nginx_cpu: str
    nginx_memory: str
    nginx_memory_limit: str
    database_connections: int
    """What the files set PostgreSQL's max_connections to."""


# fmt: off
_SMALL: Final = Sizing(
    1, "1", "4Gi", "5Gi", 70, 40, 10_000, 50, 300, 600, 50,
    75, "500m", "1.5Gi", "2Gi", 1, "100m", "100Mi", "500Mi", 100,
)
SIZES: Final[dict[Size, Sizing]] = {
    "xsmall": Sizing(
        1, "1", "3Gi", "4Gi", 70, 10, 2000, 20, 50, 200, 15,
        15, "500m", "1.5Gi", "2Gi", 1, "50m", "50Mi", "250Mi", 50,
    ),
    "small": _SMALL,
    "medium": _SMALL._replace(replicas=2, nginx_replicas=2, database_connections=200),
    "large": Sizing(
        3, "2", "10Gi", "12Gi", 65, 80, 20_000, 100, 500, 800, 100,
        125, "1", "1.5Gi", "2Gi", 2, "1", "500Mi", "1Gi", 600,
    ),
    "xlarge": Sizing(
        4, "2", "14Gi", "16Gi", 65, 160, 50_000, 150, 600, 1200, 150,
        150, "500m", "2Gi", "3Gi", 2, "4", "4Gi", "8Gi", 2000,
    ),
    "2xlarge": Sizing(
        6, "4", "20Gi", "24Gi", 70, 200, 100_000, 150, 800, 1200, 200,
        200, "1", "2Gi", "4Gi", 3, "4", "6Gi", "8Gi", 5000,
    ),
}
# fmt: on


def values(size: Size) -> dict[str, Any]:
    """Return a size as the chart's values by dotted path; how many pods there are is not among them."""
    said = SIZES[size]
    java = [
        "-XX:InitialRAMPercentage=40",
        f"-XX:MaxRAMPercentage={said.ram_percent}",
        f"-Dartifactory.async.corePoolSize={said.pool}",
        f"-Dartifactory.async.poolMaxQueueSize={said.queue}",
        f"-Dartifactory.http.client.max.total.connections={said.http_connections}",
        f"-Dartifactory.http.client.max.connections.per.route={said.http_connections}",
        f"-Dartifactory.access.client.max.connections={said.access_threads}",
    ]
    return {
        "splitServicesToContainers": True,
        "artifactory.resources": _resources(said.cpu, said.memory, said.memory_limit),
        "artifactory.javaOpts.other": " ".join(java),
        "artifactory.tomcat.connector.maxThreads": said.threads,
        "artifactory.tomcat.connector.extraConfig": f'acceptCount="{said.accepted}"',
        "artifactory.database.maxOpenConnections": said.connections,
        "access.tomcat.connector.maxThreads": said.access_threads,
        "access.database.maxOpenConnections": said.connections,
        "access.resources": _resources(said.access_cpu, said.access_memory, said.access_memory_limit),
        "metadata.database.maxOpenConnections": said.connections,
    }


def nginx(size: Size) -> dict[str, Any]:
    """Return the resources of the nginx in front."""
    said = SIZES[size]
    return _resources(said.nginx_cpu, said.nginx_memory, said.nginx_memory_limit)


def _resources(cpu: str, memory: str, limit: str) -> dict[str, Any]:
    # The files set no limit of processor time.
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit}}


__all__ = ["SIZES", "Size", "Sizing", "nginx", "values"]
