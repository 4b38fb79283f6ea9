"""What a mirror schedule becomes: manifests. Pure; holds no login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from ..kubernetes.docker_config import KEY
from ..kubernetes.prune_render import Named, checksum
from .args import MirrorScheduleArgs, helper, sides
from .render import End, arguments, regsync_config

if TYPE_CHECKING:
    from ..blocks.mirroring import Replication

_FILES: Final = "/etc/regc/files"
_LOGIN: Final = "/etc/regc/docker"
_CONFIG: Final = "regsync.yaml"
_BLOCK: Final = "mirror.yaml"
DAILY: Final = "0 3 * * *"


class Given(NamedTuple):
    """What may be known only while the engine runs: plain, or outputs."""

    files: Any
    """The ConfigMap's data."""
    checksum: Any
    namespace: Any
    secret: Any
    """The name of the secret with the logins, or None."""


def ends(args: MirrorScheduleArgs, known: Mapping[str, Any]) -> list[End]:
    """Return the two registries; `known` has what is known of them by now, by `source.server` and the like."""
    return [
        End(
            known[f"{side.name}.server"],
            known[f"{side.name}.prefix"],
            side.kind,
            side.endpoint.plain_http,
            known[f"{side.name}.ca_certificate"],
            helper(args, side),
        )
        for side in sides(args)
    ]


def unknown(args: MirrorScheduleArgs) -> dict[str, Any]:
    """Return what may be outputs, in the form that `ends` takes."""
    return {
        f"{side.name}.{field}": getattr(side.endpoint, field)
        for side in sides(args)
        for field in ("server", "prefix", "ca_certificate")
    }


def files(args: MirrorScheduleArgs, known: Mapping[str, Any]) -> dict[str, str]:
    """Return the files beside the logins, by name."""
    source, destination = ends(args, known)
    config = regsync_config(args.replication, source, destination, parallel=args.parallel, requests=args.requests)
    found = {_CONFIG: config}
    if args.verify_image is not None:
        found[_BLOCK] = _block(args.replication, source, destination)
    return found


def check(args: MirrorScheduleArgs, known: Mapping[str, Any]) -> None:
    """Raise `StackError` for what could not be seen before all was known."""
    from ..blocks.mirroring import Replication

    Replication.parse(yaml.safe_load(_block(args.replication, *ends(args, known))))


def _block(block: Replication, source: End, destination: End) -> str:
    """Return the block as `regc mirror verify` reads it."""
    tree: dict[str, Any] = block.model_dump(
        mode="json", exclude_defaults=True, exclude={"source", "destination", "source_kind", "destination_kind"}
    )
    for name, end in (("source", source), ("destination", destination)):
        tree[name] = {"server": end.server, "prefix": end.prefix, "plain_http": end.plain_http}
        if end.ca_certificate is not None:
            tree[name]["ca_certificate"] = end.ca_certificate
        tree[f"{name}_kind"] = end.kind
    text: str = yaml.safe_dump(tree, sort_keys=True, default_flow_style=False, allow_unicode=True, width=1000)
    return text


def config_map(named: Named, given: Given) -> dict[str, Any]:
    """Return the files; the next pod takes what has changed."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": named.metadata("-files", given.namespace),
        "data": given.files,
        "immutable": False,
    }


def account(args: MirrorScheduleArgs, named: Named, namespace: Any) -> dict[str, Any]:
    """Return the pods' service account. It has no right in the cluster; a cloud may know it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": named.metadata("", namespace, **args.service_account_annotations),
        "automountServiceAccountToken": False,
    }


def cron_job(args: MirrorScheduleArgs, named: Named, given: Given) -> dict[str, Any]:
    """Return the CronJob."""
    template = {
        "metadata": {
            "labels": dict(sorted({**named.labels, **args.pod_labels}.items())),
            "annotations": {"files-sha256": given.checksum},
        },
        "spec": _pod(args, named, given),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": named.metadata("", given.namespace),
        "spec": {
            "schedule": args.replication.schedule or DAILY,
            "timeZone": args.replication.time_zone,
            "suspend": args.suspend,
            # Two runs would copy the same twice.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": args.start_within_minutes * 60,
            "successfulJobsHistoryLimit": args.keep_succeeded,
            "failedJobsHistoryLimit": args.keep_failed,
            "jobTemplate": {
                "metadata": {"labels": dict(sorted(named.labels.items()))},
                "spec": {
                    "activeDeadlineSeconds": args.deadline_minutes * 60,
                    "ttlSecondsAfterFinished": args.keep_finished_hours * 3600,
                    "backoffLimit": args.retries,
                    # A pod whose node is drained is no failure of its own; it needs restartPolicy Never.
                    "podFailurePolicy": {
                        "rules": [
                            {
                                "action": "Ignore",
                                "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                            }
                        ]
                    },
                    "template": template,
                },
            },
        },
    }


def _pod(args: MirrorScheduleArgs, named: Named, given: Given) -> dict[str, Any]:
    copy = _container(args, given, "regsync", args.image, ["regsync"])
    copy["args"] = arguments(args.replication, f"{_FILES}/{_CONFIG}")
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": args.stop_seconds,
        "serviceAccountName": named.name,
        # Clouds that know the account mount a token of their own.
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": args.user_id,
            "runAsGroup": args.user_id,
            "fsGroup": args.user_id,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [copy],
        "volumes": _volumes(named, given),
    }
    if args.verify_image is not None:
        check = _container(args, given, "verify", args.verify_image, ["regc"])
        # ECR Public can be looked at by anybody.
        asked = [side.name for side in sides(args) if helper(args, side) is not None and side.kind != "ecr_public"]
        identity = [f"--pod-identity={name}" for name in asked]
        check["args"] = ["mirror", "verify", f"--config={_FILES}/{_BLOCK}", *identity]
        spec |= {"initContainers": [copy], "containers": [check]}
    if args.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in args.image_pull_secrets]
    if args.node_selector:
        spec["nodeSelector"] = dict(sorted(args.node_selector.items()))
    return spec


def _container(args: MirrorScheduleArgs, given: Given, name: str, image: Any, command: list[str]) -> dict[str, Any]:
    # Credential helpers keep what they were given below their home.
    environment = [{"name": "HOME", "value": "/tmp"}]  # noqa: S108 - the pod's own
    mounts = [
        {"name": "files", "mountPath": _FILES, "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
    ]
    if given.secret is not None:
        environment.append({"name": "DOCKER_CONFIG", "value": _LOGIN})
        mounts.append({"name": "login", "mountPath": _LOGIN, "readOnly": True})
    return {
        "name": name,
        "image": image,
        "command": command,
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


def _volumes(named: Named, given: Given) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": "files", "configMap": {"name": f"{named.name}-files"}},
        {"name": "tmp", "emptyDir": {}},
    ]
    if given.secret is not None:
        items = [{"key": KEY, "path": "config.json"}]
        # 0440: the process reads it by its group.
        found.append({"name": "login", "secret": {"secretName": given.secret, "items": items, "defaultMode": 0o440}})
    return found


__all__ = ["DAILY", "Given", "account", "checksum", "config_map", "cron_job", "ends", "files", "unknown"]
