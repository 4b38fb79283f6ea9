"""What the kubernetes provider of a rehearsal knows: the SDK's objects, the words of an API server, what is real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from registry_components.rehearsal.emulator import Property
from registry_components.rehearsal.emulators import kubernetes_facts, kubernetes_sdk
from registry_components.rehearsal.emulators.kubernetes_facts import REPLACING
from registry_components.rehearsal.emulators.kubernetes_memory import KubernetesType, Types, connect
from registry_components.rehearsal.emulators.kubernetes_real import refusals
from registry_components.rehearsal.emulators.kubernetes_release import TOKEN as RELEASE
from registry_components.rehearsal.report import behind

pytestmark = pytest.mark.unit


def kind(token: str) -> KubernetesType:
    found = Types()[token]
    assert isinstance(found, KubernetesType)
    return found


def test_objects_are_as_the_sdk_has_them() -> None:
    secret = kind("kubernetes:core/v1:Secret")
    assert secret.kind == "v1:Secret"
    assert secret.properties["data"].secret
    assert secret.properties["data"].replaces
    cron = kind("kubernetes:batch/v1:CronJob").properties["spec"].properties
    assert cron is not None
    assert cron["schedule"].required
    assert cron["jobTemplate"].type == "object"
    service = kind("kubernetes:core/v1:Service").properties["spec"].properties
    assert service is not None
    assert {"clusterIP", "externalIPs"} <= set(service), "names are the wire's"


def test_an_object_that_holds_itself_is_read_as_far_as_it_is_looked_at() -> None:
    versions = kind("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition").properties["spec"].properties
    assert versions is not None
    items = versions["versions"].items
    assert items is not None
    assert items.properties is not None
    schema = items.properties["schema"].properties
    assert schema is not None
    inner: Property = schema["openAPIV3Schema"]
    for _ in range(3):
        assert inner.properties is not None
        inner = inner.properties["not"]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("kubernetes:core/v1:ServiceAccountPatch", ("v1:ServiceAccount", True, True)),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
            ("rbac.authorization.k8s.io/v1:ClusterRole", False, False),
        ),
        ("kubernetes:example.com/v1:Widget", ("example.com/v1:Widget", False, True)),
        ("kubernetes:apps.example.com/v1:Deployment", ("apps.example.com/v1:Deployment", False, True)),
    ],
)
def test_tokens(token: str, expected: tuple[str, bool, bool]) -> None:
    found = kind(token)
    assert (found.kind, found.patch, found.namespaced) == expected


@pytest.mark.parametrize(
    "token",
    [
        "kubernetes:core/v1:SecretList",
        "kubernetes:helm.sh/v3:Chart",
        "kubernetes:core/v1:Nothing",
        "kubernetes:yaml:X",
    ],
)
def test_what_is_no_object(token: str) -> None:
    assert Types().get(token) is None


def test_every_fact_is_about_something_that_the_sdk_has() -> None:
    objects = [token for token in Types() if not token.endswith("Patch") and token != RELEASE]
    tokens = {kind(token).kind: kind(token) for token in objects}
    for name, paths in REPLACING.items():
        for path in paths:
            members: Any = tokens[name].properties
            for part in path.split("."):
                assert part in members, f"{name} has no {path}"
                last, members = members[part], members[part].properties
            assert last.replaces, f"{name}: {path}"
    known = {name.partition(":")[2] for name in tokens}
    assert kubernetes_facts.CLUSTER_WIDE - known == {"ClusterTrustBundle"} - known
    assert kubernetes_sdk.sdk_object("kubernetes:core/v1:Secret") is not None


def answer(message: str, **more: Any) -> str:
    return json.dumps({"kind": "Status", "status": "Failure", "message": message, **more})


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (200, "{}", []),
        (
            500,
            answer("failed to create typed patch object (/x; /v1, Kind=Secret): .foo: field not declared in schema"),
            [("foo", "field not declared in schema")],
        ),
        (
            500,
            answer(
                "failed to create typed patch object (/x; /v1, Kind=Secret): .stringData.a: expected string, "
                "got &value.valueUnstructured{Value:planted}"
            ),
            [("stringData.a", "expected string")],
        ),
        (
            500,
            answer(
                "failed to convert new object (/x) to proper version: error decoding from json: illegal base64 data"
            ),
            [("", "illegal base64 data")],
        ),
        (
            422,
            answer(
                "invalid",
                reason="Invalid",
                details={
                    "causes": [
                        {"field": "spec.schedule", "message": "Required value"},
                        {"field": "spec.template", "message": "Invalid value: {}: field is immutable"},
                        {"field": "<nil>", "message": "Invalid value: at least one"},
                    ]
                },
            ),
            [("spec.schedule", "Required value"), ("", "Invalid value: at least one")],
        ),
        (409, answer("conflict", reason="Conflict"), []),
        (403, answer("being terminated", reason="Forbidden"), []),
        (502, "bad gateway", []),
    ],
)
def test_the_words_of_an_api_server(status: int, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(refusal.path, refusal.reason) for refusal in refusals(status, text)] == expected


def test_a_report_says_what_stood_behind() -> None:
    assert behind("kubernetes", ["real", "real"]).startswith("Pulumi's own provider")
    assert behind("kubernetes", ["emulated"]).startswith("no API server was provisioned")


def test_a_patch_that_is_made_twice_by_one_manager_is_taken_back_whole(tmp_path: Path) -> None:
    objects = connect({"REGC_REHEARSAL_FOLDER": str(tmp_path)})
    place = {"name": "app", "namespace": "default"}
    account, patch = kind("kubernetes:core/v1:ServiceAccount"), kind("kubernetes:core/v1:ServiceAccountPatch")
    account.create(objects, {"metadata": place})
    named = {**place, "annotations": {"pulumi.com/patchFieldManager": "shop"}}
    said = {"metadata": named, "imagePullSecrets": [{"name": "pull"}]}
    # The first was forgotten with the run that was killed.
    patch.create(objects, said)
    id_, outputs = patch.create(objects, said)
    assert outputs["__fieldManager"] == "shop"
    patch.delete(objects, id_, outputs)
    left = account.read(objects, "default/app", {})
    assert left is not None
    assert "imagePullSecrets" not in left
