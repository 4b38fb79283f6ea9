"""Names, times and addresses as Artifactory and JFrog's provider take them."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import SecretStr

from ...core.args import MaybeOutput
from ...core.quartz import check_quartz, least_gap_hours
from ...core.urls import check_api_root
from ...core.validated import Unique, validated
from ..words import Key, RepositoryKey

LEAST_HOURS = 6
"""How often a cleanup or archive policy may run (JFrog's documentation, "Cleanup policies")."""


def check_url(url: str) -> str | None:
    """Check the platform's URL."""
    mistake = check_api_root(
        url, example="https://artifactory.example.com", login_as="access_token", leaks="the access token"
    )
    if mistake and "://" in url and urlsplit(url).path.strip("/") in ("artifactory", "ui", "access"):
        return f"{url!r} has the path of one service; give the platform's root, which all of them are below"
    return mistake


def check_token(text: str) -> str | None:
    """Check an access token."""
    if not text:
        return "cannot be empty; give an administrator's access token"
    return None if re.fullmatch(r"[!-~]+", text) else "has a blank or a line break; give the token alone"


def check_target(url: str) -> str | None:
    """Check the URL of a repository on another Artifactory."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https") or not re.fullmatch(r"/artifactory/[^/]+", parts.path):
        return f"{url!r} is not a repository's URL; write it as https://HOST/artifactory/REPOSITORY"
    if "@" in parts.netloc:
        return "holds a login; take it out, and give it as username and password"
    if parts.scheme == "http":
        return f"{url!r} would send the login in the clear; write https://"
    return None


def check_remote(url: str) -> str | None:
    """Check the URL of a registry that is cached."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        return f"{url!r} is not a registry's URL; write it as https://registry-1.docker.io/"
    return "holds a login; take it out, and give it as username and password" if "@" in parts.netloc else None


def check_policy_key(key: str) -> str | None:
    """Check the key of a cleanup or archive policy."""
    if re.fullmatch(r"[A-Za-z0-9_-]{3,63}", key):
        return None
    return f"{key!r} is not a policy's key; use 3 to 63 letters, digits and _ -"


def check_policy_cron(cron: str) -> str | None:
    """Check when a cleanup or archive policy runs."""
    mistake = check_quartz(cron)
    if mistake:
        return mistake
    if (least_gap_hours(cron) or 0) < LEAST_HOURS:
        return f"{cron!r} is due more often than every {LEAST_HOURS} hours, which is the least"
    return None


def check_project(key: str) -> str | None:
    """Check a project's key."""
    if re.fullmatch(r"[a-z][a-z0-9-]{1,31}", key):
        return None
    return f"{key!r} is not a project's key; use 2 to 32 lower-case letters, digits and -, a letter first"


def check_user(name: str) -> str | None:
    """Check a user's name."""
    if re.fullmatch(r"[a-z0-9._@-]{1,255}", name):
        return None
    return f"{name!r} is not a user's name; use lower-case letters, digits and . - _ @"


def check_name(name: str) -> str | None:
    """Check the name of a group, a permission, a backup or a pair of keys."""
    # JFrog's own list of characters that no name may have.
    if 0 < len(name) <= 64 and name.strip() == name and not re.search(r'[/\\:|?*"<>,\x00-\x1f]', name):
        return None
    return f'{name!r} is not a name; use 1 to 64 characters without / \\ : | ? * " < > ,'


def check_email(address: str) -> str | None:
    """Check an address of mail."""
    return None if re.fullmatch(r"[^@\s]+@[^@\s]+", address) else f"{address!r} is not an address of mail"


def check_line(text: str) -> str | None:
    """Check one line that is not empty."""
    if text and text.strip() == text and text.isprintable():
        return None
    return f"{text!r} has to be one line, not empty, without blanks around it"


def check_path_pattern(pattern: str) -> str | None:
    """Check an Ant pattern of paths."""
    if pattern and not re.search(r"[\s,]", pattern) and not pattern.startswith("/"):
        return None
    return f"{pattern!r} is not a pattern of paths; write one such as 'shop/**', without blanks and commas"


def check_scope(scope: str) -> str | None:
    """Check what a token may do."""
    if scope in ("applied-permissions/user", "applied-permissions/admin"):
        return None
    known = (
        r"applied-permissions/groups:.+",
        r"applied-permissions/roles:[^:]+:.+",
        r"artifact:[^:]+:(?:\*|[rwdamxs](?:,[rwdamxs])*)",
        r"system:(?:metrics|livelogs|identities|permissions):(?:\*|[rwdamxs](?:,[rwdamxs])*)",
    )
    if any(re.fullmatch(pattern, scope) for pattern in known):
        return None
    return (
        f"{scope!r} is not a scope; write such as 'artifact:docker-local/**:r' or 'applied-permissions/groups:readers'"
    )


def check_audience(audience: str) -> str | None:
    """Check who takes a token."""
    if re.fullmatch(r"(?:jfrt|jfxr|jfpip|jfds|jfmc|jfac|jfevt|jfmd|jfcon|\*)@.+", audience):
        return None
    return f"{audience!r} is not a service's id; write such as 'jfrt@*'"


ArtifactoryUrl: TypeAlias = MaybeOutput[Annotated[str, validated(check_url)]]
AccessToken: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_token)]]
TargetUrl: TypeAlias = MaybeOutput[Annotated[str, validated(check_target)]]
RemoteUrl: TypeAlias = MaybeOutput[Annotated[str, validated(check_remote)]]
PolicyKey: TypeAlias = Annotated[str, validated(check_policy_key)]
PolicyCron: TypeAlias = Annotated[str, validated(check_policy_cron)]
Cron: TypeAlias = Annotated[str, validated(check_quartz)]
ProjectKey: TypeAlias = Annotated[str, validated(check_project)]
UserName: TypeAlias = Annotated[str, validated(check_user)]
Name: TypeAlias = Annotated[str, validated(check_name)]
Email: TypeAlias = Annotated[str, validated(check_email)]
Line: TypeAlias = Annotated[str, validated(check_line)]
PathPattern: TypeAlias = Annotated[str, validated(check_path_pattern)]
Scope: TypeAlias = Annotated[str, validated(check_scope)]
Audience: TypeAlias = Annotated[str, validated(check_audience)]

__all__ = [
    "AccessToken",
    "ArtifactoryUrl",
    "Audience",
    "Cron",
    "Email",
    "Key",
    "Line",
    "Name",
    "PathPattern",
    "PolicyCron",
    "PolicyKey",
    "ProjectKey",
    "RemoteUrl",
    "RepositoryKey",
    "Scope",
    "TargetUrl",
    "Unique",
    "UserName",
]
