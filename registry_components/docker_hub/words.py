"""Names and texts as Docker Hub takes them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, TypeAlias

from ..core.args import MaybeOutput
from ..core.names import check_key
from ..core.regexes import check_regex
from ..core.urls import check_api_root
from ..core.validated import validated
from .facts import PERSONAL_SCOPES


def check_namespace(name: str) -> str | None:
    """Check an organization's or a user's name."""
    if "/" in name:
        return f"{name!r} has a /; give the organization or user alone"
    if 2 <= len(name) <= 255 and re.fullmatch(r"[a-z0-9]+(?:[_-]+[a-z0-9]+)*", name):
        return None
    return f"{name!r} is not the name of an organization or user; it has lower-case letters, digits, and _ - inside"


def check_repository_name(name: str) -> str | None:
    """Check a repository's name, without its namespace."""
    if "/" in name:
        return f"{name!r} has a /; a repository stands directly in its namespace, which is said once for all"
    if 2 <= len(name) <= 255 and re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", name):
        return None
    return f"{name!r} is not a repository's name; use 2 to 255 lower-case letters, digits and single . _ - between them"


def check_team(name: str) -> str | None:
    """Check a team's name."""
    if name == "owners":
        return "'owners' may do everything already; remove it"
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}", name):
        return None
    if "@" in name or "/" in name:
        return f"{name!r} is not a team; Docker Hub grants to teams of the organization, by their names"
    return f"{name!r} is not a team's name; it has letters, digits, _ and -"


def check_rule(rule: str) -> str | None:
    """Check one rule for immutable tags: an expression of Go's `regexp`."""
    if "," in rule:
        return f"{rule!r} has a comma, at which Docker Hub would split it; write two rules"
    return check_regex(rule)


def check_expiry(text: str) -> str | None:
    """Check when a token ends."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return f"{text!r} is not a time; write it as 2027-12-31T23:59:59Z"
    if moment.tzinfo is None:
        return f"{text!r} has no time zone; end it with Z"
    return None


def check_scope(scope: str) -> str | None:
    """Check the scope of a personal access token."""
    if scope in PERSONAL_SCOPES:
        return None
    return f"{scope!r} is not a scope of personal access tokens; allowed: {', '.join(PERSONAL_SCOPES)}"


def check_url(url: str) -> str | None:
    """Check the root of an HTTP API."""
    return check_api_root(url, example="https://hub.docker.com", login_as="login", leaks="the login")


Namespace: TypeAlias = Annotated[str, validated(check_namespace)]
RepositoryName: TypeAlias = Annotated[str, validated(check_repository_name)]
Team: TypeAlias = MaybeOutput[Annotated[str, validated(check_team)]]
Key: TypeAlias = Annotated[str, validated(check_key)]
Rule: TypeAlias = Annotated[str, validated(check_rule)]
Expiry: TypeAlias = Annotated[str, validated(check_expiry)]
Scope: TypeAlias = Annotated[str, validated(check_scope)]
ApiUrl: TypeAlias = Annotated[str, validated(check_url)]
