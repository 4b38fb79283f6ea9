"""What pods and their controller become. Pure; secrets stand in other objects, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from ..objects import Named
from ..security import container_security, pod_security
from .pods import AZURE_IDENTITY, EnvSecret, ExistingServiceAccount, Pods, Probe, Resources, Toleration
from .volumes import Claim, NewClaim, is_shared

Form: TypeAlias = Literal["rolling", "recreate", "stateful"]


class Mount(NamedTuple):
    """A volume and where the container finds it."""

    name: str
    path: str
    source: Mapping[str, Any]
    """The volume's source, such as `{"emptyDir": {}}`."""
    read_only: bool = False
    sub_path: str | None = None


def form_of(claim: Claim | None, *, in_memory: bool = False) -> Form:
    """Return what runs the pods.

    A volume that one node mounts holds up a rolling update for ever where the new pod is on another node, and one that
    lands on the same node would write beside the old one. A StatefulSet ends the old pod first, also where its node is
    lost. What is in memory is in one pod.
    """
    if in_memory:
        return "recreate"
    return "rolling" if claim is None or is_shared(claim) else "stateful"


def selector(named: Named, what: str) -> dict[str, str]:
    """Return the labels that the pods are found by; a controller's cannot be changed."""
    return {"app.kubernetes.io/instance": named.name, "app.kubernetes.io/name": what}


def account_name(pods: Pods, named: Named) -> str:
    """Return the name of the pods' ServiceAccount."""
    said = pods.service_account
    return said.name if isinstance(said, ExistingServiceAccount) else named.name


def identity(pods: Pods) -> dict[str, str]:
    """Return the label of pods without which a cloud gives them no identity."""
    annotations = getattr(pods.service_account, "annotations", {})
    asked = any(key.startswith("azure.workload.identity/") for key in annotations)
    return {AZURE_IDENTITY: "true"} if asked else {}


def container(
    pods: Pods,
    name: str,
    image: Any,
    *,
    ports: Mapping[str, int],
    mounts: Iterable[Mount],
    command: Sequence[Any] = (),
    arguments: Sequence[Any] = (),
    env: Iterable[Mapping[str, Any]] = (),
    probes: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a container that runs as nobody in particular, with a root that is read-only."""
    found: dict[str, Any] = {
        "name": name,
        "image": image,
        "env": [*env, *environment(pods)],
        "ports": [{"name": key, "containerPort": ports[key], "protocol": "TCP"} for key in sorted(ports)],
        "volumeMounts": [_mounted(mount) for mount in mounts],
        "resources": resources(pods.resources),
        "securityContext": container_security(),
        # What it ended with is the message that `kubectl describe` shows.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        **(probes or {}),
    }
    said = {"command": list(command), "args": list(arguments)}
    return {key: value for key, value in {**found, **said}.items() if value not in ([], {})}


def environment(pods: Pods) -> list[dict[str, Any]]:
    """Return the variables that were said."""
    found = []
    for name, value in sorted(pods.env.items()):
        if isinstance(value, EnvSecret):
            found.append(secret_variable(name, value.secret, value.key))
        else:
            found.append({"name": name, "value": value.value})
    return found


def secret_variable(name: str, secret: Any, key: str) -> dict[str, Any]:
    """Return a variable whose value is in a Secret."""
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def probe(handler: Mapping[str, Any], said: Probe) -> dict[str, Any]:
    """Return a probe."""
    delay = {"initialDelaySeconds": said.initial_delay_seconds} if said.initial_delay_seconds else {}
    return {
        **handler,
        **delay,
        "periodSeconds": said.period_seconds,
        "timeoutSeconds": said.timeout_seconds,
        "failureThreshold": said.failure_threshold,
    }


def resources(said: Resources) -> dict[str, Any]:
    """Return what a container asks for and may take."""
    found: dict[str, Any] = {}
    for kind in ("request", "limit"):
        amounts = {
            key: getattr(said, f"{field}_{kind}")
            for key, field in (("cpu", "cpu"), ("ephemeral-storage", "ephemeral_storage"), ("memory", "memory"))
            if getattr(said, f"{field}_{kind}") is not None
        }
        if amounts:
            found[f"{kind}s"] = amounts
    return found


def template(
    pods: Pods,
    named: Named,
    found_by: Mapping[str, str],
    *,
    containers: Sequence[Mapping[str, Any]],
    mounts: Iterable[Mount],
    checksums: Mapping[str, Any],
    stop_seconds: int,
) -> dict[str, Any]:
    """Return the pods; another checksum is another pod, by which they take what has changed."""
    labels = {**pods.pod_labels, **identity(pods), **named.labels, **found_by}
    spec: dict[str, Any] = {
        "serviceAccountName": account_name(pods, named),
        "automountServiceAccountToken": False,
        # Variables that Kubernetes makes of the namespace's Services may mean something to the program.
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": stop_seconds,
        "securityContext": pod_security(pods.user_id),
        "containers": list(containers),
        "volumes": [{"name": mount.name, **mount.source} for mount in mounts],
        **scheduling(pods, found_by),
    }
    return {
        "metadata": {
            "labels": dict(sorted(labels.items())),
            "annotations": dict(sorted({**pods.pod_annotations, **checksums}.items())),
        },
        "spec": spec,
    }


def scheduling(pods: Pods, found_by: Mapping[str, str]) -> dict[str, Any]:
    """Return where pods run."""
    found: dict[str, Any] = {}
    if pods.image_pull_secrets:
        found["imagePullSecrets"] = [{"name": name} for name in pods.image_pull_secrets]
    if pods.node_selector:
        found["nodeSelector"] = dict(sorted(pods.node_selector.items()))
    if pods.tolerations:
        found["tolerations"] = [toleration(said) for said in pods.tolerations]
    if pods.priority_class is not None:
        found["priorityClassName"] = pods.priority_class
    if pods.anti_affinity != "none":
        found["affinity"] = {"podAntiAffinity": _apart(pods, found_by)}
    if pods.topology_spread:
        found["topologySpreadConstraints"] = [
            {
                "topologyKey": said.topology_key,
                "maxSkew": said.max_skew,
                "whenUnsatisfiable": said.when_unsatisfiable,
                "labelSelector": {"matchLabels": dict(found_by)},
                **({} if said.node_taints_policy is None else {"nodeTaintsPolicy": said.node_taints_policy}),
            }
            for said in pods.topology_spread
        ]
    return found


def _apart(pods: Pods, found_by: Mapping[str, str]) -> dict[str, Any]:
    term = {"topologyKey": pods.anti_affinity_topology, "labelSelector": {"matchLabels": dict(found_by)}}
    if pods.anti_affinity == "required":
        return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}


def toleration(said: Toleration) -> dict[str, Any]:
    """Return one taint that pods put up with."""
    found: dict[str, Any] = {"operator": "Exists" if said.value is None else "Equal"}
    for key, value in (
        ("key", said.key),
        ("value", said.value),
        ("effect", said.effect),
        ("tolerationSeconds", said.seconds),
    ):
        if value is not None:
            found[key] = value
    return found


def _mounted(mount: Mount) -> dict[str, Any]:
    found: dict[str, Any] = {"name": mount.name, "mountPath": mount.path}
    if mount.read_only:
        found["readOnly"] = True
    if mount.sub_path is not None:
        found["subPath"] = mount.sub_path
    return found


def workload(
    named: Named,
    namespace: Any,
    found_by: Mapping[str, str],
    pod_template: Mapping[str, Any],
    *,
    form: Form,
    replicas: int | None,
) -> dict[str, Any]:
    """Return the Deployment or StatefulSet. `replicas` is None where an autoscaler says how many."""
    spec: dict[str, Any] = {"selector": {"matchLabels": dict(found_by)}, "template": dict(pod_template)}
    if replicas is not None:
        spec["replicas"] = replicas
    match form:
        case "stateful":
            # Parallel: the controller does not wait for a pod that never becomes ready before it makes a better one.
            spec |= {"serviceName": named.name, "podManagementPolicy": "Parallel"}
        case "recreate":
            spec["strategy"] = {"type": "Recreate"}
        case "rolling":
            spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind_of(form),
        "metadata": named.metadata("", namespace),
        "spec": spec,
    }


def kind_of(form: Form) -> str:
    """Return the controller's kind."""
    return "StatefulSet" if form == "stateful" else "Deployment"


def claim(said: NewClaim, named: Named, namespace: Any) -> dict[str, Any]:
    """Return the claim. Nobody waits for its volume, which many classes make only when the first pod mounts it."""
    spec: dict[str, Any] = {
        "accessModes": [said.access_mode],
        "resources": {"requests": {"storage": said.size}},
        "volumeMode": "Filesystem",
    }
    if said.storage_class is not None:
        spec["storageClassName"] = said.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": named.metadata("-data", namespace, **said.annotations, **{"pulumi.com/skipAwait": "true"}),
        "spec": spec,
    }


def claim_mount(said: Claim, named: Named, path: str) -> Mount:
    """Return the claim's volume in a pod."""
    name: Any = f"{named.name}-data" if isinstance(said, NewClaim) else said.claim_name
    sub_path = None if isinstance(said, NewClaim) else said.sub_path
    return Mount("data", path, {"persistentVolumeClaim": {"claimName": name}}, sub_path=sub_path)
