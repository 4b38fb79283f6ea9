"""Unit proof: each preflight rule that concerns ECR, by its number: what triggers it, and what is near and does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry_components import ecr
from registry_components.core.errors import StackError
from registry_components.ecr import lifecycle, policies, render

pytestmark = pytest.mark.unit

LOGIN = {"username": "ci", "password": "hunter22"}
HUB = {"prefix": "docker-hub", "caching": {"upstream": "docker.io", "credentials": LOGIN}, "nodes": "elsewhere"}
PROFILE = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/p"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
ANY_30 = {"tag_status": "any", "archived_days": 30}
COPY = {"dr": {"region": "eu-west-1"}}

# Rule, arguments, what triggers it, where that is told, and what is near and is right.
RULES: list[tuple[int, str, dict[str, Any], str, dict[str, Any]]] = [
    (2, "EcrPullThroughCacheArgs", {**HUB, "caching": {"upstream": "docker.io"}}, "caching.credentials", HUB),
    (
        2,
        "EcrPullThroughCacheArgs",
        {**HUB, "caching": {"upstream": "docker.io"}, "credential_secret_arn": f"{SECRET}hub-AbCdEf"},
        "credential_secret_arn",
        {
            **HUB,
            "caching": {"upstream": "docker.io"},
            "credential_secret_arn": f"{SECRET}ecr-pullthroughcache/hub-AbCdEf",
        },
    ),
    (
        2,
        "EcrPullThroughCacheArgs",
        {**HUB, "secret_name": "hub"},
        "secret_name",
        {**HUB, "secret_name": "ecr-pullthroughcache/hub"},
    ),
    (3, "EcrPullThroughCacheArgs", {**HUB, "settings": None}, "settings", {**HUB, "settings": "elsewhere"}),
    (4, "EcrPullThroughCacheArgs", {**HUB, "nodes": {}}, "nodes", {**HUB, "nodes": {"node": "eks-node"}}),
    (
        6,
        "EcrRegistrySettingsArgs",
        {"signing": {"profile_arn": PROFILE, "repositories": ["docker-hub/*"], "cached_prefixes": ["docker-hub"]}},
        "signing.repositories[0]",
        {"signing": {"profile_arn": PROFILE, "repositories": ["docker-hubs/*"], "cached_prefixes": ["docker-hub"]}},
    ),
    (
        7,
        "EcrLifecyclePolicy",
        {"rules": [{"tag_status": "any", "unpulled_days": 30, "action": "transition"}, ANY_30]},
        "rules[1].archived_days",
        {
            "rules": [
                {"tag_status": "any", "unpulled_days": 30, "action": "transition"},
                {"tag_status": "any", "archived_days": 90},
            ]
        },
    ),
    (
        8,
        "EcrRegistryArgs",
        {"repositories": {"api": {}}, "replication": COPY},
        "replication",
        {"repositories": {"api": {}}},
    ),
    (
        8,
        "EcrRegistryArgs",
        {"repositories": {"api": {}}, "scanning": {"mode": "continuous"}},
        "scanning.mode",
        {"repositories": {"api": {}}, "scanning": {"mode": "inherited"}},
    ),
]


@pytest.mark.parametrize(
    ("kind", "wrong", "where", "right"), [row[1:] for row in RULES], ids=[f"rule {row[0]}: {row[3]}" for row in RULES]
)
def test_a_rule_refuses_and_lets_pass(kind: str, wrong: dict[str, Any], where: str, right: dict[str, Any]) -> None:
    with pytest.raises(StackError) as caught:
        getattr(ecr, kind).parse(wrong)
    (line,) = str(caught.value).splitlines()[1:]
    assert line.strip().startswith(f"{where}: ")
    getattr(ecr, kind).parse(right)


def test_rule_2_the_secret_is_named_as_the_service_wants_it() -> None:
    args = ecr.EcrPullThroughCacheArgs.parse(HUB)
    assert render.secret(args, {})["name"] == "ecr-pullthroughcache/docker-hub"
    assert "kmsKeyId" not in render.secret(args, {}), "ECR reads no secret that is encrypted by a key of yours"


def test_rule_3_a_cache_has_a_template_by_default() -> None:
    settings = ecr.EcrPullThroughCacheArgs.parse(HUB).settings
    assert isinstance(settings, ecr.EcrTemplateSettings)
    assert settings.lifecycle is not None
    assert settings.tag_mutability.mode == "mutable"


def test_rule_4_nodes_may_make_what_they_pull_first() -> None:
    arn = "arn:aws:ecr:eu-west-1:123456789012:repository/docker-hub/*"
    allowed = {
        action: statement["Resource"]
        for statement in policies.node_policy(arn)["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert allowed["ecr:BatchImportUpstreamImage"] == arn
    assert allowed["ecr:CreateRepository"] == arn
    assert allowed["ecr:BatchGetImage"] == arn
    assert allowed["ecr:GetAuthorizationToken"] == "*"


def test_rule_9_a_policy_has_no_null() -> None:
    policy = ecr.EcrLifecyclePolicy(rules=[ecr.expire_untagged(after_days=7), ecr.keep_latest(20)])
    assert "null" not in lifecycle.text(policy)
    assert json.loads(lifecycle.text(policy)) == {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 7,
                },
                "action": {"type": "expire"},
            },
            {
                "rulePriority": 2,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 20},
                "action": {"type": "expire"},
            },
        ]
    }
