"""Engine proof: the whole life of a `HarborConfiguration` against a Harbor that is held to Harbor's own document."""

from __future__ import annotations

import copy
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.harbor.configuration import HarborConfiguration
from registry_components.rehearsal import rehearsal
from registry_components.rehearsal.harbor_model import DEFAULT_SCANNER, fresh
from registry_components.testing import Engine, EngineFailed
from registry_components.testing._wire import Secret
from tests.support.fake_harbor import FakeHarbor, fake_harbor
from tests.unit.harbor_configuration.material import EVERYTHING, PASSWORD, SECRETS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

DYNAMIC = "pulumi-python:dynamic/registry-components"


class Stack:
    """One stack on an engine of its own, and the Harbor that it speaks to."""

    def __init__(self, folder: Path, service: FakeHarbor, environment: dict[str, str]) -> None:
        self.service = service
        self.settings: dict[str, Any] = {**copy.deepcopy(EVERYTHING), "url": service.url}
        self.engine = Engine(folder, program=self.program, environment=environment, checkpoints=False)

    def program(self) -> None:
        made = HarborConfiguration("company", self.settings)
        pulumi.export("server", made.server)
        pulumi.export("projects", made.projects)
        if "ci" in self.settings["projects"].get("shop", {}).get("robots", {}):
            endpoint = made.endpoint("shop", "ci")
            assert endpoint.credentials is not None
            pulumi.export("username", endpoint.credentials.username)
            pulumi.export("password", endpoint.credentials.password)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    clouds = tmp_path / "clouds"
    with fake_harbor(clouds, password=PASSWORD) as service, rehearsal(clouds) as environment:
        yield Stack(tmp_path / "engine", service, environment)
        assert service.undocumented == []
        assert service.cookies == []


def test_life(stack: Stack) -> None:
    up = stack.engine.up()
    assert up.changes["create"] == 39
    outputs = stack.engine.outputs()
    assert outputs["server"] == stack.service.url.removeprefix("http://")
    assert outputs["projects"] == {"hub-cache": "hub-cache", "shop": "shop"}
    assert outputs["username"] == "robot$shop+ci"
    (ci,) = (robot for robot in stack.service.kept("robots").values() if robot["name"].endswith("+ci"))
    assert isinstance(outputs["password"], Secret)
    assert outputs["password"].value == ci["kept"]

    seen = len(stack.service.changes)
    stack.engine.up_again()
    stack.engine.refresh()
    assert len(stack.service.changes) == seen, "a run without a change changed something"

    shop = stack.settings["projects"]["shop"]
    shop["cve_allowlist"]["ids"].append("CVE-2024-4444")
    shop["preheat_policies"]["releases"]["tags"] = "release-*"
    stack.settings["scanners"]["clair"]["description"] = "Clair 5"
    stack.settings["system"]["session_minutes"] = 240
    run = stack.engine.up()
    assert not [line for line in run.changed if "replace" in line]
    assert run.changes["update"] == 5
    (project,) = (p for p in stack.service.kept("projects").values() if p["name"] == "shop")
    # The provider's update says the list without its expiry; ours follows it.
    assert project["cve_allowlist"] == {
        "items": [{"cve_id": "CVE-2024-3333"}, {"cve_id": "CVE-2024-4444"}],
        "expires_at": 1877508000,
    }
    stack.engine.up_again()
    stack.engine.refresh()
    robots = {key: robot["kept"] for key, robot in stack.service.kept("robots").items()}
    assert stack.engine.scan({**SECRETS, **robots}) == []

    with stack.service.change() as state:
        (cache,) = (key for key, found in state["projects"].items() if found["name"] == "hub-cache")
        state["repositories"][cache] = [{"name": "hub-cache/library/alpine"}, {"name": "hub-cache/library/debian"}]
    stack.engine.destroy()
    empty = fresh()
    for kind in empty:
        if kind not in ("last", "users", "configurations", "repositories"):
            assert stack.service.kept(kind) == empty[kind], kind
    assert stack.engine.scan(SECRETS) == []


__all__ = ["DEFAULT_SCANNER", "EngineFailed", "os", "signal"]
