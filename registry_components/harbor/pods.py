"""What can be said of the pods of each part of Harbor: how many, how large, where, and as whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake, dotted
from .words import (
    Annotations,
    EnvName,
    LabelKey,
    Labels,
    LabelValue,
    Line,
    ObjectName,
    Quantity,
    SecretKeyName,
    quantity,
)


def _limits(args: Resources) -> Iterable[Mistake]:
    for what in ("cpu", "memory", "ephemeral_storage"):
        request, limit = getattr(args, f"{what}_request"), getattr(args, f"{what}_limit")
        if request is not None and limit is not None and quantity(request) > quantity(limit):
            yield Mistake(f"{what}_request", f"{request!r} is more than {what}_limit {limit!r}; lower it")


class Resources(CheckedArgs):
    """What a container asks for and may take at most. Give requests: an autoscaler measures by them."""

    checks: ClassVar[tuple[Check, ...]] = (_limits,)

    cpu_request: Quantity | None = None
    """Processor time asked for, such as `250m`. Default: none."""
    memory_request: Quantity | None = None
    """Memory asked for, such as `512Mi`. Default: none."""
    ephemeral_storage_request: Quantity | None = None
    """Space on the node's disk asked for. Default: none."""
    cpu_limit: Quantity | None = None
    """Processor time at most. Default: no limit."""
    memory_limit: Quantity | None = None
    """Memory at most; the container is killed beyond. Default: no limit."""
    ephemeral_storage_limit: Quantity | None = None
    """Space on the node's disk at most. Default: no limit."""


class Toleration(Args):
    """A taint of nodes that the pods put up with."""

    key: LabelKey | None = None
    """The taint's key. Default: every key."""
    value: LabelValue | None = None
    """The taint's value. Default: any."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect. Default: every effect."""
    seconds: int | None = Field(None, ge=0)
    """With `NoExecute`: how long the pods stay. Default: for ever."""


class TopologySpread(Args):
    """How evenly the pods are spread over nodes or zones; the chart adds which pods are meant."""

    topology_key: LabelKey
    """The label of nodes whose values are the places, such as `topology.kubernetes.io/zone`."""
    max_skew: int = Field(1, ge=1, le=100)
    """How many pods more one place may have than another. Default: 1."""
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"] = "ScheduleAnyway"
    """What happens to a pod that would break it. Default: it starts all the same."""
    node_taints_policy: Literal["Honor", "Ignore"] | None = None
    """Whether nodes with taints count as places. Default: the cluster's (Ignore)."""


def _budget(args: DisruptionBudget) -> Iterable[Mistake]:
    if args.min_available is not None and args.max_unavailable is not None:
        yield Mistake("max_unavailable", "and min_available exclude each other; remove one of them")
    if args.min_available is None and args.max_unavailable is None:
        yield Mistake("min_available", "or max_unavailable is required; give one of them")


class DisruptionBudget(CheckedArgs):
    """How many pods stay while nodes are drained."""

    checks: ClassVar[tuple[Check, ...]] = (_budget,)

    min_available: int | None = Field(None, ge=1, le=100)
    """How many pods stay at least. Default: see `max_unavailable`."""
    max_unavailable: int | None = Field(None, ge=1, le=100)
    """How many pods may go at once. Default: see `min_available`."""


class Probe(Args):
    """When a container counts as alive or ready."""

    initial_delay_seconds: int | None = Field(None, ge=0, le=3600)
    """Wait before the first look. Default: the chart's."""
    period_seconds: int | None = Field(None, ge=1, le=3600)
    """Wait between two looks. Default: the chart's 10."""
    timeout_seconds: int | None = Field(None, ge=1, le=3600)
    """How long an answer may take. Default: the chart's 1."""
    failure_threshold: int | None = Field(None, ge=1, le=1000)
    """How many failures in a row count. Default: the chart's."""
    # Kubernetes takes nothing but 1 for liveness and startup, and nobody needs more than that for readiness.


class EnvValue(Args):
    """A plain value."""

    kind: Literal["value"] = "value"
    value: Line
    """The text; it is readable by everybody who may see the pod."""


class EnvSecret(Args):
    """An entry of a Secret in the namespace."""

    kind: Literal["secret"] = "secret"
    secret: ObjectName
    """The Secret's name."""
    key: SecretKeyName
    """The key in it."""


Env: TypeAlias = Annotated[EnvValue | EnvSecret, Field(discriminator="kind")]


class Container(CheckedArgs):
    """One container."""

    resources: Resources | None = None
    """What it asks for and may take. Default: the profile's, else nothing is said."""
    env: dict[EnvName, Env] = {}
    """Environment variables beside the chart's, by name. Default: none."""
    liveness: Probe | None = None
    """When it counts as alive. Default: the chart's."""
    readiness: Probe | None = None
    """When it counts as ready. Default: the chart's."""


class Pod(Container):
    """The pods of a part of which there is one."""

    node_selector: Labels | None = None
    """Labels that a node has to have. Default: what is said for all parts."""
    tolerations: list[Toleration] | None = None
    """Taints that the pods put up with. Default: what is said for all parts."""
    priority_class: ObjectName | None = None
    """How important the pods are. Default: what is said for all parts."""
    service_account: ObjectName | None = None
    """The ServiceAccount they run as. Default: the namespace's `default`."""
    mount_service_account_token: bool = False
    """Whether they get its token. Default: false."""
    pod_annotations: Annotations = {}
    """Annotations of the pods. Default: none."""
    pod_labels: Labels = {}
    """Labels of the pods. Default: none."""


class Workload(Pod):
    """The pods of a part of which there can be several."""

    replicas: int | None = Field(None, ge=1, le=100)
    """How many pods. Default: the profile's, else 1."""
    disruption_budget: DisruptionBudget | None = None
    """How many stay while nodes are drained. Default: the profile's, else none."""
    anti_affinity: Literal["none", "preferred", "required"] | None = None
    """Whether the pods keep away from each other: `preferred` where there is room, `required` always. Default: the
    profile's, else none."""
    anti_affinity_topology: LabelKey = "kubernetes.io/hostname"
    """The label of nodes by which they keep away. Default: each node."""
    topology_spread: list[TopologySpread] | None = None
    """How evenly they are spread. Default: the profile's, else nothing is said."""


class RevisedWorkload(Workload):
    """A Deployment."""

    revision_history: int | None = Field(None, ge=0, le=100)
    """How many old ReplicaSets are kept. Default: the chart's 10."""


class ServedWorkload(RevisedWorkload):
    """A Deployment behind a Service of its own."""

    service_annotations: Annotations = {}
    """Annotations of the Service. Default: none."""


def blocked_budget(workload: Workload, replicas: int, path: str) -> Iterable[Mistake]:
    """Yield a budget that lets no pod go, so that no node can be drained."""
    budget = workload.disruption_budget
    if budget is not None and budget.min_available is not None and budget.min_available >= replicas:
        yield Mistake(
            dotted((path, "disruption_budget", "min_available")),
            f"{budget.min_available} of {replicas} lets no pod go, so no node can be drained; give more replicas, or "
            "remove it",
        )
