"""Unit proof: a translation that is accepted does the same on repositories that the covering set has never seen."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_components.blocks.differences import NAMES as DIFFERENCES
from registry_components.blocks.lifecycle import LifecyclePolicy
from registry_components.core.errors import StackError
from registry_components.lifecycle import Inventory, Verdicts, from_records, simulate
from registry_components.lifecycle.compile import LifecycleNotExpressible, Translation, compile_policy
from registry_components.lifecycle.compile.translation import TARGETS, of_repository

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TAGS = ("latest", "main", "pr-1", "pr-22", "v1.0.0", "v1.0.0-rc.1", "v1.1.0", "v10.0.0", "dev-main", "x-rc", "latest-2")
GLOBS = ("*", "pr-*", "v*", "*-rc*", "latest", "{main,v1.*}", "nothing", "v1.*", "*-main", "latest*", "v?.*")
REPOSITORIES = (["**"], ["shop/*"], ["shop/**"], ["shop/api", "web"], ["**/api"])
NAMES = ("shop", "shop/api", "shop/base/api", "web", "api", "shopping")
DAYS = (1, 2, 7, 14, 30)
REPOSITORIES_EACH = 40
UNTAGGED = {"repositories": ["**"], "expire": {"left": {"tag_state": "untagged", "older_than_days": 7}}}
TAGGED = {"repositories": ["**"], "expire": {"old": {"tag_state": "tagged", "older_than_days": 14}}}
EXPRESSIBLE = {
    "acr": UNTAGGED,
    "acr-purge": UNTAGGED,
    "artifactory": TAGGED,
    "distribution": {"repositories": ["**"], "expire": {"left": {"tag_state": "untagged", "older_than_days": 0}}},
    "ecr": UNTAGGED,
    "gar": UNTAGGED,
    "harbor": TAGGED,
    "nexus": TAGGED,
}
LOOSE = {kind: {"subject", "children", "sig"} for kind in ("artifactory", "distribution", "gar", "nexus")} | {
    kind: {"sig"} for kind in ("acr", "acr-purge", "ecr")
}
"""What a registry treats otherwise, whatever the policy: accepted by name, and not in the repositories compared."""


def selection(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.integers(0, 2)):
        rule: dict[str, Any] = {"tags": draw(st.lists(st.sampled_from(GLOBS), min_size=1, max_size=2, unique=True))}
        if not draw(st.integers(0, 3)):
            rule["exclude_tags"] = [draw(st.sampled_from(GLOBS))]
        return rule
    return {"tag_state": draw(st.sampled_from(["tagged", "untagged", "any"]))}


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """Policies in which most rules can be said by some registry."""
    policy: dict[str, Any] = {"repositories": draw(st.sampled_from(REPOSITORIES)), "expire": {}}
    for number in range(draw(st.integers(1, 3))):
        conditions = draw(
            st.sampled_from(
                [("older_than_days",)] * 4
                + [("beyond_most_recent",), ("unpulled_for_days",), ("older_than_days", "beyond_most_recent")]
            )
        )
        values = {name: draw(st.integers(1, 4) if "most" in name else st.sampled_from(DAYS)) for name in conditions}
        policy["expire"][f"e{number}"] = selection(draw) | values
    if not draw(st.integers(0, 3)):
        policy["archive"] = {"a": selection(draw) | {"unpulled_for_days": 30, "then_expire_after_days": 90}}
    for number in range(draw(st.integers(0, 2))):
        kept: dict[str, Any] = {"always": True}
        if draw(st.booleans()):
            kept = draw(st.sampled_from([{"newer_than_days": 7}, {"most_recent": 2}, {"pulled_within_days": 14}]))
        policy.setdefault("keep", {})[f"k{number}"] = selection(draw) | kept
    return policy


def repositories(dice: random.Random, *, archive: bool) -> Iterator[dict[str, Any]]:
    """Yield records such as registries hold: an index comes after its manifests, and a signature after its subject."""
    for number in range(REPOSITORIES_EACH):
        name = NAMES[number] if number < len(NAMES) else f"{dice.choice(['shop/', 'web/', ''])}r{number}"
        free = list(TAGS)
        dice.shuffle(free)
        made: list[dict[str, Any]] = []
        for place in range(dice.randint(1, 7)):
            digest = f"sha256:{number:032x}{place:032x}"
            tags = [free.pop() for _ in range(dice.choice([0, 1, 1, 1, 2])) if free]
            # Half an hour off every boundary: no registry runs at its very instant.
            age = timedelta(
                days=dice.choice([0, 0, 1, 2, 3, 6, 7, 8, 13, 14, 20, 29, 30, 40, 200]), hours=dice.choice([1, 12, 23])
            )
            record: dict[str, Any] = {"repository": name, "digest": digest, "tags": tags, "size": 1}
            kind = dice.random()
            if made and kind < 0.2:
                children = dice.sample(made, min(len(made), dice.randint(1, 2)))
                record["children"] = [child["digest"] for child in children]
                age = min([age, *(child["age"] for child in children)])
            elif made and kind < 0.3:
                subject = dice.choice(made)
                record |= {"subject": subject["digest"], "tags": []}
                age = min(age, subject["age"])
            elif made and kind < 0.4:
                subject = dice.choice(made)
                record["tags"] = [subject["digest"].replace(":", "-") + ".sig"]
                age = min(age, subject["age"])
            elif archive and kind < 0.5:
                record |= {"storage_class": "archive", "archived_at": (NOW - age * 0.9).isoformat()}
            if dice.random() < 0.4:
                record["last_pulled_at"] = (NOW - age * dice.random()).isoformat()
            record |= {"age": age, "pushed_at": (NOW - age).isoformat()}
            made.append(record)
        taken: set[str] = set()
        for record in made:
            del record["age"]
            # Two signatures of one artifact would be one tag.
            record["tags"] = [tag for tag in record["tags"] if tag not in taken and not taken.add(tag)]  # type: ignore[func-returns-value]
            yield record


def final(verdicts: Verdicts) -> dict[str, str]:
    """Return what becomes of each artifact; one that loses some tags stays."""
    return {
        verdicts.inventory.name(row): {"untag": "keep"}.get(record["action"], record["action"])
        for row, record in enumerate(verdicts.records())
    }


def accepted(
    kind: str, policy: LifecyclePolicy, inventory: Inventory, accept: tuple[str, ...]
) -> Iterator[tuple[set[str], Translation]]:
    """Yield the translations that are accepted, each with the repositories that it is for."""
    groups: dict[str, list[str]] = {"": list(inventory.repositories)}
    if kind == "ecr":
        groups = {}
        for name in inventory.repositories:
            meaning = of_repository(policy, name)
            if meaning is not None:
                groups.setdefault(meaning.model_dump_json(), []).append(name)
    for names in groups.values():
        with contextlib.suppress(LifecycleNotExpressible):
            yield (
                set(names),
                compile_policy(kind, policy, repository=names[0], accept_differences=accept, suggest=False),
            )


def compare(kind: str, written: dict[str, Any], seed: int, *, without: frozenset[str] = frozenset()) -> int:
    """Compare what is accepted with what is meant; return how many artifacts were compared.

    What there is `without` of in the repositories is accepted, whatever the registry does with it.
    """
    try:
        policy = LifecyclePolicy.load(written)
    except StackError:
        return 0
    made_up = repositories(random.Random(seed), archive=bool(policy.archive))
    if without:
        made_up = (record for record in made_up if not _has(record, without))
    inventory = from_records(made_up)
    accept = tuple(
        name for name in DIFFERENCES if any(name.endswith(about) for part in without for about in _ABOUT[part])
    )
    meant = final(simulate("unified", policy, inventory, now=NOW))
    compared = 0
    for names, made in accepted(kind, policy, inventory, accept):
        done = final(simulate(kind, made.document, inventory, now=NOW))
        deferred = final(simulate(kind, made.document, inventory, now=NOW + timedelta(days=2))) if made.deferred else {}
        for image, wanted in meant.items():
            if image.partition("@")[0] not in names:
                continue
            compared += 1
            if done[image] != wanted and not (wanted == "delete" == deferred.get(image)):
                shown = records(inventory, image)
                raise AssertionError(f"{written}\n{made.document}\n{image}: {wanted}, not {done[image]}\n{shown}")
    return compared


@pytest.mark.parametrize("kind", sorted(TARGETS))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), st.integers(0, 2**32))
def test_what_is_accepted_does_the_same(kind: str, written: dict[str, Any], seed: int) -> None:
    compare(kind, written, seed)
    compare(kind, written, seed, without=frozenset(LOOSE.get(kind, ())))


@pytest.mark.parametrize("kind", sorted(TARGETS))
def test_something_is_accepted(kind: str) -> None:
    # The comparison above would hold as well if everything were refused.
    assert compare(kind, EXPRESSIBLE[kind], 1, without=frozenset(LOOSE.get(kind, ()))) > REPOSITORIES_EACH


def test_two_tags_that_no_pattern_tells_apart_are_counted_as_two() -> None:
    # Artifactory counts tags: the newest image takes two places of its own. It was accepted once.
    written = {"repositories": ["**"], "expire": {"e0": {"tag_state": "tagged", "beyond_most_recent": 2}}}
    assert compare("artifactory", written, 0, without=frozenset(LOOSE["artifactory"])) == 0


_ABOUT = {
    "subject": (":referrers", ":subjects"),
    "children": (":index-children", ":indexes"),
    "sig": (":signature-tags",),
}


def _has(record: dict[str, Any], parts: frozenset[str]) -> bool:
    return any(part in record for part in parts) or ("sig" in parts and any(".sig" in tag for tag in record["tags"]))


def records(inventory: Inventory, image: str) -> list[str]:
    """Return what stands in an artifact's repository, for a failed test to show."""
    name = image.partition("@")[0]
    return [
        f"{inventory.digest[row][-3:]} {inventory.tags_of(row)} {inventory.pushed[row]}"
        for row in range(len(inventory))
        if inventory.repositories[int(inventory.repository[row])] == name
    ]
