"""Recorded proof: the Python blocks of docs/acr.md register what they say; its sample refusal is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from registry_components.acr import AcrRegistryArgs
from registry_components.core.errors import StackError
from registry_components.testing import record

pytestmark = pytest.mark.recorded

PAGE = (Path(__file__).parents[3] / "docs" / "acr.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_blocks_register_what_they_say() -> None:
    scope: dict[str, Any] = {}

    def program() -> None:
        for block in blocks("python"):
            exec(compile(block, "docs/acr.md", "exec"), scope)

    found = record(program)
    kinds = {key.rsplit("::", 1)[0].rsplit(":", 1)[-1]: key for key in found.resources}
    assert {"AcrRegistry", "AcrRegistryReference", "CacheRule", "CredentialSet", "Task", "AgentPool"} <= set(kinds)
    assert {"PrivateEndpoint", "ScopeMap", "Token", "Replication", "RoleAssignment", "Resource"} <= set(kinds)
    rule = found["azure-native:containerregistry:CacheRule::mirror-library"].inputs
    assert (rule["sourceRepository"], rule["targetRepository"]) == ("docker.io/library/*", "library/*")


def test_the_sample_of_a_refusal_is_the_one_told() -> None:
    with pytest.raises(StackError) as caught:
        AcrRegistryArgs.parse(
            {
                "registry_name": "shopimages",
                "resource_group": "registries",
                "lifecycle": {"untagged_after_days": 7},
                "caching": {"library": {"upstream": "docker.io"}},
            }
        )
    assert f"{caught.value}\n" in blocks("text")
