"""Engine proof: the whole life of a `NexusConfiguration` against a model that is held to Nexus' OpenAPI document."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_random as random
import pytest

from registry_components.nexus import NexusConfiguration
from registry_components.rehearsal import read_checks, rehearsal
from registry_components.rehearsal.nexus_model import fresh
from registry_components.testing import Engine
from registry_components.testing._wire import Secret
from tests.support.fake_nexus import FakeNexus, fake_nexus
from tests.support.killing import killed_while_it_waits
from tests.unit.nexus.material import EVERYTHING, PASSWORD, SECRETS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

DYNAMIC = "pulumi-python:dynamic/registry-components"
KINDS = ("blobs", "repositories", "cleanup", "rules", "selectors", "privileges", "roles", "users", "tasks")


class Stack:
    """One stack on an engine of its own, and the Nexus that it speaks to."""

    def __init__(self, folder: Path, service: FakeNexus, environment: dict[str, str]) -> None:
        self.service = service
        self.settings: dict[str, Any] = {**copy.deepcopy(EVERYTHING), "url": service.url}
        self.engine = Engine(folder, program=self.program, environment=environment, checkpoints=False)

    def program(self) -> None:
        made = NexusConfiguration("company", self.settings)
        pulumi.export("server", made.server)
        pulumi.export("repositories", made.repositories)
        if "ci" in self.settings.get("users", {}):
            endpoint = made.endpoint("hub", "ci")
            assert endpoint.credentials is not None
            pulumi.export("image", endpoint.image("library/alpine", tag="3"))
            pulumi.export("password", endpoint.credentials.password)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    clouds = tmp_path / "clouds"
    with fake_nexus(clouds, password=PASSWORD) as service, rehearsal(clouds) as environment:
        yield Stack(tmp_path / "engine", service, environment)
        assert [call for call in service.calls if call.status == 400] == []


def test_life(stack: Stack) -> None:
    up = stack.engine.up()
    # The component, what is planned, and one password that is made.
    assert up.changes["create"] == 30
    host = stack.service.url.removeprefix("http://")
    outputs = stack.engine.outputs()
    assert outputs["server"] == host
    assert outputs["repositories"] == {"all": "all", "hub": "hub", "partner": "partner", "shop": "shop"}
    assert outputs["image"] == f"{host}/hub/library/alpine:3"
    assert isinstance(outputs["password"], Secret)
    assert outputs["password"].value == stack.service.kept("passwords")["ci"]

    seen = len(stack.service.changes)
    stack.engine.up_again()
    stack.engine.refresh()
    assert len(stack.service.changes) == seen, "a run without a change changed something"

    stack.settings["repositories"]["shop"]["write_policy"] = "allow"
    stack.settings["repositories"]["all"]["members"] = ["hub", "shop", "partner"]
    stack.settings["tasks"]["deploy_offset_hours"] = 48
    stack.settings["users"]["puller"]["password"] = "Another-user-secret-78"
    run = stack.engine.up()
    assert not [line for line in run.changed if "replace" in line]
    assert run.changes["update"] == 4
    assert stack.service.kept("repositories")["all"]["group"]["memberNames"] == ["hub", "shop", "partner"]
    assert stack.service.kept("passwords")["puller"] == "Another-user-secret-78"
    stack.engine.up_again()
    passwords = stack.service.kept("passwords")
    assert stack.engine.scan({**SECRETS, **passwords}) == []

    stack.engine.destroy()
    empty = fresh()
    for kind in KINDS:
        assert stack.service.kept(kind) == empty[kind], kind
    assert stack.engine.scan(SECRETS) == []


def small(stack: Stack, **changes: Any) -> None:
    """Let the stack have little in it, so that a test of something else is short."""
    stack.settings = {
        "url": stack.service.url,
        "edition": "pro",
        "password": PASSWORD,
        "repositories": {"shop": {"kind": "hosted"}},
        "roles": {"readers": {"repositories": {"shop": ["read", "browse"]}}},
        **changes,
    }


def test_drift_is_seen_and_corrected_and_what_is_kept_stays(stack: Stack) -> None:
    small(stack, tasks={"kind": "scheduled"})
    stack.engine.up()
    with stack.service.change() as state:
        state["repositories"]["shop"]["docker"]["httpPort"] = 8090
        state["repositories"]["shop"]["storage"]["writePolicy"] = "allow"
        state["anonymous"]["enabled"] = True
        del state["roles"]["readers"]
        (gone,) = (key for key, task in state["tasks"].items() if task["type"] == "repository.docker.gc")
        del state["tasks"][gone]
    drift = stack.engine.refresh(allow_drift=True)
    assert sorted(line.split(" (")[0] for line in drift.changed) == [
        f"delete {DYNAMIC}:NexusRole::company-role-readers",
        f"delete {DYNAMIC}:NexusTask::company-task-docker-gc",
        f"update {DYNAMIC}:NexusAnonymous::company-anonymous",
        f"update {DYNAMIC}:NexusRepository::company-shop",
    ]
    stack.engine.up()
    found = stack.service.kept("repositories")["shop"]
    assert "httpPort" not in found["docker"]
    assert found["storage"]["writePolicy"] == "allow_once"
    assert stack.service.kept("anonymous")["enabled"] is False
    assert "readers" in stack.service.kept("roles")
    stack.engine.up_again()
    stack.engine.query("state", "unprotect", "--all", "--yes")
    stack.engine.destroy()
    assert list(stack.service.kept("repositories")) == ["shop"]
    assert list(stack.service.kept("tasks")) == ["cleanup"]


PROGRAM = """
import pulumi
from registry_components.nexus import NexusConfiguration

config = pulumi.Config()
NexusConfiguration("company", {
    "url": config.require("nexusUrl"),
    "edition": "community",
    "accept_eula": True,
    "password": config.require_secret("password"),
    "deletion": "destroy",
    "empty_on_delete": True,
    "repositories": {"shop": {"kind": "hosted"}},
    "tasks": {"kind": "scheduled"},
})
"""


def test_a_killed_up_is_taken_over_by_the_next(tmp_path: Path) -> None:
    clouds, project = tmp_path / "clouds", tmp_path / "program"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: nexus\nruntime: python\n", encoding="utf-8")
    (project / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    with fake_nexus(clouds, password=PASSWORD, edition="community") as service, rehearsal(clouds) as environment:
        engine = Engine(
            tmp_path / "engine",
            project_dir=project,
            project="nexus",
            config={"nexusUrl": service.url},
            secret_config={"password": PASSWORD},
            environment=environment,
        )
        # Nexus makes a task, and the answer never comes: the engine is killed while it waits.
        service.fail("POST", "/v1/tasks", "hang-after")
        assert "company-task-docker-gc" in killed_while_it_waits(engine, service)
        engine.up()
        assert service.kept("eula")["accepted"] is True
        assert list(service.kept("repositories")) == ["shop"]
        # Nexus takes two tasks of one name: none is made twice.
        names = [task["name"] for task in service.kept("tasks").values()]
        assert len(names) == len(set(names)) == 4
        engine.up_again()
        engine.destroy()
        empty = fresh()
        for kind in KINDS:
            assert service.kept(kind) == empty[kind], kind


def test_a_rehearsal_needs_no_nexus_and_knows_its_url_late(tmp_path: Path) -> None:
    said = {key: EVERYTHING[key] for key in ("repositories", "blob_stores", "cleanup_policies", "tasks", "realms")}
    settings = {**copy.deepcopy(said), "edition": "pro", "routing_rules": EVERYTHING["routing_rules"]}

    def program() -> None:
        # As with a Nexus that the same program makes: in the preview neither URL nor password is known.
        host = random.RandomPet("host", length=1)
        password = random.RandomPassword("password", length=20)
        url = host.id.apply(lambda name: f"https://{name}.example.com")
        made = NexusConfiguration("company", {**settings, "url": url, "password": password.result})
        pulumi.export("server", made.server)

    with rehearsal(tmp_path / "clouds") as environment:
        engine = Engine(tmp_path / "engine", program=program, environment=environment, checkpoints=False)
        preview = engine.preview()
        made = engine.up()
        assert len(made.steps) == len(preview.steps) > 15
        assert engine.outputs()["server"].endswith(".example.com")
    checks = [check for check in read_checks(tmp_path / "clouds") if check["package"] == "nexus"]
    assert {check["proof"] for check in checks} == {"emulated"}
    assert {"nexus:Repository", "nexus:BlobStore", "nexus:Task"} <= {check["token"] for check in checks}
    assert not [check for check in checks if check.get("refused")]
