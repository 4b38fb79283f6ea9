# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong settings of a Harbor."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.harbor.configuration import HarborConfigurationArgs
from tests.unit.harbor_configuration.material import GOOD

pytestmark = pytest.mark.unit

MISSING = object()

# A title, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "nothing said",
        {"url": MISSING, "password": MISSING},
        ["password: is required but not given; add it", "url: is required but not given; add it"],
    ),
    ("misspelt", {"projekts": {}}, ["projekts: is not a setting; did you mean projects?"]),
    (
        "misspelt in a project",
        {"projects": {"shop": {"quota": 5}}},
        ["projects.shop.quota: is not a setting; did you mean quota_bytes?"],
    ),
    (
        "misspelt in a robot",
        {"projects": {"shop": {"robots": {"ci": {"access": {"repository": ["pull"]}, "duration": 3}}}}},
        ["projects.shop.robots.ci.duration: is not a setting; did you mean duration_days?"],
    ),
    (
        "url without scheme",
        {"url": "harbor.example.com"},
        ["url: 'harbor.example.com' is not a URL; write it as https://harbor.example.com"],
    ),
    (
        "url in the clear",
        {"url": "http://harbor.example.com"},
        ["url: 'http://harbor.example.com' would send the administrator's password in the clear; write https://"],
    ),
    (
        "url with a login",
        {"url": "https://admin:pw@harbor.example.com"},
        ["url: holds a login; take it out, and give it as username and password"],
    ),
    (
        "url with a path",
        {"url": "https://harbor.example.com/api/v2.0"},
        ["url: 'https://harbor.example.com/api/v2.0' has a path; give scheme and host alone"],
    ),
    ("no user name", {"username": ""}, ["username: must have at least 1 characters, not ''"]),
    ("a number as password", {"password": 5}, ["password: must be text"]),
    (
        "insecure on the internet",
        {"insecure": True},
        [
            "insecure: would send the administrator's password to whoever answers for 'https://harbor.example.com'; let this machine trust its authority (SSL_CERT_FILE), and remove it"
        ],
    ),
    (
        "insecure without TLS",
        {"url": "http://127.0.0.1:8080", "insecure": True},
        ["insecure: means nothing for http://, which has no certificate; remove it"],
    ),
    (
        "destroy without the second consent",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove projects on destroy; set it to true, or remove deletion"],
    ),
    (
        "the second consent alone",
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove projects on destroy; set it, or remove empty_on_delete"],
    ),
    ("deletion that is none", {"deletion": "purge"}, ["deletion: must be one of retain, destroy, not 'purge'"]),
    (
        "project that is adopted by name",
        {"projects": {"shop": {"import_": "library"}}},
        [
            "projects.shop.import_: 'library' is not the id of a project; write /projects/ and its number, as its page in Harbor has it"
        ],
    ),
    (
        "project that is adopted and destroyed",
        {"deletion": "destroy", "empty_on_delete": True, "projects": {"shop": {"import_": "/projects/1"}}},
        ["deletion: 'destroy' is refused while 'shop' is adopted; remove import_ once it is adopted"],
    ),
    (
        "project in capitals",
        {"projects": {"shop": {"name": "Shop"}}},
        [
            "projects.shop.name: 'Shop' is not a project's name; use lower-case letters, digits and single . _ - between them"
        ],
    ),
    (
        "project with a slash",
        {"projects": {"shop": {"name": "shop/api"}}},
        ["projects.shop.name: 'shop/api' has a /; a project's name stands before it"],
    ),
    (
        "key that is no project name",
        {"projects": {"Shop": {}}},
        ["projects.Shop: 'Shop' cannot be its name in Harbor; give it a name"],
    ),
    (
        "key that is no key",
        {"projects": {"-shop": {}}},
        ["projects['-shop']: '-shop' is not a key; use 1 to 63 letters, digits and . _ - inside"],
    ),
    (
        "two projects of one name",
        {"projects": {"a": {"name": "shop"}, "b": {"name": "shop"}}},
        ["projects.b: has the name 'shop', as 'a' has; give it another"],
    ),
    (
        "quota in part of a GiB",
        {"projects": {"shop": {"quota_bytes": 1500000000}}},
        [
            "projects.shop.quota_bytes: 1500000000 is not a whole number of GiB (1073741824 bytes), which is what the provider tells Harbor; use 1073741824 or 2147483648, or -1 for no limit"
        ],
    ),
    (
        "quota too small",
        {"projects": {"shop": {"quota_bytes": 1000}}},
        [
            "projects.shop.quota_bytes: 1000 is not a whole number of GiB (1073741824 bytes), which is what the provider tells Harbor; use 1073741824, or -1 for no limit"
        ],
    ),
    (
        "quota below no limit",
        {"projects": {"shop": {"quota_bytes": -2}}},
        ["projects.shop.quota_bytes: must be at least -1, not -2"],
    ),
    (
        "severity that is none",
        {"projects": {"shop": {"block_severity": "severe"}}},
        ["projects.shop.block_severity: must be one of critical, high, medium, low, none, not 'severe'"],
    ),
    (
        "severity without scans",
        {"projects": {"shop": {"block_severity": "high", "scan_on_push": False}}},
        [
            "projects.shop.scan_on_push: is required with block_severity: what was not scanned cannot be pulled; set it to true"
        ],
    ),
    (
        "no vulnerability",
        {"projects": {"shop": {"cve_allowlist": {"ids": []}}}},
        ["projects.shop.cve_allowlist.ids: needs at least 1 entry (it has 0)"],
    ),
    (
        "a vulnerability twice",
        {"projects": {"shop": {"cve_allowlist": {"ids": ["CVE-2024-1", "CVE-2024-1"]}}}},
        ["projects.shop.cve_allowlist.ids: names 'CVE-2024-1' twice; name it once"],
    ),
    (
        "a vulnerability that is none",
        {"projects": {"shop": {"cve_allowlist": {"ids": ["2024 1"]}}}},
        ["projects.shop.cve_allowlist.ids[0]: '2024 1' is not the id of a vulnerability; write it as CVE-2024-12345"],
    ),
    (
        "an end without time zone",
        {"projects": {"shop": {"cve_allowlist": {"ids": ["CVE-2024-1"], "expires_at": "2027-01-01T00:00:00"}}}},
        ["projects.shop.cve_allowlist.expires_at: '2027-01-01T00:00:00' has no time zone; end it with Z"],
    ),
    (
        "an end that is no time",
        {"projects": {"shop": {"cve_allowlist": {"ids": ["CVE-2024-1"], "expires_at": "tomorrow"}}}},
        ["projects.shop.cve_allowlist.expires_at: 'tomorrow' is not a time; write it as 2027-12-31T00:00:00Z"],
    ),
    (
        "content trust of old",
        {"projects": {"shop": {"content_trust": ["notary"]}}},
        ["projects.shop.content_trust[0]: must be one of cosign, notation, not 'notary'"],
    ),
    (
        "proxy of nothing",
        {"projects": {"shop": {"proxy_cache": {"registry": "hub"}}}},
        ["projects.shop.proxy_cache.registry: there is no 'hub' in registries; there are: none"],
    ),
    (
        "proxy of what cannot be cached",
        {
            "registries": {"lab": {"kind": "gitlab", "url": "https://gitlab.example.com"}},
            "projects": {"shop": {"proxy_cache": {"registry": "lab"}}},
        },
        [
            "projects.shop.proxy_cache.registry: 'lab' is of kind 'gitlab', which Harbor cannot cache; it can: aws, azure, docker-hub, docker-registry, github, google, harbor, jfrog, quay"
        ],
    ),
    (
        "proxy with push",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "projects": {
                "shop": {
                    "proxy_cache": {"registry": "dr"},
                    "robots": {"ci": {"access": {"repository": ["pull", "push"]}}},
                }
            },
        },
        ["projects.shop.robots.ci.access: has 'push', which a proxy cache takes from nobody; remove it"],
    ),
    (
        "proxy with content trust and immutable tags",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "projects": {
                "shop": {
                    "proxy_cache": {"registry": "dr"},
                    "content_trust": ["cosign"],
                    "immutable_tags": {"all": {"tags": "v*"}},
                }
            },
        },
        [
            "projects.shop.content_trust: stops pulls through a proxy cache, where nothing is signed; remove it",
            "projects.shop.immutable_tags: stops a proxy cache from taking a tag that moved; remove it",
        ],
    ),
    (
        "role that is none",
        {"projects": {"shop": {"members": {"jane": "owner"}}}},
        [
            "projects.shop.members.jane: must be one of projectadmin, maintainer, developer, guest, limitedguest, not 'owner'"
        ],
    ),
    (
        "user that is none",
        {"projects": {"shop": {"members": {"jane doe": "guest"}}}},
        [
            "projects.shop.members['jane doe']: 'jane doe' is not a user's name; it has no blanks and none of , \" ~ # $ % /"
        ],
    ),
    (
        "group that is not there",
        {"projects": {"shop": {"groups": {"devs": "guest"}}}},
        ["projects.shop.groups.devs: there is no 'devs' in groups; there are: none"],
    ),
    (
        "group of a directory without its DN",
        {"groups": {"devs": {"kind": "ldap"}}},
        ["groups.devs.ldap_group_dn: is required for a group of kind 'ldap'; add it"],
    ),
    (
        "DN of another kind",
        {"groups": {"devs": {"kind": "oidc", "ldap_group_dn": "cn=devs"}}},
        ["groups.devs.ldap_group_dn: means nothing for a group of kind 'oidc'; remove it"],
    ),
    (
        "robot with the prefix",
        {"projects": {"shop": {"robots": {"ci": {"name": "robot$ci", "access": {"repository": ["pull"]}}}}}},
        [
            "projects.shop.robots.ci.name: 'robot$ci' has a $ or +, with which Harbor puts its prefix and project before the name; leave them out"
        ],
    ),
    (
        "robot without rights",
        {"projects": {"shop": {"robots": {"ci": {"access": {}}}}}},
        ["projects.shop.robots.ci.access: needs at least 1 entry (it has 0)"],
    ),
    (
        "robot with a right that is none",
        {"projects": {"shop": {"robots": {"ci": {"access": {"images": ["pull"]}}}}}},
        [
            "projects.shop.robots.ci.access: 'images' is not something to grant here; allowed: accessory, artifact, artifact-addition, artifact-label, export-cve, immutable-tag, label, log, member, metadata, notification-policy, preheat-policy, project, quota, repository, robot, sbom, scan, scanner, tag, tag-retention"
        ],
    ),
    (
        "robot with an action that is none",
        {"projects": {"shop": {"robots": {"ci": {"access": {"repository": ["write"]}}}}}},
        [
            "projects.shop.robots.ci.access: 'write' of 'repository' is no action; allowed: create, delete, list, operate, pull, push, read, stop, update"
        ],
    ),
    (
        "robot that pushes alone",
        {"projects": {"shop": {"robots": {"ci": {"access": {"repository": ["push"]}}}}}},
        [
            "projects.shop.robots.ci.access: 'push' of 'repository' needs 'pull' too: clients look for layers before they push"
        ],
    ),
    (
        "robot that pulls artifacts",
        {"projects": {"shop": {"robots": {"ci": {"access": {"artifact": ["pull"]}}}}}},
        ["projects.shop.robots.ci.access: 'pull' and 'push' are actions of 'repository', not of 'artifact'"],
    ),
    (
        "robot for no day",
        {"projects": {"shop": {"robots": {"ci": {"access": {"repository": ["pull"]}, "duration_days": 0}}}}},
        ["projects.shop.robots.ci.duration_days: must be at least 1, or -1 for ever, not 0"],
    ),
    (
        "robot with a weak secret",
        {"projects": {"shop": {"robots": {"ci": {"access": {"repository": ["pull"]}, "secret": "short-hidden"}}}}},
        [
            "projects.shop.robots.ci.secret: has to have 8 to 128 characters, among them an upper-case and a lower-case letter and a digit"
        ],
    ),
    ("system robot without rights", {"robots": {"all": {}}}, ["robots.all: may do nothing; give system or projects"]),
    (
        "system robot that is given a project twice",
        {
            "robots": {
                "all": {
                    "projects": [
                        {"project": "shop", "access": {"repository": ["pull"]}},
                        {"project": "shop", "access": {"repository": ["pull"]}},
                    ]
                }
            }
        },
        ["robots.all.projects[1].project: 'shop' is granted in projects[0] already"],
    ),
    (
        "system robot of a project that is none",
        {"robots": {"all": {"projects": [{"project": "Shop", "access": {"repository": ["pull"]}}]}}},
        [
            "robots.all.projects[0].project: 'Shop' is not a project's name; use lower-case letters, digits and single . _ - between them; or * for all"
        ],
    ),
    (
        "system robot with a project's right",
        {"robots": {"all": {"system": {"tag": ["list"]}}}},
        [
            "robots.all.system: 'tag' is not something to grant here; allowed: audit-log, catalog, export-cve, garbage-collection, jobservice-monitor, label, ldap-user, preheat-instance, project, purge-audit, quota, registry, replication, replication-adapter, replication-policy, robot, scan-all, scanner, security-hub, system-volumes, user, user-group"
        ],
    ),
    (
        "registry of no kind",
        {"registries": {"x": {"url": "https://x.example.com"}}},
        ["registries.x.kind: is required but not given; add it"],
    ),
    (
        "registry of a kind that is none",
        {"registries": {"x": {"kind": "nexus", "url": "https://x.example.com"}}},
        [
            "registries.x.kind: must be one of alibaba, artifact-hub, aws, azure, docker-hub, docker-registry, gitlab, github, google, harbor, huawei, jfrog, quay, not 'nexus'"
        ],
    ),
    (
        "registry without address",
        {"registries": {"x": {"kind": "harbor"}}},
        ["registries.x.url: is required for a registry of kind 'harbor'; add it"],
    ),
    (
        "Docker Hub with an address",
        {"registries": {"x": {"kind": "docker-hub", "url": "https://docker.io"}}},
        ["registries.x.url: is https://hub.docker.com for every registry of kind 'docker-hub'; remove it"],
    ),
    (
        "registry with half a login",
        {"registries": {"x": {"kind": "harbor", "url": "https://x.example.com", "access_id": "u"}}},
        ["registries.x.access_secret: is required together with the other; give both, or neither"],
    ),
    (
        "registry with a login in the clear",
        {
            "registries": {
                "x": {"kind": "harbor", "url": "http://x.example.com", "access_id": "u", "access_secret": "hidden-one"}
            }
        },
        ["registries.x.url: 'http://x.example.com' would send access_secret in the clear; write https://"],
    ),
    (
        "registry with a login in its address",
        {"registries": {"x": {"kind": "harbor", "url": "https://u:hidden@x.example.com"}}},
        ["registries.x.url: holds a login; take it out, and give it as credentials"],
    ),
    (
        "replication with nobody",
        {"replications": {"copy": {"registry": "dr", "direction": "push", "trigger": {"kind": "manual"}}}},
        ["replications.copy.registry: there is no 'dr' in registries; there are: none"],
    ),
    (
        "replication nowhere",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {"copy": {"registry": "dr", "direction": "both", "trigger": {"kind": "manual"}}},
        },
        ["replications.copy.direction: must be one of push, pull, not 'both'"],
    ),
    (
        "replication by a trigger that is none",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {"copy": {"registry": "dr", "direction": "push", "trigger": {"kind": "hourly"}}},
        },
        ["replications.copy.trigger: kind 'hourly' is not known; allowed: manual, event, cron"],
    ),
    (
        "replication by five fields",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {"registry": "dr", "direction": "push", "trigger": {"kind": "cron", "schedule": "0 2 * * *"}}
            },
        },
        [
            "replications.copy.trigger.schedule: '0 2 * * *' has 5 fields; Harbor takes six, seconds first, such as '0 0 2 * * *'"
        ],
    ),
    (
        "replication every minute",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {"registry": "dr", "direction": "push", "trigger": {"kind": "cron", "schedule": "0 * * * * *"}}
            },
        },
        [
            "replications.copy.trigger.schedule: '0 * * * * *' is every minute, which Harbor refuses; name the minutes, such as '0 0 2 * * *'"
        ],
    ),
    (
        "replication at odd seconds",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {"registry": "dr", "direction": "push", "trigger": {"kind": "cron", "schedule": "30 0 2 * * *"}}
            },
        },
        ["replications.copy.trigger.schedule: '30 0 2 * * *' has '30' for the seconds, which have to be 0"],
    ),
    (
        "pull by event",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {"registry": "dr", "direction": "pull", "trigger": {"kind": "event"}, "filter": {"name": "**"}}
            },
        },
        ["replications.copy.trigger.kind: 'event' is for push: Harbor sees no event elsewhere; use cron or manual"],
    ),
    (
        "pull of everything unsaid",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {"copy": {"registry": "dr", "direction": "pull", "trigger": {"kind": "manual"}}},
        },
        [
            "replications.copy.filter.name: is required to pull: it says which repositories; write ** for all that it lists"
        ],
    ),
    (
        "deletion without event",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {"registry": "dr", "direction": "push", "trigger": {"kind": "manual"}, "deletion": True}
            },
        },
        ["replications.copy.deletion: means nothing with trigger 'manual': it follows events; remove it"],
    ),
    (
        "excluded tags unsaid",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {
                    "registry": "dr",
                    "direction": "push",
                    "trigger": {"kind": "manual"},
                    "filter": {"tag_excluded": True},
                }
            },
        },
        ["replications.copy.filter.tag_excluded: needs tag, which says what is left out"],
    ),
    (
        "excluded labels unsaid",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {
                    "registry": "dr",
                    "direction": "push",
                    "trigger": {"kind": "manual"},
                    "filter": {"labels_excluded": True},
                }
            },
        },
        ["replications.copy.filter.labels_excluded: needs labels, which say what is left out"],
    ),
    (
        "no bandwidth",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {"registry": "dr", "direction": "push", "trigger": {"kind": "manual"}, "bandwidth_kbps": 0}
            },
        },
        ["replications.copy.bandwidth_kbps: must be at least 1, or -1 for no limit, not 0"],
    ),
    (
        "too flat",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {"registry": "dr", "direction": "push", "trigger": {"kind": "manual"}, "flatten_levels": 4}
            },
        },
        ["replications.copy.flatten_levels: must be at most 3, not 4"],
    ),
    (
        "a broken pattern",
        {
            "registries": {"dr": {"kind": "harbor", "url": "https://dr.example.com"}},
            "replications": {
                "copy": {
                    "registry": "dr",
                    "direction": "push",
                    "trigger": {"kind": "manual"},
                    "filter": {"name": "shop/[a"},
                }
            },
        },
        ["replications.copy.filter.name: the bracket in 'shop/[a' is not closed"],
    ),
    (
        "retention of nothing",
        {"garbage_collection": {"kind": "scheduled"}, "projects": {"shop": {"lifecycle": {"rules": [{}]}}}},
        [
            "projects.shop.lifecycle.rules[0]: says nothing; say exactly one of always, most_recently_pushed, most_recently_pulled, pushed_within_days, pulled_within_days"
        ],
    ),
    (
        "retention of two conditions",
        {
            "garbage_collection": {"kind": "scheduled"},
            "projects": {"shop": {"lifecycle": {"rules": [{"always": True, "most_recently_pushed": 3}]}}},
        },
        [
            "projects.shop.lifecycle.rules[0]: says always and most_recently_pushed; say exactly one of always, most_recently_pushed, most_recently_pulled, pushed_within_days, pulled_within_days"
        ],
    ),
    (
        "retention in and out",
        {
            "garbage_collection": {"kind": "scheduled"},
            "projects": {"shop": {"lifecycle": {"rules": [{"always": True, "tags": "a", "exclude_tags": "b"}]}}},
        },
        ["projects.shop.lifecycle.rules[0].exclude_tags: and tags exclude each other in one rule; say one of them"],
    ),
    (
        "retention without collection",
        {"projects": {"shop": {"lifecycle": {"rules": [{"most_recently_pushed": 3}]}}}},
        [
            "garbage_collection: is required with lifecycle of 'shop': what is deleted frees no space before it; add it, or kind 'elsewhere' where somebody else does it"
        ],
    ),
    (
        "two deleters",
        {
            "garbage_collection": {"kind": "scheduled", "delete_untagged": True},
            "projects": {"shop": {"lifecycle": {"rules": [{"most_recently_pushed": 3}]}}},
        },
        ["garbage_collection.delete_untagged: is a second deleter beside lifecycle; say it there, or remove it"],
    ),
    (
        "lifecycle and immutable tags",
        {
            "garbage_collection": {"kind": "scheduled"},
            "projects": {
                "shop": {
                    "lifecycle": {
                        "repositories": ["**"],
                        "expire": {"old": {"tag_state": "any", "older_than_days": 30}},
                    },
                    "immutable_tags": {"all": {}},
                }
            },
        },
        [
            "projects.shop.immutable_tags.all: makes every tag immutable, so that lifecycle can delete nothing that has one; name the tags"
        ],
    ),
    (
        "a unified policy with an archive",
        {
            "garbage_collection": {"kind": "scheduled"},
            "projects": {
                "shop": {
                    "lifecycle": {
                        "repositories": ["**"],
                        "archive": {"old": {"tag_state": "any", "older_than_days": 30}},
                    }
                }
            },
        },
        [
            "projects.shop.lifecycle: the lifecycle policy cannot be carried out by Harbor as it is meant:\n    archive: Harbor has no archive; expire, or remove it"
        ],
    ),
    (
        "too many retention rules",
        {
            "garbage_collection": {"kind": "scheduled"},
            "projects": {
                "shop": {
                    "lifecycle": {
                        "rules": [
                            {"most_recently_pushed": 1},
                            {"most_recently_pushed": 2},
                            {"most_recently_pushed": 3},
                            {"most_recently_pushed": 4},
                            {"most_recently_pushed": 5},
                            {"most_recently_pushed": 6},
                            {"most_recently_pushed": 7},
                            {"most_recently_pushed": 8},
                            {"most_recently_pushed": 9},
                            {"most_recently_pushed": 10},
                            {"most_recently_pushed": 11},
                            {"most_recently_pushed": 12},
                            {"most_recently_pushed": 13},
                            {"most_recently_pushed": 14},
                            {"most_recently_pushed": 15},
                            {"most_recently_pushed": 16},
                            {"most_recently_pushed": 17},
                        ]
                    }
                }
            },
        },
        ["projects.shop.lifecycle.rules: takes at most 15 entries (it has 17)"],
    ),
    (
        "webhook without events",
        {"projects": {"shop": {"webhooks": {"x": {"address": "https://ci.example.com", "events": []}}}}},
        ["projects.shop.webhooks.x.events: needs at least 1 entry (it has 0)"],
    ),
    (
        "webhook with an event that is none",
        {"projects": {"shop": {"webhooks": {"x": {"address": "https://ci.example.com", "events": ["PUSH"]}}}}},
        [
            "projects.shop.webhooks.x.events[0]: must be one of DELETE_ARTIFACT, PULL_ARTIFACT, PUSH_ARTIFACT, QUOTA_EXCEED, QUOTA_WARNING, REPLICATION, SCANNING_COMPLETED, SCANNING_FAILED, SCANNING_STOPPED, TAG_RETENTION, not 'PUSH'"
        ],
    ),
    (
        "webhook with a header in the clear",
        {
            "projects": {
                "shop": {
                    "webhooks": {
                        "x": {
                            "address": "http://ci.example.com",
                            "events": ["PUSH_ARTIFACT"],
                            "auth_header": "hidden-one",
                        }
                    }
                }
            }
        },
        [
            "projects.shop.webhooks.x.address: 'http://ci.example.com' would send auth_header in the clear; write https://"
        ],
    ),
    (
        "webhook with a header to anybody",
        {
            "projects": {
                "shop": {
                    "webhooks": {
                        "x": {
                            "address": "https://ci.example.com",
                            "events": ["PUSH_ARTIFACT"],
                            "auth_header": "hidden-one",
                            "skip_cert_verify": True,
                        }
                    }
                }
            }
        },
        ["projects.shop.webhooks.x.skip_cert_verify: would send auth_header to whoever answers; remove one of the two"],
    ),
    (
        "chat with a header",
        {
            "projects": {
                "shop": {
                    "webhooks": {
                        "x": {
                            "address": "https://ci.example.com",
                            "events": ["PUSH_ARTIFACT"],
                            "kind": "slack",
                            "auth_header": "hidden-one",
                        }
                    }
                }
            }
        },
        ["projects.shop.webhooks.x.auth_header: is for kind 'http': Slack's address holds its secret; remove it"],
    ),
    (
        "label without colour",
        {"labels": {"x": {"color": "red"}}},
        ["labels.x.color: 'red' is not a colour; write it as #61717D"],
    ),
    (
        "two labels of one name",
        {"labels": {"a": {"name": "x"}, "b": {"name": "x"}}},
        ["labels.b: has the name 'x', as 'a' has; give it another"],
    ),
    (
        "scanner with half a login",
        {"scanners": {"x": {"url": "https://clair.example.com", "auth": "Bearer"}}},
        ["scanners.x.credential: is required together with the other; give both, or neither"],
    ),
    (
        "scanner with a login in the clear",
        {"scanners": {"x": {"url": "http://clair.example.com", "auth": "Bearer", "credential": "hidden-one"}}},
        ["scanners.x.url: 'http://clair.example.com' would send credential in the clear; write https://"],
    ),
    (
        "two scanners at one address",
        {"scanners": {"a": {"url": "https://clair.example.com"}, "b": {"url": "https://clair.example.com"}}},
        ["scanners.b.url: is that of 'a' too; Harbor takes each once"],
    ),
    (
        "scanner that is not there",
        {"projects": {"shop": {"scanner": "clair"}}},
        ["projects.shop.scanner: there is no 'clair' in scanners; there are: none"],
    ),
    (
        "scanner that is off",
        {
            "scanners": {"clair": {"url": "https://clair.example.com", "enabled": False}},
            "projects": {"shop": {"scanner": "clair"}},
        },
        ["projects.shop.scanner: 'clair' is not enabled; enable it, or take another"],
    ),
    (
        "peers of a vendor that is none",
        {"preheat_instances": {"x": {"vendor": "spegel", "endpoint": "https://peers.example.com"}}},
        ["preheat_instances.x.vendor: must be one of dragonfly, kraken, not 'spegel'"],
    ),
    (
        "peers with two logins",
        {
            "preheat_instances": {
                "x": {
                    "vendor": "dragonfly",
                    "endpoint": "https://peers.example.com",
                    "username": "u",
                    "password": "hidden-one",
                    "token": "hidden-two",
                }
            }
        },
        ["preheat_instances.x.token: and username exclude each other; give one login"],
    ),
    (
        "peers with half a login",
        {"preheat_instances": {"x": {"vendor": "dragonfly", "endpoint": "https://peers.example.com", "username": "u"}}},
        ["preheat_instances.x.password: is required together with the other; give both, or neither"],
    ),
    (
        "two default peers",
        {
            "preheat_instances": {
                "a": {"vendor": "dragonfly", "endpoint": "https://peers.example.com", "default": True},
                "b": {"vendor": "dragonfly", "endpoint": "https://peers.example.com", "default": True},
            }
        },
        ["preheat_instances.b.default: is set for 'a' already; there is one"],
    ),
    (
        "preheating by nobody",
        {"projects": {"shop": {"preheat_policies": {"x": {"instance": "edge", "repositories": "**", "tags": "**"}}}}},
        ["projects.shop.preheat_policies.x.instance: there is no 'edge' in preheat_instances; there are: none"],
    ),
    (
        "login without openid",
        {
            "auth": {
                "kind": "oidc",
                "name": "company",
                "endpoint": "https://login.example.com",
                "client_id": "harbor",
                "client_secret": "s",
                "scopes": ["profile"],
            }
        },
        ["auth.scopes: has no 'openid', without which there is no login; add it"],
    ),
    (
        "login that boards without a name",
        {
            "auth": {
                "kind": "oidc",
                "name": "company",
                "endpoint": "https://login.example.com",
                "client_id": "harbor",
                "client_secret": "s",
                "auto_onboard": True,
            }
        },
        ["auth.user_claim: is required with auto_onboard: it names the users; add it"],
    ),
    (
        "administrators without groups",
        {
            "auth": {
                "kind": "oidc",
                "name": "company",
                "endpoint": "https://login.example.com",
                "client_id": "harbor",
                "client_secret": "s",
                "admin_group": "admins",
            }
        },
        ["auth.groups_claim: is required with admin_group: it tells who is in it; add it"],
    ),
    ("login of no kind", {"auth": {"kind": "saml"}}, ["auth: kind 'saml' is not known; allowed: database, oidc, ldap"]),
    (
        "directory without scheme",
        {"auth": {"kind": "ldap", "url": "ldap.example.com", "base_dn": "dc=example"}},
        ["auth.url: 'ldap.example.com' is not the URL of a directory; write it as ldaps://ldap.example.com"],
    ),
    (
        "directory with half a login",
        {"auth": {"kind": "ldap", "url": "ldaps://ldap.example.com", "base_dn": "dc=example", "search_dn": "cn=x"}},
        ["auth.search_password: is required together with the other; give both, or neither"],
    ),
    (
        "directory in the clear",
        {
            "auth": {
                "kind": "ldap",
                "url": "ldap://ldap.example.com",
                "base_dn": "dc=example",
                "search_dn": "cn=x",
                "search_password": "hidden-one",
            }
        },
        ["auth.url: 'ldap://ldap.example.com' would send passwords in the clear; write ldaps://"],
    ),
    (
        "directory administrators without groups",
        {
            "auth": {
                "kind": "ldap",
                "url": "ldaps://ldap.example.com",
                "base_dn": "dc=example",
                "group_admin_dn": "cn=admins",
            }
        },
        ["auth.group_base_dn: is required with group_admin_dn: groups are looked for below it; add it"],
    ),
    (
        "groups of another login",
        {
            "auth": {
                "kind": "oidc",
                "name": "company",
                "endpoint": "https://login.example.com",
                "client_id": "harbor",
                "client_secret": "s",
            },
            "groups": {"devs": {"kind": "ldap", "ldap_group_dn": "cn=devs"}},
        },
        ["groups.devs.kind: 'ldap' needs auth of that kind, not 'oidc'"],
    ),
    (
        "registration beside a directory",
        {
            "auth": {"kind": "ldap", "url": "ldaps://ldap.example.com", "base_dn": "dc=example"},
            "system": {"self_registration": True},
        },
        ["system.self_registration: is for auth kind 'database', not 'ldap'; remove it"],
    ),
    (
        "default quota in part of a GiB",
        {"system": {"default_quota_bytes": 5}},
        [
            "system.default_quota_bytes: 5 is not a whole number of GiB (1073741824 bytes), which is what the provider tells Harbor; use 1073741824, or -1 for no limit"
        ],
    ),
    (
        "audit logs nowhere",
        {"system": {"skip_audit_log_database": True}},
        ["system.audit_log_forward_endpoint: is required with skip_audit_log_database: nobody would know; add it"],
    ),
    (
        "banner of a kind that is none",
        {"system": {"banner": {"message": "x", "type": "loud"}}},
        ["system.banner.type: must be one of success, info, warning, danger, not 'loud'"],
    ),
    (
        "banner from a day that is none",
        {"system": {"banner": {"message": "x", "from_date": "2027-01-01"}}},
        ["system.banner.from_date: '2027-01-01' is not a day; write it as 12/31/2027"],
    ),
    (
        "too many workers",
        {"garbage_collection": {"kind": "scheduled", "workers": 6}},
        ["garbage_collection.workers: must be at most 5, not 6"],
    ),
    (
        "collection that is none",
        {"garbage_collection": {"kind": "never"}},
        ["garbage_collection: kind 'never' is not known; allowed: scheduled, elsewhere"],
    ),
    (
        "purge of nothing",
        {"purge_audit": {"operations": []}},
        ["purge_audit.operations: needs at least 1 entry (it has 0)"],
    ),
    (
        "scan every minute",
        {"scan_all": {"schedule": "0 * * * * *"}},
        [
            "scan_all.schedule: '0 * * * * *' is every minute, which Harbor refuses; name the minutes, such as '0 0 2 * * *'"
        ],
    ),
    (
        "a project named as a group of robots",
        {
            "projects": {"robot": {"robots": {"robot-b": {"name": "b", "access": {"repository": ["pull"]}}}}},
            "robots": {"robot-robot-b": {"name": "c", "system": {"label": ["read"]}}},
        },
        ["robots.robot-robot-b: is named as projects.robot.robots.robot-b in the stack; take another key"],
    ),
    (
        "many at once",
        {"url": "harbor", "deletion": "destroy", "projects": {"shop": {"quota_bytes": 5, "scanner": "x"}}},
        [
            "empty_on_delete: is required too to remove projects on destroy; set it to true, or remove deletion",
            "projects.shop.quota_bytes: 5 is not a whole number of GiB (1073741824 bytes), which is what the provider tells Harbor; use 1073741824, or -1 for no limit",
            "url: 'harbor' is not a URL; write it as https://harbor.example.com",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_mistake_is_told_whole(changes: dict[str, Any], mistakes: list[str]) -> None:
    settings = {key: value for key, value in {**GOOD, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        HarborConfigurationArgs.parse(settings)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    assert str(caught.value) == "\n".join(
        [f"HarborConfigurationArgs is not valid ({count}):", *(f"  {mistake}" for mistake in mistakes)]
    )
    assert "hidden" not in str(caught.value)


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) == len({title for title, *_ in TABLE}) >= 110


def test_the_good_settings_are_good() -> None:
    assert HarborConfigurationArgs.parse(GOOD).projects == {}
