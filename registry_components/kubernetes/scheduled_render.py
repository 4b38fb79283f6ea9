"""What schedules of this library become: a CronJob, its Job, its pod and its containers. Pure; holds no login.

Pods run as nobody in particular, with a root that is read-only and no capability, which the restricted profile of Pod
Security asks for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from .docker_config import KEY, TYPE
from .objects import Named
from .scheduled_args import Runs, ScheduledArgs
from .security import container_security, pod_security

FILES: Final = "/etc/regc/files"
"""Where pods find the files of the ConfigMap."""
_LOGIN: Final = "/etc/regc/docker"


class Schedule(NamedTuple):
    """When it runs."""

    cron: str
    time_zone: str


def checksum(content: Mapping[str, str]) -> str:
    """Return a digest of files, which the pods are annotated with."""
    text = "\0".join(f"{name}\0{content[name]}" for name in sorted(content))
    return hashlib.sha256(text.encode()).hexdigest()


def config_map(named: Named, namespace: Any, files: Any) -> dict[str, Any]:
    """Return the files; the next pod takes what has changed."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": named.metadata("-files", namespace),
        "data": files,
        "immutable": False,
    }


def secret(named: Named, namespace: Any, data: Any) -> dict[str, Any]:
    """Return the login; the next pod takes what has changed."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": named.metadata("-credentials", namespace),
        "type": TYPE,
        "data": data,
        "immutable": False,
    }


def account(named: Named, namespace: Any, **annotations: Any) -> dict[str, Any]:
    """Return the pods' service account. Only the pods that need it get its token."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": named.metadata("", namespace, **annotations),
        "automountServiceAccountToken": False,
    }


def cron_job(args: Runs, named: Named, namespace: Any, schedule: Schedule, job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CronJob."""
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": named.metadata("", namespace),
        "spec": {
            "schedule": schedule.cron,
            "timeZone": schedule.time_zone,
            "suspend": args.suspend,
            # Two runs at once would do the same twice, or wait for each other.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": args.start_within_minutes * 60,
            "successfulJobsHistoryLimit": args.keep_succeeded,
            "failedJobsHistoryLimit": args.keep_failed,
            "jobTemplate": {"metadata": {"labels": dict(sorted(named.labels.items()))}, "spec": job},
        },
    }


def job(
    args: Runs,
    named: Named,
    checksum_of_files: Any,
    pod_spec: Mapping[str, Any],
    *,
    labels: Mapping[str, Any] | None = None,
    rules: tuple[Mapping[str, Any], ...] = (),
) -> dict[str, Any]:
    """Return the Job, whose pods have further labels; `rules` say of which failures no other pod is tried."""
    return {
        "activeDeadlineSeconds": args.deadline_minutes * 60,
        "ttlSecondsAfterFinished": args.keep_finished_hours * 3600,
        # A pod whose node is drained is no failure of its own; the policy needs restartPolicy Never.
        "podFailurePolicy": {
            "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}, *rules]
        },
        "template": {
            "metadata": {
                "labels": dict(sorted({**named.labels, **(labels or {})}.items())),
                "annotations": {"files-sha256": checksum_of_files},
            },
            "spec": pod_spec,
        },
    }


def pod(args: ScheduledArgs, containers: list[dict[str, Any]], volumes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the pod without a service account's token."""
    spec: dict[str, Any] = {
        # Each retry is a new pod.
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": args.stop_seconds,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(args.user_id),
        "containers": containers,
        "volumes": volumes,
    }
    if args.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in args.image_pull_secrets]
    if args.node_selector:
        spec["nodeSelector"] = dict(sorted(args.node_selector.items()))
    return spec


def container(
    args: ScheduledArgs,
    name: str,
    image: Any,
    command: list[str],
    arguments: list[Any],
    *,
    login: bool,
    mounts: tuple[Mapping[str, Any], ...] = (),
) -> dict[str, Any]:
    """Return a container that finds the files, a folder for temporary ones and, where there is one, the login."""
    # Credential helpers keep what they were given below their home.
    environment = [{"name": "HOME", "value": "/tmp"}]  # noqa: S108 - the pod's own
    mounted = [
        {"name": "files", "mountPath": FILES, "readOnly": True},
        *mounts,
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
    ]
    if login:
        environment.append({"name": "DOCKER_CONFIG", "value": _LOGIN})
        mounted.append({"name": "login", "mountPath": _LOGIN, "readOnly": True})
    return {
        "name": name,
        "image": image,
        "command": command,
        "args": arguments,
        "env": environment,
        "volumeMounts": mounted,
        "resources": resources(args),
        "securityContext": container_security(),
    }


def resources(args: Runs) -> dict[str, Any]:
    """Return what a container asks for and may take."""
    return {
        "requests": {"cpu": f"{args.cpu_millicores}m", "memory": f"{args.memory_mebibytes}Mi"},
        "limits": {"memory": f"{args.memory_mebibytes}Mi"},
    }


def volumes(named: Named, secret_name: Any, *more: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what `container` mounts."""
    found: list[dict[str, Any]] = [
        {"name": "files", "configMap": {"name": f"{named.name}-files"}},
        *more,
        {"name": "tmp", "emptyDir": {}},
    ]
    if secret_name is not None:
        items = [{"key": KEY, "path": "config.json"}]
        # 0440: the process reads it by its group.
        found.append({"name": "login", "secret": {"secretName": secret_name, "items": items, "defaultMode": 0o440}})
    return found


__all__ = [
    "FILES",
    "Named",
    "Schedule",
    "account",
    "checksum",
    "config_map",
    "container",
    "cron_job",
    "job",
    "pod",
    "resources",
    "secret",
    "volumes",
]
