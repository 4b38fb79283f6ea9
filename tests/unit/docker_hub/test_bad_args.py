# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong arguments of Docker Hub."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.docker_hub import DockerHubReferenceArgs, DockerHubRegistryArgs
from tests.unit.docker_hub.material import GOOD, LOGIN, OAT, PAT, oat

pytestmark = pytest.mark.unit

MISSING = object()
OAT_LOGIN = {"username": "acme", "token": "dckr_oat_not-a-real-one"}
NO_LIFECYCLE = "lifecycle: Docker Hub removes no images by rule; remove it, and let the prune job remove tags on a schedule: it spares the sha256-… tags, which hold signatures, since Docker Hub has no referrers"

# A title, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    # What has to be said, and words that are not known.
    (
        "nothing said",
        {"namespace": MISSING, "login": MISSING},
        ["login: is required but not given; add it", "namespace: is required but not given; add it"],
    ),
    ("misspelt", {"repositorys": {}}, ["repositorys: is not a setting; did you mean repositories?"]),
    (
        "misspelt in a repository",
        {"repositories": {"api": {"immutable": True}}},
        ["repositories.api.immutable: is not a setting; did you mean immutable_tags?"],
    ),
    ("login without token", {"login": {"username": "bot"}}, ["login.token: is required but not given; add it"]),
    (
        "login without user",
        {"login": {"username": "", "token": "x"}},
        ["login.username: must have at least 1 characters, not ''"],
    ),
    ("a number as token", {"login": {"username": "bot", "token": 5}}, ["login.token: must be text"]),
    # Names.
    (
        "namespace with slash",
        {"namespace": "acme/api"},
        ["namespace: 'acme/api' has a /; give the organization or user alone"],
    ),
    (
        "namespace in capitals",
        {"namespace": "Acme"},
        [
            "namespace: 'Acme' is not the name of an organization or user; it has lower-case letters, digits, and _ - inside"
        ],
    ),
    (
        "key that is no name",
        {"repositories": {"API": {}}},
        ["repositories.API: 'API' cannot be a repository's name; give it a name"],
    ),
    (
        "key that is no key",
        {"repositories": {"a b": {"name": "ab"}}},
        ["repositories['a b']: 'a b' is not a key; use 1 to 63 letters, digits and . _ - inside"],
    ),
    (
        "nested repository",
        {"repositories": {"api": {"name": "team/api"}}},
        [
            "repositories.api.name: 'team/api' has a /; a repository stands directly in its namespace, which is said once for all"
        ],
    ),
    (
        "repository with two dots",
        {"repositories": {"api": {"name": "api..v2"}}},
        [
            "repositories.api.name: 'api..v2' is not a repository's name; use 2 to 255 lower-case letters, digits and single . _ - between them"
        ],
    ),
    (
        "repository of one letter",
        {"repositories": {"a": {}}},
        ["repositories.a: 'a' cannot be a repository's name; give it a name"],
    ),
    (
        "one name twice",
        {"repositories": {"api": {}, "backend": {"name": "api"}}},
        ["repositories.backend.name: 'api' is that of 'api' too"],
    ),
    (
        "long description",
        {"repositories": {"api": {"description": "x" * 101}}},
        ["repositories.api.description: must have at most 100 characters, not '" + "x" * 58 + "…"],
    ),
    (
        "long overview",
        {"repositories": {"api": {"full_description": "x" * 25_001}}},
        ["repositories.api.full_description: must have at most 25000 characters, not '" + "x" * 58 + "…"],
    ),
    (
        "adopting another",
        {"repositories": {"api": {"import_": "acme/web"}}},
        ["repositories.api.import_: must be 'acme/api', or correct the name"],
    ),
    # Immutable tags.
    (
        "six rules",
        {"repositories": {"api": {"immutable_tags": ["a", "b", "c", "d", "e", "f"]}}},
        ["repositories.api.immutable_tags: has 6 rules; Docker Hub takes 5"],
    ),
    (
        "rule with comma",
        {"repositories": {"api": {"immutable_tags": ["v1,v2"]}}},
        [
            "repositories.api.immutable_tags[0]: 'v1,v2' has a comma, at which Docker Hub would split it; write two rules"
        ],
    ),
    (
        "rule with look-ahead",
        {"repositories": {"api": {"immutable_tags": ["(?!latest).*"]}}},
        [
            "repositories.api.immutable_tags[0]: '(?!latest).*' is not a regular expression of Go: it has a group that Go does not know at character 1; look-around and back-references are not possible"
        ],
    ),
    (
        "true as rules",
        {"repositories": {"api": {"immutable_tags": True}}},
        ["repositories.api.immutable_tags: must be a list, not True"],
    ),
    # Privacy and teams.
    (
        "private and public",
        {"repositories": {"api": {"private": True, "access": {"anonymous_pull": True}}}},
        ["repositories.api.private: is true, and access.anonymous_pull is too; remove one of them"],
    ),
    (
        "neither private nor public",
        {"repositories": {"api": {"private": False, "access": {"anonymous_pull": False}}}},
        ["repositories.api.private: is false, and access.anonymous_pull is too; remove one of them"],
    ),
    (
        "a user as team",
        {"access": {"pull": ["jon@example.com"]}},
        [
            "access.pull[0]: 'jon@example.com' is not a team; Docker Hub grants to teams of the organization, by their names"
        ],
    ),
    (
        "a team with a blank",
        {"access": {"pull": ["the devs"]}},
        ["access.pull[0]: 'the devs' is not a team's name; it has letters, digits, _ and -"],
    ),
    ("owners", {"access": {"admin": ["owners"]}}, ["access.admin[0]: 'owners' may do everything already; remove it"]),
    (
        "a team in two levels",
        {"access": {"pull": ["devs"], "push": ["devs"]}},
        ["access.push[0]: 'devs' is in pull already; name it once, where it may do the most"],
    ),
    (
        "teams of a person",
        {"account": "personal", "access": {"pull": ["devs"]}},
        [
            "access.pull[0]: a personal account has no teams; move to an organization, or add collaborators by hand (the API has none)"
        ],
    ),
    (
        "a wrong team in a repository",
        {"repositories": {"api": {"access": {"push": ["acme/devs"]}}}},
        [
            "repositories.api.access.push[0]: 'acme/devs' is not a team; Docker Hub grants to teams of the organization, by their names"
        ],
    ),
    (
        "two grants of one name",
        {"repositories": {"web": {}, "web-v2": {}}, "access": {"pull": ["v2-devs", "devs"]}},
        [
            "repositories.web-v2: with team 'devs' is named as 'web' with another; take another key",
        ],
    ),
    # Accounts, plans and quotas.
    (
        "a person's plan for an organization",
        {"plan": "pro"},
        ["plan: 'pro' is one of personal accounts; an organization has team or business"],
    ),
    (
        "an organization's plan for a person",
        {"plan": "team", "account": "personal"},
        ["plan: 'team' is one of organizations; a personal account has personal or pro"],
    ),
    (
        "two private repositories of a person",
        {"plan": "personal", "account": "personal", "repositories": {"api": {}, "web": {}}},
        [
            "repositories: has 2 private ones; plan 'personal' has 1. Set access.anonymous_pull, or another plan",
        ],
    ),
    (
        "eleven tokens in a team's plan",
        {"plan": "team", "tokens": {f"t{n}": oat() for n in range(11)}},
        ["tokens: has 11 of the organization; plan 'team' has 10, expired ones counted"],
    ),
    ("a plan that is none", {"plan": "free"}, ["plan: must be one of personal, pro, team, business, not 'free'"]),
    # Access tokens.
    (
        "a token of no kind",
        {"tokens": {"ci": {"scope": "repo:read"}}},
        ["tokens.ci: needs `kind` to say which kind it is; allowed: personal, organization"],
    ),
    (
        "expiry not said",
        {"tokens": {"ci": {"kind": "personal", "scope": "repo:read"}}},
        ["tokens.ci.expires_at: is required but not given; add it"],
    ),
    (
        "expiry without zone",
        {"tokens": {"ci": {**PAT, "expires_at": "2027-12-31T23:59:59"}}},
        ["tokens.ci.expires_at: '2027-12-31T23:59:59' has no time zone; end it with Z"],
    ),
    (
        "expiry in words",
        {"tokens": {"ci": {**PAT, "expires_at": "in 90 days"}}},
        ["tokens.ci.expires_at: 'in 90 days' is not a time; write it as 2027-12-31T23:59:59Z"],
    ),
    (
        "an organization's scope in a personal token",
        {"tokens": {"ci": {**PAT, "scope": "scope-image-pull"}}},
        [
            "tokens.ci.scope: 'scope-image-pull' is not a scope of personal access tokens; allowed: repo:public_read, repo:read, repo:write, repo:admin"
        ],
    ),
    (
        "a misspelt scope",
        {"tokens": {"ci": oat(scopes=["scope-image-pul"])}},
        [
            "tokens.ci.resources[0].scopes[0]: 'scope-image-pul' is not a scope of TYPE_REPO; did you mean scope-image-pull?"
        ],
    ),
    (
        "an organization's scope in a repository",
        {"tokens": {"ci": oat(scopes=["scope-member-read"])}},
        [
            "tokens.ci.resources[0].scopes[0]: 'scope-member-read' is a scope of TYPE_ORG; say it in a resource of that type"
        ],
    ),
    (
        "no scopes",
        {"tokens": {"ci": oat(scopes=[])}},
        ["tokens.ci.resources[0].scopes: needs at least 1 entry (it has 0)"],
    ),
    (
        "one scope twice",
        {"tokens": {"ci": oat(scopes=["scope-image-pull", "scope-image-pull"])}},
        ["tokens.ci.resources[0].scopes[1]: 'scope-image-pull' is there already; say it once"],
    ),
    (
        "a repository without namespace",
        {"tokens": {"ci": oat(path="api")}},
        [
            "tokens.ci.resources[0].path: 'api' is not a repository; write 'acme/api', 'acme/*', or '*/*/public' for all public ones"
        ],
    ),
    (
        "a repository of others",
        {"tokens": {"ci": oat(path="other/api")}},
        ["tokens.ci.resources[0].path: is not in 'acme', whose token it is"],
    ),
    (
        "pushing to everything public",
        {"tokens": {"ci": oat(path="*/*/public", scopes=["scope-image-push"])}},
        [
            "tokens.ci.resources[0].scopes[0]: 'scope-image-push' is too much for every public repository; only pulling is"
        ],
    ),
    (
        "too many repositories in a token",
        {
            "tokens": {
                "ci": {
                    **OAT,
                    "resources": [{"path": f"acme/r{n}", "scopes": ["scope-image-pull"]} for n in range(51)],
                }
            }
        },
        ["tokens.ci.resources: names 51 repositories; a token takes 50, or 'acme/*' for all"],
    ),
    (
        "an organization's token for a person",
        {"account": "personal", "tokens": {"ci": oat()}},
        ["tokens.ci.kind: 'organization' needs an organization; use 'personal'"],
    ),
    (
        "an endpoint with a token that is not there",
        {"endpoint_login": "ci", "tokens": {"build": PAT}},
        ["endpoint_login: 'ci' is not one of tokens (build)"],
    ),
    (
        "an organization's token under another name",
        {"login": {**OAT_LOGIN, "username": "bot"}},
        ["login.username: must be 'acme': the login is an organization access token of its own"],
    ),
    (
        "a token that makes tokens",
        {"login": OAT_LOGIN, "tokens": {"ci": PAT}},
        [
            "tokens: cannot be made by an organization access token; log in with the password of an owner's account, or make them by hand"
        ],
    ),
    # How the API is spoken to.
    (
        "api in the clear",
        {"api": {"url": "http://hub.example.com"}},
        ["api.url: 'http://hub.example.com' would send the login in the clear; write https://"],
    ),
    (
        "api with path",
        {"api": {"url": "https://hub.docker.com/v2"}},
        ["api.url: 'https://hub.docker.com/v2' has a path; give scheme and host alone"],
    ),
    (
        "api with login",
        {"api": {"url": "https://bot:hunter2-secret@hub.docker.com"}},
        ["api.url: holds a login; take it out, and give it as login"],
    ),
    ("no attempts", {"api": {"attempts": 0}}, ["api.attempts: must be at least 1, not 0"]),
    ("no time", {"api": {"timeout_seconds": 0}}, ["api.timeout_seconds: must be more than 0.0, not 0"]),
    # Consents.
    (
        "one consent",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion"],
    ),
    (
        "the other consent",
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"],
    ),
    (
        "consents and adoption",
        {"deletion": "destroy", "empty_on_delete": True, "repositories": {"api": {"import_": "acme/api"}}},
        ["deletion: 'destroy' is refused while 'api' is adopted; remove import_ once it is adopted"],
    ),
    # Blocks that Docker Hub cannot do.
    ("lifecycle", {"lifecycle": {"keep": 10}}, [NO_LIFECYCLE]),
    ("an empty lifecycle", {"lifecycle": {}}, [NO_LIFECYCLE]),
    (
        "replication",
        {"replication": {"dr": {"region": "eu-west-1"}}},
        [
            "replication: Docker Hub copies nothing elsewhere; remove it, and let the other registry fetch: caching in EcrRegistry, AcrRegistry, GarRepository or DistributionRegistry"
        ],
    ),
    (
        "caching",
        {"caching": {"ghcr": {"upstream": "ghcr.io"}}},
        [
            "caching: Docker Hub is no cache of other registries; remove it, and cache in EcrPullThroughCache, AcrRegistry, GarRepository (remote) or DistributionRegistry (proxy), which can cache Docker Hub too"
        ],
    ),
    (
        "scanning",
        {"scanning": {"mode": "on_push"}},
        [
            "scanning: mode 'on_push' cannot be set: Docker Scout has no API for it. Turn it on by hand (`docker scout repo enable`), or scan in your CI; remove it"
        ],
    ),
    (
        "scanning off in some",
        {"scanning": {"mode": "off", "repositories": ["api"]}},
        ["scanning.repositories: has no meaning with mode 'off'; remove it"],
    ),
    (
        "network",
        {"network": {"public": False}},
        [
            "network: Docker Hub is on the internet and nowhere else; remove it, and cache it in a registry inside your network"
        ],
    ),
    # Several at once.
    (
        "everything at once",
        {
            "namespace": "Acme",
            "endpoint_login": "none",
            "lifecycle": {"keep": 1},
            "repositories": {"api": {"immutable_tags": ["a,b"]}},
        },
        [
            "endpoint_login: 'none' is not one of tokens (none is there)",
            NO_LIFECYCLE,
            "namespace: 'Acme' is not the name of an organization or user; it has lower-case letters, digits, and _ - inside",
            "repositories.api.immutable_tags[0]: 'a,b' has a comma, at which Docker Hub would split it; write two rules",
        ],
    ),
]


def told(settings: dict[str, Any]) -> list[str]:
    with pytest.raises(StackError) as caught:
        DockerHubRegistryArgs.parse(settings)
    first, *lines = str(caught.value).splitlines()
    word = "mistake" if len(lines) == 1 else "mistakes"
    assert first == f"DockerHubRegistryArgs is not valid ({len(lines)} {word}):"
    return [line.removeprefix("  ") for line in lines]


@pytest.mark.parametrize(("changes", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_whole_message(changes: dict[str, Any], expected: list[str]) -> None:
    settings = {key: value for key, value in {**GOOD, **changes}.items() if value is not MISSING}
    assert told(settings) == expected


def test_no_message_tells_the_token() -> None:
    secret = "dckr_oat_never-told-to-anybody"
    for _, changes, _ in TABLE:
        settings = {**GOOD, **changes}
        if isinstance(settings["login"], dict):
            settings["login"] = {**settings["login"], "token": secret}
        settings = {key: value for key, value in settings.items() if value is not MISSING}
        assert secret not in "\n".join(told(settings)) if "login" in settings else True


def test_an_api_url_with_a_login_is_not_shown() -> None:
    assert "hunter2" not in "".join(told({**GOOD, "api": {"url": "https://bot:hunter2-secret@hub.docker.com"}}))


def test_reference_arguments() -> None:
    with pytest.raises(StackError) as caught:
        DockerHubReferenceArgs.parse({"namespace": "acme/api", "repository": "Api", "login": LOGIN})
    assert str(caught.value).splitlines()[1:] == [
        "  namespace: 'acme/api' has a /; give the organization or user alone",
        "  repository: 'Api' is not a repository's name; use 2 to 255 lower-case letters, digits and single . _ - between them",
    ]


# What a check lets pass, beside each that it refuses.
RIGHT: list[tuple[str, dict[str, Any]]] = [
    ("rule 35: no lifecycle", {"lifecycle": None}),
    ("the last rule that fits", {"repositories": {"api": {"immutable_tags": ["a", "b", "c", "d", "e"]}}}),
    ("public in one place", {"repositories": {"api": {"private": True}}, "access": {"anonymous_pull": True}}),
    ("ten tokens in a team's plan", {"plan": "team", "tokens": {f"t{n}": oat() for n in range(10)}}),
    ("a hundred in business", {"plan": "business", "tokens": {f"t{n}": oat() for n in range(100)}}),
    ("one private repository of a person", {"plan": "personal", "account": "personal", "repositories": {"api": {}}}),
    (
        "many public ones",
        {
            "plan": "personal",
            "account": "personal",
            "access": {"anonymous_pull": True},
            "repositories": {"api": {}, "web": {}},
        },
    ),
    ("everything public for pulling", {"tokens": {"ci": oat(path="*/*/public")}}),
    ("all of the organization", {"tokens": {"ci": oat(path="acme/*")}}),
    (
        "the organization itself",
        {"tokens": {"ci": oat(path="acme", type="TYPE_ORG", scopes=["scope-repository-create"])}},
    ),
    ("an organization's token of its own name", {"login": OAT_LOGIN}),
    ("scanning off", {"scanning": {"mode": "off"}}),
    ("a public network", {"network": {"public": True}}),
    ("both consents", {"deletion": "destroy", "empty_on_delete": True}),
    ("adoption", {"repositories": {"api": {"import_": "acme/api"}}}),
    ("adoption under a key", {"repositories": {"backend": {"name": "api", "import_": "acme/api"}}}),
    ("an api on loopback", {"api": {"url": "http://127.0.0.1:8080"}}),
]


@pytest.mark.parametrize("changes", [row[1] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_right(changes: dict[str, Any]) -> None:
    DockerHubRegistryArgs.parse({**GOOD, **changes})
