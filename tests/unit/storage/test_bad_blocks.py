# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong with a storage block, where, what is allowed and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.blocks.storage import Storage
from registry_components.core.args import Args
from registry_components.core.errors import StackError

from .blocks import AZURE, AZURE_CLIENT, CERTIFICATE, FILES, GCS, MINIO, ROLE, S3, VOLUME

pytestmark = pytest.mark.unit

MISSING = object()


class Holder(Args):
    """What has a storage block, as a registry's arguments do."""

    storage: Storage


# A title, a block, what is changed in it, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "no kind",
        S3,
        {"kind": MISSING},
        ["storage: needs `kind` to say which kind it is; allowed: s3, gcs, azure, filesystem, volume"],
    ),
    (
        "a kind that is none",
        S3,
        {"kind": "swift"},
        ["storage: kind 'swift' is not known; allowed: s3, gcs, azure, filesystem, volume"],
    ),
    ("a misspelt setting", S3, {"bukket": "x"}, ["storage.bukket: is not a setting; did you mean bucket?"]),
    ("no bucket", S3, {"bucket": MISSING}, ["storage.bucket: is required but not given; add it"]),
    (
        "a bucket in capitals",
        S3,
        {"bucket": "Shop"},
        [
            "storage.bucket: 'Shop' is not an S3 bucket name; it has 3 to 63 lower-case letters, digits, hyphens and single dots"
        ],
    ),
    (
        "a bucket as an address",
        S3,
        {"bucket": "192.168.0.1"},
        [
            "storage.bucket: '192.168.0.1' is not an S3 bucket name; it has 3 to 63 lower-case letters, digits, hyphens and single dots"
        ],
    ),
    (
        "a bucket of AWS",
        S3,
        {"bucket": "xn--shop"},
        ["storage.bucket: 'xn--shop' begins with 'xn--', which AWS keeps for itself; choose another name"],
    ),
    (
        "a bucket's alias",
        S3,
        {"bucket": "shop-s3alias"},
        ["storage.bucket: 'shop-s3alias' ends with '-s3alias', which AWS keeps for itself; choose another name"],
    ),
    (
        "a region with a blank",
        S3,
        {"region": "eu west"},
        ["storage.region: 'eu west' is not a region; give its name, such as 'eu-central-1'"],
    ),
    ("no credentials", S3, {"credentials": MISSING}, ["storage.credentials: is required but not given; add it"]),
    (
        "credentials of no kind",
        S3,
        {"credentials": {"access_key": "a", "secret_key": "b"}},
        [
            "storage.credentials: needs `kind` to say which kind it is; allowed: keys, irsa, pod_identity, instance, kubernetes_secret"
        ],
    ),
    (
        "credentials of another cloud",
        S3,
        {"credentials": {"kind": "workload_identity"}},
        [
            "storage.credentials: kind 'workload_identity' is not known; allowed: keys, irsa, pod_identity, instance, kubernetes_secret"
        ],
    ),
    (
        "half a key",
        S3,
        {"credentials": {"kind": "keys", "access_key": "AKIA"}},
        ["storage.credentials.secret_key: is required but not given; add it"],
    ),
    (
        "a key of two lines",
        S3,
        {"credentials": {"kind": "keys", "access_key": "AKIA", "secret_key": "planted\nsecret"}},
        ["storage.credentials.secret_key: has a line break or control character; give one line of text"],
    ),
    (
        "IRSA without a role",
        S3,
        {"credentials": {"kind": "irsa"}},
        ["storage.credentials.role_arn: is required but not given; add it"],
    ),
    (
        "IRSA with a user",
        S3,
        {"credentials": {"kind": "irsa", "role_arn": "arn:aws:iam::123456789012:user/bob"}},
        [
            "storage.credentials.role_arn: 'arn:aws:iam::123456789012:user/bob' is not a role's ARN; it looks like arn:aws:iam::ACCOUNT:role/NAME"
        ],
    ),
    (
        "IRSA at another server",
        MINIO,
        {"credentials": {"kind": "irsa", "role_arn": ROLE}},
        ["storage.credentials: of kind 'irsa' are AWS's own, and endpoint names another server; give keys"],
    ),
    (
        "the machine's role at another server",
        MINIO,
        {"credentials": {"kind": "instance"}},
        ["storage.credentials: of kind 'instance' are AWS's own, and endpoint names another server; give keys"],
    ),
    (
        "a secret's name in capitals",
        S3,
        {"credentials": {"kind": "kubernetes_secret", "name": "Storage"}},
        [
            "storage.credentials.name: 'Storage' is not a name of Kubernetes; use lower-case letters, digits, - and . inside"
        ],
    ),
    (
        "path style at AWS",
        S3,
        {"path_style": True},
        ["storage.path_style: is for servers other than AWS; give endpoint, or remove it"],
    ),
    (
        "an endpoint without a scheme",
        MINIO,
        {"endpoint": "minio.example.com:9000"},
        ["storage.endpoint: 'minio.example.com:9000' is not an http or https URL; begin it with https://"],
    ),
    (
        "an endpoint with a login",
        MINIO,
        {"endpoint": "https://root:planted-password@minio.example.com"},
        ["storage.endpoint: has a login in the URL; take user name and password out of it"],
    ),
    (
        "an endpoint with a query",
        MINIO,
        {"endpoint": "https://minio.example.com?x=1"},
        ["storage.endpoint: 'https://minio.example.com?x=1' has a query; give the URL up to its path"],
    ),
    (
        "a prefix with a blank",
        S3,
        {"prefix": "blobs here"},
        ["storage.prefix: 'blobs here' is not a key prefix; use letters, digits and . _ - in parts separated by /"],
    ),
    (
        "a KMS without a key",
        S3,
        {"encryption": {"kind": "kms"}},
        ["storage.encryption.key: is required but not given; add it"],
    ),
    (
        "an encryption of no kind",
        S3,
        {"encryption": {"kind": "dsse"}},
        ["storage.encryption: kind 'dsse' is not known; allowed: bucket, aes256, kms"],
    ),
    (
        "a storage class that is none",
        S3,
        {"storage_class": "DEEP_ARCHIVE"},
        [
            "storage.storage_class: must be one of STANDARD, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, not 'DEEP_ARCHIVE'"
        ],
    ),
    (
        "an authority at AWS",
        S3,
        {"ca_certificate": CERTIFICATE},
        ["storage.ca_certificate: is for servers other than AWS; give endpoint, or remove it"],
    ),
    (
        "an authority without TLS",
        MINIO,
        {"endpoint": "http://minio.example.com", "ca_certificate": CERTIFICATE},
        ["storage.ca_certificate: has no effect on an http:// endpoint; remove it, or use https://"],
    ),
    (
        "an authority that is none",
        MINIO,
        {"ca_certificate": "trust me"},
        [
            "storage.ca_certificate: is not a PEM certificate; give the file's content, which begins with -----BEGIN CERTIFICATE-----"
        ],
    ),
    (
        "several at once",
        S3,
        {"bucket": "Shop", "path_style": True, "region": "eu west"},
        [
            "storage.bucket: 'Shop' is not an S3 bucket name; it has 3 to 63 lower-case letters, digits, hyphens and single dots",
            "storage.path_style: is for servers other than AWS; give endpoint, or remove it",
            "storage.region: 'eu west' is not a region; give its name, such as 'eu-central-1'",
        ],
    ),
    (
        "a bucket named after Google",
        GCS,
        {"bucket": "my-google-images"},
        [
            "storage.bucket: 'my-google-images' holds 'google' or begins with 'goog', which Google takes in no name; choose another"
        ],
    ),
    (
        "a bucket that is goog",
        GCS,
        {"bucket": "goog-images"},
        [
            "storage.bucket: 'goog-images' holds 'google' or begins with 'goog', which Google takes in no name; choose another"
        ],
    ),
    (
        "a bucket of Google too short",
        GCS,
        {"bucket": "ab"},
        [
            "storage.bucket: 'ab' is not a Cloud Storage bucket name; it has 3 to 63 lower-case letters, digits and - _ inside, or more in parts separated by dots"
        ],
    ),
    (
        "a bucket of Google too long",
        GCS,
        {"bucket": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        [
            "storage.bucket: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not a Cloud Storage bucket name; it has 3 to 63 lower-case letters, digits and - _ inside, or more in parts separated by dots"
        ],
    ),
    (
        "a key that is no JSON",
        GCS,
        {"credentials": {"kind": "key", "key": "planted-key"}},
        ["storage.credentials.key: is not JSON; give the content of a service account's JSON key file"],
    ),
    (
        "a key of a user",
        GCS,
        {"credentials": {"kind": "key", "key": '{"type": "authorized_user", "refresh_token": "planted"}'}},
        ["storage.credentials.key: is not a service account's key; give a JSON key whose type is service_account"],
    ),
    (
        "workload identity of nobody",
        GCS,
        {"credentials": {"kind": "workload_identity"}},
        ["storage.credentials.service_account: is required but not given; add it"],
    ),
    (
        "workload identity of a user",
        GCS,
        {"credentials": {"kind": "workload_identity", "service_account": "bob@example.com"}},
        [
            "storage.credentials.service_account: 'bob@example.com' is not a service account's address; it looks like NAME@PROJECT.iam.gserviceaccount.com"
        ],
    ),
    (
        "a region of Google",
        GCS,
        {"region": "europe-west1"},
        ["storage.region: is not a setting; allowed: bucket, credentials, kind, prefix"],
    ),
    (
        "an account with a hyphen",
        AZURE,
        {"account": "shop-images"},
        ["storage.account: 'shop-images' is not a storage account name; it has 3 to 24 lower-case letters and digits"],
    ),
    (
        "an account too long",
        AZURE,
        {"account": "aaaaaaaaaaaaaaaaaaaaaaaaa"},
        [
            "storage.account: 'aaaaaaaaaaaaaaaaaaaaaaaaa' is not a storage account name; it has 3 to 24 lower-case letters and digits"
        ],
    ),
    (
        "a container with two hyphens",
        AZURE,
        {"container": "my--images"},
        [
            "storage.container: 'my--images' is not a container name; it has 3 to 63 lower-case letters, digits and single hyphens"
        ],
    ),
    (
        "a container too short",
        AZURE,
        {"container": "ab"},
        [
            "storage.container: 'ab' is not a container name; it has 3 to 63 lower-case letters, digits and single hyphens"
        ],
    ),
    (
        "an account key that is cut",
        AZURE,
        {"credentials": {"kind": "account_key", "key": "planted-key"}},
        ["storage.credentials.key: is not base64; copy the whole key, with the = at its end"],
    ),
    (
        "a client without a secret",
        AZURE,
        {"credentials": {k: v for k, v in AZURE_CLIENT.items() if k != "secret"}},
        ["storage.credentials.secret: is required but not given; add it"],
    ),
    (
        "a client that is none",
        AZURE,
        {"credentials": {**AZURE_CLIENT, "client_id": "a b"}},
        ["storage.credentials.client_id: 'a b' is not an id; use letters, digits, . and -"],
    ),
    (
        "a domain that is none",
        AZURE,
        {"domain": "windows"},
        ["storage.domain: 'windows' is not a domain of Azure; give one such as 'core.windows.net'"],
    ),
    ("no directory", FILES, {"directory": MISSING}, ["storage.directory: is required but not given; add it"]),
    (
        "a relative directory",
        FILES,
        {"directory": "registry"},
        ["storage.directory: 'registry' is not an absolute path; begin it with /"],
    ),
    (
        "a directory above",
        FILES,
        {"directory": "/var/../etc"},
        ["storage.directory: '/var/../etc' is not a plain path; leave out .. and control characters"],
    ),
    ("too few threads", FILES, {"max_threads": 10}, ["storage.max_threads: must be at least 25, not 10"]),
    (
        "a claim in capitals",
        VOLUME,
        {"claim": "Blobs"},
        ["storage.claim: 'Blobs' is not a name of Kubernetes; use lower-case letters, digits, - and . inside"],
    ),
    (
        "an access mode that is none",
        VOLUME,
        {"access_mode": "ReadOnlyMany"},
        ["storage.access_mode: must be one of ReadWriteOnce, ReadWriteOncePod, ReadWriteMany, not 'ReadOnlyMany'"],
    ),
    ("no access mode", VOLUME, {"access_mode": MISSING}, ["storage.access_mode: is required but not given; add it"]),
    (
        "a path in a volume that begins with /",
        VOLUME,
        {"sub_path": "/blobs"},
        ["storage.sub_path: '/blobs' is not a path in a volume; write it without / before it, and without .."],
    ),
    (
        "a path in a volume that leads out",
        VOLUME,
        {"sub_path": "../blobs"},
        ["storage.sub_path: '../blobs' is not a path in a volume; write it without / before it, and without .."],
    ),
    (
        "a size",
        VOLUME,
        {"size": "10Gi"},
        ["storage.size: is not a setting; allowed: access_mode, claim, kind, mount_path, sub_path"],
    ),
]


@pytest.mark.parametrize(("block", "changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_mistake_is_told_whole(block: dict[str, Any], changes: dict[str, Any], mistakes: list[str]) -> None:
    settings = {key: value for key, value in {**block, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        Holder(storage=settings)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    assert str(caught.value) == "\n".join([f"Holder is not valid ({count}):", *(f"  {line}" for line in mistakes)])


def test_titles_are_not_repeated() -> None:
    titles = [row[0] for row in TABLE]
    assert sorted(set(titles)) == sorted(titles)


@pytest.mark.parametrize("block", [S3, GCS, AZURE, FILES, VOLUME], ids=lambda block: block["kind"])
def test_what_is_changed_is_right_without_the_change(block: dict[str, Any]) -> None:
    assert Holder(storage=block).storage.kind == block["kind"]
