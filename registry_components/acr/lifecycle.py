"""What ACR removes on its own: untagged manifests, soft-deleted images, and what a scheduled purge task finds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from ..core.args import Args
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from .words import Cron, ScopedName, SubnetId, validated


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
    if step.older_than_days is None and step.keep is None and step.untagged and step.tags != ".*":
        yield Mistake(
            "tags",
            "has no meaning with untagged alone, which removes no tag; remove it, or add older_than_days or keep",
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
    untagged: bool = False
    """Manifests without a tag go too; alone, nothing else goes. Default: false."""
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
    if policy.agent_pool is not None and not policy.purge:
        yield Mistake("agent_pool", "has no task to run; add purge, or remove agent_pool")


class AcrLifecycle(CheckedArgs):
    """What is removed. By default nothing is, other than by whoever may delete."""

    checks = (_one_deleter,)

    untagged_after_days: int | None = Field(default=None, ge=0, le=365)
    """Manifests that have had no tag for this many days go (Premium). Default: they stay."""
    soft_delete_days: int | None = Field(default=None, ge=1, le=90)
    """Deleted images can be restored for this many days (a preview feature of ACR). Default: they are gone at once."""
    purge: dict[ScopedName, PurgeTask] = {}
    """Scheduled `acr purge` by task name. Default: none."""
    agent_pool: AgentPool | None = None
    """Where purge tasks run; needed where the registry is not open to the internet (Premium). Default: Azure's own."""


def purge_command(step: PurgeStep) -> str:
    """Return the command line of a step, as a task runs it."""
    # Tags go in any case; a step for untagged manifests alone names a tag that cannot be.
    tags = "^$" if step.older_than_days is None and step.keep is None else step.tags
    # The command puts ^ and $ around the repositories as they stand, which a | would part.
    repositories = f"({step.repositories})" if "|" in step.repositories else step.repositories
    words = ["acr purge", f"--filter '{repositories}:{tags}'"]
    # The command wants --ago. --keep counts among what is older than that, so with --keep everything has to be.
    words.append(f"--ago {step.older_than_days or 0}d")
    if step.keep is not None:
        words.append(f"--keep {step.keep}")
    if step.untagged:
        words.append("--untagged")
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
