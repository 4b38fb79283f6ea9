"""Metrics and traces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from .words import Host, HostPort, Labels, Line, Port, Url


def _check_interval(text: str) -> str | None:
    if re.fullmatch(r"[1-9][0-9]*(?:ms|s|m|h)", text):
        return None
    return f"{text!r} is not an interval of Prometheus; write it as '30s'"


def _check_metrics_path(text: str) -> str | None:
    if re.fullmatch(r"(?:/[A-Za-z0-9_.~-]+)+", text):
        return None
    return f"{text!r} is not a path; write it as '/metrics'"


def _relabeling(args: Relabeling) -> Iterable[Mistake]:
    if args.action in ("labelmap", "labeldrop", "labelkeep") and args.source_labels:
        yield Mistake("source_labels", f"have no meaning for action {args.action!r}, which looks at names; remove them")
    if args.action in ("replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"):
        if args.target_label is None:
            yield Mistake("target_label", f"is required for action {args.action!r}; give it")
    elif args.target_label is not None:
        yield Mistake("target_label", f"has no meaning for action {args.action!r}; remove it")
    if (args.modulus is not None) != (args.action == "hashmod"):
        yield Mistake("modulus", "and action 'hashmod' need each other; give both or neither")


class Relabeling(CheckedArgs):
    """One step that changes labels, as Prometheus has it."""

    checks: ClassVar[tuple[Check, ...]] = (_relabeling,)

    action: Literal[
        "replace",
        "keep",
        "drop",
        "hashmod",
        "labelmap",
        "labeldrop",
        "labelkeep",
        "lowercase",
        "uppercase",
        "keepequal",
        "dropequal",
    ] = "replace"
    """What it does. Default: replace."""
    source_labels: list[Line] = []
    """Labels whose values are looked at. Default: none."""
    separator: str | None = None
    """What stands between their values. Default: `;`."""
    regex: Line | None = None
    """What they have to match. Default: anything."""
    target_label: Line | None = None
    """The label that is set."""
    replacement: str | None = None
    """What it is set to. Default: the first group of the match."""
    modulus: int | None = Field(None, ge=1)
    """With `hashmod`: of what the rest is taken."""


class ServiceMonitor(Args):
    """A ServiceMonitor for the Prometheus operator, whose definitions have to be in the cluster."""

    labels: Labels = {}
    """Labels by which a Prometheus finds it. Default: none."""
    interval: Annotated[str, validated(_check_interval)] | None = None
    """How often metrics are fetched. Default: Prometheus's own."""
    relabelings: list[Relabeling] = []
    """What is changed before metrics are fetched. Default: nothing."""
    metric_relabelings: list[Relabeling] = []
    """What is changed before metrics are kept. Default: nothing."""


class Endpoint(Args):
    """Where one part shows its metrics."""

    path: Annotated[str, validated(_check_metrics_path)] = "/metrics"
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
    url_path: Annotated[str, validated(_check_metrics_path)] = "/v1/traces"
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
