"""What a tool is, and which ones there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..core import versions
from ..core.errors import stack_error

PULUMI = "pulumi"
LANGUAGE_HOST = "pulumi-language-python"
DYNAMIC_PROVIDER = "pulumi-resource-pulumi-python"
REGISTRY = "registry"
CONFORMANCE = "conformance"
CRANE = "crane"
REGSYNC = "regsync"
HELM = "helm"
DOCKER_COMPOSE = "docker-compose"
ETCD = "etcd"
KUBE_APISERVER = "kube-apiserver"
KUBE_CONTROLLER_MANAGER = "kube-controller-manager"
KUBERNETES_PROVIDER = "pulumi-resource-kubernetes"
KUBECTL = "kubectl"

BUNDLE = (PULUMI, LANGUAGE_HOST, DYNAMIC_PROVIDER)
"""What the official Pulumi bundle holds of our tools."""

RUN_TOOLS = (*BUNDLE, REGISTRY)
"""What a stack needs."""

CLUSTER_TOOLS = (ETCD, KUBE_APISERVER, KUBE_CONTROLLER_MANAGER, KUBERNETES_PROVIDER)
"""A cluster without nodes and the provider for it: rehearsals use them where they were made, tests need them."""

TEST_TOOLS = (CONFORMANCE, CRANE, REGSYNC, HELM, DOCKER_COMPOSE, *CLUSTER_TOOLS)
"""What the tests need besides; never taken from PATH, so that what a test says holds for one version."""

BENCH_TOOLS = (KUBECTL,)
"""What a benchmark measures beside; made by it, and by nothing else."""

NAMES = (*RUN_TOOLS, *TEST_TOOLS, *BENCH_TOOLS)
"""Every tool."""

Origin = Literal["path", "official", "built", "script"]
"""Where a tool came from: PATH, the official installer, a Go build, or a script of this library."""

Report = Callable[[str], None]
"""Takes one line of progress. If it also has a method `tick(line)`, running times go there, once a second."""


@dataclass(frozen=True)
class Tool:
    """One tool that can be run: its file, its version (without `v`) and where it came from."""

    name: str
    path: Path
    version: str
    origin: Origin


def parse_version(text: str) -> tuple[int, ...] | None:
    """Return the first `1.2.3` in a text as numbers, or None."""
    found = re.search(r"(?<![\d.])v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part or 0) for part in found.groups()) if found else None


def known(name: str) -> str:
    """Return `name` if it is one of the tools. Raises `StackError` naming them all otherwise."""
    if name not in NAMES:
        raise stack_error(f"there is no tool {name!r}; the tools are {', '.join(NAMES)}")
    return name


PINNED = {
    PULUMI: versions.PULUMI_CLI,
    LANGUAGE_HOST: versions.PULUMI_CLI,
    DYNAMIC_PROVIDER: versions.PULUMI_CLI,
    REGISTRY: versions.DISTRIBUTION,
    CONFORMANCE: versions.CONFORMANCE,
    CRANE: versions.CRANE,
    REGSYNC: versions.REGSYNC,
    HELM: versions.HELM,
    DOCKER_COMPOSE: versions.DOCKER_COMPOSE,
    ETCD: versions.ETCD,
    KUBE_APISERVER: versions.KUBERNETES,
    KUBE_CONTROLLER_MANAGER: versions.KUBERNETES,
    KUBERNETES_PROVIDER: versions.KUBERNETES_PROVIDER,
    KUBECTL: versions.KUBERNETES,
}
"""The version that is made where none is found."""
