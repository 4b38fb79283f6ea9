"""What a policy does to each artifact, with the rule and the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from .inventory import Bools, Ints, Inventory, Rows, of_rows

Action = Literal["keep", "delete", "archive", "untag"]
ACTIONS: Final[tuple[Action, ...]] = ("keep", "delete", "archive", "untag")
KEEP, DELETE, ARCHIVE, UNTAG = range(4)


@dataclass
class Verdicts:
    """One verdict for each row of an inventory."""

    inventory: Inventory
    action: np.ndarray[Any, np.dtype[np.int8]]
    """Positions in `ACTIONS`."""
    rule: Rows
    """Positions in `rules`; -1 where no rule had a say."""
    reason: Rows
    """Positions in `reasons`."""
    rules: list[str]
    reasons: list[str]
    """Texts; `{n}` is the row's `number`, `{other}` the artifact at its `other`."""
    number: Rows
    other: Rows
    gone_tags: Bools
    """Which tags go: all of an artifact that is deleted, some of one that is untagged."""
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def keeping(cls, inventory: Inventory, rules: Sequence[str], reason: str = "no rule is for it") -> Verdicts:
        """Return verdicts that keep everything."""
        size = len(inventory)
        return cls(
            inventory=inventory,
            action=np.zeros(size, dtype=np.int8),
            rule=np.full(size, -1, dtype=np.int32),
            reason=np.zeros(size, dtype=np.int32),
            rules=list(rules),
            reasons=[reason],
            number=np.zeros(size, dtype=np.int32),
            other=np.full(size, -1, dtype=np.int32),
            gone_tags=np.zeros(len(inventory.tag), dtype=bool),
        )

    def set(
        self,
        mask: Bools,
        action: int,
        reason: str,
        *,
        rule: int | None = None,
        number: Rows | None = None,
        other: Rows | None = None,
    ) -> None:
        """Give the rows of `mask` an action and a reason; `rule=None` leaves their rule as it is."""
        if not mask.any():
            return
        self.reasons.append(reason)
        self.action[mask] = action
        self.reason[mask] = len(self.reasons) - 1
        if rule is not None:
            self.rule[mask] = rule
        if number is not None:
            self.number[mask] = number[mask]
        if other is not None:
            self.other[mask] = other[mask]

    def finish(self) -> Verdicts:
        """Mark the tags of what is deleted as going; return itself."""
        self.gone_tags |= (self.action == DELETE)[self.inventory.tag_row]
        return self

    def deleted(self) -> Bools:
        """Return which rows are deleted."""
        return np.asarray(self.action == DELETE, dtype=bool)

    def text(self, row: int) -> str:
        """Return the reason for one row's verdict."""
        other = int(self.other[row])
        named = str(self.inventory.digest[other]) if other >= 0 else ""
        return self.reasons[int(self.reason[row])].format(n=int(self.number[row]), other=named)

    def record(self, row: int) -> dict[str, Any]:
        """Return one artifact's verdict. `tags` are all its tags; of one that is untagged, those that go."""
        inventory, action = self.inventory, ACTIONS[int(self.action[row])]
        places = of_rows(inventory.tag_row, row, row + 1)
        tags = [str(name) for name in inventory.tag[places]]
        gone = self.gone_tags[places]
        left: dict[str, Any] = {}
        if action == "untag":
            left = {"remaining_tags": [name for name, going in zip(tags, gone, strict=True) if not going]}
            tags = [name for name, going in zip(tags, gone, strict=True) if going]
        rule = int(self.rule[row])
        return {
            "repository": inventory.repositories[int(inventory.repository[row])],
            "digest": str(inventory.digest[row]),
            "tags": tags,
            "action": action,
            "rule": self.rules[rule] if rule >= 0 else None,
            "reason": self.text(row),
            **left,
        }

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield every artifact's verdict, by repository and digest."""
        for row in range(len(self.inventory)):
            yield self.record(row)

    def counts(self) -> dict[str, int]:
        """Return how many artifacts have which action."""
        found = np.bincount(self.action, minlength=len(ACTIONS))
        return {name: int(found[index]) for index, name in enumerate(ACTIONS)}

    def freed(self) -> int:
        """Return the bytes that get free by what is deleted, as far as they are known: see `freed_of`."""
        return self.freed_of(self.deleted())

    def freed_of(self, rows: Bools) -> int:
        """Return the bytes that get free if exactly these rows go and all others stay, as far as they are known.

        A blob gets free with the last artifact that has it, in whichever repository of the inventory: registries keep
        a blob once. What artifacts have beside their blobs (`Inventory.own`) gets free with each.
        """
        inventory = self.inventory
        layers = inventory.layers
        freed = _sum(inventory.own[rows])
        if len(layers.row):
            going = np.bincount(layers.blob[rows[layers.row]], minlength=len(layers.size))
            freed += _sum(layers.size[(going > 0) & (going == inventory.holders)])
        return freed

    def caveat(self) -> str:
        """Return what is not known of the bytes that get free, as a sentence; nothing where all is."""
        inventory = self.inventory
        told = inventory.index.copy()
        told[inventory.layers.row] = True
        whole = int((~told & (inventory.size > 0)).sum())
        unknown = int((~told & (inventory.size < 0)).sum())
        parts = []
        if whole:
            which = f"of {whole} artifacts the inventory tells" if len(inventory.layers.row) else "the inventory tells"
            parts.append(f"{which} no layers, and what artifacts share is counted for each of them")
        if unknown:
            parts.append(f"of {unknown} artifacts nobody knows the size, and they count as nothing")
        return "; ".join(parts)

    def freed_by(self, rows: Bools, group: Rows, groups: int) -> tuple[list[int], int]:
        """Return what `freed_of` counts for each group of rows, and what several of them have to share.

        A blob counts for a group if all that have it are in the group; the two together are what `freed_of` returns.
        """
        inventory = self.inventory
        layers = inventory.layers
        own = _sums(group[rows], inventory.own[rows], groups)
        if not len(layers.row):
            return own, 0
        edges = np.flatnonzero(rows[layers.row])
        blob, of = layers.blob[edges], group[layers.row[edges]]
        free = np.bincount(blob, minlength=len(layers.size)) == inventory.holders
        free &= inventory.holders > 0
        only = np.full(len(layers.size), -1, dtype=np.int32)
        only[blob] = of
        several = np.zeros(len(layers.size), dtype=bool)
        several[blob[of != only[blob]]] = True
        alone = free & ~several
        blobs = _sums(only[alone], layers.size[alone], groups)
        return [one + other for one, other in zip(own, blobs, strict=True)], _sum(layers.size[free & several])


def _sums(group: Rows, values: Ints, groups: int) -> list[int]:
    """Return the sum of sizes of each group, which may be larger than 64 bits."""
    high, low = np.zeros(groups, dtype=np.int64), np.zeros(groups, dtype=np.int64)
    np.add.at(high, group, values >> 32)
    np.add.at(low, group, values & 0xFFFFFFFF)
    return [(int(more) << 32) + int(less) for more, less in zip(high, low, strict=True)]


def _sum(values: Ints) -> int:
    """Return the sum of sizes, which may be larger than 64 bits."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


__all__ = ["ACTIONS", "ARCHIVE", "DELETE", "KEEP", "UNTAG", "Action", "Verdicts"]
