"""Recorded proof: what `ArtifactoryConfiguration` describes to the engine: secrets, protection, order, endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from registry_components.artifactory import ArtifactoryConfiguration
from registry_components.core.errors import StackError
from registry_components.kubernetes import PullSecrets
from registry_components.mirror import MirrorSchedule
from registry_components.testing import Recorded, Recording, Secret, find_plaintext, record
from tests.unit.artifactory.material import CONFIGURATION_SECRETS, EVERYTHING, GOOD

pytestmark = pytest.mark.recorded


def answers(made: Recorded) -> Mapping[str, Any]:
    """Stand in for the provider: each token tells whose it is."""
    if made.type.endswith(":ScopedToken"):
        return {"accessToken": Secret(f"token-of-{made.name}"), "username": made.inputs.get("username")}
    return {}


def recorded(said: Mapping[str, Any], *, preview: bool = False) -> Recording:
    def program() -> None:
        made = ArtifactoryConfiguration("company", said)
        pulumi.export("repositories", made.repositories)
        if "cluster" in said.get("tokens", {}):
            endpoint = made.endpoint("docker", "cluster")
            pulumi.export("login", endpoint.docker_config_json())
            pulumi.export("image", endpoint.image("shop/api", tag="1"))
            PullSecrets("team", {"endpoint": endpoint, "namespaces": ["team"]})

    return record(program, outputs=answers, project="shop", stack="dev", preview=preview)


def test_what_lasts_is_protected_and_secrets_are_marked() -> None:
    found = recorded(EVERYTHING)
    children = [item for item in found.resources.values() if item.type.startswith("artifactory:")]
    assert len(children) == 25
    lasting = {item.name for item in children if item.protect and item.retain_on_delete}
    assert lasting == {f"company-{key}" for key in ("docker-local", "releases", "charts", "shop-images", "docker-fed")}
    assert {item.name: list(item.additional_secret_outputs) for item in children if item.additional_secret_outputs} == {
        "company-docker-fed": ["members"],
        "company-replication-disaster": ["replications"],
        "company-webhook-builds": ["handlers"],
        "company-webhook-files": ["handlers"],
        "company-hub": ["password", "passwordWo"],
        "company-ghcr": ["password", "passwordWo"],
        "company-user-builder": ["password"],
        "company-token-ci": ["accessToken", "referenceToken", "refreshToken"],
        "company-token-cluster": ["accessToken", "referenceToken", "refreshToken"],
    }
    readable = {item.key: repr(item.inputs) for item in found.resources.values()}
    assert find_plaintext(CONFIGURATION_SECRETS, readable, {"exports": repr(found.exports)}) == []
    assert found.unpublished() == []


def test_pods_pull_from_a_repository_by_its_token() -> None:
    found = recorded(EVERYTHING)
    assert found.exports["image"] == "artifactory.example.com/docker/shop/api:1"
    assert isinstance(found.exports["login"], Secret)
    assert '"artifactory.example.com"' in found.exports["login"].value
    assert found.exports["repositories"]["hub"] == "artifactory.example.com/docker-hub"
    assert "docker-old" not in found.exports["repositories"], "it is somebody else's"
    (pulled,) = found.of_type("kubernetes:core/v1:Secret")
    assert pulled.inputs["metadata"]["namespace"] == "team"


def test_a_mirror_copies_from_a_repository() -> None:
    def program() -> None:
        made = ArtifactoryConfiguration("company", EVERYTHING)
        replication = {
            "source": made.endpoint("docker-local", "ci"),
            "source_kind": "artifactory",
            "destination": {"server": "copies.example.com"},
            "repositories": ["shop/api"],
        }
        copies = MirrorSchedule("copies", {"replication": replication, "namespace": "ops"})
        pulumi.export("job", copies.cron_job)

    found = record(program, outputs=answers)
    (job,) = found.of_type("kubernetes:batch/v1:CronJob")
    assert job.inputs["metadata"]["namespace"] == "ops"
    logins = [repr(item.inputs) for item in found.of_type("kubernetes:core/v1:Secret")]
    assert logins
    assert find_plaintext({"token": "token-of-company-token-ci"}, {"secrets": logins}) == []


def test_a_preview_describes_the_same() -> None:
    assert recorded(EVERYTHING, preview=True).tree() == recorded(EVERYTHING).tree()


def test_an_url_that_is_not_known_yet_is_taken() -> None:
    said = {**GOOD, "url": pulumi.Output.from_input("https://later.example.com"), "local": {"docker-local": {}}}
    fed = {"docker-fed": {"members": {"us": {"url": "https://us.example.com/artifactory/docker-fed"}}}}
    found = recorded({**said, "federated": fed})
    assert found.exports["repositories"] == {
        "docker-fed": "later.example.com/docker-fed",
        "docker-local": "later.example.com/docker-local",
    }
    (federated,) = found.of_type("artifactory:index/federatedDockerV2Repository:FederatedDockerV2Repository")
    assert federated.inputs["members"][0]["url"] == "https://later.example.com/artifactory/docker-fed"


@pytest.mark.parametrize(
    ("repository", "token", "told"),
    [
        ("docke", None, "repositories: there is no 'docke'; there are: docker-local"),
        ("docker-local", "ci", "tokens: there is no 'ci'; there are: none"),
    ],
)
def test_what_is_not_there_has_no_endpoint(repository: str, token: str | None, told: str) -> None:
    def program() -> None:
        made = ArtifactoryConfiguration("company", {**GOOD, "local": {"docker-local": {}}})
        made.endpoint(repository, token)

    with pytest.raises(StackError) as error:
        record(program, outputs=answers)
    assert str(error.value) == told
