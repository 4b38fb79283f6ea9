"""Unit proof: checks across fields are told together with the fields' own mistakes, each at its own path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from registry_components.core.args import Args
from registry_components.core.checked import Check, CheckedArgs
from registry_components.core.errors import Mistake, Mistakes, StackError

pytestmark = pytest.mark.unit


def _order(args: Any) -> Iterator[Mistake]:
    if args.low > args.high:
        yield Mistake("low", f"{args.low} is more than high ({args.high})")


def _parity(args: Any) -> Iterator[Mistake]:
    if args.low % 2:
        yield Mistake("low", "is odd")
    if args.size % 2:
        yield Mistake("", "has an odd size")


class Range(CheckedArgs):
    checks: ClassVar[tuple[Check, ...]] = (_order, _parity)
    stand_ins = {"size": 0, "never": "heard of"}

    size: int
    low: int = 0
    high: int = 10


class Holder(Args):
    ranges: list[Range] = []
    one: Range = Range(size=2)


@pytest.mark.parametrize(
    ("settings", "mistakes"),
    [
        ({"one": {"size": 2, "low": 12}}, ["one.low: 12 is more than high (10)"]),
        (
            {"one": {"size": 1, "low": 11}},
            ["one: has an odd size", "one.low: 11 is more than high (10)", "one.low: is odd"],
        ),
        # A check that needs a field with a mistake is left out, the others are not.
        ({"one": {"size": 2, "low": 3, "high": "x"}}, ["one.high: must be a whole number, not 'x'", "one.low: is odd"]),
        ({"one": {"low": 12}}, ["one.low: 12 is more than high (10)", "one.size: is required but not given; add it"]),
        (
            {"one": {"size": 2, "low": 12, "wide": 1}},
            ["one.low: 12 is more than high (10)", "one.wide: is not a setting; allowed: high, low, size"],
        ),
        (
            {"ranges": [{"size": 2}, {"size": 2, "low": 12}], "one": 5},
            ["one: must be a mapping of settings, not 5", "ranges[1].low: 12 is more than high (10)"],
        ),
    ],
)
def test_all_at_once(settings: dict[str, Any], mistakes: list[str]) -> None:
    with pytest.raises(StackError) as caught:
        Holder.parse(settings)
    assert str(caught.value).splitlines()[1:] == [f"  {line}" for line in mistakes]


def test_a_list_item_of_the_model_itself() -> None:
    with pytest.raises(ValidationError) as caught:
        Range.model_validate({"size": 2, "low": 12})
    assert isinstance(caught.value.errors()[0]["ctx"]["error"], Mistakes)
    assert str(Mistakes([Mistake("a", "is b"), Mistake("", "is c")])) == "a: is b; is c"


def test_an_instance_is_taken_as_it_is() -> None:
    given = Range(size=4)
    assert Holder(one=given).one is given
