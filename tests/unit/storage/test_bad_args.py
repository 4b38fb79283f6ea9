# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong arguments of every component of storage."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError

from .good import EBS, EXISTING, FEDERATED, GCS_KMS, GIVEN, GOOD, IRSA, KEY, PODS

pytestmark = pytest.mark.unit

MISSING = object()

# A title, the arguments, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("no identity", "S3", {"identity": MISSING}, ["identity: is required but not given; add it"]),
    (
        "an identity of no kind",
        "S3",
        {"identity": {"kind": "root"}},
        ["identity: kind 'root' is not known; allowed: irsa, pod_identity, role, keys, given_keys"],
    ),
    (
        "a bucket in capitals",
        "S3",
        {"bucket": "Shop"},
        ["bucket: 'Shop' is not an S3 bucket name; it has 3 to 63 lower-case letters, digits, hyphens and single dots"],
    ),
    (
        "a zone for a region",
        "S3",
        {"region": "eu-west-1a"},
        ["region: 'eu-west-1a' is an availability zone; write its region, 'eu-west-1'"],
    ),
    (
        "a path style of AWS",
        "S3",
        {"path_style": False},
        ["path_style: is for servers other than AWS; give endpoint, or remove it"],
    ),
    (
        "a registry that is none",
        "S3",
        {"registry": "zot"},
        ["registry: must be one of distribution, harbor, nexus, artifactory, not 'zot'"],
    ),
    (
        "IRSA for Harbor",
        "S3",
        {"registry": "harbor", "identity": IRSA},
        [
            "identity: of kind 'irsa' reaches no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys'"
        ],
    ),
    (
        "pod identity for Harbor",
        "S3",
        {"registry": "harbor", "identity": PODS},
        [
            "identity: of kind 'pod_identity' reaches no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys'"
        ],
    ),
    (
        "a role for Harbor",
        "S3",
        {"registry": "harbor", "identity": {"kind": "role", "role": "node"}},
        [
            "identity: of kind 'role' reaches no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys'"
        ],
    ),
    (
        "IRSA without a provider",
        "S3",
        {"identity": {"kind": "irsa", "namespace": "registry", "service_account": "registry"}},
        ["identity.oidc_provider_arn: is required but not given; add it"],
    ),
    (
        "IRSA of no provider",
        "S3",
        {"identity": {**IRSA, "oidc_provider_arn": "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"}},
        [
            "identity.oidc_provider_arn: 'https://oidc.eks.eu-west-1.amazonaws.com/id/ABC' is not an identity provider's ARN; it looks like arn:aws:iam::ACCOUNT:oidc-provider/HOST/id/ID"
        ],
    ),
    (
        "a namespace in capitals",
        "S3",
        {"identity": {**IRSA, "namespace": "Registry"}},
        ["identity.namespace: 'Registry' is not a namespace; use at most 63 lower-case letters, digits and - inside"],
    ),
    (
        "a cluster that is none",
        "S3",
        {"identity": {**PODS, "cluster": "my cluster"}},
        ["identity.cluster: 'my cluster' is not an EKS cluster's name; use at most 100 letters, digits and _ - inside"],
    ),
    (
        "a user for a role",
        "S3",
        {"identity": {"kind": "role", "role": "arn:aws:iam::123456789012:user/bob"}},
        ["identity.role: 'arn:aws:iam::123456789012:user/bob' is not a role; give its name, or its ARN"],
    ),
    (
        "generation zero",
        "S3",
        {"identity": {"kind": "keys", "generation": 0}},
        ["identity.generation: must be at least 1, not 0"],
    ),
    (
        "given keys at AWS",
        "S3",
        {"identity": GIVEN},
        ["identity: of kind 'given_keys' is for servers other than AWS; give endpoint, or let 'keys' make a user"],
    ),
    (
        "a user at another server",
        "S3",
        {"endpoint": "https://minio.example.com"},
        [
            "identity: of kind 'keys' is made in AWS' IAM, and endpoint names another server; give kind 'given_keys' with a key of that server"
        ],
    ),
    (
        "encryption at another server",
        "S3",
        {"endpoint": "https://minio.example.com", "identity": GIVEN, "encryption": {"kind": "aes256"}},
        ["encryption: is set up at that server, and endpoint names one other than AWS; remove one of them"],
    ),
    (
        "an endpoint without a scheme",
        "S3",
        {"endpoint": "minio.example.com", "identity": GIVEN},
        ["endpoint: 'minio.example.com' is not an http or https URL; begin it with https://"],
    ),
    (
        "an alias for a key",
        "S3",
        {"encryption": {"kind": "kms", "key": "alias/images"}},
        ["encryption.key: 'alias/images' is an alias, which no policy can name; give the key's own ARN"],
    ),
    (
        "a key of no form",
        "S3",
        {"encryption": {"kind": "kms", "key": "images"}},
        ["encryption.key: 'images' is not a key's ARN; it looks like arn:aws:kms:REGION:ACCOUNT:key/ID"],
    ),
    (
        "a key elsewhere",
        "S3",
        {"region": "eu-central-1", "encryption": {"kind": "kms", "key": KEY}},
        ["encryption.key: is in 'eu-west-1', and the bucket in 'eu-central-1'; use a key of the same region"],
    ),
    ("no days", "S3", {"noncurrent_days": 0}, ["noncurrent_days: must be at least 1, not 0"]),
    ("no days for uploads", "S3", {"incomplete_upload_days": 0}, ["incomplete_upload_days: must be at least 1, not 0"]),
    (
        "one consent",
        "S3",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove blobs on destroy; set it to true, or remove deletion"],
    ),
    (
        "the other consent",
        "S3",
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove blobs on destroy; set it, or remove empty_on_delete"],
    ),
    (
        "adopted and destroyed",
        "S3",
        {"import_": "shop-images", "deletion": "destroy", "empty_on_delete": True},
        ["deletion: 'destroy' is refused while it is adopted; remove import_ once it is adopted"],
    ),
    (
        "adopted under another name",
        "S3",
        {"import_": "other"},
        ["import_: is 'other', and the bucket is named 'shop-images'; they have to be the same"],
    ),
    (
        "too many tags",
        "S3",
        {"tags": {f"t{i}": "" for i in range(47)}},
        ["tags: has 47 entries; a resource takes 46 beside its own"],
    ),
    (
        "a tag of AWS",
        "S3",
        {"tags": {"aws:x": "y"}},
        ["tags['aws:x']: 'aws:x' begins with aws:, which AWS keeps for itself; choose another"],
    ),
    (
        "several at once",
        "S3",
        {"bucket": "Shop", "registry": "harbor", "identity": IRSA, "empty_on_delete": True},
        [
            "bucket: 'Shop' is not an S3 bucket name; it has 3 to 63 lower-case letters, digits, hyphens and single dots",
            "deletion: must be 'destroy' too to remove blobs on destroy; set it, or remove empty_on_delete",
            "identity: of kind 'irsa' reaches no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys'",
        ],
    ),
    ("no location", "GCS", {"location": MISSING}, ["location: is required but not given; add it"]),
    (
        "a zone for a location",
        "GCS",
        {"location": "europe-west1-b"},
        ["location: 'europe-west1-b' is a zone; write its region, 'europe-west1'"],
    ),
    (
        "a location that is none",
        "GCS",
        {"location": "Belgium"},
        [
            "location: 'Belgium' is not a location of Cloud Storage; write a region such as 'europe-west1', or one of ASIA, EU, US, ASIA1, EUR4, EUR5, EUR7, EUR8, NAM4"
        ],
    ),
    (
        "an account's id too short",
        "GCS",
        {"identity": {"kind": "key", "account_id": "reg"}},
        [
            "identity.account_id: 'reg' is not a service account's id; use 6 to 30 lower-case letters, digits and -, a letter first and no - last"
        ],
    ),
    (
        "an existing account for Harbor",
        "GCS",
        {
            "registry": "harbor",
            "identity": {"kind": "existing", "service_account": "node@shop-dev.iam.gserviceaccount.com"},
        },
        [
            "identity: of kind 'existing' cannot be said to Harbor, which reads a key or a pod's identity; give kind 'workload_identity' or 'key'"
        ],
    ),
    (
        "an existing account of a person",
        "GCS",
        {"identity": {"kind": "existing", "service_account": "bob@example.com"}},
        [
            "identity.service_account: 'bob@example.com' is not a service account's address; it looks like NAME@PROJECT.iam.gserviceaccount.com"
        ],
    ),
    (
        "workload identity without a namespace",
        "GCS",
        {"identity": {"kind": "workload_identity", "account_id": "registry", "service_account": "registry"}},
        ["identity.namespace: is required but not given; add it"],
    ),
    (
        "a key in another place",
        "GCS",
        {"encryption": {"kind": "kms", "key": GCS_KMS}},
        [
            "encryption.key: is in 'europe-west3', and a bucket in 'europe-west1' takes one in 'europe-west1'; use a key there"
        ],
    ),
    (
        "a key of another region for a continent",
        "GCS",
        {"location": "EU", "encryption": {"kind": "kms", "key": GCS_KMS}},
        ["encryption.key: is in 'europe-west3', and a bucket in 'EU' takes one in 'europe'; use a key there"],
    ),
    (
        "a key of no name",
        "GCS",
        {"encryption": {"kind": "kms", "key": "images"}},
        [
            "encryption.key: 'images' is not a key's name; it looks like projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY"
        ],
    ),
    (
        "soft delete beside versions",
        "GCS",
        {"soft_delete_days": 7},
        [
            "soft_delete_days: would keep deleted versions a second time, and bill them; set it to 0, or versioning to false"
        ],
    ),
    (
        "soft delete of three days",
        "GCS",
        {"soft_delete_days": 3, "versioning": False},
        ["soft_delete_days: is 0 for none, or 7 to 90, not 3"],
    ),
    (
        "a project's number",
        "GCS",
        {"project": "123456789"},
        ["project: '123456789' is a project's number; write its id, which image names are made of"],
    ),
    (
        "a label in capitals",
        "GCS",
        {"labels": {"Team": "shop"}},
        ["labels.Team: 'Team' is not a label's key; use 1 to 63 lower-case letters, digits, _ and -, a letter first"],
    ),
    (
        "one consent for Google",
        "GCS",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove blobs on destroy; set it to true, or remove deletion"],
    ),
    (
        "an account with a hyphen",
        "AZURE",
        {"account": "shop-images"},
        ["account: 'shop-images' is not a storage account name; it has 3 to 24 lower-case letters and digits"],
    ),
    ("no group", "AZURE", {"resource_group": MISSING}, ["resource_group: is required but not given; add it"]),
    (
        "a group with a slash",
        "AZURE",
        {"resource_group": "shop/images"},
        [
            "resource_group: 'shop/images' is not the name of a resource group; use 1 to 90 letters, digits and . _ - ( ), and no . at the end"
        ],
    ),
    (
        "an identity for Harbor",
        "AZURE",
        {"registry": "harbor", "identity": FEDERATED},
        [
            "identity: of kind 'workload_identity' is not known to Harbor's registry (Distribution 2.8); give kind 'account_key'"
        ],
    ),
    (
        "an existing identity for Artifactory",
        "AZURE",
        {"registry": "artifactory", "identity": EXISTING},
        ["identity: of kind 'existing' is not known to Artifactory; give kind 'workload_identity' or 'account_key'"],
    ),
    (
        "a prefix for Nexus",
        "AZURE",
        {"registry": "nexus", "prefix": "blobs"},
        ["prefix: is not a setting of nexus for Azure; give it a container of its own"],
    ),
    (
        "an issuer without a scheme",
        "AZURE",
        {"identity": {**FEDERATED, "issuer": "westeurope.oic.prod-aks.azure.com"}},
        ["identity.issuer: 'westeurope.oic.prod-aks.azure.com' is not an http or https URL; begin it with https://"],
    ),
    (
        "a principal that is a name",
        "AZURE",
        {"identity": {"kind": "existing", "principal_id": "bob"}},
        ["identity.principal_id: 'bob' is not an id of Entra; it has the form of 00000000-0000-0000-0000-000000000000"],
    ),
    ("a third key", "AZURE", {"identity": {"kind": "account_key", "key": 3}}, ["identity.key: must be one of 1, 2"]),
    (
        "a SKU that is none",
        "AZURE",
        {"sku": "Basic"},
        ["sku: must be one of Standard_LRS, Standard_ZRS, Standard_GRS, Standard_GZRS, not 'Basic'"],
    ),
    (
        "a key without a vault",
        "AZURE",
        {"encryption": {"key_id": "https://shop.vault.azure.net/keys/images"}},
        [
            "encryption.key_vault_id: is required where the identity is made here: it has to be granted the key before the registry is made; add it, or give identity_id and identity_client_id"
        ],
    ),
    (
        "a container of two letters",
        "AZURE",
        {"container": "ab"},
        ["container: 'ab' is not a container name; it has 3 to 63 lower-case letters, digits and single hyphens"],
    ),
    (
        "one consent for Azure",
        "AZURE",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove blobs on destroy; set it to true, or remove deletion"],
    ),
    ("no size", "VOLUME", {"size": MISSING}, ["size: is required but not given; add it"]),
    (
        "a size in words",
        "VOLUME",
        {"size": "ten gigabytes"},
        ["size: 'ten gigabytes' is not a quantity; write it as Kubernetes does, such as '500m', '2' or '512Mi'"],
    ),
    ("a size too small", "VOLUME", {"size": "10"}, ["size: '10' is 10 bytes; add a unit, such as '50Gi'"]),
    (
        "two classes",
        "VOLUME",
        {"storage_class": "gp3", "new_storage_class": EBS},
        ["storage_class: names a class that is there, and new_storage_class makes one; remove one of them"],
    ),
    (
        "a shared volume of EBS",
        "VOLUME",
        {"access_mode": "ReadWriteMany", "new_storage_class": EBS},
        [
            "access_mode: 'ReadWriteMany' is not possible with 'ebs.csi.aws.com', whose volumes one node mounts; use 'efs.csi.aws.com', or a bucket"
        ],
    ),
    (
        "a plain volume of EBS",
        "VOLUME",
        {"new_storage_class": {**EBS, "parameters": {"type": "gp3"}}},
        ["new_storage_class.parameters: do not encrypt: a volume of EBS is plain unless asked; add encrypted: 'true'"],
    ),
    (
        "a namespace that is a pattern",
        "VOLUME",
        {"namespace": "reg*"},
        ["namespace: 'reg*' is not a namespace; use at most 63 lower-case letters, digits and - inside"],
    ),
    (
        "a label of no form",
        "VOLUME",
        {"labels": {"team/": "shop"}},
        ["labels['team/']: 'team/' is not a key of a label or annotation; it looks like 'team' or 'example.com/team'"],
    ),
    (
        "one consent for a volume",
        "VOLUME",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove blobs on destroy; set it to true, or remove deletion"],
    ),
]


@pytest.mark.parametrize(("name", "changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_mistake_is_told_whole(name: str, changes: dict[str, Any], mistakes: list[str]) -> None:
    model, good = GOOD[name]
    settings = {key: value for key, value in {**good, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        model.parse(settings)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    told = [f"{model.__name__} is not valid ({count}):", *(f"  {line}" for line in mistakes)]
    assert str(caught.value) == "\n".join(told)


def test_titles_are_not_repeated() -> None:
    titles = [row[0] for row in TABLE]
    assert sorted(set(titles)) == sorted(titles)


@pytest.mark.parametrize("name", GOOD)
def test_what_is_changed_is_right_without_the_change(name: str) -> None:
    model, good = GOOD[name]
    assert model.parse(good).kept
