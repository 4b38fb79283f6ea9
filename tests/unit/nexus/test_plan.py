"""Unit proof: what is registered for some settings, and that it is what Nexus' REST API takes, reads and changes."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.nexus import NexusConfigurationArgs
from registry_components.nexus.configuration.objects import OWN
from registry_components.nexus.configuration.plan import Child, children
from registry_components.rehearsal.nexus_model import fresh
from tests.support.fake_nexus import FakeNexus
from tests.unit.nexus.living import props
from tests.unit.nexus.material import EVERYTHING, GOOD, SECRETS

pytestmark = pytest.mark.unit


def plan(said: dict[str, Any]) -> dict[str, Child]:
    return {child.suffix: child for child in children(NexusConfigurationArgs.parse(said))}


def test_everything_is_planned_once_and_after_what_it_needs() -> None:
    seen: set[tuple[str, str]] = set()
    for child in children(NexusConfigurationArgs.parse(EVERYTHING)):
        assert set(child.after) <= seen, child.id
        assert child.id not in seen
        seen.add(child.id)
    assert {kind for kind, _ in seen} == set(OWN) - {"Eula"}
    assert len(seen) == 27


def test_a_repository_by_its_defaults() -> None:
    made = plan({**GOOD, "repositories": {"shop": {"kind": "hosted"}}})
    assert sorted(made) == ["anonymous", "shop"]
    assert made["shop"].lasting
    assert made["shop"].inputs["body"] == {
        "name": "shop",
        "online": True,
        "storage": {
            "blobStoreName": "default",
            "strictContentTypeValidation": True,
            "writePolicy": "allow_once",
            "latestPolicy": False,
        },
        "docker": {"v1Enabled": False, "forceBasicAuth": True, "pathEnabled": True},
        "component": {"proprietaryComponents": False},
    }
    assert made["anonymous"].inputs["body"]["enabled"] is False


def test_a_unified_policy_becomes_a_cleanup_policy_for_each_rule() -> None:
    made = plan(EVERYTHING)
    assert made["shop-cleanup-old"].inputs["body"] == {
        "name": "shop-old",
        "format": "docker",
        "notes": "of shop",
        "criteriaLastBlobUpdated": 30,
        "criteriaAssetRegex": made["shop-cleanup-old"].inputs["body"]["criteriaAssetRegex"],
    }
    assert made["shop"].inputs["body"]["cleanup"] == {"policyNames": ["shop-old", "stale"]}


def test_tasks_come_after_one_another() -> None:
    made = {suffix: child.inputs["body"] for suffix, child in plan(EVERYTHING).items() if child.kind == "Task"}
    assert {suffix: body["frequency"]["cronExpression"] for suffix, body in made.items()} == {
        "task-purge-hub": "0 0 1 * * ?",
        "task-docker-gc": "0 0 2 * * ?",
        "task-docker-upload-purge": "0 0 3 * * ?",
        **{f"task-compact-{name}": "0 0 4 * * ?" for name in ("azure", "default", "disk", "google", "images")},
    }
    assert made["task-docker-gc"]["properties"] == {"repositoryName": "*", "deployOffset": "24"}
    assert made["task-compact-images"]["properties"] == {"blobstoreName": "images", "blobsOlderThan": "2"}


def test_no_secret_is_in_what_is_shown() -> None:
    for child in plan(EVERYTHING).values():
        shown = repr(child.inputs)
        assert not [name for name, value in SECRETS.items() if value in shown], child.id


def test_everything_lives_as_the_documents_have_it(nexus: FakeNexus) -> None:
    made: list[tuple[Child, str, dict[str, Any]]] = []
    for child in children(NexusConfigurationArgs.parse(EVERYTHING)):
        provider, said = OWN[child.kind].lived_by, props(nexus, child)
        result = provider.create(said)
        assert provider.read(str(result.id), dict(result.outs or {})).outs == result.outs, child.id
        assert not provider.diff(str(result.id), result.outs or {}, said).changes, child.id
        made.append((child, str(result.id), said))
    assert [call for call in nexus.calls if call.status >= 400 and call.status != 404] == []
    assert (
        nexus.kept("blobs")["images"]["bucketConfiguration"]["bucketSecurity"]["secretAccessKey"] == SECRETS["bucket"]
    )
    proxy = nexus.kept("repositories")["hub"]
    assert proxy["httpClient"]["authentication"]["password"] == SECRETS["upstream"]
    assert nexus.kept("passwords") == {"ci": "Generated-password-1", "puller": SECRETS["given user"]}

    # A second run of the same, as after one that was killed, changes nothing but what cannot be compared.
    nexus.calls.clear()
    before = {kind: nexus.kept(kind) for kind in fresh()}
    for child, identity, said in made:
        assert OWN[child.kind].lived_by.create(said).id == identity
    assert {kind: nexus.kept(kind) for kind in fresh()} == before
    assert not [change for change in nexus.changes if change.startswith(("POST", "DELETE"))]

    for child, identity, said in reversed(made):
        provider = OWN[child.kind].lived_by
        provider.delete(identity, said)
        provider.delete(identity, said)
    left = {kind: nexus.kept(kind) for kind in fresh()}
    empty = fresh()
    for kind in ("blobs", "repositories", "cleanup", "rules", "selectors", "privileges", "roles", "users", "tasks"):
        assert left[kind] == empty[kind], kind
    # What Nexus has one of stays as it was said.
    assert list(left["realms"]) == ["NexusAuthenticatingRealm", "DockerToken"]
