"""Cluster proof: a workload is taken as it is, and what could not be pulled is found in what the API server lists."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from registry_components.cli.main import app
from registry_components.kubernetes import WorkloadArgs, docker_config, find_unpullable
from registry_components.kubernetes import pull_secrets_render as render
from registry_components.kubernetes.workload_args import deployment
from tests.support.cluster import Cluster
from tests.unit.kubernetes.fake_pull_apis import clouds

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
DIGEST = f"sha256:{'a' * 64}"


def namespace(cluster: Cluster, name: str) -> str:
    cluster.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    cluster.wait(lambda: cluster.get(account) is not None, f"{name} has no default account")
    return name


def listed(cluster: Cluster, where: str, path: str, kind: str) -> list[dict[str, Any]]:
    """Return a collection as kubectl prints it: each item with its kind."""
    return [{"kind": kind, **item} for item in cluster.list(f"{path}/namespaces/{where}/{kind.lower()}s")]


def found(cluster: Cluster, where: str, **options: Any) -> list[str]:
    lists = [
        listed(cluster, where, path, kind)
        for path, kind in (("/apis/apps/v1", "Deployment"), ("/api/v1", "Secret"), ("/api/v1", "ServiceAccount"))
    ]
    return [one.reason for one in find_unpullable(*lists, **options)]


def test_a_workload_is_pullable_once_its_secret_is_there(cluster: Cluster) -> None:
    where = namespace(cluster, "check-shop")
    said = WorkloadArgs.parse(
        {
            "image": f"{ECR}/api@{DIGEST}",
            "namespace": where,
            "image_pull_secrets": [{"name": "apps"}],
            "ports": {"http": 8080},
            "env": {"A": "1"},
        }
    )
    # Strict field validation: there is no field that the API server does not know.
    made = cluster.apply(
        f"/apis/apps/v1/namespaces/{where}/deployments/api", deployment(said, "api", said.image, {"team": "a"}, {})
    )
    assert made["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "apps"}]
    assert found(cluster, where) == ["of what the pod names, secret 'apps' is not in the namespace"]
    text = docker_config.config_text({ECR: docker_config.login("AWS", "a-token-of-12-hours")})
    secret = render.secret("apps", where, render.Marks({}, {}), docker_config.secret_data(text))
    cluster.apply(f"/api/v1/namespaces/{where}/secrets/apps", secret)
    assert found(cluster, where, now=datetime.now(UTC)) == []
    later = datetime.now(UTC) + timedelta(hours=13)
    assert found(cluster, where, now=later) == ["of what the pod names, the token in secret 'apps' is over"]


def test_the_program_writes_into_a_real_cluster(cluster: Cluster, tmp_path: Path, monkeypatch: Any) -> None:
    where = namespace(cluster, "check-refreshed")
    config = {
        "secret": "apps",
        "registries": [{"kind": "artifact_registry", "server": "europe-docker.pkg.dev"}],
        "namespaces": [where],
        "service_accounts": ["default"],
        "must_live_seconds": 1500,
    }
    (tmp_path / "refresh.json").write_text(json.dumps(config))
    assert yaml.safe_load(cluster.kubeconfig.read_text())["current-context"]
    with clouds() as cloud:
        cloud.google = [(200, {"access_token": "ya29.a-google-token", "expires_in": 3599})]
        monkeypatch.setenv("GCE_METADATA_HOST", cloud.address)
        files = ["--config", str(tmp_path / "refresh.json"), "--kubeconfig", str(cluster.kubeconfig)]
        for _ in range(2):
            done = CliRunner().invoke(app, ["pull-secrets", "refresh", *files])
            assert done.exit_code == 0, done.output
            assert "ya29" not in done.output
    account = cluster.get(f"/api/v1/namespaces/{where}/serviceaccounts/default")
    assert account is not None
    assert account["imagePullSecrets"] == [{"name": "apps"}]
