"""Names, schedules and addresses as Nexus takes them."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from ...core.args import MaybeOutput
from ...core.names import check_key
from ...core.urls import check_api_root, check_http_url
from ...core.validated import validated
from ...kubernetes.serving.words import check_line

_PART = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")


def check_name(name: str) -> str | None:
    """Check the name of a repository, a policy, a role or a rule (the pattern of Nexus' OpenAPI document)."""
    if re.fullmatch(r"[a-zA-Z0-9-][a-zA-Z0-9_.-]{0,199}", name):
        return None
    return f"{name!r} is not a name; use letters, digits and - first, and _ . too after that"


def check_image_part(name: str) -> str | None:
    """Check a repository's name that stands before its images' names."""
    if _PART.fullmatch(name):
        return None
    return (
        f"{name!r} cannot stand before an image's name; give a name of lower-case letters, digits and . _ - between "
        "them, or set path_enabled to false"
    )


def check_cron(cron: str) -> str | None:
    """Check a schedule of a task: a cron expression of Quartz, in the time zone of Nexus."""
    fields = cron.split()
    if len(fields) not in (6, 7):
        return f"{cron!r} has {len(fields)} fields; Nexus takes six or seven, seconds first, such as '0 0 2 * * ?'"
    if [fields[3], fields[5]].count("?") != 1:
        return f"{cron!r} needs ? for the day of the month or for that of the week, such as '0 0 2 * * ?'"
    wrong = next((field for field in fields if not re.fullmatch(r"[0-9A-Za-z*/,?#-]+", field)), None)
    return None if wrong is None else f"{cron!r} has {wrong!r}, which is no field of a cron expression"


def time_of_day(cron: str) -> int | None:
    """Return the minute of the day at which something runs every day; None where it is not that simple."""
    second, minute, hour, *rest = cron.split()
    if second == "0" and minute.isdigit() and hour.isdigit() and all(field in ("*", "?") for field in rest):
        return int(hour) * 60 + int(minute)
    return None


def check_url(url: str) -> str | None:
    """Check the URL of a Nexus."""
    return check_api_root(
        url,
        example="https://nexus.example.com",
        login_as="username and password",
        leaks="the administrator's password",
    )


def check_address(url: str) -> str | None:
    """Check the URL of another registry."""
    return check_http_url(url, example="https://registry.example.com", login_as="username and password")


def check_host(host: str) -> str | None:
    """Check the name under which clients reach a repository."""
    if re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?", host) and ".." not in host:
        return None
    return f"{host!r} is not a host; give its name, and the port where it is not 443, such as 'docker.example.com'"


def check_subdomain(text: str) -> str | None:
    """Check a subdomain of Nexus' own name."""
    if re.fullmatch(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", text):
        return None
    return f"{text!r} is not a subdomain; use 1 to 63 lower-case letters, digits and -, a letter first"


def check_csel(expression: str) -> str | None:
    """Check that a content selector's expression says something; Nexus reads it."""
    if not expression.strip() or "\n" in expression:
        return 'has to be one line, such as format == "docker" and path =^ "/v2/shop/"'
    return None


def check_email(text: str) -> str | None:
    """Check an e-mail address, which Nexus wants of every user."""
    return None if re.fullmatch(r"[^@\s]+@[^@\s]+", text) else f"{text!r} is not an e-mail address"


Key: TypeAlias = Annotated[str, validated(check_key)]
Line: TypeAlias = Annotated[str, validated(check_line)]
Name: TypeAlias = Annotated[str, validated(check_name)]
Cron: TypeAlias = Annotated[str, validated(check_cron)]
Host: TypeAlias = Annotated[str, validated(check_host)]
Subdomain: TypeAlias = Annotated[str, validated(check_subdomain)]
Csel: TypeAlias = Annotated[str, validated(check_csel)]
Email: TypeAlias = Annotated[str, validated(check_email)]
Address: TypeAlias = MaybeOutput[Annotated[str, validated(check_address)]]
NexusUrl: TypeAlias = MaybeOutput[Annotated[str, validated(check_url)]]
