"""An Artifactory of each shape, and one with everything in it, for the tests."""

from __future__ import annotations

from typing import Any

LICENSE = "\n".join(["cHJvZHVjdHM6CiAgYXJ0aWZhY3Rvcnk6CiAgICBwcm9kdWN0Og" * 2] * 3)
DATABASE_PASSWORD = "planted-database-password"
S3_KEY = "planted/secret+key"
SECRETS = {"license": LICENSE.splitlines()[0], "database": DATABASE_PASSWORD, "s3": S3_KEY}

DATABASE: dict[str, Any] = {
    "host": "postgres.example.com",
    "username": "artifactory",
    "password": DATABASE_PASSWORD,
}
BASE: dict[str, Any] = {
    "namespace": "artifactory",
    "edition": "jcr",
    "expose": {"kind": "ingress", "host": "artifactory.example.com", "tls_secret": "artifactory-tls"},
    "database": DATABASE,
}
"""The least: JFrog Container Registry, one pod, everything on its volume."""

HA: dict[str, Any] = {
    **BASE,
    "edition": "enterprise_plus",
    "license": LICENSE,
    "sizing": "large",
    "storage": {
        "kind": "s3",
        "bucket": "acme-artifactory",
        "region": "eu-central-1",
        "credentials": {"kind": "irsa", "role_arn": "arn:aws:iam::123456789012:role/artifactory"},
    },
}
"""Three pods before a bucket."""
