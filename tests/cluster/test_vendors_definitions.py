"""Cluster proof: objects for other vendors' controllers are what those publish, to a real API server.

The definitions are cert-manager's, the External Secrets Operator's and the Prometheus Operator's own; their controllers
do not run here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from registry_components.harbor import HarborRegistryArgs, holding
from registry_components.harbor import render as harbor
from registry_components.harbor.names import names
from registry_components.harbor.tls import CertManagerTls
from registry_components.kubernetes import PullSecretsArgs, refresher_render
from registry_components.kubernetes import pull_secrets_render as render
from registry_components.kubernetes.entries import entries
from registry_components.kubernetes.pull_access import ExternalSecretsAccess, RefresherAccess
from tests.support.cluster import Cluster
from tests.support.definitions import installed
from tests.unit.harbor.everything import BASE

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

MARKS = render.Marks({"managed-by": "registry-components"}, {"team": "shop"})
PLURALS = {
    "ACRAccessToken": "acraccesstokens",
    "Certificate": "certificates",
    "ClusterExternalSecret": "clusterexternalsecrets",
    "ClusterGenerator": "clustergenerators",
    "ECRAuthorizationToken": "ecrauthorizationtokens",
    "ExternalSecret": "externalsecrets",
    "GCRAccessToken": "gcraccesstokens",
    "GithubAccessToken": "githubaccesstokens",
    "PrometheusRule": "prometheusrules",
    "QuayAccessToken": "quayaccesstokens",
}
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
GITHUB = {"kind": "ghcr", "app_id": "123", "installation_id": "456", "private_key_secret": "app"}
# By a title: the server, and what asks for its token.
GENERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "ecr": (ECR, {"kind": "ecr"}),
    "ecr-role": (ECR, {"kind": "ecr", "service_account": "puller", "role": "arn:aws:iam::123456789012:role/pull"}),
    "ecr-public": ("public.ecr.aws", {"kind": "ecr_public"}),
    "gar": ("europe-docker.pkg.dev", {"kind": "artifact_registry", "project": "shop-prod"}),
    "gar-workload": (
        "europe-docker.pkg.dev",
        {
            "kind": "artifact_registry",
            "project": "shop-prod",
            "service_account": "puller",
            "cluster_name": "shop",
            "cluster_location": "europe-west1",
        },
    ),
    "acr": ("acme.azurecr.io", {"kind": "acr"}),
    "acr-workload": ("acme.azurecr.io", {"kind": "acr", "tenant": "t", "service_account": "puller"}),
    "acr-managed": ("acme.azurecr.io", {"kind": "acr", "managed_identity": "id", "environment": "ChinaCloud"}),
    "quay": ("quay.io", {"kind": "quay", "robot_account": "acme+ci", "service_account": "puller"}),
    "ghcr": ("ghcr.io", GITHUB),
    "ghcr-own": ("ghcr.io", {**GITHUB, "private_key_key": "pem", "url": "https://github.example.com/"}),
}


@pytest.fixture(scope="module", autouse=True)
def definitions(cluster: Cluster) -> Iterator[None]:
    with installed(cluster, PLURALS.values()):
        yield


def path_of(manifest: dict[str, Any]) -> str:
    where = manifest["metadata"]
    namespace = f"/namespaces/{where['namespace']}" if "namespace" in where else ""
    return f"/apis/{manifest['apiVersion']}{namespace}/{PLURALS[manifest['kind']]}/{where['name']}"


def taken(cluster: Cluster, manifest: dict[str, Any]) -> None:
    """Apply an object: no field is unknown to its definition, none is of another type, and all of it is kept."""
    found = cluster.apply(path_of(manifest), manifest)
    assert held(found["spec"], manifest["spec"]) == manifest["spec"]


def held(found: Any, said: Any) -> Any:
    """Return of what is there the part that was said; the rest are the definition's defaults."""
    if isinstance(said, dict):
        return {key: held(found[key], item) for key, item in said.items() if key in found}
    if isinstance(said, list):
        return [held(one, other) for one, other in zip(found, said, strict=True)]
    return found


def external(title: str, **where: Any) -> dict[str, dict[str, Any]]:
    server, generator = GENERATORS[title]
    access = {"kind": "external_secrets", "generators": {"endpoint": generator}}
    args = PullSecretsArgs.parse({"endpoint": {"server": server}, "pull_access": access, **where})
    assert isinstance(args.pull_access, ExternalSecretsAccess)
    servers = {entry.key: server for entry in entries(args)}
    return render.external_secrets(
        args,
        args.pull_access,
        secret_name=f"vd-{title}",
        hosts={key: (server, "eu-central-1" if title.startswith("ecr") else None) for key in servers},
        template=render.pull_template(args, args.pull_access, servers),
        marks=MARKS,
    )


@pytest.mark.parametrize("title", GENERATORS)
def test_the_external_secrets_operator_gets_what_it_reads(cluster: Cluster, title: str) -> None:
    named = external(title, namespaces=["default"])
    selected = external(title, namespace_selector={"team": "shop"})
    assert {each["kind"] for each in selected.values()} == {"ClusterExternalSecret", "ClusterGenerator"}
    for manifest in (*named.values(), *selected.values()):
        taken(cluster, manifest)


def test_the_prometheus_operator_gets_the_alert(cluster: Cluster) -> None:
    access = {"kind": "refresher", "namespace": "default", "image": "regc:1", "alert": True}
    args = PullSecretsArgs.parse({"endpoint": {"server": ECR}, "namespaces": ["default"], "pull_access": access})
    assert isinstance(args.pull_access, RefresherAccess)
    found = refresher_render.objects(
        args,
        args.pull_access,
        name="vd-apps",
        secret_name="apps",
        text="{}",
        digest="a-digest",
        has_logins=False,
        marks=MARKS,
    )
    taken(cluster, found["-alert"])


@pytest.mark.parametrize(
    "tls",
    [
        {},
        {"issuer_kind": "Issuer", "dns_names": ["two.example.com"], "duration_hours": 2160, "renew_before_hours": 360},
    ],
    ids=["least", "all"],
)
def test_cert_manager_gets_the_certificate(cluster: Cluster, tls: dict[str, Any]) -> None:
    args = HarborRegistryArgs.parse({**BASE, "tls": {"kind": "cert_manager", "issuer": "letsencrypt", **tls}})
    assert isinstance(args.tls, CertManagerTls)
    manifest = {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": "vd-harbor", "namespace": "default"},
        "spec": harbor.certificate(args.tls, names(args, "harbor"), holding.host(args)),
    }
    taken(cluster, manifest)


@pytest.mark.parametrize(
    ("key", "value"),
    [("regoin", "eu-central-1"), ("region", 1), ("auth", {"jwt": {"serviceAccountRef": {}}})],
    ids=["name", "type", "required"],
)
def test_what_a_definition_does_not_know_is_refused(cluster: Cluster, key: str, value: Any) -> None:
    """The other tests here could fail: the definitions are held to."""
    manifest = copy.deepcopy(external("ecr", namespaces=["default"])["-default-endpoint"])
    manifest["spec"][key] = value
    answer = cluster.client.patch(
        path_of(manifest),
        params={"fieldManager": "tests", "force": "true", "fieldValidation": "Strict"},
        content=json.dumps(manifest),
        headers={"Content-Type": "application/apply-patch+yaml"},
    )
    assert answer.status_code in (400, 422, 500), answer.text
    assert key in answer.text
