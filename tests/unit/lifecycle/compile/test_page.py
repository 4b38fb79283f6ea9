"""Recorded proof: what docs/lifecycle.md shows of policies and translations is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry_components.blocks.differences import ABOUT, DOES
from registry_components.blocks.lifecycle import LifecyclePolicy
from registry_components.lifecycle.compile import LifecycleNotExpressible, compile_policy
from registry_components.testing import aws_answers, record

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.filterwarnings(r"ignore:[\w./]+ has been deprecated in favor of:DeprecationWarning"),
]

PAGE = (Path(__file__).parents[4] / "docs" / "lifecycle.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_policy_is_one() -> None:
    (written,) = blocks("yaml")
    assert set(LifecyclePolicy.load(yaml.safe_load(written)).expire) == {"stale", "leftovers", "old-versions"}


def test_the_refusal_is_the_one_told() -> None:
    wanted = next(block for block in blocks("text") if "cannot be carried out" in block)
    with pytest.raises(LifecycleNotExpressible) as caught:
        compile_policy("ecr", {"repositories": ["**"], "expire": {"pr": {"tags": ["pr-*"], "older_than_days": 14}}})
    assert str(caught.value).strip() == wanted.strip()


def test_the_names_of_differences_are_all_there() -> None:
    listed = re.search(r"\(`deletes-more`.*?\.\n", PAGE, re.DOTALL)
    assert listed is not None
    text = " ".join(listed[0].split())
    assert re.findall(r"`([\w-]+)`", text) == list(DOES)
    assert text.rpartition(": ")[2].rstrip(".").split(", ") == list(ABOUT)


def test_the_program_registers_what_it_says() -> None:
    scope: dict[str, Any] = {}
    (block,) = (block for block in blocks("python") if "EcrRegistry" in block)
    found = record(lambda: exec(compile(block, "docs/lifecycle.md", "exec"), scope), **aws_answers())
    assert len(found.of_type("aws:ecr/lifecyclePolicy:LifecyclePolicy")) == 2
