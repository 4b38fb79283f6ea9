"""Recorded proof: the whole inventory of a `DockerHubRegistry`."""

from __future__ import annotations

import sys
from typing import Any

import pulumi
import pytest

from registry_components.core.errors import StackError
from registry_components.docker_hub import DockerHubReference, DockerHubRegistry
from registry_components.testing import Recording, Secret, find_plaintext, inventory, record

pytestmark = pytest.mark.recorded

DYNAMIC = "pulumi-python:dynamic/registry-components"
PARENT = "registry-components:index:DockerHubRegistry::apps"
TOKEN = "dckr_pat_in-no-inventory"
LOGIN = {"username": "bot", "token": TOKEN}
API = {"url": "https://hub.docker.com", "timeout_seconds": 30, "attempts": 5, "longest_wait_seconds": 60}
SETTINGS: dict[str, Any] = {
    "namespace": "acme",
    "login": LOGIN,
    "repositories": {
        "api": {"description": "The API"},
        "web": {"name": "website", "access": {"admin": ["web"], "anonymous_pull": True}},
    },
    "access": {"pull": ["readers"], "push": ["developers"]},
    "tokens": {
        "ci": {
            "kind": "organization",
            "expires_at": None,
            "resources": [{"path": "acme/api", "scopes": ["scope-image-push"]}],
        },
        "laptop": {"kind": "personal", "scope": "repo:read", "expires_at": None},
    },
    "endpoint_login": "ci",
}
OUTPUTS: dict[str, Any] = {
    f"{DYNAMIC}:HubRepository": lambda r: {"id": f"{r.inputs['namespace']}/{r.inputs['name']}"},
    f"{DYNAMIC}:HubOrganizationToken": lambda _: {"value": Secret("dckr_oat_generated-value")},
    f"{DYNAMIC}:HubPersonalToken": lambda _: {"value": Secret("dckr_pat_generated-value")},
}


def recording(preview: bool = False, **changes: Any) -> Recording:
    def program() -> None:
        made = DockerHubRegistry("apps", {**SETTINGS, **changes})
        pulumi.export("server", made.server)
        pulumi.export("images", made.images)
        pulumi.export("config", made.endpoint.docker_config_json())

    return record(program, outputs=OUTPUTS, project="shop", stack="dev", preview=preview)


def test_whole_inventory() -> None:
    found = {key: (entry.parent, entry.protect, dict(entry.inputs)) for key, entry in inventory(recording()).items()}
    login = {"username": "bot", "token": "[secret]"}
    reached = {"login": login, "api": API}
    repository = {
        "namespace": "acme",
        "full_description": "",
        "immutable_tags": [".*"],
        "adopt": False,
        "keep": True,
        **reached,
    }
    labels = {
        key: found[f"{DYNAMIC}:{kind}::apps-{key}"][2]["label"]
        for key, kind in (("ci", "HubOrganizationToken"), ("laptop", "HubPersonalToken"))
    }
    assert found == {
        PARENT: ("", False, {}),
        f"{DYNAMIC}:HubRepository::apps-api": (
            PARENT,
            True,
            {**repository, "name": "api", "description": "The API", "private": True},
        ),
        f"{DYNAMIC}:HubRepository::apps-web": (
            PARENT,
            True,
            {**repository, "name": "website", "description": "", "private": False},
        ),
        f"{DYNAMIC}:HubTeamPermission::apps-api-developers": (
            PARENT,
            False,
            {"namespace": "acme", "repository": "api", "team": "developers", "permission": "write", **reached},
        ),
        f"{DYNAMIC}:HubTeamPermission::apps-api-readers": (
            PARENT,
            False,
            {"namespace": "acme", "repository": "api", "team": "readers", "permission": "read", **reached},
        ),
        f"{DYNAMIC}:HubTeamPermission::apps-web-web": (
            PARENT,
            False,
            {"namespace": "acme", "repository": "website", "team": "web", "permission": "admin", **reached},
        ),
        f"{DYNAMIC}:HubOrganizationToken::apps-ci": (
            PARENT,
            False,
            {
                "organization": "acme",
                "label": labels["ci"],
                "description": "",
                "resources": [{"type": "TYPE_REPO", "path": "acme/api", "scopes": ["scope-image-push"]}],
                "active": True,
                "rotation": "",
                **reached,
            },
        ),
        f"{DYNAMIC}:HubPersonalToken::apps-laptop": (
            PARENT,
            False,
            {"label": labels["laptop"], "scopes": ["repo:read"], "active": True, "rotation": "", **reached},
        ),
    }


def test_outputs_and_options() -> None:
    made = recording()
    assert made.unpublished() == []
    assert made.exports["server"] == "docker.io"
    assert made.exports["images"] == {"api": "docker.io/acme/api", "web": "docker.io/acme/website"}
    assert isinstance(made.exports["config"], Secret)
    for key, resource in made.resources.items():
        if "HubRepository" in key:
            assert (resource.protect, resource.retain_on_delete) == (True, True)
        if "dynamic" in key:
            assert "login" in resource.additional_secret_outputs
        if "Token::" in key:
            assert "value" in resource.additional_secret_outputs


def test_consents_take_the_protection_away() -> None:
    made = recording(deletion="destroy", empty_on_delete=True)
    for resource in made.of_type(f"{DYNAMIC}:HubRepository"):
        assert not resource.protect
        assert not resource.retain_on_delete
        assert resource.inputs["keep"] is False


def test_two_recordings_are_equal() -> None:
    assert inventory(recording()) == inventory(recording())


def test_a_preview_knows_all_but_the_tokens() -> None:
    made = recording(preview=True)
    assert made[f"{DYNAMIC}:HubTeamPermission::apps-api-readers"].inputs["repository"] == "api"


def test_no_secret_in_the_inventory() -> None:
    made = recording()
    shown = repr(inventory(made)) + repr(made.tree()) + "".join(made.messages)
    secrets = [TOKEN, "dckr_oat_generated-value", "dckr_pat_generated-value"]
    assert find_plaintext(secrets, shown) == []


def test_a_namespace_alone() -> None:
    made = recording(repositories={}, tokens={}, endpoint_login=None)
    assert made.tree() == PARENT
    assert made.exports["images"] == {}


def test_wrong_use_is_told_and_registers_nothing() -> None:
    told: list[str] = []

    def program() -> None:
        registry = DockerHubRegistry("apps", SETTINGS)
        reference = DockerHubReference("other", {"namespace": "acme", "repository": "legacy", "login": LOGIN})
        for wrong in (
            lambda: DockerHubRegistry("bad", {**SETTINGS, "plan": "free"}),
            lambda: registry.repository("apii"),
            lambda: registry.token("cd"),
            lambda: registry.grant_pull("api", "developers"),
            lambda: registry.grant_pull("api", "jon@example.com"),
            lambda: reference.grant_push("owners"),
        ):
            try:
                wrong()
            except StackError as error:
                told.append(str(error))

    made = record(program, outputs=OUTPUTS)
    assert told == [
        "DockerHubRegistryArgs is not valid (1 mistake):\n  plan: must be one of personal, pro, team, business, not "
        "'free'",
        "repositories: there is no 'apii'; there are: api, web",
        "tokens: there is no 'cd'; there are: ci, laptop",
        "DockerHubRegistry: 'developers' is in access already; grant it in one place",
        "DockerHubRegistry: 'jon@example.com' is not a team; Docker Hub grants to teams of the organization, by their "
        "names",
        "DockerHubReference: 'owners' may do everything already; remove it",
    ]
    assert not [key for key in made.resources if "bad" in key]


@pytest.mark.parametrize("package", ["httpx", "psutil"])
def test_a_missing_package_names_the_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    told: list[str] = []

    def program() -> None:
        try:
            DockerHubRegistry("apps", SETTINGS)
        except StackError as error:
            told.append(str(error))

    made = record(program)
    assert told == [f"DockerHubRegistry needs the package {package}; install registry-components[hub]"]
    assert made.resources == {}
