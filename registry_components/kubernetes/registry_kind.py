"""Which kind of registry a server is, and how long what it gives as a login lives."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias, get_args

from ..core.endpoint import DOCKER_HUB_SERVERS

RegistryKind: TypeAlias = Literal[
    "ecr",
    "ecr_public",
    "artifact_registry",
    "acr",
    "docker_hub",
    "ghcr",
    "quay",
    "gitlab",
    "harbor",
    "nexus",
    "artifactory",
    "distribution",
    "other",
]
KINDS: tuple[RegistryKind, ...] = get_args(RegistryKind)

NAMES: dict[RegistryKind, str] = {
    "ecr": "ECR",
    "ecr_public": "ECR Public",
    "artifact_registry": "Artifact Registry",
    "acr": "ACR",
    "docker_hub": "Docker Hub",
    "ghcr": "GitHub's registry",
    "quay": "Quay",
    "gitlab": "GitLab's registry",
    "harbor": "Harbor",
    "nexus": "Nexus",
    "artifactory": "Artifactory",
    "distribution": "Distribution",
    "other": "this registry",
}

TOKEN_MINUTES: dict[RegistryKind, int] = {
    # Amazon ECR API Reference, GetAuthorizationToken: 12 hours.
    "ecr": 720,
    "ecr_public": 720,
    # Google Cloud, "Configure authentication to Artifact Registry for Docker": an access token lives 60 minutes.
    "artifact_registry": 60,
    # Azure/acr docs/AAD-OAuth.md: the refresh token that is exchanged for an AAD token lives 3 hours.
    "acr": 180,
    # Quay's robot account federation, and GitHub's installation tokens: 1 hour.
    "quay": 60,
    "ghcr": 60,
}
"""How long the tokens live that a registry gives for an identity."""

# ACCOUNT.dkr.ecr.REGION.amazonaws.com, and its dual-stack name ACCOUNT.dkr-ecr.REGION.on.aws.
_ECR = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)"
)
_ACR = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9]+)?\.azurecr\.(?:io|cn|us|de)")
_GAR = re.compile(r"(?:[a-z0-9-]+-)?docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io")
_KNOWN: dict[str, RegistryKind] = {
    "public.ecr.aws": "ecr_public",
    "ecr-public.aws.com": "ecr_public",
    "ghcr.io": "ghcr",
    "quay.io": "quay",
    "registry.gitlab.com": "gitlab",
}


def kind_of(server: str) -> RegistryKind:
    """Return the kind of registry that a host name tells; `other` where it tells none."""
    if server in DOCKER_HUB_SERVERS:
        return "docker_hub"
    if _ECR.fullmatch(server):
        return "ecr"
    if _GAR.fullmatch(server):
        return "artifact_registry"
    if _ACR.fullmatch(server):
        return "acr"
    return _KNOWN.get(server, "other")


def ecr_region(server: str) -> str | None:
    """Return the region of a private ECR registry, or None for what is none."""
    found = _ECR.fullmatch(server)
    return found["region"] if found else None


def ephemeral(kind: RegistryKind, username: str, password: str) -> str | None:
    """Return why a login of this kind of registry dies soon, or None where it lives."""
    # rule 1
    if kind in ("ecr", "ecr_public"):
        return f"{NAMES[kind]}'s only login is a token of 12 hours"
    if kind == "artifact_registry" and username in ("oauth2accesstoken", "_dcgcloud_token"):
        return f"a login as {username!r} is an access token of 1 hour"
    if kind == "acr" and username == "00000000-0000-0000-0000-000000000000":
        return "a login as '00000000-0000-0000-0000-000000000000' is a token of 3 hours"
    if kind == "gitlab" and username == "gitlab-ci-token":
        return "a login as 'gitlab-ci-token' ends with the job that it was given to"
    if password.startswith("ghs_"):
        return "a GitHub token of the kind ghs_ ends after 1 hour, or with the job that it was given to"
    return None


LASTING: dict[RegistryKind, str] = {
    "artifact_registry": "a service account's key as '_json_key'",
    "acr": "a repository-scoped token",
    "gitlab": "a deploy token",
    "ghcr": "a personal access token of the kind read:packages",
}
"""The login that lives, of registries that have one beside their tokens."""
