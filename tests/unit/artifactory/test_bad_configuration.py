# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong settings of what is in an Artifactory."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.artifactory import ArtifactoryConfigurationArgs
from registry_components.core.errors import StackError
from tests.unit.artifactory.material import GOOD

pytestmark = pytest.mark.unit

MISSING = object()
LOCAL: dict[str, Any] = {"docker-local": {}}
TARGET = {"url": "https://north.example.com/artifactory/docker", "username": "r", "password": "planted-password"}

# A title, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "nothing said",
        {"url": MISSING, "access_token": MISSING, "edition": MISSING},
        [
            "access_token: is required but not given; add it",
            "edition: is required but not given; add it",
            "url: is required but not given; add it",
        ],
    ),
    ("misspelt", {"locals": {}}, ["locals: is not a setting; did you mean local?"]),
    (
        "misspelt in a repository",
        {"local": {"docker-local": {"max_tags": 3}}},
        ["local.docker-local.max_tags: is not a setting; did you mean max_unique_tags?"],
    ),
    (
        "url without scheme",
        {"url": "artifactory.example.com"},
        ["url: 'artifactory.example.com' is not a URL; write it as https://artifactory.example.com"],
    ),
    (
        "url in the clear",
        {"url": "http://artifactory.example.com"},
        ["url: 'http://artifactory.example.com' would send the access token in the clear; write https://"],
    ),
    (
        "url of one service",
        {"url": "https://artifactory.example.com/artifactory"},
        [
            "url: 'https://artifactory.example.com/artifactory' has the path of one service; give the platform's root, which all of them are below"
        ],
    ),
    (
        "url with a login",
        {"url": "https://admin:pw@artifactory.example.com"},
        ["url: holds a login; take it out, and give it as access_token"],
    ),
    ("no token", {"access_token": ""}, ["access_token: cannot be empty; give an administrator's access token"]),
    (
        "a token with a line break",
        {"access_token": "abc\n"},
        ["access_token: has a blank or a line break; give the token alone"],
    ),
    (
        "JFrog Container Registry",
        {"edition": "jcr"},
        [
            "edition: needs edition 'pro' or 'enterprise_x' or 'enterprise_plus', not 'jcr': its API says 'available only in Artifactory Pro'; make its repositories in its web interface"
        ],
    ),
    (
        "OSS",
        {"edition": "oss"},
        [
            "edition: needs edition 'pro' or 'enterprise_x' or 'enterprise_plus', not 'oss': its API says 'available only in Artifactory Pro'; make its repositories in its web interface"
        ],
    ),
    (
        "a version that is none",
        {"version": "newest"},
        ["version: 'newest' is not a version of Artifactory; write it as '7.133.17'"],
    ),
    ("an old version", {"version": "6.23.1"}, ["version: '6.23.1' is older than 7, which this library is made for"]),
    (
        "federated with Pro",
        {
            "edition": "pro",
            "federated": {"docker": {"members": {"us": {"url": "https://us.example.com/artifactory/docker"}}}},
        },
        ["federated: needs edition 'enterprise_x' or 'enterprise_plus', not 'pro'"],
    ),
    (
        "cleanup with Pro",
        {
            "edition": "pro",
            "local": LOCAL,
            "cleanup_policies": {"old": {"repositories": ["docker-local"], "policy": {"older_than_days": 30}}},
        },
        [
            "cleanup_policies: needs edition 'enterprise_plus', not 'pro'; max_unique_tags of a repository works in every edition"
        ],
    ),
    (
        "cleanup with an older Enterprise X",
        {
            "edition": "enterprise_x",
            "version": "7.133.17",
            "local": LOCAL,
            "cleanup_policies": {"old": {"repositories": ["docker-local"], "policy": {"older_than_days": 30}}},
        },
        [
            "cleanup_policies: needs edition 'enterprise_plus', or 'enterprise_x' from 7.146 on; say version where it is; max_unique_tags of a repository works in every edition"
        ],
    ),
    (
        "archive with Enterprise X of no version",
        {
            "edition": "enterprise_x",
            "version": MISSING,
            "local": LOCAL,
            "archive_policies": {"old": {"repositories": ["docker-local"], "policy": {"older_than_days": 30}}},
        },
        ["archive_policies: needs edition 'enterprise_plus', or 'enterprise_x' from 7.146 on; say version where it is"],
    ),
    (
        "direct downloads with Pro",
        {"edition": "pro", "local": {"docker-local": {"download_direct": True, "cdn_redirect": True}}},
        [
            "local.docker-local.cdn_redirect: needs edition 'enterprise_plus', not 'pro'",
            "local.docker-local.download_direct: needs edition 'enterprise_plus', not 'pro'",
        ],
    ),
    (
        "several targets with Pro",
        {
            "edition": "pro",
            "local": LOCAL,
            "replications": {
                "copy": {
                    "repository": "docker-local",
                    "schedule": "0 0 4 * * ?",
                    "targets": {"north": TARGET, "south": TARGET},
                }
            },
        },
        [
            "replications.copy.targets: are 2, and more than one needs edition 'enterprise_x' or 'enterprise_plus', not 'pro'"
        ],
    ),
    (
        "checksums with Pro",
        {
            "edition": "pro",
            "local": LOCAL,
            "replications": {
                "copy": {
                    "repository": "docker-local",
                    "schedule": "0 0 4 * * ?",
                    "targets": {"north": {**TARGET, "check_filestore": True}},
                }
            },
        },
        ["replications.copy.targets.north.check_filestore: needs edition 'enterprise_plus', not 'pro'"],
    ),
    (
        "a key with capitals",
        {"local": {"docker": {"key": "Docker"}}},
        [
            "local.docker.key: 'Docker' is not a repository's key; use lower-case letters, digits and single . _ - between them"
        ],
    ),
    (
        "a key of 64 characters",
        {"local": {"docker": {"key": "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"}}},
        [
            "local.docker.key: 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd' has 64 characters, and a key has at most 63; shorten it"
        ],
    ),
    (
        "a key here that is no repository's",
        {"local": {"Docker.Local": {}}},
        [
            "local.Docker.Local: 'Docker.Local' is not a repository's key; use lower-case letters, digits and single . _ - between them, or give key"
        ],
    ),
    (
        "two repositories of one key",
        {"local": {"a": {"key": "docker"}, "b": {"key": "docker"}}},
        ["local.b.key: 'docker' is that of local.a; give it another"],
    ),
    (
        "two kinds of one key here",
        {"local": {"docker": {}}, "remote": {"docker": {"url": "https://registry-1.docker.io/"}}},
        ["remote.docker: has the key of local.docker; all repositories share them, so take another"],
    ),
    (
        "ours and somebody else's",
        {"local": LOCAL, "existing_repositories": {"docker-local": "local"}},
        ["local.docker-local: is in existing_repositories too; remove it from one of them"],
    ),
    (
        "a project's key that is missing",
        {"local": {"docker": {"project": "shop"}}},
        ["local.docker.project: means that its key begins with 'shop-', not 'docker'"],
    ),
    (
        "a package that is none",
        {"local": {"npm": {"package": "npm"}}},
        ["local.npm.package: must be one of docker, oci, helm_oci, not 'npm'"],
    ),
    (
        "schema 1 of OCI",
        {"local": {"oci": {"package": "oci", "block_schema1": False}}},
        ["local.oci.block_schema1: is for package 'docker', not 'oci'; remove it"],
    ),
    (
        "a pattern with a comma",
        {"local": {"docker-local": {"include": ["a/**,b/**"]}}},
        [
            "local.docker-local.include[0]: 'a/**,b/**' is not a pattern of paths; write one such as 'shop/**', without blanks and commas"
        ],
    ),
    (
        "a pattern twice",
        {"local": {"docker-local": {"include": ["a/**", "a/**"]}}},
        ["local.docker-local.include: names 'a/**' twice; name it once"],
    ),
    ("no upstream", {"remote": {"hub": {}}}, ["remote.hub.url: is required but not given; add it"]),
    (
        "an upstream without scheme",
        {"remote": {"hub": {"url": "docker.io"}}},
        ["remote.hub.url: 'docker.io' is not a registry's URL; write it as https://registry-1.docker.io/"],
    ),
    (
        "an upstream with a login",
        {"remote": {"hub": {"url": "https://u:p@docker.io"}}},
        ["remote.hub.url: holds a login; take it out, and give it as username and password"],
    ),
    (
        "a login by halves",
        {"remote": {"hub": {"url": "https://registry-1.docker.io/", "username": "acme"}}},
        ["remote.hub.password: is required with username; give both, or neither"],
    ),
    (
        "a password without a name",
        {
            "remote": {
                "hub": {
                    "url": "https://registry-1.docker.io/",
                    "password": "planted-password",
                    "token_authentication": False,
                }
            }
        },
        ["remote.hub.username: is required with password, unless it is a token (token_authentication)"],
    ),
    (
        "a password in the clear",
        {"remote": {"hub": {"url": "http://registry.example.com/", "username": "a", "password": "planted-password"}}},
        ["remote.hub.url: 'http://registry.example.com/' would send the password in the clear; write https://"],
    ),
    (
        "a proxy that is switched off",
        {"remote": {"hub": {"url": "https://registry-1.docker.io/", "proxy": "out", "disable_proxy": True}}},
        ["remote.hub.proxy: and disable_proxy exclude each other; remove one of them"],
    ),
    (
        "curation of OCI",
        {"remote": {"hub": {"url": "https://ghcr.io/", "package": "oci", "curated": True}}},
        ["remote.hub.curated: is for package 'docker', not 'oci'; remove it"],
    ),
    (
        "a login for all hosts that is none",
        {"remote": {"hub": {"url": "https://ghcr.io/", "allow_any_host_auth": True}}},
        ["remote.hub.allow_any_host_auth: is for a login, and none is given; remove it"],
    ),
    (
        "layers of charts",
        {"remote": {"hub": {"url": "https://ghcr.io/", "package": "helm_oci", "foreign_layers": ["**"]}}},
        ["remote.hub.foreign_layers: are of images, and this is for charts; remove them"],
    ),
    (
        "a virtual one of nothing",
        {"virtual": {"docker": {"repositories": []}}},
        ["virtual.docker.repositories: needs at least 1 entry (it has 0)"],
    ),
    (
        "a virtual one of what is not there",
        {"local": LOCAL, "virtual": {"docker": {"repositories": ["docker-locl"]}}},
        [
            "virtual.docker.repositories[0]: there is no 'docker-locl'; there are: docker, docker-local. What is somebody else's goes into existing_repositories"
        ],
    ),
    (
        "a virtual one of two packages",
        {
            "local": LOCAL,
            "remote": {"oci": {"package": "oci", "url": "https://ghcr.io/"}},
            "virtual": {"docker": {"repositories": ["docker-local", "oci"]}},
        },
        ["virtual.docker.repositories[1]: 'oci' is of package 'oci', and this is of 'docker'; make them the same"],
    ),
    (
        "a push into a cache",
        {
            "remote": {"hub": {"url": "https://registry-1.docker.io/"}},
            "virtual": {"docker": {"repositories": ["hub"], "default_deployment": "hub"}},
        },
        ["virtual.docker.default_deployment: 'hub' is a remote repository, and this takes local or federated ones"],
    ),
    (
        "a push beside it",
        {"local": LOCAL, "virtual": {"docker": {"repositories": ["docker-local"], "default_deployment": "other"}}},
        ["virtual.docker.default_deployment: 'other' is not among repositories; add it there"],
    ),
    (
        "a virtual one that holds itself",
        {"virtual": {"a": {"repositories": ["b"]}, "b": {"repositories": ["a"]}}},
        ["virtual.a.repositories: lead back to it; take one of them out"],
    ),
    (
        "a federated one alone",
        {"federated": {"docker": {"members": {}}}},
        ["federated.docker.members: needs at least 1 entry (it has 0)"],
    ),
    (
        "a member that is no repository",
        {"federated": {"docker": {"members": {"us": {"url": "https://us.example.com/docker"}}}}},
        [
            "federated.docker.members.us.url: 'https://us.example.com/docker' is not a repository's URL; write it as https://HOST/artifactory/REPOSITORY"
        ],
    ),
    (
        "a member in the clear",
        {"federated": {"docker": {"members": {"us": {"url": "http://us.example.com/artifactory/docker"}}}}},
        [
            "federated.docker.members.us.url: 'http://us.example.com/artifactory/docker' would send the login in the clear; write https://"
        ],
    ),
    (
        "removed everywhere, kept here",
        {
            "federated": {
                "docker": {
                    "members": {"us": {"url": "https://us.example.com/artifactory/docker"}},
                    "cleanup_on_delete": True,
                }
            }
        },
        [
            "federated.docker.cleanup_on_delete: would remove it everywhere, and here it is kept; give both consents (deletion, empty_on_delete)"
        ],
    ),
    (
        "everybody an administrator",
        {"groups": {"all": {"auto_join": True, "admin": True}}},
        ["groups.all.auto_join: would make every new user an administrator, and Artifactory refuses it; remove it"],
    ),
    (
        "two groups of one name",
        {"groups": {"a": {"name": "devs"}, "b": {"name": "devs"}}},
        ["groups.b: has the name 'devs', as 'a' has; give it another"],
    ),
    (
        "a user in no group",
        {"users": {"ci": {"email": "ci@example.com", "password": "Planted-1-password", "groups": ["devs"]}}},
        ["users.ci.groups[0]: there is no 'devs'; there are: none. What is somebody else's goes into existing_groups"],
    ),
    (
        "a user's address",
        {"users": {"ci": {"email": "ci", "password": "Planted-1-password"}}},
        ["users.ci.email: 'ci' is not an address of mail"],
    ),
    (
        "a user with capitals",
        {"users": {"CI": {"email": "ci@example.com", "password": "Planted-1-password"}}},
        ["users.CI: 'CI' is not a user's name; use lower-case letters, digits and . - _ @, or give name"],
    ),
    (
        "an administrator without the interface",
        {"users": {"ci": {"email": "ci@example.com", "password": "Planted-1-password", "admin": True}}},
        ["users.ci.disable_ui_access: is refused for an administrator; set it to false"],
    ),
    (
        "a permission for nobody",
        {"local": LOCAL, "permissions": {"build": {"repositories": ["docker-local"]}}},
        ["permissions.build.groups: or users is required: it grants nobody anything; give one of them"],
    ),
    (
        "a permission in no repository",
        {"groups": {"devs": {}}, "permissions": {"build": {"repositories": ["docker"], "groups": {"devs": ["read"]}}}},
        [
            "permissions.build.repositories[0]: there is no 'docker'; there are: none. What is somebody else's goes into existing_repositories"
        ],
    ),
    (
        "a permission for a group that is not there",
        {"local": LOCAL, "permissions": {"build": {"repositories": ["docker-local"], "groups": {"devs": ["read"]}}}},
        [
            "permissions.build.groups.devs: there is no 'devs'; there are: none. What is somebody else's goes into existing_groups"
        ],
    ),
    (
        "a permission for a user who is not there",
        {"local": LOCAL, "permissions": {"build": {"repositories": ["docker-local"], "users": {"ci": ["read"]}}}},
        [
            "permissions.build.users['ci']: there is no 'ci'; there are: none. What is somebody else's goes into existing_users"
        ],
    ),
    (
        "a permission nowhere",
        {"groups": {"devs": {}}, "permissions": {"build": {"groups": {"devs": ["read"]}}}},
        ["permissions.build.repositories: or all_of is required; name some, or say all_of 'local'"],
    ),
    (
        "a permission here and everywhere",
        {
            "local": LOCAL,
            "groups": {"devs": {}},
            "permissions": {"build": {"repositories": ["docker-local"], "all_of": "any", "groups": {"devs": ["read"]}}},
        },
        ["permissions.build.all_of: and repositories exclude each other; remove one of them"],
    ),
    (
        "environments without a project",
        {"local": {"docker": {"environments": ["PROD"]}}},
        ["local.docker.environments: are of a project; give project, or remove them"],
    ),
    (
        "an action that is none",
        {
            "local": LOCAL,
            "groups": {"devs": {}},
            "permissions": {"build": {"repositories": ["docker-local"], "groups": {"devs": ["pull"]}}},
        },
        [
            "permissions.build.groups.devs[0]: must be one of read, write, annotate, delete, manage, managedXrayMeta, distribute, not 'pull'"
        ],
    ),
    (
        "a token's key that is no user",
        {"groups": {"devs": {}}, "tokens": {"CI": {"groups": ["devs"]}}},
        ["tokens.CI: 'CI' is not a user's name; use lower-case letters, digits and . - _ @, or give username"],
    ),
    (
        "a token that may do nothing",
        {"tokens": {"ci": {}}},
        ["tokens.ci.groups: or scopes is required: a token of neither may do nothing; give one of them"],
    ),
    (
        "a token that is not kept",
        {"groups": {"devs": {}}, "tokens": {"ci": {"groups": ["devs"], "expires_in_seconds": 3600}}},
        [
            "tokens.ci.expires_in_seconds: 3600 is less than 10800, below which Artifactory keeps no token: each run would make another; give more, or 0 for no end"
        ],
    ),
    (
        "a token's scope that is none",
        {"tokens": {"ci": {"scopes": ["docker-local:read"]}}},
        [
            "tokens.ci.scopes[0]: 'docker-local:read' is not a scope; write such as 'artifact:docker-local/**:r' or 'applied-permissions/groups:readers'"
        ],
    ),
    (
        "a token that refreshes for ever",
        {"groups": {"devs": {}}, "tokens": {"ci": {"groups": ["devs"], "refreshable": True}}},
        ["tokens.ci.refreshable: means nothing for a token that never ends; remove it"],
    ),
    (
        "scopes that are too long",
        {
            "tokens": {
                "ci": {
                    "scopes": [
                        "artifact:docker-local-000/**:r",
                        "artifact:docker-local-001/**:r",
                        "artifact:docker-local-002/**:r",
                        "artifact:docker-local-003/**:r",
                        "artifact:docker-local-004/**:r",
                        "artifact:docker-local-005/**:r",
                        "artifact:docker-local-006/**:r",
                        "artifact:docker-local-007/**:r",
                        "artifact:docker-local-008/**:r",
                        "artifact:docker-local-009/**:r",
                        "artifact:docker-local-010/**:r",
                        "artifact:docker-local-011/**:r",
                        "artifact:docker-local-012/**:r",
                        "artifact:docker-local-013/**:r",
                        "artifact:docker-local-014/**:r",
                        "artifact:docker-local-015/**:r",
                        "artifact:docker-local-016/**:r",
                        "artifact:docker-local-017/**:r",
                        "artifact:docker-local-018/**:r",
                        "artifact:docker-local-019/**:r",
                    ]
                }
            }
        },
        ["tokens.ci.scopes: have more than 500 characters together; use a group"],
    ),
    (
        "an audience that is none",
        {"tokens": {"ci": {"scopes": ["applied-permissions/user"], "audiences": ["everybody"]}}},
        ["tokens.ci.audiences[0]: 'everybody' is not a service's id; write such as 'jfrt@*'"],
    ),
    (
        "a policy of everything",
        {
            "local": LOCAL,
            "cleanup_policies": {"old": {"repositories": ["docker-local"], "policy": {"package": "shop/**"}}},
        },
        [
            "cleanup_policies.old.policy: says nothing, and would take every package; give older_than_days, undownloaded_for_days, keep_last_versions or properties"
        ],
    ),
    (
        "a policy by time and count",
        {
            "local": LOCAL,
            "cleanup_policies": {
                "old": {"repositories": ["docker-local"], "policy": {"older_than_days": 3, "keep_last_versions": 3}}
            },
        },
        [
            "cleanup_policies.old.policy: says older_than_days and keep_last_versions; Artifactory takes times, a count or a property, one of the three"
        ],
    ),
    (
        "a policy by count, of no version",
        {
            "version": MISSING,
            "local": LOCAL,
            "cleanup_policies": {"old": {"repositories": ["docker-local"], "policy": {"keep_last_versions": 3}}},
        },
        [
            "cleanup_policies.old.policy: keeps by number, which Artifactory has for images from 7.115.1 on; say version where it is, or use max_unique_tags of the repository"
        ],
    ),
    (
        "a unified policy by count, of an old version",
        {
            "version": "7.111.2",
            "local": LOCAL,
            "cleanup_policies": {
                "old": {
                    "repositories": ["docker-local"],
                    "policy": {
                        "repositories": ["**"],
                        "expire": {"old": {"beyond_most_recent": 20, "tag_state": "tagged"}},
                        "accept_differences": [
                            "deletes-more:counts",
                            "deletes-more:signature-tags",
                            "keeps-more:signature-tags",
                            "keeps-more:referrers",
                            "deletes-more:index-children",
                            "keeps-more:index-children",
                            "deletes-more:subjects",
                        ],
                    },
                }
            },
        },
        [
            "cleanup_policies.old.policy: keeps by number, which Artifactory has for images from 7.115.1 on; say version where it is, or use max_unique_tags of the repository"
        ],
    ),
    (
        "a policy with two properties",
        {
            "local": LOCAL,
            "cleanup_policies": {
                "old": {"repositories": ["docker-local"], "policy": {"properties": {"a": "1", "b": "2"}}}
            },
        },
        ["cleanup_policies.old.policy.properties: takes one property; remove the others"],
    ),
    (
        "a unified policy with patterns of tags",
        {
            "local": LOCAL,
            "cleanup_policies": {
                "old": {
                    "repositories": ["docker-local"],
                    "policy": {"repositories": ["**"], "expire": {"old": {"older_than_days": 30, "tags": ["pr-*"]}}},
                }
            },
        },
        [
            "cleanup_policies.old.policy: the lifecycle policy cannot be carried out by Artifactory as it is meant:\n    expire.old: Artifactory's cleanup has no patterns of tags; select tag_state: tagged"
        ],
    ),
    (
        "a policy of a virtual one",
        {
            "local": LOCAL,
            "virtual": {"docker": {"repositories": ["docker-local"]}},
            "cleanup_policies": {"old": {"repositories": ["docker"], "policy": {"older_than_days": 30}}},
        },
        [
            "cleanup_policies.old.repositories[0]: 'docker' is a virtual repository, and this takes local or federated or remote ones"
        ],
    ),
    (
        "a policy every hour",
        {
            "local": LOCAL,
            "cleanup_policies": {
                "old": {"repositories": ["docker-local"], "policy": {"older_than_days": 30}, "schedule": "0 0 * * * ?"}
            },
        },
        ["cleanup_policies.old.schedule: '0 0 * * * ?' is due more often than every 6 hours, which is the least"],
    ),
    (
        "a policy's cron of five fields",
        {
            "local": LOCAL,
            "cleanup_policies": {
                "old": {"repositories": ["docker-local"], "policy": {"older_than_days": 30}, "schedule": "0 2 * * *"}
            },
        },
        [
            "cleanup_policies.old.schedule: '0 2 * * *' has 5 fields; write 6 or 7: seconds, minutes, hours, day, month, weekday, year, such as '0 0 2 * * ?'"
        ],
    ),
    (
        "a policy's cron of day and weekday",
        {
            "local": LOCAL,
            "cleanup_policies": {
                "old": {"repositories": ["docker-local"], "policy": {"older_than_days": 30}, "schedule": "0 0 2 * * *"}
            },
        },
        [
            "cleanup_policies.old.schedule: '0 0 2 * * *' has to leave either day or weekday open; write ? for one of them, such as '0 0 2 * * ?'"
        ],
    ),
    (
        "a policy's key of two characters",
        {
            "local": LOCAL,
            "cleanup_policies": {"ab": {"repositories": ["docker-local"], "policy": {"older_than_days": 30}}},
        },
        ["cleanup_policies.ab: 'ab' is not a policy's key; use 3 to 63 letters, digits and _ -, or give key"],
    ),
    (
        "a policy beside its project",
        {
            "local": LOCAL,
            "cleanup_policies": {
                "old": {
                    "key": "nightly",
                    "project": "shop",
                    "repositories": ["docker-local"],
                    "policy": {"older_than_days": 30},
                }
            },
        },
        ["cleanup_policies.old.key: 'nightly' has to begin with 'shop-', as it is of that project"],
    ),
    (
        "copies of a cache",
        {
            "remote": {"hub": {"url": "https://registry-1.docker.io/"}},
            "replications": {"copy": {"repository": "hub", "schedule": "0 0 4 * * ?", "targets": {"north": TARGET}}},
        },
        ["replications.copy.repository: 'hub' is a remote repository, and this takes local ones"],
    ),
    (
        "two copies of one",
        {
            "local": LOCAL,
            "replications": {
                "a": {"repository": "docker-local", "schedule": "0 0 4 * * ?", "targets": {"north": TARGET}},
                "b": {"repository": "docker-local", "schedule": "0 0 4 * * ?", "targets": {"north": TARGET}},
            },
        },
        ["replications.b.repository: 'docker-local' is that of 'a' too; put all targets into one"],
    ),
    (
        "copies to nowhere",
        {
            "local": LOCAL,
            "replications": {"a": {"repository": "docker-local", "schedule": "0 0 4 * * ?", "targets": {}}},
        },
        ["replications.a.targets: needs at least 1 entry (it has 0)"],
    ),
    (
        "copies in the clear",
        {
            "local": LOCAL,
            "replications": {
                "a": {
                    "repository": "docker-local",
                    "schedule": "0 0 4 * * ?",
                    "targets": {"north": {**TARGET, "url": "http://north.example.com/artifactory/docker"}},
                }
            },
        },
        [
            "replications.a.targets.north.url: 'http://north.example.com/artifactory/docker' would send the login in the clear; write https://"
        ],
    ),
    (
        "a backup without what is not there",
        {"backups": {"weekly": {"schedule": "0 0 2 ? * SAT", "exclude_repositories": ["hub"]}}},
        [
            "backups.weekly.exclude_repositories[0]: there is no 'hub'; there are: none. What is somebody else's goes into existing_repositories"
        ],
    ),
    (
        "a backup's cron",
        {"backups": {"weekly": {"schedule": "weekly"}}},
        [
            "backups.weekly.schedule: 'weekly' has 1 fields; write 6 or 7: seconds, minutes, hours, day, month, weekday, year, such as '0 0 2 * * ?'"
        ],
    ),
    (
        "a private key that is none",
        {"key_pairs": {"sign": {"kind": "RSA", "private_key": "abc", "public_key": "BEGIN PUBLIC KEY"}}},
        [
            "key_pairs.sign.private_key: is not an RSA private key in PEM ('BEGIN RSA PRIVATE KEY', which the provider wants) or a PGP one"
        ],
    ),
    (
        "a key of the other kind",
        {
            "key_pairs": {
                "sign": {
                    "kind": "GPG",
                    "private_key": "-----BEGIN RSA PRIVATE KEY-----",
                    "public_key": "BEGIN PUBLIC KEY",
                }
            }
        },
        ["key_pairs.sign.kind: is 'GPG', and private_key is of kind 'RSA'; make them the same"],
    ),
    (
        "a public key that is private",
        {
            "key_pairs": {
                "sign": {
                    "kind": "RSA",
                    "private_key": "-----BEGIN RSA PRIVATE KEY-----",
                    "public_key": "-----BEGIN RSA PRIVATE KEY-----",
                }
            }
        },
        ["key_pairs.sign.public_key: is not a public key in PEM ('BEGIN PUBLIC KEY') or a PGP one"],
    ),
    (
        "an event of the other kind",
        {"webhooks": {"hook": {"events": ["deployed"], "url": "https://hooks.example.com", "any_local": True}}},
        ["webhooks.hook.events[0]: 'deployed' is not one of kind 'docker': pushed, deleted, promoted"],
    ),
    (
        "a webhook of nothing",
        {"webhooks": {"hook": {"events": ["pushed"], "url": "https://hooks.example.com"}}},
        ["webhooks.hook.repositories: is empty, and nothing would be told; name some, or say any_local"],
    ),
    (
        "a webhook of what is not there",
        {"webhooks": {"hook": {"events": ["pushed"], "url": "https://hooks.example.com", "repositories": ["docker"]}}},
        [
            "webhooks.hook.repositories[0]: there is no 'docker'; there are: none. What is somebody else's goes into existing_repositories"
        ],
    ),
    (
        "a secret in the clear",
        {
            "webhooks": {
                "hook": {
                    "events": ["pushed"],
                    "url": "http://hooks.example.com",
                    "secret": "planted-secret",
                    "any_local": True,
                }
            }
        },
        ["webhooks.hook.url: 'http://hooks.example.com' would send the secret in the clear; write https://"],
    ),
    (
        "signed with nothing",
        {
            "webhooks": {
                "hook": {"events": ["pushed"], "url": "https://hooks.example.com", "sign": True, "any_local": True}
            }
        },
        ["webhooks.hook.sign: needs secret; give it, or remove sign"],
    ),
    (
        "a webhook of one letter",
        {"webhooks": {"h": {"events": ["pushed"], "url": "https://hooks.example.com", "any_local": True}}},
        ["webhooks.h: has a name of one character, and two are the least; give name"],
    ),
    (
        "no days in the trash can",
        {"trashcan": {"retention_days": 0}},
        ["trashcan.retention_days: must be at least 1, not 0"],
    ),
    (
        "destroy without the second consent",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove repositories on destroy; set it to true, or remove deletion"],
    ),
    (
        "the second consent alone",
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove repositories on destroy; set it, or remove empty_on_delete"],
    ),
    (
        "many at once",
        {"url": "artifactory", "deletion": "destroy", "virtual": {"v": {"repositories": ["x"]}}, "groups": {"a/b": {}}},
        [
            "empty_on_delete: is required too to remove repositories on destroy; set it to true, or remove deletion",
            "groups['a/b']: 'a/b' is not a key; use 1 to 63 letters, digits and . _ - inside",
            "url: 'artifactory' is not a URL; write it as https://artifactory.example.com",
            "virtual.v.repositories[0]: there is no 'x'; there are: v. What is somebody else's goes into existing_repositories",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_mistake_is_told_whole(changes: dict[str, Any], mistakes: list[str]) -> None:
    settings = {key: value for key, value in {**GOOD, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        ArtifactoryConfigurationArgs.parse(settings)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    assert str(caught.value) == "\n".join(
        [f"ArtifactoryConfigurationArgs is not valid ({count}):", *(f"  {mistake}" for mistake in mistakes)]
    )
    assert "planted" not in str(caught.value)


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) == len({title for title, *_ in TABLE}) >= 95


def test_the_good_settings_are_good() -> None:
    assert ArtifactoryConfigurationArgs.parse(GOOD)
