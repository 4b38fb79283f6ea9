"""What is said of pods, as values of the chart."""

from __future__ import annotations

from typing import Any

from ..kubernetes.serving.pods import EnvSecret
from ..kubernetes.serving.render_pods import resources, toleration
from ..kubernetes.values import Values, said
from .pods import Container, Pod, Probe, RevisedWorkload, ServedWorkload, Workload


def _probe(tree: Values, at: str, probe: Probe | None) -> None:
    if probe is None:
        return
    tree.put(f"{at}.initialDelaySeconds", probe.initial_delay_seconds)
    tree.put(f"{at}.periodSeconds", probe.period_seconds)
    tree.put(f"{at}.timeoutSeconds", probe.timeout_seconds)
    tree.put(f"{at}.failureThreshold", probe.failure_threshold)


def container(tree: Values, at: str, wanted: Container) -> None:
    """Put what is said of a container."""
    if wanted.resources is not None:
        tree.put(f"{at}.resources", resources(wanted.resources) or None)
    variables: list[dict[str, Any]] = []
    for name, value in sorted(wanted.env.items()):
        if isinstance(value, EnvSecret):
            reference = {"secretKeyRef": {"name": value.secret, "key": value.key}}
            variables.append({"name": name, "valueFrom": reference})
        else:
            variables.append({"name": name, "value": value.value})
    tree.put(f"{at}.extraEnvVars", variables or None)
    _probe(tree, f"{at}.livenessProbe", wanted.liveness)
    _probe(tree, f"{at}.readinessProbe", wanted.readiness)


def startup(tree: Values, at: str, probe: Probe | None) -> None:
    """Put how long a container may take to start."""
    _probe(tree, f"{at}.startupProbe", probe)


def placement(tree: Values, at: str, wanted: Pod) -> None:
    """Put where pods run and as whom."""
    tree.put(f"{at}.nodeSelector", dict(wanted.node_selector or {}) or None)
    tree.put(f"{at}.tolerations", [toleration(one) for one in wanted.tolerations or []] or None)
    tree.put(f"{at}.priorityClassName", wanted.priority_class)
    tree.put(f"{at}.serviceAccountName", wanted.service_account)
    tree.put(f"{at}.automountServiceAccountToken", wanted.mount_service_account_token)


def _anti_affinity(wanted: Workload, component: str, release: str) -> dict[str, Any] | None:
    if wanted.anti_affinity in (None, "none"):
        return None
    # The labels of the chart's pods (harbor.matchLabels of its _helpers.tpl, and each template's `component`).
    term = {
        "labelSelector": {"matchLabels": {"app": "harbor", "component": component, "release": release}},
        "topologyKey": wanted.anti_affinity_topology,
    }
    if wanted.anti_affinity == "required":
        return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    weighted = {"weight": 100, "podAffinityTerm": term}
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [weighted]}}


def workload(tree: Values, at: str, wanted: Workload, release: str, container_at: str | None = None) -> None:
    """Put all that is said of a part's pods; its container may stand elsewhere."""
    container(tree, container_at or at, wanted)
    placement(tree, at, wanted)
    tree.put(f"{at}.replicas", wanted.replicas)
    tree.put(f"{at}.podAnnotations", dict(wanted.pod_annotations) or None)
    tree.put(f"{at}.podLabels", dict(wanted.pod_labels) or None)
    budget = wanted.disruption_budget
    if budget is not None:
        tree.put(f"{at}.podDisruptionBudget.enabled", True)
        # The chart's default stands beside what is said, and a budget has one of the two: 0 is none in its template.
        tree.put(f"{at}.podDisruptionBudget.minAvailable", budget.min_available or 0)
        tree.put(f"{at}.podDisruptionBudget.maxUnavailable", budget.max_unavailable)
    tree.put(f"{at}.affinity", _anti_affinity(wanted, at, release))
    spread = [
        said(
            topologyKey=one.topology_key,
            maxSkew=one.max_skew,
            whenUnsatisfiable=one.when_unsatisfiable,
            nodeTaintsPolicy=one.node_taints_policy,
        )
        for one in wanted.topology_spread or []
    ]
    tree.put(f"{at}.topologySpreadConstraints", spread or None)
    if isinstance(wanted, RevisedWorkload):
        tree.put(f"{at}.revisionHistoryLimit", wanted.revision_history)
    if isinstance(wanted, ServedWorkload):
        tree.put(f"{at}.serviceAnnotations", dict(wanted.service_annotations) or None)
