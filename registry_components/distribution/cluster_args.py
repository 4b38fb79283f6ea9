"""Runtime `kubernetes`: what can be said of a registry's pods, and of what stands around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from ..core.args import MaybeOutput
from ..core.checked import Check
from ..core.errors import Mistake, dotted
from ..core.validated import validated
from ..core.versions import DISTRIBUTION_IMAGE
from ..kubernetes.cron import Cron, TimeZone
from ..kubernetes.scheduled_args import Runs, check_image
from ..kubernetes.serving.expose import (
    Served,
    ServedByClusterIp,
    ServedByIngress,
    ServedByLoadBalancer,
    ServedByNodePort,
    ServedByRoute,
)
from ..kubernetes.serving.observed import Alerts, ServiceMonitor
from ..kubernetes.serving.pods import DisruptionBudget, Pods, Probe
from ..kubernetes.serving.reach import Autoscaling, NetworkRules
from ..kubernetes.serving.volumes import Claim, NewClaim, is_shared
from ..kubernetes.serving.words import Namespace, check_base_name
from .checks import Path
from .reached import reached_by

if TYPE_CHECKING:
    from .args import DistributionRegistryArgs


class GarbageCollection(Runs):
    """A CronJob that frees the space of what was deleted.

    While it runs the registry is read-only: pulls are answered, pushes and deletes are refused (405).
    """

    schedule: Cron
    """When it runs, as cron has it: `30 3 * * 0`."""
    time_zone: TimeZone = "Etc/UTC"
    """The zone that the schedule is in. Default: Etc/UTC."""
    image: MaybeOutput[Annotated[str, validated(check_image)]]
    """An image with `regc` of this library, with a tag or digest."""
    registry_program: Path = "/bin/registry"
    """Where the registry's image has its program, a static one, and `cp` on its PATH. Default: /bin/registry, as
    upstream's has."""
    delete_untagged: bool = False
    """Delete manifests that no tag leads to as well, such as those that a tag was moved from. The parts of an image for
    several platforms stay with it; signatures that are attached without a tag (OCI referrers) go, and cosign's tagged
    ones stay. Default: false."""
    switch_seconds: int = Field(900, ge=10, le=86_400)
    """How long it may take until every pod is read-only; nothing is collected where it takes longer. Default: 900."""


def _counts(args: KubernetesRuntime) -> Iterable[Mistake]:
    if args.autoscaling is not None and args.replicas is not None:
        yield Mistake("replicas", "is what autoscaling decides; remove one of them")
    count = args.least_replicas
    if args.disruption_budget is not None and (args.disruption_budget.min_available or 0) >= count:
        yield Mistake(
            dotted(("disruption_budget", "min_available")),
            f"{args.disruption_budget.min_available} of {count} lets no pod go, so no node can be drained; give more "
            "replicas, or remove it",
        )


def _shares(args: KubernetesRuntime) -> Iterable[Mistake]:
    for what in ("cpu", "memory"):
        percent = None if args.autoscaling is None else getattr(args.autoscaling, f"{what}_percent")
        if percent is not None and getattr(args.resources, f"{what}_request") is None:
            yield Mistake(
                dotted(("resources", f"{what}_request")),
                f"is required with autoscaling.{what}_percent, which is a share of it; give it",
            )


def _one_node(args: KubernetesRuntime) -> Iterable[Mistake]:
    claim = args.claim
    if claim is None or is_shared(claim):
        return
    if (args.replicas or 1) > 1:
        yield Mistake(
            "replicas",
            f"{args.replicas} cannot share a volume of access mode {claim.access_mode!r}; let it be 'ReadWriteMany', "
            "or keep blobs in a bucket",
        )
    if args.autoscaling is not None:
        yield Mistake(
            "autoscaling",
            f"is not possible with a volume of access mode {claim.access_mode!r}; let it be 'ReadWriteMany', or keep "
            "blobs in a bucket",
        )
    if args.garbage_collection is not None and claim.access_mode == "ReadWriteOncePod":
        yield Mistake(
            dotted(("claim", "access_mode")),
            "'ReadWriteOncePod' keeps garbage_collection's pod out; let it be 'ReadWriteOnce'",
        )


def _monitored(args: KubernetesRuntime) -> Iterable[Mistake]:
    if args.alerts is not None and args.monitor is None:
        yield Mistake("monitor", "is required with alerts, which look at its metrics; give it, {} is enough")
    if args.monitor is not None and not args.network.metrics_from:
        yield Mistake(
            dotted(("network", "metrics_from")),
            "is required with monitor: say who may fetch metrics, such as {kind: pods, namespaces: "
            "{kubernetes.io/metadata.name: monitoring}}",
        )
    if args.network.metrics_from and args.monitor is None:
        yield Mistake(dotted(("network", "metrics_from")), "is for metrics, of which there are none; add monitor")


def _variables(args: KubernetesRuntime) -> Iterable[Mistake]:
    for name in sorted(args.env):
        if name.startswith("REGISTRY_"):
            yield Mistake(
                dotted(("env", name)), "overrides a setting behind the back of this component; give the setting itself"
            )


class KubernetesRuntime(Pods):
    """Pods of a cluster, of Kubernetes 1.30 or newer.

    With a volume that one node mounts a StatefulSet of one pod, which ends before the next begins; else a Deployment.
    """

    checks: ClassVar[tuple[Check, ...]] = (_counts, _shares, _one_node, _monitored, _variables)
    stand_ins = {"namespace": "default"}

    kind: Literal["kubernetes"] = "kubernetes"
    namespace: Namespace
    """The namespace; it has to be there."""
    object_name: Annotated[str, validated(check_base_name)] | None = None
    """What the objects' names begin with. Default: the component's name."""
    image: MaybeOutput[Annotated[str, validated(check_image)]] = DISTRIBUTION_IMAGE
    """The image, with a tag or digest. Default: upstream's, of the release that this library was made for."""
    claim: Claim | None = None
    """The volume of storage kind 'filesystem': kind new or existing. Default: none."""
    replicas: int | None = Field(None, ge=1, le=1000)
    """How many pods. Default: 2 where they can share the storage, else 1."""
    autoscaling: Autoscaling | None = None
    """A HorizontalPodAutoscaler instead of `replicas`. Default: none."""
    disruption_budget: DisruptionBudget | None = None
    """How many pods stay while nodes are drained. Default: one may go at a time, where there are several."""
    expose: Served = ServedByClusterIp()
    """How clients reach it: kind ingress, route, cluster_ip, node_port or load_balancer. Default: a Service inside of
    the cluster."""
    network: NetworkRules = NetworkRules()
    """The NetworkPolicy. Default: everybody may reach the registry and nothing else; it reaches what its settings
    need."""
    readiness: Probe = Probe(period_seconds=5)
    """When a pod gets requests: its own checks hold (`health`). Default: looked at every 5 seconds."""
    liveness: Probe = Probe(period_seconds=10, failure_threshold=6)
    """When a pod is ended: it takes no connection. Default: after a minute."""
    startup: Probe = Probe(period_seconds=2, failure_threshold=60)
    """How long a pod may take to start. Default: two minutes."""
    monitor: ServiceMonitor | None = None
    """Metrics, and a ServiceMonitor. Default: none."""
    alerts: Alerts | None = None
    """A PrometheusRule about them. Default: none."""
    garbage_collection: GarbageCollection | None = None
    """What frees the space of deleted images. Default: none."""

    @property
    def least_replicas(self) -> int:
        """How many pods there are at least."""
        if self.autoscaling is not None:
            return self.autoscaling.min_replicas
        one_node = self.claim is not None and not is_shared(self.claim)
        return self.replicas or (1 if one_node else 2)


def mistakes(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    """Yield what a registry cannot be asked for in a cluster."""
    runtime: Any = args.runtime
    if not isinstance(runtime, KubernetesRuntime):
        return
    yield from _storage(args, runtime)
    yield from _listening(args, runtime)
    yield from _reached(args, runtime)
    yield from _cached(args, runtime)
    yield from _proxied(args, runtime)
    if runtime.network.destinations is None:
        for reached in reached_by(args):
            if not reached.ports:
                yield Mistake(
                    "runtime.network.destinations",
                    f"is required, since {reached.path} is known only while running; say which ports pods may reach",
                )
    if args.lifecycle is not None and runtime.garbage_collection is None:
        yield Mistake(
            "runtime.garbage_collection",
            "is required with lifecycle: deleting manifests frees no space by itself; give a schedule and an image",
        )


def _storage(args: DistributionRegistryArgs, runtime: KubernetesRuntime) -> Iterator[Mistake]:
    kind = args.storage.kind
    if kind == "filesystem" and runtime.claim is None:
        yield Mistake("runtime.claim", "is required with storage kind 'filesystem'; give a volume, or use a bucket")
    if kind != "filesystem" and runtime.claim is not None:
        yield Mistake("runtime.claim", f"is for storage kind 'filesystem', not {kind!r}; remove one of them")
    if kind == "inmemory" and (runtime.least_replicas > 1 or runtime.autoscaling is not None):
        yield Mistake("runtime.replicas", "must be 1 with storage kind 'inmemory', which pods do not share")
    if kind == "inmemory" and runtime.garbage_collection is not None:
        yield Mistake("runtime.garbage_collection", "has no storage to look at with kind 'inmemory'; remove it")
    if args.deletion == "destroy" and kind == "filesystem" and not isinstance(runtime.claim, NewClaim):
        yield Mistake(
            "deletion",
            "'destroy' never removes a claim of your own; remove deletion and empty_on_delete, or say claim kind 'new'",
        )


def _listening(args: DistributionRegistryArgs, runtime: KubernetesRuntime) -> Iterator[Mistake]:
    served: Any = args.tls
    at_the_edge = isinstance(runtime.expose, ServedByIngress | ServedByRoute)
    if "host" in args.model_fields_set:
        yield Mistake("host", "is an address to listen on, and pods listen on all of theirs; remove it")
    if args.debug is not None:
        yield Mistake("debug", "is for metrics, which are runtime.monitor in a cluster; remove it")
    if args.auth.kind == "none" and not args.auth.allow_anonymous_network:
        yield Mistake(
            "auth.allow_anonymous_network",
            "is required in a cluster, where everybody who reaches it may push and delete; consent with true, or add a "
            "login (kind 'htpasswd' or 'token')",
        )
    if served is None and args.auth.kind != "none" and not at_the_edge:
        what = "passwords" if args.auth.kind == "htpasswd" else "tokens"
        yield Mistake(
            "tls",
            f"is required with expose kind {runtime.expose.kind!r}, or {what} cross the network in clear text; give a "
            "certificate, say kind 'terminated' where a mesh or proxy speaks TLS, or expose it by an ingress or route",
        )
    if served is not None and served.kind == "letsencrypt":
        yield Mistake(
            "tls.kind", "'letsencrypt' needs one process at port 443; let cert-manager make the certificate instead"
        )
    elif args.serves_tls and at_the_edge:
        yield Mistake(
            "tls.kind",
            f"{served.kind!r} is not possible with expose kind {runtime.expose.kind!r}, whose controller speaks TLS "
            "and reaches the pods in clear text; say 'terminated', or remove tls",
        )


def _reached(args: DistributionRegistryArgs, runtime: KubernetesRuntime) -> Iterator[Mistake]:
    expose = runtime.expose
    if isinstance(expose, ServedByIngress | ServedByRoute) and args.hostname is not None:
        yield Mistake("hostname", f"is runtime.expose's with kind {expose.kind!r}; remove it")
    if isinstance(expose, ServedByNodePort | ServedByLoadBalancer) and args.hostname is None:
        yield Mistake("hostname", f"is required with expose kind {expose.kind!r}: the name that clients use")
    if isinstance(expose, ServedByNodePort) and expose.node_port is None:
        yield Mistake("runtime.expose.node_port", "is required: clients have to know it; give 30000 to 32767")


def _cached(args: DistributionRegistryArgs, runtime: KubernetesRuntime) -> Iterator[Mistake]:
    if args.redis is None:
        return
    if runtime.garbage_collection is not None and args.redis.kind != "single":
        yield Mistake(
            "redis.kind",
            f"{args.redis.kind!r} is not possible with runtime.garbage_collection: what was deleted has to leave the "
            "cache, or clients are told that it is still there; use 'single', or cache kind 'inmemory'",
        )
    if runtime.monitor is not None:
        yield Mistake(
            "runtime.monitor",
            "is not possible with redis: the debug server then shows the whole configuration, passwords included, "
            "beside the metrics; use cache kind 'inmemory', or remove monitor",
        )


def _proxied(args: DistributionRegistryArgs, runtime: KubernetesRuntime) -> Iterator[Mistake]:
    if args.proxy is None:
        return
    if runtime.garbage_collection is not None:
        yield Mistake(
            "runtime.garbage_collection",
            "is not possible with proxy: a pull-through cache removes what it holds after proxy.ttl_hours; remove it",
        )
    several = runtime.autoscaling is not None or runtime.least_replicas > 1
    if several and args.proxy.ttl_hours > 0:
        yield Mistake(
            "runtime.replicas",
            "must be 1 with proxy: what expires when is known to one process, and a second one on the same storage "
            "overwrites its list; let it be 1, or proxy.ttl_hours 0",
        )


__all__ = ["GarbageCollection", "KubernetesRuntime", "mistakes"]
