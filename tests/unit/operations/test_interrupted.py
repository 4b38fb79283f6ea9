"""Unit proof: pending creates are settled by id, by repetition, or left to a person."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from registry_components.operations.interrupted import (
    IDS,
    OWNERS,
    REPEATABLE,
    in_cluster,
    owned,
    settled,
    unfinished,
)

pytestmark = pytest.mark.unit

URNS = Path(__file__).parents[2] / "urns.txt"
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
        (resource("aws:iam/user:User", name="blobs-user-1a2b3c4"), "blobs-user-1a2b3c4"),
        (resource("aws:iam/userPolicy:UserPolicy", user="u", name="p", policy="{}"), "u:p"),
        (resource("aws:iam/rolePolicy:RolePolicy", role="r", name="p", policy="{}"), "r:p"),
        (resource("aws:s3/bucket:Bucket", bucket="shop-harbor"), "shop-harbor"),
        (resource("artifactory:index/dockerV2Repository:DockerV2Repository", key="docker-local"), "docker-local"),
        (resource("artifactory:index/permissionTarget:PermissionTarget", name="build"), "build"),
        (resource("artifactory:index/keypair:Keypair", pairName="signing"), "signing"),
        (resource("kubernetes:helm.sh/v3:Release", name="harbor", namespace="apps"), "apps/harbor"),
        (resource("kubernetes:core/v1:Secret", metadata={"name": "key", "namespace": "apps"}), "apps/key"),
        (resource("kubernetes:core/v1:Namespace", metadata={"name": "shop"}), "shop"),
        (
            resource("kubernetes:cert-manager.io/v1:Certificate", metadata={"name": "tls", "namespace": "apps"}),
            "apps/tls",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else value["type"],
)
def test_what_has_a_known_id_is_put_into_the_state_and_looked_for(made: dict[str, Any], id_: str) -> None:
    found = settled(deployment(made))
    assert found is not None
    assert found.deployment["pending_operations"] == []
    record = found.deployment["resources"][-1]["outputs"].pop("__inputs", None)
    assert (record is not None) == (made["type"] == "kubernetes:helm.sh/v3:Release")
    assert record is None or json.loads(record["plaintext"]) == made["inputs"]
    assert found.deployment["resources"][-1] == {**made, "id": id_, "outputs": made["inputs"]}
    assert found.look_for == (made["urn"],)
    assert found.names == ("one",)


@pytest.mark.parametrize(
    "token",
    [
        *sorted(REPEATABLE),
        "pulumi-python:dynamic/registry-components:HubRepository",
        "random:index/randomPassword:RandomPassword",
        "tls:index/privateKey:PrivateKey",
    ],
)
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
        resource("aws:iam/userPolicy:UserPolicy", user="u"),
        resource("aws:iam/accessKey:AccessKey", user="somebody-else"),
        resource("kubernetes:core/v1:Secret", metadata={"namespace": "apps"}),
        resource("kubernetes:core/v1:Secret"),
        resource("kubernetes:core/v1:ServiceAccountPatch", metadata={"name": "default", "namespace": "apps"}),
        resource("kubernetes:yaml:ConfigFile", metadata={"name": "x"}),
        resource("kubernetes:core/v1:SecretList", metadata={"name": "x"}),
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


def test_a_patch_by_a_manager_that_has_a_name_can_be_made_twice() -> None:
    named = {"name": "default", "annotations": {"pulumi.com/patchFieldManager": "shop"}}
    found = settled(deployment(resource("kubernetes:core/v1:ServiceAccountPatch", metadata=named)))
    assert found is not None
    assert found.deployment["resources"] == [AWS, AZURE, GOOGLE]


USER = {**resource("aws:iam/user:User", name="blobs"), "urn": f"{PROJECT}aws:iam/user:User::user", "id": "blobs"}
KEY = resource("aws:iam/accessKey:AccessKey", user="blobs")


def test_what_has_a_made_up_name_goes_with_the_one_that_it_belongs_to() -> None:
    before = deployment(KEY)
    # An earlier key of the same user is in the state: it is being rotated.
    old = {**KEY, "urn": f"{PROJECT}aws:iam/accessKey:AccessKey::old", "id": "AKIAOLD"}
    found = settled({**before, "resources": [*before["resources"], old, USER]})
    assert found is not None
    assert found.deployment["pending_operations"] == []
    assert found.deployment["resources"] == [AWS, AZURE, GOOGLE, old, {**USER, "taint": True}]
    assert found.look_for == ()


def test_nothing_protected_is_replaced_for_it() -> None:
    before = deployment(KEY)
    assert settled({**before, "resources": [*before["resources"], {**USER, "protect": True}]}) is None


def test_a_release_that_helm_will_not_finish_is_told() -> None:
    made = {**resource("kubernetes:helm.sh/v3:Release"), "id": "apps/harbor"}
    urns = [made["urn"]]

    def told(status: dict[str, Any]) -> dict[str, str]:
        return unfinished({"resources": [AWS, {**made, "outputs": {"status": status}}]}, urns)

    assert told({"status": "deployed"}) == told({}) == {}
    assert told({"status": "pending-install"}) == {
        made[
            "urn"
        ]: "the Helm release harbor is pending-install: its installation was interrupted, and Helm does not go on with "
        "it; run `helm uninstall harbor --namespace apps`, then this again"
    }
    assert unfinished({"resources": [{**made, "outputs": {"status": {"status": "failed"}}}]}, []) == {}


def managed(*managers: tuple[str, str], now: str = "pulumi-kubernetes-new") -> dict[str, Any]:
    fields = [{"manager": name, "operation": operation} for name, operation in managers]
    outputs = {"metadata": {"name": "x", "managedFields": fields}, "__fieldManager": now}
    return {**resource("kubernetes:core/v1:Secret"), "id": "apps/x", "outputs": outputs}


MADE = ("pulumi-kubernetes-old", "Apply")


@pytest.mark.parametrize("others", [[], [("kubectl", "Apply")], [("pulumi-kubernetes-else", "Update")]])
def test_an_object_that_was_found_is_its_makers(others: list[tuple[str, str]]) -> None:
    found = managed(MADE, *others)
    changed = owned({"version": 3, "resources": [AWS, found]}, [found["urn"]])
    assert changed is not None
    assert changed["version"] == 3
    assert changed["resources"][0] == AWS
    outputs = {**found["outputs"], "__fieldManager": "pulumi-kubernetes-old"}
    assert changed["resources"][1] == {**found, "outputs": outputs}


@pytest.mark.parametrize(
    "found",
    [
        managed(MADE, now=MADE[0]),
        managed(),
        managed(MADE, ("pulumi-kubernetes-two", "Apply")),
        {**resource("kubernetes:helm.sh/v3:Release"), "id": "apps/x", "outputs": {"name": "x"}},
        {**managed(), "outputs": {"metadata": "not an object"}},
    ],
    ids=["its own", "nobody's", "two", "a release", "no metadata"],
)
def test_whose_an_object_is_stays_where_it_is_known_or_not_to_be_told(found: dict[str, Any]) -> None:
    assert owned({"resources": [AWS, found]}, [found["urn"]]) is None


def test_what_was_not_looked_for_is_left_alone() -> None:
    assert owned({"resources": [managed(MADE)]}, []) is None


def test_what_is_in_a_cluster() -> None:
    below = f"{PROJECT}registry-components:index:PullSecrets$kubernetes:core/v1:Secret::one"
    urns = [below, f"{PROJECT}kubernetes:core/v1:Namespace::two", f"{PROJECT}aws:s3/bucket:Bucket::three"]
    assert in_cluster(urns) == tuple(urns[:2])


def test_every_type_of_the_prod_stack_is_settled() -> None:
    section = re.split(r"^\[stacks/prod\]$", URNS.read_text(), flags=re.MULTILINE)[1].split("\n[")[0]
    types = {line.partition("::")[0] for line in section.splitlines() if ":" in line}
    own = {token for token in types if token.startswith(("registry-components:", "pulumi:providers:"))}
    assert len(types - own) > 20
    for token in types - own:
        # Each input that one of the rules asks for.
        said: dict[str, Any] = dict.fromkeys(
            ("bucket", "ecrRepositoryPrefix", "name", "prefix", "repository", "user"), "x"
        )
        made = resource(token, **said, metadata={"name": "x", "namespace": "y"})
        user = {**USER, "id": "x"}
        assert settled({**deployment(made), "resources": [AWS, user]}) is not None, token


def test_no_type_is_two_things() -> None:
    assert not IDS.keys() & REPEATABLE
    assert not OWNERS.keys() & (IDS.keys() | REPEATABLE)
