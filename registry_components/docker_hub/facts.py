"""What Docker says of Docker Hub's limits and scopes: data with its date and source, to be renewed here alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Plan: TypeAlias = Literal["personal", "pro", "team", "business"]


@dataclass(frozen=True)
class PullLimit:
    """How many pulls a kind of user has; `pulls` None is no limit, subject to fair use."""

    who: str
    pulls: int | None
    window_hours: int | None
    per: str
    as_of: str
    source: str


_USAGE = "https://docs.docker.com/docker-hub/usage/pulls/"

PULL_LIMITS: tuple[PullLimit, ...] = (
    PullLimit("without login", 100, 6, "IPv4 address or IPv6 /64 subnet", "2025-04", _USAGE),
    PullLimit("Docker Personal", 200, 6, "account", "2025-04", _USAGE),
    PullLimit("Docker Pro, Team and Business", None, None, "account", "2025-04", _USAGE),
)
"""Pull limits. Docker changed them three times in 2024 and 2025: `headroom` asks what holds now."""

PRIVATE_REPOSITORIES: dict[str, int] = {"personal": 1}
"""Private repositories by plan; the others have no limit (docs.docker.com/docker-hub/usage, 2025-04)."""

ORGANIZATION_TOKENS: dict[str, int] = {"team": 10, "business": 100}
"""Organization access tokens by plan, expired ones counted
(docs.docker.com/security/access-tokens/organization-access-tokens, 2026-10)."""

TOKEN_REPOSITORIES = 50
"""Repositories that one organization access token can name (same page, 2026-10)."""

IMMUTABLE_TAG_RULES = 5
"""Rules for immutable tags in one repository (Docker's Terraform provider, 2026-09)."""

PERSONAL_SCOPES: tuple[str, ...] = ("repo:public_read", "repo:read", "repo:write", "repo:admin")
"""Scopes of personal access tokens, each including those before it (Hub API reference, 2025-11)."""

REPOSITORY_SCOPES: tuple[str, ...] = (
    "scope-image-pull",
    "scope-image-push",
    "scope-image-delete",
    "scope-repository-read",
    "scope-repository-edit",
    "scope-repository-admin",
    "scope-tag-read",
    "scope-tag-admin",
    "scope-webhook-read",
    "scope-webhook-edit",
    "scope-webhook-admin",
    "scope-repo-group-read",
    "scope-repo-group-edit",
    "scope-repo-group-admin",
    "scope-repository-settings-admin",
)
"""Scopes of an organization access token in repositories (docs.docker.com/security/access-tokens/reference,
2026-10)."""

ORGANIZATION_SCOPES: tuple[str, ...] = (
    "scope-member-read",
    "scope-member-edit",
    "scope-invite-read",
    "scope-invite-edit",
    "scope-group-read",
    "scope-group-edit",
    "scope-activity-read",
    "scope-siem_credentials-read",
    "scope-ram-read",
    "scope-ram-write",
    "scope-report-read",
    "scope-repository-create",
    "scope-repository-list",
    "scope-registry-usage-read",
)
"""Scopes of an organization access token in the organization (same page, 2026-10)."""
