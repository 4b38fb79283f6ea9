"""Quay: auto-prune policies of the organization and of the repository, those by age before those by number.

Source: Quay's documentation, "Auto-pruning", and its worker. Signatures of cosign are no candidates, and go with the
last tag of what they are about. What is removed can be restored within the time-machine window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..inventory import UNKNOWN, Inventory
from ..native import Reader, below
from ..parts import in_parts
from ..verdicts import DELETE, KEEP, Verdicts
from . import by_tag, tags

_METHODS: Final = ("number_of_tags", "creation_date")
_COSIGN: Final = r"^sha256-[0-9a-f]{64}\.(?:sig|att|sbom)$"
_WHOLE: Final = ("default", "namespace", "organization")


@dataclass(frozen=True)
class _Policy:
    name: str
    repository: str | None
    """None where it is for all."""
    method: str
    number: int
    """A number of tags, or microseconds."""
    told: str
    pattern: str | None
    matches: bool


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what a run of the worker removes. Raises `StackError` where Quay would not take a policy.

    Taken are one policy, a list of them, or an object of them by repository, with `namespace` (or `organization`,
    `default`) for all repositories.
    """
    found = _parse(policy)
    verdicts = Verdicts.keeping(inventory, [one.name for one in found], "no policy removes it")
    candidates = ~inventory.tag.str.contains(_COSIGN).fill_null(value=False).to_numpy()
    # An immutable tag is no candidate.
    candidates &= ~inventory.locked[inventory.tag_row]
    for method in ("creation_date", "number_of_tags"):
        for position, one in enumerate(found):
            if one.method != method:
                continue
            chosen = candidates & ~verdicts.gone_tags
            if one.repository is not None:
                named = np.array([name == one.repository for name in inventory.repositories], dtype=bool)
                chosen &= named[inventory.repository[inventory.tag_row]]
            if one.pattern is not None:
                chosen &= by_tag.matches(inventory, one.pattern, whole=False) == one.matches
            if method == "creation_date":
                known = inventory.tag_pushed != UNKNOWN
                chosen &= known & (np.where(known, now - inventory.tag_pushed, 0) > one.number)
            else:
                chosen &= tags.ranks(inventory, chosen) > one.number
            by_tag.remove(verdicts, chosen, one.told, rule=position)
    _siblings(verdicts)
    verdicts.set(~inventory.tagged, KEEP, "a policy is for tags; what has none goes with Quay's garbage collection")
    if verdicts.gone_tags.any():
        verdicts.warnings.append("removed tags can be restored within the time-machine window")
    return verdicts.finish()


def _siblings(verdicts: Verdicts) -> None:
    inventory = verdicts.inventory
    subjects = np.where(inventory.subject >= 0, inventory.subject, 0)
    goes = inventory.referrer & inventory.tagged & (verdicts.action[subjects] == DELETE) & (verdicts.action == KEEP)
    verdicts.set(goes, DELETE, "goes with its subject {other}", other=inventory.subject)
    verdicts.rule[goes] = verdicts.rule[subjects[goes]]


def _parse(policy: Any) -> list[_Policy]:
    reader = Reader()
    given: list[tuple[str | None, Any, str]] = []
    if isinstance(policy, list):
        given = [(None, item, f"[{index}]") for index, item in enumerate(policy)]
    elif isinstance(policy, Mapping) and "method" in policy:
        given = [(None, policy, "")]
    else:
        for name, items in reader.mapping(policy, "").items():
            where = None if name in _WHOLE else str(name)
            listed = items if isinstance(items, list) else [items]
            given += [(where, item, below("", f"{name}[{index}]")) for index, item in enumerate(listed)]
    found = [_policy(reader, where, item, path) for where, item, path in given]
    reader.finish("the auto-prune policies")
    return found


def _policy(reader: Reader, repository: str | None, value: Any, path: str) -> _Policy:
    body = {
        {"tag_pattern": "tagPattern", "tag_pattern_matches": "tagPatternMatches"}.get(str(key), str(key)): item
        for key, item in reader.mapping(value, path).items()
    }
    reader.only(body, path, ("method", "value", "tagPattern", "tagPatternMatches", "uuid"))
    method = reader.text(body.get("method"), below(path, "method"), _METHODS)
    number, told = 0, ""
    here = below(path, "value")
    if method == "number_of_tags":
        number = reader.whole(body.get("value"), here, 1, 2**31 - 1)
        told = f"it is not among the {number} newest tags"
    elif method:
        text = reader.text(body.get("value"), here)
        length = by_tag.duration(text)
        if text and not length:
            reader.wrong(here, f"{text!r} is not a duration; write a number and one of s, m, h, d, w")
        number, told = length or 0, f"it was made more than {text} ago"
    pattern = body.get("tagPattern")
    return _Policy(
        name=path or "policy",
        repository=repository,
        method=method,
        number=number,
        told=told,
        pattern=None if pattern in (None, "") else by_tag.linear(reader, pattern, below(path, "tagPattern")),
        matches=reader.flag(body.get("tagPatternMatches", True), below(path, "tagPatternMatches")),
    )


__all__ = ["simulate"]
