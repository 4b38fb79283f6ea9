"""Unit proof: what an Artifactory's arguments become as values of JFrog's chart; the chart itself was not rendered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.artifactory import ArtifactoryRegistryArgs, chart, holding, render, sizing
from registry_components.artifactory.editions import FACTS, ORDER, lacks
from registry_components.artifactory.names import names
from registry_components.core.errors import StackError
from tests.unit.artifactory.material import BASE, HA, LICENSE

pytestmark = pytest.mark.unit

PRO: dict[str, Any] = {**BASE, "edition": "pro", "license": LICENSE}
NGINX: dict[str, Any] = {
    **PRO,
    "expose": {
        "kind": "load_balancer",
        "static_ip": "192.0.2.10",
        "source_ranges": ["10.0.0.0/8"],
        "annotations": {"a": "b"},
    },
    "host": "artifactory.example.com",
    "tls_secret": "nginx-tls",
}
AZURE = {
    "kind": "azure",
    "account": "acmeimages",
    "container": "artifactory",
    "credentials": {"kind": "workload_identity", "client_id": "00000000-0000-0000-0000-00000000c107"},
}
GOOGLE = {
    "kind": "gcs",
    "bucket": "acme-images",
    "credentials": {"kind": "workload_identity", "service_account": "artifactory@acme.iam.gserviceaccount.com"},
}


def values(said: dict[str, Any]) -> Any:
    args = ArtifactoryRegistryArgs.parse(said)
    found = render.values(args, names(args, "artifactory"))
    return found if holding.licensed(args) else found["artifactory"]


def test_the_free_ones_values_stand_below_its_chart() -> None:
    args = ArtifactoryRegistryArgs.parse(BASE)
    whole = render.values(args, names(args, "images"))
    assert render.chart_name(args) == "artifactory-jcr"
    assert sorted(whole) == ["artifactory", "postgresql"]
    assert whole["postgresql"] == {"enabled": False}
    assert whole["artifactory"]["artifactory"]["masterKeySecretName"] == "images-kept-master-key"
    assert "license" not in whole["artifactory"]["artifactory"]


def test_the_least_says_this() -> None:
    assert values(PRO) == {
        "artifactory": {
            "admin": {"dataKey": "bootstrap.creds", "secret": "artifactory-kept-admin"},
            "joinKeySecretName": "artifactory-kept-join-key",
            "license": {"dataKey": "artifactory.lic", "secret": "artifactory-kept-license"},
            "masterKeySecretName": "artifactory-kept-master-key",
            "persistence": {"accessMode": "ReadWriteOnce", "enabled": True, "size": "200Gi"},
            "podAntiAffinity": {"type": "soft"},
            "replicaCount": 1,
        },
        "database": {
            "driver": "org.postgresql.Driver",
            "secrets": {
                "password": {"key": "db-password", "name": "artifactory-kept-database"},
                "url": {"key": "db-url", "name": "artifactory-kept-database"},
                "user": {"key": "db-user", "name": "artifactory-kept-database"},
            },
            "type": "postgresql",
        },
        "ingress": {
            "annotations": {
                "nginx.ingress.kubernetes.io/proxy-body-size": "0",
                "nginx.ingress.kubernetes.io/proxy-read-timeout": "2400",
                "nginx.ingress.kubernetes.io/proxy-send-timeout": "2400",
            },
            "enabled": True,
            "hosts": ["artifactory.example.com"],
            "tls": [{"hosts": ["artifactory.example.com"], "secretName": "artifactory-tls"}],
        },
        "nginx": {"enabled": False},
        "postgresql": {"enabled": False},
    }


def test_nginx_in_front_of_a_load_balancer() -> None:
    found = values({**NGINX, "sizing": "xsmall"})
    assert found["ingress"] == {"enabled": False}
    assert found["nginx"] == {
        "enabled": True,
        "http": {"enabled": False},
        "replicaCount": 1,
        "resources": {"limits": {"memory": "250Mi"}, "requests": {"cpu": "50m", "memory": "50Mi"}},
        "service": {
            "annotations": {"a": "b"},
            "loadBalancerIP": "192.0.2.10",
            "loadBalancerSourceRanges": ["10.0.0.0/8"],
            "type": "LoadBalancer",
        },
        "tlsSecretName": "nginx-tls",
    }
    node = values({**NGINX, "expose": {"kind": "node_port", "node_port": 30443}})
    assert node["nginx"]["service"] == {"nodePort": 30443, "type": "NodePort"}
    assert values({**NGINX, "expose": {"kind": "cluster_ip"}})["nginx"]["service"] == {"type": "ClusterIP"}


@pytest.mark.parametrize(
    ("storage", "annotation"),
    [
        (HA["storage"], {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/artifactory"}),
        (GOOGLE, {"iam.gke.io/gcp-service-account": "artifactory@acme.iam.gserviceaccount.com"}),
        (AZURE, {"azure.workload.identity/client-id": "00000000-0000-0000-0000-00000000c107"}),
    ],
)
def test_an_identity_is_the_service_accounts(storage: dict[str, Any], annotation: dict[str, str]) -> None:
    found = values({**HA, "storage": storage})
    assert found["serviceAccount"] == {"annotations": annotation, "automountServiceAccountToken": False, "create": True}
    assert found["artifactory"]["persistence"]["customBinarystoreXmlSecret"] == "artifactory-kept-binarystore"
    labels = found["artifactory"].get("labels")
    assert labels == ({"azure.workload.identity/use": "true"} if storage is AZURE else None)


def test_a_claim_is_the_whole_volume() -> None:
    claim = {"kind": "volume", "claim": "images", "access_mode": "ReadWriteOnce"}
    found = values({**PRO, "storage": claim})
    assert found["artifactory"]["persistence"] == {"enabled": True, "existingClaim": "images"}


def test_what_is_said_of_pods() -> None:
    found = values(
        {
            **HA,
            "replicas": 5,
            "java_options": "-Dexample=true",
            "resources": {"cpu_request": "3", "memory_limit": "16Gi"},
            "anti_affinity": "none",
            "node_selector": {"disk": "fast"},
            "tolerations": [{"key": "images", "effect": "NoSchedule"}],
            "priority_class": "registries",
            "image_registry": "mirror.example.com",
            "image_pull_secrets": ["mirror"],
            "trusted_certificates_secret": "authorities",
            "metrics": True,
            "volume": {"size": "1Ti", "storage_class": "fast"},
        }
    )
    pods = found["artifactory"]
    assert (pods["replicaCount"], pods["minAvailable"]) == (5, 4)
    assert pods["javaOpts"]["other"].endswith("-Dartifactory.access.client.max.connections=125 -Dexample=true")
    assert pods["resources"] == {"requests": {"cpu": "3"}, "limits": {"memory": "16Gi"}}
    assert pods["podAntiAffinity"] == {"type": ""}
    assert pods["nodeSelector"] == {"disk": "fast"}
    assert pods["tolerations"] == [{"effect": "NoSchedule", "key": "images", "operator": "Exists"}]
    assert pods["priorityClass"] == {"existingPriorityClass": "registries"}
    assert pods["customCertificates"] == {"certificateSecretName": "authorities", "enabled": True}
    assert pods["metrics"] == {"enabled": True}
    assert pods["persistence"]["storageClassName"] == "fast"
    assert found["global"] == {"imageRegistry": "mirror.example.com"}
    assert found["imagePullSecrets"] == ["mirror"]
    assert values(HA)["artifactory"]["podAntiAffinity"] == {"type": "hard"}
    assert values({**PRO, "java_options": "-Da=b"})["artifactory"]["javaOpts"] == {"other": "-Da=b"}


def test_a_network_policy_lets_the_database_the_bucket_and_its_own_pods_through() -> None:
    clients = [{"kind": "pods", "namespaces": {"kubernetes.io/metadata.name": "ingress"}}]
    (policy,) = values({**HA, "network": {"clients": clients}})["networkpolicy"]
    ours = {"matchLabels": {"app": "artifactory", "release": "artifactory"}}
    tcp = [{"port": 8081, "protocol": "TCP"}, {"port": 8082, "protocol": "TCP"}]
    namespace = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}
    assert policy == {
        "name": "artifactory",
        "podSelector": ours,
        "ingress": [{"ports": tcp, "from": [namespace]}, {"from": [{"podSelector": ours}]}],
        "egress": [
            {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]},
            {"ports": [{"port": 443, "protocol": "TCP"}]},
            {"ports": [{"port": 5432, "protocol": "TCP"}]},
            {"to": [{"podSelector": ours}]},
        ],
    }
    (nginx,) = values({**NGINX, "network": {"destinations": [{"ports": [6432]}]}})["networkpolicy"]
    assert [entry["port"] for entry in nginx["ingress"][0]["ports"]] == [443, 8081, 8082]
    assert nginx["egress"][1] == {"ports": [{"port": 6432, "protocol": "TCP"}]}


def test_an_autoscaler_begins_with_its_least() -> None:
    found = values({**HA, "autoscaling": {"min_replicas": 2, "max_replicas": 6, "cpu_percent": 60}})
    assert found["autoscaling"] == {
        "enabled": True,
        "minReplicas": 2,
        "maxReplicas": 6,
        "targetCPUUtilizationPercentage": 60,
    }
    assert (found["artifactory"]["replicaCount"], found["artifactory"]["minAvailable"]) == (2, 1)


def test_a_system_yaml_of_ones_own() -> None:
    found = values({**PRO, "system_yaml_existing_secret": "system", "system_yaml_existing_secret_key": "mine.yaml"})
    assert found["systemYamlOverride"] == {"dataKey": "mine.yaml", "existingSecret": "system"}


# Pods, cpu, memory and its limit, threads, connections of a pod's services, nginx's pods, PostgreSQL's max_connections:
# the numbers of the sizing files, read again.
@pytest.mark.parametrize(
    ("size", "numbers"),
    [
        ("xsmall", (1, "1", "3Gi", "4Gi", 50, 15, 1, 50)),
        ("small", (1, "1", "4Gi", "5Gi", 300, 50, 1, 100)),
        ("medium", (2, "1", "4Gi", "5Gi", 300, 50, 2, 200)),
        ("large", (3, "2", "10Gi", "12Gi", 500, 100, 2, 600)),
        ("xlarge", (4, "2", "14Gi", "16Gi", 600, 150, 2, 2000)),
        ("2xlarge", (6, "4", "20Gi", "24Gi", 800, 200, 3, 5000)),
    ],
)
def test_sizes_are_jfrogs(size: sizing.Size, numbers: tuple[Any, ...]) -> None:
    said = sizing.SIZES[size]
    assert numbers == (
        said.replicas,
        said.cpu,
        said.memory,
        said.memory_limit,
        said.threads,
        said.connections,
        said.nginx_replicas,
        said.database_connections,
    )
    found = values({**HA, "sizing": size})
    pods = found["artifactory"]
    assert pods["replicaCount"] == said.replicas
    assert pods["resources"] == {
        "requests": {"cpu": said.cpu, "memory": said.memory},
        "limits": {"memory": said.memory_limit},
    }
    assert pods["tomcat"]["connector"]["maxThreads"] == said.threads
    assert pods["database"] == found["access"]["database"] == found["metadata"]["database"]
    assert f"-XX:MaxRAMPercentage={said.ram_percent}" in pods["javaOpts"]["other"]


def test_facts_say_where_they_are_from() -> None:
    assert {name for name, fact in FACTS.items() if not fact.told} == {"docker", "federated"}
    for name, fact in FACTS.items():
        assert fact.source
        for edition in ORDER:
            able = ORDER.index(edition) >= ORDER.index(fact.least)
            assert (lacks(name, edition) is None) == able
    assert lacks("cleanup", "enterprise_x", "7.145.9") is not None
    assert lacks("cleanup", "enterprise_x", "7.146.0") is None
    assert lacks("cleanup", "pro", "7.146.0") is not None


def test_the_secrets_that_values_name() -> None:
    args = ArtifactoryRegistryArgs.parse({**HA, "trusted_certificates_secret": "authorities"})
    told = render.values(args, names(args, "a"))
    found = {read.path: (read.name, read.keys) for read in chart.secrets_read("artifactory", told)}
    assert found == {
        "artifactory.admin.secret": ("a-kept-admin", ("bootstrap.creds",)),
        "artifactory.customCertificates.certificateSecretName": ("authorities", ()),
        "artifactory.joinKeySecretName": ("a-kept-join-key", ("join-key",)),
        "artifactory.license.secret": ("a-kept-license", ("artifactory.lic",)),
        "artifactory.masterKeySecretName": ("a-kept-master-key", ("master-key",)),
        "artifactory.persistence.customBinarystoreXmlSecret": ("a-kept-binarystore", ("binarystore.xml",)),
        "database.secrets.password.name": ("a-kept-database", ("db-password",)),
        "database.secrets.url.name": ("a-kept-database", ("db-url",)),
        "database.secrets.user.name": ("a-kept-database", ("db-user",)),
    }
    free = ArtifactoryRegistryArgs.parse({**BASE, "image_pull_secrets": ["mirror"]})
    paths = [read.path for read in chart.secrets_read("artifactory-jcr", render.values(free, names(free, "a")))]
    assert "artifactory.artifactory.masterKeySecretName" in paths
    assert "artifactory.imagePullSecrets[0]" in paths
    assert list(chart.secrets_read("artifactory-jcr", {"artifactory": 3})) == []


_SAID = st.fixed_dictionaries(
    {},
    optional={
        "edition": st.sampled_from(["jcr", "pro", "enterprise_x", "enterprise_plus"]),
        "sizing": st.sampled_from(sorted(sizing.SIZES)),
        "replicas": st.integers(1, 6),
        "anti_affinity": st.sampled_from(["none", "preferred", "required"]),
        "storage": st.sampled_from([HA["storage"], GOOGLE, AZURE]),
        "node_selector": st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz")),
        "metrics": st.booleans(),
        "java_options": st.sampled_from(["-Da=b", "-Xlog:gc"]),
        "image_pull_secrets": st.lists(st.sampled_from(["one", "two"]), unique=True),
    },
)


@settings(max_examples=150, deadline=None)
@given(_SAID)
def test_whatever_is_valid_renders_the_same_twice_and_holds_no_secret(said: dict[str, Any]) -> None:
    whole = {**BASE, **said}
    if whole["edition"] != "jcr":
        whole["license"] = LICENSE
    try:
        args = ArtifactoryRegistryArgs.parse(whole)
    except StackError:
        assert holding_refuses(whole)
        return
    first = json.dumps(render.values(args, names(args, "images")))
    # The same settings in another order.
    again = ArtifactoryRegistryArgs.parse(dict(reversed(whole.items())))
    assert json.dumps(render.values(again, names(again, "images"))) == first
    assert LICENSE.splitlines()[0] not in first
    assert "planted" not in first
    pods = json.loads(first)
    inner = pods if args.edition != "jcr" else pods["artifactory"]
    assert inner["artifactory"]["replicaCount"] == holding.replicas(args)
    assert inner["postgresql"] == {"enabled": False}


def holding_refuses(whole: dict[str, Any]) -> bool:
    """Whether what was drawn is several pods that the edition or the storage cannot carry."""
    pods = whole.get("replicas") or sizing.SIZES[whole["sizing"]].replicas
    return bool(pods > 1 and (whole["edition"] in ("jcr", "pro") or "storage" not in whole))
