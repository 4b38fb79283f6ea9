"""Engine proof: the life of an `ArtifactoryConfiguration` with JFrog's provider emulated; no Artifactory answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from registry_components.artifactory import ArtifactoryConfiguration
from registry_components.rehearsal import read_checks, rehearsal
from registry_components.testing import Engine
from registry_components.testing._wire import Secret
from tests.unit.artifactory.material import CONFIGURATION_SECRETS, EVERYTHING, GOOD

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

URL = "https://artifactory.example.com"


def key_pair() -> dict[str, Any]:
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {"kind": "RSA", "private_key": private.decode(), "public_key": public.decode()}


class Stack:
    """One stack on an engine of its own, and the platform that its provider keeps."""

    def __init__(self, folder: Path, clouds: Path, environment: dict[str, str]) -> None:
        self._file = clouds / "artifactory.json"
        self.clouds = clouds
        self.settings: dict[str, Any] = copy.deepcopy(EVERYTHING)
        self.engine = Engine(folder, program=self.program, environment=environment, checkpoints=False)

    def program(self) -> None:
        made = ArtifactoryConfiguration("company", self.settings)
        pulumi.export("server", made.server)
        pulumi.export("repositories", made.repositories)
        if "ci" in self.settings.get("tokens", {}):
            endpoint = made.endpoint("docker-local", "ci")
            assert endpoint.credentials is not None
            pulumi.export("username", endpoint.credentials.username)
            pulumi.export("password", endpoint.credentials.password)
            pulumi.export("image", endpoint.image("shop/api", tag="1"))

    @property
    def platform(self) -> dict[str, Any]:
        found = json.loads(self._file.read_text())[URL]
        assert isinstance(found, dict)
        return found

    def tamper(self, kind: str, key: str, **changes: Any) -> None:
        """Change what is there behind the stack's back."""
        whole = json.loads(self._file.read_text())
        whole[URL][kind][key].update(changes)
        self._file.write_text(json.dumps(whole))


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    clouds = tmp_path / "clouds"
    with rehearsal(clouds) as environment:
        # What somebody else made before.
        (clouds / "artifactory.json").write_text(
            json.dumps(
                {URL: {"repositories": {"docker-old": {"rclass": "local", "packageType": "docker", "type": ""}}}}
            )
        )
        yield Stack(tmp_path / "engine", clouds, environment)


def test_life(stack: Stack) -> None:
    pair = key_pair()
    stack.settings["key_pairs"] = {"signing": pair}
    stack.settings |= {"deletion": "destroy", "empty_on_delete": True}
    up = stack.engine.up()
    assert up.changes["create"] == 29
    outputs = stack.engine.outputs()
    assert outputs["server"] == "artifactory.example.com"
    assert outputs["repositories"]["releases"] == "artifactory.example.com/docker-releases"
    assert outputs["image"] == "artifactory.example.com/docker-local/shop/api:1"
    assert outputs["username"] == "ci"
    assert isinstance(outputs["password"], Secret)
    assert outputs["password"].value.startswith("eyJ")

    stack.engine.up_again()
    stack.engine.refresh()

    stack.settings["local"]["docker-local"]["max_unique_tags"] = 20
    stack.settings["permissions"]["build"]["groups"]["developers"].append("delete")
    stack.settings["virtual"]["docker"]["repositories"].reverse()
    stack.settings["webhooks"]["builds"]["events"] = ["pushed", "deleted"]
    changed = stack.engine.up()
    assert changed.changes["update"] == 4
    assert not [line for line in changed.changed if "replace" in line]
    there = stack.platform
    assert there["repositories"]["docker-local"]["maxUniqueTags"] == 20
    assert there["repositories"]["docker"]["repositories"] == ["docker-hub", "docker-releases", "docker-local"]
    (developers,) = (
        grant for grant in there["permissions"]["build"]["repo"]["actions"]["groups"] if grant["name"] == "developers"
    )
    assert developers["permissions"] == ["annotate", "delete", "read", "write"]
    stack.engine.up_again()

    made = {"private key": pair["private_key"].splitlines()[1], "ci": outputs["password"].value}
    assert stack.engine.scan({**CONFIGURATION_SECRETS, **made}) == []
    told = {check["proof"] for check in read_checks(stack.clouds) if check["package"] == "artifactory"}
    assert told == {"emulated"}

    stack.engine.destroy()
    left = {kind: sorted(found) for kind, found in stack.platform.items() if found}
    assert left == {"repositories": ["docker-old"]}
    assert stack.engine.scan({**CONFIGURATION_SECRETS, **made}) == []


def small(stack: Stack, **more: Any) -> None:
    stack.settings = {**copy.deepcopy(GOOD), "local": {"docker-local": {}}, **more}


def test_drift_a_second_target_and_the_consents(stack: Stack) -> None:
    one = {"url": "https://north.example.com/artifactory/docker", "username": "r", "password": "planted-password"}
    rule: dict[str, Any] = {"repository": "docker-local", "schedule": "0 0 4 * * ?", "targets": {"north": one}}
    hub = {"hub": {"url": "https://registry-1.docker.io/"}}
    small(stack, groups={"developers": {}}, remote=hub, replications={"copy": rule})
    stack.engine.up()

    stack.tamper("repositories", "docker-local", maxUniqueTags=3)
    stack.tamper("groups", "developers", adminPrivileges=True)
    stack.engine.query("refresh", "--yes", "--skip-preview", "--non-interactive")
    rule["targets"]["south"] = {**one, "url": "https://south.example.com/artifactory/docker"}
    run = stack.engine.up()
    assert run.changes == {"update": 3, "same": run.changes["same"]}, "the second target replaced the first"
    assert stack.platform["repositories"]["docker-local"]["maxUniqueTags"] == 0
    assert stack.platform["groups"]["developers"]["adminPrivileges"] is False
    assert len(stack.platform["replications"]["docker-local"]["replications"]) == 2

    refused = stack.engine.destroy(check=False)
    assert "docker-local" in refused.message
    assert "protected" in refused.message
    stack.engine.query("state", "unprotect", "--all", "--yes")
    stack.engine.destroy()
    assert sorted(stack.platform["repositories"]) == ["docker-local", "docker-old"]


def test_what_the_platform_refuses_is_told(stack: Stack) -> None:
    small(
        stack, existing_repositories={"gone": "local"}, virtual={"docker": {"repositories": ["docker-local", "gone"]}}
    )
    refused = stack.engine.up(check=False)
    assert "'gone' does not exist" in refused.message
    assert "Traceback" not in refused.message
