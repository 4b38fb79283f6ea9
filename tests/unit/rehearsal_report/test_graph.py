"""Unit proof: the resource graph's layout."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.rehearsal.graph import draw, tree
from registry_components.rehearsal.report import ResourceReport

pytestmark = pytest.mark.unit


def resource(index: int, parent: int | None, needs: tuple[int, ...] = ()) -> ResourceReport:
    return ResourceReport(
        urn=f"urn:{index}",
        type=f"aws:ecr/thing{index % 3}:Thing{index % 3}",
        name=f"name-{index}",
        parent="" if parent is None else f"urn:{parent}",
        component=index % 4 == 0,
        operations=("create",),
        proof=None if index % 4 == 0 else "emulated",
        seconds=0.1,
        dependencies=tuple(f"urn:{other}" for other in needs),
    )


@st.composite
def forests(draw_: st.DrawFn) -> list[ResourceReport]:
    size = draw_(st.integers(0, 40))
    parents = [draw_(st.one_of(st.none(), st.integers(0, index - 1))) if index else None for index in range(size)]
    needs = [draw_(st.sets(st.integers(0, index - 1), max_size=3)) if index else set() for index in range(size)]
    return [resource(index, parents[index], tuple(sorted(needs[index]))) for index in range(size)]


@given(forests())
def test_every_resource_has_a_place_of_its_own_within_the_picture(resources: list[ResourceReport]) -> None:
    graph = draw(resources)
    assert {box.urn for box in graph.boxes} == {resource.urn for resource in resources}
    for box in graph.boxes:
        assert 0 <= box.x <= graph.width - graph.box_width
        assert 0 <= box.y <= graph.height - graph.box_height
    by_column: dict[int, list[int]] = {}
    for box in graph.boxes:
        by_column.setdefault(box.x, []).append(box.y)
    for rows in by_column.values():
        rows.sort()
        assert all(low + graph.box_height <= high for low, high in itertools.pairwise(rows))


@given(forests())
def test_children_stand_to_the_right_of_their_parent_and_each_has_a_line(resources: list[ResourceReport]) -> None:
    graph = draw(resources)
    x = {box.urn: box.x for box in graph.boxes}
    children = [resource for resource in resources if resource.parent]
    assert all(x[resource.parent] < x[resource.urn] for resource in children)
    assert sum(line.kind == "parent" for line in graph.lines) == len(children)


@given(forests())
def test_the_picture_does_not_depend_on_the_order_of_the_resources(resources: list[ResourceReport]) -> None:
    places = {(box.urn, box.x, box.y) for box in draw(resources).boxes}
    assert {(box.urn, box.x, box.y) for box in draw(resources[::-1]).boxes} == places


def test_a_resource_whose_parent_is_unknown_stands_at_the_top() -> None:
    lost = resource(1, 7)
    assert draw([lost]).boxes[0].x == draw([resource(1, None)]).boxes[0].x
    assert tree([lost]) == {"": [lost]}


def test_a_thousand_generations_are_drawn() -> None:
    deep = [resource(index, index - 1 if index else None) for index in range(1_000)]
    assert len(draw(deep).boxes) == 1_000
