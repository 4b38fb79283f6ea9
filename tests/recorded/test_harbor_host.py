"""Recorded proof: what a `HarborHost` describes to a Docker engine, and what it writes for `docker compose`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from registry_components.harbor import HarborHost
from registry_components.harbor.host.facts import SERVICES
from registry_components.testing import UNKNOWN, Recorded, Recording, Secret, find_plaintext, record
from tests.unit.harbor_host.everything import (
    BASE,
    BEHIND,
    CERTIFICATE,
    COMPOSE,
    EVERYTHING,
    IN_COMPOSE,
    KEY,
    OTHERS,
    OWN,
    REDIS_PASSWORD,
    SECRETS,
)

pytestmark = pytest.mark.recorded

CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"
PASSWORD = "random:index/randomPassword:RandomPassword"
FILES = "pulumi-python:dynamic/registry-components:HarborFiles"
COMPONENT = "registry-components:index:HarborHost::harbor"
OUTPUTS: dict[str, Any] = {
    PASSWORD: lambda made: {
        "result": Secret(f"random-text-of-{made.name}"),
        "bcryptHash": Secret(f"hash-of-{made.name}"),
    },
    "tls:index/privateKey:PrivateKey": lambda made: {"privateKeyPem": Secret(f"private-key-of-{made.name}")},
    "tls:index/selfSignedCert:SelfSignedCert": lambda made: {"certPem": f"certificate of {made.name}"},
    "tls:index/locallySignedCert:LocallySignedCert": lambda made: {"certPem": f"certificate of {made.name}"},
    "tls:index/certRequest:CertRequest": lambda made: {"certRequestPem": f"request of {made.name}"},
    "docker:index/remoteImage:RemoteImage": lambda made: {"imageId": f"id of {made.inputs['name']}"},
}


def recording(settings: dict[str, Any], *, preview: bool = False) -> Recording:
    """Record one Harbor; a callable setting is an output, made inside the program."""

    def program() -> None:
        made = {key: value() if callable(value) else value for key, value in settings.items()}
        harbor = HarborHost("harbor", made)
        pulumi.export("url", harbor.url)
        pulumi.export("password", harbor.admin_password)

    return record(program, outputs=OUTPUTS, project="shop", stack="dev", preview=preview)


def container(found: Recording, service: str) -> Recorded:
    return found[f"{CONTAINER}::harbor{'' if service == 'proxy' else f'-{service}'}"]


def environment(found: Recording, service: str) -> dict[str, str]:
    """Return a container's environment; all of it has to be secret."""
    variables = container(found, service).inputs.get("envs", [])
    assert all(isinstance(variable, Secret) for variable in variables)
    return dict(variable.value.split("=", 1) for variable in variables)


def files(found: Recording, service: str) -> dict[str, str]:
    """Return what is uploaded, by path; all of it has to be secret."""
    uploads = container(found, service).inputs.get("uploads", [])
    assert all(isinstance(upload["content"], Secret) for upload in uploads)
    return {upload["file"]: upload["content"].value for upload in uploads}


def written(found: Recording) -> dict[str, str]:
    """Return the files for compose."""
    said = found[f"{FILES}::harbor"].inputs["files"]
    assert isinstance(said, Secret)
    return dict(said.value)


@pytest.mark.parametrize("title", [*EVERYTHING, *(f"{title}, in compose" for title in IN_COMPOSE)])
def test_no_secret_is_readable(title: str) -> None:
    settings = EVERYTHING.get(title) or IN_COMPOSE[title.removesuffix(", in compose")]
    found = recording(settings)
    made = [f"{kind}-of-harbor-{role}" for kind in ("random-text", "hash", "private-key") for role in ROLES]
    secrets = {f"secret {number}": secret for number, secret in enumerate([*SECRETS, *made])}
    shown = [repr(resource.inputs) for resource in found.resources.values()]
    assert find_plaintext(secrets, *shown, found.tree(), repr(found.exports), *found.messages) == []
    assert found.unpublished() == []
    assert isinstance(found.exports["password"], Secret)


ROLES = ("admin", "database", "core-secret", "jobservice-secret", "secret-key", "csrf", "registry-credentials", "tls")


@pytest.mark.parametrize("title", list(EVERYTHING))
def test_each_service_is_hardened(title: str) -> None:
    found = recording(EVERYTHING[title])
    services = [resource for resource in found.resources.values() if resource.type == CONTAINER]
    assert len(services) >= 8
    for resource in services:
        inputs = resource.inputs
        owners = resource.name == "harbor-owners"
        assert inputs["capabilities"]["drops"] == ["ALL"]
        assert inputs["capabilities"]["adds"] == (
            ["CAP_CHOWN"]
            if owners
            else ["CAP_NET_RAW"]
            if (title, resource.name) == ("all of its own", "harbor-core")
            else []
        )
        assert inputs["securityOpts"] == ["no-new-privileges:true"]
        assert not inputs["privileged"]
        assert inputs["memory"] == inputs["memorySwap"] > 0
        assert inputs["restart"] == ("no" if owners else "always")
        assert inputs["user"] == ("0:0" if owners else f"{user(resource.name)}:{user(resource.name)}")
        assert inputs["networkMode"] == ("none" if owners else "bridge")
        assert inputs.get("networksAdvanced", [{}])[0].get("name") == (None if owners else "shop-dev-harbor-network")
        assert ("ports" in inputs) is (resource.name == "harbor"), "clients reach the proxy alone"
        assert all(upload["permissions"] == "0440" for upload in inputs.get("uploads", []))
        if not owners:
            assert inputs["dnsSearches"] == ["."]
            assert inputs["healthcheck"]["tests"][0] == "CMD-SHELL"
            assert inputs["wait"] is True
            mounts = inputs["volumes"]
            assert all(mount["readOnly"] for mount in mounts if not writable(resource.name, mount["containerPath"]))


def user(name: str) -> int:
    return SERVICES[name.removeprefix("harbor-") if name != "harbor" else "proxy"].user


def writable(name: str, path: str) -> bool:
    return path in SERVICES[name.removeprefix("harbor-") if name != "harbor" else "proxy"].data


def test_secrets_agree_between_services() -> None:
    found = recording(BASE)
    core, jobs, control = (environment(found, name) for name in ("core", "jobservice", "registryctl"))
    assert core["CORE_SECRET"] == jobs["CORE_SECRET"] == control["CORE_SECRET"] == "random-text-of-harbor-core-secret"
    assert core["JOBSERVICE_SECRET"] == jobs["JOBSERVICE_SECRET"] == control["JOBSERVICE_SECRET"]
    assert core["POSTGRESQL_PASSWORD"] == environment(found, "postgresql")["POSTGRES_PASSWORD"]
    registry = files(found, "registry")
    assert registry["/etc/registry/passwd"] == "harbor_registry_user:hash-of-harbor-registry-credentials\n"
    assert core["REGISTRY_CREDENTIAL_PASSWORD"] == "random-text-of-harbor-registry-credentials"
    assert registry["/etc/registry/root.crt"] == "certificate of harbor-token"
    assert files(found, "core")["/etc/core/private_key.pem"] == "private-key-of-harbor-token"
    assert registry["/etc/registry/config.yml"] == files(found, "registryctl")["/etc/registry/config.yml"]
    # Every program asks for its own part of one Redis.
    assert core["_REDIS_URL_REG"] == "redis://redis:6379/2?idle_timeout_seconds=30"
    assert yaml.safe_load(registry["/etc/registry/config.yml"])["redis"]["db"] == 2
    job = yaml.safe_load(files(found, "jobservice")["/etc/jobservice/config.yml"])
    assert job["worker_pool"]["redis_pool"]["redis_url"] == "redis://redis:6379/1?idle_timeout_seconds=30"


def test_sentinels_and_an_external_database() -> None:
    found = recording(OTHERS)
    core = environment(found, "core")
    assert core["_REDIS_URL_CORE"] == (
        f"rediss+sentinel://harbor:{REDIS_PASSWORD}@redis-a.example.com:26379,redis-b.example.com:26379/harbor/0"
        "?idle_timeout_seconds=60"
    )
    assert (core["POSTGRESQL_HOST"], core["POSTGRESQL_PORT"], core["POSTGRESQL_SSLMODE"]) == (
        "pg.example.com",
        "5433",
        "require",
    )
    assert f"{CONTAINER}::harbor-postgresql" not in found.resources
    assert f"{CONTAINER}::harbor-redis" not in found.resources
    redis = yaml.safe_load(files(found, "registry")["/etc/registry/config.yml"])["redis"]
    assert (redis["sentinelMasterSet"], redis["enableTLS"], redis["password"]) == ("harbor", True, REDIS_PASSWORD)
    mounts = {mount["containerPath"]: mount for mount in container(found, "core").inputs["volumes"]}
    assert mounts["/harbor_cust_cert/redis_ca.crt"]["hostPath"] == "/etc/harbor/redis.crt"
    # Internal TLS: each service has a certificate of its own, and all trust one authority.
    assert files(found, "jobservice")["/etc/harbor/ssl/job_service.crt"] == "certificate of harbor-internal-jobservice"
    assert files(found, "portal")["/etc/harbor/tls/portal.key"] == "private-key-of-harbor-internal-portal"
    assert core["CORE_URL"] == "https://core:8443"
    assert "proxy_pass https://core/v2/;" in files(found, "proxy")["/etc/nginx/nginx.conf"]


def test_a_bucket_in_the_registry() -> None:
    storage = yaml.safe_load(files(recording(OTHERS), "registry")["/etc/registry/config.yml"])["storage"]
    assert storage["s3"]["secretkey"] in SECRETS
    assert storage["s3"]["regionendpoint"] == "https://s3.example.com"
    assert storage["redirect"] == {"disable": True}
    assert "filesystem" not in storage
    assert files(recording(OTHERS), "registry")["/harbor_cust_cert/ca_bundle.crt"] == CERTIFICATE


def test_what_outlives_the_stack() -> None:
    found = recording(BASE)
    for key in (f"{VOLUME}::harbor-data-registry", f"{VOLUME}::harbor-data-database", f"{PASSWORD}::harbor-secret-key"):
        assert (found[key].protect, found[key].retain_on_delete) == (True, True), key
    gone = recording({**BASE, "deletion": "destroy", "empty_on_delete": True})
    for key in (f"{VOLUME}::harbor-data-registry", f"{PASSWORD}::harbor-secret-key"):
        assert not gone[key].protect
        assert not gone[key].retain_on_delete


def test_folders_of_the_host_in_place_of_volumes() -> None:
    found = recording({**BASE, "data_volume": "/srv/harbor"})
    assert [key for key in found.resources if key.startswith(VOLUME)] == []
    mounts = {
        mount["containerPath"]: mount["hostPath"] for mount in container(found, "trivy-adapter").inputs["volumes"]
    }
    assert mounts == {
        "/home/scanner/.cache/trivy": "/srv/harbor/trivy-adapter/trivy",
        "/home/scanner/.cache/reports": "/srv/harbor/trivy-adapter/reports",
    }
    (command,) = found[f"{CONTAINER}::harbor-owners"].inputs["command"]
    assert "chown 999:999 '/volumes/database' && chown 999:999 '/volumes/redis'" in command
    assert "chown 10000:10000 '/volumes/trivy-adapter/reports'" in command


def test_the_engine_and_how_long_it_waits() -> None:
    apply = {
        "kind": "docker",
        "docker_host": "ssh://admin@harbor.example.com",
        "start_timeout_seconds": 600,
        "health_interval_seconds": 30,
    }
    found = recording({**BASE, "apply": apply})
    assert found["pulumi:providers:docker::harbor-docker"].inputs["host"] == "ssh://admin@harbor.example.com"
    core = container(found, "core").inputs
    assert (core["waitTimeout"], core["healthcheck"]["interval"]) == (600, "30s")
    assert core["image"] == "id of docker.io/goharbor/harbor-core:v2.15.1"
    own = recording(OWN)
    images = {key: made.inputs["name"] for key, made in own.resources.items() if "remoteImage" in key}
    assert images["docker:index/remoteImage:RemoteImage::harbor-image-core"] == (
        "mirror.example.com/goharbor/harbor-core:v2.15.1@sha256:" + "0" * 64
    )
    assert images["docker:index/remoteImage:RemoteImage::harbor-image-proxy"] == "mirror.example.com/nginx:1"
    assert container(own, "core").inputs["logOpts"] == {"syslog-address": "udp://logs.example.com:514", "tag": "core"}


def test_new_secrets_by_generation_keep_what_encrypts_the_database() -> None:
    found = recording({**BASE, "secrets_generation": 2})
    assert found[f"{PASSWORD}::harbor-core-secret"].inputs["keepers"] == {"generation": "2"}
    assert "keepers" not in found[f"{PASSWORD}::harbor-secret-key"].inputs
    assert "keepers" not in found[f"{PASSWORD}::harbor-admin"].inputs


def test_given_passwords_are_not_generated() -> None:
    found = recording(OWN)
    assert f"{PASSWORD}::harbor-admin" not in found.resources
    assert f"{PASSWORD}::harbor-database" not in found.resources
    assert environment(found, "core")["HARBOR_ADMIN_PASSWORD"] in SECRETS


def test_values_that_are_known_later() -> None:
    settings = {
        **OTHERS,
        "admin_password": lambda: pulumi.Output.secret("Known-only-later-7"),
        "database": lambda: {**OTHERS["database"], "port": pulumi.Output.from_input(6432)},
        "redis": lambda: {**OTHERS["redis"], "addresses": [pulumi.Output.from_input("later.example.com:6379")]},
    }
    found = recording(settings)
    core = environment(found, "core")
    assert core["HARBOR_ADMIN_PASSWORD"] == "Known-only-later-7"
    assert core["POSTGRESQL_PORT"] == "6432"
    assert "@later.example.com:6379/harbor/0" in core["_REDIS_URL_CORE"]
    recording(settings, preview=True)
    assert recording(BASE, preview=True).exports["url"] is UNKNOWN


def test_the_files_for_compose() -> None:
    found = recording({**BASE, "apply": COMPOSE})
    texts = written(found)
    assert sorted(texts) == [
        "README.md",
        "compose.yaml",
        "harbor.service",
        "harbor.yml",
        "prepare.sh",
        "tls.crt",
        "tls.key",
    ]
    modes = found[f"{FILES}::harbor"].inputs["modes"]
    assert {name for name, mode in modes.items() if mode == 0o600} == {"harbor.yml", "tls.key"}
    assert yaml.safe_load(texts["harbor.yml"])["harbor_admin_password"] == "random-text-of-harbor-admin"
    rendered = yaml.safe_load(texts["compose.yaml"])
    assert list(rendered["services"]) == sorted(set(SERVICES) - {"exporter"})
    for name, service in rendered["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] == "always"
        assert service.get("cap_add", []) == sorted(SERVICES[name].capabilities)
        assert ("ports" in service) is (name in ("log", "proxy"))
        assert all(
            mount["read_only"] for mount in service["volumes"] if mount["target"] not in (*SERVICES[name].data, LOGS)
        )
    # A secret is in the files that nobody else reads, and in no other.
    for name, text in texts.items():
        if modes[name] != 0o600:
            assert "random-text-of" not in text, name
            assert "private-key-of" not in text, name


LOGS = "/var/log/docker"


def test_a_name_that_cannot_be() -> None:
    with pytest.raises(pulumi.RunError, match="HarborHost '': "):
        record(lambda: HarborHost("", BASE), outputs=OUTPUTS)


def test_a_proxy_in_front() -> None:
    found = recording(BEHIND)
    assert found.exports["url"] == "https://registry.example.com"
    assert [port["internal"] for port in container(found, "proxy").inputs["ports"]] == [8080]
    assert "ssl_certificate" not in files(found, "proxy")["/etc/nginx/nginx.conf"]
    assert environment(found, "core")["EXT_ENDPOINT"] == "https://registry.example.com"
    assert environment(found, "core")["WITH_TRIVY"] == "false"
    assert KEY not in str(files(found, "proxy"))


def test_the_block_of_the_page_registers_what_it_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "harbor-host.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    scope = {"certificate": CERTIFICATE, "private_key": KEY, "access_key": "AKIA0", "secret_key": SECRETS[3]}
    found = record(lambda: exec(compile(block, "docs/harbor-host.md", "exec"), scope), outputs=OUTPUTS)
    assert container(found, "core").inputs["logDriver"] == "syslog"
    # The limits that the page states.
    (row,) = re.findall(r"\| memory \| (.*?), without", page)
    stated = {name: facts.memory_megabytes for name, facts in SERVICES.items()}
    assert row == (
        "core, registry, job service and Redis 1024 MB, PostgreSQL and Trivy 2048, proxy, registryctl 512, "
        "the others 256"
    )
    assert {name for name, limit in stated.items() if limit == 1024} == {"core", "registry", "jobservice", "redis"}
    assert {name for name, limit in stated.items() if limit == 2048} == {"postgresql", "trivy-adapter"}
    assert {name for name, limit in stated.items() if limit == 512} == {"proxy", "registryctl"}
    assert {name for name, limit in stated.items() if limit == 256} == {"portal", "exporter", "log"}
