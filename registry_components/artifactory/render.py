"""What the arguments become: values of the chart. Nothing here knows Pulumi, and no secret is ever in them.

Sources: `values.yaml`, `templates/` and `sizing/` of JFrog's charts on github.com/jfrog/charts. The charts themselves
were not rendered here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..blocks.storage import AzureStorage, VolumeStorage
from ..kubernetes.objects import Named
from ..kubernetes.serving.expose import ServedByIngress, ServedByLoadBalancer, ServedByNodePort
from ..kubernetes.serving.pods import AZURE_IDENTITY
from ..kubernetes.serving.reach import Destination, NetworkRules
from ..kubernetes.serving.render_objects import network_policy
from ..kubernetes.serving.render_pods import resources, toleration
from ..kubernetes.values import Values
from ..storage.for_artifactory import Binarystore, to_artifactory
from ..storage.identities import service_account_annotations
from . import holding, sizing
from .database import DRIVER
from .names import BOOTSTRAP, Names

if TYPE_CHECKING:
    from .args import ArtifactoryRegistryArgs

REVISION = "registry-components/secrets-revision"
"""The annotation of pods that changes when a secret does that they have read."""

# ingress-nginx refuses larger bodies than 1 MB, and ends a request after 60 seconds.
_INGRESS = {
    "nginx.ingress.kubernetes.io/proxy-body-size": "0",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": "2400",
    "nginx.ingress.kubernetes.io/proxy-send-timeout": "2400",
}
_PORTS = (8081, 8082)
_SERVICES = {"load_balancer": "LoadBalancer", "node_port": "NodePort", "cluster_ip": "ClusterIP"}


def chart_name(args: ArtifactoryRegistryArgs) -> str:
    """Return what the chart is called in a repository."""
    return "artifactory" if holding.licensed(args) else "artifactory-jcr"


def values(args: ArtifactoryRegistryArgs, names: Names, revision: str | None = None) -> dict[str, Any]:
    """Return the chart's values: what is said, by its names, and the names of Secrets.

    `revision` becomes an annotation of the pods. Two calls with equal arguments give equal values in equal order.
    """
    tree = Values()
    _secrets(tree, args, names)
    _database(tree, names)
    _exposed(tree, args)
    _storage(tree, args, names)
    _pods(tree, args)
    if args.network is not None:
        tree.put("networkpolicy", [_network(args, args.network, names.release)])
    if revision is not None:
        tree.put("artifactory.annotations", {REVISION: revision})
    found = tree.sorted()
    if holding.licensed(args):
        return found
    # JFrog Container Registry's chart has Artifactory's as a part of it.
    return {"artifactory": found, "postgresql": {"enabled": False}}


def binarystore(args: ArtifactoryRegistryArgs) -> Binarystore | None:
    """Return what `binarystore.xml` says; None where the chart's own holds, which is the pod's volume."""
    if args.storage is None or isinstance(args.storage, VolumeStorage):
        return None
    return to_artifactory(args.storage)


def _secrets(tree: Values, args: ArtifactoryRegistryArgs, names: Names) -> None:
    tree.put("artifactory.masterKeySecretName", names.master_key)
    tree.put("artifactory.joinKeySecretName", names.join_key)
    tree.put("artifactory.admin.secret", names.admin)
    tree.put("artifactory.admin.dataKey", BOOTSTRAP)
    if names.license is not None:
        tree.put("artifactory.license.secret", names.license)
        tree.put("artifactory.license.dataKey", names.license_key)
    if args.trusted_certificates_secret is not None:
        tree.put("artifactory.customCertificates.enabled", True)
        tree.put("artifactory.customCertificates.certificateSecretName", args.trusted_certificates_secret)
    if args.system_yaml_existing_secret is not None:
        tree.put("systemYamlOverride.existingSecret", args.system_yaml_existing_secret)
        tree.put("systemYamlOverride.dataKey", args.system_yaml_existing_secret_key)


def _database(tree: Values, names: Names) -> None:
    tree.put("postgresql.enabled", False)
    tree.put("database.type", "postgresql")
    tree.put("database.driver", DRIVER)
    for what in ("user", "password", "url"):
        tree.put(f"database.secrets.{what}", {"name": names.database, "key": f"db-{what}"})


def _exposed(tree: Values, args: ArtifactoryRegistryArgs) -> None:
    expose = args.expose
    ingress = isinstance(expose, ServedByIngress)
    tree.put("ingress.enabled", ingress)
    tree.put("nginx.enabled", not ingress)
    if isinstance(expose, ServedByIngress):
        tree.put("ingress.hosts", [expose.host])
        tree.put("ingress.className", expose.class_name)
        tree.put("ingress.annotations", {**_INGRESS, **expose.annotations})
        tree.put("ingress.labels", dict(expose.labels) or None)
        if expose.tls_secret is not None:
            tree.put("ingress.tls", [{"secretName": expose.tls_secret, "hosts": [expose.host]}])
        return
    tree.put("nginx.tlsSecretName", args.tls_secret)
    tree.put("nginx.http.enabled", False)
    tree.put("nginx.service.type", _SERVICES[expose.kind])
    tree.put("nginx.service.annotations", dict(expose.annotations) or None)
    if isinstance(expose, ServedByLoadBalancer):
        tree.put("nginx.service.loadBalancerIP", expose.static_ip)
        tree.put("nginx.service.loadBalancerSourceRanges", list(expose.source_ranges) or None)
    if isinstance(expose, ServedByNodePort):
        tree.put("nginx.service.nodePort", expose.node_port)
    if args.sizing is not None:
        tree.put("nginx.replicaCount", sizing.SIZES[args.sizing].nginx_replicas)
        tree.put("nginx.resources", sizing.nginx(args.sizing))


def _storage(tree: Values, args: ArtifactoryRegistryArgs, names: Names) -> None:
    at = "artifactory.persistence"
    storage = args.storage
    tree.put(f"{at}.enabled", True)
    if isinstance(storage, VolumeStorage):
        tree.put(f"{at}.existingClaim", storage.claim)
    else:
        tree.put(f"{at}.size", args.volume.size)
        tree.put(f"{at}.accessMode", "ReadWriteOnce")
        tree.put(f"{at}.storageClassName", args.volume.storage_class)
    if binarystore(args) is not None:
        tree.put(f"{at}.customBinarystoreXmlSecret", names.binarystore)
    identity = service_account_annotations(storage)
    if isinstance(storage, AzureStorage) and identity:
        tree.put("artifactory.labels", {AZURE_IDENTITY: "true"})
    if identity:
        tree.put("serviceAccount.create", True)
        tree.put("serviceAccount.annotations", identity)
        # What signs the pod in reads a token of its own; the cluster's API is nobody's business here.
        tree.put("serviceAccount.automountServiceAccountToken", False)


def _network(args: ArtifactoryRegistryArgs, said: NetworkRules, release: str) -> dict[str, Any]:
    # The labels of all pods of the chart, nginx's too; nodes of Artifactory speak with each other on many ports.
    ours = {"matchLabels": {"app": "artifactory", "release": release}}
    ports = [*_PORTS, *([] if isinstance(args.expose, ServedByIngress) else [443])]
    # A port that is not known is asked for by the checks.
    database = args.database.port if isinstance(args.database.port, int) else 443
    needed = [Destination(ports=[port]) for port in sorted({443, database})]
    policy = network_policy(Named("", {}, {}), None, ours, said, ports=ports, metrics_port=None, needed=needed)["spec"]
    return {
        "name": "artifactory",
        "podSelector": ours,
        "ingress": [*policy["ingress"], {"from": [{"podSelector": ours}]}],
        "egress": [*policy["egress"], {"to": [{"podSelector": ours}]}],
    }


def _pods(tree: Values, args: ArtifactoryRegistryArgs) -> None:
    if args.sizing is not None:
        for path, value in sizing.values(args.sizing).items():
            tree.put(path, value)
    if args.resources is not None:
        tree.put("artifactory.resources", resources(args.resources))
    if args.java_options is not None:
        size = tree.get("artifactory.javaOpts.other")
        tree.put("artifactory.javaOpts.other", f"{size} {args.java_options}" if size else args.java_options)
    pods = holding.replicas(args)
    if args.autoscaling is None:
        tree.put("artifactory.replicaCount", pods)
    else:
        tree.put("autoscaling.enabled", True)
        tree.put("autoscaling.minReplicas", args.autoscaling.min_replicas)
        tree.put("autoscaling.maxReplicas", args.autoscaling.max_replicas)
        tree.put("autoscaling.targetCPUUtilizationPercentage", args.autoscaling.cpu_percent)
        tree.put("artifactory.replicaCount", args.autoscaling.min_replicas)
        pods = args.autoscaling.min_replicas
    if pods > 1:
        tree.put("artifactory.minAvailable", args.min_available or pods - 1)
    away = args.anti_affinity
    if args.sizing is not None and "anti_affinity" not in args.model_fields_set:
        away = "required"
    tree.put("artifactory.podAntiAffinity.type", {"none": "", "preferred": "soft", "required": "hard"}[away])
    tree.put("artifactory.nodeSelector", dict(args.node_selector) or None)
    tree.put("artifactory.tolerations", [toleration(one) for one in args.tolerations] or None)
    tree.put("artifactory.priorityClass.existingPriorityClass", args.priority_class)
    tree.put("global.imageRegistry", args.image_registry)
    tree.put("imagePullSecrets", list(args.image_pull_secrets) or None)
    if args.metrics:
        tree.put("artifactory.metrics.enabled", True)


__all__ = ["REVISION", "binarystore", "chart_name", "values"]
