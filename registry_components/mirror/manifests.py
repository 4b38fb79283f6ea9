"""What a mirror schedule becomes: manifests. Pure; holds no login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from ..kubernetes import scheduled_render as scheduled
from ..kubernetes.scheduled_render import Named
from .args import MirrorScheduleArgs, helper, sides
from .render import End, arguments, regsync_config

if TYPE_CHECKING:
    from ..blocks.mirroring import Replication

_CONFIG: Final = "regsync.yaml"
_BLOCK: Final = "mirror.yaml"
DAILY: Final = "0 3 * * *"


class Given(NamedTuple):
    """What may be known only while the engine runs: plain, or outputs."""

    checksum: Any
    """Of the files."""
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


def account(args: MirrorScheduleArgs, named: Named, namespace: Any) -> dict[str, Any]:
    """Return the pods' service account. It has no right in the cluster; a cloud may know it."""
    return scheduled.account(named, namespace, **args.service_account_annotations)


def cron_job(args: MirrorScheduleArgs, named: Named, given: Given) -> dict[str, Any]:
    """Return the CronJob."""
    made = scheduled.job(args, named, given.checksum, _pod(args, named, given), labels=args.pod_labels)
    made["backoffLimit"] = args.retries
    schedule = scheduled.Schedule(args.replication.schedule or DAILY, args.replication.time_zone)
    return scheduled.cron_job(args, named, given.namespace, schedule, made)


def _pod(args: MirrorScheduleArgs, named: Named, given: Given) -> dict[str, Any]:
    login = given.secret is not None
    said = arguments(args.replication, f"{scheduled.FILES}/{_CONFIG}")
    copy = scheduled.container(args, "regsync", args.image, ["regsync"], said, login=login)
    spec = scheduled.pod(args, [copy], scheduled.volumes(named, given.secret))
    # Clouds that know the account mount a token of their own.
    spec["serviceAccountName"] = named.name
    if args.verify_image is not None:
        # ECR Public can be looked at by anybody.
        asked = [side.name for side in sides(args) if helper(args, side) is not None and side.kind != "ecr_public"]
        identity = [f"--pod-identity={name}" for name in asked]
        words = ["mirror", "verify", f"--config={scheduled.FILES}/{_BLOCK}", *identity]
        check = scheduled.container(args, "verify", args.verify_image, ["regc"], words, login=login)
        spec |= {"initContainers": [copy], "containers": [check]}
    return spec


__all__ = ["DAILY", "Given", "account", "cron_job", "ends", "files", "unknown"]
