"""Holds the models over columns against the plain references, many repositories at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from random import Random
from typing import Any

from registry_components.lifecycle.semantics import native
from registry_components.lifecycle.unified import simulate as unified

from .generate import NOW, estate, fates, inventory, policy, siblings
from .reference import REFERENCES, WHOLE
from .reference.common import Artifact, Fates


def model(kind: str, artifacts: Sequence[Artifact], wanted: Any, now: int = NOW) -> Fates:
    """Return what the model says."""
    simulate = unified if kind == "unified" else native(kind)
    return fates(simulate(inventory(artifacts), wanted, now))


def reference(kind: str, repositories: Sequence[Sequence[Artifact]], wanted: Any, now: int = NOW) -> Fates:
    """Return what the reference says."""
    if kind in WHOLE:
        return WHOLE[kind]([artifact for artifacts in repositories for artifact in artifacts], wanted, now)
    found: Fates = {}
    for artifacts in repositories:
        found.update(REFERENCES[kind](artifacts, wanted, now))
    return found


def compare(kind: str, repositories: Sequence[Sequence[Artifact]], wanted: Any) -> int:
    """Assert that the two say the same; return how many repositories that were."""
    everything = [artifact for artifacts in repositories for artifact in artifacts]
    found, expected = model(kind, everything, wanted), reference(kind, repositories, wanted)
    if found != expected:
        different = {key[0] for key in expected if found[key] != expected[key]}
        few = [artifacts for artifacts in repositories if kind in WHOLE or artifacts[0].repository in different]
        raise AssertionError(_told(kind, few if kind in WHOLE else few[:1], wanted))
    return len(repositories)


def differs(kind: str, repositories: Sequence[Sequence[Artifact]], wanted: Any) -> bool:
    """Return whether the two say something else."""
    kept = [artifacts for artifacts in repositories if artifacts]
    everything = [artifact for artifacts in kept for artifact in artifacts]
    return bool(kept) and model(kind, everything, wanted) != reference(kind, kept, wanted)


def smallest(
    repositories: Sequence[Sequence[Artifact]], still: Callable[[list[list[Artifact]]], bool]
) -> list[list[Artifact]]:
    """Return a case with as little in it as still makes the difference."""
    case = [list(artifacts) for artifacts in repositories]
    while True:
        for simpler in _simpler(case):
            if still(simpler):
                case = simpler
                break
        else:
            return [artifacts for artifacts in case if artifacts]


def _simpler(case: list[list[Artifact]]) -> Any:
    for place, artifacts in enumerate(case):
        yield case[:place] + case[place + 1 :]
        for at, artifact in enumerate(artifacts):
            before, after = artifacts[:at], artifacts[at + 1 :]
            yield [*case[:place], before + after, *case[place + 1 :]]
            for field in fields(Artifact)[2:]:
                plain: Any = field.default if field.name not in {"tags", "children"} else []
                if getattr(artifact, field.name) != plain:
                    changes: dict[str, Any] = {field.name: plain}
                    if field.name == "tags":
                        changes["tag_pushed_at"] = None
                    yield [*case[:place], [*before, replace(artifact, **changes), *after], *case[place + 1 :]]


def _told(kind: str, repositories: Sequence[Sequence[Artifact]], wanted: Any) -> str:
    case = smallest(repositories, lambda case: differs(kind, case, wanted))
    found = model(kind, [artifact for artifacts in case for artifact in artifacts], wanted)
    expected = reference(kind, case, wanted)
    lines = [f"{kind}, policy {wanted!r}"]
    for artifacts in case:
        for artifact in artifacts:
            shown = {
                field.name: value
                for field in fields(Artifact)
                if (value := getattr(artifact, field.name)) not in (None, [], False)
            }
            lines.append(f"  {shown}: the model says {found[artifact.key]}, the reference {expected[artifact.key]}")
    return "\n".join(lines)


def batch(kind: str, dice: Random, repositories: int) -> int:
    """Draw a policy and repositories and compare; return how many repositories that were."""
    drawn = (siblings if kind in WHOLE else estate)(dice, repositories)
    return compare(kind, drawn, policy(kind, dice))
