"""Recorded proof: the components take the unified lifecycle policy, and say what they cannot carry out."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from typing import Any

import pytest

from registry_components import StackError
from registry_components.acr import AcrRegistry, AcrRegistryArgs
from registry_components.artifact_registry import GarRepository, GarRepositoryArgs
from registry_components.blocks.lifecycle import Expire, LifecyclePolicy
from registry_components.ecr import EcrCreationTemplates, EcrPullThroughCache, EcrRegistry, EcrRegistrySettings
from registry_components.lifecycle.compile import compile_policy
from registry_components.testing import Recording, aws_answers, record

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.filterwarnings(r"ignore:[\w./]+ has been deprecated in favor of:DeprecationWarning"),
]

LEFTOVERS = {"tag_state": "untagged", "older_than_days": 7}
POLICY: dict[str, Any] = {
    "repositories": ["shop/**"],
    "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}, "leftovers": LEFTOVERS},
    "keep": {"releases": {"tags": ["v*"], "always": True}},
}
EVERYWHERE = {**POLICY, "repositories": ["**"]}
ORPHANS = {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}}


def aws(program: Callable[[], Any]) -> Recording:
    return record(program, **aws_answers(), project="shop", stack="dev")


def cleanup(found: Recording) -> dict[str, Any]:
    policies = found.of_type("aws:ecr/lifecyclePolicy:LifecyclePolicy")
    return {policy.name: json.loads(policy.inputs["policy"]) for policy in policies}


def test_each_repository_of_ecr_gets_what_is_meant_for_it() -> None:
    def program() -> None:
        EcrRegistry(
            "apps",
            {
                "repositories": {
                    "shop/api": {},
                    "base": {},
                    "shop/vault": {"lifecycle": "none"},
                    "shop/tools": {"lifecycle": {"rules": [{"tag_status": "untagged", "after_days": 1}]}},
                    "web": {"lifecycle": {"repositories": ["web"], "expire": {"leftovers": LEFTOVERS}}},
                },
                "lifecycle": POLICY,
            },
        )

    found = cleanup(aws(program))
    assert sorted(found) == ["apps-shop/api", "apps-shop/tools", "apps-web"]
    assert found["apps-shop/api"] == compile_policy("ecr", POLICY, repository="shop/api").document
    assert [rule["selection"]["countNumber"] for rule in found["apps-web"]["rules"]] == [7]


def test_a_policy_made_in_python_is_the_same_as_one_that_is_written() -> None:
    made = LifecyclePolicy(repositories=["**"], expire={"leftovers": Expire(tag_state="untagged", older_than_days=7)})
    written = {"repositories": ["**"], "expire": {"leftovers": LEFTOVERS}}
    one = cleanup(aws(lambda: EcrRegistry("apps", {"repositories": {"api": {}}, "lifecycle": made})))
    two = cleanup(aws(lambda: EcrRegistry("apps", {"repositories": {"api": {}}, "lifecycle": written})))
    assert one == two != {}


def test_what_ecr_makes_by_itself_gets_it_too() -> None:
    def program() -> None:
        EcrCreationTemplates(
            "made", {"templates": {"shop": {"applied_for": ["create-on-push"], "settings": {"lifecycle": POLICY}}}}
        )
        EcrPullThroughCache(
            "cache",
            {
                "prefix": "shop/public",
                "caching": {"upstream": "public.ecr.aws"},
                "nodes": "elsewhere",
                "settings": {"tag_mutability": {"mode": "mutable"}, "lifecycle": POLICY},
            },
        )
        EcrRegistrySettings(
            "account",
            {
                "replication": {"dr": {"region": "eu-west-1", "repositories": ["shop/*"]}},
                "replica_settings": {"lifecycle": POLICY},
            },
        )

    templates = aws(program).of_type("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate")
    wanted = compile_policy("ecr", POLICY, repository="shop/anything").document
    assert [json.loads(template.inputs["lifecyclePolicy"]) for template in templates] == [wanted] * 3


def test_artifact_registry_gets_cleanup_policies() -> None:
    accepted = {**EVERYWHERE, "accept_differences": ["deletes-more:referrers", "keeps-more:subjects",
                                                     "keeps-more:signature-tags"]}  # fmt: skip
    settings: dict[str, Any] = {
        "repository_id": "apps",
        "location": "europe-west1",
        "format": {"kind": "docker", "immutable_tags": False},
    }
    for lifecycle, dry_run in ((accepted, False), ({"policy": accepted, "dry_run": True}, True)):
        args = GarRepositoryArgs.parse({**settings, "lifecycle": lifecycle})
        found = record(functools.partial(_gar, args))["gcp:artifactregistry/repository:Repository::apps"].inputs
        assert found["cleanupPolicyDryRun"] is dry_run
        assert found["cleanupPolicies"] == [
            {
                "id": "leftovers",
                "action": "DELETE",
                "condition": {"tagState": "UNTAGGED", "olderThan": "604800s"},
            },
            {"id": "releases", "action": "KEEP", "condition": {"tagState": "TAGGED", "tagPrefixes": ["v"]}},
            {
                "id": "stale",
                "action": "DELETE",
                "condition": {"tagState": "TAGGED", "tagPrefixes": ["pr-"], "olderThan": "1209600s"},
            },
        ]


def _gar(args: GarRepositoryArgs) -> None:
    GarRepository("apps", args)


def test_acr_gets_a_task_that_purges() -> None:
    accepted = {**EVERYWHERE, "accept_differences": ["keeps-more:several-tags", "keeps-more:signature-tags"]}
    for lifecycle in (accepted, {"policy": accepted, "policy_schedule": "30 4 * * *"}):
        args = AcrRegistryArgs.parse(
            {"registry_name": "shopapps", "resource_group": "shop", "location": "westeurope", "lifecycle": lifecycle}
        )
        task = record(functools.partial(_acr, args))["azure-native:containerregistry:Task::apps-lifecycle"].inputs
        text = base64.b64decode(task["step"]["encodedTaskContent"]).decode()
        commands = [line.partition('"')[2].rstrip('"') for line in text.splitlines() if "cmd:" in line]
        assert commands == [
            "acr purge --filter '.*:^(?!v[^/]*$)pr-[^/]*$' --ago 14d",
            "acr purge --filter '.*:.*' --ago 7d --untagged-only",
        ]
        # What runs is what was proven.
        assert commands == compile_policy("acr-purge", accepted).document
        schedule = "0 2 * * *" if lifecycle is accepted else "30 4 * * *"
        assert task["trigger"]["timerTriggers"][0]["schedule"] == schedule


def _acr(args: AcrRegistryArgs) -> None:
    AcrRegistry("apps", args)


REFUSED: list[tuple[str, Callable[[], object], list[str]]] = [
    (
        "a difference",
        lambda: EcrRegistry("apps", {"repositories": {"api": {}, "web": {}}, "lifecycle": ORPHANS}),
        [
            "EcrRegistryArgs is not valid (1 mistake):",
            "  lifecycle: the lifecycle policy cannot be carried out by ECR as it is meant:",
            "    ECR would keep app@sha256:… (untagged, pushed 14 days and 1 hour ago, in the index tagged pr-1 of 14 "
            "days and 1 hour, one of 3 in its repository), because no rule is for it; your policy deletes it, because "
            "it goes with the index sha256:…  [keeps-more:index-children]",
            "  accept it by name if that is right for you: accept_differences: [keeps-more:index-children]",
            "  or let regc prune carry it out as it is, on a schedule: by PruneSchedule in Kubernetes, or "
            "`regc prune --unattended`",
            "  the nearest policy that it can carry out, which deletes some of what yours keeps:",
            "    repositories: ['**']",
            "    expire:",
            "      stale:",
            "        tags: [pr-*]",
            "        older_than_days: 14",
            "      leftovers: {tag_state: untagged, older_than_days: 1}",
        ],
    ),
    (
        "a policy that is for no repository",
        lambda: EcrRegistry("apps", {"repositories": {"api": {"lifecycle": POLICY}}}),
        [
            "EcrRegistryArgs is not valid (1 mistake):",
            "  repositories.api.lifecycle.repositories: has no rule for 'api'; add one, or say 'none'",
        ],
    ),
    (
        "mistakes within the policy stand where they were written",
        lambda: EcrRegistry(
            "apps",
            {
                "repositories": {"api": {"lifecycle": {"repositories": ["**"], "expire": {"all": {"tags": ["*"]}}}}},
                "lifecycle": {"repositories": [], "expire": {}},
            },
        ),
        [
            "EcrRegistryArgs is not valid (3 mistakes):",
            "  lifecycle.expire: has no rule, and archive neither: nothing would ever go; add a rule",
            "  lifecycle.repositories: needs at least 1 entry (it has 0)",
            "  repositories.api.lifecycle.expire.all: would take everything that it selects; give one of "
            "older_than_days, unpulled_for_days, beyond_most_recent, beyond_bytes",
        ],
    ),
    (
        "a template whose repositories would differ",
        lambda: EcrCreationTemplates(
            "made", {"templates": {"ROOT": {"applied_for": ["replication"], "settings": {"lifecycle": POLICY}}}}
        ),
        [
            "EcrCreationTemplatesArgs is not valid (1 mistake):",
            "  templates.ROOT.settings.lifecycle: repositories: the policy is not the same for all repositories: '1' "
            "and 'shop' differ, and what ECR makes by itself there has one policy",
        ],
    ),
    (
        "immutable tags in Artifact Registry",
        lambda: GarRepository(
            "apps",
            {
                "repository_id": "apps",
                "location": "europe-west1",
                "lifecycle": {
                    "repositories": ["**"],
                    "expire": {"pr": {"tags": ["pr-*"], "older_than_days": 7}, "left": LEFTOVERS},
                    "accept_differences": [
                        "deletes-more:referrers",
                        "keeps-more:subjects",
                        "keeps-more:signature-tags",
                    ],
                },
            },
        ),
        [
            "GarRepositoryArgs is not valid (1 mistake):",
            "  lifecycle.expire.pr.tags: tagged versions are never deleted under immutable_tags; set tag_state to "
            "'untagged', or format.immutable_tags to false",
        ],
    ),
    (
        "two ways at once",
        lambda: AcrRegistry(
            "apps",
            {
                "registry_name": "shopapps",
                "resource_group": "shop",
                "sku": "Premium",
                "lifecycle": {
                    "policy": {"repositories": ["**"], "expire": {"left": LEFTOVERS}},
                    "untagged_after_days": 7,
                    "purge": {"lifecycle": {"steps": [{"older_than_days": 3}]}},
                },
            },
        ),
        [
            "AcrRegistryArgs is not valid (2 mistakes):",
            "  lifecycle.purge.lifecycle: is the name of the task that carries out policy; give it another",
            "  lifecycle.untagged_after_days: is a second deleter beside policy; say it there as a rule, or remove it",
        ],
    ),
]


@pytest.mark.parametrize(("make", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_carried_out_is_refused(make: Callable[[], object], message: list[str]) -> None:
    with pytest.raises(StackError) as caught:
        aws(make)
    assert str(caught.value).splitlines() == message
