"""What can be said of the pods of a service: how large, where, and as whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args, MaybeOutput
from ...core.checked import Check, CheckedArgs
from ...core.errors import Mistake
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
    """How evenly the pods are spread over nodes or zones; which pods are meant is added."""

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


class Probe(Args):
    """When a container counts as started, ready or alive."""

    initial_delay_seconds: int = Field(0, ge=0, le=3600)
    """Wait before the first look. Default: none."""
    period_seconds: int = Field(10, ge=1, le=3600)
    """Wait between two looks. Default: 10."""
    timeout_seconds: int = Field(5, ge=1, le=3600)
    """How long an answer may take. Default: 5."""
    failure_threshold: int = Field(3, ge=1, le=1000)
    """How many failures in a row count. Default: 3."""


class NewServiceAccount(Args):
    """A ServiceAccount that the component makes."""

    kind: Literal["new"] = "new"
    annotations: dict[LabelKey, MaybeOutput[str]] = {}
    """Annotations, by which a cloud gives the pods an identity: `eks.amazonaws.com/role-arn`,
    `iam.gke.io/gcp-service-account` or `azure.workload.identity/client-id`. Default: none."""


class ExistingServiceAccount(Args):
    """A ServiceAccount that is there."""

    kind: Literal["existing"] = "existing"
    name: ObjectName
    """Its name."""


ServiceAccount: TypeAlias = Annotated[NewServiceAccount | ExistingServiceAccount, Field(discriminator="kind")]

# What Azure's workload identity looks for (its webhook reads pods with the label, and no other).
AZURE_IDENTITY = "azure.workload.identity/use"


class Pods(CheckedArgs):
    """The pods of one service."""

    resources: Resources = Resources(cpu_request="100m", memory_request="256Mi", memory_limit="512Mi")
    """What the container asks for and may take. Default: 100m of CPU and 256Mi of memory, 512Mi at most."""
    env: dict[EnvName, Env] = {}
    """Environment variables beside the component's own, by name. Default: none."""
    user_id: int = Field(65532, ge=1, le=2_147_483_647)
    """The number of the user and group that the process runs as, and that volumes belong to. Default: 65532."""
    service_account: ServiceAccount = NewServiceAccount()
    """Whom the pods are to clouds: kind new or existing. Default: a new one without an identity."""
    image_pull_secrets: list[ObjectName] = []
    """Secrets to pull the image with. Default: those of the service account."""
    node_selector: Labels = {}
    """Labels that a node has to have. Default: any node."""
    tolerations: list[Toleration] = []
    """Taints that the pods put up with. Default: none."""
    priority_class: ObjectName | None = None
    """How important the pods are. Default: the cluster's default class."""
    anti_affinity: Literal["none", "preferred", "required"] = "preferred"
    """Whether the pods keep away from each other: `preferred` where there is room, `required` always. Default:
    preferred."""
    anti_affinity_topology: LabelKey = "kubernetes.io/hostname"
    """The label of nodes by which they keep away. Default: each node."""
    topology_spread: list[TopologySpread] = []
    """How evenly they are spread. Default: nothing is said."""
    pod_labels: Labels = {}
    """Labels of the pods beside the component's own. Default: none."""
    pod_annotations: Annotations = {}
    """Annotations of the pods beside the component's own. Default: none."""
