"""Unit proof: every repository belongs to exactly one shard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.lifecycle.execute.shards import Shard, parse

pytestmark = pytest.mark.unit


@given(st.text(min_size=1, max_size=40), st.integers(1, 50))
def test_each_repository_is_in_one_shard(name: str, count: int) -> None:
    assert sum(Shard(index, count).has(name) for index in range(count)) == 1


def test_shards_are_about_as_large() -> None:
    sizes = [sum(Shard(index, 8).has(f"team/app-{n}") for n in range(8000)) for index in range(8)]
    assert min(sizes) > 800


def test_what_is_written() -> None:
    assert parse("3/8") == Shard(3, 8)
    assert parse("auto/8", {"JOB_COMPLETION_INDEX": "7"}) == Shard(7, 8)


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        ("8/8", {}, "--shard 8/8: 8 is not one of 8 shards, which are numbered from 0"),
        ("1", {}, "--shard 1: write a number and how many there are, such as 0/8, or auto/8 in a Job"),
        ("0/0", {}, "--shard 0/0: write a number and how many there are, such as 0/8, or auto/8 in a Job"),
        ("-1/8", {}, "--shard -1/8: write a number and how many there are, such as 0/8, or auto/8 in a Job"),
        ("auto/8", {}, "--shard auto/8: JOB_COMPLETION_INDEX is not set; this is for the pods of an indexed Job"),
        (
            "auto/2",
            {"JOB_COMPLETION_INDEX": "2"},
            "--shard auto/2: 2 is not one of 2 shards, which are numbered from 0",
        ),
    ],
)
def test_what_is_wrong_is_told(text: str, environment: dict[str, str], message: str) -> None:
    with pytest.raises(StackError) as caught:
        parse(text, environment)
    assert str(caught.value) == message
