"""Unit proof: every model against a plain reading of its rules, and accepted policies against published schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.lifecycle import from_records, simulate
from registry_components.lifecycle.semantics import native
from registry_components.lifecycle.unified import simulate as unified
from registry_components.rehearsal.emulators.gcp_discovery import body_violations

from . import differ
from .differ import model
from .generate import KINDS, NOW, inventory, policy
from .reference.common import DAY, Artifact

pytestmark = pytest.mark.unit

SWAGGER = Path(__file__).parents[4] / "shared" / "data" / "harbor-2.15-swagger.yaml"
VECTORS = Path(__file__).parents[2] / "vectors"
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(st.randoms(use_true_random=False))
def test_few_repositories(kind: str, dice: Random) -> None:
    differ.batch(kind, dice, 2)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", KINDS)
def test_many_repositories(kind: str, seed: int) -> None:
    assert differ.batch(kind, Random(seed), 200) == 200


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    # A reading that is a moment off is noticed, and told by the smallest case there is.
    monkeypatch.setattr("tests.unit.lifecycle.reference.nexus.older", lambda time, days, now: time is not None)
    with pytest.raises(AssertionError) as told:
        differ.batch("nexus", Random(1), 200)
    assert str(told.value).count("the model says") == 1


# --- differences that were found, each decided by what the rules' source says ---


def art(name: str, days: float | None = 10, repository: str = "app", **more: Any) -> Artifact:
    pushed = None if days is None else NOW - round(days * DAY)
    return Artifact(repository, f"sha256:{name:>064}", pushed_at=pushed, **more)


def cosign(of: Artifact, name: str, days: float = 10, repository: str = "app") -> Artifact:
    return art(name, days, repository, tags=[of.digest.replace(":", "-") + ".sig"])


def actions(kind: str, artifacts: list[Artifact], wanted: Any) -> dict[str, str]:
    """Return the actions that are not to keep, by the short name of the artifact."""
    found = model(kind, artifacts, wanted)
    return {
        digest.removeprefix("sha256:").lstrip("0"): action
        for (_, digest), (action, _) in found.items()
        if action != "keep"
    }


GAR_ANY = {"all": {"id": "all", "action": "DELETE", "condition": {"tagState": "ANY", "olderThan": "86400s"}}}
RETENTION = {"days": 7, "status": "enabled"}
RETAIN_LATEST = {"decoration": "matches", "pattern": "latest", "extras": '{"untagged":false}'}
OLD = {"repositories": ["**"], "expire": {"old": {"tag_state": "any", "older_than_days": 7}}}


def harbor(template: str = "always", number: int = 0, **selector: Any) -> dict[str, Any]:
    params = {} if template == "always" else {"params": {template: number}}
    return {
        "algorithm": "or",
        "rules": [{"template": template, "tag_selectors": [selector or RETAIN_LATEST], **params}],
    }


def test_a_cosign_signature_is_a_version_of_its_own_to_artifact_registry() -> None:
    old = art("a", 30, tags=["v1"])
    # It does not hold its subject, as an OCI referrer does.
    assert actions("gar", [old, cosign(old, "b", 0.5)], GAR_ANY) == {"a": "delete"}
    assert actions("gar", [old, art("b", 0.5, subject=old.digest)], GAR_ANY) == {}


def test_a_cosign_signature_is_tagged_to_azure() -> None:
    old = art("a", 30)
    assert actions("acr", [old, cosign(old, "b")], RETENTION) == {"a": "delete"}
    assert actions("acr", [old, art("b", subject=old.digest)], RETENTION) == {"a": "delete", "b": "delete"}
    purge = [{"filter": ["app:sig$"], "ago": "1d", "untagged": True}]
    # Without its tag it is a manifest like any other.
    assert actions("acr-purge", [art("a", 0.5, tags=["v1"]), cosign(old, "b")], purge) == {"b": "delete"}
    assert actions("acr-purge", [art("a", 0.5, tags=["v1"]), art("b", subject=old.digest)], purge) == {}


def test_what_azure_has_locked_does_not_go_with_its_subject() -> None:
    old = art("a", 30)
    found = [old, art("b", subject=old.digest, locked=True)]
    assert actions("acr", found, RETENTION) == {"a": "delete"}
    purge = {"filter": ["app:.*"], "ago": "1d", "untagged": True}
    assert actions("acr-purge", found, [purge]) == {"a": "delete"}
    assert actions("acr-purge", found, [{**purge, "include_locked": True}]) == {"a": "delete", "b": "delete"}


def test_a_command_finds_what_the_one_before_it_left() -> None:
    # The referrer is gone with its subject before the second command counts tags.
    old = art("a", 30)
    found = [old, art("b", 2, tags=["x1"], subject=old.digest), art("c", 3, tags=["x2"])]
    first = {"filter": ["app:^$"], "ago": "1d", "untagged": True}
    second = {"filter": ["app:^x"], "ago": "1d", "keep": 1}
    assert actions("acr-purge", found, [first, second]) == {"a": "delete", "b": "delete"}


def test_only_the_command_that_deletes_a_subject_takes_its_referrers() -> None:
    # The lock held when the subject went; a later command that ignores locks has nothing to do with it.
    old = art("a", 30)
    found = [old, art("b", subject=old.digest, locked=True)]
    first = {"filter": ["app:.*"], "ago": "1d", "untagged": True}
    later = {"filter": ["other:.*"], "ago": "1d", "untagged": True, "include_locked": True}
    assert actions("acr-purge", found, [first, later]) == {"a": "delete"}


def test_an_index_that_refers_to_a_subject_shields_its_manifests() -> None:
    child = art("a", 30)
    found = [art("s", 0.5, tags=["v1"]), child]
    found.append(art("b", 30, subject=found[0].digest, children=[child.digest]))
    assert actions("acr-purge", found, [{"filter": ["app:.*"], "ago": "1d", "untagged": True}]) == {}


def test_a_manifest_without_a_time_is_not_purged_whatever_the_command() -> None:
    assert actions("acr-purge", [art("a", None)], [{"untagged_only": True}]) == {}


@pytest.mark.parametrize(
    ("kind", "wanted", "gone"),
    [
        ("gar", {**GAR_ANY, "k": {"id": "k", "action": "KEEP", "mostRecentVersions": {"keepCount": 1}}}, "b"),
        ("harbor", harbor("latestPushedK", 1, decoration="matches", pattern="**"), "b"),
        ("nexus", [{"criteriaAssetRegex": ".*", "retain": 1}], "b"),
        ("artifactory", {"searchCriteria": {"keepLastNVersions": 1}}, "b"),
        ("unified", {"repositories": ["**"], "expire": {"n": {"tag_state": "any", "beyond_most_recent": 1}}}, "b"),
        ("unified", {**OLD, "keep": {"n": {"tag_state": "any", "most_recent": 1}}}, "b"),
    ],
)
def test_an_unknown_time_neither_goes_nor_takes_a_place(kind: str, wanted: Any, gone: str) -> None:
    found = [art("a", 10, tags=["a"]), art("b", 11, tags=["b"])]
    found += [art(name, None, tags=[name]) for name in ("c", "d")]
    assert actions(kind, found, wanted) == {gone: "delete"}


def test_artifact_registry_keeps_what_may_be_young() -> None:
    everything = {"all": {"id": "all", "action": "DELETE", "condition": {"tagState": "ANY"}}}
    young = {"id": "young", "action": "KEEP", "condition": {"newerThan": "86400s"}}
    assert actions("gar", [art("a", None), art("b", 2)], {**everything, "young": young}) == {"b": "delete"}


def test_a_fraction_of_a_second_counts_to_artifact_registry() -> None:
    condition = {"olderThan": "86400.5s"}
    wanted = {"a": {"id": "a", "action": "DELETE", "condition": condition}}
    found = [art("a", 1 + 0.4 / 86_400), art("b", 1 + 0.6 / 86_400)]
    assert actions("gar", found, wanted) == {"b": "delete"}


def test_harbor_counts_in_full_seconds() -> None:
    # 0.2 s more than a day ago, within the same second of the clock.
    wanted = harbor("nDaysSinceLastPush", 1, decoration="matches", pattern="**")
    assert actions("harbor", [art("a", 1 + 0.2 / 86_400, tags=["v1"])], wanted) == {}
    assert actions("harbor", [art("a", 1 + 0.4 / 86_400, tags=["v1"])], wanted) == {"a": "delete"}


def test_what_is_immutable_to_harbor_stays() -> None:
    found = [art("a", tags=["v1"], locked=True), art("b", tags=["v2"])]
    assert actions("harbor", found, harbor()) == {"b": "delete"}


def test_an_accessory_whose_subject_is_not_there_is_no_candidate_to_harbor() -> None:
    assert actions("harbor", [art("a", subject=f"sha256:{'f' * 64}"), art("b")], harbor()) == {"b": "delete"}


def test_never_pulled_is_pulled_in_1970_to_harbor() -> None:
    selector = {"decoration": "matches", "pattern": "**"}
    found = [art("a", tags=["v1"])]
    assert actions("harbor", found, harbor("nDaysSinceLastPull", 20_000, **selector)) == {"a": "delete"}
    assert actions("harbor", found, harbor("nDaysSinceLastPull", 21_000, **selector)) == {}


def test_distribution_marks_by_digest_over_all_repositories() -> None:
    copies = [art("a", repository="one", tags=["v1"]), art("a", repository="two"), art("b", repository="two")]
    assert actions("distribution", copies, {"delete_untagged": True}) == {"b": "delete"}


def test_a_manifest_of_an_index_that_stays_does_not_go_with_its_subject() -> None:
    old = art("a", 30, tags=["old"])
    about = art("b", 30, subject=old.digest)
    below = art("c", 30)
    found = [old, about, art("d", 1, tags=["new"], children=[about.digest])]
    about.children = [below.digest]
    assert actions("unified", [*found, below], OLD) == {"a": "delete"}


def test_what_hangs_on_another_has_its_rule() -> None:
    # A signature of a manifest of an index of an index.
    low, middle = art("a", 30), art("b", 30, children=[f"sha256:{'a':>064}"])
    top = art("c", 30, tags=["v1"], children=[middle.digest])
    found = [low, middle, top, art("d", 30, subject=low.digest), cosign(art("d"), "e")]
    verdicts = unified(inventory(found), OLD, NOW)
    told = {item["digest"][-1]: (item["action"], item["rule"], item["reason"]) for item in verdicts.records()}
    assert {name: (action, rule) for name, (action, rule, _) in told.items()} == dict.fromkeys(
        "abcde", ("delete", "old")
    )
    assert told["b"][2] == f"goes with the index {top.digest}"
    assert told["e"][2] == f"goes with its subject {found[3].digest}"


def test_what_hangs_in_a_circle_stays() -> None:
    # The index is about a signature of its own manifest: nothing of that goes first.
    child = art("a", 30, tags=["old"])
    about = art("b", 30, subject=child.digest)
    found = [child, about, art("c", 30, tags=["list"], subject=about.digest, children=[child.digest])]
    assert actions("unified", found, OLD) == {}
    by_age = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": {"tagStatus": "any", **by_age}, "action": {"type": "expire"}}
    assert actions("ecr", found, {"rules": [rule]}) == {}


def test_equal_times_are_ordered_by_digest_and_tag() -> None:
    # Not by the order in which a record has its tags.
    one, other = art("a", tags=["x", "y"]), art("a", tags=["y", "x"])
    for kind, wanted in (
        ("nexus", [{"criteriaLastBlobUpdated": 1, "retain": 1}]),
        ("artifactory", {"searchCriteria": {"keepLastNVersions": 1}}),
        ("acr-purge", [{"filter": ["app:.*"], "ago": "1d", "keep": 1}]),
    ):
        assert model(kind, [one], wanted) == model(kind, [other], wanted) == {one.key: ("untag", frozenset({"y"}))}


# --- what is taken, and what is refused ---


def refused(kind: str, wanted: Any) -> bool:
    try:
        native(kind)(from_records([]), wanted, NOW)
    except StackError:
        return True
    return False


def _vectors(kind: str) -> list[Any]:
    found = json.loads((VECTORS / f"{kind}-documented.json").read_text())["vectors"]
    return [pytest.param(v, id=v["id"]) for v in found if v["verdict_kind"] == "validity-only" and _of_registry(v)]


def _of_registry(vector: Mapping[str, Any]) -> bool:
    """Return whether it is the registry that takes or refuses, not some provider's shape of its policy."""
    return not vector["id"].startswith(("harbor-tf-", "nexus-retain-zero"))


@pytest.mark.parametrize("vector", _vectors("artifactory") + _vectors("gar") + _vectors("nexus"))
def test_policies_that_are_taken_or_not(vector: Mapping[str, Any]) -> None:
    kind = vector["id"].partition("-")[0]
    assert refused(kind, vector["policy"]) is not vector["expected"]["accepted"]


@pytest.mark.parametrize("vector", _vectors("harbor"))
def test_policies_that_harbor_takes_or_not(vector: Mapping[str, Any]) -> None:
    said = dict(vector["policy"])
    wanted = harbor()
    if "template" in said:
        wanted = harbor(said["template"], said["value"], decoration="matches", pattern="**")
    elif "algorithm" in said:
        wanted["algorithm"] = said["algorithm"]
    elif "selector_kind" in said:
        wanted["rules"][0]["tag_selectors"] = [{**RETAIN_LATEST, "kind": said["selector_kind"]}]
    elif "cron" in said:
        wanted["trigger"] = {"kind": "Schedule", "settings": {"cron": said["cron"]}}
    elif "rules" in said:
        wanted["rules"] = [
            {"template": "latestPushedK", "params": {"latestPushedK": n}, "tag_selectors": [RETAIN_LATEST]}
            for n in range(said["rules"])
        ]
    else:
        ((template, number),) = said.items()
        wanted = harbor(template, number, decoration="matches", pattern="**")
    assert refused("harbor", wanted) is not vector["expected"]["accepted"]


def test_harbor_refuses_the_same_rule_twice() -> None:
    rules = harbor()["rules"]
    with pytest.raises(StackError, match=r"rules\[1\]: is the same as rules\[0\]; remove one of them"):
        simulate("harbor", {"rules": [*rules, *rules]}, from_records([]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"createdBeforeInDays": 1, "createdBeforeInMonths": 1}, "excludes created_before_in_days"),
        ({"keepLastNVersions": 1, "includedProperties": {"a": ["1"]}}, "excludes properties"),
        ({"excludedProperties": {"a": ["1", "2"]}}, "takes one key, with a list of one value"),
        ({}, "would delete every package"),
    ],
)
def test_artifactory_tells_what_excludes_what(changes: Any, message: str) -> None:
    with pytest.raises(StackError, match=message):
        simulate("artifactory", {"searchCriteria": changes}, from_records([]))


@pytest.mark.parametrize(
    ("cron", "taken"),
    [
        ("0 0 2 ? * MON-SAT *", True),
        ("0 0 0/6 * * ?", True),
        ("0 0 1,7,13,19 * * ?", True),
        ("0 0 0-23/12 * * ?", True),
        ("0 0 0/5 * * ?", False),
        ("0 0 1,22 * * ?", False),
        ("0 0 * * * ?", False),
        ("0 0/10 3 * * ?", False),
        ("0 2 * * *", False),
    ],
)
def test_artifactory_runs_every_six_hours_at_most(cron: str, taken: bool) -> None:
    wanted = {"cronExp": cron, "searchCriteria": {"createdBeforeInDays": 1}}
    assert refused("artifactory", wanted) is not taken


def test_artifactory_tells_what_it_cannot_know() -> None:
    wanted = {"searchCriteria": {"createdBeforeInDays": 1, "includedProperties": {"a": ["1"]}}}
    found = simulate("artifactory", wanted, from_records([{"repository": "a", "digest": "d", "tags": ["x"]}]))
    assert found.counts()["delete"] == 0
    assert found.warnings == ["properties are not known here: the policy may delete what is shown to stay"]
    other = {"searchCriteria": {"createdBeforeInDays": 1, "packageTypes": ["npm"]}}
    assert actions("artifactory", [art("a", tags=["x"])], other) == {}


def test_what_artifact_registry_gets_fits_its_discovery_document() -> None:
    for seed in range(300):
        wanted = policy("gar", Random(seed))
        assert not refused("gar", wanted)
        body = {"format": "DOCKER", "cleanupPolicies": wanted, "cleanupPolicyDryRun": True}
        assert not refused("gar", body)
        assert list(body_violations("artifactregistry", "Repository", body)) == []


GAR_CONDITION = {"tagState": "TAGGED", "tagPrefixes": ["v"], "olderThan": "86400s", "packageNamePrefixes": ["a"]}


@pytest.mark.parametrize(
    ("item", "ours", "schemas"),
    [
        pytest.param({"action": "DELETE", "condition": GAR_CONDITION}, True, True, id="plain"),
        # The file of gcloud has other words; both are taken, and what goes to the API is the API's.
        pytest.param({"action": {"type": "Delete"}, "condition": GAR_CONDITION}, True, False, id="gcloud's action"),
        pytest.param({"action": "DELETE", "condition": {"olderThan": "30d"}}, True, False, id="gcloud's duration"),
        pytest.param({"action": "DELETE", "condition": {"tagState": "tagged"}}, True, False, id="gcloud's state"),
        # The document says nothing of what excludes what, nor of what is required.
        pytest.param({"action": "DELETE", "mostRecentVersions": {"keepCount": 1}}, False, True, id="newest deleted"),
        pytest.param({"action": "KEEP"}, False, True, id="neither"),
        pytest.param({"action": "KEEP", "mostRecentVersions": {"keepCount": 0}}, False, True, id="none kept"),
        pytest.param(
            {"action": "DELETE", "condition": {"tagState": "UNTAGGED", "tagPrefixes": ["v"]}}, False, True, id="no tags"
        ),
        pytest.param({"action": "PURGE", "condition": {}}, False, False, id="action"),
        pytest.param({"action": "DELETE", "condition": {"tagState": "LOCKED"}}, False, False, id="state"),
        pytest.param({"action": "DELETE", "condition": {"tags": ["v"]}}, False, False, id="unknown member"),
        pytest.param({"action": "DELETE", "condition": {"tagPrefixes": "v"}}, False, False, id="no list"),
        pytest.param({"action": "DELETE", "condition": {"olderThan": "a day"}}, False, False, id="no duration"),
        pytest.param({"action": "KEEP", "mostRecentVersions": {"keepCount": "many"}}, False, False, id="no number"),
    ],
)
def test_differences_from_the_discovery_document(item: Any, ours: bool, schemas: bool) -> None:
    body = {"cleanupPolicies": {"p": {"id": "p", **item}}}
    assert (not refused("gar", body)) is ours
    assert (not list(body_violations("artifactregistry", "Repository", body))) is schemas


Definitions = Mapping[str, Any]


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    """The definitions of Harbor's published API."""
    if not SWAGGER.is_file():
        pytest.skip(f"{SWAGGER.name} is not here")
    found: Definitions = yaml.safe_load(SWAGGER.read_text())["definitions"]
    return found


def misfits(definitions: Definitions, schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    """Yield where a value does not fit a schema; members that it does not name do not fit either."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/definitions/")]
    if path.startswith("rules[].params."):
        # It calls them objects, and the server takes numbers alone.
        schema = {"type": "integer"}
    kinds: dict[str, type | tuple[type, ...]] = {"string": str, "integer": int, "boolean": bool, "array": list}
    kind = kinds.get(schema.get("type", "object"), dict)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield path
    elif isinstance(value, list):
        for item in value:
            yield from misfits(definitions, schema["items"], item, f"{path}[]")
    elif isinstance(value, dict):
        known = schema.get("properties", {})
        for name, item in value.items():
            inner = known.get(name, schema.get("additionalProperties", None if known else {"type": "object"}))
            here = f"{path}.{name}" if path else name
            if inner is None:
                yield here
            elif path != "trigger.settings":
                yield from misfits(definitions, inner, item, here)


def test_what_harbor_gets_fits_its_api(definitions: Definitions) -> None:
    schema = {"$ref": "#/definitions/RetentionPolicy"}
    for seed in range(300):
        wanted = policy("harbor", Random(seed)) | {
            "scope": {"level": "project", "ref": 1},
            "trigger": {"kind": "Schedule", "settings": {"cron": "0 0 0 * * *"}},
        }
        assert not refused("harbor", wanted)
        assert list(misfits(definitions, schema, wanted, "")) == []


@pytest.mark.parametrize(
    ("changes", "misfit"),
    [
        ({"rule": []}, "rule"),
        ({"rules": {}}, "rules"),
        ({"rules": [{"disabled": "no"}]}, "rules[].disabled"),
        ({"rules": [{"tag_selectors": [{"extras": {"untagged": True}}]}]}, "rules[].tag_selectors[].extras"),
        ({"rules": [{"scope_selectors": {"repository": {}}}]}, "rules[].scope_selectors.repository"),
        ({"rules": [{"params": {"latestPushedK": "3"}}]}, "rules[].params.latestPushedK"),
    ],
)
def test_what_does_not_fit_harbors_api(definitions: Definitions, changes: Any, misfit: str) -> None:
    assert list(misfits(definitions, {"$ref": "#/definitions/RetentionPolicy"}, changes, "")) == [misfit]
