"""Settings of a Nexus: a small one, and one that says everything that can be said."""

from __future__ import annotations

from typing import Any

URL = "https://nexus.example.com"
PASSWORD = "Admin-pass-word-1234"
SECRETS = {
    "administrator": PASSWORD,
    "upstream": "upstream-password-secret",
    "upstream token": "upstream-bearer-secret",
    "bucket": "bucket-secret-access-key",
    "given user": "Given-user-secret-77",
    "account": "YWNjb3VudC1rZXktc2VjcmV0",
}

GOOD: dict[str, Any] = {"url": URL, "edition": "pro", "password": PASSWORD}

LIFECYCLE: dict[str, Any] = {
    "repositories": ["**"],
    "expire": {"old": {"tag_state": "tagged", "older_than_days": 30}},
    "keep": {"releases": {"tags": ["v*"], "always": True}},
    "accept_differences": [
        "keeps-more:signature-tags",
        "keeps-more:referrers",
        "keeps-more:index-children",
        "deletes-more:index-children",
    ],
}

EVERYTHING: dict[str, Any] = {
    **GOOD,
    "deletion": "destroy",
    "empty_on_delete": True,
    "realms": ["NexusAuthenticatingRealm", "DockerToken"],
    "anonymous": {"enabled": True},
    "blob_stores": {
        "images": {
            "storage": {
                "kind": "s3",
                "bucket": "company-images",
                "region": "eu-central-1",
                "prefix": "nexus",
                "credentials": {
                    "kind": "keys",
                    "access_key": "AKIAIOSFODNN7EXAMPLE",
                    "secret_key": SECRETS["bucket"],
                },
            },
            "soft_quota": {"kind": "space_used", "limit_mb": 500_000},
        },
        "disk": {"storage": {"kind": "filesystem", "directory": "/nexus-data/blobs"}},
        "azure": {
            "storage": {
                "kind": "azure",
                "account": "companyimages",
                "container": "nexus",
                "credentials": {"kind": "account_key", "key": SECRETS["account"]},
            }
        },
        "google": {
            "storage": {
                "kind": "gcs",
                "bucket": "company-images",
                "credentials": {
                    "kind": "workload_identity",
                    "service_account": "nexus@shop-prod.iam.gserviceaccount.com",
                },
            }
        },
    },
    "repositories": {
        "shop": {
            "kind": "hosted",
            "blob_store": "images",
            "latest_policy": True,
            "http_port": 8083,
            "host": "docker.example.com",
            "cleanup": ["stale"],
            "lifecycle": LIFECYCLE,
        },
        "hub": {
            "kind": "proxy",
            "remote_url": "https://registry-1.docker.io",
            "username": "company",
            "password": SECRETS["upstream"],
            "force_basic_auth": False,
            "cache_foreign_layers": True,
            "timeout_seconds": 30,
            "routing_rule": "library",
            "purge_unused_after_days": 90,
            "negative_cache_minutes": 0,
        },
        "partner": {
            "kind": "proxy",
            "remote_url": "https://registry.partner.example.com",
            "bearer_token": SECRETS["upstream token"],
            "index": "custom",
            "index_url": "https://search.partner.example.com",
            "path_enabled": False,
            "blob_store": "disk",
        },
        "all": {
            "kind": "group",
            "members": ["shop", "hub", "partner"],
            "writable_member": "shop",
            "subdomain": "all",
        },
    },
    "cleanup_policies": {"stale": {"last_downloaded_days": 60, "notes": "nobody pulls it"}},
    "tasks": {"kind": "scheduled", "alert_email": "ops@example.com", "blobs_older_than_days": 2},
    "routing_rules": {"library": {"mode": "allow", "matchers": ["^/v2/library/.*", "^/v2/$"]}},
    "content_selectors": {"releases": {"expression": 'format == "docker" and path =~ "/v2/.*/manifests/v.*"'}},
    "privileges": {"release": {"content_selector": "releases", "repository": "shop", "actions": ["read", "add"]}},
    "roles": {
        "readers": {"repositories": {"all": ["browse", "read"]}},
        "builders": {
            "title": "Builders",
            "repositories": {"shop": ["browse", "read", "add", "edit"]},
            "privileges": ["release"],
            "named_privileges": ["nx-search-read"],
            "roles": ["readers"],
        },
    },
    "users": {
        "ci": {"first_name": "CI", "last_name": "Robot", "email": "ci@example.com", "roles": ["builders"]},
        "puller": {
            "first_name": "Pull",
            "last_name": "Robot",
            "email": "puller@example.com",
            "roles": ["readers", "nx-anonymous"],
            "password": SECRETS["given user"],
        },
    },
}
