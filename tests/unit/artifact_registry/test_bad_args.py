# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong arguments of every component here."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components import artifact_registry
from registry_components.core.errors import StackError

pytestmark = pytest.mark.unit

MISSING = object()
REPOSITORY, SETTINGS, REFERENCE = "GarRepositoryArgs", "GarProjectSettingsArgs", "GarRepositoryReferenceArgs"
DEVELOPERS = "group:developers@example.com"
IN_EUROPE = "projects/shop-dev/locations/europe-west1/repositories"
RING = "keyRings/shop/cryptoKeys/images"
HUB = {"kind": "docker-hub"}
OLD = {"action": "delete", "tag_state": "untagged", "older_than_days": 1}
MUTABLE = {"kind": "docker", "immutable_tags": False}
READER = {"role": "roles/artifactregistry.reader", "principal": DEVELOPERS}
GOOD: dict[str, dict[str, Any]] = {
    REPOSITORY: {"repository_id": "images", "location": "europe-west1"},
    SETTINGS: {"location": "europe-west1", "platform_logs": {}},
    REFERENCE: {"repository": f"{IN_EUROPE}/images"},
}


def remote(**said: Any) -> dict[str, Any]:
    return {"format": {"kind": "docker-remote", "upstream": HUB, **said}}


def custom(uri: str, kind: str = "docker-remote") -> dict[str, Any]:
    return {"format": {"kind": kind, "upstream": {"kind": "custom", "uri": uri}}}


def virtual(**members: str) -> dict[str, Any]:
    found = {key: {"repository": name, "priority": 1} for key, name in members.items()}
    return {"format": {"kind": "docker-virtual", "members": found}}


def policies(**said: dict[str, Any]) -> dict[str, Any]:
    return {"lifecycle": {"policies": said}}


def login(**said: Any) -> dict[str, Any]:
    return remote(credentials={"username": "ci", **said})


# A title, the arguments, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, str, dict[str, Any], list[str]]] = [
    (
        "nothing said",
        REPOSITORY,
        {"repository_id": MISSING, "location": MISSING},
        ["location: is required but not given; add it", "repository_id: is required but not given; add it"],
    ),
    (
        "misspelt setting",
        REPOSITORY,
        {"projct": "shop-dev"},
        ["projct: is not a setting; did you mean project?"],
    ),
    (
        "an id in capitals",
        REPOSITORY,
        {"repository_id": "Images"},
        [
            "repository_id: 'Images' is not a repository id; use 1 to 63 lower-case letters, digits and -, a letter first and no - last"
        ],
    ),
    (
        "an id with a digit first",
        REPOSITORY,
        {"repository_id": "1images"},
        [
            "repository_id: '1images' is not a repository id; use 1 to 63 lower-case letters, digits and -, a letter first and no - last"
        ],
    ),
    (
        "an id with a dash last",
        REPOSITORY,
        {"repository_id": "images-"},
        [
            "repository_id: 'images-' is not a repository id; use 1 to 63 lower-case letters, digits and -, a letter first and no - last"
        ],
    ),
    (
        "an id with a slash",
        REPOSITORY,
        {"repository_id": "shop/images"},
        [
            "repository_id: 'shop/images' is not a repository id; use 1 to 63 lower-case letters, digits and -, a letter first and no - last"
        ],
    ),
    (
        "an id of 64 characters",
        REPOSITORY,
        {"repository_id": "x" * 64},
        [
            "repository_id: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is not a repository id; use 1 to 63 lower-case letters, digits and -, a letter first and no - last"
        ],
    ),
    (
        "an id that is a number",
        REPOSITORY,
        {"repository_id": 5},
        ["repository_id: must be text, not 5"],
    ),
    (
        "an unknown location",
        REPOSITORY,
        {"location": "mars-1"},
        ["location: 'mars-1' is not a location; write a region such as 'europe-west1', or one of asia, europe, us"],
    ),
    (
        "a zone",
        REPOSITORY,
        {"location": "europe-west1-b"},
        ["location: 'europe-west1-b' is a zone; write its region, 'europe-west1'"],
    ),
    (
        "another word for a continent",
        REPOSITORY,
        {"location": "eu"},
        ["location: 'eu' is not a location of Artifact Registry; write 'europe', 'us' or 'asia', or a region"],
    ),
    (
        "everywhere",
        REPOSITORY,
        {"location": "global"},
        ["location: 'global' is not a location of Artifact Registry; write 'europe', 'us' or 'asia', or a region"],
    ),
    (
        "a project with capitals",
        REPOSITORY,
        {"project": "My_Project"},
        [
            "project: 'My_Project' is not a project id; use 6 to 30 lower-case letters, digits and -, a letter first and no - last"
        ],
    ),
    (
        "a project's number",
        REPOSITORY,
        {"project": "123456789"},
        ["project: '123456789' is a project's number; write its id, which image names are made of"],
    ),
    (
        "a description that is a number",
        REPOSITORY,
        {"description": 5},
        ["description: must be text, not 5"],
    ),
    (
        "a format as text",
        REPOSITORY,
        {"format": "docker"},
        ["format: must be a mapping of settings, not 'docker'"],
    ),
    (
        "a format without kind",
        REPOSITORY,
        {"format": {"immutable_tags": True}},
        [
            "format: needs `kind` to say which kind it is; allowed: docker, docker-remote, docker-virtual, maven, maven-remote, maven-virtual, npm, npm-remote, npm-virtual, python, python-remote, python-virtual, apt, apt-remote, apt-virtual, yum, yum-remote, yum-virtual, go, go-remote, go-virtual, kfp, generic"
        ],
    ),
    (
        "a format that is none",
        REPOSITORY,
        {"format": {"kind": "helm"}},
        [
            "format: kind 'helm' is not known; allowed: docker, docker-remote, docker-virtual, maven, maven-remote, maven-virtual, npm, npm-remote, npm-virtual, python, python-remote, python-virtual, apt, apt-remote, apt-virtual, yum, yum-remote, yum-virtual, go, go-remote, go-virtual, kfp, generic"
        ],
    ),
    (
        "a mode that the format has not",
        REPOSITORY,
        {"format": {"kind": "kfp-remote"}},
        [
            "format: kind 'kfp-remote' is not known; allowed: docker, docker-remote, docker-virtual, maven, maven-remote, maven-virtual, npm, npm-remote, npm-virtual, python, python-remote, python-virtual, apt, apt-remote, apt-virtual, yum, yum-remote, yum-virtual, go, go-remote, go-virtual, kfp, generic"
        ],
    ),
    (
        "a misspelt setting of a format",
        REPOSITORY,
        {"format": {"kind": "docker", "imutable_tags": True}},
        ["format.imutable_tags: is not a setting; did you mean immutable_tags?"],
    ),
    (
        "another format's setting",
        REPOSITORY,
        {"format": {"kind": "npm", "immutable_tags": True}},
        ["format.immutable_tags: is not a setting; allowed: kind"],
    ),
    (
        "versions that are none",
        REPOSITORY,
        {"format": {"kind": "maven", "version_policy": "both"}},
        ["format.version_policy: must be one of release, snapshot, not 'both'"],
    ),
    (
        "snapshots where there are none",
        REPOSITORY,
        {"format": {"kind": "maven", "version_policy": "release", "allow_snapshot_overwrites": True}},
        [
            "format.allow_snapshot_overwrites: has no meaning where version_policy 'release' takes no snapshots; remove it"
        ],
    ),
    (
        "a remote of nothing",
        REPOSITORY,
        {"format": {"kind": "docker-remote"}},
        ["format.upstream: is required but not given; add it"],
    ),
    (
        "an upstream of another format",
        REPOSITORY,
        {"format": {"kind": "npm-remote", "upstream": HUB}},
        ["format.upstream: kind 'docker-hub' is not known; allowed: npmjs, custom, repository"],
    ),
    (
        "any address for Go",
        REPOSITORY,
        custom("https://proxy.example.com", "go-remote"),
        ["format.upstream: kind 'custom' is not known; allowed: go-proxy, repository"],
    ),
    (
        "a login for Go",
        REPOSITORY,
        {"format": {"kind": "go-remote", "credentials": {"username": "ci", "password": "hunter22"}}},
        ["format.credentials: is not a setting; allowed: cache, description, kind, upstream"],
    ),
    (
        "an address that is none",
        REPOSITORY,
        custom("ftp://registry.example.com"),
        [
            "format.upstream.uri: 'ftp://registry.example.com' is not the address of a registry; write it with https://, such as https://registry.example.com"
        ],
    ),
    (
        "an address without encryption",
        REPOSITORY,
        custom("http://registry.example.com"),
        [
            "format.upstream.uri: 'http://registry.example.com' is not the address of a registry; write it with https://, such as https://registry.example.com"
        ],
    ),
    (
        "an address with a login",
        REPOSITORY,
        custom("https://ci:hunter22@registry.example.com"),
        ["format.upstream.uri: holds a login; take it out, and give it as credentials"],
    ),
    (
        "an address with a token",
        REPOSITORY,
        custom("https://registry.example.com?token=hunter22"),
        ["format.upstream.uri: has a ? or #, after which often a token stands; write the address alone, without them"],
    ),
    (
        "a port that is none",
        REPOSITORY,
        custom("https://registry.example.com:99999"),
        ["format.upstream.uri: port 99999 is not between 1 and 65535; correct it, or leave it out for 443"],
    ),
    (
        "port zero",
        REPOSITORY,
        custom("https://registry.example.com:0"),
        ["format.upstream.uri: port 0 is not between 1 and 65535; correct it, or leave it out for 443"],
    ),
    (
        "Docker Hub's page",
        REPOSITORY,
        custom("https://docker.io"),
        [
            "format.upstream.uri: 'https://docker.io' is Docker Hub, which has a kind of its own; use upstream kind 'docker-hub'"
        ],
    ),
    (
        "Artifact Registry's host",
        REPOSITORY,
        custom("https://europe-docker.pkg.dev"),
        [
            "format.upstream.uri: 'https://europe-docker.pkg.dev' names no repository of Artifact Registry; add the project and the repository, or use upstream kind 'repository'"
        ],
    ),
    (
        "an archive that is none",
        REPOSITORY,
        {"format": {"kind": "apt-remote", "upstream": {"kind": "public", "base": "arch", "path": "x"}}},
        ["format.upstream.base: must be one of debian, ubuntu, debian-snapshot, not 'arch'"],
    ),
    (
        "an archive's path left empty",
        REPOSITORY,
        {"format": {"kind": "apt-remote", "upstream": {"kind": "public", "base": "debian", "path": ""}}},
        ["format.upstream.path: is empty; write the path below the archive's address, such as 'debian/dists/bookworm'"],
    ),
    (
        "an archive's path from the root",
        REPOSITORY,
        {"format": {"kind": "apt-remote", "upstream": {"kind": "public", "base": "debian", "path": "/dists"}}},
        ["format.upstream.path: '/dists' begins with /; write 'dists'"],
    ),
    (
        "an archive's address",
        REPOSITORY,
        {
            "format": {
                "kind": "yum-remote",
                "upstream": {"kind": "public", "base": "rocky", "path": "https://r.org/pub"},
            }
        },
        ["format.upstream.path: is an address; write the path in the archive alone, or use upstream kind 'custom'"],
    ),
    (
        "a repository's short name",
        REPOSITORY,
        remote(upstream={"kind": "repository", "repository": "images"}),
        [
            "format.upstream.repository: 'images' is not a repository's name; it looks like projects/PROJECT/locations/LOCATION/repositories/ID"
        ],
    ),
    (
        "a remote of itself",
        REPOSITORY,
        {"project": "shop-dev", **remote(upstream={"kind": "repository", "repository": f"{IN_EUROPE}/images"})},
        ["format.upstream.repository: is the remote repository itself; name another one"],
    ),
    (
        "a login at Artifact Registry",
        REPOSITORY,
        remote(
            upstream={"kind": "repository", "repository": f"{IN_EUROPE}/x"},
            credentials={"username": "ci", "password": "hunter22"},
        ),
        [
            "format.credentials: are not for a repository of Artifact Registry; grant its service agent pull there, and remove them"
        ],
    ),
    (
        "a login without password",
        REPOSITORY,
        login(),
        ["format.credentials.password: or password_secret_version is required; add one of them"],
    ),
    (
        "a login with two passwords",
        REPOSITORY,
        login(password="hunter22", password_secret_version="projects/p/secrets/s/versions/1"),
        ["format.credentials.password: and password_secret_version exclude each other; give one of them"],
    ),
    (
        "a login with no password in it",
        REPOSITORY,
        login(password=""),
        [
            "format.credentials.password: is empty; give the password or token, or remove credentials for anonymous pulls"
        ],
    ),
    (
        "a secret for its version",
        REPOSITORY,
        login(password_secret_version="projects/p/secrets/s"),
        [
            "format.credentials.password_secret_version: is not the name of a secret's version; it looks like projects/PROJECT/secrets/SECRET/versions/VERSION"
        ],
    ),
    (
        "a password for a secret's version",
        REPOSITORY,
        login(password_secret_version="hunter22"),
        [
            "format.credentials.password_secret_version: is not the name of a secret's version; it looks like projects/PROJECT/secrets/SECRET/versions/VERSION"
        ],
    ),
    (
        "a secret that nobody may read",
        REPOSITORY,
        login(password="hunter22", grant_access=False),
        ["format.credentials.grant_access: false would lock the repository out of the secret made here; remove it"],
    ),
    (
        "a virtual one without members",
        REPOSITORY,
        {"format": {"kind": "docker-virtual"}},
        ["format.members: is required but not given; add it"],
    ),
    (
        "a virtual one of nothing",
        REPOSITORY,
        virtual(),
        ["format.members: needs at least 1 entry (it has 0)"],
    ),
    (
        "a member's short name",
        REPOSITORY,
        virtual(a="images"),
        [
            "format.members.a.repository: 'images' is not a repository's name; it looks like projects/PROJECT/locations/LOCATION/repositories/ID"
        ],
    ),
    (
        "a member elsewhere",
        REPOSITORY,
        virtual(a="projects/shop-dev/locations/us/repositories/a"),
        [
            "format.members.a.repository: is in 'us', and the virtual repository in 'europe-west1'; name one in the same location"
        ],
    ),
    (
        "a member twice",
        REPOSITORY,
        virtual(a=f"{IN_EUROPE}/a", b=f"{IN_EUROPE}/a"),
        ["format.members.b.repository: is that of 'a' too; name it once"],
    ),
    (
        "a member that is the whole",
        REPOSITORY,
        {"project": "shop-dev", **virtual(a=f"{IN_EUROPE}/images")},
        ["format.members.a.repository: is the virtual repository itself; remove it"],
    ),
    (
        "a priority of zero",
        REPOSITORY,
        {"format": {"kind": "docker-virtual", "members": {"a": {"repository": f"{IN_EUROPE}/a", "priority": 0}}}},
        ["format.members.a.priority: must be at least 1, not 0"],
    ),
    (
        "a priority beyond the API's",
        REPOSITORY,
        {"format": {"kind": "docker-virtual", "members": {"a": {"repository": f"{IN_EUROPE}/a", "priority": 2**31}}}},
        ["format.members.a.priority: must be at most 2147483647, not 2147483648"],
    ),
    (
        "no priority",
        REPOSITORY,
        {"format": {"kind": "docker-virtual", "members": {"a": {"repository": f"{IN_EUROPE}/a"}}}},
        ["format.members.a.priority: is required but not given; add it"],
    ),
    (
        "a member's key",
        REPOSITORY,
        virtual(**{"-": f"{IN_EUROPE}/a"}),
        ["format.members['-']: '-' is not a key; use 1 to 63 letters, digits and . _ - inside"],
    ),
    (
        "policies of a virtual one",
        REPOSITORY,
        {**virtual(a=f"{IN_EUROPE}/a"), **policies(old=OLD)},
        ["lifecycle.policies: are for repositories that hold artifacts; say them on those behind this virtual one"],
    ),
    (
        "rules of a virtual one",
        REPOSITORY,
        {**virtual(a=f"{IN_EUROPE}/a"), "rules": {"r": {"action": "deny"}}},
        ["rules: are for repositories that hold artifacts; say them on those behind this virtual one"],
    ),
    (
        "pushes to a virtual one",
        REPOSITORY,
        {**virtual(a=f"{IN_EUROPE}/a"), "access": {"push": [DEVELOPERS]}},
        ["access.push: nobody pushes to a virtual repository; grant it on the repositories behind it"],
    ),
    (
        "scanning of a virtual one",
        REPOSITORY,
        {**virtual(a=f"{IN_EUROPE}/a"), "scanning": {}},
        ["scanning.mode: 'on_push' is for the repositories behind a virtual one; say it there"],
    ),
    (
        "a cache's path",
        REPOSITORY,
        {"caching": {"upstream": "quay.io/prometheus"}},
        [
            "caching.upstream: 'quay.io/prometheus' has a path, and the whole upstream is cached; write the host alone, 'quay.io'"
        ],
    ),
    (
        "a cache's scheme",
        REPOSITORY,
        {"caching": {"upstream": "https://quay.io/v2"}},
        ["caching.upstream: 'https://quay.io/v2' has a scheme; write the host alone, such as 'quay.io'"],
    ),
    (
        "a cache's host with a login",
        REPOSITORY,
        {"caching": {"upstream": "https://ci:hunter22@quay.io"}},
        ["caching.upstream: holds a login; write the host alone, such as 'ghcr.io', and give the login as credentials"],
    ),
    (
        "a cache's port that is none",
        REPOSITORY,
        {"caching": {"upstream": "quay.io:99999"}},
        ["caching.upstream: port 99999 is not between 1 and 65535; write a host such as 'ghcr.io'"],
    ),
    (
        "a cache's host that is none",
        REPOSITORY,
        {"caching": {"upstream": "quay io"}},
        ["caching.upstream: 'quay io' is not host or host:port; write a host such as 'ghcr.io'"],
    ),
    (
        "a cache of Artifact Registry",
        REPOSITORY,
        {"caching": {"upstream": "europe-docker.pkg.dev"}},
        [
            "caching.upstream: 'europe-docker.pkg.dev' is Artifact Registry itself; use format 'docker-remote' with an upstream of kind 'repository' in place of caching"
        ],
    ),
    (
        "a cache of a part",
        REPOSITORY,
        {"caching": {"upstream": "docker.io", "upstream_prefix": "library"}},
        [
            "caching.upstream_prefix: cannot be narrowed: Artifact Registry caches what is asked for of the whole upstream; remove it"
        ],
    ),
    (
        "a cache of another format",
        REPOSITORY,
        {"caching": {"upstream": "docker.io"}, "format": {"kind": "npm"}},
        ["caching: makes a repository of kind 'docker-remote', and format says 'npm'; remove one of them"],
    ),
    (
        "a cache's empty login",
        REPOSITORY,
        {"caching": {"upstream": "docker.io", "credentials": {"username": "", "password": ""}}},
        ["caching.credentials.username: must have at least 1 characters"],
    ),
    (
        "pushes to a cache",
        REPOSITORY,
        {"caching": {"upstream": "docker.io"}, "access": {"push": [DEVELOPERS]}},
        ["access.push: nobody pushes to a remote repository; grant pull, and remove it"],
    ),
    (
        "a label's key in capitals",
        REPOSITORY,
        {"labels": {"Team": "x"}},
        ["labels.Team: 'Team' is not a label's key; use 1 to 63 lower-case letters, digits, _ and -, a letter first"],
    ),
    (
        "a label's value with a space",
        REPOSITORY,
        {"labels": {"team": "Big Team"}},
        ["labels.team: 'Big Team' is not a label's value; use up to 63 lower-case letters, digits, _ and -"],
    ),
    (
        "61 labels",
        REPOSITORY,
        {"labels": {f"l{number}": "x" for number in range(61)}},
        ["labels: has 61 entries, and a repository takes 60 beside its own; remove 1"],
    ),
    (
        "an address alone",
        REPOSITORY,
        {"access": {"pull": ["alice@example.com"]}},
        [
            "access.pull[0]: 'alice@example.com' is not a principal; write user:, group: or serviceAccount: with an address, domain: with a domain, or principal:// and principalSet:// of a workload identity pool"
        ],
    ),
    (
        "a user without a domain",
        REPOSITORY,
        {"access": {"pull": ["user:alice"]}},
        [
            "access.pull[0]: 'user:alice' is not a principal; write user:, group: or serviceAccount: with an address, domain: with a domain, or principal:// and principalSet:// of a workload identity pool"
        ],
    ),
    (
        "everybody",
        REPOSITORY,
        {"access": {"pull": ["allUsers"]}},
        ["access.pull[0]: 'allUsers' is everybody; set access.anonymous_pull if that is meant"],
    ),
    (
        "everybody with an account",
        REPOSITORY,
        {"access": {"pull": ["allAuthenticatedUsers"]}},
        [
            "access.pull[0]: 'allAuthenticatedUsers' is everybody who has a Google account; set access.anonymous_pull if that is meant"
        ],
    ),
    (
        "somebody who is gone",
        REPOSITORY,
        {"access": {"admin": ["deleted:user:alice@example.com?uid=1"]}},
        ["access.admin[0]: 'deleted:user:alice@example.com?uid=1' is gone; remove it"],
    ),
    (
        "somebody twice",
        REPOSITORY,
        {"access": {"pull": [DEVELOPERS, "group:Developers@example.com"]}},
        ["access.pull[1]: 'group:Developers@example.com' is there already; name it once"],
    ),
    (
        "principals as text",
        REPOSITORY,
        {"access": {"pull": DEVELOPERS}},
        ["access.pull: must be a list, not 'group:developers@example.com'"],
    ),
    (
        "a level that is none",
        REPOSITORY,
        {"access": {"read": [DEVELOPERS]}},
        ["access.read: is not a setting; allowed: admin, anonymous_pull, pull, push"],
    ),
    (
        "a role's short name",
        REPOSITORY,
        {"roles": {"r": {**READER, "role": "reader"}}},
        ["roles.r.role: 'reader' is not a role's name; it looks like roles/artifactregistry.reader"],
    ),
    (
        "a role for nobody",
        REPOSITORY,
        {"roles": {"r": {**READER, "principal": "nobody"}}},
        [
            "roles.r.principal: 'nobody' is not a principal; write user:, group: or serviceAccount: with an address, domain: with a domain, or principal:// and principalSet:// of a workload identity pool"
        ],
    ),
    (
        "a role for everybody",
        REPOSITORY,
        {"roles": {"r": {**READER, "principal": "allUsers"}}},
        ["roles.r.principal: 'allUsers' is everybody; set access.anonymous_pull if that is meant"],
    ),
    (
        "a condition without words",
        REPOSITORY,
        {"roles": {"r": {**READER, "condition": {"title": "", "expression": ""}}}},
        [
            "roles.r.condition.expression: must have at least 1 characters, not ''",
            "roles.r.condition.title: must have at least 1 characters, not ''",
        ],
    ),
    (
        "a role that access gives",
        REPOSITORY,
        {"access": {"pull": [DEVELOPERS]}, "roles": {"r": READER}},
        ["roles.r: gives 'group:developers@example.com' what access.pull[0] gives already; remove one of them"],
    ),
    (
        "one role by two keys",
        REPOSITORY,
        {"roles": {"a": READER, "b": READER}},
        ["roles.b: gives 'group:developers@example.com' what roles.a gives already; remove one of them"],
    ),
    (
        "a role's key",
        REPOSITORY,
        {"roles": {"-": READER}},
        ["roles['-']: '-' is not a key; use 1 to 63 letters, digits and . _ - inside"],
    ),
    (
        "a key's alias",
        REPOSITORY,
        {"encryption": {"key": "alias/images"}},
        [
            "encryption.key: 'alias/images' is not a key's name; it looks like projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY"
        ],
    ),
    (
        "a key's version",
        REPOSITORY,
        {"encryption": {"key": f"projects/shop-dev/locations/europe-west1/{RING}/cryptoKeyVersions/1"}},
        [
            "encryption.key: 'projects/shop-dev/locations/europe-west1/keyRings/shop/cryptoKeys/images/cryptoKeyVersions/1' is not a key's name; it looks like projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY"
        ],
    ),
    (
        "a key elsewhere",
        REPOSITORY,
        {"encryption": {"key": f"projects/shop-dev/locations/us-east1/{RING}"}},
        ["encryption.key: is in 'us-east1', and the repository in 'europe-west1'; use a key of the same location"],
    ),
    (
        "encryption without key",
        REPOSITORY,
        {"encryption": {}},
        ["encryption.key: is required but not given; add it"],
    ),
    (
        "an action that is none",
        REPOSITORY,
        policies(a={"action": "remove"}),
        ["lifecycle.policies.a.action: must be one of delete, keep, not 'remove'"],
    ),
    (
        "all would go",
        REPOSITORY,
        policies(a={"action": "delete"}),
        [
            "lifecycle.policies.a.action: 'delete' without a condition would remove every version; add older_than_days or tag_state 'untagged'"
        ],
    ),
    (
        "all would stay",
        REPOSITORY,
        policies(a={"action": "keep"}, b=OLD),
        ["lifecycle.policies.a.action: 'keep' without a condition keeps every version; add keep_count or a condition"],
    ),
    (
        "nothing would go",
        REPOSITORY,
        policies(a={"action": "keep", "keep_count": 3}),
        [
            "lifecycle.policies: has no policy of action 'delete', so nothing is ever deleted; add one, or remove the others"
        ],
    ),
    (
        "a count that deletes",
        REPOSITORY,
        policies(a={"action": "delete", "keep_count": 3}),
        ["lifecycle.policies.a.keep_count: is for action 'keep' alone; set action to 'keep', or remove it"],
    ),
    (
        "a count of zero",
        REPOSITORY,
        policies(a={"action": "keep", "keep_count": 0}, b=OLD),
        ["lifecycle.policies.a.keep_count: must be at least 1, not 0"],
    ),
    (
        "a count beyond the API's",
        REPOSITORY,
        policies(a={"action": "keep", "keep_count": 2**31}, b=OLD),
        ["lifecycle.policies.a.keep_count: must be at most 2147483647, not 2147483648"],
    ),
    (
        "a count with a condition",
        REPOSITORY,
        policies(a={"action": "keep", "keep_count": 3, "tag_state": "tagged"}, b=OLD),
        [
            "lifecycle.policies.a.keep_count: and tag_state cannot stand in one policy; make two policies of action 'keep'"
        ],
    ),
    (
        "an age of no days",
        REPOSITORY,
        policies(a={"action": "delete", "older_than_days": 0}),
        ["lifecycle.policies.a.older_than_days: must be at least 1, not 0"],
    ),
    (
        "an age as text",
        REPOSITORY,
        policies(a={**OLD, "older_than_days": "30d"}),
        ["lifecycle.policies.a.older_than_days: must be a whole number, not '30d'"],
    ),
    (
        "an age beyond the API's",
        REPOSITORY,
        policies(a={**OLD, "older_than_days": 3_652_501}),
        ["lifecycle.policies.a.older_than_days: must be at most 3652500, not 3652501"],
    ),
    (
        "ages that exclude each other",
        REPOSITORY,
        policies(a={**OLD, "older_than_days": 9, "newer_than_days": 3}),
        [
            "lifecycle.policies.a.older_than_days: 9 with newer_than_days 3 matches no version; older_than_days has to be the smaller one"
        ],
    ),
    (
        "ages that meet",
        REPOSITORY,
        policies(a={**OLD, "older_than_days": 3, "newer_than_days": 3}),
        [
            "lifecycle.policies.a.older_than_days: 3 with newer_than_days 3 matches no version; older_than_days has to be the smaller one"
        ],
    ),
    (
        "prefixes of what has no tag",
        REPOSITORY,
        policies(a={"action": "delete", "tag_state": "untagged", "tag_prefixes": ["v"]}),
        ["lifecycle.policies.a.tag_prefixes: never match where tag_state is 'untagged'; remove one of them"],
    ),
    (
        "a wildcard at the end",
        REPOSITORY,
        {**policies(a={"action": "delete", "tag_prefixes": ["dev-*"]}), "format": MUTABLE},
        ["lifecycle.policies.a.tag_prefixes[0]: 'dev-*' has a *, and a prefix has no wildcards; write 'dev-'"],
    ),
    (
        "a wildcard alone",
        REPOSITORY,
        policies(a={**OLD, "package_prefixes": ["shop", "*"]}),
        [
            "lifecycle.policies.a.package_prefixes[1]: '*' has a *, and a prefix has no wildcards; write how it begins, or remove it"
        ],
    ),
    (
        "an empty prefix",
        REPOSITORY,
        policies(a={**OLD, "version_prefixes": [""]}),
        ["lifecycle.policies.a.version_prefixes[0]: must have at least 1 characters, not ''"],
    ),
    (
        "tags that stay, deleted",
        REPOSITORY,
        policies(a={"action": "delete", "tag_state": "tagged"}),
        [
            "lifecycle.policies.a.tag_state: 'tagged' versions are never deleted under immutable_tags; set tag_state to 'untagged', or format.immutable_tags to false"
        ],
    ),
    (
        "tags that stay, deleted by prefix",
        REPOSITORY,
        policies(a={"action": "delete", "tag_prefixes": ["pr-"]}),
        [
            "lifecycle.policies.a.tag_prefixes: tagged versions are never deleted under immutable_tags; set tag_state to 'untagged', or format.immutable_tags to false"
        ],
    ),
    (
        "tags that stay, deleted with all",
        REPOSITORY,
        policies(a={"action": "delete", "older_than_days": 1}),
        [
            "lifecycle.policies.a.tag_state: 'any' means tagged versions too, which immutable_tags keeps forever; set tag_state to 'untagged', or format.immutable_tags to false"
        ],
    ),
    (
        "eleven policies",
        REPOSITORY,
        policies(**{f"p{number}": OLD for number in range(11)}),
        ["lifecycle.policies: has 11 entries, and a repository takes 10; remove 1"],
    ),
    (
        "a policy's id",
        REPOSITORY,
        policies(**{"-a": OLD}),
        [
            "lifecycle.policies['-a']: '-a' is not a policy's id; use 1 to 127 letters, digits and . _ -, a letter or digit first"
        ],
    ),
    (
        "a policy's id of 128 characters",
        REPOSITORY,
        policies(**{"a" * 128: OLD}),
        [
            "lifecycle.policies.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not a policy's id; use 1 to 127 letters, digits and . _ -, a letter or digit first"
        ],
    ),
    (
        "policies as a list",
        REPOSITORY,
        {"lifecycle": {"policies": [OLD]}},
        ["lifecycle.policies: must be a mapping of settings, not a list"],
    ),
    (
        "a trial of nothing",
        REPOSITORY,
        {"lifecycle": {"dry_run": True}},
        ["lifecycle.dry_run: has no policies to try; add policies, or remove it"],
    ),
    (
        "scanning all the time",
        REPOSITORY,
        {"scanning": {"mode": "continuous"}},
        [
            "scanning.mode: 'continuous' is not to be had by itself: an image is analysed anew for 30 days after a pull; use 'on_push', which includes that"
        ],
    ),
    (
        "scanning of what is not scanned",
        REPOSITORY,
        {"scanning": {"mode": "on_push"}, "format": {"kind": "apt"}},
        ["scanning.mode: 'on_push' is not for format 'apt', only for docker, maven, npm, python, go; remove scanning"],
    ),
    (
        "scanning of some repositories",
        REPOSITORY,
        {"scanning": {"repositories": ["shop/*"]}},
        ["scanning.repositories: has no meaning here: it is one repository; remove it"],
    ),
    (
        "copies elsewhere",
        REPOSITORY,
        {"replication": {"us": {"region": "us"}}},
        [
            "replication: is not what Artifact Registry does; for copies in several regions of a continent choose location 'europe', for one elsewhere a 'docker-remote' repository there whose upstream is this one"
        ],
    ),
    (
        "copies from where no continent is near",
        REPOSITORY,
        {"location": "australia-southeast1", "replication": {"us": {"region": "us"}}},
        [
            "replication: is not what Artifact Registry does; for copies in several regions of a continent choose a location of 'asia', 'europe', 'us', for one elsewhere a 'docker-remote' repository there whose upstream is this one"
        ],
    ),
    (
        "copies of a continent",
        REPOSITORY,
        {"location": "us", "replication": {"eu": {"region": "europe"}}},
        ["replication: is not needed: 'us' holds copies in several regions; remove it"],
    ),
    (
        "a closed network",
        REPOSITORY,
        {"network": {"public": False}},
        [
            "network.public: a repository has no network of its own; put the project into a VPC Service Controls perimeter, and remove it"
        ],
    ),
    (
        "ranges of addresses",
        REPOSITORY,
        {"network": {"allowed_ranges": ["10.0.0.0/8"]}},
        [
            "network.allowed_ranges: a repository has no network of its own; put the project into a VPC Service Controls perimeter, and remove it"
        ],
    ),
    (
        "a private endpoint",
        REPOSITORY,
        {"network": {"private_endpoints": {"shop": {"subnet_ids": ["subnet"]}}}},
        [
            "network.private_endpoints: are a network's in Google Cloud, for all its services (Private Google Access or Private Service Connect); make one there, and remove it"
        ],
    ),
    (
        "adopted by a short name",
        REPOSITORY,
        {"import_": "images"},
        [
            "import_: 'images' is not a repository's name; it looks like projects/PROJECT/locations/LOCATION/repositories/ID"
        ],
    ),
    (
        "adopted from elsewhere",
        REPOSITORY,
        {"import_": "projects/shop-dev/locations/us/repositories/images"},
        [
            "import_: names location 'us', and location is 'europe-west1'; set location to 'us', or name the repository that is meant"
        ],
    ),
    (
        "adopted from another project",
        REPOSITORY,
        {"project": "shop-prod", "import_": f"{IN_EUROPE}/images"},
        [
            "import_: names project 'shop-dev', and project is 'shop-prod'; set project to 'shop-dev', or name the repository that is meant"
        ],
    ),
    (
        "adopted under another id",
        REPOSITORY,
        {"import_": f"{IN_EUROPE}/old"},
        [
            "import_: names repository 'old', and repository_id is 'images'; set repository_id to 'old', or name the repository that is meant"
        ],
    ),
    (
        "adopted and destroyed",
        REPOSITORY,
        {"deletion": "destroy", "empty_on_delete": True, "import_": f"{IN_EUROPE}/images"},
        ["deletion: 'destroy' is refused while the repository is adopted; remove import_ once it is adopted"],
    ),
    (
        "one consent",
        REPOSITORY,
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove artifacts on destroy; set it to true, or remove deletion"],
    ),
    (
        "the other consent",
        REPOSITORY,
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove artifacts on destroy; set it, or remove empty_on_delete"],
    ),
    (
        "a rule's action",
        REPOSITORY,
        {"rules": {"r": {"action": "block"}}},
        ["rules.r.action: must be one of allow, deny, not 'block'"],
    ),
    (
        "a rule's id",
        REPOSITORY,
        {"rules": {"no root": {"action": "deny"}}},
        ["rules['no root']: 'no root' is not a rule's id; use 1 to 256 letters, digits and - . _ ~ : @ + ^"],
    ),
    (
        "two rules for all",
        REPOSITORY,
        {"rules": {"a": {"action": "deny"}, "b": {"action": "allow"}}},
        ["rules.b: is a second rule for the whole repository, beside 'a'; keep one of them"],
    ),
    (
        "two rules for a package",
        REPOSITORY,
        {"rules": {"a": {"action": "deny", "package": "api"}, "b": {"action": "allow", "package": "api"}}},
        ["rules.b: is a second rule for package 'api', beside 'a'; keep one of them"],
    ),
    (
        "a title of no condition",
        REPOSITORY,
        {"rules": {"a": {"action": "deny", "title": "no root"}}},
        ["rules.a.title: is the condition's, and there is none; remove it"],
    ),
    (
        "an empty condition",
        REPOSITORY,
        {"rules": {"a": {"action": "deny", "condition": ""}}},
        ["rules.a.condition: must have at least 1 characters, not ''"],
    ),
    (
        "several at once",
        REPOSITORY,
        {"location": "eu", "labels": {"Team": "x"}, "deletion": "destroy", **policies(a={"action": "delete"})},
        [
            "empty_on_delete: is required too to remove artifacts on destroy; set it to true, or remove deletion",
            "labels.Team: 'Team' is not a label's key; use 1 to 63 lower-case letters, digits, _ and -, a letter first",
            "lifecycle.policies.a.action: 'delete' without a condition would remove every version; add older_than_days or tag_state 'untagged'",
            "location: 'eu' is not a location of Artifact Registry; write 'europe', 'us' or 'asia', or a region",
        ],
    ),
    (
        "settings of nothing",
        SETTINGS,
        {"platform_logs": MISSING},
        ["says nothing; add platform_logs, remote_upstreams or scanning"],
    ),
    (
        "settings of nowhere",
        SETTINGS,
        {"location": MISSING},
        ["location: is required but not given; add it"],
    ),
    (
        "settings of a zone",
        SETTINGS,
        {"location": "us-east1-b"},
        ["location: 'us-east1-b' is a zone; write its region, 'us-east1'"],
    ),
    (
        "a severity that is none",
        SETTINGS,
        {"platform_logs": {"severity": "warn"}},
        [
            "platform_logs.severity: must be one of debug, info, notice, warning, error, critical, alert, emergency, not 'warn'"
        ],
    ),
    (
        "a severity of no logs",
        SETTINGS,
        {"platform_logs": {"enabled": False, "severity": "error"}},
        ["platform_logs.severity: has no meaning where enabled is false; remove it"],
    ),
    (
        "a word for deny",
        SETTINGS,
        {"remote_upstreams": "block"},
        ["remote_upstreams: must be one of allow, deny, not 'block'"],
    ),
    (
        "a project that is not scanned",
        SETTINGS,
        {"scanning": {"mode": "off"}},
        ["scanning.mode: 'off' is not the project's to say; use 'on_push' here, 'off' on a repository"],
    ),
    (
        "a project scanned all the time",
        SETTINGS,
        {"scanning": {"mode": "continuous"}},
        ["scanning.mode: 'continuous' is not the project's to say; use 'on_push' here, 'off' on a repository"],
    ),
    (
        "a project scanned in part",
        SETTINGS,
        {"scanning": {"repositories": ["shop"]}},
        ["scanning.repositories: cannot be narrowed here; set scanning 'off' on the other repositories"],
    ),
    (
        "nothing referenced",
        REFERENCE,
        {"repository": MISSING},
        ["repository: is required but not given; add it"],
    ),
    (
        "a reference by id",
        REFERENCE,
        {"repository": "images"},
        [
            "repository: 'images' is not a repository's name; it looks like projects/PROJECT/locations/LOCATION/repositories/ID"
        ],
    ),
    (
        "a reference by address",
        REFERENCE,
        {"repository": "europe-docker.pkg.dev/shop-dev/images"},
        [
            "repository: 'europe-docker.pkg.dev/shop-dev/images' is not a repository's name; it looks like projects/PROJECT/locations/LOCATION/repositories/ID"
        ],
    ),
    (
        "a reference's format",
        REFERENCE,
        {"format": "helm"},
        ["format: must be one of docker, maven, npm, python, apt, yum, go, kfp, generic, not 'helm'"],
    ),
]


@pytest.mark.parametrize(("kind", "changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_mistakes_are_told_whole(kind: str, changes: dict[str, Any], mistakes: list[str]) -> None:
    said = {key: value for key, value in {**GOOD[kind], **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        getattr(artifact_registry, kind).parse(said)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    assert str(caught.value) == "\n".join([f"{kind} is not valid ({count}):", *(f"  {line}" for line in mistakes)])
    assert "hunter22" not in str(caught.value)


def test_the_table_has_no_row_twice() -> None:
    assert len({row[0] for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("kind", GOOD)
def test_what_the_rows_change_is_right_in_itself(kind: str) -> None:
    getattr(artifact_registry, kind).parse(GOOD[kind])


# What stands just inside the limits that the table's rows are outside of.
TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("an id of one letter", {"repository_id": "a"}),
    ("an id of 63 characters", {"repository_id": "a" * 63}),
    ("a continent", {"location": "europe"}),
    ("a domain's project", {"project": "example.com:shop-dev"}),
    ("60 labels", {"labels": {f"l{number}": "" for number in range(60)}}),
    ("ten policies", policies(**{f"p{number}": OLD for number in range(10)})),
    ("an id of 127 characters", policies(**{"a" * 127: OLD})),
    ("an age of ten thousand years", policies(old={**OLD, "older_than_days": 3_652_500})),
    ("ages with a day between", policies(old={**OLD, "newer_than_days": 2})),
    ("old ones where tags may go", {**policies(old={"action": "delete", "older_than_days": 1}), "format": MUTABLE}),
    ("kept with tags that stay", policies(old=OLD, kept={"action": "keep", "tag_prefixes": ["v"]})),
    ("Docker Hub's registry by address", custom("https://registry-1.docker.io")),
    ("a repository by address", custom("https://europe-docker.pkg.dev/shop-dev/images")),
    ("an address with port and path", custom("https://registry.example.com:8443/mirror")),
    ("a cache with a port", {"caching": {"upstream": "registry.example.com:8443"}}),
    ("two with one priority", virtual(a=f"{IN_EUROPE}/a", b=f"{IN_EUROPE}/b")),
    ("one of another project behind it", virtual(a="projects/other-1/locations/europe-west1/repositories/images")),
    ("a workload's account", {"access": {"pull": ["serviceAccount:shop-dev.svc.id.goog[shop/api]"]}}),
    ("a workload identity", {"access": {"pull": ["principal://iam.googleapis.com/projects/1/subject/x"]}}),
    ("everybody behind a virtual one", {**virtual(a=f"{IN_EUROPE}/a"), "access": {"anonymous_pull": True}}),
    ("one role at two times", {"roles": {"a": READER, "b": {**READER, "condition": {"title": "t", "expression": "x"}}}}),
    ("a rule for all and one for a package", {"rules": {"a": {"action": "deny"}, "b": {"action": "allow", "package": "p"}}}),
    ("a role of one's own", {"roles": {"a": {**READER, "role": "projects/shop-dev/roles/puller"}}}),
    ("a key of the same location", {"encryption": {"key": f"projects/shop-dev/locations/europe-west1/{RING}"}}),
    ("a public network", {"network": {"public": True}}),
    ("scanning off for any format", {"format": {"kind": "apt"}, "scanning": {"mode": "off"}}),
    ("adopted by its own name", {"import_": f"{IN_EUROPE}/images", "project": "shop-dev"}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [row[1] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_what_stands_inside_the_limits_is_taken(changes: dict[str, Any]) -> None:
    artifact_registry.GarRepositoryArgs.parse({**GOOD[REPOSITORY], **changes})
