"""Unit proof: what `GarRepositoryArgs` refuses, in whole messages."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.artifact_registry import GarRepositoryArgs
from registry_components.core.errors import StackError

pytestmark = pytest.mark.unit

BASE: dict[str, Any] = {"repository_id": "images", "location": "europe-west1"}

ROWS: list[tuple[dict[str, Any], str]] = [
    (
        {"repository_id": Ellipsis},
        ("  repository_id: is required but not given; add it"),
    ),
    (
        {"location": Ellipsis},
        ("  location: is required but not given; add it"),
    ),
    (
        {"repository_id": "Images"},
        (
            "  repository_id: 'Images' is not a repository id; use 1 to 63 lower-case letters, digits and -, "
            "a letter first and no - last"
        ),
    ),
    (
        {"repository_id": "1images"},
        (
            "  repository_id: '1images' is not a repository id; use 1 to 63 lower-case letters, digits and "
            "-, a letter first and no - last"
        ),
    ),
    (
        {"repository_id": "images-"},
        (
            "  repository_id: 'images-' is not a repository id; use 1 to 63 lower-case letters, digits and "
            "-, a letter first and no - last"
        ),
    ),
    (
        {"repository_id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
        (
            "  repository_id: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is not a "
            "repository id; use 1 to 63 lower-case letters, digits and -, a letter first and no - last"
        ),
    ),
    (
        {"location": "mars-1"},
        ("  location: 'mars-1' is not a location; write a region such as 'europe-west1', or one of asia, europe, us"),
    ),
    (
        {"location": "europe-west1-b"},
        ("  location: 'europe-west1-b' is a zone; write its region, 'europe-west1'"),
    ),
    (
        {"project": "My_Project"},
        (
            "  project: 'My_Project' is not a project id; it has 6 to 30 lower-case letters, digits and -, a "
            "letter first"
        ),
    ),
    (
        {"projct": "p"},
        ("  projct: is not a setting; did you mean project?"),
    ),
    (
        {"format": "docker"},
        ("  format: must be a mapping of settings, not 'docker'"),
    ),
    (
        {"format": {"kind": "helm"}},
        (
            "  format: kind 'helm' is not known; allowed: docker, docker-remote, docker-virtual, maven, "
            "maven-remote, maven-virtual, npm, npm-remote, npm-virtual, python, python-remote, "
            "python-virtual, apt, apt-remote, apt-virtual, yum, yum-remote, yum-virtual, go, go-remote, "
            "go-virtual, kfp, generic"
        ),
    ),
    (
        {"format": {"kind": "docker", "imutable_tags": True}},
        ("  format.imutable_tags: is not a setting; did you mean immutable_tags?"),
    ),
    (
        {"format": {"kind": "docker-remote"}},
        ("  format.upstream: is required but not given; add it"),
    ),
    (
        {"format": {"kind": "docker-remote", "upstream": {"kind": "custom", "uri": "ftp://x"}}},
        (
            "  format.upstream.uri: 'ftp://x' is not the address of a registry; write it with https://, such "
            "as https://registry.example.com"
        ),
    ),
    (
        {"format": {"kind": "docker-virtual"}},
        ("  format.members: is required but not given; add it"),
    ),
    (
        {"format": {"kind": "docker-virtual", "members": {}}},
        ("  format.members: needs at least 1 entry (it has 0)"),
    ),
    (
        {"format": {"kind": "docker-virtual", "members": {"a": {"repository": "images", "priority": 1}}}},
        (
            "  format.members.a.repository: 'images' is not a repository's name; it looks like "
            "projects/PROJECT/locations/LOCATION/repositories/ID"
        ),
    ),
    (
        {
            "format": {
                "kind": "docker-virtual",
                "members": {"a": {"repository": "projects/p-1/locations/europe-west1/repositories/a", "priority": 0}},
            }
        },
        ("  format.members.a.priority: must be at least 1, not 0"),
    ),
    (
        {
            "format": {
                "kind": "docker-virtual",
                "members": {"a": {"repository": "projects/p-1/locations/us/repositories/a", "priority": 1}},
            }
        },
        ("  format.members.a.repository: is in 'us'; a virtual repository in 'europe-west1' takes those in there"),
    ),
    (
        {"format": {"kind": "maven", "version_policy": "both"}},
        ("  format.version_policy: must be one of release, snapshot, not 'both'"),
    ),
    (
        {"format": {"kind": "kfp-remote"}},
        (
            "  format: kind 'kfp-remote' is not known; allowed: docker, docker-remote, docker-virtual, "
            "maven, maven-remote, maven-virtual, npm, npm-remote, npm-virtual, python, python-remote, "
            "python-virtual, apt, apt-remote, apt-virtual, yum, yum-remote, yum-virtual, go, go-remote, "
            "go-virtual, kfp, generic"
        ),
    ),
    (
        {"caching": {"upstream": "quay.io/x"}},
        ("  caching.upstream: 'quay.io/x' has a path; give it as prefix, and the host alone as server"),
    ),
    (
        {"caching": {"upstream": "docker.io"}, "format": {"kind": "npm"}},
        ("  caching: makes a repository of kind 'docker-remote', and format says 'npm'; remove one of them"),
    ),
    (
        {"caching": {"upstream": "docker.io", "upstream_prefix": "library"}},
        (
            "  caching.upstream_prefix: cannot be narrowed: Artifact Registry caches what is asked for of "
            "the whole upstream; remove it"
        ),
    ),
    (
        {"caching": {"upstream": "docker.io", "credentials": {"username": "", "password": "x"}}},
        ("  caching.credentials.username: must have at least 1 characters"),
    ),
    (
        {"caching": {"upstream": "docker.io"}, "access": {"push": ["group:a@example.com"]}},
        ("  access.push: nobody pushes to a remote repository; grant pull, and remove it"),
    ),
    (
        {"labels": {"Team": "x"}},
        ("  labels.Team: 'Team' is not a label's key; use 1 to 63 lower-case letters, digits, _ and -, a letter first"),
    ),
    (
        {"labels": {"team": "Big Team"}},
        ("  labels.team: 'Big Team' is not a label's value; use up to 63 lower-case letters, digits, _ and -"),
    ),
    (
        {"labels": {f"l{number}": "x" for number in range(61)}},
        ("  labels: has 61 entries; a repository takes 60 beside its own"),
    ),
    (
        {"access": {"pull": ["alice@example.com"]}},
        (
            "  access.pull[0]: 'alice@example.com' is not a principal; write user:, group: or "
            "serviceAccount: with an address, domain: with a domain, or principal:// and principalSet:// of "
            "a workload identity pool"
        ),
    ),
    (
        {"access": {"pull": ["user:alice"]}},
        (
            "  access.pull[0]: 'user:alice' is not a principal; write user:, group: or serviceAccount: with "
            "an address, domain: with a domain, or principal:// and principalSet:// of a workload identity "
            "pool"
        ),
    ),
    (
        {"access": {"pull": ["allUsers"]}},
        ("  access.pull[0]: 'allUsers' is everybody; set access.anonymous_pull if that is meant"),
    ),
    (
        {"access": {"pull": ["group:a@example.com", "group:a@example.com"]}},
        ("  access.pull[1]: 'group:a@example.com' is there already; name it once"),
    ),
    (
        {"roles": {"r": {"role": "reader", "principal": "group:a@example.com"}}},
        ("  roles.r.role: 'reader' is not a role's name; it looks like roles/artifactregistry.reader"),
    ),
    (
        {"roles": {"r": {"role": "roles/artifactregistry.reader", "principal": "nobody"}}},
        (
            "  roles.r.principal: 'nobody' is not a principal; write user:, group: or serviceAccount: with "
            "an address, domain: with a domain, or principal:// and principalSet:// of a workload identity "
            "pool"
        ),
    ),
    (
        {
            "roles": {
                "r": {
                    "role": "roles/artifactregistry.reader",
                    "principal": "group:a@example.com",
                    "condition": {"title": "", "expression": "x"},
                }
            }
        },
        ("  roles.r.condition.title: must have at least 1 characters, not ''"),
    ),
    (
        {"encryption": {"key": "alias/k"}},
        (
            "  encryption.key: 'alias/k' is not a key's name; it looks like "
            "projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY"
        ),
    ),
    (
        {"encryption": {"key": "projects/p-1/locations/europe-west1/keyRings/r/cryptoKeys/k"}, "location": "us-east1"},
        ("  encryption.key: is in 'europe-west1', and the repository in 'us-east1'; use a key of the same location"),
    ),
    (
        {"lifecycle": {"policies": {"a": {"action": "remove"}}}},
        ("  lifecycle.policies.a.action: must be one of delete, keep, not 'remove'"),
    ),
    (
        {"lifecycle": {"policies": {"a": {"action": "delete"}}}},
        (
            "  lifecycle.policies.a.action: 'delete' without a condition would remove every version; add "
            "older_than_days or tag_state 'untagged'"
        ),
    ),
    (
        {"lifecycle": {"policies": {"a": {"action": "keep"}}}},
        (
            "  lifecycle.policies.a.action: 'keep' without a condition keeps every version; add keep_count "
            "or a condition"
        ),
    ),
    (
        {"lifecycle": {"policies": {"a": {"action": "keep", "keep_count": 3}}}},
        (
            "  lifecycle.policies: has no policy of action 'delete', so nothing is ever deleted; add one, or "
            "remove the others"
        ),
    ),
    (
        {"lifecycle": {"policies": {"a": {"action": "delete", "keep_count": 3}}}},
        ("  lifecycle.policies.a.keep_count: is for action 'keep' alone; set action to 'keep', or remove it"),
    ),
    (
        {
            "lifecycle": {
                "policies": {"a": {"action": "keep", "keep_count": 0}, "b": {"action": "delete", "older_than_days": 1}}
            }
        },
        ("  lifecycle.policies.a.keep_count: must be at least 1, not 0"),
    ),
    (
        {"lifecycle": {"policies": {"a": {"action": "delete", "older_than_days": 0}}}},
        (
            "  lifecycle.policies.a.action: 'delete' without a condition would remove every version; add "
            "older_than_days or tag_state 'untagged'\n  lifecycle.policies.a.older_than_days: must be at "
            "least 1, not 0"
        ),
    ),
    (
        {"lifecycle": {"policies": {"a": {"action": "delete", "tag_state": "untagged", "tag_prefixes": ["v"]}}}},
        ("  lifecycle.policies.a.tag_prefixes: never match where tag_state is 'untagged'; remove one of them"),
    ),
    (
        {"lifecycle": {"policies": {"a": {"action": "delete", "older_than_days": 9, "newer_than_days": 3}}}},
        (
            "  lifecycle.policies.a.older_than_days: 9 with newer_than_days 3 matches no version; "
            "older_than_days has to be the smaller one"
        ),
    ),
    (
        {
            "lifecycle": {
                "policies": {
                    "a": {"action": "keep", "keep_count": 3, "tag_state": "tagged"},
                    "b": {"action": "delete", "older_than_days": 1},
                }
            }
        },
        (
            "  lifecycle.policies.a.keep_count: and tag_state cannot stand in one policy; make two policies "
            "of action 'keep'"
        ),
    ),
    (
        {"lifecycle": {"policies": {f"p{n}": {"action": "delete", "older_than_days": 1} for n in range(11)}}},
        ("  lifecycle.policies: has 11 entries; a repository takes 10"),
    ),
    (
        {"lifecycle": {"policies": {"-a": {"action": "delete", "older_than_days": 1}}}},
        ("  lifecycle.policies['-a']: '-a' is not a policy's id; use 1 to 127 letters, digits and . _ - inside"),
    ),
    (
        {"lifecycle": {"dry_run": True}},
        ("  lifecycle.dry_run: has no policies to try; add policies, or remove it"),
    ),
    (
        {"scanning": {"mode": "continuous"}},
        (
            "  scanning.mode: 'continuous' is not to be had by itself: an image is analysed anew for 30 days "
            "after a pull; use 'on_push', which includes that"
        ),
    ),
    (
        {"scanning": {"mode": "on_push"}, "format": {"kind": "apt"}},
        (
            "  scanning.mode: 'on_push' is not for format 'apt', only for docker, maven, npm, python, go; "
            "remove scanning"
        ),
    ),
    (
        {"replication": {"us": {"region": "us"}}},
        (
            "  replication: is not what Artifact Registry does; for copies in several regions of a continent "
            "choose location 'europe', for one elsewhere a 'docker-remote' repository there whose upstream "
            "is this one"
        ),
    ),
    (
        {"network": {"public": False}},
        (
            "  network.public: a repository has no network of its own; put the project into a VPC Service "
            "Controls perimeter, and remove it"
        ),
    ),
    (
        {"import_": "images"},
        (
            "  import_: 'images' is not a repository's name; it looks like "
            "projects/PROJECT/locations/LOCATION/repositories/ID"
        ),
    ),
    (
        {"import_": "projects/p-1/locations/us/repositories/images"},
        ("  import_: names location 'us', and location is 'europe-west1'; they have to be the same"),
    ),
    (
        {"deletion": "destroy"},
        ("  empty_on_delete: is required too to remove artifacts on destroy; set it to true, or remove deletion"),
    ),
    (
        {"empty_on_delete": True},
        ("  deletion: must be 'destroy' too to remove artifacts on destroy; set it, or remove empty_on_delete"),
    ),
    (
        {
            "deletion": "destroy",
            "empty_on_delete": True,
            "import_": "projects/p-1/locations/europe-west1/repositories/images",
        },
        ("  deletion: 'destroy' is refused while the repository is adopted; remove import_ once it is adopted"),
    ),
    (
        {"rules": {"r": {"action": "block"}}},
        ("  rules.r.action: must be one of allow, deny, not 'block'"),
    ),
]


@pytest.mark.parametrize(("changes", "message"), ROWS)
def test_a_mistake_is_told_with_its_place_and_what_to_do(changes: dict[str, Any], message: str) -> None:
    """`...` leaves an argument out."""
    args = {key: value for key, value in {**BASE, **changes}.items() if value is not ...}
    with pytest.raises(StackError) as caught:
        GarRepositoryArgs.parse(args)
    number = message.count("\n") + 1
    mistakes = f"{number} mistake" + ("s" if number > 1 else "")
    assert str(caught.value) == f"GarRepositoryArgs is not valid ({mistakes}):\n{message}"


def test_what_the_rows_change_is_valid() -> None:
    GarRepositoryArgs.parse(BASE)
