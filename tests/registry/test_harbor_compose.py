"""Registry proof: Docker Compose itself reads the compose.yaml of a `HarborHost`, and takes it for what it says.

Nothing is started: the installer's `prepare`, which makes the files that the services mount, cannot be had here; empty
ones stand in for the environments that it writes.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry_components.harbor.host import HarborHostArgs, compose
from tests.unit.harbor_host.everything import IN_COMPOSE

pytestmark = pytest.mark.registry


def read(docker_compose: Path, folder: Path, said: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    (folder / "compose.yaml").write_text(yaml.safe_dump(said, sort_keys=False))
    for service in said["services"].values():
        for file in service.get("env_file", []):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).touch()
    return subprocess.run(
        [str(docker_compose), "config", "--format", "json"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("title", IN_COMPOSE)
def test_compose_takes_it_for_what_it_says(docker_compose_binary: Path, tmp_path: Path, title: str) -> None:
    args = HarborHostArgs.parse(IN_COMPOSE[title])
    said = compose.compose(args)
    done = read(docker_compose_binary, tmp_path, said)
    # Compose warns of what it ignores.
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["name"] == "harbor"
    assert found["services"].keys() == said["services"].keys()
    for name, service in found["services"].items():
        wanted = said["services"][name]
        for key in ("image", "restart", "user", "cap_drop", "cap_add", "security_opt", "dns_search", "logging"):
            assert service.get(key) == wanted.get(key), (name, key)
        assert int(service["mem_limit"]) == int(wanted["mem_limit"].removesuffix("m")) * 1024 * 1024
        assert service["memswap_limit"] == service["mem_limit"]
        assert service["healthcheck"]["test"] == wanted["healthcheck"]["test"]
        assert {mount["target"]: mount.get("read_only", False) for mount in service["volumes"]} == {
            mount["target"]: mount["read_only"] for mount in wanted["volumes"]
        }
        assert all(mount["bind"]["selinux"] == "z" for mount in service["volumes"])
        published = [f"{port['host_ip']}:{port['published']}:{port['target']}" for port in service.get("ports", [])]
        assert sorted(published) == sorted(port.replace("[", "").replace("]", "") for port in wanted.get("ports", []))
        assert {name: after["condition"] for name, after in service.get("depends_on", {}).items()} == {
            name: after["condition"] for name, after in wanted.get("depends_on", {}).items()
        }


def test_compose_refuses_what_it_does_not_know(docker_compose_binary: Path, tmp_path: Path) -> None:
    """The test before this one could fail."""
    said = compose.compose(HarborHostArgs.parse(next(iter(IN_COMPOSE.values()))))
    said["services"]["core"]["cap_dorp"] = ["ALL"]
    done = read(docker_compose_binary, tmp_path, said)
    assert done.returncode != 0
    assert "cap_dorp" in done.stderr
