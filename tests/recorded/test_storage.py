"""Recorded proof: what the components of storage describe to the engine, whole."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from registry_components.core.errors import StackError
from registry_components.storage import (
    AzureBlobContainer,
    GcsBucket,
    S3Bucket,
    Volume,
    to_distribution,
    to_harbor_chart,
)
from registry_components.testing import Recorded, Recording, Secret, aws_answers, record

pytestmark = [
    pytest.mark.recorded,
    # The SDK warns of its own deprecated classes when a module of it is imported.
    pytest.mark.filterwarnings(r"ignore:[\w./]+ has been deprecated in favor of:DeprecationWarning"),
]

REGION, ACCOUNT, PROJECT = "eu-central-1", "123456789012", "shop-dev"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/ABC"
POD = {"namespace": "registry", "service_account": "registry"}
KMS = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
SSE = "BucketServerSideEncryptionConfiguration"
PLANTED = "planted-secret-access-key"
AZURE_KEY = base64.b64encode(b"planted-account-key").decode()
JSON_KEY = '{"type": "service_account", "private_key": "planted-private-key"}'
GROUP = "/subscriptions/1/resourceGroups/shop"
AWS = aws_answers(region=REGION, account=ACCOUNT)


def outputs(resource: Recorded) -> Mapping[str, Any] | None:
    name = resource.name
    match resource.type:
        case "aws:s3/bucket:Bucket":
            return {"arn": f"arn:aws:s3:::{resource.inputs['bucket']}", "region": REGION}
        case "aws:iam/user:User":
            return {"name": name}
        case "aws:iam/accessKey:AccessKey":
            return {"secret": PLANTED}
        case "gcp:serviceaccount/account:Account":
            email = f"{resource.inputs['accountId']}@{PROJECT}.iam.gserviceaccount.com"
            return {"email": email, "name": f"projects/{PROJECT}/serviceAccounts/{email}", "project": PROJECT}
        case "gcp:serviceaccount/key:Key":
            return {"privateKey": base64.b64encode(JSON_KEY.encode()).decode()}
        case "azure-native:storage:StorageAccount":
            return {"name": resource.inputs["accountName"]}
        case "azure-native:storage:BlobContainer":
            return {"name": resource.inputs["containerName"]}
        case "azure-native:managedidentity:UserAssignedIdentity":
            return {"clientId": "client", "principalId": "principal", "name": name}
    return AWS["outputs"](resource)


INVOKES: Any = {
    **AWS["invokes"],
    "azure-native:storage:listStorageAccountKeys": {
        "keys": [{"keyName": "key1", "value": AZURE_KEY, "permissions": "FULL", "creationTime": ""}] * 2
    },
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": {"emailAddress": "agent@example.com"},
}


def recorded(program: Callable[[], Any], *, preview: bool = False) -> Recording:
    return record(program, outputs=outputs, invokes=INVOKES, project="shop", stack="dev", preview=preview)


def s3(**changes: Any) -> Recording:
    def program() -> None:
        made = S3Bucket("blobs", {"bucket": "shop-images", "identity": {"kind": "keys"}, **changes})
        pulumi.export("bucket", made.storage.bucket)
        credentials = made.storage.credentials
        if credentials.kind == "keys":
            pulumi.export("key", credentials.secret_key)

    return recorded(program)


def test_a_bucket_with_a_user_is_this_tree() -> None:
    found = s3()
    assert found.tree() == "\n".join(
        [
            "registry-components:index:S3Bucket::blobs",
            "  aws:iam/accessKey:AccessKey::blobs-key-1",
            "  aws:iam/user:User::blobs-user",
            "  aws:iam/userPolicy:UserPolicy::blobs-access",
            "  aws:s3/bucket:Bucket::blobs",
            "  aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration::blobs-lifecycle",
            "  aws:s3/bucketOwnershipControls:BucketOwnershipControls::blobs-ownership",
            "  aws:s3/bucketPolicy:BucketPolicy::blobs-policy",
            "  aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::blobs-public-access",
            f"  aws:s3/bucketServerSideEncryptionConfiguration:{SSE}::blobs-encryption",
            "  aws:s3/bucketVersioning:BucketVersioning::blobs-versioning",
        ]
    )
    assert found.unpublished() == []
    assert found.exports == {"bucket": "shop-images", "key": Secret(PLANTED)}
    assert PLANTED not in str([item.registered_outputs for item in found.resources.values()])


def test_the_defaults_are_secure_and_whole() -> None:
    found = s3()
    assert found["aws:s3/bucket:Bucket::blobs"].inputs["forceDestroy"] is False
    assert found["blobs-versioning"].inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert found["blobs-encryption"].inputs["rules"] == [
        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": False}
    ]
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert {name: found["blobs-public-access"].inputs[name] for name in names} == dict.fromkeys(names, True)
    assert [(rule["id"], rule["status"]) for rule in found["blobs-lifecycle"].inputs["rules"]] == [
        ("incomplete-uploads", "Enabled"),
        ("noncurrent-versions", "Enabled"),
    ]
    policy = json.loads(found["blobs-policy"].inputs["policy"])
    assert {item["Effect"] for item in policy["Statement"]} == {"Deny"}


def test_blobs_and_what_guards_them_are_kept_unless_both_consents_are_given() -> None:
    found = s3()
    bucket = found["aws:s3/bucket:Bucket::blobs"]
    assert (bucket.protect, bucket.retain_on_delete) == (True, True)
    guards = ("versioning", "encryption", "public-access", "ownership", "lifecycle", "policy")
    assert {found[f"blobs-{name}"].retain_on_delete for name in guards} == {True}
    gone = s3(deletion="destroy", empty_on_delete=True)
    bucket = gone["aws:s3/bucket:Bucket::blobs"]
    assert not bucket.protect
    assert not bucket.retain_on_delete
    assert bucket.inputs["forceDestroy"] is True
    assert not gone["blobs-policy"].retain_on_delete


def test_pods_get_a_role_and_the_key_is_theirs_to_use() -> None:
    found = s3(
        identity={"kind": "irsa", "oidc_provider_arn": OIDC, **POD},
        encryption={"kind": "kms", "key": KMS},
        prefix="blobs",
    )
    trust = json.loads(found["aws:iam/role:Role::blobs-role"].inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Federated": OIDC}
    access = json.loads(found["aws:iam/rolePolicy:RolePolicy::blobs-access"].inputs["policy"])
    assert [item["Resource"] for item in access["Statement"]] == [
        "arn:aws:s3:::shop-images",
        "arn:aws:s3:::shop-images",
        "arn:aws:s3:::shop-images/blobs/*",
        KMS,
    ]
    pods = s3(identity={"kind": "pod_identity", "cluster": "shop", **POD})
    association = pods["aws:eks/podIdentityAssociation:PodIdentityAssociation::blobs-association"].inputs
    assert (association["clusterName"], association["serviceAccount"]) == ("shop", "registry")
    there = s3(identity={"kind": "role", "role": f"arn:aws:iam::{ACCOUNT}:role/path/node"})
    assert there["blobs-access"].inputs["role"] == "node"
    assert there.of_type("aws:iam/role:Role") == []


def test_another_server_gets_what_it_knows() -> None:
    given = {"kind": "given_keys", "access_key": "minio", "secret_key": PLANTED}
    found = s3(endpoint="https://minio.example.com", identity=given)
    assert {item.name for item in found.resources.values()} == {
        "blobs",
        "blobs-lifecycle",
        "blobs-policy",
        "blobs-versioning",
    }
    assert len(json.loads(found["blobs-policy"].inputs["policy"])["Statement"]) == 1


def test_what_is_made_fits_the_registries() -> None:
    def program() -> None:
        made = S3Bucket("blobs", {"bucket": "shop-images", "identity": {"kind": "keys"}, "registry": "harbor"})
        chart = to_harbor_chart(made.storage, secret_name="storage")
        pulumi.export("values", chart.values)
        pulumi.export("secret", chart.secret)
        driver = to_distribution(made.storage)
        assert driver.kind == "s3"
        pulumi.export("driver", driver.bucket)

    found = recorded(program)
    assert found.exports["driver"] == "shop-images"
    assert found.exports["values"]["imageChartStorage"]["s3"] == {
        "region": REGION,
        "bucket": "shop-images",
        "existingSecret": "storage",
    }
    assert PLANTED not in str(found.exports["values"])
    assert isinstance(found.exports["secret"], Secret) or all(
        isinstance(value, Secret) for value in found.exports["secret"].values()
    )


def test_a_preview_with_unknown_ids_makes_the_same_tree() -> None:
    def program() -> None:
        S3Bucket("aws", {"bucket": "shop-images", "identity": {"kind": "keys"}})
        GcsBucket("google", {"bucket": "shop", "location": "EU", "identity": {"kind": "key", "account_id": "registry"}})
        AzureBlobContainer(
            "azure", {"account": "shopimages", "resource_group": "shop", "identity": {"kind": "account_key"}}
        )

    assert recorded(program, preview=True).tree() == recorded(program).tree()


def test_a_bucket_of_google_is_this_tree() -> None:
    def program() -> None:
        made = GcsBucket(
            "blobs",
            {
                "bucket": "shop-images",
                "location": "europe-west1",
                "registry": "artifactory",
                "identity": {"kind": "workload_identity", "account_id": "registry", **POD},
                "encryption": {
                    "kind": "kms",
                    "key": f"projects/{PROJECT}/locations/europe-west1/keyRings/shop/cryptoKeys/images",
                },
            },
        )
        pulumi.export("account", made.service_account)

    found = recorded(program)
    assert found.tree() == "\n".join(
        [
            "registry-components:index:GcsBucket::blobs",
            "  gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::blobs-encryption",
            "  gcp:serviceaccount/account:Account::blobs-account",
            "  gcp:serviceaccount/iAMMember:IAMMember::blobs-signing",
            "  gcp:serviceaccount/iAMMember:IAMMember::blobs-workload",
            "  gcp:storage/bucket:Bucket::blobs",
            "  gcp:storage/bucketIAMMember:BucketIAMMember::blobs-access",
            "  gcp:storage/bucketIAMMember:BucketIAMMember::blobs-bucket-access",
        ]
    )
    bucket = found["gcp:storage/bucket:Bucket::blobs"]
    assert (bucket.protect, bucket.retain_on_delete) == (True, True)
    assert (bucket.inputs["publicAccessPrevention"], bucket.inputs["uniformBucketLevelAccess"]) == ("enforced", True)
    assert found["blobs-encryption"].urn in bucket.dependencies
    assert found["blobs-workload"].inputs["member"] == f"serviceAccount:{PROJECT}.svc.id.goog[registry/registry]"
    assert found["blobs-access"].inputs["role"] == "roles/storage.objectUser"


def test_a_key_of_google_is_a_secret() -> None:
    def program() -> None:
        settings = {"bucket": "shop", "location": "EU", "identity": {"kind": "key", "account_id": "registry"}}
        made = GcsBucket("blobs", settings)
        assert made.storage.credentials.kind == "key"
        pulumi.export("key", made.storage.credentials.key)

    assert recorded(program).exports["key"] == Secret(JSON_KEY)


def test_a_container_of_azure_is_this_tree() -> None:
    def program() -> None:
        identity = {"kind": "workload_identity", "issuer": "https://oidc.example.com/1/", **POD}
        settings = {"account": "shopimages", "resource_group": "shop", "location": "westeurope", "identity": identity}
        made = AzureBlobContainer("blobs", settings)
        pulumi.export("client", made.client_id)

    found = recorded(program)
    assert found.tree() == "\n".join(
        [
            "registry-components:index:AzureBlobContainer::blobs",
            "  azure-native:authorization:RoleAssignment::blobs-access",
            "  azure-native:authorization:RoleAssignment::blobs-signing",
            "  azure-native:managedidentity:FederatedIdentityCredential::blobs-federation",
            "  azure-native:managedidentity:UserAssignedIdentity::blobs-identity",
            "  azure-native:storage:BlobContainer::blobs",
            "  azure-native:storage:BlobServiceProperties::blobs-blobs",
            "  azure-native:storage:ManagementPolicy::blobs-lifecycle",
            "  azure-native:storage:StorageAccount::blobs-account",
        ]
    )
    account = found["blobs-account"]
    assert (account.protect, account.retain_on_delete) == (True, True)
    wanted = {
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "enableHttpsTrafficOnly": True,
        "minimumTlsVersion": "TLS1_2",
    }
    assert {key: account.inputs[key] for key in wanted} == wanted
    assert found["blobs-federation"].inputs["subject"] == "system:serviceaccount:registry:registry"


def test_the_key_of_an_account_is_a_secret() -> None:
    def program() -> None:
        settings = {"account": "shopimages", "resource_group": "shop", "identity": {"kind": "account_key"}}
        made = AzureBlobContainer("blobs", settings)
        assert made.storage.credentials.kind == "account_key"
        pulumi.export("key", made.storage.credentials.key)

    found = recorded(program)
    assert found.exports["key"] == Secret(AZURE_KEY)
    assert found["blobs-account"].inputs["allowSharedKeyAccess"] is True
    assert AZURE_KEY not in str([item.registered_outputs for item in found.resources.values()])


def test_a_volume_is_this_tree() -> None:
    def program() -> None:
        made = Volume(
            "blobs",
            {
                "namespace": "registry",
                "size": "100Gi",
                "new_storage_class": {
                    "name": "images",
                    "provisioner": "ebs.csi.aws.com",
                    "parameters": {"encrypted": "true"},
                },
            },
        )
        pulumi.export("claim", made.storage.claim)

    found = recorded(program)
    assert found.tree() == "\n".join(
        [
            "registry-components:index:Volume::blobs",
            "  kubernetes:core/v1:PersistentVolumeClaim::blobs",
            "  kubernetes:storage.k8s.io/v1:StorageClass::blobs-class",
        ]
    )
    assert found.exports["claim"] == "blobs"
    claim = found["kubernetes:core/v1:PersistentVolumeClaim::blobs"]
    assert (claim.protect, claim.retain_on_delete) == (True, True)
    assert claim.inputs["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "100Gi"}},
        "storageClassName": "images",
        "volumeMode": "Filesystem",
    }
    made = found["blobs-class"]
    assert made.retain_on_delete
    assert (made.inputs["reclaimPolicy"], made.inputs["volumeBindingMode"]) == ("Retain", "WaitForFirstConsumer")


def test_wrong_arguments_register_nothing() -> None:
    def program() -> None:
        for component, settings in (
            (S3Bucket, {"bucket": "Shop"}),
            (GcsBucket, {"bucket": "Shop"}),
            (AzureBlobContainer, {"account": "a-b"}),
            (Volume, {"size": "1"}),
        ):
            with pytest.raises(StackError):
                component("blobs", settings)

    assert recorded(program).resources == {}


@pytest.mark.parametrize(
    ("component", "module", "package"),
    [
        (S3Bucket, "registry_components.ecr.providers", "pulumi_aws"),
        (GcsBucket, "registry_components.artifact_registry.providers", "pulumi_gcp"),
        (AzureBlobContainer, "registry_components.storage.sdks", "pulumi_azure_native"),
    ],
)
def test_a_missing_sdk_names_the_extra(
    component: Any, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{module}.importlib.util.find_spec", lambda _: None)
    settings: dict[str, Any] = {
        "pulumi_aws": {"bucket": "shop", "identity": {"kind": "keys"}},
        "pulumi_gcp": {"bucket": "shop", "location": "EU", "identity": {"kind": "key", "account_id": "registry"}},
        "pulumi_azure_native": {"account": "shop", "resource_group": "shop", "identity": {"kind": "account_key"}},
    }[package]

    def program() -> None:
        component("blobs", settings)

    extra = {"pulumi_aws": "aws", "pulumi_gcp": "gcp", "pulumi_azure_native": "azure"}[package]
    with pytest.raises(StackError) as caught:
        recorded(program)
    assert str(caught.value) == (
        f"{component.__name__} needs the package {package}; install registry-components[{extra}]"
    )
