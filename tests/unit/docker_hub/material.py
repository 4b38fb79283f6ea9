"""Arguments of Docker Hub that are right."""

from __future__ import annotations

from typing import Any

LOGIN: dict[str, Any] = {"username": "bot", "token": "dckr_pat_not-a-real-one"}
GOOD: dict[str, Any] = {"namespace": "acme", "login": LOGIN}
PAT: dict[str, Any] = {"kind": "personal", "scope": "repo:read", "expires_at": None}
OAT: dict[str, Any] = {"kind": "organization", "expires_at": "2027-12-31T23:59:59Z"}


def oat(**resource: Any) -> dict[str, Any]:
    """Return an organization's token with one resource."""
    return {**OAT, "resources": [{"path": "acme/api", "scopes": ["scope-image-pull"], **resource}]}
