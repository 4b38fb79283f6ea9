"""Recorded proof: what a `DistributionRegistry` of runtime `kubernetes` describes to the engine, and who takes it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from registry_components.core.errors import StackError
from registry_components.distribution import DistributionRegistry
from registry_components.kubernetes import PullSecrets
from registry_components.mirror import MirrorSchedule
from registry_components.testing import (
    UNKNOWN,
    Leak,
    Recording,
    Secret,
    check_urns,
    find_plaintext,
    inventory,
    record,
    write_urns,
)
from tests.unit.distribution.cluster import COLLECTION, MONITORING
from tests.unit.distribution.cluster import ON_A_VOLUME as SETTINGS

pytestmark = pytest.mark.recorded

PARENT = "registry-components:index:DistributionRegistry::images"
PASSWORD, HTTP_SECRET, KEY = "a-password-that-was-generated", "what-signs-the-state-of-uploads", "a-key-of-a-bucket"
OUTPUTS: dict[str, Any] = {
    "pulumi-python:dynamic/registry-components:HtpasswdUsers": lambda _: {
        "passwords": Secret({"ci": PASSWORD}),
        "htpasswd": Secret("ci:$2b$05$hash"),
    },
    "pulumi-python:dynamic/registry-components:GeneratedSecret": lambda _: {"value": Secret(HTTP_SECRET)},
}
EVERYTHING: dict[str, Any] = {
    **SETTINGS,
    "storage": {"kind": "s3", "bucket": "images", "region": "eu-central-1", "access_key": "a", "secret_key": KEY},
    "delete": True,
    "lifecycle": {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}},
    "lifecycle_executor": {
        "kind": "cron_job",
        "schedule": "0 2 * * 0",
        "image": COLLECTION["image"],
        "assume_created": True,
    },
    "runtime": {
        "kind": "kubernetes",
        "namespace": "registry",
        "autoscaling": {"max_replicas": 5},
        "expose": {"kind": "route", "hosts": ["images.example.com"], "gateways": [{"name": "web"}]},
        "monitor": {},
        "alerts": {},
        "network": {"clients": [{"kind": "pods", "namespaces": {}}], "metrics_from": [MONITORING]},
        "garbage_collection": COLLECTION,
    },
}


def recording(
    settings: dict[str, Any], then: Callable[[DistributionRegistry], None] | None = None, *, preview: bool = False
) -> Recording:
    def program() -> None:
        made = DistributionRegistry("images", settings)
        pulumi.export("server", made.server)
        if then is not None:
            then(made)

    return record(program, outputs=OUTPUTS, project="shop", stack="dev", preview=preview)


def leaks(found: Recording) -> list[Leak]:
    """Return where a secret of this test stands readable."""
    secrets = {"password": PASSWORD, "secret": HTTP_SECRET, "key": KEY}
    inputs = [json.dumps(resource.inputs, default=repr) for resource in found.resources.values()]
    return find_plaintext(secrets, *inputs, found.tree(), repr(found.exports), *found.messages)


@pytest.mark.parametrize(("name", "settings"), [("volume", SETTINGS), ("everything", EVERYTHING)])
def test_names_and_parents_are_public(name: str, settings: dict[str, Any]) -> None:
    found = inventory(recording(settings))
    path, section = Path(__file__).parents[1] / "urns.txt", f"distribution-kubernetes/{name}"
    if os.environ.get("REGC_RECORD"):
        write_urns(path, found, section=section)
    check_urns(path, found, section=section)


def test_nothing_secret_is_plain_and_the_checksum_is_no_secret() -> None:
    found = recording(EVERYTHING)
    assert leaks(found) == []
    template = found["kubernetes:apps/v1:Deployment::images"].inputs["spec"]["template"]
    assert not isinstance(template, Secret)
    digest = template["metadata"]["annotations"]["registry-components.dev/config"]
    assert isinstance(digest, str)
    assert len(digest) == 64
    data = found["kubernetes:core/v1:Secret::images-credentials"].inputs["stringData"]
    assert isinstance(data, Secret)
    assert data.value == {
        "REGISTRY_HTTP_SECRET": json.dumps(HTTP_SECRET),
        "REGISTRY_STORAGE_S3_ACCESSKEY": '"a"',
        "REGISTRY_STORAGE_S3_SECRETKEY": json.dumps(KEY),
        "htpasswd": "ci:$2b$05$hash",
    }
    config = found["kubernetes:core/v1:ConfigMap::images-config"].inputs["data"]["config.yml"]
    assert yaml.safe_load(config)["storage"]["s3"] == {"bucket": "images", "region": "eu-central-1"}


def test_pods_are_replaced_where_anything_that_they_read_changes() -> None:
    def digest(**changes: Any) -> str:
        found = recording({**SETTINGS, **changes})
        template = found["kubernetes:apps/v1:StatefulSet::images"].inputs["spec"]["template"]
        return str(template["metadata"]["annotations"]["registry-components.dev/config"])

    first = digest()
    assert digest() == first
    assert len({first, digest(read_only=True), digest(http_secret="another-secret-of-uploads")}) == 3


def test_the_claim_outlives_the_registry_unless_both_consents_are_given() -> None:
    claim = "kubernetes:core/v1:PersistentVolumeClaim::images-data"
    assert recording(SETTINGS)[claim].retain_on_delete
    assert not recording({**SETTINGS, "deletion": "destroy", "empty_on_delete": True})[claim].retain_on_delete


def test_pull_secrets_and_mirrors_take_its_endpoint() -> None:
    def others(made: DistributionRegistry) -> None:
        PullSecrets("pull", {"endpoint": made.endpoint, "namespaces": ["shop"]})
        copies = {
            "source": {"server": "quay.io"},
            "destination": made.endpoint,
            "destination_kind": "distribution",
            "repositories": ["prometheus/prometheus"],
            "tags": ["v3.*"],
        }
        MirrorSchedule("copies", {"replication": copies, "namespace": "shop"})

    found = recording(SETTINGS, others)
    assert found.exports["server"] == "images.example.com"
    login = found["kubernetes:core/v1:Secret::pull-shop"].inputs["data"]
    assert isinstance(login, Secret)
    files = found["kubernetes:core/v1:ConfigMap::copies-files"].inputs["data"]
    (copy,) = yaml.safe_load(files["regsync.yaml"])["sync"]
    assert copy["target"] == "images.example.com/prometheus/prometheus"
    assert leaks(found) == []


def test_what_is_known_only_while_running() -> None:
    def program() -> None:
        runtime = {**EVERYTHING["runtime"], "namespace": pulumi.Output.from_input("registry")}
        storage = {**EVERYTHING["storage"], "bucket": pulumi.Output.from_input("images")}
        DistributionRegistry("images", {**EVERYTHING, "runtime": runtime, "storage": storage})

    found = record(program, outputs=OUTPUTS, project="shop", stack="dev")
    said = recording(EVERYTHING)
    kinds = [key for key in said.resources if key.startswith("kubernetes:")]
    assert kinds
    for key in kinds:
        assert found[key].inputs == said[key].inputs

    def elsewhere() -> None:
        redis = {"kind": "single", "address": pulumi.Output.from_input("redis.example.com:6380")}
        DistributionRegistry("images", {**SETTINGS, "cache": {"kind": "redis"}, "redis": redis})

    with pytest.raises(StackError) as caught:
        record(elsewhere)
    assert str(caught.value) == (
        "DistributionRegistryArgs is not valid (1 mistake):\n"
        "  runtime.network.destinations: is required, since redis.address is known only while running; say which ports "
        "pods may reach"
    )


def test_the_server_is_known_once_the_pods_are() -> None:
    assert recording(SETTINGS, preview=True).exports["server"] is UNKNOWN


def test_a_name_that_no_object_can_have_is_refused_before_anything_is_made() -> None:
    def program() -> None:
        DistributionRegistry("Images_of_us", SETTINGS)

    with pytest.raises(StackError) as caught:
        record(program)
    assert str(caught.value) == (
        "DistributionRegistry 'Images_of_us': 'Images_of_us' cannot begin the objects' names; use 1 to 40 lower-case "
        "letters, digits and - inside; give it a runtime.object_name"
    )


def test_the_page_s_programs_register_what_it_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "distribution-kubernetes.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)

    def program() -> None:
        scope: dict[str, Any] = {}
        for block in blocks:
            exec(compile(block, "docs/distribution-kubernetes.md", "exec"), scope)

    found = record(program, outputs=OUTPUTS)
    kinds = [key.partition("::")[0] for key in found.resources]
    assert kinds.count("registry-components:index:DistributionRegistry") == 3
    for suffix in ("config", "credentials", "account", "network", "service", "ingress", "autoscaler", "budget",
                   "metrics", "monitor", "alerts", "collect", "collect-role", "collect-binding", "users",
                   "http-secret"):  # fmt: skip
        assert any(key.endswith(f"::images-{suffix}") for key in found.resources), suffix
        assert f"-{suffix}" in page
