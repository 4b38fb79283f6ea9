"""Unit proof: what is done some repositories at a time, to stay in the processor's cache, is the same as whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.lifecycle import Inventory, from_records
from registry_components.lifecycle import inventory as columns
from registry_components.lifecycle.inventory import DAY, UNKNOWN

pytestmark = pytest.mark.unit

Times = np.ndarray[Any, np.dtype[np.int64]]
TIMES = st.one_of(st.just(UNKNOWN), st.integers(-3, 3).map(lambda days: days * DAY), st.integers(-(2**57), 2**57))


@st.composite
def inventories(draw: st.DrawFn) -> tuple[Inventory, Times]:
    """Return an inventory of many small repositories and some larger ones, and a time for each row."""
    records = []
    for repository in range(draw(st.integers(0, 12))):
        for number in draw(st.permutations(range(draw(st.sampled_from([1, 1, 2, 3, 9]))))):
            records.append({"repository": f"r{repository:02}", "digest": f"sha256:{number}"})
    times = draw(st.lists(TIMES, min_size=len(records), max_size=len(records)))
    return from_records(draw(st.permutations(records))), np.array(times, dtype=np.int64)


def by_loop(inventory: Inventory, times: Times) -> list[list[int]]:
    """Return the rows of each repository, newest first, what is not known before all, ties by digest."""
    found: dict[int, list[int]] = {}
    for row, place in enumerate(inventory.repository.tolist()):
        found.setdefault(place, []).append(row)

    def first(row: int) -> tuple[int, int]:
        known = int(times[row])
        return (-(2**63) if known == UNKNOWN else -known), row

    return [sorted(rows, key=first) for rows in found.values()]


@pytest.mark.parametrize(("rows", "repositories"), [(1, 1), (3, 2), (5, 2**16), (100_000, 2**16)])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, rows: int, repositories: int) -> None:
    monkeypatch.setattr(columns, "_SORTED", rows)
    monkeypatch.setattr(columns, "_REPOSITORIES", repositories)

    @settings(max_examples=100)
    @given(inventories(), st.data())
    def check(given_: tuple[Inventory, Times], data: st.DataObject) -> None:
        inventory, times = given_
        size = len(inventory)
        expected = by_loop(inventory, times)
        order = inventory.newest_first(times, "any")
        assert order.tolist() == [row for rows in expected for row in rows]
        mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool)
        values = np.array(data.draw(st.lists(st.integers(0, 2**50), min_size=size, max_size=size)), dtype=np.int64)
        ranks, sums = [0] * size, [0] * size
        for found in expected:
            rank = total = 0
            for row in found:
                if mask[row]:
                    rank, total = rank + 1, total + int(values[row])
                    ranks[row], sums[row] = rank, total
        assert inventory.ranks(mask, order).tolist() == ranks
        assert inventory.sums(mask, order, values).tolist() == sums
        now = data.draw(st.integers(0, 2**56))
        days = [0 if time == UNKNOWN else (now - time) // DAY for time in times.tolist()]
        assert inventory.days(times, now).tolist() == days

    check()
