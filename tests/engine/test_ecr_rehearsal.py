"""Engine proof: ECR's components live their whole life on the real engine, and boto3 reads back what they declared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

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
from registry_components.rehearsal import rehearsal
from registry_components.rehearsal.emulators.aws_cloud import readback
from registry_components.testing import Engine

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(300),
    # The SDK warns of its own deprecated classes when a module of it is imported.
    pytest.mark.filterwarnings(r"ignore:[\w./]+ has been deprecated in favor of:DeprecationWarning"),
]

REGION = "eu-central-1"
ACCOUNT = "123456789012"
OTHER = "210987654321"
SERVER = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
HUB_TOKEN = "dckr-pat-correct-horse-battery"
DESTROYED = {"deletion": "destroy", "empty_on_delete": True}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


class Cloud:
    """One rehearsal: engines of it share its fake AWS."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**environment, "AWS_REGION": REGION}

    def engine(self, program: Callable[[], Any], **options: Any) -> Engine:
        return Engine(self.folder / "engine", program=program, environment=self.environment, **options)

    def boto3(self, service: str, region: str = REGION) -> Any:
        return readback(self.environment, service, region)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with rehearsal(tmp_path / "clouds") as environment:
        yield Cloud(tmp_path, environment)


def steps(changed: list[str]) -> list[str]:
    """What changed, without the properties and the two halves of a replacement."""
    lines = [line.split(" (")[0] for line in changed]
    return sorted(line for line in lines if not line.startswith(("create-replacement ", "delete-replaced ")))


def registry(**changes: Any) -> Callable[[], None]:
    def program() -> None:
        import pulumi_aws as aws

        key = aws.kms.Key("key", deletion_window_in_days=7)
        node = aws.iam.Role("node", name="node", assume_role_policy=TRUST)
        settings: dict[str, Any] = {
            "repositories": {
                "api": {"encryption": {"kind": "kms", "key": key.arn}},
                "web": {"tag_mutability": {"mode": "immutable", "exceptions": ["latest"]}, "lifecycle": "none"},
            },
            "prefix": "shop",
            "lifecycle": {"rules": [{"tag_status": "untagged", "after_days": 7}]},
            "access": {"pull": [node.arn, "o-a1b2c3d4e5", "lambda.amazonaws.com"], "push": [OTHER]},
            "tags": {"team": "shop"},
            **DESTROYED,
            **changes,
        }
        apps = EcrRegistry("apps", settings)
        apps.grant_push("node", node.name, repositories=["api"])
        pulumi.export("server", apps.server)
        pulumi.export("urls", apps.repository_urls)
        pulumi.export("arns", apps.repository_arns)
        pulumi.export("login", apps.login_command)
        pulumi.export("image", apps.endpoint.image("shop/api", tag="v1"))

    return program


def test_repositories_live_and_boto3_reads_back_what_was_declared(cloud: Cloud) -> None:
    engine = cloud.engine(registry())
    engine.up()
    outputs = engine.outputs()
    assert outputs["server"] == SERVER
    assert outputs["urls"] == {"api": f"{SERVER}/shop/api", "web": f"{SERVER}/shop/web"}
    assert outputs["image"] == f"{SERVER}/shop/api:v1"
    assert outputs["login"] == (
        f"aws ecr get-login-password --region {REGION} | docker login --username AWS --password-stdin {SERVER}"
    )

    ecr = cloud.boto3("ecr")
    found = {item["repositoryName"]: item for item in ecr.describe_repositories()["repositories"]}
    assert sorted(found) == ["shop/api", "shop/web"]
    assert found["shop/api"]["imageTagMutability"] == "IMMUTABLE"
    assert found["shop/api"]["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["shop/api"]["encryptionConfiguration"]["encryptionType"] == "KMS"
    assert found["shop/web"]["encryptionConfiguration"] == {"encryptionType": "AES256"}
    assert found["shop/web"]["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    tags = ecr.list_tags_for_resource(resourceArn=found["shop/api"]["repositoryArn"])["tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "managed-by": "registry-components",
        "pulumi-project": "test",
        "pulumi-stack": "test",
        "registry-component": "EcrRegistry",
        "team": "shop",
    }
    policy = json.loads(ecr.get_repository_policy(repositoryName="shop/api")["policyText"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["Pull", "PullOrganization", "Push", "Lambda"]
    assert policy["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:role/node"}
    assert policy["Statement"][3]["Condition"] == {"ArnLike": {"aws:SourceArn": f"arn:*:lambda:*:{ACCOUNT}:function:*"}}
    rules = json.loads(ecr.get_lifecycle_policy(repositoryName="shop/api")["lifecyclePolicyText"])["rules"]
    assert rules[0]["selection"]["tagStatus"] == "untagged"
    with pytest.raises(ecr.exceptions.LifecyclePolicyNotFoundException):
        ecr.get_lifecycle_policy(repositoryName="shop/web")
    granted = cloud.boto3("iam").get_role_policy(
        RoleName="node",
        PolicyName=cloud.boto3("iam").list_role_policies(RoleName="node")["PolicyNames"][0],
    )["PolicyDocument"]
    assert granted["Statement"][1]["Resource"] == f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/shop/api"

    engine.up_again()
    assert engine.refresh().changed == []
    engine.destroy()
    assert ecr.describe_repositories()["repositories"] == []


def test_changes_are_made_in_place(cloud: Cloud) -> None:
    engine = cloud.engine(registry())
    engine.up()
    engine.program = registry(
        scanning={"mode": "off"},
        access={"pull": [OTHER]},
        lifecycle={"rules": [{"tag_status": "untagged", "after_days": 3}]},
    )
    assert steps(engine.up().changed) == [
        "replace aws:ecr/lifecyclePolicy:LifecyclePolicy::apps-api",
        "update aws:ecr/repository:Repository::apps-api",
        "update aws:ecr/repository:Repository::apps-web",
        "update aws:ecr/repositoryPolicy:RepositoryPolicy::apps-api",
        "update aws:ecr/repositoryPolicy:RepositoryPolicy::apps-web",
    ]
    engine.up_again()
    engine.destroy()


def test_what_is_kept_is_protected_and_stays(cloud: Cloud) -> None:
    kept = {"deletion": "retain", "empty_on_delete": False, "access": {}, "lifecycle": None}
    engine = cloud.engine(registry(**kept))
    engine.up()
    failed = engine.destroy(check=False)
    assert failed.failed
    assert "protect" in failed.stdout + failed.stderr
    engine.query("state", "unprotect", "--all", "--yes")
    engine.destroy()
    names = [item["repositoryName"] for item in cloud.boto3("ecr").describe_repositories()["repositories"]]
    assert sorted(names) == ["shop/api", "shop/web"]


def test_a_repository_is_adopted(cloud: Cloud) -> None:
    ecr = cloud.boto3("ecr")
    ecr.create_repository(
        repositoryName="legacy",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "AES256"},
    )

    def program() -> None:
        EcrRegistry("apps", {"repositories": {"legacy": {"import_": "legacy"}}})

    engine = cloud.engine(program)
    assert "import aws:ecr/repository:Repository::apps-legacy" in engine.up().changed
    (found,) = ecr.describe_repositories()["repositories"]
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    assert {"Key": "managed-by", "Value": "registry-components"} in tags
    engine.up_again()
    assert engine.refresh().changed == []
    assert engine.destroy(check=False).failed, "an adopted repository is protected"
    engine.query("state", "unprotect", "--all", "--yes")
    engine.destroy()
    assert len(ecr.describe_repositories()["repositories"]) == 1


def test_repositories_of_others_are_referenced_and_granted(cloud: Cloud) -> None:
    cloud.boto3("ecr").create_repository(repositoryName="shop/api")

    def program() -> None:
        import pulumi_aws as aws

        node = aws.iam.Role("node", name="node", assume_role_policy=TRUST)
        arn = pulumi.Output.from_input(f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/base")
        theirs = EcrRegistryReference("theirs", {"repositories": {"base": arn}, "look_up": {"api": "shop/api"}})
        theirs.grant_pull("node", node.arn)
        pulumi.export("server", theirs.server)
        pulumi.export("urls", theirs.repository_urls)

    engine = cloud.engine(program)
    engine.up()
    assert engine.outputs() == {"server": SERVER, "urls": {"api": f"{SERVER}/shop/api", "base": f"{SERVER}/base"}}
    iam = cloud.boto3("iam")
    (name,) = iam.list_role_policies(RoleName="node")["PolicyNames"]
    statements = iam.get_role_policy(RoleName="node", PolicyName=name)["PolicyDocument"]["Statement"]
    assert statements[1]["Resource"] == [
        f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/base",
        f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/shop/api",
    ]
    engine.up_again()
    assert engine.refresh().changed == []
    engine.destroy()


def test_a_fresh_token_reaches_neither_state_nor_outputs(cloud: Cloud) -> None:
    seen: list[str] = []

    def program() -> None:
        apps = EcrRegistry("apps", {"repositories": {"api": {}}, **DESTROYED})
        credentials = apps.fresh_endpoint().credentials
        assert credentials is not None
        assert apps.endpoint.credentials is None
        pulumi.Output.from_input(credentials.password).apply(lambda token: seen.append(str(token)))
        pulumi.export("server", apps.server)

    engine = cloud.engine(program)
    engine.up()
    assert seen
    assert len(seen[-1]) > 10
    assert engine.scan({f"token {i}": token for i, token in enumerate(seen)}) == []
    assert seen[-1] not in json.dumps(engine.export_state(show_secrets=True))
    engine.up_again()
    engine.destroy()


def surroundings(*, days: int = 14, reason: str = "not reachable") -> Callable[[], None]:
    def program() -> None:
        import pulumi_aws as aws

        node = aws.iam.Role("node", name="node", assume_role_policy=TRUST)
        EcrRegistrySettings(
            "ecr",
            {
                "replicate_from": [OTHER],
                "scanning": {
                    "kind": "enhanced",
                    "rules": [
                        {"mode": "continuous", "repositories": ["shop/*"]},
                        {"mode": "on_push"},
                    ],
                },
                "suppressions": {
                    "old": {"repositories": ["shop/*"], "vulnerability_ids": ["CVE-2020-1"], "reason": reason}
                },
                "replication": {
                    "dr": {"region": "eu-west-1", "repositories": ["shop/*"]},
                    "far": {"region": "us-east-1", "repositories": ["shop/*"]},
                    "partner": {"region": "eu-west-1", "account": OTHER},
                },
                "replica_settings": {
                    "lifecycle": {"rules": [{"tag_status": "untagged", "after_days": days}]},
                    "tags": {"copy": "true"},
                },
                "registry_policy_scope": "v2",
                "blob_mounting": True,
                "pull_time_exclusions": {"scanner": node.arn},
            },
        )
        EcrCreationTemplates(
            "templates",
            {"templates": {"shop": {"applied_for": ["create-on-push"]}, "ROOT": {"applied_for": ["replication"]}}},
        )
        hub = EcrPullThroughCache(
            "hub",
            {
                "prefix": "docker-hub",
                "caching": {"upstream": "docker.io", "credentials": {"username": "ci", "password": HUB_TOKEN}},
                "nodes": {"node": node.arn},
            },
        )
        quay = EcrPullThroughCache("quay", {"prefix": "quay", "caching": {"upstream": "quay.io"}, "nodes": "elsewhere"})
        public = EcrPublicRepository(
            "tool",
            {
                "name": "tool",
                "access": {"anonymous_pull": True, "push": [OTHER]},
                "catalog": {"description": "A tool"},
                **DESTROYED,
            },
        )
        vpc = aws.ec2.get_vpc_output(default=True)
        filters: Any = [{"name": "vpc-id", "values": [vpc.id]}]
        subnets = aws.ec2.get_subnets_output(filters=filters)
        EcrVpcEndpoints(
            "private",
            {
                "endpoint": {"network_id": vpc.id, "subnet_ids": [subnets.ids[0]]},
                "route_table_ids": [vpc.main_route_table_id],
                "layers_only": True,
            },
        )
        EcrEvents(
            "events",
            {
                "rules": {
                    "pushes": {
                        "events": ["image-action"],
                        "actions": ["push"],
                        "repositories": ["shop/*"],
                        "targets": {"topic": {"arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:images"}},
                    }
                }
            },
        )
        pulumi.export("image", hub.endpoint.image("library/alpine", tag="3"))
        pulumi.export("quay", quay.server)
        pulumi.export("policy", hub.node_policy)
        pulumi.export("public", public.repository_url)

    return program


def test_what_stands_around_lives_too(cloud: Cloud) -> None:
    engine = cloud.engine(surroundings())
    engine.up()
    outputs = engine.outputs()
    assert outputs["image"] == f"{SERVER}/docker-hub/library/alpine:3"
    assert outputs["quay"] == SERVER
    assert outputs["public"].startswith("public.ecr.aws/")
    statements = {item["Sid"]: item for item in json.loads(outputs["policy"])["Statement"]}
    assert statements["Cache"]["Action"] == ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
    assert statements["Cache"]["Resource"] == f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/docker-hub/*"

    ecr = cloud.boto3("ecr")
    rules = ecr.describe_registry()["replicationConfiguration"]["rules"]
    assert [len(rule["destinations"]) for rule in rules] == [1, 2]
    policy = json.loads(ecr.get_registry_policy()["policyText"])
    assert policy["Statement"][0]["Resource"] == f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"]["scanType"] == "ENHANCED"
    for region in ("eu-west-1", "us-east-1"):
        (template,) = cloud.boto3("ecr", region).describe_repository_creation_templates()["repositoryCreationTemplates"]
        assert template["prefix"] == "shop"
        assert template["appliedFor"] == ["REPLICATION"]
        assert template["imageTagMutability"] == "IMMUTABLE"
        assert template["resourceTags"] == [{"Key": "copy", "Value": "true"}]
        assert json.loads(template["lifecyclePolicy"])["rules"][0]["selection"]["countNumber"] == 14
    caches = {
        rule["ecrRepositoryPrefix"]: rule for rule in ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]
    }
    assert caches["docker-hub"]["upstreamRegistryUrl"] == "registry-1.docker.io"
    assert ":secret:ecr-pullthroughcache/docker-hub" in caches["docker-hub"]["credentialArn"]
    value = cloud.boto3("secretsmanager").get_secret_value(SecretId="ecr-pullthroughcache/docker-hub")
    assert json.loads(value["SecretString"]) == {"username": "ci", "accessToken": HUB_TOKEN}

    engine.up_again()
    assert engine.refresh().changed == []

    engine.program = surroundings(days=7, reason="patched")
    assert steps(engine.up().changed) == [
        "update aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate::ecr-template-eu-west-1-shop",
        "update aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate::ecr-template-us-east-1-shop",
        "update aws:inspector2/filter:Filter::ecr-suppression-old",
    ]
    assert engine.scan({"hub token": HUB_TOKEN}) == []
    engine.destroy()
    assert ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"] == []
    assert ecr.describe_repository_creation_templates()["repositoryCreationTemplates"] == []


def test_the_emulated_service_refuses_what_the_components_do_not_know(cloud: Cloud) -> None:
    def program() -> None:
        unknown = pulumi.Output.from_input("not-a-principal")
        EcrRegistry("apps", {"repositories": {"api": {"access": {"pull": [unknown]}}}, **DESTROYED})

    run = cloud.engine(program).up(check=False)
    assert run.failed
    assert "access.pull: 'not-a-principal' is not a principal" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


def test_the_example_lives_its_whole_life(cloud: Cloud) -> None:
    engine = Engine(
        cloud.folder / "engine",
        project_dir=Path(__file__).parents[2] / "examples" / "ecr",
        environment=cloud.environment,
        secret_config={"hubToken": HUB_TOKEN},
    )
    engine.up()
    resources = [key for key in engine.resources() if not key.startswith("registry-components:")]
    assert len(resources) == 13
    outputs = engine.outputs()
    assert outputs["images"] == {"api": f"{SERVER}/shop/api", "web": f"{SERVER}/shop/web"}
    assert outputs["alpine"] == f"{SERVER}/docker-hub/library/alpine:3"
    engine.up_again()
    assert engine.refresh().changed == []
    assert engine.scan({"hub token": HUB_TOKEN}) == []
    engine.query("state", "unprotect", "--all", "--yes")
    engine.destroy()
    left = [item["repositoryName"] for item in cloud.boto3("ecr").describe_repositories()["repositories"]]
    assert sorted(left) == ["shop/api", "shop/web"]
