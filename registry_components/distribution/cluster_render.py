"""What a registry in a cluster becomes: manifests. Pure; what is secret is in one Secret, and nowhere else."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..kubernetes import scheduled_render as scheduled
from ..kubernetes.objects import Named
from ..kubernetes.security import container_security, pod_security
from ..kubernetes.serving import render_objects as objects
from ..kubernetes.serving import render_pods as pods
from ..kubernetes.serving.expose import ServedByIngress, ServedByNodePort, ServedByRoute
from ..kubernetes.serving.pods import DisruptionBudget
from ..kubernetes.serving.reach import Destination, NetworkRules, PodPeer
from ..kubernetes.serving.render_observed import alert, failed_runs, prometheus_rule, service_monitor
from .args import DistributionRegistryArgs
from .cluster_args import GarbageCollection, KubernetesRuntime
from .reached import reached_by
from .render import Layout, Rendered
from .serving import Debug, Prometheus
from .storage import FilesystemStorage

DATA_DIRECTORY: Final = "/var/lib/registry"
"""Where a volume is mounted unless the storage says another directory."""
FILES_DIRECTORY: Final = "/etc/distribution"
"""Where config.yml, credentials and certificates are."""
CHECKSUM: Final = "registry-components.dev/config"
"""Annotation of the pods: the digest of all that they read at their start."""
METRICS_PATH: Final = "/metrics"
INSTANCE: Final = "app.kubernetes.io/instance"

PORT: Final = 5000
METRICS_PORT: Final = 5001
CONTAINER: Final = "registry"
_PROGRAM_FOLDER: Final = "/opt/distribution"
_PORT_NAME: Final = "registry"
_NODE: Final = "kubernetes.io/hostname"
_TRACES: Final = "OTEL_TRACES_EXPORTER"
# Before it is told to end, a pod still gets connections from whoever has not heard of it.
_STILL_ADDRESSED_SECONDS: Final = 5
_DRAIN_SECONDS: Final = 60

# What may be read by everybody who reads ConfigMaps: certificates and public keys.
_PUBLIC = re.compile(
    r"tls\.pem|client-ca-[0-9]+\.pem|token-roots\.pem|token-keys\.json|redis-ca-[0-9]+\.pem|redis\.pem"
)
# Settings with something secret in them; as a variable, each is one value, and a list or section is whole. Variables
# are named by what Distribution 3.1 calls a setting in its own program, which once is not the word of config.yml.
SECRET_SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "REGISTRY_HTTP_SECRET": ("http", "secret"),
    "REGISTRY_LOG_HOOKS": ("log", "hooks"),
    "REGISTRY_NOTIFICATIONS": ("notifications",),
    "REGISTRY_HEALTH_HTTPCHECKERS": ("health", "http"),
    "REGISTRY_PROXY_PASSWORD": ("proxy", "password"),
    "REGISTRY_REDIS_PASSWORD": ("redis", "password"),
    "REGISTRY_REDIS_SENTINELPASSWORD": ("redis", "sentinelpassword"),
    "REGISTRY_STORAGE_S3_ACCESSKEY": ("storage", "s3", "accesskey"),
    "REGISTRY_STORAGE_S3_SECRETKEY": ("storage", "s3", "secretkey"),
    "REGISTRY_STORAGE_AZURE_ACCOUNTKEY": ("storage", "azure", "accountkey"),
    "REGISTRY_STORAGE_AZURE_CREDENTIALS": ("storage", "azure", "credentials"),
}


@dataclass(frozen=True)
class Placed:
    """A configuration, by where it is kept."""

    config: dict[str, Any]
    """config.yml without what is secret, as a tree."""
    files: dict[str, Any]
    """Files that everybody may read, by name."""
    secret_files: dict[str, Any]
    """Files that nobody else may read, by name."""
    variables: dict[str, Any]
    """Secret settings by the variable that the registry reads them from; each is a tree or a value."""


def layout(args: DistributionRegistryArgs) -> Layout:
    """Return where things are in a pod."""
    return Layout(
        # Without an address the registry listens on IPv4 and IPv6.
        address=f":{PORT}",
        data_directory=data_directory(args),
        files_directory=FILES_DIRECTORY,
        debug_address=f":{METRICS_PORT}",
    )


def data_directory(args: DistributionRegistryArgs) -> str:
    """Return where blobs are in a pod."""
    storage = args.storage
    said = storage.root_directory if isinstance(storage, FilesystemStorage) else None
    return said or DATA_DIRECTORY


def in_pod(args: DistributionRegistryArgs, runtime: KubernetesRuntime) -> DistributionRegistryArgs:
    """Return the arguments with what a pod adds: time for what is under way when it ends, and metrics."""
    changes: dict[str, Any] = {"drain_timeout_seconds": drain_seconds(args)}
    if runtime.monitor is not None:
        # Where it listens is the layout's.
        changes["debug"] = Debug(port=METRICS_PORT, prometheus=Prometheus(path=METRICS_PATH))
    return args.model_copy(update=changes)


def drain_seconds(args: DistributionRegistryArgs) -> int:
    """Return how long requests that are under way get."""
    return _DRAIN_SECONDS if args.drain_timeout_seconds is None else args.drain_timeout_seconds


def place(rendered: Rendered) -> Placed:
    """Take a configuration apart into what everybody may read and what is secret."""
    tree: dict[str, Any] = {key: _copied(value) for key, value in rendered.config.items()}
    variables: dict[str, Any] = {}
    for name, path in SECRET_SETTINGS.items():
        section: Any = tree
        for word in path[:-1]:
            section = section.get(word, {})
        if path[-1] in section:
            variables[name] = section.pop(path[-1])
    public = {name: text for name, text in rendered.files.items() if _PUBLIC.fullmatch(name)}
    secret = {name: text for name, text in rendered.files.items() if name not in public}
    return Placed(tree, public, secret, variables)


def _copied(value: Any) -> Any:
    return {key: _copied(item) for key, item in value.items()} if isinstance(value, dict) else value


def variable(value: Any) -> str:
    """Return a setting as the registry reads it from a variable: YAML, in which a text of digits stays a text."""
    return json.dumps(value, sort_keys=True)


def checksum(salt: str, content: Mapping[str, str]) -> str:
    """Return a digest of all that pods read; without the salt, which is secret, it tells nothing of short passwords."""
    text = json.dumps([salt, sorted(content.items())])
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Given:
    """What a registry's manifests are made from."""

    args: DistributionRegistryArgs
    runtime: KubernetesRuntime
    named: Named
    secret_keys: tuple[str, ...]
    """Names of secret files."""
    public_keys: tuple[str, ...]
    """Names of the others, config.yml among them."""
    variables: tuple[str, ...]
    """Names of secret variables."""
    digest: Any
    """Of what pods read."""

    @property
    def found_by(self) -> dict[str, str]:
        return pods.selector(self.named, "distribution")

    @property
    def form(self) -> pods.Form:
        return pods.form_of(self.runtime.claim, in_memory=self.args.storage.kind == "inmemory")


def manifests(given: Given) -> dict[str, dict[str, Any]]:
    """Return all but ConfigMap, Secret and claim by suffix of the resource's name; the workload's is empty."""
    runtime, named, namespace = given.runtime, given.named, given.runtime.namespace
    found: dict[str, dict[str, Any]] = {}
    if runtime.service_account.kind == "new":
        found["-account"] = objects.service_account(runtime.service_account, named, namespace)
    found["-network"] = objects.network_policy(
        named,
        namespace,
        {"matchLabels": given.found_by},
        _network(given),
        ports=[PORT],
        metrics_port=METRICS_PORT if runtime.monitor is not None else None,
        needed=list(destinations(given.args)),
    )
    found[""] = _workload(given)
    found["-service"] = objects.service(named, namespace, given.found_by, runtime.expose, {_PORT_NAME: given.args.port})
    match runtime.expose:
        case ServedByIngress() as ingress:
            found["-ingress"] = objects.ingress(named, namespace, ingress, {ingress.host: _PORT_NAME})
        case ServedByRoute() as route:
            found["-route"] = objects.route(named, "", namespace, route, hosts=route.hosts, port=given.args.port)
    if runtime.autoscaling is not None:
        found["-autoscaler"] = objects.autoscaler(named, namespace, runtime.autoscaling, given.form)
    budget = runtime.disruption_budget
    if budget is None and runtime.least_replicas > 1:
        budget = DisruptionBudget(max_unavailable=1)
    if budget is not None:
        found["-budget"] = objects.budget(named, namespace, given.found_by, budget)
    if runtime.monitor is not None:
        found["-metrics"] = objects.metrics_service(named, namespace, given.found_by, METRICS_PORT)
        found["-monitor"] = service_monitor(named, namespace, runtime.monitor, METRICS_PATH)
    if runtime.alerts is not None:
        found["-alerts"] = prometheus_rule(
            named,
            namespace,
            runtime.alerts,
            "distribution",
            _once_known(namespace, lambda known: _alerts(given, known)),
        )
    if runtime.garbage_collection is not None:
        found |= _collection(given, runtime.garbage_collection)
    return found


def collecting(named: Named) -> str:
    """Return the name of the CronJob that frees space."""
    return f"{named.name}-collect"


def pruning(name: str) -> str:
    """Return the name of the objects that carry a lifecycle policy out."""
    return f"{name}-prune"


def _network(given: Given) -> NetworkRules:
    """Return who may come in: who is said, and the pods that prune."""
    said = given.runtime.network
    if not said.clients or given.args.lifecycle is None:
        return said
    pods_that_prune = PodPeer(pods={INSTANCE: pruning(given.named.name)})
    return said.model_copy(update={"clients": [*said.clients, pods_that_prune]})


def files(placed: Placed, named: Named, namespace: Any, config: Any) -> dict[str, Any]:
    """Return the ConfigMap; `config` is the text of config.yml."""
    return objects.config_map(named, "-config", namespace, {"config.yml": config, **placed.files})


def _mounts(given: Given) -> list[pods.Mount]:
    sources: list[dict[str, Any]] = [
        {"configMap": {"name": f"{given.named.name}-config", "items": _items(given.public_keys)}}
    ]
    if given.secret_keys:
        sources.append({"secret": {"name": f"{given.named.name}-credentials", "items": _items(given.secret_keys)}})
    # 0440: the process reads them by its group.
    found = [
        pods.Mount("files", FILES_DIRECTORY, {"projected": {"sources": sources, "defaultMode": 0o440}}, read_only=True),
        pods.Mount("tmp", "/tmp", {"emptyDir": {}}),  # noqa: S108 - the pod's own
    ]
    if given.runtime.claim is not None:
        found.append(pods.claim_mount(given.runtime.claim, given.named, data_directory(given.args)))
    return found


def _items(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"key": name, "path": name} for name in sorted(names)]


def _environment(given: Given) -> list[dict[str, Any]]:
    secret = f"{given.named.name}-credentials"
    # Without it the registry looks for a trace collector on localhost.
    quiet = [] if _TRACES in given.runtime.env else [{"name": _TRACES, "value": "none"}]
    return [
        *quiet,
        *(pods.secret_variable(name, secret, name) for name in sorted(given.variables)),
    ]


def _workload(given: Given) -> dict[str, Any]:
    args, runtime, named = given.args, given.runtime, given.named
    mounts = _mounts(given)
    ports = {_PORT_NAME: PORT} | ({"metrics": METRICS_PORT} if runtime.monitor is not None else {})
    connects = {"tcpSocket": {"port": _PORT_NAME}}
    tls: Any = args.tls
    answers: dict[str, Any] = {
        # Answered without a login, below no prefix, and with 503 where one of the registry's own checks fails.
        "httpGet": {"path": "/", "port": _PORT_NAME, "scheme": "HTTPS" if args.serves_tls else "HTTP"}
    }
    if args.serves_tls and tls.client_cas:
        # No answer to a client without a certificate of its own.
        answers = connects
    container = pods.container(
        runtime,
        CONTAINER,
        runtime.image,
        command=["registry", "serve", f"{FILES_DIRECTORY}/config.yml"],
        env=_environment(given),
        ports=ports,
        mounts=mounts,
        probes={
            "startupProbe": pods.probe(connects, runtime.startup),
            "livenessProbe": pods.probe(connects, runtime.liveness),
            "readinessProbe": pods.probe(answers, runtime.readiness),
            "lifecycle": {"preStop": {"sleep": {"seconds": _STILL_ADDRESSED_SECONDS}}},
        },
    )
    template = pods.template(
        runtime,
        named,
        given.found_by,
        containers=[container],
        mounts=mounts,
        checksums={CHECKSUM: given.digest},
        stop_seconds=_STILL_ADDRESSED_SECONDS + drain_seconds(args) + 10,
    )
    if runtime.garbage_collection is not None and given.form == "stateful":
        # A volume of one node is there already while it is collected: the pod that is read-only is to go there, too.
        beside = {"topologyKey": _NODE, "labelSelector": {"matchLabels": {INSTANCE: collecting(named)}}}
        template["spec"].setdefault("affinity", {})["podAffinity"] = {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": beside}]
        }
    replicas = None if runtime.autoscaling is not None else runtime.least_replicas
    return pods.workload(named, runtime.namespace, given.found_by, template, form=given.form, replicas=replicas)


def destinations(args: DistributionRegistryArgs) -> Iterator[Destination]:
    """Yield what a registry's own settings make it reach; addresses of clouds change, so that only ports are said."""
    ports = {port for reached in reached_by(args) for port in reached.ports}
    if ports:
        yield Destination(ports=sorted(ports))


def server(args: DistributionRegistryArgs, runtime: KubernetesRuntime, name: str, namespace: str) -> str:
    """Return the host, with its port where clients have to say it, that they use."""
    match runtime.expose:
        case ServedByIngress() as ingress:
            return ingress.host
        case ServedByRoute() as route:
            return route.hosts[0]
        case ServedByNodePort() as ports:
            return f"{args.hostname}:{ports.node_port}"
    host = args.hostname or f"{name}.{namespace}.svc"
    secure = args.tls is not None
    return host if args.port == (443 if secure else 80) else f"{host}:{args.port}"


def plain_http(args: DistributionRegistryArgs, runtime: KubernetesRuntime) -> bool:
    """Return whether clients speak to it without TLS."""
    return args.tls is None and not isinstance(runtime.expose, ServedByIngress | ServedByRoute)


def _collection(given: Given, said: GarbageCollection) -> dict[str, dict[str, Any]]:
    """Return the CronJob that frees space, and its rights: to change this one workload, and to see pods."""
    named, namespace, runtime = given.named, given.runtime.namespace, given.runtime
    plural = "statefulsets" if given.form == "stateful" else "deployments"
    rules = [
        {"apiGroups": ["apps"], "resources": [plural], "resourceNames": [named.name], "verbs": ["get", "patch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
    ]
    own = Named(collecting(named), named.labels, named.annotations)
    schedule = scheduled.Schedule(said.schedule, said.time_zone)
    pod = _collecting_pod(given, said, plural)
    job = scheduled.job(said, own, given.digest, pod, labels={**pods.identity(runtime), INSTANCE: own.name})
    return {
        "-collect-role": objects.role(named, "-collect", namespace, rules),
        "-collect-binding": objects.role_binding(named, "-collect", namespace, pods.account_name(runtime, named)),
        "-collect": scheduled.cron_job(said, own, namespace, schedule, job | {"backoffLimit": said.retries}),
    }


def _collecting_pod(given: Given, said: GarbageCollection, plural: str) -> dict[str, Any]:
    runtime = given.runtime
    program = pods.Mount("program", _PROGRAM_FOLDER, {"emptyDir": {}})
    mounts = [*_mounts(given), program]
    brought = pods.container(
        runtime,
        "program",
        runtime.image,
        command=["cp", said.registry_program, f"{_PROGRAM_FOLDER}/registry"],
        ports={},
        mounts=[program],
    )
    collector = pods.container(
        runtime,
        "collect",
        said.image,
        command=["regc", "distribution", "collect"],
        arguments=[
            f"--workload={plural}/{given.named.name}",
            f"--container={CONTAINER}",
            "--namespace",
            runtime.namespace,
            f"--config={FILES_DIRECTORY}/config.yml",
            f"--registry={_PROGRAM_FOLDER}/registry",
            f"--switch-seconds={said.switch_seconds}",
            *(["--delete-untagged"] if said.delete_untagged else []),
        ],
        env=_environment(given),
        ports={},
        mounts=mounts,
    )
    own = scheduled.resources(said)
    spec: dict[str, Any] = {
        # Each retry is a new pod.
        "restartPolicy": "Never",
        "serviceAccountName": pods.account_name(runtime, given.named),
        "automountServiceAccountToken": True,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": said.stop_seconds,
        "securityContext": pod_security(runtime.user_id),
        "initContainers": [{**brought, "resources": own, "securityContext": container_security()}],
        "containers": [{**collector, "resources": own}],
        "volumes": [{"name": mount.name, **mount.source} for mount in mounts],
        **{key: value for key, value in pods.scheduling(runtime, given.found_by).items() if key in _PLACES},
    }
    if given.form == "stateful":
        # A volume of one node is mounted there again, beside the registry.
        near = {"topologyKey": _NODE, "labelSelector": {"matchLabels": given.found_by}}
        spec["affinity"] = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near]}}
    return spec


# What the pod that collects takes over of where the registry's pods run.
_PLACES: Final = ("imagePullSecrets", "nodeSelector", "tolerations", "priorityClassName")


def _once_known(value: Any, function: Callable[[Any], Any]) -> Any:
    return function(value) if isinstance(value, str) else value.apply(function)


def _alerts(given: Given, namespace: str) -> list[dict[str, Any]]:
    runtime, name = given.runtime, given.named.name
    assert runtime.alerts is not None  # noqa: S101 - the caller has seen it
    severity = runtime.alerts.severity
    where = f'namespace="{namespace}",service="{name}-metrics"'
    found = [
        alert(
            "RegistryDown",
            f"absent(up{{{where}}} == 1)",
            "5m",
            f"No pod of the registry {namespace}/{name} answers.",
            severity,
        ),
        # registry_http_requests_total has handler, method and code (Distribution 3.1, go-metrics).
        alert(
            "RegistryErrors",
            f'sum(rate(registry_http_requests_total{{{where},code=~"5.."}}[5m])) '
            f"> 0.05 * sum(rate(registry_http_requests_total{{{where}}}[5m]))",
            "10m",
            f"More than 5 % of the requests to the registry {namespace}/{name} fail.",
            severity,
        ),
    ]
    if runtime.garbage_collection is not None:
        cron = f'namespace="{namespace}",cronjob="{collecting(given.named)}"'
        jobs = f'namespace="{namespace}",job_name=~"{collecting(given.named)}-[0-9]+"'
        found += [
            alert(
                "RegistryCollectionFailed",
                failed_runs(jobs, cron),
                "1m",
                f"Garbage collection of the registry {namespace}/{name} failed: no space is freed.",
                "warning",
            ),
            alert(
                "RegistryReadOnly",
                f"kube_job_status_active{{{jobs}}} > 0",
                "2h",
                f"The registry {namespace}/{name} is being collected for two hours, and refuses pushes.",
                severity,
            ),
        ]
    return found
