"""One policy into the words of a registry: translated, proven on the covering set, or refused with what differs."""

from __future__ import annotations

import contextlib
import functools
import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ...blocks.differences import NAMES
from ...blocks.lifecycle import LifecyclePolicy
from ...core.errors import Mistake, StackError, error_class, stack_error
from ..execute import untold
from ..inventory import Inventory
from ..semantics import native
from ..verdicts import Verdicts
from . import covering
from .globs import TooManyError, classes
from .nearest import Nearest, nearest_to
from .proof import Difference, Proof, prove, reduced
from .target import Candidate, Untranslatable

TARGETS: Final[Mapping[str, str]] = {
    "acr": "acr",
    "acr-purge": "acr_purge",
    "artifactory": "artifactory",
    "distribution": "distribution",
    "ecr": "ecr",
    "gar": "gar",
    "harbor": "harbor",
    "nexus": "nexus",
}
"""The kinds that a policy can be translated to."""
_PRUNED: Final = frozenset({"acr", "acr-purge", "ecr", "harbor"})
"""The kinds whose registries delete a manifest with its tags over the OCI API. Artifact Registry wants the tags removed
before; Distribution's own refusal tells of regc prune, and what the rest do with tags is not known."""
_MOST_TOLD: Final = 4


class LifecycleNotExpressible(StackError):  # noqa: N818 - named after what it says
    """A policy that a registry cannot carry out as it is meant."""

    registry: str = ""
    mistakes: tuple[Mistake, ...] = ()
    """What the registry has no words for."""
    differences: tuple[Difference, ...] = ()
    """Where what it has does something else, and that was not accepted."""
    nearest: LifecyclePolicy | None = None
    """The nearest policy that it can carry out."""


@dataclass(frozen=True)
class Translation:
    """A unified policy in a registry's own words, and the proof that it means the same."""

    kind: str
    registry: str
    document: Any
    """The native policy as it stands in JSON: what `regc lifecycle simulate --native` takes."""
    accepted: tuple[Difference, ...]
    """What differs, and was accepted by name."""
    deferred: tuple[str, ...]
    """What the registry does up to two days later."""
    cases: int
    """How many small repositories both were compared on."""
    artifacts: int


def compile_policy(
    kind: str,
    policy: Any,
    *,
    repository: str | None = None,
    accept_differences: Sequence[str] | None = None,
    suggest: bool = True,
) -> Translation:
    """Return a unified policy in the words of a registry.

    `kind` is one of `ecr` (whose policy is for one `repository`), `gar`, `acr`, `acr-purge`, `harbor`, `nexus`,
    `artifactory`, `distribution`. The translation is compared with the unified policy on a covering set. Where the two
    differ in something that `accept_differences` (by default the policy's own) does not name,
    `LifecycleNotExpressible` tells the smallest artifact, and with `suggest` the nearest policy that can be said.
    Raises `StackError` where the policy or a name is not valid, or the policy is not for the repository.
    """
    if kind not in TARGETS:
        raise stack_error(f"kind {kind!r} is not known; allowed: {', '.join(TARGETS)}")
    wanted = LifecyclePolicy.load(policy)
    accepted = wanted.accept_differences if accept_differences is None else accept_differences
    unknown = [name for name in accepted if name not in NAMES]
    if unknown:
        raise stack_error(
            f"accept_differences: {unknown[0]!r} is not the name of a difference; names are "
            "deletes-more, keeps-more or archives-more, a colon, and what it is about, as a refusal tells it"
        )
    if kind == "ecr":
        wanted = _of_one_repository(wanted, repository)
    try:
        return _translated(kind, wanted, frozenset(accepted))
    except _Refused as refused:
        nearest = None
        if suggest:
            nearest = nearest_to(wanted, functools.partial(_accepted, kind, frozenset(accepted)))
        raise _error(kind, wanted, refused, nearest) from None


class _Refused(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, mistakes: Sequence[Mistake] = (), proof: Proof | None = None,
                 differences: Sequence[Difference] = ()) -> None:  # fmt: skip
        super().__init__()
        self.mistakes, self.proof, self.differences = tuple(mistakes), proof, tuple(differences)


def _accepted(kind: str, accepted: frozenset[str], policy: LifecyclePolicy) -> bool:
    try:
        _translated(kind, policy, accepted)
    except _Refused:
        return False
    return True


def _translated(kind: str, policy: LifecyclePolicy, accepted: frozenset[str]) -> Translation:
    module = importlib.import_module(f".{TARGETS[kind]}", __package__)
    small = reduced(policy)
    try:
        candidates = _candidates(module, small)
        full = candidates if small is policy else _candidates(module, policy)
    except Untranslatable as refused:
        raise _Refused(refused.mistakes) from None
    except TooManyError as error:
        raise _Refused([Mistake("", f"{error}; use fewer or simpler patterns")]) from None
    best: tuple[tuple[int, int, int], Proof, list[Difference]] | None = None
    for candidate, meant in zip(candidates, full, strict=True):
        proof = _proof(kind, small, candidate)
        refused_ones = [found for found in proof.differences if found.name not in accepted]
        if not refused_ones:
            return Translation(
                kind=kind,
                registry=module.REGISTRY,
                document=meant.document,
                accepted=proof.differences,
                deferred=proof.deferred,
                cases=proof.cases,
                artifacts=proof.artifacts,
            )
        rank = (len(refused_ones), proof.lost, proof.left)
        if best is None or rank < best[0]:
            best = rank, proof, refused_ones
    if best is None:
        raise AssertionError("a translator gives a candidate or raises")
    raise _Refused(proof=best[1], differences=best[2])


def _candidates(module: Any, policy: LifecyclePolicy) -> list[Candidate]:
    found: list[Candidate] = module.translate(policy)
    if "sha256-*" not in policy.protect.immutable_tags:
        # To most registries a signature under a tag of its own is an image like any other: naming it keeps it.
        protect = policy.protect.model_copy(update={"immutable_tags": [*policy.protect.immutable_tags, "sha256-*"]})
        with contextlib.suppress(Untranslatable):
            found += module.translate(policy.model_copy(update={"protect": protect}))
    return found


def _proof(kind: str, policy: LifecyclePolicy, candidate: Candidate) -> Proof:
    about = covering.boundaries(policy)
    candidate.add_to(about)
    try:
        cases = covering.cases(about)
    except TooManyError as error:
        raise _Refused([Mistake("", f"{error}; use fewer or simpler patterns")]) from None
    simulate = native(kind)

    def model(inventory: Inventory, now: int) -> Verdicts:
        return simulate(inventory, candidate.document, now)

    return prove(policy, model, cases)


def _of_one_repository(policy: LifecyclePolicy, repository: str | None) -> LifecyclePolicy:
    """Return what a policy means for one repository, in which patterns of repositories play no part any more."""
    rules = [*policy.expire.values(), *policy.archive.values(), *policy.keep.values()]
    if repository is None:
        if policy.repositories == ["**"] and not policy.exclude_repositories and not any(r.repositories for r in rules):
            return policy
        raise stack_error("repositories: ECR's policy is for one repository; say which one it is to be translated for")
    found = of_repository(policy, repository)
    if found is None:
        raise stack_error(f"repositories: no rule that expires or archives is for the repository {repository!r}")
    return found


def of_repository(policy: LifecyclePolicy, repository: str) -> LifecyclePolicy | None:
    """Return what a policy means for one repository; None where nothing of it would ever go."""
    from ..patterns import doublestar

    def named(globs: Sequence[str]) -> bool:
        return any(re.match(doublestar(glob), repository) for glob in globs)

    if not named(policy.repositories) or named(policy.exclude_repositories):
        return None
    kinds = {
        kind: {
            name: rule.model_copy(update={"repositories": None})
            for name, rule in getattr(policy, kind).items()
            if rule.repositories is None or named(rule.repositories)
        }
        for kind in ("expire", "archive", "keep")
    }
    if not kinds["expire"] and not kinds["archive"]:
        return None
    images = [image for image in policy.protect.in_use if _may_be(image, repository)]
    protect = policy.protect.model_copy(update={"in_use": images})
    return policy.model_copy(update={**kinds, "repositories": ["**"], "exclude_repositories": [], "protect": protect})


def of_prefix(policy: LifecyclePolicy, prefix: str) -> LifecyclePolicy | None:
    """Return what a policy means for all repositories below a prefix (of any name where it is empty).

    None where nothing of it would ever go. Raises `StackError` where it means different things for some of them.
    """
    rules = [*policy.expire.values(), *policy.archive.values(), *policy.keep.values()]
    globs = [*policy.repositories, *policy.exclude_repositories]
    globs += [glob for rule in rules for glob in rule.repositories or []]
    below = f"{prefix}/" if prefix else ""
    found = classes([(below, "prefix"), *((glob, "doublestar") for glob in dict.fromkeys(globs))], "repository")
    names = [text for text, signature in found if signature[0]]
    meant = {name: of_repository(policy, name) for name in names}
    different = [name for name in names if meant[name] != meant[names[0]]]
    if different:
        where = f"repositories below {prefix!r}" if prefix else "all repositories"
        raise stack_error(
            f"repositories: the policy is not the same for {where}: {names[0]!r} and {different[0]!r} differ, and what "
            "ECR makes by itself there has one policy"
        )
    return meant[names[0]]


def _may_be(image: str, repository: str) -> bool:
    name = image.partition("@")[0].rpartition(":")[0] or image
    return image.startswith(("sha256:", "sha512:")) or name == repository or name.endswith(f"/{repository}")


def _error(kind: str, policy: LifecyclePolicy, refused: _Refused, nearest: Nearest | None) -> LifecycleNotExpressible:
    registry = importlib.import_module(f".{TARGETS[kind]}", __package__).REGISTRY
    lines = [f"the lifecycle policy cannot be carried out by {registry} as it is meant:"]
    lines += [f"  {mistake}" for mistake in refused.mistakes]
    for found in refused.differences[:_MOST_TOLD]:
        lines.append(f"  {found.told(registry)}  [{found.name}]")
    if len(refused.differences) > _MOST_TOLD:
        rest = ", ".join(found.name for found in refused.differences[_MOST_TOLD:])
        lines.append(f"  and it differs in: {rest}")
    if refused.differences:
        names = ", ".join(found.name for found in refused.differences)
        lines.append(f"accept it by name if that is right for you: accept_differences: [{names}]")
    if kind in _PRUNED and _prunable(policy):
        lines.append(
            "or let regc prune carry it out as it is, on a schedule: by PruneSchedule in Kubernetes, or "
            "`regc prune --unattended`"
        )
    if nearest is not None:
        loses = ", which deletes some of what yours keeps" if nearest.loses else ""
        lines.append(f"the nearest policy that it can carry out{loses}:")
        lines += [f"  {line}" for line in written(nearest.policy).splitlines()]
    error = error_class(LifecycleNotExpressible)("\n".join(lines))
    error.registry, error.nearest = registry, nearest.policy if nearest else None
    error.mistakes, error.differences = refused.mistakes, refused.differences
    return error


def _prunable(policy: LifecyclePolicy) -> bool:
    """Return whether regc prune can carry a policy out: it is not told of what no tag leads to, nor of pulls."""
    tagged = all(rule.tag_state in {None, "tagged"} for rule in policy.expire.values())
    return tagged and not any(untold.mistakes(policy, assume_created=True))


def written(policy: LifecyclePolicy) -> str:
    """Return a policy as YAML, without what is default."""
    import yaml

    text: str = yaml.safe_dump(
        policy.model_dump(mode="json", exclude_defaults=True), sort_keys=False, default_flow_style=None, width=100
    )
    return text


__all__ = [
    "TARGETS",
    "LifecycleNotExpressible",
    "Translation",
    "compile_policy",
    "of_prefix",
    "of_repository",
    "written",
]
