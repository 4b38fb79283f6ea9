# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what each registry cannot do with a storage block, and what it can instead."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError

from .blocks import AZURE, AZURE_CLIENT, CERTIFICATE, FILES, GCS, KEY, MINIO, ROLE, S3, THERE, VOLUME
from .rendering import RENDERERS, parsed

pytestmark = pytest.mark.unit

SUBJECTS = {
    "distribution": "Distribution's storage",
    "harbor chart": "Harbor's storage",
    "harbor installer": "Harbor's storage",
    "nexus": "Nexus' storage",
    "artifactory": "Artifactory's storage",
}

# A title, a renderer, a block, what is changed in it, the renderer's options, and every mistake that is told.
TABLE: list[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "harbor: IRSA",
        "harbor chart",
        S3,
        {"credentials": {"kind": "irsa", "role_arn": ROLE}},
        {},
        [
            "credentials: by IRSA (IAM roles for service accounts) reach no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys', or 'kubernetes_secret' with a key that is there"
        ],
    ),
    (
        "harbor: pod identity",
        "harbor chart",
        S3,
        {"credentials": {"kind": "pod_identity"}},
        {},
        [
            "credentials: by EKS Pod Identity reach no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys', or 'kubernetes_secret' with a key that is there"
        ],
    ),
    (
        "harbor: the machine's role",
        "harbor chart",
        S3,
        {"credentials": {"kind": "instance"}},
        {},
        [
            "credentials: by the machine's role reach no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys', or 'kubernetes_secret' with a key that is there"
        ],
    ),
    (
        "harbor: host style",
        "harbor chart",
        MINIO,
        {"path_style": False},
        {},
        ["path_style: has to be true with an endpoint: Harbor's registry always puts the bucket into the path there"],
    ),
    (
        "harbor: a storage class",
        "harbor chart",
        S3,
        {"storage_class": "INTELLIGENT_TIERING"},
        {},
        [
            "storage_class: 'INTELLIGENT_TIERING' is not known to Harbor's registry (Distribution 2.8); let a rule of the bucket move objects, and remove it"
        ],
    ),
    (
        "harbor: Azure by identity",
        "harbor chart",
        AZURE,
        {"credentials": {"kind": "workload_identity", "client_id": "00000000-0000-0000-0000-000000000007"}},
        {},
        [
            "credentials: of kind 'workload_identity' are not known to Harbor's registry (Distribution 2.8); give kind 'account_key'"
        ],
    ),
    (
        "harbor: Azure by client",
        "harbor chart",
        AZURE,
        {"credentials": AZURE_CLIENT},
        {},
        [
            "credentials: of kind 'client_secret' are not known to Harbor's registry (Distribution 2.8); give kind 'account_key'"
        ],
    ),
    (
        "harbor: a prefix in Azure",
        "harbor chart",
        AZURE,
        {"prefix": "blobs"},
        {},
        ["prefix: is not a setting of Harbor for Azure; give Harbor a container of its own"],
    ),
    (
        "harbor: Google's machine",
        "harbor chart",
        GCS,
        {"credentials": {"kind": "instance"}},
        {},
        [
            "credentials: of kind 'instance' cannot be said to Harbor's chart; use 'workload_identity', 'key' or 'kubernetes_secret'"
        ],
    ),
    (
        "harbor: a directory of a pod",
        "harbor chart",
        FILES,
        {},
        {},
        ["kind: 'filesystem' would be a directory of a pod, gone with it; use kind 'volume', or a bucket"],
    ),
    (
        "harbor: a directory of two pods",
        "harbor chart",
        FILES,
        {},
        {"replicas": 2},
        [
            "kind: 'filesystem' is a directory of one machine, and there are 2 replicas; use a bucket, or kind 'volume' with access_mode 'ReadWriteMany'",
            "kind: 'filesystem' would be a directory of a pod, gone with it; use kind 'volume', or a bucket",
        ],
    ),
    (
        "harbor: one volume for two",
        "harbor chart",
        VOLUME,
        {"access_mode": "ReadWriteOnce"},
        {"replicas": 2},
        [
            "access_mode: 'ReadWriteOnce' lets one node mount the volume, and there are 2 replicas; use a claim with 'ReadWriteMany', or a bucket"
        ],
    ),
    (
        "harbor: two at once",
        "harbor chart",
        AZURE,
        {
            "prefix": "blobs",
            "credentials": {"kind": "workload_identity", "client_id": "00000000-0000-0000-0000-000000000007"},
        },
        {},
        [
            "credentials: of kind 'workload_identity' are not known to Harbor's registry (Distribution 2.8); give kind 'account_key'",
            "prefix: is not a setting of Harbor for Azure; give Harbor a container of its own",
        ],
    ),
    (
        "installer: a volume",
        "harbor installer",
        VOLUME,
        {},
        {},
        ["kind: 'volume' is Kubernetes', and the installer runs containers; use kind 'filesystem'"],
    ),
    (
        "installer: a secret",
        "harbor installer",
        S3,
        {"credentials": THERE},
        {},
        ["credentials: of kind 'kubernetes_secret' are not read by Harbor's installer; give the key itself"],
    ),
    (
        "installer: a pod's identity",
        "harbor installer",
        GCS,
        {"credentials": {"kind": "workload_identity", "service_account": "registry@shop.iam.gserviceaccount.com"}},
        {},
        ["credentials: of kind 'workload_identity' are a pod's, and the installer runs containers; give kind 'key'"],
    ),
    (
        "installer: IRSA",
        "harbor installer",
        S3,
        {"credentials": {"kind": "irsa", "role_arn": ROLE}},
        {},
        [
            "credentials: by IRSA (IAM roles for service accounts) reach no bucket with Harbor up to 2.15.2 (goharbor/harbor#22690); give kind 'keys'"
        ],
    ),
    (
        "distribution: a secret",
        "distribution",
        S3,
        {"credentials": THERE},
        {},
        [
            "credentials: of kind 'kubernetes_secret' are not read by a process or container; give the keys themselves, or an identity of the machine"
        ],
    ),
    (
        "distribution: an authority",
        "distribution",
        MINIO,
        {"ca_certificate": CERTIFICATE},
        {},
        [
            "ca_certificate: is not a setting of Distribution's driver; add the authority to the machine's or image's trust store, and remove it"
        ],
    ),
    (
        "distribution: a region that is new",
        "distribution",
        S3,
        {"region": "mx-central-1"},
        {},
        [
            "region: 'mx-central-1' is not a region that Distribution knows; correct it, or give the region's endpoint, https://s3.mx-central-1.amazonaws.com"
        ],
    ),
    (
        "distribution: a directory of two",
        "distribution",
        FILES,
        {},
        {"replicas": 2},
        [
            "kind: 'filesystem' is a directory of one machine, and there are 2 replicas; use a bucket, or kind 'volume' with access_mode 'ReadWriteMany'"
        ],
    ),
    (
        "distribution: one node's volume",
        "distribution",
        VOLUME,
        {"access_mode": "ReadWriteOncePod"},
        {"replicas": 3},
        [
            "access_mode: 'ReadWriteOncePod' lets one node mount the volume, and there are 3 replicas; use a claim with 'ReadWriteMany', or a bucket"
        ],
    ),
    (
        "nexus: a name with a blank",
        "nexus",
        S3,
        {},
        {"name": "my blobs"},
        ["name: 'my blobs' is not a blob store's name; use letters, digits and _ . - inside"],
    ),
    (
        "nexus: a secret",
        "nexus",
        GCS,
        {"credentials": THERE},
        {},
        ["credentials: of kind 'kubernetes_secret' cannot be named in Nexus; give the key itself, or an identity"],
    ),
    (
        "nexus: a storage class",
        "nexus",
        S3,
        {"storage_class": "STANDARD_IA"},
        {},
        ["storage_class: is not a setting of Nexus; let a rule of the bucket move objects, and remove it"],
    ),
    (
        "nexus: an authority",
        "nexus",
        MINIO,
        {"ca_certificate": CERTIFICATE},
        {},
        [
            "ca_certificate: is not a setting of a blob store; add it to Nexus' trust store (Security, SSL Certificates), and remove it"
        ],
    ),
    (
        "nexus: a client",
        "nexus",
        AZURE,
        {"credentials": AZURE_CLIENT},
        {},
        [
            "credentials: of kind 'client_secret' are taken from the environment alone (AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CLIENT_SECRET); set those for Nexus and give kind 'workload_identity', which reads it"
        ],
    ),
    (
        "nexus: a prefix in Azure",
        "nexus",
        AZURE,
        {"prefix": "blobs"},
        {},
        ["prefix: is not a setting of Nexus for Azure; give each blob store its own container"],
    ),
    (
        "nexus: another cloud",
        "nexus",
        AZURE,
        {"domain": "core.chinacloudapi.cn"},
        {},
        ["domain: is not a setting of Nexus; it knows the public cloud, core.windows.net, alone"],
    ),
    ("nexus: threads", "nexus", FILES, {"max_threads": 50}, {}, ["max_threads: is not a setting of Nexus; remove it"]),
    (
        "nexus: two nodes",
        "nexus",
        FILES,
        {},
        {"replicas": 2},
        [
            "kind: 'filesystem' is a directory of one machine, and there are 2 replicas; use a bucket, or kind 'volume' with access_mode 'ReadWriteMany'"
        ],
    ),
    (
        "artifactory: a secret",
        "artifactory",
        S3,
        {"credentials": THERE},
        {},
        [
            "credentials: of kind 'kubernetes_secret' cannot be named in binarystore.xml; give the key itself, or an identity"
        ],
    ),
    (
        "artifactory: KMS",
        "artifactory",
        S3,
        {"encryption": {"kind": "kms", "key": KEY}},
        {},
        [
            "encryption: of kind 'kms' would be asked for with each object; make it the bucket's default and give kind 'bucket', which encrypts the same"
        ],
    ),
    (
        "artifactory: AES",
        "artifactory",
        S3,
        {"encryption": {"kind": "aes256"}},
        {},
        [
            "encryption: of kind 'aes256' would be asked for with each object; make it the bucket's default and give kind 'bucket', which encrypts the same"
        ],
    ),
    (
        "artifactory: a storage class",
        "artifactory",
        S3,
        {"storage_class": "STANDARD_IA"},
        {},
        ["storage_class: is not a setting of Artifactory; let a rule of the bucket move objects"],
    ),
    (
        "artifactory: an authority",
        "artifactory",
        MINIO,
        {"ca_certificate": CERTIFICATE},
        {},
        [
            "ca_certificate: is not a setting of binarystore.xml; put it into $JFROG_HOME/artifactory/var/etc/security/keys/trusted, and remove it"
        ],
    ),
    (
        "artifactory: a path",
        "artifactory",
        MINIO,
        {"endpoint": "https://minio.example.com/s3"},
        {},
        ["endpoint: 'https://minio.example.com/s3' has a path, and Artifactory takes a host; remove the path"],
    ),
    (
        "artifactory: a client",
        "artifactory",
        AZURE,
        {"credentials": AZURE_CLIENT},
        {},
        [
            "credentials: of kind 'client_secret' are not known to azure-blob-storage-v2; give kind 'workload_identity' or 'account_key'"
        ],
    ),
    (
        "artifactory: the machine's identity",
        "artifactory",
        AZURE,
        {"credentials": {"kind": "instance"}},
        {},
        [
            "credentials: of kind 'instance' are not known to azure-blob-storage-v2; give kind 'workload_identity' or 'account_key'"
        ],
    ),
    (
        "artifactory: threads",
        "artifactory",
        FILES,
        {"max_threads": 50},
        {},
        ["max_threads: is not a setting of Artifactory; remove it"],
    ),
]


@pytest.mark.parametrize(
    ("renderer", "block", "changes", "options", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_refusal_is_told_whole(
    renderer: str, block: dict[str, Any], changes: dict[str, Any], options: dict[str, Any], mistakes: list[str]
) -> None:
    with pytest.raises(StackError) as caught:
        RENDERERS[renderer](parsed({**block, **changes}), **options)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    told = [f"{SUBJECTS[renderer]} is not valid ({count}):", *(f"  {line}" for line in mistakes)]
    assert str(caught.value) == "\n".join(told)
