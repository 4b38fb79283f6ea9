"""What holds for every kind of policy, whatever is in the repositories.

Each property takes a kind, a source of chance and a number of repositories, and returns for how many it was shown.
Many repositories are judged at once: in one inventory each is a case of its own.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import yaml

from registry_components.blocks.lifecycle import LifecyclePolicy

from . import differ
from .differ import model
from .generate import NOW, estate, gar_keep, keep_rule, policy, siblings
from .reference import WHOLE
from .reference.common import DAY, DELETE, KEEP, UNTAG, Artifact, Fates, parents, subject_by_manifest

Property = Callable[[str, Random, int], int]
_TIMES: Final = ("pushed_at", "last_pulled_at", "archived_at", "activated_at", "untagged_at")


def drawn(kind: str, dice: Random, repositories: int) -> list[Artifact]:
    """Return the artifacts of random repositories."""
    made = (siblings if kind in WHOLE else estate)(dice, repositories)
    return [artifact for artifacts in made for artifact in artifacts]


def deleted(fates: Fates) -> set[tuple[str, str]]:
    """Return what is deleted."""
    return {key for key, (action, _) in fates.items() if action == DELETE}


def _told(kind: str, wanted: Any, artifacts: Iterable[Artifact], keys: Iterable[tuple[str, str]]) -> str:
    """Return the repositories of some artifacts, for a failed property to show."""
    names = sorted({name for name, _ in keys})[:1]
    shown = [repr(artifact) for artifact in artifacts if artifact.repository in names]
    return "\n".join([f"{kind}: {sorted(keys)[:3]}", repr(wanted), *shown])


def as_documented(kind: str, dice: Random, repositories: int) -> int:
    """The model says what a plain reading of the rules says."""
    return differ.batch(kind, dice, repositories)


def order(kind: str, dice: Random, repositories: int) -> int:
    """Verdicts do not depend on the order of the inventory, nor of the tags and manifests in it."""
    artifacts, wanted = drawn(kind, dice, repositories), policy(kind, dice)
    shuffled = []
    for artifact in artifacts:
        places = list(range(len(artifact.tags)))
        dice.shuffle(places)
        times = artifact.tag_pushed_at
        children = list(artifact.children)
        dice.shuffle(children)
        shuffled.append(
            replace(
                artifact,
                tags=[artifact.tags[place] for place in places],
                tag_pushed_at=None if times is None else [times[place] for place in places],
                children=children,
            )
        )
    dice.shuffle(shuffled)
    one, other = model(kind, artifacts, wanted), model(kind, shuffled, wanted)
    assert one == other, _told(kind, wanted, artifacts, [key for key in one if one[key] != other[key]])
    return repositories


def idempotent(kind: str, dice: Random, repositories: int) -> int:
    """Where a policy has run, it finds nothing more to do."""
    wanted = policy(kind, dice)
    if kind == "acr-purge":
        # One command leaves work for the one before it.
        wanted = wanted[:1]
    artifacts = _untangled(drawn(kind, dice, repositories))
    fates = model(kind, artifacts, wanted)
    left = []
    for artifact in artifacts:
        action, gone = fates[artifact.key]
        if action == DELETE:
            continue
        kept = [place for place, tag in enumerate(artifact.tags) if tag not in gone]
        times = artifact.tag_pushed_at
        artifact = replace(  # noqa: PLW2901
            artifact,
            tags=[artifact.tags[place] for place in kept],
            tag_pushed_at=None if times is None else [times[place] for place in kept],
        )
        if action == "archive":
            artifact = replace(artifact, storage_class="archive", archived_at=NOW)  # noqa: PLW2901
        left.append(artifact)
    again = model(kind, left, wanted)
    more = [key for key, (action, _) in again.items() if action != KEEP]
    assert not more, _told(kind, wanted, artifacts, more)
    return repositories


def _untangled(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Return artifacts of which none is at once a referrer and an index, or in one.

    There a second run may do more: who has lost its subject, and is held by an index, is judged by itself.
    """
    children = {(artifact.repository, child) for artifact in artifacts for child in artifact.children}
    found = []
    for artifact in artifacts:
        if artifact.children or artifact.key in children:
            plain = [(place, tag) for place, tag in enumerate(artifact.tags) if not tag.startswith("sha256-")]
            times = artifact.tag_pushed_at
            found.append(
                replace(
                    artifact,
                    subject=None,
                    tags=[tag for _, tag in plain],
                    tag_pushed_at=None if times is None else [times[place] for place, _ in plain],
                )
            )
        else:
            found.append(artifact)
    return found


def monotone(kind: str, dice: Random, repositories: int) -> int:
    """A stricter keep never deletes more."""
    artifacts, wanted = drawn(kind, dice, repositories), policy(kind, dice)
    if kind == "acr-purge":
        # What one command keeps takes a place from what the next one would keep.
        wanted = wanted[:1]
    stricter = _STRICTER[kind](dice, copy.deepcopy(wanted))
    _assert_less((kind, wanted, stricter), artifacts, model(kind, artifacts, wanted), model(kind, artifacts, stricter))
    return repositories


def _assert_less(what: tuple[str, Any, Any], artifacts: Sequence[Artifact], more: Fates, less: Fates) -> None:
    wrong = [key for key, (action, gone) in less.items() if not gone <= more[key][1]]
    wrong += sorted(deleted(less) - deleted(more))
    assert not wrong, _told(what[0], what[1:], artifacts, wrong)


def _raise(dice: Random, value: int) -> int:
    return value + dice.choice((1, 1, 5))


def _stricter_ecr(dice: Random, wanted: Any) -> Any:
    selection = dice.choice(wanted["rules"])["selection"]
    selection["countNumber"] = _raise(dice, selection["countNumber"])
    return wanted


def _stricter_gar(dice: Random, wanted: Any) -> Any:
    if dice.random() < 0.5:
        return wanted | {"more": gar_keep(dice, "more")}
    for item in wanted.values():
        if "mostRecentVersions" in item:
            item["mostRecentVersions"]["keepCount"] = _raise(dice, item["mostRecentVersions"]["keepCount"])
        elif item["action"] == "DELETE" and "olderThan" in item["condition"]:
            item["condition"]["olderThan"] = "2678400s"
    return wanted


def _stricter_acr(dice: Random, wanted: Any) -> Any:
    return wanted | {"days": _raise(dice, wanted["days"])}


def _stricter_purge(dice: Random, wanted: Any) -> Any:
    (command,) = wanted
    if "ago" not in command or dice.random() < 0.5:
        command["keep"] = _raise(dice, command.get("keep", 0))
    else:
        command["ago"] = f"{_raise(dice, 1 if command['ago'].endswith('h') else int(command['ago'][:-1])) + 1}d"
    return wanted


def _stricter_harbor(dice: Random, wanted: Any) -> Any:
    enabled = [rule for rule in wanted["rules"] if not rule.get("disabled")]
    if enabled and dice.random() < 0.5:
        # A rule for further repositories would start deletion there.
        more = {**dice.choice(policy("harbor", dice)["rules"]), "disabled": False}
        more.pop("scope_selectors", None)
        scope = dice.choice(enabled).get("scope_selectors")
        more |= {} if scope is None else {"scope_selectors": scope}
        same = [{**rule, "disabled": False} for rule in enabled]
        return wanted if more in same else {**wanted, "rules": [*wanted["rules"], more]}
    for rule in wanted["rules"]:
        for name in rule.get("params", {}):
            rule["params"][name] = _raise(dice, rule["params"][name])
    return {**wanted, "rules": [rule for at, rule in enumerate(wanted["rules"]) if rule not in wanted["rules"][:at]]}


def _stricter_nexus(dice: Random, wanted: Any) -> Any:
    for item in wanted:
        for name in ("criteriaLastBlobUpdated", "criteriaLastDownloaded", "retain"):
            if name in item:
                item[name] = _raise(dice, item[name])
    return wanted


def _stricter_artifactory(dice: Random, wanted: Any) -> Any:
    criteria = wanted["searchCriteria"]
    for name, value in criteria.items():
        if isinstance(value, int):
            criteria[name] = _raise(dice, value)
    return wanted


def _stricter_distribution(dice: Random, wanted: Any) -> Any:
    return wanted | {"delete_untagged": False}


def _stricter_unified(dice: Random, wanted: Any) -> Any:
    if dice.random() < 0.6:
        return {**wanted, "keep": {**wanted["keep"], "further": keep_rule(dice)}}
    rule = dice.choice([*wanted["expire"].values(), *wanted["archive"].values()])
    for name, value in rule.items():
        if isinstance(value, int):
            rule[name] = _raise(dice, value)
    return wanted


_STRICTER: Final[Mapping[str, Callable[[Random, Any], Any]]] = {
    "acr": _stricter_acr,
    "acr-purge": _stricter_purge,
    "artifactory": _stricter_artifactory,
    "distribution": _stricter_distribution,
    "ecr": _stricter_ecr,
    "gar": _stricter_gar,
    "harbor": _stricter_harbor,
    "nexus": _stricter_nexus,
    "unified": _stricter_unified,
}


def less_known(kind: str, dice: Random, repositories: int) -> int:
    """What is not known never makes anything go: an inventory without some push times deletes no more."""
    artifacts, wanted = drawn(kind, dice, repositories), policy(kind, dice)
    if kind == "unified":
        # With a pull that is known it is enough that this one is old.
        for rule in [*wanted["expire"].values(), *wanted["archive"].values()]:
            if rule.pop("unpulled_for_days", None) is not None:
                rule.setdefault("older_than_days", 1)
    bare = [
        replace(artifact, pushed_at=None, tag_pushed_at=None) if dice.random() < 0.3 else artifact
        for artifact in artifacts
    ]
    _assert_less((kind, wanted, "less is known"), bare, model(kind, artifacts, wanted), model(kind, bare, wanted))
    return repositories


def unrelated(kind: str, dice: Random, repositories: int) -> int:
    """What lies in another repository changes nothing."""
    artifacts, wanted = drawn(kind, dice, repositories), policy(kind, dice)
    others = [
        replace(artifact, repository=f"{artifact.repository}-other")
        for artifacts in estate(dice, max(repositories // 4, 1), first=repositories)
        for artifact in artifacts
    ]
    alone, beside = model(kind, artifacts, wanted), model(kind, [*others, *artifacts], wanted)
    wrong = [key for key in alone if alone[key] != beside[key]]
    assert not wrong, _told(kind, wanted, artifacts, wrong)
    return repositories


def renamed(kind: str, dice: Random, repositories: int) -> int:
    """What repositories outside of the patterns are called changes nothing, and nothing happens to them."""
    artifacts, wanted = drawn(kind, dice, repositories), policy(kind, dice)
    scoped = _SCOPED.get(kind)
    names = {artifact.repository for artifact in artifacts}
    if scoped is not None:
        wanted = scoped(wanted)
        names = {name for name in names if not name.startswith("team/")}
    new = {name: f"{dice.choice(('web', 'x/team', 'zz'))}/{place}" for place, name in enumerate(sorted(names))}
    moved = [replace(a, repository=new.get(a.repository, a.repository)) for a in artifacts]
    before, after = model(kind, artifacts, wanted), model(kind, moved, wanted)
    wrong = [(name, digest) for name, digest in before if before[name, digest] != after[new.get(name, name), digest]]
    if scoped is not None:
        wrong += [key for key, fate in before.items() if key[0] in names and fate[0] != KEEP]
    assert not wrong, _told(kind, wanted, artifacts, wrong)
    return repositories


def _scoped_gar(wanted: Any) -> Any:
    for item in wanted.values():
        item.get("mostRecentVersions", item.get("condition"))["packageNamePrefixes"] = ["team/"]
    return wanted


def _scoped_purge(wanted: Any) -> Any:
    for command in wanted:
        command["filter"] = [f"team/.*:{pair.partition(':')[2]}" for pair in command["filter"]]
    return wanted


def _scoped_harbor(wanted: Any) -> Any:
    selector = {"kind": "doublestar", "decoration": "repoMatches", "pattern": "team/**"}
    rules: list[Any] = []
    for rule in wanted["rules"]:
        scoped = {**rule, "scope_selectors": {"repository": [selector]}}
        if scoped not in rules:
            rules.append(scoped)
    return {**wanted, "rules": rules}


def _scoped_nexus(wanted: Any) -> Any:
    return [{**item, "criteriaAssetRegex": "v2/team/.*[0-9]"} for item in wanted]


def _scoped_artifactory(wanted: Any) -> Any:
    wanted["searchCriteria"]["includedPackages"] = ["team/**"]
    return wanted


def _scoped_unified(wanted: Any) -> Any:
    wanted = {**wanted, "repositories": ["team/**"]}
    wanted.get("protect", {}).pop("in_use", None)
    return wanted


_SCOPED: Final[Mapping[str, Callable[[Any], Any]]] = {
    "acr-purge": _scoped_purge,
    "artifactory": _scoped_artifactory,
    "gar": _scoped_gar,
    "harbor": _scoped_harbor,
    "nexus": _scoped_nexus,
    "unified": _scoped_unified,
}
"""Policies for repositories of `team/` alone, of kinds whose policies name repositories."""


def shifted(kind: str, dice: Random, repositories: int) -> int:
    """Only how long ago something was plays a part: times that all move by as much change nothing."""
    artifacts, wanted = drawn(kind, dice, repositories), policy(kind, dice)
    # Harbor counts in full seconds.
    by = dice.randint(-300, 300) * DAY // 7 if kind != "harbor" else dice.randint(-9_999_999, 9_999_999) * 1_000_000
    moved = []
    for artifact in artifacts:
        changes: dict[str, Any] = {
            name: value + by for name in _TIMES if (value := getattr(artifact, name)) is not None
        }
        if artifact.tag_pushed_at is not None:
            changes["tag_pushed_at"] = [None if time is None else time + by for time in artifact.tag_pushed_at]
        moved.append(replace(artifact, **changes))
    later = copy.deepcopy(wanted)
    if kind == "acr" and "lastUpdatedTime" in later:
        at = datetime.fromisoformat(later["lastUpdatedTime"]) + timedelta(microseconds=by)
        later["lastUpdatedTime"] = at.isoformat()
    one, other = model(kind, artifacts, wanted), model(kind, moved, later, NOW + by)
    assert one == other, _told(kind, wanted, artifacts, [key for key in one if one[key] != other[key]])
    return repositories


def round_trip(kind: str, dice: Random, repositories: int) -> int:
    """A policy that was written and read means what it meant."""
    artifacts, wanted = drawn(kind, dice, repositories), policy(kind, dice)
    if kind == "unified":
        loaded = LifecyclePolicy.load(wanted)
        again = LifecyclePolicy.load(yaml.safe_load(yaml.safe_dump(loaded.model_dump(exclude_defaults=True))))
        assert again == loaded
        read: Any = again
    else:
        read = json.loads(json.dumps(wanted))
    assert model(kind, artifacts, read) == model(kind, artifacts, wanted)
    return repositories


def protected(kind: str, dice: Random, repositories: int) -> int:
    """Nothing that is protected is ever deleted, nor what an index needs that stays."""
    artifacts, wanted = drawn(kind, dice, repositories), policy(kind, dice)
    guard = _PROTECTED[kind]
    wanted, safe = guard(wanted, artifacts)
    fates = model(kind, artifacts, wanted)
    wrong = [key for key in safe if fates[key][0] in {DELETE, UNTAG}]
    if kind not in _OTHERWISE:
        gone = deleted(fates)
        for own in _by_repository(artifacts):
            holders = parents(own)
            wrong += [
                artifact.key
                for artifact in own
                if artifact.key in gone
                and any((artifact.repository, index) not in gone for index in holders[artifact.digest])
            ]
    for key, (action, tags) in fates.items():
        if (action in {KEEP, "archive"}) != (not tags) and action != DELETE:
            wrong.append(key)
    assert not wrong, _told(kind, wanted, artifacts, wrong)
    return repositories


_OTHERWISE: Final = ("acr-purge", "artifactory", "distribution", "nexus")
"""Kinds that do not ask whether an index refers to what they delete: those of tags, and one that asks tags alone."""


def _by_repository(artifacts: Sequence[Artifact]) -> list[list[Artifact]]:
    found: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        found.setdefault(artifact.repository, []).append(artifact)
    return list(found.values())


def _referrers(artifacts: Sequence[Artifact]) -> set[tuple[str, str]]:
    found = set()
    for own in _by_repository(artifacts):
        here = {artifact.digest: artifact for artifact in own}
        found |= {artifact.key for artifact in own if subject_by_manifest(artifact, here)}
    return found


Guarded = tuple[Any, set[tuple[str, str]]]


def _protected_ecr(wanted: Any, artifacts: Sequence[Artifact]) -> Guarded:
    count = {"countType": "imageCountMoreThan", "countNumber": 1_000_000}
    selection = {"tagStatus": "tagged", "tagPatternList": ["v*"], **count}
    first = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    rules = [{**rule, "rulePriority": rule["rulePriority"] + 1} for rule in wanted["rules"]]
    referrers = _referrers(artifacts)
    safe = {a.key for a in artifacts if any(tag.startswith("v") for tag in a.tags) and not a.archived}
    return {"rules": [first, *rules]}, safe - referrers


def _protected_gar(wanted: Any, artifacts: Sequence[Artifact]) -> Guarded:
    item = {"id": "safe", "action": "KEEP", "condition": {"tagState": "TAGGED", "tagPrefixes": ["v"]}}
    return wanted | {"safe": item}, {a.key for a in artifacts if any(tag.startswith("v") for tag in a.tags)}


def _protected_acr(wanted: Any, artifacts: Sequence[Artifact]) -> Guarded:
    referrers = _referrers(artifacts)
    return wanted, {a.key for a in artifacts if a.locked or (a.tags and a.key not in referrers)}


def _protected_purge(wanted: Any, artifacts: Sequence[Artifact]) -> Guarded:
    for command in wanted:
        command.pop("include_locked", None)
        # Nothing here says dev-main: what keeps that tag stays, and what it leads to.
        command["filter"] = [f"{pair.partition(':')[0]}:^(?!dev-main$)" for pair in command["filter"]]
    safe = {a.key for a in artifacts if a.locked}
    reach = [a for a in artifacts if "dev-main" in a.tags and not a.locked]
    everything = {a.key: a for a in artifacts}
    referrers = _referrers(artifacts)
    while reach:
        artifact = reach.pop()
        for child in artifact.children:
            found = everything.get((artifact.repository, child))
            # With other tags its own tags may go.
            if found is not None and found.key not in safe and not found.tags and found.key not in referrers:
                safe.add(found.key)
                reach.append(found)
    return wanted, safe


def _protected_harbor(wanted: Any, artifacts: Sequence[Artifact]) -> Guarded:
    selector = {"kind": "doublestar", "decoration": "matches", "pattern": "v*", "extras": '{"untagged":false}'}
    rule = {"action": "retain", "template": "always", "tag_selectors": [selector]}
    safe = set()
    for own in _by_repository(artifacts):
        here = {artifact.digest: artifact for artifact in own}
        for artifact in own:
            free = artifact.subject is None and not any(tag.startswith("sha256-") for tag in artifact.tags)
            if free and (any(tag.startswith("v") for tag in artifact.tags) or (artifact.locked and artifact.tags)):
                safe.add(here[artifact.digest].key)
    return {**wanted, "rules": [*wanted["rules"], rule]}, safe


def _protected_by_age(wanted: Any, artifacts: Sequence[Artifact]) -> Guarded:
    """Nothing that was set and pulled within a day goes, where every policy speaks of days."""
    policies = wanted if isinstance(wanted, list) else [wanted["searchCriteria"]]
    timed = all(
        any(name.startswith(("criteriaLast", "createdBefore", "lastDownloadedBefore")) for name in item)
        for item in policies
    )

    def young(time: int | None) -> bool:
        return time is not None and NOW - time <= DAY

    return wanted, {
        artifact.key
        for artifact in artifacts
        if timed
        and all(young(artifact.tag_time(tag)) for tag in artifact.tags)
        and (artifact.last_pulled_at is None or young(artifact.last_pulled_at))
    }


def _protected_distribution(wanted: Any, artifacts: Sequence[Artifact]) -> Guarded:
    everything = {artifact.key: artifact for artifact in artifacts}
    safe, reach = set(), [artifact for artifact in artifacts if artifact.tags]
    while reach:
        artifact = reach.pop()
        safe.add(artifact.key)
        reach += [
            everything[artifact.repository, child]
            for child in artifact.children
            if (artifact.repository, child) in everything
        ]
    return wanted, safe


def _protected_unified(wanted: Any, artifacts: Sequence[Artifact]) -> Guarded:
    digests = [artifact.digest for artifact in artifacts[::7]]
    protect = {**wanted.get("protect", {}), "digests": digests, "immutable_tags": ["v*"]}
    named = set(digests)
    safe = {a.key for a in artifacts if a.digest in named or any(tag.startswith("v") for tag in a.tags)}
    return {**wanted, "repositories": ["**"], "exclude_repositories": [], "protect": protect}, safe


_PROTECTED: Final[Mapping[str, Callable[[Any, Sequence[Artifact]], Guarded]]] = {
    "acr": _protected_acr,
    "acr-purge": _protected_purge,
    "artifactory": _protected_by_age,
    "distribution": _protected_distribution,
    "ecr": _protected_ecr,
    "gar": _protected_gar,
    "harbor": _protected_harbor,
    "nexus": _protected_by_age,
    "unified": _protected_unified,
}

PROPERTIES: Final[Mapping[str, Property]] = {
    "as documented": as_documented,
    "nothing protected goes": protected,
    "no order": order,
    "idempotent": idempotent,
    "monotone": monotone,
    "less known, less deleted": less_known,
    "unrelated repositories": unrelated,
    "renamed repositories": renamed,
    "shifted times": shifted,
    "round trip": round_trip,
}
"""Every property by its name; each holds for every kind."""

__all__ = ["PROPERTIES", "Property"]
