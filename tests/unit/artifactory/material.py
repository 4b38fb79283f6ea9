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

TOKEN = "planted-administrators-token"
HUB_PASSWORD = "planted-hub-password"
USER_PASSWORD = "Planted-user-password-1"
REPLICA_PASSWORD = "planted-replica-password"
MEMBER_TOKEN = "planted-member-token"
HOOK_SECRET = "planted-webhook-secret"
HEADER = "planted-header-value"
CONFIGURATION_SECRETS = {
    "token": TOKEN,
    "hub": HUB_PASSWORD,
    "user": USER_PASSWORD,
    "replica": REPLICA_PASSWORD,
    "member": MEMBER_TOKEN,
    "hook": HOOK_SECRET,
    "header": HEADER,
}

GOOD: dict[str, Any] = {
    "url": "https://artifactory.example.com",
    "access_token": TOKEN,
    "edition": "enterprise_plus",
    "version": "7.133.17",
}
"""The least that is valid."""

ACCEPTED = [
    "deletes-more:signature-tags",
    "keeps-more:signature-tags",
    "keeps-more:referrers",
    "deletes-more:index-children",
    "keeps-more:index-children",
]
"""What Artifactory's cleanup does otherwise than the unified policy: it knows tags alone."""

EVERYTHING: dict[str, Any] = {
    **GOOD,
    "local": {
        "docker-local": {"description": "What we build.", "max_unique_tags": 50, "xray_index": True},
        "releases": {"key": "docker-releases", "download_direct": True, "include": ["shop/**"]},
        "charts": {"package": "helm_oci"},
        "shop-images": {"project": "shop", "environments": ["PROD"], "package": "oci"},
    },
    "remote": {
        "hub": {
            "key": "docker-hub",
            "url": "https://registry-1.docker.io/",
            "username": "acme",
            "password": HUB_PASSWORD,
            "unused_cleanup_hours": 720,
            "foreign_layers": ["**"],
        },
        "ghcr": {"url": "https://ghcr.io/", "package": "oci"},
    },
    "federated": {
        "docker-fed": {
            "members": {
                "us": {"url": "https://us.example.com/artifactory/docker-fed", "access_token": MEMBER_TOKEN},
            }
        }
    },
    "virtual": {
        "all": {"repositories": ["docker", "docker-old"]},
        "docker": {
            "repositories": ["docker-local", "releases", "hub"],
            "default_deployment": "docker-local",
            "resolve_by_timestamp": True,
        },
    },
    "existing_repositories": {"docker-old": "local"},
    "groups": {"developers": {"description": "Who builds."}, "everybody": {"auto_join": True}},
    "existing_groups": ["readers"],
    "users": {"builder": {"email": "builder@example.com", "password": USER_PASSWORD, "groups": ["developers"]}},
    "permissions": {
        "build": {
            "repositories": ["docker-local", "docker-fed"],
            "groups": {"developers": ["read", "write", "annotate"], "readers": ["read"]},
            "users": {"builder": ["delete", "read"]},
            "exclude": ["secret/**"],
        },
        "look": {"all_of": "local", "groups": {"everybody": ["read"]}},
    },
    "tokens": {
        "ci": {"groups": ["developers"], "expires_in_seconds": 31_536_000, "refreshable": True},
        "cluster": {"username": "k8s-puller", "scopes": ["artifact:docker-local/**:r"], "reference": True},
    },
    "cleanup_policies": {
        "old-builds": {
            "repositories": ["docker-local"],
            "policy": {
                "repositories": ["**"],
                "expire": {"old": {"older_than_days": 90, "tag_state": "tagged"}},
                "accept_differences": ACCEPTED,
            },
            "schedule": "0 0 2 * * ?",
        },
        "cache": {
            "repositories": ["hub"],
            "policy": {"undownloaded_for_days": 30, "exclude_packages": ["library/alpine"]},
            "duration_minutes": 120,
            "skip_trashcan": True,
        },
    },
    "archive_policies": {
        "releases": {
            "repositories": ["releases", "docker-old"],
            "policy": {"keep_last_versions": 20, "package": "shop/**"},
            "schedule": "0 0 3 ? * SUN",
        }
    },
    "trashcan": {"retention_days": 30},
    "replications": {
        "disaster": {
            "repository": "releases",
            "schedule": "0 0 4 * * ?",
            "targets": {
                "north": {
                    "url": "https://north.example.com/artifactory/docker-releases",
                    "username": "replica",
                    "password": REPLICA_PASSWORD,
                },
                "south": {
                    "url": "https://south.example.com/artifactory/docker-releases",
                    "username": "replica",
                    "password": REPLICA_PASSWORD,
                    "sync_deletes": True,
                    "check_filestore": True,
                },
            },
        }
    },
    "backups": {"weekly": {"schedule": "0 0 2 ? * SAT", "exclude_repositories": ["hub"]}},
    "webhooks": {
        "builds": {
            "events": ["pushed"],
            "url": "https://hooks.example.com/artifactory",
            "secret": HOOK_SECRET,
            "headers": {"X-Team": HEADER},
            "repositories": ["docker-local"],
        },
        "files": {"kind": "artifact", "events": ["deleted"], "url": "https://hooks.example.com/f", "any_local": True},
    },
    "anonymous_access": False,
}
"""One of everything, but signing keys, which a test makes."""
