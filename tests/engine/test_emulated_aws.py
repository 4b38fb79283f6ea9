"""The emulated `aws` provider on the real engine, against what boto3 reads back."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from registry_components.rehearsal import read_checks, rehearsal
from registry_components.rehearsal.background import alive
from registry_components.rehearsal.emulators.aws_cloud import readback
from registry_components.testing import Engine, EngineFailed, Secret

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(300),
    # The SDK warns of its own deprecated classes when a module of it is imported.
    pytest.mark.filterwarnings(r"ignore:[\w./]+ has been deprecated in favor of:DeprecationWarning"),
]

REGION = "us-east-1"
ACCOUNT = "123456789012"
NO_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
HUB_TOKEN = "dckr-pat-correct-horse-battery"
TEAM = [{"Key": "team", "Value": "images"}]
PULL: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Pull",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}


class Clouds:
    """One rehearsal: engines of it share its fake AWS, and `boto3` looks at that."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**environment, "AWS_REGION": REGION}

    def engine(self, program: Callable[[], Any], name: str = "engine", **options: Any) -> Engine:
        environment = {**self.environment, **options.pop("environment", {})}
        return Engine(self.folder / name, program=program, environment=environment, **options)

    def boto3(self, service: str, region: str = REGION) -> Any:
        return readback(self.environment, service, region)

    @property
    def checks(self) -> list[dict[str, Any]]:
        return read_checks(self.folder / "clouds")


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[Clouds]:
    with rehearsal(tmp_path / "clouds") as environment:
        yield Clouds(tmp_path, environment)


def lifecycle(days: int, *, indent: int | None = None) -> str:
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    return json.dumps(
        {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}, indent=indent
    )


def repositories(
    *, days: int = 7, name: str = "team/api", mutability: str = "IMMUTABLE", tags: dict[str, str] | None = None
) -> Callable[[], None]:
    def program() -> None:
        key = aws.kms.Key("key", description="images", enable_key_rotation=True, deletion_window_in_days=7)
        aws.kms.Alias("key", name="alias/images", target_key_id=key.arn)
        repository = aws.ecr.Repository(
            "api",
            name=name,
            image_tag_mutability=mutability,
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key.arn}],
            tags=tags or {"team": "images"},
        )
        aws.ecr.LifecyclePolicy("api", repository=repository.name, policy=lifecycle(days, indent=2))
        aws.ecr.RepositoryPolicy("api", repository=repository.name, policy=json.dumps(PULL))
        made_up = aws.ecr.Repository("made-up", region="eu-west-1")
        pulumi.export("url", repository.repository_url)
        pulumi.export("madeUp", made_up.name)
        pulumi.export("keyArn", key.arn)

    return program


def test_repositories_live_and_boto3_reads_back_what_was_declared(clouds: Clouds) -> None:
    engine = clouds.engine(repositories())
    preview = engine.preview()
    assert len(preview.changed) == 6
    assert clouds.boto3("ecr").describe_repositories()["repositories"] == [], "a preview makes nothing"

    engine.up()
    outputs = engine.outputs()
    assert outputs["url"] == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/api"
    assert outputs["madeUp"].startswith("made-up-")

    ecr = clouds.boto3("ecr")
    (found,) = ecr.describe_repositories()["repositories"]
    assert found["repositoryName"] == "team/api"
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": outputs["keyArn"]}
    assert ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"] == [
        {"Key": "team", "Value": "images"}
    ]
    policy = ecr.get_lifecycle_policy(repositoryName="team/api")["lifecyclePolicyText"]
    assert json.loads(policy) == json.loads(lifecycle(7))
    assert json.loads(ecr.get_repository_policy(repositoryName="team/api")["policyText"]) == PULL
    elsewhere = clouds.boto3("ecr", "eu-west-1").describe_repositories()["repositories"]
    assert [item["repositoryName"] for item in elsewhere] == [outputs["madeUp"]]

    assert engine.up_again().changes == {"same": 7}
    assert engine.refresh().changed == []

    engine.destroy()
    assert ecr.describe_repositories()["repositories"] == []
    aliases = [alias["AliasName"] for alias in clouds.boto3("kms").list_aliases()["Aliases"]]
    assert all(alias.startswith("alias/aws/") for alias in aliases)
    states = {
        clouds.boto3("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        for key in clouds.boto3("kms").list_keys()["Keys"]
    }
    assert states == {"PendingDeletion"}


def test_what_is_changed_in_place_and_what_is_replaced(clouds: Clouds) -> None:
    engine = clouds.engine(repositories())
    engine.up()

    engine.program = repositories(mutability="MUTABLE", tags={"team": "images", "tier": "1"})
    assert engine.up().changed == ["update aws:ecr/repository:Repository::api (imageTagMutability, tags, tags.tier)"]
    (found,) = clouds.boto3("ecr").describe_repositories()["repositories"]
    assert found["imageTagMutability"] == "MUTABLE"

    engine.program = repositories(mutability="MUTABLE", tags={"tier": "1"}, days=14)
    run = engine.up()
    assert "replace aws:ecr/lifecyclePolicy:LifecyclePolicy::api (policy)" in run.changed
    assert "update aws:ecr/repository:Repository::api (tags, tags.team)" in run.changed
    policy = clouds.boto3("ecr").get_lifecycle_policy(repositoryName="team/api")["lifecyclePolicyText"]
    assert json.loads(policy) == json.loads(lifecycle(14)), "the old one went before the new one came"

    engine.program = repositories(mutability="MUTABLE", tags={"tier": "1"}, days=14, name="team/web")
    replaced = {step.key for step in engine.up().steps if step.op == "replace"}
    assert replaced == {
        "aws:ecr/repository:Repository::api",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy::api",
        "aws:ecr/repositoryPolicy:RepositoryPolicy::api",
    }
    assert [item["repositoryName"] for item in clouds.boto3("ecr").describe_repositories()["repositories"]] == [
        "team/web"
    ]
    assert engine.up_again().changes == {"same": 7}
    engine.destroy()


def test_drift_is_seen_and_put_right(clouds: Clouds) -> None:
    engine = clouds.engine(repositories())
    engine.up()
    ecr = clouds.boto3("ecr")

    # The same policy, written in another way, is no drift.
    ecr.put_lifecycle_policy(repositoryName="team/api", lifecyclePolicyText=lifecycle(7))
    ecr.set_repository_policy(repositoryName="team/api", policyText=json.dumps(PULL, indent=4, sort_keys=True))
    assert engine.refresh().changed == []

    ecr.put_image_tag_mutability(repositoryName="team/api", imageTagMutability="MUTABLE")
    arn = ecr.describe_repositories()["repositories"][0]["repositoryArn"]
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "by", "Value": "hand"}])
    ecr.put_lifecycle_policy(repositoryName="team/api", lifecyclePolicyText=lifecycle(99))
    ecr.delete_repository_policy(repositoryName="team/api")
    drift = engine.refresh(allow_drift=True).changed
    assert sorted(drift) == [
        "delete aws:ecr/repositoryPolicy:RepositoryPolicy::api",
        "update aws:ecr/lifecyclePolicy:LifecyclePolicy::api (policy)",
        "update aws:ecr/repository:Repository::api (imageTagMutability, tags, tags.by)",
    ]

    engine.up()
    assert engine.refresh().changed == []
    assert ecr.describe_repositories()["repositories"][0]["imageTagMutability"] == "IMMUTABLE"
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "team", "Value": "images"}]
    assert json.loads(ecr.get_lifecycle_policy(repositoryName="team/api")["lifecyclePolicyText"]) == json.loads(
        lifecycle(7)
    )

    ecr.delete_repository(repositoryName="team/api")
    assert "delete aws:ecr/repository:Repository::api" in engine.refresh(allow_drift=True).changed
    engine.up()
    engine.destroy()


def settings(
    *, destination: str = "eu-west-1", description: str = "cached", frequency: str = "CONTINUOUS_SCAN"
) -> Callable[[], None]:
    def program() -> None:
        service = {"Effect": "Allow", "Principal": {"Service": "ecr.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [service]}
        role = aws.iam.Role("templates", name="templates", assume_role_policy=json.dumps(trust))
        secret = aws.secretsmanager.Secret("hub", name="ecr-pullthroughcache/hub", recovery_window_in_days=0)
        value = aws.secretsmanager.SecretVersion(
            "hub", secret_id=secret.id, secret_string=pulumi.Output.secret(HUB_TOKEN)
        )
        aws.ecr.PullThroughCacheRule(
            "hub",
            ecr_repository_prefix="hub",
            upstream_registry_url="registry-1.docker.io",
            credential_arn=secret.arn,
            opts=pulumi.ResourceOptions(depends_on=[value]),
        )
        aws.ecr.PullThroughCacheRule("k8s", ecr_repository_prefix="k8s", upstream_registry_url="registry.k8s.io")
        aws.ecr.RepositoryCreationTemplate(
            "hub",
            prefix="hub",
            applied_fors=["PULL_THROUGH_CACHE", "REPLICATION"],
            description=description,
            custom_role_arn=role.arn,
            image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
            image_tag_mutability_exclusion_filters=[{"filter": "latest*", "filter_type": "WILDCARD"}],
            lifecycle_policy=lifecycle(30, indent=2),
            repository_policy=json.dumps(PULL),
            resource_tags={"made": "by ECR"},
        )
        aws.ecr.PullTimeUpdateExclusion("scanner", principal_arn=role.arn)
        aws.ecr.AccountSetting("scope", name="REGISTRY_POLICY_SCOPE", value="V2")
        statement = {**PULL["Statement"][0], "Resource": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"}
        registry_policy = {**PULL, "Statement": [statement]}
        aws.ecr.RegistryPolicy("registry", policy=json.dumps(registry_policy))
        aws.ecr.RegistryScanningConfiguration(
            "scanning",
            scan_type="ENHANCED",
            rules=[{"scan_frequency": frequency, "repository_filters": [{"filter": "*", "filter_type": "WILDCARD"}]}],
        )
        aws.ecr.ReplicationConfiguration(
            "replication",
            replication_configuration={
                "rules": [
                    {
                        "destinations": [{"region": destination, "registry_id": ACCOUNT}],
                        "repository_filters": [{"filter": "prod", "filter_type": "PREFIX_MATCH"}],
                    },
                    {"destinations": [{"region": "us-west-2", "registry_id": "210987654321"}]},
                ]
            },
        )
        pulumi.export("token", value.secret_string)
        pulumi.export("roleArn", role.arn)

    return program


def test_a_registrys_settings(clouds: Clouds) -> None:
    engine = clouds.engine(settings())
    engine.up()
    ecr = clouds.boto3("ecr")
    rules = {
        rule["ecrRepositoryPrefix"]: rule for rule in ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]
    }
    assert rules["hub"]["upstreamRegistry"] == "docker-hub"
    assert ":secret:ecr-pullthroughcache/hub-" in rules["hub"]["credentialArn"]
    assert rules["k8s"]["upstreamRegistryUrl"] == "registry.k8s.io"
    (template,) = ecr.describe_repository_creation_templates()["repositoryCreationTemplates"]
    assert template["appliedFor"] == ["PULL_THROUGH_CACHE", "REPLICATION"]
    assert template["resourceTags"] == [{"Key": "made", "Value": "by ECR"}]
    assert json.loads(template["lifecyclePolicy"]) == json.loads(lifecycle(30))
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == [engine.outputs()["roleArn"]]
    assert ecr.get_account_setting(name="REGISTRY_POLICY_SCOPE")["value"] == "V2"
    assert "ecr:BatchGetImage" in ecr.get_registry_policy()["policyText"]
    scanning = ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    assert scanning["scanType"] == "ENHANCED"
    replicated, _ = ecr.describe_registry()["replicationConfiguration"]["rules"]
    assert replicated["destinations"] == [{"region": "eu-west-1", "registryId": ACCOUNT}]
    stored = clouds.boto3("secretsmanager").get_secret_value(SecretId="ecr-pullthroughcache/hub")
    assert stored["SecretString"] == HUB_TOKEN

    assert engine.up_again().changes == {"same": 12}
    assert engine.refresh().changed == []
    assert engine.outputs()["token"] == Secret(HUB_TOKEN)
    assert engine.scan({"token": HUB_TOKEN}) == []

    engine.program = settings(destination="eu-central-1", description="from the hub", frequency="SCAN_ON_PUSH")
    assert sorted(engine.up().changed) == [
        "update aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration::scanning (rules, rules[0])",
        "update aws:ecr/replicationConfiguration:ReplicationConfiguration::replication "
        "(replicationConfiguration, replicationConfiguration.rules[0].destinations[0].region)",
        "update aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate::hub (description)",
    ]
    (template,) = ecr.describe_repository_creation_templates()["repositoryCreationTemplates"]
    assert template["description"] == "from the hub"

    engine.destroy()
    assert ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"] == []
    assert ecr.describe_repository_creation_templates()["repositoryCreationTemplates"] == []
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == []
    assert ecr.describe_registry()["replicationConfiguration"]["rules"] == []
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == {"scanType": "BASIC", "rules": []}
    assert clouds.boto3("secretsmanager").list_secrets()["SecretList"] == []
    assert clouds.boto3("iam").list_roles()["Roles"] == []
    assert engine.scan({"token": HUB_TOKEN}) == []
    assert not _holds(clouds.folder / "clouds", HUB_TOKEN), "the rehearsal's own files hold no secret"


def _holds(folder: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def around(vpc: str, subnets: list[str], *, hours: int = 1, threshold: str = "LOW") -> Callable[[], None]:
    def program() -> None:
        oidc = aws.iam.OpenIdConnectProvider(
            "github", url="https://token.actions.githubusercontent.com", client_id_lists=["sts.amazonaws.com"]
        )
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Federated": "x"}, "Action": "sts:AssumeRoleWithWebIdentity"}
            ],
        }
        role = aws.iam.Role("ci", assume_role_policy=json.dumps(trust), max_session_duration=3600 * hours)
        push = aws.iam.get_policy_document(statements=[{"actions": ["ecr:PutImage"], "resources": ["*"]}])
        policy = aws.iam.Policy("push", policy=push.json, tags={"for": "ci"})
        aws.iam.RolePolicyAttachment("push", role=role.name, policy_arn=policy.arn)
        aws.iam.RolePolicyAttachment(
            "read", role=role.name, policy_arn="arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
        )
        aws.iam.RolePolicy("login", role=role.id, policy=push.json)
        aws.ec2.VpcEndpoint(
            "api",
            vpc_id=vpc,
            service_name=f"com.amazonaws.{REGION}.ecr.api",
            vpc_endpoint_type="Interface",
            subnet_ids=subnets,
            private_dns_enabled=True,
            tags={"Name": "ecr"},
        )
        aws.ec2.VpcEndpoint("s3", vpc_id=vpc, service_name=f"com.amazonaws.{REGION}.s3")
        rule = aws.cloudwatch.EventRule("push", event_pattern=json.dumps({"source": ["aws.ecr"]}))
        aws.cloudwatch.EventTarget(
            "queue",
            rule=rule.name,
            arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:images",
            input_transformer={"input_paths": {"tag": "$.detail.image-tag"}, "input_template": '{"tag": <tag>}'},
            retry_policy={"maximum_retry_attempts": 3},
        )
        aws.inspector2.Enabler("scan", account_ids=[ACCOUNT], resource_types=["ECR"])
        aws.inspector2.Filter(
            "quiet",
            name="quiet",
            action="SUPPRESS",
            filter_criterias=[{"severities": [{"comparison": "EQUALS", "value": threshold}]}],
        )
        gallery = aws.ecrpublic.Repository(
            "gallery",
            repository_name="tools",
            catalog_data={"description": "Tools", "architectures": ["x86-64", "ARM"]},
        )
        aws.ecrpublic.RepositoryPolicy("gallery", repository_name=gallery.repository_name, policy=json.dumps(PULL))
        pulumi.export("oidc", oidc.arn)
        pulumi.export("gallery", gallery.repository_uri)

    return program


def test_what_stands_around_a_registry(clouds: Clouds) -> None:
    ec2 = clouds.boto3("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = sorted(subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"])[:2]
    engine = clouds.engine(around(vpc, subnets))
    engine.up()
    endpoints = {item["ServiceName"]: item for item in ec2.describe_vpc_endpoints()["VpcEndpoints"]}
    assert sorted(endpoints[f"com.amazonaws.{REGION}.ecr.api"]["SubnetIds"]) == subnets
    assert endpoints[f"com.amazonaws.{REGION}.s3"]["VpcEndpointType"] == "Gateway"
    events = clouds.boto3("events")
    (rule,) = events.list_rules()["Rules"]
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3}
    (filter_,) = clouds.boto3("inspector2").list_filters()["filters"]
    assert filter_["criteria"] == {"severity": [{"comparison": "EQUALS", "value": "LOW"}]}
    iam = clouds.boto3("iam")
    (role,) = iam.list_roles()["Roles"]
    assert len(iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]) == 2
    public = clouds.boto3("ecr-public")
    assert public.get_repository_catalog_data(repositoryName="tools")["catalogData"]["description"] == "Tools"
    assert engine.outputs()["gallery"].startswith("public.ecr.aws/")

    assert set(engine.up_again().changes) == {"same"}
    assert engine.refresh().changed == []

    engine.program = around(vpc, subnets, hours=2, threshold="MEDIUM")
    assert sorted(engine.up().changed) == [
        "update aws:iam/role:Role::ci (maxSessionDuration)",
        "update aws:inspector2/filter:Filter::quiet (filterCriterias, filterCriterias[0].severities[0])",
    ]
    assert iam.get_role(RoleName=role["RoleName"])["Role"]["MaxSessionDuration"] == 7200
    assert engine.refresh().changed == []

    engine.destroy()
    assert {item["State"] for item in ec2.describe_vpc_endpoints()["VpcEndpoints"]} == {"deleted"}
    assert events.list_rules()["Rules"] == []
    assert iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert public.describe_repositories()["repositories"] == []


def test_functions(clouds: Clouds) -> None:
    def program() -> None:
        repository = aws.ecr.Repository("api", name="api")
        pulumi.export("account", aws.get_caller_identity().account_id)
        pulumi.export("region", aws.get_region().region)
        pulumi.export("partition", aws.get_partition().partition)
        token = aws.ecr.get_authorization_token_output()
        pulumi.export("password", token.password)
        pulumi.export("endpoint", token.proxy_endpoint)
        found = aws.ecr.get_repository_output(name=repository.name)
        pulumi.export("url", found.repository_url)
        made = aws.ecr.get_lifecycle_policy_document(
            rules=[
                aws.ecr.GetLifecyclePolicyDocumentRuleArgs(
                    priority=1,
                    selection=aws.ecr.GetLifecyclePolicyDocumentRuleSelectionArgs(
                        tag_status="tagged",
                        tag_pattern_lists=["v*"],
                        count_type="imageCountMoreThan",
                        count_number=5,
                    ),
                    action=aws.ecr.GetLifecyclePolicyDocumentRuleActionArgs(type="expire"),
                )
            ]
        )
        pulumi.export("lifecycle", made.json)
        vpc = aws.ec2.get_vpc(default=True)
        pulumi.export("subnets", aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}]).ids)

    engine = clouds.engine(program)
    engine.up()
    outputs = engine.outputs()
    assert (outputs["account"], outputs["region"], outputs["partition"]) == (ACCOUNT, REGION, "aws")
    assert isinstance(outputs["password"], Secret)
    assert outputs["endpoint"] == Secret(f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com")
    assert outputs["url"].endswith("/api")
    (rule,) = json.loads(outputs["lifecycle"])["rules"]
    assert rule["selection"]["tagPatternList"] == ["v*"]
    assert len(outputs["subnets"]) >= 2
    engine.destroy()


def test_a_repository_with_images_is_deleted_only_where_that_was_asked_for(clouds: Clouds) -> None:
    def program(force: bool) -> Callable[[], None]:
        return lambda: pulumi.export("name", aws.ecr.Repository("api", name="api", force_delete=force).name)

    engine = clouds.engine(program(force=False))
    engine.up()
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
    clouds.boto3("ecr").put_image(repositoryName="api", imageManifest=json.dumps(manifest), imageTag="v1")
    with pytest.raises(EngineFailed, match=r"ECR Repository \(api\) not empty, consider using forceDelete"):
        engine.destroy()
    engine.program = program(force=True)
    assert engine.up().changed == ["update aws:ecr/repository:Repository::api (forceDelete)"]
    engine.destroy()
    assert clouds.boto3("ecr").describe_repositories()["repositories"] == []


def test_what_exists_is_adopted(clouds: Clouds) -> None:
    clouds.boto3("ecr").create_repository(repositoryName="old", tags=[{"Key": "team", "Value": "images"}])

    def program(mutability: str) -> Callable[[], None]:
        def make() -> None:
            options = pulumi.ResourceOptions(import_="old", protect=True)
            aws.ecr.Repository(
                "old", name="old", image_tag_mutability=mutability, tags={"team": "images"}, opts=options
            )

        return make

    engine = clouds.engine(program("MUTABLE"))
    assert engine.up().changed == ["import aws:ecr/repository:Repository::old"]
    assert engine.up_again().changes == {"same": 2}
    engine.program = program("IMMUTABLE")
    assert engine.up().changed == ["update aws:ecr/repository:Repository::old (imageTagMutability)"]
    assert clouds.boto3("ecr").describe_repositories()["repositories"][0]["imageTagMutability"] == "IMMUTABLE"
    with pytest.raises(EngineFailed, match="protected"):
        engine.destroy()


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a repository of that name": (
        lambda: [aws.ecr.Repository("a", name="api"), aws.ecr.Repository("b", name="api")],
        "RepositoryAlreadyExistsException: The repository with name 'api' already exists",
    ),
    "a policy without its repository": (
        lambda: aws.ecr.RepositoryPolicy("a", repository="nobody", policy=json.dumps(PULL)),
        "RepositoryNotFoundException: The repository with name 'nobody' does not exist",
    ),
    "a lifecycle policy without its repository": (
        lambda: aws.ecr.LifecyclePolicy("a", repository="nobody", policy=lifecycle(7)),
        "RepositoryNotFoundException: The repository with name 'nobody' does not exist",
    ),
    "a KMS key that is not there": (
        lambda: aws.ecr.Repository(
            "a",
            name="app",
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": NO_KEY}],
        ),
        "KmsException: The KMS key .* does not exist",
    ),
    "a credential that is not there": (
        lambda: aws.ecr.PullThroughCacheRule(
            "a",
            ecr_repository_prefix="hub",
            upstream_registry_url="registry-1.docker.io",
            credential_arn=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ecr-pullthroughcache/no-AbCdEf",
        ),
        "SecretNotFoundException: The secret .* does not exist",
    ),
    "a credential of another name": (
        lambda: aws.ecr.PullThroughCacheRule(
            "a",
            ecr_repository_prefix="hub",
            upstream_registry_url="registry-1.docker.io",
            credential_arn=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:hub-AbCdEf",
        ),
        "not a Secrets Manager secret whose name begins with ecr-pullthroughcache/",
    ),
    "Docker Hub without credential": (
        lambda: aws.ecr.PullThroughCacheRule(
            "a", ecr_repository_prefix="hub", upstream_registry_url="registry-1.docker.io"
        ),
        "The upstream registry 'registry-1.docker.io' needs a credential ARN",
    ),
    "an upstream that ECR does not know": (
        lambda: aws.ecr.PullThroughCacheRule(
            "a", ecr_repository_prefix="es", upstream_registry_url="docker.elastic.co"
        ),
        "UnsupportedUpstreamRegistryException: The upstream registry 'docker.elastic.co' is not supported",
    ),
    "replication to itself": (
        lambda: aws.ecr.ReplicationConfiguration(
            "a",
            replication_configuration={"rules": [{"destinations": [{"region": REGION, "registry_id": ACCOUNT}]}]},
        ),
        "Replication destination cannot be the same as the source registry",
    ),
    "a managed policy that is not there": (
        lambda: aws.iam.RolePolicyAttachment("a", role="nobody", policy_arn=f"arn:aws:iam::{ACCOUNT}:policy/none"),
        "NoSuchEntity",
    ),
    "a VPC that is not there": (
        lambda: aws.ec2.VpcEndpoint("a", vpc_id="vpc-0123456789abcdef0", service_name=f"com.amazonaws.{REGION}.s3"),
        "InvalidVpcID.NotFound",
    ),
    "an alias of no key": (
        lambda: aws.kms.Alias("a", name="alias/a", target_key_id="11111111-2222-3333-4444-555555555555"),
        "NotFoundException",
    ),
    "a target of no rule": (
        lambda: aws.cloudwatch.EventTarget("a", rule="nobody", arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"),
        "ResourceNotFoundException",
    ),
    "the wrong region for the public gallery": (
        lambda: aws.ecrpublic.Repository("a", repository_name="tools", region="eu-west-1"),
        "ECR Public has its API in us-east-1 alone, not in eu-west-1",
    ),
    "a resource type that nobody emulates": (
        lambda: aws.s3.BucketMetric("a", bucket="b", name="m"),
        "no emulator knows the resource type aws:s3/bucketMetric:BucketMetric; --allow-unknown records it as skipped",
    ),
    "an unknown property": (
        lambda: pulumi.CustomResource(
            "aws:ecr/repository:Repository", "a", {"name": "a", "imageTagMutabilty": "MUTABLE"}
        ),
        "'imageTagMutabilty' is not a property here; did you mean 'imageTagMutability'",
    ),
}


def test_the_engine_tells_what_is_refused(clouds: Clouds) -> None:
    engine = clouds.engine(lambda: None)
    for what, (program, message) in REFUSED.items():
        engine.program = program
        with pytest.raises(EngineFailed, match=message) as caught:
            engine.up()
        assert "Traceback" not in str(caught.value), what
        engine.destroy()
    assert any(line.get("refused") for line in clouds.checks)


def test_an_unknown_type_is_skipped_where_that_is_allowed(clouds: Clouds) -> None:
    program = REFUSED["a resource type that nobody emulates"][0]
    engine = clouds.engine(program, environment={"REGC_REHEARSAL_ALLOW_UNKNOWN": "1"})
    engine.lifecycle()
    skipped = [line for line in clouds.checks if line["proof"] == "skipped"]
    assert [(line["operation"], line["token"]) for line in skipped] == [
        ("create", "aws:s3/bucketMetric:BucketMetric"),
        ("delete", "aws:s3/bucketMetric:BucketMetric"),
    ]


def test_the_line_of_an_operation(clouds: Clouds) -> None:
    clouds.engine(lambda: pulumi.export("name", aws.ecr.Repository("api", name="api").name)).up()
    (created,) = [line for line in clouds.checks if line["operation"] == "create"]
    assert 0 < created.pop("seconds") < 30
    assert created == {
        "package": "aws",
        "token": "aws:ecr/repository:Repository",
        "urn": "urn:pulumi:test::test::aws:ecr/repository:Repository::api",
        "operation": "create",
        "proof": "real",
    }


def test_no_region_is_a_mistake(clouds: Clouds) -> None:
    clouds.environment["AWS_REGION"] = ""
    with pytest.raises(EngineFailed, match="no region is set; set aws:region"):
        clouds.engine(repositories()).preview()
    clouds.environment["AWS_REGION"] = "us-central-1"
    with pytest.raises(EngineFailed, match="'us-central-1' is not an AWS region"):
        clouds.engine(repositories(), name="another").preview()


def test_the_fake_aws_ends_with_the_rehearsal(tmp_path: Path) -> None:
    folder = tmp_path / "clouds"
    with rehearsal(folder) as environment:
        readback(environment, "sts").get_caller_identity()
        process = json.loads((folder / "aws.server.json").read_text())["process"]
        assert alive(process)
    assert not alive(process)

    with rehearsal(folder) as environment:
        child = os.fork()
        if child == 0:
            # The owner is another process: the server has to end with it.
            with suppress(BaseException):
                from registry_components.rehearsal.background import identity

                owned = {**environment, "REGC_REHEARSAL_OWNER": identity(os.getpid()) or ""}
                readback(owned, "sts").get_caller_identity()
            os._exit(0)
        os.waitpid(child, 0)
        process = json.loads((folder / "aws.server.json").read_text())["process"]
        until = time.monotonic() + 10
        while alive(process) and time.monotonic() < until:
            time.sleep(0.05)
        assert not alive(process)
