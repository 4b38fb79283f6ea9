"""Definitions of other vendors' objects, as they publish them, for the cluster of the tests."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.cluster import Cluster

MODULES = Path(__file__).parents[2] / "tools" / "definitions"
FOLDERS = {
    "github.com/cert-manager/cert-manager": "deploy/crds",
    "github.com/external-secrets/external-secrets": "config/crds/bases",
    "github.com/prometheus-operator/prometheus-operator": "example/prometheus-operator-crd",
    "sigs.k8s.io/gateway-api": "config/crd/standard",
}
_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def folders() -> Iterator[Path]:
    """Yield where each vendor's definitions are; go.sum says which they are, to the byte."""
    if shutil.which("go") is None:
        pytest.skip("Go is not on PATH, which the vendors' definitions are downloaded with")
    command = ["go", "mod", "download", "-json"]
    done = subprocess.run(command, cwd=MODULES, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr or done.stdout
    rest, decoder = done.stdout.strip(), json.JSONDecoder()
    while rest:
        module, end = decoder.raw_decode(rest)
        rest = rest[end:].strip()
        yield Path(module["Dir"]) / FOLDERS[module["Path"]]


@contextmanager
def installed(cluster: Cluster, plurals: Collection[str]) -> Iterator[None]:
    """Make these kinds known to the API server, each by its plural, until the block ends."""
    # GROUP_PLURAL.yaml, as controller-gen names them.
    files = {file.stem.partition("_")[2]: file for folder in folders() for file in folder.glob("*_*.yaml")}
    made = []
    for plural in sorted(plurals):
        found = yaml.load(files[plural].read_text(), yaml.CSafeLoader)
        # What turns one version into another would be asked of the vendor's controller.
        found["spec"].pop("conversion", None)
        cluster.apply(f"{_PATH}/{found['metadata']['name']}", found)
        made.append(found)
    for found in made:
        cluster.wait(functools.partial(_is_served, cluster, found), f"{found['metadata']['name']} is not served")
    yield
    for found in made:
        cluster.delete(f"{_PATH}/{found['metadata']['name']}")


def _is_served(cluster: Cluster, definition: dict[str, Any]) -> bool:
    there = cluster.get(f"{_PATH}/{definition['metadata']['name']}") or {}
    held = {each["type"] for each in (there.get("status") or {}).get("conditions") or [] if each["status"] == "True"}
    spec = definition["spec"]
    paths = [
        f"/apis/{spec['group']}/{version['name']}/{spec['names']['plural']}"
        for version in spec["versions"]
        if version["served"]
    ]
    # 429 while the API server makes the storage ready.
    return "Established" in held and all(cluster.client.get(path).status_code == 200 for path in paths)


__all__ = ["installed"]
