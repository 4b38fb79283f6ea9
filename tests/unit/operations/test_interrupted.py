"""Unit proof: pending creates are settled by id, by repetition, or left to a person."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.operations.interrupted import IDS, REPEATABLE, settled

pytestmark = pytest.mark.unit

PROJECT = "urn:pulumi:prod::shop::"
AWS = {
    "urn": f"{PROJECT}pulumi:providers:aws::default",
    "type": "pulumi:providers:aws",
    "id": "1",
    "inputs": {"region": "eu-central-1"},
}
AZURE = {
    "urn": f"{PROJECT}pulumi:providers:azure-native::default",
    "type": "pulumi:providers:azure-native",
    "id": "2",
    "inputs": {"subscriptionId": "s"},
}
GOOGLE = {
    "urn": f"{PROJECT}pulumi:providers:gcp::default",
    "type": "pulumi:providers:gcp",
    "id": "3",
    "inputs": {"project": "p"},
}


def resource(token: str, provider: dict[str, Any] = AWS, **inputs: Any) -> dict[str, Any]:
    return {
        "urn": f"{PROJECT}{token}::one",
        "type": token,
        "custom": True,
        "inputs": inputs,
        "provider": f"{provider['urn']}::{provider['id']}",
    }


def deployment(*creating: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resources": [AWS, AZURE, GOOGLE],
        "pending_operations": [{"type": "creating", "resource": made} for made in creating],
        **more,
    }


@pytest.mark.parametrize(
    ("made", "id_"),
    [
        (resource("aws:ecr/repository:Repository", name="shop/api"), "shop/api"),
        (resource("aws:ecr/lifecyclePolicy:LifecyclePolicy", repository="shop/api", policy="{}"), "shop/api"),
        (resource("aws:ecr/pullThroughCacheRule:PullThroughCacheRule", ecrRepositoryPrefix="hub"), "hub"),
        (
            resource(
                "azure-native:containerregistry:Token",
                AZURE,
                resourceGroupName="g",
                registryName="r",
                tokenName="ci",
            ),
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r/tokens/ci",
        ),
        (
            resource(
                "gcp:artifactregistry/repository:Repository", GOOGLE, location="europe-west1", repositoryId="apps"
            ),
            "projects/p/locations/europe-west1/repositories/apps",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else value["type"],
)
def test_what_has_a_known_id_is_put_into_the_state_and_looked_for(made: dict[str, Any], id_: str) -> None:
    found = settled(deployment(made))
    assert found is not None
    assert found.deployment["pending_operations"] == []
    assert found.deployment["resources"][-1] == {**made, "id": id_, "outputs": made["inputs"]}
    assert found.look_for == (made["urn"],)
    assert found.names == ("one",)


@pytest.mark.parametrize("token", [*sorted(REPEATABLE), "pulumi-python:dynamic/registry-components:HubRepository"])
def test_what_can_be_made_twice_is_forgotten(token: str) -> None:
    found = settled(deployment(resource(token)))
    assert found is not None
    assert found.deployment["pending_operations"] == []
    assert found.deployment["resources"] == [AWS, AZURE, GOOGLE]
    assert found.look_for == ()


def test_what_is_in_the_state_alone_is_forgotten() -> None:
    component = {**resource("registry-components:index:EcrRegistry"), "custom": False}
    repository = resource("aws:ecr/repository:Repository", name="shop/api")
    found = settled(deployment(component, {**AWS, "custom": True}, repository))
    assert found is not None
    assert found.deployment["pending_operations"] == []
    assert found.look_for == (repository["urn"],)


@pytest.mark.parametrize(
    "made",
    [
        resource("aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16"),
        resource("aws:ecr/repository:Repository"),
        resource("azure-native:containerregistry:Registry", AZURE, registryName="r"),
        resource("gcp:artifactregistry/repository:Repository", AWS, location="europe-west1", repositoryId="apps"),
    ],
    ids=lambda made: made["type"],
)
def test_what_cannot_be_told_is_left_to_a_person_and_all_else_with_it(made: dict[str, Any]) -> None:
    assert settled(deployment(resource("aws:ecr/repository:Repository", name="shop/api"), made)) is None


def test_what_was_being_replaced_is_left_to_a_person() -> None:
    made = resource("aws:ecr/repository:Repository", name="shop/api")
    before = deployment(made)
    assert settled({**before, "resources": [*before["resources"], {**made, "id": "shop/old"}]}) is None


def test_other_pending_operations_stay() -> None:
    made = resource("aws:ecr/repository:Repository", name="shop/api")
    deleting = {"type": "deleting", "resource": resource("aws:ecr/repository:Repository", name="shop/old")}
    before = deployment(made)
    found = settled({**before, "pending_operations": [*before["pending_operations"], deleting]})
    assert found is not None
    assert found.deployment["pending_operations"] == [deleting]


@pytest.mark.parametrize("state", [{}, {"resources": [AWS]}, deployment()])
def test_nothing_pending_is_nothing_to_settle(state: dict[str, Any]) -> None:
    assert settled(state) is None


def test_no_type_is_both() -> None:
    assert not IDS.keys() & REPEATABLE
