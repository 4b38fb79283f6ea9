"""How clients reach Harbor in the cluster: five ways, each with all that the chart says of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake, dotted
from ..kubernetes.serving.expose import Gateway
from ..kubernetes.serving.words import (
    Address,
    Annotations,
    Labels,
    Line,
    NodePort,
    ObjectName,
    Port,
    Range,
    ServiceName,
)
from .words import DnsName


class IngressExpose(Args):
    """An Ingress; its controller speaks TLS, and no nginx of Harbor's own runs."""

    kind: Literal["ingress"] = "ingress"
    host: DnsName
    """The name that clients use."""
    class_name: ObjectName | None = None
    """The IngressClass. Default: the cluster's default class."""
    controller: Literal["default", "gce", "ncp", "alb", "f5-bigip"] = "default"
    """Which controller, where it has needs of its own. Default: one without."""
    annotations: Annotations = {}
    """Annotations beside the chart's, which lift the limit of a body's size and send http to https. Default: none."""
    labels: Labels = {}
    """Labels. Default: none."""
    kubernetes_version: Line | None = None
    """The version that the Ingress is written for. Default: the cluster's."""


class RouteExpose(Args):
    """HTTPRoutes of the Gateway API; the Gateway's listener speaks TLS."""

    kind: Literal["route"] = "route"
    hosts: list[DnsName] = Field(min_length=1)
    """The names that clients use; the first is that of the external URL."""
    gateways: list[Gateway] = Field(min_length=1)
    """The Gateways it hangs on."""
    annotations: Annotations = {}
    """Annotations. Default: none."""
    labels: Labels = {}
    """Labels. Default: none."""


def _ports(args: ClusterIpExpose | NodePortExpose | LoadBalancerExpose) -> Iterable[Mistake]:
    if args.http_port == args.https_port:
        yield Mistake("https_port", f"{args.https_port} is http_port too; choose another")


def _node_ports(args: NodePortExpose) -> Iterable[Mistake]:
    if args.http_node_port == args.https_node_port:
        yield Mistake("https_node_port", f"{args.https_node_port} is http_node_port too; choose another")


class ClusterIpExpose(CheckedArgs):
    """A Service inside of the cluster, in front of Harbor's own nginx."""

    checks: ClassVar[tuple[Check, ...]] = (_ports,)

    kind: Literal["cluster_ip"] = "cluster_ip"
    service_name: ServiceName = "harbor"
    """The Service's name. Default: harbor."""
    static_ip: Address | None = None
    """Its address. Default: one that the cluster chooses."""
    http_port: Port = 80
    """Where it listens for HTTP. Default: 80."""
    https_port: Port = 443
    """Where it listens for HTTPS. Default: 443."""
    annotations: Annotations = {}
    """Annotations. Default: none."""
    labels: Labels = {}
    """Labels. Default: none."""


class NodePortExpose(CheckedArgs):
    """A port of every node, in front of Harbor's own nginx."""

    checks: ClassVar[tuple[Check, ...]] = (_ports, _node_ports)

    kind: Literal["node_port"] = "node_port"
    service_name: ServiceName = "harbor"
    """The Service's name. Default: harbor."""
    http_port: Port = 80
    """Where the Service listens for HTTP. Default: 80."""
    http_node_port: NodePort = 30002
    """Where the nodes listen for HTTP, 30000 to 32767. Default: 30002."""
    https_port: Port = 443
    """Where the Service listens for HTTPS. Default: 443."""
    https_node_port: NodePort = 30003
    """Where the nodes listen for HTTPS, 30000 to 32767. Default: 30003."""
    annotations: Annotations = {}
    """Annotations. Default: none."""
    labels: Labels = {}
    """Labels. Default: none."""


class LoadBalancerExpose(CheckedArgs):
    """A load balancer of the platform, in front of Harbor's own nginx."""

    checks: ClassVar[tuple[Check, ...]] = (_ports,)

    kind: Literal["load_balancer"] = "load_balancer"
    service_name: ServiceName = "harbor"
    """The Service's name. Default: harbor."""
    static_ip: Address | None = None
    """Its address, where the platform lets it be chosen. Default: the platform's."""
    source_ranges: list[Range] = []
    """Ranges of addresses that may come in. Default: all."""
    http_port: Port = 80
    """Where it listens for HTTP. Default: 80."""
    https_port: Port = 443
    """Where it listens for HTTPS. Default: 443."""
    annotations: Annotations = {}
    """Annotations. Default: none."""
    labels: Labels = {}
    """Labels. Default: none."""


Expose: TypeAlias = Annotated[
    IngressExpose | RouteExpose | ClusterIpExpose | NodePortExpose | LoadBalancerExpose, Field(discriminator="kind")
]


def repeated_hosts(expose: RouteExpose) -> Iterable[Mistake]:
    """Yield names that a route has twice."""
    for number, host in enumerate(expose.hosts):
        if host in expose.hosts[:number]:
            yield Mistake(dotted(("expose", "hosts", number)), f"{host!r} is in the list already; remove it")
