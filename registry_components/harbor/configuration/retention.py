"""What goes from a project, and which tags cannot move: Harbor's own terms, or the unified policy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import Field, Tag

from ...blocks.lifecycle import LifecyclePolicy
from ...core.args import Args
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ...lifecycle import choice
from .words import Cron, Pattern

MOST_RULES = 15
_CONDITIONS = {
    "always": "always_retain",
    "most_recently_pushed": "most_recently_pushed",
    "most_recently_pulled": "most_recently_pulled",
    "pushed_within_days": "n_days_since_last_push",
    "pulled_within_days": "n_days_since_last_pull",
}
# Harbor's templates, by what the provider calls them.
_TEMPLATES = {
    "always": "always_retain",
    "latestPushedK": "most_recently_pushed",
    "latestPulledN": "most_recently_pulled",
    "nDaysSinceLastPush": "n_days_since_last_push",
    "nDaysSinceLastPull": "n_days_since_last_pull",
}


def _selects(rule: Selects) -> Iterable[Mistake]:
    for what in ("repositories", "tags"):
        if getattr(rule, what) is not None and getattr(rule, f"exclude_{what}") is not None:
            yield Mistake(f"exclude_{what}", f"and {what} exclude each other in one rule; say one of them")


class Selects(CheckedArgs):
    """What a rule is for."""

    checks: ClassVar[Any] = (_selects,)

    repositories: Pattern | None = None
    """Doublestar pattern of repositories, without their project. Default: all."""
    exclude_repositories: Pattern | None = None
    """All repositories but these, instead. Default: none."""
    tags: Pattern | None = None
    """Doublestar pattern of tags. Default: all."""
    exclude_tags: Pattern | None = None
    """All tags but these, instead. Default: none."""

    def selectors(self) -> dict[str, str]:
        """Return them in the provider's words."""
        repository = {"repo_excluding": self.exclude_repositories}
        if self.exclude_repositories is None:
            repository = {"repo_matching": self.repositories or "**"}
        tag = {"tag_excluding": self.exclude_tags} if self.exclude_tags else {"tag_matching": self.tags or "**"}
        return {key: value for key, value in {**repository, **tag}.items() if value is not None}


def _retains(rule: RetentionRule) -> Iterable[Mistake]:
    given = [name for name in _CONDITIONS if getattr(rule, name)]
    if len(given) != 1:
        told = " and ".join(given) or "nothing"
        yield Mistake("", f"says {told}; say exactly one of {', '.join(_CONDITIONS)}")


class RetentionRule(Selects):
    """What stays; of a repository that a rule is for, everything that no rule retains goes."""

    checks: ClassVar[Any] = (_selects, _retains)

    always: bool = False
    """Everything that it is for. Default: false."""
    most_recently_pushed: int | None = Field(None, ge=1, le=32_767)
    """That many, pushed last."""
    most_recently_pulled: int | None = Field(None, ge=1, le=32_767)
    """That many, pulled last."""
    pushed_within_days: int | None = Field(None, ge=1, le=36_500)
    """What was pushed at most that many days ago."""
    pulled_within_days: int | None = Field(None, ge=1, le=36_500)
    """What was pulled at most that many days ago; what was never pulled goes."""
    untagged: bool = True
    """Whether it retains untagged artifacts too. Default: true."""
    enabled: bool = True
    """Whether it counts. Default: true."""


class HarborRetention(Args):
    """Harbor's own retention policy of one project."""

    rules: list[RetentionRule] = Field(min_length=1, max_length=MOST_RULES)
    """What stays."""
    schedule: Cron = "0 0 2 * * *"
    """When it runs: cron expression of six fields, seconds (0) first, in UTC. Default: every day at 2 in the
    morning."""


Retention: TypeAlias = Annotated[
    Annotated[HarborRetention, Tag("HarborRetention")] | Annotated[LifecyclePolicy, Tag("LifecyclePolicy")],
    choice.chosen_by(HarborRetention),
]
"""Harbor's own policy, or the unified one."""


class ImmutableTags(Selects):
    """Tags that cannot be moved or deleted."""

    enabled: bool = True
    """Whether it counts. Default: true."""


def provider_rules(said: HarborRetention | LifecyclePolicy) -> list[dict[str, Any]]:
    """Return the rules in the provider's words.

    Raises `LifecycleNotExpressible` where Harbor cannot carry the unified policy out as it is meant.
    """
    if isinstance(said, HarborRetention):
        return [_own(rule) for rule in said.rules]
    return [_translated(rule) for rule in choice.translated("harbor", said)["rules"]]


def schedule_of(said: HarborRetention | LifecyclePolicy) -> str:
    """Return when it runs."""
    return said.schedule if isinstance(said, HarborRetention) else "0 0 2 * * *"


def _own(rule: RetentionRule) -> dict[str, Any]:
    field, name = next((f, n) for f, n in _CONDITIONS.items() if getattr(rule, f))
    told = {**rule.selectors(), name: getattr(rule, field), "untagged_artifacts": rule.untagged}
    return told if rule.enabled else {**told, "disabled": True}


def _translated(rule: dict[str, Any]) -> dict[str, Any]:
    template = rule["template"]
    number = True if template == "always" else int(rule["params"][template])
    (tag,) = rule["tag_selectors"]
    (repository,) = rule["scope_selectors"]["repository"]
    extras = json.loads(tag["extras"]) if isinstance(tag.get("extras"), str) else tag.get("extras") or {}
    tag_word = "tag_excluding" if tag["decoration"] == "excludes" else "tag_matching"
    repository_word = "repo_excluding" if repository["decoration"] == "repoExcludes" else "repo_matching"
    return {
        repository_word: repository["pattern"],
        tag_word: tag["pattern"],
        _TEMPLATES[template]: number,
        "untagged_artifacts": bool(extras.get("untagged")),
    }


__all__ = ["HarborRetention", "ImmutableTags", "Retention", "RetentionRule", "provider_rules", "schedule_of"]
