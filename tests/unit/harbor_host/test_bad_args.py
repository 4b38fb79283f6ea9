# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong arguments of a Harbor on one machine."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.harbor.host import HarborHostArgs
from tests.unit.harbor_host.everything import BASE, BEHIND, CERTIFICATE, COMPOSE, OTHERS, S3

pytestmark = pytest.mark.unit

MISSING = object()
DATABASE = OTHERS["database"]
REDIS = {"kind": "external", "addresses": ["redis.example.com:6379"]}

# A title, what is changed, how, and a part of what is told: where, and what to do.
TABLE: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "nothing said",
        BASE,
        {"hostname": MISSING, "apply": MISSING, "tls": MISSING},
        ["apply: is required", "hostname: is required", "tls: is required"],
    ),
    ("misspelt", BASE, {"hostnam": "x"}, ["hostnam: is not a setting; did you mean hostname?"]),
    (
        "misspelt in jobs",
        BASE,
        {"jobs": {"max_worker": 1}},
        ["jobs.max_worker: is not a setting; did you mean max_workers?"],
    ),
    ("localhost", BASE, {"hostname": "localhost"}, ["hostname: 'localhost' is reached from this machine alone"]),
    ("127.0.0.1", BASE, {"hostname": "127.0.0.1"}, ["hostname: '127.0.0.1' is reached from this machine alone"]),
    (
        "the installer's example",
        BASE,
        {"hostname": "reg.mydomain.com"},
        ["hostname: 'reg.mydomain.com' is the installer's example"],
    ),
    (
        "a scheme",
        BASE,
        {"hostname": "https://harbor.example.com"},
        ["hostname: 'https://harbor.example.com' has a scheme"],
    ),
    ("a port", BASE, {"hostname": "harbor.example.com:8443"}, ["hostname: 'harbor.example.com:8443' has a port"]),
    (
        "no kind of apply",
        BASE,
        {"apply": {}},
        ["apply: needs `kind` to say which kind it is; allowed: docker, compose"],
    ),
    ("an unknown kind of apply", BASE, {"apply": {"kind": "podman"}}, ["apply: kind"]),
    (
        "a folder that is not absolute",
        BASE,
        {"apply": {"kind": "compose", "directory": "harbor"}},
        ["apply.directory: 'harbor' is not an absolute path"],
    ),
    (
        "the root as folder",
        BASE,
        {"apply": {"kind": "compose", "directory": "/"}},
        ["apply.directory: '/' is the root"],
    ),
    ("no folder", BASE, {"apply": {"kind": "compose"}}, ["apply.directory: is required"]),
    (
        "a docker host without a scheme",
        BASE,
        {"apply": {"kind": "docker", "docker_host": "harbor.example.com"}},
        ["apply.docker_host: 'harbor.example.com' is not a Docker address"],
    ),
    (
        "a folder with docker",
        BASE,
        {"apply": {"kind": "docker", "directory": "/srv"}},
        ["apply.directory: is not a setting"],
    ),
    (
        "no wait",
        BASE,
        {"apply": {"kind": "docker", "start_timeout_seconds": 1}},
        ["apply.start_timeout_seconds: must be at least 10, not 1"],
    ),
    ("plain http", BASE, {"tls": None}, ["tls: "]),
    ("an unknown kind of tls", BASE, {"tls": {"kind": "none"}}, ["tls: kind"]),
    (
        "a certificate that is none",
        BASE,
        {"tls": {"kind": "given", "certificate": "x", "private_key": "y"}},
        ["tls.certificate: ", "tls.private_key: "],
    ),
    (
        "a key that is not given",
        BASE,
        {"tls": {"kind": "given", "certificate": CERTIFICATE}},
        ["tls.private_key: is required"],
    ),
    (
        "a relative certificate",
        BASE,
        {"tls": {"kind": "host_files", "certificate": "tls.crt", "private_key": "/k"}},
        ["tls.certificate: 'tls.crt' is not an absolute path"],
    ),
    (
        "a short certificate",
        BASE,
        {"tls": {"kind": "generated", "validity_hours": 1}},
        ["tls.validity_hours: must be at least 720, not 1"],
    ),
    (
        "a proxy that nobody knows",
        BASE,
        {"tls": {"kind": "terminated"}},
        ["external_url: is required with tls kind 'terminated'"],
    ),
    ("https behind a proxy", BEHIND, {"https_port": 443}, ["https_port: has no meaning with tls kind 'terminated'"]),
    ("http for clients", BASE, {"external_url": "http://harbor.example.com"}, ["external_url: "]),
    ("an example's host", BASE, {"external_url": "harbor.example.com"}, ["external_url: "]),
    ("an address that is none", BASE, {"bind_address": "eth0"}, ["bind_address: 'eth0' is not an address"]),
    ("one port for both", BASE, {"http_port": 443}, ["https_port: 443 is http_port too"]),
    ("one port for metrics", BASE, {"metrics": {"port": 443}}, ["metrics.port: 443 is https_port too"]),
    ("a port beyond all", BASE, {"http_port": 70000}, ["http_port: must be at most 65535, not 70000"]),
    ("a path without /", BASE, {"metrics": {"path": "metrics"}}, ["metrics.path: "]),
    ("no addresses", BASE, {"ip_family": {"ipv4": False}}, ["ip_family.ipv4: or ipv6 has to be on"]),
    (
        "internal tls in a relative folder",
        BASE,
        {"internal_tls": {"kind": "directory", "directory": "tls"}},
        ["internal_tls.directory: 'tls' is not an absolute path"],
    ),
    ("an authority that is none", BASE, {"ca_bundle": "x"}, ["ca_bundle: "]),
    (
        "the installer's password",
        BASE,
        {"admin_password": "Harbor12345"},
        ["admin_password: is a password that everybody knows"],
    ),
    ("a short password", BASE, {"admin_password": "Short-7"}, ["admin_password: has 7 characters; give 12 to 128"]),
    (
        "a password of letters",
        BASE,
        {"admin_password": "only-small-letters"},
        ["admin_password: has no capital and no digit"],
    ),
    (
        "the installer's database password",
        BASE,
        {"database": {"kind": "internal", "password": "root123"}},
        ["database.password: is a password that everybody knows"],
    ),
    (
        "more idle than open",
        BASE,
        {"database": {"kind": "internal", "max_idle_connections": 30, "max_open_connections": 20}},
        ["database.max_idle_connections: 30 is more than max_open_connections 20"],
    ),
    (
        "more than PostgreSQL takes",
        BASE,
        {"database": {"kind": "internal", "max_open_connections": 2000}},
        ["database.max_open_connections: 2000 is more than Harbor's PostgreSQL takes"],
    ),
    (
        "a duration without a unit",
        BASE,
        {"database": {"kind": "internal", "connection_max_lifetime": "300"}},
        ["database.connection_max_lifetime: '300' is not a duration"],
    ),
    (
        "an external pool's lifetime",
        BASE,
        {"database": {**DATABASE, "connection_max_lifetime": "5m"}},
        ["database.connection_max_lifetime: is not a setting"],
    ),
    (
        "shared memory of others",
        BASE,
        {"database": {**DATABASE, "shared_memory_megabytes": 512}},
        ["database.shared_memory_megabytes: is not a setting"],
    ),
    (
        "a database without a host",
        BASE,
        {"database": {"kind": "external", "username": "h", "password": "hunter22-hunter22"}},
        ["database.host: is required"],
    ),
    (
        "a database without a password",
        BASE,
        {"database": {"kind": "external", "host": "pg.example.com", "username": "h"}},
        ["database.password: is required"],
    ),
    (
        "a host with its port",
        BASE,
        {"database": {**DATABASE, "host": "pg.example.com:5432"}},
        ["database.host: 'pg.example.com:5432' has a port"],
    ),
    ("an unknown ssl_mode", BASE, {"database": {**DATABASE, "ssl_mode": "prefer"}}, ["database.ssl_mode: "]),
    (
        "a Redis without a port",
        BASE,
        {"redis": {**REDIS, "addresses": ["redis.example.com"]}},
        ["redis.addresses[0]: 'redis.example.com' is not host:port"],
    ),
    ("no Redis at all", BASE, {"redis": {**REDIS, "addresses": []}}, ["redis.addresses: "]),
    (
        "a cluster",
        BASE,
        {"redis": {**REDIS, "addresses": ["a.example.com:1", "b.example.com:1"]}},
        ["redis.addresses: are 2, which only Sentinels are"],
    ),
    (
        "a user without a password",
        BASE,
        {"redis": {**REDIS, "username": "harbor"}},
        ["redis.password: is required with username"],
    ),
    (
        "an authority without tls",
        BASE,
        {"redis": {**REDIS, "tls": False, "ca_file": "/etc/ca.crt"}},
        ["redis.ca_file: has no meaning without tls"],
    ),
    (
        "a password of the URL's",
        BASE,
        {"redis": {**REDIS, "password": "with@at/slash-88"}},
        ["redis.password: has a character that means something in a URL"],
    ),
    (
        "one database for two",
        BASE,
        {"redis": {"kind": "internal", "registry_database": 1}},
        ["redis.registry_database: 1 has jobservice_database too"],
    ),
    (
        "a database beyond all",
        BASE,
        {"redis": {"kind": "internal", "trivy_database": 16}},
        ["redis.trivy_database: must be at most 15, not 16"],
    ),
    (
        "a password of Harbor's own Redis",
        BASE,
        {"redis": {"kind": "internal", "password": "x"}},
        ["redis.password: is not a setting"],
    ),
    (
        "IRSA",
        BASE,
        {"storage": {**S3, "credentials": {"kind": "irsa", "role_arn": "arn:aws:iam::123456789012:role/harbor"}}},
        ["storage.credentials: by IRSA (IAM roles for service accounts) reach no bucket with Harbor up to 2.15.2"],
    ),
    (
        "the machine's role",
        BASE,
        {"storage": {**S3, "credentials": {"kind": "instance"}}},
        [
            "storage.credentials: by the machine's role reach no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys'"
        ],
    ),
    (
        "a secret of Kubernetes",
        BASE,
        {"storage": {**S3, "credentials": {"kind": "kubernetes_secret", "name": "s"}}},
        ["storage.credentials: of kind 'kubernetes_secret' are not read by Harbor's installer"],
    ),
    (
        "a claim",
        BASE,
        {"storage": {"kind": "volume", "claim": "c", "access_mode": "ReadWriteOnce"}},
        ["storage.kind: 'volume' is Kubernetes'"],
    ),
    (
        "a class that Distribution 2.8 lacks",
        BASE,
        {"storage": {**S3, "storage_class": "INTELLIGENT_TIERING"}},
        ["storage.storage_class: "],
    ),
    (
        "two folders of data",
        BASE,
        {"data_volume": "/a", "storage": {"kind": "filesystem", "directory": "/b"}},
        ["data_volume: and storage.directory '/b' are one folder for Harbor"],
    ),
    (
        "two authorities of storage",
        OTHERS,
        {"ca_bundle": CERTIFICATE},
        ["ca_bundle: and storage.ca_certificate are one file for Harbor"],
    ),
    (
        "a redirect to nowhere",
        BASE,
        {"storage": {"kind": "filesystem", "directory": "/b"}, "storage_redirect": False},
        ["storage_redirect: has no meaning for kind 'filesystem'"],
    ),
    (
        "a folder of data that is not absolute",
        BASE,
        {"data_volume": "data"},
        ["data_volume: 'data' is not an absolute path"],
    ),
    ("the root as data", BASE, {"data_volume": "/"}, ["data_volume: '/' is the root of the file system"]),
    (
        "Java alone offline",
        BASE,
        {"trivy": {"skip_java_update": True}},
        ["trivy.skip_update: is required with skip_java_update"],
    ),
    ("a check that Harbor lacks", BASE, {"trivy": {"checks_for": ["license"]}}, ["trivy.checks_for[0]: "]),
    (
        "a check twice",
        BASE,
        {"trivy": {"checks_for": ["vuln", "vuln"]}},
        ["trivy.checks_for[1]: 'vuln' is in the list already"],
    ),
    ("no check", BASE, {"trivy": {"checks_for": []}}, ["trivy.checks_for: "]),
    ("a scan without a unit", BASE, {"trivy": {"timeout": "300"}}, ["trivy.timeout: '300' is not a duration"]),
    (
        "a repository with a scheme",
        BASE,
        {"trivy": {"database_repository": "https://ghcr.io/x"}},
        ["trivy.database_repository: 'https://ghcr.io/x' is not a repository"],
    ),
    ("no workers", BASE, {"jobs": {"max_workers": 0}}, ["jobs.max_workers: must be at least 1, not 0"]),
    ("an unknown logger", BASE, {"jobs": {"loggers": ["syslog"]}}, ["jobs.loggers[0]: "]),
    (
        "a logger twice",
        BASE,
        {"jobs": {"loggers": ["file", "file"]}},
        ["jobs.loggers[1]: 'file' is in the list already"],
    ),
    ("no logger", BASE, {"jobs": {"loggers": []}}, ["jobs.loggers: "]),
    ("an unknown level", BASE, {"log": {"level": "trace"}}, ["log.level: "]),
    (
        "logs in a folder, with docker",
        BASE,
        {"log": {"directory": "/var/log/harbor"}},
        ["log.directory: has no meaning with apply kind 'docker'"],
    ),
    (
        "syslog over TLS",
        BASE,
        {"log": {"syslog": {"protocol": "tls", "host": "l.example.com"}}},
        ["log.syslog.protocol: "],
    ),
    ("syslog without a host", BASE, {"log": {"syslog": {}}}, ["log.syslog.host: is required"]),
    ("a proxy of nothing", BASE, {"proxy": {}}, ["proxy.https: or http is required"]),
    (
        "a proxy for another part",
        BASE,
        {"proxy": {"http": "http://p:1", "components": ["registry"]}},
        ["proxy.components[0]: "],
    ),
    (
        "two kinds of trace",
        BASE,
        {"trace": {"kind": "otel", "endpoint": "o.example.com:4318", "host": "j"}},
        ["trace.host: is not a setting"],
    ),
    (
        "a rate above one",
        BASE,
        {"trace": {"kind": "otel", "endpoint": "o.example.com:4318", "sample_rate": 2}},
        ["trace.sample_rate: must be at most 1.0, not 2"],
    ),
    (
        "half a login",
        BASE,
        {"trace": {"kind": "jaeger_collector", "endpoint": "http://j:1/a", "username": "u"}},
        ["trace.password: is required with username"],
    ),
    (
        "purging without a unit",
        BASE,
        {"upload_purging": {"age": "168"}},
        ["upload_purging.age: '168' is not a duration"],
    ),
    ("an unknown provider of quotas", BASE, {"quota_provider": "memory"}, ["quota_provider: "]),
    ("an image's prefix with a tag", BASE, {"image_prefix": "docker.io/goharbor:v2"}, ["image_prefix: "]),
    ("a service that is none", BASE, {"services": {"notary": {}}}, ["services.notary: "]),
    ("a digest that is none", BASE, {"services": {"core": {"digest": "latest"}}}, ["services.core.digest: "]),
    (
        "a digest and an image",
        BASE,
        {"services": {"core": {"digest": "sha256:" + "0" * 64, "image": "x/y:1"}}},
        ["services.core.digest: and image exclude each other"],
    ),
    (
        "little memory",
        BASE,
        {"services": {"core": {"memory_megabytes": 1}}},
        ["services.core.memory_megabytes: must be at least 32, not 1"],
    ),
    (
        "a capability in small letters",
        BASE,
        {"services": {"core": {"capabilities": ["chown"]}}},
        ["services.core.capabilities[0]: "],
    ),
    (
        "a scanner that does not run",
        {**BASE, "trivy": None},
        {"services": {"trivy-adapter": {}}},
        ["services.trivy-adapter: does not run with no trivy"],
    ),
    (
        "a database that does not run",
        {**BASE, "database": DATABASE},
        {"services": {"postgresql": {}}},
        ["services.postgresql: does not run with an external database"],
    ),
    (
        "a Redis that does not run",
        {**BASE, "redis": REDIS},
        {"services": {"redis": {}}},
        ["services.redis: does not run with an external Redis"],
    ),
    (
        "an exporter that does not run",
        BASE,
        {"services": {"exporter": {}}},
        ["services.exporter: does not run with no metrics"],
    ),
    (
        "a collector of logs, with docker",
        BASE,
        {"services": {"log": {}}},
        ["services.log: does not run with apply kind 'docker'"],
    ),
    ("one consent", BASE, {"deletion": "destroy"}, ["deletion: 'destroy' takes all images and the database with it"]),
    ("the other consent", BASE, {"empty_on_delete": True}, ["empty_on_delete: is the second consent"]),
    (
        "destroying what is the host's",
        {**BASE, "apply": COMPOSE},
        {"deletion": "destroy", "empty_on_delete": True},
        ["deletion: 'destroy' is for apply kind 'docker'"],
    ),
    (
        "a release too old",
        BASE,
        {"upgrade_from": "2.12.0"},
        [
            "upgrade_from: Harbor migrates from 2 minor releases before at most, and 2.12.0 is older than that for 2.15.1; upgrade to 2.14 first"
        ],
    ),
    ("a release very old", BASE, {"upgrade_from": "2.8.4"}, ["upgrade to 2.10, then to 2.12, then to 2.14 first"]),
    (
        "a newer release",
        BASE,
        {"upgrade_from": "2.16.0"},
        ["upgrade_from: 2.16.0 is newer than 2.15.1, and Harbor's database does not go back"],
    ),
    ("half a version", BASE, {"upgrade_from": "2.14"}, ["upgrade_from: '2.14' is not a version of Harbor"]),
    ("another major release", BASE, {"upgrade_from": "1.10.0"}, ["upgrade_from: '1.10.0' is older than 2.4"]),
    (
        "logs here and there",
        BASE,
        {"log": {"rotate_count": 5, "syslog": {"host": "l.example.com"}}},
        ["log.rotate_count: has no meaning with syslog"],
    ),
    (
        "a port of Harbor's own",
        BASE,
        {"metrics": {"port": 8080}},
        ["metrics.port: 8080 is what Harbor's services listen on"],
    ),
    (
        "new secrets where prepare makes them",
        {**BASE, "apply": COMPOSE},
        {"secrets_generation": 2},
        ["secrets_generation: is for apply kind 'docker'"],
    ),
    (
        "a folder that a shell reads otherwise",
        BASE,
        {"data_volume": "/srv/$(id)"},
        ["data_volume: '/srv/$(id)' has more than letters, digits"],
    ),
    (
        "a directory with a blank",
        BASE,
        {"storage": {"kind": "filesystem", "directory": "/srv/my images"}},
        ["storage.directory: '/srv/my images' has more than letters, digits"],
    ),
    (
        "logs in a folder that a shell reads otherwise",
        {**BASE, "apply": COMPOSE},
        {"log": {"directory": "/var/log;reboot"}},
        ["log.directory: '/var/log;reboot' has more than letters, digits"],
    ),
]


@pytest.mark.parametrize(("title", "base", "changes", "told"), TABLE, ids=[row[0] for row in TABLE])
def test_what_is_told(title: str, base: dict[str, Any], changes: dict[str, Any], told: list[str]) -> None:
    settings = {key: value for key, value in {**base, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        HarborHostArgs.parse(settings)
    message = str(caught.value)
    heading, *lines = [line.strip() for line in message.splitlines() if line.strip()]
    assert heading == f"HarborHostArgs is not valid ({len(told)} mistake{'s' if len(told) > 1 else ''}):", message
    for part in told:
        assert any(part in line for line in lines), message
    assert "'kubernetes_secret' with" not in message, "no way is named that there is not"
    # Nothing secret, and nothing of ours: no value of a password, no name of a class.
    for secret in ("Harbor12345", "root123", "Short-7", "only-small-letters", "with@at"):
        assert secret not in message
    for inner in ("Value error", "pydantic", "Traceback"):
        assert inner not in message, message


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(StackError) as caught:
        HarborHostArgs.parse(
            {**BASE, "hostname": "localhost", "admin_password": "Harbor12345", "deletion": "destroy", "http_port": 443}
        )
    for where in ("hostname: ", "admin_password: ", "deletion: ", "https_port: "):
        assert where in str(caught.value)
