"""Unit proof: things in a Nexus over HTTP: what is there already, refusals, faults in passing, drift and secrets."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.nexus import NexusConfigurationArgs
from registry_components.nexus.configuration.errors import NexusError
from registry_components.nexus.configuration.objects import OWN
from registry_components.nexus.configuration.plan import children
from registry_components.nexus.configuration.provider import NexusProvider, difference, like
from tests.support.fake_nexus import FakeNexus
from tests.unit.nexus.living import props
from tests.unit.nexus.material import EVERYTHING, GOOD, PASSWORD, SECRETS

pytestmark = pytest.mark.unit

SHOP = {"repositories": {"shop": {"kind": "hosted"}}}


def one(nexus: FakeNexus, said: dict[str, Any], suffix: str) -> tuple[NexusProvider, dict[str, Any]]:
    """Return the provider and the properties of one child of some settings."""
    planned = {child.suffix: child for child in children(NexusConfigurationArgs.parse({**GOOD, **said}))}
    return OWN[planned[suffix].kind].lived_by, props(nexus, planned[suffix])


def failing(nexus: FakeNexus, provider: NexusProvider, said: dict[str, Any]) -> str:
    with pytest.raises(NexusError) as caught:
        provider.create(said)
    return str(caught.value).replace(nexus.url, "URL")


def test_what_is_there_and_equal_is_taken_over(nexus: FakeNexus) -> None:
    provider, said = one(nexus, SHOP, "shop")
    provider.create(said)
    nexus.calls.clear()
    provider.create(said)
    assert nexus.changes == []


def test_what_is_there_and_another_is_refused_unless_it_is_adopted(nexus: FakeNexus) -> None:
    provider, said = one(nexus, SHOP, "shop")
    provider.create(said)
    _, other = one(nexus, {"repositories": {"shop": {"kind": "hosted", "write_policy": "allow"}}}, "shop")
    assert failing(nexus, provider, other) == (
        "cannot make repository 'shop': there is one already, and its storage.writePolicy is another; make that equal, "
        "take another name, or set adopt to change it to what is said here"
    )
    assert nexus.kept("repositories")["shop"]["storage"]["writePolicy"] == "allow_once"
    provider.create({**other, "adopt": True})
    assert nexus.kept("repositories")["shop"]["storage"]["writePolicy"] == "allow"


def test_what_somebody_has_added_is_seen(nexus: FakeNexus) -> None:
    provider, said = one(nexus, SHOP, "shop")
    made = provider.create(said)
    with nexus.change() as state:
        state["repositories"]["shop"]["docker"]["httpsPort"] = 8443
    seen = provider.read("shop", dict(made.outs or {})).outs or {}
    assert seen["body"]["docker"]["httpsPort"] == 8443
    assert provider.diff("shop", seen, said).changes
    provider.update("shop", seen, said)
    assert "httpsPort" not in nexus.kept("repositories")["shop"]["docker"]


def test_a_repository_of_another_kind_is_told_in_nexus_words(nexus: FakeNexus) -> None:
    provider, said = one(nexus, SHOP, "shop")
    provider.create(said)
    other = {"repositories": {"shop": {"kind": "proxy", "remote_url": "https://registry.example.com"}}}
    assert failing(nexus, *one(nexus, other, "shop")) == (
        "cannot make repository 'shop': Nexus does not take it (400: Name 'shop' is already used, must be unique "
        "(ignoring case))"
    )


def test_another_blob_store_is_refused_before_nexus_is_asked(nexus: FakeNexus) -> None:
    provider, said = one(nexus, SHOP, "shop")
    made = provider.create(said)
    store = {"disk": {"storage": {"kind": "filesystem", "directory": "/nexus-data/blobs"}}}
    _, news = one(
        nexus, {"blob_stores": store, "repositories": {"shop": {"kind": "hosted", "blob_store": "disk"}}}, "shop"
    )
    with pytest.raises(NexusError) as caught:
        provider.update("shop", dict(made.outs or {}), news)
    assert str(caught.value) == (
        "cannot change repository 'shop': its blob store is 'default', which cannot be changed to 'disk'; take "
        "'default' again, or move it in Nexus (Admin - Change repository blob store) and run a refresh"
    )


def test_a_blob_store_in_use_stays(nexus: FakeNexus) -> None:
    said = {**EVERYTHING, "repositories": {"shop": {"kind": "hosted", "blob_store": "disk"}}, "roles": {}, "users": {}}
    said = {**said, "privileges": {}, "cleanup_policies": {}, "routing_rules": {}, "realms": None, "anonymous": {}}
    store, props_of_store = one(nexus, said, "blob-store-disk")
    store.create(props_of_store)
    provider, shop = one(nexus, said, "shop")
    provider.create(shop)
    with pytest.raises(NexusError, match=r"cannot remove blob store 'disk': Nexus does not take it \(400: .* in use"):
        store.delete("disk", props_of_store)


@pytest.mark.parametrize("kind", ["502", "503", "504", "drop"])
def test_what_fails_in_passing_is_asked_again(kind: str, nexus: FakeNexus) -> None:
    provider, said = one(nexus, SHOP, "shop")
    nexus.fail("GET", "/v1/repositories/docker/hosted/shop", kind, 3)
    made = provider.create(said)
    nexus.fail("PUT", "/v1/repositories/docker/hosted/shop", kind, 3)
    provider.update("shop", dict(made.outs or {}), {**said, "body": {**said["body"], "online": False}})
    nexus.fail("DELETE", "/v1/repositories/shop", kind, 3)
    provider.delete("shop", said)
    assert nexus.kept("repositories") == {}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("500", "Nexus does not take it (500: a fault)"),
        ("503", "Nexus does not take it (503: a fault)"),
        ("drop", "URL cannot be reached (the connection broke off); run it again later"),
    ],
)
def test_what_is_made_is_not_sent_twice(kind: str, told: str, nexus: FakeNexus) -> None:
    provider, said = one(nexus, {**SHOP, "tasks": {"kind": "scheduled"}}, "task-docker-gc")
    nexus.fail("POST", "/v1/tasks", kind)
    assert failing(nexus, provider, said) == f"cannot make task 'Delete unused manifests and images': {told}"
    assert len([call for call in nexus.calls if call.method == "POST"]) == 1


def test_a_task_that_an_interrupted_run_made_is_not_made_twice(nexus: FakeNexus) -> None:
    provider, said = one(nexus, {**SHOP, "tasks": {"kind": "scheduled"}}, "task-docker-gc")
    with nexus.change() as state:
        # Nexus hands tasks out in pages.
        for number in range(5):
            state["tasks"][f"a{number}"] = {
                "id": f"a{number}",
                "name": f"other {number}",
                "type": "repository.docker.gc",
            }
    nexus.fail("POST", "/v1/tasks", "drop-after")
    failing(nexus, provider, said)
    provider.create(said)
    names = [task["name"] for task in nexus.kept("tasks").values()]
    assert names.count("Delete unused manifests and images") == 1
    # What it says otherwise cannot be seen, so it is sent.
    assert [change for change in nexus.changes if change.startswith("PUT")] != []


def test_a_task_is_removed_by_its_own_id(nexus: FakeNexus) -> None:
    provider, said = one(nexus, {**SHOP, "tasks": {"kind": "scheduled"}}, "task-docker-gc")
    made = provider.create(said)
    with nexus.change() as state:
        # Somebody has given another task the same name.
        state["tasks"]["a"] = {**state["tasks"][str(made.id)], "id": "a"}
    nexus.calls.clear()
    provider.delete(str(made.id), said)
    assert nexus.changes == [f"DELETE /v1/tasks/{made.id}"]
    assert sorted(nexus.kept("tasks")) == ["a", "cleanup"]
    assert provider.read(str(made.id), said).id == ""


def test_a_wrong_login_and_a_page_of_a_proxy_are_told(nexus: FakeNexus) -> None:
    provider, said = one(nexus, SHOP, "shop")
    wrong = {**said, "login": {"username": "admin", "password": "wrong-password"}}
    assert failing(nexus, provider, wrong) == (
        "cannot read repository 'shop': the login 'admin' is not accepted (401); correct username and password"
    )
    nexus.fail("GET", "/v1/repositories/docker/hosted/shop", "page")
    assert failing(nexus, provider, said) == (
        "cannot read repository 'shop': URL answered with something else than JSON; correct url, or the proxy on "
        "the way"
    )
    with pytest.raises(Exception, match="username, password: are missing; set both"):
        provider.create({**said, "login": {}})


def test_the_community_edition_has_no_api_of_cleanup_policies(nexus: FakeNexus) -> None:
    with nexus.change() as state:
        state["edition"] = "community"
    said = {**SHOP, "cleanup_policies": {"stale": {"last_downloaded_days": 60}}}
    assert failing(nexus, *one(nexus, said, "cleanup-stale")) == (
        "cannot make cleanup policy 'stale': Nexus knows no such thing (404: the API of cleanup policies is not "
        "available in the Community Edition); correct the name, or the edition"
    )


def test_no_secret_is_in_a_refusal(nexus: FakeNexus) -> None:
    provider, said = one(nexus, EVERYTHING, "hub")
    said["body"]["routingRule"] = SECRETS["upstream"]
    told = failing(nexus, provider, said)
    assert "Blob store" not in told
    assert "Routing rule '[secret]' does not exist" in told
    assert SECRETS["upstream"] not in told
    assert PASSWORD not in told


def test_a_user_is_found_by_its_whole_id_and_gets_its_password(nexus: FakeNexus) -> None:
    user = {"first_name": "C", "last_name": "I", "email": "ci@example.com", "roles": ["nx-anonymous"]}
    said = {**SHOP, "users": {"ci": user, "ci-2": user}}
    for suffix in ("user-ci-2", "user-ci"):
        provider, properties = one(nexus, said, suffix)
        provider.create(properties)
    assert sorted(nexus.kept("users")) == ["admin", "anonymous", "ci", "ci-2"]
    provider, properties = one(nexus, said, "user-ci")
    changed = {**properties, "secrets": {"password": "Another-password-2"}}
    nexus.calls.clear()
    provider.update("ci", properties, changed)
    assert nexus.changes == ["PUT /v1/security/users/ci/change-password"]
    assert nexus.kept("passwords")["ci"] == "Another-password-2"


def test_the_licence_agreement_is_accepted_in_its_own_words(nexus: FakeNexus) -> None:
    said = {"edition": "community", "accept_eula": True}
    assert failing(nexus, *one(nexus, said, "eula")) == (
        "cannot make the licence agreement: this Nexus has none; it is no Community Edition, or older than 3.77"
    )
    with nexus.change() as state:
        state["edition"] = "community"
    provider, properties = one(nexus, said, "eula")
    provider.create(properties)
    provider.create(properties)
    assert nexus.kept("eula")["accepted"] is True
    assert nexus.changes.count("POST /v1/system/eula") == 1


def test_a_new_login_alone_asks_nothing(nexus: FakeNexus) -> None:
    provider, said = one(nexus, SHOP, "shop")
    made = provider.create(said)
    other = {**said, "login": {"username": "other", "password": "x"}}
    assert provider.diff("shop", made.outs or {}, other).changes
    nexus.calls.clear()
    provider.update("shop", dict(made.outs or {}), other)
    assert nexus.calls == []


@pytest.mark.parametrize(
    ("found", "said", "place"),
    [
        ({"roles": ["b", "a"]}, {"roles": ["a", "b"]}, ""),
        ({"memberNames": ["b", "a"]}, {"memberNames": ["a", "b"]}, "memberNames"),
        ({"writePolicy": "ALLOW"}, {"writePolicy": "allow"}, ""),
        ({"name": "A"}, {"name": "a"}, "name"),
        ({"notes": None}, {"notes": ""}, ""),
        ({"docker": {"httpPort": 5000}}, {"docker": {}}, "docker.httpPort"),
        ({"docker": {"url": "x"}}, {"docker": {}}, ""),
        ({"cleanup": {"policyNames": []}, "softQuota": None}, {}, ""),
        ({"cleanup": {"policyNames": ["old"]}}, {}, "cleanup"),
        (None, {"a": {"b": 1}}, "a.b"),
    ],
)
def test_what_means_the_same_is_no_drift(found: Any, said: Any, place: str) -> None:
    assert difference(like(found, said), said) == place
