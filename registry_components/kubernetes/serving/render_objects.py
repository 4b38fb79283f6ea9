"""What stands around the pods: services, ways in, limits, files, rights. Pure; the data of a Secret is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..objects import Named, metadata
from .expose import (
    ServedByClusterIp,
    ServedByIngress,
    ServedByLoadBalancer,
    ServedByNodePort,
    ServedByRoute,
)
from .pods import DisruptionBudget, NewServiceAccount
from .reach import AddressPeer, Autoscaling, Destination, NetworkRules, PodPeer
from .render_pods import Form, kind_of

RBAC = "rbac.authorization.k8s.io"

# ingress-nginx refuses bodies of more than 1 MiB by itself, and layers are larger; the second is its older name.
_LARGE_BODIES = {
    "ingress.kubernetes.io/proxy-body-size": "0",
    "nginx.ingress.kubernetes.io/proxy-body-size": "0",
}


def service_account(said: NewServiceAccount, named: Named, namespace: Any) -> dict[str, Any]:
    """Return the pods' ServiceAccount; only a pod that asks for it gets its token."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": named.metadata("", namespace, **said.annotations),
        "automountServiceAccountToken": False,
    }


def config_map(named: Named, suffix: str, namespace: Any, data: Any) -> dict[str, Any]:
    """Return files, none of which is secret."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": named.metadata(suffix, namespace),
        "data": data,
        "immutable": False,
    }


def secret(named: Named, suffix: str, namespace: Any, data: Any) -> dict[str, Any]:
    """Return what is secret, by key."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": named.metadata(suffix, namespace),
        "type": "Opaque",
        "stringData": data,
        "immutable": False,
    }


def service(
    named: Named,
    namespace: Any,
    found_by: Mapping[str, str],
    served: ServedByIngress | ServedByRoute | ServedByClusterIp | ServedByNodePort | ServedByLoadBalancer,
    ports: Mapping[str, int],
) -> dict[str, Any]:
    """Return the Service; each port leads to the container's of the same name."""
    spec: dict[str, Any] = {"type": "ClusterIP", "selector": dict(found_by)}
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    entries: list[dict[str, Any]] = [
        {"name": name, "port": ports[name], "targetPort": name, "protocol": "TCP"} for name in sorted(ports)
    ]
    match served:
        case ServedByClusterIp():
            if served.static_ip is not None:
                spec["clusterIP"] = served.static_ip
        case ServedByNodePort():
            spec["type"] = "NodePort"
            if served.node_port is not None:
                entries[0]["nodePort"] = served.node_port
        case ServedByLoadBalancer():
            spec["type"] = "LoadBalancer"
            if served.static_ip is not None:
                spec["loadBalancerIP"] = served.static_ip
            if served.source_ranges:
                spec["loadBalancerSourceRanges"] = list(served.source_ranges)
    if isinstance(served, ServedByClusterIp | ServedByNodePort | ServedByLoadBalancer):
        labels, annotations = served.labels, served.annotations
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _marked(named, "", namespace, labels, annotations),
        "spec": {**spec, "ports": entries},
    }


def metrics_service(named: Named, namespace: Any, found_by: Mapping[str, str], port: int) -> dict[str, Any]:
    """Return a Service of its own for metrics, which no way in from outside leads to."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _marked(named, "-metrics", namespace, metrics_labels(named), {}),
        "spec": {
            "type": "ClusterIP",
            "selector": dict(found_by),
            "ports": [{"name": "metrics", "port": port, "targetPort": "metrics", "protocol": "TCP"}],
        },
    }


def metrics_labels(named: Named) -> dict[str, str]:
    """Return the labels by which a ServiceMonitor finds that Service."""
    return {"app.kubernetes.io/component": "metrics", "app.kubernetes.io/instance": named.name}


def ingress(named: Named, namespace: Any, served: ServedByIngress, hosts: Mapping[str, str]) -> dict[str, Any]:
    """Return the Ingress; `hosts` leads each name to a port of the Service."""
    tls: dict[str, Any] = {"hosts": sorted(hosts)}
    if served.tls_secret is not None:
        tls["secretName"] = served.tls_secret
    spec: dict[str, Any] = {
        "tls": [tls],
        "rules": [
            {
                "host": host,
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": named.name, "port": {"name": hosts[host]}}},
                        }
                    ]
                },
            }
            for host in sorted(hosts)
        ],
    }
    if served.class_name is not None:
        spec["ingressClassName"] = served.class_name
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": _marked(named, "", namespace, served.labels, {**_LARGE_BODIES, **served.annotations}),
        "spec": spec,
    }


def route(
    named: Named, suffix: str, namespace: Any, served: ServedByRoute, *, hosts: Sequence[str], port: int
) -> dict[str, Any]:
    """Return an HTTPRoute that leads these names to one port of the Service."""
    gateways = []
    for gateway in served.gateways:
        said = {"name": gateway.name, "namespace": gateway.namespace, "sectionName": gateway.listener}
        gateways.append({key: value for key, value in said.items() if value is not None})
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": _marked(named, suffix, namespace, served.labels, served.annotations),
        "spec": {
            "parentRefs": gateways,
            "hostnames": list(hosts),
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [{"name": named.name, "port": port}],
                }
            ],
        },
    }


def autoscaler(named: Named, namespace: Any, said: Autoscaling, form: Form) -> dict[str, Any]:
    """Return the HorizontalPodAutoscaler."""
    metrics = [
        {"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": aim}}}
        for name, aim in (("cpu", said.cpu_percent), ("memory", said.memory_percent))
        if aim is not None
    ]
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": named.metadata("", namespace),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind_of(form), "name": named.name},
            "minReplicas": said.min_replicas,
            "maxReplicas": said.max_replicas,
            "metrics": metrics,
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": said.scale_down_seconds}},
        },
    }


def budget(named: Named, namespace: Any, found_by: Mapping[str, str], said: DisruptionBudget) -> dict[str, Any]:
    """Return the PodDisruptionBudget. A pod that is not ready does not hold up a drain."""
    kept = {"minAvailable": said.min_available, "maxUnavailable": said.max_unavailable}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": named.metadata("", namespace),
        "spec": {
            **{key: value for key, value in kept.items() if value is not None},
            "selector": {"matchLabels": dict(found_by)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def network_policy(
    named: Named,
    namespace: Any,
    pods: Mapping[str, Any],
    said: NetworkRules,
    *,
    ports: Iterable[int],
    metrics_port: int | None,
    needed: Sequence[Destination],
) -> dict[str, Any]:
    """Return the NetworkPolicy of the pods that the selector `pods` finds: nothing but what is said, and DNS."""
    incoming = [_rule("from", said.clients, sorted(ports))]
    if metrics_port is not None and said.metrics_from:
        incoming.append(_rule("from", said.metrics_from, [metrics_port]))
    destinations = needed if said.destinations is None else said.destinations
    names = {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": named.metadata("", namespace),
        "spec": {
            "podSelector": dict(pods),
            "policyTypes": ["Ingress", "Egress"],
            "ingress": incoming,
            "egress": [names, *(_rule("to", found.to, found.ports) for found in destinations)],
        },
    }


def _rule(side: str, peers: Sequence[AddressPeer | PodPeer], ports: Sequence[int]) -> dict[str, Any]:
    found: dict[str, Any] = {"ports": [{"port": port, "protocol": "TCP"} for port in ports]}
    if peers:
        found[side] = [_peer(peer) for peer in peers]
    return found


def _peer(peer: AddressPeer | PodPeer) -> dict[str, Any]:
    if isinstance(peer, AddressPeer):
        return {"ipBlock": {"cidr": peer.range, **({"except": list(peer.but)} if peer.but else {})}}
    found: dict[str, Any] = {}
    if peer.namespaces is not None:
        found["namespaceSelector"] = _matching(peer.namespaces)
    if peer.pods:
        found["podSelector"] = _matching(peer.pods)
    return found


def _matching(labels: Mapping[str, str]) -> dict[str, Any]:
    return {"matchLabels": dict(sorted(labels.items()))} if labels else {}


def role(named: Named, suffix: str, namespace: Any, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return rights in the namespace."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "Role",
        "metadata": named.metadata(suffix, namespace),
        "rules": list(rules),
    }


def role_binding(named: Named, suffix: str, namespace: Any, account: str) -> dict[str, Any]:
    """Return what gives a ServiceAccount of the namespace the rights of the same suffix."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": named.metadata(suffix, namespace),
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": f"{named.name}{suffix}"},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


def _marked(
    named: Named, suffix: str, namespace: Any, labels: Mapping[str, Any], annotations: Mapping[str, Any]
) -> dict[str, Any]:
    return metadata(
        f"{named.name}{suffix}", namespace, {**labels, **named.labels}, {**annotations, **named.annotations}
    )
