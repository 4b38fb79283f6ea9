"""Engine proof: programs live their whole lives against the model of Kubernetes, which stands in for an API server."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from registry_components.rehearsal import read_checks, rehearsal
from registry_components.rehearsal.emulators.kubernetes import CHOICE
from registry_components.rehearsal.emulators.kubernetes_memory import connect
from registry_components.testing import Engine

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

Make = Callable[[Callable[[], Any]], Engine]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Make]:
    with rehearsal(tmp_path / "clouds") as environment:
        yield lambda program: Engine(
            tmp_path / "engine", program=program, environment={**environment, CHOICE: "memory"}
        )


def shop(image: str = "app:1", password: str = "planted-one") -> Callable[[], None]:
    def program() -> None:
        home = k8s.core.v1.Namespace("home", metadata={"name": "shop"})
        place = {"namespace": home.metadata.name}
        k8s.core.v1.Secret("pull", metadata=place, string_data={"password": password})
        k8s.core.v1.ConfigMap("settings", metadata=place, data={"image": image})
        account = k8s.core.v1.ServiceAccount("app", metadata=place)
        k8s.core.v1.ServiceAccountPatch(
            "pulls",
            metadata={"name": account.metadata.name, "namespace": home.metadata.name},
            image_pull_secrets=[{"name": "pull"}],
        )
        template = {"spec": {"restart_policy": "Never", "containers": [{"name": "app", "image": image}]}}
        k8s.batch.v1.CronJob(
            "refresh",
            metadata={**place, "name": "refresh"},
            spec={"schedule": "@daily", "job_template": {"spec": {"template": template}}},
        )
        k8s.apiextensions.CustomResource(
            "widget", api_version="example.com/v1", kind="Widget", metadata=place, spec={"size": 3}
        )

    return program


def objects(tmp_path: Path) -> dict[str, Any]:
    with connect({"REGC_REHEARSAL_FOLDER": str(tmp_path / "clouds")}).change() as state:
        return dict(state)


def test_a_whole_life(engine: Make, tmp_path: Path) -> None:
    stack = engine(shop())
    stack.up()
    stack.up_again()
    stack.refresh()
    made = objects(tmp_path)
    (secret,) = [found for key, found in made.items() if key.startswith("v1:Secret|shop|pull-")]
    assert base64.b64decode(secret["data"]["password"]) == b"planted-one"
    assert secret["type"] == "Opaque"
    (account,) = [found for key, found in made.items() if key.startswith("v1:ServiceAccount|") and "+" not in key]
    assert account["imagePullSecrets"] == [{"name": "pull"}]

    stack.program = shop("app:2")
    changed = stack.up().changed
    assert [line for line in changed if line.startswith("update ")] == [
        "update kubernetes:batch/v1:CronJob::refresh (spec, spec.jobTemplate.spec.template.spec.containers[0].image)"
    ]
    assert [line for line in changed if line.startswith("create-replacement kubernetes:core/v1:ConfigMap::settings")]
    stack.up_again()
    stack.refresh()
    assert stack.scan({"password": "planted-one", "encoded": base64.b64encode(b"planted-one").decode()}) == []
    stack.destroy()
    assert sorted(key for key in objects(tmp_path) if not key.startswith("v1:Namespace|")) == []
    assert {line["proof"] for line in read_checks(tmp_path / "clouds")} == {"emulated"}


def test_drift_is_seen(engine: Make, tmp_path: Path) -> None:
    stack = engine(shop())
    stack.up()
    with connect({"REGC_REHEARSAL_FOLDER": str(tmp_path / "clouds")}).change() as state:
        state["batch/v1:CronJob|shop|refresh"]["spec"]["schedule"] = "@hourly"
        # What the program never said is not its affair.
        state["batch/v1:CronJob|shop|refresh"]["metadata"]["labels"] = {"whose": "theirs"}
        del state[next(key for key in state if key.startswith("v1:ConfigMap|"))]
    drift = stack.refresh(allow_drift=True)
    assert sorted(line.split()[0] for line in drift.changed) == ["delete", "update"]
    stack.up()
    assert objects(tmp_path)["batch/v1:CronJob|shop|refresh"]["spec"]["schedule"] == "@daily"
    stack.destroy()


def test_a_patch_leaves_what_others_set(engine: Make, tmp_path: Path) -> None:
    def program(**annotations: str) -> Callable[[], None]:
        def run() -> None:
            k8s.core.v1.ServiceAccountPatch(
                "pulls",
                metadata={"name": "default", "namespace": "default", "annotations": annotations},
                image_pull_secrets=[{"name": "ours"}],
            )

        return run

    stack = engine(program())
    missing = stack.up(check=False)
    assert "v1:ServiceAccount default/default does not exist: a patch needs an object" in missing.message
    key = "v1:ServiceAccount|default|default"
    theirs = {"metadata": {"name": "default", "namespace": "default"}, "imagePullSecrets": [{"name": "theirs"}]}
    with connect({"REGC_REHEARSAL_FOLDER": str(tmp_path / "clouds")}).change() as state:
        state[key] = {"apiVersion": "v1", "kind": "ServiceAccount", **theirs}
    assert ".imagePullSecrets set by others" in stack.up(check=False).message
    stack.program = program(**{"pulumi.com/patchForce": "true"})
    stack.up()
    stack.up_again()
    assert objects(tmp_path)[key]["imagePullSecrets"] == [{"name": "ours"}]
    stack.destroy()
    assert "imagePullSecrets" not in objects(tmp_path)[key]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: k8s.core.v1.Secret("s", metadata={"labelz": {}}), "'labelz' is not a property here"),
        (
            lambda: k8s.batch.v1.CronJob("j", spec={"schedule": "@daily"}),
            "the required property 'jobTemplate'",
        ),
        (lambda: k8s.core.v1.Secret("s", data={"a": "planted-not-base64"}), "illegal base64 data"),
        (
            lambda: k8s.core.v1.Secret("s", type="kubernetes.io/dockerconfigjson", string_data={"a": "b"}),
            "Required value",
        ),
        (lambda: k8s.core.v1.ConfigMap("c", metadata={"name": "Not_A_Name"}), "a lowercase RFC 1123 subdomain"),
        (lambda: k8s.core.v1.ConfigMap("c", metadata={"labels": {"a b": "c"}}), "not a qualified name"),
    ],
)
def test_what_is_refused_at_preview(engine: Make, make: Callable[[], Any], message: str) -> None:
    run = engine(make).preview(check=False)
    assert run.failed
    assert message in run.message
    assert "planted" not in run.message


def test_what_is_refused_when_it_is_made(engine: Make) -> None:
    def program() -> None:
        first = k8s.core.v1.ConfigMap("first", metadata={"name": "same"})
        k8s.core.v1.ConfigMap("second", metadata={"name": "same"}, opts=pulumi.ResourceOptions(depends_on=[first]))
        k8s.core.v1.ConfigMap("lost", metadata={"name": "lost", "namespace": "nowhere"})

    run = engine(program).up(check=False)
    assert 'configmaps "same" already exists' in run.message or 'namespaces "nowhere" not found' in run.message
