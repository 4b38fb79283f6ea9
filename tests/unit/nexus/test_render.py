"""Unit proof: the manifests of a Nexus on Kubernetes, and what is nowhere in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry_components.kubernetes.objects import Named
from registry_components.nexus import NexusRegistryArgs
from registry_components.nexus.args import PostgreSql
from registry_components.nexus.render import Given, jdbc_url, keys, manifests, server
from registry_components.testing import find_plaintext
from tests.unit.nexus.registry_material import EVERYTHING, GOOD, SECRETS

pytestmark = pytest.mark.unit


def rendered(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    args = NexusRegistryArgs.parse(said)
    return manifests(Given(args, Named("nexus", {"team": "platform"}, {}), "digest"), "jdbc:postgresql://db")


def pod(said: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = rendered(said)[""]["spec"]["template"]["spec"]
    return spec


def variables(said: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod(said)["containers"]
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container["env"]}


def test_one_pod_with_the_least_rights_that_nexus_runs_with() -> None:
    found = rendered(GOOD)
    assert sorted(found) == ["", "-account", "-network", "-service"]
    stateful = found[""]
    assert (stateful["kind"], stateful["spec"]["replicas"]) == ("StatefulSet", 1)
    spec = stateful["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["fsGroup"] == 200
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod({**GOOD, "read_only_root": True})["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["image"] == "docker.io/sonatype/nexus3:3.90.1"
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/nexus-data", "/etc/nexus/key", "/tmp"}
    assert container["startupProbe"]["failureThreshold"] * container["startupProbe"]["periodSeconds"] == 900


def test_no_secret_is_in_a_manifest() -> None:
    assert find_plaintext(SECRETS.values(), json.dumps(rendered(EVERYTHING))) == []


def test_passwords_come_by_reference_and_the_key_by_a_file() -> None:
    found = variables(GOOD)
    reference = {"secretKeyRef": {"name": "nexus-credentials", "key": "admin-password"}}
    assert found["NEXUS_SECURITY_INITIAL_PASSWORD"] == reference
    assert found["NEXUS_SECURITY_RANDOMPASSWORD"] == "false"
    assert found["NEXUS_SECRETS_KEY_FILE"] == "/etc/nexus/key/secrets.json"
    assert found["NEXUS_DATASTORE_NEXUS_PASSWORD"]["secretKeyRef"]["key"] == "database-password"
    assert json.loads(keys("a-key")) == {"active": "first", "keys": [{"id": "first", "key": "a-key"}]}
    embedded = variables({**GOOD, "database": {"kind": "embedded", "trial": True}})
    assert not [name for name in embedded if name.startswith("NEXUS_DATASTORE")]


def test_the_jvm_is_as_large_as_said() -> None:
    assert variables(EVERYTHING)["INSTALL4J_ADD_VM_PARAMS"] == (
        "-Xms4096m -Xmx4096m -XX:MaxDirectMemorySize=2048m -Djava.util.prefs.userRoot=/nexus-data/javaprefs "
        "-Dnexus.licenseFile=/etc/nexus/license/license.lic -XX:ActiveProcessorCount=4"
    )


@pytest.mark.parametrize(
    ("host", "tls", "expected"),
    [
        ("db.example.com", "require", "jdbc:postgresql://db.example.com:5432/nexus?"),
        ("2001:db8::1", "disable", "jdbc:postgresql://[2001:db8::1]:5432/nexus?"),
    ],
)
def test_the_database_is_reached_as_said(host: str, tls: str, expected: str) -> None:
    said = PostgreSql.parse({**GOOD["database"], "host": host, "tls": tls})
    found = jdbc_url(said, host)
    assert found.startswith(expected)
    assert f"sslmode={tls}" in found
    assert "sslrootcert" not in found


def test_a_verified_database_has_its_authority() -> None:
    said = PostgreSql.parse(EVERYTHING["database"])
    assert "sslrootcert=/etc/nexus/database/ca.crt" in jdbc_url(said, "db.example.com")
    volumes = {volume["name"]: volume for volume in pod(EVERYTHING)["volumes"]}
    assert volumes["authority"]["secret"]["secretName"] == "database-ca"


def test_every_connector_is_a_port_and_a_host_is_a_rule() -> None:
    found = rendered(EVERYTHING)
    ports = {port["name"]: port["port"] for port in found["-service"]["spec"]["ports"]}
    assert ports == {"http": 8081, "port-8083": 8083, "port-8084": 8084}
    rules = {
        rule["host"]: rule["http"]["paths"][0]["backend"]["service"]["port"]["name"]
        for rule in found["-ingress"]["spec"]["rules"]
    }
    assert rules == {"nexus.example.com": "http", "docker.example.com": "port-8083"}
    (clients, metrics) = found["-network"]["spec"]["ingress"]
    assert sorted(port["port"] for port in clients["ports"]) == [8081, 8083, 8084]
    assert [port["port"] for port in metrics["ports"]] == [8081]
    route = {"kind": "route", "hosts": ["nexus.example.com"], "gateways": [{"name": "edge"}]}
    routes = rendered({**EVERYTHING, "expose": route})
    assert routes["-route-8083"]["spec"]["hostnames"] == ["docker.example.com"]
    assert routes["-route-8083"]["spec"]["rules"][0]["backendRefs"] == [{"name": "nexus", "port": 8083}]


def test_the_first_port_of_a_node_port_is_nexus_own() -> None:
    said = {**GOOD, "expose": {"kind": "node_port", "node_port": 30081}, "hostname": "nodes.example.com"}
    service = rendered({**said, "connectors": {"a": {"port": 8083}}})["-service"]
    assert {port["name"]: port.get("nodePort") for port in service["spec"]["ports"]} == {
        "http": 30081,
        "port-8083": None,
    }
    assert server(NexusRegistryArgs.parse(said), "nexus", "nexus") == "nodes.example.com:30081"


def test_metrics_need_a_login() -> None:
    found = rendered(EVERYTHING)
    (endpoint,) = found["-monitor"]["spec"]["endpoints"]
    assert endpoint == {
        "port": "metrics",
        "path": "/service/metrics/prometheus",
        "interval": "30s",
        "basicAuth": {
            "username": {"name": "nexus-metrics", "key": "username"},
            "password": {"name": "nexus-metrics", "key": "password"},
        },
    }
    assert found["-metrics"]["spec"]["ports"][0]["targetPort"] == "http"


def test_a_drain_waits_where_that_is_said() -> None:
    assert rendered(EVERYTHING)["-budget"]["spec"]["minAvailable"] == 1


def test_what_nexus_reaches_is_said() -> None:
    egress = rendered({**GOOD, "database": {**GOOD["database"], "port": 6432}})["-network"]["spec"]["egress"]
    assert [[port["port"] for port in rule["ports"]] for rule in egress] == [[53, 53], [80, 443, 6432]]


def test_two_renders_are_equal() -> None:
    assert json.dumps(rendered(EVERYTHING)) == json.dumps(rendered(EVERYTHING))
