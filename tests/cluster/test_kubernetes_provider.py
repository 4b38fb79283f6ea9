"""Cluster proof: programs live their whole lives through Pulumi's own provider on a real API server."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from registry_components.rehearsal import read_checks
from registry_components.testing import Engine
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount"}
Make = Callable[[Callable[[], Any]], Engine]


@pytest.fixture
def engine(cluster: Cluster, tmp_path: Path) -> Make:
    return lambda program: Engine(tmp_path / "engine", program=program, environment=cluster.environment)


def shop(namespace: str, *, image: str = "registry.example/app:1", password: str = "planted-one") -> Callable[[], None]:
    def program() -> None:
        home = k8s.core.v1.Namespace("home", metadata={"name": namespace})
        place = {"namespace": home.metadata.name}
        k8s.core.v1.ConfigMap("settings", metadata=place, data={"image": image})
        pull = k8s.core.v1.Secret("pull", metadata=place, string_data={"password": pulumi.Output.secret(password)})
        account = k8s.core.v1.ServiceAccount(
            "app", metadata=place, image_pull_secrets=[{"name": pull.metadata.apply(lambda found: str(found.name))}]
        )
        role = k8s.rbac.v1.Role(
            "reader", metadata=place, rules=[{"api_groups": [""], "resources": ["secrets"], "verbs": ["get"]}]
        )
        k8s.rbac.v1.RoleBinding(
            "reader",
            metadata=place,
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": role.metadata.name},
            subjects=[{"kind": "ServiceAccount", "name": account.metadata.name, "namespace": namespace}],
        )
        container = {"name": "app", "image": image}
        k8s.batch.v1.CronJob(
            "refresh",
            metadata=place,
            spec={
                "schedule": "0 */6 * * *",
                "job_template": {
                    "spec": {"template": {"spec": {"restart_policy": "Never", "containers": [container]}}}
                },
            },
        )
        k8s.apps.v1.Deployment(
            "app",
            # No node runs its pods.
            metadata={**place, "annotations": {"pulumi.com/skipAwait": "true"}},
            spec={
                "selector": {"match_labels": {"app": "app"}},
                "template": {
                    "metadata": {"labels": {"app": "app"}},
                    "spec": {"service_account_name": account.metadata.name, "containers": [container]},
                },
            },
        )
        pulumi.export("secret", pull.data)

    return program


def one(cluster: Cluster, path: str) -> dict[str, Any]:
    found = cluster.list(path)
    assert len(found) == 1, [item["metadata"]["name"] for item in found]
    return found[0]


def test_a_whole_life(cluster: Cluster, engine: Make) -> None:
    stack = engine(shop("life"))
    preview = stack.preview()
    assert len(preview.steps) == 8
    stack.up()
    stack.up_again()
    stack.refresh()

    home = "/api/v1/namespaces/life"
    secret = one(cluster, f"{home}/secrets")
    assert secret["metadata"]["name"].startswith("pull-")
    assert base64.b64decode(secret["data"]["password"]) == b"planted-one"
    # The controllers made something of it: the Deployment has pods, and they carry what their account says.
    cluster.wait(lambda: bool(cluster.list(f"{home}/pods")), "the Deployment has no pod")
    pod = one(cluster, f"{home}/pods")
    assert pod["spec"]["imagePullSecrets"] == [{"name": secret["metadata"]["name"]}]

    stack.program = shop("life", image="registry.example/app:2")
    changed = stack.up().changed
    assert sorted(line.partition(" (")[0] for line in changed if line.startswith("update ")) == [
        "update kubernetes:apps/v1:Deployment::app",
        "update kubernetes:batch/v1:CronJob::refresh",
    ]
    # What mounts a ConfigMap would not notice another content: it is made anew, under another name.
    assert [line for line in changed if line.startswith("create-replacement kubernetes:core/v1:ConfigMap::settings")]
    stack.up_again()
    stack.refresh()

    stack.destroy()
    assert cluster.get(home) is None


def test_a_secret_is_never_readable(cluster: Cluster, engine: Make) -> None:
    stack = engine(shop("hidden", password="planted-never-readable"))
    stack.up()
    stack.program = shop("hidden", password="planted-never-readable-either")
    changed = stack.up().changed
    assert [line for line in changed if line.startswith("create-replacement kubernetes:core/v1:Secret::pull")]
    planted = {"first": "planted-never-readable", "second": "planted-never-readable-either"}
    assert stack.scan(planted) == []
    stack.destroy()


def test_drift_is_seen_and_put_right(cluster: Cluster, engine: Make) -> None:
    stack = engine(shop("drifting"))
    stack.up()
    binding = one(cluster, "/apis/rbac.authorization.k8s.io/v1/namespaces/drifting/rolebindings")
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/drifting/rolebindings/{binding['metadata']['name']}"
    cluster.merge(path, {"subjects": [{**binding["subjects"][0], "name": "somebody-else"}]})
    cluster.delete(
        "/api/v1/namespaces/drifting/configmaps/"
        + next(
            item["metadata"]["name"]
            for item in cluster.list("/api/v1/namespaces/drifting/configmaps")
            if item["metadata"]["name"].startswith("settings-")
        )
    )
    drift = stack.refresh(allow_drift=True).changed
    assert [line for line in drift if line == "delete kubernetes:core/v1:ConfigMap::settings"]
    assert [line for line in drift if line.startswith("update kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")]
    # As in every cluster: what somebody else set is theirs until the program insists.
    conflict = stack.up(check=False)
    assert "conflict" in conflict.message
    assert ".subjects" in conflict.message
    cluster.delete(path)
    stack.refresh(allow_drift=True)
    stack.up()
    assert one(cluster, path.rpartition("/")[0])["subjects"] == binding["subjects"]
    stack.destroy()


def test_what_cannot_change_is_replaced(cluster: Cluster, engine: Make) -> None:
    def program(name: str, data: str) -> Callable[[], None]:
        def run() -> None:
            home = k8s.core.v1.Namespace("home", metadata={"name": "replaced"})
            k8s.core.v1.Secret(
                "fixed",
                metadata={"name": name, "namespace": home.metadata.name},
                immutable=True,
                string_data={"a": data},
            )

        return run

    stack = engine(program("one", "1"))
    stack.up()
    stack.program = program("one", "2")
    # It is named by the program: the old one has to go first.
    assert [line.split()[0] for line in stack.up().changed] == ["delete-replaced", "replace", "create-replacement"]
    stack.program = program("two", "2")
    assert [line.split()[0] for line in stack.up().changed] == ["create-replacement", "replace", "delete-replaced"]
    assert one(cluster, "/api/v1/namespaces/replaced/secrets")["metadata"]["name"] == "two"
    stack.destroy()


def test_a_patch_gives_and_takes_its_own_fields_alone(cluster: Cluster, engine: Make) -> None:
    cluster.apply(
        "/api/v1/namespaces/patched", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "patched"}}
    )
    path = "/api/v1/namespaces/patched/serviceaccounts/default"
    cluster.wait(lambda: cluster.get(path) is not None, "no default account")
    cluster.apply(path, {**ACCOUNT, "metadata": {"name": "default", "labels": {"whose": "theirs"}}})

    def program(**annotations: str) -> Callable[[], None]:
        def run() -> None:
            k8s.core.v1.ServiceAccountPatch(
                "pull",
                metadata={"name": "default", "namespace": "patched", "annotations": annotations},
                image_pull_secrets=[{"name": "ours"}],
            )

        return run

    stack = engine(program())
    stack.up()
    stack.up_again()
    stack.refresh()
    account = cluster.get(path)
    assert account is not None
    assert account["imagePullSecrets"] == [{"name": "ours"}]
    stack.destroy()
    account = cluster.get(path)
    assert account is not None
    assert "imagePullSecrets" not in account
    assert account["metadata"]["labels"] == {"whose": "theirs"}

    # The list is one field: whoever applied it has it whole.
    cluster.apply(path, {**ACCOUNT, "metadata": {"name": "default"}, "imagePullSecrets": [{"name": "theirs"}]})
    refused = stack.up(check=False)
    assert 'conflict with "tests": .imagePullSecrets' in refused.message
    stack.program = program(**{"pulumi.com/patchForce": "true"})
    stack.up()
    account = cluster.get(path)
    assert account is not None
    assert account["imagePullSecrets"] == [{"name": "ours"}]
    stack.destroy()
    cluster.delete("/api/v1/namespaces/patched")


def test_a_definition_and_its_objects(cluster: Cluster, engine: Make) -> None:
    def program() -> None:
        schema = {
            "type": "object",
            "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
        }
        definition = k8s.apiextensions.v1.CustomResourceDefinition(
            "widgets",
            metadata={"name": "widgets.example.com"},
            spec={
                "group": "example.com",
                "scope": "Namespaced",
                "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"open_apiv3_schema": schema}}],
            },
        )
        k8s.apiextensions.CustomResource(
            "widget",
            api_version="example.com/v1",
            kind="Widget",
            metadata={"namespace": "default"},
            spec={"size": 3},
            opts=pulumi.ResourceOptions(depends_on=[definition]),
        )

    stack = engine(program)
    stack.up()
    stack.up_again()
    stack.refresh()
    assert one(cluster, "/apis/example.com/v1/namespaces/default/widgets")["spec"] == {"size": 3}
    stack.destroy()


def cron(**spec: Any) -> Callable[[], Any]:
    template = {"spec": {"restart_policy": "Never", "containers": [{"name": "a", "image": "b"}]}}
    whole = {"schedule": "@daily", "job_template": {"spec": {"template": template}}, **spec}
    return lambda: k8s.batch.v1.CronJob("job", spec=whole)


@pytest.mark.parametrize(
    ("make", "path", "message"),
    [
        (cron(schedule="never"), "spec.schedule", "expected exactly 5 fields, found 1"),
        (cron(concurrencyPolicies="Forbid"), "spec.concurrencyPolicies", "field not declared in schema"),
        (cron(suspend="maybe"), "spec.suspend", "expected boolean"),
        (lambda: k8s.core.v1.Secret("s", metadata={"labelz": {}}), "metadata.labelz", "field not declared in schema"),
        (
            lambda: k8s.core.v1.Secret("s", type="kubernetes.io/dockerconfigjson", string_data={"a": "b"}),
            "data[.dockerconfigjson]",
            "Required value",
        ),
        (lambda: k8s.core.v1.Secret("s", data={"a": "planted-not-base64"}), "", "illegal base64 data"),
        (
            lambda: k8s.core.v1.ConfigMap("c", metadata={"name": "Not_A_Name"}),
            "metadata.name",
            "a lowercase RFC 1123 subdomain",
        ),
        (
            # The namespace comes with the program: what is wrong is known before it is there.
            lambda: k8s.core.v1.ServiceAccount("a", metadata={"namespace": "later", "labels": {"a b": "c"}}),
            "metadata.labels",
            "name part must consist of alphanumeric characters",
        ),
        (
            lambda: k8s.apps.v1.Deployment("d", spec={"selector": {"match_labels": {"a": "b"}}, "template": {}}),
            "spec.template.spec.containers",
            "Required value",
        ),
    ],
)
def test_what_the_api_server_refuses_is_refused_at_preview(
    cluster: Cluster, engine: Make, make: Callable[[], Any], path: str, message: str
) -> None:
    run = engine(make).preview(check=False)
    assert run.failed
    assert message in run.message
    assert path in run.message
    assert "planted" not in run.message


def test_every_operation_is_recorded_as_real(cluster: Cluster, engine: Make) -> None:
    stack = engine(lambda: k8s.core.v1.ConfigMap("recorded", data={"a": "b"}))
    before = len(read_checks(cluster.folder))
    stack.up()
    stack.destroy()
    lines = read_checks(cluster.folder)[before:]
    assert {line["proof"] for line in lines} == {"real"}
    assert {line["operation"] for line in lines} >= {"check", "create", "delete"}
    assert {line["token"] for line in lines} == {"kubernetes:core/v1:ConfigMap"}


def test_a_provider_that_names_another_cluster_reaches_this_one(cluster: Cluster, engine: Make) -> None:
    def program() -> None:
        far = k8s.Provider("far", kubeconfig=FAR, context="far")
        k8s.core.v1.ConfigMap("near", data={"a": "b"}, opts=pulumi.ResourceOptions(provider=far))

    stack = engine(program)
    stack.up()
    stack.up_again()
    found = [item["metadata"]["name"] for item in cluster.list("/api/v1/namespaces/default/configmaps")]
    assert [name for name in found if name.startswith("near-")]
    stack.destroy()


FAR = """
apiVersion: v1
kind: Config
clusters: [{name: far, cluster: {server: "https://cluster.example:6443"}}]
users: [{name: far, user: {token: none}}]
contexts: [{name: far, context: {cluster: far, user: far}}]
current-context: far
"""
