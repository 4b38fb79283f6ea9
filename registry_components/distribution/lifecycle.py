"""What carries out a unified lifecycle policy, which Distribution itself has no words for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from ..blocks.lifecycle import Glob
from ..core.args import Args, MaybeOutput
from ..core.errors import Mistake
from ..core.validated import validated
from ..kubernetes.cron import Cron, TimeZone
from ..kubernetes.prune_args import ClaimedJournal, Journal
from ..kubernetes.scheduled_args import check_image
from ..lifecycle.execute import untold
from .auth import HtpasswdAuth
from .checks import Password, Username, check_certificates

if TYPE_CHECKING:
    from .args import DistributionRegistryArgs


class PruneLogin(Args):
    """An account that may delete."""

    username: Username
    """Its name."""
    password: Password
    """Its password."""


class Executor(Args):
    """What every way to carry a policy out has. Until `apply` is set it only tells what would go."""

    apply: bool = False
    """Delete. Default: false; the log tells what would go."""
    assume_created: bool = False
    """Take the time of an image's build for that of its push, which the registry's API does not tell; rules by age need
    it. Default: false."""
    repositories: list[Glob] = []
    """Patterns of the repositories that are looked at. Default: all."""
    max_fraction: float = Field(0.2, ge=0, le=1)
    """Refuse to delete a larger share of all artifacts. Default: 0.2."""
    max_deletes: int | None = Field(None, ge=0, le=1_000_000_000)
    """Refuse to delete more artifacts in one run. Default: no limit but `max_fraction`."""
    max_age_hours: int = Field(24, ge=1, le=720)
    """How old the plan of a run that was ended may be for the next one to go on with it. Default: 24."""
    keep_runs: int = Field(30, ge=1, le=10_000)
    """How many finished runs are kept, with what undoes them. Default: 30."""
    concurrency: int = Field(4, ge=1, le=64)
    """Requests at the same time. Default: 4, for it works on the registry itself."""
    login: PruneLogin | None = None
    """The account to delete as. Default: the registry's first one."""
    ca_certificate: MaybeOutput[Annotated[str, validated(check_certificates)]] | None = None
    """PEM text of the authority that signed the registry's certificate. Default: the system's list."""


class ScheduleExecutor(Executor):
    """A process beside the registry's own that runs `regc prune` from time to time."""

    kind: Literal["schedule"] = "schedule"
    every_hours: int = Field(24, ge=1, le=720)
    """Time from the start of a run to that of the next; the first follows the deployment of a new policy. Default:
    24."""


class CronJobExecutor(Executor):
    """A `PruneSchedule` beside a registry of runtime 'kubernetes'."""

    kind: Literal["cron_job"] = "cron_job"
    schedule: Cron
    """When it runs, as cron has it: before runtime.garbage_collection, which frees what it deletes."""
    time_zone: TimeZone = "Etc/UTC"
    """The zone that the schedule is in. Default: Etc/UTC."""
    image: MaybeOutput[Annotated[str, validated(check_image)]]
    """An image with `regc` and the extras `lifecycle` and `ops`, with a tag or digest."""
    in_use_from_cluster: bool = False
    """Keep what this cluster runs. Default: false."""
    journal: Journal = ClaimedJournal()
    """Where plans, journals and logs of runs are kept: kind claim, existing or ephemeral. Default: a claim of 1 GiB."""


LifecycleExecutor: TypeAlias = Annotated[ScheduleExecutor | CronJobExecutor, Field(discriminator="kind")]


def mistakes(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    """Yield why a lifecycle policy cannot be carried out for a registry."""
    executor = args.lifecycle_executor
    if args.lifecycle is None:
        if executor is not None:
            yield Mistake("lifecycle", "is what lifecycle_executor carries out; give the policy, or remove both")
        return
    if executor is None:
        yield Mistake(
            "lifecycle_executor",
            "is required: Distribution carries out no policy by itself; say {kind: schedule} for a process beside it, "
            "or remove lifecycle and run a PruneSchedule in Kubernetes, or `regc prune` by hand"
            if args.runtime.kind != "kubernetes"
            else "is required: Distribution carries out no policy by itself; say kind 'cron_job' with a schedule and "
            "an image, or remove lifecycle",
        )
        return
    for found in untold.mistakes(args.lifecycle, assume_created=executor.assume_created):
        yield Mistake(found.path.replace("policy", "lifecycle", 1), found.message)
    if args.proxy is not None:
        yield Mistake(
            "lifecycle",
            "is not possible with proxy: a pull-through cache expires content by itself; set proxy.ttl_hours",
        )
    elif not args.delete:
        yield Mistake("delete", "is required with lifecycle, which deletes; set it to true, or remove lifecycle")
    if args.read_only:
        yield Mistake("read_only", "is not possible with lifecycle, which deletes; remove one of them")
    yield from _reached(args, executor)
    yield from _login(args, executor)


def _reached(args: DistributionRegistryArgs, executor: Executor) -> Iterator[Mistake]:
    tls: Any = args.tls
    in_cluster, runs_there = args.runtime.kind == "kubernetes", isinstance(executor, CronJobExecutor)
    if args.runtime.kind == "docker":
        yield Mistake(
            "lifecycle_executor",
            "kind 'schedule' is a process of runtime 'process'; with runtime 'docker' let a timer of your own run "
            "`regc prune --unattended`",
        )
    elif in_cluster != runs_there:
        said, wanted = ("schedule", "cron_job") if in_cluster else ("cron_job", "schedule")
        yield Mistake(
            "lifecycle_executor.kind", f"{said!r} is not possible with runtime {args.runtime.kind!r}; say {wanted!r}"
        )
    if args.prefix is not None:
        yield Mistake("lifecycle_executor", "does not reach a registry below a prefix; remove prefix")
    if args.serves_tls and tls.client_cas:
        yield Mistake("lifecycle_executor", "has no certificate to show for tls.client_cas; remove one of them")
    if executor.ca_certificate is not None and not args.serves_tls and not in_cluster:
        yield Mistake("lifecycle_executor.ca_certificate", "is for a registry that speaks TLS itself; remove it")


def _login(args: DistributionRegistryArgs, executor: Executor) -> Iterator[Mistake]:
    auth = args.auth
    kind = auth.kind
    known = isinstance(auth, HtpasswdAuth) and bool(auth.users or auth.passwords)
    if kind == "none" and executor.login is not None:
        yield Mistake("lifecycle_executor.login", "is for a registry with a login; remove it")
    if kind != "none" and not known and executor.login is None:
        yield Mistake(
            "lifecycle_executor.login",
            "is required: no password is known here to delete with; name an account that may delete",
        )


__all__ = ["CronJobExecutor", "LifecycleExecutor", "PruneLogin", "ScheduleExecutor", "mistakes"]
