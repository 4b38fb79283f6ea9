"""How many pods there are, and who may talk to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args
from ...core.checked import Check, CheckedArgs
from ...core.errors import Mistake
from .words import Labels, Port, Range


def _bounds(args: Autoscaling) -> Iterable[Mistake]:
    if args.max_replicas <= args.min_replicas:
        yield Mistake(
            "max_replicas", f"{args.max_replicas} is not more than min_replicas {args.min_replicas}; raise it"
        )
    if args.cpu_percent is None and args.memory_percent is None:
        yield Mistake("cpu_percent", "or memory_percent is required; say by what it scales")


class Autoscaling(CheckedArgs):
    """A HorizontalPodAutoscaler; the metrics server has to be in the cluster."""

    checks: ClassVar[tuple[Check, ...]] = (_bounds,)
    stand_ins = {"max_replicas": 100}

    min_replicas: int = Field(2, ge=1, le=1000)
    """How many pods at least. Default: 2."""
    max_replicas: int = Field(ge=2, le=1000)
    """How many pods at most."""
    cpu_percent: int | None = Field(70, ge=1, le=1000)
    """CPU in use, in percent of what is requested, that it aims at. Default: 70."""
    memory_percent: int | None = Field(None, ge=1, le=1000)
    """Memory in use, in percent of what is requested, that it aims at. Default: memory does not count."""
    scale_down_seconds: int = Field(300, ge=0, le=3600)
    """How long less must have been enough before pods go. Default: 300."""


class AddressPeer(Args):
    """A range of addresses."""

    kind: Literal["range"] = "range"
    range: Range
    """The range, such as `10.0.0.0/8`."""
    but: list[Range] = []
    """Ranges in it that are not meant. Default: none."""


def _some(args: PodPeer) -> Iterable[Mistake]:
    if not args.pods and args.namespaces is None:
        yield Mistake("pods", "or namespaces is required; say which pods are meant, or of which namespaces all are")


class PodPeer(CheckedArgs):
    """Pods of the cluster."""

    checks: ClassVar[tuple[Check, ...]] = (_some,)

    kind: Literal["pods"] = "pods"
    pods: Labels = {}
    """Labels that the pods have. Default: all pods."""
    namespaces: Labels | None = None
    """Labels that their namespaces have, such as `kubernetes.io/metadata.name: shop`; `{}` is every namespace. Default:
    the service's own namespace."""


Peer: TypeAlias = Annotated[AddressPeer | PodPeer, Field(discriminator="kind")]


class Destination(Args):
    """Something that the pods may reach."""

    to: list[Peer] = []
    """Where it is. Default: anywhere."""
    ports: list[Port] = Field(min_length=1)
    """Its TCP ports."""


class NetworkRules(Args):
    """A NetworkPolicy: what it does not let through is refused, by clusters whose network knows policies."""

    clients: list[Peer] = []
    """Who may connect to the served ports. Default: everybody; an Ingress's pods are clients too."""
    metrics_from: list[Peer] = []
    """Who may fetch metrics. Default: nobody."""
    destinations: list[Destination] | None = None
    """What the pods may reach beside the cluster's DNS. Default: what the component's own settings need."""
