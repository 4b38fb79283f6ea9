"""Metrics and traces."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.validated import validated
from ..kubernetes.serving.observed import ServiceMonitor, check_metrics_path
from ..kubernetes.serving.words import Host, Line, Port
from .words import HostPort, Url


class Endpoint(Args):
    """Where one part shows its metrics."""

    path: Annotated[str, validated(check_metrics_path)] = "/metrics"
    """The path. Default: /metrics."""
    port: Port = 8001
    """The port. Default: 8001."""


class Metrics(Args):
    """Metrics for Prometheus, and the exporter."""

    core: Endpoint = Endpoint()
    """The core's. Default: /metrics on 8001."""
    registry: Endpoint = Endpoint()
    """The registry's. Default: /metrics on 8001."""
    jobservice: Endpoint = Endpoint()
    """The job service's. Default: /metrics on 8001."""
    exporter: Endpoint = Endpoint()
    """The exporter's. Default: /metrics on 8001."""
    service_monitor: ServiceMonitor | None = None
    """Make a ServiceMonitor. Default: none."""


class Traces(Args):
    """What both ways to hand traces over share."""

    sample_rate: float = Field(0.1, ge=0, le=1)
    """Which part of requests is traced, 0 to 1. Default: 0.1; the chart's is 1, all of them."""
    namespace: Line | None = None
    """What tells this Harbor from others. Default: nothing."""
    attributes: dict[Line, str] = {}
    """Attributes of every trace. Default: none."""


class OtelTraces(Traces):
    """OpenTelemetry over HTTP."""

    kind: Literal["otel"] = "otel"
    endpoint: HostPort
    """host:port of the collector, 4318 by custom."""
    url_path: Annotated[str, validated(check_metrics_path)] = "/v1/traces"
    """The path. Default: /v1/traces."""
    compression: bool = False
    """Compress. Default: false."""
    insecure: bool = False
    """Speak plain HTTP. Default: false; the chart's is true."""
    timeout_seconds: int = Field(10, ge=1, le=600)
    """How long the collector may take. Default: 10."""


class JaegerCollectorTraces(Traces):
    """A collector of Jaeger 1.26 or newer, without a login."""

    kind: Literal["jaeger_collector"] = "jaeger_collector"
    endpoint: Url
    """The collector's URL, such as `http://jaeger:14268/api/traces`."""


class JaegerAgentTraces(Traces):
    """An agent of Jaeger 1.26 or newer."""

    kind: Literal["jaeger_agent"] = "jaeger_agent"
    host: Host
    """The agent's host."""
    port: Port = 6831
    """The agent's port for compact Thrift. Default: 6831."""


Trace: TypeAlias = Annotated[OtelTraces | JaegerCollectorTraces | JaegerAgentTraces, Field(discriminator="kind")]
