# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong settings of an Artifactory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry_components.artifactory import ArtifactoryRegistryArgs
from registry_components.core.errors import StackError
from tests.unit.artifactory.material import BASE, DATABASE, LICENSE

pytestmark = pytest.mark.unit

MISSING = object()
S3: dict[str, Any] = {
    "kind": "s3",
    "bucket": "acme-artifactory",
    "region": "eu-central-1",
    "credentials": {"kind": "instance"},
}
GOOGLE = json.dumps(
    {
        "type": "service_account",
        "project_id": "acme",
        "private_key_id": "1",
        "private_key": "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
        "client_email": "a@acme.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
)

# A title, what is changed in BASE, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "nothing said",
        {"namespace": MISSING, "edition": MISSING, "expose": MISSING, "database": MISSING},
        [
            "database: is required but not given; add it",
            "edition: is required but not given; add it",
            "expose: is required but not given; add it",
            "namespace: is required but not given; add it",
        ],
    ),
    ("misspelt", {"replica": 2}, ["replica: is not a setting; did you mean replicas?"]),
    (
        "an edition that is none",
        {"edition": "enterprise"},
        ["edition: must be one of oss, jcr, pro, enterprise_x, enterprise_plus, not 'enterprise'"],
    ),
    ("OSS", {"edition": "oss"}, ["edition: 'oss' has no repositories of images; take 'jcr', which is free too"]),
    (
        "a namespace that is none",
        {"namespace": "Art"},
        ["namespace: 'Art' is not a name of Kubernetes; use 1 to 63 lower-case letters, digits and - inside"],
    ),
    (
        "a licence for the free one",
        {"license": LICENSE},
        ["license: is for the editions that are sold, and this is 'jcr'; remove it"],
    ),
    (
        "a licence's Secret for the free one",
        {"license_existing_secret": "bought"},
        ["license_existing_secret: is for the editions that are sold, and this is 'jcr'; remove it"],
    ),
    ("no licence", {"edition": "pro"}, ["license: or license_existing_secret is required for edition 'pro'; give one"]),
    (
        "both licences",
        {"edition": "pro", "license": LICENSE, "license_existing_secret": "bought"},
        ["license_existing_secret: and license exclude each other; remove one of them"],
    ),
    (
        "a licence that is a file name",
        {"edition": "pro", "license": "artifactory.lic"},
        ["license: is not a licence's text; give all lines of it as JFrog sent it"],
    ),
    (
        "an empty licence",
        {"edition": "pro", "license": "\n"},
        ["license: is empty; give the whole text of the licence"],
    ),
    (
        "a licence's key without its Secret",
        {"license_existing_secret_key": "cluster.lic"},
        ["license_existing_secret_key: is of license_existing_secret, which is not given; remove it"],
    ),
    (
        "Artifactory's own password",
        {"admin_password": "password"},
        ["admin_password: is a password that everybody knows; give another, or leave it out to have one generated"],
    ),
    (
        "a short password",
        {"admin_password": "Short1pw"},
        ["admin_password: has 8 characters; give 12 to 128, or leave it out to have one generated"],
    ),
    (
        "a password without digits",
        {"admin_password": "onlysmallletters"},
        ["admin_password: has no capital and no digit, which Artifactory asks for; add it"],
    ),
    (
        "a password with a blank",
        {"admin_password": "Long enough 1 pw"},
        ["admin_password: has a blank or a character beyond ASCII; take it out"],
    ),
    (
        "both passwords",
        {"admin_password": "Long-enough-1-pw", "admin_existing_secret": "first"},
        ["admin_existing_secret: and admin_password exclude each other; remove one of them"],
    ),
    (
        "a master key that is too short",
        {"master_key": "abc123"},
        [
            "master_key: is not 32 or 64 hexadecimal characters; make one with `openssl rand -hex 32`, or leave it out to have one generated"
        ],
    ),
    (
        "the guide's master key",
        {"master_key": "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"},
        ["master_key: is the example of a guide; make another"],
    ),
    (
        "a join key that is not hexadecimal",
        {"join_key": "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
        [
            "join_key: is not 32 or 64 hexadecimal characters; make one with `openssl rand -hex 16`, or leave it out to have one generated"
        ],
    ),
    (
        "the guide's join key",
        {"join_key": "EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"},
        ["join_key: is the example of a guide; make another"],
    ),
    (
        "the bundled database",
        {"database": {"kind": "bundled"}},
        [
            "database.kind: 'bundled' is not offered: the chart makes its password anew at each rendering, and it is one pod without a backup; give an external PostgreSQL"
        ],
    ),
    (
        "no database at all",
        {"database": {}},
        [
            "database.host: is required, or existing_secret with all three; give one of them",
            "database.password: is required, or existing_secret with all three; give one of them",
            "database.username: is required, or existing_secret with all three; give one of them",
        ],
    ),
    (
        "a database by halves",
        {"database": {"host": "postgres.example.com"}},
        [
            "database.password: is required, or existing_secret with all three; give one of them",
            "database.username: is required, or existing_secret with all three; give one of them",
        ],
    ),
    (
        "a database twice",
        {"database": {**DATABASE, "existing_secret": "postgres"}},
        [
            "database.host: and existing_secret, which holds db-user, db-password, db-url, exclude each other; remove one",
            "database.password: and existing_secret, which holds db-user, db-password, db-url, exclude each other; remove one",
            "database.username: and existing_secret, which holds db-user, db-password, db-url, exclude each other; remove one",
        ],
    ),
    (
        "a database's host with a port",
        {"database": {"host": "postgres:5432", "username": "artifactory", "password": "planted-database-password"}},
        ["database.host: 'postgres:5432' has a port; give the host alone"],
    ),
    (
        "a database's port that is none",
        {"database": {**DATABASE, "port": 0}},
        ["database.port: must be at least 1, not 0"],
    ),
    (
        "an sslmode that is none",
        {"database": {**DATABASE, "sslmode": "prefer"}},
        ["database.sslmode: must be one of disable, require, verify-ca, verify-full, not 'prefer'"],
    ),
    (
        "a way in that the chart has not",
        {"expose": {"kind": "route", "hosts": ["a.example.com"]}},
        ["expose: kind 'route' is not known; allowed: ingress, load_balancer, cluster_ip, node_port"],
    ),
    (
        "a host in capitals",
        {"expose": {"kind": "ingress", "host": "Artifactory.example.com"}},
        [
            "expose.host: 'Artifactory.example.com' has capitals, which Kubernetes takes in no host; write 'artifactory.example.com'"
        ],
    ),
    (
        "nginx without a name and a certificate",
        {"expose": {"kind": "load_balancer"}},
        [
            "host: is required with expose kind 'load_balancer'; give the name that clients use",
            "tls_secret: is required with expose kind 'load_balancer': without it the chart signs a certificate anew at each rendering",
        ],
    ),
    (
        "nginx with labels",
        {"expose": {"kind": "cluster_ip", "labels": {"team": "x"}}, "host": "a.example.com", "tls_secret": "tls"},
        ["expose.labels: is not a setting of the chart for kind 'cluster_ip'; remove it"],
    ),
    (
        "an address of a cluster IP",
        {"expose": {"kind": "cluster_ip", "static_ip": "10.0.0.9"}, "host": "a.example.com", "tls_secret": "tls"},
        ["expose.static_ip: is not a setting of the chart for kind 'cluster_ip'; remove it"],
    ),
    (
        "a second host for an Ingress",
        {"host": "a.example.com", "tls_secret": "tls"},
        [
            "host: is for expose kinds with nginx; for an Ingress say expose.host",
            "tls_secret: is for expose kinds with nginx; for an Ingress say expose.tls_secret",
        ],
    ),
    (
        "several pods of the free one",
        {"replicas": 3},
        [
            "replicas: means 3 pods, which needs edition 'enterprise_x' or 'enterprise_plus', not 'jcr'; let it be one pod (replicas 1)",
            "storage: has to be a bucket for 3 pods: each has a volume of its own, and would hold other images",
        ],
    ),
    (
        "several pods of Pro",
        {"edition": "pro", "license": LICENSE, "replicas": 2, "storage": S3},
        [
            "replicas: means 2 pods, which needs edition 'enterprise_x' or 'enterprise_plus', not 'pro'; let it be one pod (replicas 1)"
        ],
    ),
    (
        "a size that is several pods",
        {"edition": "pro", "license": LICENSE, "sizing": "medium", "storage": S3},
        [
            "sizing: means 2 pods, which needs edition 'enterprise_x' or 'enterprise_plus', not 'pro'; let it be one pod (replicas 1)"
        ],
    ),
    (
        "several pods without a bucket",
        {"edition": "enterprise_x", "license": LICENSE, "replicas": 2},
        ["storage: has to be a bucket for 2 pods: each has a volume of its own, and would hold other images"],
    ),
    (
        "several pods on one claim",
        {
            "edition": "enterprise_x",
            "license": LICENSE,
            "replicas": 2,
            "storage": {"kind": "volume", "claim": "images", "access_mode": "ReadWriteMany"},
        },
        ["storage: has to be a bucket for 2 pods: each has a volume of its own, and would hold other images"],
    ),
    (
        "a size that is none",
        {"sizing": "huge"},
        ["sizing: must be one of xsmall, small, medium, large, xlarge, 2xlarge, not 'huge'"],
    ),
    ("no pods", {"replicas": 0}, ["replicas: must be at least 1, not 0"]),
    (
        "a budget of one pod",
        {"min_available": 1},
        ["min_available: of one pod lets none go, so no node can be drained; remove it"],
    ),
    (
        "a budget that lets none go",
        {"edition": "enterprise_x", "license": LICENSE, "replicas": 2, "min_available": 2, "storage": S3},
        ["min_available: 2 of 2 lets no pod go, so no node can be drained; lower it"],
    ),
    (
        "autoscaling of Pro",
        {"edition": "pro", "license": LICENSE, "storage": S3, "autoscaling": {"max_replicas": 3}},
        [
            "autoscaling.max_replicas: means 3 pods, which needs edition 'enterprise_x' or 'enterprise_plus', not 'pro'; remove autoscaling"
        ],
    ),
    (
        "autoscaling and replicas",
        {
            "edition": "enterprise_x",
            "license": LICENSE,
            "storage": S3,
            "replicas": 2,
            "autoscaling": {"max_replicas": 3},
        },
        ["replicas: and autoscaling exclude each other; remove one of them"],
    ),
    (
        "autoscaling by memory",
        {
            "edition": "enterprise_x",
            "license": LICENSE,
            "storage": S3,
            "autoscaling": {"max_replicas": 3, "memory_percent": 80, "scale_down_seconds": 60},
        },
        [
            "autoscaling.memory_percent: is not a setting of the chart, which scales by cpu; remove it",
            "autoscaling.scale_down_seconds: is not a setting of the chart; remove it",
        ],
    ),
    (
        "a folder as storage",
        {"storage": {"kind": "filesystem", "directory": "/data"}},
        ["storage.kind: 'filesystem' goes with the pod; leave storage out for its volume, or use a bucket"],
    ),
    (
        "a Secret in binarystore.xml",
        {"storage": {**S3, "credentials": {"kind": "kubernetes_secret", "name": "keys"}}},
        [
            "storage.credentials: of kind 'kubernetes_secret' cannot be named in binarystore.xml; give the key itself, or an identity"
        ],
    ),
    (
        "a key of Google",
        {"storage": {"kind": "gcs", "bucket": "acme-images", "credentials": {"kind": "key", "key": GOOGLE}}},
        ["storage.credentials.key: has a private_key that is not a PEM key; give the JSON key file unaltered"],
    ),
    (
        "AWS's identity elsewhere",
        {
            "storage": {
                **S3,
                "credentials": {"kind": "irsa", "role_arn": "arn:aws:iam::123456789012:role/a"},
                "endpoint": "https://minio.example.com",
            }
        },
        ["storage.credentials: of kind 'irsa' are AWS's own, and endpoint names another server; give keys"],
    ),
    (
        "a claim and a volume",
        {"storage": {"kind": "volume", "claim": "images", "access_mode": "ReadWriteOnce"}, "volume": {"size": "1Ti"}},
        ["volume: and storage of kind 'volume' are the same volume; remove one of them"],
    ),
    (
        "a part of a claim",
        {"storage": {"kind": "volume", "claim": "images", "access_mode": "ReadWriteOnce", "sub_path": "a"}},
        ["storage.sub_path: is not a setting of the chart, which takes a whole claim; remove it"],
    ),
    (
        "a size without a unit",
        {"volume": {"size": "200"}},
        ["volume.size: '200' is 200 bytes; add a unit, such as '50Gi'"],
    ),
    (
        "a system.yaml and a size",
        {"system_yaml_existing_secret": "system", "sizing": "small", "java_options": "-Xmx4g", "metrics": True},
        [
            "java_options: has no effect beside a system.yaml of your own; remove one of them",
            "metrics: has no effect beside a system.yaml of your own; say it there, and remove it",
            "sizing: has no effect beside a system.yaml of your own; remove one of them",
        ],
    ),
    (
        "a system.yaml's key alone",
        {"system_yaml_existing_secret_key": "s.yaml"},
        ["system_yaml_existing_secret_key: is of system_yaml_existing_secret; give that, or remove it"],
    ),
    (
        "metrics' own port",
        {"network": {"metrics_from": [{"kind": "range", "range": "10.0.0.0/8"}]}},
        ["network.metrics_from: is for a port of their own, which metrics lack; name them in clients"],
    ),
    (
        "a database that is not known to the network",
        {"database": {"existing_secret": "postgres"}, "network": {}},
        [
            "network.destinations: is required where the database's port is not known here; say what the pods may reach, the database too"
        ],
    ),
    (
        "an old chart",
        {"chart_version": "107.90.1"},
        ["chart_version: '107.90.1' is older than 107.104, whose values are the oldest that this library knows"],
    ),
    (
        "Artifactory's version as the chart's",
        {"chart_version": "7.133.17"},
        ["chart_version: '7.133.17' is Artifactory's own version; the chart's is 107.133.17"],
    ),
    (
        "a chart's version that is none",
        {"chart_version": "latest"},
        [
            "chart_version: 'latest' is not a version of JFrog's chart; write it as '107.133.17', for Artifactory 7.133.17"
        ],
    ),
    (
        "a chart's login by halves",
        {"chart": {"kind": "repository", "username": "ci"}},
        ["chart.password: is required with username; give both, or neither"],
    ),
    (
        "a chart in a registry without a scheme",
        {"chart": {"kind": "oci", "url": "registry.example.com/artifactory"}},
        [
            "chart.url: 'registry.example.com/artifactory' is not a chart in a registry; write it as 'oci://registry.example.com/charts/artifactory'"
        ],
    ),
    (
        "destroy without the second consent",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove Artifactory on destroy; set it to true, or remove deletion"],
    ),
    (
        "the second consent alone",
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove Artifactory on destroy; set it, or remove empty_on_delete"],
    ),
    (
        "requests beyond limits",
        {"resources": {"memory_request": "8Gi", "memory_limit": "4Gi"}},
        ["resources.memory_request: '8Gi' is more than memory_limit '4Gi'; lower it"],
    ),
    (
        "many at once",
        {"namespace": "Art", "deletion": "destroy", "replicas": 2},
        [
            "empty_on_delete: is required too to remove Artifactory on destroy; set it to true, or remove deletion",
            "namespace: 'Art' is not a name of Kubernetes; use 1 to 63 lower-case letters, digits and - inside",
            "replicas: means 2 pods, which needs edition 'enterprise_x' or 'enterprise_plus', not 'jcr'; let it be one pod (replicas 1)",
            "storage: has to be a bucket for 2 pods: each has a volume of its own, and would hold other images",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_mistake_is_told_whole(changes: dict[str, Any], mistakes: list[str]) -> None:
    settings = {key: value for key, value in {**BASE, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        ArtifactoryRegistryArgs.parse(settings)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    assert str(caught.value) == "\n".join(
        [f"ArtifactoryRegistryArgs is not valid ({count}):", *(f"  {mistake}" for mistake in mistakes)]
    )
    assert "planted" not in str(caught.value)


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) == len({title for title, *_ in TABLE}) >= 60


def test_the_good_settings_are_good() -> None:
    assert ArtifactoryRegistryArgs.parse(BASE)
