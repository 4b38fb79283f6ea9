"""Cluster proof: a Nexus lives a whole life on the real engine, by the real provider, against a real API server, which
takes every manifest; no pod runs there. What is in it is said in the same program, to a model
of its API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.kubernetes import PullSecrets
from registry_components.kubernetes.objects import Named
from registry_components.nexus import NexusConfiguration, NexusRegistry, NexusRegistryArgs
from registry_components.nexus.render import Given, manifests
from registry_components.testing import Engine
from tests.support.cluster import Cluster
from tests.support.definitions import installed
from tests.unit.nexus.registry_material import EVERYTHING, SECRETS

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]


@pytest.fixture(autouse=True)
def definitions(cluster: Cluster) -> Iterator[None]:
    with installed(cluster, {"servicemonitors", "httproutes"}):
        yield


def program(settings: dict[str, Any], space: str) -> Callable[[], None]:
    def make() -> None:
        nexus = NexusRegistry("nexus", {**settings, "namespace": space})
        inside = NexusConfiguration(
            "company",
            {
                "url": nexus.url,
                "edition": settings["edition"],
                "password": nexus.admin_password,
                "repositories": {"shop": {"kind": "hosted"}},
                "roles": {"readers": {"repositories": {"shop": ["browse", "read"]}}},
                "users": {
                    "puller": {"first_name": "P", "last_name": "R", "email": "p@example.com", "roles": ["readers"]}
                },
            },
        )
        PullSecrets("pull", {"endpoint": inside.endpoint("shop", "puller"), "namespaces": [space]})
        pulumi.export("server", nexus.server)

    return make


def kinds(cluster: Cluster, space: str) -> dict[str, list[str]]:
    """Return the names of what the stack made in a namespace, by kind."""
    found = {}
    for path in (
        f"/api/v1/namespaces/{space}/persistentvolumeclaims",
        f"/api/v1/namespaces/{space}/secrets",
        f"/api/v1/namespaces/{space}/serviceaccounts",
        f"/api/v1/namespaces/{space}/services",
        f"/apis/apps/v1/namespaces/{space}/statefulsets",
        f"/apis/gateway.networking.k8s.io/v1/namespaces/{space}/httproutes",
        f"/apis/monitoring.coreos.com/v1/namespaces/{space}/servicemonitors",
        f"/apis/networking.k8s.io/v1/namespaces/{space}/ingresses",
        f"/apis/networking.k8s.io/v1/namespaces/{space}/networkpolicies",
        f"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets",
    ):
        names = sorted(item["metadata"]["name"] for item in cluster.list(path))
        if own := [name for name in names if name != "default"]:
            found[path.rpartition("/")[2]] = own
    return found


def test_a_nexus_lives_and_leaves_its_volume_and_its_keys(cluster: Cluster, tmp_path: Path) -> None:
    space = "nexus-life"
    cluster.apply(f"/api/v1/namespaces/{space}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
    engine = Engine(tmp_path, program=program(EVERYTHING, space), environment=cluster.environment)
    engine.up()
    assert engine.outputs()["server"] == "nexus.example.com"
    assert kinds(cluster, space) == {
        "ingresses": ["nexus"],
        "networkpolicies": ["nexus"],
        "persistentvolumeclaims": ["nexus-data"],
        "poddisruptionbudgets": ["nexus"],
        "secrets": ["nexus-credentials", "pull"],
        "serviceaccounts": ["nexus"],
        "servicemonitors": ["nexus"],
        "services": ["nexus", "nexus-metrics"],
        "statefulsets": ["nexus"],
    }
    engine.up_again()
    engine.refresh()
    (pull,) = (s for s in cluster.list(f"/api/v1/namespaces/{space}/secrets") if s["metadata"]["name"] == "pull")
    config = json.loads(base64.b64decode(pull["data"][".dockerconfigjson"]))
    assert config["auths"]["nexus.example.com"]["username"] == "puller"
    assert engine.scan({**SECRETS, "puller": config["auths"]["nexus.example.com"]["password"]}) == []
    readable = str(cluster.list(f"/apis/apps/v1/namespaces/{space}/statefulsets"))
    assert [secret for secret in SECRETS.values() if secret in readable] == []
    engine.query("state", "unprotect", "--all", "--yes")
    engine.destroy()
    assert kinds(cluster, space) == {"persistentvolumeclaims": ["nexus-data"], "secrets": ["nexus-credentials"]}


def test_the_api_server_takes_the_routes_of_a_gateway(cluster: Cluster) -> None:
    route = {"kind": "route", "hosts": ["nexus.example.com"], "gateways": [{"name": "edge"}]}
    args = NexusRegistryArgs.parse({**EVERYTHING, "namespace": "default", "expose": route})
    found = manifests(Given(args, Named("nexus", {}, {}), "digest"), "jdbc:postgresql://db")
    for suffix, name in (("-route", "nexus"), ("-route-8083", "nexus-8083")):
        path = f"/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/{name}"
        cluster.apply(path, found[suffix])
        cluster.delete(path)
