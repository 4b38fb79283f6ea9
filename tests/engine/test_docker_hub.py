"""Engine proof: the whole life of a `DockerHubRegistry` against a server that keeps to the Hub API's reference."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.docker_hub import DockerHubReference, DockerHubRegistry, DockerHubRegistryArgs
from registry_components.testing import Engine, EngineFailed, Run
from registry_components.testing._wire import Secret
from tests.support.fake_hub import FakeHub, User, fake_hub

pytestmark = pytest.mark.engine

EXAMPLE = Path(__file__).parents[2] / "examples" / "docker-hub"
PASSWORD = "owner-pass-word-1234"
DYNAMIC = "pulumi-python:dynamic/registry-components"
API_REPOSITORY = f"{DYNAMIC}:HubRepository::apps-api"
CI_TOKEN = f"{DYNAMIC}:HubOrganizationToken::apps-ci"
DESTROY = {"deletion": "destroy", "empty_on_delete": True}
PULL_API = [{"path": "acme/api", "scopes": ["scope-image-pull", "scope-tag-read"]}]
CI = {"kind": "organization", "expires_at": "2099-01-01T00:00:00Z", "resources": PULL_API}
TOKENS: dict[str, Any] = {"ci": CI, "laptop": {"kind": "personal", "scope": "repo:read", "expires_at": None}}


class Hub:
    """One stack on an engine of its own, and the service that it speaks to."""

    def __init__(self, folder: Path, service: FakeHub) -> None:
        self.service = service
        self.token = PASSWORD
        self.settings: dict[str, Any] = {"repositories": {"api": {}, "web": {}}, "access": {"push": ["developers"]}}
        self.engine = Engine(folder, program=self.program)

    def args(self) -> DockerHubRegistryArgs:
        return DockerHubRegistryArgs.parse(
            {
                "namespace": "acme",
                "login": {"username": "owner", "token": self.token},
                "api": {"url": self.service.url, "timeout_seconds": 2, "attempts": 3, "longest_wait_seconds": 3},
                **self.settings,
            }
        )

    def program(self) -> None:
        registry = DockerHubRegistry("apps", self.args())
        pulumi.export("server", registry.server)
        pulumi.export("images", registry.images)
        if self.settings.get("endpoint_login"):
            pulumi.export("config", registry.endpoint.docker_config_json())
            pulumi.export("ci", registry.token("ci"))

    def change(self, **changes: Any) -> None:
        self.settings = {**self.settings, **changes}

    def failing(self, **run: Any) -> str:
        with pytest.raises(EngineFailed) as caught:
            self.engine.up(**run)
        text = str(caught.value)
        assert "Traceback" not in text
        return text


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with fake_hub() as service:
        service.organization("acme", owner="owner", teams=("developers", "release"))
        service.users["owner"] = User(PASSWORD)
        yield Hub(tmp_path, service)


def team(hub: Hub, name: str) -> int:
    return hub.service.organizations["acme"].teams[name]


def ops(run: Run) -> list[str]:
    return sorted(run.changed)


def test_life(hub: Hub) -> None:
    hub.change(tokens=TOKENS, endpoint_login="ci", **DESTROY)
    up = hub.engine.up()
    assert up.changes["create"] == 8
    outputs = hub.engine.outputs()
    assert outputs["server"] == "docker.io"
    assert outputs["images"] == {"api": "docker.io/acme/api", "web": "docker.io/acme/web"}
    config = outputs["config"]
    assert isinstance(config, Secret)
    login = json.loads(config.value)["auths"]
    (made,) = hub.service.organizations["acme"].tokens.values()
    assert list(login) == ["https://index.docker.io/v1/"]
    assert login["https://index.docker.io/v1/"]["username"] == "acme"
    assert login["https://index.docker.io/v1/"]["password"] == made["value"]
    repository = hub.service.repositories["acme/api"]
    assert repository["is_private"] is True
    assert repository["immutable_tags_settings"] == {"enabled": True, "rules": [".*"]}
    assert hub.service.grants["acme/api"] == {team(hub, "developers"): "write"}

    seen = len(hub.service.changes)
    hub.engine.up_again()
    hub.engine.refresh()
    assert len(hub.service.changes) == seen, "a run without a change changed something"

    hub.engine.destroy()
    assert hub.service.repositories == {}
    assert hub.service.grants == {}
    assert hub.service.organizations["acme"].tokens == {}
    assert hub.service.users["owner"].tokens == {}


def test_changes_in_place(hub: Hub) -> None:
    hub.engine.up()
    api = {"description": "The API", "full_description": "# API", "immutable_tags": ["v.*"]}
    hub.change(repositories={"api": api, "web": {"private": False}}, access={"pull": ["developers"]})
    run = hub.engine.up()
    assert run.changes["update"] == 4
    found = hub.service.repositories["acme/api"]
    assert (found["description"], found["full_description"]) == ("The API", "# API")
    assert found["immutable_tags_settings"] == {"enabled": True, "rules": ["v.*"]}
    assert hub.service.repositories["acme/web"]["is_private"] is False
    assert hub.service.grants["acme/web"] == {team(hub, "developers"): "read"}
    hub.engine.up_again()
    hub.engine.refresh()
    hub.change(repositories={"api": {**api, "immutable_tags": []}, "web": {"private": False}})
    hub.engine.up()
    assert found["immutable_tags_settings"] == {"enabled": False, "rules": ["v.*"]}
    hub.engine.refresh()


def test_drift_is_seen_and_corrected(hub: Hub) -> None:
    hub.change(tokens=TOKENS)
    hub.engine.up()
    hub.service.repositories["acme/api"].update(is_private=False, description="by hand")
    hub.service.repositories["acme/web"]["immutable_tags_settings"]["enabled"] = False
    hub.service.grants["acme/api"][team(hub, "developers")] = "admin"
    del hub.service.grants["acme/web"][team(hub, "developers")]
    (token,) = hub.service.organizations["acme"].tokens.values()
    token["is_active"] = False
    drift = hub.engine.refresh(allow_drift=True)
    assert [step.split(" (")[0] for step in ops(drift)] == [
        f"delete {DYNAMIC}:HubTeamPermission::apps-web-developers",
        f"update {CI_TOKEN}",
        f"update {API_REPOSITORY}",
        f"update {DYNAMIC}:HubRepository::apps-web",
        f"update {DYNAMIC}:HubTeamPermission::apps-api-developers",
    ]
    hub.engine.up()
    assert hub.service.repositories["acme/api"]["is_private"] is True
    assert hub.service.repositories["acme/api"]["description"] == ""
    assert hub.service.repositories["acme/web"]["immutable_tags_settings"]["enabled"] is True
    assert hub.service.grants["acme/api"] == hub.service.grants["acme/web"] == {team(hub, "developers"): "write"}
    assert token["is_active"] is True
    hub.engine.up_again()
    hub.engine.refresh()


def test_what_was_removed_by_hand_is_made_again(hub: Hub) -> None:
    hub.change(tokens=TOKENS)
    hub.engine.up()
    del hub.service.repositories["acme/web"]
    hub.service.grants.pop("acme/web")
    hub.service.users["owner"].tokens.clear()
    assert hub.engine.refresh(allow_drift=True).changes["delete"] == 3
    assert hub.engine.up().changes["create"] == 3
    assert "acme/web" in hub.service.repositories
    hub.engine.up_again()


def test_destroy_keeps_repositories(hub: Hub) -> None:
    hub.engine.up()
    refused = hub.engine.destroy(check=False)
    assert refused.failed
    assert "protect" in refused.message
    assert set(hub.service.repositories) == {"acme/api", "acme/web"}
    hub.engine.query("state", "unprotect", "--all", "--yes")
    hub.engine.destroy()
    assert set(hub.service.repositories) == {"acme/api", "acme/web"}
    assert hub.service.count("DELETE", "/v2/repositories/acme/[a-z]+/") == 0
    assert hub.service.grants == {"acme/api": {}, "acme/web": {}}


def test_both_consents_remove_repositories(hub: Hub) -> None:
    hub.engine.up()
    hub.service.tags["acme/api"] = ["latest"]
    hub.change(**DESTROY)
    before = len(hub.service.changes)
    assert hub.engine.up().changes["update"] == 2
    assert len(hub.service.changes) == before, "a consent asks nothing of Docker Hub"
    hub.engine.destroy()
    assert hub.service.repositories == {}


@pytest.mark.parametrize("kind", ["drop-after", "503-after", "drop", "500", "hang-after"])
def test_a_repository_is_created_once_whatever_the_connection_does(hub: Hub, kind: str) -> None:
    hub.service.fail("POST", "/v2/namespaces/acme/repositories", kind, seconds=3)
    hub.engine.up()
    assert set(hub.service.repositories) == {"acme/api", "acme/web"}
    hub.engine.up_again()


@pytest.mark.parametrize("kind", ["drop-after", "503-after", "drop"])
def test_a_token_is_there_once_whatever_the_connection_does(hub: Hub, kind: str) -> None:
    hub.change(tokens=TOKENS, endpoint_login="ci")
    hub.service.fail("POST", "/v2/orgs/acme/access-tokens", kind)
    hub.service.fail("POST", "/v2/access-tokens", kind)
    hub.engine.up()
    (made,) = hub.service.organizations["acme"].tokens.values()
    assert hub.engine.outputs()["ci"].value == made["value"], "the state has a token that was removed"
    assert len(hub.service.users["owner"].tokens) == 1
    hub.engine.up_again()


def test_an_interrupted_create_is_adopted(hub: Hub) -> None:
    # The service makes it, and every later request fails: the run ends without the repository in its state.
    hub.change(repositories={"api": {}}, access={}, tokens={"ci": CI}, endpoint_login="ci")
    hub.service.fail("PATCH", "/v2/namespaces/acme/repositories/api/immutabletags", "503", times=3)
    told = hub.failing()
    assert "cannot set the immutable tags of acme/api: Docker Hub answers 503, 3 times in a row" in told
    assert API_REPOSITORY not in hub.engine.resources()
    assert set(hub.service.repositories) == {"acme/api"}
    hub.service.fail("POST", "/v2/orgs/acme/access-tokens", "drop-after", times=3)
    hub.failing()
    assert len(hub.service.organizations["acme"].tokens) == 1, "the lost ones were not removed"
    hub.engine.up()
    assert hub.service.repositories["acme/api"]["immutable_tags_settings"]["enabled"] is True
    (made,) = hub.service.organizations["acme"].tokens.values()
    assert hub.engine.outputs()["ci"].value == made["value"]
    assert hub.service.count("POST", "/v2/namespaces/acme/repositories") == 1
    hub.engine.up_again()
    hub.engine.refresh()


@pytest.mark.parametrize("found", [{"tags": ("latest",)}, {"description": "somebody's"}])
def test_a_repository_of_somebody_else_is_not_taken(hub: Hub, found: dict[str, Any]) -> None:
    hub.service.repository("acme", "api", is_private=True, **found)
    told = hub.failing()
    assert (
        "cannot create repository acme/api: it exists already. To adopt it, set import_ to 'acme/api'; else take "
        "another name"
    ) in told
    assert not hub.service.repositories["acme/api"]["immutable_tags_settings"]["enabled"]
    hub.change(repositories={"api": {"import_": "acme/api"}, "web": {}})
    hub.engine.up()
    assert hub.service.repositories["acme/api"]["immutable_tags_settings"]["enabled"] is True
    assert hub.engine.inventory()[API_REPOSITORY].protect
    hub.change(repositories={"api": {}, "web": {}})
    hub.engine.up_again()


def test_there_is_nothing_to_adopt(hub: Hub) -> None:
    hub.change(repositories={"api": {"import_": "acme/api"}})
    assert "cannot adopt repository acme/api: there is none; remove import_ to make it" in hub.failing()
    assert hub.service.repositories == {}


def test_a_bad_token_changes_nothing_and_can_be_corrected(hub: Hub) -> None:
    hub.token = "dckr_pat_of-nobody-at-all"
    told = hub.failing()
    assert "cannot log in to Docker Hub as 'owner': the user name or the token is not accepted (401: Incorrect" in told
    assert "dckr_pat_of-nobody" not in told
    assert hub.service.repositories == {}
    assert [key for key in hub.engine.resources() if "dynamic" in key] == []
    hub.token = PASSWORD
    hub.engine.up()
    hub.engine.up_again()


def test_a_new_token_replaces_the_old_in_the_state_and_asks_nothing_of_docker_hub(hub: Hub) -> None:
    hub.engine.up()
    hub.service.users["owner"] = User("another-pass-word-99")
    hub.token = "another-pass-word-99"
    before = len(hub.service.changes)
    assert hub.engine.up().changes["update"] == 4
    assert len(hub.service.changes) == before
    hub.engine.up_again()
    hub.engine.refresh()


def test_a_missing_scope(hub: Hub) -> None:
    hub.token = hub.service.personal_token("owner", "repo:write")
    told = hub.failing()
    assert (
        "cannot create repository acme/api: the login 'owner' may not (403: access denied: insufficient scope); it "
        "needs a personal access token with permission 'Read, Write, Delete' of an owner or editor of acme, or an "
        "organization access token with scope-repository-create"
    ) in told
    hub.token = hub.service.personal_token("owner", "repo:admin")
    hub.engine.up()
    hub.change(tokens=TOKENS)
    told = hub.failing()
    assert "it needs the password of an owner of acme as login.token, and a Team or Business plan" in told
    assert "Docker Hub makes no access token for an access token" in told
    hub.change(tokens={})
    hub.engine.up_again()
    hub.engine.refresh()


def test_an_exhausted_quota(hub: Hub) -> None:
    for number in range(10):
        hub.service.organizations["acme"].tokens[str(number)] = {"id": str(number), "label": "x", "value": "none"}
    hub.change(tokens={"ci": CI})
    told = hub.failing()
    assert (
        "the quota of the account's plan is used up (403: maximum number of access tokens reached); remove what is not "
        "needed, or take a larger plan"
    ) in told
    del hub.service.organizations["acme"].tokens["3"]
    hub.engine.up()
    hub.engine.up_again()
    hub.engine.refresh()


def test_a_rate_limit_is_waited_for(hub: Hub) -> None:
    hub.service.rate_limit, hub.service.rate_window = 4, 1.0
    hub.engine.up()
    hub.engine.up_again()
    assert set(hub.service.repositories) == {"acme/api", "acme/web"}


def test_a_rate_limit_that_lasts_too_long_is_told_and_the_rest_follows(hub: Hub) -> None:
    hub.service.rate_limit, hub.service.rate_window = 6, 3600.0
    told = hub.failing()
    assert "the rate limit of the Hub API is used up until 20" in told
    hub.service.rate_limit = 0
    hub.engine.up()
    hub.engine.up_again()
    hub.engine.refresh()
    assert hub.service.count("POST", "/v2/namespaces/acme/repositories") <= 3


def test_an_unknown_team(hub: Hub) -> None:
    hub.change(access={"pull": ["designers"]})
    # Whichever repository's grant fails first stops the others.
    assert re.search(
        "cannot grant team 'designers' access to acme/(api|web): organization 'acme' has no such team; make it "
        "on Docker Hub, or correct the name in access",
        hub.failing(),
    )


def test_a_token_is_rotated_without_a_gap(hub: Hub) -> None:
    hub.change(tokens={"ci": CI}, endpoint_login="ci")
    hub.engine.up()
    first = hub.engine.outputs()["ci"].value
    hub.change(tokens={"ci": {**CI, "rotation": "2026-12"}})
    hub.service.calls.clear()
    hub.engine.up()
    second = hub.engine.outputs()["ci"].value
    assert first != second
    (made,) = hub.service.organizations["acme"].tokens.values()
    assert made["value"] == second
    order = [call.method for call in hub.service.calls if call.path.startswith("/v2/orgs/acme/access-tokens")]
    assert order.index("POST") < order.index("DELETE"), "the old one went before the new one was there"
    hub.engine.up_again()


def test_a_token_in_use_is_never_taken_for_a_lost_one(hub: Hub) -> None:
    hub.change(tokens={"ci": CI}, endpoint_login="ci")
    hub.engine.up()
    (made,) = hub.service.organizations["acme"].tokens.values()
    made["last_used_at"] = "2026-11-24T00:00:00Z"
    other = Hub(hub.engine.folder / "other", hub.service)
    other.change(repositories={}, tokens={"ci": CI}, endpoint_login="ci")
    other.engine.up()
    assert made in hub.service.organizations["acme"].tokens.values()
    assert len(hub.service.organizations["acme"].tokens) == 2


def test_a_token_changes_in_place(hub: Hub) -> None:
    hub.change(tokens={"ci": CI}, endpoint_login="ci")
    hub.engine.up()
    value = hub.engine.outputs()["ci"].value
    more = [*PULL_API, {"path": "acme/web", "scopes": ["scope-image-push"]}]
    hub.change(tokens={"ci": {**CI, "resources": more, "description": "for the pipeline", "active": False}})
    assert hub.engine.up().changes["update"] == 1
    assert hub.engine.outputs()["ci"].value == value
    (made,) = hub.service.organizations["acme"].tokens.values()
    assert made["is_active"] is False
    assert made["description"] == "for the pipeline"
    assert sorted(r["path"] for r in made["resources"]) == ["acme/api", "acme/web"]
    hub.engine.up_again()
    hub.engine.refresh()


def test_a_renamed_repository_leaves_the_old_one(hub: Hub) -> None:
    hub.change(**DESTROY)
    hub.engine.up()
    hub.change(repositories={"api": {"name": "api2"}, "web": {}})
    run = hub.engine.up()
    assert run.changes["replace"] == 2
    assert set(hub.service.repositories) == {"acme/api2", "acme/web"}
    hub.engine.up_again()


def test_grants_on_the_objects(hub: Hub) -> None:
    def program(registry: Callable[[], DockerHubRegistry]) -> Callable[[], None]:
        def run() -> None:
            made = registry()
            made.grant_admin("api", "release")
            args = hub.args()
            reference = DockerHubReference(
                "legacy", {"namespace": "acme", "repository": "legacy", "login": args.login, "api": args.api}
            )
            reference.grant_pull("developers")
            pulumi.export("image", reference.image)

        return run

    hub.service.repository("acme", "legacy")
    hub.engine.program = program(lambda: DockerHubRegistry("apps", hub.args()))
    hub.engine.up()
    assert hub.service.grants["acme/api"] == {team(hub, "developers"): "write", team(hub, "release"): "admin"}
    assert hub.service.grants["acme/legacy"] == {team(hub, "developers"): "read"}
    assert hub.engine.outputs()["image"] == "docker.io/acme/legacy"
    hub.engine.up_again()
    hub.engine.refresh()


def test_no_secret_in_plain_text_anywhere(hub: Hub) -> None:
    hub.change(tokens=TOKENS, endpoint_login="ci")
    hub.service.fail("POST", "/v2/orgs/acme/access-tokens", "drop-after")
    hub.engine.up()
    hub.service.repositories["acme/api"]["description"] = "drift"
    hub.engine.refresh(allow_drift=True)
    hub.engine.up()
    hub.change(tokens={**TOKENS, "ci": {**CI, "rotation": "next"}})
    hub.engine.up()
    values = [t["value"] for t in hub.service.organizations["acme"].tokens.values()]
    values += [t["value"] for t in hub.service.users["owner"].tokens.values()]
    assert len(values) == 2
    good, hub.token = hub.token, "dckr_pat_refused-and-secret"
    hub.change(access={"pull": ["developers"]})
    hub.failing()
    hub.token = good
    hub.engine.up()
    jwts = list(hub.service._sessions)
    assert jwts
    secrets = {"login": PASSWORD, "refused": "dckr_pat_refused-and-secret"}
    secrets |= {f"token {n}": value for n, value in enumerate(values)} | {f"jwt {n}": j for n, j in enumerate(jwts)}
    assert hub.engine.scan(secrets) == []
    state = hub.engine.export_state(show_secrets=True)
    assert all(jwt not in json.dumps(state) for jwt in jwts), "a JWT is kept"
    hub.engine.query("state", "unprotect", "--all", "--yes")
    hub.engine.destroy()
    assert hub.engine.scan(secrets) == []


class Example:
    """`examples/docker-hub` against the service."""

    def __init__(self, folder: Path, service: FakeHub) -> None:
        service.organization("acme", owner="owner", teams=("developers", "support"))
        service.users["owner"] = User(PASSWORD)
        self.service = service
        self.engine = Engine(
            folder,
            project_dir=EXAMPLE,
            project="docker-hub",
            config={"hubUrl": service.url},
            secret_config={"hubToken": PASSWORD},
        )


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Example]:
    with fake_hub() as service:
        yield Example(tmp_path, service)


def test_the_example(example: Example) -> None:
    up = example.engine.up()
    assert up.changes["create"] == 9
    assert example.engine.outputs()["images"] == {"api": "docker.io/acme/api", "website": "docker.io/acme/website"}
    assert example.service.repositories["acme/website"]["is_private"] is False
    example.engine.up_again()
    example.engine.refresh()
    example.engine.query("state", "unprotect", "--all", "--yes")
    example.engine.destroy()
    assert set(example.service.repositories) == {"acme/api", "acme/website"}
    assert example.service.organizations["acme"].tokens == {}
    assert example.service.grants == {"acme/api": {}, "acme/website": {}}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/namespaces/acme/repositories"),
        ("PATCH", "/v2/namespaces/acme/repositories/api/immutabletags"),
        ("POST", "/v2/repositories/acme/api/groups"),
        ("POST", "/v2/orgs/acme/access-tokens"),
    ],
)
def test_a_killed_up_is_taken_over_by_the_next(example: Example, method: str, path: str) -> None:
    # The service does what it is asked, and the answer never comes: the engine is killed while it waits.
    service = example.service
    service.fail(method, path, "hang-after", seconds=60)
    process = example.engine.command("up", "--yes", "--skip-preview")
    assert service.hung.wait(60), "the request never came"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)
    service.stop_hanging()
    example.engine.cancel()
    example.engine.up()
    assert set(service.repositories) == {"acme/api", "acme/website"}
    assert all(given == service.grants["acme/api"] for given in service.grants.values())
    (token,) = service.organizations["acme"].tokens.values()
    config = json.loads(example.engine.outputs()["dockerConfig"].value)
    assert config["auths"]["https://index.docker.io/v1/"]["password"] == token["value"]
    example.engine.up_again()
    example.engine.refresh()
