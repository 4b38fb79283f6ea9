"""Engine proof: the whole life of a `HarborConfiguration` against a Harbor that is held to Harbor's own document."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_random as random
import pytest

from registry_components.harbor.configuration import HarborConfiguration
from registry_components.rehearsal import read_checks, rehearsal
from registry_components.rehearsal.harbor_model import DEFAULT_SCANNER, fresh
from registry_components.testing import Engine
from registry_components.testing._wire import Secret
from tests.support.fake_harbor import FakeHarbor, fake_harbor
from tests.support.killing import killed_while_it_waits
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


def small(stack: Stack, **changes: Any) -> None:
    """Let the stack have little in it, so that a test of something else is short."""
    stack.settings = {
        "url": stack.service.url,
        "password": PASSWORD,
        "projects": {"shop": {"members": {"jane": "guest"}, "scanner": "clair"}},
        "scanners": {"clair": EVERYTHING["scanners"]["clair"]},
        **changes,
    }


def test_drift_is_seen_and_corrected(stack: Stack) -> None:
    small(stack)
    stack.settings["projects"]["legacy"] = {"import_": "/projects/7", "quota_bytes": -1}
    with stack.service.change() as state:
        state["last"]["project"] = 7
        metadata = {"public": "false", "auto_scan": "true"}
        legacy = {"project_id": 7, "name": "legacy", "metadata": metadata, "cve_allowlist": {"items": []}}
        state["projects"]["7"] = legacy
        state["quotas"]["7"] = {"id": 7, "ref": {"id": 7}, "hard": {"storage": -1}, "used": {"storage": 0}}
    made = stack.engine.up()
    assert [step.op for step in made.steps if step.key.endswith("::company-legacy")] == ["import"]
    stack.engine.up_again()
    with stack.service.change() as state:
        state["projects"]["8"]["metadata"]["public"] = "true"
        state["members"]["8"].clear()
        (clair,) = (key for key in state["scanners"] if key != DEFAULT_SCANNER)
        state["scanners"][clair]["disabled"] = True
        state["project_scanners"]["8"] = DEFAULT_SCANNER
    drift = stack.engine.refresh(allow_drift=True)
    assert sorted(line.split(" (")[0] for line in drift.changed) == [
        "delete harbor:index/projectMemberUser:ProjectMemberUser::company-shop-member-jane",
        "update harbor:index/project:Project::company-shop",
        f"update {DYNAMIC}:HarborProjectScanner::company-shop-scanner",
        f"update {DYNAMIC}:HarborScanner::company-scanner-clair",
    ]
    stack.engine.up()
    assert stack.service.kept("project_scanners") == {"8": clair}
    assert stack.service.kept("scanners")[clair]["disabled"] is False
    assert [member["entity_name"] for member in stack.service.kept("members")["8"].values()] == ["jane"]
    # A project that is kept stays where the stack goes; what our own resources set is taken back.
    stack.engine.query("state", "unprotect", "--all", "--yes")
    stack.engine.destroy()
    assert [project["name"] for project in stack.service.kept("projects").values()] == ["legacy", "shop"]
    assert list(stack.service.kept("scanners")) == [DEFAULT_SCANNER]


def test_a_project_in_the_place_of_another_has_what_is_said_of_it(stack: Stack) -> None:
    cache: dict[str, Any] = {
        "proxy_cache": {"registry": "one", "max_connections": 5},
        "scanner": "clair",
        "robots": {"ci": {"access": {"repository": ["pull"]}}},
        "webhooks": {"ci": {"address": "https://ci.example.com", "events": ["PULL_ARTIFACT"]}},
    }
    upstream = {"kind": "harbor", "url": "https://one.example.com"}
    rule = {"registry": "one", "direction": "push", "trigger": {"kind": "manual"}}
    small(
        stack,
        deletion="destroy",
        empty_on_delete=True,
        projects={"shop": cache},
        registries={"one": upstream},
        replications={"copy": rule},
    )
    stack.engine.up()
    # Another registry of the same name, so another cache; the rule keeps the old registry from going.
    upstream["kind"] = "docker-registry"
    run = stack.engine.up()
    assert run.changes["replace"] == 7
    # Harbor took what was in the first project away with it.
    assert list(stack.service.kept("projects")) == ["2"]
    assert stack.service.kept("projects")["2"]["metadata"]["max_upstream_conn"] == "5"
    assert [robot["name"] for robot in stack.service.kept("robots").values()] == ["robot$shop+ci"]
    assert list(stack.service.kept("project_scanners")) == list(stack.service.kept("webhooks")) == ["2"]
    stack.engine.up_again()


PROGRAM = """
import pulumi
from registry_components.harbor import HarborConfiguration

config = pulumi.Config()
HarborConfiguration("company", {
    "url": config.require("harborUrl"),
    "password": config.require_secret("password"),
    "scanners": {"clair": {"url": "https://clair.example.com"}},
    "system": {"token_minutes": 60},
    "garbage_collection": {"kind": "scheduled"},
})
"""


def test_a_killed_up_is_taken_over_by_the_next(tmp_path: Path) -> None:
    clouds, project = tmp_path / "clouds", tmp_path / "program"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: harbor\nruntime: python\n", encoding="utf-8")
    (project / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    with fake_harbor(clouds, password=PASSWORD) as service, rehearsal(clouds) as environment:
        engine = Engine(
            tmp_path / "engine",
            project_dir=project,
            project="harbor",
            config={"harborUrl": service.url},
            secret_config={"password": PASSWORD},
            environment=environment,
        )
        # Harbor registers the scanner, and the answer never comes: the engine is killed while it waits.
        service.fail("POST", "/scanners", "hang-after")
        assert "company-scanner-clair" in killed_while_it_waits(engine, service)
        engine.up()
        assert sorted(scanner["name"] for scanner in service.kept("scanners").values()) == ["Trivy", "clair"]
        engine.up_again()
        engine.destroy()
        assert service.kept("scanners") == fresh()["scanners"]
        assert service.kept("schedules") == {}
        assert service.undocumented == []


def test_a_rehearsal_needs_no_harbor_and_knows_its_url_late(tmp_path: Path) -> None:
    shop = {key: EVERYTHING["projects"]["shop"][key] for key in ("scanner", "preheat_policies", "robots")}
    said = {key: EVERYTHING[key] for key in ("scanners", "preheat_instances", "system")}
    settings = {**copy.deepcopy(said), "projects": {"shop": shop}}

    def program() -> None:
        # As with a Harbor that the same program makes: in the preview neither URL nor password is known.
        host = random.RandomPet("host", length=1)
        password = random.RandomPassword("password", length=20)
        url = host.id.apply(lambda name: f"https://{name}.example.com")
        made = HarborConfiguration("company", {**settings, "url": url, "password": password.result})
        pulumi.export("server", made.server)

    with rehearsal(tmp_path / "clouds") as environment:
        engine = Engine(tmp_path / "engine", program=program, environment=environment, checkpoints=False)
        preview = engine.preview()
        made = engine.up()
        assert len(made.steps) == len(preview.steps) > 10
        assert engine.outputs()["server"].endswith(".example.com")
    checks = [check for check in read_checks(tmp_path / "clouds") if check["package"] == "harbor"]
    assert {check["proof"] for check in checks} == {"emulated"}
    told = {check["token"] for check in checks}
    assert {"harbor:index/project:Project", "harbor:Scanner", "harbor:PreheatPolicy", "harbor:Settings"} <= told
    assert not [check for check in checks if check.get("refused")]
