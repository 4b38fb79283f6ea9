"""Cluster proof: objects for other vendors' controllers live a whole life on the real engine, by the real provider.

Their definitions are the vendors' own; their controllers do not run here, so that nothing gets a status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from registry_components.harbor import HarborRegistry
from registry_components.kubernetes import PullSecrets
from registry_components.testing import Engine
from tests.cluster.test_harbor import SAID, chart, namespace
from tests.support.cluster import Cluster
from tests.support.definitions import installed

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
GROUPS = {
    "certificates": "cert-manager.io/v1",
    "ecrauthorizationtokens": "generators.external-secrets.io/v1alpha1",
    "externalsecrets": "external-secrets.io/v1",
    "quayaccesstokens": "generators.external-secrets.io/v1alpha1",
    "prometheusrules": "monitoring.coreos.com/v1",
}


@pytest.fixture(autouse=True)
def definitions(cluster: Cluster) -> Iterator[None]:
    with installed(cluster, GROUPS):
        yield


def there(cluster: Cluster, space: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what is in a namespace, by kind and name: its spec."""
    return {
        plural: {
            item["metadata"]["name"]: item["spec"]
            for item in cluster.list(f"/apis/{group}/namespaces/{space}/{plural}")
        }
        for plural, group in GROUPS.items()
    }


def program(
    space: str, where: str, *, refresh_minutes: int = 30, renew_before_hours: int = 360, **harbor: Any
) -> Callable[[], None]:
    def make() -> None:
        PullSecrets(
            "asked",
            {
                "endpoints": {"aws": {"server": ECR}, "quay": {"server": "quay.io"}},
                "namespaces": [space],
                "pull_access": {
                    "kind": "external_secrets",
                    "refresh_minutes": refresh_minutes,
                    "generators": {
                        "aws": {"kind": "ecr", "service_account": "puller"},
                        "quay": {"kind": "quay", "robot_account": "acme+ci", "service_account": "puller"},
                    },
                },
            },
        )
        PullSecrets(
            "renewed",
            {
                "endpoint": {"server": ECR},
                "namespaces": [space],
                "pull_access": {
                    "kind": "refresher",
                    "namespace": space,
                    "image": "regc.example.com/regc:1",
                    "run_first": False,
                    "alert": True,
                },
            },
        )
        HarborRegistry(
            "harbor",
            {
                **SAID,
                "namespace": space,
                "chart": {"kind": "path", "path": where},
                "expose": {"kind": "ingress", "host": "harbor.example.com"},
                "tls": {
                    "kind": "cert_manager",
                    "issuer": "letsencrypt",
                    "duration_hours": 2160,
                    "renew_before_hours": renew_before_hours,
                },
                **harbor,
            },
        )

    return make


def test_they_live_and_leave_nothing(cluster: Cluster, tmp_path: Path) -> None:
    space, where = namespace(cluster, "life-vendors"), chart(tmp_path / "chart")
    engine = Engine(tmp_path / "engine", program=program(space, where), environment=cluster.environment)
    engine.up()
    made = there(cluster, space)
    assert {plural: len(found) for plural, found in made.items()} == dict.fromkeys(GROUPS, 1)
    engine.up_again()
    engine.refresh()

    engine.program = program(
        space, where, refresh_minutes=15, renew_before_hours=240, deletion="destroy", empty_on_delete=True
    )
    run = engine.up()
    assert not [step for step in run.steps if "replace" in step.op]
    after = there(cluster, space)
    changed = {plural for plural in GROUPS if after[plural] != made[plural]}
    assert changed == {"certificates", "externalsecrets"}
    engine.up_again()

    engine.destroy()
    assert there(cluster, space) == {plural: {} for plural in GROUPS}
