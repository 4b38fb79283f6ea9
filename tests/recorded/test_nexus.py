"""Recorded proof: what `NexusRegistry` and `NexusConfiguration` register: names, parents, secret marks, protection."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.core.errors import StackError
from registry_components.nexus import (
    NexusConfiguration,
    NexusConfigurationArgs,
    NexusRegistry,
    NexusRegistryArgs,
)
from registry_components.testing import (
    Recording,
    Secret,
    check_urns,
    find_plaintext,
    inventory,
    record,
    write_urns,
)
from tests.unit.nexus import material, registry_material

pytestmark = pytest.mark.recorded

URNS = Path(__file__).parents[1] / "urns.txt"
PAGE = (Path(__file__).parents[2] / "docs" / "nexus.md").read_text(encoding="utf-8")
MADE = "Made-by-the-engine-A1"
OUTPUTS: dict[str, Any] = {"random:index/randomPassword:RandomPassword": lambda _: {"result": Secret(MADE)}}


def configuration(settings: Mapping[str, Any] = material.EVERYTHING, *, preview: bool = False) -> Recording:
    def program() -> None:
        made = NexusConfiguration("company", copy.deepcopy(dict(settings)))
        pulumi.export("server", made.server)
        if "users" in settings:
            pulumi.export("config", made.endpoint("shop", "ci").docker_config_json())
            pulumi.export("partner", made.endpoint("all").server)

    return record(program, outputs=OUTPUTS, project="shop", stack="dev", preview=preview)


def registry(settings: Mapping[str, Any] = registry_material.EVERYTHING, *, preview: bool = False) -> Recording:
    def program() -> None:
        made = NexusRegistry("nexus", copy.deepcopy(dict(settings)))
        pulumi.export("url", made.url)
        pulumi.export("password", made.admin_password)
        pulumi.export("config", made.endpoint("shop").docker_config_json())

    return record(program, outputs=OUTPUTS, project="shop", stack="dev", preview=preview)


@pytest.mark.parametrize("kind", ["configuration", "registry"])
def test_names_and_parents_are_public(kind: str) -> None:
    found = inventory(configuration() if kind == "configuration" else registry())
    section = f"nexus-{kind}/everything"
    if os.environ.get("REGC_RECORD"):
        write_urns(URNS, found, section=section)
    check_urns(URNS, found, section=section)


@pytest.mark.parametrize("make", [configuration, registry])
def test_two_recordings_are_equal_and_a_preview_registers_the_same(make: Any) -> None:
    assert inventory(make()) == inventory(make())
    assert sorted(make(preview=True).resources) == sorted(make().resources)


@pytest.mark.parametrize(
    ("make", "secrets"), [(configuration, material.SECRETS), (registry, registry_material.SECRETS)]
)
def test_secrets_are_nowhere_in_the_clear(make: Any, secrets: dict[str, str]) -> None:
    made = make()
    shown = repr(inventory(made)) + repr(made.tree()) + "".join(made.messages)
    assert find_plaintext([*secrets.values(), MADE], shown) == []


def _options(made: Recording) -> dict[str, tuple[bool, bool]]:
    return {
        key.rpartition("::")[2]: (bool(found.protect), bool(found.retain_on_delete))
        for key, found in made.resources.items()
    }


def test_what_is_stateful_is_kept_unless_two_consents_are_given() -> None:
    kept = _options(registry({**registry_material.GOOD}))
    assert kept["nexus-key"] == kept["nexus-admin"] == kept["nexus-data"] == (True, True)
    assert kept["nexus-credentials"] == (False, True)
    gone = _options(registry({**registry_material.GOOD, "deletion": "destroy", "empty_on_delete": True}))
    assert {value for name, value in gone.items()} == {(False, False)}
    said = {**material.GOOD, "repositories": {"shop": {"kind": "hosted"}}}
    assert _options(configuration(said))["company-shop"] == (True, True)
    consents = {**said, "deletion": "destroy", "empty_on_delete": True}
    assert _options(configuration(consents))["company-shop"] == (False, False)


def test_nothing_is_registered_where_something_is_wrong() -> None:
    def program() -> None:
        with pytest.raises(StackError, match="high availability"):
            NexusRegistry("nexus", {**registry_material.GOOD, "replicas": 2})
        with pytest.raises(StackError, match="it has 0"):
            NexusConfiguration("c", {**material.GOOD, "repositories": {"all": {"kind": "group", "members": []}}})
        with pytest.raises(StackError, match="give it an object_name"):
            NexusRegistry("Nexus_1", registry_material.GOOD)

    made = record(program, project="shop", stack="dev")
    assert [key for key in made.resources if "Stack" not in key] == []


def test_what_is_not_there_has_no_endpoint() -> None:
    def program() -> None:
        made = NexusConfiguration("company", copy.deepcopy(material.EVERYTHING))
        with pytest.raises(StackError, match="repositories: there is no 'x'; there are: all, hub, partner, shop"):
            made.endpoint("x")
        with pytest.raises(StackError, match="users: there is no 'x'; there are: ci, puller"):
            made.endpoint("shop", "x")
        with pytest.raises(StackError, match=r"repositories.partner: no client can reach it by itself"):
            made.endpoint("partner")
        nexus = NexusRegistry("nexus", copy.deepcopy(registry_material.EVERYTHING))
        with pytest.raises(StackError, match="connectors: there is no 'x'; there are: inside, shop"):
            nexus.connector("x")
        with pytest.raises(StackError, match=r"connectors.inside.host: is required with expose kind 'ingress'"):
            nexus.connector("inside")

    record(program, outputs=OUTPUTS, project="shop", stack="dev")


def test_an_endpoint_is_where_clients_reach_a_repository() -> None:
    seen: dict[str, Any] = {}

    def program() -> None:
        made = NexusConfiguration("company", copy.deepcopy(material.EVERYTHING))
        pulumi.Output.all(**{key: made.endpoint(key).image("api", tag="1") for key in ("shop", "hub", "all")}).apply(
            seen.update
        )
        nexus = NexusRegistry("nexus", copy.deepcopy(registry_material.EVERYTHING))
        nexus.connector("shop").image("api", tag="1").apply(lambda image: seen.setdefault("connector", image))
        nexus.endpoint("hub").image("api", tag="1").apply(lambda image: seen.setdefault("path", image))

    record(program, outputs=OUTPUTS, project="shop", stack="dev")
    assert seen == {
        "shop": "docker.example.com/api:1",
        "hub": "nexus.example.com/hub/api:1",
        "all": "nexus.example.com/all/api:1",
        "connector": "docker.example.com/api:1",
        "path": "nexus.example.com/hub/api:1",
    }


@pytest.mark.parametrize("package", ["httpx", "psutil", "pulumi_random", "pulumi_kubernetes"])
def test_a_missing_package_names_the_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    told: list[str] = []

    def program() -> None:
        for make, said in ((NexusConfiguration, material.GOOD), (NexusRegistry, registry_material.GOOD)):
            try:
                make("nexus", copy.deepcopy(said))
            except StackError as error:
                told.append(str(error))

    record(program, outputs=OUTPUTS)
    assert told
    assert {text.partition(" needs ")[2] for text in told} == {
        f"the package {package}; install registry-components[nexus]"
    }


def test_what_is_in_an_extra_is_imported_late() -> None:
    program = (
        "import sys\n"
        "for name in ('httpx', 'psutil', 'pulumi_random', 'pulumi_kubernetes'): sys.modules[name] = None\n"
        "from registry_components.nexus import NexusConfiguration, NexusRegistry\n"
        "from registry_components.harbor import HarborConfiguration\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_registers_what_it_says() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    scope: dict[str, Any] = {"password": registry_material.SECRETS["database"]}

    def program() -> None:
        exec(compile(block, "docs/nexus.md", "exec"), scope)

    made = record(program, outputs=OUTPUTS, project="shop", stack="dev")
    names = {key.rpartition("::")[2] for key in made.resources}
    assert {"nexus", "nexus-data", "images-all", "images-task-purge-hub", "images-user-team", "team"} <= names


def test_the_page_names_every_setting() -> None:
    for model in (NexusConfigurationArgs, NexusRegistryArgs):
        for name in model.model_fields:
            assert f"`{name}`" in PAGE or f"`{name}:" in PAGE, (model.__name__, name)
