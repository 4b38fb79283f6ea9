"""Unit proof: what `regc distribution collect` says to whoever starts it wrongly; it asks no cluster then."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from registry_components.cli.main import app

pytestmark = pytest.mark.unit

HERE = "--namespace=registry"


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "config.yml"
    path.write_text("version: 0.1\n")
    return f"--config={path}"


def told(*words: str) -> str:
    result = CliRunner().invoke(app, ["distribution", "collect", HERE, *words])
    assert result.exit_code == 1, result.output
    return result.stderr


@pytest.mark.parametrize("workload", ["images", "pods/images", "deployments/", "deployment/images"])
def test_a_workload_that_is_none(workload: str, config: str) -> None:
    assert told(f"--workload={workload}", config) == (
        f"error: --workload: {workload!r} is not deployments/NAME or statefulsets/NAME\n"
    )


def test_a_configuration_that_is_not_there() -> None:
    assert told("--workload=deployments/images", "--config=/nowhere/config.yml") == (
        "error: --config: /nowhere/config.yml is not there; name the registry's config.yml\n"
    )


def test_no_cluster(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert told("--workload=deployments/images", config) == (
        "error: this is no pod with a service account's token; run it in the cluster, or name a kubeconfig file with "
        "--kubeconfig\n"
    )


def test_a_kubeconfig_that_is_not_there(config: str) -> None:
    assert told("--workload=deployments/images", config, "--kubeconfig=/nowhere/kubeconfig") == (
        "error: the kubeconfig /nowhere/kubeconfig cannot be read: No such file or directory\n"
    )
