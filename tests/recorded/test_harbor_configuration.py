"""Recorded proof: what a `HarborConfiguration` registers: names, parents, secret marks, protection, and its page."""

from __future__ import annotations

import copy
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.core.errors import StackError
from registry_components.harbor import HarborConfiguration, HarborConfigurationArgs
from registry_components.testing import (
    Recording,
    Secret,
    check_urns,
    find_plaintext,
    inventory,
    record,
    write_urns,
)
from tests.unit.harbor_configuration.material import EVERYTHING, GOOD, SECRETS

pytestmark = pytest.mark.recorded

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "harbor-configuration.md").read_text(encoding="utf-8")
DYNAMIC = "pulumi-python:dynamic/registry-components"
PARENT = "registry-components:index:HarborConfiguration::company"
MADE = "Robot-made-secret-A1"
OUTPUTS: dict[str, Any] = {
    "harbor:index/robotAccount:RobotAccount": lambda r: {
        "fullName": f"robot${r.inputs['name']}",
        "secret": Secret(r.inputs.get("secret", MADE)),
    },
    "harbor:index/registry:Registry": lambda _: {"registryId": 7},
}


def recording(settings: Mapping[str, Any] = EVERYTHING, *, preview: bool = False, **changes: Any) -> Recording:
    def program() -> None:
        made = HarborConfiguration("company", {**copy.deepcopy(dict(settings)), **changes})
        pulumi.export("server", made.server)
        pulumi.export("projects", made.projects)
        if "mirror" in dict(settings).get("robots", {}):
            pulumi.export("config", made.endpoint("shop", "ci").docker_config_json())
            pulumi.export("mirror", made.robot("mirror").password)

    return record(program, outputs=OUTPUTS, project="shop", stack="dev", preview=preview)


def test_names_and_parents_are_public() -> None:
    found = inventory(recording())
    path, section = ROOT / "tests" / "urns.txt", "harbor-configuration/everything"
    if os.environ.get("REGC_RECORD"):
        write_urns(path, found, section=section)
    check_urns(path, found, section=section)


def test_two_recordings_are_equal() -> None:
    assert inventory(recording()) == inventory(recording())


def test_a_preview_registers_the_same() -> None:
    assert sorted(recording(preview=True).resources) == sorted(recording().resources)


def test_secrets_are_marked_and_nowhere_in_the_clear() -> None:
    made = recording()
    shown = repr(inventory(made)) + repr(made.tree()) + "".join(made.messages)
    assert find_plaintext([*SECRETS.values(), MADE], shown) == []
    marked = {
        key.partition("::")[2]: sorted(name for name, value in resource.inputs.items() if _holds_secret(value))
        for key, resource in made.resources.items()
        if any(_holds_secret(value) for value in resource.inputs.values())
    }
    own = [key for key in marked if key.endswith(("-settings", "shop-scanner", "preheat-releases"))]
    assert {key: marked.pop(key) for key in own} == {key: ["login"] for key in own}
    assert marked == {
        "company": ["password"],
        "company-auth": ["oidcClientSecret"],
        "company-preheat-edge": ["password"],
        "company-preheat-old": ["token"],
        "company-registry-dr": ["accessSecret"],
        "company-scanner-clair": ["credential", "login"],
        "company-scanner-other": ["login"],
        "company-shop-robot-reader": ["secret"],
        "company-shop-webhook-build": ["authHeader"],
    }
    assert isinstance(made.exports["config"], Secret)
    assert isinstance(made.exports["mirror"], Secret)
    for key, resource in made.resources.items():
        if "dynamic" in key:
            assert "login" in resource.additional_secret_outputs


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Secret):
        return True
    if isinstance(value, Mapping):
        return any(_holds_secret(item) for item in value.values())
    return isinstance(value, list) and any(_holds_secret(item) for item in value)


def test_every_child_speaks_through_the_components_own_provider() -> None:
    made = recording()
    for key, resource in made.resources.items():
        if key.startswith("harbor:"):
            assert "pulumi:providers:harbor::company" in str(resource.provider), key
            assert resource.parent_key == PARENT, key


def test_projects_are_protected_and_kept_unless_both_consents_are_given() -> None:
    kept = recording({**EVERYTHING, "deletion": "retain", "empty_on_delete": False})
    for found, lasting in ((kept, True), (recording(), False)):
        for resource in found.resources.values():
            project = resource.type == "harbor:index/project:Project"
            given = (bool(resource.protect), bool(resource.retain_on_delete))
            assert given == ((lasting, lasting) if project else (False, False))
            if project:
                assert resource.inputs["forceDestroy"] is not lasting


def test_a_harbor_alone_registers_its_provider_alone() -> None:
    made = recording(GOOD)
    assert sorted(made.resources) == ["pulumi:providers:harbor::company", PARENT]
    assert made.exports == {"server": "harbor.example.com", "projects": {}}
    assert made.unpublished() == []


def test_wrong_use_is_told_and_registers_nothing() -> None:
    told: list[str] = []

    def program() -> None:
        made = HarborConfiguration("company", EVERYTHING)
        for wrong in (
            lambda: HarborConfiguration("bad", {**GOOD, "projekts": {}}),
            lambda: made.endpoint("shops"),
            lambda: made.endpoint("shop", "cd"),
            lambda: made.robot("ci"),
        ):
            try:
                wrong()
            except StackError as error:
                told.append(str(error))

    made = record(program, outputs=OUTPUTS)
    assert told == [
        "HarborConfigurationArgs is not valid (1 mistake):\n  projekts: is not a setting; did you mean projects?",
        "projects: there is no 'shops'; there are: hub-cache, shop",
        "projects.shop.robots: there is no 'cd'; there are: ci, reader",
        "robots: there is no 'ci'; there are: mirror",
    ]
    assert not [key for key in made.resources if "bad" in key]


@pytest.mark.parametrize("package", ["httpx", "psutil", "pulumiverse_harbor"])
def test_a_missing_package_names_the_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    told: list[str] = []

    def program() -> None:
        try:
            HarborConfiguration("company", GOOD)
        except StackError as error:
            told.append(str(error))

    made = record(program)
    assert told == [f"HarborConfiguration needs the package {package}; install registry-components[harbor]"]
    assert made.resources == {}


def test_the_page_registers_what_it_says() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    scope: dict[str, Any] = {"password": SECRETS["administrator"]}

    def program() -> None:
        exec(compile(block, "docs/harbor-configuration.md", "exec"), scope)

    made = record(program, outputs=OUTPUTS)
    assert made["harbor:index/project:Project::company-shop"].inputs["storageQuota"] == 50
    assert len(made["harbor:index/retentionPolicy:RetentionPolicy::company-shop-retention"].inputs["rules"]) == 3
    assert f"{DYNAMIC}:HarborProjectSettings::company-hub-cache-settings" in made.resources


def test_the_page_names_every_setting() -> None:
    for name in HarborConfigurationArgs.model_fields:
        assert f"`{name}`" in PAGE or f"{name}=" in PAGE or f"`{name}:" in PAGE, name
