"""Unit proof: who copies between which kinds of registries, for every pair of them."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.blocks.mirroring import Replication
from registry_components.core.errors import StackError
from registry_components.kubernetes.registry_kind import KINDS, RegistryKind
from registry_components.mirror import ecr_replication
from registry_components.mirror.routes import ADAPTERS, HELPERS, Way, prefix_of, route, ways

pytestmark = pytest.mark.unit

HOSTS: dict[RegistryKind, dict[str, str]] = {
    "ecr": {"server": "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "prefix": "team/apps"},
    "ecr_public": {"server": "public.ecr.aws", "prefix": "acme/apps"},
    "artifact_registry": {"server": "europe-west1-docker.pkg.dev", "prefix": "project/apps"},
    "acr": {"server": "shop.azurecr.io", "prefix": "team/apps"},
    "docker_hub": {"server": "docker.io", "prefix": "acme"},
    "ghcr": {"server": "ghcr.io", "prefix": "acme/apps"},
    "quay": {"server": "quay.io", "prefix": "acme/apps"},
    "gitlab": {"server": "registry.gitlab.com", "prefix": "acme/apps"},
}
OTHERS = {kind: {"server": f"{kind}.example.com", "prefix": "team/apps"} for kind in KINDS if kind not in HOSTS}


def block(source: RegistryKind, destination: RegistryKind, /, **settings: Any) -> Replication:
    ends: dict[str, Any] = {}
    for side, kind in (("source", source), ("destination", destination)):
        ends[side] = dict({**HOSTS, **OTHERS}[kind])
        if kind in OTHERS:
            ends[f"{side}_kind"] = kind
    if source == destination:
        ends["destination"]["server"] = {
            "ecr": "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
            "acr": "other.azurecr.io",
            "artifact_registry": "us-docker.pkg.dev",
        }.get(source, ends["destination"]["server"])
        if ends["destination"]["server"] == ends["source"]["server"]:
            prefix = ends["destination"]["prefix"]
            ends["destination"]["prefix"] = "copies" if source == "docker_hub" else f"copies/{prefix}"
    return Replication.parse({**ends, "repositories": ["api"], **settings})


PAIRS = [(source, destination) for source in KINDS for destination in KINDS]


@pytest.mark.parametrize(("source", "destination"), PAIRS)
def test_every_pair_has_a_way_and_signatures_come_along_by_default(
    source: RegistryKind, destination: RegistryKind
) -> None:
    found = route(block(source, destination))
    # By name alone ECR does not replicate, and Harbor's own replication leaves signatures behind.
    assert found.way == "mirror"
    assert set(found.passed_over) == {way for way in ways(source, destination) if way != "mirror"}
    for kind in (source, destination):
        if kind in HELPERS:
            assert any(f"docker-credential-{HELPERS[kind]}" in note for note in found.notes)


@pytest.mark.parametrize(("source", "destination"), PAIRS)
def test_without_signatures_harbor_copies_to_and_from_what_it_knows(
    source: RegistryKind, destination: RegistryKind
) -> None:
    expected: Way = "mirror"
    if source == "harbor" and destination in ADAPTERS:
        expected = "harbor_push"
    elif destination == "harbor" and source in ADAPTERS:
        expected = "harbor_pull"
    assert route(block(source, destination, referrers=False)).way == expected
    assert route(block(source, destination, referrers=False, mode="mirror")).way == "mirror"
    modes = {"harbor_push": "push", "harbor_pull": "pull"}
    if expected in modes:
        assert route(block(source, destination, referrers=False, mode=modes[expected])).way == expected


def test_what_harbor_does_not_know() -> None:
    assert set(KINDS) - set(ADAPTERS) == {"ecr_public", "nexus"}


def test_a_harbor_pulls_from_another_where_that_is_said() -> None:
    assert route(block("harbor", "harbor", referrers=False)).way == "harbor_push"
    assert route(block("harbor", "harbor", referrers=False, mode="pull")).way == "harbor_pull"


def test_ecr_replicates_whole_prefixes_by_itself() -> None:
    made = block("ecr", "ecr", repositories=["api**", "web/**"])
    assert route(made).way == "ecr"
    assert any("creation template" in note for note in route(made).notes)
    assert ecr_replication(made) == {"region": "eu-central-1", "repositories": ["team/apps/api*", "team/apps/web/*"]}
    everything = block("ecr", "ecr", repositories=["**"], source={"server": HOSTS["ecr"]["server"]},
                       destination={"server": "210987654321.dkr.ecr.us-east-1.amazonaws.com"})  # fmt: skip
    assert ecr_replication(everything) == {"region": "us-east-1", "account": "210987654321"}
    with pytest.raises(StackError, match=r"this is not copied by ECR's own replication"):
        ecr_replication(block("ecr", "ecr"))


def test_the_settings_are_what_ecr_takes() -> None:
    from registry_components.ecr import EcrRegistrySettingsArgs

    said = ecr_replication(block("ecr", "ecr", repositories=["api**"]))
    EcrRegistrySettingsArgs.parse({"region": "eu-west-1", "replication": {"copies": said}})


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [("**", ""), ("team/**", "team/"), ("api**", "api"), ("api*", None), ("api", None), ("*/**", None), ("a?**", None)],
)
def test_patterns_that_are_prefixes(pattern: str, prefix: str | None) -> None:
    assert prefix_of(pattern) == prefix


NOTES = {
    ("distribution", "ecr"): "ECR takes a push only into a repository that is there",
    ("distribution", "harbor"): "Harbor takes a push only into a project that is there",
    ("docker_hub", "distribution"): "Docker Hub counts pulls of manifests",
    ("distribution", "docker_hub"): "Docker Hub has no referrers API",
    ("acr", "acr"): "within ACR, geo-replication (AcrRegistry) keeps one registry in several places",
}


@pytest.mark.parametrize("pair", NOTES, ids=["-".join(pair) for pair in NOTES])
def test_what_has_to_be_there_is_told(pair: tuple[RegistryKind, RegistryKind]) -> None:
    assert any(note.startswith(NOTES[pair]) for note in route(block(*pair)).notes)
    others = [route(block(*other)).notes for other in PAIRS if not set(other) & set(pair)]
    assert not any(note.startswith(NOTES[pair]) for notes in others for note in notes)


def test_harbors_own_push_to_ecr_tells_of_mutable_tags() -> None:
    notes = route(block("harbor", "ecr", referrers=False)).notes
    assert any("with mutable tags (goharbor/harbor#20994)" in note for note in notes)
    assert any("run the policy once by hand" in note for note in notes)
