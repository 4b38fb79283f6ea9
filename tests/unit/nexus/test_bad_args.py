# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong settings of a Nexus."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.nexus import NexusConfigurationArgs
from tests.unit.nexus.material import GOOD, LIFECYCLE

pytestmark = pytest.mark.unit

MISSING = object()
EXPIRES: dict[str, Any] = {key: value for key, value in LIFECYCLE.items() if key != "keep"}

# A title, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "nothing said",
        {"url": MISSING, "edition": MISSING, "password": MISSING},
        [
            "edition: is required but not given; add it",
            "password: is required but not given; add it",
            "url: is required but not given; add it",
        ],
    ),
    ("misspelt", {"repositorys": {}}, ["repositorys: is not a setting; did you mean repositories?"]),
    (
        "misspelt in a repository",
        {"repositories": {"shop": {"kind": "hosted", "write_polcy": "allow"}}},
        ["repositories.shop.write_polcy: is not a setting; did you mean write_policy?"],
    ),
    ("edition that is none", {"edition": "oss"}, ["edition: must be one of community, pro, not 'oss'"]),
    (
        "url without scheme",
        {"url": "nexus.example.com"},
        ["url: 'nexus.example.com' is not a URL; write it as https://nexus.example.com"],
    ),
    (
        "url in the clear",
        {"url": "http://nexus.example.com"},
        ["url: 'http://nexus.example.com' would send the administrator's password in the clear; write https://"],
    ),
    (
        "url with a login",
        {"url": "https://admin:hidden@nexus.example.com"},
        ["url: holds a login; take it out, and give it as username and password"],
    ),
    (
        "url with a path",
        {"url": "https://nexus.example.com/service/rest"},
        ["url: 'https://nexus.example.com/service/rest' has a path; give scheme and host alone"],
    ),
    ("no user name", {"username": ""}, ["username: must have at least 1 characters, not ''"]),
    ("a number as password", {"password": 5}, ["password: must be text"]),
    (
        "insecure on the internet",
        {"insecure": True},
        [
            "insecure: would send the administrator's password to whoever answers for 'https://nexus.example.com'; let this machine trust its authority (SSL_CERT_FILE), and remove it"
        ],
    ),
    (
        "one consent",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove repositories on destroy; set it to true, or remove deletion"],
    ),
    (
        "the other consent",
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove repositories on destroy; set it, or remove empty_on_delete"],
    ),
    (
        "too many components for the Community Edition",
        {"edition": "community", "expected_usage": {"components": 40001}},
        [
            "expected_usage.components: 40001 is beyond the Community Edition's 40000, above which Nexus refuses uploads; take edition 'pro', or part it into several Nexus"
        ],
    ),
    (
        "too many requests for the Community Edition",
        {"edition": "community", "expected_usage": {"components": 40000, "requests_per_day": 150000}},
        [
            "expected_usage.requests_per_day: 150000 is beyond the Community Edition's 100000, above which Nexus refuses uploads; take edition 'pro', or part it into several Nexus"
        ],
    ),
    (
        "cleanup policies of the Community Edition",
        {"edition": "community", "cleanup_policies": {"old": {"last_updated_days": 30}}},
        [
            "cleanup_policies: need the API of cleanup policies, which Nexus Repository Pro has alone; make them in the browser, let `regc prune` or a PruneSchedule remove tags, or purge_unused_after_days empty a proxy"
        ],
    ),
    (
        "a lifecycle policy of the Community Edition",
        {
            "edition": "community",
            "tasks": {"kind": "scheduled"},
            "repositories": {"shop": {"kind": "hosted", "lifecycle": EXPIRES}},
        },
        [
            "repositories.shop.lifecycle: becomes cleanup policies, whose API is something which Nexus Repository Pro has alone; give the policy to `regc prune` or a PruneSchedule, which removes tags itself"
        ],
    ),
    (
        "a bucket of Azure in the Community Edition",
        {
            "edition": "community",
            "blob_stores": {
                "az": {
                    "storage": {
                        "kind": "azure",
                        "account": "images",
                        "container": "nexus",
                        "credentials": {"kind": "instance"},
                    }
                }
            },
        },
        ["blob_stores.az.storage: is of kind 'azure', which Nexus Repository Pro has alone; take S3, or a directory"],
    ),
    (
        "a subdomain in the Community Edition",
        {"edition": "community", "repositories": {"shop": {"kind": "hosted", "subdomain": "shop"}}},
        [
            "repositories.shop.subdomain: is a connector which Nexus Repository Pro has alone; use path_enabled or http_port"
        ],
    ),
    (
        "a writable member in the Community Edition",
        {
            "edition": "community",
            "repositories": {
                "shop": {"kind": "hosted"},
                "all": {"kind": "group", "members": ["shop"], "writable_member": "shop"},
            },
        },
        [
            "repositories.all.writable_member: is something which Nexus Repository Pro has alone; push to the member itself"
        ],
    ),
    (
        "SAML in the Community Edition",
        {"edition": "community", "realms": ["NexusAuthenticatingRealm", "SamlRealm"]},
        ["realms: 'SamlRealm' is a realm which Nexus Repository Pro has alone; remove it"],
    ),
    (
        "the licence agreement of Pro",
        {"accept_eula": True},
        ["accept_eula: is for edition 'community'; Pro has a licence instead; remove it"],
    ),
    (
        "repository of no kind",
        {"repositories": {"shop": {}}},
        ["repositories.shop: needs `kind` to say which kind it is; allowed: hosted, proxy, group"],
    ),
    (
        "repository of a kind that is none",
        {"repositories": {"shop": {"kind": "local"}}},
        ["repositories.shop: kind 'local' is not known; allowed: hosted, proxy, group"],
    ),
    (
        "repository with a bad name",
        {"repositories": {"shop": {"kind": "hosted", "name": "shop/api"}}},
        ["repositories.shop.name: 'shop/api' is not a name; use letters, digits and - first, and _ . too after that"],
    ),
    (
        "repository that cannot stand before an image",
        {"repositories": {"Shop": {"kind": "hosted"}}},
        [
            "repositories.Shop: 'Shop' cannot stand before an image's name; give a name of lower-case letters, digits and . _ - between them, or set path_enabled to false"
        ],
    ),
    (
        "two repositories of one name",
        {"repositories": {"shop": {"kind": "hosted"}, "other": {"kind": "hosted", "name": "shop"}}},
        ["repositories.shop: has the name 'shop', as 'other' has; give another"],
    ),
    (
        "a blob store that is not there",
        {"repositories": {"shop": {"kind": "hosted", "blob_store": "s3"}}},
        ["repositories.shop.blob_store: there is no 's3' in blob_stores; there are: none"],
    ),
    (
        "Nexus' own port",
        {"repositories": {"shop": {"kind": "hosted", "http_port": 8081}}},
        ["repositories.shop.http_port: 8081 is Nexus' own; choose another"],
    ),
    (
        "a port of the administrator",
        {"repositories": {"shop": {"kind": "hosted", "http_port": 443}}},
        ["repositories.shop.http_port: must be at least 1024, not 443"],
    ),
    (
        "one port twice",
        {"repositories": {"a": {"kind": "hosted", "http_port": 8083}, "b": {"kind": "hosted", "http_port": 8083}}},
        ["repositories.b.http_port: 8083 is that of 'a' too; choose another"],
    ),
    (
        "http and https at one port",
        {"repositories": {"shop": {"kind": "hosted", "http_port": 8083, "https_port": 8083}}},
        ["repositories.shop.https_port: 8083 is http_port too; choose another"],
    ),
    (
        "nobody can reach it",
        {"repositories": {"shop": {"kind": "hosted", "path_enabled": False}}},
        ["repositories.shop.path_enabled: is false, and no client can reach it; set it to true, or give http_port"],
    ),
    (
        "a host without a port",
        {"repositories": {"shop": {"kind": "hosted", "host": "docker.example.com"}}},
        ["repositories.shop.host: is for what stands in front of a port; give http_port, or remove it"],
    ),
    (
        "a host with a path",
        {"repositories": {"shop": {"kind": "hosted", "http_port": 8083, "host": "docker.example.com/v2"}}},
        [
            "repositories.shop.host: 'docker.example.com/v2' is not a host; give its name, and the port where it is not 443, such as 'docker.example.com'"
        ],
    ),
    (
        "a write policy that is none",
        {"repositories": {"shop": {"kind": "hosted", "write_policy": "immutable"}}},
        ["repositories.shop.write_policy: must be one of allow, allow_once, deny, not 'immutable'"],
    ),
    (
        "proxy of nothing",
        {"repositories": {"hub": {"kind": "proxy"}}},
        ["repositories.hub.remote_url: is required but not given; add it"],
    ),
    (
        "proxy with half a login",
        {
            "repositories": {
                "hub": {"kind": "proxy", "remote_url": "https://registry-1.docker.io", "username": "company"}
            }
        },
        ["repositories.hub.password: is required together with the other; give both, or neither"],
    ),
    (
        "proxy with two logins",
        {
            "repositories": {
                "hub": {
                    "kind": "proxy",
                    "remote_url": "https://registry-1.docker.io",
                    "username": "company",
                    "password": "hidden-one",
                    "bearer_token": "hidden-two",
                }
            }
        },
        ["repositories.hub.bearer_token: is another login than username and password; give one of them"],
    ),
    (
        "proxy with a login in the clear",
        {
            "repositories": {
                "hub": {"kind": "proxy", "remote_url": "http://registry.example.com", "bearer_token": "hidden-one"}
            }
        },
        [
            "repositories.hub.remote_url: 'http://registry.example.com' would send the login in the clear; write https://"
        ],
    ),
    (
        "proxy with a login in its address",
        {"repositories": {"hub": {"kind": "proxy", "remote_url": "https://u:hidden@registry.example.com"}}},
        ["repositories.hub.remote_url: holds a login; take it out, and give it as username and password"],
    ),
    (
        "custom index unsaid",
        {"repositories": {"hub": {"kind": "proxy", "remote_url": "https://registry-1.docker.io", "index": "custom"}}},
        ["repositories.hub.index_url: is required with index 'custom'; add it"],
    ),
    (
        "index that means nothing",
        {
            "repositories": {
                "hub": {
                    "kind": "proxy",
                    "remote_url": "https://registry-1.docker.io",
                    "index_url": "https://index.example.com",
                }
            }
        },
        ["repositories.hub.index_url: means nothing without index 'custom'; set index to that, or remove it"],
    ),
    (
        "foreign layers unsaid",
        {
            "repositories": {
                "hub": {"kind": "proxy", "remote_url": "https://registry-1.docker.io", "foreign_layer_urls": [".*"]}
            }
        },
        ["repositories.hub.foreign_layer_urls: mean nothing without cache_foreign_layers; set it to true"],
    ),
    (
        "routing rule that is not there",
        {"repositories": {"hub": {"kind": "proxy", "remote_url": "https://registry-1.docker.io", "routing_rule": "x"}}},
        ["repositories.hub.routing_rule: there is no 'x' in routing_rules; there are: none"],
    ),
    (
        "retries without end",
        {"repositories": {"hub": {"kind": "proxy", "remote_url": "https://registry-1.docker.io", "retries": 11}}},
        ["repositories.hub.retries: must be at most 10, not 11"],
    ),
    (
        "group of nothing",
        {"repositories": {"all": {"kind": "group", "members": []}}},
        ["repositories.all.members: needs at least 1 entry (it has 0)"],
    ),
    (
        "group of what is not there",
        {"repositories": {"all": {"kind": "group", "members": ["x"]}}},
        ["repositories.all.members: there is no 'x' in repositories; there are: all"],
    ),
    (
        "group with a member twice",
        {"repositories": {"shop": {"kind": "hosted"}, "all": {"kind": "group", "members": ["shop", "shop"]}}},
        ["repositories.all.members: names 'shop' twice; name it once"],
    ),
    (
        "group in a circle",
        {"repositories": {"a": {"kind": "group", "members": ["b"]}, "b": {"kind": "group", "members": ["a"]}}},
        ["repositories.a.members: lead back to itself; take one of them out"],
    ),
    (
        "writable member that is none",
        {
            "repositories": {
                "shop": {"kind": "hosted"},
                "all": {"kind": "group", "members": ["shop"], "writable_member": "hub"},
            }
        },
        ["repositories.all.writable_member: 'hub' is not among members; add it there"],
    ),
    (
        "writable member that takes no pushes",
        {
            "repositories": {
                "hub": {"kind": "proxy", "remote_url": "https://registry-1.docker.io"},
                "all": {"kind": "group", "members": ["hub"], "writable_member": "hub"},
            }
        },
        ["repositories.all.writable_member: 'hub' is of kind 'proxy', which takes no pushes"],
    ),
    (
        "tokens without their realm",
        {"repositories": {"shop": {"kind": "hosted", "force_basic_auth": False}}},
        [
            "realms: need 'DockerToken', as force_basic_auth of 'shop' is false: its clients log in with tokens; add it to all that are active"
        ],
    ),
    (
        "tokens without their realm among others",
        {
            "realms": ["NexusAuthenticatingRealm"],
            "repositories": {"shop": {"kind": "hosted", "force_basic_auth": False}},
        },
        [
            "realms: need 'DockerToken', as force_basic_auth of 'shop' is false: its clients log in with tokens; add it to all that are active"
        ],
    ),
    (
        "realms without the administrator's",
        {"realms": ["DockerToken"]},
        ["realms: lack 'NexusAuthenticatingRealm', with which the administrator logs in; add it"],
    ),
    (
        "a realm twice",
        {"realms": ["NexusAuthenticatingRealm", "NexusAuthenticatingRealm"]},
        ["realms: names 'NexusAuthenticatingRealm' twice; name it once"],
    ),
    (
        "anonymous without a repository for them",
        {"anonymous": {"enabled": True}, "repositories": {"shop": {"kind": "hosted"}}},
        [
            "anonymous.enabled: means nothing while every repository wants a login; set force_basic_auth of one to false, or remove it"
        ],
    ),
    (
        "cleanup without tasks",
        {
            "cleanup_policies": {"old": {"last_updated_days": 30}},
            "repositories": {"shop": {"kind": "hosted", "cleanup": ["old"]}},
        },
        [
            "tasks: are required with cleanup of 'shop': what is removed frees no space before them; add kind 'scheduled', or 'elsewhere' where somebody else has made them"
        ],
    ),
    (
        "purge without tasks",
        {
            "repositories": {
                "hub": {"kind": "proxy", "remote_url": "https://registry-1.docker.io", "purge_unused_after_days": 30}
            }
        },
        [
            "tasks: are required with purge_unused_after_days of 'hub': what is removed frees no space before them; add kind 'scheduled', or 'elsewhere' where somebody else has made them"
        ],
    ),
    (
        "cleanup by a policy that is not there",
        {"tasks": {"kind": "elsewhere"}, "repositories": {"shop": {"kind": "hosted", "cleanup": ["old"]}}},
        ["repositories.shop.cleanup: there is no 'old' in cleanup_policies; there are: none"],
    ),
    (
        "a policy that removes everything",
        {"cleanup_policies": {"all": {}}},
        [
            "cleanup_policies.all: would remove everything; give one of last_updated_days, last_downloaded_days, asset_regex"
        ],
    ),
    (
        "a policy with an open expression",
        {"cleanup_policies": {"dev": {"asset_regex": "dev-.*"}}},
        ["cleanup_policies.dev.asset_regex: 'dev-.*' has to begin with ^ or .* and end with $ or .*; databases differ"],
    ),
    (
        "a policy of no day",
        {"cleanup_policies": {"dev": {"last_updated_days": 0}}},
        ["cleanup_policies.dev.last_updated_days: must be at least 1, not 0"],
    ),
    (
        "a lifecycle policy that Nexus cannot carry out",
        {
            "tasks": {"kind": "elsewhere"},
            "repositories": {
                "shop": {
                    "kind": "hosted",
                    "lifecycle": {
                        "repositories": ["**"],
                        "archive": {"old": {"tag_state": "any", "older_than_days": 30}},
                    },
                }
            },
        },
        [
            "repositories.shop.lifecycle: the lifecycle policy cannot be carried out by Nexus as it is meant:\n    archive: Nexus has no archive; expire, or remove it"
        ],
    ),
    (
        "tasks by five fields",
        {"tasks": {"kind": "scheduled", "gc_schedule": "0 2 * * *"}},
        ["tasks.gc_schedule: '0 2 * * *' has 5 fields; Nexus takes six or seven, seconds first, such as '0 0 2 * * ?'"],
    ),
    (
        "tasks without a question mark",
        {"tasks": {"kind": "scheduled", "gc_schedule": "0 0 2 * * *"}},
        [
            "tasks.gc_schedule: '0 0 2 * * *' needs ? for the day of the month or for that of the week, such as '0 0 2 * * ?'"
        ],
    ),
    (
        "tasks in the wrong order",
        {"tasks": {"kind": "scheduled", "compact_schedule": "0 0 2 * * ?"}},
        [
            "tasks.compact_schedule: is not after upload_purge_schedule: it would find nothing to free; move it behind that"
        ],
    ),
    (
        "tasks before cleanup",
        {"tasks": {"kind": "scheduled", "gc_schedule": "0 30 0 * * ?"}},
        [
            "tasks.gc_schedule: is not after cleanup (Nexus' own, at 0 0 1 * * ?): it would find nothing to free; move it behind that"
        ],
    ),
    (
        "tasks that are none",
        {"tasks": {"kind": "never"}},
        ["tasks: kind 'never' is not known; allowed: scheduled, elsewhere"],
    ),
    (
        "an address that is none",
        {"tasks": {"kind": "scheduled", "alert_email": "ops"}},
        ["tasks.alert_email: 'ops' is not an e-mail address"],
    ),
    (
        "Nexus' own blob store",
        {"blob_stores": {"default": {"storage": {"kind": "filesystem", "directory": "/data"}}}},
        ["blob_stores: 'default' is Nexus' own; leave it out, or set adopt to change it"],
    ),
    (
        "a quota of nothing",
        {
            "blob_stores": {
                "disk": {
                    "storage": {"kind": "filesystem", "directory": "/data"},
                    "soft_quota": {"kind": "space_used", "limit_mb": 0},
                }
            }
        },
        ["blob_stores.disk.soft_quota.limit_mb: must be at least 1, not 0"],
    ),
    (
        "a bucket with a class of storage",
        {
            "blob_stores": {
                "s3": {
                    "storage": {
                        "kind": "s3",
                        "bucket": "company-images",
                        "region": "eu-central-1",
                        "credentials": {"kind": "instance"},
                        "storage_class": "STANDARD_IA",
                    }
                }
            }
        },
        [
            "blob_stores.s3.storage.storage_class: is not a setting of Nexus; let a rule of the bucket move objects, and remove it"
        ],
    ),
    (
        "role without rights",
        {"roles": {"ci": {}}},
        ["roles.ci: may do nothing; give repositories, privileges, named_privileges or roles"],
    ),
    (
        "role that pushes alone",
        {"repositories": {"shop": {"kind": "hosted"}}, "roles": {"ci": {"repositories": {"shop": ["add"]}}}},
        ["roles.ci.repositories.shop: pushes without 'read': clients look for layers before they push"],
    ),
    (
        "role of a repository that is not there",
        {"roles": {"ci": {"repositories": {"shop": ["read"]}}}},
        ["roles.ci.repositories: there is no 'shop' in repositories; there are: none"],
    ),
    (
        "role with an action that is none",
        {"repositories": {"shop": {"kind": "hosted"}}, "roles": {"ci": {"repositories": {"shop": ["push"]}}}},
        ["roles.ci.repositories.shop[0]: must be one of browse, read, edit, add, delete, not 'push'"],
    ),
    (
        "roles in a circle",
        {"roles": {"a": {"roles": ["b"]}, "b": {"roles": ["a"]}}},
        ["roles.a.roles: lead back to itself; take one of them out"],
    ),
    (
        "privilege of a selector that is not there",
        {"privileges": {"p": {"content_selector": "x", "actions": ["read"]}}},
        ["privileges.p.content_selector: there is no 'x' in content_selectors; there are: none"],
    ),
    (
        "user without a role",
        {"users": {"ci": {"first_name": "C", "last_name": "I", "email": "ci@example.com", "roles": []}}},
        ["users.ci.roles: needs at least 1 entry (it has 0)"],
    ),
    (
        "user with a bad address",
        {"users": {"ci": {"first_name": "C", "last_name": "I", "email": "ci", "roles": ["nx-admin"]}}},
        ["users.ci.email: 'ci' is not an e-mail address"],
    ),
    (
        "the user who logs in",
        {"users": {"admin": {"first_name": "C", "last_name": "I", "email": "ci@example.com", "roles": ["nx-admin"]}}},
        ["users: 'admin' is who logs in here; change that user in Nexus itself"],
    ),
    (
        "selector of nothing",
        {"content_selectors": {"x": {"expression": " "}}},
        ['content_selectors.x.expression: has to be one line, such as format == "docker" and path =^ "/v2/shop/"'],
    ),
    (
        "rule of a mode that is none",
        {"routing_rules": {"x": {"mode": "deny", "matchers": ["^/v2/.*"]}}},
        ["routing_rules.x.mode: must be one of block, allow, not 'deny'"],
    ),
    (
        "a policy named as what a rule becomes",
        {
            "tasks": {"kind": "elsewhere"},
            "cleanup_policies": {"shop-old": {"last_updated_days": 3}},
            "repositories": {"shop": {"kind": "hosted", "lifecycle": EXPIRES}},
        },
        [
            "cleanup_policies.shop-old: has the name 'shop-old', as rule 'old' of the lifecycle of 'shop' becomes; give it another"
        ],
    ),
    (
        "a policy named in the stack as what a rule becomes",
        {
            "tasks": {"kind": "elsewhere"},
            "cleanup_policies": {"cleanup-old": {"last_updated_days": 3}},
            "repositories": {"cleanup": {"kind": "hosted", "lifecycle": EXPIRES}},
        },
        [
            "cleanup_policies.cleanup-old: has the name 'cleanup-old', as rule 'old' of the lifecycle of 'cleanup' becomes; give it another",
            "repositories.cleanup.lifecycle: is named as cleanup_policies.cleanup-old in the stack; take another key",
        ],
    ),
    (
        "many at once",
        {
            "url": "nexus",
            "deletion": "destroy",
            "repositories": {"shop": {"kind": "hosted", "http_port": 80}, "all": {"kind": "group", "members": ["x"]}},
        },
        [
            "empty_on_delete: is required too to remove repositories on destroy; set it to true, or remove deletion",
            "repositories.shop.http_port: must be at least 1024, not 80",
            "url: 'nexus' is not a URL; write it as https://nexus.example.com",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_mistake_is_told_whole(changes: dict[str, Any], mistakes: list[str]) -> None:
    settings = {key: value for key, value in {**GOOD, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        NexusConfigurationArgs.parse(settings)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    assert str(caught.value) == "\n".join(
        [f"NexusConfigurationArgs is not valid ({count}):", *(f"  {mistake}" for mistake in mistakes)]
    )
    assert "hidden" not in str(caught.value)


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) == len({title for title, *_ in TABLE}) >= 80


def test_the_good_settings_are_good() -> None:
    assert NexusConfigurationArgs.parse(GOOD).repositories == {}
