"""The covering set: small repositories from a policy's own boundaries, on which a translation has to prove itself.

Each class of tags that the patterns tell apart, each side of each age, counts around each N, artifacts with several
tags, indexes with their manifests, and referrers, alone and together. Manifests are there before their index, and
subjects before what refers to them, as registries take them.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ...blocks.lifecycle import Keep, LifecyclePolicy, Limits
from ..inventory import DAY, Inventory, build
from .globs import Dialect, classes, twins

_HOUR: Final = DAY // 24
NOW: Final = 2_000_000_000_000_000
"""The time at which everything is judged, in microseconds."""
_MOST_CLASSES: Final = 24
_RANDOM: Final = 400
_INDEX: Final = "application/vnd.oci.image.index.v1+json"
_IMAGE: Final = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Artifact:
    """One artifact of a case; `children` and `subject` are positions in the case."""

    tags: tuple[str, ...] = ()
    age: int = DAY
    """Microseconds since its push."""
    pulled: int | None = None
    """Microseconds since its last pull; None is never."""
    children: tuple[int, ...] = ()
    subject: int | None = None
    signs: int | None = None
    """The artifact that a tag `sha256-<digest>.sig` of this one names."""
    archived: int | None = None
    """Microseconds since it was archived."""
    digest: str | None = None
    """A digest that the policy names."""


@dataclass
class Case:
    """One repository."""

    artifacts: list[Artifact]
    repository: str = "app"
    counted: bool = False
    """Whether it is about how many there are."""


@dataclass
class Boundaries:
    """What the policies tell apart."""

    patterns: list[tuple[str, Dialect]] = field(default_factory=list)
    repositories: list[tuple[str, Dialect]] = field(default_factory=list)
    days: set[int] = field(default_factory=set)
    counts: set[int] = field(default_factory=set)
    digests: list[str] = field(default_factory=list)
    pulls: bool = False
    archives: bool = False
    versions: bool = False


def boundaries(policy: LifecyclePolicy) -> Boundaries:
    """Return what a unified policy tells apart."""
    found = Boundaries(digests=list(policy.protect.digests), archives=bool(policy.archive))
    found.patterns += [(glob, "doublestar") for glob in policy.protect.immutable_tags]
    found.repositories += [(glob, "doublestar") for glob in [*policy.repositories, *policy.exclude_repositories]]
    rules: list[Limits | Keep] = [*policy.expire.values(), *policy.archive.values(), *policy.keep.values()]
    for rule in rules:
        found.patterns += [(glob, "doublestar") for glob in [*(rule.tags or []), *rule.exclude_tags]]
        found.repositories += [(glob, "doublestar") for glob in rule.repositories or []]
        for name in ("older_than_days", "unpulled_for_days", "newer_than_days", "pulled_within_days",
                     "then_expire_after_days"):  # fmt: skip
            value = getattr(rule, name, None)
            if value is not None:
                found.days.add(value)
                found.pulls |= "pull" in name
        for name in ("beyond_most_recent", "most_recent"):
            value = getattr(rule, name, None)
            if value is not None:
                found.counts.add(value)
        found.versions |= rule.by == "version"
    return found


def cases(about: Boundaries) -> list[Case]:
    """Return the covering set. Raises `TooManyError` where the patterns have too many combinations."""
    patterns = sorted(set(about.patterns))
    names = [text for text, _ in classes(patterns, "tag")]
    # Tags that begin so are taken to be signatures, which have cases of their own.
    names = [text for text in names if not text.startswith("sha256-")][:_MOST_CLASSES]
    if about.versions:
        names += ["1.2.3", "v1.10.0", "v1.10.0-rc.1"]
    names = list(dict.fromkeys(names))
    tags: list[tuple[str, ...]] = [(), *((name,) for name in names)]
    ages = _ages(about.days)
    pulls: list[int | None] = [None, *ages] if about.pulls else [None]
    found = list(_single(tags, ages, pulls))
    # What is counted by tags counts these twice, whatever the patterns.
    doubles = twins(names, patterns)
    found += _pairs([*itertools.combinations(names, 2), *doubles], ages)
    found += _protected(about, tags, ages)
    found += _archived(about, tags, ages)
    found += _indexes(tags, ages)
    found += _referrers(tags, ages)
    for number in sorted(about.counts):
        found += _counted(number, tags, ages)
        found += _doubled(number, doubles, ages)
    found += _mixed(about, tags, ages, pulls)
    return _placed(found, about)


def _ages(days: Iterable[int]) -> list[int]:
    """Return the ages on both sides of each boundary, the youngest and the oldest.

    The very instant of a boundary is left out: no registry runs at it.
    """
    found = {_HOUR // 2}
    for number in days:
        found.add(number * DAY + _HOUR)
        if number:
            found.add(number * DAY - _HOUR)
    found.add((max(days, default=0) + 400) * DAY)
    return sorted(found)


def _single(tags: Sequence[tuple[str, ...]], ages: Sequence[int], pulls: Sequence[int | None]) -> Iterator[Case]:
    for names, age, pulled in itertools.product(tags, ages, pulls):
        if pulled is None or pulled <= age:
            yield Case([Artifact(names, age, pulled)])


def _pairs(pairs: Sequence[tuple[str, str]], ages: Sequence[int]) -> Iterator[Case]:
    for pair, age in itertools.product(pairs, ages):
        yield Case([Artifact(pair, age)])


def _protected(about: Boundaries, tags: Sequence[tuple[str, ...]], ages: Sequence[int]) -> Iterator[Case]:
    for digest, names, age in itertools.product(about.digests, tags, (ages[0], ages[-1])):
        yield Case([Artifact(names, age, digest=digest)])


def _archived(about: Boundaries, tags: Sequence[tuple[str, ...]], ages: Sequence[int]) -> Iterator[Case]:
    if about.archives:
        for names, age in itertools.product(tags, ages):
            yield Case([Artifact(names, ages[-1] + DAY, archived=age)])


def _indexes(tags: Sequence[tuple[str, ...]], ages: Sequence[int]) -> Iterator[Case]:
    old = ages[-1]
    for names, age in itertools.product(tags, ages):
        # A registry takes an index only after its manifests.
        for older in {age, old}:
            yield Case([Artifact(names, age, children=(1, 2)), Artifact((), older), Artifact((), older)])
        yield Case([Artifact(names, age, children=(1,)), Artifact((), age, children=(2,)), Artifact((), age)])
    for names, other in itertools.product(tags, tags):
        if other:
            yield Case([Artifact(names, old, children=(1,)), Artifact(other, old)])
        for age in (ages[0], old):
            yield Case([Artifact(names, old, children=(2,)), Artifact(other, age, children=(2,)), Artifact((), old)])


def _referrers(tags: Sequence[tuple[str, ...]], ages: Sequence[int]) -> Iterator[Case]:
    for names, age in itertools.product(tags, ages):
        yield Case([Artifact(names, age), Artifact((), age, subject=0)])
        yield Case([Artifact(names, age), Artifact((), age, signs=0)])
        if age > ages[0]:
            yield Case([Artifact(names, age), Artifact((), ages[0], subject=0)])
            yield Case([Artifact(names, age), Artifact((), ages[0], signs=0)])
    old = ages[-1]
    for names, other, age in itertools.product(tags, tags, (ages[0], old)):
        # What is about a manifest of an index, and what is about that.
        index, manifest = Artifact(names, age, children=(1,)), Artifact(other, old)
        yield Case([index, manifest, Artifact((), old, signs=1)])
        yield Case([index, manifest, Artifact((), old, subject=1), Artifact((), old, subject=2)])


def _counted(number: int, tags: Sequence[tuple[str, ...]], ages: Sequence[int]) -> Iterator[Case]:
    for names in tags:
        for first in (ages[0], ages[-1]):
            plain = [Artifact(names, first + place) for place in _steps(number + 2)]
            yield Case(plain, counted=True)
            many = [
                Artifact(names, first + place, children=(number + 2 + i,)) for i, place in enumerate(_steps(number + 2))
            ]
            manifests = [Artifact((), first + place) for place in _steps(number + 2)]
            yield Case([*many, *manifests], counted=True)
            about = [Artifact((), first + place, subject=i) for i, place in enumerate(_steps(number + 2))]
            yield Case([*plain, *about], counted=True)
            signed = [Artifact((), first + place, signs=i) for i, place in enumerate(_steps(number + 2))]
            yield Case([*plain, *signed], counted=True)
        # Some young, the others old.
        half = [Artifact(names, ages[i % len(ages)] + place) for i, place in enumerate(_steps(number + 3))]
        yield Case(half, counted=True)
    for names, other in itertools.permutations(tags, 2):
        both = tuple(dict.fromkeys((*names, *other)))
        for first in (ages[0], ages[-1]):
            steps = _steps(number + 4)
            yield Case([Artifact(other if i in {0, 2} else names, first + place) for i, place in enumerate(steps)],
                       counted=True)  # fmt: skip
            if names and other:
                yield Case([Artifact(both if i in {0, number + 1} else names, first + place)
                            for i, place in enumerate(steps)], counted=True)  # fmt: skip


def _doubled(number: int, doubles: Sequence[tuple[str, str]], ages: Sequence[int]) -> Iterator[Case]:
    """Yield repositories in which one artifact, or each, has two tags that no pattern tells apart."""
    for pair, first in itertools.product(doubles, (ages[0], ages[-1])):
        for some in ({0}, {number}, set(range(number + 2))):
            yield Case([Artifact(pair if i in some else pair[:1], first + place)
                        for i, place in enumerate(_steps(number + 2))], counted=True)  # fmt: skip


def _steps(number: int) -> range:
    return range(0, number * 60_000_000, 60_000_000)


def _mixed(
    about: Boundaries, tags: Sequence[tuple[str, ...]], ages: Sequence[int], pulls: Sequence[int | None]
) -> Iterator[Case]:
    """Yield repositories in which everything meets, the same ones each time."""
    dice = random.Random(len(tags) * 1_000 + len(ages))  # noqa: S311 - nothing secret
    most = min(max(about.counts, default=1), 12) + 3
    for _ in range(_RANDOM):
        found: list[Artifact] = []
        used: set[str] = set()
        for _ in range(dice.randint(2, most)):
            names = tuple(
                sorted({*dice.choice(tags), *dice.choice(tags)}) if dice.random() < 0.3 else dice.choice(tags)
            )
            age = dice.choice(ages) + dice.randrange(60) * 1_000_000
            pulled = dice.choice(pulls)
            made = Artifact(names, age, None if pulled is None else min(pulled, age))
            if found and dice.random() < 0.2:
                made.children = (dice.randrange(len(found)),)
                made.age = min(age, *(found[i].age for i in made.children))
            elif found and dice.random() < 0.15:
                made.subject, made.tags = dice.randrange(len(found)), ()
            used.update(names)
            found.append(made)
        yield Case(found, counted=True)


def _placed(found: list[Case], about: Boundaries) -> list[Case]:
    """Give each case a repository; where names matter, every case without counts stands in each class of them."""
    if not any(glob not in {"**", ""} for glob, _ in about.repositories):
        return found
    names = [text for text, _ in classes(sorted(set(about.repositories)), "repository")]
    return [dataclasses.replace(case, repository=name) for name in names for case in found]


def inventory(found: Sequence[Case]) -> tuple[Inventory, list[tuple[int, int]]]:
    """Return the inventory of the cases, each a repository of its own, and for each row its case and artifact."""
    columns: dict[str, list[object]] = {
        name: [] for name in ("repository", "digest", "tags", "pushed_at", "last_pulled_at", "media_type", "children",
                              "subject", "storage_class", "archived_at", "tag_pushed_at", "size")
    }  # fmt: skip
    places: dict[tuple[str, str], tuple[int, int]] = {}
    for number, case in enumerate(found):
        key = f"{number:09d}"
        digests = [art.digest or f"sha256:{number:032x}{place:032x}" for place, art in enumerate(case.artifacts)]
        for place, art in enumerate(case.artifacts):
            # Several artifacts of a case may have one tag: it stands for its class.
            names = list(art.tags)
            if art.signs is not None:
                names.append(f"{digests[art.signs].replace(':', '-')}.sig")
            places[key, digests[place]] = (number, place)
            columns["repository"].append(key)
            columns["digest"].append(digests[place])
            columns["tags"].append(names)
            columns["pushed_at"].append(NOW - art.age)
            columns["tag_pushed_at"].append([NOW - art.age] * len(names))
            columns["last_pulled_at"].append(None if art.pulled is None else NOW - art.pulled)
            columns["media_type"].append(_INDEX if art.children else _IMAGE)
            columns["children"].append([digests[i] for i in art.children])
            columns["subject"].append(None if art.subject is None else digests[art.subject])
            columns["storage_class"].append(None if art.archived is None else "archive")
            columns["archived_at"].append(None if art.archived is None else NOW - art.archived)
            columns["size"].append(1)
    made = build(columns)
    rows = [places[made.repositories[int(made.repository[row])], str(made.digest[row])] for row in range(len(made))]
    named = [case.repository for case in found]
    return dataclasses.replace(made, repositories=named, _cache={}), rows


__all__ = ["NOW", "Artifact", "Boundaries", "Case", "boundaries", "cases", "inventory"]
