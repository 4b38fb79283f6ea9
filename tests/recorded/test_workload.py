"""Recorded proof: what a workload describes to the engine, with the logins that its pods pull with."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from registry_components.core.endpoint import existing_endpoint
from registry_components.core.errors import StackError
from registry_components.kubernetes import PullSecrets, Workload
from registry_components.testing import Recording, record

pytestmark = pytest.mark.recorded

DIGEST = f"sha256:{'a' * 64}"
HARBOR = existing_endpoint("harbor.example.com", username="robot", password="robot-secret-nobody-guesses")


def shop(**reference: Any) -> Recording:
    def program() -> None:
        pulls = PullSecrets("apps", {"endpoint": HARBOR, "namespaces": ["shop"]})
        image = HARBOR.image("a/api", **reference)
        api = Workload(
            "api",
            {"image": image, "namespace": "shop", "image_pull_secrets": pulls.image_pull_secrets},
        )
        pulumi.export("image", api.image)

    return record(program, project="shop", stack="dev")


def test_a_workload_is_a_deployment_that_waits_for_its_secret() -> None:
    found = shop(digest=DIGEST)
    assert found.tree() == "\n".join(
        [
            "registry-components:index:PullSecrets::apps",
            "  kubernetes:core/v1:Secret::apps-shop",
            "registry-components:index:Workload::api",
            "  kubernetes:apps/v1:Deployment::api",
        ]
    )
    made = found["kubernetes:apps/v1:Deployment::api"]
    pod = made.inputs["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == [{"name": "apps"}]
    assert pod["containers"][0]["image"] == f"harbor.example.com/a/api@{DIGEST}"
    assert found["kubernetes:core/v1:Secret::apps-shop"].urn in made.dependencies
    assert found.exports == {"image": f"harbor.example.com/a/api@{DIGEST}"}
    assert found.unpublished() == []


def test_an_image_that_is_known_late_is_checked_then() -> None:
    with pytest.raises(StackError) as caught:
        shop(tag="1")
    assert str(caught.value) == (
        "Workload 'api' is not valid (1 mistake):\n"
        "  image: 'harbor.example.com/a/api:1' has no digest, so what runs can change without a deployment; add "
        "@sha256:…, or let pin be 'tag'"
    )
