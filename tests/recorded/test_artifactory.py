"""Recorded proof: what `ArtifactoryRegistry` describes to the engine, whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from registry_components.artifactory import ArtifactoryRegistry
from registry_components.core.errors import StackError
from registry_components.testing import Recorded, Recording, Secret, find_plaintext, record
from tests.recorded.test_harbor import entries, values
from tests.unit.artifactory.material import BASE, DATABASE_PASSWORD, HA, LICENSE, S3_KEY, SECRETS

pytestmark = pytest.mark.recorded

RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"
BYTES = "random:index/randomBytes:RandomBytes"
PASSWORD = "random:index/randomPassword:RandomPassword"
REVISION = "random:index/randomId:RandomId"


def answers(made: Recorded) -> Mapping[str, Any]:
    """Stand in for the providers: each value tells whose it is."""
    kind = made.type.rsplit(":", 1)[-1]
    known: dict[str, Mapping[str, Any]] = {
        "RandomBytes": {"hex": Secret(f"bytes-of-{made.name}")},
        "RandomPassword": {"result": Secret(f"random-text-of-{made.name}")},
        "RandomId": {"hex": "0a0b0c0d"},
    }
    return known.get(kind, {})


def recorded(said: Mapping[str, Any], *, preview: bool = False, name: str = "images") -> Recording:
    def program() -> None:
        registry = ArtifactoryRegistry(name, said)
        pulumi.export("url", registry.url)
        pulumi.export("server", registry.server)
        pulumi.export("login", registry.repository("docker-local").docker_config_json())
        pulumi.export("image", registry.repository("docker-local").image("shop/api", tag="1.0"))

    return record(program, outputs=answers, project="shop", stack="dev", preview=preview)


def test_the_least_is_this_tree() -> None:
    found = recorded(BASE)
    assert found.tree() == "\n".join(
        [
            "registry-components:index:ArtifactoryRegistry::images",
            *(f"  {SECRET}::images-{role}" for role in ("admin", "database", "join-key", "master-key")),
            f"  {RELEASE}::images",
            f"  {BYTES}::images-join-key",
            f"  {BYTES}::images-master-key",
            f"  {REVISION}::images-revision",
            f"  {PASSWORD}::images-admin",
        ]
    )
    assert found.unpublished() == []
    assert found.exports["url"] == "https://artifactory.example.com"
    assert found.exports["image"] == "artifactory.example.com/docker-local/shop/api:1.0"
    assert isinstance(found.exports["login"], Secret)


def test_the_release_waits_for_all_secrets_and_is_never_rolled_back() -> None:
    found = recorded(HA)
    release = found[f"{RELEASE}::images"]
    assert {key: value for key, value in release.inputs.items() if key not in ("values", "compat")} == {
        "name": "images",
        "namespace": "artifactory",
        "chart": "artifactory",
        "version": "107.133.17",
        "repositoryOpts": {"repo": "https://charts.jfrog.io"},
        "atomic": False,
        "cleanupOnFail": False,
        "skipAwait": False,
        "timeout": 3600,
        "maxHistory": 10,
    }
    assert {item.urn for item in found.of_type(SECRET)} <= set(release.dependencies)


def test_secrets_hold_the_keys_that_the_chart_wants() -> None:
    keys = {"kind": "keys", "access_key": "AKIAEXAMPLE", "secret_key": S3_KEY}
    found = recorded({**HA, "storage": {**HA["storage"], "credentials": keys, "prefix": "images"}})
    assert entries(found, "master-key") == {"master-key": "bytes-of-images-master-key"}
    assert entries(found, "join-key") == {"join-key": "bytes-of-images-join-key"}
    assert entries(found, "admin") == {"bootstrap.creds": "admin@*=random-text-of-images-admin"}
    assert entries(found, "license") == {"artifactory.lic": LICENSE}
    assert entries(found, "database") == {
        "db-user": "artifactory",
        "db-password": DATABASE_PASSWORD,
        "db-url": "jdbc:postgresql://postgres.example.com:5432/artifactory?sslmode=verify-full",
    }
    assert entries(found, "binarystore")["binarystore.xml"].splitlines() == [
        '<config version="2">',
        '    <chain template="s3-storage-v3-direct"/>',
        '    <provider id="s3-storage-v3" type="s3-storage-v3">',
        "        <bucketName>acme-artifactory</bucketName>",
        f"        <credential>{S3_KEY}</credential>",
        "        <identity>AKIAEXAMPLE</identity>",
        "        <path>images</path>",
        "        <region>eu-central-1</region>",
        "    </provider>",
        "</config>",
    ]
    lengths = {item.name: item.inputs["length"] for item in found.of_type(BYTES)}
    assert lengths == {"images-master-key": 32, "images-join-key": 16}


def test_no_secret_is_told_in_plain_text() -> None:
    keys = {"kind": "keys", "access_key": "AKIAEXAMPLE", "secret_key": S3_KEY}
    found = recorded({**HA, "storage": {**HA["storage"], "credentials": keys}})
    made = {"admin": "random-text-of-images-admin", "master": "bytes-of-images-master-key"}
    readable = {key: repr(item.inputs) for key, item in found.resources.items()}
    assert find_plaintext({**SECRETS, **made}, readable, {"exports": repr(found.exports)}) == []


def test_what_lasts_is_protected_and_retained() -> None:
    def lasting(found: Recording) -> dict[str, tuple[bool, bool]]:
        return {
            f"{item.type.rsplit(':', 1)[1]} {item.name.removeprefix('images-')}": (
                bool(item.protect),
                bool(item.retain_on_delete),
            )
            for item in found.resources.values()
            if item.custom
        }

    kept = lasting(recorded(HA))
    assert kept == {
        "Secret master-key": (True, True),
        "Secret join-key": (True, True),
        "Secret admin": (True, True),
        "Secret database": (False, True),
        "Secret license": (False, True),
        "Secret binarystore": (False, True),
        "RandomBytes master-key": (True, True),
        "RandomBytes join-key": (True, True),
        "RandomPassword admin": (True, True),
        "RandomId revision": (False, False),
        "Release images": (True, True),
    }
    gone = lasting(recorded({**HA, "deletion": "destroy", "empty_on_delete": True}))
    assert set(gone.values()) == {(False, False)}


def test_given_keys_are_taken_and_others_secrets_are_named() -> None:
    key = "0123456789abcdef" * 4
    said = {
        **HA,
        "master_key": key,
        "join_key": key[:32],
        "admin_existing_secret": "first-admin",
        "license": None,
        "license_existing_secret": "bought",
        "license_existing_secret_key": "cluster.lic",
        "database": {"existing_secret": "postgres"},
    }
    found = recorded({key: value for key, value in said.items() if value is not None})
    assert entries(found, "master-key") == {"master-key": key}
    # A given key that changes is not forced into a Secret that is there, and what is protected is not replaced.
    fixed = [found[f"{SECRET}::images-{role}"] for role in ("master-key", "join-key")]
    assert all(item.protect and "annotations" not in item.inputs["metadata"] for item in fixed)
    assert found.of_type(BYTES) == []
    told = values(found)
    assert told["artifactory"]["admin"] == {"secret": "first-admin", "dataKey": "bootstrap.creds"}
    assert told["artifactory"]["license"] == {"secret": "bought", "dataKey": "cluster.lic"}
    assert told["database"]["secrets"]["url"] == {"name": "postgres", "key": "db-url"}
    assert {item.name for item in found.of_type(SECRET)} == {
        "images-master-key",
        "images-join-key",
        "images-binarystore",
    }


def test_a_preview_describes_the_same() -> None:
    assert recorded(HA, preview=True).tree() == recorded(HA).tree()


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("Images", BASE, "ArtifactoryRegistry 'Images': 'Images' is not a release's name; use 1 to 53 lower-case"),
        ("images", {**BASE, "edition": "oss"}, "edition: 'oss' has no repositories of images"),
    ],
)
def test_mistakes_are_told_before_anything_is_registered(name: str, said: Mapping[str, Any], told: str) -> None:
    with pytest.raises(StackError) as error:
        recorded(said, name=name)
    assert told in str(error.value)


def test_a_repository_has_to_be_one() -> None:
    def program() -> None:
        ArtifactoryRegistry("images", BASE).repository("Docker Local")

    with pytest.raises(StackError) as error:
        record(program, outputs=answers)
    assert "repository: 'Docker Local' is not a repository's key; use lower-case letters" in str(error.value)
