"""Engine proof: buckets, containers and their identities on the real engine, against what the clouds then hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.rehearsal import read_checks, rehearsal
from registry_components.rehearsal.emulators.aws_cloud import readback
from registry_components.rehearsal.emulators.azure_cloud import SUBSCRIPTION, AzureCloud
from registry_components.rehearsal.emulators.gcp_cloud import cloud_of
from registry_components.rehearsal.folder import Folder
from registry_components.storage import AzureBlobContainer, GcsBucket, S3Bucket
from registry_components.testing import Engine

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(300),
    # The SDK warns of its own deprecated classes when a module of it is imported.
    pytest.mark.filterwarnings(r"ignore:[\w./]+ has been deprecated in favor of:DeprecationWarning"),
]

REGION = "eu-central-1"
ACCOUNT = "123456789012"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF"
POD = {"namespace": "registry", "service_account": "registry"}
IDENTITIES: dict[str, dict[str, Any]] = {
    "irsa": {"kind": "irsa", "oidc_provider_arn": OIDC, **POD},
    "pods": {"kind": "pod_identity", "cluster": "shop", **POD},
    "keys": {"kind": "keys"},
}


class Clouds:
    """One rehearsal, its engines and what its clouds hold."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**environment, "AWS_REGION": REGION}

    def engine(self, program: Callable[[], Any], **options: Any) -> Engine:
        return Engine(self.folder / "engine", program=program, environment=self.environment, **options)

    def boto3(self, service: str) -> Any:
        return readback(self.environment, service, REGION)


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[Clouds]:
    with rehearsal(tmp_path / "clouds") as environment:
        yield Clouds(tmp_path, environment)


def buckets(**changes: Any) -> Callable[[], None]:
    def program() -> None:
        for name, identity in IDENTITIES.items():
            made = S3Bucket(name, {"bucket": f"shop-{name}", "identity": identity, "prefix": "blobs", **changes})
            pulumi.export(name, made.storage.bucket)
            pulumi.export(f"{name}Role", made.role_arn)

    return program


GONE = {"deletion": "destroy", "empty_on_delete": True}


def test_buckets_live_a_whole_life(clouds: Clouds) -> None:
    engine = clouds.engine(buckets(**GONE))
    engine.preview()
    engine.up()
    outputs = engine.outputs()
    assert outputs["keys"] == "shop-keys"
    engine.up_again()
    engine.refresh()

    s3, iam = clouds.boto3("s3"), clouds.boto3("iam")
    assert s3.get_bucket_versioning(Bucket="shop-irsa")["Status"] == "Enabled"
    blocked = s3.get_public_access_block(Bucket="shop-irsa")["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    encrypted = s3.get_bucket_encryption(Bucket="shop-irsa")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encrypted["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    policy = json.loads(s3.get_bucket_policy(Bucket="shop-irsa")["Policy"])
    assert [item["Sid"] for item in policy["Statement"]] == ["TlsOnly", "Tls12"]
    [user] = iam.list_users()["Users"]
    [key] = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
    assert key["Status"] == "Active"
    [role] = [item for item in iam.list_roles()["Roles"] if item["RoleName"].startswith("irsa-role")]
    assert role["Arn"] == outputs["irsaRole"]
    [association] = clouds.boto3("eks").list_pod_identity_associations(clusterName="shop")["associations"]
    assert association["serviceAccount"] == "registry"
    assert {check["proof"] for check in read_checks(clouds.folder / "clouds")} <= {"real", "emulated"}

    # Loopback has no TLS: what the policy denies is denied here.
    with pytest.raises(s3.exceptions.ClientError, match="403"):
        s3.put_object(Bucket="shop-keys", Key="blobs/one", Body=b"1")
    s3.delete_bucket_policy(Bucket="shop-keys")
    s3.put_object(Bucket="shop-keys", Key="blobs/one", Body=b"1")
    s3.put_object(Bucket="shop-keys", Key="blobs/one", Body=b"2")
    engine.destroy()
    assert engine.inventory() == {}
    assert s3.list_buckets()["Buckets"] == []
    assert iam.list_users()["Users"] == []


def test_a_role_that_is_there_a_key_of_ones_own_and_another_server(clouds: Clouds) -> None:
    def program() -> None:
        from pulumi_aws import iam, kms

        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        node = iam.Role("node", name="node", assume_role_policy=document)
        key = kms.Key("blobs", description="Blobs")
        S3Bucket("roles", {"bucket": "shop-roles", "identity": {"kind": "role", "role": node.arn}, **GONE})
        locked = {"bucket": "shop-locked", "encryption": {"kind": "kms", "key": key.arn}, "identity": {"kind": "keys"}}
        S3Bucket("locked", {**locked, "prefix": "blobs", **GONE})
        given = {"kind": "given_keys", "access_key": "AKIAGIVEN", "secret_key": "planted-secret-of-a-server"}
        server = {"bucket": "shop-server", "endpoint": "https://s3.example.com", "identity": given, **GONE}
        made = S3Bucket("server", server)
        pulumi.export("key", key.arn)
        pulumi.export("server", made.storage.endpoint)

    engine = clouds.engine(program)
    engine.up()
    engine.up_again()
    engine.refresh()
    s3, iam = clouds.boto3("s3"), clouds.boto3("iam")
    key = engine.outputs()["key"]

    [name] = iam.list_role_policies(RoleName="node")["PolicyNames"]
    allowed = iam.get_role_policy(RoleName="node", PolicyName=name)["PolicyDocument"]["Statement"]
    assert {arn for item in allowed for arn in [item["Resource"]]} == {
        "arn:aws:s3:::shop-roles",
        "arn:aws:s3:::shop-roles/*",
    }
    rule = s3.get_bucket_encryption(Bucket="shop-locked")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert rule["BucketKeyEnabled"] is True
    [user] = iam.list_users()["Users"]
    [name] = iam.list_user_policies(UserName=user["UserName"])["PolicyNames"]
    allowed = iam.get_user_policy(UserName=user["UserName"], PolicyName=name)["PolicyDocument"]["Statement"]
    [uses] = [item for item in allowed if item["Resource"] == key]
    assert set(uses["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}

    # Of a server other than AWS nothing is asked that AWS alone has.
    made = {item.partition("::")[0] for item in engine.inventory() if "::server" in item}
    assert {item.rpartition(":")[2] for item in made} == {
        "Bucket",
        "BucketLifecycleConfiguration",
        "BucketPolicy",
        "BucketVersioning",
        "S3Bucket",
    }
    assert s3.get_bucket_versioning(Bucket="shop-server")["Status"] == "Enabled"
    [denied] = json.loads(s3.get_bucket_policy(Bucket="shop-server")["Policy"])["Statement"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert engine.scan({"secret": "planted-secret-of-a-server"}) == []
    engine.destroy()
    assert s3.list_buckets()["Buckets"] == []


GCS_IDENTITIES: dict[str, dict[str, Any]] = {
    "pods": {"kind": "workload_identity", "account_id": "registry-pods", **POD},
    "keys": {"kind": "key", "account_id": "registry-keys"},
    "there": {"kind": "existing", "service_account": "node@shop-dev.iam.gserviceaccount.com"},
}


def test_buckets_of_google_live_a_whole_life(clouds: Clouds) -> None:
    def program() -> None:
        for name, identity in GCS_IDENTITIES.items():
            settings = {"bucket": f"shop-{name}", "location": "europe-west1", "identity": identity, **GONE}
            made = GcsBucket(name, settings)
            pulumi.export(name, made.storage.bucket)
            pulumi.export(f"{name}Account", made.service_account)

    clouds.environment["GOOGLE_PROJECT"] = "shop-dev"
    engine = clouds.engine(program)
    engine.preview()
    engine.up()
    assert engine.outputs()["podsAccount"] == "registry-pods@shop-dev.iam.gserviceaccount.com"
    engine.up_again()
    engine.refresh()
    with cloud_of(clouds.folder / "clouds", "shop-dev").look() as there:
        bucket = there.get("bucket", "b/shop-pods")
        assert bucket is not None
        assert bucket["iamConfiguration"] == {
            "publicAccessPrevention": "enforced",
            "uniformBucketLevelAccess": {"enabled": True},
        }
        assert there.policy("bucket", "b/shop-keys") == [
            {
                "role": "roles/storage.objectUser",
                "members": ["serviceAccount:registry-keys@shop-dev.iam.gserviceaccount.com"],
            }
        ]
    engine.destroy()
    assert engine.inventory() == {}
    with cloud_of(clouds.folder / "clouds", "shop-dev").look() as there:
        assert there.names("bucket") == there.names("account") == there.names("accountKey") == []


AZURE_IDENTITIES: dict[str, dict[str, Any]] = {
    "pods": {"kind": "workload_identity", "issuer": "https://westeurope.oic.prod-aks.azure.com/1/2/", **POD},
    "keys": {"kind": "account_key"},
    "there": {"kind": "existing", "principal_id": "00000000-0000-0000-0000-00000000c105"},
}


def test_containers_of_azure_live_a_whole_life(clouds: Clouds) -> None:
    def program() -> None:
        from pulumi_azure_native import resources

        group = resources.ResourceGroup("shop", resource_group_name="shop", location="westeurope")
        for name, identity in AZURE_IDENTITIES.items():
            settings = {"account": f"shop{name}", "resource_group": group.name, "identity": identity, **GONE}
            made = AzureBlobContainer(name, {**settings, "location": "westeurope"})
            pulumi.export(name, made.storage.container)
            pulumi.export(f"{name}Client", made.client_id)

    engine = clouds.engine(program)
    engine.preview()
    engine.up()
    assert engine.outputs()["pods"] == "registry"
    engine.up_again()
    engine.refresh()
    azure = AzureCloud(Folder(clouds.folder / "clouds"), {})
    account = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts"
    with azure.look() as there:
        pods, keys = there.get(f"{account}/shoppods"), there.get(f"{account}/shopkeys")
        assert pods is not None
        assert keys is not None
        assert (pods["allowSharedKeyAccess"], keys["allowSharedKeyAccess"]) == (False, True)
        assert (pods["minimumTlsVersion"], pods["enableHttpsTrafficOnly"]) == ("TLS1_2", True)
        assert len(there.of("microsoft.authorization/roleassignments")) == 4
    engine.destroy()
    assert engine.inventory() == {}
    with azure.look() as there:
        assert there.of("microsoft.storage/storageaccounts") == {}
