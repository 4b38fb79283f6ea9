"""Findings: what they are called, how grave they are, and what to do about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning", "note"]

CODES: Final[dict[str, tuple[Severity, str]]] = {
    "refused": ("error", "the registry does not take it"),
    "never-acts": ("warning", "a rule acts on nothing, whatever there is"),
    "shadowed": ("warning", "other rules take everything that a rule would act on"),
    "keeps-nothing": ("warning", "a rule keeps nothing that anything else would delete"),
    "only-keeps": ("error", "nothing is ever deleted"),
    "dry-run": ("warning", "nothing is deleted while it is tried only"),
    "switched-off": ("note", "a rule is disabled"),
    "signatures": ("warning", "signatures go while their images stay"),
    "counts-manifests": ("warning", "a count takes manifests of indexes and signatures for images"),
    "all-patterns": ("note", "several patterns in one rule of ECR all have to match"),
    "fresh-pushes": ("warning", "what was pushed and not pulled yet goes"),
    "empties": ("note", "a repository can be left without anything"),
    "unanchored": ("warning", "a pattern matches inside of tags"),
    "keep-after-age": ("warning", "a count counts among old tags only"),
    "prefix": ("note", "a prefix matches more than the name that it looks like"),
    "no-garbage-collection": ("warning", "no space is freed"),
    "immutable": ("warning", "immutable tags are never deleted"),
    "two-deleters": ("warning", "a second policy deletes as well"),
    "no-such-tag": ("warning", "a pattern matches no tag that there is"),
    "no-such-repository": ("warning", "a pattern matches no repository that there is"),
    "idle": ("note", "a rule acts on nothing that there is"),
    "other-tags": ("warning", "images go that have tags no rule names"),
}
"""Every code, how grave it is and what it says."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or that one should know."""

    code: str
    path: str
    """Where it is in the policy."""
    what: str
    advice: str

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return CODES[self.code][0]

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.severity}: {where}{self.what}; {self.advice} [{self.code}]"


__all__ = ["CODES", "Finding", "Severity"]
