"""Unit proof: a replication as Harbor says it, and that Harbor's own OpenAPI document has every word of it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from registry_components.blocks.mirroring import Replication
from registry_components.core.errors import StackError
from registry_components.mirror import harbor_policy, harbor_registry
from registry_components.mirror.names import full
from registry_components.mirror.routes import name_filter

pytestmark = pytest.mark.unit

DOCUMENT = Path(__file__).parents[4] / "shared/data/harbor-2.15-swagger.yaml"
HARBOR = {"server": "harbor.example.com", "prefix": "shop"}


def push(**changes: Any) -> Replication:
    said = {
        "source": HARBOR, "source_kind": "harbor", "repositories": ["**"], "referrers": False,
        "destination": {"server": "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "prefix": "copies/shop"},
    }  # fmt: skip
    return Replication.parse({**said, **changes})


def pull(**changes: Any) -> Replication:
    said = {
        "source": {"server": "docker.io", "prefix": "library"}, "repositories": ["alpine", "debian"],
        "destination": {**HARBOR, "prefix": "hub/library"}, "destination_kind": "harbor", "referrers": False,
    }  # fmt: skip
    return Replication.parse({**said, **changes})


def test_a_push_at_each_push() -> None:
    assert harbor_policy(push(), name="to-ecr", registry_id=7) == {
        "name": "to-ecr",
        "dest_registry": {"id": 7},
        "dest_namespace": "copies/shop",
        "dest_namespace_replace_count": 1,
        "filters": [{"type": "name", "value": "shop/**"}],
        "trigger": {"type": "event_based"},
        "replicate_deletion": False,
        "override": True,
        "enabled": True,
        "speed": -1,
        "single_active_replication": False,
    }
    assert harbor_registry(push(), name="ecr") == {
        "name": "ecr",
        "type": "aws-ecr",
        "url": "https://api.ecr.eu-west-1.amazonaws.com",
        "insecure": False,
    }


def test_a_pull_on_a_schedule() -> None:
    made = pull(tags=["3.*", "12"], schedule="*/30 1-4 * * mon-fri", overwrite=False, kibibytes_per_second=1024)
    assert harbor_policy(made, name="hub", registry_id=3) == {
        "name": "hub",
        "src_registry": {"id": 3},
        "dest_namespace": "hub/library",
        "dest_namespace_replace_count": 1,
        "filters": [
            {"type": "name", "value": "library/{alpine,debian}"},
            {"type": "tag", "value": "{12,3.*}", "decoration": "matches"},
        ],
        "trigger": {"type": "scheduled", "trigger_settings": {"cron": "0 */30 1-4 * * mon-fri"}},
        "replicate_deletion": False,
        "override": False,
        "enabled": True,
        "speed": 1024,
        "single_active_replication": True,
    }
    registry = harbor_registry(made, name="hub")
    assert (registry["type"], registry["url"]) == ("docker-hub", "https://hub.docker.com")


@pytest.mark.parametrize(
    ("source", "destination", "namespace", "count"),
    [
        ("", "", "", -1),
        ("shop", "shop", "", -1),
        # Harbor puts the namespace before names of which it replaces nothing.
        ("", "copies", "copies", 0),
        ("shop", "copies", "copies", 1),
        ("shop/apps", "copies", "copies", 2),
    ],
)
def test_where_names_go(source: str, destination: str, namespace: str, count: int) -> None:
    made = push(
        source={"server": "harbor.example.com", "prefix": source}, repositories=["team/**"],
        destination={"server": "copies.example.com", "prefix": destination},
    )  # fmt: skip
    found = harbor_policy(made, name="copies", registry_id=1)
    assert (found["dest_namespace"], found["dest_namespace_replace_count"]) == (namespace, count)


parts = st.sampled_from(["shop", "apps", "a", "b-c"])
paths = st.lists(parts, max_size=3).map("/".join)


@given(paths, paths.filter(bool), paths.filter(bool))
def test_harbor_puts_a_name_where_the_block_says(source: str, destination: str, name: str) -> None:
    """Play Harbor's part, as replaceNamespace of src/controller/replication/flow/stage.go has it."""
    made = push(
        source={"server": "harbor.example.com", "prefix": source}, repositories=["x/**"],
        destination={"server": "copies.example.com", "prefix": destination},
    )  # fmt: skip
    found = harbor_policy(made, name="copies", registry_id=1)
    namespace, count = found["dest_namespace"], found["dest_namespace_replace_count"]
    *folders, last = full(source, name).split("/")
    put = "/".join(part for part in (namespace, *folders[count:], last) if part) if namespace else full(source, name)
    assert put == full(destination, name)


def test_everything_needs_no_filter_and_excluded_tags_are_one() -> None:
    made = push(source={"server": "harbor.example.com"}, exclude_tags=["*-rc*"], deletes=True,
                destination={"server": "other.example.com", "prefix": "copies"})  # fmt: skip
    found = harbor_policy(made, name="all", registry_id=1)
    assert found["filters"] == [{"type": "tag", "value": "*-rc*", "decoration": "excludes"}]
    assert found["replicate_deletion"] is True


@pytest.mark.parametrize(
    ("said", "written"),
    [(None, "0 0 3 * * *"), ("@hourly", "0 0 * * * *"), ("@weekly", "0 0 0 * * 0"), ("5 4 1 * *", "0 5 4 1 * *")],
)
def test_schedules_have_seconds(said: str | None, written: str) -> None:
    found = harbor_policy(pull(schedule=said), name="hub", registry_id=1)
    assert found["trigger"]["trigger_settings"]["cron"] == written


@pytest.mark.parametrize(
    ("names", "filtered"),
    [
        (["shop/api"], "shop/api"),
        (["shop/b", "shop/a/**"], "shop/{a/**,b}"),
        (["shop/api", "base/os"], None),
        (["*/api", "*/web"], None),
        (["shop", "shop/api"], None),
    ],
)
def test_one_filter_of_names(names: list[str], filtered: str | None) -> None:
    assert name_filter(names) == filtered


def test_the_login_and_the_authority_of_the_other_registry() -> None:
    made = push(
        destination={
            "server": "copies.example.com:8443", "prefix": "copies", "ca_certificate": "PEM",
            "credentials": {"username": "ci", "password": "hunter2"},
        }
    )  # fmt: skip
    assert harbor_registry(made, name="copies") == {
        "name": "copies",
        "type": "docker-registry",
        "url": "https://copies.example.com:8443",
        "insecure": False,
        "credential": {"type": "basic", "access_key": "ci", "access_secret": SecretStr("hunter2")},
        "ca_certificate": "PEM",
    }


def test_what_harbor_does_not_copy_has_no_policy() -> None:
    with pytest.raises(StackError) as caught:
        harbor_policy(push(referrers=True), name="x", registry_id=1)
    assert str(caught.value) == (
        "this is not copied by a Harbor: referrers: is true, and Harbor's replication leaves behind what refers to an "
        "image (2.15, goharbor/harbor#23210); set it to false"
    )
    with pytest.raises(StackError) as caught:
        harbor_registry(push(source_kind=None), name="x")
    assert str(caught.value) == "this is not copied by a Harbor, since neither end is one"


@pytest.mark.skipif(not DOCUMENT.is_file(), reason="needs ../shared/data/harbor-2.15-swagger.yaml")
@pytest.mark.parametrize("made", [push(), pull(tags=["v*"], schedule="@daily"), pull(exclude_repositories=[])])
def test_harbors_document_has_every_word(made: Replication) -> None:
    known = _document()
    _check(harbor_policy(made, name="x", registry_id=1), "ReplicationPolicy", known)
    _check(harbor_registry(made, name="x"), "Registry", known)


@functools.cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))["definitions"]
    return found


def _check(value: Any, name: str, known: dict[str, Any]) -> None:
    properties = known[name]["properties"]
    for key, item in value.items():
        assert key in properties, f"{name}.{key}"
        said = properties[key]
        if "$ref" in said:
            _check(item, said["$ref"].rpartition("/")[2], known)
        elif said.get("type") == "array":
            for one in item:
                _check(one, said["items"]["$ref"].rpartition("/")[2], known)
        elif "type" in said:
            assert isinstance(item, {"string": str, "boolean": bool, "integer": int}[said["type"]]), f"{name}.{key}"
