"""Unit proof: what arguments become, byte for byte the same each time, and no secret in what may be shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.docker_hub import DockerHubRegistryArgs
from registry_components.docker_hub.render import connection, grants, repository, token
from tests.unit.docker_hub.material import GOOD, OAT, PAT, oat

pytestmark = pytest.mark.unit

DEFAULT: dict[str, Any] = {
    "namespace": "acme",
    "name": "api",
    "description": "",
    "full_description": "",
    "private": True,
    "immutable_tags": [".*"],
    "adopt": False,
    "keep": True,
}


def parse(**changes: Any) -> DockerHubRegistryArgs:
    return DockerHubRegistryArgs.parse({**GOOD, **changes})


@pytest.mark.parametrize(
    ("said", "registry", "expected"),
    [
        ({}, {}, {}),
        ({"name": "backend"}, {}, {"name": "backend"}),
        ({"description": "d", "full_description": "f"}, {}, {"description": "d", "full_description": "f"}),
        ({"immutable_tags": []}, {}, {"immutable_tags": []}),
        ({"immutable_tags": ["v.*", "release-.*"]}, {}, {"immutable_tags": ["v.*", "release-.*"]}),
        ({}, {"access": {"anonymous_pull": True}}, {"private": False}),
        ({"private": True}, {"access": {"anonymous_pull": True}}, {"private": True}),
        ({"private": False}, {}, {"private": False}),
        ({"access": {"anonymous_pull": True}}, {}, {"private": False}),
        ({"access": {"pull": ["devs"]}}, {"access": {"anonymous_pull": True}}, {"private": True}),
        ({}, {"deletion": "destroy", "empty_on_delete": True}, {"keep": False}),
        ({"import_": "acme/api"}, {}, {"adopt": True}),
    ],
)
def test_repository(said: dict[str, Any], registry: dict[str, Any], expected: dict[str, Any]) -> None:
    assert repository(parse(repositories={"api": said}, **registry), "api") == {**DEFAULT, **expected}


def test_grants() -> None:
    access = parse(access={"pull": ["z", "a"], "push": ["m"], "admin": ["b"]}).access
    assert grants(access) == [("a", "a", "read"), ("b", "b", "admin"), ("m", "m", "write"), ("z", "z", "read")]


def test_personal_token() -> None:
    made = token(parse(tokens={"ci": PAT}), "ci", "shop/dev/apps")
    assert made.pop("label").startswith("ci [")
    assert made == {"scopes": ["repo:read"], "expires_at": None, "active": True, "rotation": ""}


def test_organization_token() -> None:
    resources = [
        {"path": "acme/web", "scopes": ["scope-image-push", "scope-image-pull"]},
        {"path": "acme/api", "scopes": ["scope-image-pull"]},
        {"type": "TYPE_ORG", "path": "acme", "scopes": ["scope-repository-list"]},
    ]
    said = {**OAT, "resources": resources, "label": "pipeline", "description": "builds"}
    made = token(parse(tokens={"ci": said}), "ci", "shop/dev/apps")
    assert made.pop("label").startswith("pipeline [")
    assert made == {
        "organization": "acme",
        "description": "builds",
        "resources": [
            {"type": "TYPE_ORG", "path": "acme", "scopes": ["scope-repository-list"]},
            {"type": "TYPE_REPO", "path": "acme/api", "scopes": ["scope-image-pull"]},
            {"type": "TYPE_REPO", "path": "acme/web", "scopes": ["scope-image-pull", "scope-image-push"]},
        ],
        "expires_at": "2027-12-31T23:59:59Z",
        "active": True,
        "rotation": "",
    }


@pytest.mark.parametrize(
    ("changes", "another"),
    [
        ({"rotation": "2026-12"}, True),
        ({"expires_at": "2028-01-01T00:00:00Z"}, True),
        # Changed in place: the token, and with it its label, stays.
        ({"active": False}, False),
        ({"description": "more"}, False),
        ({"resources": [{"path": "acme/*", "scopes": ["scope-image-push"]}]}, False),
    ],
)
def test_a_label_differs_with_what_makes_another_token(changes: dict[str, Any], another: bool) -> None:
    one = token(parse(tokens={"ci": oat()}), "ci", "shop/dev/apps")["label"]
    other = token(parse(tokens={"ci": {**oat(), **changes}}), "ci", "shop/dev/apps")["label"]
    assert (one != other) is another


def test_a_label_is_a_stacks_own_and_fits() -> None:
    args = parse(tokens={"ci": {**PAT, "label": "x" * 80}})
    labels = {token(args, "ci", f"shop/{stack}/apps")["label"] for stack in ("dev", "prod")}
    assert len(labels) == 2
    assert all(len(label) <= 100 for label in labels)


NAMES = st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True)
TEAMS = st.lists(NAMES.filter(lambda name: name != "owners"), max_size=3, unique=True)


@given(
    keys=st.lists(NAMES, min_size=1, max_size=5, unique=True),
    teams=TEAMS,
    rules=st.lists(st.sampled_from(["v.*", "latest", "release-[0-9]+"]), max_size=3, unique=True),
)
def test_two_renders_are_equal_whatever_the_order(keys: list[str], teams: list[str], rules: list[str]) -> None:
    def rendered(order: list[str], team_order: list[str]) -> str:
        repositories = {key: {"immutable_tags": rules} for key in order}
        args = parse(repositories=repositories, access={"pull": team_order}, tokens={"ci": oat()})
        made = [repository(args, key) for key in sorted(args.repositories)]
        return json.dumps([made, grants(args.access), token(args, "ci", "shop/dev/apps")])

    assert rendered(keys, teams) == rendered(list(reversed(keys)), list(reversed(teams)))


def test_what_may_be_shown_holds_no_secret() -> None:
    args = parse(login={"username": "bot", "token": "dckr_pat_never-shown-at-all"})
    shown = [repr(args), str(args), args.model_dump_json(), repr(connection(args.login, args.api))]
    assert not any("never-shown" in text for text in shown)
