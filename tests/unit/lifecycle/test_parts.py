"""Unit proof: an inventory judged some repositories at a time has the verdicts of one that is judged whole."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from registry_components.lifecycle import Verdicts, parts
from registry_components.lifecycle.semantics import native
from registry_components.lifecycle.unified import simulate as unified

from .generate import KINDS, NOW, estate, inventory, policy

pytestmark = pytest.mark.unit

MIGRATED: dict[str, Any] = {
    "gitlab": {"name_regex_delete": ".*", "name_regex_keep": "v.*", "keep_n": 1, "older_than": "7d", "page_size": 2},
    "quay": {"method": "number_of_tags", "value": 1, "tagPattern": "^(pr|v).*"},
    "zot": {"repositories": ["**"], "deleteReferrers": True, "keepTags": [{"patterns": ["v.*"]}]},
}


def told(verdicts: Verdicts) -> tuple[list[dict[str, Any]], set[str], list[bool]]:
    return list(verdicts.records()), set(verdicts.warnings), verdicts.gone_tags.tolist()


@pytest.mark.parametrize("kind", sorted({*KINDS, *MIGRATED} - {"distribution"}))
def test_parts_give_what_the_whole_gives(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate = unified if kind == "unified" else native(kind)
    acted = 0
    for seed in range(12):
        dice = Random(seed)
        wanted = MIGRATED[kind] if kind in MIGRATED else policy(kind, dice)
        artifacts = [artifact for made in estate(dice, 40) for artifact in made]
        monkeypatch.setattr(parts, "ROWS", len(artifacts))
        whole = simulate(inventory(artifacts), wanted, NOW)
        monkeypatch.setattr(parts, "ROWS", dice.choice((1, 3, 20, len(artifacts) - 1)))
        assert told(simulate(inventory(artifacts), wanted, NOW)) == told(whole)
        acted += int((whole.action != 0).sum())
    assert acted > 0


def test_every_row_is_in_one_part_that_is_no_larger_than_it_has_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS", 20)
    whole = inventory([artifact for made in estate(Random(3), 60) for artifact in made])
    sizes: list[int] = []

    @parts.in_parts
    def counted(part: Any, wanted: Any, now: int) -> Verdicts:
        sizes.append(len(part))
        assert len(part) <= 20 or len(part.repositories) == 1
        return Verdicts.keeping(part, [], "seen")

    assert set(counted(whole, None, NOW).reason) == {1}  # the reason of no part is none of the rows'
    assert sum(sizes) == len(whole) > 20
    assert np.all(np.array(sizes[:-1]) > 0)
