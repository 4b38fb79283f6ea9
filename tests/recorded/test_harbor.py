"""Recorded proof: what `HarborRegistry` describes to the engine, whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from registry_components.core.errors import StackError
from registry_components.harbor import HarborRegistry
from registry_components.testing import Recorded, Recording, Secret, find_plaintext, record
from tests.unit.harbor.everything import BASE, HA
from tests.unit.harbor.strategies import ADMIN_PASSWORD, CERTIFICATE, CHART_PASSWORD, SECRETS

pytestmark = pytest.mark.recorded

RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"
PASSWORD = "random:index/randomPassword:RandomPassword"


def answers(made: Recorded) -> Mapping[str, Any]:
    """Stand in for the providers: each value tells whose it is."""
    kind = made.type.rsplit(":", 1)[-1]
    known: dict[str, Mapping[str, Any]] = {
        "RandomPassword": {
            "result": Secret(f"random-text-of-{made.name}"),
            "bcryptHash": Secret(f"$2a$10$bcrypt-of-{made.name}"),
        },
        "RandomId": {"hex": "0a0b0c0d"},
        "PrivateKey": {"privateKeyPem": Secret(f"private-key-of-{made.name}")},
        "SelfSignedCert": {"certPem": f"certificate-of-{made.name}"},
        "LocallySignedCert": {"certPem": f"certificate-of-{made.name}"},
        "CertRequest": {"certRequestPem": f"request-of-{made.name}"},
    }
    return known.get(kind, {})


def recorded(said: Mapping[str, Any], *, preview: bool = False, name: str = "images") -> Recording:
    def program() -> None:
        registry = HarborRegistry(name, said)
        pulumi.export("url", registry.url)
        pulumi.export("server", registry.server)
        pulumi.export("login", registry.endpoint.docker_config_json())
        pulumi.export("authority", registry.endpoint.ca_certificate)

    return record(program, outputs=answers, project="shop", stack="dev", preview=preview)


def values(found: Recording) -> Any:
    return found[f"{RELEASE}::images"].inputs["values"]


def entries(found: Recording, role: str) -> dict[str, str]:
    """Return what a Secret holds; all of it has to be marked."""
    data = found[f"{SECRET}::images-{role}"].inputs["stringData"]
    if isinstance(data, Secret):
        data = data.value
    return {key: item.value if isinstance(item, Secret) else item for key, item in data.items()}


def test_the_least_harbor_is_this_tree() -> None:
    found = recorded(BASE)
    roles = ["admin", "core", "jobservice", "registry", "registry-credentials", "secret-key", "tls", "token"]
    passwords = ["admin", "core", "csrf", "database", "jobservice", "registry", "registry-credentials", "secret-key"]
    assert found.tree() == "\n".join(
        [
            "registry-components:index:HarborRegistry::images",
            *(f"  {SECRET}::images-{role}" for role in roles),
            f"  {RELEASE}::images",
            *(f"  {PASSWORD}::images-{role}" for role in passwords),
            "  tls:index/certRequest:CertRequest::images-tls",
            "  tls:index/locallySignedCert:LocallySignedCert::images-tls",
            *(f"  tls:index/privateKey:PrivateKey::images-{role}" for role in ("ca", "tls", "token")),
            *(f"  tls:index/selfSignedCert:SelfSignedCert::images-{role}" for role in ("ca", "token")),
        ]
    )
    assert found.unpublished() == []
    assert found.exports["url"] == "https://harbor.example.com"
    assert found.exports["server"] == "harbor.example.com"
    assert found.exports["authority"] == "certificate-of-images-ca"
    assert isinstance(found.exports["login"], Secret)


def test_what_is_given_has_secrets_of_its_own() -> None:
    found = recorded({**HA, "internal_tls": {"kind": "generated"}, "ca_bundle": CERTIFICATE})
    roles = sorted(item.name.removeprefix("images-") for item in found.of_type(SECRET))
    inside = [f"internal-{part}" for part in ("core", "jobservice", "portal", "registry", "trivy")]
    shared = ["admin", "core", "jobservice", "registry", "registry-credentials", "secret-key", "token"]
    assert roles == sorted([*shared, "ca-bundle", "database", "redis", "storage", *inside])
    assert [item.name for item in found.of_type("kubernetes:cert-manager.io/v1:Certificate")] == ["images-tls"]


def test_the_release_waits_for_all_secrets_and_is_never_rolled_back() -> None:
    found = recorded(HA)
    release = found[f"{RELEASE}::images"]
    assert {key: value for key, value in release.inputs.items() if key not in ("values", "compat")} == {
        "name": "images",
        "namespace": "harbor",
        "chart": "harbor",
        "version": "1.19.1",
        "repositoryOpts": {"repo": "https://helm.goharbor.io"},
        "atomic": False,
        "cleanupOnFail": False,
        "skipAwait": False,
        "timeout": 1800,
        "maxHistory": 10,
    }
    made = {item.urn for item in found.of_type(SECRET)}
    certificate = {item.urn for item in found.of_type("kubernetes:cert-manager.io/v1:Certificate")}
    assert made | certificate <= set(release.dependencies)


def test_secrets_hold_the_keys_that_the_chart_wants() -> None:
    found = recorded({**HA, "redis": {**HA["redis"], "username": "harbor"}})
    assert entries(found, "admin") == {"HARBOR_ADMIN_PASSWORD": "random-text-of-images-admin"}
    assert entries(found, "secret-key") == {"secretKey": "random-text-of-images-secret-key"}
    assert entries(found, "core") == {"secret": "random-text-of-images-core", "CSRF_KEY": "random-text-of-images-csrf"}
    assert entries(found, "jobservice") == {"JOBSERVICE_SECRET": "random-text-of-images-jobservice"}
    assert entries(found, "registry") == {"REGISTRY_HTTP_SECRET": "random-text-of-images-registry"}
    assert entries(found, "registry-credentials") == {
        "REGISTRY_PASSWD": "random-text-of-images-registry-credentials",
        "REGISTRY_HTPASSWD": "harbor_registry_user:$2a$10$bcrypt-of-images-registry-credentials",
    }
    assert entries(found, "token") == {
        "tls.crt": "certificate-of-images-token",
        "tls.key": "private-key-of-images-token",
    }
    assert set(entries(found, "database")) == {"password"}
    assert set(entries(found, "redis")) == {"REDIS_PASSWORD", "REDIS_USERNAME"}
    assert set(entries(found, "storage")) == {"REGISTRY_STORAGE_S3_ACCESSKEY", "REGISTRY_STORAGE_S3_SECRETKEY"}
    assert found[f"{SECRET}::images-token"].inputs["type"] == "kubernetes.io/tls"


def test_lengths_are_the_ones_that_harbor_takes() -> None:
    found = recorded(BASE)
    lengths = {item.name.removeprefix("images-"): item.inputs["length"] for item in found.of_type(PASSWORD)}
    assert lengths == {
        "secret-key": 16,
        "core": 16,
        "jobservice": 16,
        "registry": 16,
        "csrf": 32,
        "registry-credentials": 32,
        "admin": 32,
        "database": 32,
    }
    assert all(item.inputs["special"] is False for item in found.of_type(PASSWORD))


def test_the_names_in_values_are_the_secrets_that_are_made() -> None:
    found = recorded({**HA, "internal_tls": {"kind": "generated"}, "ca_bundle": CERTIFICATE})
    made = {item.inputs["metadata"]["name"] for item in found.of_type(SECRET)}
    said = values(found)
    named = {
        said["existingSecretAdminPassword"],
        said["existingSecretSecretKey"],
        said["core"]["existingSecret"],
        said["core"]["existingXsrfSecret"],
        said["core"]["secretName"],
        said["jobservice"]["existingSecret"],
        said["registry"]["existingSecret"],
        said["registry"]["credentials"]["existingSecret"],
        said["database"]["external"]["existingSecret"],
        said["redis"]["external"]["existingSecret"],
        said["persistence"]["imageChartStorage"]["s3"]["existingSecret"],
        said["caBundleSecretName"],
        *(part["secretName"] for part in said["internalTLS"].values() if isinstance(part, dict)),
    }
    assert named == made
    (certificate,) = found.of_type("kubernetes:cert-manager.io/v1:Certificate")
    assert certificate.inputs["spec"]["secretName"] == said["expose"]["tls"]["secret"]["secretName"]


def test_no_secret_is_readable_anywhere() -> None:
    chart = {"kind": "repository", "username": "ci", "password": CHART_PASSWORD}
    found = recorded({**HA, "admin_password": ADMIN_PASSWORD, "chart": chart})
    readable = {item.key: repr(item.inputs) for item in found.resources.values()}
    assert find_plaintext(SECRETS, readable, {"exports": repr(found.exports)}) == []
    generated = [*SECRETS, "random-text-of", "private-key-of"]
    assert find_plaintext(generated, {"values": repr(values(found))}) == []


def test_the_internal_databases_password_is_the_one_value_that_is_secret() -> None:
    password = values(recorded(BASE))["database"]["internal"]["password"]
    assert isinstance(password, Secret)
    assert password.value == "random-text-of-images-database"


def test_what_lasts_is_protected_and_retained_unless_both_consents_are_given() -> None:
    found = recorded(BASE)
    protected = {item.key for item in found.resources.values() if item.protect}
    passwords = {f"{PASSWORD}::images-{role}" for role in ("admin", "database", "secret-key")}
    secrets = {f"{SECRET}::images-{role}" for role in ("admin", "secret-key")}
    assert protected == passwords | secrets | {f"{RELEASE}::images"}
    retained = {item.key for item in found.resources.values() if item.retain_on_delete}
    assert retained == protected | {item.key for item in found.of_type(SECRET)}
    assert values(found)["persistence"]["resourcePolicy"] == "keep"
    gone = recorded({**BASE, "deletion": "destroy", "empty_on_delete": True})
    assert not [item.key for item in gone.resources.values() if item.protect or item.retain_on_delete]
    assert values(gone)["persistence"]["resourcePolicy"] == ""


def test_only_secrets_that_may_change_are_forced() -> None:
    """Else a second stack of the same name would overwrite the key that a kept Harbor's database needs."""
    found = recorded(BASE)
    forced = {item.name for item in found.of_type(SECRET) if item.inputs["metadata"].get("annotations")}
    assert {item.name for item in found.of_type(SECRET)} - forced == {"images-admin", "images-secret-key"}
    given = recorded({**BASE, "admin_password": ADMIN_PASSWORD})[f"{SECRET}::images-admin"]
    assert given.inputs["metadata"]["annotations"] == {"pulumi.com/patchForce": "true"}


def test_a_preview_makes_the_same_tree_and_knows_the_names() -> None:
    preview, update = recorded(HA, preview=True), recorded(HA)
    assert preview.tree() == update.tree()
    assert values(preview)["core"]["existingSecret"] == values(update)["core"]["existingSecret"]


def test_two_runs_describe_the_same() -> None:
    first, second = recorded(HA), recorded(HA)
    assert {key: repr(item.inputs) for key, item in first.resources.items()}.keys() == second.resources.keys()
    assert values(first) == values(second)


def changed(before: Recording, after: Recording) -> set[str]:
    return {
        key
        for key in before.resources.keys() | after.resources.keys()
        if key not in before.resources
        or key not in after.resources
        or before.resources[key].inputs != after.resources[key].inputs
    }


def test_an_upgrade_changes_only_what_was_changed() -> None:
    """O10: no secret is made anew by a change of something else."""
    before, after = recorded(HA), recorded({**HA, "log_level": "debug"})
    assert changed(before, after) == {f"{RELEASE}::images"}
    first, second = values(before), values(after)
    assert {key for key in first if first[key] != second[key]} == {"logLevel"}


def test_a_new_password_of_the_database_restarts_its_readers() -> None:
    other = {**HA["database"], "password": "another-correct-horse"}
    assert changed(recorded(HA), recorded({**HA, "database": other})) == {
        f"{SECRET}::images-database",
        "random:index/randomId:RandomId::images-revision",
    }
    annotation = "registry-components/secrets-revision"
    said = values(recorded(HA))
    parts = {name: part for name, part in said.items() if isinstance(part, dict)}
    readers = {name for name, part in parts.items() if annotation in part.get("podAnnotations", {})}
    assert readers == {"core", "exporter", "jobservice", "registry", "trivy"}
    assert said["core"]["podAnnotations"][annotation] == "1-0a0b0c0d"


def test_a_new_generation_makes_anew_what_parts_trust_each_other_by() -> None:
    before, after = recorded(BASE), recorded({**BASE, "secrets_generation": 2})
    assert changed(before, after) == {
        f"{RELEASE}::images",
        *(f"{PASSWORD}::images-{role}" for role in ("core", "csrf", "jobservice", "registry", "registry-credentials")),
    }
    assert values(after)["core"]["podAnnotations"] == {"registry-components/secrets-revision": "2"}


@pytest.mark.parametrize(
    ("chart", "wanted"),
    [
        (
            {"kind": "oci", "url": "oci://registry.example.com/charts/harbor"},
            {"chart": "oci://registry.example.com/charts/harbor", "version": "1.19.1"},
        ),
        ({"kind": "path", "path": "./charts/harbor"}, {"chart": "./charts/harbor"}),
    ],
)
def test_the_chart_may_come_from_elsewhere(chart: dict[str, Any], wanted: dict[str, Any]) -> None:
    inputs = recorded({**BASE, "chart": chart})[f"{RELEASE}::images"].inputs
    assert {key: inputs[key] for key in ("chart", "version", "repositoryOpts") if key in inputs} == wanted


def test_the_admins_own_secret_gives_an_endpoint_without_a_login() -> None:
    found = recorded({**BASE, "admin_existing_secret": "login", "admin_existing_secret_key": "password"})
    assert f"{SECRET}::images-admin" not in found.resources
    assert found.exports["login"] == '{"auths": {}}'
    assert values(found)["existingSecretAdminPasswordKey"] == "password"


def test_passwords_and_places_may_be_outputs() -> None:
    def program() -> None:
        database = {**HA["database"], "password": pulumi.Output.secret("an-output-horse")}
        database |= {"host": pulumi.Output.from_input("pg.internal"), "port": pulumi.Output.from_input(5433)}
        redis = {"kind": "external", "addresses": [pulumi.Output.from_input("r:6379")]}
        namespace = pulumi.Output.from_input("harbor")
        HarborRegistry("images", {**HA, "namespace": namespace, "database": database, "redis": redis})

    found = record(program, outputs=answers)
    assert values(found)["database"]["external"]["host"] == "pg.internal"
    assert values(found)["database"]["external"]["port"] == "5433"
    assert values(found)["redis"]["external"]["addr"] == "r:6379"
    assert entries(found, "database") == {"password": "an-output-horse"}


def test_certificates_are_for_the_names_that_are_used() -> None:
    found = recorded({**BASE, "tls": {"kind": "generated", "dns_names": ["two.example.com"]}})
    request = found["tls:index/certRequest:CertRequest::images-tls"].inputs
    assert request["dnsNames"] == ["harbor.example.com", "two.example.com"]
    inside = recorded({**BASE, "internal_tls": {"kind": "generated"}})
    names = inside["tls:index/certRequest:CertRequest::images-internal-core"].inputs
    assert names["dnsNames"] == ["images-harbor-core", "localhost"]
    assert names["ipAddresses"] == ["127.0.0.1"]
    named = recorded({**BASE, "internal_tls": {"kind": "generated"}, "release_name": "my-harbor"})
    request = named["tls:index/certRequest:CertRequest::images-internal-registry"].inputs
    assert request["dnsNames"][0] == "my-harbor-registry"


def test_how_long_it_takes_and_holds_is_said_where_it_belongs() -> None:
    inside = {"kind": "generated", "validity_hours": 7000}
    said = {**BASE, "timeout_seconds": 600, "internal_tls": inside, "tls": {"kind": "generated", "validity_hours": 800}}
    found = recorded(said)
    assert found[f"{RELEASE}::images"].inputs["timeout"] == 600
    certificate = "tls:index/locallySignedCert:LocallySignedCert::images"
    assert found[f"{certificate}-tls"].inputs["validityPeriodHours"] == 800
    assert found[f"{certificate}-internal-core"].inputs["validityPeriodHours"] == 7000


def test_nothing_is_registered_where_a_name_is_no_releases() -> None:
    with pytest.raises(StackError) as caught:
        recorded(BASE, name="Images.prod")
    assert str(caught.value) == (
        "HarborRegistry 'Images.prod': 'Images.prod' is not a release's name; use 1 to 53 lower-case letters, digits "
        "and - inside; give release_name"
    )
