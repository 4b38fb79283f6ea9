"""Unit proof: what repositories, roles and rules of Artifact Registry become, and that it is the same each time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.artifact_registry import (
    GarLifecycle,
    GarProjectSettingsArgs,
    GarRepositoryArgs,
    formats,
    render,
)
from registry_components.artifact_registry.words import ROLES, check_member, folded, label
from registry_components.core.errors import StackError
from registry_components.lifecycle.semantics import gar

pytestmark = pytest.mark.unit

OWN = {"managed-by": "registry-components"}
PLACE = {"repository_id": "images", "location": "europe-west1"}
IN_EUROPE = "projects/shop-dev/locations/europe-west1/repositories"
KEY = "projects/shop-dev/locations/europe-west1/keyRings/shop/cryptoKeys/images"
VERSION = "projects/shop-dev/secrets/hub/versions/1"
WHERE = {"repository": "images", "location": "europe-west1", "project": "shop-dev"}
DEVELOPERS = "group:developers@example.com"
DEFAULT: dict[str, Any] = {
    "repositoryId": "images",
    "location": "europe-west1",
    "format": "DOCKER",
    "mode": "STANDARD_REPOSITORY",
    "labels": OWN,
    "vulnerabilityScanningConfig": {"enablementConfig": "INHERITED"},
    "dockerConfig": {"immutableTags": True},
}
HUB: dict[str, Any] = {
    "dockerRepository": {"publicRepository": "DOCKER_HUB"},
    "disableUpstreamValidation": False,
}


def repository(**said: Any) -> dict[str, Any]:
    args = GarRepositoryArgs.parse({**PLACE, **said})
    version = None if args.credentials is None else VERSION
    return render.repository(args, OWN, password_secret_version=version)


def without(*names: str) -> dict[str, Any]:
    return {key: value for key, value in DEFAULT.items() if key not in names}


def remote(config: dict[str, Any]) -> dict[str, Any]:
    return {**without("dockerConfig"), "mode": "REMOTE_REPOSITORY", "remoteRepositoryConfig": config}


# A title, what is said, and the whole repository.
TABLE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("secure by default", {}, DEFAULT),
    ("a project", {"project": "shop-dev"}, {**DEFAULT, "project": "shop-dev"}),
    ("a description", {"description": "Images"}, {**DEFAULT, "description": "Images"}),
    ("labels", {"labels": {"team": "a", "app": ""}}, {**DEFAULT, "labels": {"app": "", **OWN, "team": "a"}}),
    (
        "tags that move",
        {"format": {"kind": "docker", "immutable_tags": False}},
        {**DEFAULT, "dockerConfig": {"immutableTags": False}},
    ),
    ("your key", {"encryption": {"key": KEY}}, {**DEFAULT, "kmsKeyName": KEY}),
    (
        "not scanned",
        {"scanning": {"mode": "off"}},
        {**DEFAULT, "vulnerabilityScanningConfig": {"enablementConfig": "DISABLED"}},
    ),
    ("scanned on push", {"scanning": {"mode": "on_push"}}, DEFAULT),
    ("scanned as the project says", {"scanning": {"mode": "inherited"}}, DEFAULT),
    (
        "policies, tried only",
        {
            "lifecycle": {
                "policies": {
                    "untagged": {"action": "delete", "tag_state": "untagged", "older_than_days": 14},
                    "recent": {"action": "keep", "keep_count": 10, "package_prefixes": ["web", "api"]},
                },
                "dry_run": True,
            }
        },
        {
            **DEFAULT,
            "cleanupPolicies": [
                {
                    "id": "recent",
                    "action": "KEEP",
                    "mostRecentVersions": {"keepCount": 10, "packageNamePrefixes": ["api", "web"]},
                },
                {"id": "untagged", "action": "DELETE", "condition": {"tagState": "UNTAGGED", "olderThan": "1209600s"}},
            ],
            "cleanupPolicyDryRun": True,
        },
    ),
    (
        "every condition",
        {
            "format": {"kind": "docker", "immutable_tags": False},
            "lifecycle": {
                "policies": {
                    "all": {
                        "action": "delete",
                        "tag_state": "tagged",
                        "tag_prefixes": ["pr-", "dev-", "pr-"],
                        "version_prefixes": ["sha256:0"],
                        "package_prefixes": ["web", "api"],
                        "older_than_days": 3,
                        "newer_than_days": 30,
                    }
                }
            },
        },
        {
            **DEFAULT,
            "dockerConfig": {"immutableTags": False},
            "cleanupPolicies": [
                {
                    "id": "all",
                    "action": "DELETE",
                    "condition": {
                        "tagState": "TAGGED",
                        "tagPrefixes": ["dev-", "pr-"],
                        "versionNamePrefixes": ["sha256:0"],
                        "packageNamePrefixes": ["api", "web"],
                        "olderThan": "259200s",
                        "newerThan": "2592000s",
                    },
                }
            ],
            "cleanupPolicyDryRun": False,
        },
    ),
    (
        "Maven",
        {"format": {"kind": "maven"}},
        {
            **without("dockerConfig", "vulnerabilityScanningConfig"),
            "format": "MAVEN",
            "mavenConfig": {"allowSnapshotOverwrites": False, "versionPolicy": "VERSION_POLICY_UNSPECIFIED"},
        },
    ),
    (
        "Maven's snapshots, scanned",
        {
            "format": {"kind": "maven", "version_policy": "snapshot", "allow_snapshot_overwrites": True},
            "scanning": {"mode": "on_push"},
        },
        {
            **without("dockerConfig"),
            "format": "MAVEN",
            "mavenConfig": {"allowSnapshotOverwrites": True, "versionPolicy": "SNAPSHOT"},
        },
    ),
    ("Docker Hub", {"format": {"kind": "docker-remote", "upstream": {"kind": "docker-hub"}}}, remote(HUB)),
    ("Docker Hub, the short way", {"caching": {"upstream": "docker.io"}}, remote(HUB)),
    ("Docker Hub by another name", {"caching": {"upstream": "registry-1.docker.io"}}, remote(HUB)),
    (
        "another registry, the short way",
        {"caching": {"upstream": "ghcr.io"}},
        remote({"commonRepository": {"uri": "https://ghcr.io"}, "disableUpstreamValidation": False}),
    ),
    (
        "a login",
        {"caching": {"upstream": "docker.io", "credentials": {"username": "ci", "password": "hunter22"}}},
        remote(
            {
                **HUB,
                "upstreamCredentials": {
                    "usernamePasswordCredentials": {"username": "ci", "passwordSecretVersion": VERSION}
                },
            }
        ),
    ),
    (
        "another registry, nothing kept and nothing tried",
        {
            "format": {
                "kind": "docker-remote",
                "upstream": {"kind": "custom", "uri": "https://ghcr.io"},
                "description": "GitHub",
                "cache": False,
                "validate_upstream": False,
            }
        },
        remote(
            {
                "commonRepository": {"uri": "https://ghcr.io"},
                "description": "GitHub",
                "noCache": {},
                "disableUpstreamValidation": True,
            }
        ),
    ),
    (
        "a repository of another location",
        {"format": {"kind": "docker-remote", "upstream": {"kind": "repository", "repository": f"{IN_EUROPE}/a"}}},
        remote({"commonRepository": {"uri": f"{IN_EUROPE}/a"}, "disableUpstreamValidation": False}),
    ),
    (
        "a virtual one, by key",
        {
            "format": {
                "kind": "docker-virtual",
                "members": {
                    "own": {"repository": f"{IN_EUROPE}/own", "priority": 20},
                    "hub": {"repository": f"{IN_EUROPE}/hub", "priority": 10},
                },
            }
        },
        {
            **without("dockerConfig", "vulnerabilityScanningConfig"),
            "mode": "VIRTUAL_REPOSITORY",
            "virtualRepositoryConfig": {
                "upstreamPolicies": [
                    {"id": "hub", "repository": f"{IN_EUROPE}/hub", "priority": 10},
                    {"id": "own", "repository": f"{IN_EUROPE}/own", "priority": 20},
                ]
            },
        },
    ),
]


@pytest.mark.parametrize(("said", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_repository_becomes(said: dict[str, Any], expected: dict[str, Any]) -> None:
    assert repository(**said) == expected


PUBLIC: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "maven-remote", "upstream": {"kind": "maven-central"}}, {"mavenRepository": "MAVEN_CENTRAL"}),
    ({"kind": "npm-remote", "upstream": {"kind": "npmjs"}}, {"npmRepository": "NPMJS"}),
    ({"kind": "python-remote", "upstream": {"kind": "pypi"}}, {"pythonRepository": "PYPI"}),
    (
        {"kind": "apt-remote", "upstream": {"kind": "public", "base": "debian-snapshot", "path": "debian"}},
        {"aptRepository": {"repositoryBase": "DEBIAN_SNAPSHOT", "repositoryPath": "debian"}},
    ),
    (
        {"kind": "yum-remote", "upstream": {"kind": "public", "base": "rocky", "path": "pub/rocky/9/BaseOS"}},
        {"yumRepository": {"repositoryBase": "ROCKY", "repositoryPath": "pub/rocky/9/BaseOS"}},
    ),
]


@pytest.mark.parametrize(("format_", "expected"), PUBLIC, ids=[str(row[0]["kind"]) for row in PUBLIC])
def test_a_public_upstream_becomes(format_: dict[str, Any], expected: dict[str, Any]) -> None:
    [(name, public)] = expected.items()
    assert repository(format=format_)["remoteRepositoryConfig"] == {
        name: {"publicRepository": public},
        "disableUpstreamValidation": False,
    }


def test_go_has_one_upstream_and_nothing_to_log_in_to() -> None:
    assert repository(format={"kind": "go-remote"})["remoteRepositoryConfig"] == {
        "commonRepository": {"uri": "https://proxy.golang.org"}
    }


@pytest.mark.parametrize("kind", ["docker", "maven", "npm", "python", "apt", "yum", "go", "kfp", "generic"])
def test_settings_of_a_format_are_for_it_alone(kind: str) -> None:
    rendered = repository(format={"kind": kind})
    assert rendered["format"] == kind.upper()
    assert ("dockerConfig" in rendered, "mavenConfig" in rendered) == (kind == "docker", kind == "maven")
    assert ("vulnerabilityScanningConfig" in rendered) == (kind == "docker")


def test_each_format_and_mode_has_one_kind() -> None:
    kinds = {model: model.model_fields["kind"].default for model in _models(formats.GarFormat)}
    assert len(set(kinds.values())) == len(kinds) == 23
    for model, kind in kinds.items():
        assert kind == (model.format if model.mode == "standard" else f"{model.format}-{model.mode}")


def _models(base: type[formats.GarFormat]) -> list[type[formats.GarFormat]]:
    below = [found for model in base.__subclasses__() for found in _models(model)]
    return [*([base] if "kind" in base.model_fields else []), *below]


@pytest.mark.parametrize(("level", "role"), [("pull", "reader"), ("push", "writer"), ("admin", "repoAdmin")])
def test_a_level_is_a_role(level: str, role: str) -> None:
    assert render.member(WHERE, ROLES[level], DEVELOPERS) == {
        **WHERE,
        "role": f"roles/artifactregistry.{role}",
        "member": DEVELOPERS,
    }


def test_a_role_has_its_condition() -> None:
    condition = {"title": "until 2027", "expression": 'request.time < timestamp("2027-01-01T00:00:00Z")'}
    said = {"role": ROLES["pull"], "principal": DEVELOPERS}
    args = GarRepositoryArgs.parse(
        {
            **PLACE,
            "roles": {
                "always": {**said, "role": "projects/shop-dev/roles/puller"},
                "once": {**said, "condition": condition},
                "told": {**said, "condition": {**condition, "description": "The contract ends."}},
            },
        }
    )
    found = {key: render.role(WHERE, role) for key, role in args.roles.items()}
    always = {**WHERE, "role": "projects/shop-dev/roles/puller", "member": DEVELOPERS}
    assert found["always"] == always
    assert found["once"] == {**always, "role": ROLES["pull"], "condition": condition}
    assert found["told"]["condition"] == {**condition, "description": "The contract ends."}


def test_a_rule_becomes() -> None:
    args = GarRepositoryArgs.parse(
        {
            **PLACE,
            "rules": {
                "all": {"action": "deny"},
                "api": {
                    "action": "allow",
                    "package": "api",
                    "condition": 'pkg.tag.id == "prod"',
                    "title": "Released",
                    "description": "What is tagged prod.",
                },
            },
        }
    )
    assert render.rule(WHERE, "all", args.rules["all"]) == {
        **WHERE,
        "ruleId": "all",
        "action": "DENY",
        "operation": "DOWNLOAD",
    }
    assert render.rule(WHERE, "api", args.rules["api"]) == {
        **WHERE,
        "ruleId": "api",
        "action": "ALLOW",
        "operation": "DOWNLOAD",
        "packageId": "api",
        "condition": {
            "expression": 'pkg.tag.id == "prod"',
            "title": "Released",
            "description": "What is tagged prod.",
        },
    }


def test_a_secret_is_named_after_the_repository() -> None:
    args = GarRepositoryArgs.parse({**PLACE, "project": "shop-dev", "labels": {"team": "a"}})
    assert render.secret(args, OWN) == {
        "secretId": "images-europe-west1-upstream",
        "replication": {"auto": {}},
        "labels": {**OWN, "team": "a"},
        "project": "shop-dev",
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {"loggingState": "ENABLED"}),
        ({"severity": "warning"}, {"loggingState": "ENABLED", "severityLevel": "WARNING"}),
        ({"enabled": False}, {"loggingState": "DISABLED"}),
    ],
)
def test_logs_become(said: dict[str, Any], expected: dict[str, Any]) -> None:
    args = GarProjectSettingsArgs.parse({"location": "europe", "platform_logs": said})
    assert args.platform_logs is not None
    assert render.platform_logs(args.platform_logs) == expected


def test_addresses_follow_from_place_and_format() -> None:
    assert render.server("europe", "docker") == "europe-docker.pkg.dev"
    assert render.server("us-east1", "npm") == "us-east1-npm.pkg.dev"
    assert render.prefix("shop-dev", "images") == "shop-dev/images"
    assert render.prefix("example.com:shop-dev", "images") == "example.com/shop-dev/images"


@pytest.mark.parametrize(
    ("format_", "command"),
    [
        (
            "docker",
            "gcloud auth print-access-token | docker login -u oauth2accesstoken --password-stdin "
            "https://europe-docker.pkg.dev",
        ),
        (
            "maven",
            "gcloud artifacts print-settings mvn --project=shop-dev --location=europe --repository=images",
        ),
        ("go", "gcloud auth application-default login"),
        ("generic", "gcloud auth application-default login"),
    ],
)
def test_a_login_has_no_token(format_: str, command: str) -> None:
    assert render.login_command("shop-dev", "europe", "images", format_) == command


def test_labels_say_who_made_it_in_words_that_a_label_holds() -> None:
    assert render.labels({}, {"registry-component": "GarRepository", "pulumi-stack": "Dev/Europe 1"}) == {
        "pulumi-stack": "dev-europe-1",
        "registry-component": "garrepository",
    }
    assert len(label("x" * 100)) == 63


def test_principals_that_are_right() -> None:
    for principal in (
        "user:alice@example.com",
        DEVELOPERS,
        "serviceAccount:ci@shop-dev.iam.gserviceaccount.com",
        "serviceAccount:shop-dev.svc.id.goog[shop/api]",
        "domain:example.com",
        "projectViewer:shop-dev",
        "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/main",
        "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/attribute.team/shop",
    ):
        assert check_member(principal) is None


def test_only_what_has_no_case_is_folded() -> None:
    assert folded("group:Developers@Example.com") == DEVELOPERS
    pool = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/Main"
    assert folded(pool) == pool


PREFIXES = ["pr-", "dev-", "v", "release."]
POLICIES: dict[str, dict[str, Any]] = {
    "old": {"action": "delete", "older_than_days": 30},
    "branches": {"action": "delete", "tag_prefixes": PREFIXES, "package_prefixes": ["web", "api"]},
    "recent": {"action": "keep", "keep_count": 5, "package_prefixes": ["web", "api"]},
    "released": {"action": "keep", "tag_prefixes": ["v", "release."], "version_prefixes": ["sha256:1", "sha256:0"]},
}
LABELS = {"team": "shop", "app": "api", "cost": "1"}
RULES = {"all": {"action": "deny"}, "api": {"action": "allow", "package": "api"}}
MEMBERS = {name: {"repository": f"{IN_EUROPE}/{name}", "priority": 10} for name in ("hub", "own", "base")}


def shuffled(value: Any, order: random.Random) -> Any:
    """Return a value with the entries of every map and list in another order."""
    if isinstance(value, dict):
        entries = [(key, shuffled(item, order)) for key, item in value.items()]
        order.shuffle(entries)
        return dict(entries)
    if isinstance(value, list):
        items = [shuffled(item, order) for item in value]
        order.shuffle(items)
        return items
    return value


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.sets(st.sampled_from(sorted(POLICIES)), min_size=1))
def test_the_order_of_words_changes_nothing(order: random.Random, chosen: set[str]) -> None:
    policies = {key: POLICIES[key] for key in {"old", *chosen}}
    standard = {
        "format": {"kind": "docker", "immutable_tags": False},
        "labels": LABELS,
        "lifecycle": {"policies": policies},
        "rules": RULES,
    }
    virtual = {"format": {"kind": "docker-virtual", "members": MEMBERS}, "labels": LABELS}
    for said in (standard, virtual):
        # Text, so that the order of keys is compared too: in a preview it is what a person sees.
        first = json.dumps(repository(**said))
        assert json.dumps(repository(**shuffled(said, order))) == first


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    prefixes = st.lists(st.sampled_from(PREFIXES), max_size=2)
    found: dict[str, Any] = {"action": draw(st.sampled_from(["delete", "keep"]))}
    for name, values in (
        ("tag_state", st.sampled_from(["tagged", "untagged", "any"])),
        ("tag_prefixes", prefixes),
        ("version_prefixes", prefixes),
        ("package_prefixes", prefixes),
        ("older_than_days", st.integers(1, 20)),
        ("newer_than_days", st.integers(10, 60)),
        ("keep_count", st.integers(1, 5)),
    ):
        if draw(st.integers(0, 2)) == 0:
            found[name] = draw(values)
    return found


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b.c", "D-e"]), policies(), max_size=2), st.booleans())
def test_what_the_model_takes_the_simulation_takes(found: dict[str, Any], dry_run: bool) -> None:
    try:
        lifecycle = GarLifecycle.parse({"policies": {"old": POLICIES["old"], **found}, "dry_run": dry_run})
    except StackError:
        return
    rendered = [render.cleanup_policy(key, policy) for key, policy in sorted(lifecycle.policies.items())]
    read, tried = gar.parse({"cleanupPolicies": rendered, "cleanupPolicyDryRun": dry_run})
    assert tried is dry_run
    assert [(policy.id, policy.action.lower(), policy.keep_count) for policy in read] == [
        (key, policy.action, policy.keep_count) for key, policy in sorted(lifecycle.policies.items())
    ]
    assert any(policy.action == "DELETE" for policy in read)


def test_no_secret_stands_in_a_message() -> None:
    credentials = {"username": "ci", "password": "hunter22"}
    with pytest.raises(StackError) as caught:
        GarRepositoryArgs.parse(
            {
                **PLACE,
                "location": "eu",
                "caching": {"upstream": "x y", "credentials": credentials},
                "pasword": "hunter22",
            }
        )
    assert "hunter22" not in str(caught.value)
    args = GarRepositoryArgs.parse({**PLACE, "caching": {"upstream": "docker.io", "credentials": credentials}})
    assert args.credentials is not None
    assert "hunter22" not in repr(args) + repr(args.credentials) + json.dumps(repository(caching=args.caching))


def test_arguments_need_neither_pulumi_nor_the_sdk() -> None:
    code = (
        "import sys; from registry_components.artifact_registry import GarProjectSettingsArgs, GarRepositoryArgs;"
        "GarRepositoryArgs.parse({'repository_id': 'images', 'location': 'us'});"
        "print([name for name in ('pulumi', 'pulumi_gcp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
