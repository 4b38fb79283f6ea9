"""Unit proof: what ECR's components become, and that it is the same each time."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.ecr import (
    EcrEventsArgs,
    EcrPublicRepositoryArgs,
    EcrPullThroughCacheArgs,
    EcrRegistryArgs,
    EcrRegistrySettingsArgs,
    EcrTemplateSettings,
    events,
    policies,
    render,
)
from registry_components.ecr.account import template_prefixes
from registry_components.ecr.cache import upstream_of
from registry_components.ecr.words import check_account, check_principal, role_name

pytestmark = pytest.mark.unit

OWN = {"managed-by": "registry-components"}
ROLE = "arn:aws:iam::123456789012:role/ci"
OTHER = "210987654321"
DEFAULT: dict[str, Any] = {
    "name": "api",
    "imageTagMutability": "IMMUTABLE",
    "encryptionConfigurations": [{"encryptionType": "AES256"}],
    "imageScanningConfiguration": {"scanOnPush": True},
    "forceDelete": False,
    "tags": OWN,
}


def repository(key: str = "api", **said: Any) -> dict[str, Any]:
    args = EcrRegistryArgs.parse({"repositories": {"api": {}}, **said})
    return render.repository(args.effective(key), OWN, args.region)


def without(*names: str) -> dict[str, Any]:
    return {key: value for key, value in DEFAULT.items() if key not in names}


# A title, what is said, and the whole repository.
TABLE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("secure by default", {}, DEFAULT),
    ("a prefix", {"prefix": "team"}, {**DEFAULT, "name": "team/api"}),
    ("a name of its own", {"prefix": "team", "repositories": {"api": {"name": "old"}}}, {**DEFAULT, "name": "old"}),
    ("a region", {"region": "eu-west-1"}, {**DEFAULT, "region": "eu-west-1"}),
    ("mutable", {"tag_mutability": {"mode": "mutable"}}, {**DEFAULT, "imageTagMutability": "MUTABLE"}),
    (
        "with exceptions",
        {"tag_mutability": {"exceptions": ["latest", "dev-*"]}},
        {
            **DEFAULT,
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [
                {"filter": "dev-*", "filterType": "WILDCARD"},
                {"filter": "latest", "filterType": "WILDCARD"},
            ],
        },
    ),
    (
        "mutable with exceptions",
        {"tag_mutability": {"mode": "mutable", "exceptions": ["v*"]}},
        {
            **DEFAULT,
            "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filter": "v*", "filterType": "WILDCARD"}],
        },
    ),
    (
        "AWS's key",
        {"encryption": {"kind": "kms"}},
        {**DEFAULT, "encryptionConfigurations": [{"encryptionType": "KMS"}]},
    ),
    (
        "your key",
        {"encryption": {"kind": "kms", "key": "arn:aws:kms:eu-west-1:123456789012:key/1"}},
        {
            **DEFAULT,
            "encryptionConfigurations": [
                {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:eu-west-1:123456789012:key/1"}
            ],
        },
    ),
    ("not scanned", {"scanning": {"mode": "off"}}, {**DEFAULT, "imageScanningConfiguration": {"scanOnPush": False}}),
    ("scanned by the account", {"scanning": {"mode": "inherited"}}, without("imageScanningConfiguration")),
    ("both consents", {"deletion": "destroy", "empty_on_delete": True}, {**DEFAULT, "forceDelete": True}),
    (
        "consents of one",
        {"repositories": {"api": {"deletion": "destroy", "empty_on_delete": True}}},
        {**DEFAULT, "forceDelete": True},
    ),
    (
        "kept among destroyed",
        {
            "deletion": "destroy",
            "empty_on_delete": True,
            "repositories": {"api": {"deletion": "retain", "empty_on_delete": False}},
        },
        DEFAULT,
    ),
    (
        "tags of both",
        {"tags": {"team": "a", "b": "1"}, "repositories": {"api": {"tags": {"team": "c"}}}},
        {**DEFAULT, "tags": {"b": "1", **OWN, "team": "c"}},
    ),
    (
        "its own settings",
        {
            "scanning": {"mode": "off"},
            "tag_mutability": {"mode": "mutable"},
            "repositories": {"api": {"scanning": {"mode": "on_push"}, "tag_mutability": {}}},
        },
        DEFAULT,
    ),
]


@pytest.mark.parametrize(("said", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_repository_becomes(said: dict[str, Any], expected: dict[str, Any]) -> None:
    assert repository(**said) == expected


def test_a_lifecycle_is_shared_replaced_or_left_out() -> None:
    args = EcrRegistryArgs.parse(
        {
            "lifecycle": {"rules": [{"tag_status": "untagged", "after_days": 7}]},
            "repositories": {
                "shared": {},
                "none": {"lifecycle": "none"},
                "own": {"lifecycle": {"rules": [{"tag_status": "untagged", "after_days": 1}]}},
            },
        }
    )
    found = {key: args.effective(key).lifecycle for key in args.repositories}
    assert found["shared"] == args.lifecycle
    assert found["none"] is None
    assert found["own"] is not None
    assert found["own"].rules[0].after_days == 1


def test_a_policy_has_one_statement_for_each_kind_of_principal() -> None:
    document = policies.repository_policy(
        {"pull": [OTHER, ROLE, "o-a1b2c3d4e5", "lambda.amazonaws.com"], "push": [ROLE], "admin": []},
        lambda_accounts=["111111111111"],
        own_account="123456789012",
    )
    assert document is not None
    assert document["Version"] == "2012-10-17"
    found = {statement["Sid"]: statement for statement in document["Statement"]}
    assert list(found) == ["Pull", "PullOrganization", "Push", "Lambda"]
    assert found["Pull"]["Principal"] == {"AWS": [OTHER, ROLE]}
    assert found["PullOrganization"]["Principal"] == {"AWS": "*"}
    assert found["PullOrganization"]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert found["Push"]["Principal"] == {"AWS": ROLE}
    assert "ecr:PutImage" in found["Push"]["Action"]
    assert "ecr:BatchGetImage" in found["Push"]["Action"], "each level includes the one before it"
    assert found["Lambda"]["Condition"]["ArnLike"]["aws:SourceArn"] == [
        "arn:*:lambda:*:111111111111:function:*",
        "arn:*:lambda:*:123456789012:function:*",
    ]


def test_nobody_granted_makes_no_policy() -> None:
    assert policies.repository_policy({"pull": [], "push": [], "admin": []}) is None


@pytest.mark.parametrize("level", ["pull", "push", "admin"])
def test_a_repository_policy_never_has_the_login_or_itself(level: Any) -> None:
    actions = policies.ACTIONS[level]
    assert list(actions) == sorted(set(actions))
    assert not {"ecr:GetAuthorizationToken", "ecr:SetRepositoryPolicy", "ecr:DeleteRepository", "ecr:*"} & set(actions)


def test_only_organizations_have_a_wildcard_and_always_a_condition() -> None:
    for principals in ([ROLE], [OTHER], ["o-a1b2c3d4e5"], [ROLE, "o-a1b2c3d4e5", OTHER]):
        for statement in policies.statements("Pull", principals, ["ecr:BatchGetImage"]):
            if "*" in str(statement["Principal"]):
                assert "aws:PrincipalOrgID" in statement["Condition"]["StringEquals"]


SETTINGS: list[tuple[str, list[str], list[str]]] = [
    ("everything", [], ["ROOT"]),
    ("below a prefix", ["team/*"], ["team"]),
    ("a beginning", ["api*"], ["ROOT"]),
    ("both", ["team/a/*", "api*"], ["ROOT", "team/a"]),
]


@pytest.mark.parametrize(("globs", "prefixes"), [row[1:] for row in SETTINGS], ids=[row[0] for row in SETTINGS])
def test_a_copy_finds_its_template(globs: list[str], prefixes: list[str]) -> None:
    assert template_prefixes(globs) == prefixes


def test_destinations_of_the_same_repositories_share_a_rule() -> None:
    args = EcrRegistrySettingsArgs.parse(
        {
            "region": "eu-central-1",
            "replication": {
                "a": {"region": "eu-west-1", "repositories": ["team/*", "api*"]},
                "b": {"region": "eu-west-2", "repositories": ["api*", "team/*"]},
                "c": {"region": "eu-west-1", "account": OTHER},
            },
        }
    )
    assert render.replication(args, "123456789012") == {
        "region": "eu-central-1",
        "replicationConfiguration": {
            "rules": [
                {"destinations": [{"region": "eu-west-1", "registryId": OTHER}]},
                {
                    "destinations": [
                        {"region": "eu-west-1", "registryId": "123456789012"},
                        {"region": "eu-west-2", "registryId": "123456789012"},
                    ],
                    "repositoryFilters": [
                        {"filter": "api", "filterType": "PREFIX_MATCH"},
                        {"filter": "team/", "filterType": "PREFIX_MATCH"},
                    ],
                },
            ]
        },
    }
    assert render.replica_templates(args) == [
        ("eu-west-1", "ROOT"),
        ("eu-west-1", "team"),
        ("eu-west-2", "ROOT"),
        ("eu-west-2", "team"),
    ]


def test_ten_rules_and_25_destinations_are_taken() -> None:
    sets = {f"r{i}": {"region": "eu-west-1", "repositories": [f"team{i}/*"]} for i in range(10)}
    assert len(render.replication(EcrRegistrySettingsArgs.parse({"replication": sets}), "1")) == 1
    many = {f"r{i}": {"region": "eu-west-1", "account": f"{i:012}"} for i in range(25)}
    rendered = render.replication(EcrRegistrySettingsArgs.parse({"replication": many}), "1")
    assert len(rendered["replicationConfiguration"]["rules"][0]["destinations"]) == 25


def test_a_registry_scans() -> None:
    args = EcrRegistrySettingsArgs.parse(
        {
            "scanning": {
                "kind": "enhanced",
                "rules": [{"mode": "on_push"}, {"mode": "continuous", "repositories": ["p/*"]}],
            }
        }
    )
    assert args.scanning is not None
    assert render.registry_scanning(args.scanning, None) == {
        "scanType": "ENHANCED",
        "rules": [
            {"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "p/*", "filterType": "WILDCARD"}]},
            {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}]},
        ],
    }


def test_signing_becomes_cloud_controls_document() -> None:
    profile = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/p"
    args = EcrRegistrySettingsArgs.parse(
        {"signing": {"profile_arn": profile, "repositories": ["shop/*"], "cached_prefixes": []}}
    )
    assert args.signing is not None
    assert render.signing(args.signing, profile) == {
        "Rules": [
            {
                "SigningProfileArn": profile,
                "RepositoryFilters": [{"Filter": "shop/*", "FilterType": "WILDCARD_MATCH"}],
            }
        ]
    }


UPSTREAMS = [
    ("docker.io", "registry-1.docker.io", "secret"),
    ("index.docker.io", "registry-1.docker.io", "secret"),
    ("ghcr.io", "ghcr.io", "secret"),
    ("registry.gitlab.com", "registry.gitlab.com", "secret"),
    ("cgr.dev", "cgr.dev", "secret"),
    ("contoso.azurecr.io", "contoso.azurecr.io", "secret"),
    ("public.ecr.aws", "public.ecr.aws", "none"),
    ("registry.k8s.io", "registry.k8s.io", "none"),
    ("quay.io", "quay.io", "none"),
    ("210987654321.dkr.ecr.eu-west-1.amazonaws.com", "210987654321.dkr.ecr.eu-west-1.amazonaws.com", "role"),
]


@pytest.mark.parametrize(("host", "url", "login"), UPSTREAMS)
def test_upstreams(host: str, url: str, login: str) -> None:
    found = upstream_of(host)
    assert found is not None
    assert (found.url, found.login) == (url, login)


@pytest.mark.parametrize(
    "host", ["gcr.io", "docker.elastic.co", "mcr.microsoft.com", "europe-docker.pkg.dev", "harbor.example.com"]
)
def test_other_upstreams_are_not_to_be_had(host: str) -> None:
    assert upstream_of(host) is None


def test_a_cache_of_anothers_ecr_has_a_role_and_a_prefix() -> None:
    args = EcrPullThroughCacheArgs.parse(
        {
            "prefix": "base",
            "caching": {"upstream": "210987654321.dkr.ecr.eu-west-1.amazonaws.com", "upstream_prefix": "golden"},
            "role_arn": ROLE,
            "nodes": "elsewhere",
        }
    )
    assert render.cache_rule(args, None) == {
        "ecrRepositoryPrefix": "base",
        "upstreamRegistryUrl": "210987654321.dkr.ecr.eu-west-1.amazonaws.com",
        "upstreamRepositoryPrefix": "golden",
        "customRoleArn": ROLE,
    }


def test_a_template_says_all_that_a_repository_does() -> None:
    settings_ = EcrTemplateSettings.model_validate(
        {
            "tag_mutability": {"exceptions": ["latest"]},
            "encryption": {"kind": "kms"},
            "lifecycle": {"rules": [{"tag_status": "untagged", "after_days": 1}]},
            "tags": {"copy": "true"},
        }
    )
    rendered = render.template("team", ["replication", "create-on-push"], settings_, role_arn=ROLE, policy="{}")
    assert sorted(rendered) == [
        "appliedFors",
        "customRoleArn",
        "encryptionConfigurations",
        "imageTagMutability",
        "imageTagMutabilityExclusionFilters",
        "lifecyclePolicy",
        "prefix",
        "repositoryPolicy",
        "resourceTags",
    ]
    assert rendered["appliedFors"] == ["CREATE_ON_PUSH", "REPLICATION"]
    assert settings_.needs_role
    assert not EcrTemplateSettings().needs_role


def test_events_have_their_detail_types() -> None:
    args = EcrEventsArgs.parse(
        {
            "rules": {
                "a": {
                    "events": ["image-action"],
                    "repositories": ["shop/*", "api"],
                    "actions": ["push"],
                    "failed": True,
                    "targets": {"t": {"arn": "arn:aws:sqs:eu-west-1:123456789012:q"}},
                },
                "b": {
                    "events": ["inspector-finding"],
                    "targets": {"t": {"arn": "arn:aws:sqs:eu-west-1:123456789012:q"}},
                },
            }
        }
    )
    assert events.pattern(args.rules["a"]) == {
        "source": ["aws.ecr"],
        "detail-type": ["ECR Image Action"],
        "detail": {
            "repository-name": ["api", {"prefix": "shop/"}],
            "action-type": ["PUSH"],
            "result": ["FAILURE"],
        },
    }
    assert events.pattern(args.rules["b"]) == {"source": ["aws.inspector2"], "detail-type": ["Inspector2 Finding"]}


def test_a_public_repository_shows_what_is_said_of_it() -> None:
    args = EcrPublicRepositoryArgs.parse(
        {
            "name": "tool",
            "access": {"anonymous_pull": True},
            "catalog": {"description": "A tool", "architectures": ["x86-64", "ARM 64"]},
        }
    )
    assert render.public_repository(args, OWN) == {
        "repositoryName": "tool",
        "forceDestroy": False,
        "tags": OWN,
        "region": "us-east-1",
        "catalogData": {"description": "A tool", "architectures": ["ARM 64", "x86-64"]},
    }


@pytest.mark.parametrize(
    ("arn", "server"),
    [
        ("arn:aws:ecr:eu-west-1:123456789012:repository/a/b", "123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
        ("arn:aws-cn:ecr:cn-north-1:123456789012:repository/ab", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        (
            "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/ab",
            "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com",
        ),
    ],
)
def test_a_server_follows_from_an_arn(arn: str, server: str) -> None:
    assert render.server_of(arn) == server
    assert render.login_command(server) == (
        f"aws ecr get-login-password --region {arn.split(':')[3]} | "
        f"docker login --username AWS --password-stdin {server}"
    )


def test_principals_that_are_right() -> None:
    for principal in (
        "123456789012",
        "o-a1b2c3d4e5",
        "lambda.amazonaws.com",
        ROLE,
        "arn:aws:iam::123456789012:root",
        "arn:aws-us-gov:iam::123456789012:user/path/bob",
        "arn:aws:sts::123456789012:assumed-role/ci/session",
    ):
        assert check_principal(principal) is None
    assert check_account("123456789012") is None
    assert role_name("arn:aws:iam::123456789012:role/path/ci") == "ci"


NAMES = ["api", "web", "team/api", "a.b", "x_y"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True), st.randoms(use_true_random=False))
def test_the_order_of_words_changes_nothing(names: list[str], order: random.Random) -> None:
    principals = [ROLE, OTHER, "o-a1b2c3d4e5"]
    exceptions = ["latest", "dev-*"]
    tags = {"b": "1", "a": "2"}

    def rendered() -> list[Any]:
        order.shuffle(names)
        order.shuffle(principals)
        order.shuffle(exceptions)
        shuffled = list(tags.items())
        order.shuffle(shuffled)
        args = EcrRegistryArgs.parse(
            {
                "repositories": {name: {} for name in names},
                "access": {"pull": list(principals)},
                "tag_mutability": {"exceptions": list(exceptions)},
                "tags": dict(shuffled),
            }
        )
        return [
            (
                list(render.repository(args.effective(name), OWN, None).items()),
                list(render.repository(args.effective(name), OWN, None)["tags"].items()),
                policies.text(policies.repository_policy({"pull": principals}) or {}),
            )
            for name in sorted(args.repositories)
        ]

    assert rendered() == rendered()


def test_no_secret_stands_in_a_message() -> None:
    with pytest.raises(StackError) as caught:
        EcrPullThroughCacheArgs.parse(
            {
                "prefix": "-",
                "caching": {"upstream": "nowhere.example.com", "credentials": {"username": "", "password": "hunter22"}},
                "nodes": {},
                "pasword": "hunter22",
            }
        )
    assert "hunter22" not in str(caught.value)
    assert "hunter22" not in repr(
        EcrPullThroughCacheArgs.parse(
            {
                "prefix": "hub",
                "caching": {"upstream": "docker.io", "credentials": {"username": "ci", "password": "hunter22"}},
                "nodes": "elsewhere",
            }
        )
    )


def test_arguments_need_neither_pulumi_nor_the_sdk() -> None:
    code = (
        "import sys; from registry_components.ecr import EcrRegistryArgs, EcrPullThroughCacheArgs;"
        "EcrRegistryArgs.parse({'repositories': {'api': {}}});"
        "print([name for name in ('pulumi', 'pulumi_aws') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
