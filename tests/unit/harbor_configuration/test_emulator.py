"""Unit proof: what the emulated `harbor` provider and the model behind it refuse, as the provider and Harbor do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry_components.rehearsal.emulator import FOLDER, Refusal, Settings
from registry_components.rehearsal.emulators import load
from registry_components.rehearsal.emulators.harbor_api import Api, connect
from registry_components.rehearsal.harbor_model import DEFAULT_SCANNER, HarborModel, fresh
from registry_components.rehearsal.schema_check import check_inputs
from tests.unit.harbor_configuration.applying import BY_CLASS, documented

pytestmark = pytest.mark.unit

URL = "https://harbor.example.com"
PULL = [{"kind": "project", "namespace": "shop", "accesses": [{"resource": "repository", "action": "pull"}]}]
ROBOT = {"name": "ci", "level": "project", "duration": 30, "permissions": PULL}
REGISTRY = {"name": "dr", "providerName": "harbor", "endpointUrl": "https://dr.example.com"}
WEBHOOK = {"name": "x", "address": "https://x", "eventsTypes": ["PUSH_ARTIFACT"], "notifyType": "http"}


def settings(folder: Path, **more: str) -> Settings:
    return {FOLDER: str(folder), "url": URL, "username": "admin", "password": "x", **more}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    made = connect(settings(tmp_path))
    with documented() as told:
        create(made, "Project", name="shop", storageQuota=-1)
        yield made
    assert told == []


def create(api: Api, kind: str, **inputs: Any) -> str:
    type_ = BY_CLASS[kind]
    filled = {k: p.default for k, p in type_.properties.items() if p.default is not None and k not in inputs}
    return type_.create(api, {**filled, **inputs})[0]


def refused(api: Api, kind: str, **inputs: Any) -> str:
    with pytest.raises(Refusal) as caught:
        create(api, kind, **inputs)
    return caught.value.reason


def test_every_type_of_the_component_is_emulated_with_the_sdks_properties() -> None:
    emulator = load("harbor")
    assert emulator.version == "3.10.21"
    assert sorted(token.rpartition(":")[2] for token in emulator.types) == [
        "ConfigAuth",
        "ConfigSecurity",
        "ConfigSystem",
        "GarbageCollection",
        "Group",
        "ImmutableTagRule",
        "InterrogationServices",
        "Label",
        "PreheatInstance",
        "Project",
        "ProjectMemberGroup",
        "ProjectMemberUser",
        "ProjectWebhook",
        "PurgeAuditLog",
        "Registry",
        "Replication",
        "RetentionPolicy",
        "RobotAccount",
    ]
    for type_ in emulator.types.values():
        for name in (*type_.replaced, *type_.unread, *type_.unordered, *type_.preset):  # type: ignore[attr-defined]
            assert name in type_.properties, (type_.token, name)


@pytest.mark.parametrize(
    ("kind", "inputs", "told"),
    [
        ("Project", {"nmae": "shop"}, ["nmae: 'nmae' is not a property here; did you mean 'name'?"]),
        ("Project", {"storageQuota": "5"}, ["storageQuota: must be a whole number, not a string"]),
        ("Project", {"projectId": 5}, ["projectId: 'projectId' is an output of this resource; it cannot be given"]),
        (
            "ProjectMemberUser",
            {"projectId": "/projects/1"},
            ["role: the required property 'role' is missing", "userName: the required property 'userName' is missing"],
        ),
        (
            "RobotAccount",
            {"level": "system", "permissions": [{"kind": "system", "namespace": "/", "access": []}]},
            [
                "permissions[0].access: 'access' is not a property here; did you mean 'accesses'?",
                "permissions[0].accesses: the required property 'accesses' is missing",
            ],
        ),
    ],
)
def test_what_the_schema_refuses(kind: str, inputs: dict[str, Any], told: list[str]) -> None:
    assert [str(found) for found in check_inputs(BY_CLASS[kind].properties, inputs)] == told


@pytest.mark.parametrize(
    ("kind", "inputs", "told"),
    [
        (
            "Project",
            {"deploymentSecurity": "bad"},
            "deploymentSecurity: 'bad' is not one of critical, high, medium, low, none",
        ),
        (
            "ProjectMemberUser",
            {"role": "owner"},
            "role: expected role to be one of ['projectadmin', 'developer', 'guest', 'maintainer', 'limitedguest'], "
            "got owner",
        ),
        ("ProjectMemberGroup", {"type": "saml"}, "type: 'saml' is not one of ldap, internal, oidc"),
        (
            "ProjectWebhook",
            {"notifyType": "mail"},
            "notifyType: expected notify_type to be one of [http slack], got mail",
        ),
        ("Replication", {"action": "both"}, "action: 'both' is not one of push, pull"),
        ("ConfigAuth", {"authMode": "saml"}, "authMode: 'saml' is not one of db_auth, ldap_auth, oidc_auth"),
        ("GarbageCollection", {"workers": 9}, "workers: GC workers must be between 1 and 5"),
        (
            "RetentionPolicy",
            {"rules": [{"tagMatching": "**"}]},
            "rules[0]: needs one of nDaysSinceLastPull, nDaysSinceLastPush, mostRecentlyPulled, mostRecentlyPushed, "
            "alwaysRetain",
        ),
    ],
)
def test_what_the_provider_refuses(api: Api, kind: str, inputs: dict[str, Any], told: str) -> None:
    assert [str(found) for found in BY_CLASS[kind].check(api, inputs)] == [told]


def test_what_is_there_already(api: Api) -> None:
    for _ in range(2):
        told = [
            refused(api, "Project", name="shop", storageQuota=-1),
            *_made_twice(api, "Registry", **REGISTRY),
            *_made_twice(api, "RobotAccount", **ROBOT),
            *_made_twice(api, "ProjectMemberUser", projectId="/projects/1", userName="jane", role="guest"),
            *_made_twice(api, "Group", groupName="devs", groupType=3),
            *_made_twice(api, "Label", name="golden"),
            *_made_twice(api, "ProjectWebhook", projectId="/projects/1", **WEBHOOK),
            *_made_twice(api, "ImmutableTagRule", projectId="/projects/1", tagMatching="v*", repoMatching="**"),
            *_made_twice(api, "PreheatInstance", name="p", vendor="kraken", endpoint="https://p"),
        ]
        assert told == [
            "POST /projects: unexpected status code got: 409: The project named shop already exists",
            "POST /registries: unexpected status code got: 409: registry dr already exists",
            "POST /robots: unexpected status code got: 409: robot robot$shop+ci already exists",
            "POST /projects/1/members: unexpected status code got: 409: member already exists in project",
            "POST /usergroups: unexpected status code got: 409: a user group with this name already exists",
            "POST /labels: unexpected status code got: 409: label golden already exists",
            "POST /projects/1/webhook/policies: unexpected status code got: 409: webhook policy x already exists",
            "POST /projects/1/immutabletagrules: unexpected status code got: 409: duplicate immutable tag rule",
            "POST /p2p/preheat/instances: unexpected status code got: 409: instance p already exists",
        ]


def _made_twice(api: Api, kind: str, **inputs: Any) -> list[str]:
    try:
        create(api, kind, **inputs)
    except Refusal as refusal:
        return [refusal.reason]
    return [refused(api, kind, **inputs)]


def test_what_is_in_use_does_not_go(api: Api, tmp_path: Path) -> None:
    registry = create(api, "Registry", **REGISTRY)
    rule = create(api, "Replication", name="copy", action="push", registryId=1)
    with pytest.raises(Refusal, match="412: the registry 1 is referenced by replication policies"):
        BY_CLASS["Registry"].delete(api, registry, {})
    BY_CLASS["Replication"].delete(api, rule, {})
    cache = create(api, "Project", name="cache", registryId=1, forceDestroy=False)
    with pytest.raises(Refusal, match="412: the registry 1 is referenced by proxy cache project"):
        BY_CLASS["Registry"].delete(api, registry, {})
    with api._cloud.change() as state:
        state["repositories"]["2"] = [{"name": "cache/library/alpine"}, {"name": "cache/a/b/c"}]
    with pytest.raises(Refusal, match="412: the project contains repositories, can not be deleted"):
        BY_CLASS["Project"].delete(api, cache, {"forceDestroy": False})
    BY_CLASS["Project"].delete(api, cache, {"forceDestroy": True})
    BY_CLASS["Registry"].delete(api, registry, {})
    BY_CLASS["Registry"].delete(api, registry, {})


@pytest.mark.parametrize(
    ("kind", "inputs", "told"),
    [
        ("Replication", {"name": "x", "action": "push", "registryId": 9}, "either src_registry or dest_registry"),
        (
            "Replication",
            {"name": "x", "action": "push", "registryId": 1, "schedule": "hourly"},
            "the cron 'hourly' has no six fields of which the first is 0",
        ),
        ("RobotAccount", {**ROBOT, "secret": "weak"}, "the secret must be 8-128"),
        ("RobotAccount", {**ROBOT, "duration": 0}, "bad request: robot duration"),
        ("RobotAccount", {**ROBOT, "permissions": [{**PULL[0], "namespace": "no"}]}, "404: project no not found"),
        ("ProjectWebhook", {**WEBHOOK, "projectId": "/projects/1", "eventsTypes": ["X"]}, "unsupported event type X"),
        ("Group", {"groupName": "x", "groupType": 1}, "the group type is not valid, or the DN is missing"),
        ("InterrogationServices", {"vulnerabilityScanPolicy": "0 0 1 * * *", "defaultScanner": "x"}, "no scanner is"),
        ("Label", {"name": "x", "projectId": "shop"}, "'shop' is not the id of a resource of this provider"),
    ],
)
def test_what_harbor_refuses(api: Api, kind: str, inputs: dict[str, Any], told: str) -> None:
    create(api, "Registry", **REGISTRY)
    assert told in refused(api, kind, **inputs)


def test_a_retention_policy_is_made_once_and_only_emptied(api: Api) -> None:
    said = {"scope": "/projects/1", "schedule": "", "rules": [{"alwaysRetain": True, "tagMatching": "v*"}]}
    first = create(api, "RetentionPolicy", **said)
    assert create(api, "RetentionPolicy", **{**said, "rules": [{"mostRecentlyPushed": 3}]}) == first
    BY_CLASS["RetentionPolicy"].delete(api, first, {"scope": "/projects/1"})
    left = BY_CLASS["RetentionPolicy"].read(api, first, {})
    assert left == {"scope": "/projects/1", "schedule": "", "rules": []}


def test_a_robots_secret_is_told_once_and_can_be_given_anew(api: Api) -> None:
    type_ = BY_CLASS["RobotAccount"]
    id_, made = type_.create(api, {**ROBOT, "disable": False})
    assert (made["fullName"], made["name"]) == ("robot$shop+ci", "ci")
    assert len(made["secret"]) > 30
    read = type_.read(api, id_, made)
    assert read is not None
    assert read["secret"] == made["secret"]
    assert "secret" not in (type_.read(api, id_, {}) or {})
    changed = type_.update(api, id_, made, {**ROBOT, "secret": "Another-Secret-1"})
    assert changed["secret"] == "Another-Secret-1"
    with api._cloud.change() as state:
        assert state["robots"]["1"]["kept"] == "Another-Secret-1"


def test_nobody_logs_in_without_a_password(tmp_path: Path) -> None:
    assert HarborModel(fresh()).answer("GET", "/projects", None, None, None)[0] == 401
    nobody = connect({FOLDER: str(tmp_path), "url": URL})
    with pytest.raises(Refusal, match="401: unauthorized"):
        nobody.find("/projects")
    with pytest.raises(Refusal, match="has to begin with http"):
        connect(settings(tmp_path, url="harbor.example.com"))


def test_two_harbors_of_a_rehearsal_are_two(tmp_path: Path, api: Api) -> None:
    other = connect(settings(tmp_path, url="https://other.example.com"))
    assert len(api.find("/projects")) == 1
    assert other.find("/projects") == []


def test_no_body_that_is_not_documented_is_taken() -> None:
    model = HarborModel(fresh())

    def status(method: str, path: str, body: Any) -> Any:
        answer = model.answer(method, path, "admin", "x", body)
        return answer[0], answer[1]["errors"][0]["message"]

    assert status("POST", "/projects", {"projectname": "x"}) == (400, "bad request: projectname is not documented")
    assert status("POST", "/projects", {"project_name": 5}) == (400, "bad request: project_name is no str")
    assert status("POST", "/projects", {}) == (400, "bad request: project_name is required")
    assert status("POST", "/projects", None) == (400, "bad request: the body is no object")
    assert status("POST", "/nothing", {}) == (404, "POST /nothing is no route")
    assert status("POST", "/projects", {"project_name": "Shop"})[0] == 400
    assert status("DELETE", f"/scanners/{DEFAULT_SCANNER}", None)[0] == 403
    assert status("PUT", "/configurations", {"auth_mode": "saml"}) == (400, "invalid auth mode saml")
    assert status("PUT", "/system/gc/schedule", {"schedule": {"type": "Custom", "cron": "0 2 * * *"}})[0] == 400
