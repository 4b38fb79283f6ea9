"""Fixtures that every kind of proof shares: the provisioned tools."""

from __future__ import annotations

import asyncio
import os
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from registry_components import provision

# How long an example takes is the machine's affair: a busy one must not fail a property.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


def _provisioned(name: str) -> Path:
    tool = provision.find(name)
    if tool is None:
        pytest.fail(f"{name} is not provisioned; run `tools/provision --tests`, then the tests again")
    return tool.path


_LOOP = asyncio.new_event_loop()
# Before anybody asks for one: what asyncio makes by itself nobody closes.
asyncio.set_event_loop(_LOOP)


def pytest_runtest_setup() -> None:
    """Give the thread an event loop: outputs made outside of a program need one, and `asyncio.run` takes it away."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            asyncio.get_event_loop()
        except RuntimeError:
            asyncio.set_event_loop(_LOOP)


def pytest_sessionfinish() -> None:
    """Close what `pytest_runtest_setup` gave."""
    _LOOP.close()


@pytest.fixture(scope="session")
def registry_binary() -> Path:
    """The real `registry` binary."""
    return _provisioned("registry")


@pytest.fixture(scope="session")
def conformance_binary() -> Path:
    """The OCI conformance suite."""
    return _provisioned("conformance")


@pytest.fixture(scope="session")
def crane_binary() -> Path:
    """go-containerregistry's client."""
    return _provisioned("crane")


@pytest.fixture(scope="session")
def regsync_binary() -> Path:
    """regclient's `regsync`."""
    return _provisioned("regsync")


@pytest.fixture(scope="session")
def helm_binary() -> Path:
    """Helm."""
    return _provisioned("helm")


@pytest.fixture(scope="session")
def docker_compose_binary() -> Path:
    """Docker Compose."""
    return _provisioned("docker-compose")


@pytest.fixture
def pulumi_environment(tmp_path: Path) -> dict[str, str]:
    """The environment of an engine of its own: PATH with the tools, PULUMI_HOME, a state folder, a passphrase."""
    for name in provision.RUN_TOOLS:
        _provisioned(name)
    home, state = tmp_path / "pulumi-home", tmp_path / "pulumi-state"
    home.mkdir()
    state.mkdir()
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    inherited["PATH"] = f"{sys.prefix}/bin:{inherited.get('PATH', os.defpath)}"
    return {
        **provision.environment(inherited),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "for tests alone",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "NO_COLOR": "1",
    }
