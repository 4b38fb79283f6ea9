"""Unit proof: wherever a prune stops, nothing that is left lacks a part, and no signature is gone before its image."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.lifecycle.execute.order import waves
from registry_components.lifecycle.execute.plan import Doomed

pytestmark = pytest.mark.unit


def doomed(digest: str, children: list[str], subject: str | None) -> Doomed:
    return Doomed(digest, [], children, subject, [], "rule", "old", 1)


@st.composite
def graphs(draw: st.DrawFn) -> list[Doomed]:
    """Artifacts whose indexes name earlier ones, as digests do, and whose referrers name any."""
    names = [f"sha256:{number}" for number in range(draw(st.integers(1, 10)))]
    found = []
    for place, name in enumerate(names):
        children = draw(st.lists(st.sampled_from(names[:place]), max_size=3, unique=True)) if place else []
        subject: Any = draw(st.none() | st.sampled_from(names))
        found.append(doomed(name, children, None if subject == name or subject in children else subject))
    return draw(st.permutations(found))


@settings(max_examples=500, deadline=None)
@given(graphs())
def test_everything_goes_once_and_indexes_before_their_manifests(items: list[Doomed]) -> None:
    gone: list[str] = []
    for wave in waves(items):
        before = set(gone)
        for item in wave:
            # All of a wave may go at once: what is to go before is gone with an earlier one.
            assert all(item.digest not in other.children for other in items if other.digest not in before)
        gone += [item.digest for item in wave]
    assert sorted(gone) == sorted(item.digest for item in items)


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_subjects_go_before_what_refers_to_them_where_nothing_is_circular(items: list[Doomed]) -> None:
    # Without indexes nothing is circular, if referrers name what is there already.
    plain = [
        doomed(item.digest, [], item.subject if item.subject is not None and item.subject < item.digest else None)
        for item in items
    ]
    gone: list[str] = []
    for wave in waves(plain):
        assert all(item.subject is None or item.subject in gone for item in wave)
        gone += [item.digest for item in wave]
    assert len(gone) == len(plain)


def test_the_order_is_the_same_whatever_the_order_of_the_plan() -> None:
    items = [doomed("c", ["a", "b"], None), doomed("a", [], None), doomed("b", [], None), doomed("s", [], "a")]
    wanted = [["c"], ["a", "b"], ["s"]]
    assert [[item.digest for item in wave] for wave in waves(items)] == wanted
    assert [[item.digest for item in wave] for wave in waves(items[::-1])] == wanted
