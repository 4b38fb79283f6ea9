"""Registries of runtime `kubernetes`, rendered without an engine."""

from __future__ import annotations

import copy
from typing import Any

from registry_components.distribution import cluster_render as render
from registry_components.distribution.args import DistributionRegistryArgs
from registry_components.distribution.cluster_args import KubernetesRuntime
from registry_components.distribution.render import render as configuration
from registry_components.distribution.render import to_yaml
from registry_components.kubernetes.objects import Named
from registry_components.kubernetes.serving import render_objects as objects
from tests.unit.distribution.resolved import plain

COLLECTION = {"schedule": "30 3 * * 0", "image": "registry.example.com/ops/regc:1.4.0"}
MONITORING = {"kind": "pods", "namespaces": {"kubernetes.io/metadata.name": "monitoring"}}
ON_A_VOLUME: dict[str, Any] = {
    "storage": {"kind": "filesystem"},
    "auth": {"kind": "htpasswd", "users": ["ci"]},
    "runtime": {
        "kind": "kubernetes",
        "namespace": "registry",
        "claim": {"kind": "new", "size": "10Gi"},
        "expose": {"kind": "ingress", "host": "images.example.com"},
    },
}
NAMED = Named("images", {"managed-by": "registry-components"}, {})


def placed(settings: dict[str, Any]) -> render.Placed:
    """Return where each part of a configuration is kept, with plain leaves."""
    args = DistributionRegistryArgs.parse(settings)
    runtime = args.runtime
    within = render.in_pod(args, runtime) if isinstance(runtime, KubernetesRuntime) else args
    found = render.place(
        configuration(within, render.layout(args), http_secret="what-signs-uploads", htpasswd="ci:$2b$x")
    )
    return render.Placed(*(plain(part) for part in (found.config, found.files, found.secret_files, found.variables)))


def whole(parts: render.Placed) -> dict[str, Any]:
    """Return the configuration with its secrets where config.yml has them."""
    found: dict[str, Any] = copy.deepcopy(parts.config)
    for name, value in parts.variables.items():
        *parents, last = render.SECRET_SETTINGS[name]
        section = found
        for word in parents:
            section = section[word]
        section[last] = value
    return found


def manifests(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return all manifests but the claim's, by suffix."""
    args = DistributionRegistryArgs.parse(settings)
    runtime = args.runtime
    assert isinstance(runtime, KubernetesRuntime)
    parts = placed(settings)
    given = render.Given(
        args,
        runtime,
        NAMED,
        secret_keys=tuple(sorted(parts.secret_files)),
        public_keys=("config.yml", *sorted(parts.files)),
        variables=tuple(sorted(parts.variables)),
        digest="digest",
    )
    data = {**parts.secret_files, **{name: render.variable(value) for name, value in parts.variables.items()}}
    return {
        "-config": render.files(parts, NAMED, runtime.namespace, to_yaml(parts.config)),
        "-credentials": objects.secret(NAMED, "-credentials", runtime.namespace, data),
        **render.manifests(given),
    }
