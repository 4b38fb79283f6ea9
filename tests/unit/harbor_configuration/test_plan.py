"""Unit proof: what is registered for some settings, and that it is what Harbor's provider and Harbor's API take."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.harbor.configuration import HarborConfigurationArgs, calls
from registry_components.harbor.configuration.plan import OWN, Child, Ref, children
from tests.support.harbor_document import HarborDocument, without_document
from tests.unit.harbor_configuration.applying import Applied, documented
from tests.unit.harbor_configuration.material import EVERYTHING, GOOD, LIFECYCLE, SECRETS

pytestmark = pytest.mark.unit

GIB = 1024**3


def plan(said: dict[str, Any]) -> dict[tuple[str, str], Child]:
    return {child.id: child for child in children(HarborConfigurationArgs.parse(said))}


def inputs(said: dict[str, Any], kind: str, suffix: str) -> dict[str, Any]:
    return plan({**GOOD, **said})[kind, suffix].inputs


def test_everything_is_planned_once_and_after_what_it_needs() -> None:
    listed = list(children(HarborConfigurationArgs.parse(EVERYTHING)))
    seen: set[tuple[str, str]] = set()
    for child in listed:
        for needed in [*child.after, *_references(child.inputs)]:
            assert needed in seen, (child.id, needed)
        assert child.id not in seen
        seen.add(child.id)
    assert len(listed) == 36
    assert {child.kind for child in listed} >= OWN


def _references(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Ref):
        return [(value.kind, value.suffix)]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for item in items for found in _references(item)]


def test_a_project_by_its_defaults() -> None:
    assert inputs({"projects": {"shop": {}}}, "Project", "shop") == {
        "name": "shop",
        "public": False,
        "vulnerability_scanning": True,
        "auto_sbom_generation": False,
        "enable_content_trust": False,
        "enable_content_trust_cosign": False,
        "force_destroy": False,
    }
    assert list(plan({**GOOD, "projects": {"shop": {}}})) == [("Project", "shop")]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"quota_bytes": 3 * GIB}, {"storage_quota": 3}),
        ({"quota_bytes": -1}, {"storage_quota": -1}),
        ({"content_trust": ["cosign"]}, {"enable_content_trust_cosign": True, "enable_content_trust": False}),
        ({"content_trust": ["notation"]}, {"enable_content_trust_cosign": False, "enable_content_trust": True}),
        ({"block_severity": "low"}, {"deployment_security": "low"}),
        ({"cve_allowlist": {"ids": ["CVE-2", "CVE-1"]}}, {"cve_allowlists": ["CVE-1", "CVE-2"]}),
    ],
)
def test_a_project_in_the_providers_words(said: dict[str, Any], expected: dict[str, Any]) -> None:
    assert inputs({"projects": {"shop": said}}, "Project", "shop").items() >= expected.items()


def test_an_allowlist_with_an_end_is_told_again_after_the_project() -> None:
    said = {"projects": {"shop": {"cve_allowlist": {"ids": ["CVE-1"], "expires_at": "2030-01-01T01:00:00+01:00"}}}}
    own = inputs(said, "ProjectSettings", "shop-settings")
    assert own["settings"] == {"cve_allowlist": {"ids": ["CVE-1"], "expires_at": 1893456000}}
    public = copy.deepcopy(said)
    public["projects"]["shop"]["public"] = True  # type: ignore[assignment]
    assert inputs(public, "ProjectSettings", "shop-settings")["provider"] != own["provider"]


@pytest.mark.parametrize(
    ("trigger", "schedule"),
    [
        ({"kind": "manual"}, "manual"),
        ({"kind": "event"}, "event_based"),
        ({"kind": "cron", "schedule": "0 5 * * * *"}, "0 5 * * * *"),
    ],
)
def test_what_starts_a_replication(trigger: dict[str, str], schedule: str) -> None:
    rule = {"registry": "dr", "direction": "push", "trigger": trigger}
    said = {"registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}}, "replications": {"copy": rule}}
    assert inputs(said, "Replication", "replication-copy")["schedule"] == schedule


def test_filters_of_a_replication() -> None:
    assert inputs(EVERYTHING, "Replication", "replication-to-dr")["filters"] == [
        {"name": "shop/**"},
        {"tag": "*-rc*", "decoration": "excludes"},
        {"labels": ["golden"], "decoration": "matches"},
        {"resource": "image"},
    ]


def test_the_unified_policy_and_harbors_own() -> None:
    said = {"garbage_collection": {"kind": "elsewhere"}, "projects": {"shop": {"lifecycle": LIFECYCLE}}}
    assert inputs(said, "RetentionPolicy", "shop-retention")["rules"] == [
        {"repo_matching": "**", "tag_excluding": "**", "always_retain": True, "untagged_artifacts": True},
        {"repo_matching": "**", "tag_matching": "**", "n_days_since_last_push": 30, "untagged_artifacts": True},
        {"repo_matching": "**", "tag_matching": "v*", "always_retain": True, "untagged_artifacts": False},
    ]
    assert ("GarbageCollection", "garbage-collection") not in plan({**GOOD, **said})
    own = {"rules": [{"most_recently_pulled": 3, "exclude_tags": "v*", "exclude_repositories": "base/**"}]}
    said["projects"]["shop"]["lifecycle"] = own  # type: ignore[index]
    assert inputs(said, "RetentionPolicy", "shop-retention")["rules"] == [
        {
            "repo_excluding": "base/**",
            "tag_excluding": "v*",
            "most_recently_pulled": 3,
            "untagged_artifacts": True,
        }
    ]


def test_a_directory_in_the_providers_words() -> None:
    auth = {
        "kind": "ldap",
        "url": "ldaps://ldap.example.com",
        "base_dn": "dc=example",
        "search_dn": "cn=harbor",
        "search_password": "hidden",
        "scope": "one_level",
        "group_base_dn": "ou=groups",
        "group_scope": "base",
    }
    found = inputs({"auth": auth}, "ConfigAuth", "auth")
    assert found.pop("ldap_search_password").get_secret_value() == "hidden"
    assert found == {
        "auth_mode": "ldap_auth",
        "primary_auth_mode": False,
        "ldap_url": "ldaps://ldap.example.com",
        "ldap_base_dn": "dc=example",
        "ldap_uid": "cn",
        "ldap_scope": "onelevel",
        "ldap_search_dn": "cn=harbor",
        "ldap_verify_cert": True,
        "ldap_group_base_dn": "ou=groups",
        "ldap_group_scope": "base",
    }
    assert inputs({"auth": {"kind": "database"}}, "ConfigAuth", "auth") == {"auth_mode": "db_auth"}


def test_the_plan_shows_no_secret() -> None:
    text = repr(plan(EVERYTHING)) + repr(HarborConfigurationArgs.parse(EVERYTHING))
    assert [name for name, value in SECRETS.items() if value in text] == []


def test_the_order_of_settings_means_nothing() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(item) for key, item in reversed(value.items())}
        return value

    assert list(children(HarborConfigurationArgs.parse(turned(EVERYTHING)))) == list(
        children(HarborConfigurationArgs.parse(EVERYTHING))
    )


@without_document
def test_every_call_is_one_of_harbors_document() -> None:
    document = HarborDocument()
    for model in calls.ALL:
        known = document.definition(model.__name__)["properties"]
        assert set(model.model_fields) <= set(known), model.__name__


def test_everything_is_what_the_provider_and_harbor_take(tmp_path: Path) -> None:
    with documented() as told:
        assert Applied(tmp_path, HarborConfigurationArgs.parse(EVERYTHING)).apply() == []
    assert told == []


DIRECTORY = {
    "auth": {
        "kind": "ldap",
        "url": "ldaps://ldap.example.com",
        "base_dn": "ou=people,dc=example",
        "search_dn": "cn=harbor",
        "search_password": "hidden",
        "filter": "(objectClass=person)",
        "scope": "one_level",
        "group_base_dn": "ou=groups,dc=example",
        "group_filter": "(objectClass=group)",
        "group_name_attribute": "cn",
        "group_admin_dn": "cn=admins,ou=groups,dc=example",
        "group_membership_attribute": "memberof",
        "primary": True,
    },
    "groups": {"devs": {"kind": "ldap", "ldap_group_dn": "cn=devs,ou=groups,dc=example"}},
    "projects": {"shop": {"groups": {"devs": "maintainer"}}},
}
OWN_USERS = {"auth": {"kind": "database"}, "system": {"self_registration": True, "read_only": True}}


@pytest.mark.parametrize("said", [DIRECTORY, OWN_USERS], ids=["directory", "own users"])
def test_other_logins_are_what_the_provider_and_harbor_take(said: dict[str, Any], tmp_path: Path) -> None:
    with documented() as told:
        assert Applied(tmp_path, HarborConfigurationArgs.parse({**GOOD, **said})).apply() == []
    assert told == []


# Settings that are accepted, and what becomes of them.

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4})?", fullmatch=True)
CRON = st.builds("0 {} {} * * *".format, st.integers(0, 59), st.integers(0, 23))
TEXT = st.text("abc äö-'\"", max_size=12)
PATTERN = st.sampled_from(["**", "v*", "{main,dev}-*", "release-?", "team/**"])


def some(of: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(NAMES, of, max_size=most)


def records(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


ROBOT = records(
    {"access": st.sampled_from([{"repository": ["pull"]}, {"repository": ["push", "pull"], "tag": ["list"]}])},
    duration_days=st.sampled_from([-1, 1, 365]),
    description=TEXT,
    disabled=st.booleans(),
    secret=st.just("Some-Secret-12"),
)
WEBHOOK = records(
    {
        "address": st.just("https://ci.example.com/x"),
        "events": st.lists(st.sampled_from(["PUSH_ARTIFACT", "TAG_RETENTION", "REPLICATION"]), min_size=1, unique=True),
    },
    description=TEXT,
    enabled=st.booleans(),
    auth_header=st.just("Bearer x"),
)
PROJECT = records(
    {},
    public=st.booleans(),
    quota_bytes=st.one_of(st.just(-1), st.integers(1, 9).map(lambda n: n * GIB)),
    sbom_on_push=st.booleans(),
    block_severity=st.sampled_from(["critical", "none"]),
    content_trust=st.lists(st.sampled_from(["cosign", "notation"]), unique=True),
    cve_allowlist=records(
        {"ids": st.lists(st.sampled_from(["CVE-2024-1", "CVE-2024-2", "GHSA-x-1"]), min_size=1, unique=True)},
        expires_at=st.just("2031-01-01T00:00:00Z"),
    ),
    members=st.dictionaries(st.sampled_from(["ann", "bob.b"]), st.sampled_from(["guest", "maintainer"])),
    robots=some(ROBOT),
    webhooks=some(WEBHOOK),
    labels=some(records({}, description=TEXT, color=st.just("#123ABC"))),
    immutable_tags=st.dictionaries(st.just("x"), records({"tags": PATTERN.filter(lambda p: p != "**")})),
    lifecycle=st.one_of(
        st.just(LIFECYCLE),
        st.builds(
            lambda n, tags, untagged: {"rules": [{"most_recently_pushed": n, "tags": tags, "untagged": untagged}]},
            st.integers(1, 100),
            PATTERN,
            st.booleans(),
        ),
    ),
)
TRIGGER = st.one_of(st.just({"kind": "manual"}), st.builds(lambda cron: {"kind": "cron", "schedule": cron}, CRON))
RULE = records(
    {
        "registry": st.just("dr"),
        "direction": st.sampled_from(["push", "pull"]),
        "trigger": TRIGGER,
        "filter": records({"name": PATTERN}, tag=PATTERN, tag_excluded=st.just(False), resource=st.just("image")),
    },
    bandwidth_kbps=st.sampled_from([-1, 1, 5000]),
    flatten_levels=st.integers(-1, 3),
    override=st.booleans(),
    description=TEXT,
)
HARBOR = records(
    {
        "url": st.just(GOOD["url"]),
        "password": st.just(GOOD["password"]),
        "garbage_collection": st.builds(lambda cron: {"kind": "scheduled", "schedule": cron}, CRON),
        "registries": st.just({"dr": {"kind": "harbor", "url": "https://dr.example.com"}}),
    },
    projects=some(PROJECT, 2),
    replications=some(RULE),
    scanners=st.just({"clair": {"url": "https://clair.example.com", "auth": "Basic", "credential": "u:p"}}),
    scan_all=st.builds(lambda cron: {"schedule": cron}, CRON),
    purge_audit=records({}, keep_hours=st.integers(1, 5000)),
    system=records({}, read_only=st.booleans(), token_minutes=st.integers(1, 99), notifications=st.booleans()),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HARBOR)
def test_what_is_accepted_is_valid_and_stays_as_it_was_made(said: dict[str, Any]) -> None:
    args = HarborConfigurationArgs.parse(said)
    assert list(children(args)) == list(children(HarborConfigurationArgs.parse(copy.deepcopy(said))))
    with tempfile.TemporaryDirectory() as folder, documented() as told:
        assert Applied(Path(folder), args).apply() == []
    assert told == []


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.just({}),
    st.just({"kind": "none"}),
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_junk_anywhere_is_taken_or_told_and_never_shows_a_secret(data: st.DataObject) -> None:
    said = copy.deepcopy(EVERYTHING)
    here: Any = said
    while True:
        keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if not here[key] or not isinstance(here[key], dict | list) or data.draw(st.booleans()):
            here[key] = data.draw(JUNK)
            break
        here = here[key]
    try:
        planned = list(children(HarborConfigurationArgs.parse(said)))
    except StackError as error:
        assert [name for name, value in SECRETS.items() if value in str(error)] == []
        assert "Traceback" not in str(error)
    else:
        assert len({child.id for child in planned}) == len(planned)
