"""How clients reach a service, in the words that Harbor's `expose` has too."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args
from .words import Address, Annotations, DnsName, Labels, NodePort, ObjectName, Range, ServiceName


class Gateway(Args):
    """A Gateway that the route hangs on."""

    name: ObjectName
    """Its name."""
    namespace: ServiceName | None = None
    """Its namespace. Default: the route's own."""
    listener: ServiceName | None = None
    """Which of its listeners (`sectionName`). Default: all."""


class ServedByIngress(Args):
    """An Ingress; its controller speaks TLS."""

    kind: Literal["ingress"] = "ingress"
    host: DnsName
    """The name that clients use."""
    class_name: ObjectName | None = None
    """The IngressClass. Default: the cluster's default class."""
    tls_secret: ObjectName | None = None
    """The Secret of type kubernetes.io/tls with the certificate for `host`; cert-manager makes it where an annotation
    asks for it. Default: the controller's own certificate."""
    annotations: Annotations = {}
    """Annotations beside those that lift ingress-nginx's limit of a body's size. Default: none."""
    labels: Labels = {}
    """Labels. Default: none."""


class ServedByRoute(Args):
    """An HTTPRoute of the Gateway API; the Gateway's listener speaks TLS."""

    kind: Literal["route"] = "route"
    hosts: list[DnsName] = Field(min_length=1)
    """The names that clients use; the endpoint is the first one."""
    gateways: list[Gateway] = Field(min_length=1)
    """The Gateways it hangs on."""
    annotations: Annotations = {}
    """Annotations. Default: none."""
    labels: Labels = {}
    """Labels. Default: none."""


class ServedByClusterIp(Args):
    """A Service inside of the cluster."""

    kind: Literal["cluster_ip"] = "cluster_ip"
    static_ip: Address | None = None
    """Its address. Default: one that the cluster chooses."""
    annotations: Annotations = {}
    """Annotations of the Service. Default: none."""
    labels: Labels = {}
    """Labels of the Service. Default: none."""


class ServedByNodePort(Args):
    """A port of every node."""

    kind: Literal["node_port"] = "node_port"
    node_port: NodePort | None = None
    """Where the nodes listen, 30000 to 32767. Default: one that the cluster chooses."""
    annotations: Annotations = {}
    """Annotations of the Service. Default: none."""
    labels: Labels = {}
    """Labels of the Service. Default: none."""


class ServedByLoadBalancer(Args):
    """A load balancer of the platform."""

    kind: Literal["load_balancer"] = "load_balancer"
    static_ip: Address | None = None
    """Its address, where the platform lets it be chosen. Default: the platform's."""
    source_ranges: list[Range] = []
    """Ranges of addresses that may come in. Default: all."""
    annotations: Annotations = {}
    """Annotations of the Service. Default: none."""
    labels: Labels = {}
    """Labels of the Service. Default: none."""


Served: TypeAlias = Annotated[
    ServedByIngress | ServedByRoute | ServedByClusterIp | ServedByNodePort | ServedByLoadBalancer,
    Field(discriminator="kind"),
]
