"""kubelet's `CredentialProviderConfig` (kubelet.config.k8s.io/v1): which plug-in it asks for which images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from ..core.endpoint import DOCKER_HUB_SERVERS
from .pull_access import KubeletPlugin, KubeletProviderAccess
from .registry_kind import RegistryKind

PLUGINS: dict[RegistryKind, KubeletPlugin] = {
    # kubernetes/cloud-provider-aws cmd/ecr-credential-provider: no arguments; the answer says 12 hours itself.
    "ecr": KubeletPlugin(name="ecr-credential-provider", cache_minutes=720),
    "ecr_public": KubeletPlugin(name="ecr-credential-provider", cache_minutes=720),
    # kubernetes/cloud-provider-gcp cmd/auth-provider-gcp.
    "artifact_registry": KubeletPlugin(name="auth-provider-gcp", args=["get-credentials"], cache_minutes=1),
    # kubernetes-sigs/cloud-provider-azure cmd/acr-credential-provider: the cloud's configuration, as AKS has it.
    "acr": KubeletPlugin(name="acr-credential-provider", args=["/etc/kubernetes/azure.json"], cache_minutes=10),
}
"""The clouds' own plug-ins. Nodes of EKS, GKE and AKS have theirs already."""


def match_images(server: str, prefix: str) -> str:
    """Return the pattern that an endpoint's images match: the host as images are written with it, and the prefix."""
    host = "docker.io" if server in DOCKER_HUB_SERVERS else server
    return f"{host}/{prefix}" if prefix else host


def credential_provider_config(
    access: KubeletProviderAccess, endpoints: Sequence[tuple[RegistryKind, str, str]]
) -> str:
    """Return the configuration as YAML; `endpoints` are kind, server and prefix of each.

    A mirror's original host stands beside the registry (rule 34): kubelet matches what the image is written with.
    """
    found: dict[str, tuple[KubeletPlugin, set[str]]] = {}
    for kind, server, prefix in endpoints:
        plugin = access.plugin if access.plugin is not None else PLUGINS[kind]
        found.setdefault(plugin.name, (plugin, set()))[1].add(match_images(server, prefix))
    for _, images in found.values():
        images.update(access.mirrors_of)
    providers = [_provider(access, *found[name]) for name in sorted(found)]
    document = {"apiVersion": "kubelet.config.k8s.io/v1", "kind": "CredentialProviderConfig", "providers": providers}
    return yaml.safe_dump(document, sort_keys=False)


def _provider(access: KubeletProviderAccess, plugin: KubeletPlugin, images: set[str]) -> dict[str, Any]:
    provider: dict[str, Any] = {
        "name": plugin.name,
        "matchImages": sorted(images),
        "defaultCacheDuration": f"{plugin.cache_minutes}m",
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
    }
    if plugin.args:
        provider["args"] = list(plugin.args)
    if plugin.env:
        provider["env"] = [{"name": name, "value": plugin.env[name]} for name in sorted(plugin.env)]
    tokens = access.pod_tokens
    if tokens is not None:
        provider["tokenAttributes"] = {
            "serviceAccountTokenAudience": tokens.audience,
            "cacheType": tokens.cache,
            "requireServiceAccount": tokens.require_service_account,
            **_annotations("required", tokens.required_annotations),
            **_annotations("optional", tokens.optional_annotations),
        }
    return provider


def _annotations(which: str, keys: Sequence[str]) -> dict[str, list[str]]:
    return {f"{which}ServiceAccountAnnotationKeys": sorted(set(keys))} if keys else {}
