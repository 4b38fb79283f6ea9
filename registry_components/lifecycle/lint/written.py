"""What can be seen in a policy as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..semantics import acr_purge, gar, harbor
from .findings import Finding


def findings(kind: str, document: Any) -> Iterator[Finding]:
    """Yield what is known to go wrong with policies like this one."""
    reader = {"ecr": _ecr, "gar": _gar, "harbor": _harbor, "acr-purge": _purge, "distribution": _distribution,
              "artifactory": _artifactory}.get(kind)  # fmt: skip
    if reader is not None:
        yield from reader(document)


def _ecr(document: Any) -> Iterator[Finding]:
    for index, rule in enumerate(document["rules"]):
        path, said = f"rules[{index}]", rule["selection"]
        for name in ("tagPatternList", "tagPrefixList"):
            values = said.get(name) or []
            if len(values) > 1:
                yield Finding(
                    "all-patterns", f"{path}.selection.{name}",
                    f"selects only images that have a tag for each of {', '.join(values)}",
                    "write a rule for each, if any of them is meant",
                )  # fmt: skip
        if said["countType"] == "imageCountMoreThan" and said["tagStatus"] in {"any", "untagged"}:
            yield Finding(
                "counts-manifests", f"{path}.selection.countNumber",
                "counts the manifests of each index, and signatures, as images",
                "select tagged images, or count more",
            )  # fmt: skip


def _gar(document: Any) -> Iterator[Finding]:
    policies, dry_run = gar.parse(document)
    if dry_run:
        yield Finding("dry-run", "cleanupPolicyDryRun", "deletes nothing while it is a dry run", "set it to false")
    if policies and all(item.action == "KEEP" for item in policies):
        yield Finding("only-keeps", "", "has KEEP policies alone, which delete nothing", "add a DELETE policy")
    for item in policies:
        if item.keep_count is not None:
            yield Finding(
                "counts-manifests", f"{item.id}.mostRecentVersions.keepCount",
                "counts the manifests of each index, and signatures, as versions", "count more",
            )  # fmt: skip
        for prefix in item.tag_prefixes:
            if re.fullmatch(r"latest|v?\d+(\.\d+)*|main|master|stable|prod|dev", prefix):
                yield Finding(
                    "prefix", f"{item.id}.condition.tagPrefixes",
                    f"{prefix!r} is a beginning: {prefix}{'0' if prefix[-1].isdigit() else '-old'} matches too",
                    "write more of the name, if that is not meant",
                )  # fmt: skip


def _harbor(document: Any) -> Iterator[Finding]:
    rules = harbor.parse(document)
    active = [rule for rule in rules if rule is not None]
    for index, rule in enumerate(rules):
        if rule is None:
            yield Finding("switched-off", f"rules[{index}]", "is disabled", "remove it, if it is not needed any more")
    if active and all(rule.template in {"nDaysSinceLastPull", "latestPulledN"} for rule in active):
        yield Finding(
            "fresh-pushes", "rules", "retain by pulls alone, so that what is pushed goes before its first pull",
            "add a rule with nDaysSinceLastPush",
        )  # fmt: skip


def _purge(document: Any) -> Iterator[Finding]:
    commands = acr_purge.parse(document)
    for index, command in enumerate(commands):
        path = f"[{index}]" if len(commands) > 1 else ""
        if command.dry_run:
            yield Finding("dry-run", path, "removes nothing while it is a dry run", "remove --dry-run")
        for _, tag in command.filters:
            if not tag.startswith("^") and tag not in {".*", ".+"}:
                yield Finding(
                    "unanchored", path, f"{tag!r} is found anywhere in a tag: my-{_sample(tag)} matches too",
                    "write ^ before it and $ after it",
                )  # fmt: skip
        if command.keep and command.ago:
            yield Finding(
                "keep-after-age", path, f"--keep {command.keep} counts among the tags older than --ago alone, so that "
                "the newest do not count", "raise --keep, or leave --ago at 0d",
            )  # fmt: skip


def _sample(pattern: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "", pattern) or "tag"


def _distribution(document: Any) -> Iterator[Finding]:
    if document.get("dry_run") or document.get("dry-run"):
        yield Finding("dry-run", "dry_run", "deletes nothing while it is a dry run", "set it to false")
    if document.get("delete_untagged") or document.get("delete-untagged"):
        yield Finding(
            "signatures", "delete_untagged", "deletes signatures and SBOMs that have no tag", "keep them under tags"
        )


def _artifactory(document: Any) -> Iterator[Finding]:
    if document.get("enabled") is False:
        yield Finding("switched-off", "enabled", "is not enabled", "set it to true")


__all__ = ["findings"]
