"""Recorded proof: what ECR's components describe to the engine, whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from registry_components.core.errors import StackError
from registry_components.ecr import (
    EcrCreationTemplates,
    EcrEvents,
    EcrPublicRepository,
    EcrPullThroughCache,
    EcrRegistry,
    EcrRegistryReference,
    EcrRegistrySettings,
    EcrVpcEndpoints,
)
from registry_components.testing import Recording, Secret, aws_answers, find_plaintext, record

pytestmark = [
    pytest.mark.recorded,
    # The SDK warns of its own deprecated classes when a module of it is imported.
    pytest.mark.filterwarnings(r"ignore:[\w./]+ has been deprecated in favor of:DeprecationWarning"),
]

REGION = "eu-central-1"
ACCOUNT = "123456789012"
OTHER = "210987654321"
SERVER = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
HUB_TOKEN = "dckr-pat-correct-horse-battery"
ECR_TOKEN = "a-recorded-token"
REPOSITORY = "aws:ecr/repository:Repository"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"


def recorded(program: Callable[[], Any], *, preview: bool = False) -> Recording:
    return record(program, **aws_answers(region=REGION, account=ACCOUNT), project="shop", stack="dev", preview=preview)


def apps(**changes: Any) -> Recording:
    def program() -> None:
        settings = {"repositories": {"api": {}, "team/web": {}}, **changes}
        registry = EcrRegistry("apps", settings)
        pulumi.export("server", registry.server)
        pulumi.export("urls", registry.repository_urls)

    return recorded(program)


def test_a_registry_is_this_tree() -> None:
    found = apps(
        access={"pull": [OTHER]},
        lifecycle={"rules": [{"tag_status": "untagged", "after_days": 7}]},
        repositories={"api": {}, "team/web": {"lifecycle": "none", "access": {}}},
    )
    assert found.tree() == "\n".join(
        [
            "registry-components:index:EcrRegistry::apps",
            "  aws:ecr/lifecyclePolicy:LifecyclePolicy::apps-api",
            "  aws:ecr/repository:Repository::apps-api",
            "  aws:ecr/repository:Repository::apps-team/web",
            "  aws:ecr/repositoryPolicy:RepositoryPolicy::apps-api",
        ]
    )
    assert found.unpublished() == []
    assert found.exports == {
        "server": SERVER,
        "urls": {"api": f"{SERVER}/api", "team/web": f"{SERVER}/team/web"},
    }


def test_the_defaults_are_secure_and_whole() -> None:
    found = apps()
    assert found[f"{REPOSITORY}::apps-api"].inputs == {
        "name": "api",
        "imageTagMutability": "IMMUTABLE",
        "encryptionConfigurations": [{"encryptionType": "AES256"}],
        "imageScanningConfiguration": {"scanOnPush": True},
        "forceDelete": False,
        "tags": {
            "managed-by": "registry-components",
            "pulumi-project": "shop",
            "pulumi-stack": "dev",
            "registry-component": "EcrRegistry",
        },
    }
    assert found.of_type("aws:ecr/repositoryPolicy:RepositoryPolicy") == []


def test_repositories_are_kept_unless_both_consents_are_given() -> None:
    kept = apps()[f"{REPOSITORY}::apps-api"]
    assert (kept.protect, kept.retain_on_delete) == (True, True)
    gone = apps(deletion="destroy", empty_on_delete=True)[f"{REPOSITORY}::apps-api"]
    assert not gone.protect
    assert not gone.retain_on_delete
    assert gone.inputs["forceDelete"] is True


def test_an_adopted_repository_is_imported_and_protected() -> None:
    found = apps(repositories={"api": {"import_": "api"}})[f"{REPOSITORY}::apps-api"]
    assert found.import_id == "api"
    assert found.protect


def test_a_preview_with_unknown_ids_makes_the_same_tree() -> None:
    def program() -> None:
        EcrRegistry("apps", {"repositories": {"api": {}}, "access": {"pull": ["lambda.amazonaws.com", OTHER]}})

    assert recorded(program, preview=True).tree() == recorded(program).tree()


def test_principals_may_be_outputs() -> None:
    def program() -> None:
        role = pulumi.Output.from_input(f"arn:aws:iam::{ACCOUNT}:role/ci")
        EcrRegistry("apps", {"repositories": {"api": {}}, "access": {"push": [role]}})

    policy = recorded(program)["aws:ecr/repositoryPolicy:RepositoryPolicy::apps-api"].inputs["policy"]
    assert json.loads(policy)["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci"}


def test_grants_are_the_roles_own_policies() -> None:
    def program() -> None:
        registry = EcrRegistry("apps", {"repositories": {"api": {}, "web": {}}})
        registry.grant_pull("node", "eks-node")
        registry.grant_push("ci", f"arn:aws:iam::{ACCOUNT}:role/path/ci", repositories=["api"])
        registry.grant_admin("ops", pulumi.Output.from_input("ops"))

    found = recorded(program)
    policies = {item.name: item.inputs for item in found.of_type("aws:iam/rolePolicy:RolePolicy")}
    assert {name: item["role"] for name, item in policies.items()} == {
        "apps-pull-node": "eks-node",
        "apps-push-ci": "ci",
        "apps-admin-ops": "ops",
    }
    statement = json.loads(policies["apps-push-ci"]["policy"])["Statement"][1]
    assert statement["Resource"] == f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/api"
    assert len(json.loads(policies["apps-pull-node"]["policy"])["Statement"][1]["Resource"]) == 2


GRANTS = [
    (
        {"key": "a b", "role": "ci"},
        "grant_pull is not valid (1 mistake):\n  key: 'a b' is not a key; use 1 to 63 letters, digits and . _ - inside",
    ),
    (
        {"key": "ci", "role": "arn:aws:iam::123456789012:user/bob"},
        "grant_pull is not valid (1 mistake):\n"
        "  role: 'arn:aws:iam::123456789012:user/bob' is not a role; give its name, or its ARN",
    ),
    (
        {"key": "ci", "role": "ci", "repositories": ["wbe"]},
        "grant_pull is not valid (1 mistake):\n  repositories: 'wbe' is not a key here; there are api",
    ),
    (
        {"key": "ci", "role": "ci", "repositories": []},
        "grant_pull is not valid (1 mistake):\n  repositories: is empty; name keys, or leave it out for all of them",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), GRANTS)
def test_a_wrong_grant_is_refused(arguments: dict[str, Any], message: str) -> None:
    def program() -> None:
        registry = EcrRegistry("apps", {"repositories": {"api": {}}})
        with pytest.raises(StackError) as caught:
            registry.grant_pull(**arguments)
        assert str(caught.value) == message

    recorded(program)


def test_a_fresh_token_is_a_secret_and_in_no_output() -> None:
    found: list[bool] = []

    def program() -> None:
        registry = EcrRegistry("apps", {"repositories": {"api": {}}})
        assert registry.endpoint.credentials is None
        fresh = registry.fresh_endpoint()
        assert fresh.credentials is not None
        assert fresh.credentials.username == "AWS"
        assert isinstance(fresh.credentials.password, pulumi.Output)
        pulumi.Output.all(fresh.credentials.password).apply(lambda seen: found.append(seen == [ECR_TOKEN]))
        pulumi.export("config", fresh.docker_config_json())

    recording = recorded(program)
    assert found == [True]
    assert isinstance(recording.exports["config"], Secret)
    assert ECR_TOKEN not in str([item.registered_outputs for item in recording.resources.values()])


def test_no_token_is_asked_for_unless_it_is_wanted() -> None:
    assert apps().invokes == []


def test_a_reference_makes_no_repository() -> None:
    def program() -> None:
        arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/base"
        theirs = EcrRegistryReference("theirs", {"repositories": {"base": arn}, "look_up": {"api": "shop/api"}})
        pulumi.export("urls", theirs.repository_urls)
        pulumi.export("login", theirs.login_command)

    found = recorded(program)
    assert found.tree() == "registry-components:index:EcrRegistryReference::theirs"
    assert found.exports["urls"] == {"api": f"{SERVER}/shop/api", "base": f"{SERVER}/base"}
    assert found.exports["login"].endswith(SERVER)


def test_references_of_two_registries_are_refused() -> None:
    def program() -> None:
        arns = [f"arn:aws:ecr:{region}:{ACCOUNT}:repository/base" for region in (REGION, "eu-west-1")]
        theirs = EcrRegistryReference("theirs", {"repositories": {"one": arns[0], "two": arns[1]}})
        pulumi.export("server", theirs.server)

    with pytest.raises(StackError, match="are of several registries"):
        recorded(program)


SETTINGS: dict[str, Any] = {
    "replicate_from": [OTHER],
    "replicate_prefixes": ["shop/"],
    "cache_permissions": {"nodes": {"prefix": "quay", "principals": [f"arn:aws:iam::{ACCOUNT}:role/node"]}},
    "scanning": {"kind": "enhanced"},
    "suppressions": {"old": {"repositories": ["api"], "vulnerability_ids": ["CVE-2020-1"], "reason": "not reachable"}},
    "replication": {"dr": {"region": "eu-west-1", "repositories": ["shop/*"]}, "all": {"region": "us-east-1"}},
    "replica_settings": {"encryption": {"kind": "kms"}},
    "registry_policy_scope": "v2",
    "blob_mounting": False,
    "basic_scan_version": "aws-native",
    "pull_time_exclusions": {"scanner": f"arn:aws:iam::{ACCOUNT}:role/scanner"},
    "signing": {
        "profile_arn": f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/images",
        "repositories": ["shop/*"],
        "cached_prefixes": ["quay"],
    },
}


def test_the_accounts_settings_are_this_tree() -> None:
    found = recorded(lambda: EcrRegistrySettings("ecr", SETTINGS))
    assert found.tree() == "\n".join(
        [
            "registry-components:index:EcrRegistrySettings::ecr",
            "  aws:cloudcontrol/resource:Resource::ecr-signing",
            "  aws:ecr/accountSetting:AccountSetting::ecr-basic-scan-version",
            "  aws:ecr/accountSetting:AccountSetting::ecr-blob-mounting",
            "  aws:ecr/accountSetting:AccountSetting::ecr-registry-policy-scope",
            "  aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion::ecr-exclusion-scanner",
            "  aws:ecr/registryPolicy:RegistryPolicy::ecr-policy",
            "  aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration::ecr-scanning",
            "  aws:ecr/replicationConfiguration:ReplicationConfiguration::ecr-replication",
            "  aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate::ecr-template-eu-west-1-shop",
            "  aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate::ecr-template-us-east-1-ROOT",
            "  aws:iam/role:Role::ecr-template-role",
            "  aws:iam/rolePolicy:RolePolicy::ecr-template-role",
            "  aws:inspector2/enabler:Enabler::ecr-inspector",
            "  aws:inspector2/filter:Filter::ecr-suppression-old",
        ]
    )
    assert found.unpublished() == []
    template = found["ecr-template-us-east-1-ROOT"].inputs
    assert template["region"] == "us-east-1"
    assert template["customRoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/ecr-template-role"
    statements = json.loads(found["ecr-policy"].inputs["policy"])["Statement"]
    assert [(item["Sid"], item["Resource"]) for item in statements] == [
        ("Replicate", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/shop/*"),
        ("CacheNodes", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/quay/*"),
    ]
    assert json.loads(found["ecr-signing"].inputs["desiredState"])["Rules"][0]["RepositoryFilters"] == [
        {"Filter": "shop/*", "FilterType": "WILDCARD_MATCH"}
    ]
    assert found["ecr-signing"].inputs["typeName"] == "AWS::ECR::SigningConfiguration"


def test_copies_wait_for_their_templates() -> None:
    found = recorded(lambda: EcrRegistrySettings("ecr", SETTINGS))
    replication = found["ecr-replication"]
    for template in found.of_type("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"):
        assert template.urn in replication.dependencies


def test_templates_that_others_own_are_not_made() -> None:
    settings = {"replication": {"dr": {"region": "eu-west-1"}}, "replica_settings": "elsewhere"}
    found = recorded(lambda: EcrRegistrySettings("ecr", settings))
    assert found.of_type("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate") == []


def test_settings_have_one_owner() -> None:
    # rule 8
    import pulumi_aws as aws

    def twice() -> None:
        EcrRegistrySettings("first", {"blob_mounting": True})
        EcrRegistrySettings("second", {"blob_mounting": False})

    def apart() -> None:
        EcrRegistrySettings("first", {"blob_mounting": True})
        EcrRegistrySettings("second", {"blob_mounting": False, "region": "eu-west-1"})
        provider = aws.Provider("other", region="eu-west-1")
        EcrRegistrySettings("third", {"blob_mounting": False}, pulumi.ResourceOptions(provider=provider))

    with pytest.raises(StackError) as caught:
        recorded(twice)
    assert str(caught.value) == (
        "EcrRegistrySettings 'second': 'first' has the settings of this account and region already, and they would "
        "overwrite one another; put all of them into one, or give this one another region or provider"
    )
    recorded(apart)
    recorded(apart)


CACHE: dict[str, Any] = {
    "prefix": "docker-hub",
    "caching": {"upstream": "docker.io", "credentials": {"username": "ci", "password": HUB_TOKEN}},
    "nodes": {"node": "eks-node"},
}


def test_a_cache_is_this_tree_and_its_login_a_secret() -> None:
    def program() -> None:
        hub = EcrPullThroughCache("hub", CACHE)
        pulumi.export("image", hub.endpoint.image("library/alpine", tag="3"))
        pulumi.export("prefix", hub.prefix)

    found = recorded(program)
    assert found.tree() == "\n".join(
        [
            "registry-components:index:EcrPullThroughCache::hub",
            "  aws:ecr/pullThroughCacheRule:PullThroughCacheRule::hub",
            "  aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate::hub-template",
            "  aws:iam/rolePolicy:RolePolicy::hub-nodes-node",
            "  aws:secretsmanager/secret:Secret::hub-credentials",
            "  aws:secretsmanager/secretVersion:SecretVersion::hub-credentials",
        ]
    )
    assert found.exports == {"image": f"{SERVER}/docker-hub/library/alpine:3", "prefix": "docker-hub"}
    value = found["aws:secretsmanager/secretVersion:SecretVersion::hub-credentials"].inputs["secretString"]
    assert isinstance(value, Secret)
    assert json.loads(value.value) == {"username": "ci", "accessToken": HUB_TOKEN}
    rule = found["aws:ecr/pullThroughCacheRule:PullThroughCacheRule::hub"]
    assert rule.inputs["credentialArn"] == (
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ecr-pullthroughcache/docker-hub-AbCdEf"
    )
    assert found["hub-template"].urn in rule.dependencies
    template = found["hub-template"].inputs
    assert template["imageTagMutability"] == "MUTABLE"
    assert "lifecyclePolicy" in template
    plain = {item.key: {**item.inputs, "secretString": None} for item in found.resources.values()}
    assert find_plaintext({"token": HUB_TOKEN}, json.dumps(plain, default=repr)) == []


def test_a_cache_without_prefix_stands_before_nothing() -> None:
    def program() -> None:
        settings = {"prefix": "ROOT", "caching": {"upstream": "quay.io"}, "nodes": "elsewhere", "settings": "elsewhere"}
        cache = EcrPullThroughCache("quay", settings)
        pulumi.export("image", cache.endpoint.image("team/tool"))
        pulumi.export("policy", cache.node_policy)

    found = recorded(program)
    assert found.exports["image"] == f"{SERVER}/team/tool"
    assert f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*" in found.exports["policy"]
    assert len(found.resources) == 2


def test_templates_share_one_role_and_only_where_they_need_it() -> None:
    templates: dict[str, Any] = {
        "ROOT": {"applied_for": ["create-on-push"], "description": "the rest"},
        "team": {"applied_for": ["replication"], "settings": {"encryption": {"kind": "kms", "key": KEY}}},
        "shop": {"applied_for": ["replication"], "settings": {"tags": {"a": "b"}, "access": {"pull": [OTHER]}}},
    }
    found = recorded(lambda: EcrCreationTemplates("new", {"templates": templates, "region": "eu-central-1"}))
    roles = {
        item.inputs["prefix"]: item.inputs.get("customRoleArn")
        for item in found.of_type("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate")
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/new-template-role"
    assert roles == {"ROOT": None, "team": role, "shop": role}
    policy = json.loads(found["aws:iam/rolePolicy:RolePolicy::new-template-role"].inputs["policy"])
    assert policy["Statement"][1]["Resource"] == KEY
    del templates["team"], templates["shop"]
    assert recorded(lambda: EcrCreationTemplates("new", {"templates": templates})).of_type("aws:iam/role:Role") == []


def test_a_public_repository_is_in_us_east_1() -> None:
    def program() -> None:
        tool = EcrPublicRepository("tool", {"name": "tool", "access": {"anonymous_pull": True, "push": [OTHER]}})
        pulumi.export("image", tool.endpoint.image("tool", tag="1"))

    found = recorded(program)
    assert found.exports["image"] == "public.ecr.aws/alias/tool:1"
    repository = found["aws:ecrpublic/repository:Repository::tool"]
    assert repository.inputs["region"] == "us-east-1"
    assert repository.protect
    assert "aws:ecrpublic/repositoryPolicy:RepositoryPolicy::tool" in found.resources


def test_a_vpc_gets_two_addresses_and_a_gateway() -> None:
    settings: dict[str, Any] = {
        "endpoint": {"network_id": "vpc-1", "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
        "route_table_ids": ["rtb-1"],
        "layers_only": True,
    }
    found = recorded(lambda: EcrVpcEndpoints("private", settings))
    services = {item.name: item.inputs for item in found.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")}
    assert {name: item["serviceName"] for name, item in services.items()} == {
        "private-api": f"com.amazonaws.{REGION}.ecr.api",
        "private-dkr": f"com.amazonaws.{REGION}.ecr.dkr",
        "private-s3": f"com.amazonaws.{REGION}.s3",
    }
    assert services["private-api"]["privateDnsEnabled"] is True
    assert f"prod-{REGION}-starport-layer-bucket" in services["private-s3"]["policy"]
    less = recorded(
        lambda: EcrVpcEndpoints("private", {**settings, "route_table_ids": "elsewhere", "layers_only": False})
    )
    assert "private-s3" not in {item.name for item in less.resources.values()}


def test_events_go_to_their_targets() -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
    settings = {"rules": {"scans": {"events": ["image-scan"], "targets": {"q": {"arn": arn, "dead_letter_arn": arn}}}}}
    found = recorded(lambda: EcrEvents("events", settings))
    assert found.tree() == "\n".join(
        [
            "registry-components:index:EcrEvents::events",
            "  aws:cloudwatch/eventRule:EventRule::events-scans",
            "  aws:cloudwatch/eventTarget:EventTarget::events-scans-q",
        ]
    )
    assert found["events-scans-q"].inputs["deadLetterConfig"] == {"arn": arn}


def test_a_missing_sdk_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry_components.ecr.providers.importlib.util.find_spec", lambda _: None)

    def program() -> None:
        EcrRegistry("apps", {"repositories": {"api": {}}})

    with pytest.raises(StackError) as caught:
        recorded(program)
    assert str(caught.value) == "EcrRegistry needs the package pulumi_aws; install registry-components[aws]"


def test_wrong_arguments_register_nothing() -> None:
    def program() -> None:
        with pytest.raises(StackError):
            EcrRegistry("apps", {"repositories": {}})

    assert recorded(program).resources == {}
