"""The plan of a prune: what is to go and why, and in what state it was seen.

It is a JSON document that says its own digest, so that one that was edited or cut off is not applied.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...core.errors import stack_error
from ..verdicts import Verdicts

VERSION: Final = 1
_LARGEST: Final = 1024**3


@dataclass(frozen=True)
class Doomed:
    """One artifact that is to go."""

    digest: str
    tags: list[str]
    children: list[str]
    """What it refers to as an index, of what is to go too."""
    subject: str | None
    """What it refers to as a signature or SBOM, of what is to go too."""
    referrers: list[str]
    """What referred to it when the plan was made."""
    rule: str | None
    reason: str
    size: int


@dataclass(frozen=True)
class Repository:
    """One repository that something goes from."""

    artifacts: int
    """How many it had."""
    tags: list[str]
    """The tags that stay."""
    doomed: list[Doomed]


@dataclass(frozen=True)
class Plan:
    """What is to go from a registry."""

    server: str
    made_at: str
    policy: str
    """The digest of the policy."""
    artifacts: int
    """How many the whole inventory had."""
    repositories: dict[str, Repository]
    version: int = VERSION
    warnings: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many artifacts are to go."""
        return sum(len(one.doomed) for one in self.repositories.values())

    @functools.cached_property
    def digest(self) -> str:
        """The digest of the plan itself."""
        return hashlib.sha256(_canonical(asdict(self))).hexdigest()


def policy_digest(policy: Any) -> str:
    """Return the digest that a plan made by a policy has of it."""
    written = policy if isinstance(policy, Mapping) else policy.model_dump(mode="json")
    return hashlib.sha256(_canonical(written)).hexdigest()


def make(verdicts: Verdicts, *, server: str, policy: Any, now: datetime) -> Plan:
    """Return the plan for what verdicts delete."""
    inventory = verdicts.inventory
    doomed = verdicts.deleted()
    children: dict[int, list[int]] = {}
    for parent, child in zip(inventory.parent.tolist(), inventory.child.tolist(), strict=True):
        if doomed[parent] and doomed[child]:
            children.setdefault(parent, []).append(child)
    referrers: dict[int, list[int]] = {}
    for row in np.flatnonzero(inventory.subject >= 0).tolist():
        if doomed[int(inventory.subject[row])]:
            referrers.setdefault(int(inventory.subject[row]), []).append(row)
    repositories: dict[str, Repository] = {}
    warnings = list(verdicts.warnings)
    for position in np.unique(inventory.repository[doomed]).tolist():
        low, high = int(inventory.starts[position]), int(inventory.starts[position + 1])
        going, staying = [], []
        for row in range(low, high):
            if not doomed[row]:
                staying += inventory.tags_of(row)
                continue
            subject = int(inventory.subject[row])
            going.append(
                Doomed(
                    digest=str(inventory.digest[row]),
                    tags=inventory.tags_of(row),
                    children=[str(inventory.digest[child]) for child in children.get(row, [])],
                    subject=str(inventory.digest[subject]) if subject >= 0 and doomed[subject] else None,
                    referrers=[str(inventory.digest[other]) for other in referrers.get(row, [])],
                    rule=verdicts.record(row)["rule"],
                    reason=verdicts.text(row),
                    size=max(int(inventory.size[row]), 0),
                )
            )
        name = inventory.repositories[position]
        if len(going) == high - low:
            warnings.append(f"{name}: nothing stays in it")
        repositories[name] = Repository(high - low, sorted(staying), going)
    return Plan(
        server=server,
        made_at=now.astimezone(UTC).isoformat(),
        policy=policy_digest(policy),
        artifacts=len(inventory),
        repositories=repositories,
        warnings=warnings,
    )


def write(plan: Plan, path: Path) -> None:
    """Write a plan, whole or not at all. Raises `StackError`."""
    text = json.dumps({**asdict(plan), "sha256": plan.digest}, indent=1, ensure_ascii=False) + "\n"
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise stack_error(f"{path}: cannot be written: {error.strerror}") from None


def read(path: Path) -> Plan:
    """Return a plan that was written. Raises `StackError` where it is none, or was changed since."""
    try:
        if path.stat().st_size > _LARGEST:
            raise stack_error(f"{path}: is larger than a plan can be ({_LARGEST} bytes)")
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise stack_error(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise stack_error(
            f"{path}: is not a plan; make one with `regc prune ENDPOINT --policy FILE --plan FILE`"
        ) from None
    if not isinstance(body, dict) or "sha256" not in body or "repositories" not in body:
        raise stack_error(f"{path}: is not a plan; make one with `regc prune ENDPOINT --policy FILE --plan FILE`")
    if body.get("version") != VERSION:
        raise stack_error(
            f"{path}: is a plan of version {body.get('version')!r}, and this is for {VERSION}; make it anew"
        )
    stated = body.pop("sha256")
    if stated != hashlib.sha256(_canonical(body)).hexdigest():
        raise stack_error(f"{path}: was changed after it was made; make it anew, and change the policy instead")
    repositories = {
        name: Repository(one["artifacts"], one["tags"], [Doomed(**item) for item in one["doomed"]])
        for name, one in body.pop("repositories").items()
    }
    return Plan(**body, repositories=repositories)


def too_old(plan: Plan, now: datetime, most_hours: float) -> str | None:
    """Return why a plan is too old to be applied, or None."""
    age = now - datetime.fromisoformat(plan.made_at)
    if age <= timedelta(hours=most_hours):
        return None
    hours = age.total_seconds() / 3600
    return f"was made {hours:.0f} hours ago, and --max-age is {most_hours:g}; make it anew"


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


__all__ = ["Doomed", "Plan", "Repository", "make", "policy_digest", "read", "too_old", "write"]
