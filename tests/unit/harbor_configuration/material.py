"""Settings of a Harbor: a small one, and one that says everything that can be said."""

from __future__ import annotations

from typing import Any

URL = "https://harbor.example.com"
PASSWORD = "Admin-pass-word-1234"
GIVEN_SECRET = "Given-Robot-Secret-77"
SECRETS = {
    "administrator": PASSWORD,
    "given robot": GIVEN_SECRET,
    "upstream": "upstream-access-secret",
    "webhook": "Bearer webhook-header-secret",
    "scanner": "scanner-credential-secret",
    "peers": "peers-password-secret",
    "peers token": "peers-token-secret",
    "oidc": "oidc-client-secret-value",
}

GOOD: dict[str, Any] = {"url": URL, "password": PASSWORD}

LIFECYCLE: dict[str, Any] = {
    "repositories": ["**"],
    "expire": {"old": {"tag_state": "any", "older_than_days": 30}},
    "keep": {"releases": {"tags": ["v*"], "always": True}},
}

EVERYTHING: dict[str, Any] = {
    **GOOD,
    "deletion": "destroy",
    "empty_on_delete": True,
    "auth": {
        "kind": "oidc",
        "name": "company",
        "endpoint": "https://login.example.com",
        "client_id": "harbor",
        "client_secret": SECRETS["oidc"],
        "user_claim": "preferred_username",
        "groups_claim": "groups",
        "admin_group": "harbor-admins",
        "group_filter": "^harbor-.*",
        "auto_onboard": True,
        "primary": True,
        "logout": True,
        "extra_redirect_parameters": {"prompt": "login"},
    },
    "system": {
        "robot_duration_days": 60,
        "default_quota_bytes": 10 * 1024**3,
        "audit_log_forward_endpoint": "syslog.example.com:514",
        "skip_audit_log_database": True,
        "banner": {"message": "Maintenance on Sunday", "type": "warning", "from_date": "12/24/2027"},
        "token_minutes": 60,
        "session_minutes": 120,
        "notifications": True,
        "unlogged_events": ["pull_artifact"],
    },
    "cve_allowlist": {"ids": ["CVE-2024-1111", "CVE-2024-2222"], "expires_at": "2030-01-01T00:00:00Z"},
    "garbage_collection": {"kind": "scheduled", "workers": 2},
    "purge_audit": {"keep_hours": 720, "operations": ["pull", "create"]},
    "scan_all": {"default_scanner": "clair"},
    "groups": {
        "developers": {"kind": "oidc"},
        "proxied": {"kind": "http", "name": "Proxied people"},
    },
    "labels": {"golden": {"description": "Base images", "color": "#0065AB"}},
    "registries": {
        "dr": {
            "kind": "harbor",
            "url": "https://dr.example.com",
            "access_id": "robot$sync",
            "access_secret": SECRETS["upstream"],
        },
        "hub": {"kind": "docker-hub"},
    },
    "replications": {
        "to-dr": {
            "registry": "dr",
            "direction": "push",
            "trigger": {"kind": "event"},
            "filter": {
                "name": "shop/**",
                "tag": "*-rc*",
                "tag_excluded": True,
                "labels": ["golden"],
                "resource": "image",
            },
            "destination": "copies",
            "flatten_levels": -1,
            "bandwidth_kbps": 8192,
            "deletion": True,
            "copy_by_chunk": True,
        },
        "nightly": {
            "registry": "hub",
            "direction": "pull",
            "trigger": {"kind": "cron", "schedule": "0 30 1 * * *"},
            "filter": {"name": "library/{alpine,debian}"},
            "override": False,
        },
    },
    "scanners": {
        "clair": {
            "url": "https://clair.example.com",
            "description": "Clair",
            "auth": "Bearer",
            "credential": SECRETS["scanner"],
            "internal_address": True,
        },
        "other": {"url": "http://scanner.security.svc:8080", "enabled": True},
    },
    "preheat_instances": {
        "edge": {
            "vendor": "dragonfly",
            "endpoint": "https://dragonfly.example.com",
            "username": "harbor",
            "password": SECRETS["peers"],
            "default": True,
        },
        "old": {"vendor": "kraken", "endpoint": "https://kraken.example.com", "token": SECRETS["peers token"]},
    },
    "robots": {
        "mirror": {
            "description": "Copies everything",
            "duration_days": 30,
            "system": {"registry": ["list", "read"], "replication": ["create"]},
            "projects": [
                {"project": "*", "access": {"repository": ["pull"]}},
                {"project": "shop", "access": {"repository": ["pull", "push"]}},
            ],
        },
    },
    "projects": {
        "shop": {
            "quota_bytes": 20 * 1024**3,
            "sbom_on_push": True,
            "block_severity": "high",
            "cve_allowlist": {"ids": ["CVE-2024-3333"], "expires_at": "2029-06-30T12:00:00+02:00"},
            "content_trust": ["cosign", "notation"],
            "scanner": "clair",
            "members": {"jane": "projectadmin", "joe": "guest"},
            "groups": {"developers": "developer"},
            "robots": {
                "ci": {"access": {"repository": ["pull", "push"], "artifact": ["read"]}},
                "reader": {"access": {"repository": ["pull"]}, "secret": GIVEN_SECRET, "duration_days": -1},
            },
            "lifecycle": LIFECYCLE,
            "immutable_tags": {"releases": {"tags": "v*"}},
            "webhooks": {
                "build": {
                    "address": "https://ci.example.com/harbor",
                    "events": ["PUSH_ARTIFACT", "SCANNING_FAILED", "QUOTA_WARNING"],
                    "auth_header": SECRETS["webhook"],
                },
                "chat": {"address": "https://hooks.slack.example.com/x", "events": ["QUOTA_EXCEED"], "kind": "slack"},
            },
            "labels": {"approved": {"color": "#00AA00"}},
            "preheat_policies": {
                "releases": {
                    "instance": "edge",
                    "repositories": "**",
                    "tags": "v*",
                    "labels": ["golden"],
                    "trigger": {"kind": "cron", "schedule": "0 0 6 * * *"},
                    "scope": "all_peers",
                },
            },
        },
        "hub-cache": {
            "public": True,
            "proxy_cache": {"registry": "hub", "bandwidth_kbps": 20480, "max_connections": 20, "keep_removed": True},
            "lifecycle": {"rules": [{"pulled_within_days": 30, "untagged": False}, {"most_recently_pushed": 5}]},
        },
    },
}
