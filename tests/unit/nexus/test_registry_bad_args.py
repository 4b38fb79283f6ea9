# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong settings of a Nexus on Kubernetes."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.nexus import NexusRegistryArgs
from tests.unit.nexus.registry_material import EVERYTHING, GOOD

pytestmark = pytest.mark.unit

MISSING = object()

# A title, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "nothing said",
        {"namespace": MISSING, "edition": MISSING, "database": MISSING, "claim": MISSING},
        [
            "claim: is required but not given; add it",
            "database: is required but not given; add it",
            "edition: is required but not given; add it",
            "namespace: is required but not given; add it",
        ],
    ),
    ("misspelt", {"heap": 1}, ["heap: is not a setting; did you mean heap_mb?"]),
    (
        "a namespace that is none",
        {"namespace": "Nexus"},
        ["namespace: 'Nexus' is not a name of Kubernetes; use 1 to 63 lower-case letters, digits and - inside"],
    ),
    ("an edition that is none", {"edition": "oss"}, ["edition: must be one of community, pro, not 'oss'"]),
    (
        "high availability",
        {"replicas": 3},
        [
            "replicas: 3 is high availability, which Nexus Repository Pro has alone, by Sonatype's own chart nxrm-ha with PostgreSQL and blobs in a bucket; let it be 1, or install that chart and say what is in it with NexusConfiguration"
        ],
    ),
    (
        "the embedded database without consent",
        {"database": {"kind": "embedded"}},
        [
            "database.trial: is required with kind 'embedded': H2 on a volume can break with its pod, and Sonatype recommends it for no system of record; take kind 'postgresql', or consent with true for a trial"
        ],
    ),
    (
        "the embedded database for many",
        {"database": {"kind": "embedded", "trial": True}, "expected_usage": {"requests_per_day": 50000}},
        [
            "expected_usage.requests_per_day: 50000 is beyond the 20000 that Sonatype has the embedded database for; take kind 'postgresql'"
        ],
    ),
    (
        "a database of no kind",
        {"database": {"host": "db"}},
        ["database: needs `kind` to say which kind it is; allowed: embedded, postgresql"],
    ),
    (
        "a database with a scheme",
        {
            "database": {
                "kind": "postgresql",
                "host": "jdbc:postgresql://db.example.com",
                "username": "nexus",
                "password": "hidden-database",
            }
        },
        [
            "database.host: 'jdbc:postgresql://db.example.com' has a scheme; give the host alone, such as 'db.example.com'"
        ],
    ),
    (
        "a database without a password",
        {"database": {"kind": "postgresql", "host": "db.example.com", "username": "nexus"}},
        ["database.password: is required but not given; add it"],
    ),
    (
        "a database that is verified by nobody",
        {
            "database": {
                "kind": "postgresql",
                "host": "db.example.com",
                "username": "nexus",
                "password": "hidden-database",
                "tls": "verify-full",
            }
        },
        ["database.ca_secret: is required with tls 'verify-full': a Secret in the namespace with `ca.crt`"],
    ),
    (
        "an authority that nothing is verified by",
        {
            "database": {
                "kind": "postgresql",
                "host": "db.example.com",
                "username": "nexus",
                "password": "hidden-database",
                "ca_secret": "db-ca",
            }
        },
        ["database.ca_secret: means nothing with tls 'require'; set tls to 'verify-full'"],
    ),
    (
        "Pro without a licence",
        {"edition": "pro"},
        ["license_secret: is required with edition 'pro': a Secret in the namespace with the licence"],
    ),
    (
        "a licence of the Community Edition",
        {"license_secret": "nexus-license"},
        ["license_secret: is for edition 'pro'; remove it, or set edition to that"],
    ),
    (
        "too many components",
        {"expected_usage": {"components": 50000}},
        [
            "expected_usage.components: 50000 is beyond the Community Edition's 40000, above which Nexus refuses uploads; take edition 'pro', or part it into several Nexus"
        ],
    ),
    (
        "a password that everybody knows",
        {"admin_password": "admin123"},
        ["admin_password: is a password that everybody knows; give another, or leave it out to have one generated"],
    ),
    (
        "a short password",
        {"admin_password": "hidden-7x"},
        ["admin_password: has 9 characters; give 12 to 128 on one line, or leave it out to have one generated"],
    ),
    (
        "a memory limit below the heap",
        {"resources": {"memory_limit": "4Gi"}},
        [
            "resources.memory_limit: '4Gi' is less than what the JVM takes, 5918Mi (heap_mb, direct_memory_mb and 512Mi); raise it, or lower those"
        ],
    ),
    (
        "a request above the limit",
        {"resources": {"memory_request": "9Gi", "memory_limit": "8Gi"}},
        ["resources.memory_request: '9Gi' is more than memory_limit '8Gi'; lower it"],
    ),
    ("a small heap", {"heap_mb": 512}, ["heap_mb: must be at least 1024, not 512"]),
    (
        "an option that is a setting",
        {"vm_options": ["-Xmx4g"]},
        ["vm_options[0]: '-Xmx4g' is a setting of this component; give that instead"],
    ),
    (
        "an option that is none",
        {"vm_options": ["Dfoo=bar"]},
        ["vm_options[0]: 'Dfoo=bar' is not an option of the JVM; write it as -Dname=value"],
    ),
    (
        "a variable that is a setting",
        {"env": {"NEXUS_SECURITY_INITIAL_PASSWORD": {"kind": "value", "value": "x"}}},
        ["env.NEXUS_SECURITY_INITIAL_PASSWORD: is set by this component; give the setting itself, or vm_options"],
    ),
    (
        "Nexus' own port",
        {"connectors": {"shop": {"port": 8081}}},
        ["connectors.shop.port: 8081 is Nexus' own; choose another"],
    ),
    (
        "a port of the administrator",
        {"connectors": {"shop": {"port": 443}}},
        ["connectors.shop.port: 443 is for the administrator's programs alone; choose another"],
    ),
    (
        "one port twice",
        {"connectors": {"a": {"port": 8083}, "b": {"port": 8083}}},
        ["connectors.b.port: 8083 is that of 'a' too; choose another"],
    ),
    (
        "a host without an ingress",
        {"connectors": {"a": {"port": 8083, "host": "docker.example.com"}}},
        ["connectors.a.host: is for expose kind ingress or route, not 'cluster_ip'; remove it"],
    ),
    (
        "one host twice",
        {
            "expose": {"kind": "ingress", "host": "nexus.example.com"},
            "connectors": {"a": {"port": 8083, "host": "nexus.example.com"}},
        },
        ["connectors.a.host: 'nexus.example.com' is that of expose too; choose another"],
    ),
    (
        "one host of two connectors",
        {
            "expose": {"kind": "ingress", "host": "nexus.example.com"},
            "connectors": {
                "a": {"port": 8083, "host": "docker.example.com"},
                "b": {"port": 8084, "host": "docker.example.com"},
            },
        },
        ["connectors.b.host: 'docker.example.com' is that of connectors.a too; choose another"],
    ),
    (
        "a port of nodes that nobody knows",
        {"expose": {"kind": "node_port"}},
        ["hostname: and expose.node_port are required with expose kind 'node_port'; give both"],
    ),
    (
        "a name beside the ingress's",
        {"expose": {"kind": "ingress", "host": "nexus.example.com"}, "hostname": "other.example.com"},
        ["hostname: is expose's with kind 'ingress'; remove it"],
    ),
    (
        "a volume of several nodes",
        {"claim": {"kind": "new", "size": "100Gi", "access_mode": "ReadWriteMany"}},
        [
            "claim.access_mode: 'ReadWriteMany' lets a second Nexus write beside the first; let it be 'ReadWriteOnce', by one node"
        ],
    ),
    ("a volume of nothing", {"claim": {"kind": "new", "size": "0"}}, ["claim.size: '0' is nothing; give more than 0"]),
    (
        "a claim of somebody else that goes",
        {"claim": {"kind": "existing", "claim_name": "nexus"}, "deletion": "destroy", "empty_on_delete": True},
        ["deletion: 'destroy' never removes a claim of your own; remove it, or say claim kind 'new'"],
    ),
    (
        "one consent",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove the volume on destroy; set it to true, or remove deletion"],
    ),
    (
        "the other consent",
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove the volume on destroy; set it, or remove empty_on_delete"],
    ),
    (
        "metrics for nobody",
        {"monitor": {"login_secret": "metrics"}},
        [
            "network.metrics_from: is required with monitor: say who may fetch metrics, such as {kind: pods, namespaces: {kubernetes.io/metadata.name: monitoring}}"
        ],
    ),
    (
        "metrics that are not there",
        {"network": {"metrics_from": [{"kind": "range", "range": "10.0.0.0/8"}]}},
        ["network.metrics_from: is for metrics, of which there are none; add monitor"],
    ),
    (
        "metrics without a login",
        {"monitor": {}, "network": {"metrics_from": [{"kind": "range", "range": "10.0.0.0/8"}]}},
        ["monitor.login_secret: is required but not given; add it"],
    ),
    (
        "an image without a tag",
        {"image": "sonatype/nexus3"},
        ["image: 'sonatype/nexus3' has neither tag nor digest, so it would be whatever is newest; add one"],
    ),
    ("as root", {"user_id": 0}, ["user_id: must be at least 1, not 0"]),
    (
        "many at once",
        {"replicas": 2, "edition": "pro", "heap_mb": 100, "connectors": {"a": {"port": 8081}}},
        [
            "connectors.a.port: 8081 is Nexus' own; choose another",
            "heap_mb: must be at least 1024, not 100",
            "license_secret: is required with edition 'pro': a Secret in the namespace with the licence",
            "replicas: 2 is high availability, which Nexus Repository Pro has alone, by Sonatype's own chart nxrm-ha with PostgreSQL and blobs in a bucket; let it be 1, or install that chart and say what is in it with NexusConfiguration",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_mistake_is_told_whole(changes: dict[str, Any], mistakes: list[str]) -> None:
    settings = {key: value for key, value in {**GOOD, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        NexusRegistryArgs.parse(settings)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    assert str(caught.value) == "\n".join(
        [f"NexusRegistryArgs is not valid ({count}):", *(f"  {mistake}" for mistake in mistakes)]
    )
    assert "hidden" not in str(caught.value)


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) == len({title for title, *_ in TABLE}) >= 40


def test_the_good_settings_are_good() -> None:
    assert NexusRegistryArgs.parse(GOOD).kept
    assert NexusRegistryArgs.parse(EVERYTHING).secure
