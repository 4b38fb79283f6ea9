"""What a prune schedule becomes: manifests. Pure; holds no login.

It needs Kubernetes 1.29 or newer: retries of each shard (`backoffLimitPerIndex`) and failure policies of pods.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import yaml

from ..cli.codes import REFUSED
from ..lifecycle.in_use_cluster import LISTED
from .docker_config import KEY, TYPE
from .objects import metadata
from .prune_args import ClaimedJournal, ExistingJournal, PruneScheduleArgs

_FILES: Final = "/etc/regc/files"
_LOGIN: Final = "/etc/regc/docker"
_RUNS: Final = "/var/lib/regc"
_CONTAINER: Final = "regc"


class Given(NamedTuple):
    """What may be known only while the engine runs: plain, or outputs."""

    server: Any
    repositories: list[Any]
    """Options that say which repositories are meant."""
    namespace: Any
    checksum: Any
    """Of the files."""
    secret: Any
    """The name of the secret with the login, or None."""


class Named(NamedTuple):
    """Names and marks of the objects."""

    name: str
    labels: Mapping[str, Any]
    annotations: Mapping[str, Any]

    def metadata(self, suffix: str, namespace: Any, **more: Any) -> dict[str, Any]:
        """Return the metadata of one object."""
        return metadata(f"{self.name}{suffix}", namespace, self.labels, {**self.annotations, **more})


def repository_option(prefix: str) -> str:
    """Return the option that says which repositories are meant where nothing else does."""
    return f"--repository={prefix}/**" if prefix else "--repository=**"


def files(args: PruneScheduleArgs) -> dict[str, Any]:
    """Return the files beside the login, by name."""
    policy = args.policy.model_dump(mode="json", exclude_defaults=True)
    found: dict[str, Any] = {"policy.yaml": yaml.safe_dump(policy, sort_keys=True, default_flow_style=False)}
    if args.endpoint.ca_certificate is not None:
        found["ca.pem"] = args.endpoint.ca_certificate
    return found


def checksum(content: Mapping[str, str]) -> str:
    """Return a digest of files, which the pods are annotated with."""
    text = "\0".join(f"{name}\0{content[name]}" for name in sorted(content))
    return hashlib.sha256(text.encode()).hexdigest()


def command(args: PruneScheduleArgs, given: Given) -> list[Any]:
    """Return the command line of a pod."""
    said: list[Any] = ["prune", given.server, f"--policy={_FILES}/policy.yaml", f"--unattended={_RUNS}"]
    if not args.apply:
        said.append("--dry-run")
    said += given.repositories
    if args.endpoint.plain_http:
        said.append("--plain-http")
    if args.endpoint.ca_certificate is not None:
        said.append(f"--ca-certificate={_FILES}/ca.pem")
    if args.assume_created:
        said.append("--assume-created")
    if args.in_use_from_cluster:
        said.append("--in-use-cluster")
    if args.shards > 1:
        said.append(f"--shard=auto/{args.shards}")
    said.append(f"--max-fraction={args.max_fraction}")
    if args.max_deletes is not None:
        said.append(f"--max-deletes={args.max_deletes}")
    return [
        *said,
        f"--max-age={args.max_age_hours}",
        f"--keep-runs={args.keep_runs}",
        f"--concurrency={args.concurrency}",
    ]


def config_map(args: PruneScheduleArgs, named: Named, namespace: Any) -> dict[str, Any]:
    """Return the policy and the authority; the next pod takes what has changed."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": named.metadata("-files", namespace),
        "data": files(args),
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


def claim(journal: ClaimedJournal, named: Named, namespace: Any) -> dict[str, Any]:
    """Return the claim. Nobody waits for its volume, which many classes make only when the first pod mounts it."""
    spec: dict[str, Any] = {
        "accessModes": [journal.access_mode],
        "resources": {"requests": {"storage": f"{journal.size_mebibytes}Mi"}},
    }
    if journal.storage_class is not None:
        spec["storageClassName"] = journal.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": named.metadata("-journal", namespace, **{"pulumi.com/skipAwait": "true"}),
        "spec": spec,
    }


def claim_name(args: PruneScheduleArgs, named: Named) -> Any:
    """Return the name of the claim that the pods mount, or None."""
    match args.journal:
        case ClaimedJournal():
            return f"{named.name}-journal"
        case ExistingJournal() as existing:
            return existing.claim_name
    return None


def account(named: Named, namespace: Any) -> dict[str, Any]:
    """Return the service account that may list what runs. Only the pods that need it get its token."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": named.metadata("", namespace),
        "automountServiceAccountToken": False,
    }


def cluster_role(named: Named, name: Any) -> dict[str, Any]:
    """Return the right to list what names images, and nothing else."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {**named.metadata("", None), "name": name},
        "rules": [
            {"apiGroups": [group], "resources": list(kinds), "verbs": ["list"]} for group, kinds in LISTED.items()
        ],
    }


def cluster_role_binding(named: Named, name: Any, namespace: Any) -> dict[str, Any]:
    """Return what gives the service account that right."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {**named.metadata("", None), "name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": named.name, "namespace": namespace}],
    }


def cluster_name(name: str, namespace: str) -> str:
    """Return the name of what is not in a namespace; no two schedules of a cluster share one."""
    return f"regc:{namespace}:{name}"


def cron_job(args: PruneScheduleArgs, named: Named, given: Given) -> dict[str, Any]:
    """Return the CronJob."""
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": named.metadata("", given.namespace),
        "spec": {
            "schedule": args.schedule,
            "timeZone": args.time_zone,
            "suspend": args.suspend,
            # Two runs would wait for each other's lock.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": args.start_within_minutes * 60,
            "successfulJobsHistoryLimit": args.keep_succeeded,
            "failedJobsHistoryLimit": args.keep_failed,
            "jobTemplate": {
                "metadata": _marked(named.labels),
                "spec": _job(args, named, given),
            },
        },
    }


def _marked(labels: Mapping[str, Any], **annotations: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"labels": dict(sorted(labels.items()))}
    if annotations:
        found["annotations"] = annotations
    return found


def _job(args: PruneScheduleArgs, named: Named, given: Given) -> dict[str, Any]:
    several = args.shards > 1
    # A signal ends a pod with 143 where its node is drained, which is no failure of its own.
    rules = [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {
            "action": "FailIndex" if several else "FailJob",
            "onExitCodes": {"containerName": _CONTAINER, "operator": "In", "values": [REFUSED]},
        },
    ]
    spec: dict[str, Any] = {
        "activeDeadlineSeconds": args.deadline_minutes * 60,
        "ttlSecondsAfterFinished": args.keep_finished_hours * 3600,
        "podFailurePolicy": {"rules": rules},
        "template": {
            "metadata": _marked(named.labels, **{"files-sha256": given.checksum}),
            "spec": _pod(args, named, given),
        },
    }
    if several:
        spec |= {
            "completionMode": "Indexed",
            "completions": args.shards,
            "parallelism": args.parallelism or args.shards,
            # One shard that fails for good does not end the others.
            "backoffLimitPerIndex": args.retries,
        }
    else:
        spec["backoffLimit"] = args.retries
    return spec


def _pod(args: PruneScheduleArgs, named: Named, given: Given) -> dict[str, Any]:
    spec: dict[str, Any] = {
        # The failure policy needs Never: each retry is a new pod.
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": args.stop_seconds,
        "automountServiceAccountToken": args.in_use_from_cluster,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": args.user_id,
            "runAsGroup": args.user_id,
            "fsGroup": args.user_id,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(args, given)],
        "volumes": _volumes(args, named, given),
    }
    if args.in_use_from_cluster:
        spec["serviceAccountName"] = named.name
    if args.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in args.image_pull_secrets]
    if args.node_selector:
        spec["nodeSelector"] = dict(sorted(args.node_selector.items()))
    return spec


def _container(args: PruneScheduleArgs, given: Given) -> dict[str, Any]:
    environment = [{"name": "HOME", "value": "/tmp"}]  # noqa: S108 - the pod's own
    mounts = [
        {"name": "files", "mountPath": _FILES, "readOnly": True},
        {"name": "runs", "mountPath": _RUNS},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
    ]
    if given.secret is not None:
        environment.append({"name": "DOCKER_CONFIG", "value": _LOGIN})
        mounts.append({"name": "login", "mountPath": _LOGIN, "readOnly": True})
    return {
        "name": _CONTAINER,
        "image": args.image,
        "command": ["regc"],
        "args": command(args, given),
        "env": environment,
        "volumeMounts": mounts,
        "resources": {
            "requests": {"cpu": f"{args.cpu_millicores}m", "memory": f"{args.memory_mebibytes}Mi"},
            "limits": {"memory": f"{args.memory_mebibytes}Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _volumes(args: PruneScheduleArgs, named: Named, given: Given) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"name": "files", "configMap": {"name": f"{named.name}-files"}}]
    claimed = claim_name(args, named)
    runs: dict[str, Any] = {"emptyDir": {}} if claimed is None else {"persistentVolumeClaim": {"claimName": claimed}}
    found.append({"name": "runs", **runs})
    found.append({"name": "tmp", "emptyDir": {}})
    if given.secret is not None:
        items = [{"key": KEY, "path": "config.json"}]
        # 0440: the process reads it by its group.
        found.append({"name": "login", "secret": {"secretName": given.secret, "items": items, "defaultMode": 0o440}})
    return found
