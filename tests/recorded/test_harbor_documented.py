"""Recorded proof: the Python blocks of docs/harbor.md register what they say; its sample refusal is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.harbor import HarborRegistryArgs
from registry_components.testing import record
from tests.recorded.test_harbor import answers
from tests.unit.harbor.everything import BASE

pytestmark = pytest.mark.recorded

PAGE = (Path(__file__).parents[2] / "docs" / "harbor.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_blocks_register_what_they_say() -> None:
    scope: dict[str, Any] = {}

    def program() -> None:
        for block in blocks("python"):
            exec(compile(block, "docs/harbor.md", "exec"), scope)

    found = record(program, outputs=answers)
    large = found["kubernetes:helm.sh/v3:Release::harbor"].inputs["values"]
    assert large["redis"]["external"]["addr"] == "sentinel-0:26379,sentinel-1:26379,sentinel-2:26379"
    assert large["redis"]["external"]["existingSecret"] == "harbor-redis"
    small = found["kubernetes:helm.sh/v3:Release::small"].inputs["values"]
    assert small["expose"]["type"] == "nodePort"
    assert small["updateStrategy"] == {"type": "Recreate"}


def test_the_sample_of_a_refusal_is_the_one_told() -> None:
    with pytest.raises(StackError) as caught:
        HarborRegistryArgs.parse(
            {
                **BASE,
                "expose": {"kind": "load_balancer"},
                "admin_password": "Harbor12345",
                "storage": {
                    "kind": "s3",
                    "bucket": "team-images",
                    "region": "eu-central-1",
                    "credentials": {"kind": "irsa", "role_arn": "arn:aws:iam::123456789012:role/harbor"},
                },
                "update_strategy": "rolling_update",
            }
        )
    assert f"{caught.value}\n" in blocks("text")
