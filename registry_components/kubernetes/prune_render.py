"""What a prune schedule becomes: manifests. Pure; holds no login.

It needs Kubernetes 1.29 or newer: retries of each shard (`backoffLimitPerIndex`) and failure policies of pods.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import yaml

from ..cli.codes import REFUSED
from ..lifecycle.in_use_cluster import LISTED
from . import scheduled_render as scheduled
from .prune_args import ClaimedJournal, ExistingJournal, PruneScheduleArgs
from .scheduled_render import FILES, Named

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


def command(args: PruneScheduleArgs, given: Given) -> list[Any]:
    """Return the command line of a pod."""
    said: list[Any] = ["prune", given.server, f"--policy={FILES}/policy.yaml", f"--unattended={_RUNS}"]
    if not args.apply:
        said.append("--dry-run")
    said += given.repositories
    if args.endpoint.plain_http:
        said.append("--plain-http")
    if args.endpoint.ca_certificate is not None:
        said.append(f"--ca-certificate={FILES}/ca.pem")
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
    schedule = scheduled.Schedule(args.schedule, args.time_zone)
    return scheduled.cron_job(args, named, given.namespace, schedule, _job(args, named, given))


def _job(args: PruneScheduleArgs, named: Named, given: Given) -> dict[str, Any]:
    several = args.shards > 1
    refused = {
        "action": "FailIndex" if several else "FailJob",
        "onExitCodes": {"containerName": _CONTAINER, "operator": "In", "values": [REFUSED]},
    }
    spec = scheduled.job(args, named, given.checksum, _pod(args, named, given), rules=(refused,))
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
    container = scheduled.container(
        args,
        _CONTAINER,
        args.image,
        ["regc"],
        command(args, given),
        login=given.secret is not None,
        mounts=({"name": "runs", "mountPath": _RUNS},),
    )
    claimed = claim_name(args, named)
    runs: dict[str, Any] = {"emptyDir": {}} if claimed is None else {"persistentVolumeClaim": {"claimName": claimed}}
    spec = scheduled.pod(args, [container], scheduled.volumes(named, given.secret, {"name": "runs", **runs}))
    if args.in_use_from_cluster:
        spec |= {"automountServiceAccountToken": True, "serviceAccountName": named.name}
    return spec
