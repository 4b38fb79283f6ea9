"""Unit proof: what an `ArtifactoryConfiguration` registers, in the words of the installed SDK."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.artifactory import ArtifactoryConfigurationArgs
from registry_components.artifactory.configuration.names import virtual_order
from registry_components.artifactory.configuration.plan import KINDS, Below, Child, children
from registry_components.core.errors import StackError
from registry_components.rehearsal.emulator import Property
from registry_components.rehearsal.emulators.artifactory_types import TYPES
from registry_components.rehearsal.emulators.bridged_sdk import camel
from tests.unit.artifactory.material import ACCEPTED, EVERYTHING, GOOD

pytestmark = pytest.mark.unit

PROPERTIES = {type_.token.rsplit(":", 1)[1]: type_.properties for type_ in TYPES}


def planned(said: dict[str, Any]) -> dict[tuple[str, str], Child]:
    found = list(children(ArtifactoryConfigurationArgs.parse(said)))
    assert len({child.id for child in found}) == len(found)
    return {child.id: child for child in found}


def foreign(properties: Any, inputs: Any, path: str) -> list[str]:
    """Return the inputs that the SDK does not know, and required ones that are not given."""
    found = []
    for name, value in inputs.items():
        wire = camel(name)
        known: Property | None = properties.get(wire)
        if known is None or known.output:
            found.append(f"{path}.{name}")
        elif isinstance(value, dict) and known.properties is not None:
            found += foreign(known.properties, value, f"{path}.{name}")
        elif isinstance(value, list) and known.items is not None and known.items.properties is not None:
            for item in value:
                found += foreign(known.items.properties, item, f"{path}.{name}[]")
    given_ = {camel(name) for name in inputs}
    return found + [
        f"{path}.{wire} is missing" for wire, known in properties.items() if known.required and wire not in given_
    ]


PAIR = {
    "kind": "RSA",
    "private_key": "BEGIN RSA PRIVATE KEY",
    "public_key": "BEGIN PUBLIC KEY",
    "passphrase": "planted-x",
}
MEMBERS = {"members": {"us": {"url": "https://us.example.com/artifactory/fed-docker"}}, "proxy": "out"}


@pytest.mark.parametrize("package", ["docker", "oci", "helm_oci"])
def test_every_property_is_one_of_the_sdks(package: str) -> None:
    said = {
        **copy.deepcopy(EVERYTHING),
        "local": {"docker-local": {"package": package}, "releases": {"property_sets": ["a"]}},
        "remote": {
            "hub": {"url": "https://registry-1.docker.io/", "package": package, "proxy": "out", "project_id": "acme"}
        },
        "federated": {"docker-fed": {**MEMBERS, "package": package}},
        "virtual": {
            "docker": {"repositories": ["docker-local"], "package": package, "default_deployment": "docker-local"}
        },
        "key_pairs": {"signing": PAIR},
    }
    for child in [*planned(said).values(), *planned({**EVERYTHING, "key_pairs": {"signing": PAIR}}).values()]:
        assert foreign(PROPERTIES[child.kind], child.inputs, child.kind) == []


def test_pro_tells_one_target_in_its_own_class() -> None:
    rule = copy.deepcopy(EVERYTHING["replications"]["disaster"])
    del rule["targets"]["south"]
    rule["repository"] = "docker-local"
    said = {**GOOD, "edition": "pro", "local": {"docker-local": {}}, "replications": {"copy": rule}}
    (child,) = (child for child in planned(said).values() if child.suffix == "replication-copy")
    assert child.kind == "LocalRepositorySingleReplication"
    assert foreign(PROPERTIES[child.kind], child.inputs, child.kind) == []
    more = planned({**said, "edition": "enterprise_x"})
    assert ("LocalRepositoryMultiReplication", "replication-copy") in more


def test_every_kind_of_repository_is_emulated() -> None:
    assert set(KINDS.values()) <= set(PROPERTIES)
    assert len(set(KINDS.values())) == 12


def test_references_become_keys_and_come_before() -> None:
    found = planned(EVERYTHING)
    docker = found["VirtualDockerRepository", "docker"]
    assert docker.inputs["repositories"] == ["docker-local", "docker-releases", "docker-hub"]
    assert docker.inputs["default_deployment_repo"] == "docker-local"
    everything = found["VirtualDockerRepository", "all"]
    assert everything.inputs["repositories"] == ["docker", "docker-old"]
    assert everything.after == (("VirtualDockerRepository", "docker"),)
    assert list(found).index(docker.id) < list(found).index(everything.id)
    build = found["PermissionTarget", "permission-build"]
    assert build.inputs["repo"] == {
        "repositories": ["docker-fed", "docker-local"],
        "includes_patterns": ["**"],
        "excludes_patterns": ["secret/**"],
        "actions": {
            "groups": [
                {"name": "developers", "permissions": ["annotate", "read", "write"]},
                {"name": "readers", "permissions": ["read"]},
            ],
            "users": [{"name": "builder", "permissions": ["delete", "read"]}],
        },
    }
    assert found["PermissionTarget", "permission-look"].inputs["repo"]["repositories"] == ["ANY LOCAL"]
    assert set(build.after) == {
        ("DockerV2Repository", "docker-local"),
        ("FederatedDockerV2Repository", "docker-fed"),
        ("Group", "group-developers"),
        ("ManagedUser", "user-builder"),
    }
    for position, child in enumerate(found.values()):
        assert all(list(found).index(id_) < position for id_ in child.after), child.path


def test_policies_are_told_with_their_repositories() -> None:
    found = planned(EVERYTHING)
    old = found["PackageCleanupPolicy", "cleanup-old-builds"].inputs
    assert old["search_criteria"] == {
        "package_types": ["docker"],
        "repos": ["docker-local"],
        "included_projects": [],
        "include_all_projects": True,
        "included_packages": ["**"],
        "created_before_in_days": 90,
    }
    cache = found["PackageCleanupPolicy", "cleanup-cache"].inputs
    assert cache["search_criteria"]["last_downloaded_before_in_days"] == 30
    assert cache["search_criteria"]["excluded_packages"] == ["library/alpine"]
    assert (cache["duration_in_minutes"], cache["skip_trashcan"]) == (120, True)
    archive = found["ArchivePolicy", "archive-releases"].inputs
    assert archive["search_criteria"]["repos"] == ["docker-old", "docker-releases"]
    assert archive["search_criteria"]["package_types"] == ["docker", "oci"], "one is somebody else's"
    assert archive["search_criteria"]["keep_last_n_versions"] == 20


def test_a_policy_of_a_project() -> None:
    said = {
        **GOOD,
        "existing_repositories": {"shop-images": "local"},
        "cleanup_policies": {
            "shop-old": {
                "project": "shop",
                "repositories": ["shop-images"],
                "policy": {"properties": {"stage": "dev"}, "exclude_properties": {"keep": "true"}},
            }
        },
    }
    (child,) = planned(said).values()
    assert child.inputs["project_key"] == "shop"
    assert child.inputs["search_criteria"] == {
        "package_types": ["docker", "oci"],
        "repos": ["shop-images"],
        "included_projects": ["shop"],
        "include_all_projects": False,
        "included_packages": ["**"],
        "included_properties": {"stage": ["dev"]},
        "excluded_properties": {"keep": ["true"]},
    }


def test_a_federated_repository_is_its_own_first_member() -> None:
    child = planned(EVERYTHING)["FederatedDockerV2Repository", "docker-fed"]
    assert child.inputs["members"][0] == {
        "url": Below("https://artifactory.example.com", "/artifactory/docker-fed"),
        "enabled": True,
    }
    assert child.secret == ("members",)


def test_what_is_pushed_to_lasts() -> None:
    lasting = {child.suffix for child in planned(EVERYTHING).values() if child.lasting}
    assert lasting == {"docker-local", "releases", "charts", "shop-images", "docker-fed"}
    gone = planned({**EVERYTHING, "deletion": "destroy", "empty_on_delete": True})
    assert not [child for child in gone.values() if child.lasting]


def test_a_token_is_of_its_groups_and_scopes() -> None:
    found = planned(EVERYTHING)
    ci = found["ScopedToken", "token-ci"]
    assert ci.inputs["scopes"] == ["applied-permissions/groups:developers"]
    assert ci.inputs["username"] == "ci"
    assert ci.after == (("Group", "group-developers"),)
    assert found["ScopedToken", "token-cluster"].inputs["scopes"] == ["artifact:docker-local/**:r"]


@pytest.mark.parametrize("left_out", ACCEPTED)
def test_each_accepted_difference_is_needed(left_out: str) -> None:
    said = copy.deepcopy(EVERYTHING)
    accepted = [entry for entry in ACCEPTED if entry != left_out]
    said["cleanup_policies"]["old-builds"]["policy"]["accept_differences"] = accepted
    with pytest.raises(StackError, match=left_out):
        ArtifactoryConfigurationArgs.parse(said)


_KEYS = st.sampled_from(["docker-local", "hub", "images", "shop", "team-a"])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_KEYS, st.lists(_KEYS, min_size=1, max_size=3, unique=True), max_size=4), st.randoms())
def test_whatever_is_valid_is_planned_the_same_twice_and_in_order(virtual: dict[str, list[str]], random: Any) -> None:
    held: dict[str, Any] = {
        key: {} for key in ("docker-local", "hub", "images", "shop", "team-a") if key not in virtual
    }
    said = {**GOOD, "local": held, "virtual": {key: {"repositories": others} for key, others in virtual.items()}}
    try:
        args = ArtifactoryConfigurationArgs.parse(said)
    except StackError as error:
        assert "lead back to it" in str(error)
        return
    order = virtual_order(args)
    assert sorted(order) == sorted(virtual)
    for position, key in enumerate(order):
        assert all(order.index(other) < position for other in virtual[key] if other in virtual)
    shuffled = list(said["local"].items())
    random.shuffle(shuffled)
    again = ArtifactoryConfigurationArgs.parse({**said, "local": dict(shuffled)})

    def told(wanted: ArtifactoryConfigurationArgs) -> str:
        return json.dumps([[*child.id, child.inputs, child.after] for child in children(wanted)])

    assert told(args) == told(again)
