"""What you say of a schedule that prunes a registry from inside of a cluster, and what of it cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from ..blocks.lifecycle import Glob, LifecyclePolicy
from ..core.args import Args, MaybeOutput
from ..core.checked import Check
from ..core.endpoint import DOCKER_HUB_SERVERS, RegistryEndpoint
from ..core.errors import Mistake
from ..core.validated import validated
from ..lifecycle.execute import untold
from .cron import Cron, TimeZone
from .scheduled_args import ScheduledArgs, check_image, own_pod
from .words import Name

_LARGEST_POLICY: Final = 900_000
"""Bytes. etcd's and the API server's limit for a ConfigMap is 1 MiB, certificate and metadata included."""
# Artifact Registry answers GOOGLE_MANIFEST_DANGLING_TAG to deletes of what a tag leads to; regc deletes no tags.
_GOOGLE: Final = re.compile(r"[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io")


class ClaimedJournal(Args):
    """A volume claim that the component makes."""

    kind: Literal["claim"] = "claim"
    size_mebibytes: int = Field(default=1024, ge=16, le=16_777_216)
    """How much it holds; a manifest that goes takes some kibibytes until its run is removed. Default: 1024."""
    storage_class: Name | None = None
    """The storage class. Default: the cluster's."""
    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"] = "ReadWriteOnce"
    """Who may mount it at the same time. Several shards at once need ReadWriteMany. Default: ReadWriteOnce."""
    deletion: Literal["retain", "destroy"] = "retain"
    """Whether the claim goes with the schedule, and with it what can be undone. Default: retain."""


class ExistingJournal(Args):
    """A volume claim that is there."""

    kind: Literal["existing"] = "existing"
    claim_name: MaybeOutput[Name]
    """The claim, in the same namespace."""


class EphemeralJournal(Args):
    """No volume: a run that was killed is planned anew, and nothing can be undone."""

    kind: Literal["ephemeral"] = "ephemeral"


Journal: TypeAlias = Annotated[ClaimedJournal | ExistingJournal | EphemeralJournal, Field(discriminator="kind")]


def _policy(args: PruneScheduleArgs) -> Iterable[Mistake]:
    yield from untold.mistakes(args.policy, assume_created=args.assume_created)
    size = len(args.policy.model_dump_json(exclude_defaults=True))
    if size > _LARGEST_POLICY:
        yield Mistake(
            "policy",
            f"has {size} bytes, and a ConfigMap holds {_LARGEST_POLICY}; leave what runs to in_use_from_cluster",
        )


def _server(args: PruneScheduleArgs) -> Iterable[Mistake]:
    server = args.endpoint.server
    if not isinstance(server, str):
        return
    yield from own_pod(server, "endpoint.server")
    if _GOOGLE.fullmatch(server):
        yield Mistake(
            "endpoint.server",
            f"{server!r} deletes no manifest that a tag leads to; give it a cleanup policy instead: lifecycle of "
            "GarRepository",
        )
    if server in DOCKER_HUB_SERVERS and not (args.repositories and not any(map(_is_pattern, args.repositories))):
        yield Mistake(
            "repositories", "is required without patterns: Docker Hub does not list what there is; name each repository"
        )


def _is_pattern(glob: str) -> bool:
    return re.search(r"[*?\[{]", glob) is not None


def _shards(args: PruneScheduleArgs) -> Iterable[Mistake]:
    if args.parallelism is not None and args.shards == 1:
        yield Mistake("parallelism", "is how many shards run at the same time, and there is one; add shards")
    elif args.parallelism is not None and args.parallelism > args.shards:
        yield Mistake("parallelism", f"is {args.parallelism}, and there are {args.shards} shards; lower it")


def _journal(args: PruneScheduleArgs) -> Iterable[Mistake]:
    several = args.shards > 1 and args.parallelism != 1
    if isinstance(args.journal, ClaimedJournal) and several and args.journal.access_mode != "ReadWriteMany":
        yield Mistake(
            "journal.access_mode",
            f"is {args.journal.access_mode}, and the pods of {args.shards} shards may be on several nodes; set it to "
            "ReadWriteMany, or parallelism to 1",
        )
    if isinstance(args.journal, EphemeralJournal) and "keep_runs" in args.model_fields_set:
        yield Mistake("keep_runs", "has nothing to keep runs on with journal kind 'ephemeral'; remove it")


class PruneScheduleArgs(ScheduledArgs):
    """A CronJob that deletes from a registry what a unified policy lets go.

    Until `apply` is set it only tells what would go.
    """

    checks: ClassVar[tuple[Check, ...]] = (_policy, _server, _shards, _journal, *ScheduledArgs.checks)
    stand_ins: ClassVar = {
        "endpoint": {"server": "registry.example.com"},
        "policy": {"repositories": ["**"], "expire": {"stale": {"tag_state": "any", "older_than_days": 1}}},
        "namespace": "default",
        "image": "registry.example.com/regc:1",
    }

    endpoint: RegistryEndpoint
    """The registry, as the cluster reaches it, and a login that may delete."""
    policy: LifecyclePolicy
    """What goes."""
    image: MaybeOutput[Annotated[str, validated(check_image)]]
    """An image that has `regc` with the extras `lifecycle` and `ops` on its PATH, by version or digest."""
    schedule: Cron = "0 3 * * *"
    """When it runs: a cron expression of five fields, or @daily and the like. Default: every day at 3."""
    time_zone: TimeZone = "Etc/UTC"
    """The time zone of the schedule. Default: Etc/UTC."""
    apply: bool = False
    """Delete. Default: false; each run tells in its log what would go."""
    repositories: list[Glob] = []
    """Patterns of the repositories that are looked at, with the endpoint's prefix in them. Default: all below the
    endpoint's prefix."""
    assume_created: bool = False
    """Take the time of an image's build for that of its push, which the registry's API does not tell; rules by age need
    it. Default: false."""
    in_use_from_cluster: bool = False
    """Keep what this cluster runs: a service account of its own may list what names images, in all namespaces. Default:
    false."""
    max_fraction: float = Field(default=0.2, ge=0, le=1)
    """Refuse to delete a larger share of all artifacts, of each shard's. Default: 0.2."""
    max_deletes: int | None = Field(default=None, ge=0, le=1_000_000_000)
    """Refuse to delete more artifacts in one run of one shard. Default: no limit but `max_fraction`."""
    max_age_hours: int = Field(default=24, ge=1, le=720)
    """How old the plan of a run that was killed may be for the next one to go on with it. Default: 24."""
    shards: int = Field(default=1, ge=1, le=1000)
    """How many pods share the repositories, as an indexed Job. Default: 1."""
    parallelism: int | None = Field(default=None, ge=1, le=1000)
    """How many of them run at the same time. Default: all."""
    concurrency: int = Field(default=8, ge=1, le=64)
    """Requests at the same time, of each pod. Default: 8."""
    journal: Journal = ClaimedJournal()
    """Where plans, journals and logs of runs are kept: kind claim, existing or ephemeral. Default: a claim of 1 GiB."""
    keep_runs: int = Field(default=30, ge=1, le=10_000)
    """How many finished runs are kept there, of each shard. Default: 30."""
    retries: int = Field(default=3, ge=0, le=100)
    """How often a run that failed, or each of its shards, is tried again. What the limits refuse is not. Default: 3."""
