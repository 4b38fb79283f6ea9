"""The resource graph as a picture: parents to the left of their children, needs as curves. SVG, drawn here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .report import ResourceReport, short_type

COLUMN: Final = 290
ROW: Final = 40
_WIDTH: Final = 240
_HEIGHT: Final = 30
_MARGIN: Final = 16
_LETTERS: Final = 34


@dataclass(frozen=True)
class Box:
    """One resource's place."""

    urn: str
    type: str
    name: str
    kind: str
    """`component`, `real`, `emulated` or `skipped`."""
    x: int
    y: int
    title: str


@dataclass(frozen=True)
class Line:
    """A line between two boxes."""

    path: str
    kind: str
    """`parent` or `needs`."""


@dataclass(frozen=True)
class Graph:
    """The picture: sizes in pixels."""

    width: int
    height: int
    boxes: Sequence[Box]
    lines: Sequence[Line]
    box_width: int = _WIDTH
    box_height: int = _HEIGHT


def draw(resources: Sequence[ResourceReport]) -> Graph:
    """Lay the resources out: one column a generation, one row a leaf, a parent in the middle of its children."""
    by_urn = {resource.urn: resource for resource in resources}
    children: dict[str, list[str]] = {urn: [] for urn in by_urn}
    roots: list[str] = []
    for resource in sorted(resources, key=lambda found: (found.component is False, found.type, found.name)):
        (children[resource.parent] if resource.parent in by_urn else roots).append(resource.urn)
    places: dict[str, tuple[int, float]] = {}
    rows = 0
    # A stack, not recursion: programs may nest as deep as they like.
    pending: list[tuple[str, int, bool]] = [(urn, 0, False) for urn in reversed(roots)]
    while pending:
        urn, depth, ready = pending.pop()
        below = children[urn]
        if ready:
            places[urn] = depth, sum(places[child][1] for child in (below[0], below[-1])) / 2
        elif below:
            pending.append((urn, depth, True))
            pending += [(child, depth + 1, False) for child in reversed(below)]
        else:
            places[urn] = depth, float(rows)
            rows += 1
    boxes = {urn: _box(by_urn[urn], depth, row) for urn, (depth, row) in places.items()}
    lines = [Line(_elbow(boxes[r.parent], boxes[r.urn]), "parent") for r in resources if r.parent in boxes]
    lines += [
        Line(_curve(boxes[need], boxes[r.urn]), "needs")
        for r in resources
        for need in r.dependencies
        if need in boxes and need != r.parent
    ]
    depths = 1 + max((depth for depth, _ in places.values()), default=0)
    return Graph(
        width=depths * COLUMN - (COLUMN - _WIDTH) + 2 * _MARGIN,
        height=max(rows, 1) * ROW + 2 * _MARGIN,
        boxes=[boxes[urn] for urn in by_urn if urn in boxes],
        lines=lines,
    )


def _box(resource: ResourceReport, depth: int, row: float) -> Box:
    type_ = short_type(resource.type)
    return Box(
        urn=resource.urn,
        type=_cut(type_),
        name=_cut(resource.name),
        kind="component" if resource.component else str(resource.proof),
        x=_MARGIN + depth * COLUMN,
        y=round(_MARGIN + row * ROW),
        title=f"{resource.type} {resource.name}",
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def _elbow(left: Box, right: Box) -> str:
    x, y, middle = left.x + _WIDTH, left.y + _HEIGHT // 2, left.x + _WIDTH + (COLUMN - _WIDTH) // 2
    return f"M{x} {y}H{middle}V{right.y + _HEIGHT // 2}H{right.x}"


def _curve(left: Box, right: Box) -> str:
    x1, y1, x2, y2 = left.x + _WIDTH, left.y + _HEIGHT // 2, right.x + _WIDTH, right.y + _HEIGHT // 2
    bend = max(x1, x2) + 24 + min(abs(y2 - y1) // 6, 60)
    return f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}"


def tree(resources: Sequence[ResourceReport]) -> Mapping[str, Sequence[ResourceReport]]:
    """Return resources by their parent's URN, sorted; those at the top are under an empty text."""
    known = {resource.urn for resource in resources}
    found: dict[str, list[ResourceReport]] = {}
    for resource in sorted(resources, key=lambda item: (item.component is False, item.type, item.name)):
        found.setdefault(resource.parent if resource.parent in known else "", []).append(resource)
    return found


__all__ = ["Box", "Graph", "Line", "draw", "tree"]
