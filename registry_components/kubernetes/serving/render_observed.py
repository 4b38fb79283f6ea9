"""What a Prometheus operator reads: where metrics are, and what they mean. Pure."""

from __future__ import annotations

from typing import Any

from ..objects import Named, metadata
from .observed import Alerts, Relabeling, ServiceMonitor
from .render_objects import metrics_labels

_GROUP = "monitoring.coreos.com/v1"


def service_monitor(named: Named, namespace: Any, said: ServiceMonitor, path: str) -> dict[str, Any]:
    """Return the ServiceMonitor of the Service for metrics."""
    endpoint: dict[str, Any] = {"port": "metrics", "path": path}
    if said.interval is not None:
        endpoint["interval"] = said.interval
    if said.relabelings:
        endpoint["relabelings"] = [_step(step) for step in said.relabelings]
    if said.metric_relabelings:
        endpoint["metricRelabelings"] = [_step(step) for step in said.metric_relabelings]
    return {
        "apiVersion": _GROUP,
        "kind": "ServiceMonitor",
        "metadata": metadata(named.name, namespace, {**said.labels, **named.labels}, named.annotations),
        "spec": {"selector": {"matchLabels": metrics_labels(named)}, "endpoints": [endpoint]},
    }


def _step(said: Relabeling) -> dict[str, Any]:
    found = {
        "action": said.action,
        "sourceLabels": list(said.source_labels) or None,
        "separator": said.separator,
        "regex": said.regex,
        "targetLabel": said.target_label,
        "replacement": said.replacement,
        "modulus": said.modulus,
    }
    return {key: value for key, value in found.items() if value is not None}


def alert(name: str, expression: str, wait: str, summary: str, severity: str) -> dict[str, Any]:
    """Return one rule; `wait` is how long it must hold."""
    return {
        "alert": name,
        "expr": expression,
        "for": wait,
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }


def failed_runs(job: str, cron: str) -> str:
    """Return what holds while a run of a CronJob has failed and none has succeeded since.

    `job` and `cron` are labels of its Jobs and of itself, as kube-state-metrics 2.x has them.
    """
    # Kubernetes keeps failed jobs, and pods that failed count in a job that succeeded in the end: what began before the
    # last success tells nothing any more.
    over = (
        f"kube_job_status_start_time{{{job}}} <= on (namespace) group_left () "
        f"max by (namespace) (kube_cronjob_status_last_successful_time{{{cron}}})"
    )
    return f"kube_job_status_failed{{{job}}} > 0 unless on (namespace, job_name) ({over})"


def prometheus_rule(named: Named, namespace: Any, said: Alerts, group: str, rules: Any) -> dict[str, Any]:
    """Return the PrometheusRule; its rules are known by now or not."""
    return {
        "apiVersion": _GROUP,
        "kind": "PrometheusRule",
        "metadata": metadata(named.name, namespace, {**said.labels, **named.labels}, named.annotations),
        "spec": {"groups": [{"name": f"{named.name}.{group}", "rules": rules}]},
    }
