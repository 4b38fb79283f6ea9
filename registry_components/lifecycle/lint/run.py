"""All findings on one policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from ...core.errors import StackError, stack_error
from ..compile import covering
from ..compile.globs import TooManyError
from ..inventory import Inventory, moment
from ..simulation import ALL_KINDS, simulate
from ..verdicts import DELETE
from . import effects, observed, policies, written
from .findings import CODES, Finding

_COLLECTS = {"harbor": "Harbor", "nexus": "Nexus", "distribution": "Distribution"}


@dataclass(frozen=True)
class Context:
    """What stands outside of the policy."""

    inventory: Inventory | None = None
    now: datetime | None = None
    immutable_tags: bool = False
    """Tags of the repositories cannot be deleted."""
    garbage_collection: Literal["none", "scheduled"] | None = None
    others: Sequence[Any] = ()
    """Further policies of the same kind for the same repositories."""


def lint(kind: str, document: Any, context: Context = Context()) -> list[Finding]:
    """Return what is wrong with a policy, the gravest first.

    `kind` is what `simulate` takes. Raises `StackError` where it is not known, or the context does not go with it.
    """
    if kind not in ALL_KINDS:
        raise stack_error(f"kind {kind!r} is not known; allowed: {', '.join(ALL_KINDS)}")
    if context.garbage_collection is not None and kind not in _COLLECTS:
        raise stack_error(f"garbage_collection: {kind} frees space by itself; it is for {', '.join(_COLLECTS)}")
    if context.immutable_tags and kind not in {"ecr", "gar", "harbor", "unified"}:
        raise stack_error(f"immutable_tags: is for ecr, gar, harbor and unified, not {kind}")
    found = list(_all(kind, document, context))
    order = ["error", "warning", "note"]
    return sorted(
        dict.fromkeys(found), key=lambda one: (order.index(one.severity), list(CODES).index(one.code), one.path)
    )


def _all(kind: str, document: Any, context: Context) -> Iterator[Finding]:
    from ..inventory import build

    nothing = build({"repository": [], "digest": []})
    try:
        simulate(kind, document, nothing, now=context.now)
    except StackError as error:
        lines = str(error).splitlines()
        for line in lines[1:] or lines:
            path, colon, what = line.strip().partition(": ")
            yield Finding("refused", path if colon else "", what if colon else line.strip(), "correct it")
        return
    policy = policies.read(kind, document)
    yield from written.findings(kind, document)
    yield from effects.findings(policy)
    if context.garbage_collection == "none":
        yield Finding(
            "no-garbage-collection", "", f"{_COLLECTS[kind]} frees no space by deleting alone",
            "schedule its garbage collection as well",
        )  # fmt: skip
    if context.immutable_tags and kind in {"gar", "harbor"} and _deletes_tagged(policy.small):
        yield Finding(
            "immutable", "", "means to delete tagged artifacts, which stay while their tags are immutable",
            "select untagged ones, or narrow immutability",
        )  # fmt: skip
    for number, other in enumerate(context.others):
        yield from _second(policy, other, number)
    if context.inventory is not None and policy.rules:
        yield from observed.findings(policy, context.inventory, context.now)


def _deletes_tagged(policy: policies.Policy) -> bool:
    if policy.about is None:
        return False
    try:
        inventory, _ = covering.inventory(covering.cases(policy.about))
    except TooManyError:
        return False
    verdicts = simulate(policy.kind, policy.document, inventory, now=moment(covering.NOW))
    return bool(((verdicts.action == DELETE) & inventory.tagged).any())


def _second(policy: policies.Policy, other: Any, number: int) -> Iterator[Finding]:
    """Yield where another policy deletes what this one would keep."""
    policy, second = policy.small, policies.read(policy.kind, other).small
    if policy.about is None or second.about is None:
        return
    about = covering.Boundaries(
        patterns=[*policy.about.patterns, *second.about.patterns],
        repositories=[*policy.about.repositories, *second.about.repositories],
        days=policy.about.days | second.about.days,
        counts=policy.about.counts | second.about.counts,
    )
    try:
        inventory, _ = covering.inventory(covering.cases(about))
    except TooManyError:
        return
    now = moment(covering.NOW)
    first = simulate(policy.kind, policy.document, inventory, now=now).action == DELETE
    more = (simulate(policy.kind, second.document, inventory, now=now).action == DELETE) & ~first
    if np.any(more):
        yield Finding(
            "two-deleters", f"other policy {number + 1}", "deletes what this policy keeps",
            "join the two into one policy",
        )  # fmt: skip


__all__ = ["Context", "lint"]
