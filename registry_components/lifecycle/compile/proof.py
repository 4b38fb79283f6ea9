"""The proof of a translation: on every case of the covering set, both policies have the same verdict.

A difference has a name, `<what the registry does>:<what it is about>`, by which it can be accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...blocks.lifecycle import LifecyclePolicy
from ..inventory import DAY, Bools, Inventory
from ..unified import simulate as unified
from ..verdicts import ARCHIVE, DELETE, KEEP, Verdicts
from . import covering
from .covering import Artifact, Case

Actions = np.ndarray[Any, np.dtype[np.int8]]
Native = Callable[[Inventory, int], Verdicts]
"""What the registry does with the translation: an inventory and a time give verdicts."""

_DEFERRED_DAYS: Final = 2
"""What the registry does that much later is no difference: every registry cleans up once a day at most."""
_HANGING: Final = frozenset({"index-children", "referrers"})
_DOES: Final = {DELETE: "deletes-more", ARCHIVE: "archives-more"}


@dataclass(frozen=True)
class Difference:
    """The smallest artifact on which the registry would do something else."""

    name: str
    image: str
    """`repository:tag`, or `repository@digest`."""
    situation: str
    """What the artifact is, in words."""
    native: str
    native_reason: str
    unified: str
    unified_reason: str

    def told(self, registry: str) -> str:
        """Return it in words."""
        text = (
            f"{registry} would {self.native} {self.image} ({self.situation}), because {_clause(self.native_reason)}; "
            f"your policy {self.unified}s it, because {_clause(self.unified_reason)}"
        )
        # The digests of the covering set say nothing to anybody.
        return re.sub(r"(sha256[:-])[0-9a-f]{12,64}(\.\.\.)?", r"\1…", text)


@dataclass(frozen=True)
class Proof:
    """What was compared, and what differed."""

    cases: int
    artifacts: int
    differences: tuple[Difference, ...]
    """One for each name, the smallest first."""
    deferred: tuple[str, ...]
    """What the registry does up to two days later, by name."""
    lost: int
    """How many artifacts go that the unified policy keeps."""
    left: int


def prove(policy: LifecyclePolicy, native: Native, cases: Sequence[Case]) -> Proof:
    """Compare both on the cases."""
    inventory, places = covering.inventory(cases)
    wanted, given = unified(inventory, policy, covering.NOW), native(inventory, covering.NOW)
    # An untagged artifact that stays is, for whoever asks, one that stays.
    does, should = _final(given), _final(wanted)
    wrong = does != should
    deferred: set[str] = set()
    hanging = wrong & (should == DELETE) & (does == KEEP)
    if hanging.any():
        later = _final(native(inventory, covering.NOW + _DEFERRED_DAYS * DAY)) == DELETE
        for row in np.flatnonzero(hanging & later).tolist():
            about = _about(cases[places[row][0]], places[row][1])
            if about[0] in {*_HANGING, "subjects", "signature-tags"}:
                wrong[row] = False
                deferred.add(f"keeps-more:{about[0]}")
    found = _named(wrong, does, should, cases, places)
    ordered = sorted(found.items(), key=lambda item: (item[1][0], item[0]))
    return Proof(
        cases=len(cases),
        artifacts=len(inventory),
        differences=tuple(
            _difference(name, row, cases[places[row][0]], places[row][1], wanted=wanted, given=given)
            for name, (_, row) in ordered
        ),
        deferred=tuple(sorted(deferred)),
        lost=int((wrong & (should == KEEP)).sum()),
        left=int((wrong & (does == KEEP)).sum()),
    )


def _final(verdicts: Verdicts) -> Actions:
    """Return the actions; of an artifact that loses some tags, that it stays."""
    return np.where(verdicts.action > ARCHIVE, KEEP, verdicts.action).astype(np.int8)


def _named(
    wrong: Bools, does: Actions, should: Actions, cases: Sequence[Case], places: Sequence[tuple[int, int]]
) -> dict[str, tuple[tuple[int, int, int, int], int]]:
    """Return the smallest artifact of each difference, by name.

    What hangs on an artifact that differs in the same way is no difference of its own, and one that has several
    features goes by the one that is known to differ already.
    """
    direction = {places[row]: _DOES.get(int(does[row]), "keeps-more") for row in np.flatnonzero(wrong).tolist()}
    ordered = []
    named = _by_repository(wrong, does, should, cases, places)
    for row in np.flatnonzero(wrong).tolist():
        number, place = places[row]
        case = cases[number]
        if any(direction.get((number, other)) == direction[number, place] for other in _holders(case, place)):
            continue
        about = [*(["repositories"] if (number, place) in named else []), *_about(case, place)]
        size = (len(about), len(case.artifacts), len(case.artifacts[place].tags), number)
        ordered.append((size, row, direction[number, place], about))
    found: dict[str, tuple[tuple[int, int, int, int], int]] = {}
    for size, row, does_what, about in sorted(ordered):
        names = [f"{does_what}:{feature}" for feature in about]
        if not any(name in found for name in names):
            found[names[0]] = (size, row)
    return found


def _by_repository(
    wrong: Bools, does: Actions, should: Actions, cases: Sequence[Case], places: Sequence[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Return the artifacts that differ in a repository of one name, and would not in one of another."""
    each = sum(case.repository == cases[0].repository for case in cases)
    if each == len(cases):
        return set()
    # The cases are the same ones for each name. Where less is done than meant, those count of which the same is meant;
    # where more is done, those to which the same is done.
    right = np.flatnonzero(~wrong).tolist()
    meant = {(places[row][0] % each, places[row][1], int(should[row])) for row in right}
    done = {(places[row][0] % each, places[row][1], int(does[row])) for row in right}
    found = set()
    for row in np.flatnonzero(wrong).tolist():
        number, place = places[row]
        less = int(does[row]) == KEEP
        key = (number % each, place, int(should[row] if less else does[row]))
        if key in (meant if less else done):
            found.add((number, place))
    return found


def _holders(case: Case, place: int) -> list[int]:
    """Return the artifacts on which one hangs: its indexes, and its subject."""
    art = case.artifacts[place]
    found = [i for i, other in enumerate(case.artifacts) if place in other.children]
    found += [i for i in (art.subject, art.signs) if i is not None]
    return found


def _about(case: Case, place: int) -> list[str]:
    """Return what is special about an artifact, the most telling first."""
    art = case.artifacts[place]
    found = []
    if art.signs is not None:
        found.append("signature-tags")
    if art.subject is not None:
        found.append("referrers")
    if any(place in other.children for other in case.artifacts):
        found.append("index-children")
    if any(place in {other.subject, other.signs} for other in case.artifacts):
        found.append("subjects")
    if art.archived is not None:
        found.append("archived")
    if art.digest is not None:
        found.append("digests")
    if art.children:
        found.append("indexes")
    if len(art.tags) > 1:
        found.append("several-tags")
    if case.counted and len(case.artifacts) > 1:
        found.append("counts")
    if not _HANGING.union({"signature-tags"}).intersection(found):
        # Whatever else it is: where plain ones differ, it differs for the same reason.
        found += [*(["pulls"] if art.pulled is not None else []), "tags" if art.tags else "untagged"]
    return found


def _difference(name: str, row: int, case: Case, place: int, *, wanted: Verdicts, given: Verdicts) -> Difference:
    art = case.artifacts[place]
    repository = case.repository
    tags = wanted.inventory.tags_of(row)
    image = f"{repository}:{tags[0]}" if tags else f"{repository}@{str(wanted.inventory.digest[row])[:19]}"
    if len(image) > 60 and tags:
        image = image[:57] + "..."
    return Difference(
        name=name,
        image=image,
        situation=_situation(case, art, place, tags),
        native=_verb(given, row),
        native_reason=given.text(row),
        unified=_verb(wanted, row),
        unified_reason=wanted.text(row),
    )


def _clause(reason: str) -> str:
    """Return a reason as it reads after `because`."""
    return f"it {reason}" if reason.startswith(("goes ", "stays ", "cannot ")) else reason


def _verb(verdicts: Verdicts, row: int) -> str:
    return {KEEP: "keep", DELETE: "delete", ARCHIVE: "archive"}.get(int(verdicts.action[row]), "untag")


def _situation(case: Case, art: Artifact, place: int, tags: Sequence[str]) -> str:
    told: list[str] = []
    if len(tags) > 1:
        told.append(f"tags {', '.join(tags)}")
    elif not tags:
        told.append("untagged")
    told.append(f"pushed {_days(art.age)} ago")
    if art.pulled is not None:
        told.append(f"pulled {_days(art.pulled)} ago")
    if art.archived is not None:
        told.append(f"archived {_days(art.archived)} ago")
    if art.children:
        told.append("an index")
    parents = [other for other in case.artifacts if place in other.children]
    if parents:
        told.append(f"in the index {_called(parents[0], tags=True)}")
    subject = art.subject if art.subject is not None else art.signs
    if subject is not None:
        told.append(f"refers to {_called(case.artifacts[subject], tags=True)}")
    if any(place in {other.subject, other.signs} for other in case.artifacts):
        told.append("something refers to it")
    if len(case.artifacts) > 1:
        told.append(f"one of {len(case.artifacts)} in its repository")
    return ", ".join(told)


def _called(art: Artifact, *, tags: bool) -> str:
    name = f"tagged {art.tags[0]}" if tags and art.tags else "without a tag"
    return f"{name} of {_days(art.age)}"


def _days(microseconds: int) -> str:
    hours = round(microseconds / (DAY // 24), 1)
    if hours < 48:
        return f"{hours:g} hour" + ("" if hours == 1 else "s")
    days, rest = divmod(round(hours), 24)
    return f"{days} days" + (f" and {rest} hour" + ("" if rest == 1 else "s") if rest else "")


def reduced(policy: LifecyclePolicy, most: int = 30) -> LifecyclePolicy:
    """Return the policy with its larger counts replaced by small ones in the same order, which is what is proven.

    No translation depends on how large a count is, but the covering set has that many artifacts.
    """
    counts = sorted(covering.boundaries(policy).counts)
    large = [number for number in counts if number > most]
    if not large:
        return policy
    small = [number for number in counts if number <= most]
    table = {number: max([*small, most - len(large)]) + 1 + i for i, number in enumerate(large)}

    def rule(said: Any) -> Any:
        changes = {
            name: table[getattr(said, name)]
            for name in ("beyond_most_recent", "most_recent")
            if getattr(said, name, None) in table
        }
        return said.model_copy(update=changes) if changes else said

    return policy.model_copy(
        update={
            kind: {name: rule(said) for name, said in getattr(policy, kind).items()}
            for kind in ("expire", "archive", "keep")
        }
    )


__all__ = ["Difference", "Native", "Proof", "prove", "reduced"]
