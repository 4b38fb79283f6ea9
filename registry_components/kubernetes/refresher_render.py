"""What the refresher becomes: a CronJob, the least rights it can work with, and what tells that it failed. Pure."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

from .docker_config import KEY
from .entries import entries
from .objects import metadata
from .possible import refreshed, shortest_life
from .pull_access import RefresherAccess
from .pull_secrets_args import PullSecretsArgs
from .pull_secrets_render import Marks
from .serving.render_observed import alert, failed_runs

CONFIG_FOLDER = "/etc/registry-components/refresh"
LOGINS_FOLDER = "/etc/registry-components/logins"
CONFIG_FILE = "refresh.json"
RBAC = "rbac.authorization.k8s.io"


def every_minutes(args: PullSecretsArgs, access: RefresherAccess) -> int:
    """Return how often it runs."""
    if access.every_minutes is not None:
        return access.every_minutes
    life = shortest_life(entry.kind for entry in entries(args) if refreshed(entry)) or 60
    return life // 3


def schedule(name: str, minutes: int) -> str:
    """Return the cron line; which minute it is comes from the name, so that not all run at once."""
    if minutes < 60:
        return f"{zlib.crc32(name.encode()) % minutes}-59/{minutes} * * * *"
    minute, hours = zlib.crc32(name.encode()) % 60, minutes // 60
    return f"{minute} */{hours} * * *" if hours < 24 else f"{minute} 0 * * *"


def config(
    args: PullSecretsArgs,
    access: RefresherAccess,
    *,
    name: str,
    secret_name: str,
    servers: Mapping[str, str],
    marks: Marks,
) -> str:
    """Return the refresher's configuration, as `registry_components.kubernetes.refresh` reads it; no secret in it."""
    minutes = every_minutes(args, access)
    found: dict[str, Any] = {
        "secret": secret_name,
        "labels": dict(marks.labels),
        "annotations": dict(marks.annotations),
        "registries": [
            {"kind": entry.kind, "server": servers[entry.key]} for entry in entries(args) if refreshed(entry)
        ],
        # What is written has to live until the next run has renewed it; a third of a life leaves two more runs for
        # ECR, should that one fail, and for Google, which may give old tokens, what is left.
        "must_live_seconds": minutes * 60 + 300,
        "cron_job": {"name": name, "namespace": access.namespace},
    }
    if any(not refreshed(entry) for entry in entries(args)):
        found["logins"] = f"{LOGINS_FOLDER}/{KEY}"
    if args.namespace_selector:
        found["namespace_selector"] = dict(sorted(args.namespace_selector.items()))
        found["service_accounts"] = sorted(args.service_accounts)
        found["owner"] = {"kind": "ClusterRoleBinding", "name": name}
    else:
        found["namespaces"] = sorted(args.namespaces)
        found["owner"] = {"kind": "RoleBinding", "name": name}
    return json.dumps(found, sort_keys=True, indent=1)


def objects(
    args: PullSecretsArgs,
    access: RefresherAccess,
    *,
    name: str,
    secret_name: str,
    text: Any,
    digest: Any,
    has_logins: bool,
    marks: Marks,
) -> dict[str, dict[str, Any]]:
    """Return the refresher's objects but its secret, by `suffix` or `suffix:n` where several share one.

    `text` is the configuration and `digest` its digest, known by now or not: the Job of the first run is another one
    where it changes, so that a namespace that is added has its secret when the stack is up.

    Rights: to create and change the one secret by its name, in the wanted namespaces alone where they are named, to
    look up the binding that owns the secrets, and to tell events. Server-side apply may be let create by name
    (k8s.io/apiserver endpoints/handlers/patch.go passes it to the authorizer, 1.36), other than a plain create.
    """
    here = access.namespace
    found: dict[str, dict[str, Any]] = {
        "-account": {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata(name, here, marks.labels, {**marks.annotations, **access.service_account_annotations}),
            "automountServiceAccountToken": False,
        },
        "-config": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(f"{name}-refresh", here, marks.labels, marks.annotations),
            "data": {CONFIG_FILE: text},
        },
        **_bound("-events", (f"{name}-events", here), [_rule("", "events", ["create"])], (name, here), marks),
    }
    secrets = _rule("", "secrets", ["create", "patch"], secret_name)
    if args.namespace_selector:
        rules = [
            _rule("", "namespaces", ["list"]),
            secrets,
            _rule(RBAC, "clusterrolebindings", ["get"], name),
        ]
        if args.service_accounts:
            rules.append(_rule("", "serviceaccounts", ["get", "patch"], *sorted(args.service_accounts)))
        found |= _bound("-namespaces", (name, None), rules, (name, here), marks)
    for namespace in sorted(args.namespaces):
        rules = [secrets, _rule(RBAC, "rolebindings", ["get"], name)]
        found |= _bound(f"-{namespace}", (name, namespace), rules, (name, here), marks)
    template = _pod(access, name, has_logins, marks)
    minutes = every_minutes(args, access)
    found[""] = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(name, here, marks.labels, marks.annotations),
        "spec": {
            "schedule": schedule(name, minutes),
            # A run may wait for a token that lives long enough, and the next one is not to disturb it.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 300,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": dict(marks.labels)},
                # A run that waits for another token may outlast its period.
                "spec": {"backoffLimit": 2, "activeDeadlineSeconds": minutes * 60 + 900, "template": template},
            },
        },
    }
    if access.run_first:
        found["-first"] = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata(f"{name}-first", here, marks.labels, marks.annotations),
            "spec": {
                "backoffLimit": 2,
                "activeDeadlineSeconds": 600,
                # The stack does not wait for a token that lives longer; the schedule's runs do.
                "template": _noted(_pod(access, name, has_logins, marks, "--once"), digest),
            },
        }
    if access.alert:
        found["-alert"] = _alert(access, name, minutes, marks)
    return found


def _rule(group: str, resource: str, verbs: list[str], *names: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"apiGroups": [group], "resources": [resource], "verbs": verbs}
    return {**rule, "resourceNames": list(names)} if names else rule


def _bound(
    suffix: str,
    where: tuple[str, str | None],
    rules: list[dict[str, Any]],
    account: tuple[str, str],
    marks: Marks,
) -> dict[str, dict[str, Any]]:
    (name, namespace), (account_name, account_namespace) = where, account
    cluster = "Cluster" if namespace is None else ""
    return {
        suffix: {
            "apiVersion": f"{RBAC}/v1",
            "kind": f"{cluster}Role",
            "metadata": metadata(name, namespace, marks.labels, marks.annotations),
            "rules": rules,
        },
        f"{suffix}:binding": {
            "apiVersion": f"{RBAC}/v1",
            "kind": f"{cluster}RoleBinding",
            "metadata": metadata(name, namespace, marks.labels, marks.annotations),
            "roleRef": {"apiGroup": RBAC, "kind": f"{cluster}Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": account_name, "namespace": account_namespace}],
        },
    }


def _pod(access: RefresherAccess, name: str, has_logins: bool, marks: Marks, *more: str) -> dict[str, Any]:
    mounts = [{"name": "config", "mountPath": CONFIG_FOLDER, "readOnly": True}]
    volumes: list[dict[str, Any]] = [{"name": "config", "configMap": {"name": f"{name}-refresh"}}]
    if has_logins:
        mounts.append({"name": "logins", "mountPath": LOGINS_FOLDER, "readOnly": True})
        volumes.append({"name": "logins", "secret": {"secretName": f"{name}-logins"}})
    return {
        "metadata": {"labels": dict(sorted({**marks.labels, **access.pod_labels}.items()))},
        "spec": {
            "serviceAccountName": name,
            "automountServiceAccountToken": True,
            "restartPolicy": "Never",
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "runAsGroup": 65532,
                "fsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "refresh",
                    "image": access.image,
                    "command": ["regc", "pull-secrets", "refresh"],
                    "args": ["--config", f"{CONFIG_FOLDER}/{CONFIG_FILE}", *more],
                    "resources": {
                        "requests": {"cpu": "50m", "memory": "96Mi"},
                        "limits": {"memory": "192Mi"},
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    # What it ended with is the message that `kubectl describe` shows.
                    "terminationMessagePolicy": "FallbackToLogsOnError",
                    "volumeMounts": mounts,
                }
            ],
            "volumes": volumes,
        },
    }


def _noted(template: dict[str, Any], digest: Any) -> dict[str, Any]:
    noted = {**template["metadata"], "annotations": {"registry-components.dev/config": digest}}
    return {**template, "metadata": noted}


def digest_of(text: str) -> str:
    """Return what tells one configuration from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _alert(access: RefresherAccess, name: str, minutes: int, marks: Marks) -> dict[str, Any]:
    here = access.namespace
    # The jobs of the schedule end with a number.
    job = f'namespace="{here}",job_name=~"{name}-(first|[0-9]+)"'
    cron = f'namespace="{here}",cronjob="{name}"'
    late = 2 * minutes * 60
    # A schedule that has never succeeded has no time of it.
    last = f"kube_cronjob_status_last_successful_time{{{cron}}} or kube_cronjob_created{{{cron}}}"

    # kube-state-metrics 2.x names these series.
    rules = [
        alert(
            "PullSecretRefreshFailed",
            failed_runs(job, cron),
            "1m",
            f"A refresh of the pull secrets of {here}/{name} failed; pods cannot pull once the token has died.",
            "critical",
        ),
        alert(
            "PullSecretRefreshLate",
            f"time() - ({last}) > {late}",
            "5m",
            f"The pull secrets of {here}/{name} were not refreshed in {late // 60} minutes.",
            "critical",
        ),
    ]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata(name, here, {**marks.labels, **access.alert_labels}, marks.annotations),
        "spec": {"groups": [{"name": f"{name}.pull-secrets", "rules": rules}]},
    }
