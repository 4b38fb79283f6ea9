"""What ACR removes on its own: untagged manifests, soft-deleted images, and what a scheduled purge task finds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, Tag

from ..blocks.lifecycle import LifecyclePolicy
from ..core.args import Args
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from ..lifecycle import choice
from .words import Cron, ScopedName, SubnetId


def check_filter(text: str) -> str | None:
    """Check a regular expression that stands in single quotes on a task's command line."""
    if not text:
        return "cannot be empty; write .* for all"
    if "'" in text or "\n" in text:
        return f"{text!r} holds a quote or a line break, which a task's command line cannot; write . for it"
    if "{{" in text:
        return f"{text!r} holds {{{{, with which a task's own variables begin; write [{{] for the first"
    try:
        re.compile(text)
    except re.error as error:
        return f"{text!r} is not a regular expression: {error}"
    return None


_TASK: Final = "lifecycle"
Regex = Annotated[str, validated(check_filter)]
_GROUP = re.compile(r"\(\?[A-Za-z-]*:")  # the one colon that a filter may hold beside the one that parts it


def _age_or_count(step: PurgeStep) -> Iterable[Mistake]:
    # rule 33
    if step.older_than_days is not None and step.keep is not None:
        yield Mistake(
            "keep",
            "does not keep the newest images together with older_than_days: only older images are counted; "
            "say one of them, and the other in a step of its own",
        )
    if step.older_than_days is None and step.keep is None and not step.untagged:
        yield Mistake("", "would remove every image that it matches; add older_than_days, keep or untagged")
    for name, text in (("repositories", step.repositories), ("tags", step.tags)):
        if ":" in _GROUP.sub("(", text):
            yield Mistake(
                name,
                f"{text!r} holds a colon, which stands in no name: `acr purge` parts repositories and tags with it; "
                "write what is before it into repositories, and what is after it into tags",
            )
    only = step.untagged == "only" or (step.older_than_days is None and step.keep is None and step.untagged)
    if only and step.tags != ".*":
        yield Mistake(
            "tags",
            "has no meaning with untagged alone, which removes no tag; remove it, or add older_than_days or keep"
            if step.untagged is True
            else "has no meaning with untagged 'only', which removes no tag; remove it, or set untagged to true",
        )


class PurgeStep(CheckedArgs):
    """One `acr purge`: which tags go, by age or by count."""

    checks = (_age_or_count,)

    repositories: Regex = ".*"
    """Regular expression that a whole repository name matches. Default: every repository."""
    tags: Regex = ".*"
    """Regular expression that is found anywhere in a tag: `pr-` finds `my-pr-1` too, `^pr-` does not, and `^v1$` is one
    tag. Default: every tag."""
    older_than_days: int | None = Field(default=None, ge=1, le=36500)
    """Tags last updated before this many days go."""
    keep: int | None = Field(default=None, ge=1, le=100000)
    """All matching tags go but this many newest of each repository."""
    untagged: bool | Literal["only"] = False
    """Manifests without a tag go too; alone, nothing else goes. `only`: nothing but manifests without a tag goes, those
    that are older, or all but so many newest. Default: false."""
    include_locked: bool = False
    """Locked tags and manifests go too. Default: false."""
    dry_run: bool = False
    """The task's log says what would go, and nothing goes. Default: false."""
    concurrency: int | None = Field(default=None, ge=1, le=32)
    """Removals at the same time. Default: the command's own."""


class PurgeTask(Args):
    """A task that runs `acr purge` on a schedule: the only clean-up by tag and age that ACR offers."""

    schedule: Cron = "0 2 * * *"
    """Cron expression of five fields, in UTC. Default: every day at 2 in the morning."""
    steps: list[PurgeStep] = Field(min_length=1, max_length=20)
    """What is removed, one step after the other."""
    enabled: bool = True
    """Whether the schedule runs. Default: true."""
    timeout_seconds: int = Field(default=3600, ge=300, le=28800)
    """When the run, and each of its steps, is ended. Default: an hour."""


class AgentPool(Args):
    """Machines of your own network for tasks: a registry behind a firewall is reached from there."""

    tier: Literal["S1", "S2", "S3", "I6"] = "S1"
    """Size of a machine. Default: S1."""
    count: int = Field(default=1, ge=0, le=10)
    """Machines. Default: 1."""
    subnet_id: SubnetId
    """Subnet of the machines."""


def _one_deleter(policy: AcrLifecycle) -> Iterable[Mistake]:
    # rule 13
    if policy.soft_delete_days is not None and policy.untagged_after_days is not None:
        yield Mistake(
            "soft_delete_days",
            "and untagged_after_days exclude each other in ACR; keep one of them "
            "(a purge step with untagged=True removes untagged manifests beside soft delete)",
        )
    # rule 32
    if policy.untagged_after_days is not None:
        for name, task in sorted(policy.purge.items()):
            for i, step in enumerate(task.steps):
                if step.untagged:
                    yield Mistake(
                        f"purge.{name}.steps[{i}].untagged",
                        "removes at once what untagged_after_days keeps for a while; keep one of the two",
                    )
    if policy.agent_pool is not None and not policy.purge and policy.policy is None:
        yield Mistake("agent_pool", "has no task to run; add purge, or remove agent_pool")
    if policy.policy is None:
        if "policy_schedule" in policy.model_fields_set:
            yield Mistake("policy_schedule", "has no policy to carry out; add policy, or remove it")
        return
    if _TASK in policy.purge:
        yield Mistake(f"purge.{_TASK}", "is the name of the task that carries out policy; give it another")
    if policy.untagged_after_days is not None:
        yield Mistake("untagged_after_days", "is a second deleter beside policy; say it there as a rule, or remove it")


class AcrLifecycle(CheckedArgs):
    """What is removed. By default nothing is, other than by whoever may delete."""

    checks = (_one_deleter,)

    untagged_after_days: int | None = Field(default=None, ge=0, le=365)
    """Manifests that have had no tag for this many days go (Premium). Default: they stay."""
    soft_delete_days: int | None = Field(default=None, ge=1, le=90)
    """Deleted images can be restored for this many days (a preview feature of ACR). Default: they are gone at once."""
    purge: dict[ScopedName, PurgeTask] = {}
    """Scheduled `acr purge` by task name. Default: none."""
    policy: LifecyclePolicy | None = None
    """The unified policy, carried out by a task of `acr purge` named `lifecycle`. Default: none."""
    policy_schedule: Cron = "0 2 * * *"
    """When that task runs: a cron expression of five fields, in UTC. Default: every day at 2 in the morning."""
    agent_pool: AgentPool | None = None
    """Where purge tasks run; needed where the registry is not open to the internet (Premium). Default: Azure's own."""


AnyAcrLifecycle: TypeAlias = Annotated[
    Annotated[AcrLifecycle, Tag("AcrLifecycle")] | Annotated[LifecyclePolicy, Tag("LifecyclePolicy")],
    choice.chosen_by(AcrLifecycle),
]
"""What ACR removes in its own terms, or the unified policy."""


def own(said: AcrLifecycle | LifecyclePolicy) -> AcrLifecycle:
    """Return ACR's own terms, in which a unified policy may stand."""
    return AcrLifecycle(policy=said) if isinstance(said, LifecyclePolicy) else said


def tasks(said: AcrLifecycle) -> dict[str, PurgeTask]:
    """Return the tasks by name, with the one that carries out the unified policy.

    Raises `LifecycleNotExpressible` where `acr purge` cannot carry it out as it is meant.
    """
    if said.policy is None:
        return dict(said.purge)
    steps = [_step(command) for command in choice.translated("acr-purge", said.policy)]
    return {**said.purge, _TASK: PurgeTask(schedule=said.policy_schedule, steps=steps)}


def _step(command: str) -> PurgeStep:
    from ..lifecycle.semantics.acr_purge import split

    words = shlex.split(command)[2:]
    options = dict(zip(words[0::2], words[1::2], strict=False))
    repositories, tags = split(options["--filter"])
    days = int(options["--ago"].removesuffix("d"))
    # Not checked again: what differs from the unified policy was accepted by name.
    return PurgeStep.model_construct(
        repositories=repositories,
        tags=tags,
        older_than_days=days or None,
        keep=int(options["--keep"]) if "--keep" in options else None,
        untagged="only" if "--untagged-only" in words else False,
    )


def purge_command(step: PurgeStep) -> str:
    """Return the command line of a step, as a task runs it."""
    # Tags go in any case; a step for untagged manifests alone names a tag that cannot be.
    alone = step.older_than_days is None and step.keep is None and step.untagged is True
    tags = "^$" if alone else step.tags
    # The command puts ^ and $ around the repositories as they stand, which a | would part.
    repositories = f"({step.repositories})" if "|" in step.repositories else step.repositories
    words = ["acr purge", f"--filter '{repositories}:{tags}'"]
    # The command wants --ago. --keep counts among what is older than that, so with --keep everything has to be.
    words.append(f"--ago {step.older_than_days or 0}d")
    if step.keep is not None:
        words.append(f"--keep {step.keep}")
    if step.untagged:
        words.append("--untagged-only" if step.untagged == "only" else "--untagged")
    if step.include_locked:
        words.append("--include-locked")
    if step.dry_run:
        words.append("--dry-run")
    if step.concurrency is not None:
        words.append(f"--concurrency {step.concurrency}")
    return " ".join(words)


def task_yaml(task: PurgeTask) -> str:
    """Return the text of the task file that runs the steps one after the other."""
    lines = ["version: v1.1.0", "steps:"]
    for step in task.steps:
        command = purge_command(step).replace("\\", "\\\\").replace('"', '\\"')
        lines += [
            f'  - cmd: "{command}"',
            "    disableWorkingDirectoryOverride: true",
            f"    timeout: {task.timeout_seconds}",
        ]
    return "\n".join(lines) + "\n"
