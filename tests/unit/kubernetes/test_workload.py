# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what a workload becomes, and what is wrong with one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.kubernetes import WorkloadArgs
from registry_components.kubernetes.workload_args import deployment, quantity

pytestmark = pytest.mark.unit

DIGEST = f"sha256:{'a' * 64}"
IMAGE = f"harbor.example.com/a/api@{DIGEST}"
GOOD: dict[str, Any] = {"image": IMAGE, "namespace": "shop"}

TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "no digest",
        {"image": "nginx:1"},
        [
            "image: 'nginx:1' has no digest, so what runs can change without a deployment; add @sha256:…, or let pin be 'tag'"
        ],
    ),
    ("no tag", {"image": "nginx", "pin": "tag"}, ["image: 'nginx' has no version; give a tag that stays, or a digest"]),
    (
        "latest",
        {"image": "nginx:latest", "pin": "tag"},
        ["image: 'nginx:latest' has no version; give a tag that stays, or a digest"],
    ),
    (
        "no image",
        {"image": "Nginx"},
        [
            "image: 'Nginx' is not a repository name; use lower-case letters, digits and single . _ - between them, in parts separated by /"
        ],
    ),
    ("a broken digest", {"image": "nginx@sha256:abc"}, ["image: 'nginx@sha256:abc' has no valid digest: 'sha256:abc'"]),
    (
        "kept while the tag moves",
        {"image": "nginx:latest", "pin": "none", "image_pull_policy": "IfNotPresent"},
        ["image_pull_policy: 'IfNotPresent' keeps what a node once pulled while the tag moves; let it be 'Always'"],
    ),
    (
        "an unknown policy",
        {"image_pull_policy": "Sometimes"},
        ["image_pull_policy: must be one of Always, IfNotPresent, Never, not 'Sometimes'"],
    ),
    (
        "memory in thousandths",
        {"limits": {"memory": "256m"}},
        ["limits.memory: '256m' is thousandths of a byte; write 256Mi"],
    ),
    (
        "no amount",
        {"requests": {"cpu": "lots"}},
        ["requests.cpu: 'lots' is not an amount; it looks like '100m', '0.5', '128Mi' or '1Gi'"],
    ),
    ("nothing", {"requests": {"cpu": "0"}}, ["requests.cpu: '0' is nothing; give some, or leave it out"]),
    (
        "more than the limit",
        {"requests": {"memory": "1Gi"}},
        ["requests.memory: is 1Gi, more than limits.memory, 256Mi; lower it, or raise the limit"],
    ),
    ("fewer than none", {"replicas": -1}, ["replicas: must be at least 0, not -1"]),
    (
        "a port's name",
        {"ports": {"HTTP": 80}},
        ["ports: 'HTTP' is not a port's name; it has up to 15 lower-case letters, digits and - inside"],
    ),
    ("no port", {"ports": {"http": 0}}, ["ports: 0 is not a port"]),
    (
        "a label",
        {"labels": {"a": "b c"}},
        ["labels.a: 'b c' is not a label's value; it has up to 63 letters, digits and . _ - inside"],
    ),
    (
        "the label that pods are found by",
        {"labels": {"app.kubernetes.io/name": "other"}},
        ["labels['app.kubernetes.io/name']: is what its pods are found by, and says name; remove it"],
    ),
    (
        "a namespace",
        {"namespace": "Shop"},
        ["namespace: 'Shop' is not a namespace's name; it has 1 to 63 lower-case letters, digits and - inside"],
    ),
    (
        "a pull secret",
        {"image_pull_secrets": [{"name": "A"}]},
        [
            "image_pull_secrets[0].name: 'A' is not an object's name; it has up to 253 lower-case letters, digits and - . inside"
        ],
    ),
    ("misspelt", {"replica": 1}, ["replica: is not a setting; did you mean replicas?"]),
]


@pytest.mark.parametrize(("changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_mistakes_are_told_whole(changes: dict[str, Any], mistakes: list[str]) -> None:
    with pytest.raises(StackError) as caught:
        WorkloadArgs.parse({**GOOD, **changes})
    assert str(caught.value) == "\n".join(["WorkloadArgs is not valid (1 mistake):", *(f"  {m}" for m in mistakes)])


def test_the_manifest_is_this() -> None:
    said = WorkloadArgs.parse(
        {
            **GOOD,
            "service_account": "api",
            "image_pull_secrets": [{"name": "apps"}],
            "ports": {"http": 8080},
            "env": {"B": "2", "A": "1"},
            "args": ["serve"],
        }
    )
    labels = {"app.kubernetes.io/name": "api", "team": "shop"}
    assert deployment(said, "api", IMAGE, {"team": "shop"}, {}) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "shop", "labels": labels},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app.kubernetes.io/name": "api"}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "serviceAccountName": "api",
                    "imagePullSecrets": [{"name": "apps"}],
                    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [
                        {
                            "name": "api",
                            "image": IMAGE,
                            "imagePullPolicy": "IfNotPresent",
                            "args": ["serve"],
                            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                            "ports": [{"name": "http", "containerPort": 8080}],
                            "resources": {
                                "requests": {"cpu": "100m", "memory": "128Mi"},
                                "limits": {"memory": "256Mi"},
                            },
                            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                        }
                    ],
                },
            },
        },
    }


def test_what_moves_is_always_pulled() -> None:
    said = WorkloadArgs.parse({**GOOD, "image": "nginx:latest", "pin": "none"})
    assert (
        deployment(said, "api", said.image, {}, {})["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"]
        == "Always"
    )


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("100m", "0.1"),
        ("1", "1"),
        ("0.5", "0.5"),
        ("1Ki", "1024"),
        ("2Mi", "2097152"),
        ("1k", "1000"),
        ("1Gi", "1073741824"),
        ("x", None),
        ("1mi", None),
    ],
)
def test_amounts(text: str, amount: str | None) -> None:
    assert quantity(text) == (None if amount is None else Decimal(amount))
