"""What can be said of the pods of each part of Harbor: how many, how large, where, and as whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from ..core.args import Args
from ..core.checked import CheckedArgs
from ..core.errors import Mistake, dotted
from ..kubernetes.serving.pods import DisruptionBudget, Env, Resources, Toleration, TopologySpread
from ..kubernetes.serving.words import Annotations, EnvName, LabelKey, Labels, ObjectName


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
