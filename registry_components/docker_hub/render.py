"""From arguments to the properties of resources: pure, and the same for the same arguments."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..blocks.access import Access
from .args import LEVELS, DockerHubApi, DockerHubLogin, DockerHubRegistryArgs, DockerHubRepositoryArgs, is_private
from .tokens import OrganizationToken, PersonalToken

PERMISSIONS = {"pull": "read", "push": "write", "admin": "admin"}
"""Docker's words for the levels of `access`."""


def connection(login: DockerHubLogin, api: DockerHubApi) -> dict[str, Any]:
    """Return how a resource reaches the API; the login's token is still a `SecretStr` or an output."""
    return {"login": {"username": login.username, "token": login.token}, "api": api.model_dump()}


def repository_name(key: str, repository: DockerHubRepositoryArgs) -> str:
    """Return a repository's name in its namespace."""
    return key if repository.name is None else repository.name


def repository(args: DockerHubRegistryArgs, key: str) -> dict[str, Any]:
    """Return the properties of one repository."""
    said = args.repositories[key]
    return {
        "namespace": args.namespace,
        "name": repository_name(key, said),
        "description": said.description,
        "full_description": said.full_description,
        "private": is_private(args, said),
        "immutable_tags": list(said.immutable_tags),
        "adopt": said.import_ is not None,
        "keep": args.kept or said.import_ is not None,
    }


def grants(access: Access) -> list[tuple[str, Any, str]]:
    """Return what teams get: the end of the resource's name, the team, the permission."""
    found = []
    for level in LEVELS:
        for i, team in enumerate(getattr(access, level)):
            found.append((team if isinstance(team, str) else f"{level}-{i}", team, PERMISSIONS[level]))
    return sorted(found, key=lambda grant: grant[0])


def permission(namespace: Any, repository: Any, team: Any, level: str) -> dict[str, Any]:
    """Return the properties of one team's permission."""
    return {"namespace": namespace, "repository": repository, "team": team, "permission": level}


def token(args: DockerHubRegistryArgs, key: str, owner: str) -> dict[str, Any]:
    """Return the properties of one access token; `owner` says whose it is, in all the account."""
    said = args.tokens[key]
    shared = {"expires_at": said.expires_at, "active": said.active, "rotation": said.rotation}
    if isinstance(said, PersonalToken):
        return {"label": _label(said, key, owner, [said.scope]), "scopes": [said.scope], **shared}
    resources = [
        {"type": item.type, "path": item.path, "scopes": sorted(item.scopes)}
        for item in sorted(said.resources, key=lambda item: (item.type, item.path))
    ]
    return {
        "organization": args.namespace,
        "label": _label(said, key, owner, []),
        "description": said.description,
        "resources": resources,
        **shared,
    }


def _label(said: PersonalToken | OrganizationToken, key: str, owner: str, scopes: list[str]) -> str:
    """Return the label with a mark.

    The mark differs with whatever makes another token, so that the old one is not taken for a lost one while both
    are there.
    """
    told = json.dumps([owner, key, said.kind, scopes, said.expires_at, said.rotation])
    return f"{said.label or key} [{hashlib.sha256(told.encode()).hexdigest()[:12]}]"
