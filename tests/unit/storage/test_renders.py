"""Unit proof: what a storage block becomes for each registry, whole."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from registry_components.storage import Binarystore, to_artifactory, to_harbor_chart, to_harbor_installer, to_nexus
from registry_components.storage.for_artifactory import to_xml
from tests.unit.harbor.chart import FILE, leaves, paths

from .blocks import (
    AZURE,
    AZURE_CLIENT,
    CERTIFICATE,
    FILES,
    GCS,
    GCS_KEY,
    KEY,
    MINIO,
    S3,
    SECRETS,
    SERVICE_ACCOUNT_KEY,
    THERE,
    VOLUME,
)
from .rendering import distribution, parsed

pytestmark = pytest.mark.unit

WORKLOAD = {"kind": "workload_identity", "service_account": "registry@shop.iam.gserviceaccount.com"}
POD = {"kind": "workload_identity", "client_id": "00000000-0000-0000-0000-000000000007"}
ACCESS, SECRET = SecretStr(SECRETS["access key"]), SecretStr(SECRETS["secret key"])
ACCOUNT = SecretStr(SECRETS["account key"])
FULL = {**S3, "prefix": "blobs", "encryption": {"kind": "kms", "key": KEY}, "storage_class": "STANDARD"}

DISTRIBUTION: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "S3",
        {**FULL, "storage_class": "INTELLIGENT_TIERING"},
        {
            "s3": {
                "bucket": "shop-images",
                "region": "eu-west-1",
                "accesskey": ACCESS,
                "secretkey": SECRET,
                "rootdirectory": "blobs",
                "encrypt": True,
                "keyid": KEY,
                "storageclass": "INTELLIGENT_TIERING",
            }
        },
    ),
    (
        "S3 by the pods' role",
        {**S3, "credentials": {"kind": "pod_identity"}},
        {"s3": {"bucket": "shop-images", "region": "eu-west-1"}},
    ),
    (
        "another server",
        MINIO,
        {
            "s3": {
                "bucket": "shop-images",
                "region": "eu-west-1",
                "regionendpoint": "https://minio.example.com:9000",
                "forcepathstyle": True,
                "accesskey": ACCESS,
                "secretkey": SECRET,
            }
        },
    ),
    ("Google", {**GCS, "credentials": WORKLOAD}, {"gcs": {"bucket": "shop-images"}}),
    (
        "Azure",
        {**AZURE, "credentials": AZURE_CLIENT, "prefix": "blobs"},
        {
            "azure": {
                "accountname": "shopimages",
                "container": "registry",
                "rootdirectory": "blobs",
                "credentials": {
                    "type": "client_secret",
                    "clientid": AZURE_CLIENT["client_id"],
                    "tenantid": AZURE_CLIENT["tenant_id"],
                    "secret": SecretStr(SECRETS["client secret"]),
                },
            }
        },
    ),
    (
        "Azure by the pods' identity",
        {**AZURE, "credentials": POD},
        {
            "azure": {
                "accountname": "shopimages",
                "container": "registry",
                "credentials": {"type": "default_credentials"},
            }
        },
    ),
    ("files", {**FILES, "max_threads": 50}, {"filesystem": {"rootdirectory": "/var/lib/registry", "maxthreads": 50}}),
    ("a volume", VOLUME, {"filesystem": {"rootdirectory": "/storage"}}),
]


@pytest.mark.parametrize(("block", "wanted"), [row[1:] for row in DISTRIBUTION], ids=[row[0] for row in DISTRIBUTION])
def test_distribution_gets_its_driver(block: dict[str, Any], wanted: dict[str, Any]) -> None:
    found = distribution(parsed(block)).config["storage"]
    assert {key: found[key] for key in wanted} == wanted
    drivers = {"s3", "gcs", "azure", "filesystem", "inmemory"}
    assert drivers & set(found) == set(wanted)


CHART: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        "S3",
        FULL,
        {
            "type": "s3",
            "disableredirect": False,
            "s3": {
                "region": "eu-west-1",
                "bucket": "shop-images",
                "rootdirectory": "blobs",
                "encrypt": True,
                "keyid": KEY,
                "storageclass": "STANDARD",
                "existingSecret": "storage",
            },
        },
        {"REGISTRY_STORAGE_S3_ACCESSKEY": ACCESS, "REGISTRY_STORAGE_S3_SECRETKEY": SECRET},
    ),
    (
        "S3 with a secret that is there",
        {**S3, "credentials": THERE},
        {
            "type": "s3",
            "disableredirect": False,
            "s3": {"region": "eu-west-1", "bucket": "shop-images", "existingSecret": "storage-key"},
        },
        {},
    ),
    (
        "Google by the pods' identity",
        {**GCS, "credentials": WORKLOAD, "prefix": "blobs"},
        {
            "type": "gcs",
            "disableredirect": False,
            "gcs": {"bucket": "shop-images", "rootdirectory": "blobs", "useWorkloadIdentity": True},
        },
        {},
    ),
    (
        "Google",
        GCS,
        {
            "type": "gcs",
            "disableredirect": False,
            "gcs": {"bucket": "shop-images", "useWorkloadIdentity": False, "existingSecret": "storage"},
        },
        {"GCS_KEY_DATA": SecretStr(SERVICE_ACCOUNT_KEY)},
    ),
    (
        "Azure",
        {**AZURE, "domain": "core.chinacloudapi.cn"},
        {
            "type": "azure",
            "disableredirect": False,
            "azure": {
                "accountname": "shopimages",
                "container": "registry",
                "realm": "core.chinacloudapi.cn",
                "existingSecret": "storage",
            },
        },
        {"AZURE_STORAGE_ACCESS_KEY": ACCOUNT},
    ),
]


@pytest.mark.parametrize(("block", "values", "secret"), [row[1:] for row in CHART], ids=[row[0] for row in CHART])
def test_harbors_chart_gets_its_values(block: dict[str, Any], values: dict[str, Any], secret: dict[str, Any]) -> None:
    found = to_harbor_chart(parsed(block), secret_name="storage")
    assert found.values == {"imageChartStorage": values}
    assert found.secret == secret
    assert found.ca_secret == {}


def test_harbors_chart_gets_a_claim_and_an_authority() -> None:
    found = to_harbor_chart(parsed({**VOLUME, "sub_path": "images"}), secret_name="storage", replicas=3)
    assert found.values == {
        "imageChartStorage": {
            "type": "filesystem",
            "disableredirect": False,
            "filesystem": {"rootdirectory": "/storage"},
        },
        "persistentVolumeClaim": {
            "registry": {"existingClaim": "blobs", "subPath": "images", "accessMode": "ReadWriteMany"}
        },
    }
    server = to_harbor_chart(
        parsed({**MINIO, "ca_certificate": CERTIFICATE}), secret_name="storage", disable_redirect=True
    )
    assert server.values["imageChartStorage"]["caBundleSecretName"] == "storage-ca"
    assert server.values["imageChartStorage"]["disableredirect"] is True
    assert server.values["imageChartStorage"]["s3"]["regionendpoint"] == "https://minio.example.com:9000"
    assert server.ca_secret == {"ca.crt": CERTIFICATE}


@pytest.mark.skipif(not FILE.is_file(), reason="the chart's own values are not here")
@pytest.mark.parametrize("block", [FULL, {**MINIO, "ca_certificate": CERTIFICATE}, GCS, AZURE, VOLUME])
def test_every_value_is_one_of_the_chart(block: dict[str, Any]) -> None:
    known = paths(FILE.read_text())
    # The chart names it in a comment of two words.
    known.add("persistence.imageChartStorage.caBundleSecretName")
    found = to_harbor_chart(parsed(block), secret_name="storage").values
    assert [path for path, _ in leaves(found, "persistence.") if path not in known] == []


def test_harbors_installer_gets_its_settings_and_files() -> None:
    s3 = to_harbor_installer(parsed({**MINIO, "ca_certificate": CERTIFICATE}), disable_redirect=True)
    assert s3.settings == {
        "storage_service": {
            "redirect": {"disable": True},
            "ca_bundle": "/etc/harbor/ca.crt",
            "s3": {
                "region": "eu-west-1",
                "bucket": "shop-images",
                "regionendpoint": "https://minio.example.com:9000",
                "accesskey": ACCESS,
                "secretkey": SECRET,
            },
        }
    }
    assert s3.files == {"ca.crt": CERTIFICATE}
    gcs = to_harbor_installer(parsed({**GCS, "credentials": GCS_KEY}))
    assert gcs.settings == {"storage_service": {"gcs": {"bucket": "shop-images", "keyfile": "/etc/harbor/gcs.json"}}}
    assert gcs.files == {"gcs.json": SecretStr(SERVICE_ACCOUNT_KEY)}
    azure = to_harbor_installer(parsed(AZURE)).settings["storage_service"]["azure"]
    assert azure == {"accountname": "shopimages", "container": "registry", "accountkey": ACCOUNT}
    files = to_harbor_installer(parsed({**FILES, "max_threads": 50})).settings
    assert files == {"data_volume": "/var/lib/registry", "storage_service": {"filesystem": {"maxthreads": 50}}}


INSTALLER = FILE.parent / "harbor-2.15-harbor.yml"


@pytest.mark.skipif(not INSTALLER.is_file(), reason="the installer's own settings are not here")
def test_every_setting_of_the_installer_is_one_of_its_own() -> None:
    text = INSTALLER.read_text()
    commented = text[text.index("# storage_service:") :].split("\n\n# Trivy", 1)[0]
    known = set(yaml.safe_load("\n".join(line[2:] for line in commented.splitlines()))["storage_service"])
    known |= {"azure", "gcs", "s3"}
    assert {"filesystem", "ca_bundle", "redirect"} <= known
    for block in (MINIO, GCS, AZURE, FILES):
        found = to_harbor_installer(parsed(block), disable_redirect=True).settings
        assert set(found) <= {*yaml.safe_load(text), "storage_service"}
        assert set(found["storage_service"]) <= known


NEXUS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "S3",
        {**S3, "prefix": "blobs", "encryption": {"kind": "kms", "key": KEY}},
        "s3",
        {
            "bucketConfiguration": {
                "bucket": {"region": "eu-west-1", "name": "shop-images", "prefix": "blobs"},
                "bucketSecurity": {"accessKeyId": ACCESS, "secretAccessKey": SECRET},
                "encryption": {"encryptionType": "kmsManagedEncryption", "encryptionKey": KEY},
            }
        },
    ),
    (
        "another server",
        {**MINIO, "encryption": {"kind": "aes256"}},
        "s3",
        {
            "bucketConfiguration": {
                "bucket": {"region": "eu-west-1", "name": "shop-images"},
                "bucketSecurity": {"accessKeyId": ACCESS, "secretAccessKey": SECRET},
                "encryption": {"encryptionType": "s3ManagedEncryption"},
                "advancedBucketConnection": {"endpoint": "https://minio.example.com:9000", "forcePathStyle": True},
            }
        },
    ),
    (
        "Google",
        GCS,
        "google",
        {
            "bucketConfiguration": {
                "bucket": {"name": "shop-images"},
                "bucketSecurity": {
                    "authenticationMethod": "accountKey",
                    "accountKey": SecretStr(SERVICE_ACCOUNT_KEY),
                },
            }
        },
    ),
    (
        "Google by the pods' identity",
        {**GCS, "credentials": WORKLOAD},
        "google",
        {
            "bucketConfiguration": {
                "bucket": {"name": "shop-images"},
                "bucketSecurity": {"authenticationMethod": "applicationDefault"},
            }
        },
    ),
    (
        "Azure",
        AZURE,
        "azure",
        {
            "bucketConfiguration": {
                "accountName": "shopimages",
                "containerName": "registry",
                "authentication": {"authenticationMethod": "ACCOUNTKEY", "accountKey": ACCOUNT},
            }
        },
    ),
    (
        "Azure by the pods' identity",
        {**AZURE, "credentials": POD},
        "azure",
        {
            "bucketConfiguration": {
                "accountName": "shopimages",
                "containerName": "registry",
                "authentication": {"authenticationMethod": "ENVIRONMENTVARIABLE"},
            }
        },
    ),
    ("files", FILES, "file", {"path": "/var/lib/registry/blobs"}),
    ("a volume", VOLUME, "file", {"path": "/storage/blobs"}),
]


@pytest.mark.parametrize(("block", "kind", "body"), [row[1:] for row in NEXUS], ids=[row[0] for row in NEXUS])
def test_nexus_gets_a_blob_store(block: dict[str, Any], kind: str, body: dict[str, Any]) -> None:
    found = to_nexus(parsed(block), name="blobs")
    assert found.path == f"/service/rest/v1/blobstores/{kind}"
    assert found.body == {"name": "blobs", **body}


def test_artifactory_gets_its_chain() -> None:
    found = to_artifactory(parsed({**MINIO, "prefix": "blobs", "credentials": S3["credentials"]}))
    assert found.settings["credential"] == SECRET
    plain = {
        key: value.get_secret_value() if isinstance(value, SecretStr) else value
        for key, value in found.settings.items()
    }
    assert to_xml(Binarystore(found.template, found.provider, plain)) == (
        '<config version="2">\n'
        '    <chain template="s3-storage-v3-direct"/>\n'
        '    <provider id="s3-storage-v3" type="s3-storage-v3">\n'
        "        <bucketName>shop-images</bucketName>\n"
        f"        <credential>{SECRETS['secret key']}</credential>\n"
        "        <endpoint>minio.example.com</endpoint>\n"
        f"        <identity>{SECRETS['access key']}</identity>\n"
        "        <path>blobs</path>\n"
        "        <port>9000</port>\n"
        "        <region>eu-west-1</region>\n"
        "        <usePathStyleAccess>true</usePathStyleAccess>\n"
        "    </provider>\n"
        "</config>\n"
    )


def test_artifactory_by_identity_and_elsewhere() -> None:
    role = to_artifactory(parsed({**S3, "credentials": {"kind": "instance"}}))
    assert role.settings == {"bucketName": "shop-images", "region": "eu-west-1", "useInstanceCredentials": True}
    google = to_artifactory(parsed(GCS))
    assert (google.template, google.provider) == ("google-storage-v2-direct", "google-storage-v2")
    assert google.settings == {"bucketName": "shop-images", "bucketExists": True, "useInstanceCredentials": False}
    assert google.files == {"gcp.credentials.json": SecretStr(SERVICE_ACCOUNT_KEY)}
    azure = to_artifactory(parsed({**AZURE, "credentials": POD, "domain": "core.chinacloudapi.cn"}))
    assert azure.provider == "azure-blob-storage-v2"
    assert azure.settings == {
        "accountName": "shopimages",
        "container": "registry",
        "endpoint": "https://shopimages.blob.core.chinacloudapi.cn",
        "useInstanceCredentials": True,
    }
    disk = to_artifactory(parsed(FILES))
    assert (disk.template, disk.settings) == ("file-system", {"fileStoreDir": "/var/lib/registry"})


def test_a_secret_does_not_become_text() -> None:
    with pytest.raises(TypeError) as caught:
        to_xml(to_artifactory(parsed(S3)))
    assert str(caught.value) == "credential: a SecretStr is not resolved yet"
