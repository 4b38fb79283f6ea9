"""Unit proof: what a policy becomes in each registry's words, and that the registries' own checks take it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from registry_components.blocks.lifecycle import LifecyclePolicy
from registry_components.core.errors import StackError
from registry_components.lifecycle import ecr_native
from registry_components.lifecycle.compile import LifecycleNotExpressible, compile_policy
from registry_components.lifecycle.semantics import native

pytestmark = pytest.mark.unit

EVERYTHING = tuple(f"{does}:{about}" for does in ("deletes-more", "keeps-more") for about in (
    "several-tags", "index-children", "subjects", "referrers", "signature-tags", "indexes", "counts", "tags",
    "repositories", "untagged",
))  # fmt: skip


def policy(text: str) -> LifecyclePolicy:
    return LifecyclePolicy.load(yaml.safe_load(text))


ORDINARY = policy("""
repositories: ["**"]
expire:
  stale: {tags: ["pr-*", "dev-*"], older_than_days: 14}
  old: {tags: ["v*"], beyond_most_recent: 50}
  leftovers: {tag_state: untagged, older_than_days: 7}
keep:
  releases: {tags: ["{latest,stable}"], always: true}
""")


def ecr(rule: dict[str, Any]) -> tuple[Any, ...]:
    said = rule["selection"]
    return (
        rule["rulePriority"], rule["description"], said["tagStatus"], said.get("tagPatternList"), said["countType"],
        said["countNumber"], rule["action"]["type"],
    )  # fmt: skip


def test_ecr_keeps_first_then_ages_then_counts() -> None:
    made = compile_policy("ecr", ORDINARY, accept_differences=EVERYTHING)
    assert [ecr(rule) for rule in made.document["rules"]] == [
        (10, "keep releases", "tagged", ["latest"], "imageCountMoreThan", 1_000_000, "expire"),
        (20, "keep releases", "tagged", ["stable"], "imageCountMoreThan", 1_000_000, "expire"),
        (30, "leftovers", "untagged", None, "sinceImagePushed", 7, "expire"),
        (40, "stale", "tagged", ["pr-*"], "sinceImagePushed", 14, "expire"),
        (50, "stale", "tagged", ["dev-*"], "sinceImagePushed", 14, "expire"),
        (60, "old", "tagged", ["v*"], "imageCountMoreThan", 50, "expire"),
    ]


def test_ecr_archives_and_deletes_from_the_archive() -> None:
    written = policy("""
    repositories: ["**"]
    archive:
      idle: {tags: ["v*"], unpulled_for_days: 90, then_expire_after_days: 365}
    """)
    made = compile_policy("ecr", written, accept_differences=[*EVERYTHING, "archives-more:indexes"])
    rules = made.document["rules"]
    assert [ecr(rule) for rule in rules] == [
        (10, "idle", "tagged", ["v*"], "sinceImagePulled", 90, "transition"),
        (20, "idle", "tagged", ["v*"], "sinceImageTransitioned", 365, "expire"),
    ]
    assert [rule["selection"].get("storageClass") for rule in rules] == [None, "archive"]


def test_ecr_leaves_signatures_alone_where_a_pattern_would_take_them() -> None:
    written = policy("""
    repositories: ["**"]
    expire:
      old: {tag_state: tagged, older_than_days: 30}
      leftovers: {tag_state: untagged, older_than_days: 30}
    keep:
      releases: {tags: ["v*"], always: true}
    """)
    first, second, *_ = compile_policy("ecr", written).document["rules"]
    assert ecr(first)[3:] == (["sha256-*"], "imageCountMoreThan", 1_000_000, "expire")
    assert ecr(second)[3:] == (["v*"], "imageCountMoreThan", 1_000_000, "expire")


@pytest.mark.parametrize("count", [1, 30, 31, 5_000, 1_000_000])
def test_large_counts_are_proven_small_and_said_as_they_are(count: int) -> None:
    written = {
        "repositories": ["**"],
        "expire": {
            "v": {"tags": ["v*"], "beyond_most_recent": count},
            "leftovers": {"tag_state": "untagged", "older_than_days": 1},
        },
    }
    rules = compile_policy("ecr", written).document["rules"]
    assert rules[-1]["selection"]["countNumber"] == count


def test_artifact_registry() -> None:
    made = compile_policy(
        "gar",
        policy("""
        repositories: ["team/**"]
        exclude_repositories: ["team/base*"]
        expire:
          stale: {tags: ["pr-*"], older_than_days: 14}
          leftovers: {tag_state: untagged, older_than_days: 7}
        keep:
          young: {tag_state: any, newer_than_days: 3}
        protect:
          immutable_tags: ["v*"]
        """),
        accept_differences=EVERYTHING,
    )
    assert made.document == [
        {
            "name": "stale",
            "action": {"type": "Delete"},
            "condition": {
                "tagState": "TAGGED",
                "tagPrefixes": ["pr-"],
                "packageNamePrefixes": ["team/"],
                "olderThan": "1209600s",
            },
        },
        {
            "name": "leftovers",
            "action": {"type": "Delete"},
            "condition": {"tagState": "UNTAGGED", "packageNamePrefixes": ["team/"], "olderThan": "604800s"},
        },
        {"name": "young", "action": {"type": "Keep"}, "condition": {"tagState": "ANY", "newerThan": "259200s"}},
        {
            "name": "excluded",
            "action": {"type": "Keep"},
            "condition": {"tagState": "ANY", "packageNamePrefixes": ["team/base"]},
        },
        {
            "name": "immutable-tags",
            "action": {"type": "Keep"},
            "condition": {"tagState": "TAGGED", "tagPrefixes": ["v"]},
        },
    ]


def test_harbor_retains_the_complement() -> None:
    made = compile_policy("harbor", ORDINARY, accept_differences=["keeps-more:several-tags"])
    shown = [
        (rule["template"], rule["params"].get(rule["template"]), rule["tag_selectors"][0]["decoration"],
         rule["tag_selectors"][0]["pattern"], json.loads(rule["tag_selectors"][0]["extras"])["untagged"])
        for rule in made.document["rules"]
    ]  # fmt: skip
    assert shown == [
        ("always", None, "excludes", "{pr-*,dev-*,v*}", True),
        ("nDaysSinceLastPush", 14, "matches", "{pr-*,dev-*}", False),
        ("latestPushedK", 50, "matches", "v*", False),
        ("nDaysSinceLastPush", 7, "matches", "-", True),
        ("always", None, "matches", "{latest,stable}", False),
    ]


def test_acr_purge_has_a_command_for_each_rule_and_untagged_ones_last() -> None:
    made = compile_policy("acr-purge", ORDINARY, accept_differences=EVERYTHING)
    assert made.document == [
        "acr purge --filter '.*:^(?!(?:latest|stable)$)(?:pr-[^/]*|dev-[^/]*)$' --ago 14d",
        "acr purge --filter '.*:^(?!(?:latest|stable)$)v[^/]*$' --ago 0d --keep 50",
        "acr purge --filter '.*:.*' --ago 7d --untagged-only",
    ]


def test_the_single_settings() -> None:
    untagged = {"repositories": ["**"], "expire": {"left": {"tag_state": "untagged", "older_than_days": 7}}}
    assert compile_policy("acr", untagged).document == {"retentionPolicy": {"days": 7, "status": "enabled"}}
    untagged["expire"]["left"]["older_than_days"] = 0  # type: ignore[index]
    made = compile_policy("distribution", untagged, accept_differences=EVERYTHING)
    assert made.document == {"delete_untagged": True}
    tagged = {"repositories": ["**"], "expire": {"old": {"tag_state": "tagged", "unpulled_for_days": 90}}}
    made = compile_policy("artifactory", tagged, accept_differences=EVERYTHING)
    assert made.document["search_criteria"] == {
        "package_types": ["docker"],
        "repos": ["**"],
        "last_downloaded_before_in_days": 90,
    }
    made = compile_policy("nexus", tagged, accept_differences=EVERYTHING)
    assert made.document == [
        {
            "name": "old",
            "format": "docker",
            "criteriaLastDownloaded": 90,
            "criteriaAssetRegex": "^/?v2/.*/manifests/[^/]*$",
        }
    ]


@pytest.mark.parametrize("kind", ["ecr", "gar", "harbor", "acr-purge"])
def test_the_registries_own_checks_take_it_and_it_is_the_same_each_time(kind: str) -> None:
    simple = {"repositories": ["**"], "expire": {"left": {"tag_state": "untagged", "older_than_days": 7}}}
    made = compile_policy(kind, simple, accept_differences=EVERYTHING)
    assert made == compile_policy(kind, simple, accept_differences=EVERYTHING)
    native(kind)  # a model checks what its registry would
    if kind == "ecr":
        assert list(ecr_native.mistakes(json.dumps(made.document))) == []


def test_each_repository_of_ecr_gets_the_rules_that_are_for_it() -> None:
    written = policy("""
    repositories: ["shop/**", "base/*"]
    exclude_repositories: ["shop/vault"]
    expire:
      leftovers: {tag_state: untagged, older_than_days: 7}
      stale: {tags: ["pr-*"], older_than_days: 14, repositories: ["shop/*"]}
    """)
    found = {
        name: [rule["description"] for rule in compile_policy("ecr", written, repository=name).document["rules"]]
        for name in ("shop/api", "shop/team/api", "base/alpine")
    }
    assert found == {
        "shop/api": ["leftovers", "stale"],
        "shop/team/api": ["leftovers"],
        "base/alpine": ["leftovers"],
    }
    for name in ("shop/vault", "elsewhere"):
        with pytest.raises(StackError, match=f"no rule that expires or archives is for the repository '{name}'"):
            compile_policy("ecr", written, repository=name)
    with pytest.raises(StackError, match="ECR's policy is for one repository; say which one"):
        compile_policy("ecr", written)


REFUSED = [
    (
        "ecr",
        "expire: {pr: {tags: ['pr-*'], older_than_days: 14}}",
        [
            "the lifecycle policy cannot be carried out by ECR as it is meant:",
            "  ECR would keep app@sha256:… (untagged, pushed 14 days and 1 hour ago, in the index tagged "
            "pr-1 of 14 days and 1 hour, one of 3 in its repository), because no rule is for it; your policy "
            "deletes it, because it goes with the index sha256:…  [keeps-more:index-children]",
            "accept it by name if that is right for you: accept_differences: [keeps-more:index-children]",
            "or let regc prune carry it out as it is, on a schedule: by PruneSchedule in Kubernetes, or "
            "`regc prune --unattended`",
            "the nearest policy that it can carry out, which deletes some of what yours keeps:",
            "  repositories: ['**']",
            "  expire:",
            "    pr:",
            "      tags: [pr-*]",
            "      older_than_days: 14",
            "    leftovers: {tag_state: untagged, older_than_days: 1}",
        ],
    ),
    (
        "ecr",
        "expire: {left: {tag_state: untagged, older_than_days: 0}}",
        [
            "the lifecycle policy cannot be carried out by ECR as it is meant:",
            "  expire.left.older_than_days: ECR's least age is a day; write 1",
            "the nearest policy that it can carry out:",
            "  repositories: ['**']",
            "  expire:",
            "    left: {tag_state: untagged, older_than_days: 1}",
        ],
    ),
    (
        "ecr",
        "expire: {all: {tag_state: any, older_than_days: 30, beyond_most_recent: 10}}",
        [
            "the lifecycle policy cannot be carried out by ECR as it is meant:",
            "  expire.all: says two conditions, and a rule of ECR has one: the rule that selects an image shields it "
            "from the other; keep one of them",
            "the nearest policy that it can carry out, which deletes some of what yours keeps:",
            "  repositories: ['**']",
            "  expire:",
            "    all: {tag_state: any, older_than_days: 30}",
        ],
    ),
    (
        "harbor",
        "expire: {pr: {tags: ['pr-*'], older_than_days: 14}}",
        [
            "the lifecycle policy cannot be carried out by Harbor as it is meant:",
            "  Harbor would keep app:1 (tags 1, pr-1, pushed 14 days and 1 hour ago), because rule 1 retains it: "
            "always; your policy deletes it, because pr: pushed more than 14 days ago (14)  [keeps-more:several-tags]",
            "accept it by name if that is right for you: accept_differences: [keeps-more:several-tags]",
            "or let regc prune carry it out as it is, on a schedule: by PruneSchedule in Kubernetes, or "
            "`regc prune --unattended`",
        ],
    ),
    (
        "gar",
        "expire: {tmp: {tags: ['*-tmp'], older_than_days: 1}, latest: {tags: [latest], older_than_days: 1}}",
        [
            "the lifecycle policy cannot be carried out by Artifact Registry as it is meant:",
            "  expire.tmp.tags: Artifact Registry selects tags by how they begin; '*-tmp' says more than that",
            "  expire.latest.tags: Artifact Registry selects tags by how they begin: 'latest' would be every tag that "
            "begins so; write 'latest*' if that is meant",
        ],
    ),
    (
        "distribution",
        "expire: {old: {tags: ['*'], older_than_days: 1}}",
        [
            "the lifecycle policy cannot be carried out by Distribution as it is meant:",
            "  expire.old: Distribution only collects what has no tag, whatever its age; prune with regc prune instead",
        ],
    ),
    (
        "artifactory",
        "expire: {old: {tags: ['v*'], older_than_days: 1}}",
        [
            "the lifecycle policy cannot be carried out by Artifactory as it is meant:",
            "  expire.old: Artifactory's cleanup has no patterns of tags; select tag_state: tagged",
        ],
    ),
    (
        "acr",
        "expire: {left: {tag_state: untagged, older_than_days: 366}}",
        [
            "the lifecycle policy cannot be carried out by ACR's retention policy as it is meant:",
            "  expire.left.older_than_days: the retention policy takes at most 365 days",
        ],
    ),
]


@pytest.mark.parametrize(("kind", "rules", "message"), REFUSED)
def test_refusals_say_the_smallest_artifact_and_the_nearest_policy(kind: str, rules: str, message: list[str]) -> None:
    with pytest.raises(LifecycleNotExpressible) as caught:
        compile_policy(kind, yaml.safe_load(f"repositories: ['**']\n{rules}"))
    assert str(caught.value).splitlines() == message
    if caught.value.nearest is not None:
        # What is suggested is accepted.
        assert compile_policy(kind, caught.value.nearest).document


def test_what_is_protected_is_refused_where_it_cannot_be_known() -> None:
    written = policy("""
    repositories: ["**"]
    expire: {left: {tag_state: untagged, older_than_days: 7}}
    protect: {signed: true, in_use: ["shop/api:v1"], digests: ["sha256:ab"], immutable_tags: ["v?"]}
    """)
    with pytest.raises(LifecycleNotExpressible) as caught:
        compile_policy("ecr", written)
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "protect.in_use: ECR does not know what runs; prune with regc prune instead",
        "protect.signed: ECR's policy does not see signatures; prune with regc prune instead",
        "protect.digests: ECR's policy cannot name digests; protect their tags by a keep rule",
        "protect.immutable_tags: ECR's patterns know * alone, and 'v?' has another wildcard; write it out, or use *",
    ]
    assert caught.value.nearest is not None
    assert caught.value.nearest.protect == LifecyclePolicy.model_fields["protect"].default


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (
            "quay",
            {},
            "kind 'quay' is not known; allowed: acr, acr-purge, artifactory, distribution, ecr, gar, harbor, nexus",
        ),
        (
            "ecr",
            {"accept_differences": ["multi-tag"]},
            "accept_differences: 'multi-tag' is not the name of a difference; names are deletes-more, keeps-more or "
            "archives-more, a colon, and what it is about, as a refusal tells it",
        ),
    ],
)
def test_options_that_are_wrong(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as caught:
        compile_policy(kind, ORDINARY, **options)
    assert str(caught.value) == message
