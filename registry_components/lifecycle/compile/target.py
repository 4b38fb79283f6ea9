"""What a translator gives: candidates in the registry's own words, or why there are none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...blocks.lifecycle import Archive, Expire, Keep, LifecyclePolicy, Selection
from ...core.errors import Mistake
from .covering import Boundaries
from .globs import Dialect, alternatives


class Untranslatable(Exception):  # noqa: N818 - named after what it says
    """Parts of a policy for which the registry has no words at all."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class Candidate:
    """A native policy that may mean the same, and what it tells apart."""

    document: Any
    """The policy as it stands in the registry's JSON."""
    patterns: list[tuple[str, Dialect]] = field(default_factory=list)
    repositories: list[tuple[str, Dialect]] = field(default_factory=list)
    days: set[int] = field(default_factory=set)
    counts: set[int] = field(default_factory=set)

    def add_to(self, found: Boundaries) -> None:
        """Add what it tells apart."""
        found.patterns += self.patterns
        found.repositories += self.repositories
        found.days |= self.days
        found.counts |= self.counts


class Refusals:
    """Gathers what cannot be said, all at once."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def add(self, path: str, message: str) -> None:
        """Note one."""
        self.mistakes.append(Mistake(path, message))

    def finish(self) -> None:
        """Raise `Untranslatable` where there was one."""
        if self.mistakes:
            raise Untranslatable(self.mistakes)

    def conditions(self, path: str, rule: Expire | Archive | Keep, allowed: Iterable[str], registry: str) -> None:
        """Refuse the conditions of a rule that a registry does not know."""
        known = set(allowed)
        for name, told in _CONDITIONS.items():
            value = getattr(rule, name, None)
            if value is not None and value is not False and name not in known:
                self.add(f"{path}.{name}", f"{registry} has no rule for {told}")
        if rule.by == "version" and "version" not in known:
            self.add(f"{path}.by", f"{registry} knows no versions, and orders by time; write by: pushed")

    def kept_tags(self, policy: LifecyclePolicy, registry: str) -> list[str]:
        """Return the patterns of what is kept always, for a registry that can only leave tags out of its patterns."""
        if policy.archive:
            self.add("archive", f"{registry} has no archive; expire, or remove it")
        found = list(policy.protect.immutable_tags)
        for name, keep in policy.keep.items():
            path = f"keep.{name}"
            self.conditions(path, keep, (), registry)
            if keep.tags is None or keep.exclude_tags or keep.repositories:
                self.add(path, f"{registry} keeps what a pattern of tags leaves out; give tags alone")
            found += keep.tags or []
        return found

    def protection(self, policy: LifecyclePolicy, allowed: Iterable[str], registry: str) -> None:
        """Refuse what is protected beside the rules where the registry cannot know it."""
        known, said = set(allowed), policy.protect
        if said.in_use and "in_use" not in known:
            self.add("protect.in_use", f"{registry} does not know what runs; prune with regc prune instead")
        if said.signed and "signed" not in known:
            self.add("protect.signed", f"{registry}'s policy does not see signatures; prune with regc prune instead")
        if said.digests and "digests" not in known:
            self.add("protect.digests", f"{registry}'s policy cannot name digests; protect their tags by a keep rule")
        if said.immutable_tags and "immutable_tags" not in known:
            self.add("protect.immutable_tags", f"{registry}'s policy cannot name tags")


_CONDITIONS = {
    "older_than_days": "the age since the push",
    "unpulled_for_days": "the time since the last pull",
    "beyond_most_recent": "a number of most recent artifacts",
    "beyond_bytes": "a number of bytes",
    "newer_than_days": "keeping by age",
    "pulled_within_days": "keeping by the last pull",
    "most_recent": "keeping a number of most recent artifacts",
    "then_expire_after_days": "the time since archiving",
}


def patterns_of(rule: Selection) -> list[str] | None:
    """Return the patterns of tags without braces, or None where a rule names none."""
    if rule.tags is None:
        return None
    return list(dict.fromkeys(plain for glob in rule.tags for plain in alternatives(glob)))


def excluded_of(rule: Selection) -> list[str]:
    """Return the excluded patterns without braces."""
    return list(dict.fromkeys(plain for glob in rule.exclude_tags for plain in alternatives(glob)))


def literal(glob: str) -> bool:
    """Return whether a pattern without braces is a plain text, or one with `*` alone as its wildcard."""
    return not any(char in glob for char in "?[]\\")


def state_of(rule: Selection) -> str:
    """Return the state of tags that a rule is for."""
    return rule.tag_state or "tagged"


__all__ = ["Candidate", "Refusals", "Untranslatable", "excluded_of", "literal", "patterns_of", "state_of"]
