"""Recorded proof: the Python blocks of docs/artifact-registry.md register what they say; its sample refusal is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry_components.artifact_registry import GarRepository, GarRepositoryArgs, GarRepositoryReference
from registry_components.core.errors import StackError
from registry_components.testing import Recording, record

pytestmark = pytest.mark.recorded

PAGE = (Path(__file__).parents[3] / "docs" / "artifact-registry.md").read_text()
MEMBER = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
REPOSITORY = "gcp:artifactregistry/repository:Repository"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def the_page() -> Recording:
    scope: dict[str, Any] = {}

    def program() -> None:
        for block in blocks("python"):
            exec(compile(block, "docs/artifact-registry.md", "exec"), scope)

    return record(program, secret_config={"project:hubToken": "hunter22"})


def test_the_blocks_register_what_they_say() -> None:
    found = the_page()
    kinds = {key.rsplit("::", 1)[0].rsplit(":", 1)[-1] for key in found.resources}
    drawn = re.findall(r"(?:[├└]─|→ )\s*(\w+)\s", "".join(blocks("text")))
    assert drawn
    assert set(drawn) <= kinds, "the tree names what no block registers"
    assert f"{MEMBER}::images-push-ci" in found.resources
    assert f"{MEMBER}::released-role-auditors" in found.resources
    policies = found[f"{REPOSITORY}::branches"].inputs["cleanupPolicies"]
    assert [policy["id"] for policy in policies] == ["recent", "stale", "untagged"]


def test_the_sample_of_a_refusal_is_the_one_told() -> None:
    with pytest.raises(StackError) as caught:
        GarRepositoryArgs.parse(
            {
                "repository_id": "images",
                "location": "europe-west1-b",
                "access": {"pull": ["allUsers"]},
                "lifecycle": {"policies": {"old": {"action": "delete", "older_than_days": 30}}},
            }
        )
    assert f"{caught.value}\n" in blocks("text")


def test_the_agent_may_read_before_the_repository_is_made() -> None:
    found = the_page()
    for repository, needed in (
        ("docker-hub", "gcp:secretmanager/secretIamMember:SecretIamMember::docker-hub-agent-secret"),
        ("released", "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::released-agent-key"),
    ):
        assert found[needed].urn in found[f"{REPOSITORY}::{repository}"].dependencies


def test_what_a_kept_repository_needs_is_kept_with_it() -> None:
    def registered(**said: Any) -> dict[str, bool | None]:
        args = GarRepositoryArgs.parse(
            {
                "repository_id": "hub",
                "location": "europe-west1",
                "caching": {"upstream": "docker.io", "credentials": {"username": "acme", "password": "hunter22"}},
                **said,
            }
        )
        found = recorded(lambda: GarRepository("hub", args))
        return {name: found[name].retain_on_delete for name in found.resources if "hub-upstream" in name}

    kept = registered()
    assert len(kept) == 2
    assert set(kept.values()) == {True}
    assert not any(registered(deletion="destroy", empty_on_delete=True).values())


def recorded(program: Callable[[], object]) -> Recording:
    def run() -> None:
        program()

    return record(run)


def test_the_order_of_principals_changes_nothing() -> None:
    principals = ["group:a@example.com", "user:b@example.com", "domain:example.com"]

    def registered(order: list[str]) -> dict[str, Any]:
        args = GarRepositoryArgs.parse(
            {"repository_id": "images", "location": "us", "access": {"pull": order, "admin": order}}
        )
        found = recorded(lambda: GarRepository("images", args))
        return {key: resource.inputs for key, resource in found.resources.items()}

    one = registered(principals)
    assert f"{MEMBER}::images-admin-user:b@example.com" in one
    assert registered(principals[::-1]) == one


def grant(level: str, *given: str, **format_: Any) -> str:
    """Return what is told where a grant is refused."""

    def program() -> None:
        args = GarRepositoryArgs.parse({"repository_id": "images", "location": "europe-west1", **format_})
        getattr(GarRepository("images", args), f"grant_{level}")(*given)

    with pytest.raises(StackError) as caught:
        record(program)
    return str(caught.value)


def test_a_wrong_grant_is_told_whole() -> None:
    assert grant("pull", "-", "alice@example.com") == (
        "grant_pull is not valid (2 mistakes):\n"
        "  key: '-' is not a key; use 1 to 63 letters, digits and . _ - inside\n"
        "  principal: 'alice@example.com' is not a principal; write user:, group: or serviceAccount: with an address, "
        "domain: with a domain, or principal:// and principalSet:// of a workload identity pool"
    )
    assert grant("push", "ci", "group:ci@example.com", caching={"upstream": "ghcr.io"}) == (
        "grant_push is not valid (1 mistake):\n  nobody pushes to a remote repository; grant pull"
    )


def test_a_reference_grants_where_the_repository_is() -> None:
    name = "projects/shop-prod/locations/europe/repositories/base"

    def program() -> None:
        GarRepositoryReference("base", {"repository": name}).grant_pull("nodes", "group:nodes@example.com")

    inputs = record(program)[f"{MEMBER}::base-pull-nodes"].inputs
    assert (inputs["project"], inputs["location"], inputs["repository"]) == ("shop-prod", "europe", "base")
