# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong arguments of a Harbor."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.harbor import HarborRegistryArgs
from tests.unit.harbor.everything import BASE, HA
from tests.unit.harbor.strategies import CERTIFICATE

pytestmark = pytest.mark.unit

MISSING = object()
CLUSTER_IP = {"kind": "cluster_ip"}
EXTERNAL = {"kind": "external", "host": "pg.example.com", "username": "harbor", "password": "hunter22-hunter22"}
REDIS = {"kind": "external", "addresses": ["redis.example.com:6379"], "password": "hunter22-hunter22"}
S3 = {
    "kind": "s3",
    "bucket": "team-images",
    "region": "eu-west-1",
    "credentials": {"kind": "kubernetes_secret", "name": "key"},
}

# A title, what is changed, how, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "nothing said",
        BASE,
        {"namespace": MISSING, "expose": MISSING, "tls": MISSING, "database": MISSING, "redis": MISSING},
        [
            "database: is required but not given; add it",
            "expose: is required but not given; add it",
            "namespace: is required but not given; add it",
            "redis: is required but not given; add it",
            "tls: is required but not given; add it",
        ],
    ),
    ("misspelt setting", BASE, {"databse": {}}, ["databse: is not a setting; did you mean database?"]),
    ("misspelt in a part", BASE, {"core": {"replica": 2}}, ["core.replica: is not a setting; did you mean replicas?"]),
    (
        "misspelt in a container",
        BASE,
        {"registry": {"controller": {"resource": {}}}},
        ["registry.controller.resource: is not a setting; did you mean resources?"],
    ),
    (
        "a namespace in capitals",
        BASE,
        {"namespace": "Harbor"},
        ["namespace: 'Harbor' is not a name of Kubernetes; use 1 to 63 lower-case letters, digits and - inside"],
    ),
    (
        "a release's name too long",
        BASE,
        {"release_name": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
        [
            "release_name: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is not a release's name; use 1 to 53 lower-case letters, digits and - inside"
        ],
    ),
    (
        "an unknown way in",
        BASE,
        {"expose": {"kind": "nodeport"}},
        ["expose: kind 'nodeport' is not known; allowed: ingress, route, cluster_ip, node_port, load_balancer"],
    ),
    (
        "no way in",
        BASE,
        {"expose": {"host": "harbor.example.com"}},
        ["expose: needs `kind` to say which kind it is; allowed: ingress, route, cluster_ip, node_port, load_balancer"],
    ),
    (
        "an Ingress without a host",
        BASE,
        {"expose": {"kind": "ingress"}},
        ["expose.host: is required but not given; add it"],
    ),
    (
        "a host with a scheme",
        BASE,
        {"expose": {"kind": "ingress", "host": "https://harbor.example.com/"}},
        ["expose.host: 'https://harbor.example.com/' has a scheme; give the host alone, such as 'harbor.example.com'"],
    ),
    (
        "a host with a path",
        BASE,
        {"expose": {"kind": "ingress", "host": "example.com/harbor"}},
        ["expose.host: 'example.com/harbor' has a path; give the host alone"],
    ),
    (
        "a host with a port",
        BASE,
        {"expose": {"kind": "ingress", "host": "harbor.example.com:8443"}},
        ["expose.host: 'harbor.example.com:8443' has a port; give the host alone"],
    ),
    (
        "an address for a host",
        BASE,
        {"expose": {"kind": "ingress", "host": "192.0.2.1"}},
        ["expose.host: '192.0.2.1' is an address; rules are by name, so give Harbor one"],
    ),
    (
        "a wildcard",
        BASE,
        {"expose": {"kind": "ingress", "host": "*.example.com"}},
        ["expose.host: '*.example.com' is a wildcard, and Harbor has one name; write it"],
    ),
    (
        "a host in capitals",
        BASE,
        {"expose": {"kind": "ingress", "host": "Harbor.example.com"}},
        [
            "expose.host: 'Harbor.example.com' has capitals, which Kubernetes takes in no host; write 'harbor.example.com'"
        ],
    ),
    (
        "a host of nothing",
        BASE,
        {"expose": {"kind": "ingress", "host": "harbor_1"}},
        ["expose.host: 'harbor_1' is not a host's name; use letters, digits and hyphens in parts separated by dots"],
    ),
    (
        "the chart's example host",
        BASE,
        {"expose": {"kind": "ingress", "host": "core.harbor.domain"}},
        ["expose.host: 'core.harbor.domain' is the chart's example; give the name that clients use"],
    ),
    (
        "an unknown controller",
        BASE,
        {"expose": {"kind": "ingress", "host": "harbor.example.com", "controller": "traefik"}},
        ["expose.controller: must be one of default, gce, ncp, alb, f5-bigip, not 'traefik'"],
    ),
    (
        "an annotation without a name",
        BASE,
        {"expose": {"kind": "ingress", "host": "harbor.example.com", "annotations": {"example.com/": "x"}}},
        [
            "expose.annotations['example.com/']: 'example.com/' is not a key of Kubernetes; use 1 to 63 letters, digits and - _ . inside"
        ],
    ),
    (
        "an annotation of no DNS name",
        BASE,
        {"expose": {"kind": "ingress", "host": "harbor.example.com", "annotations": {"a_b/c": "x"}}},
        [
            "expose.annotations['a_b/c']: 'a_b/c' is not a key of Kubernetes; before the / stands a DNS name, such as 'example.com/team'"
        ],
    ),
    (
        "a label's value with spaces",
        BASE,
        {"expose": {"kind": "ingress", "host": "harbor.example.com", "labels": {"team": "a b"}}},
        ["expose.labels.team: 'a b' is not a label's value; use up to 63 letters, digits and - _ . inside"],
    ),
    (
        "an external URL elsewhere",
        BASE,
        {"external_url": "https://images.example.com"},
        [
            "external_url: 'https://images.example.com' is not of 'harbor.example.com', which expose listens to; make them the same"
        ],
    ),
    (
        "an external URL in clear text",
        BASE,
        {"external_url": "http://harbor.example.com"},
        [
            "external_url: 'http://harbor.example.com' is not https, and logins would cross the network in clear text; give https://, also where a proxy in front speaks it (tls kind 'terminated')"
        ],
    ),
    (
        "an external URL with a path",
        BASE,
        {"external_url": "https://harbor.example.com/registry"},
        [
            "external_url: 'https://harbor.example.com/registry' has a path, and Harbor is served from the root; give 'https://harbor.example.com'"
        ],
    ),
    (
        "an external URL with a login",
        BASE,
        {"external_url": "https://admin:hunter22-hunter22@harbor.example.com"},
        ["external_url: has a login in the URL; take user name and password out of it"],
    ),
    (
        "an external URL without a scheme",
        BASE,
        {"external_url": "harbor.example.com"},
        ["external_url: 'harbor.example.com' is not an http or https URL; begin it with https://"],
    ),
    (
        "an external URL without a host",
        BASE,
        {"external_url": "https://"},
        ["external_url: 'https://' is not a URL; write https://host/path"],
    ),
    (
        "the chart's example URL",
        BASE,
        {"external_url": "https://core.harbor.domain"},
        ["external_url: 'https://core.harbor.domain' is the chart's example; give the URL that clients use"],
    ),
    (
        "a Service without an external URL",
        BASE,
        {"expose": CLUSTER_IP},
        ["external_url: is required with expose kind 'cluster_ip'; give the URL that clients use"],
    ),
    (
        "a route without a gateway",
        BASE,
        {"expose": {"kind": "route", "hosts": ["harbor.example.com"], "gateways": []}, "tls": {"kind": "controller"}},
        ["expose.gateways: needs at least 1 entry (it has 0)"],
    ),
    (
        "a route with a certificate of its own",
        BASE,
        {"expose": {"kind": "route", "hosts": ["harbor.example.com"], "gateways": [{"name": "public"}]}},
        [
            "tls.kind: 'generated' has no effect on a route, whose TLS is the Gateway's; say 'controller', and give the certificate to the Gateway's listener"
        ],
    ),
    (
        "a route with a host twice",
        BASE,
        {
            "expose": {
                "kind": "route",
                "hosts": ["harbor.example.com", "harbor.example.com"],
                "gateways": [{"name": "public"}],
            },
            "tls": {"kind": "controller"},
        },
        ["expose.hosts[1]: 'harbor.example.com' is in the list already; remove it"],
    ),
    (
        "a node port too low",
        BASE,
        {"expose": {"kind": "node_port", "http_node_port": 8080}, "external_url": "https://harbor.example.com"},
        ["expose.http_node_port: must be at least 30000, not 8080"],
    ),
    (
        "a node port too high",
        BASE,
        {"expose": {"kind": "node_port", "https_node_port": 32768}, "external_url": "https://harbor.example.com"},
        ["expose.https_node_port: must be at most 32767, not 32768"],
    ),
    (
        "one node port for both",
        BASE,
        {"expose": {"kind": "node_port", "http_node_port": 30003}, "external_url": "https://harbor.example.com"},
        ["expose.https_node_port: 30003 is http_node_port too; choose another"],
    ),
    (
        "one port for both",
        BASE,
        {"expose": {"kind": "load_balancer", "http_port": 443}, "external_url": "https://harbor.example.com"},
        ["expose.https_port: 443 is http_port too; choose another"],
    ),
    (
        "a port of nothing",
        BASE,
        {"expose": {"kind": "cluster_ip", "http_port": 0}, "external_url": "https://harbor.example.com"},
        ["expose.http_port: must be at least 1, not 0"],
    ),
    (
        "an address of nothing",
        BASE,
        {"expose": {"kind": "load_balancer", "static_ip": "harbor"}, "external_url": "https://harbor.example.com"},
        ["expose.static_ip: 'harbor' is not an IP address; give one such as 192.0.2.10"],
    ),
    (
        "a range with bits behind its prefix",
        BASE,
        {
            "expose": {"kind": "load_balancer", "source_ranges": ["192.0.2.1/24"]},
            "external_url": "https://harbor.example.com",
        },
        [
            "expose.source_ranges[0]: '192.0.2.1/24' is not a range of addresses; write it as '192.0.2.0/24', with no bit set after the prefix"
        ],
    ),
    (
        "the controller's certificate without a controller",
        BASE,
        {"expose": CLUSTER_IP, "tls": {"kind": "controller"}, "external_url": "https://harbor.example.com"},
        [
            "tls.kind: 'controller' is for an Ingress or a route, and expose is 'cluster_ip'; say 'generated', 'cert_manager' or 'secret'"
        ],
    ),
    (
        "TLS off",
        BASE,
        {"tls": {"kind": "off"}},
        ["tls: kind 'off' is not known; allowed: cert_manager, secret, generated, controller, terminated"],
    ),
    (
        "an issuer of no kind",
        BASE,
        {"tls": {"kind": "cert_manager", "issuer": "le", "issuer_kind": "Cluster"}},
        ["tls.issuer_kind: must be one of ClusterIssuer, Issuer, not 'Cluster'"],
    ),
    (
        "a certificate renewed before it begins",
        BASE,
        {"tls": {"kind": "cert_manager", "issuer": "le", "duration_hours": 24, "renew_before_hours": 24}},
        ["tls.renew_before_hours: is not less than duration_hours 24; lower it"],
    ),
    (
        "a name twice in the certificate",
        BASE,
        {"tls": {"kind": "generated", "dns_names": ["harbor.example.com"]}},
        ["tls.dns_names[0]: 'harbor.example.com' is in the certificate already; remove it"],
    ),
    (
        "cert-manager for an address",
        BASE,
        {"expose": CLUSTER_IP, "external_url": "https://192.0.2.1", "tls": {"kind": "cert_manager", "issuer": "le"}},
        ["external_url: 'https://192.0.2.1' has an address, which no cert-manager issuer proves; give a name"],
    ),
    (
        "a certificate that ends at once",
        BASE,
        {"tls": {"kind": "generated", "validity_hours": 24}},
        ["tls.validity_hours: must be at least 720, not 24"],
    ),
    (
        "the chart's admin password",
        BASE,
        {"admin_password": "Harbor12345"},
        ["admin_password: is a password that everybody knows; give another, or leave it out to have one generated"],
    ),
    (
        "the chart's admin password in capitals",
        BASE,
        {"admin_password": "HARBOR12345"},
        ["admin_password: is a password that everybody knows; give another, or leave it out to have one generated"],
    ),
    (
        "an admin password too short",
        BASE,
        {"admin_password": "hunter22A"},
        ["admin_password: has 9 characters; give 12 to 128, or leave it out to have one generated"],
    ),
    (
        "an admin password without capitals and digits",
        BASE,
        {"admin_password": "correct-horse-battery"},
        ["admin_password: has no capital and no digit, which Harbor asks for; add it"],
    ),
    (
        "an admin password of one letter",
        BASE,
        {"admin_password": "aaaaaaaaaaaaaaaa"},
        ["admin_password: is a password that everybody knows; give another, or leave it out to have one generated"],
    ),
    (
        "an admin password twice",
        BASE,
        {"admin_password": "Hunter22-hunter22", "admin_existing_secret": "login"},
        ["admin_existing_secret: and admin_password exclude each other; remove one of them"],
    ),
    (
        "a key of no Secret",
        BASE,
        {"admin_existing_secret_key": "password"},
        ["admin_existing_secret_key: is of admin_existing_secret, which is not given; remove it"],
    ),
    (
        "a Secret's name in capitals",
        BASE,
        {"admin_existing_secret": "Login"},
        ["admin_existing_secret: 'Login' is not a name of Kubernetes; use lower-case letters, digits, - and . inside"],
    ),
    ("generation nought", BASE, {"secrets_generation": 0}, ["secrets_generation: must be at least 1"]),
    (
        "a database of no kind",
        BASE,
        {"database": {"host": "pg.example.com"}},
        ["database: needs `kind` to say which kind it is; allowed: external, internal"],
    ),
    (
        "a database without a login",
        BASE,
        {"database": {"kind": "external", "host": "pg.example.com", "username": "harbor"}},
        ["database.password: or existing_secret is required; give one of them"],
    ),
    (
        "a database with two logins",
        BASE,
        {"database": {**EXTERNAL, "existing_secret": "login"}},
        ["database.existing_secret: and password exclude each other; remove one of them"],
    ),
    (
        "the chart's database password",
        BASE,
        {"database": {**EXTERNAL, "password": "changeit"}},
        ["database.password: is a password that everybody knows; give the database another"],
    ),
    (
        "a database password too short",
        BASE,
        {"database": {**EXTERNAL, "password": "hunter2"}},
        ["database.password: has 7 characters; give the database one of at least 8"],
    ),
    (
        "a database's host with a port",
        BASE,
        {"database": {**EXTERNAL, "host": "pg.example.com:5432"}},
        ["database.host: 'pg.example.com:5432' has a port; give the host alone"],
    ),
    (
        "a database's port of nothing",
        BASE,
        {"database": {**EXTERNAL, "port": 70000}},
        ["database.port: must be at most 65535, not 70000"],
    ),
    (
        "an sslmode of nothing",
        BASE,
        {"database": {**EXTERNAL, "sslmode": "prefer"}},
        ["database.sslmode: must be one of disable, require, verify-ca, verify-full, not 'prefer'"],
    ),
    (
        "annotations of pods that are not ours",
        BASE,
        {"database": {**EXTERNAL, "pod_annotations": {"a": "b"}}},
        [
            "database.pod_annotations: is not a setting; allowed: database, existing_secret, host, kind, max_idle_connections, max_open_connections, password, port, sslmode, username"
        ],
    ),
    (
        "more idle than open connections",
        BASE,
        {"database": {**EXTERNAL, "max_idle_connections": 300}},
        ["database.max_idle_connections: 300 is more than max_open_connections 200; lower it"],
    ),
    (
        "more connections than the internal database takes",
        BASE,
        {"database": {"kind": "internal", "max_open_connections": 900}, "metrics": {}},
        [
            "database.max_open_connections: 900 for each of 2 pods are 1800, and the internal database takes 1024; lower it"
        ],
    ),
    (
        "internal database and Redis with ha",
        HA,
        {"database": {"kind": "internal"}, "redis": {"kind": "internal"}},
        [
            "database.kind: 'internal' is one pod, which profile 'ha' cannot stand on; give an external PostgreSQL",
            "redis.kind: 'internal' is one pod, which profile 'ha' cannot stand on; give an external Redis",
        ],
    ),
    (
        "several cores on the internal Redis",
        BASE,
        {"core": {"replicas": 2}},
        ["redis.kind: 'internal' is one pod, and core is several; give an external Redis"],
    ),
    (
        "Sentinels without a master",
        BASE,
        {"redis": {"kind": "external", "addresses": ["a:26379", "b:26379"]}},
        [
            "redis.addresses: are 2, which only Sentinels are; give sentinel_master, or one address. Harbor does not speak with a Redis Cluster"
        ],
    ),
    (
        "Sentinels in one text",
        BASE,
        {"redis": {"kind": "external", "addresses": ["a:26379,b:26379"], "sentinel_master": "m"}},
        ["redis.addresses[0]: 'a:26379,b:26379' is not host:port; give both, such as 'server.example.com:6379'"],
    ),
    (
        "a Sentinel without a port",
        BASE,
        {"redis": {"kind": "external", "addresses": ["a:26379", "b"], "sentinel_master": "m"}},
        ["redis.addresses[1]: 'b' is not host:port; give both, such as 'server.example.com:6379'"],
    ),
    (
        "a Sentinel twice",
        BASE,
        {"redis": {"kind": "external", "addresses": ["a:26379", "a:26379"], "sentinel_master": "m"}},
        ["redis.addresses[1]: 'a:26379' is in the list already; remove it"],
    ),
    (
        "a Redis URL",
        BASE,
        {"redis": {"kind": "external", "addresses": ["redis://a:6379"]}},
        ["redis.addresses[0]: 'redis://a:6379' is not host:port; give both, such as 'server.example.com:6379'"],
    ),
    (
        "no address of Redis",
        BASE,
        {"redis": {"kind": "external", "addresses": []}},
        ["redis.addresses: needs at least 1 entry (it has 0)"],
    ),
    (
        "a Redis port of nothing",
        BASE,
        {"redis": {"kind": "external", "addresses": ["a:99999"]}},
        ["redis.addresses[0]: port 99999 is not between 1 and 65535"],
    ),
    (
        "a Redis password of many signs",
        BASE,
        {"redis": {**REDIS, "password": "hunter22@hunter22"}},
        [
            "redis.password: has a character that means something in a URL, where the chart puts it; use letters, digits and - . _ ~"
        ],
    ),
    (
        "a known Redis password",
        BASE,
        {"redis": {**REDIS, "password": "redis123"}},
        ["redis.password: is a password that everybody knows; give Redis another"],
    ),
    (
        "a Redis user without a password",
        BASE,
        {"redis": {"kind": "external", "addresses": ["a:6379"], "username": "harbor"}},
        ["redis.password: is required with username; give it, or remove username"],
    ),
    (
        "a Redis user beside a Secret",
        BASE,
        {"redis": {"kind": "external", "addresses": ["a:6379"], "username": "harbor", "existing_secret": "login"}},
        ["redis.username: stands in existing_secret, under REDIS_USERNAME; remove it here"],
    ),
    (
        "a Redis password twice",
        BASE,
        {"redis": {**REDIS, "existing_secret": "login"}},
        ["redis.existing_secret: and password exclude each other; remove one of them"],
    ),
    (
        "a Redis database twice",
        BASE,
        {"redis": {"kind": "internal", "registry_database": 1}},
        ["redis.registry_database: 1 has jobservice_database too; choose another"],
    ),
    (
        "the sessions' Redis database",
        BASE,
        {"redis": {"kind": "internal", "trivy_database": 0}},
        ["redis.trivy_database: 0 has the core's sessions too; choose another"],
    ),
    (
        "a Redis database of nothing",
        BASE,
        {"redis": {"kind": "internal", "cache_database": 16}},
        ["redis.cache_database: must be at most 15, not 16"],
    ),
    (
        "a role of the pod for S3 (rule 18)",
        BASE,
        {"storage": {**S3, "credentials": {"kind": "irsa", "role_arn": "arn:aws:iam::123456789012:role/harbor"}}},
        [
            "storage.credentials: by IRSA (IAM roles for service accounts) reach no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys', or 'kubernetes_secret' with a key that is there"
        ],
    ),
    (
        "EKS Pod Identity for S3 (rule 18)",
        BASE,
        {"storage": {**S3, "credentials": {"kind": "pod_identity"}}},
        [
            "storage.credentials: by EKS Pod Identity reach no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys', or 'kubernetes_secret' with a key that is there"
        ],
    ),
    (
        "the node's role for S3 (rule 18)",
        BASE,
        {"storage": {**S3, "credentials": {"kind": "instance"}}},
        [
            "storage.credentials: by the machine's role reach no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys', or 'kubernetes_secret' with a key that is there"
        ],
    ),
    (
        "Workload Identity without a ServiceAccount",
        BASE,
        {
            "storage": {
                "kind": "gcs",
                "bucket": "team-images",
                "credentials": {
                    "kind": "workload_identity",
                    "service_account": "harbor@project.iam.gserviceaccount.com",
                },
            }
        },
        [
            "registry.service_account: is required with storage.credentials of kind 'workload_identity', which are a ServiceAccount's; name the one that carries the annotation"
        ],
    ),
    (
        "a folder of the machine",
        BASE,
        {"storage": {"kind": "filesystem", "directory": "/data"}},
        ["storage.kind: 'filesystem' would be a directory of a pod, gone with it; use kind 'volume', or a bucket"],
    ),
    (
        "several registries on one volume",
        BASE,
        {"registry": {"replicas": 2}},
        [
            "registry.replicas: 2 pods cannot share a volume that is ReadWriteOnce; use a bucket (storage), volumes.registry.access_mode 'ReadWriteMany', or one pod"
        ],
    ),
    (
        "several registries on one claim that exists",
        BASE,
        {"storage": {"kind": "volume", "claim": "images", "access_mode": "ReadWriteOnce"}, "registry": {"replicas": 2}},
        [
            "storage.access_mode: 'ReadWriteOnce' lets one node mount the volume, and there are 2 replicas; use a claim with 'ReadWriteMany', or a bucket"
        ],
    ),
    (
        "several job services on one volume",
        BASE,
        {"redis": REDIS, "jobservice": {"replicas": 2}},
        [
            "jobservice.replicas: 2 pods cannot share logs on a volume that is ReadWriteOnce; use loggers ['database'], volumes.job_logs.access_mode 'ReadWriteMany', or one pod"
        ],
    ),
    (
        "several scanners on one claim",
        BASE,
        {"trivy": {"replicas": 2}, "volumes": {"kind": "claims", "trivy": {"existing_claim": "trivy"}}},
        [
            "trivy.replicas: 2 pods cannot share volumes.trivy.existing_claim, which is ReadWriteOnce; remove the claim, and each pod gets its own"
        ],
    ),
    (
        "rolling update of volumes of one node (rule 25)",
        BASE,
        {"update_strategy": "rolling_update"},
        [
            "update_strategy: 'rolling_update' never ends while registry and jobservice have a volume that is ReadWriteOnce; use 'recreate', or remove it"
        ],
    ),
    (
        "rolling update of job logs alone (rule 25)",
        BASE,
        {"update_strategy": "rolling_update", "storage": S3},
        [
            "update_strategy: 'rolling_update' never ends while jobservice has a volume that is ReadWriteOnce; use 'recreate', or remove it"
        ],
    ),
    (
        "no volumes for anything",
        BASE,
        {"volumes": {"kind": "none"}},
        [
            "jobservice.loggers: 'file' needs a volume, and volumes are 'none'; use ['database']",
            "volumes.kind: 'none' would lose all images on a restart; use a bucket (storage), or 'claims'",
            "volumes.kind: 'none' would lose the internal Redis's queue on a restart; use 'claims'",
            "volumes.kind: 'none' would lose the internal database on a restart; use 'claims'",
        ],
    ),
    (
        "a volume for nothing",
        BASE,
        {
            "storage": S3,
            "database": EXTERNAL,
            "volumes": {"kind": "claims", "registry": {"size": "50Gi"}, "database": {"size": "10Gi"}},
        },
        [
            "volumes.database: is used for nothing, as the database is external; remove it",
            "volumes.registry: is used for nothing, as storage says where images are; remove it",
        ],
    ),
    (
        "a claim that exists and is made",
        BASE,
        {"volumes": {"kind": "claims", "redis": {"existing_claim": "redis", "size": "1Gi"}}},
        ["volumes.redis.size: is for a new volume, and existing_claim names one that exists; remove one"],
    ),
    (
        "a size without a unit",
        BASE,
        {"volumes": {"kind": "claims", "redis": {"size": "50"}}},
        ["volumes.redis.size: '50' is 50 bytes; add a unit, such as '50Gi'"],
    ),
    (
        "a size of words",
        BASE,
        {"volumes": {"kind": "claims", "redis": {"size": "50GB"}}},
        ["volumes.redis.size: '50GB' is not a quantity; write it as Kubernetes does, such as '500m', '2' or '512Mi'"],
    ),
    (
        "an absolute path in a volume",
        BASE,
        {"volumes": {"kind": "claims", "redis": {"sub_path": "/redis"}}},
        ["volumes.redis.sub_path: '/redis' is not a path in the volume; write it as 'harbor/registry'"],
    ),
    (
        "an access mode of nothing",
        BASE,
        {"volumes": {"kind": "claims", "redis": {"access_mode": "ReadOnlyMany"}}},
        [
            "volumes.redis.access_mode: must be one of ReadWriteOnce, ReadWriteMany, ReadWriteOncePod, not 'ReadOnlyMany'"
        ],
    ),
    (
        "asking for more than the limit",
        BASE,
        {"core": {"resources": {"memory_request": "2Gi", "memory_limit": "2000M"}}},
        ["core.resources.memory_request: '2Gi' is more than memory_limit '2000M'; lower it"],
    ),
    (
        "a quantity of words",
        BASE,
        {"core": {"resources": {"cpu_request": "half"}}},
        [
            "core.resources.cpu_request: 'half' is not a quantity; write it as Kubernetes does, such as '500m', '2' or '512Mi'"
        ],
    ),
    (
        "a quantity of nothing",
        BASE,
        {"core": {"resources": {"cpu_request": "0"}}},
        ["core.resources.cpu_request: '0' is nothing; give more than 0"],
    ),
    ("no pod", BASE, {"portal": {"replicas": 0}}, ["portal.replicas: must be at least 1, not 0"]),
    (
        "a budget that stops every drain",
        BASE,
        {"portal": {"replicas": 2, "disruption_budget": {"min_available": 2}}},
        [
            "portal.disruption_budget.min_available: 2 of 2 lets no pod go, so no node can be drained; give more replicas, or remove it"
        ],
    ),
    (
        "a budget of both",
        BASE,
        {"portal": {"replicas": 2, "disruption_budget": {"min_available": 1, "max_unavailable": 1}}},
        ["portal.disruption_budget.max_unavailable: and min_available exclude each other; remove one of them"],
    ),
    (
        "a budget of neither",
        BASE,
        {"portal": {"disruption_budget": {}}},
        ["portal.disruption_budget.min_available: or max_unavailable is required; give one of them"],
    ),
    (
        "a spread over nothing",
        BASE,
        {"portal": {"topology_spread": [{"max_skew": 1}]}},
        ["portal.topology_spread[0].topology_key: is required but not given; add it"],
    ),
    (
        "an environment variable of no kind",
        BASE,
        {"core": {"env": {"A": "b"}}},
        ["core.env.A: must be a mapping of settings, not 'b'"],
    ),
    (
        "an environment variable's name",
        BASE,
        {"core": {"env": {"1A": {"kind": "value", "value": "b"}}}},
        ["core.env['1A']: '1A' is not a variable's name; use letters, digits and _"],
    ),
    (
        "a token twice",
        BASE,
        {
            "trivy": {
                "github_token_secret": "github",
                "env": {"SCANNER_TRIVY_GITHUB_TOKEN": {"kind": "value", "value": "x"}},
            }
        },
        ["trivy.env.SCANNER_TRIVY_GITHUB_TOKEN: is what github_token_secret sets; remove one of them"],
    ),
    (
        "nginx behind an Ingress",
        BASE,
        {"nginx": {"replicas": 2}},
        ["nginx: does not run with expose kind 'ingress'; remove it"],
    ),
    (
        "an exporter without metrics",
        BASE,
        {"exporter": {"replicas": 1}},
        ["exporter: runs with metrics alone, and they are off; add metrics={}, or remove it"],
    ),
    (
        "a ServiceMonitor without metrics",
        BASE,
        {"service_monitor": {}},
        [
            "service_monitor: is not a setting; allowed: admin_existing_secret, admin_existing_secret_key, admin_password, backup, ca_bundle, ca_bundle_existing_secret, chart, core, database, deletion, empty_on_delete, exporter, expose, external_url, image_prefix, image_pull_policy, image_pull_secrets, internal_tls, ip_family, jobservice, log_level, manifest_cache, metrics, namespace, nginx, node_selector, portal, priority_class, profile, proxy, redis, registry, release_name, secrets_generation, security_context, storage, storage_redirect, timeout_seconds, tls, tolerations, trace, trivy, uaa_ca_secret, update_strategy, volumes"
        ],
    ),
    (
        "an interval of nothing",
        BASE,
        {"metrics": {"service_monitor": {"interval": "30"}}},
        ["metrics.service_monitor.interval: '30' is not an interval of Prometheus; write it as '30s'"],
    ),
    (
        "metrics on the core's own port",
        BASE,
        {"metrics": {"core": {"port": 8080}}},
        ["metrics.core.port: 8080 is the part's own port; choose another"],
    ),
    (
        "relabeling without a target",
        BASE,
        {"metrics": {"service_monitor": {"relabelings": [{"source_labels": ["a"]}]}}},
        ["metrics.service_monitor.relabelings[0].target_label: is required for action 'replace'; give it"],
    ),
    (
        "relabeling of names by labels",
        BASE,
        {
            "metrics": {
                "service_monitor": {
                    "relabelings": [{"action": "labeldrop", "source_labels": ["a"], "target_label": "b"}]
                }
            }
        },
        [
            "metrics.service_monitor.relabelings[0].source_labels: have no meaning for action 'labeldrop', which looks at names; remove them",
            "metrics.service_monitor.relabelings[0].target_label: has no meaning for action 'labeldrop'; remove it",
        ],
    ),
    (
        "hashmod of nothing",
        BASE,
        {"metrics": {"service_monitor": {"relabelings": [{"action": "hashmod", "target_label": "b"}]}}},
        ["metrics.service_monitor.relabelings[0].modulus: and action 'hashmod' need each other; give both or neither"],
    ),
    (
        "a collector with a scheme",
        BASE,
        {"trace": {"kind": "otel", "endpoint": "http://otel:4318"}},
        ["trace.endpoint: 'http://otel:4318' is not host:port; give both, such as 'server.example.com:6379'"],
    ),
    (
        "all traces twice",
        BASE,
        {"trace": {"kind": "otel", "endpoint": "otel:4318", "sample_rate": 2}},
        ["trace.sample_rate: must be at most 1.0, not 2"],
    ),
    (
        "traces of no kind",
        BASE,
        {"trace": {"kind": "zipkin"}},
        ["trace: kind 'zipkin' is not known; allowed: otel, jaeger_collector, jaeger_agent"],
    ),
    (
        "CloudFront without S3",
        BASE,
        {
            "registry": {
                "cloudfront": {"base_url": "https://d.cloudfront.net", "key_pair_id": "K", "private_key_secret": "key"}
            }
        },
        ["registry.cloudfront: hands out blobs of an S3 bucket, and storage is not one; remove it"],
    ),
    (
        "a duration of words",
        BASE,
        {"registry": {"upload_purging": {"age": "a week"}}},
        ["registry.upload_purging.age: 'a week' is not a duration; write it as '168h' or '5m0s'"],
    ),
    ("no workers", BASE, {"jobservice": {"max_workers": 0}}, ["jobservice.max_workers: must be at least 1, not 0"]),
    ("no logger", BASE, {"jobservice": {"loggers": []}}, ["jobservice.loggers: needs at least 1 entry (it has 0)"]),
    (
        "a logger twice",
        BASE,
        {"jobservice": {"loggers": ["file", "file"]}},
        ["jobservice.loggers[1]: 'file' is in the list already; remove it"],
    ),
    (
        "a retention of what is not kept",
        BASE,
        {"jobservice": {"loggers": ["stdout"], "log_retention_days": 7}},
        ["jobservice.log_retention_days: has no effect on the logger 'stdout'; remove it"],
    ),
    (
        "a severity of nothing",
        BASE,
        {"trivy": {"severities": ["SEVERE"]}},
        ["trivy.severities[0]: must be one of UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL, not 'SEVERE'"],
    ),
    (
        "a severity twice",
        BASE,
        {"trivy": {"severities": ["HIGH", "HIGH"]}},
        ["trivy.severities[1]: 'HIGH' is in the list already; remove it"],
    ),
    (
        "Java's database without the other",
        BASE,
        {"trivy": {"skip_java_update": True}},
        ["trivy.skip_update: is required with skip_java_update: without databases, there is neither; set it"],
    ),
    (
        "downloads that are skipped",
        BASE,
        {"trivy": {"skip_update": True, "database_repositories": ["ghcr.io/aquasecurity/trivy-db"]}},
        ["trivy.database_repositories: are not downloaded from, as updates are skipped; remove them"],
    ),
    (
        "a repository with a scheme",
        BASE,
        {"trivy": {"database_repositories": ["oci://ghcr.io/aquasecurity/trivy-db"]}},
        [
            "trivy.database_repositories[0]: 'oci://ghcr.io/aquasecurity/trivy-db' is not a repository; write host/path, such as 'ghcr.io/aquasecurity/trivy-db'"
        ],
    ),
    (
        "neither IPv4 nor IPv6",
        BASE,
        {"ip_family": {"ipv4": False, "ipv6": False}},
        ["ip_family.ipv4: or ipv6 has to be on: nginx listens on neither; set one of them to true"],
    ),
    (
        "a family that is off",
        BASE,
        {"ip_family": {"ipv6": False, "families": ["IPv4", "IPv6"]}},
        ["ip_family.families[1]: 'IPv6' is off (ipv6 is false); remove it"],
    ),
    (
        "dual stack with one family",
        BASE,
        {"ip_family": {"ipv6": False, "policy": "RequireDualStack"}},
        ["ip_family.policy: 'RequireDualStack' needs both families; turn both on, or choose another policy"],
    ),
    (
        "one stack with two families",
        BASE,
        {"ip_family": {"policy": "SingleStack", "families": ["IPv4", "IPv6"]}},
        ["ip_family.families: are two, and policy 'SingleStack' takes one; remove one of them"],
    ),
    ("a proxy that is none", BASE, {"proxy": {}}, ["proxy.https: or http is required; give at least one proxy"]),
    (
        "a proxy with a login",
        BASE,
        {"proxy": {"https": "http://ci:hunter22-hunter22@proxy:3128"}},
        ["proxy.https: has a login in the URL; take user name and password out of it"],
    ),
    (
        "a proxy for what does not run",
        BASE,
        {"trivy": None, "proxy": {"https": "http://proxy:3128", "components": ["core", "trivy"]}},
        ["proxy.components: name trivy, which does not run; remove it there"],
    ),
    (
        "a seccomp profile without a file",
        BASE,
        {"security_context": {"seccomp": "Localhost"}},
        ["security_context.seccomp_file: and seccomp 'Localhost' need each other; give both or neither"],
    ),
    (
        "images with a scheme",
        BASE,
        {"image_prefix": "https://mirror.example.com/goharbor"},
        [
            "image_prefix: 'https://mirror.example.com/goharbor' has a scheme; give host and path alone, such as 'mirror.example.com/goharbor'"
        ],
    ),
    (
        "images of a host alone",
        BASE,
        {"image_prefix": "mirror.example.com"},
        [
            "image_prefix: 'mirror.example.com' is not a place of images; write host/path, such as 'mirror.example.com/goharbor'"
        ],
    ),
    (
        "a pull secret twice",
        BASE,
        {"image_pull_secrets": ["mirror", "mirror"]},
        ["image_pull_secrets[1]: 'mirror' is in the list already; remove it"],
    ),
    (
        "a chart's login without a password",
        BASE,
        {"chart": {"kind": "repository", "username": "ci"}},
        ["chart.password: is required with username; give both, or neither"],
    ),
    (
        "a chart in a registry without a scheme",
        BASE,
        {"chart": {"kind": "oci", "url": "registry.example.com/harbor"}},
        [
            "chart.url: 'registry.example.com/harbor' is not a chart in a registry; write it as 'oci://registry.example.com/charts/harbor'"
        ],
    ),
    (
        "a URL for a path",
        BASE,
        {"chart": {"kind": "path", "path": "https://helm.goharbor.io"}},
        ["chart.path: 'https://helm.goharbor.io' is a URL; say kind 'repository' or 'oci' for it"],
    ),
    (
        "another chart version",
        BASE,
        {"chart": {"kind": "repository", "version": "1.18.0"}},
        ["chart.version: is not a setting; allowed: kind, password, url, username"],
    ),
    (
        "a bundle twice",
        BASE,
        {"ca_bundle": CERTIFICATE, "ca_bundle_existing_secret": "bundle"},
        ["ca_bundle_existing_secret: and ca_bundle exclude each other; remove one of them"],
    ),
    (
        "a bundle that is none",
        BASE,
        {"ca_bundle": "hunter22"},
        ["ca_bundle: is not a PEM certificate; give the file's content, which begins with -----BEGIN CERTIFICATE-----"],
    ),
    (
        "internal TLS without Trivy's Secret",
        BASE,
        {"internal_tls": {"kind": "secrets", "core": "a", "jobservice": "b", "registry": "c", "portal": "d"}},
        ["internal_tls.trivy: is required, as Trivy runs; give its Secret, or set trivy to null"],
    ),
    (
        "internal TLS for Trivy that does not run",
        BASE,
        {
            "trivy": None,
            "internal_tls": {
                "kind": "secrets",
                "core": "a",
                "jobservice": "b",
                "registry": "c",
                "portal": "d",
                "trivy": "e",
            },
        },
        ["internal_tls.trivy: is for Trivy, which does not run; remove it"],
    ),
    (
        "one consent of two",
        BASE,
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion"],
    ),
    (
        "the other consent of two",
        BASE,
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"],
    ),
    ("a profile of nothing", BASE, {"profile": "tiny"}, ["profile: must be one of minimal, ha, not 'tiny'"]),
    (
        "a log level of nothing",
        BASE,
        {"log_level": "trace"},
        ["log_level: must be one of debug, info, warning, error, fatal, not 'trace'"],
    ),
    (
        "values handed through",
        BASE,
        {"values": {"core": {"secret": "hunter22"}}},
        ["values: is not a setting; did you mean volumes?"],
    ),
    (
        "ha with one volume for images",
        HA,
        {"storage": None},
        [
            "registry.replicas: 2 pods cannot share a volume that is ReadWriteOnce; use a bucket (storage), volumes.registry.access_mode 'ReadWriteMany', or one pod"
        ],
    ),
    (
        "a backup of what is elsewhere",
        HA,
        {"backup": {}},
        [
            "backup: finds nothing to save: database and images are outside of the cluster; back them up there, and remove it"
        ],
    ),
    (
        "a dump of a database that is elsewhere",
        BASE,
        {"database": EXTERNAL, "backup": {"dump_timeout_seconds": 60, "on_error": "continue"}},
        [
            "backup.dump_timeout_seconds: is of the dump of an internal database, and it is external; remove it",
            "backup.on_error: is of the dump of an internal database, and it is external; remove it",
        ],
    ),
    (
        "annotations that a backup sets",
        BASE,
        {
            "backup": {},
            "database": {"kind": "internal", "pod": {"pod_annotations": {"pre.hook.backup.velero.io/timeout": "1m"}}},
            "registry": {"pod_annotations": {"backup.velero.io/backup-volumes": "registry-data"}},
        },
        [
            "database.pod.pod_annotations['pre.hook.backup.velero.io/timeout']: is what backup sets; remove one of them",
            "registry.pod_annotations['backup.velero.io/backup-volumes']: is what backup sets; remove one of them",
        ],
    ),
    (
        "a dump that has no time",
        BASE,
        {"backup": {"dump_timeout_seconds": 5}},
        ["backup.dump_timeout_seconds: must be at least 10, not 5"],
    ),
    (
        "a backup in no known way",
        BASE,
        {"backup": {"volumes": "restic"}},
        ["backup.volumes: must be one of file_system, snapshot, not 'restic'"],
    ),
    (
        "several mistakes at once",
        BASE,
        {
            "expose": CLUSTER_IP,
            "namespace": "H",
            "admin_password": "changeit",
            "core": {"replicas": 0},
            "update_strategy": "rolling_update",
            "deletion": "destroy",
        },
        [
            "admin_password: is a password that everybody knows; give another, or leave it out to have one generated",
            "core.replicas: must be at least 1, not 0",
            "empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion",
            "external_url: is required with expose kind 'cluster_ip'; give the URL that clients use",
            "namespace: 'H' is not a name of Kubernetes; use 1 to 63 lower-case letters, digits and - inside",
            "update_strategy: 'rolling_update' never ends while registry and jobservice have a volume that is ReadWriteOnce; use 'recreate', or remove it",
        ],
    ),
]


@pytest.mark.parametrize(("base", "changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_mistakes_are_told_whole(base: dict[str, Any], changes: dict[str, Any], mistakes: list[str]) -> None:
    said = {key: value for key, value in {**base, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        HarborRegistryArgs.parse(said)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    told = "\n".join([f"HarborRegistryArgs is not valid ({count}):", *(f"  {line}" for line in mistakes)])
    assert str(caught.value) == told
    assert "hunter22" not in str(caught.value)


def test_the_table_has_no_row_twice() -> None:
    assert len({row[0] for row in TABLE}) == len(TABLE)
    assert len(TABLE) >= 100


@pytest.mark.parametrize("base", [BASE, HA], ids=["least", "ha"])
def test_what_the_rows_change_is_right_in_itself(base: dict[str, Any]) -> None:
    HarborRegistryArgs.parse(base)


KNOWN = ["Harbor12345", "changeit", "not-a-secure-key", "harbor_registry_password", "root123", "Password123"]


@pytest.mark.parametrize("password", KNOWN)
@pytest.mark.parametrize("where", ["admin", "database", "redis"])
def test_rule_24_no_password_that_everybody_knows(where: str, password: str) -> None:
    said = {
        "admin": {**BASE, "admin_password": password},
        "database": {**BASE, "database": {**EXTERNAL, "password": password}},
        "redis": {**BASE, "redis": {**REDIS, "password": password}},
    }[where]
    with pytest.raises(StackError, match="is a password that everybody knows") as caught:
        HarborRegistryArgs.parse(said)
    assert password not in str(caught.value)
