"""Blocks that are right, and the secrets in them."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

SECRETS: Final = {
    "access key": "AKIAPLANTED0000000001",
    "secret key": "planted-secret-key-of-s3",
    "account key": base64.b64encode(b"planted-account-key-of-azure").decode(),
    "client secret": "planted-client-secret-of-entra",
    "private key": "cGxhbnRlZC1wcml2YXRlLWtleQ",
}
# A PKCS#8 envelope with no key in it: whole as far as a stack file's check looks.
_DER = base64.b64encode(bytes.fromhex("3020020100300d06092a864886f70d0101010500040c") + b"planted-priv").decode()
SERVICE_ACCOUNT_KEY: Final = json.dumps(
    {
        "type": "service_account",
        "project_id": "shop",
        "private_key_id": "0123456789",
        "private_key": f"-----BEGIN PRIVATE KEY-----\n{_DER}\n-----END PRIVATE KEY-----\n",
        "client_email": "registry@shop.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
        "client_id": SECRETS["private key"],
    }
)
# A certificate's outline with nothing in it: whole as far as a stack file's check looks.
CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----\nMAYwADAAAwA=\n-----END CERTIFICATE-----\n"
ROLE: Final = "arn:aws:iam::123456789012:role/registry"
KEY: Final = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"

S3_KEYS: Final = {"kind": "keys", "access_key": SECRETS["access key"], "secret_key": SECRETS["secret key"]}
GCS_KEY: Final = {"kind": "key", "key": SERVICE_ACCOUNT_KEY}
AZURE_KEY: Final = {"kind": "account_key", "key": SECRETS["account key"]}
AZURE_CLIENT: Final = {
    "kind": "client_secret",
    "tenant_id": "contoso.example.com",
    "client_id": "00000000-0000-0000-0000-000000000007",
    "secret": SECRETS["client secret"],
}
THERE: Final = {"kind": "kubernetes_secret", "name": "storage-key"}

S3: Final[dict[str, Any]] = {"kind": "s3", "bucket": "shop-images", "region": "eu-west-1", "credentials": S3_KEYS}
MINIO: Final[dict[str, Any]] = {**S3, "endpoint": "https://minio.example.com:9000", "path_style": True}
GCS: Final[dict[str, Any]] = {"kind": "gcs", "bucket": "shop-images", "credentials": GCS_KEY}
AZURE: Final[dict[str, Any]] = {
    "kind": "azure",
    "account": "shopimages",
    "container": "registry",
    "credentials": AZURE_KEY,
}
FILES: Final[dict[str, Any]] = {"kind": "filesystem", "directory": "/var/lib/registry"}
VOLUME: Final[dict[str, Any]] = {"kind": "volume", "claim": "blobs", "access_mode": "ReadWriteMany"}
