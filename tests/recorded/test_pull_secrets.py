"""Recorded proof: what pull secrets describe to the engine, whole, in each way that pods can get a login."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
import yaml

from registry_components.core.endpoint import DOCKER_HUB_AUTH_KEY, existing_endpoint
from registry_components.core.errors import StackError
from registry_components.kubernetes import PullSecrets
from registry_components.testing import Recording, Secret, check_urns, find_plaintext, inventory, record, write_urns

pytestmark = pytest.mark.recorded

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
GAR = "europe-docker.pkg.dev"
HUB_TOKEN = "dckr-pat-correct-horse-battery"
HARBOR_TOKEN = "robot-secret-nobody-guesses"
SECRET = "kubernetes:core/v1:Secret"
PATCH = "kubernetes:core/v1:ServiceAccountPatch"
LABELS = {
    "managed-by": "registry-components",
    "pulumi-project": "shop",
    "pulumi-stack": "dev",
    "registry-component": "PullSecrets",
    "team": "platform",
}
HUB = existing_endpoint("docker.io", username="ci", password=HUB_TOKEN)
HARBOR = existing_endpoint("harbor.example.com", username="robot$ci", password=HARBOR_TOKEN)
REFRESHER = {"kind": "refresher", "namespace": "ops", "image": "registry.example.com/regc:1.0"}


def recorded(program: Callable[[], Any], *, preview: bool = False) -> Recording:
    return record(program, project="shop", stack="dev", preview=preview)


def pulls(name: str = "apps", /, **said: Any) -> Recording:
    def program() -> None:
        made = PullSecrets(name, said)
        pulumi.export("secret", made.secret_name)
        pulumi.export("pulls", made.image_pull_secrets)
        pulumi.export("kubelet", made.credential_provider_config)

    return recorded(program)


def config_in(found: Recording, key: str) -> Any:
    data = found[key].inputs["data"]
    assert isinstance(data, Secret)
    return json.loads(base64.b64decode(data.value[".dockerconfigjson"]))


def test_static_secrets_are_this_tree() -> None:
    found = pulls(
        endpoints={"hub": HUB, "harbor": HARBOR},
        namespaces=["shop", "billing"],
        service_accounts=["default", "api"],
        labels={"team": "platform"},
    )
    assert found.tree() == "\n".join(
        [
            "registry-components:index:PullSecrets::apps",
            f"  {SECRET}::apps-billing",
            f"  {SECRET}::apps-shop",
            f"  {PATCH}::apps-billing-api",
            f"  {PATCH}::apps-billing-default",
            f"  {PATCH}::apps-shop-api",
            f"  {PATCH}::apps-shop-default",
        ]
    )
    assert found.unpublished() == []
    assert found.exports == {"secret": "apps", "pulls": [{"name": "apps"}]}
    inputs = dict(found[f"{SECRET}::apps-shop"].inputs)
    del inputs["data"]
    assert inputs == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "immutable": False,
        "metadata": {
            "name": "apps",
            "namespace": "shop",
            "labels": LABELS,
        },
    }


def test_the_login_is_a_secret_and_one_for_all_namespaces() -> None:
    found = pulls(endpoints={"hub": HUB, "harbor": HARBOR}, namespaces=["shop", "billing"])
    one = config_in(found, f"{SECRET}::apps-shop")
    assert one == config_in(found, f"{SECRET}::apps-billing")
    assert sorted(one["auths"]) == sorted([DOCKER_HUB_AUTH_KEY, "harbor.example.com"])
    assert one["auths"][DOCKER_HUB_AUTH_KEY]["password"] == HUB_TOKEN
    for item in found.resources.values():
        plain = {key: value for key, value in item.inputs.items() if not isinstance(value, Secret)}
        assert find_plaintext([HUB_TOKEN, HARBOR_TOKEN], plain, {"outputs": str(item.registered_outputs)}) == []


def test_service_accounts_get_the_list_by_an_own_manager_and_nothing_else() -> None:
    found = pulls(endpoint=HUB, namespaces=["shop"], service_accounts=["default"])
    patch = found[f"{PATCH}::apps-shop-default"]
    assert patch.inputs == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "default",
            "namespace": "shop",
            "annotations": {"pulumi.com/patchFieldManager": "registry-components/shop/dev/apps"},
        },
        "imagePullSecrets": [{"name": "apps"}],
    }
    # No pod is to be told of a secret that is not there yet.
    assert found[f"{SECRET}::apps-shop"].urn in patch.dependencies


def test_an_entry_beside_others_is_a_resource_of_its_own() -> None:
    found = pulls(
        endpoint=HUB,
        namespaces=["shop"],
        service_accounts=["default"],
        attachment={"kind": "add", "kubeconfig": "apiVersion: v1\ntoken: a-very-secret-token", "context": "prod"},
    )
    entry = found["apps-shop-default"]
    assert entry.type == "pulumi-python:dynamic/registry-components:PullSecretEntry"
    assert (entry.inputs["namespace"], entry.inputs["account"], entry.inputs["secret"]) == ("shop", "default", "apps")
    assert isinstance(entry.inputs["kubeconfig"], Secret)


BULK = {"kind": "in_bulk", "kubeconfig": "apiVersion: v1\ntoken: a-very-secret-token", "context": "prod"}


def test_in_bulk_secrets_and_service_accounts_are_one_resource() -> None:
    found = pulls(
        endpoint=HUB,
        namespaces=["shop", "billing"],
        service_accounts=["default"],
        labels={"team": "platform"},
        pull_access={"kind": "static", "written": BULK},
    )
    bulk = found["pulumi-python:dynamic/registry-components:PullSecretsInBulk::apps"]
    inputs = {key: value for key, value in bulk.inputs.items() if not key.startswith("__")}
    assert isinstance(inputs.pop("kubeconfig"), Secret)
    data = inputs.pop("data")
    assert isinstance(data, Secret)
    assert json.loads(base64.b64decode(data.value[".dockerconfigjson"]))["auths"].keys() == {DOCKER_HUB_AUTH_KEY}
    assert inputs == {
        "secret_name": "apps",
        "namespaces": ["billing", "shop"],
        "selector": {},
        "service_accounts": ["default"],
        "attachment": "own",
        "labels": LABELS,
        "annotations": {},
        # Another mark would make every secret that is there somebody else's.
        "mark": "b1c723465f4872970fee0b53887cf4d5",
        "manager": "registry-components-bulk/shop/dev/apps",
        "single_manager": "registry-components/shop/dev/apps",
        "context": "prod",
        "requests_at_once": 8,
    }
    assert find_plaintext([HUB_TOKEN, "a-very-secret-token"], {"inputs": str(inputs)}) == []
    assert len(found.resources) == 2


def test_a_provider_for_one_cluster_beside_secrets_for_another_is_refused() -> None:
    def program(**written: Any) -> Callable[[], None]:
        def make() -> None:
            given = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", context="prod"))
            access = {"kind": "static", "written": {"kind": "in_bulk", **written}}
            PullSecrets("apps", {"endpoint": HUB, "namespaces": ["shop"], "pull_access": access}, given)

        return make

    with pytest.raises(StackError) as caught:
        recorded(program())
    assert str(caught.value) == (
        "PullSecrets 'apps': pull_access.written.kubeconfig: is required beside a provider for Kubernetes, which "
        "secrets in bulk are not written by; give the same cluster's kubeconfig, or its context"
    )
    recorded(program(context="prod"))


def test_a_preview_with_unknown_values_makes_the_same_tree() -> None:
    def program() -> None:
        password = pulumi.Output.secret("later-known-password")
        endpoint = existing_endpoint(pulumi.Output.from_input("harbor.example.com"), username="u", password=password)
        PullSecrets("apps", {"endpoint": endpoint, "namespaces": ["shop"]})

    assert recorded(program, preview=True).tree() == recorded(program).tree()


def test_a_token_that_is_known_only_while_running_is_refused_too() -> None:
    def program() -> None:
        endpoint = existing_endpoint(pulumi.Output.from_input(ECR), username="AWS", password="a-token-of-12-hours")
        PullSecrets("apps", {"endpoint": endpoint, "namespaces": ["shop"]})

    with pytest.raises(StackError) as caught:
        recorded(program)
    assert str(caught.value) == (
        f"PullSecrets: {ECR}: ECR's only login is a token of 12 hours, after which no pod could pull; let pull_access "
        "be 'refresher', 'external_secrets', 'kubelet_provider' or 'node_identity' on EKS"
    )


def test_two_logins_of_one_host_are_refused_when_they_are_known() -> None:
    def program() -> None:
        late = existing_endpoint(pulumi.Output.from_input("index.docker.io"), username="u", password="another-password")
        PullSecrets("apps", {"endpoints": {"a": HUB, "b": late}, "namespaces": ["shop"]})

    with pytest.raises(StackError, match=r"index\.docker\.io has two logins"):
        recorded(program)


def test_a_name_that_kubernetes_does_not_take_is_refused() -> None:
    with pytest.raises(StackError) as caught:
        pulls("My_Apps", endpoint=HUB, namespaces=["shop"])
    assert str(caught.value) == (
        "PullSecrets 'My_Apps' is not valid (1 mistake):\n"
        "  secret_name: is required: 'My_Apps' cannot be a secret's name; give it one"
    )
    assert pulls("My_Apps", endpoint=HUB, namespaces=["shop"], secret_name="apps").exports["secret"] == "apps"


def test_nodes_that_log_in_by_themselves_need_nothing() -> None:
    found = pulls(endpoint={"server": ECR}, pull_access={"kind": "node_identity", "platform": "eks"})
    assert found.tree() == "registry-components:index:PullSecrets::apps"
    assert found.exports == {"pulls": []}


def test_kubelets_configuration_names_the_mirrored_hosts_too() -> None:
    # rule 34
    found = pulls(
        endpoints={"aws": {"server": ECR, "prefix": "docker-hub"}, "google": {"server": GAR, "prefix": "shop/images"}},
        pull_access={"kind": "kubelet_provider", "mirrors_of": ["quay.io"]},
    )
    assert found.tree() == "registry-components:index:PullSecrets::apps"
    assert yaml.safe_load(found.exports["kubelet"]) == {
        "apiVersion": "kubelet.config.k8s.io/v1",
        "kind": "CredentialProviderConfig",
        "providers": [
            {
                "name": "auth-provider-gcp",
                "matchImages": [f"{GAR}/shop/images", "quay.io"],
                "defaultCacheDuration": "1m",
                "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
                "args": ["get-credentials"],
            },
            {
                "name": "ecr-credential-provider",
                "matchImages": [f"{ECR}/docker-hub", "quay.io"],
                "defaultCacheDuration": "720m",
                "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
            },
        ],
    }


def test_the_operators_objects_are_this_tree() -> None:
    found = pulls(
        endpoints={"aws": {"server": ECR}, "google": {"server": GAR}},
        namespaces=["shop"],
        service_accounts=["default"],
        pull_access={
            "kind": "external_secrets",
            "generators": {
                "aws": {"kind": "ecr", "service_account": "puller"},
                "google": {"kind": "artifact_registry", "project": "shop-prod"},
            },
        },
    )
    assert found.tree() == "\n".join(
        [
            "registry-components:index:PullSecrets::apps",
            f"  {PATCH}::apps-shop-default",
            "  kubernetes:external-secrets.io/v1:ExternalSecret::apps-shop",
            "  kubernetes:generators.external-secrets.io/v1alpha1:ECRAuthorizationToken::apps-shop-aws",
            "  kubernetes:generators.external-secrets.io/v1alpha1:GCRAccessToken::apps-shop-google",
        ]
    )
    assert found["apps-shop-aws"].inputs["spec"] == {
        "region": "eu-central-1",
        "auth": {"jwt": {"serviceAccountRef": {"name": "puller"}}},
    }
    spec = found["apps-shop"].inputs["spec"]
    assert spec["refreshInterval"] == "20m"
    assert [source["sourceRef"]["generatorRef"]["kind"] for source in spec["dataFrom"]] == [
        "ECRAuthorizationToken",
        "GCRAccessToken",
    ]
    assert spec["dataFrom"][0]["rewrite"] == [{"regexp": {"source": "^(.*)$", "target": "e0_${1}"}}]
    assert spec["target"]["template"]["data"] == {
        ".dockerconfigjson": (
            f'{{"auths": {{"{ECR}": {{"auth": "{{{{ printf "%s:%s" .e0_username .e0_password | b64enc }}}}"}}, '
            f'"{GAR}": {{"auth": "{{{{ printf "%s:%s" .e1_username .e1_password | b64enc }}}}"}}}}}}'
        )
    }


def test_the_operator_selects_namespaces_by_label() -> None:
    def program() -> None:
        server = pulumi.Output.from_input(ECR)
        PullSecrets(
            "apps",
            {
                "endpoint": {"server": server},
                "registry": "ecr",
                "namespace_selector": {"team": "shop"},
                "pull_access": {"kind": "external_secrets", "generators": {"endpoint": {"kind": "ecr"}}},
            },
        )

    found = recorded(program)
    assert found.tree() == "\n".join(
        [
            "registry-components:index:PullSecrets::apps",
            "  kubernetes:external-secrets.io/v1:ClusterExternalSecret::apps",
            "  kubernetes:generators.external-secrets.io/v1alpha1:ClusterGenerator::apps-endpoint",
        ]
    )
    assert found["apps-endpoint"].inputs["spec"] == {
        "kind": "ECRAuthorizationToken",
        "generator": {"ecrAuthorizationTokenSpec": {"region": "eu-central-1"}},
    }
    spec = found["kubernetes:external-secrets.io/v1:ClusterExternalSecret::apps"].inputs["spec"]
    assert spec["namespaceSelectors"] == [{"matchLabels": {"team": "shop"}}]
    assert spec["externalSecretSpec"]["refreshInterval"] == "240m"


def test_the_refresher_is_this_tree_with_the_least_rights() -> None:
    found = pulls(
        endpoints={"aws": {"server": ECR}, "hub": HUB},
        namespaces=["shop", "billing"],
        service_accounts=["default"],
        pull_access={
            **REFRESHER,
            "alert": True,
            "service_account_annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/pull"},
        },
    )
    rbac = "kubernetes:rbac.authorization.k8s.io/v1"
    assert found.tree() == "\n".join(
        [
            "registry-components:index:PullSecrets::apps",
            "  kubernetes:batch/v1:CronJob::apps",
            "  kubernetes:batch/v1:Job::apps-first",
            "  kubernetes:core/v1:ConfigMap::apps-config",
            f"  {SECRET}::apps-logins",
            "  kubernetes:core/v1:ServiceAccount::apps-account",
            f"  {PATCH}::apps-billing-default",
            f"  {PATCH}::apps-shop-default",
            "  kubernetes:monitoring.coreos.com/v1:PrometheusRule::apps-alert",
            f"  {rbac}:Role::apps-billing",
            f"  {rbac}:Role::apps-events",
            f"  {rbac}:Role::apps-shop",
            f"  {rbac}:RoleBinding::apps-billing",
            f"  {rbac}:RoleBinding::apps-events",
            f"  {rbac}:RoleBinding::apps-shop",
        ]
    )
    assert found[f"{rbac}:Role::apps-shop"].inputs["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create", "patch"], "resourceNames": ["apps"]},
        {
            "apiGroups": ["rbac.authorization.k8s.io"],
            "resources": ["rolebindings"],
            "verbs": ["get"],
            "resourceNames": ["apps"],
        },
    ]
    assert found[f"{rbac}:Role::apps-shop"].inputs["metadata"]["namespace"] == "shop"
    assert found[f"{rbac}:Role::apps-events"].inputs["rules"] == [
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}
    ]
    config = json.loads(found["kubernetes:core/v1:ConfigMap::apps-config"].inputs["data"]["refresh.json"])
    assert config == {
        "annotations": {},
        "cron_job": {"name": "apps", "namespace": "ops"},
        "labels": {
            "managed-by": "registry-components",
            "pulumi-project": "shop",
            "pulumi-stack": "dev",
            "registry-component": "PullSecrets",
        },
        "logins": "/etc/registry-components/logins/.dockerconfigjson",
        "must_live_seconds": 14700,
        "namespaces": ["billing", "shop"],
        "owner": {"kind": "RoleBinding", "name": "apps"},
        "registries": [{"kind": "ecr", "server": ECR}],
        "secret": "apps",
    }
    assert sorted(config_in(found, f"{SECRET}::apps-logins")["auths"]) == [DOCKER_HUB_AUTH_KEY]
    cron = found["kubernetes:batch/v1:CronJob::apps"]
    assert cron.inputs["spec"]["schedule"].endswith(" */4 * * *")
    assert cron.inputs["spec"]["concurrencyPolicy"] == "Forbid"
    for part in ("apps-account", "apps-config", f"{SECRET}::apps-logins", f"{rbac}:RoleBinding::apps-shop"):
        assert found[part].urn in cron.dependencies
    pod = cron.inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["command"] == ["regc", "pull-secrets", "refresh"]
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert (
        find_plaintext([HUB_TOKEN], {"everything": str([_plain(item.inputs) for item in found.resources.values()])})
        == []
    )


def test_the_first_run_is_made_again_where_its_configuration_changes() -> None:
    def template(*names: str) -> Any:
        found = pulls(endpoint={"server": ECR}, namespaces=list(names), pull_access=REFRESHER)
        return found["kubernetes:batch/v1:Job::apps-first"].inputs["spec"]["template"]

    assert template("shop") == template("shop")
    assert template("shop") != template("shop", "billing")
    assert template("shop")["spec"]["containers"][0]["args"][-1] == "--once"


def test_the_refresher_of_selected_namespaces_has_a_cluster_role() -> None:
    found = pulls(
        endpoint={"server": GAR},
        namespace_selector={"team": "shop"},
        service_accounts=["default"],
        pull_access=REFRESHER,
    )
    rules = found["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::apps-namespaces"].inputs["rules"]
    assert [(rule["resources"][0], rule["verbs"], rule.get("resourceNames")) for rule in rules] == [
        ("namespaces", ["list"], None),
        ("secrets", ["create", "patch"], ["apps"]),
        ("clusterrolebindings", ["get"], ["apps"]),
        ("serviceaccounts", ["get", "patch"], ["default"]),
    ]
    # The refresher attaches it itself, in namespaces that only it knows.
    assert found.of_type(PATCH) == []
    config = json.loads(found["kubernetes:core/v1:ConfigMap::apps-config"].inputs["data"]["refresh.json"])
    assert config["namespace_selector"] == {"team": "shop"}
    assert config["service_accounts"] == ["default"]
    assert config["must_live_seconds"] == 1500
    cron = found["kubernetes:batch/v1:CronJob::apps"]
    assert cron.inputs["spec"]["schedule"].endswith("-59/20 * * * *")


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return "secret"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


ROOT = Path(__file__).parents[2]
TREES: dict[str, dict[str, Any]] = {
    "static": {"endpoint": HUB, "namespaces": ["shop"], "service_accounts": ["default"]},
    "added": {
        "endpoint": HUB,
        "namespaces": ["shop"],
        "service_accounts": ["default"],
        "attachment": {"kind": "add"},
    },
    "in-bulk": {
        "endpoint": HUB,
        "namespaces": ["shop", "billing"],
        "service_accounts": ["default"],
        "pull_access": {"kind": "static", "written": {"kind": "in_bulk", "kubeconfig": "text: of\nanother: one"}},
    },
    "external-secrets": {
        "endpoint": {"server": ECR},
        "namespaces": ["shop"],
        "pull_access": {"kind": "external_secrets", "generators": {"endpoint": {"kind": "ecr"}}},
    },
    "external-secrets-selected": {
        "endpoint": {"server": ECR},
        "namespace_selector": {"team": "shop"},
        "pull_access": {"kind": "external_secrets", "generators": {"endpoint": {"kind": "ecr"}}},
    },
    "refresher": {
        "endpoints": {"aws": {"server": ECR}, "hub": HUB},
        "namespaces": ["shop"],
        "service_accounts": ["default"],
        "pull_access": {**REFRESHER, "alert": True},
    },
    "refresher-selected": {
        "endpoint": {"server": ECR},
        "namespace_selector": {"team": "shop"},
        "service_accounts": ["default"],
        "pull_access": REFRESHER,
    },
}


@pytest.mark.parametrize("name", TREES)
def test_names_and_parents_are_public(name: str) -> None:
    found = inventory(pulls("apps", **TREES[name]))
    path, section = ROOT / "tests" / "urns.txt", f"pull-secrets/{name}"
    if os.environ.get("REGC_RECORD"):
        write_urns(path, found, section=section)
    check_urns(path, found, section=section)


@pytest.mark.parametrize("name", TREES)
def test_two_renders_are_equal(name: str) -> None:
    one, other = (pulls("apps", **TREES[name]) for _ in range(2))
    assert {key: item.inputs for key, item in one.resources.items()} == {
        key: item.inputs for key, item in other.resources.items()
    }


def test_a_missing_sdk_is_told_before_anything_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pulumi_kubernetes", None)
    with pytest.raises(StackError) as caught:
        pulls(endpoint=HUB, namespaces=["shop"])
    assert str(caught.value) == (
        "PullSecrets needs the package pulumi_kubernetes; install registry-components[kubernetes]"
    )
    # What makes no object needs no SDK.
    node = {"kind": "node_identity", "platform": "eks"}
    assert pulls(endpoint={"server": ECR}, pull_access=node).exports == {"pulls": []}


def test_arguments_are_checked_without_pulumi() -> None:
    code = (
        "import sys\n"
        "from registry_components.kubernetes import PullSecretsArgs, find_unpullable\n"
        "PullSecretsArgs.parse({'endpoint': {'server': 'docker.io', 'credentials': {'username': 'u', 'password': 'p'}},"
        " 'namespaces': ['shop']})\n"
        "assert not {'pulumi', 'pulumi_kubernetes', 'httpx'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
